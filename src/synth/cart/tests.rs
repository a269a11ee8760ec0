//! Cart: leaves worked by hand, what is never released, conditions, extremes, any number of threads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::*;
use crate::audit::testing::table;
use crate::synth::{Condition, Request, Test, fit, model};
use crate::table::{Column, MISSING, Sample, Schema, Table, Value, Values, content_digest};

fn request(rows: usize, condition: &Condition) -> Request {
    Request { rows: Some(rows), condition: condition.clone(), boosts: Vec::new() }
}

fn schema(text: &str) -> Schema {
    Schema::parse(text, "schema.toml").unwrap()
}

fn real(csv: &str, schema: &Schema) -> Table {
    table(csv, Sample::Train, schema)
}

fn drawn(
    cart: &Cart,
    csv: &str,
    schema: &Schema,
    rows: usize,
    condition: &Condition,
) -> Result<Table> {
    let fitted =
        fit(cart, &real(csv, schema), schema, &mut Accountant::without_budget(), Seed::new(0))?;
    Ok(fitted.release(&request(rows, condition), Seed::new(1))?.table)
}

fn made(cart: &Cart, csv: &str, schema: &Schema, rows: usize) -> Table {
    drawn(cart, csv, schema, rows, &Condition::none()).unwrap()
}

fn numbers<'a>(table: &'a Table, name: &str) -> &'a [f64] {
    match &table.column(name).unwrap().values {
        Values::Numbers(numbers) => numbers,
        Values::Labels { .. } => panic!("{name} is a number"),
    }
}

fn labels<'a>(table: &'a Table, name: &str) -> Vec<Option<&'a str>> {
    match &table.column(name).unwrap().values {
        Values::Labels { codes, levels } => {
            codes.iter().map(|&code| levels.get(code as usize).map(|level| &**level)).collect()
        }
        Values::Numbers(_) => panic!("{name} is a label"),
    }
}

fn share(is: impl Iterator<Item = bool>) -> f64 {
    let (count, hits) = is.fold((0.0, 0.0), |(n, k), is| (n + 1.0, k + f64::from(u8::from(is))));
    hits / count
}

/// Four standard deviations of a share of `n` draws.
fn near(found: f64, expected: f64, n: usize) {
    let deviation = (expected * (1.0 - expected) / n as f64).sqrt();
    assert!((found - expected).abs() <= 4.0 * deviation + 1e-12, "{found} for {expected}");
}

fn csv(header: &str, rows: usize, line: impl Fn(usize) -> String) -> String {
    let mut csv = format!("{header}\n");
    (0..rows).for_each(|row| writeln!(csv, "{}", line(row)).unwrap());
    csv
}

const TWO: &str = "[columns.x]\nkind = 'categorical'\n[columns.y]\nkind = 'categorical'\n";

/// a 40 times, b 60 times; of the a three quarters are p, of the b all r: the tree of y has the leaves {p 30,
/// q 10} and {r 60}.
#[test]
fn leaves_give_their_proportions() {
    let line = |row: usize| match row {
        0..30 => "a,p".to_owned(),
        30..40 => "a,q".to_owned(),
        _ => "b,r".to_owned(),
    };
    let cart = Cart { least_persons: 5, ..Cart::default() };
    let made = made(&cart, &csv("x,y", 100, line), &schema(TWO), 8000);
    let (x, y) = (labels(&made, "x"), labels(&made, "y"));
    near(share(x.iter().map(|x| *x == Some("a"))), 0.4, 8000);
    let of_a: Vec<&str> =
        x.iter().zip(&y).filter(|(x, _)| **x == Some("a")).map(|(_, y)| y.unwrap()).collect();
    near(share(of_a.iter().map(|y| *y == "p")), 0.75, of_a.len());
    assert!(of_a.iter().all(|y| ["p", "q"].contains(y)));
    assert!(x.iter().zip(&y).all(|(x, y)| (*x == Some("b")) == (*y == Some("r"))));
}

const NUMBER: &str = "[columns.x]\nkind = 'continuous'\n";

/// 1,000 numbers of nobody else's. Of the made ones none is real, all lie between the means of the crowds at
/// the ends, and their distribution is that of the real ones: the largest difference of two distribution
/// functions of 1,000 and 20,000 exceeds 1.95 √(1/1000 + 1/20000) = 0.063 once in 1,000 times, and moving adds
/// little.
#[test]
fn made_numbers_are_nobodys_and_follow_the_real_ones() {
    let line = |row: usize| format!("{}", (row as f64 + 0.5).sqrt().ln_1p());
    let text = csv("x", 1000, line);
    let schema = schema(NUMBER);
    let table = real(&text, &schema);
    let real: BTreeSet<u64> = numbers(&table, "x").iter().map(|x| x.to_bits()).collect();
    let sorted = |table: &Table| {
        let mut x = numbers(table, "x").to_vec();
        x.sort_by(f64::total_cmp);
        x
    };
    let truth = sorted(&table);
    let smooth = sorted(&made(&Cart::default(), &text, &schema, 20_000));
    let own = share(smooth.iter().map(|x| real.contains(&x.to_bits())));
    assert!(own < 0.001, "{own}");
    // The second to tenth of the eleven at either end are real people's; the ends are their means.
    assert!(smooth[0] >= truth[1] && smooth[19_999] <= truth[998]);
    let distance = (0..1000)
        .map(|i| {
            let below = smooth.partition_point(|x| *x <= truth[i]) as f64 / 2e4;
            (below - (i as f64 + 0.5) / 1e3).abs()
        })
        .fold(0.0, f64::max);
    assert!(distance < 0.063, "{distance}");
    let rough = Cart { smoothing: Smoothing::None, ..Cart::default() };
    let rough = made(&rough, &text, &schema, 2000);
    // But for the crowds at the ends, whose numbers are averaged whatever the smoothing.
    let own = share(numbers(&rough, "x").iter().map(|x| real.contains(&x.to_bits())));
    near(own, 0.978, 2000);
}

/// 920 zeros, 60 times 5000 and 20 numbers of one person each: zeros and 5000 keep their shares to the digit,
/// and what moves stays within the public bounds.
#[test]
fn shared_numbers_stay_and_bounds_hold() {
    let line = |row: usize| match row {
        0..920 => "0".to_owned(),
        920..980 => "5000".to_owned(),
        _ => format!("{}", 1000 + (row - 980) * 4700),
    };
    let schema = schema("[columns.x]\nkind = 'integer'\nlower = 0\nupper = 99999\n");
    let made = made(&Cart::default(), &csv("x", 1000, line), &schema, 20_000);
    let x = numbers(&made, "x");
    near(share(x.iter().map(|x| x.abs() < 0.5)), 0.92, 20_000);
    near(share(x.iter().map(|x| (x - 5000.0).abs() < 0.5)), 0.06, 20_000);
    assert!(x.iter().all(|x| (0.0..=99_999.0).contains(x) && x.fract().abs() < 1e-12));
}

/// Of 10 levels one is one person's and one ten rows of one person: neither is released. Pooled, they are 11
/// rows of two persons, still too few; a third rare level of 9 persons makes them enough.
#[test]
fn levels_of_few_persons_are_not_released() {
    let text = "[columns.id]\nkind = 'text'\nrole = 'subject'\n[columns.x]\nkind = 'categorical'\n";
    let schema = schema(text);
    let line = |row: usize| match row {
        0 => "one,alone".to_owned(),
        1..=10 => "two,often".to_owned(),
        _ => format!("p{row},c{}", row % 8),
    };
    let first = csv("id,x", 400, line);
    let seen = |cart: &Cart, csv: &str| -> BTreeMap<String, usize> {
        let made = made(cart, csv, &schema, 5000);
        let mut seen = BTreeMap::new();
        for label in labels(&made, "x").into_iter().flatten() {
            *seen.entry(label.to_owned()).or_default() += 1;
        }
        seen
    };
    let pooling = Cart { pooled_as: Some("other".into()), ..Cart::default() };
    for cart in [&Cart::default(), &pooling] {
        let seen = seen(cart, &first);
        assert_eq!(seen.len(), 8, "{seen:?}");
        assert!(seen.keys().all(|level| level.starts_with('c')));
    }
    let more = format!("{first}{}", csv("", 9, |row| format!("q{row},few")).trim_start());
    let seen = seen(&pooling, &more);
    // 20 of 409 rows.
    near(seen["other"] as f64 / 5000.0, 20.0 / 409.0, 5000);
    assert_eq!(seen.len(), 9);
}

#[test]
fn a_pooled_level_must_be_one_of_the_schema() {
    let schema = schema("[columns.x]\nkind = 'categorical'\nlevels = ['a', 'b', 'c', 'd']\n");
    let text = csv("x", 60, |row| ["a", "b", "c", "d"][(row / 10).min(3)].to_owned());
    let cart = Cart { pooled_as: Some("other".into()), ..Cart::default() };
    let Err(error) = drawn(&cart, &text, &schema, 10, &Condition::none()) else { panic!() };
    assert!(error.to_string().contains("`pooled-as` is `other`"), "{error}");
}

/// y is missing for half of the a and never for the b; where it is known it is 1 for a and 2 for b.
#[test]
fn missing_values_follow_the_other_columns() {
    let schema = schema("[columns.x]\nkind = 'categorical'\n[columns.y]\nkind = 'integer'\n");
    let line = |row: usize| match row % 4 {
        0 => "a,".to_owned(),
        1 => "a,1".to_owned(),
        _ => "b,2".to_owned(),
    };
    let made = made(&Cart::default(), &csv("x,y", 400, line), &schema, 8000);
    let pairs: Vec<(Option<&str>, f64)> =
        labels(&made, "x").into_iter().zip(numbers(&made, "y").iter().copied()).collect();
    let a: Vec<f64> = pairs.iter().filter(|(x, _)| *x == Some("a")).map(|(_, y)| *y).collect();
    near(share(a.iter().map(|y| y.is_nan())), 0.5, a.len());
    assert!(a.iter().all(|y| y.is_nan() || (y - 1.0).abs() < 1e-12));
    assert!(pairs.iter().all(|(x, y)| *x == Some("a") || (y - 2.0).abs() < 1e-12));
}

/// Each row of a person with a secret x is like no other person's: with leaves of one person a made row
/// with the key has the person's secret, with leaves of many it has anybody's.
#[test]
fn small_leaves_leak_and_guarded_ones_do_not() {
    let text = "[columns.id]\nkind = 'text'\nrole = 'subject'\n[columns.key]\nkind = 'integer'\n\
                [columns.x]\nkind = 'categorical'\nrole = 'sensitive'\n";
    let schema = schema(text);
    // 30 persons with 20 rows each and a key of their own; the secret is one of two, at random.
    let secret = |person: usize| ["u", "v"][(person * person + person / 3) % 2];
    let line = |row: usize| format!("p{},{},{}", row / 20, row / 20 * 100, secret(row / 20));
    let text = csv("id,key,x", 600, line);
    let right = |cart: Cart| {
        let made = made(&cart, &text, &schema, 4000);
        let pairs = numbers(&made, "key").iter().zip(labels(&made, "x"));
        share(pairs.map(|(key, x)| x == Some(secret((key / 100.0).round() as usize))))
    };
    let open = Cart {
        min_bucket: 1,
        min_bucket_sensitive: 1,
        least_persons: 1,
        smoothing: Smoothing::None,
        ..Cart::default()
    };
    assert!(right(open.clone()) > 0.99);
    let guarded = Cart { min_bucket_sensitive: 15, ..open };
    assert!(right(guarded) < 0.75);
}

/// Twelve towns in three regions: a town is always one of its region, also when it is visited first.
#[test]
fn nested_columns_stay_inside() {
    let schema = schema(
        "[columns.town]\nkind = 'categorical'\n[columns.noise]\nkind = 'integer'\n\
         [columns.region]\nkind = 'categorical'\n",
    );
    let line = |row: usize| format!("t{:02},{},r{}", row % 12, row * 7 % 5, row % 12 / 4);
    let cart = Cart {
        nested: BTreeMap::from([("town".to_owned(), "region".to_owned())]),
        visit: vec!["town".into()],
        ..Cart::default()
    };
    let made = made(&cart, &csv("town,noise,region", 600, line), &schema, 3000);
    for (town, region) in labels(&made, "town").into_iter().zip(labels(&made, "region")) {
        let number: usize = town.unwrap()[1..].parse().unwrap();
        assert_eq!(region.unwrap(), format!("r{}", number / 4));
    }
    assert_eq!(labels(&made, "town").into_iter().collect::<BTreeSet<_>>().len(), 12);
}

/// Twenty persons of a region, fewer than a leaf holds, all of one town: who is given the region is given other towns
/// as well, as from a leaf that holds others too.
#[test]
fn a_coarse_value_of_few_persons_has_no_leaf_of_its_own() {
    let schema =
        schema("[columns.region]\nkind = 'categorical'\n[columns.town]\nkind = 'categorical'\n");
    let line = |row: usize| match row {
        0..20 => "few,alone".to_owned(),
        row => format!("many,t{}", row % 3),
    };
    let nested = BTreeMap::from([("town".to_owned(), "region".to_owned())]);
    let of_few = |min_bucket: usize| {
        let cart = Cart { nested: nested.clone(), min_bucket, ..Cart::default() };
        let made = made(&cart, &csv("region,town", 600, line), &schema, 6000);
        let few = labels(&made, "region").into_iter().zip(labels(&made, "town"));
        share(
            few.filter(|(region, _)| *region == Some("few")).map(|(_, town)| town == Some("alone")),
        )
    };
    assert!(of_few(20) > 0.999 && of_few(21) < 0.9);
}

/// A text that no row can have is refused; a sum beyond its public bound is drawn again.
#[test]
fn derived_columns_have_values_of_their_column() {
    let columns = "[columns.a]\nkind = 'integer'\n[columns.b]\nkind = 'integer'\n\
                   [columns.t]\nkind = 'integer'\nlower = 0\nupper = 60\n\
                   [columns.g]\nkind = 'categorical'\n";
    let line = |row: usize| {
        let (a, b) = (row % 50, row / 7 % 50);
        format!("{a},{b},{},{}", (a + b).min(60), if a < 25 { "Young" } else { "Old" })
    };
    let text = csv("a,b,t,g", 2000, line);
    let derived = |name: &str, expression: &str| Cart {
        derived: BTreeMap::from([(name.to_owned(), expression.to_owned())]),
        ..Cart::default()
    };
    let wrong = derived("g", "if a < 25 { 'young' } else { 'Old' }");
    let refused = drawn(&wrong, &text, &schema(columns), 10, &Condition::none()).err().unwrap();
    assert!(refused.to_string().contains("`young` is no level"), "{refused}");
    let made = made(&derived("t", "a + b"), &text, &schema(columns), 1000);
    let sums = numbers(&made, "a").iter().zip(numbers(&made, "b")).map(|(a, b)| a + b);
    assert!(
        numbers(&made, "t").iter().zip(sums).all(|(t, sum)| (t - sum).abs() < 1e-9 && *t <= 60.0)
    );
}

const MIXED: &str = "[columns.sex]\nkind = 'categorical'\nrole = 'quasi-identifier'\n\
                     [columns.age]\nkind = 'integer'\nlower = 18\nupper = 99\nrole = 'quasi-identifier'\n\
                     [columns.income]\nkind = 'continuous'\nrole = 'sensitive'\n\
                     [columns.ill]\nkind = 'boolean'\n";

/// Income and illness follow age; women are older. Illness is sometimes unknown.
fn mixed(rows: usize) -> String {
    let mut rng = Seed::new(7).rng();
    let mut draw = || rand::Rng::next_u64(&mut rng) as f64 / u64::MAX as f64;
    let mut text = "sex,age,income,ill\n".to_owned();
    for _ in 0..rows {
        let woman = draw() < 0.6;
        let age = 18.0 + 70.0 * draw().powf(if woman { 0.7 } else { 1.4 });
        let income = 100.0 * age * (0.5 + draw());
        let ill = if draw() < 0.05 {
            ""
        } else if draw() < age / 120.0 {
            "yes"
        } else {
            "no"
        };
        let sex = if woman { "F" } else { "M" };
        writeln!(text, "{sex},{age:.0},{income:.2},{ill}").unwrap();
    }
    text
}

/// Rows drawn under a condition are distributed as those of all rows that meet it: share of ill and mean age
/// of women with an income above 6,000, and of the ill in their thirties, within four deviations.
#[test]
fn conditions_give_the_rows_that_meet_them() {
    let (text, schema) = (mixed(3000), schema(MIXED));
    let all = made(&Cart::default(), &text, &schema, 60_000);
    for rule in ["sex = F & income > 6000", "ill = yes & age >= 30 & age < 40"] {
        let condition = Condition::parse(rule, &schema).unwrap();
        let given = drawn(&Cart::default(), &text, &schema, 4000, &condition).unwrap();
        assert_eq!(given.rows, 4000);
        let meeting: Vec<usize> = (0..all.rows)
            .filter(|&row| all.columns.iter().all(|column| meets(&condition, column, row)))
            .collect();
        assert!(meeting.len() > 1500, "{}", meeting.len());
        let met = |row: usize| given.columns.iter().all(|column| meets(&condition, column, row));
        assert!((0..given.rows).all(met), "{rule}");
        let ill = |table: &Table, rows: &[usize]| {
            let ill = labels(table, "ill");
            share(rows.iter().map(|&row| ill[row] == Some("true")))
        };
        let every: Vec<usize> = (0..given.rows).collect();
        let (a, b) = (ill(&all, &meeting), ill(&given, &every));
        let error = (0.25 / meeting.len() as f64 + 0.25 / 4000.0).sqrt();
        assert!((a - b).abs() < 4.0 * error, "{rule}: {a} {b}");
        let age = |table: &Table, rows: &[usize]| {
            rows.iter().map(|&row| numbers(table, "age")[row]).sum::<f64>() / rows.len() as f64
        };
        let (a, b) = (age(&all, &meeting), age(&given, &every));
        assert!((a - b).abs() < 4.0 * 20.0 * 2.0 * error, "{rule}: {a} {b}");
    }
}

fn meets(condition: &Condition, column: &Column, row: usize) -> bool {
    let Some(allowed) = condition.on(&column.name) else { return true };
    match &column.values {
        Values::Numbers(numbers) => allowed.number(numbers[row]),
        Values::Labels { codes, levels } => {
            allowed.label(levels.get(codes[row] as usize).map(|level| &**level))
        }
    }
}

#[test]
fn conditions_that_nobody_meets_are_refused() {
    let (text, schema) = (mixed(500), schema(MIXED));
    let refused = |condition: Condition| {
        drawn(&Cart::default(), &text, &schema, 10, &condition).err().unwrap().to_string()
    };
    let among = |value: Value| Test::Among { values: vec![value], inside: true };
    for (column, value) in [
        ("sex", Value::Label("X".into())),
        ("ill", Value::Label("maybe".into())),
        ("age", Value::Number(150.0)),
    ] {
        let problem = refused(Condition::none().and(column, among(value)));
        assert!(problem.contains(column), "{problem}");
    }
}

#[test]
fn replicated_uniques_can_be_drawn_again() {
    let (text, schema) = (mixed(300), schema(MIXED));
    let key = |table: &Table| -> Vec<(Option<String>, i64)> {
        let sex = labels(table, "sex").into_iter().map(|sex| sex.map(str::to_owned));
        sex.zip(numbers(table, "age").iter().map(|age| *age as i64)).collect()
    };
    let unique = |keys: Vec<(Option<String>, i64)>| -> BTreeSet<(Option<String>, i64)> {
        let mut counts: BTreeMap<_, usize> = BTreeMap::new();
        keys.into_iter().for_each(|key| *counts.entry(key).or_default() += 1);
        counts.into_iter().filter(|(_, count)| *count == 1).map(|(key, _)| key).collect()
    };
    let truth = unique(key(&real(&text, &schema)));
    let shared = |replicated_uniques| {
        let cart = Cart { replicated_uniques, ..Cart::default() };
        let made = unique(key(&made(&cart, &text, &schema, 200)));
        made.intersection(&truth).count()
    };
    assert!(shared(ReplicatedUniques::Keep) > 0);
    assert_eq!(shared(ReplicatedUniques::Redraw), 0);
}

#[test]
fn extreme_tables_give_sane_rows_or_a_clear_error() {
    let cart = Cart::default();
    let rows = |text: &str, csv: &str| drawn(&cart, csv, &schema(text), 50, &Condition::none());
    let problem = |text: &str, csv: &str| rows(text, csv).err().unwrap().to_string();
    assert!(problem(NUMBER, "x\n1\n").contains("at least 11 persons"));
    let unique = "[columns.name]\nkind = 'categorical'\n";
    let found = problem(unique, &csv("name", 1000, |row| format!("n{row}")));
    assert!(found.contains("`name`") && found.contains("at least 11 persons"), "{found}");
    let constant = rows(NUMBER, &csv("x", 40, |_| "7.5".into())).unwrap();
    assert!(numbers(&constant, "x").iter().all(|x| (x - 7.5).abs() < 1e-12));
    let gone = "[columns.x]\nkind = 'continuous'\n[columns.c]\nkind = 'categorical'\n\
                [columns.y]\nkind = 'integer'\n";
    let gone = rows(gone, &csv("x,c,y", 40, |row| format!(",,{row}"))).unwrap();
    assert!(numbers(&gone, "x").iter().all(|x| x.is_nan()));
    assert!(labels(&gone, "c").iter().all(Option::is_none));
    assert!(numbers(&gone, "y").iter().all(|y| (0.0..40.0).contains(y)));
    // Three known numbers among forty are too few to be shown.
    let few = csv("x", 40, |row| if row < 3 { format!("{row}") } else { String::new() });
    assert!(problem("[columns.x]\nkind = 'integer'\n", &few).contains("at least 11 persons"));
}

#[test]
fn wide_tables_and_many_categories_are_learned() {
    let names: Vec<String> = (0..300).map(|column| format!("c{column}")).collect();
    let wide: String =
        names.iter().map(|name| format!("[columns.{name}]\nkind = 'integer'\n")).collect();
    let line = |row: usize| {
        let cell = |column: usize| (row * (column + 3) % 17).to_string();
        (0..300).map(cell).collect::<Vec<String>>().join(",")
    };
    let wide = made(&Cart::default(), &csv(&names.join(","), 200, line), &schema(&wide), 100);
    assert_eq!((wide.rows, wide.columns.len()), (100, 300));
    // 5,000 levels of 20 rows each, as predictor and as outcome.
    let line = |row: usize| format!("{},{}", row % 2, row / 20);
    let many = csv("x,y", 100_000, line);
    let many = made(&Cart::default(), &many, &schema(TWO), 5000);
    assert!(labels(&many, "y").into_iter().collect::<BTreeSet<_>>().len() > 2500);
}

#[test]
fn wrong_parameters_are_named() {
    let (text, schema) = (mixed(100), schema(MIXED));
    let problem = |cart: Cart| {
        drawn(&cart, &text, &schema, 10, &Condition::none()).err().unwrap().to_string()
    };
    let visit = Cart { visit: vec!["agee".into()], ..Cart::default() };
    assert!(problem(visit).contains("did you mean `age`?"));
    let nested = Cart { nested: BTreeMap::from([("sex".into(), "age".into())]), ..Cart::default() };
    assert!(problem(nested).contains("`age`"));
    let round = BTreeMap::from([("sex".into(), "ill".into()), ("ill".into(), "sex".into())]);
    assert!(problem(Cart { nested: round, ..Cart::default() }).contains("inside each other"));
    assert!(problem(Cart { least_persons: 0, ..Cart::default() }).contains("least-persons"));
}

/// What is written to a model file draws the same rows; so does any number of threads; another seed does not.
#[test]
fn one_model_and_seed_give_one_table() {
    let (text, schema) = (mixed(2000), schema(MIXED));
    let table = real(&text, &schema);
    let run = |threads: usize, proper: bool| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let cart = Cart { proper, ..Cart::default() };
            let mut accountant = Accountant::without_budget();
            let fitted = fit(&cart, &table, &schema, &mut accountant, Seed::new(0)).unwrap();
            let made = fitted.release(&request(5000, &Condition::none()), Seed::new(1)).unwrap();
            (content_digest(&made.table, &schema), fitted)
        })
    };
    let (one, fitted) = run(1, false);
    let (three, _) = run(3, false);
    assert_eq!(one, three);
    let (proper, _) = run(1, true);
    assert_ne!(one, proper);
    let state = fitted.model.state().unwrap();
    let again: Sequence = model::decode(&state).unwrap();
    let seed = fitted.seed(Seed::new(1));
    let columns = again.sample(Some(5000), &Condition::none(), seed).unwrap();
    let again = Table { sample: Sample::Synthetic, rows: 5000, columns };
    assert_eq!(content_digest(&again, &schema), one);
    let other = fitted.release(&request(5000, &Condition::none()), Seed::new(2)).unwrap();
    assert_ne!(content_digest(&other.table, &schema), one);
}

/// Trees see ranks and donors are not moved: numbers measured in another unit give the same rows in that unit.
#[test]
fn units_do_not_matter() {
    let schema = schema("[columns.x]\nkind = 'continuous'\n[columns.y]\nkind = 'continuous'\n");
    let text = |factor: f64, shift: f64| {
        let x = |row: usize| (row * 37 % 101) as f64;
        csv("x,y", 800, |row| format!("{},{}", x(row) * factor + shift, x(row).powi(2) * factor))
    };
    let cart = Cart { smoothing: Smoothing::None, least_persons: 1, ..Cart::default() };
    let drawn = |csv: &str| {
        let real = real(csv, &schema);
        let source = Source {
            columns: real.columns.iter().collect(),
            rows: real.rows,
            persons: real.persons(),
            constraints: &[],
            schema: &schema,
        };
        // Without what `fit` mixes into the seed: it depends on the numbers.
        let model = cart.fit(&source, &mut Accountant::without_budget(), Seed::new(0)).unwrap();
        let columns = model.sample(Some(1000), &Condition::none(), Seed::new(1)).unwrap();
        Table { sample: Sample::Synthetic, columns, rows: 1000 }
    };
    let (one, other) = (drawn(&text(1.0, 0.0)), drawn(&text(0.25, 16.0)));
    for (a, b) in numbers(&one, "x").iter().zip(numbers(&other, "x")) {
        assert!((a * 0.25 + 16.0 - b).abs() < 1e-9, "{a} {b}");
    }
    for (a, b) in numbers(&one, "y").iter().zip(numbers(&other, "y")) {
        assert!((a * 0.25 - b).abs() < 1e-9, "{a} {b}");
    }
}

/// Levels that a made table does not use are not in it, and missing is no level.
#[test]
fn made_levels_are_used_ones() {
    let text =
        csv("x,y", 200, |row| format!("l{},{}", row % 15, if row % 3 == 0 { "" } else { "k" }));
    let made = made(&Cart::default(), &text, &schema(TWO), 5);
    for column in &made.columns {
        let Values::Labels { codes, levels } = &column.values else { panic!() };
        let used: BTreeSet<u32> = codes.iter().copied().filter(|&code| code != MISSING).collect();
        assert_eq!(used.len(), levels.len());
    }
}

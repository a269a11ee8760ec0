//! Boosting: shares are met, weights undo them, within groups nothing changes.

use super::*;
use crate::audit::testing::table;
use crate::synth::dp::Accountant;
use crate::synth::{Cart, Copula, Independent, Request, Synthesizer, fit};
use crate::table::{Sample, Table};

const SCHEMA: &str = "[columns.sex]\nkind = 'categorical'\nlevels = ['F', 'M']\n\
                      [columns.region]\nkind = 'categorical'\n[columns.x]\nkind = 'integer'\n";

/// Of 1,000 rows 20 are of the north; x is the row modulo 10, and missing in every 40th.
fn real() -> (Schema, Table) {
    let line = |row: usize| {
        let region = if row.is_multiple_of(50) { "north" } else { "south" };
        let x = if row.is_multiple_of(40) { String::new() } else { (row % 10).to_string() };
        format!("{},{region},{x}\n", if row.is_multiple_of(2) { "F" } else { "M" })
    };
    let csv = format!("sex,region,x\n{}", (0..1000).map(line).collect::<String>());
    let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
    let real = table(&csv, Sample::Train, &schema);
    (schema, real)
}

fn made(boosts: &[&str], rows: usize) -> Table {
    let (schema, real) = real();
    let method = Independent::default();
    let mut none = Accountant::without_budget();
    let fitted = fit(&method, &real, &schema, &mut none, Seed::new(0)).unwrap();
    let texts: Vec<String> = boosts.iter().map(ToString::to_string).collect();
    let boosts = Boost::parse_all(&texts, &schema, &Condition::none()).unwrap();
    let request = Request { rows: Some(rows), boosts, ..Request::default() };
    fitted.release(&request, Seed::new(1)).unwrap().table
}

fn numbers<'a>(table: &'a Table, column: &str) -> &'a [f64] {
    match &table.column(column).unwrap().values {
        Values::Numbers(numbers) => numbers,
        Values::Labels { .. } => panic!("{column} is a number"),
    }
}

fn of_level(table: &Table, column: &str, level: &str) -> Vec<bool> {
    match &table.column(column).unwrap().values {
        Values::Labels { codes, levels } => {
            codes.iter().map(|&code| &*levels[code as usize] == level).collect()
        }
        Values::Numbers(_) => panic!("{column} has levels"),
    }
}

/// 600 of 2,000 rows are of the north, each of weight 0.02 / 0.3 = 1/15; the others weigh 0.98 / 0.7.
#[test]
fn shares_are_met_and_weights_undo_them() {
    let made = made(&["region=north:30%"], 2000);
    let north = of_level(&made, "region", "north");
    assert_eq!(north.iter().filter(|north| **north).count(), 600);
    let weights = numbers(&made, "_weight");
    for (weight, north) in weights.iter().zip(&north) {
        let expected = if *north { 1.0 / 15.0 } else { 1.4 };
        assert!((weight - expected).abs() < 1e-12, "{weight}");
    }
    assert!((weights.iter().sum::<f64>() - 2000.0).abs() < 1e-6);
    // Groups do not stand in blocks.
    assert!(north[..1000].iter().filter(|north| **north).count() > 200);
}

#[test]
fn boosts_of_two_columns_are_met_together() {
    let made = made(&["region=north:0.5", "sex=F:0.25", "x=3:0.4"], 4000);
    let share = |column: &str, level: &str| {
        of_level(&made, column, level).iter().filter(|is| **is).count() as f64 / 4000.0
    };
    assert!((share("region", "north") - 0.5).abs() < 0.002);
    assert!((share("sex", "F") - 0.25).abs() < 0.002);
    let threes = numbers(&made, "x").iter().filter(|x| (**x - 3.0).abs() < 0.5).count();
    assert!((threes as f64 / 4000.0 - 0.4).abs() < 0.002);
    // The weighted share of the north is the real one.
    let weights = numbers(&made, "_weight");
    let north = of_level(&made, "region", "north");
    let weighted: f64 = weights.iter().zip(north).filter(|(_, is)| *is).map(|(w, _)| w).sum();
    assert!((weighted / weights.iter().sum::<f64>() - 0.02).abs() < 1e-9);
    // Missing values of x are among "anything else".
    assert!(numbers(&made, "x").iter().any(|x| x.is_nan()));
}

#[test]
fn what_cannot_be_boosted_is_refused() {
    let (schema, _) = real();
    let where_sex = Condition::parse("sex = F", &schema).unwrap();
    for (texts, words) in [
        (&["region"][..], "COLUMN=LEVEL:SHARE"),
        (&["region=north"], "COLUMN=LEVEL:SHARE"),
        (&["regoin=north:0.3"], "did you mean `region`?"),
        (&["sex=X:0.3"], "2 levels"),
        (&["region=north:1.5"], "above 0 and below 1"),
        (&["region=north:0"], "above 0 and below 1"),
        (&["region=north:0.6", "region=south:0.4"], "less than 1"),
        (&["region=north:0.3", "region=north:0.4"], "twice"),
    ] {
        let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
        let problem =
            Boost::parse_all(&texts, &schema, &Condition::none()).unwrap_err().to_string();
        assert!(problem.starts_with("--boost ") && problem.contains(words), "{problem}");
    }
    let texts = ["sex=F:0.3".to_owned()];
    let problem = Boost::parse_all(&texts, &schema, &where_sex).unwrap_err().to_string();
    assert!(problem.contains("--where"), "{problem}");
}

#[test]
fn a_group_that_the_model_lacks_is_refused() {
    let (schema, real) = real();
    let mut none = Accountant::without_budget();
    let fitted = fit(&Independent::default(), &real, &schema, &mut none, Seed::new(0)).unwrap();
    let boosts =
        Boost::parse_all(&["region=west:0.3".to_owned()], &schema, &Condition::none()).unwrap();
    let request = Request { boosts, rows: Some(10), ..Request::default() };
    let Err(error) = fitted.release(&request, Seed::new(0)) else { panic!("accepted") };
    assert!(error.to_string().contains("cannot be met"), "{error}");
}

/// Rules, a derived column and a boost hold together, whichever method makes the rows.
#[test]
fn rules_derived_columns_and_boosts_hold_through_cart_and_copula() {
    let number = "kind = 'integer'\nlower = 0\nupper = 200\n";
    let text = format!(
        "[columns.sex]\nkind = 'categorical'\nlevels = ['F', 'M']\n[columns.a]\n{number}\
         [columns.b]\n{number}[columns.total]\n{number}[[constraint]]\nrule = 'a <= b'\n"
    );
    let schema = Schema::parse(&text, "s").unwrap();
    let line = |row: usize| {
        let (a, more) = (row * 7 % 50, row % 9);
        let sex = if row.is_multiple_of(5) { "F" } else { "M" };
        format!("{sex},{a},{},{}\n", a + more, 2 * a + more)
    };
    let csv = format!("sex,a,b,total\n{}", (0..1000).map(line).collect::<String>());
    let real = table(&csv, Sample::Train, &schema);
    let derived = [("total".to_owned(), "a + b".to_owned())].into();
    let methods: [Box<dyn Synthesizer>; 2] =
        [Box::new(Cart { derived, ..Cart::default() }), Box::new(Copula::default())];
    for method in methods {
        let mut none = Accountant::without_budget();
        let fitted = fit(&*method, &real, &schema, &mut none, Seed::new(0)).unwrap();
        let texts = ["sex=F:0.5".to_owned()];
        let boosts = Boost::parse_all(&texts, &schema, &Condition::none()).unwrap();
        let request = Request { rows: Some(400), boosts, ..Request::default() };
        let made = fitted.release(&request, Seed::new(1)).unwrap().table;
        let id = method.info().id;
        let (a, b) = (numbers(&made, "a"), numbers(&made, "b"));
        assert!(a.iter().zip(b).all(|(a, b)| a <= b), "{id}");
        assert_eq!(of_level(&made, "sex", "F").iter().filter(|is| **is).count(), 200, "{id}");
        let weights = numbers(&made, "_weight");
        let women = weights.iter().zip(of_level(&made, "sex", "F")).filter(|(_, is)| *is);
        let share = women.map(|(weight, _)| weight).sum::<f64>() / weights.iter().sum::<f64>();
        assert!((share - 0.2).abs() < 0.02, "{id}: {share}");
        let sums = a.iter().zip(b).zip(numbers(&made, "total"));
        let sums = sums.filter(|((a, b), total)| (*a + *b - *total).abs() < 1e-9).count();
        assert!(id != "cart" || sums == 400, "{id}: {sums}");
    }
}

#[test]
fn rows_are_not_weighted_twice() {
    let text = format!("{SCHEMA}[columns.w]\nkind = 'continuous'\nweight = true\n");
    let schema = Schema::parse(&text, "s").unwrap();
    let texts = ["sex=F:0.3".to_owned()];
    let problem = Boost::parse_all(&texts, &schema, &Condition::none()).unwrap_err().to_string();
    assert!(problem.contains("the weights `w` already"), "{problem}");
}

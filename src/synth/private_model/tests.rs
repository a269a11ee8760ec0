//! What holds of every method under a budget.

use super::*;
use crate::audit::testing::table;
use crate::synth::dp::{Accountant, Budget, Planted};
use crate::synth::{Aim, Boost, Mst, Request, Source, Synthesizer, fit};
use crate::table::{Sample, Schema, Table, Values, content_digest};

const SCHEMA: &str = "missing = ['?']\n[columns.x]\nkind = 'integer'\nlower = 0\nupper = 9\n\
                      [columns.y]\nkind = 'integer'\nlower = 0\nupper = 9\n\
                      [columns.c]\nkind = 'categorical'\nlevels = ['even', 'odd', 'rare']\n\
                      [columns.v]\nkind = 'continuous'\nlower = 0\nupper = 1000\n";

fn methods() -> [Box<dyn Synthesizer>; 2] {
    [Box::new(Mst::default()), Box::new(Aim::default())]
}

/// x and y are equal, c says whether they are even, v is missing in every fifth row.
fn real(rows: usize) -> (Schema, Table) {
    let line = |row: usize| {
        let (x, parity) = (row % 10, if row.is_multiple_of(2) { "even" } else { "odd" });
        let v = if row.is_multiple_of(5) { "?".to_owned() } else { format!("{}.5", row % 700) };
        format!("{x},{x},{parity},{v}\n")
    };
    let csv = format!("x,y,c,v\n{}", (0..rows).map(line).collect::<String>());
    let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
    let real = table(&csv, Sample::Train, &schema);
    (schema, real)
}

fn seeded(epsilon: f64, seed: u64) -> Accountant {
    Accountant::seeded(Budget { epsilon, delta: 1e-6 }, Seed::new(seed))
}

fn fitted(
    method: &dyn Synthesizer,
    (schema, real): &(Schema, Table),
    epsilon: f64,
    seed: u64,
) -> crate::synth::Fitted {
    fit(method, real, schema, &mut seeded(epsilon, seed), Seed::new(0)).unwrap()
}

fn numbers<'a>(table: &'a Table, name: &str) -> &'a [f64] {
    match &table.column(name).unwrap().values {
        Values::Numbers(numbers) => numbers,
        Values::Labels { .. } => panic!("{name} is a number"),
    }
}

fn asked(rows: usize) -> Request {
    Request { rows: Some(rows), ..Request::default() }
}

/// With a budget that hides nothing, what belongs together stays together.
#[test]
fn a_large_budget_keeps_what_belongs_together() {
    let real = real(3000);
    for method in methods() {
        let made = fitted(&*method, &real, 300.0, 1).release(&asked(3000), Seed::new(0)).unwrap();
        let (x, y) = (numbers(&made.table, "x"), numbers(&made.table, "y"));
        let equal = x.iter().zip(y).filter(|(x, y)| (*x - *y).abs() < 0.5).count();
        assert!(equal > 2900, "{}: {equal} of 3000", method.info().id);
        let zeros = x.iter().filter(|x| **x < 0.5).count();
        assert!((250..350).contains(&zeros), "{}: {zeros}", method.info().id);
        let missing = numbers(&made.table, "v").iter().filter(|v| v.is_nan()).count();
        assert!((540..660).contains(&missing), "{}: {missing}", method.info().id);
    }
}

/// N̂ is within 6 standard deviations of noise: 43 times √(cells of a marginal) at most, by far.
#[test]
fn the_default_number_of_rows_is_noisy() {
    let real = real(3000);
    for method in methods() {
        let rows = |seed| {
            let made =
                fitted(&*method, &real, 1.0, seed).release(&Request::default(), Seed::new(0));
            made.unwrap().table.rows
        };
        let all: Vec<usize> = (0..8).map(rows).collect();
        assert!(all.iter().all(|rows| rows.abs_diff(3000) < 400), "{all:?}");
        assert!(all.iter().any(|rows| *rows != all[0]), "{all:?}");
    }
}

#[test]
fn one_seed_gives_one_table_at_any_number_of_threads() {
    let real = real(800);
    for method in methods() {
        let digest = |noise, threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let fitted = fitted(&*method, &real, 1.0, noise);
                let made = fitted.release(&asked(500), Seed::new(3)).unwrap();
                content_digest(&made.table, &real.0)
            })
        };
        assert_eq!(digest(1, 1), digest(1, 3), "{}", method.info().id);
        assert_ne!(digest(1, 1), digest(2, 1), "{}", method.info().id);
    }
}

/// Evidence, not rejection: rows of a level that has a twentieth of the mass cost no more than others.
#[test]
fn rows_are_drawn_given_a_condition() {
    let real = real(3000);
    let condition = Condition::parse("c = odd & x >= 5 & v < 100", &real.0).unwrap();
    for method in methods() {
        let fitted = fitted(&*method, &real, 300.0, 1);
        let request = Request { condition: condition.clone(), ..asked(700) };
        let made = fitted.release(&request, Seed::new(0)).unwrap().table;
        assert_eq!((made.rows, condition.count(&made.columns)), (700, 700));
        // Half are odd, 3 of 5 odd ones (5, 7, 9) are 5 or more, v is known in 3 of 4 of these rows (not where
        // x is 5 … of five rows), and below 100 in about a seventh: measured on the real table itself.
        let exact = condition.count(&real.1.columns) as f64 / 3000.0;
        let share = fitted.model.share(&condition).unwrap();
        assert!((share / exact - 1.0).abs() < 0.25, "{}: {share} {exact}", method.info().id);
    }
}

#[test]
fn a_condition_that_nothing_meets_is_refused() {
    let real = real(300);
    let fitted = fitted(&Mst::default(), &real, 1.0, 1);
    let impossible = Condition::parse("x > 8 & x < 9", &real.0).unwrap();
    let request = Request { condition: impossible.clone(), ..asked(5) };
    assert!(fitted.release(&request, Seed::new(0)).is_err());
    assert!(fitted.model.share(&impossible).unwrap() <= 0.0);
}

/// What a file holds gives the same rows.
#[test]
fn a_model_comes_back_from_its_state() {
    let real = real(500);
    for method in methods() {
        let model = fitted(&*method, &real, 1.0, 1).model;
        let state = model.state().unwrap();
        let again: PrivateModel = model::decode(&state).unwrap();
        let draw = |model: &dyn Model| {
            let columns = model.sample(Some(200), &Condition::none(), Seed::new(5)).unwrap();
            let table = Table { sample: Sample::Synthetic, columns, rows: 200 };
            content_digest(&table, &real.0)
        };
        assert_eq!(draw(&*model), draw(&again));
        assert!(model.guarantee() == again.guarantee());
        // Parts that do not belong together are refused.
        let mut kept = Kept::from(again);
        kept.codings.pop();
        assert!(PrivateModel::try_from(kept).is_err());
    }
}

/// x and y are always equal in the records, and yet any two values are possible: what does not occur is told
/// by noise, and what cannot occur by public rules alone.
#[test]
fn no_combination_is_ruled_out_by_the_records() {
    let real = real(1000);
    for method in methods() {
        let model = fitted(&*method, &real, 1.0, 1).model.state().unwrap();
        let model: PrivateModel = model::decode(&model).unwrap();
        assert!(model.beliefs.marginals.iter().flatten().all(|mass| *mass > 0.0));
    }
}

/// Rules of the schema hold in every row that is made, under a condition too; rules that contradict each other
/// are refused before anything is spent.
#[test]
fn public_rules_hold_in_every_row() {
    let (_, table) = real(1000);
    let rules =
        "[[constraint]]\nrule = 'x <= y'\n[[constraint]]\nrule = \"c = 'odd' or v < 500\"\n";
    let schema = Schema::parse(&format!("{SCHEMA}{rules}"), "s").unwrap();
    let real = (schema.clone(), table);
    for method in methods() {
        let fitted = fitted(&*method, &real, 0.3, 1);
        for condition in [Condition::none(), Condition::parse("x >= 3", &schema).unwrap()] {
            let request = Request { condition, ..asked(2000) };
            let made = fitted.release(&request, Seed::new(0)).unwrap().table;
            let (x, y) = (numbers(&made, "x"), numbers(&made, "y"));
            assert!(x.iter().zip(y).all(|(x, y)| x.is_nan() || y.is_nan() || x <= y));
            let Values::Labels { codes, levels } = &made.column("c").unwrap().values else {
                panic!()
            };
            let kept = codes.iter().zip(numbers(&made, "v")).filter(|(code, v)| {
                let odd = levels.get(**code as usize).is_none_or(|level| &**level == "odd");
                odd || v.is_nan() || **v < 500.0
            });
            assert_eq!(kept.count(), 2000, "{}", method.info().id);
        }
    }
    let contradiction = "[[constraint]]\nrule = 'x < 3'\n[[constraint]]\nrule = 'x > 5'\n";
    let tokens = SCHEMA.replace("missing = ['?']", "missing = []");
    let schema = Schema::parse(&format!("{tokens}{contradiction}"), "s").unwrap();
    for method in methods() {
        let mut accountant = seeded(1.0, 1);
        let refused = fit(&*method, &real.1, &schema, &mut accountant, Seed::new(0)).err().unwrap();
        assert!(refused.to_string().contains("forbid every combination"));
        assert!(accountant.entries().is_empty());
    }
}

/// The ledger sums to the budget, nearly, and replays.
#[test]
fn the_budget_is_used_and_not_exceeded() {
    let real = real(500);
    for method in methods() {
        let mut accountant = seeded(1.0, 1);
        let whole = accountant.left().unwrap();
        fit(&*method, &real.1, &real.0, &mut accountant, Seed::new(0)).unwrap();
        let rho: f64 = accountant.entries().iter().map(|entry| entry.replay().unwrap()).sum();
        assert!(rho <= whole * (1.0 + 1e-9) && rho > 0.98 * whole, "{}", method.info().id);
    }
}

/// A constant column, one of missing values alone, one row, a single column.
#[test]
fn thin_tables_are_made_without_complaint() {
    let schema = "missing = ['?']\n[columns.a]\nkind = 'categorical'\nlevels = ['only']\n\
                  [columns.b]\nkind = 'continuous'\nlower = 5\nupper = 5\n\
                  [columns.m]\nkind = 'boolean'\n";
    let schema = Schema::parse(schema, "s").unwrap();
    for rows in [1, 40] {
        let csv = format!("a,b,m\n{}", "only,5,?\n".repeat(rows));
        let real = (schema.clone(), table(&csv, Sample::Train, &schema));
        for method in methods() {
            let made = fitted(&*method, &real, 1.0, 1).release(&asked(50), Seed::new(0)).unwrap();
            assert_eq!(made.table.rows, 50);
            assert!(
                numbers(&made.table, "b").iter().all(|b| b.is_nan() || (*b - 5.0).abs() < 1e-9)
            );
        }
    }
    let schema = Schema::parse("[columns.a]\nkind = 'boolean'\n", "s").unwrap();
    let real = (schema.clone(), table("a\ntrue\nfalse\n", Sample::Train, &schema));
    for method in methods() {
        assert_eq!(
            fitted(&*method, &real, 1.0, 1).release(&asked(9), Seed::new(0)).unwrap().table.rows,
            9
        );
    }
}

/// 100,000 categories and 300 columns: noise hides nearly all cells, and the rest is small.
#[test]
fn wide_and_deep_tables_stay_small() {
    let levels: Vec<String> = (0..100_000).map(|level| format!("'l{level}'")).collect();
    let schema = format!(
        "[columns.a]\nkind = 'categorical'\nlevels = [{}]\n[columns.b]\nkind = 'boolean'\n",
        levels.join(",")
    );
    let schema = Schema::parse(&schema, "s").unwrap();
    let csv = format!("a,b\n{}", (0..2000).map(|row| format!("l{row},true\n")).collect::<String>());
    let real = (schema.clone(), table(&csv, Sample::Train, &schema));
    for method in methods() {
        assert_eq!(
            fitted(&*method, &real, 1.0, 1).release(&asked(9), Seed::new(0)).unwrap().table.rows,
            9
        );
    }
    let names: Vec<String> = (0..300).map(|column| format!("c{column}")).collect();
    let schema: String =
        names.iter().map(|name| format!("[columns.{name}]\nkind = 'boolean'\n")).collect();
    let schema = Schema::parse(&schema, "s").unwrap();
    let row = |row: usize| {
        (0..300)
            .map(|c| if (row / (c + 1)).is_multiple_of(2) { "true" } else { "false" })
            .collect::<Vec<_>>()
            .join(",")
    };
    let csv =
        format!("{}\n{}", names.join(","), (0..100).map(|i| row(i) + "\n").collect::<String>());
    let real = (schema.clone(), table(&csv, Sample::Train, &schema));
    let steps = Mst { steps: 20, ..Mst::default() };
    assert_eq!(
        fitted(&steps, &real, 1.0, 1).release(&asked(9), Seed::new(0)).unwrap().table.columns.len(),
        300
    );
    let refused = fit(&Aim::default(), &real.1, &real.0, &mut seeded(1.0, 1), Seed::new(0));
    assert!(refused.err().unwrap().to_string().contains("take `mst`"));
}

#[test]
fn what_is_not_public_is_refused_by_name_and_nothing_is_spent() {
    let schema = "[columns.a]\nkind = 'categorical'\n[columns.b]\nkind = 'integer'\nlower = 0\nupper = 9\nsource = 'data'\n\
                  [columns.c]\nkind = 'boolean'\n";
    let schema = Schema::parse(schema, "s").unwrap();
    let real = table("a,b,c\nx,1,true\n", Sample::Train, &schema);
    for method in methods() {
        let mut accountant = seeded(1.0, 1);
        let refused = fit(&*method, &real, &schema, &mut accountant, Seed::new(0)).err().unwrap();
        let text = refused.to_string();
        assert!(text.contains("`a`") && text.contains("`b`") && !text.contains("`c`"), "{text}");
        assert!(accountant.entries().is_empty());
    }
    let paid = Mst { domain_share: 0.2, ..Mst::default() };
    let made = fitted(&paid, &(schema, real), 1.0, 1).release(&asked(30), Seed::new(0)).unwrap();
    assert_eq!(made.table.rows, 30);
    let schema = Schema::parse("[columns.n]\nkind = 'text'\n", "s").unwrap();
    let real = table("n\nsecret words\n", Sample::Train, &schema);
    let refused = fit(&paid, &real, &schema, &mut seeded(1.0, 1), Seed::new(0)).err().unwrap();
    assert!(refused.to_string().contains("free text") && !refused.to_string().contains("secret"));
}

/// The table as it would be read if nothing had been refused, under the schema that lists levels and bounds.
fn read_anyhow(csv: &str, schema: &Schema) -> Table {
    let mut open = schema.clone();
    for (_, column) in &mut open.columns {
        (column.lower, column.upper, column.levels) = (None, None, None);
    }
    let mut table = table(csv, Sample::Train, &open);
    for (column, (_, described)) in table.columns.iter_mut().zip(&schema.columns) {
        column.schema = described.clone();
    }
    table
}

/// One more record with a new category, a number beyond the bounds and a missing value where nothing is
/// missing: the cells of every column and all that is ever made are the same kind of thing. The planted bug,
/// levels from the data, fails it.
#[test]
fn one_odd_record_does_not_show_in_the_domain() {
    let schema = "missing = ['?']\n[columns.c]\nkind = 'categorical'\nlevels = ['a', 'b']\n\
                  [columns.x]\nkind = 'integer'\nlower = 0\nupper = 9\n[columns.b]\nkind = 'boolean'\n";
    let schema = Schema::parse(schema, "s").unwrap();
    let plain = format!("c,x,b\n{}", "a,1,true\nb,8,false\n".repeat(100));
    let odd = format!("{plain}zebra,123456,?\n");
    let domain = |csv: &str, planted: Planted| {
        let real = read_anyhow(csv, &schema);
        let source = Source {
            columns: real.columns.iter().collect(),
            rows: real.rows,
            persons: real.persons(),
            constraints: &[],
            schema: &schema,
        };
        let budget = Budget { epsilon: 100.0, delta: 1e-6 };
        let mut accountant = Accountant::faulty(budget, Seed::new(1), planted);
        Mst::default().learn(&source, &mut accountant).unwrap()
    };
    let honest = Planted::default();
    assert!(domain(&plain, honest).domain() == domain(&odd, honest).domain());
    let buggy = Planted { domain_from_data: true, ..honest };
    assert!(domain(&plain, buggy).domain() != domain(&odd, buggy).domain());
    let model = domain(&odd, honest);
    let made = model.sample(Some(5000), &Condition::none(), Seed::new(0)).unwrap();
    let Values::Labels { levels, .. } = &made[0].values else { panic!() };
    assert!(levels.iter().all(|level| ["a", "b"].contains(&&**level)));
    let Values::Numbers(numbers) = &made[1].values else { panic!() };
    assert!(numbers.iter().all(|x| x.is_nan() || (0.0..=9.0).contains(x)));
    // The exact number of rows is another planted bug.
    let counted = Planted { exact_rows: true, ..honest };
    assert!((domain(&plain, counted).total() - 200.0).abs() < 1e-9);
}

/// Columns of whole numbers from 0 to `upper`, none of them ever missing, with rules.
fn numbers_with_rules(names: &[&str], upper: u32, rules: &[String]) -> Schema {
    let column = |name: &&str| {
        format!("[columns.{name}]\nkind = 'integer'\nlower = 0\nupper = {upper}\nmissing = []\n")
    };
    let rule = |rule: &String| format!("[[constraint]]\nrule = '{rule}'\n");
    let columns: String = names.iter().map(column).collect();
    let rules: String = rules.iter().map(rule).collect();
    Schema::parse(&format!("{columns}{rules}"), "s").unwrap()
}

/// Every rule can be kept within a bin, and all of them together cannot: two over the same columns, and three
/// in a ring.
#[test]
fn rules_that_contradict_within_bins_are_refused_before_anything_is_spent() {
    let line = |row: usize| format!("{},{},{}\n", row % 900, row % 900 + 50, row % 900 + 90);
    let csv = format!("a,b,c\n{}", (0..300).map(line).collect::<String>());
    for (rules, words) in [
        (&["a < b", "b < a"][..], "forbid every combination"),
        (&["a < b", "b < c", "c < a"], "rows that keep all constraints"),
    ] {
        let rules: Vec<String> = rules.iter().map(|&rule| rule.to_owned()).collect();
        let schema = numbers_with_rules(&["a", "b", "c"], 999, &rules);
        let real = table(&csv, Sample::Train, &schema);
        for method in methods() {
            let mut accountant = seeded(1.0, 1);
            let refused = fit(&*method, &real, &schema, &mut accountant, Seed::new(0)).err();
            let refused = refused.unwrap().to_string();
            assert!(refused.contains(words), "{}: {refused}", method.info().id);
            assert!(accountant.entries().is_empty(), "{}", method.info().id);
        }
    }
}

/// What is bought cannot mend rules that the public part alone contradicts.
#[test]
fn rules_are_checked_before_the_domain_is_bought() {
    let column = |name| {
        format!("[columns.{name}]\nkind = 'integer'\nlower = 0\nupper = 999\nmissing = []\n")
    };
    let constraints = "[[constraint]]\nrule = 'a < b'\n[[constraint]]\nrule = 'b < a'\n";
    let columns = ["a", "b"].map(column).concat();
    let schema = format!("{columns}[columns.c]\nkind = 'categorical'\n{constraints}");
    let schema = Schema::parse(&schema, "s").unwrap();
    let real = table("a,b,c\n1,2,x\n3,4,x\n", Sample::Train, &schema);
    let paid = Mst { domain_share: 0.2, ..Mst::default() };
    let mut accountant = seeded(1.0, 1);
    assert!(fit(&paid, &real, &schema, &mut accountant, Seed::new(0)).is_err());
    assert!(accountant.entries().is_empty());
}

/// All 21 orders of seven columns of 101 values: three columns that are linked would be a million cells, and
/// seven 10¹⁴. What the model cannot hold is kept by drawing.
#[test]
fn rules_that_outgrow_a_model_are_kept_all_the_same() {
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let pairs = |one: usize| (one + 1..names.len()).map(move |two| (one, two));
    let pairs: Vec<(usize, usize)> = (0..names.len()).flat_map(pairs).collect();
    let rules: Vec<String> =
        pairs.iter().map(|&(one, two)| format!("{} <= {}", names[one], names[two])).collect();
    assert_eq!(rules.len(), 21);
    let schema = numbers_with_rules(&names, 100, &rules);
    let row = |row: usize| {
        let cells: Vec<String> = (0..7).map(|at| (row * 7 % 60 + at * 5).to_string()).collect();
        cells.join(",") + "\n"
    };
    let csv = format!("{}\n{}", names.join(","), (0..400).map(row).collect::<String>());
    let real = (schema.clone(), table(&csv, Sample::Train, &schema));
    let small = Aim { model_size: 0.5, rounds: 1, steps: 50, ..Aim::default() };
    let methods: [Box<dyn Synthesizer>; 2] = [Box::new(Mst::default()), Box::new(small)];
    for method in methods {
        let made = fitted(&*method, &real, 1.0, 1).release(&asked(200), Seed::new(0)).unwrap();
        let columns = names.map(|name| numbers(&made.table, name));
        for &(one, two) in &pairs {
            let kept = columns[one].iter().zip(columns[two]).all(|(low, high)| low <= high);
            assert!(kept, "{}: {} <= {}", method.info().id, names[one], names[two]);
        }
        assert_eq!(made.table.rows, 200);
    }
}

/// ε = 0.1 over four columns: a standard deviation of some 150 rows. Of 3,000 rows 1,500 are even; nobody has
/// the rare level.
#[test]
fn a_group_that_noise_hides_is_told() {
    let real = real(3000);
    // With the opposite luck the model has no such rows at all.
    let rare = Condition::parse("c = rare", &real.0).unwrap();
    let fitted = (1..9)
        .map(|seed| fitted(&Mst::default(), &real, 0.1, seed))
        .find(|fitted| fitted.model.share(&rare).unwrap() > 0.0)
        .unwrap();
    let boosted = |text: &str| {
        let boosts = Boost::parse_all(&[text.to_owned()], &real.0, &Condition::none()).unwrap();
        fitted.release(&Request { boosts, ..asked(400) }, Seed::new(0)).unwrap()
    };
    let rare = boosted("c=rare:0.5");
    assert!(rare.warnings.len() == 1 && rare.warnings[0].contains("`c` = rare"));
    let Values::Labels { codes, levels } = &rare.table.column("c").unwrap().values else {
        panic!()
    };
    let place = levels.iter().position(|level| &**level == "rare").unwrap();
    assert_eq!(codes.iter().filter(|code| **code as usize == place).count(), 200);
    assert!(boosted("c=even:0.7").warnings.is_empty());
    let part = |text: &str| {
        let condition = Condition::parse(text, &real.0).unwrap();
        fitted.release(&Request { condition, ..asked(50) }, Seed::new(0)).unwrap().warnings.len()
    };
    assert_eq!([part("c = rare"), part("c = even")], [1, 0]);
}

/// The weights of a boosted release undo the boost: a tenth of the rows has x = 3, and 60 % of the made ones.
#[test]
fn a_boost_of_a_private_model_is_undone_by_its_weights() {
    let real = real(3000);
    for method in methods() {
        let fitted = fitted(&*method, &real, 300.0, 1);
        let texts = ["x=3:0.6".to_owned()];
        let boosts = Boost::parse_all(&texts, &real.0, &Condition::none()).unwrap();
        let made = fitted.release(&Request { boosts, ..asked(1000) }, Seed::new(0)).unwrap().table;
        let (x, weights) = (numbers(&made, "x"), numbers(&made, "_weight"));
        let three = || x.iter().zip(weights).filter(|(x, _)| (**x - 3.0).abs() < 0.5);
        assert_eq!(three().count(), 600);
        let share = three().map(|(_, weight)| weight).sum::<f64>() / weights.iter().sum::<f64>();
        assert!((share - 0.1).abs() < 0.01, "{}: {share}", method.info().id);
    }
}

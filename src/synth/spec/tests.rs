//! Specifications: what is stated is what is drawn, and what cannot be is refused at its line.

use super::*;
use crate::Error;
use crate::stats::binomial_upper_tail;
use crate::synth::{Boost, Request, SYNTHESIZERS};
use crate::table::{Cell, Table, Values, content_digest};

const REGISTRY: &str = r#"
rows = 20000
[columns.sex]
kind = "categorical"
levels = { "여" = 0.52, "남" = 0.48 }
[columns.age]
kind = "integer"
role = "quasi-identifier"
distribution = { normal = { mean = 47, sd = 18 }, lower = 0, upper = 100 }
[columns.systolic]
kind = "continuous"
step = 0.1
distribution = { normal = { mean = 125, sd = 15 } }
missing = 0.1
[columns.group]
kind = "ordinal"
levels = ["young", "old"]
[columns.diagnosis]
kind = "categorical"
given = ["sex", "group"]
[columns.diagnosis.table."여"]
young = { none = 0.9, asthma = 0.1 }
old = { none = 0.7, asthma = 0.3 }
[columns.diagnosis.table."남"]
young = { asthma = 1, none = 3 }
old = { none = 1 }
[columns.smoker]
kind = "boolean"
share = 0.25
[columns.admitted]
kind = "datetime"
distribution = { uniform = { from = 2024-01-01, to = 2024-12-31 } }
[columns.stay]
kind = "integer"
hidden = true
distribution = { poisson = 4 }
[columns.discharged]
kind = "datetime"
[[correlation]]
columns = ["age", "systolic"]
rho = 0.45
[[derived]]
column = "group"
expression = "if age < 50 { 'young' } else { 'old' }"
[[derived]]
column = "discharged"
expression = "admitted + stay"
[[derived]]
column = "excess"
expression = "systolic - 120"
[[constraint]]
rule = "discharged <= '2024-12-31'"
"#;

fn spec(text: &str) -> Spec {
    Spec::parse(text, "spec.toml").unwrap_or_else(|error| panic!("{error}"))
}

fn made(text: &str, rows: Option<usize>, seed: u64) -> Table {
    let fitted = spec(text).fitted();
    let request = Request { rows, ..Request::default() };
    fitted.release(&request, Seed::new(seed)).unwrap_or_else(|error| panic!("{error}")).table
}

fn cells<'a>(table: &'a Table, column: &str) -> Vec<Cell<'a>> {
    let column = table.column(column).unwrap();
    (0..table.rows).map(|row| column.cell(row)).collect()
}

fn numbers(table: &Table, column: &str) -> Vec<f64> {
    match &table.column(column).unwrap().values {
        Values::Numbers(numbers) => numbers.clone(),
        Values::Labels { .. } => panic!("{column} is a number"),
    }
}

/// Neither this many nor more, nor this many or fewer, of so many draws is rarer than once in 10,000 times.
fn usual(successes: usize, trials: usize, share: f64) -> bool {
    let (successes, trials) = (successes as u64, trials as u64);
    let above = binomial_upper_tail(successes, trials, share).unwrap();
    let below = 1.0 - binomial_upper_tail(successes + 1, trials, share).unwrap();
    above > 1e-4 && below > 1e-4
}

#[test]
fn shares_are_those_stated_alone_and_given_other_columns() {
    let table = made(REGISTRY, None, 0);
    assert_eq!(table.rows, 20_000);
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let expected = [
        "sex",
        "age",
        "systolic",
        "group",
        "diagnosis",
        "smoker",
        "admitted",
        "discharged",
        "excess",
    ];
    assert_eq!(names, expected);
    let (sex, group) = (cells(&table, "sex"), cells(&table, "group"));
    let count =
        |cells: &[Cell<'_>], wanted: Cell<'_>| cells.iter().filter(|c| **c == wanted).count();
    assert!(usual(count(&sex, Cell::Label("여")), table.rows, 0.52));
    assert!(usual(count(&cells(&table, "smoker"), Cell::Truth(true)), table.rows, 0.25));
    assert!(usual(count(&cells(&table, "systolic"), Cell::Missing), table.rows, 0.1));
    let diagnosis = cells(&table, "diagnosis");
    for (of_sex, of_group, asthma) in
        [("여", 0.0, 0.1), ("여", 1.0, 0.3), ("남", 0.0, 0.25), ("남", 1.0, 0.0)]
    {
        let of =
            |row: &usize| sex[*row] == Cell::Label(of_sex) && group[*row] == Cell::Number(of_group);
        let rows: Vec<usize> = (0..table.rows).filter(of).collect();
        let with = rows.iter().filter(|row| diagnosis[**row] == Cell::Label("asthma")).count();
        assert!(rows.len() > 1000 && (usual(with, rows.len(), asthma) || with == 0), "{of_sex}");
        assert_eq!(with == 0, of_sex == "남" && of_group > 0.5);
    }
}

/// Of 20,000 rows, the correlation of those with both values has a standard error of
/// (1 − ρ²) / √18,000 = 0.006; truncation and rounding of the ages change it by less than 0.01.
#[test]
fn correlations_and_moments_are_those_stated() {
    let table = made(REGISTRY, None, 1);
    let pairs: Vec<(f64, f64)> = numbers(&table, "age")
        .into_iter()
        .zip(numbers(&table, "systolic"))
        .filter(|(_, systolic)| !systolic.is_nan())
        .collect();
    let n = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (age, systolic) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let product = |f: fn(f64, f64) -> f64| -> f64 {
        pairs.iter().map(|pair| f(pair.0 - age, pair.1 - systolic)).sum::<f64>() / n
    };
    let (sd_age, sd) = (product(|a, _| a * a).sqrt(), product(|_, s| s * s).sqrt());
    let rho = product(|a, s| a * s) / (sd_age * sd);
    assert!((rho - 0.45).abs() < 0.035, "{rho}");
    // The standard error of the mean is 15 / √18,000 = 0.11.
    assert!((systolic - 125.0).abs() < 0.5 && (sd - 15.0).abs() < 0.4, "{systolic} {sd}");
}

#[test]
fn derived_values_steps_bounds_and_rules_hold_in_every_row() {
    let table = made(REGISTRY, Some(3000), 2);
    let (systolic, excess) = (numbers(&table, "systolic"), numbers(&table, "excess"));
    for (systolic, excess) in systolic.iter().zip(excess) {
        assert_eq!(
            systolic.is_nan(),
            excess.is_nan(),
            "what is derived from a missing value is missing"
        );
        assert!(systolic.is_nan() || (excess - (systolic - 120.0)).abs() < 1e-12);
        let tenths = systolic * 10.0;
        assert!(systolic.is_nan() || (tenths - tenths.round()).abs() < 1e-9);
    }
    assert!(numbers(&table, "age").iter().all(|age| (0.0..=100.0).contains(age)));
    let last = 1_735_603_200.0; // 2024-12-31
    let (admitted, discharged) = (numbers(&table, "admitted"), numbers(&table, "discharged"));
    for (admitted, discharged) in admitted.iter().zip(&discharged) {
        assert!(admitted <= discharged && *discharged <= last);
        assert!((admitted / 86_400.0).fract().abs() < f64::EPSILON, "days, not moments");
    }
}

const BANK: &str = r#"
rows = 4000
[columns.customer]
kind = "text"
[columns.region]
kind = "categorical"
levels = ["north", "south"]
[columns.booked]
kind = "datetime"
step = 60
distribution = { uniform = { from = "2024-01-01", to = "2024-02-01" } }
[columns.amount]
kind = "continuous"
step = 0.01
distribution = { normal = { mean = 10, sd = 50 } }
[columns.balance]
kind = "continuous"
step = 0.01
lower = -500
distribution = { lognormal = { median = 900, sd-log = 0.5 } }
[[sequence]]
column = "booked"
gap = { exponential = { mean = 3 } }
[[sequence]]
column = "balance"
next = "balance + amount"
[persons]
subject = "customer"
rows-per-person = { poisson = 5, lower = 1 }
constant = ["region"]
"#;

#[test]
fn persons_have_several_rows_that_follow_each_other() {
    let table = made(BANK, None, 3);
    let persons = table.persons();
    // Poisson of mean 5 above 0 has mean 5 / (1 − e⁻⁵) = 5.034.
    assert!((persons.count as f64 - 4000.0 / 5.034).abs() < 40.0, "{}", persons.count);
    let (booked, amount) = (numbers(&table, "booked"), numbers(&table, "amount"));
    let (balance, region) = (numbers(&table, "balance"), cells(&table, "region"));
    let mut followers = 0;
    for row in 1..table.rows {
        if persons.of_row[row] == persons.of_row[row - 1] {
            followers += 1;
            assert!(booked[row] >= booked[row - 1]);
            assert!((balance[row] - balance[row - 1] - amount[row]).abs() < 0.006);
            assert_eq!(region[row], region[row - 1]);
        }
    }
    assert!(followers > 2500 && balance.iter().all(|balance| *balance >= -500.0));
    let gaps: Vec<f64> = (1..table.rows)
        .filter(|row| persons.of_row[*row] == persons.of_row[row - 1])
        .map(|row| (booked[row] - booked[row - 1]) / 86_400.0)
        .collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    // An exponential of mean 3: the standard error is 3 / √3200 = 0.053.
    assert!((mean - 3.0).abs() < 0.25, "{mean}");
}

#[test]
fn one_seed_gives_one_table_at_any_number_of_threads() {
    for text in [REGISTRY, BANK] {
        let schema = spec(text).schema;
        let digest = |threads: usize, seed: u64| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| content_digest(&made(text, Some(700), seed), &schema))
        };
        assert_eq!(digest(1, 5), digest(3, 5));
        assert_ne!(digest(1, 5), digest(1, 6));
    }
}

#[test]
fn rules_that_no_row_keeps_are_told_and_not_tried_for_ever() {
    let contradiction = "[columns.a]\nkind = 'integer'\ndistribution = { uniform = { from = 0, to = 9 } }\n\
                         [[constraint]]\nrule = 'a >= 0'\n[[constraint]]\nrule = 'a > 20'\n";
    let fitted = spec(contradiction).fitted();
    let Err(error) = fitted.release(&Request::default(), Seed::new(0)) else { panic!("made") };
    let problem = error.to_string();
    assert!(problem.contains("`a > 20` was broken (10000 times)"), "{problem}");
}

#[test]
fn a_condition_keeps_the_rows_that_satisfy_it() {
    let fitted = spec(REGISTRY).fitted();
    let condition =
        Condition::parse("sex = 여 & age >= 80 & smoker = true", &fitted.schema).unwrap();
    let request = Request { rows: Some(300), condition, ..Request::default() };
    let table = fitted.release(&request, Seed::new(0)).unwrap().table;
    assert_eq!(table.rows, 300);
    assert!(numbers(&table, "age").iter().all(|age| *age >= 80.0));
    assert!(cells(&table, "sex").iter().all(|sex| *sex == Cell::Label("여")));
    let condition = Condition::parse("sex = 남 & group = old & diagnosis = asthma", &fitted.schema);
    let request = Request { rows: Some(1), condition: condition.unwrap(), ..Request::default() };
    let Err(error) = fitted.release(&request, Seed::new(0)) else { panic!("made") };
    assert!(error.to_string().contains("no row"), "{error}");
}

#[test]
fn a_model_of_a_specification_holds_no_personal_data_and_makes_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let fitted = spec(BANK).fitted();
    assert!(!fitted.holds_personal_data());
    fitted.save(&path).unwrap();
    let again = Fitted::load(&path).unwrap();
    let request = Request { rows: Some(50), ..Request::default() };
    let digest = |fitted: &Fitted| {
        content_digest(&fitted.release(&request, Seed::new(1)).unwrap().table, &fitted.schema)
    };
    assert_eq!(digest(&again), digest(&fitted));
    assert_eq!(again.real_data_access, RealDataAccess::None);
    let entry = SYNTHESIZERS.iter().find(|entry| entry.info.id == "spec").unwrap();
    let Err(error) = entry.method(toml::Table::new()) else { panic!("it learns from no table") };
    assert!(error.to_string().contains("--spec"), "{error}");
}

#[test]
fn the_schema_is_one_that_audit_reads() {
    let spec = spec(REGISTRY);
    let schema = Schema::parse(spec.schema_text(), "schema.toml").unwrap();
    assert_eq!(schema, spec.schema);
    assert_eq!(schema.column("sex").unwrap().levels.as_deref().unwrap(), ["여", "남"]);
    assert_eq!(
        (schema.column("age").unwrap().lower, schema.column("stay").is_none()),
        (Some(0.0), true)
    );
    assert_eq!(schema.constraints.len(), 1);
}

/// The values of the first column below which these shares of rows lie.
fn quantiles(text: &str, shares: &[f64]) -> Vec<f64> {
    let spec = spec(text);
    let plan::Origin::Drawn(drawn) = &spec.columns[0].origin else { panic!("it is drawn") };
    shares.iter().map(|share| drawn.marginals[0].value(*share)).collect()
}

/// Each of `count` equal parts of (0, 1), from end to end, is one value: `first`, and a `step` more each.
fn is_uniform(text: &str, count: u32, first: f64, step: f64) {
    for place in 0..count {
        let ends = [f64::from(place), f64::from(place + 1)].map(|end| end / f64::from(count));
        let found = quantiles(text, &[ends[0] + 1e-6, ends[1] - 1e-6]);
        let expected = first + f64::from(place) * step;
        assert!(found.iter().all(|x| (x - expected).abs() < 1e-9), "{text}: {found:?}");
    }
    let ends = quantiles(text, &[1e-300, 1.0 - 1e-16]);
    let expected = [first, first + f64::from(count - 1) * step];
    assert!(ends.iter().zip(expected).all(|(x, end)| (x - end).abs() < 1e-9), "{ends:?}");
}

#[test]
fn uniform_steps_are_equally_likely_those_at_the_ends_as_well() {
    let column = |kind: &str, of: &str| {
        format!("[columns.x]\nkind = '{kind}'\ndistribution = {{ uniform = {{ {of} }} }}\n")
    };
    let die = column("integer", "from = 1, to = 6");
    is_uniform(&die, 6, 1.0, 1.0);
    is_uniform(&format!("{die}lower = 3\nupper = 5\n"), 3, 3.0, 1.0);
    is_uniform(&column("integer", "from = 0.5, to = 6.9"), 6, 1.0, 1.0);
    is_uniform(&column("integer", "from = 1000000000, to = 1000000003"), 4, 1e9, 1.0);
    is_uniform(&column("integer", "from = 4, to = 4"), 1, 4.0, 1.0);
    is_uniform(
        &column("datetime", "from = 2024-01-01, to = 2024-01-04"),
        4,
        1_704_067_200.0,
        86_400.0,
    );
    is_uniform(
        &column("datetime", "from = 1960-01-01, to = 1960-01-02"),
        2,
        -315_619_200.0,
        86_400.0,
    );
    let tenths = format!("{}step = 0.1\n", column("continuous", "from = 0.3, to = 0.7"));
    is_uniform(&tenths, 5, 0.3, 0.1);
}

/// A normal variable that is rounded to whole numbers of 0 or more is 0 with probability
/// (Φ(½) − Φ(−½)) / Φ(½) = 0.38292 / 0.69146 = 0.55379.
#[test]
fn the_first_whole_number_within_the_bounds_keeps_all_that_is_rounded_to_it() {
    let text = "[columns.x]\nkind = 'integer'\n\
                distribution = { normal = { mean = 0, sd = 1 }, lower = 0 }\n";
    let found = quantiles(text, &[1e-9, 0.5537, 0.5539, 0.999]);
    assert!(found[1] < 0.5 && found[2] > 0.5 && found.iter().all(|x| *x >= 0.0), "{found:?}");
}

/// What a sequence or an expression moves beyond the bounds is drawn again, not cut off.
#[test]
fn values_beyond_the_bounds_are_not_moved_to_them() {
    let text = "[columns.a]\nkind = 'integer'\ndistribution = { uniform = { from = 0, to = 9 } }\n\
                [columns.b]\nkind = 'integer'\nupper = 10\n\
                [[derived]]\ncolumn = 'b'\nexpression = '2 * a'\n";
    let table = made(text, Some(300), 0);
    let (a, b) = (numbers(&table, "a"), numbers(&table, "b"));
    assert!(a.iter().zip(&b).all(|(a, b)| (2.0 * a - b).abs() < 1e-9 && *b <= 10.0));
}

#[test]
fn direct_identifiers_are_not_released_and_shift_no_column() {
    let name =
        "[columns.name]\nkind = 'text'\nrole = 'direct-identifier'\nlevels = ['Ann', 'Bob']\n";
    let others = "[columns.x]\nkind = 'integer'\ndistribution = { uniform = { from = 1, to = 6 } }\n\
                  [columns.y]\nkind = 'integer'\ndistribution = { constant = 42 }\n\
                  [[derived]]\ncolumn = 'initial'\nexpression = \"if name = 'Ann' { 'A' } else { 'B' }\"\n";
    let text = format!("{name}{others}");
    let table = made(&text, Some(5), 0);
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["x", "y", "initial"]);
    assert!(numbers(&table, "x").iter().all(|x| (1.0..=6.0).contains(x)));
    assert!(numbers(&table, "y").iter().all(|y| (y - 42.0).abs() < 1e-12));
    assert!(spec(&text).schema.column("name").is_none());
    let Err(error) = Spec::parse(name, "spec.toml") else { panic!("nothing is released") };
    assert!(error.to_string().contains("never released"), "{error}");
}

#[test]
fn persons_are_not_boosted() {
    let subject = "[columns.id]\nkind = 'integer'\nrole = 'subject'\n\
                   [columns.region]\nkind = 'categorical'\nlevels = ['north', 'south']\n";
    for text in [BANK, subject] {
        let fitted = spec(text).fitted();
        let boosts = ["region=north:0.3".to_owned()];
        let boosts = Boost::parse_all(&boosts, &fitted.schema, &Condition::none()).unwrap();
        let request = Request { rows: Some(50), boosts, ..Request::default() };
        let Err(error) = fitted.release(&request, Seed::new(0)) else { panic!("made") };
        let problem = error.to_string();
        assert!(problem.contains("makes persons") && problem.contains("--where"), "{problem}");
    }
}

#[test]
fn what_is_given_a_missing_level_is_missing() {
    let text = "[columns.x]\nkind = 'continuous'\ndistribution = { constant = -1 }\n\
                [columns.g]\nkind = 'categorical'\nlevels = ['low', 'high']\n\
                [columns.d]\nkind = 'categorical'\ngiven = ['g']\n\
                table = { low = { healthy = 1 }, high = { ill = 1 } }\n\
                [[derived]]\ncolumn = 'g'\nexpression = \"if ln(x) > 0 { 'high' } else { 'low' }\"\n";
    let table = made(text, Some(8), 0);
    for column in ["g", "d"] {
        assert!(cells(&table, column).iter().all(|cell| *cell == Cell::Missing), "{column}");
    }
}

#[test]
fn texts_are_copied_with_their_levels() {
    let text = "[columns.note]\nkind = 'text'\nlevels = { a = 0.5, b = 0.5 }\n\
                [[derived]]\ncolumn = 'copy'\nexpression = 'note'\n";
    let table = made(text, Some(20), 0);
    assert_eq!(cells(&table, "copy"), cells(&table, "note"));
    assert!(!cells(&table, "copy").contains(&Cell::Missing));
}

#[test]
fn hidden_columns_must_be_possible_too() {
    let text = "[columns.a]\nkind = 'continuous'\ndistribution = { normal = { mean = 0, sd = 1 } }\n\
                [columns.h]\nkind = 'continuous'\nhidden = true\nlower = 9\nupper = 1\n\
                [[derived]]\ncolumn = 'h'\nexpression = 'a + 1'\n";
    let Err(error) = Spec::parse(text, "spec.toml") else { panic!("accepted") };
    assert!(error.to_string().contains("`lower` must not be above `upper`"), "{error}");
}

#[test]
fn what_cannot_be_is_refused_at_its_line() {
    let age = "[columns.age]\nkind = 'integer'\n";
    let sex = "[columns.sex]\nkind = 'categorical'\nlevels = { F = 0.5, M = 0.5 }\n";
    let two = "[columns.a]\nkind = 'continuous'\ndistribution = { normal = { mean = 0, sd = 1 } }\n\
               [columns.b]\nkind = 'continuous'\ndistribution = { normal = { mean = 0, sd = 1 } }\n\
               [columns.c]\nkind = 'continuous'\ndistribution = { normal = { mean = 0, sd = 1 } }\n";
    let pair =
        |columns: &str, rho: &str| format!("[[correlation]]\ncolumns = [{columns}]\nrho = {rho}\n");
    let cases = [
        ("rows = 3".to_owned(), 1, "no columns"),
        ("rows = 0\n[columns.a]".to_owned(), 2, "`kind` is missing"),
        (format!("rows = 1.5\n{sex}"), 1, "whole number"),
        (format!("rwos = 3\n{sex}"), 1, "did you mean `rows`?"),
        (age.to_owned(), 1, "`distribution` is missing"),
        (format!("{age}distribution = {{ nromal = {{ mean = 0, sd = 1 }} }}"), 3, "did you mean `normal`?"),
        (format!("{age}distribution = {{ normal = {{ mean = 0 }} }}"), 3, "mean = …, sd = …"),
        (format!("{age}distribution = {{ normal = {{ mean = 0, sd = -1 }} }}"), 3, "no distribution has"),
        (format!("{age}distribution = {{ normal = {{ mean = 0, sd = 1 }}, lower = 50 }}"), 3, "next to nothing"),
        (format!("{age}distribution = {{ poisson = 3 }}\nmissing = 1"), 4, "below 1"),
        (format!("{age}levels = ['a']"), 3, "only a categorical"),
        ("[columns.s]\nkind = 'categorical'\nlevels = { F = 0.5, M = 0.4 }".to_owned(), 3, "sum to 0.9"),
        ("[columns.s]\nkind = 'categorical'\nlevels = { F = -1, M = 2 }".to_owned(), 3, "0 or more"),
        (format!("{sex}[columns.d]\nkind = 'categorical'\ngiven = ['sxe']\ntable = {{ }}"), 6, "did you mean `sex`?"),
        (format!("{sex}[columns.d]\nkind = 'categorical'\ngiven = ['sex']\ntable = {{ F = {{ x = 1 }} }}"), 7, "nothing is said of sex = M"),
        (format!("{sex}[columns.d]\nkind = 'categorical'\ngiven = ['sex']\ntable = {{ F = {{ x = 1 }}, M = {{ x = 1 }}, X = {{ x = 1 }} }}"), 7, "no level `X`"),
        (format!("{two}{}", pair("'a', 'd'", "0.5")), 11, "no column is called `d`"),
        (format!("{two}{}", pair("'a', 'b'", "1.5")), 12, "below 1"),
        (format!("{two}{}{}", pair("'a', 'b'", "0.9"), pair("'b', 'a'", "0.1")), 14, "twice"),
        (format!("{two}{}{}{}", pair("'a', 'b'", "0.9"), pair("'a', 'c'", "0.9"), pair("'b', 'c'", "-0.9")), 10, "not positive definite"),
        (format!("{two}[[derived]]\ncolumn = 'x'\nexpression = 'a + d'"), 12, "no column is called `d`"),
        (format!("{sex}[[derived]]\ncolumn = 'sex'\nexpression = '1 + 1'"), 6, "is categorical"),
        (format!("{two}[[constraint]]\nrule = 'a + b'"), 11, "true or false"),
        (format!("{two}[[constraint]]\nrule = 'a <'"), 11, "`rule`"),
        (format!("{two}[[sequence]]\ncolumn = 'a'\nnext = 'a + 1'"), 11, "add `[persons]`"),
        ("[columns.a]\nkind = 'continuous'\ndistribution = { normal = { mean = 0".to_owned(), 3, ""),
        ("[columns.d]\nkind = 'datetime'\ndistribution = { uniform = { from = 2020, to = 2021 } }".to_owned(), 3, "2024-01-31"),
        ("[columns.d]\nkind = 'datetime'\ndistribution = { gamma = { shape = 1, mean = 1 } }".to_owned(), 3, "of no dates"),
        (format!("{age}distribution = {{ lognormal = {{ median = 1, sd-log = 2000 }} }}"), 3, "beyond all numbers"),
        (format!("{age}distribution = {{ weibull = {{ shape = 0.001, scale = 1 }} }}"), 3, "beyond all numbers"),
        (format!("{age}distribution = {{ negative-binomial = {{ mean = 1, dispersion = 1e17 }} }}"), 3, "next to a poisson"),
        (format!("{age}distribution = {{ uniform = {{ from = 0.2, to = 0.8 }} }}"), 3, "lies between its ends"),
        (format!("{age}hidden = true\nstep = 0\ndistribution = {{ poisson = 3 }}"), 4, "above 0"),
        (format!("{age}distribution = {{ poisson = 3 }}\nconstant = true"), 4, "add `[persons]`"),
        (format!("{age}distribution = {{ poisson = 3 }}\nshare = 0.5"), 4, "only a boolean"),
        (format!("{sex}distribution = {{ poisson = 3 }}"), 4, "only numbers and dates"),
        (format!("{sex}[columns.a]\nkind = 'integer'\ndistribution = {{ poisson = 3 }}\ngiven = ['sex']\ntable = {{ }}"), 6, "`table` says"),
        (format!("{two}[[derived]]\ncolumn = 'a'\nexpression = 'b + 1'"), 3, "computed by"),
        (format!("[columns.c]\nkind = 'categorical'\n{sex}[[derived]]\ncolumn = 'd'\nexpression = 'c'"), 8, "has no levels"),
        (format!("[columns.id]\nkind = 'integer'\nrole = 'subject'\nlower = 1\n{sex}"), 4, "persons are numbered"),
        (format!("{sex}[columns.id]\nkind = 'text'\nlevels = ['a']\n[persons]\nsubject = 'id'\nrows-per-person = {{ poisson = 3 }}"), 6, "persons are numbered"),
        (format!("[columns.id]\nkind = 'categorical'\nrole = 'subject'\n{sex}"), 2, "text or integer"),
    ];
    for (text, expected, words) in cases {
        match Spec::parse(&text, "spec.toml") {
            Err(Error::Config { line, problem, .. }) => {
                assert!(problem.contains(words), "{words}: {problem}");
                assert_eq!(line, expected, "{text}: {problem}");
            }
            Err(error) => panic!("{text}: {error}"),
            Ok(_) => panic!("accepted: {text}"),
        }
    }
}

#[test]
fn columns_that_depend_on_each_other_in_a_circle_are_refused() {
    let text = "[columns.a]\nkind = 'categorical'\ngiven = ['b']\ntable = { x = { x = 1 } }\n\
                [columns.b]\nkind = 'categorical'\ngiven = ['a']\ntable = { x = { x = 1 } }\n";
    let Err(error) = Spec::parse(text, "spec.toml") else { panic!("accepted") };
    assert!(error.to_string().contains("depends on itself"), "{error}");
}

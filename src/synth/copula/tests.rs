//! The copula: margins and correlations that come back, conditions against their closed forms, extremes, any
//! number of threads.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::*;
use crate::audit::testing::table;
use crate::synth::{Request, Test, fit};
use crate::table::{Sample, Schema, Table, Value, Values, content_digest};

const SCHEMA: &str = "[columns.x]\nkind = 'continuous'\n[columns.y]\nkind = 'continuous'\n\
                      [columns.c]\nkind = 'categorical'\n";

/// x and y normal with a correlation of `rho`; c is a for the lowest 30 % of x, else b, and y is missing for
/// a tenth.
fn text(rows: usize, rho: f64) -> String {
    let mut rng = Seed::new(11).rng();
    let mut normal = || {
        crate::stats::normal_inverse(rand::RngExt::random::<f64>(&mut rng).clamp(1e-9, 0.999_999))
    };
    let mut text = "x,y,c\n".to_owned();
    for row in 0..rows {
        let (x, e) = (normal(), normal());
        let y = rho * x + (1.0 - rho * rho).sqrt() * e;
        let c = if x < -0.524_400_5 { "a" } else { "b" };
        if row % 10 == 0 {
            writeln!(text, "{x},,{c}").unwrap();
        } else {
            writeln!(text, "{x},{y},{c}").unwrap();
        }
    }
    text
}

fn request(rows: usize, condition: &Condition) -> Request {
    Request { rows: Some(rows), condition: condition.clone(), boosts: Vec::new() }
}

fn schema(text: &str) -> Schema {
    Schema::parse(text, "schema.toml").unwrap()
}

fn drawn(csv: &str, text: &str, rows: usize, condition: &Condition) -> Result<Table> {
    let schema = schema(text);
    let real = table(csv, Sample::Train, &schema);
    let mut accountant = Accountant::without_budget();
    let fitted = fit(&Copula::default(), &real, &schema, &mut accountant, Seed::new(0))?;
    Ok(fitted.release(&request(rows, condition), Seed::new(1))?.table)
}

fn numbers<'a>(table: &'a Table, name: &str) -> &'a [f64] {
    match &table.column(name).unwrap().values {
        Values::Numbers(numbers) => numbers,
        Values::Labels { .. } => panic!("{name} is a number"),
    }
}

fn share_of(table: &Table, name: &str, level: &str) -> f64 {
    let Values::Labels { codes, levels } = &table.column(name).unwrap().values else { panic!() };
    let hits = codes.iter().filter(|&&c| levels.get(c as usize).is_some_and(|l| &**l == level));
    hits.count() as f64 / codes.len() as f64
}

fn moments(pairs: &[(f64, f64)]) -> (f64, f64, f64) {
    let n = pairs.len() as f64;
    let (mx, my) = pairs.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let (xx, yy, xy) = pairs.iter().fold((0.0, 0.0, 0.0), |(xx, yy, xy), (x, y)| {
        (xx + (x - mx).powi(2), yy + (y - my).powi(2), xy + (x - mx) * (y - my))
    });
    (my, (yy / n).sqrt(), xy / (xx * yy).sqrt())
}

fn known(table: &Table) -> Vec<(f64, f64)> {
    let pairs = numbers(table, "x").iter().copied().zip(numbers(table, "y").iter().copied());
    pairs.filter(|(_, y)| !y.is_nan()).collect()
}

/// Correlation 0.7, a tenth missing, 30 % a: within four standard errors of 5,000 real and 40,000 made rows.
#[test]
fn margins_and_correlations_come_back() {
    let made = drawn(&text(5000, 0.7), SCHEMA, 40_000, &Condition::none()).unwrap();
    let (mean, deviation, r) = moments(&known(&made));
    assert!((r - 0.7).abs() < 4.0 * 0.51 / 5000_f64.sqrt() + 0.01, "{r}");
    assert!(mean.abs() < 0.06 && (deviation - 1.0).abs() < 0.05, "{mean} {deviation}");
    let gone = numbers(&made, "y").iter().filter(|y| y.is_nan()).count() as f64 / 4e4;
    assert!((gone - 0.1).abs() < 0.007, "{gone}");
    assert!((share_of(&made, "c", "a") - 0.3).abs() < 0.03);
}

/// y given x ≥ 1.5 has mean ρ φ(1.5)/(1 − Φ(1.5)) = 0.7 · 1.9386 = 1.357 and a variance of 1 − ρ² + ρ² (1 + 1.5 ·
/// 1.9386 − 1.9386²) = 0.51 + 0.49 · 0.1498 = 0.5834 (truncated normal law).
#[test]
fn a_condition_on_one_column_gives_the_truncated_law() {
    let given = Condition::parse("x >= 1.5", &schema(SCHEMA)).unwrap();
    let made = drawn(&text(20_000, 0.7), SCHEMA, 20_000, &given).unwrap();
    assert!(numbers(&made, "x").iter().all(|x| *x >= 1.5));
    let (mean, deviation, _) = moments(&known(&made));
    assert!(
        (mean - 1.357).abs() < 0.05 && (deviation - 0.763_8).abs() < 0.04,
        "{mean} {deviation}"
    );
}

/// Two tests at once, also on y, give what filtering many rows gives; a missing y never meets one.
#[test]
fn conditions_on_several_columns_equal_filtered_draws() {
    let text = text(5000, 0.7);
    let given = Condition::parse("x >= 0.5 & y < 0 & c = b", &schema(SCHEMA)).unwrap();
    let some = drawn(&text, SCHEMA, 5000, &given).unwrap();
    assert!(known(&some).len() == 5000 && known(&some).iter().all(|(x, y)| *x >= 0.5 && *y < 0.0));
    let all = drawn(&text, SCHEMA, 200_000, &Condition::none()).unwrap();
    let Values::Labels { codes, levels } = &all.column("c").unwrap().values else { panic!() };
    let rows = (0..all.rows).filter(|&row| &*levels[codes[row] as usize] == "b");
    let rows = rows.map(|row| (numbers(&all, "x")[row], numbers(&all, "y")[row]));
    let filtered: Vec<(f64, f64)> = rows.filter(|(x, y)| *x >= 0.5 && *y < 0.0).collect();
    assert!(filtered.len() > 4000);
    let ((a, sa, ra), (b, sb, rb)) = (moments(&known(&some)), moments(&filtered));
    assert!((a - b).abs() < 0.03 && (sa - sb).abs() < 0.03, "{a} {b} {sa} {sb}");
    assert!((ra - rb).abs() < 0.08, "{ra} {rb}");
    let swapped = |pairs: &[(f64, f64)]| pairs.iter().map(|&(x, y)| (y, x)).collect::<Vec<_>>();
    let (a, b) = (moments(&swapped(&known(&some))).0, moments(&swapped(&filtered)).0);
    assert!((a - b).abs() < 0.04, "{a} {b}");
}

#[test]
fn the_share_of_a_level_is_known_and_impossible_rows_are_refused() {
    let (csv, schema) = (text(1000, 0.5), schema(SCHEMA));
    let real = table(&csv, Sample::Train, &schema);
    let mut accountant = Accountant::without_budget();
    let fitted = fit(&Copula::default(), &real, &schema, &mut accountant, Seed::new(0)).unwrap();
    let a = Condition::parse("c = a", &schema).unwrap();
    let share = fitted.model.share(&a).unwrap();
    assert!((share - share_of(&real, "c", "a")).abs() < 1e-12);
    let test = Test::Among { values: vec![Value::Label("z".into())], inside: true };
    let nobody = Condition::none().and("c", test);
    let problem = fitted.release(&request(5, &nobody), Seed::new(0)).err().unwrap().to_string();
    assert!(problem.contains("`c`"), "{problem}");
    let far = Condition::parse("x > 1000", &schema).unwrap();
    assert!(fitted.release(&request(5, &far), Seed::new(0)).is_err());
}

/// No made number is a real one, none lies beyond the means of the crowds at the ends, and no level of few
/// persons comes out.
#[test]
fn nothing_of_few_persons_comes_out() {
    let mut csv = text(2000, 0.5);
    csv.push_str("1000000,0.5,alone\n");
    let schema = schema(SCHEMA);
    let real = table(&csv, Sample::Train, &schema);
    let made = drawn(&csv, SCHEMA, 20_000, &Condition::none()).unwrap();
    let own: BTreeSet<u64> = numbers(&real, "x").iter().map(|x| x.to_bits()).collect();
    assert!(numbers(&made, "x").iter().all(|x| !own.contains(&x.to_bits()) && x.abs() < 4.0));
    let Values::Labels { levels, .. } = &made.column("c").unwrap().values else { panic!() };
    assert!(levels.iter().map(|level| &**level).eq(["a", "b"]));
}

#[test]
fn extreme_tables_give_sane_rows_or_a_clear_error() {
    let none = Condition::none();
    let number = "[columns.x]\nkind = 'continuous'\n";
    let problem = |text: &str, csv: &str| drawn(csv, text, 20, &none).err().unwrap().to_string();
    assert!(problem(number, "x\n1\n").contains("at least 11 persons"));
    let unique: String = (0..500).map(|row| format!("n{row}\n")).collect();
    let found = problem("[columns.name]\nkind = 'categorical'\n", &format!("name\n{unique}"));
    assert!(found.contains("`name`"), "{found}");
    let constant = format!("x,c\n{}", "7.5,\n".repeat(30));
    let text = "[columns.x]\nkind = 'continuous'\n[columns.c]\nkind = 'categorical'\n";
    let made = drawn(&constant, text, 20, &none).unwrap();
    assert!(numbers(&made, "x").iter().all(|x| (x - 7.5).abs() < 1e-12));
    assert!(share_of(&made, "c", "").abs() < 1e-12);
    let gone = drawn(&format!("x,c\n{}", ",k\n".repeat(30)), text, 20, &none).unwrap();
    assert!(numbers(&gone, "x").iter().all(|x| x.is_nan()));
    assert!((share_of(&gone, "c", "k") - 1.0).abs() < 1e-12);
}

#[test]
fn wide_tables_are_drawn() {
    let names: Vec<String> = (0..300).map(|column| format!("c{column}")).collect();
    let wide: String =
        names.iter().map(|name| format!("[columns.{name}]\nkind = 'integer'\n")).collect();
    let mut csv = format!("{}\n", names.join(","));
    for row in 0..100_usize {
        let cells: Vec<String> =
            (0..300).map(|column| (row * (column + 3) % 17).to_string()).collect();
        writeln!(csv, "{}", cells.join(",")).unwrap();
    }
    let made = drawn(&csv, &wide, 50, &Condition::none()).unwrap();
    assert_eq!((made.rows, made.columns.len()), (50, 300));
}

#[test]
fn one_model_and_seed_give_one_table() {
    let (csv, schema) = (text(2000, 0.5), schema(SCHEMA));
    let real = table(&csv, Sample::Train, &schema);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut accountant = Accountant::without_budget();
            let fitted =
                fit(&Copula::default(), &real, &schema, &mut accountant, Seed::new(0)).unwrap();
            let made = fitted.release(&request(5000, &Condition::none()), Seed::new(1)).unwrap();
            (content_digest(&made.table, &schema), fitted)
        })
    };
    let (one, fitted) = run(1);
    assert_eq!(one, run(3).0);
    let again: Gaussian = model::decode(&fitted.model.state().unwrap()).unwrap();
    let seed = fitted.seed(Seed::new(1));
    let columns = again.sample(Some(5000), &Condition::none(), seed).unwrap();
    let again = Table { sample: Sample::Synthetic, rows: 5000, columns };
    assert_eq!(content_digest(&again, &schema), one);
}

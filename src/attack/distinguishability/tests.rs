//! Tests of distinguishability: hand-worked, null, its extremes, invariance.

use rand::RngExt;
use rand::seq::SliceRandom;

use super::*;
use crate::audit::testing::{audit, run};

const SCHEMA: &str = "[columns.a]\nkind = \"continuous\"\n[columns.b]\nkind = \"continuous\"\n\
                      [columns.c]\nkind = \"categorical\"\n[columns.d]\nkind = \"continuous\"\n";

/// Rows of a population with dependent columns; `shift` moves column b.
fn people(n: usize, shift: f64, seed: u64) -> Vec<String> {
    let mut rng = Seed::new(seed).rng();
    let row = |_| {
        let (a, b): (f64, f64) = (rng.random(), rng.random());
        let (c, d) = (rng.random_range(0..5), rng.random::<f64>());
        format!("{a:.6},{:.6},l{c},{:.6}", b + 0.5 * a + shift, d * a)
    };
    (0..n).map(row).collect()
}

fn csv(rows: &[String]) -> String {
    format!("a,b,c,d\n{}\n", rows.join("\n"))
}

fn facts(holdout: &[String], released: &[String]) -> Vec<Evidence> {
    let audit = audit(SCHEMA, &csv(&people(200, 0.0, 99)), Some(&csv(holdout)), &csv(released));
    run(&Distinguishability { permutations: 20, ..Default::default() }, &audit)
}

/// (value, standard error) of a metric.
fn normal(facts: &[Evidence], metric: &str) -> (f64, f64) {
    match facts.iter().find(|fact| fact.metric == metric).map(|fact| &fact.measure) {
        Some(&Measure::Normal { value, standard_error, .. }) => (value, standard_error),
        other => panic!("{metric}: {other:?}"),
    }
}

/// c = ½. Squares (.3², .1², .1², .3²)/.25 = .36, .04, .04, .36: mean .2, and the variance of the mean
/// is (4 · .16²/3)/4 = .16²/3.
#[test]
fn hand_worked() {
    let squares = Squares::of(&[0.8, 0.6, 0.4, 0.2], &[true, true, false, false]);
    assert!((squares.mean - 0.2).abs() < 1e-12);
    assert!((squares.variance - 0.16_f64.powi(2) / 3.0).abs() < 1e-12);
    // Five folds of variance 0.002: 0.002 · (1/5 + 1/4) = 0.03², where five independent ones had 0.02².
    assert!((error_over_folds(0.002, 5.0, 5) - 0.03).abs() < 1e-12);
}

/// Independent samples of one population: within four errors of ½ and of what chance gives.
#[test]
fn null_an_independent_release_is_not_told_apart() {
    for seed in 0..4 {
        let facts = facts(&people(800, 0.0, 2 * seed + 1), &people(1000, 0.0, 2 * seed + 2));
        let (area, error) = normal(&facts, "distinguishability.auroc");
        assert!((area - 0.5).abs() < 4.0 * error && error < 0.03, "{area} {error}");
        let (score, error) = normal(&facts, "distinguishability.score");
        let note = &facts[1].notes[0];
        let by_chance: f64 = note.split([' ', ',']).nth(2).unwrap().parse().unwrap();
        assert!((score - by_chance).abs() < 5.0 * error, "{score} {by_chance} {error}");
        assert!(facts[0].notes[0].starts_with("nothing"));
    }
}

/// Five independent normal-like columns and an intercept, k = 6, 1000 + 1000 rows: in-sample pMSE by
/// chance is (k − 1)c(1 − c)/N = 6.25e−4 (Snoke et al. 2018, with independent samples), simulated out
/// of fold 7.4e−4, which is 2.96e−3 of c(1 − c).
#[test]
fn what_chance_gives_is_near_the_published_formula() {
    let mut rng = Seed::new(5).rng();
    let mut rows = || {
        let mut cell = || {
            let normal = (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
            format!("{normal:.6}")
        };
        let mut row = |_| (0..5).map(|_| cell()).collect::<Vec<_>>().join(",");
        (0..1000).map(&mut row).collect::<Vec<_>>()
    };
    let names = ["p", "q", "r", "s", "t"];
    let schema = names.map(|name| format!("[columns.{name}]\nkind = \"continuous\"\n")).concat();
    let mut csv = || format!("{}\n{}\n", names.join(","), rows().join("\n"));
    let (train, holdout, released) = (csv(), csv(), csv());
    let audit = audit(&schema, &train, Some(&holdout), &released);
    let (_, pool) = pooled(&audit, 1000, Seed::new(0)).unwrap();
    let score = Score::by_regression(&pool, &Distinguishability::default(), Seed::new(0)).unwrap();
    assert!((0.0024..0.0037).contains(&score.by_chance), "{}", score.by_chance);
}

/// The holdout as release, in another order: the trees rank nobody above anybody, and the regression
/// knows nothing.
#[test]
fn extreme_a_copy_of_the_holdout_scores_zero() {
    let holdout = people(1500, 0.0, 1);
    let mut released = holdout.clone();
    released.shuffle(&mut Seed::new(3).rng());
    let facts = facts(&holdout, &released);
    assert!((normal(&facts, "distinguishability.auroc").0 - 0.5).abs() < 1e-9);
    assert!(normal(&facts, "distinguishability.score").0 < 1e-9);
}

/// Train holds both kinds of rows, so that the release is written like real data; the holdout holds
/// one, the release the other.
#[test]
fn extreme_what_does_not_overlap_is_always_told_apart() {
    let turned = |row: String| format!("{}9.5", row.trim_end_matches(|c| c != ','));
    let (holdout, released) = (people(600, 0.0, 1), people(600, 0.0, 2));
    let released: Vec<String> = released.into_iter().map(turned).collect();
    let train = [people(600, 0.0, 3), released.clone()].concat();
    let audit = audit(SCHEMA, &csv(&train), Some(&csv(&holdout)), &csv(&released));
    let facts = run(&Distinguishability { permutations: 20, ..Default::default() }, &audit);
    let (area, error) = normal(&facts, "distinguishability.auroc");
    assert!(area > 0.999 && error > 0.0, "{area} {error}");
    assert!(normal(&facts, "distinguishability.score").0 > 0.8);
}

#[test]
fn the_column_that_gives_it_away_is_named_first_and_no_value_is() {
    let facts = facts(&people(1000, 0.0, 1), &people(1000, 0.15, 2));
    let (area, error) = normal(&facts, "distinguishability.auroc");
    assert!(area > 0.5 + 4.0 * error);
    let note = &facts[0].notes[0];
    assert!(note.starts_with("what gives it away (share of the trees' gain): b ("), "{note}");
    assert!(!note.contains("l0") && !note.contains('.'), "{note}");
}

#[test]
fn invariant_to_row_order_column_order_and_affine_scale() {
    let (holdout, released) = (people(500, 0.0, 1), people(600, 0.1, 2));
    let before = facts(&holdout, &released);
    let turned = |rows: &[String]| {
        let turn = |row: &String| {
            let cells: Vec<&str> = row.split(',').collect();
            let a: f64 = cells[0].parse().unwrap();
            format!("{},{},{},{}", cells[3], cells[2], cells[1], 8.0 * a + 32.0)
        };
        format!("d,c,b,a\n{}\n", rows.iter().rev().map(turn).collect::<Vec<_>>().join("\n"))
    };
    let train = people(200, 0.0, 99);
    let audit = audit(SCHEMA, &turned(&train), Some(&turned(&holdout)), &turned(&released));
    let after = run(&Distinguishability { permutations: 20, ..Default::default() }, &audit);
    for metric in INFO.metrics {
        let ((a, e), (b, f)) = (normal(&before, metric), normal(&after, metric));
        assert!((a - b).abs() < 1e-6 && (e - f).abs() < 1e-3, "{metric}: {a} {b} {e} {f}");
    }
}

#[test]
fn without_a_holdout_nothing_is_reported() {
    let audit = audit(SCHEMA, &csv(&people(50, 0.0, 1)), None, &csv(&people(50, 0.0, 2)));
    assert!(run(&Distinguishability::default(), &audit).is_empty());
    let bad = Distinguishability { folds: 1, ..Default::default() };
    assert!(bad.run(&audit, Seed::new(0), &Progress::new(&|_| {})).is_err());
}

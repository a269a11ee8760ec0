//! Tests of prediction: a fresh sample, a release that teaches the opposite, invariance, bad input.

use rand::RngExt;

use super::*;
use crate::audit::Audit;
use crate::audit::testing::audit;
use crate::table::Persons;
use crate::utility::Rows;

const COLUMNS: &str = "[columns.x]\nkind = 'integer'\n[columns.g]\nkind = 'categorical'\n\
                       [columns.z]\nkind = 'integer'\n[columns.y]\nkind = 'categorical'\n";

/// Quick models.
const QUICK: Prediction = Prediction { rows: 1000, repeats: 2, targets: 10, classes: 8 };

/// `COLUMNS` with these targets.
fn schema(targets: &[&str]) -> String {
    let declared = |schema: String, target: &&str| {
        let head = format!("[columns.{target}]\n");
        schema.replace(&head, &format!("{head}target = true\n"))
    };
    targets.iter().fold(COLUMNS.to_owned(), declared)
}

/// x of 0 to 1000, one of three levels, z = 2x + noise, and a yes that is likelier for a large x, or for a small one
/// where it is `turned`; numbers times `scale`, and levels with `prefix`.
fn people(n: usize, seed: u64, turned: bool, (scale, prefix): (i64, &str)) -> String {
    let mut rng = Seed::new(seed).rng();
    let mut csv = "x,g,z,y\n".to_owned();
    for _ in 0..n {
        let x = rng.random_range(0..=1000_i64);
        let (g, z) = (rng.random_range(0..3), 2 * x + rng.random_range(-150..=150_i64));
        let likely = 1.0 / (1.0 + (-(x as f64 - 500.0) / 120.0).exp());
        let yes = (rng.random::<f64>() < likely) != turned;
        let y = if yes { "yes" } else { "no" };
        csv += &format!("{},{prefix}{g},{},{prefix}{y}\n", scale * x, scale * z);
    }
    csv
}

fn plain(n: usize, seed: u64) -> String {
    people(n, seed, false, (1, ""))
}

fn run(measure: &Prediction, audit: &Audit) -> Result<Vec<Evidence>> {
    measure.run(&View::new(audit), Seed::new(0), &Progress::new(&|_| {}))
}

fn found(targets: &[&str], train: &str, holdout: &str, released: &str) -> Vec<Evidence> {
    run(&QUICK, &audit(&schema(targets), train, Some(holdout), released)).unwrap()
}

/// (value, standard error) of a metric about a thing.
fn normal(facts: &[Evidence], metric: &str, about: Option<&str>) -> (f64, f64) {
    let fact = facts.iter().find(|f| f.metric == metric && f.about.as_deref() == about);
    match fact.unwrap_or_else(|| panic!("no {metric} about {about:?}")).measure {
        Measure::Normal { value, standard_error, .. } => (value, standard_error),
        ref other => panic!("{other:?}"),
    }
}

fn notes(facts: &[Evidence]) -> String {
    facts.iter().flat_map(|fact| fact.notes.clone()).collect::<Vec<_>>().join("\n")
}

/// A fresh sample teaches as much as train. x tells much of y and almost all of z: the variance of 2x is
/// 4 · 1001²/12 = 334,000, that of the noise 301²/12 = 7,550, so that R² is about 0.978.
#[test]
fn a_fresh_sample_teaches_as_much() {
    let facts = found(&["y", "z"], &plain(900, 1), &plain(700, 2), &plain(900, 3));
    for target in ["y", "z"] {
        let (gap, error) = normal(&facts, "prediction.tstr-gap-worst", Some(target));
        assert!(
            gap.abs() < 4.0 * error && gap.abs() < 0.06 && error < 0.05,
            "{target} {gap} {error}"
        );
    }
    let [gap, real, released] = ["prediction.tstr-gap", "prediction.trtr", "prediction.tstr"]
        .map(|metric| normal(&facts, metric, None).0);
    assert!((gap - (real - released)).abs() < 1e-12);
    assert!((0.85..0.97).contains(&real), "{real}");
    assert!(notes(&facts).contains("z: R² 0.9") && notes(&facts).contains("y: AUROC 0."));
    let ceiling = |metric: &str| facts.iter().find(|f| f.metric == metric).unwrap().ceiling;
    assert!(ceiling("prediction.tstr-gap").unwrap().abs() < 1e-12);
    assert!((ceiling("prediction.tstr").unwrap() - real).abs() < 1e-12);
    for fact in &facts {
        fact.check().unwrap();
    }
}

/// A release in which yes means no: what is learned from it is wrong, and the mean of a target alone is its own gap.
#[test]
fn a_release_that_teaches_the_opposite_is_far_below_chance() {
    let turned = people(900, 3, true, (1, ""));
    let facts = found(&["y"], &plain(900, 1), &plain(700, 2), &turned);
    let (gap, error) = normal(&facts, "prediction.tstr-gap", None);
    assert!(gap > 0.4 && gap - 5.0 * error > 0.0, "{gap} {error}");
    assert!(normal(&facts, "prediction.tstr", None).0 < 0.35);
    let (worst, _) = normal(&facts, "prediction.tstr-gap-worst", Some("y"));
    assert!((worst - gap).abs() < 1e-12);
}

/// y says what c is: both sides are always right, and one person may differ: 1/120.
#[test]
fn a_target_that_another_column_gives_away_is_told() {
    let schema =
        "[columns.c]\nkind = 'categorical'\n[columns.y]\nkind = 'boolean'\ntarget = true\n";
    let table = |n: usize, shift: usize| {
        let row = |i: usize| if (i + shift).is_multiple_of(2) { "a,true\n" } else { "b,false\n" };
        format!("c,y\n{}", (0..n).map(row).collect::<String>())
    };
    let audit = audit(schema, &table(400, 0), Some(&table(120, 1)), &table(400, 1));
    let facts = run(&QUICK, &audit).unwrap();
    let (gap, error) = normal(&facts, "prediction.tstr-gap", None);
    assert!(gap.abs() < 1e-12 && (error - 1.0 / 120.0).abs() < 1e-12, "{gap} {error}");
    assert!((normal(&facts, "prediction.trtr", None).0 - 1.0).abs() < 1e-12);
    assert!(notes(&facts).contains("other columns say what it is"));
}

/// Numbers times 4 and levels of other names in the same order: the same to the last digit.
#[test]
fn names_and_units_do_not_matter() {
    let tables = |way| [1, 2, 3].map(|seed| people(300, seed, false, way));
    let values = |way| {
        let [train, holdout, released] = tables(way);
        let facts = found(&["y", "z"], &train, &holdout, &released);
        let value = |fact: &Evidence| match fact.measure {
            Measure::Normal { value, standard_error, .. } => [value, standard_error],
            ref other => panic!("{other:?}"),
        };
        facts.iter().flat_map(value).collect::<Vec<f64>>()
    };
    for (a, b) in values((1, "")).iter().zip(values((4, "level-"))) {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }
}

/// Of four columns that can be predicted, two are tried: the first and the third. Three levels that nothing tells of
/// are guessed as by chance.
#[test]
fn without_a_target_columns_are_tried_evenly() {
    let audit =
        audit(COLUMNS, &plain(400, 1), Some(&plain(400, 2)), &people(400, 3, false, (1, "")));
    let facts = run(&Prediction { targets: 2, ..QUICK }, &audit).unwrap();
    let about: Vec<&str> = facts.iter().filter_map(|fact| fact.about.as_deref()).collect();
    assert!(about.len() == 2 && about.contains(&"x") && about.contains(&"z"), "{about:?}");
    assert!(notes(&facts).contains("2 of 4 columns"));
    let facts = run(&QUICK, &audit).unwrap();
    assert!(notes(&facts).contains("4 of 4 columns"));
    let levels = facts.iter().find(|f| f.about.as_deref() == Some("g")).unwrap();
    assert!(levels.notes[0].starts_with("g: balanced accuracy 0."), "{:?}", levels.notes);
}

/// Without the target, or with one row, a release scores ½ exactly; the gap is what train's model is better by.
#[test]
fn a_release_that_cannot_teach_scores_as_chance() {
    let without: String = plain(300, 3)
        .lines()
        .map(|line| line.rsplit_once(',').unwrap().0.to_owned() + "\n")
        .collect();
    for released in [without.as_str(), "x,g,z,y\n500,1,1000,yes\n"] {
        let facts = found(&["y"], &plain(300, 1), &plain(300, 2), released);
        assert!((normal(&facts, "prediction.tstr", None).0 - 0.5).abs() < 1e-12);
        let (gap, _) = normal(&facts, "prediction.tstr-gap", None);
        let (real, _) = normal(&facts, "prediction.trtr", None);
        assert!((gap - (real - 0.5)).abs() < 1e-12 && gap > 0.2, "{gap}");
        assert!(notes(&facts).contains("the release teaches nothing of it"));
    }
}

/// A predictor that the release lacks helps train alone.
#[test]
fn a_column_that_the_release_lacks_widens_the_gap() {
    let without = |csv: &str| -> String {
        let row = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{}\n", cells[1], cells[3])
        };
        csv.lines().map(row).collect()
    };
    let facts = found(&["y"], &plain(500, 1), &plain(500, 2), &without(&plain(500, 3)));
    let (gap, error) = normal(&facts, "prediction.tstr-gap", None);
    assert!(gap > 0.2 && gap > 4.0 * error, "{gap} {error}");
}

#[test]
fn what_cannot_be_predicted_is_said() {
    let constant = |csv: String| csv.replace("yes", "no");
    let refused = |train: &str, holdout: &str| {
        let audit = audit(&schema(&["y"]), train, Some(holdout), &plain(200, 3));
        match run(&QUICK, &audit) {
            Err(Error::NotApplicable(why)) => why,
            other => panic!("{:?}", other.map(|facts| facts.len())),
        }
    };
    assert!(refused(&plain(200, 1), &constant(plain(200, 2))).contains("two classes"));
    // Too few persons to test on, or to learn from.
    assert!(refused(&plain(200, 1), &plain(15, 2)).contains("y: "));
    assert!(refused(&plain(30, 1), &plain(200, 2)).contains("y: "));
    let audit = audit(&schema(&["y"]), &plain(200, 1), None, &plain(200, 3));
    assert!(run(&QUICK, &audit).unwrap().is_empty());
    let wrong = Prediction { repeats: 0, ..QUICK };
    assert!(matches!(run(&wrong, &audit), Err(Error::Usage(_))));
}

/// One in ten released rows has a class that train has not, and train one of few persons: both are left out, and
/// neither is named.
#[test]
fn classes_that_teach_nothing_are_noted_and_not_named() {
    let every = |csv: &str, one: usize, class: &str| -> String {
        let row = |(i, line): (usize, &str)| match line.rsplit_once(',') {
            Some((rest, _)) if i > 0 && i.is_multiple_of(one) => format!("{rest},{class}\n"),
            _ => format!("{line}\n"),
        };
        csv.lines().enumerate().map(row).collect()
    };
    let train = every(&plain(400, 1), 80, "seldom");
    let facts = found(&["y"], &train, &plain(300, 2), &every(&plain(400, 3), 10, "strange"));
    let notes = notes(&facts);
    assert!(notes.contains("fewer than eleven") && notes.contains("classes that train has not"));
    assert!(!notes.contains("seldom") && !notes.contains("strange"), "{notes}");
    assert!(normal(&facts, "prediction.tstr-gap", None).0.abs() < 0.15);
}

/// Weights 3 and 1 of twenty persons each, 20 rows drawn: 4 of one in five persons, 16 of the others, who weigh 56 to
/// 72 together: a step of 3.5 to 4.5, so that no row is drawn twice, and those of weight 3 more often. Nobody is on
/// both sides.
#[test]
fn rows_are_drawn_by_weight_and_persons_stay_apart() {
    let rows = Rows {
        count: 40,
        weights: Some((0..40).map(|row| if row < 20 { 3.0 } else { 1.0 }).collect()),
        persons: Persons { of_row: (0..40).collect(), count: 40, unnamed: Vec::new() },
        columns: Default::default(),
    };
    let side = Side { rows: &rows, coded: crate::encode::Coded { rows: 40, columns: Vec::new() } };
    let [choosing, learning] = side.drawn(&[1.0; 40], 20, Seed::new(5));
    assert!(choosing.len().abs_diff(4) <= 1 && learning.len().abs_diff(16) <= 1);
    assert!(choosing.iter().all(|row| !learning.contains(row)));
    let times = |row: usize| learning.iter().filter(|&&drawn| drawn == row).count();
    assert!((0..40).all(|row| times(row) <= 1), "{learning:?}");
    let heavy: usize = (0..20).map(times).sum();
    assert!(2 * heavy > learning.len(), "{learning:?}");
}

//! Tests of fairness: shares worked by hand, a model turned in one group, a fresh sample, bad input.

use rand::RngExt;

use super::*;
use crate::audit::testing::audit;
use crate::audit::{Audit, Release};
use crate::digest::Digest;
use crate::evidence::{Measure, NotRunReason};

const SCHEMA: &str = "[columns.g]\nkind = 'categorical'\nprotected = true\n\
                      [columns.x]\nkind = 'categorical'\n[columns.y]\nkind = 'categorical'\ntarget = true\n";

const QUICK: Fairness = Fairness { rows: 1000, repeats: 2 };

/// Rows of (g, x, y), each so many times.
fn table(rows: &[(&str, usize)]) -> String {
    let lines: String = rows.iter().map(|(row, times)| format!("{row}\n").repeat(*times)).collect();
    format!("g,x,y\n{lines}")
}

fn run(audit: &Audit) -> Result<Vec<Evidence>> {
    QUICK.run(&View::of(audit, 1, 0), Seed::new(0), &Progress::new(&|_| {}))
}

fn normal(facts: &[Evidence], metric: &str, about: &str) -> (f64, f64) {
    let fact = facts.iter().find(|f| f.metric == metric && f.about.as_deref() == Some(about));
    match fact.unwrap_or_else(|| panic!("no {metric} about {about}")).measure {
        Measure::Normal { value, standard_error, .. } => (value, standard_error),
        ref other => panic!("{other:?}"),
    }
}

fn notes(facts: &[Evidence], metric: &str) -> String {
    let of = facts.iter().filter(|fact| fact.metric == metric);
    of.flat_map(|fact| fact.notes.clone()).collect::<Vec<_>>().join("\n")
}

/// Yes of groups a and b: 15 and 5 of 20 in train, 12 and 8 in the release: differences 0.5 and 0.2. The variances
/// are p(1 − p)/20 of each group, 2 · 0.1875/20 + 2 · 0.24/20 = 0.04275, so that 0.3 is no more than 1.5
/// errors: carried over. Tenfold it is 4.6 errors: hidden; the other way round, amplified. Groups that change places
/// are 0.5 apart on either side of 0.
#[test]
fn parity_hand_worked() {
    let sample = |a: usize, b: usize, times: usize| {
        table(&[
            ("a,u,yes", a * times),
            ("a,u,no", (20 - a) * times),
            ("b,v,yes", b * times),
            ("b,v,no", (20 - b) * times),
        ])
    };
    let parity = |train: (usize, usize), released: (usize, usize), times: usize| {
        let (train, released) =
            (sample(train.0, train.1, times), sample(released.0, released.1, times));
        let facts = run(&audit(SCHEMA, &train, None, &released)).unwrap();
        let found = normal(&facts, "fairness.parity-difference", "g on y");
        (found, notes(&facts, "fairness.parity-difference"))
    };
    let ((value, error), notes) = parity((15, 5), (12, 8), 1);
    assert!((value - 0.3).abs() < 1e-12 && (error - 0.042_75_f64.sqrt()).abs() < 1e-12, "{error}");
    assert!(notes.contains("carried over (largest difference 0.50 in train, 0.20 in the release)"));
    let ((value, error), notes) = parity((15, 5), (12, 8), 10);
    assert!((value - 0.3).abs() < 1e-12 && (error - 0.004_275_f64.sqrt()).abs() < 1e-12);
    assert!(notes.contains("g on y: hidden"));
    assert!(parity((12, 8), (15, 5), 10).1.contains("g on y: amplified"));
    let ((value, _), notes) = parity((15, 5), (5, 15), 10);
    assert!(
        (value - 1.0).abs() < 1e-12 && notes.contains("g on y: turned round"),
        "{value} {notes}"
    );
}

/// Shares ½, ½ in train and ¾, ¼ in the release: ¼. Scores are ±½: the error's squares are 40 · ¼/40² in train, and
/// (30 · ¼² + 10 · ¾²)/40² in the release, 0.0109375 together. x is 1 in group a and 2 in group b, and 1 in
/// the whole release: off by 0 and by 1, and by ½ on the whole of equal groups; y is off by 0. Over two
/// columns the second group is off by ½ and the whole by ¼.
#[test]
fn shares_and_fidelity_hand_worked() {
    let train = table(&[("a,1,no", 10), ("a,1,yes", 10), ("b,2,no", 10), ("b,2,yes", 10)]);
    let released = table(&[("a,1,no", 15), ("a,1,yes", 15), ("b,1,no", 5), ("b,1,yes", 5)]);
    let facts = run(&audit(SCHEMA, &train, None, &released)).unwrap();
    let (value, error) = normal(&facts, "fairness.representation", "g");
    assert!(
        (value - 0.25).abs() < 1e-12 && (error - 0.010_937_5_f64.sqrt()).abs() < 1e-12,
        "{error}"
    );
    let (value, error) = normal(&facts, "fairness.subgroup-fidelity", "g: group 2");
    assert!((value - 0.25).abs() < 1e-12 && error > 0.0, "{value}");
    // Half and half of 40 and 40: by chance 2 · ½√((2/π) · ¼ · (1/40 + 1/40)).
    let chance = (std::f64::consts::FRAC_2_PI * 0.25 * 0.05).sqrt();
    let ceiling =
        |fact: &&Evidence| fact.metric == "fairness.representation" && fact.ceiling.is_some();
    let found: Vec<&Evidence> = facts.iter().filter(ceiling).collect();
    assert!((found[0].ceiling.unwrap() - chance).abs() < 1e-12, "{:?}", found[0].ceiling);
    let fits = |fact: &Evidence| {
        fact.metric == "fairness.representation"
            || (fact.ceiling.is_none() && fact.metric != "fairness.odds-gap")
    };
    assert!(facts.iter().all(fits));
}

/// In train x says y in both groups; in the release it says the opposite of y in group b. What is learned from it is
/// right about a and wrong about b: true positive rates 1 and 0, by train's model 1 and 1.
#[test]
fn a_model_that_is_wrong_about_one_group_has_a_gap_of_one() {
    let train = table(&[("a,hi,yes", 140), ("a,lo,no", 60), ("b,hi,yes", 100), ("b,lo,no", 100)]);
    let released =
        table(&[("a,hi,yes", 140), ("a,lo,no", 60), ("b,hi,no", 100), ("b,lo,yes", 100)]);
    let holdout = table(&[("a,hi,yes", 70), ("a,lo,no", 40), ("b,hi,yes", 50), ("b,lo,no", 40)]);
    let facts = run(&audit(SCHEMA, &train, Some(&holdout), &released)).unwrap();
    let (value, error) = normal(&facts, "fairness.odds-gap", "g on y");
    assert!((value - 1.0).abs() < 1e-12 && (error - 1.0 / 400.0).abs() < 1e-12, "{value} {error}");
    assert!(
        notes(&facts, "fairness.odds-gap").contains("amplified (gap 0.00 by train's model, 1.00")
    );
    // Parity is train's: |0.7 − 0.5| on either side.
    let (value, _) = normal(&facts, "fairness.parity-difference", "g on y");
    assert!(value.abs() < 1e-12, "{value}");
    for fact in &facts {
        fact.check().unwrap();
    }
}

/// Three groups, an outcome that one of them has more often, a number in quarters as a second protected column.
fn people(n: usize, seed: u64) -> String {
    let mut rng = Seed::new(seed).rng();
    let mut csv = "g,x,y,age\n".to_owned();
    for _ in 0..n {
        let (g, age) = (rng.random_range(0..3), rng.random_range(20..80));
        let yes = rng.random::<f64>() < if g == 0 { 0.7 } else { 0.4 };
        let x = if yes == (rng.random::<f64>() < 0.8) { "u" } else { "v" };
        csv += &format!("level-{g},{x},{},{age}\n", if yes { "yes" } else { "no" });
    }
    csv
}

const PEOPLE: &str = "[columns.age]\nkind = 'integer'\nprotected = true\n";

/// A fresh sample is within a few errors of 0. The odds of a model that looks at several columns differ more from one
/// draw to the next.
#[test]
fn a_fresh_sample_carries_what_there_is() {
    let schema = SCHEMA.to_owned() + PEOPLE;
    let facts =
        run(&audit(&schema, &people(900, 1), Some(&people(900, 2)), &people(900, 3))).unwrap();
    for (metric, about) in [
        ("fairness.parity-difference", "g on y"),
        ("fairness.parity-difference", "age on y"),
        ("fairness.representation", "g"),
        ("fairness.representation", "age"),
    ] {
        let (value, error) = normal(&facts, metric, about);
        assert!(value.abs() < 4.0 * error && value < 0.15, "{metric} {about}: {value} {error}");
    }
    for about in ["g on y", "age on y"] {
        let (value, error) = normal(&facts, "fairness.odds-gap", about);
        assert!(value.abs() < 0.3 && error < 0.15, "{about}: {value} {error}");
    }
    for fact in &facts {
        fact.check().unwrap();
        let ceiling = fact.ceiling.unwrap();
        assert!((-0.2..0.2).contains(&ceiling), "{} {ceiling}", fact.metric);
        assert!(fact.notes.iter().all(|note| !note.contains("level-")), "{:?}", fact.notes);
    }
}

/// The order of rows changes no share.
#[test]
fn the_order_of_rows_does_not_matter() {
    let turned = |csv: &str| {
        let mut lines: Vec<&str> = csv.lines().collect();
        lines[1..].reverse();
        lines.join("\n") + "\n"
    };
    let (train, released) = (people(200, 1), people(200, 3));
    let schema = SCHEMA.to_owned() + PEOPLE;
    let values = |train: &str, released: &str| {
        let facts = run(&audit(&schema, train, None, released)).unwrap();
        facts.into_iter().map(|fact| (fact.metric, fact.about, fact.measure)).collect::<Vec<_>>()
    };
    let (one, other) = (values(&train, &released), values(&turned(&train), &turned(&released)));
    assert_eq!(one.len(), 6);
    for (a, b) in one.iter().zip(&other) {
        let (Measure::Normal { value, .. }, Measure::Normal { value: other, .. }) = (&a.2, &b.2)
        else {
            panic!("{a:?}");
        };
        assert!((a.0 == b.0) && (a.1 == b.1) && (value - other).abs() < 1e-9, "{a:?} {b:?}");
    }
}

/// Five persons of a third group are pooled and named nowhere; a release without the groups, without the target or of
/// one row is as bad as can be, not as good.
#[test]
fn what_is_not_there_counts_as_the_worst() {
    let rows = [("a,u,yes", 30), ("a,u,no", 30), ("b,v,yes", 20), ("b,v,no", 40), ("rare,v,no", 5)];
    let train = table(&rows);
    let holdout = table(&rows);
    let measured = |released: &str| {
        run(&audit(SCHEMA, &train, Some(&(holdout.clone() + "a,v,no\n")), released)).unwrap()
    };
    let facts = measured(&train);
    assert!(
        notes(&facts, "fairness.representation").contains(
            "fewer than eleven training persons together count with the smallest other one"
        )
    );
    assert!(facts.iter().flat_map(|f| &f.notes).all(|note| !note.contains("rare")));
    let facts = measured("x,y\nu,yes\nv,no\n");
    assert!((normal(&facts, "fairness.representation", "g").0 - 1.0).abs() < 1e-12);
    assert!((normal(&facts, "fairness.parity-difference", "g on y").0 - 1.0).abs() < 1e-12);
    let facts = measured("g,x\na,u\nb,v\n");
    assert!((normal(&facts, "fairness.parity-difference", "g on y").0 - 1.0).abs() < 1e-12);
    assert!((normal(&facts, "fairness.odds-gap", "g on y").0 - 1.0).abs() < 1e-12);
    let facts = measured("g,x,y\na,u,yes\n");
    // The five count with the 60 of a: shares 65/125 against 1; a difference of 30/65 − 1/3 of which the release
    // knows nothing.
    assert!((normal(&facts, "fairness.representation", "g").0 - 60.0 / 125.0).abs() < 1e-12);
    let (parity, _) = normal(&facts, "fairness.parity-difference", "g on y");
    assert!((parity - (30.0 / 65.0 - 1.0 / 3.0)).abs() < 1e-12, "{parity}");
    let released = facts.iter().find(|f| f.metric == "fairness.subgroup-fidelity").unwrap();
    assert_eq!(released.about.as_deref(), Some("g: group 2"));
}

/// What the schema does not name is not applicable, and no failure; nor is what the tables cannot tell.
#[test]
fn a_silent_schema_is_told_of() {
    let train = table(&[("a,u,yes", 30), ("b,v,no", 30)]);
    let silent = SCHEMA.replace("protected = true\n", "");
    assert!(matches!(run(&audit(&silent, &train, None, &train)), Err(Error::NotApplicable(_))));
    let reasons = |schema: &str, train: &str, holdout: Option<&str>| {
        let audit = audit(schema, train, holdout, train);
        let release = Release { name: "r.csv".into(), sha256: Digest([0; 32]) };
        let measures: Vec<Box<dyn Utility>> = vec![Box::new(QUICK)];
        let dossier = crate::audit::run(&audit, &release, &[], &measures, &Progress::new(&|_| {}));
        let ours = dossier.not_run.into_iter().filter(|not| not.metric.starts_with("fairness."));
        ours.map(|not| (not.metric, not.reason, not.detail)).collect::<Vec<_>>()
    };
    let found =
        reasons(&SCHEMA.replace("target = true\n", ""), &train, Some(&table(&[("a,v,no", 30)])));
    assert_eq!(found.len(), 2, "{found:?}");
    for (_, reason, detail) in found {
        assert!(reason == NotRunReason::NotApplicable && detail == "the schema names no target");
    }
    let found = reasons(SCHEMA, &train, None);
    assert!(found.len() == 1 && found[0].1 == NotRunReason::NoHoldout, "{found:?}");
    // One value of the target alone.
    let found = reasons(SCHEMA, &table(&[("a,u,no", 30), ("b,v,no", 30)]), None);
    assert!(
        found
            .iter()
            .any(|(_, _, detail)| detail.contains("leaves two groups of a protected column")),
        "{found:?}"
    );
}

//! The attack on small tables worked by hand, on a safe and on leaking releases.

use rand::RngExt;

use super::*;
use crate::audit::testing::{audit, run};
use crate::evidence::Count;

const SCHEMA: &str = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                      [columns.x]\nkind = \"continuous\"\nrole = \"quasi-identifier\"\nlower = 0\nupper = 100\n\
                      [columns.g]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                      [columns.s]\nkind = \"categorical\"\nrole = \"sensitive\"\n";

fn counts(facts: &[Evidence], metric: &str, about: &str) -> [Count; 3] {
    let fact = facts.iter().find(|f| f.metric == metric && f.about.as_deref() == Some(about));
    match fact.unwrap_or_else(|| panic!("no {metric} about {about}")).measure {
        Measure::Difference { treated, control, baseline: Some(baseline) } => {
            [treated, control, baseline]
        }
        ref other => panic!("{other:?}"),
    }
}

fn pairs(counts: [Count; 3]) -> [(u64, u64); 3] {
    counts.map(|count| (count.successes, count.trials))
}

/// Released (x, g, s): (10, a, u), (10, a, v), (50, b, v), (90, a, missing).
/// Train: person 1 has (10, a, u): two rows at distance 0, one of them right: 1/2; and (50, b, v): right; mean
/// 3/4. Person 2, (52, b, u): nearest (50, b), v, wrong: 0. Person 3, (88, a, v): the row without a value: 0.
/// Person 4 has no secret. Sum 3/4 of 3 persons, rounded up to 1. Holdout 8, (11, a, v): 1/2; 9, (49, b, v): 1:
/// sum 3/2 of 2, rounded down to 1. Through train: 8 → person 1's u and person 4's missing (distance .005
/// from 10; person 4 is (12, a), .005 as well): 0; 9 → (50, b, v): 1.
#[test]
fn hand_worked() {
    let train = "id,x,g,s\n1,10,a,u\n1,50,b,v\n2,52,b,u\n3,88,a,v\n4,12,a,\n";
    let holdout = "id,x,g,s\n8,11,a,v\n9,49,b,v\n";
    let released = "x,g,s\n10,a,u\n10,a,v\n50,b,v\n90,a,\n";
    let facts = run(&Inference::default(), &audit(SCHEMA, train, Some(holdout), released));
    assert_eq!(pairs(counts(&facts, "inference.excess", "s")), [(1, 3), (1, 2), (1, 2)]);
    // Of three persons no share is told in a note.
    assert!(facts.iter().flat_map(|f| &f.notes).all(|note| !note.contains("always guessing")));
    // The same columns are known.
    assert_eq!(pairs(counts(&facts, "inference.keyed-excess", "s")), [(1, 3), (1, 2), (1, 2)]);
    match facts[0].measure {
        Measure::Rate { successes, trials, .. } => {
            assert!((successes - 0.75).abs() < 1e-12 && trials == 3);
        }
        ref other => panic!("{other:?}"),
    }
}

/// Numbers: the interquartile range of the training values −100, −10, 0, 10, 100 is 20, so that a guess may
/// be 1 off at 0 and at ±10, and 5 at ±100. The released secrets, looked up by g, are −104 (right),
/// −9.5 (right), 1.5 (wrong), 11.5 (wrong), −100 (wrong: the sign counts).
#[test]
fn numbers_are_right_within_a_tolerance_symmetric_in_sign() {
    let schema = "[columns.g]\nkind = \"categorical\"\n\
                  [columns.s]\nkind = \"continuous\"\nrole = \"sensitive\"\n";
    let train = "g,s\na,-100\nb,-10\nc,0\nd,10\ne,100\n";
    let released = "g,s\na,-104\nb,-9.5\nc,1.5\nd,11.5\ne,-100\n";
    let facts = run(&Inference::default(), &audit(schema, train, Some("g,s\nf,1\n"), released));
    assert_eq!(counts(&facts, "inference.excess", "s")[0], Count { successes: 2, trials: 5 });
    // No quasi-identifier is declared, and nothing known from any.
    assert!(facts.iter().all(|fact| fact.metric != "inference.keyed-excess"));
}

const WIDE: &str = "[columns.x]\nkind = \"continuous\"\nrole = \"quasi-identifier\"\nlower = 0\nupper = 100\n\
                    [columns.y]\nkind = \"continuous\"\nlower = 0\nupper = 100\n\
                    [columns.sex]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                    [columns.s]\nkind = \"categorical\"\nrole = \"sensitive\"\n\
                    [columns.amount]\nkind = \"continuous\"\nrole = \"sensitive\"\nlower = 0\nupper = 200\n";

/// The secret s leans on y, the amount on nothing.
fn rows(count: usize, seed: u64) -> Vec<String> {
    let mut rng = Seed::new(seed).rng();
    let row = |_| {
        let (x, y) = (rng.random_range(0..10_000_u32), rng.random_range(0..10_000_u32));
        let s = if rng.random::<f64>() < 0.5 { y / 2500 } else { rng.random_range(0..4) };
        let amount = rng.random_range(0..20_000_u32);
        let sex = if rng.random::<bool>() { "F" } else { "M" };
        let hundredth = |v: u32| f64::from(v) / 100.0;
        format!("{},{},{sex},s{s},{}", hundredth(x), hundredth(y), hundredth(amount))
    };
    (0..count).map(row).collect()
}

fn facts(train: &[String], holdout: &[String], released: &[String]) -> Vec<Evidence> {
    let csv = |rows: &[String]| format!("x,y,sex,s,amount\n{}\n", rows.join("\n"));
    let audit = audit(WIDE, &csv(train), Some(&csv(holdout)), &csv(released));
    run(&Inference::default(), &audit)
}

/// Every contrast of a fresh sample is within five standard errors of 0, and says what it is about.
#[test]
fn null_a_fresh_sample_tells_of_train_what_it_tells_of_the_holdout() {
    let facts = facts(&rows(800, 1), &rows(800, 2), &rows(800, 3));
    for fact in &facts {
        let Measure::Difference { treated, control, .. } = fact.measure else { continue };
        let share = |c: Count| c.successes as f64 / c.trials as f64;
        let p = (share(treated) + share(control)) / 2.0;
        let sigma = (p * (1.0 - p) * 2.0 / 800.0).sqrt().max(1.0 / 800.0);
        let apart = (share(treated) - share(control)).abs();
        assert!(apart < 5.0 * sigma, "{} {:?}: {apart} of {sigma}", fact.metric, fact.about);
    }
    // Two secrets: nearest on all columns and on keys, and models on both.
    let of = |metric: &str| facts.iter().filter(|fact| fact.metric == metric).count();
    let metrics = ["correct", "excess", "keyed-excess", "model-excess"];
    assert_eq!(metrics.map(|metric| of(&format!("inference.{metric}"))), [2, 2, 2, 4]);
}

#[test]
fn leak_the_training_table_tells_every_secret_and_a_model_over_fits() {
    let (train, holdout) = (rows(800, 1), rows(800, 2));
    let mut released = train.clone();
    released.reverse();
    let copied = facts(&train, &holdout, &released);
    for secret in ["s", "amount"] {
        let [treated, control, _] = counts(&copied, "inference.excess", secret);
        assert_eq!(treated, Count { successes: 800, trials: 800 });
        assert!(control.successes < 500, "{control:?}");
    }
    let [treated, control, _] =
        counts(&copied, "inference.model-excess", "s, from all other columns");
    assert!(treated.successes > control.successes + 80, "{treated:?} {control:?}");
    // A tenth of the persons released verbatim, among fresh rows.
    let fresh = rows(800, 3);
    let leaked: Vec<String> = train[..80].iter().chain(&fresh[80..]).cloned().collect();
    let hits = |released: &[String]| {
        counts(&facts(&train, &holdout, released), "inference.excess", "amount")[0].successes
    };
    assert!(hits(&leaked) >= hits(&fresh) + 60);
}

/// Facts of a metric stand worst first: here the amount leaks and s does not.
#[test]
fn the_worst_secret_stands_first() {
    let (train, fresh) = (rows(400, 1), rows(400, 3));
    let column = |row: &str, i: usize| row.split(',').nth(i).unwrap().to_owned();
    let mixed = train.iter().zip(&fresh).map(|(real, other)| {
        let cells = [0, 1, 2].map(|i| column(real, i)).join(",");
        format!("{cells},{},{}", column(other, 3), column(real, 4))
    });
    let facts = facts(&train, &rows(400, 2), &mixed.collect::<Vec<_>>());
    let first = facts.iter().find(|fact| fact.metric == "inference.excess").unwrap();
    assert_eq!(first.about.as_deref(), Some("amount"));
}

/// Known by all other columns a copy is found; known by sex alone it is one of two hundred alike.
#[test]
fn planted_persons_are_told_as_far_as_knowledge_reaches() {
    let schema = WIDE.replacen("role = \"quasi-identifier\"\n", "", 1);
    let csv = |rows: &[String]| format!("x,y,sex,s,amount\n{}\n", rows.join("\n"));
    let (train, holdout, released) = (rows(800, 1), rows(400, 2), rows(400, 3));
    let audit = audit(&schema, &csv(&train), Some(&csv(&holdout)), &csv(&released));
    let facts = run(&Inference::default(), &audit);
    let seen = |metric: &str, cell: &str| {
        let about = |f: &&Evidence| f.metric == metric && f.about.as_deref() == Some("amount");
        let fact = facts.iter().find(about).unwrap();
        let cell = fact.positive_control.iter().find(|planting| planting.cell == cell).unwrap();
        cell.detected as f64 / cell.of as f64
    };
    assert!(seen("inference.excess", "verbatim/uniform") > 0.99);
    assert!(seen("inference.excess", "one-numeric/outlier") > 0.9);
    assert!(seen("inference.keyed-excess", "verbatim/uniform") < 0.2);
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let (train, holdout, released) = (rows(300, 1), rows(200, 2), rows(300, 3));
    let turned = |rows: &[String]| rows.iter().rev().cloned().collect::<Vec<_>>();
    let straight = facts(&train, &holdout, &released);
    let reversed = facts(&turned(&train), &turned(&holdout), &turned(&released));
    for secret in ["s", "amount"] {
        let of = |facts| pairs(counts(facts, "inference.excess", secret));
        assert_eq!(of(&straight), of(&reversed));
    }
}

#[test]
fn what_cannot_be_contrasted_is_an_error_and_not_passed_over() {
    let train = "id,x,g,s\n1,10,a,u\n2,50,b,v\n";
    let attack = |schema: &str, holdout: &str| {
        let audit = audit(schema, train, Some(holdout), "x,g,s\n10,a,u\n50,b,v\n");
        Inference::default().run(&audit, Seed::new(0), &Progress::new(&|_| {}))
    };
    let holdout = "id,x,g,s\n8,11,a,\n9,49,b,v\n";
    assert!(!attack(SCHEMA, holdout).unwrap().is_empty());
    // Without sensitive columns there is nothing to want.
    let plain = SCHEMA.replace("role = \"sensitive\"", "");
    let error = attack(&plain, holdout).err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("role = \"sensitive\"")));
    // One target each, and those of the holdout may be without a value.
    let few = Inference { targets: 1, ..Inference::default() };
    let audit =
        audit(SCHEMA, train, Some("id,x,g,s\n8,11,a,\n9,49,b,\n7,2,a,v\n"), "x,g,s\n10,a,u\n");
    let errors: Vec<String> = (0..8)
        .filter_map(|seed| few.run(&audit, Seed::new(seed), &Progress::new(&|_| {})).err())
        .map(|error| error.to_string())
        .collect();
    assert!(!errors.is_empty() && errors.iter().all(|e| e.contains("sensitive column `s`")));
}

//! Shares by hand, what must not change them, what chance gives, and tables with little in them.

use super::*;
use crate::audit::testing::audit;
use crate::utility::testing::{close, fact, refused, run, value};

const COLUMNS: &str = "[columns.low]\nkind = 'integer'\n[columns.high]\nkind = 'integer'\n\
                       [columns.g]\nkind = 'categorical'\n";
const RULES: &str =
    "[[constraint]]\nrule = 'low <= high'\n[[constraint]]\nrule = \"g != 'a' or low >= 2\"\n";
const TRAIN: &str = "low,high,g\n1,2,b\n2,3,a\n3,3,b\n";

fn kept(released: &str) -> Evidence {
    let audit = audit(&format!("{COLUMNS}{RULES}"), TRAIN, None, released);
    fact(&run(&Constraint {}, &audit), "constraint.kept").clone()
}

/// Of four kinds of rows, twice each, one breaks the first rule and one the second: ½, and √(8 · ¼/64). Of the two fresh
/// records one breaks a rule.
#[test]
fn rules_by_hand() {
    let schema = format!("{COLUMNS}{RULES}");
    let rows = "1,2,b\n3,2,b\n1,5,a\n2,3,a\n".repeat(2);
    let holdout = "low,high,g\n5,6,a\n9,6,b\n";
    let audit = audit(&schema, TRAIN, Some(holdout), &format!("low,high,g\n{rows}"));
    let facts = run(&Constraint {}, &audit);
    let (share, error) = value(&facts, "constraint.kept");
    close(share, 0.5);
    close(error, (1.0_f64 / 32.0).sqrt());
    let fact = fact(&facts, "constraint.kept");
    close(fact.ceiling.unwrap(), 0.5);
    let words = "kept least: rule 1 on low and high (75 %), rule 2 on low and g (75 %)";
    assert_eq!(fact.notes, [words]);
    assert!(!facts.iter().any(|fact| fact.metric == "constraint.within-bounds"));
}

/// What is missing is not false, and a release that breaks nothing still has an error: one of two persons.
#[test]
fn missing_values_keep_rules() {
    let fact = kept("low,high,g\n,2,b\n3,,\n");
    close(value(std::slice::from_ref(&fact), "constraint.kept").0, 1.0);
    close(value(std::slice::from_ref(&fact), "constraint.kept").1, 0.5);
    assert!(fact.notes.is_empty() && fact.ceiling.is_none());
}

/// A blank column breaks the rules about it, whatever the others say.
#[test]
fn rules_about_blank_columns_are_broken() {
    let fact = kept("low,high,g\n1,,b\n2,,b\n");
    close(value(std::slice::from_ref(&fact), "constraint.kept").0, 0.0);
    let words = "broken by every row, for want of values in the release: rule 1 on low and high";
    assert!(fact.notes.iter().any(|note| note == words), "{:?}", fact.notes);
}

#[test]
fn rows_count_by_their_weight() {
    let schema = format!("{COLUMNS}[columns.w]\nkind = 'integer'\nweight = true\n{RULES}");
    let train = "low,high,g,w\n1,2,b,1\n2,3,a,1\n";
    let audit = audit(&schema, train, None, "low,high,g,w\n1,2,b,3\n3,2,b,1\n");
    close(value(&run(&Constraint {}, &audit), "constraint.kept").0, 0.75);
}

/// A rule about subjects, whom no release holds, is left out; a schema without another has nothing to keep.
#[test]
fn rules_about_what_no_release_holds_are_left_out() {
    let subject = "[columns.id]\nkind = 'integer'\nrole = 'subject'\n";
    let rule = "[[constraint]]\nrule = 'id > 5'\n";
    let train = "id,low,high,g\n6,1,2,b\n7,2,3,a\n";
    let released = "low,high,g\n1,2,b\n";
    let both = audit(&format!("{subject}{COLUMNS}{RULES}{rule}"), train, None, released);
    let facts = run(&Constraint {}, &both);
    close(value(&facts, "constraint.kept").0, 1.0);
    assert!(fact(&facts, "constraint.kept").notes[0].ends_with("rule 3"));
    let alone = audit(&format!("{subject}{COLUMNS}{rule}"), train, None, released);
    assert!(refused(&Constraint {}, &alone).contains("[[constraint]]"));
}

/// 90 is top code and bound: 95 of the release is beyond it, 99 of the holdout is a 90 as in train. `y` has no upper
/// bound, `z` one that was read from the data. Within are 2 of 4 numbers of `x` and 2 of 2 of `y`: ⅔, and with 1½ numbers a
/// row, scores (in − ⅔ known)/1.5 over four rows.
#[test]
fn bounds_by_hand() {
    let schema = "[columns.x]\nkind = 'integer'\nlower = 0\nupper = 90\ntop = 90\n\
                  [columns.y]\nkind = 'integer'\nlower = 1\n\
                  [columns.z]\nkind = 'integer'\nlower = 0\nupper = 9\nsource = 'data'\n";
    let train = "x,y,z\n50,1,0\n95,2,9\n";
    let released = "x,y,z\n50,1,1\n95,,2\n95,,3\n60,7,4\n";
    let audit = audit(schema, train, Some("x,y,z\n99,1,1\n7,2,2\n"), released);
    let facts = run(&Constraint {}, &audit);
    let (share, error) = value(&facts, "constraint.within-bounds");
    close(share, 2.0 / 3.0);
    // Two rows of 2 − ⅔ · 2 = ⅔, two of −⅔, over 1.5: each squared 16/81.
    close(error, (4.0_f64 * 16.0 / 81.0 / 16.0).sqrt().max(0.25));
    let fact = fact(&facts, "constraint.within-bounds");
    close(fact.ceiling.unwrap(), 1.0);
    assert_eq!(fact.notes, ["within bounds least: x (50 %)"]);
}

/// A blank column has one number a row out of bounds: of `x` none, of `y` both.
#[test]
fn blank_columns_are_out_of_bounds() {
    let schema =
        "[columns.x]\nkind = 'integer'\nlower = 0\n[columns.y]\nkind = 'integer'\nlower = 0\n";
    let audit = audit(schema, "x,y\n1,1\n2,2\n", None, "x,y\n,1\n,2\n");
    let facts = run(&Constraint {}, &audit);
    close(value(&facts, "constraint.within-bounds").0, 0.5);
    let notes = &fact(&facts, "constraint.within-bounds").notes;
    assert!(notes[0].contains("x (0 %)") && notes[1].starts_with("counted as out"), "{notes:?}");
}

/// One in ten breaks the rule in every sample of the population, and order does not matter.
#[test]
fn a_fresh_sample_is_near_its_ceiling() {
    use rand::RngExt;
    let sample = |seed: u64| -> Vec<String> {
        let mut rng = Seed::new(seed).rng();
        let mut line = |_| format!("{},90,b\n", rng.random_range(1..=100));
        (0..400).map(&mut line).collect()
    };
    let csv = |rows: &[String]| format!("low,high,g\n{}", rows.concat());
    let schema = format!("{COLUMNS}{RULES}");
    let (train, holdout, released) = (csv(&sample(1)), csv(&sample(2)), sample(3));
    let reversed: Vec<String> = released.iter().rev().cloned().collect();
    let [one, other] = [released, reversed].map(|released| {
        run(&Constraint {}, &audit(&schema, &train, Some(&holdout), &csv(&released)))
    });
    let (share, error) = value(&one, "constraint.kept");
    let ceiling = fact(&one, "constraint.kept").ceiling.unwrap();
    assert!((share - ceiling).abs() < 0.1 && (error - 0.015).abs() < 0.005, "{share} {error}");
    close(share, value(&other, "constraint.kept").0);
    close(error, value(&other, "constraint.kept").1);
}

#[test]
fn without_rules_and_bounds_there_is_nothing_to_keep() {
    let audit = audit(COLUMNS, TRAIN, None, TRAIN);
    assert!(refused(&Constraint {}, &audit).contains("public bounds"));
}

//! Tests of associations between columns: hand-worked, invariance, null, bad input.

use super::*;
use crate::audit::testing::audit;
use crate::utility::testing::{
    close, fact, population, population_schema, refused, repeated, run, same, turned, value,
};

const NUMBERS: &str = "[columns.x]\nkind = 'integer'\n[columns.y]\nkind = 'integer'\n";
const MIXED: &str = "[columns.x]\nkind = 'integer'\n[columns.g]\nkind = 'categorical'\n";
const LEVELS: &str = "[columns.g]\nkind = 'categorical'\n[columns.h]\nkind = 'categorical'\n";

/// (1, 2), (2, 1), (4, 5): Sxx = 14/3, Syy = 26/3, Sxy = 16/3, 16/√364; of ranks (1, 2), (2, 1), (3, 3): ½. In the
/// release x is constant. No holdout, no ceiling.
#[test]
fn numbers_by_hand() {
    let audit = audit(NUMBERS, "x,y\n1,2\n2,1\n4,5\n", None, "x,y\n3,1\n3,2\n3,3\n");
    let facts = run(&Association::default(), &audit);
    let pearson = 16.0 / 364.0_f64.sqrt();
    close(value(&facts, "association.difference").0, pearson);
    close(value(&facts, "association.rank-difference").0, 0.5);
    close(value(&facts, "association.difference-worst").0, pearson);
    assert_eq!(fact(&facts, "association.difference-worst").about.as_deref(), Some("x × y"));
    assert!(facts.iter().all(|fact| fact.ceiling.is_none()));
}

/// A perfect relation turned round differs by 2, by ranks too where it is no straight line.
#[test]
fn a_relation_turned_round_differs_by_two() {
    let line = "x,y\n1,1\n2,2\n3,3\n4,4\n";
    let straight = audit(NUMBERS, line, Some("x,y\n9,9\n7,7\n"), "x,y\n1,4\n2,3\n3,2\n4,1\n");
    let facts = run(&Association::default(), &straight);
    close(value(&facts, "association.difference").0, 2.0);
    close(fact(&facts, "association.difference").ceiling.unwrap(), 0.0);
    let curve = "x,y\n1,1\n2,8\n3,27\n4,900\n";
    let bent = audit(NUMBERS, curve, None, "x,y\n1,900\n2,27\n3,8\n4,1\n");
    close(value(&run(&Association::default(), &bent), "association.rank-difference").0, 2.0);
}

/// 1, 2, 3 in a and 5, 7 in b: η = √(19.2/23.2); in the release all are in a. By ranks nothing changes.
#[test]
fn a_number_with_a_category_by_hand() {
    let audit =
        audit(MIXED, "x,g\n1,a\n2,a\n3,a\n5,b\n7,b\n", None, "x,g\n1,a\n2,a\n3,a\n5,a\n7,a\n");
    let facts = run(&Association::default(), &audit);
    let eta = (19.2_f64 / 23.2).sqrt();
    close(value(&facts, "association.difference").0, eta);
    close(value(&facts, "association.rank-difference").0, eta);
    assert_eq!(fact(&facts, "association.difference-worst").about.as_deref(), Some("g × x"));
}

/// [[40, 10], [10, 40]] in train, corrected √(34.64/98), and [[25, 25], [25, 25]] released: 0.
#[test]
fn categories_by_hand() {
    let tied = [("a,c", 40), ("a,d", 10), ("b,c", 10), ("b,d", 40)];
    let loose = tied.map(|(row, _)| (row, 25));
    let audit = audit(LEVELS, &repeated("g,h", &tied), None, &repeated("g,h", &loose));
    let facts = run(&Association::default(), &audit);
    close(value(&facts, "association.difference").0, (34.64_f64 / 98.0).sqrt());
}

/// Released rows that count three times are three rows for numbers: (1, 2) thrice, (2, 1), (4, 5) has means 1.8 and 2.4,
/// Sxx = 23 − 16.2, Syy = 38 − 28.8 and Sxy = 28 − 21.6, beside 16/√364 in train.
#[test]
fn weights_count_as_rows() {
    let train = "x,y\n1,2\n2,1\n4,5\n";
    let audit = audit(NUMBERS, train, None, "x,y,_weight\n1,2,3\n2,1,1\n4,5,1\n");
    let expected = 6.4 / (6.8_f64 * 9.2).sqrt() - 16.0 / 364.0_f64.sqrt();
    close(value(&run(&Association::default(), &audit), "association.difference").0, expected.abs());
}

/// Another order of rows and columns and other names for categories change nothing.
#[test]
fn orders_and_names_change_nothing() {
    let texts = [("train", true), ("holdout", true), ("released", false)]
        .map(|(part, bound)| population(part, 300, bound));
    let facts = |turn: bool| {
        let [train, holdout, released] =
            texts.each_ref().map(|text| if turn { turned(text) } else { text.clone() });
        let audit = audit(&population_schema(turn), &train, Some(&holdout), &released);
        run(&Association::default(), &audit)
    };
    same(&facts(false), &facts(true));
}

/// Fresh records of the same population are about their ceiling; columns that are other persons' are far from it.
#[test]
fn a_fresh_sample_is_near_its_ceiling_and_loose_columns_are_not() {
    let schema = population_schema(false);
    let (train, holdout) = (population("train", 1500, true), population("holdout", 750, true));
    for (bound, low, high) in [(true, 1.0 / 3.0, 3.0), (false, 5.0, f64::INFINITY)] {
        let audit = audit(&schema, &train, Some(&holdout), &population("released", 1500, bound));
        let facts = run(&Association::default(), &audit);
        for metric in ["association.difference", "association.rank-difference"] {
            let times = value(&facts, metric).0 / fact(&facts, metric).ceiling.unwrap();
            assert!(times > low && times < high, "{metric}: {times}");
        }
        assert_eq!(facts.len(), 12);
    }
}

/// Of a column that the release lacks all of train's association is lost; so of one without a value.
#[test]
fn columns_that_the_release_lacks_are_associated_with_nothing() {
    let train = "x,y\n1,2\n2,1\n4,5\n";
    for (released, note) in
        [("x\n1\n2\n4\n", "not in the release"), ("x,y\n1,\n2,\n4,\n", "without a value")]
    {
        let facts = run(&Association::default(), &audit(NUMBERS, train, None, released));
        close(value(&facts, "association.difference").0, 16.0 / 364.0_f64.sqrt());
        close(value(&facts, "association.rank-difference").0, 0.5);
        let notes = &fact(&facts, "association.difference").notes;
        assert!(
            notes.len() == 1 && notes[0].starts_with(note) && notes[0].ends_with(": y"),
            "{notes:?}"
        );
    }
}

#[test]
fn tables_with_little_in_them_give_no_panic() {
    let schema = format!("{NUMBERS}[columns.g]\nkind = 'categorical'\n");
    let one = audit(&schema, "x,y,g\n1,2,a\n", Some("x,y,g\n3,4,b\n"), "x,y,g\n5,6,c\n");
    let facts = run(&Association::default(), &one);
    close(value(&facts, "association.difference").0, 0.0);
    assert_eq!(facts.len(), 5);
    let constant = audit(&schema, "x,y,g\n1,2,a\n1,2,a\n", None, "x,y,g\n1,2,a\n1,2,a\n1,2,a\n");
    close(value(&run(&Association::default(), &constant), "association.rank-difference").0, 0.0);
    let alone = audit("[columns.x]\nkind = 'integer'\n", "x\n1\n2\n", None, "x\n1\n3\n");
    assert!(refused(&Association::default(), &alone).contains("pairs of columns"));
    assert!(refused(&Association { worst: 0 }, &constant).contains("[utility.association]"));
}

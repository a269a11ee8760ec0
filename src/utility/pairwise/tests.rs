//! Tests of tables of two columns: hand-worked, invariance, null, bad input.

use super::*;
use crate::audit::testing::audit;
use crate::stats::expected_total_variation;
use crate::utility::testing::{
    close, fact, population, population_schema, refused, repeated, run, same, turned, value,
};

const LEVELS: &str = "[columns.g]\nkind = 'categorical'\n[columns.h]\nkind = 'categorical'\n";
const THREE: &str = "[columns.g]\nkind = 'categorical'\n[columns.h]\nkind = 'categorical'\n\
                     [columns.k]\nkind = 'categorical'\n";

fn by_hand() -> (String, String) {
    let train = repeated("g,h", &[("a,x", 5), ("a,y", 3), ("b,x", 2)]);
    (train, repeated("g,h", &[("a,x", 8), ("a,y", 8), ("b,x", 4)]))
}

/// Shares 0.5, 0.3, 0.2 and 0.4, 0.4, 0.2: 0.1. c = 2/3: 13(8/13 − 2/3)² + 11(8/11 − 2/3)² + 0 = 4/117 + 4/99, over
/// 2 · 1/9 · 2/3. Fresh rows would reach 1/(1 − c) = 3, and 10 and 20 rows show ½Σ√((2/π)p(1 − p)0.15) by chance.
#[test]
fn a_pair_by_hand() {
    let (train, released) = by_hand();
    let facts = run(&Pairwise::default(), &audit(LEVELS, &train, None, &released));
    let score = (4.0 / 117.0 + 4.0 / 99.0) / (4.0 / 27.0);
    let chance = expected_total_variation(&[0.5, 0.3, 0.2], 10.0, 20.0);
    for (metric, expected, ceiling) in [
        ("pairwise.tv", 0.1, Some(chance)),
        ("pairwise.tv-worst", 0.1, Some(chance)),
        ("pairwise.s-pmse", score, Some(3.0)),
        ("pairwise.s-pmse-worst", score, None),
    ] {
        close(value(&facts, metric).0, expected);
        close(fact(&facts, metric).ceiling.unwrap_or(-1.0), ceiling.unwrap_or(-1.0));
    }
    assert_eq!(fact(&facts, "pairwise.tv-worst").about.as_deref(), Some("g × h"));
    assert_eq!(facts.len(), 4);
}

/// Signs +, − and 0: in train five rows of ½, three of −½ and two of 0 have the mean 0.1 and (0.8 + 1.08 + 0.02)/100 as
/// its squared error, in the release 8 of ½, 8 of −½ and 4 of 0 have 4/400. Every person of train twice is no
/// more than once.
#[test]
fn the_error_of_a_pair_by_hand() {
    let (train, released) = by_hand();
    let facts = run(&Pairwise::default(), &audit(LEVELS, &train, None, &released));
    close(value(&facts, "pairwise.tv").1, (0.019_f64 + 0.01).sqrt());
    let double = repeated("g,h", &[("a,x", 10), ("a,y", 6), ("b,x", 4)]);
    let owned = double.lines().enumerate().map(|(row, line)| match row {
        0 => format!("id,{line}\n"),
        row => format!("{},{line}\n", row.div_ceil(2)),
    });
    let schema = format!("[columns.id]\nkind = 'integer'\nrole = 'subject'\n{LEVELS}");
    let audit = audit(&schema, &owned.collect::<String>(), None, &released);
    close(value(&run(&Pairwise::default(), &audit), "pairwise.tv").1, (0.019_f64 + 0.01).sqrt());
}

/// The fresh records have train's shares but for four of 10 rows that moved: 0.4, times √(1/10 + 1/20) over √(2/10).
/// Where one moved, which is less than chance shows, it is that. The score of the four is 6(1/3)² + 10(0.2)² + 0 over
/// 2 · ¼ · ½, which is 64/15, times (1 + 20/10)/(1 + 10/10) at the size of the release.
#[test]
fn the_ceiling_is_that_of_fresh_records_at_the_size_of_the_release() {
    let (train, released) = by_hand();
    let of = |fresh: &[(&str, usize)]| {
        run(&Pairwise::default(), &audit(LEVELS, &train, Some(&repeated("g,h", fresh)), &released))
    };
    let facts = of(&[("a,x", 1), ("a,y", 7), ("b,x", 2)]);
    let ceiling = |facts: &[Evidence], metric: &str| fact(facts, metric).ceiling.unwrap();
    for metric in ["pairwise.tv", "pairwise.tv-worst"] {
        close(ceiling(&facts, metric), 0.4 * (0.15_f64 / 0.2).sqrt());
    }
    close(ceiling(&facts, "pairwise.s-pmse"), 3.0);
    close(ceiling(&facts, "pairwise.s-pmse-worst"), 6.4);
    let near = of(&[("a,x", 4), ("a,y", 4), ("b,x", 2)]);
    close(ceiling(&near, "pairwise.tv"), expected_total_variation(&[0.5, 0.3, 0.2], 10.0, 20.0));
}

/// Equal weights change nothing; three rows of weights 8, 8 and 4 have the same shares, and 400/144 effective rows.
#[test]
fn weights_replace_rows() {
    let (train, released) = by_hand();
    let plain = run(&Pairwise::default(), &audit(LEVELS, &train, None, &released));
    let doubled = released.replace('\n', ",2\n").replacen(",2", ",_weight", 1);
    same(&plain, &run(&Pairwise::default(), &audit(LEVELS, &train, None, &doubled)));
    let few = "g,h,_weight\na,x,8\na,y,8\nb,x,4\n";
    let facts = run(&Pairwise::default(), &audit(LEVELS, &train, None, few));
    close(value(&facts, "pairwise.tv").0, 0.1);
    close(fact(&facts, "pairwise.s-pmse").ceiling.unwrap(), 1.0 + 400.0 / 144.0 / 10.0);
}

/// Of three pairs two are without a column: (0.1 + 1 + 1)/3. One that is there without a value is as far off, and is
/// compared by S_pMSE as missing throughout.
#[test]
fn columns_that_the_release_lacks_are_at_a_distance_of_one() {
    let train = repeated("g,h,k", &[("a,x,p", 5), ("a,y,p", 3), ("b,x,q", 2)]);
    let absent = repeated("g,h", &[("a,x", 8), ("a,y", 8), ("b,x", 4)]);
    let facts = run(&Pairwise::default(), &audit(THREE, &train, None, &absent));
    close(value(&facts, "pairwise.tv").0, 0.7);
    assert_eq!(fact(&facts, "pairwise.tv").notes[0], "not in the release, at a distance of 1: k");
    assert_eq!(fact(&facts, "pairwise.s-pmse").notes, ["left out, not in the release: k"]);
    let abouts = |metric: &str| -> Vec<&str> {
        facts.iter().filter(|f| f.metric == metric).filter_map(|f| f.about.as_deref()).collect()
    };
    assert_eq!(abouts("pairwise.tv-worst"), ["g × k", "h × k", "g × h"]);
    assert_eq!(abouts("pairwise.s-pmse-worst"), ["g × h"]);
    let blank = repeated("g,h,k", &[("a,x,", 8), ("a,y,", 8), ("b,x,", 4)]);
    let facts = run(&Pairwise::default(), &audit(THREE, &train, None, &blank));
    close(value(&facts, "pairwise.tv").0, 0.7);
    let note = &fact(&facts, "pairwise.tv").notes[0];
    assert_eq!(note, "without a value in the release, at a distance of 1: k");
    assert_eq!(facts.iter().filter(|f| f.metric == "pairwise.s-pmse-worst").count(), 3);
    assert!(value(&facts, "pairwise.s-pmse-worst").0 > 10.0);
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
        run(&Pairwise::default(), &audit)
    };
    same(&facts(false), &facts(true));
}

/// Fresh records of the same population are about their ceilings; columns that are other persons' are far from them.
#[test]
fn a_fresh_sample_is_near_its_ceiling_and_loose_columns_are_not() {
    let schema = population_schema(false);
    let (train, holdout) = (population("train", 1500, true), population("holdout", 750, true));
    for holdout in [Some(holdout.as_str()), None] {
        let times = |bound: bool| {
            let released = population("released", 1500, bound);
            let facts = run(&Pairwise::default(), &audit(&schema, &train, holdout, &released));
            assert_eq!(facts.len(), 22);
            ["pairwise.tv", "pairwise.s-pmse"]
                .map(|metric| value(&facts, metric).0 / fact(&facts, metric).ceiling.unwrap())
        };
        let ([tv, score], [loose, _]) = (times(true), times(false));
        assert!((0.6..1.7).contains(&tv) && (0.5..1.7).contains(&score), "{tv} {score}");
        assert!(loose > 3.0, "{loose}");
    }
}

#[test]
fn tables_with_little_in_them_give_no_panic() {
    let one = audit(LEVELS, "g,h\na,x\n", Some("g,h\nb,y\n"), "g,h\nc,z\n");
    let facts = run(&Pairwise::default(), &one);
    close(value(&facts, "pairwise.tv").0, 1.0);
    // Two rows, c = ½, two cells: (¼ + ¼)/(1 · ¼ · ½).
    close(value(&facts, "pairwise.s-pmse").0, 4.0);
    let constant = audit(LEVELS, "g,h\na,x\na,x\n", None, "g,h\na,x\na,x\na,x\n");
    let facts = run(&Pairwise::default(), &constant);
    close(value(&facts, "pairwise.tv").0, 0.0);
    close(value(&facts, "pairwise.s-pmse").0, 0.0);
    let alone = audit("[columns.g]\nkind = 'categorical'\n", "g\na\nb\n", None, "g\na\na\n");
    assert!(refused(&Pairwise::default(), &alone).contains("pairs of columns"));
    assert!(refused(&Pairwise { worst: 1001 }, &constant).contains("[utility.pairwise]"));
}

/// A subject with two rows makes S_pMSE doubtful, and that is said.
#[test]
fn several_rows_of_a_person_are_a_caveat() {
    let schema = format!("[columns.id]\nkind = 'integer'\nrole = 'subject'\n{LEVELS}");
    let train = "id,g,h\n1,a,x\n1,b,y\n2,a,y\n";
    let facts = run(&Pairwise::default(), &audit(&schema, train, None, "g,h\na,x\nb,y\n"));
    assert_eq!(fact(&facts, "pairwise.s-pmse").caveats.len(), 1);
    assert!(fact(&facts, "pairwise.tv").caveats.is_empty());
}

#[test]
fn the_middle_of_an_even_number_is_between_two() {
    assert_eq!(median(vec![4.0, 1.0, 3.0]), Some(3.0));
    assert_eq!(median(vec![4.0, 1.0, 3.0, 9.0]), Some(3.5));
    assert_eq!(median(Vec::new()), None);
}

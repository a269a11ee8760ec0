//! Shares by hand, what must not change them, what chance gives, and tables with little in them.

use super::*;
use crate::audit::testing::audit;
use crate::utility::testing::{close, fact, refused, run, value};

const SCHEMA: &str = "[columns.x]\nkind = 'integer'\n[columns.g]\nkind = 'categorical'\n";

/// 33 rows: `x` is 0 to 32; `g` has 12 of `a`, 11 of `b`, 10 of `c`.
fn train() -> String {
    let level = |i: usize| ["a", "b", "c"][usize::from(i >= 12) + usize::from(i >= 23)];
    (0..33).fold("x,g\n".to_owned(), |text, i| text + &format!("{i},{}\n", level(i)))
}

/// Of `a` and `b` the release has `a`; `c` is rare. 8 to 16 is a quarter of 0 to 32, and 0 to 16 half of it.
#[test]
fn hand_worked() {
    let audit = audit(SCHEMA, &train(), Some("x,g\n0,b\n16,a\n"), "x,g\n8,a\n16,c\n");
    let facts = run(&Coverage::default(), &audit);
    close(value(&facts, "coverage.category").0, 0.5);
    close(value(&facts, "coverage.range").0, 0.25);
    let [category, range] =
        ["coverage.category", "coverage.range"].map(|metric| fact(&facts, metric));
    close(category.ceiling.unwrap(), 1.0);
    close(range.ceiling.unwrap(), 0.5);
    assert_eq!(category.notes, ["covered least: g (50 %)"]);
    assert_eq!(range.notes, ["covered least: x (25 %)"]);
}

/// The ends of train are left out: of 0 to 999 the middle 98 % are 9 to 989, and what lies beyond does not help.
#[test]
fn extremes_are_not_asked_for() {
    let schema = "[columns.x]\nkind = 'integer'\n";
    let numbers = |range: std::ops::Range<u32>| {
        format!("x\n{}", range.map(|x| format!("{x}\n")).collect::<String>())
    };
    let covered = |released: std::ops::Range<u32>| {
        let audit = audit(schema, &numbers(0..1000), None, &numbers(released));
        value(&run(&Coverage::default(), &audit), "coverage.range").0
    };
    close(covered(9..990), 1.0);
    close(covered(499..1400), 490.0 / 980.0);
}

/// Persons are counted, not rows; a row without weight holds nothing.
#[test]
fn persons_and_weights() {
    let schema = "[columns.id]\nkind = 'integer'\nrole = 'subject'\n[columns.g]\nkind = 'categorical'\n\
                  [columns.w]\nkind = 'integer'\nweight = true\n";
    let line = |i: usize| format!("{i},a,1\n{i},b,1\n99,c,1\n");
    let train = format!("id,g,w\n{}", (0..11).map(line).collect::<String>());
    let audit = audit(schema, &train, None, "g,w\na,1\nb,0\nc,1\n");
    close(value(&run(&Coverage::default(), &audit), "coverage.category").0, 0.5);
}

#[test]
fn order_and_names_change_nothing() {
    let released = "x,g\n8,a\n16,c\n20,c\n";
    let reversed = |csv: &str| {
        let (head, rows) = csv.split_once('\n').unwrap();
        rows.lines().rev().fold(format!("{head}\n"), |text, line| text + line + "\n")
    };
    let renamed = |csv: String| csv.replace(",a", ",zz").replace(",b", ",m");
    let one = run(&Coverage::default(), &audit(SCHEMA, &train(), None, released));
    let other = audit(SCHEMA, &renamed(reversed(&train())), None, &renamed(reversed(released)));
    let other = run(&Coverage::default(), &other);
    for metric in INFO.metrics {
        close(value(&one, metric).0, value(&other, metric).0);
    }
}

/// Samples of one population cover as much of each other.
#[test]
fn a_fresh_sample_is_near_its_ceiling() {
    use rand::RngExt;
    let sample = |seed: u64| {
        let mut rng = Seed::new(seed).rng();
        let line = |_| {
            format!("{},{}\n", rng.random_range(0..1000), ["a", "b", "c"][rng.random_range(0..3)])
        };
        format!("x,g\n{}", (0..300).map(line).collect::<String>())
    };
    let facts = run(&Coverage::default(), &audit(SCHEMA, &sample(1), Some(&sample(2)), &sample(3)));
    for metric in INFO.metrics {
        let (covered, _) = value(&facts, metric);
        let ceiling = fact(&facts, metric).ceiling.unwrap();
        assert!(
            covered > 0.97 && (covered - ceiling).abs() < 0.03,
            "{metric}: {covered} {ceiling}"
        );
    }
}

/// A column without a frequent category is left out and named; one that is blank in the release counts as 0.
#[test]
fn what_cannot_be_covered_is_told() {
    let schema = format!("{SCHEMA}[columns.h]\nkind = 'categorical'\n");
    let line = |i: usize| format!("{},{},{i}\n", i, ["a", "b"][i % 2]);
    let train = format!("x,g,h\n{}", (0..30).map(line).collect::<String>());
    let audit = audit(&schema, &train, None, "x,g,h\n,a,1\n,b,2\n");
    let facts = run(&Coverage::default(), &audit);
    close(value(&facts, "coverage.category").0, 1.0);
    close(value(&facts, "coverage.range").0, 0.0);
    let [category, range] = INFO.metrics else { panic!("two metrics") };
    let notes = &fact(&facts, category).notes;
    assert!(notes[0].starts_with("left out") && notes[0].ends_with(": h"), "{notes:?}");
    let notes = &fact(&facts, range).notes;
    assert!(
        notes.iter().any(|note| note.starts_with("counted as 0") && note.ends_with(": x")),
        "{notes:?}"
    );
    assert!(fact(&facts, range).ceiling.is_none());
}

/// A constant is covered by a range around it; one row has no frequent category.
#[test]
fn tables_with_little_in_them() {
    let range = |released: &str| {
        let facts = run(&Coverage::default(), &audit(SCHEMA, "x,g\n5,a\n", None, released));
        assert_eq!(facts.len(), 1);
        value(&facts, "coverage.range").0
    };
    close(range("x,g\n5,b\n"), 1.0);
    close(range("x,g\n4,b\n9,a\n"), 1.0);
    close(range("x,g\n6,b\n"), 0.0);
    let text = audit("[columns.t]\nkind = 'text'\n", "t\np\nq\n", None, "t\nr\n");
    assert!(refused(&Coverage::default(), &text).contains("no column"));
    assert!(refused(&Coverage { persons: 10 }, &text).contains("11 or more"));
}

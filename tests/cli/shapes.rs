//! Odd but honest tables: what must work, and what must never clear a release because a column is
//! constant, blank, reordered, coded or endless.

use super::support::{Case, Run, measure};
use dosimeter::evidence::{Count, Measure};

const TABLES: [&str; 3] = ["train.csv", "holdout.csv", "release.csv"];
const SEX: usize = 1;

fn copied(case: &Case) -> u64 {
    match measure(&case.evidence("out/evidence.json"), "copies.exact-excess") {
        Measure::Difference { treated: Count { successes, .. }, .. } => successes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn reordered_columns_are_the_same_content() {
    let case = Case::small();
    case.audit(&[]).exits(0);
    let reversed = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",") + "\n";
    let text: String = case.read("release.csv").lines().map(reversed).collect();
    case.write("reversed.csv", text);
    case.audit(&["--synthetic", "reversed.csv", "--out", "again"]).exits(0);
    let digest = |file| case.evidence(file).subject.content_digest;
    assert_eq!(digest("out/evidence.json"), digest("again/evidence.json"));
}

#[test]
fn integer_codes_may_be_categories() {
    let case = Case::small();
    case.edit("schema.toml", |text| text.replace("[\"F\", \"M\"]", "[0, 1]"));
    for file in TABLES {
        case.edit_rows(file, |_, cells| cells[SEX] = u8::from(cells[SEX] == "F").to_string());
    }
    case.audit(&[]).exits(0);
    // As pandas writes them once a value is missing.
    case.edit_rows("release.csv", |_, cells| cells[SEX] += ".0");
    case.audit(&["--out", "floats"]).exits(0);
    let digest = |file| case.evidence(file).subject.content_digest;
    assert_eq!(digest("out/evidence.json"), digest("floats/evidence.json"));
    case.audit(&["--synthetic", "train.csv", "--out", "copied"]).exits(1);
}

/// `column` of all tables becomes `value`.
fn fill(tables: &[&str], value: &str) -> Case {
    let case = Case::small();
    case.edit("leaky.csv", |_| case.read("train.csv"));
    for file in tables {
        case.edit_rows(file, |_, cells| cells[SEX] = value.into());
    }
    case
}

#[test]
fn a_constant_or_blank_column_neither_crashes_nor_clears() {
    for value in ["F", ""] {
        let case = fill(&["train.csv", "holdout.csv", "release.csv", "leaky.csv"], value);
        case.audit(&[]).exits(0);
        case.audit(&["--synthetic", "leaky.csv", "--out", "copied"]).exits(1);
    }
}

#[test]
fn blanking_a_column_of_one_table_hides_no_copy() {
    for tables in
        [&["leaky.csv"][..], &["train.csv"], &["holdout.csv"], &["train.csv", "holdout.csv"]]
    {
        let case = fill(tables, "");
        case.audit(&["--synthetic", "leaky.csv"])
            .exits(1)
            .prints(&["Not compared, because one of the tables holds no value in them: sex."]);
        assert_eq!(copied(&case), 657, "{tables:?}");
    }
}

#[test]
fn a_table_of_blanks_clears_nothing() {
    for file in TABLES {
        let case = Case::new();
        case.edit_rows(file, |_, cells| cells.iter_mut().for_each(String::clear));
        case.refused(
            &[],
            &["no column is left to compare", "without a value in one of the tables"],
        );
    }
}

#[test]
fn a_holdout_of_one_person_clears_no_copy_of_train() {
    let case = Case::new();
    case.rows("holdout.csv", "holdout.csv", |rows| rows.truncate(1));
    case.audit(&["--synthetic", "train.csv"]).exits(1);
    let only = case.read("holdout.csv");
    let seen = case.read("train.csv") + only.split_once('\n').unwrap().1;
    case.write("seen.csv", seen);
    let run = case.audit(&["--synthetic", "seen.csv", "--out", "seen"]);
    assert!(matches!(run.code, Some(1 | 3)), "{run:?}");
    for file in ["train.csv", "release.csv"] {
        let case = Case::new();
        case.rows(file, file, |rows| rows.truncate(1));
        let run = case.audit(&[]);
        assert!(matches!(run.code, Some(0 | 3)), "{file}: {run:?}");
    }
}

/// Rows with a category each of their own; another shift pairs them anew. Every `held`-th category is
/// one of the holdout's.
fn wide(rows: usize, shift: usize, held: usize) -> String {
    let letter = |row: usize| if row % held == held - 1 { 'h' } else { 'k' };
    let row = |row: usize| format!("{}{row},{}\n", letter(row), (row * 7919 + shift) % 65_537);
    format!("code,dose\n{}", (0..rows).map(row).collect::<String>())
}

#[test]
fn a_hundred_thousand_categories_take_bounded_time() {
    let case = Case::new();
    case.write("train.csv", wide(100_000, 0, usize::MAX));
    case.write("release.csv", wide(5000, 30_000, 3));
    case.write("copied.csv", wide(5000, 0, usize::MAX));
    // Doses like those of train: the holdout is another sample of the same population.
    let row = |row: usize| format!("h{row},{}\n", (row * 7919) % 65_537);
    case.write("holdout.csv", format!("code,dose\n{}", (0..50_000).map(row).collect::<String>()));
    let numbers = "[columns.dose]\nkind = 'integer'\n[columns.code]\nkind = 'categorical'\n";
    case.write("schema.toml", numbers);
    // Two columns of which one agrees with nobody: no score is rare among such persons, and nothing is cleared.
    let decided = |run: Run| run.exits(3).prints(&["tail-too-short", "not shown"]).code;
    decided(case.audit(&["--policy", "base-privacy"]));
    case.audit(&["--policy", "base-privacy", "--synthetic", "copied.csv", "--out", "copied"])
        .exits(1);
    let known = |letter, count| (0..count).map(move |row| format!("'{letter}{row}',"));
    let levels: String = known("k", 100_000).chain(known("h", 50_000)).collect();
    case.write("schema.toml", format!("{numbers}levels = [{levels}]\n"));
    decided(case.audit(&["--policy", "base-privacy", "--out", "listed"]));
}

//! `plan`: what it takes, before anything is measured.

use serde_json::Value;

use super::support::{CANARY, Case};

fn json(case: &Case, code: i32, flags: &[&str]) -> Value {
    let run = case.run(&[&["plan", "--json"], flags].concat());
    serde_json::from_str(&run.exits(code).stdout).unwrap()
}

const TABLES: [&str; 6] =
    ["--real", "train.csv", "--holdout", "holdout.csv", "--synthetic", "release.csv"];

#[test]
fn the_fixture_can_be_shown() {
    let case = Case::new();
    let run = case.run(&[&["plan", "--policy", "policy.toml"], &TABLES[..]].concat());
    run.exits(0).prints(&[
        "5249 persons, 2625 holdout persons, 5249 released rows",
        "copies-exact-excess",
        "These data can show",
        "large enough for its own tests",
        "audit     roughly",
        "attainable: a release without a leak could meet every blocking rule",
    ]);
    assert!(run.stderr.is_empty());
}

/// The published case: 0.04 % takes 7,488 targets without a hit.
#[test]
fn the_golden_numbers_are_printed() {
    let case = Case::new();
    case.write(
        "ours.toml",
        "schema = 1\nid = 'ours'\nversion = '1'\ntitle = 't'\nbasis = 'house'\nsource = 's'\n\
         [[rule]]\nid = 'alone'\nmetric = 'uniqueness.unique-share'\nscope = 'all'\nop = 'lt'\n\
         limit = '0.04%'\nseverity = 'block'\n",
    );
    case.run(&["plan", "--policy", "ours.toml"]).exits(0).prints(&["7,488 without a hit"]);
    let plan = json(&case, 0, &["--policy", "ours.toml"]);
    let sampled = &plan["rules"][0]["requirements"][0]["sampled"];
    let targets: Vec<u64> = (0..3).map(|i| sampled[i]["targets"].as_u64().unwrap()).collect();
    assert_eq!(targets, [7488, 11_858, 19_382]);
    case.edit("ours.toml", |text| text.replace("'0.04%'", "'0%'"));
    case.run(&["plan", "--policy", "ours.toml"]).exits(3).prints(&["No data of any size can show"]);
    case.run(&["policy", "lint", "ours.toml"]).exits(0).prints(&["! `alone`: no data of any size"]);
}

#[test]
fn data_that_cannot_show_a_rule_exit_3() {
    let case = Case::empty();
    for (flags, words) in [
        (&["--persons", "5249"][..], "none: an audit can stop a release, never clear one"),
        (&["--persons", "5249", "--holdout-persons", "6"], "too small: no test could tell"),
        (&["--persons", "500", "--holdout-persons", "5000"], "not attainable: copies-exact-excess"),
    ] {
        let run = case.run(&[&["plan", "--policy", "base-privacy"], flags].concat());
        run.exits(3).prints(&[words]);
    }
    let before = json(&case, 3, &["--policy", "base-privacy", "--persons", "7874"]);
    let held = before["holdout"]["recommended"].as_u64().unwrap();
    let (persons, held) = ((7874 - held).to_string(), held.to_string());
    let after = ["--policy", "base-privacy", "--persons", &persons, "--holdout-persons", &held];
    assert_eq!(json(&case, 0, &after)["attainable"], true);
}

#[test]
fn persons_are_counted_where_a_schema_names_them() {
    let case = Case::empty();
    let row = |row: usize| format!("p{},{}\n", row % 40, row % 9);
    case.write("visits.csv", format!("person,dose\n{}", (0..120).map(row).collect::<String>()));
    case.write(
        "schema.toml",
        "[columns.person]\nkind = 'text'\nrole = 'subject'\n[columns.dose]\nkind = 'integer'\n",
    );
    let flags = ["--policy", "base-privacy", "--real", "visits.csv"];
    assert_eq!(json(&case, 3, &flags)["sizes"]["persons"], 120);
    let with = [&flags[..], &["--schema", "schema.toml"]].concat();
    let sizes = json(&case, 3, &with)["sizes"].clone();
    assert_eq!((&sizes["persons"], &sizes["rows"]), (&Value::from(40), &Value::from(120)));
}

#[test]
fn wrong_arguments_exit_2() {
    let case = Case::new();
    let base = ["plan", "--policy", "base-privacy"];
    let usages: [(&[&str], &str); 6] = [
        (&["--persons", "0"], "--persons"),
        (&["--persons", "many"], "--persons"),
        (&["--attempt", "0"], "--attempt"),
        (&["--persons", "9", "--real", "train.csv"], "--real"),
        (&["--holdout-persons", "9", "--holdout", "holdout.csv"], "--holdout"),
        (&["--real", "absent.csv"], "absent.csv"),
    ];
    for (flags, word) in usages {
        case.run(&[&base[..], flags].concat()).exits(2).says(&[word]);
    }
    case.run(&["plan"]).exits(2).says(&["--policy"]);
    case.run(&["plan", "--policy", "base-privcy"]).exits(2).says(&["did you mean `base-privacy`?"]);
    case.edit_rows("train.csv", |row, cells| {
        if row == 3 {
            cells[0] = CANARY.into();
        }
    });
    let run = case.run(&[&base[..], &["--real", "train.csv", "--schema", "schema.toml"]].concat());
    assert!(!run.exits(2).stderr.contains(CANARY), "{run:?}");
}

//! `synth`: a made table is a release that `audit` accepts, and nothing else is touched.

use std::collections::BTreeMap;

use super::support::{CANARY, Case};

const SYNTH: [&str; 6] =
    ["synth", "train.csv", "--method", "independent", "--schema", "schema.toml"];

fn with(flags: &[&'static str]) -> Vec<&'static str> {
    [&SYNTH[..], flags].concat()
}

/// The cells of one column, counted.
fn marginal(text: &str, column: usize) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in text.lines().skip(1) {
        *counts.entry(line.split(',').nth(column).unwrap().to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn a_made_table_goes_through_an_audit() {
    let case = Case::new();
    case.run(&with(&["-o", "made.csv"])).exits(0).prints(&[
        "5249 rows, 11 columns",
        "protects  which values belong together",
        "exposes   the values: each is a real person's",
    ]);
    let (made, real) = (case.read("made.csv"), case.read("train.csv"));
    assert_eq!(made.lines().next(), real.lines().next());
    // The columns that the fixture writes in canonical texts; the unit tests compare all values.
    for column in [1, 2, 5, 8, 10] {
        assert_eq!(marginal(&made, column), marginal(&real, column), "column {column}");
    }
    case.audit(&["--synthetic", "made.csv"]).exits(0).prints(&["policy met: flchain-fixture"]);
    for name in ["made.tsv", "made.parquet"] {
        case.run(&with(&["-o", name])).exits(0);
        let out = ["--synthetic", name, "--out", name.split('.').next_back().unwrap()];
        case.audit(&out).exits(0);
    }
    // The same table, whatever the format.
    let digest = |out: &str| case.evidence(&format!("{out}/evidence.json")).subject.content_digest;
    assert_eq!(digest("out"), digest("tsv"));
    assert_eq!(digest("out"), digest("parquet"));
}

#[test]
fn one_seed_gives_the_same_bytes_at_any_number_of_threads() {
    let case = Case::new();
    for (name, flags) in
        [("a.csv", ["--threads", "1"]), ("b.csv", ["--threads", "5"]), ("c.csv", ["--seed", "1"])]
    {
        case.run(&[&with(&["--rows", "6000", "-o", name])[..], &flags].concat()).exits(0);
    }
    assert_eq!(case.read("a.csv"), case.read("b.csv"));
    assert_ne!(case.read("a.csv"), case.read("c.csv"));
    assert_eq!(case.read("a.csv").lines().count(), 6001);
}

/// Identifiers never leave; subjects are new; what is said names columns and no value.
#[test]
fn identifiers_stay_and_subjects_are_new() {
    let case = Case::empty();
    let row = |row: usize| format!("p{:02},{CANARY}{row},{},note {row}\n", row % 30, row % 7);
    for (file, rows) in [("real.csv", 0..60), ("held.csv", 90..120)] {
        let rows: String = rows.map(|at| row(at).replacen('p', &file[..1], 1)).collect();
        case.write(file, format!("person,name,dose,remark\n{rows}"));
    }
    case.write(
        "schema.toml",
        "[columns.person]\nkind = 'text'\nrole = 'subject'\n\
         [columns.name]\nkind = 'text'\nrole = 'direct-identifier'\n\
         [columns.dose]\nkind = 'integer'\n[columns.remark]\nkind = 'text'\n",
    );
    let made = ["synth", "real.csv", "--method", "independent", "--schema", "schema.toml", "-o"];
    let run = case.run(&[&made[..], &["made.csv"]].concat());
    run.exits(0).prints(&["left out  name", "new ids   person", "word for word: remark"]);
    assert!(!run.stdout.contains(CANARY) && !run.stderr.contains(CANARY), "{run:?}");
    let text = case.read("made.csv");
    assert!(text.starts_with("person,dose,remark\nsynthetic-01,"), "{text}");
    assert!(!text.contains(CANARY));
    assert_eq!(marginal(&text, 0).len(), 60, "one person a row");
    let audit = [
        "audit",
        "-q",
        "--real",
        "real.csv",
        "--holdout",
        "held.csv",
        "--synthetic",
        "made.csv",
        "--schema",
        "schema.toml",
        "--policy",
        "base-privacy",
    ];
    let run = case.run(&audit);
    assert!(matches!(run.code, Some(0 | 1 | 3)), "the release is accepted: {run:?}");
}

#[test]
fn nothing_is_overwritten_and_no_input_ever() {
    let case = Case::new();
    case.write("made.csv", "years of work");
    case.run(&with(&["-o", "made.csv"])).exits(2).says(&["made.csv", "not overwritten"]);
    assert_eq!(case.read("made.csv"), "years of work");
    case.run(&with(&["-o", "made.csv", "--force"])).exits(0);
    assert_ne!(case.read("made.csv"), "years of work");
    for input in ["train.csv", "./train.csv", "schema.toml"] {
        let before = (case.read("train.csv"), case.read("schema.toml"));
        case.run(&with(&["--force", "-o", input])).exits(2).says(&["read by this command"]);
        assert_eq!((case.read("train.csv"), case.read("schema.toml")), before);
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let case = Case::new();
    case.run(&with(&["-o", "made.csv"])).exits(0);
    let mode = std::fs::metadata(case.path("made.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn wrong_arguments_exit_2_and_write_nothing() {
    let case = Case::new();
    let usages: [(&[&str], &str); 6] = [
        (&["synth", "train.csv", "--schema", "schema.toml", "-o", "x.csv"], "--method"),
        (
            &["synth", "train.csv", "--method", "gan", "--schema", "schema.toml", "-o", "x.csv"],
            "independent",
        ),
        (&["synth", "train.csv", "--method", "independent", "-o", "x.csv"], "--schema"),
        (&["synth", "train.csv", "--method", "independent", "--schema", "schema.toml"], "--output"),
        (&with(&["-o", "x.csv", "--rows", "0"]), "--rows"),
        (&with(&["-o", "absent/x.csv"]), "absent"),
    ];
    for (usage, word) in usages {
        case.run(usage).exits(2).says(&[word]);
        assert!(!case.path("x.csv").exists(), "{usage:?}");
    }
    case.edit_rows("train.csv", |row, cells| {
        if row == 3 {
            cells[0] = CANARY.into();
        }
    });
    let run = case.run(&with(&["-o", "x.csv"]));
    run.exits(2).says(&["column `age`", "whole numbers"]);
    assert!(!run.stderr.contains(CANARY) && !case.path("x.csv").exists(), "{run:?}");
}

/// Whatever can be refused without the records is refused before noise is drawn for them.
#[test]
fn nothing_is_spent_before_an_error_that_could_be_seen() {
    let case = Case::new();
    let budget =
        ["synth", "train.csv", "--schema", "schema.toml", "--epsilon", "1", "--delta", "1e-6"];
    let broken = "[[constraint]]\nrule = 'age < 60'\n[[constraint]]\nrule = 'futime < 100'\n\
                  [[constraint]]\nrule = 'age > 70 and futime > 200'\n";
    case.write(
        "broken.toml",
        case.read("schema.toml").replace("missing     = [\"\"]", "missing = []") + broken,
    );
    for (flags, words) in [
        (&["-o", "absent/x.csv"][..], "absent"),
        (&["-o", "x.csv", "--model", "absent/x.model"], "absent"),
        (&["-o", "x.csv", "--where", "age > 80 & age < 60"], "no value of `age`"),
        (&["-o", "x.csv", "--where", "aeg > 80"], "did you mean `age`?"),
        (&["-o", "x.csv", "--boost", "sex=F:0.7", "--boost", "sex=M:0.4"], "less than 1"),
        (&["-o", "x.csv", "--schema", "broken.toml"], "forbid every combination"),
    ] {
        let base = if flags.contains(&"--schema") {
            [&budget[..2], &budget[4..]].concat()
        } else {
            budget.to_vec()
        };
        case.run(&[&base[..], flags].concat()).exits(2).says(&[words]);
        let spent = case.names().into_iter().any(|name| name.contains("privacy-budget"));
        assert!(!spent && !case.path("x.csv").exists(), "{flags:?}");
    }
}

/// No whole number lies between 60 and 61: the rows cannot be made, and what was paid for is there.
#[test]
fn a_model_that_was_paid_for_outlives_a_release_that_fails() {
    let case = Case::new();
    let fit =
        ["synth", "train.csv", "--schema", "schema.toml", "--epsilon", "1", "--delta", "1e-6"];
    let part = ["--model", "kept.model", "-o", "part.csv", "--where", "age > 60 & age < 61"];
    let run = case.run(&[&fit[..], &part].concat());
    run.exits(2).prints(&["kept      kept.model"]).says(&["no row that meets the condition"]);
    assert!(!case.path("part.csv").exists());
    let again = ["synth", "--model", "kept.model", "-o", "part.csv", "--where", "age > 60"];
    case.run(&again).exits(0).prints(&["by `mst`"]);
}

//! The commands as people meet them: help, lists, explanations, colours, and the files of `init`,
//! `profile` and `split`.

use std::collections::BTreeSet;

use dosimeter::attack::ATTACKS;
use dosimeter::metric::{GLOSSARY, metrics};
use dosimeter::policy::PRESETS;
use dosimeter::synth::SYNTHESIZERS;
use dosimeter::table::Schema;

use super::support::Case;

const COMMANDS: [&str; 13] = [
    "init",
    "profile",
    "split",
    "synth",
    "plan",
    "audit",
    "check",
    "compare",
    "list",
    "explain",
    "policy",
    "completions",
    "man",
];

#[test]
fn help_shows_examples_and_the_exit_codes() {
    let case = Case::empty();
    let codes =
        "0 policy met (or advisory)   1 policy not met   2 could not judge   3 not shown   101 bug";
    case.run(&["--help"]).exits(0).prints(&["Examples:", codes]).prints(&COMMANDS);
    case.run(&["--version"]).exits(0).prints(&[concat!("dosimeter ", env!("CARGO_PKG_VERSION"))]);
    for command in COMMANDS {
        let run = case.run(&[command, "--help"]);
        run.exits(0).prints(&["Example", &format!("  dosimeter {command}"), "Usage:"]);
        assert!(run.stderr.is_empty());
    }
}

#[test]
fn what_cannot_be_understood_exits_2() {
    let case = Case::new();
    let usages: [&[&str]; 9] = [
        &[],
        &["audti"],
        &["audit", "--polcy", "base-privacy"],
        &["audit", "--threads", "0"],
        &["audit", "--tier", "secret"],
        &["check"],
        &["list", "everything"],
        &["man", "nothing"],
        &["completions", "tcl"],
    ];
    for usage in usages {
        let run = case.run(usage);
        run.exits(2);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{usage:?}: {run:?}");
    }
    case.run(&["audti"]).says(&["'audit'"]);
    // An empty folder: no audit.toml, nothing named.
    Case::empty()
        .run(&["audit"])
        .exits(2)
        .says(&["--synthetic FILE", "`dosimeter init` writes one"]);
}

#[test]
fn advice_never_blocks_and_never_clears_in_words() {
    let case = Case::new();
    let policy = case.read("policy.toml").replace("extends  = \"base-privacy\"", "advisory = true");
    case.write("advice.toml", policy);
    case.audit(&["--synthetic", "leaky.csv", "--policy", "advice.toml"])
        .exits(0)
        .prints(&["advisory only: flchain-fixture clears nothing"]);
    assert_eq!(case.json("out/report.json")["decision"], "advisory");
}

#[test]
fn lists_name_everything_and_everything_named_is_explained() {
    let case = Case::empty();
    let ids = |words: Vec<&'static str>, what: &str| {
        case.run(&["list", what]).exits(0).prints(&words);
        words
    };
    let attacks = ids(ATTACKS.iter().map(|entry| entry.info.id).collect(), "attacks");
    let metrics = ids(metrics().map(|metric| metric.id).collect(), "metrics");
    let terms = ids(GLOSSARY.iter().map(|term| term.word).collect(), "terms");
    ids(PRESETS.iter().map(|preset| preset.id).collect(), "policies");
    let methods = SYNTHESIZERS.iter().map(|entry| entry.info.id).collect();
    let methods = ids(methods, "synthesizers");
    for word in attacks.iter().chain(&metrics).chain(&terms).chain(&methods) {
        let run = case.run(&["explain", word]);
        run.exits(0).prints(&[word]);
        assert!(run.stdout.lines().count() >= 3, "{run:?}");
    }
    case.run(&["explain", "positive", "control"]).exits(0);
    case.run(&["explain", "Quasi Identifier"]).exits(0);
    let words =
        ["nothing is called `copies.exatc`", "did you mean `copies.exact`?", "list metrics"];
    case.run(&["explain", "copies.exatc"]).exits(2).says(&words);
    case.run(&["explain", "zzzzzzzzzzzz"]).exits(2).says(&["list terms"]);
}

#[test]
fn policies_are_listed_shown_and_checked() {
    let case = Case::new();
    for preset in PRESETS {
        case.run(&["policy", "list"]).exits(0).prints(&[preset.id, "for "]);
        let shown = case.run(&["policy", "show", preset.id]);
        assert_eq!(shown.exits(0).stdout, preset.text);
        case.write("copy.toml", &shown.stdout);
        case.run(&["policy", "lint", "copy.toml"]).exits(0).prints(&[preset.id, " blocking"]);
        case.run(&["policy", "lint", preset.id]).exits(0).prints(&[preset.id, " blocking"]);
    }
    case.run(&["policy", "lint", "policy.toml"]).exits(0).prints(&[
        "copies.exact-excess < 0.1 %",
        "policy.toml:12",
        "10 rules, 4 blocking",
    ]);
    case.run(&["policy", "show", "base-privcy"]).exits(2).says(&["did you mean `base-privacy`?"]);
    assert_eq!(
        case.run(&["policy", "show", "policy.toml"]).exits(0).stdout,
        case.read("policy.toml")
    );
}

#[test]
fn completions_and_manual_pages_are_generated() {
    let case = Case::empty();
    for shell in ["bash", "zsh", "fish"] {
        case.run(&["completions", shell]).exits(0).prints(&["dosimeter", "audit", "exit-zero"]);
    }
    case.run(&["man"]).exits(0).prints(&[".TH dosimeter", "Exit codes"]);
    case.run(&["man", "audit"]).exits(0).prints(&[".TH", "holdout"]);
}

#[test]
fn colour_is_where_it_belongs() {
    let case = Case::small();
    case.audit(&["--synthetic", "leaky.csv"]).exits(1);
    let check = ["check", "out/evidence.json", "--policy", "base-privacy"];
    let escapes = |extra: &[&str], variables: &[(&str, &str)]| {
        let mut command = case.command(&[&check[..], extra].concat());
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        output.stdout.contains(&0x1b)
    };
    assert!(!escapes(&[], &[]), "a pipe is no terminal");
    assert!(escapes(&["--color", "always"], &[]));
    assert!(escapes(&["--color", "always"], &[("NO_COLOR", "1")]), "a flag wins");
    assert!(escapes(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!escapes(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!escapes(&[], &[("NO_COLOR", "1")]));
    for format in ["json", "markdown"] {
        assert!(!escapes(&["--color", "always", "--format", format], &[]), "{format}");
    }
    let error = case.run(&["--color", "never", "explain", "zzzzzzzz"]);
    assert!(!error.exits(2).stderr.contains('\u{1b}'));
}

#[test]
fn progress_goes_to_stderr_and_quiet_silences_it() {
    let case = Case::small();
    let loud = case.run(&["audit", "--format", "json"]);
    loud.exits(0).says(&["release: read", "release: copies"]);
    serde_json::from_str::<serde_json::Value>(&loud.stdout).unwrap();
    let quiet = case.run(&["audit", "--quiet", "--out", "quiet"]);
    assert!(quiet.exits(0).stderr.is_empty(), "{quiet:?}");
}

#[test]
fn init_writes_an_audit_that_runs_and_overwrites_nothing() {
    let case = Case::new();
    std::fs::remove_file(case.path("audit.toml")).unwrap();
    let init =
        ["init", "--real", "train.csv", "--holdout", "holdout.csv", "--synthetic", "leaky.csv"];
    let with = |flags: &[&str]| case.run(&[&init[..], flags].concat());
    // schema.toml stands here already.
    let run = with(&[]);
    run.exits(2).says(&["schema.toml", "exists already", "name another file"]);
    assert!(!case.path("audit.toml").exists());
    with(&["--dir", "new/first"]).exits(0).prints(&["review the schema"]);
    let unreviewed = ["No person has reviewed the schema", "policy NOT met: base-privacy"];
    case.run(&["audit", "-q", "new/first/audit.toml"]).exits(1).prints(&unreviewed);
    // A policy file is found from wherever audit.toml stands.
    with(&["--dir", "new/second", "--policy", "policy.toml"]).exits(0);
    case.run(&["audit", "-q", "new/second/audit.toml"]).exits(1).prints(&["flchain-fixture"]);
    with(&["--dir", "new/second"]).exits(2).says(&["audit.toml", "exists already"]);
    let holdout =
        ["init", "--real", "train.csv", "--holdout", "absent.csv", "--synthetic", "leaky.csv"];
    case.run(&[&holdout[..], &["--dir", "new/third"]].concat()).exits(2).says(&["absent.csv"]);
    case.run(&[&init[..], &["--dir", "new/third", "--policy", "base"]].concat()).exits(2);
    assert!(!case.path("new/third").exists());
    std::fs::remove_file(case.path("schema.toml")).unwrap();
    with(&[]).exits(0);
    case.run(&["audit", "-q"]).exits(1);
}

#[test]
fn a_proposed_schema_parses_and_is_not_overwritten() {
    let case = Case::new();
    let printed = case.run(&["profile", "train.csv"]);
    let schema = Schema::parse(&printed.exits(0).stdout, "stdout").unwrap();
    assert_eq!(schema.columns.len(), 11);
    case.run(&["profile", "train.csv", "-o", "new.toml"]).exits(0);
    assert_eq!(case.read("new.toml"), printed.stdout);
    case.run(&["profile", "holdout.csv", "-o", "new.toml"]).exits(2).says(&["exists already"]);
    assert_eq!(case.read("new.toml"), printed.stdout);
    case.run(&["profile", "train.csv", "-o", "-"]).exits(0).prints(&[&printed.stdout]);
}

#[test]
fn split_keeps_a_person_together_and_overwrites_nothing() {
    let case = Case::empty();
    let row = |row: usize| format!("p{},{}\n", row % 40, row);
    case.write("visits.csv", format!("person,visit\n{}", (0..120).map(row).collect::<String>()));
    case.run(&["split", "visits.csv", "--subject", "person"])
        .exits(0)
        .prints(&["train", "holdout"]);
    let persons = |file: &str| -> BTreeSet<String> {
        let text = case.read(file);
        text.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
    };
    let (train, holdout) = (persons("visits.train.csv"), persons("visits.holdout.csv"));
    assert!(train.is_disjoint(&holdout));
    assert_eq!((train.len(), holdout.len()), (27, 13));
    let rows = |file: &str| case.read(file).lines().count() - 1;
    assert_eq!(rows("visits.train.csv") + rows("visits.holdout.csv"), 120);

    let earlier = case.read("visits.train.csv");
    case.run(&["split", "visits.csv", "--seed", "3"])
        .exits(2)
        .says(&["visits.train.csv", "not overwritten"]);
    assert_eq!(case.read("visits.train.csv"), earlier);
    case.run(&["split", "visits.csv", "--train", "x", "--holdout", "x"])
        .exits(2)
        .says(&["different files"]);
    case.run(&["split", "visits.csv", "--subject", "persona", "--train", "a", "--holdout", "b"])
        .exits(2)
        .says(&["did you mean `person`?"]);
    let again =
        ["split", "visits.csv", "--subject", "person", "--train", "a.csv", "--holdout", "b.csv"];
    case.run(&again).exits(0);
    assert_eq!(case.read("a.csv"), earlier, "one seed, one split");
}

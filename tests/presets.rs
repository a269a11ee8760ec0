//! Every preset can be met by an honest release at a realistic size, and none by the training table,
//! with keys of two, three and six columns.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use dosimeter::policy::PRESETS;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/flchain").join(name)
}

/// One audit; under each preset the exit code of `check` on its evidence, which no policy changes.
fn exits(train: &Path, holdout: &Path, release: &Path, schema: &Path) -> Vec<(&'static str, i32)> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut command = Command::cargo_bin("dosimeter").unwrap();
    command.args(["audit", "--quiet", "--skip-utility", "--policy", PRESETS[0].id]);
    let paths = [
        ("--real", train),
        ("--holdout", holdout),
        ("--synthetic", release),
        ("--schema", schema),
        ("--out", &out),
    ];
    for (flag, path) in paths {
        command.arg(flag).arg(path);
    }
    command.output().unwrap();
    let code = |id: &str| {
        let mut command = Command::cargo_bin("dosimeter").unwrap();
        let evidence = out.join("evidence.json");
        let output = command.arg("check").arg(evidence).args(["--policy", id]).output().unwrap();
        output.status.code().unwrap()
    };
    let judging = PRESETS.iter().filter(|preset| !preset.policy().unwrap().advisory);
    judging.map(|preset| (preset.id, code(preset.id))).collect()
}

/// A schema in which exactly `keys` are quasi-identifiers, with `coarse` added to the first.
fn with_keys(schema: &str, keys: &[&str], coarse: &str) -> String {
    let plain = schema
        .replace("role   = \"quasi-identifier\"\n", "")
        .replace("role      = \"quasi-identifier\"\n", "");
    let plain: Vec<&str> = plain.lines().filter(|line| !line.starts_with("role")).collect();
    let mut text = plain.join("\n");
    for (place, key) in keys.iter().enumerate() {
        let section = [format!("[columns.{key}]"), format!("[columns.\"{key}\"]")]
            .into_iter()
            .find(|section| text.contains(section.as_str()))
            .unwrap_or_else(|| panic!("no column {key}"));
        let extra = if place == 0 { coarse } else { "" };
        text =
            text.replacen(&section, &format!("{section}\nrole = \"quasi-identifier\"\n{extra}"), 1);
    }
    text
}

const FLCHAIN: [&[&str]; 3] = [
    &["age", "sex"],
    &["age", "sex", "sample.yr"],
    &["age", "sex", "sample.yr", "flc.grp", "mgus", "death"],
];

#[test]
fn the_training_table_meets_no_preset() {
    let folder = tempfile::tempdir().unwrap();
    let schema = fs::read_to_string(fixture("schema.toml")).unwrap();
    let path = folder.path().join("schema.toml");
    let (train, holdout) = (fixture("train.csv"), fixture("holdout.csv"));
    for keys in FLCHAIN {
        fs::write(&path, with_keys(&schema, keys, "")).unwrap();
        for (preset, code) in exits(&train, &holdout, &train, &path) {
            assert_eq!(code, 1, "{preset} with {} keys", keys.len());
        }
    }
}

/// What the criteria of WP216 ask of the schema: what an adversary wants, and what two sources know.
fn with_criteria(schema: &str, secrets: &[&str], sources: [&[&str]; 2]) -> String {
    let mut text = schema.to_owned();
    for secret in secrets {
        let section = format!("[columns.{secret}]");
        text = text.replacen(&section, &format!("{section}\nrole = \"sensitive\""), 1);
    }
    format!("{text}\n[linkability]\na = {:?}\nb = {:?}\n", sources[0], sources[1])
}

/// Measurements in which values are seldom shared: of a secret that most people share, a holdout of 2,625 cannot
/// show an excess under 5 %.
const SECRETS: [&str; 4] = ["kappa", "lambda", "creatinine", "futime"];

/// The register office and the cohort study, say.
const SOURCES: [&[&str]; 2] = [
    &["age", "sex", "sample.yr", "kappa", "lambda"],
    &["creatinine", "futime", "death", "chapter", "mgus"],
];

/// Independent marginals of 5,249 persons, with keys as coarse as a cell rule asks for: age in
/// steps of twenty years, and sex. They claim no differential privacy, so that nothing of a claim is shown.
#[test]
fn an_honest_release_meets_every_preset() {
    let folder = tempfile::tempdir().unwrap();
    let schema = fs::read_to_string(fixture("schema.toml")).unwrap();
    let path = folder.path().join("schema.toml");
    let schema = with_keys(&schema, FLCHAIN[0], "precision = 20\n");
    fs::write(&path, with_criteria(&schema, &SECRETS, SOURCES)).unwrap();
    let release = fixture("releases/resampled.csv");
    let (train, holdout) = (fixture("train.csv"), fixture("holdout.csv"));
    for (preset, code) in exits(&train, &holdout, &release, &path) {
        assert_eq!(code, if preset == "dp-claim" { 3 } else { 0 }, "{preset}");
    }
}

/// What the rule on El Emam's risk itself says, whatever the rules of the base say: keys of 738 classes or more on
/// 5,249 persons are too fine for any release, coarse ones are fine for an honest one.
#[test]
fn the_identity_risk_alone_tells_fine_keys_from_coarse_ones() {
    let folder = tempfile::tempdir().unwrap();
    let schema = fs::read_to_string(fixture("schema.toml")).unwrap();
    let path = folder.path().join("schema.toml");
    let (train, holdout) = (fixture("train.csv"), fixture("holdout.csv"));
    let honest = fixture("releases/resampled.csv");
    for (keys, coarse, release, expected) in [
        (FLCHAIN[2], "", &train, "fail"),
        (FLCHAIN[1], "", &train, "fail"),
        (FLCHAIN[1], "", &honest, "fail"),
        (FLCHAIN[1], "precision = 10\n", &honest, "pass"),
        (FLCHAIN[0], "", &honest, "pass"),
    ] {
        fs::write(&path, with_keys(&schema, keys, coarse)).unwrap();
        let out = folder.path().join("out");
        let mut command = Command::cargo_bin("dosimeter").unwrap();
        command.args(["audit", "--quiet", "--force", "--policy", "ema-0070"]);
        for (flag, path) in [
            ("--real", &train),
            ("--holdout", &holdout),
            ("--synthetic", release),
            ("--schema", &path),
            ("--out", &out),
        ] {
            command.arg(flag).arg(path);
        }
        command.output().unwrap();
        let report = fs::read_to_string(out.join("report.json")).unwrap();
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        let finding = report["findings"].as_array().unwrap().iter();
        let finding = finding.clone().find(|finding| finding["rule"] == "el-emam-risk").unwrap();
        assert_eq!(finding["outcome"], expected, "{} keys {coarse}", keys.len());
    }
}

/// The findings of `gdpr-wp216` by rule.
fn criteria(train: &Path, holdout: &Path, release: &Path, schema: &Path) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut command = Command::cargo_bin("dosimeter").unwrap();
    command.args(["audit", "--quiet", "--policy", "gdpr-wp216"]);
    for (flag, path) in [
        ("--real", train),
        ("--holdout", holdout),
        ("--synthetic", release),
        ("--schema", schema),
        ("--out", &out),
    ] {
        command.arg(flag).arg(path);
    }
    command.output().unwrap();
    let report = fs::read_to_string(out.join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| (finding["rule"].as_str().unwrap().to_owned(), finding.clone()))
        .collect()
}

const CRITERIA: [&str; 3] = ["singling-out", "linkability", "inference"];

/// Each criterion alone stops the training table, with keys of two, three and six columns, and clears an honest
/// release. Where the schema does not say what two sources know or what is wanted, the finding does.
#[test]
fn each_criterion_of_wp216_tells_the_training_table_from_an_honest_release() {
    let folder = tempfile::tempdir().unwrap();
    let schema = fs::read_to_string(fixture("schema.toml")).unwrap();
    let path = folder.path().join("schema.toml");
    let (train, holdout) = (fixture("train.csv"), fixture("holdout.csv"));
    let honest = fixture("releases/resampled.csv");
    for keys in FLCHAIN {
        let text = with_criteria(&with_keys(&schema, keys, ""), &SECRETS, SOURCES);
        fs::write(&path, text).unwrap();
        let findings = criteria(&train, &holdout, &train, &path);
        for rule in CRITERIA {
            assert_eq!(findings[rule]["outcome"], "fail", "{rule} with {} keys", keys.len());
        }
        assert!(SECRETS.iter().any(|secret| findings["inference"]["about"] == *secret));
    }
    let findings = criteria(&train, &holdout, &honest, &path);
    for rule in CRITERIA {
        assert_eq!(findings[rule]["outcome"], "pass", "{rule}");
    }
    let seen = findings["inference"]["sensitivity"].as_str().unwrap();
    assert!(seen.contains("would have seen"), "{seen}");
    fs::write(&path, with_keys(&schema, FLCHAIN[0], "")).unwrap();
    let findings = criteria(&train, &holdout, &honest, &path);
    for (rule, add) in [("linkability", "add [linkability]"), ("inference", "role = \"sensitive\"")]
    {
        assert_eq!(findings[rule]["outcome"], "missing", "{rule}");
        assert!(findings[rule]["settle"].as_str().unwrap().contains(add), "{rule}");
    }
}

/// No preset on the first rows of Adult either, where DOSIMETER_DATA names it.
#[test]
fn the_training_table_meets_no_preset_on_adult() {
    let Some(data) = std::env::var_os("DOSIMETER_DATA") else { return };
    let adult = Path::new(&data).join("adult");
    let numbers = ["age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hr_per_week"];
    let header = fs::read_to_string(adult.join("train.csv")).unwrap();
    let mut schema = String::from("missing = [\"?\"]\n");
    for column in header.lines().next().unwrap().split(',') {
        let kind = if numbers.contains(&column) { "integer" } else { "categorical" };
        schema.push_str(&format!("[columns.{column}]\nkind = \"{kind}\"\n"));
    }
    let keys = ["age", "sex", "race", "marital", "education", "country"];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schema.toml");
    let first = |name: &str, rows: usize| {
        let text = fs::read_to_string(adult.join(name)).unwrap();
        let lines: String = text.lines().take(rows + 1).map(|line| format!("{line}\n")).collect();
        fs::write(folder.path().join(name), lines).unwrap();
        folder.path().join(name)
    };
    let (train, holdout) = (first("train.csv", 12_000), first("holdout.csv", 6_000));
    for count in [2, 3, 6] {
        fs::write(&path, with_keys(&schema, &keys[..count], "")).unwrap();
        for (preset, code) in exits(&train, &holdout, &train, &path) {
            assert_eq!(code, 1, "{preset} with {count} keys");
        }
        let sources: [&[&str]; 2] =
            [&keys[..4], &["education", "occupation", "hr_per_week", "fnlwgt"]];
        let text = with_keys(&schema, &keys[..count], "");
        fs::write(&path, with_criteria(&text, &["income", "occupation"], sources)).unwrap();
        let findings = criteria(&train, &holdout, &train, &path);
        for rule in CRITERIA {
            assert_eq!(findings[rule]["outcome"], "fail", "{rule} with {count} keys");
        }
    }
}

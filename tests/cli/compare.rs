//! What a release is good for, in reports; several releases side by side.

use super::support::Case;

/// An audit of both releases of the small fixture, with their utility.
fn audited() -> Case {
    let case = Case::small();
    case.edit("audit.toml", |text| text.replace("skip-utility = true\n", ""));
    let both = ["--synthetic", "leaky.csv", "--synthetic", "release.csv"];
    case.audit(&both).exits(1).prints(&["what the release is good for", "fresh records"]);
    case
}

#[test]
fn utility_stands_beside_risk_and_never_offsets_it() {
    let case = audited();
    let report = case.json("out/release/report.json");
    let rows = report["utility"].as_array().unwrap();
    let row = |metric: &str| rows.iter().find(|row| row["metric"] == metric).unwrap().clone();
    for metric in ["marginal.tv", "hellinger.multivariate", "pairwise.tv"] {
        assert!(row(metric)["ceiling"].is_string(), "{metric}: {rows:?}");
    }
    assert!(case.read("out/release/summary.md").contains("## What the release is good for"));

    // A copy of train is as good as can be, meets every rule on utility, and is stopped all the same.
    case.audit(&["--synthetic", "train.csv", "--out", "copy"]).exits(1);
    let copied = case.json("copy/report.json");
    let tv =
        copied["utility"].as_array().unwrap().iter().find(|row| row["metric"] == "marginal.tv");
    assert_eq!(tv.unwrap()["value"], "0 %");
    let check = |policy| case.run(&["check", "copy/evidence.json", "--policy", policy]);
    check("utility").exits(0).prints(&["advisory only: utility clears nothing"]);
    check("base-privacy").exits(1);
    // Columns drawn one by one are right one by one and wrong together.
    let check = ["check", "out/release/evidence.json", "--policy", "utility"];
    let run = case.run(&check);
    run.exits(0)
        .prints(&["predictions  fail: limit-exceeded", "associations  fail: limit-exceeded"]);
    assert!(!run.stdout.contains("marginals  fail"), "{run:?}");

    let skipped = case.audit(&["--synthetic", "release.csv", "--skip-utility", "--out", "skipped"]);
    // What tells rows apart is an attack, and is not left out.
    assert!(!skipped.exits(0).stdout.contains("tables of two columns"));
    let rows = case.json("skipped/report.json")["utility"].as_array().unwrap().clone();
    let named = |row: &serde_json::Value| {
        row["metric"].as_str().unwrap().starts_with("distinguishability.")
    };
    assert!(rows.iter().all(named), "{rows:?}");
}

#[test]
fn the_release_to_choose_meets_the_policy() {
    let case = audited();
    let compare = ["compare", "out", "--policy", "policy.toml"];
    let choice = "choose release: of the releases that meet small, the best by prediction.tstr-gap";
    let run = case.run(&compare);
    run.exits(0).prints(&["not-met", "nearest limit", "leaky", choice]);
    let json = case.run(&[&compare[..], &["--format", "json"]].concat());
    let shown: serde_json::Value = serde_json::from_str(&json.exits(0).stdout).unwrap();
    assert_eq!((&shown["choice"], &shown["better"]), (&"release".into(), &"lower".into()));
    let releases = shown["releases"].as_array().unwrap();
    assert!(releases.iter().all(|one| one["utility-value"].is_number()), "{releases:?}");
    let names: Vec<_> = releases.iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["leaky", "release"]);
    // Of the one as many were copied as the public tier does not tell, of the other nobody.
    assert!(releases[0]["load"].is_null() && releases[1]["load"].as_f64().unwrap() < 1.0);
    let inside = case.run(&[&compare[..], &["--format", "json", "--tier", "internal"]].concat());
    let inside: serde_json::Value = serde_json::from_str(&inside.exits(0).stdout).unwrap();
    assert!(inside["releases"][0]["load"].as_f64().unwrap() > 1.0, "{inside}");
    assert_eq!(releases[1]["front"], true);

    let files = ["compare", "out/leaky/evidence.json", "out/leaky", "--policy", "policy.toml"];
    case.run(&files).exits(1).prints(&["none to choose", "out/leaky/evidence.json"]);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let case = audited();
    let compare = |flags: &[&str]| case.run(&[&["compare"], flags].concat());
    let policy = ["--policy", "policy.toml"];
    let refused = |flags: &[&str], words: &[&str]| {
        let run = compare(&[flags, &policy].concat());
        run.exits(2).says(words);
        assert!(run.stdout.is_empty(), "{run:?}");
    };
    refused(&["out/release"], &["two or more releases", "found 1"]);
    refused(&["out", "nowhere.json"], &["nowhere.json"]);
    std::fs::create_dir(case.path("empty")).unwrap();
    refused(&["out", "empty"], &["neither evidence.json nor index.json"]);
    refused(&["out", "--utility", "marginal.tvv"], &["did you mean `marginal.tv`?"]);
    refused(&["out", "--utility", "copies.exact"], &["expected a utility metric"]);
    case.rows("holdout.csv", "holdout.csv", |rows| rows.truncate(200));
    case.audit(&["--synthetic", "release.csv", "--out", "other"]);
    refused(&["out", "other"], &["cannot be compared", "different sizes"]);
}

/// In two digits, which is less than one person of a hundred, and never of a cell of fewer than eleven.
#[test]
fn the_public_tier_tells_two_digits() {
    let case = audited();
    let flags = ["check", "out/release/evidence.json", "--policy", "utility", "--format", "json"];
    let public: serde_json::Value =
        serde_json::from_str(&case.run(&flags).exits(0).stdout).unwrap();
    let rows = public["utility"].as_array().unwrap();
    assert!(rows.len() > 20);
    let digits = |text: &str| {
        let number = text.split(' ').next().unwrap().trim_start_matches('-');
        let number = number.trim_start_matches("0.").trim_start_matches('0');
        let plain = number.split(['e', 'E']).next().unwrap();
        plain.chars().filter(char::is_ascii_digit).collect::<String>().trim_end_matches('0').len()
    };
    for row in rows {
        for told in ["value", "standard-error", "ceiling"] {
            let Some(text) = row[told].as_str() else { continue };
            assert!(digits(text) <= 2, "{}: {told} {text}", row["metric"]);
        }
    }
}

#[test]
fn utility_needs_real_records() {
    let case = Case::small();
    case.refused(&["--no-real"], &["utility needs the holdout or train", "dosimeter check"]);
    case.edit("audit.toml", |text| text + "[utility.marginall]\n");
    let words = ["unknown utility `marginall`", "did you mean `marginal`?"];
    case.refused(&["--skip-utility"], &words);
}

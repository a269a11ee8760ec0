//! What the program decides: exit codes on releases whose leak is known, and what a report says of them.

use dosimeter::evidence::Measure;

use super::support::{Case, Run, measure};

/// A fixed disorder of `rows`.
fn shuffle(rows: &mut [String]) {
    let mut state = 7_u64;
    for last in (1..rows.len()).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        rows.swap(last, (state >> 33) as usize % (last + 1));
    }
}

#[test]
fn the_fixture_is_judged_as_its_readme_says() {
    let case = Case::new();
    case.audit(&[]).exits(0).prints(&["policy met: flchain-fixture"]);
    case.audit(&["--synthetic", "leaky.csv", "--out", "leaky"])
        .exits(1)
        .prints(&["policy NOT met: flchain-fixture", "copies-exact-excess  fail: limit-exceeded"]);
}

#[test]
fn the_training_table_never_passes_in_any_dress() {
    let case = Case::new();
    case.rows("train.csv", "shuffled.csv", |rows| shuffle(rows));
    let reversed = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",") + "\n";
    case.write("turned.csv", case.read("shuffled.csv").lines().map(reversed).collect::<String>());
    case.rows("train.csv", "half.csv", |rows| rows.truncate(2600));
    case.rows("train.csv", "doubled.csv", |rows| rows.extend(rows.clone()));
    for to in ["train.parquet", "train.tsv"] {
        case.convert("shuffled.csv", to);
    }
    let releases =
        ["shuffled.csv", "turned.csv", "half.csv", "doubled.csv", "train.parquet", "train.tsv"];
    for (number, release) in releases.iter().enumerate() {
        let out = format!("out-{number}");
        case.audit(&["--synthetic", release, "--out", &out]).exits(1);
        for policy in ["base-privacy", "dev-test-data"] {
            let evidence = format!("{out}/evidence.json");
            case.run(&["check", &evidence, "--policy", policy]).exits(1);
        }
    }
}

#[test]
fn a_contaminated_control_never_clears() {
    let case = Case::small();
    case.rows("train.csv", "union.csv", |rows| {
        rows.extend(case.data("holdout.csv"));
        shuffle(rows);
    });
    case.rows("train.csv", "half.csv", |rows| {
        rows.truncate(160);
        rows.extend(case.data("holdout.csv").drain(..160));
    });
    let contaminated =
        ["inconclusive: control-contaminated", "a holdout that the generator never saw"];
    case.audit(&["--synthetic", "union.csv", "--out", "a"]).exits(3).prints(&contaminated);
    case.audit(&["--synthetic", "holdout.csv", "--out", "b"]).exits(3).prints(&contaminated);
    case.audit(&["--holdout", "half.csv", "--out", "c"]).exits(3).prints(&contaminated);
    assert_eq!(case.json("a/report.json")["control"], "contaminated");
    case.rows("train.csv", "shuffled.csv", |rows| shuffle(rows));
    for holdout in ["train.csv", "shuffled.csv"] {
        case.refused(
            &["--holdout", holdout],
            &["train and holdout are the same table", "dosimeter split"],
        );
    }
}

#[test]
fn persons_on_both_sides_of_the_split_are_refused() {
    let case = Case::new();
    for file in ["train.csv", "holdout.csv"] {
        let offset = if file == "train.csv" { 0 } else { 5249 };
        let line = |(at, line): (usize, &str)| match at {
            0 => format!("person,{line}\n"),
            _ => format!("p{},{line}\n", at + offset - usize::from(offset > 0 && at == 9)),
        };
        case.edit(file, |text| text.lines().enumerate().map(line).collect());
    }
    let subject = "[columns.person]\nkind = 'text'\nrole = 'subject'\n";
    case.edit("schema.toml", |text| text + subject);
    // The ninth holdout row belongs to the eighth's person: still one side only.
    case.audit(&[]).exits(0);
    case.edit("holdout.csv", |text| text.replacen("p5257,", "p17,", 1));
    let run = case.refused(&["--out", "new"], &["share persons (column `person`)", "split again"]);
    assert!(!run.stderr.contains("p17"), "{run:?}");
}

#[test]
fn without_a_holdout_nothing_is_cleared_and_the_first_line_says_so() {
    let case = Case::new();
    case.edit("audit.toml", |text| text.replace("holdout = 'holdout.csv'\n", ""));
    let run = case.audit(&[]);
    run.exits(3).prints(&["missing: no-holdout"]);
    assert!(
        run.stdout.starts_with("! No holdout: this audit can stop a release, never clear one.")
    );
    let run = case.audit(&["--synthetic", "train.csv", "--out", "copied"]);
    assert!(matches!(run.code, Some(1 | 3)), "{run:?}");
    case.audit(&["--synthetic", "train.csv", "--policy", "dev-test-data", "--out", "test"])
        .exits(1);
    let report = case.json("out/report.json");
    assert!(report["caveats"][0].as_str().unwrap().starts_with("No holdout"));
}

#[test]
fn one_content_has_one_digest_in_every_format() {
    let case = Case::small();
    for to in ["r.tsv", "r.parquet"] {
        case.convert("release.csv", to);
    }
    let text = case.read("release.csv");
    case.write("r.csv.zst", zstd::encode_all(text.as_bytes(), 1).unwrap());
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gz, text.as_bytes()).unwrap();
    case.write("r.csv.gz", gz.finish().unwrap());
    case.audit(&[]).exits(0);
    let subject = |out: &str| case.evidence(&format!("{out}/evidence.json")).subject;
    for release in ["r.tsv", "r.parquet", "r.csv.zst", "r.csv.gz"] {
        case.audit(&["--synthetic", release, "--out", &format!("out-{release}")]).exits(0);
        let (plain, other) = (subject("out"), subject(&format!("out-{release}")));
        assert_eq!(plain.content_digest, other.content_digest, "{release}");
        assert_ne!(plain.sha256, other.sha256, "{release}");
    }
}

#[test]
fn check_judges_as_audit_did() {
    let case = Case::small();
    for (release, out, code) in
        [("release.csv", "met", 0), ("leaky.csv", "not", 1), ("holdout.csv", "un", 3)]
    {
        case.audit(&["--synthetic", release, "--out", out]).exits(code);
        let file = format!("{out}/evidence.json");
        let audited = case.json(&format!("{out}/report.json"));
        let run = case.run(&["check", &file, "--policy", "policy.toml", "--format", "json"]);
        let checked: serde_json::Value = serde_json::from_str(&run.exits(code).stdout).unwrap();
        for member in ["decision", "findings", "evidence-sha256", "subject"] {
            assert_eq!(audited[member], checked[member], "{member}");
        }
        let always = case.run(&[
            "check",
            &file,
            "--policy",
            "policy.toml",
            "--exit-zero",
            "--format",
            "json",
        ]);
        let report: serde_json::Value = serde_json::from_str(&always.exits(0).stdout).unwrap();
        assert_eq!(
            (&report["exit-zero"], &report["decision"]),
            (&true.into(), &audited["decision"])
        );
    }
    case.audit(&["--synthetic", "leaky.csv", "--exit-zero", "--out", "zero"]).exits(0);
    assert_eq!(case.json("zero/report.json")["exit-zero"], true);
    assert_eq!(case.json("not/report.json")["exit-zero"], false);
}

/// Digits of a digest are no counts.
fn without_digests(text: &str) -> String {
    let digest = |word: &&str| word.len() < 64 || !word.bytes().all(|b| b.is_ascii_hexdigit());
    text.split('`').flat_map(|part| part.split('"')).filter(digest).collect()
}

#[test]
fn the_public_tier_prints_no_small_count_and_nothing_it_follows_from() {
    let case = Case::new();
    let three = case.data("train.csv")[100..103].to_vec();
    // Released rows are public: 5,000 of them, so that only training persons are 5,249.
    case.rows("release.csv", "three.csv", |rows| {
        rows.truncate(5000);
        rows[..3].clone_from_slice(&three);
    });
    let everything = |tier: &str| {
        let judged = ["--policy", "dev-test-data", "--tier", tier];
        let audit = [&["--synthetic", "three.csv", "--out", tier][..], &judged].concat();
        let mut text = case.audit(&audit).exits(1).stdout.clone();
        for file in ["report.json", "summary.md"] {
            text += &case.read(&format!("{tier}/{file}"));
        }
        for format in ["human", "json", "markdown"] {
            let check = ["check", &format!("{tier}/evidence.json"), "--format", format];
            text += &case.run(&[&check[..], &judged].concat()).exits(1).stdout;
        }
        text
    };
    let evidence =
        |out: &str| measure(&case.evidence(&format!("{out}/evidence.json")), "copies.exact");
    // "193 of 200" and "3 of 400" planted persons are seen; of the 5,249 it would be 3.
    let derived =
        [" 3 of 5", "(3 of 5", "0.057", "0.05715", "0.06 %", "0.000571", "5249", "5246", "2625"];
    let public = without_digests(&everything("public"));
    for word in derived {
        assert!(!public.contains(word), "`{word}` in {public}");
    }
    assert!(public.contains("suppressed (a count of 1–10)") && public.contains("breaks the limit"));
    let internal = everything("internal");
    assert!(internal.contains("3 of 5249") && internal.contains("0.0571537 %"), "{internal}");
    assert!(
        matches!(evidence("public"), Measure::Rate { successes, .. } if successes.to_bits() == 3_f64.to_bits())
    );
    assert_eq!(evidence("public"), evidence("internal"));
}

/// A release near to 200 training persons and equal to none, under a rule that may be waived.
fn near() -> Case {
    let case = Case::new();
    let copied = case.data("train.csv");
    case.rows("release.csv", "near.csv", |rows| rows[..200].clone_from_slice(&copied[..200]));
    case.edit_rows("near.csv", |row, cells| {
        if row <= 200 {
            let days: u32 = cells[8].parse().unwrap();
            cells[8] = if days < 6000 { days + 1 } else { days - 1 }.to_string();
        }
    });
    case.write(
        "policy.toml",
        "schema = 1\nid = 'near'\nversion = '1'\ntitle = 'near'\nbasis = 'house'\nsource = 'test'\n\
         [[rule]]\nid = 'near'\nmetric = 'copies.near-excess'\nscope = 'all'\nop = 'lt'\n\
         limit = '0.2%'\nseverity = 'block'\n",
    );
    case.audit(&["--synthetic", "near.csv"]).exits(1);
    case
}

#[test]
fn a_waiver_covers_one_rule_of_one_release_until_it_expires() {
    let case = near();
    let digest = case.evidence("out/evidence.json").subject.content_digest.to_string();
    let today = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date();
    let day = |days: i64| today.checked_add(jiff::Span::new().days(days)).unwrap();
    let check = |rule: &str, digest: &str, most: f64, last: i64, flags: &[&str]| -> Run {
        let text = format!(
            "[[waiver]]\nrule = '{rule}'\nsubject-digest = '{digest}'\nmax-value = {most}\n\
             reason = 'agreed with the data protection officer'\napprover = 'A. Officer'\n\
             ticket = 'T-1'\ncreated = {}\nexpires = {}\n",
            day(last - 30),
            day(last)
        );
        case.write("waivers.toml", text);
        let fixed =
            ["check", "out/evidence.json", "--policy", "policy.toml", "--waivers", "waivers.toml"];
        let mut command = case.command(&[&fixed[..], flags].concat());
        // A time of issue long past must not revive an expired waiver.
        Run::of(command.env("SOURCE_DATE_EPOCH", "1700000000"))
    };
    // Last days: one after today and one before yesterday, whatever midnight does.
    let (within, after) = (10, -10);
    let allow = ["--allow-waivers"];
    let met = ["policy met with waivers: near"];
    check("near", &digest, 0.1, within, &allow).exits(0).prints(&met).prints(&["waived"]);
    check("near", &digest, 0.1, within, &[]).exits(1).prints(&met);
    let unused = ["the waiver of `near` covers nothing", "policy NOT met"];
    check("near", &digest, 0.1, after, &allow).exits(1).prints(&unused);
    check("near", &digest, 0.01, within, &allow).exits(1).prints(&unused);
    check("near", &"0".repeat(64), 0.1, within, &allow).exits(1).prints(&unused);
    check("neat", &digest, 0.1, within, &allow)
        .exits(1)
        .prints(&["the waiver of `neat` covers nothing"]);
    let run = check("near", &digest, 0.1, after, &["--allow-waivers", "--format", "json"]);
    assert!(run.exits(1).stdout.contains("\"unused-waivers\":[\"near\"]"), "{run:?}");
}

#[test]
fn several_releases_are_judged_each_and_the_worst_decides() {
    let case = Case::small();
    let flags =
        ["--synthetic", "release.csv", "--synthetic", "leaky.csv", "--synthetic", "holdout.csv"];
    case.audit(&flags).exits(1).prints(&[
        "release: policy met",
        "leaky: policy NOT met",
        "holdout: not shown",
    ]);
    let index = case.json("out/index.json");
    let decisions: Vec<_> =
        index.as_array().unwrap().iter().map(|one| one["decision"].clone()).collect();
    assert_eq!(decisions, ["met", "not-met", "not-shown"]);
    for (release, decision) in [("release", "met"), ("leaky", "not-met"), ("holdout", "not-shown")]
    {
        assert_eq!(case.json(&format!("out/{release}/report.json"))["decision"], decision);
    }
    case.audit(&[&flags[..2], &flags[4..], &["--out", "two"]].concat()).exits(3);
    // One that cannot be read leaves no index that could speak for all.
    case.write("ragged.csv", "age,sex\n1\n");
    let run = case.audit(&[&flags[..2], &["--synthetic", "ragged.csv", "--out", "three"]].concat());
    run.exits(2).says(&["ragged.csv", "line 2 has 1 field"]);
    assert!(!case.path("three/index.json").exists());
}

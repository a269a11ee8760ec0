//! The same input gives the same bytes.

use super::support::{Case, measure};

const METRICS: [&str; 5] = [
    "copies.exact",
    "copies.exact-rows",
    "copies.exact-excess",
    "copies.near",
    "copies.near-excess",
];

#[test]
fn threads_and_repetition_change_no_byte_of_the_evidence() {
    let case = Case::new();
    // More released rows than training rows, so that the control's random subsamples are drawn.
    case.rows("leaky.csv", "release.csv", |rows| rows.extend(rows[..500].to_vec()));
    for (out, threads) in [("one", "1"), ("two", "2"), ("many", "7")] {
        case.audit(&["--threads", threads, "--out", out]).exits(1);
    }
    let bytes = |out: &str| case.read(&format!("{out}/evidence.json"));
    for out in ["two", "many"] {
        assert_eq!(bytes(out), bytes("one"), "{out}");
    }
    case.audit(&["--seed", "7", "--out", "seeded"]).exits(1);
    assert_ne!(bytes("seeded"), bytes("one"));
    assert_eq!(case.evidence("seeded/evidence.json").seed, 7);
}

/// Verbosely, it says how it searches, and the instructions it was told to use are those it names. A machine
/// without them uses the best it has.
#[test]
fn instruction_sets_and_words_change_no_byte_of_the_evidence() {
    let case = Case::new();
    case.audit(&["--synthetic", "leaky.csv", "--out", "quiet"]).exits(1);
    let known = |simd: &str| match simd {
        #[cfg(target_arch = "x86_64")]
        "AVX512" => is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw"),
        #[cfg(target_arch = "x86_64")]
        "AVX2" => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
        "SSE2" => cfg!(target_arch = "x86_64"),
        _ => true,
    };
    for simd in ["portable", "SSE2", "AVX2", "AVX512"].into_iter().filter(|simd| known(simd)) {
        let arguments = ["audit", "--verbose", "--synthetic", "leaky.csv", "--out", simd];
        let mut command = case.command(&arguments);
        let output = command.env("DOSIMETER_SIMD", simd.to_lowercase()).assert().code(1);
        let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
        for what in ["training records", "release", "training records by numbers"] {
            let line = said.lines().find(|line| line.contains(&format!("  {what}: ")));
            let line = line.unwrap_or_else(|| panic!("{what}: {said}"));
            assert!(line.contains(" units to a column, ") && line.ends_with(simd), "{line}");
        }
        assert_eq!(case.read(&format!("{simd}/evidence.json")), case.read("quiet/evidence.json"));
    }
}

#[test]
fn the_order_of_rows_changes_no_count_of_copies() {
    let case = Case::small();
    case.audit(&["--synthetic", "leaky.csv"]).exits(1);
    for file in ["train.csv", "holdout.csv", "leaky.csv"] {
        case.rows(file, file, |rows| rows.reverse());
    }
    case.audit(&["--synthetic", "leaky.csv", "--out", "reversed"]).exits(1);
    let (first, second) =
        (case.evidence("out/evidence.json"), case.evidence("reversed/evidence.json"));
    assert_eq!(first.subject.content_digest, second.subject.content_digest);
    assert_ne!(first.subject.sha256, second.subject.sha256);
    for metric in METRICS {
        assert_eq!(measure(&first, metric), measure(&second, metric), "{metric}");
    }
}

#[test]
fn a_fixed_time_makes_the_report_reproducible() {
    let case = Case::small();
    for out in ["first", "second"] {
        let mut command = case.command(&["audit", "--quiet", "--out", out]);
        command.env("SOURCE_DATE_EPOCH", "1700000000").assert().code(0);
        std::thread::sleep(std::time::Duration::from_millis(1100));
    }
    for file in ["evidence.json", "report.json", "summary.md"] {
        assert_eq!(case.read(&format!("first/{file}")), case.read(&format!("second/{file}")));
    }
    let report = case.json("first/report.json");
    assert_eq!(report["issued"], "2023-11-14T22:13:20Z");
    assert_eq!(report["expires"], "2024-11-13");
    let evidence = case.read("first/evidence.json");
    // A public digest of so few numbers would let anyone try small counts until one fits.
    assert!(report["evidence-sha256"].is_null());
    case.run(&["audit", "--quiet", "--out", "inside", "--tier", "internal"]).exits(0);
    let digest = dosimeter::digest::Digest::of(evidence.as_bytes()).to_string();
    assert_eq!(case.json("inside/report.json")["evidence-sha256"], digest.as_str());
    assert!(!evidence.contains("2023-11-14"));
    let mut command = case.command(&["audit", "--quiet", "--out", "third"]);
    command.env("SOURCE_DATE_EPOCH", "yesterday").assert().code(2);
    assert!(!case.path("third").exists());
}

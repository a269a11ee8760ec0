//! What a report shows, and what the public tier must not.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod common;

use common::{dossier, exchangeable};
use dosimeter::digest::Digest;
use dosimeter::evidence::{Count, Evidence, Measure, Planting};
use dosimeter::policy::Policy;
use dosimeter::report::{Issue, Tier, render_json, render_markdown, render_terminal, view};
use dosimeter::verdict::{Circumstances, judge};

/// When and how a report is issued.
fn issue() -> Issue {
    Issue {
        at: "2026-01-31T00:00:00Z".into(),
        day: "2026-01-31".parse().unwrap(),
        attempt: None,
        exit_zero: false,
        measured: true,
    }
}

fn render(treated: u64, control: u64, tier: Tier) -> String {
    let text = "schema = 1\nid = \"test\"\nversion = \"1\"\ntitle = \"t | *x*\"\nbasis = \"house\"\n\
                source = \"s\"\n[evidence]\nmax-age-days = 30\n[[rule]]\nid = \"excess\"\n\
                metric = \"copies.exact-excess\"\nscope = \"all\"\nop = \"lt\"\nlimit = \"0.1%\"\n\
                severity = \"block\"\n[[rule]]\nid = \"rate\"\nmetric = \"copies.exact\"\n\
                scope = \"all\"\nop = \"lt\"\nlimit = \"0.04%\"\nseverity = \"block\"\n";
    let policy = Policy::parse(text, "p.toml").unwrap();
    let difference = |metric: &str, k1, k2| {
        let treated = Count { successes: k1, trials: 5249 };
        let control = Count { successes: k2, trials: 2625 };
        Evidence::whole(
            metric,
            Measure::Difference {
                treated,
                control,
                baseline: Some(Count { successes: 0, ..control }),
            },
        )
    };
    let rate = Measure::Rate { successes: treated as f64, trials: 5249, frame: None };
    let mut dossier = dossier(vec![
        difference("control.overlap", 0, 0),
        difference("control.contamination", 0, 0),
        difference("copies.exact-excess", treated, control),
        Evidence::whole("copies.exact", rate),
        exchangeable(),
    ]);
    dossier.subject.name = "r<i>.csv".into();
    let verdict = judge(&policy, &dossier, &Circumstances::default());
    let report = view(&verdict, &policy, &dossier, Digest::of(b"evidence"), &issue(), tier);
    let mut text = Vec::new();
    render_json(&report, &mut text).unwrap();
    render_markdown(&report, &mut text).unwrap();
    render_terminal(&report, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// Counts of 1 to 10, alone or in a contrast, and the sizes that they could be divided by.
#[test]
fn the_public_tier_shows_no_small_count_and_no_exact_size() {
    for small in 1..=10 {
        for text in [render(small, 0, Tier::Public), render(small, small, Tier::Public)] {
            assert!(text.contains("suppressed (a count of 1–10)"), "{small}");
            for derived in ["5249", "2625", "needed", "targets with no further hit"] {
                assert!(!text.contains(derived), "{small}: {derived}");
            }
        }
    }
    // With the same outcome, two small counts read alike: nothing of the count is left.
    assert!(render(3, 0, Tier::Public) == render(5, 0, Tier::Public));
    assert!(render(9, 1, Tier::Public) == render(10, 2, Tier::Public));
}

/// Two public reports cannot be subtracted to a small count: 20 and 90 persons read alike.
#[test]
fn public_estimates_are_too_coarse_to_subtract() {
    assert!(render(20, 0, Tier::Public) == render(90, 0, Tier::Public));
    assert!(render(757, 0, Tier::Public) == render(759, 0, Tier::Public));
    assert!(render(20, 0, Tier::Internal) != render(90, 0, Tier::Internal));
}

#[test]
fn the_internal_tier_shows_counts_and_what_would_settle_them() {
    let text = render(3, 1, Tier::Internal);
    assert!(text.contains("3 of 5249; control 1"));
    assert!(text.contains("19382 targets with no further hit, this audit had 5249"), "{text}");
    let nothing = render(0, 0, Tier::Public);
    assert!(nothing.contains("7488 targets with no further hit, this audit had about 5200"));
}

#[test]
fn the_last_line_is_the_verdict_and_markup_stays_text() {
    let text = render(0, 0, Tier::Public);
    assert!(text.trim_end().lines().last().unwrap().contains("not shown: test (1 rule open"));
    assert!(text.contains("t \\| \\*x\\*"));
    assert!(text.contains("\"expires\":\"2026-03-02\""));
    for word in ["safe ", "is anonymous"] {
        assert!(!text.contains(word), "{word}");
    }
}

/// A true positive rate shows counts at three thresholds: one small count hides them all.
#[test]
fn the_public_tier_suppresses_small_counts_at_thresholds() {
    let text = "schema = 1\nid = \"test\"\nversion = \"1\"\ntitle = \"t\"\nbasis = \"house\"\n\
                source = \"s\"\nadvisory = true\n[[rule]]\nid = \"tpr\"\n\
                metric = \"membership.tpr-at-fpr-1-percent\"\nscope = \"all\"\nop = \"lt\"\n\
                limit = \"3%\"\nseverity = \"warn\"\n";
    let policy = Policy::parse(text, "p.toml").unwrap();
    let shown = |slope: u64, tier| {
        let detected = (1..=126).map(|rank| slope * rank).collect();
        let measure = Measure::Roc {
            false_positive_rate: 0.01,
            beyond_chance: false,
            members: 100_000,
            non_members: 5000,
            detected,
        };
        let dossier = dossier(vec![Evidence::whole("membership.tpr-at-fpr-1-percent", measure)]);
        let verdict = judge(&policy, &dossier, &Circumstances::default());
        let digest = Digest::of(b"evidence");
        view(&verdict, &policy, &dossier, digest, &issue(), tier).findings[0].estimate.clone()
    };
    // Ranks 50, 65 and 33: 33 members at the last.
    assert_eq!(shown(1, Tier::Public), "suppressed (a count of 11–100)");
    assert_eq!(shown(20, Tier::Public), "1 %");
    assert_eq!(shown(20, Tier::Internal), "1 % (1000 of 100000 at the threshold)");
}

/// A risk of a third is that of a class of three, and a share of a few thousand persons tells how many they are: the
/// public tier names a class of risks. A class of eleven has the largest risk that is not over 9 %.
#[test]
fn the_public_tier_shows_risks_of_keys_as_classes() {
    let shown = |metric: &str, measure: Measure, tier| {
        let text = format!(
            "schema = 1\nid = \"test\"\nversion = \"1\"\ntitle = \"t\"\nbasis = \"house\"\nsource = \"s\"\n\
             advisory = true\n[[rule]]\nid = \"risk\"\nmetric = \"{metric}\"\nscope = \"all\"\nop = \"le\"\n\
             limit = \"5%\"\nseverity = \"warn\"\n"
        );
        let policy = Policy::parse(&text, "p.toml").unwrap();
        let dossier = dossier(vec![Evidence::whole(metric, measure)]);
        let verdict = judge(&policy, &dossier, &Circumstances::default());
        let report = view(&verdict, &policy, &dossier, Digest::of(b"evidence"), &issue(), tier);
        [report.findings[0].estimate.clone(), report.findings[0].bounds.clone()]
    };
    let exact = |value| Measure::Exact { value };
    for metric in ["uniqueness.individual-risk-highest", "uniqueness.population-unique-share"] {
        for (value, words) in [
            (1.0 / 3.0, ["over 9 %", "breaks the limit"]),
            (0.25, ["over 9 %", "breaks the limit"]),
            (1.0 / 11.0, ["1 to 9 %", "breaks the limit"]),
            (0.04, ["1 to 9 %", "keeps the limit"]),
            (3.0 / 5249.0, ["under 1 %", "keeps the limit"]),
            (0.0, ["0 %", "exact"]),
        ] {
            assert_eq!(shown(metric, exact(value), Tier::Public), words, "{metric} {value}");
        }
        assert_eq!(shown(metric, exact(0.25), Tier::Internal), ["25 %", "exact"]);
    }
    let mean = Measure::Normal { value: 0.004, standard_error: 0.001, range: [0.0, 1.0] };
    let public = shown("identity.marketer-rate", mean.clone(), Tier::Public);
    // A contrast decides nothing beside an untested control.
    assert_eq!(public, ["under 1 %", "does not decide"]);
    assert_eq!(shown("identity.marketer-rate", mean, Tier::Internal)[0], "0.4 %");
}

/// A planted row that lies nearest to its own person adds to what a test of distances counts: the test itself may see
/// nothing of it, and the report does not say that it would have.
#[test]
fn a_test_of_distances_is_not_said_to_see_single_rows() {
    let text = "schema = 1\nid = \"test\"\nversion = \"1\"\ntitle = \"t\"\nbasis = \"house\"\nsource = \"s\"\n\
                advisory = true\n[[rule]]\nid = \"near\"\nmetric = \"distance.share\"\nscope = \"all\"\n\
                op = \"le\"\nlimit = \"2%\"\nseverity = \"warn\"\n";
    let policy = Policy::parse(text, "p.toml").unwrap();
    let measure = Measure::Normal { value: 0.0, standard_error: 0.01, range: [-1.0, 1.0] };
    let mut fact = Evidence::whole("distance.share", measure);
    let cell = "verbatim/uniform".to_owned();
    fact.positive_control.push(Planting { cell, true_value: 0.01, detected: 190, of: 200 });
    let dossier = dossier(vec![fact]);
    let verdict = judge(&policy, &dossier, &Circumstances::default());
    let digest = Digest::of(b"evidence");
    let report = view(&verdict, &policy, &dossier, digest, &issue(), Tier::Public);
    let words = report.findings[0].sensitivity.clone().unwrap();
    assert!(words.contains("190 of 200 copied verbatim count against the release"), "{words}");
    assert!(words.contains("many such rows") && !words.contains("would have seen"), "{words}");
}

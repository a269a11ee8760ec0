//! Policies and waivers as their authors write them: what is refused, at which line, and what a
//! waiver covers.

mod common;

use common::{dossier, exchangeable};
use dosimeter::Policy;
use dosimeter::digest::Digest;
use dosimeter::evidence::{Count, Dossier, Evidence, Measure};
use dosimeter::policy::{Date, PRESETS, Severity, Waiver};
use dosimeter::verdict::{Circumstances, Decision, judge};

const HEAD: &str = "schema = 1\nid = \"test\"\nversion = \"1\"\ntitle = \"t\"\nbasis = \"house\"\n\
                    source = \"s\"\n";
const RULE: &str = "[[rule]]\nid = \"r\"\nmetric = \"copies.exact-excess\"\nscope = \"all\"\n\
                    op = \"lt\"\nlimit = \"0.2%\"\nseverity = \"block\"\n";

/// Averages, smoke tests of distances, and what is said without a positive control: none of them clears a release.
const STOPS_ONLY: [&str; 13] = [
    "distance.share",
    "distance.tail-share",
    "distance.subset-share",
    "identity.marketer-rate",
    "inference.model-excess",
    "membership.advantage",
    "membership.auroc",
    "membership.log-odds-lower",
    "membership.relative-f1",
    "membership.relative-f1-chance",
    "membership.tpr-at-fpr-10-percent",
    "membership.tpr-at-fpr-1-percent",
    "membership.tpr-at-fpr-1-permille",
];

fn refused(text: &str) -> String {
    let parsed = Policy::parse(text, "p.toml");
    parsed.err().unwrap_or_else(|| panic!("not refused:\n{text}")).to_string()
}

/// Changes of a good policy, and what the message must say, with its line.
#[test]
fn every_slip_is_an_error_at_its_line() {
    let good = format!("{HEAD}{RULE}");
    assert!(Policy::parse(&good, "p.toml").is_ok());
    for (from, to, words) in [
        ("limit = \"0.2%\"", "limit = 0.002", "p.toml:12: expected a limit with a unit"),
        ("limit = \"0.2%\"", "limit = \"0.2\"", "p.toml:12: expected a percentage"),
        ("limit = \"0.2%\"", "limit = nan\nunit = \"fraction\"", "p.toml:12: expected a limit"),
        ("limit = \"0.2%\"", "limit = inf\nunit = \"fraction\"", "p.toml:12: expected a limit"),
        ("limit = \"0.2%\"", "limit = -0.2\nunit = \"fraction\"", "p.toml:12: expected a limit"),
        ("limit = \"0.2%\"", "limit = \"200%\"", "p.toml:12: expected a limit"),
        ("copies.exact-excess", "copies.exact-exces", "did you mean `copies.exact-excess`?"),
        ("op = \"lt\"", "op = \"ge\"", "p.toml:11: lower values"),
        ("op = \"lt\"", "op = \"<\"", "p.toml:11"),
        ("severity = \"block\"", "severity = \"blok\"", "p.toml:13"),
        ("severity = \"block\"", "severity = \"block\"\nseverty = 1", "p.toml:14"),
        ("severity = \"block\"", "severity = \"warn\"", "at least one rule with severity"),
        ("severity = \"block\"", "severity = \"fail-only\"", "at least one rule with severity"),
        ("scope = \"all\"", "scope = \"everyone\"", "p.toml:10"),
        ("schema = 1", "schema = 2", "p.toml:1: expected schema = 1"),
        ("id = \"test\"", "id = \"Test\"", "p.toml:2: expected an id"),
        (
            "source = \"s\"",
            "source = \"s\"\nextends = \"base-privcy\"",
            "did you mean `base-privacy`?",
        ),
        ("[[rule]]", "[evidence]\nconfidence = 1.0\n[[rule]]", "p.toml:8: expected `confidence`"),
        ("[[rule]]", "[evidence]\nconfidence = 95\n[[rule]]", "p.toml:8"),
        ("[[rule]]", "[evidence]\nconfidence = nan\n[[rule]]", "p.toml:8: expected `confidence`"),
        ("[[rule]]\n", "[[rule]]\ncells = [\"verbatm/uniform\"]\n", "p.toml:8: expected cells"),
        ("[[rule]]\n", "[[rule]]\ncells = []\n", "p.toml:8: expected cells"),
        ("copies.exact-excess", "control.overlap", "p.toml:12: `control.overlap` says nothing"),
        ("op = \"lt\"\nlimit = \"0.2%\"", "op = \"le\"\nlimit = \"100%\"", "no release can break"),
    ] {
        assert!(good.contains(from), "{from}");
        let problem = refused(&good.replacen(from, to, 1));
        assert!(problem.contains(words), "{to}: {problem}");
    }
    for metric in STOPS_ONLY {
        let rule = |severity: &str| {
            let text = RULE.replace("copies.exact-excess", metric).replace("\"r\"", "\"stop\"");
            let text =
                if metric.contains("log-odds") { text.replace("\"0.2%\"", "0.5") } else { text };
            format!("{good}{}", text.replace("\"block\"", &format!("\"{severity}\"")))
        };
        let problem = refused(&rule("block"));
        let words = ["p.toml:20: a small value of", metric, "expected severity = \"fail-only\""];
        assert!(words.iter().all(|word| problem.contains(word)), "{problem}");
        for severity in ["fail-only", "warn"] {
            assert!(Policy::parse(&rule(severity), "p.toml").is_ok(), "{metric} {severity}");
        }
    }
    assert!(refused(&format!("{good}{RULE}")).contains("p.toml:15: rule id `r` is used twice"));
    let second = RULE.replace("\"r\"", "\"s\"");
    assert!(refused(&format!("{good}{second}")).contains("p.toml:15: rule `r` already judges"));
    let advisory = format!("{HEAD}extends = \"base-privacy\"\nadvisory = true\n");
    assert!(refused(&advisory).contains("`advisory` is laxer"));
    assert!(refused(HEAD).contains("at least one rule"));
    assert!(refused("").contains("p.toml:1"));
    assert!(Policy::parse(&format!("{}advisory = true\n", HEAD), "p.toml").unwrap().advisory);
}

/// What `extends` allows: tighter limits and more rules, never looser ones.
#[test]
fn a_policy_tightens_what_it_extends_and_never_loosens_it() {
    let child = |rule: &str| format!("{HEAD}extends = \"base-privacy\"\n{rule}");
    let own = |limit: &str, severity: &str, metric: &str, op: &str| {
        child(&format!(
            "[[rule]]\nid = \"copies-exact-excess\"\nmetric = \"{metric}\"\nscope = \"all\"\n\
             op = \"{op}\"\nlimit = \"{limit}\"\nseverity = \"{severity}\"\n"
        ))
    };
    let metric = "copies.exact-excess";
    let tighter = Policy::parse(&own("0.1%", "block", metric, "lt"), "p.toml").unwrap();
    assert_eq!(tighter.rules.len(), 9);
    assert!((tighter.rules[0].limit - 0.001).abs() < 1e-15);
    assert_eq!(tighter.rules[1].severity, Severity::FailOnly);
    assert_eq!(tighter.rules[1].location.file, "policies/base-privacy.toml");
    assert_eq!(tighter.digests.len(), 2);
    for text in [
        own("0.3%", "block", metric, "lt"),
        own("0.2%", "block", metric, "le"),
        own("0.1%", "warn", metric, "lt"),
        own("0.1%", "fail-only", metric, "lt"),
        own("0.1%", "block", "copies.exact", "lt"),
        child("[evidence]\nconfidence = 0.9\n"),
        child("[evidence]\nfail-confidence = 0.999\n"),
        child("[evidence]\nmax-age-days = 366\n"),
    ] {
        let problem = refused(&text);
        assert!(
            problem.contains("never loosened")
                || problem.contains("may not")
                || problem.contains("laxer"),
            "{problem}"
        );
    }
}

#[test]
fn presets_block_or_only_inform_and_have_sources() {
    let sources = include_str!("../policies/SOURCES.md");
    for preset in PRESETS {
        let policy = preset.policy().unwrap();
        let blocks = policy.rules.iter().any(|rule| rule.severity == Severity::Block);
        assert_ne!(blocks, policy.advisory, "{}", policy.id);
        let warns = policy.rules.iter().all(|rule| rule.severity == Severity::Warn);
        assert_eq!(warns, policy.advisory, "{}", policy.id);
        for rule in policy.rules {
            assert!(sources.contains(&rule.id), "{} is not in SOURCES.md", rule.id);
        }
    }
}

fn waiver_text(created: &str, expires: &str, reason: &str, max: &str) -> String {
    format!(
        "[[waiver]]\nrule = \"near\"\nsubject-digest = \"{}\"\nmax-value = {max}\n\
         reason = \"{reason}\"\napprover = \"A. Officer\"\nticket = \"T-1\"\n\
         created = {created}\nexpires = {expires}\n",
        Digest::of(b"content")
    )
}

const REASON: &str = "the table goes to an enclave only";

#[test]
fn waivers_that_say_too_little_or_last_too_long_are_refused() {
    let parse = |text: &str| Waiver::parse(text, "w.toml").map(|waivers| waivers.len());
    assert_eq!(parse(&waiver_text("2026-01-01", "2026-04-01", REASON, "0.05")).unwrap(), 1);
    for (text, words) in [
        (waiver_text("2026-01-01", "2026-04-02", REASON, "0.05"), "0 to 90 days"),
        (waiver_text("2026-01-02", "2026-01-01", REASON, "0.05"), "0 to 90 days"),
        (waiver_text("2026-01-01", "2026-02-01", "because", "0.05"), "20 characters"),
        (waiver_text("2026-01-01", "2026-02-01", REASON, "nan"), "finite"),
        (waiver_text("2026-01-01", "2026-02-01T00:00:00", REASON, "0.05"), "a date"),
        (waiver_text("2026-01-01", "2026-02-01", REASON, "0.05").replace("T-1", " "), "`ticket`"),
        (
            waiver_text("2026-01-01", "2026-02-01", REASON, "0.05").replace("ticket", "tiket"),
            "w.toml:",
        ),
    ] {
        let problem = parse(&text).unwrap_err().to_string();
        assert!(problem.contains(words) && problem.contains("w.toml:"), "{words}: {problem}");
    }
}

fn evidence(near: u64, exact: u64) -> Dossier {
    let difference = |metric: &str, hits| {
        let treated = Count { successes: hits, trials: 5000 };
        let control = Count { successes: 0, trials: 2500 };
        Evidence::whole(
            metric,
            Measure::Difference {
                treated,
                control,
                baseline: Some(Count { successes: 0, ..control }),
            },
        )
    };
    dossier(vec![
        difference("control.overlap", 0),
        difference("control.contamination", 0),
        difference("copies.near-excess", near),
        difference("copies.exact-excess", exact),
        exchangeable(),
    ])
}

/// Near copies may be waived for one release, up to a value, for a time; exact copies never.
#[test]
fn a_waiver_covers_one_rule_of_one_release_up_to_its_value_and_day() {
    let rule = |id: &str, metric: &str| {
        RULE.replace("\"r\"", &format!("\"{id}\"")).replace("copies.exact-excess", metric)
    };
    let text = format!(
        "{HEAD}{}{}",
        rule("near", "copies.near-excess"),
        rule("exact", "copies.exact-excess")
    );
    let policy = Policy::parse(&text, "p.toml").unwrap();
    let day: Date = "2026-01-15".parse().unwrap();
    let decide = |near, exact, text: &str, day: Option<Date>| {
        let waivers = Waiver::parse(text, "w.toml").unwrap();
        let circumstances = Circumstances { attempt: None, waivers, today: day };
        judge(&policy, &evidence(near, exact), &circumstances)
    };
    // 100 of 5,000 nearly copied: 2 %, upper bound about 2.4 %.
    let covering = waiver_text("2026-01-01", "2026-01-15", REASON, "0.03");
    let waived = decide(100, 0, &covering, Some(day));
    assert_eq!(waived.decision, Decision::MetWithWaivers);
    assert!(waived.findings[0].interval.unwrap().upper > 0.02, "a waiver alters no number");
    let not_covering = [
        (covering.replace("0.03", "0.02"), Some(day)),
        (covering.replace("2026-01-15", "2026-01-14"), Some(day)),
        (
            covering
                .replace("2026-01-01", "2026-01-15")
                .replace("expires = 2026-01-15", "expires = 2026-01-20"),
            "2026-01-14".parse().ok(),
        ),
        (
            covering
                .replace(&Digest::of(b"content").to_string(), &Digest::of(b"other").to_string()),
            Some(day),
        ),
        (covering.replace("\"near\"", "\"nearly\""), Some(day)),
        (covering.clone(), None),
    ];
    for (text, day) in not_covering {
        let verdict = decide(100, 0, &text, day);
        assert_eq!(verdict.decision, Decision::NotMet, "{text}");
        assert_eq!(verdict.unused_waivers.len(), 1);
    }
    let exact = covering.replace("\"near\"", "\"exact\"").replace("0.03", "0.5");
    assert_eq!(decide(0, 100, &exact, Some(day)).decision, Decision::NotMet);
    let unused = decide(0, 0, &covering, Some(day));
    assert_eq!(unused.decision, Decision::Met);
    assert_eq!(unused.unused_waivers, ["near"]);
}

//! A claimed differential privacy under the verdict: contradicted, not contradicted, or not shown, and never
//! proven.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod common;

use common::{dossier, exchangeable};
use dosimeter::digest::Digest;
use dosimeter::evidence::{Claim, Count, Design, Dossier, Evidence, Measure};
use dosimeter::policy::{Date, Policy, Waiver};
use dosimeter::report::{Issue, Report, Tier, view};
use dosimeter::verdict::{Circumstances, Decision, Finding, Outcome, Reason, Verdict, judge};
use proptest::prelude::*;

/// One rule on the excess of the measured over the claimed ε.
fn policy(severity: &str) -> Policy {
    let text = format!(
        "schema = 1\nid = 'claim'\nversion = '1'\ntitle = 't'\nbasis = 'house'\nsource = 's'\n\
         [[rule]]\nid = 'claim'\nmetric = 'dp-audit.epsilon-excess'\nscope = 'all'\nop = 'le'\n\
         limit = 0\nseverity = '{severity}'\n"
    );
    Policy::parse(&text, "claim.toml").unwrap()
}

/// `right` and, at half the noise, `half` right guesses of `made` about 1,000 canaries in one run.
fn excess(made: u64, right: u64, half: Option<u64>, claimed: f64, delta: f64) -> Evidence {
    let measure = Measure::Guesses {
        design: Design::OneRun,
        canaries: 1000,
        made,
        right,
        delta,
        claimed: Some(claimed),
        half_noise: half.map(|successes| Count { successes, trials: made }),
    };
    Evidence::whole("dp-audit.epsilon-excess", measure)
}

fn judged(facts: Vec<Evidence>) -> Verdict {
    judge(&policy("block"), &dossier(facts), &Circumstances::default())
}

fn finding(fact: Evidence) -> Finding {
    judged(vec![fact]).findings[0].clone()
}

fn shown(facts: Vec<Evidence>) -> Report {
    let (policy, dossier) = (policy("block"), dossier(facts));
    let verdict = judge(&policy, &dossier, &Circumstances::default());
    let day: Date = "2026-11-23".parse().unwrap();
    let at = "2026-11-23T00:00:00Z".to_owned();
    let issue = Issue { at, day, attempt: None, exit_zero: false, measured: true };
    view(&verdict, &policy, &dossier, Digest::of(b""), &issue, Tier::Public)
}

/// The published example: of 100 guesses 75 are right, m = 1000, δ = 1e−4: ε is at least 0.673 at 95 %.
#[test]
fn the_published_example_against_a_claim() {
    let found = finding(excess(100, 75, Some(99), 0.5, 1e-4));
    let interval = found.interval.unwrap();
    assert!((interval.upper - (0.672_985 - 0.5)).abs() < 1e-6, "{interval:?}");
    assert_eq!(found.outcome, Outcome::Inconclusive, "contradicted at 95 % and not at 99 %");
    assert_eq!(found.reason, Some(Reason::Undecided));
    assert_eq!(finding(excess(100, 75, Some(99), 0.25, 1e-4)).outcome, Outcome::Fail);
    let kept = finding(excess(100, 75, Some(99), 0.7, 1e-4));
    assert_eq!((kept.outcome, kept.reason), (Outcome::Pass, None));
}

/// Nothing is "not contradicted" by an audit that would not have noticed half the noise.
#[test]
fn a_claim_is_not_contradicted_only_by_who_would_have_noticed() {
    for (half, reason) in [
        (None, Reason::Uncalibrated),
        (Some(50), Reason::WeakAttack),
        (Some(80), Reason::WeakAttack),
    ] {
        let found = finding(excess(100, 50, half, 1.0, 0.0));
        assert_eq!(
            (found.outcome, found.reason),
            (Outcome::Inconclusive, Some(reason)),
            "{half:?}"
        );
        assert!(found.settle.unwrap().contains("half the noise"));
    }
    // Whoever contradicts the claim needs no such control.
    assert_eq!(finding(excess(100, 100, None, 1.0, 0.0)).outcome, Outcome::Fail);
    assert_eq!(finding(excess(100, 50, Some(95), 1.0, 0.0)).outcome, Outcome::Pass);
}

/// A control that nothing speaks against.
fn sound() -> Vec<Evidence> {
    let none = |trials| Count { successes: 0, trials };
    let contrast = |metric: &str, control| {
        let measure =
            Measure::Difference { treated: none(2625), control: none(control), baseline: None };
        Evidence::whole(metric, measure)
    };
    let doubles = [("control.overlap", 5249), ("control.contamination", 2625)];
    let mut facts = doubles.map(|(metric, control)| contrast(metric, control)).to_vec();
    facts.push(exchangeable());
    facts
}

#[test]
fn a_claim_that_is_not_contradicted_meets_a_policy_that_asks_for_no_more() {
    let with = |fact: Evidence| {
        let facts = sound().into_iter().chain([fact]).collect();
        judged(facts).decision
    };
    assert_eq!(with(excess(100, 50, Some(100), 1.0, 0.0)), Decision::Met);
    assert_eq!(with(excess(100, 50, Some(50), 1.0, 0.0)), Decision::NotShown);
    assert_eq!(with(excess(100, 100, Some(100), 1.0, 0.0)), Decision::NotMet);
}

/// One adversary who would have noticed speaks for those who would not; whoever contradicts is heard.
#[test]
fn blind_adversaries_are_left_out_and_contradicting_ones_are_not() {
    let about = |fact: Evidence, about: &str| Evidence { about: Some(about.into()), ..fact };
    let seeing = || about(excess(100, 50, Some(100), 1.0, 0.0), "measurements");
    let blind = || about(excess(100, 50, Some(50), 1.0, 0.0), "released rows");
    let contradicts = || about(excess(100, 100, Some(50), 1.0, 0.0), "row count");
    assert_eq!(judged(vec![blind(), seeing()]).findings[0].outcome, Outcome::Pass);
    assert_eq!(judged(vec![blind()]).findings[0].reason, Some(Reason::WeakAttack));
    let verdict = judged(vec![seeing(), blind(), contradicts()]);
    assert_eq!(verdict.decision, Decision::NotMet);
    assert_eq!(verdict.findings[0].about.as_deref(), Some("row count"));
}

/// At 99 % an adversary alone contradicts ε = 1 with 84 right guesses of 100 and with two adversaries, who
/// share the risk, from 85 on: P[Bin(100, .7311) ≥ 84] = .0072, ≥ 85: .0035.
#[test]
fn several_adversaries_share_the_risk() {
    let alone = |right| finding(excess(100, right, Some(100), 1.0, 0.0)).outcome;
    assert_eq!([alone(83), alone(84)], [Outcome::Inconclusive, Outcome::Fail]);
    let together = |right| {
        let other = excess(100, 50, Some(100), 1.0, 0.0);
        let other = Evidence { about: Some("other".into()), ..other };
        judged(vec![excess(100, right, Some(100), 1.0, 0.0), other]).findings[0].outcome
    };
    assert_eq!([together(84), together(85)], [Outcome::Inconclusive, Outcome::Fail]);
    // Who nearly contradicts the claim is heard, even if half the noise would have told them nothing.
    let nearly = Evidence { about: Some("rows".into()), ..excess(100, 84, Some(84), 1.0, 0.0) };
    let verdict = judged(vec![excess(100, 50, Some(100), 1.0, 0.0), nearly]);
    assert_eq!(verdict.findings[0].outcome, Outcome::Inconclusive);
}

#[test]
fn a_contradicted_claim_cannot_be_waived() {
    let dossier = dossier(vec![excess(100, 100, None, 1.0, 0.0)]);
    let waiver = Waiver {
        rule: "claim".into(),
        subject_digest: dossier.subject.content_digest,
        max_value: 30.0,
        reason: "the board has seen it and accepts it".into(),
        approver: "someone".into(),
        ticket: "T-1".into(),
        created: "2026-11-01".parse().unwrap(),
        expires: "2026-11-30".parse().unwrap(),
    };
    let circumstances = Circumstances {
        waivers: vec![waiver],
        today: Some("2026-11-23".parse().unwrap()),
        ..Circumstances::default()
    };
    let verdict = judge(&policy("block"), &dossier, &circumstances);
    assert_eq!(verdict.decision, Decision::NotMet);
    assert_eq!(verdict.unused_waivers, ["claim"]);
}

/// "Not contradicted", never "pass" and never "proven"; the ceiling is told, and no upper bound.
#[test]
fn the_words_of_a_report() {
    let report = shown(vec![excess(100, 50, Some(100), 1.0, 0.0)]);
    let found = &report.findings[0];
    assert_eq!(found.outcome_words(), "not contradicted");
    assert!(found.bounds.starts_with("at least"), "{}", found.bounds);
    let seen = found.sensitivity.as_deref().unwrap();
    for words in ["claimed ε 1 at δ 0", "half the noise would have been noticed", "above 3.05"] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
    let text = serde_json::to_string(&report).unwrap();
    assert!(!text.contains("\"proven\""));
    let report = shown(vec![excess(100, 100, None, 1.0, 0.0)]);
    assert_eq!(report.findings[0].outcome_words(), "contradicted");
    assert!(report.headline.contains("NOT met"));
}

/// A lower limit without a claim is information: a small one clears nothing.
#[test]
fn a_small_lower_limit_clears_nothing() {
    let text = "schema = 1\nid = 'p'\nversion = '1'\ntitle = 't'\nbasis = 'house'\nsource = 's'\n\
                [[rule]]\nid = 'r'\nmetric = 'dp-audit.epsilon-lower'\nscope = 'all'\nop = 'lt'\n\
                limit = 0.5\nseverity = 'block'\n";
    let measure = |right| Measure::Guesses {
        design: Design::IndependentRuns,
        canaries: 100,
        made: 100,
        right,
        delta: 0.0,
        claimed: None,
        half_noise: None,
    };
    let outcome = |text: &str, right| {
        let policy = Policy::parse(text, "p.toml").unwrap();
        let facts = vec![Evidence::whole("dp-audit.epsilon-lower", measure(right))];
        let finding = judge(&policy, &dossier(facts), &Circumstances::default()).findings.remove(0);
        (finding.outcome, finding.reason)
    };
    assert_eq!(outcome(text, 50), (Outcome::Inconclusive, Some(Reason::Uncalibrated)));
    assert_eq!(outcome(text, 95).0, Outcome::Fail);
    let only = text.replace("block", "fail-only");
    let with_other = format!(
        "{only}[[rule]]\nid = 'b'\nmetric = 'copies.exact'\nscope = 'all'\nop = 'lt'\nlimit = '1%'\n\
         severity = 'block'\n"
    );
    assert_eq!(outcome(&with_other, 50).0, Outcome::Pass);
}

/// A fact that lacks its claim, or has one where none belongs, cannot be read.
#[test]
fn facts_that_contradict_themselves_are_unreadable() {
    let mutated = |change: &dyn Fn(&mut Measure)| {
        let mut fact = excess(100, 50, Some(100), 1.0, 0.0);
        change(&mut fact.measure);
        finding(fact)
    };
    assert_eq!(mutated(&|_| {}).outcome, Outcome::Pass);
    let changes: [&dyn Fn(&mut Measure); 9] = [
        &|measure| set(measure, |_, _, claimed, _| *claimed = None),
        &|measure| set(measure, |_, _, claimed, _| *claimed = Some(f64::NAN)),
        &|measure| set(measure, |_, _, claimed, _| *claimed = Some(-1.0)),
        &|measure| set(measure, |right, _, _, _| *right = 101),
        &|measure| set(measure, |_, delta, _, _| *delta = f64::NAN),
        &|measure| set(measure, |_, delta, _, _| *delta = 1.0),
        &|measure| set(measure, |_, _, _, half| *half = None),
        &|measure| set(measure, |_, _, _, half| *half = Some(Count { successes: 100, trials: 99 })),
        &|measure| set(measure, |_, _, _, half| *half = Some(Count { successes: 90, trials: 90 })),
    ];
    for (place, change) in changes.into_iter().enumerate() {
        assert_ne!(mutated(change).outcome, Outcome::Pass, "{place}");
    }
}

/// Right guesses, δ, the claim and the control of a measure, to be changed.
fn set(
    measure: &mut Measure,
    change: impl Fn(&mut u64, &mut f64, &mut Option<f64>, &mut Option<Count>),
) {
    let Measure::Guesses { right, delta, claimed, half_noise, .. } = measure else { panic!() };
    change(right, delta, claimed, half_noise);
}

#[test]
fn evidence_of_guesses_survives_its_file() {
    let written = dossier(vec![excess(100, 50, Some(100), 1.0, 1e-6)]);
    let read = Dossier::from_json(&written.to_json().unwrap(), "evidence.json").unwrap();
    assert_eq!(read, written);
}

proptest! {
    /// More right guesses never improve a verdict, a better control never worsens it.
    #[test]
    fn monotone(made in 1_u64..300, a in 0.0..=1.0_f64, b in 0.0..=1.0_f64, claimed in 0.1..4.0_f64) {
        let (right, half) = ((a * made as f64) as u64, (b * made as f64) as u64);
        let rank = |right: u64, half: u64| {
            match finding(excess(made, right, Some(half), claimed, 1e-6)).outcome {
                Outcome::Pass => 0,
                Outcome::Inconclusive => 1,
                Outcome::Missing | Outcome::Fail => 2,
            }
        };
        prop_assert!(rank((right + 1).min(made), half) >= rank(right, half));
        prop_assert!(rank(right, (half + 1).min(made)) <= rank(right, half));
    }
}

/// No rule has to name it, no attack has to notice it, and nothing that passes outweighs it.
#[test]
fn noise_from_a_seed_stops_a_release_whatever_its_rules_say() {
    let decision = |seeded_noise: bool| {
        let mut dossier = dossier(vec![excess(100, 50, Some(99), 0.5, 1e-4)]);
        dossier.claim = Some(Claim {
            method: "mst".into(),
            real_data_access: true,
            privacy: None,
            seeded_noise,
            altered_marginals: Vec::new(),
        });
        let read = Dossier::from_json(&dossier.to_json().unwrap(), "evidence.json").unwrap();
        judge(&policy("block"), &read, &Circumstances::default()).decision
    };
    assert_eq!([true, false].map(decision), [Decision::NotMet, Decision::NotShown]);
}

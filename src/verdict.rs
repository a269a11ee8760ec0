//! The verdict: a policy applied to evidence. Pure and total: no I/O, no clock, no randomness.
//!
//! A rule passes when its confidence bound keeps the limit *and* the evidence is valid; it fails when
//! the opposite bound breaks the limit; everything else is inconclusive or missing and clears
//! nothing. Every bound and p-value of the program is computed here, from sufficient statistics.

mod bounds;
mod control;
mod guesses;
mod pool;
mod rule;
mod settle;
mod waive;

use serde::Serialize;

use crate::digest::Digest;
use crate::evidence::{Dossier, Measure};
use crate::policy::{
    Attempts, Date, Location, OnMissing, Op, Policy, RuleScope, Severity, Waiver, words,
};
use crate::stats::Confidence;

pub use bounds::Interval;
pub use control::{Control, ControlTest};
pub use guesses::Audited;

/// What is true of an audit beyond its evidence.
#[derive(Debug, Clone, Default)]
pub struct Circumstances {
    /// Which audit of the same source this is, from 1; `None` when nobody counts.
    pub attempt: Option<u32>,
    /// Exceptions that persons have answered for.
    pub waivers: Vec<Waiver>,
    /// The day of judging; `None` puts no waiver in force.
    pub today: Option<Date>,
}

words! {
    /// How one rule was judged.
    Outcome {
        /// Shown to hold.
        Pass = "pass",
        /// Shown to be broken.
        Fail = "fail",
        /// Neither.
        Inconclusive = "inconclusive",
        /// Nothing measured the metric.
        Missing = "missing",
    }
}

words! {
    /// Why a rule did not pass; a closed set.
    Reason {
        /// The bound on the wrong side of the limit: the limit is broken.
        LimitExceeded = "limit-exceeded",
        /// The interval spans the limit.
        Undecided = "undecided",
        /// The detector would have missed too much, or nobody tested it.
        Uncalibrated = "uncalibrated",
        /// The attack did not see any leak that was planted for it.
        WeakAttack = "weak-attack",
        /// The generator has seen the holdout, or train and holdout share persons.
        ControlContaminated = "control-contaminated",
        /// Train and holdout are not samples of one population.
        ControlNotExchangeable = "control-not-exchangeable",
        /// The group is too small to decide even without a hit.
        SmallGroup = "small-group",
        /// The metric contrasts with a holdout and there is none.
        NoHoldout = "no-holdout",
        /// The metric looks at the population and nothing was said of it.
        NoPopulation = "no-population",
        /// The metric runs the generator again and none was given.
        NoGenerator = "no-generator",
        /// The control has too few scores in its tail to set a threshold.
        TailTooShort = "tail-too-short",
        /// Time or memory ran out.
        Budget = "budget",
        /// The attack failed.
        AttackError = "attack-error",
        /// The statistics contradict each other or have the wrong shape.
        Unreadable = "unreadable",
        /// The evidence is older than the policy allows.
        Stale = "stale",
        /// The policy spends confidence over attempts and nobody counted them.
        AttemptUnknown = "attempt-unknown",
        /// No evidence names the metric.
        NotMeasured = "not-measured",
    }
}

words! {
    /// The whole release judged.
    Decision {
        /// Every blocking rule was shown to hold.
        Met = "met",
        /// As `met`, but for exceptions that persons answer for.
        MetWithWaivers = "met-with-waivers",
        /// A rule was shown to be broken.
        NotMet = "not-met",
        /// Nothing was shown to be broken, and not everything to hold.
        NotShown = "not-shown",
        /// The policy only informs.
        Advisory = "advisory",
    }
}

/// One rule judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// The rule.
    pub rule: String,
    /// What it measures.
    pub metric: &'static str,
    /// The whole release or its worst group.
    pub scope: RuleScope,
    /// The group that decided, for a worst-group rule.
    pub group: Option<String>,
    /// What the fact that decided is about, where a metric has one for each of several things.
    pub about: Option<String>,
    /// Groups too small to decide in which nobody was found: assessed together, or within a larger one.
    pub not_alone: Vec<String>,
    /// What a broken rule does.
    pub severity: Severity,
    /// How the metric must compare with the limit.
    pub op: Op,
    /// The limit.
    pub limit: f64,
    /// How the rule was judged.
    pub outcome: Outcome,
    /// Why it did not pass.
    pub reason: Option<Reason>,
    /// Whether the bound keeps the limit; a rule that can only stop passes without.
    pub kept: bool,
    /// Estimate and bounds, when there are readable statistics.
    pub interval: Option<Interval>,
    /// The largest count of hits in the statistics, for the public tier's suppression.
    pub hits: Vec<u64>,
    /// Targets tried.
    pub trials: Option<u64>,
    /// Targets that would have sufficed, when more targets can settle it.
    pub needed: Option<u64>,
    /// What would settle it, in words without counts.
    pub settle: Option<String>,
    /// What guesses about coins say of a claimed ε.
    pub audited: Option<Audited>,
    /// Where the rule stands.
    pub location: Location,
    /// The exception that covers it, as "approver, ticket".
    pub waived: Option<String>,
}

/// The release judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Verdict {
    /// The decision.
    pub decision: Decision,
    /// One finding a rule, in the policy's order.
    pub findings: Vec<Finding>,
    /// Whether the holdout can serve as a control.
    pub control: Control,
    /// The one-sided confidence that passing bounds were computed at.
    pub confidence: f64,
    /// The one-sided confidence that failing bounds were computed at.
    pub fail_confidence: f64,
    /// Whether the release's noise came from a seed: whatever its rules say, no policy that judges clears it.
    pub seeded_noise: bool,
    /// Rules of waivers that covered nothing.
    pub unused_waivers: Vec<String>,
    /// The released content that the verdict is about.
    pub subject: Digest,
}

/// Judges `evidence` against `policy`.
///
/// Total: evidence that contradicts itself, a NaN or a wrong shape makes a rule inconclusive.
#[must_use]
pub fn judge(policy: &Policy, evidence: &Dossier, circumstances: &Circumstances) -> Verdict {
    let control = control::assess(&evidence.evidence);
    let confidence = pass_confidence(policy, circumstances.attempt);
    let terms = rule::Terms {
        confidence,
        fail_confidence: Confidence::new(policy.evidence.fail_confidence),
        attempt_known: policy.evidence.attempts == Attempts::Ignore
            || circumstances.attempt.is_some_and(|attempt| attempt > 0),
        control: &control,
        missing_fails: policy.evidence.on_missing == OnMissing::Fail,
        small_groups: policy.evidence.small_groups,
    };
    let mut findings: Vec<_> =
        policy.rules.iter().map(|rule| rule::judge_rule(rule, evidence, &terms)).collect();
    let unused_waivers = waive::apply(&mut findings, evidence, circumstances);
    let seeded_noise = evidence.claim.as_ref().is_some_and(|claim| claim.seeded_noise);
    Verdict {
        decision: decide(policy, &findings, control, seeded_noise),
        findings,
        control,
        confidence: confidence.map_or(policy.evidence.confidence, Confidence::value),
        fail_confidence: policy.evidence.fail_confidence,
        seeded_noise,
        unused_waivers,
        subject: evidence.subject.content_digest,
    }
}

/// The upper bound that `judge` would compare with a limit, at one `confidence`; `sensitivity` is the lower
/// limit of what a detector sees. `None` for statistics that carry no judgeable value.
#[must_use]
pub fn upper_bound(measure: &Measure, sensitivity: f64, confidence: Confidence) -> Option<f64> {
    let sides = bounds::Sides { lower: confidence, upper: confidence };
    bounds::interval(measure, sides, sensitivity).map(|interval| interval.upper)
}

/// Confidence at the present attempt: alpha_i = alpha / (i (i + 1)), which sums to alpha over all
/// attempts, so that re-rolling a release until it passes gains nothing. `None` for attempt 0.
#[must_use]
pub fn pass_confidence(policy: &Policy, attempt: Option<u32>) -> Option<Confidence> {
    let whole = Confidence::new(policy.evidence.confidence)?;
    match (policy.evidence.attempts, attempt) {
        (Attempts::Spend, Some(attempt)) => whole.spent(attempt),
        (Attempts::Spend | Attempts::Ignore, _) => Some(whole),
    }
}

/// Fail if any rule that can stop the release fails; else not shown if any is undecided; else met.
/// Without a sound control an audit can stop a release and never clear one, whatever its rules. Noise from a
/// seed is a broken promise that no rule has to name and no waiver covers.
fn decide(policy: &Policy, findings: &[Finding], control: Control, seeded_noise: bool) -> Decision {
    if policy.advisory {
        return Decision::Advisory;
    }
    if seeded_noise {
        return Decision::NotMet;
    }
    let counted = || findings.iter().filter(|finding| finding.severity != Severity::Warn);
    let open = || counted().filter(|finding| finding.waived.is_none());
    let blocking = findings.iter().any(|finding| finding.severity == Severity::Block);
    if open().any(|finding| finding.outcome == Outcome::Fail) {
        Decision::NotMet
    } else if !blocking
        || control != Control::Sound
        || open().any(|finding| finding.outcome != Outcome::Pass)
    {
        Decision::NotShown
    } else if counted().any(|finding| finding.waived.is_some()) {
        Decision::MetWithWaivers
    } else {
        Decision::Met
    }
}

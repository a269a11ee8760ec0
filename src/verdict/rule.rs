//! One rule against its evidence.

use std::cmp::Ordering;

use super::bounds::{Interval, Sides, curve, interval, sensitivity};
use super::control::Control;
use super::guesses::audited;
use super::pool::pooled;
use super::settle::{needed, settle};
use super::{Audited, Finding, Outcome, Reason};
use crate::evidence::{Dossier, Evidence, Measure, NotRun, NotRunReason, Planting, Scope};
use crate::policy::{Op, Rule, RuleScope, Severity, SmallGroups};
use crate::stats::Confidence;

/// What all rules of a policy are judged on.
pub(super) struct Terms<'a> {
    pub(super) confidence: Option<Confidence>,
    pub(super) fail_confidence: Option<Confidence>,
    pub(super) attempt_known: bool,
    pub(super) control: &'a Control,
    pub(super) missing_fails: bool,
    pub(super) small_groups: SmallGroups,
}

/// Judges `rule` on every fact about its metric and scope; the worst fact decides.
pub(super) fn judge_rule(rule: &Rule, dossier: &Dossier, terms: &Terms<'_>) -> Finding {
    let scope = match rule.scope {
        RuleScope::All => Scope::All,
        RuleScope::WorstGroup => Scope::Group,
    };
    let facts =
        dossier.evidence.iter().filter(|fact| fact.metric == rule.metric.id && fact.scope == scope);
    let facts: Vec<&Evidence> = facts.collect();
    let judge = |fact: &&Evidence| judge_fact(rule, fact, facts.len(), terms);
    let mut judged: Vec<Finding> = facts.iter().map(judge).collect();
    let mut not_alone = Vec::new();
    if rule.scope == RuleScope::WorstGroup && terms.small_groups == SmallGroups::List {
        let samples = &dossier.samples;
        let alone = samples.train_rows == samples.train_persons;
        let persons = alone.then_some(samples.train_persons);
        (judged, not_alone) = pooled(&facts, judged, persons, |fact| judge(&fact));
    }
    leave_out_blind(&mut judged);
    // The first of the worst, so that the order of the evidence file decides between equals.
    let worst = judged.into_iter().reduce(|worst, next| {
        let order = rank(&next).cmp(&rank(&worst));
        let order = order.then_with(|| toward_limit(&next).total_cmp(&toward_limit(&worst)));
        if order == Ordering::Greater { next } else { worst }
    });
    match worst {
        Some(finding) => Finding { not_alone, ..finding },
        None => missing(rule, dossier, terms),
    }
}

/// Takes away the adversaries who would not have noticed half the noise, where one who would have did not
/// contradict the claim: they say nothing. Whoever contradicts it stays, and whoever nearly does.
fn leave_out_blind(judged: &mut Vec<Finding>) {
    let withstood =
        |finding: &Finding| finding.audited.is_some() && finding.outcome == Outcome::Pass;
    if judged.iter().any(withstood) {
        judged.retain(|finding| {
            let blind = Some(Reason::WeakAttack) == finding.reason
                || Some(Reason::Uncalibrated) == finding.reason;
            !(blind && finding.kept)
        });
    }
}

/// How far the bound that must keep the limit has come towards it: larger is worse.
fn toward_limit(finding: &Finding) -> f64 {
    match (finding.interval, finding.op) {
        (None, _) => f64::INFINITY,
        (Some(interval), Op::Ge) => -interval.lower,
        (Some(interval), Op::Lt | Op::Le | Op::Eq) => interval.upper,
    }
}

/// How bad an outcome is for the release, from best to worst.
fn rank(finding: &Finding) -> u8 {
    match finding.outcome {
        Outcome::Pass => 0,
        Outcome::Inconclusive => 1,
        Outcome::Missing => 2,
        Outcome::Fail => 3,
    }
}

/// A finding about which nothing could be read: what every finding is until something is.
fn blank(rule: &Rule) -> Finding {
    Finding {
        rule: rule.id.clone(),
        metric: rule.metric.id,
        scope: rule.scope,
        group: None,
        about: None,
        not_alone: Vec::new(),
        severity: rule.severity,
        op: rule.op,
        limit: rule.limit,
        outcome: Outcome::Inconclusive,
        reason: Some(Reason::Unreadable),
        kept: false,
        interval: None,
        hits: Vec::new(),
        trials: None,
        needed: None,
        settle: None,
        audited: None,
        location: rule.location.clone(),
        waived: None,
    }
}

/// Metrics that apply wherever the tables hold what they look at. Others do not apply where a schema, a manifest or a
/// flag is silent, and silence stops no question.
const OF_TABLES: [&str; 2] = ["text.replicated", "text.replicated-excess"];

/// No fact names the metric: missing, with the reason the audit gave for not measuring it; or nothing that a rule
/// which can only stop a release has to look at.
fn missing(rule: &Rule, dossier: &Dossier, terms: &Terms<'_>) -> Finding {
    let not_run = dossier.not_run.iter().find(|not_run| not_run.metric == rule.metric.id);
    let (outcome, reason) = match not_run.map(|not_run| not_run.reason) {
        Some(NotRunReason::NoHoldout) => (Outcome::Missing, Reason::NoHoldout),
        Some(NotRunReason::NoPopulation) => (Outcome::Missing, Reason::NoPopulation),
        Some(NotRunReason::NoGenerator) => (Outcome::Missing, Reason::NoGenerator),
        Some(NotRunReason::AttackError) => (Outcome::Inconclusive, Reason::AttackError),
        Some(NotRunReason::NotApplicable) | None => (Outcome::Missing, Reason::NotMeasured),
    };
    let nothing = not_run.is_some_and(|not_run| not_run.reason == NotRunReason::NotApplicable);
    let of_tables = OF_TABLES.contains(&rule.metric.id);
    if nothing && of_tables && rule.severity == Severity::FailOnly {
        // The tables hold nothing that could stop the release, and the rule clears none.
        return Finding { outcome: Outcome::Pass, reason: None, ..blank(rule) };
    }
    let outcome = if terms.missing_fails { Outcome::Fail } else { outcome };
    let mut finding = Finding { outcome, reason: Some(reason), ..blank(rule) };
    finding.settle = match not_run {
        Some(NotRun { reason: NotRunReason::NotApplicable, detail, .. }) => {
            Some(format!("an audit that measures `{}`: {detail}", rule.metric.id))
        }
        _ => settle(rule, &finding),
    };
    finding
}

/// One fact of `among` under one rule: read, bounded, compared, and what would settle it if undecided.
fn judge_fact(rule: &Rule, fact: &Evidence, among: usize, terms: &Terms<'_>) -> Finding {
    let (group, about) = (fact.group.clone(), fact.about.clone());
    let mut finding = Finding { group, about, ..blank(rule) };
    if let Some(reading) = read(rule, fact, among, terms) {
        finding.kept = keeps(rule, &reading.interval);
        finding.interval = Some(reading.interval);
        finding.audited = reading.audited;
        (finding.hits, finding.trials) = tally(&fact.measure, reading.sides);
        (finding.outcome, finding.reason) = outcome(rule, fact, &reading, terms);
        if finding.reason == Some(Reason::Undecided) {
            finding.needed = needed(rule, &fact.measure, reading.pass_confidence);
        }
    }
    finding.settle = settle(rule, &finding);
    finding
}

/// A fact that could be read, with its bounds.
struct Reading {
    interval: Interval,
    sensitivity: Option<f64>,
    pass_confidence: Confidence,
    sides: Sides,
    audited: Option<Audited>,
}

/// The bounds of a fact, or nothing when it cannot be read: an unreadable fact clears nothing.
fn read(rule: &Rule, fact: &Evidence, among: usize, terms: &Terms<'_>) -> Option<Reading> {
    fact.check().ok()?;
    let (pass_confidence, mut fail_confidence) = (terms.confidence?, terms.fail_confidence?);
    if matches!(fact.measure, Measure::Guesses { .. }) {
        // Each of several adversaries may contradict a true claim by chance: they share the risk.
        fail_confidence = Confidence::new(1.0 - fail_confidence.alpha() / among.max(1) as f64)?;
    }
    let sides = match rule.op {
        Op::Ge => Sides { lower: pass_confidence, upper: fail_confidence },
        Op::Lt | Op::Le | Op::Eq => Sides { lower: fail_confidence, upper: pass_confidence },
    };
    let sensitivity = sensitivity(&fact.positive_control, &rule.cells, pass_confidence);
    let interval = interval(&fact.measure, sides, sensitivity.unwrap_or(0.0))?;
    let audited = audited(&fact.measure, fail_confidence);
    Some(Reading { interval, sensitivity, pass_confidence, sides, audited })
}

/// The order of questions: is the limit broken? is the evidence valid? is the limit kept?
fn outcome(
    rule: &Rule,
    fact: &Evidence,
    reading: &Reading,
    terms: &Terms<'_>,
) -> (Outcome, Option<Reason>) {
    let interval = &reading.interval;
    // A leak shows through a poor control in counts, which it only makes smaller. A test that takes
    // train and holdout for exchangeable can be broken by the control itself, and so can a threshold
    // that is read off the holdout.
    let control_decides = rule.metric.contrast
        && matches!(
            fact.measure,
            Measure::Normal { .. } | Measure::Roc { .. } | Measure::LogOdds { .. }
        )
        && *terms.control != Control::Sound;
    if breaks(rule, interval) && !control_decides {
        return (Outcome::Fail, Some(Reason::LimitExceeded));
    }
    if let Some(reason) = invalid(rule, fact, reading, terms) {
        return (Outcome::Inconclusive, Some(reason));
    }
    // A rule that can only stop a release has nothing to show: it is enough that it is not broken.
    if keeps(rule, interval) || rule.severity == Severity::FailOnly {
        return (Outcome::Pass, None);
    }
    (Outcome::Inconclusive, Some(undecided(rule, fact, reading)))
}

/// What forbids reading a favourable bound as favourable.
fn invalid(rule: &Rule, fact: &Evidence, reading: &Reading, terms: &Terms<'_>) -> Option<Reason> {
    if !terms.attempt_known {
        return Some(Reason::AttemptUnknown);
    }
    if rule.metric.contrast {
        match terms.control {
            Control::Sound => {}
            Control::Contaminated => return Some(Reason::ControlContaminated),
            Control::NotExchangeable => return Some(Reason::ControlNotExchangeable),
            Control::Untested => return Some(Reason::NoHoldout),
        }
    }
    if matches!(fact.measure, Measure::Detected { threshold: None, .. }) {
        return Some(Reason::TailTooShort);
    }
    if matches!(fact.measure, Measure::Guesses { .. }) {
        return unheard(rule, reading);
    }
    if rule.severity == Severity::FailOnly {
        // It clears nothing, so that nothing has to be shown of what the attack would have seen.
        return None;
    }
    let blind = blind(rule, &fact.measure)?;
    match reading.sensitivity {
        None => Some(Reason::Uncalibrated),
        Some(s) if s.partial_cmp(&blind) != Some(Ordering::Greater) => Some(Reason::WeakAttack),
        Some(_) => None,
    }
}

/// What forbids to read a small lower limit of ε as "not contradicted": nobody looked at half the noise, or
/// it was not noticed. Without a claim a small limit shows nothing whatever the adversary sees.
fn unheard(rule: &Rule, reading: &Reading) -> Option<Reason> {
    match reading.audited {
        None => (rule.severity == Severity::Block).then_some(Reason::Uncalibrated),
        Some(Audited { half_noise: None, .. }) => Some(Reason::Uncalibrated),
        Some(audited) => (!audited.sees_half_noise()).then_some(Reason::WeakAttack),
    }
}

/// The sensitivity of an attack that sees nothing, for measures that need a positive control: it finds
/// nobody, or those who are exposed as often as it finds anyone, or as often as persons of the control.
fn blind(rule: &Rule, measure: &Measure) -> Option<f64> {
    match *measure {
        Measure::Detected { .. } => Some(0.0),
        Measure::Difference { control, .. } if rule.metric.calibrated => {
            Some(control.successes as f64 / control.trials.max(1) as f64)
        }
        Measure::Roc { beyond_chance: true, false_positive_rate, .. } => Some(false_positive_rate),
        _ => None,
    }
}

/// Which side of undecided: a group too small, a blind detector, or simply too few targets.
fn undecided(rule: &Rule, fact: &Evidence, reading: &Reading) -> Reason {
    let kept = |measure: &Measure, sensitivity: f64| {
        interval(measure, reading.sides, sensitivity).is_some_and(|bounds| keeps(rule, &bounds))
    };
    if fact.scope == Scope::Group {
        // Not even with every plant seen and nobody found.
        let best =
            sensitivity(&all_seen(&fact.positive_control), &rule.cells, reading.pass_confidence);
        if !kept(&without_hits(&fact.measure), best.unwrap_or(0.0)) {
            return Reason::SmallGroup;
        }
    }
    if blind(rule, &fact.measure).is_some() && kept(&fact.measure, 1.0) {
        return Reason::Uncalibrated;
    }
    Reason::Undecided
}

/// The same plants, all of them detected: the best that a positive control could have shown.
fn all_seen(plants: &[Planting]) -> Vec<Planting> {
    plants.iter().map(|plant| Planting { detected: plant.of, ..plant.clone() }).collect()
}

/// The same statistics without a single hit: what the best possible release could have shown. On a
/// ROC curve that is chance: each member as likely as each non-member to score highest.
fn without_hits(measure: &Measure) -> Measure {
    let mut spotless = measure.clone();
    match &mut spotless {
        Measure::Rate { successes, .. } => *successes = 0.0,
        Measure::Detected { found, .. } => *found = 0,
        Measure::Difference { treated, .. } => treated.successes = 0,
        Measure::Roc { members, non_members, detected, .. } => {
            let each = *members as f64 / (*non_members as f64 + 1.0);
            (1_u32..).zip(detected).for_each(|(r, count)| *count = (f64::from(r) * each) as u64);
        }
        Measure::LogOdds { told, .. } => told.successes = 0,
        Measure::Guesses { right, .. } => *right = 0,
        Measure::Normal { .. } | Measure::Exact { .. } | Measure::Quantiles { .. } => {}
    }
    spotless
}

/// Whether the passing bound keeps the limit. A NaN compares with nothing and keeps nothing.
fn keeps(rule: &Rule, interval: &Interval) -> bool {
    use Ordering::{Equal, Greater, Less};
    let upper = interval.upper.partial_cmp(&rule.limit);
    let lower = interval.lower.partial_cmp(&rule.limit);
    match rule.op {
        Op::Lt => upper == Some(Less),
        Op::Le => matches!(upper, Some(Less | Equal)),
        Op::Ge => matches!(lower, Some(Greater | Equal)),
        Op::Eq => upper == Some(Equal) && lower == Some(Equal),
    }
}

/// Whether the failing bound breaks the limit; without sampling error, whatever is not kept is broken.
fn breaks(rule: &Rule, interval: &Interval) -> bool {
    let above = interval.lower.partial_cmp(&rule.limit) == Some(Ordering::Greater);
    let below = interval.upper.partial_cmp(&rule.limit) == Some(Ordering::Less);
    if interval.exact {
        return !keeps(rule, interval);
    }
    match rule.op {
        Op::Lt | Op::Le => above,
        Op::Ge => below,
        Op::Eq => above || below,
    }
}

/// The counts of persons behind a fact, for the public tier's suppression, and the targets tried.
fn tally(measure: &Measure, sides: Sides) -> (Vec<u64>, Option<u64>) {
    match measure {
        Measure::Rate { successes, trials, .. } => (vec![successes.ceil() as u64], Some(*trials)),
        Measure::Detected { found, targets, .. } => (vec![*found], Some(*targets)),
        Measure::Difference { treated, control, .. } => {
            (vec![treated.successes, control.successes], Some(treated.trials))
        }
        Measure::LogOdds { told, mistaken } => {
            (vec![told.successes, mistaken.successes], Some(told.trials))
        }
        Measure::Roc { members, .. } => {
            let counts = curve(measure).map(|curve| curve.counts(sides.upper, sides.lower));
            (counts.map_or_else(Vec::new, Vec::from), Some(*members))
        }
        // A guessed coin is no person.
        Measure::Guesses { .. }
        | Measure::Exact { .. }
        | Measure::Normal { .. }
        | Measure::Quantiles { .. } => (Vec::new(), None),
    }
}

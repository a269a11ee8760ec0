//! What would settle a rule that did not pass.

use super::{Finding, Outcome, Reason};
use crate::evidence::Measure;
use crate::metric::Shape;
use crate::policy::{Op, Rule};
use crate::stats::{Confidence, needed_trials, needed_trials_in_frame};

/// Targets that would have sufficed with as many hits, when more targets can settle it.
pub(super) fn needed(rule: &Rule, measure: &Measure, confidence: Confidence) -> Option<u64> {
    if !matches!(rule.op, Op::Lt | Op::Le) {
        return None;
    }
    match *measure {
        Measure::Rate { successes, frame: None, .. } => {
            needed_trials(successes.ceil() as u64, rule.limit, confidence)
        }
        Measure::Rate { successes, frame: Some(frame), .. } => {
            needed_trials_in_frame(successes.ceil() as u64, rule.limit, frame, confidence)
        }
        _ => None,
    }
}

/// Whether the rule is about guesses of coins.
fn guesses(rule: &Rule) -> bool {
    rule.metric.shapes.contains(&Shape::Guesses)
}

/// What would settle a contradicted or unsettled claim of differential privacy.
fn of_guesses(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::LimitExceeded => Some("the generator mended, or the larger ε claimed that it has"),
        Reason::Undecided => {
            Some("another audit of more canaries or runs: this one guessed nearly too well")
        }
        Reason::Uncalibrated | Reason::WeakAttack => Some(
            "an audit that notices half the noise: more canaries or runs, and a generator that is \
             told {epsilon}",
        ),
        _ => None,
    }
}

/// What would settle the finding, without any count: how many targets are needed tells how many were
/// hit, which only the internal tier may say. `None` for a pass.
pub(super) fn settle(rule: &Rule, finding: &Finding) -> Option<String> {
    if finding.outcome == Outcome::Pass {
        return None;
    }
    let reason = finding.reason?;
    if let Some(words) = of_guesses(reason).filter(|_| guesses(rule)) {
        return Some(words.into());
    }
    Some(match reason {
        Reason::LimitExceeded => {
            "remove the cause in the generator or the release, and audit the new release".into()
        }
        Reason::Undecided => "more targets, or a release further below the limit".into(),
        Reason::Uncalibrated => format!(
            "a positive control that detects more of the planted leaks ({})",
            rule.cells.join(", ")
        ),
        Reason::WeakAttack => {
            "an attack that sees at least some of the leaks planted for it".into()
        }
        Reason::ControlContaminated => {
            "a holdout that the generator never saw: split before training, generate from train \
             only, audit again"
                .into()
        }
        Reason::ControlNotExchangeable => {
            "train and holdout drawn at random from one table by `dosimeter split`".into()
        }
        Reason::SmallGroup => "a larger group: this one is too small to show that it keeps the limit".into(),
        Reason::NoHoldout => {
            "a holdout (of a size that can be tested): ask who made the release to run `dosimeter split`, generate again from \
             train only, and audit with --holdout"
                .into()
        }
        Reason::NoPopulation => {
            "a table of the population (--population) or, where a share is enough, the share of it \
             that the training table is (--sampling-fraction)"
                .into()
        }
        Reason::NoGenerator => {
            "an audit with --generator: the command that made the release, to be run again".into()
        }
        Reason::TailTooShort => {
            "a larger holdout, or a table in which fewer records nearly agree".into()
        }
        Reason::Budget => "more time or memory".into(),
        Reason::AttackError => {
            "the attack's error, reported with the evidence, to be mended".into()
        }
        Reason::Unreadable => {
            "evidence written by this version of dosimeter: run the audit again".into()
        }
        Reason::Stale => "a new audit".into(),
        Reason::AttemptUnknown => {
            "the number of this audit among all audits of the same source (--attempt)".into()
        }
        Reason::NotMeasured => format!("an audit that measures `{}`", rule.metric.id),
    })
}

//! Waivers: which findings an exception may cover. A waiver never alters a number.

use std::cmp::Ordering;

use super::{Circumstances, Finding, Outcome, Reason};
use crate::evidence::Dossier;
use crate::metric::metric;

/// Marks the findings that a waiver in force covers; returns the rules of waivers that cover none.
pub(super) fn apply(
    findings: &mut [Finding],
    dossier: &Dossier,
    circumstances: &Circumstances,
) -> Vec<String> {
    let mut unused = Vec::new();
    for waiver in &circumstances.waivers {
        let valid = waiver.subject_digest == dossier.subject.content_digest
            && circumstances.today.is_some_and(|today| waiver.in_force(today));
        let covered = findings.iter_mut().find(|finding| {
            valid && finding.rule == waiver.rule && coverable(finding, waiver.max_value)
        });
        match covered {
            Some(finding) => {
                finding.waived = Some(format!("{}, {}", waiver.approver, waiver.ticket))
            }
            None => unused.push(waiver.rule.clone()),
        }
    }
    unused
}

/// Only a readable number on a metric that may be waived, and only up to the worst value that was
/// answered for; never missing evidence, an unsound control or a failed positive control.
fn coverable(finding: &Finding, max_value: f64) -> bool {
    let reason = matches!(
        finding.reason,
        Some(Reason::LimitExceeded | Reason::Undecided | Reason::SmallGroup)
    );
    let outcome = matches!(finding.outcome, Outcome::Fail | Outcome::Inconclusive);
    let allowed = metric(finding.metric).is_some_and(|metric| metric.waivable);
    let within = finding.interval.is_some_and(|interval| {
        matches!(interval.upper.partial_cmp(&max_value), Some(Ordering::Less | Ordering::Equal))
    });
    reason && outcome && allowed && within
}

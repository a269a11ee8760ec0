//! The holdout there is, and the one there should be.

use serde::Serialize;

use super::requirement::{CONTROL_RATES, keeps, no_excess, smallest};
use super::{Sizes, Terms};
use crate::metric::Shape;
use crate::policy::{Rule, Severity};

/// Fewer holdout persons than these can never show that a generator saw them: with n of n for the
/// release, the exact test of the control at 1 % needs 2⁻ⁿ ≤ 0.01.
pub const LEAST_HOLDOUT: u64 = 7;

/// The share of the persons that tests of distance want: their excess cannot exceed the holdout's
/// share (policies/SOURCES.md).
const DISTANCE_SHARE: f64 = 0.2;

/// The holdout of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Holdout {
    /// Whether the holdout at hand is large enough for its own tests; so is one of unknown size.
    pub testable: bool,
    /// The least that can be tested at all.
    pub least: u64,
    /// The recommended number of persons; none where the sizes are not known, or no number would do.
    pub recommended: Option<u64>,
    /// The same as a share of all persons.
    pub recommended_share: Option<f64>,
    /// Share of holdout persons that chance may hit for the recommendation to suffice.
    pub control_rate: Option<f64>,
    /// The blocking rules that need a holdout.
    pub rules: Vec<String>,
}

/// What `terms` say of the holdout.
pub(super) fn holdout(terms: &Terms<'_>) -> Holdout {
    let sizes = terms.sizes;
    let known = sizes.persons.is_some() || sizes.holdout_persons.is_some();
    let testable = sizes.holdout_persons.map_or(!known, |persons| persons >= LEAST_HOLDOUT);
    let contrast = |rule: &&Rule| rule.metric.contrast && rule.severity == Severity::Block;
    let rules: Vec<String> =
        terms.policy.rules.iter().filter(contrast).map(|rule| rule.id.clone()).collect();
    let asked = sizes.persons.filter(|_| !rules.is_empty());
    let found = asked.and_then(|persons| recommended(terms, persons));
    let total = sizes.persons.map(|persons| persons + sizes.holdout_persons.unwrap_or(0));
    Holdout {
        testable,
        least: LEAST_HOLDOUT,
        recommended: found.map(|(persons, _)| persons),
        recommended_share: found.zip(total).map(|((m, _), total)| m as f64 / total as f64),
        control_rate: found.map(|(_, rate)| rate),
        rules,
    }
}

/// The fewest holdout persons for which every blocking contrast could be shown, at the middle control
/// rate, else at none; out of the persons at hand where there is no holdout yet, beside them otherwise.
/// A fifth of all where a rule tests distances.
fn recommended(terms: &Terms<'_>, persons: u64) -> Option<(u64, f64)> {
    let Sizes { holdout_persons, .. } = terms.sizes;
    let total = persons + holdout_persons.unwrap_or(0);
    let counted = |rule: &&Rule| {
        rule.severity == Severity::Block && rule.metric.shapes.contains(&Shape::Difference)
    };
    let rules: Vec<&Rule> = terms.policy.rules.iter().filter(counted).collect();
    let shows = |rate: f64, holdout: u64| {
        let train = total.saturating_sub(holdout);
        let upper = no_excess(rate, train, holdout, terms.pass);
        train > 0 && rules.iter().all(|rule| keeps(rule, upper))
    };
    let at = |rate: f64| {
        let found = smallest(LEAST_HOLDOUT, |holdout| holdout > total / 2 || shows(rate, holdout));
        found.filter(|&holdout| shows(rate, holdout)).map(|holdout| (holdout, rate))
    };
    let (counted, rate) = at(CONTROL_RATES[1]).or_else(|| at(CONTROL_RATES[0]))?;
    let distance =
        |rule: &Rule| rule.metric.contrast && rule.metric.shapes.contains(&Shape::Normal);
    let tested = terms.policy.rules.iter().any(distance);
    let fifth = if tested { (total as f64 * DISTANCE_SHARE).ceil() as u64 } else { 0 };
    let most = counted.max(fifth);
    Some((if shows(rate, most) { most } else { counted }, rate))
}

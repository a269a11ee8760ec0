//! What would it take: a policy against the sizes of the data, before anybody measures anything.
//!
//! Whether a rule can pass at all is not computed here but asked of [`judge`](crate::verdict::judge):
//! it gets the evidence that the best possible release of these sizes would give (`best`), so that a
//! plan cannot promise what a verdict would refuse. How much more or less would do is searched with
//! the very bounds of the verdict (`requirement`); `advice` sizes the holdout and `cost` the audit.
//!
//! Everything follows from the policy and from counts of rows and persons; no value of a record comes
//! here. What is assumed: no hit, no excess, a detector that sees every plant. A real release does
//! worse, so that "attainable" means that the data are large enough, never that a release will pass.

mod advice;
mod best;
mod cost;
mod requirement;
mod words;

use serde::Serialize;

use crate::metric::Shape;
use crate::policy::{Op, Policy, Rule, Severity, words as named};
use crate::stats::Confidence;
use crate::verdict::{Reason, pass_confidence};

pub use advice::{Holdout, LEAST_HOLDOUT};
pub use best::PLANTS;
pub use cost::{Cost, MEASURED_ON};
pub use requirement::{Arm, Ceiling, Found, Requirement, Sampled, Shown};
pub use words::sentence;

/// The data at hand, as counts; what is not known is left open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Sizes {
    /// Persons the generator is trained on; without a holdout, all there are.
    pub persons: Option<u64>,
    /// Persons of the holdout.
    pub holdout_persons: Option<u64>,
    /// Rows of the training table.
    pub rows: Option<u64>,
    /// Rows of the holdout.
    pub holdout_rows: Option<u64>,
    /// Rows of the release.
    pub released_rows: Option<u64>,
    /// Columns of the training table.
    pub columns: Option<u64>,
}

impl Sizes {
    /// Released rows: as many as training rows, where nobody says otherwise.
    fn released(&self) -> Option<u64> {
        self.released_rows.or(self.rows).or(self.persons)
    }
}

named! {
    /// Whether the best possible release would pass a rule.
    Attainable {
        /// With these data, or with enough where no sizes are known.
        Yes = "yes",
        /// Not with these data, but with others.
        NotHere = "not-with-these-data",
        /// Not with any data.
        Never = "never",
    }
}

/// One rule planned.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RulePlan {
    /// The rule.
    pub rule: String,
    /// What it measures.
    pub metric: &'static str,
    /// How the metric must compare with the limit.
    pub op: Op,
    /// The limit.
    pub limit: f64,
    /// What a broken rule does.
    pub severity: Severity,
    /// Whether it contrasts with a holdout.
    pub needs_holdout: bool,
    /// Whether the best possible release would pass it.
    pub attainable: Attainable,
    /// Why it would not.
    pub reason: Option<Reason>,
    /// What it takes, for each shape of evidence that can carry the metric; the first is the usual one.
    pub requirements: Vec<Requirement>,
    /// What these data can and cannot show, in one sentence.
    pub plain: String,
}

/// A policy planned.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// The policy's id.
    pub policy: String,
    /// Its version.
    pub version: String,
    /// The one-sided confidence of a passing bound, after attempts.
    pub confidence: f64,
    /// The sizes it was planned for.
    pub sizes: Sizes,
    /// One entry a rule, in the policy's order.
    pub rules: Vec<RulePlan>,
    /// The holdout there is and the one there should be.
    pub holdout: Holdout,
    /// Memory and time of an audit, roughly; none where rows are not known.
    pub cost: Option<Cost>,
    /// Whether every blocking rule is attainable with a control that can be tested.
    pub attainable: bool,
}

/// What every rule is planned under.
#[derive(Clone, Copy)]
struct Terms<'a> {
    policy: &'a Policy,
    sizes: Sizes,
    attempt: Option<u32>,
    pass: Confidence,
    fail: Confidence,
}

/// Plans `policy` for data of `sizes`, at the `attempt`-th audit of the same source. `None` for attempt
/// 0. A policy that spends its confidence over attempts is planned at the first where none is named.
#[must_use]
pub fn plan(policy: &Policy, sizes: Sizes, attempt: Option<u32>) -> Option<Plan> {
    let attempt = attempt.or(Some(1));
    let pass = pass_confidence(policy, attempt).filter(|_| attempt != Some(0))?;
    let fail = Confidence::new(policy.evidence.fail_confidence)?;
    let terms = Terms { policy, sizes, attempt, pass, fail };
    let rules: Vec<RulePlan> = policy.rules.iter().map(|rule| plan_rule(rule, &terms)).collect();
    let holdout = advice::holdout(&terms);
    let blocked = rules
        .iter()
        .any(|rule| rule.severity == Severity::Block && rule.attainable != Attainable::Yes);
    Some(Plan {
        policy: policy.id.clone(),
        version: policy.version.clone(),
        confidence: pass.value(),
        sizes,
        attainable: policy.advisory || (!blocked && holdout.testable),
        rules,
        holdout,
        cost: cost::cost(&sizes),
    })
}

fn plan_rule(rule: &Rule, terms: &Terms<'_>) -> RulePlan {
    let judged = rule.metric.shapes.iter().map(|&shape| (shape, best::judged(rule, shape, terms)));
    let (shape, (attainable, reason)) = judged
        .min_by_key(|(_, (attainable, _))| rank(*attainable))
        .unwrap_or((Shape::Quantiles, (Attainable::Never, None)));
    let mut requirements: Vec<Requirement> = vec![requirement::requirement(rule, shape, terms)];
    let others = rule.metric.shapes.iter().filter(|&&other| other != shape);
    requirements.extend(others.map(|&other| requirement::requirement(rule, other, terms)));
    let mut plan = RulePlan {
        rule: rule.id.clone(),
        metric: rule.metric.id,
        op: rule.op,
        limit: rule.limit,
        severity: rule.severity,
        needs_holdout: rule.metric.contrast,
        attainable,
        reason,
        requirements,
        plain: String::new(),
    };
    plan.plain = words::sentence(rule, &plan, &terms.sizes);
    plan
}

fn rank(attainable: Attainable) -> u8 {
    match attainable {
        Attainable::Yes => 0,
        Attainable::NotHere => 1,
        Attainable::Never => 2,
    }
}

/// The rules that no data of any size can satisfy.
#[must_use]
pub fn unsatisfiable(policy: &Policy) -> Vec<String> {
    let never = |plan: Plan| {
        let rules = plan.rules.into_iter().filter(|rule| rule.attainable == Attainable::Never);
        rules.map(|rule| rule.rule).collect()
    };
    plan(policy, Sizes::default(), None).map(never).unwrap_or_default()
}

#[cfg(test)]
mod tests;

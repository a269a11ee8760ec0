//! The evidence that the best possible release of given sizes would give, and what `judge` makes of it.

use super::{Attainable, Sizes, Terms, requirement};
use crate::digest::Digest;
use crate::evidence::{
    Count, Design, Dossier, Evidence, Measure, NotRun, NotRunReason, Planting, Samples, Scope,
    Subject,
};
use crate::metric::{Metric, Shape};
use crate::policy::{Op, Policy, Rule, RuleScope};
use crate::stats::roc_reach;
use crate::verdict::{Circumstances, Outcome, Reason, judge};

/// Plants in each cell of a positive control, all of them seen; an audit of a few persons plants fewer.
pub const PLANTS: u64 = 100;

/// The false positive rate of a planned curve: that of `membership.exposed-share`.
const FALSE_POSITIVE_RATE: f64 = 0.01;

/// Guesses of a planned audit of differential privacy; none of the sizes of tables limits them.
const GUESSES: u64 = 10_000;

/// Persons on either side of a curve beyond which more change nothing that matters.
const ENOUGH: u64 = 1_000_000;

/// Holdout persons below which `attack::Identity` sets no threshold.
const LEAST_TAIL: u64 = 500;

/// More persons than live, for what no size of data can show.
const BOUNDLESS: u64 = 10_000_000_000;

/// Whether the best evidence of this shape would pass the rule, and why not.
pub(super) fn judged(rule: &Rule, shape: Shape, terms: &Terms<'_>) -> (Attainable, Option<Reason>) {
    let (outcome, reason) = verdict(rule, shape, terms, &terms.sizes);
    if outcome == Outcome::Pass {
        return (Attainable::Yes, None);
    }
    let (anywhere, _) = verdict(rule, shape, terms, &Sizes::default());
    let attainable =
        if anywhere == Outcome::Pass { Attainable::NotHere } else { Attainable::Never };
    (attainable, reason)
}

fn verdict(
    rule: &Rule,
    shape: Shape,
    terms: &Terms<'_>,
    sizes: &Sizes,
) -> (Outcome, Option<Reason>) {
    let policy = Policy { rules: vec![rule.clone()], ..terms.policy.clone() };
    let circumstances = Circumstances { attempt: terms.attempt, ..Circumstances::default() };
    let verdict = judge(&policy, &dossier(rule, shape, sizes), &circumstances);
    let finding = verdict.findings.into_iter().next();
    finding.map_or((Outcome::Missing, None), |finding| (finding.outcome, finding.reason))
}

/// Persons of train and holdout: as many as anybody could want where no size is known at all.
pub(super) fn persons(sizes: &Sizes) -> (u64, Option<u64>) {
    match (sizes.persons, sizes.holdout_persons) {
        (None, None) => (BOUNDLESS, Some(BOUNDLESS)),
        (None, holdout) => (BOUNDLESS, holdout),
        (Some(persons), holdout) => (persons, holdout),
    }
}

fn dossier(rule: &Rule, shape: Shape, sizes: &Sizes) -> Dossier {
    let (persons, holdout) = persons(sizes);
    let none = |trials| Count { successes: 0, trials };
    let mut evidence = Vec::new();
    if let Some(holdout) = holdout {
        for (metric, control) in [("control.overlap", persons), ("control.contamination", holdout)]
        {
            let measure = Measure::Difference {
                treated: none(holdout),
                control: none(control),
                baseline: None,
            };
            evidence.push(Evidence::whole(metric, measure));
        }
    }
    if holdout.is_some() {
        let measure = Measure::Rate { successes: 2500.0, trials: 5000, frame: None };
        evidence.push(Evidence::whole("control.exchangeability", measure));
    }
    let mut not_run = Vec::new();
    let absent =
        |reason| NotRun { metric: rule.metric.id.to_owned(), reason, detail: String::new() };
    if rule.metric.contrast && holdout.is_none() {
        not_run.push(absent(NotRunReason::NoHoldout));
    } else if rule.metric.id.starts_with("shadow.") {
        // Its trials are runs of a generator, of which the sizes of tables say nothing.
        not_run.push(absent(NotRunReason::NoGenerator));
    } else {
        evidence.push(fact(rule, shape, sizes));
    }
    let samples = Samples {
        train_rows: sizes.rows.unwrap_or(persons),
        train_persons: persons,
        holdout_rows: holdout,
        holdout_persons: holdout,
    };
    Dossier {
        claim: None,
        schema: 1,
        tool: "plan".into(),
        subject: subject(),
        schema_digest: Digest::of(b""),
        schema_reviewed: true,
        quasi_identifiers: Vec::new(),
        samples,
        seed: 0,
        evidence,
        not_run,
        caveats: Vec::new(),
    }
}

fn subject() -> Subject {
    let (sha256, content_digest) = (Digest::of(b""), Digest::of(b""));
    Subject { name: "plan".into(), sha256, content_digest, rows: 0, columns: 0 }
}

fn fact(rule: &Rule, shape: Shape, sizes: &Sizes) -> Evidence {
    let mut fact = Evidence::whole(rule.metric.id, measure(rule, shape, sizes));
    if rule.scope == RuleScope::WorstGroup {
        // No group is larger than everybody.
        (fact.scope, fact.group) = (Scope::Group, Some("everybody".into()));
    }
    let plant = |cell: &String| Planting {
        cell: cell.clone(),
        true_value: 0.01,
        detected: PLANTS,
        of: PLANTS,
    };
    fact.positive_control = rule.cells.iter().map(plant).collect();
    fact
}

/// Statistics of the release that leaks nothing: a new shape of evidence needs one arm here and one in
/// `requirement`.
pub(super) fn measure(rule: &Rule, shape: Shape, sizes: &Sizes) -> Measure {
    let (persons, holdout) = persons(sizes);
    let none = |trials| Count { successes: 0, trials };
    match shape {
        Shape::Rate => Measure::Rate { successes: 0.0, trials: persons, frame: Some(persons) },
        Shape::Detected => Measure::Detected {
            found: 0,
            targets: persons,
            expected_false: 0.0,
            // Fewer holdout persons have no fifty in their highest tenth, from which the attack sets its threshold.
            threshold: holdout.filter(|&persons| persons >= LEAST_TAIL).map(|_| 0.0),
            excess: Vec::new(),
        },
        Shape::Difference => {
            let control = none(holdout.unwrap_or(persons));
            Measure::Difference { treated: none(persons), control, baseline: Some(control) }
        }
        Shape::Normal => {
            let standard_error = requirement::permutation_error(rule.metric, sizes);
            let (low, high) = rule.metric.range;
            Measure::Normal { value: 0.0, standard_error, range: [low, high] }
        }
        Shape::Roc | Shape::Exposed => chance_curve(persons, holdout.unwrap_or(persons), shape),
        Shape::LogOdds => {
            Measure::LogOdds { told: none(persons), mistaken: none(holdout.unwrap_or(persons)) }
        }
        Shape::Guesses => Measure::Guesses {
            design: Design::IndependentRuns,
            canaries: GUESSES,
            made: GUESSES,
            right: GUESSES / 2,
            delta: 0.0,
            claimed: rule.metric.calibrated.then_some(1.0),
            half_noise: Some(Count { successes: GUESSES, trials: GUESSES }),
        },
        Shape::Exact => Measure::Exact { value: best_value(rule, rule.metric, persons) },
        Shape::Quantiles => Measure::Quantiles { quantiles: vec![[0.5, 0.5]] },
    }
}

/// A curve on which members stand out as rarely as everybody else. A fifth of the persons choose the score
/// and are not judged.
fn chance_curve(persons: u64, holdout: u64, shape: Shape) -> Measure {
    let judged = |count: u64| (count.min(ENOUGH) * 4 / 5).max(1);
    let (members, non_members) = (judged(persons), judged(holdout));
    let at = |rank: u64| (rank as f64 * members as f64 / (non_members as f64 + 1.0)) as u64;
    Measure::Roc {
        false_positive_rate: FALSE_POSITIVE_RATE,
        beyond_chance: shape == Shape::Exposed,
        members,
        non_members,
        detected: (1..=roc_reach(non_members, FALSE_POSITIVE_RATE)).map(at).collect(),
    }
}

/// The best exact value: no group is larger than everybody, and nothing counts below nothing.
fn best_value(rule: &Rule, metric: &Metric, persons: u64) -> f64 {
    match rule.op {
        Op::Eq => rule.limit,
        Op::Ge => metric.range.1.min(persons as f64),
        Op::Lt | Op::Le => metric.range.0.max(0.0),
    }
}

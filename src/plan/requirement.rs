//! What a rule takes, by the shape of its evidence, searched with the bounds of the verdict.

use std::cmp::Ordering;

use serde::Serialize;

use super::{Sizes, Terms, best};
use crate::evidence::{Count, Measure};
use crate::metric::{Metric, Shape};
use crate::policy::{Op, Rule};
use crate::stats::{
    Confidence, needed_plants, needed_sensitivity, needed_targets, needed_trials,
    needed_trials_in_frame, normal_quantile, one_run_ceiling,
};
use crate::verdict::upper_bound;

/// Hits for which targets are counted.
const HITS: [u64; 3] = [0, 1, 3];

/// Sensitivities (lower confidence limits) for which persons are counted.
const SENSITIVITIES: [f64; 4] = [0.90, 0.64, 0.50, 0.24];

/// Shares of holdout persons that chance hits, for which arms are counted.
pub(super) const CONTROL_RATES: [f64; 3] = [0.0, 0.001, 0.01];

/// Share of the release that the narrowest cut of a tail test which is large enough to size looks at:
/// `attack::Distance`'s own, and its fewest rows.
const TAIL: (f64, u64) = (0.02, 10);

/// Guesses for which the largest ε that can be contradicted is told.
const CEILINGS: [u64; 3] = [100, 1000, 10_000];

/// No arm is searched beyond this many persons: more than live.
const MOST: u64 = 1 << 34;

/// What a rule takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "shape", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Requirement {
    /// A counted rate.
    Rate {
        /// Targets of an unlimited population, by hits.
        sampled: Vec<Sampled>,
        /// Targets out of the persons at hand, by hits.
        in_frame: Vec<Sampled>,
        /// Hits that a census of the persons at hand allows.
        census_hits: Option<u64>,
        /// Persons of whom a census allows one hit.
        one_hit: Option<u64>,
    },
    /// A rate seen through a detector.
    Detected {
        /// Lower limit of the sensitivity at which nothing found among the persons at hand passes.
        sensitivity: Option<f64>,
        /// Plants in each claimed cell, all seen, that show this sensitivity.
        plants: Option<u64>,
        /// Persons of whom nothing found passes, by sensitivity.
        persons: Vec<Found>,
    },
    /// A contrast of train with the holdout.
    Difference {
        /// Persons in each of two equal arms for which no observed excess passes.
        arms: Vec<Arm>,
        /// Smallest limit that the arms at hand could show, without an observed excess.
        shown: Vec<Shown>,
    },
    /// A permutation test.
    Normal {
        /// Standard error that a release without a leak would have, from the sizes where they are known.
        standard_error: Option<f64>,
        /// Smallest limit that a release without an excess keeps.
        shown: Option<f64>,
        /// Excess from which the rule is seen to be broken.
        seen: Option<f64>,
        /// The largest excess that there can be: 1 − the share of train among all persons.
        ceiling: f64,
    },
    /// A rate at a threshold read off the holdout.
    Roc {
        /// Upper bound for a release without a leak, if the attack sees every planted one.
        shown: Option<f64>,
    },
    /// Guesses about the coins of canaries.
    Guesses {
        /// The largest ε that can be contradicted, by the number of guesses, at δ = 0.
        ceilings: Vec<Ceiling>,
    },
    /// A value without sampling error: it takes no particular size.
    Exact,
    /// Descriptive: no rule on it can pass.
    Unjudged,
}

/// Targets for a number of hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Sampled {
    /// Hits among them.
    pub hits: u64,
    /// The fewest that pass; none where no number does.
    pub targets: Option<u64>,
}

/// Persons for a sensitivity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Found {
    /// Lower confidence limit of the sensitivity.
    pub sensitivity: f64,
    /// The fewest that pass with nothing found.
    pub persons: Option<u64>,
}

/// Arms for a control rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Arm {
    /// Share of holdout persons that chance hits.
    pub control_rate: f64,
    /// Persons in each arm; none where no number passes.
    pub each: Option<u64>,
}

/// The largest ε that can be contradicted with a number of guesses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Ceiling {
    /// Guesses, all of them right.
    pub guesses: u64,
    /// The largest ε.
    pub epsilon: Option<f64>,
}

/// An excess for a control rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Shown {
    /// Share of holdout persons that chance hits.
    pub control_rate: f64,
    /// Upper bound of the excess when none is observed.
    pub excess: f64,
}

/// What `rule` takes when its evidence has this shape.
pub(super) fn requirement(rule: &Rule, shape: Shape, terms: &Terms<'_>) -> Requirement {
    match shape {
        Shape::Rate => rate(rule, terms),
        Shape::Detected => detected(rule, terms),
        Shape::Difference => difference(rule, terms),
        Shape::Normal => normal(rule, terms),
        Shape::Roc | Shape::Exposed => Requirement::Roc {
            shown: upper_bound(&best::measure(rule, shape, &terms.sizes), 1.0, terms.pass),
        },
        Shape::Guesses => Requirement::Guesses {
            ceilings: CEILINGS.map(|made| ceiling(made, terms.fail)).to_vec(),
        },
        Shape::Exact => Requirement::Exact,
        // A lower limit clears nothing.
        Shape::LogOdds | Shape::Quantiles => Requirement::Unjudged,
    }
}

fn ceiling(guesses: u64, confidence: Confidence) -> Ceiling {
    Ceiling { guesses, epsilon: one_run_ceiling(guesses, guesses, 0.0, confidence) }
}

/// Whether an upper bound keeps the limit; a NaN keeps nothing.
pub(super) fn keeps(rule: &Rule, upper: f64) -> bool {
    matches!(
        (rule.op, upper.partial_cmp(&rule.limit)),
        (Op::Lt | Op::Le, Some(Ordering::Less)) | (Op::Le | Op::Eq, Some(Ordering::Equal))
    )
}

fn rate(rule: &Rule, terms: &Terms<'_>) -> Requirement {
    let by_bound = matches!(rule.op, Op::Lt | Op::Le);
    let sampled = |hits| Sampled {
        hits,
        targets: needed_trials(hits, rule.limit, terms.pass).filter(|_| by_bound),
    };
    let in_frame = |frame| {
        move |hits| Sampled {
            hits,
            targets: needed_trials_in_frame(hits, rule.limit, frame, terms.pass)
                .filter(|_| by_bound),
        }
    };
    let in_frame = terms.sizes.persons.map(|frame| HITS.map(in_frame(frame)).to_vec());
    Requirement::Rate {
        sampled: HITS.map(sampled).to_vec(),
        in_frame: in_frame.unwrap_or_default(),
        census_hits: terms.sizes.persons.and_then(|persons| census_hits(rule, persons)),
        one_hit: one_hit(rule),
    }
}

/// The most hits that a census of `persons` allows; none where it allows not even zero.
fn census_hits(rule: &Rule, persons: u64) -> Option<u64> {
    let share = |hits: u64| hits as f64 / persons as f64;
    let about = (rule.limit * persons as f64) as u64;
    (about.saturating_sub(1)..=about + 1).rev().find(|&hits| keeps(rule, share(hits)))
}

/// The fewest persons of whom one hit is below the limit.
fn one_hit(rule: &Rule) -> Option<u64> {
    if rule.limit <= 0.0 || rule.op == Op::Ge {
        return None;
    }
    let about = (1.0 / rule.limit) as u64;
    (about.saturating_sub(1).max(1)..=about.saturating_add(2))
        .find(|&persons| keeps(rule, 1.0 / persons as f64))
}

fn detected(rule: &Rule, terms: &Terms<'_>) -> Requirement {
    let sensitivity = terms
        .sizes
        .persons
        .and_then(|persons| needed_sensitivity(0, persons, rule.limit, terms.pass));
    let found = |sensitivity| Found {
        sensitivity,
        persons: needed_targets(0, sensitivity, rule.limit, terms.pass),
    };
    Requirement::Detected {
        sensitivity,
        plants: sensitivity.and_then(|s| needed_plants(s, terms.pass)),
        persons: SENSITIVITIES.map(found).to_vec(),
    }
}

fn difference(rule: &Rule, terms: &Terms<'_>) -> Requirement {
    let arm = |control_rate| {
        let passes = |each| keeps(rule, no_excess(control_rate, each, each, terms.pass));
        // No bound of a sampled share is zero, however many are sampled.
        let each = (rule.limit > 0.0).then(|| smallest(super::LEAST_HOLDOUT, passes)).flatten();
        Arm { control_rate, each }
    };
    let shown = |(persons, holdout)| {
        let shown = move |control_rate| Shown {
            control_rate,
            excess: no_excess(control_rate, persons, holdout, terms.pass),
        };
        CONTROL_RATES.map(shown).to_vec()
    };
    let arms = terms.sizes.persons.zip(terms.sizes.holdout_persons);
    Requirement::Difference {
        arms: CONTROL_RATES.map(arm).to_vec(),
        shown: arms.map(shown).unwrap_or_default(),
    }
}

/// Upper bound of the excess when both arms are hit at `rate`, to the nearest person.
pub(super) fn no_excess(rate: f64, persons: u64, holdout: u64, confidence: Confidence) -> f64 {
    let count = |trials: u64| Count { successes: (rate * trials as f64).round() as u64, trials };
    let (treated, control) = (count(persons), count(holdout));
    let measure = Measure::Difference { treated, control, baseline: None };
    upper_bound(&measure, 0.0, confidence).unwrap_or(1.0)
}

/// The smallest number from `least` on that passes, where a larger one passes too (but for the rounding
/// of counts); none up to [`MOST`].
pub(super) fn smallest(least: u64, passes: impl Fn(u64) -> bool) -> Option<u64> {
    if passes(least) {
        return Some(least);
    }
    let (mut low, mut high) = (least, 2 * least);
    while !passes(high) {
        if high > MOST {
            return None;
        }
        (low, high) = (high, 2 * high);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if passes(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

fn normal(rule: &Rule, terms: &Terms<'_>) -> Requirement {
    let known = terms.sizes.released().is_some();
    let error = known.then(|| permutation_error(rule.metric, &terms.sizes));
    Requirement::Normal {
        standard_error: error,
        shown: error.map(|error| normal_quantile(terms.pass.alpha()) * error),
        seen: error.map(|error| rule.limit + normal_quantile(terms.fail.alpha()) * error),
        ceiling: 1.0 - train_share(&terms.sizes),
    }
}

/// The standard error of a share of nearest records under permuted labels, f = share of train among the
/// persons: √(f(1 − f)/m) for m rows that each find a person of their own. Rows that crowd around few
/// persons make it larger, so that it is a floor.
pub(super) fn permutation_error(metric: &Metric, sizes: &Sizes) -> f64 {
    let rows = sizes.released().unwrap_or(best::persons(sizes).0);
    let tail = ((rows as f64 * TAIL.0) as u64).max(TAIL.1).min(rows);
    let rows = if metric.id.contains("tail") { tail } else { rows };
    let share = train_share(sizes);
    (share * (1.0 - share) / rows.max(1) as f64).sqrt()
}

/// The share of train among all persons; two thirds, as `split` leaves, where there is no holdout.
fn train_share(sizes: &Sizes) -> f64 {
    match (sizes.persons, sizes.holdout_persons) {
        (Some(train), Some(holdout)) => train as f64 / (train + holdout) as f64,
        _ => 2.0 / 3.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tail test's own parameters, which this room may not import.
    #[test]
    fn the_tail_is_the_attacks() {
        let tails = crate::attack::Distance::default().tails;
        assert!(tails.iter().any(|tail| (tail - TAIL.0).abs() < 1e-12));
    }

    #[test]
    fn the_smallest_number_that_passes() {
        for turn in [7, 8, 13, 100, 65_537] {
            assert_eq!(smallest(7, |n| n >= turn), Some(turn));
        }
        assert_eq!(smallest(7, |_| false), None);
    }
}

//! From guesses about coins to a lower limit of ε: what contradicts a claim of differential privacy.
//!
//! There is no upper limit: a bound below the claim shows that this adversary guessed no better. It
//! is read as "not contradicted" only where the same adversary contradicts the claim of a generator that
//! draws half the noise.

use serde::Serialize;

use super::bounds::{Interval, Sides};
use crate::evidence::{Design, Measure};
use crate::stats::{
    Confidence, Guesses, independent_epsilon_lower, independent_gaussian_epsilon_lower,
    one_run_epsilon_lower,
};

/// What guesses say of a claim, at the confidence that contradicts one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Audited {
    /// The claimed ε.
    pub claimed: f64,
    /// The claimed δ.
    pub delta: f64,
    /// The smallest ε that the guesses leave standing.
    pub epsilon_lower: f64,
    /// The same had every guess been right: no claim above it can be contradicted by so many guesses.
    pub ceiling: f64,
    /// The smallest ε that the same audit leaves standing where half the noise was drawn.
    pub half_noise: Option<f64>,
}

impl Audited {
    /// Whether the audit would have noticed half the noise.
    pub(super) fn sees_half_noise(&self) -> bool {
        self.half_noise.is_some_and(|lower| lower > self.claimed)
    }
}

/// Two lower limits of ε, less the claimed one where there is a claim: the limit at the confidence that
/// contradicts, and the larger one at the confidence that a claim must withstand. Neither is an estimate.
pub(super) fn interval(measure: &Measure, sides: Sides) -> Option<Interval> {
    let Measure::Guesses { canaries, made, right, claimed, design, .. } = *measure else {
        return None;
    };
    let claimed = claimed.unwrap_or(0.0);
    let guesses = Guesses { canaries, made, right };
    let lower = epsilon_lower(measure, guesses, sides.lower)? - claimed;
    let upper = (epsilon_lower(measure, guesses, sides.upper)? - claimed).max(lower);
    let method = match design {
        Design::OneRun => "lower limit of ε from the guesses of one run (Steinke et al. 2023)",
        Design::IndependentRuns => "lower limit of ε from independent guesses, Clopper–Pearson",
        Design::GaussianRuns => {
            "lower limit of ε from independent guesses, Clopper–Pearson, as Gaussian noise"
        }
    };
    Some(Interval { point: upper, lower, upper, method, exact: false })
}

/// What the guesses say of the claim in them; nothing where there is none.
pub(super) fn audited(measure: &Measure, confidence: Confidence) -> Option<Audited> {
    let Measure::Guesses { canaries, made, right, delta, claimed, half_noise, .. } = *measure
    else {
        return None;
    };
    let lower = |right| epsilon_lower(measure, Guesses { canaries, made, right }, confidence);
    Some(Audited {
        claimed: claimed?,
        delta,
        epsilon_lower: lower(right)?,
        ceiling: lower(made)?,
        half_noise: half_noise.and_then(|half| lower(half.successes)),
    })
}

fn epsilon_lower(measure: &Measure, guesses: Guesses, confidence: Confidence) -> Option<f64> {
    let Measure::Guesses { design, delta, .. } = *measure else { return None };
    match design {
        Design::OneRun => one_run_epsilon_lower(guesses, delta, confidence),
        Design::IndependentRuns => independent_epsilon_lower(guesses, delta, confidence),
        Design::GaussianRuns => independent_gaussian_epsilon_lower(guesses, delta, confidence),
    }
}

//! Pitman's sampling formula: its parameters by maximum likelihood, and the uniques it expects.

use statrs::function::gamma::{digamma, ln_gamma};

use super::ClassSizes;
use crate::stats::search::turning_point;

/// Parameters of Pitman's sampling formula: 0 < α < 1, θ > −α.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pitman {
    /// θ: how readily a new class begins.
    pub theta: f64,
    /// α: how much more readily, the more classes there are.
    pub alpha: f64,
}

/// The formula's limit α = 0 (Ewens) is taken at this α: nearer, its digamma functions cancel.
const SMALLEST_ALPHA: f64 = 1e-6;

/// The largest θ: beyond, every person is expected to be a class of their own in any sample there is.
const LARGEST_THETA: f64 = 1e12;

impl Pitman {
    /// The maximum likelihood fit; `None` with fewer than two classes, or when every class is single and the
    /// likelihood grows without end.
    #[must_use]
    pub fn fit(sizes: &ClassSizes) -> Option<Self> {
        let (persons, classes) = (sizes.persons(), sizes.classes());
        if classes < 2 || persons == classes {
            return None;
        }
        // On the ridge of the best θ for each α the slope in α is the partial one; it falls to −∞ at 1.
        let slope = |alpha: f64| {
            let theta = best_theta(persons as f64, classes as f64, alpha)?;
            Some(slope_alpha(sizes, theta, alpha))
        };
        let rises = |alpha: f64| slope(alpha).is_some_and(|slope| slope > 0.0);
        let alpha = if rises(SMALLEST_ALPHA) {
            turning_point(SMALLEST_ALPHA, 1.0 - SMALLEST_ALPHA, rises).0
        } else {
            SMALLEST_ALPHA
        };
        Some(Self { theta: best_theta(persons as f64, classes as f64, alpha)?, alpha })
    }

    /// The expected number of classes of one among `persons` persons:
    /// N·Γ(θ+α+N−1)·Γ(θ+1)/(Γ(θ+α)·Γ(θ+N)). Hoshino's Γ(θ+1)/Γ(θ+α)·N^α is its limit for N ≫ θ; where θ is not
    /// small beside N the limit would find more uniques than persons.
    #[must_use]
    pub fn uniques(&self, persons: f64) -> f64 {
        let Self { theta, alpha } = *self;
        let step = alpha - 1.0;
        let growth = ln_gamma_ratio(theta + persons, step) - ln_gamma_ratio(theta + 1.0, step);
        (persons.ln() + growth).exp().min(persons)
    }
}

/// ln Γ(x + a) − ln Γ(x) for |a| ≤ 1, also where the two agree in all but the last digits.
fn ln_gamma_ratio(x: f64, a: f64) -> f64 {
    if x < 1e6 {
        return ln_gamma(x + a) - ln_gamma(x);
    }
    // Tricomi and Erdélyi 1951; the next term is below 1e-13.
    a * x.ln() + (a * (a - 1.0) / (2.0 * x)).ln_1p()
}

/// The θ > −α at which the likelihood is largest for this α; `None` beyond all samples there are. The slope
/// [ψ(u+θ/α) − ψ(1+θ/α)]/α − [ψ(n+θ) − ψ(1+θ)] is +∞ at −α and negative in the end.
fn best_theta(persons: f64, classes: f64, alpha: f64) -> Option<f64> {
    let rises = |log: f64| {
        let theta = log.exp() - alpha;
        let ratio = theta / alpha;
        digamma_rise(1.0 + ratio, classes - 1.0) / alpha > digamma_rise(1.0 + theta, persons - 1.0)
    };
    let (low, high) = ((alpha * 1e-9).ln(), LARGEST_THETA.ln());
    if rises(high) {
        return None;
    }
    Some(turning_point(low, high, rises).0.exp() - alpha)
}

/// The slope of the log-likelihood in α:
/// [α(u−1) − θψ(u+θ/α) + θψ(1+θ/α)]/α² − Σ c_i [ψ(i−α) − ψ(1−α)].
fn slope_alpha(sizes: &ClassSizes, theta: f64, alpha: f64) -> f64 {
    let (classes, ratio) = (sizes.classes() as f64, theta / alpha);
    let begun = (classes - 1.0) - ratio * digamma_rise(1.0 + ratio, classes - 1.0);
    let grown = sizes.sum(|size| digamma_rise(1.0 - alpha, size - 1.0));
    begun / alpha - grown
}

/// ψ(x + m) − ψ(x) for m ≥ 0, also where the two agree in all but the last digits.
fn digamma_rise(x: f64, m: f64) -> f64 {
    if x < 1e3 {
        return digamma(x + m) - digamma(x);
    }
    // ψ(x) = ln x − 1/(2x) − 1/(12x²) + …; the difference of the next terms is below 1e-13 of the whole.
    let (near, far) = (1.0 / x, 1.0 / (x + m));
    (m / x).ln_1p() + (near - far) / 2.0 + (near * near - far * far) / 12.0
}

/// The uniques that Pitman's formula, fitted to the sample, expects in the population. `None` for a fraction
/// outside (0, 1] or when there is no fit.
#[must_use]
pub fn pitman_uniques(sizes: &ClassSizes, fraction: f64) -> Option<f64> {
    let population = sizes.population(fraction)?;
    let uniques = Pitman::fit(sizes)?.uniques(population);
    uniques.is_finite().then_some(uniques)
}

//! One run of the mechanism with many canaries, each in the table by a fair coin of its own.

use super::{LARGEST, gaussian_epsilon, possible};
use crate::stats::mass::{binomial_at_least, ln_binomial_mass};
use crate::stats::normal::{cumulative, inverse_cumulative};
use crate::stats::search::{last, turning_point};
use crate::stats::{Confidence, MOST};

/// Masses below e^this are no doubles.
const SMALLEST: f64 = -690.0;

/// What an adversary guessed about the coins of the canaries after one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guesses {
    /// m, canaries: each was put in with probability ½, independently.
    pub canaries: u64,
    /// r, guesses made ("in" or "out"), their number fixed before any score was seen; the adversary
    /// abstains from the others.
    pub made: u64,
    /// v, right guesses.
    pub right: u64,
}

impl Guesses {
    fn possible(self) -> bool {
        self.right <= self.made && self.made <= self.canaries && self.canaries <= MOST
    }
}

/// An upper limit of the probability of so many right guesses if the mechanism were
/// (ε, δ)-differentially private (Steinke, Nasr, Jagielski 2023, arXiv 2305.08846, appendix D):
///
/// min(1, β + 2mδα), β = P[W ≥ v], α = max over 1 ≤ i ≤ v of P[v > W ≥ v − i]/i, W ~ Bin(r, q),
/// q = e^ε/(1 + e^ε).
///
/// For δ = 0 every guess is right with probability q at most. Each unit of δ buys the adversary
/// at most one guess in every i by which the count misses v.
#[must_use]
pub fn one_run_p_value(guesses: Guesses, epsilon: f64, delta: f64) -> Option<f64> {
    let valid = guesses.possible() && possible(delta) && (0.0..=LARGEST).contains(&epsilon);
    if !valid {
        return None;
    }
    let q = 1.0 / (1.0 + (-epsilon).exp());
    let beta = binomial_at_least(guesses.right, guesses.made, q);
    if delta <= 0.0 || beta >= 1.0 {
        return Some(beta.min(1.0));
    }
    let alpha = densest(guesses, q);
    Some((beta + 2.0 * guesses.canaries as f64 * delta * alpha).min(1.0))
}

/// The largest mean of consecutive masses of Bin(r, q) from v − 1 downwards: α above. Needs v > 0.
fn densest(guesses: Guesses, q: f64) -> f64 {
    let Guesses { made, right, .. } = guesses;
    let mode = ((made as f64 * q).floor() as u64).min(made);
    // Masses rise towards the mode. Those that no double holds add nothing to the sum.
    let start = if right - 1 <= mode {
        right - 1
    } else {
        last(mode, right - 1, |k| ln_binomial_mass(k, made, q) >= SMALLEST)
    };
    let odds = (1.0 - q) / q;
    let mut mass = ln_binomial_mass(start, made, q).exp();
    let (mut sum, mut best) = (0.0, 0.0_f64);
    for k in (0..=start).rev() {
        sum += mass;
        let mean = sum / (right - k) as f64;
        best = best.max(mean);
        // Beyond the mode masses fall: once one is below the mean, all that follow lower it.
        if k <= mode && mass < mean {
            break;
        }
        mass *= k as f64 / (made - k + 1) as f64 * odds;
    }
    best
}

/// The smallest ε ≥ 0 that the guesses leave standing: with this confidence the mechanism is not
/// (ε, δ)-differentially private for any smaller one.
///
/// ```
/// use dosimeter::stats::{Confidence, Guesses, one_run_epsilon_lower};
/// let guesses = Guesses { canaries: 1000, made: 100, right: 75 };
/// let bound = one_run_epsilon_lower(guesses, 1e-4, Confidence::new(0.95).unwrap()).unwrap();
/// assert!((bound - 0.673).abs() < 1e-3); // the paper's example
/// ```
#[must_use]
pub fn one_run_epsilon_lower(guesses: Guesses, delta: f64, confidence: Confidence) -> Option<f64> {
    let refuted = |p: f64| p < confidence.alpha();
    if !refuted(one_run_p_value(guesses, 0.0, delta)?) {
        return Some(0.0);
    }
    // β rises with ε, and α does as long as v lies in the upper tail, that is up to where β alone is
    // no longer small: below that point the p-value is monotone, and one bisection finds its crossing.
    let beta = |epsilon: f64| one_run_p_value(guesses, epsilon, 0.0).unwrap_or(1.0);
    let high = if refuted(beta(LARGEST)) {
        LARGEST
    } else {
        turning_point(0.0, LARGEST, |epsilon| refuted(beta(epsilon))).1
    };
    let stands =
        |epsilon: f64| one_run_p_value(guesses, epsilon, delta).is_none_or(|p| !refuted(p));
    if !stands(high) {
        return Some(high);
    }
    Some(turning_point(0.0, high, |epsilon| !stands(epsilon)).0)
}

/// The bound that a perfect adversary would reach with so many guesses: no audit of this size can
/// contradict a larger claimed ε.
#[must_use]
pub fn one_run_ceiling(
    canaries: u64,
    made: u64,
    delta: f64,
    confidence: Confidence,
) -> Option<f64> {
    one_run_epsilon_lower(Guesses { canaries, made, right: made }, delta, confidence)
}

/// The same question about a Gaussian mechanism: with this confidence it is not a μ-Gaussian mechanism
/// that satisfies (ε, δ) for any smaller ε (Mahloujifar, Melis, Chaudhuri 2024, arXiv 2410.22235).
/// Tighter than [`one_run_epsilon_lower`] because it knows the whole trade-off curve of the
/// mechanism, and silent about mechanisms of any other kind. Needs δ > 0.
#[must_use]
pub fn one_run_gaussian_epsilon_lower(
    guesses: Guesses,
    delta: f64,
    confidence: Confidence,
) -> Option<f64> {
    if !guesses.possible() || !possible(delta) || delta <= 0.0 {
        return None;
    }
    let refuted = |mu: f64| gaussian_refuted(guesses, mu, confidence.alpha());
    if guesses.made == 0 || !refuted(0.0) {
        return Some(0.0);
    }
    let mu = turning_point(0.0, MOST_MU, refuted).0;
    gaussian_epsilon(mu, delta)
}

/// μ beyond which nothing is searched.
const MOST_MU: f64 = 12.0;

/// Whether so many right guesses are rarer than `alpha` for a μ-Gaussian mechanism. From the
/// assumption that v or more are right with probability α, the recursion bounds from below the
/// probabilities h and r that the next-rarer counts carry, by the trade-off curve
/// f̄(x) = Φ(Φ⁻¹(x) − μ); more probability than there is refutes the assumption.
fn gaussian_refuted(guesses: Guesses, mu: f64, alpha: f64) -> bool {
    let (m, made) = (guesses.canaries as f64, guesses.made as f64);
    let mut r = alpha * guesses.right as f64 / m;
    let mut h = alpha * (made - guesses.right as f64) / m;
    for i in (0..guesses.right).rev() {
        let i = i as f64;
        let next = h.max(cumulative(inverse_cumulative(r) - mu));
        r = (r + i / (made - i) * (next - h)).min(1.0);
        h = next;
        if r + h > made / m {
            return true;
        }
    }
    r + h > made / m
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::testing::{C95, close};

    fn guesses(canaries: u64, made: u64, right: u64) -> Guesses {
        Guesses { canaries, made, right }
    }

    /// r = 4 guesses, v = 3 right, ε = 0 so that q = ½: masses of 0..4 are 1, 4, 6, 4, 1 sixteenths.
    /// β = 5/16. From v − 1 = 2 downwards: 6/16, (6 + 4)/2 = 5/16, 11/3/16: α = 6/16. With m = 10 and
    /// δ = 0.01: p = 5/16 + 2·10·0.01·6/16 = 0.3125 + 0.075 = 0.3875.
    #[test]
    fn hand_worked() {
        close(one_run_p_value(guesses(10, 4, 3), 0.0, 0.0).unwrap(), 0.3125, 1e-12);
        close(one_run_p_value(guesses(10, 4, 3), 0.0, 0.01).unwrap(), 0.3875, 1e-12);
        // v = 4: from 3 downwards 4/16, (4 + 6)/2 = 5/16, 14/3/16: α = 5/16, β = 1/16.
        close(one_run_p_value(guesses(10, 4, 4), 0.0, 0.01).unwrap(), 0.0625 + 0.0625, 1e-12);
        // No δ: the bound of r right guesses of r solves q^r = α, ε = ln(q/(1 − q)).
        let q = 0.05_f64.powf(1.0 / 200.0);
        let bound = one_run_epsilon_lower(guesses(200, 200, 200), 0.0, C95).unwrap();
        close(bound, (q / (1.0 - q)).ln(), 1e-9);
    }

    /// α of a count so far in the tail that its own mass is no double: of 100,000 guesses all are
    /// right, at q = ½. The mean over the 100,000 − k counts from the top reaches its largest value
    /// near the mode, about 1/50,000, and not 0.
    #[test]
    fn a_mass_too_small_for_a_double_does_not_hide_the_others() {
        let p = one_run_p_value(guesses(100_000, 100_000, 100_000), 0.0, 1e-5).unwrap();
        assert!(p > 2.0 / 51_000.0 && p < 2.0 / 49_000.0, "{p}");
    }

    #[test]
    fn impossible_audits_have_no_bound() {
        for (canaries, made, right, delta) in [
            (10, 11, 5, 0.0),
            (10, 5, 6, 0.0),
            (10, 5, 5, -1e-9),
            (10, 5, 5, 1.0),
            (10, 5, 5, f64::NAN),
            (u64::MAX, 5, 5, 0.0),
        ] {
            let guesses = guesses(canaries, made, right);
            assert!(one_run_epsilon_lower(guesses, delta, C95).is_none(), "{guesses:?} {delta}");
            assert!(one_run_gaussian_epsilon_lower(guesses, delta, C95).is_none());
        }
        assert!(one_run_p_value(guesses(10, 5, 5), f64::NAN, 0.0).is_none());
        assert!(one_run_p_value(guesses(10, 5, 5), -1.0, 0.0).is_none());
    }

    #[test]
    fn no_guess_and_no_canary_show_nothing() {
        for (canaries, made, right) in [(0, 0, 0), (10, 0, 0), (10, 5, 0)] {
            let bound = one_run_epsilon_lower(guesses(canaries, made, right), 1e-5, C95).unwrap();
            assert!(bound <= 0.0);
            let gaussian =
                one_run_gaussian_epsilon_lower(guesses(canaries, made, right), 1e-5, C95);
            assert!(gaussian.unwrap() <= 0.0);
        }
    }

    proptest! {
        /// More right guesses never lower the bound, a larger δ or confidence never raises it, and
        /// everything below the bound is refuted.
        #[test]
        fn the_bound_is_monotone_and_refutes_all_below_it(
            made in 1_u64..400, share in 0.3..=1.0_f64, spare in 0_u64..2000,
            log_delta in -9.0..-2.0_f64,
        ) {
            let right = (share * made as f64) as u64;
            let (these, delta) = (guesses(made + spare, made, right), 10_f64.powf(log_delta));
            let bound = |guesses, delta| one_run_epsilon_lower(guesses, delta, C95).unwrap();
            let at = bound(these, delta);
            let more = Guesses { right: (right + 1).min(made), ..these };
            prop_assert!(bound(more, delta) >= at - 1e-12);
            prop_assert!(bound(these, 2.0 * delta) <= at + 1e-12);
            prop_assert!(bound(these, 0.0) >= at - 1e-12);
            let surer = Confidence::new(0.99).unwrap();
            prop_assert!(one_run_epsilon_lower(these, delta, surer).unwrap() <= at + 1e-12);
            let ceiling = one_run_ceiling(these.canaries, made, delta, C95).unwrap();
            prop_assert!(at <= ceiling + 1e-12);
            let p_at = |epsilon| one_run_p_value(these, epsilon, delta).unwrap();
            for part in [0.0, 0.25, 0.5, 0.75, 0.95] {
                prop_assert!(at <= 0.0 || p_at(part * at) < 0.05, "{} of {}", part, at);
            }
            prop_assert!(p_at(at + 1e-6) >= 0.05);
        }

        #[test]
        fn the_gaussian_bound_rises_with_right_guesses_and_falls_with_confidence(
            made in 20_u64..200, share in 0.5..=1.0_f64, spare in 0_u64..2000,
        ) {
            let right = (share * made as f64) as u64;
            let these = guesses(made + spare, made, right);
            let at = one_run_gaussian_epsilon_lower(these, 1e-5, C95).unwrap();
            let more = Guesses { right: (right + 1).min(made), ..these };
            prop_assert!(one_run_gaussian_epsilon_lower(more, 1e-5, C95).unwrap() >= at - 1e-9);
            let surer = Confidence::new(0.99).unwrap();
            prop_assert!(one_run_gaussian_epsilon_lower(these, 1e-5, surer).unwrap() <= at + 1e-9);
        }
    }
}

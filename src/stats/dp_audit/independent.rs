//! Independent runs, each with one canary, in by a fair coin of its own that the adversary guesses.
//!
//! The guesses are independent trials, so that their number settles everything: how often may one be
//! right under the claim? Much tighter than one run with as many canaries, whose guesses may all hang
//! together, and it costs as many runs as guesses.

use super::{Guesses, LARGEST, gaussian_epsilon, possible};
use crate::stats::normal::{cumulative, inverse_cumulative};
use crate::stats::{Confidence, MOST, clopper_pearson_lower, normal_quantile};

/// The smallest ε ≥ 0, up to 36, that the guesses leave standing: ln((a − δ)/(1 − a)), a the lower limit
/// (Clopper–Pearson) of the probability of being right.
///
/// Under (ε, δ)-differential privacy both TPR ≤ e^ε FPR + δ and TNR ≤ e^ε FNR + δ, so that a fair coin
/// is guessed with probability (e^ε + δ)/(e^ε + 1) at most (Kairouz, Oh, Viswanath 2015, ICML). `None`
/// unless every coin was guessed: whoever abstains chooses which guesses count.
///
/// ```
/// use dosimeter::stats::{Confidence, Guesses, independent_epsilon_lower};
/// let guesses = Guesses { canaries: 1000, made: 1000, right: 1000 };
/// let bound = independent_epsilon_lower(guesses, 0.0, Confidence::new(0.95).unwrap()).unwrap();
/// assert!((bound - 5.809).abs() < 1e-3); // a = 0.05^(1/1000)
/// ```
#[must_use]
pub fn independent_epsilon_lower(
    guesses: Guesses,
    delta: f64,
    confidence: Confidence,
) -> Option<f64> {
    let right = accuracy_lower(guesses, confidence)?;
    let odds = (right - delta) / (1.0 - right);
    let bound = if odds > 1.0 { odds.ln().min(LARGEST) } else { 0.0 };
    possible(delta).then_some(bound)
}

/// The smallest μ ≥ 0 that the guesses leave standing of a μ-Gaussian mechanism: 2Φ⁻¹(a), because its
/// coin is guessed with probability Φ(μ/2) at most, half of one more than the total variation distance
/// of N(0, 1) and N(μ, 1) (Dong, Roth, Su 2022, J. R. Statist. Soc. B 84:3). `None` as
/// [`independent_epsilon_lower`].
#[must_use]
pub fn independent_mu_lower(guesses: Guesses, confidence: Confidence) -> Option<f64> {
    let right = accuracy_lower(guesses, confidence)?;
    Some((2.0 * inverse_cumulative(right)).max(0.0))
}

/// The same as an ε: the smallest for which a Gaussian mechanism guessed so well could be (ε,
/// δ)-differentially private. Needs δ > 0.
#[must_use]
pub fn independent_gaussian_epsilon_lower(
    guesses: Guesses,
    delta: f64,
    confidence: Confidence,
) -> Option<f64> {
    gaussian_epsilon(independent_mu_lower(guesses, confidence)?, delta)
}

/// About how many guesses, each right with probability `likely`, are needed to show with `confidence`
/// that they are right more often than `limit`, in a share `power` of all audits (normal approximation).
/// `None` if they are not, or more than 2⁵³ are needed.
#[must_use]
pub fn needed_guesses(
    likely: f64,
    limit: f64,
    power: Confidence,
    confidence: Confidence,
) -> Option<u64> {
    let deviation = |p: f64| (p * (1.0 - p)).sqrt();
    let apart = normal_quantile(confidence.alpha()) * deviation(limit)
        + normal_quantile(power.alpha()) * deviation(likely);
    let needed = (apart / (likely - limit)).powi(2).ceil();
    let valid = 0.0 < limit && limit < likely && likely <= 1.0 && needed <= MOST as f64;
    valid.then_some(needed as u64)
}

/// How often an adversary is right about a fair coin who tells N(0, 1) from N(μ, 1): Φ(μ/2).
#[must_use]
pub fn gaussian_accuracy(mu: f64) -> f64 {
    cumulative(mu / 2.0)
}

/// The lower limit of the probability that a guess is right.
fn accuracy_lower(guesses: Guesses, confidence: Confidence) -> Option<f64> {
    let Guesses { canaries, made, right } = guesses;
    let valid = right <= made && made == canaries && made > 0 && made <= MOST;
    valid.then(|| clopper_pearson_lower(right as f64, made, confidence))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::gaussian_delta;
    use crate::stats::testing::{C95, C99, close};

    fn all(made: u64, right: u64) -> Guesses {
        Guesses { canaries: made, made, right }
    }

    /// 200 of 200: a = 0.05^(1/200) = 0.985133, ε = ln(a/(1 − a)) = 4.193630, as in one run with δ = 0,
    /// where guesses are as good as independent. With δ = 0.01: ln((a − 0.01)/(1 − a)) = 4.183427.
    #[test]
    fn hand_worked() {
        let a = 0.05_f64.powf(1.0 / 200.0);
        let bound = |delta| independent_epsilon_lower(all(200, 200), delta, C95).unwrap();
        close(bound(0.0), 4.193_630, 1e-6);
        close(bound(0.01), ((a - 0.01) / (1.0 - a)).ln(), 1e-9);
        close(bound(0.01), 4.183_427, 1e-6);
        close(independent_mu_lower(all(200, 200), C95).unwrap(), 2.0 * inverse_cumulative(a), 1e-9);
    }

    /// At δ the bound that the guesses imply through μ is the one at which the δ of μ is δ.
    #[test]
    fn mu_is_read_as_epsilon() {
        let guesses = all(10_000, 5800);
        let mu = independent_mu_lower(guesses, C99).unwrap();
        let epsilon = independent_gaussian_epsilon_lower(guesses, 1e-5, C99).unwrap();
        close(gaussian_delta(mu, epsilon).unwrap(), 1e-5, 1e-6);
        assert!(gaussian_accuracy(mu) < 0.58 && gaussian_accuracy(mu) > 0.565);
    }

    /// Accuracies 0.6 and 0.55 at 95 % and 95 %: ((1.645·0.4975 + 1.645·0.4899)/0.05)² = 1,055.
    #[test]
    fn guesses_needed_to_show_a_difference() {
        let needed = |likely, limit| needed_guesses(likely, limit, C95, C95);
        assert_eq!(needed(0.6, 0.55), Some(1056));
        assert!(needed(0.55, 0.55).is_none() && needed(0.5, 0.55).is_none());
        assert!(needed(f64::NAN, 0.5).is_none() && needed(0.6, 0.0).is_none());
    }

    #[test]
    fn impossible_audits_have_no_bound_and_blind_ones_the_bound_0() {
        let abstained = Guesses { canaries: 11, made: 10, right: 9 };
        for guesses in [all(10, 11), all(0, 0), abstained] {
            assert!(independent_epsilon_lower(guesses, 0.0, C95).is_none());
            assert!(independent_mu_lower(guesses, C95).is_none());
        }
        for delta in [f64::NAN, -0.1, 1.0] {
            assert!(independent_epsilon_lower(all(10, 10), delta, C95).is_none());
        }
        assert!(independent_gaussian_epsilon_lower(all(10, 10), 0.0, C95).is_none());
        for right in [0, 50, 55] {
            assert!(independent_epsilon_lower(all(100, right), 0.0, C95).unwrap() <= 0.0);
            assert!(independent_mu_lower(all(100, right), C95).unwrap() <= 0.0);
        }
    }

    proptest! {
        #[test]
        fn bounds_rise_with_right_guesses_and_fall_with_delta_and_confidence(
            made in 1_u64..5000, share in 0.0..=1.0_f64, delta in 0.0..0.5_f64,
        ) {
            let right = (share * made as f64) as u64;
            let at = |right, delta, c| independent_epsilon_lower(all(made, right), delta, c).unwrap();
            prop_assert!(at((right + 1).min(made), delta, C95) >= at(right, delta, C95));
            prop_assert!(at(right, delta / 2.0, C95) >= at(right, delta, C95));
            prop_assert!(at(right, delta, C99) <= at(right, delta, C95));
            let mu = |right| independent_mu_lower(all(made, right), C95).unwrap();
            prop_assert!(mu((right + 1).min(made)) >= mu(right));
        }
    }
}

//! The exponential mechanism, exactly, on integer scores (McSherry and Talwar 2007).
//!
//! P(i) ∝ exp(ε·qᵢ / (2Δ)). It is ε-differentially private and, by bounded range, (ε²/8)-zCDP (Cesar and
//! Rogers 2021; Dong, Durfee and Rogers 2020). A candidate is drawn uniformly and kept with probability
//! exp(−ε(q_max − qᵢ)/(2Δ)), by an exact coin: no softmax in floating-point numbers, whose rounding would
//! tell neighbouring tables apart.

use super::entropy::Entropy;
use super::noise::{Ratio, bernoulli_exp};
use crate::error::{Error, Result};

/// The place of the chosen score. One person changes every score by at most `sensitivity`.
///
/// # Errors
/// [`Error::Usage`] when there is nothing to choose from, or a number outgrows 128 bits.
pub(super) fn exponential(
    entropy: &mut Entropy,
    scores: &[i64],
    sensitivity: u64,
    epsilon: Ratio,
) -> Result<usize> {
    let best = scores.iter().copied().max();
    let best = best.ok_or_else(|| Error::Usage("nothing to choose from".into()))?;
    let outgrown = || Error::Usage("a score is too large to be chosen by exactly".into());
    let under = u128::from(sensitivity.max(1))
        .checked_mul(2)
        .and_then(|twice| twice.checked_mul(epsilon.denominator))
        .ok_or_else(outgrown)?;
    loop {
        let drawn = entropy.below(scores.len() as u128);
        let Some((place, score)) =
            usize::try_from(drawn).ok().and_then(|place| Some((place, scores.get(place)?)))
        else {
            continue;
        };
        let gap = u128::from(best.abs_diff(*score));
        let over = gap.checked_mul(epsilon.numerator).ok_or_else(outgrown)?;
        if bernoulli_exp(entropy, over, under)? {
            return Ok(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;
    use crate::synth::dp::noise::tests::fit;

    fn chosen(scores: &[i64], sensitivity: u64, epsilon: f64, draws: usize, seed: u64) -> Vec<f64> {
        let mut entropy = Entropy::seeded(Seed::new(seed));
        let mut counts = vec![0.0; scores.len()];
        for _ in 0..draws {
            let epsilon = Ratio::epsilon(epsilon);
            counts[exponential(&mut entropy, scores, sensitivity, epsilon).unwrap()] += 1.0;
        }
        counts
    }

    fn softmax(scores: &[i64], scale: f64) -> Vec<f64> {
        let weights: Vec<f64> = scores.iter().map(|&score| (score as f64 * scale).exp()).collect();
        let total: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / total).collect()
    }

    /// One in a million correct mechanisms fails.
    #[test]
    fn frequencies_are_those_of_the_softmax() {
        let scores = [0, 3, -2, 10, 10, 7, 1, -40];
        for (sensitivity, epsilon, seed) in [(1, 0.5, 1), (2, 0.5, 2), (4, 3.0, 3)] {
            let expected = softmax(&scores, epsilon / (2.0 * sensitivity as f64));
            let p = fit(&chosen(&scores, sensitivity, epsilon, 200_000, seed), &expected);
            assert!(p > 1e-6, "{p:e}");
            let wrong = softmax(&scores, epsilon / sensitivity as f64);
            assert!(fit(&chosen(&scores, sensitivity, epsilon, 200_000, seed), &wrong) < 1e-6);
        }
    }

    /// At ε = 0 every candidate is as likely; at a large ε only the best is left.
    #[test]
    fn the_extremes_are_a_fair_draw_and_the_maximum() {
        let fair = chosen(&[0, 1000, 5], 1, 0.0, 30_000, 4);
        assert!(fit(&fair, &[1.0 / 3.0; 3]) > 1e-6);
        assert!(chosen(&[0, 1000, 5], 1, 1.0, 1000, 5)[1] > 999.5);
    }

    #[test]
    fn impossible_choices_are_refused() {
        let mut entropy = Entropy::seeded(Seed::new(6));
        assert!(exponential(&mut entropy, &[], 1, Ratio::epsilon(1.0)).is_err());
        let huge = Ratio { numerator: u128::MAX, denominator: 1 };
        let widest = [i64::MIN, i64::MAX];
        assert!((0..64).any(|_| exponential(&mut entropy, &widest, 1, huge).is_err()));
        assert_eq!(exponential(&mut entropy, &widest, 1, Ratio::epsilon(1.0)).unwrap(), 1);
    }
}

//! Limits for a difference of two shares, p₁ − p₂, in [−1, 1]: k₁ hits of n₁ against k₂ of n₂.
//!
//! | method | sides | use |
//! |---|---|---|
//! | [`newcombe_exact_upper`], [`newcombe_exact_lower`] | one | verdicts |
//! | [`newcombe`], [`miettinen_nurminen`] | two | published numbers only: no verdict rests on them (see `coverage`) |
//! | [`residual_risk`] | two, symmetric | published numbers only: too narrow near 0 |
//!
//! Score limits are too narrow where counts are zero: for 0 of n they give 2.7/n (one-sided 95 %), and
//! cover differences of 0 to 10 % only 93 % of the time at worst. Squaring and adding exact limits gives
//! 3.0/n there and covers them at least as often as it says (95.1 % at 95 %, 99.1 % below at 99 %;
//! enumerated in `coverage`, arms up to 2:1). It carries no proof: with one share near 0 and the other
//! near 1 it falls to 93 %, and at α = 1 % an upper limit errs up to 1.1 % of the time (1.7 % with arms
//! 10:1).

use std::f64::consts::PI;

use super::interval::{clopper_pearson_lower, clopper_pearson_upper, wilson};
use super::search::turning_point;
use super::{Bounds, Confidence, MOST, normal};

/// p̂₁ − p̂₂ + √((u₁ − p̂₁)² + (p̂₂ − l₂)²), one-sided, with Clopper–Pearson limits u₁ and l₂ at the
/// same confidence: Newcombe's square-and-add with exact limits in place of Wilson's (MOVER: Zou and
/// Donner 2008, Statist. Med. 27:1693). At most 1; 1 for impossible counts.
#[must_use]
pub fn newcombe_exact_upper(k1: u64, n1: u64, k2: u64, n2: u64, confidence: Confidence) -> f64 {
    match (Share::new(k1, n1), Share::new(k2, n2)) {
        (Some(first), Some(second)) => {
            let most = clopper_pearson_upper(first.hits, n1, confidence);
            let least = clopper_pearson_lower(second.hits, n2, confidence);
            square_and_add(first.share(), most, second.share(), least)
        }
        _ => 1.0,
    }
}

/// p̂₁ − p̂₂ − √((p̂₁ − l₁)² + (u₂ − p̂₂)²), the mirror image of [`newcombe_exact_upper`]. At least −1; −1
/// for impossible counts.
#[must_use]
pub fn newcombe_exact_lower(k1: u64, n1: u64, k2: u64, n2: u64, confidence: Confidence) -> f64 {
    -newcombe_exact_upper(k2, n2, k1, n1, confidence)
}

/// The upper limit of a difference from an upper limit of the first and a lower limit of the second share.
pub(super) fn square_and_add(share1: f64, upper1: f64, share2: f64, lower2: f64) -> f64 {
    (share1 - share2 + (upper1 - share1).hypot(share2 - lower2)).min(1.0)
}

/// The two-sided hybrid score interval: square-and-add with Wilson limits (Newcombe 1998, Statist. Med.
/// 17:873, method 10). `None` for impossible counts.
#[must_use]
pub fn newcombe(k1: u64, n1: u64, k2: u64, n2: u64, two_sided: Confidence) -> Option<Bounds> {
    let (first, second) = (Share::new(k1, n1)?, Share::new(k2, n2)?);
    let upper = |a: Share, b: Share| {
        let (centre_a, half_a) = wilson(a.hits, a.count, two_sided);
        let (centre_b, half_b) = wilson(b.hits, b.count, two_sided);
        let (most, least) = ((centre_a + half_a).min(1.0), (centre_b - half_b).max(0.0));
        square_and_add(a.share(), most, b.share(), least)
    };
    Bounds::new(-upper(second, first), first.share() - second.share(), upper(first, second))
}

/// The two-sided score interval with the factor n/(n − 1) in its variance: all δ for which
/// (p̂₁ − p̂₂ − δ)² ≤ z² V(δ), with V from the shares most likely under p₁ − p₂ = δ (Miettinen and
/// Nurminen 1985, Statist. Med. 4:213). `None` for impossible counts.
#[must_use]
pub fn miettinen_nurminen(
    k1: u64,
    n1: u64,
    k2: u64,
    n2: u64,
    two_sided: Confidence,
) -> Option<Bounds> {
    let (first, second) = (Share::new(k1, n1)?, Share::new(k2, n2)?);
    let z = normal::normal_quantile(two_sided.alpha() / 2.0);
    let upper = |a: Share, b: Share| {
        let point = a.share() - b.share();
        let stands = |delta: f64| (delta - point).powi(2) <= z * z * score_variance(a, b, delta);
        if stands(1.0) { 1.0 } else { turning_point(point, 1.0, stands).1 }
    };
    Bounds::new(-upper(second, first), first.share() - second.share(), upper(first, second))
}

/// (a − c)/(1 − c) of an attack's and a control's share, each given as (centre, half width), with the half width
/// √((e_a/(1 − c))² + (e_c·(1 − a)/(1 − c)²)²) by propagation of errors (Giomi et al. 2023, `PoPETs` 2023(2):312).
/// Symmetric, and so too narrow where few or nobody succeeds: verdicts use
/// [`newcombe_exact_upper`] and [`newcombe_exact_lower`].
///
/// ```
/// # use dosimeter::stats::residual_risk;
/// let (value, half) = residual_risk((0.9, 0.02), (0.85, 0.02));
/// assert!((value - 0.333).abs() < 5e-4 && (half - 0.160).abs() < 5e-4);
/// ```
#[must_use]
pub fn residual_risk(attack: (f64, f64), control: (f64, f64)) -> (f64, f64) {
    let ((a, of_attack), (c, of_control)) = (attack, control);
    let left = 1.0 - c;
    let parts = (of_attack / left, of_control * (1.0 - a) / (left * left));
    ((a - c) / left, parts.0.hypot(parts.1))
}

/// V(δ) = (p̃₁(1 − p̃₁)/n₁ + p̃₂(1 − p̃₂)/n₂) · n/(n − 1), n = n₁ + n₂.
fn score_variance(first: Share, second: Share, delta: f64) -> f64 {
    let second_share = constrained_share(first, second, delta);
    let first_share = (second_share + delta).clamp(0.0, 1.0);
    let total = first.trials + second.trials;
    let variance = first_share * (1.0 - first_share) / first.trials
        + second_share * (1.0 - second_share) / second.trials;
    variance * total / (total - 1.0)
}

/// The most likely p₂ under p₁ = p₂ + δ: the root of the likelihood's cubic L₃p³ + L₂p² + L₁p + L₀ inside
/// the range of p₂, in closed form (Miettinen and Nurminen 1985, appendix I).
fn constrained_share(first: Share, second: Share, delta: f64) -> f64 {
    let (n1, n2) = (first.trials, second.trials);
    let (total, hits) = (n1 + n2, first.hits + second.hits);
    let l2 = (n1 + 2.0 * n2) * delta - total - hits;
    let l1 = (n2 * delta - total - 2.0 * second.hits) * delta + hits;
    let l0 = second.hits * delta * (1.0 - delta);
    let third = l2 / (3.0 * total);
    let q = third.powi(3) - l1 * l2 / (6.0 * total * total) + l0 / (2.0 * total);
    let p = (third * third - l1 / (3.0 * total)).max(0.0).sqrt().copysign(q);
    let ratio = q / p.powi(3);
    let angle =
        if ratio.is_finite() { (PI + ratio.clamp(-1.0, 1.0).acos()) / 3.0 } else { PI / 2.0 };
    (2.0 * p * angle.cos() - third).clamp((-delta).max(0.0), (1.0 - delta).min(1.0))
}

/// One checked count.
#[derive(Clone, Copy)]
struct Share {
    hits: f64,
    trials: f64,
    count: u64,
}

impl Share {
    fn new(hits: u64, trials: u64) -> Option<Self> {
        let possible = hits <= trials && (1..=MOST).contains(&trials);
        possible.then_some(Self { hits: hits as f64, trials: trials as f64, count: trials })
    }

    fn share(self) -> f64 {
        self.hits / self.trials
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::testing::{C95, close};

    fn agrees(bounds: Option<Bounds>, lower: f64, upper: f64) {
        let bounds = bounds.unwrap();
        assert!((bounds.lower - lower).abs() < 5.1e-5, "{bounds:?} is not from {lower}");
        assert!((bounds.upper - upper).abs() < 5.1e-5, "{bounds:?} is not to {upper}");
    }

    /// Newcombe 1998, table II, 95 %, methods 10 and 5; recomputed in Python by numerical maximisation
    /// of the constrained likelihood.
    #[test]
    fn two_sided_intervals_have_newcombes_published_numbers() {
        for (k1, n1, k2, n2, hybrid, score) in [
            (56, 70, 48, 80, (0.0524, 0.3339), (0.0528, 0.3382)),
            (9, 10, 3, 10, (0.1705, 0.8090), (0.1700, 0.8406)),
            (6, 7, 2, 7, (0.0582, 0.8062), (0.0342, 0.8534)),
            (5, 56, 0, 29, (-0.0381, 0.1926), (-0.0326, 0.1933)),
            (0, 10, 0, 20, (-0.1611, 0.2775), (-0.1658, 0.2844)),
            (0, 10, 0, 10, (-0.2775, 0.2775), (-0.2879, 0.2879)),
            (10, 10, 0, 20, (0.6791, 1.0), (0.7156, 1.0)),
            (10, 10, 0, 10, (0.6075, 1.0), (0.6636, 1.0)),
        ] {
            agrees(newcombe(k1, n1, k2, n2, C95), hybrid.0, hybrid.1);
            agrees(miettinen_nurminen(k1, n1, k2, n2, C95), score.0, score.1);
        }
    }

    /// Seven digits from the same Python (scipy 1.17 `brentq` on the numerically maximised likelihood).
    #[test]
    fn miettinen_nurminen_has_seven_digits() {
        let bounds = miettinen_nurminen(7, 34, 1, 34, C95).unwrap();
        assert!((bounds.lower - 0.027_041_6).abs() < 1e-7);
        assert!((bounds.upper - 0.345_291_2).abs() < 1e-7);
    }

    #[test]
    fn a_zero_excess_of_zero_counts_is_three_over_n_not_less() {
        let n = 33_800;
        let exact = newcombe_exact_upper(0, n, 0, n, C95);
        close(exact, clopper_pearson_upper(0.0, n, C95), 1e-14);
        assert!(exact * n as f64 > 2.99);
        let narrow = newcombe(0, n, 0, n, Confidence::new(0.90).unwrap()).unwrap();
        assert!(narrow.upper * (n as f64) < 2.71);
    }

    /// 50 of 100 against 0 of 100: l₁ = .4139, u₂ = .0295 (Clopper–Pearson, one-sided 95 %).
    #[test]
    fn the_lower_limit_squares_and_adds_the_inner_limits() {
        let (l1, u2) =
            (clopper_pearson_lower(50.0, 100, C95), clopper_pearson_upper(0.0, 100, C95));
        let by_hand = 0.5 - ((0.5 - l1).powi(2) + u2.powi(2)).sqrt();
        close(newcombe_exact_lower(50, 100, 0, 100, C95), by_hand, 1e-14);
        assert!((by_hand - 0.408_9).abs() < 5e-4);
    }

    #[test]
    fn impossible_counts_say_nothing() {
        for (k1, n1, k2, n2) in
            [(5, 4, 0, 4), (0, 4, 5, 4), (0, 0, 0, 4), (0, 4, 0, 0), (0, u64::MAX, 0, 4)]
        {
            assert!(newcombe_exact_upper(k1, n1, k2, n2, C95) >= 1.0);
            assert!(newcombe_exact_lower(k1, n1, k2, n2, C95) <= -1.0);
            assert!(newcombe(k1, n1, k2, n2, C95).is_none());
            assert!(miettinen_nurminen(k1, n1, k2, n2, C95).is_none());
        }
    }

    proptest! {
        #[test]
        fn limits_enclose_the_difference_and_more_treated_hits_never_help(
            n1 in 1_u64..2000, n2 in 1_u64..2000, a in 0.0..=1.0_f64, b in 0.0..=1.0_f64,
            c in 0.5..0.999_f64,
        ) {
            let c = Confidence::new(c).unwrap();
            let (k1, k2) = ((a * n1 as f64) as u64, (b * b * n2 as f64) as u64);
            let exact = |k1| {
                (newcombe_exact_lower(k1, n1, k2, n2, c), newcombe_exact_upper(k1, n1, k2, n2, c))
            };
            let ((lower, upper), worse) = (exact(k1), exact((k1 + 1).min(n1)));
            prop_assert!(worse.1 >= upper - 1e-12 && worse.0 >= lower - 1e-12);
            let point = k1 as f64 / n1 as f64 - k2 as f64 / n2 as f64;
            prop_assert!(-1.0 <= lower && lower <= point && point <= upper && upper <= 1.0);
            for made in [newcombe(k1, n1, k2, n2, c), miettinen_nurminen(k1, n1, k2, n2, c)] {
                let made = made.unwrap();
                prop_assert!(-1.0 <= made.lower && made.upper <= 1.0);
                prop_assert!(made.lower <= made.point && made.point <= made.upper);
            }
        }
    }
}

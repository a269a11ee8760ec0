//! Bounds for a rate of which a detector sees only a part.
//!
//! K of N persons leak; the detector sees each with probability s or more, independently, and takes
//! F ~ Poisson(λ₀) others for leaks. Looking at everybody removes the sampling error of the targets,
//! never the error of the detector: a blind detector's zero shows nothing.

use super::interval::clopper_pearson_lower;
use super::search::{last, plausible, turning_point};
use super::{Confidence, MOST, mass};

/// K_up = max{K ≤ N : P[Bin(K, s) ≤ k] ≥ α}: the most persons who can leak when `found` = k of
/// `targets` = N are seen and a leak is seen with probability `sensitivity_lower` = s at the least.
/// False finds are not subtracted, which only widens. All N for an insensitive detector (s ≤ 0) and
/// for impossible input.
#[must_use]
pub fn detected_count_upper(
    found: u64,
    targets: u64,
    sensitivity_lower: f64,
    confidence: Confidence,
) -> u64 {
    if !(sensitivity_lower > 0.0 && sensitivity_lower <= 1.0 && found <= targets) {
        return targets;
    }
    let stands = |leaked| {
        plausible(mass::binomial_at_most(found, leaked, sensitivity_lower), confidence.alpha())
    };
    last(found, targets, stands)
}

/// [`detected_count_upper`]/N, in [0, 1]; 1 when nothing is shown.
#[must_use]
pub fn detected_upper(
    found: u64,
    targets: u64,
    sensitivity_lower: f64,
    confidence: Confidence,
) -> f64 {
    let possible = found <= targets && (1..=MOST).contains(&targets);
    if !possible {
        return 1.0;
    }
    let leaked = detected_count_upper(found, targets, sensitivity_lower, confidence);
    leaked as f64 / targets as f64
}

/// max(0, μ_low − λ₀)/N, in [0, 1]: the least share that must leak to explain `found` beyond the
/// `expected_false` = λ₀ false finds; 0 for impossible input.
///
/// μ_low, with P[Poisson(μ_low) ≥ k] = α, is the exact lower limit for the mean μ of the count found
/// (Garwood 1936, Biometrika 28:437). That count is Bin(K, s) + Poisson(λ₀), whose upper tail beyond
/// μ + 1 a Poisson count of the same mean exceeds (Anderson and Samuels 1967, 5th Berkeley Symp.
/// 1:1), so that μ_low holds; and μ = Ks + λ₀ ≤ K + λ₀ gives K ≥ μ_low − λ₀. λ₀ is taken as known.
#[must_use]
pub fn detected_lower(
    found: u64,
    targets: u64,
    expected_false: f64,
    confidence: Confidence,
) -> f64 {
    let possible = (1..=targets).contains(&found) && targets <= MOST;
    if !(possible && expected_false >= 0.0) {
        return 0.0;
    }
    let fails = |mean| mass::poisson_at_least(found, mean) < confidence.alpha();
    let mean = turning_point(0.0, found as f64, fails).0;
    ((mean - expected_false) / targets as f64).max(0.0)
}

/// The smallest sensitivity at which [`detected_upper`] of `found` of `targets` is below `limit`; `None` if
/// not even a perfect detector would do.
#[must_use]
pub fn needed_sensitivity(
    found: u64,
    targets: u64,
    limit: f64,
    confidence: Confidence,
) -> Option<f64> {
    let passes = |s| detected_upper(found, targets, s, confidence) < limit;
    passes(1.0).then(|| turning_point(0.0, 1.0, |s| !passes(s)).1)
}

/// The fewest targets for which [`detected_upper`] with `found` seen at this sensitivity is below `limit`
/// (a fraction in (0, 1]): K_up does not depend on N while N is larger, so that N > K_up/limit. `None` for
/// an insensitive detector, a limit outside, or more than 2⁵³ targets.
#[must_use]
pub fn needed_targets(
    found: u64,
    sensitivity_lower: f64,
    limit: f64,
    confidence: Confidence,
) -> Option<u64> {
    if !(limit > 0.0 && limit <= 1.0 && found < MOST) {
        return None;
    }
    let leaked = detected_count_upper(found, MOST, sensitivity_lower, confidence);
    let passes = |n: &u64| detected_upper(found, *n, sensitivity_lower, confidence) < limit;
    let about = (leaked as f64 / limit) as u64;
    // The quotient may be off by one in either direction.
    (about.saturating_sub(1).max(1)..=about.saturating_add(2)).find(passes)
}

/// The fewest plants, all of them seen, that show a sensitivity of `sensitivity` or more: the smallest n
/// with α^(1/n) ≥ s, the exact lower limit for n of n. `None` for s ≥ 1 or NaN.
#[must_use]
pub fn needed_plants(sensitivity: f64, confidence: Confidence) -> Option<u64> {
    let shows = |n: u64| clopper_pearson_lower(n as f64, n, confidence) >= sensitivity;
    let enough = (0..40).map(|power| 1_u64 << power).find(|&n| shows(n))?;
    Some(if shows(1) { 1 } else { last(1, enough, |n| !shows(n)) + 1 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::testing::{C95, C99, close};

    /// verdicts.md.
    #[test]
    fn the_most_leaks_behind_a_count_have_the_golden_numbers() {
        for (s, counts) in [
            (0.90, [1, 2, 4, 7]),
            (0.64, [2, 5, 7, 13]),
            (0.50, [4, 7, 10, 17]),
            (0.24, [10, 17, 23, 40]),
        ] {
            for (found, count) in [0, 1, 2, 5].into_iter().zip(counts) {
                assert_eq!(detected_count_upper(found, 5249, s, C95), count, "{found} seen at {s}");
            }
        }
    }

    /// 2 of 5,249 are below 0.04 % and 3 are not, so that (1 − s)³ < 0.05: s > 0.63160. With s = .24 up to
    /// 10 may leak unseen: more than 10/0.0004 = 25,000 persons are needed. 19 of 19 show a sensitivity of
    /// 0.05^(1/19) = 0.8541, 28 of 28 of 0.8985 and 29 of 29 of 0.9019.
    #[test]
    fn what_a_detector_must_see_and_of_how_many() {
        close(needed_sensitivity(0, 5249, 0.0004, C95).unwrap(), 0.631_596_850_136, 1e-9);
        assert!(needed_sensitivity(0, 2000, 0.0004, C95).unwrap() > 0.9499);
        assert!(needed_sensitivity(3, 5249, 0.0004, C95).is_none());
        for (s, targets) in [(0.9, 2501), (0.64, 5001), (0.5, 10_001), (0.24, 25_001)] {
            assert_eq!(needed_targets(0, s, 0.0004, C95), Some(targets), "{s}");
            assert!(detected_upper(0, targets - 1, s, C95) >= 0.0004);
        }
        for (s, limit) in [(0.0, 0.1), (0.5, 0.0), (0.5, f64::NAN), (f64::NAN, 0.1)] {
            assert_eq!(needed_targets(0, s, limit, C95), None);
        }
        assert_eq!((needed_plants(0.9, C95), needed_plants(0.0, C95)), (Some(29), Some(1)));
        assert_eq!((needed_plants(1.0, C95), needed_plants(f64::NAN, C95)), (None, None));
    }

    /// verdicts.md: 0 found of 5,249 passes 0.04 % with s = .64 and not with s = .24.
    #[test]
    fn an_insensitive_detector_that_finds_nothing_shows_nothing() {
        close(detected_upper(0, 5249, 0.64, C95), 0.000_381, 1e-3);
        close(detected_upper(0, 5249, 0.24, C95), 0.0019, 5e-3);
        for s in [0.0, -0.5, f64::NAN, 1.01, f64::NEG_INFINITY] {
            assert!(detected_upper(0, 5249, s, C95) >= 1.0, "{s}");
        }
        assert!(detected_upper(0, 5249, 1e-12, C95) >= 1.0);
    }

    #[test]
    fn a_perfect_detector_leaves_no_doubt() {
        assert_eq!(detected_count_upper(7, 1000, 1.0, C95), 7);
        assert_eq!(detected_count_upper(1000, 1000, 0.3, C95), 1000);
    }

    /// Garwood's limits from scipy 1.17 `chi2.ppf(alpha, 2k)/2`.
    #[test]
    fn detected_lower_is_garwoods_limit_less_the_false_finds() {
        for (k, c, limit) in [
            (1, C99, 0.010_050_335_853_501_444),
            (5, C95, 1.970_149_568_059_530_5),
            (10, C99, 4.130_199_166_273_199),
            (1000, C99, 927.908_159_796_642_5),
        ] {
            close(detected_lower(k, 5249, 0.0, c), limit / 5249.0, 1e-12);
        }
        close(detected_lower(10, 5249, 3.0, C99), 1.130_199_166_273_199 / 5249.0, 1e-12);
        assert!(detected_lower(10, 5249, 5.0, C99) <= 0.0);
    }

    #[test]
    fn impossible_input_says_nothing() {
        assert!(detected_upper(3, 2, 0.9, C95) >= 1.0);
        assert!(detected_upper(0, 0, 0.9, C95) >= 1.0);
        assert!(detected_lower(3, 2, 0.0, C95) <= 0.0);
        assert!(detected_lower(3, 9, f64::NAN, C95) <= 0.0);
        assert!(detected_lower(3, 9, -1.0, C95) <= 0.0);
        assert!(detected_lower(3, 9, f64::INFINITY, C95) <= 0.0);
        for s in [f64::NAN, 1.1, 0.0] {
            assert!(detected_upper(0, 9, s, C95) >= 1.0);
        }
        assert!(detected_upper(0, u64::MAX, 0.9, C95) >= 1.0);
    }

    proptest! {
        #[test]
        fn worse_detectors_and_more_finds_never_help(
            targets in 1_u64..5000, part in 0.0..=1.0_f64, s in 0.0..=1.0_f64,
            worse in 0.0..=1.0_f64, c in 0.5..0.999_f64, false_finds in 0.0..20.0_f64,
        ) {
            let c = Confidence::new(c).unwrap();
            let found = (part * part * targets as f64).floor() as u64;
            let lower = detected_lower(found, targets, false_finds, c);
            let upper = detected_upper(found, targets, s, c);
            let seen = ((found as f64 - false_finds) / targets as f64).max(0.0);
            prop_assert!(0.0 <= lower && lower <= seen && seen <= upper && upper <= 1.0);
            prop_assert!(upper >= found as f64 / targets as f64);
            prop_assert!(detected_upper(found, targets, s * worse, c) >= upper);
            let more = (found + 1).min(targets);
            prop_assert!(detected_upper(more, targets, s, c) >= upper);
            prop_assert!(detected_lower(more, targets, false_finds, c) >= lower);
            prop_assert!(detected_lower(found, targets, false_finds + 1.0, c) <= lower);
        }
    }
}

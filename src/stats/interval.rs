//! Limits for one share: Clopper–Pearson, hypergeometric and Wilson.
//!
//! One-sided unless said otherwise, all in [0, 1]. Fractional successes (ties that share a success)
//! are rounded up for an upper limit and down for a lower one, which only widens; sums of parts in
//! [0, 1] are less dispersed than counts with the same mean (Hoeffding 1963, J. Am. Statist. Assoc.
//! 58:13).

use super::mass::{self, Draw};
use super::search::{last, plausible, turning_point};
use super::{Confidence, MOST, normal};

/// The largest p with P[Bin(n, p) ≤ k] ≥ α: the exact upper limit of a share (Clopper and Pearson
/// 1934, Biometrika 26:404). For k = 0 it is 1 − α^(1/n). Impossible counts give 1.
#[must_use]
pub fn clopper_pearson_upper(successes: f64, trials: u64, confidence: Confidence) -> f64 {
    match rounded_up(successes, trials) {
        Some(k) if k < trials => {
            let stands = |p| mass::binomial_at_most(k, trials, p) >= confidence.alpha();
            turning_point(k as f64 / trials as f64, 1.0, stands).1
        }
        _ => 1.0,
    }
}

/// The smallest p with P[Bin(n, p) ≥ k] ≥ α: the exact lower limit of a share (Clopper and Pearson
/// 1934). Impossible counts give 0.
#[must_use]
pub fn clopper_pearson_lower(successes: f64, trials: u64, confidence: Confidence) -> f64 {
    match rounded_down(successes, trials) {
        Some(k) if k > 0 => {
            let fails = |p| mass::binomial_at_least(k, trials, p) < confidence.alpha();
            turning_point(0.0, k as f64 / trials as f64, fails).0
        }
        _ => 0.0,
    }
}

/// K_up/N with K_up = max{K : P[X ≤ k] ≥ α}, where X successes are met among n targets drawn without
/// replacement from a frame of N persons of whom K would succeed: exact (Buonaccorsi 1987, Am.
/// Statist. 41:215). At n = N it is k/N. Impossible counts, or more trials than the frame holds,
/// give 1.
#[must_use]
pub fn hypergeometric_upper(
    successes: f64,
    trials: u64,
    frame: u64,
    confidence: Confidence,
) -> f64 {
    match rounded_up(successes, trials) {
        Some(k) if (trials..=MOST).contains(&frame) => {
            count_upper(k, trials, frame, confidence) as f64 / frame as f64
        }
        _ => 1.0,
    }
}

/// K_low/N with K_low = min{K : P[X ≥ k] ≥ α}, the mirror image of [`hypergeometric_upper`].
/// Impossible counts, or more trials than the frame holds, give 0.
#[must_use]
pub fn hypergeometric_lower(
    successes: f64,
    trials: u64,
    frame: u64,
    confidence: Confidence,
) -> f64 {
    match rounded_down(successes, trials) {
        Some(k) if (trials..=MOST).contains(&frame) => {
            (frame - count_upper(trials - k, trials, frame, confidence)) as f64 / frame as f64
        }
        _ => 0.0,
    }
}

/// max{K ≤ N : P[X ≤ k] ≥ α}; needs k ≤ trials ≤ frame.
fn count_upper(k: u64, trials: u64, frame: u64, confidence: Confidence) -> u64 {
    let stands = |marked| {
        let draw = Draw { frame, marked, draws: trials };
        plausible(draw.at_most(k), confidence.alpha())
    };
    last(k, frame - (trials - k), stands)
}

/// Centre and half-width of the two-sided score interval (Wilson 1927, J. Am. Statist. Assoc.
/// 22:209): (p + z²/2n)/(1 + z²/n) ± z/(1 + z²/n) · √(p(1 − p)/n + z²/4n²), p = k/n. For display and
/// for [`super::newcombe`]; it undercovers near 0 and 1, so that no verdict rests on it. Impossible
/// counts give 0.5 ± 0.5.
#[must_use]
pub fn wilson(successes: f64, trials: u64, two_sided: Confidence) -> (f64, f64) {
    if rounded_up(successes, trials).is_none() {
        return (0.5, 0.5);
    }
    let n = trials as f64;
    let share = successes / n;
    let z = normal::normal_quantile(two_sided.alpha() / 2.0);
    let shrink = 1.0 + z * z / n;
    let spread = share * (1.0 - share) / n + z * z / (4.0 * n * n);
    ((share + z * z / (2.0 * n)) / shrink, z * spread.sqrt() / shrink)
}

/// The count an upper limit starts from; `None` unless 0 ≤ successes ≤ trials and trials > 0.
pub(super) fn rounded_up(successes: f64, trials: u64) -> Option<u64> {
    possible(successes, trials).then_some((successes.ceil() as u64).min(trials))
}

/// The count a lower limit starts from; `None` unless 0 ≤ successes ≤ trials and trials > 0.
pub(super) fn rounded_down(successes: f64, trials: u64) -> Option<u64> {
    possible(successes, trials).then_some((successes.floor() as u64).min(trials))
}

/// Counts above 2⁵³ have no exact place among floating-point numbers; no table has so many rows.
fn possible(successes: f64, trials: u64) -> bool {
    (1..=MOST).contains(&trials) && successes >= 0.0 && successes <= trials as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::testing::{C95, C99, close};

    /// verdicts.md and, beyond eight digits, mpmath 1.3 (40 digits) on the binomial sum.
    #[test]
    fn clopper_pearson_upper_has_the_golden_numbers() {
        for (k, n, upper) in [
            (0.0, 7487, 0.000_400_044_479_833_641),
            (0.0, 7488, 0.000_399_991_065_776_208),
            (2.0, 15_000, 0.000_419_659_477_880_391),
            (1.0, 10_000, 0.000_474_297_659_165_437),
            (4.0, 10_000, 0.000_915_116_058_471_078),
            (0.0, 32, 0.089_368_198_986_264_8),
            (0.0, 31, 0.092_114_059_947_323_7),
            (10.0, 2000, 0.008_466_348_205_518_52),
            (8.0, 7488, 0.001_926_876_062_436_42),
            (3.0, 10_000_000, 7.753_654_685_021_9e-7),
            (500_000.0, 1_000_000, 0.500_822_926_050_522_9),
        ] {
            close(clopper_pearson_upper(k, n, C95), upper, 1e-12);
        }
        let closed = -(C95.alpha().ln() / 1e7).exp_m1();
        close(clopper_pearson_upper(0.0, 10_000_000, C95), closed, 1e-14);
    }

    /// verdicts.md; sensitivities of a positive control.
    #[test]
    fn clopper_pearson_lower_has_the_golden_numbers() {
        for (k, n, lower) in
            [(20.0, 20, 0.8609), (60.0, 60, 0.9513), (190.0, 200, 0.9167), (128.0, 200, 0.5804)]
        {
            assert!((clopper_pearson_lower(k, n, C95) - lower).abs() < 5e-5, "{k}/{n}");
        }
        close(clopper_pearson_lower(500_000.0, 1_000_000, C95), 0.499_177_073_949_477_1, 1e-12);
    }

    #[test]
    fn fails_at_four_per_ten_thousand_need_nine_hits_of_7488_and_22_of_30000() {
        for (k, n) in [(9.0, 7488), (22.0, 30_000)] {
            assert!(clopper_pearson_lower(k, n, C99) > 0.0004);
            assert!(clopper_pearson_lower(k - 1.0, n, C99) < 0.0004);
        }
        assert!(clopper_pearson_upper(6.0, 30_000, C95) < 0.0004);
        assert!(clopper_pearson_upper(7.0, 30_000, C95) > 0.0004);
    }

    /// Python, from the formula: (850 of 1000), (0 of 1000), (1 of 500) at 95 %.
    #[test]
    fn wilson_has_the_published_numbers() {
        for (k, n, centre, half, digits) in [
            (850.0, 1000, 0.848_660_634_530_055_7, 0.022_129_292_956_856_02, 1e-13),
            (0.0, 1000, 0.001_913_379_242_777_562, 0.001_913_379_242_777_562, 1e-13),
            (1.0, 500, 0.005_796_921_549_853_016, 0.005_443_785_155_293_741, 1e-13),
        ] {
            let (c, h) = wilson(k, n, C95);
            close(c, centre, digits);
            close(h, half, digits);
        }
    }

    #[test]
    fn fractional_successes_widen_to_whole_ones() {
        close(clopper_pearson_upper(2.1, 100, C95), clopper_pearson_upper(3.0, 100, C95), 1e-15);
        close(clopper_pearson_lower(2.9, 100, C95), clopper_pearson_lower(2.0, 100, C95), 1e-15);
        close(
            hypergeometric_upper(2.1, 10, 50, C95),
            hypergeometric_upper(3.0, 10, 50, C95),
            1e-15,
        );
        close(
            hypergeometric_lower(2.9, 10, 50, C95),
            hypergeometric_lower(2.0, 10, 50, C95),
            1e-15,
        );
    }

    #[test]
    fn impossible_counts_say_nothing() {
        for (k, n) in
            [(f64::NAN, 9), (-1.0, 9), (9.5, 9), (f64::INFINITY, 9), (0.0, 0), (0.0, u64::MAX)]
        {
            assert!(clopper_pearson_upper(k, n, C95) >= 1.0, "{k}/{n}");
            assert!(clopper_pearson_lower(k, n, C95) <= 0.0, "{k}/{n}");
            assert!(hypergeometric_upper(k, n, u64::MAX, C95) >= 1.0, "{k}/{n}");
            assert!(hypergeometric_lower(k, n, u64::MAX, C95) <= 0.0, "{k}/{n}");
            let (centre, half) = wilson(k, n, C95);
            assert!(centre + half >= 1.0 && centre - half <= 0.0, "{k}/{n}");
        }
        assert!(hypergeometric_upper(0.0, 10, 9, C95) >= 1.0);
        assert!(hypergeometric_lower(10.0, 10, 9, C95) <= 0.0);
    }

    proptest! {
        #[test]
        fn limits_enclose_the_share_and_rise_with_the_hits(
            n in 1_u64..3000, part in 0.0..1.0_f64, more in 0.0..5.0_f64, c in 0.5..0.999_f64,
        ) {
            let c = Confidence::new(c).unwrap();
            let k = part * n as f64;
            let worse = (k + more).min(n as f64);
            let (upper, lower) = (clopper_pearson_upper(k, n, c), clopper_pearson_lower(k, n, c));
            prop_assert!(lower <= k / n as f64 && k / n as f64 <= upper);
            prop_assert!(clopper_pearson_upper(worse, n, c) >= upper);
            prop_assert!(clopper_pearson_lower(worse, n, c) >= lower);
        }

        #[test]
        fn a_frame_narrows_clopper_pearson_and_a_larger_one_narrows_less(
            n in 1_u64..300, part in 0.0..=1.0_f64, extra in 0_u64..2000, c in 0.8..0.999_f64,
        ) {
            let c = Confidence::new(c).unwrap();
            let k = (part * n as f64).floor();
            let upper = hypergeometric_upper(k, n, n + extra, c);
            let lower = hypergeometric_lower(k, n, n + extra, c);
            prop_assert!(lower <= upper);
            // One person more in the frame moves a limit by at most one person.
            let step = 1.0 / (n + extra) as f64;
            prop_assert!(upper <= clopper_pearson_upper(k, n, c) + step);
            prop_assert!(lower >= clopper_pearson_lower(k, n, c) - step);
            let wider = hypergeometric_upper(k, n, n + 2 * extra, c);
            prop_assert!(wider >= upper - step);
            prop_assert!(hypergeometric_upper((k + 1.0).min(n as f64), n, n + extra, c) >= upper);
        }
    }
}

//! Bounds for a counted rate, and how many targets would settle it.

use super::interval::{
    clopper_pearson_lower, clopper_pearson_upper, hypergeometric_lower, hypergeometric_upper,
    rounded_up,
};
use super::search::last;
use super::{Bounds, Confidence, MOST};

/// One-sided limits, in [0, 1], for the share of persons for whom an attack succeeds.
///
/// * trials = frame: a census. Nothing is estimated; only ties are rounded (down below, up above).
/// * trials < frame: the exact hypergeometric limits for the share of the frame.
/// * no frame: the exact Clopper–Pearson limits for the share of an unlimited population.
///
/// The point is successes/trials, moved into the limits where the frame knows more. `None` for
/// impossible counts: no trials, hits outside [0, trials], trials above the frame.
#[must_use]
pub fn rate_bounds(
    successes: f64,
    trials: u64,
    frame: Option<u64>,
    upper: Confidence,
    lower: Confidence,
) -> Option<Bounds> {
    rounded_up(successes, trials)?;
    let (below, above) = match frame {
        Some(frame) if !(trials..=MOST).contains(&frame) => return None,
        Some(frame) => (
            hypergeometric_lower(successes, trials, frame, lower),
            hypergeometric_upper(successes, trials, frame, upper),
        ),
        None => (
            clopper_pearson_lower(successes, trials, lower),
            clopper_pearson_upper(successes, trials, upper),
        ),
    };
    Bounds::new(below, successes / trials as f64, above)
}

/// The fewest trials for which [`clopper_pearson_upper`] with `hits` hits is below `limit` (a fraction
/// in (0, 1]); `None` if the limit lies outside or more than 2⁵² trials would be needed.
#[must_use]
pub fn needed_trials(hits: u64, limit: f64, confidence: Confidence) -> Option<u64> {
    if !(limit > 0.0 && limit <= 1.0 && hits < MOST) {
        return None;
    }
    let passes = |n| clopper_pearson_upper(hits as f64, n, confidence) < limit;
    let mut enough = hits + 1;
    while !passes(enough) {
        if enough > MOST / 2 {
            return None;
        }
        enough *= 2;
    }
    Some(last(hits, enough, |n| !passes(n)) + 1)
}

/// The fewest trials, of a frame of `frame` persons, for which [`hypergeometric_upper`] with `hits` hits
/// is below `limit` (a fraction in (0, 1]); `None` if not even a census would do, or the limit lies
/// outside.
#[must_use]
pub fn needed_trials_in_frame(
    hits: u64,
    limit: f64,
    frame: u64,
    confidence: Confidence,
) -> Option<u64> {
    let passes = |n| hypergeometric_upper(hits as f64, n, frame, confidence) < limit;
    if !(limit > 0.0 && limit <= 1.0 && passes(frame)) {
        return None;
    }
    Some(last(hits, frame, |n| !passes(n)) + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::testing::{C95, C99, close};

    /// verdicts.md.
    #[test]
    fn trials_needed_for_four_per_ten_thousand() {
        for (hits, n) in [(0, 7488), (1, 11_858), (3, 19_382)] {
            assert_eq!(needed_trials(hits, 0.0004, C95), Some(n));
            assert!(clopper_pearson_upper(hits as f64, n, C95) < 0.0004);
            assert!(clopper_pearson_upper(hits as f64, n - 1, C95) >= 0.0004);
        }
        for (attempt, n) in [(1, 9221), (2, 11_967), (3, 13_699), (4, 14_976), (5, 15_990)] {
            let spent = C95.spent(attempt).unwrap();
            assert_eq!(needed_trials(0, 0.0004, spent), Some(n), "attempt {attempt}");
        }
    }

    /// verdicts.md.
    #[test]
    fn trials_needed_in_a_frame_for_four_per_ten_thousand() {
        for (frame, n) in
            [(1000, 951), (5000, 3882), (10_000, 5271), (20_000, 6246), (100_000, 7215)]
        {
            assert_eq!(needed_trials_in_frame(0, 0.0004, frame, C95), Some(n), "{frame}");
        }
        assert_eq!(needed_trials_in_frame(1, 0.0004, 1000, C95), None);
        assert_eq!(needed_trials_in_frame(4, 0.0004, 10_000, C95), None);
        assert_eq!(needed_trials_in_frame(3, 0.0004, 10_000, C95), Some(9873));
    }

    #[test]
    fn no_number_of_trials_settles_an_impossible_limit() {
        for limit in [0.0, -0.1, 1.5, f64::NAN, f64::INFINITY] {
            assert_eq!(needed_trials(0, limit, C95), None);
            assert_eq!(needed_trials_in_frame(0, limit, 100, C95), None);
        }
        assert_eq!(needed_trials(0, 1e-300, C95), None);
        assert_eq!(needed_trials(u64::MAX, 0.5, C95), None);
        assert_eq!(needed_trials_in_frame(0, 0.5, 0, C95), None);
        assert_eq!(needed_trials_in_frame(u64::MAX, 0.5, 10, C95), None);
        assert_eq!(needed_trials(0, 1.0, C95), Some(1));
    }

    #[test]
    fn a_census_is_exact() {
        let bounds = rate_bounds(3.0, 1000, Some(1000), C95, C99).unwrap();
        close(bounds.lower, 0.003, 1e-15);
        close(bounds.point, 0.003, 1e-15);
        close(bounds.upper, 0.003, 1e-15);
        let ties = rate_bounds(2.5, 1000, Some(1000), C95, C99).unwrap();
        close(ties.lower, 0.002, 1e-15);
        close(ties.point, 0.0025, 1e-15);
        close(ties.upper, 0.003, 1e-15);
    }

    #[test]
    fn no_frame_takes_the_wider_limits_at_their_own_confidences() {
        let open = rate_bounds(2.0, 15_000, None, C95, C99).unwrap();
        close(open.upper, 0.000_419_659_477_880_391, 1e-12);
        close(open.lower, clopper_pearson_lower(2.0, 15_000, C99), 1e-15);
        let framed = rate_bounds(2.0, 15_000, Some(20_000), C95, C99).unwrap();
        assert!(framed.upper < open.upper && framed.lower > open.lower);
    }

    #[test]
    fn impossible_counts_have_no_bounds() {
        for (k, n, frame) in [
            (0.0, 0, None),
            (0.0, 0, Some(0)),
            (5.0, 4, None),
            (-1.0, 4, None),
            (f64::NAN, 4, None),
            (f64::INFINITY, 4, Some(9)),
            (0.0, 10, Some(9)),
            (0.0, u64::MAX, None),
        ] {
            assert!(rate_bounds(k, n, frame, C95, C99).is_none(), "{k}/{n} of {frame:?}");
        }
        assert!(rate_bounds(0.0, 4, Some(u64::MAX), C95, C99).is_none());
    }

    proptest! {
        #[test]
        fn bounds_are_ordered_and_more_hits_never_help(
            n in 1_u64..500, part in 0.0..=1.0_f64, extra in proptest::option::of(0_u64..500),
            more in 0.0..3.0_f64, up in 0.5..0.999_f64, down in 0.5..0.999_f64,
        ) {
            let (up, down) = (Confidence::new(up).unwrap(), Confidence::new(down).unwrap());
            let (k, frame) = (part * n as f64, extra.map(|e| n + e));
            if let Some(bounds) = rate_bounds(k, n, frame, up, down) {
                prop_assert!(0.0 <= bounds.lower && bounds.upper <= 1.0);
                prop_assert!(bounds.lower <= bounds.point && bounds.point <= bounds.upper);
                let worse = rate_bounds((k + more).min(n as f64), n, frame, up, down).unwrap();
                prop_assert!(worse.upper >= bounds.upper && worse.lower >= bounds.lower);
            } else {
                prop_assert!(false, "possible counts have bounds");
            }
        }

        #[test]
        fn needed_trials_pass_and_one_fewer_does_not(
            hits in 0_u64..20, limit in 0.0005..0.9_f64, frame in 1_u64..3000,
        ) {
            let n = needed_trials(hits, limit, C95).unwrap();
            prop_assert!(clopper_pearson_upper(hits as f64, n, C95) < limit);
            prop_assert!(clopper_pearson_upper(hits as f64, n - 1, C95) >= limit);
            if let Some(n) = needed_trials_in_frame(hits, limit, frame, C95) {
                prop_assert!(hypergeometric_upper(hits as f64, n, frame, C95) < limit);
                prop_assert!(hypergeometric_upper(hits as f64, n - 1, frame, C95) >= limit);
            } else {
                prop_assert!(hits as f64 / frame as f64 >= limit || hits > frame);
            }
        }
    }
}

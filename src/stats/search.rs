//! Bisection on numbers and on counts, and the one comparison of a tail with α.

use std::cmp::Ordering;

/// Slack, relative to α, within which a tail of a discrete law counts as a tie.
const TIE: f64 = 1e-10;

/// Whether a tail probability leaves a hypothesis standing: P ≥ α. Ties, rounding (relative 1e−10) and
/// NaN keep it standing, so that they widen an interval.
pub(super) fn plausible(tail: f64, alpha: f64) -> bool {
    tail.partial_cmp(&(alpha * (1.0 - TIE))) != Some(Ordering::Less)
}

/// The largest i in [low, high] for which `holds`, which must hold at `low` and, once false, stay
/// false.
pub(super) fn last(low: u64, high: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (low, high.max(low));
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if holds(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// Where `holds` turns from true (at `low`) to false (at `high`), as two neighbouring floating-point
/// numbers (last known true, first known false). Ends after at most about 1,100 halvings.
pub(crate) fn turning_point(low: f64, high: f64, holds: impl Fn(f64) -> bool) -> (f64, f64) {
    let (mut low, mut high) = (low, high);
    loop {
        let middle = low + (high - low) / 2.0;
        if !(middle > low && middle < high) {
            return (low, high);
        }
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tie_or_a_nan_leaves_a_hypothesis_standing() {
        assert!(plausible(0.05, 0.05));
        assert!(plausible(0.05 - 1e-15, 0.05));
        assert!(plausible(f64::NAN, 0.05));
        assert!(!plausible(0.049_999, 0.05));
    }

    #[test]
    fn last_finds_either_end_and_the_middle() {
        for turn in 0..=20 {
            assert_eq!(last(0, 20, |i| i <= turn), turn);
        }
        assert_eq!(last(7, 7, |_| false), 7);
    }

    #[test]
    fn turning_point_is_as_fine_as_floating_point() {
        let (low, high) = turning_point(0.0, 1.0, |x| x * x <= 1e-14);
        assert!(low < high && high - low < 2e-23 && (low - 1e-7).abs() < 1e-22);
    }
}

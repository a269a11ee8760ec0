//! Floating-point arithmetic that errs to one known side: what privacy costs is rounded up, what a budget
//! buys is rounded down.
//!
//! An operation of IEEE 754 is within half a unit in the last place, so that the next float above it is no
//! smaller than the true value; `exp` and `ln` of the system are within one unit, and two steps are taken.

/// The next float above `x`: no smaller than the exact result of the one operation that gave `x`.
pub(super) fn up(x: f64) -> f64 {
    x.next_up()
}

/// The next float below `x`.
pub(super) fn down(x: f64) -> f64 {
    x.next_down()
}

/// No smaller than the true value of a function of the system's library.
pub(super) fn up_library(x: f64) -> f64 {
    up(up(x))
}

/// A sum of costs, no smaller than the true sum.
pub(super) fn sum_up(costs: impl IntoIterator<Item = f64>) -> f64 {
    // Nothing is rounded where nothing is added.
    let add = |sum: f64, cost: f64| if cost > 0.0 || cost.is_nan() { up(sum + cost) } else { sum };
    costs.into_iter().fold(0.0, add)
}

/// One of so many equal `parts` of `whole` that [`sum_up`] to no more than the whole: n additions, each rounded
/// to the nearest float and then up, exceed the true sum by at most 3n/2 units in the last place, and the part
/// itself is within 3/2.
pub(super) fn part(whole: f64, parts: u32) -> f64 {
    let parts = f64::from(parts.max(1));
    whole * (1.0 - 4.0 * parts * f64::EPSILON) / parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4n units in the last place are left: no more than 10⁻¹⁰ of the whole for 100,000 parts.
    #[test]
    fn equal_parts_sum_to_no_more_than_the_whole() {
        for whole in [1.0, 0.5, 5e-6, 5e-7, 4.35e-7, 5e-10, 1.0 / 3.0, 0.007_777] {
            for parts in [1, 2, 3, 7, 20, 300, 100_000] {
                let part = part(whole, parts);
                let sum = sum_up((0..parts).map(|_| part));
                assert!(sum <= whole && sum > whole * (1.0 - 1e-9), "{parts} of {whole:e}");
            }
        }
        // What the parts are for: plain halves do not fit.
        assert!(sum_up([0.25, 0.25]) > 0.5);
    }
}

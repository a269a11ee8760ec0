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

//! Sorted numbers and their middle.

/// The numbers that are not missing, ascending.
pub(super) fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut known: Vec<f64> = values.filter(|x| !x.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    known
}

/// The middle of sorted numbers, the mean of two middles; NaN of none.
pub(super) fn median(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    match n {
        0 => f64::NAN,
        _ => f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2]),
    }
}

//! Limits for an estimate with a standard error, and the one normal quantile.

use statrs::distribution::{ContinuousCDF, Normal};

use super::{Bounds, Confidence};

/// The point that a standard normal variable exceeds with probability `alpha`, in (0, 0.5].
#[must_use]
pub fn normal_quantile(alpha: f64) -> f64 {
    -Normal::standard().inverse_cdf(alpha)
}

/// Φ(x), the standard normal distribution function.
#[must_use]
pub fn cumulative(x: f64) -> f64 {
    Normal::standard().cdf(x)
}

/// Φ⁻¹(p), −∞ at 0 and ∞ at 1.
#[must_use]
pub fn inverse_cumulative(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

/// value − z(lower) · se ≤ quantity ≤ value + z(upper) · se, cut to `range` (smallest and largest
/// possible value). Large-sample limits: as good as the normal approximation of the estimate. `None`
/// if the value or range is not finite, the value lies outside its range, or the standard error is
/// not positive: no estimate is free of error, and a zero would pass for certainty.
#[must_use]
pub fn normal_bounds(
    value: f64,
    standard_error: f64,
    range: [f64; 2],
    upper: Confidence,
    lower: Confidence,
) -> Option<Bounds> {
    let [least, most] = range;
    if !(standard_error > 0.0 && least <= value && value <= most) {
        return None;
    }
    let below = value - normal_quantile(lower.alpha()) * standard_error;
    let above = value + normal_quantile(upper.alpha()) * standard_error;
    Bounds::new(below.max(least), value, above.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::testing::{C95, C99};

    /// scipy 1.17 `norm.ppf`.
    #[test]
    fn quantile_matches_the_tables() {
        for (alpha, z) in [
            (0.025, 1.959_963_984_540_054),
            (0.05, 1.644_853_626_951_472_7),
            (0.01, 2.326_347_874_040_841),
            (1e-9, 5.997_807_015_007_687),
            (0.5, 0.0),
        ] {
            assert!(
                (normal_quantile(alpha) - z).abs() < 1e-13,
                "{alpha}: {}",
                normal_quantile(alpha)
            );
        }
    }

    #[test]
    fn limits_stay_inside_the_range_and_around_the_value() {
        let bounds = normal_bounds(0.5, 0.1, [0.0, 1.0], C95, C99).unwrap();
        assert!((bounds.upper - 0.664_485_362_695_147).abs() < 1e-12);
        assert!((bounds.lower - 0.267_365_212_595_916).abs() < 1e-12);
        let cut = normal_bounds(0.99, 0.1, [0.0, 1.0], C95, C99).unwrap();
        assert!(cut.upper <= 1.0 && cut.upper > 0.999);
    }

    #[test]
    fn an_estimate_that_cannot_be_has_no_limits() {
        let (nan, inf) = (f64::NAN, f64::INFINITY);
        for (value, error, range) in [
            (nan, 0.1, [0.0, 1.0]),
            (inf, 0.1, [0.0, inf]),
            (0.5, nan, [0.0, 1.0]),
            (0.5, 0.0, [0.0, 1.0]),
            (0.5, -0.1, [0.0, 1.0]),
            (0.5, 0.1, [nan, 1.0]),
            (0.5, 0.1, [1.0, 0.0]),
            (1.5, 0.1, [0.0, 1.0]),
        ] {
            assert!(normal_bounds(value, error, range, C95, C99).is_none(), "{value} {error}");
        }
        let wide = normal_bounds(0.5, inf, [0.0, 1.0], C95, C99).unwrap();
        assert!(wide.lower <= 0.0 && wide.upper >= 1.0);
    }
}

//! From ρ-zero-concentrated differential privacy to (ε, δ) and back.
//!
//! ρ-zCDP implies (ε, δ)-differential privacy for every ε ≥ 0 with
//!
//! ```text
//! δ = min over α > 1 of  exp((α − 1)(αρ − ε) + α ln(1 − 1/α)) / (α − 1)
//! ```
//!
//! (Canonne, Kamath and Steinke 2020, "The Discrete Gaussian for Differential Privacy", arXiv 2004.00010v3,
//! section 2.3), which is tighter than ρ + 2√(ρ ln(1/δ)) of Bun and Steinke 2016.
//! Every α gives a valid bound, so only the last evaluation is rounded, and upward.

use super::round::{down, up, up_library};
use crate::stats::turning_point;

/// The smallest α looked at: below it the bound is far from its minimum for any ε of use.
const LEAST_ORDER: f64 = 1.01;

/// The smallest δ, rounded up, for which ρ-zCDP implies (ε, δ)-differential privacy. `rho` and `epsilon`
/// are at least 0 and finite; the result is at most 1.
#[must_use]
pub fn delta_of(rho: f64, epsilon: f64) -> f64 {
    if rho <= 0.0 {
        return 0.0;
    }
    bound(rho, epsilon, best_order(rho, epsilon)).min(1.0)
}

/// The largest ρ, rounded down, that implies (ε, δ)-differential privacy.
#[must_use]
pub fn rho_of(epsilon: f64, delta: f64) -> f64 {
    turning_point(0.0, epsilon + 1.0, |rho| delta_of(rho, epsilon) <= delta).0
}

/// The smallest ε, rounded up, that ρ-zCDP implies at δ.
#[must_use]
pub fn epsilon_of(rho: f64, delta: f64) -> f64 {
    if rho <= 0.0 {
        return 0.0;
    }
    let most = rho + 2.0 * (rho * -delta.ln()).sqrt();
    turning_point(0.0, most, |epsilon| delta_of(rho, epsilon) > delta).1
}

/// The α at which the bound is least: its exponent is convex in α, with the derivative
/// (2α − 1)ρ − ε + ln(1 − 1/α).
fn best_order(rho: f64, epsilon: f64) -> f64 {
    let most = ((epsilon + 1.0) / (2.0 * rho) + 2.0).min(f64::MAX);
    let falls = |order: f64| (2.0 * order - 1.0) * rho - epsilon + (-1.0 / order).ln_1p() < 0.0;
    turning_point(LEAST_ORDER, most, falls).1
}

/// The bound at one α, every operation rounded so that the result errs upward.
fn bound(rho: f64, epsilon: f64, order: f64) -> f64 {
    // The exponent's terms: (α − 1)(αρ − ε) rises with αρ − ε, since α > 1; α − 1 is exact to one unit.
    let excess = up(up(order * rho) - epsilon);
    let factor = if excess >= 0.0 { up(order - 1.0) } else { down(order - 1.0) };
    // 1/α rounded down makes −1/α larger, and with it the logarithm.
    let logarithm = up_library((-down(1.0 / order)).ln_1p());
    let exponent = up(up(factor * excess) + up(order * logarithm));
    up(up_library(exponent.exp()) / down(order - 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(found: f64, expected: f64, tolerance: f64) -> bool {
        (found / expected - 1.0).abs() <= tolerance
    }

    /// (ε, δ, ρ), computed from the formula above in another language.
    const RHO: [(f64, f64, f64); 7] = [
        (0.1, 1e-9, 0.000_177_138_447_2),
        (0.5, 1e-6, 0.006_641_524_357),
        (1.0, 1e-5, 0.030_556_595_2),
        (1.0, 1e-6, 0.024_355_970_36),
        (1.0, 1e-9, 0.014_973_057_67),
        (3.0, 1e-6, 0.185_069_840_7),
        (10.0, 1e-9, 1.090_785_704),
    ];

    #[test]
    fn rho_has_its_golden_values() {
        for (epsilon, delta, rho) in RHO {
            let found = rho_of(epsilon, delta);
            assert!(near(found, rho, 1e-8), "({epsilon}, {delta}): {found}");
        }
    }

    /// (ρ, ε at δ = 1e−5, 1e−6, 1e−9), computed from the formula above in another language.
    #[test]
    fn epsilon_has_its_golden_values() {
        let golden = [
            (0.01, [0.545_725_548, 0.621_692_655, 0.810_174_468]),
            (0.1, [1.914_238_832, 2.141_938_928, 2.715_481_887]),
            (0.5, [4.728_386_985, 5.221_534_445, 6.474_070_021]),
            (1.0, [7.077_196_696, 7.766_216_625, 9.521_463_672]),
        ];
        for (rho, expected) in golden {
            for (delta, expected) in [1e-5, 1e-6, 1e-9].into_iter().zip(expected) {
                let found = epsilon_of(rho, delta);
                assert!(near(found, expected, 1e-8), "({rho}, {delta}): {found}");
            }
        }
    }

    /// Bun and Steinke 2016, Proposition 1.3: ρ + 2√(ρ ln(1/δ)), never smaller.
    #[test]
    fn it_is_tighter_than_bun_and_steinke() {
        for (epsilon, delta, rho) in RHO {
            assert!(epsilon_of(rho, delta) <= rho + 2.0 * (rho * -delta.ln()).sqrt());
            let looser = (-delta.ln() + epsilon).sqrt() - (-delta.ln()).sqrt();
            assert!(rho_of(epsilon, delta) > looser.powi(2));
        }
    }

    proptest! {
        /// Outward: what a budget buys never costs more than the budget.
        #[test]
        fn the_inverses_err_to_the_safe_side(exponent in -3.0..1.5_f64, digits in 3.0..15.0_f64) {
            let (epsilon, delta) = (10_f64.powf(exponent), 10_f64.powf(-digits));
            let rho = rho_of(epsilon, delta);
            prop_assert!(rho > 0.0 && delta_of(rho, epsilon) <= delta);
            let back = epsilon_of(rho, delta);
            prop_assert!(back <= epsilon && near(back, epsilon, 1e-9), "{} {}", back, epsilon);
        }

        #[test]
        fn more_privacy_costs_more(exponent in -3.0..1.0_f64, digits in 3.0..12.0_f64) {
            let (epsilon, delta) = (10_f64.powf(exponent), 10_f64.powf(-digits));
            prop_assert!(rho_of(epsilon * 1.01, delta) > rho_of(epsilon, delta));
            prop_assert!(rho_of(epsilon, delta * 1.1) > rho_of(epsilon, delta));
            let rho = rho_of(epsilon, delta);
            prop_assert!(epsilon_of(rho * 1.01, delta) > epsilon_of(rho, delta));
            prop_assert!(delta_of(rho, epsilon * 1.01) < delta_of(rho, epsilon));
        }
    }

    #[test]
    fn nothing_spent_is_nothing_lost() {
        assert!(delta_of(0.0, 1.0) <= 0.0 && epsilon_of(0.0, 1e-9) <= 0.0);
    }
}

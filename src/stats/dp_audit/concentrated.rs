//! ρ-zero-concentrated differential privacy and what it means as (ε, δ), computed apart from the accountant
//! whose ledgers are checked with it.

use super::possible;
use crate::stats::search::turning_point;

/// α beyond which the bound is as good as at its limit for every δ that a double holds.
const MOST_ORDER: f64 = 1e12;

/// The ε that ρ-zCDP implies at δ: the least over α > 1 of αρ + ln(1 − 1/α) − (ln α + ln δ)/(α − 1)
/// (Canonne, Kamath, Steinke 2020, `NeurIPS`, arXiv 2004.00010, the bound of section 2.3 solved for ε).
/// Needs 0 < δ < 1 and a finite ρ ≥ 0.
///
/// ```
/// use dosimeter::stats::concentrated_epsilon;
/// assert!((concentrated_epsilon(0.1, 1e-6).unwrap() - 2.141_938_928).abs() < 1e-8);
/// ```
#[must_use]
pub fn concentrated_epsilon(rho: f64, delta: f64) -> Option<f64> {
    if !(rho >= 0.0 && rho.is_finite() && delta > 0.0 && possible(delta)) {
        return None;
    }
    if rho <= 0.0 {
        return Some(0.0);
    }
    let implied = |order: f64| {
        let spare = order - 1.0;
        // ln(1 − 1/α) keeps its digits at large α.
        order * rho + (-1.0 / order).ln_1p() - (delta.ln() + order.ln()) / spare
    };
    // Its derivative ρ + (ln δ + ln α)/(α − 1)² rises through 0 once: below, larger orders are better.
    let falls = |order: f64| rho * (order - 1.0).powi(2) + delta.ln() + order.ln() < 0.0;
    let (below, above) = turning_point(1.0, MOST_ORDER, falls);
    Some(implied(below.max(above)).max(0.0))
}

/// The largest ρ that implies (ε, δ)-differential privacy.
#[must_use]
pub fn concentrated_rho(epsilon: f64, delta: f64) -> Option<f64> {
    if !(epsilon >= 0.0 && epsilon.is_finite()) {
        return None;
    }
    concentrated_epsilon(0.0, delta)?;
    let keeps = |rho: f64| concentrated_epsilon(rho, delta).is_some_and(|found| found <= epsilon);
    Some(turning_point(0.0, epsilon + 1.0, keeps).0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::testing::close;

    /// Computed in another language from δ = min over α of exp((α − 1)(αρ − ε) + α ln(1 − 1/α))/(α − 1).
    #[test]
    fn golden_values() {
        for (epsilon, delta, rho) in [
            (0.1, 1e-9, 0.000_177_138_447_2),
            (0.5, 1e-6, 0.006_641_524_357),
            (1.0, 1e-5, 0.030_556_595_2),
            (1.0, 1e-6, 0.024_355_970_36),
            (1.0, 1e-9, 0.014_973_057_67),
            (3.0, 1e-6, 0.185_069_840_7),
            (10.0, 1e-9, 1.090_785_704),
            (1.0, 1e-2, 0.103_412_831_4),
        ] {
            close(concentrated_rho(epsilon, delta).unwrap(), rho, 1e-8);
            close(concentrated_epsilon(rho, delta).unwrap(), epsilon, 1e-8);
        }
        for (rho, delta, epsilon) in
            [(0.01, 1e-5, 0.545_725_548), (0.5, 1e-9, 6.474_070_021), (1.0, 1e-6, 7.766_216_625)]
        {
            close(concentrated_epsilon(rho, delta).unwrap(), epsilon, 1e-8);
        }
    }

    #[test]
    fn impossible_parameters_have_no_answer() {
        for (rho, delta) in
            [(-1.0, 0.1), (f64::NAN, 0.1), (f64::INFINITY, 0.1), (1.0, 0.0), (1.0, 1.0)]
        {
            assert!(concentrated_epsilon(rho, delta).is_none(), "{rho} {delta}");
        }
        assert!(concentrated_rho(f64::NAN, 0.1).is_none() && concentrated_rho(1.0, 0.0).is_none());
        assert!(concentrated_epsilon(0.0, 0.1).unwrap() <= 0.0);
    }

    proptest! {
        /// Never more than ρ + 2√(ρ ln(1/δ)) (Bun and Steinke 2016), and more for more ρ.
        #[test]
        fn tighter_than_bun_and_steinke_and_monotone(log_rho in -5.0..0.5_f64, digits in 2.0..12.0_f64) {
            let (rho, delta) = (10_f64.powf(log_rho), 10_f64.powf(-digits));
            let epsilon = concentrated_epsilon(rho, delta).unwrap();
            prop_assert!(epsilon <= rho + 2.0 * (rho * -delta.ln()).sqrt() + 1e-12);
            let more = concentrated_epsilon(rho * 1.01, delta).unwrap();
            // A δ so large that it bears the whole ρ leaves an ε of 0.
            if epsilon > 0.0 {
                prop_assert!(more > epsilon);
                close(concentrated_rho(epsilon, delta).unwrap(), rho, 1e-6);
            } else {
                prop_assert!(more >= 0.0);
            }
        }
    }
}

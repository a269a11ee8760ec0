//! μ-Gaussian differential privacy and what it means as (ε, δ) (Dong, Roth, Su 2022, J. R. Statist. Soc. B
//! 84:3; Balle and Wang 2018, ICML).

use super::{LARGEST, possible};
use crate::stats::normal::cumulative;
use crate::stats::search::turning_point;

/// The smallest δ for which a μ-Gaussian mechanism is (ε, δ)-differentially private:
/// Φ(−ε/μ + μ/2) − e^ε Φ(−ε/μ − μ/2). A Gaussian mechanism with L2 sensitivity Δ and noise σ has
/// μ = Δ/σ. `None` for a negative or infinite μ or ε, and beyond ε = 36.
#[must_use]
pub fn gaussian_delta(mu: f64, epsilon: f64) -> Option<f64> {
    if !(mu >= 0.0 && mu.is_finite() && (0.0..=LARGEST).contains(&epsilon)) {
        return None;
    }
    if mu <= 0.0 {
        return Some(0.0);
    }
    let (near, far) = (-epsilon / mu + mu / 2.0, -epsilon / mu - mu / 2.0);
    Some((cumulative(near) - epsilon.exp() * cumulative(far)).clamp(0.0, 1.0))
}

/// The smallest ε, up to 36, for which a μ-Gaussian mechanism is (ε, δ)-differentially private; needs
/// δ > 0.
#[must_use]
pub fn gaussian_epsilon(mu: f64, delta: f64) -> Option<f64> {
    if !possible(delta) || delta <= 0.0 {
        return None;
    }
    if gaussian_delta(mu, 0.0)? <= delta {
        return Some(0.0);
    }
    let leaks = |epsilon: f64| gaussian_delta(mu, epsilon).is_some_and(|found| found > delta);
    if leaks(LARGEST) {
        return Some(LARGEST);
    }
    Some(turning_point(0.0, LARGEST, leaks).0)
}

/// The largest μ, up to 36, for which a μ-Gaussian mechanism is (ε, δ)-differentially private; needs δ > 0.
#[must_use]
pub fn gaussian_mu(epsilon: f64, delta: f64) -> Option<f64> {
    if !possible(delta) || delta <= 0.0 {
        return None;
    }
    gaussian_delta(0.0, epsilon)?;
    let keeps = |mu: f64| gaussian_delta(mu, epsilon).is_some_and(|found| found <= delta);
    if keeps(LARGEST) {
        return Some(LARGEST);
    }
    Some(turning_point(0.0, LARGEST, keeps).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// σ = 1/μ of Balle and Wang's analytic mechanism at (1, 1e−5) and (1, 1e−9): 3.7306 and 5.4953.
    #[test]
    fn mu_inverts_epsilon() {
        for (delta, sigma) in [(1e-5, 3.7306), (1e-9, 5.4953)] {
            let mu = gaussian_mu(1.0, delta).unwrap();
            assert!((1.0 / mu - sigma).abs() < 5e-5, "{mu}");
            assert!((gaussian_epsilon(mu, delta).unwrap() - 1.0).abs() < 1e-6);
        }
        assert!(gaussian_mu(1.0, 0.0).is_none() && gaussian_mu(f64::NAN, 0.1).is_none());
        assert!(gaussian_mu(37.0, 0.1).is_none());
    }

    /// ε = 0: δ = 2Φ(μ/2) − 1, the total variation distance of N(0, 1) and N(μ, 1); μ = 1: 0.3829249.
    #[test]
    fn at_epsilon_0_delta_is_the_total_variation_distance() {
        assert!((gaussian_delta(1.0, 0.0).unwrap() - 0.382_924_922_548).abs() < 1e-10);
        assert!(gaussian_delta(0.0, 0.0).unwrap() <= 0.0);
    }

    #[test]
    fn epsilon_inverts_delta_and_rises_with_mu() {
        let mut before = 0.0;
        for step in 1..40 {
            let mu = 0.1 * f64::from(step);
            let epsilon = gaussian_epsilon(mu, 1e-5).unwrap();
            let delta = gaussian_delta(mu, epsilon).unwrap();
            assert!((delta - 1e-5).abs() < 1e-10, "{mu}: {delta:e}");
            assert!(epsilon > before);
            before = epsilon;
        }
    }

    #[test]
    fn impossible_parameters_have_no_answer() {
        assert!(gaussian_delta(f64::NAN, 1.0).is_none());
        assert!(gaussian_delta(-1.0, 1.0).is_none());
        assert!(gaussian_delta(1.0, f64::INFINITY).is_none());
        assert!(gaussian_epsilon(1.0, 0.0).is_none());
        assert!(gaussian_epsilon(1.0, f64::NAN).is_none());
        assert!(gaussian_epsilon(1e9, 1e-5).unwrap() >= LARGEST);
    }
}

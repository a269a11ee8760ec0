//! The tail of a distribution beyond what was observed: the generalised Pareto law of exceedances.

use super::{Confidence, normal_quantile};

/// A generalised Pareto law of exceedances over a threshold: P(X > x) = (1 + ξx/σ)^(−1/ξ), and
/// exp(−x/σ) at ξ = 0 (Pickands 1975, Ann. Statist. 3:119).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pareto {
    /// ξ: above 0 a heavy tail, 0 exponential, below 0 a bounded one.
    pub shape: f64,
    /// σ, above 0, in the unit of the exceedances.
    pub scale: f64,
}

/// Shapes below this are not fitted: a tail would end at the largest value seen, which nothing but
/// the sample says.
const LEAST_SHAPE: f64 = -0.3;

/// Shapes above this have no mean worth the name.
const MOST_SHAPE: f64 = 2.0;

/// A shape this near to 0 is the exponential law.
const EXPONENTIAL: f64 = 1e-9;

impl Pareto {
    /// The law of greatest likelihood with −0.3 ≤ ξ ≤ 2 for exceedances above 0; `None` for fewer than
    /// two, or one that is not positive and finite.
    ///
    /// The likelihood is profiled over θ = ξ/σ, of which ξ(θ) = mean ln(1 + θx) is an increasing
    /// function (Grimshaw 1993, Technometrics 35:185); a grid finds the hill, golden section the top.
    #[must_use]
    pub fn fit(exceedances: &[f64]) -> Option<Self> {
        let valid = |x: &f64| *x > 0.0 && x.is_finite();
        if exceedances.len() < 2 || !exceedances.iter().all(valid) {
            return None;
        }
        let mean = exceedances.iter().sum::<f64>() / exceedances.len() as f64;
        let largest = exceedances.iter().copied().fold(0.0, f64::max);
        let shape = |theta: f64| mean_log(exceedances, theta);
        let low = crossing(-1.0 / largest, 0.0, |theta| shape(theta) < LEAST_SHAPE);
        let mut high = 1.0 / mean;
        while shape(high) < MOST_SHAPE {
            high *= 2.0;
        }
        let high = crossing(0.0, high, |theta| shape(theta) < MOST_SHAPE);
        let theta = maximum(low, high, |theta| profile(shape(theta), theta, mean));
        let fitted = shape(theta);
        if fitted <= LEAST_SHAPE + 1e-3 {
            return Some(Self { shape: LEAST_SHAPE, scale: bounded_scale(exceedances, largest) });
        }
        let scale = if fitted.abs() < EXPONENTIAL { mean } else { fitted / theta };
        Some(Self { shape: fitted, scale })
    }

    /// P(X > x), in [0, 1].
    #[must_use]
    pub fn beyond(&self, x: f64) -> f64 {
        if self.shape.abs() < EXPONENTIAL {
            return (-x / self.scale).exp().min(1.0);
        }
        (1.0 + self.shape * x / self.scale).max(0.0).powf(-1.0 / self.shape).min(1.0)
    }

    /// The x that is exceeded with probability `p` in (0, 1].
    #[must_use]
    pub fn exceeded_with(&self, p: f64) -> f64 {
        if self.shape.abs() < EXPONENTIAL {
            return -self.scale * p.ln();
        }
        self.scale * (p.powf(-self.shape) - 1.0) / self.shape
    }

    /// The upper limit, one-sided at `confidence`, of the value that is exceeded with probability `p` in
    /// (0, 1): the largest one that the profile likelihood, over all shapes from −0.3 to 2, does not refuse
    /// (twice the log likelihood lost is χ² with one degree of freedom; Coles 2001, An Introduction to
    /// Statistical Modeling of Extreme Values, ch. 4.3.3). It is lopsided as the uncertainty is. `None` where
    /// [`Pareto::fit`] is, and when a limit would be a million times the sample's mean.
    #[must_use]
    pub fn upper(exceedances: &[f64], p: f64, confidence: Confidence) -> Option<f64> {
        let fitted = Self::fit(exceedances)?;
        let start = fitted.exceeded_with(p);
        let lost = normal_quantile(confidence.alpha()).powi(2) / 2.0;
        let least = likelihood(exceedances, fitted) - lost;
        let stands = |value: f64| best_with(exceedances, value, p) >= least;
        let mut high = start * 1.1;
        while stands(high) {
            high *= 1.5;
            if high > start * 1e6 {
                return None;
            }
        }
        Some(crossing(start, high, stands))
    }

    /// The largest distance between the law and the distribution of `exceedances` (Kolmogorov–Smirnov),
    /// in [0, 1].
    #[must_use]
    pub fn distance(&self, exceedances: &[f64]) -> f64 {
        let mut sorted = exceedances.to_vec();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len() as f64;
        let gap = |(i, x): (usize, &f64)| {
            let law = 1.0 - self.beyond(*x);
            (law - i as f64 / n).abs().max(((i + 1) as f64 / n - law).abs())
        };
        sorted.iter().enumerate().map(gap).fold(0.0, f64::max)
    }
}

/// ξ(θ); −∞ where θ leaves the law no room for the largest value.
fn mean_log(exceedances: &[f64], theta: f64) -> f64 {
    let sum: f64 = exceedances.iter().map(|x| (theta * x).ln_1p()).sum();
    let mean = sum / exceedances.len() as f64;
    if mean.is_nan() { f64::NEG_INFINITY } else { mean }
}

/// The mean log likelihood at θ: −ln σ − ξ − 1, with σ = ξ/θ, the mean at θ = 0.
fn profile(shape: f64, theta: f64, mean: f64) -> f64 {
    let scale = if shape.abs() < EXPONENTIAL { mean } else { shape / theta };
    -scale.ln() - shape - 1.0
}

/// The log likelihood of a law; −∞ where it leaves no room for the largest value.
fn likelihood(exceedances: &[f64], law: Pareto) -> f64 {
    let n = exceedances.len() as f64;
    let sum = |f: &dyn Fn(f64) -> f64| exceedances.iter().map(|&x| f(x / law.scale)).sum::<f64>();
    let value = if law.shape.abs() < EXPONENTIAL {
        -n * law.scale.ln() - sum(&|x| x)
    } else {
        -n * law.scale.ln() - (1.0 + 1.0 / law.shape) * sum(&|x| (law.shape * x).ln_1p())
    };
    if value.is_nan() { f64::NEG_INFINITY } else { value }
}

/// The greatest log likelihood of the laws under which `value` is exceeded with probability `p`.
fn best_with(exceedances: &[f64], value: f64, p: f64) -> f64 {
    let law = |shape: f64| {
        let unit = Pareto { shape, scale: 1.0 };
        Pareto { shape, scale: value / unit.exceeded_with(p) }
    };
    let at = |shape: f64| likelihood(exceedances, law(shape));
    at(maximum(LEAST_SHAPE, MOST_SHAPE, at))
}

/// Where `below` turns from true to false between `low` and `high`.
fn crossing(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..60 {
        let middle = low + (high - low) / 2.0;
        if below(middle) { low = middle } else { high = middle }
    }
    high
}

/// Where `f` is greatest in [low, high]: the best of a grid, then golden section around it.
fn maximum(low: f64, high: f64, f: impl Fn(f64) -> f64) -> f64 {
    const GRID: usize = 40;
    let at = |i: usize| low + (high - low) * i as f64 / GRID as f64;
    let best = (0..=GRID).max_by(|&a, &b| f(at(a)).total_cmp(&f(at(b)))).unwrap_or(0);
    let (mut low, mut high) = (at(best.saturating_sub(1)), at((best + 1).min(GRID)));
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    for _ in 0..40 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if f(a) > f(b) { high = b } else { low = a }
    }
    low + (high - low) / 2.0
}

/// The scale of greatest likelihood at ξ = [`LEAST_SHAPE`], at least what the largest value needs.
fn bounded_scale(exceedances: &[f64], largest: f64) -> f64 {
    let least = -LEAST_SHAPE * largest * (1.0 + 1e-9);
    let likelihood = |log_scale: f64| {
        let scale = log_scale.exp();
        let sum: f64 = exceedances.iter().map(|x| (LEAST_SHAPE * x / scale).ln_1p()).sum();
        -(exceedances.len() as f64) * log_scale - (1.0 + 1.0 / LEAST_SHAPE) * sum
    };
    maximum(least.ln(), (100.0 * largest).ln(), likelihood).exp()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha12Rng;

    use super::*;
    use crate::stats::testing::close;

    fn sample(law: Pareto, size: usize, seed: u64) -> Vec<f64> {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        (0..size).map(|_| law.exceeded_with(1.0 - rng.random::<f64>())).collect()
    }

    /// (1 + 0.5·6/2)^(−2) = 2.5^(−2) = 0.16; and e^(−3/2) where ξ = 0.
    #[test]
    fn tails_by_hand() {
        close(Pareto { shape: 0.5, scale: 2.0 }.beyond(6.0), 0.16, 1e-12);
        close(Pareto { shape: 0.5, scale: 2.0 }.exceeded_with(0.16), 6.0, 1e-12);
        close(Pareto { shape: 0.0, scale: 2.0 }.beyond(3.0), (-1.5_f64).exp(), 1e-12);
        close(Pareto { shape: -0.25, scale: 1.0 }.beyond(5.0) + 1.0, 1.0, 1e-12);
    }

    /// Maximum likelihood is consistent: with 20,000 values the error is a few hundredths; its
    /// asymptotic deviation is (1 + ξ)/√n = 0.01 (Smith 1987, Ann. Statist. 15:1174).
    #[test]
    fn the_fit_finds_the_law_that_made_the_sample() {
        for (shape, scale) in [(-0.2, 1.0), (0.0, 3.0), (0.3, 0.01), (0.8, 50.0)] {
            let fitted = Pareto::fit(&sample(Pareto { shape, scale }, 20_000, 1)).unwrap();
            assert!((fitted.shape - shape).abs() < 0.04, "{fitted:?}");
            assert!((fitted.scale / scale - 1.0).abs() < 0.05, "{fitted:?}");
        }
    }

    /// Around the fit to quantiles of a law with ξ = 0.3 the likelihood falls on every side.
    #[test]
    fn the_fit_is_the_top_of_the_likelihood() {
        let law = Pareto { shape: 0.3, scale: 2.0 };
        let data: Vec<f64> =
            (0..40).map(|i| law.exceeded_with((f64::from(i) + 0.5) / 40.0)).collect();
        let fitted = Pareto::fit(&data).unwrap();
        for (a, b) in [(0.02, 0.0), (-0.02, 0.0), (0.0, 0.05), (0.0, -0.05)] {
            let moved = Pareto { shape: fitted.shape + a, scale: fitted.scale + b };
            assert!(likelihood(&data, moved) < likelihood(&data, fitted));
        }
    }

    /// Coverage of the one-sided 95 % limit of the value that one of 2,500 exceeds, from 100 values: at
    /// least 90 % where shapes are allowed (profile limits are exact in the limit only).
    #[test]
    fn the_upper_limit_covers() {
        for shape in [-0.2, 0.0, 0.2, 0.5] {
            let law = Pareto { shape, scale: 1.0 };
            let (p, c95) = (0.0004, Confidence::new(0.95).unwrap());
            let covers = |seed| {
                let upper = Pareto::upper(&sample(law, 100, seed), p, c95);
                upper.is_none_or(|upper| upper >= law.exceeded_with(p))
            };
            let covered = (0..200).filter(|&seed| covers(seed)).count();
            assert!(covered >= 180, "shape {shape}: {covered} of 200");
        }
    }

    /// Values spread evenly up to an end have ξ = −1: the fit stays at the least shape, with room for all.
    #[test]
    fn a_bounded_sample_gets_the_least_shape() {
        let fitted = Pareto::fit(&(1..=100).map(f64::from).collect::<Vec<_>>()).unwrap();
        assert!((fitted.shape - LEAST_SHAPE).abs() < 1e-12);
        assert!(fitted.beyond(100.0) >= 0.0 && fitted.scale >= 30.0);
    }

    #[test]
    fn distance_by_hand() {
        // One value at the law's median: its share jumps from 0 to 1 there, half away on both sides.
        let law = Pareto { shape: 0.0, scale: 1.0 };
        close(law.distance(&[2.0_f64.ln()]), 0.5, 1e-12);
        let made = sample(law, 5000, 3);
        assert!(law.distance(&made) * 5000.0_f64.sqrt() < 1.63);
        assert!(Pareto { shape: 0.0, scale: 2.0 }.distance(&made) > 0.1);
    }

    #[test]
    fn nothing_is_fitted_to_nothing() {
        for bad in [&[][..], &[1.0], &[1.0, 0.0], &[1.0, f64::NAN], &[1.0, f64::INFINITY]] {
            assert!(Pareto::fit(bad).is_none());
        }
        assert!(Pareto::fit(&[1.0, 1.0]).is_some());
    }
}

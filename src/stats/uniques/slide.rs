//! The slide negative binomial law: class sizes less one are negative binomial.

use super::ClassSizes;
use crate::stats::search::turning_point;

/// `classes` classes of the population, each of 1 + NegBin(α, β) persons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlideNegativeBinomial {
    /// K: how many classes the population has.
    pub classes: f64,
    /// α > 0.
    pub alpha: f64,
    /// β in (0, 1): P(F = 1) = β^α.
    pub beta: f64,
}

/// How finely β is searched for: steps of its logit from −15 to 15.
const STEPS: u32 = 600;

impl SlideNegativeBinomial {
    /// The classes of one person: K·β^α.
    #[must_use]
    pub fn uniques(&self) -> f64 {
        self.classes * self.beta.powf(self.alpha)
    }

    /// The persons: K·(1 + α(1−β)/β).
    #[must_use]
    pub fn persons(&self) -> f64 {
        self.classes * (1.0 + self.alpha * (1.0 - self.beta) / self.beta)
    }

    /// The classes of which a sample of this fraction is expected to show one person: with D = (1−β)(1−π),
    /// Kπ(β/(1−D))^α·[1 + αD/(1−D)].
    #[must_use]
    pub fn expected_singles(&self, fraction: f64) -> f64 {
        let Self { classes, alpha, beta } = *self;
        let hidden = (1.0 - beta) * (1.0 - fraction);
        let shown = 1.0 - hidden;
        classes * fraction * (beta / shown).powf(alpha) * (1.0 + alpha * hidden / shown)
    }

    /// The classes of which it is expected to show two: Kπ²αβ^α(1−β)[2 − (1−α)D]/(2(1−D)^(α+2)).
    #[must_use]
    pub fn expected_pairs(&self, fraction: f64) -> f64 {
        let Self { classes, alpha, beta } = *self;
        let hidden = (1.0 - beta) * (1.0 - fraction);
        let shown = 1.0 - hidden;
        classes
            * fraction.powi(2)
            * alpha
            * (beta / shown).powf(alpha)
            * (1.0 - beta)
            * (2.0 - (1.0 - alpha) * hidden)
            / (2.0 * shown.powi(2))
    }

    /// The law whose expected singles and pairs are those of the sample, with [`number_of_classes`] classes. Where
    /// several are, the one with the right number of persons. `None` without singles or pairs, for a fraction
    /// outside (0, 1], or when there is no such law.
    #[must_use]
    pub fn fit(sizes: &ClassSizes, fraction: f64) -> Option<Self> {
        let population = sizes.population(fraction)?;
        let classes = number_of_classes(sizes, fraction)?;
        let (singles, pairs) = (sizes.of(1) as f64, sizes.of(2) as f64);
        if singles <= 0.0 || pairs <= 0.0 {
            return None;
        }
        let law = |logit: f64| {
            let beta = 1.0 / (1.0 + (-logit).exp());
            Self { classes, alpha: alpha(pairs / singles, beta, fraction), beta }
        };
        let above = |logit: f64| law(logit).expected_singles(fraction) > singles;
        let logit = |step: u32| f64::from(step) * 30.0 / f64::from(STEPS) - 15.0;
        let crossings = (0..STEPS).map(|step| (logit(step), logit(step + 1)));
        let laws = crossings.filter(|&(low, high)| above(low) != above(high)).map(|(low, high)| {
            let rising = above(high);
            law(turning_point(low, high, |logit| above(logit) != rising).0)
        });
        let off = |law: &Self| (law.persons() / population).ln().abs();
        let found = laws.filter(|law| law.uniques().is_finite() && off(law).is_finite());
        found.min_by(|a, b| off(a).total_cmp(&off(b)))
    }
}

/// The α > 0 for which pairs are `ratio` times as many as singles under this β: the positive root of
/// κDα² + (κ(2−D) − ratio·D)α − ratio(1−D) = 0, κ = π(1−β)/(2(1−D)).
fn alpha(ratio: f64, beta: f64, fraction: f64) -> f64 {
    let hidden = (1.0 - beta) * (1.0 - fraction);
    let shown = 1.0 - hidden;
    let kappa = fraction * (1.0 - beta) / (2.0 * shown);
    let (a, b, c) = (kappa * hidden, kappa * (2.0 - hidden) - ratio * hidden, ratio * shown);
    let root = (b * b + 4.0 * a * c).sqrt();
    // The form without cancellation; it also holds for a = 0, the whole population as the sample.
    if b >= 0.0 { 2.0 * c / (b + root) } else { (root - b) / (2.0 * a) }
}

/// How many classes the population has, by the third modified Shlosser estimator (Haas and Stokes 1998):
/// u + c₁·(Σ iπ²(1−π²)^(i−1)c_i / Σ (1−π)^i[(1+π)^i − 1]c_i)·(Σ (1−π)^i c_i / Σ iπ(1−π)^(i−1)c_i)². `None` for a
/// fraction outside (0, 1] or without a person.
#[must_use]
pub fn number_of_classes(sizes: &ClassSizes, fraction: f64) -> Option<f64> {
    sizes.population(fraction)?;
    let seen = sizes.classes() as f64;
    let (p, q) = (fraction, 1.0 - fraction);
    if q <= 0.0 {
        return Some(seen);
    }
    // (1 − π)(1 + π) = 1 − π², so that nothing overflows.
    let both = 1.0 - p * p;
    let numerator = sizes.sum(|i| i * p * p * both.powf(i - 1.0));
    let denominator = sizes.sum(|i| both.powf(i) - q.powf(i));
    let unseen = sizes.sum(|i| q.powf(i)) / sizes.sum(|i| i * p * q.powf(i - 1.0));
    let found = seen + sizes.of(1) as f64 * numerator / denominator * unseen.powi(2);
    found.is_finite().then_some(found)
}

//! Intervals and tests: every bound and p-value that a verdict rests on is computed here.
//!
//! | question | function | method |
//! |---|---|---|
//! | how large may a counted rate be? | [`rate_bounds`] | census, hypergeometric or Clopper–Pearson |
//! | how many leaks may a detector have missed? | [`detected_upper`], [`detected_lower`] | inverted binomial, Garwood |
//! | how far apart are two shares? | [`newcombe_exact_upper`], [`newcombe_exact_lower`] | square-and-add of Clopper–Pearson limits |
//! | how many targets would settle it? | [`needed_trials`], [`needed_trials_in_frame`] | search |
//! | how rare is what was never seen? | [`Pareto`] | generalised Pareto law of exceedances |
//! | how well does a score tell two samples apart? | [`delong`], [`Roc`] | DeLong, order-statistic threshold |
//! | how good must a detector be? | [`needed_sensitivity`], [`needed_targets`], [`needed_plants`] | search |
//! | what ε does an adversary's success contradict? | [`one_run_epsilon_lower`], [`multi_run_epsilon_lower`] | binomial audits |
//! | how many of a population are alone? | [`dankar_uniques`], [`zayatz_uniques`], [`pitman_uniques`], [`SlideNegativeBinomial`] | from class sizes |
//! | how likely is the only match the right one? | [`individual_risk`] | negative binomial law |
//! | how far is a class from the whole? | [`Shares`], [`entropy_diversity`] | earth mover's distance, entropy |
//! | do two tables of counts differ beyond chance? | [`standardized_pmse`] | propensity score mean squared error |
//! | how strongly do two columns hang together? | [`Moments`], [`mid_ranks`], [`cramers_v_corrected`], [`correlation_ratio`] | Pearson, Spearman, Cramér's V, η |
//! | do two counts differ at all? | [`binomial_upper_tail`], [`fisher_greater`] | exact tests |
//!
//! Without a caller in the program, kept as the subjects of published numbers and as what the others are measured
//! against: [`newcombe`], [`miettinen_nurminen`], [`residual_risk`], [`wilson`], [`effective_epsilon`],
//! [`multi_run_epsilon_lower`], [`multi_run_mu_lower`], [`one_run_p_value`], [`one_run_gaussian_epsilon_lower`],
//! [`expected_pmse`], [`expected_pmse_in_sample`] and [`cramers_v`].
//!
//! Everything fails closed. An input that cannot be (more hits than trials, NaN, a confidence outside
//! [0.5, 1)) gives `None`, or the bound that says nothing: 1 for an upper limit, 0 (−1 for a difference) for a
//! lower one. Neither can read as a pass. Ties and rounding errors count against the release.
//!
//! Binomial, hypergeometric and Poisson tails are summed from saddle-point masses (`mass`): `statrs` 0.19 takes 140
//! terms of the incomplete beta and no more (11 % off near the mean of 10⁸ trials), and its inverse stops early
//! (1 hit of 10⁶: 0.04 % too low, towards a pass) or never (0 of 10⁷). Factorials and the normal quantile are
//! `statrs`'s own, and its laws are the check of ours in the tests.

mod association;
mod closeness;
#[cfg(test)]
mod coverage;
mod detected;
mod difference;
mod distribution;
mod divergence;
mod dp_audit;
mod exact;
mod individual;
mod interval;
mod mass;
mod normal;
mod propensity;
mod rate;
mod roc;
mod search;
mod tail;
mod uniques;

pub use association::{Moments, correlation_ratio, cramers_v, cramers_v_corrected, mid_ranks};
pub use closeness::{Shares, entropy_diversity};
pub use detected::{
    detected_count_upper, detected_lower, detected_upper, needed_plants, needed_sensitivity,
    needed_targets,
};
pub use difference::{
    miettinen_nurminen, newcombe, newcombe_exact_lower, newcombe_exact_upper, residual_risk,
};
pub use distribution::{Distribution, Law};
pub(crate) use divergence::sign;
pub use divergence::{
    Steps, expected_hellinger, expected_total_variation, hellinger, total_variation,
};
pub use dp_audit::{
    Distinguished, Guesses, concentrated_epsilon, concentrated_rho, effective_epsilon,
    effective_epsilon_lower, gaussian_accuracy, gaussian_delta, gaussian_epsilon, gaussian_mu,
    independent_epsilon_lower, independent_gaussian_epsilon_lower, independent_mu_lower,
    multi_run_epsilon_lower, multi_run_mu_lower, needed_guesses, one_run_ceiling,
    one_run_epsilon_lower, one_run_gaussian_epsilon_lower, one_run_p_value,
};
pub use exact::{binomial_upper_tail, fisher_greater};
pub use individual::individual_risk;
pub use interval::{
    clopper_pearson_lower, clopper_pearson_upper, hypergeometric_lower, hypergeometric_upper,
    wilson,
};
pub use normal::{
    cumulative as normal_cumulative, inverse_cumulative as normal_inverse, normal_bounds,
    normal_quantile,
};
pub use propensity::{expected_pmse, expected_pmse_in_sample, standardized_pmse};
pub use rate::{needed_trials, needed_trials_in_frame, rate_bounds};
pub use roc::{Roc, delong, roc_reach};
pub(crate) use search::turning_point;
pub use tail::Pareto;
pub use uniques::{
    ClassSizes, Pitman, SlideNegativeBinomial, dankar_uniques, number_of_classes, pitman_uniques,
    zayatz_uniques,
};

/// The largest count that floating-point numbers hold exactly, 2⁵³; more counts as impossible.
const MOST: u64 = 1 << 53;

/// How sure a bound is: 0.5 ≤ c < 1, checked once. One-sided unless a function says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Confidence {
    value: f64,
    alpha: f64,
}

impl Confidence {
    /// `confidence` as a fraction (0.95, not 95); `None` outside [0.5, 1) and for NaN.
    #[must_use]
    pub fn new(confidence: f64) -> Option<Self> {
        let valid = (0.5..1.0).contains(&confidence);
        valid.then_some(Self { value: confidence, alpha: 1.0 - confidence })
    }

    /// The confidence itself, c, in [0.5, 1).
    #[must_use]
    pub fn value(self) -> f64 {
        self.value
    }

    /// The risk of being wrong, α = 1 − c, in (0, 0.5].
    #[must_use]
    pub fn alpha(self) -> f64 {
        self.alpha
    }

    /// What is left for the `attempt`-th look at the same source (1 is the first): α/(i(i + 1)), which sums to α
    /// over any number of looks: a union bound (alpha spending, see Foster and Stine 2008, J. R. Statist. Soc. B
    /// 70:429). `None` for attempt 0.
    #[must_use]
    pub fn spent(self, attempt: u32) -> Option<Self> {
        let attempt = f64::from(attempt);
        let alpha = self.alpha / (attempt * (attempt + 1.0));
        alpha.is_finite().then_some(Self { value: 1.0 - alpha, alpha })
    }
}

/// A confidence statement: lower ≤ point ≤ upper, all finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The quantity is at least this, at the lower limit's confidence.
    pub lower: f64,
    /// The single best value. Never decides anything.
    pub point: f64,
    /// The quantity is at most this, at the upper limit's confidence.
    pub upper: f64,
}

impl Bounds {
    /// The bounds with the point moved between them; `None` unless all three are finite and in order.
    fn new(lower: f64, point: f64, upper: f64) -> Option<Self> {
        let valid = lower.is_finite() && point.is_finite() && upper.is_finite() && lower <= upper;
        valid.then(|| Self { lower, point: point.clamp(lower, upper), upper })
    }
}

#[cfg(test)]
mod testing {
    use super::Confidence;

    pub(super) const C95: Confidence = Confidence { value: 0.95, alpha: 1.0 - 0.95 };
    pub(super) const C99: Confidence = Confidence { value: 0.99, alpha: 1.0 - 0.99 };

    pub(super) fn close(a: f64, b: f64, relative: f64) {
        assert!((a - b).abs() <= relative * b.abs(), "{a:e} is not {b:e}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_is_a_fraction_from_a_half_up_to_below_one() {
        for c in [0.5, 0.95, 0.99, 1.0 - 1e-12] {
            assert!(Confidence::new(c).is_some(), "{c}");
        }
        for c in [0.0, 0.49, 1.0, 95.0, -0.95, f64::NAN, f64::INFINITY] {
            assert!(Confidence::new(c).is_none(), "{c}");
        }
    }

    #[test]
    fn spent_confidence_never_adds_up_to_more_than_alpha() {
        let whole = Confidence::new(0.95).unwrap();
        assert!(whole.spent(0).is_none());
        let spent: f64 = (1..=10_000).map(|i| whole.spent(i).unwrap().alpha()).sum();
        assert!(spent < whole.alpha() && spent > 0.9998 * whole.alpha());
        assert!(whole.spent(u32::MAX).unwrap().alpha() > 0.0);
    }

    #[test]
    fn bounds_are_ordered_and_finite() {
        assert!(Bounds::new(0.2, 0.1, 0.1).is_none());
        assert!(Bounds::new(f64::NAN, 0.1, 0.2).is_none());
        assert!(Bounds::new(0.0, 0.1, f64::INFINITY).is_none());
        let moved = Bounds::new(0.2, 0.1, 0.3).unwrap();
        assert!((moved.point - 0.2).abs() < 1e-15);
    }
}

//! Distributions that a table can be specified with: their quantiles, also between bounds.

use statrs::distribution::{
    Beta, Binomial, ContinuousCDF, DiscreteCDF, Exp, Gamma, LogNormal, NegativeBinomial, Normal,
    Poisson, Uniform, Weibull,
};

/// Quantiles are taken no closer to 0 or 1: beyond, distribution functions are 0 or 1 in rounding.
const EDGE: f64 = 1e-12;

/// The least probability that must lie between the bounds of a distribution.
const LEAST: f64 = 1e-9;

/// The largest mean of a distribution of counts.
const LARGEST_COUNT: f64 = 1e9;

/// A distribution, given that its value lies between two bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    law: Law,
    /// The values between which it lies.
    bounds: (f64, f64),
    /// The probabilities below these, without them.
    masses: (f64, f64),
}

/// A family with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Law {
    /// One value.
    Constant(f64),
    /// Uniform between two values.
    Uniform(Uniform),
    /// Normal.
    Normal(Normal),
    /// The exponential of a normal variable.
    LogNormal(LogNormal),
    /// Exponential.
    Exponential(Exp),
    /// Gamma.
    Gamma(Gamma),
    /// Beta, between 0 and 1.
    Beta(Beta),
    /// Weibull.
    Weibull(Weibull),
    /// Poisson.
    Poisson(Poisson),
    /// Binomial.
    Binomial(Binomial),
    /// Negative binomial: a Poisson variable whose mean is gamma distributed.
    NegativeBinomial(NegativeBinomial),
}

impl Law {
    /// The names of the families with those of their parameters, in order.
    pub const FAMILIES: [(&'static str, &'static [&'static str]); 11] = [
        ("constant", &["value"]),
        ("uniform", &["from", "to"]),
        ("normal", &["mean", "sd"]),
        ("lognormal", &["median", "sd-log"]),
        ("exponential", &["mean"]),
        ("gamma", &["shape", "mean"]),
        ("beta", &["alpha", "beta"]),
        ("weibull", &["shape", "scale"]),
        ("poisson", &["mean"]),
        ("binomial", &["trials", "share"]),
        ("negative-binomial", &["mean", "dispersion"]),
    ];

    /// The family called `name` with these parameters, in the order of [`Law::FAMILIES`]; `None` when there is
    /// no such family, or the parameters are none of it.
    ///
    /// `lognormal`: the median, and the standard deviation of the logarithm. `negative-binomial`: variance =
    /// mean + mean² / dispersion.
    #[must_use]
    pub fn new(name: &str, parameters: &[f64]) -> Option<Self> {
        if !parameters.iter().all(|parameter| parameter.is_finite()) {
            return None;
        }
        let count = |mean: f64| mean > 0.0 && mean <= LARGEST_COUNT;
        match (name, parameters) {
            ("constant", [value]) => Some(Self::Constant(*value)),
            ("uniform", [from, to]) => Uniform::new(*from, *to).ok().map(Self::Uniform),
            ("normal", [mean, sd]) => Normal::new(*mean, *sd).ok().map(Self::Normal),
            ("lognormal", [median, sd]) if *median > 0.0 => {
                LogNormal::new(median.ln(), *sd).ok().map(Self::LogNormal)
            }
            ("exponential", [mean]) if *mean > 0.0 => {
                Exp::new(1.0 / mean).ok().map(Self::Exponential)
            }
            ("gamma", [shape, mean]) if *mean > 0.0 => {
                Gamma::new(*shape, shape / mean).ok().map(Self::Gamma)
            }
            ("beta", [alpha, beta]) => Beta::new(*alpha, *beta).ok().map(Self::Beta),
            ("weibull", [shape, scale]) => Weibull::new(*shape, *scale).ok().map(Self::Weibull),
            ("poisson", [mean]) if count(*mean) => Poisson::new(*mean).ok().map(Self::Poisson),
            ("binomial", [trials, share])
                if (0.0..=LARGEST_COUNT).contains(trials)
                    && trials.fract().total_cmp(&0.0).is_eq() =>
            {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a whole number of at most 10⁹"
                )]
                let trials = *trials as u64;
                Binomial::new(*share, trials).ok().map(Self::Binomial)
            }
            ("negative-binomial", [mean, dispersion]) if count(*mean) => {
                let share = dispersion / (dispersion + mean);
                NegativeBinomial::new(*dispersion, share).ok().map(Self::NegativeBinomial)
            }
            _ => None,
        }
    }

    /// Whether it takes whole numbers only.
    #[must_use]
    pub fn is_discrete(&self) -> bool {
        matches!(self, Self::Poisson(_) | Self::Binomial(_) | Self::NegativeBinomial(_))
    }

    /// P(X ≤ x).
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        let discrete = |law: &dyn Fn(u64) -> f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "not negative, and `as` saturates"
            )]
            if x < 0.0 { 0.0 } else { law(x.floor() as u64) }
        };
        match self {
            Self::Constant(value) => f64::from(u8::from(x >= *value)),
            Self::Uniform(law) => law.cdf(x),
            Self::Normal(law) => law.cdf(x),
            Self::LogNormal(law) => law.cdf(x),
            Self::Exponential(law) => law.cdf(x),
            Self::Gamma(law) => law.cdf(x),
            Self::Beta(law) => law.cdf(x),
            Self::Weibull(law) => law.cdf(x),
            Self::Poisson(law) => discrete(&|x| law.cdf(x)),
            Self::Binomial(law) => discrete(&|x| law.cdf(x)),
            Self::NegativeBinomial(law) => discrete(&|x| law.cdf(x)),
        }
    }

    /// The smallest x with P(X ≤ x) ≥ `p`, for `p` in (0, 1).
    fn quantile(&self, p: f64) -> f64 {
        let p = p.clamp(EDGE, 1.0 - EDGE);
        match self {
            Self::Constant(value) => *value,
            Self::Uniform(law) => law.inverse_cdf(p),
            Self::Normal(law) => law.inverse_cdf(p),
            Self::LogNormal(law) => law.inverse_cdf(p),
            Self::Exponential(law) => law.inverse_cdf(p),
            Self::Gamma(law) => law.inverse_cdf(p),
            Self::Beta(law) => law.inverse_cdf(p),
            Self::Weibull(law) => law.inverse_cdf(p),
            Self::Poisson(law) => law.inverse_cdf(p) as f64,
            Self::Binomial(law) => law.inverse_cdf(p) as f64,
            Self::NegativeBinomial(law) => law.inverse_cdf(p) as f64,
        }
    }
}

impl Distribution {
    /// `law`, given that its value is at least `lower` and at most `upper`; `None` when next to nothing of it
    /// is (less than 10⁻⁹).
    #[must_use]
    pub fn between(law: Law, lower: Option<f64>, upper: Option<f64>) -> Option<Self> {
        let lower = lower.unwrap_or(f64::NEG_INFINITY);
        let upper = upper.unwrap_or(f64::INFINITY);
        let below = match &law {
            Law::Constant(value) => f64::from(u8::from(*value < lower)),
            law if law.is_discrete() => law.cdf(lower.ceil() - 1.0),
            law => law.cdf(lower),
        };
        let masses = (below, if upper < f64::INFINITY { law.cdf(upper) } else { 1.0 });
        let fits = masses.1 - masses.0 >= LEAST;
        fits.then_some(Self { law, bounds: (lower, upper), masses })
    }

    /// The value below which the share `p` of it lies, for `p` in (0, 1).
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        let (low, high) = self.masses;
        self.law.quantile(low + p * (high - low)).clamp(self.bounds.0, self.bounds.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn law(name: &str, parameters: &[f64]) -> Law {
        Law::new(name, parameters).unwrap_or_else(|| panic!("{name}"))
    }

    /// By hand, at 0.9: z = 1.2815515655446; 47 + 18 z; 3 exp(0.5 z); 4 ln 10; 2 (ln 10)^(2/3); the roots of
    /// 1 − e^(−x/1.5) (1 + x/1.5) and of 1 − (1−x)⁴ − 4x(1−x)³; sums of the three mass functions.
    #[test]
    fn quantiles_match_the_tables() {
        for (name, parameters, expected) in [
            ("normal", &[47.0, 18.0][..], 70.067_928_179_802_8),
            ("lognormal", &[3.0, 0.5], 5.693_858_122_004_132),
            ("exponential", &[4.0], 9.210_340_371_976_184),
            ("gamma", &[2.0, 3.0], 5.834_580_254_809_566),
            ("beta", &[2.0, 3.0], 0.679_539_416_278_181_6),
            ("weibull", &[1.5, 2.0], 3.487_443_027_192_823),
            ("poisson", &[2.3], 4.0),
            ("binomial", &[10.0, 0.3], 5.0),
            ("negative-binomial", &[3.0, 2.0], 7.0),
            ("uniform", &[1.0, 3.0], 2.8),
            ("constant", &[7.0], 7.0),
        ] {
            let distribution = Distribution::between(law(name, parameters), None, None).unwrap();
            let found = distribution.quantile(0.9);
            assert!((found - expected).abs() < 1e-6 * expected, "{name}: {found}");
        }
    }

    /// A standard normal above 0 has its median where Φ is 0.75; a Poisson of mean 1 above 0 is 1 with
    /// probability e⁻¹ / (1 − e⁻¹) = 0.582.
    #[test]
    fn bounds_are_conditions() {
        let half = Distribution::between(law("normal", &[0.0, 1.0]), Some(0.0), None).unwrap();
        assert!((half.quantile(0.5) - 0.674_489_750_196_081_7).abs() < 1e-12);
        let counts = Distribution::between(law("poisson", &[1.0]), Some(1.0), Some(9.0)).unwrap();
        let ones = (0..1000).filter(|i| counts.quantile((f64::from(*i) + 0.5) / 1000.0) < 1.5);
        assert_eq!(ones.count(), 582);
        for p in [1e-300, 1.0 - 1e-16] {
            assert!((1.0..=9.0).contains(&counts.quantile(p)));
        }
    }

    #[test]
    fn what_is_no_distribution_is_none() {
        for (name, parameters) in [
            ("normal", &[0.0, -1.0][..]),
            ("normal", &[0.0]),
            ("normal", &[f64::NAN, 1.0]),
            ("uniform", &[2.0, 1.0]),
            ("lognormal", &[0.0, 1.0]),
            ("poisson", &[-1.0]),
            ("poisson", &[1e12]),
            ("binomial", &[2.5, 0.5]),
            ("binomial", &[2.0, 1.5]),
            ("cauchy", &[0.0, 1.0]),
        ] {
            assert!(Law::new(name, parameters).is_none(), "{name} {parameters:?}");
        }
        assert!(Distribution::between(law("normal", &[0.0, 1.0]), Some(20.0), None).is_none());
        assert!(Distribution::between(law("constant", &[5.0]), Some(6.0), None).is_none());
    }

    #[test]
    fn every_family_is_made_from_its_parameters() {
        for (name, parameters) in Law::FAMILIES {
            let parameters: Vec<f64> = parameters.iter().map(|_| 1.0).collect();
            let parameters = if name == "uniform" { vec![0.0, 1.0] } else { parameters };
            assert!(Law::new(name, &parameters).is_some(), "{name}");
        }
    }
}

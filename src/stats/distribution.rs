//! Distributions that a table can be specified with: their quantiles, also between bounds.

use statrs::distribution::{
    Beta, Binomial, ContinuousCDF, DiscreteCDF, Exp, Gamma, LogNormal, NegativeBinomial, Normal,
    Poisson, Uniform, Weibull,
};

use super::{mass, search};

/// Quantiles are taken no closer to 0 or 1: beyond, distribution functions are 0 or 1 in rounding.
const EDGE: f64 = 1e-12;

/// The least probability that must lie between the bounds of a distribution.
const LEAST: f64 = 1e-9;

/// The largest mean of a distribution of counts.
const LARGEST_COUNT: f64 = 1e9;

/// The largest count that is looked for as a quantile: floating-point numbers hold all up to it.
const LARGEST_QUANTILE: u64 = 1 << 53;

/// The smallest shape of a gamma distribution: below, its lowest quantiles are 0 in rounding.
const LEAST_SHAPE: f64 = 0.05;

/// The largest dispersion of a negative binomial: beyond, its distribution function has lost its digits.
const LARGEST_DISPERSION: f64 = 1e4;

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
            ("gamma", [shape, mean]) if *mean > 0.0 && *shape >= LEAST_SHAPE => {
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
                match (Binomial::new(*share, trials).ok()?, *share) {
                    (_, share) if trials == 0 || share <= 0.0 => Some(Self::Constant(0.0)),
                    (_, share) if share >= 1.0 => Some(Self::Constant(trials as f64)),
                    (law, _) => Some(Self::Binomial(law)),
                }
            }
            ("negative-binomial", [mean, dispersion])
                if count(*mean) && *dispersion > 0.0 && *dispersion <= LARGEST_DISPERSION =>
            {
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
            Self::Binomial(law) => discrete(&|x| mass::binomial_at_most(x, law.n(), law.p())),
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
            Self::Poisson(_) | Self::Binomial(_) | Self::NegativeBinomial(_) => self.count(p),
        }
    }

    /// The smallest count x with P(X ≤ x) ≥ `p`; infinite beyond 2⁵³. Rounding may make a distribution function
    /// fall a little, which this outlives.
    fn count(&self, p: f64) -> f64 {
        let is_below = |x: u64| self.cdf(x as f64) < p;
        if !is_below(0) {
            return 0.0;
        }
        let mut high = 1;
        while is_below(high) {
            if high >= LARGEST_QUANTILE {
                return f64::INFINITY;
            }
            high *= 2;
        }
        (search::last(high / 2, high - 1, is_below) + 1) as f64
    }

    /// Whether its values are finite numbers, and not all the same unless it is a constant.
    #[must_use]
    pub fn can_be_drawn(&self) -> bool {
        if matches!(self, Self::Constant(_) | Self::Beta(_)) {
            return true;
        }
        let (low, high) = (self.quantile(0.0), self.quantile(1.0));
        low.is_finite() && high.is_finite() && low < high
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

    /// By hand: a million coins have standard deviation 500, so that 0.9 lies at 500,000 + 500 · 1.28155 − ½ =
    /// 500,640.28 in the normal approximation, whose error there is below 10⁻³ for want of skewness. The
    /// negative binomial is a gamma variable of shape 0.1 and scale 10⁷ but for a few counts: 10⁷ · 0.266154554.
    #[test]
    fn quantiles_of_large_counts_are_found() {
        let at = |name: &str, parameters: &[f64]| {
            Distribution::between(law(name, parameters), None, None).unwrap().quantile(0.9)
        };
        assert!((at("binomial", &[1e6, 0.5]) - 500_641.0).abs() < 0.5);
        let found = at("negative-binomial", &[1e6, 0.1]);
        assert!((found - 2_661_545.5).abs() < 27.0, "{found}");
        for share in [0.0, 1.0] {
            let trials = law("binomial", &[7.0, share]);
            assert_eq!(trials, Law::Constant(7.0 * share));
        }
    }

    /// exp(2000 z) and (27.6)^1000 are no numbers; a Poisson of mean 10⁻¹³ is 0.
    #[test]
    fn what_cannot_be_drawn_is_told() {
        for (name, parameters, expected) in [
            ("lognormal", &[1.0, 2000.0][..], false),
            ("weibull", &[0.001, 1.0], false),
            ("poisson", &[1e-13], false),
            ("uniform", &[-1e308, 1e308], false),
            ("normal", &[0.0, 1.0], true),
            ("gamma", &[0.05, 1000.0], true),
            ("binomial", &[1e6, 0.5], true),
            ("negative-binomial", &[1e6, 0.1], true),
            ("constant", &[7.0], true),
        ] {
            assert_eq!(law(name, parameters).can_be_drawn(), expected, "{name}");
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
            ("gamma", &[0.001, 1000.0]),
            ("negative-binomial", &[1.0, 1e17]),
            ("negative-binomial", &[1.0, 0.0]),
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

//! Scores of one record from its distances: larger means more likely a member.

use super::people::Near;

/// Added to distances, so that a distance of 0 has a logarithm.
const NOTHING: f64 = 1e-6;

/// How a record is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Score {
    /// By its nearest rows: a single copy shows.
    Near(Closeness),
    /// ln `p_S` − ln `p_R` by kernels on whitened components.
    Components,
    /// The log-odds of a released row by a classifier.
    Classifier,
}

/// What the distances of a record say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closeness {
    /// −ln `d_S`.
    Distance,
    /// ln `d_R` − ln `d_S` of the nearest rows.
    Calibrated,
    /// The same, averaged over the nearest rows.
    Density,
}

impl Score {
    /// Its name in notes.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Near(Closeness::Distance) => "distance",
            Self::Near(Closeness::Calibrated) => "calibrated",
            Self::Near(Closeness::Density) => "density",
            Self::Components => "components",
            Self::Classifier => "classifier",
        }
    }
}

impl Closeness {
    pub(super) const ALL: [Self; 3] = [Self::Distance, Self::Calibrated, Self::Density];

    /// The score of a record at these distances from the release and from the reference.
    ///
    /// With r the distance to the j-th of n rows around x, j/(n·V·rᴰ) estimates the density at x in D
    /// dimensions (Loftsgaarden and Quesenberry 1965): the logarithm of the ratio of two such
    /// estimates is D·(ln `r_R` − ln `r_S`) and a constant.
    pub(super) fn of(self, released: &Near, reference: &Near) -> f64 {
        let ratio = |j: usize| log(reference[j]) - log(released[j]);
        match self {
            Self::Distance => -log(released[0]),
            Self::Calibrated => ratio(0),
            Self::Density => {
                let known = |&j: &usize| released[j].is_finite() && reference[j].is_finite();
                let ratios: Vec<f64> = (0..released.len()).filter(known).map(ratio).collect();
                ratios.iter().sum::<f64>() / ratios.len().max(1) as f64
            }
        }
    }
}

/// ln(d + e); of a distance to nobody, that of the largest distance there is.
fn log(distance: f64) -> f64 {
    (distance.min(1.0) + NOTHING).ln()
}

/// The distances to the rows of two tables together.
pub(super) fn merged(a: &Near, b: &Near) -> Near {
    let mut all: Vec<f64> = a.iter().chain(b).copied().collect();
    all.sort_by(f64::total_cmp);
    std::array::from_fn(|j| all[j])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distances .1, .2 … from the release and ten times closer to the reference: ln .1 for each.
    #[test]
    fn hand_worked() {
        let released: Near = [0.1, 0.2, 0.3, 0.4, 0.5];
        let reference = released.map(|d| d / 10.0);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-3, "{a} {b}");
        close(Closeness::Distance.of(&released, &reference), -(0.1_f64.ln()));
        close(Closeness::Calibrated.of(&released, &reference), 0.1_f64.ln());
        close(Closeness::Density.of(&released, &reference), 0.1_f64.ln());
        let copied: Near = [0.0, 0.2, 0.3, 0.4, 0.5];
        close(Closeness::Density.of(&copied, &released), (0.1_f64 / 1e-6).ln() / 5.0);
        let few: Near = [0.1, f64::INFINITY, f64::INFINITY, f64::INFINITY, f64::INFINITY];
        close(Closeness::Density.of(&few, &released), 0.0);
        let both = merged(&released, &copied);
        both.iter().zip([0.0, 0.1, 0.2, 0.2, 0.3]).for_each(|(a, b)| close(*a, b));
    }
}

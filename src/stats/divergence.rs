//! How far two distributions are apart: shares of cells, and weighted numbers.
//!
//! Every distance is 0 for equal distributions and, but for Wasserstein's, 1 for those that have nothing in common.

use statrs::function::gamma::ln_gamma;

/// Differences of shares below this are rounding.
const ROUNDING: f64 = 1e-12;

/// Total variation ½ Σ|p − q| of two tables of masses over the same cells, each divided by its sum: the largest
/// difference of the probabilities of any event. `None` for tables of different length, a mass that is negative or
/// not finite, or no mass at all.
///
/// ```
/// # use dosimeter::stats::total_variation;
/// assert!((total_variation(&[5.0, 3.0, 2.0], &[8.0, 8.0, 4.0]).unwrap() - 0.1).abs() < 1e-12);
/// ```
#[must_use]
pub fn total_variation(p: &[f64], q: &[f64]) -> Option<f64> {
    let (p, q) = shares(p).zip(shares(q)).filter(|(p, q)| p.len() == q.len())?;
    let sum: f64 = p.iter().zip(&q).map(|(p, q)| (p - q).abs()).sum();
    Some((sum / 2.0).min(1.0))
}

/// Hellinger's distance √(1 − Σ√(pq)) of two such tables, as √(½ Σ(√p − √q)²), which is exactly 0 for equal ones;
/// exactly 1 where no cell has mass in both. `None` as [`total_variation`].
#[must_use]
pub fn hellinger(p: &[f64], q: &[f64]) -> Option<f64> {
    let (p, q) = shares(p).zip(shares(q)).filter(|(p, q)| p.len() == q.len())?;
    if p.iter().zip(&q).all(|(p, q)| p * q <= 0.0) {
        return Some(1.0);
    }
    let sum: f64 = p.iter().zip(&q).map(|(p, q)| (p.sqrt() - q.sqrt()).powi(2)).sum();
    Some((sum / 2.0).sqrt().min(1.0))
}

/// The total variation that two independent samples of `n1` and `n2` persons from one distribution `p` can be
/// expected to show: ½ Σ√((2/π) p(1 − p)(1/n1 + 1/n2)), the mean size of a normal variable in each cell. 1 less
/// this is the largest accuracy that a synthesis can be expected to reach.
///
/// ```
/// # use dosimeter::stats::expected_total_variation;
/// let accuracy = 1.0 - expected_total_variation(&[0.5, 0.3, 0.2], 1000.0, 500.0);
/// assert!((accuracy - 0.970_320_756_48).abs() < 1e-11);
/// ```
#[must_use]
pub fn expected_total_variation(p: &[f64], n1: f64, n2: f64) -> f64 {
    let noise = std::f64::consts::FRAC_2_PI * (1.0 / n1 + 1.0 / n2);
    p.iter().map(|p| (noise * p * (1.0 - p)).max(0.0).sqrt()).sum::<f64>() / 2.0
}

/// The Hellinger distance that two such samples can be expected to show over `cells` cells that are not rare:
/// 8 H²/(1/n1 + 1/n2) has a χ² law with k − 1 degrees of freedom in large samples (the variance of √p̂ is (1 − p)/4n),
/// so that H has the mean √((1/n1 + 1/n2)/8) √2 Γ(k/2)/Γ((k − 1)/2). At most 1.
#[must_use]
pub fn expected_hellinger(cells: usize, n1: f64, n2: f64) -> f64 {
    if cells < 2 {
        return 0.0;
    }
    let half = cells as f64 / 2.0;
    let ratio = (ln_gamma(half) - ln_gamma(half - 0.5)).exp();
    (((1.0 / n1 + 1.0 / n2) / 4.0).sqrt() * ratio).min(1.0)
}

/// Masses divided by their sum.
fn shares(masses: &[f64]) -> Option<Vec<f64>> {
    let sum: f64 = masses.iter().sum();
    let sound = masses.iter().all(|mass| *mass >= 0.0) && sum > 0.0 && sum.is_finite();
    sound.then(|| masses.iter().map(|mass| mass / sum).collect())
}

/// The difference F − G of the distribution functions of two weighted samples of numbers.
pub struct Steps {
    /// The distinct numbers, ascending.
    at: Vec<f64>,
    /// F − G from each of them up to the next.
    gap: Vec<f64>,
}

impl Steps {
    /// From (number, weight) pairs in any order. `None` where a number or weight is not finite, a weight is negative,
    /// or a sample has no weight.
    #[must_use]
    pub fn new(first: &[(f64, f64)], second: &[(f64, f64)]) -> Option<Self> {
        let total = |sample: &[(f64, f64)]| sample.iter().map(|(_, w)| w).sum::<f64>();
        let totals = [total(first), total(second)];
        let sound = |(x, w): &(f64, f64)| x.is_finite() && *w >= 0.0;
        let fine = totals.iter().all(|total| *total > 0.0 && total.is_finite());
        if !fine || !first.iter().chain(second).all(sound) {
            return None;
        }
        let mut merged: Vec<(f64, [f64; 2])> = first.iter().map(|&(x, w)| (x, [w, 0.0])).collect();
        merged.extend(second.iter().map(|&(x, w)| (x, [0.0, w])));
        merged.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut steps = Self { at: Vec::new(), gap: Vec::new() };
        let mut sums = [0.0; 2];
        for tied in merged.chunk_by(|a, b| a.0 >= b.0) {
            for (_, weights) in tied {
                sums.iter_mut().zip(weights).for_each(|(sum, w)| *sum += w);
            }
            let gap = sums[0] / totals[0] - sums[1] / totals[1];
            steps.at.extend(tied.first().map(|(x, _)| *x));
            steps.gap.push(if gap.abs() < ROUNDING { 0.0 } else { gap });
        }
        Some(steps)
    }

    /// The distance of Kolmogorov and Smirnov, max|F − G|.
    #[must_use]
    pub fn kolmogorov_smirnov(&self) -> f64 {
        self.gap.iter().fold(0.0_f64, |most, gap| most.max(gap.abs())).min(1.0)
    }

    /// The smallest number at which that distance is reached, and the sign of F − G there (0 for equal samples).
    #[must_use]
    pub fn widest(&self) -> (f64, f64) {
        let mut widest = (f64::NEG_INFINITY, 0.0_f64);
        for (&at, &gap) in self.at.iter().zip(&self.gap) {
            if gap.abs() > widest.1.abs() + ROUNDING {
                widest = (at, gap);
            }
        }
        (widest.0, sign(widest.1))
    }

    /// Wasserstein's distance of order 1, ∫|F − G|dx, in the unit of the numbers.
    #[must_use]
    pub fn wasserstein(&self) -> f64 {
        self.widths().zip(&self.gap).map(|(width, gap)| width * gap.abs()).sum()
    }

    /// ∫ sign(F − G) dt from `x` up: what a share of the first sample that moves to `x` adds to Wasserstein's distance,
    /// but for a constant; one of the second takes it away. `x` is a number of either sample.
    pub fn slope(&self) -> impl Fn(f64) -> f64 + use<> {
        let mut slopes = vec![0.0; self.at.len()];
        let parts: Vec<f64> =
            self.widths().zip(&self.gap).map(|(width, gap)| width * sign(*gap)).collect();
        for (place, part) in parts.iter().enumerate().rev() {
            slopes[place] = slopes[place + 1] + part;
        }
        let at = self.at.clone();
        move |x| slopes.get(at.partition_point(|known| *known < x)).copied().unwrap_or(0.0)
    }

    /// How far it is from each number to the next.
    fn widths(&self) -> impl Iterator<Item = f64> {
        self.at.windows(2).map(|pair| pair[1] - pair[0])
    }
}

/// −1, 0 or 1; 0 for what is rounding.
pub(crate) fn sign(x: f64) -> f64 {
    if x.abs() < ROUNDING { 0.0 } else { x.signum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }

    fn even(numbers: &[f64]) -> Vec<(f64, f64)> {
        numbers.iter().map(|&x| (x, 1.0)).collect()
    }

    /// ½(0.1 + 0.1 + 0); nothing in common; the same in other units.
    #[test]
    fn total_variation_by_hand() {
        close(total_variation(&[0.5, 0.3, 0.2], &[0.4, 0.4, 0.2]).unwrap(), 0.1);
        close(total_variation(&[1.0, 0.0], &[0.0, 7.0]).unwrap(), 1.0);
        close(total_variation(&[2.0, 6.0], &[1.0, 3.0]).unwrap(), 0.0);
    }

    /// √0.45 + √0.05 = 2/√5, and 1 − 2/√5 is the square of tan 18°. Disjoint supports are at exactly 1, equal tables
    /// at exactly 0.
    #[test]
    fn hellinger_by_hand() {
        close(hellinger(&[0.5, 0.5], &[0.9, 0.1]).unwrap(), 18.0_f64.to_radians().tan());
        assert_eq!(
            hellinger(&[3.0, 4.0, 0.0], &[0.0, 0.0, 0.3]).map(f64::to_bits),
            Some(1.0_f64.to_bits())
        );
        let thirds = [0.1, 0.2, 0.3, 0.7];
        assert_eq!(hellinger(&thirds, &thirds).map(f64::to_bits), Some(0.0_f64.to_bits()));
    }

    #[test]
    fn tables_that_cannot_be_compared_have_no_distance() {
        for (p, q) in [
            (&[][..], &[][..]),
            (&[1.0], &[1.0, 0.0]),
            (&[0.0, 0.0], &[1.0, 0.0]),
            (&[1.0, -0.5], &[1.0, 0.0]),
            (&[1.0, f64::NAN], &[1.0, 0.0]),
            (&[1.0, f64::INFINITY], &[1.0, 0.0]),
        ] {
            assert!(total_variation(p, q).is_none() && hellinger(p, q).is_none(), "{p:?} {q:?}");
        }
    }

    /// √(0.003 · 2/π) = 0.043702, times (0.5 + 0.458258 + 0.4)/2 = 0.679129: 0.029679.
    #[test]
    fn expected_total_variation_matches_the_published_accuracy() {
        let expected = expected_total_variation(&[0.5, 0.3, 0.2], 1000.0, 500.0);
        assert!((1.0 - expected - 0.970_320_756_48).abs() < 1e-11, "{expected}");
        close(expected_total_variation(&[1.0, 0.0], 10.0, 10.0), 0.0);
    }

    /// Means of χ with 1 and 2 degrees of freedom: √(2/π) and √(π/2).
    #[test]
    fn expected_hellinger_is_the_mean_of_a_chi_variable() {
        let unit = (0.003_f64 / 8.0).sqrt();
        let found = expected_hellinger(2, 1000.0, 500.0);
        assert!((found - unit * std::f64::consts::FRAC_2_PI.sqrt()).abs() < 1e-10, "{found}");
        let found = expected_hellinger(3, 1000.0, 500.0);
        assert!((found - unit * std::f64::consts::FRAC_PI_2.sqrt()).abs() < 1e-10, "{found}");
        close(expected_hellinger(1, 5.0, 5.0), 0.0);
        close(expected_hellinger(10_000, 5.0, 5.0), 1.0);
    }

    /// 1 2 3 4 against 3 4 5 6: F − G is ¼, ½, ½, ½, ¼, 0, widest first at 2; a shift by 2. The slope from 1 up to 6 is
    /// their distance, since F ≥ G all the way.
    #[test]
    fn shifted_numbers_by_hand() {
        let steps = Steps::new(&even(&[4.0, 2.0, 1.0, 3.0]), &even(&[3.0, 6.0, 4.0, 5.0])).unwrap();
        close(steps.kolmogorov_smirnov(), 0.5);
        assert_eq!(steps.widest(), (2.0, 1.0));
        close(steps.wasserstein(), 2.0);
        let slope = steps.slope();
        close(slope(1.0), 5.0);
        close(slope(4.0), 2.0);
        close(slope(6.0), 0.0);
    }

    /// The examples of scipy's `stats.wasserstein_distance`, weights among them.
    #[test]
    fn wasserstein_matches_published_values() {
        let steps = Steps::new(&even(&[0.0, 1.0, 3.0]), &even(&[5.0, 6.0, 8.0])).unwrap();
        close(steps.wasserstein(), 5.0);
        close(steps.kolmogorov_smirnov(), 1.0);
        let steps = Steps::new(&[(0.0, 3.0), (1.0, 1.0)], &[(0.0, 2.0), (1.0, 2.0)]).unwrap();
        close(steps.wasserstein(), 0.25);
        let first = [(3.4, 1.4), (3.9, 0.9), (7.5, 3.1), (7.8, 7.2)];
        let second = [(4.5, 3.2), (1.4, 3.5)];
        close(Steps::new(&first, &second).unwrap().wasserstein(), 4.078_133_143_804_786);
    }

    /// A weight of 2 is two equal rows, and both zeros are one number.
    #[test]
    fn weights_are_copies() {
        let double = Steps::new(&[(1.0, 2.0), (-0.0, 1.0)], &even(&[0.0, 1.0, 1.0])).unwrap();
        close(double.kolmogorov_smirnov(), 0.0);
        close(double.wasserstein(), 0.0);
        assert_eq!(double.widest().1.to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn numbers_that_cannot_be_compared_have_no_distance() {
        let fine = even(&[1.0]);
        for bad in [vec![], vec![(1.0, 0.0)], vec![(f64::NAN, 1.0)], vec![(1.0, -1.0), (2.0, 3.0)]]
        {
            assert!(Steps::new(&fine, &bad).is_none() && Steps::new(&bad, &fine).is_none());
        }
    }
}

//! How well a score separates two samples: the area under the ROC curve, and limits for its true
//! positive rate at a fixed false positive rate when the threshold itself is read off a sample.

use super::search::{last, plausible};
use super::{Bounds, Confidence, clopper_pearson_lower, clopper_pearson_upper, mass};

/// AUROC, the probability that a positive exceeds a negative, ties half, and its standard error (DeLong, DeLong
/// and Clarke-Pearson 1988, Biometrics 44:837), from midranks in O(n log n) (Sun and Xu 2014, IEEE
/// Signal Process. Lett. 21:1389). The error is 0 where the samples are apart. `None` for fewer than
/// two scores on a side, or a NaN.
#[must_use]
pub fn delong(positives: &[f64], negatives: &[f64]) -> Option<(f64, f64)> {
    let (m, n) = (positives.len() as f64, negatives.len() as f64);
    let pooled = [positives, negatives].concat();
    if positives.len().min(negatives.len()) < 2 || pooled.iter().any(|score| score.is_nan()) {
        return None;
    }
    let all = midranks(&pooled);
    let (above, below) = all.split_at(positives.len());
    // The share of negatives under each positive, and of positives over each negative.
    let under = placements(above, positives).map(|below| below / n);
    let over = placements(below, negatives).map(|below| 1.0 - below / m);
    let (area, first) = mean_and_variance(&under.collect::<Vec<f64>>());
    let (_, second) = mean_and_variance(&over.collect::<Vec<f64>>());
    Some((area, (first / m + second / n).sqrt()))
}

/// How many of the other sample lie below each score of `own`, ties half, given its pooled ranks.
fn placements<'a>(pooled: &'a [f64], own: &[f64]) -> impl Iterator<Item = f64> + use<'a> {
    pooled.iter().zip(midranks(own)).map(|(pooled, own)| pooled - own)
}

/// The rank of each value from 1, ties sharing the mean of their ranks.
fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|&a, &b| values[a] >= values[b]) {
        let rank = before as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|&i| ranks[i] = rank);
        before += tied.len();
    }
    ranks
}

fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (mean, squares / (n - 1.0))
}

/// The upper end of a ROC curve as counts: `detected[r − 1]` of `members` score at or above the r-th
/// largest of `non_members` scores. Scores are continuous: ties are broken at random.
#[derive(Debug, Clone, Copy)]
pub struct Roc<'a> {
    /// The false positive rate f, in (0, 1).
    pub false_positive_rate: f64,
    /// Positives.
    pub members: u64,
    /// Negatives.
    pub non_members: u64,
    /// Non-decreasing counts.
    pub detected: &'a [u64],
}

/// How many order statistics a [`Roc`] needs at most: f·n + 8 √(f·n) + 20, no more than n. With
/// Bernstein's inequality a threshold at this rank has a false positive rate below f with a
/// probability under 10⁻⁶ for every f·n, whatever confidence is asked for beyond that gets the limit that
/// says nothing.
#[must_use]
pub fn roc_reach(non_members: u64, false_positive_rate: f64) -> u64 {
    let expected = false_positive_rate * non_members as f64;
    ((expected + 8.0 * expected.sqrt() + 20.0) as u64).min(non_members)
}

impl Roc<'_> {
    /// Upper and lower limits of the true positive rate at the false positive rate f, around the
    /// plain estimate.
    ///
    /// The share of the population of non-members that scores at or above their r-th largest of n is
    /// Beta(r, n − r + 1), and P[Beta(r, n − r + 1) < f] = P[Bin(n, f) ≥ r]. The smallest r for which
    /// that is at most α/2 has a false positive rate of at least f with confidence 1 − α/2, so that its
    /// true positive rate is at least the one wanted; Clopper–Pearson at the other α/2 bounds it. The
    /// lower limit mirrors this. (Order statistics as tolerance limits: Wilks 1941, Ann. Math. Statist.
    /// 12:91.)
    #[must_use]
    pub fn bounds(&self, upper: Confidence, lower: Confidence) -> Option<Bounds> {
        let above = self
            .count(self.rank_above(upper))
            .map_or(1.0, |count| clopper_pearson_upper(count as f64, self.members, half(upper)));
        let below = self
            .count(self.rank_below(lower))
            .map_or(0.0, |count| clopper_pearson_lower(count as f64, self.members, half(lower)));
        let point = self.count(self.rank()).unwrap_or(0) as f64 / self.members as f64;
        Bounds::new(below, point, above.max(below))
    }

    /// Members detected at the ranks that the estimate, the upper and the lower limit rest on; a rank
    /// beyond the curve counts as the estimate's.
    #[must_use]
    pub fn counts(&self, upper: Confidence, lower: Confidence) -> [u64; 3] {
        let ranks = [self.rank(), self.rank_above(upper), self.rank_below(lower)];
        let estimate = self.count(self.rank()).unwrap_or(0);
        ranks.map(|rank| self.count(rank).unwrap_or(estimate))
    }

    /// The smallest rank whose false positive rate is at least f with confidence 1 − α/2; n + 1 if
    /// there is none.
    fn rank_above(&self, confidence: Confidence) -> u64 {
        let (n, f) = (self.non_members, self.false_positive_rate);
        let risk = half(confidence).alpha();
        last(0, n, |r| plausible(mass::binomial_at_least(r, n, f), risk)) + 1
    }

    /// The largest rank whose false positive rate is at most f with confidence 1 − α/2; 0 if there is
    /// none. P[Beta(r, n − r + 1) > f] = P[Bin(n, f) ≤ r − 1].
    fn rank_below(&self, confidence: Confidence) -> u64 {
        let (n, f) = (self.non_members, self.false_positive_rate);
        let risk = half(confidence).alpha();
        last(0, n, |r| r == 0 || !plausible(mass::binomial_at_most(r - 1, n, f), risk))
    }

    /// The rank nearest to f·n, at least 1.
    fn rank(&self) -> u64 {
        ((self.false_positive_rate * self.non_members as f64).round() as u64).max(1)
    }

    fn count(&self, rank: u64) -> Option<u64> {
        let place = usize::try_from(rank.checked_sub(1)?).ok()?;
        self.detected.get(place).copied()
    }
}

/// Half the risk: the threshold takes the other half.
fn half(confidence: Confidence) -> Confidence {
    let alpha = confidence.alpha() / 2.0;
    Confidence { value: 1.0 - alpha, alpha }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::random::Seed;
    use crate::stats::testing::{C95, C99, close};

    /// Positives 3, 1, 2 against 2, 0. Pairs won: 3 beats both, 1 beats 0, 2 ties 2 and beats 0:
    /// (2 + 1 + 1.5)/6 = .75. Under each positive: 1, ½, ¾ with variance 1/16; over each negative:
    /// (1 + 0 + ½)/3 = ½ and 1 with variance 1/8. Error² = 1/48 + 1/16 = 1/12.
    #[test]
    fn delong_hand_worked() {
        let (area, error) = delong(&[3.0, 1.0, 2.0], &[2.0, 0.0]).unwrap();
        close(area, 0.75, 1e-15);
        close(error, (1.0_f64 / 12.0).sqrt(), 1e-14);
        assert!(delong(&[1.0], &[0.0, 2.0]).is_none());
        assert!(delong(&[1.0, f64::NAN], &[0.0, 2.0]).is_none());
        let (area, error) = delong(&[5.0, 6.0], &[0.0, f64::NEG_INFINITY]).unwrap();
        assert!(area >= 1.0 && error <= 0.0);
    }

    /// The definition as U-statistics over all pairs.
    #[test]
    fn delong_is_the_u_statistic_with_its_components() {
        let mut rng = Seed::new(5).rng();
        let mut draw = |count: usize, up: f64| -> Vec<f64> {
            (0..count).map(|_| f64::from(rng.random_range(0..40_u32)) + up).collect()
        };
        for (m, n) in [(2, 2), (13, 7), (60, 90)] {
            let (x, y) = (draw(m, 3.0), draw(n, 0.0));
            let kernel = |a: f64, b: f64| {
                if a > b {
                    1.0
                } else if a < b {
                    0.0
                } else {
                    0.5
                }
            };
            let under: Vec<f64> = x
                .iter()
                .map(|&a| y.iter().map(|&b| kernel(a, b)).sum::<f64>() / n as f64)
                .collect();
            let over: Vec<f64> = y
                .iter()
                .map(|&b| x.iter().map(|&a| kernel(a, b)).sum::<f64>() / m as f64)
                .collect();
            let ((area, first), (same, second)) =
                (mean_and_variance(&under), mean_and_variance(&over));
            close(area, same, 1e-12);
            let (found, error) = delong(&x, &y).unwrap();
            close(found, area, 1e-12);
            close(error, (first / m as f64 + second / n as f64).sqrt(), 1e-10);
        }
    }

    /// Binomial tails in exact fractions, n = 100, f = .1: P[Bin ≥ 16] = .0399 and P[Bin ≥ 17] = .0206
    /// put the upper rank at 17; P[Bin ≤ 4] = .0237 and P[Bin ≤ 5] = .0576 the lower one at 5.
    #[test]
    fn thresholds_are_the_order_statistics_that_the_beta_law_asks_for() {
        let roc = |n, f| Roc { false_positive_rate: f, members: 9, non_members: n, detected: &[] };
        assert_eq!(roc(100, 0.1).rank_above(C95), 17);
        assert_eq!(roc(100, 0.1).rank_below(C95), 5);
        assert_eq!(roc(100, 0.1).rank(), 10);
        // (1 - .01)^367 > .025 > (1 - .01)^368: with fewer no rank is low enough.
        assert_eq!((roc(367, 0.01).rank_below(C95), roc(368, 0.01).rank_below(C95)), (0, 1));
        // .5^5 = .03125 > .025 > .5^6.
        assert_eq!((roc(5, 0.5).rank_above(C95), roc(6, 0.5).rank_above(C95)), (6, 6));
    }

    /// Clopper–Pearson at 97.5 % of the counts at ranks 17 and 5: every count equals its rank here.
    #[test]
    fn limits_are_clopper_pearson_at_the_thresholds() {
        let detected: Vec<u64> = (1..=50).collect();
        let roc =
            Roc { false_positive_rate: 0.1, members: 200, non_members: 100, detected: &detected };
        let bounds = roc.bounds(C95, C95).unwrap();
        close(bounds.upper, clopper_pearson_upper(17.0, 200, half(C95)), 1e-15);
        close(bounds.lower, clopper_pearson_lower(5.0, 200, half(C95)), 1e-15);
        close(bounds.point, 0.05, 1e-15);
        assert_eq!(roc.counts(C95, C95), [10, 17, 5]);
    }

    #[test]
    fn a_curve_that_does_not_reach_the_threshold_says_nothing() {
        let detected = [0; 16];
        let roc =
            Roc { false_positive_rate: 0.1, members: 200, non_members: 100, detected: &detected };
        assert!(roc.bounds(C95, C99).unwrap().upper >= 1.0);
        let few = Roc { non_members: 5, detected: &[0; 5], ..roc };
        assert!(few.bounds(C95, C99).unwrap().lower <= 0.0);
        let none = Roc { false_positive_rate: 0.5, non_members: 5, detected: &[0; 5], ..roc };
        assert!(none.bounds(C95, C95).unwrap().upper >= 1.0);
    }

    #[test]
    fn the_reach_suffices_for_every_confidence_in_use() {
        let sure = Confidence::new(1.0 - 2e-6).unwrap();
        for n in [100, 1000, 3000, 10_000, 200_000, 10_000_000] {
            for f in [0.001, 0.01, 0.1] {
                let roc = Roc { false_positive_rate: f, members: 9, non_members: n, detected: &[] };
                assert!(roc.rank_above(sure) <= roc_reach(n, f), "{n} {f}");
            }
        }
        assert_eq!(roc_reach(10, 0.1), 10);
    }

    /// Members and non-members from one law: the true positive rate at f is f. Of 400 samples the
    /// upper limit at 95 % is below f in no more than a binomial of 5 % allows, and the plain
    /// threshold at the rank f·n is in many.
    #[test]
    fn coverage_where_the_threshold_rests_on_few_points() {
        const ROUNDS: u64 = 400;
        let mut missed = [0_u64; 3];
        for round in 0..ROUNDS {
            let mut rng = Seed::new(round).part("roc").rng();
            let mut draw = |count: usize| -> Vec<f64> {
                let mut drawn: Vec<f64> = (0..count).map(|_| rng.random::<f64>()).collect();
                drawn.sort_by(|a, b| b.total_cmp(a));
                drawn
            };
            let (members, others) = (draw(3000), draw(700));
            let counts: Vec<u64> = others
                .iter()
                .take(60)
                .map(|threshold| members.partition_point(|score| score >= threshold) as u64)
                .collect();
            let roc = Roc {
                false_positive_rate: 0.01,
                members: 3000,
                non_members: 700,
                detected: &counts,
            };
            let bounds = roc.bounds(C95, C95).unwrap();
            missed[0] += u64::from(bounds.upper < 0.01);
            missed[1] += u64::from(bounds.lower > 0.01);
            missed[2] += u64::from(clopper_pearson_upper(counts[6] as f64, 3000, C95) < 0.01);
        }
        assert!(missed[0] * 20 <= ROUNDS && missed[1] * 20 <= ROUNDS, "{missed:?}");
        assert!(missed[2] * 8 > ROUNDS, "{missed:?}");
    }
}

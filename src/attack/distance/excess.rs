//! How far the weight of the nearest records leans towards train, and how far it does by chance.
//!
//! Weights are by person, train first. If the release owes nothing to train beyond the population,
//! the labels of the pooled persons can be exchanged: the permutation distribution of the share is
//! that of a sample of `n_T` of N persons without replacement, with mean `n_T`/N and variance
//! (`n_T`/m²)(1 − `n_T`/N)S², S² = Σ(w − w̄)²/(N − 1) (Cochran 1977, Sampling Techniques, section 2.5).

use rand::RngExt;
use rayon::prelude::*;

use crate::random::Seed;
use crate::stats::normal_quantile;

/// Levels at which the permutation distribution is compared with the normal one.
const LEVELS: [f64; 3] = [0.05, 0.025, 0.01];

/// A deviation below this is that of weights which are all equal, after rounding.
const NOTHING: f64 = 1e-9;

/// Keeps a value that equals its critical value from exceeding it by rounding.
const SLACK: f64 = 1.0 + 1e-9;

/// The persons whose labels are exchanged.
#[derive(Clone, Copy)]
pub(super) struct Labels {
    /// Persons of train.
    pub(super) train: usize,
    /// Persons of train and holdout.
    pub(super) all: usize,
}

impl Labels {
    /// The share of weight that train has by chance, in (0, 1).
    pub(super) fn expected(self) -> f64 {
        self.train as f64 / self.all as f64
    }
}

/// Weights over persons that `rows` released rows gave away, one each.
pub(super) struct Cut {
    pub(super) weights: Vec<f64>,
    pub(super) rows: usize,
}

impl Cut {
    /// The share of weight on train, less what it has by chance.
    pub(super) fn excess(&self, labels: Labels) -> f64 {
        self.weights[..labels.train].iter().sum::<f64>() / self.rows as f64 - labels.expected()
    }

    /// Standard deviation of the excess over permutations of the labels.
    pub(super) fn deviation(&self, labels: Labels) -> f64 {
        let (n, m) = (labels.all as f64, self.rows as f64);
        let mean = m / n;
        let squares: f64 = self.weights.iter().map(|w| (w - mean).powi(2)).sum();
        let spread = squares / (n - 1.0);
        (labels.train as f64 / (m * m) * (1.0 - labels.expected()) * spread).sqrt()
    }

    /// Whether the normal law may stand for the permutations: many rows, many persons, nobody who
    /// holds more than a twentieth.
    pub(super) fn is_large(&self) -> bool {
        let largest = self.weights.iter().copied().fold(0.0, f64::max);
        self.rows >= 500 && self.weights.len() >= 500 && largest <= 0.05 * self.rows as f64
    }
}

/// The excess of one cut, or of the worst of several, with its standard error.
pub(super) struct Excess {
    pub(super) value: f64,
    pub(super) standard_error: f64,
    /// Which cut it is; none where every person has the same weight in every cut, and no
    /// permutation changes anything.
    pub(super) worst: Option<usize>,
}

/// The largest standardized excess over `cuts`. With `permutations` the standard error is widened
/// until value > z · error holds only where the *largest* standardized excess exceeds its own
/// permutation quantile, at every one of [`LEVELS`]; without, it is the permutation deviation.
pub(super) fn worst(cuts: &[Cut], labels: Labels, permutations: Option<u32>, seed: Seed) -> Excess {
    let deviations: Vec<f64> = cuts.iter().map(|cut| cut.deviation(labels)).collect();
    let standardized = |&i: &usize| cuts[i].excess(labels) / deviations[i];
    let telling: Vec<usize> = (0..cuts.len()).filter(|&i| deviations[i] > NOTHING).collect();
    let worst = telling.iter().copied().reduce(|worst, next| {
        if standardized(&next) > standardized(&worst) { next } else { worst }
    });
    let Some(i) = worst else {
        // Vacuous bounds over the whole range: no information, rather than certainty.
        return Excess { value: 0.0, standard_error: 1.0, worst: None };
    };
    let scaled: Vec<(&Cut, f64)> = telling.iter().map(|&i| (&cuts[i], deviations[i])).collect();
    let widening = permutations.map_or(1.0, |rounds| widening(&scaled, labels, rounds, seed));
    let standard_error = deviations[i] * widening * SLACK;
    Excess { value: cuts[i].excess(labels), standard_error, worst }
}

/// By how much a normal law must be stretched so that its upper quantiles are at least those of the
/// largest standardized excess over permutations; at least 1.
fn widening(cuts: &[(&Cut, f64)], labels: Labels, rounds: u32, seed: Seed) -> f64 {
    let weighted = weighted(cuts, labels);
    let draw = |round: u32| {
        let kept = permuted(&weighted, cuts.len(), labels, seed.part(&round.to_string()));
        let shares = kept.iter().zip(cuts);
        let standardized = shares.map(|(kept, (cut, deviation))| {
            (kept / cut.rows as f64 - labels.expected()) / deviation
        });
        standardized.fold(f64::NEG_INFINITY, f64::max)
    };
    let mut drawn: Vec<f64> = (0..rounds).into_par_iter().map(draw).collect();
    drawn.sort_by(|a, b| b.total_cmp(a));
    let stretch = |level: f64| {
        // Exceeding this order statistic is what the Monte Carlo test (1 + hits)/(1 + rounds) ≤ level
        // asks for (Davison and Hinkley 1997, section 4.2).
        let rank = (level * (f64::from(rounds) + 1.0) + 1e-9) as usize;
        drawn.get(rank.saturating_sub(1)).map_or(1.0, |q| q / normal_quantile(level))
    };
    LEVELS.into_iter().map(stretch).fold(1.0, f64::max)
}

/// The weights of every person who has any, in an order that does not depend on that of the rows.
fn weighted(cuts: &[(&Cut, f64)], labels: Labels) -> Vec<Vec<f64>> {
    let of = |person: usize| cuts.iter().map(|(cut, _)| cut.weights[person]).collect::<Vec<f64>>();
    let mut weighted: Vec<Vec<f64>> =
        (0..labels.all).map(of).filter(|row| row.iter().any(|&w| w > 0.0)).collect();
    weighted.sort_by(|a, b| {
        let places = b.iter().zip(a).map(|(b, a)| b.total_cmp(a));
        places.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    weighted
}

/// The weight that falls on train, per cut, when `labels.train` of all persons are drawn at random.
fn permuted(weighted: &[Vec<f64>], cuts: usize, labels: Labels, seed: Seed) -> Vec<f64> {
    let mut rng = seed.rng();
    let (mut train, mut left) = (labels.train as u64, labels.all as u64);
    let mut kept = vec![0.0; cuts];
    for weights in weighted {
        if rng.random_range(0..left) < train {
            train -= 1;
            kept.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight);
        }
        left -= 1;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: Labels = Labels { train: 3, all: 6 };

    /// All 20 ways to call 3 of these 6 persons train: the mean of the share is a half and the
    /// formula is the exact variance.
    #[test]
    fn the_deviation_is_that_of_all_permutations() {
        let weights: Vec<f64> = vec![4.0, 0.5, 0.5, 1.0, 0.0, 2.0];
        let mut excesses: Vec<f64> = Vec::new();
        for chosen in (0..64_u32).filter(|chosen| chosen.count_ones() == 3) {
            let (train, rest): (Vec<usize>, Vec<usize>) =
                (0..6).partition(|i| chosen >> i & 1 == 1);
            let order = [train, rest].concat();
            let cut = Cut { weights: order.iter().map(|&i| weights[i]).collect(), rows: 8 };
            excesses.push(cut.excess(LABELS));
        }
        let variance = excesses.iter().map(|x| x * x).sum::<f64>() / excesses.len() as f64;
        assert!(excesses.iter().sum::<f64>().abs() < 1e-12);
        let cut = Cut { weights, rows: 8 };
        assert!((cut.deviation(LABELS) - variance.sqrt()).abs() < 1e-12);
    }

    /// Five rows all on the only training person of 100 persons: an excess of .99, ten deviations,
    /// which nevertheless comes by chance once in a hundred. A test below 1 % must not call it
    /// significant.
    #[test]
    fn one_heavy_person_is_no_evidence() {
        let mut weights = vec![0.0; 100];
        weights[0] = 5.0;
        let cut = || Cut { weights: weights.clone(), rows: 5 };
        let labels = Labels { train: 1, all: 100 };
        let found = worst(&[cut()], labels, Some(4999), Seed::new(0));
        assert!(found.value > 0.98);
        let z = found.value / found.standard_error;
        assert!(z < normal_quantile(0.005), "{z}");
        assert!(worst(&[cut()], labels, None, Seed::new(0)).standard_error < 0.11);
    }

    #[test]
    fn equal_weights_say_nothing() {
        let cut = || Cut { weights: vec![1.0 / 3.0; 6], rows: 2 };
        let found = worst(&[cut(), cut()], LABELS, Some(999), Seed::new(0));
        assert!(found.worst.is_none() && found.value.abs() < 1e-12);
        assert!((found.standard_error - 1.0).abs() < 1e-12);
    }
}

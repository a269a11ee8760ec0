//! How far the weight of the nearest records leans towards train, and how far it does by chance.
//!
//! Weights are by person, train first. If the release owes nothing to train beyond the population,
//! the labels of the pooled persons can be exchanged: the permutation distribution of the share is
//! that of a sample of `n_T` of N persons without replacement, with mean `n_T`/N and variance
//! (`n_T`/m²)(1 − `n_T`/N)S², S² = Σ(w − w̄)²/(N − 1) (Cochran 1977, Sampling Techniques, section 2.5).

use std::cmp::Ordering;

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

/// The worst excess over `cuts`. With `permutations` the standard error is widened until
/// value > z · error holds only where the *largest* standardized excess exceeds its own permutation
/// quantile, at every one of [`LEVELS`]; without, it is the permutation deviation. That holds for each
/// cut, so that any may be reported: the one whose lower bound at the strictest level is largest, and
/// where none is above 0, the one with the largest standardized excess.
pub(super) fn worst(cuts: &[Cut], labels: Labels, permutations: Option<u32>, seed: Seed) -> Excess {
    let telling: Vec<Telling<'_>> =
        (0..).zip(cuts).filter_map(|(place, cut)| Telling::of(place, cut, labels)).collect();
    let widening = permutations.map_or(1.0, |rounds| widening(&telling, labels, rounds, seed));
    let z = LEVELS.into_iter().map(normal_quantile).fold(0.0, f64::max);
    let bound = |cut: &Telling<'_>| (cut.excess - z * widening * cut.deviation).max(0.0);
    let worse = |a: &Telling<'_>, b: &Telling<'_>| {
        bound(a).total_cmp(&bound(b)).then(a.standardized().total_cmp(&b.standardized())).is_gt()
    };
    match telling.iter().reduce(|worst, next| if worse(next, worst) { next } else { worst }) {
        Some(cut) => Excess {
            value: cut.excess,
            standard_error: cut.deviation * widening * SLACK,
            worst: Some(cut.place),
        },
        // Vacuous bounds over the whole range: no information, rather than certainty.
        None => Excess { value: 0.0, standard_error: 1.0, worst: None },
    }
}

/// A cut in which persons have different weights.
struct Telling<'a> {
    place: usize,
    cut: &'a Cut,
    excess: f64,
    deviation: f64,
}

impl<'a> Telling<'a> {
    fn of(place: usize, cut: &'a Cut, labels: Labels) -> Option<Self> {
        let (excess, deviation) = (cut.excess(labels), cut.deviation(labels));
        (deviation > NOTHING).then_some(Self { place, cut, excess, deviation })
    }

    fn standardized(&self) -> f64 {
        self.excess / self.deviation
    }
}

/// By how much a normal law must be stretched so that its upper quantiles are at least those of the
/// largest standardized excess over permutations; at least 1.
fn widening(cuts: &[Telling<'_>], labels: Labels, rounds: u32, seed: Seed) -> f64 {
    if cuts.is_empty() {
        return 1.0;
    }
    let weighted = weighted(cuts, labels);
    let draw = |round: u32| {
        let kept = permuted(&weighted, cuts.len(), labels, seed.part(&round.to_string()));
        let shares = kept.iter().zip(cuts);
        let standardized = shares.map(|(kept, telling)| {
            (kept / telling.cut.rows as f64 - labels.expected()) / telling.deviation
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

/// The weights of every person who has any, person after person, in an order that does not depend on
/// that of the rows.
fn weighted(cuts: &[Telling<'_>], labels: Labels) -> Vec<f64> {
    let heavier = |&a: &usize, &b: &usize| {
        let places = cuts.iter().map(|telling| &telling.cut.weights);
        let orders = places.map(|weights| weights[b].total_cmp(&weights[a]));
        orders.fold(Ordering::Equal, Ordering::then)
    };
    let has_any = |person: &usize| cuts.iter().any(|telling| telling.cut.weights[*person] > 0.0);
    let mut persons: Vec<usize> = (0..labels.all).filter(has_any).collect();
    persons.sort_by(heavier);
    let row = |person: usize| cuts.iter().map(move |telling| telling.cut.weights[person]);
    persons.into_iter().flat_map(row).collect()
}

/// The weight that falls on train, per cut, when `labels.train` of all persons are drawn at random
/// (selection sampling: Fan, Muller and Rezucha 1962, J. Am. Statist. Assoc. 57:387).
fn permuted(weighted: &[f64], cuts: usize, labels: Labels, seed: Seed) -> Vec<f64> {
    let mut rng = seed.rng();
    let (mut train, mut left) = (labels.train as u64, labels.all as u64);
    let mut kept = vec![0.0; cuts];
    for weights in weighted.chunks_exact(cuts) {
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

//! Gradient boosting for a yes or no, or for a number: small trees, each fitted to what the sum of the earlier ones
//! gets wrong (Friedman 2001, Ann. Statist. 29:1189), with second-order leaves (Chen and Guestrin
//! 2016, eq. 5). With y in {0, 1} and p = 1/(1 + e^{−f}) the logistic loss has gradient p − y and
//! curvature p(1 − p), half the squared error of a number gradient f − y and curvature 1.

use rayon::prelude::*;

use super::bins::Binned;
use super::grow::Growth;
use super::target::Target;
use super::tree::{Tree, importances};
use crate::random::Seed;

/// How trees are boosted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoostingParameters {
    /// Number of trees. Default 100.
    pub trees: usize,
    /// Splits from a root to a leaf, at most. Default 4.
    pub depth: usize,
    /// Rows in a leaf, at least. Default 20.
    pub min_leaf: usize,
    /// Share of its prediction that each tree adds, in (0, 1]. Default 0.1.
    pub rate: f64,
    /// λ, added to the curvature of every leaf. Default 1.
    pub ridge: f64,
    /// Columns drawn at random for each split; all by default.
    pub columns: Option<usize>,
}

impl Default for BoostingParameters {
    fn default() -> Self {
        Self { trees: 100, depth: 4, min_leaf: 20, rate: 0.1, ridge: 1.0, columns: None }
    }
}

/// Boosted trees.
pub struct Boosting {
    trees: Vec<Tree>,
    /// The score before the first tree.
    start: f64,
    rate: f64,
}

impl Boosting {
    /// Learns `labels` on the `chosen` rows. Nothing without rows of either label.
    #[must_use]
    pub fn classify(
        rows: &Binned,
        labels: &[bool],
        chosen: &[u32],
        parameters: BoostingParameters,
        seed: Seed,
    ) -> Option<Self> {
        let yes = chosen.iter().filter(|&&row| labels[row as usize]).count() as f64;
        let no = chosen.len() as f64 - yes;
        if yes < 1.0 || no < 1.0 {
            return None;
        }
        let step = |row: usize, score: f64| {
            let p = logistic(score);
            (f64::from(u8::from(labels[row])) - p, p * (1.0 - p))
        };
        Some(Self::fit(rows, chosen, (yes / no).ln(), parameters, seed, step))
    }

    /// Learns `values`, which are known on the `chosen` rows, by squared error. Nothing without rows.
    #[must_use]
    pub fn regress(
        rows: &Binned,
        values: &[f64],
        chosen: &[u32],
        parameters: BoostingParameters,
        seed: Seed,
    ) -> Option<Self> {
        if chosen.is_empty() {
            return None;
        }
        let mean =
            chosen.iter().map(|&row| values[row as usize]).sum::<f64>() / chosen.len() as f64;
        let step = |row: usize, score: f64| (values[row] - score, 1.0);
        mean.is_finite().then(|| Self::fit(rows, chosen, mean, parameters, seed, step))
    }

    /// Grows trees to the negative gradient and the curvature that `step` tells of a row and its score.
    fn fit(
        rows: &Binned,
        chosen: &[u32],
        start: f64,
        parameters: BoostingParameters,
        seed: Seed,
        step: impl Fn(usize, f64) -> (f64, f64),
    ) -> Self {
        let BoostingParameters { depth, min_leaf, columns, rate, ridge, .. } = parameters;
        let growth = Growth { depth, min_leaf, columns };
        let mut scores = vec![start; rows.rows];
        let (mut residuals, mut curvatures) = (vec![0.0; rows.rows], vec![0.0; rows.rows]);
        let mut rng = seed.part("boosting").rng();
        let mut trees = Vec::with_capacity(parameters.trees);
        for _ in 0..parameters.trees {
            for &row in chosen {
                let row = row as usize;
                (residuals[row], curvatures[row]) = step(row, scores[row]);
            }
            let target = Target::Sums { residuals: &residuals, curvatures: &curvatures, ridge };
            let tree = Tree::grow(rows, chosen.to_vec(), &target, growth, &mut rng);
            for &row in chosen {
                scores[row as usize] += rate * tree.value(tree.leaf(rows, row as usize))[0];
            }
            trees.push(tree);
        }
        Self { trees, start, rate }
    }

    /// The probability of `true` for each of the `chosen` rows.
    #[must_use]
    pub fn predict(&self, rows: &Binned, chosen: &[u32]) -> Vec<f64> {
        let scores = self.scores(rows, chosen);
        scores.into_iter().map(logistic).collect()
    }

    /// The score of each of the `chosen` rows: the log-odds of `true`, or the number.
    #[must_use]
    pub fn scores(&self, rows: &Binned, chosen: &[u32]) -> Vec<f64> {
        let score = |&row: &u32| {
            let value = |tree: &Tree| tree.value(tree.leaf(rows, row as usize))[0];
            self.start + self.rate * self.trees.iter().map(value).sum::<f64>()
        };
        chosen.par_iter().map(score).collect()
    }

    /// The share of all gain that each column's splits have; all 0 where nothing was split.
    #[must_use]
    pub fn importances(&self) -> Vec<f64> {
        importances(&self.trees)
    }
}

/// 1/(1 + e^{−f}).
pub(super) fn logistic(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

//! Random forests: the mean of trees grown on random subsets of the rows, each split looking at a
//! few random columns (Breiman 2001, Mach. Learn. 45:5). Rows are drawn without replacement, which
//! does as well as the bootstrap and costs less (Bühlmann and Yu 2002, Ann. Statist. 30:927).

use rand::seq::index::sample;
use rayon::prelude::*;

use super::bins::Binned;
use super::grow::Growth;
use super::target::Target;
use super::tree::Tree;
use crate::encode::design::Matrix;
use crate::random::Seed;

/// Rows predicted at a time by one thread.
const CHUNK: usize = 1024;

/// How a forest is grown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForestParameters {
    /// Number of trees. Default 100.
    pub trees: usize,
    /// Splits from a root to a leaf, at most. Default 64.
    pub depth: usize,
    /// Rows in a leaf, at least. Default 5.
    pub min_leaf: usize,
    /// Columns looked at for a split. By default the root of their number, rounded up; for numbers
    /// a third.
    pub columns: Option<usize>,
    /// Share of the rows that a tree sees. Default 0.632.
    pub share: f64,
}

impl Default for ForestParameters {
    fn default() -> Self {
        Self { trees: 100, depth: 64, min_leaf: 5, columns: None, share: 0.632 }
    }
}

/// A grown forest.
pub struct Forest {
    trees: Vec<Tree>,
    outputs: usize,
    /// Added to every prediction.
    offset: f64,
}

impl Forest {
    /// Learns the class of each row, from 0 to `classes` − 1, on the `chosen` rows. Nothing without
    /// rows, classes or trees, or with a label outside them.
    #[must_use]
    pub fn classify(
        rows: &Binned,
        labels: &[u32],
        classes: usize,
        chosen: &[u32],
        parameters: ForestParameters,
        seed: Seed,
    ) -> Option<Self> {
        let known = |&row: &u32| labels.get(row as usize).is_some_and(|&y| (y as usize) < classes);
        if !chosen.iter().all(known) {
            return None;
        }
        let columns = (rows.width() as f64).sqrt().ceil() as usize;
        let target = Target::Labels { labels, classes };
        Self::grow(rows, &target, chosen, parameters, columns, seed).map(|trees| Self {
            trees,
            outputs: classes,
            offset: 0.0,
        })
    }

    /// Learns a number on the `chosen` rows. Nothing without rows or trees, or with a number that is
    /// missing or infinite.
    #[must_use]
    pub fn regress(
        rows: &Binned,
        values: &[f64],
        chosen: &[u32],
        parameters: ForestParameters,
        seed: Seed,
    ) -> Option<Self> {
        let known = |&row: &u32| values.get(row as usize).is_some_and(|y| y.is_finite());
        if !chosen.iter().all(known) {
            return None;
        }
        // Centred, so that squares of sums do not cancel.
        let sum: f64 = chosen.iter().map(|&row| values[row as usize]).sum();
        let offset = sum / chosen.len().max(1) as f64;
        let residuals: Vec<f64> = values.iter().map(|y| y - offset).collect();
        let curvatures = vec![1.0; values.len()];
        let target = Target::Sums { residuals: &residuals, curvatures: &curvatures, ridge: 0.0 };
        let columns = rows.width().div_ceil(3);
        Self::grow(rows, &target, chosen, parameters, columns, seed).map(|trees| Self {
            trees,
            outputs: 1,
            offset,
        })
    }

    fn grow(
        rows: &Binned,
        target: &Target<'_>,
        chosen: &[u32],
        parameters: ForestParameters,
        columns: usize,
        seed: Seed,
    ) -> Option<Vec<Tree>> {
        if chosen.is_empty() || parameters.trees == 0 || parameters.share.is_nan() {
            return None;
        }
        let columns = Some(parameters.columns.unwrap_or(columns).max(1));
        let growth = Growth { depth: parameters.depth, min_leaf: parameters.min_leaf, columns };
        let drawn = (parameters.share * chosen.len() as f64).round() as usize;
        let drawn = drawn.clamp(1, chosen.len());
        let grow = |tree: usize| {
            let mut rng = seed.part(&format!("tree {tree}")).rng();
            let mut drawn = sample(&mut rng, chosen.len(), drawn).into_vec();
            drawn.sort_unstable();
            let drawn = drawn.into_iter().map(|i| chosen[i]).collect();
            Tree::grow(rows, drawn, target, growth, &mut rng)
        };
        Some((0..parameters.trees).into_par_iter().map(grow).collect())
    }

    /// For each of the `chosen` rows, the mean of what the trees predict: the probability of each
    /// class, or the number.
    #[must_use]
    pub fn predict(&self, rows: &Binned, chosen: &[u32]) -> Matrix {
        let predict = |chosen: &[u32]| {
            let mut sums = vec![0.0; chosen.len() * self.outputs];
            for tree in &self.trees {
                for (sums, &row) in sums.chunks_exact_mut(self.outputs).zip(chosen) {
                    let value = tree.value(tree.leaf(rows, row as usize));
                    sums.iter_mut().zip(value).for_each(|(sum, x)| *sum += x);
                }
            }
            let mean = |sum: f64| sum / self.trees.len() as f64 + self.offset;
            sums.into_iter().map(mean).collect::<Vec<f64>>()
        };
        let values = chosen.par_chunks(CHUNK).flat_map_iter(predict).collect();
        Matrix { rows: chosen.len(), columns: self.outputs, values }
    }

    /// For each tree, the leaf that each row falls into.
    #[must_use]
    pub fn leaves(&self, rows: &Binned) -> Vec<Vec<u32>> {
        let leaves = |tree: &Tree| (0..rows.rows).map(|row| tree.leaf(rows, row)).collect();
        self.trees.par_iter().map(leaves).collect()
    }

    /// The share of all gain that each column's splits have; all 0 where nothing was split.
    #[must_use]
    pub fn importances(&self) -> Vec<f64> {
        super::tree::importances(&self.trees)
    }
}

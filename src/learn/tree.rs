//! One decision tree: where a row goes, and what it is told there.

use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};

use super::bins::Binned;
use super::grow::{Grown, Growth, Scope};
use super::split::Rule;
use super::target::Target;

/// A grown tree.
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    /// What each leaf predicts, `outputs` numbers a leaf.
    pub(super) values: Vec<f64>,
    pub(super) outputs: usize,
    /// Gain of the splits on each column.
    pub(super) gains: Vec<f64>,
}

/// A place of a tree.
#[derive(Serialize, Deserialize)]
pub(super) enum Node {
    /// The place of the left child; the right one follows it.
    Inner {
        column: u32,
        left: u32,
        rule: Rule,
    },
    Leaf(u32),
}

impl Tree {
    /// Grows a tree on the `chosen` rows.
    pub(super) fn grow(
        rows: &Binned,
        chosen: Vec<u32>,
        target: &Target<'_>,
        growth: Growth,
        rng: &mut ChaCha12Rng,
    ) -> Self {
        Grown::of(rows, chosen, target, growth, Scope::whole(rows), rng).tree
    }

    /// The leaf that a row falls into, from 0.
    pub(super) fn leaf(&self, rows: &Binned, row: usize) -> u32 {
        let mut node = 0;
        loop {
            match &self.nodes[node as usize] {
                Node::Leaf(leaf) => return *leaf,
                Node::Inner { column, left, rule } => {
                    let bin = rows.columns[*column as usize].bins[row];
                    node = left + u32::from(!rule.goes_left(bin));
                }
            }
        }
    }

    /// What a leaf predicts.
    pub(super) fn value(&self, leaf: u32) -> &[f64] {
        &self.values[leaf as usize * self.outputs..][..self.outputs]
    }
}

/// The share of all gain that each column has in `trees`; all 0 where nothing was split.
pub(super) fn importances(trees: &[Tree]) -> Vec<f64> {
    let mut gains = vec![0.0; trees.first().map_or(0, |tree| tree.gains.len())];
    for tree in trees {
        gains.iter_mut().zip(&tree.gains).for_each(|(sum, gain)| *sum += gain);
    }
    let sum: f64 = gains.iter().sum();
    if sum > 0.0 {
        gains.iter_mut().for_each(|gain| *gain /= sum);
    }
    gains
}

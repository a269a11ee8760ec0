//! Exact nearest neighbours among points of numbers.
//!
//! d(x, y) = √Σ (x − y)², summed in column order. In few dimensions a kd-tree names the candidates
//! (`tree`), in many boxes do (`boxes`, in the directions of `components`) or a bound in single precision
//! (`dense`), whichever is cheaper (`choice`); few rows are compared one by one. The sums that count are
//! always computed as defined, so that the result equals, bit for bit, that of every pair.

mod boxes;
mod choice;
mod components;
mod dense;
#[cfg(test)]
mod tests;
mod tree;

use std::ops::Range;

use rayon::prelude::*;

use super::Excluded;
use super::best::{Answer, Best, Nearest, Neighbour};
use super::plan::Plan;
use super::simd::Simd;
use choice::Choice;

/// Coordinates beyond this have squares that are not numbers, which a tree cannot order.
const LARGE: f64 = 1e150;

/// Queries that are compared with one block of rows while it is in the cache.
const TILE: usize = 16;

/// Rows in a block.
const BLOCK: usize = 512;

/// Points with the same number of coordinates, row by row.
pub struct Points {
    values: Vec<f64>,
    dimensions: usize,
}

impl Points {
    /// The rows of `values`; nothing unless these are whole rows of finite numbers.
    #[must_use]
    pub fn new(values: Vec<f64>, dimensions: usize) -> Option<Self> {
        let whole = values.len().checked_rem(dimensions)? == 0;
        (whole && values.iter().all(|value| value.is_finite()))
            .then_some(Self { values, dimensions })
    }

    /// Number of points.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.dimensions
    }

    /// Coordinates of a point.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.dimensions..(row + 1) * self.dimensions]
    }

    fn fixed<const D: usize>(&self) -> &[[f64; D]] {
        self.values.as_chunks().0
    }

    pub(super) fn is_large(&self) -> bool {
        self.values.iter().any(|value| value.abs() > LARGE)
    }
}

/// For each query, its `k` smallest Euclidean distances to `rows` and all rows at the smallest.
///
/// `excluded(query, row)` pairs do not count, so that points can be searched in themselves. The same
/// at any number of threads.
///
/// # Panics
/// If queries and rows have different dimensions.
#[must_use]
pub fn euclidean(
    queries: &Points,
    rows: &Points,
    k: usize,
    excluded: impl Fn(usize, usize) -> bool + Sync,
) -> Vec<Nearest> {
    search(queries, rows, k, &excluded)
}

/// For each query, every row at most as far from it as the `k`-th nearest, ascending by distance and
/// then by row: more than `k` where rows tie; otherwise as [`euclidean`].
///
/// # Panics
/// If queries and rows have different dimensions.
#[must_use]
pub fn euclidean_neighbours(
    queries: &Points,
    rows: &Points,
    k: usize,
    excluded: impl Fn(usize, usize) -> bool + Sync,
) -> Vec<Vec<Neighbour>> {
    search(queries, rows, k, &excluded)
}

/// How [`euclidean`] would search: told by a sample of the queries.
#[must_use]
pub fn euclidean_plan(
    queries: &Points,
    rows: &Points,
    k: usize,
    excluded: impl Fn(usize, usize) -> bool + Sync,
) -> Plan {
    Plan { way: Choice::new(queries, rows, k, &excluded).way(), simd: Simd::best() }
}

fn search<A: Answer>(queries: &Points, rows: &Points, k: usize, excluded: Excluded<'_>) -> Vec<A> {
    assert_eq!(queries.dimensions, rows.dimensions, "points of one space");
    let found = match Choice::new(queries, rows, k, excluded) {
        Choice::Pairs => None,
        Choice::Tree => tree::search(queries, rows, k, excluded),
        Choice::Tile(frame) => {
            Some(dense::search(Simd::best(), &frame, (queries, rows), k, excluded))
        }
        Choice::Boxes(frame, components) => {
            let parts = (&frame, &components);
            Some(boxes::search(Simd::best(), parts, (queries, rows), k, excluded))
        }
    };
    found.unwrap_or_else(|| scan(queries, rows, k, excluded))
}

/// Σ (x − y)² in column order.
pub(super) fn sum(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).fold(0.0, |sum, (x, y)| sum + (x - y) * (x - y))
}

/// Every pair, block by block.
fn scan<A: Answer>(queries: &Points, rows: &Points, k: usize, excluded: Excluded<'_>) -> Vec<A> {
    let columns: Vec<Vec<f64>> = (0..rows.dimensions)
        .map(|column| rows.values.iter().skip(column).step_by(rows.dimensions).copied().collect())
        .collect();
    let starts: Vec<usize> = (0..queries.rows()).step_by(TILE).collect();
    let tile = |start: usize| {
        let tile = start..(start + TILE).min(queries.rows());
        let mut bests: Vec<Best> = tile.clone().map(|_| Best::new::<A>(k)).collect();
        let mut sums = vec![0.0; BLOCK];
        for block in (0..rows.rows()).step_by(BLOCK) {
            let block = block..(block + BLOCK).min(rows.rows());
            for (query, best) in tile.clone().zip(&mut bests) {
                let sums = &mut sums[..block.len()];
                add_up(queries.row(query), &columns, block.clone(), sums);
                for (&sum, row) in sums.iter().zip(block.clone()) {
                    if sum <= best.bound() && !excluded(query, row) {
                        best.offer(sum, row as u32);
                    }
                }
            }
        }
        bests.into_iter().map(|best| A::of(best, f64::sqrt)).collect()
    };
    let tiles: Vec<Vec<A>> = starts.into_par_iter().map(tile).collect();
    tiles.into_iter().flatten().collect()
}

/// The sums of a block of rows.
fn add_up(query: &[f64], columns: &[Vec<f64>], block: Range<usize>, sums: &mut [f64]) {
    sums.fill(0.0);
    for (&x, column) in query.iter().zip(columns) {
        for (sum, &y) in sums.iter_mut().zip(&column[block.clone()]) {
            *sum += (x - y) * (x - y);
        }
    }
}

//! Exact nearest neighbours among points of numbers.
//!
//! d(x, y) = √Σ (x − y)², summed in column order. In few dimensions a kd-tree names the candidates
//! (Bentley 1975, Commun. ACM 18:509), in many boxes do (`boxes`) or a bound in single precision
//! (`dense`), whichever is cheaper (`way`); few rows are compared one by one. The sums that count are always computed as defined, so that the result
//! equals, bit for bit, that of every pair.

#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::ops::Range;

use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rayon::prelude::*;

use super::best::{Answer, Best, Nearest, Neighbour};
use super::boxes;
use super::dense;
use super::simd::Simd;
use super::way::{Choice, FEW, Way};

/// Coordinates beyond this have squares that are not numbers, which a tree cannot order.
const LARGE: f64 = 1e150;

/// The tree's own sums and bounds may be rounded otherwise than those here, by a few units in the
/// last place; it is asked for everything up to this much farther, relative and absolute.
const SLACK: (f64, f64) = (1e-9, f64::MIN_POSITIVE);

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

/// The way in which [`euclidean`] would search: for a log, since all ways find the same.
#[must_use]
pub fn euclidean_way(
    queries: &Points,
    rows: &Points,
    k: usize,
    excluded: impl Fn(usize, usize) -> bool + Sync,
) -> Way {
    Choice::new(queries, rows, k, &excluded).way()
}

fn search<A: Answer>(
    queries: &Points,
    rows: &Points,
    k: usize,
    excluded: &(impl Fn(usize, usize) -> bool + Sync),
) -> Vec<A> {
    assert_eq!(queries.dimensions, rows.dimensions, "points of one space");
    let found = match Choice::new(queries, rows, k, excluded) {
        Choice::Pairs => None,
        Choice::Tree => by_tree(queries, rows, k, excluded),
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

/// By kd-tree; nothing if one cannot be built or there are too many dimensions.
fn by_tree<A: Answer>(
    queries: &Points,
    rows: &Points,
    k: usize,
    excluded: &(impl Fn(usize, usize) -> bool + Sync),
) -> Option<Vec<A>> {
    match rows.dimensions {
        1 => tree::<1, A>(queries, rows, k, excluded),
        2 => tree::<2, A>(queries, rows, k, excluded),
        3 => tree::<3, A>(queries, rows, k, excluded),
        FEW => tree::<FEW, A>(queries, rows, k, excluded),
        _ => None,
    }
}

/// The same in `D` dimensions.
fn tree<const D: usize, A: Answer>(
    queries: &Points,
    rows: &Points,
    k: usize,
    excluded: &(impl Fn(usize, usize) -> bool + Sync),
) -> Option<Vec<A>> {
    let points = rows.fixed::<D>();
    let tree = ImmutableKdTree::<f64, D>::new_from_slice(points).ok()?;
    let one = |(query, point): (usize, &[f64; D])| {
        let counts = |row: &u32| !excluded(query, *row as usize);
        let radius = radius(&tree, point, k.max(1), points.len(), counts);
        let mut best = Best::new::<A>(k);
        let near = tree.query(point).within::<SquaredEuclidean<f64>>(radius).unsorted();
        for row in near.execute().into_iter().map(|near| near.item).filter(counts) {
            best.offer(sum(point, &points[row as usize]), row);
        }
        A::of(best, k, f64::sqrt)
    };
    Some(queries.fixed::<D>().par_iter().enumerate().map(one).collect())
}

/// A squared distance within which the `k` nearest rows that count are certain to lie.
fn radius<const D: usize>(
    tree: &ImmutableKdTree<f64, D>,
    point: &[f64; D],
    k: usize,
    rows: usize,
    counts: impl Fn(&u32) -> bool,
) -> f64 {
    let mut wanted = NonZeroUsize::new(k).map_or(NonZeroUsize::MIN, |k| k.saturating_add(1));
    loop {
        let near = tree.query(point).nearest_n::<SquaredEuclidean<f64>>(wanted).execute();
        let mut counted = near.iter().filter(|near| counts(&near.item));
        if let Some(last) = counted.nth(k - 1) {
            return last.distance * (1.0 + SLACK.0) + SLACK.1;
        }
        if wanted.get() >= rows {
            return f64::INFINITY;
        }
        wanted = wanted.saturating_mul(NonZeroUsize::MIN.saturating_add(3));
    }
}

/// Σ (x − y)² in column order.
pub(super) fn sum(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).fold(0.0, |sum, (x, y)| sum + (x - y) * (x - y))
}

/// Every pair, block by block.
fn scan<A: Answer>(
    queries: &Points,
    rows: &Points,
    k: usize,
    excluded: &(impl Fn(usize, usize) -> bool + Sync),
) -> Vec<A> {
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
        bests.into_iter().map(|best| A::of(best, k, f64::sqrt)).collect()
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

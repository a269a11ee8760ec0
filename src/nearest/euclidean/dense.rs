//! Every pair of points, most of them by a lower bound in single precision.
//!
//! With a and b the points less their columns' means, scaled to at most 1, half the squared distance is
//! |a|²/2 + |b|²/2 − a · b. Taken in single precision, inputs and d sums rounded, the last two terms err
//! by at most (2d + 8) · 2⁻²⁴ · (|b|²/2 + |a||b|), by Cauchy–Schwarz (Higham 2002, Accuracy and Stability
//! of Numerical Algorithms, ch. 3). Twice that, γ, is subtracted: γ|b|²/2 beforehand, γ|a||b| as one more
//! product. What remains above the bound is certainly no neighbour; the sums of all others are computed
//! as defined.

use rayon::prelude::*;

use super::super::Excluded;
use super::super::best::{Answer, Best};
use super::super::simd::Simd;
use super::super::simd::tile::{QUERIES, ROWS, Strip, Tile};
use super::{Points, sum};

/// Tiles of queries that are compared with one block of rows while it is in the cache.
const TILES: usize = 8;

/// Strips in a block.
const STRIPS: usize = 8;

/// Underflow in limits.
const UNDERFLOW: f64 = 1e-30;

/// Squares that underflow in the sums, whose differences are below 2⁻⁵¹¹, must stay below the slack.
const MOST_DOUBLINGS: f64 = 400.0;

/// For each query, its `k` smallest distances and all rows at the smallest. No coordinate may be so
/// large that its square is not a number.
pub(super) fn search<A: Answer>(
    simd: Simd,
    frame: &Frame,
    (queries, rows): (&Points, &Points),
    k: usize,
    excluded: Excluded<'_>,
) -> Vec<A> {
    let strips = frame.strips(rows);
    let lines = rows.dimensions() + 2;
    let starts: Vec<usize> = (0..queries.rows()).step_by(TILES * QUERIES).collect();
    let task = |start: usize| {
        let end = (start + TILES * QUERIES).min(queries.rows());
        let mut tiles: Vec<Search> =
            (start..end).step_by(QUERIES).map(|q| Search::new::<A>(frame, queries, q, k)).collect();
        for (block, strips) in strips.chunks(STRIPS * lines).enumerate() {
            for tile in &mut tiles {
                for (i, strip) in strips.chunks_exact(lines).enumerate() {
                    let within = simd.tile(&tile.values, strip, &tile.limits);
                    if within != [0; QUERIES] {
                        let first = (block * STRIPS + i) * ROWS;
                        tile.refine(frame, (queries, rows), first, &within, excluded);
                    }
                }
            }
        }
        let bests = tiles.into_iter().flat_map(|tile| tile.bests);
        bests.take(end - start).map(|best| A::of(best, f64::sqrt)).collect()
    };
    let found: Vec<Vec<A>> = starts.into_par_iter().map(task).collect();
    found.into_iter().flatten().collect()
}

/// Where single precision is taken: around the rows' means, in units of the farthest coordinate.
pub(super) struct Frame {
    means: Vec<f64>,
    /// A power of two.
    pub(super) scale: f64,
    gamma: f64,
}

impl Frame {
    pub(super) fn new(queries: &Points, rows: &Points) -> Self {
        let dimensions = rows.dimensions();
        let mut means = vec![0.0; dimensions];
        let weight = 1.0 / rows.rows().max(1) as f64;
        for row in 0..rows.rows() {
            means.iter_mut().zip(rows.row(row)).for_each(|(mean, x)| *mean += x * weight);
        }
        let farthest = |points: &Points| {
            let row = |row| points.row(row).iter().zip(&means).map(|(x, mean)| (x - mean).abs());
            (0..points.rows()).flat_map(row).fold(0.0, f64::max)
        };
        let most = farthest(rows).max(farthest(queries)).max(f64::MIN_POSITIVE);
        let scale = (-most.log2().ceil()).min(MOST_DOUBLINGS).exp2();
        let gamma = (4 * dimensions + 40) as f64 * f64::from(f32::EPSILON) / 2.0;
        Self { means, scale, gamma }
    }

    /// The coordinates of a point and its length.
    pub(super) fn place(&self, point: &[f64], out: &mut Vec<f64>) -> f64 {
        out.clear();
        out.extend(point.iter().zip(&self.means).map(|(x, mean)| (x - mean) * self.scale));
        out.iter().map(|x| x * x).sum::<f64>().sqrt()
    }

    /// Rows in strips: half the squared length less its error, the coordinates, the error of a product.
    /// Rows that only fill the last strip are infinitely far.
    fn strips(&self, rows: &Points) -> Vec<Strip> {
        let lines = rows.dimensions() + 2;
        let mut strips = vec![[0.0; ROWS]; rows.rows().div_ceil(ROWS) * lines];
        strips.iter_mut().step_by(lines).for_each(|strip| *strip = [f32::INFINITY; ROWS]);
        let mut place = Vec::new();
        for row in 0..rows.rows() {
            let length = self.place(rows.row(row), &mut place);
            let strip = &mut strips[row / ROWS * lines..][..lines];
            let values = [0.5 * length * length * (1.0 - self.gamma)];
            let values = values.iter().chain(&place).copied();
            for (line, value) in strip.iter_mut().zip(values.chain([self.gamma * length])) {
                line[row % ROWS] = value as f32;
            }
        }
        strips
    }
}

/// The searches of a tile.
struct Search {
    first: usize,
    values: Vec<Tile>,
    squares: [f64; QUERIES],
    limits: Tile,
    bests: Vec<Best>,
}

impl Search {
    /// Of the queries from `first` on; those that only fill the tile find nothing.
    fn new<A: Answer>(frame: &Frame, queries: &Points, first: usize, k: usize) -> Self {
        let mut values = vec![[0.0; QUERIES]; queries.dimensions() + 1];
        let (mut squares, mut limits) = ([0.0; QUERIES], [f32::NEG_INFINITY; QUERIES]);
        let mut place = Vec::new();
        for (i, query) in (first..queries.rows()).take(QUERIES).enumerate() {
            let length = frame.place(queries.row(query), &mut place);
            for (line, &value) in values.iter_mut().zip(place.iter().chain(&[length])) {
                line[i] = value as f32;
            }
            squares[i] = length * length;
            limits[i] = f32::INFINITY;
        }
        let bests = (0..QUERIES).map(|_| Best::new::<A>(k)).collect();
        Self { first, values, squares, limits, bests }
    }

    /// Computes the sums of the rows from `first` on that are `within` and keeps the best.
    fn refine(
        &mut self,
        frame: &Frame,
        (queries, rows): (&Points, &Points),
        first: usize,
        within: &[u32; QUERIES],
        excluded: Excluded<'_>,
    ) {
        for (i, &within) in within.iter().enumerate().filter(|(_, within)| **within != 0) {
            let (query, best) = (self.first + i, &mut self.bests[i]);
            for row in (0..ROWS).filter(|bit| within >> bit & 1 == 1).map(|bit| first + bit) {
                if row >= rows.rows() {
                    break;
                }
                let sum = sum(queries.row(query), rows.row(row));
                if sum <= best.bound() && !excluded(query, row) {
                    best.offer(sum, row as u32);
                }
            }
            self.limits[i] = limit(frame, best.bound(), self.squares[i]);
        }
    }
}

/// The largest half-distance, less |a|²/2, of a row within `bound`; rounded up.
fn limit(frame: &Frame, bound: f64, square: f64) -> f32 {
    let bound = bound * frame.scale * frame.scale;
    // Sums of so many squares and the few steps of a limit, each rounded.
    let rounding = (frame.means.len() + 16) as f64 * f64::EPSILON;
    let limit = 0.5 * (bound - square) + rounding * (bound + square) + UNDERFLOW;
    (limit as f32).next_up()
}

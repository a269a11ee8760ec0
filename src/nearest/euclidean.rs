//! Exact nearest neighbours among points of numbers.
//!
//! d(x, y) = √Σ (x − y)², summed in column order. In few dimensions a kd-tree names the candidates
//! (Bentley 1975, Commun. ACM 18:509), in many a bound in single precision does (`dense`), and few rows
//! are compared one by one. The sums that count are always computed as defined, so that the result
//! equals, bit for bit, that of every pair.

use std::num::NonZeroUsize;
use std::ops::Range;

use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rayon::prelude::*;

use super::best::{Answer, Best, Nearest, Neighbour};
use super::boxes;
use super::components::Components;
use super::dense::{self, Frame};
use super::simd::Simd;

/// A kd-tree is not faster than a scan in more dimensions than these.
const FEW: usize = 8;

/// A scan is not slower than a kd-tree on fewer rows than these.
const MANY: usize = 256;

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

    fn is_large(&self) -> bool {
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

fn search<A: Answer>(
    queries: &Points,
    rows: &Points,
    k: usize,
    excluded: &(impl Fn(usize, usize) -> bool + Sync),
) -> Vec<A> {
    assert_eq!(queries.dimensions, rows.dimensions, "points of one space");
    if rows.rows() < MANY || queries.is_large() || rows.is_large() {
        return scan(queries, rows, k, excluded);
    }
    if rows.dimensions > FEW {
        let frame = Frame::new(queries, rows);
        if std::env::var_os("NN_BOX").is_some() {
            let components = Components::new(&frame, rows);
            return boxes::search(Simd::best(), &frame, &components, (queries, rows), k, excluded);
        }
        return dense::search(Simd::best(), &frame, (queries, rows), k, excluded);
    }
    let found = match rows.dimensions {
        1 => tree::<1, A>(queries, rows, k, excluded),
        2 => tree::<2, A>(queries, rows, k, excluded),
        3 => tree::<3, A>(queries, rows, k, excluded),
        4 => tree::<4, A>(queries, rows, k, excluded),
        5 => tree::<5, A>(queries, rows, k, excluded),
        6 => tree::<6, A>(queries, rows, k, excluded),
        7 => tree::<7, A>(queries, rows, k, excluded),
        _ => tree::<FEW, A>(queries, rows, k, excluded),
    };
    found.unwrap_or_else(|| scan(queries, rows, k, excluded))
}

/// By kd-tree; nothing if one cannot be built.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, pair by pair: sums over the columns, then sorted.
    fn naive(
        queries: &Points,
        rows: &Points,
        k: usize,
        excluded: impl Fn(usize, usize) -> bool,
    ) -> Vec<(Vec<f64>, Vec<u32>)> {
        let pair = |i: usize, j: usize| {
            let columns = queries.row(i).iter().zip(rows.row(j));
            columns.fold(0.0, |sum, (x, y)| sum + (x - y).powi(2))
        };
        let one = |i: usize| {
            let mut sums: Vec<(f64, u32)> = (0..rows.rows())
                .filter(|&j| !excluded(i, j))
                .map(|j| (pair(i, j), j as u32))
                .collect();
            sums.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let least = sums.first().map_or(f64::NAN, |first| first.0);
            let ties = sums.iter().filter(|sum| sum.0.to_bits() == least.to_bits());
            let ties = ties.map(|sum| sum.1).collect();
            (sums.iter().take(k).map(|sum| sum.0.sqrt()).collect(), ties)
        };
        (0..queries.rows()).map(one).collect()
    }

    fn agree(found: &[Nearest], defined: &[(Vec<f64>, Vec<u32>)]) -> bool {
        let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        let same = |(found, defined): (&Nearest, &(Vec<f64>, Vec<u32>))| {
            bits(&found.distances) == bits(&defined.0) && found.ties == defined.1
        };
        found.len() == defined.len() && found.iter().zip(defined).all(same)
    }

    /// Few values (ties and copies everywhere), fine, close to one another, large and small ones.
    fn points(dimensions: usize, rows: Range<usize>) -> impl Strategy<Value = Vec<f64>> {
        let number = prop_oneof![
            6 => (0..3_i32).prop_map(|x| f64::from(x) * 0.1),
            2 => -1.0..1.0_f64,
            1 => (0..4_i32).prop_map(|x| 1.0 + f64::from(x) * f64::EPSILON),
            1 => prop_oneof![Just(-7.0), Just(1e8), Just(1e-170), Just(-0.0)],
        ];
        let row = proptest::collection::vec(number, dimensions);
        proptest::collection::vec(row, rows).prop_map(|rows| rows.concat())
    }

    fn case() -> impl Strategy<Value = (usize, Vec<f64>, Vec<f64>)> {
        (1..=10_usize).prop_flat_map(|d| (Just(d), points(d, 0..20), points(d, 0..60)))
    }

    proptest! {
        /// Both paths, whichever the size would pick.
        #[test]
        fn equals_the_definition_bit_for_bit(
            (d, queries, rows) in case(),
            k in 0..5_usize,
            own in any::<bool>(),
            none in any::<bool>(),
        ) {
            let excluded = |i: usize, j: usize| own && (i == j || j % 3 == 1) || none;
            let a = Points::new(queries, d).unwrap();
            let b = Points::new(rows, d).unwrap();
            let defined = naive(&a, &b, k, excluded);
            prop_assert!(agree(&euclidean(&a, &b, k, excluded), &defined));
            prop_assert!(agree(&scan(&a, &b, k, &excluded), &defined));
            for simd in Simd::all() {
                prop_assert!(agree(&dense::search(simd, &a, &b, k, &excluded), &defined));
            }
            let found = match d {
                1 => tree::<1>(&a, &b, k, &excluded),
                2 => tree::<2>(&a, &b, k, &excluded),
                3 => tree::<3>(&a, &b, k, &excluded),
                8 => tree::<8>(&a, &b, k, &excluded),
                _ => None,
            };
            prop_assert!(found.is_none_or(|found| agree(&found, &defined)));
        }
    }

    /// Enough rows for a tree and for several blocks: a lattice, half of it copies.
    #[test]
    fn every_dimension_agrees_on_many_rows() {
        for d in [1, 2, 4, 8, 9, 30] {
            let value = |i: usize| ((i * i + i / 7) % 5) as f64 * 0.3;
            let rows = Points::new((0..1500 * d).map(value).collect(), d).unwrap();
            let queries = Points::new((3..3 + 40 * d).map(value).collect(), d).unwrap();
            let defined = naive(&queries, &rows, 3, |i, j| i == j);
            assert!(agree(&euclidean(&queries, &rows, 3, |i, j| i == j), &defined));
        }
    }

    /// Identical points, more than any bucket holds, and numbers whose squares overflow.
    #[test]
    fn copies_and_overflow_are_no_exception() {
        for value in [0.5, 1e200] {
            let rows = Points::new(vec![value; 2000], 2).unwrap();
            let query = Points::new(vec![value, -value], 2).unwrap();
            let found = &euclidean(&query, &rows, 2, |_, _| false)[0];
            assert_eq!(found.ties.len(), 1000);
            assert_eq!(found.distances.len(), 2);
        }
    }

    /// Squares of differences that underflow make ties, in any dimension.
    #[test]
    fn underflow_is_no_exception() {
        for d in [2, 10] {
            let value = |i: usize| (i * 37 % 101) as f64 * 1e-163;
            let rows = Points::new((0..300 * d).map(value).collect(), d).unwrap();
            let queries = Points::new((7..7 + 5 * d).map(value).collect(), d).unwrap();
            let defined = naive(&queries, &rows, 3, |_, _| false);
            assert!(agree(&euclidean(&queries, &rows, 3, |_, _| false), &defined));
        }
    }

    #[test]
    fn points_are_whole_rows_of_finite_numbers() {
        assert!(Points::new(vec![1.0, f64::NAN], 1).is_none());
        assert!(Points::new(vec![f64::INFINITY], 1).is_none());
        assert!(Points::new(vec![1.0, 2.0, 3.0], 2).is_none());
        assert!(Points::new(vec![], 0).is_none());
        let none = Points::new(vec![], 3).unwrap();
        assert_eq!((none.rows(), none.dimensions()), (0, 3));
        assert!(euclidean(&none, &none, 1, |_, _| false).is_empty());
    }
}

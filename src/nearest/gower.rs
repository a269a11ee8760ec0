//! Exact nearest neighbours under the mixed distance of Gower 1971, Biometrics 27:857.
//!
//! d(x, y) = mean over columns of δ. A number: |x − y| / scale, at most 1. A category: 0 or 1. Both
//! missing: 0; one missing: 1.
//!
//! The sum is taken in one fixed order: the categories that differ, counted, then the numbers in
//! column order. Every term is at least 0 and rounding is monotone, so that a partial sum never
//! exceeds the whole: a row is abandoned once its partial sum exceeds the k-th best, and the result
//! equals, bit for bit, that of computing every pair.

use rayon::prelude::*;

use super::best::{Best, Nearest};
use crate::encode::{Coded, Codes};

/// Queries that are compared with one block of rows while it is in the cache.
const TILE: usize = 16;

/// Rows in a block.
const BLOCK: usize = 2048;

/// For each query, its `k` smallest distances to `rows` and all rows at the smallest.
///
/// `scales` holds the scale of every number column in its unit, positive; `excluded(query, row)`
/// pairs do not count, so that a table can be searched in itself. Both sides must be coded alike.
/// Time is queries × rows; memory that of the ties. The same at any number of threads.
#[must_use]
pub fn nearest(
    queries: &Coded,
    rows: &Coded,
    scales: &[Option<f64>],
    k: usize,
    excluded: impl Fn(usize, usize) -> bool + Sync,
) -> Vec<Nearest> {
    let index = Index::build(rows);
    let scales: Vec<f64> = (rows.columns.iter().zip(scales))
        .filter(|(codes, _)| matches!(codes, Codes::Number(_)))
        .map(|(_, scale)| scale.unwrap_or(1.0))
        .collect();
    let starts: Vec<usize> = (0..queries.rows).step_by(TILE).collect();
    let tiles: Vec<Vec<Nearest>> = starts
        .into_par_iter()
        .map(|start| {
            let tile = start..(start + TILE).min(queries.rows);
            let mut searches: Vec<Search> =
                tile.map(|query| Search::new(queries, query, k)).collect();
            let mut differing = vec![0; BLOCK];
            for block in (0..rows.rows).step_by(BLOCK) {
                let block = block..(block + BLOCK).min(rows.rows);
                for search in &mut searches {
                    search.scan(&index, &scales, block.clone(), &mut differing, &excluded);
                }
            }
            searches.into_iter().map(|search| search.finish(k, rows.columns.len())).collect()
        })
        .collect();
    tiles.into_iter().flatten().collect()
}

/// Rows as a scan reads them: categories column by column, numbers row by row.
struct Index<'a> {
    categories: Vec<&'a [u32]>,
    numbers: Vec<f64>,
    width: usize,
}

impl<'a> Index<'a> {
    fn build(rows: &'a Coded) -> Self {
        let (mut categories, mut columns): (Vec<&[u32]>, Vec<&[f64]>) = (Vec::new(), Vec::new());
        for codes in &rows.columns {
            match codes {
                Codes::Category(codes) => categories.push(codes),
                Codes::Number(values) => columns.push(values),
            }
        }
        let numbers =
            (0..rows.rows).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
        Self { categories, numbers, width: columns.len() }
    }
}

/// One query and the best rows so far.
struct Search {
    query: usize,
    categories: Vec<u32>,
    numbers: Vec<f64>,
    best: Best,
}

impl Search {
    fn new(queries: &Coded, query: usize, k: usize) -> Self {
        let (mut categories, mut numbers) = (Vec::new(), Vec::new());
        for codes in &queries.columns {
            match codes {
                Codes::Category(codes) => categories.push(codes[query]),
                Codes::Number(values) => numbers.push(values[query]),
            }
        }
        Self { query, categories, numbers, best: Best::new(k) }
    }

    fn scan(
        &mut self,
        index: &Index<'_>,
        scales: &[f64],
        block: std::ops::Range<usize>,
        differing: &mut [u32],
        excluded: &impl Fn(usize, usize) -> bool,
    ) {
        let differing = &mut differing[..block.len()];
        differing.fill(0);
        for (column, &code) in index.categories.iter().zip(&self.categories) {
            for (count, &other) in differing.iter_mut().zip(&column[block.clone()]) {
                *count += u32::from(other != code);
            }
        }
        let mut bound = self.best.bound();
        for (&count, row) in differing.iter().zip(block) {
            let start = f64::from(count);
            if start > bound {
                continue;
            }
            let numbers = &index.numbers[row * index.width..(row + 1) * index.width];
            let sum = sum(start, &self.numbers, numbers, scales, bound);
            if sum <= bound && !excluded(self.query, row) {
                self.best.offer(sum, row as u32);
                bound = self.best.bound();
            }
        }
    }

    fn finish(self, k: usize, columns: usize) -> Nearest {
        self.best.finish(k, |sum| sum / columns.max(1) as f64)
    }
}

/// `start` plus the δ of every number in order; something above `bound` as soon as that is certain.
fn sum(start: f64, query: &[f64], row: &[f64], scales: &[f64], bound: f64) -> f64 {
    let mut sum = start;
    for ((&x, &y), &scale) in query.iter().zip(row).zip(scales) {
        sum += delta(x, y, scale);
        if sum > bound {
            return sum;
        }
    }
    sum
}

/// δ of two numbers. The minimum of NaN and 1 is 1: what one missing number costs.
fn delta(x: f64, y: f64, scale: f64) -> f64 {
    if x.is_nan() && y.is_nan() { 0.0 } else { ((x - y).abs() / scale).min(1.0) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::MISSING;

    /// A table as (numbers, categories) of each row: types that hold records are not `Debug`.
    type Rows = Vec<(Vec<f64>, Vec<u32>)>;

    /// Columns alternate: a number, a category, a number …
    fn coded(rows: &Rows, widths: (usize, usize)) -> Coded {
        let mut columns = Vec::new();
        for column in 0..widths.0.max(widths.1) {
            if column < widths.0 {
                columns.push(Codes::Number(rows.iter().map(|row| row.0[column]).collect()));
            }
            if column < widths.1 {
                columns.push(Codes::Category(rows.iter().map(|row| row.1[column]).collect()));
            }
        }
        Coded { rows: rows.len(), columns }
    }

    fn scales(coded: &Coded, scale: f64) -> Vec<Option<f64>> {
        let scale = |codes: &Codes| matches!(codes, Codes::Number(_)).then_some(scale);
        coded.columns.iter().map(scale).collect()
    }

    /// The definition, pair by pair: sums over the columns, then sorted.
    fn naive(
        queries: &Rows,
        rows: &Rows,
        scale: f64,
        k: usize,
        excluded: impl Fn(usize, usize) -> bool,
    ) -> Vec<(Vec<f64>, Vec<u32>)> {
        let pair = |a: &(Vec<f64>, Vec<u32>), b: &(Vec<f64>, Vec<u32>)| {
            let differing = a.1.iter().zip(&b.1).filter(|(a, b)| a != b).count() as f64;
            a.0.iter().zip(&b.0).fold(differing, |sum, (a, b)| {
                sum + match (a.is_nan(), b.is_nan()) {
                    (true, true) => 0.0,
                    (false, false) => ((a - b).abs() / scale).min(1.0),
                    _ => 1.0,
                }
            })
        };
        let one = |(i, query): (usize, &(Vec<f64>, Vec<u32>))| {
            let columns = (query.0.len() + query.1.len()) as f64;
            let all = rows.iter().enumerate().filter(|(j, _)| !excluded(i, *j));
            let mut sums: Vec<(f64, u32)> =
                all.map(|(j, row)| (pair(query, row), j as u32)).collect();
            sums.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let least = sums.first().map_or(f64::NAN, |first| first.0);
            let ties = sums.iter().filter(|sum| sum.0.to_bits() == least.to_bits());
            let ties = ties.map(|sum| sum.1).collect();
            (sums.iter().take(k).map(|sum| sum.0 / columns).collect(), ties)
        };
        queries.iter().enumerate().map(one).collect()
    }

    /// Few values (ties everywhere), fine values, far values, a constant column, missing ones.
    fn table(widths: (usize, usize)) -> impl Strategy<Value = Rows> {
        let number = prop_oneof![
            4 => (0..4_i32).prop_map(|x| f64::from(x) * 0.1),
            2 => -1.0..1.0_f64,
            1 => Just(1e300),
            1 => Just(-7.0),
            1 => Just(f64::NAN),
        ];
        let category = prop_oneof![4 => 0..3_u32, 1 => Just(MISSING)];
        let row = (
            proptest::collection::vec(number, widths.0),
            proptest::collection::vec(category, widths.1),
        );
        proptest::collection::vec(row, 1..40)
    }

    fn case() -> impl Strategy<Value = ((usize, usize), Rows, Rows)> {
        let widths =
            prop_oneof![Just((1, 0)), Just((0, 1)), Just((0, 3)), Just((3, 0)), Just((3, 2))];
        widths.prop_flat_map(|widths| (Just(widths), table(widths), table(widths)))
    }

    proptest! {
        #[test]
        fn equals_the_definition_bit_for_bit(
            (widths, queries, rows) in case(),
            k in 0..5_usize,
            scale in prop_oneof![Just(0.3), Just(1.0), Just(1e-9)],
            own in any::<bool>(),
        ) {
            let excluded = |i: usize, j: usize| own && i == j;
            let (a, b) = (coded(&queries, widths), coded(&rows, widths));
            let found = nearest(&a, &b, &scales(&b, scale), k, excluded);
            let defined = naive(&queries, &rows, scale, k, excluded);
            prop_assert_eq!(found.len(), defined.len());
            for (found, (distances, ties)) in found.iter().zip(defined) {
                let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                prop_assert_eq!(bits(&found.distances), bits(&distances));
                prop_assert_eq!(&found.ties, &ties);
            }
        }
    }

    /// More rows than a block and more queries than a tile, every third row the same.
    #[test]
    fn blocks_and_tiles_change_nothing() {
        let row = |i: u32| (vec![f64::from(i % 3 * (i % 701))], vec![i % 3, i % 5 % 2]);
        let (rows, queries): (Rows, Rows) =
            ((0..5000).map(row).collect(), (0..50).map(row).collect());
        let (a, b) = (coded(&queries, (1, 2)), coded(&rows, (1, 2)));
        let found = nearest(&a, &b, &scales(&b, 100.0), 3, |i, j| i == j);
        for (found, defined) in found.iter().zip(naive(&queries, &rows, 100.0, 3, |i, j| i == j)) {
            assert_eq!((&found.distances, &found.ties), (&defined.0, &defined.1));
        }
    }

    /// No row, or none that counts, is near.
    #[test]
    fn nothing_is_near_where_there_is_nothing() {
        let one = coded(&vec![(vec![1.0], vec![])], (1, 0));
        let none = coded(&vec![], (1, 0));
        let found = nearest(&one, &none, &[Some(1.0)], 2, |_, _| false);
        assert!(found[0].distances.is_empty() && found[0].ties.is_empty());
        let found = nearest(&one, &one, &[Some(1.0)], 2, |i, j| i == j);
        assert!(found[0].distances.is_empty() && found[0].ties.is_empty());
        assert!(nearest(&none, &one, &[Some(1.0)], 2, |_, _| false).is_empty());
    }
}

//! Exact nearest neighbours under the mixed distance of Gower 1971, Biometrics 27:857.
//!
//! d(x, y) = mean over columns of δ. A number: |x − y| / scale, at most 1. A category: 0 or 1. Both
//! missing: 0; one missing: 1.
//!
//! The sum is taken in one fixed order: the categories that differ, counted, then the numbers in
//! column order. Every term is at least 0 and rounding is monotone, so that a partial sum never
//! exceeds the whole: a row is abandoned once its partial sum exceeds the k-th best.
//!
//! Rows are coded as bytes (`code`), copies taken together (`fold`), similar rows stand together
//! (`order`), 64 to a leaf (`zone`). For a query a lower bound of every leaf is told from bytes (`simd`);
//! leaves are visited from the least bound on until it exceeds the k-th best (`visit`), or all in turn
//! where that skips few (`scan`), which a sample tells (`choice`). In a leaf the same bounds leave few
//! rows, whose sums are computed as defined. No bound exceeds its sum, so that the result equals, bit
//! for bit, that of computing every pair.

mod choice;
mod code;
mod fine;
mod fold;
mod order;
mod scan;
#[cfg(test)]
mod tests;
mod visit;
mod zone;

use std::sync::OnceLock;

use rayon::prelude::*;

use super::Excluded;
use super::best::{Answer, Best, Nearest, Neighbour};
use super::plan::{Plan, Way};
use super::simd::{self, Simd};
use crate::encode::{Coded, Codes};
use code::{Coder, categories, numbers};
use fine::Fine;
use fold::fold;
use order::{Order, Source};
use zone::Zones;

/// Queries that one thread searches in a row.
const CHUNK: usize = 512;

/// Rounding of codes and sums stays far below this many units.
const SLACK: f64 = 1e-3;

/// For each query, its `k` smallest distances to `rows` and all rows at the smallest.
///
/// `scales` holds the scale of every number column in its unit, positive; `excluded(query, row)`
/// pairs do not count, so that a table can be searched in itself. Both sides must be coded alike.
/// The same at any number of threads and on any machine. To search the same rows several times, build
/// an [`Index`] once.
#[must_use]
pub fn nearest(
    queries: &Coded,
    rows: &Coded,
    scales: &[Option<f64>],
    k: usize,
    excluded: impl Fn(usize, usize) -> bool + Sync,
) -> Vec<Nearest> {
    Index::build(rows, scales).nearest(queries, k, excluded)
}

/// Rows made ready to be searched.
pub struct Index {
    coder: Coder,
    order: Order,
    zones: Zones,
    fine: Fine,
    simd: Simd,
    scales: Vec<f64>,
    /// Numbers and categories of each distinct row, row by row, in order.
    numbers: Vec<f64>,
    categories: Categories,
    /// The rows in order, and where each distinct row's copies start.
    rows: Vec<u32>,
    starts: Vec<u32>,
    /// The way that the first large search found to be the cheaper.
    way: OnceLock<Way>,
}

/// Categories of rows, row by row: bytes where these tell them all apart.
enum Categories {
    Bytes(Vec<u8>),
    Words(Vec<u32>),
}

impl Index {
    /// Of `rows`; `scales` holds the scale of every number column in its unit, positive.
    #[must_use]
    pub fn build(rows: &Coded, scales: &[Option<f64>]) -> Self {
        let scales: Vec<f64> = (rows.columns.iter().zip(scales))
            .filter(|(codes, _)| matches!(codes, Codes::Number(_)))
            .map(|(_, scale)| scale.unwrap_or(1.0))
            .collect();
        let units = choice::units(rows, &scales);
        Self::with(rows, scales, units, Simd::best())
    }

    fn with(rows: &Coded, scales: Vec<f64>, units: u8, simd: Simd) -> Self {
        let coder = Coder::new(rows, &scales, units);
        let codes = coder.columns_of(rows);
        let values = numbers(rows);
        let source =
            Source { columns: &codes, values: &values, scales: &scales, width: coder.width };
        let (order, mut sorted, lengths) = Order::build(&source, rows.rows as u32);
        let starts = fold(rows, &mut sorted, &lengths);
        let distinct: Vec<u32> = starts.iter().map(|&start| sorted[start as usize]).collect();
        let zones = Zones::build(&coder, &codes, &distinct);
        let numbers = by_row(&values, &distinct);
        let fine = Fine::build(&codes, &distinct, &numbers, values.len());
        let categories = if coder.is_plain() {
            let codes: Vec<&[u8]> = codes[values.len()..].iter().map(Vec::as_slice).collect();
            Categories::Bytes(by_row(&codes, &distinct))
        } else {
            Categories::Words(by_row(&categories(rows), &distinct))
        };
        let (rows, way) = (sorted, OnceLock::new());
        Self { coder, order, zones, fine, simd, scales, numbers, categories, rows, starts, way }
    }

    /// For each query, its `k` smallest distances and all rows at the smallest; as [`nearest`].
    #[must_use]
    pub fn nearest(
        &self,
        queries: &Coded,
        k: usize,
        excluded: impl Fn(usize, usize) -> bool + Sync,
    ) -> Vec<Nearest> {
        self.search(queries, k, &excluded)
    }

    /// For each query, its `K` smallest distances, ascending, each in [0, 1]; infinite where there are
    /// fewer rows that count. Where many rows are equal this is much faster than naming them.
    #[must_use]
    pub fn distances<const K: usize>(
        &self,
        queries: &Coded,
        excluded: impl Fn(usize, usize) -> bool + Sync,
    ) -> Vec<[f64; K]> {
        self.search(queries, K, &excluded)
    }

    /// For each query, every row at most as far from it as the `k`-th nearest, ascending by distance
    /// and then by row: more than `k` where rows tie.
    #[must_use]
    pub fn neighbours(
        &self,
        queries: &Coded,
        k: usize,
        excluded: impl Fn(usize, usize) -> bool + Sync,
    ) -> Vec<Vec<Neighbour>> {
        self.search(queries, k, &excluded)
    }

    /// How it is searched: told by a sample of the first queries, if there were enough of them.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let zones = Way::Zones { units: self.coder.width };
        Plan { way: self.way.get().copied().unwrap_or(zones), simd: self.simd }
    }

    fn search<A: Answer>(&self, queries: &Coded, k: usize, excluded: Excluded<'_>) -> Vec<A> {
        let asked =
            Asked { numbers: numbers(queries), categories: categories(queries), k, excluded };
        let mut places: Vec<u64> = (0..queries.rows)
            .into_par_iter()
            .map_init(Query::default, |query, row| {
                asked.read(self, row, query);
                u64::from(self.order.place(&query.codes, &query.numbers)) << 32 | row as u64
            })
            .collect();
        places.par_sort_unstable();
        let chunk = match choice::way(self, &asked, &places) {
            Way::Scan { .. } => scan::search::<A>,
            _ => visit::search::<A>,
        };
        let mut found: Vec<A> = Vec::new();
        found.resize_with(queries.rows, A::none);
        let chunks = found.par_chunks_mut(CHUNK).zip(places.par_chunks(CHUNK));
        chunks.for_each(|(found, places)| chunk(self, &asked, places, found));
        for i in 0..found.len() {
            while row_of(places[i]) != i {
                let home = row_of(places[i]);
                found.swap(i, home);
                places.swap(i, home);
            }
        }
        found
    }

    /// The copies of a distinct row.
    fn copies(&self, place: usize) -> &[u32] {
        let end = self.starts.get(place + 1).map_or(self.rows.len(), |&end| end as usize);
        &self.rows[self.starts[place] as usize..end]
    }

    /// The leaf of the distinct row whose copies hold the `start`-th row in order.
    fn leaf(&self, start: u32) -> usize {
        self.starts.partition_point(|&other| other <= start).saturating_sub(1) / simd::LINE
    }

    /// Takes note of the copies of a distinct row that count and can matter.
    fn offer(&self, best: &mut Best, sum: f64, place: usize, counts: impl Fn(usize) -> bool) {
        let copies = self.copies(place).iter().filter(|&&row| counts(row as usize));
        copies.take(best.most()).for_each(|&row| best.offer(sum, row));
    }

    /// The sum of a distinct row, or something above `bound` as soon as that is certain.
    fn sum(&self, query: &Query, place: usize, bound: f64) -> f64 {
        let numbers = query.numbers.len();
        let differing = match &self.categories {
            Categories::Bytes(all) => differing(&query.codes[numbers..], all, place),
            Categories::Words(all) => differing(&query.categories, all, place),
        };
        let row = &self.numbers[place * numbers..(place + 1) * numbers];
        sum(f64::from(differing), &query.numbers, row, &self.scales, bound)
    }

    /// The largest bound in units that a row within `bound` can have.
    fn limit(&self, bound: f64) -> u8 {
        (bound * f64::from(self.coder.width) + SLACK) as u8
    }
}

/// In how many columns a query differs from the row at a place.
fn differing<T: PartialEq>(query: &[T], rows: &[T], place: usize) -> u32 {
    let row = &rows[place * query.len()..(place + 1) * query.len()];
    query.iter().zip(row).map(|(a, b)| u32::from(a != b)).sum()
}

/// `start` plus the δ of every number in order; something above `bound` as soon as that is certain.
fn sum(start: f64, query: &[f64], row: &[f64], scales: &[f64], bound: f64) -> f64 {
    let mut sum = start;
    for ((&x, &y), &scale) in query.iter().zip(row).zip(scales) {
        if sum > bound {
            return sum;
        }
        sum += delta(x, y, scale);
    }
    sum
}

/// δ of two numbers. The minimum of NaN and 1 is 1: what one missing number costs.
fn delta(x: f64, y: f64, scale: f64) -> f64 {
    if x.is_nan() && y.is_nan() { 0.0 } else { ((x - y).abs() / scale).min(1.0) }
}

/// The query of a place in the order.
fn row_of(place: u64) -> usize {
    (place & u64::from(u32::MAX)) as usize
}

/// Columns turned into rows.
fn by_row<T: Copy>(columns: &[&[T]], rows: &[u32]) -> Vec<T> {
    let row = |&row: &u32| columns.iter().map(move |column| column[row as usize]);
    let mut values = Vec::with_capacity(columns.len() * rows.len());
    rows.iter().for_each(|one| values.extend(row(one)));
    values
}

/// What is asked: the queries, column by column, how many neighbours, and which pairs do not count.
struct Asked<'a> {
    numbers: Vec<&'a [f64]>,
    categories: Vec<&'a [u32]>,
    k: usize,
    excluded: Excluded<'a>,
}

/// One query.
#[derive(Default)]
struct Query {
    numbers: Vec<f64>,
    categories: Vec<u32>,
    codes: Vec<u8>,
}

impl Asked<'_> {
    /// Reads a query and codes it as the rows of `index` are.
    fn read(&self, index: &Index, row: usize, query: &mut Query) {
        query.numbers.clear();
        query.numbers.extend(self.numbers.iter().map(|values| values[row]));
        query.categories.clear();
        query.categories.extend(self.categories.iter().map(|codes| codes[row]));
        index.coder.row(&query.numbers, &query.categories, &mut query.codes);
    }

    /// The distance that a sum makes.
    fn distance(&self, sum: f64) -> f64 {
        sum / (self.numbers.len() + self.categories.len()).max(1) as f64
    }
}

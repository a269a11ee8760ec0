//! Exact nearest neighbours under the mixed distance of Gower 1971, Biometrics 27:857.
//!
//! d(x, y) = mean over columns of δ. A number: |x − y| / scale, at most 1. A category: 0 or 1. Both
//! missing: 0; one missing: 1.
//!
//! The sum is taken in one fixed order: the categories that differ, counted, then the numbers in
//! column order. Every term is at least 0 and rounding is monotone, so that a partial sum never
//! exceeds the whole: a row is abandoned once its partial sum exceeds the k-th best.
//!
//! Rows are coded as bytes (`code`), similar rows stand together (`order`), 64 to a leaf (`zone`). For
//! a query a lower bound of every leaf is told from bytes (`simd`); leaves are visited from the least
//! bound on until it exceeds the k-th best; in a leaf the same bounds leave few rows, whose sums are
//! computed as defined. No bound exceeds its sum, so that the result equals, bit for bit, that of
//! computing every pair.

#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::best::{Answer, Best, Nearest, Neighbour};
use super::code::{Coder, categories, numbers};
use super::fine::Fine;
use super::fold::fold;
use super::order::{Order, Source};
use super::simd::{Probe, Simd};
use super::zone::Zones;
use crate::encode::{Coded, Codes};

/// Queries that one thread searches in a row.
const CHUNK: usize = 512;

/// Rows that are remembered beyond `k` to bound the next query's search.
const SPARE: usize = 4;

/// Rounding of codes and sums stays far below this many units.
const SLACK: f64 = 1e-3;

/// Units that the second nearest row is away from a typical row, and most units that make one: among
/// numbers only, where each column costs a bound a unit, and with categories, whose bound is exact.
/// Measured: beyond, sums saturate and bounds tell nothing.
const UNITS: [(f64, f64); 2] = [(240.0, 127.0), (150.0, 64.0)];

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
    categories: Vec<u32>,
    /// The rows in order, and where each distinct row's copies start.
    rows: Vec<u32>,
    starts: Vec<u32>,
}

impl Index {
    /// Of `rows`; `scales` holds the scale of every number column in its unit, positive.
    #[must_use]
    pub fn build(rows: &Coded, scales: &[Option<f64>]) -> Self {
        let scales: Vec<f64> = (rows.columns.iter().zip(scales))
            .filter(|(codes, _)| matches!(codes, Codes::Number(_)))
            .map(|(_, scale)| scale.unwrap_or(1.0))
            .collect();
        let width = width(rows, &scales);
        Self::with(rows, scales, width, Simd::best())
    }

    fn with(rows: &Coded, scales: Vec<f64>, width: u8, simd: Simd) -> Self {
        let coder = Coder::new(rows, &scales, width);
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
        let categories = by_row(&categories(rows), &distinct);
        Self { coder, order, zones, fine, simd, scales, numbers, categories, rows: sorted, starts }
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

    fn search<A: Answer>(
        &self,
        queries: &Coded,
        k: usize,
        excluded: &(impl Fn(usize, usize) -> bool + Sync),
    ) -> Vec<A> {
        let (numbers, categories) = (numbers(queries), categories(queries));
        let mut places: Vec<u64> = (0..queries.rows)
            .into_par_iter()
            .map_init(Query::default, |query, row| {
                query.read(row, &numbers, &categories);
                self.coder.row(&query.numbers, &query.categories, &mut query.codes);
                u64::from(self.order.place(&query.codes, &query.numbers)) << 32 | row as u64
            })
            .collect();
        places.par_sort_unstable();
        let mut found: Vec<A> = Vec::new();
        found.resize_with(queries.rows, A::default);
        let chunks = found.par_chunks_mut(CHUNK).zip(places.par_chunks(CHUNK));
        chunks.for_each(|(found, places)| {
            let mut search = Search::new(self, k, queries.columns.len());
            let mut query = Query::default();
            for (found, &place) in found.iter_mut().zip(places) {
                query.read(row_of(place), &numbers, &categories);
                *found = search.run(&mut query, |other| !excluded(row_of(place), other));
            }
        });
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

    /// The sum of a distinct row, or something above `bound` as soon as that is certain.
    fn sum(&self, query: &Query, place: usize, bound: f64) -> f64 {
        let (numbers, categories) = (query.numbers.len(), query.categories.len());
        let row = &self.categories[place * categories..(place + 1) * categories];
        let differing: u32 = query.categories.iter().zip(row).map(|(a, b)| u32::from(a != b)).sum();
        let row = &self.numbers[place * numbers..(place + 1) * numbers];
        sum(f64::from(differing), &query.numbers, row, &self.scales, bound)
    }
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
pub(super) fn delta(x: f64, y: f64, scale: f64) -> f64 {
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

/// How many units make one: so many that bounds are fine, so few that a byte holds the distance to the
/// second nearest row, which is looked at in a sample.
fn width(rows: &Coded, scales: &[f64]) -> u8 {
    if scales.is_empty() {
        return 1;
    }
    let sample = |most: usize| (0..rows.rows).step_by(rows.rows.div_ceil(most).max(1));
    let (numbers, categories) = (numbers(rows), categories(rows));
    let pair = |a: usize, b: usize| {
        let differing = categories.iter().filter(|codes| codes[a] != codes[b]).count() as f64;
        let pairs = numbers.iter().zip(scales);
        pairs.fold(differing, |sum, (values, &scale)| sum + delta(values[a], values[b], scale))
    };
    let second = |row: usize| {
        let mut best = Best::new::<Nearest>(2);
        sample(2048)
            .filter(|&other| other != row)
            .for_each(|other| best.offer(pair(row, other), 0));
        Some(best.bound()).filter(|bound| bound.is_finite())
    };
    let mut seconds: Vec<f64> = sample(64).filter_map(second).collect();
    seconds.sort_by(f64::total_cmp);
    let typical = seconds.get(seconds.len() * 95 / 100).copied().unwrap_or(1.0);
    let (reach, most) = UNITS[usize::from(!categories.is_empty())];
    (reach / typical).clamp(1.0, most) as u8
}

/// One query.
#[derive(Default)]
struct Query {
    numbers: Vec<f64>,
    categories: Vec<u32>,
    codes: Vec<u8>,
}

impl Query {
    fn read(&mut self, row: usize, numbers: &[&[f64]], categories: &[&[u32]]) {
        self.numbers.clear();
        self.numbers.extend(numbers.iter().map(|values| values[row]));
        self.categories.clear();
        self.categories.extend(categories.iter().map(|codes| codes[row]));
    }
}

/// A run of searches, and what one leaves to the next.
struct Search<'a> {
    index: &'a Index,
    k: usize,
    columns: usize,
    probe: Probe,
    /// Bounds of leaves, and the leaves to visit, least bound first.
    unsorted: Vec<(u8, u32)>,
    leaves: Vec<(u8, u32)>,
    /// The distinct rows nearest to earlier queries.
    seeds: Vec<usize>,
    /// Rows that the present search found near.
    found: Vec<(f64, usize)>,
}

impl<'a> Search<'a> {
    fn new(index: &'a Index, k: usize, columns: usize) -> Self {
        let (probe, unsorted, leaves) = (Probe::default(), Vec::new(), Vec::new());
        let (seeds, found) = (Vec::new(), Vec::new());
        Self { index, k, columns, probe, unsorted, leaves, seeds, found }
    }

    fn run<A: Answer>(&mut self, query: &mut Query, counts: impl Fn(usize) -> bool) -> A {
        let index = self.index;
        index.coder.row(&query.numbers, &query.categories, &mut query.codes);
        index.zones.probe(&index.coder, &query.codes, &mut self.probe);
        let mut best = Best::new::<A>(self.k);
        let known = self.known(query, &counts);
        self.find_leaves(self.limit(known));
        let mut bound = known;
        for i in 0..self.leaves.len() {
            let (least, leaf) = self.leaves[i];
            let limit = self.limit(bound);
            if least > limit {
                break;
            }
            if index.fine.least(leaf as usize, &query.numbers, &index.scales) > bound {
                continue;
            }
            for place in index.zones.within(index.simd, leaf as usize, &self.probe, limit) {
                let sum = index.sum(query, place, bound);
                if sum <= bound {
                    self.offer(&mut best, sum, place, &counts);
                    bound = known.min(best.bound());
                }
            }
        }
        self.remember();
        A::of(best, self.k, |sum| sum / self.columns.max(1) as f64)
    }

    fn offer(&mut self, best: &mut Best, sum: f64, place: usize, counts: impl Fn(usize) -> bool) {
        for &row in self.index.copies(place).iter().filter(|&&row| counts(row as usize)) {
            best.offer(sum, row);
        }
        self.found.push((sum, place));
    }

    /// The largest bound in units that a row within `bound` can have.
    fn limit(&self, bound: f64) -> u8 {
        (bound * f64::from(self.index.coder.width) + SLACK) as u8
    }

    /// A sum that the `k`-th best does not exceed: there are as many rows within among the seeds.
    fn known(&self, query: &Query, counts: impl Fn(usize) -> bool) -> f64 {
        let mut best = Best::new::<Nearest>(self.k);
        for &place in &self.seeds {
            let sum = self.index.sum(query, place, f64::INFINITY);
            let copies = self.index.copies(place).iter().filter(|&&row| counts(row as usize));
            copies.take(self.k.max(1)).for_each(|&row| best.offer(sum, row));
        }
        best.bound()
    }

    /// The leaves within `limit`, least bound first: sorted by counting.
    fn find_leaves(&mut self, limit: u8) {
        let (simd, found, mut counts) = (self.index.simd, &mut self.unsorted, [0_u32; 256]);
        found.clear();
        self.index.zones.leaves(simd, &self.probe, limit, |bound, leaf| {
            counts[usize::from(bound)] += 1;
            found.push((bound, leaf as u32));
        });
        let mut start = 0;
        for count in &mut counts[..=usize::from(limit)] {
            start += *count;
            *count = start - *count;
        }
        self.leaves.clear();
        self.leaves.resize(found.len(), (0, 0));
        for &(bound, leaf) in found.iter() {
            let place = &mut counts[usize::from(bound)];
            self.leaves[*place as usize] = (bound, leaf);
            *place += 1;
        }
    }

    /// Keeps the nearest rows as seeds for the next search, and earlier ones where those are few.
    fn remember(&mut self) {
        let keep = self.k + SPARE;
        if self.found.len() > keep {
            self.found.select_nth_unstable_by(keep, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            self.found.truncate(keep);
        }
        let found = &self.found;
        self.seeds.retain(|&place| found.iter().all(|&(_, other)| other != place));
        self.seeds.truncate(keep - found.len());
        self.seeds.extend(self.found.drain(..).map(|(_, place)| place));
        self.seeds.reverse();
    }
}

//! How rows are quantised, and in which way they are searched: told from samples of 64.

use super::super::best::{Best, Nearest};
use super::code::{categories, numbers};
use super::visit::Search;
use super::{Asked, Index, Query, Way, delta, row_of};
use crate::encode::Coded;

/// Queries and rows of a sample, at most.
const SAMPLE: (usize, usize) = (64, 2048);

/// Units that the second nearest row is away from a typical row, and most units that make one: among
/// numbers only, where each column costs a bound a unit, and with categories, whose bound is exact.
/// Measured: beyond, sums saturate and bounds tell nothing.
const UNITS: [(f64, f64); 2] = [(240.0, 127.0), (150.0, 64.0)];

/// A sample is not looked at for fewer queries than this, nor for fewer leaves.
const MANY: (usize, usize) = (1024, 64);

/// Visiting a leaf costs as much as scanning so many, because those stand next to one another and are
/// shared by a tile of queries. Measured: 1.1 to 1.4 among numbers, 1.7 to 1.9 among categories.
const VISIT: f64 = 1.5;

/// How many units make one: so many that bounds are fine, so few that a byte holds the distance to the
/// second nearest row, which is looked at in a sample.
pub(super) fn units(rows: &Coded, scales: &[f64]) -> u8 {
    if scales.is_empty() {
        return 1;
    }
    let (numbers, categories) = (numbers(rows), categories(rows));
    let pair = |a: usize, b: usize| {
        let differing = categories.iter().filter(|codes| codes[a] != codes[b]).count() as f64;
        let pairs = numbers.iter().zip(scales);
        pairs.fold(differing, |sum, (values, &scale)| sum + delta(values[a], values[b], scale))
    };
    let second = |row: usize| {
        let mut best = Best::new::<[f64; 0]>(2);
        let others = sample(rows.rows, SAMPLE.1).filter(|&other| other != row);
        others.for_each(|other| best.offer(pair(row, other), 0));
        Some(best.bound()).filter(|bound| bound.is_finite())
    };
    let mut seconds: Vec<f64> = sample(rows.rows, SAMPLE.0).filter_map(second).collect();
    seconds.sort_by(f64::total_cmp);
    let typical = seconds.get(seconds.len() * 95 / 100).copied().unwrap_or(1.0);
    let (reach, most) = UNITS[usize::from(!categories.is_empty())];
    (reach / typical).clamp(1.0, most) as u8
}

/// Numbers up to `all`, at equal steps.
fn sample(all: usize, most: usize) -> impl Iterator<Item = usize> {
    (0..all).step_by(all.div_ceil(most).max(1))
}

/// The cheaper way, once it is known; `places` are the queries in order.
pub(super) fn way(index: &Index, asked: &Asked<'_>, places: &[u64]) -> Way {
    let units = index.coder.width;
    let leaves = index.zones.count();
    if places.len() < MANY.0 || leaves < MANY.1 {
        return index.way.get().copied().unwrap_or(Way::Zones { units });
    }
    let choose = || {
        let share = visited(index, asked, places) / leaves as f64;
        if share * VISIT > 1.0 { Way::Scan { units } } else { Way::Zones { units } }
    };
    *index.way.get_or_init(choose)
}

/// The leaves that a query visits on average, in a sample.
fn visited(index: &Index, asked: &Asked<'_>, places: &[u64]) -> f64 {
    let (mut search, mut query) = (Search::new(index, asked), Query::default());
    let mut count = 0;
    for place in sample(places.len(), SAMPLE.0) {
        let row = row_of(places[place]);
        asked.read(index, row, &mut query);
        search.run::<Nearest>(&query, row);
        count += 1;
    }
    search.visited as f64 / f64::from(count.max(1))
}

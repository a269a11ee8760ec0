//! The best rows so far of one query: its smallest sums, and every row at the smallest or within the
//! last of them.

use std::cmp::Ordering;

/// What is near one query.
#[derive(Default)]
pub struct Nearest {
    /// The smallest distances, ascending: as many as were asked for, or as there are rows that are
    /// not excluded. Equal distances count each.
    pub distances: Vec<f64>,
    /// Every row at the smallest distance, ascending. Equality is that of the sum over columns, to
    /// the last bit.
    pub ties: Vec<u32>,
}

/// A row near a query.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Neighbour {
    /// Which row.
    pub row: u32,
    /// How far it is.
    pub distance: f64,
}

/// What a search tells of a query.
pub(super) trait Answer: Default + Send {
    /// Whether it names every row within the `k`-th sum.
    const ALL: bool;

    /// From the best rows; `distance` turns a sum into a distance.
    fn of(best: Best, k: usize, distance: impl Fn(f64) -> f64) -> Self;
}

impl Answer for Nearest {
    const ALL: bool = false;

    fn of(mut best: Best, k: usize, distance: impl Fn(f64) -> f64) -> Self {
        best.ties.sort_unstable();
        let distances = best.sums.into_iter().take(k).map(distance).collect();
        Self { distances, ties: best.ties }
    }
}

impl Answer for Vec<Neighbour> {
    const ALL: bool = true;

    fn of(mut best: Best, k: usize, distance: impl Fn(f64) -> f64) -> Self {
        if k == 0 {
            return Self::new();
        }
        best.drop_far();
        best.rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let rows = best.rows.into_iter();
        rows.map(|(sum, row)| Neighbour { row, distance: distance(sum) }).collect()
    }
}

/// Sums for which space is made beforehand, at most.
const SMALL: usize = 64;

/// Sums offered in any order; what is kept does not depend on the order.
pub(super) struct Best {
    k: usize,
    sums: Vec<f64>,
    ties: Vec<u32>,
    /// Rows within the `k`-th sum, and some that were within it earlier; only if all are asked for.
    rows: Vec<(f64, u32)>,
    all: bool,
    full: usize,
}

impl Best {
    /// Keeps what the answer needs of the `k` smallest, or of the smallest if none is asked for.
    pub(super) fn new<A: Answer>(k: usize) -> Self {
        let sums = Vec::with_capacity(k.clamp(1, SMALL));
        let full = SMALL.max(k.saturating_mul(2));
        Self { k: k.max(1), sums, ties: Vec::new(), rows: Vec::new(), all: A::ALL, full }
    }

    /// The largest sum that can still matter.
    pub(super) fn bound(&self) -> f64 {
        self.sums.get(self.k - 1).copied().unwrap_or(f64::INFINITY)
    }

    /// Takes note of a row. A row is offered once.
    pub(super) fn offer(&mut self, sum: f64, row: u32) {
        if self.all {
            self.keep(sum, row);
        } else {
            self.tie(sum, row);
        }
        if sum < self.bound() || self.sums.len() < self.k {
            let place = self.sums.partition_point(|&other| other <= sum);
            self.sums.truncate(self.k - 1);
            self.sums.insert(place, sum);
        }
    }

    fn tie(&mut self, sum: f64, row: u32) {
        let least = self.sums.first().copied().unwrap_or(f64::INFINITY);
        match sum.total_cmp(&least) {
            Ordering::Less => {
                self.ties.clear();
                self.ties.push(row);
            }
            Ordering::Equal => self.ties.push(row),
            Ordering::Greater => {}
        }
    }

    /// Rows that are no longer within the bound are dropped when they are half of those kept.
    fn keep(&mut self, sum: f64, row: u32) {
        if sum > self.bound() {
            return;
        }
        self.rows.push((sum, row));
        if self.rows.len() > self.full {
            self.drop_far();
            self.full = self.full.max(2 * self.rows.len());
        }
    }

    fn drop_far(&mut self) {
        let bound = self.bound();
        self.rows.retain(|&(sum, _)| sum <= bound);
    }
}

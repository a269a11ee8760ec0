//! The best rows so far of one query: its smallest sums, and every row at the smallest.

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

/// Sums for which space is made beforehand, at most.
const SMALL: usize = 64;

/// Sums offered in any order; what is kept does not depend on the order.
pub(super) struct Best {
    k: usize,
    sums: Vec<f64>,
    ties: Vec<u32>,
}

impl Best {
    /// Keeps the `k` smallest, or the smallest only if none is asked for: the ties are always told.
    pub(super) fn new(k: usize) -> Self {
        Self { k: k.max(1), sums: Vec::with_capacity(k.clamp(1, SMALL)), ties: Vec::new() }
    }

    /// The largest sum that can still matter.
    pub(super) fn bound(&self) -> f64 {
        self.sums.get(self.k - 1).copied().unwrap_or(f64::INFINITY)
    }

    /// Takes note of a row. A row is offered once.
    pub(super) fn offer(&mut self, sum: f64, row: u32) {
        let least = self.sums.first().copied().unwrap_or(f64::INFINITY);
        match sum.total_cmp(&least) {
            Ordering::Less => {
                self.ties.clear();
                self.ties.push(row);
            }
            Ordering::Equal => self.ties.push(row),
            Ordering::Greater => {}
        }
        if sum < self.bound() || self.sums.len() < self.k {
            let place = self.sums.partition_point(|&other| other <= sum);
            self.sums.truncate(self.k - 1);
            self.sums.insert(place, sum);
        }
    }

    /// The `k` smallest, each sum turned into a distance.
    pub(super) fn finish(mut self, k: usize, distance: impl Fn(f64) -> f64) -> Nearest {
        self.ties.sort_unstable();
        Nearest {
            distances: self.sums.into_iter().take(k).map(distance).collect(),
            ties: self.ties,
        }
    }
}

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

/// Which rows are named beside the smallest sums.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// None.
    Nobody,
    /// Those at the smallest sum.
    Nearest,
    /// Those within the `k`-th sum.
    All,
}

/// What a search tells of a query.
pub(super) trait Answer: Sized + Send {
    /// Which rows it names.
    const NAMED: Named;

    /// That of a query that has not been searched.
    fn none() -> Self;

    /// From the best rows; `distance` turns a sum into a distance.
    fn of(best: Best, distance: impl Fn(f64) -> f64) -> Self;
}

impl Answer for Nearest {
    const NAMED: Named = Named::Nearest;

    fn none() -> Self {
        Self::default()
    }

    fn of(mut best: Best, distance: impl Fn(f64) -> f64) -> Self {
        best.ties.sort_unstable();
        let distances = best.sums.into_iter().take(best.asked).map(distance).collect();
        Self { distances, ties: best.ties }
    }
}

impl Answer for Vec<Neighbour> {
    const NAMED: Named = Named::All;

    fn none() -> Self {
        Self::new()
    }

    fn of(mut best: Best, distance: impl Fn(f64) -> f64) -> Self {
        if best.asked == 0 {
            return Self::new();
        }
        best.drop_far();
        best.rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let rows = best.rows.into_iter();
        rows.map(|(sum, row)| Neighbour { row, distance: distance(sum) }).collect()
    }
}

/// The smallest distances, infinite where there are fewer rows.
impl<const K: usize> Answer for [f64; K] {
    const NAMED: Named = Named::Nobody;

    fn none() -> Self {
        [f64::INFINITY; K]
    }

    fn of(best: Best, distance: impl Fn(f64) -> f64) -> Self {
        let mut all = Self::none();
        let sums = best.sums.into_iter().take(best.asked);
        all.iter_mut().zip(sums).for_each(|(slot, sum)| *slot = distance(sum));
        all
    }
}

/// Sums for which space is made beforehand, at most.
const SMALL: usize = 64;

/// Sums offered in any order; what is kept does not depend on the order.
pub(super) struct Best {
    /// As many sums as were asked for, and as are kept: one if none was asked for.
    asked: usize,
    k: usize,
    sums: Vec<f64>,
    named: Named,
    /// Rows at the smallest sum; only if those are asked for.
    ties: Vec<u32>,
    /// Rows within the `k`-th sum, and some that were within it earlier; only if all are asked for.
    rows: Vec<(f64, u32)>,
    full: usize,
}

impl Best {
    /// Keeps what the answer needs of the `k` smallest, or of the smallest if none is asked for.
    pub(super) fn new<A: Answer>(k: usize) -> Self {
        let sums = Vec::with_capacity(k.clamp(1, SMALL));
        let full = SMALL.max(k.saturating_mul(2));
        let (ties, rows) = (Vec::new(), Vec::new());
        Self { asked: k, k: k.max(1), sums, named: A::NAMED, ties, rows, full }
    }

    /// The largest sum that can still matter.
    pub(super) fn bound(&self) -> f64 {
        self.sums.get(self.k - 1).copied().unwrap_or(f64::INFINITY)
    }

    /// How many rows with one sum can matter.
    pub(super) fn most(&self) -> usize {
        if self.named == Named::Nobody { self.k } else { usize::MAX }
    }

    /// Whether nothing that can be offered matters any more.
    pub(super) fn is_settled(&self) -> bool {
        self.named == Named::Nobody && self.bound() <= 0.0
    }

    /// Takes note of a row. A row is offered once.
    pub(super) fn offer(&mut self, sum: f64, row: u32) {
        match self.named {
            Named::Nobody => {}
            Named::Nearest => self.tie(sum, row),
            Named::All => self.keep(sum, row),
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

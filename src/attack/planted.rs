//! Counting, cell by cell, how many of the planted persons an attack sees.

use crate::audit::{Cell, Plants, Round};
use crate::evidence::Planting;

/// Plants seen and planted, in the order of [`Cell::all`].
pub(super) struct Tally {
    counts: Vec<(f64, u64)>,
    share: f64,
}

impl Tally {
    /// Nothing counted yet of `plants`.
    pub(super) fn new(plants: &Plants) -> Self {
        let share = |round: &Round| {
            round.rows.rows as f64 / (plants.kept.len() + round.rows.rows).max(1) as f64
        };
        Self {
            counts: vec![(0.0, 0); Cell::all().len()],
            share: plants.rounds.iter().map(share).fold(0.0, f64::max),
        }
    }

    /// One planted person more, seen with `success` from 0 to 1.
    pub(super) fn add(&mut self, cell: Cell, success: f64) {
        if let Some(place) = Cell::all().iter().position(|other| *other == cell) {
            self.counts[place].0 += success;
            self.counts[place].1 += 1;
        }
    }

    /// The cells in which somebody was planted. Shared successes are rounded down: a positive control
    /// shows no more than it saw.
    pub(super) fn plantings(&self) -> Vec<Planting> {
        let cells = Cell::all();
        let planting = |(cell, &(seen, of)): (&Cell, &(f64, u64))| Planting {
            cell: cell.name(),
            true_value: self.share,
            detected: ((seen + ROUNDING) as u64).min(of),
            of,
        };
        cells.iter().zip(&self.counts).map(planting).filter(|planting| planting.of > 0).collect()
    }
}

/// A sum of thirds that should be whole is a little less in doubles.
const ROUNDING: f64 = 1e-9;

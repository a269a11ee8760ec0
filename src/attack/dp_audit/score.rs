//! What an adversary sees of each canary in the rows that the generator made.

use rayon::prelude::*;

use super::canary::Canaries;
use crate::attack::frame::Frame;
use crate::attack::queries::Queries;
use crate::encode::{Coded, Joint};
use crate::nearest::nearest;
use crate::random::Seed;
use crate::table::Table;

/// How a canary is scored: higher where it seems to be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Score {
    /// Minus the distance to the nearest row.
    Nearest,
    /// Rows that agree with it in random sets of columns, beyond what the known records lead to expect.
    Matches,
}

pub(super) const SCORES: [Score; 2] = [Score::Nearest, Score::Matches];

impl Score {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nearest => "distance to the nearest row",
            Self::Matches => "rows that agree in random sets of columns",
        }
    }
}

/// What is looked at, fixed before any table is made. Holds records.
pub(super) struct Lookout {
    frame: Frame,
    queries: Queries,
    canaries: Coded,
    /// For each canary and set of columns: agreeing records that are in, the canaries by half.
    known: Vec<Vec<f64>>,
    /// How many records are in, all canaries but one by half.
    weight: f64,
}

impl Lookout {
    pub(super) fn new(joint: &Joint, canaries: &Canaries, queries: usize, seed: Seed) -> Self {
        let frame = Frame::new(joint, canaries.table());
        let queries = Queries::new(&frame.joint, queries, seed);
        let rows = &frame.joint.train;
        let base = rows.select(&(0..canaries.base).collect::<Vec<_>>());
        let own = rows.select(&(canaries.base..rows.rows).collect::<Vec<_>>());
        let known = |canary: usize| -> Vec<f64> {
            let certain = queries.count(&base, &own, canary);
            let others = queries.count(&own, &own, canary);
            // The canary agrees with itself, of which nothing is known.
            let pairs = certain.iter().zip(others);
            pairs.map(|(&certain, others)| certain as f64 + (others - 1) as f64 / 2.0).collect()
        };
        let known = (0..own.rows).into_par_iter().map(known).collect();
        let weight = canaries.base as f64 + canaries.count.saturating_sub(1) as f64 / 2.0;
        Self { queries, known, weight, canaries: own, frame }
    }

    /// Every score of every canary, in the order of [`SCORES`].
    pub(super) fn scores(&self, made: &Table) -> [Vec<f64>; SCORES.len()] {
        let rows = self.frame.code(made);
        let found = nearest(&self.canaries, &rows, &self.frame.joint.scales, 1, |_, _| false);
        let near = found.iter().map(|near| -near.distances.first().copied().unwrap_or(1.0));
        let matches = (0..self.canaries.rows).into_par_iter();
        let matches = matches.map(|canary| self.matches(&rows, canary));
        [near.collect(), matches.collect()]
    }

    /// The sum over sets of columns of (found − expected)/√(expected + 1): each about as uncertain as the others.
    fn matches(&self, rows: &Coded, canary: usize) -> f64 {
        let found = self.queries.count(rows, &self.canaries, canary);
        let share = rows.rows as f64 / self.weight.max(1.0);
        let pairs = found.iter().zip(&self.known[canary]);
        let terms = pairs.map(|(&found, known)| {
            let expected = share * known;
            (found as f64 - expected) / (expected + 1.0).sqrt()
        });
        terms.sum()
    }
}

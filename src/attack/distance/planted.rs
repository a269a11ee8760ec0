//! The positive control: which planted rows the tests count against the release, and by whom.
//!
//! A planted person is seen by a test to the share of weight that their planted row, put into the release
//! with the others of its round, gives to the person themselves: by `share` wherever it lies, by
//! `tail-share` if it is among the closest rows of that release, and by `subset-share` over the subset that
//! sees most. A test rejects when enough rows do so; one row never makes it.

use super::pool::{Near, Pool};
use crate::attack::planted::Tally;
use crate::audit::Plants;
use crate::evidence::Planting;

/// What tests over some columns see of every plant, in the order of the rounds, from 0 to 1.
pub(super) struct Seen {
    whole: Vec<f64>,
    tail: Vec<f64>,
}

impl Seen {
    /// By a pool of real records to which the released rows are as `near` as that; tails are shares of the
    /// release.
    pub(super) fn by(
        pool: &Pool<'_>,
        columns: &[usize],
        plants: &Plants,
        near: &Near,
        tails: &[f64],
    ) -> Self {
        let mut kept: Vec<f64> = plants.kept.iter().map(|&row| near.closest[row]).collect();
        kept.sort_by(f64::total_cmp);
        let (mut whole, mut tail) = (Vec::new(), Vec::new());
        for round in &plants.rounds {
            let persons: Vec<u32> = round.plants.iter().map(|plant| plant.person).collect();
            let found = pool.planted(&round.rows.with_columns(columns), &persons);
            let mut added: Vec<f64> = found.iter().map(|(closest, _)| *closest).collect();
            added.sort_by(f64::total_cmp);
            let rows = kept.len() + added.len();
            let last = tails.iter().map(|&tail| super::pool::rank(tail, rows)).max().unwrap_or(0);
            for (closest, own) in found {
                // All rows tied at the cut are in the tail.
                let closer = [&kept, &added].map(|all| all.partition_point(|&d| d < closest));
                let inside = closer[0] + closer[1] < last;
                whole.push(own);
                tail.push(if inside { own } else { 0.0 });
            }
        }
        Self { whole, tail }
    }

    /// What the test over all rows sees, cell by cell.
    pub(super) fn share(&self, plants: &Plants) -> Vec<Planting> {
        plantings(plants, self.whole.iter().copied())
    }

    /// What the test over the closest rows sees.
    pub(super) fn tail_share(&self, plants: &Plants) -> Vec<Planting> {
        plantings(plants, self.tail.iter().copied())
    }

    /// What the worst of several subsets sees: each counts all rows, and its closest.
    pub(super) fn subset_share(subsets: &[Self], plants: &Plants) -> Vec<Planting> {
        let best = |i: usize| subsets.iter().map(|seen| seen.whole[i]).fold(0.0, f64::max);
        let count = subsets.first().map_or(0, |seen| seen.whole.len());
        plantings(plants, (0..count).map(best))
    }
}

fn plantings(plants: &Plants, seen: impl Iterator<Item = f64>) -> Vec<Planting> {
    let mut tally = Tally::new(plants);
    let all = plants.rounds.iter().flat_map(|round| &round.plants);
    all.zip(seen).for_each(|(plant, seen)| tally.add(plant.cell, seen));
    tally.plantings()
}

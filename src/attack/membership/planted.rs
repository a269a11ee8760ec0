//! The positive control: how many of the persons planted into this release a score sees.

use std::collections::HashMap;

use super::RATE;
use super::curve::{Key, descending, keyed};
use super::learned::{Models, scored};
use super::people::{Near, People, Samples};
use super::score::{Closeness, Score, merged};
use crate::audit::{Cell, Distances, Leak, Round};
use crate::evidence::Planting;

/// Plants seen and planted, by cell (in the order of [`Cell::all`]).
#[derive(Default)]
pub(super) struct Control {
    counts: Vec<[u64; 2]>,
    /// The largest share of a planted release that was planted.
    share: f64,
}

impl Control {
    /// The cells in which somebody was planted.
    pub(super) fn plantings(&self) -> Vec<Planting> {
        let planting = |(cell, &[detected, of]): (&Cell, &[u64; 2])| Planting {
            cell: cell.name(),
            true_value: self.share,
            detected,
            of,
        };
        let cells = Cell::all();
        cells.iter().zip(&self.counts).map(planting).filter(|planting| planting.of > 0).collect()
    }

    /// The smallest share seen over verbatim copies and copies with one number moved.
    pub(super) fn worst(&self) -> f64 {
        let plain = |cell: &Cell| matches!(cell.leak, Leak::Verbatim | Leak::OneNumeric);
        let cells = Cell::all();
        let counts = cells.iter().zip(&self.counts);
        let shares = counts.filter(|(cell, count)| plain(cell) && count[1] > 0);
        shares.map(|(_, count)| count[0] as f64 / count[1] as f64).fold(1.0, f64::min)
    }
}

/// For every score, what it sees of every other plant, and of those between.
pub(super) fn count(
    samples: &Samples<'_>,
    scores: &[Score],
    models: &Models<'_>,
) -> Vec<[Control; 2]> {
    let fresh = || Control { counts: vec![[0; 2]; Cell::all().len()], share: 0.0 };
    let mut controls: Vec<[Control; 2]> = scores.iter().map(|_| [fresh(), fresh()]).collect();
    if scores.is_empty() {
        return controls;
    }
    let plants = samples.audit.plants();
    for (number, (round, others)) in plants.rounds.iter().zip(samples.audit.planted()).enumerate() {
        let planted = Planted::new(samples, round, others);
        for (&score, halves) in scores.iter().zip(&mut controls) {
            let keys = match score {
                Score::Near(near) => Some(planted.near(near)),
                _ if number >= models.rounds(score) => None,
                _ => {
                    let learned = models.planted(score, &plants.kept, round);
                    learned.map(|learned| planted.keyed(|of, who| scored(&*learned, of, who)))
                }
            };
            let Some((others, members)) = keys else { continue };
            let share = round.rows.rows as f64 / (plants.kept.len() + round.rows.rows) as f64;
            halves.iter_mut().for_each(|half| half.share = half.share.max(share));
            tally(round, others, &members, halves);
        }
    }
    controls
}

/// Adds one round: the plants at or above the threshold of the non-members.
fn tally(round: &Round, others: Vec<Key>, members: &[Key], halves: &mut [Control; 2]) {
    let cells = Cell::all();
    let threshold = Threshold::of(others, RATE);
    for (i, (plant, key)) in round.plants.iter().zip(members).enumerate() {
        if let Some(cell) = cells.iter().position(|cell| *cell == plant.cell) {
            let [seen, of] = &mut halves[i % 2].counts[cell];
            *of += 1;
            *seen += u64::from(threshold.sees(key));
        }
    }
}

/// Where a person counts as seen.
#[derive(Clone, Copy)]
pub(super) struct Threshold(Option<Key>);

impl Threshold {
    /// Where nobody does.
    pub(super) const NOBODY: Self = Self(None);

    /// The largest rank whose expected false positive rate, r/(n + 1), is at most `rate`; with too few
    /// non-members for that, whoever scores above all of them is seen.
    pub(super) fn of(mut others: Vec<Key>, rate: f64) -> Self {
        others.sort_by(descending);
        let rank = (rate * (others.len() as f64 + 1.0)) as usize;
        match rank {
            0 => Self(others.first().map(|&(score, tie)| (score, tie.saturating_add(1)))),
            rank => Self(others.get(rank - 1).copied()),
        }
    }

    /// Without any non-member nobody is seen.
    pub(super) fn sees(&self, key: &Key) -> bool {
        self.0.is_some_and(|threshold| descending(key, &threshold).is_le())
    }
}

/// One planted release with the persons who are scored in it.
struct Planted<'a> {
    samples: &'a Samples<'a>,
    /// Non-members outside the validation part.
    judged: Vec<usize>,
    /// The persons planted, plant by plant.
    persons: Vec<usize>,
    /// Distances to the planted rows: of all holdout rows, and of the rows of planted persons.
    others: &'a Distances,
    members: HashMap<usize, Near>,
}

impl<'a> Planted<'a> {
    fn new(samples: &'a Samples<'a>, round: &Round, others: &'a Distances) -> Self {
        let persons: Vec<usize> = round.plants.iter().map(|plant| plant.person as usize).collect();
        let rows: Vec<usize> =
            persons.iter().flat_map(|&person| samples.members.rows[person].clone()).collect();
        let records = samples.members.coded.select(&rows);
        let found = Distances::once(samples.joint, &records, &round.rows);
        let members = rows.iter().enumerate().map(|(i, &row)| (row, *found.of(i))).collect();
        let judged = samples.others.part(false);
        Self { samples, judged, persons, others, members }
    }

    /// Non-members and planted persons by their distances.
    fn near(&self, score: Closeness) -> (Vec<Key>, Vec<Key>) {
        let Samples { members, others, .. } = self.samples;
        let of = |people: &People<'_>, row: usize, added: &Near| {
            score.of(&merged(people.near.kept.of(row), added), &people.reference[row])
        };
        let far = [f64::INFINITY; crate::audit::K];
        let other = others.largest(&self.judged, |row| of(others, row, self.others.of(row)));
        let member = members
            .largest(&self.persons, |row| of(members, row, self.members.get(&row).unwrap_or(&far)));
        self.with_ties(other, member)
    }

    /// The same by any score of persons.
    fn keyed(&self, scores: impl Fn(&People<'_>, &[usize]) -> Vec<f64>) -> (Vec<Key>, Vec<Key>) {
        let Samples { members, others, .. } = self.samples;
        self.with_ties(scores(others, &self.judged), scores(members, &self.persons))
    }

    fn with_ties(&self, others: Vec<f64>, members: Vec<f64>) -> (Vec<Key>, Vec<Key>) {
        (
            keyed(&self.samples.others, &self.judged, others),
            keyed(&self.samples.members, &self.persons, members),
        )
    }
}

//! The positive control: how many of the persons planted into this release the score sees.

use std::collections::HashMap;

use super::RATE;
use super::components::Components;
use super::curve::{Key, descending};
use super::group::Group;
use super::people::{Near, People, Samples};
use super::score::{Score, merged};
use crate::audit::{Cell, Distances, Leak, Round};
use crate::evidence::Planting;

/// Plants seen and planted, by group and cell (in the order of [`Cell::all`]).
#[derive(Default)]
pub(super) struct Control {
    counts: Vec<Vec<[u64; 2]>>,
    /// The largest share of a planted release that was planted.
    share: f64,
}

impl Control {
    fn new(groups: usize) -> Self {
        Self { counts: vec![vec![[0; 2]; Cell::all().len()]; groups], share: 0.0 }
    }

    /// The cells of a group. Among unusual persons, those planted as anybody and those planted as
    /// outliers are drawn alike: both cells carry the count of both.
    pub(super) fn plantings(&self, group: usize) -> Vec<Planting> {
        let Some(counts) = self.counts.get(group) else { return Vec::new() };
        let cells = Cell::all();
        let of = |cell: &Cell| {
            let alike = |other: &Cell| other.leak == cell.leak && (group > 0 || other == cell);
            let pooled = cells.iter().zip(counts).filter(|(other, _)| alike(other));
            let [detected, of] =
                pooled.fold([0; 2], |sum, (_, count)| [sum[0] + count[0], sum[1] + count[1]]);
            Planting { cell: cell.name(), true_value: self.share, detected, of }
        };
        cells.iter().map(of).filter(|planting| planting.of > 0).collect()
    }

    /// The smallest share seen over verbatim copies and copies with one number moved.
    pub(super) fn worst(&self) -> f64 {
        let plain = |cell: &Cell| matches!(cell.leak, Leak::Verbatim | Leak::OneNumeric);
        let cells = Cell::all();
        let counts = self.counts.iter().take(1).flat_map(|counts| cells.iter().zip(counts));
        let shares = counts.filter(|(cell, count)| plain(cell) && count[1] > 0);
        shares.map(|(_, count)| count[0] as f64 / count[1] as f64).fold(1.0, f64::min)
    }
}

/// For every score, what it sees of every other plant, and of those between.
pub(super) fn count(
    samples: &Samples<'_>,
    scores: &[Score],
    components: Option<&Components>,
    groups: &[Group],
) -> Vec<[Control; 2]> {
    let fresh = || [Control::new(groups.len()), Control::new(groups.len())];
    let mut controls: Vec<[Control; 2]> = scores.iter().map(|_| fresh()).collect();
    let plants = samples.audit.plants();
    for (round, others) in plants.rounds.iter().zip(samples.audit.planted()) {
        let planted = Planted::new(samples, round, others);
        for (&score, halves) in scores.iter().zip(&mut controls) {
            let scored = match (score, components) {
                (Score::Components, Some(components)) => {
                    let kernel = components.planted(samples, round);
                    kernel.map(|kernel| {
                        planted.keyed(|people, persons| components.ratios(&kernel, people, persons))
                    })
                }
                _ => Some(planted.near(score)),
            };
            let Some((others, members)) = scored else { continue };
            let share = round.rows.rows as f64 / (plants.kept.len() + round.rows.rows) as f64;
            halves.iter_mut().for_each(|half| half.share = half.share.max(share));
            tally(&planted, &others, &members, groups, halves);
        }
    }
    controls
}

/// Adds one round: per group the plants at or above the threshold of the non-members.
fn tally(
    planted: &Planted<'_>,
    others: &[Key],
    members: &[Key],
    groups: &[Group],
    halves: &mut [Control; 2],
) {
    let cells = Cell::all();
    let samples = planted.samples;
    for (place, group) in groups.iter().enumerate() {
        let within = planted.judged.iter().zip(others);
        let within = within.filter(|(person, _)| group.holds(samples.others.rarity[**person]));
        let threshold = threshold(within.map(|(_, key)| *key).collect());
        for (i, (plant, key)) in planted.round.plants.iter().zip(members).enumerate() {
            let cell = cells.iter().position(|cell| *cell == plant.cell);
            let inside = group.holds(samples.members.rarity[plant.person as usize]);
            if let (Some(cell), true) = (cell, inside) {
                let [seen, of] = &mut halves[i % 2].counts[place][cell];
                *of += 1;
                *seen += u64::from(threshold.sees(key));
            }
        }
    }
}

/// Where a person counts as seen.
struct Threshold(Option<Key>);

/// The largest rank whose expected false positive rate, r/(n + 1), is at most [`RATE`]; with too few
/// non-members for that, whoever scores above all of them is seen.
fn threshold(mut others: Vec<Key>) -> Threshold {
    others.sort_by(descending);
    let rank = (RATE * (others.len() as f64 + 1.0)) as usize;
    match rank {
        0 => Threshold(others.first().map(|&(score, tie)| (score, tie.saturating_add(1)))),
        rank => Threshold(others.get(rank - 1).copied()),
    }
}

impl Threshold {
    /// Without any non-member nobody is seen.
    fn sees(&self, key: &Key) -> bool {
        self.0.is_some_and(|threshold| descending(key, &threshold).is_le())
    }
}

/// One planted release with the persons who are scored in it.
struct Planted<'a> {
    samples: &'a Samples<'a>,
    round: &'a Round,
    /// Non-members outside the validation part.
    judged: Vec<usize>,
    /// The persons planted, plant by plant.
    persons: Vec<usize>,
    /// Distances to the planted rows: of all holdout rows, and of the rows of planted persons.
    others: &'a Distances,
    members: HashMap<usize, Near>,
}

impl<'a> Planted<'a> {
    fn new(samples: &'a Samples<'a>, round: &'a Round, others: &'a Distances) -> Self {
        let persons: Vec<usize> = round.plants.iter().map(|plant| plant.person as usize).collect();
        let rows: Vec<usize> =
            persons.iter().flat_map(|&person| samples.members.rows[person].clone()).collect();
        let records = samples.members.coded.select(&rows);
        let found = Distances::once(samples.joint, &records, &round.rows);
        let members = rows.iter().enumerate().map(|(i, &row)| (row, *found.of(i))).collect();
        let judged = samples.others.part(false);
        Self { samples, round, judged, persons, others, members }
    }

    /// Non-members and planted persons by a score of distances.
    fn near(&self, score: Score) -> (Vec<Key>, Vec<Key>) {
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
        let keyed = |people: &People<'_>, persons: &[usize], scores: Vec<f64>| {
            persons.iter().zip(scores).map(|(&person, score)| (score, people.tie[person])).collect()
        };
        (
            keyed(&self.samples.others, &self.judged, others),
            keyed(&self.samples.members, &self.persons, members),
        )
    }
}

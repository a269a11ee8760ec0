//! Groups of persons who are judged apart: an average over everybody hides them.
//!
//! In a group persons are scored by their distances, and each of its own persons can be planted alone: their
//! copy is one released row more. Threshold and plants are those of the group.

use super::curve::{Key, keyed, scores};
use super::learned::Models;
use super::people::{Near, Samples};
use super::planted::Threshold;
use super::score::{Closeness, Score, merged};
use crate::attack::groups::{groups, plants};
use crate::audit::{Cell, K, Leak, leak};
use crate::evidence::Planting;
use crate::nearest::nearest;
use crate::random::Seed;

/// Some of the persons.
pub(super) struct Group {
    pub(super) name: String,
    /// Whether each member, and each non-member, is one of them.
    pub(super) members: Vec<bool>,
    pub(super) others: Vec<bool>,
    /// The members, ascending.
    persons: Vec<u32>,
}

impl Group {
    /// Every group of the audit.
    pub(super) fn all(samples: &Samples<'_>) -> Vec<Self> {
        let sides = [&samples.members, &samples.others].map(|people| people.rows.len());
        let flags = |persons: &[u32], count: usize| {
            let mut inside = vec![false; count];
            persons.iter().for_each(|&person| inside[person as usize] = true);
            inside
        };
        let group = |group: crate::attack::groups::Group| Self {
            members: flags(&group.train, sides[0]),
            others: flags(&group.holdout, sides[1]),
            name: group.name,
            persons: group.train,
        };
        groups(samples.audit, &samples.members.rarity).into_iter().map(group).collect()
    }

    /// Whether no member is one of them.
    pub(super) fn is_empty(&self) -> bool {
        self.persons.is_empty()
    }

    /// What a score sees at a false positive rate of leaks of the group's own persons, each planted alone.
    pub(super) fn plantings(
        &self,
        samples: &Samples<'_>,
        models: &Models<'_>,
        (by, rate): (Closeness, f64),
        seed: Seed,
    ) -> Vec<Planting> {
        let mut rng = seed.part(&self.name).rng();
        let rarity = &samples.members.rarity;
        let drawn = plants(samples.audit, &self.persons, rarity, Cell::all().into_iter(), &mut rng);
        let threshold = Threshold::of(self.others(samples, models, by), rate);
        let count = |(cell, rows): (Cell, Vec<usize>)| {
            let keys = planted(samples, &rows, cell.leak, by, &mut rng);
            let detected = keys.iter().filter(|key| threshold.sees(key)).count() as u64;
            let of = rows.len() as u64;
            let share = of as f64 / self.persons.len() as f64;
            Planting { cell: cell.name(), true_value: share.min(1.0), detected, of }
        };
        drawn.into_iter().map(count).collect()
    }

    /// The keys of the non-members of the group who are judged.
    fn others(&self, samples: &Samples<'_>, models: &Models<'_>, by: Closeness) -> Vec<Key> {
        let others = &samples.others;
        let mut judged = others.part(false);
        judged.retain(|&person| self.others[person]);
        let scores = scores(others, &judged, Score::Near(by), models);
        keyed(others, &judged, scores)
    }
}

/// The keys of the persons of training `rows`, each with their own copy released too.
fn planted(
    samples: &Samples<'_>,
    rows: &[usize],
    kind: Leak,
    by: Closeness,
    rng: &mut rand_chacha::ChaCha12Rng,
) -> Vec<Key> {
    let (joint, members) = (samples.joint, &samples.members);
    let leaks: Vec<(usize, Leak)> = rows.iter().map(|&row| (row, kind)).collect();
    let copies = leak(joint, &leaks, rng);
    // Each record is searched among its own copy only.
    let own = |query: usize, row: usize| query != row;
    let found = nearest(&joint.train.select(rows), &copies, &joint.scales, 1, own);
    let key = |(near, &planted): (&crate::nearest::Nearest, &usize)| {
        let person = samples.audit.train_persons.of_row[planted] as usize;
        let mut copy: Near = [f64::INFINITY; K];
        copy[0] = near.distances.first().copied().unwrap_or(f64::INFINITY);
        let score = |row: usize| {
            let released = members.near.released.of(row);
            let with_copy = merged(released, &copy);
            let released = if row == planted { &with_copy } else { released };
            by.of(released, &members.reference[row])
        };
        (members.largest(&[person], score)[0], members.tie[person])
    };
    found.iter().zip(rows).map(key).collect()
}

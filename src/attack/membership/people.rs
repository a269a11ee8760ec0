//! Who is scored against whom: halves of train and holdout, the validation part, and how near every
//! record is to its reference half.

use rand::RngExt;
use rand::seq::SliceRandom;

use crate::audit::{Audit, Distances, K, Side};
use crate::encode::{Coded, Joint};
use crate::nearest::Index;
use crate::random::Seed;
use crate::table::Persons;

/// Distances of a record to its nearest rows, ascending.
pub(super) type Near = [f64; K];

/// The persons of one sample.
pub(super) struct People<'a> {
    /// Their records, coded.
    pub(super) coded: &'a Coded,
    /// Their shared neighbour tables.
    pub(super) near: &'a Side,
    /// The rows of each.
    pub(super) rows: Vec<Vec<usize>>,
    /// The half each belongs to, 0 or 1.
    pub(super) half: Vec<usize>,
    /// Whether the score is chosen on them; the others are judged.
    pub(super) validation: Vec<bool>,
    /// A random number each, which orders equal scores.
    pub(super) tie: Vec<u64>,
    /// How unusual each is.
    pub(super) rarity: Vec<f64>,
    /// Row by row, the distances to the reference half.
    pub(super) reference: Vec<Near>,
}

/// Members, non-members and the reference halves.
pub(super) struct Samples<'a> {
    pub(super) audit: &'a Audit,
    pub(super) joint: &'a Joint,
    pub(super) members: People<'a>,
    pub(super) others: People<'a>,
    /// The holdout rows that persons of either half are judged against: those of the other half.
    pub(super) references: [Vec<usize>; 2],
}

impl<'a> Samples<'a> {
    /// Draws halves and validation parts; nothing without a holdout.
    pub(super) fn draw(audit: &'a Audit, validation: f64, seed: Seed) -> Option<Self> {
        let (joint, near) = (audit.joint(), audit.neighbours());
        let (holdout, persons) = joint.holdout.as_ref().zip(audit.holdout_persons.as_ref())?;
        let (train, beside) = (&near.train, near.holdout.as_ref()?);
        let draw = |coded, near, persons, rarity, name| {
            People::draw(coded, near, persons, rarity, validation, seed.part(name))
        };
        let rarity = near.train_rarity(&audit.train_persons);
        let mut members = draw(&joint.train, train, &audit.train_persons, rarity, "members");
        let rarity = near.holdout_rarity(persons)?;
        let mut others = draw(holdout, beside, persons, rarity, "non-members");
        let references = [1, 0].map(|half| others.rows_of_half(half));
        let indices =
            (references.each_ref()).map(|rows| Index::build(&holdout.select(rows), &joint.scales));
        members.measure(&indices);
        others.measure(&indices);
        Some(Self { audit, joint, members, others, references })
    }
}

impl<'a> People<'a> {
    /// Orders persons by what does not depend on the order of rows or columns or on units (the
    /// distances of their records), then draws.
    fn draw(
        coded: &'a Coded,
        near: &'a Side,
        persons: &Persons,
        rarity: Vec<f64>,
        validation: f64,
        seed: Seed,
    ) -> Self {
        let count = persons.count;
        let mut rows = vec![Vec::new(); count];
        for (row, &person) in persons.of_row.iter().enumerate() {
            rows[person as usize].push(row);
        }
        let key = |rows: &Vec<usize>| {
            let bits = |row: &usize| (near.real.of(*row), near.released.of(*row));
            let mut keys: Vec<[[u64; K]; 2]> = (rows.iter().map(bits))
                .map(|(real, released)| [real, released].map(|near| near.map(f64::to_bits)))
                .collect();
            keys.sort_unstable();
            keys
        };
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_cached_key(|&person| key(&rows[person]));
        let mut rng = seed.rng();
        order.shuffle(&mut rng);
        let first = (validation * count as f64).ceil() as usize;
        let mut drawn = Self {
            coded,
            near,
            rows,
            half: vec![0; count],
            validation: vec![false; count],
            tie: vec![0; count],
            rarity,
            reference: vec![[f64::INFINITY; K]; coded.rows],
        };
        for (place, person) in order.into_iter().enumerate() {
            drawn.half[person] = place % 2;
            drawn.validation[person] = place < first;
            drawn.tie[person] = rng.random();
        }
        drawn
    }

    /// Fills in the distances to the reference halves.
    fn measure(&mut self, references: &[Index; 2]) {
        for (half, reference) in references.iter().enumerate() {
            let rows = self.rows_of_half(half);
            let found = Distances::new(&self.coded.select(&rows), reference, |_, _| false);
            rows.iter().enumerate().for_each(|(i, &row)| self.reference[row] = *found.of(i));
        }
    }

    /// The rows of all persons of one half, ascending.
    fn rows_of_half(&self, half: usize) -> Vec<usize> {
        let persons = (0..self.rows.len()).filter(|&person| self.half[person] == half);
        let mut rows: Vec<usize> = persons.flat_map(|person| self.rows[person].clone()).collect();
        rows.sort_unstable();
        rows
    }

    /// The persons of the validation part, or those who are judged.
    pub(super) fn part(&self, validation: bool) -> Vec<usize> {
        (0..self.rows.len()).filter(|&person| self.validation[person] == validation).collect()
    }

    /// The largest score of the records of each of `persons`.
    pub(super) fn largest(&self, persons: &[usize], score: impl Fn(usize) -> f64) -> Vec<f64> {
        let largest = |&person: &usize| {
            let rows = self.rows[person].iter();
            rows.map(|&row| score(row)).fold(f64::NEG_INFINITY, f64::max)
        };
        persons.iter().map(largest).collect()
    }
}

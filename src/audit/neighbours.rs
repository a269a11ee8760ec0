//! How near every real person is to other real persons, to the release and to what is planted into it:
//! the tables that several attacks and the positive controls share, computed once an audit.

use super::{Audit, plant};
use crate::encode::{Coded, Joint};
use crate::nearest::Index;
use crate::random::Seed;
use crate::table::Persons;

/// Neighbours of a record that are kept.
pub const K: usize = 5;

/// For each row its [`K`] smallest distances, ascending, each in [0, 1]; infinite where there are fewer
/// rows to be near to.
pub struct Distances(Vec<[f64; K]>);

impl Distances {
    /// The smallest distances of `queries` to the rows of `index`, pairs that are `excluded` aside.
    #[must_use]
    pub fn new(
        queries: &Coded,
        index: &Index,
        excluded: impl Fn(usize, usize) -> bool + Sync,
    ) -> Self {
        Self(index.distances(queries, excluded))
    }

    /// The smallest distances of `queries` to `rows`, which are searched this once.
    #[must_use]
    pub fn once(joint: &Joint, queries: &Coded, rows: &Coded) -> Self {
        Self::new(queries, &Index::build(rows, &joint.scales), |_, _| false)
    }

    /// The distances of one row, ascending.
    #[must_use]
    pub fn of(&self, row: usize) -> &[f64; K] {
        &self.0[row]
    }

    /// The distance of one row to the nearest; infinite without any.
    #[must_use]
    pub fn nearest(&self, row: usize) -> f64 {
        self.0[row][0]
    }

    /// The mean of the finite distances of a row, 0 without any.
    #[must_use]
    pub fn mean(&self, row: usize) -> f64 {
        let known: Vec<f64> = self.0[row].iter().copied().filter(|d| d.is_finite()).collect();
        if known.is_empty() { 0.0 } else { known.iter().sum::<f64>() / known.len() as f64 }
    }
}

/// The distances of one real sample.
pub struct Side {
    /// To the training records of other persons.
    pub real: Distances,
    /// To the released rows.
    pub released: Distances,
    /// To the released rows that stay when leaks are planted (see [`super::Plants`]).
    pub kept: Distances,
}

/// The distances of both real samples.
pub struct Neighbours {
    /// Of the training records.
    pub train: Side,
    /// Of the holdout, if there is one.
    pub holdout: Option<Side>,
}

impl Neighbours {
    /// Searches every real record among the others and in the release.
    #[must_use]
    pub(super) fn new(audit: &Audit) -> Self {
        let joint = audit.joint();
        let (train, released) = (audit.train_index(), audit.released_index());
        let kept = plant::kept(audit, Seed::new(audit.seed));
        let side = |rows: &Coded, excluded: &(dyn Fn(usize, usize) -> bool + Sync)| Side {
            real: Distances::new(rows, train, excluded),
            released: Distances::new(rows, released, |_, _| false),
            kept: Distances::new(rows, released, |_, row| kept.binary_search(&row).is_err()),
        };
        let person = &audit.train_persons.of_row;
        Self {
            train: side(&joint.train, &|query, row| person[query] == person[row]),
            holdout: joint.holdout.as_ref().map(|rows| side(rows, &|_, _| false)),
        }
    }

    /// For each planted release, how near the holdout is to its plants; nothing without a holdout.
    #[must_use]
    pub(super) fn planted(audit: &Audit) -> Vec<Distances> {
        let joint = audit.joint();
        let Some(holdout) = &joint.holdout else { return Vec::new() };
        let rounds = audit.plants().rounds.iter();
        rounds.map(|round| Distances::once(joint, holdout, &round.rows)).collect()
    }

    /// How unusual each training person is: the mean distance of their most unusual record to the
    /// [`K`] nearest records of other training persons, in [0, 1].
    #[must_use]
    pub fn train_rarity(&self, persons: &Persons) -> Vec<f64> {
        rarity(&self.train.real, persons)
    }

    /// The same of holdout persons, against the training records.
    #[must_use]
    pub fn holdout_rarity(&self, persons: &Persons) -> Option<Vec<f64>> {
        self.holdout.as_ref().map(|side| rarity(&side.real, persons))
    }
}

fn rarity(real: &Distances, persons: &Persons) -> Vec<f64> {
    let mut rarity = vec![0.0_f64; persons.count];
    for (row, &person) in persons.of_row.iter().enumerate() {
        let slot = &mut rarity[person as usize];
        *slot = slot.max(real.mean(row));
    }
    rarity
}

#[cfg(test)]
mod tests {
    use crate::audit::testing::audit;

    const SCHEMA: &str = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                          [columns.x]\nkind = \"continuous\"\nlower = 0\nupper = 10\n";

    /// Person 1 has the records 0 and 4, person 2 has 1, person 3 has 9; scale 10. Nearest other
    /// persons: 0 → .1 and .9, mean .5; 4 → .3 and .5, mean .4; so person 1's rarity is .5. Person 2:
    /// .1, .3, .8, mean .4. Person 3: .5, .8, .9. Holdout 2: .1, .2, .2, .7.
    #[test]
    fn hand_worked() {
        let audit = audit(SCHEMA, "id,x\n1,0\n1,4\n2,1\n3,9\n", Some("id,x\n7,2\n"), "id,x\n8,3\n");
        let neighbours = audit.neighbours();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        let rarity = neighbours.train_rarity(&audit.train_persons);
        [0.5, 0.4, 2.2 / 3.0].iter().zip(&rarity).for_each(|(a, b)| close(*a, *b));
        let persons = audit.holdout_persons.as_ref().unwrap();
        close(neighbours.holdout_rarity(persons).unwrap()[0], 1.2 / 4.0);
        close(neighbours.train.released.nearest(3), 0.6);
        assert!(
            neighbours.train.real.of(2)[2] < 0.9 && neighbours.train.real.of(2)[3].is_infinite()
        );
    }
}

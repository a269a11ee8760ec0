//! Known leaks, planted into the audited release: the positive controls of the attacks.
//!
//! An attack that reports nothing shows nothing unless it would have seen a leak in this very release.
//! So one row in a hundred of the release is replaced by records of training persons, verbatim or
//! disturbed a little, and every attack counts how many of them it sees. The rows that give way are the
//! same in all rounds, so that an attack searches the rows that stay only once; each round then
//! adds plants of its own, at most as many as rows gave way and none of one person twice.
//!
//! Planted are persons whose record differs from every other training person's: only they can be told
//! from others by their record.

use std::collections::HashSet;

use rand::RngExt;
use rand::seq::SliceRandom;
use rand::seq::index::sample;

use super::Audit;
use super::leak::leak;
use crate::encode::Coded;
use crate::random::Seed;

/// One of so many released rows gives way to plants.
const ONE_OF: usize = 100;

/// Plants of a cell, if there are as many persons to plant.
const PLANTS: usize = 400;

/// What is planted of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leak {
    /// The record as it is.
    Verbatim,
    /// One number moved by 0.1 % of its scale: one for which that is a step or more, or else the finest
    /// number, by a step.
    OneNumeric,
    /// Every number moved by one step.
    AllNumeric,
    /// One category replaced by another, drawn from the training records.
    OneCategorical,
    /// One number replaced by another, drawn from the training records; a category where a table has no
    /// number.
    OneReplaced,
    /// One value blanked, where the release has blanks in its column, or else replaced by the most frequent
    /// one.
    OneBlank,
}

/// Every kind of leak.
const LEAKS: [Leak; 6] = [
    Leak::Verbatim,
    Leak::OneNumeric,
    Leak::AllNumeric,
    Leak::OneCategorical,
    Leak::OneReplaced,
    Leak::OneBlank,
];

/// In whom it is planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Anybody.
    Uniform,
    /// The most unusual tenth.
    Outlier,
}

/// What is planted, and in whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// What is planted of a record.
    pub leak: Leak,
    /// In whom.
    pub target: Target,
}

impl Cell {
    /// Every cell: a leak in anybody, then in the most unusual, leak by leak.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let targets = [Target::Uniform, Target::Outlier];
        LEAKS.iter().flat_map(|&leak| targets.map(|target| Self { leak, target })).collect()
    }

    /// Its name in policies and evidence, as in `one-numeric/outlier`.
    #[must_use]
    pub fn name(self) -> String {
        let leak = match self.leak {
            Leak::Verbatim => "verbatim",
            Leak::OneNumeric => "one-numeric",
            Leak::AllNumeric => "all-numeric",
            Leak::OneCategorical => "one-categorical",
            Leak::OneReplaced => "one-replaced",
            Leak::OneBlank => "one-blank",
        };
        let target = match self.target {
            Target::Uniform => "uniform",
            Target::Outlier => "outlier",
        };
        format!("{leak}/{target}")
    }
}

/// One planted record.
pub struct Plant {
    /// What was planted, and in whom.
    pub cell: Cell,
    /// Whose it is.
    pub person: u32,
    /// The training row it was made from.
    pub row: usize,
}

/// One planted release: the rows that stay, and these.
pub struct Round {
    /// The planted rows, coded like the samples.
    pub rows: Coded,
    /// Row by row what was planted.
    pub plants: Vec<Plant>,
}

/// All planted releases.
pub struct Plants {
    /// The released rows that stay in every round, ascending.
    pub kept: Vec<usize>,
    /// The rounds.
    pub rounds: Vec<Round>,
}

impl Plants {
    /// Whether a released row stays in every round.
    #[must_use]
    pub fn keeps(&self, row: usize) -> bool {
        self.kept.binary_search(&row).is_ok()
    }

    /// Plants every cell into the release of `audit`.
    pub(super) fn new(audit: &Audit, seed: Seed) -> Self {
        let kept = kept(audit, Seed::new(audit.seed));
        let room = (audit.joint().synthetic.rows - kept.len()).max(1);
        let rarity = audit.neighbours().train_rarity(&audit.train_persons);
        let records = identifying(audit);
        let mut rng = seed.rng();
        let mut plants: Vec<Plant> = Vec::new();
        for cell in Cell::all() {
            let persons = targets(&records, &rarity, cell.target);
            let chosen = sample(&mut rng, persons.len(), PLANTS.min(persons.len())).into_vec();
            plants.extend(chosen.into_iter().map(|i| {
                let rows = &records[persons[i] as usize];
                Plant { cell, person: persons[i], row: rows[rng.random_range(0..rows.len())] }
            }));
        }
        plants.shuffle(&mut rng);
        let rounds = share_out(plants, room).into_iter();
        let rounds = rounds.map(|plants| {
            let chosen: Vec<(usize, Leak)> =
                plants.iter().map(|plant| (plant.row, plant.cell.leak)).collect();
            Round { rows: leak(audit.joint(), &chosen, &mut rng), plants }
        });
        Self { rounds: rounds.collect(), kept }
    }
}

/// The released rows that stay when one in [`ONE_OF`] gives way, one at the least, ascending.
pub(super) fn kept(audit: &Audit, seed: Seed) -> Vec<usize> {
    let rows = audit.joint().synthetic.rows;
    let given = (rows / ONE_OF).max(1).min(rows);
    let given: HashSet<usize> =
        sample(&mut seed.part("kept").rng(), rows, given).into_iter().collect();
    (0..rows).filter(|row| !given.contains(row)).collect()
}

/// For each training person, the records that differ from those of all others.
fn identifying(audit: &Audit) -> Vec<Vec<usize>> {
    let real = &audit.neighbours().train.real;
    let mut records = vec![Vec::new(); audit.train_persons.count];
    for (row, &person) in audit.train_persons.of_row.iter().enumerate() {
        if real.nearest(row) > 0.0 {
            records[person as usize].push(row);
        }
    }
    records
}

/// Persons with an identifying record: all, or the most unusual tenth of them.
fn targets(records: &[Vec<usize>], rarity: &[f64], target: Target) -> Vec<u32> {
    let mut persons: Vec<u32> =
        (0..).zip(records).filter(|(_, rows)| !rows.is_empty()).map(|(person, _)| person).collect();
    if target == Target::Outlier {
        let tenth = persons.len().div_ceil(10);
        persons.sort_by(|&a, &b| rarity[b as usize].total_cmp(&rarity[a as usize]).then(a.cmp(&b)));
        persons.truncate(tenth);
    }
    persons
}

/// Rounds of at most `room` plants, none with one person twice.
fn share_out(plants: Vec<Plant>, room: usize) -> Vec<Vec<Plant>> {
    let mut rounds: Vec<(Vec<Plant>, HashSet<u32>)> = Vec::new();
    let mut open = 0;
    for plant in plants {
        while rounds.get(open).is_some_and(|(plants, _)| plants.len() >= room) {
            open += 1;
        }
        let free = |(plants, persons): &(Vec<Plant>, HashSet<u32>)| {
            plants.len() < room && !persons.contains(&plant.person)
        };
        let place = (open..rounds.len()).find(|&round| free(&rounds[round]));
        let place = place.unwrap_or_else(|| {
            rounds.push((Vec::new(), HashSet::new()));
            rounds.len() - 1
        });
        let (plants, persons) = &mut rounds[place];
        persons.insert(plant.person);
        plants.push(plant);
    }
    rounds.into_iter().map(|(plants, _)| plants).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::audit;
    use crate::encode::Codes;

    const SCHEMA: &str = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                          [columns.x]\nkind = \"continuous\"\nlower = 0\nupper = 1000\nstep = 0.5\n\
                          [columns.y]\nkind = \"integer\"\nlower = 0\nupper = 10\nstep = 1\n\
                          [columns.c]\nkind = \"categorical\"\n";

    /// 600 persons of two records, no two alike, but persons 0 and 1, who are each other's doubles.
    fn planted() -> Audit {
        let mut train = "id,x,y,c\n".to_owned();
        for i in 0..1200 {
            let x = if i < 4 { i / 2 % 2 } else { i % 1000 };
            train += &format!(
                "{},{x}.{},{},{}\n",
                i % 600,
                i / 600 * 5 % 10,
                i % 7,
                ["a", "b", "c"][i % 3]
            );
        }
        let train = train.replacen("\n1,1.0,1,b\n", "\n1,0.0,0,a\n", 1);
        let mut released = "x,y,c\n".to_owned();
        for i in 0..500 {
            released += &format!("{},{},{}\n", i * 2, i % 11, ["a", "b", "c"][i % 3]);
        }
        audit(SCHEMA, &train, None, &released)
    }

    fn value(codes: &Codes, row: usize) -> f64 {
        match codes {
            Codes::Number(values) => values[row],
            Codes::Category(codes) => f64::from(codes[row]),
        }
    }

    /// Five of 500 rows give way, so that no round has more than five plants, of five persons; 400
    /// plants of each cell in anybody, and 60 in the most unusual tenth of 600.
    #[test]
    fn rounds_hold_one_in_a_hundred_and_nobody_twice() {
        let audit = planted();
        let plants = audit.plants();
        assert_eq!(plants.kept.len(), 495);
        for round in &plants.rounds {
            let persons: HashSet<u32> = round.plants.iter().map(|plant| plant.person).collect();
            assert!(persons.len() == round.plants.len() && round.plants.len() <= 5);
            assert_eq!(round.rows.rows, round.plants.len());
        }
        for cell in Cell::all() {
            let all = plants.rounds.iter().flat_map(|round| &round.plants);
            let of = all.filter(|plant| plant.cell == cell).count();
            assert_eq!(
                of,
                if cell.target == Target::Uniform { 400 } else { 60 },
                "{}",
                cell.name()
            );
        }
    }

    /// x may move by 0.1 % of 1000 = 1, two steps; y's step is a tenth of its scale: too coarse. All
    /// numbers move by a step: 0.5 and 1. One category differs, and nothing else.
    #[test]
    fn each_leak_disturbs_what_it_says() {
        let audit = planted();
        for round in &audit.plants().rounds {
            for (i, plant) in round.plants.iter().enumerate() {
                let joint = audit.joint();
                let moved: Vec<f64> = (0..3)
                    .map(|c| {
                        let from = value(&joint.train.columns[c], plant.row);
                        (value(&round.rows.columns[c], i) - from).abs()
                    })
                    .collect();
                let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
                let as_said = match plant.cell.leak {
                    Leak::Verbatim => moved.iter().all(|&by| near(by, 0.0)),
                    Leak::OneNumeric => near(moved[0], 1.0) && near(moved[1] + moved[2], 0.0),
                    Leak::AllNumeric => {
                        near(moved[0], 0.5) && near(moved[1], 1.0) && near(moved[2], 0.0)
                    }
                    Leak::OneCategorical => near(moved[0] + moved[1], 0.0) && moved[2] > 0.5,
                    Leak::OneReplaced => {
                        let numbers = moved[..2].iter().filter(|by| **by > 0.0).count();
                        numbers == 1 && near(moved[2], 0.0)
                    }
                    Leak::OneBlank => moved.iter().filter(|by| **by > 0.0).count() == 1,
                };
                assert!(as_said, "{}: {moved:?}", plant.cell.name());
            }
        }
    }

    /// A person's plant is one of their records, of persons without a double, and outliers are the rarest.
    #[test]
    fn plants_are_identifying_records_of_their_persons() {
        let audit = planted();
        let rarity = audit.neighbours().train_rarity(&audit.train_persons);
        let mut sorted = rarity.clone();
        sorted.sort_by(f64::total_cmp);
        let cut = sorted[540 - 2];
        for plant in audit.plants().rounds.iter().flat_map(|round| &round.plants) {
            assert_eq!(audit.train_persons.of_row[plant.row], plant.person);
            assert!(audit.neighbours().train.real.nearest(plant.row) > 0.0);
            if plant.cell.target == Target::Outlier {
                assert!(rarity[plant.person as usize] >= cut);
            }
        }
    }

    /// A table without numbers: one number moved is a verbatim copy, and one replaced a category changed. Person 0
    /// has the most frequent value of both columns (of equally frequent ones the first): nothing to blank.
    #[test]
    fn without_numbers_a_moved_number_is_a_copy() {
        let schema = "[columns.a]\nkind = \"categorical\"\n[columns.b]\nkind = \"categorical\"\n";
        let csv = |from: usize| {
            let rows = (0..40).map(|i| format!("a{},b{}\n", (i + from) % 20, i % 37));
            format!("a,b\n{}", rows.collect::<String>())
        };
        let audit = audit(schema, &csv(0), None, &csv(3));
        for round in &audit.plants().rounds {
            for (i, plant) in round.plants.iter().enumerate() {
                let differing = (0..2).filter(|&c| {
                    let from = value(&audit.joint().train.columns[c], plant.row);
                    (value(&round.rows.columns[c], i) - from).abs() > 0.5
                });
                let expected = match plant.cell.leak {
                    Leak::Verbatim | Leak::OneNumeric | Leak::AllNumeric => 0,
                    Leak::OneCategorical | Leak::OneReplaced => 1,
                    Leak::OneBlank => usize::from(plant.row != 0),
                };
                assert_eq!(differing.count(), expected);
            }
        }
    }
}

//! Groups of persons, and leaks of a group's own persons: an average hides people.
//!
//! Groups are the levels of the `protected` columns (numbers in quarters of the training persons), the most unusual
//! 10, 5 and 1 % of the persons (by the mean distance to the nearest records of others, their own left out), and the
//! persons whose keys fewer than eleven share. Levels of fewer than eleven training persons are pooled, column by
//! column.
//!
//! A group has a sensitivity of its own: persons of the group are planted one at a time, anybody and the most
//! unusual tenth (fifty at the least).

use std::collections::BTreeMap;

use rand::RngExt;
use rand::seq::index::sample;
use rand_chacha::ChaCha12Rng;

use super::keys::{binned, classes, key_columns};
use crate::audit::{Audit, Cell, Target};
use crate::encode::{Codes, quantile};
use crate::table::Persons;

/// Persons below which a group is pooled (CMS cell suppression: counts of 1 to 10 are not shown).
pub(super) const SMALL: usize = 11;

/// Levels of one column that are judged alone; rarer ones are pooled.
const LEVELS: usize = 200;

/// Persons planted for a cell of a group.
const PLANTS: usize = 200;

/// Unusual persons of a group that are planted at the least.
const UNUSUAL: usize = 50;

/// The most unusual shares of the persons.
const OUTLIERS: [(f64, &str); 3] = [(0.10, "10 %"), (0.05, "5 %"), (0.01, "1 %")];

/// A group of persons, on both sides of the split, by number, ascending.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) train: Vec<u32>,
    pub(super) holdout: Vec<u32>,
}

/// Every group; `rarity` is that of the training persons.
pub(super) fn groups(audit: &Audit, rarity: &[f64]) -> Vec<Group> {
    let joint = audit.joint();
    let mut groups = Vec::new();
    for (column, schema) in joint.schemas.iter().enumerate() {
        if schema.protected {
            groups.extend(levels(audit, column));
        }
    }
    groups.extend(outliers(audit, rarity));
    groups.extend(rare_keys(audit));
    groups
}

impl Group {
    /// Whether it has so many training persons that it is reported alone.
    pub(super) fn is_large(&self) -> bool {
        self.train.len() >= SMALL
    }
}

/// The levels of a column, named by number: a category is nobody's business.
pub(super) fn levels(audit: &Audit, column: usize) -> Vec<Group> {
    let joint = audit.joint();
    let train = level_of(&joint.train.columns[column], &joint.train.columns[column]);
    let mut persons = by_level(&train, &audit.train_persons);
    let mut others = match (&joint.holdout, &audit.holdout_persons) {
        (Some(rows), Some(persons)) => {
            by_level(&level_of(&rows.columns[column], &joint.train.columns[column]), persons)
        }
        _ => BTreeMap::new(),
    };
    // The largest, and of equal ones the first.
    let mut alone: Vec<(usize, u32)> = persons.iter().map(|(&l, p)| (p.len(), l)).collect();
    alone.retain(|(size, _)| *size >= SMALL);
    alone.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    alone.truncate(LEVELS);
    let name = &joint.names[column];
    let mut pooled = Group {
        name: format!("{name}: other groups pooled"),
        train: Vec::new(),
        holdout: Vec::new(),
    };
    let mut groups = Vec::new();
    for (number, level) in (1..).zip(persons.keys().copied().collect::<Vec<_>>()) {
        let train = persons.remove(&level).unwrap_or_default();
        let holdout = others.remove(&level).unwrap_or_default();
        if alone.iter().any(|(_, chosen)| *chosen == level) {
            groups.push(Group { name: format!("{name}: group {number}"), train, holdout });
        } else {
            pooled.train.extend(train);
            pooled.holdout.extend(holdout);
        }
    }
    pooled.train.sort_unstable();
    pooled.train.dedup();
    groups.push(pooled);
    groups
}

/// A number for each row's level: its category, or the quarter of the training values it lies in; a missing
/// value is a level of its own.
fn level_of(rows: &Codes, train: &Codes) -> Vec<u32> {
    match (rows, train) {
        (Codes::Category(codes), _) => codes.clone(),
        (Codes::Number(values), Codes::Number(train)) => {
            let mut known: Vec<f64> = train.iter().copied().filter(|x| !x.is_nan()).collect();
            known.sort_by(f64::total_cmp);
            let cuts: Vec<f64> =
                [0.25, 0.5, 0.75].iter().filter_map(|&p| quantile(&known, p)).collect();
            let quarter = |x: &f64| match x.is_nan() {
                true => u32::MAX,
                false => cuts.iter().filter(|cut| x > cut).count() as u32,
            };
            values.iter().map(quarter).collect()
        }
        (Codes::Number(values), Codes::Category(_)) => vec![0; values.len()],
    }
}

/// The persons with a row at each level.
fn by_level(levels: &[u32], persons: &Persons) -> BTreeMap<u32, Vec<u32>> {
    let mut found: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (&level, &person) in levels.iter().zip(&persons.of_row) {
        found.entry(level).or_default().push(person);
    }
    for members in found.values_mut() {
        members.sort_unstable();
        members.dedup();
    }
    found
}

fn outliers(audit: &Audit, rarity: &[f64]) -> Vec<Group> {
    let neighbours = audit.neighbours();
    let holdout =
        audit.holdout_persons.as_ref().and_then(|persons| neighbours.holdout_rarity(persons));
    let mut sorted = rarity.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at_least = |rarity: &[f64], cut: f64| -> Vec<u32> {
        (0..).zip(rarity).filter(|(_, r)| **r >= cut).map(|(person, _)| person).collect()
    };
    let group = |&(share, name): &(f64, &str)| {
        let cut = quantile(&sorted, 1.0 - share)?;
        Some(Group {
            name: format!("most unusual {name}"),
            train: at_least(rarity, cut),
            holdout: holdout.as_ref().map_or_else(Vec::new, |rarity| at_least(rarity, cut)),
        })
    };
    OUTLIERS.iter().filter_map(group).collect()
}

/// Persons whose keys fewer than [`SMALL`] training persons carry.
fn rare_keys(audit: &Audit) -> Option<Group> {
    let joint = audit.joint();
    let keys = key_columns(joint).ok()?;
    let real = binned(&joint.train, &keys);
    let classes = classes(&real, &audit.train_persons);
    let rare = |rows: &[Vec<u64>], persons: &Persons| -> Vec<u32> {
        let few = |key: &Vec<u64>| classes.get(key).is_none_or(|&size| size < SMALL as u64);
        let mut found: Vec<u32> = (rows.iter().zip(&persons.of_row))
            .filter(|(key, _)| few(key))
            .map(|(_, &person)| person)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    };
    let holdout = joint.holdout.as_ref().zip(audit.holdout_persons.as_ref());
    Some(Group {
        name: "rare quasi-identifiers".into(),
        train: rare(&real, &audit.train_persons),
        holdout: holdout
            .map_or_else(Vec::new, |(rows, persons)| rare(&binned(rows, &keys), persons)),
    })
}

/// For each cell the training rows, of a group's own persons, that are planted for it, drawn at random. A person
/// with a double cannot be told from them and is not planted.
pub(super) fn plants(
    audit: &Audit,
    group: &[u32],
    rarity: &[f64],
    cells: impl Iterator<Item = Cell>,
    rng: &mut ChaCha12Rng,
) -> Vec<(Cell, Vec<usize>)> {
    let real = &audit.neighbours().train.real;
    let mut records: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (row, &person) in audit.train_persons.of_row.iter().enumerate() {
        if real.nearest(row) > 0.0 && group.binary_search(&person).is_ok() {
            records.entry(person).or_default().push(row);
        }
    }
    let mut persons: Vec<u32> = records.keys().copied().collect();
    persons.sort_by(|&a, &b| rarity[b as usize].total_cmp(&rarity[a as usize]).then(a.cmp(&b)));
    let unusual = persons.len().div_ceil(10).max(UNUSUAL).min(persons.len());
    let mut draw = |cell: Cell| {
        let among = if cell.target == Target::Outlier { &persons[..unusual] } else { &persons[..] };
        let chosen = sample(rng, among.len(), PLANTS.min(among.len())).into_iter();
        let rows = chosen.map(|i| {
            let rows = &records[&among[i]];
            rows[rng.random_range(0..rows.len())]
        });
        (cell, rows.collect::<Vec<usize>>())
    };
    cells.map(&mut draw).filter(|(_, rows)| !rows.is_empty()).collect()
}

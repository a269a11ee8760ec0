//! The groups that a protected column makes, in every sample alike.

use std::collections::{BTreeMap, BTreeSet};

use super::super::prediction::{FEW, Samples, Side, numbers};
use crate::encode::{Codes, quantile};

/// The groups of a protected column. They are numbered as in the attacks' worst-group rules: the levels of train in
/// order, a missing value last, numbers in quarters of train; those of fewer than [`FEW`] training persons are pooled in
/// one group behind all others, or with the smallest other one where they are fewer than [`FEW`] even so. Levels that
/// train has not are behind all others.
pub(super) struct Partition {
    /// The column's place among the samples' columns.
    pub(super) column: usize,
    pub(super) name: String,
    /// The number of each group; the pooled one has none.
    numbers: Vec<Option<usize>>,
    /// Whether each group has [`FEW`] training persons or more.
    pub(super) large: Vec<bool>,
    /// The group of each training row.
    pub(super) train: Vec<usize>,
    /// The group of each released row.
    pub(super) released: Vec<usize>,
    /// The group of each row of the holdout.
    pub(super) holdout: Option<Vec<usize>>,
    /// Whether the release says nothing of the column.
    pub(super) absent: bool,
    /// Whether any training person is of the pooled group.
    pooled: bool,
    /// Whether any is counted with another group, for want of others of small groups.
    hosted: bool,
}

impl Partition {
    pub(super) fn of(samples: &Samples<'_>, column: usize) -> Self {
        let real = &samples.train.coded.columns[column];
        let level = |side: &Side<'_>| levels(&side.coded.columns[column], real);
        let train = level(&samples.train);
        let mut persons: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
        let rows = samples.train.rows;
        for (row, (level, &person)) in train.iter().zip(&rows.persons.of_row).enumerate() {
            let of_level = persons.entry(*level).or_default();
            if rows.weight(row) > 0.0 {
                of_level.insert(person);
            }
        }
        let numbered = (1..).zip(&persons);
        let alone: Vec<(usize, u64)> = numbered
            .filter(|(_, (_, persons))| persons.len() >= FEW)
            .map(|(number, (level, _))| (number, *level))
            .collect();
        let mut places: BTreeMap<u64, usize> =
            alone.iter().zip(0..).map(|((_, level), i)| (*level, i)).collect();
        let last = alone.len();
        let rare: Vec<u64> =
            persons.keys().copied().filter(|level| !places.contains_key(level)).collect();
        let few: BTreeSet<u32> = rare.iter().flat_map(|level| persons[level].clone()).collect();
        let smallest = alone.iter().min_by_key(|(_, level)| persons[level].len());
        let host = smallest.map(|(_, level)| places[level]).filter(|_| few.len() < FEW);
        // So few are no group of their own: its share would tell how many.
        if let Some(host) = host {
            places.extend(rare.iter().map(|level| (*level, host)));
        }
        let group = |levels: Vec<u64>| -> Vec<usize> {
            levels.iter().map(|level| places.get(level).copied().unwrap_or(last)).collect()
        };
        let blank = numbers(&samples.released.coded.columns[column]).iter().all(|x| x.is_nan());
        let alone_or_pooled = alone.iter().map(|(number, _)| Some(*number)).chain([None]);
        Self {
            column,
            name: samples.names[column].to_owned(),
            numbers: alone_or_pooled.collect(),
            large: (0..=last).map(|group| group < last || few.len() >= FEW).collect(),
            train: group(train),
            released: group(level(&samples.released)),
            holdout: samples.holdout.as_ref().map(|side| group(level(side))),
            absent: blank,
            pooled: !few.is_empty() && host.is_none(),
            hosted: !few.is_empty() && host.is_some(),
        }
    }

    /// How many groups, the pooled one among them.
    pub(super) fn count(&self) -> usize {
        self.large.len()
    }

    /// A group's name: a category is nobody's business.
    pub(super) fn group(&self, group: usize) -> String {
        match self.numbers[group] {
            Some(number) => format!("{}: group {number}", self.name),
            None => format!("{}: other groups pooled", self.name),
        }
    }

    /// What a reader must know of the groups.
    pub(super) fn notes(&self) -> Vec<String> {
        let name = &self.name;
        let mut notes = Vec::new();
        if self.pooled {
            notes.push(format!("{name}: groups of fewer than eleven training persons are pooled"));
        }
        if self.hosted {
            notes.push(format!(
                "{name}: groups that are fewer than eleven training persons together count with the smallest other one"
            ));
        }
        if self.absent {
            notes.push(format!(
                "{name}: the release holds no value of it, which counts as the worst"
            ));
        }
        notes
    }
}

/// A number for each row's level: its category, or the quarter of the training values it lies in; a missing value is
/// a level of its own, behind all others.
fn levels(rows: &Codes, train: &Codes) -> Vec<u64> {
    let mut known: Vec<f64> = numbers(train);
    known.retain(|x| !x.is_nan());
    known.sort_by(f64::total_cmp);
    let cuts: Vec<f64> = [0.25, 0.5, 0.75].iter().filter_map(|&p| quantile(&known, p)).collect();
    let category = matches!(rows, Codes::Category(_));
    let level = |x: f64| match x.is_nan() {
        true => u64::MAX,
        false if category => x as u64,
        false => cuts.iter().filter(|cut| x > **cut).count() as u64,
    };
    numbers(rows).into_iter().map(level).collect()
}

//! Canaries: records that a coin puts into the training data or keeps out.

use rand::seq::index::sample;
use serde::{Deserialize, Serialize};

use super::worst;
use crate::audit::Audit;
use crate::random::Seed;
use crate::synth::{fresh_subjects, subset};
use crate::table::{Column, MISSING, Persons, Role, Sample, Table, Values};

/// Who the canaries are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Made-up records in combinations that no training record has: what a guarantee must bear, too.
    WorstCase,
    /// Persons of the holdout.
    Holdout,
}

/// The training records and the canaries, in one coding. Holds records.
pub(super) struct Canaries {
    /// The training records, then the canaries.
    table: Table,
    /// How many training records.
    pub(super) base: usize,
    /// How many canaries.
    pub(super) count: usize,
}

impl Canaries {
    /// `count` canaries, or as many as the holdout has persons; nothing where there is no holdout to take
    /// them from.
    pub(super) fn new(audit: &Audit, kind: Kind, count: usize, seed: Seed) -> Option<Self> {
        let train = &audit.train;
        let columns = match kind {
            Kind::WorstCase => worst::records(train, count, seed),
            Kind::Holdout => persons(audit, count, seed)?,
        };
        let count = columns.first().map_or(0, Values::len);
        let column = |(column, values): (&Column, Values)| Column {
            values: stacked(&column.values, values),
            raw_range: None,
            uncoded: None,
            ..column.clone()
        };
        let columns = train.columns.iter().zip(columns).map(column).collect();
        let table = Table { sample: Sample::Train, columns, rows: train.rows + count };
        Some(Self { table, base: train.rows, count })
    }

    /// The training table of a run: all training records, and the canaries whose coin says so, shuffled.
    pub(super) fn training(&self, coins: &[bool], seed: Seed) -> Table {
        let canaries = (0..self.count).filter(|&canary| coins[canary]);
        let rows: Vec<usize> =
            (0..self.base).chain(canaries.map(|canary| self.base + canary)).collect();
        let order = sample(&mut seed.rng(), rows.len(), rows.len());
        subset(&self.table, &order.into_iter().map(|place| rows[place]).collect::<Vec<_>>())
    }

    /// All records, training and canaries, as one table.
    pub(super) fn table(&self) -> &Table {
        &self.table
    }
}

/// One record of each of `count` random holdout persons, column by column of the training table.
fn persons(audit: &Audit, count: usize, seed: Seed) -> Option<Vec<Values>> {
    let (holdout, Persons { of_row, count: persons, .. }) =
        audit.holdout.as_ref().zip(audit.holdout_persons.as_ref())?;
    let chosen = sample(&mut seed.rng(), *persons, count.min(*persons)).into_vec();
    let mut first = vec![0; *persons];
    for (row, &person) in of_row.iter().enumerate().rev() {
        first[person as usize] = row;
    }
    let rows: Vec<usize> = chosen.iter().map(|&person| first[person]).collect();
    let picked = subset(holdout, &rows);
    let values = |column: &Column| match picked.column(&column.name) {
        Some(found) => found.values.clone(),
        None => missing(column, rows.len()),
    };
    Some(audit.train.columns.iter().map(values).collect())
}

/// A column without a value.
pub(super) fn missing(column: &Column, rows: usize) -> Values {
    match column.values {
        Values::Numbers(_) => Values::Numbers(vec![f64::NAN; rows]),
        Values::Labels { .. } => Values::Labels { codes: vec![MISSING; rows], levels: Vec::new() },
    }
}

/// New subjects, one a canary; without a value where the schema leaves no room for new ones.
pub(super) fn subjects(column: &Column, rows: usize) -> Values {
    debug_assert!(column.schema.role == Role::Subject);
    fresh_subjects(column, rows).map_or_else(|| missing(column, rows), |fresh| fresh.values)
}

/// The values of both, one after the other, in one coding.
fn stacked(first: &Values, then: Values) -> Values {
    match (first, then) {
        (Values::Numbers(first), Values::Numbers(then)) => {
            Values::Numbers(first.iter().copied().chain(then).collect())
        }
        (Values::Labels { codes, levels }, Values::Labels { codes: more, levels: others }) => {
            let mut all: Vec<Box<str>> = levels.iter().chain(&others).cloned().collect();
            all.sort();
            all.dedup();
            let place = |level: &str| all.partition_point(|known| **known < *level) as u32;
            let recode = |codes: &[u32], levels: &[Box<str>]| -> Vec<u32> {
                let places: Vec<u32> = levels.iter().map(|level| place(level)).collect();
                let code = |&code: &u32| places.get(code as usize).copied().unwrap_or(MISSING);
                codes.iter().map(code).collect()
            };
            let codes = [recode(codes, levels), recode(&more, &others)].concat();
            Values::Labels { codes, levels: all }
        }
        // Both were read or made under one schema.
        (first, _) => first.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(codes: &[u32], levels: &[&str]) -> Values {
        Values::Labels {
            codes: codes.to_vec(),
            levels: levels.iter().map(|&level| level.into()).collect(),
        }
    }

    #[test]
    fn stacked_labels_keep_their_texts() {
        let both = stacked(&labels(&[1, MISSING, 0], &["b", "d"]), labels(&[0, 1], &["a", "d"]));
        let Values::Labels { codes, levels } = both else { panic!("labels") };
        assert_eq!(levels.iter().map(|level| &**level).collect::<Vec<_>>(), ["a", "b", "d"]);
        assert_eq!(codes, [2, MISSING, 1, 0, 2]);
    }
}

//! Who carries which rare text: persons of train and holdout, and what of it stands in other tables.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::token::{Prints, Shortest, Words};
use crate::table::{ColumnKind, ColumnSchema, MISSING, Persons, Table, Values};

/// A category column with fewer distinct training values is a list of categories.
const DISTINCT: usize = 50;

/// One of so many values must differ from all others.
const TENTH: usize = 10;

/// The columns that are searched: those of kind `text`, and category columns without a public list of
/// levels in which at least [`DISTINCT`] values, and more than a tenth of all training values, differ; a value
/// counts once for each person who has it, in however many rows.
/// Only columns that attacks compare at all (not the subject, no direct identifier, no weight).
pub(super) fn searched(train: &Table, persons: &Persons) -> Vec<String> {
    let holds_text = |schema: &ColumnSchema, values: &Values| {
        let Values::Labels { codes, levels } = values else { return false };
        let many = || levels.len() >= DISTINCT && TENTH * levels.len() > carried(codes, persons);
        match schema.kind {
            ColumnKind::Text => !levels.is_empty(),
            ColumnKind::Categorical => schema.public_levels().is_none() && many(),
            _ => false,
        }
    };
    let columns = train.columns.iter().filter(|column| column.schema.compared());
    let columns = columns.filter(|column| holds_text(&column.schema, &column.values));
    columns.map(|column| column.name.clone()).collect()
}

/// How many distinct pairs of a person and a value there are.
fn carried(codes: &[u32], persons: &Persons) -> usize {
    let pairs = codes.iter().zip(&persons.of_row).filter(|(code, _)| **code != MISSING);
    let mut pairs: Vec<(u32, u32)> = pairs.map(|(&code, &person)| (code, person)).collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs.len()
}

/// The searched columns of one table as words: per column its levels, and the level of each row.
pub(super) struct Texts<'a> {
    columns: Vec<(Vec<Words>, &'a [u32])>,
}

impl<'a> Texts<'a> {
    pub(super) fn of(table: &'a Table, columns: &[String]) -> Self {
        let read = |name: &String| match &table.column(name)?.values {
            Values::Labels { codes, levels } => {
                let words = levels.par_iter().map(|level| Words::of(level)).collect();
                Some((words, codes.as_slice()))
            }
            Values::Numbers(_) => None,
        };
        Self { columns: columns.iter().filter_map(read).collect() }
    }

    /// Everything that is to be looked for elsewhere.
    fn wanted(&self, shortest: Shortest, all: &mut Prints) {
        for (levels, _) in &self.columns {
            let found: Vec<Vec<u64>> = levels
                .par_iter()
                .map(|words| {
                    let mut prints = Vec::new();
                    words.wanted(shortest, |print| prints.push(print));
                    prints
                })
                .collect();
            all.extend(found.into_iter().flatten());
        }
    }

    /// Per column and level: which of `wanted` stand in it, whole or inside.
    fn standing(&self, wanted: &Prints, shortest: Shortest) -> Vec<Vec<Vec<u64>>> {
        let level = |words: &Words| {
            let mut prints = Vec::new();
            words.runs(shortest, |print| {
                if wanted.contains(&print) {
                    prints.push(print);
                }
            });
            prints
        };
        let column = |levels: &Vec<Words>| levels.par_iter().map(level).collect();
        self.columns.iter().map(|(levels, _)| column(levels)).collect()
    }

    /// Which of `wanted` stand anywhere in the table.
    pub(super) fn holding(&self, wanted: &Prints, shortest: Shortest) -> Prints {
        self.standing(wanted, shortest).into_iter().flatten().flatten().collect()
    }

    /// Which of `wanted` stand in the given row, in the columns for which `of` is true.
    pub(super) fn in_row(
        &self,
        row: usize,
        wanted: &Prints,
        shortest: Shortest,
        of: impl Fn(usize) -> bool,
    ) -> Prints {
        let mut prints = Prints::default();
        for (column, (levels, codes)) in self.columns.iter().enumerate() {
            if let (true, Some(words)) = (of(column), levels.get(codes[row] as usize)) {
                words.runs(shortest, |print| {
                    if wanted.contains(&print) {
                        prints.insert(print);
                    }
                });
            }
        }
        prints
    }

    /// (text, person) for all of `wanted` that stand in a row, persons numbered from `first`.
    fn carriers(
        &self,
        wanted: &Prints,
        shortest: Shortest,
        persons: &Persons,
        first: u32,
        pairs: &mut Vec<(u64, u32)>,
    ) {
        let standing = self.standing(wanted, shortest);
        for (found, (_, codes)) in standing.iter().zip(&self.columns) {
            for (&code, &person) in codes.iter().zip(&persons.of_row) {
                if let Some(prints) = found.get(code as usize) {
                    pairs.extend(prints.iter().map(|&print| (print, first + person)));
                }
            }
        }
    }
}

/// The rare texts of all real persons.
pub(super) struct Rare {
    /// (text, person) in order: train's persons first, then the holdout's.
    pairs: Vec<(u64, u32)>,
    train: u32,
    /// Every rare text.
    pub(super) prints: Prints,
}

/// Persons who carry a rare text, and those of them of whom one stands in a table.
pub(super) struct Hit {
    /// Persons who carry one.
    pub(super) carriers: BTreeSet<u32>,
    /// Persons of whom one was found.
    pub(super) found: BTreeSet<u32>,
}

impl Rare {
    /// Texts that at most `most` persons of train and holdout together carry: a rule that treats both
    /// alike, so that chance finds them equally often in a release that was made from neither.
    pub(super) fn new(
        train: (&Texts<'_>, &Persons),
        holdout: Option<(&Texts<'_>, &Persons)>,
        shortest: Shortest,
        most: usize,
    ) -> Self {
        let samples: Vec<(&Texts<'_>, &Persons)> =
            [Some(train), holdout].into_iter().flatten().collect();
        let mut wanted = Prints::default();
        samples.iter().for_each(|(texts, _)| texts.wanted(shortest, &mut wanted));
        let (mut pairs, mut first) = (Vec::new(), 0);
        for (texts, persons) in samples {
            texts.carriers(&wanted, shortest, persons, first, &mut pairs);
            first += u32::try_from(persons.count).unwrap_or(u32::MAX - first);
        }
        pairs.par_sort_unstable();
        pairs.dedup();
        let groups = pairs.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() <= most);
        let pairs: Vec<(u64, u32)> = groups.flatten().copied().collect();
        let prints = pairs.iter().map(|pair| pair.0).collect();
        let train = u32::try_from(train.1.count).unwrap_or(u32::MAX);
        Self { pairs, train, prints }
    }

    /// Train's persons, judged on the rare texts that were `found` somewhere.
    pub(super) fn train(&self, found: &Prints) -> Hit {
        self.hit(found, |person| person < self.train)
    }

    /// The holdout's persons, likewise.
    pub(super) fn holdout(&self, found: &Prints) -> Hit {
        self.hit(found, |person| person >= self.train)
    }

    fn hit(&self, found: &Prints, side: impl Fn(u32) -> bool) -> Hit {
        let pairs = || self.pairs.iter().filter(|pair| side(pair.1));
        let hits = pairs().filter(|pair| found.contains(&pair.0));
        Hit { carriers: pairs().map(|pair| pair.1).collect(), found: hits.map(|p| p.1).collect() }
    }

    /// Whether one of a person's own rare texts is among `found`.
    pub(super) fn is_of(&self, person: u32, found: &Prints) -> bool {
        found.iter().any(|&print| self.pairs.binary_search(&(print, person)).is_ok())
    }
}

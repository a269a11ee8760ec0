//! Persons among whom a query is asked: the rows sorted column by column, so that few are looked at.

use super::query::{Query, Test};
use crate::encode::{Coded, Codes};
use crate::table::MISSING;

/// Rows of persons, ready to be asked.
pub(super) struct Frame<'a> {
    pub(super) rows: &'a Coded,
    /// The person of each row.
    person: Vec<u32>,
    /// Largest number of a person, plus one.
    pub(super) persons: usize,
    columns: Vec<Sorted>,
}

/// How many persons answer a query.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    Nobody,
    Only(u32),
    Several,
}

impl Answer {
    /// The one person who answers.
    pub(super) fn only(&self) -> Option<u32> {
        match *self {
            Self::Only(person) => Some(person),
            Self::Nobody | Self::Several => None,
        }
    }

    pub(super) fn nobody(&self) -> bool {
        matches!(self, Self::Nobody)
    }
}

/// The rows of one column in the order of its values, those without one apart.
struct Sorted {
    order: Vec<u32>,
    missing: Vec<u32>,
}

impl Sorted {
    fn new(codes: &Codes) -> Self {
        let missing = |row: &u32| match codes {
            Codes::Number(values) => values[*row as usize].is_nan(),
            Codes::Category(codes) => codes[*row as usize] == MISSING,
        };
        let rows = match codes {
            Codes::Number(values) => values.len(),
            Codes::Category(codes) => codes.len(),
        };
        let (missing, mut order): (Vec<u32>, Vec<u32>) = (0..rows as u32).partition(missing);
        match codes {
            Codes::Number(values) => {
                order.sort_by(|&a, &b| values[a as usize].total_cmp(&values[b as usize]));
            }
            Codes::Category(codes) => order.sort_by_key(|&row| codes[row as usize]),
        }
        Self { order, missing }
    }

    /// The rows that pass a test of this column.
    fn passing(&self, codes: &Codes, test: Test) -> &[u32] {
        let order = &self.order;
        match (test, codes) {
            (Test::Missing, _) => &self.missing,
            (Test::Is(code), Codes::Category(codes)) => {
                let from = order.partition_point(|&row| codes[row as usize] < code);
                let to = order.partition_point(|&row| codes[row as usize] <= code);
                &order[from..to]
            }
            (Test::Between(low, high), Codes::Number(values)) => {
                let from = order.partition_point(|&row| values[row as usize] < low);
                let to = order.partition_point(|&row| values[row as usize] <= high);
                &order[from..to.max(from)]
            }
            // Joint coding gives a column one kind in all samples.
            _ => &[],
        }
    }
}

impl<'a> Frame<'a> {
    pub(super) fn new(rows: &'a Coded, person: &[u32]) -> Self {
        let persons = person.iter().max().map_or(0, |&last| last as usize + 1);
        let columns = rows.columns.iter().map(Sorted::new).collect();
        Self { rows, person: person.to_vec(), persons, columns }
    }

    /// Every row somebody of their own: a release.
    pub(super) fn of_rows(rows: &'a Coded) -> Self {
        Self::new(rows, &(0..rows.rows as u32).collect::<Vec<_>>())
    }

    /// How many persons answer.
    pub(super) fn answer(&self, query: &Query) -> Answer {
        let mut answer = Answer::Nobody;
        for person in self.matching(query) {
            match answer {
                Answer::Nobody => answer = Answer::Only(person),
                Answer::Only(first) if first == person => {}
                _ => return Answer::Several,
            }
        }
        answer
    }

    /// Every person who answers.
    pub(super) fn all(&self, query: &Query) -> Vec<u32> {
        let mut persons: Vec<u32> = self.matching(query).collect();
        persons.sort_unstable();
        persons.dedup();
        persons
    }

    /// The persons of the rows that pass all tests, found among those that pass the rarest.
    fn matching<'b>(&'b self, query: &'b Query) -> impl Iterator<Item = u32> + 'b {
        let passing = |&(column, test): &(usize, Test)| {
            self.columns[column].passing(&self.rows.columns[column], test)
        };
        let rarest = query.tests.iter().map(passing).min_by_key(|rows| rows.len()).unwrap_or(&[]);
        let passes = |row: usize| {
            query.tests.iter().all(|&(column, test)| test.passes(&self.rows.columns[column], row))
        };
        let rows = rarest.iter().filter(move |&&row| passes(row as usize));
        rows.map(|&row| self.person[row as usize])
    }

    /// The median of every number column.
    pub(super) fn medians(&self) -> Vec<Option<f64>> {
        let median = |(sorted, codes): (&Sorted, &Codes)| {
            let Codes::Number(values) = codes else { return None };
            let middle = sorted.order.get(sorted.order.len() / 2)?;
            Some(values[*middle as usize])
        };
        self.columns.iter().zip(&self.rows.columns).map(median).collect()
    }

    /// Runs of rows of equal value in a column, in order, and the rows without a value.
    pub(super) fn runs(&self, column: usize) -> (Vec<&[u32]>, &[u32]) {
        let Sorted { order, missing } = &self.columns[column];
        let same = |a: &u32, b: &u32| match &self.rows.columns[column] {
            // Neither is NaN, and −0 stands next to 0.
            Codes::Number(values) => values[*a as usize] >= values[*b as usize],
            Codes::Category(codes) => codes[*a as usize] == codes[*b as usize],
        };
        (order.chunk_by(same).collect(), missing)
    }

    /// The smallest and largest number of a column.
    pub(super) fn ends(&self, column: usize) -> Option<(f64, f64)> {
        let Codes::Number(values) = &self.rows.columns[column] else { return None };
        let order = &self.columns[column].order;
        let (first, last) = (order.first()?, order.last()?);
        Some((values[*first as usize], values[*last as usize]))
    }
}

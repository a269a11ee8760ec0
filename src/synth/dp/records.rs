//! The real records as cells: what the mechanisms count.

use rayon::prelude::*;

use super::domain::Domain;
use super::noise::Ratio;
use super::private::{Counts, Private, Scores};
use crate::error::Result;
use crate::table::{Column, Persons};

/// Rows of cells, at most so many of each person.
pub struct Records {
    columns: Vec<Vec<u32>>,
    sizes: Vec<usize>,
    /// The most rows of one person.
    most: u32,
}

/// The records of `columns` in the cells of `domain`; of a person with more than `most` rows, as many,
/// spread evenly over theirs. Which ones depends on that person's rows alone, so that nobody else's change
/// with them.
#[must_use]
pub fn records(
    columns: &[&Column],
    persons: &Persons,
    domain: &Domain,
    most: u32,
) -> Private<Records> {
    let chosen = clipped(persons, most);
    let encoded = domain.attributes.iter().zip(columns).map(|(attribute, column)| {
        let cells = attribute.encode(&column.values);
        chosen.iter().map(|&row| cells[row]).collect()
    });
    Private::new(Records { columns: encoded.collect(), sizes: domain.sizes(), most })
}

/// The rows that are kept, in order. A row that names no subject is nobody's share: it may belong to a person who
/// has rows of their own, so that no row of the kind is kept.
pub(super) fn clipped(persons: &Persons, most: u32) -> Vec<usize> {
    let mut rows_of: Vec<u32> = vec![0; persons.count];
    persons.of_row.iter().for_each(|&person| rows_of[person as usize] += 1);
    let mut seen: Vec<u32> = vec![0; persons.count];
    let keep = |row: &usize| {
        let person = persons.of_row[*row] as usize;
        let (at, of) = (u64::from(seen[person]), u64::from(rows_of[person]));
        seen[person] += 1;
        // The rows at which ⌊row·most/rows⌋ takes a new value: `most` of them.
        let most = u64::from(most).min(of);
        at == 0 || at * most / of != (at - 1) * most / of
    };
    let mut named = vec![true; persons.of_row.len()];
    persons.unnamed.iter().for_each(|&row| named[row] = false);
    (0..persons.of_row.len()).filter(|&row| named[row]).filter(keep).collect()
}

impl Private<Records> {
    /// How many rows fall into each combination of cells of `attributes`. One person changes them by at most
    /// as many as they have rows.
    #[must_use]
    pub fn marginal(&self, attributes: &[usize]) -> Private<Counts> {
        self.map(|records| Counts::new(records.count(attributes), f64::from(records.most)))
    }

    /// The variance of the noise that one marginal gets for the budget `rho`.
    ///
    /// # Errors
    /// As [`Ratio::variance`].
    pub fn variance(&self, rho: f64) -> Result<Ratio> {
        let most = f64::from(self.map(|records| records.most).parameter());
        Ratio::variance(most * most / (2.0 * rho))
    }

    /// For each of `candidates` the L1 distance of its marginal from what a model expects, less its penalty,
    /// times its weight. Expected counts are rounded to 2⁻¹⁰, so that scores are whole numbers of such units
    /// and one person's row changes them by at most 2¹⁰·weight, exactly.
    #[must_use]
    pub fn distances(
        &self,
        candidates: &[Candidate],
        expected: &(dyn Fn(&[usize]) -> Vec<f64> + Sync),
    ) -> Private<Scores> {
        self.map(|records| {
            let score = |candidate: &Candidate| {
                let counts = records.count(&candidate.attributes);
                let gaps =
                    counts.iter().zip(expected(&candidate.attributes)).map(|(count, expected)| {
                        i64::try_from((count << GRID).abs_diff(on_grid(expected)))
                            .unwrap_or(i64::MAX)
                    });
                let distance = gaps.fold(0_i64, i64::saturating_add);
                let penalized = distance.saturating_sub(on_grid(candidate.penalty));
                penalized.saturating_mul(i64::from(candidate.weight))
            };
            let heaviest = candidates.iter().map(|one| one.weight).max().unwrap_or(1);
            let sensitivity = (u64::from(heaviest) << GRID) * u64::from(records.most);
            Scores::new(candidates.par_iter().map(score).collect(), sensitivity)
        })
    }

    /// The same records in the cells that `codes` gives for each attribute's.
    #[must_use]
    pub fn recoded(&self, codes: &[Vec<u32>], sizes: Vec<usize>) -> Self {
        self.map(|records| {
            let recode = |(cells, codes): (&Vec<u32>, &Vec<u32>)| {
                cells.iter().map(|&cell| codes[cell as usize]).collect()
            };
            let columns = records.columns.iter().zip(codes).map(recode).collect();
            Records { columns, sizes, most: records.most }
        })
    }
}

/// Binary digits of the grid on which expected counts stand in scores.
const GRID: u32 = 10;

/// A marginal that may be measured next.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its attributes, in ascending order.
    pub attributes: Vec<usize>,
    /// What is taken off its distance, in rows.
    pub penalty: f64,
    /// What its score is multiplied by, at least 1.
    pub weight: u32,
}

/// A count on the grid of scores.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
fn on_grid(count: f64) -> i64 {
    (count * f64::from(1_u32 << GRID)).round() as i64
}

impl Records {
    fn count(&self, attributes: &[usize]) -> Vec<i64> {
        let cells = attributes.iter().map(|&attribute| self.sizes[attribute]).product();
        let mut counts = vec![0_i64; cells];
        match attributes {
            [] => counts[0] = i64::try_from(self.rows()).unwrap_or(i64::MAX),
            [one] => self.columns[*one].iter().for_each(|&cell| counts[cell as usize] += 1),
            [one, two] => {
                let size = self.sizes[*two];
                let rows = self.columns[*one].iter().zip(&self.columns[*two]);
                rows.for_each(|(&a, &b)| counts[a as usize * size + b as usize] += 1);
            }
            more => {
                for row in 0..self.rows() {
                    let place = more.iter().fold(0, |place, &attribute| {
                        place * self.sizes[attribute] + self.columns[attribute][row] as usize
                    });
                    counts[place] += 1;
                }
            }
        }
        counts
    }

    fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }
}

#[cfg(test)]
mod tests;

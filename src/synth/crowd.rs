//! How many persons stand behind a value: what few of them share is not released as it is.

use std::collections::BTreeMap;

use crate::table::{MISSING, Persons};

/// The persons of a table, and how many make a crowd.
#[derive(Clone, Copy)]
pub(super) struct Crowd<'a> {
    /// Who each row belongs to.
    pub(super) persons: &'a Persons,
    /// How many different persons must share what is shown.
    pub(super) least: usize,
}

impl Crowd<'_> {
    /// Whether the rows belong to enough different persons.
    pub(super) fn is_behind(&self, rows: impl Iterator<Item = usize>) -> bool {
        self.first(rows).is_some()
    }

    /// How many of the rows, taken in order, it takes until enough different persons are met.
    pub(super) fn first(&self, rows: impl Iterator<Item = usize>) -> Option<usize> {
        let mut met: Vec<u32> = Vec::with_capacity(self.least);
        for (taken, row) in rows.enumerate() {
            let person = self.persons.of_row[row];
            if !met.contains(&person) {
                met.push(person);
            }
            if met.len() >= self.least {
                return Some(taken + 1);
            }
        }
        None
    }

    /// The mean of each person's numbers in these rows, ascending: one number a person, however many rows they have.
    pub(super) fn means(&self, rows: &[usize], numbers: &[f64]) -> Vec<f64> {
        let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        for &row in rows {
            let (sum, count) = sums.entry(self.persons.of_row[row]).or_default();
            (*sum, *count) = (*sum + numbers[row], *count + 1.0);
        }
        let mut means: Vec<f64> = sums.into_values().map(|(sum, count)| sum / count).collect();
        means.sort_by(f64::total_cmp);
        means
    }

    /// For each of `levels` codes, whether enough persons have it; last, whether enough have none.
    pub(super) fn behind_codes(&self, codes: &[u32], levels: usize) -> Vec<bool> {
        let place = |code: u32| if code == MISSING { levels } else { code as usize };
        let mut met: Vec<Vec<u32>> = vec![Vec::new(); levels + 1];
        for (&code, &person) in codes.iter().zip(&self.persons.of_row) {
            let met = &mut met[place(code)];
            if met.len() < self.least && !met.contains(&person) {
                met.push(person);
            }
        }
        met.iter().map(|met| met.len() >= self.least).collect()
    }
}

/// Rows by frequency of their code, the most frequent first; ties go to the smaller code. Missing is none.
pub(super) fn by_frequency(codes: impl Iterator<Item = u32>) -> Vec<(u32, usize)> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    codes.filter(|&code| code != MISSING).for_each(|code| *counts.entry(code).or_default() += 1);
    let mut counts: Vec<(u32, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(code, count)| (std::cmp::Reverse(count), code));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of persons 0 0 1 2 2: two persons are met with the third row, three with the fourth.
    #[test]
    fn persons_are_counted_and_not_rows() {
        let persons = Persons { of_row: vec![0, 0, 1, 2, 2], count: 3, unnamed: vec![] };
        let crowd = |least| Crowd { persons: &persons, least };
        assert_eq!(crowd(2).first(0..5), Some(3));
        assert_eq!(crowd(3).first(0..5), Some(4));
        assert!(!crowd(4).is_behind(0..5) && !crowd(2).is_behind([3, 4].into_iter()));
        let behind = crowd(2).behind_codes(&[0, 0, 1, 1, MISSING], 2);
        assert_eq!(behind, [false, true, false]);
    }

    #[test]
    fn frequent_codes_come_first() {
        let codes = [4, 2, MISSING, 2, 4, 9, 2];
        assert_eq!(by_frequency(codes.into_iter()), [(2, 3), (4, 2), (9, 1)]);
    }
}

//! Which rows are looked at: those that agree with a record exactly on one of several groups of columns.
//!
//! Columns go from the most to the least telling into a group until a random training record meets at most
//! [`FEW`] others that agree on it; then the next group begins. Of G groups, a copy with fewer than G cells
//! changed leaves at least one untouched. Keys that very many training records share tell little, are
//! shared by copies and crowds alike, and are not looked up.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;

use super::weights::{Cell, Rows, Weights};

/// Training records that agree with a random one on a group by chance, at most.
const FEW: f64 = 200.0;

/// The same of a last group, which is otherwise added to the one before.
const REST: f64 = 1000.0;

/// Training records with one key, beyond which it is not looked up.
const COMMON: usize = 4096;

/// Groups of columns.
pub(super) struct Groups {
    columns: Vec<Vec<usize>>,
    /// Keys of each that are not looked up.
    common: Vec<HashSet<u64>>,
}

impl Groups {
    /// For searches among and of `train` records and the like.
    pub(super) fn new(train: &Rows) -> Self {
        let columns = divided(train);
        let common = |columns: &Vec<usize>| {
            let large = classes(train, columns).into_iter().filter(|(_, count)| *count > COMMON);
            large.map(|(key, _)| key).collect()
        };
        Self { common: columns.iter().map(common).collect(), columns }
    }

    /// Rows by their keys.
    pub(super) fn index(&self, rows: Rows) -> Index {
        let keyed = |(columns, common): (&Vec<usize>, &HashSet<u64>)| {
            let mut found: HashMap<u64, Vec<u32>> = HashMap::new();
            for row in 0..rows.count {
                let key = key(rows.row(row), columns);
                if !common.contains(&key) {
                    found.entry(key).or_default().push(row as u32);
                }
            }
            found
        };
        let keyed = self.columns.par_iter().zip(&self.common).map(keyed).collect();
        Index { rows, keyed }
    }

    /// Whether a search of one record would look at the other.
    pub(super) fn meet(&self, own: &[Cell], other: &[Cell]) -> bool {
        self.columns.iter().zip(&self.common).any(|(columns, common)| {
            let key = key(own, columns);
            key == self::key(other, columns) && !common.contains(&key)
        })
    }
}

/// Rows by their keys on each group.
pub(super) struct Index {
    rows: Rows,
    keyed: Vec<HashMap<u64, Vec<u32>>>,
}

impl Index {
    /// For each query, what `note` makes of (query, row, weight), over the rows that are looked at; a row
    /// that agrees on several groups comes once for each.
    pub(super) fn search<B: Best>(
        &self,
        weights: &Weights,
        groups: &Groups,
        queries: &Rows,
        note: impl Fn(usize, usize, f64, &mut B) + Sync,
    ) -> Vec<B> {
        let one = |query: usize| {
            let own = queries.row(query);
            let mut best = B::none();
            let found: Vec<&Vec<u32>> = (groups.columns.iter().zip(&self.keyed))
                .filter_map(|(columns, keyed)| keyed.get(&key(own, columns)))
                .collect();
            if found.is_empty() {
                return best;
            }
            let weighed = weights.query(own);
            for &row in found.into_iter().flatten() {
                let row = row as usize;
                note(query, row, weighed.pair(self.rows.row(row)), &mut best);
            }
            best
        };
        (0..queries.count).into_par_iter().map(one).collect()
    }
}

/// What a search keeps of a query.
pub(super) trait Best: Send {
    /// Before any row.
    fn none() -> Self;
}

impl Best for f64 {
    fn none() -> Self {
        Self::NEG_INFINITY
    }
}

impl Best for [f64; 2] {
    fn none() -> Self {
        [f64::NEG_INFINITY; 2]
    }
}

impl Best for (f64, Vec<u32>) {
    fn none() -> Self {
        (f64::NEG_INFINITY, Vec::new())
    }
}

fn divided(train: &Rows) -> Vec<Vec<usize>> {
    let mut order: Vec<(f64, usize)> =
        (0..train.width).into_par_iter().map(|column| (met(train, &[column]), column)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let (mut groups, mut open, mut left) = (Vec::new(), Vec::new(), 0.0);
    for (_, column) in order {
        open.push(column);
        left = met(train, &open);
        if left <= FEW {
            groups.push(std::mem::take(&mut open));
        }
    }
    match groups.last_mut() {
        _ if open.is_empty() => {}
        Some(last) if left > REST => last.extend(open),
        _ => groups.push(open),
    }
    groups
}

/// Rows that agree with a random row on `columns`, itself among them.
fn met(rows: &Rows, columns: &[usize]) -> f64 {
    let squares: u64 =
        classes(rows, columns).into_values().map(|count| (count as u64).pow(2)).sum();
    squares as f64 / rows.count.max(1) as f64
}

fn classes(rows: &Rows, columns: &[usize]) -> HashMap<u64, usize> {
    let mut classes = HashMap::new();
    (0..rows.count).for_each(|row| *classes.entry(key(rows.row(row), columns)).or_default() += 1);
    classes
}

/// A hash of the cells; a collision only adds a row, which is weighed in full.
fn key(row: &[Cell], columns: &[usize]) -> u64 {
    let mut hasher = DefaultHasher::new();
    columns.iter().for_each(|&column| row[column].hash(&mut hasher));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{Coded, Codes};

    fn table() -> Coded {
        let bit = |shift: u32| Codes::Category((0..1000_u32).map(|i| i >> shift & 1).collect());
        let unique = Codes::Number((0..1000).map(f64::from).collect());
        Coded { rows: 1000, columns: vec![unique, bit(0), bit(1), bit(2)] }
    }

    /// 1,000 rows of a number of their own and three halves: the number alone meets 1 row; halves meet 500, two of
    /// them 250, all three 125, at most 200.
    #[test]
    fn columns_are_grouped_by_what_they_tell() {
        let weights = Weights::new(&table());
        assert_eq!(divided(&weights.rows(&table())), [vec![0], vec![1, 2, 3]]);
    }

    /// Of two groups, a row with a cell of one changed is looked at and weighed; with one of each, it is not.
    #[test]
    fn a_copy_is_looked_at_while_a_group_is_untouched() {
        let weights = Weights::new(&table());
        let rows = weights.rows(&table());
        let groups = Groups::new(&rows);
        let copy = |number: f64, bit: u32| Coded {
            rows: 1,
            columns: vec![
                Codes::Number(vec![number]),
                Codes::Category(vec![bit]),
                Codes::Category(vec![1]),
                Codes::Category(vec![1]),
            ],
        };
        // Row 7: (7, 1, 1, 1).
        let best = |number: f64, bit: u32| {
            let index = groups.index(weights.rows(&copy(number, bit)));
            let note = |_: usize, _: usize, weight: f64, best: &mut f64| *best = weight.max(*best);
            let found = index.search(&weights, &groups, &rows.select(&[7]), note);
            let met = groups.meet(rows.row(7), weights.rows(&copy(number, bit)).row(0));
            assert_eq!(found[0].is_finite(), met);
            found[0]
        };
        assert!(best(7.0, 1) > best(900.0, 1) && best(900.0, 1).is_finite());
        assert!(best(7.0, 1) > best(7.0, 0) && best(7.0, 0).is_finite());
        assert!(best(900.0, 0).is_infinite());
    }
}

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

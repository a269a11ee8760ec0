//! Which column each column depends on most: the tree of greatest mutual information (Chow and Liu 1968, IEEE
//! Trans. Inf. Theory 14:462). Without it agreement on education would count twice where a second column
//! numbers the same grades.

use std::collections::HashMap;

use rayon::prelude::*;

use super::weights::{Cell, Rows};

/// Rows that mutual information is estimated from, at most.
const SAMPLE: usize = 8192;

/// Mutual information below which two columns are taken for independent, in nats.
const LEAST: f64 = 0.02;

/// Rows at the share in the whole table that are added to the rows of a class.
const PRIOR: f64 = 5.0;

/// The column that another one depends on.
pub(super) struct Parent {
    /// Which.
    pub(super) column: usize,
    /// Real rows of each of its classes.
    classes: HashMap<u32, u32>,
    /// Real rows of each of its classes with each cell of the other.
    pairs: HashMap<(u32, Cell), u32>,
}

impl Parent {
    fn new(rows: &Rows, column: usize, child: usize) -> Self {
        let mut parent = Self { column, classes: HashMap::new(), pairs: HashMap::new() };
        for row in (0..rows.count).map(|row| rows.row(row)) {
            *parent.classes.entry(row[column].class).or_default() += 1;
            *parent.pairs.entry((row[column].class, row[child])).or_default() += 1;
        }
        parent
    }

    /// Share of the other real rows of the record's class that have its cell in column `child`, drawn towards
    /// its share in the whole table where they are few.
    pub(super) fn share(&self, row: &[Cell], child: usize, whole: f64) -> f64 {
        let class = row[self.column].class;
        let others = |count: Option<&u32>| f64::from(count.map_or(0, |n| n.saturating_sub(1)));
        let with = others(self.pairs.get(&(class, row[child])));
        (with + PRIOR * whole) / (others(self.classes.get(&class)) + PRIOR)
    }
}

/// For each column the one it depends on; none for one column of each connected part.
pub(super) fn parents(rows: &Rows) -> Vec<Option<Parent>> {
    let step = rows.count.div_ceil(SAMPLE).max(1);
    let class =
        |column: usize| (0..rows.count).step_by(step).map(move |r| rows.row(r)[column].class);
    let classes: Vec<Vec<u32>> = (0..rows.width).map(|column| class(column).collect()).collect();
    let tree = tree(&classes).into_iter().enumerate();
    tree.map(|(child, parent)| parent.map(|column| Parent::new(rows, column, child))).collect()
}

/// Prim's algorithm: the column of greatest information with one that is in the tree joins next.
fn tree(classes: &[Vec<u32>]) -> Vec<Option<usize>> {
    let mut found: Vec<(f64, Option<usize>)> = vec![(LEAST, None); classes.len()];
    let mut open: Vec<usize> = (0..classes.len()).collect();
    while !open.is_empty() {
        // Of equal ones the first.
        let next = (0..open.len())
            .max_by(|&a, &b| found[open[a]].0.total_cmp(&found[open[b]].0).then(b.cmp(&a)));
        let joined = open.remove(next.unwrap_or(0));
        let shared: Vec<f64> =
            open.par_iter().map(|&other| mutual(&classes[joined], &classes[other])).collect();
        for (&other, shared) in open.iter().zip(shared) {
            if shared > found[other].0 {
                found[other] = (shared, Some(joined));
            }
        }
    }
    found.into_iter().map(|(_, parent)| parent).collect()
}

/// Mutual information in nats, less what independent columns show on average (Miller and Madow).
fn mutual(a: &[u32], b: &[u32]) -> f64 {
    let n = a.len() as f64;
    let (mut left, mut right): (HashMap<u32, u32>, HashMap<u32, u32>) = Default::default();
    let mut both: HashMap<(u32, u32), u32> = HashMap::new();
    for (&a, &b) in a.iter().zip(b) {
        *left.entry(a).or_default() += 1;
        *right.entry(b).or_default() += 1;
        *both.entry((a, b)).or_default() += 1;
    }
    let mut both: Vec<((u32, u32), u32)> = both.into_iter().collect();
    both.sort_unstable();
    let term = |&((a, b), count): &((u32, u32), u32)| {
        let (count, product) = (f64::from(count), f64::from(left[&a]) * f64::from(right[&b]));
        count / n * (count * n / product).ln()
    };
    let free = (left.len().saturating_sub(1) * right.len().saturating_sub(1)) as f64;
    both.iter().map(term).sum::<f64>() - free / (2.0 * n.max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Equal halves: ln 2, less 1/(2·8). Independent halves: 0, less the same.
    #[test]
    fn mutual_information_by_hand() {
        let halves = [0, 0, 0, 0, 1, 1, 1, 1];
        assert!((mutual(&halves, &halves) - (2.0_f64.ln() - 0.0625)).abs() < 1e-12);
        assert!((mutual(&halves, &[0, 1, 0, 1, 0, 1, 0, 1]) + 0.0625).abs() < 1e-12);
    }

    /// c copies b and b follows a in nine of ten rows: b hangs on a or c, c on b, and the constant on none.
    #[test]
    fn the_tree_joins_what_hangs_together() {
        let a: Vec<u32> = (0..400).map(|i| i % 4).collect();
        let b: Vec<u32> = (0..400).map(|i| if i % 10 == 0 { 0 } else { i % 4 }).collect();
        let found = tree(&[a, b.clone(), b, vec![7; 400]]);
        assert_eq!(found, [None, Some(0), Some(1), None]);
    }
}

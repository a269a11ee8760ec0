//! What equality in each column weighs: ln P(the cell | copy)/P(the cell | somebody else).
//!
//! Of a copy's cells all but [`DISTURBED`] are the person's own. Somebody else has an equal value as often as
//! real people have it: among those of the same class of the column it depends on most, where the row agrees on
//! that too (see `dependence`), unless it is rarer there than anywhere. A number that differs may be a
//! disturbed one, as likely within a tenth of a distance as within ten times it: it weighs by how few real
//! numbers lie between. Any other cell that differs was replaced.
//!
//! # References
//! Fellegi and Sunter 1969, J. Am. Statist. Assoc. 64:1183.

use std::collections::HashMap;

use super::dependence::{Parent, parents};
use crate::encode::{Coded, Codes};
use crate::table::MISSING;

/// Share of a copy's cells that are not the person's own.
const DISTURBED: f64 = 0.05;

/// Classes of a number, by quantiles.
const CLASSES: u64 = 16;

/// A row's cell. Equal cells that hold anything a real record holds are equal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Cell {
    /// A category's code, or how many real numbers are smaller; [`MISSING`] is missing.
    low: u32,
    /// How many real numbers are at most as large; [`MISSING`] of a category.
    high: u32,
    /// A category's code, or the class of a number.
    pub(super) class: u32,
}

impl Cell {
    const ABSENT: Self = Self { low: MISSING, high: MISSING, class: MISSING };

    /// Whether no real record holds the number: then equal cells need not be equal numbers.
    fn unknown(self) -> bool {
        self.low == self.high && self.low != MISSING
    }
}

/// Rows of cells.
pub(super) struct Rows {
    /// How many.
    pub(super) count: usize,
    /// Columns.
    pub(super) width: usize,
    cells: Vec<Cell>,
}

impl Rows {
    /// One row.
    pub(super) fn row(&self, row: usize) -> &[Cell] {
        &self.cells[row * self.width..(row + 1) * self.width]
    }

    /// The given rows, in the given order.
    pub(super) fn select(&self, rows: &[usize]) -> Self {
        let cells = rows.iter().flat_map(|&row| self.row(row)).copied().collect();
        Self { count: rows.len(), width: self.width, cells }
    }
}

/// What agreement weighs, column by column.
pub(super) struct Weights {
    columns: Vec<Column>,
    parents: Vec<Option<Parent>>,
    /// The weight of a number that differs, by how many real ones lie from one to the other, both included.
    near: Vec<f64>,
    /// The weight of any other cell that differs.
    other: f64,
}

enum Column {
    /// The real numbers, sorted, and how many are missing.
    Number { known: Vec<f64>, missing: usize },
    /// How many real rows carry each code.
    Category { carried: HashMap<u32, usize> },
}

impl Weights {
    /// Learned from the `real` records of both sides of the split alike.
    pub(super) fn new(real: &Coded) -> Self {
        let columns = real.columns.iter().map(Column::new).collect();
        let n = real.rows.max(2) as f64;
        // Half of the disturbed numbers are near, log-uniform in rank; half are anywhere.
        let near = |count: usize| {
            let density = n / (count.max(1) as f64 * n.ln());
            (DISTURBED * 0.5 * (1.0 + density)).ln()
        };
        let near = (0..=real.rows).map(near).collect();
        let mut weights = Self { columns, parents: Vec::new(), near, other: DISTURBED.ln() };
        weights.parents = parents(&weights.rows(real));
        weights
    }

    /// The cells of `rows`.
    pub(super) fn rows(&self, rows: &Coded) -> Rows {
        let width = self.columns.len();
        let mut cells = vec![Cell::ABSENT; rows.rows * width];
        for (c, (column, codes)) in self.columns.iter().zip(&rows.columns).enumerate() {
            for (row, slot) in cells.iter_mut().skip(c).step_by(width.max(1)).enumerate() {
                *slot = column.cell(codes, row);
            }
        }
        Rows { count: rows.rows, width, cells }
    }

    /// A record with what equality weighs for it.
    pub(super) fn query<'a>(&'a self, row: &'a [Cell]) -> Query<'a> {
        let n = self.near.len().saturating_sub(1).max(2) as f64;
        let alone = |c: usize| self.columns[c].count(row[c]).max(1) as f64 / n;
        let weight = |share: f64| ((1.0 - DISTURBED) / share).ln();
        let given = |(c, parent): (usize, &Option<Parent>)| {
            let share = alone(c);
            let among = parent.as_ref().map_or(share, |parent| parent.share(row, c, share));
            weight(among.max(share))
        };
        Query {
            weights: self,
            row,
            equal: (0..row.len()).map(|c| weight(alone(c))).collect(),
            given: self.parents.iter().enumerate().map(given).collect(),
        }
    }
}

/// A record, and what equality in each column weighs for it.
pub(super) struct Query<'a> {
    weights: &'a Weights,
    row: &'a [Cell],
    equal: Vec<f64>,
    /// Where the row agrees on the class of the column that this one depends on.
    given: Vec<f64>,
}

impl Query<'_> {
    /// The weight of all cells of `other`.
    pub(super) fn pair(&self, other: &[Cell]) -> f64 {
        let mut sum = 0.0;
        for (c, (&own, &cell)) in self.row.iter().zip(other).enumerate() {
            sum += if own == cell && !cell.unknown() {
                match &self.weights.parents[c] {
                    Some(p) if self.row[p.column].class == other[p.column].class => self.given[c],
                    _ => self.equal[c],
                }
            } else if own.high == MISSING || cell.high == MISSING {
                self.weights.other
            } else {
                let between = own.high.max(cell.high) - own.low.min(cell.low);
                self.weights.near[between as usize]
            };
        }
        sum
    }
}

impl Column {
    fn new(codes: &Codes) -> Self {
        match codes {
            Codes::Number(values) => {
                let mut known: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
                known.sort_by(f64::total_cmp);
                let missing = values.len() - known.len();
                Self::Number { known, missing }
            }
            Codes::Category(codes) => {
                let mut carried = HashMap::new();
                codes.iter().for_each(|&code| *carried.entry(code).or_default() += 1);
                Self::Category { carried }
            }
        }
    }

    fn cell(&self, codes: &Codes, row: usize) -> Cell {
        match (self, codes) {
            (Self::Number { known, .. }, Codes::Number(values)) if !values[row].is_nan() => {
                let low = known.partition_point(|&other| other < values[row]) as u32;
                let high = known.partition_point(|&other| other <= values[row]) as u32;
                let class = u64::from(low) * CLASSES / known.len().max(1) as u64;
                Cell { low, high, class: class as u32 }
            }
            (Self::Category { .. }, Codes::Category(codes)) => {
                Cell { low: codes[row], high: MISSING, class: codes[row] }
            }
            _ => Cell::ABSENT,
        }
    }

    /// How many real rows carry what the cell holds.
    fn count(&self, cell: Cell) -> usize {
        match self {
            Self::Number { missing, .. } if cell.low == MISSING => *missing,
            Self::Number { .. } => (cell.high - cell.low) as usize,
            Self::Category { carried } => carried.get(&cell.low).copied().unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }

    /// Eight real rows; the number 1 … 8 and a category a, a, a, a, a, a, b, b: too few rows for a
    /// dependence. Person (3, b): an equal 3 weighs ln(.95·8) and an equal b ln(.95·8/2). A 5 in place of the 3
    /// lies three numbers off, itself included: ln(.025·(1 + 8/(3 ln 8))); another category ln .05;
    /// a missing number ln .05; 3.5, which nobody has, one number off at least (3 … 3.5): 8/(1 · ln 8).
    #[test]
    fn hand_worked() {
        let number = |values: &[f64]| Codes::Number(values.to_vec());
        let real = Coded {
            rows: 8,
            columns: vec![
                number(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
                Codes::Category(vec![0, 1, 1, 0, 0, 0, 0, 0]),
            ],
        };
        let mut weights = Weights::new(&real);
        weights.parents = vec![None, None];
        let other = Coded {
            rows: 4,
            columns: vec![number(&[3.0, 5.0, f64::NAN, 3.5]), Codes::Category(vec![1, 1, 1, 0])],
        };
        let (own, other) = (weights.rows(&real), weights.rows(&other));
        let query = weights.query(own.row(2));
        let (three, b) = ((0.95 * 8.0_f64).ln(), (0.95 * 4.0_f64).ln());
        let near = |count: f64| (0.025 * (1.0 + 8.0 / (count * 8.0_f64.ln()))).ln();
        close(query.pair(other.row(0)), three + b);
        close(query.pair(other.row(1)), near(3.0) + b);
        close(query.pair(other.row(2)), 0.05_f64.ln() + b);
        close(query.pair(other.row(3)), near(1.0) + 0.05_f64.ln());
    }

    /// A category that a column settles: two halves of equal codes. Where the row agrees on both, the second says
    /// nothing new: of the 49 others of the class all 49 have it, and with five more at its share of a half
    /// (49 + 2.5)/(49 + 5). Where the row disagrees on the first, the second weighs as if alone.
    #[test]
    fn what_follows_from_another_column_weighs_little() {
        let codes: Vec<u32> = (0..100).map(|i| i / 50).collect();
        let real = Coded {
            rows: 100,
            columns: vec![Codes::Category(codes.clone()), Codes::Category(codes)],
        };
        let weights = Weights::new(&real);
        let rows = weights.rows(&real);
        let alone = (0.95 / 0.5_f64).ln();
        let given = (0.95 / (51.5 / 54.0_f64)).ln();
        close(weights.query(rows.row(0)).pair(rows.row(1)), alone + given);
        let odd =
            Coded { rows: 1, columns: vec![Codes::Category(vec![1]), Codes::Category(vec![0])] };
        close(weights.query(rows.row(0)).pair(weights.rows(&odd).row(0)), 0.05_f64.ln() + alone);
    }
}

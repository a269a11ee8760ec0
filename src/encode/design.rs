//! The design matrix: coded rows as plain numbers, for models that know nothing else.
//!
//! A number becomes (x − mean)/deviation with 0 for missing; a category becomes one 0/1 column for
//! each of its most frequent levels, all 0 for a rarer one. A column with missing values gets a 0/1
//! column that says so. Means, deviations and levels are those of the samples the coding was fitted
//! to; any rows of the same joint coding can be written in it.

use std::collections::BTreeMap;

use super::{Coded, Codes};
use crate::table::MISSING;

/// Levels of a category that get a column of their own.
const LEVELS: usize = 20;

/// Columns that a design matrix should not exceed: wider ones give up rare levels first.
const WIDEST: usize = 256;

/// Rows of numbers. It holds records, and so can neither be printed nor serialized.
pub struct Matrix {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// The numbers, row after row.
    pub values: Vec<f64>,
}

impl Matrix {
    /// One row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// The given rows, in the given order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let values = rows.iter().flat_map(|&row| self.row(row).iter().copied()).collect();
        Self { rows: rows.len(), columns: self.columns, values }
    }
}

/// How coded rows are written as numbers.
pub struct Design {
    columns: Vec<Coding>,
}

/// How one coded column is written.
struct Coding {
    shape: Shape,
    /// Whether missing values get a column of their own.
    missing: bool,
}

enum Shape {
    /// Mean and deviation of the known numbers.
    Number { mean: f64, deviation: f64 },
    /// The place of each level that has one, most frequent first.
    Category(BTreeMap<u32, usize>),
}

impl Design {
    /// The coding of `samples`, which are coded jointly.
    #[must_use]
    pub fn fit(samples: &[&Coded]) -> Self {
        let count = samples.first().map_or(0, |sample| sample.columns.len());
        let coding = |column: usize, levels: usize| {
            let parts: Vec<&Codes> = samples.iter().map(|sample| &sample.columns[column]).collect();
            Coding::fit(&parts, levels)
        };
        let all = |levels| Self { columns: (0..count).map(|j| coding(j, levels)).collect() };
        let mut levels = LEVELS;
        let mut design = all(levels);
        while design.width() > WIDEST && levels > 1 {
            levels /= 2;
            design = all(levels);
        }
        design
    }

    /// Number of columns of the matrix.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.iter().map(Coding::width).sum()
    }

    /// `rows` written in this coding.
    #[must_use]
    pub fn matrix(&self, rows: &Coded) -> Matrix {
        let columns = self.width();
        let mut matrix =
            Matrix { rows: rows.rows, columns, values: vec![0.0; rows.rows * columns] };
        let mut first = 0;
        for (coding, codes) in self.columns.iter().zip(&rows.columns) {
            let slots = matrix.values.chunks_exact_mut(columns.max(1));
            for (row, slots) in slots.enumerate() {
                coding.write(codes, row, &mut slots[first..first + coding.width()]);
            }
            first += coding.width();
        }
        matrix
    }
}

impl Coding {
    fn fit(parts: &[&Codes], levels: usize) -> Self {
        let missing = parts.iter().any(|codes| match codes {
            Codes::Number(values) => values.iter().any(|x| x.is_nan()),
            Codes::Category(codes) => codes.contains(&MISSING),
        });
        let shape = match parts.first() {
            Some(Codes::Category(_)) => Shape::Category(frequent(parts, levels)),
            _ => moments(parts),
        };
        Self { shape, missing }
    }

    fn width(&self) -> usize {
        let own = match &self.shape {
            Shape::Number { .. } => 1,
            Shape::Category(places) => places.len(),
        };
        own + usize::from(self.missing)
    }

    /// Writes one row into `slots`, which are zero.
    fn write(&self, codes: &Codes, row: usize, slots: &mut [f64]) {
        let missing = match (codes, &self.shape) {
            (Codes::Number(values), Shape::Number { mean, deviation }) => {
                let standard = (values[row] - mean) / deviation;
                if standard.is_finite() {
                    slots[0] = standard;
                }
                values[row].is_nan()
            }
            (Codes::Category(codes), Shape::Category(places)) => {
                if let Some(&place) = places.get(&codes[row]) {
                    slots[place] = 1.0;
                }
                codes[row] == MISSING
            }
            // Joint coding gives a column one kind in all samples.
            _ => false,
        };
        if let (true, true, Some(slot)) = (missing, self.missing, slots.last_mut()) {
            *slot = 1.0;
        }
    }
}

/// Mean and deviation of the known numbers; a deviation of 1 where they are all alike.
fn moments(parts: &[&Codes]) -> Shape {
    let known = || {
        let numbers = parts.iter().flat_map(|codes| match codes {
            Codes::Number(values) => values.as_slice(),
            Codes::Category(_) => &[],
        });
        numbers.copied().filter(|x| x.is_finite())
    };
    let count = known().count().max(1) as f64;
    let mean = known().map(|x| x / count).sum::<f64>();
    let deviation = (known().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt();
    // Rounding leaves a deviation of some ulps where all numbers are one.
    let spread = deviation.is_finite() && deviation > 1e-12 * mean.abs();
    Shape::Number { mean, deviation: if spread { deviation } else { 1.0 } }
}

/// The most frequent levels and their places; ties go to the smaller code.
fn frequent(parts: &[&Codes], levels: usize) -> BTreeMap<u32, usize> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for codes in parts {
        let Codes::Category(codes) = codes else { continue };
        for &code in codes.iter().filter(|&&code| code != MISSING) {
            *counts.entry(code).or_default() += 1;
        }
    }
    let mut counts: Vec<(u32, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(code, count)| (std::cmp::Reverse(count), code));
    counts.iter().take(levels).enumerate().map(|(place, &(code, _))| (code, place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coded(columns: Vec<Codes>) -> Coded {
        let rows = match &columns[0] {
            Codes::Number(values) => values.len(),
            Codes::Category(codes) => codes.len(),
        };
        Coded { rows, columns }
    }

    /// Numbers 1, 3 and one missing: mean 2, deviation 1, so −1, 1, 0 and the indicator. Level 7 twice
    /// comes before level 4 once.
    #[test]
    fn hand_worked() {
        let rows =
            coded(vec![Codes::Number(vec![1.0, 3.0, f64::NAN]), Codes::Category(vec![7, 4, 7])]);
        let matrix = Design::fit(&[&rows]).matrix(&rows);
        let expected = [[-1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]];
        assert_eq!((matrix.rows, matrix.columns), (3, 4));
        for (row, expected) in expected.iter().enumerate() {
            for (a, b) in matrix.row(row).iter().zip(expected) {
                assert!((a - b).abs() < 1e-12, "row {row}");
            }
        }
    }

    #[test]
    fn rare_and_unseen_levels_are_zero_and_constants_stay_finite() {
        let codes: Vec<u32> = (0..1000).collect();
        let rows = coded(vec![Codes::Category(codes), Codes::Number(vec![5.0; 1000])]);
        let design = Design::fit(&[&rows]);
        assert_eq!(design.width(), LEVELS + 1);
        let matrix = design.matrix(&rows);
        assert!(matrix.values.iter().all(|x| x.is_finite()));
        assert!(matrix.row(999).iter().all(|x| x.abs() < 1e-9));
    }

    #[test]
    fn wide_tables_give_up_rare_levels() {
        let column = || Codes::Category((0..100).collect());
        let rows = coded((0..50).map(|_| column()).collect());
        assert!(Design::fit(&[&rows]).width() <= WIDEST);
    }
}

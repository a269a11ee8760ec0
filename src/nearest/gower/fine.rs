//! What bytes cannot tell apart: the exact ranges of the numbers in leaves in which these have nearly one
//! code, as the leaves of a table with a single fine column have.
//!
//! A difference from the nearer end of a range is no more than that from any number within, and rounding
//! is monotone: the sum of such differences, computed as sums are, is an exact lower bound.

use super::super::simd::LINE;
use super::delta;

/// Codes that the numbers of a column may span in a fine leaf.
const SPAN: u8 = 1;

/// No ranges are known of a leaf.
const NONE: u32 = u32::MAX;

/// Per fine leaf and column: the least and the largest number.
#[derive(Default)]
pub(super) struct Fine {
    /// Per leaf: which of the ranges, if any.
    place: Vec<u32>,
    ranges: Vec<(f64, f64)>,
    columns: usize,
}

impl Fine {
    /// Of distinct rows whose codes are `codes[column][order[row]]` and whose numbers are `values`, row
    /// by row.
    pub(super) fn build(codes: &[Vec<u8>], order: &[u32], values: &[f64], columns: usize) -> Self {
        let mut fine = Self { columns, ..Self::default() };
        if columns == 0 {
            return fine;
        }
        for (rows, values) in order.chunks(LINE).zip(values.chunks(LINE * columns)) {
            let narrow = codes[..columns].iter().all(|codes| span(codes, rows) <= SPAN);
            let ranges: Vec<_> = (0..if narrow { columns } else { 0 })
                .map(|column| range(values.iter().skip(column).step_by(columns)))
                .collect();
            if ranges.iter().any(|(low, high)| low < high) {
                fine.place.push((fine.ranges.len() / columns) as u32);
                fine.ranges.extend(ranges);
            } else {
                fine.place.push(NONE);
            }
        }
        fine
    }

    /// The least that the numbers of a leaf contribute; 0 where that is not known.
    pub(super) fn least(&self, leaf: usize, numbers: &[f64], scales: &[f64]) -> f64 {
        let Some(&place) = self.place.get(leaf).filter(|&&place| place != NONE) else { return 0.0 };
        let ranges = &self.ranges[place as usize * self.columns..][..self.columns];
        let columns = numbers.iter().zip(ranges).zip(scales);
        columns.fold(0.0, |sum, ((&x, &(low, high)), &scale)| {
            // A missing number lies within every range, and so does any where one of the leaf is.
            let apart = x < low || x > high;
            sum + if apart { delta(x, if x < low { low } else { high }, scale) } else { 0.0 }
        })
    }
}

fn span(codes: &[u8], rows: &[u32]) -> u8 {
    let codes = rows.iter().map(|&row| codes[row as usize]);
    codes.clone().max().unwrap_or(0) - codes.min().unwrap_or(0)
}

/// The least and the largest, or everything if one is missing.
fn range<'a>(values: impl Iterator<Item = &'a f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| {
        if x.is_nan() { (f64::NEG_INFINITY, f64::INFINITY) } else { (low.min(x), high.max(x)) }
    })
}

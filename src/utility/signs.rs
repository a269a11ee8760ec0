//! The standard error of a mean of total variations over many tables.

use rayon::prelude::*;

use super::columnwise::least_error;
use super::{Rows, View};
use crate::stats::sign;

/// Rows that are looked at together: their cells and sums stay in the cache while all tables go by.
const BLOCK: usize = 4096;

/// Where train has more than the release, in the table of `K` columns of the coarse grid.
pub(super) struct Signed<const K: usize> {
    /// The columns' places among the features.
    pub(super) columns: [usize; K],
    /// The sign of p − q in each cell.
    pub(super) signs: Vec<i8>,
}

impl<const K: usize> Signed<K> {
    /// Of the weights in the cells of train and release, each cell compared as the one that `to` names.
    pub(super) fn new(columns: [usize; K], train: &[f64], released: &[f64], to: &[u32]) -> Self {
        let sums = [train, released].map(|table| table.iter().sum::<f64>());
        let of = |cell: usize| sign(train[cell] / sums[0] - released[cell] / sums[1]) as i8;
        Self { columns, signs: to.iter().map(|&cell| of(cell as usize)).collect() }
    }
}

/// The standard error of the mean of ½Σ|p − q| over `count` tables, of which those without sampling error are left out
/// of `tables`: a row of share w adds w s/2 to each, s the sign of p − q in its cell, so that the variance is that of
/// the weighted mean of ½s over rows, in train and release, persons being drawn and not rows. Where p = q in a cell the
/// distance has no slope: near its smallest values the error is too small.
pub(super) fn standard_error<const K: usize>(
    view: &View<'_>,
    tables: &[Signed<K>],
    count: usize,
) -> f64 {
    let squared = |rows: &Rows| {
        let sums = sums(rows, tables);
        rows.squared_error(|row| f64::from(sums[row]) / (2.0 * count as f64))
    };
    let error = (squared(&view.train) + squared(&view.released)).sqrt();
    if error.is_finite() { error.max(least_error(view)) } else { 1.0 }
}

/// Of each row the sum of its signs over all tables.
fn sums<const K: usize>(rows: &Rows, tables: &[Signed<K>]) -> Vec<i32> {
    let mut sums = vec![0_i32; rows.count];
    sums.par_chunks_mut(BLOCK).enumerate().for_each(|(block, sums)| {
        let rows_of_block = block * BLOCK..block * BLOCK + sums.len();
        let mut cells = vec![0_u16; sums.len()];
        for table in tables {
            cells.fill(0);
            for &column in &table.columns {
                let coarse = &rows.columns[column].coarse[rows_of_block.clone()];
                for (cell, coarse) in cells.iter_mut().zip(coarse) {
                    *cell = (*cell << 4) | u16::from(*coarse);
                }
            }
            for (sum, cell) in sums.iter_mut().zip(&cells) {
                *sum = sum.wrapping_add(i32::from(table.signs[usize::from(*cell)]));
            }
        }
    });
    sums
}

//! Correlations of all pairs of numeric columns at once, as blocked products of matrices.

#[cfg(test)]
mod tests;

use rayon::prelude::*;

use crate::stats::Moments;

/// Columns of a tile: its 4 × 4 sums stay in registers.
const TILE: usize = 4;

/// Rows of a block: two panels of a tile's columns stay in the first cache, and all of some hundred columns in the
/// second.
const BLOCK: usize = 256;

/// Columns of one task. What the task's packing of all other columns costs is shared by so many.
const STRIP: usize = 32;

/// A column with weighted mean 0 and deviation 1 over its known numbers, NaN where unknown, 0 in rows that do not
/// count. Nothing for a column that is constant or unknown in all rows that do.
pub(super) fn standardized(numbers: &[f64], weights: Option<&[f64]>) -> Option<Vec<f64>> {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let known = || (0..numbers.len()).filter(|&row| !numbers[row].is_nan() && weight(row) > 0.0);
    let (low, high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), row| {
        (low.min(numbers[row]), high.max(numbers[row]))
    });
    if low >= high {
        return None;
    }
    // Divided by the largest first: squares of large numbers overflow.
    let scale = low.abs().max(high.abs());
    let sum = |of: &dyn Fn(f64) -> f64| -> f64 {
        known().map(|row| weight(row) * of(numbers[row] / scale)).sum()
    };
    let total = sum(&|_| 1.0);
    let mean = sum(&|x| x) / total;
    let deviation = (sum(&|x| (x - mean).powi(2)) / total).sqrt();
    let standard = |(row, x): (usize, &f64)| {
        if weight(row) > 0.0 { (x / scale - mean) / deviation } else { 0.0 }
    };
    (deviation > 0.0).then(|| numbers.iter().enumerate().map(standard).collect())
}

/// Correlations of pairs of columns over the rows in which both are known.
pub(super) struct Correlations {
    /// The column's place among those that are not constant.
    place: Vec<Option<usize>>,
    /// Row by row; filled above the diagonal.
    matrix: Vec<f64>,
    side: usize,
}

impl Correlations {
    /// Of standardized columns of one length; 0 for two that fewer than `fewest` rows of any weight know together.
    pub(super) fn new(
        columns: &[Option<Vec<f64>>],
        weights: Option<&[f64]>,
        fewest: usize,
    ) -> Self {
        let used: Vec<&[f64]> = columns.iter().flatten().map(Vec::as_slice).collect();
        let mut next = 0..used.len();
        let place = columns.iter().map(|c| c.as_ref().and_then(|_| next.next())).collect();
        Self { place, side: used.len(), matrix: correlations(&used, weights, fewest) }
    }

    /// Of the columns `i` and `j`, different ones; 0 where one is constant.
    pub(super) fn get(&self, i: usize, j: usize) -> f64 {
        match self.place[i].zip(self.place[j]) {
            Some((i, j)) => self.matrix[i.min(j) * self.side + i.max(j)],
            None => 0.0,
        }
    }
}

/// Σw, Σwx and Σwx² over the known rows of a column.
#[derive(Clone, Copy)]
struct Own {
    weight: f64,
    sum: f64,
    squares: f64,
}

impl Own {
    fn of(column: &[f64], weights: Option<&[f64]>) -> Self {
        let mut own = Self { weight: 0.0, sum: 0.0, squares: 0.0 };
        for (row, &x) in column.iter().enumerate().filter(|(_, x)| !x.is_nan()) {
            let weight = weights.map_or(1.0, |weights| weights[row]);
            own.weight += weight;
            own.sum += weight * x;
            own.squares += weight * x * x;
        }
        own
    }
}

/// Where no number is missing one product is all; sums over the rows in which a second column is known are taken
/// only of columns that miss some.
fn correlations(columns: &[&[f64]], weights: Option<&[f64]>, fewest: usize) -> Vec<f64> {
    let side = columns.len();
    let own: Vec<Own> = columns.par_iter().map(|column| Own::of(column, weights)).collect();
    let gaps: Vec<bool> =
        columns.par_iter().map(|column| column.iter().any(|x| x.is_nan())).collect();
    let holed: Vec<usize> = (0..side).filter(|&column| gaps[column]).collect();
    let some: Vec<&[f64]> = holed.iter().map(|&column| columns[column]).collect();
    let of = |columns, form| Side { columns, form };
    let (number, square, known) = (Form::Number, Form::Square, Form::Known);
    let xy = products(of(columns, number), of(columns, number), weights, true);
    // Row by row of columns with gaps: sums of the others over the rows in which these are known.
    let sums = products(of(&some, known), of(columns, number), weights, false);
    let squares = products(of(&some, known), of(columns, square), weights, false);
    let both = products(of(&some, known), of(&some, known), weights, false);
    let counted = weights.map(|weights| {
        let counts: Vec<f64> = weights.iter().map(|w| f64::from(u8::from(*w > 0.0))).collect();
        products(of(&some, known), of(&some, known), Some(&counts), false)
    });
    let together = counted.as_ref().unwrap_or(&both);
    let place = |column: usize| holed.binary_search(&column).ok();
    let pair = |i: usize, j: usize| {
        // Of column `a` over the rows in which `b` is known too.
        let within = |a: usize, b: usize| match place(b) {
            Some(b) => (sums[b * side + a], squares[b * side + a]),
            None => (own[a].sum, own[a].squares),
        };
        let weight = match (place(i), place(j)) {
            (Some(i), Some(j)) => both[i * holed.len() + j],
            (Some(_), None) => own[i].weight,
            (None, _) => own[j].weight,
        };
        let rows = match (place(i), place(j)) {
            (Some(i), Some(j)) => together[i * holed.len() + j],
            (Some(i), None) | (None, Some(i)) => together[i * holed.len() + i],
            // Known in all rows that the tables have.
            (None, None) => f64::INFINITY,
        };
        if rows < fewest as f64 {
            return 0.0;
        }
        let ((x, xx), (y, yy)) = (within(i, j), within(j, i));
        Moments { weight, x, y, xx, yy, xy: xy[i * side + j] }.correlation()
    };
    let cell = |cell: usize| {
        let (i, j) = (cell / side, cell % side);
        if i < j { pair(i, j) } else { 0.0 }
    };
    (0..side * side).into_par_iter().map(cell).collect()
}

/// What of a column is multiplied; 0 where it is unknown.
#[derive(Clone, Copy)]
enum Form {
    Number,
    Square,
    /// 1 where it is known.
    Known,
}

/// One factor: columns of one length.
#[derive(Clone, Copy)]
struct Side<'a> {
    columns: &'a [&'a [f64]],
    form: Form,
}

/// Rows of a block of `TILE` columns; columns beyond the last are 0.
type Panel = Vec<[f64; TILE]>;

impl Side<'_> {
    fn value(&self, x: f64) -> f64 {
        match self.form {
            _ if x.is_nan() => 0.0,
            Form::Number => x,
            Form::Square => x * x,
            Form::Known => 1.0,
        }
    }

    /// The block of rows from `start` on in panels.
    fn pack(&self, start: usize, rows: usize, weights: Option<&[f64]>, panels: &mut Vec<Panel>) {
        panels.resize(self.columns.len().div_ceil(TILE), Panel::new());
        for (columns, panel) in self.columns.chunks(TILE).zip(panels) {
            panel.clear();
            panel.resize(rows, [0.0; TILE]);
            for (at, column) in columns.iter().enumerate() {
                for (slot, &x) in panel.iter_mut().zip(&column[start..start + rows]) {
                    slot[at] = self.value(x);
                }
            }
            if let Some(weights) = weights {
                for (slot, weight) in panel.iter_mut().zip(&weights[start..start + rows]) {
                    slot.iter_mut().for_each(|x| *x *= weight);
                }
            }
        }
    }
}

/// Σ w·l·r for each column l of `left` and each r of `right`, row by row of `left`; of a `symmetric` product, of one
/// side with itself, only tiles on and above the diagonal. The order of addition is that of the rows at any number of
/// threads.
fn products(left: Side<'_>, right: Side<'_>, weights: Option<&[f64]>, symmetric: bool) -> Vec<f64> {
    let strips = left.columns.par_chunks(STRIP).enumerate();
    let strip = |(strip, columns)| {
        let skipped = if symmetric { strip * STRIP } else { 0 };
        let left = Side { columns, form: left.form };
        let right = Side { columns: &right.columns[skipped..], form: right.form };
        let sums = of_strip(left, right, weights, symmetric);
        let width = right.columns.len();
        let row = |row: usize| {
            let known = sums[row * width..(row + 1) * width].iter().copied();
            std::iter::repeat_n(0.0, skipped).chain(known).collect::<Vec<f64>>()
        };
        (0..columns.len()).flat_map(row).collect::<Vec<f64>>()
    };
    strips.map(strip).collect::<Vec<_>>().concat()
}

/// The same for the columns of one task; of a `symmetric` one, both sides begin at the same column.
fn of_strip(left: Side<'_>, right: Side<'_>, weights: Option<&[f64]>, symmetric: bool) -> Vec<f64> {
    let (height, width) = (left.columns.len(), right.columns.len());
    let rows = left.columns.first().map_or(0, |column| column.len());
    let mut sums = vec![0.0; height * width];
    let (mut lefts, mut rights) = (Vec::new(), Vec::new());
    for start in (0..rows).step_by(BLOCK) {
        let block = BLOCK.min(rows - start);
        left.pack(start, block, weights, &mut lefts);
        right.pack(start, block, None, &mut rights);
        for (i, a) in lefts.iter().enumerate() {
            let first = if symmetric { i } else { 0 };
            for (j, b) in rights.iter().enumerate().skip(first) {
                add(&tile(a, b), (i * TILE, j * TILE), &mut sums, width);
            }
        }
    }
    sums
}

/// The products of two panels' columns.
fn tile(left: &[[f64; TILE]], right: &[[f64; TILE]]) -> [[f64; TILE]; TILE] {
    let mut sums = [[0.0; TILE]; TILE];
    for (a, b) in left.iter().zip(right) {
        for (sums, a) in sums.iter_mut().zip(a) {
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum += a * b;
            }
        }
    }
    sums
}

/// Adds a tile to the sums from `(row, column)` on, cut off where they end.
fn add(tile: &[[f64; TILE]; TILE], (row, column): (usize, usize), sums: &mut [f64], width: usize) {
    for (sums, tile) in sums.chunks_mut(width).skip(row).zip(tile) {
        for (sum, value) in sums.iter_mut().skip(column).zip(tile) {
            *sum += value;
        }
    }
}

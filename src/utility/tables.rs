//! Two-way tables of the coarse grid, and the columns that pairs and triples are made of.

use super::view::COARSE_LEVELS;
use super::{Rows, View};
use crate::error::{Error, Result};
use crate::evidence::{Evidence, Measure};

/// Cells from one row of a table to the next: a power of two, so that a pair of cells is one byte.
pub(super) const STRIDE: usize = 16;

/// Cells of a two-way table.
pub(super) const CELLS: usize = STRIDE * STRIDE;

const _: () = assert!(COARSE_LEVELS + 2 <= STRIDE, "a cell of the coarse grid is half a byte");

/// Tables that consecutive rows are counted in by turns: a row need not wait for the last one of its own cell.
const TURNS: usize = 4;

/// The weight in every pair of cells of two columns in the coarse grid, `table[a * STRIDE + b]`; rows without
/// weights are counted in integers.
pub(super) fn two_way(a: &[u8], b: &[u8], weights: Option<&[f64]>) -> [f64; CELLS] {
    match weights {
        None => counted(a, b).map(f64::from),
        Some(weights) => weighed(a, b, weights),
    }
}

fn counted(a: &[u8], b: &[u8]) -> [u32; CELLS] {
    let mut turns = [[0_u32; CELLS]; TURNS];
    let (a_fours, a_rest) = a.as_chunks::<TURNS>();
    let (b_fours, b_rest) = b.as_chunks::<TURNS>();
    for (a, b) in a_fours.iter().zip(b_fours) {
        // Cells are below 16: the shift moves each within its own byte.
        let pairs = (u32::from_le_bytes(*a) << 4) | u32::from_le_bytes(*b);
        for (turn, pair) in turns.iter_mut().zip(pairs.to_le_bytes()) {
            let count = &mut turn[usize::from(pair)];
            *count = count.wrapping_add(1);
        }
    }
    for (a, b) in a_rest.iter().zip(b_rest) {
        turns[0][usize::from((a << 4) | b)] += 1;
    }
    std::array::from_fn(|cell| turns.iter().map(|turn| turn[cell]).sum())
}

fn weighed(a: &[u8], b: &[u8], weights: &[f64]) -> [f64; CELLS] {
    let mut turns = [[0.0; CELLS]; TURNS];
    let (a_fours, a_rest) = a.as_chunks::<TURNS>();
    let (b_fours, b_rest) = b.as_chunks::<TURNS>();
    let (w_fours, w_rest) = weights.as_chunks::<TURNS>();
    for ((a, b), weights) in a_fours.iter().zip(b_fours).zip(w_fours) {
        let pairs = (u32::from_le_bytes(*a) << 4) | u32::from_le_bytes(*b);
        for ((turn, pair), weight) in turns.iter_mut().zip(pairs.to_le_bytes()).zip(weights) {
            turn[usize::from(pair)] += weight;
        }
    }
    for ((a, b), weight) in a_rest.iter().zip(b_rest).zip(w_rest) {
        turns[0][usize::from((a << 4) | b)] += weight;
    }
    std::array::from_fn(|cell| turns.iter().map(|turn| turn[cell]).sum())
}

/// Kish's effective number of rows, (Σw)²/Σw²: persons are not asked.
pub(super) fn effective_rows(rows: &Rows) -> f64 {
    let Some(weights) = &rows.weights else { return rows.count as f64 };
    let sum: f64 = weights.iter().sum();
    sum * sum / weights.iter().map(|w| w * w).sum::<f64>()
}

/// A column of train that pairs and triples are made of.
pub(super) struct Column<'a> {
    pub(super) name: &'a str,
    /// Its place among the features of the view; nothing for a column that the release does not hold.
    pub(super) feature: Option<usize>,
    /// Whether the release holds the column without a value.
    pub(super) blank: bool,
}

impl Column<'_> {
    /// Whether the release holds a value of the column.
    pub(super) fn served(&self) -> bool {
        self.feature.is_some() && !self.blank
    }
}

/// The columns of train, by name: the order in a file must not matter.
pub(super) fn columns<'a>(view: &'a View<'_>) -> Vec<Column<'a>> {
    let held = view.features.iter().zip(&view.released.columns).enumerate();
    let held = held.map(|(place, (feature, series))| {
        let missing = (feature.coarse - 1) as u8;
        let blank = series.coarse.iter().all(|&cell| cell == missing);
        Column { name: &feature.name, feature: Some(place), blank }
    });
    let absent = view.absent.iter().map(|name| Column { name, feature: None, blank: false });
    let mut columns: Vec<Column<'a>> = held.chain(absent).collect();
    columns.sort_by_key(|column| column.name);
    columns
}

/// All pairs of `count` columns, the first one's first.
pub(super) fn pairs(count: usize) -> Vec<(usize, usize)> {
    (0..count).flat_map(|i| (i + 1..count).map(move |j| (i, j))).collect()
}

/// What a reader must know of columns that the release does not hold or holds without a value; `how` they count.
pub(super) fn notes(columns: &[Column<'_>], how: &str) -> Vec<String> {
    let named = |what: &str, which: &dyn Fn(&Column<'_>) -> bool| {
        let names: Vec<&str> = columns.iter().filter(|c| which(c)).map(|c| c.name).collect();
        (!names.is_empty()).then(|| format!("{what}, {how}: {}", names.join(", ")))
    };
    let absent = named("not in the release", &|column| column.feature.is_none());
    let blank = named("without a value in the release", &|column| column.blank);
    absent.into_iter().chain(blank).collect()
}

/// The mean, in a fixed order; nothing of nothing.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// How many pairs a measure may be asked to name.
pub(super) fn check_worst(measure: &str, worst: usize) -> Result<()> {
    if (1..=1000).contains(&worst) {
        return Ok(());
    }
    Err(Error::Usage(format!("[utility.{measure}]: expected 1 to 1,000 worst pairs")))
}

/// One exact fact for each of the `most` largest values, the largest first, equal ones in the order of pairs.
/// `values` holds the pair's columns, the value and its ceiling.
pub(super) fn worst_pairs(
    metric: &str,
    columns: &[Column<'_>],
    mut values: Vec<((usize, usize), f64, Option<f64>)>,
    most: usize,
) -> Vec<Evidence> {
    values.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let fact = |((i, j), value, ceiling): ((usize, usize), f64, Option<f64>)| {
        let mut fact = Evidence::whole(metric, Measure::Exact { value });
        fact.about = Some(format!("{} × {}", columns[i].name, columns[j].name));
        fact.ceiling = ceiling;
        fact
    };
    values.into_iter().take(most).map(fact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::audit;

    /// Eleven rows, of which four fill every turn: (0, 1) five times, (11, 11) four times, (3, 0) twice.
    #[test]
    fn pairs_of_cells_are_counted_and_weighed() {
        let a = [0, 11, 0, 3, 0, 11, 11, 0, 11, 3, 0];
        let b = [1, 11, 1, 0, 1, 11, 11, 1, 11, 0, 1];
        let counts = two_way(&a, &b, None);
        let filled = |table: &[f64]| -> Vec<(usize, f64)> {
            table.iter().copied().enumerate().filter(|(_, weight)| *weight > 0.0).collect()
        };
        assert_eq!(filled(&counts), [(1, 5.0), (3 * STRIDE, 2.0), (11 * STRIDE + 11, 4.0)]);
        assert_eq!(filled(&two_way(&a, &b, Some(&[0.5; 11]))), filled(&counts.map(|c| c / 2.0)));
        // The last row alone, which belongs to no full turn.
        let last: [f64; 11] = std::array::from_fn(|row| if row == 10 { 7.0 } else { 0.0 });
        assert_eq!(filled(&two_way(&a, &b, Some(&last))), [(1, 7.0)]);
    }

    /// Columns come by name, the absent and the blank ones named in notes.
    #[test]
    fn columns_that_the_release_lacks_are_named() {
        let schema = "[columns.z]\nkind = 'integer'\n[columns.b]\nkind = 'categorical'\n\
                      [columns.a]\nkind = 'integer'\n";
        let audit = audit(schema, "z,b,a\n1,x,3\n2,y,4\n", None, "z,a\n1,\n2,\n");
        let view = View::new(&audit);
        let columns = columns(&view);
        let found: Vec<_> = columns.iter().map(|c| (c.name, c.feature, c.blank)).collect();
        assert_eq!(found, [("a", Some(1), true), ("b", None, false), ("z", Some(0), false)]);
        let expected = ["not in the release, as 1: b", "without a value in the release, as 1: a"];
        assert_eq!(notes(&columns, "as 1"), expected);
        assert_eq!(pairs(3), [(0, 1), (0, 2), (1, 2)]);
    }

    /// Weights 3 and 1: 16/10.
    #[test]
    fn weights_make_rows_fewer() {
        let schema =
            "[columns.x]\nkind = 'integer'\n[columns.w]\nkind = 'integer'\nweight = true\n";
        let audit = audit(schema, "x,w\n1,3\n2,1\n", None, "x,w\n1,1\n2,1\n3,1\n");
        let view = View::new(&audit);
        assert!((effective_rows(&view.train) - 1.6).abs() < 1e-12);
        assert!((effective_rows(&view.released) - 3.0).abs() < 1e-12);
    }
}

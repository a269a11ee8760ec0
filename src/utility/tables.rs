//! Two-way tables of the coarse grid, and the columns that pairs and triples are made of.

use super::pool::{Held, Novel, merged};
use super::view::COARSE_LEVELS;
use super::{Rows, View};
use crate::error::{Error, Result};
use crate::evidence::{Evidence, Measure};
use crate::stats::{expected_total_variation, total_variation};

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

/// The cells of the table of `K` columns of the coarse grid that are compared as one, for want of training persons.
/// Where persons have several rows, `by_person` lists the rows person by person.
pub(super) fn pooled<const K: usize>(
    view: &View<'_>,
    columns: [usize; K],
    table: &[f64],
    by_person: Option<&[u32]>,
) -> Vec<u32> {
    if view.fewest <= 1 {
        return (0..table.len() as u32).collect();
    }
    let rows = &view.train;
    let cell = |row: usize| {
        let columns = columns.map(|column| usize::from(rows.columns[column].coarse[row]));
        columns.iter().fold(0, |cell, own| cell * STRIDE + own)
    };
    let held = match (by_person, &rows.weights) {
        (None, None) => table.iter().map(|&count| count as usize).collect(),
        (None, Some(_)) => {
            let mut held = vec![0; table.len()];
            let counted = (0..rows.count).filter(|&row| rows.weight(row) > 0.0);
            counted.for_each(|row| held[cell(row)] += 1);
            held
        }
        (Some(order), _) => {
            // Whoever was the last to be counted in a cell.
            let (mut held, mut last) = (vec![0; table.len()], vec![u32::MAX; table.len()]);
            for &row in order.iter().filter(|row| rows.weight(**row as usize) > 0.0) {
                let (cell, person) = (cell(row as usize), rows.persons.of_row[row as usize]);
                if last[cell] != person {
                    (held[cell], last[cell]) = (held[cell] + 1, person);
                }
            }
            held
        }
    };
    merged(&Held::new(held, by_person.is_some()), view.fewest, Novel::Rare)
}

/// The rows of train person by person; nothing where each person has one.
pub(super) fn by_person(view: &View<'_>) -> Option<Vec<u32>> {
    let persons = &view.train.persons;
    (persons.count < view.train.count).then(|| {
        let mut order: Vec<u32> = (0..view.train.count as u32).collect();
        order.sort_by_key(|&row| persons.of_row[row as usize]);
        order
    })
}

/// A table in which the weight of each cell lies in the cell that it is compared as.
pub(super) fn moved<T: AsMut<[f64]>>(mut table: T, to: &[u32]) -> T {
    let cells = table.as_mut();
    for (cell, &to) in to.iter().enumerate() {
        let to = to as usize;
        // The cell that others go to is the first of them.
        if to != cell {
            cells[to] += cells[cell];
            cells[cell] = 0.0;
        }
    }
    table
}

/// The total variation by chance of two samples of so many persons with the shares of this table.
pub(super) fn by_chance(table: &[f64], [train, released]: [f64; 2]) -> Option<f64> {
    let sum: f64 = table.iter().sum();
    let shares: Vec<f64> = table.iter().map(|weight| weight / sum).collect();
    let expected = expected_total_variation(&shares, train, released);
    expected.is_finite().then(|| expected.min(1.0))
}

/// The total variation that two samples of the sizes of train and of the release have by noise.
#[derive(Clone, Copy)]
pub(super) struct Noise {
    /// What the fresh records reach, at the size of the release.
    fresh: Option<f64>,
    /// What chance is expected to show.
    chance: Option<f64>,
}

impl Noise {
    /// Of a table of train and that of the fresh records, of which a distance is to be multiplied by `scale`.
    pub(super) fn of(
        train: &[f64],
        fresh: Option<&[f64]>,
        scale: Option<f64>,
        persons: [f64; 2],
    ) -> Self {
        let reached = fresh.and_then(|fresh| Some(total_variation(train, fresh)? * scale?));
        Self { fresh: reached, chance: by_chance(train, persons) }
    }

    /// In the mean over tables, then in single ones, the largest first: what fresh records reach, and not less than chance
    /// is expected to show, since one draw of few cells may be near train by luck. The larger of the two is taken once:
    /// the mean of the larger ones would be above either.
    pub(super) fn ceilings(view: &View<'_>, all: &[Self]) -> (Option<f64>, Vec<f64>) {
        let fresh: Vec<f64> = all.iter().filter_map(|noise| noise.fresh).collect();
        let chance: Vec<f64> = all.iter().filter_map(|noise| noise.chance).collect();
        let told = |value: f64| view.level(value.min(1.0));
        let mean = [mean(&fresh), mean(&chance)].into_iter().flatten().reduce(f64::max).map(told);
        let [fresh, chance] = [fresh, chance].map(descending);
        let larger = |rank: usize| {
            let both = [fresh.get(rank), chance.get(rank)].into_iter().flatten().copied();
            both.fold(0.0, f64::max)
        };
        let largest = (0..fresh.len().max(chance.len())).map(|rank| told(larger(rank)));
        (mean, largest.collect())
    }
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
    let held = view.features.iter().zip(view.released.columns.iter()).enumerate();
    let held = held.map(|(place, (feature, series))| Column {
        name: &feature.name,
        feature: Some(place),
        blank: series.blank,
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
/// `values` holds the pair's columns and the value, `reached` what fresh records reach in all pairs, the largest first:
/// the ceiling of the k-th largest is the k-th of these.
pub(super) fn worst_pairs(
    metric: &str,
    columns: &[Column<'_>],
    mut values: Vec<((usize, usize), f64)>,
    reached: &[f64],
    most: usize,
) -> Vec<Evidence> {
    values.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let fact = |(rank, ((i, j), value)): (usize, ((usize, usize), f64))| {
        let mut fact = Evidence::whole(metric, Measure::Exact { value });
        fact.about = Some(format!("{} × {}", columns[i].name, columns[j].name));
        fact.ceiling = reached.get(rank).copied();
        fact
    };
    values.into_iter().take(most).enumerate().map(fact).collect()
}

/// The largest first.
pub(super) fn descending(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::audit;

    /// Fresh records at 0.1 and 0.5, chance at 0.3 and 0.2: means 0.3 and 0.25, the largest 0.5 and then 0.2.
    #[test]
    fn the_larger_is_taken_once() {
        let audit = audit("[columns.x]\nkind = 'integer'\n", "x\n1\n2\n", None, "x\n1\n");
        let noise = |fresh, chance| Noise { fresh: Some(fresh), chance: Some(chance) };
        let (mean, largest) =
            Noise::ceilings(&View::of(&audit, 1, 0), &[noise(0.1, 0.3), noise(0.5, 0.2)]);
        assert!((mean.unwrap() - 0.3).abs() < 1e-12);
        assert!((largest[0] - 0.5).abs() + (largest[1] - 0.2).abs() < 1e-12, "{largest:?}");
    }

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
        let view = View::of(&audit, 1, 0);
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

//! Levels and bounds that the schema does not state in public, bought with budget.
//!
//! **Levels**: a stable histogram (Korolova et al. 2009; Bun, Nissim and Stemmer 2016). Every level that occurs
//! gets a noisy count, and its name is released if that reaches a threshold T. Where a level is one person's
//! alone, its count is at most c, their number of rows, and it is released with a probability of at most
//! P(noise ≥ T − c) ≤ exp(−(T − c)²/(2σ²)) (Canonne, Kamath and Steinke 2020, Lemma 7). One person can be alone
//! with at most c levels of a column, so that T = c + σ√(2 ln(c/δ)) costs δ a column, besides ρ = c²/(2σ²).
//! All other values become the level `(other)`.
//!
//! **Bounds**: a noisy histogram of the magnitudes of the numbers, in powers of two (as Wilson et al. 2020,
//! section 5.1.1). The bounds are the outer ends of the outermost cells that stand out of the noise; if none
//! does, of the cell with the largest count. Within the bounds a second noisy histogram of equal cells is
//! joined to bins of about equal mass. The grid between the bounds is public: the schema's `step` unless that was
//! read from the data, else 1 for whole numbers and a day for dates.

use super::accountant::Accountant;
use super::domain::{Cells, OTHER, Undeclared, step};
use super::grid::Grid;
use super::noise::Ratio;
use super::private::{Counts, Keyed, Private};
use crate::error::Result;
use crate::table::{Column, MISSING, Values};

/// Magnitudes from 2⁻¹⁰ to 2⁵³, on both sides of a cell for everything smaller.
const LEAST: i32 = -10;
const SIDE: usize = 64;

/// The chance that a cell without a number stands out.
const CHANCE: f64 = 1e-6;

/// Equal cells within the bounds, from which bins are joined.
const FINE: u32 = 256;

/// What may be paid for one column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Price {
    pub(super) rho: f64,
    /// For levels only.
    pub(super) delta: f64,
    /// Rows of a person, at most.
    pub(super) most: u32,
    /// Bins of a number.
    pub(super) bins: u32,
}

/// Buys the cells of a column, of whose `rows` there are at most [`Price::most`] of a person.
pub(super) fn buy(
    column: &Column,
    what: Undeclared,
    rows: &[usize],
    price: Price,
    accountant: &mut Accountant,
) -> Result<Cells> {
    match (&column.values, what) {
        (Values::Labels { codes, levels }, _) => {
            let found = levels_above(column, rows, codes, levels, price, accountant)?;
            Ok(Cells::Labels(found))
        }
        (Values::Numbers(numbers), _) => {
            let numbers: Vec<f64> =
                rows.iter().map(|&row| numbers[row]).filter(|number| !number.is_nan()).collect();
            Ok(Cells::Numbers(runs(column, &numbers, price, accountant)?))
        }
    }
}

fn levels_above(
    column: &Column,
    rows: &[usize],
    codes: &[u32],
    levels: &[Box<str>],
    price: Price,
    accountant: &mut Accountant,
) -> Result<Vec<Box<str>>> {
    let keyed = occurring(rows, codes, levels, price.most);
    let most = f64::from(price.most);
    let variance = Ratio::variance(most * most / (2.0 * price.rho))?;
    let stage = format!("levels of {}", column.name);
    let mut found = accountant.discover(&stage, &keyed, variance, price.delta)?;
    found.retain(|level| &**level != OTHER);
    found.push(OTHER.into());
    Ok(found)
}

/// The rows of every level that occurs in `rows`, of which at most `most` are of one person.
pub(super) fn occurring(
    rows: &[usize],
    codes: &[u32],
    levels: &[Box<str>],
    most: u32,
) -> Private<Keyed> {
    let mut counts = vec![0_i64; levels.len()];
    let present = rows.iter().map(|&row| codes[row]).filter(|&code| code != MISSING);
    present.for_each(|code| counts[code as usize] += 1);
    // A level of rows that were left out does not occur.
    let occurring = levels.iter().cloned().zip(counts).filter(|(_, count)| *count > 0);
    Private::new(Keyed::new(occurring.collect(), f64::from(most)))
}

/// The number above which one person's own levels stay hidden but with probability δ.
pub(super) fn threshold(most: f64, variance: f64, delta: f64) -> f64 {
    (most + (2.0 * variance * (most / delta).ln().max(0.0)).sqrt()).ceil()
}

fn runs(
    column: &Column,
    numbers: &[f64],
    price: Price,
    accountant: &mut Accountant,
) -> Result<Grid> {
    let most = f64::from(price.most);
    let variance = Ratio::variance(most * most / price.rho)?;
    let counts = magnitudes(numbers, price.most);
    let noisy = accountant.measure(&format!("magnitudes of {}", column.name), &counts, variance)?;
    let (lower, upper) = ends(&noisy, variance.value());
    let step = step(&column.schema.without_data());
    // Bounds between which there is no grid would need numbers beyond 2⁵³.
    let whole = Grid::new(lower, upper, step).or_else(|| Grid::new(0.0, 0.0, Some(1.0)));
    let Some(whole) = whole else { return Err(super::domain::no_grid(column)) };
    let fine = whole.into_bins(FINE);
    let counts =
        histogram(fine.cells(), numbers.iter().map(|number| fine.cell(*number)), price.most);
    let noisy = accountant.measure(&format!("quantiles of {}", column.name), &counts, variance)?;
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let masses: Vec<f64> = noisy.iter().map(|&count| (count as f64).max(0.0)).collect();
    let least = masses.iter().sum::<f64>() / f64::from(price.bins.max(1));
    Ok(fine.joined(&masses, least))
}

/// How many of the numbers, at most `most` of them one person's, have each magnitude.
pub(super) fn magnitudes(numbers: &[f64], most: u32) -> Private<Counts> {
    histogram(2 * SIDE + 1, numbers.iter().map(|number| magnitude(*number)), most)
}

/// How many rows, at most `most` of them one person's, fall into each of so many cells.
fn histogram(cells: usize, places: impl Iterator<Item = usize>, most: u32) -> Private<Counts> {
    let mut counts = vec![0_i64; cells];
    places.for_each(|place| counts[place] += 1);
    Private::new(Counts::new(counts, f64::from(most)))
}

/// The cell of a number's magnitude: negative ones, zero in the middle, positive ones.
fn magnitude(number: f64) -> usize {
    let size = number.abs();
    if size < 2_f64.powi(LEAST) {
        return SIDE;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    let place = (size.log2().floor() - f64::from(LEAST)).max(0.0) as usize;
    let place = place.min(SIDE - 1) + 1;
    if number < 0.0 { SIDE - place } else { SIDE + place }
}

/// The outer ends of the outermost cells that stand out.
fn ends(noisy: &[i64], variance: f64) -> (f64, f64) {
    #[expect(clippy::cast_precision_loss, reason = "129 cells, counts far below 2^53")]
    let clear = (2.0 * variance * (noisy.len() as f64 / CHANCE).ln()).sqrt();
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let stands = |cell: &usize| noisy[*cell] as f64 >= clear;
    let largest = (0..noisy.len()).max_by_key(|&cell| noisy[cell]).unwrap_or(SIDE);
    let first = (0..noisy.len()).find(stands).unwrap_or(largest);
    let last = (0..noisy.len()).rev().find(stands).unwrap_or(largest);
    (edges(first).0, edges(last).1)
}

/// The numbers between which a cell lies.
fn edges(cell: usize) -> (f64, f64) {
    let power = |place: usize| 2_f64.powi(LEAST + i32::try_from(place).unwrap_or(0));
    match cell {
        SIDE => (0.0, 0.0),
        below if below < SIDE => (-power(SIDE - below), -power(SIDE - below - 1)),
        above => (power(above - SIDE - 1), power(above - SIDE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::table;
    use crate::random::Seed;
    use crate::synth::dp::Budget;
    use crate::synth::dp::domain::Attribute;
    use crate::table::{Sample, Schema};

    fn accountant(seed: u64) -> Accountant {
        // ρ = 0.18 and half of δ for thresholds: more than any price here.
        let mut accountant =
            Accountant::seeded(Budget { epsilon: 3.0, delta: 1e-6 }, Seed::new(seed));
        accountant.set_aside(0.5).unwrap();
        accountant
    }

    fn price(rho: f64) -> Price {
        Price { rho, delta: 1e-7, most: 1, bins: 8 }
    }

    fn bought(schema: &str, csv: &str, what: Undeclared, rho: f64, seed: u64) -> Attribute {
        let schema = Schema::parse(&format!("[columns.x]\n{schema}"), "s").unwrap();
        let real = table(csv, Sample::Train, &schema);
        let rows: Vec<usize> = (0..real.rows).collect();
        let cells = buy(&real.columns[0], what, &rows, price(rho), &mut accountant(seed)).unwrap();
        Attribute::new(&real.columns[0], cells, &[])
    }

    /// σ² = 50: T = 1 + √(100 ln 10⁷) = 41.1…, so that a level of 200 persons is released and one of a single
    /// person is not, in 200 runs (the chance that it is, once in any, is 2·10⁻⁵).
    #[test]
    fn a_level_is_released_when_many_have_it() {
        assert!((threshold(1.0, 50.0, 1e-7) - 42.0).abs() < 1e-9);
        let csv = format!("x\n{}rare\n", "common\n".repeat(200));
        for seed in 0..200 {
            let attribute = bought("kind = 'categorical'", &csv, Undeclared::Levels, 0.01, seed);
            let Cells::Labels(labels) = attribute.cells else { panic!() };
            let labels: Vec<&str> = labels.iter().map(|label| &**label).collect();
            assert_eq!(labels, ["common", OTHER]);
        }
    }

    #[test]
    fn magnitudes_are_powers_of_two() {
        for number in [-3.5e7, -1.0, -0.3, 0.0, 1e-9, 0.5, 1.0, 1.99, 2.0, 1023.0, 9e15] {
            let (low, high) = edges(magnitude(number));
            assert!(low <= number + 1e-8 && number <= high + 1e-8, "{number} in {low}..{high}");
        }
        assert_eq!(magnitude(f64::MAX), 2 * SIDE);
        assert_eq!(magnitude(f64::MIN), 0);
    }

    /// 2,000 ages from 20 to 80: from 16 to 128, cut into about eight runs that hold about as many each.
    #[test]
    fn bounds_enclose_the_numbers_and_not_an_outlier() {
        let ages: String = (0..2000).map(|row| format!("{}\n", 20 + row % 61)).collect();
        let csv = format!("x\n{ages}123456789\n");
        let attribute = bought("kind = 'integer'", &csv, Undeclared::Bounds, 0.05, 1);
        let Cells::Numbers(grid) = attribute.cells else { panic!() };
        assert_eq!((grid.ends(0).0, grid.ends(grid.cells() - 1).1), (16.0, 128.0));
        assert!((6..=9).contains(&grid.cells()), "{}", grid.cells());
    }

    #[test]
    fn nothing_to_be_found_still_gives_cells() {
        let attribute =
            bought("kind = 'integer'\nmissing = ['?']", "x\n?\n?\n", Undeclared::Bounds, 0.01, 2);
        assert!(attribute.size() >= 2 && attribute.missing);
        let attribute =
            bought("kind = 'categorical'\nmissing = ['?']", "x\n?\n", Undeclared::Levels, 0.01, 3);
        assert_eq!(attribute.size(), 2);
    }
}

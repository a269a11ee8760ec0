//! Coded columns cut into at most 255 bins once, so that trees search bins instead of values.
//!
//! A number goes to one of up to 254 bins of about equal weight, each ending at a value that occurs:
//! a strictly increasing change of scale leaves every bin as it is. A category has one bin a level;
//! beyond 253 levels the rarer ones share one. Missing values are bin 0 of every column.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::encode::{Coded, Codes};
use crate::table::MISSING;

/// Bins of a column, the one for missing values among them.
pub(super) const MOST: usize = 255;

/// Where columns are cut: at values that occur, so that a file of it holds values of people.
#[derive(Serialize, Deserialize)]
pub struct Bins {
    columns: Vec<Cuts>,
}

/// Rows as bins, column by column. It holds records, and so can neither be printed nor serialized.
pub struct Binned {
    /// Number of rows.
    pub rows: usize,
    pub(super) columns: Vec<BinnedColumn>,
}

/// One column as bins.
pub(super) struct BinnedColumn {
    pub(super) bins: Vec<u8>,
    /// Number of bins, that for missing values included.
    pub(super) count: usize,
    /// Whether bins 1, 2, … are in order.
    pub(super) ordered: bool,
}

#[derive(Serialize, Deserialize)]
enum Cuts {
    /// The last value of each bin, ascending.
    Number(Vec<f64>),
    /// The bin of each level that has its own, and that of all other levels.
    Category { bins: BTreeMap<u32, u8>, other: u8 },
}

impl Bins {
    /// Cuts the columns of `samples`, which are coded jointly.
    #[must_use]
    pub fn fit(samples: &[&Coded]) -> Self {
        let count = samples.first().map_or(0, |sample| sample.columns.len());
        let cuts = |column: usize| {
            let parts: Vec<&Codes> = samples.iter().map(|sample| &sample.columns[column]).collect();
            match parts.first() {
                Some(Codes::Category(_)) => levels(&parts),
                _ => quantiles(&parts),
            }
        };
        Self { columns: (0..count).into_par_iter().map(cuts).collect() }
    }

    /// `rows` as bins.
    #[must_use]
    pub fn apply(&self, rows: &Coded) -> Binned {
        let columns = self.columns.par_iter().zip(&rows.columns);
        let columns = columns.map(|(cuts, codes)| cuts.apply(codes, rows.rows)).collect();
        Binned { rows: rows.rows, columns }
    }

    /// Appends `codes`, coded as the column at `place` that was fitted, to `rows`.
    ///
    /// # Panics
    /// When no column was fitted at `place`.
    pub fn append(&self, place: usize, codes: &Codes, rows: &mut Binned) {
        rows.columns.push(self.columns[place].apply(codes, rows.rows));
    }
}

impl Binned {
    /// Rows without a column so far.
    #[must_use]
    pub fn empty(rows: usize) -> Self {
        Self { rows, columns: Vec::new() }
    }

    /// The given rows, in the given order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let column = |column: &BinnedColumn| BinnedColumn {
            bins: rows.iter().map(|&row| column.bins[row]).collect(),
            ..*column
        };
        Self { rows: rows.len(), columns: self.columns.iter().map(column).collect() }
    }

    /// Number of columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.len()
    }
}

impl Cuts {
    fn apply(&self, codes: &Codes, rows: usize) -> BinnedColumn {
        match (self, codes) {
            (Self::Number(last), Codes::Number(values)) => {
                let bin = |value: &f64| {
                    let bin = last.partition_point(|last| last < value).min(last.len() - 1);
                    if value.is_nan() { 0 } else { bin as u8 + 1 }
                };
                let bins =
                    if last.is_empty() { vec![0; rows] } else { values.iter().map(bin).collect() };
                BinnedColumn { bins, count: last.len() + 1, ordered: true }
            }
            (Self::Category { bins, other }, Codes::Category(codes)) => {
                let bin = |code: &u32| match *code {
                    MISSING => 0,
                    code => bins.get(&code).copied().unwrap_or(*other),
                };
                let bins = codes.iter().map(bin).collect();
                BinnedColumn { bins, count: usize::from(*other) + 1, ordered: false }
            }
            // Joint coding gives a column one kind in all samples.
            _ => BinnedColumn { bins: vec![0; rows], count: 1, ordered: true },
        }
    }
}

/// The last value of each of up to 254 bins of about equal weight.
fn quantiles(parts: &[&Codes]) -> Cuts {
    let numbers = parts.iter().flat_map(|codes| match codes {
        Codes::Number(values) => values.as_slice(),
        Codes::Category(_) => &[],
    });
    // −0 and 0 are one value.
    let mut known: Vec<f64> = numbers.copied().filter(|x| !x.is_nan()).map(|x| x + 0.0).collect();
    known.sort_by(f64::total_cmp);
    let mut distinct = known.clone();
    distinct.dedup();
    if distinct.len() < MOST {
        return Cuts::Number(distinct);
    }
    let bins = MOST - 1;
    let mut last: Vec<f64> = (1..=bins).map(|bin| known[bin * known.len() / bins - 1]).collect();
    last.dedup();
    Cuts::Number(last)
}

/// A bin a level, the most frequent first; ties go to the smaller code.
fn levels(parts: &[&Codes]) -> Cuts {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for codes in parts {
        let Codes::Category(codes) = codes else { continue };
        for &code in codes.iter().filter(|&&code| code != MISSING) {
            *counts.entry(code).or_default() += 1;
        }
    }
    let mut counts: Vec<(u32, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(code, count)| (std::cmp::Reverse(count), code));
    // The last bin is for levels without one of their own, unseen ones too.
    let own = counts.iter().take(MOST - 2);
    let bins: BTreeMap<u32, u8> = own.zip(1..).map(|(&(code, _), bin)| (code, bin)).collect();
    let other = bins.len() as u8 + 1;
    Cuts::Category { bins, other }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(codes: Codes, rows: usize) -> BinnedColumn {
        let rows = Coded { rows, columns: vec![codes] };
        Bins::fit(&[&rows]).apply(&rows).columns.remove(0)
    }

    #[test]
    fn few_numbers_have_a_bin_each_and_missing_is_bin_zero() {
        let column = bins(Codes::Number(vec![3.0, f64::NAN, -1.0, 3.0, 10.0, -0.0, 0.0]), 7);
        assert_eq!(column.bins, [3, 0, 1, 3, 4, 2, 2]);
        assert_eq!(column.count, 5);
    }

    /// 1000 numbers in 254 bins: three or four a bin, in order, whatever the scale.
    #[test]
    fn many_numbers_share_bins_of_equal_weight_on_any_scale() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i * 7 % 1000)).collect();
        let cubed = values.iter().map(|x| 5.0 * x.powi(3) - 7.0).collect();
        let column = bins(Codes::Number(values), 1000);
        assert_eq!(column.count, 255);
        for bin in 1..=254 {
            let weight = column.bins.iter().filter(|&&b| b == bin).count();
            assert!((3..=4).contains(&weight), "{bin}: {weight}");
        }
        assert_eq!(bins(Codes::Number(cubed), 1000).bins, column.bins);
    }

    #[test]
    fn a_hundred_thousand_categories_fit() {
        let codes: Vec<u32> = (0..100_000).chain([5, 5, MISSING]).collect();
        let column = bins(Codes::Category(codes), 100_003);
        assert_eq!(column.count, 255);
        assert_eq!(column.bins[100_000], 1);
        assert_eq!(*column.bins.last().unwrap(), 0);
        assert!(column.bins.iter().filter(|&&bin| bin == 254).count() > 99_000);
    }

    #[test]
    fn a_column_without_values_is_all_missing() {
        assert_eq!(bins(Codes::Number(vec![f64::NAN; 3]), 3).bins, [0, 0, 0]);
        assert_eq!(bins(Codes::Category(vec![MISSING; 3]), 3).bins, [0, 0, 0]);
    }
}

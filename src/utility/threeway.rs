//! How far the three-way tables of the release are from those of train.
//!
//! # Purpose
//! Cross tabulations of three columns, and models with interactions.
//!
//! # Estimator
//! `threeway.tv`: the mean total variation ½Σ|p − q| of tables of three columns in the coarse grid (see `pairwise`)
//! over all triples of columns, or over `triples` of them drawn by the seed where there are more. Combinations of fewer
//! than eleven training persons, or of none, are one cell. The ceiling is what the fresh records reach on the same
//! triples, scaled to the size of the release, and not less than the mean by chance ½Σ√((2/π)p(1 − p)(1/n₁ + 1/n₂)), p the shares of train and n effective persons. A triple with a column that
//! the release does not hold, or holds without a value, has the distance 1. The standard error is that of the mean of
//! `pairwise.tv`, triples in place of pairs; how triples are drawn adds none.
//!
//! # Limits
//! A table of three columns has up to 1,728 cells: of small samples most are one, and little is seen. Where triples are drawn, those that differ most may be among the others. The error is too small near
//! the ceiling, where signs are chance.
//!
//! # References
//! Bowen and Snoke 2021, J. Priv. Confid. 11(1). Raab, Nowok and Dibben 2021, arXiv 2109.12717.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::signs::{Signed, standard_error};
use super::tables::{self, CELLS, Column, Noise, STRIDE, moved};
use super::{Info, Rows, Utility, View, parameters};
use crate::audit::Progress;
use crate::error::{Error, Result};
use crate::evidence::{Evidence, Measure};
use crate::random::Seed;
use crate::stats::total_variation;

/// Parameters of the measure.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Threeway {
    /// Triples of columns that are looked at, at most, 1 to 100,000. Default 1,000.
    pub triples: usize,
}

impl Default for Threeway {
    fn default() -> Self {
        Self { triples: 1000 }
    }
}

/// What the measure is.
pub(super) static INFO: Info = Info {
    id: "threeway",
    title: "tables of three columns",
    purpose: "cross tabulations of three columns, and models with interactions",
    needs_holdout: false,
    references: &["Bowen and Snoke 2021, J. Priv. Confid. 11(1)"],
    metrics: &["threeway.tv"],
};

impl Utility for Threeway {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, view: &View<'_>, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        if !(1..=100_000).contains(&self.triples) {
            return Err(Error::Usage("[utility.threeway]: expected 1 to 100,000 triples".into()));
        }
        let columns = tables::columns(view);
        if columns.len() < 3 {
            return Err(Error::NotApplicable(
                "it compares triples of columns, and train has fewer than three with values".into(),
            ));
        }
        let triples = triples(columns.len(), self.triples, seed);
        let samples = Samples {
            view,
            persons: [view.train.effective(), view.released.effective()],
            scale: view.scale(),
            by_person: tables::by_person(view),
        };
        let compare = |triple: &[usize; 3]| samples.compare(&triple.map(|c| &columns[c]));
        let compared: Vec<Compared> = triples.par_iter().map(compare).collect();
        let values: Vec<f64> = compared.iter().map(|triple| triple.variation).collect();
        let noise: Vec<Noise> = compared.iter().filter_map(|triple| triple.noise).collect();
        let signed: Vec<_> = compared.into_iter().filter_map(|triple| triple.signed).collect();
        let value = tables::mean(&values).unwrap_or(1.0).min(1.0);
        let standard_error = standard_error(view, &signed, triples.len());
        let measure = Measure::Normal { value, standard_error, range: [0.0, 1.0] };
        let mut fact = Evidence::whole(INFO.metrics[0], measure);
        fact.ceiling = Noise::ceilings(view, &noise).0;
        fact.notes = tables::notes(&columns, "at a distance of 1");
        let of = number_of_triples(columns.len());
        fact.notes.push(if triples.len() as u128 == of {
            "all triples of columns were looked at".into()
        } else {
            format!("{} of {of} triples of columns were looked at", triples.len())
        });
        fact.parameters = parameters(self);
        progress.advance(1);
        Ok(vec![fact])
    }
}

/// One triple of columns.
struct Compared {
    /// Total variation of train and release.
    variation: f64,
    /// What noise shows; nothing where the release does not hold all columns.
    noise: Option<Noise>,
    /// What the distance's error comes from; nothing where it is 1 for want of a column.
    signed: Option<Signed<3>>,
}

/// What is the same for all triples.
struct Samples<'a> {
    view: &'a View<'a>,
    /// Effective persons of train and release.
    persons: [f64; 2],
    /// What a distance of fresh records is multiplied by.
    scale: Option<f64>,
    /// The rows of train person by person, where persons have several.
    by_person: Option<Vec<u32>>,
}

impl Samples<'_> {
    fn compare(&self, of: &[&Column<'_>; 3]) -> Compared {
        let places: Vec<usize> = of.iter().filter_map(|column| column.feature).collect();
        let [a, b, c] = places[..] else {
            return Compared { variation: 1.0, noise: None, signed: None };
        };
        let (view, columns) = (self.view, [a, b, c]);
        let train = three_way(&view.train, columns);
        let to = tables::pooled(view, columns, &train, self.by_person.as_deref());
        let train = moved(train, &to);
        let table = |rows: &Rows| moved(three_way(rows, columns), &to);
        let fresh = view.fresh.as_ref().map(table);
        let noise = Noise::of(&train, fresh.as_deref(), self.scale, self.persons);
        let released = table(&view.released);
        let served = of.iter().all(|column| column.served());
        let variation = total_variation(&train, &released).filter(|_| served);
        let signed = variation.map(|_| Signed::new(columns, &train, &released, &to));
        Compared { variation: variation.unwrap_or(1.0), noise: Some(noise), signed }
    }
}

/// The weight in every triple of cells of three columns in the coarse grid.
fn three_way(rows: &Rows, columns: [usize; 3]) -> Vec<f64> {
    let [a, b, c] = columns.map(|column| rows.columns[column].coarse.as_slice());
    let mut table = vec![0.0; CELLS * STRIDE];
    for (row, ((a, b), c)) in a.iter().zip(b).zip(c).enumerate() {
        let cell = usize::from(*a) * CELLS + usize::from((b << 4) | c);
        table[cell] += rows.weight(row);
    }
    table
}

/// Triples of `count` columns, ascending: all of them, or `most` that are drawn.
fn triples(count: usize, most: usize, seed: Seed) -> Vec<[usize; 3]> {
    if number_of_triples(count) <= most as u128 {
        let pairs = tables::pairs(count).into_iter();
        return pairs.flat_map(|(i, j)| (j + 1..count).map(move |k| [i, j, k])).collect();
    }
    let mut rng = seed.part("triples").rng();
    let mut drawn = BTreeSet::new();
    while drawn.len() < most {
        let mut triple: [usize; 3] = std::array::from_fn(|_| rng.random_range(0..count));
        triple.sort_unstable();
        if triple[0] < triple[1] && triple[1] < triple[2] {
            drawn.insert(triple);
        }
    }
    drawn.into_iter().collect()
}

fn number_of_triples(columns: usize) -> u128 {
    let n = columns as u128;
    n * n.saturating_sub(1) * n.saturating_sub(2) / 6
}

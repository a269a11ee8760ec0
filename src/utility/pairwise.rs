//! How far the two-way tables of the release are from those of train.
//!
//! # Purpose
//! Cross tabulations and whatever rests on two columns at a time.
//!
//! # Estimator
//! Every pair of columns is a table of counts (or weights) in the coarse grid: five groups of numbers by quantiles of
//! train, or its ten most frequent levels and all others; missing is a cell of its own. Combinations of fewer than
//! eleven training persons, or of none, are one cell of the table. Tables are counted once a sample, in half bytes.
//! - `pairwise.tv`: the mean over pairs of the total variation ½Σ|p − q| of the shares; `pairwise.tv-worst` names the
//!   largest. The ceiling is what the fresh records reach, scaled to the size of the release, and not less than the
//!   mean by chance ½Σ√((2/π)p(1 − p)(1/n₁ + 1/n₂)), p the shares of train and n effective persons. The mean's error
//!   is that of the weighted mean over rows of ½ sign(p − q) in their cells, averaged over pairs (linearised; persons
//!   are drawn, not rows).
//! - `pairwise.s-pmse`: the median over pairs of the propensity score mean squared error of the saturated model over
//!   its expectation under a right synthesis; `pairwise.s-pmse-worst` names the largest. Raab, Nowok and Dibben call
//!   values below 3 good and 10 the most that is usable. The ceiling is the expectation 1/(1 − c) of fresh rows, c the
//!   released share of all rows; of the k-th largest, what the fresh records' k-th largest is at the size of the
//!   release. Weighted tables are scaled to Kish's effective number of rows. Where all rows of both
//!   samples lie in one cell, the tables are equal: 0.
//!
//! A pair with a column that the release does not hold, or holds without a value, has the total variation 1. S_pMSE is
//! left out of the former and compares the latter as missing in all rows.
//!
//! # Limits
//! The grid is coarse: differences within a cell are not seen. S_pMSE grows with the number of rows where tables differ
//! at all, takes rows for independent, and the largest of many pairs is above its expectation by chance. Single
//! pairs and S_pMSE have no standard error; that of the mean distance is too small near the ceiling, where signs are
//! chance.
//!
//! # References
//! Raab, Nowok and Dibben 2021, arXiv 2109.12717. Snoke et al. 2018, J. R. Statist. Soc. A 181:663.

#[cfg(test)]
mod tests;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::signs::{Signed, standard_error};
use super::tables::{self, CELLS, Column, Noise, moved};
use super::{Info, Rows, Utility, View, parameters};
use crate::audit::Progress;
use crate::error::{Error, Result};
use crate::evidence::{Evidence, Measure};
use crate::random::Seed;
use crate::stats::{standardized_pmse, total_variation};

/// Parameters of the measure.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Pairwise {
    /// Pairs named as the worst, 1 to 1,000. Default 10.
    pub worst: usize,
}

impl Default for Pairwise {
    fn default() -> Self {
        Self { worst: 10 }
    }
}

/// What the measure is.
pub(super) static INFO: Info = Info {
    id: "pairwise",
    title: "tables of two columns",
    purpose: "cross tabulations and whatever rests on two columns at a time",
    needs_holdout: false,
    references: &[
        "Raab, Nowok and Dibben 2021, arXiv 2109.12717",
        "Snoke et al. 2018, J. R. Statist. Soc. A 181:663",
    ],
    metrics: &["pairwise.tv", "pairwise.tv-worst", "pairwise.s-pmse", "pairwise.s-pmse-worst"],
};

impl Utility for Pairwise {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, view: &View<'_>, _seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        tables::check_worst(INFO.id, self.worst)?;
        let columns = tables::columns(view);
        if columns.len() < 2 {
            return Err(Error::NotApplicable(
                "it compares pairs of columns, and train has fewer than two with values".into(),
            ));
        }
        let by_person = tables::by_person(view);
        let samples = Samples::new(view, by_person.as_deref());
        let pairs = tables::pairs(columns.len());
        let mut compared: Vec<Compared> =
            pairs.par_iter().map(|&(i, j)| samples.compare(&columns[i], &columns[j])).collect();
        let signed: Vec<_> = compared.iter_mut().filter_map(|pair| pair.signed.take()).collect();
        let error = standard_error(view, &signed, pairs.len());
        progress.advance(2);
        let mut facts = variation(&samples, &columns, &pairs, &compared, error, self.worst);
        facts.extend(scores(&samples, &columns, &pairs, &compared, self.worst));
        progress.advance(2);
        facts.iter_mut().for_each(|fact| fact.parameters = parameters(self));
        Ok(facts)
    }
}

/// One pair of columns.
struct Compared {
    /// Total variation of train and release.
    variation: f64,
    /// What noise shows; nothing where the release does not hold both columns.
    noise: Option<Noise>,
    /// S_pMSE; nothing where the release does not hold both columns.
    score: Option<f64>,
    /// What fresh records reach of it, at the size of the release.
    reached: Option<f64>,
    /// What the distance's error comes from; nothing where it is 1 for want of a column.
    signed: Option<Signed<2>>,
}

/// The samples, with what is the same for all pairs.
struct Samples<'a> {
    view: &'a View<'a>,
    /// Effective persons of train and release.
    persons: [f64; 2],
    /// Effective rows of train and release.
    rows: [f64; 2],
    /// What a distance of fresh records is multiplied by.
    scale: Option<f64>,
    /// Effective rows of the fresh records.
    fresh_rows: Option<f64>,
    /// The rows of train person by person, where persons have several.
    by_person: Option<&'a [u32]>,
}

impl<'a> Samples<'a> {
    fn new(view: &'a View<'a>, by_person: Option<&'a [u32]>) -> Self {
        let sides = [&view.train, &view.released];
        Self {
            view,
            persons: sides.map(Rows::effective),
            rows: sides.map(tables::effective_rows),
            scale: view.scale(),
            fresh_rows: view.fresh.as_ref().map(tables::effective_rows),
            by_person,
        }
    }

    fn compare(&self, a: &Column<'_>, b: &Column<'_>) -> Compared {
        let Some((i, j)) = a.feature.zip(b.feature) else {
            return Compared {
                variation: 1.0,
                noise: None,
                score: None,
                reached: None,
                signed: None,
            };
        };
        let table = |rows: &Rows| {
            let [a, b] = [i, j].map(|place| rows.columns[place].coarse.as_slice());
            tables::two_way(a, b, rows.weights.as_deref())
        };
        let train = table(&self.view.train);
        let to = tables::pooled(self.view, [i, j], &train, self.by_person);
        let train = moved(train, &to);
        let [released, fresh] = [Some(&self.view.released), self.view.fresh.as_ref()]
            .map(|rows| rows.map(|rows| moved(table(rows), &to)));
        let released = released.unwrap_or(train);
        let noise =
            Noise::of(&train, fresh.as_ref().map(|t| t.as_slice()), self.scale, self.persons);
        let variation = total_variation(&train, &released).filter(|_| a.served() && b.served());
        let signed = variation.map(|_| Signed::new([i, j], &train, &released, &to));
        let score_of = |table, rows| score(&train, table, [self.rows[0], rows]);
        let reached = fresh.as_ref().zip(self.fresh_rows).and_then(|(fresh, rows)| {
            // Of a right synthesis it is expected to be 1 + n₂/n₁.
            let [train, released] = self.rows;
            Some(score_of(fresh, rows)? * (1.0 + released / train) / (1.0 + rows / train))
        });
        let score = score_of(&released, self.rows[1]);
        let (variation, noise) = (variation.unwrap_or(1.0), Some(noise));
        Compared { variation, noise, score, reached, signed }
    }

    /// What S_pMSE is expected to be of fresh rows: 1/(1 − c).
    fn expected_score(&self) -> Option<f64> {
        let [train, released] = self.rows;
        Some((train + released) / train).filter(|expected| expected.is_finite())
    }
}

/// S_pMSE of two tables that stand for so many rows.
fn score(train: &[f64; CELLS], released: &[f64; CELLS], rows: [f64; 2]) -> Option<f64> {
    let scaled = |table: &[f64; CELLS], rows: f64| {
        let sum: f64 = table.iter().sum();
        (sum > 0.0).then(|| table.map(|weight| weight * rows / sum))
    };
    let (train, released) = scaled(train, rows[0]).zip(scaled(released, rows[1]))?;
    let filled = train.iter().zip(&released).filter(|(a, b)| **a + **b > 0.0).count();
    if filled == 1 { Some(0.0) } else { standardized_pmse(&train, &released) }
}

/// The facts about total variation, the mean with its standard error.
fn variation(
    samples: &Samples<'_>,
    columns: &[Column<'_>],
    pairs: &[(usize, usize)],
    compared: &[Compared],
    standard_error: f64,
    most: usize,
) -> Vec<Evidence> {
    let values: Vec<f64> = compared.iter().map(|pair| pair.variation).collect();
    let noise: Vec<Noise> = compared.iter().filter_map(|pair| pair.noise).collect();
    let (ceiling, reached) = Noise::ceilings(samples.view, &noise);
    let value = tables::mean(&values).unwrap_or(1.0).min(1.0);
    let measure = Measure::Normal { value, standard_error, range: [0.0, 1.0] };
    let mut mean = Evidence::whole(INFO.metrics[0], measure);
    mean.ceiling = ceiling;
    mean.notes = tables::notes(columns, "at a distance of 1");
    if samples.view.fresh.is_none() {
        mean.notes.push("without a holdout the ceiling is the mean by chance".into());
    }
    let worst = pairs.iter().zip(compared).map(|(&columns, pair)| (columns, pair.variation));
    let mut facts = tables::worst_pairs(INFO.metrics[1], columns, worst.collect(), &reached, most);
    facts.insert(0, mean);
    facts
}

/// The facts about S_pMSE; none where the release holds no pair of columns.
fn scores(
    samples: &Samples<'_>,
    columns: &[Column<'_>],
    pairs: &[(usize, usize)],
    compared: &[Compared],
    most: usize,
) -> Vec<Evidence> {
    let ceiling = samples.expected_score();
    let of = |(&columns, pair): (&(usize, usize), &Compared)| Some((columns, pair.score?));
    let scores: Vec<_> = pairs.iter().zip(compared).filter_map(of).collect();
    let reached = tables::descending(compared.iter().filter_map(|pair| pair.reached).collect());
    let reached: Vec<f64> = reached.into_iter().map(|score| samples.view.level(score)).collect();
    let Some(value) = median(scores.iter().map(|(_, score)| *score).collect()) else {
        return Vec::new();
    };
    let mut middle = Evidence::whole(INFO.metrics[2], Measure::Exact { value });
    middle.ceiling = ceiling;
    let absent = columns.iter().filter(|column| column.feature.is_none());
    let absent: Vec<&str> = absent.map(|column| column.name).collect();
    if !absent.is_empty() {
        middle.notes.push(format!("left out, not in the release: {}", absent.join(", ")));
    }
    let mut facts = vec![middle];
    facts.extend(tables::worst_pairs(INFO.metrics[3], columns, scores, &reached, most));
    let View { train, released, .. } = samples.view;
    if [train, released].iter().any(|rows| rows.persons.count < rows.count) {
        let caveat =
            "persons have several rows, which S_pMSE takes for independent: it is too large";
        facts.iter_mut().for_each(|fact| fact.caveats.push(caveat.into()));
    }
    facts
}

/// The middle value, or the mean of the middle two.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 { Some(upper) } else { Some((values[middle - 1] + upper) / 2.0) }
}

//! How much of the release lies where train does, column by column and of all columns together.
//!
//! # Purpose
//! One number to rank generators by before anybody knows what the release will be used for. Of six such metrics the
//! multivariate Hellinger distance ranked generators most as the accuracy of models learned from their releases did
//! (El Emam et al. 2022).
//!
//! # Estimator
//! - `hellinger.univariate`: the mean over columns of H = √(1 − Σ√(pq)), p and q the weighted shares of train and of the
//!   release in the fine grid, missing being a cell; exactly 1 where they have no cell in common.
//! - `hellinger.multivariate`: each column is mapped to normal scores Φ⁻¹((F(x−) + F(x))/2) by the weighted distribution
//!   function F of train, cut to 1/2n from 0 and 1 with Kish's effective number n of train's persons. Missing lies
//!   below all numbers; categories are ordered by their frequency in train, missing last. With the weighted means m and
//!   covariances S of the scores, plus `ridge` on every variance,
//!   H² = 1 − |S₁|^¼ |S₂|^¼ |M|^(−½) exp(−⅛ dᵀM⁻¹d), M = (S₁ + S₂)/2, d = m₁ − m₂, by Cholesky factors and logarithms.
//!
//! A column in which the release holds no value is at distance 1, and so are all together where there is one: what is
//! without that column has nothing in common with train. Ceiling: what fresh records reach, scaled to the size of the
//! release, since H shrinks as the noise does (not so what train does not hold), as a mean over redraws as in
//! `marginal`; without these, of single columns, the mean of √(χ²(1/n₁ + 1/n₂)/8) over χ² with one degree of freedom
//! less than train has cells, and of all together none.
//!
//! Error: the delta method. A row of train in a cell adds −√(q/p)/(4H), one of the release −√(p/q)/(4H); of the normal laws
//! the derivative of H by a row's weight. Squared errors of both sides, persons being drawn, are added; that train
//! also sets the scores is not in it. It is at least that of one person.
//!
//! # Limits
//! Noise alone makes H large where columns are many or categories rare: compare with the ceiling. Of the dependence
//! between columns, the multivariate distance sees correlations of scores only. The ridge hides what differs by
//! less than its root, a third of a standard deviation by default: a smaller one lets rare categories, and columns that
//! follow from each other in train, decide all.
//!
//! # References
//! El Emam, Mosquera, Fang and El-Hussuna 2022, JMIR Med. Inform. 10(4):e35734. Le Cam and Yang 2000, Asymptotics in
//! Statistics, chapter 4.

#[cfg(test)]
mod tests;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::columnwise::{
    Compared, Distance, Lasting, by_row, counted, hanging_together, percent, share, shares, sorted,
    standard_error, unknown,
};
use super::{Info, Rows, Utility, View, parameters};
use crate::audit::Progress;
use crate::encode::design::Matrix;
use crate::error::{Error, Result};
use crate::evidence::Evidence;
use crate::learn::{Gaussian, Overlap};
use crate::random::Seed;
use crate::stats::{expected_hellinger, hellinger, normal_inverse};

/// Parameters of the measure.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Hellinger {
    /// What is added to the variance of every normal score, above 0 and at most 1. Default 0.1.
    pub ridge: f64,
}

impl Default for Hellinger {
    fn default() -> Self {
        Self { ridge: 0.1 }
    }
}

/// What the measure is.
pub(super) static INFO: Info = Info {
    id: "hellinger",
    title: "overlap of the release with train",
    purpose: "ranking generators before the use of the release is known",
    needs_holdout: false,
    references: &["El Emam et al. 2022, JMIR Med. Inform. 10(4):e35734"],
    metrics: &["hellinger.univariate", "hellinger.multivariate"],
};

impl Utility for Hellinger {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, view: &View<'_>, _: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        if !(1e-9..=1.0).contains(&self.ridge) {
            return Err(Error::Usage(
                "[utility.hellinger]: expected a `ridge` from 1e-9 to 1".into(),
            ));
        }
        let all = Compared::new(view, |_| true);
        if all.is_empty() {
            return Err(Error::NotApplicable(
                "train has no column of numbers, dates or categories".into(),
            ));
        }
        let mut facts = vec![univariate(view, &all)];
        progress.advance(1);
        facts.extend(self.multivariate(view, &all));
        progress.advance(1);
        for fact in &mut facts {
            fact.parameters = parameters(self);
        }
        Ok(facts)
    }
}

/// The mean over columns.
fn univariate(view: &View<'_>, all: &Compared<'_>) -> Evidence {
    let [mean] = all.means(|place, rows| [of_column(view, place, rows)]);
    let [fresh] = all.ceilings(|view, place, rows| [of_column(view, place, rows)]);
    let fresh = fresh.map(|fresh| fresh.mean);
    let [n1, n2] = [&view.train, &view.released].map(Rows::effective);
    let by_chance = || {
        all.mean_of(|place| {
            let p = shares(&view.train, &view.features[place], place);
            expected_hellinger(p.iter().filter(|p| **p > 0.0).count(), n1, n2)
        })
        .map(|expected| view.level(expected))
    };
    mean.fact(view, INFO.metrics[0], fresh.or_else(by_chance))
}

/// H in the fine grid.
fn of_column(view: &View<'_>, place: usize, rows: &Rows) -> Distance {
    let feature = &view.features[place];
    let [p, q] = [&view.train, rows].map(|rows| shares(rows, feature, place));
    let Some(value) = hellinger(&p, &q) else { return Distance::farthest() };
    let slope = |own: f64, other: f64| {
        let moves = own > 0.0 && value > 1e-9;
        if moves { -(other / own).sqrt() / (4.0 * value) } else { 0.0 }
    };
    let slopes = |own: &[f64], other: &[f64]| -> Vec<f64> {
        own.iter().zip(other).map(|(&own, &other)| slope(own, other)).collect()
    };
    let influence =
        [by_row(&view.train, place, &slopes(&p, &q)), by_row(rows, place, &slopes(&q, &p))];
    Distance { value, influence, lasting: Lasting::Squared(unknown(&p, &q) / 2.0) }
}

impl Hellinger {
    /// Of all columns together; nothing where rounding leaves no density.
    fn multivariate(&self, view: &View<'_>, all: &Compared<'_>) -> Option<Evidence> {
        let [train, released] = self.laws(view, &all.places, &view.released)?;
        let overlap = train.1.beside(&released.1)?;
        let held = overlap.hellinger();
        let whole = all.without.is_empty();
        let influence = if whole {
            [influence(&overlap, 0, &train.0), influence(&overlap, 1, &released.0)]
        } else {
            [Vec::new(), Vec::new()]
        };
        drop((train, released));
        let measure = share(if whole { held } else { 1.0 }, standard_error(view, &influence));
        let mut fact = Evidence::whole(INFO.metrics[1], measure);
        let fresh = |view: &View<'_>, rows: &Rows| {
            let laws = self.laws(view, &all.places, rows);
            let overlap = laws.and_then(|[train, fresh]| train.1.beside(&fresh.1));
            overlap.map_or(f64::NAN, |overlap| overlap.hellinger())
        };
        fact.ceiling = view.ceiling(fresh).map(|most| most.min(1.0));
        fact.notes.extend(counted(&all.without, "1"));
        if !whole && !all.places.is_empty() {
            fact.notes.push(format!("of the columns as they are released: {}", percent(held)));
        }
        fact.caveats.extend(hanging_together(view));
        Some(fact)
    }

    /// The normal scores of train and of a sample, by train's distributions, each with its normal law.
    fn laws(
        &self,
        view: &View<'_>,
        places: &[usize],
        rows: &Rows,
    ) -> Option<[(Matrix, Gaussian); 2]> {
        let scores: Vec<Scores> =
            places.iter().map(|&place| Scores::by_train(view, place)).collect();
        let law = |rows: &Rows| {
            let matrix = matrix(rows, places, &scores);
            let law = Gaussian::fit(&matrix, |row| rows.weight(row))?.with_ridge(self.ridge);
            Some((matrix, law))
        };
        Some([law(&view.train)?, law(rows)?])
    }
}

/// By how much the distance grows per weight of each row.
fn influence(overlap: &Overlap, side: usize, rows: &Matrix) -> Vec<f64> {
    (0..rows.rows).into_par_iter().map(|row| overlap.influence(side, rows.row(row))).collect()
}

/// The normal scores of the columns at `places`.
fn matrix(rows: &Rows, places: &[usize], scores: &[Scores]) -> Matrix {
    let width = places.len();
    let mut values = vec![0.0; rows.count * width];
    for (column, (&place, scores)) in places.iter().zip(scores).enumerate() {
        let slots = values.iter_mut().skip(column).step_by(width.max(1));
        slots.enumerate().for_each(|(row, slot)| *slot = scores.of(rows, place, row));
    }
    Matrix { rows: rows.count, columns: width, values }
}

/// The normal score of whatever a column can hold.
enum Scores {
    /// By the number: distinct numbers of train, ascending; scores of what lies below the first, of the first, of what
    /// lies between it and the second, …; the score of missing.
    Numbers { at: Vec<f64>, scores: Vec<f64>, missing: f64 },
    /// By the cell.
    Cells(Vec<f64>),
}

impl Scores {
    fn by_train(view: &View<'_>, place: usize) -> Self {
        let (train, feature) = (&view.train, &view.features[place]);
        let shares = shares(train, feature, place);
        let score = scorer(train.effective());
        if train.columns[place].numbers.is_none() {
            let mut below = 0.0;
            let of_cell = |share: &f64| {
                below += share;
                score(below - share / 2.0)
            };
            return Self::Cells(shares.iter().map(of_cell).collect());
        }
        let blank = shares.last().copied().unwrap_or(0.0);
        let sorted = sorted(train, place);
        let total: f64 = sorted.iter().map(|(_, weight)| weight).sum();
        let (mut at, mut below) = (Vec::new(), blank);
        let mut scores = vec![score(below)];
        for tied in sorted.chunk_by(|a, b| a.0 >= b.0) {
            let weight: f64 = tied.iter().map(|(_, weight)| weight).sum();
            let share = (1.0 - blank) * weight / total;
            at.extend(tied.first().map(|(x, _)| *x));
            scores.push(score(below + share / 2.0));
            below += share;
            scores.push(score(below));
        }
        Self::Numbers { at, scores, missing: score(blank / 2.0) }
    }

    fn of(&self, rows: &Rows, place: usize, row: usize) -> f64 {
        let series = &rows.columns[place];
        let (at, scores, missing) = match self {
            Self::Cells(scores) => return scores[series.cells[row] as usize],
            Self::Numbers { at, scores, missing } => (at, scores, *missing),
        };
        let x = series.numbers.as_ref().map_or(f64::NAN, |numbers| numbers[row]);
        if x.is_nan() {
            return missing;
        }
        let first = at.partition_point(|known| *known < x);
        let known = at.get(first).is_some_and(|known| *known <= x);
        scores[2 * first + usize::from(known)]
    }
}

/// Φ⁻¹ of a probability, no nearer to 0 and 1 than half of one of `n` persons.
fn scorer(n: f64) -> impl Fn(f64) -> f64 {
    let edge = (0.5 / n.max(1.0)).min(0.5);
    move |p| normal_inverse(p.clamp(edge, 1.0 - edge))
}

//! How far each column of the release is from train's, taken by itself.
//!
//! # Purpose
//! Counts, means, shares and histograms of one column at a time: what a table of descriptive statistics shows.
//!
//! # Estimator
//! With p and q the weighted shares of train and of the release in the cells of the fine grid (every category, or 20
//! groups of numbers that end at train's quantiles; missing is a cell):
//! - `marginal.tv`: the mean over columns of the total variation ½ Σ|p − q|, the largest error of any share.
//! - `marginal.tv-worst`: the same of each of the `worst` columns that are farthest off. The ceiling of the k-th is what
//!   the column that is the k-th farthest off among the fresh records reaches.
//! - `marginal.ks`: the mean over numeric columns of Kolmogorov and Smirnov's max|F − G| of the weighted distribution
//!   functions of the numbers; missing values have no part in it.
//! - `marginal.wasserstein`: the mean over numeric columns of ∫|F − G|dx over the column's scale, train's
//!   q99.5 − q0.5 (its range where these are equal, 1 where that is 0, too), at most 1 a column.
//!
//! Cells of fewer than eleven training persons are one. A column in which the release holds no value is at distance 1.
//! Ceiling: what fresh records reach, scaled to the size of the release, but for the share in cells that train does not
//! have, which does not shrink; as a mean over up to nine redraws of both real samples (none where the tables are large,
//! nor of columns with rare categories); without fresh records, of the total variation, the closed form
//! ½ Σ√((2/π)p(1 − p)(1/n₁ + 1/n₂)) with Kish's effective numbers of persons, and of the others none.
//!
//! Error: every distance is a mean of row scores in train less one in the release once the signs of the differences
//! are held fixed (the delta method; van der Vaart 1998, Asymptotic Statistics, chapter 20): sign(p − q)/2 of the row's
//! cell, sign(F − G) at the maximum for rows at or below it, ∫ sign(F − G) from the row's number up over the scale,
//! the latter two over the share of rows with a number. The squared errors of both sides, persons being drawn, are
//! added. It is at least that of one person.
//!
//! # Limits
//! Each distance is biased upwards by noise, which is what the ceiling shows. Columns that are right one by one may be
//! wrong together. Numbers of more than 20 values are compared by total variation in groups only. A column that
//! reached the cap of `wasserstein` may be any distance off.
//!
//! # References
//! Gibbs and Su 2002, Int. Stat. Rev. 70:419. Conover 1999, Practical Nonparametric Statistics, chapter 6. Ramdas,
//! García Trillos and Cuturi 2017, Entropy 19:47.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::columnwise::{
    Compared, Distance, Lasting, Mean, Reached, by_row, counted, hanging_together, numbers, pooled,
    quantile, share, shares, sorted, unknown,
};
use super::{Info, Rows, Utility, View, parameters};
use crate::audit::Progress;
use crate::error::{Error, Result};
use crate::evidence::Evidence;
use crate::random::Seed;
use crate::stats::{Steps, expected_total_variation, sign, total_variation};

/// Parameters of the measure.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Marginal {
    /// Columns with a fact of their own, those farthest off, 1 or more. Default 10.
    pub worst: usize,
}

impl Default for Marginal {
    fn default() -> Self {
        Self { worst: 10 }
    }
}

/// What the measure is.
pub(super) static INFO: Info = Info {
    id: "marginal",
    title: "columns taken one by one",
    purpose: "counts, means, shares and histograms of single columns",
    needs_holdout: false,
    references: &["Gibbs and Su 2002, Int. Stat. Rev. 70:419", "Ramdas et al. 2017, Entropy 19:47"],
    metrics: &["marginal.tv", "marginal.tv-worst", "marginal.ks", "marginal.wasserstein"],
};

impl Utility for Marginal {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, view: &View<'_>, _: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        if self.worst == 0 {
            return Err(Error::Usage("[utility.marginal]: expected `worst` of 1 or more".into()));
        }
        let all = Compared::new(view, |_| true);
        if all.is_empty() {
            return Err(Error::NotApplicable(
                "train has no column of numbers, dates or categories".into(),
            ));
        }
        let mut facts = self.variations(view, &all);
        progress.advance(2);
        let numeric = Compared::numeric(view);
        if !numeric.is_empty() {
            facts.extend(by_numbers(view, &numeric));
        }
        progress.advance(2);
        for fact in &mut facts {
            fact.parameters = parameters(self);
        }
        Ok(facts)
    }
}

impl Marginal {
    /// The mean total variation, then that of the columns farthest off.
    fn variations(&self, view: &View<'_>, all: &Compared<'_>) -> Vec<Evidence> {
        let [mean] = all.means(|place, rows| [variation(view, place, rows)]);
        let [fresh] = all.ceilings(|view, place, rows| [variation(view, place, rows)]);
        let reached = fresh.or_else(|| by_chance(view, all));
        let mut whole = mean.fact(view, "marginal.tv", reached.as_ref().map(|fresh| fresh.mean));
        whole.notes.extend(pooled(view));
        let mut facts = vec![whole];
        let mut columns = mean.columns;
        columns.sort_by(|a, b| b.1.total_cmp(&a.1));
        let untold = columns.len().saturating_sub(self.worst);
        for (rank, (name, value, error)) in columns.into_iter().take(self.worst).enumerate() {
            let mut fact = Evidence::whole("marginal.tv-worst", share(value, error));
            fact.about = Some(name.to_owned());
            fact.ceiling = reached.as_ref().and_then(|fresh| fresh.largest.get(rank).copied());
            let without: Vec<&str> =
                all.without.iter().copied().filter(|one| *one == name).collect();
            fact.notes.extend(counted(&without, "1"));
            if untold > 0 {
                fact.notes.push(format!("columns that are less far off and not told: {untold}"));
            }
            fact.caveats.extend(hanging_together(view));
            facts.push(fact);
        }
        facts
    }
}

/// The means of both distances of the numbers themselves.
fn by_numbers(view: &View<'_>, numeric: &Compared<'_>) -> Vec<Evidence> {
    let ceilings = numeric.ceilings(of_numbers);
    let named = ["marginal.ks", "marginal.wasserstein"].into_iter().zip(ceilings);
    let means = numeric.means(|place, rows| of_numbers(view, place, rows));
    let fact = |(mean, (metric, fresh)): (&Mean<'_>, (&str, Option<Reached>))| {
        mean.fact(view, metric, fresh.map(|fresh| fresh.mean))
    };
    means.iter().zip(named).map(fact).collect()
}

/// Total variation in the fine grid.
fn variation(view: &View<'_>, place: usize, rows: &Rows) -> Distance {
    let feature = &view.features[place];
    let [p, q] = [&view.train, rows].map(|rows| shares(rows, feature, place));
    let Some(value) = total_variation(&p, &q) else { return Distance::farthest() };
    let slopes: Vec<f64> = p.iter().zip(&q).map(|(p, q)| sign(p - q) / 2.0).collect();
    let opposite: Vec<f64> = slopes.iter().map(|slope| -slope).collect();
    let influence = [by_row(&view.train, place, &slopes), by_row(rows, place, &opposite)];
    Distance { value, influence, lasting: Lasting::Plain(unknown(&p, &q)) }
}

/// What a release of this size from train's own population would show by chance; nothing without a column.
fn by_chance(view: &View<'_>, all: &Compared<'_>) -> Option<Reached> {
    let [n1, n2] = [&view.train, &view.released].map(Rows::effective);
    let expected = |&place: &usize| {
        let p = shares(&view.train, &view.features[place], place);
        view.level(expected_total_variation(&p, n1, n2).min(1.0))
    };
    let mut largest: Vec<f64> = all.places.iter().map(expected).collect();
    largest.sort_by(|a, b| b.total_cmp(a));
    let mean = largest.iter().sum::<f64>() / largest.len() as f64;
    (!largest.is_empty()).then(|| Reached { mean: view.level(mean), largest })
}

/// Kolmogorov and Smirnov's distance and Wasserstein's over the column's scale.
fn of_numbers(view: &View<'_>, place: usize, rows: &Rows) -> [Distance; 2] {
    let train = sorted(&view.train, place);
    let Some(steps) = Steps::new(&train, &numbers(rows, place)) else {
        return [Distance::farthest(), Distance::farthest()];
    };
    let (widest, side) = steps.widest();
    let below = |x: f64| if x <= widest { side } else { 0.0 };
    let kolmogorov = Distance {
        value: steps.kolmogorov_smirnov(),
        influence: [influence(&view.train, place, below), influence(rows, place, |x| -below(x))],
        lasting: Lasting::Plain(0.0),
    };
    let scale = scale(&train);
    let moved = steps.wasserstein() / scale;
    // What overflows is far off, too.
    if !(moved < 1.0 && scale.is_finite()) {
        return [kolmogorov, Distance::farthest()];
    }
    let slope = steps.slope();
    let towards = |x: f64| slope(x) / scale;
    let wasserstein = Distance {
        value: moved,
        influence: [
            influence(&view.train, place, towards),
            influence(rows, place, |x| -towards(x)),
        ],
        lasting: Lasting::Plain(0.0),
    };
    [kolmogorov, wasserstein]
}

/// By how much a mean of `score` over the rows with a number grows per share of the weight of each row.
fn influence(rows: &Rows, place: usize, score: impl Fn(f64) -> f64) -> Vec<f64> {
    let known = numbers(rows, place);
    let weight: f64 = known.iter().map(|(_, weight)| weight).sum();
    let mean = known.iter().map(|(x, weight)| weight * score(*x)).sum::<f64>() / weight;
    let all: f64 = (0..rows.count).map(|row| rows.weight(row)).sum();
    let of_row = |x: &f64| if x.is_nan() { 0.0 } else { (score(*x) - mean) * all / weight };
    rows.columns[place].numbers.iter().flatten().map(of_row).collect()
}

/// Train's q99.5 − q0.5, else its range, else 1.
fn scale(sorted: &[(f64, f64)]) -> f64 {
    let between = |low: f64, high: f64| {
        quantile(sorted, high).zip(quantile(sorted, low)).map_or(0.0, |(high, low)| high - low)
    };
    let widths = [between(0.005, 0.995), between(0.0, 1.0)];
    widths.into_iter().find(|width| *width > 0.0).unwrap_or(1.0)
}

//! How far the associations between columns of the release are from those of train.
//!
//! # Purpose
//! Conclusions about what goes with what: correlations, group differences, regressions.
//!
//! # Estimator
//! Every pair of columns has an association in each sample:
//! - two columns of numbers: Pearson's correlation over the rows in which both are known, in [−1, 1];
//! - two of categories: Cramér's V with Bergsma's correction on the coarse grid (the ten most frequent levels of
//!   train, all others, missing), in [0, 1]; with weights n is Kish's effective number of rows;
//! - a number with a category: the correlation ratio η = √(between/total variance) over the rows in which the number
//!   is known, on the same levels, in [0, 1].
//!
//! `association.difference` is the mean over all pairs of |a(train) − a(release)|, `association.rank-difference` the
//! same with Spearman's correlation between two columns of numbers (Pearson's of mid-ranks, weighted), and
//! `association.difference-worst` names the pairs of the largest differences, Pearson's again. The ceiling is what the
//! fresh records differ from train by, scaled to the size of the release, as a mean over redraws of both real samples
//! (of the k-th largest, their k-th largest); without a holdout there is none. All
//! correlations come from blocked products of standardized columns, one pass for each sample.
//!
//! A column that is constant or without a value in a sample has association 0 with everything there. So has one that
//! the release does not hold: a pair with it differs by all of |a(train)|. Two numbers that fewer than eleven rows
//! of a sample know together have association 0 there.
//!
//! # Limits
//! Two relations of another form may have one association. Ranks are those among all known numbers of a column, and
//! not among the rows in which the other is known too. η is not corrected for the number of levels: small samples
//! show more than large ones, as the ceiling does. No standard error: pairs share rows and columns.
//!
//! # References
//! Bergsma 2013, J. Korean Statist. Soc. 42:323. Cramer 1946, Mathematical Methods of Statistics. Pearson 1905, On the
//! general theory of skew correlation. Spearman 1904, Am. J. Psychol. 15:72.

mod sample;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::tables::{self, Column};
use super::{Info, Rows, Utility, View, parameters};
use crate::audit::Progress;
use crate::error::{Error, Result};
use crate::evidence::{Evidence, Measure};
use crate::random::Seed;
use sample::{Associations, Sample};

/// Parameters of the measure.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Association {
    /// Pairs named as the worst, 1 to 1,000. Default 10.
    pub worst: usize,
}

impl Default for Association {
    fn default() -> Self {
        Self { worst: 10 }
    }
}

/// What the measure is.
pub(super) static INFO: Info = Info {
    id: "association",
    title: "associations between columns",
    purpose: "conclusions about what goes with what: correlations, group differences, regressions",
    needs_holdout: false,
    references: &[
        "Bergsma 2013, J. Korean Statist. Soc. 42:323",
        "Cramer 1946, Mathematical Methods of Statistics",
    ],
    metrics: &[
        "association.difference",
        "association.rank-difference",
        "association.difference-worst",
    ],
};

impl Utility for Association {
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
        let pairs = tables::pairs(columns.len());
        // 1. The associations of train, with the columns that the release lacks, and of the release.
        let unreleased = view.unreleased();
        let train = Sample::of_train(view, &columns, &unreleased).associations(&pairs);
        progress.advance(1);
        let released = Sample::of(&view.released, &columns, view).associations(&pairs);
        progress.advance(1);
        // 2. What fresh records reach, and the differences.
        let held = |&(i, j): &(usize, usize)| [i, j].iter().all(|&c| columns[c].feature.is_some());
        let held: Vec<bool> = pairs.iter().map(held).collect();
        let gaps = Gaps { columns: &columns, pairs: &pairs, held, worst: self.worst };
        let reached = gaps.reached(view, &train);
        progress.advance(1);
        let mut facts = gaps.means(&train, &released, reached.as_ref());
        facts.extend(gaps.worst(&train, &released, reached.as_ref()));
        facts.iter_mut().for_each(|fact| fact.parameters = parameters(self));
        Ok(facts)
    }
}

/// Differences of associations between samples.
struct Gaps<'a> {
    columns: &'a [Column<'a>],
    pairs: &'a [(usize, usize)],
    /// Whether the release holds both columns of a pair.
    held: Vec<bool>,
    /// How many pairs are named.
    worst: usize,
}

/// What fresh records reach, at the size of the release.
struct Reached {
    /// In the means, of either kind.
    means: [f64; 2],
    /// In single pairs, the largest first.
    largest: Vec<f64>,
}

impl Gaps<'_> {
    /// Of the pairs that the release holds; nothing without fresh records or without such a pair.
    fn reached(&self, view: &View<'_>, train: &[Associations]) -> Option<Reached> {
        let found = view.ceilings(|drawn, fresh, scale| {
            let of = |rows: &Rows| Sample::of(rows, self.columns, view).associations(self.pairs);
            // The samples as they are: train's are known.
            let redrawn = (!std::ptr::eq(drawn, view)).then(|| of(&drawn.train));
            let (train, fresh) = (redrawn.as_deref().unwrap_or(train), of(fresh));
            let gaps = [0, 1].map(|kind| -> Vec<f64> {
                let held = (0..self.pairs.len()).filter(|&pair| self.held[pair]);
                held.map(|pair| scale * (train[pair][kind] - fresh[pair][kind]).abs()).collect()
            });
            let means = gaps.each_ref().map(|gaps| tables::mean(gaps).unwrap_or(f64::NAN));
            let [plain, _] = gaps;
            let largest = tables::descending(plain).into_iter().take(self.worst);
            means.into_iter().chain(largest).collect()
        })?;
        let [plain, by_rank, largest @ ..] = found.as_slice() else { return None };
        Some(Reached { means: [*plain, *by_rank], largest: largest.to_vec() })
    }

    /// The mean difference by Pearson's and by Spearman's correlations.
    fn means(
        &self,
        train: &[Associations],
        released: &[Associations],
        reached: Option<&Reached>,
    ) -> Vec<Evidence> {
        let fact = |kind: usize| {
            let gaps = train.iter().zip(released).map(|(a, b)| (a[kind] - b[kind]).abs());
            let value = tables::mean(&gaps.collect::<Vec<f64>>()).unwrap_or(0.0);
            let mut fact = Evidence::whole(INFO.metrics[kind], Measure::Exact { value });
            fact.ceiling = reached.map(|reached| reached.means[kind]);
            fact.notes = tables::notes(self.columns, "taken for associated with nothing there");
            fact
        };
        [0, 1].map(fact).into()
    }

    /// The pairs that differ most.
    fn worst(
        &self,
        train: &[Associations],
        released: &[Associations],
        reached: Option<&Reached>,
    ) -> Vec<Evidence> {
        let gap = |(a, b): (&Associations, &Associations)| (a[0] - b[0]).abs();
        let values = self.pairs.iter().copied().zip(train.iter().zip(released).map(gap));
        let reached = reached.map_or(&[][..], |reached| &reached.largest);
        tables::worst_pairs(INFO.metrics[2], self.columns, values.collect(), reached, self.worst)
    }
}

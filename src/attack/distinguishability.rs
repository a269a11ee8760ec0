//! How well a classifier tells released rows from records that the generator never saw.
//!
//! # Threat model
//! Nobody is attacked: this describes how real the release looks to anyone who has other people's
//! records of the same kind. It is compared with the holdout, never with train: a copy of train would
//! look perfect. A release that cannot be told apart may be made of copies.
//!
//! # Estimator
//! Persons of release and holdout are put together, up to `rows` rows a side, in `folds` folds; equal
//! records of both sides share a fold.
//! - `distinguishability.auroc`: boosted trees score every person out of fold (mean over the person's
//!   rows); the area under the ROC curve is taken within each fold and averaged over the K folds. With v the
//!   mean of DeLong's variances (DeLong et al. 1988) the squared error is v (1/K + 1/(K − 1)): folds share
//!   training persons, so that their areas are no K independent ones (Nadeau and Bengio 2003). ½: cannot be told
//!   apart, 1: always.
//! - `distinguishability.score`: pMSE/(c(1 − c)), pMSE = Σ(p − c)²/N over the N persons, with p the
//!   out-of-fold probability by a logistic regression (a ridge of 1 on whitened columns) and c the
//!   share of released persons (Snoke et al. 2018). 0: cannot be told apart, 1: always. The same
//!   pipeline, folds included, is run on labels permuted among persons: the mean is what chance alone
//!   gives. The error joins the deviation over permutations with that of the mean over persons.
//! - What gives it away: the columns with the largest shares of the trees' gain, named only where the
//!   area is above ½ by 2.33 errors.
//!
//! No positive control: nobody is attacked, and nothing here clears a release.
//!
//! # Limits
//! Another classifier may see more. The regression sees no interaction: independent margins score as by chance, however
//! far apart the trees find them. Where persons have several rows and the release has no subject
//! column, rows of the release count as persons of their own, and copies need not share a fold: the interval is
//! too narrow, which a caveat says.
//!
//! # References
//! Snoke et al. 2018, J. R. Statist. Soc. A 181:663. Woo et al. 2009, J. Priv. Confid. 1:111. DeLong
//! et al. 1988, Biometrics 44:837. Nadeau and Bengio 2003, Machine Learning 52:239. Friedman 2001, Ann. Statist.
//! 29:1189.

#[cfg(test)]
mod tests;

use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Attack, Info, Need, parameters};
use crate::audit::{Audit, Progress};
use crate::encode::design::Design;
use crate::error::{Error, Result};
use crate::evidence::{Evidence, Measure};
use crate::learn::{Boosting, BoostingParameters, Logistic, Pool, Whitening};
use crate::random::Seed;
use crate::stats::{delong, normal_quantile};

/// Penalty of the logistic regression, in the unit of one row's curvature.
const RIDGE: f64 = 1.0;

/// Columns named as giving a release away.
const NAMED: usize = 3;

/// Parameters of the attack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Distinguishability {
    /// Rows of either side that the trees see, at most. Default 10,000.
    pub rows: usize,
    /// Rows of either side that the regression and its permutations see, at most. Default 1,000.
    pub score_rows: usize,
    /// Parts that are scored by what was learned on the others, 2 to 20. Default 5.
    pub folds: u64,
    /// Permutations of the labels for the score by chance, 20 to 10,000. Default 30.
    pub permutations: u32,
}

impl Default for Distinguishability {
    fn default() -> Self {
        Self { rows: 10_000, score_rows: 1000, folds: 5, permutations: 30 }
    }
}

/// What the attack is.
pub(super) static INFO: Info = Info {
    id: "distinguishability",
    title: "telling released rows from real ones",
    threat_model: "nobody is attacked: how real the release looks beside the holdout",
    needs: &[Need::Holdout],
    references: &["Snoke et al. 2018, J. R. Statist. Soc. A 181:663", "DeLong et al. 1988"],
    metrics: &["distinguishability.auroc", "distinguishability.score"],
};

impl Attack for Distinguishability {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        self.check()?;
        let Some((names, pool)) = pooled(audit, self.rows, seed) else { return Ok(Vec::new()) };
        // 1. Trees, out of fold.
        let area = Area::by_trees(&pool, self.folds, seed);
        progress.advance(1);
        // 2. The propensity score, and what it is by chance.
        let score = pooled(audit, self.score_rows, seed)
            .and_then(|(_, pool)| Score::by_regression(&pool, self, seed));
        progress.advance(1);
        let area = area.map(|area| area.fact(&names));
        let mut facts: Vec<Evidence> =
            area.into_iter().chain(score.map(|score| score.fact(self.permutations))).collect();
        for fact in &mut facts {
            fact.parameters = parameters(self);
            fact.caveats.extend(hanging_together(audit));
        }
        Ok(facts)
    }
}

/// What a reader must know where nobody can tell which released rows are one person's.
fn hanging_together(audit: &Audit) -> Option<String> {
    let several = audit.train_persons.count < audit.train.rows;
    let unknown = audit.synthetic.persons().count == audit.synthetic.rows;
    (several && unknown).then(|| {
        "persons have several rows and the release does not say whose they are: rows that hang together count as \
         independent, and the interval is too narrow"
            .into()
    })
}

impl Distinguishability {
    fn check(&self) -> Result<()> {
        let problem = if self.rows < 100 || self.score_rows < 100 {
            "expected 100 rows or more a side"
        } else if !(2..=20).contains(&self.folds) {
            "expected 2 to 20 folds"
        } else if !(20..=10_000).contains(&self.permutations) {
            "expected 20 to 10,000 permutations"
        } else {
            return Ok(());
        };
        Err(Error::Usage(format!("[attack.distinguishability]: {problem}")))
    }
}

/// Release and holdout put together, with the names of their columns in alphabetical order: the order
/// in a file must not matter.
fn pooled(audit: &Audit, rows: usize, seed: Seed) -> Option<(Vec<&str>, Pool)> {
    let joint = audit.joint();
    let (holdout, persons) = joint.holdout.as_ref().zip(audit.holdout_persons.as_ref())?;
    let mut order: Vec<usize> = (0..joint.names.len()).collect();
    order.sort_by_key(|&column| &joint.names[column]);
    let names = order.iter().map(|&column| joint.names[column].as_str()).collect();
    let [released, holdout] = [&joint.synthetic, holdout].map(|rows| rows.with_columns(&order));
    let samples = [(&released, &audit.synthetic.persons()), (&holdout, persons)];
    Some((names, Pool::draw(samples, rows, seed)))
}

/// The area under the ROC curve.
struct Area {
    value: f64,
    standard_error: f64,
    /// The share of gain of each column.
    importances: Vec<f64>,
}

impl Area {
    /// Nothing if no fold has two persons of either side.
    fn by_trees(pool: &Pool, count: u64, seed: Seed) -> Option<Self> {
        let folds = pool.folds(&pool.first, count);
        let labels = pool.by_row(&pool.first);
        let parameters = BoostingParameters::default();
        let rows = &pool.binned;
        let scores = pool.out_of_fold(&folds, count, |train, test| {
            let model = Boosting::classify(rows, &labels, train, parameters, seed)?;
            Some(model.predict(rows, test))
        })?;
        let all: Vec<u32> = (0..rows.rows as u32).collect();
        let importances = Boosting::classify(rows, &labels, &all, parameters, seed)?.importances();
        let scores = pool.by_unit(&scores);
        let side = |fold: u64, first: bool| {
            let inside = |&unit: &usize| folds[unit] == fold && pool.first[unit] == first;
            (0..scores.len()).filter(inside).map(|unit| scores[unit]).collect::<Vec<f64>>()
        };
        let areas: Vec<(f64, f64)> =
            (0..count).filter_map(|fold| delong(&side(fold, true), &side(fold, false))).collect();
        if areas.is_empty() {
            return None;
        }
        let n = areas.len() as f64;
        let value = areas.iter().map(|(area, _)| area).sum::<f64>() / n;
        let variance = areas.iter().map(|(_, error)| error * error).sum::<f64>() / n;
        // No estimate is free of error: where the sides are apart, or all alike, one person may differ.
        let standard_error = error_over_folds(variance, n, count).max(1.0 / fewest(&pool.first));
        Some(Self { value, standard_error, importances })
    }

    fn fact(&self, names: &[&str]) -> Evidence {
        let &Self { value, standard_error, .. } = self;
        let measure = Measure::Normal { value, standard_error, range: [0.0, 1.0] };
        let mut fact = Evidence::whole(INFO.metrics[0], measure);
        fact.ceiling = Some(0.5);
        let telling = value - normal_quantile(0.01) * standard_error > 0.5;
        let mut columns: Vec<(usize, f64)> = self.importances.iter().copied().enumerate().collect();
        columns.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        columns.retain(|&(_, share)| share >= 0.01);
        let column =
            |&(column, share): &(usize, f64)| format!("{} ({:.0} %)", names[column], share * 100.0);
        let named: Vec<String> = columns.iter().take(NAMED).map(column).collect();
        fact.notes.push(if telling && !named.is_empty() {
            format!("what gives it away (share of the trees' gain): {}", named.join(", "))
        } else {
            "nothing gives it away: not told apart beyond chance".into()
        });
        fact
    }
}

/// The error of a mean over `measured` of `folds` folds, the areas of which have this mean `variance`: a test fold is
/// 1/(K − 1) of what its trees were grown on (Nadeau and Bengio 2003, section 3).
fn error_over_folds(variance: f64, measured: f64, folds: u64) -> f64 {
    (variance * (1.0 / measured + 1.0 / (folds as f64 - 1.0))).sqrt()
}

/// Persons of the smaller side.
fn fewest(first: &[bool]) -> f64 {
    let released = first.iter().filter(|&&first| first).count();
    released.min(first.len() - released).max(1) as f64
}

/// The propensity score.
struct Score {
    value: f64,
    standard_error: f64,
    /// Mean over permuted labels.
    by_chance: f64,
}

impl Score {
    fn by_regression(pool: &Pool, attack: &Distinguishability, seed: Seed) -> Option<Self> {
        let design = Design::fit(&[&pool.coded]).matrix(&pool.coded);
        // The same model in coordinates in which the fit converges in a few steps.
        let design = Whitening::fit(&design, design.columns)?.apply(&design);
        let squares = |first: &[bool]| {
            let folds = pool.folds(first, attack.folds);
            let labels = pool.by_row(first);
            let scores = pool.out_of_fold(&folds, attack.folds, |train, test| {
                let part = |rows: &[u32]| {
                    design.select(&rows.iter().map(|&row| row as usize).collect::<Vec<_>>())
                };
                let known: Vec<bool> = train.iter().map(|&row| labels[row as usize]).collect();
                let model = Logistic::fit(&part(train), &known, RIDGE)?;
                Some(model.predict(&part(test)))
            })?;
            Some(Squares::of(&pool.by_unit(&scores), first))
        };
        let observed = squares(&pool.first)?;
        let permuted = |round: u32| {
            let mut first = pool.first.clone();
            first.shuffle(&mut seed.part(&format!("permutation {round}")).rng());
            squares(&first).map(|squares| squares.mean)
        };
        let null: Option<Vec<f64>> =
            (0..attack.permutations).into_par_iter().map(permuted).collect();
        let null = null?;
        let n = null.len() as f64;
        let by_chance = null.iter().sum::<f64>() / n;
        let spread: f64 = null.iter().map(|x| (x - by_chance).powi(2)).sum::<f64>() / (n - 1.0);
        Some(Self {
            value: observed.mean.clamp(0.0, 1.0),
            standard_error: (spread + observed.variance).sqrt(),
            by_chance,
        })
    }

    fn fact(&self, permutations: u32) -> Evidence {
        let &Self { value, standard_error, by_chance } = self;
        let measure = Measure::Normal { value, standard_error, range: [0.0, 1.0] };
        let mut fact = Evidence::whole(INFO.metrics[1], measure);
        fact.ceiling = Some(by_chance);
        fact.notes.push(format!("by chance: {by_chance:.4}, mean of {permutations} permutations"));
        fact
    }
}

/// (p − c)²/(c(1 − c)) over persons.
struct Squares {
    mean: f64,
    /// Of the mean.
    variance: f64,
}

impl Squares {
    fn of(probabilities: &[f64], first: &[bool]) -> Self {
        let n = probabilities.len() as f64;
        let c = first.iter().filter(|&&first| first).count() as f64 / n;
        let squares: Vec<f64> =
            probabilities.iter().map(|p| (p - c).powi(2) / (c * (1.0 - c))).collect();
        let mean = squares.iter().sum::<f64>() / n;
        let spread: f64 = squares.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Self { mean, variance: spread / n }
    }
}

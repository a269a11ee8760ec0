//! How well models that learned from the release guess real records they have not seen.
//!
//! # Purpose
//! Whoever trains a model on the release wants to know how it will do on people ("train on synthetic, test on
//! real", TSTR), and how much better a model of the real records would do ("train on real, test on real", TRTR).
//!
//! # Estimator
//! Each target (the columns with `target = true`; where there are none, `targets` columns chosen evenly in the
//! schema's order) is learned from all other compared columns, on one side from train and on the other from the
//! release, and both are tested on the same holdout, which neither has seen. A side draws `rows` rows, whole
//! persons in random order, or by weight where rows have weights, the same number on both sides. Of its persons a
//! fifth is kept back; boosted trees and a linear model (logistic, or with a ridge for numbers) learn from the
//! others, and the one that guesses the fifth better is kept: nothing is chosen by the holdout.
//! Scores: AUROC for two classes; for more, the mean recall over classes (balanced accuracy) of the class with the
//! largest p/π, p the model's probability and π the class's share in what was learned; for numbers
//! R² = max(0, 1 − Σ(y − ŷ)²/Σ(y − ȳ)²). Numbers of two values are classes. Holdout rows count by their weight.
//! - `prediction.trtr`, `prediction.tstr`: the mean score over targets by train, and by the release.
//! - `prediction.tstr-gap`: the first less the second, negative where the release teaches more.
//! - `prediction.tstr-gap-worst`: the same of each target.
//!
//! All is done `repeats` times with rows, persons kept back and trees drawn anew. The squared error joins the
//! variance over repeats, by their number, with the jackknife over 20 groups of holdout persons of the same
//! models' scores. Ceiling of the gap: 0, train itself, since both sides learn from as many rows. Ceiling of
//! `tstr`: `trtr`.
//!
//! # Limits
//! The error speaks of these tables: another train, or another release of the same generator, would vary too. A
//! release that is larger than train teaches no more here than as many of its rows; weights cost it some.
//! A row without the target is neither learned from nor tested. Other models may learn more from either side. A
//! score says nothing of calibration. AUROC, recall and R² are averaged as they are.
//!
//! # References
//! Esteban et al. 2017, arXiv:1706.02633 (TSTR). Brodersen et al. 2010, ICPR 3121 (balanced accuracy). Friedman
//! 2001, Ann. Statist. 29:1189. Shao and Tu 1995, The Jackknife and Bootstrap.

mod learner;
mod samples;
mod score;
mod target;
#[cfg(test)]
mod tests;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub(super) use self::learner::Learned;
pub(super) use self::samples::{Samples, Side, numbers};
use self::score::Guesses;
pub(super) use self::score::{Groups, Kind, Replicates};
pub(super) use self::target::{FEW, Target};
use super::{Info, Utility, View, parameters};
use crate::audit::Progress;
use crate::error::{Error, Result};
use crate::evidence::{Evidence, Measure};
use crate::random::Seed;

/// Rows from which each of several undeclared targets is learned, at the least.
const SHARED: usize = 1000;

/// A score by train from which on another column says what the target is.
const GIVEN_AWAY: f64 = 0.999;

/// Parameters of the measure.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Prediction {
    /// Rows of train, and as many of the release, that models of a target learn from; at least 100. Where the schema
    /// names no target, those that are tried share them out, 1,000 rows each at the least. Default 5,000.
    pub rows: usize,
    /// How often it is done with other random draws, 1 to 100. Default 3.
    pub repeats: u32,
    /// Columns that are tried where the schema names no target. Default 10.
    pub targets: usize,
    /// Most frequent classes of a target that are told apart, at least 2. Default 8.
    pub classes: usize,
}

impl Default for Prediction {
    fn default() -> Self {
        Self { rows: 5000, repeats: 3, targets: 10, classes: 8 }
    }
}

/// What the measure is.
pub(super) static INFO: Info = Info {
    id: "prediction",
    title: "models of the release tested on real records",
    purpose: "a model trained on the release is to work on people",
    needs_holdout: true,
    references: &["Esteban et al. 2017, arXiv:1706.02633"],
    metrics: &[
        "prediction.tstr-gap",
        "prediction.tstr-gap-worst",
        "prediction.trtr",
        "prediction.tstr",
    ],
};

impl Utility for Prediction {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, view: &View<'_>, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        self.check()?;
        let samples = Samples::new(view);
        let Some(holdout) = &samples.holdout else { return Ok(Vec::new()) };
        // 1. What is predicted.
        let chosen = self.chosen(&samples, view);
        if chosen.targets.is_empty() {
            return Err(Error::NotApplicable(format!(
                "no column can be predicted: {}",
                chosen.notes.join("; ")
            )));
        }
        // 2. Both sides learn it, and the same holdout tells how well.
        let groups = Groups::of(holdout.rows, seed);
        let trial = |target: &Target| {
            Trial::run(&samples, holdout, target, &groups, (chosen.rows, self.repeats), seed)
        };
        let trials: Vec<Trial> = chosen.targets.iter().map(trial).collect();
        progress.advance(INFO.metrics.len() as u64);
        // 3. The means, and each gap.
        let least = 1.0 / holdout.rows.persons.count.max(1) as f64;
        let mut facts = facts(&trials, least);
        for fact in &mut facts {
            fact.parameters = parameters(self);
            if fact.about.is_none() {
                fact.notes.extend(chosen.notes.iter().cloned());
            }
        }
        Ok(facts)
    }
}

/// What is predicted, and from how many rows.
struct Chosen {
    targets: Vec<Target>,
    rows: usize,
    /// Which columns are not, and why.
    notes: Vec<String>,
}

impl Prediction {
    fn check(&self) -> Result<()> {
        let problem = if self.rows < 100 {
            "expected 100 rows or more to learn from"
        } else if !(1..=100).contains(&self.repeats) {
            "expected 1 to 100 repeats"
        } else if self.targets == 0 || self.classes < 2 {
            "expected one target and two classes or more"
        } else {
            return Ok(());
        };
        Err(Error::Usage(format!("[utility.prediction]: {problem}")))
    }

    /// The targets that the schema names, or some that can be predicted.
    fn chosen(&self, samples: &Samples<'_>, view: &View<'_>) -> Chosen {
        let columns = 0..samples.names.len();
        let unusable = samples.unusable(view, |column| column.target);
        let why =
            |name: &&str| format!("not predicted: {name}: train holds no value of it to learn");
        let mut notes: Vec<String> = unusable.iter().map(why).collect();
        let declared: Vec<usize> = columns.clone().filter(|&c| samples.schemas[c].target).collect();
        let silent = declared.is_empty() && unusable.is_empty();
        let tried = if silent { columns.collect() } else { declared };
        let mut targets = Vec::new();
        for column in tried {
            match Target::of(samples, column, self.classes) {
                Ok(target) => targets.push(target),
                Err(why) => notes.push(format!("not predicted: {why}")),
            }
        }
        if !silent {
            return Chosen { targets, rows: self.rows, notes };
        }
        let able = targets.len();
        let count = able.min(self.targets);
        let places: Vec<usize> = (0..count).map(|i| i * able / count).collect();
        let mut place = 0..able;
        targets.retain(|_| place.next().is_some_and(|place| places.contains(&place)));
        notes.push(format!(
            "the schema names no target (target = true): {count} of {able} columns that can be predicted are \
             tried, evenly in its order"
        ));
        Chosen { targets, rows: self.rows.min(SHARED.max(self.rows / count.max(1))), notes }
    }
}

/// What both sides learned of one target.
struct Trial {
    name: String,
    kind: Kind,
    real: Replicates,
    released: Replicates,
    notes: Vec<String>,
}

impl Trial {
    fn run(
        samples: &Samples<'_>,
        holdout: &Side<'_>,
        target: &Target,
        groups: &Groups,
        (rows, repeats): (usize, u32),
        seed: Seed,
    ) -> Self {
        let (count, teaches) = target.rows(rows);
        let name = &target.name;
        let chance = || groups.constant(target.kind.chance());
        let score = |side: &Side<'_>, values: &[f64], seed: Seed| {
            let guess = Learned::of(side, target, values, count, seed)?.guess(&holdout.coded);
            let guesses = Guesses::new(target.kind, &target.holdout, &guess);
            groups.scores(holdout.rows, |weight| guesses.score(weight))
        };
        // Both sides draw alike, so that equal tables teach equal models.
        let scores = |side: &Side<'_>, values: &[f64]| -> Vec<Option<Vec<f64>>> {
            let seed = |repeat| seed.part(&format!("{name}/{repeat}"));
            (0..repeats).into_par_iter().map(|repeat| score(side, values, seed(repeat))).collect()
        };
        let real = scores(&samples.train, &target.train);
        let released = if teaches {
            scores(&samples.released, &target.released)
        } else {
            (0..repeats).map(|_| None).collect()
        };
        let mut notes = target.notes.clone();
        if released.iter().any(Option::is_none) {
            notes.push(format!(
                "{name}: the release teaches nothing of it and scores as chance does"
            ));
        }
        if real.iter().any(Option::is_none) {
            notes.push(format!("{name}: train teaches nothing of it and scores as chance does"));
        }
        let known = |all: Vec<Option<Vec<f64>>>| {
            Replicates(all.into_iter().map(|scores| scores.unwrap_or_else(chance)).collect())
        };
        let trial = Self {
            name: name.clone(),
            kind: target.kind,
            real: known(real),
            released: known(released),
            notes,
        };
        trial.explained()
    }

    /// With its scores in words.
    fn explained(mut self) -> Self {
        let (real, released) = (self.real.estimate().0, self.released.estimate().0);
        let (name, score) = (&self.name, self.kind.score());
        if real >= GIVEN_AWAY {
            self.notes.push(format!(
                "{name}: other columns say what it is (train's model is hardly ever wrong), so that it tells \
                 little of the release"
            ));
        }
        self.notes
            .insert(0, format!("{name}: {score} {real:.3} by train, {released:.3} by the release"));
        self
    }
}

/// The means over targets, and one gap for each target, the largest first.
fn facts(trials: &[Trial], least: f64) -> Vec<Evidence> {
    let mean = |side: fn(&Trial) -> &Replicates| {
        Replicates::mean(&trials.iter().map(|trial| side(trial).clone()).collect::<Vec<_>>())
    };
    let (real, released) = (mean(|trial| &trial.real), mean(|trial| &trial.released));
    let score = |metric: &str, of: &Replicates, ceiling: Option<f64>| {
        let mut fact = fact(metric, of, [0.0, 1.0], least);
        fact.ceiling = ceiling;
        fact
    };
    let mut whole = gap(INFO.metrics[0], &real.minus(&released), least);
    whole.notes.extend(trials.iter().flat_map(|trial| trial.notes.iter().cloned()));
    let mut worst: Vec<(f64, Evidence)> = Vec::new();
    for trial in trials {
        let of = trial.real.minus(&trial.released);
        let mut fact = gap(INFO.metrics[1], &of, least);
        fact.about = Some(trial.name.clone());
        fact.notes.extend(trial.notes.iter().cloned());
        worst.push((of.estimate().0, fact));
    }
    worst.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut facts = vec![whole];
    facts.extend(worst.into_iter().map(|(_, fact)| fact));
    facts.push(score(INFO.metrics[2], &real, None));
    facts.push(score(INFO.metrics[3], &released, Some(real.estimate().0)));
    facts
}

/// A gap: 0 is what train itself reaches.
fn gap(metric: &str, of: &Replicates, least: f64) -> Evidence {
    let mut fact = fact(metric, of, [-1.0, 1.0], least);
    fact.ceiling = Some(0.0);
    fact
}

/// A fact with a standard error of `least` or more: no estimate is free of error, one person may differ.
pub(super) fn fact(metric: &str, of: &Replicates, range: [f64; 2], least: f64) -> Evidence {
    let (value, standard_error) = of.estimate();
    let [low, high] = range;
    let value = value.clamp(low, high);
    let standard_error = standard_error.max(least);
    Evidence::whole(metric, Measure::Normal { value, standard_error, range })
}

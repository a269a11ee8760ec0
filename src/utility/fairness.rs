//! Whether the release carries, hides or amplifies how unequally the real table treats groups.
//!
//! # Purpose
//! Whoever studies differences between groups in the release, or trains a model on it that decides about people,
//! wants to know whether what is found is that of the people.
//!
//! # Estimator
//! Groups are the levels of each protected column (numbers in quarters of train; missing a level of its own), those
//! of fewer than eleven training persons pooled. A target (`target = true`) is read as yes or no: its most frequent
//! level against the rest; numbers of three or more values above train's median against the rest. Rows count by their
//! weight, errors count persons.
//! - `fairness.representation`: total variation ½Σ|p − q| between the groups' shares in train and release.
//! - `fairness.subgroup-fidelity`: the mean over the other columns of the total variation between train and release
//!   within a group (coarse cells: five groups of numbers, the ten most frequent levels; those of fewer than eleven
//!   training persons are one), less that of the whole
//!   table; of the worst group. A group that is not there is off by 1 in every column.
//! - `fairness.parity-difference`: |D(release) − D(train)|, D the largest difference over groups of P(yes | group)
//!   (demographic parity). It is called carried over, hidden (smaller in the release) or amplified (larger), the
//!   latter two where D(release) − D(train) is off 0 by 2 errors. Where the groups that are first and last in train
//!   have changed places, each by 2 errors, D(release) is their difference, below 0: turned round.
//! - `fairness.odds-gap`: the equalised-odds gap of the model that learned from the release less that of the model
//!   that learned from train, on the same holdout. The gap is the larger of the differences over groups of the true
//!   and of the false positive rate; a group counts with eleven holdout persons of that truth or more. Models and
//!   errors are those of `prediction`; yes is said where the probability is above the share of yes in what was
//!   learned. Ceiling: 0, train itself.
//!
//! The errors of the others are linearised, Σₚ(Σ w ψ)² over persons of either table. Their ceilings are what the
//! holdout reaches, scaled to the size of the release, as a mean over redraws of both real samples;
//! without a holdout, that of representation is what chance is expected to show. Groups in which yes, or no, is said of fewer than
//! eleven training persons have no part in parity.
//!
//! # Limits
//! The largest of several differences is too large by chance, and the more so the smaller the groups: read it beside
//! its ceiling. The error takes the groups and the signs as fixed. No measure says whether a difference is unjust.
//!
//! # References
//! Dwork et al. 2012, ITCS 214 (parity). Hardt et al. 2016, NIPS 3315 (equalised odds). Cochran 1977, Sampling
//! Techniques, section 6.3.

mod bias;
mod fidelity;
mod measured;
mod parity;
mod partition;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use self::measured::Measured;
use self::partition::Partition;
use super::prediction::{Samples, Target};
use super::{Info, Utility, View, parameters};
use crate::audit::Progress;
use crate::error::{Error, Result};
use crate::evidence::Evidence;
use crate::random::Seed;

/// Parameters of the measure.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Fairness {
    /// Rows of train, and as many of the release, that the models of a target learn from; at least 100. Default
    /// 5,000.
    pub rows: usize,
    /// How often they learn with other random draws, 1 to 100. Default 3.
    pub repeats: u32,
}

impl Default for Fairness {
    fn default() -> Self {
        Self { rows: 5000, repeats: 3 }
    }
}

/// What the measure is.
pub(super) static INFO: Info = Info {
    id: "fairness",
    title: "groups treated as in the real table",
    purpose: "differences between groups are studied, or a model of the release decides about people",
    needs_holdout: false,
    references: &["Hardt et al. 2016, NIPS 3315", "Dwork et al. 2012, ITCS 214"],
    metrics: &[
        "fairness.parity-difference",
        "fairness.odds-gap",
        "fairness.representation",
        "fairness.subgroup-fidelity",
    ],
};

impl Utility for Fairness {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, view: &View<'_>, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        self.check()?;
        let samples = Samples::new(view);
        let columns = (0..samples.names.len()).filter(|&c| samples.schemas[c].protected);
        let partitions: Vec<Partition> = columns.map(|c| Partition::of(&samples, c)).collect();
        if partitions.is_empty() {
            return Err(Error::NotApplicable(
                "the schema names no protected column that can be compared: add protected = true to those whose \
                 values are groups"
                    .into(),
            ));
        }
        let here = Measured { view, samples: &samples, partitions: &partitions };
        // 1. How many of each group there are, and how well each is served.
        let mut notes = Vec::new();
        for name in samples.unusable(view, |column| column.protected || column.target) {
            notes.push(format!("{name}: train holds no value of it that could be compared"));
        }
        let mut shares: Vec<Evidence> = partitions.iter().map(|p| here.representation(p)).collect();
        let served = here.fidelity(&mut notes);
        // 2. What the targets say of the groups, and what models of them would.
        let (mut parities, mut odds) = (Vec::new(), Vec::new());
        let targets: Vec<usize> =
            (0..samples.names.len()).filter(|&c| samples.schemas[c].target).collect();
        if view.audit.schema.columns.iter().all(|(_, column)| !column.target) {
            notes.push(
                "the schema names no target (target = true): nothing is said of parity and equalised odds".into(),
            );
        }
        for column in targets {
            match Target::binary(&samples, column) {
                Ok(target) => {
                    parities.extend(here.parities(&target, &mut notes));
                    odds.extend(here.odds(&target, (self.rows, self.repeats), seed, &mut notes));
                }
                Err(why) => notes.push(format!("no parity and no odds of {why}")),
            }
        }
        progress.advance(INFO.metrics.len() as u64);
        for fact in &mut shares {
            fact.notes.extend(notes.iter().cloned());
        }
        let mut facts = parities;
        facts.extend(odds.into_iter().chain(shares).chain(served));
        for fact in &mut facts {
            fact.parameters = parameters(self);
        }
        Ok(facts)
    }
}

impl Fairness {
    fn check(&self) -> Result<()> {
        let problem = if self.rows < 100 {
            "expected 100 rows or more to learn from"
        } else if !(1..=100).contains(&self.repeats) {
            "expected 1 to 100 repeats"
        } else {
            return Ok(());
        };
        Err(Error::Usage(format!("[utility.fairness]: {problem}")))
    }
}

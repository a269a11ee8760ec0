//! Whether real persons can be recognised in the release beyond chance: the re-identification rate.
//!
//! # Threat model
//! Someone who can confirm with everything they know of a person looks for that person's record in
//! the release (`reidentification-rate`); starts from the quasi-identifiers alone (`keyed-rate`); picks
//! one of the rows that fit them at random (`marketer-rate`, `cap`); or takes what the rows that fit them
//! say at its word (`match-rate`, `el-emam-risk`, `replicated-uniques`, `disco`).
//!
//! # Estimator
//! 1. Each real person has two scores. *Nearness*: −ln((d(x, S) + e)/(d(x, R) + e)), d the mean distance over the
//!    compared columns (Gower 1971) to the nearest released row and to the nearest record of another training
//!    person, at most 8. *Agreement*: how much the equal cells of a released row say that it is a copy, in
//!    log-likelihood ratio, beyond what those of another training person say (see `agreement`; Fellegi and Sunter
//!    1969). In both, local density cancels: a person in a crowd has near rows by chance.
//! 2. For each score a threshold is set on the holdout alone, so that at most `false-links` of the training persons
//!    reach it by chance (see `threshold`), and raised on half of the plants where that costs hardly a
//!    detection. Of the two, the score is used that sees more of that half of the plants of its worst claimed
//!    kind of leak: verbatim, or with any one cell changed.
//! 3. `identity.reidentification-rate`: the training persons at or above its threshold, of all. Sensitivity: the
//!    share of the other half of the plants at or above it, thresholds set anew with the plants in. Also counted,
//!    for the lower bound: train against holdout over a fixed grid of scores by nearness.
//! 4. `identity.keyed-rate`: those of them of whose recognised rows one agrees on all quasi-identifiers
//!    within the precision. `identity.marketer-rate`: the mean over persons of (recognised rows among
//!    those that agree)/(rows that agree), 0 where none is recognised.
//! 5. `identity.match-rate`: see `matched`. `identity.el-emam-risk`: see `emam`.
//!    `identity.replicated-uniques`, `identity.disco`, `identity.cap`: see `attribute`. These are apparent:
//!    chance and statistics make matches too, and the same of holdout persons stands beside them.
//!
//! Positive controls: of the re-identification rate, in all and in each group, and of the match rate. What else
//! starts from the keys counts rows and classes that are there, and can overlook nobody.
//!
//! Groups: the declared `protected` columns, the most unusual persons, and rare keys (see `group`).
//!
//! # Limits
//! A person with a double among other real people is not identifying and never counted. Where the tail
//! of the holdout's scores cannot be extrapolated (a coarse table, a small holdout) there is no
//! threshold, and the rate clears nothing; a release that copies much still fails by the grid. A generator
//! that disturbs several cells or every number of the records it copies may stay below the threshold: the
//! positive control says so, and only the claimed cells are claimed. What is claimed of a replaced cell is the
//! mean over columns: where one column alone sets a person apart, a copy with that one replaced is not seen.
//! What starts from the quasi-identifiers is as good as their choice: fewer or coarser ones make it smaller.
//!
//! # References
//! Gower 1971, Biometrics 27:857; Fellegi and Sunter 1969, J. Am. Statist. Assoc. 64:1183; Coles 2001, Statistical Modeling of Extreme Values; Sweeney 2007
//! (0.04 %), quoted by Barth-Jones 2016; El Emam, Mosquera and Bass 2020, JMIR 22:e23139 (matches that
//! teach something new); Raab, Nowok and Dibben 2024, arXiv 2406.16826 (repU, DiSCO); Taub et al. 2018, PSD (CAP).

mod agreement;
mod attribute;
mod cluster;
mod emam;
mod frame;
mod group;
mod keyed;
mod linked;
mod matched;
mod score;
mod sensitivity;
#[cfg(test)]
mod tests;
mod threshold;

use serde::{Deserialize, Serialize};

use self::agreement::Agreement;
use self::keyed::Keyed;
use self::score::{CAP, Nearness, Recogniser, Sides};
use super::{Attack, Info, Need, parameters};
use crate::audit::{Audit, Progress};
use crate::error::Result;
use crate::evidence::{Contrast, Count, Evidence, Measure};
use crate::random::Seed;

/// Scores at which train is contrasted with the holdout, for the lower bound.
const GRID: [f64; 7] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, CAP];

/// Parameters of the attack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Identity {
    /// Training persons whom chance may link, expected over all of them: 0.1 to 10. Default 1.
    #[serde(deserialize_with = "false_links")]
    pub false_links: f64,
    /// λ' of El Emam, Mosquera and Bass: the factor by which errors in the data and failed verification are said
    /// to lower `el-emam-risk`, 0.5 to 1. Default 1, no discount; any other is a caveat of the fact.
    #[serde(deserialize_with = "lambda")]
    pub lambda: f64,
}

fn false_links<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    super::within(deserializer, 0.1, 10.0)
}

fn lambda<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    super::within(deserializer, 0.5, 1.0)
}

impl Default for Identity {
    fn default() -> Self {
        Self { false_links: 1.0, lambda: 1.0 }
    }
}

/// What the attack is.
pub(super) static INFO: Info = Info {
    id: "identity",
    title: "recognising persons",
    threat_model: "someone who knows a person and looks for their record in the release",
    needs: &[Need::Holdout],
    references: &[
        "Gower 1971, Biometrics 27:857",
        "Fellegi and Sunter 1969, J. Am. Statist. Assoc. 64:1183",
        "Coles 2001, Statistical Modeling of Extreme Values",
        "El Emam, Mosquera and Bass 2020, JMIR 22:e23139",
        "Raab, Nowok and Dibben 2024, arXiv 2406.16826",
        "Taub et al. 2018, Privacy in Statistical Databases",
    ],
    metrics: &[
        "identity.reidentification-rate",
        "identity.keyed-rate",
        "identity.marketer-rate",
        "identity.match-rate",
        "identity.match-rate-holdout",
        "identity.el-emam-risk",
        "identity.replicated-uniques",
        "identity.disco",
        "identity.disco-holdout",
        "identity.cap",
        "identity.cap-holdout",
    ],
};

impl Attack for Identity {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        let mut facts = Vec::new();
        // 1. The scores of everybody.
        let near = Nearness::new(audit);
        let agreement = near.as_ref().and_then(|_| Agreement::new(audit));
        progress.advance(1);
        // 2. The thresholds, what each score sees of known leaks, and the score that sees more.
        let near = near.as_ref().map(|near| near as &dyn Recogniser);
        let agreement = agreement.as_ref().map(|agreement| agreement as &dyn Recogniser);
        let by: Vec<&dyn Recogniser> = near.into_iter().chain(agreement).collect();
        let calibrated = sensitivity::choose(audit, &by, self.false_links);
        progress.advance(1);
        if let Some((near, calibrated)) = near.zip(calibrated) {
            // 3. Persons at or above it, of all and of each group.
            let mut whole = self.recognised(near.sides(), &calibrated);
            let (groups, few) =
                group::recognised(self, audit, near.sides(), &calibrated, seed.part("groups"));
            if !few.is_empty() {
                let few = few.join(", ");
                whole.caveats.push(format!("too few persons to be assessed as a group: {few}"));
            }
            facts.push(whole);
            facts.extend(groups);
            // 4. Of them, those whom the quasi-identifiers lead to.
            facts.extend(linked::facts(audit, calibrated.by, calibrated.threshold));
        }
        progress.advance(1);
        // 5. What the rows that fit a person's keys say of them.
        if let Some(keyed) = Keyed::new(audit) {
            facts.extend(matched::facts(audit, &keyed, seed.part("matched")));
            progress.advance(2);
            facts.extend(emam::facts(audit, &keyed, self.lambda));
            facts.extend(attribute::facts(audit, &keyed, progress));
            progress.advance(6);
        }
        for fact in &mut facts {
            fact.parameters = parameters(self);
            fact.notes.push(format!("compared columns: {}", audit.joint().names.join(", ")));
        }
        Ok(facts)
    }
}

impl Identity {
    fn recognised(&self, near: &Sides, calibrated: &sensitivity::Calibrated<'_>) -> Evidence {
        let train = &calibrated.by.sides().train;
        let measure = Measure::Detected {
            found: calibrated.threshold.map_or(0, |threshold| train.reaching(threshold)),
            targets: train.best.len() as u64,
            expected_false: self.false_links,
            threshold: calibrated.threshold,
            excess: contrasts(&near.train.best, &near.holdout.best),
        };
        let mut fact = Evidence::whole("identity.reidentification-rate", measure);
        fact.notes.push(format!("recognised {}", calibrated.by.name()));
        fact.positive_control.clone_from(&calibrated.cells);
        fact.caveats.extend(calibrated.caveats.iter().cloned());
        fact
    }
}

/// Train against holdout over the grid; nothing when either side is empty.
fn contrasts(train: &[f64], holdout: &[f64]) -> Vec<Contrast> {
    if train.is_empty() || holdout.is_empty() {
        return Vec::new();
    }
    let count = |scores: &[f64], least: f64| Count {
        successes: scores.iter().filter(|&&score| score >= least - 1e-9).count() as u64,
        trials: scores.len() as u64,
    };
    let contrast = |score: f64| Contrast {
        score,
        treated: count(train, score),
        control: count(holdout, score),
    };
    GRID.into_iter().map(contrast).collect()
}

//! Whether a known person was among those the generator was trained on.
//!
//! # Threat model
//! Someone who knows a person's record, holds the release and a reference sample of the same
//! population. They win the fact that the person is in the training data: a patient of that clinic.
//!
//! # Estimator
//! Members are persons of train; non-members are one half of the holdout, judged against the other half
//! as the reference sample R, then the other way round, with one half of train each: everybody is
//! scored once. A score of a record x in the release S (a person's score is the largest of their records'; e = 1e−6):
//! - `distance`: −ln(`d_S` + e), d to the nearest row.
//! - `calibrated`: ln(`d_R` + e) − ln(`d_S` + e): in a crowd rows are near by chance.
//! - `density`: the mean of the same over the five nearest, a ratio of k-nearest-neighbour densities.
//! - `components`: ln `p_S` − ln `p_R`, Gaussian kernels on whitened components (DOMIAS).
//!
//! One score is chosen on a `validation` part of the persons, never on those who are judged: the one of
//! the largest area, and among those within two standard errors of it the one that sees most leaks in
//! half of the planted releases; the other half measures its sensitivity.
//! - `membership.auroc`: area with DeLong's error. `membership.advantage`: true less false positive rate
//!   at the threshold that is best on the validation part (Yeom et al. 2018).
//! - `membership.tpr-at-fpr-*`: counts of members at or above each of the largest scores of
//!   non-members (Carlini et al. 2022); `membership.exposed-share`: the same at 1 %, read as the share E of exposed persons
//!   with TPR = s·E + f·(1 − E), s from the positive control; also in the most unusual 10, 5 and 1 %.
//! - `membership.relative-f1`: see `f1`.
//!
//! # Limits
//! Only the release is used: whoever can run the generator again sees more. At a false positive rate
//! of 1 % a holdout of thousands resolves per cents, never 0.04 %. Sensitivity is that for planted
//! copies, one row each: a generator that leaks in other ways can be worse. Everything leans on a
//! holdout from the same population. Within a group of unusual persons anybody planted there is like
//! an outlier planted there, so that both cells of a leak carry one pooled count.
//!
//! # References
//! van Breugel et al. 2023, DOMIAS, AISTATS, arXiv 2302.12580. Carlini et al. 2022, IEEE S&P. Yeom et
//! al. 2018, CSF. DeLong et al. 1988, Biometrics 44:837. Loftsgaarden and Quesenberry 1965, Ann. Math.
//! Statist. 36:1049 (nearest-neighbour density).

mod choice;
mod components;
mod curve;
mod f1;
mod group;
mod kernel;
mod people;
mod planted;
mod score;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use self::choice::{Choice, choose};
use self::components::Components;
use self::curve::{Scored, advantage, area, roc};
use self::group::Group;
use self::people::Samples;
use super::{Attack, Info, Need, parameters};
use crate::audit::{Audit, Progress};
use crate::error::{Error, Result};
use crate::evidence::{Evidence, Measure, Scope};
use crate::random::Seed;

/// The false positive rate at which exposed persons are counted.
const RATE: f64 = 0.01;

/// Persons that every sample must have.
const FEWEST: usize = 50;

/// The smallest group that is reported alone.
const SMALLEST: usize = 11;

/// Metrics that read the curve at one false positive rate.
const RATES: [(&str, f64); 3] = [
    ("membership.tpr-at-fpr-10-percent", 0.1),
    ("membership.tpr-at-fpr-1-percent", RATE),
    ("membership.tpr-at-fpr-1-permille", 0.001),
];

/// Parameters of the attack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Membership {
    /// The share of persons on whom the score is chosen, from 0.1 to 0.5. Default 0.2.
    #[serde(deserialize_with = "validation")]
    pub validation: f64,
    /// Rows of the release and of the reference that the kernel density is built on, up to 20,000.
    /// Default 2,000.
    pub points: u32,
}

fn validation<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    super::within(deserializer, 0.1, 0.5)
}

impl Default for Membership {
    fn default() -> Self {
        Self { validation: 0.2, points: 2000 }
    }
}

/// What the attack is.
pub(super) static INFO: Info = Info {
    id: "membership",
    title: "membership in the training data",
    threat_model: "anyone who knows a person's record and has a reference sample",
    needs: &[Need::Holdout],
    references: &[
        "van Breugel et al. 2023, arXiv 2302.12580",
        "Carlini et al. 2022, IEEE S&P",
        "DeLong et al. 1988, Biometrics 44:837",
        "El Emam, Mosquera and Fang 2022, JAMIA Open 5:ooac083",
    ],
    metrics: &[
        "membership.auroc",
        "membership.tpr-at-fpr-10-percent",
        "membership.tpr-at-fpr-1-percent",
        "membership.tpr-at-fpr-1-permille",
        "membership.exposed-share",
        "membership.advantage",
        "membership.relative-f1",
        "membership.relative-f1-chance",
    ],
};

impl Attack for Membership {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        let Some(persons) = &audit.holdout_persons else { return Ok(Vec::new()) };
        self.check(audit.train_persons.count, persons.count)?;
        // 1. Halves, the validation part and distances to the other half of the holdout.
        let Some(samples) = Samples::draw(audit, self.validation, seed) else {
            return Ok(Vec::new());
        };
        let components = Components::fit(&samples, self.points as usize, seed.part("components"));
        progress.advance(1);
        // 2. The strongest score on the validation part, and what it sees of planted leaks.
        let groups = Group::all(&samples);
        let choice = choose(&samples, components.as_ref(), &groups);
        progress.advance(2);
        // 3. The curve of the persons left.
        let scored = Scored::of(&samples, &choice, components.as_ref());
        let mut facts = whole(&samples, &choice, &scored, &groups);
        facts.extend(outliers(&samples, &choice, &scored, &groups));
        for fact in &mut facts {
            fact.notes.extend(choice.notes.iter().cloned());
            fact.caveats.extend(self.caveat());
        }
        // 4. The share of them that a count of differing columns tells, as the literature scores it.
        facts.extend(f1::facts(&samples, progress));
        for fact in &mut facts {
            fact.parameters = parameters(self);
            fact.notes.push(format!("compared columns: {}", samples.joint.names.join(", ")));
        }
        progress.advance(5);
        Ok(facts)
    }
}

impl Membership {
    fn check(&self, members: usize, others: usize) -> Result<()> {
        let problem = if !(100..=20_000).contains(&self.points) {
            "expected 100 to 20,000 points".to_owned()
        } else if members.min(others) < FEWEST {
            format!("expected {FEWEST} persons or more in train and in the holdout")
        } else {
            return Ok(());
        };
        Err(Error::Usage(format!("[attack.membership]: {problem}")))
    }

    /// What a reader must know of parameters that can make the attack see less.
    fn caveat(&self) -> Option<String> {
        let fewer = self.points < Self::default().points;
        fewer.then(|| "its kernel density is built on fewer points than the default's".into())
    }
}

/// The facts about everybody.
fn whole(
    samples: &Samples<'_>,
    choice: &Choice,
    scored: &Scored,
    groups: &[Group],
) -> Vec<Evidence> {
    let everybody = scored.within(&groups[0], samples);
    let mut facts = Vec::new();
    if let Some(measure) = area(&everybody) {
        facts.push(Evidence::whole("membership.auroc", measure));
    }
    for (metric, rate) in RATES {
        facts.push(Evidence::whole(metric, roc(&everybody, rate, false)));
    }
    facts.push(exposed(roc(&everybody, RATE, true), &groups[0], choice, 0));
    if let Some(measure) = advantage(&everybody, choice.threshold) {
        facts.push(Evidence::whole("membership.advantage", measure));
    }
    let left_out = groups[1..].iter().filter(|group| !group.is_large(scored, samples)).count();
    if left_out > 0 {
        let note = format!("outlier groups not assessed alone, too few persons: {left_out}");
        facts.iter_mut().for_each(|fact| fact.notes.push(note.clone()));
    }
    facts
}

/// The exposed share among the most unusual persons.
fn outliers(
    samples: &Samples<'_>,
    choice: &Choice,
    scored: &Scored,
    groups: &[Group],
) -> Vec<Evidence> {
    let large = |(_, group): &(usize, &Group)| group.is_large(scored, samples);
    let fact = |(i, group): (usize, &Group)| {
        exposed(roc(&scored.within(group, samples), RATE, true), group, choice, i)
    };
    groups.iter().enumerate().skip(1).filter(large).map(fact).collect()
}

fn exposed(measure: Measure, group: &Group, choice: &Choice, place: usize) -> Evidence {
    let mut fact = Evidence::whole("membership.exposed-share", measure);
    fact.positive_control = choice.control.plantings(place);
    if let Some(name) = group.name {
        fact.scope = Scope::Group;
        fact.group = Some(name.to_owned());
    }
    fact
}

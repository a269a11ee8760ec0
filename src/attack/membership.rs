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
//! - `classifier`: the log-odds that x is of S and not of R, by boosted trees. Those that score the persons of one
//!   half were grown on S and the other half of the holdout: nobody is scored by trees that have seen them.
//!
//! Scores are chosen on a `validation` part of the persons, never on those who are judged: for averages the one of
//! the largest area; for the upper end of the curve the one that tells most members at 1 % false alarms, among those
//! within two standard errors of it one of distances, and of these the one that sees most leaks in half of the planted
//! releases; the other half measures its sensitivity.
//! - `membership.auroc`: area with DeLong's error. `membership.advantage`: true less false positive rate
//!   at the threshold that is best on the validation part (Yeom et al. 2018).
//! - `membership.tpr-at-fpr-*`: counts of members at or above each of the largest scores of
//!   non-members (Carlini et al. 2022); `membership.exposed-share`: the same at 1 %, read as the share E of exposed persons
//!   with TPR = s·E + f·(1 − E), s from the positive control.
//! - `membership.log-odds-lower`: the lower limit of ln(TPR / FPR) at the threshold that 1 % of the validation part's
//!   non-members reach: how much likelier a member is to score so. One release, without coins that decide who is in,
//!   says nothing of a mechanism: it is no lower limit of its ε.
//! - All of the former also for groups of persons: the most unusual 10, 5 and 1 % (by the mean distance to the nearest
//!   training records, their own left out), the levels of protected columns, rare keys. A group has its own
//!   thresholds, exposed persons are counted at 10 % where fewer than 600 non-members resolve no 1 %, and its own persons
//!   are planted for its sensitivity, one at a time.
//! - `membership.relative-f1`: see `f1`.
//!
//! # Limits
//! Only the release is used: whoever can run the generator again sees more. At a false positive rate
//! of 1 % a holdout of thousands resolves per cents, never 0.04 %. Sensitivity is that for planted
//! copies, one row each: a generator that leaks in other ways can be worse. Everything leans on a
//! holdout from the same population. Trees and kernels average over persons: they see what a release owes to all
//! of train together, and hardly any single copy.
//!
//! # References
//! van Breugel et al. 2023, DOMIAS, AISTATS, arXiv 2302.12580. Carlini et al. 2022, IEEE S&P. Yeom et
//! al. 2018, CSF. DeLong et al. 1988, Biometrics 44:837. Loftsgaarden and Quesenberry 1965, Ann. Math.
//! Statist. 36:1049 (nearest-neighbour density). Friedman 2001, Ann. Statist. 29:1189 (boosted trees).

mod choice;
mod classifier;
mod components;
mod curve;
mod f1;
mod group;
mod learned;
mod people;
mod planted;
mod score;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use self::choice::{Choice, choose};
use self::curve::{Curve, Scored, advantage, area, roc, told_apart};
use self::group::Group;
use self::learned::Models;
use self::people::Samples;
use self::score::Score;
use super::{Attack, Info, Need, parameters};
use crate::audit::{Audit, Progress};
use crate::error::{Error, Result};
use crate::evidence::{Evidence, Measure, Scope};
use crate::random::Seed;

/// The false positive rate at which exposed persons are counted.
const RATE: f64 = 0.01;

/// The same in a group too small to resolve that rate.
const COARSE_RATE: f64 = 0.1;

/// False alarms to be expected at a rate that resolves anything: with six none at all is rarer than 1 of 200.
const FALSE_ALARMS: f64 = 6.0;

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
    /// Rows of the release, and of the reference, that the classifier's trees are grown on, 200 to 200,000.
    /// Default 20,000.
    pub rows: u32,
}

fn validation<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    super::within(deserializer, 0.1, 0.5)
}

impl Default for Membership {
    fn default() -> Self {
        Self { validation: 0.2, points: 2000, rows: 20_000 }
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
        "membership.log-odds-lower",
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
        let (points, rows) = (self.points as usize, self.rows as usize);
        let models = Models::fit(&samples, points, rows, seed.part("models"));
        progress.advance(1);
        // 2. The strongest scores on the validation part, and what they see of planted leaks.
        let choice = choose(&samples, &models);
        progress.advance(2);
        // 3. The curves of the persons left, of all and of each group.
        let mut facts = whole(&samples, &models, &choice);
        let (of_groups, few) = groups(&samples, &models, &choice, seed.part("groups"));
        if !few.is_empty() {
            let note = format!("groups not assessed alone, too few persons: {}", few.join(", "));
            facts.iter_mut().for_each(|fact| fact.notes.push(note.clone()));
        }
        facts.extend(of_groups);
        facts.iter_mut().for_each(|fact| fact.caveats.extend(self.caveat()));
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
        } else if !(200..=200_000).contains(&self.rows) {
            "expected 200 to 200,000 rows".to_owned()
        } else if members.min(others) < FEWEST {
            format!("expected {FEWEST} persons or more in train and in the holdout")
        } else {
            return Ok(());
        };
        Err(Error::Usage(format!("[attack.membership]: {problem}")))
    }

    /// What a reader must know of parameters that can make the attack see less.
    fn caveat(&self) -> Option<String> {
        let default = Self::default();
        let fewer = self.points < default.points || self.rows < default.rows;
        fewer.then(|| "what it learns rests on fewer points or rows than the default's".into())
    }
}

/// The facts about everybody.
fn whole(samples: &Samples<'_>, models: &Models<'_>, choice: &Choice) -> Vec<Evidence> {
    let curve = |score: Score| Scored::of(samples, models, score).all();
    let (average, top) = (curve(choice.average), curve(choice.top));
    let mut facts = averages(&average, choice);
    facts.extend(ends(&top, choice, (choice.top, RATE), &RATES));
    if let Some(exposed) = facts.last_mut() {
        exposed.positive_control = choice.control.plantings();
    }
    if let Some(measure) = told_apart(&top, &choice.cut) {
        let mut fact = Evidence::whole("membership.log-odds-lower", measure);
        fact.notes.extend(choice.told_by(choice.top));
        facts.push(fact);
    }
    facts
}

/// The area, and the advantage at the threshold of the validation part.
fn averages(curve: &Curve, choice: &Choice) -> Vec<Evidence> {
    let measures = [
        ("membership.auroc", area(curve)),
        ("membership.advantage", advantage(curve, choice.threshold)),
    ];
    let fact = |(metric, measure): (&str, Option<Measure>)| {
        let mut fact = Evidence::whole(metric, measure?);
        fact.notes.extend(choice.averaged());
        Some(fact)
    };
    measures.into_iter().filter_map(fact).collect()
}

/// The true positive rates at some of the [`RATES`], and last the exposed share at `rate`.
fn ends(
    curve: &Curve,
    choice: &Choice,
    (by, rate): (Score, f64),
    rates: &[(&str, f64)],
) -> Vec<Evidence> {
    let told = rates.iter().map(|&(metric, rate)| (metric, roc(curve, rate, false)));
    let exposed = ("membership.exposed-share", roc(curve, rate, true));
    let fact = |(metric, measure): (&str, Measure)| {
        let mut fact = Evidence::whole(metric, measure);
        fact.notes.extend(choice.told_by(by));
        fact
    };
    told.chain([exposed]).map(fact).collect()
}

/// The same of every group, at the rates that its number of non-members resolves; and the names of the groups with
/// too few persons on either side, or nobody who can be told from others.
fn groups(
    samples: &Samples<'_>,
    models: &Models<'_>,
    choice: &Choice,
    seed: Seed,
) -> (Vec<Evidence>, Vec<String>) {
    let near = Score::Near(choice.near);
    let average = Scored::of(samples, models, choice.average);
    let top = Scored::of(samples, models, near);
    let (mut facts, mut few) = (Vec::new(), Vec::new());
    for group in Group::all(samples).into_iter().filter(|group| !group.is_empty()) {
        let (average, top) = (average.within(&group), top.within(&group));
        let resolved = RATE * top.others.len() as f64 >= FALSE_ALARMS;
        let rate = if resolved { RATE } else { COARSE_RATE };
        let plants = match top.fewest() < SMALLEST {
            true => Vec::new(),
            false => group.plantings(samples, models, (choice.near, rate), seed),
        };
        if plants.is_empty() {
            few.push(group.name);
            continue;
        }
        let resolved = |(_, rate): &&(&str, f64)| rate * (top.others.len() as f64 + 1.0) >= 1.0;
        let rates: Vec<(&str, f64)> = RATES.iter().filter(resolved).copied().collect();
        let mut found = averages(&average, choice);
        found.extend(ends(&top, choice, (near, rate), &rates));
        for fact in &mut found {
            (fact.scope, fact.group) = (Scope::Group, Some(group.name.clone()));
        }
        if let Some(exposed) = found.last_mut() {
            exposed.positive_control = plants;
        }
        facts.extend(found);
    }
    (facts, few)
}

//! Secrets that the release gives away of the persons it was made from, and not of strangers.
//!
//! # Threat model
//! An adversary knows some columns of a person, the quasi-identifiers or all but the secret one, and wants
//! that one: a diagnosis, an income. They look the person up in the release, or learn from it.
//!
//! # Estimator
//! For each sensitive column, by two adversaries:
//! - *nearest*: the secret of the released row nearest on the known columns (mixed distance of Gower 1971);
//!   rows tied at the smallest distance share the guess. Knowing all other columns: `inference.excess`, and
//!   unsubtracted `inference.correct`; knowing the quasi-identifiers: `inference.keyed-excess`.
//! - *model*: boosted trees trained on the release to tell the secret from the known columns, either set:
//!   `inference.model-excess`.
//!
//! A guess is right if categories are equal, or if |guess − secret| ≤ `tolerance` · max(|secret|, scale); the
//! scale of a column is the interquartile range of its training values (the joint scale where that is 0), so
//! that secrets near 0 can be guessed and signs do not matter. A record without the secret is no target: there
//! is nothing to learn. A person of several records counts with their mean. Nor is it a secret to have the value that
//! nine in ten real people share (no capital loss): who guesses it of everybody is right without any release.
//! The excesses are over the persons with another value, of whom it is told whether anything was learned.
//!
//! Control: the same attack on holdout persons. What is guessed of them as well is knowledge about the world;
//! the excess is (train's share − holdout's)/(1 − holdout's), two-sample, one fact for each secret, the worst
//! first. Baseline: holdout persons attacked with the *training* records in place of the release. Shared
//! successes are rounded against the release: up for train, down for the others. Positive control of the
//! nearest adversary: planted persons, attacked with the planted release. The models have none: a hundredth of the
//! rows hardly moves a tree, so that it would show what is said below and nothing else.
//!
//! # Limits
//! An adversary who knows few coarse columns cannot single out a copied row among hundreds alike, and what is
//! planted then changes nothing: `keyed-excess` is what such an adversary gains, not what the release holds.
//! Trees average over persons, and see copies of many or over-fitted generators, not single copies; they
//! guess among the most frequent `classes` only. Both may stop a release; the proof that it holds nothing
//! rests on `inference.excess`. Secrets that most people share (a zero, a "no") leave few persons to learn
//! something new about, and wide bounds; of who has a value that nine in ten share, no excess is told.
//!
//! # References
//! Article 29 Working Party, Opinion 05/2014 (WP216), section 2.2.3. Giomi et al. 2023, `PoPETs` 2023(2):312.
//! Gower 1971, Biometrics 27:857. Friedman 2001, Ann. Statist. 29:1189 (boosted trees).

mod model;
mod secret;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use self::model::Model;
use self::secret::{Pile, Right, Secret};
use super::known::{BATCH, Level, Source, Targets, merged};
use super::modest::per_cent;
use super::planted::Tally;
use super::{Attack, Info, Need, parameters};
use crate::audit::{Audit, Progress};
use crate::encode::{Coded, Joint};
use crate::error::{Error, Result};
use crate::evidence::{Evidence, Measure, Planting};
use crate::random::Seed;
use crate::table::Role;

/// How far off a guessed number may be.
const TOLERANCE: f64 = 0.05;

/// Parameters of the attack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Inference {
    /// How far off a guessed number may be, as a share of the secret or of its scale; 0.05 to 0.5: a stricter
    /// adversary would find less. Default 0.05.
    #[serde(deserialize_with = "tolerance")]
    pub tolerance: f64,
    /// Training persons tried, at random where there are more. Default 20,000; holdout persons likewise.
    pub targets: usize,
    /// Rows that a model learns from, at random where there are more. Default 10,000.
    pub rows: usize,
    /// Trees of a model, for each class. Default 30.
    pub trees: usize,
    /// Most frequent categories that a model guesses among. Default 8.
    pub classes: usize,
}

fn tolerance<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    super::within(deserializer, TOLERANCE, 0.5)
}

impl Default for Inference {
    fn default() -> Self {
        Self { tolerance: TOLERANCE, targets: 20_000, rows: 10_000, trees: 30, classes: 8 }
    }
}

/// What the attack is.
pub(super) static INFO: Info = Info {
    id: "inference",
    title: "secrets guessed from what is known",
    threat_model: "who knows some columns of a person and looks for another one in the release",
    needs: &[Need::Holdout],
    references: &[
        "Article 29 Working Party, Opinion 05/2014 (WP216)",
        "Giomi et al. 2023, PoPETs 2023(2):312",
    ],
    metrics: &[
        "inference.correct",
        "inference.excess",
        "inference.keyed-excess",
        "inference.model-excess",
    ],
};

impl Attack for Inference {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        self.check()?;
        let secrets = secrets(audit, self.tolerance)?;
        let people = People::draw(audit, self.targets, seed);
        let (mut facts, mut tables) = (Vec::new(), [None, None]);
        for secret in secrets {
            people.check(&secret)?;
            // 1. The nearest rows on all other columns, and on the quasi-identifiers.
            for knowledge in Knowledge::of(audit.joint(), &secret) {
                // Secrets that are no quasi-identifiers are sought by the same ones.
                let tables = &mut tables[usize::from(knowledge.all)];
                let same = tables.take().filter(|tables: &Tables| tables.know(&knowledge));
                let tables = tables.insert(same.unwrap_or_else(|| Tables::new(audit, &knowledge)));
                facts.extend(self.nearest(&people, &secret, &knowledge, tables));
                progress
                    .searched(&format!("release by {}", knowledge.words), tables.released.plan());
                // 2. A model of the secret on the same columns.
                facts.extend(self.model(&people, &secret, &knowledge, seed));
            }
            progress.advance(1);
        }
        // 3. The worst first, metric by metric.
        facts.sort_by(|a, b| {
            let metric = |fact: &Evidence| INFO.metrics.iter().position(|id| **id == fact.metric);
            metric(a).cmp(&metric(b)).then(excess(b).total_cmp(&excess(a)))
        });
        Ok(facts)
    }
}

impl Inference {
    fn check(&self) -> Result<()> {
        let problem = if self.targets == 0 {
            "expected at least one target"
        } else if self.rows < 100 || self.trees == 0 || self.classes < 2 {
            "expected models of 100 rows, one tree and two classes or more"
        } else {
            return Ok(());
        };
        Err(Error::Usage(format!("[attack.inference]: {problem}")))
    }

    /// What the nearest rows tell.
    fn nearest(
        &self,
        people: &People<'_>,
        secret: &Secret,
        known: &Knowledge,
        tables: &Tables,
    ) -> Vec<Evidence> {
        let joint = people.audit.joint();
        let guess = |source: &Source, table: &Coded, rows: &Coded, targets: &Targets| {
            looked_up(source, table, rows, targets, secret)
        };
        let treated = guess(&tables.released, &joint.synthetic, &joint.train, &people.train);
        let mut facts = Vec::new();
        if known.all {
            let Right { sum: successes, trials } = by_person(&people.train, &treated);
            let measure = Measure::Rate { successes, trials, frame: None };
            facts.push(Evidence::whole("inference.correct", measure));
        }
        if let Some(((rows, targets), real)) = people.holdout().zip(tables.real.as_ref()) {
            let treated = telling(secret, &joint.train, &people.train, treated);
            let control = guess(&tables.released, &joint.synthetic, rows, targets);
            let baseline = guess(real, &joint.train, rows, targets);
            let [control, baseline] =
                [control, baseline].map(|shares| telling(secret, rows, targets, shares));
            let metric = if known.all { "inference.excess" } else { "inference.keyed-excess" };
            let mut fact = Evidence::whole(metric, difference(treated, control, baseline));
            fact.notes.extend(secret.has_commonplace().then(|| COMMONPLACE_NOTE.to_owned()));
            facts.push(fact);
        }
        let plants = planted(people.audit, secret, &tables.released);
        for fact in &mut facts {
            fact.positive_control.clone_from(&plants);
            fact.about = Some(secret.name.clone());
            self.describe(fact, people, secret, known);
        }
        facts
    }

    /// What a model trained on the release tells.
    fn model(
        &self,
        people: &People<'_>,
        secret: &Secret,
        known: &Knowledge,
        seed: Seed,
    ) -> Option<Evidence> {
        let joint = people.audit.joint();
        let (holdout, targets) = people.holdout()?;
        let learn = |table: &Coded, name: &str| {
            Model::learn(self, table, &known.columns, secret, seed.part(name))
        };
        let (released, real) =
            (learn(&joint.synthetic, "released")?, learn(&joint.train, "train")?);
        let right = |model: &Model, rows: &Coded, targets: &Targets| {
            let guesses = model.guess(rows, &targets.records);
            let truths = secret.values(rows);
            let shares = targets.records.iter().zip(guesses);
            let shares = shares.map(|(&record, guess)| secret.hits(truths[record], guess));
            telling(secret, rows, targets, shares.collect())
        };
        let treated = right(&released, &joint.train, &people.train);
        let control = right(&released, holdout, targets);
        let measure = difference(treated, control, right(&real, holdout, targets));
        let mut fact = Evidence::whole("inference.model-excess", measure);
        fact.about = Some(format!("{}, from {}", secret.name, known.words));
        fact.notes.extend(secret.has_commonplace().then(|| COMMONPLACE_NOTE.to_owned()));
        self.describe(&mut fact, people, secret, known);
        Some(fact)
    }

    fn describe(
        &self,
        fact: &mut Evidence,
        people: &People<'_>,
        secret: &Secret,
        known: &Knowledge,
    ) {
        let joint = people.audit.joint();
        let names: Vec<&str> = known.columns.iter().map(|&c| joint.names[c].as_str()).collect();
        fact.parameters = parameters(self);
        let default = Self::default();
        if self.trees < default.trees || self.rows < default.rows || self.classes < default.classes
        {
            fact.caveats.push("its models are smaller than the default's".into());
        }
        fact.notes.push(format!("wanted: {}; known: {}", secret.name, names.join(", ")));
        if let Some(share) = people.plain(secret) {
            let guess = if secret.category { "most frequent value" } else { "median" };
            fact.notes.push(format!(
                "always guessing the release's {guess} is right for about {share} of train"
            ));
        }
    }
}

/// What the adversary knows.
struct Knowledge {
    columns: Vec<usize>,
    /// Whether that is every column but the secret.
    all: bool,
    words: &'static str,
}

impl Knowledge {
    /// All other columns, and the quasi-identifiers, where there are any.
    fn of(joint: &Joint, secret: &Secret) -> Vec<Self> {
        let others = || (0..joint.names.len()).filter(|&column| column != secret.column);
        let key = |&column: &usize| joint.schemas[column].role == Role::QuasiIdentifier;
        let all = Self { columns: others().collect(), all: true, words: "all other columns" };
        let columns = others().filter(key).collect();
        let keys = Self { columns, all: false, words: "the quasi-identifiers" };
        [all, keys].into_iter().filter(|known| !known.columns.is_empty()).collect()
    }
}

/// The tables in which secrets are looked up by what is known.
struct Tables {
    released: Source,
    /// Without a holdout nobody looks for strangers among the training records.
    real: Option<Source>,
}

impl Tables {
    fn new(audit: &Audit, known: &Knowledge) -> Self {
        let joint = audit.joint();
        let source = |rows: &Coded| Source::new(joint, rows, &known.columns);
        let real = joint.holdout.as_ref().map(|_| source(&joint.train));
        Self { released: source(&joint.synthetic), real }
    }

    fn know(&self, known: &Knowledge) -> bool {
        self.released.columns() == known.columns
    }
}

/// What a reader must know where not everybody counts.
const COMMONPLACE_NOTE: &str =
    "over the persons with another value than the one that nine in ten real people share";

/// What to do where nothing is declared to be wanted.
const UNDECLARED: &str = "the schema names nothing that an adversary wants to learn: add \
                          role = \"sensitive\" to those columns";

/// The sensitive columns that all tables hold.
///
/// # Errors
/// [`Error::NotApplicable`] when the schema declares none, or the release holds none of them.
fn secrets(audit: &Audit, tolerance: f64) -> Result<Vec<Secret>> {
    if audit.schema.columns.iter().all(|(_, column)| column.role != Role::Sensitive) {
        return Err(Error::NotApplicable(UNDECLARED.into()));
    }
    let joint = audit.joint();
    let sensitive = |&column: &usize| joint.schemas[column].role == Role::Sensitive;
    let columns: Vec<usize> = (0..joint.names.len()).filter(sensitive).collect();
    if columns.is_empty() || joint.names.len() < 2 {
        return Err(Error::NotApplicable(
            "the release holds no sensitive column, or no other one to guess it from".into(),
        ));
    }
    Ok(columns.into_iter().map(|column| Secret::new(audit, column, tolerance)).collect())
}

/// The persons of both samples who are attacked.
struct People<'a> {
    audit: &'a Audit,
    train: Targets,
    holdout: Option<Targets>,
}

impl<'a> People<'a> {
    fn draw(audit: &'a Audit, most: usize, seed: Seed) -> Self {
        let train = Targets::draw(&audit.train_persons, most, seed.part("train targets"));
        let holdout = audit.holdout_persons.as_ref();
        let holdout =
            holdout.map(|persons| Targets::draw(persons, most, seed.part("holdout targets")));
        Self { audit, train, holdout }
    }

    fn holdout(&self) -> Option<(&Coded, &Targets)> {
        self.audit.joint().holdout.as_ref().zip(self.holdout.as_ref())
    }

    /// A secret that one of the samples does not hold cannot be contrasted, and is not passed over.
    fn check(&self, secret: &Secret) -> Result<()> {
        let joint = self.audit.joint();
        let held = |rows: &Coded, targets: &Targets| {
            let values = secret.values(rows);
            let telling = |x: f64| !x.is_nan() && secret.is_telling(x);
            targets.records.iter().any(|&record| telling(values[record]))
        };
        let (train, holdout) =
            (held(&joint.train, &self.train), self.holdout().map(|(rows, t)| held(rows, t)));
        if train && holdout != Some(false) {
            return Ok(());
        }
        let sample = if train { "holdout" } else { "train" };
        Err(Error::Usage(format!(
            "[attack.inference]: none of the persons tried of {sample} has a value in the sensitive column \
             `{}`: expected more targets, or another role",
            secret.name
        )))
    }

    /// How often one guess for everybody is right, where that tells nothing of a few.
    fn plain(&self, secret: &Secret) -> Option<String> {
        let joint = self.audit.joint();
        let guess = secret.guess(&joint.synthetic)?;
        let truths = secret.values(&joint.train);
        let hits = |&record: &usize| secret.hits(truths[record], guess);
        let right =
            by_person(&self.train, &self.train.records.iter().map(hits).collect::<Vec<_>>());
        per_cent(right.sum / right.trials as f64, right.trials)
    }
}

/// For each record of the targets the share of its nearest rows that tell the secret; nothing where there is
/// none.
fn looked_up(
    source: &Source,
    table: &Coded,
    rows: &Coded,
    targets: &Targets,
    secret: &Secret,
) -> Vec<Option<f64>> {
    let (told, truths) = (secret.values(table), secret.values(rows));
    let mut shares = Vec::with_capacity(targets.records.len());
    for batch in targets.records.chunks(BATCH) {
        let near = source.nearest(rows, batch, 1, |_| true);
        let piles = near.each(|levels: &Vec<Level>| Pile::new(levels, |row| told[row as usize]));
        let share =
            |(i, &record): (usize, &usize)| piles[near.kind(i)].share(truths[record], secret);
        shares.extend(batch.iter().enumerate().map(share));
    }
    shares
}

/// How many of the planted persons give their secret away in the planted releases.
fn planted(audit: &Audit, secret: &Secret, released: &Source) -> Vec<Planting> {
    let (joint, plants) = (audit.joint(), audit.plants());
    let (told, truths) = (secret.values(&joint.synthetic), secret.values(&joint.train));
    let first = joint.synthetic.rows as u32;
    let mut tally = Tally::new(plants);
    for round in &plants.rounds {
        let rows: Vec<usize> = round.plants.iter().map(|plant| plant.row).collect();
        let added = Source::new(joint, &round.rows, released.columns());
        let near = released.nearest(&joint.train, &rows, 1, |row| plants.keeps(row));
        let close = added.nearest(&joint.train, &rows, 1, |_| true);
        let more = secret.values(&round.rows);
        for (i, plant) in round.plants.iter().enumerate() {
            let levels = merged(near.of(i), close.of(i), first, 1);
            let pile = Pile::new(&levels, |row| match row.checked_sub(first) {
                Some(row) => more[row as usize],
                None => told[row as usize],
            });
            let truth = truths[plant.row];
            if let Some(share) = pile.share(truth, secret).filter(|_| secret.is_telling(truth)) {
                tally.add(plant.cell, share);
            }
        }
    }
    tally.plantings()
}

/// The persons who have a secret of which a guess could teach anybody something.
fn telling(secret: &Secret, rows: &Coded, targets: &Targets, shares: Vec<Option<f64>>) -> Right {
    let truths = secret.values(rows);
    let of = targets.records.iter().zip(shares);
    let kept = of.map(|(&record, share)| share.filter(|_| secret.is_telling(truths[record])));
    by_person(targets, &kept.collect::<Vec<_>>())
}

/// The mean over each person's records that have the secret, summed up over the persons who have one.
fn by_person(targets: &Targets, shares: &[Option<f64>]) -> Right {
    let mut right = Right { sum: 0.0, trials: 0 };
    for pair in targets.starts.windows(2) {
        let known: Vec<f64> = shares[pair[0]..pair[1]].iter().copied().flatten().collect();
        if !known.is_empty() {
            right.sum += known.iter().sum::<f64>() / known.len() as f64;
            right.trials += 1;
        }
    }
    right
}

fn difference(treated: Right, control: Right, baseline: Right) -> Measure {
    Measure::Difference {
        treated: treated.rounded_up(),
        control: control.rounded_down(),
        baseline: Some(baseline.rounded_down()),
    }
}

/// The excess of a fact that contrasts, to sort by; nothing comes before no excess.
fn excess(fact: &Evidence) -> f64 {
    let Measure::Difference { treated, control, .. } = fact.measure else { return f64::MAX };
    let share = |count: crate::evidence::Count| count.successes as f64 / count.trials as f64;
    let left = (1.0 - share(control)).max(f64::MIN_POSITIVE);
    (share(treated) - share(control)) / left
}

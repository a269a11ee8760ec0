//! The audit: its samples, the persons in them, the views that attacks share, and the run.

mod claim;
pub mod control;
mod leak;
mod neighbours;
mod plant;
mod population;
mod run;
mod strange;
#[cfg(test)]
pub(crate) mod testing;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use crate::encode::{Coded, Joint, has_value, joint};
use crate::error::{Error, Mismatch, Result};
use crate::nearest::{Index, Plan};
use crate::random::Seed;
use crate::synth::{Claim, Generator, Manifest};
use crate::table::{ColumnKind, Persons, Role, Schema, Table, Values, content_digest};

pub use claim::statement;
pub use leak::leak;
pub use neighbours::{Distances, K, Neighbours, Side};
pub use plant::{Cell, Leak, Plant, Plants, Round, Target};
pub use population::check_sampling_fraction;
pub use run::{Release, run};

/// The samples of one audit and the views its attacks share.
pub struct Audit {
    /// The records the generator was trained on.
    pub train: Table,
    /// Records of the same population that the generator never saw.
    pub holdout: Option<Table>,
    /// The released rows.
    pub synthetic: Table,
    /// The population that the training persons are part of, read for its quasi-identifiers only; set by
    /// [`Audit::with_population`].
    pub population: Option<Table>,
    /// The share of the population that the training persons are, in (0, 1]; set by
    /// [`Audit::with_sampling_fraction`].
    pub sampling_fraction: Option<f64>,
    /// The schema all three were read under.
    pub schema: Schema,
    /// The persons of the training table.
    pub train_persons: Persons,
    /// The persons of the holdout.
    pub holdout_persons: Option<Persons>,
    /// What every subsample, permutation and planting of the audit is drawn from.
    pub seed: u64,
    /// The generator of the release, if it can be run again.
    pub generator: Option<Generator>,
    /// How the release says it was made.
    pub manifest: Option<Manifest>,
    /// The differential privacy that is claimed of the release.
    pub claim: Option<Claim>,
    joint: OnceLock<Joint>,
    indices: [OnceLock<Arc<Index>>; 3],
    plants: OnceLock<Plants>,
    neighbours: OnceLock<Neighbours>,
    planted: OnceLock<Vec<Distances>>,
}

impl Audit {
    /// Puts the samples together.
    ///
    /// # Errors
    /// [`Error::Usage`] when the samples cannot be an audit: train and holdout are one table or share
    /// persons, or no column is left to compare.
    pub fn new(
        schema: Schema,
        train: Table,
        holdout: Option<Table>,
        synthetic: Table,
        seed: u64,
    ) -> Result<Self> {
        if let Some(holdout) = &holdout {
            check_split(&schema, &train, holdout)?;
        }
        let train_persons = train.persons();
        let holdout_persons = holdout.as_ref().map(Table::persons);
        let audit = Self {
            train,
            holdout,
            synthetic,
            population: None,
            sampling_fraction: None,
            schema,
            train_persons,
            holdout_persons,
            seed,
            generator: None,
            manifest: None,
            claim: None,
            joint: OnceLock::new(),
            indices: Default::default(),
            plants: OnceLock::new(),
            neighbours: OnceLock::new(),
            planted: OnceLock::new(),
        };
        if audit.joint().names.is_empty() {
            return Err(Error::Usage(
                "no column is left to compare: every column of the schema is the subject, a direct \
                 identifier, a weight, or without a value in one of the tables"
                    .into(),
            ));
        }
        check_release(&audit)?;
        Ok(audit)
    }

    /// The samples coded on one joint scale, computed once.
    pub fn joint(&self) -> &Joint {
        self.joint.get_or_init(|| joint(&self.train, self.holdout.as_ref(), &self.synthetic))
    }

    /// The training records ready to be searched over all compared columns, made once.
    pub fn train_index(&self) -> &Arc<Index> {
        self.index(0, &self.joint().train)
    }

    /// The same of the holdout, if there is one.
    pub fn holdout_index(&self) -> Option<&Arc<Index>> {
        self.joint().holdout.as_ref().map(|rows| self.index(1, rows))
    }

    /// The same of the released rows.
    pub fn released_index(&self) -> &Arc<Index> {
        self.index(2, &self.joint().synthetic)
    }

    fn index(&self, place: usize, rows: &Coded) -> &Arc<Index> {
        self.indices[place].get_or_init(|| Arc::new(Index::build(rows, &self.joint().scales)))
    }

    /// How the samples that were searched so far are searched, sample by sample.
    fn plans(&self) -> impl Iterator<Item = (&'static str, Plan)> {
        let named = ["training records", "holdout", "release"].into_iter().zip(&self.indices);
        named.filter_map(|(name, index)| Some((name, index.get()?.plan())))
    }

    /// How near the persons are to each other and to the release, computed once.
    pub fn neighbours(&self) -> &Neighbours {
        self.neighbours.get_or_init(|| Neighbours::new(self))
    }

    /// The leaks planted for the positive controls, made once and shared by all attacks.
    pub fn plants(&self) -> &Plants {
        self.plants.get_or_init(|| Plants::new(self, Seed::new(self.seed).part("plants")))
    }

    /// For each planted release, how near the holdout is to its plants, computed once; nothing without a
    /// holdout.
    pub fn planted(&self) -> &[Distances] {
        self.planted.get_or_init(|| Neighbours::planted(self))
    }
}

/// Train and holdout must be different people.
fn check_split(schema: &Schema, train: &Table, holdout: &Table) -> Result<()> {
    if content_digest(train, schema) == content_digest(holdout, schema) {
        return Err(Error::Usage(
            "train and holdout are the same table: expected a holdout of records that the \
             generator never saw (see `dosimeter split`)"
                .into(),
        ));
    }
    let Some(subject) = schema.subject() else { return Ok(()) };
    if !subjects(train, subject).is_disjoint(&subjects(holdout, subject)) {
        return Err(Error::Usage(format!(
            "train and holdout share persons (column `{subject}`): expected every person on one \
             side of the split only; split again by person with `dosimeter split`"
        )));
    }
    Ok(())
}

/// Every subject of a table, as text that is equal for equal subjects.
fn subjects(table: &Table, subject: &str) -> BTreeSet<String> {
    match table.column(subject).map(|column| &column.values) {
        Some(Values::Numbers(numbers)) => {
            numbers.iter().filter(|x| !x.is_nan()).map(ToString::to_string).collect()
        }
        Some(Values::Labels { levels, .. }) => levels.iter().map(ToString::to_string).collect(),
        None => BTreeSet::new(),
    }
}

/// A release whose columns are written in other words or units than the real table's would look as
/// if it copied nobody: that is an error and not a finding. So is a released direct identifier.
fn check_release(audit: &Audit) -> Result<()> {
    let mismatch = |column: &str, expected: &str, found: &str| Mismatch {
        file: "the release".into(),
        column: column.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    };
    let mut mismatches = Vec::new();
    for released in &audit.synthetic.columns {
        let name = released.name.as_str();
        if released.schema.role == Role::DirectIdentifier && has_value(&released.values) {
            let found = "the column with values: drop it from the release";
            mismatches.push(mismatch(name, "no direct identifier in a release", found));
        }
        if !audit.joint().names.iter().any(|compared| compared == name) {
            continue;
        }
        let real = [Some(&audit.train), audit.holdout.as_ref()].into_iter().flatten();
        let real: Vec<&Values> = real.filter_map(|t| t.column(name)).map(|c| &c.values).collect();
        let text = released.schema.kind == ColumnKind::Text;
        if !text && strange::categories(&released.values, &real) {
            let found =
                "others in more than a fifth of its values: is the column written otherwise?";
            mismatches.push(mismatch(name, "categories of the real tables", found));
        }
        if strange::numbers(&released.values, &real) {
            let found = "a median beyond almost all of them: is it in another unit?";
            mismatches.push(mismatch(name, "numbers like those of the real tables", found));
        }
    }
    if let Some(subject) = audit.schema.subject()
        && !subjects(&audit.synthetic, subject).is_disjoint(&real_subjects(audit, subject))
    {
        let found = "some of theirs: give released persons new ids, or drop the column";
        mismatches.push(mismatch(subject, "no subject of the real tables", found));
    }
    if mismatches.is_empty() { Ok(()) } else { Err(Error::Mismatch(mismatches)) }
}

/// Every subject of train and holdout.
fn real_subjects(audit: &Audit, subject: &str) -> BTreeSet<String> {
    let tables = [Some(&audit.train), audit.holdout.as_ref()];
    tables.into_iter().flatten().flat_map(|table| subjects(table, subject)).collect()
}

/// The columns that the schema calls quasi-identifiers: what an adversary knows from elsewhere.
#[must_use]
pub fn quasi_identifiers(schema: &Schema) -> Vec<String> {
    schema
        .columns
        .iter()
        .filter(|(_, column)| column.role == Role::QuasiIdentifier)
        .map(|(name, _)| name.clone())
        .collect()
}

/// Where an attack reports how far it is. Progress never influences a result.
pub struct Progress<'a> {
    report: &'a (dyn Fn(Step<'_>) + Sync),
}

/// One report of progress.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// A stage begins, with this many units of work.
    Begin(&'static str, u64),
    /// This many more units are done.
    Advance(u64),
    /// What a reader must be told before the stage goes on.
    Note(&'a str),
    /// How something is done, for those who want to know.
    Detail(&'a str),
}

impl<'a> Progress<'a> {
    /// Reports to `report`.
    pub fn new(report: &'a (dyn Fn(Step<'_>) + Sync)) -> Self {
        Self { report }
    }

    /// A stage of `units` units of work begins.
    pub fn begin(&self, stage: &'static str, units: u64) {
        (self.report)(Step::Begin(stage, units));
    }

    /// `units` more units of the present stage are done.
    pub fn advance(&self, units: u64) {
        (self.report)(Step::Advance(units));
    }

    /// Tells `text`, such as a commitment to what has not been run yet.
    pub fn note(&self, text: &str) {
        (self.report)(Step::Note(text));
    }

    /// Tells how the rows called `what` are searched. It depends on the machine, and the result does not.
    pub fn searched(&self, what: &str, plan: Plan) {
        (self.report)(Step::Detail(&format!("{what}: {plan}")));
    }
}

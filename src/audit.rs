//! The audit: its samples, the persons in them, the views that attacks share, and the run.

pub mod control;
mod run;
#[cfg(test)]
pub(crate) mod testing;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::encode::{Joint, joint};
use crate::error::{Error, Mismatch, Result};
use crate::table::{ColumnKind, Persons, Role, Schema, Table, Values, content_digest};

pub use run::{Release, run};

/// The samples of one audit and the views its attacks share.
pub struct Audit {
    /// The records the generator was trained on.
    pub train: Table,
    /// Records of the same population that the generator never saw.
    pub holdout: Option<Table>,
    /// The released rows.
    pub synthetic: Table,
    /// The schema all three were read under.
    pub schema: Schema,
    /// The persons of the training table.
    pub train_persons: Persons,
    /// The persons of the holdout.
    pub holdout_persons: Option<Persons>,
    joint: OnceLock<Joint>,
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
            schema,
            train_persons,
            holdout_persons,
            joint: OnceLock::new(),
        };
        if audit.joint().names.is_empty() {
            return Err(Error::Usage(
                "no column is left to compare: every column of the schema is the subject, a direct \
                 identifier, a weight, or without a value in one of the tables"
                    .into(),
            ));
        }
        check_categories(&audit)?;
        Ok(audit)
    }

    /// The samples coded on one joint scale, computed once.
    pub fn joint(&self) -> &Joint {
        self.joint.get_or_init(|| joint(&self.train, self.holdout.as_ref(), &self.synthetic))
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

/// A release that codes a category in other words than the real table would look like no copy at
/// all: if none of its categories is known, that is an error and not a finding.
fn check_categories(audit: &Audit) -> Result<()> {
    let strange = |name: &&String| {
        let (Some(real), Some(released)) = (audit.train.column(name), audit.synthetic.column(name))
        else {
            return false;
        };
        let (Values::Labels { levels: real, .. }, Values::Labels { levels: released, .. }) =
            (&real.values, &released.values)
        else {
            return false;
        };
        !real.is_empty()
            && !released.is_empty()
            && audit.schema.column(name).is_some_and(|column| column.kind != ColumnKind::Text)
            && !released.iter().any(|level| real.binary_search(level).is_ok())
    };
    let mismatches: Vec<Mismatch> = audit
        .joint()
        .names
        .iter()
        .filter(strange)
        .map(|name| Mismatch {
            file: "the release".into(),
            column: name.clone(),
            expected: "categories of the training table".into(),
            found: "none of them: is the column coded in other words or numbers?".into(),
        })
        .collect();
    if mismatches.is_empty() { Ok(()) } else { Err(Error::Mismatch(mismatches)) }
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
    report: &'a (dyn Fn(Step) + Sync),
}

/// One report of progress.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// A stage begins, with this many units of work.
    Begin(&'static str, u64),
    /// This many more units are done.
    Advance(u64),
}

impl<'a> Progress<'a> {
    /// Reports to `report`.
    pub fn new(report: &'a (dyn Fn(Step) + Sync)) -> Self {
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
}

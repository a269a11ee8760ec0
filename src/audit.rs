//! The audit: its samples, the persons in them, the views that attacks share, and the run.

use crate::table::{Schema, Table};

/// The samples of one audit.
pub struct Audit {
    /// The records the generator was trained on.
    pub train: Table,
    /// Records of the same population that the generator never saw.
    pub holdout: Option<Table>,
    /// The released rows.
    pub synthetic: Table,
    /// The schema all three were read under.
    pub schema: Schema,
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

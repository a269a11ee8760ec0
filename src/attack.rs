//! Attacks: an adversary's procedure against a release, one file each, one form, one registry.

mod copies;
mod safe_harbor;

use crate::audit::{Audit, Progress};
use crate::error::Result;
use crate::evidence::Evidence;
use crate::random::Seed;

pub use copies::Copies;
pub use safe_harbor::SafeHarbor;

/// An adversary's procedure against a synthetic release.
pub trait Attack: Sync {
    /// What the attack is, for `list`, `explain` and the report.
    fn info(&self) -> &'static Info;

    /// Runs it and returns sufficient statistics: no bound, no p-value, no limit.
    ///
    /// # Errors
    /// When the audit lacks what the attack needs in a way that no evidence can express.
    fn run(&self, audit: &Audit, seed: Seed, progress: &Progress) -> Result<Vec<Evidence>>;
}

/// What an attack is.
#[derive(Debug)]
pub struct Info {
    /// The attack's id: the part of its metrics before the dot.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// Who attacks, what they know, what they win.
    pub threat_model: &'static str,
    /// What it needs beyond the training table and the release.
    pub needs: &'static [Need],
    /// Papers and statutes.
    pub references: &'static [&'static str],
    /// The metric ids it produces.
    pub metrics: &'static [&'static str],
}

/// What an attack needs beyond the training table and the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Records the generator never saw.
    Holdout,
}

//! Utility: what a release is still good for, one file a measure, one form, one registry.
//!
//! Every measure compares the release with train, and fresh real records (the holdout) with train: what these
//! reach is the *ceiling*, and no synthesis of this size can be expected to do better. A number without its
//! ceiling misleads. Nothing here speaks of anyone's exposure: a rule on utility may warn of a release or stop it
//! and never helps to clear one.

mod association;
mod ceiling;
mod columnwise;
mod constraint;
mod coverage;
mod fairness;
mod hellinger;
mod marginal;
mod pairwise;
mod prediction;
mod products;
mod signs;
mod tables;
#[cfg(test)]
mod testing;
mod threeway;
mod view;

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::audit::Progress;
use crate::error::Result;
use crate::evidence::Evidence;
use crate::random::Seed;

pub use association::Association;
pub use constraint::Constraint;
pub use coverage::Coverage;
pub use fairness::Fairness;
pub use hellinger::Hellinger;
pub use marginal::Marginal;
pub use pairwise::Pairwise;
pub use prediction::Prediction;
pub use threeway::Threeway;
pub use view::{Feature, Rows, Series, View};

/// A measure of what a release is good for.
pub trait Utility: Sync {
    /// What the measure is, for `list`, `explain` and the report.
    fn info(&self) -> &'static Info;

    /// Compares the release, and the fresh records, with train.
    ///
    /// # Errors
    /// When the tables lack what the measure needs in a way that no evidence can express.
    fn run(&self, view: &View<'_>, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>>;
}

/// What a measure is.
#[derive(Debug)]
pub struct Info {
    /// The measure's id: the part of its metrics before the dot.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What someone wants to do with the release that this speaks of.
    pub purpose: &'static str,
    /// Whether it is about nothing without a holdout.
    pub needs_holdout: bool,
    /// Papers.
    pub references: &'static [&'static str],
    /// The metric ids it produces.
    pub metrics: &'static [&'static str],
}

/// All measures, in report order: `list`, `audit`, `explain` and the report come from here.
pub static UTILITIES: &[Entry] = &[
    Entry { info: &marginal::INFO, build: build::<Marginal> },
    Entry { info: &hellinger::INFO, build: build::<Hellinger> },
    Entry { info: &coverage::INFO, build: build::<Coverage> },
    Entry { info: &constraint::INFO, build: build::<Constraint> },
    Entry { info: &association::INFO, build: build::<Association> },
    Entry { info: &pairwise::INFO, build: build::<Pairwise> },
    Entry { info: &threeway::INFO, build: build::<Threeway> },
    Entry { info: &prediction::INFO, build: build::<Prediction> },
    Entry { info: &fairness::INFO, build: build::<Fairness> },
];

/// Metrics about targets, of which a schema without one says nothing.
pub static OF_TARGETS: &[&str] = &["fairness.parity-difference", "fairness.odds-gap"];

/// Metrics that need a holdout although their measure does without.
pub static BESIDE_HOLDOUT: &[&str] = &["fairness.odds-gap"];

/// One line of the registry.
pub struct Entry {
    /// What the measure is.
    pub info: &'static Info,
    build: fn(toml::Table) -> Result<Box<dyn Utility>, toml::de::Error>,
}

impl Entry {
    /// The measure with its default parameters, overridden by the given ones.
    ///
    /// # Errors
    /// When a parameter is unknown or of the wrong type.
    pub fn measure(&self, parameters: toml::Table) -> Result<Box<dyn Utility>, toml::de::Error> {
        (self.build)(parameters)
    }
}

fn build<U: Utility + DeserializeOwned + 'static>(
    parameters: toml::Table,
) -> Result<Box<dyn Utility>, toml::de::Error> {
    Ok(Box::new(toml::Value::Table(parameters).try_into::<U>()?))
}

/// The parameters of a measure, echoed into its evidence.
fn parameters<U: Serialize>(measure: &U) -> BTreeMap<String, serde_json::Value> {
    match serde_json::to_value(measure) {
        Ok(serde_json::Value::Object(members)) => members.into_iter().collect(),
        // A parameter struct is always a map; anything else has nothing to echo.
        _ => BTreeMap::new(),
    }
}

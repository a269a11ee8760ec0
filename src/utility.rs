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
mod pool;
mod prediction;
mod products;
mod signs;
mod tables;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod threeway;
mod view;

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::audit::Progress;
use crate::error::{Error, Result};
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

impl View<'_> {
    /// Runs a measure, where train is large enough for a figure that follows from no small group.
    ///
    /// # Errors
    /// Those of the measure, and [`Error::NotApplicable`] where train weighs less than eleven persons.
    pub fn run(
        &self,
        measure: &dyn Utility,
        seed: Seed,
        progress: &Progress<'_>,
    ) -> Result<Vec<Evidence>> {
        if self.train.effective() < self.fewest as f64 {
            return Err(Error::NotApplicable(
                "train has fewer than eleven persons, or weighs as much as fewer: no figure of it can be told".into(),
            ));
        }
        measure.run(self, seed, progress)
    }
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

/// Metrics that a measure leaves out where the tables or the schema hold nothing to measure them on, with the reason.
pub static LEFT_OUT: &[(&str, &str)] = &[
    ("marginal.ks", NO_NUMBERS),
    ("marginal.wasserstein", NO_NUMBERS),
    ("hellinger.multivariate", "no density could be fitted to the columns together"),
    (
        "coverage.category",
        "train has no category of enough persons (eleven, or the parameter `persons`)",
    ),
    ("coverage.range", NO_NUMBERS),
    ("constraint.kept", "the schema has no rule ([[constraint]]) that a release can keep"),
    ("constraint.within-bounds", "the schema names no public bounds of a column that is compared"),
    ("pairwise.s-pmse", NO_PAIR),
    ("pairwise.s-pmse-worst", NO_PAIR),
    ("fairness.parity-difference", NO_PARITY),
    ("fairness.odds-gap", NO_ODDS),
    (
        "fairness.subgroup-fidelity",
        "no group of eleven training persons has another column to compare within",
    ),
];

const NO_NUMBERS: &str = "train has no column of numbers or dates";
const NO_PAIR: &str = "the release holds no two columns of train that differ anywhere";
const NO_PARITY: &str = "no target leaves two groups of a protected column with eleven training persons of yes and of no";
const NO_ODDS: &str = "no target leaves two groups of a protected column with eleven holdout persons of one truth, or \
                       nothing could be learned of it";

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

//! Attacks: an adversary's procedure against a release, one file each, one form, one registry.

mod copies;
pub mod disclosure;
mod distance;
mod distinguishability;
mod dp_audit;
mod frame;
mod groups;
mod identity;
mod inference;
mod keys;
mod known;
mod linkability;
mod membership;
mod modest;
mod planted;
mod queries;
mod reconstruction;
mod safe_harbor;
mod shadow;
mod singling_out;
mod sorted;
mod text;
mod uniqueness;

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};

use crate::audit::{Audit, Progress};
use crate::error::Result;
use crate::evidence::Evidence;
use crate::random::Seed;

pub use copies::Copies;
pub use distance::Distance;
pub use distinguishability::Distinguishability;
pub use dp_audit::{CanaryKind, DpAudit};
pub use identity::Identity;
pub use inference::Inference;
pub use linkability::Linkability;
pub use membership::Membership;
pub use reconstruction::Reconstruction;
pub use safe_harbor::SafeHarbor;
pub use shadow::Shadow;
pub use singling_out::{SinglingOut, isolation_integral};
pub use text::Text;
pub use uniqueness::Uniqueness;

/// An adversary's procedure against a synthetic release.
pub trait Attack: Sync {
    /// What the attack is, for `list`, `explain` and the report.
    fn info(&self) -> &'static Info;

    /// Runs it and returns sufficient statistics: no bound, no p-value, no limit.
    ///
    /// # Errors
    /// When the audit lacks what the attack needs in a way that no evidence can express.
    fn run(&self, audit: &Audit, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>>;
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
    /// A table of the population.
    Population,
    /// A table of the population, or how large a share of it the training persons are.
    Fraction,
    /// A sensitive column that the release holds too.
    Sensitive,
    /// A generator that can be run again.
    Generator,
    /// A manifest with a privacy ledger.
    Ledger,
}

/// What single metrics need beyond what their attack needs.
pub static NEEDS: &[(&str, Need)] = &[
    ("uniqueness.k-map", Need::Population),
    ("uniqueness.released-map", Need::Population),
    ("uniqueness.population-unique-share", Need::Fraction),
    ("uniqueness.population-unique-share-lowest", Need::Fraction),
    ("uniqueness.population-unique-share-highest", Need::Fraction),
    ("uniqueness.l-diversity", Need::Sensitive),
    ("uniqueness.entropy-l-diversity", Need::Sensitive),
    ("uniqueness.t-closeness", Need::Sensitive),
    ("dp-audit.ledger-excess", Need::Ledger),
];

/// All attacks, in report order: `list`, `audit`, `explain` and the report come from here.
pub static ATTACKS: &[Entry] = &[
    Entry { info: &safe_harbor::INFO, build: build::<SafeHarbor> },
    Entry { info: &uniqueness::INFO, build: build::<Uniqueness> },
    Entry { info: &copies::INFO, build: build::<Copies> },
    Entry { info: &distance::INFO, build: build::<Distance> },
    Entry { info: &identity::INFO, build: build::<Identity> },
    Entry { info: &distinguishability::INFO, build: build::<Distinguishability> },
    Entry { info: &membership::INFO, build: build::<Membership> },
    Entry { info: &singling_out::INFO, build: build::<SinglingOut> },
    Entry { info: &linkability::INFO, build: build::<Linkability> },
    Entry { info: &inference::INFO, build: build::<Inference> },
    Entry { info: &text::INFO, build: build::<Text> },
    Entry { info: &reconstruction::INFO, build: build::<Reconstruction> },
    Entry { info: &shadow::INFO, build: build::<Shadow> },
    Entry { info: &dp_audit::INFO, build: build::<DpAudit> },
];

/// One line of the registry.
pub struct Entry {
    /// What the attack is.
    pub info: &'static Info,
    build: fn(toml::Table) -> Result<Box<dyn Attack>, toml::de::Error>,
}

impl Entry {
    /// The attack with its default parameters, overridden by the given ones.
    ///
    /// # Errors
    /// When a parameter is unknown or of the wrong type.
    pub fn attack(&self, parameters: toml::Table) -> Result<Box<dyn Attack>, toml::de::Error> {
        (self.build)(parameters)
    }
}

fn build<A: Attack + DeserializeOwned + 'static>(
    parameters: toml::Table,
) -> Result<Box<dyn Attack>, toml::de::Error> {
    Ok(Box::new(toml::Value::Table(parameters).try_into::<A>()?))
}

/// Reads a parameter from `low` to `high`. A NaN lies nowhere: it would compare with nothing, and so
/// see nothing.
fn within<'de, D: Deserializer<'de>>(
    deserializer: D,
    low: f64,
    high: f64,
) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    Err(D::Error::custom(format!("expected a number from {low} to {high}, found {value}")))
}

/// Reads a parameter of which less would see less.
fn at_least<'de, D: Deserializer<'de>>(deserializer: D, least: usize) -> Result<usize, D::Error> {
    let value = usize::deserialize(deserializer)?;
    if value >= least {
        return Ok(value);
    }
    Err(D::Error::custom(format!("expected {least} or more (fewer see less), found {value}")))
}

/// Reads a parameter of which more would see less.
fn at_most<'de, D: Deserializer<'de>>(deserializer: D, most: u32) -> Result<u32, D::Error> {
    let value = u32::deserialize(deserializer)?;
    if value <= most {
        return Ok(value);
    }
    Err(D::Error::custom(format!("expected at most {most} (more see less), found {value}")))
}

/// The parameters of an attack, echoed into its evidence.
fn parameters<A: Serialize>(attack: &A) -> BTreeMap<String, serde_json::Value> {
    match serde_json::to_value(attack) {
        Ok(serde_json::Value::Object(members)) => members.into_iter().collect(),
        // A parameter struct is always a map; anything else has nothing to echo.
        _ => BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::audit::control;
    use crate::metric::metrics;
    use crate::utility::UTILITIES;

    /// The catalogue and the registry name the same metrics, each exactly once.
    #[test]
    fn every_metric_is_produced_by_exactly_one_attack_or_measure_and_the_reverse() {
        let mut produced: Vec<&str> = control::METRICS.to_vec();
        produced.extend(ATTACKS.iter().flat_map(|entry| entry.info.metrics));
        produced.extend(UTILITIES.iter().flat_map(|entry| entry.info.metrics));
        let distinct: BTreeSet<&str> = produced.iter().copied().collect();
        assert_eq!(distinct.len(), produced.len(), "a metric is produced twice");
        let known: BTreeSet<&str> = metrics().map(|metric| metric.id).collect();
        assert_eq!(known.len(), metrics().count(), "a metric is listed twice");
        assert_eq!(distinct, known);
    }

    #[test]
    fn a_metric_begins_with_the_id_of_its_attack() {
        for entry in ATTACKS {
            for metric in entry.info.metrics {
                assert_eq!(metric.split_once('.').map(|(attack, _)| attack), Some(entry.info.id));
            }
        }
    }

    #[test]
    fn parameters_are_overridden_by_name_and_unknown_ones_are_refused() {
        let copies = ATTACKS.iter().find(|entry| entry.info.id == "copies").unwrap();
        assert!(copies.attack(toml::toml! { tolerance = 0.01 }).is_ok());
        assert!(copies.attack(toml::toml! { tolerence = 0.01 }).is_err());
        assert!(copies.attack(toml::toml! { tolerance = "much" }).is_err());
    }

    /// What would see less than the default is refused, what sees as much or more is not.
    #[test]
    fn parameters_that_overlook_more_are_refused() {
        let accepts = |attack: &str, text: &str| {
            let entry = ATTACKS.iter().find(|entry| entry.info.id == attack).unwrap();
            entry.attack(toml::from_str(text).unwrap()).is_ok()
        };
        for (attack, blind, keen) in [
            ("inference", "tolerance = 0.0", "tolerance = 0.05"),
            ("text", "carriers = 1", "carriers = 2"),
            ("text", "carriers = 11", "carriers = 10"),
            ("text", "whole = 9", "whole = 4"),
            ("text", "passage = 21", "passage = 20"),
            ("text", "words = 6", "words = 3"),
            ("reconstruction", "strata = 3", "strata = 8"),
            ("reconstruction", "queries = 2", "queries = 3"),
            ("reconstruction", "columns = 0", "columns = 4"),
        ] {
            assert!(!accepts(attack, blind), "{attack}: {blind}");
            assert!(accepts(attack, keen), "{attack}: {keen}");
        }
    }
}

//! How small the groups are in which people hide on what an adversary knows from elsewhere.
//!
//! # Threat model
//! Someone who knows the quasi-identifiers of a person (from a register, a newspaper, a neighbour's
//! talk) looks for them in the release. They win when few real people, at best one, share these keys
//! and the release has a row with them, or when all who share them also share a secret.
//!
//! # Estimator
//! A *class* is a set of training persons with equal keys: equal categories, numbers in the same bin
//! of width `precision` (default: `step`, else equal). Persons are counted, not rows.
//! 1. `uniqueness.k-anonymity` is the smallest class; `uniqueness.unique-share` the share of persons alone in
//!    a class of theirs, a census; `uniqueness.released-class` the smallest class whose keys a released row
//!    carries, and the number of training persons when no released row carries real keys.
//! 2. With a table of the population: `uniqueness.k-map`, the smallest population class of a training key;
//!    `uniqueness.released-map`, that of a released row's key; `uniqueness.population-unique-share`, counted.
//!    With its size only, that share is estimated, with a lowest and a highest value (see `population`).
//! 3. `uniqueness.individual-risk`, on average and at the highest: the chance that a person with the keys
//!    is the one looked for (see `population`).
//! 4. `uniqueness.l-diversity`, `uniqueness.entropy-l-diversity` and `uniqueness.t-closeness` of each sensitive column
//!    within the classes, the worst column for the whole (see `diversity`).
//! 5. `uniqueness.contribution` of each quasi-identifier to the share of persons alone (see `contribution`), and that
//!    share within each of its levels (see `level`).
//!
//! No control and no positive control: classes are counted, nobody is looked for and nobody can be overlooked.
//!
//! # Limits
//! Points 1, 4 and 5 are exact for these people and keys, and say nothing of the population, where classes are
//! larger, nor of whether a released row came from its class: independent marginals carry real keys by chance.
//! Keys are the quasi-identifiers that the release holds too. Choosing fewer makes every number
//! better: the report prints which were assumed. All but `released-class` and `released-map` describe the real
//! table, whatever is released. Estimates of the population's uniques disagree by more than half on
//! populations of known truth: the highest of them is the one to set a limit on.
//!
//! # References
//! Sweeney 2002, Int. J. Uncertainty Fuzziness 10:557 (k-anonymity); CMS cell suppression policy
//! (counts of 1 to 10 are not shown), the source of the limit of 11; Dankar et al. 2012, BMC Med. Inform. Decis.
//! Mak. 12:66; Benedetti and Franconi 1998 (individual risk); Machanavajjhala et al. 2007, ACM TKDD 1:3
//! (ℓ-diversity); Li, Li and Venkatasubramanian 2007, ICDE (t-closeness); Shapley 1953 (contributions).

mod contribution;
mod diversity;
mod level;
mod population;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::keys::{Key, binned, key_columns};
use super::{Attack, Info, parameters};
use crate::audit::{Audit, Progress};
use crate::encode::Joint;
use crate::error::Result;
use crate::evidence::{Evidence, Measure, Scope};
use crate::random::Seed;
use crate::table::Persons;

/// Parameters of the attack: none, the keys and their precision stand in the schema.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Uniqueness {}

/// What the attack is.
pub(super) static INFO: Info = Info {
    id: "uniqueness",
    title: "small groups on the quasi-identifiers",
    threat_model: "someone who knows a person's quasi-identifiers from elsewhere",
    needs: &[],
    references: &[
        "Sweeney 2002, Int. J. Uncertainty Fuzziness 10:557",
        "Dankar, El Emam, Neisa and Roffey 2012, BMC Med. Inform. Decis. Mak. 12:66",
        "Benedetti and Franconi 1998 (individual risk)",
        "Machanavajjhala et al. 2007, ACM TKDD 1:3",
        "Li, Li and Venkatasubramanian 2007, ICDE",
    ],
    metrics: &[
        "uniqueness.k-anonymity",
        "uniqueness.unique-share",
        "uniqueness.released-class",
        "uniqueness.k-map",
        "uniqueness.released-map",
        "uniqueness.population-unique-share",
        "uniqueness.population-unique-share-lowest",
        "uniqueness.population-unique-share-highest",
        "uniqueness.individual-risk",
        "uniqueness.individual-risk-highest",
        "uniqueness.l-diversity",
        "uniqueness.entropy-l-diversity",
        "uniqueness.t-closeness",
        "uniqueness.contribution",
    ],
};

impl Attack for Uniqueness {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        // 1. The classes of the training table, and those that a released row fits.
        let keyed = Keyed::new(audit)?;
        let mut facts = census(&keyed, audit);
        progress.advance(3);
        // 2. and 3. The population's classes, its uniques, and the risk of each person.
        facts.extend(population::facts(&keyed, audit));
        progress.advance(7);
        // 4. The sensitive values within each class.
        facts.extend(diversity::facts(&keyed, audit));
        progress.advance(3);
        // 5. What each quasi-identifier adds to the persons alone, and among whom they are.
        facts.extend(contribution::facts(&keyed, audit, seed.part("contribution")));
        facts.extend(level::facts(&keyed, audit));
        progress.advance(1);
        let names: Vec<&str> = keyed.names(audit.joint());
        for fact in &mut facts {
            fact.parameters.extend(parameters(self));
            fact.notes.push(format!("keys: {}", names.join(", ")));
        }
        Ok(facts)
    }
}

/// The training rows by key.
struct Keyed {
    keys: Vec<Key>,
    /// The key of each row.
    words: Vec<Vec<u64>>,
    /// The number of each key, in order of first appearance.
    numbers: HashMap<Vec<u64>, u32>,
    /// The number of each row's key: its class.
    class_of: Vec<u32>,
    /// How many persons each class has.
    sizes: Vec<u64>,
}

impl Keyed {
    fn new(audit: &Audit) -> Result<Self> {
        let keys = key_columns(audit.joint())?;
        let words = binned(&audit.joint().train, &keys);
        let mut numbers = HashMap::new();
        let mut number = |key: &Vec<u64>| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(key.clone()).or_insert(next)
        };
        let class_of: Vec<u32> = words.iter().map(&mut number).collect();
        let sizes = persons_in(&class_of, &audit.train_persons, numbers.len());
        Ok(Self { keys, words, numbers, class_of, sizes })
    }

    /// The names of the keys.
    fn names<'a>(&self, joint: &'a Joint) -> Vec<&'a str> {
        self.keys.iter().map(|key| joint.names[key.column].as_str()).collect()
    }
}

/// Distinct persons of each of `classes` classes, given the class of each row.
fn persons_in(class_of: &[u32], persons: &Persons, classes: usize) -> Vec<u64> {
    let mut pairs: Vec<(u32, u32)> =
        class_of.iter().copied().zip(persons.of_row.iter().copied()).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut sizes = vec![0; classes];
    pairs.iter().for_each(|&(class, _)| sizes[class as usize] += 1);
    sizes
}

/// Whether each person is alone in a class of theirs.
fn who_is_alone(class_of: &[u32], persons: &Persons, sizes: &[u64]) -> Vec<bool> {
    let mut is_alone = vec![false; persons.count];
    for (&class, &person) in class_of.iter().zip(&persons.of_row) {
        is_alone[person as usize] |= sizes[class as usize] == 1;
    }
    is_alone
}

/// How many persons are alone in a class of theirs.
fn alone(class_of: &[u32], persons: &Persons, sizes: &[u64]) -> u64 {
    who_is_alone(class_of, persons, sizes).into_iter().filter(|&alone| alone).count() as u64
}

/// The smallest class, the persons alone in one, the smallest class that a released row fits.
fn census(keyed: &Keyed, audit: &Audit) -> Vec<Evidence> {
    let persons = audit.train_persons.count as u64;
    let smallest = keyed.sizes.iter().copied().min().unwrap_or(0);
    let released = binned(&audit.joint().synthetic, &keyed.keys);
    let class = |key: &Vec<u64>| keyed.numbers.get(key).map(|&class| keyed.sizes[class as usize]);
    let matched = released.iter().filter_map(class).min();
    let alone = Measure::Rate {
        successes: alone(&keyed.class_of, &audit.train_persons, &keyed.sizes) as f64,
        trials: persons,
        frame: Some(persons),
    };
    vec![
        exact("uniqueness.k-anonymity", smallest as f64),
        Evidence::whole("uniqueness.unique-share", alone),
        exact("uniqueness.released-class", matched.unwrap_or(persons) as f64),
    ]
}

fn exact(metric: &str, value: f64) -> Evidence {
    Evidence::whole(metric, Measure::Exact { value })
}

/// A fact about one column.
fn of_column(metric: &str, column: &str, value: f64) -> Evidence {
    let mut fact = exact(metric, value);
    (fact.scope, fact.group) = (Scope::Group, Some(format!("column {column}")));
    fact
}

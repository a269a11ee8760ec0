//! How small the groups are in which people hide on what an adversary knows from elsewhere.
//!
//! # Threat model
//! Someone who knows the quasi-identifiers of a person (from a register, a newspaper, a neighbour's
//! talk) looks for them in the release. They win when few real people, at best one, share these keys
//! and the release has a row with them.
//!
//! # Estimator
//! A *class* is a set of training persons with equal keys: equal categories, numbers in the same bin
//! of width `precision` (default: `step`, else equal). `uniqueness.k-anonymity` is the smallest class;
//! `uniqueness.unique-share` the share of persons alone in a class of theirs, a census;
//! `uniqueness.released-class` the smallest class whose keys a released row carries, and the number
//! of training persons when no released row carries real keys. Persons are counted, not rows.
//!
//! # Limits
//! Exact for these people and keys; it says nothing of the population, where classes are larger, nor
//! of whether a released row came from its class: independent marginals carry real keys by chance.
//! Keys are the quasi-identifiers that the release holds too. Choosing fewer makes every number
//! better: the report prints which were assumed.
//!
//! # References
//! Sweeney 2002, Int. J. Uncertainty Fuzziness 10:557 (k-anonymity); CMS cell suppression policy
//! (counts of 1 to 10 are not shown), the source of the limit of 11.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::keys::{binned, classes, key_columns, population_keys};
use super::{Attack, Info, parameters};
use crate::audit::{Audit, Progress};
use crate::error::Result;
use crate::evidence::{Evidence, Measure};
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
    references: &["Sweeney 2002, Int. J. Uncertainty Fuzziness 10:557"],
    metrics: &[
        "uniqueness.k-anonymity",
        "uniqueness.unique-share",
        "uniqueness.released-class",
        "uniqueness.k-map",
    ],
};

impl Attack for Uniqueness {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, _seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        // 1. The keys of every training and released row.
        let joint = audit.joint();
        let keys = key_columns(joint)?;
        let real = binned(&joint.train, &keys);
        let released = binned(&joint.synthetic, &keys);
        // 2. The class of every key: how many persons carry it.
        let classes = classes(&real, &audit.train_persons);
        progress.advance(2);
        // 3. The smallest class, the persons alone in one, the smallest class that is released.
        let persons = audit.train_persons.count as u64;
        let smallest = classes.values().copied().min().unwrap_or(0);
        let matched = released.iter().filter_map(|key| classes.get(key)).copied().min();
        let alone = Measure::Rate {
            successes: alone(&real, &audit.train_persons, &classes) as f64,
            trials: persons,
            frame: Some(persons),
        };
        progress.advance(1);
        let exact = |value: u64| Measure::Exact { value: value as f64 };
        let mut facts = vec![
            Evidence::whole("uniqueness.k-anonymity", exact(smallest)),
            Evidence::whole("uniqueness.unique-share", alone),
            Evidence::whole("uniqueness.released-class", exact(matched.unwrap_or(persons))),
        ];
        // 4. The smallest class of the population that a training person is in.
        if let (Some(table), Some(population)) = (&audit.population, population_keys(audit, &keys))
        {
            facts.push(k_map(&classes, &super::keys::classes(&population, &table.persons())));
        }
        let names: Vec<&str> = keys.iter().map(|key| joint.names[key.column].as_str()).collect();
        for fact in &mut facts {
            fact.parameters = parameters(self);
            fact.notes.push(format!("keys: {}", names.join(", ")));
        }
        Ok(facts)
    }
}

/// The smallest population class of a training key. The training persons are members of the population:
/// where its table has fewer of them than the training table has, it lacks some.
fn k_map(training: &Classes<'_>, population: &Classes<'_>) -> Evidence {
    let inside = |key: &&Vec<u64>| population.get(*key).copied().unwrap_or(0);
    let smallest = training.iter().map(|(key, &count)| inside(key).max(count)).min().unwrap_or(0);
    let mut fact = Evidence::whole("uniqueness.k-map", Measure::Exact { value: smallest as f64 });
    if training.iter().any(|(key, &count)| inside(key) < count) {
        fact.caveats.push(
            "The population lacks training persons: groups are at least as large as in the training \
             table, and may be larger than seen."
                .to_owned(),
        );
    }
    fact
}

/// How many persons carry each key.
type Classes<'a> = HashMap<&'a Vec<u64>, u64>;

/// How many persons carry a key that nobody else carries.
fn alone(keys: &[Vec<u64>], persons: &Persons, classes: &HashMap<&Vec<u64>, u64>) -> u64 {
    let unique = |key: &Vec<u64>| classes.get(key) == Some(&1);
    let alone: HashSet<u32> = keys
        .iter()
        .zip(&persons.of_row)
        .filter(|(key, _)| unique(key))
        .map(|(_, &person)| person)
        .collect();
    alone.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::{audit, rate, run, table};
    use crate::table::Sample;

    const SCHEMA: &str = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                          [columns.age]\nkind = \"integer\"\nrole = \"quasi-identifier\"\n\
                          lower = 0\nupper = 120\nstep = 1\nprecision = 10\n\
                          [columns.sex]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                          [columns.lab]\nkind = \"continuous\"\n";

    fn exact(facts: &[Evidence], metric: &str) -> f64 {
        match facts.iter().find(|fact| fact.metric == metric).map(|fact| &fact.measure) {
            Some(&Measure::Exact { value }) => value,
            other => panic!("{metric}: {other:?}"),
        }
    }

    /// Classes by (decade of age, sex): (4, F) has persons 1, 2 and 3, though person 1 has two rows in
    /// it; (5, F) has person 1 alone; (6, M) has 4 and 5; (missing, M) has 6 alone. So k = 1, and
    /// persons 1 and 6 of 6 are alone somewhere. A release at 45 F and 61 M meets classes of 3 and 2.
    const TRAIN: &str = "id,age,sex,lab\n1,40,F,1\n1,49,F,2\n1,50,F,3\n2,44,F,4\n3,45,F,5\n\
                         4,60,M,6\n5,69,M,7\n6,,M,8\n";

    fn facts(released: &str) -> Vec<Evidence> {
        run(&Uniqueness::default(), &audit(SCHEMA, TRAIN, None, released))
    }

    #[test]
    fn hand_worked() {
        let facts = facts("age,sex,lab\n45,F,0\n61,M,0\n99,F,0\n");
        assert!((exact(&facts, "uniqueness.k-anonymity") - 1.0).abs() < 1e-9);
        assert_eq!(rate(&facts, "uniqueness.unique-share"), (2.0, 6));
        assert!((exact(&facts, "uniqueness.released-class") - 2.0).abs() < 1e-9);
    }

    /// Persons of the population by (decade of age, sex): (4, F) 4, (5, F) 2, (6, M) 3 and (missing, M)
    /// none: the training table's own person alone. Without person 6, the smallest class is 2.
    #[test]
    fn hand_worked_population() {
        let population = "age,sex,town\n40,F,A\n41,F,A\n42,F,B\n43,F,B\n50,F,A\n59,F,A\n\
                          60,M,A\n61,M,A\n62,M,A\n99,M,A\n";
        let schema = crate::table::Schema::parse(SCHEMA, "schema.toml").unwrap();
        let k_map = |train: &str| {
            let population = table(population, Sample::Population, &schema);
            let audit = audit(SCHEMA, train, None, "age,sex,lab\n45,F,0\n");
            let audit = audit.with_population(population).ok().unwrap();
            let facts = run(&Uniqueness::default(), &audit);
            let fact = facts.into_iter().find(|fact| fact.metric == "uniqueness.k-map").unwrap();
            (fact.measure, fact.caveats.len())
        };
        assert_eq!(k_map(TRAIN), (Measure::Exact { value: 1.0 }, 1));
        assert_eq!(k_map(&TRAIN.replace("6,,M,8\n", "")), (Measure::Exact { value: 2.0 }, 0));
        let facts = facts("age,sex,lab\n45,F,0\n");
        assert!(facts.iter().all(|fact| fact.metric != "uniqueness.k-map"));
    }

    /// Keys that no real person has point at nobody: the whole table is the class.
    #[test]
    fn null_a_release_of_other_keys_meets_nobody() {
        let facts = facts("age,sex,lab\n99,F,0\n10,M,0\n");
        assert!((exact(&facts, "uniqueness.released-class") - 6.0).abs() < 1e-9);
    }

    #[test]
    fn leak_a_released_row_of_a_unique_person_is_a_class_of_one() {
        let facts = facts("age,sex,lab\n45,F,0\n,M,8\n");
        assert!((exact(&facts, "uniqueness.released-class") - 1.0).abs() < 1e-9);
    }

    /// Row order, column order and units (bounds and precision changed alike) change nothing.
    #[test]
    fn invariance() {
        let values = |facts: &[Evidence]| {
            (
                exact(facts, "uniqueness.k-anonymity"),
                rate(facts, "uniqueness.unique-share"),
                exact(facts, "uniqueness.released-class"),
            )
        };
        let released = "age,sex,lab\n45,F,0\n61,M,0\n";
        let plain = values(&facts(released));
        let mut lines: Vec<&str> = TRAIN.lines().skip(1).collect();
        lines.reverse();
        let reversed = format!("id,age,sex,lab\n{}\n", lines.join("\n"));
        let swapped = "lab,sex,age\n0,F,45\n0,M,61\n";
        assert_eq!(
            values(&run(&Uniqueness::default(), &audit(SCHEMA, &reversed, None, swapped))),
            plain
        );
        let months = |csv: &str, age: usize| -> String {
            let scaled = |line: &str| {
                let mut cells: Vec<String> = line.split(',').map(String::from).collect();
                cells[age] = cells[age]
                    .parse::<u32>()
                    .map_or_else(|_| cells[age].clone(), |a| (a * 12).to_string());
                cells.join(",")
            };
            csv.lines().map(scaled).collect::<Vec<_>>().join("\n") + "\n"
        };
        let schema = SCHEMA
            .replace("upper = 120", "upper = 1440")
            .replace("precision = 10", "precision = 120");
        let facts = run(
            &Uniqueness::default(),
            &audit(&schema, &months(TRAIN, 1), None, &months(released, 0)),
        );
        assert_eq!(values(&facts), plain);
    }

    #[test]
    fn without_a_quasi_identifier_there_is_nothing_to_measure() {
        let schema = SCHEMA.replace("quasi-identifier", "other");
        let audit = audit(&schema, TRAIN, None, "age,sex,lab\n45,F,0\n");
        let failed = Uniqueness::default().run(&audit, Seed::new(0), &Progress::new(&|_| {}));
        assert!(failed.err().unwrap().to_string().contains("quasi-identifier"));
    }
}

//! Synthesizers: methods that make a table like the real one, one file each, one form, one registry.
//!
//! What every method is given and every release goes through stands here, so that no method can get
//! it wrong: direct identifiers are never shown to a method and never released, and the subject
//! column holds new ids, one a row. What a method protects, and what it does not, is part of its
//! [`Info`] and is printed with every table it makes. A made table is a release like any other:
//! `audit` judges it, and nothing here clears it.
//!
//! # Adding a method
//! 1. A plain struct with public fields is the parameters (serde: `deny_unknown_fields, default,
//!    kebab-case`); it implements [`Synthesizer`]. A struct with what was learnt implements [`Model`] and
//!    serde's traits (columns of real values: `#[serde(with = "model::columns")]`).
//! 2. `fit` sees [`Source`] only. It draws from `seed`; noise of a guarantee never does.
//! 3. `sample` draws the columns of the source, in its order, from the model and `seed` alone. It honours
//!    the [`Condition`] or calls [`Condition::refused_by`].
//! 4. One line in [`SYNTHESIZERS`]: `list`, `explain`, `synth`, model files and `--generator builtin:ID`
//!    follow.

pub mod aim;
mod boost;
mod cart;
mod cell_rules;
mod claim;
mod condition;
mod copula;
mod crowd;
pub mod dp;
mod external;
mod generator;
mod grain;
pub mod graphical;
mod groundwork;
mod independent;
mod manifest;
mod model;
pub mod mst;
mod parameters;
pub mod private_model;
mod release;
mod rules;
mod spec;
mod state;
mod subject;

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::dp::Accountant;
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::table::{Column, ColumnSchema, Constraint, Persons, Schema, Table, Values};

pub use aim::Aim;
pub use boost::Boost;
pub use cart::{Cart, ReplicatedUniques, Smoothing};
pub use claim::Claim;
pub use condition::{Allowed, Condition, Operator, Test};
pub use copula::Copula;
pub use external::External;
pub use generator::{Asked, Budget, Builtin, Function, Generator, Make, Method};
pub use independent::Independent;
pub use manifest::{Boosted, Input, Manifest, Output, RealDataAccess, SUFFIX};
pub use mst::Mst;
pub use parameters::parse_parameters;
pub use private_model::PrivateModel;
pub use release::{Fitted, Made, Request, fit, synthesize};
pub use spec::Spec;
pub use state::State;
pub use subject::fresh_subjects;

/// A method that makes tables like a real one. The struct that implements it *is* its parameters.
pub trait Synthesizer: Sync {
    /// What the method is, for `list`, `explain` and `synth`.
    fn info(&self) -> &'static Info;

    /// Learns from the real columns. What a guarantee costs is spent at the `accountant`, before any
    /// noise is drawn; a method without a guarantee leaves it alone.
    ///
    /// # Errors
    /// When the columns cannot be learnt from, or the budget is missing or too small.
    fn fit(
        &self,
        real: &Source<'_>,
        accountant: &mut Accountant,
        seed: Seed,
    ) -> Result<Box<dyn Model>>;
}

/// What a method has learnt. A model without a guarantee may hold real people's values.
pub trait Model: Send + Sync {
    /// Draws rows that satisfy the `condition`: the same for the same seed, at any number of threads.
    /// Columns in the order of the source. Without a number of rows, as many as the method was fitted on,
    /// or as it measured under its guarantee.
    ///
    /// # Errors
    /// When the model cannot draw, or cannot draw under a condition ([`Condition::refused_by`]).
    fn sample(&self, rows: Option<usize>, condition: &Condition, seed: Seed)
    -> Result<Vec<Column>>;

    /// The share of rows that satisfy the `condition`, where the model knows it exactly; `None` where only
    /// a large sample tells. Boosted rows are weighted by it.
    fn share(&self, _condition: &Condition) -> Option<f64> {
        None
    }

    /// How many standard deviations of its noise the number of rows that satisfy the `condition` is away from
    /// none; `None` where there is no noise. Below three a group is more noise than people.
    fn signal(&self, _condition: &Condition) -> Option<f64> {
        None
    }

    /// Whether the model says itself whose the rows are, in a column of role subject. Rows drawn in groups would
    /// then be of different persons with the same name, out of their order.
    fn makes_persons(&self) -> bool {
        false
    }

    /// What is proven of everything the model draws.
    fn guarantee(&self) -> Guarantee;

    /// The model itself, where it is one of noisy marginals: what an audit of the noise looks at.
    fn private(&self) -> Option<&PrivateModel> {
        None
    }

    /// What a model file holds of it: `model::encode(self)`.
    ///
    /// # Errors
    /// When it cannot be encoded.
    fn state(&self) -> Result<Vec<u8>>;
}

/// What is proven of a release, whoever attacks it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guarantee {
    /// Nothing: only an audit can tell.
    None {
        /// Why not.
        reason: Cow<'static, str>,
    },
    /// Zero-concentrated differential privacy (Bun and Steinke 2016), with the (ε, δ) it implies
    /// (Canonne, Kamath and Steinke 2020).
    ZeroConcentrated {
        /// The budget spent, ρ.
        rho: f64,
        /// The δ at which ε is stated.
        delta: f64,
        /// The ε that ρ and δ imply.
        epsilon: f64,
        /// Which tables are neighbours, as in `add or remove one person`.
        relation: Cow<'static, str>,
    },
}

/// What a method is.
#[derive(Debug)]
pub struct Info {
    /// The method's id, as in `--method ID`.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// How it makes rows, in one sentence.
    pub method: &'static str,
    /// What it protects.
    pub protects: &'static str,
    /// What it does not protect.
    pub exposes: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Whether it takes a privacy budget.
    pub budget: TakesBudget,
    /// Papers.
    pub references: &'static [&'static str],
}

/// Whether a method takes a privacy budget (`--epsilon`, `--delta`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakesBudget {
    /// It gives no guarantee: a budget is refused, so that nobody believes in one.
    Never,
    /// It cannot run without one.
    Always,
}

/// The real columns that a method may see: neither the subject nor a direct identifier. Holds records.
pub struct Source<'a> {
    /// The columns, in schema order.
    pub columns: Vec<&'a Column>,
    /// How many rows, at least one.
    pub rows: usize,
    /// Whose rows they are: the unit of privacy.
    pub persons: Persons,
    /// What the schema says beyond columns: the rules between them are public.
    pub constraints: &'a [Constraint],
    /// All that is public of the table.
    pub schema: &'a Schema,
}

/// All methods: `list`, `explain` and `synth` come from here.
pub static SYNTHESIZERS: &[Entry] = &[
    Entry::without_records::<spec::SpecModel>(&spec::INFO),
    Entry::new::<Independent, independent::Marginals>(&independent::INFO),
    Entry::new::<Mst, PrivateModel>(&mst::INFO),
    Entry::new::<Aim, PrivateModel>(&aim::INFO),
    Entry::new::<Cart, cart::Sequence>(&cart::INFO),
    Entry::new::<Copula, copula::Gaussian>(&copula::INFO),
];

/// One line of the registry.
pub struct Entry {
    /// What the method is.
    pub info: &'static Info,
    /// Whether it learns from records; `spec` alone reads none.
    pub records: bool,
    /// Its parameters with their defaults, as lines of TOML; empty where it has none.
    pub defaults: fn() -> String,
    build: fn(toml::Table) -> Result<Box<dyn Synthesizer>, String>,
    load: fn(&[u8]) -> Result<Box<dyn Model>>,
}

impl Entry {
    /// The method with parameters `S` that learns a model `M`.
    const fn new<S, M>(info: &'static Info) -> Self
    where
        S: Synthesizer + Default + Serialize + DeserializeOwned + 'static,
        M: Model + DeserializeOwned + 'static,
    {
        Self {
            info,
            records: true,
            // A struct of plain fields is always TOML.
            defaults: || toml::to_string(&S::default()).unwrap_or_default(),
            build: |parameters| {
                let method = toml::Value::Table(parameters).try_into::<S>();
                Ok(Box::new(method.map_err(|error| error.message().to_owned())?))
            },
            load: |state| Ok(Box::new(model::decode::<M>(state)?)),
        }
    }

    /// A method that makes a model `M` without records.
    const fn without_records<M: Model + DeserializeOwned + 'static>(info: &'static Info) -> Self {
        Self {
            info,
            records: false,
            defaults: String::new,
            build: |_| Err("it learns from no table: expected `synth --spec FILE`".to_owned()),
            load: |state| Ok(Box::new(model::decode::<M>(state)?)),
        }
    }

    /// The method with its default parameters, overridden by the given ones.
    ///
    /// # Errors
    /// [`Error::Usage`] when a parameter is unknown or of the wrong type, or the method learns from no
    /// records.
    pub fn method(&self, parameters: toml::Table) -> Result<Box<dyn Synthesizer>> {
        (self.build)(parameters)
            .map_err(|problem| Error::Usage(format!("{}: {problem}", self.info.id)))
    }
}

/// The method called `id`.
#[must_use]
pub fn synthesizer(id: &str) -> Option<&'static Entry> {
    SYNTHESIZERS.iter().find(|entry| entry.info.id == id)
}

/// The given rows of a table, in the given order. Holds records.
#[must_use]
pub fn subset(table: &Table, rows: &[usize]) -> Table {
    let column = |column: &Column| replaced(column, independent::picked(&column.values, rows));
    let columns = table.columns.iter().map(column).collect();
    Table { sample: table.sample, columns, rows: rows.len() }
}

/// The same values.
fn copied(values: &Values) -> Values {
    match values {
        Values::Numbers(numbers) => Values::Numbers(numbers.clone()),
        Values::Labels { codes, levels } => {
            Values::Labels { codes: codes.clone(), levels: levels.clone() }
        }
    }
}

/// The levels of both lists, sorted, each once.
fn merged(left: &[Box<str>], right: &[Box<str>]) -> Vec<Box<str>> {
    let mut merged = [left, right].concat();
    merged.sort_unstable();
    merged.dedup();
    merged
}

/// A column of `values` in the place of the real `column`.
fn replaced(column: &Column, values: Values) -> Column {
    made(&column.name, &column.schema, values)
}

/// A column of made values.
fn made(name: &str, schema: &ColumnSchema, values: Values) -> Column {
    let raw_range = match &values {
        Values::Numbers(numbers) => range(numbers),
        Values::Labels { .. } => None,
    };
    Column { name: name.to_owned(), schema: schema.clone(), values, raw_range, uncoded: None }
}

/// Smallest and largest number; none where all are missing.
fn range(numbers: &[f64]) -> Option<(f64, f64)> {
    let known = numbers.iter().copied().filter(|number| !number.is_nan());
    known
        .map(|number| (number, number))
        .reduce(|(low, high), (number, _)| (low.min(number), high.max(number)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_every_method_says_what_it_does_not_protect() {
        let ids: BTreeSet<&str> = SYNTHESIZERS.iter().map(|entry| entry.info.id).collect();
        assert_eq!(ids.len(), SYNTHESIZERS.len());
        for entry in SYNTHESIZERS {
            let info = entry.info;
            assert!(synthesizer(info.id).is_some());
            for text in [info.title, info.method, info.protects, info.exposes, info.purpose] {
                assert!(!text.is_empty(), "{}", info.id);
            }
        }
        assert!(synthesizer("none").is_none());
    }

    #[test]
    fn the_defaults_that_are_told_are_the_parameters() {
        for entry in SYNTHESIZERS.iter().filter(|entry| entry.records) {
            let told: toml::Table = toml::from_str(&(entry.defaults)()).unwrap();
            assert!(entry.method(told).is_ok(), "{}", entry.info.id);
        }
    }

    #[test]
    fn an_unknown_parameter_is_refused_by_name() {
        let parameters = toml::from_str("minbuket = 5").unwrap();
        let Err(error) = synthesizer("independent").unwrap().method(parameters) else { panic!() };
        let problem = error.to_string();
        assert!(problem.starts_with("independent: ") && problem.contains("minbuket"), "{problem}");
    }
}

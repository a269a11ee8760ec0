//! Synthesizers: methods that make a table like the real one, one file each, one form, one registry.
//!
//! What every method is given and every release goes through stands here, so that no method can get
//! it wrong: direct identifiers are never shown to a method and never released, and the subject
//! column holds new ids, one a row. What a method protects, and what it does not, is part of its
//! [`Info`] and is printed with every table it makes. A made table is a release like any other:
//! `audit` judges it, and nothing here clears it.

mod external;
mod generator;
mod independent;
mod state;
mod subject;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::random::Seed;
use crate::table::{Column, Constraint, Persons, Role, Sample, Schema, Table, Values};

pub use external::External;
pub use generator::{Budget, Generator, Method};
pub use independent::Independent;
pub use state::State;

/// A method that makes tables like a real one. The struct that implements it *is* its parameters.
pub trait Synthesizer: Sync {
    /// What the method is, for `list`, `explain` and `synth`.
    fn info(&self) -> &'static Info;

    /// Learns from the real columns.
    ///
    /// # Errors
    /// When the columns cannot be learnt from.
    fn fit(&self, real: &Source<'_>, seed: Seed) -> Result<Box<dyn Model>>;
}

/// What a method has learnt. A model without a guarantee may hold real people's values.
pub trait Model: Send + Sync {
    /// Draws rows: the same for the same seed, at any number of threads. Columns in the order of the
    /// source. Without a number of rows, as many as the method was fitted on, or as it measured under
    /// its guarantee.
    ///
    /// # Errors
    /// When the model cannot draw.
    fn sample(&self, rows: Option<usize>, seed: Seed) -> Result<Vec<Column>>;

    /// What is proven of everything the model draws.
    fn guarantee(&self) -> Guarantee;
}

/// What is proven of a release, whoever attacks it.
#[derive(Debug, Clone, PartialEq)]
pub enum Guarantee {
    /// Nothing: only an audit can tell.
    None {
        /// Why not.
        reason: &'static str,
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
        relation: &'static str,
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
    /// Papers.
    pub references: &'static [&'static str],
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
}

/// All methods: `list`, `explain` and `synth` come from here.
pub static SYNTHESIZERS: &[Entry] =
    &[Entry { info: &independent::INFO, build: build::<Independent> }];

/// One line of the registry.
pub struct Entry {
    /// What the method is.
    pub info: &'static Info,
    build: fn(toml::Table) -> Result<Box<dyn Synthesizer>, toml::de::Error>,
}

impl Entry {
    /// The method with its default parameters, overridden by the given ones.
    ///
    /// # Errors
    /// When a parameter is unknown or of the wrong type.
    pub fn method(&self, parameters: toml::Table) -> Result<Box<dyn Synthesizer>, toml::de::Error> {
        (self.build)(parameters)
    }
}

fn build<S: Synthesizer + DeserializeOwned + 'static>(
    parameters: toml::Table,
) -> Result<Box<dyn Synthesizer>, toml::de::Error> {
    Ok(Box::new(toml::Value::Table(parameters).try_into::<S>()?))
}

/// The method called `id`.
#[must_use]
pub fn synthesizer(id: &str) -> Option<&'static Entry> {
    SYNTHESIZERS.iter().find(|entry| entry.info.id == id)
}

/// A table, and what is proven of it.
pub struct Made {
    /// The made rows.
    pub table: Table,
    /// What is proven of them.
    pub guarantee: Guarantee,
}

/// A table made from `real`, read under `schema`, by `method`: without its direct identifiers, with new
/// subjects. Without a number of `rows`, as many as the method's model proposes.
///
/// # Errors
/// [`Error::Usage`] when no column is left to make, or for no rows; else the method's own.
pub fn synthesize(
    method: &dyn Synthesizer,
    real: &Table,
    schema: &Schema,
    rows: Option<usize>,
    seed: Seed,
) -> Result<Made> {
    let named = |role: Role| matches!(role, Role::Subject | Role::DirectIdentifier);
    let shown = real.columns.iter().filter(|column| !named(column.schema.role));
    let source = Source {
        columns: shown.collect(),
        rows: real.rows,
        persons: real.persons(),
        constraints: &schema.constraints,
    };
    if source.columns.is_empty() || source.rows == 0 || rows == Some(0) {
        return Err(Error::Usage(
            "nothing to make: expected at least one row, and a column that is neither the subject \
             nor a direct identifier"
                .into(),
        ));
    }
    let seed = seed.part(method.info().id);
    let model = method.fit(&source, seed.part("fit"))?;
    let made = model.sample(rows, seed.part("sample"))?;
    let rows = made.first().map_or(0, |column| column.values.len());
    let mut made = made.into_iter();
    let mut columns = Vec::with_capacity(real.columns.len());
    for column in &real.columns {
        match column.schema.role {
            Role::DirectIdentifier => {}
            Role::Subject => columns.extend(subject::fresh(column, rows)),
            _ => columns.extend(made.next()),
        }
    }
    let table = Table { sample: Sample::Synthetic, columns, rows };
    Ok(Made { table, guarantee: model.guarantee() })
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

/// A column of `values` in the place of the real `column`.
fn replaced(column: &Column, values: Values) -> Column {
    let raw_range = match &values {
        Values::Numbers(numbers) => range(numbers),
        Values::Labels { .. } => None,
    };
    let (name, schema) = (column.name.clone(), column.schema.clone());
    Column { name, schema, values, raw_range, uncoded: None }
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
    use crate::audit::testing::table;
    use crate::table::Schema;

    const SCHEMA: &str = "[columns.id]\nkind = 'text'\nrole = 'subject'\n\
                          [columns.name]\nkind = 'text'\nrole = 'direct-identifier'\n\
                          [columns.x]\nkind = 'integer'\n\
                          [columns.w]\nkind = 'continuous'\nweight = true\n";
    const REAL: &str = "id,name,x,w\np1,Ann,1,0.5\np1,Ann,2,0.5\np2,Bob,3,2\n";

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

    /// No method can release an identifier, since none is shown one.
    #[test]
    fn identifiers_are_left_out_and_subjects_are_new() {
        let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
        let real = table(REAL, Sample::Train, &schema);
        for entry in SYNTHESIZERS {
            let method = entry.method(toml::Table::new()).unwrap();
            let made = synthesize(&*method, &real, &schema, Some(7), Seed::new(0)).unwrap().table;
            let names: Vec<&str> = made.columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(names, ["id", "x", "w"], "{}", entry.info.id);
            assert_eq!((made.rows, made.persons().count), (7, 7));
            let Values::Labels { levels, .. } = &made.column("id").unwrap().values else {
                panic!("subjects of kind text are labels")
            };
            assert!(!levels.iter().any(|level| ["p1", "p2"].contains(&&**level)));
        }
    }

    #[test]
    fn nothing_to_make_is_refused() {
        let refused = |schema: &str, csv: &str, rows: usize| {
            let schema = Schema::parse(schema, "s").unwrap();
            let real = table(csv, Sample::Train, &schema);
            let made =
                synthesize(&Independent::default(), &real, &schema, Some(rows), Seed::new(0));
            made.is_err()
        };
        assert!(refused("[columns.n]\nkind = 'text'\nrole = 'direct-identifier'\n", "n\nAnn\n", 1));
        assert!(refused("[columns.x]\nkind = 'integer'\n", "x\n1\n", 0));
        assert!(!refused("[columns.x]\nkind = 'integer'\n", "x\n1\n", 1));
    }
}

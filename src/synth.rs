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

use crate::error::{Error, Result};
use crate::random::Seed;
use crate::table::{Column, Role, Sample, Table, Values};

pub use external::External;
pub use generator::{Budget, Generator, Method};
pub use independent::Independent;
pub use state::State;

/// A method that makes tables like a real one.
pub trait Synthesizer: Sync {
    /// What the method is, for `list`, `explain` and `synth`.
    fn info(&self) -> &'static Info;

    /// Learns from the real columns.
    ///
    /// # Errors
    /// When the columns cannot be learnt from.
    fn fit<'a>(&self, real: &'a Source<'a>, seed: Seed) -> Result<Box<dyn Model + 'a>>;
}

/// What a method has learnt.
pub trait Model {
    /// Draws `rows` rows: the same for the same seed, at any number of threads. Columns in the order of
    /// the source.
    ///
    /// # Errors
    /// When the model cannot draw.
    fn sample(&self, rows: usize, seed: Seed) -> Result<Vec<Column>>;

    /// What is proven of everything the model draws.
    fn guarantee(&self) -> Guarantee;
}

/// What is proven of a release, whoever attacks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guarantee {
    /// Nothing: only an audit can tell.
    None {
        /// Why not.
        reason: &'static str,
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
}

/// All methods: `list`, `explain` and `synth` come from here.
pub static SYNTHESIZERS: &[&dyn Synthesizer] = &[&Independent];

/// The method called `id`.
#[must_use]
pub fn synthesizer(id: &str) -> Option<&'static dyn Synthesizer> {
    SYNTHESIZERS.iter().copied().find(|method| method.info().id == id)
}

/// A table made from `real` by `method`: without its direct identifiers, with new subjects.
///
/// # Errors
/// [`Error::Usage`] when no column is left to make, or for no rows; else the method's own.
pub fn synthesize(
    method: &dyn Synthesizer,
    real: &Table,
    rows: usize,
    seed: Seed,
) -> Result<Table> {
    let named = |role: Role| matches!(role, Role::Subject | Role::DirectIdentifier);
    let shown = real.columns.iter().filter(|column| !named(column.schema.role));
    let source = Source { columns: shown.collect(), rows: real.rows };
    if source.columns.is_empty() || source.rows == 0 || rows == 0 {
        return Err(Error::Usage(
            "nothing to make: expected at least one row, and a column that is neither the subject \
             nor a direct identifier"
                .into(),
        ));
    }
    let seed = seed.part(method.info().id);
    let model = method.fit(&source, seed.part("fit"))?;
    let mut made = model.sample(rows, seed.part("sample"))?.into_iter();
    let mut columns = Vec::with_capacity(real.columns.len());
    for column in &real.columns {
        match column.schema.role {
            Role::DirectIdentifier => {}
            Role::Subject => columns.extend(subject::fresh(column, rows)),
            _ => columns.extend(made.next()),
        }
    }
    Ok(Table { sample: Sample::Synthetic, columns, rows })
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
        let ids: BTreeSet<&str> = SYNTHESIZERS.iter().map(|method| method.info().id).collect();
        assert_eq!(ids.len(), SYNTHESIZERS.len());
        for method in SYNTHESIZERS {
            let info = method.info();
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
        for method in SYNTHESIZERS {
            let made = synthesize(*method, &real, 7, Seed::new(0)).unwrap();
            let names: Vec<&str> = made.columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(names, ["id", "x", "w"], "{}", method.info().id);
            assert_eq!((made.rows, made.persons().count), (7, 7));
            let Values::Labels { levels, .. } = &made.column("id").unwrap().values else {
                panic!("subjects of kind text are labels")
            };
            assert!(!levels.iter().any(|level| ["p1", "p2"].contains(&&**level)));
        }
    }

    #[test]
    fn nothing_to_make_is_refused() {
        let schema = Schema::parse("[columns.n]\nkind = 'text'\nrole = 'direct-identifier'\n", "s");
        let real = table("n\nAnn\n", Sample::Train, &schema.unwrap());
        assert!(synthesize(&Independent, &real, 1, Seed::new(0)).is_err());
        let schema = Schema::parse("[columns.x]\nkind = 'integer'\n", "s").unwrap();
        let real = table("x\n1\n", Sample::Train, &schema);
        assert!(synthesize(&Independent, &real, 0, Seed::new(0)).is_err());
    }
}

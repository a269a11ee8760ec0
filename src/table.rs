//! Tables of records: reading, the schema they are read under, splitting, digests.
//!
//! The only room that names polars. A [`Table`] is always read under a [`Schema`]: kinds, missing
//! tokens, top codes and roles are applied once, here, so that every later room sees typed values.
//! Types that hold records implement neither `Debug` nor `Serialize`.

mod canonical;
mod digest;
mod expression;
mod moment;
mod number;
mod profile;
mod read;
mod schema;
mod split;
mod typed;
mod value;
mod write;

pub use digest::{content_digest, file_digest, number_text};
pub use expression::{Cell, Expression, Function};
pub use profile::profile;
pub use read::{RawTable, read_raw, read_raw_leniently};
pub use schema::{ColumnKind, ColumnSchema, Constraint, Linkability, Role, Schema};
pub use split::{Split, split};
pub use typed::{read_leniently, read_tables, type_table};
pub use value::Value;
pub use write::{stage_table, write_rows, write_table};

use std::collections::HashMap;

/// The code of a missing category.
pub const MISSING: u32 = u32::MAX;

/// The column of a release that undoes the boosting of rare groups. It need not stand in the schema.
pub const WEIGHT: &str = "_weight";

/// Which of an audit's tables a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// The records the generator was trained on.
    Train,
    /// Records of the same population that the generator never saw.
    Holdout,
    /// The released rows.
    Synthetic,
    /// Everybody whom an adversary would look among: only its quasi-identifiers and subject are read.
    Population,
}

/// Rows read under a schema; columns in schema order, those absent from a release left out.
pub struct Table {
    /// What the table is in the audit.
    pub sample: Sample,
    /// Columns with their values, in the schema's order.
    pub columns: Vec<Column>,
    /// Number of rows, the same for every column.
    pub rows: usize,
}

/// One column of a [`Table`].
#[derive(Clone)]
pub struct Column {
    /// The column's name, as in the file and the schema.
    pub name: String,
    /// What the schema says of it.
    pub schema: ColumnSchema,
    /// The values, one a row.
    pub values: Values,
    /// Smallest and largest number in the file *before* top and bottom codes were applied; `None`
    /// for labels and for columns without a number. A lint of the released file needs it.
    pub raw_range: Option<(f64, f64)>,
    /// The numbers as they lie in the file, where a top or bottom code changed any of them.
    pub uncoded: Option<Values>,
}

/// Typed values of a column.
#[derive(Clone)]
pub enum Values {
    /// Continuous, integer, ordinal (rank in `levels`, or the number itself), date-time (seconds
    /// since 1970-01-01T00:00:00Z). `NaN` is missing; nothing else is non-finite.
    Numbers(Vec<f64>),
    /// Categorical, boolean, text: `codes[row]` indexes `levels`, [`MISSING`] is missing. Levels
    /// are canonical text (see [`content_digest`]), sorted, distinct, each used at least once.
    Labels {
        /// One code a row.
        codes: Vec<u32>,
        /// The distinct canonical texts in byte order.
        levels: Vec<Box<str>>,
    },
}

/// The persons of a table: the unit of privacy, of splitting and of counting.
#[derive(Clone)]
pub struct Persons {
    /// The person of each row, `0..count`, numbered in order of first appearance.
    pub of_row: Vec<u32>,
    /// How many persons.
    pub count: usize,
    /// The rows that name no subject in a table with subjects, ascending: each is a person of its own above, and
    /// could be anybody's.
    pub unnamed: Vec<usize>,
}

impl Table {
    /// The column called `name`, if the table has it.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Who each row belongs to: the value of the subject column, or a person of its own for every row
    /// where the table has no such column (and for a row of a release without a subject).
    #[must_use]
    pub fn persons(&self) -> Persons {
        let subject = self.columns.iter().find(|column| column.schema.role == Role::Subject);
        let mut numbered: HashMap<u64, u32> = HashMap::new();
        let mut next = 0;
        let mut new = || {
            next += 1;
            next - 1
        };
        let of_row =
            (0..self.rows).map(|row| match subject.and_then(|column| column.identity(row)) {
                Some(identity) => *numbered.entry(identity).or_insert_with(&mut new),
                None => new(),
            });
        let of_row: Vec<u32> = of_row.collect();
        let unnamed = subject.map_or_else(Vec::new, |column| {
            (0..self.rows).filter(|&row| column.identity(row).is_none()).collect()
        });
        Persons { of_row, count: next as usize, unnamed }
    }
}

impl Values {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Labels { codes, .. } => codes.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Column {
    /// Equal for two rows exactly when their values are equal; `None` when missing.
    fn identity(&self, row: usize) -> Option<u64> {
        match &self.values {
            Values::Numbers(numbers) => (!numbers[row].is_nan()).then(|| numbers[row].to_bits()),
            Values::Labels { codes, .. } => (codes[row] != MISSING).then(|| u64::from(codes[row])),
        }
    }
}

/// The name among `known` that `typed` was probably meant to be.
fn nearest_name<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let near = known.map(|name| (strsim::damerau_levenshtein(&typed, &name.to_lowercase()), name));
    let (distance, name) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + typed.chars().count() / 4).then_some(name)
}

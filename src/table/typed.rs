//! From texts to typed values under a schema, with every disagreement of every file in one error.

mod column;
#[cfg(test)]
mod tests;

use std::path::Path;

use rayon::prelude::*;

use super::{
    Column, ColumnKind, ColumnSchema, RawTable, Role, Sample, Schema, Table, WEIGHT, nearest_name,
    read_raw, read_raw_leniently,
};
use crate::error::{Error, Mismatch, Result};

/// Reads the files of an audit under one schema.
///
/// # Errors
/// As [`read_raw`]; [`Error::Mismatch`] with *all* disagreements of all files with the schema: columns that
/// are absent or unknown, values of another kind, beyond the bounds or off the list of levels, rows without a subject.
pub fn read_tables(inputs: &[(Sample, &Path)], schema: &Schema) -> Result<Vec<Table>> {
    let mut tables = Vec::with_capacity(inputs.len());
    let mut mismatches = Vec::new();
    for (sample, path) in inputs {
        match type_table(&read_raw(path)?, *sample, schema) {
            Ok(table) => tables.push(table),
            Err(Error::Mismatch(found)) => mismatches.extend(found),
            Err(other) => return Err(other),
        }
    }
    if mismatches.is_empty() { Ok(tables) } else { Err(Error::Mismatch(mismatches)) }
}

/// Reads real records for a method that has a privacy budget: a value that the schema does not allow is no
/// error, since an error would tell of a record. A number beyond the bounds stays as it is, and whatever else
/// is not allowed is missing; the method has a public place for both. What the schema itself read from the data
/// ([`Schema::without_data`]) takes no part: no bound, code or level of that kind changes a value.
///
/// Whether the file is one that can be read at all ([`read_raw_leniently`]) is outside the guarantee.
///
/// # Errors
/// As [`read_raw_leniently`]; [`Error::Mismatch`] for columns that are absent or unknown.
pub fn read_leniently(path: &Path, schema: &Schema) -> Result<Table> {
    let schema = schema.without_data();
    let (table, mismatches) = typed(&read_raw_leniently(path)?, Sample::Train, &schema);
    let columns = without_names(mismatches.columns, &schema);
    if columns.is_empty() { Ok(table) } else { Err(Error::Mismatch(columns)) }
}

/// The same without a name that stands in the file alone, which may be a value of a record in its first line.
fn without_names(mismatches: Vec<Mismatch>, schema: &Schema) -> Vec<Mismatch> {
    let known =
        |mismatch: &Mismatch| mismatch.column == "*" || schema.column(&mismatch.column).is_some();
    let (mut told, unknown): (Vec<_>, Vec<_>) = mismatches.into_iter().partition(known);
    told.iter_mut().filter(|mismatch| mismatch.column != "*").for_each(|mismatch| {
        mismatch.found = "no such column".to_owned();
    });
    let count = unknown.len();
    told.extend(unknown.into_iter().next().map(|first| Mismatch {
        column: "*".to_owned(),
        found: format!(
            "{count} that it does not name: describe them there or remove them from the file (does its first \
             line hold column names?)"
        ),
        ..first
    }));
    told
}

/// Types a table that is already in memory. The result does not depend on the number of threads.
///
/// # Errors
/// [`Error::Mismatch`] with all disagreements with the schema.
pub fn type_table(raw: &RawTable, sample: Sample, schema: &Schema) -> Result<Table> {
    let (table, Mismatches { columns, values }) = typed(raw, sample, schema);
    let all = [columns, values].concat();
    if all.is_empty() { Ok(table) } else { Err(Error::Mismatch(all)) }
}

/// What in a file disagrees with the schema.
struct Mismatches {
    /// Columns that only one of them has.
    columns: Vec<Mismatch>,
    /// Columns with values that are not allowed.
    values: Vec<Mismatch>,
}

/// The table with whatever is not allowed missing, and what is not allowed.
fn typed(raw: &RawTable, sample: Sample, schema: &Schema) -> (Table, Mismatches) {
    let mismatched = compare_columns(raw, sample, schema);
    let present: Vec<(usize, &(String, ColumnSchema))> = schema
        .columns
        .iter()
        .filter(|(_, column)| is_read(sample, column))
        .filter_map(|named| Some((raw.position(&named.0)?, named)))
        .collect();
    let typed: Vec<(Column, Vec<Mismatch>)> = present
        .into_par_iter()
        .map(|(place, (name, column))| {
            let needs_subject = column.role == Role::Subject && !may_be_absent(sample, column);
            column::read(raw, place, name, column, schema.missing_tokens(column), needs_subject)
        })
        .collect();
    let typed = typed.into_iter().chain(weights(raw, sample, schema));
    let (columns, values): (Vec<Column>, Vec<Vec<Mismatch>>) = typed.unzip();
    let table = Table { sample, columns, rows: raw.rows() };
    (table, Mismatches { columns: mismatched, values: values.concat() })
}

/// The weights of a release whose groups were boosted, which the schema need not know.
fn weights(raw: &RawTable, sample: Sample, schema: &Schema) -> Option<(Column, Vec<Mismatch>)> {
    let place = raw.position(WEIGHT).filter(|_| may_be_weights(sample, schema, WEIGHT))?;
    let weight = ColumnSchema {
        weight: true,
        lower: Some(0.0),
        ..ColumnSchema::new(ColumnKind::Continuous)
    };
    Some(column::read(raw, place, WEIGHT, &weight, &schema.missing, false))
}

fn may_be_weights(sample: Sample, schema: &Schema, name: &str) -> bool {
    sample == Sample::Synthetic && name == WEIGHT && schema.column(WEIGHT).is_none()
}

/// Columns that only one of file and schema has.
fn compare_columns(raw: &RawTable, sample: Sample, schema: &Schema) -> Vec<Mismatch> {
    let mismatch = |column: &str, expected: &str, found: String| Mismatch {
        file: raw.path().to_path_buf(),
        column: column.to_owned(),
        expected: expected.to_owned(),
        found,
    };
    let names = || raw.columns().iter().map(String::as_str);
    if !names().any(|name| schema.column(name).is_some()) {
        // Without a line of names these would be a person's values, so they are not printed.
        let found = "none of them: does the first line hold column names?".to_owned();
        return vec![mismatch("*", "the columns of the schema", found)];
    }
    let absent = schema.columns.iter().filter(|(name, _)| raw.position(name).is_none());
    let absent = absent.filter(|(_, column)| !may_be_absent(sample, column));
    // A register of the population has columns of its own.
    let unknown = names()
        .filter(|name| sample != Sample::Population && schema.column(name).is_none())
        .filter(|name| !may_be_weights(sample, schema, name));
    let absent = absent.map(|(name, _)| {
        let near = nearest_name(name, names().filter(|known| schema.column(known).is_none()));
        let hint = near.map(|near| format!("; is it `{near}` there?")).unwrap_or_default();
        mismatch(name, "the column in the file", format!("no such column{hint}"))
    });
    let unknown = unknown.map(|name| {
        let known = schema.columns.iter().map(|(known, _)| known.as_str());
        let near = nearest_name(name, known.filter(|known| raw.position(known).is_none()));
        let hint = near.map_or_else(
            || "describe it there or remove it from the file".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        mismatch(name, "only columns of the schema", format!("a column it does not name: {hint}"))
    });
    absent.chain(unknown).collect()
}

/// Of a population only what an adversary looks for, and who it belongs to.
fn is_read(sample: Sample, column: &ColumnSchema) -> bool {
    sample != Sample::Population || matches!(column.role, Role::QuasiIdentifier | Role::Subject)
}

/// A release need not say who a row belongs to, and should not; a population is asked for its
/// quasi-identifiers only.
fn may_be_absent(sample: Sample, column: &ColumnSchema) -> bool {
    match sample {
        Sample::Train | Sample::Holdout => false,
        Sample::Synthetic => {
            matches!(column.role, Role::Subject | Role::DirectIdentifier) || column.weight
        }
        Sample::Population => column.role != Role::QuasiIdentifier,
    }
}

//! Reading a file as texts: what is in it, before a schema says what it means.
//!
//! A reader that guesses is a reader that loses people: a short line filled up with blanks, a file cut off
//! in the middle, or a wrong encoding all change who is in the table. So the structure of the
//! file is checked first and the first thing wrong with it is reported with its line; then polars reads it; then
//! every cell is compared with a second, independent reading.

mod bytes;
mod columnar;
mod delimited;
mod structure;
#[cfg(test)]
mod tests;

pub(super) use bytes::open_regular;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use polars::prelude::StringChunked;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::number;
use crate::error::{Error, Result};

const NO_ROW: &str = "the file has column names but no row of data";

/// Whether the content of a file may be a reason to refuse it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// No row, or a record where the names should be, is a mistake that somebody wants to know of.
    Strict,
    /// What the records are is private, and so is whether there are any.
    Lenient,
}

/// A file as texts, one column after the other.
pub struct RawTable {
    path: PathBuf,
    names: Vec<String>,
    columns: Vec<StringChunked>,
    rows: usize,
}

impl RawTable {
    /// A table of `columns` under `names`, all of one length.
    ///
    /// # Errors
    /// [`Error::Input`] when a name is empty or used twice; unless it is read leniently, when there is no row,
    /// or when the first line seems to be a record.
    fn new(
        path: &Path,
        names: Vec<String>,
        columns: Vec<StringChunked>,
        reading: Reading,
    ) -> Result<Self> {
        let names: Vec<String> =
            names.into_iter().map(|name| name.trim().nfc().collect()).collect();
        let columns: Vec<StringChunked> =
            columns.iter().map(|column| composed(column).rechunk().into_owned()).collect();
        let rows = columns.first().map_or(0, StringChunked::len);
        let table = Self { path: path.to_path_buf(), names, columns, rows };
        if reading == Reading::Strict {
            if rows == 0 {
                return Err(Error::input(path, NO_ROW));
            }
            // The names are checked for being a record first: a duplicate name would be printed.
            table.refuse_record_as_header()?;
        }
        table.refuse_bad_names(reading)?;
        Ok(table)
    }

    /// The file as the user named it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the columns, in the order of the file.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.names
    }

    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The place of the column called `name`.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// The texts of a column, one a row; `None` is a null of a Parquet or Arrow file.
    ///
    /// # Panics
    /// When there is no such column.
    pub fn texts(&self, column: usize) -> impl Iterator<Item = Option<&str>> + '_ {
        self.columns[column].iter()
    }

    /// One cell as text; `None` is a null of a Parquet or Arrow file.
    ///
    /// # Panics
    /// When there is no such row or column.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> Option<&str> {
        self.columns[column].get(row)
    }

    fn refuse_bad_names(&self, reading: Reading) -> Result<()> {
        let mut seen = HashSet::new();
        let mut twice: Vec<&str> =
            self.names.iter().filter(|name| !seen.insert(*name)).map(String::as_str).collect();
        twice.dedup();
        if let Some(place) = self.names.iter().position(String::is_empty) {
            let problem =
                format!("column {} has no name: give it one in the first line", place + 1);
            return Err(Error::input(&self.path, problem));
        }
        match twice.is_empty() {
            true => Ok(()),
            false => {
                // They may be a record that nobody looked for.
                let which = match reading {
                    Reading::Strict => format!("; used twice: `{}`", twice.join("`, `")),
                    Reading::Lenient => " in the first line".to_owned(),
                };
                Err(Error::input(&self.path, format!("column names must differ{which}")))
            }
        }
    }

    /// A file without a line of names would have its first person's values printed as column names in every
    /// later message. It is recognised by names that come back as values of their own columns; once one does,
    /// numbers among numbers count too, since a measurement need not come back.
    fn refuse_record_as_header(&self) -> Result<()> {
        let recurs = |column: &usize| {
            let name = self.names[*column].as_str();
            !name.is_empty()
                && self.texts(*column).any(|text| text.is_some_and(|text| text.trim() == name))
        };
        let is_number = |text: &str| number::parse(text.trim()).is_ok();
        let measures = |column: &usize| {
            is_number(&self.names[*column])
                && self.texts(*column).any(|text| text.is_some_and(is_number))
        };
        let recurring = (0..self.names.len()).filter(recurs).count();
        let suspect = (0..self.names.len()).filter(|at| recurs(at) || measures(at)).count();
        if suspect * 2 < self.names.len().max(1) || recurring == 0 {
            return Ok(());
        }
        let problem = "the first line seems to be a record, or comes back further down (half of its texts are like values of their columns): \
                       expected one line of column names, at the top only";
        Err(Error::input(&self.path, problem))
    }
}

/// The same texts in Unicode's composed form (NFC): one word that two files spell in different code
/// points must not look like two.
fn composed(column: &StringChunked) -> StringChunked {
    if column.iter().flatten().all(is_nfc) {
        return column.clone();
    }
    column.iter().map(|text| text.map(|text| text.nfc().collect::<String>())).collect()
}

/// Reads a CSV, TSV, Parquet or Arrow IPC file, also as `.gz` or `.zst`. The format is told by the
/// content, never by the name.
///
/// # Errors
/// [`Error::Io`] when the file cannot be opened; [`Error::Input`] for anything that is not a complete,
/// rectangular table in UTF-8: ragged or blank lines, an unclosed quote, NUL bytes, another encoding (named), no
/// row, duplicate names, nested columns, a truncated or oversized archive.
pub fn read_raw(path: &Path) -> Result<RawTable> {
    read(path, Reading::Strict)
}

/// The same for records whose number and values must not be told by an error: no row is no error, a first line
/// that looks like a record is one of names, and a moment that has no text is missing.
///
/// A file whose structure is broken (ragged lines, an open quote, another encoding, half an archive) is refused as
/// ever: no guarantee covers that a file is whole, and its owner has to mend it before anything is learnt from it.
///
/// # Errors
/// As [`read_raw`], but for these.
pub fn read_raw_leniently(path: &Path) -> Result<RawTable> {
    read(path, Reading::Lenient)
}

fn read(path: &Path, reading: Reading) -> Result<RawTable> {
    let bytes = bytes::read(path)?;
    if bytes.starts_with(b"PAR1") || bytes.starts_with(b"ARROW1") {
        columnar::read(path, bytes, reading)
    } else {
        delimited::read(path, &bytes, reading)
    }
}

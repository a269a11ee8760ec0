//! Delimited text through polars, every cell compared with a second reading by the csv crate.

use std::io::Cursor;
use std::path::Path;

use polars::prelude::{
    Column, CsvParseOptions, CsvReadOptions, DataFrame, PolarsResult, SerReader, StringChunked,
};

use super::{NO_ROW, RawTable, Reading, bytes, structure};
use crate::error::{Error, Result};

/// Reads `bytes` as delimited text.
pub(super) fn read(path: &Path, bytes: &[u8], reading: Reading) -> Result<RawTable> {
    let text = structure::trim_end(bytes::utf8(path, bytes)?);
    let delimiter = structure::sniff(text);
    let records = structure::check(text, delimiter)
        .map_err(|flaw| Error::input(path, format!("line {} {}", flaw.line, flaw.problem)))?;
    if records < 2 {
        return match reading {
            Reading::Strict => Err(Error::input(path, NO_ROW)),
            Reading::Lenient => without_rows(path, text, delimiter),
        };
    }
    let columns = read_by_polars(text, delimiter)
        .ok()
        .and_then(|frame| frame.columns().iter().map(strings).collect::<Option<Vec<_>>>())
        .ok_or_else(|| Error::input(path, "the file cannot be read as delimited text in UTF-8"))?;
    let names = compare(path, text, delimiter, &columns)?;
    RawTable::new(path, names, columns, reading)
}

/// The table of a line of names alone.
fn without_rows(path: &Path, text: &[u8], delimiter: u8) -> Result<RawTable> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text);
    let unreadable = |_| Error::input(path, "the line of column names cannot be read");
    let names: Vec<String> =
        reader.headers().map_err(unreadable)?.iter().map(str::to_owned).collect();
    let empty = |_: &String| std::iter::empty::<Option<String>>().collect();
    let columns = names.iter().map(empty).collect();
    RawTable::new(path, names, columns, Reading::Lenient)
}

/// Every column as text, an empty field as the empty text: the schema says what is missing.
fn read_by_polars(text: &[u8], delimiter: u8) -> PolarsResult<DataFrame> {
    let parse = CsvParseOptions::default().with_separator(delimiter).with_missing_is_null(false);
    let options =
        CsvReadOptions::default().with_infer_schema_length(Some(0)).with_parse_options(parse);
    options.into_reader_with_file_handle(Cursor::new(text)).finish()
}

fn strings(column: &Column) -> Option<StringChunked> {
    column.str().ok().map(|texts| texts.rechunk().into_owned())
}

/// Reads `text` once more, independently, and returns the names in its first line.
fn compare(
    path: &Path,
    text: &[u8],
    delimiter: u8,
    columns: &[StringChunked],
) -> Result<Vec<String>> {
    let ambiguous = |line: u64| {
        let problem = format!(
            "line {line}: two readers disagree about it, which points to ambiguous quoting: quote every text field and double the quotes inside"
        );
        Error::input(path, problem)
    };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text);
    let header = reader.headers().map_err(|_| ambiguous(1))?;
    let names: Vec<String> = header.iter().map(str::to_owned).collect();
    let rows = columns.first().map_or(0, StringChunked::len);
    if names.len() != columns.len() {
        return Err(ambiguous(1));
    }
    let mut record = csv::ByteRecord::new();
    let mut row = 0;
    while reader.read_byte_record(&mut record).map_err(|_| ambiguous(row as u64 + 2))? {
        let same = row < rows
            && record.iter().zip(columns).all(|(field, column)| {
                column.get(row).is_some_and(|text| text.as_bytes() == field)
            });
        if !same {
            return Err(ambiguous(record.position().map_or(0, csv::Position::line)));
        }
        row += 1;
    }
    if row == rows { Ok(names) } else { Err(ambiguous(reader.position().line())) }
}

//! Writing tables: rows that were read, in the texts as they were; made tables, in canonical texts. The
//! file holds people's records, or values of theirs, and only its owner may read it.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use polars::prelude::{
    Column as Series, DataFrame, IntoSeries, KeyValueMetadata, NewChunkedArray, ParquetWriter,
    StringChunked,
};

use super::digest::{ranks, value_text};
use super::{RawTable, Schema, Table};
use crate::error::{Error, Result};
use crate::file::{Access, Staged, stage};

/// Writes `rows` of `raw` to `path`: Parquet (columns of text) where the name ends in `.parquet`,
/// tab-separated for `.tsv`, else CSV.
///
/// A null of a Parquet or Arrow file becomes an empty field in CSV.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
///
/// # Panics
/// When `raw` has no such row.
pub fn write_rows(raw: &RawTable, rows: &[usize], path: &Path) -> Result<()> {
    let names: Vec<&str> = raw.columns().iter().map(String::as_str).collect();
    let cell = |row: usize, column: usize| raw.cell(rows[row], column).map(Cow::Borrowed);
    stage_texts(&Texts { names, rows: rows.len(), cell: &cell }, path, &[])?.commit()
}

/// Writes a made table to `path`, in the formats of [`write_rows`]: values in their canonical texts
/// (see [`super::content_digest`]), missing values as the first of the column's missing tokens, the empty
/// text if it is one of them. Read under the same schema it is the same table.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub fn write_table(table: &Table, schema: &Schema, path: &Path) -> Result<()> {
    stage_table(table, schema, path, &[])?.commit()
}

/// As [`write_table`], but not in its place yet, and with `marks` (keys and values) as the file's own metadata
/// where the format has any: Parquet.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub fn stage_table(
    table: &Table,
    schema: &Schema,
    path: &Path,
    marks: &[(&str, &str)],
) -> Result<Staged> {
    let names = table.columns.iter().map(|column| column.name.as_str()).collect();
    let levels: Vec<Vec<&str>> = table.columns.iter().map(ranks).collect();
    let tokens = table.columns.iter().map(|column| {
        let tokens = schema.missing_tokens(&column.schema);
        if tokens.iter().any(String::is_empty) { None } else { tokens.first() }
    });
    let tokens: Vec<Option<&str>> = tokens.map(|token| token.map(String::as_str)).collect();
    let cell = |row: usize, at: usize| {
        value_text(&table.columns[at], &levels[at], row).or(tokens[at].map(Cow::Borrowed))
    };
    stage_texts(&Texts { names, rows: table.rows, cell: &cell }, path, marks)
}

/// A table as texts, cell by cell; `None` is a null. Holds records.
struct Texts<'a> {
    names: Vec<&'a str>,
    rows: usize,
    cell: &'a dyn Fn(usize, usize) -> Option<Cow<'a, str>>,
}

fn stage_texts(texts: &Texts<'_>, path: &Path, marks: &[(&str, &str)]) -> Result<Staged> {
    let extension =
        path.extension().map(|extension| extension.to_ascii_lowercase()).unwrap_or_default();
    if extension == "parquet" {
        return stage_parquet(texts, path, marks);
    }
    let delimiter = if extension == "tsv" { b'\t' } else { b',' };
    stage(path, Access::Private, |sink| write_delimited(texts, delimiter, sink))
}

fn write_delimited(texts: &Texts<'_>, delimiter: u8, sink: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(sink);
    writer.write_record(&texts.names)?;
    for row in 0..texts.rows {
        for column in 0..texts.names.len() {
            writer.write_field((texts.cell)(row, column).unwrap_or_default().as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()
}

fn stage_parquet(texts: &Texts<'_>, path: &Path, marks: &[(&str, &str)]) -> Result<Staged> {
    let column = |(place, name): (usize, &&str)| {
        let cells = (0..texts.rows).map(|row| (texts.cell)(row, place));
        Series::from(StringChunked::from_iter_options((*name).into(), cells).into_series())
    };
    // The writer's message is not passed on: it could quote a value.
    let failed = |_| Error::input(path, "the rows cannot be written as Parquet: write CSV instead");
    let columns = texts.names.iter().enumerate().map(column).collect();
    let mut frame = DataFrame::new(texts.rows, columns).map_err(failed)?;
    let mut bytes = Vec::new();
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let metadata = KeyValueMetadata::from_static(marks.iter().map(owned).collect());
    let writer = ParquetWriter::new(&mut bytes);
    let writer =
        if marks.is_empty() { writer } else { writer.with_key_value_metadata(Some(metadata)) };
    writer.finish(&mut frame).map_err(failed)?;
    stage(path, Access::Private, |sink| sink.write_all(&bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::read_raw;

    fn cells(raw: &RawTable) -> Vec<Vec<Option<String>>> {
        (0..raw.columns().len())
            .map(|column| raw.texts(column).map(|text| text.map(str::to_owned)).collect())
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn what_is_written_is_read_back(rows in proptest::collection::vec(("[a-c,;\" \n\t|é]{0,6}", "[0-9]{0,2}"), 1..8)) {
            let folder = tempfile::tempdir().unwrap();
            let first = folder.path().join("first.csv");
            let quote = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
            let lines: String = rows.iter().map(|(left, right)| format!("{},{}\n", quote(left), quote(right))).collect();
            std::fs::write(&first, format!("left,right\n{lines}")).unwrap();
            let raw = read_raw(&first).unwrap();
            let all: Vec<usize> = (0..raw.rows()).collect();
            for name in ["again.csv", "again.tsv", "again.parquet"] {
                let path = folder.path().join(name);
                write_rows(&raw, &all, &path).unwrap();
                prop_assert!(cells(&read_raw(&path).unwrap()) == cells(&raw));
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it_and_the_rows_are_those_asked_for() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, "a\n01\n2.50\n\"x,y\"\n").unwrap();
        let raw = read_raw(&path).unwrap();
        let out = folder.path().join("out.csv");
        write_rows(&raw, &[2, 0], &out).unwrap();
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "a\n\"x,y\"\n01\n");
        assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    }

    /// Every kind of value, coded and missing ones too, comes back as the same content.
    #[test]
    fn a_made_table_is_read_back_as_the_same_content() {
        use crate::table::{Sample, Schema, content_digest, type_table};
        let schema = "missing = ['?', 'NA']\n[columns.i]\nkind = 'integer'\ntop = 90\n\
                      [columns.x]\nkind = 'continuous'\nmissing = ['']\n\
                      [columns.o]\nkind = 'ordinal'\nlevels = ['low', 'high']\n\
                      [columns.b]\nkind = 'boolean'\n[columns.t]\nkind = 'datetime'\n\
                      [columns.c]\nkind = 'categorical'\n[columns.f]\nkind = 'text'\nmissing = []\n";
        let schema = Schema::parse(schema, "schema.toml").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let csv = "i,x,o,b,t,c,f\n104,1e-7,high,yes,2024-01-31 12:30,01,\"a, \"\"b\"\"\"\n\
                   NA,,?,NA,?,?,NA\n3,-0.10,low,F,1931-07-04,2.0,\n";
        std::fs::write(path("first.csv"), csv).unwrap();
        let typed = |name: &str| {
            type_table(&read_raw(&path(name)).unwrap(), Sample::Synthetic, &schema).unwrap()
        };
        let mut first = typed("first.csv");
        // A made table holds coded values only.
        first.columns[0].raw_range = Some((3.0, 90.0));
        for name in ["again.csv", "again.tsv", "again.parquet"] {
            write_table(&first, &schema, &path(name)).unwrap();
            let again = typed(name);
            assert_eq!(content_digest(&again, &schema), content_digest(&first, &schema), "{name}");
        }
    }
}

//! Writing rows of a table that was read: the texts as they were, in a file only its owner may read.

use std::io::{self, Write};
use std::path::Path;

use polars::prelude::{
    Column, DataFrame, IntoSeries, NewChunkedArray, ParquetWriter, StringChunked,
};

use super::RawTable;
use crate::error::{Error, Result};
use crate::file::{Access, write_atomically};

/// Writes `rows` of `raw` to `path`: Parquet (columns of text) where the name ends in `.parquet`,
/// tab-separated for `.tsv`, else CSV. The file holds people's records and is readable by its owner only.
///
/// A null of a Parquet or Arrow file becomes an empty field in CSV.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
///
/// # Panics
/// When `raw` has no such row.
pub fn write_rows(raw: &RawTable, rows: &[usize], path: &Path) -> Result<()> {
    let extension =
        path.extension().map(|extension| extension.to_ascii_lowercase()).unwrap_or_default();
    if extension == "parquet" {
        return write_parquet(raw, rows, path);
    }
    let delimiter = if extension == "tsv" { b'\t' } else { b',' };
    write_atomically(path, Access::Private, |sink| write_delimited(raw, rows, delimiter, sink))
}

fn write_delimited(
    raw: &RawTable,
    rows: &[usize],
    delimiter: u8,
    sink: &mut dyn Write,
) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(sink);
    writer.write_record(raw.columns())?;
    for row in rows {
        writer.write_record(
            (0..raw.columns().len()).map(|column| raw.cell(*row, column).unwrap_or_default()),
        )?;
    }
    writer.flush()
}

fn write_parquet(raw: &RawTable, rows: &[usize], path: &Path) -> Result<()> {
    let column = |(place, name): (usize, &String)| {
        let texts = rows.iter().map(|row| raw.cell(*row, place));
        Column::from(StringChunked::from_iter_options(name.as_str().into(), texts).into_series())
    };
    // The reader's message is not passed on: it could quote a value.
    let failed = |_| Error::input(path, "the rows cannot be written as Parquet: write CSV instead");
    let columns = raw.columns().iter().enumerate().map(column).collect();
    let mut frame = DataFrame::new(rows.len(), columns).map_err(failed)?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).map_err(failed)?;
    write_atomically(path, Access::Private, |sink| sink.write_all(&bytes))
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
}

//! Digests that name a file, a schema, or the content of a table whatever file it came in.

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::canonical::label;
use super::read::open_regular;
use super::{Column, ColumnKind, MISSING, Schema, Table, Values, moment, number};
use crate::digest::Digest;
use crate::error::{Error, Result};

/// SHA-256 over frames, so that no two different sequences of values give the same bytes.
///
/// | frame   | bytes                                                            |
/// |---------|------------------------------------------------------------------|
/// | missing | `00`                                                             |
/// | text    | `01`, length in bytes (u64, little-endian), UTF-8 bytes          |
/// | count   | `02`, the number (u64, little-endian)                            |
/// | list    | a count frame, then the items as text frames                     |
/// | raw     | its 32 bytes, unframed: only for digests, whose length is fixed   |
pub(super) struct Framed(Sha256);

impl Framed {
    /// Starts with `domain` as a text frame, so that digests of different things never meet.
    pub(super) fn new(domain: &str) -> Self {
        let mut framed = Self(Sha256::new());
        framed.text(domain);
        framed
    }

    /// A text frame.
    pub(super) fn text(&mut self, text: &str) {
        self.0.update([1]);
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    /// A text frame, or the missing frame.
    pub(super) fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.0.update([0]),
        }
    }

    /// A count frame.
    pub(super) fn count(&mut self, count: usize) {
        self.0.update([2]);
        self.0.update((count as u64).to_le_bytes());
    }

    /// A list frame.
    pub(super) fn list(&mut self, items: &[String]) {
        self.count(items.len());
        items.iter().for_each(|item| self.text(item));
    }

    fn raw(&mut self, digest: &[u8; 32]) {
        self.0.update(digest);
    }

    /// The digest of all frames so far.
    pub(super) fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// Names the content of `table`: the same for any order of rows and columns and for CSV, Parquet or
/// Arrow, and different as soon as one value differs.
///
/// Every value has one *canonical text*: an integer without point or exponent (`39`); a continuous
/// value as the shortest decimal of its `f64`, without an exponent, `0` for -0 (`1.7`); a boolean
/// `true` or `false`; a moment in UTC as `YYYY-MM-DD` at midnight, else `YYYY-MM-DDTHH:MM:SS` with at
/// most six decimals, no trailing zeros; a category, level or text without ASCII spaces around it and, where
/// it is digits with only zeros after the point, without these (`1.0` is `1`). Values are taken
/// after top and bottom codes.
///
/// With the frames of text, missing and count — `01` + length (u64, little-endian) + UTF-8 bytes;
/// `00`; `02` + number (u64, little-endian) — the layout is:
///
/// 1. a row: SHA-256 over text `dosimeter row 1`, then for each column in byte order of its name: text of
///    the kind (as in `schema.toml`), text of the value or missing;
/// 2. the table: SHA-256 over text `dosimeter table 1`, the 32 bytes of [`Schema::digest`], count of
///    columns, for each column in byte order of its name: text of the name, and where the schema has a top
///    or bottom code, the canonical texts of the smallest and largest value before coding (each missing when
///    there is none); count of rows; the 32-byte row digests in byte order.
///
/// The range before coding stands there so that a release whose values beyond a code are replaced
/// is another release: where the range lies within the codes, nothing was coded at all.
#[must_use]
pub fn content_digest(table: &Table, schema: &Schema) -> Digest {
    let mut columns: Vec<&Column> = table.columns.iter().collect();
    columns.sort_by(|left, right| left.name.cmp(&right.name));
    let levels: Vec<Vec<&str>> = columns.iter().map(|column| ranks(column)).collect();
    let mut rows: Vec<[u8; 32]> = (0..table.rows)
        .into_par_iter()
        .map(|row| {
            let mut framed = Framed::new("dosimeter row 1");
            for (column, levels) in columns.iter().zip(&levels) {
                framed.text(column.schema.kind.name());
                frame_value(&mut framed, column, levels, row);
            }
            framed.finish().0
        })
        .collect();
    rows.par_sort_unstable();

    let mut framed = Framed::new("dosimeter table 1");
    framed.raw(&schema.digest().0);
    framed.count(columns.len());
    for column in columns {
        framed.text(&column.name);
        if column.schema.top.is_some() || column.schema.bottom.is_some() {
            for end in
                [column.raw_range.map(|range| range.0), column.raw_range.map(|range| range.1)]
            {
                framed.optional(end.map(|end| number_text(column.schema.kind, end)).as_deref());
            }
        }
    }
    framed.count(rows.len());
    rows.iter().for_each(|row| framed.raw(row));
    framed.finish()
}

/// The levels of an ordinal column whose values are ranks.
pub(super) fn ranks(column: &Column) -> Vec<&str> {
    let levels =
        column.schema.levels.as_deref().filter(|_| column.schema.kind == ColumnKind::Ordinal);
    levels.unwrap_or_default().iter().map(|level| label(level)).collect()
}

fn frame_value(framed: &mut Framed, column: &Column, levels: &[&str], row: usize) {
    framed.optional(value_text(column, levels, row).as_deref());
}

/// The canonical text of a value, given the [`ranks`] of its column; `None` when missing.
pub(super) fn value_text<'a>(
    column: &'a Column,
    levels: &[&'a str],
    row: usize,
) -> Option<Cow<'a, str>> {
    match &column.values {
        Values::Labels { codes, .. } if codes[row] == MISSING => None,
        Values::Labels { codes, levels } => Some(Cow::Borrowed(&*levels[codes[row] as usize])),
        Values::Numbers(numbers) if numbers[row].is_nan() => None,
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank in `levels`"
        )]
        Values::Numbers(numbers) if !levels.is_empty() => {
            Some(Cow::Borrowed(levels[numbers[row] as usize]))
        }
        Values::Numbers(numbers) => Some(Cow::Owned(number_text(column.schema.kind, numbers[row]))),
    }
}

/// The canonical text of a number of a column of this kind (see [`content_digest`]).
#[must_use]
pub fn number_text(kind: ColumnKind, value: f64) -> String {
    match kind {
        ColumnKind::DateTime => moment::render(value),
        _ => number::render(value),
    }
}

/// SHA-256 over the bytes of the file at `path`.
///
/// # Errors
/// [`Error::Input`] when it is not a regular file; [`Error::Io`] when it cannot be read.
pub fn file_digest(path: &Path) -> Result<Digest> {
    let failed = |source| Error::io(path, "read", source);
    let mut file = open_regular(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(Digest(hasher.finalize().into())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framed(texts: &[&str]) -> Digest {
        let mut framed = Framed::new("test");
        texts.iter().for_each(|text| framed.text(text));
        framed.finish()
    }

    #[test]
    fn frames_keep_values_apart() {
        assert_ne!(framed(&["ab", "c"]), framed(&["a", "bc"]));
        assert_ne!(framed(&["", "a"]), framed(&["a", ""]));
        let mut missing = Framed::new("test");
        missing.optional(None);
        assert_ne!(missing.finish(), framed(&[""]));
    }

    #[test]
    fn a_digest_is_written_as_hexadecimal_and_read_back() {
        let digest = framed(&["a"]);
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(json.len(), 66);
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        assert!(serde_json::from_str::<Digest>("\"00\"").is_err());
    }

    #[test]
    fn a_file_digest_is_sha256_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        // The published vector of FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(file_digest(&path).unwrap().to_string(), expected);
    }

    #[test]
    fn a_table_digest_follows_the_documented_layout() {
        // One row, one integer column `a` = 7, built by hand from the bytes of the documentation.
        let text =
            |text: &str| [&[1u8][..], &(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
        let count = |count: u64| [&[2u8][..], &count.to_le_bytes()].concat();
        let schema = Schema::parse("[columns.a]\nkind = 'integer'\n", "s").unwrap();
        let row = Sha256::digest([text("dosimeter row 1"), text("integer"), text("7")].concat());
        let parts = [
            text("dosimeter table 1"),
            schema.digest().0.to_vec(),
            count(1),
            text("a"),
            count(1),
            row.to_vec(),
        ];
        let expected = Digest(Sha256::digest(parts.concat()).into());
        let column = Column {
            name: "a".to_owned(),
            schema: schema.columns[0].1.clone(),
            values: Values::Numbers(vec![7.0]),
            raw_range: Some((7.0, 7.0)),
            uncoded: None,
        };
        let table = Table { sample: crate::table::Sample::Train, columns: vec![column], rows: 1 };
        assert_eq!(content_digest(&table, &schema), expected);
    }

    proptest! {
        #[test]
        fn different_sequences_have_different_digests(
            left in proptest::collection::vec("[ab]{0,2}", 0..4),
            right in proptest::collection::vec("[ab]{0,2}", 0..4),
        ) {
            let digest = |texts: &[String]| framed(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(left == right, digest(&left) == digest(&right));
        }
    }
}

//! Every bad file that has been thought of, and the good ones that look like it.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::*;

fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn problem(bytes: &[u8]) -> String {
    let (_folder, path) = file("t.csv", bytes);
    read_raw(&path)
        .err()
        .map(|problem| problem.to_string())
        .unwrap_or_else(|| panic!("read without a problem"))
}

fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let (_folder, path) = file("t.csv", bytes);
    let raw = read_raw(&path).unwrap_or_else(|problem| panic!("{problem}"));
    (0..raw.rows())
        .map(|row| {
            (0..raw.columns().len())
                .map(|column| raw.cell(row, column).unwrap_or("<null>").to_owned())
                .collect()
        })
        .collect()
}

#[test]
fn bad_files_are_refused_with_a_reason() {
    let cases: [(&[u8], &str); 15] = [
        (b"", "empty"),
        (b"\n\r\n", "empty"),
        (b"a,b\n", "no row"),
        (b"a,b", "no row"),
        (b"a,a\n1,2\n", "used twice: `a`"),
        (b"a, a\n1,2\n", "used twice: `a`"),
        (b"a,\n1,2\n", "column 2 has no name"),
        (b"a,b\n1,2\n3\n4,5\n", "line 3 has 1 field"),
        (b"a,b\n1,2\n3,4,5\n", "line 3 has 3 fields"),
        (b"a,b\n1,2\n\n3,4\n", "line 3 is blank"),
        (b"a,b\n1,2\n3,\"x\n", "line 3 opens a quote"),
        (b"a,b\n1,2\n3,x\0y\n", "NUL"),
        (b"\xff\xfea\0,\0b\0\n\0", "UTF-16"),
        (b"a\x00,\x00b\x00\n\x001\x00,\x002\x00", "UTF-16LE"),
        (b"PK\x03\x04rest of an archive", "spreadsheet"),
    ];
    for (bytes, words) in cases {
        let problem = problem(bytes);
        assert!(problem.contains(words), "{words}: {problem}");
    }
}

#[test]
fn harmless_variants_are_read() {
    let expected = [["1", "x"], ["2", ""]];
    let cases: [&[u8]; 6] = [
        b"a,b\n1,x\n2,\n",
        b"a,b\n1,x\n2,",
        b"\xef\xbb\xbfa,b\r\n1,x\r\n2,\r\n\r\n\n",
        b"a;b\n1;x\n2;\n",
        b"a\tb\n1\tx\n2\t\n",
        b"\"a\",\" b \"\n\"1\",\"x\"\n2,\"\"\n",
    ];
    for bytes in cases {
        assert_eq!(rows(bytes), expected, "{}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(rows(b"only\n\"\"\nx\n"), [[""], ["x"]]);
}

#[test]
fn other_encodings_are_named() {
    let encode =
        |text: &str, encoding: &'static encoding_rs::Encoding| encoding.encode(text).0.into_owned();
    let korean = encode("이름,지역\n홍길동,서울특별시\n김철수,부산광역시\n", encoding_rs::EUC_KR);
    let french = encode("nom,ville\nJérôme,Orléans\nHélène,Besançon\n", encoding_rs::WINDOWS_1252);
    for (bytes, words) in [(korean, "iconv -f CP949"), (french, "windows-1252 (Latin-1)")] {
        let problem = problem(&bytes);
        assert!(problem.contains(words), "{problem}");
        assert!(!problem.contains("Orl") && !problem.contains("서울"));
    }
}

#[test]
fn a_record_in_the_first_line_is_refused_without_printing_it() {
    let problem = problem(b"39,Private\n40,Private\n39,Public\n");
    assert!(problem.contains("seems to be a record"), "{problem}");
    assert!(!problem.contains("Private") && !problem.contains("39"));
    assert!(self::problem(b"a,b\n1,2\na,b\n3,4\n").contains("comes back further down"));
}

#[test]
fn paths_that_are_not_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let problem = |path: &Path| read_raw(path).err().unwrap().to_string();
    assert!(problem(folder.path()).contains("is a folder"));
    assert!(problem(&folder.path().join("none.csv")).contains("no such file"));
    #[cfg(unix)]
    assert!(problem(Path::new("/dev/null")).contains("a device"));
}

#[test]
fn compressed_files_are_read_and_half_of_one_is_refused() {
    let text: String =
        (0..500).fold("a,b\n".to_owned(), |text, row| text + &format!("{row},{}\n", row * row));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    let gz = encoder.finish().unwrap();
    let zst = zstd::encode_all(text.as_bytes(), 3).unwrap();
    for bytes in [gz, zst] {
        assert_eq!(rows(&bytes), rows(text.as_bytes()));
        assert!(problem(&bytes[..bytes.len() / 2]).contains("half written"));
    }
}

#[test]
fn half_a_parquet_or_arrow_file_is_refused() {
    use polars::prelude::{IpcWriter, NamedFrom, ParquetWriter, SerWriter, Series};
    let ages = Series::new("age".into(), [1_i64, 2, 3]);
    let mut frame = polars::prelude::DataFrame::new(3, vec![ages.into()]).unwrap();
    let (mut parquet, mut arrow) = (Vec::new(), Vec::new());
    ParquetWriter::new(&mut parquet).finish(&mut frame).unwrap();
    IpcWriter::new(&mut arrow).finish(&mut frame).unwrap();
    for bytes in [parquet, arrow] {
        assert_eq!(rows(&bytes), [["1"], ["2"], ["3"]]);
        assert!(problem(&bytes[..bytes.len() - 9]).contains("half written"));
        let mut damaged = bytes.clone();
        let middle = bytes.len() - 40..bytes.len() - 8;
        damaged[middle].fill(0xa5);
        assert!(problem(&damaged).contains("damaged"));
    }
}

/// A Parquet file with no row, and with a day that no calendar has a text for.
#[test]
fn lenient_reading_takes_columns_of_any_content() {
    use polars::prelude::{DataType, NamedFrom, ParquetWriter, Series};
    let parquet = |days: &[i32]| {
        let days = Series::new("day".into(), days).cast(&DataType::Date).unwrap();
        let mut frame = polars::prelude::DataFrame::new(days.len(), vec![days.into()]).unwrap();
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
        file("t.parquet", &bytes)
    };
    for (days, expected) in [(&[][..], &[][..]), (&[0, i32::MAX], &[Some("1970-01-01"), None])] {
        let (_folder, path) = parquet(days);
        assert!(read_raw(&path).is_err());
        let raw = read_raw_leniently(&path).unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(raw.texts(0).collect::<Vec<_>>(), expected);
    }
}

/// "한" as one code point and as three (Unicode NFC and NFD), in a cell and in a name.
#[test]
fn composed_and_decomposed_texts_are_one_word() {
    let composed = rows("이름,b\n한국,1\n".as_bytes());
    let decomposed: String = "이름,b\n한국,1\n".nfd().collect();
    assert_ne!(decomposed.as_bytes(), "이름,b\n한국,1\n".as_bytes());
    assert_eq!(rows(decomposed.as_bytes()), composed);
    let (_folder, path) = file("t.csv", decomposed.as_bytes());
    let raw = read_raw(&path).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(raw.columns()[0], "이름");
}

//! Typing: every format gives the same table, every disagreement is listed, nothing personal is said.

use std::io::Write;
use std::path::PathBuf;

use polars::prelude::{
    DataFrame, DataType, IntoColumn, IpcWriter, NamedFrom, ParquetWriter, SerWriter, Series,
    TimeUnit,
};
use proptest::prelude::*;

use super::*;
use crate::table::{MISSING, Values, content_digest};

const SCHEMA: &str = "missing = ['', '?']\n[columns.age]\nkind = 'integer'\ntop = 90\nlower = 0\nupper = 120\n\
    [columns.bmi]\nkind = 'continuous'\n[columns.sick]\nkind = 'boolean'\n[columns.code]\nkind = 'categorical'\n\
    [columns.day]\nkind = 'datetime'\n[columns.stage]\nkind = 'ordinal'\nlevels = ['low', 'mid', 'high']\n";

const CSV: &str = "age,bmi,sick,code,day,stage\n39,1.70,yes,1,2024-01-31,low\n40.0,22,No,2.0,2024-02-01 12:30,high\n?,-0.5,T,,,mid\n";

fn write(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn read(path: &Path, sample: Sample, schema: &str) -> Result<Table> {
    let schema = Schema::parse(schema, "schema.toml").unwrap();
    read_tables(&[(sample, path)], &schema).map(|mut tables| tables.remove(0))
}

fn typed(text: &str, schema: &str) -> Result<Table> {
    let folder = tempfile::tempdir().unwrap();
    read(&write(&folder, "t.csv", text.as_bytes()), Sample::Train, schema)
}

fn problem(text: &str, schema: &str) -> String {
    typed(text, schema)
        .err()
        .map(|problem| problem.to_string())
        .unwrap_or_else(|| panic!("no mismatch"))
}

fn digest_of(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let table = read(&write(&folder, "any", bytes), Sample::Train, SCHEMA)
        .unwrap_or_else(|problem| panic!("{problem}"));
    content_digest(&table, &Schema::parse(SCHEMA, "s").unwrap()).to_string()
}

/// The rows of `CSV` as a typed frame, in another order of rows and columns.
fn frame() -> DataFrame {
    let day = 86_400_000_i64;
    let days =
        Series::new("day".into(), [Some(19_754 * day + 45_000_000), None, Some(19_753 * day)]);
    let columns = vec![
        Series::new("stage".into(), ["high", "mid", "low"]).into_column(),
        days.cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).unwrap().into_column(),
        Series::new("bmi".into(), [22.0, -0.5, 1.7]).into_column(),
        Series::new("code".into(), [Some(2.0), None, Some(1.0)]).into_column(),
        Series::new("age".into(), [Some(40_i32), None, Some(39)]).into_column(),
        Series::new("sick".into(), [false, true, true]).into_column(),
    ];
    DataFrame::new(3, columns).unwrap()
}

#[test]
fn every_format_and_order_gives_one_digest() {
    let expected = digest_of(CSV.as_bytes());
    let tsv = CSV.replace(',', "\t");
    let mut lines: Vec<&str> = CSV.lines().collect();
    lines.swap(1, 3);
    let shuffled = lines.join("\r\n");
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(shuffled.as_bytes()).unwrap();
    let zst = zstd::encode_all(tsv.as_bytes(), 1).unwrap();
    let (mut parquet, mut arrow) = (Vec::new(), Vec::new());
    ParquetWriter::new(&mut parquet).finish(&mut frame()).unwrap();
    IpcWriter::new(&mut arrow).finish(&mut frame()).unwrap();
    for bytes in
        [tsv.into_bytes(), shuffled.into_bytes(), gz.finish().unwrap(), zst, parquet, arrow]
    {
        assert_eq!(digest_of(&bytes), expected);
    }
}

#[test]
fn another_value_gives_another_digest() {
    let expected = digest_of(CSV.as_bytes());
    let changes = [
        ("39", "38"),
        ("1.70", "1.71"),
        ("yes", "no"),
        ("2.0,", "02,"),
        ("12:30", "12:31"),
        ("low", "mid"),
        ("?", "0"),
        ("No,2.0", "?,2.0"),
    ];
    for (old, new) in changes {
        assert_ne!(digest_of(CSV.replacen(old, new, 1).as_bytes()), expected, "{old} -> {new}");
    }
    let extra = format!("{CSV}39,1.70,yes,1,2024-01-31,low\n");
    assert_ne!(digest_of(extra.as_bytes()), expected);
    // Both ages are read as 90, but the files differ in what the top code hides.
    assert_ne!(
        digest_of(CSV.replace("39", "95").as_bytes()),
        digest_of(CSV.replace("39", "97").as_bytes())
    );
}

#[test]
fn values_are_coded_and_typed() {
    let schema = "missing = ['', '?']\n[columns.age]\nkind = 'integer'\ntop = 90\nupper = 90\n[columns.c]\nkind = 'categorical'\nmissing = ['-']\n";
    let table = typed("c,age\nb,95\n?,?\n-,7\n a ,90\n", schema)
        .unwrap_or_else(|problem| panic!("{problem}"));
    let Values::Numbers(ages) = &table.columns[0].values else { panic!("numbers") };
    assert!(ages[1].is_nan());
    assert_eq!([ages[0], ages[2], ages[3]].map(|age| age as u32), [90, 7, 90]);
    assert_eq!(table.columns[0].raw_range, Some((7.0, 95.0)));
    let Values::Labels { codes, levels } = &table.columns[1].values else { panic!("labels") };
    // The column has its own list of tokens, so `?` is a category there.
    assert_eq!(levels.iter().map(AsRef::as_ref).collect::<Vec<_>>(), ["?", "a", "b"]);
    assert_eq!(codes, &[2, 0, MISSING, 1]);
}

#[test]
fn every_mismatch_of_every_file_is_listed_without_a_value() {
    let schema = "[columns.age]\nkind = 'integer'\nupper = 99\n[columns.pay]\nkind = 'continuous'\n[columns.sex]\nkind = 'categorical'\nlevels = ['f', 'm']\n\
        [columns.day]\nkind = 'datetime'\n[columns.ok]\nkind = 'boolean'\n";
    let text = problem(
        "age,payy,sex,day,ok\n123,1,f,2024-01-01,1\n4.5,2,xylophone,01.02.2024,maybe\n",
        schema,
    );
    for words in [
        "7 mismatches",
        "is it `payy` there?",
        "did you mean `pay`?",
        "at most 99",
        "fraction",
        "2 levels",
        "ISO dates",
        "true/false",
        "fewer than 11 cells",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    for value in ["123", "4.5", "xylophone", "01.02", "maybe"] {
        assert!(!text.contains(value), "{value}: {text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let one = write(&folder, "one.csv", b"age\nx\n");
    let two = write(&folder, "two.csv", b"age\ny\n");
    let schema = Schema::parse("[columns.age]\nkind = 'integer'\n", "s").unwrap();
    let text = read_tables(&[(Sample::Train, &one), (Sample::Synthetic, &two)], &schema)
        .err()
        .unwrap()
        .to_string();
    assert!(text.contains("one.csv") && text.contains("two.csv"), "{text}");
}

#[test]
fn hints_say_what_a_number_looks_like() {
    let schema = "[columns.x]\nkind = 'continuous'\n[columns.y]\nkind = 'text'\n";
    for (cell, words) in [
        ("\"1,234\"", "thousands"),
        ("\"1,5\"", "decimal comma"),
        ("NaN", "add the token to `missing`"),
        ("abc", "something else"),
    ] {
        let text = problem(&format!("x,y\n1,a\n{cell},b\n"), schema);
        assert!(text.contains(words), "{words}: {text}");
    }
    let many: String = (0..40).map(|row| if row % 2 == 0 { "q,z\n" } else { "1,z\n" }).collect();
    assert!(problem(&format!("x,y\n{many}"), schema).contains("about 50 % of the rows"));
}

#[test]
fn a_file_without_a_line_of_names_is_not_printed() {
    let text = problem(
        "39,Secret\n40,Other\n",
        "[columns.age]\nkind = 'integer'\n[columns.job]\nkind = 'text'\n",
    );
    assert!(text.contains("does the first line hold column names?"), "{text}");
    assert!(!text.contains("Secret") && !text.contains("39"));
}

#[test]
fn a_release_needs_no_subject_and_real_rows_do() {
    let schema = "[columns.id]\nkind = 'text'\nrole = 'subject'\n[columns.x]\nkind = 'integer'\n[columns.w]\nkind = 'continuous'\nweight = true\n";
    let folder = tempfile::tempdir().unwrap();
    let release = write(&folder, "s.csv", b"x\n1\n1\n");
    let persons = read(&release, Sample::Synthetic, schema)
        .unwrap_or_else(|problem| panic!("{problem}"))
        .persons();
    assert_eq!((persons.of_row, persons.count), (vec![0, 1], 2));
    assert!(
        read(&release, Sample::Holdout, schema).err().unwrap().to_string().contains("2 mismatches")
    );
    let persons = typed("x,id,w\n1,b,1\n2,a,1\n3,b,1\n", schema)
        .unwrap_or_else(|problem| panic!("{problem}"))
        .persons();
    assert_eq!((persons.of_row, persons.count), (vec![0, 1, 0], 2));
    assert!(problem("x,id,w\n1,b,1\n2,,1\n", schema).contains("a subject in every row"));
}

/// A top code of 2 would make one person of all but two.
#[test]
fn subjects_are_not_coded() {
    let schema = "missing = ['?']\n[columns.id]\nkind = 'integer'\nrole = 'subject'\ntop = 2\nbottom = 1\n\
                  [columns.x]\nkind = 'integer'\ntop = 2\n";
    let text = "id,x\n0,5\n1,5\n2,5\n3,5\n4,5\n3,1\n";
    let table = typed(text, schema).unwrap_or_else(|problem| panic!("{problem}"));
    let persons = table.persons();
    assert_eq!((persons.of_row, persons.count), (vec![0, 1, 2, 3, 4, 3], 5));
    let Values::Numbers(numbers) = &table.columns[1].values else { panic!("numbers") };
    assert!(numbers[..5].iter().all(|x| (*x - 2.0).abs() < 1e-9), "other columns are coded");
}

fn leniently(text: &str, schema: &str) -> Result<Table> {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, "t.csv", text.as_bytes());
    read_leniently(&path, &Schema::parse(schema, "s").unwrap())
}

/// Ids that cannot be read, each a row of nobody's.
#[test]
fn rows_without_a_subject_are_known() {
    let schema = "missing = ['?']\n[columns.id]\nkind = 'integer'\nrole = 'subject'\n\
                  [columns.x]\nkind = 'integer'\n";
    let text = "id,x\n7,1\nZephyrine,1\n8,1\n99999999999999999999,1\n7,1\n?,1\n1.5,1\n";
    let persons = leniently(text, schema).unwrap_or_else(|problem| panic!("{problem}")).persons();
    assert_eq!(persons.unnamed, [1, 3, 5, 6]);
    assert_eq!((persons.of_row, persons.count), (vec![0, 1, 2, 3, 0, 4, 5], 6));
    let nobody = leniently("x\n1\n2\n", "[columns.x]\nkind = 'integer'\n");
    assert!(nobody.unwrap_or_else(|problem| panic!("{problem}")).persons().unnamed.is_empty());
}

/// Under a budget no record is a reason to refuse a file: not that there is none, nor that one looks like the line
/// of names; and codes, levels and bounds that came from the data change no value.
#[test]
fn lenient_reading_does_not_look_at_what_the_records_are() {
    let schema = "[columns.a]\nkind = 'integer'\n[columns.b]\nkind = 'categorical'\n";
    for (text, rows) in [("a,b\n", 0), ("a,b", 0), ("a,b\n1,x\na,b\n", 2)] {
        assert!(typed(text, schema).is_err(), "{text:?}");
        let table = leniently(text, schema).unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!((table.rows, table.columns.len()), (rows, 2));
        assert!(table.columns.iter().all(|column| column.values.len() == rows));
    }
    let twice = leniently("a,Zephyrine,Zephyrine\n1,2,3\n", schema).err().unwrap().to_string();
    assert!(twice.contains("must differ") && !twice.contains("Zephyrine"), "{twice}");
    assert!(leniently("a,b\n1\n", schema).is_err(), "a broken file is refused as ever");
    let from_data = "[columns.a]\nkind = 'integer'\nbottom = 3\ntop = 5\nsource = 'data'\n\
                     [columns.b]\nkind = 'categorical'\nlevels = ['x']\nsource = 'data'\n";
    let table =
        leniently("a,b\n1,x\n9,new\n", from_data).unwrap_or_else(|problem| panic!("{problem}"));
    let Values::Numbers(numbers) = &table.columns[0].values else { panic!("numbers") };
    assert!((numbers[0] - 1.0).abs() < 1e-9 && (numbers[1] - 9.0).abs() < 1e-9);
    let Values::Labels { levels, .. } = &table.columns[1].values else { panic!("labels") };
    assert_eq!(levels.len(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_number_of_threads_changes_nothing(rows in proptest::collection::vec((0_u8..120, "[a-d]{0,2}"), 1..80)) {
        let lines: String = rows.iter().map(|(age, code)| format!("{age},{code}\n")).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = write(&folder, "t.csv", format!("age,code\n{lines}").as_bytes());
        let text = "[columns.age]\nkind = 'integer'\ntop = 90\n[columns.code]\nkind = 'categorical'\n";
        let schema = Schema::parse(text, "s").unwrap();
        let digest = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| content_digest(&read(&path, Sample::Train, text).unwrap_or_else(|problem| panic!("{problem}")), &schema))
        };
        prop_assert_eq!(digest(1), digest(2));
    }
}

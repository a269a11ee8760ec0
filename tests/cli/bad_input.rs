//! Tables that are not what they should be: each refused with exit 2, a message that says what was
//! expected, found, where and what to do, no value of a record, and nothing written.

use std::io::Write;

use super::support::{CANARY, Case, Run};

const TABLES: [&str; 3] = ["train.csv", "holdout.csv", "release.csv"];

/// Replaces line 12 (one-based) of a text.
fn line_12(text: &str, change: impl Fn(&str) -> String) -> String {
    let line = |(at, line): (usize, &str)| if at == 11 { change(line) } else { line.to_owned() };
    text.lines().enumerate().map(|row| line(row) + "\n").collect()
}

#[test]
fn ragged_blank_and_half_written_lines_are_named() {
    type Damage = fn(String) -> String;
    let damages: [(Damage, &[&str]); 5] = [
        (
            |text| line_12(&text, |line| format!("{line},{CANARY}")),
            &["line 12 has 12 fields", "the first line has 11", "quote values"],
        ),
        (
            |text| {
                line_12(&text, |line| format!("{CANARY},{}", line.splitn(3, ',').last().unwrap()))
            },
            &["line 12 has 10 fields", "the first line has 11", "empty field"],
        ),
        (|text| line_12(&text, |line| format!("\n{line}")), &["line 12 is blank", "remove it"]),
        (|text| text + "90,F,\"" + CANARY, &["opens a quote that is never closed", "cut off"]),
        (|text| text + "90,F," + CANARY, &["has 3 fields", "cut off: write it again"]),
    ];
    for file in TABLES {
        for (damage, words) in damages {
            let case = Case::new();
            case.edit(file, damage);
            case.refused(&[], words).says(&[file]);
        }
    }
}

#[test]
fn other_encodings_are_named_with_the_way_to_convert() {
    let case = Case::new();
    let (korean, latin) = ("한국어 자료", "Zéphyrine Müller, née à Besançon");
    case.edit("train.csv", |text| text.replace("Circulatory", &format!("\"{korean}\"")));
    let cp949 = encoding_rs::EUC_KR.encode(&case.read("train.csv")).0.into_owned();
    case.write("train.csv", cp949);
    let run = case.refused(&[], &["train.csv", "not in UTF-8", "CP949", "iconv -f CP949 -t UTF-8"]);
    assert!(!run.stderr.contains(korean));

    let case = Case::new();
    case.edit("release.csv", |text| text.replace("Circulatory", &format!("\"{latin}\"")));
    let bytes = encoding_rs::WINDOWS_1252.encode(&case.read("release.csv")).0.into_owned();
    case.write("release.csv", bytes);
    case.refused(&[], &["release.csv", "not in UTF-8", "iconv -f WINDOWS-1252"]);

    let case = Case::new();
    let text = case.read("holdout.csv").replace("Circulatory", CANARY);
    let wide = text.encode_utf16().flat_map(u16::to_le_bytes);
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(wide).collect();
    case.write("holdout.csv", wide);
    case.refused(&[], &["holdout.csv", "not in UTF-8", "iconv -f UTF-16"]);
}

#[test]
fn files_without_rows_or_with_doubled_names() {
    for file in TABLES {
        let case = Case::new();
        case.write(file, "");
        case.refused(&[], &[file, "is empty", "expected a line of column names"]);
        case.write(file, " \n\n");
        case.refused(&[], &[file, "is empty"]);
        case.rows("leaky.csv", file, Vec::clear);
        case.refused(&[], &[file, "no row of data"]);
    }
    let case = Case::new();
    case.edit("release.csv", |text| text.replacen("lambda", "kappa", 1));
    case.refused(&[], &["release.csv", "column names must differ", "`kappa`"]);
}

#[test]
fn a_table_without_a_line_of_names_does_not_have_its_first_person_printed() {
    let case = Case::new();
    case.edit("train.csv", |text| text.split_once('\n').unwrap().1.replace("Circulatory", CANARY));
    let run = case.refused(&[], &["train.csv", "line"]);
    assert!(!run.stderr.contains("5.7"), "{run:?}");
}

#[test]
fn columns_that_the_schema_does_not_know_are_all_listed() {
    let case = Case::new();
    case.edit("train.csv", |text| text.replacen("futime", "fu_time", 1));
    case.edit("release.csv", |text| {
        let line = |line: &str| line.rsplit_once(',').unwrap().0.to_owned() + "\n";
        text.lines().map(line).collect()
    });
    case.edit("holdout.csv", |text| {
        let line = |(at, line): (usize, &str)| {
            format!("{line},{}\n", if at == 0 { "surname" } else { CANARY })
        };
        text.lines().enumerate().map(line).collect()
    });
    let words = [
        "4 mismatches",
        "train.csv: column `futime`: expected the column in the file, found no such column",
        "is it `fu_time` there?",
        "did you mean `futime`?",
        "release.csv: column `chapter`",
        "holdout.csv: column `surname`",
        "describe it there or remove it",
    ];
    case.refused(&[], &words);
}

#[test]
fn cells_that_are_no_numbers_are_counted_without_their_values() {
    for (cell, words) in [
        ("\"81,273\"", "thousands separators: write them without commas"),
        ("\"81,27\"", "decimal comma"),
        ("NaN", "NaN or infinity"),
        ("inf", "NaN or infinity"),
        ("-Infinity", "NaN or infinity"),
        ("1e999", "NaN or infinity"),
        ("81.273", "is the kind continuous?"),
        (CANARY, "something else: add it to `missing`"),
        ("81273", "at most 6000 (`upper`)"),
        ("-81273", "at least 0 (`lower`)"),
    ] {
        let case = Case::new();
        case.edit_rows("release.csv", |row, cells| {
            if row == 7 {
                cells[8] = cell.into();
            }
        });
        let run =
            case.refused(&[], &["release.csv: column `futime`", "fewer than 11 cells", words]);
        assert!(!run.stderr.contains("81") || cell == "inf", "{run:?}");
    }
}

#[test]
fn codes_in_the_release_against_words_in_the_real_table() {
    let case = Case::new();
    case.edit("schema.toml", |text| {
        let (before, listed) = text.split_once("levels = [\n").unwrap();
        format!("{before}{}", listed.split_once("]\n").unwrap().1)
    });
    case.edit_rows("release.csv", |_, cells| {
        cells[10] = if cells[10].is_empty() { String::new() } else { cells[10].len().to_string() };
    });
    case.refused(&[], &["column `chapter`", "categories of the real tables", "written otherwise"]);
    let case = Case::new();
    case.edit_rows("release.csv", |_, cells| cells[1] = u8::from(cells[1] == "F").to_string());
    case.refused(&[], &["column `sex`", "one of the 2 levels", "add the level"]);
}

#[test]
fn only_regular_files_are_read() {
    let case = Case::new();
    std::fs::create_dir(case.path("folder.csv")).unwrap();
    assert!(
        std::process::Command::new("mkfifo").arg(case.path("pipe.csv")).status().unwrap().success()
    );
    for flag in ["--real", "--holdout", "--synthetic"] {
        case.refused(&[flag, "folder.csv"], &["folder.csv", "is a folder"]);
        case.refused(&[flag, "/dev/null"], &["/dev/null", "regular file"]);
        case.refused(&[flag, "pipe.csv"], &["pipe.csv", "is a pipe", "regular file"]);
        case.refused(&[flag, "absent.csv"], &["absent.csv: no such file", "check the path"]);
    }
    for command in ["profile", "split"] {
        case.run(&[command, "pipe.csv"]).exits(2).says(&["is a pipe"]);
    }
    case.refused(&["--schema", "absent.toml"], &["absent.toml", "cannot read"]);
    case.refused(&["--schema", "folder.csv"], &["folder.csv", "cannot read"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let case = Case::new();
    let path = case.path("train.csv");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&path).is_ok() {
        // Root reads everything: then the audit works, and says so.
        case.audit(&[]).exits(0);
    } else {
        case.refused(&[], &["train.csv", "may not be read", "chmod u+r"]);
    }
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn archives_and_parquet_files_cut_short_anywhere() {
    let case = Case::new();
    case.convert("release.csv", "whole.parquet");
    let parquet = std::fs::read(case.path("whole.parquet")).unwrap();
    let text = case.read("release.csv");
    let wholes = [
        ("cut.csv.gz", gz(text.as_bytes())),
        ("cut.csv.zst", zstd::encode_all(text.as_bytes(), 1).unwrap()),
        ("cut.parquet", parquet.clone()),
    ];
    for (name, whole) in &wholes {
        for part in [whole.len() / 3, whole.len() - 5, whole.len() - 1] {
            case.write(name, &whole[..part]);
            case.refused(&["--synthetic", name], &[name, "half written"]);
        }
    }
    // Whole at both ends and hollow between.
    for (from, to) in [(100, 9000), (parquet.len() - 3000, parquet.len() - 500)] {
        case.write("cut.parquet", [&parquet[..from], &parquet[to..]].concat());
        let run = case.refused(&["--synthetic", "cut.parquet"], &["cut.parquet", "write it again"]);
        assert!(!run.stderr.contains("bug"), "{run:?}");
    }
    case.write("twice.csv.gz", gz(&gz(text.as_bytes())));
    case.refused(&["--synthetic", "twice.csv.gz"], &["compressed twice"]);
}

#[test]
fn the_other_commands_refuse_the_same_tables() {
    let case = Case::new();
    case.edit("train.csv", |text| line_12(&text, |line| format!("{line},{CANARY}")));
    let refused = |run: Run| {
        run.exits(2).says(&["train.csv", "line 12 has 12 fields"]);
        assert!(run.stdout.is_empty() && !run.stderr.contains(CANARY), "{run:?}");
    };
    let before = case.names();
    refused(case.run(&["profile", "train.csv", "-o", "new.toml"]));
    refused(case.run(&["split", "train.csv"]));
    refused(case.run(&["init", "--real", "train.csv", "--synthetic", "release.csv", "--dir", "x"]));
    assert_eq!(case.names(), before);
}

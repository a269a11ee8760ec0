//! Proposing a `schema.toml` for a person to review.
//!
//! A proposal shows no value of a record: bounds are coarsened outward, and categories, which can be
//! rare enough to name a person, are not listed.

mod guess;
mod role;

use std::fmt::Write as _;

use self::guess::{Guess, guess};
use super::{ColumnKind, RawTable, Role};

/// Texts that mean "missing" in the files people have.
const TOKENS: [&str; 12] =
    ["", "?", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", ".", "#N/A"];

const HEAD: &str = "\
# A schema proposed by `dosimeter profile`. Read every line, correct it, and put your name below: an
# empty `reviewed-by` is reported as a caveat of every verdict.
#   kind: continuous | integer | ordinal | categorical | boolean | datetime | text
#   role: direct-identifier | quasi-identifier | sensitive | subject | other
# Bounds marked `source = \"data\"` were read from the data and rounded outward. Replace them by public
# ones (a questionnaire, a code book, a law) and cite these before making differentially private data.
# Categories are not listed here, because a rare one can point at a person. Where a public list
# exists, add it: levels = [\"first\", \"second\"]   (in rank order for kind = \"ordinal\")
";

/// Proposes a commented `schema.toml` under which `raw` reads without a mismatch.
#[must_use]
pub fn profile(raw: &RawTable) -> String {
    let missing = tokens(raw);
    let guesses: Vec<Guess> =
        (0..raw.columns().len()).map(|place| guess(raw, place, &missing)).collect();
    let roles = role::propose(raw, &guesses);
    let listed: Vec<String> = missing.iter().map(|token| quoted(token)).collect();
    let mut text = format!("{HEAD}reviewed-by = \"\"\n\n");
    text.push_str("# Texts that mean \"missing\" in every column. Make sure that none of them is an answer.\n");
    text.push_str(&format!("missing = [{}]\n", listed.join(", ")));
    for ((name, guess), role) in raw.columns().iter().zip(&guesses).zip(roles) {
        column(&mut text, name, guess, role);
    }
    text
}

/// The tokens that occur; the empty text always, so that a file without a gap may be followed by one with.
fn tokens(raw: &RawTable) -> Vec<&'static str> {
    let occurs = |token: &&str| {
        let is = |text: Option<&str>| text.is_some_and(|text| text.trim_ascii() == *token);
        token.is_empty() || (0..raw.columns().len()).any(|place| raw.texts(place).any(is))
    };
    TOKENS.into_iter().filter(occurs).collect()
}

fn column(text: &mut String, name: &str, guess: &Guess, role: Role) {
    let mut line = |line: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    };
    line("");
    line(&format!("[columns.{}]", key(name)));
    for note in &guess.notes {
        line(&format!("# {note}"));
    }
    line(&format!("kind = \"{}\"", guess.kind.name()));
    if matches!(role, Role::Subject | Role::DirectIdentifier) {
        line(
            "# Guessed from the name. It is not compared between records: make sure that this is right.",
        );
    }
    line(&format!("role = \"{}\"", role.name()));
    // The range of a key says nothing about persons to come, and would refuse the next file.
    let bounds =
        guess.bounds.as_ref().filter(|_| !matches!(role, Role::Subject | Role::DirectIdentifier));
    if let Some((lower, upper)) = bounds {
        line(&format!("lower = {lower}"));
        line(&format!("upper = {upper}"));
    }
    if let (Some(step), true) = (&guess.step, bounds.is_some()) {
        line(&format!("step = {step}"));
    }
    if bounds.is_some() {
        line("source = \"data\"  # rounded outward; replace by public bounds");
    } else if guess.kind == ColumnKind::Categorical {
        line("# levels = []  # add the public list of categories, with its source");
    }
}

/// A TOML key: bare where it can be.
fn key(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if name.bytes().all(bare) { name.to_owned() } else { quoted(name) }
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            _ if letter.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(letter))),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::table::{Sample, Schema, read_raw, type_table};

    fn read(text: &str) -> RawTable {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, text).unwrap();
        read_raw(&path).unwrap()
    }

    /// The proposal parses and the same file reads under it.
    fn round_trip(raw: &RawTable) -> (Schema, String) {
        let text = profile(raw);
        let schema = Schema::parse(&text, "schema.toml").unwrap();
        if let Err(problem) = type_table(raw, Sample::Train, &schema) {
            panic!("{problem}\n{text}");
        }
        (schema, text)
    }

    #[test]
    fn every_kind_is_recognised_and_reads_back() {
        let mut text =
            "id,age,bmi,smoker,visit,zip,note,\"odd \"\"name\"\"\",empty,big,year\n".to_owned();
        for row in 0..400_u64 {
            let (age, bmi, smoker) =
                (18 + row % 70, 20.0 + (row % 97) as f64 / 8.0, ["Yes", "no"][row as usize % 2]);
            let (day, zip, big) = (1 + row % 28, row % 30, 12_345_678_901_234_567 + row);
            text += &format!(
                "{},{age},{bmi},{smoker},2024-02-{day:02},0{zip:04},{row} words of one person,?,,{big},{}\n",
                row / 2,
                1990 + row % 9
            );
        }
        let (schema, text) = round_trip(&read(&text));
        let kinds: Vec<&str> =
            schema.columns.iter().map(|(_, column)| column.kind.name()).collect();
        let expected = [
            "integer",
            "integer",
            "continuous",
            "boolean",
            "datetime",
            "categorical",
            "text",
            "text",
            "text",
            "text",
            "integer",
        ];
        assert_eq!(kinds, expected);
        assert_eq!(schema.subject(), Some("id"));
        assert_eq!(schema.column("age").map(|column| column.role), Some(Role::QuasiIdentifier));
        assert_eq!(schema.column("id").and_then(|column| column.upper), None);
        assert_eq!(schema.missing, ["", "?"]);
        for personal in ["words of one person", "12345678901234567", "2024-02-", "00012", " 87"] {
            assert!(!text.contains(personal), "{personal}\n{text}");
        }
    }

    #[test]
    fn real_data_reads_under_its_own_profile() {
        let Some(folder) = std::env::var_os("DOSIMETER_DATA") else { return };
        let mut files: Vec<PathBuf> = Vec::new();
        for inner in std::fs::read_dir(Path::new(&folder))
            .unwrap()
            .flatten()
            .filter(|entry| entry.path().is_dir())
        {
            files.extend(
                std::fs::read_dir(inner.path()).unwrap().flatten().map(|entry| entry.path()),
            );
        }
        files.retain(|file| file.extension().is_some_and(|extension| extension == "csv"));
        assert!(!files.is_empty());
        for file in files {
            round_trip(&read_raw(&file).unwrap());
        }
    }
}

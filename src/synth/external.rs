//! A generator that is a command: SDV, synthpop, a script, anything that reads a table and writes one.
//!
//! # Method
//! The command is split into words like a line of a POSIX shell and started without a shell, so that
//! nothing in it is expanded but its placeholders: `{train}` (a CSV file of the records to learn from),
//! `{rows}` (how many to make), `{seed}` (a whole number below 2³¹), `{synthetic}` (the file to write),
//! and, for a generator with differential privacy, `{epsilon}` and `{delta}` (what it is asked for).
//! It works in this program's folder, reads nothing from the terminal, and is given the columns of the
//! schema without direct identifiers, in canonical texts.
//!
//! # What it protects
//! Whatever the command protects. What it is shown and what it makes lies in a folder that only its
//! owner can read, and is removed with it; what it prints goes there, too, and nowhere else.
//!
//! # What it does not protect
//! A command is trusted with the records: it can copy them anywhere.

#[cfg(unix)]
mod process;

use std::path::Path;
use std::time::{Duration, Instant};

use super::Claim;
use crate::error::{Error, Result};
use crate::file::{Access, temporary_folder, write_atomically};
use crate::table::{Role, Sample, Schema, Table, read_tables, write_table};

/// Bytes that a run may write, whatever it was given, and how often as much as it was given.
const BYTES: (u64, u64) = (64 << 20, 50);

/// A command with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    words: Vec<Vec<Piece>>,
    /// The command as it was written.
    text: String,
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(Place),
}

/// What stands for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Train,
    Rows,
    Seed,
    Synthetic,
    Epsilon,
    Delta,
}

const PLACES: [(&str, Place); 6] = [
    ("train", Place::Train),
    ("rows", Place::Rows),
    ("seed", Place::Seed),
    ("synthetic", Place::Synthetic),
    ("epsilon", Place::Epsilon),
    ("delta", Place::Delta),
];

/// What one run is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order<'a> {
    /// How many rows, at least.
    pub(super) rows: usize,
    /// The seed it is told.
    pub(super) seed: u32,
    /// The privacy it is asked for.
    pub(super) claim: Option<Claim>,
    /// How long it may take.
    pub(super) limit: Duration,
    /// When all runs together end.
    pub(super) until: Instant,
    /// Where what a failed run printed on its standard error is kept.
    pub(super) keep: Option<&'a Path>,
}

impl External {
    /// Parses a command line.
    ///
    /// # Errors
    /// [`Error::Usage`] when it is empty, a quote is open, a placeholder is unknown, or `{train}` or
    /// `{synthetic}` is missing.
    pub fn parse(line: &str) -> Result<Self> {
        let refuse = |problem: String| Error::Usage(format!("generator: {problem}"));
        let words = shlex::split(line).ok_or_else(|| {
            refuse("expected a command line, found a quote that is not closed".into())
        })?;
        let words = words.iter().map(|word| pieces(word)).collect::<Result<Vec<_>, _>>();
        let words = words.map_err(refuse)?;
        if words.is_empty() {
            return Err(refuse("expected a command, found nothing".into()));
        }
        let all = || words.iter().flatten();
        for (name, place) in [PLACES[0], PLACES[3]] {
            if !all().any(|piece| *piece == Piece::Place(place)) {
                return Err(refuse(format!(
                    "expected {{{name}}} in the command, as in 'prog --in {{train}} --rows {{rows}} \
                     --seed {{seed}} --out {{synthetic}}'"
                )));
            }
        }
        Ok(Self { words, text: line.to_owned() })
    }

    /// The command as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file name of the program, without its folder.
    #[must_use]
    pub fn program(&self) -> String {
        let first = self.words.first().map(|word| fill(word, |_| String::new()));
        let first = first.unwrap_or_default();
        Path::new(&first).file_name().map_or(first.clone(), |name| name.to_string_lossy().into())
    }

    /// Whether it is told a seed: otherwise no audit with it can be repeated.
    #[must_use]
    pub fn is_seeded(&self) -> bool {
        self.words.iter().flatten().any(|piece| *piece == Piece::Place(Place::Seed))
    }

    /// Whether it is told an ε: otherwise nobody can ask for half its noise.
    #[must_use]
    pub fn takes_epsilon(&self) -> bool {
        self.words.iter().flatten().any(|piece| *piece == Piece::Place(Place::Epsilon))
    }

    /// Whether it is told an ε or a δ.
    fn takes_claim(&self) -> bool {
        let told = |piece: &Piece| matches!(piece, Piece::Place(Place::Epsilon | Place::Delta));
        self.words.iter().flatten().any(told)
    }

    /// Runs the command on `train` and reads what it made.
    pub(super) fn make(&self, train: &Table, schema: &Schema, order: Order<'_>) -> Result<Table> {
        let claim = match order.claim {
            None if self.takes_claim() => {
                return Err(failed(
                    "is told {epsilon} or {delta}, and nothing claims them: expected a manifest beside \
                     the release, or --epsilon and --delta",
                ));
            }
            claim => claim.unwrap_or(Claim { epsilon: 0.0, delta: 0.0 }),
        };
        let folder = temporary_folder()?;
        let (given, made) = (folder.path().join("train.csv"), folder.path().join("synthetic.csv"));
        write_table(&shown(train), schema, &given)?;
        let written = |place| match place {
            Place::Train => given.display().to_string(),
            Place::Rows => order.rows.to_string(),
            Place::Seed => order.seed.to_string(),
            Place::Synthetic => made.display().to_string(),
            Place::Epsilon => claim.epsilon.to_string(),
            Place::Delta => claim.delta.to_string(),
        };
        let words: Vec<String> = self.words.iter().map(|word| fill(word, written)).collect();
        let table =
            run(&words, folder.path(), &given, order).and_then(|()| read(&made, schema, order));
        if let (Err(_), Some(keep)) = (&table, order.keep) {
            keep_stderr(&folder.path().join("stderr"), keep);
        }
        table
    }
}

/// The parts of a word. Braces around anything but lower-case letters are text.
fn pieces(word: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let (mut text, mut rest) = (String::new(), word);
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        text.push_str(before);
        let name: &str = after[1..].split('}').next().unwrap_or_default();
        let closed = after[1..].starts_with(&format!("{name}}}"));
        if !closed || name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        {
            text.push('{');
            rest = &after[1..];
            continue;
        }
        let Some((_, place)) = PLACES.iter().find(|(known, _)| *known == name) else {
            let known = PLACES.map(|(known, _)| format!("{{{known}}}")).join(", ");
            return Err(format!("unknown placeholder {{{name}}}: expected one of {known}"));
        };
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        pieces.push(Piece::Place(*place));
        rest = &after[name.len() + 2..];
    }
    text.push_str(rest);
    if !text.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

fn fill(word: &[Piece], written: impl Fn(Place) -> String) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Place(place) => written(*place),
    };
    word.iter().map(piece).collect()
}

/// What a generator is shown of a table: no direct identifier.
fn shown(train: &Table) -> Table {
    let kept = |column: &&crate::table::Column| column.schema.role != Role::DirectIdentifier;
    let column =
        |column: &crate::table::Column| super::replaced(column, super::copied(&column.values));
    let columns = train.columns.iter().filter(kept).map(column).collect();
    Table { sample: train.sample, columns, rows: train.rows }
}

fn failed(problem: impl Into<String>) -> Error {
    Error::Generator(problem.into())
}

#[cfg(unix)]
fn run(words: &[String], folder: &Path, given: &Path, order: Order<'_>) -> Result<()> {
    use self::process::{Bounds, Ended};
    let size = std::fs::metadata(given).map_or(0, |about| about.len());
    let own = Instant::now() + order.limit;
    let bounds =
        Bounds { until: own.min(order.until), bytes: BYTES.0.max(size.saturating_mul(BYTES.1)) };
    // The system's reason names the program at most, never what it was given.
    let ended = process::run(words, folder, bounds)
        .map_err(|source| failed(format!("could not be run: {}", source.kind())))?;
    match ended {
        Ended::Itself(status) if status.success() => Ok(()),
        Ended::Itself(status) => Err(failed(match status.code() {
            Some(code) => format!("ended with exit code {code}: expected 0"),
            None => "was ended by a signal: expected exit code 0".to_owned(),
        })),
        Ended::Late if own <= order.until => Err(failed(format!(
            "did not end within {} s and was stopped (run-seconds)",
            order.limit.as_secs_f64()
        ))),
        Ended::Late => Err(out_of_time()),
        Ended::Large => Err(failed(format!(
            "wrote more than {} MB and was stopped: expected a table of the rows asked for",
            bounds.bytes >> 20
        ))),
    }
}

#[cfg(not(unix))]
fn run(_: &[String], _: &Path, _: &Path, _: Order<'_>) -> Result<()> {
    Err(failed("cannot be run here: commands need a system with process groups"))
}

/// The time for all runs is over.
pub(super) fn out_of_time() -> Error {
    failed(
        "used up the time for all runs (seconds); with --generator-state finished \
         runs are kept, and the next audit goes on from there",
    )
}

/// The table that a command has made.
fn read(made: &Path, schema: &Schema, order: Order<'_>) -> Result<Table> {
    if !made.exists() {
        return Err(failed("ended well and wrote no table: expected one at {synthetic}"));
    }
    let tables = read_tables(&[(Sample::Synthetic, made)], schema);
    let mut tables = tables.map_err(|error| failed(unreadable(&error, made, schema)))?;
    let table = tables.pop().ok_or_else(|| failed("wrote a table that could not be read"))?;
    if table.rows < order.rows {
        return Err(failed(format!(
            "made too few rows: expected {}, found {}",
            order.rows, table.rows
        )));
    }
    Ok(table)
}

/// Why a table could not be read, naming no file and no column but the schema's: a name in a table that
/// is not what it should be may be a person's value.
fn unreadable(error: &Error, made: &Path, schema: &Schema) -> String {
    let text = error.to_string().replace(&made.display().to_string(), "its table");
    let quoted = |(place, part): (usize, &str)| {
        if place % 2 == 0 || schema.column(part).is_some() { part.to_owned() } else { "…".into() }
    };
    let parts: Vec<String> = text.split('`').enumerate().map(quoted).collect();
    format!("made a table that does not fit the schema: {}", parts.join("`"))
}

/// Keeps what a failed run printed, for its owner only. A failure to keep it hides no other.
fn keep_stderr(from: &Path, folder: &Path) {
    if let Ok(text) = std::fs::read(from) {
        let end = text.len().saturating_sub(1 << 20);
        let _ = write_atomically(&folder.join("generator-stderr.txt"), Access::Private, |out| {
            out.write_all(&text[end..])
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::table;

    const SCHEMA: &str = "[columns.id]\nkind = 'text'\nrole = 'subject'\n\
                          [columns.name]\nkind = 'text'\nrole = 'direct-identifier'\n\
                          [columns.x]\nkind = 'integer'\n[columns.c]\nkind = 'categorical'\n";
    const REAL: &str = "id,name,x,c\np1,Ann,1,a\np2,Bob,2,\"b, c\"\np3,Eve,,a\n";

    fn make(script: &str, rows: usize, seconds: f64) -> Result<Table> {
        let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
        let train = table(REAL, Sample::Train, &schema);
        let line = format!("sh -c {} sh {{train}} {{rows}} {{seed}} {{synthetic}}", quoted(script));
        let order = Order {
            rows,
            seed: 17,
            claim: None,
            limit: Duration::from_secs_f64(seconds),
            until: Instant::now() + Duration::from_secs(60),
            keep: None,
        };
        External::parse(&line).unwrap().make(&train, &schema, order)
    }

    fn quoted(text: &str) -> String {
        shlex::try_quote(text).unwrap().into_owned()
    }

    fn problem(script: &str) -> String {
        let Err(error) = make(script, 2, 20.0) else { panic!("{script}: no error") };
        error.to_string()
    }

    #[test]
    fn words_are_split_like_a_shell_line_and_nothing_else_is_expanded() {
        let external =
            External::parse("prog 'a b' --in={train} $HOME {\"k\":1} {synthetic}").unwrap();
        let words: Vec<String> =
            external.words.iter().map(|word| fill(word, |place| format!("<{place:?}>"))).collect();
        assert_eq!(words, ["prog", "a b", "--in=<Train>", "$HOME", "{k:1}", "<Synthetic>"]);
        assert_eq!(external.program(), "prog");
        assert!(!external.is_seeded());
    }

    #[test]
    fn a_line_that_cannot_work_is_refused_with_what_was_expected() {
        for (line, words) in [
            ("", "found nothing"),
            ("prog 'a {train} {synthetic}", "quote"),
            ("prog {train} {synthetik}", "unknown placeholder {synthetik}"),
            ("prog {synthetic}", "expected {train}"),
            ("prog {train}", "expected {synthetic}"),
        ] {
            let problem = External::parse(line).unwrap_err().to_string();
            assert!(problem.contains(words), "{line}: {problem}");
        }
    }

    /// The identifier is gone; what is left is written and read back as it was.
    #[test]
    fn a_command_is_given_the_records_without_identifiers_and_its_table_is_read() {
        let script = "test \"$(head -n 1 $1)\" = id,x,c && test $2$3 = 217 && cp $1 $4";
        let made = make(script, 2, 20.0).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((made.rows, made.columns.len()), (3, 3));
    }

    #[test]
    fn every_failure_says_what_was_expected_and_no_value() {
        for (script, words) in [
            ("exit 3", "exit code 3: expected 0"),
            ("kill -9 $$", "ended by a signal"),
            ("true", "wrote no table"),
            ("head -n 2 $1 > $4", "too few rows: expected 2, found 1"),
            ("echo Ann Smith > $4; echo Bob >> $4", "does not fit the schema"),
            ("echo x,c,Zephyrine > $4; echo 1,a,2 >> $4; echo 1,a,2 >> $4", "does not fit"),
            ("echo x,c > $4; echo Zephyrine,a >> $4; echo 1,a >> $4", "column `x`"),
            ("mkdir $4", "does not fit the schema"),
        ] {
            let problem = problem(script);
            assert!(problem.contains(words), "{script}: {problem}");
            for value in ["Zephyrine", "Ann", "/tmp"] {
                assert!(!problem.contains(value), "{script}: {problem}");
            }
        }
    }

    #[test]
    fn a_command_that_hangs_is_late() {
        let Err(error) = make("sleep 600", 2, 0.2) else { panic!("no error") };
        assert!(error.to_string().contains("did not end within 0.2 s"), "{error}");
    }
}

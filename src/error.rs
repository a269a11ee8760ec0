//! One error type by kind. Messages are lowercase fragments that say what was expected, what was
//! found, where (file, line, column name) and what to do, and never hold a value of a record.

use std::path::{Path, PathBuf};

/// What a fallible function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can stop a judgement. All kinds end in exit code 2: "could not judge".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The arguments or configuration ask for something impossible.
    #[error("{0}")]
    Usage(String),
    /// An attack has nothing to look at in these tables, which says nothing about them.
    #[error("{0}")]
    NotApplicable(String),
    /// A file was read but is not what it should be: ragged, wrongly encoded, empty, half written.
    #[error("{}: {problem}", file.display())]
    Input {
        /// The file as the user named it.
        file: PathBuf,
        /// What was expected, what was found, what to do. Holds no record value.
        problem: String,
    },
    /// Tables and schema disagree; every disagreement is listed.
    #[error("{}", list(.0))]
    Mismatch(Vec<Mismatch>),
    /// A TOML file (schema, policy, waivers, audit) is not valid at a known place.
    #[error("{file}:{line}: {problem}")]
    Config {
        /// The file as the user named it, or the name of a preset.
        file: String,
        /// One-based line.
        line: usize,
        /// What was expected, what was found, what to do.
        problem: String,
    },
    /// A generator under audit did not do what it was asked: it crashed, was late, wrote no table or
    /// one that is not what it should be.
    #[error("the generator {0}")]
    Generator(String),
    /// The operating system refused.
    #[error("{}: cannot {action}: {source}", file.display())]
    Io {
        /// The file as the user named it.
        file: PathBuf,
        /// The verb: "read", "write", "create".
        action: &'static str,
        /// The system's own reason.
        source: std::io::Error,
    },
}

impl Error {
    /// An [`Error::Input`] about `file`.
    pub fn input(file: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        Self::Input { file: file.as_ref().to_path_buf(), problem: problem.into() }
    }

    /// An [`Error::Config`] at the byte `offset` of `text`, which was read from `file`.
    pub fn config(file: &str, text: &str, offset: usize, problem: impl Into<String>) -> Self {
        let line = 1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
        Self::Config { file: file.to_owned(), line, problem: problem.into() }
    }

    /// An [`Error::Io`] about `file`.
    pub fn io(file: impl AsRef<Path>, action: &'static str, source: std::io::Error) -> Self {
        Self::Io { file: file.as_ref().to_path_buf(), action, source }
    }
}

/// One disagreement between a table and the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The file as the user named it.
    pub file: PathBuf,
    /// The column's name.
    pub column: String,
    /// What the schema asks for.
    pub expected: String,
    /// What the file holds, in words: never a value.
    pub found: String,
}

fn list(mismatches: &[Mismatch]) -> String {
    let mut text = format!(
        "the tables do not fit the schema ({} {})",
        mismatches.len(),
        if mismatches.len() == 1 { "mismatch" } else { "mismatches" }
    );
    for m in mismatches {
        text.push_str(&format!(
            "\n  {}: column `{}`: expected {}, found {}",
            m.file.display(),
            m.column,
            m.expected,
            m.found
        ));
    }
    text
}

//! The record of what has been spent on one file of real records, kept beside it.
//!
//! Every synthesis of the same people's records costs, released or not: a run that is repeated until an audit
//! is content has spent what all its attempts together have. So the whole ρ of a run is written down and on
//! disk *before* its first noise is drawn. A run that is killed has spent it; two runs at once both count, since
//! the record is changed under a lock. The record belongs to the file and not to its content: a table that was
//! edited still holds the same people. Who moves or deletes the record takes the sum over all of them into
//! their own hands.
//!
//! It is for its owner's eyes (mode 0600). Of each run it holds a keyed fingerprint (HMAC-SHA-256) of the
//! table, so that one can tell whether two runs read the same rows; the key stands in the record and nowhere
//! else, so that a fingerprint that gets about confirms nobody's guess of a row.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use rand::TryRng;
use rand::rngs::SysRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::accountant::Budget;
use super::convert::epsilon_of;
use super::round::{sum_up, up};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::file::{Access, write_atomically};

/// What is appended to the name of the real table.
pub const SUFFIX: &str = ".privacy-budget.json";

/// The version of the record's format.
const FORMAT: u32 = 1;

const ABOUT: &str = "Privacy budget spent on the file beside this one, by every synthesis of it, released or \
                     not. Keep it with that file and private: without it nobody knows what is left.";

/// A place to put one synthesis on record.
#[derive(Debug, Clone)]
pub struct Spending {
    path: PathBuf,
    method: String,
    table: Digest,
    most: Option<f64>,
}

/// What all syntheses on record have spent together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Total {
    /// How many.
    pub syntheses: u64,
    /// The sum of their ρ.
    pub rho: f64,
    /// The ε that they imply together at `delta`.
    pub epsilon: f64,
    /// The δ of the last one, and what all thresholds add.
    pub delta: f64,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Record {
    format: u32,
    about: String,
    /// The key of the fingerprints, in hexadecimal digits.
    key: Digest,
    /// The ε that all syntheses together must not exceed, if a limit was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    most_epsilon: Option<f64>,
    syntheses: Vec<Synthesis>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Synthesis {
    time: String,
    method: String,
    epsilon: f64,
    delta: f64,
    rho: f64,
    threshold_delta: f64,
    fingerprint: Digest,
}

impl Spending {
    /// A synthesis by `method` of the file `real`, whose content has the digest `table`.
    #[must_use]
    pub fn beside(real: &Path, method: &str, table: Digest) -> Self {
        let mut name = real.as_os_str().to_owned();
        name.push(SUFFIX);
        Self::at(Path::new(&name), method, table)
    }

    /// The same, on record at `path`: for real tables in a folder that must not be written to.
    #[must_use]
    pub fn at(path: &Path, method: &str, table: Digest) -> Self {
        Self { path: path.to_path_buf(), method: method.to_owned(), table, most: None }
    }

    /// The same, with a limit: the record refuses whatever would bring all syntheses together above this ε, now
    /// and in later runs.
    #[must_use]
    pub fn at_most(self, epsilon: Option<f64>) -> Self {
        Self { most: epsilon, ..self }
    }

    /// Where the record is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the synthesis on record: on disk when it returns.
    pub(super) fn charge(self, budget: Budget, rho: f64, threshold_delta: f64) -> Result<Total> {
        let lock = self.lock()?;
        let mut record = self.read()?;
        record.most_epsilon = match (record.most_epsilon, self.most) {
            (Some(before), Some(now)) => Some(before.min(now)),
            (before, now) => before.or(now),
        };
        record.syntheses.push(Synthesis {
            time: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            method: self.method.clone(),
            epsilon: budget.epsilon,
            delta: budget.delta,
            rho,
            threshold_delta,
            fingerprint: fingerprint(&record.key, &self.table),
        });
        let total = record.total();
        if let Some(most) = record.most_epsilon
            && !(total.epsilon <= most)
        {
            return Err(self.refused(&total, most));
        }
        let text = serde_json::to_string_pretty(&record)
            .map_err(|_| Error::input(&self.path, "the record cannot be written as JSON"))?;
        write_atomically(&self.path, Access::Private, |out| out.write_all(text.as_bytes()))?;
        drop(lock);
        Ok(total)
    }

    /// Another process that charges the same record waits here. The lock is a file of its own, since the record
    /// is replaced; the system lets go of it when a process ends, however it ends.
    fn lock(&self) -> Result<File> {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".lock");
        let refused = |source: std::io::Error| match source.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Error::input(
                &self.path,
                "the record of spent budget cannot be written here: name another place with \
                 --spent FILE, and always the same one for this table",
            ),
            _ => Error::io(&self.path, "write", source),
        };
        let file = File::options().create(true).truncate(false).write(true).open(&name);
        let file = file.map_err(refused)?;
        file.lock().map_err(refused)?;
        Ok(file)
    }

    /// What is on record, or a new record with a new key.
    fn read(&self) -> Result<Record> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return new_record(),
            Err(source) => return Err(Error::io(&self.path, "read", source)),
        };
        let record: Record = serde_json::from_str(&text).map_err(|error| {
            Error::input(
                &self.path,
                format!(
                    "expected the record of spent budget that dosimeter wrote, found something else in \
                     line {}: put back the last good copy; without it nobody knows what is left",
                    error.line()
                ),
            )
        })?;
        let sound = |one: &Synthesis| {
            one.rho.is_finite() && one.rho >= 0.0 && (0.0..1.0).contains(&one.threshold_delta)
        };
        if record.format != FORMAT || !record.syntheses.iter().all(sound) {
            let problem = "a record of another version, or with a cost that is none: put back the last \
                           good copy";
            return Err(Error::input(&self.path, problem));
        }
        Ok(record)
    }

    fn refused(&self, total: &Total, most: f64) -> Error {
        let problem = format!(
            "the limit is spent: with this synthesis all {} together would have ε = {:.6}, and the \
             limit is {most}; nothing was drawn",
            total.syntheses, total.epsilon
        );
        Error::input(&self.path, problem)
    }
}

impl Record {
    fn total(&self) -> Total {
        let rho = sum_up(self.syntheses.iter().map(|one| one.rho));
        let thresholds = sum_up(self.syntheses.iter().map(|one| one.threshold_delta));
        let last = self.syntheses.last();
        let delta = last.map_or(0.0, |one| one.delta - one.threshold_delta);
        Total {
            syntheses: self.syntheses.len() as u64,
            rho,
            epsilon: epsilon_of(rho, delta),
            delta: up(delta + thresholds),
        }
    }
}

fn new_record() -> Result<Record> {
    let mut key = [0; 32];
    SysRng.try_fill_bytes(&mut key).map_err(|refused| {
        Error::io("the system's random source", "read", std::io::Error::other(refused))
    })?;
    Ok(Record {
        format: FORMAT,
        about: ABOUT.to_owned(),
        key: Digest(key),
        most_epsilon: None,
        syntheses: Vec::new(),
    })
}

fn fingerprint(key: &Digest, table: &Digest) -> Digest {
    // The key fills the first half of a block of 64 bytes, as RFC 2104 pads it.
    let mut block = [0; 64];
    block[..32].copy_from_slice(&key.0);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(&table.0);
    Digest(mac.finalize().into_bytes().into())
}

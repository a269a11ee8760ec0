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

use std::cmp::Ordering;
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
    pub(super) fn charge(&self, budget: Budget, rho: f64, threshold_delta: f64) -> Result<Total> {
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
            && exceeds(total.epsilon, most)
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

/// Whether it is above the limit; NaN is.
fn exceeds(epsilon: f64, most: f64) -> bool {
    matches!(epsilon.partial_cmp(&most), None | Some(Ordering::Greater))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::dp::convert::rho_of;

    const BUDGET: Budget = Budget { epsilon: 1.0, delta: 1e-6 };

    fn spending(folder: &Path, table: &[u8]) -> Spending {
        Spending::beside(&folder.join("train.csv"), "mst", Digest::of(table))
    }

    fn rho() -> f64 {
        rho_of(BUDGET.epsilon, BUDGET.delta)
    }

    /// ρ adds up: two syntheses of ε = 1 are not ε = 2 at the same δ, but the ε of 2ρ.
    #[test]
    fn every_synthesis_counts_whatever_became_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = spending(folder.path(), b"t").charge(BUDGET, rho(), 0.0).unwrap();
        assert!(first.syntheses == 1 && (first.epsilon - 1.0).abs() < 1e-9);
        // An edited table holds the same people.
        let second = spending(folder.path(), b"edited").charge(BUDGET, rho(), 1e-7).unwrap();
        assert_eq!(second.syntheses, 2);
        assert!((second.rho - 2.0 * rho()).abs() < 1e-12);
        assert!(second.epsilon > 1.3 && second.epsilon < 2.0);
        assert!((second.delta - 1e-6).abs() < 1e-15);
    }

    #[test]
    fn a_limit_holds_for_later_runs_too() {
        let folder = tempfile::tempdir().unwrap();
        let charge = |most| spending(folder.path(), b"t").at_most(most).charge(BUDGET, rho(), 0.0);
        assert!(charge(Some(1.2)).is_ok());
        let refused = charge(None).unwrap_err().to_string();
        assert!(refused.contains("nothing was drawn"), "{refused}");
        assert!(charge(Some(9.0)).is_err(), "a limit is not raised by asking");
    }

    /// Sixteen threads, as sixteen processes would: nothing is lost between reading and writing.
    #[test]
    fn two_runs_at_once_both_count() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| spending(folder.path(), b"t").charge(BUDGET, 0.001, 0.0).unwrap());
            }
        });
        let total = spending(folder.path(), b"t").charge(BUDGET, 0.001, 0.0).unwrap();
        assert_eq!(total.syntheses, 17);
        assert!((total.rho - 0.017).abs() < 1e-9);
    }

    #[test]
    fn a_damaged_record_stops_everything() {
        let folder = tempfile::tempdir().unwrap();
        spending(folder.path(), b"t").charge(BUDGET, rho(), 0.0).unwrap();
        let path = spending(folder.path(), b"t").path().to_path_buf();
        let whole = std::fs::read_to_string(&path).unwrap();
        for damaged in
            [&whole[..whole.len() / 2], "", "{}", &whole.replace("\"rho\": 0", "\"rho\": -0")]
        {
            std::fs::write(&path, damaged).unwrap();
            let refused = spending(folder.path(), b"t").charge(BUDGET, rho(), 0.0);
            assert!(refused.unwrap_err().to_string().contains("last good copy"));
        }
    }

    /// The fingerprint is HMAC-SHA-256: RFC 4231, test case 2, with its key padded to 32 bytes by zeros, which
    /// RFC 2104 pads with zeros anyway.
    #[test]
    fn fingerprints_are_keyed() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&{
            let mut block = [0; 64];
            block[..32].copy_from_slice(&key);
            block.into()
        });
        mac.update(b"what do ya want for nothing?");
        let published = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(Digest(mac.finalize().into_bytes().into()).to_string(), published);
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        let table = Digest::of(b"t");
        assert_ne!(fingerprint(&one, &table), fingerprint(&other, &table));
        assert_eq!(fingerprint(&one, &table), fingerprint(&one, &table));
    }

    #[cfg(unix)]
    #[test]
    fn the_record_is_its_owners_and_names_no_table_in_clear() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        spending(folder.path(), b"t").charge(BUDGET, rho(), 0.0).unwrap();
        let path = spending(folder.path(), b"t").path().to_path_buf();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&Digest::of(b"t").to_string()));
    }
}

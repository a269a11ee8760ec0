//! The record of what has been spent on one file of real records, kept beside it.
//!
//! Every synthesis of the same people's records costs, released or not: a run that is repeated until an audit
//! is content has spent what all its attempts together have. So the whole ρ of a run is written down and on
//! disk *before* its first noise is drawn. A run that is killed has spent it; two runs at once both count, since
//! the record is changed under a lock. The record belongs to the file and not to its content: a table that was
//! edited still holds the same people. It stands beside the file itself, whatever links lead to it. Who moves or
//! deletes the record, or copies the file, takes the sum over all of them into their own hands.
//!
//! It is for its owner's eyes (mode 0600), and nothing in it comes from a record.

use std::cmp::Ordering;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::accountant::Budget;
use super::convert::epsilon_of;
use super::round::{down, sum_up, up};
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
    /// The smallest δ that any of them was granted, less its thresholds, and what all thresholds add.
    pub delta: f64,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Record {
    format: u32,
    about: String,
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
}

impl Spending {
    /// A synthesis by `method` of the file `real`.
    #[must_use]
    pub fn beside(real: &Path, method: &str) -> Self {
        let mut name = followed(real).into_os_string();
        name.push(SUFFIX);
        Self::at(Path::new(&name), method)
    }

    /// The same, on record at `path`: for real tables in a folder that must not be written to.
    #[must_use]
    pub fn at(path: &Path, method: &str) -> Self {
        Self { path: followed(path), method: method.to_owned(), most: None }
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

    /// The file whose lock is held while the record is changed.
    #[must_use]
    pub fn lock_path(&self) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".lock");
        name.into()
    }

    /// Puts the synthesis on record: on disk when it returns. A limit is on record from then on, even where it
    /// refuses this synthesis.
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
        });
        let total = record.total();
        let refused = record.most_epsilon.filter(|most| exceeds(total.epsilon, *most));
        if refused.is_some() {
            record.syntheses.pop();
        }
        let text = serde_json::to_string_pretty(&record)
            .map_err(|_| Error::input(&self.path, "the record cannot be written as JSON"))?;
        write_atomically(&self.path, Access::Private, |out| out.write_all(text.as_bytes()))?;
        drop(lock);
        match refused {
            Some(most) => Err(self.refused(&total, most)),
            None => Ok(total),
        }
    }

    /// Another process that charges the same record waits here. The lock is a file of its own, since the record
    /// is replaced; the system lets go of it when a process ends, however it ends.
    fn lock(&self) -> Result<File> {
        let refused = |source: std::io::Error| match source.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Error::input(
                &self.path,
                "the record of spent budget cannot be written here: name another place with \
                 --spent FILE, and always the same one for this table",
            ),
            _ => Error::io(&self.path, "write", source),
        };
        let file = File::options().create(true).truncate(false).write(true).open(self.lock_path());
        let file = file.map_err(refused)?;
        file.lock().map_err(refused)?;
        Ok(file)
    }

    /// What is on record, or a new record.
    fn read(&self) -> Result<Record> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Record::new()),
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
            let deltas = one.threshold_delta >= 0.0 && one.threshold_delta < one.delta;
            one.rho.is_finite() && one.rho >= 0.0 && deltas && one.delta < 1.0
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
    fn new() -> Self {
        let about = ABOUT.to_owned();
        Self { format: FORMAT, about, most_epsilon: None, syntheses: Vec::new() }
    }

    /// The ε of the whole sum is larger the smaller δ is: at the smallest, no synthesis is told to have cost less
    /// than it did.
    fn total(&self) -> Total {
        let rho = sum_up(self.syntheses.iter().map(|one| one.rho));
        let thresholds = sum_up(self.syntheses.iter().map(|one| one.threshold_delta));
        let left = |one: &Synthesis| down(one.delta - one.threshold_delta);
        let delta = self.syntheses.iter().map(left).reduce(f64::min).unwrap_or_default();
        Total {
            syntheses: self.syntheses.len() as u64,
            rho,
            epsilon: epsilon_of(rho, delta),
            delta: up(delta + thresholds),
        }
    }
}

/// The file that a link leads to; any other path as it is.
fn followed(path: &Path) -> PathBuf {
    let target = path.is_symlink().then(|| path.canonicalize().ok()).flatten();
    target.unwrap_or_else(|| path.to_path_buf())
}

/// Conversions are rounded outward: one synthesis of ε = 1 keeps a limit of 1 though its ε, out to ρ and back, is
/// larger by less than this share.
const ROUNDING: f64 = 1e-9;

/// Whether it is above the limit; NaN is.
fn exceeds(epsilon: f64, most: f64) -> bool {
    let most = most * (1.0 + ROUNDING);
    matches!(epsilon.partial_cmp(&most), None | Some(Ordering::Greater))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::dp::convert::rho_of;

    const BUDGET: Budget = Budget { epsilon: 1.0, delta: 1e-6 };

    fn spending(folder: &Path) -> Spending {
        Spending::beside(&folder.join("train.csv"), "mst")
    }

    fn rho() -> f64 {
        rho_of(BUDGET.epsilon, BUDGET.delta)
    }

    /// ρ adds up: two syntheses of ε = 1 are not ε = 2 at the same δ, but the ε of 2ρ.
    #[test]
    fn every_synthesis_counts_whatever_became_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = spending(folder.path()).charge(BUDGET, rho(), 0.0).unwrap();
        assert!(first.syntheses == 1 && (first.epsilon - 1.0).abs() < 1e-9);
        let second = spending(folder.path()).charge(BUDGET, rho(), 1e-7).unwrap();
        assert_eq!(second.syntheses, 2);
        assert!((second.rho - 2.0 * rho()).abs() < 1e-12);
        assert!(second.epsilon > 1.3 && second.epsilon < 2.0);
        // ρ is converted at what thresholds leave of δ, 9·10⁻⁷, and they add 10⁻⁷.
        assert!((second.delta - 1e-6).abs() < 1e-15);
    }

    #[test]
    fn a_limit_holds_for_later_runs_too() {
        let folder = tempfile::tempdir().unwrap();
        let charge = |most| spending(folder.path()).at_most(most).charge(BUDGET, rho(), 0.0);
        assert!(charge(Some(1.2)).is_ok());
        let refused = charge(None).unwrap_err().to_string();
        assert!(refused.contains("nothing was drawn"), "{refused}");
        assert!(charge(Some(9.0)).is_err(), "a limit is not raised by asking");
    }

    /// One synthesis of ε = 1 keeps a limit of 1.2, two do not, and ρ/10 more would: but the limit of 1.01 that
    /// was refused holds.
    #[test]
    fn a_limit_holds_even_where_it_refused_the_run_that_set_it() {
        let folder = tempfile::tempdir().unwrap();
        let charge = |most, rho| spending(folder.path()).at_most(most).charge(BUDGET, rho, 0.0);
        assert!(charge(None, rho()).is_ok());
        assert!(charge(Some(1.01), rho()).is_err());
        let more = charge(None, rho() / 10.0).unwrap_err().to_string();
        assert!(more.contains("the limit is 1.01"), "{more}");
        // The first run of all can be refused, too.
        let other = Spending::at(&folder.path().join("other.json"), "mst");
        assert!(other.clone().at_most(Some(0.5)).charge(BUDGET, rho(), 0.0).is_err());
        assert!(other.charge(BUDGET, rho(), 0.0).is_err());
    }

    /// ρ of (1, 10⁻⁹) is 0.01497 and that of (0.3, 10⁻⁵) about 0.003: together less than ε = 0.8 at δ = 10⁻⁵, and
    /// more than 1 at the 10⁻⁹ that the first synthesis promised.
    #[test]
    fn the_sum_is_judged_at_the_smallest_delta() {
        let folder = tempfile::tempdir().unwrap();
        let charge = |epsilon: f64, delta: f64| {
            let rho = rho_of(epsilon, down(delta));
            spending(folder.path()).at_most(Some(1.0)).charge(Budget { epsilon, delta }, rho, 0.0)
        };
        let first = charge(1.0, 1e-9).unwrap();
        assert!(first.epsilon <= 1.0 + ROUNDING && (first.delta / 1e-9 - 1.0).abs() < 1e-9);
        let (both, loose) = (first.rho + rho_of(0.3, 1e-5), 1e-5);
        assert!(epsilon_of(both, loose) < 0.8 && epsilon_of(both, 1e-9) > 1.0);
        assert!(charge(0.3, loose).unwrap_err().to_string().contains("the limit is 1;"));
        // In the other order as well.
        let folder = tempfile::tempdir().unwrap();
        let charge = |epsilon: f64, delta: f64| {
            spending(folder.path()).charge(Budget { epsilon, delta }, rho_of(epsilon, delta), 0.0)
        };
        charge(0.3, loose).unwrap();
        let total = charge(1.0, 1e-9).unwrap();
        assert!(total.epsilon > 1.0 && (total.delta / 1e-9 - 1.0).abs() < 1e-9);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_the_record_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("train.csv"), "x\n").unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let link = elsewhere.path().join("linked.csv");
        std::os::unix::fs::symlink(folder.path().join("train.csv"), &link).unwrap();
        spending(folder.path()).charge(BUDGET, rho(), 0.0).unwrap();
        let total = Spending::beside(&link, "mst").charge(BUDGET, rho(), 0.0).unwrap();
        assert_eq!(total.syntheses, 2);
        // A link to a record is not replaced by a record of its own.
        let record = elsewhere.path().join("record.json");
        std::os::unix::fs::symlink(spending(folder.path()).path(), &record).unwrap();
        let total = Spending::at(&record, "mst").charge(BUDGET, rho(), 0.0).unwrap();
        assert!(total.syntheses == 3 && record.is_symlink());
    }

    /// Sixteen threads, as sixteen processes would: nothing is lost between reading and writing.
    #[test]
    fn two_runs_at_once_both_count() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| spending(folder.path()).charge(BUDGET, 0.001, 0.0).unwrap());
            }
        });
        let total = spending(folder.path()).charge(BUDGET, 0.001, 0.0).unwrap();
        assert_eq!(total.syntheses, 17);
        assert!((total.rho - 0.017).abs() < 1e-9);
    }

    #[test]
    fn a_damaged_record_stops_everything() {
        let folder = tempfile::tempdir().unwrap();
        spending(folder.path()).charge(BUDGET, rho(), 0.0).unwrap();
        let path = spending(folder.path()).path().to_path_buf();
        let whole = std::fs::read_to_string(&path).unwrap();
        for damaged in
            [&whole[..whole.len() / 2], "", "{}", &whole.replace("\"rho\": 0", "\"rho\": -0")]
        {
            std::fs::write(&path, damaged).unwrap();
            let refused = spending(folder.path()).charge(BUDGET, rho(), 0.0);
            assert!(refused.unwrap_err().to_string().contains("last good copy"));
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_record_is_its_owners() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        spending(folder.path()).charge(BUDGET, rho(), 0.0).unwrap();
        let path = spending(folder.path()).path().to_path_buf();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

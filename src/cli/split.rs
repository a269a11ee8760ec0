//! `split`: set a holdout aside, by person, before the generator is trained.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, print, read_text, refuse_existing};
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::table::{Schema, read_raw, split, write_rows};

/// Split a real table into train and holdout, by person, BEFORE the generator is trained
///
/// The holdout is the audit's control: records of the same population that the generator never
/// saw. A split made after training proves nothing, and the audit will say so.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dosimeter split patients.csv                       writes patients.train.csv, patients.holdout.csv
  dosimeter split visits.csv --subject patient_id    all rows of a person stay together
  dosimeter split patients.csv --holdout-share 0.2 --seed 7 --train t.csv --holdout h.csv")]
pub(super) struct Arguments {
    /// The real table
    #[arg(value_name = "REAL")]
    real: PathBuf,
    /// Column that names the person a row belongs to [default: the schema's subject, else each row is
    /// a person]
    #[arg(long, value_name = "COLUMN")]
    subject: Option<String>,
    /// Schema whose `subject` column names the person
    #[arg(long, value_name = "FILE", conflicts_with = "subject")]
    schema: Option<PathBuf>,
    /// Share of the persons to set aside
    #[arg(long, value_name = "SHARE", default_value_t = 1.0 / 3.0, hide_default_value = true)]
    holdout_share: f64,
    /// Seed of the split
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=super::LARGEST_SEED))]
    seed: u64,
    /// Where train goes [default: NAME.train.EXT beside the real table]
    #[arg(long, value_name = "FILE")]
    train: Option<PathBuf>,
    /// Where the holdout goes [default: NAME.holdout.EXT beside the real table]
    #[arg(long, value_name = "FILE")]
    holdout: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let path = &arguments.real;
    let train = arguments.train.clone().unwrap_or_else(|| beside(path, "train"));
    let holdout = arguments.holdout.clone().unwrap_or_else(|| beside(path, "holdout"));
    if train == holdout {
        return Err(Error::Usage("expected different files for --train and --holdout".into()));
    }
    refuse_existing(&train)?;
    refuse_existing(&holdout)?;
    let subject = subject(arguments)?;
    let table = read_raw(path)?;
    let seed = Seed::new(arguments.seed).part("split");
    let parts = split(&table, subject.as_deref(), arguments.holdout_share, seed)?;
    write_rows(&table, &parts.holdout, &holdout)?;
    write_rows(&table, &parts.train, &train)?;
    print(&format!(
        "train    {} ({} rows)\nholdout  {} ({} rows)\n\nTrain the generator on the train file \
         only. The holdout is worth nothing once a generator has seen it.",
        train.display(),
        parts.train.len(),
        holdout.display(),
        parts.holdout.len()
    ))?;
    Ok(Exit::MET)
}

fn subject(arguments: &Arguments) -> Result<Option<String>> {
    match (&arguments.subject, &arguments.schema) {
        (Some(subject), _) => Ok(Some(subject.clone())),
        (None, Some(file)) => {
            let schema = Schema::parse(&read_text(file)?, &file.display().to_string())?;
            Ok(schema.subject().map(str::to_owned))
        }
        (None, None) => Ok(None),
    }
}

/// `data/patients.csv.gz` → `data/patients.train.csv`; Parquet stays Parquet.
fn beside(path: &Path, part: &str) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.split('.').find(|piece| !piece.is_empty()).unwrap_or("table").to_owned();
    let extension = if name.ends_with(".parquet") { "parquet" } else { "csv" };
    path.with_file_name(format!("{stem}.{part}.{extension}"))
}

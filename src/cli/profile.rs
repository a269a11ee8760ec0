//! `profile`: propose a schema for a person to review.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, write_or_print};
use crate::error::Result;
use crate::table::{profile, read_raw};

/// Propose a commented schema.toml for a person to review
///
/// Kinds, roles, missing tokens, bounds and steps are guessed from the names and values of the real
/// table. Bounds are coarsened and marked `source = "data"`; no category is printed. Review it, then
/// fill in `reviewed-by`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dosimeter profile patients.csv -o schema.toml
  dosimeter profile patients.parquet")]
pub(super) struct Arguments {
    /// The real table: CSV, TSV (also .gz, .zst), Parquet or Arrow IPC
    #[arg(value_name = "REAL")]
    real: PathBuf,
    /// Where to write; `-` or nothing is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let text = profile(&read_raw(&arguments.real)?);
    write_or_print(arguments.output.as_ref(), &text)?;
    Ok(Exit::MET)
}

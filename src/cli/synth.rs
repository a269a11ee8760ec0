//! `synth`: make a table like the real one.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::{Exit, print, read_text, refuse_existing};
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::synth::{Info, SYNTHESIZERS, Synthesizer, synthesize, synthesizer};
use crate::table::{ColumnKind, Role, Sample, Schema, Table, read_tables, write_table};

/// Make a table like the real one, for tests and as a floor to compare with
///
/// `independent` draws every column by itself. It protects which values belong together and NOT the
/// values: each is a real person's, rare ones and free text are released as they are, at their true
/// frequencies. It is a null for tests, not a private method. Direct identifiers are left out;
/// subjects get new ids, one a row. Audit the table before it leaves, as any other release.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dosimeter synth train.csv --method independent --schema schema.toml -o release.csv
  dosimeter synth train.csv --method independent --schema schema.toml -o release.parquet \\
                  --rows 10000 --seed 7
  dosimeter list synthesizers")]
pub(super) struct Arguments {
    /// The real table: CSV, TSV (also .gz, .zst), Parquet or Arrow IPC
    #[arg(value_name = "REAL")]
    real: PathBuf,
    /// How rows are made (`dosimeter list synthesizers`)
    #[arg(long, value_name = "METHOD", value_parser = PossibleValuesParser::new(SYNTHESIZERS.iter().map(|entry| entry.info.id)))]
    method: String,
    /// The reviewed schema (see `dosimeter profile`)
    #[arg(long, value_name = "FILE")]
    schema: PathBuf,
    /// Where to write: Parquet for .parquet, tab-separated for .tsv, else CSV
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// How many rows [default: as many as the real table has]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rows: Option<u32>,
    /// Seed of the draws: the same gives the same table
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=super::LARGEST_SEED))]
    seed: u64,
    /// Replace the file if it exists; never an input
    #[arg(long)]
    force: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let output = &arguments.output;
    if !arguments.force {
        refuse_existing(output)?;
    }
    for input in [&arguments.real, &arguments.schema] {
        refuse_input(output, input)?;
    }
    let method = method(&arguments.method)?;
    let schema =
        Schema::parse(&read_text(&arguments.schema)?, &arguments.schema.display().to_string())?;
    let tables = read_tables(&[(Sample::Train, arguments.real.as_path())], &schema)?;
    let Some(real) = tables.first() else {
        return Err(Error::Usage("no table was read".into()));
    };
    let rows = arguments.rows.map(|rows| rows as usize);
    let seed = Seed::new(arguments.seed).part("synth");
    let made = synthesize(&*method, real, &schema, rows, seed)?;
    write_table(&made.table, &schema, output)?;
    print(&summary(output, real, &made.table, method.info()))?;
    Ok(Exit::MET)
}

/// The names are a closed set, which clap has checked.
fn method(id: &str) -> Result<Box<dyn Synthesizer>> {
    let unknown = || Error::Usage(format!("no synthesizer is called `{id}`"));
    let entry = synthesizer(id).ok_or_else(unknown)?;
    let refused = |error: toml::de::Error| Error::Usage(format!("{id}: {}", error.message()));
    entry.method(toml::Table::new()).map_err(refused)
}

/// The real table must survive every flag.
fn refuse_input(output: &Path, input: &Path) -> Result<()> {
    let same = match (output.canonicalize(), input.canonicalize()) {
        (Ok(output), Ok(input)) => output == input,
        _ => output == input,
    };
    if same {
        let problem = "it is read by this command: expected another file for --output";
        return Err(Error::input(output, problem));
    }
    Ok(())
}

/// What was made, and what it does and does not protect: told each time, since the file cannot.
fn summary(output: &Path, real: &Table, made: &Table, info: &Info) -> String {
    let names = |wanted: &dyn Fn(&crate::table::Column) -> bool| -> Vec<&str> {
        real.columns.iter().filter(|column| wanted(column)).map(|c| c.name.as_str()).collect()
    };
    let gone = names(&|column| made.column(&column.name).is_none());
    let new =
        names(&|column| column.schema.role == Role::Subject && made.column(&column.name).is_some());
    let texts = names(&|column| column.schema.kind == ColumnKind::Text && column.schema.compared());
    let mut lines = vec![format!(
        "wrote     {} ({} rows, {} columns) by `{}`",
        output.display(),
        made.rows,
        made.columns.len(),
        info.id
    )];
    let mut tell = |title: &str, names: &[&str]| {
        if !names.is_empty() {
            lines.push(format!("{title}{}", names.join(", ")));
        }
    };
    tell("left out  ", &gone);
    tell("new ids   ", &new);
    tell("as it is  free text, word for word: ", &texts);
    lines.push(format!("protects  {}\nexposes   {}", info.protects, info.exposes));
    lines.push("\nAudit it before it leaves: `dosimeter audit --synthetic …`".into());
    lines.join("\n")
}

/// What `explain` says of a method.
pub(super) fn explain(info: &Info) -> String {
    format!(
        "{}: {}\n\n  Method        {}\n  Protects      {}\n  Exposes       {}\n  Made for      {}\n  \
         References    {}",
        info.id,
        info.title,
        info.method,
        info.protects,
        info.exposes,
        info.purpose,
        info.references.join("; ")
    )
}

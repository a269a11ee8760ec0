//! `synth`: make a table like the real one, with or without a formal guarantee.

mod source;
mod summary;

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::claim::manifest_of;
use super::{Exit, print, refuse_existing};
use crate::error::{Error, Result};
use crate::file::{Access, resolved, stage};
use crate::random::Seed;
use crate::synth::dp::spending::SUFFIX;
use crate::synth::{Boost, Condition, Fitted, Made, Manifest, Request, SYNTHESIZERS};
use crate::table::{Schema, stage_table};

pub(super) use summary::explain;

/// Make a table like the real one
///
/// What a method protects and what it does not is printed with every table (`dosimeter explain METHOD`).
/// `independent` draws every column by itself: a null for tests, not a private method. Direct identifiers
/// are left out; subjects get new ids, one a row. Audit the table before it leaves, as any other release.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dosimeter synth train.csv --method independent --schema schema.toml -o release.csv
  dosimeter synth train.csv --method independent --schema schema.toml -o release.parquet \\
                  --rows 10000 --seed 7
  dosimeter synth train.csv --epsilon 1 --delta 1e-6 --schema schema.toml -o release.csv
  dosimeter synth train.csv --method cart --schema schema.toml --model fitted.model
  dosimeter synth --model fitted.model --rows 500 --where 'sex = F & age >= 80' -o part.csv
  dosimeter synth --spec examples/hospital.toml -o registry.csv --write-schema schema.toml
  dosimeter list synthesizers")]
pub(super) struct Arguments {
    /// The real table: CSV, TSV (also .gz, .zst), Parquet or Arrow IPC
    #[arg(
        value_name = "REAL",
        required_unless_present_any = ["model", "spec"],
        requires = "schema"
    )]
    real: Option<PathBuf>,
    /// A specification to make rows from, instead of a real table (see examples/ and `explain spec`)
    #[arg(long, value_name = "SPEC.toml", conflicts_with_all = ["real", "model"])]
    spec: Option<PathBuf>,
    /// Where the schema of the specification's tables is written, for `audit`
    #[arg(long, value_name = "FILE", requires = "spec")]
    write_schema: Option<PathBuf>,
    /// How rows are made (`dosimeter list synthesizers`) [default: mst, where --epsilon is given]
    #[arg(long, value_name = "METHOD", requires = "real", value_parser = PossibleValuesParser::new(SYNTHESIZERS.iter().filter(|entry| entry.records).map(|entry| entry.info.id)))]
    method: Option<String>,
    /// A parameter of the method, as in `--set min-bucket=20`; may be repeated
    #[arg(long, value_name = "KEY=VALUE", requires = "real")]
    set: Vec<String>,
    /// The reviewed schema (see `dosimeter profile`)
    #[arg(long, value_name = "FILE", requires = "real")]
    schema: Option<PathBuf>,
    /// Privacy budget ε: for methods that give a guarantee
    #[arg(long, value_name = "EPSILON", requires = "delta", requires = "real")]
    epsilon: Option<f64>,
    /// The δ of the budget: far below one in the number of persons
    #[arg(long, value_name = "DELTA", requires = "epsilon")]
    delta: Option<f64>,
    /// Where all that was ever spent on REAL is on record [default: REAL with `.privacy-budget.json`]
    #[arg(long, value_name = "FILE", requires = "epsilon")]
    spent: Option<PathBuf>,
    /// The ε that all syntheses of REAL together must not exceed, in this run and all later ones
    #[arg(long, value_name = "EPSILON", requires = "epsilon")]
    limit: Option<f64>,
    /// A public upper bound of the number of persons: δ must be below one in it
    #[arg(long, value_name = "N", requires = "epsilon", value_parser = clap::value_parser!(u64).range(1..))]
    persons: Option<u64>,
    /// Draw the noise from --seed, too: for tests. The release then has NO guarantee, and says so
    #[arg(long, requires = "epsilon")]
    insecure_seed: bool,
    /// Where what was learnt is kept (with REAL), or is read from (without)
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Where to write: Parquet for .parquet, tab-separated for .tsv, else CSV
    #[arg(short, long, value_name = "FILE", required_unless_present_all = ["real", "model"])]
    output: Option<PathBuf>,
    /// How many rows [default: as many as the method proposes]
    #[arg(long, value_name = "N", requires = "output", value_parser = clap::value_parser!(u32).range(1..))]
    rows: Option<u32>,
    /// Only rows like these: `sex = F & age >= 80`, `region in (north, 'far south')`
    #[arg(long = "where", value_name = "CONDITION", requires = "output")]
    condition: Option<String>,
    /// Give a level this share of the rows, as in `region=north:0.3`; the column `_weight` undoes it
    #[arg(long, value_name = "COLUMN=LEVEL:SHARE", requires = "output")]
    boost: Vec<String>,
    /// Seed of the draws: the same gives the same table. Never of a guarantee's noise
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=super::LARGEST_SEED))]
    seed: u64,
    /// Replace files that exist; never an input
    #[arg(long)]
    force: bool,
}

/// The method under a budget, where none is named.
const UNDER_BUDGET: &str = "mst";

impl Arguments {
    /// The method that is named, or else the one that a budget is for.
    fn method(&self) -> Option<&str> {
        self.method.as_deref().or(self.epsilon.and(Some(UNDER_BUDGET)))
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    refuse_places(arguments)?;
    probe(arguments)?;
    let seed = Seed::new(arguments.seed).part("synth");
    let source = source::source(arguments, seed)?;
    let fitted = source.fitted;
    // Before rows are made: what was paid for is not lost where they cannot be.
    if let (Some(model), Some(_)) = (&arguments.model, &arguments.real) {
        fitted.save(model)?;
        print(&summary::model(model, &fitted))?;
    }
    let mut lines = Vec::new();
    if let Some(output) = &arguments.output {
        let request = request(arguments, &fitted.schema)?;
        let made = fitted.release(&request, seed)?;
        write(output, &fitted, &request, &made, seed)?;
        lines.push(summary::table(output, &fitted, &made.table));
        lines.extend(made.warnings.iter().map(|warning| format!("warning   {warning}")));
    }
    if let (Some(path), Some(text)) = (&arguments.write_schema, source.schema_text) {
        stage(path, Access::Shared, |out| out.write_all(text.as_bytes()))?.commit()?;
        lines.push(format!("schema    {}", path.display()));
    }
    lines.push(summary::protection(&fitted));
    print(&lines.join("\n"))?;
    Ok(Exit::MET)
}

/// Which rows are asked for.
fn request(arguments: &Arguments, schema: &Schema) -> Result<Request> {
    let condition = match &arguments.condition {
        Some(text) => Condition::parse(text, schema)?,
        None => Condition::none(),
    };
    let boosts = Boost::parse_all(&arguments.boost, schema, &condition)?;
    Ok(Request { rows: arguments.rows.map(|rows| rows as usize), condition, boosts })
}

/// Writes the table and its manifest: both are complete and on disk before either is in its place. A run
/// that is killed between the two leaves a table without its manifest, or with one that does not fit it.
fn write(output: &Path, fitted: &Fitted, request: &Request, made: &Made, seed: Seed) -> Result<()> {
    let table = stage_table(&made.table, &fitted.schema, output, &Manifest::marks(fitted))?;
    let name = output.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let manifest = Manifest::new(fitted, request, made, seed, (&name, table.digest()?));
    let refuse = |_| Error::Usage("the parameters cannot be written as JSON".to_owned());
    let text = manifest.to_json().map_err(refuse)?;
    let manifest =
        stage(&manifest_of(output), Access::Shared, |out| out.write_all(text.as_bytes()))?;
    table.commit()?;
    manifest.commit()
}

/// What is there stays there, unless it is to be replaced; inputs and records of spent budget survive every flag,
/// and no file is written twice.
fn refuse_places(arguments: &Arguments) -> Result<()> {
    let kept = arguments.model.as_ref().filter(|_| arguments.real.is_some());
    let read = arguments.model.as_ref().filter(|_| arguments.real.is_none());
    let spec = arguments.spec.as_ref();
    let inputs = [arguments.real.as_ref(), arguments.schema.as_ref(), read, spec];
    let manifest = arguments.output.as_deref().map(manifest_of);
    let schema = arguments.write_schema.as_ref();
    let outputs = [arguments.output.as_ref(), manifest.as_ref(), kept, schema];
    let mut written: Vec<PathBuf> = outputs.into_iter().flatten().cloned().collect();
    for output in &written {
        if !arguments.force {
            refuse_existing(output)?;
        }
        if is_record(output) {
            let problem = "records of spent budget have such names: expected another file to write";
            return Err(Error::input(output, problem));
        }
    }
    written.extend(records(arguments));
    for (at, output) in written.iter().enumerate() {
        for input in inputs.into_iter().flatten() {
            refuse_same(
                output,
                input,
                "it is read by this command: expected another file to write",
            )?;
        }
        for other in &written[..at] {
            refuse_same(output, other, "it is to be written twice: expected two names")?;
        }
    }
    Ok(())
}

/// The record of spent budget and its lock, where a budget is asked for.
fn records(arguments: &Arguments) -> Vec<PathBuf> {
    let (Some(real), Some(_)) = (&arguments.real, arguments.epsilon) else { return Vec::new() };
    let spending = source::spending(arguments, real);
    vec![spending.path().to_path_buf(), spending.lock_path()]
}

/// Whether it is named like the record of some table, or its lock.
fn is_record(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains(SUFFIX))
}

/// Writes nothing into every folder that is to be written into, before anything is learnt or paid for.
fn probe(arguments: &Arguments) -> Result<()> {
    let kept = arguments.model.as_ref().filter(|_| arguments.real.is_some());
    let outputs = [arguments.output.as_ref(), kept, arguments.write_schema.as_ref()];
    outputs
        .into_iter()
        .flatten()
        .try_for_each(|written| stage(written, Access::Private, |_| Ok(())).map(drop))
}

fn refuse_same(written: &Path, other: &Path, problem: &str) -> Result<()> {
    match resolved(written) == resolved(other) {
        true => Err(Error::input(written, problem)),
        false => Ok(()),
    }
}

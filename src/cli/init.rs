//! `init`: write audit.toml and schema.toml, asking nothing and overwriting nothing.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, print, refuse_existing};
use crate::error::{Error, Result};
use crate::file::{Access, write_atomically};
use crate::policy::preset;
use crate::table::{profile, read_raw};

/// Write audit.toml and schema.toml for a first audit
///
/// Asks nothing and overwrites nothing. The schema is a proposal: review it before the audit.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dosimeter init --real train.csv --holdout holdout.csv --synthetic release.csv
  dosimeter init --real train.csv --synthetic release.csv --policy dev-test-data --dir audits/")]
pub(super) struct Arguments {
    /// The records the generator was trained on
    #[arg(long, visible_alias = "train", value_name = "FILE")]
    real: PathBuf,
    /// Records of the same population that the generator never saw
    #[arg(long, value_name = "FILE")]
    holdout: Option<PathBuf>,
    /// The released table
    #[arg(long, value_name = "FILE")]
    synthetic: PathBuf,
    /// The policy to start from
    #[arg(long, value_name = "PRESET|FILE", default_value = "base-privacy")]
    policy: String,
    /// Folder for the two files
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let audit = arguments.dir.join("audit.toml");
    let schema = arguments.dir.join("schema.toml");
    refuse_existing(&audit)?;
    refuse_existing(&schema)?;
    super::check::load_policy(&arguments.policy)?;
    let proposal = profile(&read_raw(&arguments.real)?);
    for file in arguments.holdout.iter().chain([&arguments.synthetic]) {
        read_raw(file)?;
    }
    let text = audit_toml(arguments)?;
    std::fs::create_dir_all(&arguments.dir)
        .map_err(|source| Error::io(&arguments.dir, "create", source))?;
    for (path, text) in [(&schema, &proposal), (&audit, &text)] {
        write_atomically(path, Access::Shared, |out| out.write_all(text.as_bytes()))?;
    }
    print(&format!(
        "wrote {} and {}\n\nNext: review the schema, fill in `reviewed-by`, then run `dosimeter audit {}`",
        schema.display(),
        audit.display(),
        audit.display()
    ))?;
    Ok(Exit::MET)
}

fn audit_toml(arguments: &Arguments) -> Result<String> {
    let path = |file: &Path| -> Result<String> {
        // Paths in audit.toml are relative to it; an absolute one always works.
        let absolute =
            std::path::absolute(file).map_err(|source| Error::io(file, "read", source))?;
        let shown = if arguments.dir == Path::new(".") { file } else { &absolute };
        Ok(quoted(&shown.to_string_lossy()))
    };
    let holdout = match &arguments.holdout {
        Some(file) => format!("holdout = {}", path(file)?),
        None => "# holdout = \"holdout.csv\"   # without one an audit can stop a release, never \
                 clear one"
            .to_owned(),
    };
    let policy = match preset(&arguments.policy) {
        Some(preset) => quoted(preset.id),
        None => path(Path::new(&arguments.policy))?,
    };
    Ok(format!(
        "# What `dosimeter audit` reads; paths are relative to this file. Every key is also a flag.\n\
         real      = {real}\n{holdout}\nsynthetic = {synthetic}   # or a list of files\n\
         schema    = \"schema.toml\"\npolicy    = {policy}   # `dosimeter list policies`\n\
         seed      = 0\n# out     = \"audit\"   # where the evidence and the reports go\n",
        real = path(&arguments.real)?,
        synthetic = path(&arguments.synthetic)?,
        policy = policy,
    ))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

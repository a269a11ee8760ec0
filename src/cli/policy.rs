//! `policy`: list, show and lint policies.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::check::load_policy;
use super::{Exit, print, read_text};
use crate::error::{Error, Result};
use crate::plan::unsatisfiable;
use crate::policy::{PRESETS, Policy, Severity, preset, show_limit};

/// List, show or check policies
#[derive(Args)]
#[command(after_help = "\
Examples:
  dosimeter policy list
  dosimeter policy show dev-test-data > ours.toml
  dosimeter policy lint ours.toml")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Every policy that ships with dosimeter
    List,
    /// The TOML text of a preset, to read or to start from
    Show {
        /// The preset's id
        preset: String,
    },
    /// Check a policy file and print what it asks, rule by rule
    Lint {
        /// The policy file, or a preset's id
        policy: PathBuf,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let text = match &arguments.command {
        Command::List => list()?,
        Command::Show { preset: id } => match preset(id) {
            Some(preset) => preset.text.to_owned(),
            None => read_text(&file_of(id)?)?,
        },
        Command::Lint { policy } => lint(&load_policy(&policy.to_string_lossy())?),
    };
    print(&text)?;
    Ok(Exit::MET)
}

/// `load_policy` says what is wrong with a name that is neither a preset nor a file.
fn file_of(name: &str) -> Result<PathBuf> {
    load_policy(name).map(|policy| PathBuf::from(policy.file))
}

fn list() -> Result<String> {
    let line = |preset: &crate::policy::Preset| -> Result<String> {
        let policy = preset.policy()?;
        let audience = policy.audience.unwrap_or_default();
        Ok(format!("{:18} {}\n{:18} for {audience}", preset.id, policy.title, ""))
    };
    Ok(PRESETS.iter().map(line).collect::<Result<Vec<_>, Error>>()?.join("\n"))
}

fn lint(policy: &Policy) -> String {
    let mut lines = vec![format!("{} {}: {}", policy.id, policy.version, policy.title)];
    for rule in &policy.rules {
        lines.push(format!(
            "  {:24} {} {} {}  [{}, {}]  {}:{}",
            rule.id,
            rule.metric.id,
            rule.op.sign(),
            show_limit(rule.metric, rule.limit),
            rule.severity.word(),
            rule.basis.word(),
            rule.location.file,
            rule.location.line
        ));
    }
    let blocking = policy.rules.iter().filter(|rule| rule.severity == Severity::Block).count();
    let informs = if policy.advisory { "; advisory: it clears nothing" } else { "" };
    for rule in unsatisfiable(policy) {
        lines.push(format!("  ! `{rule}`: no data of any size can satisfy it (`dosimeter plan`)"));
    }
    lines.push(format!("{} rules, {blocking} blocking{informs}", policy.rules.len()));
    lines.join("\n")
}

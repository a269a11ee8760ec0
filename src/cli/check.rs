//! `check`: judge evidence again, without the real data.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::config::looks_like_path;
use super::{Exit, print_bytes, read_text};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::evidence::Dossier;
use crate::policy::{PRESETS, Policy, Waiver, preset};
use crate::report::{Issue, Report, Tier, render_json, render_markdown, render_terminal, view};
use crate::suggest::did_you_mean;
use crate::verdict::{Circumstances, judge};

/// Judge evidence against a policy, without the real data
///
/// The cheap gate for CI: needs only evidence.json and a policy.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dosimeter check audit/evidence.json --policy dev-test-data
  dosimeter check audit/evidence.json --policy ours.toml --format json")]
pub(super) struct Arguments {
    /// The evidence.json of an audit
    #[arg(value_name = "EVIDENCE")]
    evidence: PathBuf,
    /// A preset (`dosimeter list policies`) or a policy file
    #[arg(long, value_name = "PRESET|FILE")]
    policy: String,
    /// Exceptions that persons answer for
    #[arg(long, value_name = "FILE")]
    waivers: Option<PathBuf>,
    #[command(flatten)]
    circumstance: Circumstance,
}

/// What `audit` and `check` judge and print under.
#[derive(Args)]
pub(super) struct Circumstance {
    /// Which audit of the same source this is, from 1; recorded, and required by a policy that
    /// spends its confidence over attempts
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) attempt: Option<u32>,
    /// Exit 0 when all that stands against the release is waived
    #[arg(long)]
    pub(super) allow_waivers: bool,
    /// Exit 0 whatever is found; recorded in the report
    #[arg(long)]
    pub(super) exit_zero: bool,
    /// What standard output gets
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// Who may read the report: `internal` prints small counts and full bounds
    #[arg(long, value_enum, default_value_t = Tier::Public)]
    pub(super) tier: Tier,
}

/// A format of standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A table and explanations
    Human,
    /// report.json
    Json,
    /// summary.md
    Markdown,
}

impl ValueEnum for Tier {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Public, Self::Internal]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.word()))
    }
}

impl Circumstance {
    /// The time of issue: SOURCE_DATE_EPOCH if set, else the clock.
    pub(super) fn issue(&self) -> Result<Issue> {
        let now = now()?;
        Ok(Issue {
            at: now.to_string(),
            day: jiff::tz::Offset::UTC.to_datetime(now).date(),
            attempt: self.attempt,
            exit_zero: self.exit_zero,
        })
    }

    pub(super) fn circumstances(&self, waivers: Vec<Waiver>) -> Result<Circumstances> {
        Ok(Circumstances { attempt: self.attempt, waivers, today: Some(self.issue()?.day) })
    }

    pub(super) fn exit(&self, exit: Exit) -> Exit {
        if self.exit_zero { Exit::MET } else { exit }
    }
}

fn now() -> Result<jiff::Timestamp> {
    let malformed =
        || Error::Usage("SOURCE_DATE_EPOCH: expected seconds since 1970 as a whole number".into());
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => {
            let seconds = text.trim().parse().map_err(|_| malformed())?;
            jiff::Timestamp::from_second(seconds).map_err(|_| malformed())
        }
        Err(_) => {
            let now = jiff::Timestamp::now();
            jiff::Timestamp::from_second(now.as_second()).map_err(|_| malformed())
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let text = read_text(&arguments.evidence)?;
    let dossier = Dossier::from_json(text.trim_end(), &arguments.evidence.display().to_string())?;
    let policy = load_policy(&arguments.policy)?;
    let waivers = load_waivers(arguments.waivers.as_deref())?;
    let circumstance = &arguments.circumstance;
    let verdict = judge(&policy, &dossier, &circumstance.circumstances(waivers)?);
    let digest = Digest::of(text.trim_end().as_bytes());
    let report =
        view(&verdict, &policy, &dossier, digest, &circumstance.issue()?, circumstance.tier);
    print_report(&report, circumstance.format)?;
    Ok(circumstance.exit(Exit::of(&verdict, circumstance.allow_waivers)))
}

/// Prints a report to stdout in the asked format.
pub(super) fn print_report(report: &Report, format: Format) -> Result<()> {
    let mut text = Vec::new();
    match format {
        Format::Human => render_terminal(report, &mut text)?,
        Format::Json => render_json(report, &mut text)?,
        Format::Markdown => render_markdown(report, &mut text)?,
    }
    print_bytes(&mut anstream::stdout(), &text)
}

/// A preset by id or a policy by path.
pub(super) fn load_policy(name: &str) -> Result<Policy> {
    if let Some(preset) = preset(name) {
        return preset.policy();
    }
    let path = Path::new(name);
    if !looks_like_path(name) && !path.exists() {
        let known: Vec<_> = PRESETS.iter().map(|preset| preset.id).collect();
        return Err(Error::Usage(format!(
            "no preset is called `{name}`{}: expected one of {}, or the path of a policy file",
            did_you_mean(name, known.iter().copied()),
            known.join(", ")
        )));
    }
    Policy::parse(&read_text(path)?, name)
}

pub(super) fn load_waivers(path: Option<&Path>) -> Result<Vec<Waiver>> {
    path.map_or_else(
        || Ok(Vec::new()),
        |path| Waiver::parse(&read_text(path)?, &path.display().to_string()),
    )
}

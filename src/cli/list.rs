//! `list`: what there is.

use clap::{Args, ValueEnum};

use super::{Exit, print};
use crate::attack::{ATTACKS, Need};
use crate::error::Result;
use crate::metric::{GLOSSARY, metrics};
use crate::policy::PRESETS;
use crate::synth::SYNTHESIZERS;
use crate::utility::UTILITIES;

/// List attacks, measures of utility, metrics, policies, synthesizers or terms
#[derive(Args)]
#[command(after_help = "\
Examples:
  dosimeter list attacks
  dosimeter list policies")]
pub(super) struct Arguments {
    /// What to list
    #[arg(value_enum)]
    what: What,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Every attack with what it needs and measures
    Attacks,
    /// Every measure of what a release is good for
    Utility,
    /// Every metric a policy can name
    Metrics,
    /// Every policy that ships with dosimeter
    Policies,
    /// Every method of `synth` with what it is for
    Synthesizers,
    /// Every word that `explain` teaches
    Terms,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let lines: Vec<String> = match arguments.what {
        What::Attacks => ATTACKS.iter().map(|entry| attack(entry.info)).collect(),
        What::Utility => UTILITIES.iter().map(|entry| measure(entry.info)).collect(),
        What::Metrics => {
            metrics().map(|metric| format!("{:26} {}", metric.id, metric.title)).collect()
        }
        What::Policies => policies()?,
        What::Synthesizers => SYNTHESIZERS.iter().map(|entry| synthesizer(entry.info)).collect(),
        What::Terms => GLOSSARY.iter().map(|term| term.word.to_owned()).collect(),
    };
    print(&lines.join("\n"))?;
    Ok(Exit::MET)
}

fn attack(info: &crate::attack::Info) -> String {
    let needs = match info.needs {
        needs if needs.contains(&Need::Holdout) => " (excess needs a holdout)",
        needs if needs.contains(&Need::Generator) => " (needs a generator)",
        _ => "",
    };
    format!("{:14} {}{needs}\n{:14} {}", info.id, info.title, "", info.metrics.join(" "))
}

fn measure(info: &crate::utility::Info) -> String {
    let needs = if info.needs_holdout { " (needs a holdout)" } else { "" };
    format!("{:14} {}{needs}\n{:14} {}", info.id, info.title, "", info.metrics.join(" "))
}

fn synthesizer(info: &crate::synth::Info) -> String {
    format!("{:14} {}: {}", info.id, info.title, info.purpose)
}

/// One line a preset: its id and for whom it is.
fn policies() -> Result<Vec<String>> {
    let line = |preset: &crate::policy::Preset| {
        let policy = preset.policy()?;
        Ok(format!("{:18} {}", preset.id, policy.audience.unwrap_or(policy.title)))
    };
    PRESETS.iter().map(line).collect()
}

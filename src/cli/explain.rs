//! `explain`: metrics and words of the field.

use clap::Args;

use super::{Exit, print};
use crate::attack::ATTACKS;
use crate::error::{Error, Result};
use crate::metric::{Direction, GLOSSARY, Metric, Unit, metric, metrics, term};
use crate::suggest::did_you_mean;
use crate::synth::{SYNTHESIZERS, synthesizer};

/// Explain a metric, an attack, a synthesizer or a word
#[derive(Args)]
#[command(after_help = "\
Examples:
  dosimeter explain copies.exact-excess
  dosimeter explain quasi-identifier
  dosimeter explain \"positive control\"")]
pub(super) struct Arguments {
    /// A metric (`list metrics`), an attack (`list attacks`), a synthesizer (`list synthesizers`) or a
    /// word (`list terms`)
    #[arg(value_name = "WORD", required = true, num_args = 1..)]
    word: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let word = arguments.word.join(" ");
    let attack = ATTACKS.iter().map(|entry| entry.info).find(|info| info.id == word);
    let text = match (metric(&word), attack, synthesizer(&word), term(&word)) {
        (Some(metric), ..) => explain_metric(metric),
        (None, Some(info), ..) => explain_attack(info),
        (None, None, Some(entry), _) => super::synth::explain(entry),
        (None, None, None, Some(term)) => format!("{}\n\n  {}", term.word, term.meaning),
        (None, None, None, None) => return Err(unknown(&word)),
    };
    print(&text)?;
    Ok(Exit::MET)
}

fn explain_metric(metric: &Metric) -> String {
    let unit = match metric.unit {
        Unit::Fraction => "share; limits are written \"0.04%\"",
        Unit::Count => "count; limits are whole numbers",
        Unit::Nats => {
            "nats, natural logarithm of a likelihood ratio; limits are numbers such as 0.5"
        }
    };
    let safer = match metric.direction {
        Direction::LowerIsSafer => "lower",
        Direction::HigherIsSafer => "higher",
    };
    let control = if metric.contrast { "a sound holdout" } else { "no holdout" };
    format!(
        "{}: {}\n\n  {}\n\n  Why it matters  {}\n  Assumes         {}\n  Unit            {unit}; \
         from {} to {}; {safer} is safer\n  Needs           {control}\n  Source          {}",
        metric.id,
        metric.title,
        metric.meaning,
        metric.matters,
        metric.assumes,
        metric.range.0,
        metric.range.1,
        metric.reference
    )
}

fn explain_attack(info: &crate::attack::Info) -> String {
    format!(
        "{}: {}\n\n  Threat model  {}\n  Metrics       {}\n  References    {}",
        info.id,
        info.title,
        info.threat_model,
        info.metrics.join(", "),
        info.references.join("; ")
    )
}

fn unknown(word: &str) -> Error {
    let known = metrics()
        .map(|metric| metric.id)
        .chain(ATTACKS.iter().map(|entry| entry.info.id))
        .chain(SYNTHESIZERS.iter().map(|entry| entry.info.id))
        .chain(GLOSSARY.iter().map(|term| term.word));
    Error::Usage(format!(
        "nothing is called `{word}`{}: see `dosimeter list metrics`, `list attacks` and `list terms`",
        did_you_mean(word, known)
    ))
}

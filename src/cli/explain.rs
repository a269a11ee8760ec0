//! `explain`: metrics and words of the field.

use clap::Args;

use super::{Exit, print};
use crate::attack::ATTACKS;
use crate::error::{Error, Result};
use crate::metric::{Direction, GLOSSARY, Metric, Term, Unit, metric, metrics, term};
use crate::suggest::did_you_mean;
use crate::synth::{SYNTHESIZERS, synthesizer};
use crate::utility::UTILITIES;

/// Explain a metric, an attack, a measure of utility, a synthesizer or a word
#[derive(Args)]
#[command(after_help = "\
Examples:
  dosimeter explain copies.exact-excess
  dosimeter explain quasi-identifier
  dosimeter explain \"positive control\"")]
pub(super) struct Arguments {
    /// A metric (`list metrics`), an attack (`list attacks`), a measure (`list utility`), a synthesizer (`list synthesizers`) or a
    /// word (`list terms`)
    #[arg(value_name = "WORD", required = true, num_args = 1..)]
    word: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let word = arguments.word.join(" ");
    let attack = ATTACKS.iter().map(|entry| entry.info).find(|info| info.id == word);
    let measure = UTILITIES.iter().map(|entry| entry.info).find(|info| info.id == word);
    let text = metric(&word).map(explain_metric);
    let text = text.or_else(|| attack.map(explain_attack));
    let text = text.or_else(|| measure.map(explain_measure));
    let text = text.or_else(|| synthesizer(&word).map(super::synth::explain));
    let text = text.or_else(|| term(&word).map(explain_term));
    print(&text.ok_or_else(|| unknown(&word))?)?;
    Ok(Exit::MET)
}

fn explain_metric(metric: &Metric) -> String {
    let unit = match metric.unit {
        Unit::Fraction => "share; limits are written \"0.04%\"",
        Unit::Count => "count; limits are whole numbers",
        Unit::Nats => {
            "nats, natural logarithm of a likelihood ratio; limits are numbers such as 0.5"
        }
        Unit::Number => "number; limits are plain numbers such as 0.5",
    };
    let safer = match metric.direction {
        Direction::LowerIsSafer => "lower",
        Direction::HigherIsSafer => "higher",
    };
    let word = if metric.utility { "better" } else { "safer" };
    let control = if metric.contrast { "a sound holdout" } else { "no holdout" };
    format!(
        "{}: {}\n\n  {}\n\n  Why it matters  {}\n  Assumes         {}\n  Unit            {unit}; \
         from {} to {}; {safer} is {word}\n  Needs           {control}\n  Source          {}",
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

fn explain_term(term: &Term) -> String {
    format!("{}\n\n  {}", term.word, term.meaning)
}

fn explain_measure(info: &crate::utility::Info) -> String {
    format!(
        "{}: {}\n\n  Purpose     {}\n  Metrics     {}\n  References  {}",
        info.id,
        info.title,
        info.purpose,
        info.metrics.join(", "),
        info.references.join("; ")
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
        .chain(UTILITIES.iter().map(|entry| entry.info.id))
        .chain(SYNTHESIZERS.iter().map(|entry| entry.info.id))
        .chain(GLOSSARY.iter().map(|term| term.word));
    Error::Usage(format!(
        "nothing is called `{word}`{}: see `dosimeter list metrics`, `list attacks` and `list terms`",
        did_you_mean(word, known)
    ))
}

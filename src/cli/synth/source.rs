//! What rows are drawn from: a method fitted to the real table, or a model file.

use super::Arguments;
use crate::cli::read_text;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::synth::dp::Accountant;
use crate::synth::{Fitted, Input, fit, parse_parameters, synthesizer};
use crate::table::{Sample, Schema, read_tables};

/// Fits the method, or loads the model.
pub(super) fn fitted(arguments: &Arguments, seed: Seed) -> Result<Fitted> {
    // clap has seen to it that these come together.
    match (&arguments.real, &arguments.method, &arguments.schema, &arguments.model) {
        (Some(real), Some(method), Some(schema), _) => {
            let entry = synthesizer(method)
                .ok_or_else(|| Error::Usage(format!("no synthesizer is called `{method}`")))?;
            let parameters = parse_parameters(arguments.set.iter().map(String::as_str))
                .map_err(|problem| Error::Usage(format!("--set: {problem}")))?;
            let budget = entry.info.budget(arguments.epsilon, arguments.delta)?;
            let mut accountant =
                budget.map_or_else(Accountant::without_budget, Accountant::with_budget);
            let method = entry.method(parameters.clone())?;
            let text = read_text(schema)?;
            let schema = Schema::parse(&text, &schema.display().to_string())?;
            let tables = read_tables(&[(Sample::Train, real.as_path())], &schema)?;
            let real =
                tables.first().ok_or_else(|| Error::Usage("no table was read".to_owned()))?;
            let mut fitted = fit(&*method, real, &schema, &mut accountant, seed)?;
            fitted.parameters = parameters;
            fitted.inputs.push(Input { kind: "schema".into(), sha256: Digest::of(text.as_bytes()) });
            Ok(fitted)
        }
        (None, _, _, Some(model)) => Fitted::load(model),
        _ => Err(Error::Usage(
            "nothing to make rows from: expected a real table with --method and --schema, or --model"
                .to_owned(),
        )),
    }
}

//! What rows are drawn from: a method fitted to the real table, or a model file.

use std::path::Path;

use super::{Arguments, request};
use crate::cli::read_text;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::synth::dp::{Accountant, Budget, Spending};
use crate::synth::{Fitted, Info, Input, Request, Spec, fit, parse_parameters, synthesizer};
use crate::table::{Sample, Schema, read_leniently, read_tables};

/// What rows are drawn from.
pub(super) struct Source {
    pub(super) fitted: Fitted,
    /// The schema of a specification.
    pub(super) schema_text: Option<String>,
}

/// Reads the specification, fits the method, or loads the model.
pub(super) fn source(arguments: &Arguments, seed: Seed) -> Result<Source> {
    if let Some(path) = &arguments.spec {
        let spec = Spec::parse(&read_text(path)?, &path.display().to_string())?;
        let schema_text = Some(spec.schema_text().to_owned());
        return Ok(Source { fitted: spec.fitted(), schema_text });
    }
    fitted(arguments, seed).map(|fitted| Source { fitted, schema_text: None })
}

/// Fits the method, or loads the model.
fn fitted(arguments: &Arguments, seed: Seed) -> Result<Fitted> {
    // clap has seen to it that these come together.
    match (&arguments.real, arguments.method(), &arguments.schema, &arguments.model) {
        (Some(real), Some(method), Some(schema), _) => {
            let entry = synthesizer(method)
                .ok_or_else(|| Error::Usage(format!("no synthesizer is called `{method}`")))?;
            let mut parameters = parse_parameters(arguments.set.iter().map(String::as_str))
                .map_err(|problem| Error::Usage(format!("--set: {problem}")))?;
            let budget = entry.info.budget(arguments.epsilon, arguments.delta)?;
            let text = read_text(schema)?;
            let schema = Schema::parse(&text, &schema.display().to_string())?;
            // Under a budget nothing that was read from the data takes part, or is told.
            let (schema, sha256) = match budget {
                None => (schema, Digest::of(text.as_bytes())),
                Some(_) => {
                    let public = schema.without_data();
                    let digest = public.digest();
                    (public, digest)
                }
            };
            let request = request(arguments, &schema)?;
            visit_first(entry.info, &request, &mut parameters);
            let method = entry.method(parameters.clone())?;
            let mut fitted = match budget {
                None => {
                    let tables = read_tables(&[(Sample::Train, real.as_path())], &schema)?;
                    let real =
                        tables.first().ok_or_else(|| Error::Usage("no table was read".to_owned()))?;
                    fit(&*method, real, &schema, &mut Accountant::without_budget(), seed)?
                }
                Some(budget) => {
                    let table = read_leniently(real, &schema)?;
                    let spending = limited(arguments, spending(arguments, real))?;
                    let mut accountant = accountant(arguments, budget, seed)?.recorded(spending);
                    fit(&*method, &table, &schema, &mut accountant, seed)?
                }
            };
            fitted.parameters = parameters;
            fitted.inputs.push(Input { kind: "schema".into(), sha256 });
            Ok(fitted)
        }
        (Some(_), None, ..) => Err(Error::Usage(
            "no method is named: expected --method, or --epsilon and --delta for the default one"
                .to_owned(),
        )),
        (None, _, _, Some(model)) => Fitted::load(model),
        _ => Err(Error::Usage(
            "nothing to make rows from: expected a real table with --method and --schema, --model, or --spec"
                .to_owned(),
        )),
    }
}

/// A method that draws column by column draws those that the request restricts first, unless it is told
/// otherwise: a row that breaks it is then dropped before the others are drawn.
fn visit_first(info: &Info, request: &Request, parameters: &mut toml::Table) {
    let boosted = request.boosts.iter().map(|boost| boost.column.as_str());
    let mut names: Vec<&str> = request.condition.columns().collect();
    for name in boosted {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if info.id == "cart" && !names.is_empty() {
        parameters.entry("visit").or_insert_with(|| names.into());
    }
}

/// Who pays for the noise, and where it comes from.
fn accountant(arguments: &Arguments, budget: Budget, seed: Seed) -> Result<Accountant> {
    let budget = arguments.persons.map_or(Ok(budget), |persons| budget.for_persons(persons))?;
    Ok(if arguments.insecure_seed {
        Accountant::seeded(budget, seed.part("noise"))
    } else {
        Accountant::with_budget(budget)
    })
}

/// Where what is spent on `real` is put on record.
pub(super) fn spending(arguments: &Arguments, real: &Path) -> Spending {
    let method = arguments.method().unwrap_or_default();
    match &arguments.spent {
        Some(path) => Spending::at(path, method),
        None => Spending::beside(real, method),
    }
}

/// With the limit that is asked for.
fn limited(arguments: &Arguments, spending: Spending) -> Result<Spending> {
    match arguments.limit {
        Some(limit) if !(limit.is_finite() && limit > 0.0) => {
            Err(Error::Usage(format!("--limit: expected a number above 0, found {limit}")))
        }
        limit => Ok(spending.at_most(limit)),
    }
}

//! Claims a schema cannot make: bounds that cross, codes out of bounds, two subjects, ….

use std::collections::BTreeSet;

use super::parse::Place;
use super::{ColumnKind, ColumnSchema, Role, Schema};
use crate::error::Result;
use crate::table::Expression;
use crate::table::canonical::label;
use crate::table::number::EXACT;

/// Checks `schema`, whose columns start at the bytes `starts` of the text.
pub(super) fn check(schema: &Schema, starts: &[usize], place: &Place<'_>) -> Result<()> {
    if schema.columns.is_empty() {
        return Err(place.error(0, "the schema has no column: add a table such as `[columns.age]`"));
    }
    if let Some(problem) = tokens(&schema.missing) {
        return Err(place.error(0, problem));
    }
    for ((name, column), at) in schema.columns.iter().zip(starts) {
        let problem = (name.trim() != name || name.is_empty())
            .then(|| "a name cannot be empty or begin or end with a space".to_owned())
            .or_else(|| flaw(column));
        if let Some(problem) = problem {
            return Err(place.error(*at, format!("column `{name}`: {problem}")));
        }
    }
    only_one(schema, starts, place, "`role = \"subject\"`", |column| column.role == Role::Subject)?;
    only_one(schema, starts, place, "`weight = true`", |column| column.weight)?;
    between_columns(schema).map_err(|problem| place.error(starts[0], problem))
}

fn only_one(
    schema: &Schema,
    starts: &[usize],
    place: &Place<'_>,
    what: &str,
    is: impl Fn(&ColumnSchema) -> bool,
) -> Result<()> {
    let mut with = schema.columns.iter().zip(starts).filter(|((_, column), _)| is(column));
    match (with.next(), with.next()) {
        (Some(((first, _), _)), Some(((second, _), at))) => Err(place.error(
            *at,
            format!("at most one column can have {what}; `{first}` and `{second}` do"),
        )),
        _ => Ok(()),
    }
}

fn between_columns(schema: &Schema) -> std::result::Result<(), String> {
    if schema.constraints.iter().any(|constraint| constraint.rule.trim().is_empty()) {
        return Err("a `[[constraint]]` has an empty `rule`".to_owned());
    }
    for constraint in &schema.constraints {
        Expression::parse_rule(&constraint.rule, &schema.columns)
            .map_err(|problem| format!("`[[constraint]]`: {problem}"))?;
    }
    let Some(link) = &schema.linkability else { return Ok(()) };
    let known = |name: &&String| schema.column(name).is_some();
    if let Some(unknown) = link.a.iter().chain(&link.b).find(|name| !known(name)) {
        return Err(format!(
            "`[linkability]` names the column `{unknown}`, which the schema does not have"
        ));
    }
    if link.a.is_empty() || link.b.is_empty() {
        return Err("`[linkability]` needs at least one column in `a` and one in `b`".to_owned());
    }
    match link.a.iter().find(|name| link.b.contains(name)) {
        Some(both) => Err(format!("`[linkability]` has the column `{both}` in both `a` and `b`")),
        None => Ok(()),
    }
}

fn flaw(column: &ColumnSchema) -> Option<String> {
    numbers(column)
        .or_else(|| levels(column))
        .or_else(|| column.missing.as_deref().and_then(tokens))
        .or_else(|| {
            let numeric = matches!(column.kind, ColumnKind::Continuous | ColumnKind::Integer);
            (column.weight && !numeric)
                .then(|| "`weight = true` needs kind continuous or integer".to_owned())
        })
}

fn numbers(column: &ColumnSchema) -> Option<String> {
    let ColumnSchema { lower, upper, step, top, bottom, precision, .. } = *column;
    let given = [
        ("lower", lower),
        ("upper", upper),
        ("step", step),
        ("top", top),
        ("bottom", bottom),
        ("precision", precision),
    ];
    let ranked = column.kind == ColumnKind::Ordinal && column.levels.is_some();
    for (key, value) in given.into_iter().filter_map(|(key, value)| Some((key, value?))) {
        if !column.is_number() || (ranked && key != "precision") {
            return Some(format!(
                "`{key}` needs numbers; kind {} with these levels has none",
                column.kind.name()
            ));
        }
        if !value.is_finite() || value.abs() > EXACT {
            return Some(format!("`{key}` must be a finite number of at most 2^53"));
        }
        if matches!(key, "step" | "precision") && value <= 0.0 {
            return Some(format!("`{key}` must be above 0"));
        }
    }
    for (key, listed) in [("edges", &column.edges), ("spikes", &column.spikes)] {
        let Some(listed) = listed else { continue };
        if !column.is_number() || ranked {
            return Some(format!(
                "`{key}` needs numbers; kind {} has none here",
                column.kind.name()
            ));
        }
        if listed.is_empty() || !listed.iter().all(|x| x.is_finite() && x.abs() <= EXACT) {
            return Some(format!("`{key}` must be a list of finite numbers of at most 2^53"));
        }
    }
    let above = |small: Option<f64>, large: Option<f64>| matches!((small, large), (Some(s), Some(l)) if s > l);
    let order = [
        ("lower", lower, "upper", upper),
        ("bottom", bottom, "top", top),
        ("top", top, "upper", upper),
        ("lower", lower, "top", top),
        ("lower", lower, "bottom", bottom),
        ("bottom", bottom, "upper", upper),
    ];
    let crossed = order.into_iter().find(|(_, small, _, large)| above(*small, *large));
    crossed.map(|(small, _, large, _)| format!("`{small}` must not be above `{large}`"))
}

fn levels(column: &ColumnSchema) -> Option<String> {
    let levels = column.levels.as_deref()?;
    if !matches!(column.kind, ColumnKind::Ordinal | ColumnKind::Categorical) {
        return Some(format!(
            "`levels` needs kind categorical or ordinal, not {}",
            column.kind.name()
        ));
    }
    if levels.is_empty() {
        return Some("`levels` is empty: list the categories or leave it out".to_owned());
    }
    if levels.iter().any(|level| level.trim_ascii().is_empty()) {
        return Some("a level is empty: the empty text belongs in `missing`".to_owned());
    }
    let distinct: BTreeSet<_> = levels.iter().map(|level| label(level)).collect();
    (distinct.len() < levels.len())
        .then(|| "a level is listed twice (`1` and `1.0` are one level)".to_owned())
}

fn tokens(tokens: &[String]) -> Option<String> {
    let distinct: BTreeSet<_> = tokens.iter().map(|token| token.trim_ascii()).collect();
    (distinct.len() < tokens.len()).then(|| "a `missing` token is listed twice".to_owned())
}

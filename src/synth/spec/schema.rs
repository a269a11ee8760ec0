//! The schema of the tables that a specification makes, as a `schema.toml` that `audit` and people read.

use std::fmt::Write as _;

use super::plan::Planned;
use crate::table::{ColumnKind, Expression, Role, Schema, number_text};

/// The text of the schema of every column that is not hidden.
pub(super) fn text(columns: &[Planned], rules: &[Expression], reviewed_by: &str) -> String {
    let visible = columns.iter().filter(|column| !column.hidden);
    let mut text = described(visible, reviewed_by);
    let hidden = |place: &usize| columns[*place].hidden;
    for rule in rules.iter().filter(|rule| !rule.columns().iter().any(hidden)) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n[[constraint]]\nrule = {}", quoted(rule.text()));
    }
    text
}

/// The text of a schema of these columns.
fn described<'a>(columns: impl Iterator<Item = &'a Planned>, reviewed_by: &str) -> String {
    let mut text = String::from("# The schema of a table made by `dosimeter synth --spec`.\n");
    let mut line = |line: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    };
    line(format!("reviewed-by = {}", quoted(reviewed_by)));
    for column in columns {
        line(format!("\n[columns.{}]", quoted(&column.name)));
        described_column(column, &mut line);
    }
    text
}

fn described_column(column: &Planned, line: &mut dyn FnMut(String)) {
    let schema = &column.schema;
    line(format!("kind = {}", quoted(schema.kind.name())));
    if schema.role != Role::Other {
        line(format!("role = {}", quoted(schema.role.name())));
    }
    for (key, bound) in [("lower", schema.lower), ("upper", schema.upper)] {
        if let Some(bound) = bound {
            let text = number_text(schema.kind, bound);
            let is_date = schema.kind == ColumnKind::DateTime;
            line(format!("{key} = {}", if is_date { quoted(&text) } else { text }));
        }
    }
    if let Some(step) = schema.step {
        line(format!("step = {}", number_text(ColumnKind::Continuous, step)));
    }
    if matches!(schema.kind, ColumnKind::Categorical | ColumnKind::Ordinal)
        && !column.levels.is_empty()
    {
        let levels: Vec<String> = column.levels.iter().map(|level| quoted(level)).collect();
        line(format!("levels = [{}]", levels.join(", ")));
        line(format!("source = {}", quoted(schema.source.as_deref().unwrap_or("specification"))));
    }
    for (key, flag) in [("protected", schema.protected), ("target", schema.target)] {
        if flag {
            line(format!("{key} = true"));
        }
    }
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The schema that the text is, with a problem named by its column rather than by a line of a file that
/// nobody has.
pub(super) fn read(text: &str, columns: &[Planned]) -> Result<Schema, String> {
    if columns.iter().all(|column| column.hidden) {
        return Err(
            "every column is hidden or a direct identifier, which is never released".to_owned()
        );
    }
    let parse = |text: &str| {
        Schema::parse(text, "schema of the specification").map_err(|error| match error {
            crate::Error::Config { problem, .. } => problem,
            other => other.to_string(),
        })
    };
    // Hidden columns are drawn as well, and so must be possible.
    parse(&described(columns.iter(), ""))?;
    parse(text)
}

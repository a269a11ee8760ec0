//! From the text of `schema.toml` to a [`Schema`], with the line of whatever is wrong.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use toml::{Spanned, Value};

use super::{ColumnKind, ColumnSchema, Constraint, Linkability, Role, Schema, check};
use crate::error::{Error, Result};
use crate::table::moment;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    #[serde(default)]
    reviewed_by: String,
    missing: Option<Vec<Token>>,
    #[serde(default)]
    columns: BTreeMap<Spanned<String>, WrittenColumn>,
    #[serde(default)]
    constraint: Vec<Constraint>,
    linkability: Option<Linkability>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenColumn {
    kind: ColumnKind,
    #[serde(default)]
    role: Role,
    missing: Option<Vec<Token>>,
    lower: Option<Value>,
    upper: Option<Value>,
    step: Option<f64>,
    top: Option<Value>,
    bottom: Option<Value>,
    precision: Option<f64>,
    levels: Option<Vec<Token>>,
    edges: Option<Vec<Value>>,
    spikes: Option<Vec<Value>>,
    source: Option<String>,
    #[serde(default)]
    protected: bool,
    #[serde(default)]
    target: bool,
    #[serde(default)]
    weight: bool,
}

/// A text that may be written without quotes when it is a whole number or a truth value.
struct Token(String);

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Integer(number) => Ok(Self(number.to_string())),
            Value::Boolean(flag) => Ok(Self(flag.to_string())),
            _ => Err(D::Error::custom("expected a text in quotes or a whole number")),
        }
    }
}

/// Where a problem is, so that its line can be told.
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl Place<'_> {
    /// An [`Error::Config`] at byte `at` of the text.
    pub(super) fn error(&self, at: usize, problem: impl Into<String>) -> Error {
        Error::config(self.file, self.text, at, problem)
    }
}

pub(super) fn parse(text: &str, file: &str) -> Result<Schema> {
    let place = Place { file, text };
    let written: Written = toml::from_str(text).map_err(|problem| {
        let at = problem.span().map_or(0, |span: Range<usize>| span.start);
        place.error(at, with_suggestion(problem.message()))
    })?;
    let mut columns: Vec<_> = written.columns.into_iter().collect();
    columns.sort_by_key(|(name, _)| name.span().start);
    let mut starts = Vec::with_capacity(columns.len());
    let mut typed = Vec::with_capacity(columns.len());
    for (name, column) in columns {
        let at = name.span().start;
        let name = name.into_inner();
        let column = column
            .typed()
            .map_err(|problem| place.error(at, format!("column `{name}`: {problem}")))?;
        starts.push(at);
        typed.push((name, column));
    }
    let schema = Schema {
        reviewed_by: written.reviewed_by,
        missing: written.missing.map_or_else(|| vec![String::new()], texts),
        columns: typed,
        constraints: written.constraint,
        linkability: written.linkability,
    };
    check::check(&schema, &starts, &place)?;
    Ok(schema)
}

impl WrittenColumn {
    fn typed(self) -> Result<ColumnSchema, String> {
        let kind = self.kind;
        let number =
            |key, value: Option<Value>| value.map(|value| bound(kind, key, &value)).transpose();
        let numbers = |key, values: Option<Vec<Value>>| {
            values
                .map(|values| values.iter().map(|value| bound(kind, key, value)).collect())
                .transpose()
        };
        Ok(ColumnSchema {
            kind,
            role: self.role,
            missing: self.missing.map(texts),
            lower: number("lower", self.lower)?,
            upper: number("upper", self.upper)?,
            step: self.step,
            top: number("top", self.top)?,
            bottom: number("bottom", self.bottom)?,
            precision: self.precision,
            levels: self.levels.map(texts),
            edges: numbers("edges", self.edges)?,
            spikes: numbers("spikes", self.spikes)?,
            source: self.source,
            protected: self.protected,
            target: self.target,
            weight: self.weight,
        })
    }
}

/// A bound: a number, or for a date-time column a date. A bare number there would silently be read
/// as seconds, so that `lower = 2020` would mean 1970.
fn bound(kind: ColumnKind, key: &str, value: &Value) -> Result<f64, String> {
    let date = |text: &str| {
        moment::parse(text).ok_or_else(|| format!("`{key}` must be an ISO date such as 2024-01-31"))
    };
    match (kind, value) {
        (ColumnKind::DateTime, Value::String(text)) => date(text),
        (ColumnKind::DateTime, Value::Datetime(moment)) => date(&moment.to_string()),
        (ColumnKind::DateTime, _) => {
            Err(format!("`{key}` of a datetime column must be a date such as 2024-01-31"))
        }
        #[expect(clippy::cast_precision_loss, reason = "bounds beyond 2^53 are refused by `check`")]
        (_, Value::Integer(number)) => Ok(*number as f64),
        (_, Value::Float(number)) => Ok(*number),
        _ => Err(format!("`{key}` must be a number")),
    }
}

fn texts(tokens: Vec<Token>) -> Vec<String> {
    tokens.into_iter().map(|token| token.0).collect()
}

/// Adds "did you mean" to a message of the form "unknown … `x`, expected one of `a`, `b`".
fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let near = quoted.next().and_then(|typed| crate::table::nearest_name(typed, quoted));
    match near {
        Some(near) if message.starts_with("unknown") => {
            format!("{message}; did you mean `{near}`?")
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_schemas_are_refused_at_their_line() {
        let age = "[columns.age]\nkind = 'integer'\n";
        let cases = [
            (String::new(), 1, "no column"),
            ("[columns.age]\nkind = 'intger'".to_owned(), 2, "did you mean `integer`?"),
            (format!("{age}loewr = 1"), 3, "did you mean `lower`?"),
            (format!("{age}lower = 9\nupper = 1"), 1, "`lower` must not be above `upper`"),
            (format!("{age}top = 9\nupper = 1"), 1, "`top` must not be above `upper`"),
            (format!("{age}lower = nan"), 1, "finite"),
            (format!("{age}lower = '1'"), 1, "must be a number"),
            (format!("{age}step = 0"), 1, "above 0"),
            (format!("{age}levels = ['a']"), 1, "needs kind categorical or ordinal"),
            (format!("missing = ['', ' ']\n{age}"), 1, "listed twice"),
            (format!("{age}{age}"), 3, "duplicate"),
            (
                format!("{age}role = 'subject'\n[columns.b]\nkind = 'text'\nrole = 'subject'"),
                4,
                "at most one",
            ),
            (format!("{age}[columns.d]\nkind = 'datetime'\nlower = 2020"), 3, "must be a date"),
            (
                format!("{age}[columns.d]\nkind = 'ordinal'\nlevels = ['1', '1.0']"),
                3,
                "listed twice",
            ),
            (
                format!("{age}[columns.d]\nkind = 'ordinal'\nlevels = ['a']\nupper = 2"),
                3,
                "needs numbers",
            ),
            (format!("{age}[columns.d]\nkind = 'categorical'\nlevels = []"), 3, "empty"),
            (format!("{age}[columns.d]\nkind = 'text'\nweight = true"), 3, "continuous or integer"),
            (format!("{age}[linkability]\na = ['age']\nb = ['sex']"), 1, "`sex`"),
            (format!("{age}[[constraint]]\nrule = ' '"), 1, "empty `rule`"),
            (format!("{age}[[constraint]]\nrule = 'aeg > 3'"), 1, "did you mean `age`?"),
        ];
        for (text, expected, words) in cases {
            match Schema::parse(&text, "schema.toml") {
                Err(Error::Config { line, problem, .. }) => {
                    assert_eq!(line, expected, "{text}: {problem}");
                    assert!(problem.contains(words), "{words}: {problem}");
                }
                _ => panic!("accepted: {text}"),
            }
        }
    }

    #[test]
    fn columns_keep_the_order_of_the_file_and_dates_become_seconds() {
        let text = "[columns.z]\nkind = 'datetime'\nlower = 1970-01-02\nupper = '1970-01-03T00:00:00'\n\
                    [columns.a]\nkind = 'ordinal'\nlevels = [3, 1, 2]\n";
        let schema = Schema::parse(text, "schema.toml").unwrap();
        let names: Vec<&str> = schema.columns.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["z", "a"]);
        assert_eq!(schema.columns[0].1.lower, Some(86_400.0));
        assert_eq!(schema.columns[0].1.upper, Some(172_800.0));
        assert_eq!(
            schema.columns[1].1.levels.as_deref(),
            Some(&["3".to_owned(), "1".to_owned(), "2".to_owned()][..])
        );
        assert_eq!(schema.missing, [""]);
    }
}

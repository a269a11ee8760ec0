//! One value written by a user, read as a column reads its cells.

use super::{ColumnKind, ColumnSchema, canonical, moment, number};

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number, a rank in `levels`, or a moment in seconds since 1970-01-01T00:00:00Z.
    Number(f64),
    /// A category, truth value or text, in its canonical spelling.
    Label(Box<str>),
}

impl ColumnSchema {
    /// Reads `text` as a value of this column, as a cell of a file would be read, before codes and bounds.
    ///
    /// # Errors
    /// What was expected instead; levels that the schema lists are public and named.
    pub fn value(&self, text: &str) -> Result<Value, String> {
        let text = text.trim_ascii();
        let number = |read: Option<f64>, expected: &str| {
            read.map(Value::Number).ok_or_else(|| format!("expected {expected}, found `{text}`"))
        };
        match (self.kind, self.levels.as_deref()) {
            (ColumnKind::Ordinal, Some(levels)) => {
                let rank = levels.iter().zip(0_u32..).find(|(level, _)| same(level, text));
                rank.map(|(_, rank)| Value::Number(f64::from(rank)))
                    .ok_or_else(|| unlisted(levels, text))
            }
            (ColumnKind::Integer, _) => {
                number(number::parse_integer(text).ok(), "a whole number of at most 2^53")
            }
            (ColumnKind::Continuous | ColumnKind::Ordinal, _) => {
                number(number::parse(text).ok(), "a number")
            }
            (ColumnKind::DateTime, _) => {
                number(moment::parse(text), "a date or time such as 2024-01-31")
            }
            (ColumnKind::Boolean, _) => canonical::boolean(text)
                .map(|truth| Value::Label(truth.into()))
                .ok_or_else(|| format!("expected true or false, found `{text}`")),
            (_, Some(levels)) if !levels.iter().any(|level| same(level, text)) => {
                Err(unlisted(levels, text))
            }
            _ => Ok(Value::Label(canonical::label(text).into())),
        }
    }
}

fn same(level: &str, text: &str) -> bool {
    canonical::label(level) == canonical::label(text)
}

fn unlisted(levels: &[String], text: &str) -> String {
    let near = super::nearest_name(text, levels.iter().map(String::as_str));
    let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    format!("expected one of the {} levels of the schema, found `{text}`{hint}", levels.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Schema;

    #[test]
    fn a_value_is_read_as_its_column_reads_cells() {
        let schema = "[columns.i]\nkind = 'integer'\n[columns.x]\nkind = 'continuous'\n\
                      [columns.o]\nkind = 'ordinal'\nlevels = ['low', 'high']\n\
                      [columns.b]\nkind = 'boolean'\n[columns.t]\nkind = 'datetime'\n\
                      [columns.c]\nkind = 'categorical'\nlevels = ['여', '남', '1']\n\
                      [columns.d]\nkind = 'categorical'\n";
        let schema = Schema::parse(schema, "schema.toml").unwrap();
        let read = |name: &str, text: &str| schema.column(name).unwrap().value(text);
        for (name, text, number) in [
            ("i", "39.0", 39.0),
            ("x", "-0.5", -0.5),
            ("o", "high", 1.0),
            ("t", "1970-01-02", 86_400.0),
        ] {
            assert_eq!(read(name, text), Ok(Value::Number(number)), "{name}");
        }
        for (name, text, label) in
            [("b", "YES", "true"), ("c", "여", "여"), ("c", "1.0", "1"), ("d", " x ", "x")]
        {
            assert_eq!(read(name, text), Ok(Value::Label(label.into())), "{name}");
        }
        for (name, text, words) in [
            ("i", "1.5", "whole number"),
            ("x", "inf", "a number"),
            ("o", "hihg", "did you mean `high`?"),
            ("b", "maybe", "true or false"),
            ("t", "31.1.2024", "2024-01-31"),
            ("c", "other", "3 levels"),
        ] {
            let problem = read(name, text).unwrap_err();
            assert!(problem.contains(words), "{problem}");
        }
    }
}

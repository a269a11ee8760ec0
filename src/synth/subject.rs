//! New subjects for a made table: one a row, and none that a real person has.

use serde::{Deserialize, Serialize};

use super::made;
use crate::table::{Column, ColumnKind, ColumnSchema, Values};

/// How the new ids of a text column begin.
const PREFIX: &str = "synthetic-";

/// The largest whole number that floating-point numbers hold exactly, 2⁵³.
const MOST: f64 = 9_007_199_254_740_992.0;

/// How new ids are numbered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Numbering {
    /// `synthetic-000001`, …: of one width, so that byte order is the order of rows.
    Prefix(String),
    /// Whole numbers from this one on.
    From(f64),
}

/// How ids that the real `column` does not have are numbered, or nothing where the schema leaves no room
/// for ids that are surely new (listed levels, dates): a release may lack the column.
///
/// Texts get a prefix that no real id has. Numbers start at ten times the largest real one or more,
/// so that they are also beyond those of a holdout of the same numbering, which is not seen here.
pub(super) fn numbering(column: &Column) -> Option<Numbering> {
    match &column.values {
        Values::Labels { levels, .. } if column.schema.levels.is_none() => {
            let mut prefix = PREFIX.to_owned();
            while levels.iter().any(|id| id.starts_with(&prefix)) {
                prefix.push_str(PREFIX);
            }
            Some(Numbering::Prefix(prefix))
        }
        Values::Numbers(numbers) if column.schema.kind == ColumnKind::Integer => {
            let known = numbers.iter().filter(|id| !id.is_nan());
            let largest = known.fold(0.0_f64, |most, id| most.max(id.abs()));
            let mut first = 10.0;
            while first < 10.0 * largest {
                first *= 10.0;
            }
            Some(Numbering::From(first))
        }
        _ => None,
    }
}

/// A subject column of `rows` new ids that the real `column` does not have; nothing where its schema leaves no
/// room for them.
#[must_use]
pub fn fresh_subjects(column: &Column, rows: usize) -> Option<Column> {
    numbering(column)?.column(&column.name, &column.schema, rows)
}

impl Numbering {
    /// A subject column of `rows` new ids; nothing where they do not fit between the schema's bounds.
    pub(super) fn column(&self, name: &str, schema: &ColumnSchema, rows: usize) -> Option<Column> {
        let values = match self {
            Self::Prefix(prefix) => labels(prefix, rows)?,
            Self::From(first) => Values::Numbers(numbers(*first, schema, rows)?),
        };
        Some(made(name, schema, values))
    }
}

fn labels(prefix: &str, rows: usize) -> Option<Values> {
    let width = rows.to_string().len();
    let codes = (0..u32::try_from(rows).ok()?).collect();
    let levels = (1..=rows).map(|row| format!("{prefix}{row:0width$}").into_boxed_str()).collect();
    Some(Values::Labels { codes, levels })
}

fn numbers(first: f64, schema: &ColumnSchema, rows: usize) -> Option<Vec<f64>> {
    let last = first + rows as f64;
    let most = [schema.upper, schema.top].into_iter().flatten().fold(MOST, f64::min);
    let least = schema.bottom.unwrap_or(first);
    (last <= most && least <= first).then(|| (0..rows).map(|row| first + row as f64).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::table;
    use crate::table::{Sample, Schema};

    fn ids(schema: &str, csv: &str, rows: usize) -> Option<Values> {
        let schema =
            format!("[columns.id]\nrole = 'subject'\n{schema}\n[columns.x]\nkind = 'text'\n");
        let schema = Schema::parse(&schema, "schema.toml").unwrap();
        let real = table(csv, Sample::Train, &schema);
        let column = real.column("id").unwrap();
        fresh_subjects(column, rows).map(|column| column.values)
    }

    #[test]
    fn texts_get_a_prefix_that_no_real_id_has() {
        for (csv, prefix) in
            [("id,x\n7,a\n", "synthetic-"), ("id,x\nsynthetic-1,a\n", "synthetic-synthetic-")]
        {
            let Some(Values::Labels { codes, levels }) = ids("kind = 'text'", csv, 12) else {
                panic!()
            };
            assert_eq!(codes, (0..12).collect::<Vec<u32>>());
            assert_eq!((&*levels[0], levels.len()), (format!("{prefix}01").as_str(), 12));
            assert!(levels.is_sorted());
        }
    }

    /// The largest real id is 402: the next power of ten that is at least ten times as large is 10⁴.
    #[test]
    fn numbers_start_far_beyond_the_real_ones() {
        let Some(Values::Numbers(numbers)) = ids("kind = 'integer'", "id,x\n402,a\n17,a\n", 2)
        else {
            panic!()
        };
        assert_eq!(numbers, [10_000.0, 10_001.0]);
    }

    #[test]
    fn where_the_schema_leaves_no_room_the_column_is_left_out() {
        assert!(ids("kind = 'integer'\nupper = 9999", "id,x\n402,a\n", 2).is_none());
        assert!(ids("kind = 'categorical'\nlevels = ['p']", "id,x\np,a\n", 2).is_none());
        assert!(ids("kind = 'datetime'", "id,x\n2024-01-01,a\n", 2).is_none());
    }
}

//! New subjects for a made table: one a row, and none that a real person has.

use super::replaced;
use crate::table::{Column, ColumnKind, Values};

/// How the new ids of a text column begin.
const PREFIX: &str = "synthetic-";

/// The largest whole number that floating-point numbers hold exactly, 2⁵³.
const MOST: f64 = 9_007_199_254_740_992.0;

/// A subject column of `rows` new ids, or nothing where the schema leaves no room for ids that are
/// surely new (listed levels, an upper bound, dates): a release may lack the column.
///
/// Texts get a prefix that no real id has. Numbers start at ten times the largest real one or more,
/// so that they are also beyond those of a holdout of the same numbering, which is not seen here.
pub(super) fn fresh(column: &Column, rows: usize) -> Option<Column> {
    let values = match &column.values {
        Values::Labels { levels, .. } if column.schema.levels.is_none() => labels(levels, rows)?,
        Values::Numbers(numbers) if column.schema.kind == ColumnKind::Integer => {
            Values::Numbers(numbers_beyond(numbers, column, rows)?)
        }
        _ => return None,
    };
    Some(replaced(column, values))
}

/// `synthetic-000001`, …: of one width, so that byte order is the order of rows.
fn labels(real: &[Box<str>], rows: usize) -> Option<Values> {
    let mut prefix = PREFIX.to_owned();
    while real.iter().any(|id| id.starts_with(&prefix)) {
        prefix.push_str(PREFIX);
    }
    let width = rows.to_string().len();
    let codes = (0..u32::try_from(rows).ok()?).collect();
    let levels = (1..=rows).map(|row| format!("{prefix}{row:0width$}").into_boxed_str()).collect();
    Some(Values::Labels { codes, levels })
}

fn numbers_beyond(real: &[f64], column: &Column, rows: usize) -> Option<Vec<f64>> {
    let largest =
        real.iter().filter(|id| !id.is_nan()).fold(0.0_f64, |most, id| most.max(id.abs()));
    let mut first = 10.0;
    while first < 10.0 * largest {
        first *= 10.0;
    }
    let last = first + rows as f64;
    let most = [column.schema.upper, column.schema.top].into_iter().flatten().fold(MOST, f64::min);
    let least = column.schema.bottom.unwrap_or(first);
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
        fresh(real.column("id").unwrap(), rows).map(|column| column.values)
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

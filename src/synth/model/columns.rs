//! Columns of real values inside a model, as serde writes them: `#[serde(with = "model::columns")]`.

use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::synth::made;
use crate::table::{Column, ColumnSchema, MISSING, Values};

/// One column. Holds records.
#[derive(Serialize, Deserialize)]
struct Kept {
    name: String,
    schema: ColumnSchema,
    values: KeptValues,
}

/// Numbers are kept bit by bit, NaN for missing ones included.
#[derive(Serialize, Deserialize)]
enum KeptValues {
    Numbers(Vec<f64>),
    Labels { codes: Vec<u32>, levels: Vec<Box<str>> },
}

/// Writes columns. What lay in the file beyond top and bottom codes is not kept.
pub(in crate::synth) fn serialize<S: Serializer>(
    columns: &[Column],
    to: S,
) -> Result<S::Ok, S::Error> {
    let kept = |column: &Column| Kept {
        name: column.name.clone(),
        schema: column.schema.clone(),
        values: match column.values.clone() {
            Values::Numbers(numbers) => KeptValues::Numbers(numbers),
            Values::Labels { codes, levels } => KeptValues::Labels { codes, levels },
        },
    };
    columns.iter().map(kept).collect::<Vec<_>>().serialize(to)
}

/// Reads columns, and refuses codes that name no level.
pub(in crate::synth) fn deserialize<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Vec<Column>, D::Error> {
    let column = |kept: Kept| {
        let values = match kept.values {
            KeptValues::Numbers(numbers) => Values::Numbers(numbers),
            KeptValues::Labels { codes, levels } => {
                let known = |code: &u32| *code == MISSING || (*code as usize) < levels.len();
                if !codes.iter().all(known) {
                    return Err(D::Error::custom("a code names no level"));
                }
                Values::Labels { codes, levels }
            }
        };
        Ok(made(&kept.name, &kept.schema, values))
    };
    Vec::<Kept>::deserialize(from)?.into_iter().map(column).collect()
}

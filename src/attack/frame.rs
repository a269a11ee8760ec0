//! The compared columns in a table's own coding, so that every table a generator makes from it is coded
//! alike, whatever levels it holds.

use crate::encode::{Coded, Codes, Joint};
use crate::table::{MISSING, Table, Values};

/// A training table, coded, and how others are coded like it. Holds records.
pub(super) struct Frame {
    /// Names, scales and the rows of the table as the training rows; no other sample.
    pub(super) joint: Joint,
    /// The levels of each category column, sorted.
    levels: Vec<Vec<Box<str>>>,
}

impl Frame {
    /// `table` in the columns and scales of `shared`.
    pub(super) fn new(shared: &Joint, table: &Table) -> Self {
        let (mut columns, mut levels) = (Vec::new(), Vec::new());
        for name in &shared.names {
            let (codes, known) = match table.column(name).map(|column| &column.values) {
                Some(Values::Labels { codes, levels }) => {
                    (Codes::Category(codes.clone()), levels.clone())
                }
                Some(Values::Numbers(numbers)) => (Codes::Number(numbers.clone()), Vec::new()),
                // A compared column is in every sample.
                None => (Codes::Category(vec![MISSING; table.rows]), Vec::new()),
            };
            columns.push(codes);
            levels.push(known);
        }
        let joint = Joint {
            names: shared.names.clone(),
            scales: shared.scales.clone(),
            schemas: shared.schemas.clone(),
            train: Coded { rows: table.rows, columns },
            holdout: None,
            synthetic: Coded { rows: 0, columns: Vec::new() },
        };
        Self { joint, levels }
    }

    /// `table` in the training table's coding: a level that it lacks is one more, a column that the table
    /// lacks is missing throughout.
    pub(super) fn code(&self, table: &Table) -> Coded {
        let columns = self.joint.names.iter().zip(&self.joint.train.columns).zip(&self.levels);
        let columns = columns.map(|((name, like), known)| {
            let values = table.column(name).map(|column| &column.values);
            match (like, values) {
                (Codes::Number(_), Some(Values::Numbers(numbers))) => {
                    Codes::Number(numbers.clone())
                }
                (Codes::Number(_), _) => Codes::Number(vec![f64::NAN; table.rows]),
                (Codes::Category(_), Some(Values::Labels { codes, levels })) => {
                    Codes::Category(recode(codes, levels, known))
                }
                (Codes::Category(_), _) => Codes::Category(vec![MISSING; table.rows]),
            }
        });
        Coded { rows: table.rows, columns: columns.collect() }
    }
}

fn recode(codes: &[u32], levels: &[Box<str>], known: &[Box<str>]) -> Vec<u32> {
    let place = |level: &str| known.binary_search_by(|known| (**known).cmp(level));
    let places = levels.iter().map(|level| place(level).unwrap_or(known.len()) as u32);
    let places: Vec<u32> = places.collect();
    let recode = |&code: &u32| if code == MISSING { MISSING } else { places[code as usize] };
    codes.iter().map(recode).collect()
}

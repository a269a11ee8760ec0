//! What a specification says, typed: how each column comes about.

use super::marginal::Conditional;
use crate::stats::Distribution;
use crate::table::{Cell, ColumnKind, ColumnSchema, Expression};

/// One column.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) name: String,
    /// What it is; categories and ranks always have levels here, and truth values are levels, too.
    pub(super) schema: ColumnSchema,
    /// The levels that its numbers stand for; empty for numbers.
    pub(super) levels: Vec<String>,
    pub(super) origin: Origin,
    /// The share of missing values.
    pub(super) missing: f64,
    /// Whether it is drawn for others only.
    pub(super) hidden: bool,
    /// Whether all rows of a person have the same value.
    pub(super) constant: bool,
}

/// Where the values of a column come from.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// Drawn.
    Drawn(Conditional),
    /// Computed from the row.
    Derived(Expression),
    /// A person's first value is drawn, every other is the one before and a gap.
    Sequence { first: Conditional, gap: Distribution, unit: f64 },
    /// A person's first value is drawn, every other is computed; there, the column's own name is its value in
    /// the row before.
    Running { first: Conditional, next: Expression },
    /// The person.
    Subject,
}

/// Correlated columns.
#[derive(Debug, Clone)]
pub(super) struct Copula {
    /// Their places.
    pub(super) columns: Vec<usize>,
    /// The lower Cholesky factor of their correlation matrix, row by row.
    pub(super) factor: Vec<Vec<f64>>,
}

/// Several rows a person.
#[derive(Debug, Clone)]
pub(super) struct Persons {
    /// How many rows a person has.
    pub(super) rows: Distribution,
}

impl Planned {
    /// Its value in a row, as expressions see it.
    pub(super) fn cell(&self, value: f64) -> Cell<'_> {
        if value.is_nan() {
            return Cell::Missing;
        }
        match self.schema.kind {
            ColumnKind::Boolean => Cell::Truth(value > 0.5),
            ColumnKind::Categorical | ColumnKind::Text => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a place in a list of levels"
                )]
                let level = self.levels.get(value as usize);
                level.map_or(Cell::Missing, |level| Cell::Label(level))
            }
            _ => Cell::Number(value),
        }
    }

    /// What an expression computed, as a value of the column; missing where it is none.
    pub(super) fn value(&self, cell: Cell<'_>) -> f64 {
        match cell {
            Cell::Missing => f64::NAN,
            Cell::Number(number) => self.rounded(number),
            Cell::Truth(truth) => f64::from(u8::from(truth)),
            Cell::Label(label) => {
                let place = self.levels.iter().position(|level| level == label);
                place.map_or(f64::NAN, |place| place as f64)
            }
        }
    }

    /// The number in the unit of the column: whole numbers, steps from 0, days.
    pub(super) fn rounded(&self, number: f64) -> f64 {
        let step = match (self.schema.kind, self.schema.step) {
            (_, Some(step)) => step,
            (ColumnKind::Integer, None) => 1.0,
            (ColumnKind::DateTime, None) => 86_400.0,
            _ => return number,
        };
        let (lower, upper) = self.bounds();
        let inverse = (1.0 / step).round();
        // A step such as 0.1 is no binary fraction: dividing by 10 gives the number that 0.3 is read as.
        let to_step = |count: f64| {
            if (step * inverse - 1.0).abs() < 1e-9 { count / inverse } else { count * step }
        };
        let count = (number / step).round();
        let rounded = to_step(count);
        if rounded > upper {
            to_step((upper / step + 1e-9).floor())
        } else if rounded < lower {
            to_step((lower / step - 1e-9).ceil())
        } else {
            rounded
        }
    }

    /// The public bounds, infinite where there are none.
    pub(super) fn bounds(&self) -> (f64, f64) {
        (self.schema.lower.unwrap_or(f64::NEG_INFINITY), self.schema.upper.unwrap_or(f64::INFINITY))
    }
}

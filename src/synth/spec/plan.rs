//! What a specification says, typed: how each column comes about.

use super::marginal::{Conditional, Numbers};
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
    Sequence { first: Conditional, gap: Numbers, unit: f64 },
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
    pub(super) rows: Numbers,
}

/// The multiples of a step between two bounds, as counts of steps.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Steps {
    step: f64,
    first: f64,
    last: f64,
}

impl Steps {
    /// Those that a column can hold: whole numbers, days, or multiples of its own step; `None` where it holds
    /// any number.
    pub(super) fn of(schema: &ColumnSchema, lower: f64, upper: f64) -> Option<Self> {
        let step = match (schema.kind, schema.step) {
            (_, Some(step)) => step,
            (ColumnKind::Integer, None) => 1.0,
            (ColumnKind::DateTime, None) => 86_400.0,
            _ => return None,
        };
        // A bound such as 0.3 is no exact multiple of a step such as 0.1.
        let (first, last) = ((lower / step - 1e-9).ceil(), (upper / step + 1e-9).floor());
        Some(Self { step, first, last })
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.first > self.last
    }

    /// All that is rounded to one of them: from half a step below the first to half a step above the last.
    pub(super) fn around(&self) -> (f64, f64) {
        (self.multiple(self.first - 0.5), self.multiple(self.last + 0.5))
    }

    /// The one nearest to a number; missing for what is missing.
    pub(super) fn nearest(&self, number: f64) -> f64 {
        let count = (number / self.step).round();
        self.multiple(if count < self.first {
            self.first
        } else if count > self.last {
            self.last
        } else {
            count
        })
    }

    /// A step such as 0.1 is no binary fraction: dividing by 10 gives the number that 0.3 is read as.
    fn multiple(&self, count: f64) -> f64 {
        let inverse = (1.0 / self.step).round();
        let is_fraction = (self.step * inverse - 1.0).abs() < 1e-9;
        // Adding 0 makes −0 a 0.
        if is_fraction { count / inverse + 0.0 } else { count * self.step + 0.0 }
    }
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

    /// The number in the unit of the column: whole numbers, steps from 0, days. Rounding does not leave the
    /// bounds, and what lies beyond them stays there, so that it is drawn again.
    pub(super) fn rounded(&self, number: f64) -> f64 {
        let (lower, upper) = self.bounds();
        let inside = (lower..=upper).contains(&number);
        let (lower, upper) =
            if inside { (lower, upper) } else { (f64::NEG_INFINITY, f64::INFINITY) };
        Steps::of(&self.schema, lower, upper).map_or(number, |steps| steps.nearest(number))
    }

    /// The public bounds, infinite where there are none.
    pub(super) fn bounds(&self) -> (f64, f64) {
        (self.schema.lower.unwrap_or(f64::NEG_INFINITY), self.schema.upper.unwrap_or(f64::INFINITY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(kind: ColumnKind, step: Option<f64>, lower: f64, upper: f64) -> Steps {
        let schema = ColumnSchema { step, ..ColumnSchema::new(kind) };
        Steps::of(&schema, lower, upper).unwrap()
    }

    /// Whole numbers from 0.5 to 6.2 are 1 to 6: what is rounded to them lies from 0.5 to 6.5.
    #[test]
    fn steps_lie_within_their_bounds() {
        let die = steps(ColumnKind::Integer, None, 0.5, 6.2);
        assert_eq!(die.around(), (0.5, 6.5));
        let found: Vec<f64> = [-3.0, 0.5, 1.49, 6.4, 6.5, 99.0].map(|x| die.nearest(x)).to_vec();
        assert_eq!(found, [1.0, 1.0, 1.0, 6.0, 6.0, 6.0]);
        assert!(die.nearest(f64::NAN).is_nan());
        assert!(steps(ColumnKind::Integer, None, 0.2, 0.8).is_empty());
        let tenths = steps(ColumnKind::Continuous, Some(0.1), 0.3, 0.7);
        assert_eq!((tenths.nearest(0.0), tenths.nearest(1.0)), (0.3, 0.7));
        let zero = steps(ColumnKind::Integer, None, f64::NEG_INFINITY, f64::INFINITY).nearest(-0.4);
        assert!(zero.is_sign_positive(), "a table has no −0");
    }
}

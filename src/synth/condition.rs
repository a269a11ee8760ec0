//! Conditions: which rows are asked of a model, as in `--where "sex = F & age >= 80"`.
//!
//! A condition is a conjunction of tests, each on one column. A model looks up what is allowed of a column
//! ([`Condition::on`]) and draws from what it has learnt *given* that, rather than throw rows away.

mod parse;

use std::cmp::Ordering;

use crate::error::{Error, Result};
use crate::table::{Column, Schema, Value, Values};

pub(super) use parse::releasable;

/// What the rows must satisfy; empty: nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Condition {
    columns: Vec<(String, Allowed)>,
}

/// What is allowed of one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowed {
    tests: Vec<Test>,
    /// Whether a missing value is allowed. A test that a user writes never allows it.
    missing: bool,
}

/// One test of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It compares like this with the number (of an ordinal column: the rank).
    Compare(Operator, f64),
    /// Whether it is one of these (`inside`) or none of them.
    Among {
        /// The values.
        values: Vec<Value>,
        /// One of them, or none.
        inside: bool,
    },
}

/// How a number compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

impl Condition {
    /// No condition.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Parses `column OP value & …`: OP is `=`, `!=`, `<`, `<=`, `>`, `>=`, `in (a, b)` or `not in (a, b)`;
    /// names and values with spaces or signs stand in quotes.
    ///
    /// # Errors
    /// [`Error::Usage`] when the text is none of this, names a column that no release has, a level that the
    /// schema does not list, or leaves a column no value.
    pub fn parse(text: &str, schema: &Schema) -> Result<Self> {
        parse::parse(text, schema)
    }

    /// Whether every row satisfies it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// What is allowed of `column`; `None`: anything.
    #[must_use]
    pub fn on(&self, column: &str) -> Option<&Allowed> {
        self.columns.iter().find(|(name, _)| name == column).map(|(_, allowed)| allowed)
    }

    /// The columns that it restricts.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// This and one more test.
    #[must_use]
    pub fn and(mut self, column: &str, test: Test) -> Self {
        match self.columns.iter_mut().find(|(name, _)| name == column) {
            Some((_, allowed)) => {
                allowed.tests.push(test);
                allowed.missing = false;
            }
            None => {
                self.columns
                    .push((column.to_owned(), Allowed { tests: vec![test], missing: false }));
            }
        }
        self
    }

    /// This, and in `column` anything but `values`; missing is anything.
    pub(super) fn and_other_than(self, column: &str, values: Vec<Value>) -> Self {
        let mut condition = self.and(column, Test::Among { values, inside: false });
        let last = condition.columns.iter_mut().find(|(name, _)| name == column);
        if let Some((_, allowed)) = last {
            allowed.missing = true;
        }
        condition
    }

    /// How many rows of `columns` satisfy it.
    pub(super) fn count(&self, columns: &[Column]) -> usize {
        let rows = columns.first().map_or(0, |column| column.values.len());
        let mut meets = vec![true; rows];
        for column in columns {
            if let Some(allowed) = self.on(&column.name) {
                let mut of_column = vec![false; rows];
                allowed.rows(&column.values).into_iter().for_each(|row| of_column[row] = true);
                meets.iter_mut().zip(of_column).for_each(|(meets, allowed)| *meets &= allowed);
            }
        }
        meets.into_iter().filter(|meets| *meets).count()
    }

    /// For a model that cannot draw under a condition.
    ///
    /// # Errors
    /// [`Error::Usage`] unless it is empty.
    pub fn refused_by(&self, method: &str) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "`{method}` cannot draw rows under a condition: leave out --where and --boost, or take \
             another method (`dosimeter list synthesizers`)"
        )))
    }

    /// For a model that has no row to offer.
    #[must_use]
    pub fn impossible(column: &str) -> Error {
        Error::Usage(format!(
            "the model has no row that meets the condition on `{column}`: widen --where or --boost"
        ))
    }
}

impl Allowed {
    /// Whether a number is allowed; NaN is missing.
    #[must_use]
    pub fn number(&self, number: f64) -> bool {
        if number.is_nan() {
            return self.missing;
        }
        let meets = |test: &Test| match test {
            Test::Compare(operator, bound) => operator.holds(number, *bound),
            Test::Among { values, inside } => {
                let is =
                    |value: &Value| matches!(value, Value::Number(known) if equal(*known, number));
                values.iter().any(is) == *inside
            }
        };
        self.tests.iter().all(meets)
    }

    /// Whether a label, in its canonical spelling, is allowed; `None` is missing.
    #[must_use]
    pub fn label(&self, label: Option<&str>) -> bool {
        let Some(label) = label else { return self.missing };
        let meets = |test: &Test| match test {
            Test::Compare(..) => false,
            Test::Among { values, inside } => {
                let is = |value: &Value| matches!(value, Value::Label(known) if &**known == label);
                values.iter().any(is) == *inside
            }
        };
        self.tests.iter().all(meets)
    }

    /// Which rows of `values` are allowed.
    #[must_use]
    pub fn rows(&self, values: &Values) -> Vec<usize> {
        let is_allowed = |row: &usize| match values {
            Values::Numbers(numbers) => self.number(numbers[*row]),
            Values::Labels { codes, levels } => {
                self.label(levels.get(codes[*row] as usize).map(|level| &**level))
            }
        };
        (0..values.len()).filter(is_allowed).collect()
    }

    /// The smallest closed interval that holds every allowed number: −∞ and ∞ where there is no bound.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        self.tests.iter().fold((f64::NEG_INFINITY, f64::INFINITY), |(low, high), test| match test {
            Test::Compare(Operator::Less | Operator::AtMost, bound) => (low, high.min(*bound)),
            Test::Compare(Operator::More | Operator::AtLeast, bound) => (low.max(*bound), high),
            Test::Among { inside: false, .. } => (low, high),
            Test::Among { values, inside: true } => {
                let numbers = values.iter().filter_map(|value| match value {
                    Value::Number(number) => Some(*number),
                    Value::Label(_) => None,
                });
                let hull = numbers
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| {
                        (low.min(number), high.max(number))
                    });
                (low.max(hull.0), high.min(hull.1))
            }
        })
    }
}

impl Operator {
    fn holds(self, number: f64, bound: f64) -> bool {
        let order = number.partial_cmp(&bound);
        match self {
            Self::Less => order == Some(Ordering::Less),
            Self::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::More => order == Some(Ordering::Greater),
            Self::AtLeast => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

/// Both were read by one parser, so that equal numbers are equal bit by bit, but for the sign of zero.
fn equal(left: f64, right: f64) -> bool {
    left.partial_cmp(&right) == Some(Ordering::Equal)
}

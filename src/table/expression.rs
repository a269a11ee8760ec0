//! Expressions over the columns of a row: rules such as `diastolic <= systolic`, and derived values such as
//! `weight / (height * height)`.
//!
//! # Language
//! Numbers, `true`, `false`, texts in quotes, names of columns (in backticks where they are no plain words);
//! `+ - * / %`; `= != < <= > >=`; `and or not` (also `&& || !`); `if a { b } else { c }`; the functions of
//! [`Function`]. The grammar is that of Rust's expressions, read by syn. A text compared with a date is a
//! date, with an ordinal column the rank of a level. The difference of two moments is in days, and days are
//! added to a moment.
//!
//! Every expression is typed when it is read, so that a rule cannot be false for every row because it compares
//! a number with a text. It can read its row and nothing else, and always ends.
//!
//! # Missing values
//! Whatever is computed from a missing value is missing, except where the rest decides (`false and …`,
//! `true or …`: Kleene 1938); so is a number that is not finite. A rule [holds](Expression::holds) unless it is
//! false, as a CHECK of SQL (ISO/IEC 9075-2).

mod function;
mod text;
mod typed;

use std::cmp::Ordering;

use super::{Column, ColumnKind, ColumnSchema, MISSING, Values};

pub use function::Function;

/// A typed expression over the columns of a schema.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    kind: ColumnKind,
    columns: Vec<usize>,
    root: Node,
}

/// What an expression computes with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Missing,
    /// A number, a rank, or a moment in seconds since 1970-01-01T00:00:00Z.
    Number(f64),
    /// A truth value.
    Truth(bool),
    /// A category or text.
    Label(&'a str),
}

#[derive(Debug, Clone)]
enum Node {
    /// A column, by its place in the schema.
    Column(usize),
    Number(f64),
    Truth(bool),
    Label(Box<str>),
    Not(Box<Node>),
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    Compare(Comparison, Box<[Node; 2]>),
    Arithmetic(Arithmetic, Box<[Node; 2]>),
    Call(Function, Vec<Node>),
    /// The second where the first is true, the third where it is false.
    If(Box<[Node; 3]>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Expression {
    /// Reads `text` as an expression over `columns`.
    ///
    /// # Errors
    /// What was expected and found: a name that no column has, a level that the schema does not list, a
    /// comparison of a number with a text, ….
    pub fn parse(text: &str, columns: &[(String, ColumnSchema)]) -> Result<Self, String> {
        typed::parse(text, columns).map_err(|problem| format!("`{}`: {problem}", text.trim()))
    }

    /// Reads `text` as a rule: an expression that is true or false.
    ///
    /// # Errors
    /// As [`Expression::parse`], and when it is a number or a text.
    pub fn parse_rule(text: &str, columns: &[(String, ColumnSchema)]) -> Result<Self, String> {
        let rule = Self::parse(text, columns)?;
        match rule.kind {
            ColumnKind::Boolean => Ok(rule),
            kind => Err(format!(
                "`{}`: expected a rule that is true or false, as in `a <= b`; this is {}",
                text.trim(),
                kind.name()
            )),
        }
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How its values are measured: continuous, ordinal, categorical, boolean or datetime.
    #[must_use]
    pub fn kind(&self) -> ColumnKind {
        self.kind
    }

    /// The places of the columns that it reads, in the schema, ascending.
    #[must_use]
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The texts that its value can be, where it is a category: those written in it, and the listed levels of
    /// the columns that it can be.
    #[must_use]
    pub fn labels(&self, columns: &[(String, ColumnSchema)]) -> Vec<String> {
        let mut labels = Vec::new();
        self.root.labels(columns, &mut labels);
        let mut seen = std::collections::HashSet::new();
        labels.retain(|label| seen.insert(label.clone()));
        labels
    }

    /// Its value for a row, whose cells are given by the place of a column.
    pub fn value<'a>(&'a self, cell: &dyn Fn(usize) -> Cell<'a>) -> Cell<'a> {
        self.root.value(cell)
    }

    /// Whether a rule holds for a row: unless it is false.
    pub fn holds<'a>(&'a self, cell: &dyn Fn(usize) -> Cell<'a>) -> bool {
        self.value(cell) != Cell::Truth(false)
    }
}

impl Column {
    /// The cell of a row, as expressions see it.
    #[must_use]
    pub fn cell(&self, row: usize) -> Cell<'_> {
        match &self.values {
            Values::Numbers(numbers) => finite(numbers[row]),
            Values::Labels { codes, .. } if codes[row] == MISSING => Cell::Missing,
            Values::Labels { codes, levels } => {
                let level = &*levels[codes[row] as usize];
                match self.schema.kind {
                    ColumnKind::Boolean => Cell::Truth(level == "true"),
                    _ => Cell::Label(level),
                }
            }
        }
    }
}

/// A number, or missing where it is not finite.
fn finite<'a>(number: f64) -> Cell<'a> {
    if number.is_finite() { Cell::Number(number) } else { Cell::Missing }
}

impl Node {
    fn labels(&self, columns: &[(String, ColumnSchema)], labels: &mut Vec<String>) {
        match self {
            Self::Label(label) => labels.push(label.to_string()),
            Self::Column(place) => {
                let listed = columns.get(*place).and_then(|(_, schema)| schema.levels.as_ref());
                labels.extend(listed.into_iter().flatten().cloned());
            }
            Self::If(parts) => parts[1..].iter().for_each(|part| part.labels(columns, labels)),
            _ => {}
        }
    }

    fn value<'a>(&'a self, cell: &dyn Fn(usize) -> Cell<'a>) -> Cell<'a> {
        match self {
            Self::Column(place) => cell(*place),
            Self::Number(number) => Cell::Number(*number),
            Self::Truth(truth) => Cell::Truth(*truth),
            Self::Label(label) => Cell::Label(label),
            Self::Not(inner) => match inner.value(cell) {
                Cell::Truth(truth) => Cell::Truth(!truth),
                _ => Cell::Missing,
            },
            Self::And(sides) => connect(sides, false, cell),
            Self::Or(sides) => connect(sides, true, cell),
            Self::Compare(comparison, sides) => {
                let [left, right] = sides.each_ref().map(|side| side.value(cell));
                compare(left, right)
                    .map_or(Cell::Missing, |order| Cell::Truth(comparison.holds(order)))
            }
            Self::Arithmetic(operator, sides) => {
                match sides.each_ref().map(|side| side.value(cell)) {
                    [Cell::Number(left), Cell::Number(right)] => finite(operator.of(left, right)),
                    _ => Cell::Missing,
                }
            }
            Self::Call(function, arguments) => {
                function.of(&arguments.iter().map(|a| a.value(cell)).collect::<Vec<_>>())
            }
            Self::If(parts) => {
                let [condition, yes, no] = &**parts;
                match condition.value(cell) {
                    Cell::Truth(true) => yes.value(cell),
                    Cell::Truth(false) => no.value(cell),
                    _ => Cell::Missing,
                }
            }
        }
    }
}

/// `and` (`decides` = false) or `or` (true): one side that decides is enough.
fn connect<'a>(sides: &'a [Node; 2], decides: bool, cell: &dyn Fn(usize) -> Cell<'a>) -> Cell<'a> {
    let left = sides[0].value(cell);
    if left == Cell::Truth(decides) {
        return left;
    }
    match (left, sides[1].value(cell)) {
        (_, right) if right == Cell::Truth(decides) => right,
        (Cell::Truth(_), Cell::Truth(_)) => Cell::Truth(!decides),
        _ => Cell::Missing,
    }
}

fn compare(left: Cell<'_>, right: Cell<'_>) -> Option<Ordering> {
    match (left, right) {
        (Cell::Number(left), Cell::Number(right)) => left.partial_cmp(&right),
        (Cell::Truth(left), Cell::Truth(right)) => Some(left.cmp(&right)),
        (Cell::Label(left), Cell::Label(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::More => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

impl Arithmetic {
    fn of(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Remainder => left.rem_euclid(right),
        }
    }
}

#[cfg(test)]
mod tests;

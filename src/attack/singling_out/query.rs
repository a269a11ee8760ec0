//! Queries: descriptions that a person answers to or does not. They hold values, and so can neither be printed
//! nor serialized.

use rand::RngExt;
use rand::seq::index::sample;
use rand_chacha::ChaCha12Rng;

use super::frame::Frame;
use crate::encode::{Coded, Codes};
use crate::table::MISSING;

/// Tests of columns, all of which a row must pass.
pub(super) struct Query {
    pub(super) tests: Vec<(usize, Test)>,
}

/// A test of one column.
#[derive(Clone, Copy)]
pub(super) enum Test {
    /// No value.
    Missing,
    /// This category.
    Is(u32),
    /// A number from the first to the second.
    Between(f64, f64),
}

impl Test {
    pub(super) fn passes(self, codes: &Codes, row: usize) -> bool {
        match (self, codes) {
            (Self::Missing, Codes::Number(values)) => values[row].is_nan(),
            (Self::Missing, Codes::Category(codes)) => codes[row] == MISSING,
            (Self::Is(code), Codes::Category(codes)) => codes[row] == code,
            (Self::Between(low, high), Codes::Number(values)) => {
                (low..=high).contains(&values[row])
            }
            _ => false,
        }
    }

    /// The value of a row, or that it has none.
    fn exactly(codes: &Codes, row: usize) -> Self {
        match codes {
            Codes::Number(values) if values[row].is_nan() => Self::Missing,
            Codes::Number(values) => Self::Between(values[row], values[row]),
            Codes::Category(codes) if codes[row] == MISSING => Self::Missing,
            Codes::Category(codes) => Self::Is(codes[row]),
        }
    }
}

fn alone(column: usize, test: Test) -> Query {
    Query { tests: vec![(column, test)] }
}

/// Every query over one column that a single row of the release answers, in the order of columns and values.
pub(super) fn univariate(release: &Frame<'_>) -> Vec<Query> {
    let mut queries = Vec::new();
    for (column, codes) in release.rows.columns.iter().enumerate() {
        let (runs, missing) = release.runs(column);
        let single = |rows: &&[u32]| rows.len() == 1;
        let exactly = |rows: &[u32]| alone(column, Test::exactly(codes, rows[0] as usize));
        queries.extend(runs.iter().copied().filter(single).map(exactly));
        if let (Some((low, high)), [first, .., last]) = (release.ends(column), runs.as_slice()) {
            if single(first) {
                queries.push(alone(column, Test::Between(f64::NEG_INFINITY, low)));
            }
            if single(last) {
                queries.push(alone(column, Test::Between(high, f64::INFINITY)));
            }
        }
        queries.extend(Some(missing).filter(single).map(exactly));
    }
    queries
}

/// The queries over one column that `row` of `rows` adds to a release: each of its values, and each as the
/// smallest or largest number where it is beyond all of the `release`.
pub(super) fn values(rows: &Coded, row: usize, release: &Frame<'_>) -> Vec<Query> {
    let mut queries = Vec::new();
    for (column, codes) in rows.columns.iter().enumerate() {
        let test = Test::exactly(codes, row);
        queries.push(alone(column, test));
        if let (Test::Between(value, _), Some((low, high))) = (test, release.ends(column)) {
            if value < low {
                queries.push(alone(column, Test::Between(f64::NEG_INFINITY, value)));
            }
            if value > high {
                queries.push(alone(column, Test::Between(value, f64::INFINITY)));
            }
        }
    }
    queries
}

/// Relative rounding of a sum of two values.
const ROUNDING: f64 = 1e-12;

/// How a query speaks of numbers, column by column.
#[derive(Clone, Copy)]
pub(super) enum Style<'a> {
    /// "At least" above this median, "at most" otherwise.
    Side(&'a [Option<f64>]),
    /// "About": so far off at most.
    About(&'a [f64]),
}

/// A query about a row over two to `most` random columns. Nothing where there are not two.
pub(super) fn about(
    rows: &Coded,
    row: usize,
    most: usize,
    style: Style<'_>,
    rng: &mut ChaCha12Rng,
) -> Option<Query> {
    let width = rows.columns.len();
    if width < 2 {
        return None;
    }
    let count = rng.random_range(2..=most.min(width) as u64) as usize;
    let columns = sample(rng, width, count).into_vec();
    let test =
        |column: usize| (column, style.test(column, Test::exactly(&rows.columns[column], row)));
    Some(Query { tests: columns.into_iter().map(test).collect() })
}

impl Style<'_> {
    /// What is said of a value.
    fn test(self, column: usize, test: Test) -> Test {
        let Test::Between(value, _) = test else { return test };
        match self {
            Self::Side(medians) if medians[column].is_some_and(|median| value > median) => {
                Test::Between(value, f64::INFINITY)
            }
            Self::Side(_) => Test::Between(f64::NEG_INFINITY, value),
            Self::About(tolerances) => {
                // 0.7 + 0.1 is a little less than 0.8 in doubles.
                let reach = tolerances[column] + ROUNDING * value.abs();
                Test::Between(value - reach, value + reach)
            }
        }
    }
}

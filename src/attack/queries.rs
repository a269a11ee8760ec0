//! How many rows agree with a record in random sets of columns: the strongest features known of a
//! record's influence on a table (Meeus et al. 2023, arXiv 2306.10308).

use rand::RngExt;
use rand::seq::index::sample;

use crate::audit::control::{NEAR, tolerances};
use crate::encode::{Coded, Codes, Joint};
use crate::random::Seed;

/// How far apart two numbers may be to agree roughly, as a share of the scale.
const ROUGH: f64 = 0.05;

/// Columns that one query can name.
const NAMED: usize = 64;

/// Random sets of columns, fixed before any table is seen.
pub(super) struct Queries {
    /// Per column how far apart two numbers may be: closely, roughly.
    tolerances: [Vec<f64>; 2],
    queries: Vec<Query>,
}

/// A set of columns in which rows must agree with the record.
#[derive(Clone, Copy)]
pub(super) struct Query {
    pub(super) columns: u64,
    pub(super) roughly: bool,
}

impl Queries {
    /// `count` sets of the columns of `joint`.
    pub(super) fn new(joint: &Joint, count: usize, seed: Seed) -> Self {
        let columns = joint.scales.len().min(NAMED);
        Self::of(joint, draw(columns, count, seed))
    }

    /// The given sets.
    pub(super) fn of(joint: &Joint, queries: Vec<Query>) -> Self {
        let close = tolerances(joint, NEAR);
        let rough = joint.scales.iter().zip(&close);
        let rough = rough.map(|(scale, close)| close.max(ROUGH * scale.unwrap_or(0.0))).collect();
        Self { tolerances: [close, rough], queries }
    }

    /// How many sets there are.
    pub(super) fn len(&self) -> usize {
        self.queries.len()
    }

    /// For each set, how many of `rows` agree in it with the record at `place` of `records`, coded alike.
    pub(super) fn count(&self, rows: &Coded, records: &Coded, place: usize) -> Vec<u64> {
        let mut sets = [Vec::with_capacity(rows.rows), Vec::with_capacity(rows.rows)];
        for row in 0..rows.rows {
            let agreeing = self.compare(rows, row, records, place);
            sets.iter_mut().zip(agreeing).for_each(|(sets, set)| sets.push(set));
        }
        let sets = sets.map(counted);
        let count = |query: &Query| {
            let sets = &sets[usize::from(query.roughly)];
            let agree = sets.iter().filter(|(set, _)| set & query.columns == query.columns);
            agree.map(|(_, count)| count).sum()
        };
        self.queries.iter().map(count).collect()
    }

    /// The columns in which a row and a record agree closely and roughly, of those that queries can name.
    fn compare(&self, rows: &Coded, row: usize, records: &Coded, place: usize) -> [u64; 2] {
        let mut sets = [0; 2];
        let columns = rows.columns.iter().zip(&records.columns).take(NAMED).enumerate();
        for (column, (codes, own)) in columns {
            let agree = match (codes, own) {
                (Codes::Number(values), Codes::Number(own)) => {
                    self.numbers(column, values[row], own[place])
                }
                (Codes::Category(codes), Codes::Category(own)) => [codes[row] == own[place]; 2],
                // One coding gives a column one kind.
                _ => [false; 2],
            };
            let bit = |(set, agree): (&mut u64, bool)| *set |= u64::from(agree) << column;
            sets.iter_mut().zip(agree).for_each(bit);
        }
        sets
    }

    fn numbers(&self, column: usize, x: f64, y: f64) -> [bool; 2] {
        match (x.is_nan(), y.is_nan()) {
            (true, true) => [true; 2],
            (false, false) => {
                let apart = (x - y).abs();
                // A rounding error of a difference of equal texts is not a difference.
                let agree = |tolerances: &Vec<f64>| apart <= tolerances[column] * (1.0 + 1e-9);
                [agree(&self.tolerances[0]), agree(&self.tolerances[1])]
            }
            _ => [false; 2],
        }
    }
}

/// Queries over `columns` columns, half of them rough; the first names all. The number of columns is drawn
/// first, so that sets of all sizes are equally frequent.
fn draw(columns: usize, queries: usize, seed: Seed) -> Vec<Query> {
    let mut rng = seed.rng();
    let all = if columns == NAMED { u64::MAX } else { (1 << columns) - 1 };
    let query = |i: usize| {
        let roughly = i % 2 == 1;
        if i < 2 || columns == 0 {
            return Query { columns: all, roughly };
        }
        let size = rng.random_range(1..=columns);
        let named = sample(&mut rng, columns, size).into_iter();
        Query { columns: named.fold(0, |set, column| set | 1 << column), roughly }
    };
    (0..queries).map(query).collect()
}

/// Each distinct set with how often it occurs.
fn counted(mut sets: Vec<u64>) -> Vec<(u64, u64)> {
    sets.sort_unstable();
    sets.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len() as u64)).collect()
}

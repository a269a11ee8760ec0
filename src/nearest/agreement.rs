//! Whether any row agrees with a query in every column up to a tolerance.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;

use crate::encode::{Coded, Codes};

/// Slack on a tolerance, relative: 1.23 − 1.22 is a little more than 0.01 in doubles.
const SLACK: f64 = 1e-9;

/// For each query, whether at least one row agrees with it in every column: categories equal,
/// numbers within `tolerance[column]` (in the column's unit, 0 for equal), missing only with missing.
///
/// `excluded(query, row)` pairs do not count, so that a table can be searched in itself. Both sides
/// must be coded alike. Time is that of hashing both sides plus, among rows with equal categories, a
/// window of the most selective number.
#[must_use]
pub fn agreeing(
    queries: &Coded,
    rows: &Coded,
    tolerance: &[f64],
    excluded: impl Fn(usize, usize) -> bool + Sync,
) -> Vec<bool> {
    let index = Index::build(rows, tolerance);
    (0..queries.rows)
        .into_par_iter()
        .map(|query| index.any(queries, query, |row| !excluded(query, row)))
        .collect()
}

/// For each query, how many rows agree with it, as [`agreeing`] has it. Rows of the most crowded numbers are
/// counted one by one.
#[must_use]
pub fn agreeing_counts(queries: &Coded, rows: &Coded, tolerance: &[f64]) -> Vec<usize> {
    let index = Index::build(rows, tolerance);
    (0..queries.rows).into_par_iter().map(|query| index.count(queries, query)).collect()
}

/// Rows in buckets of equal categories and equal missing numbers.
struct Index<'a> {
    rows: &'a Coded,
    tolerance: &'a [f64],
    buckets: HashMap<u64, Bucket>,
}

/// Rows with one key, sorted by a number column where one is known.
#[derive(Default)]
struct Bucket {
    rows: Vec<u32>,
    sorted_by: Option<usize>,
}

impl<'a> Index<'a> {
    fn build(rows: &'a Coded, tolerance: &'a [f64]) -> Self {
        let selective = selective(rows, tolerance);
        let mut buckets: HashMap<u64, Bucket> = HashMap::new();
        for row in 0..rows.rows {
            buckets.entry(key(rows, row)).or_default().rows.push(row as u32);
        }
        for bucket in buckets.values_mut() {
            let first = bucket.rows[0] as usize;
            let known = |&&column: &&usize| number(rows, column, first).is_some();
            bucket.sorted_by = selective.iter().find(known).copied();
            if let Some(Codes::Number(values)) = bucket.sorted_by.map(|c| &rows.columns[c]) {
                bucket.rows.sort_by(|&a, &b| values[a as usize].total_cmp(&values[b as usize]));
            }
        }
        Self { rows, tolerance, buckets }
    }

    fn any(&self, queries: &Coded, query: usize, counts: impl Fn(usize) -> bool) -> bool {
        let found = |&row: &u32| counts(row as usize) && self.agrees(queries, query, row as usize);
        self.bucket(queries, query).iter().any(found)
    }

    fn count(&self, queries: &Coded, query: usize) -> usize {
        let agrees = |&&row: &&u32| self.agrees(queries, query, row as usize);
        self.bucket(queries, query).iter().filter(agrees).count()
    }

    /// Rows among which all are that agree with a query.
    fn bucket(&self, queries: &Coded, query: usize) -> &[u32] {
        let bucket = self.buckets.get(&key(queries, query));
        bucket.map_or(&[], |bucket| self.candidates(bucket, queries, query))
    }

    /// The part of a bucket whose sorting number lies within tolerance of the query's.
    fn candidates<'b>(&self, bucket: &'b Bucket, queries: &Coded, query: usize) -> &'b [u32] {
        let Some(column) = bucket.sorted_by else { return &bucket.rows };
        let (Some(x), Codes::Number(values)) =
            (number(queries, column, query), &self.rows.columns[column])
        else {
            return &bucket.rows;
        };
        // Differences are rounded, by less than this share of them, and so are these ends.
        let reach = widened(self.tolerance[column]) * (1.0 + 4.0 * f64::EPSILON);
        let (low, high) = ((x - reach).next_down(), (x + reach).next_up());
        let start = bucket.rows.partition_point(|&row| values[row as usize] < low);
        let end = bucket.rows.partition_point(|&row| values[row as usize] <= high);
        &bucket.rows[start..end.max(start)]
    }

    fn agrees(&self, queries: &Coded, query: usize, row: usize) -> bool {
        let pairs = queries.columns.iter().zip(&self.rows.columns).zip(self.tolerance);
        pairs.into_iter().all(|((a, b), &tolerance)| match (a, b) {
            (Codes::Category(a), Codes::Category(b)) => a[query] == b[row],
            (Codes::Number(a), Codes::Number(b)) => {
                let (a, b) = (a[query], b[row]);
                (a.is_nan() && b.is_nan()) || (a - b).abs() <= widened(tolerance)
            }
            _ => false,
        })
    }
}

fn widened(tolerance: f64) -> f64 {
    tolerance * (1.0 + SLACK)
}

fn number(coded: &Coded, column: usize, row: usize) -> Option<f64> {
    match &coded.columns[column] {
        Codes::Number(values) => Some(values[row]).filter(|x| !x.is_nan()),
        Codes::Category(_) => None,
    }
}

/// Hash of a row's categories and of which numbers are missing. Equal rows have equal keys; a
/// collision only adds candidates, all of which are compared in full.
fn key(coded: &Coded, row: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    for codes in &coded.columns {
        match codes {
            Codes::Category(codes) => codes[row].hash(&mut hasher),
            Codes::Number(values) => values[row].is_nan().hash(&mut hasher),
        }
    }
    hasher.finish()
}

/// Number columns by how finely their tolerance divides their range, finest first.
fn selective(rows: &Coded, tolerance: &[f64]) -> Vec<usize> {
    let fineness = |column: usize| {
        let Codes::Number(values) = &rows.columns[column] else { return None };
        let known = || values.iter().copied().filter(|x| !x.is_nan());
        let width = known().fold(f64::MIN, f64::max) - known().fold(f64::MAX, f64::min);
        let cells = if tolerance[column] > 0.0 { width / tolerance[column] } else { f64::INFINITY };
        Some((column, cells, width))
    };
    let mut columns: Vec<_> = (0..rows.columns.len()).filter_map(fineness).collect();
    columns.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.2.total_cmp(&a.2)).then(a.0.cmp(&b.0)));
    columns.into_iter().map(|(column, ..)| column).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::MISSING;

    /// The definition, pair by pair: how many agree.
    fn naive(queries: &Coded, rows: &Coded, tolerance: &[f64]) -> Vec<usize> {
        let index = Index { rows, tolerance, buckets: HashMap::new() };
        let agreeing =
            |query| (0..rows.rows).filter(|&row| index.agrees(queries, query, row)).count();
        (0..queries.rows).map(agreeing).collect()
    }

    /// Raw rows, because types that hold records are not `Debug`.
    fn rows() -> impl Strategy<Value = Vec<(f64, f64, u32)>> {
        let number =
            prop_oneof![4 => (0..30_i32).prop_map(|x| f64::from(x) * 0.01), 1 => Just(f64::NAN)];
        let category = prop_oneof![4 => 0..3_u32, 1 => Just(MISSING)];
        proptest::collection::vec((number.clone(), number, category), 1..60)
    }

    fn coded(rows: &[(f64, f64, u32)]) -> Coded {
        Coded {
            rows: rows.len(),
            columns: vec![
                Codes::Number(rows.iter().map(|row| row.0).collect()),
                Codes::Number(rows.iter().map(|row| row.1).collect()),
                Codes::Category(rows.iter().map(|row| row.2).collect()),
            ],
        }
    }

    proptest! {
        #[test]
        fn equals_the_definition(
            queries in rows(),
            rows in rows(),
            tolerance in prop_oneof![Just([0.0, 0.0, 0.0]), Just([0.01, 0.03, 0.0]), Just([1.0, 0.0, 0.0])],
        ) {
            let (queries, rows) = (coded(&queries), coded(&rows));
            let defined = naive(&queries, &rows, &tolerance);
            let found = agreeing(&queries, &rows, &tolerance, |_, _| false);
            prop_assert!(found.iter().eq(defined.iter().map(|count| *count > 0).collect::<Vec<_>>().iter()));
            prop_assert_eq!(agreeing_counts(&queries, &rows, &tolerance), defined);
        }
    }

    /// 1.23 and 1.22 differ by 0.010000000000000009 in doubles: still one step of 0.01.
    #[test]
    fn a_step_apart_is_within_a_tolerance_of_one_step() {
        let one = |x: f64| Coded { rows: 1, columns: vec![Codes::Number(vec![x])] };
        assert_eq!(agreeing(&one(1.23), &one(1.22), &[0.01], |_, _| false), [true]);
        assert_eq!(agreeing(&one(1.23), &one(1.21), &[0.01], |_, _| false), [false]);
        assert_eq!(agreeing(&one(f64::NAN), &one(f64::NAN), &[0.01], |_, _| false), [true]);
        assert_eq!(agreeing(&one(f64::NAN), &one(0.0), &[9.0], |_, _| false), [false]);
    }

    /// x + reach and x − reach are rounded another way than the difference of these pairs.
    #[test]
    fn rounded_ends_lose_no_row() {
        let one = |x: f64| Coded { rows: 1, columns: vec![Codes::Number(vec![x])] };
        let x = 0.117_918_703_671_061_05;
        for row in [-0.882_081_297_328_939_1, 1.117_918_704_671_061_2] {
            assert_eq!(naive(&one(x), &one(row), &[1.0]), [1]);
            assert_eq!(agreeing(&one(x), &one(row), &[1.0], |_, _| false), [true]);
        }
        let mut row = 1.1 - widened(1.0);
        for _ in 0..40 {
            let defined = naive(&one(1.1), &one(row), &[1.0]);
            assert_eq!(agreeing_counts(&one(1.1), &one(row), &[1.0]), defined);
            row = row.next_down();
        }
    }

    #[test]
    fn excluded_pairs_do_not_count() {
        let pair = Coded { rows: 2, columns: vec![Codes::Category(vec![7, 8])] };
        assert_eq!(agreeing(&pair, &pair, &[0.0], |query, row| query == row), [false, false]);
    }
}

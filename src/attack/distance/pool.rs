//! The real records of both samples, searched together: who is nearest to every released row.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::excess::{Cut, Labels};
use crate::audit::Audit;
use crate::encode::{Coded, Codes};
use crate::nearest::{Index, Nearest, Plan};
use crate::table::{MISSING, Persons};

/// Released rows searched at a time, first and at most. Neighbours in a large batch help each other.
const BATCH: (usize, usize) = (1024, 1 << 16);

/// Ties that a batch should hold at most, so that those of a coarse table do not fill the memory.
const TIES: usize = 1 << 24;

/// Planted rows searched at a time: in a coarse table each ties with a large part of all records.
const PLANTED: usize = 256;

/// Rows that a tail has at least.
const FEW: usize = 10;

/// The real records, ready to be searched over some columns, and whose they are.
pub(super) struct Pool<'a> {
    released: Coded,
    rows: Arc<Index>,
    train: &'a Persons,
    holdout: Option<(Arc<Index>, &'a Persons)>,
}

impl<'a> Pool<'a> {
    /// Over the given columns of all that are compared.
    pub(super) fn new(audit: &'a Audit, columns: &[usize]) -> Self {
        let joint = audit.joint();
        let scales: Vec<Option<f64>> = columns.iter().map(|&column| joint.scales[column]).collect();
        let train = joint.train.with_columns(columns);
        let holdout = joint.holdout.as_ref().map(|rows| rows.with_columns(columns));
        let mut released = joint.synthetic.with_columns(columns);
        let real: Vec<&Coded> = std::iter::once(&train).chain(&holdout).collect();
        hide_unseen(&mut released, &real);
        let (rows, holdout) = if columns.iter().copied().eq(0..joint.names.len()) {
            (audit.train_index().clone(), audit.holdout_index().cloned())
        } else {
            let index = |rows: &Coded| Arc::new(Index::build(rows, &scales));
            (index(&train), holdout.as_ref().map(index))
        };
        let holdout = holdout.zip(audit.holdout_persons.as_ref());
        Self { released, rows, train: &audit.train_persons, holdout }
    }

    /// How the training records are searched.
    pub(super) fn plan(&self) -> Plan {
        self.rows.plan()
    }

    /// The persons whose labels can be exchanged, if there are any on both sides.
    pub(super) fn labels(&self) -> Option<Labels> {
        let (train, holdout) = (self.train.count, self.holdout.as_ref()?.1.count);
        (train > 0 && holdout > 0).then_some(Labels { train, all: train + holdout })
    }

    /// The weight that all released rows give to each person, and how near each of them lies.
    pub(super) fn whole(&self) -> (Cut, Near) {
        let rows: Vec<usize> = (0..self.released.rows).collect();
        let mut near = Near::default();
        let cut = self.weigh(&rows, |train, holdout| near.push(train, holdout));
        (cut, near)
    }

    /// The weight that released `rows` give to each person, train first; `each` is told, row by row,
    /// the nearest training records and the nearest of the holdout. Equal rows are searched once: in
    /// a coarse table thousands tie with thousands.
    pub(super) fn weigh(
        &self,
        rows: &[usize],
        mut each: impl FnMut(&Nearest, Option<&Nearest>),
    ) -> Cut {
        let holdout = self.holdout.as_ref();
        let persons = self.train.count + holdout.map_or(0, |(_, persons)| persons.count);
        let mut weights = vec![0.0; persons];
        let (mut rest, mut size) = (rows, BATCH.0);
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(size.min(rest.len()));
            let batch = Batch::of(&self.released, batch);
            let queries = self.released.select(&batch.distinct);
            let train = self.rows.nearest(&queries, 2, |_, _| false);
            let holdout = holdout.map(|(rows, _)| rows.nearest(&queries, 1, |_, _| false));
            let beside = |i: usize| holdout.as_ref().map(|found| &found[i]);
            for (i, near) in train.iter().enumerate() {
                self.share_out(near, beside(i), f64::from(batch.counts[i]), &mut weights);
            }
            batch.of_row.iter().for_each(|&i| each(&train[i], beside(i)));
            let ties = train.iter().chain(holdout.iter().flatten()).map(|near| near.ties.len());
            let ties = ties.sum::<usize>().div_ceil(batch.of_row.len());
            size = (TIES / ties.max(1)).clamp(1, BATCH.1);
            rest = after;
        }
        Cut { weights, rows: rows.len() }
    }

    /// Gives `weight` to the persons of the nearest records, in equal parts a record.
    fn share_out(
        &self,
        train: &Nearest,
        holdout: Option<&Nearest>,
        weight: f64,
        weights: &mut [f64],
    ) {
        let order = least(Some(train)).total_cmp(&least(holdout));
        let of = |near: &Nearest, persons: &Persons, first: usize| -> Vec<usize> {
            near.ties.iter().map(|&row| first + persons.of_row[row as usize] as usize).collect()
        };
        let mut nearest = Vec::new();
        if order != Ordering::Greater {
            nearest.extend(of(train, self.train, 0));
        }
        if let (true, Some(near), Some((_, persons))) =
            (order != Ordering::Less, holdout, &self.holdout)
        {
            nearest.extend(of(near, persons, self.train.count));
        }
        let part = weight / nearest.len() as f64;
        nearest.into_iter().for_each(|person| weights[person] += part);
    }

    /// How near each planted row lies, and the share of its weight that falls on the person it was made from.
    pub(super) fn planted(&self, rows: &Coded, persons: &[u32]) -> Vec<(f64, f64)> {
        let all: Vec<usize> = (0..rows.rows).collect();
        let batches = all.chunks(PLANTED).zip(persons.chunks(PLANTED));
        batches.flat_map(|(batch, persons)| self.beside(&rows.select(batch), persons)).collect()
    }

    /// The same of a few rows.
    fn beside(&self, rows: &Coded, persons: &[u32]) -> Vec<(f64, f64)> {
        let train = self.rows.nearest(rows, 1, |_, _| false);
        let holdout = self.holdout.as_ref().map(|(index, _)| index.nearest(rows, 1, |_, _| false));
        let of = |(i, (near, &person)): (usize, (&Nearest, &u32))| {
            let beside = holdout.as_ref().map(|found| &found[i]);
            let (here, there) = (least(Some(near)), least(beside));
            let own = near.ties.iter().filter(|&&row| self.train.of_row[row as usize] == person);
            let tied = beside.filter(|_| there <= here).map_or(0, |near| near.ties.len());
            let share = own.count() as f64 / (near.ties.len() + tied) as f64;
            (here.min(there), if here <= there { share } else { 0.0 })
        };
        train.iter().zip(persons).enumerate().map(of).collect()
    }

    /// The weights of the closest `tail` of the release, [`FEW`] rows or more, with all rows tied at
    /// the cut.
    pub(super) fn tail(&self, tail: f64, closest: &[f64], whole: &Cut) -> Cut {
        let cut = smallest(closest, rank(tail, whole.rows)).unwrap_or(f64::INFINITY);
        let rows: Vec<usize> = (0..closest.len()).filter(|&row| closest[row] <= cut).collect();
        if rows.len() == whole.rows {
            return Cut { weights: whole.weights.clone(), rows: whole.rows };
        }
        self.weigh(&rows, |_, _| {})
    }
}

/// Per released row: how near it lies.
#[derive(Default)]
pub(super) struct Near {
    /// To the nearest real record.
    pub(super) closest: Vec<f64>,
    /// To the nearest training record.
    pub(super) train: Vec<f64>,
    /// To the nearest record of the holdout.
    pub(super) holdout: Vec<f64>,
    /// Nearest over second nearest training record.
    pub(super) ratio: Vec<f64>,
}

impl Near {
    fn push(&mut self, train: &Nearest, holdout: Option<&Nearest>) {
        self.closest.push(least(Some(train)).min(least(holdout)));
        self.train.extend(train.distances.first());
        self.holdout.extend(holdout.and_then(|near| near.distances.first()));
        if let [first, second] = train.distances[..] {
            self.ratio.push(ratio(first, second));
        }
    }
}

/// The nearest-neighbour distance ratio; of two equal records it is 1.
pub(super) fn ratio(first: f64, second: f64) -> f64 {
    (first + 1e-8) / (second + 1e-8)
}

/// The distance to the nearest, infinite without any.
fn least(near: Option<&Nearest>) -> f64 {
    near.and_then(|near| near.distances.first()).copied().unwrap_or(f64::INFINITY)
}

/// How many of `rows` are the closest `tail` of them, ties at the cut aside.
pub(super) fn rank(tail: f64, rows: usize) -> usize {
    let share = tail.max(FEW as f64 / rows as f64).min(1.0);
    ((share * rows as f64 - 1e-9).ceil() as usize).max(1)
}

/// The `rank`-th smallest value.
fn smallest(values: &[f64], rank: usize) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(rank - 1).copied()
}

/// Gives one code to all released categories that no real record has: they are equally far from
/// every record, and rows that differ in them only are one query.
fn hide_unseen(released: &mut Coded, real: &[&Coded]) {
    for (column, codes) in released.columns.iter_mut().enumerate() {
        let Codes::Category(codes) = codes else { continue };
        let mut seen = BTreeSet::from([MISSING]);
        for sample in real {
            if let Codes::Category(codes) = &sample.columns[column] {
                seen.extend(codes);
            }
        }
        let Some(unseen) = (0..MISSING).find(|code| !seen.contains(code)) else { continue };
        codes.iter_mut().filter(|code| !seen.contains(code)).for_each(|code| *code = unseen);
    }
}

/// Some released rows, equal ones taken together.
struct Batch {
    /// One row of each kind.
    distinct: Vec<usize>,
    /// How many rows are of each kind.
    counts: Vec<u32>,
    /// The kind of every row.
    of_row: Vec<usize>,
}

impl Batch {
    fn of(released: &Coded, rows: &[usize]) -> Self {
        let width = released.columns.len();
        let mut keys: Vec<u64> = vec![0; rows.len() * width];
        for (column, codes) in released.columns.iter().enumerate() {
            for (i, &row) in rows.iter().enumerate() {
                keys[i * width + column] = match codes {
                    // −0 and 0 are one number, and so are all missing ones.
                    Codes::Number(values) if values[row].is_nan() => f64::NAN.to_bits(),
                    Codes::Number(values) => (values[row] + 0.0).to_bits(),
                    Codes::Category(codes) => u64::from(codes[row]),
                };
            }
        }
        let mut known: HashMap<&[u64], usize> = HashMap::with_capacity(rows.len());
        let mut batch = Self {
            distinct: Vec::new(),
            counts: Vec::new(),
            of_row: Vec::with_capacity(rows.len()),
        };
        for (i, &row) in rows.iter().enumerate() {
            let next = batch.distinct.len();
            let kind = *known.entry(&keys[i * width..(i + 1) * width]).or_insert(next);
            if kind == next {
                batch.distinct.push(row);
                batch.counts.push(0);
            }
            batch.counts[kind] += 1;
            batch.of_row.push(kind);
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (0, a), (−0, a), (NaN, b), (NaN, b), (1, a): three kinds of 2, 2 and 1 rows.
    #[test]
    fn equal_rows_are_one_query() {
        let numbers = Codes::Number(vec![0.0, -0.0, f64::NAN, -f64::NAN, 1.0]);
        let released =
            Coded { rows: 5, columns: vec![numbers, Codes::Category(vec![0, 0, 1, 1, 0])] };
        let batch = Batch::of(&released, &[0, 1, 2, 3, 4]);
        assert_eq!((batch.distinct, batch.counts), (vec![0, 2, 4], vec![2, 2, 1]));
        assert_eq!(batch.of_row, [0, 0, 1, 1, 2]);
    }

    /// Codes 5 and 7 occur in no real record, 0 and 1 do: 5 and 7 become 2, missing stays missing.
    #[test]
    fn categories_that_nobody_has_are_one() {
        let category = |codes: Vec<u32>| Coded { rows: 4, columns: vec![Codes::Category(codes)] };
        let mut released = category(vec![5, 1, MISSING, 7]);
        hide_unseen(
            &mut released,
            &[&category(vec![0, 0, 0, 0]), &category(vec![1, 1, 0, MISSING])],
        );
        let Codes::Category(codes) = &released.columns[0] else { panic!("a category") };
        assert_eq!(codes, &[2, 1, MISSING, 2]);
    }
}

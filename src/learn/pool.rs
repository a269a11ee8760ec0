//! Two samples put together, for a classifier that tells them apart out of fold.
//!
//! The unit is the person: all rows of one stand in one fold. What is drawn, and which fold it falls
//! into, depends on the records only and not on their places in a file. The i-th person with certain
//! records in one sample shares the fold of the i-th with equal records in the other: otherwise a
//! classifier would meet a copied record with the other label and call copies distinguishable.

use std::collections::HashMap;

use rayon::prelude::*;

use super::bins::{Binned, Bins};
use crate::encode::{Coded, Codes};
use crate::random::Seed;
use crate::table::{MISSING, Persons};

/// Two samples put together.
pub struct Pool {
    /// Their rows, coded jointly: those of a person next to each other.
    pub coded: Coded,
    /// Where their columns are cut.
    pub bins: Bins,
    /// Their rows as bins.
    pub binned: Binned,
    /// The unit of each row.
    pub unit: Vec<u32>,
    /// Whether each unit is of the first sample.
    pub first: Vec<bool>,
    /// A number for each unit that equal records share.
    records: Vec<u64>,
    salt: u64,
}

/// The units of one sample.
struct Unit {
    rows: Vec<usize>,
    records: u64,
    priority: u64,
    first: bool,
}

impl Pool {
    /// Draws up to `most` rows of either sample, whole persons at a time. The samples are coded
    /// jointly.
    #[must_use]
    pub fn draw(samples: [(&Coded, &Persons); 2], most: usize, seed: Seed) -> Self {
        let salt = rand::Rng::next_u64(&mut seed.part("pool").rng());
        let coded = [samples[0].0, samples[1].0];
        let records = records(coded, salt);
        let mut units = Vec::new();
        for (i, (_, persons)) in samples.into_iter().enumerate() {
            units.extend(drawn(&records[i], persons, most, salt, i == 0));
        }
        units.sort_by_key(|unit| (unit.priority, unit.first));
        let chosen = |i: usize| {
            let of = units.iter().filter(move |unit| unit.first == (i == 0));
            of.flat_map(|unit| unit.rows.iter().copied()).collect::<Vec<usize>>()
        };
        let parts = [coded[0].select(&chosen(0)), coded[1].select(&chosen(1))];
        let coded = interleaved(&parts, &units);
        let of_rows = units.iter().zip(0..).flat_map(|(unit, i)| unit.rows.iter().map(move |_| i));
        let bins = Bins::fit(&[&coded]);
        Self {
            binned: bins.apply(&coded),
            bins,
            coded,
            unit: of_rows.collect(),
            first: units.iter().map(|unit| unit.first).collect(),
            records: units.iter().map(|unit| unit.records).collect(),
            salt,
        }
    }

    /// The fold of each unit, from 0 to `count` − 1, if `first` are the units of the first sample.
    #[must_use]
    pub fn folds(&self, first: &[bool], count: u64) -> Vec<u64> {
        let mut seen: HashMap<(u64, bool), u64> = HashMap::new();
        let fold = |(&records, &first): (&u64, &bool)| {
            let before = seen.entry((records, first)).or_default();
            *before += 1;
            mix(records ^ mix(self.salt ^ *before)) % count
        };
        self.records.iter().zip(first).map(fold).collect()
    }

    /// The score of each row by a classifier that has not seen its fold: `fit` is given the rows to
    /// learn from and the rows to score. Nothing if one of the fits is nothing.
    pub fn out_of_fold<F>(&self, folds: &[u64], count: u64, fit: F) -> Option<Vec<f64>>
    where
        F: Fn(&[u32], &[u32]) -> Option<Vec<f64>> + Sync,
    {
        let score = |fold: u64| {
            let rows = (0..).zip(&self.unit).map(|(row, &unit)| (row, folds[unit as usize]));
            let (inside, outside): (Vec<_>, Vec<_>) = rows.partition(|&(_, of)| of == fold);
            let strip = |rows: Vec<(u32, u64)>| rows.into_iter().map(|(row, _)| row).collect();
            let (test, train): (Vec<u32>, Vec<u32>) = (strip(inside), strip(outside));
            let scores = if test.is_empty() { Vec::new() } else { fit(&train, &test)? };
            Some((test, scores))
        };
        let parts: Vec<_> = (0..count).into_par_iter().map(score).collect();
        let mut scores = vec![0.0; self.unit.len()];
        for part in parts {
            let (rows, values) = part?;
            for (row, value) in rows.into_iter().zip(values) {
                scores[row as usize] = value;
            }
        }
        Some(scores)
    }

    /// The mean of each unit's rows.
    #[must_use]
    pub fn by_unit(&self, scores: &[f64]) -> Vec<f64> {
        let (mut sums, mut counts) = (vec![0.0; self.first.len()], vec![0.0; self.first.len()]);
        for (&unit, score) in self.unit.iter().zip(scores) {
            sums[unit as usize] += score;
            counts[unit as usize] += 1.0;
        }
        sums.iter().zip(&counts).map(|(sum, count)| sum / count).collect()
    }

    /// For each row, what is said of its unit.
    #[must_use]
    pub fn by_row(&self, units: &[bool]) -> Vec<bool> {
        self.unit.iter().map(|&unit| units[unit as usize]).collect()
    }
}

/// The units of a sample that come first by priority, up to `most` rows.
fn drawn(records: &[u64], persons: &Persons, most: usize, salt: u64, first: bool) -> Vec<Unit> {
    let empty = || Unit { rows: Vec::new(), records: 0, priority: 0, first };
    let mut units: Vec<Unit> = (0..persons.count).map(|_| empty()).collect();
    for (row, &person) in persons.of_row.iter().enumerate() {
        let unit = &mut units[person as usize];
        unit.rows.push(row);
        // A sum does not depend on the order of the rows.
        unit.records = unit.records.wrapping_add(records[row]);
    }
    let mut seen: HashMap<u64, u64> = HashMap::new();
    for unit in &mut units {
        unit.rows.sort_by_key(|&row| records[row]);
        let before = seen.entry(unit.records).or_default();
        *before += 1;
        unit.priority = mix(unit.records ^ mix(salt.wrapping_add(*before)));
    }
    units.sort_by_key(|unit| unit.priority);
    let mut rows = 0;
    units.retain(|unit| {
        rows += unit.rows.len();
        rows <= most
    });
    units
}

/// The rows of both parts in the order of the units.
fn interleaved(parts: &[Coded; 2], units: &[Unit]) -> Coded {
    let mut next = [0, parts[0].rows];
    let mut order = Vec::with_capacity(parts[0].rows + parts[1].rows);
    for unit in units {
        let side = usize::from(!unit.first);
        order.extend(next[side]..next[side] + unit.rows.len());
        next[side] += unit.rows.len();
    }
    Coded::stacked(&[&parts[0], &parts[1]]).select(&order)
}

/// A number for each row of both samples that equal records share, and others hardly ever do. It is
/// made of the ranks of numbers, so that no change of unit moves it.
fn records(samples: [&Coded; 2], salt: u64) -> [Vec<u64>; 2] {
    let mut numbers = samples.map(|sample| vec![salt; sample.rows]);
    for (first, second) in samples[0].columns.iter().zip(&samples[1].columns) {
        let ranks = ranks([first, second]);
        for (numbers, ranks) in numbers.iter_mut().zip(ranks) {
            numbers.iter_mut().zip(ranks).for_each(|(number, rank)| *number = mix(*number ^ rank));
        }
    }
    numbers
}

/// The rank of each value among the distinct ones of both samples, from 1; 0 is missing.
fn ranks(codes: [&Codes; 2]) -> [Vec<u64>; 2] {
    let mut known: Vec<f64> = Vec::new();
    for codes in codes {
        if let Codes::Number(values) = codes {
            known.extend(values.iter().filter(|x| !x.is_nan()).map(|x| x + 0.0));
        }
    }
    known.sort_by(f64::total_cmp);
    known.dedup();
    codes.map(|codes| match codes {
        Codes::Number(values) => {
            let rank = |x: &f64| known.partition_point(|known| known < x) as u64 + 1;
            values.iter().map(|x| if x.is_nan() { 0 } else { rank(x) }).collect()
        }
        Codes::Category(codes) => {
            codes.iter().map(|&c| if c == MISSING { 0 } else { u64::from(c) + 1 }).collect()
        }
    })
}

/// A bijection of 64 bits that spreads every bit over all (Steele, Lea and Flood 2014, Fast splittable
/// pseudorandom number generators, OOPSLA).
fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: &[f64], persons: &[u32]) -> (Coded, Persons) {
        let coded = Coded { rows: values.len(), columns: vec![Codes::Number(values.to_vec())] };
        let count = persons.iter().max().map_or(0, |&last| last as usize + 1);
        (coded, Persons { of_row: persons.to_vec(), count, unnamed: Vec::new() })
    }

    fn pool(a: &(Coded, Persons), b: &(Coded, Persons), most: usize) -> Pool {
        Pool::draw([(&a.0, &a.1), (&b.0, &b.1)], most, Seed::new(0))
    }

    /// Persons of the same records, in any order of rows and persons, on both sides: each pair in one
    /// fold, in any scale.
    #[test]
    fn equal_persons_of_both_samples_share_a_fold() {
        let a = sample(&[1.0, 2.0, 3.0, 4.0, 5.0, 5.0], &[0, 0, 1, 1, 2, 3]);
        let b =
            sample(&[50.0, 40.0, 30.0, 50.0, 20.0, 10.0].map(|x| x / 10.0), &[0, 1, 1, 2, 3, 3]);
        let pool = pool(&a, &b, 100);
        let folds = pool.folds(&pool.first, 1000);
        let of = |first: bool| {
            let mut of: Vec<u64> = folds
                .iter()
                .zip(&pool.first)
                .filter(|(_, f)| **f == first)
                .map(|(f, _)| *f)
                .collect();
            of.sort_unstable();
            of
        };
        assert_eq!(of(true), of(false));
        assert_eq!(of(true).len(), 4);
    }

    #[test]
    fn persons_stay_whole_and_the_draw_ignores_the_order_of_rows() {
        let values: Vec<f64> = (0..400).map(f64::from).collect();
        let persons: Vec<u32> = (0..400).map(|row| row / 4).collect();
        let a = sample(&values, &persons);
        let turned: Vec<f64> = values.iter().rev().copied().collect();
        let b = sample(&turned, &persons);
        let numbers = |pool: &Pool| match &pool.coded.columns[0] {
            Codes::Number(values) => values.iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
            Codes::Category(_) => Vec::new(),
        };
        let (one, other) = (pool(&a, &a, 102), pool(&b, &b, 102));
        assert_eq!(one.coded.rows, 200);
        assert_eq!(numbers(&one), numbers(&other));
        let counts = |unit: u32| one.unit.iter().filter(|&&of| of == unit).count();
        assert!((0..50).all(|unit| counts(unit) == 4));
    }

    #[test]
    fn scores_come_from_other_folds() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let persons: Vec<u32> = (0..100).collect();
        let a = sample(&values, &persons);
        let pool = pool(&a, &a, 100);
        let folds = pool.folds(&pool.first, 5);
        let scores = pool.out_of_fold(&folds, 5, |train, test| {
            assert!(test.iter().all(|row| !train.contains(row)));
            assert_eq!(train.len() + test.len(), 200);
            Some(test.iter().map(|&row| f64::from(row)).collect())
        });
        let expected: Vec<f64> = (0..200).map(f64::from).collect();
        let scores = scores.unwrap();
        assert!(scores.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12));
        assert!(pool.by_unit(&scores).iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}

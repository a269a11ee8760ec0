//! What is taken from a table that the generator made: numbers about the whole table, and numbers
//! about one target in it.

use std::collections::BTreeMap;

use crate::attack::frame::Frame;
use crate::attack::queries::Queries;
use crate::audit::K;
use crate::encode::{Coded, Codes, quantile};
use crate::nearest::Index;
use crate::random::Seed;
use crate::table::MISSING;

/// Bins of a histogram, and levels of a category that have a bin of their own.
const BINS: usize = 10;

/// Number columns whose correlations are taken, the first in the schema.
const CORRELATED: usize = 12;

/// What is taken, fixed before any table is made.
pub(super) struct Features {
    columns: Vec<Histogram>,
    /// Pairs of number columns.
    pairs: Vec<(usize, usize)>,
    queries: Queries,
    scales: Vec<Option<f64>>,
}

/// Where the bins of a column are.
enum Histogram {
    /// Equal bins from `low` on, the last one open.
    Number { low: f64, width: f64 },
    /// The most frequent training levels.
    Category(BTreeMap<u32, usize>),
}

impl Features {
    pub(super) fn new(frame: &Frame, queries: usize, seed: Seed) -> Self {
        let joint = &frame.joint;
        let numbers = (0..joint.scales.len()).filter(|&column| joint.scales[column].is_some());
        let numbers: Vec<usize> = numbers.take(CORRELATED).collect();
        let later =
            |(i, &a): (usize, &usize)| numbers[i + 1..].iter().map(move |&b| (a, b)).collect();
        let pairs: Vec<Vec<(usize, usize)>> = numbers.iter().enumerate().map(later).collect();
        Self {
            columns: joint.train.columns.iter().map(Histogram::new).collect(),
            pairs: pairs.concat(),
            queries: Queries::new(joint, queries, seed),
            scales: joint.scales.clone(),
        }
    }

    /// About the whole table.
    pub(super) fn whole(&self, rows: &Coded) -> Vec<f64> {
        let mut numbers = Vec::new();
        for (histogram, codes) in self.columns.iter().zip(&rows.columns) {
            if let Codes::Number(values) = codes {
                numbers.extend(moments(values));
            }
            numbers.extend(histogram.shares(codes, rows.rows));
        }
        let pair = |&(a, b): &(usize, usize)| correlation(&rows.columns[a], &rows.columns[b]);
        numbers.extend(self.pairs.iter().map(pair));
        numbers
    }

    /// How many numbers [`Self::about`] gives.
    pub(super) fn about_width(&self) -> usize {
        K + self.queries.len()
    }

    /// About each of the `targets`, coded as `rows`: the distances of the nearest rows, 1 (the largest) where there
    /// are too few, and for each query the share of rows that agree.
    pub(super) fn about(&self, rows: &Coded, targets: &Coded) -> Vec<Vec<f64>> {
        let near = Index::build(rows, &self.scales).distances::<K>(targets, |_, _| false);
        let one = |(target, near): (usize, [f64; K])| {
            let counts = self.queries.count(rows, targets, target);
            let shares = counts.into_iter().map(|count| count as f64 / rows.rows.max(1) as f64);
            near.into_iter().map(|distance| distance.min(1.0)).chain(shares).collect()
        };
        near.into_iter().enumerate().map(one).collect()
    }
}

/// Mean, median and variance of the known values; missing without any.
fn moments(values: &[f64]) -> [f64; 3] {
    let mut known: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    let count = known.len() as f64;
    let mean = known.iter().sum::<f64>() / count;
    let variance = known.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    [mean, quantile(&known, 0.5).unwrap_or(f64::NAN), variance]
}

/// Pearson's correlation over the rows where both are known; 0 where one does not vary.
fn correlation(a: &Codes, b: &Codes) -> f64 {
    let (Codes::Number(a), Codes::Number(b)) = (a, b) else { return 0.0 };
    let pairs = || a.iter().zip(b).filter(|(x, y)| !x.is_nan() && !y.is_nan());
    let count = pairs().count().max(1) as f64;
    let (sum_x, sum_y) = pairs().fold((0.0, 0.0), |(sx, sy), (x, y)| (sx + x, sy + y));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let moments = pairs().fold([0.0; 3], |[xx, xy, yy], (x, y)| {
        let (x, y) = (x - mean_x, y - mean_y);
        [xx + x * x, xy + x * y, yy + y * y]
    });
    let spread = (moments[0] * moments[2]).sqrt();
    if spread > 0.0 { moments[1] / spread } else { 0.0 }
}

impl Histogram {
    fn new(codes: &Codes) -> Self {
        match codes {
            Codes::Number(values) => {
                let mut known: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
                known.sort_by(f64::total_cmp);
                let at = |share| quantile(&known, share).unwrap_or(0.0);
                let (low, high) = (at(0.005), at(0.995));
                let width = (high - low) / BINS as f64;
                Self::Number { low, width: if width > 0.0 { width } else { 1.0 } }
            }
            Codes::Category(codes) => {
                let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
                let known = codes.iter().filter(|&&code| code != MISSING);
                known.for_each(|&code| *counts.entry(code).or_default() += 1);
                let mut ranked: Vec<(u32, usize)> = counts.into_iter().collect();
                ranked.sort_by_key(|&(code, count)| (std::cmp::Reverse(count), code));
                let places = ranked.into_iter().take(BINS).enumerate();
                Self::Category(places.map(|(place, (code, _))| (code, place)).collect())
            }
        }
    }

    /// The share of rows in each bin; last those of missing values and of other levels.
    fn shares(&self, codes: &Codes, rows: usize) -> [f64; BINS + 2] {
        let mut counts = [0.0; BINS + 2];
        match (self, codes) {
            (Self::Number { low, width }, Codes::Number(values)) => {
                for value in values {
                    let bin = (((value - low) / width).floor()).clamp(0.0, BINS as f64 - 1.0);
                    counts[if value.is_nan() { BINS } else { bin as usize }] += 1.0;
                }
            }
            (Self::Category(places), Codes::Category(codes)) => {
                for code in codes {
                    let missing = if *code == MISSING { BINS } else { BINS + 1 };
                    counts[places.get(code).copied().unwrap_or(missing)] += 1.0;
                }
            }
            // One coding gives a column one kind.
            _ => {}
        }
        counts.map(|count| count / rows.max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::queries::Query;
    use crate::audit::testing::{audit, table};
    use crate::table::{Sample, Schema};

    const SCHEMA: &str = "[columns.x]\nkind = 'continuous'\nlower = 0\nupper = 10\n\
                          [columns.y]\nkind = 'integer'\nlower = 0\nupper = 100\nstep = 1\n\
                          [columns.c]\nkind = 'categorical'\n";

    fn near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12 || (a.is_nan() && b.is_nan());
        assert!(found.iter().zip(expected).all(close), "{found:?} {expected:?}");
    }

    /// Target (2, 50, a). Made: (2, 50, a) is 0 away and agrees in all three; (2.3, 50, b) is
    /// (.03 + 0 + 1)/3 away, agrees closely in y only and roughly in x, y; (missing, 80, a) is
    /// (1 + .3 + 0)/3 away and agrees in c; (4, missing, d), a level train lacks, is (.2 + 1 + 1)/3 away.
    /// No fifth row: 1, the largest distance.
    #[test]
    fn about_a_target_hand_worked() {
        let train = "x,y,c\n2,50,a\n0,0,b\n10,100,c\n5,20,b\n";
        let audit = audit(SCHEMA, train, None, train);
        let frame = Frame::new(audit.joint(), &audit.train);
        let schema = Schema::parse(SCHEMA, "s").unwrap();
        let made = "x,y,c\n2,50,a\n2.3,50,b\n,80,a\n4,,d\n";
        let made = frame.code(&table(made, Sample::Synthetic, &schema));
        let mut features = Features::new(&frame, 20, Seed::new(0));
        let queries =
            [(0b111, false), (0b010, false), (0b011, true), (0b001, false), (0b100, true)];
        let queries = queries.map(|(columns, roughly)| Query { columns, roughly }).to_vec();
        features.queries = Queries::of(&frame.joint, queries);
        let found = features.about(&made, &frame.joint.train.select(&[0])).remove(0);
        let distances = [0.0, 1.3 / 3.0, 1.03 / 3.0, 2.2 / 3.0, 1.0];
        let mut sorted = distances;
        sorted.sort_by(f64::total_cmp);
        near(&found[..K], &sorted);
        near(&found[K..], &[0.25, 0.5, 0.5, 0.25, 0.5]);
        assert_eq!(found.len(), features.about_width());
    }

    /// x = 1, 2, 3, missing: mean 2, median 2, variance 2/3; against y = 2, 4, 6, 9: correlation 1 over
    /// the first three. c = a, a, d, missing with a the only training level: shares ½, ¼ missing, ¼ other.
    #[test]
    fn about_the_whole_hand_worked() {
        let values = [1.0, 2.0, 3.0, f64::NAN];
        near(&moments(&values), &[2.0, 2.0, 2.0 / 3.0]);
        let y = Codes::Number(vec![2.0, 4.0, 6.0, 9.0]);
        let x = Codes::Number(values.to_vec());
        near(&[correlation(&x, &y), correlation(&x, &Codes::Number(vec![1.0; 4]))], &[1.0, 0.0]);
        near(&moments(&[f64::NAN]), &[f64::NAN; 3]);
        let levels = Histogram::new(&Codes::Category(vec![0, 0, 0]));
        let shares = levels.shares(&Codes::Category(vec![0, 0, 1, MISSING]), 4);
        near(&shares[..2], &[0.5, 0.0]);
        near(&shares[BINS..], &[0.25, 0.25]);
        // 0, 1, …, 10: bins of width 1; −5 falls into the first and 99 into the last.
        let numbers = Histogram::new(&Codes::Number((0..=10).map(f64::from).collect()));
        let shares = numbers.shares(&Codes::Number(vec![-5.0, 0.5, 3.5, 99.0, f64::NAN]), 5);
        near(&shares[..4], &[0.4, 0.0, 0.0, 0.2]);
        near(&shares[9..], &[0.2, 0.2, 0.0]);
    }

    /// A table in another order gives the same numbers, up to rounding; so does one in another unit,
    /// the moments aside.
    #[test]
    fn the_order_of_rows_does_not_matter() {
        let line = |i: usize| format!("{}.5,{},{}\n", i % 9, i * 7 % 100, ["a", "b"][i % 2]);
        let csv = |order: &[usize]| {
            format!("x,y,c\n{}", order.iter().map(|&i| line(i)).collect::<String>())
        };
        let order: Vec<usize> = (0..60).collect();
        let back: Vec<usize> = (0..60).rev().collect();
        let audit = audit(SCHEMA, &csv(&order), None, &csv(&order));
        let (frame, schema) =
            (Frame::new(audit.joint(), &audit.train), Schema::parse(SCHEMA, "s").unwrap());
        let features = Features::new(&frame, 50, Seed::new(0));
        let taken = |order: &[usize]| {
            let made = frame.code(&table(&csv(order), Sample::Synthetic, &schema));
            let about = features.about(&made, &frame.joint.train.select(&[3, 7]));
            [features.whole(&made), about.concat()].concat()
        };
        for (a, b) in taken(&order).iter().zip(taken(&back)) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
    }
}

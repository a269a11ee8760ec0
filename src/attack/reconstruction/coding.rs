//! What the adversary knows of every row as small whole numbers, and every secret as a bit.

use crate::encode::{Coded, Codes, Joint, quantile};
use crate::table::{MISSING, Role};

/// Bins of a number.
const BINS: usize = 10;

/// How rows are written.
pub(super) struct Coding {
    known: Vec<Known>,
    /// The secrets, in the order of the columns.
    pub(super) secrets: Vec<Secret>,
}

/// A column that the adversary knows.
struct Known {
    column: usize,
    /// Where a number passes from one bin to the next.
    edges: Vec<f64>,
}

/// A sensitive column as a bit.
pub(super) struct Secret {
    /// The compared column.
    pub(super) column: usize,
    bit: Bit,
}

/// When the bit is 1.
enum Bit {
    /// The category is the most frequent one.
    Category(u32),
    /// The number lies above the median.
    Above(f64),
}

/// Rows as the adversary sees them.
pub(super) struct Rows {
    /// Per known column, the code of each row.
    pub(super) known: Vec<Vec<u32>>,
    /// Per secret, the bit of each row.
    pub(super) secret: Vec<Vec<bool>>,
    /// How many.
    pub(super) count: usize,
}

impl Coding {
    /// Known are the columns that are not sensitive, numbers in ten bins of equal frequency; secrets are the
    /// sensitive ones that vary. Bins, medians and the most frequent category are those of train and holdout
    /// together, so that they tell neither from the other.
    pub(super) fn new(joint: &Joint) -> Self {
        let samples: Vec<&Coded> =
            [Some(&joint.train), joint.holdout.as_ref()].into_iter().flatten().collect();
        let sensitive = |&column: &usize| joint.schemas[column].role == Role::Sensitive;
        let (secrets, known): (Vec<usize>, Vec<usize>) =
            (0..joint.names.len()).partition(sensitive);
        let secret = |column: usize| Some(Secret { column, bit: bit(&samples, column)? });
        Self {
            known: known
                .into_iter()
                .map(|c| Known { column: c, edges: edges(&samples, c) })
                .collect(),
            secrets: secrets.into_iter().filter_map(secret).collect(),
        }
    }

    /// Columns that the adversary knows.
    pub(super) fn known(&self) -> usize {
        self.known.len()
    }

    /// The given rows.
    pub(super) fn rows(&self, coded: &Coded, chosen: &[usize]) -> Rows {
        let known = |known: &Known| match &coded.columns[known.column] {
            Codes::Category(codes) => chosen.iter().map(|&row| codes[row]).collect(),
            Codes::Number(values) => {
                chosen.iter().map(|&row| bin(values[row], &known.edges)).collect()
            }
        };
        let secret = |secret: &Secret| {
            chosen.iter().map(|&row| secret.bit.of(&coded.columns[secret.column], row)).collect()
        };
        Rows {
            known: self.known.iter().map(known).collect(),
            secret: self.secrets.iter().map(secret).collect(),
            count: chosen.len(),
        }
    }
}

impl Bit {
    /// A missing number is not above the median; a missing category is a category.
    fn of(&self, codes: &Codes, row: usize) -> bool {
        match (self, codes) {
            (Self::Category(one), Codes::Category(codes)) => codes[row] == *one,
            (Self::Above(median), Codes::Number(values)) => values[row] > *median,
            _ => false,
        }
    }
}

/// The bit of a sensitive column; nothing if all values give the same.
fn bit(samples: &[&Coded], column: usize) -> Option<Bit> {
    let numbers = sorted(samples, column);
    if let Some(median) = quantile(&numbers, 0.5) {
        // Half or more at the maximum leave nothing above the median: then the maximum is the bit.
        let last = numbers.last().copied()?;
        let below = numbers.iter().rev().find(|&&x| x < last).copied()?;
        return Some(Bit::Above(median.min(below)));
    }
    let mut counts = std::collections::BTreeMap::new();
    for sample in samples {
        if let Codes::Category(codes) = &sample.columns[column] {
            codes.iter().for_each(|&code| *counts.entry(code).or_insert(0_usize) += 1);
        }
    }
    let most = counts.iter().filter(|(code, _)| **code != MISSING);
    let most = most.max_by_key(|(code, count)| (**count, std::cmp::Reverse(**code)))?;
    (counts.len() > 1).then_some(Bit::Category(*most.0))
}

fn sorted(samples: &[&Coded], column: usize) -> Vec<f64> {
    let values = samples.iter().flat_map(|sample| match &sample.columns[column] {
        Codes::Number(values) => values.as_slice(),
        Codes::Category(_) => &[],
    });
    let mut known: Vec<f64> = values.copied().filter(|x| !x.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    known
}

fn edges(samples: &[&Coded], column: usize) -> Vec<f64> {
    let known = sorted(samples, column);
    let edge = |bin: usize| quantile(&known, bin as f64 / BINS as f64);
    let mut edges: Vec<f64> = (1..BINS).filter_map(edge).collect();
    edges.dedup_by(|a, b| *a <= *b);
    edges
}

/// The number of edges at or below a value; a bin of its own for a missing one.
fn bin(value: f64, edges: &[f64]) -> u32 {
    let place =
        if value.is_nan() { edges.len() + 1 } else { edges.partition_point(|edge| *edge <= value) };
    u32::try_from(place).unwrap_or(MISSING)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::audit;

    /// x = 1..=20 of train and holdout: the median is the value of rank 0.5·19, rounded up: 11; secret
    /// bits are 1 from 12 on. c: `a` is the most frequent. y is 0 in more than half, so that 1 and 2 are
    /// above the median; z has its maximum in more than half, so that only the maximum is.
    #[test]
    fn secrets_are_bits_about_the_middle() {
        let schema: String = ["x", "y", "z"]
            .map(|c| format!("[columns.{c}]\nkind = \"continuous\"\nrole = \"sensitive\"\n"))
            .concat();
        let schema = schema
            + "[columns.c]\nkind = \"categorical\"\nrole = \"sensitive\"\n\
               [columns.k]\nkind = \"continuous\"\n";
        let row = |i: usize| {
            let c = ["a", "a", "b", ""][i % 4];
            let (y, z) = ([0, 0, 0, 1, 2][i % 5], [5, 5, 5, 4, 3][i % 5]);
            format!("{i},{y},{z},{c},{i}\n")
        };
        let csv = |range: std::ops::RangeInclusive<usize>| {
            format!("x,y,z,c,k\n{}", range.map(row).collect::<String>())
        };
        let audit = audit(&schema, &csv(1..=12), Some(&csv(13..=20)), &csv(1..=20));
        let joint = audit.joint();
        let coding = Coding::new(joint);
        assert_eq!((coding.known(), coding.secrets.len()), (1, 4));
        let rows = coding.rows(&joint.synthetic, &(0..20).collect::<Vec<_>>());
        for i in 1..=20 {
            let bit = |secret: usize| rows.secret[secret][i - 1];
            let named = |name: &str| {
                let column = joint.names.iter().position(|n| n == name).unwrap();
                bit(coding.secrets.iter().position(|s| s.column == column).unwrap())
            };
            assert_eq!(named("x"), i >= 12, "{i}");
            assert_eq!(named("y"), i % 5 >= 3, "{i}");
            assert_eq!(named("z"), i % 5 < 3, "{i}");
            assert_eq!(named("c"), i % 4 < 2, "{i}");
        }
        // Twenty values in ten bins.
        let bins: std::collections::BTreeSet<u32> = rows.known[0].iter().copied().collect();
        assert_eq!(bins.len(), 10);
    }
}

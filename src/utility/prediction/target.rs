//! What is predicted: a column as classes or as a number, in every sample alike.

use std::collections::{BTreeMap, BTreeSet};

use super::samples::{Samples, Side, numbers};
use super::score::Kind;
use crate::encode::{Codes, quantile};

/// Persons that a class must have in train and in the holdout (counts of 1 to 10 are not told).
pub(in crate::utility) const FEW: usize = 11;

/// Rows of train that a model learns from, at the least; a release of fewer teaches nothing.
const FEWEST: usize = 50;

/// A column that is predicted.
pub(in crate::utility) struct Target {
    /// Its place among the samples' columns.
    pub(in crate::utility) column: usize,
    pub(in crate::utility) name: String,
    pub(in crate::utility) kind: Kind,
    /// The class of each row, or its number; NaN where it is neither learned nor tested.
    pub(in crate::utility) train: Vec<f64>,
    /// The same of the release.
    pub(in crate::utility) released: Vec<f64>,
    /// The same of the holdout; nothing without one.
    pub(in crate::utility) holdout: Vec<f64>,
    /// What of the column is left out.
    pub(in crate::utility) notes: Vec<String>,
}

impl Target {
    /// The column as it is: numbers of three or more values as numbers, all else as its `most` most frequent
    /// classes. In words why not, if it cannot be predicted.
    pub(super) fn of(samples: &Samples<'_>, column: usize, most: usize) -> Result<Self, String> {
        let mut target = Self::raw(samples, column);
        let number = matches!(samples.train.coded.columns[column], Codes::Number(_));
        if !number || distinct(&target.train) < 3 {
            target.classify(samples, most)?;
        }
        target.check(samples)?;
        Ok(target)
    }

    /// The column in two: its most frequent value, 1, against all others, 0; numbers of three or more values above
    /// train's median against the rest.
    pub(in crate::utility) fn binary(samples: &Samples<'_>, column: usize) -> Result<Self, String> {
        let mut target = Self::raw(samples, column);
        let number = matches!(samples.train.coded.columns[column], Codes::Number(_));
        let values = distinct(&target.train);
        if values < 2 {
            return Err(format!("{}: train holds one value of it alone", target.name));
        }
        target.kind = Kind::Two;
        if number && values > 2 {
            let mut known: Vec<f64> =
                target.train.iter().copied().filter(|x| !x.is_nan()).collect();
            known.sort_by(f64::total_cmp);
            let median = quantile(&known, 0.5).unwrap_or(0.0);
            // Where more than half have the largest value, none is above the median.
            let above = known.iter().any(|x| *x > median);
            target.recode(|x| f64::from(u8::from(if above { x > median } else { x >= median })));
        } else {
            let first = by_frequency(samples, &target.train).first().copied();
            target.recode(|x| f64::from(u8::from(Some(bits(x)) == first)));
        }
        Ok(target)
    }

    fn raw(samples: &Samples<'_>, column: usize) -> Self {
        Self {
            column,
            name: samples.names[column].to_owned(),
            kind: Kind::Number,
            train: numbers(&samples.train.coded.columns[column]),
            released: numbers(&samples.released.coded.columns[column]),
            holdout: (samples.holdout.as_ref())
                .map_or_else(Vec::new, |side| numbers(&side.coded.columns[column])),
            notes: Vec::new(),
        }
    }

    /// Changes every known value of every sample.
    fn recode(&mut self, class: impl Fn(f64) -> f64) {
        for values in [&mut self.train, &mut self.released, &mut self.holdout] {
            values.iter_mut().filter(|x| !x.is_nan()).for_each(|x| *x = class(*x));
        }
    }

    /// Numbers the classes from 0, the most frequent of train first; those of too few persons are left out.
    fn classify(&mut self, samples: &Samples<'_>, most: usize) -> Result<(), String> {
        let all = by_frequency(samples, &self.train);
        let train = persons(&samples.train, &self.train);
        let holdout = samples.holdout.as_ref().map(|side| persons(side, &self.holdout));
        let many = |persons: &BTreeMap<u64, usize>, class: &u64| {
            persons.get(class).is_some_and(|persons| *persons >= FEW)
        };
        let enough = |class: &u64| {
            many(&train, class) && holdout.as_ref().is_none_or(|holdout| many(holdout, class))
        };
        let mut kept: Vec<u64> = all.iter().copied().filter(enough).collect();
        if kept.len() < 2 {
            return Err(format!(
                "{}: expected two classes, each of eleven persons or more in train and in the holdout",
                self.name
            ));
        }
        if kept.len() < all.len() {
            self.notes.push(format!(
                "{}: classes of fewer than eleven persons in train or in the holdout are left out",
                self.name
            ));
        }
        if kept.len() > most {
            kept.truncate(most);
            self.notes.push(format!(
                "{}: classes beyond the {most} most frequent are left out",
                self.name
            ));
        }
        let other = |x: &f64| !x.is_nan() && !train.contains_key(&bits(*x));
        if self.released.iter().any(other) {
            self.notes.push(format!(
                "{}: the release has classes that train has not; they teach nothing and are left out",
                self.name
            ));
        }
        let places: BTreeMap<u64, f64> =
            kept.iter().zip(0_u32..).map(|(c, i)| (*c, f64::from(i))).collect();
        self.recode(|x| places.get(&bits(x)).copied().unwrap_or(f64::NAN));
        self.kind = if kept.len() == 2 { Kind::Two } else { Kind::Classes(kept.len()) };
        Ok(())
    }

    /// Whether train can teach it, and the holdout can tell how well.
    pub(in crate::utility) fn check(&self, samples: &Samples<'_>) -> Result<(), String> {
        let name = &self.name;
        let Some(holdout) = &samples.holdout else { return Ok(()) };
        if known(&self.train) < FEWEST {
            return Err(format!("{name}: train holds fewer than {FEWEST} rows to learn it from"));
        }
        if holdout.persons(|row| !self.holdout[row].is_nan()) < 2 * FEW {
            return Err(format!(
                "{name}: the holdout holds fewer than {} persons to test it on",
                2 * FEW
            ));
        }
        if distinct(&self.holdout) < 2 {
            return Err(format!("{name}: the holdout holds one value of it alone"));
        }
        Ok(())
    }

    /// Rows that either side learns from, at most: as many of train as of the release. Of a release that teaches
    /// nothing, no rows.
    pub(in crate::utility) fn rows(&self, most: usize) -> (usize, bool) {
        let (train, released) = (known(&self.train), known(&self.released));
        if released < FEWEST {
            return (most.min(train), false);
        }
        (most.min(train).min(released), true)
    }
}

/// The values with which train's rows count, the weightiest first; of equal ones, the smallest.
fn by_frequency(samples: &Samples<'_>, train: &[f64]) -> Vec<u64> {
    let mut weights: BTreeMap<u64, f64> = BTreeMap::new();
    for (row, value) in train.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
        *weights.entry(bits(*value)).or_default() += samples.train.rows.weight(row);
    }
    let mut classes: Vec<(u64, f64)> = weights.into_iter().collect();
    classes.sort_by(|a, b| {
        b.1.total_cmp(&a.1).then(f64::from_bits(a.0).total_cmp(&f64::from_bits(b.0)))
    });
    classes.into_iter().map(|(class, _)| class).collect()
}

/// How many persons have a row of each value.
fn persons(side: &Side<'_>, values: &[f64]) -> BTreeMap<u64, usize> {
    let known = values.iter().zip(&side.rows.persons.of_row).filter(|(value, _)| !value.is_nan());
    let pairs: BTreeSet<(u64, u32)> =
        known.map(|(value, &person)| (bits(*value), person)).collect();
    let mut persons = BTreeMap::new();
    for (value, _) in pairs {
        *persons.entry(value).or_default() += 1;
    }
    persons
}

/// A number as a key; −0 and 0 are one.
fn bits(value: f64) -> u64 {
    (value + 0.0).to_bits()
}

fn known(values: &[f64]) -> usize {
    values.iter().filter(|x| !x.is_nan()).count()
}

/// How many different values, counted up to 3.
fn distinct(values: &[f64]) -> usize {
    let mut found: Vec<u64> = Vec::new();
    for value in values.iter().filter(|x| !x.is_nan()) {
        if found.len() < 3 && !found.contains(&bits(*value)) {
            found.push(bits(*value));
        }
    }
    found.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_up_to_three() {
        assert_eq!(distinct(&[f64::NAN]), 0);
        assert_eq!(distinct(&[0.0, -0.0, 0.0, f64::NAN]), 1);
        assert_eq!(distinct(&[1.0, 2.0, 3.0, 4.0]), 3);
        assert_eq!(known(&[1.0, f64::NAN]), 1);
    }
}

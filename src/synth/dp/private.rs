//! What real records were turned into, and nobody may look at before noise is added.
//!
//! [`Private`] shows its content to the noise layer only, against a [`Permit`]. In this room it can be worked on
//! ([`Private::map`]), and stays private. Neither does it print itself.

use super::accountant::{Exponential, Gaussian, Permit};
use crate::error::Result;

/// A value that depends on real records.
pub struct Private<T>(T);

impl<T> Private<T> {
    /// Seals what was computed from records.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Works on it without looking at it.
    pub(super) fn map<U>(&self, work: impl FnOnce(&T) -> U) -> Private<U> {
        Private(work(&self.0))
    }
}

#[cfg(test)]
impl<T> Private<T> {
    /// What is sealed, for tests of how far one person changes it.
    pub(super) fn opened(&self) -> &T {
        &self.0
    }
}

#[cfg(test)]
impl Counts {
    pub(super) fn values(&self) -> &[i64] {
        &self.values
    }
}

#[cfg(test)]
impl Scores {
    pub(super) fn values(&self) -> &[i64] {
        &self.values
    }
}

#[cfg(test)]
impl Keyed {
    pub(super) fn counted(&self) -> impl Iterator<Item = (&str, i64)> {
        self.names.iter().map(|name| &**name).zip(self.counts.values.iter().copied())
    }
}

impl Private<u32> {
    /// A parameter of the method, which is public.
    pub(super) fn parameter(&self) -> u32 {
        self.0
    }
}

/// How many persons' rows fall into each cell of some tables.
pub struct Counts {
    values: Vec<i64>,
    sensitivity: f64,
}

/// How good each candidate is.
pub struct Scores {
    values: Vec<i64>,
    sensitivity: u64,
}

/// How many persons' rows have each name that occurs. The names are private, too, and how many there are.
pub struct Keyed {
    names: Vec<Box<str>>,
    counts: Counts,
}

impl Keyed {
    /// Names with their counts, which one person changes by at most `sensitivity` in the Euclidean norm.
    #[must_use]
    pub fn new(counted: Vec<(Box<str>, i64)>, sensitivity: f64) -> Self {
        let (names, values) = counted.into_iter().unzip();
        Self { names, counts: Counts::new(values, sensitivity) }
    }
}

impl Counts {
    /// Counts that one person changes by at most `sensitivity` in the Euclidean norm.
    #[must_use]
    pub fn new(values: Vec<i64>, sensitivity: f64) -> Self {
        Self { values, sensitivity }
    }
}

impl Scores {
    /// Scores each of which one person changes by at most `sensitivity`.
    #[must_use]
    pub fn new(values: Vec<i64>, sensitivity: u64) -> Self {
        Self { values, sensitivity }
    }
}

impl Private<Counts> {
    pub(super) fn sensitivity(&self) -> f64 {
        self.0.sensitivity
    }

    pub(super) fn cells(&self) -> usize {
        self.0.values.len()
    }

    pub(super) fn noised(&self, permit: Permit<'_, Gaussian>) -> Result<Vec<i64>> {
        permit.noised(&self.0.values)
    }
}

impl Private<Scores> {
    /// The scores at these places.
    #[must_use]
    pub fn among(&self, places: &[usize]) -> Self {
        self.map(|scores| {
            let values = places.iter().map(|&place| scores.values[place]).collect();
            Scores { values, sensitivity: scores.sensitivity }
        })
    }

    pub(super) fn sensitivity(&self) -> u64 {
        self.0.sensitivity
    }

    pub(super) fn count(&self) -> usize {
        self.0.values.len()
    }

    pub(super) fn chosen(&self, permit: Permit<'_, Exponential>) -> Result<usize> {
        permit.chosen(&self.0.values, self.0.sensitivity)
    }
}

impl Private<Keyed> {
    pub(super) fn sensitivity(&self) -> f64 {
        self.0.counts.sensitivity
    }

    /// The names whose noisy counts reach the `threshold`.
    pub(super) fn above(
        &self,
        permit: Permit<'_, Gaussian>,
        threshold: f64,
    ) -> Result<Vec<Box<str>>> {
        let noisy = permit.noised(&self.0.counts.values)?;
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let reaches = |count: &i64| *count as f64 >= threshold;
        let named = self.0.names.iter().zip(&noisy).filter(|(_, count)| reaches(count));
        Ok(named.map(|(name, _)| name.clone()).collect())
    }
}

//! The accountant: the budget that a release may spend, and what has been spent of it.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The budget that a user grants: a release is (ε, δ)-differentially private.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// ε, above 0 and finite.
    pub epsilon: f64,
    /// δ, above 0 and below 1.
    pub delta: f64,
}

impl Budget {
    /// A budget of `epsilon` and `delta`.
    ///
    /// # Errors
    /// [`Error::Usage`] unless 0 < ε < ∞ and 0 < δ < 1.
    pub fn new(epsilon: f64, delta: f64) -> Result<Self> {
        if !(epsilon.is_finite() && epsilon > 0.0) {
            return Err(Error::Usage(format!(
                "epsilon: expected a finite number above 0, found {epsilon}"
            )));
        }
        if !(delta > 0.0 && delta < 1.0) {
            return Err(Error::Usage(format!(
                "delta: expected a number above 0 and below 1, found {delta}"
            )));
        }
        Ok(Self { epsilon, delta })
    }
}

/// One line of the ledger: what one step of a method has spent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// The step of the method, such as `one-way marginals`.
    pub stage: String,
    /// What drew the noise, such as `discrete gaussian`.
    pub mechanism: String,
    /// The budget spent in zero-concentrated differential privacy, ρ.
    pub rho: f64,
}

/// What may be spent and what has been. A method without a guarantee leaves it alone.
#[derive(Debug, Clone, Default)]
pub struct Accountant {
    budget: Option<Budget>,
    entries: Vec<Entry>,
}

impl Accountant {
    /// An accountant with nothing to spend, for methods without a guarantee.
    #[must_use]
    pub fn without_budget() -> Self {
        Self::default()
    }

    /// An accountant that may spend `budget`.
    #[must_use]
    pub fn with_budget(budget: Budget) -> Self {
        Self { budget: Some(budget), entries: Vec::new() }
    }

    /// What may be spent; `None` where no budget was granted.
    #[must_use]
    pub fn budget(&self) -> Option<Budget> {
        self.budget
    }

    /// What has been spent, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_that_means_nothing_is_refused() {
        for (epsilon, delta) in [
            (0.0, 1e-6),
            (-1.0, 1e-6),
            (f64::NAN, 1e-6),
            (f64::INFINITY, 1e-6),
            (1.0, 0.0),
            (1.0, 1.0),
            (1.0, f64::NAN),
        ] {
            assert!(Budget::new(epsilon, delta).is_err(), "{epsilon} {delta}");
        }
        assert!(Budget::new(1.0, 1e-9).is_ok());
    }
}

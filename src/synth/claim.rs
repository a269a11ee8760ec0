//! A claimed differential privacy, whoever claims it.

use super::dp::accountant::LARGEST_EPSILON;
use super::{Guarantee, Manifest};
use crate::error::{Error, Result};

/// (ε, δ)-differential privacy, as claimed of a release or asked of its generator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// ε, above 0 and at most 36.
    pub epsilon: f64,
    /// δ, at least 0 and below 1.
    pub delta: f64,
}

impl Claim {
    /// A claim of `epsilon` and `delta`.
    ///
    /// # Errors
    /// [`Error::Usage`] unless 0 < ε ≤ 36 and 0 ≤ δ < 1.
    pub fn new(epsilon: f64, delta: f64) -> Result<Self> {
        if !(epsilon > 0.0 && epsilon <= LARGEST_EPSILON) {
            return Err(Error::Usage(format!(
                "claimed epsilon: expected a number above 0 and at most {LARGEST_EPSILON}, found {epsilon}"
            )));
        }
        if !(0.0..1.0).contains(&delta) {
            return Err(Error::Usage(format!(
                "claimed delta: expected a number from 0 to below 1, found {delta}"
            )));
        }
        Ok(Self { epsilon, delta })
    }

    /// Whether both claim the same, to the last bit.
    #[must_use]
    pub fn equals(self, other: Self) -> bool {
        let bits = |claim: Self| [claim.epsilon, claim.delta].map(f64::to_bits);
        bits(self) == bits(other)
    }

    /// What a manifest claims, if it claims anything.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of(manifest: &Manifest) -> Result<Option<Self>> {
        match manifest.guarantee {
            Guarantee::None { .. } => Ok(None),
            Guarantee::ZeroConcentrated { epsilon, delta, .. } => {
                Self::new(epsilon, delta).map(Some)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_that_means_nothing_is_refused() {
        let nan = f64::NAN;
        for (epsilon, delta) in
            [(0.0, 0.0), (-1.0, 0.0), (37.0, 0.0), (nan, 0.0), (1.0, nan), (1.0, 1.0), (1.0, -0.1)]
        {
            assert!(Claim::new(epsilon, delta).is_err(), "{epsilon} {delta}");
        }
        assert!(Claim::new(1.0, 0.0).is_ok() && Claim::new(36.0, 1e-9).is_ok());
    }
}

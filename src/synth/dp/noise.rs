//! Exact discrete noise on integers: Bernoulli(exp(−x)), the discrete Laplace and the discrete Gaussian
//! distribution (Canonne, Kamath and Steinke 2020, "The Discrete Gaussian for Differential Privacy",
//! arXiv 2004.00010, Algorithms 1–3).
//!
//! No floating-point number takes part in a draw, so that none of the attacks on rounded noise applies
//! (Mironov 2012; Haney et al. 2022). Numbers are checked 128-bit integers: an overflow is an error, never a
//! wrong draw. The loops do not run in constant time, and what they take is not hidden.
//!
//! # Why not a library
//! The samplers of the `opendp` crate (0.16, without its own OpenSSL) were measured on two busy cores first:
//!
//! | | `opendp` | here |
//! |---|---|---|
//! | a draw, σ = 2 / 37 / 50 / 57.87 | 7.9 / 6.4 / 5.4 / 7.7 µs | 0.44 / 0.47 / 0.31 / 0.31 µs |
//! | to build | 88 CPU s, 53 crates (277 CPU s with its OpenSSL) | nothing that was not there |
//! | known advisories | `nalgebra` 0.19 (RUSTSEC-2021-0070) | none |
//! | source of bits | a thread's generator, which it calls non-secure | ChaCha20, keyed by the system |
//! | can be seeded | no | yes, marked as insecure |
//!
//! The last line decides: an audit runs a generator hundreds of times and must give one result for one seed,
//! and tests of statistics must test the sampler that ships. `tests/interop/noise` holds `opendp` against
//! this file.

use super::entropy::Entropy;
use crate::error::{Error, Result};

/// A non-negative rational number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    /// Above the line.
    pub numerator: u128,
    /// Below the line; at least 1.
    pub denominator: u128,
}

/// The binary digits after the point that a variance or an ε keeps, where there is room.
const DIGITS: u32 = 20;

/// The largest whole part that keeps all [`DIGITS`] exact in every product below: σ ≤ 2¹⁶.
const ROOMY: f64 = 4_294_967_296.0;

/// The largest variance: σ = 2²⁰ persons.
const LARGEST: f64 = 1_099_511_627_776.0;

impl Ratio {
    /// The smallest variance on the grid that is no smaller than `variance`: rounding is charged to the
    /// utility, never to the privacy.
    ///
    /// # Errors
    /// [`Error::Usage`] when the noise is too large to be drawn exactly, which is more than any table bears.
    pub fn variance(variance: f64) -> Result<Self> {
        let digits = if variance <= ROOMY { DIGITS } else { 0 };
        let scaled = (variance * f64::from(1_u32 << digits)).ceil();
        if !(scaled > 0.0 && variance <= LARGEST) {
            return Err(too_large());
        }
        Ok(Self { numerator: whole(scaled), denominator: 1 << digits })
    }

    /// The largest ε on the grid that is no larger than `epsilon`.
    #[must_use]
    pub fn epsilon(epsilon: f64) -> Self {
        let scaled = (epsilon.clamp(0.0, 1024.0) * f64::from(1_u32 << DIGITS)).floor();
        Self { numerator: whole(scaled), denominator: 1 << DIGITS }
    }

    /// The nearest float.
    #[must_use]
    pub fn value(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "both are below 2^53 for every constructor")]
        let value = self.numerator as f64 / self.denominator as f64;
        value
    }
}

/// A whole number that is known to be non-negative and below 2⁵³.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the caller's bound")]
fn whole(number: f64) -> u128 {
    number as u128
}

fn too_large() -> Error {
    Error::Usage(
        "the budget is so small that its noise would exceed a million persons: expected a larger \
         --epsilon or fewer columns"
            .into(),
    )
}

/// A draw of the discrete Gaussian: an integer y with probability proportional to exp(−y²/(2·variance)).
///
/// # Errors
/// [`Error::Usage`] when a number outgrows 128 bits: for variances from [`Ratio::variance`] with a
/// probability below e⁻²⁰⁰⁰.
pub(super) fn discrete_gaussian(entropy: &mut Entropy, variance: Ratio) -> Result<i64> {
    let Ratio { numerator, denominator } = variance;
    let scale = (numerator / denominator).isqrt() + 1;
    let unit = scale.checked_mul(denominator).ok_or_else(too_large)?;
    // exp(−(|y| − σ²/t)² / (2σ²)) with every term over the common denominator.
    let below = product(product(unit, scale)?, product(2, numerator)?)?;
    loop {
        let candidate = discrete_laplace(entropy, scale)?;
        let distance = product(u128::from(candidate.unsigned_abs()), unit)?.abs_diff(numerator);
        if bernoulli_exp(entropy, product(distance, distance)?, below)? {
            return Ok(candidate);
        }
    }
}

/// A draw of the discrete Laplace distribution: an integer y with probability proportional to
/// exp(−|y|/scale), for a whole `scale` of at least 1.
///
/// # Errors
/// [`Error::Usage`] when a number outgrows its type.
pub(super) fn discrete_laplace(entropy: &mut Entropy, scale: u128) -> Result<i64> {
    loop {
        let low = entropy.below(scale);
        if !bernoulli_exp(entropy, low, scale)? {
            continue;
        }
        let mut high = 0_u128;
        while bernoulli_exp_fraction(entropy, 1, 1)? {
            high += 1;
        }
        let magnitude = product(high, scale)? + low;
        let magnitude = i64::try_from(magnitude).map_err(|_| too_large())?;
        match entropy.coin() {
            true if magnitude == 0 => {}
            true => return Ok(-magnitude),
            false => return Ok(magnitude),
        }
    }
}

/// A coin that falls true with probability exp(−over/under).
///
/// # Errors
/// [`Error::Usage`] when a number outgrows 128 bits.
pub(super) fn bernoulli_exp(entropy: &mut Entropy, over: u128, under: u128) -> Result<bool> {
    let mut rest = over;
    while rest > under {
        if !bernoulli_exp_fraction(entropy, 1, 1)? {
            return Ok(false);
        }
        rest -= under;
    }
    bernoulli_exp_fraction(entropy, rest, under)
}

/// The same for over ≤ under: the first k ≥ 1 whose coin of probability over/(under·k) falls false is odd
/// with probability exp(−over/under).
fn bernoulli_exp_fraction(entropy: &mut Entropy, over: u128, under: u128) -> Result<bool> {
    let mut turn = 1_u128;
    while entropy.below(product(under, turn)?) < over {
        turn += 1;
    }
    Ok(turn % 2 == 1)
}

fn product(left: u128, right: u128) -> Result<u128> {
    left.checked_mul(right).ok_or_else(too_large)
}

#[cfg(test)]
pub(super) mod tests;

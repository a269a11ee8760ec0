//! The propensity mean squared error pMSE = Σ(p̂ − c)²/N that chance alone gives a logistic regression with k
//! parameters, the intercept among them, on N records of which a share c is released (Snoke et al. 2018,
//! J. R. Statist. Soc. A 181:663). Large-sample formulas; a score that is judged carries its own null, by
//! permutation.

/// Where the release was made from the very records it is compared with, by a model that is right:
/// (k − 1)(1 − c)²c/N.
///
/// ```
/// # use dosimeter::stats::expected_pmse_in_sample;
/// assert!((expected_pmse_in_sample(6, 0.5, 2000) - 3.125e-4).abs() < 1e-15);
/// ```
#[must_use]
pub fn expected_pmse_in_sample(parameters: u64, share: f64, records: u64) -> f64 {
    expected_pmse(parameters, share, records) * (1.0 - share)
}

/// Where both are independent samples of one population: (k − 1)c(1 − c)/N.
///
/// ```
/// # use dosimeter::stats::expected_pmse;
/// assert!((expected_pmse(6, 0.5, 2000) - 6.25e-4).abs() < 1e-15);
/// ```
#[must_use]
pub fn expected_pmse(parameters: u64, share: f64, records: u64) -> f64 {
    parameters.saturating_sub(1) as f64 * share * (1.0 - share) / records as f64
}

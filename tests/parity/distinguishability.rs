//! Distinguishability: the propensity score by chance.

use dosimeter::encode::design::Matrix;
use dosimeter::learn::Logistic;
use dosimeter::random::Seed;
use dosimeter::stats::{expected_pmse, expected_pmse_in_sample};
use rand::RngExt;

/// Snoke et al. 2018 (J. R. Statist. Soc. A 181:663), six parameters on 1,000 released and 1,000 real records.
#[test]
fn the_propensity_score_of_snoke_by_chance() {
    assert!((expected_pmse_in_sample(6, 0.5, 2000) - 3.125e-4).abs() < 1e-15);
    assert!((expected_pmse(6, 0.5, 2000) - 6.25e-4).abs() < 1e-15);
}

/// The second by simulation: five numbers of 500 + 500 records of one law, a regression in sample. The mean of 60
/// tables is within a fifth of (k − 1)c(1 − c)/N = 1.25e−3.
#[test]
fn independent_samples_score_as_the_formula_says() {
    const TABLES: u64 = 60;
    let labels: Vec<bool> = (0..1000).map(|row| row < 500).collect();
    let pmse = |table: u64| {
        let mut rng = Seed::new(table).part("snoke").rng();
        let values = (0..5000).map(|_| rng.random::<f64>() - 0.5).collect();
        let rows = Matrix { rows: 1000, columns: 5, values };
        let model = Logistic::fit(&rows, &labels, 1e-6).unwrap();
        model.predict(&rows).iter().map(|p| (p - 0.5).powi(2)).sum::<f64>() / 1000.0
    };
    let mean = (0..TABLES).map(pmse).sum::<f64>() / TABLES as f64;
    let expected = expected_pmse(6, 0.5, 1000);
    assert!((mean / expected - 1.0).abs() < 0.2, "{mean} {expected}");
}

//! How far two tables of counts lie apart, in units of what chance explains.

/// S_pMSE of two tables over the same cells, real and synthetic counts: the propensity score mean squared
/// error of the saturated model over its expectation under a right synthesis (Raab, Nowok and Dibben 2021,
/// arXiv 2109.12717; Snoke et al. 2018, J. R. Statist. Soc. A 181:663).
///
/// With N rows of which a share c is synthetic, cells of r real and s synthetic rows, and k cells that are
/// not empty, pMSE = Σ (r + s)(s/(r + s) − c)²/N, whose expectation where the synthetic rows are drawn from the
/// law of the real ones at hand is (k − 1)(1 − c)²c/N. 1 is perfect synthesis, below 3 good, 10 the most that is
/// usable; independent fresh rows reach 1/(1 − c), 2 for tables of one size. `None` for tables of different
/// length, for fewer than two cells that are not empty, or without real or synthetic rows.
#[must_use]
pub fn standardized_pmse(real: &[u64], synthetic: &[u64]) -> Option<f64> {
    let (reals, made) = (real.iter().sum::<u64>() as f64, synthetic.iter().sum::<u64>() as f64);
    let cells: Vec<(f64, f64)> = real
        .iter()
        .zip(synthetic)
        .filter(|(r, s)| **r + **s > 0)
        .map(|(&r, &s)| (r as f64, s as f64))
        .collect();
    if real.len() != synthetic.len() || cells.len() < 2 || reals < 1.0 || made < 1.0 {
        return None;
    }
    let c = made / (reals + made);
    let sum: f64 = cells.iter().map(|(r, s)| (r + s) * (s / (r + s) - c).powi(2)).sum();
    Some(sum / ((cells.len() - 1) as f64 * (1.0 - c).powi(2) * c))
}

/// pMSE by chance where the release was made from the very records it is compared with, by a model that is right:
/// (k − 1)(1 − c)²c/N for a logistic regression with k parameters, the intercept among them, on N records of which
/// a share c is released (Snoke et al. 2018). A large-sample formula: a score that is judged carries a null of its
/// own, by permutation.
///
/// ```
/// # use dosimeter::stats::expected_pmse_in_sample;
/// assert!((expected_pmse_in_sample(6, 0.5, 2000) - 3.125e-4).abs() < 1e-15);
/// ```
#[must_use]
pub fn expected_pmse_in_sample(parameters: u64, share: f64, records: u64) -> f64 {
    expected_pmse(parameters, share, records) * (1.0 - share)
}

/// The same where both are independent samples of one population: (k − 1)c(1 − c)/N.
///
/// ```
/// # use dosimeter::stats::expected_pmse;
/// assert!((expected_pmse(6, 0.5, 2000) - 6.25e-4).abs() < 1e-15);
/// ```
#[must_use]
pub fn expected_pmse(parameters: u64, share: f64, records: u64) -> f64 {
    parameters.saturating_sub(1) as f64 * share * (1.0 - share) / records as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 30 and 20 real, 25 and 25 synthetic: c = 1/2; 55(25/55 − 1/2)² + 45(25/45 − 1/2)² = 0.113636 + 0.138889
    /// = 0.252525, over 1 · 1/4 · 1/2 = 0.125: 2.0202. An empty cell changes nothing.
    #[test]
    fn hand_worked() {
        let s = standardized_pmse(&[30, 0, 20], &[25, 0, 25]).unwrap();
        assert!((s - 2.020_202_020).abs() < 1e-9, "{s}");
        assert!(standardized_pmse(&[3, 5, 9], &[3, 5, 9]).unwrap().abs() < 1e-12);
    }

    /// Nothing in common, c = 1/3: Σ = 60(0 − 1/3)² + 30(1 − 1/3)² = 6.667 + 13.333 = 20, over 4/9 · 1/3.
    #[test]
    fn disjoint_tables() {
        let s = standardized_pmse(&[60, 0], &[0, 30]).unwrap();
        assert!((s - 20.0 / (4.0 / 27.0)).abs() < 1e-9, "{s}");
    }

    #[test]
    fn tables_that_cannot_be_compared_have_none() {
        assert!(standardized_pmse(&[3], &[4]).is_none());
        assert!(standardized_pmse(&[3, 0], &[4, 0]).is_none());
        assert!(standardized_pmse(&[0, 0], &[4, 1]).is_none());
        assert!(standardized_pmse(&[1, 2], &[4, 1, 1]).is_none());
        assert!(standardized_pmse(&[], &[]).is_none());
    }

    /// 2,000 rows over 12 cells drawn from the frequencies of the real rows at hand: the mean of 400 such
    /// tables is 1 within 4 standard errors (a χ² of 11 degrees over 11 has a deviation of √(2/11) = 0.43).
    #[test]
    fn draws_from_the_real_rows_have_mean_one() {
        use rand::RngExt;
        let mut rng = crate::random::Seed::new(5).rng();
        let real: Vec<u64> = (1..=12).map(|i| 25 * i + 5).collect();
        let rows: u64 = real.iter().sum();
        let mut draw = || {
            let mut made = vec![0; 12];
            for _ in 0..rows {
                let mut at = rng.random_range(0..rows);
                let cell = real.iter().position(|&count| {
                    let inside = at < count;
                    at = at.saturating_sub(count);
                    inside
                });
                made[cell.unwrap()] += 1;
            }
            standardized_pmse(&real, &made).unwrap()
        };
        let mean = (0..400).map(|_| draw()).sum::<f64>() / 400.0;
        assert!((mean - 1.0).abs() < 4.0 * 0.43 / 20.0, "{mean}");
    }
}

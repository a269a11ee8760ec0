//! How far two tables of counts lie apart, in units of what chance explains.

/// S_pMSE of two tables over the same cells, real and synthetic counts: the propensity score mean squared
/// error of the saturated model over its expectation under a right synthesis (Raab, Nowok and Dibben 2021,
/// arXiv 2109.12717; Snoke et al. 2018, J. R. Statist. Soc. A 181:663).
///
/// With N rows of which a share c is synthetic, cells of r real and s synthetic rows, and k cells that are
/// not empty, pMSE = Σ (r + s)(s/(r + s) − c)²/N, whose expectation where the synthetic rows are drawn from the
/// law of the real ones at hand is (k − 1)(1 − c)²c/N. 1 is perfect synthesis, below 3 good, 10 the most that is
/// usable; independent fresh rows reach 1/(1 − c), 2 for tables of one size. Weights come scaled to the effective
/// number of rows (Σw)²/Σw² of each table: left as they are, they would read as more evidence than there is. `None`
/// for tables of different length, for fewer than two cells that are not empty, without real or synthetic rows, and for
/// a count that is negative or not finite.
#[must_use]
pub fn standardized_pmse(real: &[f64], synthetic: &[f64]) -> Option<f64> {
    let sound = |weights: &[f64]| weights.iter().all(|w| w.is_finite() && *w >= 0.0);
    if real.len() != synthetic.len() || !sound(real) || !sound(synthetic) {
        return None;
    }
    let (reals, made) = (real.iter().sum::<f64>(), synthetic.iter().sum::<f64>());
    let filled = || real.iter().zip(synthetic).filter(|(r, s)| **r + **s > 0.0);
    let cells = filled().count();
    if cells < 2 || reals <= 0.0 || made <= 0.0 {
        return None;
    }
    let c = made / (reals + made);
    let sum: f64 = filled().map(|(r, s)| (r + s) * (s / (r + s) - c).powi(2)).sum();
    Some(sum / ((cells - 1) as f64 * (1.0 - c).powi(2) * c))
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
        let s = standardized_pmse(&[30.0, 0.0, 20.0], &[25.0, 0.0, 25.0]).unwrap();
        assert!((s - 2.020_202_020).abs() < 1e-9, "{s}");
        assert!(standardized_pmse(&[3.0, 5.0, 9.0], &[3.0, 5.0, 9.0]).unwrap().abs() < 1e-12);
    }

    /// The same tables with weights: only the shares and the sums count.
    #[test]
    fn weights_in_place_of_counts() {
        let s = standardized_pmse(&[15.0, 0.0, 10.0], &[12.5, 0.0, 12.5]).unwrap();
        assert!((s - 2.020_202_020 / 2.0).abs() < 1e-9, "{s}");
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(standardized_pmse(&[1.0, bad], &[1.0, 1.0]).is_none(), "{bad}");
        }
    }

    /// Nothing in common, c = 1/3: Σ = 60(0 − 1/3)² + 30(1 − 1/3)² = 6.667 + 13.333 = 20, over 4/9 · 1/3.
    #[test]
    fn disjoint_tables() {
        let s = standardized_pmse(&[60.0, 0.0], &[0.0, 30.0]).unwrap();
        assert!((s - 20.0 / (4.0 / 27.0)).abs() < 1e-9, "{s}");
    }

    #[test]
    fn tables_that_cannot_be_compared_have_none() {
        assert!(standardized_pmse(&[3.0], &[4.0]).is_none());
        assert!(standardized_pmse(&[3.0, 0.0], &[4.0, 0.0]).is_none());
        assert!(standardized_pmse(&[0.0, 0.0], &[4.0, 1.0]).is_none());
        assert!(standardized_pmse(&[1.0, 2.0], &[4.0, 1.0, 1.0]).is_none());
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
        let counts: Vec<f64> = real.iter().map(|&count| count as f64).collect();
        let mut draw = || {
            let mut made = vec![0.0; 12];
            for _ in 0..rows {
                let mut at = rng.random_range(0..rows);
                let cell = real.iter().position(|&count| {
                    let inside = at < count;
                    at = at.saturating_sub(count);
                    inside
                });
                made[cell.unwrap()] += 1.0;
            }
            standardized_pmse(&counts, &made).unwrap()
        };
        let mean = (0..400).map(|_| draw()).sum::<f64>() / 400.0;
        assert!((mean - 1.0).abs() < 4.0 * 0.43 / 20.0, "{mean}");
    }
}

//! Exact one-sided tests. `None` for impossible counts: which way a p-value errs safely depends on
//! the question asked, so that the caller must decide.

use super::MOST;
use super::mass::{self, Draw};

/// P[Bin(n, p) ≥ b], in [0, 1]. With p = ½ and n discordant pairs, of which b speak for the
/// alternative, the exact one-sided test of McNemar (1947, Psychometrika 12:153).
#[must_use]
pub fn binomial_upper_tail(b: u64, n: u64, p: f64) -> Option<f64> {
    let possible = b <= n && n <= MOST && (0.0..=1.0).contains(&p);
    possible.then(|| mass::binomial_at_least(b, n, p))
}

/// The one-sided p-value of Fisher's exact test that share 1 (k₁ of n₁) exceeds share 2 (k₂ of n₂):
/// P[X ≥ k₁] for X hits among n₁ persons drawn from n₁ + n₂ of whom k₁ + k₂ are hits (Fisher 1935,
/// J. R. Statist. Soc. 98:39).
#[must_use]
pub fn fisher_greater(k1: u64, n1: u64, k2: u64, n2: u64) -> Option<f64> {
    let possible = k1 <= n1 && k2 <= n2 && n1.max(n2) <= MOST / 2 && n1.min(n2) > 0;
    possible.then(|| Draw { frame: n1 + n2, marked: k1 + k2, draws: n1 }.at_least(k1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::testing::close;

    /// mpmath 1.3, 30 digits.
    #[test]
    fn binomial_upper_tail_keeps_its_digits() {
        for (b, n, p) in [
            (15, 20, 0.020_694_732_666_015_6),
            (60, 100, 0.028_443_966_820_490_4),
            (501_000, 1_000_000, 0.022_804_149_932_691),
            (503_000, 1_000_000, 9.925_748_819_615_1e-10),
        ] {
            close(binomial_upper_tail(b, n, 0.5).unwrap(), p, 1e-11);
        }
        close(binomial_upper_tail(0, 20, 0.5).unwrap(), 1.0, 1e-15);
        close(binomial_upper_tail(20, 20, 0.5).unwrap(), 0.5_f64.powi(20), 1e-14);
    }

    /// Fisher's tea-tasting lady (3 of 4 against 1 of 4: 17/70) and mpmath 1.3, 30 digits.
    #[test]
    fn fisher_greater_keeps_its_digits() {
        for (k1, n1, k2, n2, p) in [
            (3, 4, 1, 4, 17.0 / 70.0),
            (7, 34, 1, 34, 0.027_200_065_247_532_8),
            (5, 20, 5, 20, 0.641_786_722_431_884),
            (120, 100_000, 80, 100_000, 0.002_830_598_105_582_59),
            (60, 10_000_000, 30, 10_000_000, 0.001_030_109_187_417_5),
            (5_100_000, 10_000_000, 5_098_000, 10_000_000, 0.185_619_411_476_888),
        ] {
            close(fisher_greater(k1, n1, k2, n2).unwrap(), p, 1e-10);
        }
        close(fisher_greater(0, 9, 0, 9).unwrap(), 1.0, 1e-15);
        close(fisher_greater(9, 9, 9, 9).unwrap(), 1.0, 1e-15);
    }

    #[test]
    fn impossible_counts_have_no_p_value() {
        assert!(binomial_upper_tail(5, 4, 0.5).is_none());
        assert!(binomial_upper_tail(3, 4, f64::NAN).is_none());
        assert!(binomial_upper_tail(3, 4, 1.5).is_none());
        assert!(fisher_greater(5, 4, 0, 4).is_none());
        assert!(fisher_greater(0, 4, 5, 4).is_none());
        assert!(fisher_greater(0, 0, 1, 4).is_none());
        assert!(fisher_greater(1, u64::MAX, 1, 4).is_none());
    }

    proptest! {
        #[test]
        fn p_values_are_probabilities_and_fall_with_the_excess(
            n1 in 1_u64..400, n2 in 1_u64..400, a in 0.0..=1.0_f64, b in 0.0..=1.0_f64,
        ) {
            let (k1, k2) = ((a * n1 as f64) as u64, (b * n2 as f64) as u64);
            let p = fisher_greater(k1, n1, k2, n2).unwrap();
            prop_assert!((0.0..=1.0).contains(&p));
            let excess = fisher_greater((k1 + 1).min(n1), n1, k2.saturating_sub(1), n2).unwrap();
            prop_assert!(excess <= p + 1e-12);
            let tail = binomial_upper_tail(k1, n1, b).unwrap();
            prop_assert!((0.0..=1.0).contains(&tail));
        }
    }
}

//! Many runs of the mechanism, some with a person and some without, told apart by an adversary.

use super::possible;
use crate::stats::normal::inverse_cumulative;
use crate::stats::{Confidence, MOST, clopper_pearson_lower, clopper_pearson_upper};

/// How often an adversary said "in" after independent runs on two neighbouring tables. The adversary's
/// rule, with its threshold, must have been fixed on other runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distinguished {
    /// Runs with the person after which the adversary said "in".
    pub true_positives: u64,
    /// Runs with the person.
    pub positives: u64,
    /// Runs without the person after which the adversary said "in".
    pub false_positives: u64,
    /// Runs without the person.
    pub negatives: u64,
}

impl Distinguished {
    fn possible(self) -> bool {
        let fits = |hits, trials| hits <= trials && trials > 0 && trials <= MOST;
        fits(self.true_positives, self.positives) && fits(self.false_positives, self.negatives)
    }
}

/// The lower limit of the true and the upper limit of the false positive rate, each at half the risk,
/// so that both hold at once with the given confidence.
fn rates(counts: Distinguished, confidence: Confidence) -> Option<(f64, f64)> {
    let each = Confidence::new(1.0 - confidence.alpha() / 2.0)?;
    let Distinguished { true_positives, positives, false_positives, negatives } = counts;
    counts.possible().then(|| {
        let least = clopper_pearson_lower(true_positives as f64, positives, each);
        let most = clopper_pearson_upper(false_positives as f64, negatives, each);
        (least, most)
    })
}

/// ln((a − δ)/b), 0 where that is no gain.
fn gain(a: f64, b: f64, delta: f64) -> f64 {
    if a - delta > b { ((a - delta) / b).ln() } else { 0.0 }
}

/// The effective ε of an adversary who says "in": max(0, ln((TPR − δ)/FPR)), the true positive rate at
/// its lower and the false positive rate at its upper limit (Clopper–Pearson, half the risk each).
///
/// ```
/// use dosimeter::stats::{Confidence, Distinguished, effective_epsilon_lower};
/// let counts = Distinguished {
///     true_positives: 90, positives: 100, false_positives: 20, negatives: 100,
/// };
/// let bound = effective_epsilon_lower(counts, 1e-5, Confidence::new(0.95).unwrap()).unwrap();
/// assert!((bound - 1.037_673_29).abs() < 1e-7);
/// ```
#[must_use]
pub fn effective_epsilon_lower(
    counts: Distinguished,
    delta: f64,
    confidence: Confidence,
) -> Option<f64> {
    let (least, most) = rates(counts, confidence)?;
    possible(delta).then(|| gain(least, most, delta))
}

/// The effective ε between two limits that hold together with the two-sided confidence, δ = 0: lower
/// as [`effective_epsilon_lower`] at half the risk, upper likewise from the other ends of both rates
/// (infinite when "in" was never said wrongly). The upper limit is one of this adversary, not of the
/// mechanism: a better adversary may reach more.
#[must_use]
pub fn effective_epsilon(counts: Distinguished, two_sided: Confidence) -> Option<(f64, f64)> {
    let side = Confidence::new(1.0 - two_sided.alpha() / 2.0)?;
    let each = Confidence::new(1.0 - side.alpha() / 2.0)?;
    let (least, most) = rates(counts, side)?;
    let highest = clopper_pearson_upper(counts.true_positives as f64, counts.positives, each);
    let lowest = clopper_pearson_lower(counts.false_positives as f64, counts.negatives, each);
    Some((gain(least, most, 0.0), gain(highest, lowest, 0.0)))
}

/// The smallest ε ≥ 0 that the runs leave standing: the larger of ln((1 − FNR − δ)/FPR) and
/// ln((1 − FPR − δ)/FNR), both error rates at their upper limits (Jagielski, Ullman, Oprea 2020,
/// `NeurIPS`; Nasr et al. 2023, USENIX Security). The two limits serve both directions, so that
/// reading both costs no further risk.
#[must_use]
pub fn multi_run_epsilon_lower(
    counts: Distinguished,
    delta: f64,
    confidence: Confidence,
) -> Option<f64> {
    let (least, most) = rates(counts, confidence)?;
    let (missed, kept) = (1.0 - least, 1.0 - most);
    possible(delta).then(|| gain(least, most, delta).max(gain(kept, missed, delta)))
}

/// The smallest μ ≥ 0 for which a μ-Gaussian mechanism could have been told apart so well:
/// Φ⁻¹(1 − FPR) − Φ⁻¹(FNR), both at their upper limits (Dong, Roth, Su 2022, J. R. Statist. Soc. B
/// 84:3). For mechanisms whose noise is Gaussian; far tighter than [`multi_run_epsilon_lower`] there.
#[must_use]
pub fn multi_run_mu_lower(counts: Distinguished, confidence: Confidence) -> Option<f64> {
    let (least, most) = rates(counts, confidence)?;
    if least <= 0.0 || most >= 1.0 {
        return Some(0.0);
    }
    // Φ⁻¹(1 − x) = −Φ⁻¹(x) keeps the digits of a small false positive rate.
    let mu = -inverse_cumulative(most) - inverse_cumulative(1.0 - least);
    Some(mu.max(0.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::testing::{C95, close};

    fn counts(tp: u64, positives: u64, fp: u64, negatives: u64) -> Distinguished {
        Distinguished { true_positives: tp, positives, false_positives: fp, negatives }
    }

    /// No error in 1,000 + 1,000 runs: the upper limit of either error rate is u = 1 − 0.025^(1/1000)
    /// = 0.003682, so that ε ≥ ln((1 − u)/u) = 5.60.
    #[test]
    fn hand_worked() {
        let u = 1.0 - 0.025_f64.powf(1e-3);
        let found = multi_run_epsilon_lower(counts(1000, 1000, 0, 1000), 0.0, C95).unwrap();
        close(found, ((1.0 - u) / u).ln(), 1e-9);
        assert!((found - 5.6).abs() < 5e-3);
        let mu = multi_run_mu_lower(counts(1000, 1000, 0, 1000), C95).unwrap();
        close(mu, -2.0 * inverse_cumulative(u), 1e-9);
    }

    /// 99 of 100 and 50 of 100: saying "out" is the stronger statement here, ln(0.4/0.054) against
    /// ln(0.946/0.6).
    #[test]
    fn the_stronger_direction_speaks() {
        let these = counts(99, 100, 50, 100);
        let one = effective_epsilon_lower(these, 0.0, C95).unwrap();
        let both = multi_run_epsilon_lower(these, 0.0, C95).unwrap();
        assert!(one > 0.4 && one < 0.5 && both > 1.9 && both < 2.1, "{one} {both}");
    }

    #[test]
    fn impossible_audits_have_no_bound_and_blind_ones_the_bound_0() {
        for these in [counts(11, 10, 0, 10), counts(1, 10, 11, 10), counts(0, 0, 0, 10)] {
            assert!(multi_run_epsilon_lower(these, 0.0, C95).is_none());
            assert!(effective_epsilon(these, C95).is_none());
            assert!(multi_run_mu_lower(these, C95).is_none());
        }
        assert!(multi_run_epsilon_lower(counts(5, 10, 5, 10), f64::NAN, C95).is_none());
        for these in [counts(50, 100, 50, 100), counts(0, 9, 9, 9), counts(9, 9, 9, 9)] {
            assert!(multi_run_epsilon_lower(these, 0.0, C95).unwrap() <= 0.0);
            assert!(multi_run_mu_lower(these, C95).unwrap() <= 0.0);
        }
    }

    proptest! {
        #[test]
        fn bounds_rise_with_right_and_fall_with_wrong_answers_and_delta(
            n in 1_u64..500, a in 0.0..=1.0_f64, b in 0.0..=1.0_f64, delta in 0.0..0.1_f64,
        ) {
            let (tp, fp) = ((a * n as f64) as u64, (b * n as f64) as u64);
            let at = |tp, fp, delta| {
                let these = counts(tp, n, fp, n);
                (
                    multi_run_epsilon_lower(these, delta, C95).unwrap(),
                    effective_epsilon_lower(these, delta, C95).unwrap(),
                    multi_run_mu_lower(these, C95).unwrap(),
                )
            };
            let (both, one, mu) = at(tp, fp, delta);
            prop_assert!(both >= one && one >= 0.0 && mu >= 0.0);
            let better = at((tp + 1).min(n), fp, delta);
            prop_assert!(better.0 >= both && better.1 >= one && better.2 >= mu);
            let worse = at(tp, (fp + 1).min(n), delta);
            prop_assert!(worse.0 <= both && worse.1 <= one && worse.2 <= mu);
            prop_assert!(at(tp, fp, delta + 0.01).0 <= both);
            let (low, high) = effective_epsilon(counts(tp, n, fp, n), C95).unwrap();
            prop_assert!(low <= high);
        }
    }
}

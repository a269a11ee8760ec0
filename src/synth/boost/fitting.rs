//! Shares of groups that meet given shares of levels.

/// The shares that the levels of one column are to have, in order; they sum to 1.
pub(super) type Margin = Vec<f64>;

/// Rounds of fitting, at most.
const ROUNDS: usize = 1000;

/// How close every margin must come.
const CLOSE: f64 = 1e-9;

/// The shares nearest to `shares` (in Kullback–Leibler divergence) with the given margins: iterative
/// proportional fitting (Deming and Stephan 1940). `shares` has one number for every combination of levels,
/// the last margin's varying fastest. `None` when there are none.
pub(super) fn fit_margins(shares: &[f64], margins: &[Margin]) -> Option<Vec<f64>> {
    let mut fitted = shares.to_vec();
    for _ in 0..ROUNDS {
        let mut off = 0.0_f64;
        let mut stride = fitted.len();
        for margin in margins {
            stride /= margin.len();
            let level = |place: usize| place / stride % margin.len();
            let mut sums = vec![0.0; margin.len()];
            fitted.iter().enumerate().for_each(|(place, share)| sums[level(place)] += share);
            if sums.iter().any(|sum| sum.is_nan() || *sum <= 0.0) {
                return None;
            }
            for (sum, wanted) in sums.iter().zip(margin) {
                off = off.max((sum - wanted).abs());
            }
            for (place, share) in fitted.iter_mut().enumerate() {
                *share *= margin[level(place)] / sums[level(place)];
            }
        }
        if off < CLOSE {
            return Some(fitted);
        }
    }
    None
}

/// Whole numbers that sum to `rows` and are nearest to the shares of it (largest remainders); every group
/// with a share gets a row while there are rows enough, or it could not be weighted back.
pub(super) fn shares_to_counts(shares: &[f64], rows: usize) -> Vec<usize> {
    let exact: Vec<f64> = shares.iter().map(|share| share * rows as f64).collect();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a number of rows"
    )]
    let mut counts: Vec<usize> = exact.iter().map(|exact| exact.floor() as usize).collect();
    let mut order: Vec<usize> = (0..shares.len()).filter(|place| shares[*place] > 0.0).collect();
    order.sort_by(|left, right| {
        let remainder = |place: usize| exact[place] - exact[place].floor();
        remainder(*right).total_cmp(&remainder(*left)).then(left.cmp(right))
    });
    let missing = rows.saturating_sub(counts.iter().sum());
    order.iter().cycle().take(missing).for_each(|place| counts[*place] += 1);
    while let Some(empty) = order.iter().copied().find(|place| counts[*place] == 0) {
        let largest = order.iter().copied().max_by_key(|place| counts[*place]);
        match largest.filter(|place| counts[*place] > 1) {
            Some(largest) => {
                counts[largest] -= 1;
                counts[empty] += 1;
            }
            None => break,
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One margin is scaled: (0.1, 0.9) to (0.5, 0.5). Two margins of a 2 × 2 table keep its odds ratio
    /// (0.4 · 0.3) / (0.2 · 0.1) = 6.
    #[test]
    fn margins_are_met_and_odds_ratios_kept() {
        let one = fit_margins(&[0.1, 0.9], &[vec![0.5, 0.5]]).unwrap();
        assert!(one.iter().all(|share| (share - 0.5).abs() < 1e-9), "{one:?}");
        let shares = [0.4, 0.2, 0.1, 0.3];
        let two = fit_margins(&shares, &[vec![0.5, 0.5], vec![0.8, 0.2]]).unwrap();
        assert!((two[0] + two[1] - 0.5).abs() < 1e-8 && (two[0] + two[2] - 0.8).abs() < 1e-8);
        assert!((two[0] * two[3] / (two[1] * two[2]) - 6.0).abs() < 1e-6, "{two:?}");
    }

    #[test]
    fn a_level_without_rows_cannot_be_given_any() {
        assert!(fit_margins(&[0.0, 1.0], &[vec![0.5, 0.5]]).is_none());
        // Only the diagonal is possible: its margins are equal.
        assert!(fit_margins(&[0.5, 0.0, 0.0, 0.5], &[vec![0.3, 0.7], vec![0.6, 0.4]]).is_none());
    }

    #[test]
    fn counts_sum_to_the_rows_and_no_group_is_lost() {
        assert_eq!(shares_to_counts(&[0.5, 0.25, 0.25], 4), [2, 1, 1]);
        assert_eq!(shares_to_counts(&[0.334, 0.333, 0.333], 10), [4, 3, 3]);
        assert_eq!(shares_to_counts(&[0.999, 0.001, 0.0], 10), [9, 1, 0]);
        assert_eq!(shares_to_counts(&[0.6, 0.4], 1), [1, 0]);
    }
}

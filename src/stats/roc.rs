//! How well a score separates two samples: the area under the ROC curve.

/// AUROC, P(positive > negative) + ½ P(positive = negative), and its standard error (DeLong, DeLong
/// and Clarke-Pearson 1988, Biometrics 44:837), from midranks in O(n log n) (Sun and Xu 2014, IEEE
/// Signal Process. Lett. 21:1389). The error is 0 where the samples are apart. `None` for fewer than
/// two scores on a side, or a NaN.
#[must_use]
pub fn delong(positives: &[f64], negatives: &[f64]) -> Option<(f64, f64)> {
    let (m, n) = (positives.len() as f64, negatives.len() as f64);
    let pooled = [positives, negatives].concat();
    if positives.len().min(negatives.len()) < 2 || pooled.iter().any(|score| score.is_nan()) {
        return None;
    }
    let all = midranks(&pooled);
    let (above, below) = all.split_at(positives.len());
    // The share of negatives under each positive, and of positives over each negative.
    let under = placements(above, positives).map(|below| below / n);
    let over = placements(below, negatives).map(|below| 1.0 - below / m);
    let (area, first) = mean_and_variance(&under.collect::<Vec<f64>>());
    let (_, second) = mean_and_variance(&over.collect::<Vec<f64>>());
    Some((area, (first / m + second / n).sqrt()))
}

/// How many of the other sample lie below each score of `own`, ties half, given its pooled ranks.
fn placements<'a>(pooled: &'a [f64], own: &[f64]) -> impl Iterator<Item = f64> + use<'a> {
    pooled.iter().zip(midranks(own)).map(|(pooled, own)| pooled - own)
}

/// The rank of each value from 1, ties sharing the mean of their ranks.
fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|&a, &b| values[a] >= values[b]) {
        let rank = before as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|&i| ranks[i] = rank);
        before += tied.len();
    }
    ranks
}

fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (mean, squares / (n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Positives 1, 3; negatives 0, 2. Under 1 lies half of the negatives, under 3 all: area 3/4,
    /// variance 1/8. Over 0 lie all positives, over 2 half: variance 1/8. Error √(1/16 + 1/16).
    #[test]
    fn hand_worked() {
        let (area, error) = delong(&[1.0, 3.0], &[0.0, 2.0]).unwrap();
        assert!((area - 0.75).abs() < 1e-12 && (error - 0.125_f64.sqrt()).abs() < 1e-12);
        let (area, _) = delong(&[1.0, 1.0], &[1.0, 1.0, 1.0]).unwrap();
        assert!((area - 0.5).abs() < 1e-12);
        assert!(delong(&[1.0], &[0.0, 2.0]).is_none());
    }
}

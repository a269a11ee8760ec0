//! How strongly two columns hang together.

/// Sums over weighted rows (x, y) from which a correlation follows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    /// Σw.
    pub weight: f64,
    /// Σwx.
    pub x: f64,
    /// Σwy.
    pub y: f64,
    /// Σwx².
    pub xx: f64,
    /// Σwy².
    pub yy: f64,
    /// Σwxy.
    pub xy: f64,
}

/// The share of Σwx² from which on a variance is more than rounding.
const ROUNDING: f64 = 1e-12;

impl Moments {
    /// Pearson's correlation, in [−1, 1]; 0 where x or y is constant. Numbers should be centred before they are
    /// summed: a variance below 10⁻¹² of the mean square counts as 0.
    #[must_use]
    pub fn correlation(&self) -> f64 {
        let Self { weight, x, y, xx, yy, xy } = *self;
        let (sxx, syy) = (xx - x * x / weight, yy - y * y / weight);
        if !(weight > 0.0 && sxx > ROUNDING * xx && syy > ROUNDING * yy) {
            return 0.0;
        }
        ((xy - x * y / weight) / (sxx.sqrt() * syy.sqrt())).clamp(-1.0, 1.0)
    }
}

/// Ranks from 1 with ties at their middle; of weights, the weight below and half of what follows of its own:
/// weight w counts as w equal rows. NaN stays NaN and takes no rank.
#[must_use]
pub fn mid_ranks(values: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
    // Adding 0 makes −0 and 0 one number.
    let known = values.iter().enumerate().filter(|(_, value)| !value.is_nan());
    let mut order: Vec<(f64, usize)> = known.map(|(row, value)| (value + 0.0, row)).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut ranks = vec![f64::NAN; values.len()];
    let mut below = 0.0;
    for ties in order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let weight = |&(_, row): &(f64, usize)| weights.map_or(1.0, |weights| weights[row]);
        let tied: f64 = ties.iter().map(weight).sum();
        ties.iter().for_each(|&(_, row)| ranks[row] = below + (tied + 1.0) / 2.0);
        below += tied;
    }
    ranks
}

/// A table's χ²/n, with how many of its rows and columns are not empty. `table` is row by row, `columns` a row.
fn mean_square_contingency(table: &[f64], columns: usize) -> (f64, f64, f64) {
    let sum: f64 = table.iter().sum();
    let rows: Vec<f64> = table.chunks(columns).map(|row| row.iter().sum::<f64>() / sum).collect();
    let of_column = |column| table.iter().skip(column).step_by(columns).sum::<f64>() / sum;
    let margins: Vec<f64> = (0..columns).map(of_column).collect();
    let filled = |shares: &[f64]| shares.iter().filter(|share| **share > 0.0).count() as f64;
    let mut square = 0.0;
    for (cells, row) in table.chunks(columns).zip(&rows).filter(|(_, row)| **row > 0.0) {
        for (cell, column) in cells.iter().zip(&margins).filter(|(_, column)| **column > 0.0) {
            square += (cell / sum - row * column).powi(2) / (row * column);
        }
    }
    (square, filled(&rows), filled(&margins))
}

/// Cramér's V of a table (row by row, `columns` a row), √(χ²/(n min(r − 1, c − 1))), in [0, 1]; 0 where fewer than
/// two rows or columns are not empty (Cramér 1946, Mathematical Methods of Statistics, section 21.9).
///
/// ```
/// # use dosimeter::stats::cramers_v;
/// assert!((cramers_v(&[40.0, 10.0, 10.0, 40.0], 2) - 0.6).abs() < 1e-12);
/// ```
#[must_use]
pub fn cramers_v(table: &[f64], columns: usize) -> f64 {
    let (square, r, c) = mean_square_contingency(table, columns);
    root_of_share(square, r.min(c) - 1.0)
}

/// The same without the bias of a small sample of (effectively) `n` rows: with φ² = χ²/n, r and c rows and columns
/// that are not empty, φ̃² = max(0, φ² − (r − 1)(c − 1)/(n − 1)), r̃ = r − (r − 1)²/(n − 1), c̃ alike, and
/// Ṽ = √(φ̃²/min(r̃ − 1, c̃ − 1)) (Bergsma 2013, J. Korean Statist. Soc. 42:323).
#[must_use]
pub fn cramers_v_corrected(table: &[f64], columns: usize, n: f64) -> f64 {
    let (square, r, c) = mean_square_contingency(table, columns);
    let expected = (r - 1.0) * (c - 1.0) / (n - 1.0);
    let sides = |k: f64| k - (k - 1.0).powi(2) / (n - 1.0);
    root_of_share(square - expected, sides(r).min(sides(c)) - 1.0)
}

/// The correlation ratio η of a number with a category, √(between/total), in [0, 1]; 0 where the number is constant
/// (Pearson 1905). Of each level the weight Σw and the sum Σwx, and Σwx² over all; numbers should be centred.
#[must_use]
pub fn correlation_ratio(weights: &[f64], sums: &[f64], squares: f64) -> f64 {
    let (weight, sum) = (weights.iter().sum::<f64>(), sums.iter().sum::<f64>());
    let mean = sum * sum / weight;
    let total = squares - mean;
    let levels = weights.iter().zip(sums).filter(|(weight, _)| **weight > 0.0);
    let between = levels.map(|(weight, sum)| sum * sum / weight).sum::<f64>() - mean;
    if total > ROUNDING * squares { root_of_share(between, total) } else { 0.0 }
}

/// √(part/whole) in [0, 1]; 0 where there is no whole.
fn root_of_share(part: f64, whole: f64) -> f64 {
    if part > 0.0 && whole > 0.0 { (part / whole).sqrt().min(1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(rows: &[[f64; 3]]) -> Moments {
        rows.iter().fold(Moments::default(), |m, [w, x, y]| Moments {
            weight: m.weight + w,
            x: m.x + w * x,
            y: m.y + w * y,
            xx: m.xx + w * x * x,
            yy: m.yy + w * y * y,
            xy: m.xy + w * x * y,
        })
    }

    /// Weights 2, 1, 1: means 2 and 2.5, Sxx = 2 + 0 + 4 = 6, Syy = 0.5 + 2.25 + 6.25 = 9, Sxy = 1 + 0 + 5 = 6:
    /// 6/√54 = √(2/3). A weight of 2 is two rows.
    #[test]
    fn weighted_correlation_by_hand() {
        let found = moments(&[[2.0, 1.0, 2.0], [1.0, 2.0, 1.0], [1.0, 4.0, 5.0]]).correlation();
        assert!((found - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{found}");
        let rows = [[1.0, 1.0, 2.0], [1.0, 1.0, 2.0], [1.0, 2.0, 1.0], [1.0, 4.0, 5.0]];
        assert!((moments(&rows).correlation() - found).abs() < 1e-12);
    }

    #[test]
    fn a_constant_has_no_correlation() {
        let third = 1.0 / 3.0;
        for rows in [
            &[[1.0, third, 2.0], [1.0, third, 1.0], [1.0, third, 5.0]][..],
            &[[1.0, 4.0, 2.0]],
            &[],
        ] {
            assert!(moments(rows).correlation().abs() < 1e-300, "{rows:?}");
        }
    }

    #[test]
    fn ties_share_their_middle_rank() {
        let ranks = mid_ranks(&[3.0, f64::NAN, 1.0, 3.0, -0.0, 0.0], None);
        assert_eq!(ranks[1].to_bits(), f64::NAN.to_bits());
        let known: Vec<f64> = ranks.into_iter().filter(|rank| !rank.is_nan()).collect();
        assert_eq!(known, [4.5, 3.0, 4.5, 1.5, 1.5]);
        // Weight 2 on the smallest: ranks 1 and 2, 1.5 in the middle; the next has rank 3.
        assert_eq!(mid_ranks(&[5.0, 7.0], Some(&[2.0, 1.0])), [1.5, 3.0]);
    }

    /// Every expected count is 25, χ² = 4 · 15²/25 = 36, φ² = 0.36 and V = 0.6. Corrected: (0.36 − 1/99)/(1 − 1/99)
    /// = 34.64/98.
    #[test]
    fn cramers_v_by_hand() {
        let table = [40.0, 10.0, 10.0, 40.0];
        assert!((cramers_v(&table, 2) - 0.6).abs() < 1e-12);
        let corrected = cramers_v_corrected(&table, 2, 100.0);
        assert!((corrected - (34.64_f64 / 98.0).sqrt()).abs() < 1e-12, "{corrected}");
        // Shares do as well as counts, and empty rows and columns change nothing.
        let wide = [0.4, 0.0, 0.1, 0.1, 0.0, 0.4, 0.0, 0.0, 0.0];
        assert!((cramers_v_corrected(&wide, 3, 100.0) - corrected).abs() < 1e-12);
        assert!((cramers_v(&[30.0, 0.0, 0.0, 70.0], 2) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn tables_without_a_second_level_have_none() {
        for table in [[3.0, 4.0, 0.0, 0.0], [3.0, 0.0, 4.0, 0.0], [0.0; 4], [25.0; 4]] {
            assert!(cramers_v(&table, 2) < 1e-7, "{table:?}");
            assert!(cramers_v_corrected(&table, 2, table.iter().sum()) < 1e-7, "{table:?}");
        }
        assert!(cramers_v_corrected(&[1.0, 0.0, 0.0, 0.0], 2, 1.0).abs() < 1e-300);
        assert!(cramers_v_corrected(&[1.0, 0.0, 0.0, 1.0], 2, 1.0).abs() < 1e-300);
    }

    /// 1, 2, 3 against 5, 7: total 88 − 18²/5 = 23.2, between 6²/3 + 12²/2 − 64.8 = 19.2. An empty level adds nothing.
    #[test]
    fn correlation_ratio_by_hand() {
        let eta = correlation_ratio(&[3.0, 0.0, 2.0], &[6.0, 0.0, 12.0], 88.0);
        assert!((eta - (19.2_f64 / 23.2).sqrt()).abs() < 1e-12, "{eta}");
        // A constant 2 in three rows, and no row at all.
        assert!(correlation_ratio(&[1.0, 2.0], &[2.0, 4.0], 12.0).abs() < 1e-300);
        assert!(correlation_ratio(&[0.0], &[0.0], 0.0).abs() < 1e-300);
    }
}

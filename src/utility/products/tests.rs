//! Tests of products of matrices: against two plain passes, and their extremes.

use rand::RngExt;

use super::*;
use crate::random::Seed;

/// Columns that share a common part, every `gap`-th number of every second column unknown.
fn columns(count: usize, rows: usize, gap: usize) -> Vec<Vec<f64>> {
    let mut rng = Seed::new(3).rng();
    let common: Vec<f64> = (0..rows).map(|_| rng.random()).collect();
    let column = |place: usize| {
        let number = |(row, common): (usize, &f64)| {
            let x = 1e3 + common + place as f64 * rng.random::<f64>();
            if place % 2 == 1 && (row + place).is_multiple_of(gap) { f64::NAN } else { x }
        };
        common.iter().enumerate().map(number).collect::<Vec<f64>>()
    };
    (0..count).map(column).collect()
}

/// Two passes over the rows in which both are known.
fn plain(x: &[f64], y: &[f64], weights: Option<&[f64]>) -> f64 {
    let rows: Vec<usize> =
        (0..x.len()).filter(|&row| !x[row].is_nan() && !y[row].is_nan()).collect();
    let mean = |of: &dyn Fn(usize) -> f64| {
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let total: f64 = rows.iter().map(|&row| weight(row)).sum();
        rows.iter().map(|&row| weight(row) * of(row)).sum::<f64>() / total
    };
    let (mx, my) = (mean(&|row| x[row]), mean(&|row| y[row]));
    let covariance = mean(&|row| (x[row] - mx) * (y[row] - my));
    let of = |z: &[f64], m: f64| mean(&|row| (z[row] - m).powi(2)).sqrt();
    covariance / (of(x, mx) * of(y, my))
}

/// More columns than a strip and more rows than a block, neither a multiple of a tile.
#[test]
fn blocked_products_are_plain_correlations() {
    let weights: Vec<f64> = (0..603).map(|row| f64::from(row % 5)).collect();
    for weights in [None, Some(weights.as_slice())] {
        for gap in [7, usize::MAX] {
            let columns = columns(37, 603, gap);
            let scaled: Vec<_> = columns.iter().map(|c| standardized(c, weights)).collect();
            let found = Correlations::new(&scaled, weights, 1);
            for i in 0..37 {
                for j in (0..37).filter(|&j| j != i) {
                    let expected = plain(&columns[i], &columns[j], weights);
                    let error = (found.get(i, j) - expected).abs();
                    assert!(error < 1e-9, "{i} {j}: {} is not {expected}", found.get(i, j));
                }
            }
        }
    }
}

#[test]
fn constant_and_unknown_columns_correlate_with_nothing() {
    let weights = [1.0, 1.0, 0.0];
    let columns = [vec![0.1; 3], vec![f64::NAN; 3], vec![2.0, 2.0, 9.0], vec![1.0, 2.0, 3.0]];
    let scaled: Vec<_> =
        columns.iter().map(|column| standardized(column, Some(&weights))).collect();
    assert_eq!(scaled.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, false, true]);
    let found = Correlations::new(&scaled, Some(&weights), 1);
    assert!((0..3).all(|column| found.get(column, 3).abs() < 1e-300));
    assert!(Correlations::new(&[None, None], None, 1).get(0, 1).abs() < 1e-300);
    assert!(standardized(&[], None).is_none());
}

/// Columns that are never known together, and numbers whose squares overflow.
#[test]
fn extreme_columns_give_numbers() {
    let apart = [vec![1.0, 2.0, f64::NAN, f64::NAN], vec![f64::NAN, f64::NAN, 1.0, 2.0]];
    let scaled = apart.map(|column| standardized(&column, None));
    assert!(Correlations::new(&scaled, None, 1).get(0, 1).abs() < 1e-300);
    let large = [vec![1e300, -1e300, 0.0], vec![2e-300, -2e-300, 0.0]];
    let scaled = large.map(|column| standardized(&column, None));
    assert!((Correlations::new(&scaled, None, 1).get(1, 0) - 1.0).abs() < 1e-12);
}

/// Both known in ten rows, where they are equal, and each in two more: of eleven rows nothing is said.
#[test]
fn few_rows_show_no_correlation() {
    let unless = |row: usize, gaps: [usize; 2]| {
        if gaps.contains(&row) { f64::NAN } else { row as f64 }
    };
    let column = |gaps: [usize; 2]| {
        standardized(&(0..14).map(|row| unless(row, gaps)).collect::<Vec<f64>>(), None)
    };
    let columns = [column([0, 1]), column([12, 13])];
    for weights in [None, Some(&[0.5; 14][..])] {
        let found = |fewest| Correlations::new(&columns, weights, fewest).get(0, 1);
        assert!((found(10) - 1.0).abs() < 1e-9, "{}", found(10));
        assert!(found(11).abs() < 1e-300);
    }
}

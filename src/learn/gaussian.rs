//! Correlations of normal scores, made fit for drawing: repaired where they are no correlations of
//! anything, shrunk, and factored.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linalg::traits::cholesky::CholeskyDecomposable;

use super::pca::eigen;

/// The smallest eigenvalue after a repair.
const LEAST: f64 = 1e-6;

/// A correlation matrix: symmetric, ones on the diagonal, positive definite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    width: usize,
    values: Vec<f64>,
}

impl Correlation {
    /// The Pearson correlations R of `columns`, each pair over the rows in which both are known, shrunk
    /// to (1 − λ)R + λI with λ = d/(n + d) for d columns and n rows. A correlation that cannot be computed
    /// (a constant, nothing in common) is 0. Pairs of different rows need not fit together: if some
    /// eigenvalue is below 10⁻⁶ it is raised to it, and the diagonal scaled back to one (Rousseeuw and
    /// Molenberghs 1993, Commun. Stat. Theory Methods 22:965). Nothing if the eigenvalues cannot be found.
    ///
    /// # Panics
    /// When the columns differ in length.
    #[must_use]
    pub fn fit(columns: &[Vec<f64>]) -> Option<Self> {
        let width = columns.len();
        let rows = columns.first().map_or(0, Vec::len);
        let whole: Vec<Option<Vec<f64>>> = columns.par_iter().map(|x| standard(x)).collect();
        let row =
            |i: usize| -> Vec<f64> { (0..i).map(|j| correlation(columns, &whole, i, j)).collect() };
        let lower: Vec<Vec<f64>> = (0..width).into_par_iter().map(row).collect();
        let mut values = identity(width);
        for (i, line) in lower.iter().enumerate() {
            for (j, &r) in line.iter().enumerate() {
                values[i * width + j] = r;
                values[j * width + i] = r;
            }
        }
        let repaired = repair(values, width)?;
        let lambda = width as f64 / (rows + width).max(1) as f64;
        Some(Self { width, values: shrunk(repaired, width, lambda) })
    }

    /// Number of columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// One correlation.
    ///
    /// # Panics
    /// When there is no such column.
    #[must_use]
    pub fn get(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.width + j]
    }

    /// The lower triangular L with LLᵀ = R (Cholesky), row after row, of the columns in the given order:
    /// each is drawn from those before it. Nothing if rounding has made R indefinite.
    ///
    /// # Panics
    /// When `order` names a column that there is not.
    #[must_use]
    pub fn factor(&self, order: &[usize]) -> Option<Vec<Vec<f64>>> {
        let values = order.iter().flat_map(|&i| order.iter().map(move |&j| self.get(i, j)));
        factor(values.collect(), order.len())
    }
}

fn identity(width: usize) -> Vec<f64> {
    (0..width * width).map(|at| f64::from(u8::from(at % (width + 1) == 0))).collect()
}

/// (x − x̄)/√Σ(x − x̄)² of a column without missing values that is not constant.
fn standard(x: &[f64]) -> Option<Vec<f64>> {
    let mean = x.iter().sum::<f64>() / x.len().max(1) as f64;
    let centred: Vec<f64> = x.iter().map(|x| x - mean).collect();
    let norm = centred.iter().map(|x| x * x).sum::<f64>().sqrt();
    // A column with a missing value has a sum that is none.
    (norm > 1e-9).then(|| centred.into_iter().map(|x| x / norm).collect())
}

fn correlation(columns: &[Vec<f64>], whole: &[Option<Vec<f64>>], i: usize, j: usize) -> f64 {
    let r = match (&whole[i], &whole[j]) {
        (Some(x), Some(y)) => x.iter().zip(y).map(|(x, y)| x * y).sum(),
        _ => common(&columns[i], &columns[j]),
    };
    if r.is_finite() { r.clamp(-1.0, 1.0) } else { 0.0 }
}

/// The correlation over the rows in which both are known; not a number where there is none.
fn common(x: &[f64], y: &[f64]) -> f64 {
    let both = || x.iter().zip(y).filter(|(x, y)| !x.is_nan() && !y.is_nan());
    let (count, sx, sy) =
        both().fold((0.0, 0.0, 0.0), |(n, sx, sy), (x, y)| (n + 1.0, sx + x, sy + y));
    let (mx, my) = (sx / count, sy / count);
    let (xx, yy, xy) = both().fold((0.0, 0.0, 0.0), |(xx, yy, xy), (x, y)| {
        let (a, b) = (x - mx, y - my);
        (xx + a * a, yy + b * b, xy + a * b)
    });
    if xx > 1e-18 && yy > 1e-18 { xy / (xx * yy).sqrt() } else { f64::NAN }
}

/// The matrix itself where it is positive definite, else that with its small eigenvalues raised.
fn repair(values: Vec<f64>, width: usize) -> Option<Vec<f64>> {
    if width == 0 {
        return Some(values);
    }
    let pairs = eigen(values.clone(), width)?;
    if pairs.iter().all(|(value, _)| *value >= LEAST) {
        return Some(values);
    }
    let mut raised = vec![0.0; width * width];
    for (value, direction) in &pairs {
        let value = value.max(LEAST);
        for (i, a) in direction.iter().enumerate() {
            let line = &mut raised[i * width..(i + 1) * width];
            line.iter_mut().zip(direction).for_each(|(sum, b)| *sum += value * a * b);
        }
    }
    let scale: Vec<f64> = (0..width).map(|i| raised[i * (width + 1)].sqrt()).collect();
    let at = |i: usize, j: usize| {
        if i == j { 1.0 } else { raised[i.max(j) * width + i.min(j)] / (scale[i] * scale[j]) }
    };
    Some((0..width * width).map(|place| at(place / width, place % width)).collect())
}

fn shrunk(mut values: Vec<f64>, width: usize, lambda: f64) -> Vec<f64> {
    for (place, value) in values.iter_mut().enumerate() {
        if place % (width + 1) != 0 {
            *value *= 1.0 - lambda;
        }
    }
    values
}

/// The lower triangular L with LLᵀ = `values` (Cholesky), row after row; nothing where that is not positive definite.
pub(super) fn factor(values: Vec<f64>, width: usize) -> Option<Vec<Vec<f64>>> {
    if width == 0 {
        return Some(Vec::new());
    }
    // A symmetric matrix reads the same by row and by column.
    let lower = DenseMatrix::new(width, width, values, true).ok()?.cholesky().ok()?.L();
    let rows: Vec<Vec<f64>> =
        (0..width).map(|i| (0..=i).map(|j| *lower.get((i, j))).collect()).collect();
    let sound = |(i, row): (usize, &Vec<f64>)| row[i] > 0.0 && row.iter().all(|x| x.is_finite());
    rows.iter().enumerate().all(sound).then_some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x = 1 2 3 4, y = 2 1 4 3: r = (Σxy − 4·2.5²)/5 = (28 − 25)/5 = 0.6; λ = 2/6, so 0.4; L = (1; 0.4,
    /// √0.84).
    #[test]
    fn hand_worked() {
        let fitted =
            Correlation::fit(&[vec![1.0, 2.0, 3.0, 4.0], vec![2.0, 1.0, 4.0, 3.0]]).unwrap();
        assert!((fitted.get(0, 1) - 0.4).abs() < 1e-12);
        let lower = fitted.factor(&[0, 1]).unwrap();
        assert!((lower[1][0] - 0.4).abs() < 1e-12 && (lower[1][1] - 0.84_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn constants_and_pairs_that_never_meet_are_uncorrelated() {
        let nan = f64::NAN;
        let columns =
            [vec![1.0, 2.0, nan, nan], vec![nan, nan, 1.0, 2.0], vec![7.0; 4], vec![nan; 4]];
        let fitted = Correlation::fit(&columns).unwrap();
        assert_eq!(fitted, Correlation { width: 4, values: identity(4) });
    }

    /// Pairwise correlations of 0.9, 0.9 and −0.9 belong to no three variables: the determinant is
    /// 1 + 2·0.9·0.9·(−0.9) − 3·0.81 < 0. The eigenvalues are 1.9, 1.9 and −0.8.
    #[test]
    fn what_is_no_correlation_is_repaired() {
        let wrong = vec![1.0, 0.9, 0.9, 0.9, 1.0, -0.9, 0.9, -0.9, 1.0];
        let repaired = repair(wrong.clone(), 3).unwrap();
        assert!(factor(wrong, 3).is_none() && factor(repaired.clone(), 3).is_some());
        let smallest = eigen(repaired.clone(), 3).unwrap().iter().fold(1.0, |a, b| b.0.min(a));
        assert!(smallest > 0.0 && smallest < 1e-5, "{smallest}");
        // By symmetry all three keep one size, 1/2 at the edge of what is possible, and their signs.
        for (place, sign) in [(1, 1.0), (2, 1.0), (5, -1.0)] {
            assert!((repaired[place] - 0.5 * sign).abs() < 1e-5, "{repaired:?}");
        }
        let fine = vec![1.0, 0.5, 0.5, 1.0];
        assert_eq!(repair(fine.clone(), 2).unwrap(), fine);
    }

    #[test]
    fn equal_columns_can_be_drawn_from() {
        let x: Vec<f64> = (0..50).map(f64::from).collect();
        let fitted = Correlation::fit(&[x.clone(), x.clone(), x]).unwrap();
        assert!(fitted.get(0, 2) > 0.9 && fitted.factor(&[2, 0, 1]).is_some());
    }

    #[test]
    fn any_order_and_number_of_threads_gives_the_same_bits() {
        let column = |k: u32| (0..500).map(|i| f64::from(i * k % 91)).collect::<Vec<f64>>();
        let columns: Vec<Vec<f64>> = (1..8).map(column).collect();
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Correlation::fit(&columns).unwrap())
        };
        assert_eq!(run(1), run(3));
    }
}

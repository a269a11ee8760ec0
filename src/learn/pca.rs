//! Principal components of unit variance (PCA whitening).
//!
//! With the covariance C = VΛVᵀ of the fitted rows, a row x becomes Λ^{−1/2}Vᵀ(x − x̄) over the
//! components with the largest variances λ (Jolliffe 2002, Principal Component Analysis, section
//! 2.3). Distances between whitened rows are Mahalanobis distances within those components.

use rayon::prelude::*;
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linalg::traits::evd::EVDDecomposable;

use crate::encode::design::Matrix;

/// Components whose variance is below this share of the largest are rounding, not data.
const NEGLIGIBLE: f64 = 1e-9;

/// Rows whose products are summed by one thread: fixed, so that sums do not depend on threads.
const CHUNK: usize = 4096;

/// A fitted whitening.
pub struct Whitening {
    mean: Vec<f64>,
    /// One direction a component, already divided by its deviation.
    components: Vec<Vec<f64>>,
}

impl Whitening {
    /// Fits up to `components` components to `rows`: fewer where the rows vary in fewer directions.
    /// Nothing without two different rows of finite numbers.
    #[must_use]
    pub fn fit(rows: &Matrix, components: usize) -> Option<Self> {
        if rows.rows < 2 || rows.values.iter().any(|x| !x.is_finite()) {
            return None;
        }
        let mean = mean(rows);
        let covariance = covariance(rows, &mean);
        let mut pairs = eigen(covariance, rows.columns)?;
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let largest = pairs.first()?.0;
        pairs.retain(|(variance, _)| *variance > 0.0 && *variance > NEGLIGIBLE * largest);
        pairs.truncate(components);
        let scaled = |(variance, direction): (f64, Vec<f64>)| {
            let factor = sign(&direction) / variance.sqrt();
            direction.into_iter().map(|x| x * factor).collect()
        };
        let components: Vec<Vec<f64>> = pairs.into_iter().map(scaled).collect();
        (!components.is_empty()).then_some(Self { mean, components })
    }

    /// The components of `rows`, written in the same design as the fitted ones.
    #[must_use]
    pub fn apply(&self, rows: &Matrix) -> Matrix {
        let project = |row: usize| {
            let centred: Vec<f64> =
                rows.row(row).iter().zip(&self.mean).map(|(x, mean)| x - mean).collect();
            let along = move |direction: &Vec<f64>| {
                direction.iter().zip(&centred).map(|(a, b)| a * b).sum::<f64>()
            };
            self.components.iter().map(along).collect::<Vec<f64>>()
        };
        let values: Vec<f64> = (0..rows.rows).into_par_iter().flat_map_iter(project).collect();
        Matrix { rows: rows.rows, columns: self.components.len(), values }
    }
}

/// The mean of each column.
pub(super) fn mean(rows: &Matrix) -> Vec<f64> {
    let mut mean = vec![0.0; rows.columns];
    for row in 0..rows.rows {
        mean.iter_mut().zip(rows.row(row)).for_each(|(sum, x)| *sum += x);
    }
    mean.iter_mut().for_each(|sum| *sum /= rows.rows as f64);
    mean
}

/// The sample covariance Σ(x − x̄)(x − x̄)ᵀ/(n − 1), row after row.
fn covariance(rows: &Matrix, mean: &[f64]) -> Vec<f64> {
    scatter(rows, mean, |_| 1.0, (rows.rows - 1) as f64)
}

/// Σ w(x − m)(x − m)ᵀ over `divisor`, row after row, with the weight w of each row.
pub(super) fn scatter(
    rows: &Matrix,
    mean: &[f64],
    weight: impl Fn(usize) -> f64 + Sync,
    divisor: f64,
) -> Vec<f64> {
    let width = rows.columns;
    let starts: Vec<usize> = (0..rows.rows).step_by(CHUNK).collect();
    let partial = |&start: &usize| {
        let mut sums = vec![0.0; width * width];
        let mut centred = vec![0.0; width];
        for row in start..(start + CHUNK).min(rows.rows) {
            let values = rows.row(row).iter().zip(mean);
            centred.iter_mut().zip(values).for_each(|(slot, (x, mean))| *slot = x - mean);
            let weight = weight(row);
            for (i, &left) in centred.iter().enumerate() {
                let left = weight * left;
                let line = &mut sums[i * width..i * width + i + 1];
                line.iter_mut().zip(&centred).for_each(|(sum, right)| *sum += left * right);
            }
        }
        sums
    };
    let parts: Vec<Vec<f64>> = starts.par_iter().map(partial).collect();
    let mut sums = vec![0.0; width * width];
    for part in parts {
        sums.iter_mut().zip(part).for_each(|(sum, x)| *sum += x);
    }
    for i in 0..width {
        for j in 0..=i {
            sums[i * width + j] /= divisor;
            sums[j * width + i] = sums[i * width + j];
        }
    }
    sums
}

/// Eigenvalues and eigenvectors of a symmetric matrix; nothing if the iteration fails.
pub(super) fn eigen(matrix: Vec<f64>, width: usize) -> Option<Vec<(f64, Vec<f64>)>> {
    if width == 0 || matrix.iter().any(|x| !x.is_finite()) {
        return None;
    }
    // A symmetric matrix reads the same by row and by column.
    let matrix = DenseMatrix::new(width, width, matrix, true).ok()?;
    let found = matrix.evd(true).ok()?;
    let direction = |j: usize| (0..width).map(|i| *found.V.get((i, j))).collect();
    let pairs: Vec<(f64, Vec<f64>)> =
        found.d.iter().enumerate().map(|(j, &value)| (value, direction(j))).collect();
    pairs.iter().all(|(value, _)| value.is_finite()).then_some(pairs)
}

/// An eigenvector is known up to its sign: the coordinate of largest size is made positive.
fn sign(direction: &[f64]) -> f64 {
    let largest =
        direction.iter().copied().fold(0.0_f64, |a, b| if b.abs() > a.abs() { b } else { a });
    if largest < 0.0 { -1.0 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::random::Seed;

    fn matrix(rows: &[&[f64]]) -> Matrix {
        let columns = rows.first().map_or(0, |row| row.len());
        Matrix { rows: rows.len(), columns, values: rows.concat() }
    }

    /// Correlated columns: x uniform, y = 2x + noise, z a constant.
    fn correlated(n: usize) -> Matrix {
        let mut rng = Seed::new(7).rng();
        let mut values = Vec::new();
        for _ in 0..n {
            let (x, noise): (f64, f64) = (rng.random(), rng.random());
            values.extend([x, 2.0 * x + 0.3 * noise, 4.0]);
        }
        Matrix { rows: n, columns: 3, values }
    }

    /// Points (±1, ±1) stretched to (±2, ±1) by hand: variances 16/3 and 4/3 over four rows, so that
    /// whitening divides by √(16/3) and √(4/3): every coordinate becomes ±√3/2.
    #[test]
    fn hand_worked() {
        let rows = matrix(&[&[2.0, 1.0], &[2.0, -1.0], &[-2.0, 1.0], &[-2.0, -1.0]]);
        let white = Whitening::fit(&rows, 2).unwrap().apply(&rows);
        for (a, b) in white.values.iter().zip(&rows.values) {
            assert!((a - b.signum() * 0.75_f64.sqrt()).abs() < 1e-12, "{a} {b}");
        }
    }

    #[test]
    fn whitened_covariance_is_the_identity_and_constants_drop_out() {
        let rows = correlated(10_000);
        let white = Whitening::fit(&rows, 8).unwrap().apply(&rows);
        assert_eq!(white.columns, 2);
        let mean = mean(&white);
        let covariance = covariance(&white, &mean);
        for (i, x) in covariance.iter().enumerate() {
            let expected = f64::from(u8::from(i % 3 == 0));
            assert!((x - expected).abs() < 1e-9, "{i}: {x}");
        }
        assert!(mean.iter().all(|x| x.abs() < 1e-9));
    }

    #[test]
    fn rows_without_variation_have_no_components() {
        assert!(Whitening::fit(&matrix(&[&[1.0, 2.0], &[1.0, 2.0]]), 2).is_none());
        assert!(Whitening::fit(&matrix(&[&[1.0, 2.0]]), 2).is_none());
        assert!(Whitening::fit(&matrix(&[&[f64::NAN], &[1.0]]), 1).is_none());
        assert!(Whitening::fit(&matrix(&[]), 1).is_none());
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let rows = correlated(10_000);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Whitening::fit(&rows, 2).unwrap().apply(&rows).values)
        };
        let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(run(1)), bits(run(3)));
    }
}

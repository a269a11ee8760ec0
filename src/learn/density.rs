//! Density by Gaussian kernels with Scott's bandwidth: the covariance of the points times the square of
//! Scott's factor n^(−1/(d+4)) (Scott 1992, Multivariate Density Estimation, section 6.3; the rule of
//! `DOMIAS`).

use rayon::prelude::*;

use crate::encode::design::Matrix;

/// Terms so far below the largest do not change the sum.
const FAR: f64 = 80.0;

/// A density around points. It holds records, and so can neither be printed nor serialized.
pub struct KernelDensity {
    /// The lower Cholesky factor of the kernel's covariance, row after row.
    factor: Vec<f64>,
    width: usize,
    /// The points, mapped so that the kernel is the unit sphere.
    points: Vec<f64>,
    /// ln of the height of a kernel, over the number of points.
    height: f64,
}

/// Scott's factor n^(−1/(d+4)) of `points` points in `dimensions` dimensions: the width of a kernel over the
/// spread of the points.
///
/// ```
/// # use dosimeter::learn::scott_factor;
/// assert!((scott_factor(4, 2) - 0.793_700_525_984_1).abs() < 1e-13);
/// ```
#[must_use]
pub fn scott_factor(points: usize, dimensions: usize) -> f64 {
    (points as f64).powf(-1.0 / (dimensions as f64 + 4.0))
}

impl KernelDensity {
    /// The density of `points`; nothing where they do not vary in every direction.
    #[must_use]
    pub fn fit(points: &Matrix) -> Option<Self> {
        let (n, width) = (points.rows as f64, points.columns);
        if points.rows <= width || width == 0 {
            return None;
        }
        let scott = scott_factor(points.rows, width);
        let factor =
            cholesky(covariance(points).into_iter().map(|c| c * scott * scott).collect(), width)?;
        let volume: f64 = (0..width).map(|i| factor[i * width + i].ln()).sum();
        let height = -volume - width as f64 / 2.0 * std::f64::consts::TAU.ln() - n.ln();
        let mut kernel = Self { factor, width, points: Vec::new(), height };
        kernel.points = (0..points.rows).flat_map(|row| kernel.map(points.row(row))).collect();
        Some(kernel)
    }

    /// ln of the density at each row.
    #[must_use]
    pub fn log_density(&self, rows: &Matrix) -> Vec<f64> {
        (0..rows.rows).into_par_iter().map(|row| self.at(rows.row(row))).collect()
    }

    fn at(&self, x: &[f64]) -> f64 {
        let x = self.map(x);
        let squares =
            |point: &[f64]| x.iter().zip(point).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let halves: Vec<f64> =
            self.points.chunks_exact(self.width).map(|point| squares(point) / 2.0).collect();
        let least = halves.iter().copied().fold(f64::INFINITY, f64::min);
        let near = halves.iter().map(|half| half - least).filter(|&far| far < FAR);
        self.height - least + near.map(|far| (-far).exp()).sum::<f64>().ln()
    }

    /// Solves L y = x: distances of y are Mahalanobis distances of x.
    fn map(&self, x: &[f64]) -> Vec<f64> {
        let mut y: Vec<f64> = Vec::with_capacity(self.width);
        for (i, value) in x.iter().enumerate() {
            let line = &self.factor[i * self.width..=i * self.width + i];
            let known: f64 = line.iter().zip(&y).map(|(l, y)| l * y).sum();
            y.push((value - known) / line[i]);
        }
        y
    }
}

/// Σ(x − x̄)(x − x̄)ᵀ/(n − 1), row after row.
fn covariance(points: &Matrix) -> Vec<f64> {
    let (n, width) = (points.rows as f64, points.columns);
    let mut mean = vec![0.0; width];
    for row in 0..points.rows {
        mean.iter_mut().zip(points.row(row)).for_each(|(sum, x)| *sum += x / n);
    }
    let mut sums = vec![0.0; width * width];
    for row in 0..points.rows {
        let centred: Vec<f64> = points.row(row).iter().zip(&mean).map(|(x, m)| x - m).collect();
        for (i, left) in centred.iter().enumerate() {
            let line = sums[i * width..(i + 1) * width].iter_mut().zip(&centred);
            line.for_each(|(sum, right)| *sum += left * right / (n - 1.0));
        }
    }
    sums
}

/// L with L Lᵀ = the matrix; nothing unless it is positive definite.
fn cholesky(matrix: Vec<f64>, width: usize) -> Option<Vec<f64>> {
    let mut factor = vec![0.0; width * width];
    for i in 0..width {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| factor[i * width + k] * factor[j * width + k]).sum();
            let left = matrix[i * width + j] - known;
            factor[i * width + j] = if i > j {
                left / factor[j * width + j]
            } else if left > 1e-12 * matrix[i * width + i] {
                left.sqrt()
            } else {
                return None;
            };
        }
    }
    Some(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(coordinates: [&[f64]; 2]) -> Matrix {
        let values = coordinates[0].iter().zip(coordinates[1]).flat_map(|(&a, &b)| [a, b]);
        Matrix { rows: coordinates[0].len(), columns: 2, values: values.collect() }
    }

    #[test]
    fn points_on_a_line_have_no_density_and_far_rows_have_a_logarithm() {
        assert!(KernelDensity::fit(&matrix([&[0.0, 1.0, 2.0], &[0.0, 2.0, 4.0]])).is_none());
        assert!(KernelDensity::fit(&matrix([&[0.0, 1.0], &[0.0, 3.0]])).is_none());
        let points = matrix([&[0.0, 1.0, 2.0, 5.0], &[0.0, 1.0, 1.5, 4.0]]);
        let far = KernelDensity::fit(&points).unwrap().log_density(&matrix([&[1e4], &[-1e4]]));
        assert!(far[0].is_finite() && far[0] < -1e6);
    }
}

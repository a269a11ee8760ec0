//! Linear regression of a number with a ridge (Hoerl and Kennard 1970, Technometrics 12:55).
//!
//! It minimises Σ(y − b − wx)² + α|w|²; the penalty leaves the intercept alone and keeps the coefficients of
//! columns that depend on each other finite. With the covariance C = VΛVᵀ of the n rows and c the covariances of
//! the columns with y: w = V(Λ + α/(n − 1))⁻¹Vᵀc.

use super::pca::{eigen, mean, scatter};
use crate::encode::design::Matrix;

/// A fitted linear regression.
pub struct Ridge {
    /// One a column of the design matrix.
    pub coefficients: Vec<f64>,
    /// The number where all columns are 0.
    pub intercept: f64,
}

impl Ridge {
    /// Fits `values` on the rows of a design matrix, with penalty `alpha` > 0. Nothing without two rows, without
    /// columns, or with a number that is not finite.
    #[must_use]
    pub fn fit(rows: &Matrix, values: &[f64], alpha: f64) -> Option<Self> {
        let shape = rows.rows >= 2 && rows.columns > 0 && values.len() == rows.rows && alpha > 0.0;
        if !shape || rows.values.iter().chain(values).any(|x| !x.is_finite()) {
            return None;
        }
        let (mean, divisor) = (mean(rows), (rows.rows - 1) as f64);
        let level = values.iter().sum::<f64>() / rows.rows as f64;
        let mut along = vec![0.0; rows.columns];
        for (row, value) in values.iter().enumerate() {
            let terms = along.iter_mut().zip(rows.row(row)).zip(&mean);
            terms.for_each(|((sum, x), mean)| *sum += (x - mean) * (value - level) / divisor);
        }
        let mut coefficients = vec![0.0; rows.columns];
        let covariance = scatter(rows, &mean, |_| 1.0, divisor);
        for (variance, direction) in eigen(covariance, rows.columns)? {
            let shared: f64 = direction.iter().zip(&along).map(|(v, c)| v * c).sum();
            // Rounding makes a variance of 0 negative.
            let size = shared / (variance.max(0.0) + alpha / divisor);
            coefficients.iter_mut().zip(&direction).for_each(|(w, v)| *w += size * v);
        }
        let intercept = level - coefficients.iter().zip(&mean).map(|(w, x)| w * x).sum::<f64>();
        let finite = coefficients.iter().chain([&intercept]).all(|x| x.is_finite());
        finite.then_some(Self { coefficients, intercept })
    }

    /// The number for each row.
    #[must_use]
    pub fn predict(&self, rows: &Matrix) -> Vec<f64> {
        let value = |row: usize| {
            let terms = rows.row(row).iter().zip(&self.coefficients);
            terms.map(|(x, w)| x * w).sum::<f64>() + self.intercept
        };
        (0..rows.rows).map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(columns: usize, values: &[f64]) -> Matrix {
        Matrix { rows: values.len() / columns, columns, values: values.to_vec() }
    }

    /// x = −1, 0, 1 and y = 1, 2, 6 of mean 3: Σxy = −1 + 6 = 5, Σx² = 2. With α = ½, w = 5/2.5 = 2.
    #[test]
    fn hand_worked() {
        let rows = matrix(1, &[-1.0, 0.0, 1.0]);
        let model = Ridge::fit(&rows, &[1.0, 2.0, 6.0], 0.5).unwrap();
        assert!((model.coefficients[0] - 2.0).abs() < 1e-12);
        assert!((model.intercept - 3.0).abs() < 1e-12);
        assert!((model.predict(&rows)[2] - 5.0).abs() < 1e-12);
    }

    /// The same column twice: w₁ = w₂ = w minimises Σ(y − 3 − 2wx)² + 2αw², so that w = 5/(4 + α): 1 at α = 1.
    /// A constant gets nothing.
    #[test]
    fn columns_that_depend_on_each_other_share() {
        let rows = matrix(3, &[-1.0, -1.0, 7.0, 0.0, 0.0, 7.0, 1.0, 1.0, 7.0]);
        let model = Ridge::fit(&rows, &[1.0, 2.0, 6.0], 1.0).unwrap();
        for (found, expected) in model.coefficients.iter().zip([1.0, 1.0, 0.0]) {
            assert!((found - expected).abs() < 1e-9, "{:?}", model.coefficients);
        }
        assert!((model.intercept - 3.0).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        assert!(Ridge::fit(&matrix(1, &[1.0]), &[1.0], 1.0).is_none());
        assert!(Ridge::fit(&matrix(1, &[1.0, 2.0]), &[1.0], 1.0).is_none());
        assert!(Ridge::fit(&matrix(1, &[1.0, f64::NAN]), &[1.0, 2.0], 1.0).is_none());
        assert!(Ridge::fit(&matrix(1, &[1.0, 2.0]), &[1.0, 2.0], 0.0).is_none());
    }
}

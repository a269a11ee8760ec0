//! Logistic regression by smartcore, with probabilities.
//!
//! smartcore minimises Σ ln(1 + e^{wx + b}) − y(wx + b) + α|w|²/2 by L-BFGS and predicts classes only;
//! probabilities are 1/(1 + e^{−(wx + b)}) of its coefficients (Hosmer and Lemeshow 2000, Applied
//! Logistic Regression). The penalty α leaves the intercept alone and keeps the coefficients of
//! columns that depend on each other, or that separate the classes, finite.

use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters};

use super::boost::logistic;
use crate::encode::design::Matrix;

/// A fitted logistic regression.
pub struct Logistic {
    /// One a column of the design matrix.
    pub coefficients: Vec<f64>,
    /// The log-odds where all columns are 0.
    pub intercept: f64,
}

impl Logistic {
    /// Fits `labels` on the rows of a design matrix, with penalty `alpha` > 0. Nothing without rows of
    /// either label, without columns, or if the fit fails.
    #[must_use]
    pub fn fit(rows: &Matrix, labels: &[bool], alpha: f64) -> Option<Self> {
        let both = labels.contains(&true) && labels.contains(&false);
        if !both || rows.columns == 0 || labels.len() != rows.rows {
            return None;
        }
        let by_row = DenseMatrix::new(rows.rows, rows.columns, rows.values.clone(), false).ok()?;
        // smartcore sorts the classes, so that 1 is its second and gets the positive sign.
        let classes: Vec<u32> = labels.iter().map(|&label| u32::from(label)).collect();
        let parameters = LogisticRegressionParameters::default().with_alpha(alpha);
        let model = LogisticRegression::fit(&by_row, &classes, parameters).ok()?;
        let coefficients: Vec<f64> =
            (0..rows.columns).map(|j| *model.coefficients().get((0, j))).collect();
        let intercept = *model.intercept().get((0, 0));
        let finite = coefficients.iter().chain([&intercept]).all(|x| x.is_finite());
        finite.then_some(Self { coefficients, intercept })
    }

    /// The probability of `true` for each row.
    #[must_use]
    pub fn predict(&self, rows: &Matrix) -> Vec<f64> {
        let score = |row: usize| {
            let terms = rows.row(row).iter().zip(&self.coefficients);
            terms.map(|(x, w)| x * w).sum::<f64>() + self.intercept
        };
        (0..rows.rows).map(|row| logistic(score(row))).collect()
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::random::Seed;

    /// y ~ Bernoulli(1/(1 + e^{−(0.5 + 2x₁ − x₂)})).
    fn drawn(n: usize) -> (Matrix, Vec<bool>) {
        let mut rng = Seed::new(11).rng();
        let (mut values, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..n {
            let x: [f64; 2] = [rng.random::<f64>() * 4.0 - 2.0, rng.random::<f64>() * 4.0 - 2.0];
            let p = logistic(0.5 + 2.0 * x[0] - x[1]);
            labels.push(rng.random::<f64>() < p);
            values.extend(x);
        }
        (Matrix { rows: n, columns: 2, values }, labels)
    }

    #[test]
    fn known_coefficients_are_recovered() {
        let (rows, labels) = drawn(20_000);
        let model = Logistic::fit(&rows, &labels, 1e-3).unwrap();
        assert!((model.intercept - 0.5).abs() < 0.08, "{}", model.intercept);
        assert!((model.coefficients[0] - 2.0).abs() < 0.1, "{:?}", model.coefficients);
        assert!((model.coefficients[1] + 1.0).abs() < 0.08, "{:?}", model.coefficients);
    }

    /// One 0/1 column: 1 of 4 labels true at 0, 3 of 4 at 1. Log-odds −ln 3 and ln 3, so that the
    /// intercept is −ln 3 and the coefficient 2 ln 3.
    #[test]
    fn hand_worked() {
        let values = vec![0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
        let labels = [true, false, false, false, true, true, true, false];
        let rows = Matrix { rows: 8, columns: 1, values };
        let model = Logistic::fit(&rows, &labels, 1e-9).unwrap();
        assert!((model.intercept + 3.0_f64.ln()).abs() < 1e-3, "{}", model.intercept);
        assert!((model.coefficients[0] - 2.0 * 3.0_f64.ln()).abs() < 1e-3);
        let p = model.predict(&rows);
        assert!((p[0] - 0.25).abs() < 1e-3 && (p[7] - 0.75).abs() < 1e-3);
    }

    #[test]
    fn separable_and_repeated_columns_stay_finite_and_one_class_is_refused() {
        let rows = Matrix {
            rows: 4,
            columns: 2,
            values: vec![-1.0, -1.0, -2.0, -2.0, 1.0, 1.0, 2.0, 2.0],
        };
        let model = Logistic::fit(&rows, &[false, false, true, true], 0.1).unwrap();
        let p = model.predict(&rows);
        assert!(p[0] < 0.2 && p[3] > 0.8);
        assert!(Logistic::fit(&rows, &[true; 4], 0.1).is_none());
    }
}

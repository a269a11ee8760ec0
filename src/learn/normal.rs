//! Multivariate normal laws of weighted rows, and how far two of them are apart.

use super::gaussian::factor;
use super::pca::scatter;
use crate::encode::design::Matrix;

/// A multivariate normal law.
#[derive(Clone)]
pub struct Gaussian {
    mean: Vec<f64>,
    /// Row after row.
    covariance: Vec<f64>,
}

impl Gaussian {
    /// The law with this mean and this covariance, row after row. `None` where they do not fit together.
    #[must_use]
    pub fn new(mean: Vec<f64>, covariance: Vec<f64>) -> Option<Self> {
        let fits = covariance.len() == mean.len() * mean.len();
        fits.then_some(Self { mean, covariance })
    }

    /// The weighted mean x̄ of the rows and Σw(x − x̄)(x − x̄)ᵀ/Σw. `None` without weight.
    #[must_use]
    pub fn fit(rows: &Matrix, weight: impl Fn(usize) -> f64 + Sync) -> Option<Self> {
        let sum: f64 = (0..rows.rows).map(&weight).sum();
        if !(sum > 0.0 && sum.is_finite()) {
            return None;
        }
        let mut mean = vec![0.0; rows.columns];
        for row in 0..rows.rows {
            let weight = weight(row);
            mean.iter_mut().zip(rows.row(row)).for_each(|(sum, x)| *sum += weight * x);
        }
        mean.iter_mut().for_each(|x| *x /= sum);
        let covariance = scatter(rows, &mean, weight, sum);
        Some(Self { mean, covariance })
    }

    /// The same with `ridge` added to every variance, so that columns that are constant or follow from each other
    /// have a density.
    #[must_use]
    pub fn with_ridge(mut self, ridge: f64) -> Self {
        let width = self.mean.len();
        self.covariance.iter_mut().step_by(width + 1).for_each(|variance| *variance += ridge);
        self
    }

    /// The law beside another; `None` for another number of columns, or where a covariance is not positive definite.
    #[must_use]
    pub fn beside(&self, other: &Self) -> Option<Overlap> {
        let width = self.mean.len();
        if other.mean.len() != width {
            return None;
        }
        let middle = self.covariance.iter().zip(&other.covariance).map(|(a, b)| (a + b) / 2.0);
        let middle = factor(middle.collect(), width)?;
        let own = factor(self.covariance.clone(), width)?;
        let others = factor(other.covariance.clone(), width)?;
        let apart: Vec<f64> = self.mean.iter().zip(&other.mean).map(|(a, b)| a - b).collect();
        let whitened = forward(&middle, &apart);
        let logarithm = half_log_determinant(&own) / 2.0 + half_log_determinant(&others) / 2.0
            - half_log_determinant(&middle)
            - squares(&whitened) / 8.0;
        Some(Overlap {
            means: [self.mean.clone(), other.mean.clone()],
            factors: [own, others],
            lean: backward(&middle, whitened),
            middle,
            // Rounding must not make two laws overlap by more than one.
            logarithm: logarithm.min(0.0),
        })
    }
}

/// Two normal laws side by side.
pub struct Overlap {
    means: [Vec<f64>; 2],
    /// Cholesky factors of the two covariances.
    factors: [Vec<Vec<f64>>; 2],
    /// That of their mean M.
    middle: Vec<Vec<f64>>,
    /// M⁻¹(m₁ − m₂).
    lean: Vec<f64>,
    /// The logarithm of the Bhattacharyya coefficient ∫√(fg).
    logarithm: f64,
}

impl Overlap {
    /// Hellinger's distance √(1 − ∫√(fg)), where ∫√(fg) = |S₁|^¼ |S₂|^¼ |M|^(−½) exp(−⅛ dᵀM⁻¹d) with M = (S₁ + S₂)/2 and
    /// d = m₁ − m₂ (Pardo 2006, Statistical Inference Based on Divergence Measures, chapter 1).
    #[must_use]
    pub fn hellinger(&self) -> f64 {
        // 1 − exp(x) without cancellation; x is not above 0.
        self.logarithm.exp_m1().abs().sqrt()
    }

    /// By how much that distance grows per weight of a row that the first (`side` 0) or second (1) law is fitted to, but
    /// for a constant: the derivative of ln ∫√(fg) for z = x − m is ¼ zᵀ(S⁻¹ − M⁻¹)z + (aᵀz)²/16 ∓ ¼ aᵀz with
    /// a = M⁻¹d, times −∫√(fg)/(2H). 0 for equal laws.
    ///
    /// # Panics
    /// When `side` is neither 0 nor 1.
    #[must_use]
    pub fn influence(&self, side: usize, row: &[f64]) -> f64 {
        let distance = self.hellinger();
        if distance < 1e-9 {
            return 0.0;
        }
        let z: Vec<f64> = row.iter().zip(&self.means[side]).map(|(x, mean)| x - mean).collect();
        let along: f64 = self.lean.iter().zip(&z).map(|(a, z)| a * z).sum();
        let spread =
            squares(&forward(&self.factors[side], &z)) - squares(&forward(&self.middle, &z));
        let towards = if side == 0 { -along } else { along };
        let slope = spread / 4.0 + along * along / 16.0 + towards / 4.0;
        -slope * self.logarithm.exp() / (2.0 * distance)
    }
}

/// ½ ln|S| of a Cholesky factor.
fn half_log_determinant(factor: &[Vec<f64>]) -> f64 {
    factor.iter().enumerate().map(|(i, line)| line[i].ln()).sum()
}

fn squares(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum()
}

/// y with Ly = b.
fn forward(lower: &[Vec<f64>], b: &[f64]) -> Vec<f64> {
    let mut y: Vec<f64> = Vec::with_capacity(b.len());
    for (i, line) in lower.iter().enumerate() {
        let known: f64 = line.iter().zip(&y).map(|(l, y)| l * y).sum();
        y.push((b[i] - known) / line[i]);
    }
    y
}

/// x with Lᵀx = y.
fn backward(lower: &[Vec<f64>], mut y: Vec<f64>) -> Vec<f64> {
    for (i, line) in lower.iter().enumerate().rev() {
        y[i] /= line[i];
        let x = y[i];
        y.iter_mut().zip(line).take(i).for_each(|(y, l)| *y -= l * x);
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(first: (&[f64], &[f64]), second: (&[f64], &[f64])) -> f64 {
        let law = |(mean, covariance): (&[f64], &[f64])| {
            Gaussian::new(mean.to_vec(), covariance.to_vec()).unwrap()
        };
        law(first).beside(&law(second)).unwrap().hellinger()
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }

    /// N(0, 1) and N(2, 1): √(1 − e^(−½)) = 0.627271. N(0, 1) and N(0, 4): ∫√(fg) = √(2·2/5) = 2/√5, as tan 18° squared
    /// is 1 − 2/√5. Correlations of ±½: determinants ¾ and 1, √(1 − √¾) = (√3 − 1)/2.
    #[test]
    fn hand_worked() {
        let shifted = distance((&[0.0], &[1.0]), (&[2.0], &[1.0]));
        assert!((shifted - 0.627_271).abs() < 5e-7, "{shifted}");
        close(shifted, (1.0 - (-0.5_f64).exp()).sqrt());
        close(distance((&[0.0], &[1.0]), (&[0.0], &[4.0])), 18.0_f64.to_radians().tan());
        let (up, down) = ([1.0, 0.5, 0.5, 1.0], [1.0, -0.5, -0.5, 1.0]);
        close(distance((&[0.0; 2], &up), (&[0.0; 2], &down)), (3.0_f64.sqrt() - 1.0) / 2.0);
        close(distance((&[1.0, 2.0], &up), (&[1.0, 2.0], &up)), 0.0);
    }

    /// Means 4 apart along the first of two correlated columns: dᵀS⁻¹d = 16/(1 − ¼) = 64/3.
    #[test]
    fn distance_is_measured_in_the_unit_of_the_spread() {
        let up = [1.0, 0.5, 0.5, 1.0];
        let found = distance((&[0.0, 0.0], &up), (&[4.0, 0.0], &up));
        close(found, (1.0 - (-64.0_f64 / 24.0).exp()).sqrt());
    }

    /// 1, 2 and twice 5: mean 13/4; squares 81/16 + 25/16 + 2·49/16 = 204/16, over 4: 3.1875.
    #[test]
    fn weights_are_copies() {
        let rows = Matrix { rows: 3, columns: 1, values: vec![1.0, 2.0, 5.0] };
        let fitted = Gaussian::fit(&rows, |row| if row == 2 { 2.0 } else { 1.0 }).unwrap();
        close(fitted.mean[0], 3.25);
        close(fitted.covariance[0], 3.1875);
        assert!(Gaussian::fit(&rows, |_| 0.0).is_none());
    }

    /// Two equal columns and a constant have no density without a ridge.
    #[test]
    fn a_ridge_gives_collinear_and_constant_columns_a_density() {
        let line = |x: f64| [x, x, 7.0];
        let rows = Matrix { rows: 4, columns: 3, values: [1.0, 2.0, 4.0, 8.0].map(line).concat() };
        let fitted = Gaussian::fit(&rows, |_| 1.0).unwrap();
        assert!(fitted.beside(&fitted).is_none());
        let fitted = fitted.with_ridge(0.01);
        close(fitted.beside(&fitted).unwrap().hellinger(), 0.0);
        assert!(fitted.beside(&Gaussian::new(vec![0.0], vec![1.0]).unwrap()).is_none());
        assert!(Gaussian::new(vec![0.0; 2], vec![1.0]).is_none());
    }

    /// The derivative by the weight of a row, Σw times which is the row's influence less the mean one.
    #[test]
    fn influence_is_the_derivative_by_the_weight_of_a_row() {
        let first = [0.0, 1.0, 1.0, 3.0, 2.0, 2.5, 4.0, 3.0, 5.0, 9.0];
        let second = [1.0, 0.0, 2.0, 5.0, 3.0, 2.0, 5.0, 4.0];
        let rows =
            |values: &[f64]| Matrix { rows: values.len() / 2, columns: 2, values: values.to_vec() };
        let samples = [rows(&first), rows(&second)];
        let distance = |heavy: Option<(usize, usize)>, extra: f64| {
            let law = |side: usize| {
                let weight =
                    |row: usize| if heavy == Some((side, row)) { 1.0 + extra } else { 1.0 };
                Gaussian::fit(&samples[side], weight).unwrap()
            };
            law(0).beside(&law(1)).unwrap()
        };
        let overlap = distance(None, 0.0);
        for side in [0, 1] {
            let rows = &samples[side];
            let all: Vec<f64> =
                (0..rows.rows).map(|row| overlap.influence(side, rows.row(row))).collect();
            let n = all.len() as f64;
            let mean = all.iter().sum::<f64>() / n;
            for (row, influence) in all.iter().enumerate() {
                let at = |extra: f64| distance(Some((side, row)), extra).hellinger();
                let slope = n * (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!((slope - (influence - mean)).abs() < 1e-6, "{side} {row}: {slope}");
            }
        }
    }
}

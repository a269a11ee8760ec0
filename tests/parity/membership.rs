//! Membership inference: the densities of DOMIAS.

use dosimeter::encode::design::Matrix;
use dosimeter::learn::{KernelDensity, scott_factor};

fn matrix(coordinates: [&[f64]; 2]) -> Matrix {
    let values = coordinates[0].iter().zip(coordinates[1]).flat_map(|(&a, &b)| [a, b]);
    Matrix { rows: coordinates[0].len(), columns: 2, values: values.collect() }
}

/// Gaussian kernel densities of four released and five reference points in two dimensions at two targets, with
/// their ratio, as the published implementation (van Breugel et al. 2023) has them from scipy's `gaussian_kde`.
#[test]
fn the_density_ratio_of_domias() {
    let released = matrix([&[0.0, 1.0, 2.0, 5.0], &[0.0, 1.0, 1.5, 4.0]]);
    let reference = matrix([&[0.0, 2.0, 4.0, 6.0, 1.0], &[1.0, 1.0, 3.0, 5.0, 0.0]]);
    let targets = matrix([&[1.0, 3.0], &[1.0, 2.0]]);
    for (points, factor) in [(4, 0.793_700_525_984_1), (5, 0.764_724_491_331_7)] {
        assert!((scott_factor(points, 2) - factor).abs() < 5e-14, "{points}");
    }
    let at = |points: &Matrix| KernelDensity::fit(points).unwrap().log_density(&targets);
    let (released, reference) = (at(&released), at(&reference));
    let expected =
        [(0.265_049_82, 0.033_580_26, 7.893_023_71), (0.002_663_54, 0.067_167_33, 0.039_655_25)];
    for ((p_s, p_r), (of_s, of_r, ratio)) in released.iter().zip(&reference).zip(expected) {
        assert!((p_s.exp() - of_s).abs() < 5e-9, "{}", p_s.exp());
        assert!((p_r.exp() - of_r).abs() < 5e-9, "{}", p_r.exp());
        assert!(((p_s - p_r).exp() - ratio).abs() < 5e-9 * (1.0 + ratio), "{}", (p_s - p_r).exp());
    }
}

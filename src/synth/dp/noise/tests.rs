//! The samplers against the exact distributions: published probabilities, χ² over many draws, and the
//! privacy loss between neighbouring counts.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::*;
use crate::random::Seed;

/// Draws of a test of fit: 200,000, as many as find a probability that is off by a hundredth.
const DRAWS: u32 = 200_000;

/// Everything beyond the 12th standard deviation has less mass than a float resolves.
fn reach(scale: f64) -> i64 {
    (12.0 * scale).ceil() as i64 + 2
}

/// P(y) for y = −reach..=reach of the distribution with these unnormalised weights.
fn masses(reach: i64, weight: impl Fn(f64) -> f64) -> Vec<f64> {
    let weights: Vec<f64> = (-reach..=reach).map(|y| weight(y as f64)).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

fn gaussian_masses(variance: f64) -> Vec<f64> {
    masses(reach(variance.sqrt()), |y| (-y * y / (2.0 * variance)).exp())
}

fn laplace_masses(scale: f64) -> Vec<f64> {
    masses(4 * reach(scale), |y| (-y.abs() / scale).exp())
}

fn variance_of(masses: &[f64]) -> f64 {
    let reach = (masses.len() / 2) as f64;
    masses.iter().zip(0..).map(|(mass, i)| mass * (f64::from(i) - reach).powi(2)).sum()
}

/// How often each value was drawn, at the places of `masses`.
fn counts(masses: &[f64], draws: u32, mut draw: impl FnMut() -> i64) -> Vec<f64> {
    let reach = (masses.len() / 2) as i64;
    let mut counts = vec![0.0; masses.len()];
    (0..draws).for_each(|_| counts[(draw() + reach) as usize] += 1.0);
    counts
}

/// The p-value of Pearson's χ² test, cells joined from both ends until 10 draws are expected of each.
pub(in crate::synth::dp) fn fit(counts: &[f64], masses: &[f64]) -> f64 {
    let draws: f64 = counts.iter().sum();
    let mut cells: Vec<(f64, f64)> = Vec::new();
    let mut open = (0.0, 0.0);
    for (count, mass) in counts.iter().zip(masses) {
        open = (open.0 + count, open.1 + draws * mass);
        if open.1 >= 10.0 {
            cells.push(std::mem::take(&mut open));
        }
    }
    if let Some(last) = cells.last_mut() {
        *last = (last.0 + open.0, last.1 + open.1);
    }
    let chi: f64 =
        cells.iter().map(|(count, expected)| (count - expected).powi(2) / expected).sum();
    ChiSquared::new((cells.len() - 1) as f64).unwrap().sf(chi)
}

/// Worked out by summing exp(−y²/(2σ²)) in another language.
#[test]
fn the_gaussian_has_its_published_probabilities() {
    let golden = [
        (4.0, [0.199_471_140_20, 0.176_032_663_38, 0.120_985_362_26], 4.0),
        (0.25, [0.786_570_707_04, 0.106_450_769_42, 0.000_263_865_083], 0.215_012_675_09),
    ];
    for (variance, expected, spread) in golden {
        let masses = gaussian_masses(variance);
        let middle = masses.len() / 2;
        for (y, expected) in expected.into_iter().enumerate() {
            assert!((masses[middle + y] - expected).abs() < 1e-9, "{variance} {y}");
        }
        assert!((variance_of(&masses) - spread).abs() < 1e-9, "{variance}");
    }
    let masses = laplace_masses(3.0);
    let middle = masses.len() / 2;
    assert!((masses[middle] - 0.165_140_412_92).abs() < 1e-9);
    assert!((masses[middle + 1] - 0.118_328_276_50).abs() < 1e-9);
    assert!((variance_of(&masses) - 17.834_255_193).abs() < 1e-6);
}

/// One in a million correct samplers fails at each of the six variances.
#[test]
fn gaussian_draws_fit_the_exact_distribution() {
    for (variance, seed) in [(4.0, 1), (0.25, 2), (0.7, 3), (33.4, 4), (2500.0, 5), (1403.17, 6)] {
        let mut entropy = Entropy::seeded(Seed::new(seed));
        let ratio = Ratio::variance(variance).unwrap();
        let masses = gaussian_masses(ratio.value());
        let counts = counts(&masses, DRAWS, || discrete_gaussian(&mut entropy, ratio).unwrap());
        let p = fit(&counts, &masses);
        assert!(p > 1e-6, "variance {variance}: p = {p:e}");
    }
}

#[test]
fn laplace_draws_fit_the_exact_distribution() {
    for scale in [1_u32, 3, 40] {
        let mut entropy = Entropy::seeded(Seed::new(u64::from(scale)));
        let masses = laplace_masses(f64::from(scale));
        let draw = || discrete_laplace(&mut entropy, u128::from(scale)).unwrap();
        let p = fit(&counts(&masses, DRAWS, draw), &masses);
        assert!(p > 1e-6, "scale {scale}: p = {p:e}");
    }
}

/// The test of fit would see a variance that is wrong by 5 %, and the rounded continuous Gaussian.
#[test]
fn a_wrong_sampler_is_found() {
    let mut entropy = Entropy::seeded(Seed::new(7));
    let masses = gaussian_masses(4.0);
    let wider = Ratio::variance(4.2).unwrap();
    let counts = counts(&masses, DRAWS, || discrete_gaussian(&mut entropy, wider).unwrap());
    assert!(fit(&counts, &masses) < 1e-6);
    let cumulative = |y: f64| statrs::distribution::Normal::new(0.0, 0.5).unwrap().cdf(y);
    let reach = reach(0.5);
    let rounded: Vec<f64> = (-reach..=reach)
        .map(|y| cumulative(y as f64 + 0.5) - cumulative(y as f64 - 0.5))
        .map(|mass| mass * f64::from(DRAWS))
        .collect();
    assert!(fit(&rounded, &gaussian_masses(0.25)) < 1e-6);
}

/// The coin against exp(−x), within 5 standard deviations of 100,000 tosses.
#[test]
fn coins_fall_with_probability_exp_minus_x() {
    let mut entropy = Entropy::seeded(Seed::new(8));
    for (over, under) in [(0, 1), (1, 3), (1, 1), (5, 2), (7, 1)] {
        let tosses = 100_000.0;
        let fell =
            (0..100_000).filter(|_| bernoulli_exp(&mut entropy, over, under).unwrap()).count();
        let expected = (-(over as f64) / under as f64).exp();
        let spread = (expected * (1.0 - expected) / tosses).sqrt();
        assert!((fell as f64 / tosses - expected).abs() <= 5.0 * spread, "{over}/{under}: {fell}");
    }
}

/// Between neighbouring counts x and x + 1, log(P(x + Y = z) / P(x + 1 + Y = z)) is what the variance
/// promises, (1 − 2(z − x))/(2σ²), in every cell that occurs, and so is its inverse: tested in both directions
/// against Clopper–Pearson bounds of both probabilities, 10⁻⁶ shared among all cells.
#[test]
fn neighbouring_counts_differ_by_no_more_than_the_loss() {
    let (variance, draws) = (4.0, 1_000_000);
    let mut entropy = Entropy::seeded(Seed::new(9));
    let ratio = Ratio::variance(variance).unwrap();
    let masses = gaussian_masses(variance);
    let mut series = || counts(&masses, draws, || discrete_gaussian(&mut entropy, ratio).unwrap());
    let (here, there) = (series(), series());
    let middle = masses.len() / 2;
    let alpha = 1e-6 / (4 * masses.len()) as f64;
    let bounds = |count: f64| clopper_pearson(count, f64::from(draws), alpha);
    for cell in 1..masses.len() {
        // z = x + y: from x it is a draw of y, from x + 1 a draw of y − 1.
        let (low, high) = bounds(here[cell]);
        let (next_low, next_high) = bounds(there[cell - 1]);
        let y = cell as f64 - middle as f64;
        let loss = (1.0 - 2.0 * y) / (2.0 * variance);
        let joins = low <= next_high * loss.exp();
        let leaves = next_low <= high * (-loss).exp();
        assert!(
            joins && leaves,
            "y = {y}: {low:e}–{high:e} and {next_low:e}–{next_high:e} for {loss}"
        );
    }
}

/// Bounds of a probability at level `alpha` a side.
fn clopper_pearson(count: f64, draws: f64, alpha: f64) -> (f64, f64) {
    use statrs::distribution::Beta;
    let quantile = |a: f64, b: f64, level: f64| Beta::new(a, b).unwrap().inverse_cdf(level);
    let low = if count < 0.5 { 0.0 } else { quantile(count, draws - count + 1.0, alpha) };
    (low, quantile(count + 1.0, draws - count, 1.0 - alpha))
}

/// The histogram tester of hockey-stick divergence (as in `dp_auditorium`): δ̂ = Σ max(0, p − e^ε q) and its
/// error bound. Accepts the claimed (ε, δ) of σ² = 4 and refutes a claim of a quarter of the noise.
#[test]
fn the_hockey_stick_tester_accepts_the_claim_and_refutes_a_smaller_one() {
    let draws = 200_000;
    let mut entropy = Entropy::seeded(Seed::new(10));
    let masses = gaussian_masses(16.0);
    let mut refuted = |variance: f64, epsilon: f64, delta: f64| {
        let ratio = Ratio::variance(variance).unwrap();
        let mut series =
            || counts(&masses, draws, || discrete_gaussian(&mut entropy, ratio).unwrap());
        let (here, there) = (series(), series());
        let share = |count: &f64| count / f64::from(draws);
        let p: Vec<f64> = here.iter().skip(1).map(share).collect();
        let q: Vec<f64> = there.iter().map(share).collect();
        let grown = epsilon.exp();
        let found: f64 = p.iter().zip(&q).map(|(p, q)| (p - grown * q).max(0.0)).sum();
        let roots = |masses: &[f64]| masses.iter().map(|mass| mass.sqrt()).sum::<f64>();
        let n = f64::from(draws);
        let error = 2.0 / n.sqrt() * (roots(&p) + grown * roots(&q))
            + 6.0 * (1.0 + grown) * ((4.0_f64 / 1e-6).ln() / (2.0 * n)).sqrt();
        found - error >= delta
    };
    let delta = 1e-3;
    let epsilon = crate::synth::dp::convert::epsilon_of(1.0 / 8.0, delta);
    assert!(!refuted(4.0, epsilon, delta));
    assert!(refuted(0.25, 0.2, delta));
}

/// 2⁻²⁰ is the grid; a variance is rounded up and an ε down.
#[test]
fn rounding_is_charged_to_utility() {
    let third = Ratio::variance(1.0 / 3.0).unwrap();
    assert_eq!(third, Ratio { numerator: 349_526, denominator: 1 << 20 });
    assert!(third.value() >= 1.0 / 3.0);
    assert!(Ratio::epsilon(1.0 / 3.0).value() <= 1.0 / 3.0);
    assert_eq!(Ratio::variance(5e9).unwrap().denominator, 1);
}

#[test]
fn noise_that_cannot_be_exact_is_refused() {
    for variance in [0.0, -1.0, f64::NAN, f64::INFINITY, 1.1e12] {
        assert!(Ratio::variance(variance).is_err(), "{variance}");
    }
    let mut entropy = Entropy::seeded(Seed::new(11));
    let largest = Ratio::variance(LARGEST).unwrap();
    let spread = (0..2000).map(|_| {
        (discrete_gaussian(&mut entropy, largest).unwrap() as f64 / LARGEST.sqrt()).powi(2)
    });
    let mean = spread.sum::<f64>() / 2000.0;
    assert!((mean - 1.0).abs() < 0.16, "{mean}");
    let outgrown = Ratio { numerator: u128::MAX / 2, denominator: 1 };
    assert!(discrete_gaussian(&mut entropy, outgrown).is_err());
}

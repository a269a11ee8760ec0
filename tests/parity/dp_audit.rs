//! Lower bounds on ε from the audits of differential privacy.

use dosimeter::stats::{
    Confidence, Distinguished, Guesses, effective_epsilon, effective_epsilon_lower, gaussian_delta,
    gaussian_epsilon, multi_run_epsilon_lower, multi_run_mu_lower, one_run_ceiling,
    one_run_epsilon_lower, one_run_gaussian_epsilon_lower, one_run_p_value,
};

#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
fn confidence() -> Confidence {
    Confidence::new(0.95).unwrap()
}

fn guesses(canaries: u64, made: u64, right: u64) -> Guesses {
    Guesses { canaries, made, right }
}

/// Steinke, Nasr, Jagielski 2023 (arXiv 2305.08846) print 0.673 and 2.675 for the first two rows; the
/// others were computed from its theorem in Python, independently of this library.
#[test]
fn one_run_bounds() {
    for (m, r, v, delta, expected) in [
        (1000, 100, 75, 1e-4, 0.672_985),
        (100_000, 1510, 1439, 1e-5, 2.675_851),
        (1000, 1000, 600, 0.0, 0.297_468),
        (200, 200, 140, 0.0, 0.584_918),
        (200, 200, 200, 0.0, 4.193_630),
        (1000, 200, 150, 1e-5, 0.819_973),
        (1000, 100, 75, 0.0, 0.702_214),
        (1000, 100, 75, 1e-5, 0.699_467),
        (1000, 200, 130, 1e-5, 0.365_257),
        (1000, 100, 100, 1e-5, 3.465_376),
        (1000, 50, 50, 1e-5, 2.756_219),
        (5000, 500, 450, 1e-5, 1.941_420),
        (100, 100, 52, 1e-5, 0.0),
        (1000, 1000, 1000, 1e-6, 5.806_397),
    ] {
        let found = one_run_epsilon_lower(guesses(m, r, v), delta, confidence()).unwrap();
        assert!((found - expected).abs() < 1e-6, "{m} {r} {v} {delta}: {found} not {expected}");
    }
    let p = one_run_p_value(guesses(1000, 100, 75), 1.0, 1e-4).unwrap();
    assert!((p - 0.400_554_514_5).abs() < 1e-9, "{p}");
    let ceiling = one_run_ceiling(1000, 100, 1e-5, confidence()).unwrap();
    assert!((ceiling - 3.465_376).abs() < 1e-6);
}

/// The recursion of Mahloujifar, Melis, Chaudhuri 2024 (arXiv 2410.22235), computed in Python.
#[test]
fn one_run_bounds_of_a_gaussian_mechanism() {
    for (m, r, v, delta, expected) in [
        (1000, 100, 75, 1e-4, 0.841_724),
        (100_000, 1510, 1439, 1e-5, 3.309_084),
        (1000, 200, 150, 1e-5, 1.296_916),
    ] {
        let found = one_run_gaussian_epsilon_lower(guesses(m, r, v), delta, confidence()).unwrap();
        assert!((found - expected).abs() < 1e-5, "{m} {r} {v} {delta}: {found} not {expected}");
    }
}

/// 90 of 100 runs with the person and 20 of 100 without it are called "in".
#[test]
fn effective_epsilon_of_a_hundred_runs_on_either_side() {
    let counts =
        Distinguished { true_positives: 90, positives: 100, false_positives: 20, negatives: 100 };
    let found = effective_epsilon_lower(counts, 1e-5, confidence()).unwrap();
    assert!((found - 1.037_673_29).abs() < 1e-8, "{found}");
    let (low, high) = effective_epsilon(counts, confidence()).unwrap();
    assert!(
        (low - 0.978_969_62).abs() < 1e-8 && (high - 2.091_380_40).abs() < 1e-8,
        "{low} {high}"
    );
    // The other direction, ln((1 − FPR − δ)/FNR), contradicts more here.
    assert!(multi_run_epsilon_lower(counts, 1e-5, confidence()).unwrap() > found);
    assert!(multi_run_mu_lower(counts, confidence()).unwrap() > 0.0);
}

/// Noise of the Gaussian mechanism by the analytic formula of Balle and Wang 2018 at L2 sensitivity 1.
#[test]
fn gaussian_noise_of_a_claimed_epsilon() {
    for (epsilon, delta, sigma) in [
        (0.1, 1e-9, 50.2098),
        (0.5, 1e-6, 8.0576),
        (1.0, 1e-5, 3.7306),
        (1.0, 1e-6, 4.2247),
        (1.0, 1e-9, 5.4953),
        (3.0, 1e-6, 1.5439),
        (10.0, 1e-9, 0.6502),
    ] {
        let found = gaussian_epsilon(1.0 / sigma, delta).unwrap();
        // σ is printed to four decimals, and ε moves by about as many parts as σ does.
        let tolerance = 2.0 * epsilon * 5e-5 / sigma;
        assert!((found - epsilon).abs() < tolerance, "{epsilon} {delta}: {found}");
        assert!((gaussian_delta(1.0 / sigma, epsilon).unwrap() / delta - 1.0).abs() < 5e-3);
    }
}

//! Audits of mechanisms whose ε is known: the true claim is contradicted no oftener than the confidence
//! allows, half the noise is noticed.

use std::io::Write;

use dosimeter::random::Seed;
use dosimeter::stats::{
    Confidence, Distinguished, Guesses, gaussian_epsilon, multi_run_mu_lower, one_run_epsilon_lower,
};
use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::band::most;
use super::rounds;

const CONFIDENCE: f64 = 0.95;

fn confidence() -> Confidence {
    Confidence::new(CONFIDENCE).unwrap()
}

/// Rounds in which a claimed ε is contradicted.
fn contradicted(claimed: f64, rounds: u64, bound: impl Fn(&mut ChaCha12Rng) -> f64) -> u64 {
    let audit = |seed| bound(&mut Seed::new(seed).part("dp-audit").rng()) > claimed;
    (0..rounds).map(|seed| u64::from(audit(seed))).sum()
}

/// Randomized response (Warner 1965): every canary's coin is told truly with probability e^ε/(1 + e^ε),
/// which is exactly ε-differentially private. With δ > 0 each canary is also given away with
/// probability δ, marked as such, and the adversary guesses on.
fn randomized_response(epsilon: f64, delta: f64, rng: &mut ChaCha12Rng) -> f64 {
    let told = 1.0 / (1.0 + (-epsilon).exp());
    let canaries = 1000;
    let right = (0..canaries).filter(|_| {
        let given_away = rng.random::<f64>() < delta;
        rng.random::<f64>() < told || given_away
    });
    let guesses = Guesses { canaries, made: canaries, right: right.count() as u64 };
    one_run_epsilon_lower(guesses, delta, confidence()).unwrap()
}

#[test]
fn randomized_response_of_the_claimed_epsilon_is_not_contradicted() {
    let rounds = rounds(200);
    for (epsilon, delta) in [(0.1, 0.0), (1.0, 0.0), (1.0, 1e-3), (4.0, 0.0), (4.0, 1e-5)] {
        let alarms = contradicted(epsilon, rounds, |rng| randomized_response(epsilon, delta, rng));
        let text = format!("ε = {epsilon}, δ = {delta}: {alarms} of {rounds}");
        writeln!(std::io::stdout(), "{text} contradicted").unwrap();
        assert!(alarms <= most(rounds, 1.0 - CONFIDENCE), "{text}");
    }
}

/// Claimed 1, and the coins are flipped as for 2: contradicted in at least 95 % of the rounds.
#[test]
fn half_the_noise_of_randomized_response_is_contradicted() {
    let rounds = rounds(200);
    for delta in [0.0, 1e-5] {
        let seen = contradicted(1.0, rounds, |rng| randomized_response(2.0, delta, rng));
        assert!(20 * seen >= 19 * rounds, "δ = {delta}: {seen} of {rounds}");
    }
}

/// A standard normal number (Box and Muller 1958).
fn normal(rng: &mut ChaCha12Rng) -> f64 {
    let (u, v): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// A count with Gaussian noise σ, released 2,000 times with and 2,000 times without a person, told
/// apart at the middle, as ε of a Gaussian mechanism at δ = 1e−5.
fn noisy_count(sigma: f64, rng: &mut ChaCha12Rng) -> f64 {
    let runs = 2000;
    let mut said =
        |count: f64| (0..runs).filter(|_| count + sigma * normal(rng) > 0.5).count() as u64;
    let (true_positives, false_positives) = (said(1.0), said(0.0));
    let counts =
        Distinguished { true_positives, positives: runs, false_positives, negatives: runs };
    gaussian_epsilon(multi_run_mu_lower(counts, confidence()).unwrap(), 1e-5).unwrap()
}

/// σ = 3.7306 is (1, 1e−5)-differentially private (Balle and Wang 2018), and half of it is not.
#[test]
fn a_noisy_count_is_contradicted_when_its_noise_is_halved_and_not_else() {
    let rounds = rounds(100);
    let alarms = contradicted(1.0, rounds, |rng| noisy_count(3.7306, rng));
    writeln!(std::io::stdout(), "noisy count: {alarms} of {rounds} contradicted").unwrap();
    assert!(alarms <= most(rounds, 1.0 - CONFIDENCE), "{alarms} of {rounds}");
    let seen = contradicted(1.0, rounds, |rng| noisy_count(3.7306 / 2.0, rng));
    assert!(20 * seen >= 19 * rounds, "{seen} of {rounds}");
}

//! Persons alone in populations of known truth: how far the estimators from samples are off.

use std::collections::HashMap;

use dosimeter::random::Seed;
use dosimeter::stats::{
    ClassSizes, SlideNegativeBinomial, dankar_uniques, pitman_uniques, zayatz_uniques,
};
use rand::RngExt;
use rand::seq::index::sample;
use rand_chacha::ChaCha12Rng;

use super::rounds;

/// The class of each of 40,000 persons.
type Population = fn(&mut ChaCha12Rng) -> Vec<u64>;

const PERSONS: usize = 40_000;

/// Pitman's process with θ = 500, α = ½: a person begins a class with (θ + uα)/(θ + n), else joins one with weight
/// size − α: that of a random earlier person, but of its first member only with 1 − α.
fn pitman(rng: &mut ChaCha12Rng) -> Vec<u64> {
    let (theta, alpha) = (500.0, 0.5);
    let mut members: Vec<(u64, bool)> = Vec::new();
    let mut classes = 0;
    for n in 0..PERSONS {
        if rng.random::<f64>() * (theta + n as f64) < theta + classes as f64 * alpha {
            members.push((classes, true));
            classes += 1;
            continue;
        }
        let joined = loop {
            let (class, first) = members[rng.random_range(0..n)];
            if !first || rng.random::<f64>() >= alpha {
                break class;
            }
        };
        members.push((joined, false));
    }
    members.into_iter().map(|(class, _)| class).collect()
}

/// Classes of 1 + NegBin(0.7, 0.25) persons.
fn slide(rng: &mut ChaCha12Rng) -> Vec<u64> {
    let mut class_of = Vec::new();
    for class in 0.. {
        let (mut turn, mut mass, mut size) = (rng.random::<f64>(), 0.25_f64.powf(0.7), 1);
        while turn > mass && size < 200 {
            turn -= mass;
            mass *= (0.7 + f64::from(size) - 1.0) / f64::from(size) * 0.75;
            size += 1;
        }
        class_of.extend((0..size).map(|_| class));
        if class_of.len() >= PERSONS {
            class_of.truncate(PERSONS);
            break;
        }
    }
    class_of
}

/// Zipf's law over 100,000 keys: the k-th is carried with weight 1/k.
fn zipf(rng: &mut ChaCha12Rng) -> Vec<u64> {
    // 1/k is nearly the law of 100,000^U.
    (0..PERSONS).map(|_| 100_000.0_f64.powf(rng.random()) as u64).collect()
}

/// Keys of a table: an even age, a lopsided town, two independent answers.
fn table(rng: &mut ChaCha12Rng) -> Vec<u64> {
    let lopsided = |rng: &mut ChaCha12Rng, levels: f64| (levels.powf(rng.random()) - 1.0) as u64;
    (0..PERSONS)
        .map(|_| {
            let age = rng.random_range(0..80);
            ((age * 1000 + lopsided(rng, 300.0)) * 100 + lopsided(rng, 12.0)) * 2
                + lopsided(rng, 3.0) / 2
        })
        .collect()
}

fn sizes<'a>(classes: impl Iterator<Item = &'a u64>) -> ClassSizes {
    let mut counts: HashMap<u64, u64> = HashMap::new();
    classes.for_each(|&class| *counts.entry(class).or_insert(0) += 1);
    ClassSizes::new(counts.into_values())
}

/// The estimates of one sample as shares of the truth: Zayatz, Pitman, slide, and the rule's choice.
fn estimates(population: Population, name: &str, round: u64, fraction: f64) -> [f64; 4] {
    let mut rng = Seed::new(round).part(name).rng();
    let class_of = population(&mut rng);
    let truth = sizes(class_of.iter()).of(1) as f64;
    let drawn = sample(&mut rng, PERSONS, (PERSONS as f64 * fraction) as usize);
    let seen = sizes(drawn.iter().map(|person| &class_of[person]));
    let slide = SlideNegativeBinomial::fit(&seen, fraction).map(|law| law.uniques());
    let found = [
        zayatz_uniques(&seen, fraction),
        pitman_uniques(&seen, fraction),
        slide,
        dankar_uniques(&seen, fraction),
    ];
    found.map(|uniques| uniques.unwrap() / truth)
}

const POPULATIONS: [(&str, Population); 4] =
    [("pitman", pitman), ("slide", slide), ("zipf", zipf), ("table", table)];

/// The rule's choice is within 60 % of the truth on samples of 2 % and 10 %, within a quarter on 30 %, within 5 % on
/// 70 %; nobody else is at small fractions (Zayatz finds up to seven times too many).
#[test]
fn the_rule_is_within_its_factor_of_the_truth() {
    for (name, population) in POPULATIONS {
        for (fraction, factor) in [(0.02, 1.9), (0.1, 1.6), (0.3, 1.25), (0.7, 1.05)] {
            for round in 0..rounds(5) {
                let [_, _, _, chosen] = estimates(population, name, round, fraction);
                let within = chosen < factor && chosen > 1.0 / factor;
                assert!(within, "{name} at {fraction}, round {round}: {chosen}");
            }
        }
    }
}

/// Each law is met by its own estimator where its sample says something, and the highest estimate, on which a limit
/// should be set, is not below the truth by more than a tenth.
#[test]
fn estimators_meet_their_own_laws_and_the_highest_is_not_too_low() {
    for round in 0..rounds(5) {
        let [_, own, _, _] = estimates(pitman, "pitman", round, 0.1);
        assert!((0.8..1.25).contains(&own), "pitman, round {round}: {own}");
        let [_, _, own, _] = estimates(slide, "slide", round, 0.3);
        assert!((0.8..1.25).contains(&own), "slide, round {round}: {own}");
        for (name, population) in POPULATIONS {
            for fraction in [0.02, 0.1, 0.3, 0.7] {
                let found = estimates(population, name, round, fraction);
                let highest = found.into_iter().fold(0.0, f64::max);
                assert!(highest > 0.9, "{name} at {fraction}, round {round}: {highest}");
            }
        }
    }
}

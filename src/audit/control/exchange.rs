//! Are train and holdout samples of one population? A two-sample test by classifier.
//!
//! # Estimator
//! Persons of train and holdout, up to 5,000 rows a side, are halved at random. Small boosted trees
//! learn on one half which side a row is of, and score the persons of the other half (mean over a
//! person's rows). The statistic is the rank sum of train's scores. Under exchangeability the labels of
//! the scored half are exchangeable given the first half, so that the share of permuted labels with a
//! rank sum at least as large, (1 + hits)/(1 + permutations), is an exact p-value however good or bad
//! the trees are (Lopez-Paz and Oquab 2017, Revisiting classifier two-sample tests; Davison and
//! Hinkley 1997, Bootstrap methods, section 4.2). `verdict` reads it from the two counts.
//!
//! # Limits
//! Half of the persons are spent on learning, and a difference in few persons is not seen. A sound
//! split is refused once in a hundred, by construction.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha12Rng;
use rayon::prelude::*;

use crate::encode::{Coded, Joint};
use crate::evidence::Measure;
use crate::learn::{Boosting, BoostingParameters, Pool};
use crate::random::Seed;
use crate::table::Persons;

/// Rows of either side, at most.
const ROWS: usize = 5000;

/// Persons of either side, at least: fewer cannot be told apart, and the test would say nothing.
const FEWEST: usize = 10;

/// Permutations of the labels.
const PERMUTATIONS: u64 = 4999;

/// Small trees: the test must be cheap, and large ones learn a half by heart.
const TREES: BoostingParameters =
    BoostingParameters { trees: 50, depth: 3, min_leaf: 20, rate: 0.1, ridge: 1.0, columns: None };

/// Permutations whose rank sum is at least that of the true labels, the true ones counted, of all;
/// nothing for fewer than [`FEWEST`] persons on a side.
pub(super) fn exchangeability(
    joint: &Joint,
    holdout: (&Coded, &Persons),
    train: &Persons,
    seed: Seed,
) -> Option<Measure> {
    if train.count.min(holdout.1.count) < FEWEST {
        return None;
    }
    let mut rng = seed.part("halves").rng();
    let (train_rows, train) = drawn(&joint.train, train, &mut rng);
    let (holdout_rows, holdout) = drawn(holdout.0, holdout.1, &mut rng);
    let samples = [(&train_rows, &train), (&holdout_rows, &holdout)];
    let pool = Pool::draw(samples, usize::MAX, seed);
    let (ranks, labels) = scored(&pool, &mut rng, seed)?;
    let observed = rank_sum(&ranks, &labels);
    let count = labels.iter().filter(|&&label| label).count();
    let round = |round: u64| {
        let mut rng = seed.part(&format!("permutation {round}")).rng();
        u64::from(permuted(&ranks, count, &mut rng) >= observed)
    };
    let hits: u64 = (0..PERMUTATIONS).into_par_iter().map(round).sum();
    Some(Measure::Rate { successes: (hits + 1) as f64, trials: PERMUTATIONS + 1, frame: None })
}

/// Random persons of a sample, up to [`ROWS`] rows.
fn drawn(rows: &Coded, persons: &Persons, rng: &mut ChaCha12Rng) -> (Coded, Persons) {
    let mut of_person: Vec<Vec<usize>> = vec![Vec::new(); persons.count];
    for (row, &person) in persons.of_row.iter().enumerate() {
        of_person[person as usize].push(row);
    }
    of_person.shuffle(rng);
    let (mut chosen, mut of_row, mut count) = (Vec::new(), Vec::new(), 0);
    for own in of_person.into_iter().filter(|own| own.len() <= ROWS) {
        if chosen.len() + own.len() > ROWS {
            break;
        }
        of_row.extend(own.iter().map(|_| count));
        chosen.extend(own);
        count += 1;
    }
    (rows.select(&chosen), Persons { of_row, count: count as usize, unnamed: Vec::new() })
}

/// Learns on a random half of the persons: twice the mid-ranks of the others' scores, whole numbers,
/// and their labels.
fn scored(pool: &Pool, rng: &mut ChaCha12Rng, seed: Seed) -> Option<(Vec<u64>, Vec<bool>)> {
    let mut order: Vec<usize> = (0..pool.first.len()).collect();
    order.shuffle(rng);
    let (learned, tested) = order.split_at(order.len() / 2);
    let mut learns = vec![false; order.len()];
    learned.iter().for_each(|&unit| learns[unit] = true);
    let rows = 0..pool.binned.rows as u32;
    let (train, test): (Vec<u32>, Vec<u32>) =
        rows.partition(|&row| learns[pool.unit[row as usize] as usize]);
    let labels = pool.by_row(&pool.first);
    let model = Boosting::classify(&pool.binned, &labels, &train, TREES, seed)?;
    let mut scores = vec![0.0; pool.binned.rows];
    for (row, score) in test.iter().zip(model.predict(&pool.binned, &test)) {
        scores[*row as usize] = score;
    }
    let scores = pool.by_unit(&scores);
    let scores: Vec<f64> = tested.iter().map(|&unit| scores[unit]).collect();
    Some((doubled_midranks(&scores), tested.iter().map(|&unit| pool.first[unit]).collect()))
}

/// Twice the rank of each value, ties sharing the mean of theirs.
fn doubled_midranks(values: &[f64]) -> Vec<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let below = |value: &f64| sorted.partition_point(|other| other < value);
    let up_to = |value: &f64| sorted.partition_point(|other| other <= value);
    values.iter().map(|value| (below(value) + up_to(value) + 1) as u64).collect()
}

fn rank_sum(ranks: &[u64], labels: &[bool]) -> u64 {
    ranks.iter().zip(labels).filter(|(_, label)| **label).map(|(rank, _)| rank).sum()
}

/// The rank sum of `count` persons drawn at random (selection sampling: Fan, Muller and Rezucha 1962,
/// J. Am. Statist. Assoc. 57:387).
fn permuted(ranks: &[u64], count: usize, rng: &mut ChaCha12Rng) -> u64 {
    let (mut wanted, mut left, mut sum) = (count as u64, ranks.len() as u64, 0);
    for rank in ranks {
        if rng.random_range(0..left) < wanted {
            wanted -= 1;
            sum += rank;
        }
        left -= 1;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::audit;
    use crate::stats::binomial_upper_tail;

    const TEXT: [&str; 2] = [
        include_str!("../../../fixtures/flchain/train.csv"),
        include_str!("../../../fixtures/flchain/holdout.csv"),
    ];

    /// The p-value of a train and a holdout of flchain persons, given as lines.
    fn p(train: &[&str], holdout: &[&str], seed: u64) -> f64 {
        let schema = include_str!("../../../fixtures/flchain/schema.toml");
        let header = TEXT[0].lines().next().unwrap();
        let csv = |rows: &[&str]| format!("{header}\n{}\n", rows.join("\n"));
        let audit = audit(schema, &csv(train), Some(&csv(holdout)), &csv(&train[..50]));
        let joint = audit.joint();
        let holdout = (joint.holdout.as_ref().unwrap(), audit.holdout_persons.as_ref().unwrap());
        match exchangeability(joint, holdout, &audit.train_persons, Seed::new(seed)) {
            Some(Measure::Rate { successes, trials, .. }) => successes / trials as f64,
            other => panic!("{other:?}"),
        }
    }

    /// All persons of the fixture, in random order.
    fn people(seed: u64) -> Vec<&'static str> {
        let mut people: Vec<&str> = TEXT.iter().flat_map(|text| text.lines().skip(1)).collect();
        people.shuffle(&mut Seed::new(seed).rng());
        people
    }

    /// Scores 3, 1, 1, 2: ranks 4, 1.5, 1.5, 3. Twice those of the first and the last add up to 14.
    #[test]
    fn hand_worked() {
        let ranks = doubled_midranks(&[3.0, 1.0, 1.0, 2.0]);
        assert_eq!(ranks, [8, 3, 3, 6]);
        assert_eq!(rank_sum(&ranks, &[true, false, false, true]), 14);
    }

    /// All six ways to draw two of four ranks come equally often.
    #[test]
    fn permutations_draw_every_subset_alike() {
        let mut counts = std::collections::BTreeMap::new();
        let mut rng = Seed::new(0).rng();
        for _ in 0..6000 {
            *counts.entry(permuted(&[1, 2, 4, 8], 2, &mut rng)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|&count| (880..1120).contains(&count)), "{counts:?}");
    }

    /// Size: on 200 random splits of the fixture the test at 1 % and at 5 % rejects as often as a
    /// binomial allows, and not never.
    #[test]
    fn null_size_on_random_splits() {
        const SEEDS: u64 = 200;
        let split = |seed| {
            let people = people(seed);
            p(&people[..2000], &people[2000..3000], seed)
        };
        let p: Vec<f64> = (0..SEEDS).into_par_iter().map(split).collect();
        for level in [0.01, 0.05, 0.5] {
            let rejected = p.iter().filter(|&&p| p <= level).count() as u64;
            let often = binomial_upper_tail(rejected, SEEDS, level).unwrap();
            let seldom = binomial_upper_tail(SEEDS - rejected, SEEDS, 1.0 - level).unwrap();
            assert!(often > 0.001 && seldom > 0.001, "{level}: {rejected} of {SEEDS}");
        }
    }

    /// Power: a holdout of the older half with every fourth younger person left in is told apart.
    #[test]
    fn power_a_shifted_holdout_is_refused() {
        let people = people(1);
        let (train, rest) = people.split_at(4000);
        let age = |row: &str| row.split(',').next().unwrap().parse::<f64>().unwrap();
        let kept = |(i, row): &(usize, &&str)| age(row) >= 64.0 || i % 4 == 0;
        let shifted: Vec<&str> =
            rest.iter().enumerate().filter(kept).map(|(_, row)| *row).collect();
        let found = p(train, &shifted, 0);
        assert!(found < 0.001, "{found}");
        assert!(p(train, rest, 0) > 0.01);
    }

    #[test]
    fn a_handful_of_persons_is_not_tested() {
        let people = people(2);
        let schema = include_str!("../../../fixtures/flchain/schema.toml");
        let header = TEXT[0].lines().next().unwrap();
        let csv = |rows: &[&str]| format!("{header}\n{}\n", rows.join("\n"));
        let audit =
            audit(schema, &csv(&people[..99]), Some(&csv(&people[100..109])), &csv(&people[..50]));
        let joint = audit.joint();
        let holdout = (joint.holdout.as_ref().unwrap(), audit.holdout_persons.as_ref().unwrap());
        assert!(exchangeability(joint, holdout, &audit.train_persons, Seed::new(0)).is_none());
    }
}

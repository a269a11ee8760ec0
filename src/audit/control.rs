//! Tests of the control itself, before any attack contrasts with it.
//!
//! # Estimator
//! *Overlap*: holdout persons with an equal or nearly equal record in train, against train persons
//! with one of another train person; chance doubles are as frequent on both sides of a fair split, so
//! an excess means that persons stand on both sides (Fisher's exact test in `verdict`).
//!
//! *Contamination*: holdout persons who are matched, exactly or nearly, by the release and not by
//! train (b), against those matched by train and not by the release (c), both tables cut to equal
//! size. A release that never saw the holdout is at best another sample of the population, like
//! train; b above c means it has (exact McNemar test in `verdict`). The larger table is subsampled
//! five times and the counts averaged, b rounded up and c down: towards alarm.
//!
//! *Exchangeability*: a classifier that has learned on one half of the persons tells train from
//! holdout in the other half, against permuted labels (see `exchange`).
//!
//! # Limits
//! Both see doubles only. A generator that has seen the holdout and moves its records further than that is not
//! noticed here, and it makes every contrast smaller: such a holdout hides leaks. That the split came before the
//! training is what the auditor has to know. A small table whose categories cover all
//! combinations has no persons matched by one side only, and then nothing can be said against it.
//! Persons of one cell of a coarse table are hit together, which the tests take for independent: on
//! four coarse columns of flchain contamination rejects 5 of 200 sound controls instead of 2. An alarm
//! clears nothing.
//!
//! # References
//! McNemar 1947, Psychometrika 12:153; Fisher 1935, The Design of Experiments.

mod exchange;

use rand::seq::index::sample;

use super::Audit;
use crate::encode::{Coded, Codes, Joint, quantile};
use crate::evidence::{Count, Evidence, Measure};
use crate::nearest::agreeing;
use crate::random::Seed;
use crate::table::Persons;

/// Metrics that this file produces.
pub const METRICS: &[&str] =
    &["control.overlap", "control.contamination", "control.exchangeability"];

/// Subsamples of the larger of release and train.
const ROUNDS: u32 = 5;

/// A number this share of its scale apart, or one step of the schema, is near.
pub const NEAR: f64 = 0.001;

/// However wide a schema's bounds or step: no further apart than this share of the real spread, or
/// one real step, or everything would be near everything.
const NEAR_AT_MOST: f64 = 0.01;

/// Per column: how far apart two numbers may be to count as near, in the column's unit.
#[must_use]
pub fn tolerances(joint: &Joint, share: f64) -> Vec<f64> {
    let columns = joint.scales.iter().zip(&joint.schemas).zip(&joint.train.columns);
    columns
        .map(|((scale, schema), real)| {
            let wanted = scale.map_or(0.0, |scale| (share * scale).max(schema.step.unwrap_or(0.0)));
            wanted.min(most(real))
        })
        .collect()
}

/// The larger of [`NEAR_AT_MOST`] of the spread q99.5 − q0.5 of the real numbers and the smallest gap
/// between two of them.
fn most(real: &Codes) -> f64 {
    let Codes::Number(values) = real else { return 0.0 };
    let mut known: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    let (Some(first), Some(last)) = (quantile(&known, 0.005), quantile(&known, 0.995)) else {
        return 0.0;
    };
    known.dedup();
    let gaps = known.windows(2).map(|pair| pair[1] - pair[0]);
    let gap = gaps.reduce(f64::min).unwrap_or(0.0);
    (NEAR_AT_MOST * (last - first)).max(gap)
}

/// Tests the control; nothing without a holdout.
pub(super) fn test(audit: &Audit, seed: Seed) -> Vec<Evidence> {
    let mut facts = doubles(audit, seed);
    let joint = audit.joint();
    if let (Some(holdout), Some(persons)) = (&joint.holdout, &audit.holdout_persons) {
        let (train, seed) = (&audit.train_persons, seed.part("exchangeability"));
        let measure = exchange::exchangeability(joint, (holdout, persons), train, seed);
        facts.extend(measure.map(|measure| Evidence::whole(METRICS[2], measure)));
    }
    facts
}

/// The tests that look for doubles.
fn doubles(audit: &Audit, seed: Seed) -> Vec<Evidence> {
    let joint = audit.joint();
    let (Some(holdout), Some(persons)) = (&joint.holdout, &audit.holdout_persons) else {
        return Vec::new();
    };
    let seed = seed.part("contamination");
    vec![
        Evidence::whole(METRICS[0], overlap(joint, holdout, persons, &audit.train_persons)),
        Evidence::whole(METRICS[1], contamination(joint, holdout, persons, seed)),
    ]
}

fn overlap(joint: &Joint, holdout: &Coded, h: &Persons, t: &Persons) -> Measure {
    let near = tolerances(joint, NEAR);
    let across = agreeing(holdout, &joint.train, &near, |_, _| false);
    let same_person = |query: usize, row: usize| t.of_row[query] == t.of_row[row];
    let within = agreeing(&joint.train, &joint.train, &near, same_person);
    Measure::Difference {
        treated: persons_hit(h, &across),
        control: persons_hit(t, &within),
        baseline: None,
    }
}

fn contamination(joint: &Joint, holdout: &Coded, persons: &Persons, seed: Seed) -> Measure {
    let near = tolerances(joint, NEAR);
    let (n_s, n_t) = (joint.synthetic.rows, joint.train.rows);
    let size = n_s.min(n_t);
    let rounds = if n_s == n_t { 1 } else { ROUNDS };
    let mut rng = seed.rng();
    let matched = |rows: &Coded| by_person(persons, &agreeing(holdout, rows, &near, |_, _| false));
    // A table that is taken whole is searched once.
    let whole =
        [&joint.synthetic, &joint.train].map(|rows| (rows.rows == size).then(|| matched(rows)));
    let mut sampled = |rows: &Coded| {
        let chosen = sample(&mut rng, rows.rows, size).into_vec();
        matched(&rows.select(&chosen))
    };
    let (mut released, mut real) = (0, 0);
    for _ in 0..rounds {
        let [by_release, by_train] = [(&joint.synthetic, 0), (&joint.train, 1)]
            .map(|(rows, side)| whole[side].clone().unwrap_or_else(|| sampled(rows)));
        let only = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| **a && !**b).count();
        released += only(&by_release, &by_train) as u64;
        real += only(&by_train, &by_release) as u64;
    }
    let trials = persons.count as u64;
    Measure::Difference {
        treated: Count { successes: released.div_ceil(u64::from(rounds)), trials },
        control: Count { successes: real / u64::from(rounds), trials },
        baseline: None,
    }
}

/// Which persons have at least one row that was hit.
#[must_use]
pub fn by_person(persons: &Persons, hits: &[bool]) -> Vec<bool> {
    let mut hit = vec![false; persons.count];
    for (&person, &row) in persons.of_row.iter().zip(hits) {
        hit[person as usize] |= row;
    }
    hit
}

/// How many persons have at least one row that was hit, of how many.
#[must_use]
pub fn persons_hit(persons: &Persons, hits: &[bool]) -> Count {
    let successes = by_person(persons, hits).into_iter().filter(|&hit| hit).count() as u64;
    Count { successes, trials: persons.count as u64 }
}

#[cfg(test)]
mod tests {
    use rand::seq::SliceRandom;

    use super::*;
    use crate::audit::testing::{audit, difference};
    use crate::stats::{binomial_upper_tail, fisher_greater};

    const SCHEMA: &str = "[columns.x]\nkind = \"integer\"\nlower = 0\nupper = 100\n\
                          [columns.c]\nkind = \"categorical\"\n";

    fn facts(train: &str, holdout: &str, released: &str) -> Vec<Evidence> {
        test(&audit(SCHEMA, train, Some(holdout), released), Seed::new(0))
    }

    /// Two of three holdout persons stand in train too (5,a and 6,b); within train, (5,a) stands
    /// twice, so that two of four train persons have a double.
    #[test]
    fn overlap_hand_worked() {
        let facts = facts("x,c\n5,a\n5,a\n6,b\n7,b\n", "x,c\n5,a\n6,b\n9,a\n", "x,c\n50,a\n");
        assert_eq!(difference(&facts, "control.overlap"), ((2, 3), (2, 4)));
    }

    /// Equal sizes, so one round. Of four holdout persons the release matches 30 and 40, train
    /// matches 40 and 50: one by the release alone, one by train alone. 60 is matched by neither.
    #[test]
    fn contamination_hand_worked() {
        let facts = facts(
            "x,c\n40,a\n50,a\n90,a\n",
            "x,c\n30,a\n40,a\n50,a\n60,a\n",
            "x,c\n30,a\n40,a\n80,a\n",
        );
        assert_eq!(difference(&facts, "control.contamination"), ((1, 4), (1, 4)));
    }

    /// Three fresh samples of one population (the flchain fixture) as train, holdout and release,
    /// over the given columns. How often the tests at 1 % reject, of `seeds`.
    fn rejections(seeds: u64, columns: &[usize]) -> [u64; 2] {
        let schema = include_str!("../../fixtures/flchain/schema.toml");
        let text = [
            include_str!("../../fixtures/flchain/train.csv"),
            include_str!("../../fixtures/flchain/holdout.csv"),
        ];
        let cut = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            columns.iter().map(|&column| cells[column]).collect::<Vec<_>>().join(",")
        };
        let header = cut(text[0].lines().next().unwrap());
        let people: Vec<String> =
            text.iter().flat_map(|text| text.lines().skip(1).map(cut)).collect();
        let schema = kept(schema, &header);
        let csv = |rows: &[String]| format!("{header}\n{}\n", rows.join("\n"));
        let mut rejected = [0; 2];
        for seed in 0..seeds {
            let mut people = people.clone();
            people.shuffle(&mut Seed::new(seed).rng());
            let [t, h, s] = [&people[..3000], &people[3000..5000], &people[5000..]];
            let facts = doubles(&audit(&schema, &csv(t), Some(&csv(h)), &csv(s)), Seed::new(seed));
            let ((k1, n1), (k2, n2)) = difference(&facts, "control.overlap");
            rejected[0] += u64::from(fisher_greater(k1, n1, k2, n2).unwrap() <= 0.01);
            let ((b, _), (c, _)) = difference(&facts, "control.contamination");
            rejected[1] += u64::from(binomial_upper_tail(b, b + c, 0.5).unwrap() <= 0.01);
        }
        rejected
    }

    /// The schema's sections of the named columns.
    fn kept(schema: &str, header: &str) -> String {
        let (head, sections) = schema.split_once("[columns.").unwrap();
        let named = |section: &&str| {
            let name = section.split(']').next().unwrap().trim_matches('"');
            header.split(',').any(|column| column == name)
        };
        let sections = sections.split("[columns.").filter(named);
        sections.fold(head.to_owned(), |text, section| format!("{text}[columns.{section}"))
    }

    /// Size: on fresh samples a test at 1 % rejects no more often than a binomial of 1 % allows, on the
    /// whole table, where hardly anybody has a double, and on few coarse columns, where most people
    /// have one.
    #[test]
    fn null_size_on_fresh_samples() {
        const SEEDS: u64 = 200;
        for columns in [&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10][..], &[0, 1, 2, 5, 10], &[0, 1, 5, 9]] {
            for (test, rejected) in
                ["overlap", "contamination"].into_iter().zip(rejections(SEEDS, columns))
            {
                let chance = binomial_upper_tail(rejected, SEEDS, 0.01).unwrap();
                assert!(chance > 0.001, "{columns:?} {test}: {rejected} of {SEEDS} rejected");
            }
        }
    }

    /// A generator that copies 5 % of train and 5 % of the holdout, as one split after training does.
    #[test]
    fn power_a_split_after_training_is_found() {
        // No two alike: 97 and 1009 have no common divisor.
        let row = |i: u32| format!("{},{}", i % 97, i % 1009);
        let rows = |range: std::ops::Range<u32>| range.map(row).collect::<Vec<_>>();
        let csv = |rows: &[String]| format!("x,c\n{}\n", rows.join("\n"));
        let schema = "[columns.x]\nkind = \"integer\"\nlower = 0\nupper = 97\n\
                      [columns.c]\nkind = \"integer\"\nlower = 0\nupper = 1009\n";
        let (train, holdout) = (rows(0..2000), rows(50_000..51_000));
        let mut released = rows(80_000..81_850);
        released.extend_from_slice(&train[..100]);
        released.extend_from_slice(&holdout[..50]);
        let audit = audit(schema, &csv(&train), Some(&csv(&holdout)), &csv(&released));
        let ((b, _), (c, _)) = difference(&test(&audit, Seed::new(0)), "control.contamination");
        assert!(b >= 50 && binomial_upper_tail(b, b + c, 0.5).unwrap() < 1e-6, "{b} {c}");
    }
}

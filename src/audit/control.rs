//! Tests of the control itself, before any attack contrasts with it.
//!
//! # Estimator
//! *Overlap*: holdout persons with an identical record in train, against train persons with an
//! identical record of another train person; chance doubles are as frequent on both sides of a fair
//! split, so an excess means that persons stand on both sides (Fisher's exact test in `verdict`).
//!
//! *Contamination*: holdout persons who are matched, exactly or nearly, by the release and not by
//! train (b), against those matched by train and not by the release (c), both tables cut to equal
//! size. A release that never saw the holdout is at best another sample of the population, like
//! train; b above c means it has (exact McNemar test in `verdict`). The larger table is subsampled
//! [`ROUNDS`] times and the counts averaged, b rounded up and c down: towards alarm.
//!
//! # Limits
//! Both see doubles only. A generator that has seen the holdout without reproducing any of it is
//! found by the scores of the distance attacks. A small table whose categories cover all
//! combinations has no persons matched by one side only, and then nothing can be said against it.
//!
//! # References
//! McNemar 1947, Psychometrika 12:153; Fisher 1935, The Design of Experiments.

use rand::seq::index::sample;

use super::Audit;
use crate::encode::{Coded, Joint};
use crate::evidence::{Count, Evidence, Measure};
use crate::nearest::agreeing;
use crate::random::Seed;
use crate::table::Persons;

/// Metrics that this file produces.
pub const METRICS: &[&str] = &["control.overlap", "control.contamination"];

/// Subsamples of the larger of release and train.
const ROUNDS: u32 = 5;

/// A number this share of its scale apart, or one step, is near.
pub const NEAR: f64 = 0.001;

/// Per column: how far apart two numbers may be to count as near, in the column's unit.
#[must_use]
pub fn tolerances(joint: &Joint, share: f64) -> Vec<f64> {
    let columns = joint.scales.iter().zip(&joint.schemas);
    columns
        .map(|(scale, schema)| {
            scale.map_or(0.0, |scale| (share * scale).max(schema.step.unwrap_or(0.0)))
        })
        .collect()
}

/// Tests the control; nothing without a holdout.
pub(super) fn test(audit: &Audit, seed: Seed) -> Vec<Evidence> {
    let joint = audit.joint();
    let (Some(holdout), Some(persons)) = (&joint.holdout, &audit.holdout_persons) else {
        return Vec::new();
    };
    vec![
        Evidence::whole("control.overlap", overlap(joint, holdout, persons, &audit.train_persons)),
        Evidence::whole(
            "control.contamination",
            contamination(joint, holdout, persons, seed.part("contamination")),
        ),
    ]
}

fn overlap(joint: &Joint, holdout: &Coded, h: &Persons, t: &Persons) -> Measure {
    let exact = vec![0.0; joint.names.len()];
    let across = agreeing(holdout, &joint.train, &exact, |_, _| false);
    let same_person = |query: usize, row: usize| t.of_row[query] == t.of_row[row];
    let within = agreeing(&joint.train, &joint.train, &exact, same_person);
    Measure::Difference { treated: persons_hit(h, &across), control: persons_hit(t, &within) }
}

fn contamination(joint: &Joint, holdout: &Coded, persons: &Persons, seed: Seed) -> Measure {
    let near = tolerances(joint, NEAR);
    let (n_s, n_t) = (joint.synthetic.rows, joint.train.rows);
    let size = n_s.min(n_t);
    let rounds = if n_s == n_t { 1 } else { ROUNDS };
    let mut rng = seed.rng();
    let (mut released, mut real) = (0, 0);
    for _ in 0..rounds {
        let mut matched = |rows: &Coded| {
            let hits = if rows.rows == size {
                agreeing(holdout, rows, &near, |_, _| false)
            } else {
                let chosen = sample(&mut rng, rows.rows, size).into_vec();
                agreeing(holdout, &rows.select(&chosen), &near, |_, _| false)
            };
            by_person(persons, &hits)
        };
        let (by_release, by_train) = (matched(&joint.synthetic), matched(&joint.train));
        let only = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| **a && !**b).count();
        released += only(&by_release, &by_train) as u64;
        real += only(&by_train, &by_release) as u64;
    }
    let trials = persons.count as u64;
    Measure::Difference {
        treated: Count { successes: released.div_ceil(u64::from(rounds)), trials },
        control: Count { successes: real / u64::from(rounds), trials },
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

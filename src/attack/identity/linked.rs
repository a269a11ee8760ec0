//! Recognised persons whom an adversary reaches from the quasi-identifiers alone.

use rayon::prelude::*;

use super::score::{CAP, Recogniser};
use crate::attack::keys::{Key, agree, key_columns};
use crate::audit::Audit;
use crate::evidence::{Evidence, Measure};
use crate::nearest::agreeing_counts;

/// Persons searched at a time.
const BATCH: usize = 2048;

/// `identity.keyed-rate` and `identity.marketer-rate` of persons whom the score puts at or above `threshold`, or
/// copied outright where there is none; nothing without quasi-identifiers.
pub(super) fn facts(audit: &Audit, by: &dyn Recogniser, threshold: Option<f64>) -> Vec<Evidence> {
    let sides = by.sides();
    let Ok(keys) = key_columns(audit.joint()) else { return Vec::new() };
    let least = threshold.unwrap_or(CAP) - 1e-9;
    let recognised: Vec<usize> = (sides.train.best.iter().zip(&sides.train.row))
        .filter(|(score, _)| **score >= least)
        .map(|(_, &row)| row)
        .collect();
    let reached: Vec<Reached> =
        recognised.chunks(BATCH).flat_map(|rows| reach(audit, by, rows, &keys)).collect();
    let persons = sides.train.best.len();
    let keyed = reached.iter().filter(|reached| reached.hits > 0).count();
    let mut facts = vec![
        Evidence::whole(
            "identity.keyed-rate",
            Measure::Rate {
                successes: keyed as f64,
                trials: persons as u64,
                frame: Some(persons as u64),
            },
        ),
        Evidence::whole("identity.marketer-rate", mean(&reached, persons)),
    ];
    let names: Vec<&str> =
        keys.iter().map(|key| audit.joint().names[key.column].as_str()).collect();
    for fact in &mut facts {
        fact.notes.push(format!("keys: {}", names.join(", ")));
        if threshold.is_none() {
            fact.caveats.push("no threshold could be set: only copies were counted".into());
        }
    }
    facts
}

/// Released rows that agree with a person on the keys, and those of them that are the person's.
struct Reached {
    candidates: usize,
    hits: usize,
}

fn reach(audit: &Audit, by: &dyn Recogniser, rows: &[usize], keys: &[Key]) -> Vec<Reached> {
    let joint = audit.joint();
    let queries = joint.train.select(rows);
    let columns: Vec<usize> = keys.iter().map(|key| key.column).collect();
    let precision: Vec<f64> = keys.iter().map(|key| key.precision).collect();
    let [asked, released] = [&queries, &joint.synthetic].map(|rows| rows.with_columns(&columns));
    let candidates = agreeing_counts(&asked, &released, &precision);
    let one = |((query, matched), candidates): ((usize, &Vec<u32>), usize)| {
        let fits = |&&row: &&u32| agree((&queries, query), (&joint.synthetic, row as usize), keys);
        Reached { candidates, hits: matched.iter().filter(fits).count() }
    };
    let matched = by.matched(audit, rows);
    matched.par_iter().enumerate().zip(candidates).map(one).collect()
}

/// The mean over all persons of hits over candidates, with its standard error.
fn mean(reached: &[Reached], persons: usize) -> Measure {
    let shares = reached.iter().map(|r| r.hits as f64 / r.candidates.max(1) as f64);
    let (sum, squares) = shares.fold((0.0, 0.0), |(s, q), x| (s + x, q + x * x));
    let n = persons as f64;
    let value = sum / n;
    let variance = (squares / n - value * value).max(0.0);
    Measure::Normal { value, standard_error: (variance / n).sqrt(), range: [0.0, 1.0] }
}

//! Persons alone with their keys, of whom the released rows with these keys say something true and new.
//!
//! A training person counts whose keys no other training person carries, and whose keys a released row
//! carries, if for one other column at least (the sensitive ones, or all where none is declared) what
//! these rows claim is right and not a matter of course: a category on which all of them agree, or
//! a number, their median, within 1.48 median absolute deviations of the person's; carried or met by
//! less than half of the training persons (El Emam, Mosquera and Bass 2020 ask what a match teaches).
//! An apparent rate: chance makes matches too. `match-rate-holdout` is the same for holdout persons, each
//! put in the place of a random training person.

use std::collections::HashMap;

use rand::RngExt;

use crate::attack::keys::{binned, classes, key_columns};
use crate::audit::Audit;
use crate::encode::{Coded, Codes, Joint};
use crate::evidence::{Evidence, Measure};
use crate::random::Seed;
use crate::table::{MISSING, Role};

/// How many median absolute deviations off a claimed number may be: one standard deviation of a normal law.
const DEVIATIONS: f64 = 1.48;

/// The released rows that carry a key.
type Rows = HashMap<Vec<u64>, Vec<usize>>;

/// `identity.match-rate` and, with a holdout, `identity.match-rate-holdout`; nothing without quasi-identifiers
/// or without another column.
pub(super) fn facts(audit: &Audit, seed: Seed) -> Vec<Evidence> {
    let joint = audit.joint();
    let Ok(keys) = key_columns(joint) else { return Vec::new() };
    let claims = claims(joint);
    if claims.is_empty() {
        return Vec::new();
    }
    let real = binned(&joint.train, &keys);
    let classes = classes(&real, &audit.train_persons);
    let mut released = Rows::new();
    for (row, key) in binned(&joint.synthetic, &keys).into_iter().enumerate() {
        released.entry(key).or_default().push(row);
    }
    let taught = |rows: &Coded, row: usize, key: &Vec<u64>| {
        let claimed = released.get(key);
        claimed.is_some_and(|claimed| {
            claims.iter().any(|claim| claim.right(joint, rows, row, claimed))
        })
    };
    let mut hit = vec![false; audit.train_persons.count];
    for (row, key) in real.iter().enumerate() {
        let person = audit.train_persons.of_row[row] as usize;
        hit[person] |= classes.get(key) == Some(&1) && taught(&joint.train, row, key);
    }
    let mut facts = vec![census("identity.match-rate", &hit)];
    if let (Some(holdout), Some(persons)) = (&joint.holdout, &audit.holdout_persons) {
        let mut rng = seed.rng();
        let mut hit = vec![false; persons.count];
        for (row, key) in binned(holdout, &keys).iter().enumerate() {
            // In the place of a random training person, who may have been the only one with the key.
            let replaced = rng.random_range(0..real.len());
            let others = classes.get(key).copied().unwrap_or(0);
            let alone = others == 0 || (others == 1 && real[replaced] == *key);
            hit[persons.of_row[row] as usize] |= alone && taught(holdout, row, key);
        }
        facts.push(census("identity.match-rate-holdout", &hit));
    }
    let names = |columns: &mut dyn Iterator<Item = usize>| {
        columns.map(|column| joint.names[column].as_str()).collect::<Vec<_>>().join(", ")
    };
    for fact in &mut facts {
        fact.notes.push(format!("keys: {}", names(&mut keys.iter().map(|key| key.column))));
        fact.notes
            .push(format!("learned: {}", names(&mut claims.iter().map(|claim| claim.column))));
    }
    facts
}

fn census(metric: &str, hit: &[bool]) -> Evidence {
    let (successes, trials) = (hit.iter().filter(|&&hit| hit).count(), hit.len() as u64);
    let measure = Measure::Rate { successes: successes as f64, trials, frame: Some(trials) };
    Evidence::whole(metric, measure)
}

/// A column about which rows make a claim.
struct Claim {
    column: usize,
    /// How far off a number may be; 0 for categories.
    within: f64,
    /// The training values, sorted: numbers, or how many rows carry each category.
    known: Vec<f64>,
}

/// The sensitive columns, or every column that is no quasi-identifier where none is declared.
fn claims(joint: &Joint) -> Vec<Claim> {
    let role = |column: &usize| joint.schemas[*column].role;
    let all = 0..joint.names.len();
    let sensitive: Vec<usize> = all.clone().filter(|c| role(c) == Role::Sensitive).collect();
    let other = all.filter(|c| role(c) != Role::QuasiIdentifier).collect();
    let columns = if sensitive.is_empty() { other } else { sensitive };
    columns.into_iter().map(|column| Claim::new(joint, column)).collect()
}

impl Claim {
    fn new(joint: &Joint, column: usize) -> Self {
        match &joint.train.columns[column] {
            Codes::Number(values) => {
                let known = sorted(values.iter().copied());
                let middle = median(&known);
                let apart = sorted(known.iter().map(|x| (x - middle).abs()));
                Self { column, within: DEVIATIONS * median(&apart), known }
            }
            Codes::Category(codes) => {
                let mut known = Vec::new();
                for &code in codes.iter().filter(|&&code| code != MISSING) {
                    known.resize(known.len().max(code as usize + 1), 0.0);
                    known[code as usize] += 1.0;
                }
                Self { column, within: 0.0, known }
            }
        }
    }

    /// Whether the `claimed` released rows say something true and new of a row.
    fn right(&self, joint: &Joint, rows: &Coded, row: usize, claimed: &[usize]) -> bool {
        let half = joint.train.rows as f64 / 2.0;
        match (&rows.columns[self.column], &joint.synthetic.columns[self.column]) {
            (Codes::Category(real), Codes::Category(released)) => {
                let value = real[row];
                let carried = self.known.get(value as usize).copied().unwrap_or(0.0);
                value != MISSING
                    && carried < half
                    && claimed.iter().all(|&claim| released[claim] == value)
            }
            (Codes::Number(real), Codes::Number(released)) => {
                let claim = median(&sorted(claimed.iter().map(|&claim| released[claim])));
                let met = self.known.partition_point(|&x| x <= claim + self.within)
                    - self.known.partition_point(|&x| x < claim - self.within);
                (real[row] - claim).abs() <= self.within && (met as f64) < half
            }
            _ => false,
        }
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut known: Vec<f64> = values.filter(|x| !x.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    known
}

/// The middle of sorted numbers, the mean of two middles; NaN of none.
fn median(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    match n {
        0 => f64::NAN,
        _ => (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0,
    }
}

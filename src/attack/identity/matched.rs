//! Persons alone with their keys, of whom the released rows with these keys say something true and new.
//!
//! A training person counts whose keys nobody else in the frame carries, and whose keys a released row
//! carries, if for one other column at least (the sensitive ones, or all where none is declared) what
//! these rows claim is right and not a matter of course: a category on which all of them agree, or
//! a number, their median, within 1.48 median absolute deviations of the person's; carried or met by
//! less than half of the training persons (El Emam, Mosquera and Bass 2020 ask what a match teaches).
//! The frame is the population table if there is one, else train; of a population of known size, the persons
//! alone in train count by the chance that they are alone in it (see `frame`).
//! An apparent rate: chance makes matches too. `match-rate-holdout` is the same for holdout persons, each
//! put in the place of a random training person where train is all that is known.
//!
//! Positive control: planted persons of whom the rows with their keys in the planted release say something true and
//! new, to the extent that they are alone in the frame. With coarse keys hardly anybody is: such an adversary
//! gets little from a copy, and a small rate says little of what was copied.

use rand::RngExt;

use super::frame::Frame;
use super::keyed::{Keyed, learned, names};
use crate::attack::keys::binned;
use crate::attack::planted::Tally;
use crate::attack::sorted::{median, sorted};
use crate::audit::Audit;
use crate::encode::{Coded, Codes, Joint};
use crate::evidence::{Evidence, Measure, Planting};
use crate::random::Seed;
use crate::table::MISSING;

/// How many median absolute deviations off a claimed number may be: one standard deviation of a normal law.
const DEVIATIONS: f64 = 1.48;

/// `identity.match-rate` and, with a holdout, `identity.match-rate-holdout`; nothing without another column.
pub(super) fn facts(audit: &Audit, keyed: &Keyed, seed: Seed) -> Vec<Evidence> {
    let joint = audit.joint();
    let claims: Vec<Claim> =
        learned(joint).into_iter().map(|column| Claim::new(joint, column)).collect();
    if claims.is_empty() {
        return Vec::new();
    }
    let taught = |rows: &Coded, row: usize, key: u32| {
        let claimed =
            keyed.shown[key as usize].iter().map(|&shown| (&joint.synthetic, shown as usize));
        taught(&claims, (rows, row), &claimed.collect::<Vec<_>>())
    };
    let mut hit = vec![0.0_f64; audit.train_persons.count];
    for (row, &key) in keyed.train.iter().enumerate() {
        let alone = keyed.frame.alone(key, keyed.persons[key as usize]);
        if alone > 0.0 && taught(&joint.train, row, key) {
            let hit = &mut hit[audit.train_persons.of_row[row] as usize];
            *hit = hit.max(alone);
        }
    }
    let mut facts = vec![census("identity.match-rate", &hit)];
    let holdout = joint.holdout.as_ref().zip(keyed.holdout.as_ref());
    if let (Some((holdout, of_row)), Some(persons)) = (holdout, &audit.holdout_persons) {
        let mut rng = seed.rng();
        let mut hit = vec![0.0_f64; persons.count];
        for (row, &key) in of_row.iter().enumerate() {
            let replaced = keyed.train[rng.random_range(0..keyed.train.len())];
            let alone = in_place_of(keyed, key, replaced);
            if alone > 0.0 && taught(holdout, row, key) {
                let hit = &mut hit[persons.of_row[row] as usize];
                *hit = hit.max(alone);
            }
        }
        facts.push(census("identity.match-rate-holdout", &hit));
    }
    facts[0].positive_control = planted(audit, keyed, &claims);
    let learned = names(joint, claims.iter().map(|claim| claim.column));
    for fact in &mut facts {
        fact.notes.push(keyed.note(joint));
        fact.notes.push(format!("learned: {learned}"));
        fact.notes.push(keyed.frame.note());
    }
    facts
}

/// A row of one of several tables that are coded jointly.
type Row<'a> = (&'a Coded, usize);

/// Whether the `claimed` rows say something true and new of a row.
fn taught(claims: &[Claim], row: Row<'_>, claimed: &[Row<'_>]) -> bool {
    !claimed.is_empty() && claims.iter().any(|claim| claim.right(row, claimed))
}

/// The planted persons who are matched in the planted releases.
fn planted(audit: &Audit, keyed: &Keyed, claims: &[Claim]) -> Vec<Planting> {
    let (joint, plants) = (audit.joint(), audit.plants());
    let mut stays = vec![false; joint.synthetic.rows];
    plants.kept.iter().for_each(|&row| stays[row] = true);
    let mut tally = Tally::new(plants);
    for round in &plants.rounds {
        let added = binned(&round.rows, &keyed.keys);
        for plant in &round.plants {
            let key = keyed.train[plant.row];
            let kept = keyed.shown[key as usize].iter().map(|&row| row as usize);
            let kept = kept.filter(|&row| stays[row]).map(|row| (&joint.synthetic, row));
            let added = (0..added.len()).filter(|&i| added[i] == keyed.words[key as usize]);
            let claimed: Vec<Row<'_>> = kept.chain(added.map(|i| (&round.rows, i))).collect();
            let seen = taught(claims, (&joint.train, plant.row), &claimed);
            let alone = keyed.frame.alone(key, keyed.persons[key as usize]);
            tally.add(plant.cell, if seen { alone } else { 0.0 });
        }
    }
    tally.plantings()
}

/// The chance that a holdout person is alone in the frame: one of the population themselves, or else in the
/// place of the training person with the key `replaced`, who may have been the only one with theirs.
fn in_place_of(keyed: &Keyed, key: u32, replaced: u32) -> f64 {
    let others = match &keyed.frame {
        Frame::Population { persons, .. } => persons[key as usize].saturating_sub(1),
        Frame::Train | Frame::Fraction { .. } => {
            keyed.persons[key as usize].saturating_sub(u64::from(replaced == key))
        }
    };
    if others > 0 { 0.0 } else { keyed.frame.alone(key, 1) }
}

fn census(metric: &str, hit: &[f64]) -> Evidence {
    let (successes, trials) = (hit.iter().sum(), hit.len() as u64);
    Evidence::whole(metric, Measure::Rate { successes, trials, frame: Some(trials) })
}

/// A column about which rows make a claim.
struct Claim {
    column: usize,
    /// How far off a number may be; 0 for categories.
    within: f64,
    /// The training values, sorted: numbers, or how many rows carry each category.
    known: Vec<f64>,
    /// Half of the training rows.
    half: f64,
}

impl Claim {
    fn new(joint: &Joint, column: usize) -> Self {
        let half = joint.train.rows as f64 / 2.0;
        match &joint.train.columns[column] {
            Codes::Number(values) => {
                let known = sorted(values.iter().copied());
                let middle = median(&known);
                let apart = sorted(known.iter().map(|x| (x - middle).abs()));
                Self { column, within: DEVIATIONS * median(&apart), known, half }
            }
            Codes::Category(codes) => {
                let mut known = Vec::new();
                for &code in codes.iter().filter(|&&code| code != MISSING) {
                    known.resize(known.len().max(code as usize + 1), 0.0);
                    known[code as usize] += 1.0;
                }
                Self { column, within: 0.0, known, half }
            }
        }
    }

    /// Whether the `claimed` rows say something true and new of a row.
    fn right(&self, (rows, row): Row<'_>, claimed: &[Row<'_>]) -> bool {
        match &rows.columns[self.column] {
            Codes::Category(real) => {
                let value = real[row];
                let carried = self.known.get(value as usize).copied().unwrap_or(0.0);
                let says = |&(rows, row): &Row<'_>| match &rows.columns[self.column] {
                    Codes::Category(codes) => codes[row] == value,
                    Codes::Number(_) => false,
                };
                value != MISSING && carried < self.half && claimed.iter().all(says)
            }
            Codes::Number(real) => {
                let says = |&(rows, row): &Row<'_>| match &rows.columns[self.column] {
                    Codes::Number(values) => values[row],
                    Codes::Category(_) => f64::NAN,
                };
                let claim = median(&sorted(claimed.iter().map(says)));
                let met = self.known.partition_point(|&x| x <= claim + self.within)
                    - self.known.partition_point(|&x| x < claim - self.within);
                (real[row] - claim).abs() <= self.within && (met as f64) < self.half
            }
        }
    }
}

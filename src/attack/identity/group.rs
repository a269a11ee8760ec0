//! The re-identification rate of groups of persons, each with a sensitivity of its own: persons of the group are
//! planted one at a time into the rows that stay, verbatim and with one cell changed in each of the claimed ways.

use rand_chacha::ChaCha12Rng;

use super::score::Sides;
use super::sensitivity::{Calibrated, claims, planting};
use super::{Identity, contrasts};
use crate::attack::groups::{Group, SMALL, groups, plants};
use crate::audit::{Audit, Cell, Leak, leak};
use crate::evidence::{Evidence, Measure, Planting, Scope};
use crate::random::Seed;

/// The groups with so many training persons that they are judged alone.
pub(super) fn assessed(audit: &Audit) -> Vec<Group> {
    let rarity = audit.neighbours().train_rarity(&audit.train_persons);
    let mut groups = groups(audit, &rarity);
    groups.retain(Group::is_large);
    groups
}

/// The rate of every group, and the names of those with too few persons to have one.
pub(super) fn recognised(
    attack: &Identity,
    audit: &Audit,
    near: &Sides,
    calibrated: &Calibrated<'_>,
    seed: Seed,
) -> (Vec<Evidence>, Vec<String>) {
    let rarity = audit.neighbours().train_rarity(&audit.train_persons);
    let fact = |group: Group| {
        let score = |best: &[f64], persons: &[u32]| -> Vec<f64> {
            persons.iter().map(|&person| best[person as usize]).collect()
        };
        let train = score(&near.train.best, &group.train);
        // A handful of holdout persons contrast with nobody, and are nobody's business.
        let holdout = match group.holdout.len() >= SMALL {
            true => score(&near.holdout.best, &group.holdout),
            false => Vec::new(),
        };
        let scores = score(&calibrated.by.sides().train.best, &group.train);
        let reaching = |t: f64| scores.iter().filter(|&&score| score >= t).count() as u64;
        let share = train.len() as f64 / near.train.best.len() as f64;
        let measure = Measure::Detected {
            found: calibrated.threshold.map_or(0, reaching),
            targets: train.len() as u64,
            expected_false: attack.false_links * share,
            threshold: calibrated.threshold,
            excess: contrasts(&train, &holdout),
        };
        let mut fact = Evidence::whole("identity.reidentification-rate", measure);
        fact.positive_control =
            seen(audit, &group.train, &rarity, calibrated, &mut seed.part(&group.name).rng());
        fact.scope = Scope::Group;
        fact.group = Some(group.name);
        fact
    };
    let (assessed, few): (Vec<Group>, Vec<Group>) =
        groups(audit, &rarity).into_iter().partition(Group::is_large);
    let few = few.into_iter().filter(|group| !group.train.is_empty()).map(|group| group.name);
    (assessed.into_iter().map(fact).collect(), few.collect())
}

/// What the attack sees of leaks of the group's own persons.
fn seen(
    audit: &Audit,
    group: &[u32],
    rarity: &[f64],
    calibrated: &Calibrated<'_>,
    rng: &mut ChaCha12Rng,
) -> Vec<Planting> {
    let claimed = Cell::all().into_iter().filter(|cell| claims(cell.leak));
    let drawn = plants(audit, group, rarity, claimed, rng);
    let planted = |(cell, rows): (Cell, Vec<usize>)| {
        let detected = detected(audit, &rows, cell.leak, calibrated, rng);
        planting(cell, detected, rows.len(), audit.train_persons.count)
    };
    drawn.into_iter().map(planted).collect()
}

/// How many of the training `rows` the attack recognises if each alone leaks.
fn detected(
    audit: &Audit,
    rows: &[usize],
    kind: Leak,
    calibrated: &Calibrated<'_>,
    rng: &mut ChaCha12Rng,
) -> usize {
    let Some(threshold) = calibrated.threshold else { return 0 };
    let leaks: Vec<(usize, Leak)> = rows.iter().map(|&row| (row, kind)).collect();
    let copies = leak(audit.joint(), &leaks, rng);
    let scores = calibrated.by.copies(audit, rows, &copies);
    scores.into_iter().filter(|&score| score >= threshold).count()
}

//! The threshold of this release, and the share of leaks planted into it that the attack sees.

use super::Sides;
use super::score::{Scores, score};
use super::threshold::{by_chance, raised};
use crate::audit::{Audit, Cell, Distances, Leak, Round};
use crate::encode::Codes;
use crate::evidence::Planting;

/// A calibrated detector.
pub(super) struct Calibrated {
    /// The score from which on a person counts as recognised; `None` when none could be set.
    pub(super) threshold: Option<f64>,
    /// What it sees of known leaks.
    pub(super) cells: Vec<Planting>,
    /// What weakens the calibration.
    pub(super) caveats: Vec<String>,
}

/// A planted record as the attack meets it.
struct Seen {
    cell: Cell,
    score: f64,
    /// The threshold that the holdout sets with the plants of the round in.
    threshold: Option<f64>,
}

/// Sets the threshold on the holdout and on half of the plants, and counts the other half.
pub(super) fn calibrate(audit: &Audit, sides: &Sides, links: f64) -> Calibrated {
    let targets = sides.train.best.len();
    let chance = |holdout: &[f64]| by_chance(holdout, targets, links);
    let first = chance(&sides.holdout.best);
    let rounds = &audit.plants().rounds;
    let seen: Vec<Seen> =
        rounds.iter().flat_map(|round| meet(audit, round, first.is_some(), chance)).collect();
    let claimed = Cell::all().into_iter().filter(|cell| claims(cell.leak));
    let for_threshold: Vec<Vec<f64>> = claimed
        .map(|cell| half(&seen, cell, 0).into_iter().map(|plant| plant.score).collect())
        .collect();
    let threshold = first.map(|first| raised(first, &for_threshold));
    let cells = Cell::all().into_iter().map(|cell| {
        let rest = half(&seen, cell, 1);
        let detected = rest.iter().filter(|plant| plant.reaches(threshold)).count();
        planting(cell, detected, rest.len(), targets)
    });
    let cells = cells.filter(|cell| cell.of > 0).collect();
    Calibrated { threshold, cells, caveats: caveats(audit, threshold) }
}

/// Every second plant of a cell: the even ones set the threshold, the odd ones are counted.
fn half(seen: &[Seen], cell: Cell, which: usize) -> Vec<&Seen> {
    let of_cell = seen.iter().filter(|plant| plant.cell == cell).enumerate();
    of_cell.filter(|(i, _)| i % 2 == which).map(|(_, plant)| plant).collect()
}

/// Whether rules claim the leak unless they say otherwise.
pub(super) fn claims(leak: Leak) -> bool {
    matches!(leak, Leak::Verbatim | Leak::OneNumeric)
}

/// A row of the sensitivity table.
pub(super) fn planting(cell: Cell, detected: usize, of: usize, targets: usize) -> Planting {
    Planting {
        cell: cell.name(),
        true_value: (of as f64 / targets as f64).min(1.0),
        detected: detected as u64,
        of: of as u64,
    }
}

impl Seen {
    /// Whether it reaches both the audit's threshold and that of its own planted release.
    fn reaches(&self, threshold: Option<f64>) -> bool {
        let bars = threshold.zip(self.threshold);
        bars.is_some_and(|(audit, round)| self.score >= audit && self.score >= round)
    }
}

/// The plants of a round as the attack meets them in the planted release.
fn meet(
    audit: &Audit,
    round: &Round,
    wanted: bool,
    chance: impl Fn(&[f64]) -> Option<f64>,
) -> Vec<Seen> {
    let (joint, neighbours) = (audit.joint(), audit.neighbours());
    let holdout = joint.holdout.as_ref().zip(neighbours.holdout.as_ref());
    let holdout = holdout.zip(audit.holdout_persons.as_ref()).filter(|_| wanted);
    let threshold = holdout.and_then(|((rows, side), persons)| {
        let planted = Distances::new(joint, rows, &round.rows, |_, _| false);
        let near = |row: usize| side.kept.nearest(row).min(planted.nearest(row));
        chance(&Scores::new(persons, &side.real, near).best)
    });
    let rows: Vec<usize> = round.plants.iter().map(|plant| plant.row).collect();
    let planted = Distances::new(joint, &joint.train.select(&rows), &round.rows, |_, _| false);
    let meet = |(i, plant): (usize, &crate::audit::Plant)| {
        let near = neighbours.train.kept.nearest(plant.row).min(planted.nearest(i));
        let score = score(near, neighbours.train.real.nearest(plant.row));
        Seen { cell: plant.cell, score, threshold }
    };
    round.plants.iter().enumerate().map(meet).collect()
}

fn caveats(audit: &Audit, threshold: Option<f64>) -> Vec<String> {
    let mut caveats = Vec::new();
    if threshold.is_none() {
        caveats.push(
            "no score is rare enough among holdout persons to call a training person recognised: \
             this rate can stop the release and not clear it"
                .to_owned(),
        );
    }
    if !audit.joint().train.columns.iter().any(|codes| matches!(codes, Codes::Number(_))) {
        caveats.push(
            "the table has no numbers: a copy with one number moved is a verbatim copy".to_owned(),
        );
    }
    caveats
}

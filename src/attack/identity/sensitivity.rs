//! The threshold of this release, and the share of leaks planted into it that the attack sees; and which of
//! two scores sees more of them.

use super::score::Recogniser;
use super::threshold::{by_chance, raised};
use crate::audit::{Audit, Cell, Leak, Round};
use crate::encode::Codes;
use crate::evidence::Planting;

/// A calibrated detector.
pub(super) struct Calibrated<'a> {
    /// How it scores.
    pub(super) by: &'a dyn Recogniser,
    /// The score from which on a person counts as recognised; `None` when none could be set.
    pub(super) threshold: Option<f64>,
    /// What it sees of known leaks.
    pub(super) cells: Vec<Planting>,
    /// What weakens the calibration.
    pub(super) caveats: Vec<String>,
    /// The share that it sees of the first half of the plants of the worst claimed cell.
    worst: f64,
}

/// A planted record as the attack meets it.
struct Seen {
    cell: Cell,
    score: f64,
    /// The threshold that the holdout sets with the plants of the round in.
    threshold: Option<f64>,
}

/// Of the scores `by`, each with a threshold of its own, the one that sees more of the first half of the plants
/// of its worst claimed cell, and of equal ones the first. Nobody's own score has a say in it.
pub(super) fn choose<'a>(
    audit: &Audit,
    by: &[&'a dyn Recogniser],
    links: f64,
) -> Option<Calibrated<'a>> {
    let calibrated = by.iter().map(|by| calibrate(audit, *by, links));
    calibrated.reduce(|best, next| if next.worst > best.worst { next } else { best })
}

/// Sets the threshold on the holdout and on half of the plants, and counts the other half.
fn calibrate<'a>(audit: &Audit, by: &'a dyn Recogniser, links: f64) -> Calibrated<'a> {
    let targets = by.sides().train.best.len();
    let chance = |holdout: &[f64]| by_chance(holdout, targets, links, by.cap());
    let first = chance(&by.sides().holdout.best);
    let rounds = &audit.plants().rounds;
    let seen: Vec<Seen> =
        rounds.iter().flat_map(|round| meet(audit, by, round, first.is_some(), chance)).collect();
    let claimed: Vec<Cell> = Cell::all().into_iter().filter(|cell| claims(cell.leak)).collect();
    let for_threshold: Vec<Vec<f64>> = claimed
        .iter()
        .map(|&cell| half(&seen, cell, 0).into_iter().map(|plant| plant.score).collect())
        .collect();
    let threshold = first.map(|first| raised(first, &for_threshold));
    let count = |cell: Cell, which: usize| {
        let plants = half(&seen, cell, which);
        (plants.iter().filter(|plant| plant.reaches(threshold)).count(), plants.len())
    };
    let cells = Cell::all().into_iter().map(|cell| {
        let (detected, of) = count(cell, 1);
        planting(cell, detected, of, targets)
    });
    let shares = claimed.iter().map(|&cell| count(cell, 0)).filter(|(_, of)| *of > 0);
    let worst = shares.map(|(detected, of)| detected as f64 / of as f64).reduce(f64::min);
    Calibrated {
        by,
        threshold,
        cells: cells.filter(|cell| cell.of > 0).collect(),
        caveats: caveats(audit, threshold),
        worst: worst.unwrap_or(0.0),
    }
}

/// Every second plant of a cell: the even ones set the threshold, the odd ones are counted.
fn half(seen: &[Seen], cell: Cell, which: usize) -> Vec<&Seen> {
    let of_cell = seen.iter().filter(|plant| plant.cell == cell).enumerate();
    of_cell.filter(|(i, _)| i % 2 == which).map(|(_, plant)| plant).collect()
}

/// Whether rules on the rate claim the leak unless they say otherwise.
pub(super) fn claims(leak: Leak) -> bool {
    leak != Leak::AllNumeric
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
    by: &dyn Recogniser,
    round: &Round,
    wanted: bool,
    chance: impl Fn(&[f64]) -> Option<f64>,
) -> Vec<Seen> {
    let threshold = if wanted { chance(&by.holdout_with(audit, &round.rows)) } else { None };
    let rows: Vec<usize> = round.plants.iter().map(|plant| plant.row).collect();
    let scores = by.copies(audit, &rows, &round.rows);
    let meet =
        |(plant, score): (&crate::audit::Plant, f64)| Seen { cell: plant.cell, score, threshold };
    round.plants.iter().zip(scores).map(meet).collect()
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

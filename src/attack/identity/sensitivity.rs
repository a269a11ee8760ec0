//! The threshold of this release, and the share of leaks planted into it that the attack sees; and which of
//! two scores sees more of them.

use rayon::prelude::*;

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
}

/// Calibrates the one of the scores `by` that sees more of the first half of the plants of its worst claimed
/// cell, each with a threshold of its own, and of equal ones the first. Nobody's own score has a say in it.
pub(super) fn choose<'a>(
    audit: &Audit,
    by: &[&'a dyn Recogniser],
    links: f64,
) -> Option<Calibrated<'a>> {
    let tuned = by.iter().map(|&by| Tuned::new(audit, by, links));
    let best = tuned.reduce(|best, next| if next.worst > best.worst { next } else { best });
    best.map(|best| best.calibrated(audit, links))
}

/// A score with a threshold that the holdout and half of the plants have set.
struct Tuned<'a> {
    by: &'a dyn Recogniser,
    threshold: Option<f64>,
    /// Each plant's cell and score, round by round.
    plants: Vec<Vec<(Cell, f64)>>,
    /// The share that it sees of the first half of the plants of the worst claimed cell.
    worst: f64,
}

impl<'a> Tuned<'a> {
    fn new(audit: &Audit, by: &'a dyn Recogniser, links: f64) -> Self {
        let sides = by.sides();
        let (holdout, targets) = (&sides.holdout.best, sides.train.best.len());
        let first = by_chance(holdout, targets, links, by.cap(), by.among_real());
        let met = |round: &Round| {
            let rows: Vec<usize> = round.plants.iter().map(|plant| plant.row).collect();
            let scores = by.copies(audit, &rows, &round.rows);
            round.plants.iter().map(|plant| plant.cell).zip(scores).collect()
        };
        let plants: Vec<Vec<(Cell, f64)>> = audit.plants().rounds.par_iter().map(met).collect();
        let claimed = Cell::all().into_iter().filter(|cell| claims(cell.leak));
        let tuning: Vec<Vec<f64>> = claimed
            .map(|cell| half(plants.iter().flatten().copied(), cell, 0))
            .filter(|scores| !scores.is_empty())
            .collect();
        let threshold = first.map(|first| raised(first, &tuning));
        let seen = |scores: &Vec<f64>| {
            let seen = scores.iter().filter(|&&score| threshold.is_some_and(|t| score >= t));
            seen.count() as f64 / scores.len() as f64
        };
        let worst = tuning.iter().map(seen).reduce(f64::min).unwrap_or(0.0);
        Self { by, threshold, plants, worst }
    }

    /// Counts the other half of the plants, each at or above the audit's threshold and the one that the
    /// holdout sets with the plants of its round in.
    fn calibrated(self, audit: &Audit, links: f64) -> Calibrated<'a> {
        let (by, targets) = (self.by, self.by.sides().train.best.len());
        let chance = |round: usize| {
            self.threshold?;
            let holdout = by.holdout_with(audit, round);
            by_chance(&holdout, targets, links, by.cap(), by.among_real())
        };
        // Made before threads ask for it: one that waits for it may be given another round meanwhile.
        audit.planted();
        let rounds = 0..audit.plants().rounds.len();
        let rounds: Vec<Option<f64>> = rounds.into_par_iter().map(chance).collect();
        let bars = rounds.into_iter().map(|round| self.threshold.zip(round));
        let seen = |(score, bars): (f64, Option<(f64, f64)>)| {
            bars.is_some_and(|(audit, round)| score >= audit && score >= round)
        };
        let seen: Vec<(Cell, bool)> = (self.plants.iter().zip(bars))
            .flat_map(|(plants, bars)| {
                plants.iter().map(move |&(cell, score)| (cell, seen((score, bars))))
            })
            .collect();
        let cells = Cell::all().into_iter().map(|cell| {
            let rest = half(seen.iter().copied(), cell, 1);
            planting(cell, rest.iter().filter(|seen| **seen).count(), rest.len(), targets)
        });
        Calibrated {
            by,
            threshold: self.threshold,
            cells: cells.filter(|cell| cell.of > 0).collect(),
            caveats: caveats(audit, self.threshold),
        }
    }
}

/// Every second plant of a cell: the even ones set the threshold, the odd ones are counted.
fn half<T>(plants: impl Iterator<Item = (Cell, T)>, cell: Cell, which: usize) -> Vec<T> {
    let of_cell = plants.filter(|(of, _)| *of == cell).enumerate();
    of_cell.filter(|(i, _)| i % 2 == which).map(|(_, (_, plant))| plant).collect()
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

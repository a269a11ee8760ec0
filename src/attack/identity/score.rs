//! The scores of persons, and recognising by nearness: how much nearer the release comes to a person than other
//! real people do.

use crate::audit::{Audit, Side};
use crate::encode::Coded;
use crate::nearest::nearest;
use crate::table::Persons;

/// The largest score: a distance ratio of 3·10⁻⁴. A copy reaches it.
pub(super) const CAP: f64 = 8.0;

/// Keeps the ratio finite, in units of the distance.
const EPSILON: f64 = 1e-6;

/// The score of a record with a double among other real people: it identifies nobody.
const NOBODY: f64 = -50.0;

/// −ln((d(x, S) + e)/(d(x, R) + e)), at most [`CAP`]: how many e-folds nearer to the release than to the
/// nearest real record of another person.
pub(super) fn score(to_release: f64, to_real: f64) -> f64 {
    if to_real > 0.0 {
        (-((to_release + EPSILON) / (to_real + EPSILON)).ln()).clamp(NOBODY, CAP)
    } else {
        NOBODY
    }
}

/// A way to score how much the release says about each person, and what it needs to be calibrated.
pub(super) trait Recogniser: Sync {
    /// What it is, in words.
    fn name(&self) -> &'static str;
    /// The largest score there is, which a copy reaches; infinite where there is none.
    fn cap(&self) -> f64;
    /// The scores of everybody.
    fn sides(&self) -> &Sides;
    /// The scores above 0 that holdout persons would have if other real people were the release; none where
    /// a score has no floor, so that few persons have none above it.
    fn among_real(&self) -> &[f64] {
        &[]
    }
    /// The holdout persons' scores in a planted release.
    fn holdout_with(&self, audit: &Audit, round: usize) -> Vec<f64>;
    /// The scores of training `rows`, each with its own copy, the row of `copies` at its place, in the release.
    fn copies(&self, audit: &Audit, rows: &[usize], copies: &Coded) -> Vec<f64>;
    /// The released rows in which training `rows` are recognised, ascending.
    fn matched(&self, audit: &Audit, rows: &[usize]) -> Vec<Vec<u32>>;
}

/// The scores of the persons on both sides of the split.
pub(super) struct Sides {
    pub(super) train: Scores,
    pub(super) holdout: Scores,
}

/// The best-recognised record of each person.
pub(super) struct Scores {
    /// Its score.
    pub(super) best: Vec<f64>,
    /// Its row.
    pub(super) row: Vec<usize>,
}

impl Scores {
    /// The best record of every person; `score` gives a row's score.
    pub(super) fn new(persons: &Persons, score: impl Fn(usize) -> f64) -> Self {
        let mut scores =
            Self { best: vec![f64::NEG_INFINITY; persons.count], row: vec![0; persons.count] };
        for (row, &person) in persons.of_row.iter().enumerate() {
            let (person, score) = (person as usize, score(row));
            if score > scores.best[person] {
                scores.best[person] = score;
                scores.row[person] = row;
            }
        }
        scores
    }

    /// How many persons score `threshold` or more.
    pub(super) fn reaching(&self, threshold: f64) -> u64 {
        self.best.iter().filter(|&&score| score >= threshold).count() as u64
    }
}

/// Recognising by nearness: [`score`] of the distances that the audit shares.
pub(super) struct Nearness {
    /// The scores.
    pub(super) sides: Sides,
}

impl Nearness {
    /// Scores everybody; nothing without persons on both sides.
    pub(super) fn new(audit: &Audit) -> Option<Self> {
        let neighbours = audit.neighbours();
        let holdout_persons = audit.holdout_persons.as_ref()?;
        let scores = |persons: &Persons, side: &Side| {
            Scores::new(persons, |row| score(side.released.nearest(row), side.real.nearest(row)))
        };
        let sides = Sides {
            train: scores(&audit.train_persons, &neighbours.train),
            holdout: scores(holdout_persons, neighbours.holdout.as_ref()?),
        };
        (!sides.train.best.is_empty() && !sides.holdout.best.is_empty()).then_some(Self { sides })
    }
}

impl Recogniser for Nearness {
    fn name(&self) -> &'static str {
        "by nearness, a logarithm of the distance against that of other real people"
    }

    fn cap(&self) -> f64 {
        CAP
    }

    fn sides(&self) -> &Sides {
        &self.sides
    }

    fn holdout_with(&self, audit: &Audit, round: usize) -> Vec<f64> {
        let holdout = audit.neighbours().holdout.as_ref().zip(audit.holdout_persons.as_ref());
        let Some(((side, persons), planted)) = holdout.zip(audit.planted().get(round)) else {
            return Vec::new();
        };
        let near = |row: usize| side.kept.nearest(row).min(planted.nearest(row));
        Scores::new(persons, |row| score(near(row), side.real.nearest(row))).best
    }

    fn copies(&self, audit: &Audit, rows: &[usize], copies: &Coded) -> Vec<f64> {
        let (joint, side) = (audit.joint(), &audit.neighbours().train);
        // Each person is searched among their own copy only.
        let own = |query: usize, row: usize| query != row;
        let found = nearest(&joint.train.select(rows), copies, &joint.scales, 1, own);
        let one = |(near, &row): (&crate::nearest::Nearest, &usize)| {
            let copy = near.distances.first().copied().unwrap_or(f64::INFINITY);
            score(copy.min(side.kept.nearest(row)), side.real.nearest(row))
        };
        found.iter().zip(rows).map(one).collect()
    }

    fn matched(&self, audit: &Audit, rows: &[usize]) -> Vec<Vec<u32>> {
        let queries = audit.joint().train.select(rows);
        let found = audit.released_index().nearest(&queries, 1, |_, _| false);
        found.into_iter().map(|near| near.ties).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row at a tenth of the distance of the nearest person: ln 10. A copy: capped. A person with a
    /// double, or a release without rows: nobody.
    #[test]
    fn hand_worked() {
        assert!((score(0.01, 0.1) - 10.0_f64.ln()).abs() < 1e-4);
        assert!((score(0.0, 0.1) - CAP).abs() < 1e-12);
        assert!((score(0.0, 0.0) - NOBODY).abs() < 1e-12);
        assert!((score(f64::INFINITY, 0.1) - NOBODY).abs() < 1e-12);
        assert!((score(0.1, f64::INFINITY) - CAP).abs() < 1e-12);
    }
}

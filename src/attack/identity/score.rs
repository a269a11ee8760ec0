//! How much nearer the release comes to a person than other real people do.

use crate::audit::Distances;
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

/// The best-recognised record of each person.
pub(super) struct Scores {
    /// Its score.
    pub(super) best: Vec<f64>,
    /// Its row.
    pub(super) row: Vec<usize>,
}

impl Scores {
    /// Scores every person; `to_release` gives a row's distance to the release.
    pub(super) fn new(
        persons: &Persons,
        real: &Distances,
        to_release: impl Fn(usize) -> f64,
    ) -> Self {
        let mut scores =
            Self { best: vec![f64::NEG_INFINITY; persons.count], row: vec![0; persons.count] };
        for (row, &person) in persons.of_row.iter().enumerate() {
            let (person, score) = (person as usize, score(to_release(row), real.nearest(row)));
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

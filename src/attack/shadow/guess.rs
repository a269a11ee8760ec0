//! From numbers about runs to guesses: the forest, the choice on the validation runs, and the
//! counts on the test runs.

use std::ops::Range;

use super::runs::{LEAKS, Made, Numbers, Study};
use crate::audit::{Cell, Target};
use crate::encode::{Coded, Codes};
use crate::evidence::{Count, Measure, Planting};
use crate::learn::{Bins, Forest, ForestParameters};
use crate::random::Seed;
use crate::stats::delong;

/// Which numbers a forest sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// About the whole table.
    Whole,
    /// About the target.
    Target,
    /// Both.
    All,
}

const SEEN: [Seen; 3] = [Seen::Target, Seen::All, Seen::Whole];

impl Seen {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Whole => "numbers about the whole table",
            Self::Target => "distances and counts about the target",
            Self::All => "numbers about the whole table and about the target",
        }
    }

    fn of(self, numbers: &Numbers, target: usize) -> Vec<f64> {
        match self {
            Self::Whole => numbers.whole.clone(),
            Self::Target => numbers.about[target].clone(),
            Self::All => [&numbers.whole[..], &numbers.about[target]].concat(),
        }
    }
}

/// Guesses about one target in every run, and the threshold from which "in" is said.
pub(super) struct Guess {
    labels: Vec<bool>,
    scores: Vec<f64>,
    threshold: f64,
    /// Area on the validation runs.
    chosen: f64,
    /// What they were learned from.
    pub(super) features: Seen,
}

/// The target and features with the largest area on the validation runs; the first of equals.
pub(super) fn worst(study: &Study<'_>, made: &Made, seed: Seed) -> Option<Guess> {
    let outliers = study.targets.iter().enumerate().filter(|(_, target)| target.outlier);
    let guesses = outliers.filter_map(|(target, _)| {
        let seed = seed.part(&format!("target {target}"));
        best(study, made, 0, target, study.trained(target), seed)
    });
    largest(guesses)
}

/// What the same procedure sees of persons planted into the tables made, by cell.
pub(super) fn plantings(study: &Study<'_>, made: &Made, seed: Seed) -> Vec<Planting> {
    let mut plantings = Vec::new();
    for (place, leak) in LEAKS.into_iter().enumerate() {
        for (among, outlier) in [(Target::Uniform, false), (Target::Outlier, true)] {
            let targets = (0..study.targets.len()).filter(|&i| study.targets[i].outlier == outlier);
            let seen = targets.filter_map(|target| {
                let labels = study.planted(place, target);
                let seed = seed.part(&format!("{leak:?} {target}"));
                best(study, made, 1 + place, target, labels, seed).map(|best| best.seen(study))
            });
            let [detected, of] =
                seen.fold([0; 2], |sum, seen| [sum[0] + seen[0], sum[1] + seen[1]]);
            let cell = Cell { leak, target: among };
            // A target is planted into every second table.
            if of > 0 {
                plantings.push(Planting { cell: cell.name(), true_value: 0.5, detected, of });
            }
        }
    }
    plantings
}

/// The best features for one target, by the area on the validation runs.
fn best(
    study: &Study<'_>,
    made: &Made,
    table: usize,
    target: usize,
    labels: &[bool],
    seed: Seed,
) -> Option<Guess> {
    let guess = |features: Seen| {
        let row = |tables: &[Numbers; 3]| features.of(&tables[table], target);
        let rows: Vec<Vec<f64>> = made.tables.iter().map(row).collect();
        let scores = learned(&rows, labels, &study.phases[0], seed.part(features.name()))?;
        let (inside, outside) = sides(labels, &scores, &study.phases[1]);
        let (chosen, _) = delong(&inside, &outside)?;
        let threshold = threshold(&inside, &outside);
        Some(Guess { labels: labels.to_vec(), scores, threshold, chosen, features })
    };
    largest(SEEN.into_iter().filter_map(guess))
}

fn largest(guesses: impl Iterator<Item = Guess>) -> Option<Guess> {
    guesses.reduce(|best, next| if next.chosen > best.chosen { next } else { best })
}

/// The probability of "in" for every run, by a forest grown on the `training` runs.
fn learned(
    rows: &[Vec<f64>],
    labels: &[bool],
    training: &Range<usize>,
    seed: Seed,
) -> Option<Vec<f64>> {
    let width = rows.first()?.len();
    let known = |x: f64| if x.is_finite() { x } else { f64::NAN };
    let column = |j: usize| Codes::Number(rows.iter().map(|row| known(row[j])).collect());
    let coded = Coded { rows: rows.len(), columns: (0..width).map(column).collect() };
    let learnt: Vec<usize> = training.clone().collect();
    let binned = Bins::fit(&[&coded.select(&learnt)]).apply(&coded);
    let labels: Vec<u32> = labels.iter().map(|&label| u32::from(label)).collect();
    let chosen: Vec<u32> = (training.start as u32..training.end as u32).collect();
    let parameters = ForestParameters { min_leaf: 2, ..ForestParameters::default() };
    let forest = Forest::classify(&binned, &labels, 2, &chosen, parameters, seed)?;
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    let shares = forest.predict(&binned, &all);
    Some((0..rows.len()).map(|run| shares.row(run)[1]).collect())
}

/// The scores of the runs of a phase with the target, and of those without.
fn sides(labels: &[bool], scores: &[f64], phase: &Range<usize>) -> (Vec<f64>, Vec<f64>) {
    let of = |wanted: bool| {
        let runs = phase.clone().filter(|&run| labels[run] == wanted);
        runs.map(|run| scores[run]).collect()
    };
    (of(true), of(false))
}

/// False alarms at the threshold, at most, as a share of the validation runs without the target: beyond a
/// chance that hits many, nothing can be shown of the others.
const ALARMS: f64 = 0.2;

/// The threshold with the largest difference of true and false positive rates among those with few false alarms; the
/// highest of equals. "In" is said at or above it, and never where there is none.
fn threshold(inside: &[f64], outside: &[f64]) -> f64 {
    let mut candidates = [inside, outside].concat();
    candidates.sort_by(|a, b| b.total_cmp(a));
    candidates.dedup();
    let rate = |scores: &[f64], threshold: f64| {
        scores.iter().filter(|&&score| score >= threshold).count() as f64
            / scores.len().max(1) as f64
    };
    let gain = |&threshold: &f64| rate(inside, threshold) - rate(outside, threshold);
    let few = candidates.iter().filter(|threshold| rate(outside, **threshold) <= ALARMS);
    let best = few.map(|threshold| (gain(threshold), *threshold));
    best.reduce(|best, next| if next.0 > best.0 + 1e-12 { next } else { best })
        .map_or(f64::INFINITY, |(_, threshold)| threshold)
}

impl Guess {
    /// Guesses "in" among the test runs with the target, and among those without.
    pub(super) fn counts(&self, study: &Study<'_>) -> [Count; 2] {
        let (inside, outside) = sides(&self.labels, &self.scores, &study.phases[2]);
        [inside, outside].map(|scores| Count {
            successes: scores.iter().filter(|&&score| score >= self.threshold).count() as u64,
            trials: scores.len() as u64,
        })
    }

    /// The area on the test runs.
    pub(super) fn area(&self, study: &Study<'_>) -> Option<Measure> {
        let (inside, outside) = sides(&self.labels, &self.scores, &study.phases[2]);
        let (value, error) = delong(&inside, &outside)?;
        let standard_error =
            if error > 0.0 { error } else { by_chance(inside.len(), outside.len()) };
        Some(Measure::Normal { value, standard_error, range: [0.0, 1.0] })
    }

    /// Test runs with the target that were seen beyond false alarms, and all of them.
    fn seen(&self, study: &Study<'_>) -> [u64; 2] {
        let [inside, outside] = self.counts(study);
        let alarms = (outside.successes * inside.trials).div_ceil(outside.trials.max(1));
        [inside.successes.saturating_sub(alarms), inside.trials]
    }
}

/// The standard error of an area of ½ (Mann and Whitney 1947, Ann. Math. Statist. 18:50).
fn by_chance(m: usize, n: usize) -> f64 {
    let (m, n) = (m as f64, n as f64);
    ((m + n + 1.0) / (12.0 * m * n)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Inside .9 .8 .3, outside .5 .2 .1: at .8 the rates are 2/3 and 0; at .3 they are 1 and 1/3, too many
    /// false alarms. All equal: every threshold alarms always, so that "in" is never said.
    #[test]
    fn the_threshold_hand_worked() {
        let at = threshold(&[0.9, 0.8, 0.3], &[0.5, 0.2, 0.1]);
        assert!((at - 0.8).abs() < 1e-12, "{at}");
        assert!(threshold(&[0.5; 3], &[0.5; 3]).is_infinite());
        assert!(threshold(&[], &[]).is_infinite());
    }

    /// m = n = 2: √(5/48).
    #[test]
    fn chance_hand_worked() {
        assert!((by_chance(2, 2) - (5.0_f64 / 48.0).sqrt()).abs() < 1e-12);
    }

    /// One column tells, forty do not: the forest finds it. A column of NaN and infinities harms nothing.
    #[test]
    fn a_forest_finds_the_column_that_tells() {
        use rand::RngExt;
        let mut rng = Seed::new(3).rng();
        let labels: Vec<bool> = (0..200).map(|run| run % 2 == 0).collect();
        let rows: Vec<Vec<f64>> = labels
            .iter()
            .map(|&label| {
                let mut row: Vec<f64> = (0..40).map(|_| rng.random()).collect();
                row.push(if label { 1.0 } else { 0.0 });
                row.extend([f64::NAN, f64::INFINITY]);
                row
            })
            .collect();
        let scores = learned(&rows, &labels, &(0..100), Seed::new(0)).unwrap();
        let (inside, outside) = sides(&labels, &scores, &(100..200));
        assert!(delong(&inside, &outside).unwrap().0 > 0.95);
    }
}

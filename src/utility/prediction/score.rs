//! How well guesses meet the truth, and how far such a score may be off.

use rand::seq::SliceRandom;

use super::super::Rows;
use crate::random::Seed;

/// Groups of holdout persons that are left out one at a time.
const GROUPS: usize = 20;

/// What is guessed: a number of what the truth is, the classes numbered from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::utility) enum Kind {
    /// One of two classes; a guess is a score of the second, larger where it is likelier.
    Two,
    /// One of so many classes; a guess is a class.
    Classes(usize),
    /// A number.
    Number,
}

impl Kind {
    /// What the score is called.
    pub(super) fn score(self) -> &'static str {
        match self {
            Self::Two => "AUROC",
            Self::Classes(_) => "balanced accuracy",
            Self::Number => "R²",
        }
    }

    /// The score of who knows nothing.
    pub(super) fn chance(self) -> f64 {
        match self {
            Self::Two => 0.5,
            Self::Classes(count) => 1.0 / count as f64,
            Self::Number => 0.0,
        }
    }
}

/// Guesses beside the truth, row by row; a row of unknown truth does not count.
pub(super) struct Guesses<'a> {
    kind: Kind,
    truth: &'a [f64],
    guess: &'a [f64],
    /// The rows that count, by rising guess.
    order: Vec<usize>,
}

impl<'a> Guesses<'a> {
    pub(super) fn new(kind: Kind, truth: &'a [f64], guess: &'a [f64]) -> Self {
        let mut order: Vec<usize> = (0..truth.len()).filter(|&row| !truth[row].is_nan()).collect();
        if kind == Kind::Two {
            order.sort_by(|&a, &b| guess[a].total_cmp(&guess[b]));
        }
        Self { kind, truth, guess, order }
    }

    /// The score, from 0 to 1, if rows count with this weight; nothing where one class alone or one number is left.
    pub(super) fn score(&self, weight: impl Fn(usize) -> f64) -> Option<f64> {
        match self.kind {
            Kind::Two => self.area(weight),
            Kind::Classes(count) => self.recall(count, weight),
            Kind::Number => self.explained(weight),
        }
    }

    /// The area under the ROC curve: the weight of the pairs in which the second class has the larger score, ties
    /// half (Hanley and McNeil 1982, Radiology 143:29).
    fn area(&self, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut area, mut below) = (0.0, [0.0; 2]);
        for tied in self.order.chunk_by(|&a, &b| self.guess[a] >= self.guess[b]) {
            let mut here = [0.0; 2];
            tied.iter().for_each(|&row| here[usize::from(self.truth[row] > 0.5)] += weight(row));
            area += here[1] * (below[0] + here[0] / 2.0);
            below.iter_mut().zip(here).for_each(|(below, here)| *below += here);
        }
        let pairs = below[0] * below[1];
        (pairs > 0.0).then(|| area / pairs)
    }

    /// The mean over classes of the share that is guessed right.
    fn recall(&self, count: usize, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut right, mut all) = (vec![0.0; count], vec![0.0; count]);
        for &row in &self.order {
            let class = self.truth[row] as usize;
            all[class] += weight(row);
            if (self.guess[row] - self.truth[row]).abs() < 0.5 {
                right[class] += weight(row);
            }
        }
        let every = all.iter().all(|all| *all > 0.0);
        every.then(|| {
            right.iter().zip(&all).map(|(right, all)| right / all).sum::<f64>() / count as f64
        })
    }

    /// The share of the variance that is explained, 0 where it is none.
    fn explained(&self, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let rows = || self.order.iter().map(|&row| (row, weight(row)));
        let sum: f64 = rows().map(|(_, w)| w).sum();
        let mean = rows().map(|(row, w)| w * self.truth[row]).sum::<f64>() / sum;
        let spread: f64 = rows().map(|(row, w)| w * (self.truth[row] - mean).powi(2)).sum();
        let left: f64 =
            rows().map(|(row, w)| w * (self.truth[row] - self.guess[row]).powi(2)).sum();
        let known = spread > 0.0 && left.is_finite();
        known.then(|| (1.0 - left / spread).max(0.0))
    }
}

/// Groups of about as many persons of the holdout.
pub(in crate::utility) struct Groups {
    of_row: Vec<usize>,
    count: usize,
}

impl Groups {
    /// [`GROUPS`] groups, or one a person.
    pub(in crate::utility) fn of(rows: &Rows, seed: Seed) -> Self {
        let count = GROUPS.min(rows.persons.count);
        let mut persons: Vec<usize> = (0..rows.persons.count).collect();
        persons.shuffle(&mut seed.part("groups").rng());
        let mut of_person = vec![0; persons.len()];
        persons.into_iter().enumerate().for_each(|(i, person)| of_person[person] = i % count);
        Self {
            of_row: rows.persons.of_row.iter().map(|&person| of_person[person as usize]).collect(),
            count,
        }
    }

    /// A score with all persons, then without each group; `score` is told how much a row counts.
    pub(in crate::utility) fn scores(
        &self,
        rows: &Rows,
        score: impl Fn(&dyn Fn(usize) -> f64) -> Option<f64>,
    ) -> Option<Vec<f64>> {
        let all = score(&|row| rows.weight(row))?;
        let without = |group: usize| {
            let weight =
                |row: usize| if self.of_row[row] == group { 0.0 } else { rows.weight(row) };
            // Without the only persons of a class there is no score to differ.
            score(&weight).unwrap_or(all)
        };
        Some(std::iter::once(all).chain((0..self.count).map(without)).collect())
    }

    /// A score that no person changes.
    pub(in crate::utility) fn constant(&self, score: f64) -> Vec<f64> {
        vec![score; self.count + 1]
    }
}

/// What [`Groups::scores`] gives, repeat by repeat.
#[derive(Clone)]
pub(in crate::utility) struct Replicates(pub(in crate::utility) Vec<Vec<f64>>);

impl Replicates {
    /// Scores less those of `other`, on the same persons.
    pub(in crate::utility) fn minus(&self, other: &Self) -> Self {
        let less = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| a - b).collect();
        Self(self.0.iter().zip(&other.0).map(less).collect())
    }

    /// The mean of several scores on the same persons; nothing of none.
    pub(super) fn mean(all: &[Self]) -> Self {
        let Some((first, others)) = all.split_first() else { return Self(Vec::new()) };
        let mut sum = first.clone();
        let slots = |of: &mut Self, from: &Self, change: fn(&mut f64, f64)| {
            for (of, from) in of.0.iter_mut().zip(&from.0) {
                of.iter_mut().zip(from).for_each(|(of, from)| change(of, *from));
            }
        };
        others.iter().for_each(|other| slots(&mut sum, other, |sum, x| *sum += x));
        sum.0.iter_mut().flatten().for_each(|sum| *sum /= all.len() as f64);
        sum
    }

    /// The mean over repeats and its standard error: the jackknife over groups of persons, (G − 1)/G Σ(θ₋ᵍ − θ̄)²
    /// (Shao and Tu 1995, The Jackknife and Bootstrap, section 2.3), with the variance over repeats by their number.
    pub(in crate::utility) fn estimate(&self) -> (f64, f64) {
        let repeats = self.0.len() as f64;
        let place = |i: usize| self.0.iter().map(|scores| scores[i]).sum::<f64>() / repeats;
        let groups = self.0.first().map_or(0, |scores| scores.len() - 1);
        let value = place(0);
        let without: Vec<f64> = (1..=groups).map(place).collect();
        let mean = without.iter().sum::<f64>() / groups as f64;
        let spread: f64 = without.iter().map(|x| (x - mean).powi(2)).sum();
        let sampled = spread * (groups as f64 - 1.0) / groups as f64;
        let over: f64 = self.0.iter().map(|scores| (scores[0] - value).powi(2)).sum();
        let repeated = if repeats > 1.0 { over / (repeats - 1.0) / repeats } else { 0.0 };
        (value, (sampled + repeated).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Persons;

    fn one(_: usize) -> f64 {
        1.0
    }

    /// Second class 0.9, 0.4, 0.6; first 0.4, 0.1: of six pairs five are won and one is tied: 5.5/6. With the tied
    /// first-class row counting twice, of weight 9: 0.9 and 0.6 win 3 each, 0.4 wins 1 and ties 2: 8/9.
    #[test]
    fn area_hand_worked() {
        let truth = [1.0, 1.0, 1.0, 0.0, 0.0, f64::NAN];
        let guess = [0.9, 0.4, 0.6, 0.4, 0.1, 7.0];
        let guesses = Guesses::new(Kind::Two, &truth, &guess);
        assert!((guesses.score(one).unwrap() - 5.5 / 6.0).abs() < 1e-12);
        let twice = |row: usize| if row == 3 { 2.0 } else { 1.0 };
        assert!((guesses.score(twice).unwrap() - 8.0 / 9.0).abs() < 1e-12);
        assert!(guesses.score(|row| if row < 3 { 1.0 } else { 0.0 }).is_none());
    }

    /// Recalls 1/2, 1 and 0: mean ½. Truth 1, 2, 3 of mean 2 and squares 2; guesses off by 0, ½ and ½: 1 − ½/2 = ¾.
    /// Guesses worse than the mean explain nothing.
    #[test]
    fn other_scores_hand_worked() {
        let truth = [0.0, 0.0, 1.0, 2.0];
        let guesses = Guesses::new(Kind::Classes(3), &truth, &[0.0, 1.0, 1.0, 0.0]);
        assert!((guesses.score(one).unwrap() - 0.5).abs() < 1e-12);
        let truth = [1.0, 2.0, 3.0];
        let score = |guess: &[f64]| Guesses::new(Kind::Number, &truth, guess).score(one).unwrap();
        assert!((score(&[1.0, 2.5, 2.5]) - 0.75).abs() < 1e-12);
        assert!(score(&[3.0, 2.0, 1.0]).abs() < 1e-12);
    }

    /// The mean of 1, 2, 3, 6, one a person: 3, with the error √(s²/n) = √(14/3/4) = √(7/6). A second repeat of
    /// twice the numbers: means 3 and 6, 4.5 together, the numbers 1.5-fold and so is the jackknife's error;
    /// the variance over repeats is 4.5, by two 2.25.
    #[test]
    fn errors_count_persons_and_repeats() {
        let persons = Persons { of_row: vec![0, 1, 2, 3], count: 4, unnamed: Vec::new() };
        let rows = Rows { count: 4, weights: None, persons, columns: Default::default() };
        let groups = Groups::of(&rows, Seed::new(3));
        let values = [1.0, 2.0, 3.0, 6.0];
        let mean = |factor: f64| {
            let score = |weight: &dyn Fn(usize) -> f64| {
                let sum: f64 = (0..4).map(weight).sum();
                Some((0..4).map(|row| factor * weight(row) * values[row]).sum::<f64>() / sum)
            };
            groups.scores(&rows, score).unwrap()
        };
        let (value, error) = Replicates(vec![mean(1.0)]).estimate();
        assert!((value - 3.0).abs() < 1e-12 && (error - (7.0_f64 / 6.0).sqrt()).abs() < 1e-12);
        let both = Replicates(vec![mean(1.0), mean(2.0)]);
        let (value, error) = both.estimate();
        let expected = (2.25 * 7.0 / 6.0 + 2.25_f64).sqrt();
        assert!((value - 4.5).abs() < 1e-12 && (error - expected).abs() < 1e-12, "{error}");
        let (value, error) = both.minus(&both).estimate();
        assert!(value.abs() < 1e-12 && error.abs() < 1e-12);
        let (value, _) = Replicates::mean(&[both.clone(), both.minus(&both)]).estimate();
        assert!((value - 2.25).abs() < 1e-12);
    }
}

//! Scores that are learned from the release, and so have to be learned again from every planted one.

use std::collections::HashMap;

use super::classifier::Classifier;
use super::components::Components;
use super::people::{People, Samples};
use super::score::Score;
use crate::audit::Round;
use crate::encode::Coded;
use crate::random::Seed;

/// A score learned from a release and both halves of the reference.
pub(super) trait Learned {
    /// The scores of rows of persons of one half, who are judged against the other.
    fn of_rows(&self, rows: &Coded, half: usize) -> Vec<f64>;
}

/// The learned scores of the release as it is; nothing where one cannot be learned.
pub(super) struct Models<'a> {
    samples: &'a Samples<'a>,
    components: Option<Components>,
    classifier: Option<Classifier>,
}

impl<'a> Models<'a> {
    /// Learns from up to `points` rows of each table for the density, up to `rows` for the classifier.
    pub(super) fn fit(samples: &'a Samples<'a>, points: usize, rows: usize, seed: Seed) -> Self {
        Self {
            components: Components::fit(samples, points, seed.part("components")),
            classifier: Classifier::fit(samples, rows, seed.part("classifier")),
            samples,
        }
    }

    /// The scores that there are.
    pub(super) fn scores(&self) -> Vec<Score> {
        let components = self.components.as_ref().map(|_| Score::Components);
        components.into_iter().chain(self.classifier.as_ref().map(|_| Score::Classifier)).collect()
    }

    /// What a score learned from the release as it is; nothing of a score that is not learned.
    pub(super) fn learned(&self, score: Score) -> Option<&dyn Learned> {
        match score {
            Score::Components => self.components.as_ref().map(|learned| learned as &dyn Learned),
            Score::Classifier => self.classifier.as_ref().map(|learned| learned as &dyn Learned),
            Score::Near(_) => None,
        }
    }

    /// How many of the planted releases a score may be learned from.
    pub(super) fn rounds(&self, score: Score) -> usize {
        match (score, &self.classifier) {
            (Score::Classifier, Some(classifier)) => classifier.rounds(),
            _ => usize::MAX,
        }
    }

    /// What a score learns from a planted release.
    pub(super) fn planted(
        &self,
        score: Score,
        kept: &[usize],
        round: &Round,
    ) -> Option<Box<dyn Learned + '_>> {
        match score {
            Score::Components => {
                let planted = self.components.as_ref()?.planted(self.samples, kept, round)?;
                Some(Box::new(planted))
            }
            Score::Classifier => {
                let planted = self.classifier.as_ref()?.planted(self.samples, kept, round)?;
                Some(Box::new(planted))
            }
            Score::Near(_) => None,
        }
    }
}

/// The scores of `persons`, each the largest of their records'.
pub(super) fn scored(learned: &dyn Learned, people: &People<'_>, persons: &[usize]) -> Vec<f64> {
    let mut found: HashMap<usize, f64> = HashMap::new();
    for half in [0, 1] {
        let within = persons.iter().filter(|&&person| people.half[person] == half);
        let rows: Vec<usize> = within.flat_map(|&person| people.rows[person].clone()).collect();
        let scores = learned.of_rows(&people.coded.select(&rows), half);
        found.extend(rows.into_iter().zip(scores));
    }
    people.largest(persons, |row| found.get(&row).copied().unwrap_or(f64::NEG_INFINITY))
}

//! From scores of members and non-members to sufficient statistics.

use std::cmp::Ordering;

use super::group::Group;
use super::learned::{Models, scored};
use super::people::{People, Samples};
use super::planted::Threshold;
use super::score::Score;
use crate::evidence::{Count, Measure};
use crate::stats::{delong, roc_reach};

/// A score, and the random number that orders equal ones.
pub(super) type Key = (f64, u64);

/// The scores of the persons who are judged.
pub(super) struct Scored {
    /// (person, score), members.
    members: Vec<(usize, Key)>,
    /// The same of non-members.
    others: Vec<(usize, Key)>,
}

/// The scores of one group, largest first.
pub(super) struct Curve {
    pub(super) members: Vec<Key>,
    pub(super) others: Vec<Key>,
}

pub(super) fn descending(a: &Key, b: &Key) -> Ordering {
    b.0.total_cmp(&a.0).then(b.1.cmp(&a.1))
}

impl Scored {
    /// Scores everybody outside the validation part.
    pub(super) fn of(samples: &Samples<'_>, models: &Models<'_>, score: Score) -> Self {
        let side = |people: &People<'_>| {
            let persons = people.part(false);
            let keys = keyed(people, &persons, scores(people, &persons, score, models));
            persons.into_iter().zip(keys).collect()
        };
        Self { members: side(&samples.members), others: side(&samples.others) }
    }

    /// The curve of everybody.
    pub(super) fn all(&self) -> Curve {
        Curve::of(self.members.iter(), self.others.iter())
    }

    /// The curve of a group.
    pub(super) fn within(&self, group: &Group) -> Curve {
        let members = self.members.iter().filter(|(person, _)| group.members[*person]);
        Curve::of(members, self.others.iter().filter(|(person, _)| group.others[*person]))
    }
}

impl Curve {
    fn of<'a>(
        members: impl Iterator<Item = &'a (usize, Key)>,
        others: impl Iterator<Item = &'a (usize, Key)>,
    ) -> Self {
        Self::sorted(members.map(|(_, key)| *key).collect(), others.map(|(_, key)| *key).collect())
    }

    pub(super) fn sorted(mut members: Vec<Key>, mut others: Vec<Key>) -> Self {
        members.sort_by(descending);
        others.sort_by(descending);
        Self { members, others }
    }

    /// Persons of the smaller side.
    pub(super) fn fewest(&self) -> usize {
        self.members.len().min(self.others.len())
    }

    /// How many members score at or above a non-member's key.
    pub(super) fn told(&self, threshold: &Key) -> u64 {
        self.members.partition_point(|key| descending(key, threshold).is_le()) as u64
    }
}

/// The scores of `persons` in the release as it is.
pub(super) fn scores(
    people: &People<'_>,
    persons: &[usize],
    score: Score,
    models: &Models<'_>,
) -> Vec<f64> {
    match (score, models.learned(score)) {
        (Score::Near(near), _) => people
            .largest(persons, |row| near.of(people.near.released.of(row), &people.reference[row])),
        (_, Some(learned)) => scored(learned, people, persons),
        // A score that could not be learned tells nobody from anybody.
        (_, None) => vec![0.0; persons.len()],
    }
}

/// Scores with the numbers that order equal ones.
pub(super) fn keyed(people: &People<'_>, persons: &[usize], scores: Vec<f64>) -> Vec<Key> {
    scores.into_iter().zip(persons).map(|(score, &person)| (score, people.tie[person])).collect()
}

fn plain(keys: &[Key]) -> Vec<f64> {
    keys.iter().map(|key| key.0).collect()
}

/// The area under the curve; its error is at least that of one pair changing sides.
pub(super) fn area(curve: &Curve) -> Option<Measure> {
    let (value, error) = delong(&plain(&curve.members), &plain(&curve.others))?;
    let least = 0.5 / curve.members.len().min(curve.others.len()) as f64;
    Some(Measure::Normal { value, standard_error: error.max(least), range: [0.0, 1.0] })
}

/// The upper end of the curve as counts.
pub(super) fn roc(curve: &Curve, false_positive_rate: f64, beyond_chance: bool) -> Measure {
    let non_members = curve.others.len() as u64;
    let reach = roc_reach(non_members, false_positive_rate) as usize;
    Measure::Roc {
        false_positive_rate,
        beyond_chance,
        members: curve.members.len() as u64,
        non_members,
        detected: curve.others.iter().take(reach).map(|threshold| curve.told(threshold)).collect(),
    }
}

/// Members and non-members who count as seen; `None` where either side is nobody.
pub(super) fn told_apart(curve: &Curve, cut: &Threshold) -> Option<Measure> {
    let count = |keys: &[Key]| {
        let successes = keys.iter().filter(|key| cut.sees(key)).count() as u64;
        (!keys.is_empty()).then_some(Count { successes, trials: keys.len() as u64 })
    };
    Some(Measure::LogOdds { told: count(&curve.members)?, mistaken: count(&curve.others)? })
}

/// True less false positive rate at or above `threshold`; binomial errors, of a person more on
/// either side so that none is 0 (Agresti and Caffo 2000, Am. Statist. 54:280).
pub(super) fn advantage(curve: &Curve, threshold: f64) -> Option<Measure> {
    let rate = |keys: &[Key]| {
        let (hits, n) = (keys.iter().filter(|key| key.0 >= threshold).count(), keys.len() as f64);
        let smoothed = (hits as f64 + 1.0) / (n + 2.0);
        (hits as f64 / n, smoothed * (1.0 - smoothed) / (n + 2.0))
    };
    if curve.members.is_empty() || curve.others.is_empty() {
        return None;
    }
    let ((tpr, first), (fpr, second)) = (rate(&curve.members), rate(&curve.others));
    Some(Measure::Normal {
        value: tpr - fpr,
        standard_error: (first + second).sqrt(),
        range: [-1.0, 1.0],
    })
}

/// The score at or above which members exceed non-members most.
pub(super) fn best_threshold(members: &[f64], others: &[f64]) -> f64 {
    let sorted = |scores: &[f64]| {
        let mut sorted = scores.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted
    };
    let (members, others) = (sorted(members), sorted(others));
    let excess = |threshold: f64| {
        let share = |sorted: &[f64]| {
            let below = sorted.partition_point(|&score| score < threshold);
            1.0 - below as f64 / sorted.len() as f64
        };
        share(&members) - share(&others)
    };
    let better = |best: (f64, f64), &threshold: &f64| {
        let found = excess(threshold);
        if found > best.1 { (threshold, found) } else { best }
    };
    members.iter().fold((f64::INFINITY, 0.0), better).0
}

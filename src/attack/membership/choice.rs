//! Which scores are used: on the validation part the one of the largest area for averages, and for the upper
//! end of the curve the one that tells most members there, among equals the one that sees most of
//! the leaks planted for it. An average is moved by what a few exposed persons are not, and the reverse.

use super::RATE;
use super::curve::{Key, best_threshold, keyed, scores};
use super::learned::Models;
use super::people::{People, Samples};
use super::planted::{Control, Threshold, count};
use super::score::{Closeness, Score};
use crate::attack::modest::per_cent;
use crate::stats::delong;

/// Standard errors within which two scores count as equal.
const EQUAL: f64 = 2.0;

/// The chosen scores.
pub(super) struct Choice {
    /// The one of the largest area.
    pub(super) average: Score,
    /// Its threshold that is best on the validation part.
    pub(super) threshold: f64,
    /// The one that tells most at few false alarms.
    pub(super) top: Score,
    /// Its threshold of [`RATE`] on the validation part.
    pub(super) cut: Threshold,
    /// The best of those that need distances only.
    pub(super) near: Closeness,
    /// What `top` sees of the half of the plants that it was not chosen on.
    pub(super) control: Control,
    /// How every score fared.
    areas: String,
    /// See `areas`.
    shares: String,
}

impl Choice {
    /// How averages were scored.
    pub(super) fn averaged(&self) -> [String; 2] {
        [
            format!("score: {}", self.average.name()),
            format!("areas on the validation part: {}", self.areas),
        ]
    }

    /// How the upper end was scored.
    pub(super) fn told_by(&self, score: Score) -> [String; 2] {
        [
            format!("score: {}", score.name()),
            format!(
                "members told at 1 % false alarms on the validation part (– where few, or all but few): {}",
                self.shares
            ),
        ]
    }
}

/// One score on the validation part.
struct Trial {
    score: Score,
    members: Vec<f64>,
    others: Vec<f64>,
    area: f64,
    /// Share of members at or above the threshold of [`RATE`], and its standard error.
    told: f64,
    error: f64,
    /// That threshold.
    cut: Threshold,
}

pub(super) fn choose(samples: &Samples<'_>, models: &Models<'_>) -> Choice {
    let known = Closeness::ALL.map(Score::Near).into_iter().chain(models.scores());
    let trials: Vec<Trial> = known.map(|score| Trial::of(samples, score, models)).collect();
    let widest = trials.iter().reduce(|best, next| if next.area > best.area { next } else { best });
    let leaders = leaders(&trials);
    let nearest = |score: &Score| match *score {
        Score::Near(near) => Some(near),
        Score::Components | Score::Classifier => None,
    };
    let mut near: Vec<Closeness> = leaders.iter().filter_map(nearest).collect();
    // Scores that are learned see hardly any single copy, so that they lead only where no other keeps up.
    let learned = if near.is_empty() { leaders } else { Vec::new() };
    if near.is_empty() {
        near = Closeness::ALL.to_vec();
    }
    let near = most_seen(samples, models, near.into_iter().map(Score::Near).collect());
    let top = most_seen(samples, models, learned);
    let best_near = near.as_ref().and_then(|(score, _)| nearest(score));
    let (top, control) =
        top.or(near).unwrap_or((Score::Near(Closeness::Density), Control::default()));
    let cut = trials.iter().find(|trial| trial.score == top).map(|trial| trial.cut);
    Choice {
        average: widest.map_or(top, |trial| trial.score),
        threshold: widest.map_or(f64::INFINITY, Trial::threshold),
        top,
        cut: cut.unwrap_or(Threshold::NOBODY),
        near: best_near.unwrap_or(Closeness::Density),
        control,
        areas: listed(&trials, |trial| format!("{:.2}", trial.area)),
        shares: listed(&trials, |trial| {
            per_cent(trial.told, trial.members.len() as u64).unwrap_or_else(|| "–".into())
        }),
    }
}

fn listed(trials: &[Trial], value: impl Fn(&Trial) -> String) -> String {
    let each: Vec<String> =
        trials.iter().map(|trial| format!("{} {}", trial.score.name(), value(trial))).collect();
    each.join(", ")
}

/// Of `scores` the one that sees most of every other plant, and what it sees of those between; of equal ones
/// the first.
fn most_seen(
    samples: &Samples<'_>,
    models: &Models<'_>,
    scores: Vec<Score>,
) -> Option<(Score, Control)> {
    let counted = count(samples, &scores, models);
    let seen = |halves: &[Control; 2]| halves[0].worst();
    let best = (scores.into_iter().zip(counted))
        .reduce(|best, next| if seen(&next.1) > seen(&best.1) { next } else { best });
    best.map(|(score, [_, second])| (score, second))
}

impl Trial {
    fn of(samples: &Samples<'_>, score: Score, models: &Models<'_>) -> Self {
        let side = |people: &People<'_>| {
            let persons = people.part(true);
            let found = scores(people, &persons, score, models);
            (keyed(people, &persons, found.clone()), found)
        };
        let (member_keys, members) = side(&samples.members);
        let (other_keys, others) = side(&samples.others);
        let area = delong(&members, &others).map_or(0.0, |(area, _)| area);
        let cut = Threshold::of(other_keys, RATE);
        let (told, error) = told(&member_keys, others.len() as f64, &cut);
        Self { score, members, others, area, told, error, cut }
    }

    fn threshold(&self) -> f64 {
        best_threshold(&self.members, &self.others)
    }
}

/// The share of members at or above the `cut` of [`RATE`], with `n` non-members. Its error joins that of the share with that of
/// the threshold, along a curve that rises as from the origin to this point.
fn told(members: &[Key], n: f64, cut: &Threshold) -> (f64, f64) {
    let m = members.len() as f64;
    let seen = members.iter().filter(|key| cut.sees(key)).count() as f64;
    let told = seen / m.max(1.0);
    // A person more on either side, so that no share is certain (Agresti and Caffo 2000).
    let smoothed = (seen + 1.0) / (m + 2.0);
    let slope = smoothed / RATE;
    let variance =
        smoothed * (1.0 - smoothed) / (m + 2.0) + slope * slope * RATE * (1.0 - RATE) / (n + 2.0);
    (told, variance.sqrt())
}

/// The scores that cannot be told from the one that tells most.
fn leaders(trials: &[Trial]) -> Vec<Score> {
    let best = trials.iter().reduce(|best, next| if next.told > best.told { next } else { best });
    let Some(best) = best else { return Vec::new() };
    let equal = trials.iter().filter(|trial| trial.told >= best.told - EQUAL * best.error);
    equal.map(|trial| trial.score).collect()
}

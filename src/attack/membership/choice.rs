//! Which score is used: the strongest on the validation part, and among equals the one that sees
//! most of the leaks planted for it.

use super::components::Components;
use super::curve::{best_threshold, scores};
use super::group::Group;
use super::people::{People, Samples};
use super::planted::{Control, count};
use super::score::Score;
use crate::stats::delong;

/// Standard errors within which two areas count as equal.
const EQUAL: f64 = 2.0;

/// The chosen score.
pub(super) struct Choice {
    pub(super) score: Score,
    /// The threshold that is best on the validation part.
    pub(super) threshold: f64,
    /// What it sees of the half of the plants that it was not chosen on.
    pub(super) control: Control,
    /// How it was chosen.
    pub(super) notes: Vec<String>,
}

/// One score on the validation part.
struct Trial {
    score: Score,
    members: Vec<f64>,
    others: Vec<f64>,
    area: f64,
    error: f64,
}

pub(super) fn choose(
    samples: &Samples<'_>,
    components: Option<&Components>,
    groups: &[Group],
) -> Choice {
    let known = Score::NEAR.into_iter().chain(components.map(|_| Score::Components));
    let trials: Vec<Trial> = known.map(|score| try_out(samples, score, components)).collect();
    let leaders = leaders(&trials);
    let counted = count(samples, &leaders, components, groups);
    let seen = |halves: &[Control; 2]| halves[0].worst();
    let best = (leaders.iter().zip(counted))
        .reduce(|best, next| if seen(&next.1) > seen(&best.1) { next } else { best });
    let (score, control) = best.map_or((Score::Density, Control::default()), |(score, halves)| {
        let [_, second] = halves;
        (*score, second)
    });
    let threshold = trials
        .iter()
        .find(|trial| trial.score == score)
        .map_or(f64::INFINITY, |trial| best_threshold(&trial.members, &trial.others));
    let areas: Vec<String> =
        trials.iter().map(|t| format!("{} {:.2}", t.score.name(), t.area)).collect();
    let notes = vec![
        format!("score: {}", score.name()),
        format!("areas on the validation part: {}", areas.join(", ")),
    ];
    Choice { score, threshold, control, notes }
}

fn try_out(samples: &Samples<'_>, score: Score, components: Option<&Components>) -> Trial {
    let side = |people: &People<'_>| {
        let persons = people.part(true);
        scores(people, &persons, score, components)
    };
    let (members, others) = (side(&samples.members), side(&samples.others));
    let (area, error) = delong(&members, &others).unwrap_or((0.0, 1.0));
    Trial { score, members, others, area, error }
}

/// The scores that cannot be told from the strongest. Kernels see no single copy, so that they lead
/// only where no other score keeps up with them.
fn leaders(trials: &[Trial]) -> Vec<Score> {
    let best = trials.iter().reduce(|best, next| if next.area > best.area { next } else { best });
    let Some(best) = best else { return Vec::new() };
    let equal = trials.iter().filter(|trial| trial.area >= best.area - EQUAL * best.error);
    let equal: Vec<Score> = equal.map(|trial| trial.score).collect();
    let near: Vec<Score> =
        equal.iter().copied().filter(|&score| score != Score::Components).collect();
    if near.is_empty() { equal } else { near }
}

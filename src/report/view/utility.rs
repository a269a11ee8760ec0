//! What a release is good for, as it is shown: every measure beside what fresh real records reach.

use serde::Serialize;

use super::finding::shown;
use crate::evidence::{Dossier, Evidence, Measure, Scope};
use crate::metric::{Direction, Metric, metric};
use crate::report::Tier;

/// One measure of utility. Where a metric has a fact for each of several things, the worst of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct UtilityView {
    /// The metric's id.
    pub metric: String,
    /// The metric in a few words.
    pub title: String,
    /// The thing that is served worst, where the metric has a fact for each of several.
    pub about: Option<String>,
    /// The estimate.
    pub value: String,
    /// Its standard error, where it has one.
    pub standard_error: Option<String>,
    /// What fresh real records reach.
    pub ceiling: Option<String>,
    /// Which way is better: `lower` or `higher`.
    pub better: &'static str,
    /// Facts without values: which columns are served worst, what was left out.
    pub notes: Vec<String>,
}

impl UtilityView {
    /// The metric in a few words, with the thing that is served worst.
    #[must_use]
    pub fn heading(&self) -> String {
        let about = self.about.as_ref().map(|about| format!(" ({about})"));
        self.title.clone() + &about.unwrap_or_default()
    }
}

/// Every utility metric of the evidence, in its order.
pub(super) fn utility(dossier: &Dossier, tier: Tier) -> Vec<UtilityView> {
    let mut worst: Vec<(&Evidence, &'static Metric, f64)> = Vec::new();
    for fact in dossier.evidence.iter().filter(|fact| fact.scope == Scope::All) {
        let Some(metric) = metric(&fact.metric).filter(|metric| metric.utility) else { continue };
        let Some(value) = value(&fact.measure) else { continue };
        match worst.iter_mut().find(|(_, known, _)| known.id == metric.id) {
            None => worst.push((fact, metric, value)),
            Some(known) if is_worse(metric, value, known.2) => *known = (fact, metric, value),
            Some(_) => {}
        }
    }
    worst.into_iter().map(|(fact, metric, value)| view(fact, metric, value, tier)).collect()
}

fn view(fact: &Evidence, metric: &Metric, value: f64, tier: Tier) -> UtilityView {
    let error = match fact.measure {
        Measure::Normal { standard_error, .. } => Some(standard_error),
        _ => None,
    };
    UtilityView {
        metric: metric.id.to_owned(),
        title: metric.title.to_owned(),
        about: fact.about.clone(),
        value: shown(metric, value, tier),
        standard_error: error.map(|error| shown(metric, error, tier)),
        ceiling: fact.ceiling.map(|ceiling| shown(metric, ceiling, tier)),
        better: match metric.direction {
            Direction::LowerIsSafer => "lower",
            Direction::HigherIsSafer => "higher",
        },
        notes: fact.notes.clone(),
    }
}

/// The estimate of a fact about utility.
fn value(measure: &Measure) -> Option<f64> {
    match measure {
        Measure::Normal { value, .. } | Measure::Exact { value } => Some(*value),
        _ => None,
    }
}

fn is_worse(metric: &Metric, value: f64, than: f64) -> bool {
    match metric.direction {
        Direction::LowerIsSafer => value > than,
        Direction::HigherIsSafer => value < than,
    }
}

//! Every metric that an attack, a utility measure or the audit itself produces: one file for each.

mod association;
mod constraint;
mod control;
mod copies;
mod coverage;
mod distance;
mod distinguishability;
mod dp_audit;
mod fairness;
mod hellinger;
mod identity;
mod inference;
mod linkability;
mod marginal;
mod membership;
mod pairwise;
mod prediction;
mod reconstruction;
mod safe_harbor;
mod shadow;
mod singling_out;
mod text;
mod threeway;
mod uniqueness;

use super::Metric;

/// All metrics, in report order, by what produces them.
const CATALOGUE: &[&[Metric]] = &[
    control::METRICS,
    safe_harbor::METRICS,
    uniqueness::METRICS,
    copies::METRICS,
    distance::METRICS,
    identity::METRICS,
    membership::METRICS,
    singling_out::METRICS,
    linkability::METRICS,
    inference::METRICS,
    text::METRICS,
    reconstruction::METRICS,
    shadow::METRICS,
    dp_audit::METRICS,
    distinguishability::METRICS,
    marginal::METRICS,
    hellinger::METRICS,
    coverage::METRICS,
    constraint::METRICS,
    association::METRICS,
    pairwise::METRICS,
    threeway::METRICS,
    prediction::METRICS,
    fairness::METRICS,
];

/// All metrics, in report order. A test holds that each is produced by exactly one attack or measure.
pub fn metrics() -> impl Iterator<Item = &'static Metric> {
    CATALOGUE.iter().copied().flatten()
}

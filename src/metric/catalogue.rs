//! Every metric that an attack, a utility measure or the audit itself produces: one file for each.

mod control;
mod copies;
mod distance;
mod distinguishability;
mod dp_audit;
mod identity;
mod inference;
mod linkability;
mod membership;
mod reconstruction;
mod safe_harbor;
mod shadow;
mod singling_out;
mod text;
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
];

/// All metrics, in report order. A test holds that each is produced by exactly one attack or measure.
pub fn metrics() -> impl Iterator<Item = &'static Metric> {
    CATALOGUE.iter().copied().flatten()
}

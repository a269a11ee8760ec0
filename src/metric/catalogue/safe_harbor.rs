//! Metrics of the Safe Harbor lint.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[Metric {
    id: "safe-harbor.identifiers",
    title: "Safe Harbor identifiers in the release",
    unit: Unit::Count,
    range: (0.0, f64::INFINITY),
    direction: Direction::LowerIsSafer,
    shapes: &[Shape::Exact],
    contrast: false,
    calibrated: false,
    stops_only: false,
    utility: false,
    waivable: false,
    meaning: "Number of (column, identifier kind) pairs of the released table that hold one \
                  of the 18 identifiers of the HIPAA Safe Harbor list.",
    matters: "A released name, number, date or small area points at a person without any \
                  attack.",
    assumes: "Identifiers are recognised by column name and by value pattern; free text may \
                  hold others.",
    reference: "45 CFR 164.514(b)(2)(i)",
}];

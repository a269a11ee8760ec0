//! Metrics of tables of three columns.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[Metric {
    id: "threeway.tv",
    title: "tables of three columns",
    unit: Unit::Fraction,
    range: (0.0, 1.0),
    direction: Direction::LowerIsSafer,
    shapes: &[Shape::Normal],
    contrast: false,
    calibrated: false,
    stops_only: true,
    utility: true,
    waivable: true,
    meaning: "The share of rows that would have to move to another cell to make a table of three \
                  columns of the release that of train, on average over triples of columns.",
    matters: "Models with interactions that are fitted to the release need not hold for people.",
    assumes: "Numbers in five groups and the ten most frequent categories say enough of a column. \
                  Much of the distance of small samples is chance.",
    reference: "Bowen and Snoke 2021, J. Priv. Confid. 11(1)",
}];

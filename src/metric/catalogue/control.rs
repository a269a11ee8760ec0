//! Metrics of whether the holdout is a sound control.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "control.overlap",
        title: "real doubles across the split",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "Share of holdout persons with an identical record in train, less the share of \
                  train persons with an identical record elsewhere in train.",
        matters: "If holdout persons are also in train, every comparison with the holdout comes \
                  out too small and a leak looks like chance.",
        assumes: "Identical records that chance produces are as frequent across the split as \
                  within train.",
        reference: "dosimeter, docs of `audit::control`",
    },
    Metric {
        id: "control.contamination",
        title: "holdout seen by the generator",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "Share of holdout persons matched by the release and not by train, less the share \
                  matched by train and not by the release, both cut to equal size.",
        matters: "A generator that has seen the holdout reproduces it as well as train, so that \
                  copies look like coincidence.",
        assumes: "A release that never saw the holdout matches it no more often than train, \
                  an equally large sample of real persons, does.",
        reference: "McNemar 1947, Psychometrika 12:153 (exact conditional form)",
    },
    Metric {
        id: "control.exchangeability",
        title: "train and holdout told apart",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "Share of random relabellings of persons under which a classifier separates train \
                  from holdout at least as well as under the true labels: the p-value of the test \
                  that both are samples of one population.",
        matters: "If the holdout is another population, the attack works differently on it, and the \
                  comparison shows that instead of a leak.",
        assumes: "Persons are independent. A difference in few persons is not seen.",
        reference: "Lopez-Paz and Oquab 2017, Revisiting classifier two-sample tests, ICLR",
    },
];

//! Metrics of copies of real records.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "copies.exact",
        title: "persons copied exactly",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate, Shape::Detected],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "Share of the distinct training persons of whom at least one whole record stands \
                  in the release.",
        matters: "A released row that equals a real person's record is that person's data, \
                  whatever generated it.",
        assumes: "Every column of the schema except identifiers and weights is compared, after \
                  top coding.",
        reference: "identical match share; peers: SDMetrics NewRowSynthesis, MOSTLY AI QA IMS",
    },
    Metric {
        id: "copies.exact-rows",
        title: "released rows that equal a record",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "Share of released rows that equal at least one training record.",
        matters: "It tells how much of the release is not synthetic at all.",
        assumes: "Every column of the schema except identifiers and weights is compared, after \
                  top coding.",
        reference: "identical match share; peers: SDMetrics NewRowSynthesis, MOSTLY AI QA IMS",
    },
    Metric {
        id: "copies.exact-excess",
        title: "persons copied beyond chance",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: true,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "Among the training persons whom chance would not have matched, the share copied \
                  exactly: (train's share − holdout's) / (1 − holdout's).",
        matters: "Chance explains the holdout's share; what exceeds it was copied from the people \
                  the generator was trained on.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population.",
        reference: "Newcombe 1998, Statist. Med. 17:873 (difference of two proportions)",
    },
    Metric {
        id: "copies.near",
        title: "persons copied nearly",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate, Shape::Detected],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Share of the distinct training persons of whom at least one record stands in \
                  the release up to a small tolerance in every number.",
        matters: "A record moved by a step is still recognisable to anyone who knows the person.",
        assumes: "Tolerance of a number: the larger of its step and 0.1 % of its scale; categories \
                  must agree.",
        reference: "peers: SDMetrics NewRowSynthesis (numerical tolerance)",
    },
    Metric {
        id: "copies.near-excess",
        title: "persons copied nearly beyond chance",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: true,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Among the training persons whom chance would not have matched, the share copied \
                  nearly: (train's share − holdout's) / (1 − holdout's).",
        matters: "Chance explains the holdout's share; what exceeds it was copied from the people \
                  the generator was trained on.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population.",
        reference: "Newcombe 1998, Statist. Med. 17:873 (difference of two proportions)",
    },
];

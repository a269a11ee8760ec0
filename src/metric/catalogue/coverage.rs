//! Metrics of coverage: what occurs in the release at all.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "coverage.category",
        title: "frequent categories that occur",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "The share of the categories that at least 11 training persons have which occur \
                  in the release, on average over categorical columns.",
        matters: "Whoever is in a category that is missing cannot be studied with the release at \
                  all.",
        assumes: "One row is enough for a category to occur.",
        reference: "Goncalves et al. 2020, BMC Med. Res. Methodol. 20:108 (support coverage)",
    },
    Metric {
        id: "coverage.range",
        title: "range of the numbers that occurs",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "The share of the interval in which the middle 98 % of the training numbers lie \
                  that the smallest and the largest released number span, on average over \
                  numeric columns.",
        matters: "High and low values that are missing are often those that matter most.",
        assumes: "Two rows are enough to span a range; nothing need lie between them.",
        reference: "Goncalves et al. 2020, BMC Med. Res. Methodol. 20:108 (support coverage)",
    },
];

//! Metrics of constraint: rules and bounds of the schema.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "constraint.kept",
        title: "rows that keep all rules",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "The share of released rows that break no rule of the schema, such as that \
                  nobody dies before birth.",
        matters: "Rows that cannot be stop programs that read the release, and take away the \
                  trust of people who look at it.",
        assumes: "The schema states the rules that matter. A rule about a missing value is kept.",
        reference: "ISO/IEC 9075-2 (CHECK constraints)",
    },
    Metric {
        id: "constraint.within-bounds",
        title: "numbers within public bounds",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "The share of released numbers that lie within the bounds which the schema \
                  states from public sources.",
        matters: "Numbers that cannot be distort means, and are a sign that the release was not \
                  coded as the real table is.",
        assumes: "A file with numbers beyond the bounds after coding is not read at all.",
        reference: "Cochran 1977, Sampling Techniques, section 6.3",
    },
];

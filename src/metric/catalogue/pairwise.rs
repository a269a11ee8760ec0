//! Metrics of tables of two columns.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "pairwise.tv",
        title: "tables of two columns",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "The share of rows that would have to move to another cell to make a cross table of two \
                  columns of the release that of train, on average over all pairs of columns.",
        matters: "Cross tables of the release mislead where they differ from those of people.",
        assumes: "Numbers in five groups and the ten most frequent categories say enough of a column.",
        reference: "Bowen and Snoke 2021, J. Priv. Confid. 11(1)",
    },
    Metric {
        id: "pairwise.tv-worst",
        title: "pairs of columns whose tables differ most",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "The pairs of columns whose cross tables differ most, as the share of rows that would \
                  have to move to another cell.",
        matters: "Cross tables of these pairs mislead however good the release is on average.",
        assumes: "Numbers in five groups and the ten most frequent categories say enough of a column.",
        reference: "Bowen and Snoke 2021, J. Priv. Confid. 11(1)",
    },
    Metric {
        id: "pairwise.s-pmse",
        title: "tables of two columns, in units of chance",
        unit: Unit::Number,
        range: (0.0, f64::INFINITY),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "How much more cross tables of two columns differ than chance explains, in the middle \
                  over all pairs: 1 is perfect, below 3 good, 10 the most that is usable.",
        matters: "What a table of the release shows beyond chance is not so among people.",
        assumes: "Numbers in five groups and the ten most frequent categories say enough of a column. \
                  Rows are independent; the value grows with their number where tables differ at all.",
        reference: "Raab, Nowok and Dibben 2021, arXiv 2109.12717",
    },
    Metric {
        id: "pairwise.s-pmse-worst",
        title: "pairs of columns farthest beyond chance",
        unit: Unit::Number,
        range: (0.0, f64::INFINITY),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "The pairs of columns whose cross tables differ most in units of what chance explains.",
        matters: "What tables of these pairs show is not so among people, however good the release is in \
                  the middle.",
        assumes: "Rows are independent. The largest of many pairs is above 1 by chance.",
        reference: "Raab, Nowok and Dibben 2021, arXiv 2109.12717",
    },
];

//! Metrics of associations between columns.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "association.difference",
        title: "associations between columns",
        unit: Unit::Fraction,
        range: (0.0, 2.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "How much the strength of the relation between two columns differs between train and \
                  the release, on average over all pairs of columns: 0 if not at all, 1 for a perfect \
                  relation that is lost.",
        matters: "Conclusions about what goes with what can be wrong where associations differ.",
        assumes: "A constant column is associated with nothing. Two relations of another form may have \
                  one association.",
        reference: "Bergsma 2013, J. Korean Statist. Soc. 42:323 (Cramér's V); Pearson",
    },
    Metric {
        id: "association.rank-difference",
        title: "associations between columns, by ranks",
        unit: Unit::Fraction,
        range: (0.0, 2.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "The same, where two columns of numbers are compared by the ranks of their numbers, so \
                  that a few large numbers do not decide.",
        matters: "Conclusions about what goes with what can be wrong where associations differ.",
        assumes: "A constant column is associated with nothing. Two relations of another form may have \
                  one association.",
        reference: "Spearman 1904, Am. J. Psychol. 15:72",
    },
    Metric {
        id: "association.difference-worst",
        title: "pairs whose association differs most",
        unit: Unit::Fraction,
        range: (0.0, 2.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "The pairs of columns the strength of whose relation differs most between train and the \
                  release.",
        matters: "Conclusions about these pairs can be wrong however good the release is on average.",
        assumes: "A constant column is associated with nothing. Two relations of another form may have \
                  one association.",
        reference: "Bergsma 2013, J. Korean Statist. Soc. 42:323 (Cramér's V); Pearson",
    },
];

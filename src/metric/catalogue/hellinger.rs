//! Metrics of hellinger: the overlap of the release with train.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "hellinger.univariate",
        title: "columns overlap too little",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "How little the distributions of the release and of the training records \
                  overlap, on average over columns: 0 % if they are the same, 100 % if they have \
                  nothing in common.",
        matters: "Rare categories and the ends of scales, to which this distance is sensitive, \
                  are not as in the real records.",
        assumes: "Numbers of more than 20 different values are compared in 20 groups of equal \
                  size. Fresh real records do not reach 0 %: compare with what they reach.",
        reference: "Le Cam and Yang 2000, Asymptotics in Statistics, chapter 4 (Hellinger \
                  distance)",
    },
    Metric {
        id: "hellinger.multivariate",
        title: "all columns together overlap too little",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "How little the joint distributions of the release and of the training records \
                  overlap, all columns together, each brought to a bell curve: 0 % if they are the \
                  same, 100 % if they have nothing in common. It sees how columns move together.",
        matters: "Of the usual measures this one ranked generators best by how well models of \
                  their releases predict.",
        assumes: "Columns hang together as normal variables do once they are ranked. Noise makes \
                  it large where columns are many: compare with what fresh real records reach.",
        reference: "El Emam et al. 2022, JMIR Med. Inform. 10(4):e35734",
    },
];

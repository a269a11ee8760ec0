//! Metrics of marginal: columns taken one by one.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "marginal.tv",
        title: "columns differ in shares",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "By how much the shares of categories, or of groups of numbers, in the release \
                  differ from those of the training records, on average over columns: 0 % if \
                  they are the same, 100 % if nothing is shared.",
        matters: "A percentage that is read off the release is wrong by up to that much. Even \
                  fresh real records do not reach 0 %: compare with what they reach.",
        assumes: "Numbers of more than 20 different values are compared in 20 groups of equal \
                  size.",
        reference: "Gibbs and Su 2002, Int. Stat. Rev. 70:419 (total variation)",
    },
    Metric {
        id: "marginal.tv-worst",
        title: "the column that differs most in shares",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "By how much the shares of categories, or of groups of numbers, in the release \
                  differ from those of the training records, in each of the columns that differ \
                  most: 0 % if they are the same, 100 % if nothing is shared.",
        matters: "A mean over columns hides one column that is wrong.",
        assumes: "Of many columns, some are farther off than others by chance.",
        reference: "Gibbs and Su 2002, Int. Stat. Rev. 70:419 (total variation)",
    },
    Metric {
        id: "marginal.ks",
        title: "numbers differ in distribution",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "The largest difference between the share of released numbers below a point and \
                  the share of training numbers below it, on average over numeric columns.",
        matters: "Medians, quantiles and shares above a threshold that are read off the release \
                  are wrong by up to that much.",
        assumes: "Missing values have no part in it; total variation counts them.",
        reference: "Conover 1999, Practical Nonparametric Statistics, chapter 6 (Kolmogorov- \
                  Smirnov)",
    },
    Metric {
        id: "marginal.wasserstein",
        title: "numbers are moved",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "How far released numbers would have to be moved to be distributed as the \
                  training numbers, in parts of the width in which nearly all of these lie, on \
                  average over numeric columns.",
        matters: "Means that are read off the release are wrong by up to that much of the width.",
        assumes: "A column counts as moved by its whole width at most. Missing values have no \
                  part in it.",
        reference: "Ramdas et al. 2017, Entropy 19:47 (Wasserstein distance)",
    },
];

//! Metrics of distinguishability.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "distinguishability.auroc",
        title: "released rows told from real ones",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "How often a classifier that has learned from other rows ranks a released row above \
                  a holdout record: 50 % if it cannot tell them apart, 100 % if always.",
        matters: "Where rows are easily told apart, conclusions drawn from the release need not hold \
                  for people. It says nothing about a leak: a copy of train looks perfect.",
        assumes: "Holdout and release describe the same population. Another classifier may see more.",
        reference: "DeLong et al. 1988, Biometrics 44:837",
    },
    Metric {
        id: "distinguishability.score",
        title: "propensity score of the release",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "Mean squared deviation of a logistic regression's probability that a row is released \
                  from the share that is, out of fold, over its largest value: 0 if it cannot tell \
                  them apart, 1 if always.",
        matters: "Where rows are easily told apart, conclusions drawn from the release need not hold \
                  for people. It says nothing about a leak: a copy of train looks perfect.",
        assumes: "Holdout and release describe the same population. What chance alone gives is noted.",
        reference: "Snoke et al. 2018, J. R. Statist. Soc. A 181:663 (pMSE)",
    },
];

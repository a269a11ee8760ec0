//! Metrics of fairness.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "fairness.parity-difference",
        title: "change of the difference between groups",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "How much the largest difference between groups in the share with an outcome changes from train to \
                  the release, up or down: 0 if the release shows the inequality that there is, 1 at most.",
        matters: "A release that hides an inequality lets nobody find it; one that amplifies it accuses, or teaches \
                  models to be more unequal than people are.",
        assumes: "The protected columns and the target are those of the schema, the target read as yes or no. The \
                  largest of several differences is too large by chance: see the ceiling. Whether a difference is \
                  unjust no number says.",
        reference: "Dwork et al. 2012, ITCS 214 (demographic parity)",
    },
    Metric {
        id: "fairness.odds-gap",
        title: "inequality of errors learned from the release",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "How much further apart groups are in how often a model is right about them if it learned from the \
                  release instead of train: the larger of the differences in true and in false positive rates, on the \
                  same holdout. Below 0: nearer to each other.",
        matters: "A model of the release that decides about people may err more often on some groups than a model of \
                  the real records would.",
        assumes: "Train and holdout are samples of one population, and the groups have eleven holdout persons or more \
                  of either outcome. Both sides learn from as many rows; other models may be more or less unequal.",
        reference: "Hardt et al. 2016, NIPS 3315 (equalised odds)",
    },
    Metric {
        id: "fairness.representation",
        title: "groups' shares in the release",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "The share of rows that would have to change group for the release to have as many of each group as \
                  train: 0 if the shares are equal, 1 if no group is in both.",
        matters: "A group that the release holds too few of is studied less well, or not at all.",
        assumes: "The protected columns are those of the schema; groups of fewer than eleven training persons are \
                  pooled. Rows count by their weight, so that boosting with weights changes nothing.",
        reference: "total variation distance; Cochran 1977, section 6.3 (error)",
    },
    Metric {
        id: "fairness.subgroup-fidelity",
        title: "how much worse the worst group is served",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "How much further the columns' distributions are from train's within the worst group than in the \
                  whole table, the mean over columns.",
        matters: "A release that is right on the whole may be wrong about a small group; findings about it are then \
                  findings about nobody.",
        assumes: "Numbers are compared in five groups, levels in the ten most frequent. Small groups are off by chance \
                  alone: see the ceiling.",
        reference: "total variation distance; Cochran 1977, section 6.3 (error)",
    },
];

//! Metrics of prediction.

use crate::metric::{Direction, Metric, Shape, Unit};

const MATTERS: &str = "What a model finds in the release is to hold for people. Where the release teaches less than \
                       the real records, decisions by its models are worse than they need be.";

const ASSUMES: &str = "Train and holdout are samples of one population. Both sides learn from as many rows, by \
                       boosted trees or a linear model, whichever does better on rows of its own side; other models \
                       may learn more. The error counts holdout persons and random draws, not other releases.";

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "prediction.tstr-gap",
        title: "prediction lost by learning from the release",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "How much better models that learned from train guess the holdout's targets than models that \
                  learned from the release, on a scale from 0 to 1 (AUROC, balanced accuracy or R²); the mean over \
                  targets. 0: the release teaches as much; below 0: more.",
        matters: MATTERS,
        assumes: ASSUMES,
        reference: "Esteban et al. 2017, arXiv:1706.02633",
    },
    Metric {
        id: "prediction.tstr-gap-worst",
        title: "prediction lost, target by target",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "How much better a model that learned from train guesses one target of the holdout than a model \
                  that learned from the release; the target that loses most decides.",
        matters: MATTERS,
        assumes: ASSUMES,
        reference: "Esteban et al. 2017, arXiv:1706.02633",
    },
    Metric {
        id: "prediction.trtr",
        title: "prediction by models of train",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "How well models that learned from train guess the holdout's targets (AUROC, balanced accuracy or \
                  R²), the mean over targets: what there is to be learned at all.",
        matters: "Where even the real records teach little, the release cannot teach much, and a small gap says \
                  little.",
        assumes: ASSUMES,
        reference: "Esteban et al. 2017, arXiv:1706.02633",
    },
    Metric {
        id: "prediction.tstr",
        title: "prediction by models of the release",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: true,
        waivable: true,
        meaning: "How well models that learned from the release guess the holdout's targets (AUROC, balanced \
                  accuracy or R²), the mean over targets; its ceiling is what models of train reach.",
        matters: MATTERS,
        assumes: ASSUMES,
        reference: "Esteban et al. 2017, arXiv:1706.02633",
    },
];

//! Metrics of membership inference by running the generator again.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "shadow.auroc",
        title: "telling members by running the generator",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Probability that a table made with an unusual person in the training data scores \
                  higher than one made without, for the worst of several persons; 50 % is chance.",
        matters: "Whoever can run the generator learns from it who was in its data, even where the \
                  released table alone does not say so.",
        assumes: "The generator was run as it is for releases, on half of the persons. About the \
                  persons attacked, by this attacker, as far as so few runs can tell.",
        reference: "Meeus et al. 2023, arXiv 2306.10308; DeLong et al. 1988, Biometrics 44:837",
    },
    Metric {
        id: "shadow.advantage",
        title: "advantage of running the generator",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: false,
        calibrated: true,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Among tables made with an unusual person in the training data, the share told so \
                  beyond false alarms: (share with − share without) / (1 − share without).",
        matters: "Whoever can run the generator learns from it who was in its data, even where the \
                  released table alone does not say so.",
        assumes: "The generator was run as it is for releases, on half of the persons. About the \
                  persons attacked, by this attacker, as far as so few runs can tell.",
        reference: "Stadler et al. 2022, USENIX Security; Meeus et al. 2023, arXiv 2306.10308",
    },
];

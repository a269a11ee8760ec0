//! Metrics of reconstruction.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "reconstruction.guessed",
        title: "secrets guessed from counts",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Share of training persons whose sensitive value, as a bit, is guessed right by \
                  solving for the secrets that explain the release's counts best.",
        matters: "It is what the adversary gets right in all, much of it what anybody would guess: \
                  read the excess.",
        assumes: "The adversary knows every column that is not sensitive; the worst of the \
                  sensitive columns is reported.",
        reference: "Annamalai, Gadotti, Rocher 2024, USENIX Security, arXiv 2301.10053",
    },
    Metric {
        id: "reconstruction.excess",
        title: "secrets guessed from counts beyond chance",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: true,
        calibrated: true,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Among the training persons whose secret the same attack would not guess of a \
                  stranger in their place, the share guessed right: (train's share − holdout's) / (1 − \
                  holdout's).",
        matters: "Counts that are too exact give away every secret behind them, though no record is \
                  copied.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population; the positive control is a leak of the whole table's counts.",
        reference: "Dinur and Nissim 2003, PODS; Annamalai, Gadotti, Rocher 2024, USENIX Security",
    },
];

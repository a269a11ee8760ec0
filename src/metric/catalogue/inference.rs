//! Metrics of inference, a criterion of WP216.

use crate::metric::{Direction, Metric, Shape, Unit};

/// Where the criterion and the attack come from.
const REFERENCE: &str =
    "Article 29 Working Party, Opinion 05/2014 (WP216); Giomi et al. 2023, PoPETs 2023(2):312";

/// Why a guess that is right matters.
const MATTERS: &str = "What a release adds to a guess about a person, beyond what it says about \
                       people like them, it took from that person's record.";

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "inference.correct",
        title: "secrets guessed",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Share of training persons of whom the nearest released row on all other columns \
                  tells a sensitive value.",
        matters: MATTERS,
        assumes: "The adversary knows everything but the one value. Chance is not taken off: what \
                  everybody shares is guessed of everybody.",
        reference: REFERENCE,
    },
    Metric {
        id: "inference.excess",
        title: "secrets guessed beyond strangers'",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: true,
        calibrated: true,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Among the training persons whose sensitive value would not be guessed of a \
                  stranger, the share told by the nearest released row on all other columns: \
                  (train's share − holdout's) / (1 − holdout's); the worst column decides.",
        matters: MATTERS,
        assumes: "The adversary knows everything but the one value. A value that nine in ten people \
                  share is no secret: who has it is not counted. The generator never saw the \
                  holdout, and train and holdout are samples of one population.",
        reference: REFERENCE,
    },
    Metric {
        id: "inference.keyed-excess",
        title: "secrets guessed from quasi-identifiers beyond strangers'",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: true,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Among the training persons whose sensitive value would not be guessed of a \
                  stranger, the share told by the nearest released rows on the quasi-identifiers: \
                  (train's share − holdout's) / (1 − holdout's); the worst column decides.",
        matters: MATTERS,
        assumes: "The adversary knows the quasi-identifiers and nothing else; rows alike share the \
                  guess. The generator never saw the holdout, and train and holdout are samples of \
                  one population.",
        reference: REFERENCE,
    },
    Metric {
        id: "inference.model-excess",
        title: "secrets a model tells beyond strangers'",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: true,
        calibrated: false,
        stops_only: true,
        utility: false,
        waivable: true,
        meaning: "Among the training persons whose sensitive value would not be guessed of a \
                  stranger, the share told by boosted trees trained on the release: (train's share \
                  − holdout's) / (1 − holdout's); the worst column decides.",
        matters: MATTERS,
        assumes: "The adversary knows the quasi-identifiers, or all other columns. Trees average \
                  over persons and do not see single copies. The generator never saw the holdout, \
                  and train and holdout are samples of one population.",
        reference: REFERENCE,
    },
];

//! Metrics of rare texts.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "text.replicated",
        title: "persons whose rare text is repeated",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "Share of the training persons with a rare text (a name, a note, a long code) of \
                  whom at least one stands in the release word for word.",
        matters: "A name or a sentence that only one person has points to that person, whatever \
                  stands around it.",
        assumes: "Texts are compared as words, without case and punctuation; rare is what at most \
                  two real persons carry; a paraphrase is not seen.",
        reference: "Carlini et al. 2019, USENIX Security (unintended memorisation)",
    },
    Metric {
        id: "text.replicated-excess",
        title: "persons whose rare text is repeated beyond chance",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: true,
        calibrated: true,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "Among the training persons with a rare text whom chance would not have hit, the \
                  share of whom one is repeated: (train's share − holdout's) / (1 − holdout's).",
        matters: "Chance repeats texts of people the generator never saw equally often; what \
                  exceeds it was memorised.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population; a paraphrase is not seen.",
        reference: "Carlini et al. 2021, USENIX Security; Newcombe 1998, Statist. Med. 17:873",
    },
];

//! Metrics of the audit of a claimed differential privacy.

use crate::metric::{Direction, Metric, Shape, Unit};

/// The likelihood ratio e³⁶ that no double tells from certainty: no larger ε is claimed or measured.
const LARGEST: f64 = 36.0;

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "dp-audit.epsilon-lower",
        title: "smallest ε that guesses leave standing",
        unit: Unit::Nats,
        range: (0.0, LARGEST),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Guesses],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "The smallest ε for which the generator can be (ε, δ)-differentially private, given how \
                  often an adversary guessed which canaries were in its training data.",
        matters: "The generator gives away who was in its data at least as surely as this ε allows.",
        assumes: "About the generator as it was run for the audit, not about the released table. A small \
                  value proves nothing: another adversary may guess better.",
        reference: "Steinke, Nasr, Jagielski 2023, arXiv 2305.08846; Nasr et al. 2023, USENIX Security",
    },
    Metric {
        id: "dp-audit.epsilon-excess",
        title: "claimed ε contradicted by guesses",
        unit: Unit::Nats,
        range: (-LARGEST, LARGEST),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Guesses],
        contrast: false,
        calibrated: true,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "The smallest ε that an adversary's guesses about canaries leave standing, less the ε \
                  that is claimed; above 0 the claim is contradicted.",
        matters: "A claim that is contradicted is false: the noise, the accounting or what is said to be \
                  public is not what the claim says.",
        assumes: "The generator run for the audit is the one that made the release. Not contradicted is \
                  not proven: only an audit that notices half the noise says anything by not contradicting.",
        reference: "Steinke, Nasr, Jagielski 2023, arXiv 2305.08846; Annamalai, Ganev, De Cristofaro \
                    2024, arXiv 2405.10994",
    },
    Metric {
        id: "dp-audit.ledger-excess",
        title: "claimed ε exceeded by the ledger",
        unit: Unit::Nats,
        range: (-LARGEST, LARGEST),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "The ε that follows from all entries of the release's privacy ledger at the claimed δ, \
                  computed anew, less the ε that is claimed; above 0 more was spent than is claimed.",
        matters: "A release that spent more than it says is less private than it says.",
        assumes: "The ledger holds every step that read the records. It says nothing of whether the noise \
                  was drawn as it says.",
        reference: "Bun and Steinke 2016, TCC; Canonne, Kamath, Steinke 2020, NeurIPS",
    },
];

//! Metrics of small groups on the quasi-identifiers.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "uniqueness.k-anonymity",
        title: "smallest group of real persons on the keys",
        unit: Unit::Count,
        range: (0.0, f64::INFINITY),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        waivable: true,
        meaning: "Number of training persons in the smallest group that shares all \
                  quasi-identifiers.",
        matters: "Whoever is alone with their quasi-identifiers can be singled out by anyone who \
                  knows these.",
        assumes: "The quasi-identifiers of the schema are what an adversary knows, at the \
                  precision the schema states.",
        reference: "Sweeney 2002, Int. J. Uncertainty Fuzziness 10:557",
    },
    Metric {
        id: "uniqueness.unique-share",
        title: "persons alone with their keys",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        calibrated: false,
        waivable: true,
        meaning: "Share of training persons who carry quasi-identifiers that no other training \
                  person carries.",
        matters: "Whoever is alone with their quasi-identifiers can be singled out by anyone who \
                  knows these.",
        assumes: "The quasi-identifiers of the schema are what an adversary knows, at the \
                  precision the schema states.",
        reference: "Sweeney 2002, Int. J. Uncertainty Fuzziness 10:557",
    },
    Metric {
        id: "uniqueness.released-class",
        title: "smallest group of real persons that a released row matches",
        unit: Unit::Count,
        range: (0.0, f64::INFINITY),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        waivable: true,
        meaning: "Number of training persons in the smallest group whose quasi-identifiers a \
                  released row carries.",
        matters: "A released row that fits one real person, or a handful, is read as theirs, \
                  whatever generated it.",
        assumes: "The quasi-identifiers of the schema are what an adversary knows, at the \
                  precision the schema states.",
        reference: "CMS cell suppression policy: counts of 1 to 10 are not shown",
    },
    Metric {
        id: "uniqueness.k-map",
        title: "smallest group of the population that a training person is in",
        unit: Unit::Count,
        range: (0.0, f64::INFINITY),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        waivable: true,
        meaning: "Number of persons of the population in the smallest group that shares all \
                  quasi-identifiers with a training person.",
        matters: "Whoever is alone in the population with their quasi-identifiers is named by \
                  anyone who has a register of it.",
        assumes: "The population table holds everybody whom an adversary would look among, at the \
                  precision the schema states.",
        reference: "Sweeney 2001, Computational Disclosure Control (k-map)",
    },
];

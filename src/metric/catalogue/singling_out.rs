//! Metrics of singling out, a criterion of WP216.

use crate::metric::{Direction, Metric, Shape, Unit};

/// Where the criterion and the attack come from.
const REFERENCE: &str = "Article 29 Working Party, Opinion 05/2014 (WP216); Cohen and Nissim 2020, PNAS \
                         117:8344; Giomi et al. 2023, PoPETs 2023(2):312";

/// Why it matters to be isolated.
const MATTERS: &str = "A person who can be told from everybody else is identified in the sense of the \
                       GDPR, named or not, and can be looked for elsewhere.";

/// What the excess takes for granted.
const ASSUMES: &str = "The generator never saw the holdout, and train and holdout are samples of one \
                       population. Queries other than these are not tried.";

const RATE: Metric = Metric {
    id: "",
    title: "",
    unit: Unit::Fraction,
    range: (0.0, 1.0),
    direction: Direction::LowerIsSafer,
    shapes: &[Shape::Rate],
    contrast: false,
    calibrated: false,
    stops_only: false,
    utility: false,
    waivable: true,
    meaning: "",
    matters: MATTERS,
    assumes: "Chance is not taken off: values that occur once isolate strangers too.",
    reference: REFERENCE,
};

const EXCESS: Metric = Metric {
    range: (-1.0, 1.0),
    shapes: &[Shape::Difference],
    contrast: true,
    calibrated: true,
    stops_only: false,
    utility: false,
    assumes: ASSUMES,
    ..RATE
};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "singling-out.univariate",
        title: "values of the release that isolate a person",
        meaning: "Share of the values that stand once in the release to which exactly one training \
                  person answers.",
        ..RATE
    },
    Metric {
        id: "singling-out.univariate-excess",
        title: "persons isolated by one value beyond chance",
        meaning: "Among the training persons whom chance would not have isolated, the share isolated \
                  by a value that stands once in the release: (train's share − holdout's) / (1 − \
                  holdout's).",
        ..EXCESS
    },
    Metric {
        id: "singling-out.multivariate",
        title: "descriptions from the release that isolate a person",
        meaning: "Share of the descriptions over several columns that fit one released row to which \
                  exactly one training person answers.",
        ..RATE
    },
    Metric {
        id: "singling-out.multivariate-excess",
        title: "persons isolated by a description beyond chance",
        meaning: "Among the training persons whom chance would not have isolated, the share isolated \
                  by a description over several columns that fits one released row: (train's share − \
                  holdout's) / (1 − holdout's).",
        ..EXCESS
    },
];

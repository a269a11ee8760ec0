//! Metrics of linkability, a criterion of WP216.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "linkability.linked",
        title: "persons linked across two sources",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Share of training persons whose records in two separate sources lead to the same \
                  released row.",
        matters: "Who links two sources about one person knows all that both know, and often who it \
                  is.",
        assumes: "The sources know what the schema's [linkability] says. Chance is not taken off: \
                  coarse sources link many strangers too.",
        reference: "Article 29 Working Party, Opinion 05/2014 (WP216); Giomi et al. 2023, PoPETs \
                    2023(2):312",
    },
    Metric {
        id: "linkability.excess",
        title: "persons linked across two sources beyond chance",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: true,
        calibrated: true,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Among the training persons whom chance would not have linked, the share whose \
                  records in two separate sources lead to the same released row: (train's share − \
                  holdout's) / (1 − holdout's).",
        matters: "Who links two sources about one person knows all that both know, and often who it \
                  is.",
        assumes: "The sources know what the schema's [linkability] says. The generator never saw the \
                  holdout, and train and holdout are samples of one population.",
        reference: "Article 29 Working Party, Opinion 05/2014 (WP216); Giomi et al. 2023, PoPETs \
                    2023(2):312",
    },
];

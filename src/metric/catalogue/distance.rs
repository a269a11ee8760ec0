//! Metrics of closeness to real records.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "distance.share",
        title: "rows nearest to train beyond chance",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: true,
        calibrated: false,
        stops_only: true,
        utility: false,
        waivable: false,
        meaning: "Share of released rows whose nearest real record is a training record, ties \
                  shared, less the share of training persons among all real persons.",
        matters: "Rows that lie closer to the people the generator was trained on than to other \
                  people were made from those people.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population. A small value shows nothing: leaks pass this test.",
        reference: "dosimeter, docs of `attack::distance`; arXiv 2505.01524 on its limits",
    },
    Metric {
        id: "distance.tail-share",
        title: "closest rows nearest to train beyond chance",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: true,
        calibrated: false,
        stops_only: true,
        utility: false,
        waivable: false,
        meaning: "Of the released rows that lie closest to any real record (2 % and 0.1 %, the \
                  worse), the share nearest to a training record, less the share of training \
                  persons among all real persons.",
        matters: "A generator that copies a few people leaves those copies among the closest rows, \
                  however good the rest is.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population. A small value shows nothing: leaks pass this test.",
        reference: "dosimeter, docs of `attack::distance`; arXiv 2505.01524 on its limits",
    },
    Metric {
        id: "distance.subset-share",
        title: "rows nearest to train over some columns",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: true,
        calibrated: false,
        stops_only: true,
        utility: false,
        waivable: false,
        meaning: "The worst, over several subsets of the columns, of the share of released rows \
                  (all, or the closest) that are nearest to a training record in those columns, \
                  less the share of training persons among all real persons.",
        matters: "Records copied with a few values replaced look like nobody's over all columns \
                  and like their persons' over the others.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population. A small value shows nothing: leaks pass this test.",
        reference: "dosimeter, docs of `attack::distance`; arXiv 2505.01524 on its limits",
    },
    Metric {
        id: "distance.dcr",
        title: "distance to the closest record",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Quantiles],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "Quantiles over released rows of the distance to the nearest training record, as \
                  a mean over columns from 0 (equal) to 1.",
        matters: "Many rows at distance 0 are copies, or the table is coarse.",
        assumes: "Nothing: it is descriptive, rounded, and no rule may rest on it alone.",
        reference: "Gower 1971, Biometrics 27:857",
    },
    Metric {
        id: "distance.dcr-to-holdout",
        title: "distance to the closest holdout record",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Quantiles],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "Quantiles over released rows of the distance to the nearest record of the holdout, as \
                  a mean over columns from 0 (equal) to 1.",
        matters: "Beside `distance.dcr` of an equally large table it shows how much closer rows lie to \
                  the people the generator was trained on.",
        assumes: "Nothing: it is descriptive, rounded, and no rule may rest on it alone.",
        reference: "Gower 1971, Biometrics 27:857",
    },
    Metric {
        id: "distance.dcr-of-holdout",
        title: "distance of the holdout to the closest record",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Quantiles],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "Quantiles over records of the holdout of the distance to the nearest training record, \
                  as a mean over columns from 0 (equal) to 1.",
        matters: "It is what another sample of the population has: a release with a smaller \
                  `distance.dcr` lies closer to its people than other people do.",
        assumes: "Nothing: it is descriptive, rounded, and no rule may rest on it alone.",
        reference: "Gower 1971, Biometrics 27:857",
    },
    Metric {
        id: "distance.nndr",
        title: "nearest-neighbour distance ratio",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Quantiles],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "Quantiles over released rows of the distance to the nearest training record over \
                  that to the second nearest.",
        matters: "A row far nearer to one record than to any other was likely made from it.",
        assumes: "Nothing: it is descriptive, rounded, and no rule may rest on it alone.",
        reference: "Lowe 2004, Int. J. Comput. Vis. 60:91 (ratio test)",
    },
    Metric {
        id: "distance.nndr-of-holdout",
        title: "nearest-neighbour distance ratio of the holdout",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Quantiles],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: false,
        meaning: "Quantiles over records of the holdout of the distance to the nearest training record \
                  over that to the second nearest.",
        matters: "It is what another sample of the population has: a release with smaller ratios was \
                  likely made from single records.",
        assumes: "Nothing: it is descriptive, rounded, and no rule may rest on it alone.",
        reference: "Lowe 2004, Int. J. Comput. Vis. 60:91 (ratio test)",
    },
];

//! Metrics of membership inference.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "membership.auroc",
        title: "telling members from others",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: true,
        calibrated: false,
        stops_only: true,
        utility: false,
        waivable: true,
        meaning: "Probability that a person the generator was trained on scores higher than one it \
                  never saw, by the strongest of several scores; 50 % is chance.",
        matters: "Knowing that a person is in the data can itself be sensitive: a table of \
                  patients of one clinic says where its people were.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population; scores use the released table only. An average: a few exposed \
                  persons hardly move it.",
        reference: "DeLong et al. 1988, Biometrics 44:837",
    },
    Metric {
        id: "membership.tpr-at-fpr-10-percent",
        title: "members told at 10 % false alarms",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Roc],
        contrast: true,
        calibrated: false,
        stops_only: true,
        utility: false,
        waivable: true,
        meaning: "Share of training persons who are told to be members at a threshold that takes \
                  one in ten of the persons the generator never saw for one; 10 % is chance.",
        matters: "Knowing that a person is in the data can itself be sensitive: a table of \
                  patients of one clinic says where its people were.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population; scores use the released table only. The threshold rests on few \
                  persons, which the bounds allow for.",
        reference: "Carlini et al. 2022, IEEE S&P (low false positive rates)",
    },
    Metric {
        id: "membership.tpr-at-fpr-1-percent",
        title: "members told at 1 % false alarms",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Roc],
        contrast: true,
        calibrated: false,
        stops_only: true,
        utility: false,
        waivable: true,
        meaning: "Share of training persons who are told to be members at a threshold that takes \
                  one in a hundred of the persons the generator never saw for one; 1 % is chance.",
        matters: "Knowing that a person is in the data can itself be sensitive: a table of \
                  patients of one clinic says where its people were.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population; scores use the released table only. The threshold rests on few \
                  persons, which the bounds allow for.",
        reference: "Carlini et al. 2022, IEEE S&P (low false positive rates)",
    },
    Metric {
        id: "membership.tpr-at-fpr-1-permille",
        title: "members told at 0.1 % false alarms",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Roc],
        contrast: true,
        calibrated: false,
        stops_only: true,
        utility: false,
        waivable: true,
        meaning: "Share of training persons who are told to be members at a threshold that takes \
                  one in a thousand of the persons the generator never saw for one; 0.1 % is \
                  chance.",
        matters: "Knowing that a person is in the data can itself be sensitive: a table of \
                  patients of one clinic says where its people were.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population; scores use the released table only. The threshold rests on few \
                  persons, which the bounds allow for.",
        reference: "Carlini et al. 2022, IEEE S&P (low false positive rates)",
    },
    Metric {
        id: "membership.exposed-share",
        title: "persons exposed as members",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exposed],
        contrast: true,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Share of training persons whose record stands out in the release as planted \
                  copies do, beyond the 1 % of strangers (10 % in small groups) who stand out by \
                  chance.",
        matters: "Knowing that a person is in the data can itself be sensitive: a table of \
                  patients of one clinic says where its people were.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population; scores use the released table only. An exposed person is seen as \
                  often as a planted copy.",
        reference: "dosimeter, docs of `attack::membership`",
    },
    Metric {
        id: "membership.advantage",
        title: "advantage of guessing membership",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: true,
        calibrated: false,
        stops_only: true,
        utility: false,
        waivable: true,
        meaning: "Share of training persons told to be members, less the share of persons the \
                  generator never saw, at the threshold that is best on other persons.",
        matters: "Knowing that a person is in the data can itself be sensitive: a table of \
                  patients of one clinic says where its people were.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population; scores use the released table only. An average: a few exposed \
                  persons hardly move it.",
        reference: "Yeom et al. 2018, IEEE CSF",
    },
    Metric {
        id: "membership.log-odds-lower",
        title: "evidence of membership, lower limit",
        unit: Unit::Nats,
        range: (0.0, f64::INFINITY),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::LogOdds],
        contrast: true,
        calibrated: false,
        stops_only: true,
        utility: false,
        waivable: true,
        meaning: "Lower limit of the logarithm of how much likelier a training person is to stand \
                  out in the release than a person whom the generator never saw. Description only: \
                  as a lower limit it clears nothing.",
        matters: "It says how much an adversary learns from the fact that a record stands out: 0 \
                  nothing, 2.3 ten times the odds that the person was in train.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population; scores use the released table only. One release without coins that \
                  decide who is in bounds no ε of a mechanism: see `dp-audit.epsilon-lower`.",
        reference: "Jagielski, Ullman and Oprea 2020, NeurIPS",
    },
    Metric {
        id: "membership.relative-f1",
        title: "members told by counting differing columns",
        unit: Unit::Fraction,
        range: (f64::NEG_INFINITY, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: true,
        calibrated: false,
        stops_only: true,
        utility: false,
        waivable: true,
        meaning: "How much better than a guess an adversary tells members who calls everybody a \
                  member that differs from some released row in few columns: 0 as good as the \
                  guess, 1 never wrong.",
        matters: "Knowing that a person is in the data can itself be sensitive: a table of \
                  patients of one clinic says where its people were.",
        assumes: "The generator never saw the holdout. The share of members among the attacked is \
                  that of train in the population, or a half. Coarse tables score without a leak: \
                  compare with chance's.",
        reference: "El Emam, Mosquera and Fang 2022, JAMIA Open 5:ooac083",
    },
    Metric {
        id: "membership.relative-f1-chance",
        title: "the same if members were no likelier to match",
        unit: Unit::Fraction,
        range: (f64::NEG_INFINITY, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        calibrated: false,
        stops_only: true,
        utility: false,
        waivable: true,
        meaning: "The relative F1 score of the same adversary if training persons matched the \
                  release as often as holdout persons do.",
        matters: "What the score has beyond this was learned from who is in train.",
        assumes: "The generator never saw the holdout.",
        reference: "dosimeter, docs of `attack::membership`",
    },
];

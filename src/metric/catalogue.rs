//! Every metric that an attack, a utility measure or the audit itself produces, in report order.

use super::{Direction, Metric, Shape, Unit};

/// All metrics. A test holds that each is produced by exactly one attack or measure.
pub const METRICS: &[Metric] = &[
    Metric {
        id: "control.overlap",
        title: "real doubles across the split",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: false,
        waivable: false,
        meaning: "Share of holdout persons with an identical record in train, less the share of \
                  train persons with an identical record elsewhere in train.",
        matters: "If holdout persons are also in train, every comparison with the holdout comes \
                  out too small and a leak looks like chance.",
        assumes: "Identical records that chance produces are as frequent across the split as \
                  within train.",
        reference: "dosimeter, docs of `audit::control`",
    },
    Metric {
        id: "control.contamination",
        title: "holdout seen by the generator",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: false,
        waivable: false,
        meaning: "Share of holdout persons matched by the release and not by train, less the share \
                  matched by train and not by the release, both cut to equal size.",
        matters: "A generator that has seen the holdout reproduces it as well as train, so that \
                  copies look like coincidence.",
        assumes: "A release that never saw the holdout matches it no more often than train, \
                  an equally large sample of real persons, does.",
        reference: "McNemar 1947, Psychometrika 12:153 (exact conditional form)",
    },
    Metric {
        id: "control.exchangeability",
        title: "train and holdout told apart",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        waivable: false,
        meaning: "Share of random relabellings of persons under which a classifier separates train \
                  from holdout at least as well as under the true labels: the p-value of the test \
                  that both are samples of one population.",
        matters: "If the holdout is another population, the attack works differently on it, and the \
                  comparison shows that instead of a leak.",
        assumes: "Persons are independent. A difference in few persons is not seen.",
        reference: "Lopez-Paz and Oquab 2017, Revisiting classifier two-sample tests, ICLR",
    },
    Metric {
        id: "safe-harbor.identifiers",
        title: "Safe Harbor identifiers in the release",
        unit: Unit::Count,
        range: (0.0, f64::INFINITY),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        waivable: false,
        meaning: "Number of (column, identifier kind) pairs of the released table that hold one \
                  of the 18 identifiers of the HIPAA Safe Harbor list.",
        matters: "A released name, number, date or small area points at a person without any \
                  attack.",
        assumes: "Identifiers are recognised by column name and by value pattern; free text may \
                  hold others.",
        reference: "45 CFR 164.514(b)(2)(i)",
    },
    Metric {
        id: "uniqueness.k-anonymity",
        title: "smallest group of real persons on the keys",
        unit: Unit::Count,
        range: (0.0, f64::INFINITY),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
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
        id: "copies.exact",
        title: "persons copied exactly",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate, Shape::Detected],
        contrast: false,
        waivable: false,
        meaning: "Share of the distinct training persons of whom at least one whole record stands \
                  in the release.",
        matters: "A released row that equals a real person's record is that person's data, \
                  whatever generated it.",
        assumes: "Every column of the schema except identifiers and weights is compared, after \
                  top coding.",
        reference: "identical match share; peers: SDMetrics NewRowSynthesis, MOSTLY AI QA IMS",
    },
    Metric {
        id: "copies.exact-rows",
        title: "released rows that equal a record",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        waivable: false,
        meaning: "Share of released rows that equal at least one training record.",
        matters: "It tells how much of the release is not synthetic at all.",
        assumes: "Every column of the schema except identifiers and weights is compared, after \
                  top coding.",
        reference: "identical match share; peers: SDMetrics NewRowSynthesis, MOSTLY AI QA IMS",
    },
    Metric {
        id: "copies.exact-excess",
        title: "persons copied beyond chance",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: true,
        waivable: false,
        meaning: "Among the training persons whom chance would not have matched, the share copied \
                  exactly: (train's share − holdout's) / (1 − holdout's).",
        matters: "Chance explains the holdout's share; what exceeds it was copied from the people \
                  the generator was trained on.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population.",
        reference: "Newcombe 1998, Statist. Med. 17:873 (difference of two proportions)",
    },
    Metric {
        id: "copies.near",
        title: "persons copied nearly",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate, Shape::Detected],
        contrast: false,
        waivable: true,
        meaning: "Share of the distinct training persons of whom at least one record stands in \
                  the release up to a small tolerance in every number.",
        matters: "A record moved by a step is still recognisable to anyone who knows the person.",
        assumes: "Tolerance of a number: the larger of its step and 0.1 % of its scale; categories \
                  must agree.",
        reference: "peers: SDMetrics NewRowSynthesis (numerical tolerance)",
    },
    Metric {
        id: "copies.near-excess",
        title: "persons copied nearly beyond chance",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Difference],
        contrast: true,
        waivable: true,
        meaning: "Among the training persons whom chance would not have matched, the share copied \
                  nearly: (train's share − holdout's) / (1 − holdout's).",
        matters: "Chance explains the holdout's share; what exceeds it was copied from the people \
                  the generator was trained on.",
        assumes: "The generator never saw the holdout, and train and holdout are samples of one \
                  population.",
        reference: "Newcombe 1998, Statist. Med. 17:873 (difference of two proportions)",
    },
    Metric {
        id: "distance.share",
        title: "rows nearest to train beyond chance",
        unit: Unit::Fraction,
        range: (-1.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: true,
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
        id: "distance.dcr",
        title: "distance to the closest record",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Quantiles],
        contrast: false,
        waivable: false,
        meaning: "Quantiles over released rows of the distance to the nearest training record, as \
                  a mean over columns from 0 (equal) to 1.",
        matters: "Many rows at distance 0 are copies, or the table is coarse.",
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
        waivable: false,
        meaning: "Quantiles over released rows of the distance to the nearest training record over \
                  that to the second nearest.",
        matters: "A row far nearer to one record than to any other was likely made from it.",
        assumes: "Nothing: it is descriptive, rounded, and no rule may rest on it alone.",
        reference: "Lowe 2004, Int. J. Comput. Vis. 60:91 (ratio test)",
    },
    Metric {
        id: "identity.reidentification-rate",
        title: "persons recognisable beyond chance",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Detected],
        contrast: true,
        waivable: true,
        meaning: "Share of training persons whose own record is recognisable in the release beyond \
                  chance, to someone who can confirm with everything they know of the person.",
        matters: "A person whose record can be recognised is identified, and everything else in that \
                  row is learned about them.",
        assumes: "The generator never saw the holdout. Leaks are of the kinds that the positive control \
                  planted; an adversary may know every compared column.",
        reference: "dosimeter, docs of `attack::identity`; 0.04 %: Sweeney 2007, quoted by Barth-Jones 2016",
    },
    Metric {
        id: "identity.keyed-rate",
        title: "recognisable persons whom their keys lead to",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: true,
        waivable: true,
        meaning: "Share of training persons who are recognised in a released row that agrees with them on \
                  all quasi-identifiers.",
        matters: "An adversary who knows the quasi-identifiers alone finds the row.",
        assumes: "The quasi-identifiers of the schema are what an adversary knows, at the \
                  precision the schema states.",
        reference: "dosimeter, docs of `attack::identity`",
    },
    Metric {
        id: "identity.marketer-rate",
        title: "chance to pick the right row by the keys",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: true,
        waivable: true,
        meaning: "Mean over training persons of the chance that a random released row with their \
                  quasi-identifiers is the one they are recognised in.",
        matters: "It is the success of an adversary who tries to link everybody and cannot confirm.",
        assumes: "More released rows make it smaller without making anybody safer: no preset rests on it.",
        reference: "El Emam 2013, Guide to the De-Identification of Personal Health Information (marketer risk)",
    },
    Metric {
        id: "identity.match-rate",
        title: "unique matches that teach something",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        waivable: true,
        meaning: "Share of training persons, alone with their quasi-identifiers, for whom the released rows \
                  with these quasi-identifiers say something true that most people's values would not.",
        matters: "It is what an adversary who takes the release at its word gets right, by leak or by chance.",
        assumes: "The quasi-identifiers of the schema are what an adversary knows, at the \
                  precision the schema states. Chance alone makes matches: compare with the holdout's.",
        reference: "El Emam, Mosquera and Bass 2020, JMIR 22:e23139 (what a match teaches)",
    },
    Metric {
        id: "identity.match-rate-holdout",
        title: "the same for persons never seen",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        waivable: true,
        meaning: "The match rate of holdout persons, each put in the place of a random training person.",
        matters: "What the match rate has beyond this was learned from the people in train.",
        assumes: "The generator never saw the holdout.",
        reference: "dosimeter, docs of `attack::identity`",
    },
    Metric {
        id: "membership.auroc",
        title: "telling members from others",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: true,
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
        waivable: true,
        meaning: "Share of training persons whose record stands out in the release as planted \
                  copies do, beyond the 1 % of strangers who stand out by chance.",
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
        id: "distinguishability.auroc",
        title: "released rows told from real ones",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        waivable: true,
        meaning: "How often a classifier that has learned from other rows ranks a released row above \
                  a holdout record: 50 % if it cannot tell them apart, 100 % if always.",
        matters: "Where rows are easily told apart, conclusions drawn from the release need not hold \
                  for people. It says nothing about a leak: a copy of train looks perfect.",
        assumes: "Holdout and release describe the same population. Another classifier may see more.",
        reference: "DeLong et al. 1988, Biometrics 44:837",
    },
    Metric {
        id: "distinguishability.score",
        title: "propensity score of the release",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Normal],
        contrast: false,
        waivable: true,
        meaning: "Mean squared deviation of a logistic regression's probability that a row is released \
                  from the share that is, out of fold, over its largest value: 0 if it cannot tell \
                  them apart, 1 if always.",
        matters: "Where rows are easily told apart, conclusions drawn from the release need not hold \
                  for people. It says nothing about a leak: a copy of train looks perfect.",
        assumes: "Holdout and release describe the same population. What chance alone gives is noted.",
        reference: "Snoke et al. 2018, J. R. Statist. Soc. A 181:663 (pMSE)",
    },
];

//! Metrics of re-identification.

use crate::metric::{Direction, Metric, Shape, Unit};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        id: "identity.reidentification-rate",
        title: "persons recognisable beyond chance",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Detected],
        contrast: true,
        calibrated: false,
        stops_only: false,
        utility: false,
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
        calibrated: false,
        stops_only: false,
        utility: false,
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
        calibrated: false,
        stops_only: true,
        utility: false,
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
        calibrated: false,
        stops_only: false,
        utility: false,
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
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "The match rate of holdout persons, each put in the place of a random training person.",
        matters: "What the match rate has beyond this was learned from the people in train.",
        assumes: "The generator never saw the holdout.",
        reference: "dosimeter, docs of `attack::identity`",
    },
    Metric {
        id: "identity.el-emam-risk",
        title: "meaningful identity disclosure",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Mean chance, over training persons whose quasi-identifiers the release carries and \
                  tells something true and uncommon about, that an adversary picks the right person \
                  among all who share them: the larger of looking for a person in the release and for a \
                  released row's person in the population.",
        matters: "It is how often an adversary who links the release to people by their quasi- \
                  identifiers is right and learns something.",
        assumes: "The quasi-identifiers of the schema are what an adversary knows, at the precision the \
                  schema states. Without a population or sampling fraction, the adversary knows who is \
                  in train. Matches by chance count in full.",
        reference: "El Emam, Mosquera and Bass 2020, JMIR 22:e23139",
    },
    Metric {
        id: "identity.replicated-uniques",
        title: "unique keys that stay unique in the release",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Share of training persons alone with their quasi-identifiers in train whose quasi- \
                  identifiers exactly one released row carries.",
        matters: "Such a row looks like that person's record, whether it is or not.",
        assumes: "The quasi-identifiers of the schema are what an adversary knows, at the precision the \
                  schema states. Read it beside `uniqueness.unique-share`, of which it is a part.",
        reference: "Raab, Nowok and Dibben 2024, arXiv 2406.16826 (repU)",
    },
    Metric {
        id: "identity.disco",
        title: "values that the release states rightly",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Share of training persons of whom all released rows with their quasi-identifiers state \
                  one and the same value, and the right one, in the worst of the learned columns.",
        matters: "It is what an adversary who takes the release at its word learns about the people in \
                  train.",
        assumes: "The quasi-identifiers of the schema are what an adversary knows, at the precision the \
                  schema states. Common values are stated rightly of anybody: compare with the \
                  holdout's.",
        reference: "Raab, Nowok and Dibben 2024, arXiv 2406.16826 (DiSCO)",
    },
    Metric {
        id: "identity.disco-holdout",
        title: "the same for persons never seen",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Share of holdout persons of whom all released rows with their quasi-identifiers state \
                  the right value, in the column that is worst in train.",
        matters: "What training persons have beyond this was learned from their own records.",
        assumes: "The generator never saw the holdout.",
        reference: "dosimeter, docs of `attack::identity`",
    },
    Metric {
        id: "identity.cap",
        title: "chance that a row of one's keys tells one's value",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Mean over training persons of the chance that a random released row with their quasi- \
                  identifiers, or the nearest there are, carries their value, in the worst of the \
                  learned columns.",
        matters: "It is the success of an adversary who guesses an attribute from the release.",
        assumes: "The quasi-identifiers of the schema are what an adversary knows, at the precision the \
                  schema states. A good model of the population guesses well too: compare with the \
                  holdout's.",
        reference: "Taub et al. 2018, Privacy in Statistical Databases (generalized correct attribution \
                    probability)",
    },
    Metric {
        id: "identity.cap-holdout",
        title: "the same for persons never seen",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Rate],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Mean over holdout persons of the chance that a random released row with their quasi- \
                  identifiers, or the nearest there are, carries their value, in the column that is \
                  worst in train.",
        matters: "What training persons have beyond this was learned from their own records.",
        assumes: "The generator never saw the holdout.",
        reference: "dosimeter, docs of `attack::identity`",
    },
];

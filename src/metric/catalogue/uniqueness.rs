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
        stops_only: false,
        utility: false,
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
        stops_only: false,
        utility: false,
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
        stops_only: false,
        utility: false,
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
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Number of persons of the population in the smallest group that shares all \
                  quasi-identifiers with a training person.",
        matters: "Whoever is alone in the population with their quasi-identifiers is named by \
                  anyone who has a register of it.",
        assumes: "The population table holds everybody whom an adversary would look among, at the \
                  precision the schema states.",
        reference: "Sweeney 2001, Computational Disclosure Control (k-map)",
    },
    Metric {
        id: "uniqueness.released-map",
        title: "smallest group of the population that a released row fits",
        unit: Unit::Count,
        range: (0.0, f64::INFINITY),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Number of persons of the population in the smallest group whose quasi-identifiers a \
                  released row carries.",
        matters: "A released row that fits one person of the population, or a handful, is read as theirs by anyone who \
                  has a register of it.",
        assumes: "The population table holds everybody whom an adversary would look among, at the \
                  precision the schema states.",
        reference: "Sweeney 2001, Computational Disclosure Control (k-map)",
    },
    Metric {
        id: "uniqueness.population-unique-share",
        title: "persons of the population alone with their keys",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Share of the population who carry quasi-identifiers that nobody else of it carries: counted \
                  in its table, else estimated by the published rule that chooses an estimator.",
        matters: "Whoever is alone in the population with their keys is named by anyone who has a register \
                  of it.",
        assumes: "The training persons are a random sample of the population. Without a table of it the value is \
                  an estimate: estimators are known to disagree by more than half.",
        reference: "Dankar, El Emam, Neisa and Roffey 2012, BMC Med. Inform. Decis. Mak. 12:66",
    },
    Metric {
        id: "uniqueness.population-unique-share-lowest",
        title: "persons of the population alone with their keys, lowest estimate",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "The smallest share that any of the estimators finds; the count where the population's table is \
                  known.",
        matters: "A limit that even this estimate breaks is broken whichever estimator one believes.",
        assumes: "The training persons are a random sample of the population. Without a table of it the value is \
                  an estimate: estimators are known to disagree by more than half.",
        reference: "Dankar, El Emam, Neisa and Roffey 2012, BMC Med. Inform. Decis. Mak. 12:66",
    },
    Metric {
        id: "uniqueness.population-unique-share-highest",
        title: "persons of the population alone with their keys, highest estimate",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "The largest share that any of the estimators finds; the count where the population's table is \
                  known.",
        matters: "A limit that this estimate keeps is kept whichever estimator one believes: it is the one to set \
                  a limit on.",
        assumes: "The training persons are a random sample of the population. Without a table of it the value is \
                  an estimate: estimators are known to disagree by more than half.",
        reference: "Dankar, El Emam, Neisa and Roffey 2012, BMC Med. Inform. Decis. Mak. 12:66",
    },
    Metric {
        id: "uniqueness.individual-risk",
        title: "average chance to name a person by the keys",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Mean over training persons of the chance that somebody picked at random among all who carry a \
                  person's quasi-identifiers is that person.",
        matters: "It is the share of correct names that an adversary reaches who links everybody of the real \
                  table by the keys.",
        assumes: "An adversary picks at random among those who carry the keys: the population if its table or the \
                  sampling fraction is given, else the training persons.",
        reference: "Benedetti and Franconi 1998; sdcMicro documentation (individual risk)",
    },
    Metric {
        id: "uniqueness.individual-risk-highest",
        title: "highest chance to name a person by the keys",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "The largest such chance of any training person.",
        matters: "An average hides the person who is alone with their keys.",
        assumes: "An adversary picks at random among those who carry the keys: the population if its table or the \
                  sampling fraction is given, else the training persons.",
        reference: "Benedetti and Franconi 1998; sdcMicro documentation (individual risk)",
    },
    Metric {
        id: "uniqueness.l-diversity",
        title: "fewest sensitive values in a group",
        unit: Unit::Count,
        range: (0.0, f64::INFINITY),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Number of distinct values of a sensitive column in the group of training persons, equal in all \
                  quasi-identifiers, that has the fewest; over all sensitive columns.",
        matters: "Where everybody with the same keys has the same secret, it is known without knowing who is \
                  who.",
        assumes: "The quasi-identifiers of the schema are what an adversary knows, at the \
                  precision the schema states.",
        reference: "Machanavajjhala et al. 2007, ACM TKDD 1:3 (distinct l-diversity)",
    },
    Metric {
        id: "uniqueness.entropy-l-diversity",
        title: "least diversity of sensitive values in a group",
        unit: Unit::Count,
        range: (0.0, f64::INFINITY),
        direction: Direction::HigherIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "How many equally frequent values would be as diverse as the values of a sensitive column \
                  in the group that is least so; over all sensitive columns.",
        matters: "Many values say little when one of them is nearly everybody's.",
        assumes: "The quasi-identifiers of the schema are what an adversary knows, at the \
                  precision the schema states.",
        reference: "Machanavajjhala et al. 2007, ACM TKDD 1:3 (entropy l-diversity)",
    },
    Metric {
        id: "uniqueness.t-closeness",
        title: "farthest group from the whole in sensitive values",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "Largest distance, 0 to 1, between the values of a sensitive column in a group that is equal in all \
                  quasi-identifiers and in the whole training table; over all sensitive columns.",
        matters: "The farther a group is from the whole, the more the keys alone tell about its members.",
        assumes: "Numbers and ordered values are compared by rank (earth mover's distance), categories by total \
                  variation. A person alone is at the largest distance there is.",
        reference: "Li, Li and Venkatasubramanian 2007, ICDE (t-closeness)",
    },
    Metric {
        id: "uniqueness.contribution",
        title: "what the strongest key adds to persons alone",
        unit: Unit::Fraction,
        range: (0.0, 1.0),
        direction: Direction::LowerIsSafer,
        shapes: &[Shape::Exact],
        contrast: false,
        calibrated: false,
        stops_only: false,
        utility: false,
        waivable: true,
        meaning: "How much a quasi-identifier adds to the share of training persons alone with their keys, \
                  on average over all orders in which the keys may be learned; the largest of them.",
        matters: "It says which column to coarsen first.",
        assumes: "The quasi-identifiers of the schema are what an adversary knows, at the \
                  precision the schema states.",
        reference: "Shapley 1953; Castro, Gómez and Tejada 2009, Comput. Oper. Res. 36:1726",
    },
];

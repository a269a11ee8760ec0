//! Evidence: what the attacks measured, as sufficient statistics.
//!
//! The waist of the hourglass. `evidence.json` holds no record value, row index, category name or
//! time; everything right of it (judging, rendering, signing) works without the real data.

mod canonical;
mod claim;
mod dossier;
mod valid;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::metric::Shape;

pub use canonical::canonical_json;
pub use claim::{Claim, ClaimedPrivacy};
pub use dossier::{Dossier, NotRun, NotRunReason, Samples, Subject};

/// One measured fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Evidence {
    /// A metric id of the catalogue.
    pub metric: String,
    /// The sufficient statistics.
    pub measure: Measure,
    /// Whole release or one group.
    pub scope: Scope,
    /// The group, when `scope` is `group`: a schema-level name such as `sex: group 2`.
    #[serde(deserialize_with = "Option::deserialize")]
    pub group: Option<String>,
    /// What the fact is about where a metric has one for each of several things, in words of the schema:
    /// `income, from all other columns`. Of such facts the worst decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// What fresh real records reach, where a metric is about the use of the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<f64>,
    /// Planted leaks that the same attack was asked to find.
    pub positive_control: Vec<Planting>,
    /// The parameters the attack ran with.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Facts without values: which column breaks a lint, which columns were compared.
    pub notes: Vec<String>,
    /// What weakens the finding.
    pub caveats: Vec<String>,
}

/// What a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The whole release.
    All,
    /// One group of persons.
    Group,
}

/// Sufficient statistics: every bound and p-value is computed from them by `verdict`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "shape")]
pub enum Measure {
    /// `successes` of `trials` targets. `frame` is the number of targets there are: trials = frame
    /// is a census (exact), trials < frame hypergeometric, no frame Clopper–Pearson.
    #[serde(rename_all = "kebab-case")]
    Rate {
        /// How many succeeded; fractional when ties share a success.
        successes: f64,
        /// How many were tried.
        trials: u64,
        /// How many there are to try.
        #[serde(deserialize_with = "Option::deserialize")]
        frame: Option<u64>,
    },
    /// `found` of `targets` persons seen by a detector whose sensitivity the positive control gives.
    #[serde(rename_all = "kebab-case")]
    Detected {
        /// Persons seen.
        found: u64,
        /// Persons looked for: all of them.
        targets: u64,
        /// Expected number of false finds among them.
        expected_false: f64,
        /// The score from which on a person counts as found, in the unit of the score that the fact's note
        /// names; `None` when the control's scores could set none, and then nothing is cleared.
        #[serde(deserialize_with = "Option::deserialize")]
        threshold: Option<f64>,
        /// Treated against control counts over a grid of scores.
        excess: Vec<Contrast>,
    },
    /// A contrast of two shares.
    #[serde(rename_all = "kebab-case")]
    Difference {
        /// The persons the generator was trained on.
        treated: Count,
        /// Persons it never saw.
        control: Count,
        /// The same persons searched in train instead of the release: how often two real, independent
        /// persons agree by chance. Needs no trust in the release.
        #[serde(deserialize_with = "Option::deserialize")]
        baseline: Option<Count>,
    },
    /// A value with a standard error.
    #[serde(rename_all = "kebab-case")]
    Normal {
        /// The estimate.
        value: f64,
        /// Its standard error.
        standard_error: f64,
        /// Smallest and largest possible value.
        range: [f64; 2],
    },
    /// The upper end of a ROC curve: how many members score at or above each of the largest scores of
    /// non-members, ties broken at random so that scores are continuous.
    #[serde(rename_all = "kebab-case")]
    Roc {
        /// The false positive rate at which the curve is read, in (0, 1).
        false_positive_rate: f64,
        /// Whether the value is the share of exposed persons behind the true positive rate, seen with the
        /// sensitivity of the positive control, and not that rate itself.
        beyond_chance: bool,
        /// Persons the generator was trained on.
        members: u64,
        /// Persons it never saw.
        non_members: u64,
        /// `detected[r − 1]` members score at or above the r-th largest score of a non-member.
        detected: Vec<u64>,
    },
    /// Members and non-members whom an adversary takes for members, by a threshold fixed on other persons: a
    /// lower limit of the logarithm of how much likelier that is for members, never an upper one.
    #[serde(rename_all = "kebab-case")]
    LogOdds {
        /// Members taken for members.
        told: Count,
        /// Non-members taken for members.
        mistaken: Count,
    },
    /// Guesses about fair coins, each of which put a canary into the training data or kept it out: what
    /// contradicts a claim of differential privacy. From them follows a lower limit of ε, never an upper one.
    #[serde(rename_all = "kebab-case")]
    Guesses {
        /// How the guesses hang together.
        design: Design,
        /// Canaries, each with a coin of its own.
        canaries: u64,
        /// Coins that were guessed, their number fixed beforehand; of the others the adversary abstained.
        made: u64,
        /// Right guesses.
        right: u64,
        /// The claimed δ, at which ε is read.
        delta: f64,
        /// The claimed ε, where the value is how far the claim is exceeded; else the value is ε itself.
        #[serde(deserialize_with = "Option::deserialize")]
        claimed: Option<f64>,
        /// Right guesses of the same audit where half the noise was drawn; nothing where it was not made.
        #[serde(deserialize_with = "Option::deserialize")]
        half_noise: Option<Count>,
    },
    /// A value without sampling error.
    #[serde(rename_all = "kebab-case")]
    Exact {
        /// The value.
        value: f64,
    },
    /// Quantiles of a distribution: information, never judged.
    #[serde(rename_all = "kebab-case")]
    Quantiles {
        /// (probability, value), ascending.
        quantiles: Vec<[f64; 2]>,
    },
}

/// How the guesses of an audit of differential privacy hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Design {
    /// All canaries of a run share its noise.
    OneRun,
    /// One canary a run, every coin guessed.
    IndependentRuns,
    /// The same, told from noise that is Gaussian by construction.
    GaussianRuns,
}

/// Hits of trials.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Count {
    /// How many succeeded.
    pub successes: u64,
    /// How many were tried.
    pub trials: u64,
}

/// Treated against control at or above one score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Contrast {
    /// The score.
    pub score: f64,
    /// Training persons at or above it.
    pub treated: Count,
    /// Holdout persons at or above it.
    pub control: Count,
}

/// One cell of a positive control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Planting {
    /// What was planted: `verbatim`, `one-numeric`, …, and in whom: `/uniform`, `/outlier`.
    pub cell: String,
    /// The share that was planted.
    pub true_value: f64,
    /// How many plants the attack saw.
    pub detected: u64,
    /// How many were planted.
    pub of: u64,
}

impl Evidence {
    /// A fact about the whole release, without positive control, notes or caveats.
    #[must_use]
    pub fn whole(metric: &str, measure: Measure) -> Self {
        Self {
            metric: metric.to_owned(),
            measure,
            scope: Scope::All,
            group: None,
            about: None,
            ceiling: None,
            positive_control: Vec::new(),
            parameters: BTreeMap::new(),
            notes: Vec::new(),
            caveats: Vec::new(),
        }
    }
}

impl Measure {
    /// Which shape the statistics have.
    #[must_use]
    pub fn shape(&self) -> Shape {
        match self {
            Self::Rate { .. } => Shape::Rate,
            Self::Detected { .. } => Shape::Detected,
            Self::Difference { .. } => Shape::Difference,
            Self::Normal { .. } => Shape::Normal,
            Self::Roc { beyond_chance: false, .. } => Shape::Roc,
            Self::Roc { beyond_chance: true, .. } => Shape::Exposed,
            Self::LogOdds { .. } => Shape::LogOdds,
            Self::Guesses { .. } => Shape::Guesses,
            Self::Exact { .. } => Shape::Exact,
            Self::Quantiles { .. } => Shape::Quantiles,
        }
    }
}

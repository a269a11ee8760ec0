//! Policies: what is allowed and on whose authority.
//!
//! A policy is a TOML file of rules "metric op limit". It is parsed into types here, once: metric
//! names are a closed set, limits carry a unit and lie in the metric's range, a policy may tighten
//! the one it `extends` and never loosen it, and every rule knows its line in the file.

mod limit;
mod parse;
mod presets;
mod tighten;
mod waiver;

use serde::Serialize;

use crate::digest::Digest;
use crate::metric::Metric;

pub use limit::show_limit;
pub use presets::{PRESETS, Preset, preset};
pub use waiver::{Date, Waiver};

/// A parsed and validated policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Kebab-case id, as in `--policy ID` for a preset.
    pub id: String,
    /// Version of the policy text.
    pub version: String,
    /// One line for people.
    pub title: String,
    /// For whom, in one line.
    pub audience: Option<String>,
    /// What kind of authority its numbers have.
    pub basis: Basis,
    /// Where the numbers come from.
    pub source: String,
    /// The file or preset it was read from.
    pub file: String,
    /// SHA-256 of the policy text, then of each policy it extends.
    pub digests: Vec<(String, Digest)>,
    /// Whether the policy only informs: outcome `advisory`, exit 0, never signed as met.
    pub advisory: bool,
    /// How evidence is judged.
    pub evidence: EvidenceRequirements,
    /// The rules: inherited first, then its own.
    pub rules: Vec<Rule>,
}

/// How evidence is judged, for all rules of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceRequirements {
    /// One-sided confidence of the bound that must keep the limit, default 0.95.
    pub confidence: f64,
    /// One-sided confidence of the bound that must break the limit, default 0.99.
    pub fail_confidence: f64,
    /// Whether earlier audits of the same source make the bound stricter.
    pub attempts: Attempts,
    /// How long a report is valid, in days; judged on reports and bundles, never on bare evidence.
    pub max_age_days: Option<u32>,
    /// What a rule without evidence means.
    pub on_missing: OnMissing,
    /// Whether a group too small to decide blocks.
    pub small_groups: SmallGroups,
}

impl Default for EvidenceRequirements {
    fn default() -> Self {
        Self {
            confidence: 0.95,
            fail_confidence: 0.99,
            attempts: Attempts::Ignore,
            max_age_days: None,
            on_missing: OnMissing::Inconclusive,
            small_groups: SmallGroups::List,
        }
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Kebab-case id, unique in the policy.
    pub id: String,
    /// What is measured.
    pub metric: &'static Metric,
    /// The whole release or its worst group.
    pub scope: RuleScope,
    /// The limit as a number: a fraction or a count.
    pub limit: f64,
    /// How the metric must compare with the limit.
    pub op: Op,
    /// What a broken rule does.
    pub severity: Severity,
    /// The positive-control cells the rule claims to cover.
    pub cells: Vec<String>,
    /// Authority of this rule's number, if it differs from the policy's.
    pub basis: Basis,
    /// Source of this rule's number, if it differs from the policy's.
    pub source: String,
    /// Where the rule stands.
    pub location: Location,
}

/// A place in a policy file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The file as the user named it, or `policies/<preset>.toml`.
    pub file: String,
    /// One-based line.
    pub line: usize,
}

/// Cells of the positive control that a rule covers unless it says otherwise.
pub const DEFAULT_CELLS: [&str; 4] =
    ["verbatim/uniform", "verbatim/outlier", "one-numeric/uniform", "one-numeric/outlier"];

/// The same of a rule on a detected rate: a record with any one cell changed is claimed.
pub const DETECTED_CELLS: [&str; 10] = [
    "verbatim/uniform",
    "verbatim/outlier",
    "one-numeric/uniform",
    "one-numeric/outlier",
    "one-categorical/uniform",
    "one-categorical/outlier",
    "one-replaced/uniform",
    "one-replaced/outlier",
    "one-blank/uniform",
    "one-blank/outlier",
];

/// Every cell that can be claimed: {what was planted}/{in whom}.
pub const CELLS: [&str; 12] = [
    "verbatim/uniform",
    "verbatim/outlier",
    "one-numeric/uniform",
    "one-numeric/outlier",
    "all-numeric/uniform",
    "all-numeric/outlier",
    "one-categorical/uniform",
    "one-categorical/outlier",
    "one-replaced/uniform",
    "one-replaced/outlier",
    "one-blank/uniform",
    "one-blank/outlier",
];

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// The word in TOML, JSON and reports.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What kind of authority stands behind a number.
    Basis {
        /// A law states it.
        Statute = "statute",
        /// A regulator states the number.
        RegulatorNumber = "regulator-number",
        /// A regulator states the criterion; the number is ours.
        RegulatorCriterion = "regulator-criterion",
        /// It was accepted in a known case.
        Precedent = "precedent",
        /// An estimate that is commonly quoted as a reference.
        QuotedEstimate = "quoted-estimate",
        /// Our own choice.
        House = "house",
    }
}

words! {
    /// What a rule is about.
    RuleScope {
        /// The whole release.
        All = "all",
        /// Every group, judged by the worst.
        WorstGroup = "worst-group",
    }
}

words! {
    /// How a metric must compare with its limit.
    Op {
        /// Strictly below.
        Lt = "lt",
        /// At most.
        Le = "le",
        /// At least.
        Ge = "ge",
        /// Exactly.
        Eq = "eq",
    }
}

impl Op {
    /// The mathematical sign.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Lt => "<",
            Self::Le => "≤",
            Self::Ge => "≥",
            Self::Eq => "=",
        }
    }
}

words! {
    /// What a broken rule does, strictest first.
    Severity {
        /// The rule must be shown to hold.
        Block = "block",
        /// The rule can stop a release and never helps to clear one.
        FailOnly = "fail-only",
        /// The rule informs.
        Warn = "warn",
    }
}

words! {
    /// Whether earlier audits of the same source make the bound stricter.
    Attempts {
        /// One look is assumed.
        Ignore = "ignore",
        /// Attempt i is judged at alpha/(i(i+1)).
        Spend = "spend",
    }
}

words! {
    /// What a rule without evidence means.
    OnMissing {
        /// The verdict is "not shown".
        Inconclusive = "inconclusive",
        /// The verdict is "not met".
        Fail = "fail",
    }
}

words! {
    /// Whether a group too small to decide blocks.
    SmallGroups {
        /// Listed as not assessed alone and assessed in a pooled class.
        List = "list",
        /// Inconclusive.
        Block = "block",
    }
}

//! The whole of `evidence.json`: what was audited, every fact, and what could not be measured.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Claim, Evidence, Measure, canonical_json, valid};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::metric::{Metric, metric};

/// Everything that one audit measured. Deterministic: the same input, seed and version give the
/// same bytes at any thread count; it holds no time and no attempt number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dossier {
    /// Version of this format: 1.
    pub schema: u32,
    /// The program and its version.
    pub tool: String,
    /// The released table.
    pub subject: Subject,
    /// What its maker claims of it, if there is a manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// Digest of the schema the tables were read under.
    pub schema_digest: Digest,
    /// Whether a person has reviewed the schema.
    pub schema_reviewed: bool,
    /// The quasi-identifiers assumed.
    pub quasi_identifiers: Vec<String>,
    /// Sizes of the real samples.
    pub samples: Samples,
    /// The seed of the audit.
    pub seed: u64,
    /// The facts, in registry order.
    pub evidence: Vec<Evidence>,
    /// Metrics that could not be measured, and why.
    pub not_run: Vec<NotRun>,
    /// What weakens the audit as a whole.
    pub caveats: Vec<String>,
}

/// The released table: what the verdict is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Subject {
    /// File name without its folder.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// SHA-256 of the content, independent of row order, column order and file format.
    pub content_digest: Digest,
    /// Released rows.
    pub rows: u64,
    /// Released columns.
    pub columns: u64,
}

/// Sizes of the real samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Samples {
    /// Rows the generator was trained on.
    pub train_rows: u64,
    /// Persons the generator was trained on.
    pub train_persons: u64,
    /// Rows it never saw, if there is a holdout.
    #[serde(deserialize_with = "Option::deserialize")]
    pub holdout_rows: Option<u64>,
    /// Persons it never saw, if there is a holdout.
    #[serde(deserialize_with = "Option::deserialize")]
    pub holdout_persons: Option<u64>,
}

/// A metric that could not be measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NotRun {
    /// Its id.
    pub metric: String,
    /// Why.
    pub reason: NotRunReason,
    /// What happened, without any record value.
    pub detail: String,
}

/// Why a metric could not be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotRunReason {
    /// It contrasts with a holdout and there is none.
    NoHoldout,
    /// It looks at the population and neither a table of it nor a sampling fraction was given.
    NoPopulation,
    /// It runs the generator again and none was given.
    NoGenerator,
    /// The attack failed.
    AttackError,
    /// The tables hold nothing that the attack looks at: no one knows, and no one asked.
    NotApplicable,
}

impl Dossier {
    /// The text of `evidence.json`: canonical JSON with a `digest` member over all other members.
    ///
    /// # Errors
    /// When a fact is not valid, for instance a number that is not finite.
    pub fn to_json(&self) -> Result<String> {
        let refuse =
            |problem: String| Error::Usage(format!("evidence cannot be written: {problem}"));
        self.check().map_err(refuse)?;
        let body = canonical_json(self).map_err(|error| refuse(error.to_string()))?;
        let mut value: Value =
            serde_json::from_str(&body).map_err(|error| refuse(error.to_string()))?;
        value["digest"] = Value::String(Digest::of(body.as_bytes()).to_string());
        canonical_json(&value).map_err(|error| refuse(error.to_string()))
    }

    /// Reads `evidence.json`. Anything missing, unknown, doubled, out of range or altered since it
    /// was written is refused: evidence that cannot be read in full clears nothing.
    ///
    /// # Errors
    /// [`Error::Input`] naming `file`.
    pub fn from_json(text: &str, file: &str) -> Result<Self> {
        let refuse = |problem: String| Error::input(file, format!("not valid evidence: {problem}"));
        let Sealed { digest, body } =
            serde_json::from_str(text).map_err(|error| refuse(describe(&error)))?;
        let canonical = canonical_json(&body).map_err(|error| refuse(error.to_string()))?;
        if Digest::of(canonical.as_bytes()) != digest {
            return Err(refuse(
                "its digest does not match its content: it was altered or only half written; run \
                 the audit again"
                    .into(),
            ));
        }
        body.check().map_err(refuse)?;
        Ok(body)
    }

    /// Every invariant that the types cannot express.
    fn check(&self) -> Result<(), String> {
        if self.schema != 1 {
            return Err(format!("expected format 1, found {}", self.schema));
        }
        let holdout = self.samples.holdout_rows.is_some() && self.samples.holdout_persons.is_some();
        let contrasts = |fact: &Evidence| {
            matches!(fact.measure, Measure::Difference { .. } | Measure::Roc { .. })
                && !metric(&fact.metric).is_some_and(of_runs)
        };
        if !holdout && self.evidence.iter().any(contrasts) {
            return Err("it contrasts with a holdout and names none".into());
        }
        if let Some(problem) = self.claim.as_ref().and_then(Claim::problem) {
            return Err(problem);
        }
        valid::check_facts(&self.evidence, &self.not_run)
    }
}

/// Whether a metric contrasts runs of a generator, which needs no holdout.
fn of_runs(metric: &Metric) -> bool {
    !metric.contrast && metric.id.starts_with("shadow.")
}

/// A dossier with its digest, member by member because serde cannot both flatten and refuse
/// unknown members.
struct Sealed {
    digest: Digest,
    body: Dossier,
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let Unique(mut members) = Unique::deserialize(deserializer)?;
        let digest = members.remove("digest").ok_or_else(|| D::Error::missing_field("digest"))?;
        let digest = serde_json::from_value(digest).map_err(D::Error::custom)?;
        let body = serde_json::from_value(Value::Object(members)).map_err(D::Error::custom)?;
        Ok(Self { digest, body })
    }
}

/// A JSON object in which a member that occurs twice, at any depth, is an error.
struct Unique(serde_json::Map<String, Value>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        match valid::unique_value(deserializer)? {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(D::Error::custom("expected a JSON object")),
        }
    }
}

/// serde's message without the text it quotes from the file.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = if error.line() > 0 {
        format!(" (line {}, column {})", error.line(), error.column())
    } else {
        String::new()
    };
    let kind = match error.classify() {
        serde_json::error::Category::Eof => "the file ends too early".to_owned(),
        serde_json::error::Category::Syntax => "it is not JSON".to_owned(),
        _ => text.split(" at line ").next().unwrap_or_default().to_owned(),
    };
    format!("{kind}{place}")
}

//! The manifest of a release: how it was made and what is claimed of it, as JSON beside the table.
//!
//! It goes wherever the release goes. It holds no value of a record, no digest of one (a digest of real rows
//! would confirm a guess of them), no seed, and no number of real rows. (A table made without `--rows` and without a
//! guarantee has as many rows as the real one.)

use serde::{Deserialize, Serialize};

use super::dp::{Entry, Total};
use super::{Fitted, Guarantee, Made, Request};
use crate::digest::Digest;
use crate::random::Seed;

/// What is appended to the name of a release.
pub const SUFFIX: &str = ".manifest.json";

/// How a release was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// Version of this format: 1.
    pub format: u32,
    /// Whether the rows are made: always true.
    pub synthetic: bool,
    /// The program and its version.
    pub tool: String,
    /// The table.
    pub output: Output,
    /// The method's id.
    pub method: String,
    /// Its parameters, where they differ from the defaults.
    pub parameters: toml::Table,
    /// Whether records of real people were read to make it.
    pub real_data_access: RealDataAccess,
    /// What is claimed to be proven of it.
    pub guarantee: Guarantee,
    /// What the guarantee cost, step by step.
    pub ledger: Vec<Entry>,
    /// What all syntheses of the same real file had spent together by then, this one included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_syntheses: Option<Total>,
    /// A commitment to the seed of the draws; noise has no seed.
    pub seed_commitment: Digest,
    /// Digest of the schema ([`crate::table::Schema::digest`]), under a privacy budget without what was read from
    /// the data.
    pub schema_digest: Digest,
    /// Every file that was read and holds no record.
    pub inputs: Vec<Input>,
    /// Columns whose distribution was changed on purpose, by a condition or a boost.
    pub altered_marginals: Vec<String>,
    /// The shares that levels were given; `_weight` undoes them.
    pub boosts: Vec<Boosted>,
}

/// The table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Output {
    /// File name without its folder.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// Rows.
    pub rows: u64,
    /// Columns.
    pub columns: u64,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Input {
    /// What it is: `spec`, `schema`.
    pub kind: String,
    /// SHA-256 of the file; of a schema under a privacy budget the digest of what was not read from the data
    /// ([`crate::table::Schema::without_data`]).
    pub sha256: Digest,
}

/// Whether records of real people were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RealDataAccess {
    /// No file of records was opened: everything came from the inputs that are named.
    None,
    /// Records were read, in this run or when the model was fitted.
    Read,
}

/// A share that a level was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Boosted {
    /// The column.
    pub column: String,
    /// The level, as it was written.
    pub level: String,
    /// The share of rows that have it.
    pub share: f64,
}

impl Manifest {
    /// The manifest of what `fitted` made when it was asked for `request`, in the file `name` with the digest
    /// `sha256`.
    #[must_use]
    pub fn new(
        fitted: &Fitted,
        request: &Request,
        made: &Made,
        seed: Seed,
        (name, sha256): (&str, Digest),
    ) -> Self {
        let boosted = request.boosts.iter().map(|boost| Boosted {
            column: boost.column.clone(),
            level: boost.level.clone(),
            share: boost.share,
        });
        let mut altered: Vec<String> = request.condition.columns().map(str::to_owned).collect();
        altered.extend(request.boosts.iter().map(|boost| boost.column.clone()));
        altered.sort_unstable();
        altered.dedup();
        Self {
            format: 1,
            synthetic: true,
            tool: concat!("dosimeter ", env!("CARGO_PKG_VERSION")).to_owned(),
            output: Output {
                name: name.to_owned(),
                sha256,
                rows: made.table.rows as u64,
                columns: made.table.columns.len() as u64,
            },
            method: fitted.info.id.to_owned(),
            parameters: fitted.parameters.clone(),
            real_data_access: fitted.real_data_access,
            guarantee: made.guarantee.clone(),
            ledger: fitted.ledger.clone(),
            all_syntheses: fitted.spent,
            seed_commitment: seed.part(fitted.info.id).commitment(),
            schema_digest: fitted.schema.digest(),
            inputs: fitted.inputs.clone(),
            altered_marginals: altered,
            boosts: boosted.collect(),
        }
    }

    /// The text of the file.
    ///
    /// # Errors
    /// When a parameter cannot be written as JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// Reads the text of a manifest.
    ///
    /// # Errors
    /// What was expected, without what was found.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let manifest: Self = serde_json::from_str(text).map_err(|error| {
            format!("not a manifest of format 1 (line {}): make the release again", error.line())
        })?;
        if manifest.format != 1 {
            return Err(format!("expected a manifest of format 1, found {}", manifest.format));
        }
        if !manifest.synthetic {
            return Err("a manifest is of made rows: `synthetic` must be true".to_owned());
        }
        Ok(manifest)
    }

    /// What a table says of itself where its format has room for it: keys and values.
    #[must_use]
    pub fn marks(fitted: &Fitted) -> [(&'static str, &'static str); 3] {
        let access = match fitted.real_data_access {
            RealDataAccess::None => "none",
            RealDataAccess::Read => "read",
        };
        [
            ("dosimeter.synthetic", "true"),
            ("dosimeter.method", fitted.info.id),
            ("dosimeter.real-data-access", access),
        ]
    }
}

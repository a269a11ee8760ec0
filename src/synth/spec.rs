//! `spec`: rows from a specification, without any real table.
//!
//! # Method
//! An analyst, or a published table, says how columns are distributed: shares of levels, distributions of
//! numbers and dates, tables given the levels of other columns, correlations, derived columns, rules, and how
//! many rows a person has. One uniform number a column is turned into a value by the quantile function of its
//! marginal; the uniforms of correlated columns are those of a Gaussian copula (Sklar 1959; Nelsen 2006), so
//! that a `rho` is the correlation of normal scores, and of the columns themselves where both are normal.
//! Whole numbers and steps are rounded to, within the bounds, and each stands for all that is rounded to it: a
//! uniform number from 1 to 6 is a die. A row that breaks a rule, or lies beyond its
//! bounds after a sequence moved on, is drawn again; after [`TRIES`] draws without a good row the rules are
//! taken to contradict the distributions, which is an error. Missing values are taken out at random after
//! everything else has been drawn; what is derived from them is missing, too.
//!
//! # What it protects
//! Everybody: no record is read, and the manifest says so with the digests of what was.
//!
//! # What it does not protect
//! Whoever is in the numbers that the author of the specification copied into it. Rows drawn again change the
//! marginals that a rule touches.
//!
//! # References
//! Sklar 1959; Nelsen 2006, *An Introduction to Copulas*; the idea of simulated public-use files from published
//! tables: Rubin 1993, Discussion of statistical disclosure limitation.

mod columns;
mod copula;
mod draw;
mod marginal;
mod parse;
mod plan;
mod schema;
mod tree;

use serde::{Deserialize, Serialize};

use self::plan::{Copula, Persons, Planned};
use super::manifest::{Input, RealDataAccess};
use super::{Condition, Fitted, Guarantee, Info, Model, TakesBudget, model};
use crate::digest::Digest;
use crate::error::Result;
use crate::random::Seed;
use crate::table::{Column, Expression, Role, Schema};

/// Draws of one row, all attempts at its person together, before its rules are taken to be impossible.
const TRIES: usize = 10_000;

/// Rows when neither the specification nor the user says how many.
const ROWS: usize = 1000;

/// What the method is.
pub(super) static INFO: Info = Info {
    id: "spec",
    title: "specification without real data",
    method: "rows are drawn from marginals, conditional tables, correlations, rules and sequences that a TOML \
             file states",
    protects: "everybody: no record is read, and the manifest proves it by the digests of what was",
    exposes: "what the author of the specification wrote into it",
    purpose: "development, teaching and demonstrations before any access to real data",
    budget: TakesBudget::Never,
    references: &[
        "Rubin 1993, J. Official Statistics 9(2)",
        "Nelsen 2006, An Introduction to Copulas",
    ],
};

/// A specification of a table.
#[derive(Clone)]
pub struct Spec {
    text: String,
    rows: Option<usize>,
    /// What the columns of the table are, hidden ones left out.
    schema: Schema,
    /// The text of that schema.
    schema_text: String,
    columns: Vec<Planned>,
    /// The columns in an order in which each can be drawn.
    order: Vec<usize>,
    copula: Option<Copula>,
    rules: Vec<Expression>,
    persons: Option<Persons>,
}

impl Spec {
    /// Reads a specification; `file` is the name that messages point at.
    ///
    /// # Errors
    /// [`crate::Error::Config`] with the line of what is not TOML, unknown, or cannot be: shares that do not
    /// sum to 1, a correlation matrix that is not positive definite, a rule with a name that no column has, ….
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        parse::parse(text, file)
    }

    /// The schema of the tables that it makes, as the text of a `schema.toml`.
    #[must_use]
    pub fn schema_text(&self) -> &str {
        &self.schema_text
    }

    /// Ready to make releases, as a method that was fitted is.
    #[must_use]
    pub fn fitted(self) -> Fitted {
        let sha256 = Digest::of(self.text.as_bytes());
        Fitted {
            info: &INFO,
            parameters: toml::Table::new(),
            schema: self.schema.clone(),
            ledger: Vec::new(),
            spent: None,
            real_data_access: RealDataAccess::None,
            inputs: vec![Input { kind: "spec".into(), sha256 }],
            model: Box::new(SpecModel { spec: self }),
            subjects: None,
            secret: None,
        }
    }
}

/// A specification as a model: its text is all that there is to keep.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct SpecModel {
    spec: Spec,
}

impl Clone for SpecModel {
    fn clone(&self) -> Self {
        Self { spec: self.spec.clone() }
    }
}

impl From<SpecModel> for String {
    fn from(model: SpecModel) -> Self {
        model.spec.text
    }
}

impl TryFrom<String> for SpecModel {
    type Error = crate::Error;

    fn try_from(text: String) -> Result<Self> {
        Ok(Self { spec: Spec::parse(&text, "the specification in the model")? })
    }
}

impl Model for SpecModel {
    fn sample(
        &self,
        rows: Option<usize>,
        condition: &Condition,
        seed: Seed,
    ) -> Result<Vec<Column>> {
        let rows = rows.or(self.spec.rows).unwrap_or(ROWS);
        draw::table(&self.spec, rows, condition, seed)
    }

    fn makes_persons(&self) -> bool {
        let is_subject = |column: &Planned| column.schema.role == Role::Subject;
        self.spec.columns.iter().any(is_subject)
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::None { reason: "no record was read: there is nobody to protect".into() }
    }

    fn state(&self) -> Result<Vec<u8>> {
        model::encode(self)
    }
}

#[cfg(test)]
mod tests;

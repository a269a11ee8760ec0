//! Sequential CART: each column is drawn from the leaf of a tree grown on the columns drawn before it.
//!
//! # Method
//! Columns are visited one after the other: those that `visit` names, then the others in the order of
//! the schema. For each a tree is grown on the real rows, with the columns visited before as predictors:
//! by Gini impurity for categories, by variance of ranks for numbers, so that no extreme value decides a
//! split. A made row goes down the tree by its own values so far; a category that a node has never met
//! goes either way at random. It is given the value of a donor, drawn from the real rows of its leaf.
//! Where numbers are missing, whether one is missing is drawn first, by a tree of its own.
//!
//! # What is not released as it is
//! - A level that fewer than `least-persons` persons have: it is pooled as `pooled-as` where that is
//!   given, else nobody is given it.
//! - A number that fewer than `least-persons` persons share is moved by a normal kernel. Its width is
//!   that of its leaf, with s = min(sd, IQR/1.34) of its m numbers the smaller of 0.9 s m^(−1/5) (Silverman 1986,
//!   eq. 3.31) and (4/m)^(1/3) s (Azzalini 1981), and never wider than the same of the whole column; or the distance
//!   within which the numbers of `least-persons` persons lie, where that is larger: a number that stands alone
//!   moves far. Numbers that many share (zeros, round numbers, top codes) stay: moving a spike spoils a
//!   margin and protects nobody.
//! - The `least-persons` most extreme numbers at an end without a public bound: they are coded as the
//!   mean of the middle half of them.
//! - A leaf of fewer than `min-bucket` persons (`min-bucket-sensitive` for sensitive columns) is not made. Inside a
//!   coarse value of fewer persons, a nested column is drawn as if it were not nested.
//!
//! # Rows
//! Columns named in `derived` are computed from the made ones, within their public bounds, and predict nothing; those in `nested` are
//! drawn inside the made value of their coarse column. A row that breaks a rule of the schema
//! (`[[constraint]]`) or a condition is dropped as soon as it does and drawn again; the share that is
//! kept has a floor, so that this ends. With `replicated-uniques = "redraw"`, so is a row whose
//! quasi-identifiers are unique in the release and equal those of a unique real person. That is off by
//! default: what such a filter removes can be told from what is missing (Ganev and De Cristofaro 2023).
//! Several rows of one person count as one person in every guard, but each made row is a person of its
//! own: what hangs together across the rows of a person is lost.
//!
//! # What it does not protect
//! No differential privacy. A tree can learn a person by heart, and leaves of few donors make rows that
//! resemble them: audit the release.
//!
//! # References
//! Reiter 2005, J. Off. Stat. 21:441 (CART for synthetic data); Nowok, Raab and Dibben 2016, J. Stat.
//! Softw. 74(11); Breiman et al. 1984; Silverman 1986, Density Estimation, section 3.4; Azzalini 1981, Biometrika
//! 68:326.

mod column;
mod draw;
mod grow;
mod kernel;
mod order;
mod state;
#[cfg(test)]
mod tests;
mod uniques;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::grow::Soil;
pub(super) use self::state::Sequence;
use super::crowd::Crowd;
use super::dp::Accountant;
use super::{Info, Model, Source, Synthesizer, TakesBudget};
use crate::error::{Error, Result};
use crate::random::Seed;

/// The parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Cart {
    /// Columns that are drawn first, in this order; the others follow in the order of the schema. Default:
    /// none.
    pub visit: Vec<String>,
    /// Persons that a leaf holds at least. Default 5.
    pub min_bucket: usize,
    /// Persons that a leaf of a sensitive column holds at least. Default 10.
    pub min_bucket_sensitive: usize,
    /// Splits from a root to a leaf, at most. Default 64.
    pub max_depth: usize,
    /// Levels of a category that a tree tells apart; the rarer ones are one to it, and are still drawn
    /// as they are. Default 60.
    pub max_levels: usize,
    /// Persons who must share a level or a number that is released as it is. Default 11.
    pub least_persons: usize,
    /// The level that rare ones are pooled as. Default: none, and nobody is given a rare level.
    pub pooled_as: Option<String>,
    /// How numbers of few persons are moved. Default: by a kernel.
    pub smoothing: Smoothing,
    /// Whether each tree is grown on persons drawn with replacement, which spreads releases as the
    /// uncertainty of the real table would (proper synthesis). Default: no.
    pub proper: bool,
    /// What becomes of made rows whose quasi-identifiers are unique and a unique real person's.
    /// Default: they are kept.
    pub replicated_uniques: ReplicatedUniques,
    /// A fine column, and the coarse one inside whose value it is drawn. Default: none.
    pub nested: BTreeMap<String, String>,
    /// A column, and the expression of others that it is. Default: none.
    pub derived: BTreeMap<String, String>,
}

/// How numbers of few persons are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Smoothing {
    /// By a normal kernel within their leaf.
    Kernel,
    /// Not at all: every number is a real person's.
    None,
}

/// What becomes of made rows whose quasi-identifiers are unique and a unique real person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplicatedUniques {
    /// They are kept.
    Keep,
    /// They are drawn again.
    Redraw,
}

impl Default for Cart {
    fn default() -> Self {
        Self {
            visit: Vec::new(),
            min_bucket: 5,
            min_bucket_sensitive: 10,
            max_depth: 64,
            max_levels: 60,
            least_persons: 11,
            pooled_as: None,
            smoothing: Smoothing::Kernel,
            proper: false,
            replicated_uniques: ReplicatedUniques::Keep,
            nested: BTreeMap::new(),
            derived: BTreeMap::new(),
        }
    }
}

/// What the method is.
pub(super) static INFO: Info = Info {
    id: "cart",
    title: "sequential CART",
    method: "column by column: a donor from the leaf of a tree grown on the columns before it",
    protects: "values that few persons share: rare levels are left out or pooled, rare numbers moved, \
               extremes without a public bound averaged; a leaf holds at least 5 persons, of a \
               sensitive column 10",
    exposes: "combinations: leaves of few donors make rows that resemble them, and trees can learn \
              unusual persons by heart; values that many share are real ones; no differential privacy",
    purpose: "useful tables whose risk an audit has to judge; not private by itself",
    budget: TakesBudget::Never,
    references: &[
        "Reiter 2005, J. Off. Stat. 21:441",
        "Nowok, Raab and Dibben 2016, J. Stat. Softw. 74(11)",
        "Breiman, Friedman, Olshen and Stone 1984, Classification and Regression Trees",
        "Silverman 1986, Density Estimation, section 3.4",
    ],
};

impl Synthesizer for Cart {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn fit(&self, real: &Source<'_>, _: &mut Accountant, seed: Seed) -> Result<Box<dyn Model>> {
        self.check()?;
        let crowd = Crowd { persons: &real.persons, least: self.least_persons };
        if real.persons.count < self.least_persons {
            return Err(Error::Usage(format!(
                "cart: expected at least {} persons, found fewer: too few to draw donors from",
                self.least_persons
            )));
        }
        let order = order::Order::of(self, real)?;
        let soil = Soil::prepare(self, real, &order, crowd)?;
        Ok(Box::new(soil.sequence(seed)))
    }
}

impl Cart {
    fn check(&self) -> Result<()> {
        let least = [
            ("min-bucket", self.min_bucket, 1),
            ("min-bucket-sensitive", self.min_bucket_sensitive, 1),
            ("least-persons", self.least_persons, 1),
            ("max-levels", self.max_levels, 2),
        ];
        match least.into_iter().find(|(_, value, least)| value < least) {
            Some((name, value, least)) => Err(Error::Usage(format!(
                "cart: expected `{name}` of at least {least}, found {value}"
            ))),
            None => Ok(()),
        }
    }
}

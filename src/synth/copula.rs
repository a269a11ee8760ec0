//! Gaussian copula: every margin as it is in the real table, and what hangs together as if normal.
//!
//! # Method
//! Every column becomes normal scores z = Φ⁻¹(u), with u its rank (r − ½)/n among the rows; rows that are
//! equal are ranked at random, which is the distributional transform of a discrete variable (Rüschendorf
//! 2009). Levels are ordered by frequency, ordinal ones by rank. A column of numbers with missing values
//! has a second variable that says whether one is missing. The correlations of the scores, repaired and
//! shrunk by λ = d/(n + d) (see [`Correlation::fit`]), are drawn from by Cholesky, and each margin is
//! inverted.
//!
//! # Margins
//! A number that `least-persons` persons share keeps its share of the rows. Between two such numbers the
//! margin runs through the means of blocks of at least `least-persons` persons, at their middle ranks; it
//! ends at the mean of the middle half of the crowd at either end. Levels of fewer persons are left out.
//! So no margin holds a number, a level or an extreme that belongs to fewer than `least-persons` persons.
//!
//! # Conditions
//! Scores of conditioned columns are drawn first, each from the normal law given those before it, cut to what
//! is allowed, and kept with the probability of being allowed; the others follow by the conditional normal
//! law. That is exact for the model, whatever the condition.
//!
//! # What it does not keep or protect
//! Dependence beyond the correlation of ranks is lost: of categories with many levels most of it, of rules
//! between columns all. A row that breaks a rule of the schema is drawn again. Rows of one person are rows. No
//! differential privacy: averages over few rows and correlations tell something of everybody in them.
//!
//! # References
//! Nelsen 2006, An Introduction to Copulas; Rüschendorf 2009, J. Stat. Plan. Inference 139:3921; Patki, Wedge
//! and Veeramachaneni 2016, DSAA (the synthetic data vault); Ledoit and Wolf 2004, J. Multivar. Anal. 88:365
//! (shrinkage).

mod draw;
mod margin;
mod scores;
#[cfg(test)]
mod tests;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::margin::Margin;
use super::crowd::Crowd;
use super::dp::Accountant;
use super::{Condition, Guarantee, Info, Model, Source, Synthesizer, TakesBudget, model, rules};
use crate::error::{Error, Result};
use crate::learn::Correlation;
use crate::random::Seed;
use crate::table::{Column, ColumnSchema};

/// The parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Copula {
    /// Persons who must share a level or a number that is released as it is, and persons in a block of
    /// numbers. Default 11.
    pub least_persons: usize,
    /// Blocks that a column of numbers is cut into, at most. Default 500.
    pub blocks: usize,
}

impl Default for Copula {
    fn default() -> Self {
        Self { least_persons: 11, blocks: 500 }
    }
}

/// What the method is.
pub(super) static INFO: Info = Info {
    id: "copula",
    title: "Gaussian copula",
    method: "ranks of every column as normal scores with their correlations, margins inverted",
    protects: "values that few persons share: margins are means over blocks of at least 11 persons; no row \
               is made from a person's",
    exposes: "margins and correlations of ranks, of which nothing is hidden: averages over few rows tell \
              something of those in them; no differential privacy",
    purpose: "a fast statistical baseline: margins are right, and dependence only as far as correlations go",
    budget: TakesBudget::Never,
    references: &[
        "Nelsen 2006, An Introduction to Copulas",
        "Rüschendorf 2009, J. Stat. Plan. Inference 139:3921",
        "Patki, Wedge and Veeramachaneni 2016, DSAA",
    ],
};

impl Synthesizer for Copula {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn fit(&self, real: &Source<'_>, _: &mut Accountant, seed: Seed) -> Result<Box<dyn Model>> {
        if self.least_persons == 0 || self.blocks == 0 {
            return Err(Error::Usage(
                "copula: expected `least-persons` and `blocks` of at least 1, found 0".into(),
            ));
        }
        if real.persons.count < self.least_persons {
            return Err(Error::Usage(format!(
                "copula: expected at least {} persons, found fewer: too few to average over",
                self.least_persons
            )));
        }
        let crowd = Crowd { persons: &real.persons, least: self.least_persons };
        let fitted = |column: &&Column| scores::fit(self, column, crowd, seed);
        let fitted: Vec<scores::Scored> =
            real.columns.par_iter().map(fitted).collect::<Result<_>>()?;
        let (mut columns, mut scores) = (Vec::new(), Vec::new());
        for (column, scored) in real.columns.iter().zip(fitted) {
            let variable = scores.len();
            scores.push(scored.values);
            let missing = scored.missing.map(|(share, values)| {
                scores.push(values);
                (scores.len() - 1, share)
            });
            let (name, schema) = (column.name.clone(), column.schema.clone());
            columns.push(Part { name, schema, margin: scored.margin, variable, missing });
        }
        let correlation = Correlation::fit(&scores).ok_or_else(|| {
            Error::Usage("copula: the correlations of the columns cannot be computed".into())
        })?;
        let names: Vec<(String, ColumnSchema)> = real
            .columns
            .iter()
            .map(|column| (column.name.clone(), column.schema.clone()))
            .collect();
        let rules = rules::kept(real.constraints, &names);
        Ok(Box::new(Gaussian { rows: real.rows, columns, correlation, rules }))
    }
}

/// The fitted copula. It holds averages over persons, and no record.
#[derive(Serialize, Deserialize)]
pub(super) struct Gaussian {
    /// How many rows it was fitted on.
    rows: usize,
    /// The columns of the source, in its order.
    columns: Vec<Part>,
    correlation: Correlation,
    /// The rules that rows must keep.
    rules: Vec<String>,
}

/// One column.
#[derive(Serialize, Deserialize)]
struct Part {
    name: String,
    schema: ColumnSchema,
    margin: Margin,
    /// Its place among the correlated variables.
    variable: usize,
    /// The variable that says whether a number is missing, and the share that is: the highest scores.
    missing: Option<(usize, f64)>,
}

impl Model for Gaussian {
    fn sample(
        &self,
        rows: Option<usize>,
        condition: &Condition,
        seed: Seed,
    ) -> Result<Vec<Column>> {
        let drawn = self.draw(rows.unwrap_or(self.rows), condition, seed)?;
        let columns = self.columns.iter().zip(drawn.columns);
        Ok(columns.map(|(part, codes)| part.column(codes)).collect())
    }

    /// Known, where no rule of the schema shapes the rows, if nothing is tested, or one column of levels: the share
    /// of the levels that are allowed.
    fn share(&self, condition: &Condition) -> Option<f64> {
        if !self.rules.is_empty() {
            return None;
        }
        if condition.is_empty() {
            return Some(1.0);
        }
        let mut tested = self.columns.iter().filter(|part| condition.on(&part.name).is_some());
        let (part, None) = (tested.next()?, tested.next()) else { return None };
        let Margin::Levels { .. } = part.margin else { return None };
        let spans = part.margin.spans(condition.on(&part.name)?);
        Some(spans.iter().map(|(low, high)| high - low).sum())
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::None { reason: "margins and correlations are those of the real rows".into() }
    }

    fn state(&self) -> Result<Vec<u8>> {
        model::encode(self)
    }
}

//! The domain: which cells every column has, from public facts alone.
//!
//! | column | its cells |
//! |---|---|
//! | boolean | false, true |
//! | categorical or ordinal with `levels` | one a level |
//! | a number with `lower` and `upper` (or `bottom` and `top`) | one a point of the grid of its `step`, up to [`POINTS`]; else bins of equal width, or between `edges` |
//! | a top or bottom code, every one of `spikes` | one of its own, since many records share it |
//! | missing | one more, unless the column's `missing` is an empty list |
//!
//! Levels and bounds that the schema marks as read from the data (`source = "data"`) or does not state are
//! not public: they are refused, or paid for (see `purchase`). Every value of every record falls
//! into a cell that was there before: a number beyond the bounds into the first or last, a category off a
//! bought list into its last, `(other)`, a category off a public list or a text that is no number into the
//! missing cell (the first one where nothing may be missing). So a record cannot show by what the domain is.

use std::collections::HashMap;

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::grid::Grid;
use crate::error::{Error, Result};
use crate::synth::{Allowed, made};
use crate::table::{Column, ColumnKind, ColumnSchema, Values};

/// Points of a grid, at most, that become cells of their own without being asked to.
pub const POINTS: u64 = 128;

/// The level of everything that is off a list of levels that was bought.
pub(super) const OTHER: &str = "(other)";

/// Seconds of a day: the step of date-times without one.
const DAY: f64 = 86_400.0;

/// The cells of all columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Domain {
    /// One an attribute, in the order of the source's columns.
    pub attributes: Vec<Attribute>,
}

/// The cells of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// The column's name.
    pub name: String,
    /// What the schema says of it in public: nothing that it read from the data.
    pub schema: ColumnSchema,
    /// The cells of its values.
    pub cells: Cells,
    /// Whether a last cell stands for missing values.
    pub missing: bool,
}

/// The cells of the values of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Cells {
    /// One a label, in canonical spelling.
    Labels(Vec<Box<str>>),
    /// Runs of numbers; ranks of an ordinal column with levels.
    Numbers(Grid),
}

/// What the schema does not say in public of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undeclared {
    /// Its categories.
    Levels,
    /// Its bounds.
    Bounds,
}

/// The public cells of a column, or what is not public of it.
///
/// # Errors
/// [`Error::Usage`] for free text, and for bounds that leave no grid.
pub(super) fn public(column: &Column, bins: u32) -> Result<Result<Cells, Undeclared>> {
    let schema = &column.schema;
    let private = schema.bounds_from_data();
    match (schema.kind, schema.levels.as_deref()) {
        (ColumnKind::Boolean, _) => Ok(Ok(Cells::Labels(vec!["false".into(), "true".into()]))),
        (ColumnKind::Text, _) => Err(Error::Usage(format!(
            "column `{}`: free text has no public list of values: leave it out (role = \
             \"direct-identifier\"), or make it categorical with `levels`",
            column.name
        ))),
        (ColumnKind::Categorical, _) => {
            Ok(schema.public_levels().map(Cells::Labels).ok_or(Undeclared::Levels))
        }
        (ColumnKind::Ordinal, Some(levels)) if !private => {
            let last = levels.len().saturating_sub(1);
            #[expect(clippy::cast_precision_loss, reason = "a list that a person wrote")]
            let ranks = Grid::new(0.0, last as f64, Some(1.0));
            ranks
                .map(|ranks| Ok(Cells::Numbers(ranks.into_points())))
                .ok_or_else(|| no_grid(column))
        }
        (ColumnKind::Ordinal, Some(_)) => Ok(Err(Undeclared::Levels)),
        _ => match bounds(schema) {
            Some((lower, upper)) if !private => {
                let grid = Grid::new(lower, upper, step(schema)).ok_or_else(|| no_grid(column))?;
                Ok(Ok(Cells::Numbers(cut(grid, schema, bins))))
            }
            _ => Ok(Err(Undeclared::Bounds)),
        },
    }
}

pub(super) fn no_grid(column: &Column) -> Error {
    Error::Usage(format!(
        "column `{}`: its bounds and `step` make no grid of numbers: expected lower ≤ upper, less than \
         9·10¹⁵ steps apart",
        column.name
    ))
}

/// The smallest and the largest number after coding.
fn bounds(schema: &ColumnSchema) -> Option<(f64, f64)> {
    Some((schema.bottom.or(schema.lower)?, schema.top.or(schema.upper)?))
}

/// The step of a column's numbers, if it has any.
pub(super) fn step(schema: &ColumnSchema) -> Option<f64> {
    schema.step.or(match schema.kind {
        ColumnKind::Integer | ColumnKind::Ordinal => Some(1.0),
        ColumnKind::DateTime => Some(DAY),
        _ => None,
    })
}

/// A grid cut as the column asks for.
fn cut(grid: Grid, schema: &ColumnSchema, bins: u32) -> Grid {
    let codes = [schema.bottom, schema.top].into_iter().flatten();
    let spikes: Vec<f64> = codes.chain(schema.spikes.iter().flatten().copied()).collect();
    match &schema.edges {
        Some(edges) => grid.into_runs(edges),
        None if grid.points() <= POINTS => grid.into_points(),
        None => grid.into_bins(bins),
    }
    .with_spikes(&spikes)
}

impl Domain {
    /// How many cells each attribute has.
    #[must_use]
    pub fn sizes(&self) -> Vec<usize> {
        self.attributes.iter().map(Attribute::size).collect()
    }
}

impl Attribute {
    /// The cells of a `column` of which everything is public.
    pub(in crate::synth) fn public(column: &Column, bins: u32, missing: &[String]) -> Option<Self> {
        Some(Self::new(column, public(column, bins).ok()?.ok()?, missing))
    }

    /// The cells of `column`; `missing` are the schema's tokens, where the column has none of its own.
    pub(super) fn new(column: &Column, cells: Cells, missing: &[String]) -> Self {
        let tokens = column.schema.missing.as_deref().unwrap_or(missing);
        Self {
            name: column.name.clone(),
            schema: column.schema.without_data(),
            cells,
            missing: !tokens.is_empty(),
        }
    }

    /// How many cells.
    #[must_use]
    pub fn size(&self) -> usize {
        self.known() + usize::from(self.missing)
    }

    /// How many cells that are not the missing one.
    fn known(&self) -> usize {
        match &self.cells {
            Cells::Labels(labels) => labels.len(),
            Cells::Numbers(grid) => grid.cells(),
        }
    }

    /// The cell of a missing value, and of whatever fits into no other.
    fn elsewhere(&self) -> u32 {
        let place = if self.missing { self.known() } else { self.other().unwrap_or(0) };
        u32::try_from(place).unwrap_or(0)
    }

    /// The cell of a label off the list: [`OTHER`] of a list that was bought; a public list has none.
    fn unlisted(&self) -> u32 {
        let place = self.other().and_then(|place| u32::try_from(place).ok());
        place.unwrap_or_else(|| self.elsewhere())
    }

    fn other(&self) -> Option<usize> {
        match &self.cells {
            Cells::Labels(labels) if self.schema.levels.is_none() => {
                labels.iter().position(|label| **label == *OTHER)
            }
            _ => None,
        }
    }

    /// The cell of every row.
    #[must_use]
    pub fn encode(&self, values: &Values) -> Vec<u32> {
        let elsewhere = self.elsewhere();
        match (&self.cells, values) {
            (Cells::Numbers(grid), Values::Numbers(numbers)) => {
                let cell = |number: &f64| match number.is_nan() {
                    true => elsewhere,
                    false => u32::try_from(grid.cell(*number)).unwrap_or(elsewhere),
                };
                numbers.iter().map(cell).collect()
            }
            (Cells::Labels(labels), Values::Labels { codes, levels }) => {
                let known: HashMap<&str, u32> =
                    labels.iter().map(|label| &**label).zip(0..).collect();
                let unlisted = self.unlisted();
                let cells: Vec<u32> = levels
                    .iter()
                    .map(|level| known.get(&**level).copied().unwrap_or(unlisted))
                    .collect();
                codes
                    .iter()
                    .map(|&code| cells.get(code as usize).copied().unwrap_or(elsewhere))
                    .collect()
            }
            (_, values) => vec![elsewhere; values.len()],
        }
    }

    /// For every cell the share of its values that are `allowed`.
    #[must_use]
    pub fn shares(&self, allowed: &Allowed) -> Vec<f64> {
        let all = |is: bool| if is { 1.0 } else { 0.0 };
        let mut shares: Vec<f64> = match &self.cells {
            Cells::Labels(labels) => {
                labels.iter().map(|label| all(allowed.label(Some(label)))).collect()
            }
            Cells::Numbers(grid) => (0..grid.cells())
                .map(|cell| grid.share(cell, |number| allowed.number(number)))
                .collect(),
        };
        if self.missing {
            shares.push(all(match self.cells {
                Cells::Labels(_) => allowed.label(None),
                Cells::Numbers(_) => allowed.number(f64::NAN),
            }));
        }
        shares
    }

    /// Whether a value, with its cell and (of a number) the number, is `allowed`.
    pub(in crate::synth) fn allows(&self, cell: u32, number: f64, allowed: &Allowed) -> bool {
        match &self.cells {
            Cells::Numbers(_) => allowed.number(number),
            Cells::Labels(labels) => allowed.label(labels.get(cell as usize).map(|label| &**label)),
        }
    }

    /// A number of a cell, each that is `allowed` as likely; NaN of the missing cell and of labels.
    pub(in crate::synth) fn number(
        &self,
        cell: u32,
        allowed: Option<&Allowed>,
        rng: &mut impl Rng,
    ) -> f64 {
        match &self.cells {
            Cells::Numbers(grid) if (cell as usize) < grid.cells() => {
                grid.draw(cell as usize, |number| allowed.is_none_or(|a| a.number(number)), rng)
            }
            _ => f64::NAN,
        }
    }

    /// The column of these cells and numbers.
    pub(in crate::synth) fn column(&self, cells: &[u32], numbers: Vec<f64>) -> Column {
        let values = match &self.cells {
            Cells::Labels(labels) => labelled(labels, cells),
            Cells::Numbers(_) => Values::Numbers(numbers),
        };
        made(&self.name, &self.schema, values)
    }
}

/// Labels in byte order, those that occur and no other.
fn labelled(labels: &[Box<str>], cells: &[u32]) -> Values {
    use crate::table::MISSING;
    let mut occurs = vec![false; labels.len()];
    for &cell in cells {
        if let Some(occurs) = occurs.get_mut(cell as usize) {
            *occurs = true;
        }
    }
    let mut used: Vec<usize> = (0..labels.len()).filter(|&label| occurs[label]).collect();
    used.sort_unstable_by_key(|&label| &labels[label]);
    let mut codes = vec![MISSING; labels.len()];
    for (&label, code) in used.iter().zip(0..) {
        codes[label] = code;
    }
    Values::Labels {
        codes: cells
            .iter()
            .map(|&cell| codes.get(cell as usize).copied().unwrap_or(MISSING))
            .collect(),
        levels: used.into_iter().map(|label| labels[label].clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::table;
    use crate::table::{Sample, Schema};

    fn encoded(schema: &str, cells: &[&str], csv: &str) -> Vec<u32> {
        let schema = Schema::parse(&format!("[columns.x]\n{schema}"), "s").unwrap();
        let real = table(csv, Sample::Train, &schema);
        let labels = cells.iter().map(|label| (*label).into()).collect();
        let attribute = Attribute::new(&real.columns[0], Cells::Labels(labels), &[]);
        attribute.encode(&real.columns[0].values)
    }

    /// Of the bought list a, b, `(other)`: what is off it is the third cell, and what is missing the fourth; the
    /// third as well where nothing may be missing.
    #[test]
    fn labels_off_a_bought_list_are_other_and_missing_ones_are_missing() {
        let bought = ["b", "a", OTHER];
        let csv = "x\na\nb\nrare\n?\n(other)\n";
        let tokens = "kind = 'categorical'\nmissing = ['?']\n";
        assert_eq!(encoded(tokens, &bought, csv), [1, 0, 2, 3, 2]);
        let from_data =
            format!("{tokens}levels = ['a', 'b', 'rare', '(other)']\nsource = 'data'\n");
        assert_eq!(encoded(&from_data, &bought, csv), [1, 0, 2, 3, 2]);
        assert_eq!(encoded("kind = 'categorical'\nmissing = []\n", &bought, csv), [1, 0, 2, 2, 2]);
    }

    /// A public list may name a level `(other)`: what a reader has left is missing all the same.
    #[test]
    fn labels_off_a_public_list_are_missing() {
        let listed = "kind = 'categorical'\nmissing = ['?']\nlevels = ['a', 'b', '(other)']\n";
        let csv = "x\na\nb\n?\n(other)\n";
        assert_eq!(encoded(listed, &["a", OTHER], csv), [0, 2, 2, 1]);
    }
}

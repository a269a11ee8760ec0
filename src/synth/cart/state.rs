//! What was learnt: the trees, in the order of the visits, and the values that donors give.

use serde::{Deserialize, Serialize};

use super::column::Palette;
use super::order::{Order, columns};
use super::uniques::Keys;
use crate::encode::{Coded, Codes};
use crate::error::Result;
use crate::learn::{Bins, Partition};
use crate::random::Seed;
use crate::synth::independent::compact;
use crate::synth::{Condition, Guarantee, Model, Source, made, model, rules};
use crate::table::{Cell, Column, ColumnKind, ColumnSchema, Expression, Values};

/// The fitted columns. It holds values of real people.
#[derive(Serialize, Deserialize)]
pub(in crate::synth) struct Sequence {
    /// How many rows it was fitted on.
    rows: usize,
    /// The columns of the source, in its order.
    names: Vec<(String, ColumnSchema)>,
    /// The columns of the source in the order of the visits: those that are drawn, then those that are
    /// computed.
    pub(super) visits: Vec<usize>,
    /// Cuts of the drawn columns.
    pub(super) bins: Bins,
    pub(super) drawn: Vec<Drawn>,
    /// The expressions of the computed columns.
    pub(super) computed: Vec<String>,
    pub(super) palettes: Vec<Palette>,
    /// The rules that rows must keep.
    rules: Vec<String>,
    pub(super) keys: Option<Keys>,
}

/// How one column is drawn.
#[derive(Serialize, Deserialize)]
pub(super) struct Drawn {
    /// Whether a number is missing, where any is.
    pub(super) missing: Option<Trees>,
    pub(super) values: Trees,
}

/// A tree, or one inside each level of a coarse column, the last where that is missing.
#[derive(Serialize, Deserialize)]
pub(super) struct Trees {
    /// The visit of the coarse column.
    pub(super) coarse: Option<usize>,
    pub(super) parts: Vec<Leaves>,
    /// For rows whose part has too few donors.
    pub(super) rest: Option<Leaves>,
}

/// A tree whose leaves hold the codes of donors' values.
#[derive(Serialize, Deserialize)]
pub(super) struct Leaves {
    pub(super) partition: Partition,
    /// The width of each leaf's kernel.
    pub(super) widths: Vec<f64>,
}

impl Sequence {
    pub(super) fn new(
        real: &Source<'_>,
        order: &Order,
        bins: Bins,
        drawn: Vec<Drawn>,
        palettes: Vec<Palette>,
        keys: Option<Keys>,
    ) -> Self {
        let names = columns(real);
        let (mut visits, mut computed) = (order.visits.clone(), Vec::new());
        for (place, text) in &order.derived {
            visits.push(*place);
            computed.push(text.clone());
        }
        let mut rules = rules::kept(real.constraints, &names);
        for &at in &visits[drawn.len()..] {
            rules.extend(within_bounds(&names[at]));
        }
        Self { rows: real.rows, names, visits, bins, drawn, computed, palettes, rules, keys }
    }

    /// The rules, and after which visit each can be told.
    pub(super) fn rules(&self) -> Vec<(usize, Expression)> {
        let visit = |place: &usize| self.visits.iter().position(|visited| visited == place);
        let last = |rule: &Expression| rule.columns().iter().filter_map(visit).max();
        let rules = rules::read(&self.rules, &self.names);
        rules.into_iter().filter_map(|rule| Some((last(&rule)?, rule))).collect()
    }

    /// The expression of a computed column.
    pub(super) fn expression(&self, at: usize) -> Option<Expression> {
        let text = self.computed.get(at.checked_sub(self.drawn.len())?)?;
        Expression::parse(text, &self.names).ok()
    }

    /// The cell of a drawn row in a column of the source, as expressions see it.
    pub(super) fn cell<'a>(&'a self, rows: &Coded, row: usize, place: usize) -> Cell<'a> {
        let at = self.visits.iter().position(|&visited| visited == place);
        let Some((at, codes)) = at.and_then(|at| Some((at, rows.columns.get(at)?))) else {
            return Cell::Missing;
        };
        match (codes, &self.palettes[at]) {
            (Codes::Number(numbers), _) if numbers[row].is_nan() => Cell::Missing,
            (Codes::Number(numbers), _) => Cell::Number(numbers[row]),
            (Codes::Category(codes), Palette::Levels(levels)) => {
                match (levels.get(codes[row] as usize), self.names[place].1.kind) {
                    (None, _) => Cell::Missing,
                    (Some(level), ColumnKind::Boolean) => Cell::Truth(&**level == "true"),
                    (Some(level), _) => Cell::Label(level),
                }
            }
            // Numbers are never coded.
            (Codes::Category(_), Palette::Numbers { .. }) => Cell::Missing,
        }
    }

    /// The name of a visited column.
    pub(super) fn name(&self, at: usize) -> &str {
        &self.names[self.visits[at]].0
    }

    /// A drawn column in the form of tables.
    fn column(&self, at: usize, codes: Codes) -> Column {
        let (name, schema) = &self.names[self.visits[at]];
        let values = match (codes, &self.palettes[at]) {
            (Codes::Number(numbers), _) => Values::Numbers(numbers),
            (Codes::Category(codes), Palette::Levels(levels)) => compact(codes, levels),
            // Numbers are never coded.
            (Codes::Category(codes), Palette::Numbers { .. }) => compact(codes, &[]),
        };
        made(name, schema, values)
    }
}

/// The rules that a computed column keeps its public bounds.
fn within_bounds((name, schema): &(String, ColumnSchema)) -> Vec<String> {
    if !schema.is_number() || schema.kind == ColumnKind::DateTime || schema.bounds_from_data() {
        return Vec::new();
    }
    let rule = |sign: &str, bound: Option<f64>| Some(format!("`{name}` {sign} {:?}", bound?));
    [rule(">=", schema.lower), rule("<=", schema.upper)].into_iter().flatten().collect()
}

impl Model for Sequence {
    fn sample(
        &self,
        rows: Option<usize>,
        condition: &Condition,
        seed: Seed,
    ) -> Result<Vec<Column>> {
        let drawn = self.draw(rows.unwrap_or(self.rows), condition, seed)?;
        let mut columns: Vec<(usize, Column)> = drawn
            .columns
            .into_iter()
            .enumerate()
            .map(|(at, codes)| (self.visits[at], self.column(at, codes)))
            .collect();
        columns.sort_by_key(|(place, _)| *place);
        Ok(columns.into_iter().map(|(_, column)| column).collect())
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::None { reason: "rows are put together from real donors".into() }
    }

    fn state(&self) -> Result<Vec<u8>> {
        model::encode(self)
    }
}

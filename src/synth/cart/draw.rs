//! Drawing rows, column by column.
//!
//! A condition is met by rejection, a column at a time: a row that breaks it is dropped before the next
//! column is drawn, so that rows follow what was learnt *given* the condition, and columns after the last
//! conditioned one are drawn for kept rows only. The first column of all is drawn again at once.

use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use rayon::prelude::*;

use super::column::{HIDDEN, Palette};
use super::kernel;
use super::state::{Leaves, Sequence, Trees};
use crate::encode::{Coded, Codes};
use crate::error::{Error, Result};
use crate::learn::Binned;
use crate::random::Seed;
use crate::synth::{Allowed, Condition};
use crate::table::{Cell, Expression, MISSING};

/// Rows drawn from one stream of random numbers.
const CHUNK: usize = 4096;

/// Rows drawn at once under a condition, at least and at most.
const BATCH: [usize; 2] = [1024, 1 << 18];

/// Rows tried for each that is wanted, and beyond that in all.
const TRIES: [usize; 2] = [1000, 1_000_000];

/// How often a value of the first column is drawn again.
const REDRAWS: usize = 1000;

/// What rows must meet.
struct Demand<'a> {
    condition: &'a Condition,
    /// The rules, and after which visit each can be told.
    rules: Vec<(usize, Expression)>,
    /// The first columns, after which all can be.
    columns: usize,
}

/// Rows drawn so far, in the order of the visits.
pub(super) struct Rows {
    pub(super) coded: Coded,
    binned: Binned,
}

impl Sequence {
    /// Draws `wanted` rows that meet the condition.
    pub(super) fn draw(&self, wanted: usize, condition: &Condition, seed: Seed) -> Result<Coded> {
        let mut rows = self.conditioned(wanted, condition, seed)?.coded;
        if let Some(keys) = &self.keys {
            keys.replace(&mut rows, |count, round| {
                let seed = seed.part(&format!("instead {round}"));
                Ok(self.conditioned(count, condition, seed)?.coded)
            })?;
        }
        Ok(rows)
    }

    fn conditioned(&self, wanted: usize, condition: &Condition, seed: Seed) -> Result<Rows> {
        let rules = self.rules();
        let asked = |at: usize| {
            condition.on(self.name(at)).is_some() || rules.iter().any(|(last, _)| *last == at)
        };
        let first = (0..self.visits.len()).rev().find(|&at| asked(at)).map_or(0, |last| last + 1);
        let demand = Demand { condition, rules, columns: first };
        let mut rows = self.kept(wanted, &demand, seed)?;
        for at in first..self.visits.len() {
            self.extend(at, &mut rows, None, seed);
        }
        Ok(rows)
    }

    /// Draws the first columns of `wanted` rows, by batches of which those are kept that meet the demand.
    fn kept(&self, wanted: usize, demand: &Demand<'_>, seed: Seed) -> Result<Rows> {
        if demand.columns == 0 {
            return Ok(Rows::none(wanted));
        }
        (0..demand.columns).try_for_each(|at| self.can_meet(at, demand))?;
        let (mut kept, mut tried) = (Coded { rows: 0, columns: Vec::new() }, 0);
        let most = wanted.saturating_mul(TRIES[0]).saturating_add(TRIES[1]);
        let mut batch = wanted.clamp(BATCH[0], BATCH[1]);
        for round in 0.. {
            let drawn = self.batch(batch, demand, seed.part(&format!("round {round}")));
            tried += batch;
            kept = match (kept.rows, drawn.rows) {
                (_, 0) => kept,
                (0, _) => drawn,
                _ => Coded::stacked(&[&kept, &drawn]),
            };
            if kept.rows >= wanted {
                break;
            }
            if tried > most {
                return Err(demand.too_rare());
            }
            // As many as it takes at the rate so far, and some more.
            let rate = (kept.rows as f64 + 1.0) / tried as f64;
            batch = (((wanted - kept.rows) as f64 * 1.2 / rate) as usize).clamp(BATCH[0], BATCH[1]);
        }
        Ok(Rows::of(self, kept.select(&(0..wanted).collect::<Vec<_>>())))
    }

    /// The first columns of a batch: the rows that meet the demand.
    fn batch(&self, rows: usize, demand: &Demand<'_>, seed: Seed) -> Coded {
        let mut rows = Rows::none(rows);
        for at in 0..demand.columns {
            let allowed = demand.condition.on(self.name(at));
            self.extend(at, &mut rows, allowed.filter(|_| at == 0), seed);
            let meets = allowed.map(|allowed| self.palettes[at].test(allowed));
            let rules: Vec<&Expression> = demand.rules_at(at).collect();
            if meets.is_none() && rules.is_empty() {
                continue;
            }
            let coded = &rows.coded;
            let is_kept = |row: &usize| {
                meets.as_ref().is_none_or(|meets| meets.is_met(&coded.columns[at], *row))
                    && rules.iter().all(|rule| rule.holds(&|place| self.cell(coded, *row, place)))
            };
            let kept: Vec<usize> = (0..coded.rows).into_par_iter().filter(is_kept).collect();
            rows = rows.select(&kept);
        }
        rows.coded
    }

    /// Whether any donor of a column meets its condition, or a number may be moved so that it does.
    fn can_meet(&self, at: usize, demand: &Demand<'_>) -> Result<()> {
        let Some(allowed) = demand.condition.on(self.name(at)) else { return Ok(()) };
        let can = match (&self.palettes[at], self.drawn.get(at)) {
            (Palette::Levels(levels), Some(drawn)) => {
                let codes = drawn.values.parts.iter().flat_map(|leaves| leaves.partition.all());
                let level = |code: u32| levels.get(code as usize).map(|level| &**level);
                codes.copied().any(|code| allowed.label(level(code)))
            }
            (Palette::Numbers { grain, .. }, Some(_)) => {
                let (low, high) = allowed.interval();
                low <= grain.upper && high >= grain.lower
            }
            (_, None) => true,
        };
        if can { Ok(()) } else { Err(Condition::impossible(self.name(at))) }
    }

    /// Draws or computes one more column.
    fn extend(&self, at: usize, rows: &mut Rows, allowed: Option<&Allowed>, seed: Seed) {
        if let Some(expression) = self.expression(at) {
            rows.coded.columns.push(self.computed(at, &expression, &rows.coded));
            return;
        }
        let seed = seed.part(self.name(at));
        let starts: Vec<usize> = (0..rows.coded.rows).step_by(CHUNK).collect();
        let test = allowed.map(|allowed| self.palettes[at].test(allowed));
        let chunk = |&start: &usize| {
            let mut rng = seed.part(&format!("{start}")).rng();
            let range = start..(start + CHUNK).min(rows.coded.rows);
            let mut draw = |row| {
                let mut value = self.value(at, rows, row, &mut rng);
                let redraws = if test.is_some() { REDRAWS } else { 0 };
                for _ in 0..redraws {
                    if test.as_ref().is_none_or(|test| test.is_met_by(value)) {
                        break;
                    }
                    value = self.value(at, rows, row, &mut rng);
                }
                value
            };
            range.map(&mut draw).collect::<Vec<Value>>()
        };
        let values: Vec<Value> = starts.par_iter().flat_map_iter(chunk).collect();
        let codes = match self.palettes[at] {
            Palette::Levels(_) => Codes::Category(values.iter().map(|value| value.code).collect()),
            Palette::Numbers { .. } => {
                Codes::Number(values.iter().map(|value| value.number).collect())
            }
        };
        self.bins.append(at, &codes, &mut rows.binned);
        rows.coded.columns.push(codes);
    }

    /// What an expression says of each row.
    fn computed(&self, at: usize, expression: &Expression, rows: &Coded) -> Codes {
        let cell = |row: usize| expression.value(&|place| self.cell(rows, row, place));
        match &self.palettes[at] {
            Palette::Numbers { grain, .. } => {
                let number = |row| match cell(row) {
                    Cell::Number(number) => grain.round(number),
                    _ => f64::NAN,
                };
                Codes::Number((0..rows.rows).into_par_iter().map(number).collect())
            }
            Palette::Levels(levels) => {
                let place = |text: &str| levels.binary_search_by(|level| (**level).cmp(text)).ok();
                let code = |row| match cell(row) {
                    Cell::Label(text) => place(text),
                    Cell::Truth(truth) => place(if truth { "true" } else { "false" }),
                    _ => None,
                };
                let code = |row| code(row).map_or(MISSING, |place| place as u32);
                Codes::Category((0..rows.rows).into_par_iter().map(code).collect())
            }
        }
    }

    /// The value of one row in one more column.
    fn value(&self, at: usize, rows: &Rows, row: usize, rng: &mut ChaCha12Rng) -> Value {
        let drawn = &self.drawn[at];
        let missing = drawn.missing.as_ref();
        if missing.is_some_and(|trees| trees.donor(rows, row, rng).0 == MISSING) {
            return Value::MISSING;
        }
        let (code, width) = drawn.values.donor(rows, row, rng);
        match &self.palettes[at] {
            Palette::Numbers { values, reach, grain } if code < HIDDEN => {
                let (number, reach) = (values[code as usize], reach[code as usize]);
                let moves = reach > 0.0;
                let number =
                    if moves { kernel::moved(number, reach, width, grain, rng) } else { number };
                Value { code, number }
            }
            _ => Value { code, number: f64::NAN },
        }
    }
}

/// A drawn value: of a category its code, of numbers the number.
#[derive(Clone, Copy)]
struct Value {
    code: u32,
    number: f64,
}

impl Value {
    const MISSING: Self = Self { code: MISSING, number: f64::NAN };
}

impl Trees {
    /// The code of a donor for a row, and the width of the kernel; [`MISSING`] where there is no donor.
    fn donor(&self, rows: &Rows, row: usize, rng: &mut ChaCha12Rng) -> (u32, f64) {
        let part = self.coarse.map_or(0, |coarse| match &rows.coded.columns[coarse] {
            Codes::Category(codes) => (codes[row] as usize).min(self.parts.len() - 1),
            Codes::Number(_) => 0,
        });
        let leaf =
            |leaves: &Leaves, rng: &mut ChaCha12Rng| leaves.partition.leaf(&rows.binned, row, rng);
        let mut leaves = &self.parts[part];
        let mut found = leaf(leaves, rng);
        if let (true, Some(rest)) = (leaves.partition.members(found).is_empty(), &self.rest) {
            leaves = rest;
            found = leaf(leaves, rng);
        }
        let donors = leaves.partition.members(found);
        if donors.is_empty() {
            return (MISSING, 0.0);
        }
        (donors[rng.random_range(0..donors.len() as u64) as usize], leaves.widths[found])
    }
}

/// What is allowed of a drawn column.
enum Met<'a> {
    /// Of each level, and of missing ones last.
    Levels(Vec<bool>),
    Numbers(&'a Allowed),
}

impl Palette {
    fn test<'a>(&self, allowed: &'a Allowed) -> Met<'a> {
        match self {
            Self::Numbers { .. } => Met::Numbers(allowed),
            Self::Levels(levels) => {
                let known = levels.iter().map(|level| allowed.label(Some(level)));
                Met::Levels(known.chain([allowed.label(None)]).collect())
            }
        }
    }
}

impl Met<'_> {
    fn is_met_by(&self, value: Value) -> bool {
        match self {
            Self::Numbers(allowed) => allowed.number(value.number),
            Self::Levels(levels) => levels[(value.code as usize).min(levels.len() - 1)],
        }
    }

    fn is_met(&self, codes: &Codes, row: usize) -> bool {
        self.is_met_by(match codes {
            Codes::Number(numbers) => Value { code: MISSING, number: numbers[row] },
            Codes::Category(codes) => Value { code: codes[row], number: f64::NAN },
        })
    }
}

impl Rows {
    fn none(count: usize) -> Self {
        Self { coded: Coded { rows: count, columns: Vec::new() }, binned: Binned::empty(count) }
    }

    fn of(sequence: &Sequence, coded: Coded) -> Self {
        let mut binned = Binned::empty(coded.rows);
        for (at, codes) in coded.columns.iter().take(sequence.drawn.len()).enumerate() {
            sequence.bins.append(at, codes, &mut binned);
        }
        Self { coded, binned }
    }

    fn select(&self, rows: &[usize]) -> Self {
        Self { coded: self.coded.select(rows), binned: self.binned.select(rows) }
    }
}

impl Demand<'_> {
    /// The rules that can be told after a visit.
    fn rules_at(&self, at: usize) -> impl Iterator<Item = &Expression> {
        self.rules.iter().filter(move |(last, _)| *last == at).map(|(_, rule)| rule)
    }

    fn too_rare(&self) -> Error {
        let columns: Vec<&str> = self.condition.columns().collect();
        let wanted = if columns.is_empty() {
            "keep the rules of the schema".to_owned()
        } else {
            format!("meet the condition on {} (and the rules of the schema)", columns.join(", "))
        };
        Error::Usage(format!(
            "cart: of {} rows drawn for each that is wanted too few {wanted}: widen it, or fit with \
             `visit` naming the columns that it restricts",
            TRIES[0]
        ))
    }
}

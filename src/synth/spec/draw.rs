//! Drawing: persons or rows one by one, each from a stream of its own, so that the table is the same at any
//! number of threads.

use rand::Rng;
use rayon::prelude::*;

use super::plan::{Origin, Planned};
use super::{Spec, TRIES};
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::stats::normal_cumulative;
use crate::synth::{Condition, made};
use crate::table::{Column, Expression, MISSING, Role, Values};

/// Persons, or rows, that are drawn before it is looked whether there are enough.
const BATCH: usize = 4096;

/// Draws of a row after which the person is begun anew: what does not change within it may be to blame.
const ROW_TRIES: usize = 100;

/// Batches without a row that satisfies a condition, after which there is taken to be none.
const EMPTY_BATCHES: usize = 50;

/// The values of a row, in the order of the columns.
type Row = Vec<f64>;

/// A table of `rows` rows that satisfy the condition.
pub(super) fn table(
    spec: &Spec,
    rows: usize,
    condition: &Condition,
    seed: Seed,
) -> Result<Vec<Column>> {
    let mut drawn: Vec<Row> = Vec::with_capacity(rows);
    let mut persons: Vec<u32> = Vec::with_capacity(rows);
    let mut next = 0_usize;
    let mut empty = 0;
    while drawn.len() < rows {
        let wanted = rows - drawn.len();
        let batch = if spec.persons.is_none() && condition.is_empty() { wanted } else { BATCH };
        let units: Vec<Vec<Row>> = (next..next + batch)
            .into_par_iter()
            .map(|unit| Unit::new(spec, seed, unit).rows(rows))
            .collect::<Result<_>>()?;
        next += batch;
        let before = drawn.len();
        for (unit, of_unit) in (persons.last().map_or(0, |last| last + 1)..).zip(units) {
            let kept = of_unit.into_iter().filter(|row| satisfies(spec, row, condition));
            for row in kept.take(rows - drawn.len()) {
                drawn.push(row);
                persons.push(unit);
            }
        }
        empty = if drawn.len() == before { empty + 1 } else { 0 };
        if empty == EMPTY_BATCHES {
            return Err(Error::Usage(format!(
                "no row in {} draws: no row of the specification satisfies --where or --boost, or no person \
                 has a row",
                BATCH * EMPTY_BATCHES
            )));
        }
    }
    Ok(columns(spec, &drawn, &persons))
}

fn satisfies(spec: &Spec, row: &Row, condition: &Condition) -> bool {
    spec.columns.iter().zip(row).all(|(column, value)| {
        let Some(allowed) = condition.on(&column.name) else { return true };
        if column.schema.is_number() {
            allowed.number(*value)
        } else {
            allowed.label(level(column, *value))
        }
    })
}

/// The level that a value stands for; `None` when missing.
fn level(column: &Planned, value: f64) -> Option<&str> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list of levels, and NaN is looked at first"
    )]
    let place = (!value.is_nan()).then_some(value as usize)?;
    column.levels.get(place).map(String::as_str)
}

/// A person with all rows, or a row of its own.
struct Unit<'a> {
    spec: &'a Spec,
    rng: rand_chacha::ChaCha12Rng,
    /// Rows that were found one after the other, at most.
    reached: usize,
    /// Draws of the row after these.
    tries: usize,
    /// How often each rule, and last the bounds, was broken in these draws.
    broken: Vec<usize>,
}

impl<'a> Unit<'a> {
    fn new(spec: &'a Spec, seed: Seed, unit: usize) -> Self {
        let rng = seed.part("unit").part(&unit.to_string()).rng();
        Self { spec, rng, reached: 0, tries: 0, broken: vec![0; spec.rules.len() + 1] }
    }

    /// Its rows, `most` of them at most.
    fn rows(mut self, most: usize) -> Result<Vec<Row>> {
        let count = match &self.spec.persons {
            None => 1,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "not negative, and `as` saturates"
            )]
            Some(persons) => persons.rows.quantile(self.uniform()).round().max(0.0) as usize,
        };
        let count = count.min(most);
        loop {
            if let Some(rows) = self.attempt(count)? {
                return Ok(rows);
            }
        }
    }

    /// All rows once; `None` when one could not be found after those before it.
    fn attempt(&mut self, count: usize) -> Result<Option<Vec<Row>>> {
        let mut rows: Vec<Row> = Vec::with_capacity(count);
        let mut before: Option<Row> = None;
        for place in 0..count {
            let found = self.good_row(place, before.as_ref())?;
            let Some((whole, shown)) = found else { return Ok(None) };
            rows.push(shown);
            before = Some(whole);
        }
        Ok(Some(rows))
    }

    /// The row at `place` of the person, which keeps the rules: before and after missing values are taken out.
    fn good_row(&mut self, place: usize, before: Option<&Row>) -> Result<Option<(Row, Row)>> {
        // Rows that were found once before are possible: only draws of the next one count.
        let is_next = place == self.reached;
        for _ in 0..ROW_TRIES {
            let whole = self.row(before);
            let shown = self.with_missing(&whole);
            let Some(rule) = self.problem(&whole, &shown) else {
                if is_next {
                    self.reached += 1;
                    self.tries = 0;
                    self.broken.fill(0);
                }
                return Ok(Some((whole, shown)));
            };
            if is_next {
                self.broken[rule] += 1;
                self.tries += 1;
                if self.tries == TRIES {
                    return Err(self.contradiction());
                }
            }
        }
        Ok(None)
    }

    /// The place of the first rule that is broken; one more for the bounds.
    fn problem(&self, whole: &Row, shown: &Row) -> Option<usize> {
        let spec = self.spec;
        let outside = |(column, value): (&Planned, &f64)| {
            let (lower, upper) = column.bounds();
            *value < lower || *value > upper
        };
        if spec.columns.iter().zip(whole).any(outside) {
            return Some(spec.rules.len());
        }
        spec.rules
            .iter()
            .position(|rule| !rule.holds(&|place| spec.columns[place].cell(shown[place])))
    }

    fn contradiction(&self) -> Error {
        let most = self.broken.iter().max().copied().unwrap_or_default();
        let rule = self.broken.iter().position(|count| *count == most).unwrap_or_default();
        let what = match self.spec.rules.get(rule) {
            Some(rule) => format!("the rule `{}`", rule.text()),
            None => "the bounds (`lower`, `upper`) of a derived column or a sequence".to_owned(),
        };
        Error::Usage(format!(
            "no row in {TRIES} draws keeps every rule; most often {what} was broken ({most} times): the rules \
             contradict the distributions, or each other"
        ))
    }

    /// A number in (0, 1).
    fn uniform(&mut self) -> f64 {
        uniform(&mut self.rng)
    }

    /// One uniform number a column, those of correlated columns from the copula.
    fn uniforms(&mut self) -> Vec<f64> {
        let mut uniforms: Vec<f64> = (0..self.spec.columns.len()).map(|_| self.uniform()).collect();
        if let Some(copula) = &self.spec.copula {
            let normal: Vec<f64> = copula
                .columns
                .iter()
                .map(|place| crate::stats::normal_inverse(uniforms[*place]))
                .collect();
            for (place, factors) in copula.columns.iter().zip(&copula.factor) {
                let score: f64 = factors.iter().zip(&normal).map(|(factor, z)| factor * z).sum();
                uniforms[*place] = normal_cumulative(score);
            }
        }
        uniforms
    }

    /// A row after `before`, without a missing value.
    fn row(&mut self, before: Option<&Row>) -> Row {
        let uniforms = self.uniforms();
        let spec = self.spec;
        let mut row = vec![f64::NAN; spec.columns.len()];
        for &place in &spec.order {
            let column = &spec.columns[place];
            row[place] = match (&column.origin, before) {
                (Origin::Subject, _) => f64::NAN,
                (_, Some(before)) if column.constant => before[place],
                (Origin::Derived(expression), _) => computed(spec, place, expression, &row, None),
                (Origin::Sequence { gap, unit, .. }, Some(before)) => {
                    column.rounded(before[place] + gap.quantile(uniforms[place]) * unit)
                }
                (Origin::Running { next, .. }, Some(before)) => {
                    computed(spec, place, next, &row, Some(before[place]))
                }
                (
                    Origin::Drawn(drawn)
                    | Origin::Sequence { first: drawn, .. }
                    | Origin::Running { first: drawn, .. },
                    _,
                ) => {
                    let value = drawn.of(&row).map(|marginal| marginal.value(uniforms[place]));
                    let is_level = !column.levels.is_empty();
                    value.map_or(f64::NAN, |v| if is_level { v } else { column.rounded(v) })
                }
            };
        }
        row
    }

    /// The row with its missing values, and what is derived from them.
    fn with_missing(&mut self, whole: &Row) -> Row {
        let spec = self.spec;
        if !spec.columns.iter().any(|column| column.missing > 0.0) {
            return whole.clone();
        }
        let mut shown = whole.clone();
        for &place in &spec.order {
            let column = &spec.columns[place];
            if let Origin::Derived(expression) = &column.origin {
                shown[place] = computed(spec, place, expression, &shown, None);
            }
            if column.missing > 0.0 && uniform(&mut self.rng) < column.missing {
                shown[place] = f64::NAN;
            }
        }
        shown
    }
}

/// A number in (0, 1): the middle of one of 2⁵³ equal parts.
fn uniform(rng: &mut impl Rng) -> f64 {
    ((rng.next_u64() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
}

/// What an expression says of a row, as a value of the column at `place`, whose own name is `before` there.
fn computed(
    spec: &Spec,
    place: usize,
    expression: &Expression,
    row: &Row,
    before: Option<f64>,
) -> f64 {
    let cell = |other: usize| match before {
        Some(before) if other == place => spec.columns[place].cell(before),
        _ => spec.columns[other].cell(row[other]),
    };
    spec.columns[place].value(expression.value(&cell))
}

/// The columns of a table that are not hidden.
fn columns(spec: &Spec, rows: &[Row], persons: &[u32]) -> Vec<Column> {
    let visible: Vec<(usize, &Planned)> =
        spec.columns.iter().enumerate().filter(|(_, column)| !column.hidden).collect();
    let column = |(place, column): &(usize, &Planned)| {
        let values = if column.schema.role == Role::Subject {
            subjects(column, persons)
        } else if column.schema.is_number() {
            Values::Numbers(rows.iter().map(|row| row[*place]).collect())
        } else {
            labels(column, rows.iter().map(|row| row[*place]))
        };
        let schema = spec.schema.column(&column.name).unwrap_or(&column.schema);
        made(&column.name, schema, values)
    };
    visible.par_iter().map(column).collect()
}

/// The numbers of persons from 1 on, or texts of one width.
fn subjects(column: &Planned, persons: &[u32]) -> Values {
    if column.schema.is_number() {
        return Values::Numbers(persons.iter().map(|person| f64::from(*person) + 1.0).collect());
    }
    let mut levels: Vec<Box<str>> = Vec::new();
    let width = persons.last().map_or(1, |last| (u64::from(*last) + 1).to_string().len());
    let mut last = None;
    let codes = persons.iter().map(|person| {
        if last != Some(*person) {
            levels.push(format!("synthetic-{:0width$}", u64::from(*person) + 1).into());
            last = Some(*person);
        }
        levels.len() as u32 - 1
    });
    let codes = codes.collect();
    Values::Labels { codes, levels }
}

/// Places in a list of levels as labels: only levels that are used, sorted.
fn labels(column: &Planned, places: impl Iterator<Item = f64> + Clone) -> Values {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list of levels, and NaN is left out first"
    )]
    let place = |value: f64| (!value.is_nan()).then_some(value as usize);
    let mut used = vec![false; column.levels.len()];
    places.clone().filter_map(place).for_each(|place| used[place] = true);
    let mut levels: Vec<(&str, usize)> = column
        .levels
        .iter()
        .enumerate()
        .filter(|(place, _)| used[*place])
        .map(|(place, level)| (level.as_str(), place))
        .collect();
    levels.sort_unstable();
    let mut codes = vec![MISSING; column.levels.len()];
    for ((_, place), code) in levels.iter().zip(0..) {
        codes[*place] = code;
    }
    Values::Labels {
        codes: places.map(|value| place(value).map_or(MISSING, |place| codes[place])).collect(),
        levels: levels.into_iter().map(|(level, _)| level.into()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of one person under the rule x < ½.
    fn rows(x: &str, count: usize) -> Result<Vec<Row>> {
        let text = format!(
            "[columns.x]\nkind = 'continuous'\n{x}\n[[constraint]]\nrule = 'x < 0.5'\n\
             [persons]\nsubject = 'id'\nrows-per-person = {{ constant = {count} }}\n"
        );
        let spec = Spec::parse(&text, "spec.toml").unwrap();
        Unit::new(&spec, Seed::new(0), 0).rows(count)
    }

    /// Half of the draws are broken: far more than [`TRIES`] in all, and next to none after another.
    #[test]
    fn draws_are_counted_row_by_row() {
        let x = "distribution = { uniform = { from = 0, to = 1 } }";
        assert_eq!(rows(x, 30_000).unwrap().len(), 30_000);
    }

    /// The first row is 0 and the second 1, however often the person is begun anew.
    #[test]
    fn a_later_row_that_is_impossible_is_told() {
        let x =
            "distribution = { constant = 0 }\n[[sequence]]\ncolumn = 'x'\ngap = { constant = 1 }";
        let Err(error) = rows(x, 2) else { panic!("made") };
        assert!(error.to_string().contains("`x < 0.5` was broken (10000 times)"), "{error}");
    }
}

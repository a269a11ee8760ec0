//! How many released rows keep the rules and the bounds of the schema.
//!
//! # Purpose
//! Programs that read the release, and people who look at single rows: a row that cannot be (a death before the birth)
//! breaks the one and the trust of the other.
//!
//! # Estimator
//! - `constraint.kept`: the weighted share of released rows that make no rule of the schema's `[[constraint]]` false. A
//!   rule about a missing value is not false, as a CHECK of SQL.
//! - `constraint.within-bounds`: the weighted share of released numbers, all columns together, that lie within the
//!   schema's `lower` and `upper`, of columns that have either and not from the data. The numbers are those of the
//!   released file: one beyond a top code that is a bound is beyond it, although it is read as the code.
//!
//! A rule about a column in which the release holds no value while train does is broken by every row, and such a column
//! has one number a row, all out of bounds. Ceiling: what the fresh records reach, as it is, with their numbers as
//! they are coded. Error: the linearised ratio over persons of the release (Cochran 1977, section 6.3), at least that
//! of one person.
//!
//! # Limits
//! A row that keeps all rules need not be likely. A file with numbers that are out of bounds as they are coded is not
//! read at all, so that less than 100 % within bounds is told of released files that were never coded. Rules about
//! names and subjects, which no release holds, are left out.
//!
//! # References
//! Cochran 1977, Sampling Techniques, section 6.3. ISO/IEC 9075-2 (CHECK constraints).

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::columnwise::{counted, named, one_person, share};
use super::{Info, Rows, Utility, View, parameters};
use crate::audit::Progress;
use crate::encode::has_value;
use crate::error::{Error, Result};
use crate::evidence::Evidence;
use crate::random::Seed;
use crate::table::{Cell, Column, ColumnSchema, Expression, Table, Values};

/// Parameters of the measure: none.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Constraint {}

/// What the measure is.
pub(super) static INFO: Info = Info {
    id: "constraint",
    title: "rules and bounds of the schema",
    purpose: "programs that read the release, and people who look at single rows",
    needs_holdout: false,
    references: &["Cochran 1977, Sampling Techniques, section 6.3"],
    metrics: &["constraint.kept", "constraint.within-bounds"],
};

impl Utility for Constraint {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, view: &View<'_>, _: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        let kept = kept(view);
        progress.advance(1);
        let within = within_bounds(view);
        progress.advance(1);
        let mut facts: Vec<Evidence> = [kept, within].into_iter().flatten().collect();
        if facts.is_empty() {
            return Err(Error::NotApplicable(
                "the schema has no rule ([[constraint]]) that a release can keep, and no public bounds of a \
                 column that is compared"
                    .into(),
            ));
        }
        for fact in &mut facts {
            fact.parameters = parameters(self);
        }
        Ok(facts)
    }
}

/// What the release holds of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    /// Values, or none because train has none.
    Values,
    /// No value although train has some.
    Nothing,
    /// Nothing, as is right: a name, a subject, a weight.
    NotAsked,
}

fn held(view: &View<'_>, name: &str) -> Held {
    let values = |table: &Table| table.column(name).is_some_and(|column| has_value(&column.values));
    if values(&view.audit.synthetic) || !values(&view.audit.train) {
        Held::Values
    } else if view.audit.schema.column(name).is_some_and(ColumnSchema::compared) {
        Held::Nothing
    } else {
        Held::NotAsked
    }
}

/// A rule with its place in the schema, from 1.
struct Rule<'a> {
    place: usize,
    expression: &'a Expression,
    /// Whether the release lacks what the rule is about.
    broken: bool,
}

/// The share of rows that keep all rules; nothing without a rule.
fn kept(view: &View<'_>) -> Option<Evidence> {
    let schema = &view.audit.schema;
    let expressions = schema.rules();
    let (mut rules, mut left_out) = (Vec::new(), Vec::new());
    for (place, expression) in (1..).zip(&expressions) {
        let held: Vec<Held> = expression
            .columns()
            .iter()
            .map(|&column| held(view, &schema.columns[column].0))
            .collect();
        if held.contains(&Held::NotAsked) {
            left_out.push(place.to_string());
        } else {
            rules.push(Rule { place, expression, broken: held.contains(&Held::Nothing) });
        }
    }
    if rules.is_empty() {
        return None;
    }
    let broken: Vec<Vec<bool>> = rules.iter().map(|rule| breaks(view, rule)).collect();
    let keeps = |row: usize| f64::from(u8::from(!broken.iter().any(|rule| rule[row])));
    let released = &view.released;
    let error = released.squared_error(keeps).sqrt().max(one_person(&view.released));
    let mut fact = Evidence::whole(INFO.metrics[0], share(mean(released, keeps), error));
    fact.ceiling = view.audit.holdout.as_ref().and_then(|table| {
        let cells = Cells::new(view, table);
        let keeps = |row: usize| rules.iter().all(|rule| cells.keep(rule.expression, row));
        view.reached(|fresh| mean(fresh, |row| f64::from(u8::from(keeps(row)))))
    });
    let words: Vec<(String, f64)> = rules
        .iter()
        .zip(&broken)
        .map(|(rule, broken)| {
            let share = mean(released, |row| f64::from(u8::from(!broken[row])));
            (rule.words(view), share)
        })
        .collect();
    let mut worst: Vec<(&str, f64)> =
        words.iter().map(|(words, share)| (words.as_str(), *share)).collect();
    worst.retain(|(_, share)| *share < 1.0);
    worst.sort_by(|a, b| a.1.total_cmp(&b.1));
    fact.notes.extend(named("kept least", &worst));
    let lacking: Vec<&str> = rules
        .iter()
        .zip(&words)
        .filter(|(rule, _)| rule.broken)
        .map(|(_, (words, _))| words.as_str())
        .collect();
    if !lacking.is_empty() {
        let lacking = lacking.join(", ");
        fact.notes
            .push(format!("broken by every row, for want of values in the release: {lacking}"));
    }
    if !left_out.is_empty() {
        let places = left_out.join(", ");
        fact.notes.push(format!("left out, about columns that no release holds: rule {places}"));
    }
    Some(fact)
}

impl Rule<'_> {
    /// Its place and the columns it is about. Its text may name categories.
    fn words(&self, view: &View<'_>) -> String {
        let columns = &view.audit.schema.columns;
        let names: Vec<&str> =
            self.expression.columns().iter().map(|&place| columns[place].0.as_str()).collect();
        format!("rule {} on {}", self.place, names.join(" and "))
    }
}

/// Whether each released row breaks a rule.
fn breaks(view: &View<'_>, rule: &Rule<'_>) -> Vec<bool> {
    let cells = Cells::new(view, &view.audit.synthetic);
    (0..view.released.count).map(|row| rule.broken || !cells.keep(rule.expression, row)).collect()
}

/// The columns of a table by their places in the schema.
struct Cells<'a>(Vec<Option<&'a Column>>);

impl<'a> Cells<'a> {
    fn new(view: &View<'_>, table: &'a Table) -> Self {
        let columns = view.audit.schema.columns.iter();
        Self(columns.map(|(name, _)| table.column(name)).collect())
    }

    fn keep(&self, rule: &Expression, row: usize) -> bool {
        rule.holds(&|place| self.0[place].map_or(Cell::Missing, |column| column.cell(row)))
    }
}

/// The share of numbers within their bounds; nothing without a bound.
fn within_bounds(view: &View<'_>) -> Option<Evidence> {
    let schema = &view.audit.schema;
    let bounded = schema.columns.iter().filter(|(_, column)| {
        let either = column.lower.is_some() || column.upper.is_some();
        either && column.compared() && column.is_number() && !column.bounds_from_data()
    });
    let asked: Vec<(&str, Held)> =
        bounded.map(|(name, _)| (name.as_str(), held(view, name))).collect();
    let without: Vec<&str> =
        asked.iter().filter(|(_, held)| *held == Held::Nothing).map(|(name, _)| *name).collect();
    let synthetic = &view.audit.synthetic;
    let released: Vec<Tally> = asked
        .iter()
        .map(|(name, held)| match held {
            Held::Nothing => Tally {
                name,
                known: vec![true; synthetic.rows],
                within: vec![false; synthetic.rows],
            },
            _ => Tally::of(name, synthetic, true),
        })
        .collect();
    let (value, error) = pooled(&view.released, &released)?;
    let mut fact =
        Evidence::whole(INFO.metrics[1], share(value, error.max(one_person(&view.released))));
    fact.ceiling =
        view.audit.holdout.as_ref().zip(view.fresh.as_ref()).and_then(|(table, fresh)| {
            let tallies: Vec<Tally> =
                asked.iter().map(|(name, _)| Tally::of(name, table, false)).collect();
            pooled(fresh, &tallies).map(|(value, _)| value)
        });
    let mut worst: Vec<(&str, f64)> = released
        .iter()
        .filter_map(|tally| {
            let (value, _) = pooled(&view.released, std::slice::from_ref(tally))?;
            Some((tally.name, value))
        })
        .collect();
    worst.retain(|(_, share)| *share < 1.0);
    worst.sort_by(|a, b| a.1.total_cmp(&b.1));
    fact.notes.extend(named("within bounds least", &worst));
    fact.notes.extend(counted(&without, "out of bounds"));
    Some(fact)
}

/// Which rows have a number in a column, and which of these lie within its bounds.
struct Tally<'a> {
    name: &'a str,
    known: Vec<bool>,
    within: Vec<bool>,
}

impl<'a> Tally<'a> {
    /// Of the numbers as they are coded, or as they lie in the file.
    fn of(name: &'a str, table: &Table, as_filed: bool) -> Self {
        let (mut known, mut within) = (vec![false; table.rows], vec![false; table.rows]);
        if let Some(column) = table.column(name) {
            let filed = column.uncoded.as_ref().filter(|_| as_filed);
            if let Values::Numbers(numbers) = filed.unwrap_or(&column.values) {
                let schema = &column.schema;
                for (row, &x) in numbers.iter().enumerate() {
                    known[row] = !x.is_nan();
                    within[row] = schema.lower.is_none_or(|lower| x >= lower)
                        && schema.upper.is_none_or(|upper| x <= upper);
                }
            }
        }
        Self { name, known, within }
    }
}

/// The weighted share of the known numbers that lie within bounds, all columns together, and its error over persons;
/// nothing without a number.
fn pooled(rows: &Rows, tallies: &[Tally<'_>]) -> Option<(f64, f64)> {
    let count = |flags: fn(&Tally<'_>, usize) -> bool| -> Vec<f64> {
        let of_row = |row: usize| tallies.iter().filter(|tally| flags(tally, row)).count() as f64;
        (0..rows.count).map(of_row).collect()
    };
    let known = count(|tally, row| tally.known[row]);
    let within = count(|tally, row| tally.known[row] && tally.within[row]);
    let [known_mean, within_mean] = [&known, &within].map(|counts| mean(rows, |row| counts[row]));
    if known_mean.is_nan() || known_mean <= 0.0 {
        return None;
    }
    let value = within_mean / known_mean;
    let error = rows.squared_error(|row| (within[row] - value * known[row]) / known_mean);
    Some((value, error.sqrt()))
}

/// The weighted mean over rows.
fn mean(rows: &Rows, score: impl Fn(usize) -> f64) -> f64 {
    let weight: f64 = (0..rows.count).map(|row| rows.weight(row)).sum();
    (0..rows.count).map(|row| rows.weight(row) * score(row)).sum::<f64>() / weight
}

//! Boosting: more rows of a rare group, with weights that undo it.
//!
//! `--boost region=north:0.3` gives 30 % of the rows to a level. Rows are drawn *given* their group, so that
//! nothing changes within it, and every row gets the weight (share without boost) / (share with boost) of
//! its group in the column `_weight`: means and totals weighted by it estimate those of an unboosted release
//! (Horvitz and Thompson 1952). Boosts of several columns are met together by iterative proportional
//! fitting (Deming and Stephan 1940), which keeps how the columns belong together.

mod fitting;

use super::condition::releasable;
use super::{Condition, Model, Test};
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::table::{Column, Schema, Value, Values, WEIGHT};

use self::fitting::{Margin, fit_margins, shares_to_counts};

/// Rows drawn to measure the shares that a model does not know.
const DRAWS: usize = 100_000;

/// Rows of a group among these, at least: its weight is then off by 10 % at most, twice out of three times.
const LEAST: usize = 100;

/// Groups of rows, at most: every level of one boosted column with every level of another.
const GROUPS: usize = 256;

/// One `--boost`.
#[derive(Debug, Clone, PartialEq)]
pub struct Boost {
    /// The column.
    pub column: String,
    /// The level, as it was written.
    pub level: String,
    /// The share of rows that it is to have, above 0 and below 1.
    pub share: f64,
    value: Value,
}

/// Rows with their weights, one a row.
pub(super) struct Boosted {
    pub(super) columns: Vec<Column>,
    pub(super) weights: Vec<f64>,
}

impl Boost {
    /// Parses every `column=level:share` of `texts`, and checks that they can be met together.
    ///
    /// # Errors
    /// [`Error::Usage`] when one is not of this form, names a column or level that is not there, or the
    /// shares of a column leave nothing for its other values.
    pub fn parse_all(
        texts: &[String],
        schema: &Schema,
        condition: &Condition,
    ) -> Result<Vec<Self>> {
        let refuse = |text: &str, problem: &str| Error::Usage(format!("--boost {text}: {problem}"));
        let mut boosts: Vec<Self> = Vec::new();
        for text in texts {
            let boost = Self::parse(text, schema).map_err(|problem| refuse(text, &problem))?;
            if condition.on(&boost.column).is_some() {
                return Err(refuse(text, "the column is under a --where condition already"));
            }
            let same = boosts.iter().filter(|other| other.column == boost.column);
            if same.clone().any(|other| other.value == boost.value) {
                return Err(refuse(text, "the level is boosted twice"));
            }
            let share = same.map(|other| other.share).sum::<f64>() + boost.share;
            if share >= 1.0 {
                return Err(refuse(
                    text,
                    "the shares of a column must sum to less than 1, so that its other values keep rows",
                ));
            }
            boosts.push(boost);
        }
        if !boosts.is_empty() {
            refuse_weights(schema)?;
            groups(&margins(&boosts), condition)?;
        }
        Ok(boosts)
    }

    /// Its rows among those under `condition`.
    pub(super) fn group(&self, condition: &Condition) -> Condition {
        let test = Test::Among { values: vec![self.value.clone()], inside: true };
        condition.clone().and(&self.column, test)
    }

    fn parse(text: &str, schema: &Schema) -> Result<Self, String> {
        let form = "expected COLUMN=LEVEL:SHARE, as in region=north:0.3";
        let (named, share) = text.rsplit_once(':').ok_or(form)?;
        let (column, level) = named.split_once('=').ok_or(form)?;
        let (column, level) = (unquoted(column), unquoted(level));
        let schema = releasable(column, schema)?;
        if schema.weight {
            return Err(format!("`{column}` is a weight"));
        }
        let value = schema.value(level)?;
        let share = share_of(share.trim())
            .ok_or("expected a share above 0 and below 1, as in 0.3 or 30%")?;
        Ok(Self { column: column.to_owned(), level: level.to_owned(), share, value })
    }
}

/// Rows cannot be weighted twice.
pub(super) fn refuse_weights(schema: &Schema) -> Result<()> {
    match schema.columns.iter().find(|(name, column)| column.weight || name == WEIGHT) {
        None => Ok(()),
        Some((name, _)) => Err(Error::Usage(format!(
            "--boost: the table has the weights `{name}` already, and rows cannot be weighted twice"
        ))),
    }
}

/// `0.3` or `30%`.
fn share_of(text: &str) -> Option<f64> {
    let (number, scale) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.trim().parse::<f64>().ok()? / scale;
    (share > 0.0 && share < 1.0).then_some(share)
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inside = |quote| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    ['\'', '"', '`'].into_iter().find_map(inside).unwrap_or(text)
}

/// Rows of persons cannot be drawn group by group: a person has rows in several groups.
fn refuse_persons(model: &dyn Model) -> Result<()> {
    if !model.makes_persons() {
        return Ok(());
    }
    Err(Error::Usage(
        "--boost: the specification makes persons, and rows are boosted in groups that are drawn one by one, \
         so that one id would name different persons and their rows would lose their order: use --where, or a \
         specification without `[persons]` and without a column of role subject"
            .to_owned(),
    ))
}

/// Draws `rows` rows of the `model` with the boosted shares.
///
/// # Errors
/// [`Error::Usage`] when the model makes persons, or a group is too rare to be drawn and weighted; else the
/// model's own.
pub(super) fn boosted(
    model: &dyn Model,
    boosts: &[Boost],
    rows: Option<usize>,
    condition: &Condition,
    seed: Seed,
) -> Result<Boosted> {
    refuse_persons(model)?;
    let rows = match rows {
        Some(rows) => rows,
        None => length(&model.sample(None, condition, seed.part("rows"))?),
    };
    let margins = margins(boosts);
    let groups = groups(&margins, condition)?;
    let shares = shares(model, condition, &groups, seed.part("shares"))?;
    let targets: Vec<Margin> = margins.iter().map(|boosts| target(boosts)).collect();
    let wanted = fit_margins(&shares, &targets).ok_or_else(|| {
        Error::Usage(
            "--boost: the shares cannot be met together: a group that they ask for has no row in the \
             model"
                .to_owned(),
        )
    })?;
    let counts = shares_to_counts(&wanted, rows);
    let mut parts = Vec::new();
    let mut weights = Vec::with_capacity(rows);
    for (place, group) in groups.iter().enumerate().filter(|(place, _)| counts[*place] > 0) {
        let seed = seed.part("group").part(&place.to_string());
        parts.push(model.sample(Some(counts[place]), group, seed)?);
        // By the rows that the group got, so that rounding is undone, too.
        let weight = shares[place] * rows as f64 / counts[place] as f64;
        weights.extend(std::iter::repeat_n(weight, counts[place]));
    }
    let order = super::independent::permutation(&mut seed.part("order").rng(), rows);
    let columns = joined(parts).into_iter().map(|column| {
        let values = super::independent::picked(&column.values, &order);
        super::replaced(&column, values)
    });
    Ok(Boosted {
        columns: columns.collect(),
        weights: order.iter().map(|&row| weights[row]).collect(),
    })
}

fn length(columns: &[Column]) -> usize {
    columns.first().map_or(0, |column| column.values.len())
}

/// The boosts of each column, in order of first mention.
fn margins(boosts: &[Boost]) -> Vec<Vec<&Boost>> {
    let mut margins: Vec<Vec<&Boost>> = Vec::new();
    for boost in boosts {
        match margins.iter_mut().find(|margin| margin[0].column == boost.column) {
            Some(margin) => margin.push(boost),
            None => margins.push(vec![boost]),
        }
    }
    margins
}

/// The shares that the levels of one column are to have; the last is that of its other values.
fn target(margin: &[&Boost]) -> Margin {
    let mut target: Vec<f64> = margin.iter().map(|boost| boost.share).collect();
    target.push(1.0 - target.iter().sum::<f64>());
    target
}

/// Every combination of boosted levels and "anything else", the last column's varying fastest.
fn groups(margins: &[Vec<&Boost>], condition: &Condition) -> Result<Vec<Condition>> {
    let mut groups = vec![condition.clone()];
    for margin in margins {
        let column = &margin[0].column;
        let all = || margin.iter().map(|boost| boost.value.clone()).collect();
        let split = |group: &Condition| {
            let mut parts: Vec<Condition> = margin.iter().map(|boost| boost.group(group)).collect();
            parts.push(group.clone().and_other_than(column, all()));
            parts
        };
        groups = groups.iter().flat_map(split).collect();
    }
    if groups.len() > GROUPS {
        return Err(Error::Usage(format!(
            "--boost: the boosted levels make {} groups, and at most {GROUPS} can be drawn: boost fewer",
            groups.len()
        )));
    }
    Ok(groups)
}

/// The share of each group among the rows under the condition: what the model knows, or else what a large
/// sample of it shows.
fn shares(
    model: &dyn Model,
    condition: &Condition,
    groups: &[Condition],
    seed: Seed,
) -> Result<Vec<f64>> {
    let known = |group: &Condition| model.share(group);
    if let (Some(all), Some(shares)) =
        (model.share(condition), groups.iter().map(known).collect::<Option<Vec<f64>>>())
    {
        return Ok(shares.into_iter().map(|share| share / all).collect());
    }
    let sample = model.sample(Some(DRAWS), condition, seed)?;
    let counts: Vec<usize> = groups.iter().map(|group| group.count(&sample)).collect();
    if counts.iter().any(|count| (1..LEAST).contains(count)) {
        return Err(Error::Usage(format!(
            "--boost: a group is rarer than {LEAST} in {DRAWS} rows of the model, too rare for a weight: \
             boost fewer levels at once"
        )));
    }
    Ok(counts.into_iter().map(|count| count as f64 / DRAWS as f64).collect())
}

/// The rows of all parts, one part after the other.
fn joined(parts: Vec<Vec<Column>>) -> Vec<Column> {
    let mut parts = parts.into_iter();
    let mut joined = parts.next().unwrap_or_default();
    for part in parts {
        for (column, more) in joined.iter_mut().zip(part) {
            append(&mut column.values, more.values);
        }
    }
    joined
}

fn append(values: &mut Values, more: Values) {
    match (values, more) {
        (Values::Numbers(numbers), Values::Numbers(more)) => numbers.extend(more),
        (Values::Labels { codes, levels }, Values::Labels { codes: more, levels: others }) => {
            let merged = super::merged(levels, &others);
            let place = |level: &str| merged.binary_search_by(|known| (**known).cmp(level));
            let renumber = |codes: &[u32], levels: &[Box<str>]| -> Vec<u32> {
                let codes = codes.iter().map(|&code| match levels.get(code as usize) {
                    Some(level) => place(level).map_or(code, |place| place as u32),
                    None => code,
                });
                codes.collect()
            };
            let mut all = renumber(codes, levels);
            all.extend(renumber(&more, &others));
            (*codes, *levels) = (all, merged);
        }
        // Parts of one model have columns of the same kinds.
        _ => {}
    }
}

#[cfg(test)]
mod tests;

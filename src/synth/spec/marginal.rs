//! How the values of one column are distributed: shares of levels, or a distribution of numbers, alone or
//! given the levels of other columns.

use std::collections::{HashMap, HashSet};

use super::plan::Steps;
use super::tree::{Section, Tree};
use crate::error::Result;
use crate::stats::{Distribution, Law};
use crate::suggest::did_you_mean;
use crate::table::{ColumnKind, ColumnSchema, Value};

/// How far from 1 shares may sum, since people round.
const ROUNDING: f64 = 0.005;

/// Seconds of a day: the unit of a spread of dates.
const DAY: f64 = 86_400.0;

/// Combinations of levels that a conditional table may be given, at most.
const COMBINATIONS: usize = 100_000;

/// A distribution of values: of places in a list of levels, or of numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Marginal {
    /// The share of rows up to and including each level.
    Shares(Vec<f64>),
    /// Numbers.
    Numbers(Numbers),
}

/// A distribution of numbers, each rounded to the nearest step where its column has steps.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Numbers {
    distribution: Distribution,
    steps: Option<Steps>,
}

impl Numbers {
    /// The number below which the share `u` of rows lies.
    pub(super) fn quantile(&self, u: f64) -> f64 {
        let number = self.distribution.quantile(u);
        self.steps.as_ref().map_or(number, |steps| steps.nearest(number))
    }
}

/// A marginal, or one for every combination of the levels of other columns.
#[derive(Debug, Clone)]
pub(super) struct Conditional {
    /// The columns that it is given, with how many levels each has.
    pub(super) given: Vec<(usize, usize)>,
    /// One for every combination, the last column's levels varying fastest.
    pub(super) marginals: Vec<Marginal>,
}

impl Marginal {
    /// The value below which the share `u` of rows lies.
    pub(super) fn value(&self, u: f64) -> f64 {
        match self {
            Self::Shares(cumulative) => {
                let place = cumulative.partition_point(|share| *share <= u);
                place.min(cumulative.len().saturating_sub(1)) as f64
            }
            Self::Numbers(numbers) => numbers.quantile(u),
        }
    }
}

impl Conditional {
    pub(super) fn alone(marginal: Marginal) -> Self {
        Self { given: Vec::new(), marginals: vec![marginal] }
    }

    /// The marginal for a row; `None` where a level that it is given is missing.
    pub(super) fn of(&self, row: &[f64]) -> Option<&Marginal> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place in a list of levels"
        )]
        let place = self.given.iter().try_fold(0, |place, (column, levels)| {
            let level = row[*column];
            (!level.is_nan()).then_some(place * levels + level as usize)
        });
        self.marginals.get(place?)
    }
}

/// Names and numbers: shares of levels, or counts of a published table where all are whole.
pub(super) fn shares(section: &Section<'_>, key: &str, tree: &Tree) -> Result<Vec<(String, f64)>> {
    let refuse = |problem: &str| section.error_at(key, problem);
    let Tree::Table(entries) = tree else {
        return Err(refuse("expected shares of levels, as in { F = 0.52, M = 0.48 }"));
    };
    let mut shares = Vec::new();
    for (level, tree) in entries {
        match tree.number() {
            Some(share) if share >= 0.0 => shares.push((level.as_ref().clone(), share)),
            _ => {
                return Err(refuse(&format!(
                    "`{}`: expected a share of 0 or more",
                    level.as_ref()
                )));
            }
        }
    }
    let sum: f64 = shares.iter().map(|(_, share)| share).sum();
    let counts =
        entries.iter().all(|(_, tree)| matches!(tree, Tree::Leaf(toml::Value::Integer(_))));
    if sum <= 0.0 || (!counts && (sum - 1.0).abs() > ROUNDING) {
        return Err(refuse(&format!(
            "the shares sum to {sum}: expected 1 (counts of a table are written as whole numbers)"
        )));
    }
    shares.iter_mut().for_each(|(_, share)| *share /= sum);
    Ok(shares)
}

/// Shares in the order of `levels`.
pub(super) fn in_order(
    section: &Section<'_>,
    key: &str,
    shares: &[(String, f64)],
    levels: &[String],
) -> Result<Marginal> {
    let known: HashSet<&str> = levels.iter().map(String::as_str).collect();
    if let Some((unknown, _)) = shares.iter().find(|(level, _)| !known.contains(level.as_str())) {
        let near = did_you_mean(unknown, known.into_iter());
        return Err(section.error_at(key, format!("no level is called `{unknown}`{near}")));
    }
    let shares: HashMap<&str, f64> =
        shares.iter().map(|(level, share)| (level.as_str(), *share)).collect();
    let mut sum = 0.0;
    let cumulative = levels.iter().map(|level| {
        sum += shares.get(level.as_str()).copied().unwrap_or_default();
        sum
    });
    Ok(Marginal::Shares(cumulative.collect()))
}

/// A distribution of numbers or dates, as in `{ normal = { mean = 47, sd = 18 }, lower = 0 }`.
pub(super) fn numbers(
    section: &Section<'_>,
    key: &str,
    tree: &Tree,
    column: &ColumnSchema,
) -> Result<Numbers> {
    let refuse = |problem: String| section.error_at(key, problem);
    let Tree::Table(entries) = tree else {
        return Err(refuse(
            "expected a distribution, as in { normal = { mean = 47, sd = 18 } }".into(),
        ));
    };
    let bound = |name: &str| -> Result<Option<f64>> {
        let found = entries.iter().find(|(known, _)| known.as_ref() == name);
        found.map(|(_, tree)| value(tree, column).map_err(&refuse)).transpose()
    };
    let lower = bound("lower")?.or(column.lower).unwrap_or(f64::NEG_INFINITY);
    let upper = bound("upper")?.or(column.upper).unwrap_or(f64::INFINITY);
    let families: Vec<_> = entries
        .iter()
        .filter(|(name, _)| !matches!(name.as_ref().as_str(), "lower" | "upper"))
        .collect();
    let [(name, parameters)] = families.as_slice() else {
        return Err(refuse(format!(
            "expected one of {}, with `lower` and `upper` beside it",
            Law::FAMILIES.map(|(name, _)| name).join(", ")
        )));
    };
    let name = name.as_ref().as_str();
    let parameters = read(name, parameters, column).map_err(&refuse)?;
    on_steps(name, parameters, (lower, upper), column).map_err(refuse)
}

/// The distribution called `name`, between two bounds and rounded to the steps of the column. Each step stands
/// for all numbers that are rounded to it, those at the ends as well.
fn on_steps(
    name: &str,
    mut parameters: Vec<f64>,
    (lower, upper): (f64, f64),
    column: &ColumnSchema,
) -> Result<Numbers, String> {
    let ends = match (name, parameters.as_slice()) {
        ("uniform", [from, to]) => (lower.max(*from), upper.min(*to)),
        _ => (lower, upper),
    };
    let steps = Steps::of(column, ends.0, ends.1);
    if steps.as_ref().is_some_and(Steps::is_empty) {
        return Err(
            "no value of the column (a step, a whole number, a day) lies between its ends".into()
        );
    }
    let around = steps.as_ref().map(Steps::around);
    if let (Some((from, to)), "uniform") = (around, name) {
        parameters = vec![from, to];
    }
    let law = law(name, &parameters)?;
    let (lower, upper) = around.unwrap_or((lower, upper));
    // What lies half a step above the last step is rounded to the next.
    let upper = if around.is_some() && upper.is_finite() { upper.next_down() } else { upper };
    let distribution = Distribution::between(law, Some(lower), Some(upper))
        .ok_or("next to nothing of it lies between `lower` and `upper`")?;
    Ok(Numbers { distribution, steps })
}

/// The family called `name`, with parameters from which numbers can be drawn.
fn law(name: &str, parameters: &[f64]) -> Result<Law, String> {
    let law = Law::new(name, parameters).ok_or_else(|| {
        let known = Law::FAMILIES.iter().find(|(known, _)| *known == name);
        let wanted = known.map(|(_, wanted)| wanted.join(", ")).unwrap_or_default();
        let hint = match name {
            "gamma" => "; the shape is 0.05 or more",
            "negative-binomial" => {
                "; the dispersion is above 0 and at most 10000: beyond, it is next to a poisson or a normal"
            }
            _ => "",
        };
        format!("`{name}`: no distribution has these parameters ({wanted}){hint}")
    })?;
    if !law.can_be_drawn() {
        return Err(format!(
            "`{name}`: with these parameters its values are beyond all numbers, or one number only (which is \
             `constant`)"
        ));
    }
    Ok(law)
}

/// The parameters of the family called `name`, in its order.
fn read(name: &str, parameters: &Tree, column: &ColumnSchema) -> Result<Vec<f64>, String> {
    let families = || Law::FAMILIES.iter().map(|(name, _)| *name);
    let known = Law::FAMILIES.iter().find(|(known, _)| *known == name);
    let (_, wanted) = known.ok_or_else(|| {
        format!(
            "unknown distribution `{name}`{}; expected one of {}",
            did_you_mean(name, families()),
            families().collect::<Vec<_>>().join(", ")
        )
    })?;
    let refuse = || format!("`{name}`: expected {{ {} = … }}", wanted.join(" = …, "));
    let given: Vec<(&str, &Tree)> = match parameters {
        Tree::Table(entries) => {
            entries.iter().map(|(key, tree)| (key.as_ref().as_str(), tree)).collect()
        }
        // `poisson = 2.3`: the one parameter need not be named.
        tree => wanted.first().map(|only| (*only, tree)).into_iter().collect(),
    };
    if given.len() != wanted.len() {
        return Err(refuse());
    }
    let is_moment = column.kind == ColumnKind::DateTime;
    if is_moment && !matches!(name, "uniform" | "normal" | "constant") {
        return Err(format!("`{name}` is of no dates: expected uniform, normal or constant"));
    }
    let mut numbers = Vec::new();
    for key in *wanted {
        let tree = given.iter().find(|(known, _)| known == key).map(|(_, tree)| *tree);
        let tree = tree.ok_or_else(refuse)?;
        numbers.push(match *key {
            "sd" if is_moment => tree.number().ok_or_else(refuse)? * DAY,
            "from" | "to" | "mean" | "value" => value(tree, column)?,
            _ => tree.number().ok_or_else(refuse)?,
        });
    }
    Ok(numbers)
}

/// A number, or a date where the column holds dates.
pub(super) fn value(tree: &Tree, column: &ColumnSchema) -> Result<f64, String> {
    match (column.kind, tree) {
        (ColumnKind::DateTime, tree) => match tree.label().map(|text| column.value(&text)) {
            Some(Ok(Value::Number(number))) => Ok(number),
            _ => Err("expected a date or time such as 2024-01-31".to_owned()),
        },
        (_, tree) => tree.number().ok_or_else(|| "expected a finite number".to_owned()),
    }
}

/// A table given the levels of other columns: nested, one column's levels inside the other's. `leaf` reads what
/// stands innermost.
pub(super) fn conditional(
    section: &Section<'_>,
    tree: &Tree,
    given: &[(usize, &str, &[String])],
    leaf: &dyn Fn(&Tree) -> Result<Marginal>,
) -> Result<Conditional> {
    let combinations = given.iter().try_fold(1_usize, |all, (_, _, levels)| {
        all.checked_mul(levels.len()).filter(|all| *all <= COMBINATIONS)
    });
    let combinations = combinations.ok_or_else(|| {
        section.error_at("given", format!("its levels make more than {COMBINATIONS} combinations"))
    })?;
    let mut table = Table { section, leaf, marginals: Vec::with_capacity(combinations) };
    table.branches(Some(tree), given, "")?;
    let marginals = table.marginals;
    let given = given.iter().map(|(place, _, levels)| (*place, levels.len())).collect();
    Ok(Conditional { given, marginals })
}

/// A conditional table that is being read.
struct Table<'a> {
    section: &'a Section<'a>,
    leaf: &'a dyn Fn(&Tree) -> Result<Marginal>,
    marginals: Vec<Marginal>,
}

impl Table<'_> {
    /// Reads the leaves under `tree`, in order; `path` is what led there.
    fn branches(
        &mut self,
        tree: Option<&Tree>,
        given: &[(usize, &str, &[String])],
        path: &str,
    ) -> Result<()> {
        let refuse = |problem: String| self.section.error_at("table", problem);
        let tree = tree.ok_or_else(|| refuse(format!("nothing is said of{path}")))?;
        let Some(((_, name, levels), rest)) = given.split_first() else {
            self.marginals.push((self.leaf)(tree)?);
            return Ok(());
        };
        let Tree::Table(entries) = tree else {
            return Err(refuse(format!("expected a table with a key for every level of `{name}`")));
        };
        let entries: HashMap<&str, &Tree> =
            entries.iter().map(|(key, tree)| (key.as_ref().as_str(), tree)).collect();
        let known: HashSet<&str> = levels.iter().map(String::as_str).collect();
        if let Some(key) = entries.keys().filter(|key| !known.contains(*key)).min() {
            let near = did_you_mean(key, known.into_iter());
            return Err(refuse(format!("`{name}` has no level `{key}`{near}")));
        }
        for level in *levels {
            let path = format!("{path} {name} = {level}");
            self.branches(entries.get(level.as_str()).copied(), rest, &path)?;
        }
        Ok(())
    }
}

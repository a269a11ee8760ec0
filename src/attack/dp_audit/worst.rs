//! Worst-case canaries: records drawn evenly over what the schema allows, in pairs of cells that no training
//! record and no other canary has, as far as the columns are wide enough.
//!
//! A guarantee holds for every table, also for those that no population makes. What the schema does not
//! state is part of what may leak: in the first column whose levels it does not list each canary brings a
//! level of its own, so that a list of levels that is read off the records is seen.

use std::collections::HashSet;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::canary::{missing, subjects};
use crate::random::Seed;
use crate::table::{Column, ColumnKind, ColumnSchema, MISSING, Role, Table, Values};

/// Records drawn for one canary; the one with most new pairs is taken.
const DRAWN: usize = 12;

/// Columns whose pairs are looked at, those with most values: the number of pairs grows with the square.
const PAIRED: usize = 16;

/// Cells into which the values of a column are told apart.
const CELLS: usize = 16;

/// Values of a number column without a step.
const FINE: f64 = 1024.0;

/// What the values of a column can be.
enum Domain {
    /// `count` numbers, `step` apart.
    Grid { low: f64, high: f64, step: f64, count: usize },
    /// One of these.
    Levels(Vec<Box<str>>),
    /// A level of its own for each canary.
    Own,
    /// Whose record it is.
    Subject,
    /// Nothing: a direct identifier, or a column about which nothing is known.
    Nothing,
}

/// The values of `count` canaries, column by column of `train`.
pub(super) fn records(train: &Table, count: usize, seed: Seed) -> Vec<Values> {
    let domains = domains(train);
    let mut ranked: Vec<usize> = (0..domains.len()).filter(|&c| domains[c].size() > 1).collect();
    ranked.sort_by_key(|&column| std::cmp::Reverse(domains[column].size()));
    ranked.truncate(PAIRED);
    let mut seen = Pairs::default();
    for row in 0..train.rows {
        let cells =
            ranked.iter().map(|&column| domains[column].cell_of(&train.columns[column], row));
        seen.add(&cells.collect::<Vec<_>>());
    }
    let mut rng = seed.rng();
    let mut chosen: Vec<Vec<usize>> = Vec::with_capacity(count);
    for _ in 0..count {
        let drawn: Vec<Vec<usize>> = (0..DRAWN).map(|_| draw(&domains, &mut rng)).collect();
        let cells = |record: &Vec<usize>| -> Vec<usize> {
            ranked.iter().map(|&column| domains[column].cell(record[column])).collect()
        };
        // The first of the best, since `max_by_key` takes the last.
        let best = drawn.into_iter().rev().max_by_key(|record| seen.new_of(&cells(record)));
        let best = best.unwrap_or_default();
        seen.add(&cells(&best));
        chosen.push(best);
    }
    let values = |(column, domain): (usize, &Domain)| {
        let places = chosen.iter().map(|record| record[column]);
        domain.values(&train.columns[column], &places.collect::<Vec<_>>())
    };
    domains.iter().enumerate().map(values).collect()
}

fn draw(domains: &[Domain], rng: &mut ChaCha12Rng) -> Vec<usize> {
    domains.iter().map(|domain| rng.random_range(0..domain.size().max(1))).collect()
}

/// What each column can hold; the first category without a public list is each canary's own.
fn domains(train: &Table) -> Vec<Domain> {
    let mut own = false;
    let domain = |column: &Column| match column.schema.role {
        Role::Subject => Domain::Subject,
        Role::DirectIdentifier => Domain::Nothing,
        _ => match &column.values {
            Values::Numbers(numbers) => grid(&column.schema, numbers),
            Values::Labels { .. } if column.schema.kind == ColumnKind::Boolean => {
                Domain::Levels(["false", "true"].map(Into::into).to_vec())
            }
            Values::Labels { levels, .. } => match column.schema.public_levels() {
                Some(public) => Domain::Levels(public),
                None if !std::mem::replace(&mut own, true) => Domain::Own,
                None if levels.is_empty() => Domain::Nothing,
                None => Domain::Levels(levels.clone()),
            },
        },
    };
    train.columns.iter().map(domain).collect()
}

/// The numbers between the bounds of the schema where they are public, else between those of the records.
fn grid(schema: &ColumnSchema, numbers: &[f64]) -> Domain {
    let known = || numbers.iter().copied().filter(|number| !number.is_nan());
    let public = |bound: Option<f64>| bound.filter(|_| !schema.bounds_from_data());
    let ranks = schema.levels.as_ref().map(|levels| levels.len().saturating_sub(1) as f64);
    let low = public(schema.lower).or(ranks.map(|_| 0.0)).or_else(|| known().reduce(f64::min));
    let high = public(schema.upper).or(ranks).or_else(|| known().reduce(f64::max));
    let (Some(low), Some(high)) = (low, high) else { return Domain::Nothing };
    let low = schema.bottom.map_or(low, |bottom| low.max(bottom));
    let high = schema.top.map_or(high, |top| high.min(top));
    let whole = matches!(schema.kind, ColumnKind::Integer | ColumnKind::Ordinal);
    let step = schema.step.or(whole.then_some(1.0)).unwrap_or((high - low) / FINE);
    let steps = ((high - low) / step).floor();
    let count =
        if steps.is_finite() && steps > 0.0 { (steps as usize).saturating_add(1) } else { 1 };
    Domain::Grid { low, high, step, count }
}

impl Domain {
    /// How many values there are to draw from.
    fn size(&self) -> usize {
        match self {
            Self::Grid { count, .. } => *count,
            Self::Levels(levels) => levels.len(),
            Self::Own | Self::Subject | Self::Nothing => 0,
        }
    }

    /// The cell of a drawn value.
    fn cell(&self, place: usize) -> usize {
        match self {
            Self::Grid { count, .. } if *count > CELLS => place * CELLS / count,
            _ => place,
        }
    }

    /// The cell of a training record; one more for what cannot be drawn.
    fn cell_of(&self, column: &Column, row: usize) -> usize {
        match (self, &column.values) {
            (Self::Grid { low, step, count, .. }, Values::Numbers(numbers)) => {
                let place = (numbers[row] - low) / step;
                // A NaN is in no cell, and neither is what lies outside.
                if (0.0..*count as f64).contains(&place) {
                    self.cell(place as usize)
                } else {
                    *count
                }
            }
            (Self::Levels(known), Values::Labels { codes, levels }) => {
                let text = levels.get(codes[row] as usize);
                known.iter().position(|level| Some(level) == text).unwrap_or(known.len())
            }
            _ => 0,
        }
    }

    /// The drawn values of a column.
    fn values(&self, column: &Column, places: &[usize]) -> Values {
        match self {
            Self::Grid { low, high, step, .. } => {
                let value = |&place: &usize| tidy(low + place as f64 * step).clamp(*low, *high);
                Values::Numbers(places.iter().map(value).collect())
            }
            Self::Levels(levels) => compact(places, levels),
            Self::Own => own(places.len()),
            Self::Subject => subjects(column, places.len()),
            Self::Nothing => missing(column, places.len()),
        }
    }
}

/// Without the last digits, which a sum of steps leaves behind: 0.1 · 3 is 0.3.
fn tidy(number: f64) -> f64 {
    format!("{number:.11e}").parse().unwrap_or(number)
}

/// Labels of the drawn levels, with those that are used and no other.
fn compact(places: &[usize], levels: &[Box<str>]) -> Values {
    let mut used: Vec<&Box<str>> = places.iter().filter_map(|&place| levels.get(place)).collect();
    used.sort();
    used.dedup();
    let code = |&place: &usize| match levels.get(place) {
        Some(level) => used.partition_point(|known| *known < level) as u32,
        None => MISSING,
    };
    let codes = places.iter().map(code).collect();
    Values::Labels { codes, levels: used.into_iter().cloned().collect() }
}

/// A level of its own for each.
fn own(count: usize) -> Values {
    let width = count.to_string().len();
    let levels = (0..count).map(|canary| format!("canary-{canary:0width$}").into_boxed_str());
    Values::Labels { codes: (0..count as u32).collect(), levels: levels.collect() }
}

/// Pairs of cells that some record has.
#[derive(Default)]
struct Pairs(HashSet<(usize, usize, usize)>);

impl Pairs {
    fn of(cells: &[usize]) -> impl Iterator<Item = (usize, usize, usize)> {
        let pairs = (0..cells.len()).flat_map(|a| (a + 1..cells.len()).map(move |b| (a, b)));
        pairs.map(|(a, b)| (a * PAIRED + b, cells[a], cells[b]))
    }

    fn add(&mut self, cells: &[usize]) {
        self.0.extend(Self::of(cells));
    }

    fn new_of(&self, cells: &[usize]) -> usize {
        Self::of(cells).filter(|pair| !self.0.contains(pair)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::table;
    use crate::table::{Sample, Schema};

    const SCHEMA: &str = "[columns.id]\nkind = 'integer'\nrole = 'subject'\n\
        [columns.name]\nkind = 'text'\nrole = 'direct-identifier'\n\
        [columns.a]\nkind = 'categorical'\nlevels = ['u', 'v', 'w', 'x', 'y', 'z']\n\
        [columns.b]\nkind = 'continuous'\nlower = 0\nupper = 0.9\nstep = 0.1\n\
        [columns.c]\nkind = 'categorical'\n\
        [columns.d]\nkind = 'ordinal'\nlevels = ['low', 'middle', 'high']\n\
        [columns.e]\nkind = 'categorical'\n\
        [columns.f]\nkind = 'boolean'\n";
    const REAL: &str = "id,name,a,b,c,d,e,f\n7,Ann,u,0.1,p,low,k,true\n8,Bob,u,0.1,q,low,l,true\n";

    fn real() -> Table {
        table(REAL, Sample::Train, &Schema::parse(SCHEMA, "schema.toml").unwrap())
    }

    fn texts(values: &Values) -> Vec<String> {
        match values {
            Values::Numbers(numbers) => numbers.iter().map(ToString::to_string).collect(),
            Values::Labels { codes, levels } => {
                let text = |&code: &u32| levels.get(code as usize).map_or("", |level| level).into();
                codes.iter().map(text).collect()
            }
        }
    }

    /// Everything drawn is public or the canary's own; what the records alone tell is used where the
    /// schema is silent.
    #[test]
    fn canaries_lie_where_the_schema_allows() {
        let made = records(&real(), 40, Seed::new(1));
        let made: Vec<Vec<String>> = made.iter().map(texts).collect();
        let all = |column: usize, allowed: &[&str]| {
            made[column].iter().all(|text| allowed.contains(&text.as_str()))
        };
        assert!(made[0].iter().all(|id| id.parse::<f64>().unwrap() >= 100.0), "new persons");
        assert!(all(1, &[""]), "no identifier");
        assert!(all(2, &["u", "v", "w", "x", "y", "z"]));
        assert!(all(3, &["0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9"]));
        assert_eq!(made[4].iter().collect::<HashSet<_>>().len(), 40, "levels of their own");
        assert!(all(5, &["0", "1", "2"]) && all(6, &["k", "l"]) && all(7, &["true", "false"]));
    }

    /// 60 pairs of a and b, one of them a real person's: 30 canaries of six in ten draws at random would repeat
    /// about 13 of them; the best of 12 draws repeat hardly any, and never the real one.
    #[test]
    fn canaries_have_pairs_of_their_own() {
        let made = records(&real(), 30, Seed::new(2));
        let (a, b) = (texts(&made[2]), texts(&made[3]));
        let pairs: HashSet<_> = a.iter().zip(&b).collect();
        assert!(pairs.len() >= 25, "{}", pairs.len());
        assert!(!pairs.contains(&(&"u".to_owned(), &"0.1".to_owned())));
    }

    #[test]
    fn one_seed_gives_the_same_canaries() {
        let made =
            |seed| records(&real(), 9, Seed::new(seed)).iter().map(texts).collect::<Vec<_>>();
        assert_eq!(made(3), made(3));
        assert_ne!(made(3), made(4));
    }
}

//! How much of what train holds occurs in the release at all.
//!
//! # Purpose
//! Whoever looks at subgroups, or at the ends of a scale, needs them to be there: a release may match every mean and
//! have lost whole categories (mode collapse).
//!
//! # Estimator
//! - `coverage.category`: the mean over categorical columns of the share of the categories of at least `persons` training
//!   persons that occur in the release.
//! - `coverage.range`: the mean over numeric columns of the share of the interval from train's weighted 1 % to its 99 %
//!   quantile that lies between the smallest and the largest number of the release; where the two quantiles are
//!   equal, 1 if they lie there and 0 if not.
//!
//! Values are told in three decimals. Rows of weight 0 hold nothing. A column in which the release holds no value is
//! covered to 0 %. Both are counts of these tables, without sampling error. Ceiling: what the fresh records cover, as it
//! is: theirs is a sample of the size of the holdout, and a release that is larger may cover more.
//!
//! # Limits
//! Presence is all that counts: one row covers a category, and two rows cover a range with nothing in between. Values that
//! train does not have are not counted against the release.
//!
//! # References
//! Alaa, van Breugel, Saveliev and van der Schaar 2022, ICML (β-recall). Goncalves et al. 2020, BMC Med. Res.
//! Methodol. 20:108 (support coverage).

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::columnwise::{Compared, counted, named, numbers, quantile, sorted};
use super::pool::Held;
use super::view::FEWEST;
use super::{Info, Rows, Utility, View, parameters};
use crate::audit::Progress;
use crate::error::{Error, Result};
use crate::evidence::{Evidence, Measure};
use crate::random::Seed;
use crate::table::{MISSING, Table, Values};

/// The interval that numbers are to cover.
const ENDS: [f64; 2] = [0.01, 0.99];

/// Parameters of the measure.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Coverage {
    /// Training persons that a category must have to be looked for, 11 or more. Default 11.
    pub persons: usize,
}

impl Default for Coverage {
    fn default() -> Self {
        Self { persons: FEWEST }
    }
}

/// What the measure is.
pub(super) static INFO: Info = Info {
    id: "coverage",
    title: "categories and ranges that are there at all",
    purpose: "subgroups and the ends of scales",
    needs_holdout: false,
    references: &[
        "Goncalves et al. 2020, BMC Med. Res. Methodol. 20:108",
        "Alaa et al. 2022, ICML",
    ],
    metrics: &["coverage.category", "coverage.range"],
};

impl Utility for Coverage {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, view: &View<'_>, _: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        if self.persons < FEWEST {
            return Err(Error::Usage(format!(
                "[utility.coverage]: expected `persons` of {FEWEST} or more"
            )));
        }
        let categories = self.categories(view);
        progress.advance(1);
        let ranges = ranges(view);
        progress.advance(1);
        let mut facts: Vec<Evidence> = [categories, ranges].into_iter().flatten().collect();
        if facts.is_empty() {
            return Err(Error::NotApplicable(format!(
                "train has no column of numbers or dates, and no category of {} persons",
                self.persons
            )));
        }
        for fact in &mut facts {
            fact.parameters = parameters(self);
        }
        Ok(facts)
    }
}

impl Coverage {
    fn categories(&self, view: &View<'_>) -> Option<Evidence> {
        let mut compared = Compared::categorical(view);
        let frequent = |name: &str| frequent(view, name, self.persons);
        let name = |place: usize| view.features[place].name.as_str();
        let (places, rare): (Vec<usize>, Vec<usize>) =
            compared.places.iter().partition(|&&place| !frequent(name(place)).is_empty());
        compared.places = places;
        compared.without.retain(|name| !frequent(name).is_empty());
        let wanted: Vec<BTreeSet<&str>> =
            compared.places.iter().map(|&place| frequent(name(place))).collect();
        let share = |which: usize, sample: Sample<'_>| {
            occurring(sample, name(compared.places[which]), &wanted[which])
        };
        let mut fact = mean(view, &compared, INFO.metrics[0], share)?;
        if !rare.is_empty() {
            let names: Vec<&str> = rare.iter().map(|&place| name(place)).collect();
            let few = format!("without a category of {} persons in train", self.persons);
            fact.notes.push(format!("left out, {few}: {}", names.join(", ")));
        }
        Some(fact)
    }
}

/// A table with what its rows weigh.
type Sample<'a> = (&'a Table, &'a Rows);

/// The categories of at least `persons` training persons.
fn frequent<'a>(view: &View<'a>, name: &str, persons: usize) -> BTreeSet<&'a str> {
    let Some(Values::Labels { codes, levels }) = labels(&view.audit.train, name) else {
        return BTreeSet::new();
    };
    let missing = levels.len() as u32;
    let cells: Vec<u32> = codes.iter().map(|&code| code.min(missing)).collect();
    let held = Held::count(&view.train, &cells, levels.len() + 1);
    let many = levels.iter().enumerate().filter(|(level, _)| held.of(*level) >= persons);
    many.map(|(_, level)| &**level).collect()
}

fn labels<'a>(table: &'a Table, name: &str) -> Option<&'a Values> {
    table.column(name).map(|column| &column.values)
}

/// The share of the `wanted` categories that occur.
fn occurring((table, rows): Sample<'_>, name: &str, wanted: &BTreeSet<&str>) -> f64 {
    let Some(Values::Labels { codes, levels }) = labels(table, name) else { return 0.0 };
    let known = codes.iter().enumerate();
    let known = known.filter(|(row, code)| **code != MISSING && rows.weight(*row) > 0.0);
    let seen: BTreeSet<u32> = known.map(|(_, code)| *code).collect();
    let found = seen.iter().filter(|code| wanted.contains(&*levels[**code as usize])).count();
    found as f64 / wanted.len().max(1) as f64
}

fn ranges(view: &View<'_>) -> Option<Evidence> {
    let compared = Compared::numeric(view);
    let wanted: Vec<Option<[f64; 2]>> = compared
        .places
        .iter()
        .map(|&place| {
            let sorted = sorted(&view.train, place);
            let [low, high] = ENDS.map(|share| quantile(&sorted, share));
            Some([low?, high?])
        })
        .collect();
    let share = |which: usize, (_, rows): Sample<'_>| {
        let numbers = numbers(rows, compared.places[which]);
        wanted[which].map_or(0.0, |wanted| covered(wanted, &numbers))
    };
    mean(view, &compared, INFO.metrics[1], share)
}

/// The share of the interval between the smallest and the largest number.
fn covered([low, high]: [f64; 2], numbers: &[(f64, f64)]) -> f64 {
    let least = numbers.iter().fold(f64::INFINITY, |least, (x, _)| least.min(*x));
    let most = numbers.iter().fold(f64::NEG_INFINITY, |most, (x, _)| most.max(*x));
    if high > low {
        // Halves first: the width of a range may be beyond the largest number.
        ((most.min(high) / 2.0 - least.max(low) / 2.0) / (high / 2.0 - low / 2.0)).clamp(0.0, 1.0)
    } else {
        f64::from(u8::from(least <= low && low <= most))
    }
}

/// The mean over columns of a share, given the place of a column among the compared ones; nothing without a column.
fn mean(
    view: &View<'_>,
    compared: &Compared<'_>,
    metric: &str,
    share: impl Fn(usize, Sample<'_>) -> f64,
) -> Option<Evidence> {
    let released = (&view.audit.synthetic, &view.released);
    let mut shares: Vec<(&str, f64)> = compared
        .places
        .iter()
        .enumerate()
        .map(|(which, &place)| (view.features[place].name.as_str(), share(which, released)))
        .collect();
    let absent =
        compared.without.iter().filter(|name| !shares.iter().any(|(known, _)| known == *name));
    let absent: Vec<(&str, f64)> = absent.map(|name| (*name, 0.0)).collect();
    shares.extend(absent);
    if shares.is_empty() {
        return None;
    }
    let value = shares.iter().map(|(_, share)| share).sum::<f64>() / shares.len() as f64;
    // Where a quantile of train lies is a value of somebody.
    let value = view.decimals(value);
    let mut fact = Evidence::whole(metric, Measure::Exact { value });
    let holdout = view.audit.holdout.as_ref();
    fact.ceiling = view.reached(|fresh| {
        let of_fresh =
            |which: usize| holdout.map_or(f64::NAN, |table| share(which, (table, fresh)));
        (0..compared.places.len()).map(of_fresh).sum::<f64>() / compared.places.len() as f64
    });
    shares.retain(|(_, share)| *share < 1.0);
    shares.sort_by(|a, b| a.1.total_cmp(&b.1));
    fact.notes.extend(named("covered least", &shares));
    fact.notes.extend(counted(&compared.without, "0"));
    Some(fact)
}

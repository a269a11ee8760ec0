//! What a class gives away of its members' sensitive values, although nobody in it is told from another.
//!
//! `l-diversity` of a column: the fewest distinct values in a class (Machanavajjhala et al. 2007);
//! `entropy-l-diversity`: the fewest equally frequent values that would be as diverse; `t-closeness`: the largest
//! distance of a class's values from those of the whole table (Li et al. 2007), total variation for
//! categories, the earth mover's distance in ranks for numbers and ordered values.
//!
//! A number is known at the `precision` of its column (default: `step`, else exactly). A missing value is a value of
//! its own; among numbers, where it has no rank, the distance is the larger of that of the known values
//! and the difference of the missing shares. Each person weighs 1 in a class, split over their distinct values.

use super::{Keyed, exact, of_column};
use crate::attack::keys::{Key, binned};
use crate::audit::Audit;
use crate::encode::Codes;
use crate::evidence::Evidence;
use crate::stats::{Shares, entropy_diversity};
use crate::table::{MISSING, Role};

/// The worst class of each sensitive column, and the worst column; nothing without a sensitive column.
pub(super) fn facts(keyed: &Keyed, audit: &Audit) -> Vec<Evidence> {
    let joint = audit.joint();
    let sensitive = (0..joint.names.len())
        .filter(|&column| joint.schemas[column].role == Role::Sensitive)
        .filter_map(|column| Some((column, worst(keyed, audit, column)?)));
    let found: Vec<(&str, Worst)> =
        sensitive.map(|(column, worst)| (joint.names[column].as_str(), worst)).collect();
    let mut facts = Vec::new();
    type Value = (&'static str, fn(&Worst) -> f64, fn(f64, f64) -> f64);
    let values: [Value; 3] = [
        ("uniqueness.l-diversity", |worst| worst.distinct as f64, f64::min),
        ("uniqueness.entropy-l-diversity", |worst| worst.effective, f64::min),
        ("uniqueness.t-closeness", |worst| worst.distance, f64::max),
    ];
    for (metric, value, worse) in values {
        let whole = found.iter().map(|(_, worst)| value(worst)).reduce(worse);
        facts.extend(whole.map(|whole| exact(metric, whole)));
        facts.extend(found.iter().map(|(name, worst)| of_column(metric, name, value(worst))));
    }
    facts
}

/// The worst over the classes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Worst {
    distinct: usize,
    effective: f64,
    distance: f64,
}

/// One column against the classes; `None` without a row.
fn worst(keyed: &Keyed, audit: &Audit, column: usize) -> Option<Worst> {
    let (places, ordered) = places(audit, column);
    let person = |row: usize| audit.train_persons.of_row[row];
    let whole = weighted((0..places.len()).map(|row| (0, person(row), places[row])).collect());
    let whole = Whole::new(&whole.first()?.1, ordered)?;
    let rows = (0..places.len()).map(|row| (keyed.class_of[row], person(row), places[row]));
    let classes = weighted(rows.collect()).into_iter().map(|(_, class)| {
        let weights: Vec<f64> = class.iter().map(|(_, weight)| *weight).collect();
        Worst {
            distinct: class.len(),
            effective: entropy_diversity(&weights),
            distance: whole.distance(&class),
        }
    });
    classes.reduce(|a, b| Worst {
        distinct: a.distinct.min(b.distinct),
        effective: a.effective.min(b.effective),
        distance: a.distance.max(b.distance),
    })
}

/// The place of each training row's value among the distinct values, ascending, [`MISSING`] where it is missing;
/// and whether the values have an order.
fn places(audit: &Audit, column: usize) -> (Vec<u32>, bool) {
    let joint = audit.joint();
    match &joint.train.columns[column] {
        Codes::Category(codes) => (codes.clone(), false),
        Codes::Number(_) => {
            let schema = &joint.schemas[column];
            let precision = schema.precision.or(schema.step).unwrap_or(0.0);
            let words = binned(&joint.train, &[Key { column, precision }]);
            let values: Vec<f64> =
                words.iter().flatten().map(|&word| f64::from_bits(word)).collect();
            let mut known: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
            known.sort_by(f64::total_cmp);
            known.dedup_by(|a, b| a.total_cmp(b).is_eq());
            let place = |value: &f64| {
                let place = known.binary_search_by(|known| known.total_cmp(value));
                place.ok().and_then(|place| u32::try_from(place).ok()).unwrap_or(MISSING)
            };
            (values.iter().map(place).collect(), true)
        }
    }
}

/// The (place, weight) of each class, classes and places ascending, from (class, person, place).
fn weighted(mut rows: Vec<(u32, u32, u32)>) -> Vec<(u32, Vec<(u32, f64)>)> {
    rows.sort_unstable();
    rows.dedup();
    let mut classes = Vec::new();
    for class in rows.chunk_by(|a, b| a.0 == b.0) {
        let mut weights: Vec<(u32, f64)> = Vec::with_capacity(class.len());
        for person in class.chunk_by(|a, b| a.1 == b.1) {
            let weight = 1.0 / person.len() as f64;
            weights.extend(person.iter().map(|&(_, _, place)| (place, weight)));
        }
        weights.sort_by_key(|(place, _)| *place);
        let merged = weights.chunk_by(|a, b| a.0 == b.0);
        let merged = merged.map(|same| (same[0].0, same.iter().map(|(_, weight)| weight).sum()));
        classes.push((class[0].0, merged.collect()));
    }
    classes
}

/// The values of the whole table.
struct Whole {
    /// The shares of the known values, and of all for categories; `None` when no value is known.
    shares: Option<Shares>,
    /// The share of missing values, for values with an order.
    missing: Option<f64>,
}

impl Whole {
    fn new(whole: &[(u32, f64)], ordered: bool) -> Option<Self> {
        let known = || whole.iter().filter(|(place, _)| *place != MISSING);
        let places = known().map(|(place, _)| *place as usize + 1).max().unwrap_or(0);
        // The place after the last category is the missing one.
        let mut weights = vec![0.0; places + usize::from(!ordered)];
        whole.iter().for_each(|(place, weight)| {
            if let Some(known) = weights.get_mut((*place as usize).min(places)) {
                *known = *weight;
            }
        });
        let shares = Shares::new(&weights);
        (ordered || shares.is_some())
            .then(|| Self { shares, missing: ordered.then(|| missing_share(whole)) })
    }

    fn distance(&self, class: &[(u32, f64)]) -> f64 {
        let Some(shares) = &self.shares else { return 0.0 };
        let values = |kept: &dyn Fn(u32) -> Option<usize>| -> Vec<(usize, f64)> {
            class.iter().filter_map(|&(place, weight)| Some((kept(place)?, weight))).collect()
        };
        let known = |place: u32| (place != MISSING).then_some(place as usize);
        match self.missing {
            Some(missing) => {
                let moved = shares.earth_mover(&values(&known));
                moved.max((missing_share(class) - missing).abs())
            }
            None => {
                let last = shares.values() - 1;
                shares.total_variation(&values(&|place| Some(known(place).unwrap_or(last))))
            }
        }
    }
}

fn missing_share(values: &[(u32, f64)]) -> f64 {
    let total: f64 = values.iter().map(|(_, weight)| weight).sum();
    let missing = values.iter().filter(|(place, _)| *place == MISSING).map(|(_, weight)| weight);
    if total > 0.0 { missing.sum::<f64>() / total } else { 0.0 }
}

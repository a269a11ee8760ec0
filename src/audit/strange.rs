//! Is a released column written like the real one? A release coded in other words or units would
//! look as if it copied nobody.
//!
//! # Limits
//! A column moved by less than its spread, or a category renamed in fewer than a fifth of its values, is
//! not seen here.

use std::collections::BTreeSet;

use crate::encode::quantile;
use crate::table::{MISSING, Values};

/// Share of the released values that may be categories which no real table has: a small real sample
/// misses rare ones, and there can be many.
const TOLERATED: f64 = 0.2;

/// Fewer rows than these are a handful and may be anything.
const HANDFUL: usize = 10;

/// Fewer numbers than these have no tail to lie beyond.
const ENOUGH: usize = 100;

/// Whether more than a fifth of the released values are categories that occur in no real table.
pub(super) fn categories(released: &Values, real: &[&Values]) -> bool {
    let Values::Labels { codes, levels } = released else { return false };
    let known: BTreeSet<&str> = real
        .iter()
        .flat_map(|values| match values {
            Values::Labels { levels, .. } => levels.as_slice(),
            Values::Numbers(_) => &[],
        })
        .map(|level| &**level)
        .collect();
    let unknown: Vec<bool> = levels.iter().map(|level| !known.contains(&**level)).collect();
    let values = || codes.iter().filter(|&&code| code != MISSING);
    let strange = values().filter(|&&code| unknown[code as usize]).count();
    let tolerated = TOLERATED * values().count() as f64;
    !known.is_empty() && strange > HANDFUL && strange as f64 > tolerated
}

/// Whether the released median lies below q0.5 or above q99.5 of the real numbers.
pub(super) fn numbers(released: &Values, real: &[&Values]) -> bool {
    let sorted = |values: &[&Values]| {
        let numbers = values.iter().flat_map(|values| match values {
            Values::Numbers(numbers) => numbers.as_slice(),
            Values::Labels { .. } => &[],
        });
        let mut known: Vec<f64> = numbers.copied().filter(|x| !x.is_nan()).collect();
        known.sort_by(f64::total_cmp);
        known
    };
    let (released, real) = (sorted(&[released]), sorted(real));
    let (median, low, high) =
        (quantile(&released, 0.5), quantile(&real, 0.005), quantile(&real, 0.995));
    match (median, low, high) {
        (Some(median), Some(low), Some(high))
            if released.len() >= ENOUGH && real.len() >= ENOUGH =>
        {
            median < low || median > high
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(rows: &[(&str, usize)]) -> Values {
        let mut sorted: Vec<_> = rows.to_vec();
        sorted.sort_unstable();
        let codes = (0..).zip(&sorted).flat_map(|(code, (_, count))| vec![code; *count]).collect();
        Values::Labels {
            codes,
            levels: sorted.into_iter().map(|(level, _)| level.into()).collect(),
        }
    }

    #[test]
    fn renamed_categories_are_strange_and_a_handful_is_not() {
        let real = labels(&[("a", 500), ("b", 500)]);
        assert!(categories(&labels(&[("A", 500), ("B", 500)]), &[&real]));
        assert!(categories(&labels(&[("a", 500), ("B", 500)]), &[&real]));
        assert!(categories(&labels(&[("a", 790), ("B", 210)]), &[&real]));
        assert!(!categories(&labels(&[("a", 810), ("B", 190)]), &[&real]));
        assert!(!categories(&labels(&[("A", 10)]), &[&real]));
        assert!(!categories(&labels(&[("a", 1)]), &[&real]));
    }

    /// Real numbers 0 to 999: q0.5 is 5, q99.5 is 994.
    #[test]
    fn another_unit_is_strange() {
        let numbers =
            |scale: f64| Values::Numbers((0..1000).map(|i| scale * f64::from(i)).collect());
        let real = numbers(1.0);
        assert!(!super::numbers(&numbers(1.0), &[&real]));
        assert!(!super::numbers(&numbers(0.5), &[&real]));
        assert!(super::numbers(&numbers(1000.0), &[&real]));
        assert!(super::numbers(&numbers(0.001), &[&real]));
        assert!(!super::numbers(&Values::Numbers(vec![f64::NAN]), &[&real]));
    }
}

//! What each quasi-identifier adds to the share of persons who are alone with their keys.
//!
//! How much a column adds depends on which others are known already. Its contribution is what it adds on
//! average over all orders in which an adversary may learn the columns (Shapley 1953), so that the contributions sum to
//! the share. With more than eight columns the average is over a fixed number of random orders (Castro, Gómez and
//! Tejada 2009), and the sum is still exact. Columns only: a level could be the name of a rare category.

use std::collections::HashMap;

use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::{Keyed, exact, of_column};
use crate::audit::Audit;
use crate::evidence::Evidence;
use crate::random::Seed;
use crate::table::Persons;

/// Up to so many columns every subset is tried.
const ALL_SUBSETS: usize = 8;

/// Random orders with more columns than that.
const ORDERS: usize = 32;

/// The contribution of each column, and the largest for the whole.
pub(super) fn facts(keyed: &Keyed, audit: &Audit, seed: Seed) -> Vec<Evidence> {
    let columns: Vec<Vec<u32>> =
        (0..keyed.keys.len()).map(|column| numbered(&keyed.words, column)).collect();
    let persons = &audit.train_persons;
    let (contributions, how) = if columns.len() <= ALL_SUBSETS {
        (shapley(&columns, persons), "average over all orders of the columns".to_owned())
    } else {
        let how = format!("average over {ORDERS} random orders of the columns");
        (sampled(&columns, persons, seed), how)
    };
    let metric = "uniqueness.contribution";
    let mut facts = vec![exact(metric, contributions.iter().copied().fold(0.0, f64::max))];
    let names = keyed.names(audit.joint());
    facts.extend(
        names.iter().zip(&contributions).map(|(name, &share)| of_column(metric, name, share)),
    );
    facts.iter_mut().for_each(|fact| fact.notes.push(how.clone()));
    facts
}

/// The words of one column as numbers from 0.
fn numbered(words: &[Vec<u64>], column: usize) -> Vec<u32> {
    let mut numbers = HashMap::new();
    let mut number = |word: u64| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(word).or_insert(next)
    };
    words.iter().map(|key| number(key[column])).collect()
}

/// The classes when one more column is known.
fn refined(classes: &[u32], column: &[u32]) -> Vec<u32> {
    let mut numbers = HashMap::with_capacity(classes.len() / 4);
    let mut number = |pair: (u32, u32)| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(pair).or_insert(next)
    };
    classes.iter().zip(column).map(|(&class, &value)| number((class, value))).collect()
}

/// The share of persons alone in a class of theirs.
fn alone(classes: &[u32], persons: &Persons) -> f64 {
    let count = classes.iter().max().map_or(0, |&last| last as usize + 1);
    // The person of a class, until a second one is met.
    let mut only: Vec<Option<u32>> = vec![None; count];
    let mut shared = vec![false; count];
    for (&class, &person) in classes.iter().zip(&persons.of_row) {
        let known = *only[class as usize].get_or_insert(person);
        shared[class as usize] |= known != person;
    }
    let mut is_alone = vec![false; persons.count];
    for (person, _) in only.iter().zip(&shared).filter(|(_, shared)| !**shared) {
        person.iter().for_each(|&person| is_alone[person as usize] = true);
    }
    is_alone.iter().filter(|&&alone| alone).count() as f64 / persons.count.max(1) as f64
}

/// The exact average: Σ over subsets S without the column of |S|!(k−|S|−1)!/k!·(v(S ∪ column) − v(S)).
fn shapley(columns: &[Vec<u32>], persons: &Persons) -> Vec<f64> {
    let k = columns.len();
    let mut shares = vec![0.0; 1 << k];
    fill(columns, persons, 0, 0, &vec![0; persons.of_row.len()], &mut shares);
    let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
    let weight = |size: usize| factorial(size) * factorial(k - size - 1) / factorial(k);
    let added = |column: usize| {
        let without = (0..shares.len()).filter(|subset| subset & (1 << column) == 0);
        let added = without.map(|subset| {
            weight(subset.count_ones() as usize) * (shares[subset | (1 << column)] - shares[subset])
        });
        added.sum::<f64>().max(0.0)
    };
    (0..k).map(added).collect()
}

/// The share alone for each subset that agrees with `subset` on the columns before `next`.
fn fill(
    columns: &[Vec<u32>],
    persons: &Persons,
    next: usize,
    subset: usize,
    classes: &[u32],
    shares: &mut [f64],
) {
    let Some(column) = columns.get(next) else {
        shares[subset] = alone(classes, persons);
        return;
    };
    fill(columns, persons, next + 1, subset, classes, shares);
    let refined = refined(classes, column);
    fill(columns, persons, next + 1, subset | (1 << next), &refined, shares);
}

/// The average over random orders.
fn sampled(columns: &[Vec<u32>], persons: &Persons, seed: Seed) -> Vec<f64> {
    let mut rng = seed.rng();
    let mut order: Vec<usize> = (0..columns.len()).collect();
    let orders: Vec<Vec<usize>> = (0..ORDERS)
        .map(|_| {
            order.shuffle(&mut rng);
            order.clone()
        })
        .collect();
    let one = |order: &Vec<usize>| {
        let mut added = vec![0.0; columns.len()];
        let mut classes = vec![0; persons.of_row.len()];
        let mut before = alone(&classes, persons);
        for &column in order {
            classes = refined(&classes, &columns[column]);
            let after = alone(&classes, persons);
            added[column] = after - before;
            before = after;
        }
        added
    };
    let added: Vec<Vec<f64>> = orders.par_iter().map(one).collect();
    let mean = |column: usize| added.iter().map(|one| one[column]).sum::<f64>() / ORDERS as f64;
    (0..columns.len()).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn singles(rows: usize) -> Persons {
        Persons { of_row: (0..).take(rows).collect(), count: rows, unnamed: vec![] }
    }

    /// Rows (a,x) (a,y) (b,x) (b,x): the first column alone tells nobody, the second one person of four, both two.
    /// First: (0 + (½ − ¼))/2 = 1/8; second: (¼ + (½ − 0))/2 = 3/8; together the share ½.
    #[test]
    fn hand_worked() {
        let columns = [vec![0, 0, 1, 1], vec![0, 1, 0, 0]];
        let found = shapley(&columns, &singles(4));
        assert!((found[0] - 0.125).abs() < 1e-15 && (found[1] - 0.375).abs() < 1e-15, "{found:?}");
    }

    /// One person in two rows of one class is alone there; a constant column adds nothing, a doubled one shares.
    #[test]
    fn persons_and_idle_columns() {
        let persons = Persons { of_row: vec![0, 0, 1, 2], count: 3, unnamed: vec![] };
        let split = vec![0, 0, 1, 1];
        let found = shapley(&[vec![0; 4], split.clone(), split], &persons);
        assert!(found[0].abs() < 1e-15);
        assert!((found[1] - 1.0 / 6.0).abs() < 1e-15 && (found[2] - found[1]).abs() < 1e-15);
    }

    /// Over random orders the contributions still sum to the share, and come near the exact average.
    #[test]
    fn sampled_orders_sum_to_the_share_and_are_near_the_average() {
        let column =
            |step: u32| (0..400).map(|row: u32| (row * row * step / 7) % (2 + step)).collect();
        let columns: Vec<Vec<u32>> = (1..7).map(column).collect();
        let persons = singles(400);
        let (exact, near) =
            (shapley(&columns, &persons), sampled(&columns, &persons, Seed::new(1)));
        let sum = |shares: &[f64]| shares.iter().sum::<f64>();
        let whole = columns.iter().fold(vec![0; 400], |classes, column| refined(&classes, column));
        let share = alone(&whole, &persons);
        assert!(share > 0.05, "the test must have something to share: {share}");
        assert!((sum(&exact) - share).abs() < 1e-12 && (sum(&near) - share).abs() < 1e-12);
        for (exact, near) in exact.iter().zip(&near) {
            assert!((exact - near).abs() < 0.25 * share, "{exact} {near}");
        }
    }
}

//! Marginals that no clique holds, by variable elimination.
//!
//! A calibrated junction tree is the product of the marginal of its topmost clique and of the conditional of
//! every other one. Cliques that only add attributes which nobody asks for sum to 1 and are left out; the
//! other attributes are summed out one by one, each time the one whose product has the fewest cells (Zhang
//! and Poole 1994).

use super::belief::{Beliefs, Network};
use super::factor::Factor;
use super::tree::cells;

/// The probabilities of all combinations of values of `attributes`, which stand in ascending order.
#[must_use]
pub fn marginal(network: &Network, beliefs: &Beliefs, attributes: &[usize]) -> Factor {
    if let Some(clique) = network.tree.holding(attributes) {
        return network.factor(clique, &beliefs.marginals[clique]).project(attributes);
    }
    let mut factors = spanning(network, beliefs, attributes);
    while let Some(next) = cheapest(&factors, attributes, &network.sizes) {
        let (with, without): (Vec<Factor>, Vec<Factor>) =
            factors.into_iter().partition(|factor| factor.attributes.contains(&next));
        factors = without;
        factors.extend(product(&with).map(|joined| {
            let kept = joined.attributes.iter().copied().filter(|&one| one != next);
            joined.project(&kept.collect::<Vec<_>>())
        }));
    }
    product(&factors).unwrap_or_else(|| Factor::constant(attributes, &network.sizes, 0.0))
}

/// The fewest factors whose product has the wanted marginal, each summed over what only it has.
fn spanning(network: &Network, beliefs: &Beliefs, wanted: &[usize]) -> Vec<Factor> {
    let tree = &network.tree;
    let mut needed = vec![false; tree.cliques.len()];
    let adds = |clique: usize| {
        tree.cliques[clique].iter().filter(move |one| !tree.separators[clique].contains(one))
    };
    // Children stand behind their parents: what a needed clique hangs on is needed, too.
    for clique in (0..needed.len()).rev() {
        needed[clique] |= adds(clique).any(|one| wanted.contains(one));
        if needed[clique] && clique > 0 {
            needed[tree.parents[clique]] = true;
        }
    }
    // The chain above the first clique that is wanted itself, or at which branches meet, is not needed.
    let mut top = 0;
    while let Some(below) = only_branch(network, &needed, top, wanted) {
        needed[top] = false;
        top = below;
    }
    let tables: Vec<Factor> = (top..needed.len())
        .filter(|&clique| needed[clique])
        .map(|clique| {
            let values = if clique == top { &beliefs.marginals } else { &beliefs.conditionals }
                [clique]
                .as_slice();
            network.factor(clique, values)
        })
        .collect();
    let shared = |table: usize, one: usize| {
        wanted.contains(&one)
            || (0..tables.len())
                .any(|other| other != table && tables[other].attributes.contains(&one))
    };
    let reduced = tables.iter().enumerate().map(|(at, table)| {
        let kept = table.attributes.iter().copied().filter(|&one| shared(at, one));
        table.project(&kept.collect::<Vec<_>>())
    });
    reduced.collect()
}

/// The one needed child of a clique that has everything wanted below it.
fn only_branch(
    network: &Network,
    needed: &[bool],
    clique: usize,
    wanted: &[usize],
) -> Option<usize> {
    let tree = &network.tree;
    let mut branches =
        (clique + 1..needed.len()).filter(|&c| needed[c] && tree.parents[c] == clique);
    let (first, second) = (branches.next()?, branches.next());
    let only_above =
        |one: &usize| tree.cliques[clique].contains(one) && !tree.separators[first].contains(one);
    (second.is_none() && !wanted.iter().any(only_above)).then_some(first)
}

/// The attribute that is cheapest to sum out, among those that are not wanted.
fn cheapest(factors: &[Factor], wanted: &[usize], sizes: &[usize]) -> Option<usize> {
    let all = factors.iter().flat_map(|factor| &factor.attributes).copied();
    let mut left: Vec<usize> = all.filter(|one| !wanted.contains(one)).collect();
    left.sort_unstable();
    left.dedup();
    let cost = |one: usize| {
        let with = factors.iter().filter(|factor| factor.attributes.contains(&one));
        let mut joined: Vec<usize> = with.flat_map(|factor| &factor.attributes).copied().collect();
        joined.sort_unstable();
        joined.dedup();
        cells(sizes, joined.into_iter())
    };
    left.into_iter().min_by(|&a, &b| cost(a).total_cmp(&cost(b)))
}

fn product(factors: &[Factor]) -> Option<Factor> {
    let (first, rest) = factors.split_first()?;
    Some(rest.iter().fold(first.clone(), |product, factor| product.times(factor)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::synth::graphical::belief::Part;

    proptest! {
        /// Against the whole table, summed.
        #[test]
        fn every_marginal_is_that_of_the_whole_table(
            sets in proptest::collection::vec(proptest::collection::btree_set(0_usize..6, 2..3), 1..6),
            wanted in proptest::collection::btree_set(0_usize..6, 1..4),
            seed in 0_u64..1000,
        ) {
            use rand::RngExt;
            let sizes = [2, 3, 2, 3, 2, 2];
            let mut rng = crate::random::Seed::new(seed).rng();
            let factors: Vec<Factor> = sets
                .into_iter()
                .map(|set| {
                    let attributes: Vec<usize> = set.into_iter().collect();
                    let mut factor = Factor::constant(&attributes, &sizes, 0.0);
                    factor.values.iter_mut().for_each(|value| *value = 4.0 * rng.random::<f64>());
                    factor
                })
                .collect();
            let network = Network::new(&sizes, factors.iter().map(|factor| &factor.attributes[..]));
            let parts: Vec<Part> =
                factors.iter().map(|factor| network.part(&factor.attributes).unwrap()).collect();
            let (beliefs, mass) = network.distribution(parts.iter().zip(&factors)).unwrap();
            let all: Vec<usize> = (0..6).collect();
            let whole = factors.iter().fold(Factor::constant(&all, &sizes, 1.0), |whole, factor| {
                let values = factor.values.iter().map(|value| value.exp()).collect();
                whole.times(&Factor { values, ..factor.clone() })
            });
            let total: f64 = whole.values.iter().sum();
            prop_assert!((mass - total.ln()).abs() < 1e-9);
            let wanted: Vec<usize> = wanted.into_iter().collect();
            let found = marginal(&network, &beliefs, &wanted);
            let expected = whole.project(&wanted);
            prop_assert_eq!(&found.attributes, &expected.attributes);
            for (found, expected) in found.values.iter().zip(&expected.values) {
                prop_assert!((found - expected / total).abs() < 1e-9);
            }
        }
    }
}

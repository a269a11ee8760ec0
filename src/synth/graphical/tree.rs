//! Junction trees: cliques of attributes, joined so that what two cliques share lies in every clique
//! between them.
//!
//! The graph of the wanted sets is triangulated by eliminating attributes one by one, each time the one
//! whose clique has the fewest cells (Koller and Friedman 2009, "Probabilistic Graphical Models", 9.4.3);
//! the maximal cliques are joined by a spanning tree of the largest separators (10.4.1).

use std::collections::BTreeSet;

/// Cliques in an order in which every parent stands before its children; the first is the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JunctionTree {
    /// The attributes of each clique, in ascending order.
    pub cliques: Vec<Vec<usize>>,
    /// The place of each clique's parent; the root's is its own.
    pub parents: Vec<usize>,
    /// What each clique shares with its parent; nothing for the root.
    pub separators: Vec<Vec<usize>>,
}

impl JunctionTree {
    /// A tree over all attributes of a domain with these `sizes`, in which every one of `sets` lies within
    /// a clique.
    #[must_use]
    pub fn build<'a>(sizes: &[usize], sets: impl IntoIterator<Item = &'a [usize]>) -> Self {
        joined(maximal(triangulated(sizes, sets)))
    }

    /// The first clique that holds all of `attributes`.
    #[must_use]
    pub fn holding(&self, attributes: &[usize]) -> Option<usize> {
        let holds = |clique: &Vec<usize>| attributes.iter().all(|one| clique.contains(one));
        self.cliques.iter().position(holds)
    }

    /// How many cells all cliques have together: the size of a model.
    #[must_use]
    pub fn cells(&self, sizes: &[usize]) -> f64 {
        self.cliques.iter().map(|clique| cells(sizes, clique.iter().copied())).sum()
    }
}

/// Cells of a table over `attributes`, as a float since it may outgrow any integer.
#[expect(clippy::cast_precision_loss, reason = "sizes of one attribute are far below 2^53")]
#[must_use]
pub fn cells(sizes: &[usize], attributes: impl Iterator<Item = usize>) -> f64 {
    attributes.map(|attribute| sizes[attribute] as f64).product()
}

/// The cliques that elimination leaves, one an attribute.
fn triangulated<'a>(
    sizes: &[usize],
    sets: impl IntoIterator<Item = &'a [usize]>,
) -> Vec<BTreeSet<usize>> {
    let mut near: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); sizes.len()];
    for set in sets {
        for &one in set {
            near[one].extend(set.iter().copied().filter(|&other| other != one));
        }
    }
    let mut left: BTreeSet<usize> = (0..sizes.len()).collect();
    let mut cliques = Vec::with_capacity(sizes.len());
    let cost =
        |near: &[BTreeSet<usize>], one: usize| cells(sizes, near[one].iter().copied().chain([one]));
    let mut costs: Vec<f64> = (0..sizes.len()).map(|one| cost(&near, one)).collect();
    while let Some(next) = left.iter().copied().min_by(|&a, &b| costs[a].total_cmp(&costs[b])) {
        left.remove(&next);
        let around = std::mem::take(&mut near[next]);
        for &one in &around {
            near[one].remove(&next);
            near[one].extend(around.iter().copied().filter(|&other| other != one));
        }
        for &one in &around {
            costs[one] = cost(&near, one);
        }
        let mut clique = around;
        clique.insert(next);
        cliques.push(clique);
    }
    cliques
}

/// Those that no other holds, in the order of their attributes.
fn maximal(mut cliques: Vec<BTreeSet<usize>>) -> Vec<Vec<usize>> {
    cliques.sort_by_key(|clique| std::cmp::Reverse(clique.len()));
    let mut kept: Vec<BTreeSet<usize>> = Vec::new();
    for clique in cliques {
        if !kept.iter().any(|larger| clique.is_subset(larger)) {
            kept.push(clique);
        }
    }
    kept.sort();
    kept.into_iter().map(|clique| clique.into_iter().collect()).collect()
}

/// The spanning tree of largest separators, grown from the first clique (Prim 1957).
fn joined(mut waiting: Vec<Vec<usize>>) -> JunctionTree {
    let mut tree =
        JunctionTree { cliques: Vec::new(), parents: Vec::new(), separators: Vec::new() };
    if waiting.is_empty() {
        return tree;
    }
    // For every waiting clique the best place to hang it, kept up to date as the tree grows.
    let mut best: Vec<(usize, usize)> = vec![(0, 0); waiting.len()];
    let mut next = 0;
    loop {
        let clique = waiting.remove(next);
        let (_, parent) = best.remove(next);
        let place = tree.cliques.len();
        tree.separators.push(match place {
            0 => Vec::new(),
            _ => shared(&clique, &tree.cliques[parent]),
        });
        tree.parents.push(parent);
        tree.cliques.push(clique);
        for (other, best) in waiting.iter().zip(&mut best) {
            let weight = shared(other, &tree.cliques[place]).len();
            if weight > best.0 {
                *best = (weight, place);
            }
        }
        let heaviest =
            best.iter().enumerate().max_by_key(|(at, best)| (best.0, std::cmp::Reverse(*at)));
        match heaviest {
            Some((at, _)) => next = at,
            None => return tree,
        }
    }
}

fn shared(left: &[usize], right: &[usize]) -> Vec<usize> {
    left.iter().copied().filter(|one| right.contains(one)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn build(sizes: &[usize], sets: &[&[usize]]) -> JunctionTree {
        JunctionTree::build(sizes, sets.iter().copied())
    }

    #[test]
    fn a_tree_of_pairs_is_its_own_junction_tree() {
        let tree = build(&[2, 3, 4, 5], &[&[0, 1], &[1, 2], &[2, 3]]);
        assert_eq!(tree.cliques, [vec![0, 1], vec![1, 2], vec![2, 3]]);
        assert_eq!(tree.separators, [vec![], vec![1], vec![2]]);
        assert_eq!(tree.parents, [0, 0, 1]);
        assert!((tree.cells(&[2, 3, 4, 5]) - 38.0).abs() < 1e-9);
    }

    /// A ring of four needs one chord: across the attributes whose cliques are smaller.
    #[test]
    fn a_ring_gets_the_cheaper_chord() {
        let tree = build(&[2, 9, 2, 9], &[&[0, 1], &[1, 2], &[2, 3], &[0, 3]]);
        assert_eq!(tree.cliques, [vec![0, 1, 2], vec![0, 2, 3]]);
        assert_eq!(tree.separators[1], [0, 2]);
    }

    #[test]
    fn what_nothing_links_hangs_on_an_empty_separator() {
        let tree = build(&[2, 2, 2], &[&[1, 2]]);
        assert_eq!(tree.cliques, [vec![0], vec![1, 2]]);
        assert_eq!((tree.parents[1], tree.separators[1].len()), (0, 0));
    }

    proptest! {
        /// Every set lies in a clique, and for every attribute the cliques that hold it are connected: each
        /// of them but one hangs on another of them (the running intersection property).
        #[test]
        fn every_tree_covers_its_sets_and_has_running_intersections(
            sets in proptest::collection::vec(proptest::collection::btree_set(0_usize..8, 1..4), 0..9),
        ) {
            let sizes = [2, 3, 4, 2, 3, 4, 2, 3];
            let sets: Vec<Vec<usize>> = sets.into_iter().map(|set| set.into_iter().collect()).collect();
            let tree = JunctionTree::build(&sizes, sets.iter().map(Vec::as_slice));
            for set in &sets {
                prop_assert!(tree.holding(set).is_some());
            }
            for attribute in 0..8 {
                let holders: Vec<usize> =
                    (0..tree.cliques.len()).filter(|&c| tree.cliques[c].contains(&attribute)).collect();
                let roots = holders.iter().filter(|&&c| !tree.separators[c].contains(&attribute));
                prop_assert_eq!(roots.count(), 1);
                for &clique in holders.iter().filter(|&&c| tree.separators[c].contains(&attribute)) {
                    prop_assert!(tree.parents[clique] < clique && holders.contains(&tree.parents[clique]));
                }
            }
        }
    }
}

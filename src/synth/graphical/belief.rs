//! Belief propagation on a junction tree, in log space.
//!
//! A distribution p(x) ∝ exp(Σ θ_C(x_C)) is turned into conditional tables in one sweep from the leaves to
//! the root, with a log-sum-exp over every clique, and into marginals in one sweep back. Each conditional is
//! scaled by the largest term of its own sum, so that neither can a potential overflow nor a message vanish:
//! what is lost has less than 10⁻³⁰⁰ of its clique's mass. A cell of potential −∞ has probability 0 exactly.

use super::factor::{Factor, places};
use super::tree::JunctionTree;

/// A junction tree over a domain, with the walks between its cliques worked out.
#[derive(Debug, Clone)]
pub struct Network {
    /// How many values each attribute has.
    pub sizes: Vec<usize>,
    /// Its cliques.
    pub tree: JunctionTree,
    /// For each clique and each of its cells, the cell of its separator.
    own: Vec<Vec<u32>>,
    /// For each clique and each cell of its *parent*, the cell of its separator.
    above: Vec<Vec<u32>>,
}

/// Where a table lies within a network.
#[derive(Debug, Clone)]
pub struct Part {
    /// A clique that holds its attributes.
    pub clique: usize,
    /// For each cell of the clique, the cell of the table.
    pub places: Vec<u32>,
}

/// A distribution on a [`Network`].
#[derive(Debug, Clone)]
pub struct Beliefs {
    /// For each clique the probability of what it adds, given its separator.
    pub conditionals: Vec<Vec<f64>>,
    /// For each clique the probability of its cells.
    pub marginals: Vec<Vec<f64>>,
}

impl Network {
    /// On the junction tree in which every one of `sets` lies within a clique.
    #[must_use]
    pub fn new<'a>(sizes: &[usize], sets: impl IntoIterator<Item = &'a [usize]>) -> Self {
        let tree = JunctionTree::build(sizes, sets);
        let walk = |from: &[usize], onto: &[usize]| {
            let from_sizes: Vec<usize> = from.iter().map(|&attribute| sizes[attribute]).collect();
            places(from, &from_sizes, onto)
        };
        let each = 0..tree.cliques.len();
        let own = each.clone().map(|c| walk(&tree.cliques[c], &tree.separators[c])).collect();
        let above =
            each.map(|c| walk(&tree.cliques[tree.parents[c]], &tree.separators[c])).collect();
        Self { sizes: sizes.to_vec(), tree, own, above }
    }

    /// The table of a clique with the given `values`.
    #[must_use]
    pub fn factor(&self, clique: usize, values: &[f64]) -> Factor {
        let attributes = &self.tree.cliques[clique];
        Factor { values: values.to_vec(), ..Factor::constant(attributes, &self.sizes, 0.0) }
    }

    /// Where a table over `attributes` lies; `None` where no clique holds them.
    #[must_use]
    pub fn part(&self, attributes: &[usize]) -> Option<Part> {
        let clique = self.tree.holding(attributes)?;
        let shape = self.factor(clique, &[]);
        Some(Part { clique, places: places(&shape.attributes, &shape.sizes, attributes) })
    }

    /// The distribution whose log-potentials are the sum of `tables`, and the logarithm of what it summed
    /// to. `None` where they leave nothing possible.
    #[must_use]
    pub fn distribution<'a>(
        &self,
        tables: impl IntoIterator<Item = (&'a Part, &'a Factor)>,
    ) -> Option<(Beliefs, f64)> {
        let zeros = || self.own.iter().map(|places| vec![0.0; places.len()]).collect();
        let mut beliefs = Beliefs { conditionals: zeros(), marginals: zeros() };
        for (part, table) in tables {
            let cells = beliefs.conditionals[part.clique].iter_mut().zip(&part.places);
            cells.for_each(|(cell, &place)| *cell += table.values[place as usize]);
        }
        let mass = self.calibrate(&mut beliefs)?;
        Some((beliefs, mass))
    }

    /// Turns the log-potentials that stand in `beliefs.conditionals` into the distribution they define.
    fn calibrate(&self, beliefs: &mut Beliefs) -> Option<f64> {
        let mut mass = f64::NEG_INFINITY;
        for clique in (0..self.own.len()).rev() {
            let (rest, this) = beliefs.conditionals.split_at_mut(clique);
            let message = condition(&mut this[0], &self.own[clique], self.separator_cells(clique));
            if clique == 0 {
                mass = message[0];
            } else {
                let parent = &mut rest[self.tree.parents[clique]];
                for (value, &place) in parent.iter_mut().zip(&self.above[clique]) {
                    *value += message[place as usize];
                }
            }
        }
        if !mass.is_finite() {
            return None;
        }
        self.spread(beliefs);
        Some(mass)
    }

    /// Marginals from conditionals, from the root down.
    fn spread(&self, beliefs: &mut Beliefs) {
        for clique in 0..self.own.len() {
            let mut separator = vec![0.0; self.separator_cells(clique)];
            if clique == 0 {
                separator[0] = 1.0;
            } else {
                let parent = &beliefs.marginals[self.tree.parents[clique]];
                for (mass, &place) in parent.iter().zip(&self.above[clique]) {
                    separator[place as usize] += mass;
                }
            }
            let given = beliefs.conditionals[clique].iter().zip(&self.own[clique]);
            for (mass, (conditional, &place)) in beliefs.marginals[clique].iter_mut().zip(given) {
                *mass = conditional * separator[place as usize];
            }
        }
    }

    fn separator_cells(&self, clique: usize) -> usize {
        self.tree.separators[clique].iter().map(|&attribute| self.sizes[attribute]).product()
    }
}

/// Turns log-potentials into the probabilities of the cells given their separator, and gives the logarithm
/// of what each cell of the separator sums to. Where nothing is possible the probabilities are 0.
fn condition(potentials: &mut [f64], places: &[u32], separator_cells: usize) -> Vec<f64> {
    let mut largest = vec![f64::NEG_INFINITY; separator_cells];
    for (&potential, &place) in potentials.iter().zip(places) {
        let most = &mut largest[place as usize];
        *most = most.max(potential);
    }
    // −∞ − (−∞) is no number; a finite offset leaves exp(−∞) = 0.
    let offsets: Vec<f64> =
        largest.iter().map(|&most| if most.is_finite() { most } else { 0.0 }).collect();
    let mut sums = vec![0.0; separator_cells];
    for (potential, &place) in potentials.iter_mut().zip(places) {
        *potential = (*potential - offsets[place as usize]).exp();
        sums[place as usize] += *potential;
    }
    let scales: Vec<f64> =
        sums.iter().map(|&sum| if sum > 0.0 { 1.0 / sum } else { 0.0 }).collect();
    for (potential, &place) in potentials.iter_mut().zip(places) {
        *potential *= scales[place as usize];
    }
    sums.iter().zip(&offsets).map(|(sum, offset)| sum.ln() + offset).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The joint distribution by brute force: over every cell of the domain the sum of all potentials.
    fn brute(sizes: &[usize], factors: &[Factor]) -> Factor {
        let all: Vec<usize> = (0..sizes.len()).collect();
        let mut joint = Factor::constant(&all, sizes, 0.0);
        for factor in factors {
            let places = places(&all, sizes, &factor.attributes);
            for (value, &place) in joint.values.iter_mut().zip(&places) {
                *value += factor.values[place as usize];
            }
        }
        let most = joint.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        joint.values.iter_mut().for_each(|value| *value = (*value - most).exp());
        let total: f64 = joint.values.iter().sum();
        joint.values.iter_mut().for_each(|value| *value /= total);
        joint
    }

    fn propagated(sizes: &[usize], factors: &[Factor]) -> Option<(Network, Beliefs)> {
        let network = Network::new(sizes, factors.iter().map(|factor| &factor.attributes[..]));
        let parts: Vec<Part> =
            factors.iter().map(|factor| network.part(&factor.attributes).unwrap()).collect();
        let (beliefs, _) = network.distribution(parts.iter().zip(factors))?;
        Some((network, beliefs))
    }

    fn factors(scale: f64) -> impl Strategy<Value = Vec<Factor>> {
        let sizes = [2_usize, 3, 2, 3, 2];
        let one = proptest::collection::btree_set(0_usize..5, 1..4).prop_flat_map(move |set| {
            let attributes: Vec<usize> = set.into_iter().collect();
            let shape = Factor::constant(&attributes, &sizes, 0.0);
            proptest::collection::vec(-scale..scale, shape.values.len())
                .prop_map(move |values| Factor { values, ..shape.clone() })
        });
        proptest::collection::vec(one, 1..6)
    }

    proptest! {
        /// Marginals of every clique are those of the whole table, for potentials far beyond what an
        /// exponential of a float holds.
        #[test]
        fn marginals_are_those_of_the_whole_table(factors in factors(3.0), steep in factors(2000.0)) {
            for factors in [factors, steep] {
                let sizes = [2, 3, 2, 3, 2];
                let (network, beliefs) = propagated(&sizes, &factors).unwrap();
                let joint = brute(&sizes, &factors);
                for (clique, marginal) in network.tree.cliques.iter().zip(&beliefs.marginals) {
                    for (found, expected) in marginal.iter().zip(&joint.project(clique).values) {
                        prop_assert!((found - expected).abs() < 1e-9, "{found} {expected}");
                    }
                }
            }
        }
    }

    /// Attribute 0 = 0 is forbidden by one table, 0 = 1 with 1 = 0 by another: only (1, 1) is left.
    #[test]
    fn forbidden_cells_have_no_mass() {
        let no = f64::NEG_INFINITY;
        let first = Factor { attributes: vec![0], sizes: vec![2], values: vec![no, 0.0] };
        let pair =
            Factor { attributes: vec![0, 1], sizes: vec![2, 2], values: vec![0.0, 0.0, no, 5.0] };
        let chain =
            Factor { attributes: vec![1, 2], sizes: vec![2, 2], values: vec![9.0, 9.0, 0.0, 0.0] };
        let (network, beliefs) = propagated(&[2, 2, 2], &[first.clone(), pair, chain]).unwrap();
        for (clique, marginal) in network.tree.cliques.iter().zip(&beliefs.marginals) {
            let expected: &[f64] =
                if *clique == [0, 1] { &[0.0, 0.0, 0.0, 1.0] } else { &[0.0, 0.0, 0.5, 0.5] };
            for (found, expected) in marginal.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-15);
            }
        }
        let other = Factor { values: vec![0.0, no], ..first.clone() };
        assert!(propagated(&[2, 2, 2], &[first, other]).is_none(), "nothing is possible");
    }
}

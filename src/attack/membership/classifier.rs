//! How much likelier a record is a released one than one of the reference, as a classifier tells them apart:
//! the log-odds of boosted trees (Friedman 2001, Ann. Statist. 29:1189), less those of the row counts. It
//! estimates the density ratio of DOMIAS without a density (Sugiyama et al. 2012, Density Ratio
//! Estimation in Machine Learning, chapter 4).
//!
//! Cross-fitted: the trees that score the persons of one half have seen the release and the other half of the
//! holdout, so that nobody, member or not, is scored by trees that were grown on them.

use super::learned::Learned;
use super::people::Samples;
use crate::audit::Round;
use crate::encode::{Coded, Joint};
use crate::learn::{Bins, Boosting, BoostingParameters, Pool};
use crate::random::Seed;
use crate::table::Persons;

/// Rows that the trees of all planted releases together may see, about: what bounds the time.
const PLANTED: usize = 400_000;

/// Planted releases that are learned from at the least.
const ROUNDS: usize = 8;

/// Trees for either half.
pub(super) struct Classifier {
    halves: [Half; 2],
    /// The columns, in the order of their names: which of two equal splits is taken must not depend on the
    /// order in a file.
    order: Vec<usize>,
    /// Rows of either table that are learned from, at most.
    most: usize,
    seed: Seed,
}

/// The trees that score the persons of one half.
struct Half {
    bins: Bins,
    trees: Boosting,
    /// The log-odds of a released row, by the numbers of rows.
    prior: f64,
    rows: usize,
}

impl Classifier {
    /// Nothing without rows on either side.
    pub(super) fn fit(samples: &Samples<'_>, most: usize, seed: Seed) -> Option<Self> {
        let order = by_name(samples.joint);
        let halves = halves(samples, &samples.joint.synthetic, &order, most, seed)?;
        Some(Self { halves, order, most, seed })
    }

    /// How many planted releases may be learned from.
    pub(super) fn rounds(&self) -> usize {
        let rows: usize = self.halves.iter().map(|half| half.rows).sum();
        (PLANTED / rows.max(1)).max(ROUNDS)
    }

    /// The same learned from a planted release.
    pub(super) fn planted(
        &self,
        samples: &Samples<'_>,
        kept: &[usize],
        round: &Round,
    ) -> Option<Self> {
        let Self { ref order, most, seed, .. } = *self;
        let released = Coded::stacked(&[&samples.joint.synthetic.select(kept), &round.rows]);
        let halves = halves(samples, &released, order, most, seed)?;
        Some(Self { halves, order: order.clone(), most, seed })
    }
}

impl Learned for Classifier {
    fn of_rows(&self, rows: &Coded, half: usize) -> Vec<f64> {
        let Half { bins, trees, prior, .. } = &self.halves[half];
        let binned = bins.apply(&rows.with_columns(&self.order));
        let all: Vec<u32> = (0..rows.rows as u32).collect();
        trees.scores(&binned, &all).into_iter().map(|score| score - prior).collect()
    }
}

fn by_name(joint: &Joint) -> Vec<usize> {
    let mut order: Vec<usize> = (0..joint.names.len()).collect();
    order.sort_by_key(|&column| &joint.names[column]);
    order
}

/// Trees for both halves.
fn halves(
    samples: &Samples<'_>,
    released: &Coded,
    order: &[usize],
    most: usize,
    seed: Seed,
) -> Option<[Half; 2]> {
    let released = released.with_columns(order);
    let half = |half: usize| {
        let reference = samples.others.coded.select(&samples.references[half]).with_columns(order);
        Half::grow(&released, &reference, most, seed.part(&format!("half {half}")))
    };
    Some([half(0)?, half(1)?])
}

impl Half {
    fn grow(released: &Coded, reference: &Coded, most: usize, seed: Seed) -> Option<Self> {
        // A released row is nobody's, and the reference half holds whole persons.
        let (first, second) = (alone(released), alone(reference));
        let pool = Pool::draw([(released, &first), (reference, &second)], most, seed);
        let labels = pool.by_row(&pool.first);
        let all: Vec<u32> = (0..pool.binned.rows as u32).collect();
        let parameters = BoostingParameters::default();
        let trees = Boosting::classify(&pool.binned, &labels, &all, parameters, seed)?;
        let yes = labels.iter().filter(|&&label| label).count() as f64;
        let no = labels.len() as f64 - yes;
        Some(Self { bins: pool.bins, trees, prior: (yes / no).ln(), rows: labels.len() })
    }
}

/// Every row somebody of their own.
fn alone(rows: &Coded) -> Persons {
    Persons { of_row: (0..rows.rows as u32).collect(), count: rows.rows, unnamed: Vec::new() }
}

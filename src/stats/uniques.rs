//! How many persons of a population are alone with their keys, estimated from a sample of it.
//!
//! | estimator | takes for granted |
//! |---|---|
//! | [`zayatz_uniques`] | classes of the population are spread as those of the sample |
//! | [`pitman_uniques`] | the sampling formula of Pitman 1995 |
//! | [`SlideNegativeBinomial`] | class sizes less one are negative binomial |
//! | [`dankar_uniques`] | none: the rule of Dankar et al. 2012 that chooses among them |
//!
//! They disagree by more than half on populations of known truth, so that a single one of them is never the
//! answer. Every function gives `None` where its equations have no solution, never a small number.
//!
//! # References
//! Dankar, El Emam, Neisa and Roffey 2012, BMC Med. Inform. Decis. Mak. 12:66, and its appendix; Zayatz 1991;
//! Hoshino 2001, J. Off. Stat. 17:499; Chen and Keller-McNulty 1998, J. Off. Stat. 14:79; Haas and Stokes
//! 1998, J. Am. Stat. Assoc. 93:1475 (the estimator of the number of classes).

mod pitman;
mod slide;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use pitman::{Pitman, pitman_uniques};
pub use slide::{SlideNegativeBinomial, number_of_classes};

/// How many classes of each size a sample has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassSizes {
    /// (size, classes of it), sizes ascending and at least 1.
    counts: Vec<(u64, u64)>,
}

impl ClassSizes {
    /// The classes of the given sizes, in any order; sizes of 0 are no classes.
    #[must_use]
    pub fn new(sizes: impl IntoIterator<Item = u64>) -> Self {
        let mut counts = BTreeMap::new();
        sizes
            .into_iter()
            .filter(|&size| size > 0)
            .for_each(|size| *counts.entry(size).or_insert(0) += 1);
        Self { counts: counts.into_iter().collect() }
    }

    /// (size, classes of it), sizes ascending.
    #[must_use]
    pub fn counts(&self) -> &[(u64, u64)] {
        &self.counts
    }

    /// How many persons the classes hold.
    #[must_use]
    pub fn persons(&self) -> u64 {
        self.counts.iter().map(|(size, classes)| size * classes).sum()
    }

    /// How many classes there are.
    #[must_use]
    pub fn classes(&self) -> u64 {
        self.counts.iter().map(|(_, classes)| classes).sum()
    }

    /// How many classes have this size.
    #[must_use]
    pub fn of(&self, size: u64) -> u64 {
        let place = self.counts.binary_search_by_key(&size, |(known, _)| *known);
        place.map_or(0, |place| self.counts[place].1)
    }

    /// Σ over classes of `term(size)`, sizes ascending.
    fn sum(&self, term: impl Fn(f64) -> f64) -> f64 {
        self.counts.iter().map(|&(size, classes)| classes as f64 * term(size as f64)).sum()
    }

    /// The persons of the population of which this is the sample; `None` for a fraction that cannot be.
    #[must_use]
    pub fn population(&self, fraction: f64) -> Option<f64> {
        let sound = fraction > 0.0 && fraction <= 1.0 && self.persons() > 0;
        sound.then(|| self.persons() as f64 / fraction)
    }
}

/// The uniques of the population by Zayatz: c₁·P/π, where P is the chance that a class seen with one person has
/// only one, by Bayes' rule with the class sizes of the sample for those of the population and hypergeometric
/// sampling. `None` for a fraction outside (0, 1] or without a person.
#[must_use]
pub fn zayatz_uniques(sizes: &ClassSizes, fraction: f64) -> Option<f64> {
    let population = sizes.population(fraction)?.round();
    let sample = sizes.persons() as f64;
    // The chance that a class of i persons shows one: i·(n/N)·Π (N − n − k)/(N − 1 − k), k = 0..i−2.
    let (mut seen, mut others_unseen, mut reached) = (0.0, 1.0, 1);
    for &(size, classes) in sizes.counts() {
        while reached < size && others_unseen > 0.0 {
            let k = (reached - 1) as f64;
            others_unseen *= ((population - sample - k) / (population - 1.0 - k)).max(0.0);
            reached += 1;
        }
        seen += classes as f64 * size as f64 * others_unseen;
    }
    let singles = sizes.of(1) as f64;
    Some(if singles > 0.0 { singles * singles / seen / fraction } else { 0.0 })
}

/// The uniques of the population by the rule of Dankar et al. 2012: none where the sample has none; Pitman's
/// estimate up to a sampling fraction of 10 %, else the smaller of slide negative binomial and Zayatz; Zayatz
/// where the other cannot be fitted. `None` for a fraction outside (0, 1] or without a person.
#[must_use]
pub fn dankar_uniques(sizes: &ClassSizes, fraction: f64) -> Option<f64> {
    let zayatz = zayatz_uniques(sizes, fraction)?;
    if sizes.of(1) == 0 {
        return Some(0.0);
    }
    if fraction <= 0.1 {
        return Some(pitman_uniques(sizes, fraction).unwrap_or(zayatz));
    }
    let slide = SlideNegativeBinomial::fit(sizes, fraction);
    Some(slide.map_or(zayatz, |law| law.uniques().min(zayatz)))
}

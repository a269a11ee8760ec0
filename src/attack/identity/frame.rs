//! Among whom a person is looked for: the training persons, a table of the population, or a population of
//! which only the size is known.

use crate::attack::keys::{Key, population_keys};
use crate::audit::Audit;
use crate::table::Persons;

/// Among whom a person is looked for.
pub(super) enum Frame {
    /// The training persons: whoever knows that somebody is in train.
    Train,
    /// A table of the population: its persons with each key.
    Population {
        /// Persons a key, by key number.
        persons: Vec<u64>,
        /// Persons in all.
        size: u64,
    },
    /// Only the share of the population that the training persons are.
    Fraction {
        /// That share, in (0, 1].
        share: f64,
        /// How often a person alone with their keys in train is alone in the population.
        alone: f64,
    },
}

impl Frame {
    /// The frame of the audit. `number` gives keys their numbers; `classes` are the training persons a key.
    pub(super) fn new(
        audit: &Audit,
        keys: &[Key],
        classes: &[u64],
        number: impl Fn(&[u64]) -> Option<u32>,
    ) -> Self {
        let population = audit.population.as_ref().map(crate::table::Table::persons);
        if let (Some(persons), Some(words)) = (population, population_keys(audit, keys)) {
            let numbers = words.iter().map(|key| number(key));
            let mut found = counted(numbers, &persons, classes.len());
            // Whoever is in train is in the population, also if the table of it lacks them.
            found.iter_mut().zip(classes).for_each(|(known, &train)| *known = train.max(*known));
            return Self::Population { persons: found, size: persons.count as u64 };
        }
        match audit.fraction() {
            Some(share) => Self::Fraction { share, alone: alone(classes, share) },
            None => Self::Train,
        }
    }

    /// Persons in the frame, given that there are `train` training persons.
    pub(super) fn size(&self, train: u64) -> u64 {
        match self {
            Self::Train => train,
            Self::Population { size, .. } => train.max(*size),
            Self::Fraction { share, .. } => train.max((train as f64 / share).round() as u64),
        }
    }

    /// The expected chance that a person of the frame with a key that `class` training persons carry is one
    /// given person: 1/F.
    pub(super) fn one_of(&self, key: u32, class: u64) -> f64 {
        match self {
            Self::Train => 1.0 / class as f64,
            Self::Population { persons, .. } => 1.0 / persons[key as usize].max(class) as f64,
            Self::Fraction { share, .. } => one_of(class, *share),
        }
    }

    /// The chance that a training person whose key `class` training persons carry is alone in the frame.
    pub(super) fn alone(&self, key: u32, class: u64) -> f64 {
        match self {
            Self::Population { persons, .. } if persons[key as usize].max(class) == 1 => 1.0,
            Self::Train if class == 1 => 1.0,
            Self::Fraction { alone, .. } if class == 1 => *alone,
            _ => 0.0,
        }
    }

    /// What the frame is, for the reader of a fact.
    pub(super) fn note(&self) -> String {
        match self {
            Self::Train => "frame: the training persons".into(),
            Self::Population { .. } => "frame: the population table".into(),
            Self::Fraction { share, .. } => {
                format!("frame: a population of which {share} is train")
            }
        }
    }
}

/// Distinct persons for each of `keys` key numbers.
pub(super) fn counted(
    numbers: impl Iterator<Item = Option<u32>>,
    persons: &Persons,
    keys: usize,
) -> Vec<u64> {
    let mut pairs: Vec<(u32, u32)> = (numbers.zip(&persons.of_row))
        .filter_map(|(key, &person)| key.map(|key| (key, person)))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut found = vec![0; keys];
    pairs.iter().for_each(|&(key, _)| found[key as usize] += 1);
    found
}

/// E[1/F] for a class of f ≥ 1 of the sample, of which each person of the population is part with chance p,
/// when F − f is negative binomial (Benedetti and Franconi 1998): p ∫₀¹ v^(f−1)/(p + qv) dv with q = 1 − p.
///
/// For p ≥ ½ the integrand is a geometric series in q(1 − v); below, integration by parts steps from f = 1,
/// (p/q) ln(1/p), to f without loss, since every step shrinks the error by p/q.
pub(super) fn one_of(class: u64, p: f64) -> f64 {
    let q = 1.0 - p;
    if p >= 0.5 {
        // Σ q^j B(f, j + 1); B(f, 1) = 1/f and each next is j/(f + j) of the one before.
        let (mut term, mut sum) = (1.0 / class as f64, 0.0);
        let mut j = 0.0;
        while term > 1e-18 {
            sum += term;
            j += 1.0;
            term *= q * j / (class as f64 + j);
        }
        return p * sum;
    }
    // Beyond, it is p/f to four digits more than a risk needs.
    if class > 10_000 {
        return p / class as f64;
    }
    let first = p / q * (1.0 / p).ln();
    (1..class).fold(first, |expected, f| p / q * (1.0 / f as f64 - expected))
}

/// How often a person alone in the sample is alone in the population (Zayatz 1991): the share of classes of one,
/// weighted by the chance of each class to show exactly one person. Of a population much larger than the
/// sample, so that the hypergeometric law is binomial.
fn alone(classes: &[u64], p: f64) -> f64 {
    let shows_one = |size: u64| {
        let others = i32::try_from(size - 1).unwrap_or(i32::MAX);
        size as f64 * p * (1.0 - p).powi(others)
    };
    let (mut ones, mut all) = (0.0, 0.0);
    for &size in classes.iter().filter(|&&size| size > 0) {
        let weight = shows_one(size);
        all += weight;
        ones += if size == 1 { weight } else { 0.0 };
    }
    if all > 0.0 { ones / all } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of individual risk (f, F) with p = f/F; and by hand p = ½, f = 1: ln 2, f = 2:
    /// ½ ∫ v/(½ + ½v) = 1 − ln 2. p = 1 is the sample itself.
    #[test]
    fn the_expected_chance_matches_published_values() {
        let published = [
            (2, 360.0, 0.005_424_52),
            (1, 215.0, 0.025_096_44),
            (2, 152.0, 0.012_563_42),
            (1, 186.0, 0.028_247_28),
        ];
        for (f, all, expected) in published {
            let found = one_of(f, f as f64 / all);
            // Published to eight places, some cut off rather than rounded.
            assert!((found - expected).abs() < 1e-8, "{f} of {all}: {found}");
        }
        assert!((one_of(1, 0.5) - 2.0_f64.ln()).abs() < 1e-14);
        assert!((one_of(2, 0.5) - (1.0 - 2.0_f64.ln())).abs() < 1e-14);
        assert!((one_of(7, 1.0) - 1.0 / 7.0).abs() < 1e-15);
        // Both ways of computing meet at ½, also for large classes.
        for f in [1, 5, 40, 400] {
            let (above, below) = (one_of(f, 0.5), one_of(f, 0.5 - 1e-13));
            assert!((above - below).abs() < 1e-9 * above, "{f}: {above} {below}");
        }
    }

    /// Classes 1, 1, 2 and p = ½: a class of one shows one with ½, one of two with 2·½·½ = ½. So two thirds of
    /// the persons alone in the sample are alone in the population. With p = 1 all are.
    #[test]
    fn alone_by_hand() {
        assert!((alone(&[1, 1, 2], 0.5) - 2.0 / 3.0).abs() < 1e-14);
        assert!((alone(&[1, 1, 2, 0], 1.0) - 1.0).abs() < 1e-14);
    }
}

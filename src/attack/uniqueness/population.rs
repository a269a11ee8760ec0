//! The training persons among the population: how many of it share their keys, and who of it is alone.
//!
//! With a table of the population its classes are counted. With the sampling fraction π only, its uniques are
//! estimated from the training classes: `population-unique-share` by the rule of Dankar et al. 2012,
//! `…-lowest` and `…-highest` over Zayatz, Pitman and slide negative binomial, as far as each can be fitted.
//!
//! The individual risk of a person is 1/F for the F persons of the population with their keys: counted; with π
//! only, its expectation by Benedetti and Franconi 1998; without either 1/f for the f training persons, as
//! if the adversary knew that the person is in the training table. A person with several keys has the largest risk.

use super::{Keyed, alone, exact, persons_in};
use crate::attack::keys::{binned, population_keys};
use crate::audit::Audit;
use crate::evidence::Evidence;
use crate::stats::{
    ClassSizes, SlideNegativeBinomial, dankar_uniques, individual_risk, pitman_uniques,
    zayatz_uniques,
};

/// What is known of the population.
pub(super) fn facts(keyed: &Keyed, audit: &Audit) -> Vec<Evidence> {
    let counted = Counted::new(keyed, audit);
    let mut facts = Vec::new();
    if let Some(counted) = &counted {
        facts.extend(counted.facts(keyed, audit));
    } else if let Some(fraction) = audit.fraction() {
        facts.extend(estimated(keyed, fraction));
    }
    let (fraction, frame) = match (&counted, audit.fraction()) {
        (Some(_), _) => (None, "risk among: the population table"),
        (None, Some(fraction)) => (Some(fraction), "risk among: a population of known size"),
        (None, None) => (None, "risk among: the training persons"),
    };
    let of_class = |class: usize| match (&counted, fraction) {
        (Some(counted), _) => Some(1.0 / counted.sizes[class] as f64),
        (None, Some(fraction)) => individual_risk(keyed.sizes[class], fraction),
        (None, None) => Some(1.0 / keyed.sizes[class] as f64),
    };
    // A class without a risk would be one without persons: nobody's.
    let of_class: Vec<f64> =
        (0..keyed.sizes.len()).map(|class| of_class(class).unwrap_or(1.0)).collect();
    let mut risks = risks(keyed, audit, &of_class);
    risks.iter_mut().for_each(|fact| fact.notes.push(frame.to_owned()));
    facts.extend(risks);
    for fact in &mut facts {
        if let Some(fraction) = audit.fraction() {
            fact.parameters.insert("sampling-fraction".into(), fraction.into());
        }
        fact.parameters.insert("population-table".into(), counted.is_some().into());
    }
    facts
}

/// The average and the highest of the persons' risks.
fn risks(keyed: &Keyed, audit: &Audit, of_class: &[f64]) -> Vec<Evidence> {
    let mut risk = vec![0.0_f64; audit.train_persons.count];
    for (&class, &person) in keyed.class_of.iter().zip(&audit.train_persons.of_row) {
        let known = &mut risk[person as usize];
        *known = known.max(of_class[class as usize]);
    }
    let mean = risk.iter().sum::<f64>() / risk.len().max(1) as f64;
    let highest = risk.iter().copied().fold(0.0, f64::max);
    vec![
        exact("uniqueness.individual-risk", mean),
        exact("uniqueness.individual-risk-highest", highest),
    ]
}

/// Sampling fractions below which the estimators were several times too high on populations of known truth.
const SMALLEST_FRACTION: f64 = 0.05;

/// What a reader must know of an estimate from such a sample.
const TOO_SMALL: &str = "Estimated from a sample of less than a twentieth of the population: all estimators can be \
                         several times too high; a table of the population tells the truth.";

/// The uniques of a population of which only the size is known.
fn estimated(keyed: &Keyed, fraction: f64) -> Vec<Evidence> {
    let sizes = ClassSizes::new(keyed.sizes.iter().copied());
    let (Some(population), Some(chosen)) =
        (sizes.population(fraction), dankar_uniques(&sizes, fraction))
    else {
        return Vec::new();
    };
    let estimates = [
        ("Zayatz", zayatz_uniques(&sizes, fraction)),
        ("Pitman", pitman_uniques(&sizes, fraction)),
        (
            "slide negative binomial",
            SlideNegativeBinomial::fit(&sizes, fraction).map(|law| law.uniques()),
        ),
    ];
    let fitted: Vec<(&str, f64)> =
        estimates.iter().filter_map(|&(name, found)| Some((name, found?))).collect();
    let names: Vec<&str> = fitted.iter().map(|(name, _)| *name).collect();
    let shares =
        || fitted.iter().map(|(_, uniques)| uniques / population).chain([chosen / population]);
    let (lowest, highest) = (shares().fold(1.0, f64::min), shares().fold(0.0, f64::max));
    let note = format!("estimators that could be fitted: {}", names.join(", "));
    let chosen = (chosen / population).clamp(0.0, 1.0);
    let mut facts = three(lowest.max(0.0), chosen, highest.min(1.0), &note);
    if fraction < SMALLEST_FRACTION {
        facts.iter_mut().for_each(|fact| fact.caveats.push(TOO_SMALL.to_owned()));
    }
    facts
}

/// The share of the population that is alone: the lowest, the chosen and the highest value.
fn three(lowest: f64, chosen: f64, highest: f64, note: &str) -> Vec<Evidence> {
    let mut facts = vec![
        exact("uniqueness.population-unique-share", chosen),
        exact("uniqueness.population-unique-share-lowest", lowest),
        exact("uniqueness.population-unique-share-highest", highest),
    ];
    facts.iter_mut().for_each(|fact| fact.notes.push(note.to_owned()));
    facts
}

/// The classes of a population whose table is known.
struct Counted {
    /// Persons of the population in each training class.
    sizes: Vec<u64>,
    /// The smallest class whose key a released row carries; `None` when none does.
    released: Option<u64>,
    /// Persons in all, and those alone with their keys.
    persons: u64,
    alone: u64,
    /// Whether training persons are missing from the table.
    incomplete: bool,
}

impl Counted {
    fn new(keyed: &Keyed, audit: &Audit) -> Option<Self> {
        let persons = audit.population.as_ref()?.persons();
        let words = population_keys(audit, &keyed.keys)?;
        // Keys that only the population has are numbered after those of the training table.
        let mut numbers = keyed.numbers.clone();
        let mut class_of = Vec::with_capacity(words.len());
        for key in words {
            let next = u32::try_from(numbers.len()).ok()?;
            class_of.push(*numbers.entry(key).or_insert(next));
        }
        let found = persons_in(&class_of, &persons, numbers.len());
        let alone = alone(&class_of, &persons, &found);
        // The training persons are members of the population, also if its table lacks some of them.
        let known = |class: usize| keyed.sizes.get(class).copied().unwrap_or(0);
        let sizes: Vec<u64> =
            found.iter().enumerate().map(|(class, &found)| found.max(known(class))).collect();
        let released = binned(&audit.joint().synthetic, &keyed.keys);
        let released = released.iter().filter_map(|key| numbers.get(key));
        Some(Self {
            released: released.map(|&class| sizes[class as usize]).min(),
            incomplete: (0..keyed.sizes.len()).any(|class| found[class] < known(class)),
            sizes,
            persons: persons.count as u64,
            alone,
        })
    }

    fn facts(&self, keyed: &Keyed, audit: &Audit) -> Vec<Evidence> {
        let smallest = self.sizes.iter().take(keyed.sizes.len()).copied().min().unwrap_or(0);
        let largest = self.persons.max(audit.train_persons.count as u64);
        let share = self.alone as f64 / self.persons.max(1) as f64;
        let mut facts = vec![
            exact("uniqueness.k-map", smallest as f64),
            exact("uniqueness.released-map", self.released.unwrap_or(largest) as f64),
        ];
        facts.extend(three(share, share, share, "counted in the population table"));
        if self.incomplete {
            let caveat = "The population table lacks training persons: its groups count at least the \
                          training persons in them, and may be larger than seen.";
            facts.iter_mut().for_each(|fact| fact.caveats.push(caveat.to_owned()));
        }
        facts
    }
}

//! A model of the secret, learned from a table: boosted trees, one for each category against the others, or one for a
//! number.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rand::seq::index::sample;
use rayon::prelude::*;

use super::Inference;
use super::secret::Secret;
use crate::encode::Coded;
use crate::learn::{Bins, Boosting, BoostingParameters};
use crate::random::Seed;

/// Trees deep enough to tell few rows apart: an adversary looks for over-fitting.
const TREES: BoostingParameters =
    BoostingParameters { trees: 30, depth: 6, min_leaf: 5, rate: 0.2, ridge: 1.0, columns: None };

/// A learned model.
pub(super) struct Model {
    columns: Vec<usize>,
    bins: Bins,
    guesser: Guesser,
}

enum Guesser {
    /// One guess for everybody.
    Constant(f64),
    /// A category, and whether it is the first or the second.
    Either([f64; 2], Boosting),
    /// Categories, each with its score.
    Among(Vec<(f64, Boosting)>),
    Number(Boosting),
}

impl Model {
    /// Learns the secret from `columns` of a table; nothing where the table holds none.
    pub(super) fn learn(
        parameters: &Inference,
        table: &Coded,
        columns: &[usize],
        secret: &Secret,
        seed: Seed,
    ) -> Option<Self> {
        let values = secret.values(table);
        let known: Vec<usize> = (0..table.rows).filter(|&row| !values[row].is_nan()).collect();
        let most = parameters.rows.min(known.len());
        let mut drawn = sample(&mut seed.part("rows").rng(), known.len(), most).into_vec();
        drawn.sort_unstable();
        let rows: Vec<usize> = drawn.into_iter().map(|i| known[i]).collect();
        let values: Vec<f64> = rows.iter().map(|&row| values[row]).collect();
        let coded = table.with_columns(columns).select(&rows);
        let bins = Bins::fit(&[&coded]);
        let binned = bins.apply(&coded);
        let all: Vec<u32> = (0..coded.rows as u32).collect();
        let trees = BoostingParameters { trees: parameters.trees, ..TREES };
        let guesser = if secret.category {
            let classify = |class: f64| {
                let labels: Vec<bool> = values.iter().map(|x| (x - class).abs() < 0.5).collect();
                Boosting::classify(&binned, &labels, &all, trees, seed)
            };
            match *classes(&values, parameters.classes).as_slice() {
                [] => return None,
                [only] => Guesser::Constant(only),
                [first, second] => Guesser::Either([first, second], classify(first)?),
                ref classes => {
                    let model = |&class: &f64| Some((class, classify(class)?));
                    Guesser::Among(classes.par_iter().map(model).collect::<Option<_>>()?)
                }
            }
        } else {
            Guesser::Number(Boosting::regress(&binned, &values, &all, trees, seed)?)
        };
        Some(Self { columns: columns.to_vec(), bins, guesser })
    }

    /// The guess for each of the `chosen` records.
    pub(super) fn guess(&self, records: &Coded, chosen: &[usize]) -> Vec<f64> {
        let rows = self.bins.apply(&records.with_columns(&self.columns).select(chosen));
        let all: Vec<u32> = (0..rows.rows as u32).collect();
        match &self.guesser {
            Guesser::Constant(guess) => vec![*guess; chosen.len()],
            Guesser::Number(model) => model.scores(&rows, &all),
            Guesser::Either([first, second], model) => {
                let scores = model.scores(&rows, &all).into_iter();
                scores.map(|score| if score >= 0.0 { *first } else { *second }).collect()
            }
            Guesser::Among(models) => {
                let scored = models.iter().map(|(class, model)| (class, model.scores(&rows, &all)));
                let mut best = vec![(f64::NEG_INFINITY, f64::NAN); chosen.len()];
                for (class, scores) in scored {
                    for (best, score) in best.iter_mut().zip(scores) {
                        if score > best.0 {
                            *best = (score, *class);
                        }
                    }
                }
                best.into_iter().map(|(_, class)| class).collect()
            }
        }
    }
}

/// The most frequent categories, ties to the smaller code.
fn classes(values: &[f64], most: usize) -> Vec<f64> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for &value in values {
        *counts.entry(value as u32).or_default() += 1;
    }
    let mut counts: Vec<(u32, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(class, count)| (Reverse(count), class));
    counts.into_iter().take(most).map(|(class, _)| f64::from(class)).collect()
}

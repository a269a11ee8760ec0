//! MST: a tree of two-way marginals, measured under differential privacy.
//!
//! # Method
//! A third of the budget each (McKenna, Miklau and Sheldon 2021, algorithm 1):
//! 1. every one-way marginal is measured; cells that noise hides are merged;
//! 2. a spanning tree of pairs of columns is chosen one edge at a time by the exponential mechanism. A pair's
//!    score is the L1 distance of its marginal from what independence makes of the noisy one-way marginals;
//! 3. the marginals of these pairs are measured. Where a single pair could join what is left apart, there is
//!    nothing to choose and nothing is spent on it: this step gets what the choices leave of the budget.
//!
//! The distribution of largest entropy that fits all of them (Private-PGM) is drawn from. Rules between columns
//! are public: what they forbid gets probability 0, as far as the model stays small enough, and no pair is chosen
//! that would make it too large together with them. Every row that is drawn keeps all of them.
//!
//! # What it protects
//! Every person, whoever attacks and whatever they know: the release is (ε, δ)-differentially private for
//! adding or removing one person with all their rows. The number of rows is private, too.
//!
//! # What it does not protect
//! What is true of many: a statistic that holds without you holds with you. Levels, bounds and bins are those
//! of the schema, and must be public. An audit of the release looks at the real records and is not covered.
//!
//! # References
//! McKenna, Miklau and Sheldon 2021, J. Privacy and Confidentiality 11(3), "Winning the NIST contest";
//! McKenna, Sheldon and Miklau 2019, ICML (Private-PGM); Canonne, Kamath and Steinke 2020 (discrete
//! Gaussian, zCDP).

use serde::{Deserialize, Serialize};

use super::cell_rules::CELLS_OF_RULES;
use super::dp::{Accountant, Candidate, Domain, Preparation, Private, Ratio, Records};
use super::graphical::coding::Coding;
use super::graphical::factor::Factor;
use super::graphical::fit::{Fitted, Measurement, Stop, fit};
use super::graphical::query::marginal;
use super::graphical::tree::{JunctionTree, cells};
use super::groundwork::{Groundwork, LARGEST_MODEL, impossible};
use super::private_model::PrivateModel;
use super::{Info, Model, Source, Synthesizer, TakesBudget};
use crate::error::Result;
use crate::random::Seed;

/// A share of the budget for each of the three steps.
const THIRD: f64 = 1.0 / 3.0;

/// The method. Its budget is the run's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Mst {
    /// Bins of a number with more than 128 points, where the schema gives no `edges`. Default: 32.
    pub bins: u32,
    /// Rows of one person that are used, at most: what a person can change grows with it. Default: 1.
    pub rows_per_person: u32,
    /// The share of the budget that buys levels and bounds which are not public. Default: 0, they are refused.
    pub domain_share: f64,
    /// Steps of the fit, at most. Default: 1000.
    pub steps: u32,
}

impl Default for Mst {
    fn default() -> Self {
        Self { bins: 32, rows_per_person: 1, domain_share: 0.0, steps: 1000 }
    }
}

/// What the method is.
pub(super) static INFO: Info = Info {
    id: "mst",
    title: "a tree of noisy two-way marginals",
    method: "measures every one-way marginal and a spanning tree of two-way marginals with exact discrete \
             noise, and draws from the distribution of largest entropy that fits them",
    protects: "every person, whoever attacks and whatever they know: (ε, δ)-differential privacy for adding \
               or removing one person with all their rows",
    exposes: "what is true of many: a statistic that holds without you holds with you; levels, bounds and \
              bins are those of the schema, and an audit of the release is not covered",
    purpose: "releases that leave the house under a formal guarantee",
    budget: TakesBudget::Always,
    references: &[
        "McKenna, Miklau and Sheldon 2021, J. Privacy and Confidentiality 11(3)",
        "McKenna, Sheldon and Miklau 2019, ICML",
        "Canonne, Kamath and Steinke 2020, NeurIPS",
    ],
};

/// Cells of a pair, at most: a larger one would outgrow a model that anybody can fit.
const LARGEST_PAIR: f64 = 1e6;

/// Columns, at most, among which pairs are looked at that close a ring with the rules.
const MOST_RINGED: usize = 32;

/// When a fit ends before its last step.
pub(super) const DECREASE: f64 = 1e-7;

impl Synthesizer for Mst {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn fit(
        &self,
        real: &Source<'_>,
        accountant: &mut Accountant,
        _: Seed,
    ) -> Result<Box<dyn Model>> {
        Ok(Box::new(self.learn(real, accountant)?))
    }
}

impl Mst {
    /// Learns from the real columns, and shows what was measured.
    ///
    /// # Errors
    /// As [`Synthesizer::fit`].
    pub fn learn(&self, real: &Source<'_>, accountant: &mut Accountant) -> Result<PrivateModel> {
        let preparation = Preparation {
            bins: self.bins,
            rows_per_person: self.rows_per_person,
            domain_share: self.domain_share,
        };
        let Groundwork { domain, records, rules, exact } =
            Groundwork::lay(real, preparation, accountant)?;
        let third = accountant.left()? * THIRD;
        let (codings, mut measured) = one_way(&records, &domain, third, accountant)?;
        let sizes: Vec<usize> = codings.iter().map(Coding::size).collect();
        let codes: Vec<Vec<u32>> = codings.iter().map(|coding| coding.codes().to_vec()).collect();
        let records = records.recoded(&codes, sizes.clone());
        let forbidden = rules.forbidden(&domain, &codings, CELLS_OF_RULES);
        let stop = Stop { steps: self.steps as usize, decrease: DECREASE };
        let first = fit(&sizes, &measured, &forbidden, None, stop).ok_or_else(impossible)?;
        let pairs = tree(&records, &first, &forbidden, third, accountant)?;
        let left = accountant.left()?;
        measured.extend(two_way(&records, &pairs, left, accountant)?);
        let fitted =
            fit(&sizes, &measured, &forbidden, Some(&first), stop).ok_or_else(impossible)?;
        let guarantee = accountant.guarantee();
        let (parts, rules) = ((domain, codings), (rules, forbidden));
        Ok(PrivateModel::new(parts, fitted, rules, measured, guarantee).counted_as(exact))
    }
}

/// Measures every one-way marginal with the budget `rho`, and merges what noise hides.
fn one_way(
    records: &Private<Records>,
    domain: &Domain,
    rho: f64,
    accountant: &mut Accountant,
) -> Result<(Vec<Coding>, Vec<Measurement>)> {
    let attributes: Vec<usize> = (0..domain.attributes.len()).collect();
    let variance = records.variance(rho / attributes.len() as f64)?;
    let measure = |attribute: usize| {
        let stage = format!("one-way marginal of {}", domain.attributes[attribute].name);
        let noisy = accountant.measure(&stage, &records.marginal(&[attribute]), variance)?;
        Ok(Coding::of(&Measurement::new(&[attribute], &noisy, variance.value())))
    };
    let measured: Result<Vec<_>> = attributes.into_iter().map(measure).collect();
    Ok(measured?.into_iter().unzip())
}

/// Chooses a spanning tree of pairs with the budget `rho` at most: a forest where the pairs that would join its
/// trees are too large to be measured, or would make the model too large together with the `rules`.
fn tree(
    records: &Private<Records>,
    first: &Fitted,
    rules: &[Factor],
    rho: f64,
    accountant: &mut Accountant,
) -> Result<Vec<Vec<usize>>> {
    let sizes = &first.network.sizes;
    let all = 0..sizes.len();
    let alone: Vec<Vec<f64>> = all
        .clone()
        .map(|attribute| marginal(&first.network, &first.beliefs, &[attribute]).values)
        .collect();
    let small = |pair: &Vec<usize>| cells(sizes, pair.iter().copied()) <= LARGEST_PAIR;
    let pairs = all.clone().flat_map(|one| (one + 1..sizes.len()).map(move |two| vec![one, two]));
    let candidates: Vec<Candidate> = pairs
        .filter(small)
        .map(|attributes| Candidate { attributes, penalty: 0.0, weight: 1 })
        .collect();
    // Under independence: the one-way marginals are all that is known.
    let expected = |pair: &[usize]| {
        let rows = alone[pair[0]].iter().map(|share| share * first.total);
        rows.flat_map(|row| alone[pair[1]].iter().map(move |share| row * share)).collect()
    };
    let scores = records.distances(&candidates, &expected);
    let rounds = sizes.len().saturating_sub(1);
    let epsilon = Ratio::epsilon((8.0 * rho / rounds.max(1) as f64).sqrt());
    let mut trees: Vec<usize> = all.collect();
    let mut growth =
        Growth::of(sizes, rules.iter().map(|table| table.attributes.clone()).collect());
    let mut open: Vec<usize> = (0..candidates.len()).collect();
    let mut chosen = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        // The model only grows: what does not fit now never will.
        open.retain(|&place| {
            let pair = &candidates[place].attributes;
            trees[pair[0]] != trees[pair[1]] && growth.bears(pair)
        });
        let place = match open.as_slice() {
            [] => break,
            // It follows from the choices before, whatever the records are.
            [only] => *only,
            _ => open[accountant.choose("edge of the tree", &scores.among(&open), epsilon)?],
        };
        let pair = &candidates[place].attributes;
        let (from, to) = (trees[pair[0]], trees[pair[1]]);
        trees.iter_mut().filter(|tree| **tree == from).for_each(|tree| *tree = to);
        growth.add(pair.clone());
        chosen.push(pair.clone());
    }
    Ok(chosen)
}

/// How large a model of some sets of attributes is, and would be with one more pair. It depends on sizes alone.
struct Growth<'a> {
    sizes: &'a [usize],
    sets: Vec<Vec<usize>>,
    /// For each attribute a name of all that the sets link it with.
    linked: Vec<usize>,
    cells: f64,
}

impl<'a> Growth<'a> {
    fn of(sizes: &'a [usize], sets: Vec<Vec<usize>>) -> Self {
        let cells = JunctionTree::build(sizes, sets.iter().map(Vec::as_slice)).cells(sizes);
        let mut growth =
            Self { sizes, sets: Vec::new(), linked: (0..sizes.len()).collect(), cells };
        for set in sets {
            growth.link(set);
        }
        growth
    }

    fn link(&mut self, set: Vec<usize>) {
        for pair in set.windows(2) {
            let (from, to) = (self.linked[pair[0]], self.linked[pair[1]]);
            self.linked.iter_mut().filter(|name| **name == from).for_each(|name| *name = to);
        }
        self.sets.push(set);
    }

    fn add(&mut self, pair: Vec<usize>) {
        self.cells = self.with(&pair);
        self.link(pair);
    }

    /// Cells of the model with `pair`, at most.
    fn with(&self, pair: &[usize]) -> f64 {
        let inside = |set: &Vec<usize>| pair.iter().all(|one| set.contains(one));
        if self.linked[pair[0]] != self.linked[pair[1]] {
            return self.cells + cells(self.sizes, pair.iter().copied());
        }
        if self.sets.iter().any(inside) {
            return self.cells;
        }
        if self.sizes.len() > MOST_RINGED {
            return f64::INFINITY;
        }
        let sets = self.sets.iter().map(Vec::as_slice).chain([pair]);
        JunctionTree::build(self.sizes, sets).cells(self.sizes)
    }

    /// Whether the model is small enough with `pair`. One that closes a ring can make large cliques, which may
    /// grow no further than those of rules.
    fn bears(&self, pair: &[usize]) -> bool {
        let alone = |set: &Vec<usize>| cells(self.sizes, set.iter().copied());
        let most = if self.linked[pair[0]] == self.linked[pair[1]] {
            self.cells.max(CELLS_OF_RULES + self.sets.iter().map(alone).sum::<f64>())
        } else {
            LARGEST_MODEL
        };
        self.with(pair) <= most
    }
}

/// Measures the marginals of `pairs` with the budget `rho`.
fn two_way(
    records: &Private<Records>,
    pairs: &[Vec<usize>],
    rho: f64,
    accountant: &mut Accountant,
) -> Result<Vec<Measurement>> {
    let measure = |pair: &Vec<usize>| {
        let variance = records.variance(rho / pairs.len() as f64)?;
        let noisy = accountant.measure("two-way marginal", &records.marginal(pair), variance)?;
        Ok(Measurement::new(pair, &noisy, variance.value()))
    };
    pairs.iter().map(measure).collect()
}

//! AIM: marginals chosen one by one, where the model is worst, under differential privacy.
//!
//! # Method
//! McKenna, Mullins, Sheldon and Miklau 2022, "AIM: An adaptive and iterative mechanism", algorithm 4:
//! 1. every one-way marginal is measured, with 1/(16·d) of the budget for measuring each;
//! 2. round by round the exponential mechanism chooses the marginal r, of at most `degree` columns, with the
//!    largest |r|·(‖M_r − M̂_r‖₁ − √(2/π)·σ·n_r): what the model gets wrong of it, less what noise would add in
//!    its n_r cells, weighted by the share of it in the workload of all marginals of `degree` columns. A
//!    marginal that would make the model too large for the budget spent so far is no candidate;
//! 3. it is measured and the model (Private-PGM) is fitted again. If that changed the marginal by less than
//!    noise would, later rounds get four times the budget;
//! 4. when two rounds would exceed the budget, the last one spends what is left.
//!
//! Nothing depends on the clock.
//!
//! # What it protects
//! As `mst`: every person, whoever attacks and whatever they know.
//!
//! # What it does not protect
//! As `mst`: what is true of many.
//!
//! # References
//! McKenna, Mullins, Sheldon and Miklau 2022, VLDB 15(11), arXiv 2201.12677.

use serde::{Deserialize, Serialize};

use super::cell_rules::CELLS_OF_RULES;
use super::dp::{Accountant, Candidate, Domain, Preparation, Private, Ratio, Records};
use super::graphical::coding::Coding;
use super::graphical::factor::Factor;
use super::graphical::fit::{Fitted, Measurement, Stop, fit};
use super::graphical::query::marginal;
use super::graphical::tree::{JunctionTree, cells};
use super::groundwork::{Groundwork, impossible};
use super::mst::DECREASE;
use super::private_model::PrivateModel;
use super::{Info, Model, Source, Synthesizer, TakesBudget};
use crate::error::{Error, Result};
use crate::random::Seed;

/// The method. Its budget is the run's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Aim {
    /// Bins of a number with more than 128 points, where the schema gives no `edges`. Default: 32.
    pub bins: u32,
    /// Rows of one person that are used, at most: what a person can change grows with it. Default: 1.
    pub rows_per_person: u32,
    /// The share of the budget that buys levels and bounds which are not public. Default: 0, they are refused.
    pub domain_share: f64,
    /// Columns of a marginal, at most: 2 or 3. Default: 2.
    pub degree: u32,
    /// Size of the model in megabytes of 2²⁰ bytes, 8 a cell. Default: 4.
    pub model_size: f64,
    /// Rounds that the budget is planned for, a column. Default: 16.
    pub rounds: u32,
    /// Steps of the last fit, at most. Default: 1000.
    pub steps: u32,
}

impl Default for Aim {
    fn default() -> Self {
        Self {
            bins: 32,
            rows_per_person: 1,
            domain_share: 0.0,
            degree: 2,
            model_size: 4.0,
            rounds: 16,
            steps: 1000,
        }
    }
}

/// What the method is.
pub(super) static INFO: Info = Info {
    id: "aim",
    title: "noisy marginals, chosen where the model is worst",
    method: "measures the marginals that its model gets most wrong, one by one with exact discrete noise, and \
             draws from the distribution of largest entropy that fits them",
    protects: "every person, whoever attacks and whatever they know: (ε, δ)-differential privacy for adding \
               or removing one person with all their rows",
    exposes: "what is true of many: a statistic that holds without you holds with you; levels, bounds and \
              bins are those of the schema, and an audit of the release is not covered",
    purpose: "the most faithful release under a formal guarantee, for up to 64 columns and some minutes",
    budget: TakesBudget::Always,
    references: &["McKenna, Mullins, Sheldon and Miklau 2022, VLDB 15(11)"],
};

/// Columns, at most: beyond, the candidates outgrow what a round can look at.
const COLUMNS: usize = 64;

/// The share of each round that measures; the rest chooses.
const MEASURES: f64 = 0.9;

/// Cells of a megabyte.
const CELLS: f64 = 131_072.0;

/// The share of a model that rules may take.
const RULES: f64 = 0.5;

/// When the fits between rounds end: the next round goes on from there.
const BETWEEN: Stop = Stop { steps: 100, decrease: 1e-4 };

impl Synthesizer for Aim {
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

impl Aim {
    /// Learns from the real columns, and shows what was measured.
    ///
    /// # Errors
    /// As [`Synthesizer::fit`].
    pub fn learn(&self, real: &Source<'_>, accountant: &mut Accountant) -> Result<PrivateModel> {
        self.refuse_senseless(real.columns.len())?;
        let preparation = Preparation {
            bins: self.bins,
            rows_per_person: self.rows_per_person,
            domain_share: self.domain_share,
        };
        let Groundwork { domain, records, rules, exact } =
            Groundwork::lay(real, preparation, accountant)?;
        let codings: Vec<Coding> = domain.sizes().into_iter().map(Coding::identity).collect();
        let most = (RULES * self.model_size * CELLS).min(CELLS_OF_RULES);
        let forbidden = rules.forbidden(&domain, &codings, most);
        let mut run = Run::start(self, &domain, records, &forbidden, accountant)?;
        while run.round(self)? {}
        let Run { model, measured, accountant, .. } = run;
        let guarantee = accountant.guarantee();
        let (parts, rules) = ((domain, codings), (rules, forbidden));
        Ok(PrivateModel::new(parts, model, rules, measured, guarantee).counted_as(exact))
    }

    fn refuse_senseless(&self, columns: usize) -> Result<()> {
        if columns > COLUMNS {
            return Err(Error::Usage(format!(
                "aim: expected at most {COLUMNS} columns, found {columns}: take `mst`"
            )));
        }
        let sensible = matches!(self.degree, 2 | 3)
            && self.rounds > 0
            && self.model_size.is_finite()
            && self.model_size > 0.0;
        if sensible {
            return Ok(());
        }
        Err(Error::Usage(
            "aim: expected a degree of 2 or 3, rounds of at least 1 and a model-size above 0"
                .into(),
        ))
    }

    /// Every set of at most `degree` columns. A set's weight is its size: so many columns of it are in each of
    /// the equally many sets of the workload that hold one of them.
    fn candidates(&self, columns: usize) -> Vec<Candidate> {
        let mut sets: Vec<Vec<usize>> = vec![vec![]];
        let mut all = Vec::new();
        for _ in 0..self.degree {
            let grown = |set: &Vec<usize>| {
                let next = set.last().map_or(0, |last| last + 1);
                let set = set.clone();
                (next..columns).map(move |one| [&set[..], &[one]].concat())
            };
            sets = sets.iter().flat_map(grown).collect();
            all.extend(sets.iter().cloned());
        }
        let weighed = |attributes: Vec<usize>| {
            let weight = u32::try_from(attributes.len()).unwrap_or(1);
            Candidate { attributes, penalty: 0.0, weight }
        };
        all.into_iter().map(weighed).collect()
    }
}

/// A run between two rounds.
struct Run<'a> {
    records: Private<Records>,
    forbidden: &'a [Factor],
    accountant: &'a mut Accountant,
    candidates: Vec<Candidate>,
    sizes: Vec<usize>,
    /// The ρ that the run began with.
    whole: f64,
    /// The ρ that a round measures with, and the one that it chooses with.
    measure: f64,
    choose: f64,
    measured: Vec<Measurement>,
    model: Fitted,
}

impl<'a> Run<'a> {
    /// Measures every one-way marginal.
    fn start(
        aim: &Aim,
        domain: &Domain,
        records: Private<Records>,
        forbidden: &'a [Factor],
        accountant: &'a mut Accountant,
    ) -> Result<Self> {
        let sizes = domain.sizes();
        let whole = accountant.left()?;
        let round = whole / (f64::from(aim.rounds) * sizes.len() as f64);
        let (measure, choose) = (round * MEASURES, round * (1.0 - MEASURES));
        let variance = records.variance(measure)?;
        let mut measured = Vec::with_capacity(sizes.len());
        for (attribute, of) in domain.attributes.iter().enumerate() {
            let stage = format!("one-way marginal of {}", of.name);
            let noisy = accountant.measure(&stage, &records.marginal(&[attribute]), variance)?;
            measured.push(Measurement::new(&[attribute], &noisy, variance.value()));
        }
        let model = fit(&sizes, &measured, forbidden, None, aim.last()).ok_or_else(impossible)?;
        let candidates = aim.candidates(sizes.len());
        Ok(Self {
            records,
            forbidden,
            accountant,
            candidates,
            sizes,
            whole,
            measure,
            choose,
            measured,
            model,
        })
    }

    /// One round; false after the last.
    fn round(&mut self, aim: &Aim) -> Result<bool> {
        let left = self.accountant.left()?;
        let last = left < 2.0 * (self.measure + self.choose);
        if last {
            (self.measure, self.choose) = (left * MEASURES, left * (1.0 - MEASURES));
        }
        let variance = self.records.variance(self.measure)?;
        // What noise adds to the L1 distance, a cell.
        let noise = (2.0 / std::f64::consts::PI * variance.value()).sqrt();
        let Some(chosen) = self.chosen(aim, noise)? else { return Ok(false) };
        let counts = self.records.marginal(&chosen);
        let noisy = self.accountant.measure("chosen marginal", &counts, variance)?;
        self.measured.push(Measurement::new(&chosen, &noisy, variance.value()));
        let stop = if last { aim.last() } else { BETWEEN };
        let before = expected(&self.model, &chosen);
        self.model = fit(&self.sizes, &self.measured, self.forbidden, Some(&self.model), stop)
            .ok_or_else(impossible)?;
        let after = expected(&self.model, &chosen);
        let change: f64 = before.iter().zip(&after).map(|(old, new)| (old - new).abs()).sum();
        if change <= noise * before.len() as f64 {
            self.measure *= 4.0;
            self.choose *= 4.0;
        }
        Ok(!last)
    }

    /// The marginal that is measured next; `None` where all would make the model too large.
    fn chosen(&mut self, aim: &Aim, noise: f64) -> Result<Option<Vec<usize>>> {
        let after = self.whole - self.accountant.left()? + self.measure + self.choose;
        let rules = self.forbidden.iter().map(|table| &table.attributes[..]);
        // Rules are there from the start: the budget spent bears what is added to them.
        let least = match self.forbidden {
            [] => 0.0,
            _ => JunctionTree::build(&self.sizes, rules.clone()).cells(&self.sizes),
        };
        let added = (aim.model_size * CELLS - least).max(0.0);
        let most = least + added * (after / self.whole).min(1.0);
        let sets = self.measured.iter().map(|one| &one.attributes[..]);
        let sets: Vec<&[usize]> = sets.chain(rules).collect();
        let fits = |candidate: &&Candidate| {
            let set = &candidate.attributes[..];
            let inside = self.model.network.tree.holding(set).is_some();
            let grown = || JunctionTree::build(&self.sizes, sets.iter().copied().chain([set]));
            inside || grown().cells(&self.sizes) <= most
        };
        let penalized = |candidate: &Candidate| {
            let cells = cells(&self.sizes, candidate.attributes.iter().copied());
            Candidate { penalty: noise * cells, ..candidate.clone() }
        };
        let open: Vec<Candidate> = self.candidates.iter().filter(fits).map(penalized).collect();
        if open.is_empty() {
            return Ok(None);
        }
        let scores = self.records.distances(&open, &|set| expected(&self.model, set));
        let epsilon = Ratio::epsilon((8.0 * self.choose).sqrt());
        let place = self.accountant.choose("which marginal", &scores, epsilon)?;
        Ok(Some(open[place].attributes.clone()))
    }
}

impl Aim {
    /// When the first and the last fit end.
    fn last(&self) -> Stop {
        Stop { steps: self.steps as usize, decrease: DECREASE }
    }
}

/// The counts of a marginal that the model expects.
fn expected(model: &Fitted, set: &[usize]) -> Vec<f64> {
    let mut table = marginal(&model.network, &model.beliefs, set).values;
    table.iter_mut().for_each(|share| *share *= model.total);
    table
}

//! How much closer released rows lie to training records than to records the generator never saw.
//!
//! # Threat model
//! Anyone who holds the release looks up, for a released row, who is nearest to it. If that is more
//! often a training person than chance explains, rows were made from persons. Data that pass such
//! tests can still be highly vulnerable to membership inference (Yao et al. 2025): a smoke test, whose
//! rules may stop a release and never clear one.
//!
//! # Estimator
//! d = mean over the compared columns of δ, on scales fixed without looking at the release: a number
//! |x − y|/scale up to 1, a category 0 or 1, both missing 0, one missing 1 (Gower 1971).
//! - `distance.share`: each released row gives weight 1 to the nearest record(s) of train and holdout
//!   together, shared equally among ties; persons add up the weight of their records. Value: the share
//!   of all weight on training persons less `n_T`/N, its expectation if the labels of the N persons
//!   are exchangeable given the release. Standard error: the permutation deviation (see `excess`).
//! - `distance.tail-share`: the same over the closest `tails` of the released rows, at least 10 rows (of
//!   fewer even all on train would be chance), all rows tied at the cut included; the cut with the
//!   larger standardized excess is reported.
//! - `distance.dcr`: quantiles of d from a released row to its nearest training record; `distance.nndr`:
//!   of (d1 + 1e−8)/(d2 + 1e−8) over the nearest two. Rounded to two significant digits.
//!
//! Judging reads value − z · error > limit. So that this is a permutation test (persons permuted), the
//! error of the tail, and of the share in sets under 500 or where one person holds over 5 % of the
//! weight, is widened until its normal quantiles at 5, 2.5 and 1 % reach those of the (maximum of the)
//! standardized excess over random permutations. Below 1 % the normal law is extrapolated.
//!
//! # Limits
//! Copies of few persons vanish in the share over all rows: the tail sees them. Few rows in a tail
//! give coarse steps, where the test errs on the side of silence. An excess cannot exceed 1 − `n_T`/N:
//! a small holdout hides much. Where every person is equally near, distance says nothing, and the
//! bounds span the whole range. Distances that differ in rounding only are not tied.
//!
//! # References
//! Gower 1971, Biometrics 27:857. Yao et al. 2025, The DCR Delusion, arXiv 2505.01524. Cochran 1977,
//! Sampling Techniques. Peers: SDMetrics `DCROverfittingProtection`, MOSTLY AI QA.

mod excess;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use self::excess::{Cut, Excess, Labels, worst};
use super::{Attack, Info, Need, parameters};
use crate::audit::{Audit, Progress};
use crate::encode::Joint;
use crate::error::{Error, Result};
use crate::evidence::{Evidence, Measure};
use crate::nearest::{Index, Nearest};
use crate::random::Seed;
use crate::table::Persons;

/// Probabilities of the reported quantiles.
const QUANTILES: [f64; 5] = [0.01, 0.05, 0.25, 0.5, 0.75];

/// Released rows searched at a time, first and at most. Neighbours in a large batch help each other.
const BATCH: (usize, usize) = (1024, 1 << 16);

/// Ties that a batch should hold at most, so that those of a coarse table do not fill the memory.
const TIES: usize = 1 << 24;

/// Rows that a tail has at least.
const FEW: usize = 10;

/// Permutations by default.
const PERMUTATIONS: u32 = 4999;

/// Parameters of the attack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Distance {
    /// The closest rows that `tail-share` looks at, as shares of the release, each in (0, 1].
    /// Default 0.02 and 0.001; a tail has at least 10 rows.
    pub tails: Vec<f64>,
    /// Random permutations of the labels, 999 to 99,999. Default 4,999.
    pub permutations: u32,
}

impl Default for Distance {
    fn default() -> Self {
        Self { tails: vec![0.02, 0.001], permutations: PERMUTATIONS }
    }
}

/// What the attack is.
pub(super) static INFO: Info = Info {
    id: "distance",
    title: "closeness to training records",
    threat_model: "anyone who holds the release and looks up who is nearest to a row",
    needs: &[Need::Holdout],
    references: &["Gower 1971, Biometrics 27:857", "Yao et al. 2025, arXiv 2505.01524"],
    metrics: &["distance.share", "distance.tail-share", "distance.dcr", "distance.nndr"],
};

impl Attack for Distance {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        self.check()?;
        let pool = Pool::new(audit);
        let rows: Vec<usize> = (0..pool.joint.synthetic.rows).collect();
        // 1. The nearest record(s) of every released row.
        let mut near = Near::default();
        let whole = pool.weigh(&rows, |closest, train| near.push(closest, train));
        progress.advance(2);
        // 2. The shares of weight on train, against chance.
        let mut facts = Vec::new();
        if let Some(labels) = pool.labels().filter(|_| whole.rows > 0) {
            let tails = self.tails.iter().map(|&tail| pool.tail(tail, &near.closest, &whole));
            let tails: Vec<Cut> = tails.collect();
            let rounds = (!whole.is_large()).then_some(self.permutations);
            let share = worst(&[whole], labels, rounds, seed.part("share"));
            let tail = worst(&tails, labels, Some(self.permutations), seed.part("tail"));
            let cut = tail.worst.map(|i| format!("closest rows: {} %", self.tails[i] * 100.0));
            facts.push(fact("distance.share", &share, labels, None));
            facts.push(fact("distance.tail-share", &tail, labels, cut));
        }
        progress.advance(2);
        // 3. The distances themselves, at public resolution.
        facts.extend(quantiles("distance.dcr", near.first));
        facts.extend(quantiles("distance.nndr", near.ratio));
        for fact in &mut facts {
            fact.parameters = parameters(self);
            fact.notes.push(format!("compared columns: {}", pool.joint.names.join(", ")));
            fact.caveats.extend(self.caveat());
        }
        Ok(facts)
    }
}

impl Distance {
    fn check(&self) -> Result<()> {
        let tail = |tail: &f64| *tail > 0.0 && *tail <= 1.0;
        let problem = if self.tails.is_empty() || !self.tails.iter().all(tail) {
            "expected one or more tails above 0 and up to 1, shares of the release"
        } else if !(999..=99_999).contains(&self.permutations) {
            "expected 999 to 99,999 permutations"
        } else {
            return Ok(());
        };
        Err(Error::Usage(format!("[attack.distance]: {problem}")))
    }

    /// What a reader must know of parameters that can make the attack see less.
    fn caveat(&self) -> Option<String> {
        let default = Self::default();
        let weaker = self.permutations < default.permutations
            || !default.tails.iter().all(|tail| self.tails.contains(tail));
        weaker.then(|| "its tails or permutations are fewer than the default's".into())
    }
}

/// The real records, ready to be searched, and whose they are.
struct Pool<'a> {
    joint: &'a Joint,
    rows: Index,
    train: &'a Persons,
    holdout: Option<(Index, &'a Persons)>,
}

impl<'a> Pool<'a> {
    fn new(audit: &'a Audit) -> Self {
        let joint = audit.joint();
        let index = |rows| Index::build(rows, &joint.scales);
        let holdout = joint.holdout.as_ref().map(index).zip(audit.holdout_persons.as_ref());
        Self { joint, rows: index(&joint.train), train: &audit.train_persons, holdout }
    }

    /// The persons whose labels can be exchanged, if there are any on both sides.
    fn labels(&self) -> Option<Labels> {
        let (train, holdout) = (self.train.count, self.holdout.as_ref()?.1.count);
        (train > 0 && holdout > 0).then_some(Labels { train, all: train + holdout })
    }

    /// The weight that released `rows` give to each person, train first; `each` is told, row by row,
    /// the distance to the nearest real record and the nearest training records.
    fn weigh(&self, rows: &[usize], mut each: impl FnMut(f64, &Nearest)) -> Cut {
        let holdout = self.holdout.as_ref();
        let persons = self.train.count + holdout.map_or(0, |(_, persons)| persons.count);
        let mut weights = vec![0.0; persons];
        let (mut rest, mut size) = (rows, BATCH.0);
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(size.min(rest.len()));
            let queries = self.joint.synthetic.select(batch);
            let train = self.rows.nearest(&queries, 2, |_, _| false);
            let holdout = holdout.map(|(rows, _)| rows.nearest(&queries, 1, |_, _| false));
            for (i, t) in train.iter().enumerate() {
                let h = holdout.as_ref().map(|found| &found[i]);
                each(self.share_out(t, h, &mut weights), t);
            }
            let ties = train.iter().chain(holdout.iter().flatten()).map(|near| near.ties.len());
            size = (TIES / ties.sum::<usize>().div_ceil(batch.len()).max(1)).clamp(1, BATCH.1);
            rest = after;
        }
        Cut { weights, rows: rows.len() }
    }

    /// Gives weight 1 to the persons of the nearest records, in equal parts a record; the distance.
    fn share_out(&self, train: &Nearest, holdout: Option<&Nearest>, weights: &mut [f64]) -> f64 {
        let least = |near: &Nearest| near.distances.first().copied().unwrap_or(f64::INFINITY);
        let (to_train, to_holdout) = (least(train), holdout.map_or(f64::INFINITY, least));
        let order = to_train.total_cmp(&to_holdout);
        let of = |near: &Nearest, persons: &Persons, first: usize| -> Vec<usize> {
            near.ties.iter().map(|&row| first + persons.of_row[row as usize] as usize).collect()
        };
        let mut nearest = Vec::new();
        if order != Ordering::Greater {
            nearest.extend(of(train, self.train, 0));
        }
        if let (true, Some(near), Some((_, persons))) =
            (order != Ordering::Less, holdout, &self.holdout)
        {
            nearest.extend(of(near, persons, self.train.count));
        }
        let part = 1.0 / nearest.len() as f64;
        nearest.into_iter().for_each(|person| weights[person] += part);
        to_train.min(to_holdout)
    }

    /// The weights of the closest `tail` of the release, [`FEW`] rows or more, with all rows tied at
    /// the cut.
    fn tail(&self, tail: f64, closest: &[f64], whole: &Cut) -> Cut {
        let share = tail.max(FEW as f64 / whole.rows as f64).min(1.0);
        let cut = quantile(closest, share).unwrap_or(f64::INFINITY);
        let rows: Vec<usize> = (0..closest.len()).filter(|&row| closest[row] <= cut).collect();
        if rows.len() == whole.rows {
            return Cut { weights: whole.weights.clone(), rows: whole.rows };
        }
        self.weigh(&rows, |_, _| {})
    }
}

/// Per released row: how near it lies.
#[derive(Default)]
struct Near {
    /// To the nearest real record.
    closest: Vec<f64>,
    /// To the nearest training record.
    first: Vec<f64>,
    /// Nearest over second nearest training record.
    ratio: Vec<f64>,
}

impl Near {
    fn push(&mut self, closest: f64, train: &Nearest) {
        self.closest.push(closest);
        self.first.extend(train.distances.first());
        if let [first, second] = train.distances[..] {
            self.ratio.push((first + 1e-8) / (second + 1e-8));
        }
    }
}

/// The smallest value that at least a share `p` of `values` does not exceed.
fn quantile(values: &[f64], p: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (p * sorted.len() as f64 - 1e-9).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

fn fact(metric: &str, excess: &Excess, labels: Labels, cut: Option<String>) -> Evidence {
    let &Excess { value, standard_error, .. } = excess;
    let measure = Measure::Normal { value, standard_error, range: [-1.0, 1.0] };
    let mut fact = Evidence::whole(metric, measure);
    let expected = labels.expected() * 100.0;
    fact.notes.push(format!("share on train by chance: {expected:.1} %; the value is the excess"));
    fact.notes.extend(cut);
    if excess.worst.is_none() {
        fact.caveats.push("every real person is equally near: distance says nothing here".into());
    }
    fact
}

/// Quantiles over released rows; nothing without rows.
fn quantiles(metric: &str, values: Vec<f64>) -> Option<Evidence> {
    let point = |p: f64| quantile(&values, p).map(|value| [p, two_digits(value)]);
    let quantiles: Option<Vec<[f64; 2]>> = QUANTILES.into_iter().map(point).collect();
    let mut fact = Evidence::whole(metric, Measure::Quantiles { quantiles: quantiles? });
    fact.notes.push("over released rows, to training records; two significant digits".into());
    Some(fact)
}

/// Two significant digits: an exact nearest distance would point at a record.
fn two_digits(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(f64::NAN)
}

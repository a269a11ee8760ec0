//! The distribution whose marginals come closest to noisy ones (Private-PGM: McKenna, Sheldon and Miklau
//! 2019, "Graphical-model based estimation and inference for differential privacy", ICML).
//!
//! Over all distributions p with the total N̂, minimise
//!
//! ```text
//! L(μ) = Σᵢ ‖μᵢ − yᵢ‖² / (2σᵢ²)
//! ```
//!
//! by mirror descent with entropy as its mirror: θ ← θ − a·∇L(μ), where μ = N̂·p_θ by belief propagation. Among
//! equally good distributions it finds the one of largest entropy. A step is taken if it gains at least half
//! of what the gradient promises, and the next one is longer; else it is halved.

use serde::{Deserialize, Serialize};

use super::belief::{Beliefs, Network, Part};
use super::factor::Factor;

/// A noisy marginal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The attributes, in ascending order.
    pub attributes: Vec<usize>,
    /// The noisy counts.
    pub values: Vec<f64>,
    /// The variance of the noise in each of them.
    pub variances: Vec<f64>,
}

impl Measurement {
    /// Noisy `counts` of `attributes`, all with noise of one variance.
    #[must_use]
    pub fn new(attributes: &[usize], counts: &[i64], variance: f64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let values: Vec<f64> = counts.iter().map(|&count| count as f64).collect();
        Self { attributes: attributes.to_vec(), variances: vec![variance; values.len()], values }
    }
}

/// When descent ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// After this many steps.
    pub steps: usize,
    /// When a step lowers the loss by less than this share of it.
    pub decrease: f64,
}

/// A fitted distribution.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// What its cliques are.
    pub network: Network,
    /// Its conditionals and marginals.
    pub beliefs: Beliefs,
    /// One table of potentials for every measured set of attributes.
    pub potentials: Vec<Factor>,
    /// The estimated number of rows N̂.
    pub total: f64,
    /// How many steps descent took.
    pub steps: usize,
    /// The loss it ended with.
    pub loss: f64,
}

/// The first step's length in units of σ²/N̂, the inverse of the largest curvature there can be.
const FIRST: f64 = 2.0;

/// What the step is multiplied by after one that was taken.
const LONGER: f64 = 1.2;

/// Halvings after which no step gains anything that a float resolves.
const HALVINGS: usize = 60;

/// The number of rows as the mean of what every measurement sums to, weighted by the inverse of its
/// variance; at least 1, so that a table of noise alone is one row.
#[must_use]
pub fn total(measurements: &[Measurement]) -> f64 {
    let weigh = |measurement: &Measurement| {
        let weight = 1.0 / measurement.variances.iter().sum::<f64>();
        (weight, weight * measurement.values.iter().sum::<f64>())
    };
    let sums = measurements.iter().map(weigh);
    let (weight, weighted) = sums.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    if weight > 0.0 { (weighted / weight).max(1.0) } else { 1.0 }
}

/// Fits `measurements` over a domain with these `sizes`. Combinations at which a table of `forbidden` is −∞
/// are impossible. Starts from the potentials of `before`, if any.
///
/// `None` when the forbidden combinations leave nothing possible.
#[must_use]
pub fn fit(
    sizes: &[usize],
    measurements: &[Measurement],
    forbidden: &[Factor],
    before: Option<&Fitted>,
    stop: Stop,
) -> Option<Fitted> {
    let total = total(measurements);
    let merged = merge(measurements);
    let sets = merged.iter().map(|one| &one.attributes[..]);
    let sets = sets.chain(forbidden.iter().map(|table| &table.attributes[..]));
    let network = Network::new(sizes, sets);
    let start = |measurement: &Measurement| {
        let attributes = &measurement.attributes;
        let known = before.and_then(|fitted| {
            fitted.potentials.iter().find(|table| table.attributes == *attributes)
        });
        known.cloned().unwrap_or_else(|| Factor::constant(attributes, sizes, 0.0))
    };
    let potentials = merged.iter().map(start).collect();
    let problem = Problem::new(network, &merged, forbidden, total)?;
    problem.descend(potentials, stop)
}

/// Measurements of one set of attributes become one: their mean weighted by inverse variance.
fn merge(measurements: &[Measurement]) -> Vec<Measurement> {
    let mut merged: Vec<Measurement> = Vec::new();
    for measurement in measurements {
        let same = merged.iter_mut().find(|one| one.attributes == measurement.attributes);
        let Some(same) = same else {
            merged.push(measurement.clone());
            continue;
        };
        let others = measurement.values.iter().zip(&measurement.variances);
        let cells = same.values.iter_mut().zip(&mut same.variances).zip(others);
        for ((value, variance), (other, spread)) in cells {
            let joint = 1.0 / (1.0 / *variance + 1.0 / spread);
            *value = joint * (*value / *variance + other / spread);
            *variance = joint;
        }
    }
    merged
}

struct Problem<'a> {
    network: Network,
    measurements: &'a [Measurement],
    parts: Vec<Part>,
    forbidden: Vec<(Part, &'a Factor)>,
    total: f64,
}

/// A distribution with what descent needs to know of it.
struct State {
    potentials: Vec<Factor>,
    beliefs: Beliefs,
    /// N̂ times its marginals, one table a measurement.
    expected: Vec<Vec<f64>>,
    loss: f64,
}

impl<'a> Problem<'a> {
    fn new(
        network: Network,
        measurements: &'a [Measurement],
        forbidden: &'a [Factor],
        total: f64,
    ) -> Option<Self> {
        let parts = measurements.iter().map(|one| network.part(&one.attributes));
        let parts = parts.collect::<Option<_>>()?;
        let forbidden =
            forbidden.iter().map(|table| Some((network.part(&table.attributes)?, table)));
        let forbidden = forbidden.collect::<Option<_>>()?;
        Some(Self { network, measurements, parts, forbidden, total })
    }

    fn descend(self, potentials: Vec<Factor>, stop: Stop) -> Option<Fitted> {
        let mut now = self.state(potentials)?;
        let variances = self.measurements.iter().flat_map(|one| &one.variances);
        let mut step = FIRST * variances.copied().fold(f64::INFINITY, f64::min) / self.total;
        let mut steps = 0;
        while steps < stop.steps && now.loss > 0.0 {
            let Some(next) = self.next(&now, &mut step) else { break };
            steps += 1;
            let decrease = (now.loss - next.loss) / now.loss;
            now = next;
            if decrease < stop.decrease {
                break;
            }
        }
        let State { potentials, beliefs, loss, .. } = now;
        Some(Fitted { network: self.network, beliefs, potentials, total: self.total, steps, loss })
    }

    /// The state after a step that gains enough, and the length of the next in `step`.
    fn next(&self, now: &State, step: &mut f64) -> Option<State> {
        let gradient = self.gradient(now);
        for _ in 0..HALVINGS {
            let next = self.state(moved(&now.potentials, &gradient, *step))?;
            let promised: f64 = gradient
                .iter()
                .zip(now.expected.iter().zip(&next.expected))
                .map(|(slopes, (from, to))| {
                    slopes
                        .iter()
                        .zip(from.iter().zip(to))
                        .map(|(s, (f, t))| s * (f - t))
                        .sum::<f64>()
                })
                .sum();
            if now.loss - next.loss >= 0.5 * promised && promised > 0.0 {
                *step *= LONGER;
                return Some(next);
            }
            *step *= 0.5;
        }
        None
    }

    /// The distribution with these potentials; none where nothing is possible.
    fn state(&self, potentials: Vec<Factor>) -> Option<State> {
        let tables = self.parts.iter().zip(&potentials);
        let rules = self.forbidden.iter().map(|(part, table)| (part, *table));
        let (beliefs, _) = self.network.distribution(tables.chain(rules))?;
        let expected: Vec<Vec<f64>> = self
            .parts
            .iter()
            .zip(self.measurements)
            .map(|(part, measurement)| {
                let mut sums = vec![0.0; measurement.values.len()];
                let cells = beliefs.marginals[part.clique].iter().zip(&part.places);
                cells.for_each(|(mass, &place)| sums[place as usize] += mass);
                sums.iter_mut().for_each(|sum| *sum *= self.total);
                sums
            })
            .collect();
        let loss = self.measurements.iter().zip(&expected).map(|(measurement, expected)| {
            let values = measurement.values.iter().zip(&measurement.variances);
            let cells = values.zip(expected);
            cells.map(|((y, variance), mu)| (mu - y).powi(2) / (2.0 * variance)).sum::<f64>()
        });
        let loss = loss.sum();
        Some(State { potentials, beliefs, expected, loss })
    }

    fn gradient(&self, now: &State) -> Vec<Vec<f64>> {
        let slopes = |(measurement, expected): (&Measurement, &Vec<f64>)| {
            let values = measurement.values.iter().zip(&measurement.variances);
            values.zip(expected).map(|((y, variance), mu)| (mu - y) / variance).collect()
        };
        self.measurements.iter().zip(&now.expected).map(slopes).collect()
    }
}

fn moved(potentials: &[Factor], gradient: &[Vec<f64>], step: f64) -> Vec<Factor> {
    let move_one = |(table, slopes): (&Factor, &Vec<f64>)| {
        let values = table.values.iter().zip(slopes).map(|(value, slope)| value - step * slope);
        Factor { values: values.collect(), ..table.clone() }
    };
    potentials.iter().zip(gradient).map(move_one).collect()
}

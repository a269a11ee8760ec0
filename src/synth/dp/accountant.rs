//! The accountant: the budget that a release may spend, and what has been spent of it.
//!
//! Nothing is measured without it: counts and scores of real records are [`Private`], and only a permit of
//! an accountant opens them, once, with noise of the permitted size. A permit that would overspend is
//! refused. Costs are ρ of zero-concentrated differential privacy, which add up (Bun and Steinke 2016, Lemma
//! 1.7), and are rounded up.
//!
//! | mechanism | cost | |
//! |---|---|---|
//! | discrete Gaussian noise of variance σ² on counts that one person changes by Δ in L2 | ρ = Δ²/(2σ²) | Canonne, Kamath and Steinke 2020, Theorem 4 |
//! | exponential mechanism of ε on scores that one person changes by Δ | ρ = ε²/8 | Cesar and Rogers 2021, Lemma 3.4 |
//! | a threshold above which names found in the data are released | δ besides ρ | see `purchase` |

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::choose::exponential;
use super::convert::{epsilon_of, rho_of};
use super::entropy::Entropy;
use super::noise::{Ratio, discrete_gaussian};
use super::private::{Counts, Keyed, Private, Scores};
use super::purchase::threshold;
use super::round::{down, sum_up, up};
use super::spending::{Spending, Total};
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::synth::Guarantee;
use crate::table::Schema;

/// The largest δ that is granted without asking: above it, releasing one person's record as it is would
/// already be in keeping with δ for tables of 100,000 persons.
pub const LARGEST_DELTA: f64 = 1e-5;

/// The largest ε that is granted: e³⁶ is the largest likelihood ratio that doubles tell from certainty, so that
/// no audit can hold a larger claim against anything.
pub const LARGEST_EPSILON: f64 = 36.0;

/// The share of the budget that is left unplanned, so that costs that are rounded up still fit.
const SLACK: f64 = 1e-12;

/// The budget that a user grants: a release is (ε, δ)-differentially private.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// ε, above 0 and at most [`LARGEST_EPSILON`].
    pub epsilon: f64,
    /// δ, above 0 and below 1.
    pub delta: f64,
}

impl Budget {
    /// A budget of `epsilon` and `delta`.
    ///
    /// # Errors
    /// [`Error::Usage`] unless 0 < ε ≤ [`LARGEST_EPSILON`] and 0 < δ ≤ [`LARGEST_DELTA`].
    pub fn new(epsilon: f64, delta: f64) -> Result<Self> {
        if !(epsilon.is_finite() && epsilon > 0.0) {
            return Err(Error::Usage(format!(
                "epsilon: expected a finite number above 0, found {epsilon}"
            )));
        }
        if epsilon > LARGEST_EPSILON {
            return Err(Error::Usage(format!(
                "epsilon: expected at most {LARGEST_EPSILON}, found {epsilon}: a larger one promises \
                 nothing that an audit could contradict"
            )));
        }
        if !(delta > 0.0 && delta < 1.0) {
            return Err(Error::Usage(format!(
                "delta: expected a number above 0 and below 1, found {delta}"
            )));
        }
        if delta > LARGEST_DELTA {
            return Err(Error::Usage(format!(
                "delta: expected at most {LARGEST_DELTA:e}, far below one in the number of persons, \
                 found {delta:e}: with such a δ a mechanism may release some records as they are"
            )));
        }
        Ok(Self { epsilon, delta })
    }

    /// The same, with a δ below one in a number of persons that is known to the public.
    ///
    /// # Errors
    /// [`Error::Usage`] when δ is not below it.
    pub fn for_persons(self, at_most: u64) -> Result<Self> {
        #[expect(clippy::cast_precision_loss, reason = "a bound of a bound")]
        let bound = 1.0 / at_most as f64;
        if self.delta < bound {
            return Ok(self);
        }
        Err(Error::Usage(format!(
            "delta: expected less than one in {at_most} persons ({bound:e}), found {:e}",
            self.delta
        )))
    }
}

/// One line of the ledger: what one step of a method has spent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// The step of the method, such as `one-way marginals`.
    pub stage: String,
    /// What drew the noise, such as `discrete gaussian`.
    pub mechanism: String,
    /// How much one person changes what is measured: in L2 for counts, at most for scores.
    pub sensitivity: f64,
    /// The size of the noise: the variance of a Gaussian, the ε of an exponential mechanism; exact, as a
    /// fraction.
    pub scale: String,
    /// How many numbers were measured, or candidates chosen from.
    pub cells: u64,
    /// The budget spent in zero-concentrated differential privacy, ρ.
    pub rho: f64,
    /// What the step adds to δ.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub delta: f64,
}

fn is_nothing(delta: &f64) -> bool {
    *delta <= 0.0
}

impl Entry {
    /// ρ computed again from what the entry says of its mechanism; `None` when it cannot be.
    #[must_use]
    pub fn replay(&self) -> Option<f64> {
        let (over, under) = self.scale.split_once('/')?;
        let scale = Ratio { numerator: over.parse().ok()?, denominator: under.parse().ok()? };
        match self.mechanism.as_str() {
            GAUSSIAN => Some(gaussian_cost(self.sensitivity, scale)),
            EXPONENTIAL => Some(exponential_cost(scale)),
            _ => None,
        }
    }
}

const GAUSSIAN: &str = "discrete gaussian";
const EXPONENTIAL: &str = "exponential mechanism";

/// ρ = Δ²/(2σ²), rounded up.
fn gaussian_cost(sensitivity: f64, variance: Ratio) -> f64 {
    up(up(sensitivity * sensitivity) / down(2.0 * variance.value()))
}

/// ρ = ε²/8, rounded up.
fn exponential_cost(epsilon: Ratio) -> f64 {
    up(up(epsilon.value() * epsilon.value()) / 8.0)
}

/// What may be spent and what has been. A method without a guarantee leaves it alone.
#[derive(Default)]
pub struct Accountant {
    budget: Option<Budget>,
    entries: Vec<Entry>,
    /// The δ set aside for thresholds.
    threshold_delta: f64,
    source: Source,
    planted: Planted,
    /// Which tables are neighbours.
    relation: String,
    spending: Option<Spending>,
    /// What all syntheses of the source have spent, this one included, once it is on record.
    total: Option<Total>,
}

/// Where noise comes from.
#[derive(Default)]
enum Source {
    /// The system, opened when the first noise is drawn.
    #[default]
    System,
    Open(Box<Entropy>),
    /// A seed: no privacy.
    Seeded(Box<Entropy>),
}

/// Bugs that a test plants to see whether an audit finds them. Noise must come from a seed for them, so that no
/// guarantee is ever stated of what they make.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planted {
    /// The variance of all noise is divided by this: 4 halves the noise, the number of marginals is the √d
    /// that somebody forgot.
    pub variance_divided_by: u32,
    /// The number of rows is the exact one.
    pub exact_rows: bool,
    /// Categories that the schema does not list become levels of the release.
    pub domain_from_data: bool,
}

impl Default for Planted {
    fn default() -> Self {
        Self { variance_divided_by: 1, exact_rows: false, domain_from_data: false }
    }
}

/// Marks the right to Gaussian noise.
pub(super) struct Gaussian;

/// Marks the right to one choice.
pub(super) struct Exponential;

/// The right to one use of the mechanism `M`, paid for. Only an accountant makes one, and use uses it up.
pub(super) struct Permit<'a, M> {
    entropy: &'a mut Entropy,
    scale: Ratio,
    mechanism: PhantomData<M>,
}

impl Permit<'_, Gaussian> {
    /// Adds noise to every number.
    pub(super) fn noised(self, exact: &[i64]) -> Result<Vec<i64>> {
        let Self { entropy, scale, .. } = self;
        let noised = |count: &i64| {
            let noise = discrete_gaussian(entropy, scale)?;
            Ok(count.saturating_add(noise))
        };
        exact.iter().map(noised).collect()
    }
}

impl Permit<'_, Exponential> {
    /// Chooses one of the scores.
    pub(super) fn chosen(self, scores: &[i64], sensitivity: u64) -> Result<usize> {
        exponential(self.entropy, scores, sensitivity, self.scale)
    }
}

impl Accountant {
    /// An accountant with nothing to spend, for methods without a guarantee.
    #[must_use]
    pub fn without_budget() -> Self {
        Self::default()
    }

    /// An accountant that may spend `budget`, on noise keyed by the operating system.
    #[must_use]
    pub fn with_budget(budget: Budget) -> Self {
        Self { budget: Some(budget), ..Self::default() }
    }

    /// The same, on noise from a seed: **no guarantee is stated of anything made with it**. For tests, and
    /// for audits, which repeat runs and release nothing.
    #[must_use]
    pub fn seeded(budget: Budget, seed: Seed) -> Self {
        let source = Source::Seeded(Box::new(Entropy::seeded(seed)));
        Self { budget: Some(budget), source, ..Self::default() }
    }

    /// The same with planted bugs.
    #[doc(hidden)]
    #[must_use]
    pub fn faulty(budget: Budget, seed: Seed, planted: Planted) -> Self {
        Self { planted, ..Self::seeded(budget, seed) }
    }

    /// The bugs it was made with.
    #[doc(hidden)]
    #[must_use]
    pub fn planted(&self) -> Planted {
        self.planted
    }

    /// The same, and what it spends is on record at `spending` before any noise is drawn.
    #[must_use]
    pub fn recorded(self, spending: Spending) -> Self {
        Self { spending: Some(spending), ..self }
    }

    /// What a model may hold of `schema`: under a budget nothing that was read from the data.
    #[must_use]
    pub fn tellable(&self, schema: &Schema) -> Schema {
        if self.budget.is_some() { schema.without_data() } else { schema.clone() }
    }

    /// What may be spent; `None` where no budget was granted.
    #[must_use]
    pub fn budget(&self) -> Option<Budget> {
        self.budget
    }

    /// What has been spent, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What all syntheses of the source have spent together, where that is on record.
    #[must_use]
    pub fn total(&self) -> Option<Total> {
        self.total
    }

    /// The ρ that is left to plan with.
    ///
    /// # Errors
    /// [`Error::Usage`] without a budget.
    pub fn left(&self) -> Result<f64> {
        Ok((self.limit()? - self.spent()).max(0.0) * (1.0 - SLACK))
    }

    /// Says which tables are neighbours: those that differ in one person, of whom at most `most` rows are used,
    /// or in one row where the table does not tell persons apart.
    ///
    /// # Errors
    /// [`Error::Usage`] without a budget.
    pub(super) fn use_rows(&mut self, most: u32, persons: bool) -> Result<()> {
        self.limit()?;
        self.relation = match (persons, most) {
            (false, 1) => "add or remove one person, who is one row".to_owned(),
            (_, most) => format!(
                "add or remove one person with all their rows, of which at most {most} are used"
            ),
        };
        Ok(())
    }

    /// Sets a share of δ aside for thresholds, before anything is spent, and gives it.
    ///
    /// # Errors
    /// [`Error::Usage`] without a budget, or when something has been spent.
    pub fn set_aside(&mut self, share: f64) -> Result<f64> {
        let budget = self.budget.ok_or_else(no_budget)?;
        if !self.entries.is_empty() {
            return Err(Error::Usage("δ is set aside before anything is spent".into()));
        }
        self.threshold_delta = budget.delta * share.clamp(0.0, 0.9);
        Ok(self.threshold_delta)
    }

    /// Counts with discrete Gaussian noise of this `variance` on each.
    ///
    /// # Errors
    /// [`Error::Usage`] when the budget does not bear it; when the cost cannot be put on record.
    pub fn measure(
        &mut self,
        stage: &str,
        counts: &Private<Counts>,
        variance: Ratio,
    ) -> Result<Vec<i64>> {
        let sensitivity = counts.sensitivity();
        let entry = Entry {
            stage: stage.to_owned(),
            mechanism: GAUSSIAN.to_owned(),
            sensitivity,
            scale: format!("{}/{}", variance.numerator, variance.denominator),
            cells: counts.cells() as u64,
            rho: gaussian_cost(sensitivity, variance),
            delta: 0.0,
        };
        let divided = u128::from(self.planted.variance_divided_by.max(1));
        let drawn = Ratio { denominator: variance.denominator * divided, ..variance };
        counts.noised(self.permit(entry, drawn)?)
    }

    /// The names whose counts, with noise of this `variance`, reach the threshold that costs `delta`.
    ///
    /// # Errors
    /// [`Error::Usage`] when the budget or the δ that was set aside does not bear it; when the cost cannot be
    /// put on record.
    pub(super) fn discover(
        &mut self,
        stage: &str,
        keyed: &Private<Keyed>,
        variance: Ratio,
        delta: f64,
    ) -> Result<Vec<Box<str>>> {
        let sensitivity = keyed.sensitivity();
        let threshold = threshold(sensitivity, variance.value(), delta);
        let entry = Entry {
            stage: stage.to_owned(),
            mechanism: GAUSSIAN.to_owned(),
            sensitivity,
            scale: format!("{}/{}", variance.numerator, variance.denominator),
            // How many there are is nobody's business.
            cells: 0,
            rho: gaussian_cost(sensitivity, variance),
            delta,
        };
        keyed.above(self.permit(entry, variance)?, threshold)
    }

    /// The place of a score, chosen by the exponential mechanism with this `epsilon`.
    ///
    /// # Errors
    /// [`Error::Usage`] when the budget does not bear it; when the cost cannot be put on record.
    pub fn choose(
        &mut self,
        stage: &str,
        scores: &Private<Scores>,
        epsilon: Ratio,
    ) -> Result<usize> {
        #[expect(clippy::cast_precision_loss, reason = "shown, not reckoned with")]
        let entry = Entry {
            stage: stage.to_owned(),
            mechanism: EXPONENTIAL.to_owned(),
            sensitivity: scores.sensitivity() as f64,
            scale: format!("{}/{}", epsilon.numerator, epsilon.denominator),
            cells: scores.count() as u64,
            rho: exponential_cost(epsilon),
            delta: 0.0,
        };
        scores.chosen(self.permit(entry, epsilon)?)
    }

    /// What is proven of everything that was made with what has been measured.
    #[must_use]
    pub fn guarantee(&self) -> Guarantee {
        match (self.budget, &self.source) {
            (None, _) => Guarantee::None { reason: "no budget was granted".into() },
            (Some(_), Source::Seeded(_)) => {
                Guarantee::None { reason: "none (seeded): its noise came from a seed".into() }
            }
            (Some(budget), _) => {
                let rho = self.spent();
                Guarantee::ZeroConcentrated {
                    rho,
                    delta: budget.delta,
                    epsilon: epsilon_of(rho, down(budget.delta - self.threshold_delta)),
                    relation: self.relation.clone().into(),
                }
            }
        }
    }

    /// The ρ that the budget buys.
    fn limit(&self) -> Result<f64> {
        let budget = self.budget.ok_or_else(no_budget)?;
        Ok(rho_of(budget.epsilon, down(budget.delta - self.threshold_delta)))
    }

    fn spent(&self) -> f64 {
        sum_up(self.entries.iter().map(|entry| entry.rho))
    }

    /// Puts the whole budget on record, then the entry, and only then lets noise be drawn.
    fn permit<M>(&mut self, entry: Entry, scale: Ratio) -> Result<Permit<'_, M>> {
        let limit = self.limit()?;
        let after = sum_up(self.entries.iter().map(|entry| entry.rho).chain([entry.rho]));
        let deltas = sum_up(self.entries.iter().map(|entry| entry.delta).chain([entry.delta]));
        if !(after <= limit && deltas <= up(self.threshold_delta)) {
            return Err(Error::Usage(format!(
                "the budget does not bear `{}`: nothing was drawn for it",
                entry.stage
            )));
        }
        self.put_on_record(limit)?;
        self.entries.push(entry);
        if let Source::System = self.source {
            self.source = Source::Open(Box::new(Entropy::system()?));
        }
        match &mut self.source {
            Source::Open(entropy) | Source::Seeded(entropy) => {
                Ok(Permit { entropy, scale, mechanism: PhantomData })
            }
            Source::System => Err(no_budget()),
        }
    }

    /// The whole ρ of the budget counts as spent from the first draw on, whatever becomes of the run.
    fn put_on_record(&mut self, rho: f64) -> Result<()> {
        if let (Some(budget), Some(spending), None) = (self.budget, &self.spending, self.total) {
            self.total = Some(spending.charge(budget, rho, self.threshold_delta)?);
        }
        Ok(())
    }
}

fn no_budget() -> Error {
    Error::Usage(
        "a private method needs a budget: name --epsilon and --delta, as in --epsilon 1 --delta 1e-6"
            .into(),
    )
}

#[cfg(test)]
mod tests;

//! The catalogue: id, title, unit, range, direction, meaning and source of every metric, and the
//! glossary behind `explain`. Imports nothing of this crate; attacks, policies, reports and the CLI
//! read it. The set of metrics is closed: a name that is not here is a typo.

mod catalogue;
mod glossary;

pub use catalogue::metrics;
pub use glossary::{GLOSSARY, Term};

/// One metric of the catalogue.
#[derive(Debug, PartialEq)]
pub struct Metric {
    /// `attack.metric`, kebab-case: the same string in TOML, JSON, reports and `explain`.
    pub id: &'static str,
    /// A few words for a table heading.
    pub title: &'static str,
    /// What one unit of the value is.
    pub unit: Unit,
    /// Smallest and largest possible value.
    pub range: (f64, f64),
    /// Which way is worse for the people in the data.
    pub direction: Direction,
    /// The shapes of evidence that can carry this metric; any other shape is unreadable.
    pub shapes: &'static [Shape],
    /// Whether the value is a contrast with a holdout, so that a sound control is required.
    pub contrast: bool,
    /// Whether a difference of this metric clears nothing unless its positive control shows that the
    /// attack succeeds on planted leaks more often than on the control. (Measures that rest on a
    /// detector always need this.) Of guesses: whether they are read against a claimed ε.
    pub calibrated: bool,
    /// Whether a small value shows nothing, so that a rule on it may stop a release and never helps to clear one: an
    /// average, a smoke test, or a measure that does not ask what its attack would have missed.
    pub stops_only: bool,
    /// Whether it says what the release is good for and nothing of anyone's exposure; such a metric `stops_only`.
    pub utility: bool,
    /// Whether a person may waive a rule on it. Exact copies, identifiers and controls never are.
    pub waivable: bool,
    /// What it measures, in one sentence for a person who is not a statistician.
    pub meaning: &'static str,
    /// Why it matters when the limit is not met.
    pub matters: &'static str,
    /// What the number takes for granted.
    pub assumes: &'static str,
    /// Paper, statute or guideline.
    pub reference: &'static str,
}

/// What one unit of a metric's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A share between 0 and 1; limits are written "0.04%" or with `unit = "fraction"`.
    Fraction,
    /// A number of things; limits are whole numbers.
    Count,
    /// A natural logarithm of a likelihood ratio, the unit of ε; limits are plain numbers.
    Nats,
    /// A number without a unit, such as a ratio to what chance explains; limits are plain numbers.
    Number,
}

/// Which way is worse for the people in the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Larger values leak more: rules use `lt`, `le` or `eq`.
    LowerIsSafer,
    /// Smaller values leak more: rules use `gt` or `ge`.
    HigherIsSafer,
}

/// The shape of the sufficient statistics of a metric (see `evidence::Measure`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A counted rate.
    Rate,
    /// A rate seen through a detector of known sensitivity.
    Detected,
    /// Treated against control counts.
    Difference,
    /// A value with a standard error.
    Normal,
    /// The true positive rate at a point of a ROC curve.
    Roc,
    /// The share of exposed persons behind that rate, seen through a detector of known sensitivity.
    Exposed,
    /// Members and non-members taken for members: a lower limit of a log-likelihood ratio, never an upper one.
    LogOdds,
    /// Guesses about coins: a lower limit of ε and no estimate of it.
    Guesses,
    /// A value without sampling error.
    Exact,
    /// Quantiles of a distribution: information, never judged.
    Quantiles,
}

/// The metric called `id`.
#[must_use]
pub fn metric(id: &str) -> Option<&'static Metric> {
    metrics().find(|metric| metric.id == id)
}

/// The glossary entry for `word`, by its name or one of its other names, ignoring case.
#[must_use]
pub fn term(word: &str) -> Option<&'static Term> {
    let word = word.to_lowercase().replace([' ', '_'], "-");
    GLOSSARY.iter().find(|term| term.word == word || term.also.contains(&word.as_str()))
}

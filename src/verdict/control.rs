//! Is the control sound? Asked before any contrast is read: a holdout that the generator has seen,
//! or that shares persons with train, makes every number small.

use serde::Serialize;

use crate::evidence::{Count, Evidence, Measure, Scope};
use crate::policy::words;
use crate::stats::{binomial_upper_tail, fisher_greater};

/// Significance at which a control is refused.
const ALPHA: f64 = 0.01;

words! {
    /// Whether the holdout can serve as a control.
    Control {
        /// Tested, and nothing spoke against it.
        Sound = "sound",
        /// The generator has seen it, or it shares persons with train.
        Contaminated = "contaminated",
        /// It is not a sample of the same population.
        NotExchangeable = "not-exchangeable",
        /// There is none, it was not tested, or it is too small for any test to reject.
        Untested = "untested",
    }
}

/// One test of the control.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ControlTest {
    /// One-sided p-value; `None` when it could not be computed.
    pub p: Option<f64>,
}

impl ControlTest {
    /// Whether the test speaks against the control; a p-value that is missing or NaN does.
    #[must_use]
    pub fn rejects(self) -> bool {
        self.p.and_then(|p| p.partial_cmp(&ALPHA)) != Some(std::cmp::Ordering::Greater)
    }
}

/// Reads the control's tests from the facts; all must be there for the control to be sound.
pub(super) fn assess(facts: &[Evidence]) -> Control {
    let overlap = counts(facts, "control.overlap")
        .map(|(h, t)| fisher_greater(h.successes, h.trials, t.successes, t.trials));
    let contamination = counts(facts, "control.contamination").map(|(released, real)| {
        binomial_upper_tail(released.successes, released.successes + real.successes, 0.5)
    });
    let exchangeability = permutation(facts, "control.exchangeability");
    match (overlap, contamination, exchangeability) {
        _ if !could_reject(facts) => Control::Untested,
        (Some(overlap), Some(contamination), exchangeability) => {
            let rejects = |p| ControlTest { p }.rejects();
            match exchangeability {
                _ if rejects(overlap) || rejects(contamination) => Control::Contaminated,
                Some(p) if rejects(Some(p)) => Control::NotExchangeable,
                Some(_) => Control::Sound,
                None => Control::Untested,
            }
        }
        _ => Control::Untested,
    }
}

/// The p-value of a permutation test: relabellings at least as extreme as the truth, of all; nothing if
/// they are so few that the test could not reject.
fn permutation(facts: &[Evidence], metric: &str) -> Option<f64> {
    let fact = facts.iter().find(|fact| fact.metric == metric && fact.scope == Scope::All)?;
    fact.check().ok()?;
    match fact.measure {
        Measure::Rate { successes, trials, .. } if trials as f64 * ALPHA >= 1.0 => {
            Some(successes / trials as f64)
        }
        _ => None,
    }
}

/// Whether the contamination test would reject if the release held every holdout person and train none
/// of them: with fewer than seven persons it never does, and a test that cannot reject shows nothing.
fn could_reject(facts: &[Evidence]) -> bool {
    let persons = counts(facts, "control.contamination").map_or(0, |(released, _)| released.trials);
    ControlTest { p: binomial_upper_tail(persons, persons, 0.5) }.rejects() && persons > 0
}

fn counts(facts: &[Evidence], metric: &str) -> Option<(Count, Count)> {
    let fact = facts.iter().find(|fact| fact.metric == metric && fact.scope == Scope::All)?;
    fact.check().ok()?;
    match fact.measure {
        Measure::Difference { treated, control, .. } => Some((treated, control)),
        _ => None,
    }
}

//! The ledger of a release, added up and converted anew by code that is not the accountant's.

use crate::evidence::{Evidence, Measure};
use crate::stats::concentrated_epsilon;
use crate::synth::Claim;
use crate::synth::dp::Entry;

/// Differences below this share of the claim are rounding: the accountant rounds every step to the safe side.
const ROUNDING: f64 = 1e-9;

/// By how much the ε that the entries add up to exceeds the claimed one. `None` for an empty ledger, from which
/// nothing follows, and for costs that are none.
pub(super) fn replay(ledger: &[Entry], claim: Claim) -> Option<Evidence> {
    let costs = ledger.iter().map(|entry| entry.rho);
    let possible = |rho: f64| rho >= 0.0 && rho.is_finite();
    if ledger.is_empty() || !costs.clone().all(possible) {
        return None;
    }
    let rho: f64 = costs.sum();
    let excess = concentrated_epsilon(rho, claim.delta)? - claim.epsilon;
    let excess = if excess.abs() <= ROUNDING * claim.epsilon { 0.0 } else { excess };
    let mut fact = Evidence::whole("dp-audit.ledger-excess", Measure::Exact { value: excess });
    let stage =
        |entry: &Entry| format!("{}: ρ = {:.6e} ({})", entry.stage, entry.rho, entry.mechanism);
    fact.notes.push(format!("ρ = {rho:.6e} in {} steps", ledger.len()));
    fact.notes.extend(ledger.iter().map(stage));
    Some(fact)
}

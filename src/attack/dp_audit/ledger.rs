//! The ledger of a release, added up and converted anew by code that is not the accountant's.

use crate::evidence::{Evidence, Measure};
use crate::stats::concentrated_epsilon;
use crate::synth::Claim;
use crate::synth::dp::Entry;

/// Differences below this share of the claim are rounding: the accountant rounds every step to the safe side.
const ROUNDING: f64 = 1e-9;

/// By how much the ε that the entries add up to exceeds the claimed one. What an entry costs is the larger of
/// what it says and what follows from its noise; what it adds to δ is taken off the claimed δ first. `None` for an
/// empty ledger, from which nothing follows, and for costs that are none.
pub(super) fn replay(ledger: &[Entry], claim: Claim) -> Option<Evidence> {
    let costs: Option<Vec<f64>> = ledger.iter().map(cost).collect();
    let rho: f64 = costs.filter(|costs| !costs.is_empty())?.iter().sum();
    let delta = claim.delta - ledger.iter().map(|entry| entry.delta).sum::<f64>();
    let excess = concentrated_epsilon(rho, delta)? - claim.epsilon;
    let excess = if excess.abs() <= ROUNDING * claim.epsilon { 0.0 } else { excess };
    let mut fact = Evidence::whole("dp-audit.ledger-excess", Measure::Exact { value: excess });
    fact.notes.push(format!("ρ = {rho:.6e} in {} steps", ledger.len()));
    let unknown = ledger.iter().filter(|entry| derived(entry).is_none()).count();
    if unknown > 0 {
        fact.caveats.push(format!(
            "the cost of {unknown} of {} steps is taken from the ledger as it stands there: their mechanism \
             is not known here",
            ledger.len()
        ));
    }
    Some(fact)
}

/// What a step cost, at least; nothing where that cannot be.
fn cost(entry: &Entry) -> Option<f64> {
    let possible = |rho: f64| rho >= 0.0 && rho.is_finite();
    let derived = derived(entry).unwrap_or(entry.rho);
    let sound = possible(entry.rho) && possible(derived) && entry.delta >= 0.0;
    sound.then_some(entry.rho.max(derived))
}

/// ρ = Δ²/(2σ²) of Gaussian noise (Canonne, Kamath, Steinke 2020, Theorem 4), ρ = ε²/8 of an exponential
/// mechanism (Cesar, Rogers 2021, Lemma 3.4); NaN where the noise is none. `None` for any other mechanism.
fn derived(entry: &Entry) -> Option<f64> {
    let scale = scale(&entry.scale).unwrap_or(f64::NAN);
    let noise = scale > 0.0 && scale.is_finite() && entry.sensitivity > 0.0;
    let rho = match entry.mechanism.as_str() {
        "discrete gaussian" => entry.sensitivity.powi(2) / (2.0 * scale),
        "exponential mechanism" => scale.powi(2) / 8.0,
        _ => return None,
    };
    Some(if noise { rho } else { f64::NAN })
}

/// A fraction as it is written in a ledger.
fn scale(text: &str) -> Option<f64> {
    let (over, under) = text.split_once('/')?;
    Some(over.parse::<f64>().ok()? / under.parse::<f64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(mechanism: &str, scale: &str, rho: f64) -> Entry {
        Entry {
            stage: "a step".into(),
            mechanism: mechanism.into(),
            sensitivity: 1.0,
            scale: scale.into(),
            cells: 2,
            rho,
            delta: 0.0,
        }
    }

    fn excess(ledger: &[Entry]) -> Option<f64> {
        let claim = Claim { epsilon: 1.0, delta: 1e-5 };
        match replay(ledger, claim)?.measure {
            Measure::Exact { value } => Some(value),
            other => panic!("{other:?}"),
        }
    }

    /// (1, 1e−5) buys ρ = 0.0305565952: half of it as noise of variance 1/ρ = 32.72615…, half as a choice of
    /// ε = √(4ρ) = 0.349608…, rounded so that both cost a little less.
    #[test]
    fn a_ledger_that_adds_up_is_not_in_excess() {
        let gaussian = entry("discrete gaussian", "3272617/100000", 0.015_278_296);
        let chosen = entry("exponential mechanism", "349608/1000000", 0.015_278_290);
        let found = excess(&[gaussian, chosen]).unwrap();
        assert!(found <= 0.0 && found > -1e-5, "{found}");
    }

    /// A scale that is none costs nobody knows what, and not what the entry says.
    #[test]
    fn noise_that_is_none_adds_up_to_nothing_known() {
        for scale in ["nan/1", "-8/1", "0/1", "8", "", "inf/1", "1/0", "8/x"] {
            for mechanism in ["discrete gaussian", "exponential mechanism"] {
                assert!(excess(&[entry(mechanism, scale, 0.0)]).is_none(), "{mechanism} {scale}");
            }
        }
        let nothing = Entry { sensitivity: 0.0, ..entry("discrete gaussian", "8/1", 0.0) };
        assert!(excess(&[nothing]).is_none());
    }

    /// Noise that is too small for what the entry says it costs, and a second step, exceed the claim.
    #[test]
    fn what_follows_from_the_noise_counts() {
        let understated = entry("discrete gaussian", "8/1", 0.015);
        assert!(excess(std::slice::from_ref(&understated)).unwrap() > 0.4, "ρ is 1/16");
        let fine = || entry("discrete gaussian", "40/1", 0.0125);
        assert!(excess(&[fine(), fine()]).unwrap() < 0.0);
        assert!(excess(&[fine(), fine(), fine()]).unwrap() > 0.0);
        let thresholds = Entry { delta: 9e-6, ..fine() };
        assert!(excess(&[thresholds, fine()]).unwrap() > excess(&[fine(), fine()]).unwrap());
    }

    #[test]
    fn an_empty_or_impossible_ledger_is_no_evidence() {
        assert!(excess(&[]).is_none());
        for rho in [-0.1, f64::NAN, f64::INFINITY] {
            assert!(excess(&[entry("discrete gaussian", "40/1", rho)]).is_none(), "{rho}");
        }
        assert!(
            excess(&[Entry { delta: 1e-5, ..entry("discrete gaussian", "40/1", 0.01) }]).is_none()
        );
        let unknown = replay(&[entry("laplace", "1/1", 0.01)], Claim { epsilon: 1.0, delta: 1e-5 });
        assert!(unknown.unwrap().caveats[0].contains("1 of 1 steps"));
    }
}

//! From the manifest of a release to the claims that evidence repeats.

use crate::evidence::{Claim, ClaimedPrivacy};
use crate::synth::{Guarantee, Manifest, RealDataAccess};

/// What a manifest claims.
#[must_use]
pub fn statement(manifest: &Manifest) -> Claim {
    let privacy = match &manifest.guarantee {
        Guarantee::None { .. } => None,
        Guarantee::ZeroConcentrated { rho, delta, epsilon, relation } => Some(ClaimedPrivacy {
            epsilon: *epsilon,
            delta: *delta,
            rho: *rho,
            relation: relation.to_string(),
        }),
    };
    Claim {
        method: manifest.method.clone(),
        real_data_access: manifest.real_data_access == RealDataAccess::Read,
        privacy,
        // Noise was paid for, and yet nothing is proven: that is so of noise from a seed alone.
        seeded_noise: matches!(manifest.guarantee, Guarantee::None { .. })
            && !manifest.ledger.is_empty(),
        altered_marginals: manifest.altered_marginals.clone(),
    }
}

//! What the maker of a release claims of it: taken from its manifest, and not measured here.

use serde::{Deserialize, Serialize};

/// The claims of a manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Claim {
    /// The id of the method.
    pub method: String,
    /// Whether records of real people were read to make it.
    pub real_data_access: bool,
    /// The differential privacy that is claimed.
    #[serde(deserialize_with = "Option::deserialize")]
    pub privacy: Option<ClaimedPrivacy>,
    /// Whether noise was drawn for it from a seed: whoever knows or guesses the seed can take it off again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub seeded_noise: bool,
    /// Columns whose distribution was changed on purpose: their fidelity is no fault of the method.
    pub altered_marginals: Vec<String>,
}

/// Differential privacy as it is claimed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClaimedPrivacy {
    /// ε.
    pub epsilon: f64,
    /// δ.
    pub delta: f64,
    /// ρ of zero-concentrated differential privacy.
    pub rho: f64,
    /// Which tables are neighbours.
    pub relation: String,
}

impl Claim {
    /// The claims in sentences that say whose they are.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let access =
            if self.real_data_access { "from real records" } else { "without any real record" };
        let mut sentences =
            vec![format!("Made by `{}` {access}, as its manifest claims.", self.method)];
        if let Some(privacy) = &self.privacy {
            sentences.push(format!(
                "Its manifest claims ({}, {})-differential privacy ({}), which bounds the method and covers \
                 none of the figures here.",
                privacy.epsilon, privacy.delta, privacy.relation
            ));
        }
        if self.seeded_noise {
            sentences.push(
                "Its manifest says that its noise came from a seed: whoever knows or guesses the seed can \
                 take the noise off again."
                    .to_owned(),
            );
        }
        if !self.altered_marginals.is_empty() {
            sentences.push(format!(
                "Altered on purpose, and left out of fidelity: {}.",
                self.altered_marginals.join(", ")
            ));
        }
        sentences
    }

    /// What is wrong with the numbers, if anything.
    pub(super) fn problem(&self) -> Option<String> {
        let privacy = self.privacy.as_ref()?;
        let fine = privacy.epsilon.is_finite()
            && privacy.epsilon > 0.0
            && privacy.rho.is_finite()
            && privacy.rho > 0.0
            && privacy.delta > 0.0
            && privacy.delta < 1.0;
        (!fine)
            .then(|| "a claimed budget must have ε and ρ above 0 and δ between 0 and 1".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_told_as_claims_and_nonsense_is_refused() {
        let privacy = ClaimedPrivacy {
            epsilon: 1.0,
            delta: 1e-6,
            rho: 0.02,
            relation: "add or remove one".into(),
        };
        let mut claim = Claim {
            method: "mst".into(),
            real_data_access: true,
            privacy: Some(privacy),
            seeded_noise: false,
            altered_marginals: vec!["sex".into()],
        };
        let text = claim.sentences().join(" ");
        for words in
            ["`mst` from real records", "claims (1, 0.000001)", "left out of fidelity: sex"]
        {
            assert!(text.contains(words), "{text}");
        }
        assert!(claim.problem().is_none() && !text.contains("seed"));
        claim.seeded_noise = true;
        assert!(claim.sentences().join(" ").contains("its noise came from a seed"));
        claim.privacy.as_mut().unwrap().epsilon = f64::INFINITY;
        assert!(claim.problem().is_some());
    }
}

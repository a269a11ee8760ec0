//! The presets that ship inside the binary.

use super::Policy;
use crate::error::Result;

/// A policy that ships inside the binary.
#[derive(Debug)]
pub struct Preset {
    /// Its id, as in `--policy ID`.
    pub id: &'static str,
    /// Its TOML text, as in `policies/<id>.toml`.
    pub text: &'static str,
}

impl Preset {
    /// The parsed policy.
    ///
    /// # Errors
    /// Never for a released binary: a test parses every preset.
    pub fn policy(&self) -> Result<Policy> {
        Policy::parse(self.text, &format!("policies/{}.toml", self.id))
    }
}

/// All presets, most general first.
pub const PRESETS: &[Preset] = &[
    Preset { id: "base-privacy", text: include_str!("../../policies/base-privacy.toml") },
    Preset {
        id: "hipaa-safe-harbor-reference",
        text: include_str!("../../policies/hipaa-safe-harbor-reference.toml"),
    },
    Preset {
        id: "hipaa-expert-determination",
        text: include_str!("../../policies/hipaa-expert-determination.toml"),
    },
    Preset { id: "research-enclave", text: include_str!("../../policies/research-enclave.toml") },
    Preset { id: "cms-cell-11", text: include_str!("../../policies/cms-cell-11.toml") },
    Preset { id: "ema-0070", text: include_str!("../../policies/ema-0070.toml") },
    Preset {
        id: "health-canada-prci",
        text: include_str!("../../policies/health-canada-prci.toml"),
    },
    Preset { id: "ipc-ontario-low", text: include_str!("../../policies/ipc-ontario-low.toml") },
    Preset {
        id: "ipc-ontario-medium",
        text: include_str!("../../policies/ipc-ontario-medium.toml"),
    },
    Preset { id: "ipc-ontario-high", text: include_str!("../../policies/ipc-ontario-high.toml") },
    Preset { id: "gdpr-wp216", text: include_str!("../../policies/gdpr-wp216.toml") },
    Preset { id: "dp-claim", text: include_str!("../../policies/dp-claim.toml") },
    Preset { id: "dev-test-data", text: include_str!("../../policies/dev-test-data.toml") },
    Preset { id: "utility", text: include_str!("../../policies/utility.toml") },
];

/// The preset called `id`.
#[must_use]
pub fn preset(id: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_parses_under_its_own_id_and_says_for_whom() {
        for preset in PRESETS {
            let policy = preset.policy().unwrap();
            assert_eq!(policy.id, preset.id);
            assert!(policy.audience.is_some(), "{}", preset.id);
        }
    }
}

//! The exit-code contract.

use std::process::ExitCode;

use crate::verdict::{Decision, Outcome, Verdict};

/// An exit code of the program. A panic exits with 101, Rust's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(u8);

impl Exit {
    /// The policy is met, only informs, or nothing had to be judged.
    pub const MET: Self = Self(0);
    /// The policy is not met: a rule is broken, or the noise of a private release came from a seed.
    pub const NOT_MET: Self = Self(1);
    /// Could not judge: usage, unreadable input, bad policy, input or output failed.
    pub const COULD_NOT_JUDGE: Self = Self(2);
    /// Nothing was shown to be broken, and not everything to hold.
    pub const NOT_SHOWN: Self = Self(3);

    /// The code of a verdict.
    #[must_use]
    pub fn of(verdict: &Verdict, allow_waivers: bool) -> Self {
        match verdict.decision {
            Decision::Met | Decision::Advisory => Self::MET,
            Decision::MetWithWaivers if allow_waivers => Self::MET,
            Decision::MetWithWaivers => {
                let waived_fail = verdict
                    .findings
                    .iter()
                    .any(|finding| finding.waived.is_some() && finding.outcome == Outcome::Fail);
                if waived_fail { Self::NOT_MET } else { Self::NOT_SHOWN }
            }
            Decision::NotMet => Self::NOT_MET,
            Decision::NotShown => Self::NOT_SHOWN,
        }
    }

    /// The worse of two releases' codes: not met over not shown over met.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        let rank = |exit: Self| match exit {
            Self::MET => 0,
            Self::NOT_SHOWN => 1,
            Self::NOT_MET => 2,
            _ => 3,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_met_is_worse_than_not_shown_is_worse_than_met() {
        assert_eq!(Exit::MET.worst(Exit::NOT_SHOWN), Exit::NOT_SHOWN);
        assert_eq!(Exit::NOT_MET.worst(Exit::NOT_SHOWN), Exit::NOT_MET);
        assert_eq!(Exit::MET.worst(Exit::MET), Exit::MET);
    }
}

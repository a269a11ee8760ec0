//! Seeds and named sub-streams of randomness for everything that must be repeatable. Never used for
//! differential-privacy noise.

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use sha2::{Digest, Sha256};

/// The seed of an audit or of one of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// The root seed that a user names by a number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self(Sha256::digest([b"dosimeter seed ".as_slice(), &number.to_le_bytes()].concat()).into())
    }

    /// The seed of a named part: independent of every other name, and of the order of calls.
    #[must_use]
    pub fn part(self, name: &str) -> Self {
        Self(Sha256::digest([self.0.as_slice(), b"/", name.as_bytes()].concat()).into())
    }

    /// Names the seed without telling it: whoever holds the seed can prove that it was this one.
    #[must_use]
    pub fn commitment(self) -> crate::digest::Digest {
        crate::digest::Digest(
            Sha256::digest([b"dosimeter commitment ".as_slice(), &self.0].concat()).into(),
        )
    }

    /// A generator whose stream is the same on every platform and version (`ChaCha12`).
    #[must_use]
    pub fn rng(self) -> ChaCha12Rng {
        ChaCha12Rng::from_seed(self.0)
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn parts_are_repeatable_and_differ_from_each_other() {
        let draw = |name: &str| Seed::new(0).part(name).rng().next_u64();
        assert_eq!(draw("split"), draw("split"));
        assert_ne!(draw("split"), draw("plant"));
        assert_ne!(Seed::new(0).part("split"), Seed::new(1).part("split"));
    }
}

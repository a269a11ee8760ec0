//! Where random bits of privacy noise come from: ChaCha20, keyed by the operating system.
//!
//! A release draws from [`Entropy::system`] alone. [`Entropy::seeded`] exists for tests and for audits, which
//! must give one result for one seed and release nothing: whatever is drawn from it is marked, no guarantee
//! is stated of it, and every gate refuses it.

use chacha20::ChaCha20Rng;
use rand::rngs::SysRng;
use rand::{Rng, SeedableRng};

use crate::error::{Error, Result};
use crate::random::Seed;

/// A stream of random bits. Its state is never written anywhere.
pub(super) struct Entropy {
    stream: ChaCha20Rng,
    /// Bits that were drawn and not yet used, and how many.
    bits: (u64, u32),
}

impl Entropy {
    /// Keyed by the operating system: unpredictable, and never the same again.
    ///
    /// # Errors
    /// [`Error::Io`] when the system has no entropy to give.
    pub(super) fn system() -> Result<Self> {
        let stream = ChaCha20Rng::try_from_rng(&mut SysRng).map_err(|refused| {
            Error::io("the system's random source", "read", std::io::Error::other(refused))
        })?;
        Ok(Self { stream, bits: (0, 0) })
    }

    /// Keyed by a seed: **no privacy at all** to anybody who knows or guesses it.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where a seed becomes noise, marked"
    )]
    pub(super) fn seeded(seed: Seed) -> Self {
        let mut key = [0; 32];
        seed.part("insecure noise").rng().fill_bytes(&mut key);
        Self { stream: ChaCha20Rng::from_seed(key), bits: (0, 0) }
    }

    /// A fair coin.
    pub(super) fn coin(&mut self) -> bool {
        self.take(1) == 1
    }

    /// A uniform number below `bound`, exactly: numbers of as many bits are drawn until one is below.
    pub(super) fn below(&mut self, bound: u128) -> u128 {
        let width = u128::BITS - bound.saturating_sub(1).leading_zeros();
        loop {
            let drawn = match width {
                0..=64 => u128::from(self.take(width)),
                _ => u128::from(self.take(64)) | u128::from(self.take(width - 64)) << 64,
            };
            if drawn < bound.max(1) {
                return drawn;
            }
        }
    }

    /// The next `width` ≤ 64 bits.
    fn take(&mut self, width: u32) -> u64 {
        let (held, count) = self.bits;
        if width <= count {
            self.bits = (held.checked_shr(width).unwrap_or(0), count - width);
            return held & mask(width);
        }
        let fresh = self.stream.next_u64();
        let missing = width - count;
        self.bits = (fresh.checked_shr(missing).unwrap_or(0), u64::BITS - missing);
        held | (fresh & mask(missing)) << count
    }
}

/// The lowest `width` bits.
fn mask(width: u32) -> u64 {
    u64::MAX.checked_shr(u64::BITS - width).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64,000 draws below 10: χ² with 9 degrees of freedom exceeds 38.4 about once in 70,000 times.
    #[test]
    fn numbers_below_a_bound_are_uniform() {
        let mut entropy = Entropy::seeded(Seed::new(1));
        let mut counts = [0.0_f64; 10];
        (0..64_000).for_each(|_| counts[entropy.below(10) as usize] += 1.0);
        let chi: f64 = counts.iter().map(|count| (count - 6400.0).powi(2) / 6400.0).sum();
        assert!(chi < 38.4, "{chi}");
    }

    /// Every bit of a draw of 100 bits is a fair coin: 10,000 tosses are within 5 standard deviations of
    /// 50 of one half.
    #[test]
    fn every_bit_of_a_wide_draw_is_fair() {
        let mut entropy = Entropy::seeded(Seed::new(2));
        let mut ones = [0_i32; 100];
        for _ in 0..10_000 {
            let drawn = entropy.below(1 << 100);
            (0..100).for_each(|bit| ones[bit] += (drawn >> bit & 1) as i32);
        }
        assert!(ones.iter().all(|count| (count - 5000).abs() < 250), "{ones:?}");
        assert_eq!((entropy.below(0), entropy.below(1)), (0, 0));
    }

    #[test]
    fn the_systems_stream_is_new_each_time_and_a_seeds_is_not() {
        let draw = |mut entropy: Entropy| entropy.below(u128::MAX);
        let system = || draw(Entropy::system().unwrap());
        assert_ne!(system(), system());
        let seeded = |number| Entropy::seeded(Seed::new(number));
        assert_eq!(draw(seeded(1)), draw(seeded(1)));
        assert_ne!(draw(seeded(1)), draw(seeded(2)));
    }
}

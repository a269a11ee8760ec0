//! Binomial, hypergeometric and Poisson tails, accurate to about 12 digits for any count.
//!
//! The masses are Loader's saddle-point form (C. Loader 2000, "Fast and accurate computation of
//! binomial probabilities", Bell Labs), which never subtracts large logarithms of factorials. A tail
//! is the sum of masses by their ratios, from the largest term outwards.

use std::f64::consts::TAU;

use statrs::function::factorial::ln_factorial;

/// P[X ≤ k] for X ~ Bin(n, p).
pub(super) fn binomial_at_most(k: u64, n: u64, p: f64) -> f64 {
    if k >= n || p <= 0.0 {
        1.0
    } else if p >= 1.0 {
        0.0
    } else if k as f64 >= n as f64 * p {
        1.0 - binomial_up(k + 1, n, p)
    } else {
        binomial_down(k, n, p)
    }
}

/// P[X ≥ k] for X ~ Bin(n, p).
pub(super) fn binomial_at_least(k: u64, n: u64, p: f64) -> f64 {
    if k == 0 {
        1.0
    } else if k > n || p <= 0.0 {
        0.0
    } else if p >= 1.0 {
        1.0
    } else if k as f64 <= n as f64 * p {
        1.0 - binomial_down(k - 1, n, p)
    } else {
        binomial_up(k, n, p)
    }
}

fn binomial_down(k: u64, n: u64, p: f64) -> f64 {
    let odds = (1.0 - p) / p;
    let ratios = (1..=k).rev().map(|i| i as f64 / (n - i + 1) as f64 * odds);
    tail(ln_binomial_mass(k, n, p).exp(), ratios)
}

fn binomial_up(k: u64, n: u64, p: f64) -> f64 {
    let odds = p / (1.0 - p);
    let ratios = (k..n).map(|i| (n - i) as f64 / (i + 1) as f64 * odds);
    tail(ln_binomial_mass(k, n, p).exp(), ratios)
}

/// Drawing `draws` persons of a frame of whom `marked` are marked; both are at most `frame`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw {
    pub(super) frame: u64,
    pub(super) marked: u64,
    pub(super) draws: u64,
}

impl Draw {
    /// P[X ≤ k] for X the number of marked persons drawn.
    pub(super) fn at_most(self, k: u64) -> f64 {
        let (least, most) = self.support();
        if k >= most {
            1.0
        } else if k < least {
            0.0
        } else if k as f64 >= self.mean() {
            1.0 - self.up(k + 1)
        } else {
            self.down(k)
        }
    }

    /// P[X ≥ k] for X the number of marked persons drawn.
    pub(super) fn at_least(self, k: u64) -> f64 {
        let (least, most) = self.support();
        if k <= least {
            1.0
        } else if k > most {
            0.0
        } else if k as f64 <= self.mean() {
            1.0 - self.down(k - 1)
        } else {
            self.up(k)
        }
    }

    fn down(self, k: u64) -> f64 {
        let ratios = (self.support().0 + 1..=k).rev().map(|i| 1.0 / self.ratio(i));
        tail(self.ln_mass(k).exp(), ratios)
    }

    fn up(self, k: u64) -> f64 {
        let ratios = (k + 1..=self.support().1).map(|i| self.ratio(i));
        tail(self.ln_mass(k).exp(), ratios)
    }

    /// The smallest and largest possible number of marked persons drawn.
    fn support(self) -> (u64, u64) {
        let least = (self.marked + self.draws).saturating_sub(self.frame);
        (least, self.marked.min(self.draws))
    }

    fn mean(self) -> f64 {
        self.marked as f64 * (self.draws as f64 / self.frame as f64)
    }

    /// P[X = i] / P[X = i − 1].
    fn ratio(self, i: u64) -> f64 {
        let up = (self.marked - i + 1) as f64 * (self.draws - i + 1) as f64;
        let unmarked_left = (self.frame - self.marked) - (self.draws - i);
        up / (i as f64 * unmarked_left as f64)
    }

    /// ln P[X = k] for a possible k (Loader 2000, section 4: three binomial masses).
    fn ln_mass(self, k: u64) -> f64 {
        if self.draws == 0 || self.draws == self.frame {
            return 0.0;
        }
        let p = self.draws as f64 / self.frame as f64;
        ln_binomial_mass(k, self.marked, p)
            + ln_binomial_mass(self.draws - k, self.frame - self.marked, p)
            - ln_binomial_mass(self.draws, self.frame, p)
    }
}

/// P[X ≥ k] for X ~ Poisson(mean), mean finite and ≥ 0.
pub(super) fn poisson_at_least(k: u64, mean: f64) -> f64 {
    if k == 0 {
        1.0
    } else if mean <= 0.0 {
        0.0
    } else if k as f64 > mean {
        tail(poisson_mass(k, mean), (k + 1..).map(|i| mean / i as f64))
    } else {
        1.0 - tail(poisson_mass(k - 1, mean), (1..k).rev().map(|i| i as f64 / mean))
    }
}

/// P[X = k] for X ~ Poisson(mean), mean > 0.
fn poisson_mass(k: u64, mean: f64) -> f64 {
    if k == 0 {
        return (-mean).exp();
    }
    let x = k as f64;
    (-stirling_error(k) - deviance(x, mean) - 0.5 * (TAU * x).ln()).exp()
}

/// ln P[X = k] for X ~ Bin(n, p), 0 < p < 1, k ≤ n.
pub(super) fn ln_binomial_mass(k: u64, n: u64, p: f64) -> f64 {
    let (total, hits, misses) = (n as f64, k as f64, (n - k) as f64);
    if k == 0 {
        return total * (-p).ln_1p();
    }
    if k == n {
        return total * p.ln();
    }
    let stirling = stirling_error(n) - stirling_error(k) - stirling_error(n - k);
    let far = deviance(hits, total * p) + deviance(misses, total * (1.0 - p));
    stirling - far - 0.5 * (TAU * hits * (misses / total)).ln()
}

/// ln n! − ln(√(2πn) (n/e)ⁿ) for n ≥ 1, the error of Stirling's formula.
fn stirling_error(n: u64) -> f64 {
    let x = n as f64;
    if n <= 15 {
        return ln_factorial(n) - (x + 0.5) * x.ln() + x - 0.5 * TAU.ln();
    }
    let s = 1.0 / (x * x);
    let late = 1.0 / 1260.0 - s * (1.0 / 1680.0 - s / 1188.0);
    (1.0 / 12.0 - s * (1.0 / 360.0 - s * late)) / x
}

/// x ln(x/m) + m − x ≥ 0, half the deviance of a count `x` from its mean `m`, by its series where
/// x is near m.
fn deviance(x: f64, m: f64) -> f64 {
    let gap = x - m;
    if gap.abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() - gap;
    }
    let v = gap / (x + m);
    let mut sum = gap * v;
    let mut term = 2.0 * x * v;
    for j in 1..100 {
        term *= v * v;
        let next = term / f64::from(2 * j + 1);
        sum += next;
        if next.abs() <= 1e-17 * sum.abs() {
            break;
        }
    }
    sum
}

/// first · (1 + r₁ + r₁r₂ + …), ended when a term no longer counts; the ratios fall and are below 1.
fn tail(first: f64, ratios: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut term) = (first, first);
    for ratio in ratios {
        term *= ratio;
        sum += term;
        if term <= 1e-18 * sum {
            break;
        }
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{Binomial, DiscreteCDF, Hypergeometric, Poisson};

    use super::*;
    use crate::stats::testing::close;

    #[test]
    fn binomial_tails_agree_with_statrs_and_add_up() {
        for n in [1, 2, 15, 16, 17, 100, 1000] {
            for p in [0.001, 0.02, 0.3, 0.5, 0.9, 0.999] {
                let law = Binomial::new(p, n).unwrap();
                for k in (0..n).step_by(1 + n as usize / 23) {
                    let ours = binomial_at_most(k, n, p);
                    assert!((ours - law.cdf(k)).abs() < 1e-11, "{k} {n} {p}");
                    close(ours + binomial_at_least(k + 1, n, p), 1.0, 1e-12);
                }
            }
        }
    }

    #[test]
    fn hypergeometric_tails_agree_with_statrs_and_add_up() {
        for (frame, marked, draws) in
            [(10, 3, 4), (50, 25, 40), (1000, 30, 200), (400, 399, 7), (9, 5, 9), (9, 0, 4)]
        {
            let law = Hypergeometric::new(frame, marked, draws).unwrap();
            let ours = Draw { frame, marked, draws };
            for k in 0..=draws.min(60) {
                let tail = ours.at_most(k);
                assert!((tail - law.cdf(k)).abs() < 1e-10, "{k} {ours:?}");
                close(tail + ours.at_least(k + 1), 1.0, 1e-12);
            }
        }
    }

    #[test]
    fn poisson_tail_agrees_with_statrs() {
        for mean in [0.01, 1.0, 4.7, 30.0, 250.0] {
            let law = Poisson::new(mean).unwrap();
            for k in [1, 2, 5, 20, 31, 240, 280] {
                assert!((poisson_at_least(k, mean) - law.sf(k - 1)).abs() < 1e-10, "{k} {mean}");
            }
        }
    }

    /// Reference values: scipy 1.17 `binom.cdf` (Boost).
    #[test]
    fn tails_of_a_hundred_million_trials_keep_their_digits() {
        close(binomial_at_most(50_000_000, 100_000_000, 0.500005), 0.460_211_858_075_616_54, 1e-9);
        close(binomial_at_most(500_000, 1_000_000, 0.50005), 0.460_569_124_995_771_2, 1e-10);
        close(binomial_at_most(500_000, 1_000_000, 0.502), 3.180_305_604_909_7e-5, 1e-10);
    }
}

//! How often a test of a stated risk may reject where there is nothing to find: the exact binomial band.

use std::ops::RangeInclusive;

use dosimeter::stats::binomial_upper_tail;

/// How often a series of tests that keep their risk leaves its band: once in a thousand, half of that on
/// either side. Some two hundred series are run here, so that one run of all in five has one outside by chance.
const OUTSIDE: f64 = 0.001;

/// The rejections of `rounds` tests at `risk` that are no surprise.
pub(super) fn band(rounds: u64, risk: f64) -> RangeInclusive<u64> {
    let at_least = |count: u64| binomial_upper_tail(count, rounds, risk).unwrap();
    let least = (0..=rounds).find(|&count| 1.0 - at_least(count + 1) > OUTSIDE / 2.0).unwrap();
    let most = (0..=rounds).rev().find(|&count| at_least(count) > OUTSIDE / 2.0).unwrap();
    least..=most
}

/// The most rejections, for tests that may reject less often than they say.
pub(super) fn most(rounds: u64, risk: f64) -> u64 {
    let at_least = |count: u64| binomial_upper_tail(count, rounds, risk).unwrap();
    (0..=rounds).rev().find(|&count| at_least(count) > OUTSIDE).unwrap()
}

/// Whether chance leaves a series of `rounds` tests at `risk` rather without one: less than one is expected.
pub(super) fn is_short(rounds: u64, risk: f64) -> bool {
    (rounds as f64) * risk < 1.0
}

/// The most failures of an instrument that is to fail no oftener than `risk` and by design hardly ever does: none
/// in a short series, which could not tell otherwise, and what the band has in a long one.
pub(super) fn allowed(rounds: u64, risk: f64) -> u64 {
    if is_short(rounds, risk) { 0 } else { most(rounds, risk) }
}

/// A short series can fail, a long one has its band.
#[test]
fn a_short_series_allows_none() {
    assert_eq!([2, 3, 12, 19].map(|rounds| allowed(rounds, 0.05)), [0; 4]);
    assert_eq!(allowed(12, 0.01), 0);
    assert_eq!(allowed(200, 0.05), 21);
}

/// P[Bin(200, .05) ≤ 1] = .00040, ≤ 2 = .00234, ≥ 21 = .00116, ≥ 22 = .00048; P[Bin(10, .05) ≥ 4] = .00103,
/// ≥ 5 = .00006.
#[test]
fn the_band_is_that_of_the_binomial_law() {
    assert_eq!(band(200, 0.05), 2..=21);
    assert_eq!(most(200, 0.05), 21);
    assert_eq!(most(10, 0.05), 4);
    assert_eq!(band(10, 0.05), 0..=4);
}

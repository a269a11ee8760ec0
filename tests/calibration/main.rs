//! Statistics tested as statistics: how often chance alone looks like a leak, how often a planted leak is
//! seen. A short series by default; `DOSIMETER_SEEDS=200` runs the long one.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod band;
mod criteria;
mod distance;
mod dp_audit;
mod dp_claims;
mod membership;
mod null;
mod population;
mod rates;
mod reconstruction;
mod shadow;
mod twice;
mod uniqueness;

/// Rounds of a series: `short`, unless `DOSIMETER_SEEDS` says otherwise.
fn rounds(short: u64) -> u64 {
    std::env::var("DOSIMETER_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(short)
}

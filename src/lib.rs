//! dosimeter measures how much of the real people leaks through a synthetic table, decides against
//! a policy on confidence bounds that fail closed, and reports the finding.
//!
//! ```text
//!  real.csv ─┬─ train ───┐                                    policies/*.toml
//!            └─ holdout ─┤                                           │
//!  synth.csv ────────────┤                                           ▼
//!    table ──► encode ──► attack ──► evidence.json ──► verdict ──► report.json ──► summary.md, terminal
//! ```
//!
//! `evidence.json` is the waist of the hourglass: everything left of it touches people's records,
//! everything right of it never does.

pub mod attack;
pub mod audit;
pub mod error;
pub mod evidence;
pub mod file;
pub mod metric;
pub mod random;
pub mod stats;
pub mod table;

pub use error::{Error, Result};

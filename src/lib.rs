//! dosimeter measures how much of the real people leaks through a synthetic table, decides against
//! a policy on confidence bounds that fail closed, and reports the finding.
//!
//! ```text
//!  real.csv ─┬─ train ───┐                                    policies/*.toml
//!            └─ holdout ─┤                                           │
//!  synth.csv ────────────┤                                           ▼
//!    table ──► encode ──► attack, utility ──► evidence.json ──► verdict ──► report.json ──► summary.md, terminal
//!              (audit runs and shares the views)
//! ```
//!
//! `evidence.json` is the waist of the hourglass: everything left of it touches people's records,
//! everything right of it never does. An officer judges again and renders without the real data; a
//! CI job that never sees the real data runs `check`.
//!
//! # The rooms
//!
//! | room | what stands in it |
//! |---|---|
//! | [`metric`] | the catalogue of metrics and the glossary; imports nothing |
//! | [`table`] | reading, schema, split, digests; the only room that names polars |
//! | [`encode`] | coded views of the samples on one joint scale |
//! | [`nearest`] | exact search among rows |
//! | [`learn`] | histogram trees, densities, whitening, logistic regression; the only room that names smartcore |
//! | [`stats`] | intervals and tests |
//! | [`audit`] | the samples, their persons, the tests of the control, the run |
//! | [`attack`] | one file an attack, one form, one registry |
//! | [`utility`] | what a release is still good for: one file a measure, one form, one registry |
//! | [`evidence`] | what was measured, as sufficient statistics; canonical JSON |
//! | [`policy`] | rules, limits, presets, waivers |
//! | [`verdict`] | [`judge`]: pure, total, no I/O |
//! | [`plan`] | what it would take to meet a policy: pure |
//! | [`compare`] | several releases side by side on risk and utility: pure |
//! | [`synth`] | one file a synthesizer, one form, one registry |
//! | [`report`] | the view model and one file per format |
//! | [`cli`] | one file per subcommand |

pub mod attack;
pub mod audit;
pub mod cli;
pub mod compare;
pub mod digest;
pub mod encode;
pub mod error;
pub mod evidence;
pub mod file;
pub mod learn;
pub mod metric;
pub mod nearest;
pub mod plan;
pub mod policy;
pub mod random;
pub mod report;
pub mod stats;
pub mod suggest;
pub mod synth;
pub mod table;
pub mod utility;
pub mod verdict;

pub use audit::Audit;
pub use error::{Error, Result};
pub use evidence::{Dossier, Evidence};
pub use policy::Policy;
pub use report::Report;
pub use verdict::{Verdict, judge};

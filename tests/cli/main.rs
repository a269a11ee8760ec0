//! The built program, run as people and CI run it: what it refuses, what it decides, what it writes,
//! and what it never says.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod adult;
mod bad_config;
mod bad_input;
mod compare;
mod determinism;
mod dp_claim;
mod generator;
mod interface;
mod made;
mod output;
mod persons;
mod plan;
mod privacy;
mod private;
mod shapes;
mod support;
mod synth;
mod verdicts;

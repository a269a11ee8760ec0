//! The noise layer: the only place where private records are turned into numbers that may leave.
//!
//! | file | what stands in it |
//! |---|---|
//! | [`domain`], `grid`, `purchase` | the cells of every column, from public facts, or paid for |
//! | `prepare` | what every method begins with |
//! | `records`, `private` | records as cells; what may not be looked at |
//! | [`accountant`] | budget, permits, the ledger of one synthesis |
//! | [`spending`] | what all syntheses of a file have spent, on disk before noise is drawn |
//! | [`convert`], `round` | ρ, ε and δ, rounded to the safe side |
//! | `entropy`, `noise`, `choose` | random bits, exact discrete noise, the exponential mechanism |
//!
//! Neighbours are tables that differ in one person, with all their rows: the number of rows is private. All
//! noise is integer noise on integer counts. What is computed from noisy numbers costs nothing more and stands
//! elsewhere, in [`super::graphical`].

#![warn(clippy::disallowed_methods, reason = "noise has one source of bits")]

pub mod accountant;
mod choose;
pub mod convert;
pub mod domain;
mod entropy;
mod grid;
mod noise;
mod prepare;
mod private;
mod purchase;
mod records;
mod round;
pub mod spending;

pub use accountant::{Accountant, Budget, Entry, Planted};
pub use domain::Domain;
pub use noise::Ratio;
pub use prepare::{Preparation, prepare};
pub use private::{Counts, Private};
pub use records::{Candidate, Records, records};
pub use spending::{Spending, Total};

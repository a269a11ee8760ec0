//! The differential-privacy layer: what a method with a guarantee spends, and the record of it.

mod accountant;

pub use accountant::{Accountant, Budget, Entry};

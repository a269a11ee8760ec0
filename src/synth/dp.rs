//! The noise layer: the only place where private records are turned into numbers that may leave.

pub mod choose;
pub mod convert;
pub mod entropy;
pub mod noise;
pub mod round;

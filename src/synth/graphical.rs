//! Private-PGM: the distribution of largest entropy that fits noisy marginals.

pub mod belief;
pub mod coding;
pub mod draw;
pub mod factor;
pub mod fit;
pub mod query;
pub mod tree;

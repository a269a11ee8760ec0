//! Learners: histogram trees and kernel densities of our own, and the linear methods of smartcore. This is
//! the only room that names smartcore.
//!
//! Every learner gives the same bytes at any number of threads: random draws come from named
//! sub-streams of a seed, and sums are taken in a fixed order.

mod bins;
mod boost;
mod density;
mod forest;
mod gaussian;
mod grow;
mod linear;
mod normal;
mod partition;
mod pca;
mod pool;
mod ridge;
mod split;
mod target;
#[cfg(test)]
mod tests;
mod tree;

pub use bins::{Binned, Bins};
pub use boost::{Boosting, BoostingParameters};
pub use density::{KernelDensity, scott_factor};
pub use forest::{Forest, ForestParameters};
pub use gaussian::Correlation;
pub use grow::Growth;
pub use linear::Logistic;
pub use normal::{Gaussian, Overlap};
pub use partition::{Ground, Outcome, Partition};
pub use pca::Whitening;
pub use pool::Pool;
pub use ridge::Ridge;

//! Learners: histogram trees of our own, and the linear methods of smartcore. This is the only room
//! that names smartcore.
//!
//! Every learner gives the same bytes at any number of threads: random draws come from named
//! sub-streams of a seed, and sums are taken in a fixed order.

mod pca;

pub use pca::Whitening;

//! Search among rows, exact: whether any row agrees with a query ([`agreeing`]) and how many do
//! ([`agreeing_counts`]), which rows are nearest
//! to it by a mixed distance ([`nearest()`], [`Index`]), and which points by Euclidean distance
//! ([`euclidean()`]). How they search is nobody's business, except in a log ([`Plan`]).

mod agreement;
mod best;
mod euclidean;
mod gower;
mod plan;
mod simd;

pub use agreement::{agreeing, agreeing_counts};
pub use best::{Nearest, Neighbour};
pub use euclidean::{Points, euclidean, euclidean_neighbours, euclidean_plan};
pub use gower::{Index, nearest};
pub use plan::{Plan, Way};

/// Whether a pair of a query and a row does not count.
type Excluded<'a> = &'a (dyn Fn(usize, usize) -> bool + Sync);

//! Search among rows, exact: whether any row agrees with a query ([`agreeing`]), which rows are nearest
//! to it by a mixed distance ([`nearest()`]), and which points by Euclidean distance ([`euclidean()`]).
//! How they search is nobody's business.

mod agreement;
mod best;
mod boxes;
mod code;
mod components;
mod dense;
mod euclidean;
mod fine;
mod fold;
mod gower;
mod order;
mod simd;
mod way;
mod zone;

pub use agreement::agreeing;
pub use best::{Nearest, Neighbour};
pub use euclidean::{Points, euclidean, euclidean_neighbours, euclidean_way};
pub use gower::{Index, nearest};
pub use way::Way;

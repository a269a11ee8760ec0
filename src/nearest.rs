//! Search among rows, exact: whether any row agrees with a query ([`agreeing`]), which rows are nearest
//! to it by a mixed distance ([`nearest()`]), and which points by Euclidean distance ([`euclidean()`]).
//! How they search is nobody's business.

mod agreement;
mod best;
mod code;
mod dense;
mod euclidean;
mod fold;
mod gower;
mod order;
mod simd;
mod zone;

pub use agreement::agreeing;
pub use best::Nearest;
pub use euclidean::{Points, euclidean};
pub use gower::{Index, nearest};

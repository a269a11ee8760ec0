//! Search among rows, exact: whether any row agrees with a query ([`agreeing`]), and which rows are
//! nearest to it ([`nearest`]). Every caller shares these two; how they search is nobody's business.

mod agreement;
mod gower;

pub use agreement::agreeing;
pub use gower::{Nearest, nearest};

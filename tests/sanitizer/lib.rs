//! `src/nearest` with its tests, compiled by itself.

#[path = "../../src/encode"]
pub mod encode {
    //! The rows that are searched.
    mod coded;
    pub use coded::{Coded, Codes};
}

#[path = "../../src/nearest"]
pub mod nearest {
    //! All of `src/nearest.rs`.
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
}

pub mod table {
    //! The code of a missing category, as `src/table.rs` has it.
    /// Missing.
    pub const MISSING: u32 = u32::MAX;
}

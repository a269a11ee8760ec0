//! How a search goes, in words: for a log, since every way finds the same.

use std::fmt;

use super::simd::Simd;

/// A way of searching.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// Every pair, one by one.
    Pairs,
    /// A kd-tree.
    Tree,
    /// Every pair, by a bound in single precision.
    Tile,
    /// Boxes in the leading directions.
    Boxes,
    /// Leaves of similar rows, the nearest first, by bounds in bytes; `units` of them are the most that a
    /// column contributes.
    Zones {
        /// Units of the quantisation.
        units: u8,
    },
    /// Every leaf, by the same bounds.
    Scan {
        /// Units of the quantisation.
        units: u8,
    },
}

/// A way of searching and the instructions it is done with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The way.
    pub way: Way,
    pub(super) simd: Simd,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { way, simd } = self;
        match way {
            Way::Pairs => f.write_str("every pair"),
            Way::Tree => f.write_str("kd-tree"),
            Way::Tile => write!(f, "every pair by a bound in single precision, {simd}"),
            Way::Boxes => write!(f, "boxes in the leading directions, {simd}"),
            Way::Zones { units } => write!(f, "zone map, {units} units to a column, {simd}"),
            Way::Scan { units } => write!(f, "scan, {units} units to a column, {simd}"),
        }
    }
}

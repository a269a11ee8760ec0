//! The best split of a node on one column, from the sums of the column's bins.

use serde::{Deserialize, Serialize};

use super::bins::BinnedColumn;
use super::target::Target;

/// A gain below this share of the scores is rounding.
const NEGLIGIBLE: f64 = 1e-10;

/// A set of bins.
pub(super) type Set = [u64; 4];

/// Which rows of a node go left.
#[derive(Serialize, Deserialize)]
pub(super) enum Rule {
    /// Bins 1 to `bin`, and bin 0 (missing) if so said; whether the node held missing values.
    UpTo { bin: u8, missing: bool, met: bool },
    /// The bins of a set.
    Among(Box<Sides>),
}

/// Bins of a category.
#[derive(Serialize, Deserialize)]
pub(super) struct Sides {
    /// Those that go left.
    left: Set,
    /// Those that the node held.
    met: Set,
}

impl Rule {
    pub(super) fn goes_left(&self, bin: u8) -> bool {
        match self {
            Self::UpTo { bin: last, missing, .. } => {
                if bin == 0 {
                    *missing
                } else {
                    bin <= *last
                }
            }
            Self::Among(sides) => has(&sides.left, bin),
        }
    }

    /// Whether the node's rows say where `bin` goes: no row of it had a category that is met later,
    /// or a missing value.
    pub(super) fn has_met(&self, bin: u8) -> bool {
        match self {
            Self::UpTo { met, .. } => bin != 0 || *met,
            Self::Among(sides) => has(&sides.met, bin),
        }
    }
}

/// A split of a node.
pub(super) struct Split {
    pub(super) column: usize,
    pub(super) gain: f64,
    pub(super) rule: Rule,
}

/// The node that is split.
pub(super) struct Parent<'a> {
    pub(super) target: &'a Target<'a>,
    pub(super) total: &'a [f64],
    /// Rows that either side must have.
    pub(super) min_leaf: f64,
}

/// A beginning of a sequence of bins.
struct Prefix {
    gain: f64,
    bins: usize,
    /// Whether it holds at least half of the rows.
    larger: bool,
}

impl Parent<'_> {
    /// The best split on a column: `cells` are the sums of its bins, `occupied` the bins that hold
    /// rows, ascending.
    pub(super) fn best(
        &self,
        column: (usize, &BinnedColumn),
        cells: &[f64],
        occupied: &[u8],
    ) -> Option<Split> {
        let (column, binned) = column;
        let (gain, rule) = if binned.ordered {
            self.ordered(cells, occupied)?
        } else {
            self.subset(cells, occupied)?
        };
        Some(Split { column, gain, rule })
    }

    /// Numbers: low bins against high ones, the missing with either.
    fn ordered(&self, cells: &[f64], occupied: &[u8]) -> Option<(f64, Rule)> {
        let met = occupied.first() == Some(&0);
        let up_to = |bins: &[u8], missing| Rule::UpTo {
            bin: bins.last().copied().unwrap_or(0),
            missing,
            met,
        };
        let first = self.prefix(cells, occupied);
        if !met {
            // Nothing is missing here: later missing values go with the majority.
            return first.map(|p| (p.gain, up_to(&occupied[..p.bins], p.larger)));
        }
        let mut rotated = occupied.to_vec();
        rotated.rotate_left(1);
        let second = self.prefix(cells, &rotated);
        match (first, second) {
            (first, Some(p)) if first.as_ref().is_none_or(|first| p.gain > first.gain) => {
                Some((p.gain, up_to(&rotated[..p.bins], false)))
            }
            (first, _) => first.map(|p| (p.gain, up_to(&occupied[..p.bins], true))),
        }
    }

    /// Categories: the levels with a low mean against those with a high one.
    fn subset(&self, cells: &[f64], occupied: &[u8]) -> Option<(f64, Rule)> {
        let width = self.total.len();
        let cell = |bin: u8| &cells[usize::from(bin) * width..][..width];
        let class = largest(self.total);
        let mut keyed: Vec<(f64, u8)> =
            occupied.iter().map(|&bin| (self.target.order(cell(bin), class), bin)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let sequence: Vec<u8> = keyed.into_iter().map(|(_, bin)| bin).collect();
        let prefix = self.prefix(cells, &sequence)?;
        // Levels that this node does not hold go with the majority.
        let mut left = if prefix.larger { [u64::MAX; 4] } else { [0; 4] };
        let (inside, outside) = sequence.split_at(prefix.bins);
        inside.iter().for_each(|&bin| left[usize::from(bin >> 6)] |= 1 << (bin & 63));
        outside.iter().for_each(|&bin| left[usize::from(bin >> 6)] &= !(1 << (bin & 63)));
        let mut met = [0; 4];
        sequence.iter().for_each(|&bin| met[usize::from(bin >> 6)] |= 1 << (bin & 63));
        Some((prefix.gain, Rule::Among(Box::new(Sides { left, met }))))
    }

    /// The beginning of `sequence` that gains most against the rest; of equals, the shortest.
    fn prefix(&self, cells: &[f64], sequence: &[u8]) -> Option<Prefix> {
        let (target, width) = (self.target, self.total.len());
        let all = target.count(self.total);
        let score = target.score(self.total);
        let (mut left, mut right) = (vec![0.0; width], self.total.to_vec());
        let mut best: Option<Prefix> = None;
        for (i, &bin) in sequence.iter().enumerate() {
            let cell = &cells[usize::from(bin) * width..][..width];
            for ((left, right), x) in left.iter_mut().zip(&mut right).zip(cell) {
                *left += x;
                *right -= x;
            }
            let count = target.count(&left);
            if count < self.min_leaf {
                continue;
            }
            if all - count < self.min_leaf {
                break;
            }
            let sides = target.score(&left) + target.score(&right);
            let gain = sides - score;
            if gain > NEGLIGIBLE * sides && best.as_ref().is_none_or(|best| gain > best.gain) {
                best = Some(Prefix { gain, bins: i + 1, larger: 2.0 * count >= all });
            }
        }
        best
    }
}

fn has(set: &Set, bin: u8) -> bool {
    set[usize::from(bin >> 6)] >> (bin & 63) & 1 == 1
}

fn largest(total: &[f64]) -> usize {
    (0..total.len()).fold(0, |best, i| if total[i] > total[best] { i } else { best })
}

//! Growing one decision tree over binned rows.
//!
//! Trees are grown depth first. A node that looks at all columns keeps the sums of its bins: only the
//! smaller child is added up, the larger is the difference (Ke et al. 2017, `LightGBM`, NIPS 30). A
//! node that looks at a few random columns adds up those, and a small node visits only the bins that
//! its rows occupy.

use std::ops::Range;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::bins::{Binned, MOST};
use super::split::{Parent, Set, Split};
use super::target::Target;
use super::tree::{Node, Tree};

/// Nodes below this many rows visit occupied bins only.
const SMALL: usize = 192;

/// Numbers that the kept sums of a node may be, 8 MB: beyond, each column is added up by itself.
const KEPT: usize = 1 << 20;

/// How far a tree grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth {
    /// Splits from the root to a leaf, at most.
    pub depth: usize,
    /// Rows in a leaf, at least.
    pub min_leaf: usize,
    /// Columns drawn at random for each split; `None` looks at all of them.
    pub columns: Option<usize>,
}

/// What a tree may look at, and whom its leaves must hold.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// How many of the first columns.
    pub(super) columns: usize,
    /// The person of each row, and how many different ones a leaf must hold; a split that leaves a
    /// side with fewer is not made.
    pub(super) persons: Option<(&'a [u32], usize)>,
}

impl Scope<'_> {
    /// All columns, and leaves that count rows only.
    pub(super) fn whole(rows: &Binned) -> Self {
        Self { columns: rows.width(), persons: None }
    }
}

/// A tree with the rows that each leaf was made of.
pub(super) struct Grown {
    pub(super) tree: Tree,
    /// The rows, those of a leaf next to each other.
    pub(super) order: Vec<u32>,
    /// Where each leaf's rows stand in the order.
    pub(super) leaves: Vec<Range<usize>>,
}

impl Grown {
    /// Grows a tree on the `chosen` rows.
    pub(super) fn of(
        rows: &Binned,
        chosen: Vec<u32>,
        target: &Target<'_>,
        growth: Growth,
        scope: Scope<'_>,
        rng: &mut ChaCha12Rng,
    ) -> Self {
        let columns: Vec<usize> = (0..scope.columns).collect();
        let bins: usize = rows.columns[..scope.columns].iter().map(|column| column.count).sum();
        let tree = Tree {
            nodes: vec![Node::Leaf(0)],
            values: Vec::new(),
            outputs: 1,
            gains: vec![0.0; rows.width()],
        };
        let grown = Self { tree, order: chosen, leaves: Vec::new() };
        let keeps = bins * target.width() <= KEPT;
        let cells = vec![0.0; (MOST + 1) * target.width()];
        let mut grower = Grower { rows, target, growth, scope, rng, columns, cells, keeps, grown };
        grower.run();
        grower.grown
    }
}

struct Grower<'a> {
    rows: &'a Binned,
    target: &'a Target<'a>,
    growth: Growth,
    scope: Scope<'a>,
    rng: &'a mut ChaCha12Rng,
    columns: Vec<usize>,
    /// Sums of one column's bins; all zero between uses.
    cells: Vec<f64>,
    /// Whether nodes keep the sums of all bins.
    keeps: bool,
    /// What is grown; its order holds the rows of a node next to each other.
    grown: Grown,
}

/// A node that is still to be split.
struct Pending {
    node: usize,
    /// Where its rows stand in the order.
    range: Range<usize>,
    depth: usize,
    /// The sums of all bins of all columns, if its parent left them.
    sums: Option<Vec<f64>>,
}

impl Grower<'_> {
    fn run(&mut self) {
        let root = Pending { node: 0, range: 0..self.grown.order.len(), depth: 0, sums: None };
        let mut stack = vec![root];
        while let Some(mut pending) = stack.pop() {
            let total = self.target.total(&self.grown.order[pending.range.clone()]);
            let split = self.search(&mut pending, &total);
            match split.filter(|split| self.holds_persons(&pending.range, split)) {
                Some(split) => stack.extend(self.divide(pending, split)),
                None => self.close(pending, &total),
            }
        }
    }

    fn close(&mut self, pending: Pending, total: &[f64]) {
        let value = self.target.leaf(total);
        let tree = &mut self.grown.tree;
        tree.outputs = value.len();
        tree.nodes[pending.node] = Node::Leaf(self.grown.leaves.len() as u32);
        tree.values.extend(value);
        self.grown.leaves.push(pending.range);
    }

    /// Whether both sides of a split hold the persons that a leaf must.
    fn holds_persons(&self, range: &Range<usize>, split: &Split) -> bool {
        let Some((persons, least)) = self.scope.persons else { return true };
        let bins = &self.rows.columns[split.column].bins;
        let mut sides: [Vec<u32>; 2] = Default::default();
        for &row in &self.grown.order[range.clone()] {
            let side = &mut sides[usize::from(split.rule.goes_left(bins[row as usize]))];
            let person = persons[row as usize];
            if side.len() < least && !side.contains(&person) {
                side.push(person);
            }
            if sides.iter().all(|side| side.len() >= least) {
                return true;
            }
        }
        sides.iter().all(|side| side.len() >= least)
    }

    /// The best split of a node, if it may be split and any gains.
    fn search(&mut self, pending: &mut Pending, total: &[f64]) -> Option<Split> {
        let rows = pending.range.len();
        let min_leaf = self.growth.min_leaf.max(1);
        if pending.depth >= self.growth.depth || rows < 2 * min_leaf {
            return None;
        }
        let parent = Parent { target: self.target, total, min_leaf: min_leaf as f64 };
        let drawn = self.draw();
        if self.keeps && drawn == self.columns.len() && rows >= SMALL {
            if pending.sums.is_none() {
                pending.sums = Some(self.sums(pending.range.clone()));
            }
            return self.search_sums(pending.sums.as_deref()?, &parent);
        }
        let mut best: Option<Split> = None;
        for i in 0..drawn {
            let found = self.search_column(self.columns[i], pending.range.clone(), &parent);
            best = better(best, found);
        }
        best
    }

    /// Moves the columns to look at to the front; how many they are.
    fn draw(&mut self) -> usize {
        let count = self.columns.len();
        let wanted = self.growth.columns.unwrap_or(count).min(count);
        if wanted < count {
            for i in 0..wanted {
                let j = self.rng.random_range(i as u64..count as u64) as usize;
                self.columns.swap(i, j);
            }
        }
        wanted
    }

    fn search_sums(&self, sums: &[f64], parent: &Parent<'_>) -> Option<Split> {
        let width = self.target.width();
        let mut first = 0;
        let mut best = None;
        for (j, column) in self.rows.columns[..self.scope.columns].iter().enumerate() {
            let cells = &sums[first..first + column.count * width];
            first += column.count * width;
            let occupied = self.occupied(cells);
            best = better(best, parent.best((j, column), cells, &occupied));
        }
        best
    }

    fn search_column(
        &mut self,
        column: usize,
        range: Range<usize>,
        parent: &Parent<'_>,
    ) -> Option<Split> {
        let binned = &self.rows.columns[column];
        let width = self.target.width();
        let order = &self.grown.order[range];
        let mut cells = std::mem::take(&mut self.cells);
        self.target.tally(order, &binned.bins, &mut cells);
        let occupied = if order.len() < SMALL {
            members(order, &binned.bins)
        } else {
            self.occupied(&cells[..binned.count * width])
        };
        let best = parent.best((column, binned), &cells, &occupied);
        for &bin in &occupied {
            cells[usize::from(bin) * width..][..width].fill(0.0);
        }
        self.cells = cells;
        best
    }

    /// The bins that hold rows.
    fn occupied(&self, cells: &[f64]) -> Vec<u8> {
        let filled = cells.chunks_exact(self.target.width()).zip(0..=u8::MAX);
        filled.filter(|(cell, _)| self.target.count(cell) > 0.0).map(|(_, bin)| bin).collect()
    }

    /// The sums of all bins of all columns.
    fn sums(&self, range: Range<usize>) -> Vec<f64> {
        let width = self.target.width();
        let columns = &self.rows.columns[..self.scope.columns];
        let bins: usize = columns.iter().map(|column| column.count).sum();
        let mut sums = vec![0.0; bins * width];
        let mut first = 0;
        for column in columns {
            let cells = &mut sums[first..first + column.count * width];
            self.target.tally(&self.grown.order[range.clone()], &column.bins, cells);
            first += column.count * width;
        }
        sums
    }

    /// Splits the node's rows, keeping their order, and makes its children.
    fn divide(&mut self, pending: Pending, split: Split) -> [Pending; 2] {
        let bins = &self.rows.columns[split.column].bins;
        let order = &mut self.grown.order[pending.range.clone()];
        let mut right = Vec::with_capacity(order.len());
        let mut left = 0;
        for i in 0..order.len() {
            let row = order[i];
            if split.rule.goes_left(bins[row as usize]) {
                order[left] = row;
                left += 1;
            } else {
                right.push(row);
            }
        }
        order[left..].copy_from_slice(&right);
        let middle = pending.range.start + left;
        let (start, end, depth) = (pending.range.start, pending.range.end, pending.depth + 1);
        let [left, right] = self.inherit(pending.sums, start..middle, middle..end);
        let tree = &mut self.grown.tree;
        let node = tree.nodes.len();
        tree.gains[split.column] += split.gain;
        tree.nodes[pending.node] =
            Node::Inner { column: split.column as u32, left: node as u32, rule: split.rule };
        tree.nodes.extend([Node::Leaf(0), Node::Leaf(0)]);
        [
            Pending { node, range: start..middle, depth, sums: left },
            Pending { node: node + 1, range: middle..end, depth, sums: right },
        ]
    }

    /// The sums of two children: the smaller one's added up, the larger one's by difference.
    fn inherit(
        &self,
        sums: Option<Vec<f64>>,
        left: Range<usize>,
        right: Range<usize>,
    ) -> [Option<Vec<f64>>; 2] {
        let smaller = if left.len() <= right.len() { left.clone() } else { right.clone() };
        let Some(mut rest) = sums.filter(|_| left.len().max(right.len()) >= SMALL) else {
            return [None, None];
        };
        let small = self.sums(smaller);
        rest.iter_mut().zip(&small).for_each(|(rest, small)| *rest -= small);
        if left.len() <= right.len() {
            [Some(small), Some(rest)]
        } else {
            [Some(rest), Some(small)]
        }
    }
}

fn better(best: Option<Split>, found: Option<Split>) -> Option<Split> {
    match (best, found) {
        (Some(best), Some(found)) if found.gain > best.gain => Some(found),
        (None, found) => found,
        (best, _) => best,
    }
}

/// The bins of the given rows, ascending.
fn members(rows: &[u32], bins: &[u8]) -> Vec<u8> {
    let mut set: Set = [0; 4];
    for &row in rows {
        let bin = bins[row as usize];
        set[usize::from(bin >> 6)] |= 1 << (bin & 63);
    }
    let mut found = Vec::with_capacity(rows.len());
    for (word, mut bits) in (0..).zip(set) {
        while bits != 0 {
            found.push(word * 64 + bits.trailing_zeros() as u8);
            bits &= bits - 1;
        }
    }
    found
}

//! What is known of 64 rows at once: a leaf holds the codes of 64 rows, a group what 64 leaves hold.
//!
//! Of numbers a group knows the lowest and the highest code in each leaf, of categories what each code
//! would cost in each leaf: nothing where a row has it, one where none has. A top knows the same of 64
//! groups.

use super::super::simd::{LINE, Line, Probe, Simd};
use super::code::Coder;

/// Leaves and their groups.
pub(super) struct Zones {
    rows: usize,
    columns: usize,
    stride: usize,
    /// Per category column: its first line in a group.
    starts: Vec<usize>,
    leaves: Vec<Line>,
    groups: Vec<Line>,
    tops: Vec<Line>,
}

impl Zones {
    /// Of rows whose codes are `codes[column][order[row]]`.
    pub(super) fn build(coder: &Coder, codes: &[Vec<u8>], order: &[u32]) -> Self {
        let numbers = coder.numbers();
        let mut stride = 2 * numbers;
        let starts = coder.codes().map(|codes| {
            stride += codes;
            stride - codes
        });
        let starts: Vec<usize> = starts.collect();
        let (rows, columns, stride) = (order.len(), coder.columns(), stride.max(1));
        let count = rows.div_ceil(LINE);
        let mut leaves = vec![Line([0; LINE]); count * columns];
        let mut group = vec![Line([coder.width; LINE]); stride];
        group[..2 * numbers].fill(Line([u8::MAX; LINE]));
        let mut groups = group.repeat(count.div_ceil(LINE));
        for (i, rows) in order.chunks(LINE).enumerate() {
            let group = &mut groups[i / LINE * stride..][..stride];
            for (column, codes) in codes.iter().enumerate() {
                let line = &mut leaves[i * columns + column].0;
                let codes = rows.iter().map(|&row| codes[row as usize]);
                line.iter_mut().zip(codes).for_each(|(byte, code)| *byte = code);
                let line = &line[..rows.len()];
                if column < numbers {
                    group[2 * column].0[i % LINE] = line.iter().copied().min().unwrap_or(0);
                    group[2 * column + 1].0[i % LINE] = line.iter().copied().max().unwrap_or(0);
                } else {
                    let start = starts[column - numbers];
                    line.iter().for_each(|&code| group[start + usize::from(code)].0[i % LINE] = 0);
                }
            }
        }
        let tops = tops(&groups, &group, count, numbers);
        Self { rows, columns, stride, starts, leaves, groups, tops }
    }

    /// How many leaves there are.
    pub(super) fn count(&self) -> usize {
        self.rows.div_ceil(LINE)
    }

    /// Turns the codes of a query into what the bounds need.
    pub(super) fn probe(&self, coder: &Coder, codes: &[u8], probe: &mut Probe) {
        let (numbers, categories) = codes.split_at(coder.numbers());
        let around = |&code: &u8| (code.saturating_sub(1), code.saturating_add(1));
        let line = |(start, &code): (&usize, &u8)| start + usize::from(code);
        probe.width = coder.width;
        probe.numbers.clear();
        probe.numbers.extend(numbers.iter().map(around));
        probe.categories.clear();
        probe.categories.extend_from_slice(categories);
        probe.lines.clear();
        probe.lines.extend(self.starts.iter().zip(categories).map(line));
    }

    /// Tells `each` the bound and the number of the leaves that contribute at most `limit`, in order.
    pub(super) fn leaves(
        &self,
        simd: Simd,
        probe: &Probe,
        limit: u8,
        mut each: impl FnMut(u8, usize),
    ) {
        let mut bounds = Line([0; LINE]);
        for (i, top) in self.tops.chunks_exact(self.stride).enumerate() {
            for group in bits(simd.leaves(top, probe, limit, &mut bounds)).map(|bit| i * LINE + bit)
            {
                let lines = self.groups.get(group * self.stride..(group + 1) * self.stride);
                let Some(lines) = lines else { break };
                let within = simd.leaves(lines, probe, limit, &mut bounds);
                let leaves = bits(within).map(|bit| (bounds.0[bit], group * LINE + bit));
                leaves.filter(|&(_, leaf)| leaf * LINE < self.rows).for_each(|(bound, leaf)| {
                    each(bound, leaf);
                });
            }
        }
    }

    /// Rows of a leaf that contribute at most `limit`, in order.
    pub(super) fn within(
        &self,
        simd: Simd,
        leaf: usize,
        probe: &Probe,
        limit: u8,
    ) -> impl Iterator<Item = usize> + use<> {
        let lines = &self.leaves[leaf * self.columns..(leaf + 1) * self.columns];
        let known = (self.rows - leaf * LINE).min(LINE);
        let within = simd.rows(lines, probe, limit) & (u64::MAX >> (LINE - known));
        bits(within).map(move |bit| leaf * LINE + bit)
    }
}

/// What `groups` know together, 64 at a time; `blank` is a group that knows nothing.
fn tops(groups: &[Line], blank: &[Line], leaves: usize, numbers: usize) -> Vec<Line> {
    let stride = blank.len();
    let mut tops = blank.repeat(leaves.div_ceil(LINE * LINE));
    for (i, group) in groups.chunks_exact(stride).enumerate() {
        let known = (leaves - i * LINE).min(LINE);
        let top = &mut tops[i / LINE * stride..][..stride];
        for (line, (top, group)) in top.iter_mut().zip(group).enumerate() {
            let known = group.0[..known].iter().copied();
            let highest = line < 2 * numbers && line % 2 == 1;
            top.0[i % LINE] = if highest { known.max() } else { known.min() }.unwrap_or(0);
        }
    }
    tops
}

/// The set bits, lowest first.
fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(bit)
    })
}

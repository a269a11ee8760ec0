//! What is known of 64 rows at once: a leaf holds the codes of 64 rows, a group what 64 leaves hold.
//!
//! Of numbers a group knows the lowest and the highest code in each leaf, of categories what each code
//! would cost in each leaf: nothing where a row has it, one where none has.

use super::code::Coder;
use super::simd::{LINE, Line, Probe, Simd};

/// Leaves and their groups.
pub(super) struct Zones {
    rows: usize,
    columns: usize,
    stride: usize,
    /// Per category column: its first line in a group.
    starts: Vec<usize>,
    leaves: Vec<Line>,
    groups: Vec<Line>,
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
        group[..2 * numbers].fill(Line([0; LINE]));
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
        Self { rows, columns, stride, starts, leaves, groups }
    }

    /// Number of leaves.
    pub(super) fn len(&self) -> usize {
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

    /// The least that each leaf contributes, group by group; what stands behind the last leaf means
    /// nothing.
    pub(super) fn bounds(&self, simd: Simd, probe: &Probe, bounds: &mut Vec<Line>) {
        bounds.resize(self.len().div_ceil(LINE), Line([0; LINE]));
        simd.leaves(&self.groups, self.stride, probe, bounds);
    }

    /// Rows of a leaf that may contribute at most `limit`; a set bit is a row.
    pub(super) fn within(&self, simd: Simd, leaf: usize, probe: &Probe, limit: u8) -> u64 {
        let lines = &self.leaves[leaf * self.columns..(leaf + 1) * self.columns];
        let known = (self.rows - leaf * LINE).min(LINE);
        simd.rows(lines, probe, limit) & (u64::MAX >> (LINE - known))
    }
}

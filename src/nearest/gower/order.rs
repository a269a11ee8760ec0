//! An order in which similar rows stand together: rows are split in two, again and again, by the column
//! in which two of them differ most on average, and rows whose codes are all alike by the numbers
//! themselves.

/// Rows that need no further split.
const FEW: usize = 64;

/// Rows looked at to choose a split.
const SAMPLE: usize = 512;

/// Byte codes.
const CODES: usize = 256;

/// The splits, so that other rows find where they would stand.
pub(super) struct Order {
    splits: Vec<Split>,
}

/// Where the rows of one part go.
enum Split {
    /// Rows whose code in a column is in the set go to the next part, others to part `other`.
    Two { column: usize, set: Set, next: u32, other: u32 },
    /// Rows whose number in a column is less than `at` go to the next part, others to part `other`.
    Fine { column: usize, at: f64, next: u32, other: u32 },
    /// The part stays together, and stands from here on.
    Whole { start: u32 },
}

/// A set of byte codes.
#[derive(Clone, Copy, Default)]
struct Set([u64; CODES / 64]);

impl Set {
    fn insert(&mut self, code: usize) {
        self.0[code / 64] |= 1 << (code % 64);
    }

    fn has(&self, code: u8) -> bool {
        self.0[usize::from(code / 64)] >> (code % 64) & 1 == 1
    }
}

/// What is split: codes column by column, numbers first, and how many units make one.
pub(super) struct Source<'a> {
    pub(super) columns: &'a [Vec<u8>],
    /// The numbers themselves, and their scales.
    pub(super) values: &'a [&'a [f64]],
    pub(super) scales: &'a [f64],
    pub(super) width: u8,
}

impl Order {
    /// Rows 0 to `rows` in order, and the length of each part of rows that stayed together.
    pub(super) fn build(source: &Source<'_>, rows: u32) -> (Self, Vec<u32>, Vec<usize>) {
        let mut order: Vec<u32> = (0..rows).collect();
        let mut splits = vec![Split::Whole { start: 0 }];
        let mut parts = vec![(0, 0..order.len())];
        let mut lengths = Vec::new();
        while let Some((part, range)) = parts.pop() {
            let rows = &mut order[range.clone()];
            let (next, other) = (splits.len() as u32, splits.len() as u32 + 1);
            let front = if let Some((column, set)) = source.split(rows) {
                splits[part] = Split::Two { column, set, next, other };
                gather(rows, |row| set.has(source.columns[column][row]))
            } else if let Some((column, at)) = source.divide(rows) {
                splits[part] = Split::Fine { column, at, next, other };
                gather(rows, |row| source.values[column][row] < at)
            } else {
                splits[part] = Split::Whole { start: range.start as u32 };
                lengths.push(range.len());
                continue;
            };
            let middle = range.start + front;
            splits.extend([Split::Whole { start: 0 }, Split::Whole { start: 0 }]);
            parts.push((other as usize, middle..range.end));
            parts.push((next as usize, range.start..middle));
        }
        (Self { splits }, order, lengths)
    }

    /// Where a row with these codes and numbers would stand.
    pub(super) fn place(&self, codes: &[u8], numbers: &[f64]) -> u32 {
        let mut part = 0;
        loop {
            match &self.splits[part] {
                Split::Whole { start } => return *start,
                Split::Two { column, set, next, other } => {
                    part = if set.has(codes[*column]) { *next } else { *other } as usize;
                }
                Split::Fine { column, at, next, other } => {
                    part = if numbers[*column] < *at { *next } else { *other } as usize;
                }
            }
        }
    }
}

/// Moves the rows that belong to the front; their number.
fn gather(rows: &mut [u32], belongs: impl Fn(usize) -> bool) -> usize {
    let mut front = 0;
    for i in 0..rows.len() {
        if belongs(rows[i] as usize) {
            rows.swap(front, i);
            front += 1;
        }
    }
    front
}

impl Source<'_> {
    /// The column and the codes that go first; nothing where rows are few or all alike.
    fn split(&self, rows: &[u32]) -> Option<(usize, Set)> {
        if rows.len() <= FEW {
            return None;
        }
        let step = rows.len().div_ceil(SAMPLE);
        self.best(rows, step).or_else(|| if step > 1 { self.best(rows, 1) } else { None })
    }

    /// The column in which the numbers themselves are farthest apart, and its median or what comes next
    /// to the least; nothing where rows are few or no numbers differ.
    fn divide(&self, rows: &[u32]) -> Option<(usize, f64)> {
        if rows.len() <= FEW {
            return None;
        }
        let range = |column: usize| {
            let values = || rows.iter().map(|&row| self.values[column][row as usize]);
            let low = values().fold(f64::INFINITY, f64::min);
            let spread = (values().fold(f64::NEG_INFINITY, f64::max) - low) / self.scales[column];
            (spread > 0.0).then_some((spread, column, low))
        };
        let widest = (0..self.values.len()).filter_map(range);
        let (_, column, low) = widest.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
        let values = rows.iter().map(|&row| self.values[column][row as usize]);
        let mut above: Vec<f64> = values.filter(|&x| x > low).collect();
        let middle = (rows.len() / 2).saturating_sub(rows.len() - above.len());
        Some((column, *above.select_nth_unstable_by(middle, f64::total_cmp).1))
    }

    /// The split by the column with the largest average difference among every `step`-th row.
    fn best(&self, rows: &[u32], step: usize) -> Option<(usize, Set)> {
        let mut best: Option<(f64, usize, [u32; CODES])> = None;
        for (column, codes) in self.columns.iter().enumerate() {
            let mut counts = [0_u32; CODES];
            rows.iter().step_by(step).for_each(|&row| {
                counts[usize::from(codes[row as usize])] += 1;
            });
            let spread = if column < self.values.len() {
                distance(&counts, self.width)
            } else {
                gini(&counts)
            };
            if spread > best.map_or(0.0, |(most, ..)| most) {
                best = Some((spread, column, counts));
            }
        }
        let (_, column, counts) = best?;
        let set =
            if column < self.values.len() { lower_half(&counts) } else { frequent_half(&counts) };
        Some((column, set))
    }
}

fn total(counts: &[u32; CODES]) -> u32 {
    counts.iter().sum()
}

/// How often two categories differ.
fn gini(counts: &[u32; CODES]) -> f64 {
    let total = f64::from(total(counts));
    1.0 - counts.iter().map(|&count| (f64::from(count) / total).powi(2)).sum::<f64>()
}

/// How far two numbers lie apart, a missing one at 1 from all others.
fn distance(counts: &[u32; CODES], width: u8) -> f64 {
    let total = f64::from(total(counts));
    let (present, absent) = (&counts[..CODES - 1], f64::from(counts[CODES - 1]) / total);
    let mut below = 0;
    let apart: f64 = present
        .iter()
        .map(|&count| {
            below += count;
            let below = f64::from(below) / total;
            below * (1.0 - absent - below).max(0.0)
        })
        .sum();
    2.0 * (apart / f64::from(width) + absent * (1.0 - absent))
}

/// The lowest codes, about half of the rows and never all.
fn lower_half(counts: &[u32; CODES]) -> Set {
    let total = total(counts);
    let (mut set, mut below) = (Set::default(), 0);
    for (code, &count) in counts.iter().enumerate() {
        let (without, with) = (below, below + count);
        let farther = with.abs_diff(total - with) > without.abs_diff(total - without);
        if without > 0 && (farther || with == total) {
            break;
        }
        set.insert(code);
        below = with;
    }
    set
}

/// The most frequent codes, about half of the rows and never all.
fn frequent_half(counts: &[u32; CODES]) -> Set {
    let mut codes: Vec<usize> = (0..CODES).filter(|&code| counts[code] > 0).collect();
    codes.sort_by_key(|&code| (std::cmp::Reverse(counts[code]), code));
    let (total, mut taken, mut set) = (total(counts), 0, Set::default());
    for code in codes {
        if taken * 2 >= total || taken + counts[code] == total {
            break;
        }
        set.insert(code);
        taken += counts[code];
    }
    set
}

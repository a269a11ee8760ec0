//! Margins: from a rank in (0, 1) to a value, without a value of few persons.

use serde::{Deserialize, Serialize};

use crate::synth::Allowed;
use crate::synth::crowd::Crowd;
use crate::synth::grain::{self, Grain};
use crate::table::{ColumnSchema, MISSING};

/// The inverse distribution function of a column.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Margin {
    /// Levels in byte order, and the cumulative shares of their codes, the most frequent first; the code
    /// [`MISSING`] is one of them where values are missing.
    Levels { levels: Vec<Box<str>>, steps: Vec<(u32, f64)> },
    /// Pieces in ascending order.
    Numbers { pieces: Vec<Piece>, grain: Grain },
}

/// A piece of the inverse distribution function: linear up to a cumulative share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Piece {
    /// The cumulative share at which it ends.
    end: f64,
    /// The value at which it begins, and that at which it ends: the same for a number that many share.
    from: f64,
    to: f64,
}

impl Margin {
    /// The margin of levels whose codes have these counts, the most frequent first.
    pub(super) fn of_levels(levels: Vec<Box<str>>, counts: &[(u32, usize)]) -> Self {
        let all = counts.iter().map(|(_, count)| count).sum::<usize>().max(1) as f64;
        let mut below = 0;
        let step = |&(code, count): &(u32, usize)| {
            below += count;
            (code, below as f64 / all)
        };
        Self::Levels { levels, steps: counts.iter().map(step).collect() }
    }

    /// The margin of `numbers`, whose extremes are coded, in at most about so many blocks.
    pub(super) fn of_numbers(
        numbers: &[f64],
        schema: &ColumnSchema,
        grain: Grain,
        crowd: Crowd<'_>,
        blocks: usize,
    ) -> Self {
        let mut order: Vec<usize> =
            (0..numbers.len()).filter(|&row| !numbers[row].is_nan()).collect();
        order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]).then(a.cmp(&b)));
        let shown = grain::shown(numbers, schema, crowd);
        let is_shown =
            |row: usize| shown.binary_search_by(|known| known.total_cmp(&numbers[row])).is_ok();
        let same = |&a: &usize, &b: &usize| {
            let shown = is_shown(a);
            shown == is_shown(b) && (!shown || numbers[a].to_bits() == numbers[b].to_bits())
        };
        let all = order.len().max(1) as f64;
        let least = order.len().div_ceil(blocks);
        let runs: Vec<&[usize]> = order.chunk_by(same).collect();
        let (mut pieces, mut done) = (Vec::new(), 0);
        for (i, run) in runs.iter().enumerate() {
            let start = done as f64 / all;
            done += run.len();
            let end = done as f64 / all;
            if is_shown(run[0]) {
                pieces.push(Piece { end, from: numbers[run[0]], to: numbers[run[0]] });
                continue;
            }
            // Coded extremes are shared by a crowd, so that a run of others stands between two of them.
            let beside = |run: Option<&&[usize]>| run.map(|run| numbers[run[0]]);
            let means = means(run, numbers, crowd, least);
            let first = means.first().map_or(0.0, |mean| mean.1);
            let from = beside(i.checked_sub(1).and_then(|i| runs.get(i))).unwrap_or(first);
            let to = beside(runs.get(i + 1)).unwrap_or(means.last().map_or(from, |mean| mean.1));
            pieces.extend(through(start, end, from, &means, to));
        }
        Self::Numbers { pieces, grain }
    }

    /// The code of the level at rank `u`, or the number.
    pub(super) fn at(&self, u: f64) -> (u32, f64) {
        match self {
            Self::Levels { steps, .. } => {
                let place = steps.partition_point(|(_, end)| *end < u).min(steps.len().max(1) - 1);
                (steps.get(place).map_or(MISSING, |(code, _)| *code), f64::NAN)
            }
            Self::Numbers { pieces, grain } => {
                let place =
                    pieces.partition_point(|piece| piece.end < u).min(pieces.len().max(1) - 1);
                let Some(piece) = pieces.get(place) else { return (MISSING, f64::NAN) };
                let start = place.checked_sub(1).map_or(0.0, |before| pieces[before].end);
                let share = ((u - start) / (piece.end - start)).clamp(0.0, 1.0);
                let between = piece.from + (piece.to - piece.from) * share;
                let is_one = piece.from.to_bits() == piece.to.to_bits();
                (MISSING, if is_one { piece.from } else { grain.place(between) })
            }
        }
    }

    /// The ranks at which values may be allowed: all at which they are, and some beside them.
    pub(super) fn spans(&self, allowed: &Allowed) -> Vec<(f64, f64)> {
        let mut start = 0.0;
        let mut spans = Vec::new();
        match self {
            Self::Levels { levels, steps } => {
                for &(code, end) in steps {
                    let level = levels.get(code as usize).map(|level| &**level);
                    spans.extend(allowed.label(level).then_some((start, end)));
                    start = end;
                }
            }
            Self::Numbers { pieces, grain } => {
                let (low, high) = allowed.interval();
                let (low, high) = (low - grain.half_step(), high + grain.half_step());
                for piece in pieces {
                    spans.extend(piece.span(start, low, high, allowed));
                    start = piece.end;
                }
            }
        }
        spans
    }
}

impl Piece {
    /// The ranks, from `start` on, whose numbers lie between `low` and `high`.
    fn span(&self, start: f64, low: f64, high: f64, allowed: &Allowed) -> Option<(f64, f64)> {
        if self.from.to_bits() == self.to.to_bits() {
            return allowed.number(self.from).then_some((start, self.end));
        }
        let rank = |x: f64| {
            let share = ((x - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
            start + share * (self.end - start)
        };
        let (first, last) = (rank(low), rank(high));
        (first < last).then_some((first, last))
    }
}

/// The mean over the persons of each block of a run, with the share of the run's rows that stand before its middle. A block
/// holds a crowd and at least so many rows; a run without a crowd has none.
fn means(run: &[usize], numbers: &[f64], crowd: Crowd<'_>, least: usize) -> Vec<(f64, f64)> {
    let mut blocks: Vec<&[usize]> = Vec::new();
    let (mut rest, mut taken) = (run, 0);
    while let Some(size) = crowd.first(rest.iter().copied()) {
        let size = size.max(least).min(rest.len());
        blocks.push(&rest[..size]);
        (rest, taken) = (&rest[size..], taken + size);
    }
    // What is left is no crowd: it joins the last block.
    if let Some(last) = blocks.last_mut() {
        *last = &run[taken - last.len()..];
    }
    let mut before = 0.0;
    let mean = |block: &[usize]| {
        let count = block.len() as f64;
        let middle = (before + count / 2.0) / run.len() as f64;
        before += count;
        let means = crowd.means(block, numbers);
        (middle, means.iter().sum::<f64>() / means.len().max(1) as f64)
    };
    blocks.into_iter().map(mean).collect()
}

/// The pieces from `from` through the means to `to`.
fn through(
    start: f64,
    end: f64,
    from: f64,
    means: &[(f64, f64)],
    to: f64,
) -> impl Iterator<Item = Piece> {
    let knots = means.iter().map(move |(share, mean)| (start + share * (end - start), *mean));
    let mut last = from;
    knots.chain([(end, to)]).map(move |(end, to)| {
        let piece = Piece { end, from: last, to };
        last = to;
        piece
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::grain::Tails;
    use crate::table::{ColumnKind, Persons};

    /// Four 0s, then 1 2 3 4, then two 9s, of ten persons with two a crowd; 0 and 9 are shown, and are the
    /// ends. The run 1 2 3 4 is cut into blocks of means 1.5 and 3.5 at ranks 0.5 and 0.7, from 0 at 0.4 to 9
    /// at 0.8.
    #[test]
    fn numbers_hand_worked() {
        let numbers = [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 9.0, 9.0];
        let persons = Persons { of_row: (0..10).collect(), count: 10, unnamed: vec![] };
        let crowd = Crowd { persons: &persons, least: 2 };
        let mut schema = ColumnSchema::new(ColumnKind::Continuous);
        schema.step = Some(0.125);
        let (grain, coded) = Grain::of(&numbers, &schema, crowd, Tails::Both);
        assert_eq!(coded, numbers);
        let margin = Margin::of_numbers(&coded, &schema, grain, crowd, 100);
        for (u, expected) in [
            (0.1, 0.0),
            (0.39, 0.0),
            (0.45, 0.75),
            (0.5, 1.5),
            (0.6, 2.5),
            (0.75, 6.25),
            (0.9, 9.0),
        ] {
            assert!((margin.at(u).1 - expected).abs() < 1e-9, "{u}: {}", margin.at(u).1);
        }
    }

    /// Shares 1/2, 3/8 and 1/8 of codes 2, 0 and missing.
    #[test]
    fn levels_take_their_share_of_ranks() {
        let levels = vec!["a".into(), "b".into(), "c".into()];
        let margin = Margin::of_levels(levels, &[(2, 4), (0, 3), (MISSING, 1)]);
        for (u, code) in
            [(0.01, 2), (0.5, 2), (0.51, 0), (0.874, 0), (0.876, MISSING), (1.0, MISSING)]
        {
            assert_eq!(margin.at(u).0, code, "{u}");
        }
    }
}

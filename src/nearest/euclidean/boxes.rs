//! Points that spread mostly in a few directions, by boxes around similar rows.
//!
//! Rows are ordered by recursive splits at the median of the direction in which they spread most, 32 to a
//! leaf, 32 leaves to a group. Groups and leaves are boxes: the least and the largest coordinate in each
//! of the leading directions (`components`). For a query, groups are visited from the nearest on; a leaf
//! whose box is too far is skipped, in others rows too far in the leading directions, then rows too far
//! in all coordinates, in single precision; the sums of the rows that remain are computed as defined.
//!
//! Each of these distances t, inputs and sums rounded, obeys t ≤ (‖V‖ d + e)(1 + δ), d the distance, e
//! the error of two points in single precision, and δ that of the sum: a row beyond that of the k-th best
//! is certainly no neighbour. What is nearest to the box is nearer than any row in it, and rounding is
//! monotone, so that a box needs no more slack than its rows.

use rayon::prelude::*;

use super::super::Excluded;
use super::super::best::{Answer, Best};
use super::super::simd::Simd;
use super::super::simd::tile::{ROWS, Strip};
use super::components::{Components, LEADING, Projection};
use super::dense::Frame;
use super::{Points, sum};

/// Queries that one thread searches in a row.
const CHUNK: usize = 256;

/// Rows that are remembered beyond `k` to bound the next query's search.
const SPARE: usize = 2;

/// Rows in a group.
const GROUP: usize = ROWS * ROWS;

/// Rows looked at to choose a split.
const SAMPLE: usize = 128;

/// Rounding of double precision and squares that underflow, with much to spare: relative, and absolute
/// in units of the frame.
const SLACK: (f64, f64) = (1e-12, 1e-28);

/// The least and the largest of 32 boxes in one direction.
type Range = [Strip; 2];

/// Rows made ready to be searched.
pub(super) struct Boxes<'a> {
    frame: &'a Frame,
    components: &'a Components,
    rows: &'a Points,
    simd: Simd,
    order: Vec<u32>,
    /// Per leaf: leading coordinates, then all.
    leaves: Vec<Strip>,
    /// Per group: the boxes of its leaves. Per 32 groups: theirs.
    near: Vec<Range>,
    far: Vec<Range>,
    /// The length of the longest row.
    reach: f64,
}

/// For each query, what [`Answer`] tells of its `k` nearest rows. No coordinate may be so large that its
/// square is not a number.
pub(super) fn search<A: Answer>(
    simd: Simd,
    (frame, components): (&Frame, &Components),
    (queries, rows): (&Points, &Points),
    k: usize,
    excluded: Excluded<'_>,
) -> Vec<A> {
    let boxes = Boxes::build(simd, frame, components, rows);
    let (places, _) = project(frame, components, queries);
    let order = ordered(&places);
    let one = |chunk: &[u32]| {
        let mut search = Search::new(&boxes, queries, k);
        let run = |&query: &u32| {
            let query = query as usize;
            search.run(query, places[query], |row| !excluded(query, row))
        };
        chunk.iter().map(run).collect::<Vec<A>>()
    };
    let answers: Vec<Vec<A>> = order.par_chunks(CHUNK).map(one).collect();
    let mut found = Vec::new();
    found.resize_with(queries.rows(), A::none);
    for (&query, answer) in order.iter().zip(answers.into_iter().flatten()) {
        found[query as usize] = answer;
    }
    found
}

/// The leading coordinates of all points, and the length of the longest.
fn project(frame: &Frame, components: &Components, points: &Points) -> (Vec<Projection>, f64) {
    let mut reach = 0.0_f64;
    let mut place = Vec::new();
    let project = |row| {
        reach = reach.max(frame.place(points.row(row), &mut place));
        components.project(&place)
    };
    ((0..points.rows()).map(project).collect(), reach)
}

/// An order in which points near one another stand together: whole groups of whole leaves.
fn ordered(places: &[Projection]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..places.len() as u32).collect();
    split(places, &mut order);
    order
}

fn split(places: &[Projection], part: &mut [u32]) {
    if part.len() <= ROWS {
        return;
    }
    let direction = widest(places, part);
    let whole = if part.len() > GROUP { GROUP } else { ROWS };
    let half = (part.len() / 2).next_multiple_of(whole);
    let key = |&row: &u32| places[row as usize][direction];
    part.select_nth_unstable_by(half, |a, b| key(a).total_cmp(&key(b)).then(a.cmp(b)));
    let (low, high) = part.split_at_mut(half);
    if low.len() > GROUP {
        rayon::join(|| split(places, low), || split(places, high));
    } else {
        split(places, low);
        split(places, high);
    }
}

/// The direction in which some of the points spread most.
fn widest(places: &[Projection], part: &[u32]) -> usize {
    let step = part.len().div_ceil(SAMPLE);
    let (mut sums, mut squares, mut count) = ([0.0; LEADING], [0.0; LEADING], 0.0);
    for &row in part.iter().step_by(step) {
        let sums = sums.iter_mut().zip(&mut squares);
        sums.zip(places[row as usize]).for_each(|((sum, square), x)| {
            *sum += x;
            *square += x * x;
        });
        count += 1.0;
    }
    let spread = |direction: usize| squares[direction] - sums[direction] * sums[direction] / count;
    (0..LEADING).max_by(|&a, &b| spread(a).total_cmp(&spread(b))).unwrap_or(0)
}

impl<'a> Boxes<'a> {
    fn build(simd: Simd, frame: &'a Frame, components: &'a Components, rows: &'a Points) -> Self {
        let (places, reach) = project(frame, components, rows);
        let order = ordered(&places);
        let lines = LEADING + rows.dimensions();
        let mut leaves = vec![[f32::INFINITY; ROWS]; order.len().div_ceil(ROWS) * lines];
        let filled = leaves.par_chunks_mut(lines).zip(order.par_chunks(ROWS));
        filled.for_each_init(Vec::new, |all, (lines, part)| {
            for (i, &row) in part.iter().enumerate() {
                frame.place(rows.row(row as usize), all);
                let (leading, rest) = lines.split_at_mut(LEADING);
                leading.iter_mut().zip(places[row as usize]).for_each(|(line, x)| line[i] = x);
                rest.iter_mut().zip(all.iter()).for_each(|(line, &x)| line[i] = x as f32);
            }
        });
        let near = around(&order, &places, ROWS);
        let far = around(&order, &places, GROUP);
        Self { frame, components, rows, simd, order, leaves, near, far, reach }
    }

    /// The rows of a leaf, a bit each.
    fn known(&self, leaf: usize) -> u32 {
        u32::MAX >> (ROWS - (self.order.len() - leaf * ROWS).min(ROWS))
    }
}

/// The boxes around each `size` rows, in lines of 32.
fn around(order: &[u32], places: &[Projection], size: usize) -> Vec<Range> {
    let empty = [[f32::INFINITY; ROWS], [f32::NEG_INFINITY; ROWS]];
    let mut ranges = vec![empty; order.len().div_ceil(size).div_ceil(ROWS) * LEADING];
    for (i, part) in order.chunks(size).enumerate() {
        let ranges = &mut ranges[i / ROWS * LEADING..][..LEADING];
        for &row in part {
            for ([low, high], x) in ranges.iter_mut().zip(places[row as usize]) {
                low[i % ROWS] = low[i % ROWS].min(x);
                high[i % ROWS] = high[i % ROWS].max(x);
            }
        }
    }
    ranges
}

/// A run of searches, and what one leaves to the next.
struct Search<'a> {
    boxes: &'a Boxes<'a>,
    queries: &'a Points,
    k: usize,
    /// The query's coordinates, in double and in single precision.
    place: Vec<f64>,
    all: Vec<f32>,
    /// Groups to visit, nearest first.
    groups: Vec<(f32, usize)>,
    /// Rows nearest to the last query.
    seeds: Vec<u32>,
    /// Rows that the present search found near.
    found: Vec<(f64, u32)>,
}

/// Squared distances in single precision that no row within the bound exceeds: in the leading
/// directions, and in all.
#[derive(Clone, Copy)]
struct Limits {
    leading: f32,
    all: f32,
}

impl<'a> Search<'a> {
    fn new(boxes: &'a Boxes<'a>, queries: &'a Points, k: usize) -> Self {
        let (place, all, groups) = (Vec::new(), Vec::new(), Vec::new());
        let (seeds, found) = (Vec::new(), Vec::new());
        Self { boxes, queries, k, place, all, groups, seeds, found }
    }

    fn run<A: Answer>(
        &mut self,
        query: usize,
        leading: Projection,
        counts: impl Fn(usize) -> bool,
    ) -> A {
        let boxes = self.boxes;
        let length = boxes.frame.place(self.queries.row(query), &mut self.place);
        self.all.clear();
        self.all.extend(self.place.iter().map(|&x| x as f32));
        let reach = boxes.reach.max(length);
        let mut best = Best::new::<A>(self.k);
        let known = self.known(query, &counts);
        let mut limits = self.limits(known, reach);
        self.find_groups(&leading, limits.leading);
        let mut bounds = [0.0; ROWS];
        for i in 0..self.groups.len() {
            let (least, group) = self.groups[i];
            if least > limits.leading {
                break;
            }
            let ranges = &boxes.near[group * LEADING..][..LEADING];
            let leaves = boxes.simd.boxes(&leading, ranges, limits.leading, &mut bounds);
            for leaf in bits(leaves) {
                if bounds[leaf] > limits.leading
                    || (group * ROWS + leaf) * ROWS >= boxes.order.len()
                {
                    continue;
                }
                let within = self.within(&leading, group * ROWS + leaf, limits);
                if within != 0 {
                    let bound = known.min(best.bound());
                    self.refine((query, group * ROWS + leaf), within, bound, &mut best, &counts);
                    limits = self.limits(known.min(best.bound()), reach);
                }
            }
        }
        self.remember();
        A::of(best, f64::sqrt)
    }

    /// The rows of a leaf that may lie within the limits.
    fn within(&self, leading: &Projection, leaf: usize, limits: Limits) -> u32 {
        let boxes = self.boxes;
        let lines = LEADING + boxes.rows.dimensions();
        let (first, rest) = boxes.leaves[leaf * lines..][..lines].split_at(LEADING);
        let within = boxes.simd.within(leading, first, limits.leading) & boxes.known(leaf);
        if within == 0 { 0 } else { within & boxes.simd.within(&self.all, rest, limits.all) }
    }

    /// Computes the sums of the rows of a leaf that are `within` and keeps the best.
    fn refine(
        &mut self,
        (query, leaf): (usize, usize),
        within: u32,
        mut bound: f64,
        best: &mut Best,
        counts: impl Fn(usize) -> bool,
    ) {
        for bit in bits(within) {
            let row = self.boxes.order[leaf * ROWS + bit];
            let sum = sum(self.queries.row(query), self.boxes.rows.row(row as usize));
            if sum <= bound && counts(row as usize) {
                best.offer(sum, row);
                self.found.push((sum, row));
                bound = bound.min(best.bound());
            }
        }
    }

    /// A sum that the `k`-th best does not exceed: there are as many rows within among the seeds.
    fn known(&self, query: usize, counts: impl Fn(usize) -> bool) -> f64 {
        let mut best = Best::new::<[f64; 0]>(self.k);
        for &row in self.seeds.iter().filter(|&&row| counts(row as usize)) {
            best.offer(sum(self.queries.row(query), self.boxes.rows.row(row as usize)), row);
        }
        best.bound()
    }

    /// The groups within `limit`, nearest first.
    fn find_groups(&mut self, leading: &Projection, limit: f32) {
        let mut bounds = [0.0; ROWS];
        self.groups.clear();
        for (i, ranges) in self.boxes.far.chunks_exact(LEADING).enumerate() {
            let within = self.boxes.simd.boxes(leading, ranges, limit, &mut bounds);
            let groups = bits(within).map(|bit| (bounds[bit], i * ROWS + bit));
            let rows = self.boxes.order.len();
            self.groups.extend(groups.filter(|&(_, group)| group * GROUP < rows));
        }
        self.groups.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    }

    /// For rows whose sum is at most `bound`, and points no longer than `reach`.
    fn limits(&self, bound: f64, reach: f64) -> Limits {
        let Boxes { frame, components, rows, .. } = self.boxes;
        let sums = rows.dimensions() as f64 * f64::EPSILON;
        let far = bound.sqrt() * frame.scale * (1.0 + sums + SLACK.0) + SLACK.1;
        let limit = |far: f64, terms: usize| {
            let rounding = (terms + 8) as f64 * f64::from(f32::EPSILON);
            let square = far * far * (1.0 + rounding) + f64::from(f32::MIN_POSITIVE);
            (square as f32).next_up()
        };
        let error = 2.0 * f64::from(f32::EPSILON) * reach + SLACK.1;
        Limits {
            leading: limit(far * components.norm + components.error(reach), LEADING),
            all: limit(far + error, rows.dimensions()),
        }
    }

    /// Keeps the nearest rows as seeds for the next search, and earlier ones where those are few.
    fn remember(&mut self) {
        let keep = self.k.saturating_add(SPARE);
        if self.found.len() > keep {
            self.found.select_nth_unstable_by(keep, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            self.found.truncate(keep);
        }
        let found = &self.found;
        self.seeds.retain(|row| found.iter().all(|(_, other)| other != row));
        self.seeds.truncate(keep - found.len());
        self.seeds.extend(self.found.drain(..).map(|(_, row)| row));
        self.seeds.reverse();
    }
}

/// The set bits, lowest first.
fn bits(mut set: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(bit)
    })
}

//! Which way of searching points is the cheapest: told from their number, and from a sample of 64 queries.
//!
//! What a way costs was measured (nanoseconds of one thread with AVX-512) and only has to be right in
//! proportion: all ways find the same. A sample is not looked at where that alone would cost as much.

use super::super::Excluded;
use super::super::best::Best;
use super::super::plan::Way;
use super::components::{Components, Projection};
use super::dense::Frame;
use super::{Points, sum};

/// A kd-tree is not faster than boxes in more dimensions than these.
pub(super) const FEW: usize = 4;

/// Nothing is faster than every pair on fewer rows than these.
const MANY: usize = 256;

/// Queries and rows of a sample, at most.
const SAMPLE: (usize, usize) = (64, 2048);

/// Per coordinate of a pair, in a tile.
const TILE: f64 = 0.0125;

/// Per row, in a tree, and in boxes at first and per coordinate.
const TREE: f64 = 250.0;
const BOXES: (f64, f64) = (200.0, 33.0);

/// Per pair whose boxes are compared, and whose leading coordinates are.
const PAIR: (f64, f64) = (0.03, 16.0);

/// Per row and coordinate, to look at a sample.
const LOOK: f64 = 5e6;

/// A way and what is ready for it.
pub(super) enum Choice {
    Pairs,
    Tree,
    Tile(Frame),
    Boxes(Frame, Components),
}

impl Choice {
    /// The cheapest way.
    pub(super) fn new(queries: &Points, rows: &Points, k: usize, excluded: Excluded<'_>) -> Self {
        if rows.rows() < MANY || queries.is_large() || rows.is_large() {
            return Self::Pairs;
        }
        let (asked, dimensions) = (queries.rows() as f64, rows.dimensions() as f64);
        let tile = asked * TILE * (dimensions + 2.0);
        if rows.dimensions() <= FEW && tile > TREE {
            return Self::Tree;
        }
        let frame = Frame::new(queries, rows);
        let build = BOXES.0 + BOXES.1 * dimensions;
        if rows.dimensions() <= FEW || tile < build + LOOK * dimensions / rows.rows() as f64 * TILE
        {
            return Self::Tile(frame);
        }
        let components = Components::new(&frame, rows);
        let share = share(&frame, &components, (queries, rows), k, excluded);
        if build + asked * (PAIR.0 + PAIR.1 * share) < tile {
            Self::Boxes(frame, components)
        } else {
            Self::Tile(frame)
        }
    }

    /// Its name.
    pub(super) fn way(&self) -> Way {
        match self {
            Self::Pairs => Way::Pairs,
            Self::Tree => Way::Tree,
            Self::Tile(_) => Way::Tile,
            Self::Boxes(..) => Way::Boxes,
        }
    }
}

/// The part of the rows that the leading directions cannot tell from neighbours, in a sample; `k` is
/// brought down to the size of the sample.
fn share(
    frame: &Frame,
    components: &Components,
    (queries, rows): (&Points, &Points),
    k: usize,
    excluded: Excluded<'_>,
) -> f64 {
    let sample = |points: &Points, most: usize| {
        (0..points.rows()).step_by(points.rows().div_ceil(most).max(1)).collect::<Vec<_>>()
    };
    let mut place = Vec::new();
    let mut project = |points: &Points, row: usize| {
        frame.place(points.row(row), &mut place);
        components.project(&place)
    };
    let some = sample(rows, SAMPLE.1);
    let places: Vec<_> = some.iter().map(|&row| project(rows, row)).collect();
    let k = k.saturating_mul(some.len()).div_ceil(rows.rows());
    let (mut within, mut all) = (0, 0);
    for query in sample(queries, SAMPLE.0) {
        let mut best = Best::new::<[f64; 0]>(k);
        for &row in some.iter().filter(|&&row| !excluded(query, row)) {
            best.offer(sum(queries.row(query), rows.row(row)), row as u32);
        }
        let (place, limit) = (project(queries, query), best.bound() * frame.scale * frame.scale);
        let near = |other: &&Projection| {
            let apart = place.iter().zip(*other).map(|(x, y)| f64::from(x - y));
            apart.map(|x| x * x).sum::<f64>() <= limit
        };
        within += places.iter().filter(near).count();
        all += places.len();
    }
    within as f64 / all.max(1) as f64
}

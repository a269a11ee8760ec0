//! Every leaf, block by block: a block is compared with several queries while it is in the cache.

use super::super::best::{Answer, Best};
use super::super::simd::{LINE, Probe};
use super::{Asked, Index, Query, row_of};

/// Queries that are compared with one block of leaves.
const TILE: usize = 32;

/// Bytes of a block.
const BLOCK: usize = 1 << 15;

/// Searches the queries at `places`.
pub(super) fn search<A: Answer>(index: &Index, asked: &Asked<'_>, places: &[u64], found: &mut [A]) {
    let leaves = index.zones.count();
    let block = (BLOCK / (LINE * index.coder.columns().max(1))).max(1);
    for (found, places) in found.chunks_mut(TILE).zip(places.chunks(TILE)) {
        let mut tile: Vec<Task> =
            places.iter().map(|&place| Task::new::<A>(index, asked, place)).collect();
        for first in (0..leaves).step_by(block) {
            let block = first..(first + block).min(leaves);
            tile.iter_mut().for_each(|task| task.visit(block.clone()));
        }
        for (found, task) in found.iter_mut().zip(tile) {
            *found = A::of(task.best, |sum| asked.distance(sum));
        }
    }
}

/// A query and what was found so far.
struct Task<'a> {
    index: &'a Index,
    asked: &'a Asked<'a>,
    row: usize,
    query: Query,
    probe: Probe,
    best: Best,
    /// The leaf where it would stand itself.
    home: usize,
}

impl<'a> Task<'a> {
    /// A query that has been to its home: what is near there bounds what is worth a look elsewhere.
    fn new<A: Answer>(index: &'a Index, asked: &'a Asked<'a>, place: u64) -> Self {
        let (row, mut query, mut probe) = (row_of(place), Query::default(), Probe::default());
        asked.read(index, row, &mut query);
        index.zones.probe(&index.coder, &query.codes, &mut probe);
        let home = index.leaf((place >> 32) as u32);
        let best = Best::new::<A>(asked.k);
        let mut task = Self { index, asked, row, query, probe, best, home: usize::MAX };
        task.visit(home..(home + 1).min(index.zones.count()));
        task.home = home;
        task
    }

    /// Takes note of what is near in some leaves.
    fn visit(&mut self, leaves: std::ops::Range<usize>) {
        let Self { index, asked, row, query, probe, best, home } = self;
        if best.is_settled() {
            return;
        }
        let mut bound = best.bound();
        let mut limit = index.limit(bound);
        for leaf in leaves.filter(|leaf| leaf != home) {
            for place in index.zones.within(index.simd, leaf, probe, limit) {
                let sum = index.sum(query, place, bound);
                if sum <= bound {
                    index.offer(best, sum, place, |other| !(asked.excluded)(*row, other));
                    bound = best.bound();
                    limit = index.limit(bound);
                }
            }
        }
    }
}

//! Leaves from the nearest on, query by query.

use super::super::best::{Answer, Best};
use super::super::simd::Probe;
use super::{Asked, Index, Query, row_of};

/// Rows that are remembered beyond `k` to bound the next query's search.
const SPARE: usize = 4;

/// Searches the queries at `places`, which are similar to their neighbours.
pub(super) fn search<A: Answer>(index: &Index, asked: &Asked<'_>, places: &[u64], found: &mut [A]) {
    let mut search = Search::new(index, asked);
    let mut query = Query::default();
    for (found, &place) in found.iter_mut().zip(places) {
        let row = row_of(place);
        asked.read(index, row, &mut query);
        *found = search.run(&query, row);
    }
}

/// A run of searches, and what one leaves to the next.
pub(super) struct Search<'a> {
    index: &'a Index,
    asked: &'a Asked<'a>,
    probe: Probe,
    /// Bounds of leaves, and the leaves to visit, least bound first.
    unsorted: Vec<(u8, u32)>,
    leaves: Vec<(u8, u32)>,
    /// The distinct rows nearest to earlier queries.
    seeds: Vec<usize>,
    /// Rows that the present search found near.
    found: Vec<(f64, usize)>,
    /// Leaves visited so far.
    pub(super) visited: u64,
}

impl<'a> Search<'a> {
    pub(super) fn new(index: &'a Index, asked: &'a Asked<'a>) -> Self {
        let (probe, unsorted, leaves) = (Probe::default(), Vec::new(), Vec::new());
        let (seeds, found) = (Vec::new(), Vec::new());
        Self { index, asked, probe, unsorted, leaves, seeds, found, visited: 0 }
    }

    /// The answer to `query`, which stands at `row` of the queries.
    pub(super) fn run<A: Answer>(&mut self, query: &Query, row: usize) -> A {
        let (index, asked) = (self.index, self.asked);
        let counts = |other: usize| !(asked.excluded)(row, other);
        index.zones.probe(&index.coder, &query.codes, &mut self.probe);
        let mut best = Best::new::<A>(asked.k);
        let known = self.known(query, counts);
        self.find_leaves(index.limit(known));
        let mut bound = known;
        for i in 0..self.leaves.len() {
            let (least, leaf) = self.leaves[i];
            let limit = index.limit(bound);
            if least > limit || best.is_settled() {
                break;
            }
            self.visited += 1;
            if index.fine.least(leaf as usize, &query.numbers, &index.scales) > bound {
                continue;
            }
            for place in index.zones.within(index.simd, leaf as usize, &self.probe, limit) {
                let sum = index.sum(query, place, bound);
                if sum <= bound {
                    index.offer(&mut best, sum, place, counts);
                    self.found.push((sum, place));
                    bound = known.min(best.bound());
                }
            }
        }
        self.remember();
        A::of(best, |sum| asked.distance(sum))
    }

    /// A sum that the `k`-th best does not exceed: there are as many rows within among the seeds.
    fn known(&self, query: &Query, counts: impl Fn(usize) -> bool) -> f64 {
        let mut best = Best::new::<[f64; 0]>(self.asked.k);
        for &place in &self.seeds {
            let sum = self.index.sum(query, place, f64::INFINITY);
            self.index.offer(&mut best, sum, place, &counts);
        }
        best.bound()
    }

    /// The leaves within `limit`, least bound first: sorted by counting.
    fn find_leaves(&mut self, limit: u8) {
        let (simd, found, mut counts) = (self.index.simd, &mut self.unsorted, [0_u32; 256]);
        found.clear();
        self.index.zones.leaves(simd, &self.probe, limit, |bound, leaf| {
            counts[usize::from(bound)] += 1;
            found.push((bound, leaf as u32));
        });
        let mut start = 0;
        for count in &mut counts[..=usize::from(limit)] {
            start += *count;
            *count = start - *count;
        }
        self.leaves.clear();
        self.leaves.resize(found.len(), (0, 0));
        for &(bound, leaf) in found.iter() {
            let place = &mut counts[usize::from(bound)];
            self.leaves[*place as usize] = (bound, leaf);
            *place += 1;
        }
    }

    /// Keeps the nearest rows as seeds for the next search, and earlier ones where those are few.
    fn remember(&mut self) {
        let keep = self.asked.k.saturating_add(SPARE);
        if self.found.len() > keep {
            self.found.select_nth_unstable_by(keep, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            self.found.truncate(keep);
        }
        let found = &self.found;
        self.seeds.retain(|&place| found.iter().all(|&(_, other)| other != place));
        self.seeds.truncate(keep - found.len());
        self.seeds.extend(self.found.drain(..).map(|(_, place)| place));
        self.seeds.reverse();
    }
}

//! Points of few coordinates, by a kd-tree (Bentley 1975, Commun. ACM 18:509): it names the candidates.

use std::num::NonZeroUsize;

use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rayon::prelude::*;

use super::super::Excluded;
use super::super::best::{Answer, Best};
use super::choice::FEW;
use super::{Points, sum};

/// The tree's own sums and bounds may be rounded otherwise than those here, by a few units in the
/// last place; it is asked for everything up to this much farther, relative and absolute.
const SLACK: (f64, f64) = (1e-9, f64::MIN_POSITIVE);

/// By kd-tree; nothing if one cannot be built or there are too many dimensions.
pub(super) fn search<A: Answer>(
    queries: &Points,
    rows: &Points,
    k: usize,
    excluded: Excluded<'_>,
) -> Option<Vec<A>> {
    match rows.dimensions {
        1 => in_space::<1, A>(queries, rows, k, excluded),
        2 => in_space::<2, A>(queries, rows, k, excluded),
        3 => in_space::<3, A>(queries, rows, k, excluded),
        FEW => in_space::<FEW, A>(queries, rows, k, excluded),
        _ => None,
    }
}

/// The same in `D` dimensions.
fn in_space<const D: usize, A: Answer>(
    queries: &Points,
    rows: &Points,
    k: usize,
    excluded: Excluded<'_>,
) -> Option<Vec<A>> {
    let points = rows.fixed::<D>();
    let tree = ImmutableKdTree::<f64, D>::new_from_slice(points).ok()?;
    let one = |(query, point): (usize, &[f64; D])| {
        let counts = |row: &u32| !excluded(query, *row as usize);
        let radius = radius(&tree, point, k.max(1), points.len(), counts);
        let mut best = Best::new::<A>(k);
        let near = tree.query(point).within::<SquaredEuclidean<f64>>(radius).unsorted();
        for row in near.execute().into_iter().map(|near| near.item).filter(counts) {
            best.offer(sum(point, &points[row as usize]), row);
        }
        A::of(best, f64::sqrt)
    };
    Some(queries.fixed::<D>().par_iter().enumerate().map(one).collect())
}

/// A squared distance within which the `k` nearest rows that count are certain to lie.
fn radius<const D: usize>(
    tree: &ImmutableKdTree<f64, D>,
    point: &[f64; D],
    k: usize,
    rows: usize,
    counts: impl Fn(&u32) -> bool,
) -> f64 {
    let mut wanted = NonZeroUsize::new(k).map_or(NonZeroUsize::MIN, |k| k.saturating_add(1));
    loop {
        let near = tree.query(point).nearest_n::<SquaredEuclidean<f64>>(wanted).execute();
        let mut counted = near.iter().filter(|near| counts(&near.item));
        if let Some(last) = counted.nth(k - 1) {
            return last.distance * (1.0 + SLACK.0) + SLACK.1;
        }
        if wanted.get() >= rows {
            return f64::INFINITY;
        }
        wanted = wanted.saturating_mul(NonZeroUsize::MIN.saturating_add(3));
    }
}

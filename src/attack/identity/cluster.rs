//! Clusters of one column of numbers: k-means with the k of the largest mean silhouette.

/// Clusters tried at most.
const MOST: usize = 16;

/// Rounds of k-means; on a line it settles within few.
const ROUNDS: usize = 100;

/// Clusters of sorted numbers: where each begins, and the numbers.
pub(super) struct Clusters {
    sorted: Vec<f64>,
    /// Ascending, the first 0, the last the count.
    borders: Vec<usize>,
}

impl Clusters {
    /// The clusters of `sorted` numbers, two to sixteen; one if no two differ. Lloyd's rounds start from the
    /// middles of equal parts, so that the result is the same every time. On a line a cluster is an interval,
    /// and sums over intervals are differences of running sums, so that all is exact and fast.
    pub(super) fn of(sorted: Vec<f64>) -> Self {
        let sums = running(&sorted);
        let distinct = 1 + sorted.windows(2).filter(|pair| pair[1] > pair[0]).take(MOST).count();
        let tried = (2..=MOST.min(distinct)).filter_map(|k| means(&sorted, &sums, k));
        let scored = tried.map(|borders| (silhouette(&sorted, &sums, &borders), borders));
        // The fewest clusters among equally good ones.
        let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best });
        let one = vec![0, sorted.len()];
        Self { borders: best.map_or(one, |(_, borders)| borders), sorted }
    }

    /// The share of the numbers that lie in the cluster of `x`, which is one of them.
    pub(super) fn share(&self, x: f64) -> f64 {
        let place = self.sorted.partition_point(|&known| known < x);
        let next = self.borders.partition_point(|&border| border <= place).max(1);
        let next = next.min(self.borders.len() - 1);
        let size = self.borders[next] - self.borders[next - 1];
        size as f64 / self.sorted.len().max(1) as f64
    }
}

/// Sums of the numbers before each place.
fn running(sorted: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0];
    let mut sum = 0.0;
    for x in sorted {
        sum += x;
        sums.push(sum);
    }
    sums
}

/// The borders of k clusters; nothing if one stays empty.
fn means(sorted: &[f64], sums: &[f64], k: usize) -> Option<Vec<usize>> {
    let n = sorted.len();
    let mut centres: Vec<f64> = (0..k).map(|i| sorted[(2 * i + 1) * n / (2 * k)]).collect();
    let mut borders = vec![0; k + 1];
    for _ in 0..ROUNDS {
        let between = |pair: &[f64]| {
            let middle = f64::midpoint(pair[0], pair[1]);
            sorted.partition_point(|&x| x <= middle)
        };
        let mut next = vec![0];
        next.extend(centres.windows(2).map(between));
        next.push(n);
        if next == borders {
            break;
        }
        borders = next;
        for (centre, pair) in centres.iter_mut().zip(borders.windows(2)) {
            if pair[1] > pair[0] {
                *centre = (sums[pair[1]] - sums[pair[0]]) / (pair[1] - pair[0]) as f64;
            }
        }
    }
    borders.windows(2).all(|pair| pair[1] > pair[0]).then_some(borders)
}

/// The mean silhouette (Rousseeuw 1987): how much nearer a number is to its own cluster than to the next, 0 for
/// a cluster of one.
fn silhouette(sorted: &[f64], sums: &[f64], borders: &[usize]) -> f64 {
    let mean = |from: usize, to: usize| (sums[to] - sums[from]) / (to - from) as f64;
    let mut total = 0.0;
    for (c, pair) in borders.windows(2).enumerate() {
        let (from, to) = (pair[0], pair[1]);
        // The next cluster is the one before or the one after, each all on one side of the number.
        let before = c.checked_sub(1).map(|b| mean(borders[b], from));
        let after = borders.get(c + 2).map(|&end| mean(to, end));
        for i in (from..to).filter(|_| to - from > 1) {
            let x = sorted[i];
            let below = x * (i - from) as f64 - (sums[i] - sums[from]);
            let above = (sums[to] - sums[i + 1]) - x * (to - i - 1) as f64;
            let own = (below + above) / (to - from - 1) as f64;
            let other = [before, after].into_iter().flatten().map(|centre| (centre - x).abs());
            let other = other.fold(f64::INFINITY, f64::min);
            let larger = own.max(other);
            total += if larger > 0.0 { (other - own) / larger } else { 0.0 };
        }
    }
    total / sorted.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two heaps, {0, 1, 2} and {10, 11}: two clusters are best, shares 3/5 and 2/5. Silhouettes of two: 0: own 1.5,
    /// other 10.5 → 9/10.5; 1: 1, 9.5; 2: 1.5, 8.5; 10: 1, 9; 11: 1, 10.
    #[test]
    fn two_heaps_are_two_clusters() {
        let sorted = vec![0.0, 1.0, 2.0, 10.0, 11.0];
        let by_hand = (9.0 / 10.5 + 8.5 / 9.5 + 7.0 / 8.5 + 8.0 / 9.0 + 9.0 / 10.0) / 5.0;
        let found = silhouette(&sorted, &running(&sorted), &[0, 3, 5]);
        assert!((found - by_hand).abs() < 1e-12, "{found} {by_hand}");
        let clusters = Clusters::of(sorted);
        for (x, share) in [(0.0, 0.6), (2.0, 0.6), (10.0, 0.4), (11.0, 0.4)] {
            assert!((clusters.share(x) - share).abs() < 1e-12, "{x}");
        }
    }

    /// A constant column is one cluster, so is one number, and of none there is no share.
    #[test]
    fn degenerate_columns_are_one_cluster() {
        assert!((Clusters::of(vec![3.0; 9]).share(3.0) - 1.0).abs() < 1e-12);
        assert!((Clusters::of(vec![3.0]).share(3.0) - 1.0).abs() < 1e-12);
        assert!(Clusters::of(Vec::new()).share(3.0).abs() < 1e-12);
        assert!((Clusters::of(vec![1.0, 2.0]).share(1.0) - 0.5).abs() < 1e-12);
    }
}

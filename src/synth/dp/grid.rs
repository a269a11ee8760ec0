//! Numbers as cells: a public grid of values, cut into runs.
//!
//! A number is the nearest point of lower + k·step between public bounds, and falls into one of the runs of
//! consecutive points that are the cells. A point that many records share (a top code, a zero) can be a run of
//! its own. Back from a cell, every point of its run is as likely.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// The points of a continuous column without a step: as many as this, or up to ten times more.
const FINE: f64 = 1e5;

/// A grid of numbers, cut into runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    lower: f64,
    step: f64,
    /// How many points.
    count: u64,
    /// The first point of every run; the first is 0.
    starts: Vec<u64>,
}

impl Grid {
    /// From `lower` to `upper` in steps of `step`, or a power of ten that makes 100,000 to a million of them.
    /// One run a point. `None` when the bounds are no interval.
    #[must_use]
    pub fn new(lower: f64, upper: f64, step: Option<f64>) -> Option<Self> {
        let width = upper - lower;
        if !(width.is_finite() && width >= 0.0) {
            return None;
        }
        let step = step.unwrap_or_else(|| 10_f64.powf((width / FINE).log10().floor()));
        let step = if step.is_finite() && step > 0.0 { step } else { 1.0 };
        // A bound that is a whole number of steps away is reached despite rounding.
        let count = (width / step + 1e-9).floor() + 1.0;
        if count > 9e15 {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
        let count = count as u64;
        Some(Self { lower, step, count, starts: vec![0] })
    }

    /// How many points it has.
    #[must_use]
    pub fn points(&self) -> u64 {
        self.count
    }

    /// How many runs it is cut into.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.starts.len()
    }

    /// Cut into a run for every point.
    #[must_use]
    pub fn into_points(self) -> Self {
        Self { starts: (0..self.count).collect(), ..self }
    }

    /// Cut into `bins` runs of equal width, or of one point where there are no more.
    #[must_use]
    pub fn into_bins(self, bins: u32) -> Self {
        let bins = u64::from(bins.max(1)).min(self.count);
        let start = |bin: u64| {
            let start = u128::from(bin) * u128::from(self.count) / u128::from(bins);
            u64::try_from(start).unwrap_or(u64::MAX)
        };
        Self { starts: (0..bins).map(start).collect(), ..self }
    }

    /// Cut at these numbers: each is the first of a run.
    #[must_use]
    pub fn into_runs(mut self, edges: &[f64]) -> Self {
        let mut starts: Vec<u64> = edges.iter().map(|edge| self.point(*edge)).chain([0]).collect();
        starts.sort_unstable();
        starts.dedup();
        self.starts = starts;
        self
    }

    /// Cut so that each of `spikes` is a run of its own.
    #[must_use]
    pub fn with_spikes(mut self, spikes: &[f64]) -> Self {
        for spike in spikes {
            let point = self.point(*spike);
            self.starts.extend([point, point + 1]);
        }
        self.starts.retain(|start| *start < self.count);
        self.starts.sort_unstable();
        self.starts.dedup();
        self
    }

    /// Cut where runs of neighbouring cells are joined until each has at least `least` of the `masses`, one
    /// a cell.
    #[must_use]
    pub fn joined(mut self, masses: &[f64], least: f64) -> Self {
        let mut open = f64::INFINITY;
        let mut starts = Vec::new();
        for (start, mass) in self.starts.iter().zip(masses) {
            if open >= least {
                starts.push(*start);
                open = 0.0;
            }
            open += mass.max(0.0);
        }
        if open < least && starts.len() > 1 {
            starts.pop();
        }
        self.starts = starts;
        self
    }

    /// The cell of a number that is not NaN; one beyond the bounds falls into the first or last.
    #[must_use]
    pub fn cell(&self, number: f64) -> usize {
        let point = self.point(number);
        self.starts.partition_point(|start| *start <= point).saturating_sub(1)
    }

    /// The nearest point.
    #[must_use]
    pub fn point(&self, number: f64) -> u64 {
        let at = ((number - self.lower) / self.step).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates"
        )]
        let at = at.max(0.0) as u64;
        at.min(self.count - 1)
    }

    /// The number at a point: for a step such as 0.1 the nearest to its decimal text.
    #[must_use]
    pub fn number(&self, point: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "points are below 2^53")]
        let point = point as f64;
        let inverse = (1.0 / self.step).round();
        let decimal = inverse >= 1.0 && (inverse * self.step - 1.0).abs() < 1e-12;
        let base = self.lower * inverse;
        if decimal && (base - base.round()).abs() < 1e-6 && base.abs() < 9e15 {
            (base.round() + point) / inverse
        } else {
            self.lower + point * self.step
        }
    }

    /// The first and last point of a cell.
    fn run(&self, cell: usize) -> (u64, u64) {
        let next = self.starts.get(cell + 1).copied().unwrap_or(self.count);
        (self.starts[cell], next - 1)
    }

    /// The smallest and the largest number of a cell.
    #[must_use]
    pub fn ends(&self, cell: usize) -> (f64, f64) {
        let (first, last) = self.run(cell);
        (self.number(first), self.number(last))
    }

    /// The share of a cell's points that are `allowed`, estimated from 1,024 of them where there are more.
    #[must_use]
    pub fn share(&self, cell: usize, allowed: impl Fn(f64) -> bool) -> f64 {
        let points = self.some_points(cell);
        let all = points.len();
        let of = points.into_iter().filter(|&point| allowed(self.number(point))).count();
        #[expect(clippy::cast_precision_loss, reason = "at most 1,024")]
        let share = of as f64 / all as f64;
        share
    }

    /// A number of a cell that is `allowed`, each as likely; any number of the cell where none is found.
    pub fn draw(&self, cell: usize, allowed: impl Fn(f64) -> bool, rng: &mut impl Rng) -> f64 {
        let (first, last) = self.run(cell);
        for _ in 0..64 {
            let number = self.number(rng.random_range(first..=last));
            if allowed(number) {
                return number;
            }
        }
        let points = self.some_points(cell);
        let fit: Vec<u64> =
            points.into_iter().filter(|&point| allowed(self.number(point))).collect();
        let point = match fit.as_slice() {
            [] => first,
            fit => fit[rng.random_range(0..fit.len())],
        };
        self.number(point)
    }

    fn some_points(&self, cell: usize) -> Vec<u64> {
        const MOST: u64 = 1024;
        let (first, last) = self.run(cell);
        let count = last - first + 1;
        if count <= MOST {
            return (first..=last).collect();
        }
        let at = |i: u64| {
            first + u64::try_from(u128::from(i) * u128::from(last - first) / 1023).unwrap_or(0)
        };
        (0..MOST).map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "draws of values are repeatable")]

    use super::*;
    use crate::random::Seed;

    fn grid(lower: f64, upper: f64, step: f64) -> Grid {
        Grid::new(lower, upper, Some(step)).unwrap()
    }

    #[test]
    fn points_are_their_decimal_texts() {
        let tenths = grid(-0.3, 1.0, 0.1).into_points();
        let numbers: Vec<String> = (0..14).map(|cell| tenths.ends(cell).0.to_string()).collect();
        assert_eq!(numbers[..5], ["-0.3", "-0.2", "-0.1", "0", "0.1"]);
        assert_eq!((numbers[13].as_str(), tenths.cells()), ("1", 14));
        assert!(numbers.iter().all(|number| number.len() <= 4), "{numbers:?}");
    }

    #[test]
    fn every_number_has_a_cell_and_beyond_the_bounds_it_is_the_last() {
        let bins = grid(0.0, 99.0, 1.0).into_bins(10);
        assert_eq!([0.0, 9.4, 9.6, 99.0].map(|x| bins.cell(x)), [0, 0, 1, 9]);
        assert_eq!(
            [-5.0, 1e300, f64::INFINITY, f64::NEG_INFINITY].map(|x| bins.cell(x)),
            [0, 9, 9, 0]
        );
        assert_eq!(bins.ends(9), (90.0, 99.0));
    }

    #[test]
    fn spikes_and_edges_cut_runs() {
        let spiked = grid(0.0, 9.0, 1.0).into_bins(2).with_spikes(&[0.0, 7.0, 9.0]);
        let runs: Vec<(f64, f64)> = (0..spiked.cells()).map(|cell| spiked.ends(cell)).collect();
        assert_eq!(runs, [(0.0, 0.0), (1.0, 4.0), (5.0, 6.0), (7.0, 7.0), (8.0, 8.0), (9.0, 9.0)]);
        let runs = grid(0.0, 9.0, 1.0).into_runs(&[3.0, 6.0]);
        assert_eq!([2.0, 3.0, 9.0].map(|x| runs.cell(x)), [0, 1, 2]);
        let joined =
            grid(0.0, 5.0, 1.0).into_points().joined(&[5.0, 1.0, -3.0, 4.0, 9.0, 0.0], 5.0);
        assert_eq!(
            (0..joined.cells()).map(|cell| joined.ends(cell).0).collect::<Vec<_>>(),
            [0.0, 1.0, 4.0]
        );
    }

    /// 10,000 draws from ten points: χ² with 9 degrees of freedom exceeds 38.4 about once in 70,000 times.
    #[test]
    fn draws_are_uniform_within_a_run_and_keep_to_what_is_allowed() {
        let bins = grid(0.0, 19.0, 1.0).into_bins(2);
        let mut rng = Seed::new(0).rng();
        let mut counts = [0.0_f64; 20];
        for _ in 0..10_000 {
            counts[bins.draw(1, |_| true, &mut rng) as usize] += 1.0;
        }
        let chi: f64 = counts[10..].iter().map(|count| (count - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi < 38.4 && counts[..10].iter().sum::<f64>() < 0.5, "{counts:?}");
        assert!((bins.share(1, |x| x >= 17.0) - 0.3).abs() < 1e-12);
        assert!((0..50).all(|_| bins.draw(1, |x| x >= 17.0, &mut rng) >= 17.0));
    }

    #[test]
    fn a_continuous_column_gets_a_fine_decimal_grid() {
        let fine = Grid::new(0.0, 37.5, None).unwrap();
        assert_eq!(fine.points(), 375_001);
        assert!(
            Grid::new(1.0, 0.0, None).is_none() && Grid::new(0.0, f64::INFINITY, None).is_none()
        );
        assert_eq!(Grid::new(4.0, 4.0, None).unwrap().points(), 1);
        assert!(Grid::new(0.0, 1e300, Some(1.0)).is_none());
    }
}

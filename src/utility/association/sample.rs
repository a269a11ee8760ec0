//! The associations of one sample.

use rayon::prelude::*;

use crate::stats::{correlation_ratio, cramers_v_corrected, mid_ranks};
use crate::utility::products::{Correlations, standardized};
use crate::utility::tables::{Column, STRIDE, effective_rows, two_way};
use crate::utility::{Feature, Rows, Series, View};

/// The association of a pair of columns, and the same by ranks.
pub(super) type Associations = [f64; 2];

/// Sums that consecutive rows are added to by turns: a row need not wait for the last one of its own level.
const TURNS: usize = 8;

/// The columns of one sample.
pub(super) struct Sample<'a> {
    /// In the order of the columns; nothing for one that the sample does not hold.
    series: Vec<Option<&'a Series>>,
    rows: &'a Rows,
    /// Rows in which two numbers must be known for an association.
    fewest: usize,
}

impl<'a> Sample<'a> {
    /// The columns that the release holds.
    pub(super) fn of(rows: &'a Rows, columns: &[Column<'_>], view: &View<'_>) -> Self {
        let series = columns.iter().map(|column| rows.columns.get(column.feature?));
        Self { series: series.collect(), rows, fewest: view.fewest }
    }

    /// All columns of train, those in `unreleased` among them.
    pub(super) fn of_train(
        view: &'a View<'_>,
        columns: &[Column<'_>],
        unreleased: &'a [(Feature, Series)],
    ) -> Self {
        let absent = |name: &str| {
            let found = unreleased.iter().find(|(feature, _)| feature.name == name);
            found.map(|(_, series)| series)
        };
        let series = columns.iter().map(|column| match column.feature {
            Some(place) => view.train.columns.get(place),
            None => absent(column.name),
        });
        Self { series: series.collect(), rows: &view.train, fewest: view.fewest }
    }

    /// The associations of all pairs.
    pub(super) fn associations(&self, pairs: &[(usize, usize)]) -> Vec<Associations> {
        let weights = self.rows.weights.as_deref();
        let n = effective_rows(self.rows);
        let numbers = self.numbers(|numbers| standardized(numbers, weights));
        let plain = Correlations::new(&numbers, weights, self.fewest);
        let ratios = self.ratios(&numbers);
        drop(numbers);
        let ranks = self.numbers(|numbers| standardized(&mid_ranks(numbers, weights), weights));
        let by_rank = Correlations::new(&ranks, weights, self.fewest);
        drop(ranks);
        let pair = |&(i, j): &(usize, usize)| match (self.levels(i), self.levels(j)) {
            (Some(a), Some(b)) => [cramers_v_corrected(&two_way(a, b, weights), STRIDE, n); 2],
            (None, None) => [plain.get(i, j), by_rank.get(i, j)],
            (None, Some(_)) => [ratios[i].get(j).copied().unwrap_or(0.0); 2],
            (Some(_), None) => [ratios[j].get(i).copied().unwrap_or(0.0); 2],
        };
        pairs.par_iter().map(pair).collect()
    }

    /// The levels of a column of categories.
    fn levels(&self, column: usize) -> Option<&'a [u8]> {
        let series = self.series[column].filter(|series| series.numbers.is_none());
        series.map(|series| series.coarse.as_slice())
    }

    /// The columns of numbers, `scaled`; nothing of others.
    fn numbers(&self, scaled: impl Fn(&[f64]) -> Option<Vec<f64>> + Sync) -> Vec<Option<Vec<f64>>> {
        self.series.par_iter().map(|series| scaled(series.as_ref()?.numbers.as_ref()?)).collect()
    }

    /// The correlation ratio of each column in `numbers` with every column, 0 with those of numbers; an empty line for
    /// a column that is constant or not of numbers.
    fn ratios(&self, numbers: &[Option<Vec<f64>>]) -> Vec<Vec<f64>> {
        let weights = self.rows.weights.as_deref();
        let ones = vec![1.0; if weights.is_none() { self.rows.count } else { 0 }];
        let weights = weights.unwrap_or(&ones);
        let columns = 0..self.series.len();
        let tally = |column| self.levels(column).map(|levels| level_sums(levels, weights));
        let tallies: Vec<_> = columns.into_par_iter().map(tally).collect();
        let line = |numbers: &Option<Vec<f64>>| {
            let Some(numbers) = numbers else { return Vec::new() };
            let known = |(x, w): (&f64, &f64)| if x.is_nan() { 0.0 } else { *w };
            let known: Vec<f64> = numbers.iter().zip(weights).map(known).collect();
            let score = |(x, w): (&f64, &f64)| if x.is_nan() { 0.0 } else { w * x };
            let scores: Vec<f64> = numbers.iter().zip(&known).map(score).collect();
            let square = |(x, s): (&f64, &f64)| if x.is_nan() { 0.0 } else { s * x };
            let squares: f64 = numbers.iter().zip(&scores).map(square).sum();
            let complete = !numbers.iter().any(|x| x.is_nan());
            let ratio = |(column, tally): (usize, &Option<[f64; STRIDE]>)| {
                let Some((levels, tally)) = self.levels(column).zip(*tally) else { return 0.0 };
                let of_level = if complete { tally } else { level_sums(levels, &known) };
                correlation_ratio(&of_level, &level_sums(levels, &scores), squares)
            };
            tallies.iter().enumerate().map(ratio).collect()
        };
        numbers.par_iter().map(line).collect()
    }
}

/// The sum of `values` over the rows of each level.
fn level_sums(levels: &[u8], values: &[f64]) -> [f64; STRIDE] {
    let mut turns = [[0.0; STRIDE]; TURNS];
    let (levels, levels_rest) = levels.as_chunks::<TURNS>();
    let (values, values_rest) = values.as_chunks::<TURNS>();
    for (levels, values) in levels.iter().zip(values) {
        for ((turn, level), value) in turns.iter_mut().zip(levels).zip(values) {
            turn[usize::from(*level) % STRIDE] += value;
        }
    }
    for (level, value) in levels_rest.iter().zip(values_rest) {
        turns[0][usize::from(*level) % STRIDE] += value;
    }
    std::array::from_fn(|level| turns.iter().map(|turn| turn[level]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nine rows: a full turn and one more.
    #[test]
    fn sums_of_levels() {
        let levels = [0, 1, 0, 11, 1, 0, 0, 1, 11];
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
        let sums = level_sums(&levels, &values);
        let mut expected = [0.0; STRIDE];
        (expected[0], expected[1], expected[11]) = (17.0, 15.0, 13.0);
        assert_eq!(sums.to_vec(), expected.to_vec());
    }
}

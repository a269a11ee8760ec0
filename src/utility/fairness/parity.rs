//! How far the groups of a sample are apart: in a yes or no, and in how often a model is right.

use super::super::Rows;

/// The largest difference over groups of the share of yes.
pub(super) struct Difference {
    /// The largest share less the smallest.
    pub(super) value: f64,
    /// Of the value, as if its two groups had been fixed beforehand.
    pub(super) variance: f64,
    /// The groups with the largest and the smallest share.
    pub(super) between: (usize, usize),
}

/// Σₚ (Σ w ψ)²: the variance of an estimate that a row moves by w ψ, persons being drawn and not rows.
pub(super) fn clustered(rows: &Rows, influence: impl Fn(usize) -> f64) -> f64 {
    let mut of_person = vec![0.0; rows.persons.count];
    for (row, &person) in rows.persons.of_row.iter().enumerate() {
        of_person[person as usize] += rows.weight(row) * influence(row);
    }
    of_person.iter().map(|sum| sum * sum).sum()
}

/// Rows in groups, each with a 1, a 0, or NaN.
pub(super) struct Shares<'a> {
    pub(super) rows: &'a Rows,
    pub(super) groups: &'a [usize],
    pub(super) yes: &'a [f64],
}

impl Shares<'_> {
    /// The largest difference over the groups that are asked for and weigh anything here; nothing of fewer than two.
    pub(super) fn difference(&self, asked: &[bool]) -> Option<Difference> {
        let shares = self.shares(asked.len());
        let mut found: Vec<(f64, usize)> = (0..asked.len())
            .filter(|&group| asked[group] && shares[group].1 > 0.0)
            .map(|group| (shares[group].0, group))
            .collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let [(_, low), .., (_, high)] = *found.as_slice() else { return None };
        Some(self.between((high, low)))
    }

    /// The share of yes in the first group less that in the second; both must weigh something.
    pub(super) fn between(&self, (high, low): (usize, usize)) -> Difference {
        let shares = self.shares(high.max(low) + 1);
        let influence = |row: usize| {
            let (share, weight) = match self.groups[row] {
                group if group == high => shares[high],
                group if group == low => shares[low],
                _ => return 0.0,
            };
            let sign = if self.groups[row] == high { 1.0 } else { -1.0 };
            if self.yes[row].is_nan() { 0.0 } else { sign * (self.yes[row] - share) / weight }
        };
        Difference {
            value: shares[high].0 - shares[low].0,
            variance: clustered(self.rows, influence),
            between: (high, low),
        }
    }

    /// The share of yes and the weight of each of the first `count` groups.
    fn shares(&self, count: usize) -> Vec<(f64, f64)> {
        let mut sums = vec![(0.0, 0.0); count];
        for (row, yes) in self.yes.iter().enumerate().filter(|(_, yes)| !yes.is_nan()) {
            if let Some((sum, weight)) = sums.get_mut(self.groups[row]) {
                *sum += self.rows.weight(row) * yes;
                *weight += self.rows.weight(row);
            }
        }
        sums.into_iter().map(|(sum, weight)| (sum / weight, weight)).collect()
    }
}

/// Equalised odds: rows in groups, with the truth and what a model says, each a 1, a 0, or NaN.
pub(super) struct Odds<'a> {
    pub(super) groups: &'a [usize],
    pub(super) truth: &'a [f64],
    /// Of the truths no and yes, the groups of which the rate is taken.
    pub(super) asked: &'a [Vec<bool>; 2],
}

impl Odds<'_> {
    /// The larger of the differences over groups of the true and of the false positive rate (Hardt et al. 2016),
    /// if rows count with this weight. Nothing where neither has two groups.
    pub(super) fn gap(&self, said: &[bool], weight: &dyn Fn(usize) -> f64) -> Option<f64> {
        let count = self.asked[0].len();
        let mut sums = [vec![(0.0, 0.0); count], vec![(0.0, 0.0); count]];
        for (row, truth) in self.truth.iter().enumerate().filter(|(_, truth)| !truth.is_nan()) {
            let (yes, all) = &mut sums[usize::from(*truth > 0.5)][self.groups[row]];
            *all += weight(row);
            *yes += if said[row] { weight(row) } else { 0.0 };
        }
        let range = |truth: usize| {
            let rates =
                (0..count).filter(|&group| self.asked[truth][group] && sums[truth][group].1 > 0.0);
            let rates: Vec<f64> =
                rates.map(|group| sums[truth][group].0 / sums[truth][group].1).collect();
            let low = rates.iter().copied().reduce(f64::min)?;
            let high = rates.iter().copied().reduce(f64::max)?;
            (rates.len() > 1).then_some(high - low)
        };
        [range(0), range(1)].into_iter().flatten().reduce(f64::max)
    }
}

//! How much worse a group is served than the whole table.

use super::super::pool::{Held, Novel, merged};
use super::super::{Rows, View};
use super::parity::clustered;

/// A sample with the group of each row.
#[derive(Clone, Copy)]
pub(super) struct Grouped<'a> {
    pub(super) rows: &'a Rows,
    pub(super) groups: &'a [usize],
}

/// The group whose columns are off most, beyond what the whole table's are.
pub(super) struct Worst {
    pub(super) group: usize,
    /// The group's mean total variation over columns less that of the whole table.
    pub(super) value: f64,
    pub(super) variance: f64,
}

/// For each column and each group, the whole table last, which coarse cells are compared as one, for want of training
/// persons.
pub(super) struct Grid(Vec<Vec<Vec<u32>>>);

impl Grid {
    /// By the training rows of `count` groups.
    pub(super) fn of(view: &View<'_>, groups: &[usize], count: usize) -> Self {
        let train = &view.train;
        let column = |feature: usize| -> Vec<Vec<u32>> {
            let width = view.features[feature].coarse;
            let coarse = train.columns[feature].coarse.iter();
            let cells =
                coarse.zip(groups).map(|(&cell, group)| (group * width) as u32 + u32::from(cell));
            let held = Held::count(train, &cells.collect::<Vec<u32>>(), count * width);
            let of_group = |group: usize| {
                let own = held.part(group * width..(group + 1) * width);
                merged(&own, view.fewest, Novel::Rare)
            };
            // The cells of the whole table are large enough.
            (0..count).map(of_group).chain([(0..width as u32).collect()]).collect()
        };
        Self((0..view.features.len()).map(column).collect())
    }
}

/// One column: how far each group is off, the whole table last, and which cells train has more of.
struct Compared {
    feature: usize,
    distances: Vec<f64>,
    /// Half the sign of train's share less the other's.
    signs: Vec<Vec<f64>>,
}

/// The worst of the `asked` groups, by the coarse cells of all columns but the one called `except`; nothing without
/// another column or a group.
pub(super) fn worst(
    view: &View<'_>,
    except: &str,
    sides: [Grouped<'_>; 2],
    asked: &[bool],
    grid: &Grid,
) -> Option<Worst> {
    let features = (0..view.features.len()).filter(|&j| view.features[j].name != except);
    let columns: Vec<Compared> = features.map(|j| compare(j, sides, &grid.0[j])).collect();
    let whole = asked.len();
    let mean = |group: usize| {
        columns.iter().map(|column| column.distances[group]).sum::<f64>() / columns.len() as f64
    };
    let groups = (0..whole).filter(|&group| asked[group] && !columns.is_empty());
    let worst = groups.map(|group| (mean(group) - mean(whole), group));
    let (value, group) = worst.reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    let variance = sides.iter().map(|side| variance(side, &columns, group, whole)).sum();
    Some(Worst { group, value, variance })
}

fn compare(feature: usize, sides: [Grouped<'_>; 2], grid: &[Vec<u32>]) -> Compared {
    let shares = sides.map(|side| shares(side, feature, grid));
    let (mut distances, mut signs) = (Vec::new(), Vec::new());
    for ((train, other), to) in shares[0].iter().zip(&shares[1]).zip(grid) {
        let apart = |(p, q): (&f64, &f64)| (p - q).abs() / 2.0;
        let empty = other.iter().sum::<f64>() < 0.5;
        // A group that is not there at all is as far off as can be.
        distances.push(if empty { 1.0 } else { train.iter().zip(other).map(apart).sum() });
        let sign = |(p, q): (&f64, &f64)| match p.total_cmp(q) {
            std::cmp::Ordering::Greater if !empty => 0.5,
            std::cmp::Ordering::Less if !empty => -0.5,
            _ => 0.0,
        };
        let of_cell: Vec<f64> = train.iter().zip(other).map(sign).collect();
        signs.push(to.iter().map(|&cell| of_cell[cell as usize]).collect());
    }
    Compared { feature, distances, signs }
}

/// The share of each cell in each group, the whole table last; all 0 in a group that weighs nothing.
fn shares(side: Grouped<'_>, feature: usize, grid: &[Vec<u32>]) -> Vec<Vec<f64>> {
    let mut sums: Vec<Vec<f64>> = grid.iter().map(|cells| vec![0.0; cells.len()]).collect();
    for (row, &cell) in side.rows.columns[feature].coarse.iter().enumerate() {
        for group in [side.groups[row], grid.len() - 1] {
            sums[group][grid[group][usize::from(cell)] as usize] += side.rows.weight(row);
        }
    }
    for sums in &mut sums {
        let all: f64 = sums.iter().sum();
        sums.iter_mut().for_each(|sum| *sum /= if all > 0.0 { all } else { 1.0 });
    }
    sums
}

/// What one sample's persons add to the variance of the difference, by its linear part: a row of a cell that train
/// has more of adds ½ to the distance.
fn variance(side: &Grouped<'_>, columns: &[Compared], group: usize, whole: usize) -> f64 {
    let rows = side.rows;
    let score = |row: usize, of: usize| {
        let signs = columns
            .iter()
            .map(|column| column.signs[of][usize::from(rows.columns[column.feature].coarse[row])]);
        signs.sum::<f64>() / columns.len() as f64
    };
    let scores: Vec<[f64; 2]> =
        (0..rows.count).map(|row| [score(row, group), score(row, whole)]).collect();
    let mean = |of: usize, inside: &dyn Fn(usize) -> bool| {
        let (mut sum, mut weight) = (0.0, 0.0);
        for row in (0..rows.count).filter(|&row| inside(row)) {
            sum += rows.weight(row) * scores[row][of];
            weight += rows.weight(row);
        }
        (if weight > 0.0 { sum / weight } else { 0.0 }, weight)
    };
    let inside = |row: usize| side.groups[row] == group;
    let (own, weight) = mean(0, &inside);
    let (all, total) = mean(1, &|_| true);
    clustered(rows, |row| {
        let own = if inside(row) && weight > 0.0 { (scores[row][0] - own) / weight } else { 0.0 };
        own - (scores[row][1] - all) / total
    })
}

//! What measures that go column by column share: the columns, the mean over them, its error, the worst of them.

use rayon::prelude::*;

use super::ceiling::two_digits;
use super::{Feature, Rows, View};
use crate::evidence::{Evidence, Measure};
use crate::table::{ColumnKind, ColumnSchema};

/// Columns named as the worst of a mean.
const NAMED: usize = 3;

/// Columns that are compared at a time: what is kept of each is as long as the tables.
const CHUNK: usize = 8;

/// How far one column of a sample is from train's.
pub(super) struct Distance {
    /// 0 to 1.
    pub(super) value: f64,
    /// By how much it grows per share of the weight that lies on each row, of train and of the sample, but for a
    /// constant; empty where no row moves it.
    pub(super) influence: [Vec<f64>; 2],
    /// How much of it lies where train holds nobody, which is not noise that shrinks with the samples' sizes.
    pub(super) lasting: Lasting,
}

/// The part of a distance that is as large at any size of the samples.
#[derive(Clone, Copy)]
pub(super) enum Lasting {
    /// So much of the distance.
    Plain(f64),
    /// So much of its square.
    Squared(f64),
}

impl Distance {
    /// Nothing in common.
    pub(super) fn farthest() -> Self {
        Self { value: 1.0, influence: [Vec::new(), Vec::new()], lasting: Lasting::Plain(0.0) }
    }

    /// What it would be where noise is `scale` times as large.
    fn at(&self, scale: f64) -> f64 {
        match self.lasting {
            Lasting::Plain(part) => part + (self.value - part).max(0.0) * scale,
            Lasting::Squared(part) => {
                (part + (self.value.powi(2) - part).max(0.0) * scale.powi(2)).sqrt()
            }
        }
    }
}

/// The columns that a measure compares.
pub(super) struct Compared<'a> {
    view: &'a View<'a>,
    /// Places of features.
    pub(super) places: Vec<usize>,
    /// Columns in which the release holds nothing: it lacks them, or left them blank.
    pub(super) without: Vec<&'a str>,
}

/// What fresh records reach.
pub(super) struct Reached {
    /// In the mean over columns.
    pub(super) mean: f64,
    /// In the column that is farthest off, in the next one, and so on.
    pub(super) largest: Vec<f64>,
}

/// A mean over columns.
pub(super) struct Mean<'a> {
    value: f64,
    standard_error: f64,
    /// Each column with its distance and the error of that, in the schema's order; those without a value at the end.
    pub(super) columns: Vec<(&'a str, f64, f64)>,
    without: &'a [&'a str],
}

impl<'a> Compared<'a> {
    /// The columns of which the schema says what is `wanted`.
    pub(super) fn new(view: &'a View<'a>, wanted: impl Fn(&ColumnSchema) -> bool) -> Self {
        let fits = |place: &usize| wanted(&view.features[*place].schema);
        let places: Vec<usize> = (0..view.features.len()).filter(fits).collect();
        let blank = places.iter().filter(|&&place| is_blank(view, place));
        let absent =
            view.absent.iter().filter(|name| view.audit.schema.column(name).is_some_and(&wanted));
        let without = blank.map(|&place| view.features[place].name.as_str());
        let without = without.chain(absent.map(String::as_str)).collect();
        Self { view, places, without }
    }

    /// The columns that hold numbers, dates or ranks.
    pub(super) fn numeric(view: &'a View<'a>) -> Self {
        Self::new(view, is_numeric)
    }

    /// Those that hold categories or truth values.
    pub(super) fn categorical(view: &'a View<'a>) -> Self {
        Self::new(view, |schema| !is_numeric(schema))
    }

    /// Whether there is no such column.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty() && self.without.is_empty()
    }

    /// Means over columns of several distances of the release. A column in which it holds nothing is at distance 1.
    pub(super) fn means<const N: usize>(
        &'a self,
        distance: impl Fn(usize, &Rows) -> [Distance; N] + Sync,
    ) -> [Mean<'a>; N] {
        let view = self.view;
        let held: Vec<usize> = self.held().collect();
        let samples = [&view.train, &view.released];
        let count = (held.len() + self.without.len()).max(1) as f64;
        let mut influences = [(); N].map(|()| samples.map(|rows| vec![0.0; rows.count]));
        let mut columns = [(); N].map(|()| Vec::new());
        for chunk in held.chunks(CHUNK) {
            let found: Vec<[(Distance, f64); N]> = chunk
                .par_iter()
                .map(|&place| {
                    distance(place, &view.released).map(|one| {
                        let error = standard_error(view, &one.influence);
                        (one, error)
                    })
                })
                .collect();
            for (&place, found) in chunk.iter().zip(found) {
                for (which, (one, error)) in found.into_iter().enumerate() {
                    for (sums, influence) in influences[which].iter_mut().zip(&one.influence) {
                        sums.iter_mut().zip(influence).for_each(|(sum, x)| *sum += x / count);
                    }
                    columns[which].push((view.features[place].name.as_str(), one.value, error));
                }
            }
        }
        let mut influences = influences.into_iter();
        columns.map(|mut columns| {
            columns.extend(self.without.iter().map(|name| (*name, 1.0, least_error(view))));
            let value = columns.iter().map(|(_, value, _)| value).sum::<f64>() / count;
            let influence = influences.next().unwrap_or_default();
            let standard_error = standard_error(view, &influence);
            Mean { value, standard_error, columns, without: &self.without }
        })
    }

    /// What fresh records reach in the same means, at the size of the release.
    pub(super) fn ceilings<const N: usize>(
        &self,
        distance: impl Fn(&View<'_>, usize, &Rows) -> [Distance; N] + Sync,
    ) -> [Option<Reached>; N] {
        let columns = self.places.len();
        let values = |view: &View<'_>, place: usize, fresh: &Rows, scale: f64| {
            distance(view, place, fresh).map(|one| one.at(scale))
        };
        let as_they_are = self.view.fresh.as_ref().zip(self.view.scale()).map(|(fresh, scale)| {
            let places = self.places.par_iter();
            places.map(|&place| values(self.view, place, fresh, scale)).collect::<Vec<_>>()
        });
        let found = self.view.ceilings(|view, fresh, scale| {
            // Categories that train does not hold are known of the real samples only: a redraw mixes them with those
            // that it holds.
            let drawn = |(at, &place): (usize, &usize)| match &as_they_are {
                Some(known) if std::ptr::eq(view, self.view) || self.is_regrouped(place) => {
                    known[at]
                }
                _ => values(view, place, fresh, scale),
            };
            let found: Vec<[f64; N]> = self.places.par_iter().enumerate().map(drawn).collect();
            let mut told = Vec::with_capacity(N * (columns + 1));
            for which in 0..N {
                let mut values: Vec<f64> = found.iter().map(|values| values[which]).collect();
                told.push(values.iter().sum::<f64>() / columns.max(1) as f64);
                values.sort_by(|a, b| b.total_cmp(a));
                told.extend(values);
            }
            told
        });
        std::array::from_fn(|which| {
            let told = found.as_ref().filter(|_| columns > 0)?;
            let mut told = told.iter().skip(which * (columns + 1)).map(|most| most.min(1.0));
            Some(Reached { mean: told.next()?, largest: told.take(columns).collect() })
        })
    }

    /// The mean of `value` over the columns that train holds, in their order; nothing of none.
    pub(super) fn mean_of(&self, value: impl Fn(usize) -> f64) -> Option<f64> {
        let sum: f64 = self.places.iter().map(|&place| value(place)).sum();
        (!self.places.is_empty()).then(|| sum / self.places.len() as f64)
    }

    /// Whether rare categories of a column are compared as one.
    fn is_regrouped(&self, place: usize) -> bool {
        let feature = &self.view.features[place];
        feature.pooled && !feature.is_numeric()
    }

    /// Places of the columns in which the release holds something.
    fn held(&self) -> impl Iterator<Item = usize> {
        self.places.iter().copied().filter(|&place| !is_blank(self.view, place))
    }
}

impl Mean<'_> {
    /// The fact that says so, with the columns farthest off and those in which the release holds nothing.
    pub(super) fn fact(&self, view: &View<'_>, metric: &str, ceiling: Option<f64>) -> Evidence {
        let mut fact = Evidence::whole(metric, share(self.value, self.standard_error));
        fact.ceiling = ceiling;
        let mut order: Vec<(&str, f64)> =
            self.columns.iter().map(|&(name, value, _)| (name, value)).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        fact.notes.extend(named("farthest off", &order));
        fact.notes.extend(counted(self.without, "1"));
        fact.caveats.extend(hanging_together(view));
        fact
    }
}

/// A share with its error.
pub(super) fn share(value: f64, standard_error: f64) -> Measure {
    Measure::Normal { value: value.clamp(0.0, 1.0), standard_error, range: [0.0, 1.0] }
}

/// The first columns with their shares, in words.
pub(super) fn named(what: &str, columns: &[(&str, f64)]) -> Option<String> {
    let column = |(name, value): &(&str, f64)| format!("{name} ({})", percent(*value));
    let words: Vec<String> = columns.iter().take(NAMED).map(column).collect();
    (!words.is_empty()).then(|| format!("{what}: {}", words.join(", ")))
}

/// A share in two digits.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", two_digits(share * 100.0))
}

/// As what the columns without a value in the release were counted, in words.
pub(super) fn counted(without: &[&str], as_what: &str) -> Option<String> {
    (!without.is_empty()).then(|| {
        format!(
            "counted as {as_what}, since the release holds no value in them: {}",
            without.join(", ")
        )
    })
}

/// What a reader must know of the grid.
pub(super) fn pooled(view: &View<'_>) -> Vec<String> {
    let columns = view.features.iter().filter(|feature| feature.pooled);
    let columns: Vec<&str> = columns.map(|feature| feature.name.as_str()).collect();
    let scarce: Vec<&str> = view.scarce.iter().map(String::as_str).collect();
    let named = |what: &str, names: Vec<&str>| {
        (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
    };
    let one = "values of fewer than eleven training persons are compared as one in";
    let none = "left out, since fewer than eleven training persons have a value";
    [named(one, columns), named(none, scarce)].into_iter().flatten().collect()
}

/// What a reader must know where nobody can tell which released rows are one person's.
pub(super) fn hanging_together(view: &View<'_>) -> Option<String> {
    let several = view.train.persons.count < view.train.count;
    let unknown = view.released.persons.count == view.released.count;
    (several && unknown).then(|| {
        "persons have several rows and the release does not say whose they are: its rows count as independent, the \
         error is too small, and so is what fresh records are said to reach"
            .into()
    })
}

/// The error of a figure that moves with the rows of train and of the release as `influence` says.
pub(super) fn standard_error(view: &View<'_>, influence: &[Vec<f64>; 2]) -> f64 {
    let squares =
        [&view.train, &view.released].into_iter().zip(influence).map(|(rows, influence)| {
            if influence.is_empty() { 0.0 } else { rows.squared_error(|row| influence[row]) }
        });
    squares.sum::<f64>().sqrt().max(least_error(view))
}

/// No estimate is free of error: one person of the smaller sample may differ.
pub(super) fn least_error(view: &View<'_>) -> f64 {
    one_person(&view.train).max(one_person(&view.released))
}

/// The share that is one person of a sample.
pub(super) fn one_person(rows: &Rows) -> f64 {
    1.0 / rows.effective().max(1.0)
}

/// The share of the weight in each cell of the fine grid of a column.
pub(super) fn shares(rows: &Rows, feature: &Feature, place: usize) -> Vec<f64> {
    let cells = &rows.columns[place].cells;
    let tally = rows.tally(feature.cells, |row| cells[row] as usize);
    let sum: f64 = tally.iter().sum();
    tally.iter().map(|weight| weight / sum).collect()
}

/// The share of a sample, `q`, that lies where train, `p`, has nobody.
pub(super) fn unknown(p: &[f64], q: &[f64]) -> f64 {
    p.iter().zip(q).filter(|(p, _)| **p <= 0.0).map(|(_, q)| q).sum()
}

/// What each row is worth whose cell is worth `of_cell`.
pub(super) fn by_row(rows: &Rows, place: usize, of_cell: &[f64]) -> Vec<f64> {
    rows.columns[place].cells.iter().map(|&cell| of_cell[cell as usize]).collect()
}

/// The known numbers of a column with their weights, in the order of the rows; those without weight left out.
pub(super) fn numbers(rows: &Rows, place: usize) -> Vec<(f64, f64)> {
    let numbers = rows.columns[place].numbers.as_deref().unwrap_or_default();
    let weighted = numbers.iter().enumerate().map(|(row, &x)| (x, rows.weight(row)));
    weighted.filter(|(x, weight)| !x.is_nan() && *weight > 0.0).collect()
}

/// The same, ascending.
pub(super) fn sorted(rows: &Rows, place: usize) -> Vec<(f64, f64)> {
    let mut numbers = numbers(rows, place);
    numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
    numbers
}

/// The smallest of sorted numbers up to which `share` of the weight lies.
pub(super) fn quantile(sorted: &[(f64, f64)], share: f64) -> Option<f64> {
    let total: f64 = sorted.iter().map(|(_, weight)| weight).sum();
    let mut sum = 0.0;
    let reached = |(_, weight): &&(f64, f64)| {
        sum += weight;
        sum >= share * total
    };
    sorted.iter().find(reached).or(sorted.last()).map(|(x, _)| *x)
}

fn is_numeric(schema: &ColumnSchema) -> bool {
    !matches!(schema.kind, ColumnKind::Categorical | ColumnKind::Boolean)
}

/// Whether the release holds no value in a column.
fn is_blank(view: &View<'_>, place: usize) -> bool {
    view.released.columns[place].blank
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::audit;

    /// Of a distance 0.5, 0.2 of which lies where train has nobody, 0.3 is noise, which halves; of the square 0.25 of
    /// another, 0.05 is noise, a quarter of which is 0.0125.
    #[test]
    fn what_train_does_not_know_is_no_noise() {
        let of = |lasting| Distance { value: 0.5, lasting, ..Distance::farthest() };
        assert!((of(Lasting::Plain(0.2)).at(0.5) - 0.35).abs() < 1e-12);
        assert!((of(Lasting::Squared(0.2)).at(0.5) - 0.2125_f64.sqrt()).abs() < 1e-12);
        assert!((unknown(&[0.7, 0.3, 0.0], &[0.5, 0.2, 0.3]) - 0.3).abs() < 1e-12);
    }

    /// Weights 1, 2, 1 at 10, 20, 30: up to 10 lies a quarter, up to 20 three quarters.
    #[test]
    fn quantiles_are_weighted() {
        let sorted = [(10.0, 1.0), (20.0, 2.0), (30.0, 1.0)];
        let at = |share: f64| quantile(&sorted, share);
        assert_eq!([at(0.0), at(0.25), at(0.26)], [Some(10.0), Some(10.0), Some(20.0)]);
        assert_eq!([at(0.75), at(0.76), at(1.0)], [Some(20.0), Some(30.0), Some(30.0)]);
        assert_eq!(quantile(&[], 0.5), None);
    }

    /// Distances 0 of `x`, 1 of `y`, which is blank, and 1 of `z`, which the release lacks: 2/3.
    #[test]
    fn what_the_release_does_not_hold_counts_as_far_off() {
        let schema = "[columns.x]\nkind = 'integer'\n[columns.y]\nkind = 'integer'\n[columns.z]\nkind = 'integer'\n";
        let audit = audit(schema, "x,y,z\n1,1,1\n2,2,2\n", None, "x,y,z\n1,,1\n2,,2\n");
        let mut view = View::of(&audit, 1, 0);
        view.absent.push("z".into());
        view.features.pop();
        let compared = Compared::numeric(&view);
        assert_eq!(compared.without, ["y", "z"]);
        let [mean] = compared.means(|_, _| [Distance { value: 0.0, ..Distance::farthest() }]);
        assert!((mean.value - 2.0 / 3.0).abs() < 1e-12);
        let fact = mean.fact(&view, "marginal.ks", None);
        assert!(fact.notes[0].starts_with("farthest off: y (100 %), z"), "{:?}", fact.notes);
        assert!(fact.notes[1].ends_with("y, z"), "{:?}", fact.notes);
        assert!(compared.ceilings(|_, _, _| [Distance::farthest()])[0].is_none());
        assert!(Compared::categorical(&view).is_empty());
    }
}

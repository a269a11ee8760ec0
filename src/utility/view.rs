//! What all measures look at: the columns of train in cells of one grid, in every sample alike.

use std::collections::HashMap;
use std::sync::Arc;

use super::pool::{Held, Novel, merged, together};

use crate::audit::Audit;
use crate::encode::has_value;
use crate::table::{Column, ColumnKind, ColumnSchema, MISSING, Persons, Table, Values, WEIGHT};

/// Training persons of a cell that is told by itself: no figure follows from a smaller group.
pub(super) const FEWEST: usize = 11;

/// Groups of equal size that numbers of more different values are cut into, by quantiles of train.
const GROUPS: usize = 20;

/// Cells of the coarse grid for values, before those of rarer levels and of missing values.
const COARSE: usize = 5;

/// Redraws of fresh records at most.
const MOST_REDRAWS: usize = 9;

/// Levels of the coarse grid: the most frequent ones of train.
pub(super) const COARSE_LEVELS: usize = 10;

/// The columns that are compared, in every sample.
pub struct View<'a> {
    /// The samples as they were read.
    pub audit: &'a Audit,
    /// The columns of train that the release holds, in the schema's order: neither subject, identifier, weight
    /// nor free text, and not blank in train.
    pub features: Vec<Feature>,
    /// Columns of train that would be compared and that the release does not hold.
    pub absent: Vec<String>,
    /// Columns of train that are left out, because fewer than eleven persons have a value.
    pub scarce: Vec<String>,
    /// The training rows.
    pub train: Rows,
    /// The released rows.
    pub released: Rows,
    /// Real rows that the generator never saw.
    pub fresh: Option<Rows>,
    /// Training persons of a cell that is compared by itself.
    pub(super) fewest: usize,
    /// How often fresh records are drawn again from both real samples, for what they reach.
    pub(super) redraws: usize,
}

/// What is compared in one column.
#[derive(Clone)]
pub struct Feature {
    /// The column's name.
    pub name: String,
    /// What the schema says of it.
    pub schema: ColumnSchema,
    /// Cells of the fine grid: every level, or 20 groups of numbers at most; the last is missing.
    pub cells: usize,
    /// Cells of the coarse grid, at most 12: groups of numbers or the most frequent levels,
    /// then all other levels, then missing.
    pub coarse: usize,
    /// Whether cells of too few training persons are compared as one.
    pub pooled: bool,
}

/// The rows of one sample.
pub struct Rows {
    /// Number of rows.
    pub count: usize,
    /// How much each row counts: 1, or the weight that undoes boosting. Not negative, not all 0.
    pub weights: Option<Vec<f64>>,
    /// Whose the rows are.
    pub persons: Persons,
    /// One entry a feature.
    pub columns: Arc<Vec<Series>>,
}

/// One column of one sample.
pub struct Series {
    /// The cell of each row in the fine grid.
    pub cells: Vec<u32>,
    /// The cell of each row in the coarse grid.
    pub coarse: Vec<u8>,
    /// The numbers themselves, NaN for missing; nothing of labels.
    pub numbers: Option<Vec<f64>>,
    /// Whether no row has a value.
    pub blank: bool,
}

impl Feature {
    /// Whether the column holds numbers, dates or ranks.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        !matches!(self.schema.kind, ColumnKind::Categorical | ColumnKind::Boolean)
    }
}

impl Rows {
    /// Of no table.
    pub(super) fn none() -> Self {
        let persons = Persons { of_row: Vec::new(), count: 0, unnamed: Vec::new() };
        Self { count: 0, weights: None, persons, columns: Arc::default() }
    }

    /// How much a row counts.
    #[must_use]
    pub fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// Kish's effective number of persons, (Σw)²/Σw²: as many persons of equal weight would err as much.
    #[must_use]
    pub fn effective(&self) -> f64 {
        let mut of_person = vec![0.0; self.persons.count];
        for (row, &person) in self.persons.of_row.iter().enumerate() {
            of_person[person as usize] += self.weight(row);
        }
        let sum: f64 = of_person.iter().sum();
        let squares: f64 = of_person.iter().map(|w| w * w).sum();
        if squares > 0.0 { sum * sum / squares } else { 0.0 }
    }

    /// The weight in each of the `count` cells that `cell` names.
    #[must_use]
    pub fn tally(&self, count: usize, cell: impl Fn(usize) -> usize) -> Vec<f64> {
        let mut tally = vec![0.0; count];
        for row in 0..self.count {
            tally[cell(row)] += self.weight(row);
        }
        tally
    }

    /// The squared standard error of the weighted mean of `score` over rows, persons being drawn and not rows:
    /// Σₚ (Σ w (s − m))² / (Σ w)² (linearised ratio; Cochran 1977, section 6.3).
    #[must_use]
    pub fn squared_error(&self, score: impl Fn(usize) -> f64) -> f64 {
        let weights: f64 = (0..self.count).map(|row| self.weight(row)).sum();
        let mean = (0..self.count).map(|row| self.weight(row) * score(row)).sum::<f64>() / weights;
        let mut of_person = vec![0.0; self.persons.count];
        for (row, &person) in self.persons.of_row.iter().enumerate() {
            of_person[person as usize] += self.weight(row) * (score(row) - mean);
        }
        of_person.iter().map(|sum| sum * sum).sum::<f64>() / (weights * weights)
    }
}

impl<'a> View<'a> {
    /// The view of an audit.
    #[must_use]
    pub fn new(audit: &'a Audit) -> Self {
        Self::of(audit, FEWEST, MOST_REDRAWS)
    }

    /// The same, with cells of `fewest` training persons compared by themselves and at most so many `redraws`.
    pub(super) fn of(audit: &'a Audit, fewest: usize, redraws: usize) -> Self {
        let tables = [Some(&audit.train), Some(&audit.synthetic), audit.holdout.as_ref()];
        let [train, released, fresh] = tables.map(|table| table.map(|table| rows(table, audit)));
        let (train, released) =
            (train.unwrap_or_else(Rows::none), released.unwrap_or_else(Rows::none));
        let mut view = Self {
            audit,
            features: Vec::new(),
            absent: Vec::new(),
            scarce: Vec::new(),
            train,
            released,
            fresh,
            fewest,
            redraws,
        };
        let mut series: [Vec<Series>; 3] = Default::default();
        for column in audit.train.columns.iter().filter(|column| is_compared(column)) {
            if view.is_scarce(&column.values) {
                view.scarce.push(column.name.clone());
                continue;
            }
            let values = tables.map(|table| table?.column(&column.name).map(|c| &c.values));
            if values[1].is_none() {
                view.absent.push(column.name.clone());
                continue;
            }
            let (feature, found) = view.feature(column, values);
            view.features.push(feature);
            series.iter_mut().zip(found).for_each(|(all, one)| all.extend(one));
        }
        let [train, released, fresh] = series.map(Arc::new);
        (view.train.columns, view.released.columns) = (train, released);
        if let Some(rows) = &mut view.fresh {
            rows.columns = fresh;
        }
        view
    }

    /// Whether too few training persons have a value of a column.
    fn is_scarce(&self, values: &Values) -> bool {
        let known: Vec<u32> = match values {
            Values::Numbers(numbers) => numbers.iter().map(|x| u32::from(x.is_nan())).collect(),
            Values::Labels { codes, .. } => {
                codes.iter().map(|code| u32::from(*code == MISSING)).collect()
            }
        };
        self.fewest > 1 && Held::count(&self.train, &known, 2).of(0) < self.fewest
    }

    /// A column of train on its grid, in every sample that has it.
    fn feature(&self, column: &Column, values: Sides<&Values>) -> (Feature, Sides<Series>) {
        let ((cells, coarse), mut series) = match (&column.values, values[1]) {
            (Values::Numbers(train), None | Some(Values::Numbers(_))) => numeric(train, values),
            _ => labelled(values),
        };
        let number = matches!(column.values, Values::Numbers(_));
        let pooled = series[0].as_ref().map(|train| {
            let held = |cells: Vec<u32>, count| Held::count(&self.train, &cells, count);
            let fine = held(train.cells.clone(), cells);
            let rough = held(train.coarse.iter().map(|&cell| u32::from(cell)).collect(), coarse);
            if number {
                [together(&fine, self.fewest), together(&rough, self.fewest)]
            } else {
                [fine, rough].map(|held| merged(&held, self.fewest, Novel::Apart))
            }
        });
        let mut changed = false;
        for series in series.iter_mut().flatten() {
            let Some([fine, rough]) = &pooled else { continue };
            changed |= fine.iter().zip(0_u32..).any(|(to, from)| *to != from);
            series.cells.iter_mut().for_each(|cell| *cell = fine[*cell as usize]);
            series.coarse.iter_mut().for_each(|cell| *cell = rough[usize::from(*cell)] as u8);
        }
        let (name, schema) = (column.name.clone(), column.schema.clone());
        (Feature { name, schema, cells, coarse, pooled: changed }, series)
    }

    /// The columns of [`View::absent`], in its order, as they are in train.
    pub(super) fn unreleased(&self) -> Vec<(Feature, Series)> {
        let column = |name: &String| {
            let column = self.audit.train.column(name)?;
            let (feature, [series, ..]) = self.feature(column, [Some(&column.values), None, None]);
            Some((feature, series?))
        };
        self.absent.iter().filter_map(column).collect()
    }
}

/// Whether a column of train is compared where the release holds it.
fn is_compared(column: &Column) -> bool {
    let text = column.schema.kind == ColumnKind::Text;
    column.schema.compared() && !text && has_value(&column.values)
}

/// The rows of a table, without their columns yet.
fn rows(table: &Table, audit: &Audit) -> Rows {
    let weight = audit.schema.columns.iter().find(|(_, column)| column.weight);
    let name = weight.map_or(WEIGHT, |(name, _)| name.as_str());
    let weights = table.column(name).and_then(|column| match &column.values {
        Values::Numbers(numbers) => Some(numbers.iter().map(|w| w.max(0.0)).collect::<Vec<f64>>()),
        Values::Labels { .. } => None,
    });
    let most = weights.iter().flatten().copied().fold(0.0, f64::max);
    // In units of the largest: squares of large numbers overflow.
    let weights = weights.filter(|_| most > 0.0 && most.is_finite());
    let weights = weights.map(|weights| weights.into_iter().map(|weight| weight / most).collect());
    Rows { count: table.rows, weights, persons: table.persons(), columns: Arc::default() }
}

type Sides<T> = [Option<T>; 3];

/// Numbers in groups that end at quantiles of the training rows. A number between two that train holds is put
/// with the larger; one beyond the largest, with the largest.
fn numeric(train: &[f64], values: Sides<&Values>) -> ((usize, usize), Sides<Series>) {
    let mut known: Vec<f64> = train.iter().copied().filter(|x| !x.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    let (fine, coarse) = (ends(&known, GROUPS), ends(&known, COARSE));
    let cell = |ends: &[f64], x: f64| {
        if x.is_nan() {
            return ends.len();
        }
        ends.partition_point(|end| *end < x).min(ends.len() - 1)
    };
    let series = values.map(|values| match values {
        Some(Values::Numbers(numbers)) => Some(Series {
            cells: numbers.iter().map(|&x| cell(&fine, x) as u32).collect(),
            coarse: numbers.iter().map(|&x| cell(&coarse, x) as u8).collect(),
            numbers: Some(numbers.clone()),
            blank: numbers.iter().all(|x| x.is_nan()),
        }),
        _ => None,
    });
    ((fine.len() + 1, coarse.len() + 1), series)
}

/// Where `groups` groups of sorted numbers end, of the same size as far as equal numbers stay together; each
/// number by itself where there are no more.
fn ends(sorted: &[f64], groups: usize) -> Vec<f64> {
    let mut distinct = sorted.to_vec();
    distinct.dedup();
    if distinct.len() > groups {
        distinct = (1..=groups).map(|group| sorted[group * sorted.len() / groups - 1]).collect();
        distinct.dedup();
    }
    distinct
}

/// Levels by their names, those of train first and the most frequent first.
fn labelled(values: Sides<&Values>) -> ((usize, usize), Sides<Series>) {
    let mut places: HashMap<&str, usize> = HashMap::new();
    for values in values.into_iter().flatten() {
        let Values::Labels { codes, levels } = values else { continue };
        let mut counts = vec![0_usize; levels.len()];
        codes.iter().filter(|code| **code != MISSING).for_each(|&code| counts[code as usize] += 1);
        let mut order: Vec<usize> = (0..levels.len()).collect();
        order.sort_by_key(|&level| std::cmp::Reverse(counts[level]));
        for level in order {
            let next = places.len();
            places.entry(&*levels[level]).or_insert(next);
        }
    }
    let known = places.len();
    let own = known.min(COARSE_LEVELS);
    let series = values.map(|values| match values {
        Some(Values::Labels { codes, levels }) => {
            let place: Vec<usize> = levels.iter().map(|level| places[&**level]).collect();
            let fine = |code: u32| place.get(code as usize).copied().unwrap_or(known);
            let coarse = |code: u32| match fine(code) {
                place if place == known => own + 1,
                place => place.min(own),
            };
            Some(Series {
                cells: codes.iter().map(|&code| fine(code) as u32).collect(),
                coarse: codes.iter().map(|&code| coarse(code) as u8).collect(),
                numbers: None,
                blank: codes.iter().all(|code| *code == MISSING),
            })
        }
        _ => None,
    });
    ((known + 1, own + 2), series)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::audit;

    const SCHEMA: &str = "[columns.x]\nkind = 'integer'\n[columns.g]\nkind = 'categorical'\n\
                          [columns.note]\nkind = 'text'\n[columns.w]\nkind = 'integer'\n";

    #[test]
    fn samples_share_one_grid() {
        let audit = audit(
            SCHEMA,
            "x,g,note,w\n1,a,p,1\n2,a,q,1\n,b,r,1\n",
            Some("x,g,note,w\n2,c,s,1\n1,,t,1\n4,b,s,1\n"),
            "x,g,note\n9,d,u\n,a,v\n",
        );
        let view = View::of(&audit, 1, 0);
        let names: Vec<&str> = view.features.iter().map(|feature| feature.name.as_str()).collect();
        assert_eq!((names, view.absent.as_slice()), (vec!["x", "g"], &["w".to_owned()][..]));
        // 1, 2, missing; a, b, then d of the release and c of the fresh records, missing.
        assert_eq!(view.features.iter().map(|f| f.cells).collect::<Vec<_>>(), [3, 5]);
        let cells = |rows: &Rows| -> Vec<Vec<u32>> {
            rows.columns.iter().map(|series| series.cells.clone()).collect()
        };
        assert_eq!(cells(&view.train), [[0, 1, 2], [0, 0, 1]]);
        assert_eq!(cells(&view.released), [[1, 2], [2, 0]]);
        assert_eq!(cells(view.fresh.as_ref().unwrap()), [[1, 0, 1], [3, 4, 1]]);
        let fresh = &view.fresh.as_ref().unwrap().columns[1].coarse;
        assert_eq!((fresh.as_slice(), view.features[1].coarse), (&[3, 5, 1][..], 6));
    }

    /// 100 numbers in 20 groups of five; of 0, 0, …, 1 two remain.
    #[test]
    fn groups_end_at_quantiles() {
        let numbers: Vec<f64> = (0..100).map(f64::from).collect();
        let found = ends(&numbers, 20);
        assert_eq!((found.len(), found[0], found[19]), (20, 4.0, 99.0));
        let mut few = vec![0.0; 90];
        few.extend((1..=30).map(f64::from));
        assert_eq!(ends(&few, 4), [0.0, 30.0]);
    }

    /// Two persons of weights 3 and 1: (3 + 1)² / (9 + 1) = 1.6. Means 1 and 3 of equal persons: the mean is 2,
    /// each is off by 1, (1 + 1) / 2² = ½, and so with the rows of each doubled.
    #[test]
    fn errors_count_persons() {
        let rows = |of_row: &[u32], weights: Option<Vec<f64>>| Rows {
            count: of_row.len(),
            weights,
            persons: Persons { of_row: of_row.to_vec(), count: 2, unnamed: Vec::new() },
            columns: Arc::default(),
        };
        let weighted = rows(&[0, 1], Some(vec![3.0, 1.0]));
        assert!((weighted.effective() - 1.6).abs() < 1e-12);
        for of_row in [&[0, 1][..], &[0, 1, 0, 1]] {
            let score = |row: usize| if of_row[row] == 0 { 1.0 } else { 3.0 };
            assert!((rows(of_row, None).squared_error(score) - 0.5).abs() < 1e-12);
        }
    }
}

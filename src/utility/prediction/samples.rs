//! The samples coded jointly, and the rows that a model learns from.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::SliceRandom;

use super::super::{Rows, View};
use crate::encode::{Coded, Codes, dictionary, has_value};
use crate::random::Seed;
use crate::table::{Column, ColumnKind, ColumnSchema, MISSING, Values};

/// One in so many persons is kept back to choose a model by.
const KEPT_BACK: usize = 5;

/// The samples, in the columns of train that can be compared: one that a sample lacks is blank there.
pub(in crate::utility) struct Samples<'a> {
    /// The columns' names, in the schema's order.
    pub(in crate::utility) names: Vec<&'a str>,
    /// What the schema says of them.
    pub(in crate::utility) schemas: Vec<&'a ColumnSchema>,
    pub(in crate::utility) train: Side<'a>,
    pub(in crate::utility) released: Side<'a>,
    pub(in crate::utility) holdout: Option<Side<'a>>,
}

/// One sample.
pub(in crate::utility) struct Side<'a> {
    /// Whose the rows are, and how much they count.
    pub(in crate::utility) rows: &'a Rows,
    /// Their values.
    pub(in crate::utility) coded: Coded,
}

impl<'a> Samples<'a> {
    pub(in crate::utility) fn new(view: &'a View<'a>) -> Self {
        let audit = view.audit;
        let tables = [Some(&audit.train), Some(&audit.synthetic), audit.holdout.as_ref()];
        let usable = |column: &&Column| {
            let text = column.schema.kind == ColumnKind::Text;
            column.schema.compared() && !text && has_value(&column.values)
        };
        let columns: Vec<&Column> = audit.train.columns.iter().filter(usable).collect();
        let empty = |rows| Coded { rows, columns: Vec::new() };
        let mut coded = tables.map(|table| table.map(|table| empty(table.rows)));
        for column in &columns {
            let values = tables.map(|table| table?.column(&column.name).map(|c| &c.values));
            let known: Vec<&Values> = values.into_iter().flatten().collect();
            let dictionary = dictionary(&known);
            for (coded, values) in coded.iter_mut().zip(values) {
                let Some(coded) = coded else { continue };
                coded.columns.push(codes(values, &column.values, &dictionary, coded.rows));
            }
        }
        let [train, released, holdout] = coded;
        let side = |rows: &'a Rows, coded: Option<Coded>| Side {
            rows,
            coded: coded.unwrap_or_else(|| empty(rows.count)),
        };
        Self {
            names: columns.iter().map(|column| column.name.as_str()).collect(),
            schemas: columns.iter().map(|column| &column.schema).collect(),
            train: side(&view.train, train),
            released: side(&view.released, released),
            holdout: view.fresh.as_ref().map(|rows| side(rows, holdout)),
        }
    }
}

impl Samples<'_> {
    /// The columns that the schema names for something and that cannot be compared: blank in train, free text, or
    /// what says who somebody is.
    pub(in crate::utility) fn unusable<'a>(
        &self,
        view: &View<'a>,
        named: fn(&ColumnSchema) -> bool,
    ) -> Vec<&'a str> {
        let columns = view.audit.schema.columns.iter();
        let columns = columns.filter(|(_, column)| named(column)).map(|(name, _)| name.as_str());
        columns.filter(|name| !self.names.contains(name)).collect()
    }
}

/// One column of one sample, blank where the sample lacks it or holds another kind of values than train.
fn codes(
    values: Option<&Values>,
    train: &Values,
    dictionary: &BTreeMap<&str, u32>,
    rows: usize,
) -> Codes {
    match (values, train) {
        (Some(Values::Numbers(numbers)), Values::Numbers(_)) => Codes::Number(numbers.clone()),
        (Some(Values::Labels { codes, levels }), Values::Labels { .. }) => {
            let joint: Vec<u32> = levels.iter().map(|level| dictionary[&**level]).collect();
            let code = |&code: &u32| joint.get(code as usize).copied().unwrap_or(MISSING);
            Codes::Category(codes.iter().map(code).collect())
        }
        (_, Values::Numbers(_)) => Codes::Number(vec![f64::NAN; rows]),
        (_, Values::Labels { .. }) => Codes::Category(vec![MISSING; rows]),
    }
}

/// A column as numbers, categories by their codes; NaN is missing.
pub(in crate::utility) fn numbers(codes: &Codes) -> Vec<f64> {
    let number = |&code: &u32| if code == MISSING { f64::NAN } else { f64::from(code) };
    match codes {
        Codes::Number(values) => values.clone(),
        Codes::Category(codes) => codes.iter().map(number).collect(),
    }
}

impl Side<'_> {
    /// About `count` rows of which `values` are known, of persons drawn at random: those to choose a model by, one
    /// in [`KEPT_BACK`], and those of other persons to learn from. Where rows have weights, they are drawn by
    /// these, at equal steps of the weight.
    pub(super) fn drawn(&self, values: &[f64], count: usize, seed: Seed) -> [Vec<usize>; 2] {
        let persons = &self.rows.persons;
        let mut of_person: Vec<Vec<usize>> = vec![Vec::new(); persons.count];
        for (row, &person) in persons.of_row.iter().enumerate() {
            if !values[row].is_nan() && self.rows.weight(row) > 0.0 {
                of_person[person as usize].push(row);
            }
        }
        of_person.retain(|rows| !rows.is_empty());
        of_person.shuffle(&mut seed.part("persons").rng());
        let all: usize = of_person.iter().map(Vec::len).sum();
        let mut kept_back = Vec::new();
        let mut others = Vec::new();
        for rows in of_person {
            let part = if kept_back.len() * KEPT_BACK < all { &mut kept_back } else { &mut others };
            part.extend(rows);
        }
        let chosen = count / KEPT_BACK;
        [self.some(&kept_back, chosen), self.some(&others, count - chosen)]
    }

    /// `count` of the rows in `order`, or all of them if they are fewer.
    fn some(&self, order: &[usize], count: usize) -> Vec<usize> {
        if self.rows.weights.is_none() {
            return order[..count.min(order.len())].to_vec();
        }
        let step = order.iter().map(|&row| self.rows.weight(row)).sum::<f64>() / count as f64;
        // Weights so small that their steps round to nothing draw nobody.
        if step.is_nan() || step <= f64::MIN_POSITIVE {
            return Vec::new();
        }
        let (mut below, mut next) = (0.0, step / 2.0);
        let mut drawn = Vec::with_capacity(count);
        for &row in order {
            below += self.rows.weight(row);
            while next < below {
                drawn.push(row);
                next += step;
            }
        }
        drawn
    }

    /// Persons with a row whose value is among those wanted.
    pub(in crate::utility) fn persons(&self, wanted: impl Fn(usize) -> bool) -> usize {
        let mut has = vec![false; self.rows.persons.count];
        for (row, &person) in self.rows.persons.of_row.iter().enumerate() {
            has[person as usize] |= wanted(row);
        }
        has.into_iter().filter(|has| *has).count()
    }

    /// Persons with a row in each of `count` groups.
    pub(in crate::utility) fn persons_in(
        &self,
        count: usize,
        group: impl Fn(usize) -> Option<usize>,
    ) -> Vec<usize> {
        let of_row = self.rows.persons.of_row.iter().enumerate();
        let pairs: BTreeSet<(usize, u32)> =
            of_row.filter_map(|(row, &person)| Some((group(row)?, person))).collect();
        let mut persons = vec![0; count];
        pairs.into_iter().for_each(|(group, _)| persons[group] += 1);
        persons
    }
}

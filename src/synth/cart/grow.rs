//! Fitting: one tree a column, on the columns visited before it.

use rand::Rng;
use rayon::prelude::*;

use super::column::{HIDDEN, Palette, Prepared};
use super::order::Order;
use super::state::{Drawn, Leaves, Sequence, Trees};
use super::{Cart, kernel, uniques};
use crate::encode::{Coded, Codes};
use crate::error::Result;
use crate::learn::{Binned, Bins, Ground, Growth, Outcome, Partition};
use crate::random::Seed;
use crate::synth::Source;
use crate::synth::crowd::{Crowd, by_frequency};
use crate::table::{MISSING, Role};

/// What trees are grown on: the prepared columns in the order of their visits. Holds records.
pub(super) struct Soil<'a> {
    cart: &'a Cart,
    real: &'a Source<'a>,
    order: &'a Order,
    columns: Vec<Prepared>,
    bins: Bins,
    binned: Binned,
}

impl<'a> Soil<'a> {
    pub(super) fn prepare(
        cart: &'a Cart,
        real: &'a Source<'a>,
        order: &'a Order,
        crowd: Crowd<'_>,
    ) -> Result<Self> {
        let prepare = |&place: &usize| Prepared::of(cart, real.columns[place], crowd);
        let mut columns: Vec<Prepared> =
            order.visits.par_iter().map(prepare).collect::<Result<_>>()?;
        let none = || Codes::Number(Vec::new());
        let predictors =
            columns.iter_mut().map(|column| std::mem::replace(&mut column.predictor, none()));
        let coded = Coded { rows: real.rows, columns: predictors.collect() };
        let bins = Bins::fit(&[&coded]);
        let binned = bins.apply(&coded);
        Ok(Self { cart, real, order, columns, bins, binned })
    }

    /// Grows all trees.
    pub(super) fn sequence(self, seed: Seed) -> Sequence {
        let drawn: Vec<Drawn> =
            (0..self.columns.len()).into_par_iter().map(|at| self.column(at, seed)).collect();
        let keys = uniques::real_keys(self.cart, self.real, self.order, &self.columns);
        let crowd = Crowd { persons: &self.real.persons, least: self.cart.least_persons };
        let computed =
            |(place, _): &(usize, String)| Palette::computed(self.real.columns[*place], crowd);
        let palettes = self.columns.into_iter().map(|column| column.palette);
        let palettes = palettes.chain(self.order.derived.iter().map(computed)).collect();
        Sequence::new(self.real, self.order, self.bins, drawn, palettes, keys)
    }

    fn column(&self, at: usize, seed: Seed) -> Drawn {
        let column = &self.columns[at];
        let seed = seed.part(&self.real.columns[self.order.visits[at]].name);
        let donors = |row: &u32| column.codes[*row as usize] != HIDDEN;
        match &column.palette {
            Palette::Levels(_) => {
                let (classes, count) = classes(&column.codes, self.cart.max_levels);
                let outcome = Outcome::Classes(&classes, count);
                Drawn {
                    missing: None,
                    values: self.trees(at, &outcome, donors, seed.part("value")),
                }
            }
            Palette::Numbers { .. } => {
                let gone: Vec<u32> =
                    column.codes.iter().map(|&code| u32::from(code == MISSING)).collect();
                let some = gone.contains(&1);
                let outcome = Outcome::Classes(&gone, 2);
                let missing = some.then(|| self.trees(at, &outcome, donors, seed.part("missing")));
                let known = |row: &u32| column.codes[*row as usize] < HIDDEN;
                let ranks = ranks(&column.codes);
                let outcome = Outcome::Numbers(&ranks);
                Drawn { missing, values: self.trees(at, &outcome, known, seed.part("value")) }
            }
        }
    }

    /// One tree, or one inside each value of the coarse column.
    fn trees(
        &self,
        at: usize,
        outcome: &Outcome<'_>,
        donor: impl Fn(&u32) -> bool,
        seed: Seed,
    ) -> Trees {
        let chosen: Vec<u32> = self.chosen(seed).into_iter().filter(donor).collect();
        let Some(coarse) = self.order.coarse[at] else {
            let parts = vec![self.leaves(at, outcome, chosen, seed)];
            return Trees { coarse: None, parts, rest: None };
        };
        let (codes, parts) = (&self.columns[coarse].codes, self.columns[coarse].palette.len() + 1);
        let part = |code: u32| if code < HIDDEN { code as usize } else { parts - 1 };
        let mut inside = vec![Vec::new(); parts];
        chosen.iter().for_each(|&row| inside[part(codes[row as usize])].push(row));
        // No leaf of fewer persons: these parts have no donors of their own.
        let least = self.least(at);
        let mut rest = None;
        let few = |rows: &&mut Vec<u32>| !rows.is_empty() && !self.are_enough(rows, least);
        for rows in inside.iter_mut().filter(few) {
            rows.clear();
            rest.get_or_insert_with(|| self.leaves(at, outcome, chosen.clone(), seed.part("rest")));
        }
        let grow = |(part, rows)| self.leaves(at, outcome, rows, seed.part(&format!("{part}")));
        let parts = inside.into_iter().enumerate().map(grow).collect();
        Trees { coarse: Some(coarse), parts, rest }
    }

    /// Persons that a leaf of the column holds at least.
    fn least(&self, at: usize) -> usize {
        match self.real.columns[self.order.visits[at]].schema.role {
            Role::Sensitive => self.cart.min_bucket_sensitive.max(self.cart.min_bucket),
            _ => self.cart.min_bucket,
        }
    }

    /// Whether the rows are of so many persons at least.
    fn are_enough(&self, rows: &[u32], least: usize) -> bool {
        let crowd = Crowd { persons: &self.real.persons, least };
        crowd.is_behind(rows.iter().map(|&row| row as usize))
    }

    fn leaves(&self, at: usize, outcome: &Outcome<'_>, chosen: Vec<u32>, seed: Seed) -> Leaves {
        let least = self.least(at);
        let growth = Growth { depth: self.cart.max_depth, min_leaf: least, columns: None };
        let persons = (self.real.persons.of_row.as_slice(), least);
        let ground = Ground { rows: &self.binned, columns: at, chosen, persons };
        let mut partition = Partition::grow(ground, outcome, growth, seed.part("tree"));
        let column = &self.columns[at];
        // Which real row a donor was is of no use any more.
        partition.rename(|row| column.codes[row as usize]);
        let width = |leaf| column.palette.width(partition.members(leaf)).min(column.widest);
        let widths = (0..partition.leaves()).map(width).collect();
        Leaves { partition, widths }
    }

    /// All rows, or those of as many persons drawn with replacement.
    fn chosen(&self, seed: Seed) -> Vec<u32> {
        let rows = 0..self.real.rows as u32;
        if !self.cart.proper {
            return rows.collect();
        }
        let mut rng = seed.part("persons").rng();
        let mut times = vec![0; self.real.persons.count];
        for _ in 0..times.len() {
            let person = (u128::from(rng.next_u64()) * times.len() as u128) >> 64;
            times[person as usize] += 1;
        }
        let repeat = |row: u32| {
            std::iter::repeat_n(row, times[self.real.persons.of_row[row as usize] as usize])
        };
        rows.flat_map(repeat).collect()
    }
}

impl Palette {
    /// How many values it has.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Levels(levels) => levels.len(),
            Self::Numbers { values, .. } => values.len(),
        }
    }

    /// The width of the kernel for donors with these codes: that of the numbers among them that are moved.
    pub(super) fn width(&self, codes: &[u32]) -> f64 {
        let Self::Numbers { values, reach, .. } = self else { return 0.0 };
        let moved = codes.iter().map(|&code| code as usize);
        let moved = moved.filter(|&code| reach.get(code).is_some_and(|&reach| reach > 0.0));
        kernel::width(moved.map(|code| values[code]).collect())
    }
}

/// The class of each row, and how many there are: one a level, the rarer ones together, one for missing.
fn classes(codes: &[u32], most: usize) -> (Vec<u32>, usize) {
    let counts = by_frequency(codes.iter().copied().filter(|&code| code < HIDDEN));
    let own = counts.len().min(if counts.len() > most { most - 1 } else { most });
    let levels = counts.iter().map(|(code, _)| *code as usize + 1).max().unwrap_or(0);
    let mut class = vec![own as u32; levels];
    counts[..own].iter().zip(0..).for_each(|(&(code, _), place)| class[code as usize] = place);
    let gone = own as u32 + 1;
    let of = |&code: &u32| class.get(code as usize).copied().unwrap_or(gone);
    (codes.iter().map(of).collect(), own + 2)
}

/// The mid-rank of each row's number among those of all rows, in (0, 1); 0 where there is none.
fn ranks(codes: &[u32]) -> Vec<f64> {
    let known = || codes.iter().filter(|&&code| code < HIDDEN);
    let mut counts = vec![0.0; known().max().map_or(0, |&code| code as usize + 1)];
    known().for_each(|&code| counts[code as usize] += 1.0);
    let all: f64 = counts.iter().sum();
    let mut below = 0.0;
    for count in &mut counts {
        let own = *count;
        *count = (below + own / 2.0) / all;
        below += own;
    }
    codes.iter().map(|&code| counts.get(code as usize).copied().unwrap_or(0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Code 1 three times, 0 twice, 2 and 3 once: with three classes at most 1 and 0 have their own, 2 and 3
    /// one, missing another.
    #[test]
    fn rare_levels_are_one_class() {
        let codes = [1, 1, 0, 2, MISSING, 0, 1, 3, HIDDEN];
        let (classes, count) = classes(&codes, 3);
        assert_eq!((&classes[..8], count), (&[0, 0, 1, 2, 3, 1, 0, 2][..], 4));
    }

    /// 0 0 1 2: mid-ranks 1/4, 2.5/4, 3.5/4.
    #[test]
    fn ranks_hand_worked() {
        let ranks = ranks(&[1, 0, MISSING, 2, 0]);
        let expected = [0.625, 0.25, 0.0, 0.875, 0.25];
        assert!(ranks.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{ranks:?}");
    }
}

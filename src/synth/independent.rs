//! Independent marginals: every column is drawn from its real column, by itself.
//!
//! # Method
//! For as many rows as the real table has, each column is a random permutation of the real one, so
//! that every marginal is kept exactly; for any other number, and for a column under a condition, draws
//! with replacement of the values that are allowed. Missing values
//! and weights are drawn as everything else. Nothing links two columns, nor a row to a person.
//!
//! # What it protects
//! Which values belong together: no row was made from one person. What a row has in common with a
//! record is chance.
//!
//! # What it does not protect
//! The values. Each one is a real person's, and a rare value (an age of 104, a rare diagnosis, a
//! sentence of free text) is released as it is, at its true frequency. That a value occurs at all is
//! what membership inference needs. It is a null for tests (the least that a release can leak while
//! its marginals are right) and a floor for utility, not a private method, and it carries no
//! differential-privacy guarantee. Rules between columns do not hold.
//!
//! # References
//! The independent baseline of the comparative literature, e.g. Ping, Stoyanovich and Howe 2017,
//! `DataSynthesizer` (independent attribute mode), SSDBM 2017.

use rand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::dp::Accountant;
use super::{Condition, Guarantee, Info, Model, Source, Synthesizer, TakesBudget, model, replaced};
use crate::error::Result;
use crate::random::Seed;
use crate::table::{Column, MISSING, Values};

/// The method; it has no parameters.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Independent {}

/// What the method is.
pub(super) static INFO: Info = Info {
    id: "independent",
    title: "independent marginals",
    method: "every column is drawn from the real column by itself: a permutation of it for as many \
             rows as the real table has, draws with replacement otherwise",
    protects: "which values belong together: no row was made from one person, and what it shares \
               with a record is chance",
    exposes: "the values: each is a real person's, rare ones and free text are released as they are, \
              and their frequencies are the true ones; no differential privacy",
    purpose: "a null for tests and a floor for utility, not a private method",
    budget: TakesBudget::Never,
    references: &["Ping, Stoyanovich and Howe 2017, SSDBM (independent attribute mode)"],
};

impl Synthesizer for Independent {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn fit(&self, real: &Source<'_>, _: &mut Accountant, _: Seed) -> Result<Box<dyn Model>> {
        let columns = real.columns.iter().map(|column| (*column).clone()).collect();
        Ok(Box::new(Marginals { columns, rows: real.rows }))
    }
}

/// The real columns themselves: there is nothing to learn. Holds records.
#[derive(Serialize, Deserialize)]
pub(super) struct Marginals {
    #[serde(with = "model::columns")]
    columns: Vec<Column>,
    rows: usize,
}

impl Model for Marginals {
    fn sample(
        &self,
        rows: Option<usize>,
        condition: &Condition,
        seed: Seed,
    ) -> Result<Vec<Column>> {
        let rows = rows.unwrap_or(self.rows);
        let draw = |column: &Column| {
            let mut rng = seed.part(&column.name).rng();
            let chosen = match condition.on(&column.name) {
                None if rows == self.rows => permutation(&mut rng, rows),
                None => with_replacement(&mut rng, self.rows, rows),
                Some(allowed) => {
                    let of = allowed.rows(&column.values);
                    if of.is_empty() {
                        return Err(Condition::impossible(&column.name));
                    }
                    let chosen = with_replacement(&mut rng, of.len(), rows);
                    chosen.into_iter().map(|place| of[place]).collect()
                }
            };
            Ok(replaced(column, picked(&column.values, &chosen)))
        };
        self.columns.par_iter().map(draw).collect()
    }

    /// Columns are independent: the product of their shares.
    fn share(&self, condition: &Condition) -> Option<f64> {
        let share = |column: &Column| {
            let allowed = condition.on(&column.name)?;
            Some(allowed.rows(&column.values).len() as f64 / self.rows as f64)
        };
        Some(self.columns.iter().filter_map(share).product())
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::None { reason: "the values are the real ones".into() }
    }

    fn state(&self) -> Result<Vec<u8>> {
        model::encode(self)
    }
}

/// A random order of `0..count`. Sorting by independent draws is a uniform shuffle that no version of a
/// library can change; a tie of two 64-bit draws is broken by the row.
pub(super) fn permutation(rng: &mut impl Rng, count: usize) -> Vec<usize> {
    let mut order: Vec<(u64, usize)> = (0..count).map(|row| (rng.next_u64(), row)).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, row)| row).collect()
}

/// `draws` of `0..count`, each by the high half of a 128-bit product: a row's chance is off by less than
/// 2⁻⁶⁴.
fn with_replacement(rng: &mut impl Rng, count: usize, draws: usize) -> Vec<usize> {
    let draw = |_| ((u128::from(rng.next_u64()) * count as u128) >> 64) as usize;
    (0..draws).map(draw).collect()
}

/// The values of the `chosen` rows.
pub(super) fn picked(values: &Values, chosen: &[usize]) -> Values {
    match values {
        Values::Numbers(numbers) => {
            Values::Numbers(chosen.iter().map(|&row| numbers[row]).collect())
        }
        Values::Labels { codes, levels } => {
            compact(chosen.iter().map(|&row| codes[row]).collect(), levels)
        }
    }
}

/// Labels with the levels that are used and no other.
pub(super) fn compact(codes: Vec<u32>, levels: &[Box<str>]) -> Values {
    let mut used = vec![false; levels.len()];
    codes.iter().filter(|&&code| code != MISSING).for_each(|&code| used[code as usize] = true);
    let mut next = 0;
    let renumbered: Vec<u32> = used
        .iter()
        .map(|&used| {
            let code = next;
            next += u32::from(used);
            code
        })
        .collect();
    let renumber = |code: u32| if code == MISSING { code } else { renumbered[code as usize] };
    let kept = levels.iter().zip(&used).filter(|(_, used)| **used);
    Values::Labels {
        codes: codes.into_iter().map(renumber).collect(),
        levels: kept.map(|(level, _)| level.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::audit::testing::table;
    use crate::synth::synthesize;
    use crate::table::{Sample, Schema, Table, content_digest};

    const SCHEMA: &str = "missing = ['?']\n[columns.x]\nkind = 'integer'\ntop = 900\n\
                          [columns.y]\nkind = 'integer'\n[columns.c]\nkind = 'categorical'\n\
                          [columns.w]\nkind = 'continuous'\nweight = true\n";

    /// x and y are equal, c is missing in every seventh row and follows x.
    fn real(rows: usize) -> (Schema, Table) {
        let cell = |row: usize| {
            if row.is_multiple_of(7) { "?".to_owned() } else { format!("c{}", row % 5) }
        };
        let line = |row: usize| format!("{row},{row},{},{}.5\n", cell(row), row % 3);
        let csv = format!("x,y,c,w\n{}", (0..rows).map(line).collect::<String>());
        let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
        let real = table(&csv, Sample::Train, &schema);
        (schema, real)
    }

    fn made(real: &Table, rows: usize, seed: u64) -> Table {
        let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
        let method = Independent::default();
        synthesize(&method, real, &schema, Some(rows), Seed::new(seed)).unwrap().table
    }

    /// How often each value occurs; `None` is missing.
    fn marginal(table: &Table, column: &str) -> BTreeMap<Option<String>, usize> {
        let mut counts = BTreeMap::new();
        let mut count = |text: Option<String>| *counts.entry(text).or_default() += 1;
        match &table.column(column).unwrap().values {
            Values::Numbers(numbers) => {
                numbers.iter().for_each(|x| count((!x.is_nan()).then(|| x.to_string())));
            }
            Values::Labels { codes, levels } => {
                codes
                    .iter()
                    .for_each(|&code| count(levels.get(code as usize).map(ToString::to_string)));
            }
        }
        counts
    }

    fn correlation(table: &Table) -> f64 {
        let numbers = |name| match &table.column(name).unwrap().values {
            Values::Numbers(numbers) => numbers.clone(),
            Values::Labels { .. } => panic!("{name} is a number"),
        };
        let (x, y) = (numbers("x"), numbers("y"));
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let (mx, my) = (mean(&x), mean(&y));
        let product = |a: &[f64], ma: f64, b: &[f64], mb: f64| -> f64 {
            a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum()
        };
        product(&x, mx, &y, my) / (product(&x, mx, &x, mx) * product(&y, my, &y, my)).sqrt()
    }

    #[test]
    fn marginals_are_kept_exactly_at_the_real_number_of_rows() {
        let (_, real) = real(1000);
        let made = made(&real, 1000, 0);
        for column in ["x", "y", "c", "w"] {
            assert_eq!(marginal(&made, column), marginal(&real, column), "{column}");
        }
        // The top code has been applied, and nothing of the values beyond it is left.
        let x = made.column("x").unwrap();
        assert!(x.uncoded.is_none() && x.raw_range == Some((0.0, 900.0)));
    }

    /// Under independence the correlation of 1,000 rows has a standard deviation of 0.032.
    #[test]
    fn what_belonged_together_is_apart() {
        let (_, real) = real(1000);
        assert!(correlation(&real) > 0.99);
        for rows in [1000, 2000] {
            let correlation = correlation(&made(&real, rows, 1));
            assert!(correlation.abs() < 0.15, "{correlation} at {rows} rows");
        }
    }

    /// 10,000 draws of 7 values: χ² with 6 degrees of freedom exceeds 27.9 once in 10,000 times.
    #[test]
    fn other_numbers_of_rows_are_drawn_from_the_real_frequencies() {
        let mut rng = Seed::new(3).rng();
        let mut counts = [0.0_f64; 7];
        with_replacement(&mut rng, 7, 10_000).into_iter().for_each(|row| counts[row] += 1.0);
        let expected = 10_000.0 / 7.0;
        let chi: f64 = counts.iter().map(|count| (count - expected).powi(2) / expected).sum();
        assert!(chi < 27.9, "{chi}");
        let (_, real) = real(700);
        let made = made(&real, 3, 0);
        assert_eq!(made.rows, 3);
        let Values::Labels { codes, levels } = &made.column("c").unwrap().values else { panic!() };
        let used = |level: usize| codes.contains(&(level as u32));
        assert!((0..levels.len()).all(used), "levels that no row has would be released");
    }

    /// Every order of three rows is equally likely: χ² with 5 degrees of freedom exceeds 25.7 once in
    /// 10,000 times.
    #[test]
    fn permutations_are_uniform() {
        let mut rng = Seed::new(5).rng();
        let mut counts: BTreeMap<Vec<usize>, f64> = BTreeMap::new();
        (0..6000).for_each(|_| *counts.entry(permutation(&mut rng, 3)).or_default() += 1.0);
        let chi: f64 = counts.values().map(|count| (count - 1000.0).powi(2) / 1000.0).sum();
        assert!(counts.len() == 6 && chi < 25.7, "{chi}");
    }

    #[test]
    fn one_seed_gives_one_table_at_any_number_of_threads() {
        let (schema, real) = real(500);
        let digest = |table: &Table| content_digest(table, &schema);
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| digest(&made(&real, 500, 9)))
        };
        assert_eq!(on(1), on(3));
        assert_ne!(on(1), digest(&made(&real, 500, 10)));
    }
}

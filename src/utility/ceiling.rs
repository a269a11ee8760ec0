//! What fresh real records reach.

use std::sync::Arc;

use rand::seq::SliceRandom;

use super::{Rows, Series, View};
use crate::random::Seed;
use crate::table::Persons;

/// Rows times columns of all redraws together, at most: tables of many columns need none, since a mean over many
/// columns hardly varies between draws.
const MOST_CELLS: usize = 20_000_000;

impl View<'_> {
    /// The ceiling of a distance that is 0 for equal populations: that of fresh records from train, scaled to the size
    /// of the release. Nothing without fresh records.
    ///
    /// What is left between two samples of one population is noise, which shrinks as √(1/n₁ + 1/n₂) with the
    /// persons of either: n is Kish's effective number. One draw of fresh records is itself noise, so that it is a mean
    /// over the two samples as they are and over redraws of both real samples. Two digits.
    #[must_use]
    pub fn ceiling(&self, distance: impl Fn(&View<'_>, &Rows) -> f64) -> Option<f64> {
        self.ceilings(|view, fresh, scale| vec![distance(view, fresh) * scale])
            .and_then(|found| found.first().copied())
    }

    /// The same of several distances at once, as many in every draw, each scaled to the size of the release by the
    /// factor that is given.
    #[must_use]
    pub(super) fn ceilings(
        &self,
        distances: impl Fn(&View<'_>, &Rows, f64) -> Vec<f64>,
    ) -> Option<Vec<f64>> {
        let fresh = self.fresh.as_ref()?;
        let wanted = noise(&self.train, &self.released);
        let mut sums = Vec::new();
        let mut draws = 0_usize;
        let mut add = |view: &View<'_>, fresh: &Rows| {
            let found = distances(view, fresh, wanted / noise(&view.train, fresh));
            sums.resize(found.len(), 0.0);
            sums.iter_mut().zip(found).for_each(|(sum, distance)| *sum += distance);
            draws += 1;
        };
        add(self, fresh);
        for view in self.redrawn() {
            if let Some(fresh) = &view.fresh {
                add(&view, fresh);
            }
        }
        let told: Vec<f64> = sums.into_iter().map(|sum| self.level(sum / draws as f64)).collect();
        told.iter().all(|value| value.is_finite()).then_some(told)
    }

    /// The ceiling of a score that is no distance: that of the fresh records, as it is, in three decimals. Nothing without
    /// these.
    #[must_use]
    pub fn reached(&self, score: impl FnOnce(&Rows) -> f64) -> Option<f64> {
        self.fresh
            .as_ref()
            .map(score)
            .filter(|score| score.is_finite())
            .map(|score| self.decimals(score))
    }

    /// What a distance of the fresh records is multiplied by for the size of the release. Nothing without these.
    pub(super) fn scale(&self) -> Option<f64> {
        let fresh = self.fresh.as_ref()?;
        let scale = noise(&self.train, &self.released) / noise(&self.train, fresh);
        Some(scale).filter(|scale| scale.is_finite())
    }

    /// A level of noise in two digits, so that no count of fresh records follows from it.
    pub(super) fn level(&self, value: f64) -> f64 {
        if self.fewest > 1 { two_digits(value) } else { value }
    }

    /// A share in three decimals, where more would tell of somebody.
    pub(super) fn decimals(&self, share: f64) -> f64 {
        if self.fewest > 1 { (share * 1000.0).round() / 1000.0 } else { share }
    }

    /// Train and fresh records drawn again from both real samples together, by persons, of the sizes they have: each is
    /// all rows, of which those of the other weigh nothing. None where tables are large.
    pub(super) fn redrawn(&self) -> impl Iterator<Item = View<'_>> {
        let union = self.fresh.as_ref().map(|fresh| Union::of(&self.train, fresh));
        let draws = union.as_ref().map_or(0, |union| union.draws(self.redraws));
        (0..draws).filter_map(move |draw| {
            let [train, fresh] = union.as_ref()?.draw(draw);
            Some(View { train, fresh: Some(fresh), released: Rows::none(), ..self.grid() })
        })
    }

    /// The columns without rows.
    fn grid(&self) -> View<'_> {
        View {
            audit: self.audit,
            features: self.features.clone(),
            absent: self.absent.clone(),
            scarce: self.scarce.clone(),
            train: Rows::none(),
            released: Rows::none(),
            fresh: None,
            fewest: self.fewest,
            redraws: 0,
        }
    }
}

/// What is left between two samples of one population shrinks as this does, √(1/n₁ + 1/n₂).
fn noise(one: &Rows, other: &Rows) -> f64 {
    (1.0 / one.effective() + 1.0 / other.effective()).sqrt()
}

/// Both real samples, the rows of train first.
struct Union {
    weights: Vec<f64>,
    persons: Persons,
    /// How many persons are train's.
    train: usize,
    columns: Arc<Vec<Series>>,
}

impl Union {
    fn of(train: &Rows, fresh: &Rows) -> Self {
        let weights = |rows: &Rows| -> Vec<f64> {
            let sum: f64 = (0..rows.count).map(|row| rows.weight(row)).sum();
            (0..rows.count).map(|row| rows.weight(row) * rows.count as f64 / sum).collect()
        };
        let shifted = fresh.persons.of_row.iter().map(|person| person + train.persons.count as u32);
        let of_row: Vec<u32> = train.persons.of_row.iter().copied().chain(shifted).collect();
        let count = train.persons.count + fresh.persons.count;
        let columns = train.columns.iter().zip(fresh.columns.iter()).map(|(a, b)| a.beside(b));
        Self {
            weights: [weights(train), weights(fresh)].concat(),
            persons: Persons { of_row, count, unnamed: Vec::new() },
            train: train.persons.count,
            columns: Arc::new(columns.collect()),
        }
    }

    /// How many redraws such tables bear, at most `most`.
    fn draws(&self, most: usize) -> usize {
        most.min(MOST_CELLS / (self.weights.len() * self.columns.len()).max(1))
    }

    /// Train's share of the persons, drawn at random, and the others.
    fn draw(&self, number: usize) -> [Rows; 2] {
        let seed = Seed::new(0).part(&format!("utility/fresh/{number}"));
        let mut order: Vec<usize> = (0..self.persons.count).collect();
        order.shuffle(&mut seed.rng());
        let mut is_train = vec![false; self.persons.count];
        order[..self.train].iter().for_each(|&person| is_train[person] = true);
        [true, false].map(|side| {
            let rows = self.persons.of_row.iter().zip(&self.weights);
            let weight = |(&person, &weight): (&u32, &f64)| {
                if is_train[person as usize] == side { weight } else { 0.0 }
            };
            Rows {
                count: self.weights.len(),
                weights: Some(rows.map(weight).collect()),
                persons: self.persons.clone(),
                columns: Arc::clone(&self.columns),
            }
        })
    }
}

impl Series {
    /// The rows of this column, then those of the same column in another sample.
    fn beside(&self, other: &Self) -> Self {
        let both = |a: &Option<Vec<f64>>, b: &Option<Vec<f64>>| {
            a.as_ref().zip(b.as_ref()).map(|(a, b)| [a.as_slice(), b].concat())
        };
        Self {
            cells: [self.cells.as_slice(), &other.cells].concat(),
            coarse: [self.coarse.as_slice(), &other.coarse].concat(),
            numbers: both(&self.numbers, &other.numbers),
            blank: self.blank && other.blank,
        }
    }
}

/// Rounded to two digits.
pub(super) fn two_digits(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::audit;

    /// Train of 4, fresh of 4, a release of 12: 0.3 √(1/4 + 1/12) / √(1/4 + 1/4) = 0.3 √(2/3) = 0.245.
    #[test]
    fn noise_is_scaled_to_the_size_of_the_release() {
        let column = |rows: usize| format!("x\n{}", "1\n".repeat(rows));
        let schema = "[columns.x]\nkind = 'integer'\n";
        let fresh = column(3) + "2\n";
        let audit = audit(schema, &column(4), Some(&fresh), &column(12));
        let of = |redraws| {
            let view = View::of(&audit, 2, redraws);
            view.ceiling(|_, rows| if rows.effective() < 5.0 { 0.3 } else { 9.0 })
        };
        assert_eq!([of(0), of(9)], [Some(0.24), Some(0.24)]);
    }

    /// Redraws keep the sizes, and everyone is on one side: persons 0 to 3 of two rows each, then 4 and 5.
    #[test]
    fn redraws_part_the_persons_anew() {
        let schema =
            "[columns.id]\nkind = 'text'\nrole = 'subject'\n[columns.x]\nkind = 'integer'\n";
        let train = "id,x\na,1\na,1\nb,2\nb,2\nc,3\nc,3\nd,4\nd,4\n";
        let audit = audit(schema, train, Some("id,x\ne,5\ne,5\nf,6\nf,6\n"), "x\n1\n");
        let view = View::of(&audit, 1, 9);
        let mut seen = [0; 2];
        for draw in view.redrawn() {
            let fresh = draw.fresh.as_ref().unwrap();
            assert_eq!((draw.train.effective().round(), fresh.effective().round()), (4.0, 2.0));
            for row in 0..draw.train.count {
                let weights = [draw.train.weight(row), fresh.weight(row)];
                let sides = weights.map(f64::to_bits);
                let one = [1.0, 0.0].map(f64::to_bits);
                assert!(sides == one || sides == [one[1], one[0]], "{weights:?}");
            }
            let numbers = fresh.columns[0].numbers.as_ref().unwrap();
            assert_eq!(numbers.len(), 12);
            seen[usize::from(fresh.weight(8) > 0.5)] += 1;
        }
        assert!(seen[0] > 0 && seen[1] > 0 && seen[0] + seen[1] == 9, "{seen:?}");
    }

    #[test]
    fn scores_are_not_scaled_and_nothing_is_reached_without_fresh_records() {
        let schema = "[columns.x]\nkind = 'integer'\n";
        let of = |holdout: Option<&str>| audit(schema, "x\n1\n2\n", holdout, "x\n1\n");
        let (with, without) = (of(Some("x\n3\n4\n5\n")), of(None));
        assert_eq!(View::new(&with).reached(|rows| rows.count as f64 / 4.0), Some(0.75));
        assert_eq!(View::new(&with).reached(|_| 2.0 / 3.0), Some(0.667));
        assert_eq!(View::new(&with).reached(|_| f64::NAN), None);
        assert_eq!(View::new(&without).reached(|_| 1.0), None);
        assert_eq!(View::new(&without).ceiling(|_, _| 1.0), None);
        assert_eq!(View::new(&without).redrawn().count(), 0);
    }
}

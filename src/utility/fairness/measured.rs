//! What is measured, and how many of each group there are and how well each is served.

use super::super::prediction::{Samples, Target};
use super::super::{Rows, View};
use super::INFO;
use super::fidelity::{Grid, Grouped, worst};
use super::partition::Partition;
use crate::evidence::{Evidence, Measure};
use crate::stats::expected_total_variation;

/// What is measured.
pub(super) struct Measured<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) samples: &'a Samples<'a>,
    pub(super) partitions: &'a [Partition],
}

impl Measured<'_> {
    /// The protected columns beside a target.
    pub(super) fn others(&self, target: &Target) -> Vec<&Partition> {
        let other = |partition: &&Partition| partition.column != target.column;
        self.partitions.iter().filter(other).collect()
    }

    /// No estimate is free of error: one person may differ.
    pub(super) fn least(&self) -> f64 {
        let smaller = self.view.train.persons.count.min(self.view.released.persons.count);
        1.0 / smaller.max(1) as f64
    }

    /// A fact with this value, cut to its range.
    pub(super) fn fact(
        &self,
        metric: &str,
        value: f64,
        variance: f64,
        range: [f64; 2],
    ) -> Evidence {
        let standard_error = variance.sqrt().max(self.least());
        let value = value.clamp(range[0], range[1]);
        Evidence::whole(metric, Measure::Normal { value, standard_error, range })
    }

    /// How far the groups' shares are from train's.
    pub(super) fn representation(&self, partition: &Partition) -> Evidence {
        let count = partition.count();
        let shares = |rows: &Rows, groups: &[usize]| {
            let tally = rows.tally(count, |row| groups[row]);
            let all: f64 = tally.iter().sum();
            tally
                .into_iter()
                .map(|sum| if all > 0.0 { sum / all } else { 0.0 })
                .collect::<Vec<f64>>()
        };
        let (train, released) = (&self.view.train, &self.view.released);
        let real = shares(train, &partition.train);
        let apart =
            |other: &[f64]| real.iter().zip(other).map(|(p, q)| (p - q).abs() / 2.0).sum::<f64>();
        let made = shares(released, &partition.released);
        let sign = |group: usize| 0.5 * (real[group] - made[group]).signum();
        let (value, variance) = if partition.absent {
            (1.0, 0.0)
        } else {
            let real = train.squared_error(|row| sign(partition.train[row]));
            (apart(&made), real + released.squared_error(|row| sign(partition.released[row])))
        };
        let mut fact = self.fact(INFO.metrics[2], value, variance, [0.0, 1.0]);
        let chance = || {
            let [n1, n2] = [train, released].map(Rows::effective);
            let expected = expected_total_variation(&real, n1, n2);
            Some(self.view.level(expected)).filter(|expected| expected.is_finite())
        };
        let reached = partition.holdout.as_ref().and_then(|groups| {
            let both = [&partition.train[..], groups].concat();
            self.view.ceiling(|drawn, fresh| {
                let redrawn = !std::ptr::eq(drawn, self.view);
                let (first, second) =
                    if redrawn { (&both, &both) } else { (&partition.train, groups) };
                let [p, q] = [shares(&drawn.train, first), shares(fresh, second)];
                p.iter().zip(&q).map(|(p, q)| (p - q).abs() / 2.0).sum()
            })
        });
        fact.ceiling = reached.or_else(chance).map(|most| most.min(1.0));
        fact.about = Some(partition.name.clone());
        fact.notes = partition.notes();
        fact
    }

    /// How much worse the worst group of each protected column is served than the whole table.
    pub(super) fn fidelity(&self, notes: &mut Vec<String>) -> Vec<Evidence> {
        let mut facts = Vec::new();
        for partition in self.partitions {
            let name = &partition.name;
            let train = Grouped { rows: &self.view.train, groups: &partition.train };
            let released = Grouped { rows: &self.view.released, groups: &partition.released };
            let grid = Grid::of(self.view, &partition.train, partition.count());
            let beside = |sides| worst(self.view, name, sides, &partition.large, &grid);
            let Some(found) = beside([train, released]) else {
                notes.push(format!(
                    "{name}: no other column, or no group of eleven persons, to compare within"
                ));
                continue;
            };
            let (value, variance) =
                if partition.absent { (1.0, 0.0) } else { (found.value, found.variance) };
            let mut fact = self.fact(INFO.metrics[3], value, variance, [-1.0, 1.0]);
            let (asked, real) = (&partition.large, partition.train.as_slice());
            fact.ceiling = partition.holdout.as_ref().and_then(|groups| {
                let both = [real, groups].concat();
                self.view.ceiling(|drawn, fresh| {
                    let redrawn = !std::ptr::eq(drawn, self.view);
                    let [first, second] = if redrawn { [&both[..], &both] } else { [real, groups] };
                    let train = Grouped { rows: &drawn.train, groups: first };
                    let sides = [train, Grouped { rows: fresh, groups: second }];
                    worst(drawn, name, sides, asked, &grid).map_or(f64::NAN, |worst| worst.value)
                })
            });
            fact.about = Some(partition.group(found.group));
            fact.notes = partition.notes();
            if !self.view.absent.is_empty() {
                fact.notes.push(format!(
                    "not compared, because the release does not hold them: {}",
                    self.view.absent.join(", ")
                ));
            }
            facts.push(fact);
        }
        facts
    }
}

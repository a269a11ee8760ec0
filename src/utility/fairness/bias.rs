//! How unequal groups are in a target, and in what models of it say.

use rayon::prelude::*;

use super::super::prediction::{FEW, Groups, Learned, Replicates, Side, Target, fact};
use super::INFO;
use super::measured::Measured;
use super::parity::{Difference, Odds, Shares};
use super::partition::Partition;
use crate::evidence::Evidence;
use crate::random::Seed;

/// Standard errors beyond which a difference of differences is called one.
const BEYOND: f64 = 2.0;

impl Measured<'_> {
    /// How much the groups differ in a target, one fact for each protected column.
    pub(super) fn parities(&self, target: &Target, notes: &mut Vec<String>) -> Vec<Evidence> {
        let parity = |partition: &Partition| {
            let fact = self.parity(partition, target);
            if fact.is_none() {
                notes.push(format!(
                    "no parity of {} on {}: fewer than two groups have eleven training persons of yes and of no",
                    partition.name, target.name
                ));
            }
            fact
        };
        self.others(target).into_iter().filter_map(parity).collect()
    }

    fn parity(&self, partition: &Partition, target: &Target) -> Option<Evidence> {
        let samples = self.samples;
        let train =
            Shares { rows: samples.train.rows, groups: &partition.train, yes: &target.train };
        let told = partition.told(&samples.train, &train, self.view.fewest);
        let real = train.difference(&both(&partition.enough(&samples.train, &train), &told))?;
        let shares = Shares {
            rows: samples.released.rows,
            groups: &partition.released,
            yes: &target.released,
        };
        let enough = partition.enough(&samples.released, &shares);
        let asked = both(&enough, &told);
        let turned = turned(&shares, &asked, &real);
        let reversed = turned.is_some();
        let made = turned.or_else(|| shares.difference(&asked));
        let lacking = partition.absent || target.released.iter().all(|x| x.is_nan());
        let (value, variance) = match &made {
            _ if lacking => (1.0, 0.0),
            Some(made) => ((made.value - real.value).abs(), made.variance + real.variance),
            None => (real.value, real.variance),
        };
        let mut fact = self.fact(INFO.metrics[0], value, variance, [0.0, 1.0]);
        fact.about = Some(format!("{} on {}", partition.name, target.name));
        fact.ceiling = self.parity_ceiling(partition, target, &told);
        fact.notes = partition.notes();
        fact.notes.push(if lacking {
            format!("{} on {}: the release does not say, which counts as the worst", partition.name, target.name)
        } else {
            let (released, error) = (made.as_ref().map_or(0.0, |made| made.value), variance.sqrt());
            let word = if reversed { "turned round" } else { kept(released - real.value, error) };
            format!(
                "{} on {}: {word} (largest difference {:.2} in train, {released:.2} in the release)",
                partition.name, target.name, real.value
            )
        });
        if !lacking && enough != partition.large {
            fact.notes.push(format!(
                "{}: groups of fewer than eleven released persons are left out of the release's difference",
                partition.name
            ));
        }
        if told.contains(&false) {
            fact.notes.push(format!(
                "{} on {}: groups with fewer than eleven training persons of yes, or of no, are left out",
                partition.name, target.name
            ));
        }
        Some(fact)
    }

    /// What fresh records reach.
    fn parity_ceiling(&self, partition: &Partition, target: &Target, told: &[bool]) -> Option<f64> {
        let (side, groups) = self.samples.holdout.as_ref().zip(partition.holdout.as_ref())?;
        let fresh = Shares { rows: side.rows, groups, yes: &target.holdout };
        let asked = both(&partition.enough(side, &fresh), told);
        let all_groups = [&partition.train[..], groups].concat();
        let all_yes = [&target.train[..], &target.holdout].concat();
        let size = self.view.train.count;
        self.view.ceiling(|drawn, fresh| {
            let redrawn = !std::ptr::eq(drawn, self.view);
            let all = all_yes.len();
            let [first, second] = if redrawn { [0..all, 0..all] } else { [0..size, size..all] };
            let difference = |rows, of: std::ops::Range<usize>| {
                let (groups, yes) = (&all_groups[of.clone()], &all_yes[of]);
                Shares { rows, groups, yes }.difference(&asked).map(|found| found.value)
            };
            let found = difference(&drawn.train, first).zip(difference(fresh, second));
            found.map_or(f64::NAN, |(real, fresh)| (fresh - real).abs())
        })
    }

    /// The equalised-odds gaps of models of one target, one fact for each protected column.
    pub(super) fn odds(
        &self,
        target: &Target,
        (rows, repeats): (usize, u32),
        seed: Seed,
        notes: &mut Vec<String>,
    ) -> Vec<Evidence> {
        let Some(holdout) = &self.samples.holdout else { return Vec::new() };
        if let Err(why) = target.check(self.samples) {
            notes.push(format!("no odds of {why}"));
            return Vec::new();
        }
        let (count, teaches) = target.rows(rows);
        // Both sides draw alike, so that equal tables teach equal models.
        let said = |side: &Side<'_>, values: &[f64]| -> Option<Vec<Vec<bool>>> {
            let said = |repeat: u32| {
                let seed = seed.part(&format!("{}/{repeat}", target.name));
                let model = Learned::of(side, target, values, count, seed)?;
                let guess = model.guess(&holdout.coded).into_iter();
                Some(guess.map(|p| p > model.share()).collect())
            };
            (0..repeats).into_par_iter().map(said).collect()
        };
        let Some(real) = said(&self.samples.train, &target.train) else {
            notes.push(format!("no odds of {}: train teaches nothing of it", target.name));
            return Vec::new();
        };
        let released = if teaches { said(&self.samples.released, &target.released) } else { None };
        let groups = Groups::of(holdout.rows, seed);
        let gap = |partition: &Partition| {
            self.odds_of(partition, target, &groups, [Some(&real), released.as_ref()])
        };
        let others = self.others(target);
        let found: Vec<Option<Evidence>> = others.iter().map(|partition| gap(partition)).collect();
        for (partition, found) in others.iter().zip(&found) {
            if found.is_none() {
                notes.push(format!(
                    "no odds of {} on {}: fewer than two groups have eleven holdout persons of one truth",
                    partition.name, target.name
                ));
            }
        }
        found.into_iter().flatten().collect()
    }

    /// The equalised-odds gap of what the release's models say of the holdout less that of train's models. Where the
    /// release teaches nothing it is the worst.
    fn odds_of(
        &self,
        partition: &Partition,
        target: &Target,
        groups: &Groups,
        said: [Option<&Vec<Vec<bool>>>; 2],
    ) -> Option<Evidence> {
        let (holdout, of_row) = self.samples.holdout.as_ref().zip(partition.holdout.as_ref())?;
        let enough = |truth: f64| -> Vec<bool> {
            let of = |row: usize| ((target.holdout[row] - truth).abs() < 0.5).then(|| of_row[row]);
            partition.large_in(&holdout.persons_in(partition.count(), of))
        };
        let asked = [enough(0.0), enough(1.0)];
        let odds = Odds { groups: of_row, truth: &target.holdout, asked: &asked };
        let gaps = |said: &Vec<Vec<bool>>| {
            let gap =
                |said: &Vec<bool>| groups.scores(holdout.rows, |weight| odds.gap(said, weight));
            said.iter().map(gap).collect::<Option<Vec<_>>>().map(Replicates)
        };
        let [real, released] = said;
        let real = gaps(real?)?;
        let released = released.and_then(gaps);
        let worst = || Replicates(vec![groups.constant(1.0); real.0.len()]);
        let of = released.as_ref().map_or_else(worst, |released| released.minus(&real));
        let mut fact = fact(INFO.metrics[1], &of, [-1.0, 1.0], self.least());
        fact.ceiling = Some(0.0);
        fact.about = Some(format!("{} on {}", partition.name, target.name));
        fact.notes = partition.notes();
        fact.notes.push(match &released {
            Some(released) => {
                let (value, error) = of.estimate();
                format!(
                    "{} on {}: {} (gap {:.2} by train's model, {:.2} by the release's)",
                    partition.name,
                    target.name,
                    kept(value, error),
                    real.estimate().0,
                    released.estimate().0
                )
            }
            None => format!(
                "{}: the release teaches nothing of it, which counts as the worst",
                target.name
            ),
        });
        Some(fact)
    }
}

impl Partition {
    /// The groups that are large in train and have [`FEW`] persons or more of known yes or no in a sample.
    fn enough(&self, side: &Side<'_>, shares: &Shares<'_>) -> Vec<bool> {
        let of = |row: usize| (!shares.yes[row].is_nan()).then(|| shares.groups[row]);
        self.large_in(&side.persons_in(self.count(), of))
    }

    /// The groups whose shares of yes may be told: nobody says it of fewer than `fewest` persons, nor the opposite,
    /// unless of none.
    fn told(&self, side: &Side<'_>, shares: &Shares<'_>, fewest: usize) -> Vec<bool> {
        let of = |truth: f64| {
            let of =
                |row: usize| ((shares.yes[row] - truth).abs() < 0.5).then(|| shares.groups[row]);
            side.persons_in(self.count(), of)
        };
        let fine = |persons: &usize| *persons == 0 || *persons >= fewest;
        of(0.0).iter().zip(&of(1.0)).map(|(no, yes)| fine(no) && fine(yes)).collect()
    }

    /// The groups that are large in train and have [`FEW`] of these persons or more.
    fn large_in(&self, persons: &[usize]) -> Vec<bool> {
        self.large.iter().zip(persons).map(|(large, persons)| *large && *persons >= FEW).collect()
    }
}

/// What is in both.
fn both(first: &[bool], second: &[bool]) -> Vec<bool> {
    first.iter().zip(second).map(|(a, b)| *a && *b).collect()
}

/// What a change of a difference by so many errors is called.
fn kept(change: f64, error: f64) -> &'static str {
    if change > BEYOND * error {
        "amplified"
    } else if change < -BEYOND * error {
        "hidden"
    } else {
        "carried over"
    }
}

/// The difference between the groups that are first and last in train, below 0, if they have changed places.
fn turned(shares: &Shares<'_>, asked: &[bool], real: &Difference) -> Option<Difference> {
    let (high, low) = real.between;
    let both = asked[high] && asked[low];
    let made = both.then(|| shares.between(real.between))?;
    let beyond = |difference: &Difference| BEYOND * difference.variance.sqrt();
    (made.value < -beyond(&made) && real.value > beyond(real)).then_some(made)
}

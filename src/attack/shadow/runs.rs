//! Who is attacked, who is in which run, and the runs themselves.

use std::ops::Range;

use rand::seq::SliceRandom;
use rand::seq::index::sample;
use rand::{Rng, RngExt};
use rayon::prelude::*;

use super::Shadow;
use super::features::Features;
use crate::attack::frame::Frame;
use crate::audit::{Audit, Leak, Progress, leak};
use crate::digest::Digest;
use crate::encode::{Coded, Codes};
use crate::error::Result;
use crate::random::Seed;
use crate::synth::{Budget, Generator, subset};
use crate::table::content_digest;

/// What is planted for the positive control.
pub(super) const LEAKS: [Leak; 2] = [Leak::Verbatim, Leak::OneNumeric];

/// A person under attack, by their most unusual record.
pub(super) struct Target {
    person: u32,
    row: usize,
    /// Among the most unusual persons; else drawn at random, for the positive control only.
    pub(super) outlier: bool,
}

/// Who is in which run, by target and run: in the training data, and planted with each leak.
struct Coins {
    trained: Vec<Vec<bool>>,
    planted: [Vec<Vec<bool>>; 2],
}

/// The experiment, fixed before the generator is run.
pub(super) struct Study<'a> {
    audit: &'a Audit,
    frame: Frame,
    features: Features,
    /// The most unusual persons, then as many at random.
    pub(super) targets: Vec<Target>,
    coins: Coins,
    /// Runs to learn from, to choose on, and to judge.
    pub(super) phases: [Range<usize>; 3],
    /// Rows asked for.
    rows: usize,
    seed: Seed,
    /// What kept runs of this experiment are told by, the generator aside.
    identity: String,
}

/// The numbers taken from all runs.
pub(super) struct Made {
    /// About the whole table, then about each target; first as made, then with each leak planted.
    pub(super) tables: Vec<[Numbers; 1 + LEAKS.len()]>,
}

/// The numbers taken from one table.
pub(super) struct Numbers {
    pub(super) whole: Vec<f64>,
    pub(super) about: Vec<Vec<f64>>,
}

impl<'a> Study<'a> {
    pub(super) fn new(audit: &'a Audit, parameters: &Shadow, seed: Seed) -> Self {
        let frame = Frame::new(audit.joint(), &audit.train);
        let Shadow { targets, training, validation, test, queries, .. } = *parameters;
        let features = Features::new(&frame, queries, seed.part("queries"));
        let targets = choose(audit, targets, seed.part("targets"));
        let choosing = training + validation;
        let phases = [0..training, training..choosing, choosing..choosing + test];
        let identity = format!(
            "{} | {} | {} | {} | {:?} | {:?} | {:?} | {targets_in} {phases:?} {queries} {}",
            env!("CARGO_PKG_VERSION"),
            content_digest(&audit.train, &audit.schema),
            audit.schema.digest(),
            seed.part("runs").rng().next_u64(),
            frame.joint.names,
            frame.joint.scales.iter().map(|scale| scale.map(f64::to_bits)).collect::<Vec<_>>(),
            audit.train.rows,
            audit.synthetic.rows,
            targets_in = targets.len(),
        );
        Self {
            coins: Coins::toss(targets.len(), &phases, seed.part("coins")),
            // Half of the persons learn to half of the rows: copies are as frequent as in the release.
            rows: audit.synthetic.rows.div_ceil(2).max(1),
            audit,
            frame,
            features,
            targets,
            phases,
            seed,
            identity,
        }
    }

    /// How many runs there are.
    pub(super) fn runs(&self) -> usize {
        self.phases[2].end
    }

    /// The columns that are compared.
    pub(super) fn columns(&self) -> &[String] {
        &self.frame.joint.names
    }

    /// Whether a target was in the training data of each run.
    pub(super) fn trained(&self, target: usize) -> &[bool] {
        &self.coins.trained[target]
    }

    /// Whether a target was planted into the table of each run.
    pub(super) fn planted(&self, leak: usize, target: usize) -> &[bool] {
        &self.coins.planted[leak][target]
    }

    /// Runs the generator, several at a time, in order of the runs; the first one alone, since most
    /// that fail do so at once. The same error whatever the number of threads: that of the first run that fails.
    pub(super) fn make(
        &self,
        generator: &Generator,
        budget: Budget,
        progress: &Progress<'_>,
    ) -> Result<Made> {
        let one = |run: usize| {
            let numbers = self.one(run, generator, budget);
            progress.advance(1);
            numbers
        };
        let mut tables = vec![one(0)?];
        let rest: Vec<usize> = (1..self.runs()).collect();
        for batch in rest.chunks(2 * rayon::current_num_threads().max(1)) {
            let made: Vec<Result<_>> =
                batch.par_iter().with_max_len(1).map(|&run| one(run)).collect();
            for numbers in made {
                tables.push(numbers?);
            }
        }
        Ok(Made { tables })
    }

    /// The numbers of one run, from the kept ones if it was finished before.
    fn one(&self, run: usize, generator: &Generator, budget: Budget) -> Result<[Numbers; 3]> {
        let identity = format!("{} | {} | run {run}", self.identity, generator.identity());
        let key = Digest::of(identity.as_bytes());
        let kept = generator.state.as_ref().and_then(|state| state.load(&key));
        if let Some(numbers) = kept.and_then(|kept| self.unpacked(&kept)) {
            return Ok(numbers);
        }
        let seed = self.seed.part(&format!("run {run}"));
        let train = subset(&self.audit.train, &self.training_rows(run, seed.part("persons")));
        let made =
            generator.make(&train, &self.audit.schema, self.rows, seed.part("make"), budget)?;
        let numbers = self.taken(&self.frame.code(&made), run, seed.part("plants"));
        if let Some(state) = &generator.state {
            let flat = |numbers: &Numbers| [numbers.whole.clone(), numbers.about.concat()].concat();
            state.store(&key, &numbers.iter().map(flat).collect::<Vec<_>>().concat())?;
        }
        Ok(numbers)
    }

    /// The rows of a random half of the persons; targets by their own coins.
    fn training_rows(&self, run: usize, seed: Seed) -> Vec<usize> {
        let mut rng = seed.rng();
        let persons = &self.audit.train_persons;
        let mut trained: Vec<bool> = (0..persons.count).map(|_| rng.random()).collect();
        for (target, coins) in self.targets.iter().zip(&self.coins.trained) {
            trained[target.person as usize] = coins[run];
        }
        let rows = persons.of_row.iter().enumerate();
        rows.filter(|(_, person)| trained[**person as usize]).map(|(row, _)| row).collect()
    }

    /// What is taken from a table as it was made, and with each leak planted.
    fn taken(&self, made: &Coded, run: usize, seed: Seed) -> [Numbers; 3] {
        let targets: Vec<usize> = self.targets.iter().map(|target| target.row).collect();
        let targets = self.frame.joint.train.select(&targets);
        let take = |rows: &Coded| Numbers {
            whole: self.features.whole(rows),
            about: self.features.about(rows, &targets),
        };
        let planted = |leak: usize| take(&self.plant(made, run, leak, seed));
        [take(made), planted(0), planted(1)]
    }

    /// The table with the targets whose coin says so in the place of random rows.
    fn plant(&self, made: &Coded, run: usize, kind: usize, seed: Seed) -> Coded {
        let mut rng = seed.part(&format!("leak {kind}")).rng();
        let count = self.targets.len().min(made.rows);
        let places = sample(&mut rng, made.rows, count).into_vec();
        let chosen: Vec<_> = self.targets.iter().map(|target| (target.row, LEAKS[kind])).collect();
        let copies = leak(&self.frame.joint, &chosen, &mut rng);
        let mut rows = made.select(&(0..made.rows).collect::<Vec<_>>());
        for (target, place) in places.into_iter().enumerate() {
            if self.coins.planted[kind][target][run] {
                put(&mut rows, place, &copies, target);
            }
        }
        rows
    }

    /// The numbers of a kept run; nothing if there are too many or too few.
    fn unpacked(&self, kept: &[f64]) -> Option<[Numbers; 3]> {
        let about = self.features.about_width();
        let whole = (kept.len() / 3).checked_sub(self.targets.len() * about)?;
        let expected = self.features.whole(&self.frame.joint.train.select(&[0])).len();
        if whole != expected || !kept.len().is_multiple_of(3) {
            return None;
        }
        let table = |part: &[f64]| Numbers {
            whole: part[..whole].to_vec(),
            about: part[whole..].chunks_exact(about).map(<[f64]>::to_vec).collect(),
        };
        let mut tables = kept.chunks_exact(kept.len() / 3).map(table);
        Some([tables.next()?, tables.next()?, tables.next()?])
    }
}

impl Coins {
    fn toss(targets: usize, phases: &[Range<usize>; 3], seed: Seed) -> Self {
        let toss = |name: &str| -> Vec<Vec<bool>> {
            let target = |i: usize| {
                let mut rng = seed.part(&format!("{name} {i}")).rng();
                phases.iter().flat_map(|phase| halved(phase.len(), &mut rng)).collect()
            };
            (0..targets).map(target).collect()
        };
        Self { trained: toss("trained"), planted: [toss("verbatim"), toss("one-numeric")] }
    }
}

/// A random half of `count` is true: every one is by a fair coin, and both sides are of equal size.
fn halved(count: usize, rng: &mut impl Rng) -> Vec<bool> {
    let mut coins: Vec<bool> = (0..count).map(|i| i < count / 2).collect();
    coins.shuffle(rng);
    coins
}

/// Puts a row of one table in the place of one of another in the same coding.
fn put(rows: &mut Coded, place: usize, copies: &Coded, copy: usize) {
    for (codes, from) in rows.columns.iter_mut().zip(&copies.columns) {
        match (codes, from) {
            (Codes::Number(values), Codes::Number(from)) => values[place] = from[copy],
            (Codes::Category(codes), Codes::Category(from)) => codes[place] = from[copy],
            // One coding gives a column one kind.
            _ => {}
        }
    }
}

/// The `count` most unusual persons, the largest mean distance to the five nearest neighbours first, and as
/// many of the others at random.
fn choose(audit: &Audit, count: usize, seed: Seed) -> Vec<Target> {
    let persons = &audit.train_persons;
    let rarity = audit.neighbours().train_rarity(persons);
    let mut ranked: Vec<u32> = (0..persons.count as u32).collect();
    ranked.sort_by(|&a, &b| rarity[b as usize].total_cmp(&rarity[a as usize]).then(a.cmp(&b)));
    let (outliers, others) = ranked.split_at(count.min(ranked.len()));
    let others = sample(&mut seed.rng(), others.len(), count.min(others.len()))
        .into_iter()
        .map(|place| (others[place], false));
    let real = &audit.neighbours().train.real;
    let target = |(person, outlier): (u32, bool)| {
        let rows = (0..persons.of_row.len()).filter(|&row| persons.of_row[row] == person);
        let row = rows.max_by(|&a, &b| real.mean(a).total_cmp(&real.mean(b))).unwrap_or(0);
        Target { person, row, outlier }
    };
    outliers.iter().map(|&person| (person, true)).chain(others).map(target).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_runs_of_every_phase_have_a_target() {
        let coins = Coins::toss(3, &[0..40, 40..61, 61..81], Seed::new(1));
        for target in coins.trained.iter().chain(coins.planted.iter().flatten()) {
            let count = |range: Range<usize>| target[range].iter().filter(|&&coin| coin).count();
            assert_eq!([count(0..40), count(40..61), count(61..81)], [20, 10, 10]);
        }
        assert_ne!(coins.trained[0], coins.trained[1]);
        assert_ne!(coins.trained[0], coins.planted[0][0]);
    }
}

//! Secrets that follow from the release's own statistics, once the rest of everybody's record is known.
//!
//! # Threat model
//! A strong adversary knows every column that is not sensitive, of every person of a group of the
//! training table (a register, a previous release), and reads counts off the release: "of the divorced
//! graduates, 12 % earn more". Each count is a linear equation in the unknown secrets; enough of them
//! with small errors have one solution. They win a bit about each person: no row need be copied.
//!
//! # Estimator
//! Linear reconstruction (Dinur and Nissim 2003) against synthetic data (Annamalai, Gadotti, Rocher 2024).
//! A sensitive column is reduced to a bit: the most frequent category or not, above the median or not.
//! 1. A *stratum* is a group of at most `people` persons who agree with a random released row in some
//!    known columns; `strata` of them, one row a person. A table that is small enough is one stratum.
//! 2. Queries: one to `columns` random known columns with the values of a random released row, `queries` of
//!    them a person. The release answers with the share of the bit among its matching rows.
//! 3. t = argmin over [0, 1]ⁿ of Σ (Σ tᵢ − bᵢ)²/count, sums over the persons a query counts, b the answered
//!    share times their number; a person's secret is guessed as t ≥ ½. Judged are persons whom nobody
//!    else in the stratum is like in all known columns.
//!
//! Control: *holdout persons inserted as if they were members*. A tenth of the stratum gives way to as many
//! holdout persons of the same stratum, tenth by tenth, and the same attack guesses their secrets. The
//! solution depends on known columns and on the release, never on a true secret; both groups are
//! random samples of one population, equal in size, of which only the first could have left its secrets in
//! the release. So without memory of train both are guessed right equally often, and given the release person by
//! person independently. This takes the place of the world with secrets drawn anew of the
//! paper, which needs the generator to be run again.
//! Baseline: the same holdout persons, answered by the training table itself.
//!
//! Every sensitive column is tried. The one with the largest excess among a random half of the persons is
//! reported, as the counts of the other half: the choice costs no confidence.
//!
//! Positive control: the attack is on the release as a whole, and so the leak is a whole one. Queries are
//! answered from copies of the training records, each disturbed as the cell says, and the share
//! of secrets guessed right is counted: an instrument that cannot use exact statistics sees nothing. It does
//! *not* show that a few copied persons would be seen: other attacks do.
//!
//! # Limits
//! Answers from few rows are coarse. The adversary knows the known columns exactly, but numbers only
//! to ten bins of equal frequency. Persons with several rows are one random row here, though the release
//! may weigh all of them. Several releases of one table, or one of many more rows, leak more (the same
//! paper): neither is seen here. Draws depend on the order of rows and columns.
//!
//! # References
//! Dinur, Nissim 2003, PODS. Annamalai, Gadotti, Rocher 2024, USENIX Security (arXiv 2301.10053). Beck,
//! Teboulle 2009, SIAM J. Imaging Sci. 2:183.

mod coding;
mod stratum;
mod system;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Deserializer, Serialize};

use self::coding::{Coding, Rows};
use self::stratum::{Guess, Stratum, World};
use super::{Attack, Info, Need, parameters};
use crate::audit::{Audit, Cell, Leak, Progress, Target, leak};
use crate::error::{Error, Result};
use crate::evidence::{Count, Evidence, Measure, Planting};
use crate::random::Seed;
use crate::table::Persons;

/// Parameters of the attack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Reconstruction {
    /// Groups of persons that are attacked; 4 or more. Default 4.
    #[serde(deserialize_with = "strata")]
    pub strata: usize,
    /// Persons of a group at most. Default 800.
    pub people: usize,
    /// Queries a person; 3 or more. Default 3.
    #[serde(deserialize_with = "queries")]
    pub queries: usize,
    /// Known columns that a query asks for at most; 3 or more. Default 3.
    #[serde(deserialize_with = "columns")]
    pub columns: usize,
}

/// See [`Reconstruction::strata`].
const STRATA: usize = 4;

/// See [`Reconstruction::queries`].
const QUERIES: usize = 3;

/// See [`Reconstruction::columns`].
const COLUMNS: usize = 3;

impl Default for Reconstruction {
    fn default() -> Self {
        Self { strata: STRATA, people: 800, queries: QUERIES, columns: COLUMNS }
    }
}

fn strata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    super::at_least(deserializer, STRATA)
}

fn queries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    super::at_least(deserializer, QUERIES)
}

fn columns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    super::at_least(deserializer, COLUMNS)
}

/// What the attack is.
pub(super) static INFO: Info = Info {
    id: "reconstruction",
    title: "secrets that follow from counts",
    threat_model: "someone who knows all but the sensitive columns of a group of persons",
    needs: &[Need::Holdout],
    references: &["Annamalai, Gadotti, Rocher 2024, USENIX Security, arXiv 2301.10053"],
    metrics: &["reconstruction.guessed", "reconstruction.excess"],
};

impl Attack for Reconstruction {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        // 1. What is known, and what is secret.
        let coding = Coding::new(audit.joint());
        if coding.secrets.is_empty() || coding.known() == 0 {
            let why = "the schema names no sensitive column that varies beside one that is known";
            return Err(Error::NotApplicable(why.into()));
        }
        let rows = one_row_each(&audit.train_persons, seed.part("train"));
        let world = world(audit, &coding, &rows, seed);
        // 2. Groups of persons, with queries about them.
        let drawn = (0..self.strata).into_par_iter().filter_map(|number| {
            let mut rng = seed.part(&format!("stratum {number}")).rng();
            Stratum::draw(self, &world, &mut rng)
        });
        let mut strata: Vec<Stratum> = drawn.collect();
        if world.train.count <= self.people {
            strata.truncate(1);
        }
        // 3. Every secret of every group is guessed.
        let released = &world.released;
        let members = each(&strata, coding.secrets.len(), |stratum, secret| {
            stratum.members(&world, released, secret)
        });
        let strangers = each(&strata, coding.secrets.len(), |stratum, secret| {
            stratum.strangers(&world, released, secret)
        });
        progress.advance(1);
        // 4. The secret that half of the persons speak for, judged on the other half.
        let halves = Halves::new(&world, seed);
        let Some(secret) = halves.worst(&members, &strangers) else {
            let why = "no group of at most `people` persons holds anybody whom nobody else is like";
            return Err(Error::NotApplicable(why.into()));
        };
        let treated = halves.judged(&members[secret], false);
        let control = halves.judged(&strangers[secret], true);
        let mut facts = vec![Evidence::whole("reconstruction.guessed", rate(treated))];
        if control.trials > 0 {
            let by_train = strata.par_iter();
            let by_train = by_train.map(|s| s.strangers(&world, &world.train, secret)).collect();
            let baseline = Some(halves.judged(&merged(by_train), true));
            let measure = Measure::Difference { treated, control, baseline };
            facts.push(Evidence::whole("reconstruction.excess", measure));
        }
        // 5. What whole leaks would have looked like.
        let attacked = Attacked { coding: &coding, world: &world, strata: &strata, rows: &rows };
        let plants = attacked.planted(audit, &halves, secret, seed.part("plants"));
        progress.advance(1);
        let column = &audit.joint().names[coding.secrets[secret].column];
        for fact in &mut facts {
            fact.parameters = parameters(self);
            fact.notes
                .push(format!("sensitive column that half of the persons speak for: {column}"));
            fact.positive_control.clone_from(&plants);
        }
        Ok(facts)
    }
}

/// A random row of each person.
fn one_row_each(persons: &Persons, seed: Seed) -> Vec<usize> {
    let mut rng = seed.rng();
    let mut chosen = vec![(0_u32, 0_usize); persons.count];
    for (row, &person) in persons.of_row.iter().enumerate() {
        let (seen, kept) = &mut chosen[person as usize];
        *seen += 1;
        if rng.random_range(0..*seen) == 0 {
            *kept = row;
        }
    }
    chosen.into_iter().map(|(_, row)| row).collect()
}

fn world(audit: &Audit, coding: &Coding, train: &[usize], seed: Seed) -> World {
    let joint = audit.joint();
    let holdout = match (&joint.holdout, &audit.holdout_persons) {
        (Some(coded), Some(persons)) => {
            coding.rows(coded, &one_row_each(persons, seed.part("holdout")))
        }
        _ => coding.rows(&joint.train, &[]),
    };
    let all: Vec<usize> = (0..joint.synthetic.rows).collect();
    let released = coding.rows(&joint.synthetic, &all);
    World { train: coding.rows(&joint.train, train), holdout, released }
}

/// Guesses of every secret in all strata, each person once.
fn each(
    strata: &[Stratum],
    secrets: usize,
    guess: impl Fn(&Stratum, usize) -> Vec<Guess> + Sync,
) -> Vec<BTreeMap<usize, bool>> {
    let secret = |secret: usize| merged(strata.par_iter().map(|s| guess(s, secret)).collect());
    (0..secrets).into_par_iter().map(secret).collect()
}

/// A person who stands in several strata counts as in the first.
fn merged(strata: Vec<Vec<Guess>>) -> BTreeMap<usize, bool> {
    strata.into_iter().rev().flatten().collect()
}

/// Which persons choose the secret, and which are judged on it.
struct Halves {
    /// Per training person.
    train: Vec<bool>,
    /// Per holdout person.
    holdout: Vec<bool>,
}

impl Halves {
    fn new(world: &World, seed: Seed) -> Self {
        let mut rng = seed.part("halves").rng();
        let mut half = |rows: &Rows| (0..rows.count).map(|_| rng.random()).collect();
        Self { train: half(&world.train), holdout: half(&world.holdout) }
    }

    fn count(half: &[bool], guesses: &BTreeMap<usize, bool>, judged: bool) -> Count {
        let counted = || guesses.iter().filter(|(person, _)| half[**person] == judged);
        let right = counted().filter(|(_, right)| **right).count();
        Count { successes: right as u64, trials: counted().count() as u64 }
    }

    fn judged(&self, guesses: &BTreeMap<usize, bool>, holdout: bool) -> Count {
        Self::count(if holdout { &self.holdout } else { &self.train }, guesses, true)
    }

    /// The secret whose excess among those who choose is the largest in standard errors, the first of
    /// equals; without a control the one that is guessed best. Nothing if nobody is judged.
    fn worst(
        &self,
        members: &[BTreeMap<usize, bool>],
        strangers: &[BTreeMap<usize, bool>],
    ) -> Option<usize> {
        let share = |count: Count| count.successes as f64 / count.trials.max(1) as f64;
        let excess = |secret: usize| {
            let treated = Self::count(&self.train, &members[secret], false);
            let control = Self::count(&self.holdout, &strangers[secret], false);
            let (n1, n2) = (treated.trials as f64, control.trials as f64);
            let right = (treated.successes + control.successes) as f64 / (n1 + n2).max(1.0);
            let error = (right * (1.0 - right) * (1.0 / n1 + 1.0 / n2)).sqrt();
            match control.trials {
                0 => share(treated),
                _ if error.is_finite() && error > 0.0 => (share(treated) - share(control)) / error,
                // All right or all wrong on both sides, or nobody on one: nothing speaks for it.
                _ => f64::NEG_INFINITY,
            }
        };
        let judged = |secret: &usize| self.judged(&members[*secret], false).trials > 0;
        let candidates = (0..members.len()).filter(judged).map(|secret| (excess(secret), secret));
        candidates.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|best| best.1)
    }
}

fn rate(count: Count) -> Measure {
    Measure::Rate { successes: count.successes as f64, trials: count.trials, frame: None }
}

/// What was attacked, for the positive control.
struct Attacked<'a> {
    coding: &'a Coding,
    world: &'a World,
    strata: &'a [Stratum],
    /// The training row of each person.
    rows: &'a [usize],
}

impl Attacked<'_> {
    /// Cell by cell: judged persons whose secret is guessed from copies of all training records.
    fn planted(&self, audit: &Audit, halves: &Halves, secret: usize, seed: Seed) -> Vec<Planting> {
        let unusual = unusual(audit);
        let leaks = [Leak::Verbatim, Leak::OneNumeric, Leak::AllNumeric, Leak::OneCategorical];
        let answered = leaks.map(|kind| {
            let chosen: Vec<(usize, Leak)> = self.rows.iter().map(|&row| (row, kind)).collect();
            let copies = leak(audit.joint(), &chosen, &mut seed.part(&format!("{kind:?}")).rng());
            let copies = self.coding.rows(&copies, &(0..chosen.len()).collect::<Vec<_>>());
            let strata = self.strata.par_iter();
            merged(strata.map(|s| s.members(self.world, &copies, secret)).collect())
        });
        let planting = |cell: Cell| {
            let guesses = leaks.iter().position(|leak| *leak == cell.leak).map(|i| &answered[i])?;
            let counted = guesses
                .iter()
                .filter(|(person, _)| cell.target == Target::Uniform || unusual[**person]);
            let counted: BTreeMap<usize, bool> = counted.map(|(p, right)| (*p, *right)).collect();
            let Count { successes, trials } = halves.judged(&counted, false);
            let cell = cell.name();
            Some(Planting { cell, true_value: 1.0, detected: successes, of: trials })
        };
        Cell::all().into_iter().filter_map(planting).filter(|planting| planting.of > 0).collect()
    }
}

/// Per training person, whether they are among the most unusual tenth.
fn unusual(audit: &Audit) -> Vec<bool> {
    let rarity = audit.neighbours().train_rarity(&audit.train_persons);
    let mut order: Vec<usize> = (0..rarity.len()).collect();
    order.sort_by(|&a, &b| rarity[b].total_cmp(&rarity[a]).then(a.cmp(&b)));
    let mut unusual = vec![false; rarity.len()];
    order.iter().take(rarity.len().div_ceil(10)).for_each(|&person| unusual[person] = true);
    unusual
}

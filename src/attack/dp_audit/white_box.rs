//! A method of this house, run many times on a made-up table with one canary by a coin, and told from its noisy
//! measurements (Nasr et al. 2023, USENIX Security; Annamalai, Ganev, De Cristofaro 2024).
//!
//! The table is the worst case for noisy marginals: columns of two levels, half of the rows with every low and
//! half with every high one, so that no cell is empty. The canary has every high level but in the first column, where
//! it has a level that no list names. No person's record takes part. The rules of the adversaries follow
//! from what is public, and every coin is guessed. "In" is said by
//! - *noisy measurements*: the log-likelihood ratio of the noisy counts y in the canary's cells, Gaussian by
//!   construction, if Σ (y − base)/σ² − ½ Σ 1/σ² > 0;
//! - *number of rows*: if the method proposes more than half a row beyond the base;
//! - *domain*: if there are more cells than the schema names.

use std::time::Instant;

use rayon::prelude::*;

use super::coins::Coins;
use crate::audit::Progress;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::evidence::Design;
use crate::random::Seed;
use crate::stats::{Confidence, concentrated_rho, gaussian_accuracy, gaussian_mu, needed_guesses};
use crate::synth::{Budget, Claim, Generator, PrivateModel, subset};
use crate::table::{Column, Sample, Schema, Table, Values};

/// The adversaries, in the order of their answers.
const ADVERSARIES: [(&str, Design); 3] = [
    ("noisy measurements", Design::GaussianRuns),
    ("number of rows", Design::IndependentRuns),
    ("domain", Design::IndependentRuns),
];

/// Runs, at least and at most, where the claim says how many are needed.
const RUNS: (u64, u64) = (500, 50_000);

/// Runs where more are needed than that: half the noise will hardly be noticed, and gross errors will.
const TOO_FEW: u64 = 2000;

/// How often half the noise shall be noticed, and at which confidence: four adversaries share a risk of 1 %.
const NOTICED: (f64, f64) = (0.99, 0.9975);

/// Standard deviations of noise on one marginal of a method that spreads its budget widely, that a cell of the
/// base holds at least.
const CLEAR: f64 = 8.0;

/// Runs between two looks at the time.
const BATCH: usize = 256;

/// The experiment, fixed before anything is run.
pub(super) struct WhiteBox {
    generator: Generator,
    schema: Schema,
    /// The base, then the canary.
    table: Table,
    /// A row with every low level, one with every high one, and the canary.
    probes: Table,
    /// How many rows have either level.
    half: usize,
    coins: Coins,
    runs: usize,
    seed: Seed,
}

/// What one adversary guessed.
pub(super) struct Answered {
    pub(super) about: &'static str,
    pub(super) design: Design,
    /// Right guesses, one for each run.
    pub(super) right: u64,
    /// The same at half the noise.
    pub(super) half_noise: u64,
}

impl WhiteBox {
    /// Runs of `generator` on a table of `columns` columns: as many as are asked for, else as many as it takes to
    /// notice half the noise. Nothing where the generator shows no noisy measurements.
    pub(super) fn new(
        generator: &Generator,
        claim: Claim,
        columns: usize,
        runs: Option<u64>,
        seed: Seed,
    ) -> Result<Option<Self>> {
        let schema = Schema::parse(&text(columns), "the made-up table")?;
        let half = half(claim, columns);
        let rows = |low: usize, high: usize| {
            let levels = std::iter::repeat_n("low", low).chain(std::iter::repeat_n("high", high));
            made(&schema, &levels.collect::<Vec<_>>())
        };
        let (table, probes) = (rows(half, half), rows(1, 1));
        let generator = generator.claiming(claim).hurried();
        let mut experiment = Self {
            generator,
            table,
            probes,
            half,
            coins: Coins::toss(0, 0, seed),
            runs: 0,
            schema,
            seed,
        };
        let Some(information) = experiment.information(claim)? else { return Ok(None) };
        let runs = runs.unwrap_or_else(|| needed(claim, information));
        experiment.runs = usize::try_from(runs).unwrap_or(usize::MAX);
        experiment.coins = Coins::toss(1, 2 * experiment.runs, seed.part("coins"));
        Ok(Some(experiment))
    }

    /// Runs at the claim; there are as many at half the noise.
    pub(super) fn runs(&self) -> usize {
        self.runs
    }

    /// What binds the audit to its coins.
    pub(super) fn commitment(&self) -> Digest {
        self.coins.commitment()
    }

    /// How wide and long the made-up table is, for a note.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.table.columns.len(), 2 * self.half)
    }

    /// All runs, at the claim and at `half` its noise.
    pub(super) fn find(
        &self,
        claim: Claim,
        half: Claim,
        budget: Budget,
        progress: &Progress<'_>,
    ) -> Result<Vec<Answered>> {
        let right = self.right(claim, 0, budget, progress)?;
        let half_noise = self.right(half, self.runs, budget, progress)?;
        let answers = ADVERSARIES.iter().zip(right.into_iter().zip(half_noise));
        let answered = |(&(about, design), (right, half_noise)): (&(&'static str, Design), _)| {
            Answered { about, design, right, half_noise }
        };
        Ok(answers.map(answered).collect())
    }

    /// Right guesses of every adversary in the runs from `from` on.
    fn right(
        &self,
        claim: Claim,
        from: usize,
        budget: Budget,
        progress: &Progress<'_>,
    ) -> Result<[u64; ADVERSARIES.len()]> {
        let mut right = [0; ADVERSARIES.len()];
        let generator = self.generator.claiming(claim);
        let runs: Vec<usize> = (from..from + self.runs).collect();
        for batch in runs.chunks(BATCH) {
            if Instant::now() >= budget.until {
                return Err(Error::Generator("used up the time for all runs (seconds)".into()));
            }
            let said = |&run: &usize| self.said(&generator, run);
            let said: Vec<Result<_>> = batch.par_iter().map(said).collect();
            for (run, said) in batch.iter().zip(said) {
                let coin = self.coins.of(0)[*run];
                let answers = right.iter_mut().zip(said?);
                answers.for_each(|(right, said)| *right += u64::from(said == coin));
            }
            progress.advance(batch.len() as u64);
        }
        Ok(right)
    }

    /// What every adversary says after one run: whether the canary was in.
    fn said(&self, generator: &Generator, run: usize) -> Result<[bool; ADVERSARIES.len()]> {
        let seed = self.seed.part(&format!("run {run}"));
        let model = self.model(generator, self.coins.of(0)[run], seed)?;
        let model = model.ok_or_else(|| Error::Generator("shows no noisy measurements".into()))?;
        let ratio: f64 = self.seen(&model).map(|(more, variance)| (more - 0.5) / variance).sum();
        let rows = model.total() - 2.0 * self.half as f64;
        let cells: usize = model.domain().sizes().iter().sum();
        Ok([ratio > 0.0, rows > 0.5, cells > 2 * self.table.columns.len()])
    }

    /// The model that is learnt with or without the canary, if it shows what was measured.
    fn model(
        &self,
        generator: &Generator,
        inside: bool,
        seed: Seed,
    ) -> Result<Option<PrivateModel>> {
        let rows: Vec<usize> = (0..2 * self.half + usize::from(inside)).collect();
        let fitted = generator.fit(&subset(&self.table, &rows), &self.schema, seed)?;
        Ok(fitted.and_then(|fitted| fitted.private().cloned()))
    }

    /// For every measured marginal: the noisy count in the canary's cell beyond the base, and its variance.
    fn seen(&self, model: &PrivateModel) -> impl Iterator<Item = (f64, f64)> {
        let columns: Vec<&Column> = self.probes.columns.iter().collect();
        let places = model.places(&columns);
        let base = self.half as f64;
        model.measurements().iter().zip(places).map(move |(measured, places)| {
            let [low, high, canary] = places[..] else { return (0.0, f64::INFINITY) };
            let of = |place: usize| if place == canary { base } else { 0.0 };
            (measured.values[canary] - of(low) - of(high), measured.variances[canary])
        })
    }

    /// Σ 1/σ² over the canary's cells, from one run that is not judged.
    fn information(&self, claim: Claim) -> Result<Option<f64>> {
        let generator = self.generator.claiming(claim);
        let model = self.model(&generator, false, self.seed.part("information"))?;
        Ok(model.map(|model| self.seen(&model).map(|(_, variance)| 1.0 / variance).sum()))
    }
}

/// Runs in which half the noise is noticed: twice the μ that the measurements have, against the largest μ that the
/// claim allows.
fn needed(claim: Claim, information: f64) -> u64 {
    let (least, most) = RUNS;
    let needed = || {
        let (power, confidence) = (Confidence::new(NOTICED.0)?, Confidence::new(NOTICED.1)?);
        let limit = gaussian_accuracy(gaussian_mu(claim.epsilon, claim.delta)?);
        needed_guesses(gaussian_accuracy(2.0 * information.sqrt()), limit, power, confidence)
    };
    let runs = |needed: u64| if needed > most { TOO_FEW } else { needed.max(least) };
    needed().map_or(TOO_FEW, runs)
}

/// Rows of either level: enough for every cell to stand out of the noise of a method that spends a sixteenth of its
/// budget on each column's marginal.
fn half(claim: Claim, columns: usize) -> usize {
    let rho = concentrated_rho(claim.epsilon, claim.delta).unwrap_or(claim.epsilon.powi(2) / 2.0);
    let deviation = (8.0 * columns as f64 / rho).sqrt();
    (CLEAR * deviation).ceil().clamp(100.0, 1e6) as usize
}

fn name(column: usize) -> String {
    format!("c{column:03}")
}

/// The schema of the made-up table: two public levels a column, none missing.
fn text(columns: usize) -> String {
    let column = |column| {
        format!(
            "[columns.{}]\nkind = \"categorical\"\nlevels = [\"low\", \"high\"]\n",
            name(column)
        )
    };
    format!("missing = []\n{}", (0..columns).map(column).collect::<String>())
}

/// A table whose rows have these levels in every column, and the canary as last row.
fn made(schema: &Schema, rows: &[&str]) -> Table {
    let column = |(place, (name, column)): (usize, &(String, crate::table::ColumnSchema))| {
        let canary = if place == 0 { "new" } else { "high" };
        let texts: Vec<&str> = rows.iter().copied().chain([canary]).collect();
        let levels: Vec<&str> =
            ["high", "low", "new"].into_iter().filter(|level| texts.contains(level)).collect();
        let code = |text: &&str| levels.partition_point(|level| level < text) as u32;
        let codes = texts.iter().map(code).collect();
        let levels = levels.into_iter().map(Into::into).collect();
        Column {
            name: name.clone(),
            schema: column.clone(),
            values: Values::Labels { codes, levels },
            raw_range: None,
            uncoded: None,
        }
    };
    let columns = schema.columns.iter().enumerate().map(column).collect();
    Table { sample: Sample::Train, columns, rows: rows.len() + 1 }
}

//! One run of the generator with many canaries (Steinke, Nasr, Jagielski 2023), from the rows it makes.

use rand::Rng;

use super::DpAudit;
use super::canary::Canaries;
use super::coins::{Coins, Said, right};
use super::score::{Lookout, SCORES, Score};
use crate::audit::{Audit, Progress};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::synth::{Budget, Generator};
use crate::table::content_digest;

/// The experiment, fixed before the generator is run.
pub(super) struct OneRun<'a> {
    audit: &'a Audit,
    canaries: Canaries,
    pub(super) coins: Coins,
    lookout: Lookout,
    said: Said,
    runs: usize,
    seed: Seed,
    /// What kept runs of this experiment are told by, the generator aside.
    identity: String,
}

/// What was guessed.
pub(super) struct Found {
    /// The score that guessed best in the run that chooses it.
    pub(super) score: Score,
    /// Canaries of all judged runs together.
    pub(super) canaries: u64,
    /// Guesses in all judged runs together.
    pub(super) made: u64,
    /// Right ones.
    pub(super) right: u64,
    /// Right ones where half the noise was drawn; nothing where the generator cannot be asked for it.
    pub(super) half_noise: Option<u64>,
}

impl<'a> OneRun<'a> {
    pub(super) fn new(audit: &'a Audit, parameters: &DpAudit, seed: Seed) -> Result<Self> {
        let DpAudit { canaries: count, kind, queries, runs, .. } = *parameters;
        let canaries = Canaries::new(audit, kind, count, seed.part("canaries"))
            .ok_or_else(|| Error::NotApplicable("canaries of the holdout need a holdout".into()))?;
        let said = Said { inside: parameters.guesses_in, outside: parameters.guesses_out };
        if said.inside + said.outside > canaries.count {
            return Err(Error::Usage(format!(
                "[attack.dp-audit]: expected no more guesses than canaries, found {} guesses and {} \
                 canaries",
                said.inside + said.outside,
                canaries.count
            )));
        }
        let identity = format!(
            "{} | {} | {} | {} | {:?} | {:?} | {kind:?} {} {queries}",
            env!("CARGO_PKG_VERSION"),
            content_digest(&audit.train, &audit.schema),
            audit.schema.digest(),
            seed.part("runs").rng().next_u64(),
            audit.joint().names,
            audit.joint().scales.iter().map(|scale| scale.map(f64::to_bits)).collect::<Vec<_>>(),
            canaries.count,
        );
        Ok(Self {
            coins: Coins::toss(1 + 2 * runs, canaries.count, seed.part("coins")),
            lookout: Lookout::new(audit.joint(), &canaries, queries, seed.part("queries")),
            audit,
            canaries,
            said,
            runs,
            seed,
            identity,
        })
    }

    /// How many runs there will be.
    pub(super) fn total(&self, with_control: bool) -> usize {
        1 + self.runs * if with_control { 2 } else { 1 }
    }

    /// Runs `generator`, and `half`, which draws half its noise: one run chooses the score, the others are
    /// judged.
    pub(super) fn find(
        &self,
        generator: &Generator,
        half: Option<&Generator>,
        budget: Budget,
        progress: &Progress<'_>,
    ) -> Result<Found> {
        let guessed = |generator: &Generator, run: usize| -> Result<[u64; SCORES.len()]> {
            let scores = self.scores(generator, run, budget)?;
            progress.advance(1);
            let ties = self.seed.part(&format!("ties {run}"));
            Ok(scores.map(|scores| right(&scores, self.coins.of(run), self.said, ties)))
        };
        let first = guessed(generator, 0)?;
        // The first of the best.
        let best = (0..SCORES.len()).rev().max_by_key(|&score| first[score]).unwrap_or(0);
        let sum = |generator: &Generator, from: usize| -> Result<u64> {
            (from..from + self.runs).map(|run| Ok(guessed(generator, run)?[best])).sum()
        };
        let right = sum(generator, 1)?;
        let half_noise = half.map(|half| sum(half, 1 + self.runs)).transpose()?;
        let all = |each: usize| (each * self.runs) as u64;
        Ok(Found {
            score: SCORES[best],
            canaries: all(self.canaries.count),
            made: all(self.said.inside + self.said.outside),
            right,
            half_noise,
        })
    }

    /// The scores of all canaries after one run, from the kept ones if it was finished before.
    fn scores(
        &self,
        generator: &Generator,
        run: usize,
        budget: Budget,
    ) -> Result<[Vec<f64>; SCORES.len()]> {
        let identity = format!("{} | {} | dp-audit run {run}", self.identity, generator.identity());
        let key = Digest::of(identity.as_bytes());
        let kept = generator.state.as_ref().and_then(|state| state.load(&key));
        if let Some(kept) = kept.filter(|kept| kept.len() == SCORES.len() * self.canaries.count) {
            let (near, matches) = kept.split_at(self.canaries.count);
            return Ok([near.to_vec(), matches.to_vec()]);
        }
        let seed = self.seed.part(&format!("run {run}"));
        let train = self.canaries.training(self.coins.of(run), seed.part("order"));
        // As many as are in on average: the number asked for tells nothing of the coins.
        let rows = self.canaries.base + self.canaries.count / 2;
        let made = generator.make(&train, &self.audit.schema, rows, seed.part("make"), budget)?;
        let scores = self.lookout.scores(&made);
        if let Some(state) = &generator.state {
            state.store(&key, &scores.concat())?;
        }
        Ok(scores)
    }
}

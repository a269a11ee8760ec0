//! Whether a generator keeps the differential privacy that it claims, asked by someone who knows all of its training
//! records but a few, and those few but for whether they are in.
//!
//! # Threat model
//! The adversary of the definition: knows the training table, and of every canary all but a coin; sees what
//! the generator made, and of this program's own methods also the noisy measurements; wins each coin
//! guessed right. A mechanism that is (ε, δ)-differentially private lets nobody guess oftener than ε allows.
//!
//! # Estimator
//! *One run* (Steinke, Nasr, Jagielski 2023), for any generator: m canaries, each put into the training
//! table by a fair coin of its own; the coins are fixed before anything is run, and their SHA-256 is told. From
//! the rows made each canary gets a score: minus the distance to the nearest row, and how many rows agree with it in
//! random sets of columns, beyond what the known records lead to expect. A run that is not judged chooses
//! between the two. The highest scores are guessed "in", the lowest "out", as many as was fixed beforehand.
//! Several judged runs, each with coins of its own, are one mechanism that runs side by side on disjoint
//! records, and count as one run with all canaries.
//! *Many runs*, for this program's own private methods: on a made-up table with one canary by a coin, from the noisy
//! measurements, the number of rows and the domain (`white_box`). Their guesses are independent and so
//! show far more. No record takes part. The method is asked for what the release claims.
//! - `dp-audit.epsilon-lower`: guesses made and right at the claimed δ.
//! - `dp-audit.epsilon-excess`: the same against the claimed ε, with the same audit of the generator at
//!   half its noise: asked for the ε which half the noise has, 2ε where δ = 0 (Laplace), else that of 4ρ
//!   (Gaussian noise in zero-concentrated differential privacy).
//! - `dp-audit.ledger-excess`: the ε that all entries of the release's ledger add up to, converted anew by
//!   code that is not the accountant's, less the claimed one.
//!
//! Canaries are made up in combinations that no training record has, since a guarantee bears the worst case;
//! or persons of the holdout (`kind = "holdout"`), as they are.
//!
//! # Limits
//! A small lower limit proves nothing: another adversary may guess better, and none contradicts a claim
//! above what so many guesses can show. About the generator as it runs here, with its source of noise and its
//! seed; not about the released table. The figures come from records that no ε covers. Canaries keep no rule between
//! columns.
//!
//! # References
//! Steinke, Nasr, Jagielski 2023, arXiv 2305.08846. Annamalai, Ganev, De Cristofaro 2024, arXiv
//! 2405.10994. Meeus et al. 2023, arXiv 2306.10308. Canonne, Kamath, Steinke 2020, arXiv 2004.00010.

mod canary;
mod coins;
mod ledger;
mod one_run;
mod score;
#[cfg(test)]
mod tests;
mod white_box;
mod worst;

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

pub use self::canary::Kind as CanaryKind;
use self::one_run::{Found, OneRun};
use self::white_box::{Answered, WhiteBox};
use super::{Attack, Info, Need, parameters};
use crate::audit::{Audit, Progress};
use crate::error::{Error, Result};
use crate::evidence::{Count, Design, Evidence, Measure};
use crate::random::Seed;
use crate::stats::{concentrated_epsilon, concentrated_rho};
use crate::synth::{Budget, Claim, Generator};

/// Columns of the made-up table, at least and at most.
const MEASURED: (usize, usize) = (2, 16);

/// Parameters of the attack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct DpAudit {
    /// Canaries of a run, 10 to 100,000. Default 1,000.
    pub canaries: usize,
    /// Who they are: `worst-case` or `holdout`. Default `worst-case`.
    pub kind: CanaryKind,
    /// Canaries of a run that are guessed "in", those with the highest scores. Default 50.
    pub guesses_in: usize,
    /// Canaries of a run that are guessed "out", those with the lowest scores. Default 50.
    pub guesses_out: usize,
    /// Judged runs of the generator, 1 to 1,000; as many again at half the noise, and one that chooses the
    /// score. Default 2.
    pub runs: usize,
    /// Columns of the made-up table on which this program's own private methods are measured, 2 to 16; by
    /// default as many as are compared, within these limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured_columns: Option<usize>,
    /// Runs there, 10 to 1,000,000, and as many at half the noise; by default what it takes to notice half the
    /// noise of the claim, or 2,000 where that is more than 50,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured_runs: Option<u64>,
    /// Random sets of columns in which agreeing rows are counted, 2 to 10,000. Default 100.
    pub queries: usize,
    /// Seconds that one run may take. Default 300.
    #[serde(deserialize_with = "seconds")]
    pub run_seconds: f64,
    /// Seconds that all runs may take. Default 3,600.
    #[serde(deserialize_with = "seconds")]
    pub seconds: f64,
}

fn seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    super::within(deserializer, 0.001, 1e7)
}

impl Default for DpAudit {
    fn default() -> Self {
        Self {
            canaries: 1000,
            kind: CanaryKind::WorstCase,
            guesses_in: 50,
            guesses_out: 50,
            runs: 2,
            measured_columns: None,
            measured_runs: None,
            queries: 100,
            run_seconds: 300.0,
            seconds: 3600.0,
        }
    }
}

/// What the attack is.
pub(super) static INFO: Info = Info {
    id: "dp-audit",
    title: "audit of a claimed differential privacy",
    threat_model: "anyone who knows the training records but for whether certain canaries are among \
                   them, and sees what the generator made",
    needs: &[Need::Generator],
    references: &[
        "Steinke, Nasr, Jagielski 2023, arXiv 2305.08846",
        "Annamalai, Ganev, De Cristofaro 2024, arXiv 2405.10994",
        "Canonne, Kamath, Steinke 2020, arXiv 2004.00010",
    ],
    metrics: &["dp-audit.epsilon-lower", "dp-audit.epsilon-excess", "dp-audit.ledger-excess"],
};

impl Attack for DpAudit {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        // 1. What is claimed.
        let Some(claim) = audit.claim else {
            return Err(Error::NotApplicable("nothing claims an ε of the release".into()));
        };
        self.check()?;
        let ledger = audit.manifest.as_ref().map(|manifest| manifest.ledger.as_slice());
        let mut facts: Vec<Evidence> =
            ledger.and_then(|ledger| ledger::replay(ledger, claim)).into_iter().collect();
        let named = audit.manifest.as_ref().and_then(|manifest| Generator::of(manifest, claim));
        let Some(generator) = audit.generator.clone().or(named) else { return Ok(facts) };
        let budget = Budget {
            run: Duration::from_secs_f64(self.run_seconds),
            until: Instant::now() + Duration::from_secs_f64(self.seconds),
        };
        // 2. The generator at its claim and at half its noise.
        let claimed = generator.claiming(claim);
        let half = generator.takes_claim().then(|| half_noise(claim)).flatten();
        let half = half.map(|half| generator.claiming(half));
        // 3. The noisy measurements of a method that shows them.
        facts.extend(self.measured(audit, &generator, claim, (budget, seed), progress)?);
        // 4. Canaries, coins and what is looked at.
        let one = OneRun::new(audit, self, seed.part("one run"))?;
        progress.note(&format!("dp-audit: coins committed, sha256 {}", one.coins.commitment()));
        progress.begin("generator runs with canaries", one.total(half.is_some()) as u64);
        // 5. The runs, the scores, the guesses.
        let found = one.find(&claimed, half.as_ref(), budget, progress)?;
        facts.extend(self.facts(&one, &found, claim, &generator));
        Ok(facts)
    }
}

/// What a generator claims that draws half the noise; nothing where no ε is so large.
fn half_noise(claim: Claim) -> Option<Claim> {
    let Claim { epsilon, delta } = claim;
    let epsilon = if delta > 0.0 {
        concentrated_epsilon(4.0 * concentrated_rho(epsilon, delta)?, delta)?
    } else {
        2.0 * epsilon
    };
    Some(Claim { epsilon, delta })
}

impl DpAudit {
    fn check(&self) -> Result<()> {
        let problem = if !(10..=100_000).contains(&self.canaries) {
            "expected 10 to 100,000 canaries"
        } else if self.guesses_in + self.guesses_out == 0 {
            "expected at least one guess"
        } else if !(1..=1000).contains(&self.runs) {
            "expected 1 to 1,000 runs"
        } else if !(2..=10_000).contains(&self.queries) {
            "expected 2 to 10,000 queries"
        } else if self.measured_columns.is_some_and(|columns| !(2..=16).contains(&columns)) {
            "expected 2 to 16 measured-columns"
        } else if self.measured_runs.is_some_and(|runs| !(10..=1_000_000).contains(&runs)) {
            "expected 10 to 1,000,000 measured-runs"
        } else {
            return Ok(());
        };
        Err(Error::Usage(format!("[attack.dp-audit]: {problem}")))
    }

    /// What adversaries with access to the noisy measurements guess; nothing where there are none to see.
    fn measured(
        &self,
        audit: &Audit,
        generator: &Generator,
        claim: Claim,
        (budget, seed): (Budget, Seed),
        progress: &Progress<'_>,
    ) -> Result<Vec<Evidence>> {
        let (Some(half), true) = (half_noise(claim), generator.takes_claim()) else {
            return Ok(Vec::new());
        };
        let columns = self.measured_columns.unwrap_or(audit.joint().names.len());
        let columns = columns.clamp(MEASURED.0, MEASURED.1);
        let seed = seed.part("measured");
        let white = WhiteBox::new(generator, claim, columns, self.measured_runs, seed)?;
        let Some(white) = white else { return Ok(Vec::new()) };
        progress.note(&format!("dp-audit: coins committed, sha256 {}", white.commitment()));
        progress.begin("runs on a made-up table", 2 * white.runs() as u64);
        let answered = white.find(claim, half, budget, progress)?;
        let (columns, rows) = white.size();
        let note =
            format!("{} runs on a made-up table: {columns} columns, {rows} rows", white.runs());
        let facts = answered.iter().flat_map(|Answered { about, design, right, half_noise }| {
            let made = white.runs() as u64;
            let guessed = Guessed {
                design: *design,
                canaries: made,
                made,
                right: *right,
                half_noise: Some(*half_noise),
            };
            self.told(&guessed, about, claim, generator, &white.commitment().to_string(), &note)
        });
        Ok(facts.collect())
    }

    fn facts(
        &self,
        one: &OneRun<'_>,
        found: &Found,
        claim: Claim,
        generator: &Generator,
    ) -> Vec<Evidence> {
        let Found { canaries, made, right, half_noise, .. } = *found;
        let guessed = Guessed { design: Design::OneRun, canaries, made, right, half_noise };
        let note = format!("canaries told apart by {}", found.score.name());
        let commitment = one.coins.commitment().to_string();
        self.told(&guessed, "released rows", claim, generator, &commitment, &note).to_vec()
    }

    /// The facts of one adversary.
    fn told(
        &self,
        guessed: &Guessed,
        about: &str,
        claim: Claim,
        generator: &Generator,
        commitment: &str,
        note: &str,
    ) -> [Evidence; 2] {
        let Guessed { design, canaries, made, right, half_noise } = *guessed;
        let half_noise = half_noise.map(|successes| Count { successes, trials: made });
        let measure = |claimed, half_noise| Measure::Guesses {
            design,
            canaries,
            made,
            right,
            delta: claim.delta,
            claimed,
            half_noise,
        };
        let mut facts = [
            Evidence::whole("dp-audit.epsilon-lower", measure(None, None)),
            Evidence::whole("dp-audit.epsilon-excess", measure(Some(claim.epsilon), half_noise)),
        ];
        for fact in &mut facts {
            fact.about = Some(about.to_owned());
            fact.parameters = parameters(self);
            // Time ends an audit and does not change what it finds.
            fact.parameters.retain(|name, _| !name.ends_with("seconds"));
            fact.parameters.insert("generator".into(), generator.name().into());
            fact.parameters.insert("coins-sha256".into(), commitment.into());
            fact.notes.push(note.to_owned());
            fact.caveats.extend(caveats(generator));
        }
        facts
    }
}

/// What one adversary guessed, in all runs together.
struct Guessed {
    design: Design,
    canaries: u64,
    made: u64,
    right: u64,
    half_noise: Option<u64>,
}

/// What a reader must know of the generator.
fn caveats(generator: &Generator) -> Vec<String> {
    let unseeded = (!generator.is_seeded()).then(|| {
        "the generator is told no seed: another audit of it will not give these numbers".to_owned()
    });
    let deaf = (!generator.takes_claim()).then(|| {
        "the generator is told no {epsilon}: nobody can see whether half its noise would be noticed"
            .to_owned()
    });
    unseeded.into_iter().chain(deaf).collect()
}

//! Whether a known person was among those the generator was trained on, asked by someone who can run
//! the generator again.
//!
//! # Threat model
//! Someone who knows a person's record, has a sample of the population, and can run the same generator
//! on tables of their own: a public method, a product, a model's code. They train it with and without the
//! person, learn what differs, and win the fact that the person is in the training data.
//!
//! # Estimator
//! The unit is the run. Every run trains the generator on a random half of the training persons, so that each
//! target is in half of the runs and one set of runs serves all targets; it makes half as many rows as
//! were released. Targets are the persons with the largest mean distance to their five nearest
//! neighbours (Meeus et al. 2023). From each table made: mean, median, variance, missing share and histogram of every
//! column, correlations, the target's five nearest distances, and how many rows agree with the target in random
//! sets of columns, closely or roughly. A random forest learns "in" from "out" on the training runs; the validation runs choose target,
//! features and threshold; the test runs are judged.
//! - `shadow.auroc`: area under the curve of the worst target, with DeLong's error. Where the two sides are apart or all
//!   scores tie, that error is 0, and the area's error by chance is taken instead.
//! - `shadow.advantage`: runs guessed "in" among those with the worst target, against those without, at the
//!   threshold that is best on the validation runs with at most one false alarm in five.
//!
//! Positive control: the same targets, and as many persons at random, are planted into half of the very
//! tables that the generator made, one row each; the same procedure must tell which half. A run guessed right counts as detected
//! less those that the same threshold would hit without a plant.
//!
//! # Limits
//! Dozens of runs show large leaks: a bound of a few per cent takes thousands. Other targets, features or
//! more runs may see more. A person's most unusual record stands for the person. Halves of the table leak more about
//! each person than the whole does. A command that changes under the same name is not noticed.
//!
//! # References
//! Stadler, Oprisanu and Troncoso 2022, USENIX Security (shadow models on tables). Meeus et al. 2023, arXiv
//! 2306.10308 (vulnerable records, queries as features). Carlini et al. 2022, IEEE S&P (one set of
//! runs for all targets). Breiman 2001, Mach. Learn. 45:5.

mod features;
mod guess;
mod runs;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use self::guess::{Guess, plantings};
use self::runs::{Made, Study};
use super::{Attack, Info, Need, parameters};
use crate::audit::{Audit, Progress};
use crate::error::{Error, Result};
use crate::evidence::{Evidence, Measure};
use crate::random::Seed;
use crate::synth::{Budget, Generator};

/// Persons that the training table must have.
const FEWEST: usize = 100;

/// Parameters of the attack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Shadow {
    /// Persons attacked, the most unusual first, 1 to 20. Default 4.
    pub targets: usize,
    /// Runs that the forest learns from, 20 to 10,000. Default 100.
    pub training: usize,
    /// Runs that choose target, features and threshold, 10 to 10,000. Default 40.
    pub validation: usize,
    /// Runs that are judged, 10 to 10,000. Default 100.
    pub test: usize,
    /// Random sets of columns in which agreeing rows are counted, 20 to 10,000. Default 200.
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

impl Default for Shadow {
    fn default() -> Self {
        Self {
            targets: 4,
            training: 100,
            validation: 40,
            test: 100,
            queries: 200,
            run_seconds: 300.0,
            seconds: 3600.0,
        }
    }
}

/// What the attack is.
pub(super) static INFO: Info = Info {
    id: "shadow",
    title: "membership, by running the generator again",
    threat_model: "anyone who knows a person's record, has a sample of the population, and can run \
                   the generator",
    needs: &[Need::Generator],
    references: &[
        "Stadler et al. 2022, USENIX Security",
        "Meeus et al. 2023, arXiv 2306.10308",
        "Carlini et al. 2022, IEEE S&P",
    ],
    metrics: &["shadow.auroc", "shadow.advantage"],
};

impl Attack for Shadow {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        let Some(generator) = &audit.generator else { return Ok(Vec::new()) };
        self.check(audit)?;
        // 1. Targets, who is in which run, and what is counted.
        let study = Study::new(audit, self, seed);
        // 2. The runs.
        let budget = Budget {
            run: Duration::from_secs_f64(self.run_seconds),
            until: Instant::now() + Duration::from_secs_f64(self.seconds),
        };
        progress.begin("generator runs", study.runs() as u64);
        let made = study.make(generator, budget, progress)?;
        // 3. The worst target, features and threshold on the validation runs; what plants show.
        let Some(worst) = guess::worst(&study, &made, seed.part("learn")) else {
            return Ok(Vec::new());
        };
        // 4. The test runs.
        Ok(self.facts(&study, &made, &worst, generator, seed))
    }
}

impl Shadow {
    fn check(&self, audit: &Audit) -> Result<()> {
        let (more, runs) = (20..=10_000, 10..=10_000);
        let problem = if !(1..=20).contains(&self.targets) {
            "expected 1 to 20 targets".to_owned()
        } else if !more.contains(&self.training) {
            "expected 20 to 10,000 training runs".to_owned()
        } else if !runs.contains(&self.validation) || !runs.contains(&self.test) {
            "expected 10 to 10,000 validation and test runs".to_owned()
        } else if !more.contains(&self.queries) {
            "expected 20 to 10,000 queries".to_owned()
        } else if audit.train_persons.count < FEWEST {
            format!("expected {FEWEST} persons or more in train")
        } else {
            return Ok(());
        };
        Err(Error::Usage(format!("[attack.shadow]: {problem}")))
    }

    fn facts(
        &self,
        study: &Study<'_>,
        made: &Made,
        worst: &Guess,
        generator: &Generator,
        seed: Seed,
    ) -> Vec<Evidence> {
        let [treated, control] = worst.counts(study);
        let advantage = Measure::Difference { treated, control, baseline: None };
        let area = worst.area(study).map(|area| Evidence::whole("shadow.auroc", area));
        let advantage = Evidence::whole("shadow.advantage", advantage);
        let mut facts: Vec<Evidence> = area.into_iter().chain([advantage]).collect();
        let control = plantings(study, made, seed.part("control"));
        for fact in &mut facts {
            fact.positive_control = control.clone();
            fact.parameters = parameters(self);
            // Time ends an audit and does not change what it finds.
            fact.parameters.retain(|name, _| !name.ends_with("seconds"));
            fact.parameters.insert("generator".into(), generator.name().into());
            fact.notes.extend(self.notes(study, worst));
            fact.caveats.extend(self.caveats(generator));
        }
        facts
    }

    fn notes(&self, study: &Study<'_>, worst: &Guess) -> [String; 2] {
        [
            format!(
                "worst of {} targets on the validation runs, told by {}",
                self.targets,
                worst.features.name()
            ),
            format!(
                "runs to learn, choose and judge: {}, {}, {}; each on a random half of the training \
                 persons; compared columns: {}",
                self.training,
                self.validation,
                self.test,
                study.columns().join(", ")
            ),
        ]
    }

    /// What a reader must know of parameters or generators that can make the attack see less.
    fn caveats(&self, generator: &Generator) -> Vec<String> {
        let least = Self::default();
        let fewer = self.targets < least.targets
            || self.training < least.training
            || self.validation < least.validation
            || self.test < least.test
            || self.queries < least.queries;
        let fewer =
            fewer.then(|| "its targets, runs or queries are fewer than the default's".into());
        let unseeded = !generator.is_seeded();
        let unseeded = unseeded.then(|| {
            "the generator is told no seed: another audit of it will not give these numbers".into()
        });
        fewer.into_iter().chain(unseeded).collect()
    }
}

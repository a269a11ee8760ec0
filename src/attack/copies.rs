//! Real persons whose whole record stands in the release, exactly or nearly.
//!
//! # Threat model
//! Anyone who holds the release and knows a person's record recognises it there. They need no model,
//! no training data and no statistics; they win the person's whole record, confirmed.
//!
//! # Estimator
//! `copies.exact` = training persons of whom at least one record equals a released row in every
//! compared column, over all training persons: a census, the realised count, known exactly.
//! `copies.exact-rows` = released rows equal to a training record, over all released rows.
//! `copies.near` allows in every number the larger of its `step` and `tolerance` times its scale.
//! Control: the same count for holdout persons, whom the release equals by chance only; the excess is
//! train's share less the holdout's, two-sample. Persons are counted, not rows: three copies of one
//! person are one person.
//!
//! # Limits
//! A table of few coarse columns is full of chance copies: read the excess, not the count. A copy
//! with one category changed, or with one number moved further than the tolerance, is not seen.
//! Direct identifiers, the subject and weights are not compared.
//!
//! # References
//! Identical match share in peers' tools: SDMetrics `NewRowSynthesis`, MOSTLY AI QA `IMS`. Difference
//! of proportions: Newcombe 1998, Statist. Med. 17:873.

use serde::{Deserialize, Serialize};

use super::{Attack, Info, Need, parameters};
use crate::audit::control::{NEAR, persons_hit, tolerances};
use crate::audit::{Audit, Progress};
use crate::encode::Joint;
use crate::error::Result;
use crate::evidence::{Count, Evidence, Measure};
use crate::nearest::agreeing;
use crate::random::Seed;

/// Parameters of the attack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Copies {
    /// How far apart two numbers may be to count as near, as a share of the column's scale; a
    /// column's `step` counts if it is larger. Default 0.001.
    #[serde(deserialize_with = "super::share")]
    pub tolerance: f64,
}

impl Default for Copies {
    fn default() -> Self {
        Self { tolerance: NEAR }
    }
}

/// What the attack is.
pub(super) static INFO: Info = Info {
    id: "copies",
    title: "copies of real records",
    threat_model: "anyone who holds the release and knows a person's record",
    needs: &[Need::Holdout],
    references: &["Newcombe 1998, Statist. Med. 17:873"],
    metrics: &[
        "copies.exact",
        "copies.exact-rows",
        "copies.exact-excess",
        "copies.near",
        "copies.near-excess",
    ],
};

impl Attack for Copies {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, _seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        let joint = audit.joint();
        // 1. Exact copies: persons of train and holdout, and released rows.
        let exact = vec![0.0; joint.names.len()];
        let (train, holdout) = copied(audit, joint, &exact);
        let rows = agreeing(&joint.synthetic, &joint.train, &exact, |_, _| false);
        progress.advance(3);
        // 2. Near copies, the same within tolerance.
        let (near_train, near_holdout) = copied(audit, joint, &tolerances(joint, self.tolerance));
        progress.advance(2);
        // 3. Counts as a census, excess as a contrast with the holdout.
        let mut facts = vec![
            Evidence::whole("copies.exact", census(train)),
            Evidence::whole("copies.exact-rows", census(tally(&rows))),
        ];
        facts.extend(holdout.map(|control| excess("copies.exact-excess", train, control)));
        facts.push(Evidence::whole("copies.near", census(near_train)));
        facts.extend(near_holdout.map(|control| excess("copies.near-excess", near_train, control)));
        for fact in &mut facts {
            fact.parameters = parameters(self);
            fact.notes.push(format!("compared columns: {}", joint.names.join(", ")));
        }
        Ok(facts)
    }
}

/// Persons of train and of the holdout with a record in the release, up to `tolerance`.
fn copied(audit: &Audit, joint: &Joint, tolerance: &[f64]) -> (Count, Option<Count>) {
    let hits = |rows| agreeing(rows, &joint.synthetic, tolerance, |_, _| false);
    let train = persons_hit(&audit.train_persons, &hits(&joint.train));
    let holdout = joint.holdout.as_ref().zip(audit.holdout_persons.as_ref());
    (train, holdout.map(|(rows, persons)| persons_hit(persons, &hits(rows))))
}

fn tally(hits: &[bool]) -> Count {
    let successes = hits.iter().filter(|&&hit| hit).count() as u64;
    Count { successes, trials: hits.len() as u64 }
}

fn census(count: Count) -> Measure {
    Measure::Rate {
        successes: count.successes as f64,
        trials: count.trials,
        frame: Some(count.trials),
    }
}

fn excess(metric: &str, treated: Count, control: Count) -> Evidence {
    Evidence::whole(metric, Measure::Difference { treated, control })
}

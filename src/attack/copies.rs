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
//! (train's share − holdout's)/(1 − holdout's), two-sample. Persons are counted, not rows: three copies of one
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
use crate::error::{Error, Result};
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
        if !(0.0..=1.0).contains(&self.tolerance) {
            let problem = "[attack.copies]: expected a tolerance from 0 to 1, a share of the scale";
            return Err(Error::Usage(problem.into()));
        }
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
            if self.tolerance < NEAR {
                fact.caveats.push(format!("the tolerance is smaller than its default, {NEAR}"));
            }
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

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::audit::testing::{audit, difference, rate, run};

    const SCHEMA: &str = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                          [columns.x]\nkind = \"continuous\"\nlower = 0\nupper = 100\nstep = 0.01\n\
                          [columns.c]\nkind = \"categorical\"\n";

    /// Train: persons 1 (two rows), 2, 3, 4. Released rows: (5, a) equals the second row of person 1
    /// and appears twice; (7.1, b) is 0.1 from person 2's 7.0, and 0.1 % of the scale 100 is 0.1;
    /// (9, a) has person 3's number and another category; (50, c) is nobody, and (20, b) is holdout
    /// person 9. So exactly: 1 of 4 train persons, 2 of 5 released rows, 1 of 2 holdout persons;
    /// nearly: persons 1 and 2.
    #[test]
    fn hand_worked() {
        let train = "id,x,c\n1,4,a\n1,5,a\n2,7.0,b\n3,9,b\n4,,c\n";
        let holdout = "id,x,c\n8,30,a\n9,20,b\n";
        let released = "x,c\n5,a\n5.00,a\n7.1,b\n9,a\n20,b\n";
        let facts = run(&Copies::default(), &audit(SCHEMA, train, Some(holdout), released));
        assert_eq!(rate(&facts, "copies.exact"), (1.0, 4));
        assert_eq!(rate(&facts, "copies.exact-rows"), (2.0, 5));
        assert_eq!(difference(&facts, "copies.exact-excess"), ((1, 4), (1, 2)));
        assert_eq!(rate(&facts, "copies.near"), (2.0, 4));
        assert_eq!(difference(&facts, "copies.near-excess"), ((2, 4), (1, 2)));
    }

    #[test]
    fn an_impossible_tolerance_is_an_error_and_a_smaller_one_a_caveat() {
        let audit = audit(SCHEMA, "id,x,c\n1,4,a\n", None, "x,c\n4,a\n");
        for tolerance in [f64::NAN, -0.1, 1.1] {
            let attack = Copies { tolerance };
            let progress = Progress::new(&|_| {});
            assert!(attack.run(&audit, Seed::new(0), &progress).is_err(), "{tolerance}");
        }
        assert!(run(&Copies { tolerance: 0.0 }, &audit).iter().all(|fact| fact.caveats.len() == 1));
    }

    #[test]
    fn missing_agrees_with_missing_only() {
        let train = "id,x,c\n1,,a\n2,5,\n";
        let copied = |released: &str| {
            rate(&run(&Copies::default(), &audit(SCHEMA, train, None, released)), "copies.exact").0
        };
        assert!((copied("x,c\n,a\n") - 1.0).abs() < 1e-9);
        assert!((copied("x,c\n5,\n") - 1.0).abs() < 1e-9);
        assert!(copied("x,c\n0,a\n5,a\n").abs() < 1e-9);
    }

    fn rows(count: usize, seed: u64) -> Vec<String> {
        let mut rng = Seed::new(seed).rng();
        let row = |_| {
            let (x, c) =
                (f64::from(rng.random_range(0..10_000_u32)) / 100.0, rng.random_range(0..4));
            format!("{x},{c}")
        };
        (0..count).map(row).collect()
    }

    fn csv(rows: &[String]) -> String {
        format!("x,c\n{}\n", rows.join("\n"))
    }

    const PLAIN: &str = "[columns.x]\nkind = \"continuous\"\nlower = 0\nupper = 100\n\
                         [columns.c]\nkind = \"categorical\"\n";

    /// 10,000 × 4 cells, 500 released rows: an independent person is hit with probability about
    /// 500/40,000, so train and holdout differ by chance only: |difference| under 5 sigma.
    #[test]
    fn null_an_independent_release_hits_train_and_holdout_alike() {
        let (train, holdout, released) = (rows(2000, 1), rows(1000, 2), rows(500, 3));
        let audit = audit(PLAIN, &csv(&train), Some(&csv(&holdout)), &csv(&released));
        let ((k1, n1), (k2, n2)) =
            difference(&run(&Copies::default(), &audit), "copies.exact-excess");
        let (p1, p2) = (k1 as f64 / n1 as f64, k2 as f64 / n2 as f64);
        let p: f64 = 500.0 / 40_000.0;
        let sigma = (p * (1.0 - p) * (1.0 / n1 as f64 + 1.0 / n2 as f64)).sqrt();
        assert!((p1 - p2).abs() < 5.0 * sigma, "{p1} {p2}");
    }

    #[test]
    fn leak_the_training_table_as_release_copies_everybody() {
        let (train, holdout) = (rows(500, 1), rows(250, 2));
        let mut released = train.clone();
        released.reverse();
        let facts = run(
            &Copies::default(),
            &audit(PLAIN, &csv(&train), Some(&csv(&holdout)), &csv(&released)),
        );
        assert_eq!(rate(&facts, "copies.exact"), (500.0, 500));
        assert_eq!(rate(&facts, "copies.exact-rows"), (500.0, 500));
    }

    /// Row order, column order and an affine change of units (bounds changed alike) move no count.
    #[test]
    fn invariance() {
        let (train, holdout) = (rows(300, 1), rows(200, 2));
        let mut released = rows(100, 3);
        released.extend_from_slice(&train[..30]);
        let facts = |schema: &str, change: &dyn Fn(&[String]) -> String| {
            let audit = audit(schema, &change(&train), Some(&change(&holdout)), &change(&released));
            let facts = run(&Copies::default(), &audit);
            let pick = |metric| difference(&facts, metric);
            (pick("copies.exact-excess"), pick("copies.near-excess"))
        };
        let plain = facts(PLAIN, &|rows| csv(rows));
        let reversed = |rows: &[String]| csv(&rows.iter().rev().cloned().collect::<Vec<_>>());
        assert_eq!(facts(PLAIN, &reversed), plain);
        let swap = |row: &String| row.split_once(',').map(|(x, c)| format!("{c},{x}")).unwrap();
        let swapped = |rows: &[String]| {
            format!("c,x\n{}\n", rows.iter().map(swap).collect::<Vec<_>>().join("\n"))
        };
        assert_eq!(facts(PLAIN, &swapped), plain);
        let scale = |row: &String| {
            let (x, c) = row.split_once(',').unwrap();
            format!("{},{c}", 8.0 * x.parse::<f64>().unwrap() + 1024.0)
        };
        let scaled = |rows: &[String]| csv(&rows.iter().map(scale).collect::<Vec<_>>());
        let bounds = PLAIN.replace("lower = 0\nupper = 100", "lower = 1024\nupper = 1824");
        assert_eq!(facts(&bounds, &scaled), plain);
    }
}

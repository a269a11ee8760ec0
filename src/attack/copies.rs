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
//! (train's share − holdout's)/(1 − holdout's), two-sample. Baseline: holdout persons who agree with a
//! *training* record, chance between real people that needs no trust in the release: a bound that
//! clears subtracts the smaller of control and baseline, so that a generator that has seen the
//! holdout gains nothing by copying it too. Persons are counted, not rows: three copies of one person
//! are one person.
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
use crate::audit::{Audit, Cell, Progress, Round};
use crate::encode::Joint;
use crate::error::Result;
use crate::evidence::{Count, Evidence, Measure, Planting};
use crate::nearest::agreeing;
use crate::random::Seed;

/// Parameters of the attack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Copies {
    /// How far apart two numbers may be to count as near, as a share of the column's scale; a
    /// column's `step` counts if it is larger, and never more than 1 % of the real spread. From 0.001,
    /// the default, to 0.01: a smaller one sees fewer copies, a larger one calls chance a copy.
    #[serde(deserialize_with = "tolerance")]
    pub tolerance: f64,
}

fn tolerance<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    super::within(deserializer, NEAR, 0.01)
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
        let equal = vec![0.0; joint.names.len()];
        let exact = Copied::count(audit, joint, &equal);
        let rows = agreeing(&joint.synthetic, &joint.train, &equal, |_, _| false);
        progress.advance(3);
        // 2. Near copies, the same within tolerance.
        let tolerance = tolerances(joint, self.tolerance);
        let near = Copied::count(audit, joint, &tolerance);
        progress.advance(2);
        // 3. Counts as a census, excess as a contrast with the holdout, and what of planted leaks is seen.
        let mut facts = vec![
            Evidence::whole("copies.exact", census(exact.train)),
            Evidence::whole("copies.exact-rows", census(tally(&rows))),
        ];
        facts.extend(exact.excess("copies.exact-excess", planted(audit, &equal)));
        facts.push(Evidence::whole("copies.near", census(near.train)));
        facts.extend(near.excess("copies.near-excess", planted(audit, &tolerance)));
        for fact in &mut facts {
            fact.parameters = parameters(self);
            fact.notes.push(format!("compared columns: {}", joint.names.join(", ")));
        }
        Ok(facts)
    }
}

/// Persons with a record in the release, up to a tolerance.
struct Copied {
    train: Count,
    /// Holdout persons: in the release, and in train.
    holdout: Option<(Count, Count)>,
}

impl Copied {
    fn count(audit: &Audit, joint: &Joint, tolerance: &[f64]) -> Self {
        let hits = |queries, rows| agreeing(queries, rows, tolerance, |_, _| false);
        let holdout = joint.holdout.as_ref().zip(audit.holdout_persons.as_ref());
        Self {
            train: persons_hit(&audit.train_persons, &hits(&joint.train, &joint.synthetic)),
            holdout: holdout.map(|(rows, persons)| {
                let among = |table| persons_hit(persons, &hits(rows, table));
                (among(&joint.synthetic), among(&joint.train))
            }),
        }
    }

    fn excess(&self, metric: &str, positive_control: Vec<Planting>) -> Option<Evidence> {
        let (control, baseline) = self.holdout?;
        let measure =
            Measure::Difference { treated: self.train, control, baseline: Some(baseline) };
        Some(Evidence { positive_control, ..Evidence::whole(metric, measure) })
    }
}

/// How many of the planted persons agree with a planted row.
fn planted(audit: &Audit, tolerance: &[f64]) -> Vec<Planting> {
    let seen = |round: &Round| {
        let rows: Vec<usize> = round.plants.iter().map(|plant| plant.row).collect();
        let persons = audit.joint().train.select(&rows);
        let hits = agreeing(&persons, &round.rows, tolerance, |_, _| false);
        round.plants.iter().map(|plant| plant.cell).zip(hits).collect::<Vec<_>>()
    };
    let seen: Vec<(Cell, bool)> = audit.plants().rounds.iter().flat_map(seen).collect();
    let planting = |cell: Cell| {
        let of_cell = seen.iter().filter(|(planted, _)| *planted == cell);
        let (of, detected) =
            of_cell.fold((0, 0), |(of, detected), (_, hit)| (of + 1, detected + u64::from(*hit)));
        let true_value = (of as f64 / audit.train_persons.count as f64).min(1.0);
        Planting { cell: cell.name(), true_value, detected, of }
    };
    Cell::all().into_iter().map(planting).filter(|planting| planting.of > 0).collect()
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

    /// A number moved by 0.1 % of its scale, or one category replaced, is no exact copy; a near copy may
    /// differ by 0.1 % in a number and by no category.
    #[test]
    fn planted_copies_are_all_seen_and_disturbed_ones_only_within_the_tolerance() {
        let (train, holdout, released) = (rows(500, 1), rows(250, 2), rows(300, 3));
        let audit = audit(PLAIN, &csv(&train), Some(&csv(&holdout)), &csv(&released));
        let facts = run(&Copies::default(), &audit);
        let seen = |metric: &str, cell: &str| {
            let fact = facts.iter().find(|fact| fact.metric == metric).unwrap();
            let cell = fact.positive_control.iter().find(|planted| planted.cell == cell).unwrap();
            assert!(cell.of > 20);
            cell.detected as f64 / cell.of as f64
        };
        for cell in ["verbatim/uniform", "verbatim/outlier"] {
            assert!(seen("copies.exact-excess", cell) > 0.999);
            assert!(seen("copies.near-excess", cell) > 0.999);
        }
        assert!(seen("copies.exact-excess", "one-numeric/uniform") < 0.1);
        assert!(seen("copies.near-excess", "one-numeric/uniform") > 0.999);
        assert!(seen("copies.near-excess", "one-categorical/uniform") < 0.1);
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

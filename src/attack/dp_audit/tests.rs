//! Generators that leak everything or nothing, or fail, through the whole attack. Mechanisms in between stand in
//! `tests/calibration`.

use std::sync::Arc;

use rand::RngExt;

use super::*;
use crate::audit::Step;
use crate::audit::testing::{audit, table};
use crate::stats::{Confidence, Guesses, one_run_epsilon_lower};
use crate::synth::{Asked, Function, Method, subset};
use crate::table::{Sample, Schema, Table};

fn schema() -> String {
    let levels: Vec<String> = (0..40).map(|level| format!("'v{level:02}'")).collect();
    let column = |name| {
        format!("[columns.{name}]\nkind = 'categorical'\nlevels = [{}]\n", levels.join(", "))
    };
    column("a") + &column("b")
}

/// A generator that makes the same rows whatever it is trained on: strong privacy.
fn constant() -> Generator {
    function(|_, schema, asked| {
        let mut rng = asked.seed.rng();
        let mut row =
            || format!("v{:02},v{:02}\n", rng.random_range(0..40), rng.random_range(0..40));
        let csv = format!("a,b\n{}", (0..asked.rows).map(|_| row()).collect::<String>());
        Ok(table(&csv, Sample::Synthetic, schema))
    })
}

/// A generator that releases its records.
fn copy() -> Generator {
    function(|train, _, _| Ok(subset(train, &(0..train.rows).collect::<Vec<_>>())))
}

fn function(
    make: impl Fn(&Table, &Schema, Asked) -> Result<Table> + Send + Sync + 'static,
) -> Generator {
    let function = Function { name: "toy".into(), takes_claim: true, make: Arc::new(make) };
    Generator { method: Method::Function(function), state: None, claim: None }
}

/// 300 records in a corner of the table, so that most pairs of levels are nobody's.
fn claiming(epsilon: f64, generator: Generator) -> Audit {
    let row = |i: usize| format!("v{:02},v{:02}\n", i % 7, i * i % 5);
    let csv = format!("a,b\n{}", (0..300).map(row).collect::<String>());
    let mut audit = audit(&schema(), &csv, None, &csv);
    audit.generator = Some(generator);
    audit.claim = Some(Claim::new(epsilon, 0.0).unwrap());
    audit
}

fn attacked(attack: &DpAudit, audit: &Audit, seed: u64) -> Result<Vec<Evidence>> {
    attack.run(audit, Seed::new(seed), &Progress::new(&|_| {}))
}

/// The lower limits of ε at 99 %, as audited and at half the noise.
fn limits(facts: &[Evidence]) -> (f64, Option<f64>) {
    let fact = facts.iter().find(|fact| fact.metric == "dp-audit.epsilon-excess").unwrap();
    let Measure::Guesses { canaries, made, right, delta, half_noise, .. } = fact.measure else {
        panic!("{fact:?}")
    };
    let lower = |right| {
        let guesses = Guesses { canaries, made, right };
        one_run_epsilon_lower(guesses, delta, Confidence::new(0.99).unwrap()).unwrap()
    };
    (lower(right), half_noise.map(|half| lower(half.successes)))
}

/// 2 judged runs of 1,000 canaries, 50 guessed "in" and 50 "out" in each; the coins are committed to.
#[test]
fn as_many_guesses_as_were_fixed_beforehand() {
    let facts = attacked(&DpAudit::default(), &claiming(1.0, copy()), 1).unwrap();
    for fact in &facts {
        assert!(matches!(fact.measure, Measure::Guesses { canaries: 2000, made: 200, .. }));
        assert!(fact.parameters["coins-sha256"].as_str().is_some_and(|text| text.len() == 64));
    }
    let told = std::sync::Mutex::new(Vec::new());
    let report = |step: Step<'_>| {
        if let Step::Note(text) = step {
            told.lock().unwrap().push(text.to_owned());
        }
    };
    let audit = claiming(1.0, copy());
    DpAudit::default().run(&audit, Seed::new(1), &Progress::new(&report)).unwrap();
    let told = told.into_inner().unwrap();
    assert!(told[0].ends_with(facts[0].parameters["coins-sha256"].as_str().unwrap()), "{told:?}");
}

/// A generator that ignores its records is not blamed, and not cleared either: nobody could have seen half of
/// a noise that hides nothing.
#[test]
fn null_no_signal_is_no_contradiction_and_no_clearance() {
    let facts = attacked(&DpAudit::default(), &claiming(1.0, constant()), 3).unwrap();
    let (claimed, half) = limits(&facts);
    assert!(claimed <= 0.5 && half.unwrap() <= 1.0, "{claimed} {half:?}");
}

/// A generator that releases its records contradicts every claim up to what 200 guesses can show.
#[test]
fn leak_a_copy_contradicts_every_claim() {
    let (claimed, _) = limits(&attacked(&DpAudit::default(), &claiming(3.0, copy()), 4).unwrap());
    assert!(claimed > 3.5, "{claimed}");
}

#[test]
fn the_same_seed_gives_the_same_evidence_and_another_does_not() {
    let few = DpAudit { canaries: 100, guesses_in: 20, guesses_out: 20, ..DpAudit::default() };
    let run = |seed| attacked(&few, &claiming(1.0, constant()), seed).unwrap();
    assert_eq!(run(5), run(5));
    assert_ne!(run(5)[0].parameters["coins-sha256"], run(6)[0].parameters["coins-sha256"]);
}

/// Canaries from the holdout: no more than it has persons, and none without one.
#[test]
fn canaries_of_the_holdout_are_its_persons() {
    let row = |i: usize| format!("v{:02},v{:02}\n", i % 40, i * 7 % 40);
    let csv = |rows: std::ops::Range<usize>| format!("a,b\n{}", rows.map(row).collect::<String>());
    let attack = DpAudit {
        kind: CanaryKind::Holdout,
        guesses_in: 20,
        guesses_out: 20,
        runs: 1,
        ..DpAudit::default()
    };
    let mut with = audit(&schema(), &csv(0..200), Some(&csv(200..300)), &csv(0..200));
    with.generator = Some(constant());
    with.claim = Some(Claim::new(1.0, 0.0).unwrap());
    let facts = attacked(&attack, &with, 7).unwrap();
    assert!(matches!(facts[0].measure, Measure::Guesses { canaries: 100, made: 40, .. }));
    let error = attacked(&attack, &claiming(1.0, constant()), 7).unwrap_err();
    assert!(matches!(error, Error::NotApplicable(_)));
    let many = DpAudit { guesses_in: 90, ..attack };
    assert!(attacked(&many, &with, 7).unwrap_err().to_string().contains("110 guesses and 100"));
}

#[test]
fn what_fails_or_is_not_claimed_is_no_evidence() {
    let failing = function(|_, _, _| Err(Error::Generator("broke".into())));
    assert!(attacked(&DpAudit::default(), &claiming(1.0, failing), 8).is_err());
    let mut unclaimed = claiming(1.0, constant());
    unclaimed.claim = None;
    let error = attacked(&DpAudit::default(), &unclaimed, 8).unwrap_err();
    assert!(matches!(error, Error::NotApplicable(_)));
    let mut nothing = claiming(1.0, constant());
    nothing.generator = None;
    assert!(attacked(&DpAudit::default(), &nothing, 8).unwrap().is_empty());
    let late = DpAudit { seconds: 0.001, ..DpAudit::default() };
    std::thread::sleep(std::time::Duration::from_millis(2));
    assert!(attacked(&late, &claiming(1.0, constant()), 8).is_err());
    for wrong in [
        DpAudit { canaries: 9, ..DpAudit::default() },
        DpAudit { runs: 0, ..DpAudit::default() },
        DpAudit { guesses_in: 0, guesses_out: 0, ..DpAudit::default() },
        DpAudit { queries: 1, ..DpAudit::default() },
    ] {
        let error = attacked(&wrong, &claiming(1.0, constant()), 8).unwrap_err();
        assert!(error.to_string().contains("[attack.dp-audit]"), "{error}");
    }
}

/// A generator that is told no ε cannot be asked for half its noise: nothing is cleared, and a caveat says so.
#[test]
fn a_generator_that_is_told_no_epsilon_is_not_cleared() {
    let mut audit = claiming(1.0, constant());
    let Some(Generator { method: Method::Function(function), .. }) = &mut audit.generator else {
        panic!()
    };
    function.takes_claim = false;
    let facts = attacked(&DpAudit::default(), &audit, 9).unwrap();
    assert_eq!(limits(&facts).1, None);
    assert!(facts[0].caveats.iter().any(|caveat| caveat.contains("{epsilon}")));
}

/// The ε that half the noise has: 2ε for Laplace; for Gaussian noise that of 4ρ, 2.15 at (1, 1e−5).
#[test]
fn half_the_noise_by_hand() {
    let at = |epsilon, delta| half_noise(Claim { epsilon, delta }).unwrap().epsilon;
    assert!((at(1.0, 0.0) - 2.0).abs() < 1e-12);
    let rho = 4.0 * 0.030_556_595_2;
    assert!((at(1.0, 1e-5) - concentrated_epsilon(rho, 1e-5).unwrap()).abs() < 1e-7);
    assert!((at(1.0, 1e-5) - 2.15).abs() < 0.02, "{}", at(1.0, 1e-5));
}

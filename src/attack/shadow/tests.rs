//! Null, leak and failing generators, through the whole attack with few runs.

use rand::RngExt;

use super::*;
use crate::audit::testing::{audit, difference};
use crate::synth::{External, Method};

const SCHEMA: &str = "[columns.x]\nkind = 'continuous'\nlower = 0\nupper = 100\nstep = 0.01\n\
                      [columns.k]\nkind = 'integer'\nlower = 0\nupper = 3\nstep = 1\n\
                      [columns.c]\nkind = 'categorical'\n";

/// Coarse columns: no value is one person's own.
const COARSE: &str = "[columns.a]\nkind = 'categorical'\n[columns.b]\nkind = 'categorical'\n\
                      [columns.k]\nkind = 'integer'\nlower = 0\nupper = 3\nstep = 1\n";

fn few() -> Shadow {
    Shadow { targets: 2, training: 60, validation: 30, test: 60, queries: 60, ..Shadow::default() }
}

fn csv(
    header: &str,
    rows: usize,
    line: impl Fn(&mut rand_chacha::ChaCha12Rng) -> String,
) -> String {
    let mut rng = Seed::new(rows as u64).rng();
    (0..rows).fold(format!("{header}\n"), |text, _| text + &line(&mut rng) + "\n")
}

fn fine(rows: usize) -> String {
    csv("x,k,c", rows, |rng| {
        let x = f64::from(rng.random_range(0..10_000_u32)) / 100.0;
        format!("{x},{},{}", rng.random_range(0..4), ["a", "b", "c"][rng.random_range(0..3)])
    })
}

fn coarse(rows: usize) -> String {
    let level = |rng: &mut rand_chacha::ChaCha12Rng| ["u", "v", "w"][rng.random_range(0..3)];
    csv("a,b,k", rows, |rng| format!("{},{},{}", level(rng), level(rng), rng.random_range(0..4)))
}

fn with(generator: &str, schema: &str, table: &str) -> Audit {
    let mut audit = audit(schema, table, None, table);
    audit.generator = Some(Generator::parse(generator).unwrap());
    audit
}

fn attacked(attack: &Shadow, audit: &Audit) -> Result<Vec<Evidence>> {
    attack.run(audit, Seed::new(0), &Progress::new(&|_| {}))
}

fn area(facts: &[Evidence]) -> (f64, f64) {
    match facts.iter().find(|fact| fact.metric == "shadow.auroc").map(|fact| &fact.measure) {
        Some(&Measure::Normal { value, standard_error, .. }) => (value, standard_error),
        other => panic!("{other:?}"),
    }
}

/// Every training row and then every one again: whoever is in, is in the release.
const COPY: &str = "sh -c 'i=0; head -n 1 $0 > $1; while [ $i -lt 2 ]; do tail -n +2 $0 >> $1; i=$((i+1)); done' \
                    {train} {synthetic}";

/// Independent marginals of columns without a rare value: one person in four hundred and fifty moves a
/// share by less than chance does. The area is within 3.3 errors of ½, and the arms are no further apart.
#[test]
fn null_independent_marginals_of_coarse_columns_tell_nothing() {
    let facts = attacked(&few(), &with("builtin:independent", COARSE, &coarse(900))).unwrap();
    let (value, error) = area(&facts);
    assert!((value - 0.5).abs() < 3.3 * error, "{value} ± {error}");
    let ((inside, m), (outside, n)) = difference(&facts, "shadow.advantage");
    assert_eq!((m, n), (30, 30));
    let (p, q) = (inside as f64 / m as f64, outside as f64 / n as f64);
    assert!((p - q).abs() < 3.3 * (0.5_f64 / 30.0).sqrt(), "{p} {q}");
}

/// A generator that releases its training rows gives its members away.
#[test]
fn leak_a_generator_that_copies_is_seen() {
    let facts = attacked(&few(), &with(COPY, SCHEMA, &fine(200))).unwrap();
    let (value, _) = area(&facts);
    assert!(value > 0.95, "{value}");
    let ((inside, m), (outside, n)) = difference(&facts, "shadow.advantage");
    assert!(inside * 10 > 9 * m && outside * 10 < n, "{inside}/{m} {outside}/{n}");
    assert!(facts[0].caveats.iter().any(|caveat| caveat.contains("no seed")));
}

/// A plant is seen in the very tables made, so that finding nothing there says something.
#[test]
fn plants_are_seen_in_tables_that_leak_nothing() {
    let facts = attacked(&few(), &with("builtin:independent", SCHEMA, &fine(300))).unwrap();
    let control = &facts[0].positive_control;
    let cells: Vec<&str> = control.iter().map(|planting| planting.cell.as_str()).collect();
    let expected =
        ["verbatim/uniform", "verbatim/outlier", "one-numeric/uniform", "one-numeric/outlier"];
    assert_eq!(cells, expected);
    for planting in control {
        assert_eq!(planting.of, 60, "two targets, thirty test runs each");
    }
    assert!(control[0].detected * 2 > control[0].of, "{control:?}");
}

/// Kept runs give the same numbers without the generator: it fails from the second time on.
#[test]
fn finished_runs_are_not_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let state = crate::synth::State::open(&folder.path().join("state")).unwrap();
    let flag = folder.path().join("done");
    let line = format!(
        "sh -c 'test ! -e {} && cat $0 $0 | grep -v x,k > $1.rows; (head -n 1 $0; cat $1.rows) > $1; test ! -e {}' {{train}} {{synthetic}}",
        flag.display(),
        flag.display()
    );
    let mut audit = with(&line, SCHEMA, &fine(150));
    audit.generator.as_mut().unwrap().state = Some(state);
    let attack = Shadow { training: 40, validation: 20, test: 20, ..few() };
    let first = attacked(&attack, &audit).unwrap();
    std::fs::write(&flag, "").unwrap();
    assert_eq!(first, attacked(&attack, &audit).unwrap());
    // Another seed is another experiment.
    let other = attack.run(&audit, Seed::new(1), &Progress::new(&|_| {}));
    assert!(matches!(other, Err(Error::Generator(_))));
    let Some(Generator { method: Method::Command(command), .. }) = &audit.generator else {
        panic!("a command")
    };
    assert_ne!(command, &External::parse(COPY).unwrap());
}

#[test]
fn failing_generators_give_an_error_and_no_generator_gives_nothing() {
    for (line, words) in [
        ("false {train} {synthetic}", "exit code 1"),
        ("true {train} {synthetic}", "wrote no table"),
        ("sh -c 'head -n 3 $0 > $1' {train} {synthetic}", "too few rows"),
    ] {
        let error = attacked(&few(), &with(line, SCHEMA, &fine(150))).unwrap_err().to_string();
        assert!(error.contains(words), "{line}: {error}");
    }
    let table = fine(150);
    assert!(attacked(&few(), &audit(SCHEMA, &table, None, &table)).unwrap().is_empty());
    let small = fine(60);
    let small = with("builtin:independent", SCHEMA, &small);
    assert!(attacked(&few(), &small).unwrap_err().to_string().contains("100 persons"));
    let out_of_time = Shadow { seconds: 0.001, ..few() };
    let error = attacked(&out_of_time, &with("builtin:independent", SCHEMA, &table)).unwrap_err();
    assert!(error.to_string().contains("time for all runs"), "{error}");
}

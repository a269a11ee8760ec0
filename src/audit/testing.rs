//! Audits from inline text, for unit tests.

use std::io::Write;

use super::{Audit, Progress};
use crate::attack::Attack;
use crate::evidence::{Count, Evidence, Measure};
use crate::random::Seed;
use crate::table::{Sample, Schema, Table, read_raw, type_table};

/// A table from CSV text.
pub(crate) fn table(csv: &str, sample: Sample, schema: &Schema) -> Table {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(csv.as_bytes()).unwrap();
    type_table(&read_raw(file.path()).unwrap(), sample, schema).unwrap()
}

/// An audit from CSV texts under a schema text. The release may lack columns, as one that is handed over may and
/// one that is read from a file may not.
pub(crate) fn audit(schema: &str, train: &str, holdout: Option<&str>, synthetic: &str) -> Audit {
    let schema = Schema::parse(schema, "schema.toml").unwrap();
    let train = table(train, Sample::Train, &schema);
    let holdout = holdout.map(|csv| table(csv, Sample::Holdout, &schema));
    let mut held = schema.clone();
    let header: Vec<&str> = synthetic.lines().next().unwrap_or_default().split(',').collect();
    held.columns.retain(|(name, _)| header.contains(&name.as_str()));
    let synthetic = table(synthetic, Sample::Synthetic, &held);
    Audit::new(schema, train, holdout, synthetic, 0).unwrap()
}

/// Runs an attack with seed 0 and no progress.
pub(crate) fn run(attack: &dyn Attack, audit: &Audit) -> Vec<Evidence> {
    attack.run(audit, Seed::new(0), &Progress::new(&|_| {})).unwrap()
}

/// The (hits, trials) of a metric's rate.
pub(crate) fn rate(facts: &[Evidence], metric: &str) -> (f64, u64) {
    match facts.iter().find(|fact| fact.metric == metric).map(|fact| &fact.measure) {
        Some(&Measure::Rate { successes, trials, .. }) => (successes, trials),
        other => panic!("{metric}: {other:?}"),
    }
}

/// The (treated, control) counts of a metric's difference.
pub(crate) fn difference(facts: &[Evidence], metric: &str) -> ((u64, u64), (u64, u64)) {
    let pair = |count: Count| (count.successes, count.trials);
    match facts.iter().find(|fact| fact.metric == metric).map(|fact| &fact.measure) {
        Some(&Measure::Difference { treated, control, .. }) => (pair(treated), pair(control)),
        other => panic!("{metric}: {other:?}"),
    }
}

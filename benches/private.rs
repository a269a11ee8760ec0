//! Synthesizers under a budget on tables of 14 columns: `cargo bench --bench private`.
//!
//! Wall clock; one thread (`RAYON_NUM_THREADS=1`) makes it CPU time. Half of the columns follow the one
//! before, so that there is something to find. `examples/synth_quality.rs` tells how faithful they are.

#![expect(clippy::unwrap_used, reason = "a bench may stop at the first surprise")]

use std::time::{Duration, Instant};

use divan::Bencher;
use dosimeter::random::Seed;
use dosimeter::synth::{Budget, Generator};
use dosimeter::table::{Column, ColumnKind, ColumnSchema, Sample, Schema, Table, Values};
use rand::RngExt;

/// Levels of the columns, in the manner of a census.
const SIZES: [u32; 14] = [85, 9, 100, 16, 7, 15, 6, 5, 2, 100, 100, 99, 42, 2];

fn main() {
    divan::main();
}

fn problem(rows: usize) -> (Schema, Table) {
    let mut rng = Seed::new(rows as u64).rng();
    let mut columns: Vec<Column> = Vec::new();
    for (place, size) in SIZES.into_iter().enumerate() {
        let mut draw = || f64::from((f64::from(size) * rng.random::<f64>().powi(3)) as u32);
        let mut values: Vec<f64> = (0..rows).map(|_| draw()).collect();
        if let (1, Some(Values::Numbers(before))) = (place % 2, columns.last().map(|c| &c.values)) {
            for (value, before) in values.iter_mut().zip(before).step_by(2) {
                *value = before % f64::from(size);
            }
        }
        let schema = ColumnSchema {
            lower: Some(0.0),
            upper: Some(f64::from(size - 1)),
            ..ColumnSchema::new(ColumnKind::Integer)
        };
        let name = format!("c{place}");
        let values = Values::Numbers(values);
        columns.push(Column { name, schema, values, raw_range: None, uncoded: None });
    }
    let schema = Schema {
        reviewed_by: String::new(),
        missing: Vec::new(),
        columns: columns.iter().map(|c| (c.name.clone(), c.schema.clone())).collect(),
        constraints: Vec::new(),
        linkability: None,
    };
    (schema, Table { sample: Sample::Train, columns, rows })
}

fn run(bencher: Bencher<'_, '_>, method: &str, rows: usize) {
    let (schema, real) = problem(rows);
    let generator = Generator::parse(&format!("builtin:{method} delta=1e-9")).unwrap();
    let far = Instant::now() + Duration::from_secs(36_000);
    let budget = Budget { run: Duration::from_secs(36_000), until: far };
    bencher.bench_local(|| generator.make(&real, &schema, rows, Seed::new(0), budget).unwrap());
}

#[divan::bench(args = [5_000, 50_000], sample_count = 3, sample_size = 1)]
fn mst(bencher: Bencher<'_, '_>, rows: usize) {
    run(bencher, "mst epsilon=1", rows);
}

#[divan::bench(args = [50_000], sample_count = 1, sample_size = 1)]
fn aim(bencher: Bencher<'_, '_>, rows: usize) {
    run(bencher, "aim epsilon=1", rows);
}

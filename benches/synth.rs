//! How long synthesizers take to fit and to draw, by rows: `cargo bench --bench synth`.
//!
//! A generated table of eight columns, as many rows drawn as fitted. Times are wall clock; one thread
//! (`RAYON_NUM_THREADS=1`) makes them CPU time. `examples/synth_quality.rs` prints time beside quality on a
//! table of one's own.

#![expect(clippy::unwrap_used, reason = "a bench may stop at the first surprise")]

use std::fmt::Write as _;
use std::io::Write as _;

use divan::Bencher;
use dosimeter::random::Seed;
use dosimeter::synth::dp::Accountant;
use dosimeter::synth::{Fitted, Request, fit, synthesizer};
use dosimeter::table::{Sample, Schema, Table, read_tables};
use rand::RngExt;

const SCHEMA: &str = "[columns.age]\nkind = 'integer'\nlower = 0\nupper = 90\n\
    [columns.sex]\nkind = 'categorical'\n[columns.region]\nkind = 'categorical'\n\
    [columns.income]\nkind = 'continuous'\n[columns.dose]\nkind = 'continuous'\n\
    [columns.visits]\nkind = 'integer'\n[columns.smoker]\nkind = 'boolean'\n\
    [columns.ward]\nkind = 'categorical'\n";

const METHODS: [&str; 2] = ["cart", "copula"];

const ROWS: [usize; 2] = [4_000, 40_000];

fn main() {
    divan::main();
}

/// `rows` generated persons, in whom most things follow age.
fn generated(rows: usize, schema: &Schema) -> Table {
    let mut rng = Seed::new(0).rng();
    let mut below = |n: u32| rng.random_range(0..n);
    let mut text = String::from("age,sex,region,income,dose,visits,smoker,ward\n");
    for _ in 0..rows {
        let age = 18 + below(40) + below(32);
        writeln!(
            text,
            "{age},{},r{},{}.{:02},{}.{},{},{},w{}",
            ["F", "M"][below(2) as usize],
            below(17),
            age * 300 + below(20_000),
            below(100),
            below(age),
            below(10),
            below(age / 8),
            ["yes", "no"][usize::from(below(100) > age)],
            below(age)
        )
        .unwrap();
    }
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    read_tables(&[(Sample::Train, file.path())], schema).unwrap().remove(0)
}

fn fitted(method: &str, real: &Table, schema: &Schema) -> Fitted {
    let method = synthesizer(method).unwrap().method(toml::Table::new()).unwrap();
    fit(&*method, real, schema, &mut Accountant::without_budget(), Seed::new(0)).unwrap()
}

#[divan::bench(args = METHODS, consts = ROWS, sample_count = 3, sample_size = 1)]
fn fitting<const ROWS: usize>(bencher: Bencher<'_, '_>, method: &str) {
    let schema = Schema::parse(SCHEMA, "bench").unwrap();
    let real = generated(ROWS, &schema);
    bencher.bench_local(|| fitted(method, &real, &schema));
}

#[divan::bench(args = METHODS, consts = ROWS, sample_count = 3, sample_size = 1)]
fn drawing<const ROWS: usize>(bencher: Bencher<'_, '_>, method: &str) {
    let schema = Schema::parse(SCHEMA, "bench").unwrap();
    let model = fitted(method, &generated(ROWS, &schema), &schema);
    let request = Request { rows: Some(ROWS), ..Request::default() };
    bencher.bench_local(|| model.release(&request, Seed::new(1)).unwrap());
}

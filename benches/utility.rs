//! How long measures over pairs and triples of columns take, by columns and rows: `cargo bench --bench utility`.
//!
//! A generated population, half of the columns numbers (every fourth of these with missing ones) and half categories;
//! train, release and holdout of one size. Times are wall clock; one thread (`RAYON_NUM_THREADS=1`) makes them CPU
//! time. `view` is what all measures share: the samples put into one grid.

#![expect(clippy::unwrap_used, reason = "a bench may stop at the first surprise")]

use std::fmt;

use divan::Bencher;
use dosimeter::Audit;
use dosimeter::audit::Progress;
use dosimeter::random::Seed;
use dosimeter::table::{Column, ColumnKind, ColumnSchema, Sample, Schema, Table, Values};
use dosimeter::utility::{UTILITIES, View};
use rand::RngExt;

const MEASURES: [&str; 3] = ["association", "pairwise", "threeway"];

/// (columns, rows).
const SIZES: [(usize, usize); 4] = [(30, 10_000), (100, 10_000), (300, 10_000), (300, 100_000)];

fn main() {
    divan::main();
}

fn name(place: usize) -> String {
    format!("column{place:03}")
}

fn kind(place: usize) -> ColumnKind {
    if place.is_multiple_of(2) { ColumnKind::Continuous } else { ColumnKind::Categorical }
}

/// The schema of so many columns.
fn schema(columns: usize) -> Schema {
    let column = |place| format!("[columns.{}]\nkind = '{}'\n", name(place), kind(place).name());
    Schema::parse(&(0..columns).map(column).collect::<String>(), "bench").unwrap()
}

/// One column of persons who have a number from 0 to 1 in `common`.
fn values(place: usize, common: &[f64], seed: Seed) -> Values {
    let mut rng = seed.part(&name(place)).rng();
    if kind(place) == ColumnKind::Continuous {
        let number = |common: &f64| {
            let missing = place.is_multiple_of(8) && rng.random_range(0..10) == 0;
            if missing { f64::NAN } else { common + rng.random::<f64>() }
        };
        return Values::Numbers(common.iter().map(number).collect());
    }
    let levels = 2 + place as u32 % 11;
    let code = |common: &f64| {
        let follows = rng.random_range(0..2) == 0;
        if follows { (common * f64::from(levels)) as u32 } else { rng.random_range(0..levels) }
    };
    let codes = common.iter().map(code).collect();
    Values::Labels { codes, levels: (0..levels).map(|l| format!("l{l:02}").into()).collect() }
}

fn table(sample: Sample, columns: usize, rows: usize) -> Table {
    let seed = Seed::new(0).part(&format!("{sample:?}"));
    let mut rng = seed.rng();
    let common: Vec<f64> = (0..rows).map(|_| rng.random()).collect();
    let column = |place| Column {
        name: name(place),
        schema: ColumnSchema::new(kind(place)),
        values: values(place, &common, seed),
        raw_range: (kind(place) == ColumnKind::Continuous).then_some((0.0, 2.0)),
        uncoded: None,
    };
    Table { sample, columns: (0..columns).map(column).collect(), rows }
}

fn audit((columns, rows): (usize, usize)) -> Audit {
    let [train, holdout, released] = [Sample::Train, Sample::Holdout, Sample::Synthetic]
        .map(|sample| table(sample, columns, rows));
    Audit::new(schema(columns), train, Some(holdout), released, 0).unwrap()
}

/// A measure at one size.
#[derive(Clone, Copy)]
struct Case {
    id: &'static str,
    size: (usize, usize),
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} x {}", self.id, self.size.0, self.size.1)
    }
}

fn cases(ids: &[&'static str]) -> Vec<Case> {
    SIZES.into_iter().flat_map(|size| ids.iter().map(move |id| Case { id, size })).collect()
}

#[divan::bench(args = cases(&MEASURES), sample_count = 1, sample_size = 1)]
fn measure(bencher: Bencher<'_, '_>, case: Case) {
    let audit = audit(case.size);
    let view = View::new(&audit);
    let entry = UTILITIES.iter().find(|entry| entry.info.id == case.id).unwrap();
    let measure = entry.measure(toml::Table::new()).unwrap();
    let run = || measure.run(&view, Seed::new(0), &Progress::new(&|_| {})).unwrap();
    bencher.bench_local(run);
}

#[divan::bench(args = cases(&["view"]), sample_count = 1, sample_size = 1)]
fn view(bencher: Bencher<'_, '_>, case: Case) {
    let audit = audit(case.size);
    bencher.bench_local(|| View::new(&audit).features.len());
}

//! How faithful and how fast the synthesizers are, on a table of your own:
//!
//! ```sh
//! cargo run --release --example synth_quality -- REAL.csv SCHEMA.toml 5 \
//!     independent 'mst epsilon=1 delta=1e-9' 'aim epsilon=1 delta=1e-9' 'aim epsilon=10 delta=1e-9'
//! ```
//!
//! The third argument is the number of seeds; then follow methods with their parameters, as in
//! `--generator builtin:…`. For each it prints the mean over all columns of the total variation distance (TVD)
//! between real and made marginals, the mean over all pairs of columns, the median and largest S_pMSE of the
//! pairs (1 is perfect, below 3 good, 10 the most that is usable), and the time to fit and to draw as many rows as
//! are real. Numbers are compared in up to 100 classes of equal width. A row of `(real)` compares two halves of the
//! real table: what chance alone does to half as many rows.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for a terminal")]

use std::path::Path;
use std::time::{Duration, Instant};

use dosimeter::random::Seed;
use dosimeter::stats::standardized_pmse;
use dosimeter::synth::{Budget, Generator};
use dosimeter::table::{MISSING, Sample, Schema, Table, Values, read_tables};
use rand::seq::SliceRandom;

/// Classes of a number.
const CLASSES: usize = 100;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [real, schema, seeds, methods @ ..] = arguments.as_slice() else {
        println!("usage: synth_quality REAL SCHEMA SEEDS METHOD…");
        return;
    };
    let schema = Schema::parse(&std::fs::read_to_string(schema).unwrap(), schema).unwrap();
    let tables = read_tables(&[(Sample::Train, Path::new(real))], &schema).unwrap();
    let (real, seeds) = (&tables[0], seeds.parse::<u64>().unwrap());
    println!("{} rows, {} columns, {seeds} seeds", real.rows, real.columns.len());
    println!(
        "{:44} {:>8} {:>8} {:>9} {:>9} {:>8}",
        "method", "1-way", "2-way", "S_pMSE", "largest", "seconds"
    );
    halves(real);
    for method in methods {
        let generator = Generator::parse(&format!("builtin:{method}")).unwrap();
        let runs: Vec<Quality> = (0..seeds)
            .map(|seed| {
                let far = Instant::now() + Duration::from_secs(36_000);
                let budget = Budget { run: Duration::from_secs(36_000), until: far };
                let start = Instant::now();
                let made =
                    generator.make(real, &schema, real.rows, Seed::new(seed), budget).unwrap();
                Quality { seconds: start.elapsed().as_secs_f64(), ..Quality::of(real, &made) }
            })
            .collect();
        Quality::mean(&runs).print(method);
        let spread = |of: fn(&Quality) -> f64| {
            let all = runs.iter().map(of);
            (all.clone().fold(f64::INFINITY, f64::min), all.fold(0.0, f64::max))
        };
        let (low, high) = spread(|run| run.two_way);
        println!("{:44} {:>8} {low:.4} to {high:.4}", "", "");
    }
}

/// How near a made table is to the real one.
struct Quality {
    one_way: f64,
    two_way: f64,
    median: f64,
    largest: f64,
    seconds: f64,
}

impl Quality {
    fn of(real: &Table, made: &Table) -> Self {
        let columns = real.columns.iter().filter(|column| column.schema.compared());
        let coded: Vec<(Vec<usize>, Vec<usize>, usize)> = columns
            .filter_map(|column| Some(classes(&column.values, &made.column(&column.name)?.values)))
            .collect();
        let one_way = coded
            .iter()
            .map(|(left, right, size)| distance(&counts(left, *size), &counts(right, *size)));
        let one_way = mean(&one_way.collect::<Vec<_>>());
        let (mut distances, mut scores) = (Vec::new(), Vec::new());
        for (first, one) in coded.iter().enumerate() {
            for two in &coded[first + 1..] {
                let joint = |a: &[usize], b: &[usize]| -> Vec<u64> {
                    let cells: Vec<usize> = a.iter().zip(b).map(|(a, b)| a * two.2 + b).collect();
                    counts(&cells, one.2 * two.2)
                };
                let (left, right) = (joint(&one.0, &two.0), joint(&one.1, &two.1));
                distances.push(distance(&left, &right));
                scores.extend(standardized_pmse(&left, &right));
            }
        }
        scores.sort_by(f64::total_cmp);
        let at = |place: usize| scores.get(place).copied().unwrap_or(f64::NAN);
        Self {
            one_way,
            two_way: mean(&distances),
            median: at(scores.len() / 2),
            largest: at(scores.len().saturating_sub(1)),
            seconds: 0.0,
        }
    }

    fn mean(runs: &[Self]) -> Self {
        let of = |part: fn(&Self) -> f64| mean(&runs.iter().map(part).collect::<Vec<_>>());
        Self {
            one_way: of(|run| run.one_way),
            two_way: of(|run| run.two_way),
            median: of(|run| run.median),
            largest: of(|run| run.largest),
            seconds: of(|run| run.seconds),
        }
    }

    fn print(&self, method: &str) {
        let Self { one_way, two_way, median, largest, seconds } = self;
        println!(
            "{method:44} {one_way:>8.4} {two_way:>8.4} {median:>9.2} {largest:>9.1} {seconds:>8.2}"
        );
    }
}

/// Two random halves of the real table.
fn halves(real: &Table) {
    let mut rows: Vec<usize> = (0..real.rows).collect();
    rows.shuffle(&mut Seed::new(0).rng());
    let (left, right) = rows.split_at(real.rows / 2);
    let half = |rows: &[usize]| dosimeter::synth::subset(real, rows);
    Quality::of(&half(left), &half(right)).print("(real): one half and the other");
}

/// The classes of both columns' values, and how many there are.
fn classes(left: &Values, right: &Values) -> (Vec<usize>, Vec<usize>, usize) {
    match (left, right) {
        (Values::Numbers(left), Values::Numbers(right)) => numbers(left, right),
        (
            Values::Labels { codes: left, levels },
            Values::Labels { codes: right, levels: others },
        ) => {
            let mut all: Vec<&str> = levels.iter().chain(others).map(|level| &**level).collect();
            all.sort_unstable();
            all.dedup();
            let place = |codes: &[u32], levels: &[Box<str>]| -> Vec<usize> {
                let class = |code: &u32| match *code {
                    MISSING => all.len(),
                    code => all.binary_search(&&*levels[code as usize]).unwrap(),
                };
                codes.iter().map(class).collect()
            };
            (place(left, levels), place(right, others), all.len() + 1)
        }
        _ => panic!("both tables were read under one schema"),
    }
}

/// Numbers that are few are classes of their own.
fn numbers(left: &[f64], right: &[f64]) -> (Vec<usize>, Vec<usize>, usize) {
    let mut all: Vec<f64> = left.iter().chain(right).copied().filter(|x| !x.is_nan()).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    let (low, high) = (all.first().copied().unwrap_or(0.0), all.last().copied().unwrap_or(0.0));
    let width = ((high - low) / CLASSES as f64).max(f64::MIN_POSITIVE);
    let class = |x: &f64| match all.len() {
        _ if x.is_nan() => CLASSES,
        few if few <= CLASSES => all.partition_point(|known| known < x),
        _ => (((x - low) / width) as usize).min(CLASSES - 1),
    };
    let place = |numbers: &[f64]| numbers.iter().map(class).collect();
    (place(left), place(right), CLASSES + 1)
}

fn counts(classes: &[usize], size: usize) -> Vec<u64> {
    let mut counts = vec![0; size];
    classes.iter().for_each(|&class| counts[class] += 1);
    counts
}

/// Total variation distance: half the sum of all differences of shares.
fn distance(left: &[u64], right: &[u64]) -> f64 {
    let total = |counts: &[u64]| counts.iter().sum::<u64>().max(1) as f64;
    let (n, m) = (total(left), total(right));
    left.iter().zip(right).map(|(&a, &b)| (a as f64 / n - b as f64 / m).abs()).sum::<f64>() / 2.0
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

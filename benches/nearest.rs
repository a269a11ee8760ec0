//! Exact nearest neighbours by number of rows, each table searched by another of the same size.
//!
//! `cargo bench --bench nearest`

use divan::Bencher;
use divan::counter::ItemsCount;
use dosimeter::encode::{Coded, Codes};
use dosimeter::nearest::{Index, Points, euclidean};
use dosimeter::random::Seed;
use rand::RngExt;

/// Levels of the category columns.
const LEVELS: [u32; 6] = [2, 5, 7, 9, 16, 42];

fn main() {
    divan::main();
}

/// Three numbers and six categories that hang together through one trait of a person.
fn mixed(rows: usize, seed: u64) -> (Coded, Vec<Option<f64>>) {
    let mut rng = Seed::new(seed).part("bench").rng();
    let traits: Vec<f64> = (0..rows).map(|_| rng.random::<f64>()).collect();
    let mut near = |x: f64| if rng.random::<f64>() < 0.7 { x } else { rng.random() };
    let numbers: Vec<Codes> =
        (0..3).map(|_| Codes::Number(traits.iter().map(|&x| near(x)).collect())).collect();
    let category = |&levels: &u32| {
        let code = |&x: &f64| (near(x).powi(2) * f64::from(levels)) as u32;
        Codes::Category(traits.iter().map(code).collect())
    };
    let categories: Vec<Codes> = LEVELS.iter().map(category).collect();
    let scales = [vec![Some(1.0); 3], vec![None; LEVELS.len()]].concat();
    (Coded { rows, columns: numbers.into_iter().chain(categories).collect() }, scales)
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 5)]
fn build(bencher: Bencher<'_, '_>, rows: usize) {
    let (table, scales) = mixed(rows, 1);
    bencher.counter(ItemsCount::new(rows)).bench(|| Index::build(&table, &scales));
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 5)]
fn search(bencher: Bencher<'_, '_>, rows: usize) {
    let (table, scales) = mixed(rows, 1);
    let (queries, _) = mixed(rows, 2);
    let index = Index::build(&table, &scales);
    bencher.counter(ItemsCount::new(rows)).bench(|| index.nearest(&queries, 2, |_, _| false));
}

#[divan::bench(args = [1_000, 10_000, 100_000], consts = [2, 4, 8], sample_count = 3)]
fn points<const D: usize>(bencher: Bencher<'_, '_>, rows: usize) {
    let mut rng = Seed::new(1).part("bench").rng();
    let mut some = || Points::new((0..rows * D).map(|_| rng.random()).collect(), D);
    let (Some(points), Some(queries)) = (some(), some()) else { return };
    bencher.counter(ItemsCount::new(rows)).bench(|| euclidean(&queries, &points, 5, |_, _| false));
}

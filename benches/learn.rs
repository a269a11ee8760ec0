//! Learners by number of rows, with smartcore's forest on the same rows as the baseline:
//! `cargo bench --bench learn`.
//!
//! 30 columns of numbers and a label that depends on four of them, both forests of 100 trees. Times
//! are wall clock; one thread (`RAYON_NUM_THREADS=1`) makes them CPU time.

#![expect(clippy::unwrap_used, reason = "a bench may stop at the first surprise")]

use divan::Bencher;
use dosimeter::encode::design::Design;
use dosimeter::encode::{Coded, Codes};
use dosimeter::learn::{
    Bins, Boosting, BoostingParameters, Forest, ForestParameters, Logistic, Whitening,
};
use dosimeter::random::Seed;
use rand::RngExt;
use smartcore::ensemble::random_forest_classifier::{
    RandomForestClassifier, RandomForestClassifierParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;

const COLUMNS: usize = 30;
const TREES: usize = 100;

fn main() {
    divan::main();
}

/// Rows and labels.
fn problem(rows: usize) -> (Coded, Vec<u32>) {
    let mut rng = Seed::new(rows as u64).rng();
    let mut column = || (0..rows).map(|_| rng.random::<f64>()).collect::<Vec<f64>>();
    let columns: Vec<Vec<f64>> = (0..COLUMNS).map(|_| column()).collect();
    let noise = column();
    let score =
        |i: usize| columns[0][i] + columns[1][i] * columns[2][i] * 2.0 - columns[3][i] - 0.5;
    let labels = (0..rows).map(|i| u32::from(score(i) + noise[i] - 0.5 > 0.0)).collect();
    (Coded { rows, columns: columns.into_iter().map(Codes::Number).collect() }, labels)
}

#[divan::bench(args = [2_000, 5_000, 20_000], sample_count = 3, sample_size = 1)]
fn forest(bencher: Bencher<'_, '_>, rows: usize) {
    let (coded, labels) = problem(rows);
    let chosen: Vec<u32> = (0..rows as u32).collect();
    let parameters = ForestParameters { trees: TREES, min_leaf: 1, ..Default::default() };
    bencher.bench_local(|| {
        let binned = Bins::fit(&[&coded]).apply(&coded);
        Forest::classify(&binned, &labels, 2, &chosen, parameters, Seed::new(0)).unwrap()
    });
}

#[divan::bench(args = [2_000, 5_000], sample_count = 1, sample_size = 1)]
fn forest_of_smartcore(bencher: Bencher<'_, '_>, rows: usize) {
    let (coded, labels) = problem(rows);
    let number = |codes: &Codes, row: usize| match codes {
        Codes::Number(values) => values[row],
        Codes::Category(codes) => f64::from(codes[row]),
    };
    let row = |row| coded.columns.iter().map(|codes| number(codes, row)).collect::<Vec<f64>>();
    let matrix = DenseMatrix::from_2d_vec(&(0..rows).map(row).collect::<Vec<_>>()).unwrap();
    bencher.bench_local(|| {
        let parameters = RandomForestClassifierParameters::default().with_n_trees(TREES as u16);
        RandomForestClassifier::fit(&matrix, &labels, parameters).unwrap()
    });
}

#[divan::bench(args = [2_000, 20_000], sample_count = 3, sample_size = 1)]
fn boosting(bencher: Bencher<'_, '_>, rows: usize) {
    let (coded, labels) = problem(rows);
    let labels: Vec<bool> = labels.into_iter().map(|label| label == 1).collect();
    let chosen: Vec<u32> = (0..rows as u32).collect();
    let parameters = BoostingParameters { trees: TREES, ..Default::default() };
    bencher.bench_local(|| {
        let binned = Bins::fit(&[&coded]).apply(&coded);
        Boosting::classify(&binned, &labels, &chosen, parameters, Seed::new(0)).unwrap()
    });
}

#[divan::bench(args = [2_000, 20_000], sample_count = 3, sample_size = 1)]
fn logistic(bencher: Bencher<'_, '_>, rows: usize) {
    let (coded, labels) = problem(rows);
    let labels: Vec<bool> = labels.into_iter().map(|label| label == 1).collect();
    let matrix = Design::fit(&[&coded]).matrix(&coded);
    bencher.bench_local(|| Logistic::fit(&matrix, &labels, 1.0).unwrap());
}

#[divan::bench(args = [2_000, 20_000], sample_count = 3, sample_size = 1)]
fn whitening(bencher: Bencher<'_, '_>, rows: usize) {
    let (coded, _) = problem(rows);
    let matrix = Design::fit(&[&coded]).matrix(&coded);
    bencher.bench_local(|| Whitening::fit(&matrix, 8).unwrap().apply(&matrix));
}

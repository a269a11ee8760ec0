//! Tests of the trees: splits worked by hand, calibration, extremes, other learners, any number of
//! threads.

use rand::RngExt;
use smartcore::ensemble::random_forest_classifier::{
    RandomForestClassifier, RandomForestClassifierParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::neighbors::knn_classifier::{KNNClassifier, KNNClassifierParameters};

use super::target::Target;
use super::tree::Tree;
use super::*;
use crate::encode::{Coded, Codes};
use crate::random::Seed;
use crate::table::MISSING;

const WHOLE: Growth = Growth { depth: 64, min_leaf: 1, columns: None };

fn binned(columns: Vec<Codes>) -> Binned {
    let rows = match &columns[0] {
        Codes::Number(values) => values.len(),
        Codes::Category(codes) => codes.len(),
    };
    let rows = Coded { rows, columns };
    Bins::fit(&[&rows]).apply(&rows)
}

fn tree(rows: &Binned, labels: &[u32], growth: Growth) -> Tree {
    let target = Target::Labels { labels, classes: 2 };
    let chosen = (0..rows.rows as u32).collect();
    Tree::grow(rows, chosen, &target, growth, &mut Seed::new(0).rng())
}

fn values(tree: &Tree, rows: &Binned) -> Vec<f64> {
    (0..rows.rows).map(|row| *tree.value(tree.leaf(rows, row)).last().unwrap()).collect()
}

fn close(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12), "{a:?} {b:?}");
}

/// x = 1..6, classes 0 0 1 0 1 1. Σc²/n of the root: (9 + 9)/6 = 3. Cut after 1: 1 + (4 + 9)/5 = 3.6;
/// after 2: 2 + (1 + 9)/4 = 4.5; after 3: 5/3 + 5/3; after 4: 10/4 + 2 = 4.5. The first of the equals
/// wins: {1, 2} with share 0, the rest with share 3/4; the gain is 1.5.
#[test]
fn numbers_hand_worked() {
    let rows = binned(vec![Codes::Number((1..=6).map(f64::from).collect())]);
    let tree = tree(&rows, &[0, 0, 1, 0, 1, 1], Growth { depth: 1, ..WHOLE });
    close(&values(&tree, &rows), &[0.0, 0.0, 0.75, 0.75, 0.75, 0.75]);
    assert!((tree.gains[0] - 1.5).abs() < 1e-12);
}

/// Levels 0, 1, 2, 3 with class shares 0, 1, 0, 1: one split into {0, 2} and {1, 3} is pure, which no
/// cut of an order of codes is.
#[test]
fn categories_split_into_any_two_subsets() {
    let rows = binned(vec![Codes::Category(vec![0, 1, 2, 3, 0, 1, 2, 3])]);
    let tree = tree(&rows, &[0, 1, 0, 1, 0, 1, 0, 1], Growth { depth: 1, ..WHOLE });
    close(&values(&tree, &rows), &[0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
}

/// Missing belongs with the high numbers here: 1 2 are class 0, 8 9 and missing are class 1.
#[test]
fn missing_numbers_go_to_the_side_that_fits() {
    let numbers = vec![1.0, 2.0, 8.0, 9.0, f64::NAN, f64::NAN];
    let rows = binned(vec![Codes::Number(numbers)]);
    let high = tree(&rows, &[0, 0, 1, 1, 1, 1], Growth { depth: 1, ..WHOLE });
    close(&values(&high, &rows), &[0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    let low = tree(&rows, &[0, 0, 1, 1, 0, 0], Growth { depth: 1, ..WHOLE });
    close(&values(&low, &rows), &[0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    let alone = tree(&rows, &[0, 0, 0, 0, 1, 1], Growth { depth: 1, ..WHOLE });
    close(&values(&alone, &rows), &[0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
}

/// y = 1 2 9 10 over x = 1..4, mean 5.5: residuals −4.5 −3.5 3.5 4.5, and the cut in the middle gains
/// (8² + 8²)/2 = 64. Leaves 1.5 and 9.5.
#[test]
fn regression_hand_worked() {
    let rows = binned(vec![Codes::Number((1..=4).map(f64::from).collect())]);
    let parameters =
        ForestParameters { trees: 1, depth: 1, min_leaf: 1, columns: None, share: 1.0 };
    let chosen: Vec<u32> = (0..4).collect();
    let y = [1.0, 2.0, 9.0, 10.0];
    let forest = Forest::regress(&rows, &y, &chosen, parameters, Seed::new(0)).unwrap();
    close(&forest.predict(&rows, &chosen).values, &[1.5, 1.5, 9.5, 9.5]);
    assert_eq!(forest.leaves(&rows), [[1, 1, 0, 0]]);
}

/// Two rows of each label on either side of a cut, f = 0: residuals ±1/2, curvature 1/4 a row. A leaf of
/// two rows is (2 · 1/2)/(2 · 1/4 + λ) = 1/(0.5 + 1) = 2/3, so p = 1/(1 + e^{−2/3}) after one tree.
#[test]
fn boosting_hand_worked() {
    let rows = binned(vec![Codes::Number(vec![1.0, 2.0, 3.0, 4.0])]);
    let parameters = BoostingParameters {
        trees: 1,
        depth: 1,
        min_leaf: 1,
        rate: 1.0,
        ridge: 1.0,
        columns: None,
    };
    let chosen: Vec<u32> = (0..4).collect();
    let labels = [false, false, true, true];
    let model = Boosting::classify(&rows, &labels, &chosen, parameters, Seed::new(0)).unwrap();
    let p = 1.0 / (1.0 + (-2.0_f64 / 3.0).exp());
    close(&model.predict(&rows, &chosen), &[1.0 - p, 1.0 - p, p, p]);
}

/// Numbers in `width` columns, a category, and a class that depends on three of the columns.
fn problem(n: usize, width: usize, seed: u64) -> (Coded, Vec<u32>, Vec<f64>) {
    let mut rng = Seed::new(seed).rng();
    let mut columns: Vec<Vec<f64>> =
        (0..width).map(|_| (0..n).map(|_| rng.random::<f64>() * 2.0 - 1.0).collect()).collect();
    let levels: Vec<u32> = (0..n).map(|_| rng.random_range(0..6)).collect();
    let score = |i: usize| {
        let bump = if levels[i].is_multiple_of(2) { 1.0 } else { -1.0 };
        3.0 * columns[0][i] + 4.0 * columns[1][i] * columns[2][i] + bump
    };
    let p: Vec<f64> = (0..n).map(|i| 1.0 / (1.0 + (-score(i)).exp())).collect();
    let labels = p.iter().map(|&p| u32::from(rng.random::<f64>() < p)).collect();
    for i in (0..n).step_by(50) {
        columns[width - 1][i] = f64::NAN;
    }
    let mut coded: Vec<Codes> = columns.into_iter().map(Codes::Number).collect();
    coded.push(Codes::Category(levels));
    (Coded { rows: n, columns: coded }, labels, p)
}

/// Nothing but noise may be left between predicted and true probabilities, bin by bin.
fn assert_calibrated(predicted: &[f64], truth: &[f64], tolerance: f64) {
    for decile in 0..10 {
        let inside = |p: f64| (p * 10.0) as i32 == decile;
        let (mut count, mut sums) = (0.0, (0.0, 0.0));
        for (&p, &q) in predicted.iter().zip(truth).filter(|(p, _)| inside(**p)) {
            count += 1.0;
            sums = (sums.0 + p, sums.1 + q);
        }
        if count >= 200.0 {
            let off = (sums.0 - sums.1) / count;
            assert!(off.abs() < tolerance, "decile {decile}: {off} over {count}");
        }
    }
}

#[test]
fn probabilities_are_calibrated_on_unseen_rows() {
    let (coded, labels, truth) = problem(12_000, 6, 1);
    let rows = Bins::fit(&[&coded]).apply(&coded);
    let train: Vec<u32> = (0..8000).collect();
    let test: Vec<u32> = (8000..12_000).collect();
    let parameters = ForestParameters { min_leaf: 10, columns: Some(4), ..Default::default() };
    let forest = Forest::classify(&rows, &labels, 2, &train, parameters, Seed::new(0)).unwrap();
    let p: Vec<f64> = forest.predict(&rows, &test).values.chunks(2).map(|p| p[1]).collect();
    assert_calibrated(&p, &truth[8000..], 0.12);
    let yes: Vec<bool> = labels.iter().map(|&y| y == 1).collect();
    let boosted =
        Boosting::classify(&rows, &yes, &train, BoostingParameters::default(), Seed::new(0));
    assert_calibrated(&boosted.unwrap().predict(&rows, &test), &truth[8000..], 0.08);
    let importances = forest.importances();
    assert!((importances.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert!((3..6).all(|noise| importances[noise] < importances[0] / 3.0), "{importances:?}");
}

/// Our trees are no worse than smartcore's forest and its k-NN on rows they have not seen, within
/// twice the binomial error of 2000 rows.
#[test]
fn as_accurate_as_other_learners() {
    let (coded, labels, _) = problem(4000, 6, 2);
    let rows = Bins::fit(&[&coded]).apply(&coded);
    let (train, test): (Vec<u32>, Vec<u32>) = ((0..2000).collect(), (2000..4000).collect());
    let accuracy = |predicted: Vec<u32>| {
        let hits = predicted.iter().zip(&labels[2000..]).filter(|(a, b)| a == b).count();
        hits as f64 / 2000.0
    };
    let forest =
        Forest::classify(&rows, &labels, 2, &train, ForestParameters::default(), Seed::new(0));
    let p = forest.unwrap().predict(&rows, &test);
    let ours = accuracy((0..2000).map(|row| u32::from(p.row(row)[1] > 0.5)).collect());
    let number = |codes: &Codes, row: usize| match codes {
        Codes::Number(values) => {
            if values[row].is_nan() {
                0.0
            } else {
                values[row]
            }
        }
        Codes::Category(codes) => f64::from(codes[row]),
    };
    let part = |range: std::ops::Range<usize>| {
        let row = |row| coded.columns.iter().map(|codes| number(codes, row)).collect::<Vec<f64>>();
        DenseMatrix::from_2d_vec(&range.map(row).collect::<Vec<_>>()).unwrap()
    };
    let (x, y) = (part(0..2000), labels[..2000].to_vec());
    let parameters = RandomForestClassifierParameters::default().with_n_trees(50);
    let theirs = RandomForestClassifier::fit(&x, &y, parameters).unwrap();
    let theirs = accuracy(theirs.predict(&part(2000..4000)).unwrap());
    let parameters = KNNClassifierParameters::default().with_k(15);
    let knn = KNNClassifier::fit(&x, &y, parameters).unwrap();
    let knn = accuracy(knn.predict(&part(2000..4000)).unwrap());
    assert!(ours > theirs - 0.02 && ours > knn - 0.02, "{ours} {theirs} {knn}");
}

#[test]
fn several_classes_are_learned() {
    let n = 3000;
    let mut rng = Seed::new(3).rng();
    let x: Vec<f64> = (0..n).map(|_| rng.random::<f64>() * 4.0).collect();
    let labels: Vec<u32> = x.iter().map(|&x| x as u32).collect();
    let rows = binned(vec![Codes::Number(x)]);
    let chosen: Vec<u32> = (0..n as u32).collect();
    let forest =
        Forest::classify(&rows, &labels, 4, &chosen, ForestParameters::default(), Seed::new(0));
    let p = forest.unwrap().predict(&rows, &chosen);
    let right = (0..n).filter(|&row| p.row(row)[labels[row] as usize] > 0.5).count();
    assert!(right as f64 > 0.98 * n as f64, "{right}");
    let sums = p.values.chunks(4).map(|p| p.iter().sum::<f64>());
    assert!(sums.into_iter().all(|sum| (sum - 1.0).abs() < 1e-9));
}

#[test]
fn nothing_to_learn_from_is_the_mean() {
    let rows = binned(vec![
        Codes::Number(vec![5.0; 300]),
        Codes::Number(vec![f64::NAN; 300]),
        Codes::Category(vec![MISSING; 300]),
    ]);
    let labels: Vec<u32> = (0..300).map(|i| u32::from(i % 3 == 0)).collect();
    let grown = tree(&rows, &labels, WHOLE);
    assert!(values(&grown, &rows).iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-12));
    let chosen: Vec<u32> = (0..300).collect();
    let one = vec![1; 300];
    let forest =
        Forest::classify(&rows, &one, 2, &chosen, ForestParameters::default(), Seed::new(0));
    let forest = forest.unwrap();
    assert!(forest.predict(&rows, &chosen).values.chunks(2).all(|p| (p[1] - 1.0).abs() < 1e-12));
    assert!(forest.importances().iter().all(|x| x.abs() < 1e-12));
    let boosted = Boosting::classify(
        &rows,
        &[true; 300],
        &chosen,
        BoostingParameters::default(),
        Seed::new(0),
    );
    assert!(boosted.is_none());
    let empty = Forest::classify(&rows, &one, 2, &[], ForestParameters::default(), Seed::new(0));
    assert!(empty.is_none());
}

/// 10⁵ categories carry nothing that can be learned from so few rows: no failure, no false gain of
/// note on other rows.
#[test]
fn a_hundred_thousand_categories_are_learned_without_harm() {
    let n = 100_000;
    let mut rng = Seed::new(4).rng();
    let labels: Vec<u32> = (0..n).map(|_| rng.random_range(0..2)).collect();
    let rows = binned(vec![Codes::Category((0..n).collect())]);
    let chosen: Vec<u32> = (0..n).collect();
    let parameters = ForestParameters { trees: 5, ..Default::default() };
    let forest = Forest::classify(&rows, &labels, 2, &chosen, parameters, Seed::new(0)).unwrap();
    let p = forest.predict(&rows, &chosen[50_000..]);
    assert!(p.values.iter().all(|p| (p - 0.5).abs() < 0.05));
}

#[test]
fn min_leaf_and_depth_are_kept() {
    let (coded, labels, _) = problem(2000, 4, 5);
    let rows = Bins::fit(&[&coded]).apply(&coded);
    let grown = tree(&rows, &labels, Growth { depth: 5, min_leaf: 30, columns: None });
    let mut counts = std::collections::BTreeMap::new();
    for row in 0..2000 {
        *counts.entry(grown.leaf(&rows, row)).or_insert(0) += 1;
    }
    assert!(counts.len() <= 32 && counts.len() > 8, "{}", counts.len());
    assert!(counts.values().all(|&count| count >= 30), "{counts:?}");
}

/// The sums that children inherit give the tree that adding up every node gives.
#[test]
fn inherited_sums_give_the_same_tree() {
    let (coded, labels, _) = problem(5000, 6, 6);
    let rows = Bins::fit(&[&coded]).apply(&coded);
    let inherited = tree(&rows, &labels, WHOLE);
    // Asking for one column less than all adds up every node; the added one is constant.
    let mut more = coded.columns;
    more.push(Codes::Number(vec![0.0; 5000]));
    let wider = binned(more);
    let growth = Growth { columns: Some(wider.width() - 1), ..WHOLE };
    let close_by = tree(&wider, &labels, growth);
    let agree = values(&inherited, &rows)
        .iter()
        .zip(values(&close_by, &wider))
        .filter(|(a, b)| (**a - b).abs() < 1e-12)
        .count();
    assert!(agree > 4900, "{agree}");
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let (coded, labels, _) = problem(3000, 5, 7);
    let yes: Vec<bool> = labels.iter().map(|&y| y == 1).collect();
    let chosen: Vec<u32> = (0..3000).collect();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let rows = Bins::fit(&[&coded]).apply(&coded);
            let parameters = ForestParameters { trees: 20, ..Default::default() };
            let seed = Seed::new(0);
            let forest = Forest::classify(&rows, &labels, 2, &chosen, parameters, seed).unwrap();
            let boosted =
                Boosting::classify(&rows, &yes, &chosen, BoostingParameters::default(), seed);
            let mut all = forest.predict(&rows, &chosen).values;
            all.extend(forest.importances());
            all.extend(boosted.unwrap().predict(&rows, &chosen));
            all.into_iter().map(f64::to_bits).collect::<Vec<_>>()
        })
    };
    assert_eq!(run(1), run(4));
}

//! Tests of the distance attack: hand-worked, null, leak, power, invariance.

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::*;
use crate::audit::testing::{audit, run};
use crate::stats::{Confidence, normal_bounds};

const SCHEMA: &str = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                      [columns.x]\nkind = \"continuous\"\nlower = 0\nupper = 100\n\
                      [columns.c]\nkind = \"categorical\"\n";

/// (value, standard error) of a metric.
fn normal(facts: &[Evidence], metric: &str) -> (f64, f64) {
    match facts.iter().find(|fact| fact.metric == metric).map(|fact| &fact.measure) {
        Some(&Measure::Normal { value, standard_error, .. }) => (value, standard_error),
        other => panic!("{metric}: {other:?}"),
    }
}

fn values(facts: &[Evidence], metric: &str) -> Vec<f64> {
    match facts.iter().find(|fact| fact.metric == metric).map(|fact| &fact.measure) {
        Some(Measure::Quantiles { quantiles }) => quantiles.iter().map(|pair| pair[1]).collect(),
        other => panic!("{metric}: {other:?}"),
    }
}

/// Whether the bound at `confidence` breaks a limit of 0, as `judge` reads it.
fn breaks(facts: &[Evidence], metric: &str, confidence: f64) -> bool {
    let (value, error) = normal(facts, metric);
    let confidence = Confidence::new(confidence).unwrap();
    normal_bounds(value, error, [-1.0, 1.0], confidence, confidence).unwrap().lower > 0.0
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9, "{a} is not {b}");
}

/// Persons 1 (two records) and 2 in train, 3 and 4 in the holdout. Scale 100, two columns.
/// (1, a): nearest is (0, a) of person 1 at .01/2 = .005. (50, b): at 0 from person 2 and person 4,
/// half each. (90, b): person 3 at .1/2 = .05, train no nearer than .4/2 = .2. (5, a): both records
/// of person 1 at .025, so that weight 1 falls on person 1. Weights 2, ½, 1, ½: share 2.5/4, by
/// chance 2/4. S² = (1 + ¼ + 0 + ¼)/3 = ½, variance (2/16)(1 − ½)(½) = 1/32.
/// To train: 0, .005, .025, .2. Ratios: .005/.045, 0/.7, .2/.9, .025/.025.
#[test]
fn hand_worked() {
    let train = "id,x,c\n1,0,a\n1,10,a\n2,50,b\n";
    let holdout = "id,x,c\n3,100,b\n4,50,b\n";
    let audit = audit(SCHEMA, train, Some(holdout), "x,c\n1,a\n50,b\n90,b\n5,a\n");
    let facts = run(&Distance::default(), &audit);
    close(normal(&facts, "distance.share").0, 0.125);
    let pool = Pool::new(&audit, &[0, 1]);
    let (cut, near) = pool.whole();
    assert_eq!(cut.weights, [2.0, 0.5, 1.0, 0.5]);
    close(cut.deviation(pool.labels().unwrap()), (1.0_f64 / 32.0).sqrt());
    // A tail has at least ten rows: here, all four.
    close(normal(&facts, "distance.tail-share").0, 0.125);
    // With two columns there is no proper subset of two: all of them are the only one.
    close(normal(&facts, "distance.subset-share").0, 0.125);
    let all_close = |found: &[f64], expected: &[f64]| {
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{a} {b}"));
    };
    all_close(&near.closest, &[0.005, 0.0, 0.05, 0.025]);
    all_close(&near.train, &[0.005, 0.0, 0.2, 0.025]);
    all_close(&near.holdout, &[0.745, 0.0, 0.05, 0.725]);
    all_close(&near.ratio, &[0.005 / 0.045, 0.0, 0.2 / 0.9, 1.0]);
    assert!(!facts.iter().any(|fact| fact.metric == "distance.dcr"), "too few rows to show");
}

/// 30 equal released rows at .1/2 from the nearest of three training records and .3/2 from the second,
/// and at 0 from the holdout; of the holdout's 20 records each is at .05, too.
#[test]
fn distributions_hand_worked() {
    let released = "x,c\n".to_owned() + &"30,a\n".repeat(30);
    let holdout =
        "id,x,c\n".to_owned() + &(10..30).map(|id| format!("{id},30,a\n")).collect::<String>();
    let train = "id,x,c\n1,20,a\n2,60,a\n3,90,b\n";
    let facts = run(&Distance::default(), &audit(SCHEMA, train, Some(&holdout), &released));
    assert_eq!(values(&facts, "distance.dcr"), [0.05; 27]);
    assert_eq!(values(&facts, "distance.dcr-to-holdout"), [0.0; 27]);
    assert_eq!(values(&facts, "distance.dcr-of-holdout"), [0.05; 20]);
    assert_eq!(values(&facts, "distance.nndr"), [0.33; 27]);
    assert_eq!(values(&facts, "distance.nndr-of-holdout"), [0.33; 20]);
}

#[test]
fn degenerate_tables_give_no_nan_and_no_certainty() {
    let constant = "id,x,c\n1,5,a\n2,5,a\n3,5,a\n";
    let other = "id,x,c\n7,5,a\n8,5,a\n";
    let facts = run(&Distance::default(), &audit(SCHEMA, constant, Some(other), "x,c\n5,a\n9,b\n"));
    for metric in ["distance.share", "distance.tail-share", "distance.subset-share"] {
        assert!(!breaks(&facts, metric, 0.5), "all are equally near");
        let (value, error) = normal(&facts, metric);
        close(value, 0.0);
        close(error, 1.0);
    }
    assert!(facts.iter().all(|fact| fact.check().is_ok()));
    assert_eq!(facts.iter().filter(|fact| fact.caveats.len() == 1).count(), 3);
    // Ten rows have the number and no category, (0 + 1)/2, one has both: the mean is 5/11.
    let released = "x,c\n5,a\n".to_owned() + &"5,\n".repeat(10);
    let one = audit(SCHEMA, "id,x,c\n1,5,a\n", None, &released);
    let facts = run(&Distance::default(), &one);
    assert_eq!(facts.len(), 1, "no holdout, no second neighbour: dcr only");
    assert_eq!(values(&facts, "distance.dcr"), [0.45; 3]);
    for weaker in [
        Distance { tails: vec![1.0], ..Distance::default() },
        Distance { splits: 1, ..Distance::default() },
    ] {
        assert!(run(&weaker, &one).iter().all(|fact| fact.caveats.len() == 1));
    }
}

#[test]
fn impossible_parameters_are_errors() {
    let audit = audit(SCHEMA, "id,x,c\n1,5,a\n", None, "x,c\n5,a\n");
    for (tails, permutations) in
        [(vec![], 999), (vec![0.0], 999), (vec![f64::NAN], 999), (vec![1.1], 999), (vec![0.1], 998)]
    {
        let attack = Distance { tails, permutations, ..Distance::default() };
        assert!(attack.run(&audit, Seed::new(0), &Progress::new(&|_| {})).is_err());
    }
    for (splits, subset_permutations) in [(21, 999), (2, 998), (2, 100_000)] {
        let attack = Distance { splits, subset_permutations, ..Distance::default() };
        assert!(attack.run(&audit, Seed::new(0), &Progress::new(&|_| {})).is_err());
    }
}

/// Rows of `width` uniform numbers in steps of 1/1024.
fn uniform(count: usize, width: usize, rng: &mut ChaCha12Rng) -> Vec<Vec<f64>> {
    let row = |_| (0..width).map(|_| f64::from(rng.random_range(0..=1024_u32)) / 1024.0).collect();
    (0..count).map(row).collect()
}

fn csv(rows: &[Vec<f64>]) -> String {
    let header: Vec<String> = (0..rows[0].len()).map(|column| format!("x{column}")).collect();
    let line = |row: &Vec<f64>| row.iter().map(f64::to_string).collect::<Vec<_>>().join(",");
    let lines: Vec<String> =
        std::iter::once(header.join(",")).chain(rows.iter().map(line)).collect();
    lines.join("\n") + "\n"
}

fn schema(width: usize, bounds: &str) -> String {
    (0..width)
        .map(|column| format!("[columns.x{column}]\nkind = \"continuous\"\n{bounds}"))
        .collect()
}

const UNIT: &str = "lower = 0\nupper = 1\n";

fn measured(t: &[Vec<f64>], h: &[Vec<f64>], s: &[Vec<f64>], bounds: &str) -> Vec<Evidence> {
    let audit = audit(&schema(t[0].len(), bounds), &csv(t), Some(&csv(h)), &csv(s));
    run(&Distance { permutations: 999, ..Distance::default() }, &audit)
}

/// Train as release, in reverse, lies on train; the holdout as release only where it ties with train.
#[test]
fn leak() {
    let rows = uniform(800, 4, &mut Seed::new(1).rng());
    let (train, mut holdout) = (rows[..500].to_vec(), rows[500..].to_vec());
    holdout[..30].clone_from_slice(&train[..30]);
    let mut released = train.clone();
    released.reverse();
    let facts = measured(&train, &holdout, &released, UNIT);
    // 470 rows on train alone, 30 shared with the holdout.
    close(normal(&facts, "distance.share").0, 485.0 / 500.0 - 500.0 / 800.0);
    assert!(breaks(&facts, "distance.share", 0.99) && breaks(&facts, "distance.tail-share", 0.99));
    let facts = measured(&train, &holdout, &holdout, UNIT);
    close(normal(&facts, "distance.share").0, 15.0 / 300.0 - 500.0 / 800.0);
    assert!(!breaks(&facts, "distance.share", 0.5) && !breaks(&facts, "distance.tail-share", 0.5));
}

type Change = dyn Fn(&[Vec<f64>]) -> Vec<Vec<f64>>;

/// Row order, column order and an affine change of units with the bounds move nothing. Numbers are
/// dyadic, so that sums are exact in any order.
#[test]
fn invariance() {
    let rows = uniform(1500, 3, &mut Seed::new(2).rng());
    let facts = |change: &Change, bounds: &str| {
        let [t, h, s] = [&rows[..600], &rows[600..900], &rows[900..]].map(change);
        let facts = measured(&t, &h, &s, bounds);
        ["distance.share", "distance.tail-share", "distance.subset-share"]
            .map(|metric| normal(&facts, metric))
    };
    let plain = facts(&<[_]>::to_vec, UNIT);
    let reversed = |rows: &[Vec<f64>]| rows.iter().rev().cloned().collect();
    let turned =
        |rows: &[Vec<f64>]| rows.iter().map(|row| row.iter().rev().copied().collect()).collect();
    let scaled = |rows: &[Vec<f64>]| {
        rows.iter().map(|row| row.iter().map(|x| 8.0 * x + 1024.0).collect()).collect()
    };
    // Columns turned are other columns in a random half, so that the subsets stay out of that.
    for (other, metrics) in [
        (facts(&turned, UNIT), 2),
        (facts(&reversed, UNIT), 3),
        (facts(&scaled, "lower = 1024\nupper = 1032\n"), 3),
    ] {
        for ((a, b), (c, d)) in plain.into_iter().zip(other).take(metrics) {
            close(a, c);
            close(b, d);
        }
    }
}

/// Without bounds the scale is that of the middle 99 %: one extreme record moves nobody else.
#[test]
fn one_extreme_record_moves_the_share_little() {
    let rows = uniform(1800, 5, &mut Seed::new(3).rng());
    let z = |t: &[Vec<f64>], h: &[Vec<f64>]| {
        let (value, error) = normal(&measured(t, h, &rows[1200..], ""), "distance.share");
        value / error
    };
    let (train, holdout) = (&rows[..800], &rows[800..1200]);
    let extreme = |rows: &[Vec<f64>]| [rows, &[vec![1e9; 5]]].concat();
    let plain = z(train, holdout);
    for moved in [z(&extreme(train), holdout), z(train, &extreme(holdout))] {
        assert!((moved - plain).abs() < 1.645, "{plain} {moved}");
    }
}

/// The same real records. (1, a) is nearest to person 1 alone, (50, b) ties persons 2 and 4, (90, b) is
/// nearest to person 3, who is not of train, and (5, a) ties both records of person 1.
#[test]
fn planted_rows_are_laid_at_their_persons_door() {
    let train = "id,x,c\n1,0,a\n1,10,a\n2,50,b\n";
    let holdout = "id,x,c\n3,100,b\n4,50,b\n";
    let audit = audit(SCHEMA, train, Some(holdout), "x,c\n1,a\n50,b\n90,b\n5,a\n");
    let found = Pool::new(&audit, &[0, 1]).planted(&audit.joint().synthetic, &[0, 1, 1, 0]);
    for (found, expected) in found.iter().zip([(0.005, 1.0), (0.0, 0.5), (0.05, 0.0), (0.025, 1.0)])
    {
        close(found.0, expected.0);
        close(found.1, expected.1);
    }
}

/// Verbatim copies are the closest rows there are, and the person's own; of eight numbers one replaced hides a
/// copy from the closest rows over all columns, and not from the tests over some subset without it.
#[test]
fn planted_copies_are_seen_by_the_tests_that_can_see_them() {
    let rows = uniform(2400, 8, &mut Seed::new(4).rng());
    let facts = measured(&rows[..800], &rows[800..1400], &rows[1400..], UNIT);
    let seen = |metric: &str, cell: &str| {
        let fact = facts.iter().find(|fact| fact.metric == metric).unwrap();
        let cell = fact.positive_control.iter().find(|planted| planted.cell == cell).unwrap();
        assert!(cell.of >= 80 && cell.true_value > 0.0);
        cell.detected as f64 / cell.of as f64
    };
    for cell in ["verbatim/uniform", "verbatim/outlier", "one-numeric/uniform"] {
        for metric in ["distance.share", "distance.tail-share", "distance.subset-share"] {
            assert!(seen(metric, cell) > 0.99, "{metric} {cell}");
        }
    }
    let [share, tail, subset] = ["distance.share", "distance.tail-share", "distance.subset-share"]
        .map(|metric| seen(metric, "one-replaced/uniform"));
    assert!(subset > 0.99 && share < subset && tail < share, "{share} {tail} {subset}");
}

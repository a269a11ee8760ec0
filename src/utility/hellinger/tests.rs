//! Distances by hand, what must not change them, what chance gives, and tables with little in them.

use rand::RngExt;

use super::*;
use crate::audit::testing::audit;
use crate::utility::testing::{close, fact, refused, run, value};

const SCHEMA: &str = "[columns.x]\nkind = 'continuous'\n[columns.g]\nkind = 'categorical'\n";
const LABELS: &str = "[columns.g]\nkind = 'categorical'\n";
const METRICS: [&str; 2] = ["hellinger.univariate", "hellinger.multivariate"];

fn halves(first: usize, second: usize) -> String {
    format!("g\n{}{}", "a\n".repeat(first), "b\n".repeat(second))
}

/// ½ and ½ against 0.9 and 0.1: H = tan 18°. Row scores √(q/p)/4H have a variance of 0.2/16H² on both sides: 1.8 · ½ + 0.2 · ½ −
/// 0.8 in train, 5/9 · 0.9 + 5 · 0.1 − 0.8 in the release; over 40 and 100 persons.
#[test]
fn univariate_by_hand() {
    let facts = run(&Hellinger::default(), &audit(LABELS, &halves(20, 20), None, &halves(90, 10)));
    let (distance, error) = value(&facts, METRICS[0]);
    let squared = 1.0 - 2.0 / 5.0_f64.sqrt();
    close(distance, squared.sqrt());
    close(error, (0.2 / (16.0 * squared) * (1.0 / 40.0 + 1.0 / 100.0)).sqrt());
}

/// The same two samples: scores of −z and z, z = Φ⁻¹(¾), with means 0 and −0.8 z and variances z² and 0.36 z².
#[test]
fn multivariate_by_hand() {
    let measure = Hellinger { ridge: 0.02 };
    let facts = run(&measure, &audit(LABELS, &halves(20, 20), None, &halves(90, 10)));
    let z = normal_inverse(0.75);
    let (first, second) = (z * z + 0.02, 0.36 * z * z + 0.02);
    let middle = (first + second) / 2.0;
    let overlap =
        (first * second).powf(0.25) / middle.sqrt() * (-0.64 * z * z / middle / 8.0).exp();
    close(value(&facts, METRICS[1]).0, (1.0 - overlap).sqrt());
    close(fact(&facts, METRICS[1]).parameters["ridge"].as_f64().unwrap(), 0.02);
}

/// Missing below all numbers: blank to ½, then 1 to ¾ and 2 to 1, middles at ¼, ⅝, ⅞; categories by frequency, missing last.
/// What train does not know has no width, and nothing is beyond ⅞ with four persons.
#[test]
fn scores_are_those_of_the_middle_of_a_step() {
    let train = "x,g\n,a\n1,a\n2,b\n,\n";
    let audit = audit(SCHEMA, train, None, "x,g\n0,a\n1,b\n1.5,c\n2,\n3,a\n,a\n");
    let view = View::of(&audit, 1, 0);
    for (place, expected) in
        [(0, [0.5, 0.625, 0.75, 0.875, 0.875, 0.25]), (1, [0.25, 0.625, 0.75, 0.875, 0.25, 0.25])]
    {
        let scores = Scores::by_train(&view, place);
        for (row, p) in expected.into_iter().enumerate() {
            close(scores.of(&view.released, place, row), normal_inverse(p));
        }
    }
}

/// Exactly 1 where nothing is shared, exactly 0 between copies, with an error above 0.
#[test]
fn disjoint_categories_are_at_1_and_copies_at_0() {
    let sharp = Hellinger { ridge: 0.01 };
    let apart = run(&sharp, &audit(LABELS, &halves(3, 0), None, &halves(0, 3)));
    assert_eq!(value(&apart, METRICS[0]).0.to_bits(), 1.0_f64.to_bits());
    assert!(value(&apart, METRICS[1]).0 > 0.999);
    let copies = run(&Hellinger::default(), &audit(LABELS, &halves(3, 5), None, &halves(3, 5)));
    for metric in METRICS {
        let (distance, error) = value(&copies, metric);
        close(distance, 0.0);
        close(error, 1.0 / 8.0);
    }
}

/// Rows of one population, moved by `shift`: two numbers that hang together, one that does not, and categories.
fn rows(seed: u64, count: usize, shift: f64) -> Vec<[f64; 4]> {
    let mut rng = Seed::new(seed).rng();
    let row = |_| {
        let [a, b, c, d]: [f64; 4] = [(); 4].map(|()| rng.random());
        let x = (100.0 * (a + shift)).round();
        [x, (x + 50.0 * b).round(), (100.0 * c).round(), (3.0 * d * d).floor()]
    };
    (0..count).map(row).collect()
}

const COLUMNS: [&str; 4] = ["x", "y", "z", "g"];

/// The table with its columns in this `order` and each number of `x` read as `change` says.
fn csv(rows: &[[f64; 4]], order: [usize; 4], change: fn(f64) -> f64) -> (String, String) {
    let kind = |place: usize| if place == 3 { "categorical" } else { "continuous" };
    let schema =
        order.map(|place| format!("[columns.{}]\nkind = '{}'\n", COLUMNS[place], kind(place)));
    let cell = |row: &[f64; 4], place: usize| match place {
        0 => change(row[0]).to_string(),
        3 => format!("level {}", row[3]),
        _ => row[place].to_string(),
    };
    let line = |row: &[f64; 4]| order.map(|place| cell(row, place)).join(",") + "\n";
    let text = rows.iter().map(line).collect::<String>();
    (schema.concat(), format!("{}\n{text}", order.map(|place| COLUMNS[place]).join(",")))
}

const AS_IS: [usize; 4] = [0, 1, 2, 3];

fn found(
    train: &[[f64; 4]],
    released: &[[f64; 4]],
    order: [usize; 4],
    change: fn(f64) -> f64,
) -> Vec<Evidence> {
    let (schema, train) = csv(train, order, change);
    run(&Hellinger::default(), &audit(&schema, &train, None, &csv(released, order, change).1))
}

/// Rows and columns in another order, and numbers on another scale that keeps their order.
#[test]
fn order_and_scale_change_nothing() {
    let (train, released) = (rows(1, 200, 0.0), rows(2, 150, 0.1));
    let one = found(&train, &released, AS_IS, |x| x);
    let reversed = |rows: &[[f64; 4]]| rows.iter().rev().copied().collect::<Vec<_>>();
    let others = [
        found(&reversed(&train), &reversed(&released), AS_IS, |x| x),
        found(&train, &released, [2, 3, 1, 0], |x| x),
        found(&train, &released, AS_IS, |x| x * x * x - 9.0),
    ];
    for other in &others {
        for metric in METRICS {
            close(value(&one, metric).0, value(other, metric).0);
            close(value(&one, metric).1, value(other, metric).1);
        }
    }
}

/// Another sample of the population is as far off as the holdout; one of another population is not, nor one in which
/// columns that hang together do no longer, of which single columns know nothing.
#[test]
fn a_fresh_sample_is_near_its_ceiling() {
    let samples = [rows(1, 600, 0.0), rows(2, 600, 0.0), rows(3, 600, 0.0), rows(3, 600, 0.3)];
    let [train, holdout, fresh, moved] = samples.each_ref().map(|rows| csv(rows, AS_IS, |x| x).1);
    let schema = csv(&[], AS_IS, |x| x).0;
    let run = |released: &str, holdout: Option<&str>| {
        run(&Hellinger::default(), &audit(&schema, &train, holdout, released))
    };
    let (near, far) = (run(&fresh, Some(&holdout)), run(&moved, Some(&holdout)));
    for metric in METRICS {
        let ceiling = fact(&near, metric).ceiling.unwrap();
        let (distance, _) = value(&near, metric);
        assert!(distance < 3.0 * ceiling && distance > ceiling / 3.0, "{metric}: {distance}");
        let (distance, error) = value(&far, metric);
        assert!(distance > 2.0 * ceiling + error, "{metric}: {distance} {ceiling}");
    }
    let mut apart = samples[2].clone();
    let column: Vec<f64> = apart.iter().map(|row| row[1]).collect();
    apart.iter_mut().zip(column.iter().cycle().skip(1)).for_each(|(row, y)| row[1] = *y);
    let apart = run(&csv(&apart, AS_IS, |x| x).1, Some(&holdout));
    close(value(&apart, METRICS[0]).0, value(&near, METRICS[0]).0);
    assert!(value(&apart, METRICS[1]).0 > 3.0 * value(&near, METRICS[1]).0);
    let alone = run(&fresh, None);
    assert!(fact(&alone, METRICS[1]).ceiling.is_none());
    let ratio =
        fact(&alone, METRICS[0]).ceiling.unwrap() / fact(&near, METRICS[0]).ceiling.unwrap();
    assert!((0.6..1.6).contains(&ratio), "{ratio}");
}

/// A column twice, its negative, and a constant: no density without the ridge. Where the copy is not one in the release
/// any more, that is seen.
#[test]
fn columns_that_follow_from_others_are_no_obstacle() {
    let schema: String =
        ["a", "b", "c", "k"].map(|name| format!("[columns.{name}]\nkind = 'integer'\n")).concat();
    let table = |twin: fn(u32) -> u32| {
        let line = |i: u32| format!("{i},{},{},4\n", twin(i), 60 - i);
        format!("a,b,c,k\n{}", (0..60).map(line).collect::<String>())
    };
    let train = table(|i| i);
    let same = run(&Hellinger::default(), &audit(&schema, &train, None, &table(|i| i)));
    close(value(&same, METRICS[1]).0, 0.0);
    let other = run(&Hellinger::default(), &audit(&schema, &train, None, &table(|i| i * 7 % 60)));
    assert!(value(&other, METRICS[1]).0 > 0.5);
}

/// 300 columns of 40 rows: more columns than rows.
#[test]
fn wide_tables_are_measured() {
    let mut rng = Seed::new(4).rng();
    let names: Vec<String> = (0..300).map(|column| format!("c{column}")).collect();
    let schema: String =
        names.iter().map(|name| format!("[columns.{name}]\nkind = 'integer'\n")).collect();
    let mut table = || {
        let mut line =
            |_| (0..300).map(|_| rng.random_range(0..99).to_string()).collect::<Vec<_>>().join(",");
        format!("{}\n{}\n", names.join(","), (0..40).map(&mut line).collect::<Vec<_>>().join("\n"))
    };
    let (train, released) = (table(), table());
    let facts = run(&Hellinger::default(), &audit(&schema, &train, None, &released));
    assert!((0.5..=1.0).contains(&value(&facts, METRICS[1]).0));
}

/// What is without a column has nothing in common with train; what it has is told.
#[test]
fn blank_columns_count_as_far_off() {
    let audit = audit(SCHEMA, "x,g\n1,a\n2,a\n,b\n", None, "x,g\n,a\n,a\n,b\n");
    let facts = run(&Hellinger::default(), &audit);
    close(value(&facts, METRICS[0]).0, 0.5);
    close(value(&facts, METRICS[1]).0, 1.0);
    let notes = &fact(&facts, METRICS[1]).notes;
    assert!(
        notes[0].ends_with("in them: x") && notes[1].starts_with("of the columns"),
        "{notes:?}"
    );
}

#[test]
fn tables_with_little_in_them() {
    let facts = run(&Hellinger::default(), &audit(SCHEMA, "x,g\n5,a\n", None, "x,g\n6,b\n"));
    close(value(&facts, METRICS[0]).0, 0.5);
    close(value(&facts, METRICS[0]).1, 1.0);
    let text = audit("[columns.t]\nkind = 'text'\n", "t\np\nq\n", None, "t\nr\n");
    assert!(refused(&Hellinger::default(), &text).contains("no column"));
    for ridge in [0.0, -1.0, f64::NAN, 2.0] {
        assert!(refused(&Hellinger { ridge }, &text).contains("ridge"));
    }
}

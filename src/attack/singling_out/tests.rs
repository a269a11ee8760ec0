//! The attack on small tables worked by hand, on a safe and on leaking releases.

use super::*;
use crate::audit::testing::{audit, difference, rate, run};

const SCHEMA: &str = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                      [columns.x]\nkind = \"continuous\"\nlower = 0\nupper = 100\n\
                      [columns.c]\nkind = \"categorical\"\n";

/// Released x: 5, 5, 7, 9 and one missing; c: a, a, a, b, b. Queries: x = 7, x = 9, x ≥ 9 (9 stands once and is
/// the largest; 5, the smallest, stands twice), x missing. Not c: each category stands twice or more.
/// Train: person 1 has the records x = 7 and 7 (one person), 2 has 9, 3 has 9, 4 has 12: x = 7 isolates person
/// 1; x = 9 fits two; x ≥ 9 three; missing nobody. So 1 of 4 queries, and 1 of 4 persons.
/// Holdout 8 has 7: person 1 answers as well, unless 8 stands in 1's place; 9 has none: nobody of train
/// misses x: singled out; 10 has 50: not singled out, three of train answer x ≥ 9.
#[test]
fn hand_worked() {
    let train = "id,x,c\n1,7,a\n1,7,b\n2,9,a\n3,9,b\n4,12,a\n";
    let holdout = "id,x,c\n8,7,a\n9,,b\n10,50,b\n";
    let released = "x,c\n5,a\n5,a\n7,a\n9,b\n,b\n";
    let facts = run(&SinglingOut::default(), &audit(SCHEMA, train, Some(holdout), released));
    assert_eq!(rate(&facts, "singling-out.univariate"), (1.0, 4));
    let ((k1, n1), (k2, n2)) = difference(&facts, "singling-out.univariate-excess");
    assert_eq!((k1, n1, n2), (1, 4, 3));
    // Person 9, and 8 if they stand in the place of person 1.
    assert!(k2 == 1 || k2 == 2, "{k2}");
}

/// Two persons of equal records are not singled out, two records of one person are.
#[test]
fn persons_are_counted_and_not_rows() {
    let isolated = |train: &str| {
        let audit = audit(SCHEMA, train, None, "x,c\n7,a\n8,a\n8,a\n");
        rate(&run(&SinglingOut::default(), &audit), "singling-out.univariate")
    };
    // Queries: x = 7, x ≤ 7.
    assert_eq!(isolated("id,x,c\n1,7,a\n1,7,a\n2,20,a\n"), (2.0, 2));
    assert_eq!(isolated("id,x,c\n1,7,a\n2,7,a\n3,20,a\n"), (0.0, 2));
}

/// A query with "at least" above the median, "at most" below, "about" within the tolerance; rows that pass are
/// those that a scan of all rows finds.
#[test]
fn queries_are_answered_as_by_a_scan_of_all_rows() {
    let (train, released) = (rows(300, 1), rows(200, 2));
    let audit = audit(SCHEMA, &csv(&train, 0), None, &csv(&released, 9000));
    let joint = audit.joint();
    let frame = Frame::new(&joint.train, &audit.train_persons.of_row);
    let (medians, near) = (frame.medians(), tolerances(joint, 0.05));
    let mut rng = Seed::new(3).rng();
    let mut answered = 0;
    for row in 0..joint.synthetic.rows {
        for style in [Style::Side(&medians), Style::About(&near)] {
            let query = query::about(&joint.synthetic, row, 9, style, &mut rng).unwrap();
            assert_eq!(query.tests.len(), 2);
            let passes = |row: &usize| {
                query
                    .tests
                    .iter()
                    .all(|&(column, test)| test.passes(&joint.train.columns[column], *row))
            };
            let mut scanned: Vec<u32> = (0..joint.train.rows)
                .filter(passes)
                .map(|row| audit.train_persons.of_row[row])
                .collect();
            scanned.sort_unstable();
            scanned.dedup();
            assert_eq!(frame.all(&query), scanned);
            assert_eq!(frame.answer(&query).only().is_some(), scanned.len() == 1);
            assert_eq!(frame.answer(&query).nobody(), scanned.is_empty());
            answered += scanned.len();
            // The row that the query is about answers it.
            let own = |&(column, test): &(usize, query::Test)| {
                test.passes(&joint.synthetic.columns[column], row)
            };
            assert!(query.tests.iter().all(own));
        }
    }
    assert!(answered > 300, "{answered}");
}

fn rows(count: usize, seed: u64) -> Vec<String> {
    let mut rng = Seed::new(seed).rng();
    let row = |_| {
        let x = f64::from(rng.random_range(0..10_000_u32)) / 100.0;
        let c = ["a", "b", "c", "d"][rng.random_range(0..4)];
        if rng.random::<f64>() < 0.1 { format!(",{c}") } else { format!("{x},{c}") }
    };
    (0..count).map(row).collect()
}

fn csv(rows: &[String], from: usize) -> String {
    let numbered = rows.iter().zip(from..).map(|(row, id)| format!("{id},{row}\n"));
    format!("id,x,c\n{}", numbered.collect::<String>())
}

fn facts(train: &[String], holdout: &[String], released: &[String]) -> Vec<Evidence> {
    let released = csv(released, 50_000);
    let audit = audit(SCHEMA, &csv(train, 0), Some(&csv(holdout, 10_000)), &released);
    run(&SinglingOut::default(), &audit)
}

const EXCESSES: [&str; 2] = ["singling-out.univariate-excess", "singling-out.multivariate-excess"];

/// With a holdout a quarter of train: equal frames need no correction for sizes.
#[test]
fn null_a_fresh_sample_singles_out_train_and_holdout_alike() {
    let facts = facts(&rows(1600, 1), &rows(400, 2), &rows(1600, 3));
    for metric in EXCESSES {
        let ((k1, n1), (k2, n2)) = difference(&facts, metric);
        let (p1, p2) = (k1 as f64 / n1 as f64, k2 as f64 / n2 as f64);
        let p = (k1 + k2) as f64 / (n1 + n2) as f64;
        assert!(p > 0.01, "{metric}: {p}");
        let sigma = (p * (1.0 - p) * (1.0 / n1 as f64 + 1.0 / n2 as f64)).sqrt();
        assert!((p1 - p2).abs() < 5.0 * sigma, "{metric}: {p1} {p2}");
    }
}

/// The training table suggests descriptions of its own persons, and of no holdout person but those put in the
/// place of one; and more of them are singled out the more are copied. Two columns of 10,000 and 4 values describe
/// not everybody alone: sides of the median fit hundreds.
#[test]
fn leak_the_training_table_singles_out_its_own_persons() {
    let (train, holdout) = (rows(800, 1), rows(200, 2));
    let mut released = train.clone();
    released.reverse();
    for metric in EXCESSES {
        let ((k1, n1), (k2, _)) = difference(&facts(&train, &holdout, &released), metric);
        assert!(k1 * 3 > n1 && k2 <= 2, "{metric}: {k1} of {n1}, {k2}");
    }
    let fresh = rows(800, 3);
    let leaked: Vec<String> = train[..100].iter().chain(&fresh[100..]).cloned().collect();
    for metric in EXCESSES {
        let hits = |released: &[String]| difference(&facts(&train, &holdout, released), metric).0.0;
        let (leaked, fresh) = (hits(&leaked), hits(&fresh));
        // Over two columns chance describes one person in six alone, so that a copy adds little there.
        let more = if metric.contains("univariate") { 25 } else { 1 };
        assert!(leaked >= fresh + more, "{metric}: {leaked}, {fresh}");
    }
}

/// Of persons planted verbatim most are seen by one of two queries about their planted row, or by its value.
#[test]
fn planted_persons_are_singled_out() {
    let facts = facts(&rows(800, 1), &rows(400, 2), &rows(800, 3));
    for metric in EXCESSES {
        let fact = facts.iter().find(|fact| fact.metric == metric).unwrap();
        let cells = &fact.positive_control;
        let cell = cells.iter().find(|planting| planting.cell == "verbatim/uniform").unwrap();
        let (_, (k2, n2)) = difference(&facts, metric);
        let (seen, chance) = (cell.detected as f64 / cell.of as f64, k2 as f64 / n2 as f64);
        assert!(seen > 1.5 * chance, "{metric}: {seen}, by chance {chance}");
    }
}

/// Who asks about a quarter of the rows sees a quarter of the plants.
#[test]
fn an_attack_that_asks_less_sees_less_of_the_plants() {
    let (train, holdout, released) = (rows(800, 1), rows(400, 2), rows(800, 3));
    let audit = audit(SCHEMA, &csv(&train, 0), Some(&csv(&holdout, 5000)), &csv(&released, 9000));
    let seen = |queries: usize| {
        let attack = SinglingOut { queries, ..SinglingOut::default() };
        let facts = run(&attack, &audit);
        let fact = facts.iter().find(|fact| fact.metric == EXCESSES[1]).unwrap();
        fact.positive_control[0].detected
    };
    let all = seen(800);
    assert!(all > 60 && seen(40_000) == all && seen(200) == all / 4, "{all}");
}

#[test]
fn the_order_of_released_rows_changes_nothing() {
    let (train, holdout, released) = (rows(400, 1), rows(200, 2), rows(400, 3));
    let turned: Vec<String> = released.iter().rev().cloned().collect();
    let (straight, reversed) =
        (facts(&train, &holdout, &released), facts(&train, &holdout, &turned));
    for metric in EXCESSES {
        assert_eq!(difference(&straight, metric), difference(&reversed, metric));
    }
}

#[test]
fn degenerate_tables_and_parameters_clear_nothing() {
    // Nothing stands once, and one column makes no description: no query, no hit.
    let schema = "[columns.c]\nkind = \"categorical\"\n";
    let audit = audit(schema, "c\na\na\nb\n", Some("c\na\n"), "c\na\na\n");
    let facts = run(&SinglingOut::default(), &audit);
    assert!(facts.iter().all(|fact| EXCESSES.contains(&fact.metric.as_str())));
    for metric in EXCESSES {
        assert_eq!(difference(&facts, metric), ((0, 3), (0, 1)));
    }
    for bad in [
        SinglingOut { columns: 1, ..SinglingOut::default() },
        SinglingOut { queries: 0, columns: 3 },
    ] {
        assert!(bad.run(&audit, Seed::new(0), &Progress::new(&|_| {})).is_err());
    }
}

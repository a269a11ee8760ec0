//! Distances by hand, what must not change them, what chance gives, and tables with little in them.

use rand::RngExt;

use super::*;
use crate::audit::Audit;
use crate::audit::testing::audit;
use crate::utility::testing::{close, fact, refused, run, value};

const SCHEMA: &str = "[columns.x]\nkind = 'integer'\n[columns.g]\nkind = 'categorical'\n";
const METRICS: [&str; 3] = ["marginal.tv", "marginal.ks", "marginal.wasserstein"];

/// `x`: 1 2 3 4 in cells of their own; of 3 4 5 6 three are in the last: ½(¼ + ¼ + 0 + ½) = ½, max|F − G| = ½, moved by 2 of
/// 3. `g`: ½ and ½ against ¼ and ¾: ¼. Its error: scores of ±½ in train, 4 · ¼/16; in the release −½ and three
/// of ½ about their mean ¼, (9/16 + 3/16)/16; together √(7/64). By chance: Σ√(2/π · ¼ · ½)/2 over two cells.
#[test]
fn hand_worked() {
    let audit = audit(SCHEMA, "x,g\n1,a\n2,a\n3,b\n4,b\n", None, "x,g\n3,a\n4,b\n5,b\n6,b\n");
    let facts = run(&Marginal::default(), &audit);
    close(value(&facts, "marginal.tv").0, 0.375);
    close(value(&facts, "marginal.ks").0, 0.5);
    close(value(&facts, "marginal.wasserstein").0, 2.0 / 3.0);
    let columns: Vec<&Evidence> =
        facts.iter().filter(|fact| fact.metric == "marginal.tv-worst").collect();
    let names: Vec<Option<&str>> = columns.iter().map(|fact| fact.about.as_deref()).collect();
    assert_eq!(names, [Some("x"), Some("g")]);
    let (of_g, error) = value(&facts[2..3], "marginal.tv-worst");
    close(of_g, 0.25);
    close(error, (7.0_f64 / 64.0).sqrt());
    close(columns[1].ceiling.unwrap(), (std::f64::consts::FRAC_2_PI / 8.0).sqrt());
    assert!(fact(&facts, "marginal.ks").ceiling.is_none());
    assert!(fact(&facts, "marginal.tv").notes[0].starts_with("farthest off: x (50 %), g (25 %)"));
}

/// Errors of the numbers by hand: x of 0 0 1 1 against 0 1 1 1. At 0, F − G = ½ − ¼: scores 1 for 0s, ¼ of a squared
/// deviation each: 4 · ¼/16 in train; −1 for one of four: (9 + 3)/16/16 in the release. Wasserstein: the slope from 0 to 1
/// is the same, over a scale of 1.
#[test]
fn errors_of_numbers_by_hand() {
    let schema = "[columns.x]\nkind = 'integer'\n";
    let audit = audit(schema, "x\n0\n0\n1\n1\n", None, "x\n0\n1\n1\n1\n");
    let facts = run(&Marginal::default(), &audit);
    for metric in METRICS {
        let (distance, error) = value(&facts, metric);
        close(distance, 0.25);
        close(error, (1.0_f64 / 16.0 + 3.0 / 64.0).sqrt());
    }
}

/// Missing is a cell of total variation and no number: 1 2 and two blanks against 1 2 and none.
#[test]
fn missing_is_a_cell_and_no_number() {
    let audit = audit(SCHEMA, "x,g\n1,a\n2,a\n,a\n,a\n", None, "x,g\n1,a\n2,a\n1,a\n2,a\n");
    let facts = run(&Marginal::default(), &audit);
    close(value(&facts, "marginal.tv").0, 0.25);
    close(value(&facts, "marginal.ks").0, 0.0);
}

/// A weight of 3 is three rows, each a person of its own, as far as the value goes.
#[test]
fn weights_are_copies() {
    let schema = format!("{SCHEMA}[columns.w]\nkind = 'integer'\nweight = true\n");
    let train = "x,g,w\n1,a,1\n2,a,1\n3,b,1\n9,b,1\n";
    let weighted = audit(&schema, train, None, "x,g,w\n1,a,3\n9,b,1\n");
    let copied = audit(&schema, train, None, "x,g,w\n1,a,1\n1,a,1\n1,a,1\n9,b,1\n");
    let [weighted, copied] = [weighted, copied].map(|audit| run(&Marginal::default(), &audit));
    for metric in METRICS {
        close(value(&weighted, metric).0, value(&copied, metric).0);
    }
}

/// Rows of one population: four uniform numbers and four skewed categories, moved by `shift`.
fn rows(seed: u64, count: usize, shift: f64) -> Vec<String> {
    let mut rng = Seed::new(seed).rng();
    let row = |_| {
        let numbers: Vec<String> = (0..4)
            .map(|_| format!("{}", (1000.0 * (rng.random::<f64>() + shift)).round()))
            .collect();
        let labels: Vec<String> = (0..4)
            .map(|_| {
                ["a", "b", "c"][(3.0 * (rng.random::<f64>() + shift).min(0.999).powi(2)) as usize]
                    .to_owned()
            })
            .collect();
        format!("{},{}\n", numbers.join(","), labels.join(","))
    };
    (0..count).map(row).collect()
}

fn schema() -> String {
    let column =
        |kind: &'static str| move |name: &&str| format!("[columns.{name}]\nkind = '{kind}'\n");
    let numbers = ["n1", "n2", "n3", "n4"];
    let labels = ["g1", "g2", "g3", "g4"];
    numbers.iter().map(column("integer")).chain(labels.iter().map(column("categorical"))).collect()
}

fn csv(rows: &[String]) -> String {
    format!("n1,n2,n3,n4,g1,g2,g3,g4\n{}", rows.concat())
}

fn compared(train: &[String], holdout: Option<&[String]>, released: &[String]) -> Audit {
    audit(&schema(), &csv(train), holdout.map(csv).as_deref(), &csv(released))
}

#[test]
fn order_of_rows_changes_nothing() {
    let (train, released) = (rows(1, 200, 0.0), rows(2, 150, 0.1));
    let reversed = |rows: &[String]| rows.iter().rev().cloned().collect::<Vec<String>>();
    let one = run(&Marginal::default(), &compared(&train, None, &released));
    let other = run(&Marginal::default(), &compared(&reversed(&train), None, &reversed(&released)));
    assert_eq!(one.len(), other.len());
    for metric in METRICS {
        let ((a, b), (c, d)) = (value(&one, metric), value(&other, metric));
        close(a, c);
        close(b, d);
    }
}

/// Other names of categories, and numbers in another unit.
#[test]
fn names_and_units_change_nothing() {
    let lines = |rows: &[String], unit: f64, names: [&str; 2]| {
        let line = |row: &String| {
            let (x, g) = row.trim().split_once(',').unwrap();
            let g = if g.ends_with('a') { names[0] } else { names[1] };
            format!("{},{g}\n", x.parse::<f64>().unwrap() * unit + 7.0)
        };
        format!("x,g\n{}", rows.iter().map(line).collect::<String>())
    };
    let short = |rows: Vec<String>| -> Vec<String> {
        let cut = |row: &String| {
            let fields: Vec<&str> = row.trim().split(',').collect();
            format!("{},{}\n", fields[0], fields[4])
        };
        rows.iter().map(cut).collect()
    };
    let (train, released) = (short(rows(1, 200, 0.0)), short(rows(2, 150, 0.1)));
    let found = |unit: f64, names: [&str; 2]| {
        let text = [&train, &released].map(|rows| lines(rows, unit, names));
        run(&Marginal::default(), &audit(SCHEMA, &text[0], None, &text[1]))
    };
    let (one, other) = (found(1.0, ["p", "q"]), found(3.0, ["z", "d"]));
    for metric in METRICS {
        close(value(&one, metric).0, value(&other, metric).0);
        close(value(&one, metric).1, value(&other, metric).1);
    }
}

/// Another sample of the population is as far off as the holdout, which is as far as the closed form says; one of another
/// population is not.
#[test]
fn a_fresh_sample_is_near_its_ceiling() {
    let (train, holdout, released) = (rows(1, 600, 0.0), rows(2, 600, 0.0), rows(3, 600, 0.0));
    let facts = run(&Marginal::default(), &compared(&train, Some(&holdout), &released));
    let moved = run(&Marginal::default(), &compared(&train, Some(&holdout), &rows(3, 600, 0.2)));
    for metric in METRICS {
        let ceiling = fact(&facts, metric).ceiling.unwrap();
        let (fresh, _) = value(&facts, metric);
        assert!(fresh < 3.0 * ceiling && fresh > ceiling / 3.0, "{metric}: {fresh} {ceiling}");
        let (far, error) = value(&moved, metric);
        assert!(far > 2.0 * ceiling && far - 2.0 * ceiling > error, "{metric}: {far} {ceiling}");
    }
    let by_hand = run(&Marginal::default(), &compared(&train, None, &released));
    let ratio = fact(&by_hand, "marginal.tv").ceiling.unwrap()
        / fact(&facts, "marginal.tv").ceiling.unwrap();
    assert!((0.7..1.4).contains(&ratio), "{ratio}");
}

#[test]
fn blank_columns_count_as_far_off() {
    let audit = audit(SCHEMA, "x,g\n1,a\n,a\n,b\n", None, "x,g\n,a\n,a\n,b\n");
    let facts = run(&Marginal::default(), &audit);
    // ½ (1 of `x`) although two thirds of it are missing in train, too.
    close(value(&facts, "marginal.tv").0, 0.5);
    close(value(&facts, "marginal.ks").0, 1.0);
    close(value(&facts, "marginal.wasserstein").0, 1.0);
    let notes = &fact(&facts, "marginal.tv").notes;
    assert!(notes.iter().any(|note| note.ends_with("no value in them: x")), "{notes:?}");
    assert_eq!(fact(&facts, "marginal.tv-worst").about.as_deref(), Some("x"));
}

/// A constant, one row, other categories: distances of 0 and 1 with an error above 0.
#[test]
fn tables_with_little_in_them() {
    let same = audit(SCHEMA, "x,g\n5,a\n5,a\n", None, "x,g\n5,a\n5,a\n5,a\n");
    let other = audit(SCHEMA, "x,g\n5,a\n", None, "x,g\n6,b\n");
    let [same, other] = [same, other].map(|audit| run(&Marginal::default(), &audit));
    for metric in METRICS {
        let (distance, error) = value(&same, metric);
        close(distance, 0.0);
        close(error, 0.5);
    }
    // 6 is put with 5, the largest that train has; `b` is a cell of its own.
    close(value(&other, "marginal.tv").0, 0.5);
    close(value(&other, "marginal.ks").0, 1.0);
    close(value(&other, "marginal.wasserstein").0, 1.0);
}

#[test]
fn only_what_can_be_measured_is() {
    let labels = "[columns.g]\nkind = 'categorical'\n";
    let facts = run(&Marginal::default(), &audit(labels, "g\na\nb\n", None, "g\na\na\n"));
    let metrics: Vec<&str> = facts.iter().map(|fact| fact.metric.as_str()).collect();
    assert_eq!(metrics, ["marginal.tv", "marginal.tv-worst"]);
    let text = audit("[columns.t]\nkind = 'text'\n", "t\np\nq\n", None, "t\nr\n");
    assert!(refused(&Marginal::default(), &text).contains("no column"));
    assert!(refused(&Marginal { worst: 0 }, &text).contains("worst"));
    let one = Marginal { worst: 1 };
    let facts = run(&one, &audit(SCHEMA, "x,g\n1,a\n2,b\n", None, "x,g\n1,b\n2,b\n"));
    let worst: Vec<&Evidence> = facts.iter().filter(|f| f.metric == "marginal.tv-worst").collect();
    assert_eq!((worst.len(), worst[0].about.as_deref()), (1, Some("g")));
    assert!(worst[0].notes[0].ends_with("not told: 1"), "{:?}", worst[0].notes);
}

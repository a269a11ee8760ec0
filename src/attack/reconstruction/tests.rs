//! What the attack finds by hand, of leaks and of chance.

use rand_chacha::ChaCha12Rng;

use super::*;
use crate::audit::testing::{audit, difference, rate, run};
use crate::evidence::NotRunReason;

const SCHEMA: &str = "[columns.a]\nkind = \"integer\"\n[columns.b]\nkind = \"categorical\"\n\
                      [columns.c]\nkind = \"integer\"\n[columns.d]\nkind = \"categorical\"\n\
                      [columns.e]\nkind = \"integer\"\n\
                      [columns.s]\nkind = \"categorical\"\nrole = \"sensitive\"\n";

/// Six columns: the secret is `y` with probability 0.7 where b is 0, and 0.4 elsewhere.
fn row(rng: &mut ChaCha12Rng) -> String {
    let b = rng.random_range(0..4_u32);
    let secret = rng.random::<f64>() < if b == 0 { 0.7 } else { 0.4 };
    let mut number = |below: u32| rng.random_range(0..below);
    let (a, c, d, e) = (number(100), number(100), number(5), number(100));
    format!("{a},l{b},{c},l{d},{e},{}\n", if secret { "y" } else { "n" })
}

fn csv(rows: usize, seed: u64) -> String {
    let mut rng = Seed::new(seed).rng();
    format!("a,b,c,d,e,s\n{}", (0..rows).map(|_| row(&mut rng)).collect::<String>())
}

/// The training table as release answers every query exactly: nearly all secrets follow, while those of
/// persons who were never in it are guessed as before. The positive control sees as much.
#[test]
fn leak_exact_counts_give_the_secrets_away() {
    let (train, holdout) = (csv(300, 1), csv(200, 2));
    let facts = run(&Reconstruction::default(), &audit(SCHEMA, &train, Some(&holdout), &train));
    let ((k1, n1), (k2, n2)) = difference(&facts, "reconstruction.excess");
    assert!(10 * k1 > 9 * n1 && n1 > 100, "{k1} of {n1}");
    assert!(4 * k2 < 3 * n2 && n2 > 60, "{k2} of {n2}");
    let (guessed, targets) = rate(&facts, "reconstruction.guessed");
    assert!((guessed - k1 as f64).abs() < 0.5 && targets == n1);
    let control = &facts[1].positive_control;
    assert_eq!(control.len(), 8);
    // A category replaced in every record is a third of the secrets replaced: less can be seen there.
    assert!(control[..6].iter().all(|cell| 10 * cell.detected > 8 * cell.of), "{control:?}");
    assert_eq!((control[0].detected, control[0].of), (k1, n1));
}

/// Only the counts leak: in each released row the values of another person stand, group by group, so that
/// the two columns of every pair still hold together with the secret. No row is a copy, and the secrets
/// follow nevertheless more often than those of strangers.
#[test]
fn leak_needs_no_copied_record() {
    let (train, holdout) = (csv(300, 3), csv(300, 4));
    let mut lines: Vec<&str> = train.lines().skip(1).collect();
    lines.reverse();
    // Within the same secret and the same b, the other columns move on by one person, two and two.
    let mut groups: BTreeMap<(&str, &str), Vec<Vec<&str>>> = BTreeMap::new();
    for line in &lines {
        let cells: Vec<&str> = line.split(',').collect();
        groups.entry((cells[1], cells[5])).or_default().push(cells);
    }
    let mut released = String::from("a,b,c,d,e,s\n");
    for group in groups.values() {
        for (i, cells) in group.iter().enumerate() {
            let next = &group[(i + 1) % group.len()];
            let mixed = [cells[0], cells[1], next[2], next[3], cells[4], cells[5]];
            released += &(mixed.join(",") + "\n");
        }
    }
    let facts = run(&Reconstruction::default(), &audit(SCHEMA, &train, Some(&holdout), &released));
    let ((k1, n1), (k2, n2)) = difference(&facts, "reconstruction.excess");
    let (a, c) = (k1 as f64 / n1 as f64, k2 as f64 / n2 as f64);
    assert!(a > c + 0.1, "{a} {c}");
}

/// Another unit of a number moves nothing: its bins are those of ranks.
#[test]
fn invariance() {
    let tables = [csv(200, 1), csv(150, 2), csv(200, 5)];
    let scaled = |text: &String| -> String {
        let change = |line: &str| {
            let (a, rest) = line.split_once(',').unwrap();
            a.parse::<u32>().map_or(line.to_owned(), |a| format!("{},{rest}", 8 * a + 1024)) + "\n"
        };
        text.lines().map(change).collect()
    };
    let counts = |tables: &[String]| {
        let audit = audit(SCHEMA, &tables[0], Some(&tables[1]), &tables[2]);
        difference(&run(&Reconstruction::default(), &audit), "reconstruction.excess")
    };
    let plain = counts(&tables);
    assert_eq!(counts(&tables.each_ref().map(scaled)), plain);
    assert_eq!(counts(&tables), plain);
}

/// A large table is attacked in strata, and a person with several rows is one person.
#[test]
fn strata_and_persons() {
    let subject = |text: &str, first: usize| -> String {
        let mut lines = text.lines();
        let header = format!("id,{}\n", lines.next().unwrap());
        let twice =
            lines.enumerate().map(|(i, line)| format!("{0},{line}\n{0},{line}\n", first + i));
        header + &twice.collect::<String>()
    };
    let schema = format!("[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n{SCHEMA}");
    let (train, holdout) = (subject(&csv(900, 1), 0), subject(&csv(300, 2), 5000));
    let audit = audit(&schema, &train, Some(&holdout), &csv(900, 1));
    let attack = Reconstruction { people: 300, strata: 3, ..Reconstruction::default() };
    let ((k1, n1), (k2, n2)) = difference(&run(&attack, &audit), "reconstruction.excess");
    assert!(n1 <= 500 && n1 > 150 && n2 <= 180 && n2 > 20, "{n1} {n2}");
    assert!(10 * k1 > 8 * n1 && 10 * k2 < 8 * n2, "{k1} of {n1}, {k2} of {n2}");
}

/// Without a secret that varies, or anything known, there is nothing to reconstruct; without a holdout nothing
/// to contrast with. Neither is a clean result, nor an accident.
#[test]
fn nothing_to_attack_is_not_a_clean_result() {
    let outcome = |schema: &str, train: &str, holdout: Option<&str>, released: &str| {
        let attack = Reconstruction::default();
        let audit = audit(schema, train, holdout, released);
        attack.run(&audit, Seed::new(0), &Progress::new(&|_| {}))
    };
    let not_applicable =
        |result: Result<Vec<Evidence>>| matches!(result, Err(Error::NotApplicable(_)));
    let plain = SCHEMA.replace("role = \"sensitive\"\n", "");
    let (train, holdout) = (csv(30, 1), csv(30, 2));
    assert!(not_applicable(outcome(&plain, &train, Some(&holdout), &train)));
    let constant = |text: &str| text.replace(",y", ",n");
    let (same, other) = (constant(&train), constant(&holdout));
    assert!(not_applicable(outcome(SCHEMA, &same, Some(&other), &same)));
    let only = "[columns.s]\nkind = \"categorical\"\nrole = \"sensitive\"\n";
    assert!(not_applicable(outcome(only, "s\ny\nn\n", Some("s\nn\nn\n"), "s\ny\n")));
    // Two persons who are alike, and one more: two rows at least, no panic.
    let tiny = "a,b,c,d,e,s\n1,l,1,l,1,y\n1,l,1,l,1,n\n";
    assert!(not_applicable(outcome(SCHEMA, tiny, Some("a,b,c,d,e,s\n1,l,1,l,1,y\n"), tiny)));
    let blank = "a,b,c,d,e,s\n,,,,,y\n1,l,1,l,1,n\n";
    let _ = outcome(SCHEMA, blank, Some(tiny), blank);
    let facts = outcome(SCHEMA, &csv(200, 1), None, &csv(200, 5)).unwrap();
    assert!(facts.len() == 1 && facts[0].metric == "reconstruction.guessed");
    assert_ne!(NotRunReason::NotApplicable, NotRunReason::AttackError);
}

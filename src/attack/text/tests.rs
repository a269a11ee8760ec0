//! What the attack finds by hand, of leaks and of chance.

use std::collections::BTreeSet;

use rand::RngExt;

use super::*;
use crate::audit::testing::{audit, difference, rate, run};
use crate::audit::{Release, run as audited};
use crate::digest::Digest;
use crate::evidence::{NotRunReason, canonical_json};
use crate::stats::{binomial_upper_tail, fisher_greater};

const SCHEMA: &str = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                      [columns.name]\nkind = \"text\"\n[columns.note]\nkind = \"text\"\n\
                      [columns.ward]\nkind = \"categorical\"\n";

/// A name of two words of its own: fourteen letters.
fn name(person: usize) -> String {
    let letter = |i: usize| char::from(b'a' + u8::try_from(i % 26).unwrap());
    format!("Quill{}{} Ashgro{}", letter(person), letter(person / 26), letter(person / 676))
}

/// Twelve training persons with a name each. Person 0 stands in the release in other case, person 1 inside
/// a note, person 2 (in their second row) by a passage of their note: `from the ladder behind the` has
/// five words and 22 letters. Person 3 shares name and note with the persons 40 and 41 of the holdout: three
/// carriers, not rare. Persons 4 and 42 share a name, which is released: two carriers, rare, both hit. The name of
/// person 5 is released in part only, that of the holdout's person 43 wholly. Carriers in train: all but
/// person 3; in the holdout: 42 to 47. Found in train: those of 42, who shares it with person 4.
#[test]
fn hand_worked() {
    let mut train: String = (0..12).map(|p| format!("{p},{},,a\n", name(p))).collect();
    train += "2,,she fell from the ladder behind the old barn,b\n";
    let shared = |p: usize, of: usize| format!("{p},{},,a\n", name(of));
    let mut holdout = shared(40, 3) + &shared(41, 3) + &shared(42, 4);
    holdout += &(43..48).map(|p| shared(p, p)).collect::<String>();
    let released = [
        format!("{},none,a", name(0).to_uppercase()),
        format!(",\"Seen with {} (better)\",a", name(1).replace(' ', "  ")),
        ",He fell from the ladder behind the shed,b".into(),
        format!("{},,a", name(3)),
        format!("{},,a", name(4)),
        format!("{},,a", name(5).split_once(' ').unwrap().0),
        format!("{},,b", name(43)),
        "Somebody Else,,b".into(),
    ];
    let csv = |rows: &str| format!("id,name,note,ward\n{rows}");
    let released = format!("name,note,ward\n{}\n", released.join("\n"));
    let audit = audit(SCHEMA, &csv(&train), Some(&csv(&holdout)), &released);
    let facts = run(&Text::default(), &audit);
    assert_eq!(rate(&facts, "text.replicated"), (4.0, 11));
    assert_eq!(difference(&facts, "text.replicated-excess"), ((4, 11), (2, 6)));
    match facts[1].measure {
        Measure::Difference { baseline: Some(Count { successes, trials }), .. } => {
            assert_eq!((successes, trials), (1, 6));
        }
        ref other => panic!("{other:?}"),
    }
}

const PLAIN: &str = "[columns.name]\nkind = \"text\"\n[columns.x]\nkind = \"continuous\"\n";

/// Names drawn from a population of 400 surnames and 50 first names.
fn people(count: usize, seed: u64) -> Vec<String> {
    let mut rng = Seed::new(seed).rng();
    let mut person = |_| {
        let (a, b) = (rng.random_range(0..400_usize), rng.random_range(0..50_usize));
        format!("{} Marten{b},{}", name(a).replace(' ', ""), rng.random_range(0..1000_u32))
    };
    (0..count).map(&mut person).collect()
}

fn csv(rows: &[String]) -> String {
    format!("name,x\n{}\n", rows.join("\n"))
}

/// Twenty audits of independent samples: Fisher's exact test of train against holdout rejects at 5 % no
/// oftener than chance would (five or more of 20 happens in 0.3 % of such series).
#[test]
fn null_an_independent_release_repeats_names_of_train_and_holdout_alike() {
    let mut rejected = 0;
    let mut hits = 0;
    for seed in 0..20 {
        let sample = |count, part: u64| csv(&people(count, 10 * seed + part));
        let audit = audit(PLAIN, &sample(600, 1), Some(&sample(300, 2)), &sample(500, 3));
        let ((k1, n1), (k2, n2)) =
            difference(&run(&Text::default(), &audit), "text.replicated-excess");
        rejected += u64::from(fisher_greater(k1, n1, k2, n2).unwrap() < 0.05);
        hits += k1;
    }
    assert!(hits > 100, "chance repeats names, or nothing is tested: {hits}");
    assert!(binomial_upper_tail(rejected, 20, 0.05).unwrap() > 0.002, "{rejected} of 20");
}

/// The training table as release repeats everybody, the holdout's chance stays where it was; the planted
/// names are seen.
#[test]
fn leak_the_training_table_as_release_repeats_everybody() {
    let (train, holdout) = (people(400, 1), people(300, 2));
    let mut released = train.clone();
    released.reverse();
    let facts =
        run(&Text::default(), &audit(PLAIN, &csv(&train), Some(&csv(&holdout)), &csv(&released)));
    let (hits, carriers) = rate(&facts, "text.replicated");
    assert!((hits - carriers as f64).abs() < 0.5 && carriers > 390, "{hits} of {carriers}");
    let (_, (k2, n2)) = difference(&facts, "text.replicated-excess");
    assert!(k2 * 10 < n2, "{k2} of {n2}");
    for planting in &facts[1].positive_control {
        assert!(planting.of > 0, "{planting:?}");
        match planting.cell.split_once('/').unwrap().0 {
            // The name is the only category, so that it is what was replaced.
            "one-categorical" => assert_eq!(planting.detected, 0, "{planting:?}"),
            // The blanked cell is the name of some and another of others.
            "one-blank" => assert!((1..planting.of).contains(&planting.detected), "{planting:?}"),
            _ => assert_eq!(planting.detected, planting.of, "{planting:?}"),
        }
    }
    assert!(facts[1].positive_control.len() == 12);
}

/// Row order, column order and the case of letters move no count; a person's rows are one person.
#[test]
fn invariance() {
    let (train, holdout) = (people(200, 1), people(150, 2));
    let mut released = people(80, 3);
    released.extend_from_slice(&train[..20]);
    let counts = |change: &dyn Fn(&[String]) -> String| {
        let audit = audit(PLAIN, &change(&train), Some(&change(&holdout)), &change(&released));
        difference(&run(&Text::default(), &audit), "text.replicated-excess")
    };
    let plain = counts(&|rows| csv(rows));
    assert!(plain.0.0 >= 20);
    assert_eq!(counts(&|rows| csv(&rows.iter().rev().cloned().collect::<Vec<_>>())), plain);
    assert_eq!(counts(&|rows| csv(rows).to_lowercase()), plain);
    let swap = |row: &String| row.split_once(',').map(|(a, b)| format!("{b},{a}")).unwrap();
    let swapped = |rows: &[String]| {
        format!("x,name\n{}\n", rows.iter().map(swap).collect::<Vec<_>>().join("\n"))
    };
    assert_eq!(counts(&swapped), plain);
    let twice = |rows: &[String]| {
        let with_id = (0..).zip(rows).map(|(id, row): (u32, _)| format!("{id},,\n{id},{row}\n"));
        format!("id,name,x\n{}", with_id.collect::<String>())
    };
    let schema = format!("[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n{PLAIN}");
    let (released, holdout) = (csv(&released), twice(&holdout).replace('\n', "\n9000"));
    let holdout = holdout.trim_end_matches("9000").to_owned();
    let audit = audit(&schema, &twice(&train), Some(&holdout), &released);
    assert_eq!(difference(&run(&Text::default(), &audit), "text.replicated-excess"), plain);
}

/// Columns of kind text count; categories do when nearly all differ and nobody lists them.
#[test]
fn which_columns_hold_texts() {
    let schema = |kind: &str| format!("[columns.c]\n{kind}\n[columns.x]\nkind = \"continuous\"\n");
    let columns = |kind: &str, value: &dyn Fn(usize) -> String| {
        let rows: String = (0..100).map(|i| format!("{},{i}\n", value(i))).collect();
        let csv = format!("c,x\n{rows}");
        let audit = audit(&schema(kind), &csv, None, &csv);
        searched(&audit.train, &audit.train_persons).len()
    };
    let categorical = "kind = \"categorical\"";
    assert_eq!(columns(categorical, &|i| format!("code-{i}")), 1);
    assert_eq!(columns(categorical, &|i| format!("code-{}", i / 2)), 1);
    assert_eq!(columns(categorical, &|i| format!("code-{}", i % 49)), 0);
    let listed: Vec<String> = (0..100).map(|i| format!("\"code-{i}\"")).collect();
    let listed = format!("{categorical}\nlevels = [{}]", listed.join(", "));
    assert_eq!(columns(&listed, &|i| format!("code-{i}")), 0);
    // A list that was read from the data is not public.
    let read = format!("{listed}\nsource = \"data\"");
    assert_eq!(columns(&read, &|i| format!("code-{i}")), 1);
    assert_eq!(columns("kind = \"text\"", &|_| "same".into()), 1);
    assert_eq!(columns("kind = \"continuous\"", &|i| i.to_string()), 0);
    assert_eq!(columns("kind = \"text\"\nrole = \"sensitive\"", &|i| format!("note {i}")), 1);
}

/// Sixty persons of three rows each: a name that stands in all of a person's rows is one value of one person (60
/// values, 60 pairs), a ward that ten persons share in all of theirs is not (50 values of 500 persons).
#[test]
fn a_name_in_each_of_a_persons_rows_is_searched() {
    let schema = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                  [columns.name]\nkind = \"categorical\"\n";
    let columns = |persons: usize, value: &dyn Fn(usize) -> usize| {
        let rows: String =
            (0..3 * persons).map(|i| format!("{},{}\n", i / 3, name(value(i / 3)))).collect();
        let audit = audit(schema, &format!("id,name\n{rows}"), None, "name\nNobody Else\n");
        searched(&audit.train, &audit.train_persons)
    };
    assert_eq!(columns(60, &|person| person), ["name"]);
    assert!(columns(500, &|person| person / 10).is_empty());
}

fn dossier(
    schema: &str,
    train: &str,
    holdout: Option<&str>,
    released: &str,
) -> crate::evidence::Dossier {
    let release = Release { name: "release.csv".into(), sha256: Digest::of(b"release") };
    let attacks: [Box<dyn Attack>; 1] = [Box::new(Text::default())];
    audited(
        &audit(schema, train, holdout, released),
        &release,
        &attacks,
        &[],
        &Progress::new(&|_| {}),
    )
}

/// Without text, or with that of a handful, the metrics were not measured: nothing that could be read as
/// clean. Without a holdout the count stands and the excess is missing.
#[test]
fn nothing_to_search_is_not_a_clean_result() {
    let reasons = |dossier: &crate::evidence::Dossier| -> BTreeSet<(String, String)> {
        let of_text = dossier.not_run.iter().filter(|entry| entry.metric.starts_with("text."));
        of_text.map(|entry| (entry.metric.clone(), format!("{:?}", entry.reason))).collect()
    };
    let not_applicable = format!("{:?}", NotRunReason::NotApplicable);
    let both: BTreeSet<(String, String)> =
        INFO.metrics.iter().map(|m| ((*m).to_owned(), not_applicable.clone())).collect();
    let numbers = "[columns.x]\nkind = \"continuous\"\n";
    assert_eq!(reasons(&dossier(numbers, "x\n1\n2\n", Some("x\n3\n4\n"), "x\n5\n6\n")), both);
    let (few, others) = (csv(&people(10, 1)), csv(&people(30, 2)));
    assert_eq!(reasons(&dossier(PLAIN, &few, Some(&others), &others)), both);
    // The names of a handful that stand in the release are no handful too few.
    let repeated = dossier(PLAIN, &few, Some(&others), &few);
    let excess = repeated.evidence.iter().find(|fact| fact.metric == "text.replicated-excess");
    let Measure::Difference { treated, control, .. } = excess.unwrap().measure else { panic!() };
    assert_eq!((treated.successes, treated.trials, control.successes), (10, 10, 0));
    let blank = "name,x\n,1\n,2\n";
    assert_eq!(reasons(&dossier(PLAIN, blank, Some("name,x\n,3\n,4\n"), blank)), both);
    let many = dossier(PLAIN, &csv(&people(50, 1)), None, &others);
    assert!(many.evidence.iter().any(|fact| fact.metric == "text.replicated"));
    let expected = ("text.replicated-excess".to_owned(), format!("{:?}", NotRunReason::NoHoldout));
    assert_eq!(reasons(&many), BTreeSet::from([expected]));
}

/// No word of any record in anything that the attack reports.
#[test]
fn no_text_is_reported() {
    let (train, holdout) = (people(100, 1), people(60, 2));
    let dossier = dossier(PLAIN, &csv(&train), Some(&csv(&holdout)), &csv(&train));
    let json = canonical_json(&dossier).unwrap().to_lowercase();
    for row in train.iter().chain(&holdout) {
        for word in row.split(',').next().unwrap().split(' ') {
            assert!(!json.contains(&word.to_lowercase()));
        }
    }
}

//! Membership: how often members of a fresh release are told from others, in the whole and in the most unusual
//! tenth, and how often a few copies are.

use std::io::Write;

use dosimeter::Audit;
use dosimeter::attack::{Attack, Membership};
use dosimeter::audit::Progress;
use dosimeter::evidence::{Evidence, Measure};
use dosimeter::random::Seed;
use dosimeter::stats::{Confidence, Roc, binomial_upper_tail};
use dosimeter::table::{Sample, Schema, Table, read_raw, type_table};
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use rayon::prelude::*;

use super::rounds;

const SCHEMA: &str = "[columns.x]\nkind = 'continuous'\nlower = 0\nupper = 1\n\
                      [columns.y]\nkind = 'continuous'\nlower = 0\nupper = 1\n\
                      [columns.z]\nkind = 'continuous'\nlower = 0\nupper = 1\n\
                      [columns.c]\nkind = 'categorical'\n";

fn table(rows: &[String], sample: Sample, schema: &Schema) -> Table {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    write!(file, "x,y,z,c\n{}\n", rows.join("\n")).unwrap();
    type_table(&read_raw(file.path()).unwrap(), sample, schema).unwrap()
}

/// Persons of a lopsided law: squares, a sum, and levels that are seldom the later they come.
fn people(count: usize, rng: &mut ChaCha12Rng) -> Vec<String> {
    let row = |_| {
        let mut unit = || f64::from(rng.random_range(0..=1024_u32)) / 1024.0;
        let (x, y, c) = (unit().powi(2), unit(), unit().powi(3) * 40.0);
        format!("{x},{y},{},l{}", f64::midpoint(x, unit()), c as u32)
    };
    (0..count).map(row).collect()
}

fn facts([train, holdout, released]: [&[String]; 3], seed: u64) -> Vec<Evidence> {
    let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
    let read = |rows, sample| table(rows, sample, &schema);
    let (train, holdout) = (read(train, Sample::Train), read(holdout, Sample::Holdout));
    let released = read(released, Sample::Synthetic);
    let audit = Audit::new(schema.clone(), train, Some(holdout), released, seed).unwrap();
    Membership::default().run(&audit, Seed::new(seed), &Progress::new(&|_| {})).unwrap()
}

/// Which of these tests reject at 95 %: the area above and below a half, the advantage above 0, more members told
/// than false alarms, persons exposed.
fn rejects(facts: &[Evidence], group: Option<&str>) -> [bool; 5] {
    let c95 = Confidence::new(0.95).unwrap();
    let fact = |metric: &str| {
        let same = |fact: &&Evidence| fact.metric == metric && fact.group.as_deref() == group;
        &facts.iter().find(same).unwrap().measure
    };
    let z = |metric: &str, null: f64| match *fact(metric) {
        Measure::Normal { value, standard_error, .. } => (value - null) / standard_error,
        ref other => panic!("{other:?}"),
    };
    let told = |metric: &str| match *fact(metric) {
        Measure::Roc { false_positive_rate, members, non_members, ref detected, .. } => {
            let curve = Roc { false_positive_rate, members, non_members, detected };
            curve.bounds(c95, c95).unwrap().lower > false_positive_rate
        }
        ref other => panic!("{other:?}"),
    };
    [
        z("membership.auroc", 0.5) > 1.645,
        z("membership.auroc", 0.5) < -1.645,
        z("membership.advantage", 0.0) > 1.645,
        told("membership.tpr-at-fpr-10-percent"),
        told("membership.exposed-share"),
    ]
}

const TENTH: Option<&str> = Some("most unusual 10 %");

/// How many of `seeds` audits reject, in the whole and in the most unusual tenth.
fn rejected(seeds: u64, audit: impl Fn(u64) -> Vec<Evidence> + Sync + Send) -> [[u64; 5]; 2] {
    let found: Vec<[[bool; 5]; 2]> = (0..seeds)
        .into_par_iter()
        .map(|seed| {
            let facts = audit(seed);
            [rejects(&facts, None), rejects(&facts, TENTH)]
        })
        .collect();
    let count = |scope: usize, test: usize| found.iter().filter(|f| f[scope][test]).count() as u64;
    [0, 1].map(|scope| std::array::from_fn(|test| count(scope, test)))
}

/// Three fresh samples. Counts give coarse steps, so that only too many rejections are wrong.
#[test]
fn null_members_score_like_non_members() {
    let seeds = rounds(40);
    let counts = rejected(seeds, |seed| {
        let rows = people(1700, &mut Seed::new(seed).part("null").rng());
        facts([&rows[..500], &rows[500..1100], &rows[1100..]], seed)
    });
    let text = format!("membership null: {counts:?} of {seeds} rejected\n");
    std::io::stdout().write_all(text.as_bytes()).unwrap();
    for rejected in counts.into_iter().flatten() {
        let chance = binomial_upper_tail(rejected, seeds, 0.05).unwrap();
        assert!(chance > 0.0005, "{counts:?} of {seeds} rejected");
    }
}

/// 8 % of train copied into a fresh release: more members are told at 10 % false alarms in nine releases of ten.
#[test]
fn power_a_few_copies_are_told() {
    let seeds = rounds(20);
    let counts = rejected(seeds, |seed| {
        let mut rows = people(1700, &mut Seed::new(seed).part("power").rng());
        let (real, released) = rows.split_at_mut(1100);
        released[..40].clone_from_slice(&real[..40]);
        facts([&real[..500], &real[500..], released], seed)
    });
    let text = format!("membership, 8 % copied: {counts:?} of {seeds} found\n");
    std::io::stdout().write_all(text.as_bytes()).unwrap();
    assert!(counts[0][4] * 10 >= seeds * 9, "{counts:?} of {seeds} found");
}

//! The distance tests: as often wrong as they say on fresh samples, of numbers and of people, and
//! right on few near copies and on records with one value replaced.

use std::io::Write;

use dosimeter::Audit;
use dosimeter::attack::{Attack, Distance};
use dosimeter::audit::Progress;
use dosimeter::evidence::{Evidence, Measure};
use dosimeter::random::Seed;
use dosimeter::stats::{Confidence, normal_bounds};
use dosimeter::table::{Sample, Schema, Table, read_raw, type_table};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha12Rng;
use rayon::prelude::*;

use super::band::{band, most};
use super::rounds;

const TESTS: [&str; 3] = ["distance.share", "distance.tail-share", "distance.subset-share"];

fn table(csv: &str, sample: Sample, schema: &Schema) -> Table {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(csv.as_bytes()).unwrap();
    type_table(&read_raw(file.path()).unwrap(), sample, schema).unwrap()
}

/// Which of [`TESTS`] break a limit of 0 at 95 %, as `judge` reads them.
fn rejects(schema: &str, [train, holdout, released]: [&str; 3], seed: u64) -> [bool; 3] {
    let schema = Schema::parse(schema, "schema.toml").unwrap();
    let read = |csv, sample| table(csv, sample, &schema);
    let (train, holdout) = (read(train, Sample::Train), read(holdout, Sample::Holdout));
    let released = read(released, Sample::Synthetic);
    let audit = Audit::new(schema.clone(), train, Some(holdout), released, seed).unwrap();
    let attack = Distance { permutations: 999, ..Distance::default() };
    let facts = attack.run(&audit, Seed::new(seed), &Progress::new(&|_| {})).unwrap();
    let c95 = Confidence::new(0.95).unwrap();
    let breaks = |fact: &Evidence| match fact.measure {
        Measure::Normal { value, standard_error, range } => {
            normal_bounds(value, standard_error, range, c95, c95).unwrap().lower > 0.0
        }
        ref other => panic!("{other:?}"),
    };
    TESTS.map(|metric| breaks(facts.iter().find(|fact| fact.metric == metric).unwrap()))
}

/// How many of `seeds` audits reject, test by test.
fn rejected(seeds: u64, audit: impl Fn(u64) -> [bool; 3] + Sync + Send) -> [u64; 3] {
    let found: Vec<[bool; 3]> = (0..seeds).into_par_iter().map(audit).collect();
    std::array::from_fn(|i| found.iter().filter(|rejects| rejects[i]).count() as u64)
}

/// Rejections at 5 % lie in the exact binomial band. The few rows of a tail give coarse steps, so that
/// only too many rejections are wrong there.
fn assert_size(what: &str, seeds: u64, rejected: [u64; 3]) {
    let text = format!("{what}: {rejected:?} of {seeds} rejected\n");
    std::io::stdout().write_all(text.as_bytes()).unwrap();
    assert!(band(seeds, 0.05).contains(&rejected[0]), "{text}");
    assert!(rejected.iter().all(|rejected| *rejected <= most(seeds, 0.05)), "{text}");
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

/// Every third number is known to outsiders.
fn schema(width: usize) -> String {
    let column = |column: usize| {
        let role = if column.is_multiple_of(3) { "quasi-identifier" } else { "other" };
        format!(
            "[columns.x{column}]\nkind = \"continuous\"\nlower = 0\nupper = 1\nrole = \"{role}\"\n"
        )
    };
    (0..width).map(column).collect()
}

fn numbers([train, holdout, released]: [&[Vec<f64>]; 3], seed: u64) -> [bool; 3] {
    rejects(&schema(train[0].len()), [&csv(train), &csv(holdout), &csv(released)], seed)
}

/// Fresh samples of one population, at 2 to 30 columns: hubs make a binomial error reject 15 % at
/// 30 columns; the permutation error keeps 5 %.
#[test]
fn null_size_on_random_tables() {
    let seeds = rounds(40);
    for width in [2, 8, 15, 30] {
        let counts = rejected(seeds, |seed| {
            let rows = uniform(1100, width, &mut Seed::new(seed).part("null").rng());
            numbers([&rows[..300], &rows[300..600], &rows[600..]], seed)
        });
        assert_size(&format!("{width} columns"), seeds, counts);
    }
}

/// The same with people: three samples of the flchain fixture, unequal and small.
#[test]
fn null_size_on_fresh_samples_of_people() {
    let seeds = rounds(60);
    let schema = include_str!("../../fixtures/flchain/schema.toml");
    let text = [
        include_str!("../../fixtures/flchain/train.csv"),
        include_str!("../../fixtures/flchain/holdout.csv"),
    ];
    let header = text[0].lines().next().unwrap();
    let people: Vec<&str> = text.iter().flat_map(|text| text.lines().skip(1)).collect();
    let csv = |rows: &[&str]| format!("{header}\n{}\n", rows.join("\n"));
    let counts = rejected(seeds, |seed| {
        let mut people = people.clone();
        people.shuffle(&mut Seed::new(seed).part("people").rng());
        let [t, h, s] = [&people[..300], &people[300..450], &people[450..850]].map(csv);
        rejects(schema, [&t, &h, &s], seed)
    });
    assert_size("flchain", seeds, counts);
}

/// A release of 1,000 rows of 8 columns in which `copies` are made from training records.
fn leaky(
    seed: u64,
    copies: usize,
    copy: impl Fn(&[f64], &mut ChaCha12Rng) -> Vec<f64>,
) -> [bool; 3] {
    let mut rng = Seed::new(seed).part("power").rng();
    let mut rows = uniform(3000, 8, &mut rng);
    let (real, released) = rows.split_at_mut(2000);
    for (row, person) in released.iter_mut().zip(&*real).take(copies) {
        *row = copy(person, &mut rng);
    }
    numbers([&real[..1000], &real[1000..], released], seed)
}

/// 1 % near-copies, every number moved by up to 1 %: the tail finds them in four of five releases at
/// the least.
#[test]
fn power_few_near_copies_are_found_in_the_tail() {
    let seeds = rounds(30);
    let found = rejected(seeds, |seed| {
        leaky(seed, 10, |person, rng| {
            let moved = |x: &f64| (x + rng.random_range(-0.01..0.01)).clamp(0.0, 1.0);
            person.iter().map(moved).collect()
        })
    });
    let text = format!("near copies: {found:?} of {seeds} found\n");
    std::io::stdout().write_all(text.as_bytes()).unwrap();
    assert!(found[1] * 10 >= seeds * 8, "tail found {} of {seeds}", found[1]);
}

/// 5 % copies with one number drawn anew, so that no row lies near its person over all columns: some
/// subset without that number finds them.
#[test]
fn power_copies_with_one_value_replaced_are_found_over_a_subset() {
    let seeds = rounds(30);
    let found = rejected(seeds, |seed| {
        leaky(seed, 50, |person, rng| {
            let mut row = person.to_vec();
            row[rng.random_range(0..8)] = f64::from(rng.random_range(0..=1024_u32)) / 1024.0;
            row
        })
    });
    let text = format!("one value replaced: {found:?} of {seeds} found\n");
    std::io::stdout().write_all(text.as_bytes()).unwrap();
    assert!(found[2] * 10 >= seeds * 8, "a subset found {} of {seeds}", found[2]);
}

//! The criteria of WP216 when the release was made from neither side: train is told from the holdout no oftener
//! than the test's risk allows. And when one training person in a hundred is copied: it shows.

use std::io::Write;

use dosimeter::Audit;
use dosimeter::attack::ATTACKS;
use dosimeter::audit::Progress;
use dosimeter::evidence::{Count, Evidence, Measure};
use dosimeter::random::Seed;
use dosimeter::stats::fisher_greater;
use dosimeter::table::{Sample, Schema, Table, read_raw, type_table};
use rand::RngExt;

use super::band::most;
use super::rounds;

/// Risk of each test.
const RISK: f64 = 0.05;

const ATTACK_IDS: [&str; 3] = ["singling-out", "linkability", "inference"];

const SCHEMA: &str = "[columns.a]\nkind = 'integer'\nrole = 'quasi-identifier'\n\
                      [columns.b]\nkind = 'categorical'\nrole = 'quasi-identifier'\n\
                      [columns.c]\nkind = 'continuous'\n\
                      [columns.s]\nkind = 'categorical'\nrole = 'sensitive'\n\
                      [columns.z]\nkind = 'continuous'\nrole = 'sensitive'\n\
                      [linkability]\na = ['a', 'b']\nb = ['c', 's', 'z']\n";

fn table(text: &str, kind: Sample, schema: &Schema) -> Table {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    type_table(&read_raw(file.path()).unwrap(), kind, schema).unwrap()
}

/// A fresh sample of one population, in which secrets depend on what is known.
fn sample(rows: usize, seed: Seed) -> String {
    let mut rng = seed.rng();
    let mut text = String::from("a,b,c,s,z\n");
    for _ in 0..rows {
        let (a, b) = (rng.random_range(0..50_u32), rng.random_range(0..4_u32));
        let c = f64::from(rng.random_range(0..2000_u32)) / 10.0;
        let s = if rng.random::<f64>() < 0.3 + 0.1 * f64::from(b) { "y" } else { "n" };
        let z = f64::from(a) + rng.random::<f64>() * 20.0;
        text += &format!("{a},l{b},{c},{s},{z:.2}\n");
    }
    text
}

fn facts(schema: &str, texts: [&str; 3], seed: u64) -> Vec<Evidence> {
    let schema = Schema::parse(schema, "schema.toml").unwrap();
    let train = table(texts[0], Sample::Train, &schema);
    let holdout = table(texts[1], Sample::Holdout, &schema);
    let released = table(texts[2], Sample::Synthetic, &schema);
    let audit = Audit::new(schema, train, Some(holdout), released, seed).unwrap();
    let entries = ATTACKS.iter().filter(|entry| ATTACK_IDS.contains(&entry.info.id));
    let run = |entry: &dosimeter::attack::Entry| {
        let attack = entry.attack(toml::Table::new()).unwrap();
        attack.run(&audit, Seed::new(seed), &Progress::new(&|_| {})).unwrap()
    };
    entries.flat_map(run).collect()
}

fn contrast(fact: &Evidence) -> Option<(Count, Count)> {
    match fact.measure {
        Measure::Difference { treated, control, .. } => Some((treated, control)),
        _ => None,
    }
}

/// Of every contrast the audits of independent samples in which Fisher's exact test finds train ahead.
#[test]
fn a_release_made_from_neither_side_favours_nobody() {
    let rounds = rounds(16);
    let mut rejected: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    for round in 0..rounds {
        let seed = Seed::new(round).part("criteria");
        let [train, holdout, released] = [("train", 400), ("holdout", 250), ("released", 400)]
            .map(|(name, rows)| sample(rows, seed.part(name)));
        for fact in facts(SCHEMA, [&train, &holdout, &released], round) {
            let Some((treated, control)) = contrast(&fact) else { continue };
            let p = fisher_greater(
                treated.successes,
                treated.trials,
                control.successes,
                control.trials,
            );
            let name = format!("{} {}", fact.metric, fact.about.unwrap_or_default());
            *rejected.entry(name).or_default() += u64::from(p.unwrap() < RISK);
        }
    }
    assert_eq!(rejected.len(), 11);
    for (name, &count) in &rejected {
        std::io::stdout().write_all(format!("{name}: {count} of {rounds}\n").as_bytes()).unwrap();
        assert!(count <= most(rounds, RISK), "{name}: {count} of {rounds}");
    }
}

const FLCHAIN: &str = include_str!("../../fixtures/flchain/schema.toml");
const TRAIN: &str = include_str!("../../fixtures/flchain/train.csv");
const HOLDOUT: &str = include_str!("../../fixtures/flchain/holdout.csv");
const RELEASE: &str = include_str!("../../fixtures/flchain/releases/resampled.csv");

/// 52 of 5,249 persons, one in a hundred, copied into independent marginals: all of them are linked, almost all of
/// their measurements are told, most of them are described; chance takes a few.
#[test]
fn a_hundredth_of_the_persons_copied_raises_each_criterion() {
    let schema = format!(
        "{FLCHAIN}\n[linkability]\na = ['age', 'sex', 'sample.yr', 'kappa', 'lambda']\n\
         b = ['creatinine', 'futime', 'death', 'chapter', 'mgus']\n"
    );
    let (train, safe): (Vec<&str>, Vec<&str>) =
        (TRAIN.lines().collect(), RELEASE.lines().collect());
    let leaked = [&safe[..1], &train[101..153], &safe[53..]].concat().join("\n") + "\n";
    let hits = |release: &str| {
        let facts = facts(&schema, [TRAIN, HOLDOUT, release], 0);
        [
            ("singling-out.multivariate-excess", None),
            ("linkability.excess", None),
            ("inference.excess", Some("kappa")),
            ("inference.excess", Some("futime")),
        ]
        .map(|(metric, about)| {
            let fact = facts.iter().find(|f| f.metric == metric && f.about.as_deref() == about);
            contrast(fact.unwrap()).unwrap().0.successes
        })
    };
    let (before, after) = (hits(RELEASE), hits(&leaked));
    for ((before, after), least) in before.into_iter().zip(after).zip([20, 50, 40, 30]) {
        assert!(after >= before + least, "{before} {after}: expected {least} more");
    }
}

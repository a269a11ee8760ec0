//! Reconstruction and rare texts when the release was made from neither side: train is told from the holdout
//! no oftener than the test's risk allows.

use dosimeter::Audit;
use dosimeter::attack::ATTACKS;
use dosimeter::audit::Progress;
use dosimeter::evidence::Measure;
use dosimeter::random::Seed;
use dosimeter::stats::fisher_greater;
use dosimeter::table::{Sample, Schema, Table, read_raw, type_table};
use rand::RngExt;

use super::band::most;
use super::rounds;

/// Risk of each test.
const RISK: f64 = 0.05;

const SCHEMA: &str = "[columns.a]\nkind = 'integer'\n[columns.b]\nkind = 'categorical'\n\
                      [columns.c]\nkind = 'integer'\n[columns.name]\nkind = 'text'\n\
                      [columns.s]\nkind = 'categorical'\nrole = 'sensitive'\n\
                      [columns.z]\nkind = 'integer'\nrole = 'sensitive'\n";

/// A fresh sample of one population, in which names are shared and secrets depend on what is known.
fn sample(rows: usize, kind: Sample, seed: Seed) -> Table {
    let mut rng = seed.rng();
    let mut text = String::from("a,b,c,name,s,z\n");
    for _ in 0..rows {
        let (a, b, c) =
            (rng.random_range(0..50_u32), rng.random_range(0..4_u32), rng.random_range(0..50_u32));
        let name =
            format!("Quillon{} Marten{}", rng.random_range(0..30_u32), rng.random_range(0..30_u32));
        let s = if rng.random::<f64>() < 0.3 + 0.1 * f64::from(b) { "y" } else { "n" };
        let z = a / 10 + rng.random_range(0..6_u32);
        text += &format!("{a},l{b},{c},{name},{s},{z}\n");
    }
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
    type_table(&read_raw(file.path()).unwrap(), kind, &schema).unwrap()
}

/// Audits of independent samples in which Fisher's exact test finds train ahead of the holdout.
fn rejections(attack: &str, metric: &str, rounds: u64) -> u64 {
    let entry = ATTACKS.iter().find(|entry| entry.info.id == attack).unwrap();
    let attack = entry.attack(toml::Table::new()).unwrap();
    let reject = |round: u64| {
        let seed = Seed::new(round).part("null");
        let train = sample(300, Sample::Train, seed.part("train"));
        let holdout = sample(200, Sample::Holdout, seed.part("holdout"));
        let released = sample(300, Sample::Synthetic, seed.part("released"));
        let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
        let audit = Audit::new(schema, train, Some(holdout), released, round).unwrap();
        let facts = attack.run(&audit, seed, &Progress::new(&|_| {})).unwrap();
        let fact = facts.into_iter().find(|fact| fact.metric == metric).unwrap();
        let Measure::Difference { treated, control, .. } = fact.measure else { panic!("{metric}") };
        let p =
            fisher_greater(treated.successes, treated.trials, control.successes, control.trials);
        u64::from(p.unwrap() < RISK)
    };
    (0..rounds).map(reject).sum()
}

#[test]
fn reconstruction_from_an_independent_release_favours_nobody() {
    let rounds = rounds(24);
    let rejected = rejections("reconstruction", "reconstruction.excess", rounds);
    assert!(rejected <= most(rounds, RISK), "{rejected} of {rounds}");
}

#[test]
fn texts_of_an_independent_release_favour_nobody() {
    let rounds = rounds(40);
    let rejected = rejections("text", "text.replicated-excess", rounds);
    assert!(rejected <= most(rounds, RISK), "{rejected} of {rounds}");
}

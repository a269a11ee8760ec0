//! Leaks of twice the limit, rule by rule: met in at most one of twenty plantings, whoever leaks, and in none of
//! a short series.

use std::io::Write;

use dosimeter::Audit;
use dosimeter::attack::ATTACKS;
use dosimeter::audit::{Progress, Release, run};
use dosimeter::digest::Digest;
use dosimeter::policy::{PRESETS, Policy};
use dosimeter::random::Seed;
use dosimeter::table::{Sample, Schema};
use dosimeter::verdict::{Circumstances, Outcome, judge};
use rand::seq::index::sample;

use super::band::allowed;
use super::rates::{
    HOLDOUT, Leak, RELEASE, SCHEMA, TRAIN, lines, moved, one_cell, table, verbatim,
};
use super::rounds;

const SOURCES: &str = "\n[linkability]\na = ['age', 'sex', 'sample.yr', 'kappa', 'lambda']\n\
                       b = ['creatinine', 'futime', 'death', 'chapter', 'mgus']\n";

fn audit(release: &[String]) -> Audit {
    let schema = Schema::parse(&(SCHEMA.to_owned() + SOURCES), "schema.toml").unwrap();
    let [train, holdout, released] = [
        table(&lines(TRAIN), Sample::Train, &schema),
        table(&lines(HOLDOUT), Sample::Holdout, &schema),
        table(release, Sample::Synthetic, &schema),
    ];
    Audit::new(schema, train, Some(holdout), released, 0).unwrap()
}

/// How a rule of a preset is judged on what its attack finds.
fn outcome(audit: &Audit, preset: &str, attack: &str, rule: &str) -> Outcome {
    let entry = ATTACKS.iter().find(|entry| entry.info.id == attack).unwrap();
    let attacks = [entry.attack(toml::Table::new()).unwrap()];
    let subject = Release { name: "release.csv".into(), sha256: Digest::of(b"release") };
    let dossier = run(audit, &subject, &attacks, &[], &Progress::new(&|_| {}));
    let preset = PRESETS.iter().find(|one| one.id == preset).unwrap();
    let policy = Policy::parse(preset.text, preset.id).unwrap();
    let verdict = judge(&policy, &dossier, &Circumstances::default());
    verdict.findings.into_iter().find(|finding| finding.rule == rule).unwrap().outcome
}

/// The most unusual `count` of the training persons, most unusual first.
fn unusual(count: usize) -> Vec<usize> {
    let audit = audit(&lines(RELEASE));
    let rarity = audit.neighbours().train_rarity(&audit.train_persons);
    let mut order: Vec<usize> = (0..rarity.len()).collect();
    order.sort_by(|&a, &b| rarity[b].total_cmp(&rarity[a]));
    order.truncate(count);
    order
}

/// Releases with `leaked` of the persons `among`, judged by the rules (preset, attack, rule).
fn power(rules: &[[&str; 3]], among: &[usize], leaked: usize, leak: Leak, short: u64) {
    let (rounds, train) = (rounds(short), lines(TRAIN));
    let mut met = vec![0; rules.len()];
    for seed in 0..rounds {
        let mut rng = Seed::new(seed).part(rules[0][2]).rng();
        let mut release = lines(RELEASE);
        let places = sample(&mut rng, release.len(), leaked).into_vec();
        let persons = sample(&mut rng, among.len(), leaked).into_vec();
        for (place, person) in places.into_iter().zip(persons) {
            release[place] = leak(&train[among[person]], &mut rng);
        }
        let audit = audit(&release);
        for ([preset, attack, rule], met) in rules.iter().zip(&mut met) {
            *met += u64::from(outcome(&audit, preset, attack, rule) == Outcome::Pass);
        }
    }
    for ([preset, _, rule], met) in rules.iter().zip(met) {
        let text = format!("{preset} {rule}, {leaked} of {}: {met} of {rounds} met\n", among.len());
        std::io::stdout().write_all(text.as_bytes()).unwrap();
        assert!(met <= allowed(rounds, 0.05), "{text}");
    }
}

const REFERENCE: &str = "hipaa-safe-harbor-reference";

/// 0.04 % of 5,249 persons are two: five of the most unusual tenth, one number moved.
#[test]
fn unusual_persons_of_twice_the_reference_are_not_met() {
    power(&[[REFERENCE, "identity", "reid-whole"]], &unusual(525), 5, moved, 3);
}

/// 1 % of a group: two of the most unusual 52, and six of the most unusual 262.
#[test]
fn leaks_of_twice_the_limit_in_the_worst_group_are_not_met() {
    let unusual = unusual(262);
    power(&[[REFERENCE, "identity", "reid-worst-group"]], &unusual[..52], 2, verbatim, 2);
    power(&[[REFERENCE, "identity", "reid-worst-group"]], &unusual, 6, moved, 2);
}

/// 0.5 % are 26 recognisable persons, 0.2 % are ten copies, 3 % are 157 exposed persons.
#[test]
fn leaks_of_twice_the_limits_of_the_base_are_not_met() {
    let all: Vec<usize> = (0..lines(TRAIN).len()).collect();
    power(&[["base-privacy", "identity", "reid-whole"]], &all, 53, one_cell, 2);
    power(&[["base-privacy", "copies", "copies-exact-excess"]], &all, 21, verbatim, 2);
    power(&[["base-privacy", "membership", "membership-exposed"]], &all, 315, moved, 2);
}

/// 5 % of the persons singled out, linked, or told a secret: 10 % copied, or copied with one number moved.
#[test]
fn leaks_of_twice_the_limits_of_wp216_are_not_met() {
    let all: Vec<usize> = (0..lines(TRAIN).len()).collect();
    let rules = ["singling-out", "linkability", "inference"].map(|rule| ["gdpr-wp216", rule, rule]);
    power(&rules, &all, 525, verbatim, 2);
    power(&rules, &all, 525, moved, 1);
}

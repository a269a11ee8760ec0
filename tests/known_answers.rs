//! Releases of which the right answer is known, from tables to verdict: what a copy, a contaminated
//! holdout, a few leaked persons, a leaked group, an honest release or a crippled attack must come out as.
//!
//! Two more stand elsewhere: that no text of a record reaches an output (`cli/privacy.rs`), and how often chance
//! alone stops an honest release (`calibration/null.rs`).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;
use std::io::Write;

use dosimeter::attack::{ATTACKS, Entry};
use dosimeter::audit::{Progress, Release, run};
use dosimeter::digest::Digest;
use dosimeter::evidence::{Dossier, Measure};
use dosimeter::metric::metric;
use dosimeter::policy::{PRESETS, Policy, Severity};
use dosimeter::random::Seed;
use dosimeter::synth::dp::{Accountant, Budget};
use dosimeter::synth::{Cart, Fitted, Mst, Request, Smoothing, fit};
use dosimeter::table::{Sample, Schema, Table, read_raw, type_table};
use dosimeter::verdict::{Circumstances, Decision, Finding, Outcome, Reason, Verdict, judge};
use dosimeter::{Audit, Evidence};
use rand::seq::index::sample;
use rand::seq::{IndexedRandom, SliceRandom};

const SCHEMA: &str = include_str!("../fixtures/flchain/schema.toml");
const TRAIN: &str = include_str!("../fixtures/flchain/train.csv");
const HOLDOUT: &str = include_str!("../fixtures/flchain/holdout.csv");
const INDEPENDENT: &str = include_str!("../fixtures/flchain/releases/resampled.csv");

/// Presets whose rules contrast train with the holdout.
const PRIVACY: [&str; 3] = ["base-privacy", REFERENCE, "gdpr-wp216"];

/// The limit of 0.04 % for all, of 1 % for the worst group.
const REFERENCE: &str = "hipaa-safe-harbor-reference";

fn rows(text: &str) -> Vec<String> {
    text.lines().skip(1).map(str::to_owned).collect()
}

fn table(rows: &[String], sample: Sample, schema: &Schema) -> Table {
    let header = TRAIN.lines().next().unwrap();
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    write!(file, "{header}\n{}\n", rows.join("\n")).unwrap();
    type_table(&read_raw(file.path()).unwrap(), sample, schema).unwrap()
}

/// An audit of flchain's holdout and what stands in for its training table and release.
fn audit(schema: &str, train: &[String], release: &[String]) -> Audit {
    let schema = Schema::parse(schema, "schema.toml").unwrap();
    let [train, holdout, release] = [
        table(train, Sample::Train, &schema),
        table(&rows(HOLDOUT), Sample::Holdout, &schema),
        table(release, Sample::Synthetic, &schema),
    ];
    Audit::new(schema, train, Some(holdout), release, 0).unwrap()
}

fn measured(audit: &Audit) -> Dossier {
    let attacks = ATTACKS.iter().filter_map(|entry| entry.attack(toml::Table::new()).ok());
    let attacks: Vec<_> = attacks.collect();
    let release = Release { name: "release.csv".into(), sha256: Digest::of(b"release") };
    run(audit, &release, &attacks, &[], &Progress::new(&|_| {}))
}

fn judged(dossier: &Dossier, preset: &str) -> Verdict {
    let preset = PRESETS.iter().find(|one| one.id == preset).unwrap();
    let policy = Policy::parse(preset.text, preset.id).unwrap();
    judge(&policy, dossier, &Circumstances::default())
}

fn finding<'a>(verdict: &'a Verdict, rule: &str) -> &'a Finding {
    verdict.findings.iter().find(|finding| finding.rule == rule).unwrap()
}

/// The independent release with these training rows in place of as many of its own.
fn planted(train: &[String], persons: &[usize], disturb: fn(&str) -> String) -> Vec<String> {
    let mut release = rows(INDEPENDENT);
    let places = sample(&mut Seed::new(7).rng(), release.len(), persons.len());
    for (place, &person) in places.into_iter().zip(persons) {
        release[place] = disturb(&train[person]);
    }
    release
}

fn some_persons(train: &[String], count: usize) -> Vec<usize> {
    sample(&mut Seed::new(8).rng(), train.len(), count).into_vec()
}

fn verbatim(line: &str) -> String {
    line.to_owned()
}

/// Follow-up moved by six days, 0.1 % of its scale of 6,000.
fn moved(line: &str) -> String {
    let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
    cells[8] = (cells[8].parse::<i64>().unwrap() + 6).to_string();
    cells.join(",")
}

#[test]
fn the_training_table_in_another_order_fails_though_nothing_tells_it_from_real_data() {
    let train = rows(TRAIN);
    let mut release = train.clone();
    release.shuffle(&mut Seed::new(1).rng());
    release.reverse();
    let dossier = measured(&audit(SCHEMA, &train, &release));
    let verdict = judged(&dossier, "base-privacy");
    assert_eq!(verdict.decision, Decision::NotMet);
    let rules = ["copies-exact-excess", "distance-tail-share", "reid-whole", "membership-exposed"];
    for rule in rules {
        assert_eq!(finding(&verdict, rule).outcome, Outcome::Fail, "{rule}");
    }
    let score = fact(&dossier, "distinguishability.score");
    let Measure::Normal { value, standard_error, .. } = score.measure else { panic!("{score:?}") };
    assert!(value < 2.0 * standard_error + 0.01, "told from fresh data: {value}");
}

fn fact<'a>(dossier: &'a Dossier, metric: &str) -> &'a Evidence {
    dossier.evidence.iter().find(|fact| fact.metric == metric).unwrap()
}

/// All real rows as release, and rows drawn from all of them as a generator split afterwards would.
#[test]
fn a_generator_that_has_seen_the_holdout_is_inconclusive() {
    let train = rows(TRAIN);
    let all = [train.clone(), rows(HOLDOUT)].concat();
    let drawn: Vec<String> =
        sample(&mut Seed::new(2).rng(), all.len(), 5_000).iter().map(|i| all[i].clone()).collect();
    for release in [all, drawn] {
        let dossier = measured(&audit(SCHEMA, &train, &release));
        for preset in PRIVACY {
            let verdict = judged(&dossier, preset);
            assert_ne!(verdict.decision, Decision::Met, "{preset}");
            // Of texts, which the table does not hold, nothing was measured.
            let contrasts = verdict.findings.iter().filter(|finding| {
                metric(finding.metric).unwrap().contrast
                    && !(finding.rule == "rare-texts" && finding.interval.is_none())
            });
            for finding in contrasts {
                assert_ne!(finding.outcome, Outcome::Pass, "{preset}: {}", finding.rule);
                if finding.outcome == Outcome::Inconclusive {
                    let reason = Some(Reason::ControlContaminated);
                    assert_eq!(finding.reason, reason, "{preset}: {}", finding.rule);
                }
            }
        }
        let verdict = judged(&dossier, REFERENCE);
        assert_eq!(finding(&verdict, "copies-exact-excess").outcome, Outcome::Inconclusive);
    }
}

/// 1 % of 5,249 persons are 52, 0.15 % are 8.
#[test]
fn a_few_copied_persons_are_not_under_the_reference() {
    let train = rows(TRAIN);
    for (persons, disturb) in [(52, moved as fn(&str) -> String), (8, verbatim)] {
        let release = planted(&train, &some_persons(&train, persons), disturb);
        let verdict = judged(&measured(&audit(SCHEMA, &train, &release)), REFERENCE);
        assert_ne!(verdict.decision, Decision::Met, "{persons} persons");
        assert_ne!(finding(&verdict, "reid-whole").outcome, Outcome::Pass, "{persons} persons");
    }
}

/// 52 of 5,249 persons: the excess of copies breaks 0.2 %, and the rate is 1 % times the sensitivity.
#[test]
fn one_copied_row_in_a_hundred_is_counted_as_such() {
    let train = rows(TRAIN);
    let release = planted(&train, &some_persons(&train, 52), verbatim);
    let dossier = measured(&audit(SCHEMA, &train, &release));
    let verdict = judged(&dossier, "base-privacy");
    assert_eq!(finding(&verdict, "copies-exact-excess").outcome, Outcome::Fail);
    let rate = fact(&dossier, "identity.reidentification-rate");
    let Measure::Detected { found, .. } = rate.measure else { panic!("{rate:?}") };
    let cell = |name: &str| {
        let cell = rate.positive_control.iter().find(|cell| cell.cell == name).unwrap();
        cell.detected as f64 / cell.of as f64
    };
    let expected = 52.0 * cell("verbatim/uniform");
    assert!((found as f64 - expected).abs() <= 8.0, "{found} found, {expected} expected");
}

#[test]
fn independent_marginals_meet_the_reference() {
    let verdict = judged(&measured(&audit(SCHEMA, &rows(TRAIN), &rows(INDEPENDENT))), REFERENCE);
    assert_eq!(verdict.decision, Decision::Met);
}

/// Two of the 52 most unusual persons (3.9 %) leak: 0.038 % of all, under the limit as a point.
#[test]
fn a_leak_among_the_most_unusual_is_not_hidden_by_the_average() {
    let train = rows(TRAIN);
    let plain = audit(SCHEMA, &train, &rows(INDEPENDENT));
    let rarity = plain.neighbours().train_rarity(&plain.train_persons);
    let mut order: Vec<usize> = (0..train.len()).collect();
    order.sort_by(|&a, &b| rarity[b].total_cmp(&rarity[a]));
    let release = planted(&train, &order[..2], verbatim);
    let verdict = judged(&measured(&audit(SCHEMA, &train, &release)), REFERENCE);
    let whole = finding(&verdict, "reid-whole").interval.unwrap();
    assert!(whole.point < 0.0004, "{}", whole.point);
    assert_ne!(finding(&verdict, "reid-worst-group").outcome, Outcome::Pass);
    assert_ne!(verdict.decision, Decision::Met);
}

/// The 40 persons of a protected group, two of whom leak: 0.038 % of all.
#[test]
fn a_leak_in_a_group_of_forty_is_never_met() {
    let schema = SCHEMA.replace(
        "[columns.mgus]                      # monoclonal gammopathy diagnosed\nkind = \"boolean\"\n",
        "[columns.mgus]\nkind = \"boolean\"\nprotected = true\n",
    );
    assert_ne!(schema, SCHEMA);
    let has = |row: &String| row.split(',').nth(7) == Some("1");
    let mut seen = 0;
    let train: Vec<String> = rows(TRAIN)
        .into_iter()
        .filter(|row| {
            seen += usize::from(has(row));
            !has(row) || seen <= 40
        })
        .collect();
    let group: Vec<usize> = (0..train.len()).filter(|&row| has(&train[row])).collect();
    assert_eq!(group.len(), 40);
    let release = planted(&train, &group[..2], verbatim);
    let verdict = judged(&measured(&audit(&schema, &train, &release)), REFERENCE);
    assert_ne!(finding(&verdict, "reid-worst-group").outcome, Outcome::Pass);
    assert_ne!(verdict.decision, Decision::Met);
}

/// A schema that asks all three criteria of WP216.
fn with_sources() -> String {
    format!(
        "{SCHEMA}\n[linkability]\na = ['age', 'sex', 'sample.yr', 'kappa', 'lambda']\n\
         b = ['creatinine', 'futime', 'death', 'chapter', 'mgus']\n"
    )
}

/// 3,200 persons of train, 1,800 of the holdout and 2,874 others, all drawn from one population.
#[test]
fn a_fresh_sample_of_the_population_is_blamed_for_nothing() {
    let mut people = [rows(TRAIN), rows(HOLDOUT)].concat();
    people.shuffle(&mut Seed::new(3).rng());
    let schema = Schema::parse(&with_sources(), "schema.toml").unwrap();
    let [train, holdout, release] = [
        table(&people[..3200], Sample::Train, &schema),
        table(&people[3200..5000], Sample::Holdout, &schema),
        table(&people[5000..], Sample::Synthetic, &schema),
    ];
    let dossier = measured(&Audit::new(schema, train, Some(holdout), release, 0).unwrap());
    for preset in PRIVACY {
        for finding in judged(&dossier, preset).findings {
            assert_ne!(finding.outcome, Outcome::Fail, "{preset}: {}", finding.rule);
        }
    }
}

/// Every column drawn evenly from the values that there are, as next to no privacy budget leaves it. Nothing is to be
/// found, and no attack is weak for not finding it: what it would have seen is asked of the plants.
#[test]
fn noise_is_blamed_for_nothing_and_no_attack_for_being_weak() {
    let train = rows(TRAIN);
    let cells: Vec<Vec<&str>> = train.iter().map(|row| row.split(',').collect()).collect();
    let values: Vec<Vec<&str>> = (0..cells[0].len())
        .map(|column| {
            let distinct: BTreeSet<&str> = cells.iter().map(|row| row[column]).collect();
            distinct.into_iter().collect()
        })
        .collect();
    let mut rng = Seed::new(4).rng();
    let mut row = |_| {
        let cells = values.iter().map(|values| *values.choose(&mut rng).unwrap());
        cells.collect::<Vec<_>>().join(",")
    };
    let noise: Vec<String> = (0..train.len()).map(&mut row).collect();
    let dossier = measured(&audit(&with_sources(), &train, &noise));
    for preset in PRIVACY {
        let findings = judged(&dossier, preset).findings;
        // The values themselves are real: that is a warning, and says nothing of whose they are.
        for finding in findings.iter().filter(|finding| finding.severity != Severity::Warn) {
            assert_ne!(finding.outcome, Outcome::Fail, "{preset}: {}", finding.rule);
            assert_ne!(finding.reason, Some(Reason::WeakAttack), "{preset}: {}", finding.rule);
        }
    }
    assert_eq!(judged(&dossier, REFERENCE).decision, Decision::Met);
}

/// What a method of the house makes of the training table.
fn made(fitted: &Fitted) -> Table {
    let rows = Some(rows(TRAIN).len());
    fitted.release(&Request { rows, ..Request::default() }, Seed::new(5)).unwrap().table
}

/// An audit of the training table, the holdout and what was made.
fn audit_of(schema: &str, release: Table) -> Audit {
    let schema = Schema::parse(schema, "schema.toml").unwrap();
    let train = table(&rows(TRAIN), Sample::Train, &schema);
    let holdout = table(&rows(HOLDOUT), Sample::Holdout, &schema);
    Audit::new(schema, train, Some(holdout), release, 0).unwrap()
}

/// Trees with leaves of one person and no smoothing draw real people's values one after the other: once a row has met a
/// person it goes on as that person.
#[test]
fn trees_with_leaves_of_one_person_fail() {
    let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
    let train = table(&rows(TRAIN), Sample::Train, &schema);
    let careless = Cart {
        min_bucket: 1,
        min_bucket_sensitive: 1,
        least_persons: 1,
        smoothing: Smoothing::None,
        ..Cart::default()
    };
    let mut none = Accountant::without_budget();
    let fitted = fit(&careless, &train, &schema, &mut none, Seed::new(5)).unwrap();
    let dossier = measured(&audit_of(SCHEMA, made(&fitted)));
    for preset in ["base-privacy", REFERENCE] {
        assert_eq!(judged(&dossier, preset).decision, Decision::NotMet, "{preset}");
    }
    let verdict = judged(&dossier, "base-privacy");
    assert_eq!(finding(&verdict, "copies-exact-excess").outcome, Outcome::Fail);
}

/// ε = 0.1: of most columns the largest cells only stand out of the noise. No attack finds anything, and none is weak
/// for it.
#[test]
fn strong_privacy_noise_is_blamed_for_nothing() {
    let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
    let train = table(&rows(TRAIN), Sample::Train, &schema);
    let budget = Budget::new(0.1, 1e-6).unwrap();
    let mut accountant = Accountant::seeded(budget, Seed::new(6));
    let fitted = fit(&Mst::default(), &train, &schema, &mut accountant, Seed::new(5)).unwrap();
    let dossier = measured(&audit_of(&with_sources(), made(&fitted)));
    for preset in PRIVACY {
        let findings = judged(&dossier, preset).findings;
        for finding in findings.iter().filter(|finding| finding.severity != Severity::Warn) {
            assert_ne!(finding.outcome, Outcome::Fail, "{preset}: {}", finding.rule);
            assert_ne!(finding.reason, Some(Reason::WeakAttack), "{preset}: {}", finding.rule);
        }
    }
}

/// A positive control of which nothing is seen, and none at all.
#[test]
fn a_crippled_attack_clears_nothing() {
    let dossier = measured(&audit(&with_sources(), &rows(TRAIN), &rows(INDEPENDENT)));
    for (preset, rule, metric) in [
        (REFERENCE, "reid-whole", "identity.reidentification-rate"),
        (REFERENCE, "membership-exposed", "membership.exposed-share"),
        ("gdpr-wp216", "singling-out", "singling-out.multivariate-excess"),
        ("gdpr-wp216", "linkability", "linkability.excess"),
        ("gdpr-wp216", "inference", "inference.excess"),
    ] {
        let with = |change: fn(&mut Evidence)| {
            let mut dossier = dossier.clone();
            dossier.evidence.iter_mut().filter(|fact| fact.metric == metric).for_each(change);
            let verdict = judged(&dossier, preset);
            assert_ne!(verdict.decision, Decision::Met, "{metric}");
            finding(&verdict, rule).reason
        };
        let blind = with(|fact| fact.positive_control.iter_mut().for_each(|c| c.detected = 0));
        assert_eq!(blind, Some(Reason::WeakAttack), "{metric}");
        assert_eq!(
            with(|fact| fact.positive_control.clear()),
            Some(Reason::Uncalibrated),
            "{metric}"
        );
    }
}

/// Parameters that leave an attack next to nothing to do show in what it sees of the plants, or in the bounds.
#[test]
fn an_attack_that_hardly_tries_clears_nothing() {
    let audit = audit(&with_sources(), &rows(TRAIN), &rows(INDEPENDENT));
    for (attack, rule, parameters) in [
        ("singling-out", "singling-out", "queries = 1"),
        ("linkability", "linkability", "targets = 1"),
        ("inference", "inference", "targets = 60"),
    ] {
        let build = |entry: &Entry| {
            let own = if entry.info.id == attack { parameters } else { "" };
            entry.attack(toml::from_str(own).unwrap()).unwrap()
        };
        let wanted = ATTACKS.iter().filter(|entry| entry.info.id == attack);
        let attacks: Vec<_> = wanted.map(build).collect();
        let release = Release { name: "release.csv".into(), sha256: Digest::of(b"release") };
        let dossier = run(&audit, &release, &attacks, &[], &Progress::new(&|_| {}));
        let verdict = judged(&dossier, "gdpr-wp216");
        let finding = finding(&verdict, rule);
        assert_eq!(finding.outcome, Outcome::Inconclusive, "{parameters}: {finding:?}");
    }
}

/// Facts that count equal and nearest records, keys and searches: the same whatever rows repeat. (Others estimate scales,
/// weights and neighbourhoods from rows.)
const COUNTED: [&str; 15] = [
    "control.overlap",
    "copies.exact",
    "copies.exact-excess",
    "copies.near",
    "copies.near-excess",
    "distance.share",
    "distance.tail-share",
    "identity.keyed-rate",
    "identity.marketer-rate",
    "identity.match-rate",
    "identity.replicated-uniques",
    "uniqueness.k-anonymity",
    "uniqueness.unique-share",
    "linkability.linked",
    "linkability.excess",
];

/// 1,500 persons of either side, of whom every third has the same record twice and every ninth three times: nobody
/// counts for more than one.
#[test]
fn a_person_of_many_rows_is_one_person() {
    let subject = "[columns.id]\nkind = 'integer'\nrole = 'subject'\n";
    let schema = Schema::parse(&(with_sources() + subject), "schema.toml").unwrap();
    let header = format!("id,{}", TRAIN.lines().next().unwrap());
    let facts = |repeated: bool| {
        let people = |text: &str, first: usize, sample| {
            let times = |i: usize| match repeated {
                true => 1 + usize::from(i.is_multiple_of(3)) + usize::from(i.is_multiple_of(9)),
                false => 1,
            };
            let lines = text.lines().skip(1).take(1500).enumerate();
            let lines = lines.flat_map(|(i, line)| vec![format!("{},{line}", first + i); times(i)]);
            let lines: Vec<String> = lines.collect();
            let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
            write!(file, "{header}\n{}\n", lines.join("\n")).unwrap();
            type_table(&read_raw(file.path()).unwrap(), sample, &schema).unwrap()
        };
        let train = people(TRAIN, 0, Sample::Train);
        let holdout = people(HOLDOUT, 10_000, Sample::Holdout);
        let released = [&rows(INDEPENDENT)[..1400], &rows(TRAIN)[..100]].concat();
        let released = table(&released, Sample::Synthetic, &schema);
        let counting =
            ["copies", "distance", "identity", "uniqueness", "singling-out", "linkability"];
        let attacks = ATTACKS.iter().filter(|entry| counting.contains(&entry.info.id));
        let attacks: Vec<_> = attacks.map(|e| e.attack(toml::Table::new()).unwrap()).collect();
        let audit = Audit::new(schema.clone(), train, Some(holdout), released, 0).unwrap();
        let subject = Release { name: "release.csv".into(), sha256: Digest::of(b"release") };
        run(&audit, &subject, &attacks, &[], &Progress::new(&|_| {}))
    };
    let (once, often) = (facts(false), facts(true));
    assert!(often.samples.train_rows > once.samples.train_rows + 600);
    assert_eq!(often.samples.train_persons, once.samples.train_persons);
    for metric in COUNTED {
        assert_eq!(fact(&once, metric).measure, fact(&often, metric).measure, "{metric}");
    }
    for metric in ["singling-out.univariate-excess", "singling-out.multivariate-excess"] {
        let counts = |dossier| match fact(dossier, metric).measure {
            Measure::Difference { treated, control, .. } => (treated, control),
            ref other => panic!("{other:?}"),
        };
        assert_eq!(counts(&once), counts(&often), "{metric}");
    }
    let found = |dossier| match fact(dossier, "identity.reidentification-rate").measure {
        Measure::Detected { found, targets, .. } => (found, targets),
        ref other => panic!("{other:?}"),
    };
    assert_eq!((found(&once), found(&often)), ((100, 1500), (100, 1500)));
}

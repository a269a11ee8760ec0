//! Tests of membership: hand-worked, null, leak, power, invariance.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::curve::{best_threshold, told_apart};
use super::planted::Threshold;
use super::score::Closeness;
use super::*;
use crate::audit::testing::{audit, run};
use crate::evidence::Planting;
use crate::stats::{Confidence, Roc, binomial_upper_tail, clopper_pearson_lower};

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

fn schema(width: usize, bounds: &str) -> String {
    let column = |column| format!("[columns.x{column}]\nkind = \"continuous\"\n{bounds}");
    (0..width).map(column).collect()
}

fn numbers(t: &[Vec<f64>], h: &[Vec<f64>], s: &[Vec<f64>], bounds: &str) -> Audit {
    audit(&schema(t[0].len(), bounds), &csv(t), Some(&csv(h)), &csv(s))
}

fn measured(t: &[Vec<f64>], h: &[Vec<f64>], s: &[Vec<f64>], bounds: &str) -> Vec<Evidence> {
    run(&Membership::default(), &numbers(t, h, s, bounds))
}

const UNIT: &str = "lower = 0\nupper = 1\n";

fn fact<'a>(facts: &'a [Evidence], metric: &str) -> &'a Evidence {
    facts.iter().find(|fact| fact.metric == metric).unwrap()
}

fn normal(facts: &[Evidence], metric: &str) -> (f64, f64) {
    match fact(facts, metric).measure {
        Measure::Normal { value, standard_error, .. } => (value, standard_error),
        ref other => panic!("{metric}: {other:?}"),
    }
}

fn curve(fact: &Evidence) -> Roc<'_> {
    match fact.measure {
        Measure::Roc { false_positive_rate, members, non_members, ref detected, .. } => {
            Roc { false_positive_rate, members, non_members, detected }
        }
        ref other => panic!("{other:?}"),
    }
}

/// The point, lower and upper limit of E = (TPR − f)/(s − f), as `judge` takes it.
fn exposed_bounds(fact: &Evidence) -> [f64; 3] {
    let c95 = Confidence::new(0.95).unwrap();
    let bounds = curve(fact).bounds(c95, c95).unwrap();
    let lowest =
        |planting: &Planting| clopper_pearson_lower(planting.detected as f64, planting.of, c95);
    let plain = |p: &&Planting| !p.cell.starts_with("all") && !p.cell.contains("categorical");
    let s = fact.positive_control.iter().filter(plain).map(lowest).fold(1.0, f64::min);
    let f = curve(fact).false_positive_rate;
    let behind = |rate: f64, s: f64| (rate - f) / (s - f);
    [behind(bounds.point, 1.0), behind(bounds.lower, 1.0), behind(bounds.upper, s)]
}

/// Members 5, 3, 3, 1 and non-members 4, 3, 2, 0 (ties by the second number). At or above 4: one
/// member (5). At or above (3, 7): 5 and (3, 8), not (3, 6). At or above 2: three; at or above 0:
/// all. Threshold 3: ¾ of members less 2/4 of non-members.
#[test]
fn hand_worked() {
    let curve = Curve {
        members: vec![(5.0, 0), (3.0, 8), (3.0, 6), (1.0, 0)],
        others: vec![(4.0, 9), (3.0, 7), (2.0, 0), (0.0, 0)],
    };
    let Measure::Roc { members: 4, non_members: 4, detected, .. } = roc(&curve, 0.25, false) else {
        panic!("a curve")
    };
    assert_eq!(detected, [1, 2, 3, 4]);
    let Some(Measure::Normal { value, .. }) = advantage(&curve, 3.0) else { panic!("a value") };
    assert!((value - 0.25).abs() < 1e-12);
    let (members, others) = ([5.0, 3.0, 3.0, 1.0], [4.0, 3.0, 2.0, 0.0]);
    // ≥ 5: ¼; ≥ 3: ¾ − ½; ≥ 1: 1 − ¾. The first of equals.
    let best = best_threshold(&members, &others);
    assert!((best - 1.0).abs() < 1e-12 || (best - 3.0).abs() < 1e-12 || (best - 5.0).abs() < 1e-12);
    // Pairs won: 4 + 2.5 + 2.5 + 1 of 16.
    let Some(Measure::Normal { value, .. }) = area(&curve) else { panic!("a value") };
    assert!((value - 10.0 / 16.0).abs() < 1e-12);
}

/// Three fresh samples, all scores learned and near: the area of each lies beyond 1.645 errors from a half, on either
/// side, in no more of 40 than a binomial of 5 % allows. Trees that had seen those whom they score would call
/// non-members reference rows. (Longer series of what is chosen: `tests/calibration`.)
#[test]
fn null_every_score_is_fair_to_both_sides() {
    const SEEDS: u64 = 40;
    let mut beyond: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for seed in 0..SEEDS {
        let rows = uniform(1300, 3, &mut Seed::new(seed).part("null").rng());
        let audit = numbers(&rows[..400], &rows[400..700], &rows[700..], UNIT);
        let samples = Samples::draw(&audit, 0.2, Seed::new(seed)).unwrap();
        let models = Models::fit(&samples, 400, 20_000, Seed::new(seed));
        let known = Closeness::ALL.map(Score::Near).into_iter().chain(models.scores());
        for score in known {
            let Some(Measure::Normal { value, standard_error, .. }) =
                area(&Scored::of(&samples, &models, score).all())
            else {
                panic!("no area")
            };
            let z = (value - 0.5) / standard_error;
            let [high, low] = beyond.entry(score.name()).or_default();
            *high += u64::from(z > 1.645);
            *low += u64::from(z < -1.645);
        }
    }
    assert_eq!(beyond.len(), 5);
    for (score, counts) in beyond {
        for count in counts {
            let chance = binomial_upper_tail(count, SEEDS, 0.05).unwrap();
            assert!(chance > 0.001, "{score}: {count} of {SEEDS}");
        }
    }
}

/// Every person stands in one half and is judged against holdout persons of the other, with all their rows.
#[test]
fn nobody_is_scored_by_what_was_learned_from_them() {
    let rows = uniform(300, 2, &mut Seed::new(5).rng());
    let audit = numbers(&rows[..100], &rows[100..200], &rows[200..], UNIT);
    let samples = Samples::draw(&audit, 0.2, Seed::new(0)).unwrap();
    for half in [0, 1] {
        let own = (0..100).filter(|&person| samples.others.half[person] == half);
        let own: Vec<usize> = own.flat_map(|person| samples.others.rows[person].clone()).collect();
        assert_eq!(own.len(), 50);
        assert!(own.iter().all(|row| !samples.references[half].contains(row)));
        assert!(own.iter().all(|row| samples.references[1 - half].contains(row)));
    }
}

/// A generator that keeps only the levels of train, beside twelve numbers of noise: 250 levels, of which 250 persons
/// carry about 158. A person with a level that the release lacks was not in train. Distances drown that in the
/// noise; the classifier sees it and is chosen for the area.
#[test]
fn power_levels_of_train_only_are_found_by_the_classifier() {
    let mut rng = Seed::new(9).part("levels").rng();
    let mut noise = |count: usize| uniform(count, 12, &mut rng);
    let (train, holdout, released) = (noise(250), noise(1000), noise(1500));
    let mut rng = Seed::new(9).part("codes").rng();
    let levels: Vec<u32> = (0..1250).map(|_| rng.random_range(0..250)).collect();
    let text = |rows: &[Vec<f64>], level: &mut dyn FnMut(usize) -> u32| {
        let lines = csv(rows);
        let mut lines = lines.lines();
        let head = format!("{},c\n", lines.next().unwrap());
        lines.enumerate().fold(head, |text, (i, line)| format!("{text}{line},l{}\n", level(i)))
    };
    let schema = schema(12, UNIT) + "[columns.c]\nkind = \"categorical\"\n";
    let audit = audit(
        &schema,
        &text(&train, &mut |i| levels[i]),
        Some(&text(&holdout, &mut |i| levels[250 + i])),
        &text(&released, &mut |_| levels[rng.random_range(0..250)]),
    );
    let facts = run(&Membership::default(), &audit);
    let (value, error) = normal(&facts, "membership.auroc");
    assert!(value - 3.0 * error > 0.5, "{value} ± {error}");
    assert_eq!(fact(&facts, "membership.auroc").notes[0], "score: classifier");
}

/// Forty of the fifty most unusual persons of a thousand are copied, 4 % of all: the most unusual 5 % break a limit of
/// a half, the whole one of 6 % not; each group's own persons are seen as planted.
#[test]
fn leak_among_the_most_unusual_shows_in_their_group() {
    let rows = uniform(3000, 4, &mut Seed::new(6).rng());
    let plain = numbers(&rows[..1000], &rows[1000..2000], &rows[2000..], UNIT);
    let rarity = plain.neighbours().train_rarity(&plain.train_persons);
    let mut order: Vec<usize> = (0..1000).collect();
    order.sort_by(|&a, &b| rarity[b].total_cmp(&rarity[a]));
    let mut released = rows[2000..].to_vec();
    order[..40].iter().zip(&mut released).for_each(|(&person, row)| row.clone_from(&rows[person]));
    let facts = measured(&rows[..1000], &rows[1000..2000], &released, UNIT);
    let of = |group: &str| {
        let of = |fact: &&Evidence| fact.group.as_deref() == Some(group);
        let exposed = |fact: &&Evidence| fact.metric == "membership.exposed-share";
        facts.iter().filter(of).find(exposed).unwrap()
    };
    let group = of("most unusual 5 %");
    assert!(curve(group).detected[0] >= 30 && curve(group).members <= 50);
    let cell = |cell: &&Planting| cell.cell == "verbatim/uniform";
    let plants = group.positive_control.iter().find(cell).unwrap();
    assert!(plants.of >= 45 && plants.detected == plants.of, "{plants:?}");
    // Ten persons a side are too few to be told apart, and are named.
    let whole = fact(&facts, "membership.auroc");
    let note = "groups not assessed alone, too few persons: most unusual 1 %";
    assert!(whole.notes.iter().any(|found| found == note), "{:?}", whole.notes);
    assert!(facts.iter().all(|fact| fact.group.as_deref() != Some("most unusual 1 %")));
    // A false positive rate of 1 % is not resolved by fifty persons, one of 10 % is.
    let rates = facts.iter().filter(|fact| fact.group.as_deref() == Some("most unusual 5 %"));
    let rates: Vec<&str> = rates.map(|fact| fact.metric.as_str()).collect();
    let expected = ["auroc", "advantage", "tpr-at-fpr-10-percent", "exposed-share"];
    assert_eq!(rates, expected.map(|metric| format!("membership.{metric}")));
}

/// The statistic itself, at a true value equal to the limit: an exposed share of 3 % seen with
/// sensitivity .6 at a false positive rate of 1 %, the sensitivity measured on 100 plants. The upper
/// bound is below the limit, a false pass, in no more than 5 % of 400 samples.
#[test]
fn a_share_equal_to_the_limit_passes_rarely() {
    const ROUNDS: u64 = 400;
    let (share, seen) = (0.03, 0.6);
    let mut passed = 0;
    for round in 0..ROUNDS {
        let mut rng = Seed::new(round).part("limit").rng();
        // Uniform scores; of the exposed, `seen` lie in the top 1 %, the others anywhere below.
        let mut exposed = || {
            let top = rng.random::<f64>() < seen;
            if top { 0.99 + 0.01 * rng.random::<f64>() } else { 0.99 * rng.random::<f64>() }
        };
        let mut members: Vec<(f64, u64)> = (0..180).map(|_| (exposed(), 0)).collect();
        let plants = (0..100).filter(|_| exposed() >= 0.99).count() as u64;
        members.extend((180..6000).map(|_| (rng.random::<f64>(), 0)));
        let others: Vec<(f64, u64)> = (0..1500).map(|_| (rng.random::<f64>(), 0)).collect();
        let measure = roc(&Curve::sorted(members, others), RATE, true);
        let cell = Planting {
            cell: "verbatim/uniform".into(),
            true_value: 0.01,
            detected: plants,
            of: 100,
        };
        let mut fact = Evidence::whole("membership.exposed-share", measure);
        fact.positive_control = vec![cell];
        passed += u64::from(exposed_bounds(&fact)[2] < share);
    }
    assert!(passed * 20 <= ROUNDS, "{passed} of {ROUNDS}");
}

/// Of 199 others, scores 1 to 199, the cut of 1 % is at rank 2: 198, ties as far as their random number. Of five members
/// who score 300, 199, 198 twice (before and after the cut) and 5, three are told; of four others one is.
#[test]
fn who_is_told_apart_hand_worked() {
    let others: Vec<(f64, u64)> = (1..=199).map(|score| (f64::from(score), 50)).collect();
    let cut = Threshold::of(others, 0.01);
    let members = vec![(198.0, 60), (5.0, 99), (300.0, 1), (198.0, 40), (199.0, 0)];
    let curve = Curve::sorted(members, vec![(197.0, 99), (198.0, 50), (0.0, 0), (100.0, 0)]);
    let Some(Measure::LogOdds { told, mistaken }) = told_apart(&curve, &cut) else { panic!() };
    assert_eq!([told.successes, told.trials], [3, 5]);
    assert_eq!([mistaken.successes, mistaken.trials], [1, 4]);
    assert!(told_apart(&Curve::sorted(vec![], vec![(1.0, 1)]), &cut).is_none());
    let nobody = told_apart(&Curve::sorted(vec![(9e9, 1)], vec![(1.0, 1)]), &Threshold::NOBODY);
    assert!(matches!(nobody, Some(Measure::LogOdds { told, .. }) if told.successes == 0));
}

/// Train as release, in reverse: everybody is told, and every planted copy is seen.
#[test]
fn leak() {
    let rows = uniform(1500, 4, &mut Seed::new(1).rng());
    let mut released = rows[..1000].to_vec();
    released.reverse();
    let facts = measured(&rows[..1000], &rows[1000..], &released, UNIT);
    assert!(facts.iter().all(|fact| fact.check().is_ok()));
    assert!(normal(&facts, "membership.auroc").0 > 0.99);
    assert!(normal(&facts, "membership.advantage").0 > 0.95);
    let Measure::LogOdds { told, mistaken } = fact(&facts, "membership.log-odds-lower").measure
    else {
        panic!("log-odds")
    };
    assert!(told.successes * 100 > told.trials * 95 && mistaken.successes * 20 < mistaken.trials);
    let exposed = fact(&facts, "membership.exposed-share");
    let [point, lower, _] = exposed_bounds(exposed);
    assert!(point > 0.97 && lower > 0.95, "{point} {lower}");
    let verbatim = exposed.positive_control.iter().find(|p| p.cell == "verbatim/uniform").unwrap();
    assert!(verbatim.of >= 100 && verbatim.detected == verbatim.of, "{verbatim:?}");
}

/// 5 % of train copied into a fresh release: the lower bound finds some, the upper bound holds.
#[test]
fn power_a_few_copies_among_fresh_rows_are_found() {
    const SEEDS: u64 = 20;
    let (mut found, mut held) = (0, 0);
    for seed in 0..SEEDS {
        let rows = uniform(3500, 6, &mut Seed::new(seed).part("power").rng());
        let mut released = rows[2500..].to_vec();
        released[..75].clone_from_slice(&rows[..75]);
        let facts = measured(&rows[..1500], &rows[1500..2500], &released, UNIT);
        let [_, lower, upper] = exposed_bounds(fact(&facts, "membership.exposed-share"));
        found += u64::from(lower > 0.0);
        held += u64::from(upper >= 0.05);
    }
    assert!(found * 10 >= SEEDS * 9 && held * 10 >= SEEDS * 9, "{found} {held}");
}

type Change = dyn Fn(&[Vec<f64>]) -> Vec<Vec<f64>>;

/// Row order, column order and an affine change of units with the bounds move nothing that rests on
/// distances. Numbers are dyadic, so that sums are exact in any order; a tenth of the rows is copied,
/// so that a score of distances is chosen.
#[test]
fn invariance() {
    let rows = uniform(1600, 3, &mut Seed::new(2).rng());
    let facts = |change: &Change, bounds: &str| {
        let mut released = rows[1000..].to_vec();
        released[..200].clone_from_slice(&rows[..200]);
        let [t, h, s] = [&rows[..600], &rows[600..1000], &released].map(change);
        let facts = measured(&t, &h, &s, bounds);
        let plain = |metric: &str| fact(&facts, metric).measure.clone();
        ["membership.auroc", "membership.advantage", "membership.tpr-at-fpr-10-percent"].map(plain)
    };
    let plain = facts(&<[_]>::to_vec, UNIT);
    let reversed = |rows: &[Vec<f64>]| rows.iter().rev().cloned().collect();
    let turned =
        |rows: &[Vec<f64>]| rows.iter().map(|row| row.iter().rev().copied().collect()).collect();
    let scaled = |rows: &[Vec<f64>]| {
        rows.iter().map(|row| row.iter().map(|x| 8.0 * x + 1024.0).collect()).collect()
    };
    assert_eq!(facts(&turned, UNIT), plain);
    assert_eq!(facts(&scaled, "lower = 1024\nupper = 1032\n"), plain);
    assert_eq!(facts(&reversed, UNIT), plain);
}

/// Persons of several records on all sides: people are counted, not rows.
#[test]
fn persons_are_counted() {
    let mut rng = Seed::new(3).rng();
    let schema = format!(
        "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                          [columns.x]\nkind = \"continuous\"\n{UNIT}\
                          [columns.y]\nkind = \"continuous\"\n{UNIT}"
    );
    let mut table = |first: usize, persons: usize| {
        let line = |i: usize| {
            let (x, y) = (rng.random::<f64>(), rng.random::<f64>());
            format!("{},{x},{y}\n", first + i % persons)
        };
        (0..3 * persons).map(line).collect::<String>()
    };
    let (train, holdout, released) = (table(0, 200), table(1000, 120), table(5000, 100));
    let text = |rows: &str| format!("id,x,y\n{rows}");
    let facts = run(
        &Membership::default(),
        &audit(&schema, &text(&train), Some(&text(&holdout)), &text(&released)),
    );
    let judged = curve(fact(&facts, "membership.tpr-at-fpr-10-percent"));
    assert_eq!((judged.members, judged.non_members), (160, 96));
}

#[test]
fn too_few_persons_and_impossible_parameters_are_errors() {
    let rows = uniform(200, 2, &mut Seed::new(4).rng());
    let schema = format!(
        "[columns.x0]\nkind = \"continuous\"\n{UNIT}[columns.x1]\nkind = \"continuous\"\n{UNIT}"
    );
    let attempt = |attack: Membership, holdout: usize| {
        let audit = audit(
            &schema,
            &csv(&rows[..100]),
            Some(&csv(&rows[100..100 + holdout])),
            &csv(&rows[150..]),
        );
        attack.run(&audit, Seed::new(0), &Progress::new(&|_| {})).is_err()
    };
    assert!(attempt(Membership::default(), FEWEST - 1));
    assert!(!attempt(Membership::default(), FEWEST));
    assert!(attempt(Membership { points: 99, ..Membership::default() }, FEWEST));
    assert!(attempt(Membership { rows: 199, ..Membership::default() }, FEWEST));
    let none = audit(&schema, &csv(&rows[..100]), None, &csv(&rows[100..]));
    assert!(run(&Membership::default(), &none).is_empty());
}

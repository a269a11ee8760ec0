//! Tests of the attack: by hand, on a null, on leaks, and under changes that must not matter.

use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha12Rng;

use super::score::Scores;
use super::*;
use crate::audit::testing::{audit, rate, run};
use crate::evidence::Scope;

/// Persons of four correlated numbers and a category, as CSV lines.
fn people(count: usize, rng: &mut ChaCha12Rng) -> Vec<String> {
    let person = |rng: &mut ChaCha12Rng| {
        let x: f64 = rng.random();
        let near = |rng: &mut ChaCha12Rng| (x + rng.random::<f64>()) * 50.0;
        let numbers = [x * 100.0, near(rng), near(rng), rng.random::<f64>() * 100.0];
        let [a, b, c, d] = numbers.map(|number| (number * 100.0).round() / 100.0);
        format!("{a},{b},{c},{d},{}", ["u", "v", "w"][rng.next_u32() as usize % 3])
    };
    (0..count).map(|_| person(rng)).collect()
}

fn csv(lines: &[String]) -> String {
    format!("a,b,c,d,e\n{}\n", lines.join("\n"))
}

fn schema(protected: bool) -> String {
    let number = |name: &str| {
        format!("[columns.{name}]\nkind = \"continuous\"\nlower = 0\nupper = 100\nstep = 0.01\n")
    };
    let numbers: String = ["a", "b", "c", "d"].iter().map(|name| number(name)).collect();
    let protected = if protected { "protected = true\n" } else { "" };
    format!(
        "{numbers}[columns.e]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n{protected}"
    )
}

fn detected(facts: &[Evidence], group: Option<&str>) -> (u64, Evidence) {
    let fact = facts
        .iter()
        .find(|f| f.metric == "identity.reidentification-rate" && f.group.as_deref() == group);
    let fact = fact.unwrap().clone();
    match fact.measure {
        Measure::Detected { found, .. } => (found, fact),
        ref other => panic!("{other:?}"),
    }
}

fn seen(fact: &Evidence, cell: &str) -> f64 {
    let cell = fact.positive_control.iter().find(|planting| planting.cell == cell).unwrap();
    cell.detected as f64 / cell.of as f64
}

/// Train, holdout and a release of fresh people, into which `leaked` training persons are copied.
fn case(seed: u64, leaked: usize) -> [Vec<String>; 3] {
    let mut rng = Seed::new(seed).rng();
    let [train, holdout, mut released] = [1500, 1000, 1500].map(|count| people(count, &mut rng));
    released[..leaked].clone_from_slice(&train[..leaked]);
    released.shuffle(&mut rng);
    [train, holdout, released]
}

fn attack([train, holdout, released]: &[Vec<String>; 3]) -> Vec<Evidence> {
    let audit = audit(&schema(true), &csv(train), Some(&csv(holdout)), &csv(released));
    run(&Identity::default(), &audit)
}

/// A fresh sample of the same population: at most one false link expected an audit, on average over seeds;
/// the threshold is an upper limit and then raised, so that there are far fewer. 12 audits with one expected
/// link each would have more than 21 in 1 of 100 series of audits.
#[test]
fn null_a_fresh_sample_links_nobody() {
    let found: u64 = (0..12).map(|seed| detected(&attack(&case(seed, 0)), None).0).sum();
    assert!(found <= 12, "{found} links in 12 audits");
}

/// 1 % copied: all of them are seen, and hardly anybody else; in each group as in the whole.
#[test]
fn leak_copies_are_seen_in_the_whole_and_in_groups() {
    let facts = attack(&case(7, 15));
    let (found, whole) = detected(&facts, None);
    assert!((14..=17).contains(&found), "{found} of 15");
    assert!(seen(&whole, "verbatim/uniform") > 0.95 && seen(&whole, "verbatim/outlier") > 0.95);
    assert!(seen(&whole, "one-numeric/uniform") > 0.5);
    let groups = facts.iter().filter(|fact| fact.scope == Scope::Group);
    let groups: Vec<&str> = groups.filter_map(|fact| fact.group.as_deref()).collect();
    let expected = ["e: group 1", "e: group 2", "e: group 3", "most unusual 10 %"];
    expected.iter().for_each(|group| assert!(groups.contains(group), "{groups:?}"));
    let in_groups: u64 = expected[..3].iter().map(|group| detected(&facts, Some(group)).0).sum();
    assert_eq!(in_groups, found);
}

/// 1 % copied with the number `b` replaced: the score by agreement sees most of them and hardly anybody else; by
/// nearness alone they are far away.
#[test]
fn leak_copies_with_a_number_replaced_are_seen() {
    let [train, holdout, mut released] = case(11, 0);
    for i in 0..15 {
        let other = train[700 + i].split(',').nth(1).unwrap();
        let cells: Vec<&str> = train[i].split(',').collect();
        released[i] = [cells[0], other, cells[2], cells[3], cells[4]].join(",");
    }
    let (found, fact) = detected(&attack(&[train, holdout, released]), None);
    assert!((12..=17).contains(&found), "{found} of 15");
    assert!(seen(&fact, "one-replaced/uniform") > 0.5 && seen(&fact, "one-blank/outlier") > 0.5);
    assert!(fact.notes.iter().any(|note| note.starts_with("recognised by agreement")));
}

/// Agreement: order changes nobody's score, and rows appended to the release lower nobody's.
#[test]
fn invariance_agreement() {
    let [train, holdout, released] = case(5, 15);
    let scores = |train: &[String], released: &[String]| {
        let audit = audit(&schema(false), &csv(train), Some(&csv(&holdout)), &csv(released));
        Agreement::new(&audit).unwrap().sides().train.best.clone()
    };
    let plain = scores(&train, &released);
    let reversed = |lines: &[String]| lines.iter().rev().cloned().collect::<Vec<_>>();
    let other = scores(&reversed(&train), &reversed(&released));
    assert!(plain.iter().zip(other.iter().rev()).all(|(a, b)| (a - b).abs() < 1e-9));
    let more = [released, people(700, &mut Seed::new(98).rng())].concat();
    assert!(plain.iter().zip(&scores(&train, &more)).all(|(a, b)| b >= a));
}

/// The training table as the release: everybody is seen. All holdout persons score 0, so that they set
/// no threshold: the grid tells.
#[test]
fn leak_train_as_release_is_everybody() {
    let [train, holdout, _] = case(1, 0);
    let facts = attack(&[train.clone(), holdout, train]);
    let (_, fact) = detected(&facts, None);
    let Measure::Detected { threshold: None, excess, .. } = fact.measure else { panic!() };
    assert!(excess[6].treated.successes >= 1400 && excess[6].control.successes <= 5);
}

/// Every number moved by a step is no copy that this attack claims to see, and it says so.
#[test]
fn the_positive_control_tells_what_is_not_seen() {
    let (_, fact) = detected(&attack(&case(3, 0)), None);
    assert!(seen(&fact, "all-numeric/uniform") < 0.05);
    assert!(fact.positive_control.len() == 12);
}

/// Row order, column order, units of a number, and rows appended to the release: the same persons, or more.
#[test]
fn invariance_order_and_units_change_nobody_and_more_rows_hide_nobody() {
    let [train, holdout, released] = case(5, 15);
    let scores = |texts: [String; 3], schema: &str| {
        let audit = audit(schema, &texts[0], Some(&texts[1]), &texts[2]);
        let mut scores = Nearness::new(&audit).unwrap().sides.train.best;
        scores.sort_by(f64::total_cmp);
        scores
    };
    let texts = [&train, &holdout, &released].map(|lines| csv(lines));
    let plain = scores(texts.clone(), &schema(false));
    let same = |other: &[f64]| {
        assert!(plain.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-6));
    };
    let reversed = [&train, &holdout, &released].map(|lines| {
        let mut lines = lines.clone();
        lines.reverse();
        csv(&lines)
    });
    same(&scores(reversed, &schema(false)));
    let thousandths = |text: String| {
        text.lines()
            .map(|line| match line.split_once(',') {
                Some((a, rest)) if a != "a" => {
                    format!("{},{rest}\n", a.parse::<f64>().unwrap() * 1000.0)
                }
                _ => format!("{line}\n"),
            })
            .collect::<String>()
    };
    let wide = schema(false).replacen("upper = 100\nstep = 0.01", "upper = 100000\nstep = 10", 1);
    same(&scores(texts.clone().map(thousandths), &wide));
    let mut rng = Seed::new(99).rng();
    let more = [released, people(1500, &mut rng)].concat();
    let diluted = scores([csv(&train), csv(&holdout), csv(&more)], &schema(false));
    assert!(plain.iter().zip(&diluted).all(|(a, b)| b >= &(a - 1e-12)));
}

/// Keys: age within 10, sex. Persons 1 and 2 are recognised: person 1 (30 F) in the row (30, F, 5), and the
/// rows (30, F) and (38, F) agree on the keys, so 1 of 2 candidates; person 2 (50 M) in the row (70, M, 9),
/// which does not agree. So keyed 1 of 4, marketer ½ of 4.
#[test]
fn keyed_and_marketer_hand_worked() {
    let schema = "[columns.age]\nkind = \"integer\"\nrole = \"quasi-identifier\"\nlower = 0\n\
                  upper = 100\nprecision = 10\n[columns.sex]\nkind = \"categorical\"\n\
                  role = \"quasi-identifier\"\n[columns.x]\nkind = \"integer\"\nlower = 0\nupper = 10\n";
    let audit = audit(
        schema,
        "age,sex,x\n30,F,5\n50,M,9\n90,F,0\n90,M,1\n",
        Some("age,sex,x\n20,F,1\n"),
        "age,sex,x\n30,F,5\n38,F,1\n70,M,9\n",
    );
    let scores = |best: Vec<f64>| Scores { row: (0..best.len()).collect(), best };
    let sides = Sides { train: scores(vec![8.0, 8.0, 1.0, 1.0]), holdout: scores(vec![0.0]) };
    let facts = linked::facts(&audit, &Nearness { sides }, Some(5.0));
    assert_eq!(rate(&facts, "identity.keyed-rate"), (1.0, 4));
    let Measure::Normal { value, .. } = facts[1].measure else { panic!() };
    assert!((value - 0.125).abs() < 1e-12);
}

/// Keys: sex and town. (F, a) is carried by two persons; (F, b), (M, a), (M, b), (M, c) by one each.
/// - (F, b): the rows say ill and ill, which is right; 2 of 6 persons are ill, fewer than half: counts.
/// - (M, a): the rows say ill and well, not unanimous; their income 52 is within 7.4 of 50, but so are three of
///   six training persons, not fewer than half: does not count.
/// - (M, b): says well, which is right, and 4 of 6 are well: a matter of course. Income 90 and 90: 1 of 6: counts.
/// - (M, c): no released row.
///
/// Incomes 50, 50, 40, 60, 90, 50: median 50, deviations 0, 0, 0, 10, 10, 40, so 1.48 · 5 = 7.4.
#[test]
fn match_rate_hand_worked() {
    let schema = "[columns.sex]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                  [columns.town]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                  [columns.health]\nkind = \"categorical\"\nrole = \"sensitive\"\n\
                  [columns.income]\nkind = \"integer\"\nrole = \"sensitive\"\n";
    let audit = audit(
        schema,
        "sex,town,health,income\nF,a,well,50\nF,a,well,50\nF,b,ill,40\nM,a,ill,50\nM,b,well,90\n\
         M,c,well,60\n",
        Some("sex,town,health,income\nF,c,ill,50\nM,b,ill,90\n"),
        "sex,town,health,income\nF,b,ill,70\nF,b,ill,70\nM,a,ill,52\nM,a,well,52\nM,b,well,90\n\
         F,c,ill,20\n",
    );
    let facts = matched::facts(&audit, &Keyed::new(&audit).unwrap(), Seed::new(0));
    assert_eq!(rate(&facts, "identity.match-rate"), (2.0, 6));
    // (F, c) is nobody's in train and its row says ill, rightly. (M, b) is a training person's, unless that one
    // gives way, which happens in one of six draws.
    let (hits, of) = rate(&facts, "identity.match-rate-holdout");
    assert!(of == 2 && hits >= 1.0);
    // Four persons have a record of their own. With it (F, b), (M, b) and (M, c) are matched; (M, a) only if
    // the row that says well has given way.
    let cell = &facts[0].positive_control[0];
    let matched = if audit.plants().kept.contains(&3) { 3 } else { 4 };
    assert_eq!((cell.cell.as_str(), cell.detected, cell.of), ("verbatim/uniform", matched, 4));
}

/// The same, known to be part of a population. With one more (F, b) in it only (M, b) is alone of the two. Half of a
/// population of unknown members: classes of 1 show one person with ½, the class of 2 with ½, so that a person alone in
/// train is alone in it with (4·½)/(4·½ + ½) = 0.8. Holdout: (M, b) is the population's one (M, b).
#[test]
fn match_rate_in_a_population_hand_worked() {
    use crate::audit::testing::table;
    use crate::table::{Sample, Schema};
    let schema = "[columns.sex]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                  [columns.town]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                  [columns.health]\nkind = \"categorical\"\nrole = \"sensitive\"\n\
                  [columns.income]\nkind = \"integer\"\nrole = \"sensitive\"\n";
    let audit = || {
        audit(
            schema,
            "sex,town,health,income\nF,a,well,50\nF,a,well,50\nF,b,ill,40\nM,a,ill,50\nM,b,well,90\n\
             M,c,well,60\n",
            Some("sex,town,health,income\nF,b,ill,50\nM,b,ill,90\n"),
            "sex,town,health,income\nF,b,ill,70\nF,b,ill,70\nM,a,ill,52\nM,a,well,52\nM,b,well,90\n\
             F,c,ill,20\n",
        )
    };
    let share = |audit: &Audit, metric: &str| {
        rate(&matched::facts(audit, &Keyed::new(audit).unwrap(), Seed::new(0)), metric).0
    };
    let parsed = Schema::parse(schema, "schema.toml").unwrap();
    let csv = "sex,town\nF,a\nF,a\nF,b\nF,b\nM,a\nM,b\nM,c\n";
    let population = table(csv, Sample::Population, &parsed);
    let known = audit().with_population(population).ok().unwrap();
    assert!((share(&known, "identity.match-rate") - 1.0).abs() < 1e-12);
    assert!((share(&known, "identity.match-rate-holdout") - 1.0).abs() < 1e-12);
    let sized = audit().with_sampling_fraction(0.5).ok().unwrap();
    assert!((share(&sized, "identity.match-rate") - 1.6).abs() < 1e-12);
}

/// Tables of one row, a constant and a column that is missing but for one value: numbers, and no panic.
#[test]
fn degenerate_tables_have_finite_shares() {
    let schema = "[columns.q]\nkind = \"integer\"\nrole = \"quasi-identifier\"\n\
                  [columns.t]\nkind = \"continuous\"\nrole = \"sensitive\"\n";
    for (train, released) in [
        ("q,t\n1,2\n", "q,t\n1,2\n"),
        ("q,t\n1,2\n1,2\n1,2\n", "q,t\n3,2\n"),
        ("q,t\n1,\n2,\n,5\n", "q,t\n,\n1,7\n"),
    ] {
        let audit = audit(schema, train, None, released);
        let facts = run(&Identity::default(), &audit);
        for metric in ["match-rate", "el-emam-risk", "replicated-uniques", "disco", "cap"] {
            let (sum, of) = rate(&facts, &format!("identity.{metric}"));
            assert!(sum >= 0.0 && sum <= of as f64, "{metric}: {sum} of {of}");
        }
        facts.iter().for_each(|fact| fact.check().unwrap());
    }
    // Without a quasi-identifier none of them is reported.
    let schema = schema.replace("role = \"quasi-identifier\"\n", "");
    let facts = run(&Identity::default(), &audit(&schema, "q,t\n1,2\n", None, "q,t\n1,2\n"));
    assert!(facts.is_empty());
}

/// Row order, column order and the units of a learned number change no share.
#[test]
fn invariance_of_what_starts_from_the_keys() {
    let [train, holdout, released] = case(9, 40);
    let shares = |texts: [String; 3], schema: &str| -> Vec<f64> {
        let audit = audit(schema, &texts[0], Some(&texts[1]), &texts[2]);
        let keyed = Keyed::new(&audit).unwrap();
        let progress = Progress::new(&|_| ());
        let facts = [emam::facts(&audit, &keyed, 1.0), attribute::facts(&audit, &keyed, &progress)]
            .concat();
        let share = |fact: Evidence| match fact.measure {
            Measure::Rate { successes, trials, .. } => successes / trials as f64,
            other => panic!("{other:?}"),
        };
        facts.into_iter().filter(|fact| fact.scope == Scope::All).map(share).collect()
    };
    let texts = [&train, &holdout, &released].map(|lines| csv(lines));
    let keys = schema(false).replacen(
        "step = 0.01\n",
        "step = 0.01\nprecision = 10\nrole = \"quasi-identifier\"\n",
        1,
    );
    let plain = shares(texts.clone(), &keys);
    assert!(plain.len() == 6 && plain[0] > 0.0 && plain[4] > 0.0, "{plain:?}");
    let same = |other: &[f64]| {
        assert!(plain.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-9), "{plain:?} {other:?}");
    };
    let change = |line_of: &dyn Fn(&[&str]) -> String| {
        texts.clone().map(|text| {
            let mut lines = text.lines();
            let head = line_of(&lines.next().unwrap().split(',').collect::<Vec<_>>());
            let rest: Vec<String> =
                lines.rev().map(|line| line_of(&line.split(',').collect::<Vec<_>>())).collect();
            format!("{head}\n{}\n", rest.join("\n"))
        })
    };
    same(&shares(
        change(&|cells| [cells[4], cells[2], cells[0], cells[1], cells[3]].join(",")),
        &keys,
    ));
    let eights =
        |cell: &str| cell.parse::<f64>().map_or(cell.to_owned(), |x| (x * 8.0).to_string());
    let wide = keys.replacen(
        "[columns.b]\nkind = \"continuous\"\nlower = 0\nupper = 100\nstep = 0.01",
        "[columns.b]\nkind = \"continuous\"\nlower = 0\nupper = 800\nstep = 0.08",
        1,
    );
    let scaled = change(&|cells| {
        [cells[0], eights(cells[1]).as_str(), cells[2], cells[3], cells[4]].join(",")
    });
    same(&shares(scaled, &wide));
}

/// Who is recognised does not depend on what the schema calls known beforehand: none, one or three columns.
#[test]
fn invariance_choosing_fewer_quasi_identifiers_changes_nothing() {
    let [train, holdout, released] = case(4, 15);
    let rate = |schema: &str| {
        let audit = audit(schema, &csv(&train), Some(&csv(&holdout)), &csv(&released));
        let (_, fact) = detected(&run(&Identity::default(), &audit), None);
        (fact.measure, fact.positive_control)
    };
    let one = schema(false);
    let none = one.replace("role = \"quasi-identifier\"\n", "");
    let three = one.replacen("step = 0.01\n", "step = 0.01\nrole = \"quasi-identifier\"\n", 2);
    assert_eq!(rate(&one), rate(&none));
    assert_eq!(rate(&one), rate(&three));
}

/// Parameters that would blind the attack are refused.
#[test]
fn false_links_have_a_range() {
    for bad in ["0", "0.01", "50", "nan", "-1"] {
        let text = format!("false-links = {bad}");
        assert!(toml::from_str::<Identity>(&text).is_err(), "{bad}");
    }
    assert!(toml::from_str::<Identity>("false-links = 0.5").is_ok());
    for bad in ["0", "0.49", "1.01", "nan"] {
        assert!(toml::from_str::<Identity>(&format!("lambda = {bad}")).is_err(), "{bad}");
    }
    assert!(toml::from_str::<Identity>("lambda = 0.55").is_ok());
}

/// Three persons of a protected level are too few for a rate of their own: no fact, and a caveat says so.
#[test]
fn groups_of_a_handful_are_named_and_have_no_rate() {
    let [mut train, holdout, released] = case(2, 0).map(|lines| lines[..200].to_vec());
    for line in &mut train[..3] {
        line.truncate(line.len() - 1);
        line.push('z');
    }
    let facts = attack(&[train, holdout, released]);
    let (_, whole) = detected(&facts, None);
    let caveat = "too few persons to be assessed as a group: e: other groups pooled";
    assert!(whole.caveats.iter().any(|found| found.starts_with(caveat)), "{:?}", whole.caveats);
    assert!(!facts.iter().any(|fact| fact.group.as_deref() == Some("e: other groups pooled")));
}

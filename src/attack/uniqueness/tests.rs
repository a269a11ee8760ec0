//! Hand-worked classes, populations, secrets and contributions; nulls, leaks and invariance.

use super::*;
use crate::audit::testing::{audit, rate, run, table};
use crate::table::Sample;

const SCHEMA: &str = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                      [columns.age]\nkind = \"integer\"\nrole = \"quasi-identifier\"\n\
                      lower = 0\nupper = 120\nstep = 1\nprecision = 10\n\
                      [columns.sex]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                      [columns.lab]\nkind = \"continuous\"\n";

fn exact(facts: &[Evidence], metric: &str) -> f64 {
    of(facts, metric, None)
}

/// The value of a metric, of the whole or of one column.
fn of(facts: &[Evidence], metric: &str, group: Option<&str>) -> f64 {
    let wanted = |fact: &&Evidence| fact.metric == metric && fact.group.as_deref() == group;
    match facts.iter().find(wanted).map(|fact| &fact.measure) {
        Some(&Measure::Exact { value }) => value,
        other => panic!("{metric}: {other:?}"),
    }
}

/// Classes by (decade of age, sex): (4, F) has persons 1, 2 and 3, though person 1 has two rows in
/// it; (5, F) has person 1 alone; (6, M) has 4 and 5; (missing, M) has 6 alone. So k = 1, and
/// persons 1 and 6 of 6 are alone somewhere. A release at 45 F and 61 M meets classes of 3 and 2.
const TRAIN: &str = "id,age,sex,lab\n1,40,F,1\n1,49,F,2\n1,50,F,3\n2,44,F,4\n3,45,F,5\n\
                     4,60,M,6\n5,69,M,7\n6,,M,8\n";

fn facts(released: &str) -> Vec<Evidence> {
    run(&Uniqueness::default(), &audit(SCHEMA, TRAIN, None, released))
}

#[test]
fn hand_worked() {
    let facts = facts("age,sex,lab\n45,F,0\n61,M,0\n99,F,0\n");
    assert!((exact(&facts, "uniqueness.k-anonymity") - 1.0).abs() < 1e-9);
    assert_eq!(rate(&facts, "uniqueness.unique-share"), (2.0, 6));
    assert!((exact(&facts, "uniqueness.released-class") - 2.0).abs() < 1e-9);
}

/// Twelve women of as many decades are alone, twelve men of one decade are not; of the three of no sex all are alone, and
/// they are too few to be reported as a level of their own.
#[test]
fn persons_alone_by_level() {
    let women = (0..12).map(|i| format!("{i},{},F,1\n", 10 * i));
    let men = (12..24).map(|i| format!("{i},50,M,1\n"));
    let others = (24..27).map(|i| format!("{i},{},,1\n", [5, 25, 115][i - 24]));
    let rows: String = women.chain(men).chain(others).collect();
    let train = format!("id,age,sex,lab\n{rows}");
    let facts = run(&Uniqueness::default(), &audit(SCHEMA, &train, None, "age,sex,lab\n45,F,0\n"));
    let shares = facts.iter().filter(|fact| fact.metric == "uniqueness.unique-share");
    let shares: Vec<(Option<&str>, (f64, u64))> = shares
        .map(|fact| match fact.measure {
            Measure::Rate { successes, trials, frame } => {
                assert_eq!(frame, Some(trials));
                (fact.group.as_deref(), (successes, trials))
            }
            ref other => panic!("{other:?}"),
        })
        .collect();
    let of = |group: Option<&str>| shares.iter().find(|(name, _)| *name == group).map(|s| s.1);
    assert_eq!(of(None), Some((15.0, 27)));
    assert_eq!(of(Some("sex: group 1")), Some((12.0, 12)));
    assert_eq!(of(Some("sex: group 2")), Some((0.0, 12)));
    assert!(shares.iter().all(|(name, _)| !name.is_some_and(|name| name.contains("pooled"))));
}

const POPULATION: &str = "age,sex,town\n40,F,A\n41,F,A\n42,F,B\n43,F,B\n50,F,A\n59,F,A\n\
                          60,M,A\n61,M,A\n62,M,A\n99,M,A\n";

/// Persons of the population by (decade of age, sex): (4, F) 4, (5, F) 2, (6, M) 3 and (missing, M)
/// none: the training table's own person alone. Without person 6, the smallest class is 2.
#[test]
fn hand_worked_population() {
    let schema = crate::table::Schema::parse(SCHEMA, "schema.toml").unwrap();
    let k_map = |train: &str| {
        let population = table(POPULATION, Sample::Population, &schema);
        let audit = audit(SCHEMA, train, None, "age,sex,lab\n45,F,0\n");
        let audit = audit.with_population(population).ok().unwrap();
        let facts = run(&Uniqueness::default(), &audit);
        let fact = facts.into_iter().find(|fact| fact.metric == "uniqueness.k-map").unwrap();
        (fact.measure, fact.caveats.len())
    };
    assert_eq!(k_map(TRAIN), (Measure::Exact { value: 1.0 }, 1));
    assert_eq!(k_map(&TRAIN.replace("6,,M,8\n", "")), (Measure::Exact { value: 2.0 }, 0));
    let facts = facts("age,sex,lab\n45,F,0\n");
    assert!(facts.iter().all(|fact| fact.metric != "uniqueness.k-map"));
}

/// Keys that no real person has point at nobody: the whole table is the class.
#[test]
fn null_a_release_of_other_keys_meets_nobody() {
    let facts = facts("age,sex,lab\n99,F,0\n10,M,0\n");
    assert!((exact(&facts, "uniqueness.released-class") - 6.0).abs() < 1e-9);
}

#[test]
fn leak_a_released_row_of_a_unique_person_is_a_class_of_one() {
    let facts = facts("age,sex,lab\n45,F,0\n,M,8\n");
    assert!((exact(&facts, "uniqueness.released-class") - 1.0).abs() < 1e-9);
}

/// Row order, column order and units (bounds and precision changed alike) change nothing.
#[test]
fn invariance() {
    let values = |facts: &[Evidence]| {
        (
            exact(facts, "uniqueness.k-anonymity"),
            rate(facts, "uniqueness.unique-share"),
            exact(facts, "uniqueness.released-class"),
        )
    };
    let released = "age,sex,lab\n45,F,0\n61,M,0\n";
    let plain = values(&facts(released));
    let mut lines: Vec<&str> = TRAIN.lines().skip(1).collect();
    lines.reverse();
    let reversed = format!("id,age,sex,lab\n{}\n", lines.join("\n"));
    let swapped = "lab,sex,age\n0,F,45\n0,M,61\n";
    assert_eq!(
        values(&run(&Uniqueness::default(), &audit(SCHEMA, &reversed, None, swapped))),
        plain
    );
    let months = |csv: &str, age: usize| -> String {
        let scaled = |line: &str| {
            let mut cells: Vec<String> = line.split(',').map(String::from).collect();
            cells[age] = cells[age]
                .parse::<u32>()
                .map_or_else(|_| cells[age].clone(), |a| (a * 12).to_string());
            cells.join(",")
        };
        csv.lines().map(scaled).collect::<Vec<_>>().join("\n") + "\n"
    };
    let schema =
        SCHEMA.replace("upper = 120", "upper = 1440").replace("precision = 10", "precision = 120");
    let facts =
        run(&Uniqueness::default(), &audit(&schema, &months(TRAIN, 1), None, &months(released, 0)));
    assert_eq!(values(&facts), plain);
}

#[test]
fn without_a_quasi_identifier_there_is_nothing_to_measure() {
    let schema = SCHEMA.replace("quasi-identifier", "other");
    let audit = audit(&schema, TRAIN, None, "age,sex,lab\n45,F,0\n");
    let failed = Uniqueness::default().run(&audit, Seed::new(0), &Progress::new(&|_| {}));
    assert!(failed.err().unwrap().to_string().contains("quasi-identifier"));
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

/// Classes of 3, 1, 2 and 1 persons, person 1 in two of them. Without a population the risks are 1/f: 1 for
/// persons 1 and 6, 1/3 for 2 and 3, 1/2 for 4 and 5: 11/18 on average. By the fraction ½: f = 1 ln 2, f = 2 1 − ln 2,
/// f = 3 1/2 − (1 − ln 2). In the population of `hand_worked_population`: 1/2 for person 1 (as in (5, F)), 1/4
/// for 2 and 3, 1/3 for 4 and 5, 1 for 6, of whom its table knows nothing.
#[test]
fn individual_risk_hand_worked() {
    let risks = |facts: &[Evidence]| {
        (
            exact(facts, "uniqueness.individual-risk"),
            exact(facts, "uniqueness.individual-risk-highest"),
        )
    };
    let (mean, highest) = risks(&facts("age,sex,lab\n45,F,0\n"));
    close(mean, 11.0 / 18.0);
    close(highest, 1.0);
    let audit = || audit(SCHEMA, TRAIN, None, "age,sex,lab\n45,F,0\n52,F,0\n");
    let half = audit().with_sampling_fraction(0.5).ok().unwrap();
    let (mean, highest) = risks(&run(&Uniqueness::default(), &half));
    let ln2 = 2.0_f64.ln();
    close(highest, ln2);
    close(mean, (2.0 * ln2 + 2.0 * (1.0 - ln2) + 2.0 * (ln2 - 0.5)) / 6.0);
    let schema = crate::table::Schema::parse(SCHEMA, "schema.toml").unwrap();
    let known =
        audit().with_population(table(POPULATION, Sample::Population, &schema)).ok().unwrap();
    let facts = run(&Uniqueness::default(), &known);
    let (mean, highest) = risks(&facts);
    close(highest, 1.0);
    close(mean, (0.5 + 2.0 * 0.25 + 2.0 / 3.0 + 1.0) / 6.0);
    // Of its ten persons the one of 99 is alone; 52 F meets two, 45 F four.
    for metric in ["", "-lowest", "-highest"] {
        close(exact(&facts, &format!("uniqueness.population-unique-share{metric}")), 0.1);
    }
    close(exact(&facts, "uniqueness.released-map"), 2.0);
}

/// 60 persons alone and 20 pairs, sampled at 5 %: the whole population cannot have more uniques than persons, the rule's
/// choice lies within the range, and what is estimated says by whom and from which fraction.
#[test]
fn population_uniques_are_a_range() {
    let rows: String = (0..100)
        .map(|i| format!("{i},{},F,1\n", 30 * if i < 60 { i } else { 60 + i / 2 }))
        .collect();
    let schema = SCHEMA.replace("upper = 120", "upper = 9999");
    let audit = audit(&schema, &format!("id,age,sex,lab\n{rows}"), None, "age,sex,lab\n45,F,0\n");
    let unknown = run(&Uniqueness::default(), &audit);
    assert!(unknown.iter().all(|fact| !fact.metric.contains("population")));
    let audit = audit.with_sampling_fraction(0.05).ok().unwrap();
    let facts = run(&Uniqueness::default(), &audit);
    let share = |end: &str| exact(&facts, &format!("uniqueness.population-unique-share{end}"));
    let (lowest, chosen, highest) = (share("-lowest"), share(""), share("-highest"));
    assert!(lowest > 0.0 && lowest < highest && highest <= 1.0, "{lowest} {highest}");
    let sizes = crate::stats::ClassSizes::new([1; 60].into_iter().chain([2; 20]));
    close(chosen, crate::stats::pitman_uniques(&sizes, 0.05).unwrap() / 2000.0);
    assert!((lowest..=highest).contains(&chosen));
    let fact =
        facts.iter().find(|fact| fact.metric == "uniqueness.population-unique-share").unwrap();
    assert_eq!(fact.parameters["sampling-fraction"], 0.05);
    assert!(fact.notes.iter().any(|note| note.contains("Zayatz, Pitman, slide negative binomial")));
}

/// Ten persons in classes A (6) and B (4). `job`: A has x x x y y z, B x x x x. Whole: x 7, y 2, z 1 of 10.
/// A: 3 values, H of (½, ⅓, ⅙); ½(|.5−.7| + |⅓−.2| + |⅙−.1|) = .2. B: 1 value; ½(.3 + .2 + .1) = .3.
/// `pay` (bins of 10): A 1 1 2 2 3 3, B 3 3 3 and one missing. Known whole: 2, 2, 5 of 9. A: cumulative ⅓, ⅔
/// against 2/9, 4/9: (1/9 + 2/9)/2 = 1/6; B: 0, 0: (2/9 + 4/9)/2 = 1/3; missing: A .1, B |¼ − .1| = .15.
/// The second row of person 1 in A says x again: it changes nothing.
#[test]
fn secrets_within_classes_hand_worked() {
    let schema = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                  [columns.town]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                  [columns.job]\nkind = \"categorical\"\nrole = \"sensitive\"\n\
                  [columns.pay]\nkind = \"continuous\"\nrole = \"sensitive\"\nprecision = 10\n";
    let train = "id,town,job,pay\n1,A,x,10\n1,A,x,10\n2,A,x,19\n3,A,x,20\n4,A,y,22\n5,A,y,30\n6,A,z,33\n\
                 7,B,x,31\n8,B,x,32\n9,B,x,30\n10,B,x,\n";
    let facts = run(&Uniqueness::default(), &audit(schema, train, None, "town,job,pay\nA,x,10\n"));
    let job = Some("column job");
    let pay = Some("column pay");
    close(of(&facts, "uniqueness.l-diversity", job), 1.0);
    close(of(&facts, "uniqueness.entropy-l-diversity", job), 1.0);
    close(of(&facts, "uniqueness.t-closeness", job), 0.3);
    close(of(&facts, "uniqueness.l-diversity", pay), 2.0);
    // B: (¾, ¼), exp(H) = 4/3^¾.
    close(of(&facts, "uniqueness.entropy-l-diversity", pay), 4.0 / 3.0_f64.powf(0.75));
    close(of(&facts, "uniqueness.t-closeness", pay), 1.0 / 3.0);
    close(exact(&facts, "uniqueness.l-diversity"), 1.0);
    close(exact(&facts, "uniqueness.t-closeness"), 1.0 / 3.0);
    // The town alone tells nobody from others: it adds nothing.
    close(of(&facts, "uniqueness.contribution", Some("column town")), 0.0);
}

/// A second, other value of a person splits their weight: A has x of person 1, and ½ x + ½ y of person 2.
#[test]
fn a_person_weighs_one_however_many_rows() {
    let schema = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                  [columns.town]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                  [columns.job]\nkind = \"categorical\"\nrole = \"sensitive\"\n";
    let train = "id,town,job\n1,A,x\n2,A,x\n2,A,y\n3,B,y\n";
    let facts = run(&Uniqueness::default(), &audit(schema, train, None, "town,job\nA,x\n"));
    // Whole: x 1.5, y 1.5 of 3. A: ¾, ¼: distance ¼; B: y: ½.
    close(exact(&facts, "uniqueness.t-closeness"), 0.5);
    close(exact(&facts, "uniqueness.l-diversity"), 1.0);
}

/// Contributions sum to the share of persons alone, and every fact is one that evidence may hold.
#[test]
fn contributions_sum_to_the_unique_share_and_facts_are_sound() {
    let facts = facts("age,sex,lab\n45,F,0\n");
    let columns = ["column age", "column sex"];
    let sum: f64 = columns.iter().map(|c| of(&facts, "uniqueness.contribution", Some(c))).sum();
    close(sum, 2.0 / 6.0);
    facts.iter().for_each(|fact| assert_eq!(fact.check(), Ok(()), "{}", fact.metric));
}

/// Tables in which nothing can be told or everything is: no panic, and never a value that looks safe by accident.
#[test]
fn degenerate_tables() {
    let schema = "[columns.age]\nkind = \"integer\"\nrole = \"quasi-identifier\"\n\
                  [columns.job]\nkind = \"categorical\"\nrole = \"sensitive\"\n\
                  [columns.pay]\nkind = \"continuous\"\nrole = \"sensitive\"\n";
    for train in ["40,x,1\n", "40,x,1\n40,x,1\n40,x,1\n", "40,x,\n41,,2\n,,\n"] {
        let train = format!("age,job,pay\n{train}");
        for fraction in [None, Some(1e-9), Some(1.0)] {
            let mut audit = audit(schema, &train, None, "age,job,pay\n45,x,0\n");
            if let Some(fraction) = fraction {
                audit = audit.with_sampling_fraction(fraction).ok().unwrap();
            }
            let facts = run(&Uniqueness::default(), &audit);
            facts.iter().for_each(|fact| assert_eq!(fact.check(), Ok(()), "{}", fact.metric));
            close(exact(&facts, "uniqueness.l-diversity"), 1.0);
        }
    }
}

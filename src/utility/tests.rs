//! What holds of all measures: nothing follows from a small group, and huge numbers and weights break nothing.

use super::testing::audited;
use super::*;
use crate::audit::testing::audit;

const SCHEMA: &str = "[columns.g]\nkind = 'categorical'\nprotected = true\n[columns.h]\nkind = 'categorical'\n\
                      [columns.x]\nkind = 'integer'\n";

/// Rows of (g, h, x), each so many times, in turns so that the order of rows is that of the places.
fn table(rows: &[(&str, usize)]) -> String {
    super::testing::repeated("g,h,x", rows)
}

/// What a measure says, or why it does not.
fn said(measure: &Entry, audit: &crate::audit::Audit) -> Vec<Evidence> {
    let measure = measure.measure(toml::Table::new()).unwrap();
    audited(measure.as_ref(), audit)
}

/// All measures but those that learn from single rows.
fn measures() -> impl Iterator<Item = &'static Entry> {
    let apart = ["prediction", "constraint"];
    UTILITIES.iter().filter(move |entry| !apart.contains(&entry.info.id))
}

/// Three of `c` and nine of `d`, or five and seven, in train and in the fresh records: no figure moves.
#[test]
fn counts_of_small_groups_move_nothing() {
    let real = |c: usize| {
        table(&[("a,u,1", 60), ("b,v,2", 40), ("a,v,3", 30), ("c,u,2", c), ("d,u,2", 12 - c)])
    };
    let released = table(&[("a,u,1", 50), ("b,v,2", 50), ("c,u,2", 20), ("d,v,3", 20)]);
    let fresh = |c: usize| real(c).replacen("a,u,1\n", "", 10);
    let of = |c| audit(SCHEMA, &real(c), Some(&fresh(c)), &released);
    let (one, other) = (of(3), of(5));
    for measure in measures() {
        let (one, other) = (said(measure, &one), said(measure, &other));
        assert_eq!(one, other, "{}", measure.info.id);
        assert!(!one.is_empty());
    }
    let facts = said(&UTILITIES[0], &one);
    assert!(facts[0].notes.contains(
        &"values of fewer than eleven training persons are compared as one in: g".to_owned()
    ));
}

/// Three persons of `c`, the only small group, or five; and as many who have a value of `z`: no figure moves.
#[test]
fn a_single_small_group_moves_nothing() {
    let schema = SCHEMA.to_owned() + "[columns.z]\nkind = 'continuous'\n";
    let real = |few: usize| {
        let sure = table(&[("a,u,1", 60), ("b,v,2", 40 - few), ("c,v,2", few)]);
        let z = |(row, line): (usize, &str)| match row {
            0 => format!("{line},z\n"),
            row if row <= few => format!("{line},{}.5\n", row * 100),
            _ => format!("{line},\n"),
        };
        sure.lines().enumerate().map(z).collect::<String>()
    };
    let released = "g,h,x,z\n".to_owned()
        + &"a,u,1,700\n".repeat(50)
        + &"b,v,2,\n".repeat(45)
        + &"c,u,2,300\n".repeat(5);
    let of = |few: usize| {
        let fresh = real(few).replacen("a,u,1,\n", "", 10);
        audit(&schema, &real(few), Some(&fresh), &released)
    };
    let (three, five) = (of(3), of(5));
    for measure in measures() {
        assert_eq!(said(measure, &three), said(measure, &five), "{}", measure.info.id);
    }
    let told = said(&UTILITIES[0], &three)[0].notes.join("\n");
    for words in ["compared as one in: g", "left out, since fewer than eleven", "have a value: z"] {
        assert!(told.contains(words), "{told}");
    }
}

/// Three people are (a, v) and nine (b, u), or five and seven: the margins differ by as much as they must.
#[test]
fn counts_of_small_combinations_move_nothing() {
    let real = |few: usize| {
        table(&[("a,u,1", 60 - few), ("a,v,1", few), ("b,u,1", 12 - few), ("b,v,1", 40 + few)])
    };
    let released = table(&[("a,u,1", 50), ("b,v,1", 50), ("a,v,1", 10)]);
    let tables = |few| {
        let audit = audit(SCHEMA, &real(few), None, &released);
        let of = |id: &str| {
            let entry = UTILITIES.iter().find(|entry| entry.info.id == id).unwrap();
            said(entry, &audit)
                .into_iter()
                .filter(|fact| fact.about.as_deref().is_none_or(|about| about == "g × h"))
                .find(|fact| fact.metric.ends_with(".tv-worst") || id == "threeway")
                .unwrap()
        };
        // The shares of the two large cells move by as many.
        (of("pairwise"), of("threeway"))
    };
    let (three, one) = (tables(3), tables(3 + 2));
    for (a, b) in [(&three.0, &one.0), (&three.1, &one.1)] {
        let value = |fact: &Evidence| match fact.measure {
            crate::evidence::Measure::Exact { value }
            | crate::evidence::Measure::Normal { value, .. } => value,
            ref other => panic!("{other:?}"),
        };
        // (57, 43, 12) and (55, 45, 12) of 112 against (50, 50, 10) of 110.
        let against = |large: [f64; 2]| {
            let parts = [(large[0], 50.0), (large[1], 50.0), (12.0, 10.0)];
            parts.map(|(p, q): (f64, f64)| (p / 112.0 - q / 110.0).abs()).iter().sum::<f64>() / 2.0
        };
        super::testing::close(value(a), against([57.0, 43.0]));
        super::testing::close(value(b), against([55.0, 45.0]));
    }
}

#[test]
fn huge_numbers_and_weights_break_nothing() {
    let schema = "[columns.x]\nkind = 'continuous'\n[columns.y]\nkind = 'continuous'\n\
                  [columns.g]\nkind = 'categorical'\ntarget = true\n[columns.w]\nkind = 'continuous'\nweight = true\n";
    let rows = |shift: usize| {
        let row = |i: usize| {
            let x = ["-1e308", "1e308", "0", "5e-324"][(i + shift) % 4];
            format!("{x},{i},{},1e{}\n", ["p", "q"][i % 2], [200, 0, 12][i % 3])
        };
        format!("x,y,g,w\n{}", (0..120).map(row).collect::<String>())
    };
    let audit = audit(schema, &rows(0), Some(&rows(1)), &rows(2));
    for measure in UTILITIES.iter().filter(|entry| entry.info.id != "constraint") {
        let ran = measure.measure(toml::Table::new()).unwrap();
        let facts = View::new(&audit).run(ran.as_ref(), Seed::new(0), &Progress::new(&|_| {}));
        for fact in facts.into_iter().flatten() {
            assert_eq!(fact.check(), Ok(()), "{}", fact.metric);
        }
    }
}

/// Ten persons are one small group, in which everything is like everything.
#[test]
fn of_fewer_than_eleven_persons_nothing_is_told() {
    let ten = audit(SCHEMA, &table(&[("a,u,1", 6), ("b,v,2", 4)]), None, &table(&[("a,u,1", 9)]));
    for measure in UTILITIES {
        let measure = measure.measure(toml::Table::new()).unwrap();
        let ran = View::new(&ten).run(measure.as_ref(), Seed::new(0), &Progress::new(&|_| {}));
        let why = ran.err().unwrap().to_string();
        assert!(why.contains("fewer than eleven persons"), "{why}");
    }
}

#[test]
fn every_metric_that_may_be_left_out_is_one_of_a_measure() {
    let known: Vec<&str> = UTILITIES.iter().flat_map(|entry| entry.info.metrics).copied().collect();
    for (metric, why) in LEFT_OUT {
        assert!(known.contains(metric) && why.len() > 20, "{metric}");
    }
}

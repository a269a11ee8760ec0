//! Expressions: what they say of a row, and what they cannot mean.

use super::*;
use crate::table::Schema;

const SCHEMA: &str = "[columns.age]\nkind = 'integer'\n[columns.weight]\nkind = 'continuous'\n\
                      [columns.sex]\nkind = 'categorical'\nlevels = ['F', 'M', '여']\n\
                      [columns.stage]\nkind = 'ordinal'\nlevels = ['I', 'II', 'III']\n\
                      [columns.smoker]\nkind = 'boolean'\n[columns.admitted]\nkind = 'datetime'\n\
                      [columns.discharged]\nkind = 'datetime'\n[columns.'진단 코드']\nkind = 'categorical'\n\
                      [columns.'나이']\nkind = 'integer'\n[columns.type]\nkind = 'categorical'\n";

/// age 40, weight missing, sex F, stage II, smoker, admitted 1970-01-02, discharged ten days later.
fn cell<'a>(place: usize) -> Cell<'a> {
    match place {
        0 | 8 => Cell::Number(40.0),
        2 => Cell::Label("F"),
        3 => Cell::Number(1.0),
        4 => Cell::Truth(true),
        5 => Cell::Number(86_400.0),
        6 => Cell::Number(11.0 * 86_400.0),
        7 => Cell::Label("A, B"),
        9 => Cell::Label("x"),
        _ => Cell::Missing,
    }
}

fn expression(text: &str) -> Result<Expression, String> {
    Expression::parse(text, &Schema::parse(SCHEMA, "schema.toml").unwrap().columns)
}

fn number(text: &str) -> f64 {
    let expression = expression(text).unwrap_or_else(|problem| panic!("{problem}"));
    match expression.value(&cell) {
        Cell::Number(number) => number,
        other => panic!("{text}: {other:?}"),
    }
}

fn truth(text: &str) -> Option<bool> {
    let expression = expression(text).unwrap_or_else(|problem| panic!("{problem}"));
    match expression.value(&cell) {
        Cell::Truth(truth) => Some(truth),
        Cell::Missing => None,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn arithmetic_has_the_usual_order() {
    for (text, expected) in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("7 / 2", 3.5),
        ("-7 % 3", 2.0),
        ("2 - -1", 3.0),
        ("age / (2 * 2)", 10.0),
        ("나이 + `age`", 80.0),
        ("1.5e1", 15.0),
        ("max(1, age, 3) - min(2, age)", 38.0),
        ("round(2.345, 2) + round(2.5)", 5.35),
        ("pow(2, 10) + sqrt(16) + abs(-1)", 1029.0),
        ("discharged - admitted", 10.0),
        ("admitted + 1", 172_800.0),
        ("year(discharged) + month(discharged) / 100 + day(discharged)", 1982.01),
        ("if smoker { 2 } else { 3 }", 2.0),
        ("if not smoker { 2 } else if age >= 40 { 4 } else { 5 }", 4.0),
    ] {
        assert!((number(text) - expected).abs() < 1e-9, "{text}: {}", number(text));
    }
}

#[test]
fn comparisons_know_levels_dates_and_texts() {
    for text in [
        "age = 40",
        "age <> 41 and age ≤ 40",
        "sex = 'F'",
        "sex != \"여\"",
        "stage >= 'II' & stage < 'III'",
        "admitted < '1970-01-03'",
        "discharged - '1970-01-02' = 10",
        "`진단 코드` = 'A, B'",
        "type == 'x'",
        "among(sex, 'M', 'F') && !among(age, 1, 2)",
        "smoker = true || false",
    ] {
        assert_eq!(truth(text), Some(true), "{text}");
    }
}

/// Kleene's logic: a missing part decides nothing, and hides nothing that is decided.
#[test]
fn what_is_missing_is_missing_unless_the_rest_decides() {
    for (text, expected) in [
        ("weight > 3", None),
        ("not (weight > 3)", None),
        ("weight > 3 and age > 50", Some(false)),
        ("weight > 3 or age > 30", Some(true)),
        ("weight > 3 and age > 30", None),
        ("is_missing(weight)", Some(true)),
        ("1 / 0 > 3", None),
        ("if weight > 3 { true } else { false }", None),
    ] {
        assert_eq!(truth(text), expected, "{text}");
    }
    let rule = expression("weight > 3").unwrap();
    assert!(rule.holds(&cell), "a rule is kept unless it is false");
    assert!(!expression("age > 50").unwrap().holds(&cell));
}

#[test]
fn what_does_not_fit_together_is_refused() {
    for (text, words) in [
        ("", "found nothing"),
        ("aeg > 3", "did you mean `age`?"),
        ("sex = F", "texts stand in quotes"),
        ("sex = 'X'", "3 levels"),
        ("stage > 'IV'", "3 levels"),
        ("sex > 'F'", "no order"),
        ("age = '40'", "without quotes"),
        ("age = sex", "two of a kind"),
        ("admitted > 3", "moments and numbers"),
        ("admitted > 'soon'", "2024-01-31"),
        ("sex + 1", "expected numbers"),
        ("age and smoker", "true or false"),
        ("rund(age)", "did you mean `round`?"),
        ("round()", "takes 1 or more"),
        ("sqrt(age, 2)", "takes 1, found 2"),
        ("year(age)", "takes a moment"),
        ("if smoker { 1 }", "else"),
        ("age >", ""),
        ("1 < age < 3", ""),
        ("age; sex", "unexpected `;`"),
        ("age.pow(2)", "unexpected `.`"),
        ("age[0]", "unexpected `[`"),
        ("sex = 'F", "not closed"),
        ("5u8", ""),
    ] {
        let problem = expression(text).err().unwrap_or_else(|| panic!("accepted: {text}"));
        assert!(problem.contains(words), "{text}: {problem}");
    }
    let deep = format!("{}1{}", "(".repeat(60), ")".repeat(60));
    assert!(expression(&deep).unwrap_err().contains("more than 50"));
    assert!(expression(&"1+".repeat(3000)).unwrap_err().contains("longer"));
    let rule = Expression::parse_rule("1 + 1", &[]).unwrap_err();
    assert!(rule.contains("true or false"), "{rule}");
}

#[test]
fn an_expression_knows_its_kind_and_its_columns() {
    for (text, kind, columns) in [
        ("weight / (age * age)", ColumnKind::Continuous, &[0, 1][..]),
        ("if smoker { 'yes' } else { 'no' }", ColumnKind::Categorical, &[4]),
        ("stage", ColumnKind::Ordinal, &[3]),
        ("discharged + 1", ColumnKind::DateTime, &[6]),
        ("is_missing(weight) and 1 < 2", ColumnKind::Boolean, &[1]),
    ] {
        let expression = expression(text).unwrap();
        assert_eq!((expression.kind(), expression.columns()), (kind, columns), "{text}");
    }
}

#[test]
fn the_texts_that_a_value_can_be_are_known() {
    let columns = Schema::parse(SCHEMA, "schema.toml").unwrap().columns;
    let labels = |text: &str| expression(text).unwrap().labels(&columns);
    assert_eq!(
        labels("if age < 40 { 'young' } else if smoker { 'old' } else { sex }"),
        ["young", "old", "F", "M", "여"]
    );
    assert_eq!(labels("sex = 'F'"), [""; 0]);
}

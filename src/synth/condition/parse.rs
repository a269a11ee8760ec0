//! From the text of `--where` to a [`Condition`].

use super::{Condition, Operator, Test};
use crate::error::{Error, Result};
use crate::suggest::did_you_mean;
use crate::table::{ColumnKind, ColumnSchema, Role, Schema, Value};

/// A word of the text.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A name or value; in quotes or not.
    Word(String),
    /// A comparison, a bracket, a comma, `&`, `in`, `not`.
    Sign(&'static str),
}

/// Longer signs first, so that `<=` is not read as `<`.
const SIGNS: [(&str, &str); 13] = [
    ("&&", "&"),
    ("==", "="),
    ("!=", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("≤", "<="),
    ("≥", ">="),
    ("&", "&"),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
    ("(", "("),
    (")", ")"),
];

pub(super) fn parse(text: &str, schema: &Schema) -> Result<Condition> {
    let refuse = |problem: String| Error::Usage(format!("--where: {problem}"));
    let tokens = tokens(text).map_err(refuse)?;
    let mut rest = tokens.as_slice();
    let mut condition = Condition::none();
    loop {
        let (name, column) = column(&mut rest, schema).map_err(refuse)?;
        let test = test(&mut rest, &name, column).map_err(refuse)?;
        condition = condition.and(&name, test);
        match rest.split_first() {
            None => break,
            Some((Token::Sign("&"), after)) => rest = after,
            Some((token, _)) => {
                return Err(refuse(format!("expected `&` or the end, found {}", shown(token))));
            }
        }
    }
    for (name, column) in &schema.columns {
        if condition.on(name).is_some_and(|allowed| is_void(allowed.interval(), column)) {
            return Err(refuse(format!("no value of `{name}` can satisfy it")));
        }
    }
    Ok(condition)
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = if first == ',' {
            (Token::Sign(","), &rest[1..])
        } else if let Some((written, sign)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign))
        {
            (Token::Sign(sign), &rest[written.len()..])
        } else if matches!(first, '\'' | '"' | '`') {
            let (inside, after) = rest[1..]
                .split_once(first)
                .ok_or_else(|| format!("a quote {first} is not closed"))?;
            (Token::Word(inside.to_owned()), after)
        } else {
            let ends = |c: char| c.is_whitespace() || "&=!<>≤≥(),'\"`".contains(c);
            let (word, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
            match word.to_ascii_lowercase().as_str() {
                "" => return Err(format!("expected a comparison, found `{first}`")),
                "and" => (Token::Sign("&"), after),
                "in" => (Token::Sign("in"), after),
                "not" => (Token::Sign("not"), after),
                _ => (Token::Word(word.to_owned()), after),
            }
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn shown(token: &Token) -> String {
    match token {
        Token::Word(word) => format!("`{word}`"),
        Token::Sign(sign) => format!("`{sign}`"),
    }
}

/// The next token, or what was expected instead.
fn next<'a>(rest: &mut &'a [Token], expected: &str) -> Result<&'a Token, String> {
    let (first, after) =
        rest.split_first().ok_or_else(|| format!("expected {expected}, found the end"))?;
    *rest = after;
    Ok(first)
}

fn word(rest: &mut &[Token], expected: &str) -> Result<String, String> {
    match next(rest, expected)? {
        Token::Word(word) => Ok(word.clone()),
        Token::Sign(sign) => Err(format!("expected {expected}, found `{sign}`")),
    }
}

fn column<'s>(
    rest: &mut &[Token],
    schema: &'s Schema,
) -> Result<(String, &'s ColumnSchema), String> {
    let name = word(rest, "the name of a column")?;
    let column = releasable(&name, schema)?;
    Ok((name, column))
}

/// What the schema says of a column on which a condition can be put.
pub(in crate::synth) fn releasable<'s>(
    name: &str,
    schema: &'s Schema,
) -> Result<&'s ColumnSchema, String> {
    let known = schema.columns.iter().map(|(known, _)| known.as_str());
    let column = schema
        .column(name)
        .ok_or_else(|| format!("the schema has no column `{name}`{}", did_you_mean(name, known)))?;
    match (column.role, column.kind) {
        (Role::Subject | Role::DirectIdentifier, _) => Err(format!(
            "`{name}` is a {}: no method is shown it, and no condition can be put on it",
            column.role.name()
        )),
        (_, ColumnKind::Text) => {
            Err(format!("`{name}` is free text: no condition can be put on it"))
        }
        _ => Ok(column),
    }
}

fn test(rest: &mut &[Token], name: &str, column: &ColumnSchema) -> Result<Test, String> {
    const EXPECTED: &str = "a comparison (=, !=, <, <=, >, >=, in, not in)";
    let value =
        |text: String| column.value(&text).map_err(|problem| format!("`{name}`: {problem}"));
    let sign = match next(rest, EXPECTED)? {
        Token::Sign(sign) => *sign,
        Token::Word(word) => {
            return Err(format!("expected {EXPECTED} after `{name}`, found `{word}`"));
        }
    };
    match sign {
        "=" | "!=" => {
            let values = vec![value(word(rest, "a value")?)?];
            Ok(Test::Among { values, inside: sign == "=" })
        }
        "in" | "not" => {
            if sign == "not" && *next(rest, "`in`")? != Token::Sign("in") {
                return Err("expected `in` after `not`".to_owned());
            }
            let values = list(rest)?.into_iter().map(value).collect::<Result<_, _>>()?;
            Ok(Test::Among { values, inside: sign == "in" })
        }
        _ => {
            let operator =
                operator(sign).ok_or_else(|| format!("expected {EXPECTED}, found `{sign}`"))?;
            match value(word(rest, "a value")?)? {
                Value::Number(number) => Ok(Test::Compare(operator, number)),
                Value::Label(_) => Err(format!(
                    "`{name}` is {}, whose values have no order: expected =, !=, in or not in, found \
                     `{sign}`",
                    column.kind.name()
                )),
            }
        }
    }
}

fn operator(sign: &str) -> Option<Operator> {
    match sign {
        "<" => Some(Operator::Less),
        "<=" => Some(Operator::AtMost),
        ">" => Some(Operator::More),
        ">=" => Some(Operator::AtLeast),
        _ => None,
    }
}

/// `(a, b, …)`.
fn list(rest: &mut &[Token]) -> Result<Vec<String>, String> {
    if *next(rest, "`(`")? != Token::Sign("(") {
        return Err("expected a list such as (a, b) after `in`".to_owned());
    }
    let mut values = vec![word(rest, "a value")?];
    loop {
        match next(rest, "`,` or `)`")? {
            Token::Sign(",") => values.push(word(rest, "a value")?),
            Token::Sign(")") => return Ok(values),
            token => return Err(format!("expected `,` or `)`, found {}", shown(token))),
        }
    }
}

/// Whether no number between the public bounds of the column lies in the interval.
fn is_void((low, high): (f64, f64), column: &ColumnSchema) -> bool {
    let least = [column.lower, column.bottom].into_iter().flatten().fold(low, f64::max);
    let most = [column.upper, column.top].into_iter().flatten().fold(high, f64::min);
    column.is_number() && least > most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::condition::Allowed;

    const SCHEMA: &str = "[columns.id]\nkind = 'text'\nrole = 'subject'\n\
                          [columns.sex]\nkind = 'categorical'\nlevels = ['F', 'M']\n\
                          [columns.age]\nkind = 'integer'\nlower = 0\nupper = 120\n\
                          [columns.'진단 코드']\nkind = 'categorical'\n\
                          [columns.stage]\nkind = 'ordinal'\nlevels = ['I', 'II', 'III']\n\
                          [columns.day]\nkind = 'datetime'\n[columns.note]\nkind = 'text'\n";

    fn read(text: &str) -> Result<Condition> {
        Condition::parse(text, &Schema::parse(SCHEMA, "schema.toml").unwrap())
    }

    #[test]
    fn a_conjunction_allows_what_every_test_allows() {
        let condition = read("sex = F & age >= 80 and age < 90").unwrap();
        let columns: Vec<&str> = condition.columns().collect();
        assert_eq!(columns, ["sex", "age"]);
        let on = |name| condition.on(name).unwrap();
        assert!(
            on("sex").label(Some("F")) && !on("sex").label(Some("M")) && !on("sex").label(None)
        );
        let ages =
            |allowed: &Allowed| [79.0, 80.0, 89.0, 90.0, f64::NAN].map(|x| allowed.number(x));
        assert_eq!(ages(on("age")), [false, true, true, false, false]);
        assert_eq!(on("age").interval(), (80.0, 90.0));
        assert!(condition.on("stage").is_none());
    }

    #[test]
    fn lists_ranks_dates_quotes_and_korean_names_are_read() {
        let condition =
            read("`진단 코드` not in ('감기, 독감', 천식) & stage>=II && day<2024-01-31").unwrap();
        let codes = condition.on("진단 코드").unwrap();
        assert!(codes.label(Some("골절")) && !codes.label(Some("감기, 독감")));
        assert_eq!(condition.on("stage").unwrap().interval().0.to_bits(), 1.0_f64.to_bits());
        assert!(condition.on("day").unwrap().number(0.0));
        assert!(!condition.on("day").unwrap().number(1_706_659_200.0));
        let among = read("age in (3, 5)").unwrap();
        assert_eq!(among.on("age").unwrap().interval(), (3.0, 5.0));
        assert!(!among.on("age").unwrap().number(4.0));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_was_expected() {
        for (text, words) in [
            ("", "expected the name of a column, found the end"),
            ("sxe = F", "did you mean `sex`?"),
            ("sex", "expected a comparison"),
            ("sex F", "after `sex`, found `F`"),
            ("sex = X", "expected one of the 2 levels"),
            ("sex < F", "no order"),
            ("age = old", "whole number"),
            ("age >= 121", "no value of `age`"),
            ("age > 5 & age < 3", "no value of `age`"),
            ("id = p1", "subject"),
            ("note = x", "free text"),
            ("sex = F age = 3", "expected `&`"),
            ("sex = 'F", "not closed"),
            ("sex in F", "a list such as"),
            ("sex in (F", "found the end"),
            ("sex ! F", "found `!`"),
            ("day > 2024", "2024-01-31"),
        ] {
            let problem = read(text).unwrap_err().to_string();
            assert!(
                problem.starts_with("--where: ") && problem.contains(words),
                "{text}: {problem}"
            );
        }
    }
}

//! The text of an expression, made ready for syn: names of columns, whatever they are, become plain words;
//! texts in either quotes become strings; the spellings that people use become Rust's.

use super::function::Function;
use crate::suggest::did_you_mean;

/// Characters of a text, at most.
const LONGEST: usize = 2000;

/// Brackets in brackets, at most: each costs stack.
const DEEPEST: usize = 50;

/// How the word for the column at a place begins.
pub(super) const COLUMN: &str = "__column_";

/// Words that are no names.
const WORDS: [(&str, &str); 7] = [
    ("and", "&&"),
    ("or", "||"),
    ("not", "!"),
    ("if", "if"),
    ("else", "else"),
    ("true", "true"),
    ("false", "false"),
];

/// Signs and what they become; longer ones first.
const SIGNS: [(&str, &str); 26] = [
    ("&&", "&&"),
    ("||", "||"),
    ("==", "=="),
    ("!=", "!="),
    ("<>", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("≠", "!="),
    ("≤", "<="),
    ("≥", ">="),
    ("&", "&&"),
    ("|", "||"),
    ("=", "=="),
    ("<", "<"),
    (">", ">"),
    ("!", "!"),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("%", "%"),
    ("(", "("),
    (")", ")"),
    ("{", "{"),
    ("}", "}"),
    (",", ","),
];

/// The text for syn; `names` are the columns.
pub(super) fn prepared(text: &str, names: &[&str]) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("expected an expression, found nothing".to_owned());
    }
    if text.chars().count() > LONGEST {
        return Err(format!("it is longer than {LONGEST} characters"));
    }
    let mut prepared = String::new();
    let mut rest = text.trim_start();
    let mut depth = 0_usize;
    while let Some(first) = rest.chars().next() {
        let (piece, after) = piece(first, rest, names)?;
        match first {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(format!("brackets stand in more than {DEEPEST} brackets"));
        }
        prepared.push_str(&piece);
        prepared.push(' ');
        rest = after.trim_start();
    }
    Ok(prepared)
}

/// The next piece for syn, and what follows it.
fn piece<'t>(first: char, rest: &'t str, names: &[&str]) -> Result<(String, &'t str), String> {
    if matches!(first, '\'' | '"' | '`') {
        let inside = rest[1..].split_once(first);
        let (inside, after) = inside.ok_or_else(|| format!("a quote {first} is not closed"))?;
        return match first {
            '`' => Ok((column(inside, names)?, after)),
            _ => Ok((format!("{inside:?}"), after)),
        };
    }
    if first.is_ascii_digit() {
        let (number, after) = rest.split_at(length_of_number(rest));
        return Ok((number.to_owned(), after));
    }
    if first == '_' || first.is_alphabetic() {
        let ends = |c: char| !(c == '_' || c.is_alphanumeric());
        let (word, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        return Ok((name(word, after, names)?, after));
    }
    match SIGNS.iter().find(|(written, _)| rest.starts_with(written)) {
        Some((written, sign)) => Ok(((*sign).to_owned(), &rest[written.len()..])),
        None => Err(format!("unexpected `{first}`")),
    }
}

/// How many bytes are digits, a point with digits after it, and an exponent.
fn length_of_number(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(text);
    if text[length..].starts_with('.') {
        let fraction = digits(&text[length + 1..]);
        length += if fraction > 0 { fraction + 1 } else { 0 };
    }
    if text[length..].starts_with(['e', 'E']) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(&text[length + 1 + sign..]);
        length += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    length
}

/// A word: a column first of all, then a word of the language, then a function.
fn name(word: &str, after: &str, names: &[&str]) -> Result<String, String> {
    let call = after.trim_start().starts_with('(');
    if let Some((_, sign)) = WORDS.iter().find(|(known, _)| *known == word) {
        return Ok((*sign).to_owned());
    }
    if call {
        let known = Function::ALL.map(Function::name);
        return match known.iter().find(|name| **name == word) {
            Some(name) => Ok((*name).to_owned()),
            None => Err(format!(
                "no function is called `{word}`{}",
                did_you_mean(word, known.into_iter())
            )),
        };
    }
    column(word, names)
}

fn column(name: &str, names: &[&str]) -> Result<String, String> {
    match names.iter().position(|known| *known == name) {
        Some(place) => Ok(format!("{COLUMN}{place}")),
        None => Err(format!(
            "no column is called `{name}`{}; texts stand in quotes",
            did_you_mean(name, names.iter().copied())
        )),
    }
}

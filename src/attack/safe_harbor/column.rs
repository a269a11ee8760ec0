//! What one released column gives away: by its values first, then by its name, then by its role.

use std::collections::BTreeMap;

use super::SafeHarbor;
use super::identifier::{Basis, Identifier};
use super::names::{self, Rule, Shape};
use super::patterns::{IN_NOTES, Recognise, STRONG, WEAK, has_digits};
use super::{dates, places};
use crate::table::{ColumnKind, MISSING, Role, Values};

/// What the lint reads of a released column.
pub(super) struct Released<'a> {
    pub(super) name: &'a str,
    pub(super) kind: &'a ColumnKind,
    pub(super) role: &'a Role,
    /// The names of an ordinal column's ranks.
    pub(super) levels: Option<&'a [String]>,
    pub(super) values: &'a Values,
    pub(super) raw_range: Option<(f64, f64)>,
}

/// The identifiers of a column, each with what gave it away.
pub(super) type Found = BTreeMap<Identifier, Basis>;

/// The fewest distinct values on which a weak pattern is believed: one or two can be chance.
const FEWEST: usize = 3;

/// Words that stand for no identifier.
const PLAIN: &str = "yes no true false none unknown other na nan null nil missing present absent \
    removed redacted masked withheld anonymous urban rural suburban mixed small medium large 예 아니오 아니요 있음 없음 해당없음 비공개 모름 기타";

/// All identifiers of `column`.
pub(super) fn identifiers(column: &Released, parameters: &SafeHarbor) -> Found {
    let facts = Facts::of(column, parameters);
    let mut found = by_value(&facts);
    for rule in names::suggested(&facts.words).filter(|rule| facts.fit(rule)) {
        found.entry(rule.identifier).or_insert(Basis::Name);
    }
    if found.contains_key(&Identifier::Fax) {
        found.remove(&Identifier::Telephone);
    }
    if found.is_empty()
        && let Some(basis) = facts.other()
    {
        found.insert(Identifier::Other, basis);
    }
    found
}

fn by_value(facts: &Facts) -> Found {
    let mut found = Found::new();
    let notes = if facts.is_text() { IN_NOTES } else { &[] };
    for &(identifier, holds) in STRONG.iter().chain(notes) {
        if facts.texts.iter().any(|text| holds(text)) {
            found.insert(identifier, Basis::Value);
        }
    }
    for &(identifier, holds) in WEAK {
        if facts.nearly_all(holds) {
            found.entry(identifier).or_insert(Basis::Value);
        }
    }
    if facts.dated() {
        found.insert(Identifier::Date, Basis::Value);
    }
    if facts.aged() {
        found.insert(Identifier::Age, Basis::Value);
    }
    found
}

/// A column, its values reduced to the distinct ones.
struct Facts<'a> {
    column: &'a Released<'a>,
    parameters: &'a SafeHarbor,
    words: Vec<String>,
    /// Whether the numbers are ranks of `levels`.
    ranked: bool,
    /// Distinct labels, those of ranks included; none for numbers.
    texts: Vec<&'a str>,
    /// Distinct numbers that mean a quantity: neither ranks nor times; none for labels.
    numbers: Vec<f64>,
    /// Values that are not missing.
    present: usize,
    /// Distinct values that are not missing.
    distinct: usize,
}

impl<'a> Facts<'a> {
    fn of(column: &'a Released<'a>, parameters: &'a SafeHarbor) -> Self {
        let words = names::words(column.name);
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        let present = match column.values {
            Values::Labels { codes, levels } => {
                texts = levels.iter().map(AsRef::as_ref).collect();
                codes.iter().filter(|&&code| code != MISSING).count()
            }
            Values::Numbers(values) => {
                numbers = values.iter().copied().filter(|v| !v.is_nan()).collect();
                numbers.len()
            }
        };
        numbers.sort_unstable_by(f64::total_cmp);
        numbers.dedup_by(|a, b| a.total_cmp(b).is_eq());
        let distinct = texts.len() + numbers.len();
        let ranked = matches!(column.kind, ColumnKind::Ordinal) && column.levels.is_some();
        if ranked {
            texts = numbers.iter().filter_map(|&rank| level(column, rank)).collect();
        }
        if ranked || matches!(column.kind, ColumnKind::DateTime) {
            numbers.clear();
        }
        Self { column, parameters, words, ranked, texts, numbers, present, distinct }
    }

    fn is_text(&self) -> bool {
        matches!(self.column.kind, ColumnKind::Text)
    }

    /// Whether nearly all distinct values, written out, match a weak pattern.
    fn nearly_all(&self, holds: Recognise) -> bool {
        let long = self.numbers.last().is_some_and(|&largest| largest >= 1e7);
        if self.distinct < FEWEST || (self.texts.is_empty() && !long) {
            return false;
        }
        let texts = self.texts.iter().filter(|text| holds(text)).count();
        let numbers = self.numbers.iter().filter(|&&n| whole(n).is_some_and(|n| holds(&n))).count();
        reaches(texts + numbers, self.distinct, self.parameters.match_share)
    }

    /// Whether nearly all values differ.
    fn nearly_distinct(&self) -> bool {
        self.distinct >= FEWEST
            && reaches(self.distinct, self.present, self.parameters.distinct_share)
    }

    /// Dates finer than a year, other than those of a weak pattern.
    fn dated(&self) -> bool {
        if let (ColumnKind::DateTime, Values::Numbers(seconds)) =
            (self.column.kind, self.column.values)
        {
            return seconds.iter().any(|&s| !s.is_nan() && dates::second_finer_than_year(s));
        }
        let named = names::is_date(&self.words);
        let text = |text: &&str| dates::finer_than_year(text) || named && dates::terse(text);
        self.texts.iter().any(text) || named && self.counts_days() || self.is_month()
    }

    /// Numbers of a column named as a date that are too large for a year: days or seconds since
    /// an epoch, or digits of a date (other than `YYYY0101`).
    fn counts_days(&self) -> bool {
        const LAST_YEAR: f64 = 3000.0;
        let new_year = |n: f64| whole(n).is_some_and(|n| n.len() == 8 && n.ends_with("0101"));
        self.numbers.iter().any(|&n| n >= LAST_YEAR && !new_year(n))
    }

    fn is_month(&self) -> bool {
        let month = |n: &f64| (1.0..=12.0).contains(n);
        let born = self.words.len() > 1 && self.numbers.len() > 1 && self.numbers.iter().all(month);
        names::is_month(&self.words) && (born || self.texts.iter().any(|t| dates::month_name(t)))
    }

    /// Ages over the limit. The range is the file's own, before top codes: the release is linted
    /// as it lies there. Text such as `90+` or `>90` is the one category that the statute allows.
    fn aged(&self) -> bool {
        let Some(units) = names::years_of_age(&self.words) else { return false };
        let limit = self.parameters.age_limit * units;
        let over = |n: f64| !matches!(n.partial_cmp(&limit), Some(o) if o.is_le());
        let seen = self.numbers.last().copied();
        let largest = self.column.raw_range.map(|(_, largest)| largest);
        let quantity = !self.ranked && !matches!(self.column.kind, ColumnKind::DateTime);
        quantity && largest.into_iter().chain(seen).any(over)
            || self.texts.iter().flat_map(|text| amounts(text)).any(over)
    }

    /// Whether the values look like what the name suggests.
    fn fit(&self, rule: &Rule) -> bool {
        if matches!(self.column.kind, ColumnKind::Boolean) {
            return false;
        }
        let coded = self.numbers.len() > 2;
        match rule.shape {
            Shape::Words => self.texts.iter().any(|text| is_word(text)),
            Shape::Anything => coded || self.texts.iter().any(|text| is_word(text)),
            Shape::Places => {
                coded || self.texts.iter().any(|text| is_word(text) || has_digits(text, 3))
            }
            Shape::Postal => self.postal(),
            Shape::Degrees => self.degrees(),
            Shape::Digits(least) => self.has_digits(least) || self.opaque(),
            Shape::Holds(mark) => self.texts.iter().any(|text| inside(text, mark)) || self.opaque(),
        }
    }

    fn postal(&self) -> bool {
        let written: Vec<String> = self.numbers.iter().filter_map(|&n| whole(n)).collect();
        places::restricted(self.texts.iter().copied().chain(written.iter().map(String::as_str)))
    }

    fn degrees(&self) -> bool {
        let on_earth = |n: &f64| n.abs() <= 180.0;
        let fine = self.numbers.iter().any(|n| n.fract().abs() > 0.0);
        let written = |text: &&str| text.contains('.') && text.parse().is_ok_and(|n| on_earth(&n));
        (self.numbers.len() > 2 && fine && self.numbers.iter().all(on_earth))
            || self.texts.iter().any(written)
    }

    /// Whether a text holds so many digits, or all numbers are whole and one is so long.
    fn has_digits(&self, least: usize) -> bool {
        let count = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
        let longest = self.numbers.last().and_then(|&n| whole(n)).map_or(0, |n| n.len());
        self.texts.iter().any(|text| count(text) >= least)
            || self.numbers.iter().all(|&n| whole(n).is_some()) && longest >= least
    }

    /// Whether the values look like hashes or other codes derived from an identifier.
    fn opaque(&self) -> bool {
        !self.texts.is_empty()
            && self.nearly_distinct()
            && self.texts.iter().all(|text| text.len() >= 6)
    }

    /// A key of persons or rows that nothing more specific explains.
    fn other(&self) -> Option<Basis> {
        let counted = !matches!(self.column.kind, ColumnKind::Continuous | ColumnKind::DateTime);
        match self.column.role {
            Role::Subject | Role::DirectIdentifier if self.present > 0 => Some(Basis::Role),
            _ if counted && names::is_key(&self.words) && self.nearly_distinct() => {
                Some(Basis::Distinct)
            }
            _ => None,
        }
    }
}

/// The name of a rank, counted from zero.
fn level<'a>(column: &Released<'a>, rank: f64) -> Option<&'a str> {
    let rank = whole(rank)?.parse::<usize>().ok()?;
    column.levels?.get(rank).map(String::as_str)
}

fn reaches(part: usize, all: usize, share: f64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
    let (part, all) = (part as f64, all as f64);
    part > 0.0 && !matches!(part.partial_cmp(&(share * all)), Some(o) if o.is_lt())
}

/// A whole number from zero up, written out; doubles are exact below 2^53.
fn whole(number: f64) -> Option<String> {
    let exact = (0.0..9_007_199_254_740_992.0).contains(&number) && number.fract().abs() <= 0.0;
    exact.then(|| format!("{number:.0}"))
}

/// The numbers written in a text.
fn amounts(text: &str) -> impl Iterator<Item = f64> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.').filter_map(|n| n.parse().ok())
}

/// Whether a text is more than a code, a number, or a word that stands for no identifier.
fn is_word(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 2
        && !PLAIN.split_whitespace().any(|plain| plain == text)
        && !text.chars().all(|c| matches!(c, 'x' | '*' | '-' | '.'))
}

/// Whether `mark` stands between two other characters.
fn inside(text: &str, mark: char) -> bool {
    text.trim().split_once(mark).is_some_and(|(before, after)| {
        before.ends_with(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric)
    })
}

//! One column from texts to values. What is wrong is counted by kind and reported without a value, and
//! without a count below eleven.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::error::Mismatch;
use crate::table::number::{self, NotNumber};
use crate::table::{
    Column, ColumnKind, ColumnSchema, MISSING, RawTable, Role, Values, canonical, moment,
};

/// What can be wrong with a cell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Defect {
    Number(NotNumber),
    NotBoolean,
    NotMoment,
    OffList,
    Below,
    Above,
    NoSubject,
}

type Tally = BTreeMap<Defect, usize>;

/// Reads the column at `place` of `raw`.
pub(super) fn read(
    raw: &RawTable,
    place: usize,
    name: &str,
    schema: &ColumnSchema,
    missing: &[String],
    needs_subject: bool,
) -> (Column, Vec<Mismatch>) {
    let mut tally = Tally::new();
    let cells = Cells { raw, place, missing };
    let (values, raw_range, uncoded) = if schema.is_number() {
        let raw_numbers = numbers(&cells, schema, &mut tally);
        let raw_range = range(&raw_numbers);
        let mut numbers = raw_numbers.clone();
        // A code would make one person of many.
        let changed = schema.role != Role::Subject && code(&mut numbers, schema);
        bound(&numbers, schema, &mut tally);
        let uncoded = changed.then_some(Values::Numbers(raw_numbers));
        (Values::Numbers(numbers), raw_range, uncoded)
    } else {
        (labels(&cells, schema, &mut tally), None, None)
    };
    if needs_subject {
        let without = cells.texts().filter(Option::is_none).count();
        if without > 0 {
            tally.insert(Defect::NoSubject, without);
        }
    }
    let mismatches = tally.into_iter().map(|(defect, count)| Mismatch {
        file: raw.path().to_path_buf(),
        column: name.to_owned(),
        expected: expected(defect, schema),
        found: format!("{} {}", amount(count, raw.rows()), found(defect)),
    });
    let mismatches = mismatches.collect();
    let column =
        Column { name: name.to_owned(), schema: schema.clone(), values, raw_range, uncoded };
    (column, mismatches)
}

/// The cells of one column, trimmed; `None` where missing.
struct Cells<'a> {
    raw: &'a RawTable,
    place: usize,
    missing: &'a [String],
}

impl<'a> Cells<'a> {
    fn texts(&self) -> impl Iterator<Item = Option<&'a str>> + use<'a> {
        let missing = self.missing;
        let is_missing = move |text: &str| missing.iter().any(|token| token.trim_ascii() == text);
        self.raw
            .texts(self.place)
            .map(move |text| text.map(str::trim_ascii).filter(|text| !is_missing(text)))
    }
}

fn numbers(cells: &Cells<'_>, schema: &ColumnSchema, tally: &mut Tally) -> Vec<f64> {
    let levels =
        schema.levels.as_deref().filter(|_| schema.kind == ColumnKind::Ordinal).unwrap_or_default();
    let ranks: HashMap<&str, u32> =
        levels.iter().map(|level| canonical::label(level)).zip(0..).collect();
    let read = |text: &str| match schema.kind {
        ColumnKind::Integer => number::parse_integer(text).map_err(Defect::Number),
        ColumnKind::DateTime => moment::parse(text).ok_or(Defect::NotMoment),
        ColumnKind::Ordinal if !ranks.is_empty() => {
            ranks.get(canonical::label(text)).map(|rank| f64::from(*rank)).ok_or(Defect::OffList)
        }
        _ => number::parse(text).map_err(Defect::Number),
    };
    let value = |text: Option<&str>| match text.map(read) {
        Some(Ok(number)) => number,
        Some(Err(defect)) => {
            *tally.entry(defect).or_default() += 1;
            f64::NAN
        }
        None => f64::NAN,
    };
    cells.texts().map(value).collect()
}

fn range(numbers: &[f64]) -> Option<(f64, f64)> {
    let present = numbers.iter().copied().filter(|number| !number.is_nan());
    present.fold(None, |range, number| match range {
        None => Some((number, number)),
        Some((low, high)) => Some((number.min(low), number.max(high))),
    })
}

/// Applies top and bottom codes and tells whether they changed any number. `f64::min` would turn a
/// missing value into the code.
fn code(numbers: &mut [f64], schema: &ColumnSchema) -> bool {
    let mut changed = false;
    for number in numbers {
        let coded = match (schema.bottom, schema.top) {
            (_, Some(top)) if *number > top => top,
            (Some(bottom), _) if *number < bottom => bottom,
            _ => continue,
        };
        *number = coded;
        changed = true;
    }
    changed
}

fn bound(numbers: &[f64], schema: &ColumnSchema, tally: &mut Tally) {
    let below =
        numbers.iter().filter(|number| schema.lower.is_some_and(|lower| **number < lower)).count();
    let above =
        numbers.iter().filter(|number| schema.upper.is_some_and(|upper| **number > upper)).count();
    for (defect, count) in [(Defect::Below, below), (Defect::Above, above)] {
        if count > 0 {
            tally.insert(defect, count);
        }
    }
}

fn labels(cells: &Cells<'_>, schema: &ColumnSchema, tally: &mut Tally) -> Values {
    let allowed: Option<HashSet<&str>> = schema
        .levels
        .as_ref()
        .map(|levels| levels.iter().map(|level| canonical::label(level)).collect());
    let read = |text| match (schema.kind, &allowed) {
        (ColumnKind::Boolean, _) => canonical::boolean(text).ok_or(Defect::NotBoolean),
        (_, Some(allowed)) if !allowed.contains(canonical::label(text)) => Err(Defect::OffList),
        _ => Ok(canonical::label(text)),
    };
    // Codes are given in order of appearance first, then renumbered in byte order of the levels.
    let mut appeared: HashMap<&str, u32> = HashMap::new();
    let mut codes: Vec<u32> = Vec::with_capacity(cells.raw.rows());
    for text in cells.texts() {
        codes.push(match text.map(read) {
            None => MISSING,
            Some(Ok(level)) => {
                let next = u32::try_from(appeared.len()).unwrap_or(MISSING);
                *appeared.entry(level).or_insert(next)
            }
            Some(Err(defect)) => {
                *tally.entry(defect).or_default() += 1;
                MISSING
            }
        });
    }
    let mut levels: Vec<(&str, u32)> = appeared.into_iter().collect();
    levels.sort_unstable();
    let mut renumbered = vec![MISSING; levels.len()];
    for ((_, old), new) in levels.iter().zip(0..) {
        renumbered[*old as usize] = new;
    }
    codes
        .iter_mut()
        .filter(|code| **code != MISSING)
        .for_each(|code| *code = renumbered[*code as usize]);
    Values::Labels { codes, levels: levels.into_iter().map(|(level, _)| level.into()).collect() }
}

fn expected(defect: Defect, schema: &ColumnSchema) -> String {
    let end = |bound: Option<f64>| match schema.kind {
        ColumnKind::DateTime => moment::render(bound.unwrap_or_default()),
        _ => number::render(bound.unwrap_or_default()),
    };
    match defect {
        Defect::Number(NotNumber::NotFinite) => "a finite number".to_owned(),
        Defect::Number(NotNumber::Fraction | NotNumber::TooLarge) => {
            "whole numbers of at most 2^53".to_owned()
        }
        Defect::Number(_) if schema.kind == ColumnKind::Integer => "whole numbers".to_owned(),
        Defect::Number(_) => "numbers".to_owned(),
        Defect::NotBoolean => "true/false, yes/no, t/f, y/n or 1/0".to_owned(),
        Defect::NotMoment => {
            "ISO dates or times such as 2024-01-31 or 2024-01-31T12:00:00".to_owned()
        }
        Defect::OffList => format!(
            "one of the {} levels of the schema",
            schema.levels.as_ref().map_or(0, Vec::len)
        ),
        Defect::Below => format!("at least {} (`lower`)", end(schema.lower)),
        Defect::Above => format!("at most {} (`upper`)", end(schema.upper)),
        Defect::NoSubject => "a subject in every row".to_owned(),
    }
}

fn found(defect: Defect) -> &'static str {
    match defect {
        Defect::Number(NotNumber::Empty) => {
            "with an empty text: add \"\" to `missing` if it means missing"
        }
        Defect::Number(NotNumber::NotFinite) => {
            "with NaN or infinity: add the token to `missing` if it means missing"
        }
        Defect::Number(NotNumber::Thousands) => {
            "that seem to have thousands separators: write them without commas"
        }
        Defect::Number(NotNumber::DecimalComma) => {
            "that seem to have a decimal comma: write a decimal point"
        }
        Defect::Number(NotNumber::Fraction) => "with a fraction: is the kind continuous?",
        Defect::Number(NotNumber::TooLarge) => {
            "beyond that: is the column an identifier, of kind text?"
        }
        Defect::Number(NotNumber::Other) => {
            "with something else: add it to `missing` if it is a token, or change the kind"
        }
        Defect::NotBoolean | Defect::NotMoment => {
            "with something else: add it to `missing` if it is a token, or change the kind"
        }
        Defect::OffList => "off the list: add the level, or add it to `missing` if it is a token",
        Defect::Below => "below it",
        Defect::Above => "above it",
        Defect::NoSubject => "without one: remove these rows or give them a subject",
    }
}

/// How many cells, coarsely: a small count next to a column name can point at a person.
fn amount(count: usize, rows: usize) -> String {
    if count < 11 {
        return "fewer than 11 cells".to_owned();
    }
    #[expect(clippy::cast_precision_loss, reason = "a share rounded to whole percent")]
    let percent = (100.0 * count as f64 / rows as f64).round();
    if percent < 1.0 {
        "fewer than 1 % of the rows".to_owned()
    } else {
        format!("about {percent} % of the rows")
    }
}

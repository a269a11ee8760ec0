//! Rows as bytes from which a lower bound of their distance can be told.
//!
//! One is `width` units. A number becomes ⌊width · (x − origin) / scale⌋, cut to the codes there are:
//! floors differ by less than one more than their numbers do, and cutting brings codes only closer, so
//! that |a − b| − 1 units never exceed what two numbers contribute. A missing number has the last code,
//! at least `width` beyond any other. A category becomes its code, or beyond 254 categories a hash of
//! it: equal categories have equal bytes, so that a different byte is a different category.

use crate::encode::{Coded, Codes};
use crate::table::MISSING;

/// The code of a missing number.
const ABSENT: u8 = u8::MAX;

/// The last category code in the rows for which a column is coded without hashing.
const LAST_PLAIN: u32 = 253;

/// Values looked at to place a number's codes.
const SAMPLE: usize = 4096;

/// Most units: a missing number must be that far from all others.
pub(super) const MOST_UNITS: u8 = 127;

/// How to code rows. Numbers come first, then categories, each in column order.
pub(super) struct Coder {
    /// Units that make one.
    pub(super) width: u8,
    numbers: Vec<Number>,
    categories: Vec<Category>,
}

struct Number {
    origin: f64,
    scale: f64,
}

enum Category {
    /// Codes up to `last`, then missing, then any other.
    Plain { last: u32 },
    /// A hash.
    Hashed,
}

impl Coder {
    /// For `rows`; `scales` are those of the numbers, in order.
    pub(super) fn new(rows: &Coded, scales: &[f64], width: u8) -> Self {
        let width = width.clamp(1, MOST_UNITS);
        let middle = 0.5 * f64::from(ABSENT - width) / f64::from(width);
        let number = |(values, &scale): (&[f64], &f64)| {
            let origin = centre(values) - middle * scale;
            Number { origin, scale }
        };
        let numbers = numbers(rows).into_iter().zip(scales).map(number).collect();
        let categories = categories(rows).into_iter().map(Category::new).collect();
        Self { width, numbers, categories }
    }

    /// Columns of numbers.
    pub(super) fn numbers(&self) -> usize {
        self.numbers.len()
    }

    /// Columns.
    pub(super) fn columns(&self) -> usize {
        self.numbers.len() + self.categories.len()
    }

    /// Whether different categories of the rows have different codes in every column.
    pub(super) fn is_plain(&self) -> bool {
        self.categories.iter().all(|category| matches!(category, Category::Plain { .. }))
    }

    /// Per category column: how many codes there are.
    pub(super) fn codes(&self) -> impl Iterator<Item = usize> {
        self.categories.iter().map(Category::codes)
    }

    /// The codes of one row.
    pub(super) fn row(&self, numbers: &[f64], categories: &[u32], codes: &mut Vec<u8>) {
        codes.clear();
        let number = |(number, &x): (&Number, &f64)| number.code(x, self.width);
        codes.extend(self.numbers.iter().zip(numbers).map(number));
        let category = |(category, &code): (&Category, &u32)| category.code(code);
        codes.extend(self.categories.iter().zip(categories).map(category));
    }

    /// The codes of `rows`, column by column.
    pub(super) fn columns_of(&self, rows: &Coded) -> Vec<Vec<u8>> {
        let number = |(number, values): (&Number, &[f64])| {
            values.iter().map(|&x| number.code(x, self.width)).collect()
        };
        let category = |(category, codes): (&Category, &[u32])| {
            codes.iter().map(|&code| category.code(code)).collect()
        };
        let numbers = self.numbers.iter().zip(numbers(rows)).map(number);
        numbers.chain(self.categories.iter().zip(categories(rows)).map(category)).collect()
    }
}

impl Number {
    /// A cast cuts at both ends of the bytes, and what is not a number becomes 0.
    fn code(&self, x: f64, width: u8) -> u8 {
        if x.is_nan() {
            return ABSENT;
        }
        let units = (x - self.origin) / self.scale * f64::from(width);
        (units as u8).min(ABSENT - 1 - width)
    }
}

impl Category {
    fn new(codes: &[u32]) -> Self {
        match codes.iter().copied().filter(|&code| code != MISSING).max() {
            None => Self::Plain { last: 0 },
            Some(last) if last <= LAST_PLAIN => Self::Plain { last },
            Some(_) => Self::Hashed,
        }
    }

    fn codes(&self) -> usize {
        match self {
            Self::Plain { last } => *last as usize + 3,
            Self::Hashed => usize::from(u8::MAX) + 1,
        }
    }

    /// Fibonacci hashing spreads neighbouring codes.
    fn code(&self, code: u32) -> u8 {
        match self {
            Self::Plain { last } if code <= *last => code as u8,
            Self::Plain { last } => (*last + if code == MISSING { 1 } else { 2 }) as u8,
            Self::Hashed => (code.wrapping_mul(0x9E37_79B1) >> 24) as u8,
        }
    }
}

/// The middle between the tails of the finite values, looked up in a sample.
fn centre(values: &[f64]) -> f64 {
    let step = values.len().div_ceil(SAMPLE).max(1);
    let mut known: Vec<f64> =
        values.iter().step_by(step).copied().filter(|x| x.is_finite()).collect();
    known.sort_by(f64::total_cmp);
    let (Some(last), tail) = (known.len().checked_sub(1), known.len() / 200) else { return 0.0 };
    known[tail] * 0.5 + known[last - tail] * 0.5
}

/// The number columns.
pub(super) fn numbers(rows: &Coded) -> Vec<&[f64]> {
    let mut found = Vec::new();
    for codes in &rows.columns {
        if let Codes::Number(values) = codes {
            found.push(values.as_slice());
        }
    }
    found
}

/// The category columns.
pub(super) fn categories(rows: &Coded) -> Vec<&[u32]> {
    let mut found = Vec::new();
    for codes in &rows.columns {
        if let Codes::Category(codes) = codes {
            found.push(codes.as_slice());
        }
    }
    found
}

//! What kind of column the texts suggest, with bounds that name no extreme person.

use std::collections::HashSet;

use crate::table::number::{self, NotNumber};
use crate::table::{ColumnKind, RawTable, canonical, moment};

/// Up to this many distinct whole numbers may well be categories.
const FEW: usize = 20;
/// More decimals than this are the trace of a computation, not a unit of recording.
const DECIMALS: usize = 6;

/// What is proposed for one column.
pub(super) struct Guess {
    pub(super) kind: ColumnKind,
    /// Lower and upper, as TOML values.
    pub(super) bounds: Option<(String, String)>,
    /// The unit, as a TOML value.
    pub(super) step: Option<String>,
    /// Comments for the reviewer.
    pub(super) notes: Vec<&'static str>,
    /// How many distinct values.
    pub(super) distinct: usize,
    /// How many values are not missing.
    pub(super) present: usize,
}

/// Looks at the column at `place`.
pub(super) fn guess(raw: &RawTable, place: usize, missing: &[&str]) -> Guess {
    let is_missing = |text: &str| missing.contains(&text);
    let texts = raw.texts(place).flatten().map(str::trim_ascii).filter(|text| !is_missing(text));
    let mut present = 0;
    let distinct: HashSet<&str> = texts.inspect(|_| present += 1).collect();
    let plain = |kind| Guess {
        kind,
        bounds: None,
        step: None,
        notes: Vec::new(),
        distinct: distinct.len(),
        present,
    };
    if distinct.is_empty() {
        return Guess {
            notes: vec!["Every value is missing: say what the column is, or remove it."],
            ..plain(ColumnKind::Text)
        };
    }
    if let Some(guess) = truth(&distinct, &plain).or_else(|| numeric(&distinct, &plain)) {
        return guess;
    }
    let moments: Option<Vec<f64>> = distinct.iter().map(|text| moment::parse(text)).collect();
    if let Some(moments) = moments {
        return Guess { bounds: years(&moments), ..plain(ColumnKind::DateTime) };
    }
    let length: usize = distinct.iter().map(|text| text.chars().count()).sum();
    let long = length > 40 * distinct.len();
    if long || (distinct.len() > 50 && distinct.len() * 2 > present) {
        let note = "Nearly every value differs: text is compared as a whole. Is it an identifier?";
        return Guess { notes: vec![note], ..plain(ColumnKind::Text) };
    }
    plain(ColumnKind::Categorical)
}

fn truth(distinct: &HashSet<&str>, plain: &impl Fn(ColumnKind) -> Guess) -> Option<Guess> {
    let truths: Option<HashSet<&str>> =
        distinct.iter().map(|text| canonical::boolean(text)).collect();
    (truths?.len() == 2).then(|| plain(ColumnKind::Boolean))
}

fn numeric(distinct: &HashSet<&str>, plain: &impl Fn(ColumnKind) -> Guess) -> Option<Guess> {
    // Codes such as 02139 are names of places, not numbers.
    let padded = |text: &&str| {
        let digits = text.trim_start_matches(['-', '+']);
        digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit()
    };
    if distinct.iter().any(padded)
        || distinct.iter().any(|text| number::parse_integer(text) == Err(NotNumber::TooLarge))
    {
        return None;
    }
    let numbers: Result<Vec<f64>, _> = distinct.iter().map(|text| number::parse(text)).collect();
    let numbers = numbers.ok()?;
    let decimals = numbers.iter().map(|number| decimals(*number)).max().unwrap_or_default();
    let bounds = Some(coarse(&numbers, decimals.min(DECIMALS)));
    if decimals > 0 {
        let step =
            (decimals <= DECIMALS).then(|| format!("{:.decimals$}", 10_f64.powi(-power(decimals))));
        return Some(Guess { bounds, step, ..plain(ColumnKind::Continuous) });
    }
    let few = numbers.len() <= FEW;
    let note = "Few distinct whole numbers: if they are codes, use kind = \"categorical\" or \"ordinal\" and drop the bounds and the step.";
    let notes = if few { vec![note] } else { Vec::new() };
    Some(Guess { bounds, step: Some("1".to_owned()), notes, ..plain(ColumnKind::Integer) })
}

fn decimals(number: f64) -> usize {
    number::render(number).split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

fn power(exponent: usize) -> i32 {
    i32::try_from(exponent).unwrap_or(i32::MAX)
}

/// Bounds at multiples of 1, 2 or 5 times a power of ten that is at least a tenth of the range and five
/// steps, so that a bound never tells the extreme value within at least five.
fn coarse(numbers: &[f64], decimals: usize) -> (String, String) {
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let spread = if high > low { high - low } else { high.abs() };
    let wanted = (spread / 10.0).max(5.0 * 10_f64.powi(-power(decimals)));
    #[expect(clippy::cast_possible_truncation, reason = "the exponent of a finite f64 is small")]
    let exponent = wanted.log10().floor() as i32;
    let digit = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|digit| digit * 10_f64.powi(exponent) >= wanted * (1.0 - 1e-9));
    let unit = digit.unwrap_or(10.0) * 10_f64.powi(exponent);
    let places = usize::try_from(-exponent).unwrap_or_default();
    let text = |multiple: f64| format!("{:.places$}", multiple * unit + 0.0);
    let reads = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
    // Rounding in binary can put a bound just inside the data: it is then moved one unit outward.
    let mut lower = (low / unit).floor();
    if reads(&text(lower)) > low {
        lower -= 1.0;
    }
    let mut upper = (high / unit).ceil();
    if reads(&text(upper)) < high || upper <= lower {
        upper += 1.0;
    }
    (text(lower), text(upper))
}

/// Bounds of moments at the turn of a decade, as years alone narrow down the oldest person.
fn years(moments: &[f64]) -> Option<(String, String)> {
    let low = moments.iter().copied().fold(f64::INFINITY, f64::min);
    let high = moments.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let decade =
        |moment: f64| Some(moment::render(moment).get(..4)?.parse::<u32>().ok()? / 10 * 10);
    let (first, last) = (decade(low)?, decade(high)? + 10);
    (last <= 9990).then(|| (format!("{first:04}-01-01"), format!("{last:04}-01-01")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bounds_are_round_and_outside() {
        let text = |numbers: &[f64], decimals| coarse(numbers, decimals);
        assert_eq!(text(&[17.0, 90.0], 0), ("10".to_owned(), "90".to_owned()));
        assert_eq!(text(&[0.0, 8.0], 0), ("0".to_owned(), "10".to_owned()));
        assert_eq!(text(&[1995.0, 2003.0], 0), ("1995".to_owned(), "2005".to_owned()));
        assert_eq!(text(&[7.0], 0), ("5".to_owned(), "10".to_owned()));
        assert_eq!(text(&[0.03, 0.71], 2), ("0.00".to_owned(), "0.80".to_owned()));
    }

    proptest! {
        #[test]
        fn bounds_always_hold_the_data(numbers in proptest::collection::vec(-1e9_f64..1e9, 1..9), decimals in 0_usize..6) {
            let (lower, upper) = coarse(&numbers, decimals);
            let (lower, upper): (f64, f64) = (lower.parse().unwrap(), upper.parse().unwrap());
            prop_assert!(lower < upper);
            prop_assert!(numbers.iter().all(|number| lower <= *number && *number <= upper));
        }
    }
}

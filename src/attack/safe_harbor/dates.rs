//! Dates in text and in numbers, and whether they are finer than a year.
//!
//! The first of January at midnight says no more than its year; every other calendar date, a
//! month, a quarter and a week of a year say more.

use std::sync::LazyLock;

use jiff::{Timestamp, civil::Time, tz::TimeZone};
use regex::{Captures, Regex};

use super::checks::calendar_date;
use super::patterns::{isolated, regex};

const MONTHS: &str = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\
    (?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?";
const CLOCK: &str =
    r"(?:[t ]\s*(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)\s*(?:z|utc|[ap]m|[+-]\d{2}:?\d{2})?)?";

/// Each form with the order of its parts: `y`, `m`, `d`, `w` (month in words), `e` (day or month,
/// either order), `t` (time of day); a part that is not there counts as the first.
static FORMS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let form = |pattern: String, parts| (regex(&format!("(?i){pattern}")), parts);
    vec![
        form(format!(r"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){CLOCK}"), "ymdt"),
        form(format!(r"(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}){CLOCK}"), "eeyt"),
        form(
            format!(r"(\d{{1,2}})(?:st|nd|rd|th)?[ -]?{MONTHS}\.?,?[ -]?(\d{{4}}){CLOCK}"),
            "dwyt",
        ),
        form(format!(r"{MONTHS}\.? ?(\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}}){CLOCK}"), "wdyt"),
        form(r"(\d{4})년 ?(\d{1,2})월(?: ?(\d{1,2})일)?".into(), "ymd"),
    ]
});

/// Forms that are dates only when they are the whole value.
static WHOLE: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let form = |pattern: String, parts| (regex(&format!("(?i)^{pattern}$")), parts);
    vec![
        form(r"(\d{4})[-/](\d{1,2})".into(), "ym"),
        form(format!(r"(\d{{1,2}})/(\d{{1,2}})/\d{{2}}{CLOCK}"), "eet"),
        form(format!(r"{MONTHS}\.?,?[ -]?(\d{{4}})"), "wy"),
    ]
});

static PART_OF_YEAR: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?i)^(?:(?:18|19|20)\d{2}[- ]?(?:Q[1-4]|W[0-5]\d)|Q[1-4][- ]?(?:19|20)\d{2})$")
});

static MONTH_NAME: LazyLock<Regex> =
    LazyLock::new(|| regex(&format!(r"(?i)^(?:{MONTHS}|\d{{1,2}}월)\.?$")));

static MONTH_AND_DAY: LazyLock<Regex> = LazyLock::new(|| regex(r"^(\d{1,2})[-/.](\d{1,2})$"));

/// Whether the whole of `text` is a date finer than a year.
pub(super) fn finer_than_year(text: &str) -> bool {
    let text = text.trim();
    if text.len() < 6 || text.len() > 48 || !text.bytes().any(|b| b.is_ascii_digit()) {
        return false;
    }
    let spans = |c: &Captures| c.get(0).is_some_and(|all| all.len() == text.len());
    let whole = |(form, parts): &(Regex, &str)| {
        form.captures(text).is_some_and(|c| spans(&c) && finer(&c, parts))
    };
    PART_OF_YEAR.is_match(text) || FORMS.iter().any(whole) || WHOLE.iter().any(whole)
}

/// Whether a date finer than a year stands somewhere in `text`.
pub(super) fn mentioned(text: &str) -> bool {
    let within = |(form, parts): &(Regex, &str)| {
        let at = |c: &Captures| c.get(0).is_some_and(|all| isolated(text, all.range()));
        form.captures_iter(text).any(|c| at(&c) && finer(&c, parts))
    };
    text.bytes().any(|b| b.is_ascii_digit()) && FORMS.iter().any(within)
}

fn finer(captures: &Captures, parts: &str) -> bool {
    let (mut year, mut midnight, mut month, mut day) = (2000, true, None, None);
    for (i, part) in parts.bytes().enumerate() {
        let Some(text) = captures.get(i + 1).map(|part| part.as_str()) else { continue };
        let number = text.parse::<i16>().unwrap_or(0);
        match part {
            b'y' => year = number,
            b'm' => month = Some(number),
            b'w' => month = month_of(text),
            b'd' => day = Some(number),
            b'e' if month.is_none() => month = Some(number),
            b'e' => day = Some(number),
            _ => midnight = text.bytes().all(|b| !b.is_ascii_digit() || b == b'0'),
        }
    }
    let (month, day) = (month.unwrap_or(1), day.unwrap_or(1));
    let either = parts.contains("ee") && calendar_date(year, day, month);
    (calendar_date(year, month, day) || either) && !(month == 1 && day == 1 && midnight)
}

fn month_of(name: &str) -> Option<i16> {
    const NAMES: &str = "janfebmaraprmayjunjulaugsepoctnovdec";
    let start = NAMES.find(&name.get(..3)?.to_ascii_lowercase())?;
    i16::try_from(start / 3 + 1).ok()
}

/// Whether `text`, in a column named as a date, is a date finer than a year in a form that would
/// elsewhere be a number or a ratio: `20200305`, `900305`, `03/05`.
pub(super) fn terse(text: &str) -> bool {
    let text = text.trim();
    if let Some(parts) = MONTH_AND_DAY.captures(text) {
        return finer(&parts, "ee");
    }
    compact(text) || (text.len() == 6 && compact(&format!("20{text}")))
}

/// Whether `text` is `YYYYMMDD`, finer than a year.
pub(super) fn compact(text: &str) -> bool {
    let part = |range| text.get(range).and_then(|t: &str| t.parse::<i16>().ok());
    text.len() == 8
        && text.bytes().all(|b| b.is_ascii_digit())
        && matches!((part(0..4), part(4..6), part(6..8)), (Some(y), Some(m), Some(d))
            if calendar_date(y, m, d) && (m, d) != (1, 1))
}

/// Whether `text` names a month.
pub(super) fn month_name(text: &str) -> bool {
    MONTH_NAME.is_match(text.trim())
}

/// Whether a number of seconds since 1970 is anything but the first moment of a year. A time out
/// of the calendar's range is: nothing shows that it is a year.
pub(super) fn second_finer_than_year(seconds: f64) -> bool {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and then is out of range")]
    let Ok(time) = Timestamp::from_second(seconds.floor() as i64) else { return true };
    let time = time.to_zoned_datetime(TimeZone::UTC);
    let start = time.day_of_year() == 1 && time.time() == Time::midnight();
    seconds.fract() > 0.0 || !start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_many_forms() {
        let dates = [
            "2020-03-05",
            "2020/3/5",
            "2020.03.05",
            "2020-03-05T14:22:01Z",
            "2020-03-05 14:22:01.5+09:00",
            "05/03/2020",
            "13.12.1999",
            "3-5-2020",
            "12/31/98",
            "5 March 2020",
            "5th Mar 2020",
            "05MAR2020",
            "March 5, 2020",
            "Mar 2020",
            "2020-03",
            "2020년 3월 5일",
            "2020년 3월",
            "2020-Q3",
            "Q1 2020",
            "2020-W12",
            "2020-01-01T00:00:01",
            "1 Jan 2020 08:30",
        ];
        for date in dates {
            assert!(finer_than_year(date), "{date}");
        }
    }

    #[test]
    fn years_and_near_misses_are_no_dates() {
        let others = [
            "2020",
            "2020-01-01",
            "2020-01-01T00:00:00Z",
            "01/01/2020",
            "1 Jan 2020",
            "2020-01",
            "Jan 2020",
            "2020-13-05",
            "2020-02-30",
            "120/80",
            "1.2.3",
            "10-20-30",
            "1999.12",
            "45/46/2020",
            "65-74",
            "may",
            "2020 3 5",
            "2020년",
            "20200305",
            "march on 2020",
            "1-800-555-0100",
        ];
        for other in others {
            assert!(!finer_than_year(other), "{other}");
        }
    }

    #[test]
    fn dates_inside_a_note() {
        assert!(mentioned("seen 2020-03-05, stable"));
        assert!(mentioned("입원 2020년 3월 5일에"));
        assert!(mentioned("admitted on March 5, 2020."));
        assert!(!mentioned("3 decreased 2020, ratio 2020-03"));
        assert!(!mentioned("oid 1.2.3.4.2020.7"));
        assert!(!mentioned("since 2019, dose 10/20"));
    }

    #[test]
    fn terse_forms() {
        assert!(terse("20200305") && terse("900305") && terse("03/05"));
        assert!(!terse("20200101") && !terse("01/01") && !terse("20201305") && !terse("2020"));
        assert!(month_name("March") && month_name("3월") && month_name("sept"));
        assert!(!month_name("Marchetti"));
    }

    #[test]
    fn seconds_by_hand() {
        // 2020-01-01 is day 18,262 since 1970 (50 years, 12 leap days): 18,262 · 86,400 s.
        let start = 18_262.0 * 86_400.0;
        assert!(!second_finer_than_year(start));
        assert!(!second_finer_than_year(0.0));
        assert!(!second_finer_than_year(-365.0 * 86_400.0));
        assert!(second_finer_than_year(start + 86_400.0));
        assert!(second_finer_than_year(start + 0.5));
        assert!(second_finer_than_year(1e300));
    }
}

//! Dates and times in text, as seconds since 1970-01-01T00:00:00Z.
//!
//! A moment without a zone is taken as UTC: what matters here is that equal texts are equal and that
//! differences are right, not where the clock hung. Resolution: one microsecond.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const MICROSECONDS: f64 = 1e6;

/// Reads an ISO date, or a date and a time with `T` or a space, an optional fraction and an optional
/// `Z` or offset.
pub(super) fn parse(text: &str) -> Option<f64> {
    // A compact form such as 20240131 could as well be a number, so the hyphens are required.
    if text.get(4..5) != Some("-") || text.contains('[') {
        return None;
    }
    let timestamp = match text.parse::<Timestamp>() {
        Ok(timestamp) => timestamp,
        Err(_) => {
            let time = text.get(10..).unwrap_or_default();
            if time.contains(['Z', 'z', '+', '-']) {
                return None;
            }
            TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()?
        }
    };
    let microseconds = timestamp.as_microsecond();
    #[expect(
        clippy::cast_precision_loss,
        reason = "below 2^53 microseconds from 1684 to 2255; beyond, to the nearest 64"
    )]
    Some(microseconds as f64 / MICROSECONDS)
}

/// The canonical text: `YYYY-MM-DD` at midnight, else `YYYY-MM-DDTHH:MM:SS` with a fraction of at
/// most six digits where there is one.
pub(super) fn render(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "`as` saturates, and out of range is handled below"
    )]
    let microseconds = (seconds * MICROSECONDS).round() as i64;
    render_microseconds(microseconds).unwrap_or_else(|| super::number::render(seconds))
}

/// The canonical text of a moment in microseconds; `None` outside the years -9999 to 9999.
pub(super) fn render_microseconds(microseconds: i64) -> Option<String> {
    let moment = TimeZone::UTC.to_datetime(Timestamp::from_microsecond(microseconds).ok()?);
    let midnight = moment.time() == jiff::civil::Time::midnight();
    Some(if midnight { moment.date().to_string() } else { moment.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Option<String> {
        parse(text).map(render)
    }

    #[test]
    fn spellings_of_one_moment_have_one_text() {
        for text in [
            "2024-01-31",
            "2024-01-31T00:00:00",
            "2024-01-31 00:00",
            "2024-01-31T00:00:00.000Z",
            "2024-01-31T09:00:00+09:00",
        ] {
            assert_eq!(canonical(text).as_deref(), Some("2024-01-31"), "{text}");
        }
        assert_eq!(canonical("2024-01-31 12:30:05.250").as_deref(), Some("2024-01-31T12:30:05.25"));
        assert_eq!(canonical("1931-07-04T23:59:59").as_deref(), Some("1931-07-04T23:59:59"));
    }

    #[test]
    fn seconds_count_from_the_epoch() {
        assert_eq!(parse("1970-01-02"), Some(86_400.0));
        assert_eq!(parse("1969-12-31T23:59:59.5"), Some(-0.5));
    }

    #[test]
    fn refuses_what_is_not_a_date() {
        for text in [
            "",
            "2024",
            "20240131",
            "2024-13-01",
            "2024-02-30",
            "31.01.2024",
            "01/31/2024",
            "2024-01-31 noon",
            "2024-01-31T00:00[Asia/Seoul]",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

//! Limits with units. A bare 0.04 for a share is refused: reading "0.04 %" as 0.04 is a slip by a
//! factor of 100, the likeliest user error.

use crate::metric::{Metric, Unit};

/// Parses the `limit` of a rule on `metric`, given its `unit` key.
///
/// Shares are written `"0.04%"`, or `0.0004` with `unit = "fraction"`, or `0`; counts are whole
/// numbers.
pub(super) fn parse_limit(
    metric: &Metric,
    limit: &toml::Value,
    unit: Option<&str>,
) -> Result<f64, String> {
    let value = match metric.unit {
        Unit::Fraction => fraction(limit, unit)?,
        Unit::Count => count(limit, unit)?,
        Unit::Nats => nats(limit, unit)?,
        Unit::Number => number(limit, unit)?,
    };
    // A contrast can be negative, a sensible limit cannot.
    let (low, high) = (metric.range.0.max(0.0), metric.range.1);
    if !value.is_finite() || value < low || value > high {
        return Err(format!(
            "expected a limit of `{}` between {} and {}, found {}",
            metric.id,
            show_limit(metric, low),
            show_limit(metric, high),
            show_limit(metric, value)
        ));
    }
    Ok(value)
}

fn fraction(limit: &toml::Value, unit: Option<&str>) -> Result<f64, String> {
    match (limit, unit) {
        (toml::Value::String(text), None | Some("percent")) => percent(text),
        (toml::Value::Integer(0), None) => Ok(0.0),
        (toml::Value::Integer(whole), Some("fraction")) => {
            u32::try_from(*whole).map(f64::from).map_err(|_| "expected a share from 0 to 1".into())
        }
        (toml::Value::Float(value), Some("fraction")) => Ok(*value),
        (_, Some(other)) if !matches!(other, "fraction" | "percent") => {
            Err(format!("expected unit \"fraction\" or \"percent\", found \"{other}\""))
        }
        (toml::Value::Integer(_) | toml::Value::Float(_), _) => Err(
            "expected a limit with a unit, found a bare number: write \"0.04%\", or 0.0004 with \
             unit = \"fraction\" (0.04 and 0.04 % differ by a factor of 100)"
                .into(),
        ),
        _ => Err("expected a limit such as \"0.04%\"".into()),
    }
}

/// Reads `"0.04%"` as the double nearest to 0.0004, not as 0.04 / 100 rounded twice.
fn percent(text: &str) -> Result<f64, String> {
    let malformed = || format!("expected a percentage such as \"0.04%\", found \"{text}\"");
    let number = text.trim().strip_suffix('%').ok_or_else(malformed)?.trim();
    let plain = !number.is_empty()
        && number.chars().all(|c| c.is_ascii_digit() || c == '.')
        && number.starts_with(|c: char| c.is_ascii_digit());
    if !plain {
        return Err(malformed());
    }
    format!("{number}e-2").parse().map_err(|_| malformed())
}

fn count(limit: &toml::Value, unit: Option<&str>) -> Result<f64, String> {
    match (limit, unit) {
        (toml::Value::Integer(whole), None | Some("count")) => u32::try_from(*whole)
            .map(f64::from)
            .map_err(|_| format!("expected a whole number from 0, found {whole}")),
        _ => Err("expected a whole number without a unit: the metric counts things".into()),
    }
}

fn nats(limit: &toml::Value, unit: Option<&str>) -> Result<f64, String> {
    match (limit, unit) {
        (toml::Value::Integer(whole), None | Some("nats")) => u32::try_from(*whole)
            .map(f64::from)
            .map_err(|_| format!("expected a number from 0, found {whole}")),
        (toml::Value::Float(value), None | Some("nats")) => Ok(*value),
        _ => Err("expected a number in nats, the unit of ε, such as 0.5".into()),
    }
}

fn number(limit: &toml::Value, unit: Option<&str>) -> Result<f64, String> {
    match (limit, unit) {
        (toml::Value::Integer(whole), None) => u32::try_from(*whole)
            .map(f64::from)
            .map_err(|_| format!("expected a number from 0, found {whole}")),
        (toml::Value::Float(value), None) => Ok(*value),
        _ => Err("expected a plain number without a unit, such as 0.5".into()),
    }
}

/// A limit or value of `metric` as people write it: `0.04 %`, `11`.
#[must_use]
pub fn show_limit(metric: &Metric, value: f64) -> String {
    match metric.unit {
        Unit::Fraction => format!("{} %", significant(value * 100.0)),
        Unit::Count | Unit::Nats | Unit::Number => significant(value),
    }
}

/// The shortest of at most six significant digits.
fn significant(value: f64) -> String {
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    format!("{rounded}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::metric;

    fn share(limit: toml::Value, unit: Option<&str>) -> Result<f64, String> {
        parse_limit(metric("copies.exact").unwrap(), &limit, unit)
    }

    #[test]
    fn a_percentage_is_the_nearest_double_and_not_a_fraction() {
        for (text, value) in [
            ("0.04%", 0.0004_f64),
            ("0.04 %", 0.0004),
            ("0.2%", 0.002),
            ("9%", 0.09),
            ("100%", 1.0),
            ("7.5%", 0.075),
        ] {
            let parsed = share(toml::Value::String(text.into()), None).unwrap();
            assert_eq!(parsed.to_bits(), value.to_bits(), "{text}");
        }
        let fraction = share(toml::Value::Float(0.04), Some("fraction")).unwrap();
        assert_eq!(fraction.to_bits(), 0.04_f64.to_bits());
    }

    #[test]
    fn unit_slips_and_impossible_limits_are_refused() {
        let text = |s: &str| toml::Value::String(s.into());
        for (limit, unit) in [
            (toml::Value::Float(0.04), None),
            (toml::Value::Integer(1), None),
            (toml::Value::Float(f64::NAN), Some("fraction")),
            (toml::Value::Float(f64::INFINITY), Some("fraction")),
            (toml::Value::Float(-0.1), Some("fraction")),
            (toml::Value::Float(4.0), Some("fraction")),
            (toml::Value::Float(0.04), Some("percent")),
            (text("0.04"), None),
            (text("-1%"), None),
            (text("1e3%"), None),
            (text("101%"), None),
            (text("NaN%"), None),
            (text("%"), None),
            (text("1.2.3%"), None),
            (toml::Value::Boolean(true), None),
        ] {
            assert!(share(limit.clone(), unit).is_err(), "{limit:?} {unit:?}");
        }
        let count = |limit| parse_limit(metric("safe-harbor.identifiers").unwrap(), &limit, None);
        assert!(count(toml::Value::Integer(-1)).is_err());
        assert!(count(text("0%")).is_err());
        assert!(count(toml::Value::Float(0.5)).is_err());
        assert!(count(toml::Value::Integer(0)).unwrap().abs() < 1e-300);
    }

    #[test]
    fn a_limit_of_epsilon_is_a_plain_number() {
        let epsilon =
            |limit, unit| parse_limit(metric("dp-audit.epsilon-lower").unwrap(), &limit, unit);
        assert!((epsilon(toml::Value::Float(0.5), None).unwrap() - 0.5).abs() < 1e-15);
        assert!((epsilon(toml::Value::Integer(2), Some("nats")).unwrap() - 2.0).abs() < 1e-15);
        for limit in [
            toml::Value::Float(f64::NAN),
            toml::Value::Float(-0.5),
            toml::Value::Integer(-1),
            toml::Value::Integer(100),
            toml::Value::String("50%".into()),
        ] {
            assert!(epsilon(limit.clone(), None).is_err(), "{limit:?}");
        }
        assert!(epsilon(toml::Value::Float(0.5), Some("fraction")).is_err());
    }

    #[test]
    fn a_limit_without_unit_is_a_plain_number() {
        let ratio = |limit, unit| parse_limit(metric("pairwise.s-pmse").unwrap(), &limit, unit);
        assert!((ratio(toml::Value::Float(2.5), None).unwrap() - 2.5).abs() < 1e-15);
        assert!((ratio(toml::Value::Integer(10), None).unwrap() - 10.0).abs() < 1e-15);
        for limit in [
            toml::Value::Float(f64::NAN),
            toml::Value::Float(-0.5),
            toml::Value::Integer(-1),
            toml::Value::String("50%".into()),
        ] {
            assert!(ratio(limit.clone(), None).is_err(), "{limit:?}");
        }
        assert!(ratio(toml::Value::Float(0.5), Some("fraction")).is_err());
        assert_eq!(show_limit(metric("pairwise.s-pmse").unwrap(), 3.0), "3");
    }

    #[test]
    fn limits_are_shown_as_people_write_them() {
        let metric = metric("copies.exact").unwrap();
        assert_eq!(show_limit(metric, 0.0004), "0.04 %");
        assert_eq!(show_limit(metric, 0.002), "0.2 %");
        assert_eq!(show_limit(metric, 1.0), "100 %");
    }
}

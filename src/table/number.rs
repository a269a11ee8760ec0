//! Decimal numbers in text: one strict way to read them, one canonical way to write them.

/// Whole numbers up to this size are exact as `f64` (2^53).
pub(super) const EXACT: f64 = 9_007_199_254_740_992.0;

/// Why a text is not the number it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum NotNumber {
    /// The empty text, where empty does not mean missing.
    Empty,
    /// `NaN` or an infinity.
    NotFinite,
    /// Digits grouped with commas, such as one thousand written with a separator.
    Thousands,
    /// A comma where a decimal point belongs.
    DecimalComma,
    /// A number with a fraction where a whole number belongs.
    Fraction,
    /// A whole number beyond 2^53, which no later step could keep exact.
    TooLarge,
    /// Anything else.
    Other,
}

/// Reads a finite decimal number: digits, an optional sign, point and exponent. Nothing else that
/// `f64` would accept (`inf`, `nan`) is a number here.
pub(super) fn parse(text: &str) -> Result<f64, NotNumber> {
    let decimal = !text.is_empty()
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    match text.parse::<f64>() {
        // Adding zero turns -0 into 0, so that both have one canonical text.
        Ok(number) if decimal && number.is_finite() => Ok(number + 0.0),
        Ok(_) => Err(NotNumber::NotFinite),
        Err(_) => Err(why(text)),
    }
}

/// Reads a whole number of at most 2^53; `39.0` and `3.9e1` are whole.
pub(super) fn parse_integer(text: &str) -> Result<f64, NotNumber> {
    let number = parse(text)?;
    if number.abs() > EXACT {
        Err(NotNumber::TooLarge)
    } else if number.fract().abs() > 0.0 {
        Err(NotNumber::Fraction)
    } else {
        Ok(number)
    }
}

/// The canonical text: the shortest decimal that reads back as the same `f64`, never with an
/// exponent, `0` for both zeros.
pub(super) fn render(number: f64) -> String {
    format!("{}", number + 0.0)
}

fn why(text: &str) -> NotNumber {
    if text.is_empty() {
        return NotNumber::Empty;
    }
    let bare = text.trim_start_matches(['+', '-']);
    let (whole, rest) = bare.split_once(',').unwrap_or((bare, ""));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let groups = rest.split('.').next().unwrap_or_default();
    let grouped = groups.split(',').all(|group| group.len() == 3 && digits(group));
    if digits(whole) && whole.len() <= 3 && grouped {
        NotNumber::Thousands
    } else if digits(&whole.replace('.', "")) && digits(rest) {
        NotNumber::DecimalComma
    } else {
        NotNumber::Other
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_number_have_one_text() {
        for text in ["39", "39.0", "+39", "3.9e1", "039", "39."] {
            assert_eq!(parse_integer(text).map(render), Ok("39".to_owned()), "{text}");
        }
        assert_eq!(parse("1.70").map(render), Ok("1.7".to_owned()));
        assert_eq!(parse("-0.0").map(render), Ok("0".to_owned()));
    }

    #[test]
    fn says_why_a_text_is_no_number() {
        let cases = [
            ("", NotNumber::Empty),
            ("NaN", NotNumber::NotFinite),
            ("-inf", NotNumber::NotFinite),
            ("1e999", NotNumber::NotFinite),
            ("1,234", NotNumber::Thousands),
            ("-1,234,567.5", NotNumber::Thousands),
            ("1,5", NotNumber::DecimalComma),
            ("1.234,56", NotNumber::DecimalComma),
            ("1 5", NotNumber::Other),
            ("0x10", NotNumber::Other),
            ("e", NotNumber::Other),
        ];
        for (text, why) in cases {
            assert_eq!(parse(text), Err(why), "{text}");
        }
        assert_eq!(parse_integer("1.5"), Err(NotNumber::Fraction));
        assert_eq!(parse_integer("9007199254740994"), Err(NotNumber::TooLarge));
    }

    proptest! {
        #[test]
        fn canonical_text_reads_back_as_the_same_number(number in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
            let text = render(number);
            prop_assert_eq!(parse(&text).map(render), Ok(text));
        }

        #[test]
        fn any_text_is_refused_or_finite(text in ".{0,12}") {
            if let Ok(number) = parse(&text) { prop_assert!(number.is_finite()); }
        }
    }
}

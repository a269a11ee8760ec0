//! Canonical text of labels: one spelling for values that different files spell differently.

/// The canonical text of a category or of free text: without spaces around it, and with `1.0` as
/// `1`, because a Parquet or pandas file that stores codes as floats must equal the CSV with the
/// codes. Anything else stays as it is: `01` is not `1`.
pub(super) fn label(text: &str) -> &str {
    let text = text.trim_ascii();
    let Some((whole, zeros)) = text.split_once('.') else { return text };
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let coded = !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !zeros.is_empty()
        && zeros.bytes().all(|byte| byte == b'0');
    match (coded, whole) {
        (true, "-0") => "0",
        (true, _) => whole,
        (false, _) => text,
    }
}

/// The canonical text of a truth value, in any case: true, t, yes, y, 1 and their opposites.
pub(super) fn boolean(text: &str) -> Option<&'static str> {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["true", "t", "yes", "y", "1", "1.0"]) {
        Some("true")
    } else if is(&["false", "f", "no", "n", "0", "0.0", "-0.0"]) {
        Some("false")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stored_as_floats_equal_codes() {
        let cases = [
            ("1.0", "1"),
            (" -2.00 ", "-2"),
            ("-0.0", "0"),
            ("01", "01"),
            ("1.50", "1.50"),
            (".0", ".0"),
            ("1.", "1."),
            ("v1.0", "v1.0"),
        ];
        for (text, expected) in cases {
            assert_eq!(label(text), expected);
        }
    }

    #[test]
    fn truth_values_are_read_in_any_case() {
        assert_eq!(boolean("YES"), Some("true"));
        assert_eq!(boolean("0"), Some("false"));
        assert_eq!(boolean("2"), None);
    }
}

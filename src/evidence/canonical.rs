//! Canonical JSON (RFC 8785), numbers rounded to 12 significant digits first so that the last bits
//! of a sum never decide whether two files are equal. Whole numbers are exact up to 2⁵³, as in every
//! JSON reader that holds numbers as doubles.

use std::io;

use serde::Serialize;
use serde_json::{Number, Value};

/// The canonical JSON text of `value`, one line without a final newline.
///
/// # Errors
/// When `value` cannot be JSON: a map with keys that are not strings, or a number that is not finite
/// (which serde would silently turn into `null`).
pub fn canonical_json<T: Serialize>(value: &T) -> io::Result<String> {
    let mut value = serde_json::to_value(value)?;
    round(&mut value);
    serde_json_canonicalizer::to_string(&value).map_err(io::Error::other)
}

fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let rounded = number.as_f64().and_then(|x| format!("{x:.11e}").parse().ok());
            if let Some(rounded) = rounded.and_then(Number::from_f64) {
                *number = rounded;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(round),
        Value::Object(members) => members.values_mut().for_each(round),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_sorted_and_numbers_keep_twelve_digits() {
        let value = json!({"b": 0.1 + 0.2, "a": [1.0, 9_007_199_254_740_991_u64, 1e-7]});
        assert_eq!(canonical_json(&value).unwrap(), r#"{"a":[1,9007199254740991,1e-7],"b":0.3}"#);
    }
}

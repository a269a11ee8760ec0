//! Postal codes: which are finer than Safe Harbor allows.
//!
//! 45 CFR 164.514(b)(2)(i)(B) allows the first three digits of a ZIP code where the area they
//! stand for holds more than 20,000 people; the others must read 000.

/// The three-digit ZIP areas of 20,000 people or fewer by the 2000 census (HHS 2012, guidance on
/// de-identification, question 4).
const RESTRICTED: [u16; 17] =
    [36, 59, 63, 102, 203, 556, 692, 790, 821, 823, 830, 831, 878, 879, 884, 890, 893];

/// Whether any of `codes`, the released values of a column named as a postal code, names an area
/// that must not be released. Shorter codes have lost leading zeros if others have three digits.
pub(super) fn restricted<'a>(codes: impl Iterator<Item = &'a str>) -> bool {
    let areas: Vec<Area> = codes.map(area).collect();
    let three = areas.iter().any(|area| matches!(area, Area::Prefix(3, _)));
    areas.iter().any(|area| match *area {
        Area::Fine => true,
        Area::Prefix(length, prefix) => (length == 3 || three) && RESTRICTED.contains(&prefix),
        Area::Coarse => false,
    })
}

enum Area {
    /// A whole postal code, of any country.
    Fine,
    /// At most three digits: how many, and their number.
    Prefix(usize, u16),
    /// Words, or nothing.
    Coarse,
}

fn area(code: &str) -> Area {
    let stem = code.trim().trim_end_matches(['*', 'X', 'x', '#', '-']);
    let digits = stem.bytes().filter(u8::is_ascii_digit).count();
    let length = stem.chars().filter(|c| c.is_alphanumeric()).count();
    match stem.parse::<u16>() {
        Ok(prefix) if digits <= 3 && digits == stem.len() => Area::Prefix(digits, prefix),
        _ if length >= 4 && digits >= 1 => Area::Fine,
        _ => Area::Coarse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flagged(codes: &[&str]) -> bool {
        restricted(codes.iter().copied())
    }

    #[test]
    fn whole_codes_are_too_fine() {
        for code in ["90210", "90210-1234", "902101234", "06236", "K1A 0B1", "SW1A 1AA", "2139"] {
            assert!(flagged(&["000", code]), "{code}");
        }
    }

    #[test]
    fn three_digits_only_where_few_people_live() {
        assert!(!flagged(&["000", "902", "021", "100**", "902XX"]));
        for code in ["036", "059", "893", "203**", "102XX"] {
            assert!(flagged(&["902", code]), "{code}");
        }
        // 036 without its zero beside a three-digit code; 36 beside two-digit codes is coarser.
        assert!(flagged(&["902", "36"]));
        assert!(!flagged(&["90", "36", "0"]));
        assert!(!flagged(&["urban", "rural"]));
    }
}

//! Check digits and number plans: what separates a real identifier from a string of digits.

use jiff::civil::Date;

/// The digits of `text`; blanks and hyphens between them are skipped, anything else is `None`.
pub(super) fn digits(text: &str) -> Option<Vec<u8>> {
    let kept = text.trim().bytes().filter(|b| !matches!(b, b' ' | b'-'));
    kept.map(|b| b.is_ascii_digit().then(|| b - b'0')).collect()
}

/// Luhn's check (ISO/IEC 7812-1 annex B): every second digit from the right doubled, digit sums
/// added, divisible by ten. A run of one repeated digit is a filler, not a number.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let doubled = |(i, &d): (usize, &u8)| match (i % 2, u32::from(d) * 2) {
        (0, _) => u32::from(d),
        (_, twice) => twice / 10 + twice % 10,
    };
    let sum: u32 = digits.iter().rev().enumerate().map(doubled).sum();
    sum.is_multiple_of(10) && digits.windows(2).any(|pair| pair[0] != pair[1])
}

/// Whether nine digits can be a social security number: area not 000, 666 or 9xx, group not 00,
/// serial not 0000 (SSA, POMS RM 10201.035; the same rule before and after randomization).
pub(super) fn social_security(digits: &[u8]) -> bool {
    let number = |part: &[u8]| part.iter().fold(0_u32, |n, &d| n * 10 + u32::from(d));
    digits.len() == 9
        && !matches!(number(&digits[..3]), 0 | 666 | 900..)
        && number(&digits[3..5]) != 0
        && number(&digits[5..]) != 0
}

/// Whether thirteen digits start like a Korean resident registration number: a calendar date
/// `YYMMDD`, then a digit for sex and century (1, 2 and 5, 6 for 19YY; 3, 4 and 7, 8 for 20YY).
pub(super) fn resident_date(digits: &[u8]) -> bool {
    let two = |i: usize| i16::from(digits[i]) * 10 + i16::from(digits[i + 1]);
    if digits.len() != 13 {
        return false;
    }
    let century = match digits[6] {
        1 | 2 | 5 | 6 => 1900,
        3 | 4 | 7 | 8 => 2000,
        _ => return false,
    };
    calendar_date(century + two(0), two(2), two(4))
}

/// The check digit of a Korean resident registration number issued before October 2020:
/// (11 − Σ wᵢdᵢ mod 11) mod 10 with weights 2…9, 2…5; foreigners' numbers (5–8) add 2.
pub(super) fn resident_checksum(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 12] = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
    if digits.len() != 13 {
        return false;
    }
    let sum: u32 = WEIGHTS.iter().zip(digits).map(|(w, &d)| w * u32::from(d)).sum();
    let shift = if matches!(digits[6], 5..=8) { 2 } else { 0 };
    (11 - sum % 11 + shift) % 10 == u32::from(digits[12])
}

/// The check digit of a vehicle identification number (49 CFR 565.15(c)): letters transliterated,
/// weighted, mod 11, at position nine, `X` for ten. Real numbers hold letters and end in a serial
/// of digits; asking for both keeps runs of digits such as time stamps out.
pub(super) fn vehicle(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let bytes = text.to_ascii_uppercase().into_bytes();
    let Some(values) = bytes.iter().map(|&b| vehicle_value(b)).collect::<Option<Vec<u32>>>() else {
        return false;
    };
    let letters = bytes.iter().filter(|b| b.is_ascii_alphabetic()).count();
    if values.len() != 17 || letters < 3 || !bytes[13..].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = WEIGHTS.iter().zip(&values).map(|(w, v)| w * v).sum();
    bytes[8] == b"0123456789X"[(sum % 11) as usize]
}

fn vehicle_value(byte: u8) -> Option<u32> {
    match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'H' => Some(u32::from(byte - b'A') + 1),
        b'J'..=b'N' => Some(u32::from(byte - b'J') + 1),
        b'P' => Some(7),
        b'R' => Some(9),
        b'S'..=b'Z' => Some(u32::from(byte - b'S') + 2),
        _ => None,
    }
}

/// Whether a date is in the calendar, and in the time from which records of persons come.
pub(super) fn calendar_date(year: i16, month: i16, day: i16) -> bool {
    let part = |n: i16| i8::try_from(n).ok();
    let date = part(month).zip(part(day)).and_then(|(m, d)| Date::new(year, m, d).ok());
    (1850..=2100).contains(&year) && date.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Vec<u8> {
        digits(text).unwrap_or_default()
    }

    #[test]
    fn digits_skip_blanks_and_hyphens_only() {
        assert_eq!(digits("12-3 4"), Some(vec![1, 2, 3, 4]));
        assert_eq!(digits("12.3"), None);
    }

    #[test]
    fn luhn_by_hand() {
        // 79927398713 from the right: 3 + (1→2) + 7 + (8→16→7) + 9 + (3→6) + 7 + (2→4) + 9
        // + (9→18→9) + 7 = 70, divisible by 10. One more in the last digit: 71.
        assert!(luhn(&number("79927398713")));
        assert!(!luhn(&number("79927398714")));
        // 4111 1111 1111 1111: eight undoubled ones + seven doubled ones + (4→8) = 8 + 14 + 8 = 30.
        assert!(luhn(&number("4111 1111 1111 1111")));
        // IMEI 490154203237518: undoubled 8+5+3+3+2+5+0+4 = 30; doubled 1→2, 7→5, 2→4, 0, 4→8, 1→2,
        // 9→9 = 30; 60.
        assert!(luhn(&number("490154203237518")));
        assert!(!luhn(&number("0000000000000000")));
    }

    #[test]
    fn social_security_areas() {
        assert!(social_security(&number("123456789")));
        for impossible in ["000456789", "666456789", "900456789", "123006789", "123450000", "12345"]
        {
            assert!(!social_security(&number(impossible)), "{impossible}");
        }
    }

    #[test]
    fn resident_numbers_by_hand() {
        // 9·2+0·3+0·4+1·5+0·6+1·7+1·8+2·9+3·2+4·3+5·4+6·5 = 18+5+7+8+18+6+12+20+30 = 124;
        // 124 mod 11 = 3; 11 − 3 = 8.
        assert!(resident_date(&number("900101-1234568")));
        assert!(resident_checksum(&number("900101-1234568")));
        assert!(!resident_checksum(&number("900101-1234567")));
        // A foreigner's 5 in place of the 1 adds 4·8 = 32: 156 mod 11 = 2; 11 − 2 + 2 = 11; mod 10 = 1.
        assert!(resident_checksum(&number("900101-5234561")));
        // 30 February; month 13; century digit 9; 29 February 1900 did not exist, 2000's did.
        for impossible in ["900230-1234567", "901301-1234567", "900101-9234567", "000229-1234567"] {
            assert!(!resident_date(&number(impossible)), "{impossible}");
        }
        assert!(resident_date(&number("000229-3234567")));
    }

    #[test]
    fn vehicle_numbers_by_hand() {
        // 1M8GDM9A_KP042788: 1·8+4·7+8·6+7·5+4·4+4·3+9·2+1·10+2·9+7·8+0·7+4·6+2·5+7·4+8·3+8·2
        // = 8+28+48+35+16+12+18+10+18+56+0+24+10+28+24+16 = 351; 351 mod 11 = 10, written X.
        assert!(vehicle("1M8GDM9AXKP042788"));
        assert!(vehicle("1m8gdm9axkp042788"));
        assert!(!vehicle("1M8GDM9A1KP042788"));
        // I, O, Q are not used; digits alone (the weights sum to 89, 89 mod 11 = 1, so that a row of
        // ones has a right check digit) are no vehicle.
        assert!(!vehicle("1M8GDM9AXKO042788"));
        assert!(!vehicle("11111111111111111"));
        assert!(!vehicle("1M8GDM9AXKP04278"));
    }
}

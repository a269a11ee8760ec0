//! Identifiers that a value gives away by itself.
//!
//! [`STRONG`] patterns are so specific that one released value is enough; they are looked for
//! anywhere in a value. [`WEAK`] ones also fit some numbers that mean nothing, so that a column
//! counts only when nearly all of its distinct values match.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::LazyLock;

use email_address::EmailAddress;
use regex::Regex;
use url::Url;

use super::checks::{digits, luhn, resident_checksum, resident_date, social_security, vehicle};
use super::dates;
use super::identifier::Identifier as I;

/// Whether a value holds an identifier.
pub(super) type Recognise = fn(&str) -> bool;

/// Patterns of which one value is enough, anywhere in the value.
pub(super) const STRONG: &[(I, Recognise)] = &[
    (I::Place, street),
    (I::Telephone, telephone),
    (I::Email, email),
    (I::SocialSecurity, national_number),
    (I::HealthPlan, medicare),
    (I::Account, grouped_card),
    (I::Licence, korean_licence),
    (I::Vehicle, vehicle_number),
    (I::Device, hardware_address),
    (I::Url, web_address),
    (I::Ip, ip_address),
    (I::Photograph, image),
    (I::Other, uuid),
];

/// Patterns of which one value is enough, but inside free text only.
pub(super) const IN_NOTES: &[(I, Recognise)] =
    &[(I::Date, dates::mentioned), (I::SocialSecurity, bare_resident_number)];

/// Patterns that nearly all distinct values of a column must match, each as a whole.
pub(super) const WEAK: &[(I, Recognise)] = &[
    (I::Date, dates::compact),
    (I::SocialSecurity, resident_number),
    (I::Account, card),
    (I::Device, equipment_identity),
];

/// Compiles a pattern that is part of this program.
#[expect(clippy::expect_used, reason = "a literal of the program, compiled by its tests")]
pub(super) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of the program is valid")
}

/// Whether the text at `range` stands alone: no letter or digit of the same alphabet touches it,
/// nor a `.`, `-` or `:` that ties it to a longer number. A Korean particle may follow.
pub(super) fn isolated(text: &str, range: Range<usize>) -> bool {
    let mut after = text[range.end..].chars();
    let mut before = text[..range.start].chars().rev();
    stands_off(&mut before) && stands_off(&mut after)
}

fn stands_off(neighbours: &mut dyn Iterator<Item = char>) -> bool {
    match neighbours.next() {
        Some('-' | '.' | ':') => !neighbours.next().is_some_and(|c| c.is_ascii_digit()),
        Some('_') => false,
        Some(c) => !c.is_ascii_alphanumeric(),
        None => true,
    }
}

/// The isolated matches of `pattern` in `text`.
fn found<'t>(pattern: &'static Regex, text: &'t str) -> impl Iterator<Item = &'t str> {
    let alone = move |m: &regex::Match| isolated(text, m.range());
    pattern.find_iter(text).filter(alone).map(|m| m.as_str())
}

/// Whether `text` holds at least so many digits.
pub(super) fn has_digits(text: &str, least: usize) -> bool {
    text.bytes().filter(u8::is_ascii_digit).take(least).count() == least
}

fn email(text: &str) -> bool {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"[\p{L}\p{N}._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
    });
    text.contains('@') && PATTERN.find_iter(text).any(|m| EmailAddress::is_valid(m.as_str()))
}

/// A hyphenated US social security or Korean resident registration number. Since October 2020
/// the latter's last six digits are random: the hyphenated form counts without its check digit.
fn national_number(text: &str) -> bool {
    static US: LazyLock<Regex> = LazyLock::new(|| regex("[0-9]{3}-[0-9]{2}-[0-9]{4}"));
    static KOREAN: LazyLock<Regex> = LazyLock::new(|| regex("[0-9]{6} ?- ?[1-8][0-9]{6}"));
    let valid = |candidate, rule: fn(&[u8]) -> bool| digits(candidate).is_some_and(|d| rule(&d));
    has_digits(text, 9)
        && (found(&US, text).any(|m| valid(m, social_security))
            || found(&KOREAN, text).any(|m| valid(m, resident_date)))
}

fn bare_resident_number(text: &str) -> bool {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| regex("[0-9]{13}"));
    has_digits(text, 13) && found(&PATTERN, text).any(resident_number)
}

/// Thirteen digits without a hyphen (fewer when a number has lost its leading zeros).
fn resident_number(text: &str) -> bool {
    let padded = format!("{:0>13}", text.trim());
    has_digits(text, 9)
        && digits(&padded).is_some_and(|d| resident_date(&d) && resident_checksum(&d))
}

/// North American numbers with `-`, `.` or brackets between their parts (area and exchange start
/// with 2–9), Korean ones with an area or mobile prefix, and any with `+` and a country code.
fn telephone(text: &str) -> bool {
    static NATIONAL: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?x) (?:1[-.\ ])? (?: \([2-9][0-9]{2}\)[-.\ ]? | [2-9][0-9]{2}[-.] ) [2-9][0-9]{2} [-.] [0-9]{4}
              | 0(?: 1[016-9] | 2 | [3-6][1-5] | 70 | 50[0-9]? ) (?: -|\.|\ |\)\ ? ) [1-9][0-9]{2,3} [-.\ ] [0-9]{4}",
        )
    });
    static INTERNATIONAL: LazyLock<Regex> =
        LazyLock::new(|| regex(r"\+[1-9][0-9]{0,2}(?:[ -]?\(?[0-9]{1,4}\)?){2,6}"));
    let length = |m: &str| m.bytes().filter(u8::is_ascii_digit).count();
    has_digits(text, 8)
        && (found(&NATIONAL, text).next().is_some()
            || found(&INTERNATIONAL, text).any(|m| (8..=15).contains(&length(m))))
}

/// A Medicare beneficiary identifier (CMS, "Understanding the MBI format").
fn medicare(text: &str) -> bool {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
        const A: &str = "[AC-HJKMNP-RT-Y]";
        const AN: &str = "[AC-HJKMNP-RT-Y0-9]";
        regex(&format!("[1-9]{A}{AN}[0-9]-?{A}{AN}[0-9]-?{A}{A}[0-9][0-9]"))
    });
    has_digits(text, 5) && found(&PATTERN, text).next().is_some()
}

fn grouped_card(text: &str) -> bool {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            "[2-6][0-9]{3}(?:(?:-[0-9]{4}){3}|(?: [0-9]{4}){3})|3[47][0-9]{2}[- ][0-9]{6}[- ][0-9]{5}",
        )
    });
    has_digits(text, 15) && found(&PATTERN, text).any(|m| digits(m).is_some_and(|d| luhn(&d)))
}

/// A payment card number: 13–19 digits with a right check digit (an IMEI is a device).
fn card(text: &str) -> bool {
    let plausible = |d: &[u8]| (13..=19).contains(&d.len()) && luhn(d);
    digits(text).is_some_and(|d| plausible(&d)) && !equipment_identity(text)
}

/// An IMEI: 15 digits with a right check digit, not of the one card brand of that length.
fn equipment_identity(text: &str) -> bool {
    digits(text).is_some_and(|d| d.len() == 15 && !matches!(d[..2], [3, 4 | 7]) && luhn(&d))
}

fn korean_licence(text: &str) -> bool {
    static PATTERN: LazyLock<Regex> =
        LazyLock::new(|| regex("[0-9]{2}-[0-9]{2}-[0-9]{6}-[0-9]{2}"));
    has_digits(text, 12) && found(&PATTERN, text).next().is_some()
}

/// A VIN with a right check digit, or a Korean licence plate.
fn vehicle_number(text: &str) -> bool {
    static VIN: LazyLock<Regex> = LazyLock::new(|| regex("(?i)[A-HJ-NPR-Z0-9]{17}"));
    static PLATE: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            "[0-9]{2,3}[가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주아바사자하허호배] ?[0-9]{4}",
        )
    });
    has_digits(text, 5)
        && (found(&VIN, text).any(vehicle)
            || !text.is_ascii() && found(&PLATE, text).next().is_some())
}

/// A MAC address; one of digits alone needs colons, since hyphens also join dates and doses.
fn hardware_address(text: &str) -> bool {
    static PATTERN: LazyLock<Regex> =
        LazyLock::new(|| regex("(?i)[0-9A-F]{2}(?:(?::[0-9A-F]{2}){5}|(?:-[0-9A-F]{2}){5})"));
    let telling = |m: &str| m.contains(':') || m.bytes().any(|b| b.is_ascii_alphabetic());
    text.len() >= 17 && found(&PATTERN, text).any(telling)
}

fn web_address(text: &str) -> bool {
    static SCHEME: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"(?i)\b(?:https?|ftp)://[^\s<>"']+"#));
    static WWW: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?i)\bwww\.[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}"));
    let hosted = |m: regex::Match| Url::parse(m.as_str()).is_ok_and(|url| url.has_host());
    text.contains("://") && SCHEME.find_iter(text).any(hosted) || WWW.is_match(text)
}

/// A dotted quad, or an IPv6 address of at least three groups. A version such as `1.2.3.4` cannot
/// be told from an address and counts.
fn ip_address(text: &str) -> bool {
    static QUAD: LazyLock<Regex> =
        LazyLock::new(|| regex(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}"));
    static GROUPS: LazyLock<Regex> = LazyLock::new(|| regex("(?i)[0-9A-F:]{5,39}"));
    let six = |m: &str| {
        m.split(':').filter(|group| !group.is_empty()).count() >= 3 && m.parse::<Ipv6Addr>().is_ok()
    };
    found(&QUAD, text).any(|m| m.parse::<Ipv4Addr>().is_ok())
        || text.bytes().filter(|&b| b == b':').count() >= 3 && found(&GROUPS, text).any(six)
}

/// An embedded image, or a value that is the path of one.
fn image(text: &str) -> bool {
    static PATH: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?i)[^\s]\.(?:jpe?g|png|heic|webp|bmp|tiff?)$"));
    text.contains("data:image/") || PATH.is_match(text.trim())
}

fn uuid(text: &str) -> bool {
    static PATTERN: LazyLock<Regex> =
        LazyLock::new(|| regex("(?i)[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}"));
    text.len() >= 36 && found(&PATTERN, text).next().is_some()
}

/// A US street address or a Korean address down to a city or district.
fn street(text: &str) -> bool {
    static US: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"[0-9]{1,5} (?:[NSEW]\.? )?(?:[A-Z][a-z]+ ){1,3}(?:Street|Avenue|Road|Boulevard|Drive|Lane|St|Ave|Rd|Blvd)",
        )
    });
    static KOREAN: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            "(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충청|충북|충남|전라|전북|전남|경상|경북|경남|제주)\
               [가-힣]{0,6} [가-힣]{1,5}(?:시|군|구)(?: |$)",
        )
    });
    has_digits(text, 1) && found(&US, text).next().is_some()
        || !text.is_ascii() && KOREAN.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a value of a free-text column gives away.
    fn note(text: &str) -> Vec<I> {
        let holds = |(_, holds): &&(I, Recognise)| holds(text);
        STRONG.iter().chain(IN_NOTES).filter(holds).map(|&(identifier, _)| identifier).collect()
    }

    #[test]
    fn one_specific_value_is_enough() {
        let cases = [
            (I::Email, "ann.lee+x@example.org"),
            (I::Email, "write to ann@example.co.kr에"),
            (I::SocialSecurity, "ssn 123-45-6789."),
            (I::SocialSecurity, "900101-1234567"),
            (I::SocialSecurity, "주민번호 9001011234568 확인"),
            (I::Telephone, "(212) 555-0123"),
            (I::Telephone, "call 212-555-0123 now"),
            (I::Telephone, "1-800-555-0100"),
            (I::Telephone, "+44 20 7946 0958"),
            (I::Telephone, "010-1234-5678로 연락"),
            (I::Telephone, "02-123-4567"),
            (I::Telephone, "+82-10-1234-5678"),
            (I::Url, "see https://example.org/p?id=7"),
            (I::Url, "www.example.org"),
            (I::Ip, "from 192.168.0.17."),
            (I::Ip, "2001:db8::ff00:42:8329"),
            (I::Device, "00:1A:2b:3c:4d:5e"),
            (I::Device, "00-1A-2B-3C-4D-5E"),
            (I::Vehicle, "1M8GDM9AXKP042788"),
            (I::Vehicle, "차량 12가3456 주차"),
            (I::Vehicle, "123가4567"),
            (I::HealthPlan, "1EG4-TE5-MK73"),
            (I::Account, "4111-1111-1111-1111"),
            (I::Licence, "11-20-123456-01"),
            (I::Photograph, "faces/007.JPG"),
            (I::Photograph, "data:image/png;base64,iVBORw0"),
            (I::Other, "123e4567-e89b-12d3-a456-426614174000"),
            (I::Place, "lives at 12 Old Mill Road"),
            (I::Place, "서울특별시 강남구 테헤란로 1"),
            (I::Date, "seen 2020-03-05, stable"),
        ];
        for (identifier, text) in cases {
            assert_eq!(note(text), [identifier], "{text}");
        }
    }

    #[test]
    fn near_misses_are_silent() {
        let others = [
            "a@b",
            "@home",
            "user at example.org",
            "000-12-3456",
            "666-12-3456",
            "123-00-4567",
            "123-45-67890",
            "901301-1234567",
            "900101-9234567",
            "9001011234567",
            "112-555-0123",
            "212-155-0123",
            "2125550123",
            "+1.5",
            "010-123-567",
            "httpx://a",
            "http://",
            "256.1.1.1",
            "1.2.3",
            "2.16.840.1.113883",
            "12:34:56",
            "00:1A:2B:3C:4D",
            "01-02-03-04-05-06",
            "1M8GDM9A1KP042788",
            "20200305142201123",
            "12년3456",
            "0002-1433-80",
            "4111-1111-1111-1112",
            "11-20-12345-01",
            "a jpg file",
            "123e4567-e89b-12d3-a456",
            "30 Days Rest",
            "서울 사람",
            "since 2019",
            "",
            "I10.9",
            "65-74",
            "<=50K",
            "110-54-3",
        ];
        for other in others {
            assert_eq!(note(other), [], "{other}");
        }
    }
}

//! Column names that suggest an identifier.
//!
//! A name is split into words at everything that is not a letter or digit and where case or script changes;
//! trailing digits fall away (`address_2`). A phrase matches when adjoining words, written together,
//! equal it: `firstname` finds `first_name`, `FirstName` and `firstname`, never part of a word. A
//! phrase with `=` must be the whole name. A Korean phrase matches at the end of a word, as Korean
//! compounds do. A name that speaks *about* the thing (`phone_usage`, `email_verified`) does not match.

use super::identifier::Identifier;

/// What the values of a column must look like for its name to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Words other than yes, no and the like.
    Words,
    /// Words, or codes of more than two kinds.
    Places,
    /// Postal codes finer than the statute allows.
    Postal,
    /// Degrees with decimals.
    Degrees,
    /// At least this many digits in a value.
    Digits(usize),
    /// A value with this character between others.
    Holds(char),
    /// Anything but yes and no.
    Anything,
}

/// Phrases that suggest one identifier.
pub(super) struct Rule {
    /// What they suggest.
    pub(super) identifier: Identifier,
    /// What the values must look like.
    pub(super) shape: Shape,
    phrases: &'static str,
    unless: &'static str,
}

impl Rule {
    fn excludes(&self, words: &[String]) -> bool {
        let within = |word: &String, other: &str| {
            *word == other || !other.is_ascii() && word.contains(other)
        };
        words.iter().any(|word| self.unless.split_whitespace().any(|other| within(word, other)))
    }
}

const fn rule(identifier: Identifier, shape: Shape, phrases: &'static str) -> Rule {
    Rule { identifier, shape, phrases, unless: "" }
}

use Identifier as I;
use Shape::{Anything, Degrees, Digits, Holds, Places, Postal, Words};

/// All rules.
pub(super) const RULES: &[Rule] = &[
    rule(I::Name, Words, NAMES),
    Rule { unless: NOT_A_PLACE, ..rule(I::Place, Places, PLACES) },
    rule(I::Place, Postal, "zip zips zipcode zcta postcode postal postalcode 우편번호"),
    rule(I::Place, Degrees, "latitude longitude lat lng lon"),
    rule(I::Telephone, Digits(7), TELEPHONES),
    rule(I::Fax, Digits(7), "fax faxnumber faxno facsimile 팩스 팩스번호"),
    rule(I::Email, Holds('@'), "email emails emailid =mail 이메일 이메일주소 전자우편 메일주소"),
    rule(I::SocialSecurity, Digits(4), NATIONAL),
    rule(I::MedicalRecord, Digits(3), RECORDS),
    rule(I::HealthPlan, Digits(3), PLANS),
    rule(I::Account, Digits(4), ACCOUNTS),
    Rule { unless: "plate plates", ..rule(I::Licence, Digits(3), LICENCES) },
    rule(I::Vehicle, Digits(2), VEHICLES),
    rule(I::Device, Digits(3), DEVICES),
    rule(I::Url, Holds('.'), "url urls uri website webpage homepage webaddress 홈페이지 웹주소"),
    rule(I::Ip, Holds('.'), "=ip ipaddress ipaddr ipaddresses ip주소 아이피"),
    rule(I::Biometric, Anything, BIOMETRICS),
    rule(I::Photograph, Words, PHOTOGRAPHS),
    rule(
        I::Other,
        Digits(3),
        "nationalid nhsnumber nhsno aadhaar taxid taxpayerid studentid employeeid",
    ),
    rule(I::Other, Words, "username userid loginname"),
];

const NAMES: &str = "\
    =name =names firstname lastname middlename givenname familyname maidenname surname forename \
    fullname realname legalname preferredname nickname patientname personname subjectname \
    participantname customername clientname membername employeename employername mothername \
    mothersname fathername fathersname spousename guardianname parentname childname contactname \
    kinname namefirst namelast fname lname initials =이름 =성함 =성명 성명 환자이름 환자명 \
    고객이름 고객명 회원이름 회원명 보호자이름 보호자명 수진자명 피보험자명 직원명";
const PLACES: &str = "\
    address addr street city town township county precinct district village parish borough \
    municipality neighborhood neighbourhood censustract censusblock blockgroup geocode geohash \
    fips 주소 시군구 읍면동 행정동 법정동 도로명";
const NOT_A_PLACE: &str = "\
    state country mac ip email mail web url bitcoin drug drugs 이메일 메일 맥 웹 인터넷";
const TELEPHONES: &str = "\
    phone phones telephone tel mobile cellphone cellnumber phonenumber phoneno mobilenumber \
    contactnumber hp 전화 전화번호 휴대폰 휴대폰번호 휴대전화 핸드폰 핸드폰번호 연락처";
const NATIONAL: &str = "\
    ssn socialsecurity socsec ssnumber rrn residentregistration residentnumber jumin jumino \
    주민등록번호 주민번호 외국인등록번호";
const RECORDS: &str = "\
    mrn mrnumber medicalrecord medrec medrecno chartno chartnumber hospitalnumber patientnumber \
    patientno 환자번호 차트번호 병록번호 환자등록번호 병원등록번호";
const PLANS: &str = "\
    beneficiaryid beneficiarynumber beneficiaryno medicareid medicarenumber medicareno \
    medicaidid medicaidnumber medicaidno healthplannumber healthplanid insuranceid \
    insurancenumber insuranceno policyid policynumber policyno memberid membernumber memberno \
    subscriberid subscribernumber hicn mbi 보험증번호 건강보험번호 =증번호";
const ACCOUNTS: &str = "\
    account acct accountnumber accountno iban bankaccount creditcard cardnumber cardno ccnumber \
    routingnumber 계좌번호 카드번호";
const LICENCES: &str = "\
    license licence licensenumber licensenum licenseno certificatenumber certificateno passport \
    passportnumber passportno deanumber 면허번호 면허증번호 여권번호 자격증번호";
const VEHICLES: &str = "\
    vin vehicleid vehiclenumber vehicleidentification licenseplate licenceplate platenumber \
    plateno numberplate registrationplate 차량번호 자동차번호 차량등록번호 차대번호";
const DEVICES: &str = "\
    serialnumber serialno deviceid deviceserial devicenumber implantserial imei imsi meid iccid \
    udid udi macaddress macaddr 기기번호 일련번호 맥주소 mac주소";
const BIOMETRICS: &str = "\
    biometric biometrics fingerprint fingerprints voiceprint palmprint faceprint retinascan \
    irisscan iriscode facetemplate faceembedding 지문 홍채";
const PHOTOGRAPHS: &str = "\
    =photo =photos =photograph =picture =portrait patientphoto profilephoto profilepicture \
    profileimage facephoto faceimage facialimage photourl photopath photofile headshot selfie \
    mugshot avatar =사진 얼굴사진 환자사진";

/// Words that make a name speak about a thing instead of holding it.
const ABOUT: &str = "\
    usage use count counts n total flag ind indicator has have is any type types kind class \
    category status score scores change changed changes verified provided available missing \
    valid validated consent opt preference frequency freq days week weeks month months hour \
    hours minute minutes duration time times cost costs charge charges balance amount size \
    population pop income density rate ratio rank pct percent length len year years yr yrs age \
    quality level method brand model domain open opened benefit benefits therapy visits calls \
    여부 유형 구분 횟수 종류 수 상태";

/// Words before or after *age* that make it the age of a thing, or a number that is no age.
const NOT_OF_A_PERSON: &str = "\
    account house home building vehicle car bone gestational gest policy loan company firm tree \
    stone tumor wine device equipment percentile pct adjusted standardized rate score z sd id \
    code";

/// The words of a column name in lower case, without trailing digits.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let chars: Vec<char> = name.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        let (before, after) = (i.checked_sub(1).map(|j| chars[j]), chars.get(i + 1));
        let hangul = |c: char| ('가'..='힣').contains(&c);
        let lower = |c: &char| c.is_lowercase();
        let upper = before.is_some_and(|c| c.is_uppercase());
        let script = before.is_some_and(|b| b.is_alphanumeric() && hangul(b) != hangul(c));
        let breaks = script || c.is_uppercase() && (!upper || after.is_some_and(lower));
        if !c.is_alphanumeric() || breaks {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    let stripped = words.iter().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()));
    stripped.filter(|word| !word.is_empty()).map(String::from).collect()
}

/// The rules that a column's words suggest.
pub(super) fn suggested(words: &[String]) -> impl Iterator<Item = &'static Rule> {
    let about = words.len() > 1 && holds_any(words, ABOUT);
    RULES
        .iter()
        .filter(move |rule| !about && holds_phrase(words, rule.phrases) && !rule.excludes(words))
}

/// Whether the words name a calendar date.
pub(super) fn is_date(words: &[String]) -> bool {
    const PHRASES: &str = "date dates dob doa dod birthdate birthday dateofbirth datetime timestamp 생년월일 일자 날짜 \
        입원일 퇴원일 사망일 진단일 내원일 검사일 출생일 생일";
    const OFFSETS: &str = "days day years year months month weeks week hours since until offset relative count n flag";
    holds_phrase(words, PHRASES) && !holds_any(words, OFFSETS)
}

/// Whether the words name the month of an event in a person's life.
pub(super) fn is_month(words: &[String]) -> bool {
    let last = words.last().is_some_and(|word| word == "month" || word.ends_with('월'));
    last && (words.len() == 1
        || holds_any(
            words,
            "of birth born admission admit discharge death died service visit event",
        ))
}

/// How many of the column's units make a year, if the words name the age of a person.
pub(super) fn years_of_age(words: &[String]) -> Option<f64> {
    if !holds_phrase(words, "age ages aged ageyears 나이 연령") || holds_any(words, NOT_OF_A_PERSON)
    {
        return None;
    }
    Some(match words {
        _ if holds_any(words, "day days") => 365.25,
        _ if holds_any(words, "week weeks wk wks") => 365.25 / 7.0,
        _ if holds_any(words, "month months mo mos mth mths") => 12.0,
        _ => 1.0,
    })
}

/// Whether the words name a key of records.
pub(super) fn is_key(words: &[String]) -> bool {
    let keys = "id ids uid uuid guid pid sid ptid identifier identifiers number 번호 아이디 식별자";
    words.last().is_some_and(|last| holds_phrase(std::slice::from_ref(last), keys))
}

fn holds_any(words: &[String], list: &str) -> bool {
    words.iter().any(|word| list.split_whitespace().any(|other| other == word))
}

fn holds_phrase(words: &[String], phrases: &str) -> bool {
    let whole = words.concat();
    phrases.split_whitespace().any(|phrase| match phrase.strip_prefix('=') {
        Some(name) => whole == name,
        None if !phrase.is_ascii() => {
            whole.ends_with(phrase) || words.iter().any(|word| word.ends_with(phrase))
        }
        None => (0..words.len()).any(|start| starts_with(&words[start..], phrase)),
    })
}

/// Whether the first few words, written together, are `phrase`.
fn starts_with(words: &[String], phrase: &str) -> bool {
    let mut rest = phrase;
    words.iter().any(|word| match rest.strip_prefix(word.as_str()) {
        Some(tail) => {
            rest = tail;
            rest.is_empty()
        }
        None => {
            rest = "\0";
            false
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(name: &str) -> String {
        words(name).join(" ")
    }

    fn suggests(name: &str) -> Vec<Identifier> {
        suggested(&words(name)).map(|rule| rule.identifier).collect()
    }

    #[test]
    fn names_split_into_words() {
        assert_eq!(split("sample.yr"), "sample yr");
        assert_eq!(split("PatientSSN"), "patient ssn");
        assert_eq!(split("IPAddress_2"), "ip address");
        assert_eq!(split("homePhone2"), "home phone");
        assert_eq!(split("환자 이름(한글)"), "환자 이름 한글");
        assert_eq!(split("ip주소"), "ip 주소");
        assert_eq!(split("__"), "");
    }

    #[test]
    fn phrases_match_words_not_parts_of_words() {
        for (name, identifier) in [
            ("FIRST-NAME", I::Name),
            ("firstname", I::Name),
            ("eMail", I::Email),
            ("이메일주소", I::Email),
            ("ip주소", I::Ip),
            ("MAC주소", I::Device),
            ("보호자전화번호", I::Telephone),
            ("mailing_address", I::Place),
            ("license_plate", I::Vehicle),
            ("user_name", I::Other),
        ] {
            assert_eq!(suggests(name), [identifier], "{name}");
        }
        for name in [
            "marital",
            "capacity",
            "firstnames",
            "clinic_name",
            "names_of_drug",
            "약이름",
            "phone_usage",
        ] {
            assert_eq!(suggests(name), [], "{name}");
        }
    }

    #[test]
    fn ages_dates_and_keys() {
        assert_eq!(years_of_age(&words("ageAtDeath")), Some(1.0));
        assert_eq!(years_of_age(&words("age_months")), Some(12.0));
        assert_eq!(years_of_age(&words("만나이")), Some(1.0));
        assert_eq!(years_of_age(&words("gestational_age")), None);
        assert_eq!(years_of_age(&words("stage")), None);
        assert!(is_date(&words("date_of_birth")) && is_date(&words("최초진단일")));
        assert!(!is_date(&words("days_to_death_date")) && !is_date(&words("update_count")));
        assert!(is_key(&words("PatientID")) && !is_key(&words("grid")));
    }
}

//! Hand-worked columns for every kind of identifier, each with a near miss, and the real tables'
//! columns that must stay silent.

use super::column::{Released, identifiers};
use super::identifier::{Basis, Identifier as I};
use super::*;
use crate::table::{ColumnKind, MISSING, Role, Values};

/// A column of labels, one row each; an empty text is missing.
fn labels(texts: &[&str]) -> Values {
    let mut levels: Vec<Box<str>> =
        texts.iter().filter(|t| !t.is_empty()).map(|&t| t.into()).collect();
    levels.sort();
    levels.dedup();
    let code =
        |text: &&str| levels.iter().position(|l| **l == **text).map_or(MISSING, |c| c as u32);
    Values::Labels { codes: texts.iter().map(code).collect(), levels }
}

fn found_in(name: &str, kind: ColumnKind, role: Role, values: &Values) -> Vec<(I, Basis)> {
    let raw_range = match values {
        Values::Numbers(numbers) => {
            let known = || numbers.iter().copied().filter(|n| !n.is_nan());
            known().reduce(f64::max).map(|largest| (known().fold(largest, f64::min), largest))
        }
        Values::Labels { .. } => None,
    };
    let (kind, role) = (&kind, &role);
    let column = Released { name, kind, role, levels: None, values, raw_range };
    identifiers(&column, &SafeHarbor::DEFAULT).into_iter().collect()
}

fn kinds(found: Vec<(I, Basis)>) -> Vec<I> {
    found.into_iter().map(|(identifier, _)| identifier).collect()
}

/// What a categorical column gives away.
fn category(name: &str, texts: &[&str]) -> Vec<I> {
    kinds(found_in(name, ColumnKind::Categorical, Role::Other, &labels(texts)))
}

/// What a column of whole numbers gives away.
fn integers(name: &str, numbers: &[f64]) -> Vec<I> {
    kinds(found_in(name, ColumnKind::Integer, Role::Other, &Values::Numbers(numbers.to_vec())))
}

#[test]
fn bare_digits_need_a_whole_column_or_a_name() {
    let cards = ["4111111111111111", "5500005555555559", "6011000990139424"];
    assert_eq!(category("x", &cards), [I::Account]);
    assert_eq!(category("x", &[cards[0], cards[1], "1234567890123456"]), []);
    assert_eq!(category("x", &cards[..2]), []);
    assert_eq!(
        integers("x", &[4.111111111111111e15, 5.500005555555559e15, 6.011000990139424e15]),
        [I::Account]
    );
    // 49015420323751x: Luhn sums of the first 14 digits are 52, 50 (…750), 54 (…752): checks 8, 0, 6.
    assert_eq!(
        category("x", &["490154203237518", "490154203237500", "490154203237526"]),
        [I::Device]
    );
    assert_eq!(integers("x", &[20_200_305.0, 20_191_231.0, 20_000_229.0]), [I::Date]);
    assert_eq!(integers("x", &[20_200_305.0, 20_191_331.0, 20_000_230.0]), []);
    assert_eq!(category("ssn", &["123456789", ""]), [I::SocialSecurity]);
    assert_eq!(integers("PatientSSN", &[123_456_789.0]), [I::SocialSecurity]);
    assert_eq!(category("x", &["123456789"]), []);
    assert_eq!(integers("home_phone2", &[2_125_550_123.0]), [I::Telephone]);
}

#[test]
fn names_count_when_the_values_fit() {
    let cases: &[(&str, &str, I)] = &[
        ("fake_first_name", "jhezane", I::Name),
        ("LastName", "Kim", I::Name),
        ("name", "Ann", I::Name),
        ("이름", "홍길동", I::Name),
        ("환자성명", "홍길동", I::Name),
        ("city", "Austin", I::Place),
        ("County", "Travis", I::Place),
        ("집주소", "테헤란로 1", I::Place),
        ("우편번호", "06236", I::Place),
        ("fax", "2125550123", I::Fax),
        ("fax", "212-555-0123", I::Fax),
        ("휴대폰", "01012345678", I::Telephone),
        ("e_mail", "a@b", I::Email),
        ("medical_record_no", "M00123", I::MedicalRecord),
        ("환자번호", "A-1001", I::MedicalRecord),
        ("insurance_id", "XJ-3311", I::HealthPlan),
        ("계좌번호", "110-234-5678", I::Account),
        ("driver_license", "D1234567", I::Licence),
        ("LicensePlate", "ABC-1234", I::Vehicle),
        ("차량번호", "서울 12-34", I::Vehicle),
        ("serial_number", "SN-00123", I::Device),
        ("homepage", "example.org", I::Url),
        ("fingerprint", "whorl-17", I::Biometric),
        ("photo", "IMG_1", I::Photograph),
        ("dob", "900305", I::Date),
        ("visit_date", "03/05", I::Date),
        ("birth_month", "May", I::Date),
        ("생년월일", "19900305", I::Date),
        ("address_state", "TX", I::Other),
    ];
    for &(name, value, identifier) in cases {
        let expected = if identifier == I::Other { vec![] } else { vec![identifier] };
        assert_eq!(category(name, &[value]), expected, "{name}");
    }
    assert_eq!(integers("birth_date", &[7305.0, 12000.0]), [I::Date]);
    assert_eq!(category("county_fips", &["48453"]), [I::Place]);
    assert_eq!(integers("latitude", &[37.5, 37.6, 38.1]), [I::Place]);
}

#[test]
fn names_alone_are_not_enough() {
    let cases: &[(&str, &[&str])] = &[
        ("marital", &["Divorced"]),
        ("phone_usage", &["5551234567"]),
        ("names_of_drug", &["aspirin"]),
        ("clinic_name", &["urology"]),
        ("drug_name", &["aspirin"]),
        ("country", &["Peru"]),
        ("phone", &["yes", "no"]),
        ("phone_type", &["mobile"]),
        ("email", &["daily", "weekly"]),
        ("city", &["urban", "rural"]),
        ("ip_address", &["static"]),
        ("photo_therapy", &["UVB"]),
        ("license", &["none", "driver"]),
        ("address", &["redacted", "***"]),
        ("휴대폰여부", &["예", "아니오"]),
        ("account_type", &["checking 12345"]),
        ("year_of_birth", &["1950"]),
        ("visit_date", &["2020", "2021-01-01"]),
        ("id", &["a", "b", "a", "b"]),
        ("age_group", &["65-74", "75-89", "90+", ">90"]),
        ("type_employer", &["Private"]),
        ("capacity", &["Large hall"]),
    ];
    for (name, values) in cases {
        assert_eq!(category(name, values), [], "{name}");
    }
    let yes = labels(&["true", "false"]);
    assert_eq!(found_in("email", ColumnKind::Boolean, Role::Other, &yes), []);
    assert_eq!(integers("name", &[0.0, 1.0, 2.0]), []);
    assert_eq!(integers("city", &[0.0, 1.0]), []);
    assert_eq!(integers("birth_year", &[1950.0, 1990.0]), []);
    assert_eq!(integers("visit_date", &[0.0, 30.0, 365.0]), []);
    assert_eq!(integers("futime", &[85.0, 1281.0, 5166.0]), []);
}

#[test]
fn ages_over_the_limit() {
    assert_eq!(integers("age", &[50.0, 90.0]), []);
    assert_eq!(integers("age", &[50.0, 91.0]), [I::Age]);
    assert_eq!(integers("ageAtDeath", &[101.0]), [I::Age]);
    assert_eq!(integers("환자나이", &[95.0]), [I::Age]);
    assert_eq!(integers("age_months", &[1080.0]), []);
    assert_eq!(integers("age_months", &[1081.0]), [I::Age]);
    assert_eq!(integers("gestational_age", &[280.0]), []);
    assert_eq!(integers("stage", &[99.0]), []);
    assert_eq!(category("age_band", &["85-89", "90-94"]), [I::Age]);
    // The file's own range counts, not the top-coded values.
    let values = Values::Numbers(vec![50.0, 90.0]);
    let column = Released {
        name: "age",
        kind: &ColumnKind::Integer,
        role: &Role::QuasiIdentifier,
        levels: None,
        values: &values,
        raw_range: Some((50.0, 101.0)),
    };
    assert_eq!(identifiers(&column, &SafeHarbor::DEFAULT).len(), 1);
    assert_eq!(
        identifiers(&column, &SafeHarbor { age_limit: f64::NAN, ..SafeHarbor::DEFAULT }).len(),
        1
    );
}

#[test]
fn ranks_are_read_by_their_names() {
    let levels = ["60-89", "90-94", "95-99"].map(String::from);
    let aged = |ranks: &[f64]| {
        let values = Values::Numbers(ranks.to_vec());
        let column = Released {
            name: "age",
            kind: &ColumnKind::Ordinal,
            role: &Role::Other,
            levels: Some(&levels),
            values: &values,
            raw_range: None,
        };
        identifiers(&column, &SafeHarbor::DEFAULT).len()
    };
    assert_eq!((aged(&[0.0, f64::NAN]), aged(&[0.0, 1.0])), (0, 1));
}

#[test]
fn postal_codes_and_moments() {
    assert_eq!(integers("zip", &[90_210.0]), [I::Place]);
    assert_eq!(integers("zip3", &[902.0, 100.0, 0.0]), []);
    assert_eq!(integers("zip3", &[902.0, 36.0]), [I::Place]);
    let moments = |seconds: &[f64]| {
        let values = Values::Numbers(seconds.to_vec());
        kinds(found_in("t", ColumnKind::DateTime, Role::Other, &values))
    };
    // 1970-01-01 and 1971-01-01, 365 days of 86,400 s later; then one day more.
    assert_eq!(moments(&[0.0, 31_536_000.0, f64::NAN]), []);
    assert_eq!(moments(&[0.0, 31_622_400.0]), [I::Date]);
}

#[test]
fn keys_and_roles() {
    let values = Values::Numbers(vec![1.0, 2.0, 3.0, 3.0]);
    let found = |name, kind, role| found_in(name, kind, role, &values);
    assert_eq!(found("subject_id", ColumnKind::Integer, Role::Subject), [(I::Other, Basis::Role)]);
    assert_eq!(found("subject_id", ColumnKind::Integer, Role::Other), []);
    assert_eq!(integers("subject_id", &[1.0, 2.0, 3.0, 4.0]), [I::Other]);
    assert_eq!(integers("visits", &[1.0, 2.0, 3.0, 4.0]), []);
    // A column that something more specific explains is not counted twice.
    let names = labels(&["Ann", "Bob", "Cy"]);
    let name = found_in("first_name", ColumnKind::Categorical, Role::DirectIdentifier, &names);
    assert_eq!(name, [(I::Name, Basis::Name)]);
    let hashed = ["0a1b2c3d", "4e5f6a7b", "8c9d0e1f"];
    assert_eq!(category("email", &hashed), [I::Email]);
}

#[test]
fn columns_of_public_tables_are_silent() {
    let numbers: &[(&str, &[f64])] = &[
        ("age", &[50.0, 90.0]),
        ("sample.yr", &[1997.0, 2003.0]),
        ("kappa", &[5.7, 0.87]),
        ("lambda", &[4.86, 0.68]),
        ("flc.grp", &[1.0, 10.0]),
        ("creatinine", &[1.7, 0.9]),
        ("mgus", &[0.0, 1.0]),
        ("futime", &[85.0, 5166.0]),
        ("death", &[0.0, 1.0]),
        ("fnlwgt", &[77_516.0, 1_484_705.0, 12_285.0]),
        ("capital_gain", &[0.0, 99_999.0]),
        ("capital_loss", &[0.0, 4356.0]),
        ("hr_per_week", &[1.0, 99.0]),
        ("education_num", &[1.0, 16.0]),
        ("visits", &[0.0, 89.0]),
        ("chronic", &[0.0, 8.0]),
        ("income", &[-1.0, 54.8]),
        ("pan_day", &[4.0, 107.0]),
        ("ct_result", &[45.0, 14.1]),
        ("col_rec_tat", &[1.4, 61_370.2]),
        ("drive_thru_ind", &[0.0, 1.0]),
    ];
    for (name, values) in numbers {
        assert_eq!(integers(name, values), [], "{name}");
    }
    let texts: &[(&str, &[&str])] = &[
        ("sex", &["F", "M"]),
        ("chapter", &["Circulatory", "Ill Defined"]),
        ("native-country", &["United-States"]),
        ("occupation", &["Exec-managerial"]),
        ("relationship", &["Own-child"]),
        ("income", &["<=50K", ">50K"]),
        ("region", &["midwest", "other"]),
        ("clinic_name", &["inpatient ward a", "3  laboratory"]),
        ("test_id", &["covid"]),
        ("payor_group", &["government"]),
        ("patient_class", &["inpatient"]),
        ("demo_group", &["patient"]),
    ];
    for (name, values) in texts {
        assert_eq!(category(name, values), [], "{name}");
    }
}

#[test]
fn notes_hold_no_value_and_do_not_depend_on_order() {
    let (rows, turned) = (["ann@example.org", "", "none"], ["none", "ann@example.org", ""]);
    let notes = |texts: &[&str]| {
        let values = labels(texts);
        let (kind, role) = (&ColumnKind::Text, &Role::Other);
        SafeHarbor::DEFAULT.notes(&Released {
            name: "contact",
            kind,
            role,
            levels: None,
            values: &values,
            raw_range: None,
        })
    };
    assert_eq!(notes(&rows), ["column `contact`: email addresses (by value)"]);
    assert_eq!(notes(&rows), notes(&turned));
}

#[test]
fn columns_count_in_any_order() {
    let values = [labels(&["a@example.org", "b"]), labels(&["Ann", "Bob"]), labels(&["x", "y"])];
    let column = |(name, values)| Released {
        name,
        kind: &ColumnKind::Text,
        role: &Role::Other,
        levels: None,
        values,
        raw_range: None,
    };
    let mut columns: Vec<_> =
        ["mail", "name", "arm"].into_iter().zip(&values).map(column).collect();
    let silent = Progress::new(&|_| ());
    let notes = SafeHarbor::DEFAULT.lint(&columns, &silent);
    assert_eq!(
        notes,
        ["column `mail`: email addresses (by value)", "column `name`: names (by name)"]
    );
    columns.reverse();
    assert_eq!(SafeHarbor::DEFAULT.lint(&columns, &silent), notes);
}

#[test]
fn evidence_counts_pairs_and_echoes_parameters() {
    let strict: SafeHarbor =
        serde_json::from_value(serde_json::json!({"age-limit": 80.0})).unwrap();
    let evidence = strict.evidence(vec!["one".into(), "two".into()]);
    assert_eq!(evidence.measure, Measure::Exact { value: 2.0 });
    assert_eq!(serde_json::to_value(&evidence.parameters).ok(), serde_json::to_value(strict).ok());
}

#[test]
fn a_parameter_that_would_overlook_more_is_refused() {
    for text in [
        r#"{"age-limit": 120.0}"#,
        r#"{"match-share": 0.95}"#,
        r#"{"distinct-share": -1.0}"#,
        r#"{"age_limit": 1.0}"#,
    ] {
        assert!(serde_json::from_str::<SafeHarbor>(text).is_err(), "{text}");
    }
}

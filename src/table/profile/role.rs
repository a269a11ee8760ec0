//! What an adversary may do with a column, guessed from its name.

use super::guess::Guess;
use crate::table::{RawTable, Role};

const PERSON: [&str; 14] = [
    "subject",
    "person",
    "patient",
    "member",
    "customer",
    "client",
    "respondent",
    "participant",
    "user",
    "employee",
    "student",
    "household",
    "pid",
    "mrn",
];
const DIRECT: [&str; 17] = [
    "firstname",
    "lastname",
    "surname",
    "fullname",
    "email",
    "mail",
    "phone",
    "telephone",
    "mobile",
    "fax",
    "ssn",
    "passport",
    "address",
    "street",
    "iban",
    "license",
    "url",
];
const KINDS_OF_NAME: [&str; 7] = ["first", "last", "full", "given", "family", "middle", "maiden"];
const QUASI: [&str; 36] = [
    "age",
    "sex",
    "gender",
    "race",
    "ethnicity",
    "ethnic",
    "afam",
    "zip",
    "zipcode",
    "postcode",
    "postal",
    "birth",
    "dob",
    "birthdate",
    "birthday",
    "birthyear",
    "marital",
    "married",
    "education",
    "school",
    "country",
    "region",
    "state",
    "county",
    "city",
    "town",
    "district",
    "occupation",
    "job",
    "profession",
    "employer",
    "nationality",
    "citizenship",
    "religion",
    "language",
    "veteran",
];

/// A role for every column; at most one is the subject.
pub(super) fn propose(raw: &RawTable, guesses: &[Guess]) -> Vec<Role> {
    let mut subject_found = false;
    let mut roles = Vec::with_capacity(guesses.len());
    for (name, guess) in raw.columns().iter().zip(guesses) {
        let role = match of_name(name, guess, raw.rows()) {
            Role::Subject if subject_found => Role::DirectIdentifier,
            role => role,
        };
        subject_found |= role == Role::Subject;
        roles.push(role);
    }
    roles
}

fn of_name(name: &str, guess: &Guess, rows: usize) -> Role {
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let keyed = has(&["id", "identifier", "key", "number", "no", "uuid", "guid"]);
    let alone = words.len() == 1;
    if (keyed && (has(&PERSON) || alone)) || (alone && has(&["pid", "mrn"])) {
        // A subject is a person of several rows: complete, repeating, and with many persons.
        let repeats = guess.present == rows && guess.distinct < rows && guess.distinct * 20 > rows;
        return if repeats { Role::Subject } else { Role::DirectIdentifier };
    }
    let unique = guess.distinct == rows && rows > 1;
    let names = has(&["name"]) && (alone || has(&KINDS_OF_NAME) || has(&PERSON));
    if names || has(&DIRECT) || (keyed && unique) {
        Role::DirectIdentifier
    } else if has(&QUASI) {
        Role::QuasiIdentifier
    } else {
        Role::Other
    }
}

/// The lowercase words of a name: `birthDate`, `birth_date` and `birth.date` are two words.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lowercase = false;
    for letter in name.chars() {
        let begins = letter.is_uppercase() && after_lowercase;
        if !letter.is_alphanumeric() || begins {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
        after_lowercase = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::ColumnKind;

    fn role(name: &str, distinct: usize, present: usize) -> Role {
        let guess = Guess {
            kind: ColumnKind::Text,
            bounds: None,
            step: None,
            notes: Vec::new(),
            distinct,
            present,
        };
        of_name(name, &guess, 100)
    }

    #[test]
    fn names_suggest_roles() {
        assert_eq!(role("subject_id", 80, 100), Role::Subject);
        assert_eq!(role("patientId", 100, 100), Role::DirectIdentifier);
        assert_eq!(role("subject_id", 80, 99), Role::DirectIdentifier);
        assert_eq!(role("test_id", 3, 100), Role::Other);
        assert_eq!(role("fake_first_name", 50, 100), Role::DirectIdentifier);
        assert_eq!(role("clinic_name", 50, 100), Role::Other);
        assert_eq!(role("E-mail", 50, 100), Role::DirectIdentifier);
        assert_eq!(role("birthDate", 50, 100), Role::QuasiIdentifier);
        assert_eq!(role("wage", 50, 100), Role::Other);
    }
}

//! Splitting a table into the part a generator may see and the part it never sees, by person.

use std::collections::HashMap;

use rand::Rng;

use super::canonical::label;
use super::{RawTable, nearest_name};
use crate::error::{Error, Result};
use crate::random::Seed;

/// The rows of both parts, ascending.
///
/// Persons are kept together; equal records of different persons may fall on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Rows for training the generator.
    pub train: Vec<usize>,
    /// Rows the generator never sees.
    pub holdout: Vec<usize>,
}

/// Splits the rows of `raw` by person: a value of the column `subject`, or a row where there is none.
/// The nearest whole number of persons to `holdout_fraction`, at least one on each side, is held
/// out. The same file and seed always give the same split.
///
/// # Errors
/// [`Error::Usage`] when the fraction is not between 0 and 1 or the subject column is absent;
/// [`Error::Input`] when a row has no subject or there are fewer than two persons.
pub fn split(
    raw: &RawTable,
    subject: Option<&str>,
    holdout_fraction: f64,
    seed: Seed,
) -> Result<Split> {
    if !(holdout_fraction > 0.0 && holdout_fraction < 1.0) {
        let problem =
            "the holdout fraction must be above 0 and below 1: 0.2 holds out one person in five";
        return Err(Error::Usage(problem.to_owned()));
    }
    let persons = persons(raw, subject)?;
    let count = persons.iter().max().map_or(0, |last| last + 1);
    if count < 2 {
        return Err(Error::input(
            raw.path(),
            "a split needs at least two persons, the file has one",
        ));
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count"
    )]
    let held = ((count as f64 * holdout_fraction).round() as usize).clamp(1, count - 1);

    // Sorting by independent draws is a uniform shuffle that no version of a library can change. A
    // tie of two 64-bit draws is broken by the person's number.
    let mut rng = seed.part("split").rng();
    let mut order: Vec<(u64, usize)> = (0..count).map(|person| (rng.next_u64(), person)).collect();
    order.sort_unstable();
    let mut held_out = vec![false; count];
    order.iter().take(held).for_each(|(_, person)| held_out[*person] = true);
    let (holdout, train) = (0..raw.rows()).partition(|row| held_out[persons[*row]]);
    Ok(Split { train, holdout })
}

/// The person of each row, numbered in order of appearance.
fn persons(raw: &RawTable, subject: Option<&str>) -> Result<Vec<usize>> {
    let Some(subject) = subject else { return Ok((0..raw.rows()).collect()) };
    let Some(place) = raw.position(subject) else {
        let near = nearest_name(subject, raw.columns().iter().map(String::as_str));
        let hint = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
        return Err(Error::Usage(format!(
            "{} has no subject column `{subject}`{hint}",
            raw.path().display()
        )));
    };
    let mut numbered = HashMap::new();
    let person = |text: Option<&'_ str>| {
        let text = text.map(str::to_owned).filter(|text| !text.trim_ascii().is_empty())?;
        let next = numbered.len();
        Some(*numbered.entry(label(&text).to_owned()).or_insert(next))
    };
    raw.texts(place).map(person).collect::<Option<Vec<usize>>>().ok_or_else(|| {
        let problem =
            format!("rows without a subject in column `{subject}`: remove them or give them one");
        Error::input(raw.path(), problem)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::table::read_raw;

    fn raw(text: &str) -> RawTable {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, text).unwrap();
        read_raw(&path).unwrap()
    }

    #[test]
    fn refuses_what_cannot_be_split() {
        let table = raw("id,x\n1,a\n1,b\n");
        let seed = Seed::new(0);
        for fraction in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(matches!(split(&table, None, fraction, seed), Err(Error::Usage(_))));
        }
        assert!(matches!(split(&table, Some("id"), 0.5, seed), Err(Error::Input { .. })));
        let problem = split(&table, Some("ID"), 0.5, seed).unwrap_err().to_string();
        assert!(problem.contains("did you mean `id`?"), "{problem}");
        assert!(split(&raw("id,x\n1,a\n,b\n"), Some("id"), 0.5, seed).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn a_person_is_never_separated(ids in proptest::collection::vec(0_u8..20, 2..60), number in any::<u64>()) {
            prop_assume!(ids.iter().collect::<HashSet<_>>().len() >= 2);
            // Both spellings of a code are one person.
            let line = |(row, id): (usize, &u8)| if row % 2 == 0 { format!("{id},x\n") } else { format!("{id}.0,x\n") };
            let table = raw(&format!("id,note\n{}", ids.iter().enumerate().map(line).collect::<String>()));
            let parts = split(&table, Some("id"), 0.3, Seed::new(number)).unwrap();
            let persons = |rows: &[usize]| rows.iter().map(|row| ids[*row]).collect::<HashSet<_>>();
            prop_assert!(persons(&parts.train).is_disjoint(&persons(&parts.holdout)));
            prop_assert!(!parts.train.is_empty() && !parts.holdout.is_empty());
            prop_assert_eq!(parts.train.len() + parts.holdout.len(), ids.len());
            prop_assert_eq!(parts, split(&table, Some("id"), 0.3, Seed::new(number)).unwrap());
        }
    }
}

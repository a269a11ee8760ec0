//! The population that the training persons are part of: a table of it, or how large a share they are.

use super::{Audit, quasi_identifiers, strange};
use crate::error::{Error, Mismatch, Result};
use crate::table::Table;

impl Audit {
    /// The audit with a table of the population: the training persons and everybody else whom an adversary
    /// would look among. Only its quasi-identifiers (and the subject, if it has one) are read.
    ///
    /// # Errors
    /// [`Error::Usage`] when the schema names no quasi-identifier, a sampling fraction is set, or the
    /// population has fewer persons than the training table; [`Error::Mismatch`] when its columns are
    /// written in other words or units.
    pub fn with_population(mut self, population: Table) -> Result<Self> {
        if self.sampling_fraction.is_some() {
            return Err(one_of_both());
        }
        let keys = quasi_identifiers(&self.schema);
        if keys.is_empty() {
            return Err(Error::Usage(
                "a population is compared on the quasi-identifiers and the schema names none: expected \
                 role = \"quasi-identifier\" on what an adversary knows from elsewhere"
                    .into(),
            ));
        }
        if population.persons().count < self.train_persons.count {
            return Err(Error::Usage(
                "the population has fewer persons than the training table: expected a table of the \
                 training persons and everybody else whom an adversary would look among"
                    .into(),
            ));
        }
        let strange: Vec<Mismatch> =
            keys.iter().filter_map(|name| other_words(&self.train, &population, name)).collect();
        if !strange.is_empty() {
            return Err(Error::Mismatch(strange));
        }
        self.population = Some(population);
        Ok(self)
    }

    /// The audit with the share of the population that the training persons are.
    ///
    /// # Errors
    /// [`Error::Usage`] when it is not above 0 and at most 1, when a population is set, or when the
    /// population would be larger than 2⁵³ persons.
    pub fn with_sampling_fraction(mut self, fraction: f64) -> Result<Self> {
        if self.population.is_some() {
            return Err(one_of_both());
        }
        check_sampling_fraction(fraction)?;
        self.sampling_fraction = Some(fraction);
        Ok(self)
    }

    /// The share of the population that the training persons are: as set, or counted in the population;
    /// `None` when neither is known.
    #[must_use]
    pub fn fraction(&self) -> Option<f64> {
        let counted = |population: &Table| {
            self.train_persons.count as f64 / population.persons().count.max(1) as f64
        };
        self.sampling_fraction.or_else(|| self.population.as_ref().map(counted))
    }
}

/// Checks a sampling fraction before any table is read.
///
/// # Errors
/// [`Error::Usage`] when it is not above 0 and at most 1.
pub fn check_sampling_fraction(fraction: f64) -> Result<()> {
    // Below one in a billion the tables would have to be larger than mankind.
    if (1e-9..=1.0).contains(&fraction) {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "sampling fraction: expected the share of the population that the training table holds, above \
         0 and at most 1 (such as 0.05), found {fraction}"
    )))
}

/// What to say when both are given.
fn one_of_both() -> Error {
    Error::Usage(
        "a population and a sampling fraction: expected one of them, since the population says how \
         large a share of it the training table is"
            .into(),
    )
}

/// The training persons are among the population, so that their values must be known in it.
fn other_words(train: &Table, population: &Table, name: &str) -> Option<Mismatch> {
    let (real, all) = (&train.column(name)?.values, &population.column(name)?.values);
    let found = if strange::categories(real, &[all]) {
        "others in more than a fifth of its values: is the column written otherwise?"
    } else if strange::numbers(real, &[all]) {
        "a median beyond almost all of them: is it in another unit?"
    } else {
        return None;
    };
    Some(Mismatch {
        file: "the training table".into(),
        column: name.to_owned(),
        expected: "values of the population".into(),
        found: found.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::{audit, table};
    use crate::table::{Sample, Schema};

    const SCHEMA: &str = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                          [columns.age]\nkind = \"integer\"\nrole = \"quasi-identifier\"\n\
                          [columns.sex]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                          [columns.lab]\nkind = \"continuous\"\n";
    const TRAIN: &str = "id,age,sex,lab\n1,40,F,1\n2,50,M,2\n";

    fn tried(population: &str) -> Result<Audit> {
        let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
        let population = table(population, Sample::Population, &schema);
        audit(SCHEMA, TRAIN, None, "age,sex,lab\n45,F,0\n").with_population(population)
    }

    /// A register holds other columns and none of the others; persons are counted, not rows.
    #[test]
    fn only_the_keys_of_a_population_are_read_and_its_persons_counted() {
        let csv = "name,age,sex,id\nA,40,F,1\nA,41,F,1\nB,50,M,2\nC,60,M,3\nD,,F,\n";
        let audit = tried(csv).ok().unwrap();
        let population = audit.population.as_ref().unwrap();
        let names: Vec<&str> = population.columns.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["id", "age", "sex"]);
        assert_eq!(population.persons().count, 4);
        assert!((audit.fraction().unwrap() - 0.5).abs() < 1e-12);
        assert!(audit.with_sampling_fraction(0.5).is_err());
    }

    #[test]
    fn a_population_that_cannot_hold_the_training_persons_is_refused() {
        let problem = |csv: &str| tried(csv).err().unwrap().to_string();
        assert!(problem("age,sex\n40,F\n").contains("fewer persons"));
        let train: String = (0..50).map(|i| format!("{i},40,F,1\n")).collect();
        let others: String = (0..50).map(|_| "40,f\n".to_owned()).collect();
        let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
        let population = table(&format!("age,sex\n{others}"), Sample::Population, &schema);
        let train = format!("id,age,sex,lab\n{train}");
        let audit = audit(SCHEMA, &train, None, "age,sex,lab\n45,F,0\n");
        let problem = audit.with_population(population).err().unwrap().to_string();
        assert!(problem.contains("`sex`") && problem.contains("written otherwise"), "{problem}");
    }

    #[test]
    fn a_sampling_fraction_is_above_0_and_at_most_1() {
        let with = |fraction| {
            audit(SCHEMA, TRAIN, None, "age,sex,lab\n45,F,0\n").with_sampling_fraction(fraction)
        };
        for good in [1.0, 0.05, 1e-6] {
            assert!(with(good).is_ok_and(|audit| audit.fraction() == Some(good)), "{good}");
        }
        for bad in [0.0, -0.1, 1.1, 5.0, f64::NAN, f64::INFINITY, 1e-300] {
            assert!(with(bad).is_err(), "{bad}");
        }
    }
}

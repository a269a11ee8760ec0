//! The quasi-identifiers as keys: what an adversary knows of a person, at the precision known.

use std::collections::{HashMap, HashSet};

use crate::audit::Audit;
use crate::encode::{Coded, Codes, Joint, dictionary};
use crate::error::{Error, Result};
use crate::table::{MISSING, Persons, Role, Table, Values};

/// A quasi-identifier and the width at which it is known; 0 for exactly.
pub(super) struct Key {
    /// The compared column.
    pub(super) column: usize,
    /// In the column's unit.
    pub(super) precision: f64,
}

/// The quasi-identifiers that the release holds too.
///
/// # Errors
/// [`Error::Usage`] when there is none.
pub(super) fn key_columns(joint: &Joint) -> Result<Vec<Key>> {
    let known = joint.schemas.iter().enumerate().filter(|(_, s)| s.role == Role::QuasiIdentifier);
    let key = |(column, schema): (usize, &crate::table::ColumnSchema)| Key {
        column,
        precision: schema.precision.or(schema.step).unwrap_or(0.0),
    };
    let keys: Vec<Key> = known.map(key).collect();
    if keys.is_empty() {
        return Err(Error::Usage(
            "the schema names no quasi-identifier that the release holds: expected \
             role = \"quasi-identifier\" on what an adversary knows from elsewhere"
                .into(),
        ));
    }
    Ok(keys)
}

/// The keys of every row, as words that are equal for equal keys.
pub(super) fn binned(rows: &Coded, keys: &[Key]) -> Vec<Vec<u64>> {
    let cell = |row: usize, key: &Key| match &rows.columns[key.column] {
        Codes::Category(codes) => u64::from(codes[row]),
        // Adding 0 turns -0 into 0; every missing number has the same bits.
        Codes::Number(values) if values[row].is_nan() => f64::NAN.to_bits(),
        Codes::Number(values) if key.precision > 0.0 => {
            ((values[row] / key.precision + ROUNDING).floor() + 0.0).to_bits()
        }
        Codes::Number(values) => (values[row] + 0.0).to_bits(),
    };
    (0..rows.rows).map(|row| keys.iter().map(|key| cell(row, key)).collect()).collect()
}

/// The keys of every row of the audit's population, in the words of [`binned`]; `None` without a
/// population. The joint view cannot hold it, since it lacks the other columns.
pub(super) fn population_keys(audit: &Audit, keys: &[Key]) -> Option<Vec<Vec<u64>>> {
    let population = audit.population.as_ref()?;
    let joint = audit.joint();
    let column = |key: &Key| population_codes(audit, population, &joint.names[key.column]);
    let columns = keys.iter().map(column).collect::<Option<Vec<Codes>>>()?;
    let coded = Coded { rows: population.rows, columns };
    let renumbered = |(column, key): (usize, &Key)| Key { column, precision: key.precision };
    let keys: Vec<Key> = keys.iter().enumerate().map(renumbered).collect();
    Some(binned(&coded, &keys))
}

/// One column of the population in the codes of the joint view; categories that only the population has
/// get codes of their own, above all others.
fn population_codes(audit: &Audit, population: &Table, name: &str) -> Option<Codes> {
    let samples = [Some(&audit.train), audit.holdout.as_ref(), Some(&audit.synthetic)];
    let samples = samples.into_iter().flatten();
    let known: Vec<&Values> =
        samples.filter_map(|table| table.column(name)).map(|column| &column.values).collect();
    match &population.column(name)?.values {
        Values::Numbers(values) => Some(Codes::Number(values.clone())),
        Values::Labels { codes, levels } => {
            let known = dictionary(&known);
            let mut new = u32::try_from(known.len()).ok()?..MISSING;
            let code = |level: &str| known.get(level).copied().or_else(|| new.next());
            let joint =
                levels.iter().map(|level| &**level).map(code).collect::<Option<Vec<u32>>>()?;
            let recode = |&code: &u32| if code == MISSING { MISSING } else { joint[code as usize] };
            Some(Codes::Category(codes.iter().map(recode).collect()))
        }
    }
}

/// 0.3 / 0.1 is a little less than 3 in doubles.
const ROUNDING: f64 = 1e-9;

/// How many distinct persons carry each key.
pub(super) fn classes<'a>(keys: &'a [Vec<u64>], persons: &Persons) -> HashMap<&'a Vec<u64>, u64> {
    let mut seen = HashSet::new();
    let mut classes = HashMap::new();
    for (key, &person) in keys.iter().zip(&persons.of_row) {
        if seen.insert((key, person)) {
            *classes.entry(key).or_insert(0) += 1;
        }
    }
    classes
}

/// Whether two rows agree on all keys within the precision: equal categories, numbers at most so far
/// apart. Unlike bins, this has no borders between near values.
pub(super) fn agree(a: (&Coded, usize), b: (&Coded, usize), keys: &[Key]) -> bool {
    keys.iter().all(|key| match (&a.0.columns[key.column], &b.0.columns[key.column]) {
        (Codes::Category(x), Codes::Category(y)) => x[a.1] == y[b.1],
        (Codes::Number(x), Codes::Number(y)) => {
            let (x, y) = (x[a.1], y[b.1]);
            let within = (x - y).abs() <= key.precision * (1.0 + ROUNDING);
            within || (x.is_nan() && y.is_nan())
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::{audit, table};
    use crate::table::Sample;

    /// Precision 10: 39 and 41 agree though they lie in two bins, 31 and 42 do not; both missing agree.
    #[test]
    fn agreement_is_by_distance_and_not_by_bin() {
        let schema = "[columns.age]\nkind = \"integer\"\nrole = \"quasi-identifier\"\nprecision = 10\n\
                      [columns.sex]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n";
        let audit = audit(schema, "age,sex\n39,F\n31,F\n,F\n", None, "age,sex\n41,F\n42,M\n,F\n");
        let joint = audit.joint();
        let keys = key_columns(joint).unwrap();
        let agree = |t, s| agree((&joint.train, t), (&joint.synthetic, s), &keys);
        let expected = [[true, false, false], [true, false, false], [false, false, true]];
        for (t, row) in expected.iter().enumerate() {
            for (s, expected) in row.iter().enumerate() {
                assert_eq!(agree(t, s), *expected, "{t} {s}");
            }
        }
    }

    /// A population with categories of its own before, between and after the joint ones: equal words get
    /// equal keys, new words keys that nobody else has, missing is missing.
    #[test]
    fn a_population_is_coded_like_the_other_tables() {
        let schema = "[columns.age]\nkind = \"integer\"\nrole = \"quasi-identifier\"\nprecision = 10\n\
                      [columns.town]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                      [columns.lab]\nkind = \"continuous\"\n";
        let audit = audit(
            schema,
            "age,town,lab\n39,B,1\n41,D,1\n,,1\n",
            Some("age,town,lab\n39,F,1\n"),
            "age,town,lab\n31,D,1\n",
        );
        let parsed = crate::table::Schema::parse(schema, "schema.toml").unwrap();
        let csv = "town,age\nA,30\nB,30\nC,30\nD,44\nF,39\nG,39\n,\n";
        let population = table(csv, Sample::Population, &parsed);
        let audit = audit.with_population(population).ok().unwrap();
        let keys = key_columns(audit.joint()).unwrap();
        let population = population_keys(&audit, &keys).unwrap();
        let train = binned(&audit.joint().train, &keys);
        let holdout = binned(audit.joint().holdout.as_ref().unwrap(), &keys);
        let same: Vec<Option<usize>> =
            train.iter().map(|key| population.iter().position(|other| other == key)).collect();
        assert_eq!(same, [Some(1), Some(3), Some(6)]);
        assert_eq!(population[4], holdout[0]);
        assert_eq!(population.iter().collect::<HashSet<_>>().len(), 7);
    }
}

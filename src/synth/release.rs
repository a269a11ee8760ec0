//! From a method to a release: what every method is shown, and what every table it makes goes through.

use super::dp::{Accountant, Entry};
use super::{Condition, Guarantee, Info, Model, Source, Synthesizer, subject};
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::table::{Role, Sample, Schema, Table};

/// A method that was fitted: all that it takes to make releases without the real table. It holds whatever
/// its model holds.
pub struct Fitted {
    /// The method.
    pub info: &'static Info,
    /// Its parameters, where they differ from the defaults.
    pub parameters: toml::Table,
    /// The schema of the real table.
    pub schema: Schema,
    /// What was spent to fit it, in order.
    pub ledger: Vec<Entry>,
    pub(super) model: Box<dyn Model>,
    /// How new subjects are numbered; `None`: a release has no subject column.
    pub(super) subjects: Option<subject::Numbering>,
}

/// A table, and what is proven of it.
pub struct Made {
    /// The made rows.
    pub table: Table,
    /// What is proven of them.
    pub guarantee: Guarantee,
}

/// Fits `method` to `real`, read under `schema`.
///
/// # Errors
/// [`Error::Usage`] when the table has no row or no column that a method may see; else the method's own.
pub fn fit(
    method: &dyn Synthesizer,
    real: &Table,
    schema: &Schema,
    accountant: &mut Accountant,
    seed: Seed,
) -> Result<Fitted> {
    let named = |role: Role| matches!(role, Role::Subject | Role::DirectIdentifier);
    let shown = real.columns.iter().filter(|column| !named(column.schema.role));
    let source = Source {
        columns: shown.collect(),
        rows: real.rows,
        persons: real.persons(),
        constraints: &schema.constraints,
    };
    if source.columns.is_empty() || source.rows == 0 {
        return Err(Error::Usage(
            "nothing to make: expected at least one row, and a column that is neither the subject \
             nor a direct identifier"
                .into(),
        ));
    }
    let info = method.info();
    let model = method.fit(&source, accountant, seed.part(info.id).part("fit"))?;
    // Where numbering starts depends on the real ids, which no guarantee covers.
    let subjects = match model.guarantee() {
        Guarantee::None { .. } => real
            .columns
            .iter()
            .find(|column| column.schema.role == Role::Subject)
            .and_then(subject::numbering),
        Guarantee::ZeroConcentrated { .. } => None,
    };
    Ok(Fitted {
        info,
        parameters: toml::Table::new(),
        schema: schema.clone(),
        ledger: accountant.entries().to_vec(),
        model,
        subjects,
    })
}

impl Fitted {
    /// Makes `rows` rows that satisfy `condition`: without direct identifiers, with new subjects. Without a
    /// number of rows, as many as the model proposes.
    ///
    /// # Errors
    /// [`Error::Usage`] for no rows; else the model's own.
    pub fn release(&self, rows: Option<usize>, condition: &Condition, seed: Seed) -> Result<Made> {
        if rows == Some(0) {
            return Err(Error::Usage("nothing to make: expected at least one row".into()));
        }
        let seed = seed.part(self.info.id).part("sample");
        let made = self.model.sample(rows, condition, seed)?;
        let rows = made.first().map_or(0, |column| column.values.len());
        let mut made = made.into_iter();
        let mut columns = Vec::with_capacity(self.schema.columns.len());
        for (name, column) in &self.schema.columns {
            match column.role {
                Role::DirectIdentifier => {}
                Role::Subject => {
                    let numbering = self.subjects.as_ref();
                    columns.extend(numbering.and_then(|ids| ids.column(name, column, rows)));
                }
                _ => columns.extend(made.next()),
            }
        }
        let table = Table { sample: Sample::Synthetic, columns, rows };
        Ok(Made { table, guarantee: self.model.guarantee() })
    }

    /// What is proven of everything it makes.
    #[must_use]
    pub fn guarantee(&self) -> Guarantee {
        self.model.guarantee()
    }

    /// Whether it may hold real people's values: whatever has no guarantee may.
    #[must_use]
    pub fn holds_personal_data(&self) -> bool {
        matches!(self.model.guarantee(), Guarantee::None { .. })
    }
}

/// A table made from `real`, read under `schema`, by `method`, without a budget: [`fit`], then
/// [`Fitted::release`].
///
/// # Errors
/// As these.
pub fn synthesize(
    method: &dyn Synthesizer,
    real: &Table,
    schema: &Schema,
    rows: Option<usize>,
    seed: Seed,
) -> Result<Made> {
    let fitted = fit(method, real, schema, &mut Accountant::without_budget(), seed)?;
    fitted.release(rows, &Condition::none(), seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::table;
    use crate::synth::{Independent, SYNTHESIZERS};
    use crate::table::Values;

    const SCHEMA: &str = "[columns.id]\nkind = 'text'\nrole = 'subject'\n\
                          [columns.name]\nkind = 'text'\nrole = 'direct-identifier'\n\
                          [columns.x]\nkind = 'integer'\n\
                          [columns.w]\nkind = 'continuous'\nweight = true\n";
    const REAL: &str = "id,name,x,w\np1,Ann,1,0.5\np1,Ann,2,0.5\np2,Bob,3,2\n";

    /// No method can release an identifier, since none is shown one.
    #[test]
    fn identifiers_are_left_out_and_subjects_are_new() {
        let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
        let real = table(REAL, Sample::Train, &schema);
        for entry in SYNTHESIZERS {
            let method = entry.method(toml::Table::new()).unwrap();
            let made = synthesize(&*method, &real, &schema, Some(7), Seed::new(0)).unwrap().table;
            let names: Vec<&str> = made.columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(names, ["id", "x", "w"], "{}", entry.info.id);
            assert_eq!((made.rows, made.persons().count), (7, 7));
            let Values::Labels { levels, .. } = &made.column("id").unwrap().values else {
                panic!("subjects of kind text are labels")
            };
            assert!(!levels.iter().any(|level| ["p1", "p2"].contains(&&**level)));
        }
    }

    #[test]
    fn nothing_to_make_is_refused() {
        let refused = |schema: &str, csv: &str, rows: usize| {
            let schema = Schema::parse(schema, "s").unwrap();
            let real = table(csv, Sample::Train, &schema);
            let made =
                synthesize(&Independent::default(), &real, &schema, Some(rows), Seed::new(0));
            made.is_err()
        };
        assert!(refused("[columns.n]\nkind = 'text'\nrole = 'direct-identifier'\n", "n\nAnn\n", 1));
        assert!(refused("[columns.x]\nkind = 'integer'\n", "x\n1\n", 0));
        assert!(!refused("[columns.x]\nkind = 'integer'\n", "x\n1\n", 1));
    }
}

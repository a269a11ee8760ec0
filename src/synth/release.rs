//! From a method to a release: what every method is shown, and what every table it makes goes through.

use sha2::{Digest as _, Sha256};

use super::boost::{Boost, boosted, refuse_weights};
use super::dp::{Accountant, Entry, Total};
use super::manifest::{Input, RealDataAccess};
use super::{Condition, Guarantee, Info, Model, PrivateModel, Source, Synthesizer, made, subject};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::table::{Column, ColumnKind, ColumnSchema, Role, Sample, Schema, Table, Values, WEIGHT};

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
    /// What all syntheses of the same file had spent by then, where that is on record.
    pub spent: Option<Total>,
    /// Whether records of real people were read.
    pub real_data_access: RealDataAccess,
    /// The files that were read and hold no record.
    pub inputs: Vec<Input>,
    pub(super) model: Box<dyn Model>,
    /// How new subjects are numbered; `None`: a release has no subject column.
    pub(super) subjects: Option<subject::Numbering>,
    /// What is mixed into the seed of every draw ([`secret`]); `None` under a guarantee.
    pub(super) secret: Option<Digest>,
}

/// Standard deviations of noise below which a group is told to be noise.
const SIGNAL: f64 = 3.0;

/// What is asked of a fitted method.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// How many rows; `None`: as many as the model proposes.
    pub rows: Option<usize>,
    /// What they must satisfy.
    pub condition: Condition,
    /// Levels with another share than the model gives them: the rows then have weights.
    pub boosts: Vec<Boost>,
}

/// A table, and what is proven of it.
pub struct Made {
    /// The made rows.
    pub table: Table,
    /// What is proven of them.
    pub guarantee: Guarantee,
    /// What weakens them, in sentences.
    pub warnings: Vec<String>,
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
        schema,
    };
    // That a table is empty is private, too: under a budget it is made like any other.
    let empty = source.rows == 0 && accountant.budget().is_none();
    if source.columns.is_empty() || empty {
        return Err(Error::Usage(
            "nothing to make: expected at least one row, and a column that is neither the subject \
             nor a direct identifier"
                .into(),
        ));
    }
    let info = method.info();
    // Under a guarantee, nothing but the noisy answers may depend on the records.
    let secret = accountant.budget().is_none().then(|| secret(&source));
    let seed = mixed(seed.part(info.id).part("fit"), secret);
    let model = method.fit(&source, accountant, seed)?;
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
        schema: accountant.tellable(schema),
        ledger: accountant.entries().to_vec(),
        spent: accountant.total(),
        real_data_access: RealDataAccess::Read,
        inputs: Vec::new(),
        model,
        subjects,
        secret,
    })
}

/// A digest of the real values. Mixed into a seed, it keeps who guesses the seed from undoing the draws:
/// a permutation of real values that anybody could repeat would protect nothing.
fn secret(source: &Source<'_>) -> Digest {
    let mut hasher = Sha256::new();
    for column in &source.columns {
        hasher.update(column.name.as_bytes());
        let bytes: Vec<u8> = match &column.values {
            Values::Numbers(numbers) => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Values::Labels { codes, levels } => {
                levels.iter().for_each(|level| hasher.update(level.as_bytes()));
                codes.iter().flat_map(|code| code.to_le_bytes()).collect()
            }
        };
        hasher.update(&bytes);
    }
    Digest(hasher.finalize().into())
}

fn mixed(seed: Seed, secret: Option<Digest>) -> Seed {
    secret.map_or(seed, |secret| seed.part(&secret.to_string()))
}

impl Fitted {
    /// The model, where it is one of noisy marginals.
    #[must_use]
    pub fn private(&self) -> Option<&PrivateModel> {
        self.model.private()
    }

    /// Makes the rows that are asked for: without direct identifiers, with new subjects, and with the column
    /// `_weight` where groups are boosted.
    ///
    /// # Errors
    /// [`Error::Usage`] for no rows, or a boost of a table that has weights or of a model that makes persons;
    /// else the model's own.
    pub fn release(&self, request: &Request, seed: Seed) -> Result<Made> {
        if request.rows == Some(0) {
            return Err(Error::Usage("nothing to make: expected at least one row".into()));
        }
        let seed = self.seed(seed);
        let Request { rows, condition, boosts } = request;
        let (mut made, weights) = if boosts.is_empty() {
            (self.model.sample(*rows, condition, seed)?, None)
        } else {
            refuse_weights(&self.schema)?;
            let boosted = boosted(&*self.model, boosts, *rows, condition, seed)?;
            (boosted.columns, Some(boosted.weights))
        };
        let rows = made.first().map_or(0, |column| column.values.len());
        let mut columns = Vec::with_capacity(self.schema.columns.len() + 1);
        for (name, column) in &self.schema.columns {
            let place = made.iter().position(|made| made.name == *name);
            let own = place.map(|place| made.swap_remove(place));
            match column.role {
                Role::DirectIdentifier => {}
                // A model that knows persons says whose the rows are.
                Role::Subject if own.is_none() => {
                    let numbering = self.subjects.as_ref();
                    columns.extend(numbering.and_then(|ids| ids.column(name, column, rows)));
                }
                _ => columns.extend(own),
            }
        }
        columns.extend(weights.map(made_weights));
        let table = Table { sample: Sample::Synthetic, columns, rows };
        let warnings = self.warnings(request);
        Ok(Made { table, guarantee: self.model.guarantee(), warnings })
    }

    /// Groups that were asked for and are more noise than people.
    fn warnings(&self, request: &Request) -> Vec<String> {
        let faint = |condition: &Condition| {
            self.model.signal(condition).is_some_and(|deviations| deviations < SIGNAL)
        };
        let warning = |what: String| {
            format!(
                "{what} is within {SIGNAL} standard deviations of its noise from nobody: its rows are noise"
            )
        };
        let mut warnings = Vec::new();
        if !request.condition.is_empty() && faint(&request.condition) {
            warnings.push(warning("the group of --where".to_owned()));
        }
        for boost in &request.boosts {
            if faint(&boost.group(&request.condition)) {
                warnings.push(warning(format!("`{}` = {}", boost.column, boost.level)));
            }
        }
        warnings
    }

    /// The seed of the draws of a release.
    pub(super) fn seed(&self, seed: Seed) -> Seed {
        mixed(seed.part(self.info.id).part("sample"), self.secret)
    }

    /// What is proven of everything it makes.
    #[must_use]
    pub fn guarantee(&self) -> Guarantee {
        self.model.guarantee()
    }

    /// Whether it may hold real people's values: whatever has no guarantee may.
    #[must_use]
    pub fn holds_personal_data(&self) -> bool {
        self.real_data_access == RealDataAccess::Read
            && matches!(self.model.guarantee(), Guarantee::None { .. })
    }
}

/// The column that undoes a boost.
fn made_weights(weights: Vec<f64>) -> Column {
    let schema = ColumnSchema { weight: true, ..ColumnSchema::new(ColumnKind::Continuous) };
    made(WEIGHT, &schema, Values::Numbers(weights))
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
    fitted.release(&Request { rows, ..Request::default() }, seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::table;
    use crate::synth::dp::Budget;
    use crate::synth::{Entry, Independent, SYNTHESIZERS, TakesBudget};
    use crate::table::Cell;

    const SCHEMA: &str = "[columns.id]\nkind = 'text'\nrole = 'subject'\n\
                          [columns.name]\nkind = 'text'\nrole = 'direct-identifier'\n\
                          [columns.x]\nkind = 'integer'\n\
                          [columns.w]\nkind = 'continuous'\nweight = true\n";

    /// Thirty persons: some methods make nothing of fewer than a crowd.
    fn real() -> String {
        let line = |row: usize| format!("p{},Ann{row},{},{}.5\n", row / 2, row % 4, row % 3);
        format!("id,name,x,w\n{}", (0..60).map(line).collect::<String>())
    }

    /// No method can release an identifier, since none is shown one.
    #[test]
    fn identifiers_are_left_out_and_subjects_are_new() {
        let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
        let real = table(&real(), Sample::Train, &schema);
        let free = |entry: &&Entry| entry.records && entry.info.budget != TakesBudget::Always;
        for entry in SYNTHESIZERS.iter().filter(free) {
            let method = entry.method(toml::Table::new()).unwrap();
            let made = synthesize(&*method, &real, &schema, Some(7), Seed::new(0)).unwrap().table;
            let names: Vec<&str> = made.columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(names, ["id", "x", "w"], "{}", entry.info.id);
            assert_eq!((made.rows, made.persons().count), (7, 7));
            let Values::Labels { levels, .. } = &made.column("id").unwrap().values else {
                panic!("subjects of kind text are labels")
            };
            assert!(!levels.iter().any(|level| level.starts_with('p')));
        }
    }

    /// A model that draws one row, in an order of its own and with a direct identifier.
    struct Shuffled;

    impl Model for Shuffled {
        fn sample(&self, _: Option<usize>, _: &Condition, _: Seed) -> Result<Vec<Column>> {
            let schema = ColumnSchema::new(ColumnKind::Integer);
            let column = |(name, x): &(&str, f64)| made(name, &schema, Values::Numbers(vec![*x]));
            Ok([("w", 3.0), ("name", 1.0), ("x", 2.0)].iter().map(column).collect())
        }

        fn guarantee(&self) -> Guarantee {
            Guarantee::None { reason: "a test".into() }
        }

        fn state(&self) -> Result<Vec<u8>> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn made_columns_are_found_by_name() {
        let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
        let real = table(&real(), Sample::Train, &schema);
        let mut none = Accountant::without_budget();
        let mut fitted =
            fit(&Independent::default(), &real, &schema, &mut none, Seed::new(0)).unwrap();
        fitted.model = Box::new(Shuffled);
        let table = fitted.release(&Request::default(), Seed::new(0)).unwrap().table;
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "x", "w"]);
        for (name, expected) in [("x", 2.0), ("w", 3.0)] {
            assert_eq!(table.column(name).unwrap().cell(0), Cell::Number(expected));
        }
    }

    /// With the seed alone nobody can tell which draws were made: they depend on every real value.
    #[test]
    fn draws_depend_on_the_records_unless_a_budget_was_granted() {
        let schema = Schema::parse("[columns.x]\nkind = 'integer'\n", "s").unwrap();
        let secret = |csv: &str, mut accountant: Accountant| {
            let real = table(csv, Sample::Train, &schema);
            let method = Independent::default();
            fit(&method, &real, &schema, &mut accountant, Seed::new(0)).unwrap().secret
        };
        let none = Accountant::without_budget;
        assert_ne!(secret("x\n1\n2\n", none()), secret("x\n1\n3\n", none()));
        assert_eq!(secret("x\n1\n2\n", none()), secret("x\n1\n2\n", none()));
        let budget = Budget::new(1.0, 1e-6).unwrap();
        assert!(secret("x\n1\n2\n", Accountant::with_budget(budget)).is_none());
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

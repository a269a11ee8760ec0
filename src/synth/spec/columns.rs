//! `[columns.NAME]` and `[[derived]]`: what each column is, then how it comes about.

use super::marginal::{Conditional, Marginal, conditional, in_order, numbers, shares, value};
use super::plan::{Origin, Planned};
use super::tree::{Document, Section, Tree};
use crate::error::Result;
use crate::table::{ColumnKind, ColumnSchema, Expression, Role};

/// What `[columns.NAME]` may have.
const KEYS: [&str; 16] = [
    "kind",
    "role",
    "levels",
    "share",
    "distribution",
    "given",
    "table",
    "missing",
    "lower",
    "upper",
    "step",
    "hidden",
    "source",
    "protected",
    "target",
    "constant",
];

/// Of these, what says how a column is drawn.
const DRAWN: [&str; 4] = ["share", "distribution", "given", "table"];

/// Of these, what says which values a column has.
const OF_VALUES: [&str; 9] =
    ["levels", "share", "distribution", "given", "table", "missing", "lower", "upper", "step"];

/// A column of the file that is not planned in full yet.
pub(super) struct Written<'a> {
    pub(super) section: Section<'a>,
    pub(super) name: String,
}

/// The columns under `[columns]`, in the order of the file.
pub(super) fn written<'a>(document: &'a Document<'a>, tree: &'a Tree) -> Result<Vec<Written<'a>>> {
    let Tree::Table(entries) = tree else {
        return Err(document.error(0, "[columns]: expected tables"));
    };
    let column = |(key, tree): &'a (toml::Spanned<String>, Tree)| {
        let (name, at) = (key.as_ref(), key.span().start);
        let section = document.section(tree, at, &format!("column `{name}`"), &KEYS)?;
        Ok(Written { section: Section { at, ..section }, name: name.clone() })
    };
    entries.iter().map(column).collect()
}

impl Written<'_> {
    /// What the column is: its kind, bounds and levels. How it comes about is filled in later.
    pub(super) fn plan(&self) -> Result<Planned> {
        let section = &self.section;
        let kind: ColumnKind = named(section, "kind")?.ok_or_else(|| {
            section.error("`kind` is missing: continuous, integer, ordinal, categorical, boolean, datetime or text")
        })?;
        let mut schema = ColumnSchema::new(kind);
        schema.role = named(section, "role")?.unwrap_or(Role::Other);
        let bound = |key: &str| -> Result<Option<f64>> {
            let found = section.get(key).map(|(_, tree)| value(tree, &ColumnSchema::new(kind)));
            found.transpose().map_err(|problem| section.error_at(key, problem))
        };
        (schema.lower, schema.upper) = (bound("lower")?, bound("upper")?);
        schema.step = section.number("step")?;
        if schema.step.is_some_and(|step| step <= 0.0) {
            return Err(section.error_at("step", "expected a number above 0"));
        }
        schema.source = section.text("source")?.map(str::to_owned);
        schema.protected = truth(section, "protected")?;
        schema.target = truth(section, "target")?;
        let levels = self.levels(kind)?;
        let missing = section.number("missing")?.unwrap_or(0.0);
        if !(0.0..1.0).contains(&missing) {
            return Err(section.error_at("missing", "expected a share of 0 or more and below 1"));
        }
        Ok(Planned {
            name: self.name.clone(),
            schema,
            levels,
            origin: Origin::Subject,
            missing,
            hidden: truth(section, "hidden")?,
            constant: truth(section, "constant")?,
        })
    }

    /// Refuses what the column has and does not use: it would be read as something that was said of it.
    pub(super) fn refuse_unused(&self, planned: &Planned, has_persons: bool) -> Result<()> {
        let section = &self.section;
        let kind = planned.schema.kind;
        let refuse =
            |keys: &[&str], problem: &str| match keys.iter().find(|key| section.get(key).is_some())
            {
                Some(key) => Err(section.error_at(key, problem)),
                None => Ok(()),
            };
        if planned.schema.role == Role::Subject {
            if !matches!(kind, ColumnKind::Text | ColumnKind::Integer) {
                return Err(section.error_at("kind", "a subject is of kind text or integer"));
            }
            refuse(&OF_VALUES, "a subject column has no values of its own: persons are numbered")?;
        }
        if !has_persons {
            refuse(&["constant"], "every row is a person of its own: add `[persons]`")?;
        }
        if kind != ColumnKind::Boolean {
            refuse(
                &["share"],
                "only a boolean column has a share: the others have levels or a distribution",
            )?;
        }
        if matches!(kind, ColumnKind::Categorical | ColumnKind::Boolean | ColumnKind::Text) {
            refuse(&["distribution"], "only numbers and dates have a distribution")?;
        }
        if matches!(planned.origin, Origin::Derived(_)) {
            refuse(&DRAWN, "the column is computed by `[[derived]]`, and nothing is drawn for it")?;
        }
        if section.get("given").is_some() {
            refuse(&DRAWN[..2], "`table` says how the column is drawn")?;
        }
        Ok(())
    }

    /// The levels: as listed, else as they are first mentioned in the table.
    fn levels(&self, kind: ColumnKind) -> Result<Vec<String>> {
        if kind == ColumnKind::Boolean {
            return Ok(vec!["false".to_owned(), "true".to_owned()]);
        }
        let listed = match self.section.get("levels") {
            Some((_, Tree::Table(entries))) => {
                Some(entries.iter().map(|(key, _)| key.as_ref().clone()).collect())
            }
            Some((_, Tree::List(_))) => Some(self.section.texts("levels")?),
            Some(_) => {
                return Err(self.section.error_at("levels", "expected levels with their shares"));
            }
            None => None,
        };
        let has_levels =
            matches!(kind, ColumnKind::Categorical | ColumnKind::Ordinal | ColumnKind::Text);
        match (listed, has_levels) {
            (Some(_), false) => Err(self
                .section
                .error_at("levels", "only a categorical, ordinal or text column has levels")),
            (Some(levels), true) => Ok(levels),
            (None, true) => {
                let depth = self.section.texts("given")?.len();
                let mut levels = Vec::new();
                if let Some((_, table)) = self.section.get("table") {
                    mentioned(table, depth, &mut levels);
                }
                Ok(levels)
            }
            (None, false) => Ok(Vec::new()),
        }
    }

    /// How its values are drawn. `columns` are all columns, of which those it is given must have levels.
    pub(super) fn drawn(&self, planned: &Planned, columns: &[Planned]) -> Result<Conditional> {
        let section = &self.section;
        let leaf = |tree: &Tree| self.marginal("table", tree, planned);
        let given = section.texts("given")?;
        match (given.is_empty(), section.get("table")) {
            (false, Some((_, table))) => {
                let mut parents = Vec::new();
                for name in &given {
                    parents.push(self.parent(name, columns)?);
                }
                conditional(section, table, &parents, &leaf)
            }
            (false, None) => Err(section.error_at("given", "`table` is missing")),
            (true, Some(_)) => {
                Err(section.error_at("table", "`given` is missing: which columns it is for"))
            }
            (true, None) => Ok(Conditional::alone(self.alone(planned)?)),
        }
    }

    fn parent<'p>(
        &self,
        name: &str,
        columns: &'p [Planned],
    ) -> Result<(usize, &'p str, &'p [String])> {
        let refuse = |problem: String| self.section.error_at("given", problem);
        let place = columns.iter().position(|column| column.name == name);
        let place = place.ok_or_else(|| {
            let names = columns.iter().map(|column| column.name.as_str());
            refuse(format!(
                "no column is called `{name}`{}",
                crate::suggest::did_you_mean(name, names)
            ))
        })?;
        let parent = &columns[place];
        if parent.levels.is_empty() {
            return Err(refuse(format!(
                "`{name}` has no levels: derive a column with levels from it, as in `if {name} < 40 {{ 'young' }} else {{ 'old' }}`"
            )));
        }
        Ok((place, &parent.name, &parent.levels))
    }

    /// A marginal that is given nothing.
    fn alone(&self, planned: &Planned) -> Result<Marginal> {
        let section = &self.section;
        match planned.schema.kind {
            ColumnKind::Boolean => {
                let (_, tree) = section.get("share").ok_or_else(|| {
                    section.error("`share` is missing: the share of rows in which it is true")
                })?;
                self.marginal("share", tree, planned)
            }
            ColumnKind::Categorical | ColumnKind::Text => self.of_levels(planned),
            ColumnKind::Ordinal if section.get("distribution").is_none() => self.of_levels(planned),
            _ => {
                let (_, tree) = section.get("distribution").ok_or_else(|| {
                    section.error(
                        "`distribution` is missing, as in { normal = { mean = 47, sd = 18 } }",
                    )
                })?;
                self.marginal("distribution", tree, planned)
            }
        }
    }

    fn of_levels(&self, planned: &Planned) -> Result<Marginal> {
        let section = &self.section;
        match section.get("levels") {
            Some((_, tree @ Tree::Table(_))) => self.marginal("levels", tree, planned),
            Some((_, Tree::List(levels))) if !levels.is_empty() => {
                let count = levels.len() as f64;
                Ok(Marginal::Shares((1..=levels.len()).map(|place| place as f64 / count).collect()))
            }
            _ => Err(section.error("`levels` is missing, as in { F = 0.52, M = 0.48 }")),
        }
    }

    /// What `tree` says of the column: a share, shares of levels, or a distribution.
    fn marginal(&self, key: &str, tree: &Tree, planned: &Planned) -> Result<Marginal> {
        let section = &self.section;
        match planned.schema.kind {
            ColumnKind::Boolean => match tree.number() {
                Some(share) if (0.0..=1.0).contains(&share) => {
                    Ok(Marginal::Shares(vec![1.0 - share, 1.0]))
                }
                _ => Err(section.error_at(key, "expected the share that is true, from 0 to 1")),
            },
            _ if !planned.levels.is_empty() => {
                let shares = shares(section, key, tree)?;
                in_order(section, key, &shares, &planned.levels)
            }
            _ => Ok(Marginal::Numbers(numbers(section, key, tree, &planned.schema)?)),
        }
    }

    /// Bounds that stand beside the distribution are those of the column.
    pub(super) fn bounds_of_distribution(&self, planned: &mut Planned) -> Result<()> {
        let Some((_, Tree::Table(entries))) = self.section.get("distribution") else {
            return Ok(());
        };
        for (key, tree) in entries {
            let bound = match key.as_ref().as_str() {
                "lower" => &mut planned.schema.lower,
                "upper" => &mut planned.schema.upper,
                _ => continue,
            };
            let found = value(tree, &ColumnSchema::new(planned.schema.kind))
                .map_err(|problem| self.section.error_at("distribution", problem))?;
            *bound = bound.or(Some(found));
        }
        Ok(())
    }
}

/// The keys `depth` tables down, in order of first mention.
fn mentioned(tree: &Tree, depth: usize, levels: &mut Vec<String>) {
    let Tree::Table(entries) = tree else { return };
    for (key, branch) in entries {
        match depth {
            0 if levels.contains(key.as_ref()) => {}
            0 => levels.push(key.as_ref().clone()),
            _ => mentioned(branch, depth - 1, levels),
        }
    }
}

/// A truth value, `false` where there is none.
fn truth(section: &Section<'_>, key: &str) -> Result<bool> {
    match section.get(key) {
        None => Ok(false),
        Some((_, Tree::Leaf(toml::Value::Boolean(truth)))) => Ok(*truth),
        Some(_) => Err(section.error_at(key, "expected true or false")),
    }
}

/// One of the names that a type has.
fn named<T: serde::de::DeserializeOwned>(section: &Section<'_>, key: &str) -> Result<Option<T>> {
    let read = |text: &str| {
        toml::Value::String(text.to_owned())
            .try_into()
            .map_err(|error: toml::de::Error| section.error_at(key, error.message()))
    };
    section.text(key)?.map(read).transpose()
}

/// Adds what `[[derived]]` says: to a column of `[columns]`, or as a new one.
pub(super) fn derive(
    document: &Document<'_>,
    tree: &Tree,
    at: usize,
    columns: &mut Vec<Planned>,
) -> Result<()> {
    let section = document.section(tree, at, "[[derived]]", &["column", "expression"])?;
    let name = section.required_text("column")?.to_owned();
    let text = section.required_text("expression")?;
    let known: Vec<(String, ColumnSchema)> = columns.iter().map(Planned::named).collect();
    let expression = Expression::parse(text, &known)
        .map_err(|problem| section.error_at("expression", problem))?;
    let place = columns.iter().position(|column| column.name == name);
    let place = place.unwrap_or_else(|| {
        columns.push(Planned {
            name: name.clone(),
            schema: ColumnSchema::new(expression.kind()),
            levels: expression.labels(&known),
            origin: Origin::Subject,
            missing: 0.0,
            hidden: false,
            constant: false,
        });
        columns.len() - 1
    });
    let column = &mut columns[place];
    if expression.columns().contains(&place) {
        return Err(section.error_at("expression", format!("`{name}` is computed from itself")));
    }
    if column.levels.is_empty() {
        column.levels = expression.labels(&known);
    }
    if !fits(expression.kind(), column.schema.kind) {
        let problem = format!(
            "it is {}, and `{name}` is {}",
            expression.kind().name(),
            column.schema.kind.name()
        );
        return Err(section.error_at("expression", problem));
    }
    let has_levels = !matches!(
        column.schema.kind,
        ColumnKind::Continuous | ColumnKind::Integer | ColumnKind::DateTime
    );
    if has_levels && column.levels.is_empty() {
        let problem = format!(
            "`{name}` has no levels, and none are known of what it is computed from: list its `levels`, or \
             put the `[[derived]]` of the other first"
        );
        return Err(section.error_at("expression", problem));
    }
    let labels = expression.labels(&known);
    if let Some(unknown) = labels.iter().find(|label| !column.levels.contains(label)) {
        return Err(section.error_at("expression", format!("`{name}` has no level `{unknown}`")));
    }
    column.origin = Origin::Derived(expression);
    Ok(())
}

/// Whether values of kind `from` can stand in a column of kind `to`.
pub(super) fn fits(from: ColumnKind, to: ColumnKind) -> bool {
    use ColumnKind::{Categorical, Continuous, Integer, Ordinal, Text};
    match (from, to) {
        (Continuous, Continuous | Integer) | (Categorical, Categorical | Text | Ordinal) => true,
        (from, to) => from == to,
    }
}

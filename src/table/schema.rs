//! The schema: what every column is, who can know it, and between which public bounds it lies.
//!
//! A schema is a claim that a person reviews, never something inferred silently: two readings of
//! one file under one schema give the same values, and [`Schema::digest`] names that schema.

mod check;
mod parse;

use serde::{Deserialize, Serialize};

use super::Expression;
use super::digest::Framed;
use crate::digest::Digest;
use crate::error::Result;

/// What the columns of a table mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The person who reviewed the schema; empty when nobody has.
    pub reviewed_by: String,
    /// Texts that mean "missing" in every column without a list of its own. Default: the empty text.
    pub missing: Vec<String>,
    /// The columns by name, in the order of the file.
    pub columns: Vec<(String, ColumnSchema)>,
    /// Rules that hold between columns.
    pub constraints: Vec<Constraint>,
    /// Which columns two separate sources know, for linkability.
    pub linkability: Option<Linkability>,
}

/// What one column means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnSchema {
    /// How the column is measured.
    pub kind: ColumnKind,
    /// What an adversary does with it.
    pub role: Role,
    /// Texts that mean "missing" in this column, *instead of* the schema's.
    pub missing: Option<Vec<String>>,
    /// Smallest value allowed after coding. Date-times: seconds since 1970-01-01T00:00:00Z.
    pub lower: Option<f64>,
    /// Largest value allowed after coding.
    pub upper: Option<f64>,
    /// The unit in which the column is recorded (seconds for date-times).
    pub step: Option<f64>,
    /// Top code: larger values are read as this one.
    pub top: Option<f64>,
    /// Bottom code: smaller values are read as this one.
    pub bottom: Option<f64>,
    /// The width at which an adversary knows the value (seconds for date-times).
    pub precision: Option<f64>,
    /// The categories: in rank order for an ordinal column, in any order for a categorical one.
    pub levels: Option<Vec<String>>,
    /// Where bins of the column begin when it is synthesized under a budget; public numbers. No audit reads it.
    pub edges: Option<Vec<f64>>,
    /// Numbers that many records share, such as 0 of an expense: each gets a bin of its own when the column is
    /// synthesized under a budget. Public; no audit reads it.
    pub spikes: Option<Vec<f64>>,
    /// Where bounds and levels come from: `data`, or a public source with its citation.
    pub source: Option<String>,
    /// Whether its values are groups for worst-group rules and fairness.
    pub protected: bool,
    /// Whether it is what a model trained on the release predicts.
    pub target: bool,
    /// Whether it is a sampling weight rather than a fact about a person.
    pub weight: bool,
}

/// How a column is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// A number on a continuous scale.
    Continuous,
    /// A whole number.
    Integer,
    /// Ordered categories: the rank in `levels`, or a number where there are none.
    Ordinal,
    /// Unordered categories.
    Categorical,
    /// True or false.
    Boolean,
    /// A date, or a date and a time.
    DateTime,
    /// Free text.
    Text,
}

/// What an adversary does with a column, in the terms of statistical disclosure control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Names a person by itself.
    DirectIdentifier,
    /// Known to outsiders, identifying in combination.
    QuasiIdentifier,
    /// What an adversary wants to learn.
    Sensitive,
    /// None of these.
    #[default]
    Other,
    /// The person a row belongs to: the unit of privacy.
    Subject,
}

/// A rule between columns, such as `diastolic <= systolic`: an [`Expression`] that no row makes false.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    /// The rule as written.
    pub rule: String,
}

/// Two disjoint sets of columns, each known to one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linkability {
    /// What the first source knows.
    pub a: Vec<String>,
    /// What the second source knows.
    pub b: Vec<String>,
}

impl Schema {
    /// Parses `schema.toml`. `file_name` is used in messages only.
    ///
    /// # Errors
    /// [`crate::Error::Config`] with the line, when the text is not TOML, has an unknown key or kind, or
    /// makes a claim that cannot hold (lower above upper, a top code out of bounds, two subjects, …).
    pub fn parse(text: &str, file_name: &str) -> Result<Self> {
        parse::parse(text, file_name)
    }

    /// What the schema says of the column called `name`.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnSchema> {
        self.columns.iter().find(|(known, _)| known == name).map(|(_, column)| column)
    }

    /// The column that says which person a row belongs to.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        let subject = self.columns.iter().find(|(_, column)| column.role == Role::Subject);
        subject.map(|(name, _)| name.as_str())
    }

    /// The constraints as rules over [`Schema::columns`]; all of them were read once when the schema was.
    #[must_use]
    pub fn rules(&self) -> Vec<Expression> {
        let rule =
            |constraint: &Constraint| Expression::parse_rule(&constraint.rule, &self.columns);
        self.constraints.iter().filter_map(|constraint| rule(constraint).ok()).collect()
    }

    /// The texts that mean "missing" in `column`: its own list if it has one, else the schema's.
    #[must_use]
    pub fn missing_tokens<'a>(&'a self, column: &'a ColumnSchema) -> &'a [String] {
        column.missing.as_deref().unwrap_or(&self.missing)
    }

    /// The same without what was read from the data ([`ColumnSchema::without_data`]): what may be told of it
    /// under a privacy budget.
    #[must_use]
    pub fn without_data(&self) -> Self {
        let column =
            |(name, column): &(String, ColumnSchema)| (name.clone(), column.without_data());
        Self { columns: self.columns.iter().map(column).collect(), ..self.clone() }
    }

    /// Names what the schema says. It depends on everything that can change a figure of an audit and
    /// on nothing else: not on comments, the order of columns, the reviewer, or which public source
    /// is cited.
    ///
    /// Layout: SHA-256 over frames (see [`super::content_digest`]): `dosimeter schema 2`; the number of
    /// columns; for each column in byte order of its name: name, kind, role, the sorted missing tokens
    /// in force, lower, upper, step, top, bottom, precision, levels (sorted unless ordinal), protected,
    /// target, weight, whether the bounds were read from the data; the sorted constraints; the sorted sides of linkability. A number is its shortest decimal
    /// text, an absent value is a missing frame, a list is its length and its items.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut framed = Framed::new("dosimeter schema 2");
        let mut columns: Vec<_> = self.columns.iter().collect();
        columns.sort_by(|left, right| left.0.cmp(&right.0));
        framed.count(columns.len());
        for (name, column) in columns {
            framed.text(name);
            column.frame(&mut framed, self.missing_tokens(column));
        }
        let rules: Vec<String> = self.constraints.iter().map(|rule| rule.rule.clone()).collect();
        framed.list(&sorted(&rules));
        let (a, b) =
            self.linkability.as_ref().map(|link| (&link.a[..], &link.b[..])).unwrap_or_default();
        framed.list(&sorted(a));
        framed.list(&sorted(b));
        framed.finish()
    }
}

impl ColumnSchema {
    /// A column of this kind about which nothing else is said.
    #[must_use]
    pub fn new(kind: ColumnKind) -> Self {
        Self {
            kind,
            role: Role::Other,
            missing: None,
            lower: None,
            upper: None,
            step: None,
            top: None,
            bottom: None,
            precision: None,
            levels: None,
            edges: None,
            spikes: None,
            source: None,
            protected: false,
            target: false,
            weight: false,
        }
    }

    /// Whether attacks compare records on it: not a subject, not a direct identifier, not a weight.
    #[must_use]
    pub fn compared(&self) -> bool {
        !self.weight && !matches!(self.role, Role::Subject | Role::DirectIdentifier)
    }

    /// Whether values of the column are numbers to every later room (ordinal ranks included).
    #[must_use]
    pub fn is_number(&self) -> bool {
        use ColumnKind::{Continuous, DateTime, Integer, Ordinal};
        matches!(self.kind, Continuous | Integer | Ordinal | DateTime)
    }

    /// Whether the bounds were read from the data (`source = "data"`), where one extreme record sets them.
    #[must_use]
    pub fn bounds_from_data(&self) -> bool {
        self.source.as_deref() == Some("data")
    }

    /// The same without what was read from the data (`source = "data"`): bounds, codes, levels, bins and the
    /// step. Ranks of an ordinal column stay, since without them nothing is read; no budget buys them, so that
    /// a private method refuses them.
    #[must_use]
    pub fn without_data(&self) -> Self {
        if !self.bounds_from_data() {
            return self.clone();
        }
        let ranks = self.levels.clone().filter(|_| self.kind == ColumnKind::Ordinal);
        Self {
            lower: None,
            upper: None,
            step: None,
            top: None,
            bottom: None,
            edges: None,
            spikes: None,
            levels: ranks,
            ..self.clone()
        }
    }

    /// The categories as tables hold them (canonical texts, sorted), where a public list names them.
    #[must_use]
    pub fn public_levels(&self) -> Option<Vec<Box<str>>> {
        let levels = self.levels.as_ref().filter(|_| !self.bounds_from_data())?;
        let mut levels: Vec<Box<str>> =
            levels.iter().map(|level| super::canonical::label(level).into()).collect();
        levels.sort();
        levels.dedup();
        Some(levels)
    }

    fn frame(&self, framed: &mut Framed, missing: &[String]) {
        framed.text(self.kind.name());
        framed.text(self.role.name());
        framed.list(&sorted(missing));
        for number in [self.lower, self.upper, self.step, self.top, self.bottom, self.precision] {
            framed.optional(number.map(super::number::render).as_deref());
        }
        let levels = self.levels.as_deref().unwrap_or_default();
        match self.kind {
            ColumnKind::Ordinal => framed.list(levels),
            _ => framed.list(&sorted(levels)),
        }
        for flag in [self.protected, self.target, self.weight, self.bounds_from_data()] {
            framed.text(if flag { "true" } else { "false" });
        }
    }
}

impl ColumnKind {
    /// The name in `schema.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Continuous => "continuous",
            Self::Integer => "integer",
            Self::Ordinal => "ordinal",
            Self::Categorical => "categorical",
            Self::Boolean => "boolean",
            Self::DateTime => "datetime",
            Self::Text => "text",
        }
    }
}

impl Role {
    /// The name in `schema.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DirectIdentifier => "direct-identifier",
            Self::QuasiIdentifier => "quasi-identifier",
            Self::Sensitive => "sensitive",
            Self::Other => "other",
            Self::Subject => "subject",
        }
    }
}

fn sorted(items: &[String]) -> Vec<String> {
    let mut items = items.to_vec();
    items.sort();
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(text: &str) -> Digest {
        Schema::parse(text, "schema.toml").unwrap().digest()
    }

    #[test]
    fn digest_ignores_comments_order_and_reviewer() {
        let one = "[columns.a]\nkind = 'integer'\nlower = 0\n[columns.b]\nkind = 'categorical'\nlevels = ['x', 'y']\n";
        let two = "reviewed-by = 'Kim' # yes\n[columns.b]\nkind = 'categorical'\nlevels = ['y', 'x']\nsource = 'public: x'\n\
                   [columns.a]\nkind = 'integer'\nlower = 0.0\n";
        assert_eq!(digest(one), digest(two));
    }

    #[test]
    fn digest_depends_on_all_that_changes_a_figure() {
        let base = "[columns.a]\nkind = 'integer'\nlower = 0\n[columns.b]\nkind = 'ordinal'\nlevels = ['x', 'y']\n";
        for changed in [
            base.replace("'integer'", "'continuous'"),
            base.replace("lower = 0", "lower = 1"),
            base.replace("lower = 0", "bottom = 0"),
            base.replace("lower = 0", "lower = 0\nrole = 'sensitive'"),
            base.replace("lower = 0", "lower = 0\nsource = 'data'"),
            base.replace("['x', 'y']", "['y', 'x']"),
            base.replace("columns.b", "columns.c"),
            format!("missing = ['?']\n{base}"),
            format!("{base}[[constraint]]\nrule = 'a <= a'\n"),
        ] {
            assert_ne!(digest(base), digest(&changed), "{changed}");
        }
    }

    /// Two schemas that differ in nothing but what was read from the data are one without it.
    #[test]
    fn what_was_read_from_the_data_can_be_left_out() {
        let schema = |bounds: &str, levels: &str, ranks: &str| {
            let text = format!(
                "[columns.a]\nkind = 'integer'\nsource = 'data'\n{bounds}\n\
                 [columns.b]\nkind = 'categorical'\nlevels = {levels}\nsource = 'data'\n\
                 [columns.c]\nkind = 'ordinal'\nlevels = {ranks}\nsource = 'data'\n\
                 [columns.d]\nkind = 'integer'\nlower = 0\nupper = 9\nsource = 'public: book'\n"
            );
            Schema::parse(&text, "schema.toml").unwrap()
        };
        let every =
            "lower = 1\nupper = 99\nstep = 2\nbottom = 3\ntop = 97\nedges = [50]\nspikes = [7]";
        let one = schema(every, "['x', 'y']", "['p', 'q']");
        let other = schema("lower = -5\nupper = 5", "['z']", "['p', 'q']");
        assert!(one.without_data() == other.without_data() && one.digest() != other.digest());
        assert_eq!(one.without_data().digest(), other.without_data().digest());
        assert_eq!(one.without_data().columns[2..], one.columns[2..]);
    }

    #[test]
    fn subjects_identifiers_and_weights_are_not_compared() {
        let text = "[columns.p]\nkind = 'text'\nrole = 'subject'\n[columns.n]\nkind = 'text'\nrole = 'direct-identifier'\n\
                    [columns.w]\nkind = 'continuous'\nweight = true\n[columns.x]\nkind = 'boolean'\n";
        let schema = Schema::parse(text, "schema.toml").unwrap();
        let compared: Vec<bool> =
            schema.columns.iter().map(|(_, column)| column.compared()).collect();
        assert_eq!(compared, [false, false, false, true]);
        assert_eq!(schema.subject(), Some("p"));
    }
}

//! From the text of a specification to a [`Spec`], with the line of whatever is wrong.

use super::columns::{Written, derive, fits, written};
use super::copula::copula;
use super::marginal::numbers;
use super::plan::{Origin, Persons, Planned};
use super::tree::{Document, Section, Tree};
use super::{Spec, schema};
use crate::error::Result;
use crate::suggest::did_you_mean;
use crate::table::{ColumnKind, ColumnSchema, Expression, Role};

/// What a specification may have.
const KEYS: [&str; 8] = [
    "rows",
    "columns",
    "correlation",
    "derived",
    "constraint",
    "persons",
    "sequence",
    "reviewed-by",
];

/// Seconds of a day: the unit of a gap between moments.
const DAY: f64 = 86_400.0;

pub(super) fn parse(text: &str, file: &str) -> Result<Spec> {
    let document = Document { file, text };
    let tree = document.tree()?;
    let top = document.section(&tree, 0, "specification", &KEYS)?;
    let (at, tree) = top
        .get("columns")
        .ok_or_else(|| top.error("there are no columns: add a table such as `[columns.age]`"))?;
    let written = written(&document, tree)?;
    let mut columns = written.iter().map(Written::plan).collect::<Result<Vec<_>>>()?;
    for (written, column) in written.iter().zip(&mut columns) {
        written.bounds_of_distribution(column)?;
    }
    let persons = persons(&document, &top, &mut columns)?;
    for column in &mut columns {
        // A direct identifier is never released; others may be computed from it.
        column.hidden |= column.schema.role == Role::DirectIdentifier;
    }
    for (at, tree) in each(&top, "derived")? {
        derive(&document, tree, at, &mut columns)?;
    }
    for written in &written {
        let planned = columns.iter().find(|column| column.name == written.name);
        planned.map_or(Ok(()), |planned| written.refuse_unused(planned, persons.is_some()))?;
    }
    let sequences = each(&top, "sequence")?;
    draw(&written, &mut columns)?;
    for (at, tree) in sequences {
        sequence(&document, tree, at, &mut columns, persons.is_some())?;
    }
    let copula = match top.get("correlation") {
        Some((at, Tree::List(trees))) => copula(&document, trees, at, &columns)?,
        Some((at, _)) => return Err(document.error(at, "expected `[[correlation]]`")),
        None => None,
    };
    let rules = rules(&document, &top, &columns)?;
    let order = order(&columns).map_err(|name| {
        document.error(at, format!("column `{name}`: it depends on itself through others"))
    })?;
    let reviewer = top.text("reviewed-by")?.unwrap_or_default();
    let schema_text = schema::text(&columns, &rules, reviewer);
    let schema =
        schema::read(&schema_text, &columns).map_err(|problem| document.error(at, problem))?;
    Ok(Spec {
        text: text.to_owned(),
        rows: rows(&top)?,
        schema,
        schema_text,
        columns,
        order,
        copula,
        rules,
        persons,
    })
}

fn rows(top: &Section<'_>) -> Result<Option<usize>> {
    let Some(rows) = top.number("rows")? else { return Ok(None) };
    if rows < 1.0 || rows > f64::from(u32::MAX) || rows.fract() > 0.0 {
        return Err(top.error_at("rows", "expected a whole number above 0"));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number below 2³²"
    )]
    Ok(Some(rows as usize))
}

/// The tables of `[[key]]`.
fn each<'a>(top: &Section<'a>, key: &str) -> Result<Vec<(usize, &'a Tree)>> {
    match top.get(key) {
        None => Ok(Vec::new()),
        Some((at, Tree::List(trees))) => Ok(trees.iter().map(|tree| (at, tree)).collect()),
        Some(_) => Err(top.error_at(key, format!("expected `[[{key}]]`"))),
    }
}

/// `[persons]`: the subject, how many rows a person has, and which columns do not change within one.
fn persons(
    document: &Document<'_>,
    top: &Section<'_>,
    columns: &mut Vec<Planned>,
) -> Result<Option<Persons>> {
    let Some((at, tree)) = top.get("persons") else { return Ok(None) };
    let section =
        document.section(tree, at, "[persons]", &["subject", "rows-per-person", "constant"])?;
    let subject = section.required_text("subject")?;
    match columns.iter_mut().find(|column| column.name == subject) {
        Some(column) if matches!(column.schema.kind, ColumnKind::Text | ColumnKind::Integer) => {
            column.schema.role = Role::Subject;
        }
        Some(_) => {
            return Err(section.error_at("subject", "expected a column of kind text or integer"));
        }
        None => {
            let mut schema = ColumnSchema::new(ColumnKind::Text);
            schema.role = Role::Subject;
            columns.insert(0, Planned::new(subject, schema));
        }
    }
    for name in section.texts("constant")? {
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let column = columns.iter_mut().find(|column| column.name == name);
        let column = column.ok_or_else(|| {
            let near = did_you_mean(&name, names.iter().map(String::as_str));
            section.error_at("constant", format!("no column is called `{name}`{near}"))
        })?;
        column.constant = true;
    }
    let key = "rows-per-person";
    let (_, tree) = section.get(key).ok_or_else(|| section.error(format!("`{key}` is missing")))?;
    let rows = numbers(&section, key, tree, &ColumnSchema::new(ColumnKind::Integer))?;
    Ok(Some(Persons { rows }))
}

/// How every column that nothing is computed for is drawn.
fn draw(written: &[Written<'_>], columns: &mut [Planned]) -> Result<()> {
    for written in written {
        let Some(place) = columns.iter().position(|column| column.name == written.name) else {
            continue;
        };
        let planned = &columns[place];
        let is_drawn =
            matches!(planned.origin, Origin::Subject) && planned.schema.role != Role::Subject;
        if is_drawn {
            let drawn = written.drawn(planned, columns)?;
            columns[place].origin = Origin::Drawn(drawn);
        }
    }
    Ok(())
}

/// `[[sequence]]`: what changes from one row of a person to the next.
fn sequence(
    document: &Document<'_>,
    tree: &Tree,
    at: usize,
    columns: &mut [Planned],
    has_persons: bool,
) -> Result<()> {
    let section = document.section(tree, at, "[[sequence]]", &["column", "gap", "next"])?;
    if !has_persons {
        return Err(section.error("a sequence needs several rows a person: add `[persons]`"));
    }
    let name = section.required_text("column")?;
    let known: Vec<(String, ColumnSchema)> = columns.iter().map(Planned::named).collect();
    let place = columns.iter().position(|column| column.name == name).ok_or_else(|| {
        let near = did_you_mean(name, known.iter().map(|(name, _)| name.as_str()));
        section.error_at("column", format!("no column is called `{name}`{near}"))
    })?;
    let column = &mut columns[place];
    let Origin::Drawn(first) = &column.origin else {
        let problem = format!("`{name}` needs a distribution, from which its first value is drawn");
        return Err(section.error_at("column", problem));
    };
    if column.constant {
        return Err(section.error_at("column", format!("`{name}` is constant within a person")));
    }
    let first = first.clone();
    column.origin = match (section.get("gap"), section.text("next")?) {
        (Some((_, tree)), None) if column.levels.is_empty() => {
            let unit = if column.schema.kind == ColumnKind::DateTime { DAY } else { 1.0 };
            let number = ColumnSchema::new(ColumnKind::Continuous);
            Origin::Sequence { first, gap: numbers(&section, "gap", tree, &number)?, unit }
        }
        (Some(_), None) => {
            return Err(section.error_at("gap", format!("`{name}` is neither a number nor a date")));
        }
        (None, Some(text)) => {
            let next = Expression::parse(text, &known)
                .map_err(|problem| section.error_at("next", problem))?;
            if !fits(next.kind(), column.schema.kind) {
                let problem = format!(
                    "it is {}, and `{name}` is {}",
                    next.kind().name(),
                    column.schema.kind.name()
                );
                return Err(section.error_at("next", problem));
            }
            Origin::Running { first, next }
        }
        _ => return Err(section.error("expected `gap` or `next`, and not both")),
    };
    Ok(())
}

/// `[[constraint]]`: rules that every row keeps.
fn rules(
    document: &Document<'_>,
    top: &Section<'_>,
    columns: &[Planned],
) -> Result<Vec<Expression>> {
    let known: Vec<(String, ColumnSchema)> = columns.iter().map(Planned::named).collect();
    let rule = |(at, tree): (usize, &Tree)| {
        let section = document.section(tree, at, "[[constraint]]", &["rule"])?;
        Expression::parse_rule(section.required_text("rule")?, &known)
            .map_err(|problem| section.error_at("rule", problem))
    };
    each(top, "constraint")?.into_iter().map(rule).collect()
}

/// An order in which every column comes after those that it depends on; else the name of one that cannot.
fn order(columns: &[Planned]) -> std::result::Result<Vec<usize>, String> {
    let mut order: Vec<usize> = Vec::new();
    let mut placed = vec![false; columns.len()];
    while order.len() < columns.len() {
        let ready = |place: &usize| {
            !placed[*place] && columns[*place].depends_on(*place).all(|other| placed[other])
        };
        let found = (0..columns.len()).find(ready);
        let Some(place) = found else {
            let stuck = (0..columns.len()).find(|place| !placed[*place]);
            return Err(stuck.map_or_else(String::new, |place| columns[place].name.clone()));
        };
        placed[place] = true;
        order.push(place);
    }
    Ok(order)
}

impl Planned {
    /// A column of which only this is known.
    fn new(name: &str, schema: ColumnSchema) -> Self {
        Self {
            name: name.to_owned(),
            schema,
            levels: Vec::new(),
            origin: Origin::Subject,
            missing: 0.0,
            hidden: false,
            constant: false,
        }
    }

    /// Its name and what expressions know of it.
    pub(super) fn named(&self) -> (String, ColumnSchema) {
        let mut schema = self.schema.clone();
        let kinds = [ColumnKind::Ordinal, ColumnKind::Categorical, ColumnKind::Text];
        if kinds.contains(&schema.kind) && !self.levels.is_empty() {
            schema.levels = Some(self.levels.clone());
        }
        (self.name.clone(), schema)
    }

    /// The places of the columns that it is drawn or computed from, but for its own at `place`.
    fn depends_on(&self, place: usize) -> impl Iterator<Item = usize> {
        let (given, computed) = match &self.origin {
            Origin::Drawn(drawn) | Origin::Sequence { first: drawn, .. } => {
                (&drawn.given[..], &[][..])
            }
            Origin::Running { first, next } => (&first.given[..], next.columns()),
            Origin::Derived(expression) => (&[][..], expression.columns()),
            Origin::Subject => (&[][..], &[][..]),
        };
        let given = given.iter().map(|(column, _)| *column);
        given.chain(computed.iter().copied()).filter(move |other| *other != place)
    }
}

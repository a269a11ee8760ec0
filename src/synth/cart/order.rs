//! In which order columns are visited, which are drawn inside others, and which are computed.

use std::collections::BTreeMap;

use super::Cart;
use crate::error::{Error, Result};
use crate::suggest::did_you_mean;
use crate::synth::Source;
use crate::table::{ColumnSchema, Expression, Values};

/// The visits, in order; columns by their place in the source.
pub(super) struct Order {
    /// The columns that are drawn.
    pub(super) visits: Vec<usize>,
    /// For each visit, the earlier visit inside whose value it is drawn.
    pub(super) coarse: Vec<Option<usize>>,
    /// The columns that are computed after all others, and the expressions that they are.
    pub(super) derived: Vec<(usize, String)>,
}

impl Order {
    /// The order that the parameters ask for.
    pub(super) fn of(cart: &Cart, real: &Source<'_>) -> Result<Self> {
        let place = |key: &str, name: &str| place(real, key, name);
        let mut derived = Vec::new();
        for (name, text) in &cart.derived {
            derived.push((place("derived", name)?, text.clone()));
        }
        derived.iter().try_for_each(|(column, text)| check(real, &derived, *column, text))?;
        let mut nested = BTreeMap::new();
        for (fine, coarse) in &cart.nested {
            nested.insert(place("nested", fine)?, place("nested", coarse)?);
        }
        if let Some(wrong) = nested.values().find(|&&coarse| is_number(real, coarse)) {
            return Err(Error::Usage(format!(
                "cart: `nested` draws inside the values of `{}`, which has numbers: expected a \
                 categorical column",
                real.columns[*wrong].name
            )));
        }
        let mut wanted: Vec<usize> =
            cart.visit.iter().map(|name| place("visit", name)).collect::<Result<_>>()?;
        wanted.extend(0..real.columns.len());
        let mut order = Self { visits: Vec::new(), coarse: Vec::new(), derived };
        while let Some(next) = order.next(&wanted, &nested) {
            let coarse = nested.get(&next).and_then(|coarse| order.visit(*coarse));
            order.visits.push(next);
            order.coarse.push(coarse);
        }
        if order.visits.len() + order.derived.len() < real.columns.len() {
            return Err(Error::Usage(
                "cart: `nested` names columns that stand inside each other or inside a derived one"
                    .into(),
            ));
        }
        Ok(order)
    }

    /// The first wanted column that is not visited yet and whose coarse column is.
    fn next(&self, wanted: &[usize], nested: &BTreeMap<usize, usize>) -> Option<usize> {
        let computed = |column: &usize| self.derived.iter().any(|(derived, _)| derived == column);
        let open = |column: &usize| !self.visits.contains(column) && !computed(column);
        let ready =
            |column: &usize| nested.get(column).is_none_or(|coarse| self.visits.contains(coarse));
        wanted.iter().copied().find(|column| open(column) && ready(column))
    }

    /// The visit of a column.
    fn visit(&self, column: usize) -> Option<usize> {
        self.visits.iter().position(|&visited| visited == column)
    }
}

/// Whether a column can be what the expression says.
fn check(real: &Source<'_>, derived: &[(usize, String)], column: usize, text: &str) -> Result<()> {
    let name = &real.columns[column].name;
    let wrong = |problem: String| Error::Usage(format!("cart: `derived`: `{name}`: {problem}"));
    let expression = Expression::parse(text, &columns(real)).map_err(wrong)?;
    let reads = |(column, _): &&(usize, String)| expression.columns().contains(column);
    if let Some((other, _)) = derived.iter().find(reads) {
        let other = &real.columns[*other].name;
        return Err(wrong(format!("it reads `{other}`, which is derived itself")));
    }
    let known = |label: &String| match &real.columns[column].values {
        Values::Labels { levels, .. } => {
            let mut listed = real.columns[column].schema.levels.iter().flatten();
            let boolean = matches!(label.as_str(), "true" | "false");
            boolean
                || listed.any(|level| level == label)
                || levels.iter().any(|level| **level == **label)
        }
        Values::Numbers(_) => true,
    };
    if let Some(label) = expression.labels(&columns(real)).into_iter().find(|label| !known(label)) {
        return Err(wrong(format!("`{label}` is no level of the column")));
    }
    let is_number = ColumnSchema::new(expression.kind()).is_number();
    if is_number == real.columns[column].schema.is_number() {
        return Ok(());
    }
    Err(wrong(format!(
        "expected an expression for a column of kind {}, found one of kind {}",
        real.columns[column].schema.kind.name(),
        expression.kind().name()
    )))
}

/// What the schema says of the columns of the source.
pub(super) fn columns(real: &Source<'_>) -> Vec<(String, ColumnSchema)> {
    real.columns.iter().map(|column| (column.name.clone(), column.schema.clone())).collect()
}

fn place(real: &Source<'_>, key: &str, name: &str) -> Result<usize> {
    let names = || real.columns.iter().map(|column| column.name.as_str());
    names().position(|known| known == name).ok_or_else(|| {
        Error::Usage(format!(
            "cart: `{key}` names the column `{name}`, which is not one that a release has{}",
            did_you_mean(name, names())
        ))
    })
}

fn is_number(real: &Source<'_>, column: usize) -> bool {
    matches!(real.columns[column].values, Values::Numbers(_))
}

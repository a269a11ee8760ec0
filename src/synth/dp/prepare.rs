//! What every method under a budget begins with: the domain, and the records in its cells.

use serde::{Deserialize, Serialize};

use super::accountant::Accountant;
use super::domain::{Attribute, Cells, Domain, Undeclared, public};
use super::private::Private;
use super::purchase::{Price, buy};
use super::records::{Records, clipped, records};
use super::round::part;
use crate::error::{Error, Result};
use crate::synth::Source;
use crate::table::{Column, ColumnKind, ColumnSchema, Role, Schema, Values};

/// The share of δ that is set aside when levels are bought.
const DELTA_SHARE: f64 = 0.5;

/// How records become cells.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Preparation {
    /// Bins of a number with more than 128 points.
    pub bins: u32,
    /// Rows of one person that are used, at most.
    pub rows_per_person: u32,
    /// The share of the budget that buys levels and bounds which are not public; 0: they are refused.
    pub domain_share: f64,
}

/// The domain of the `source` and its records in it.
///
/// # Errors
/// [`Error::Usage`] naming every column whose levels or bounds are not public, unless they are paid for; for
/// free text; for parameters that mean nothing.
pub fn prepare(
    source: &Source<'_>,
    preparation: Preparation,
    accountant: &mut Accountant,
) -> Result<(Domain, Private<Records>)> {
    let Preparation { bins, rows_per_person, domain_share } = preparation;
    if bins == 0 || rows_per_person == 0 || !(0.0..1.0).contains(&domain_share) {
        return Err(Error::Usage(
            "expected bins and rows-per-person of at least 1, and a domain-share from 0 to below 1"
                .into(),
        ));
    }
    refuse_subject(source.schema)?;
    accountant.use_rows(rows_per_person, source.schema.subject().is_some())?;
    let known = source.columns.iter().map(|column| public(column, bins));
    let known = known.collect::<Result<Vec<_>>>()?;
    let bought = purchases(source, &known, preparation, accountant)?;
    let planted = accountant.planted().domain_from_data;
    let mut bought = bought.into_iter();
    let mut attributes = Vec::with_capacity(known.len());
    for (column, cells) in source.columns.iter().zip(known) {
        let cells = cells.ok().or_else(|| bought.next()).ok_or_else(|| undeclared(&[]))?;
        let cells = if planted { with_data(cells, column) } else { cells };
        attributes.push(Attribute::new(column, cells, &source.schema.missing));
    }
    let domain = Domain { attributes };
    let records = records(&source.columns, &source.persons, &domain, rows_per_person);
    Ok((domain, records))
}

/// Ids that are rounded when they are read would make one person of several.
fn refuse_subject(schema: &Schema) -> Result<()> {
    use ColumnKind::{Continuous, DateTime, Ordinal};
    let rounded = |column: &ColumnSchema| {
        column.role == Role::Subject && matches!(column.kind, Continuous | DateTime | Ordinal)
    };
    match schema.columns.iter().find(|(_, column)| rounded(column)) {
        None => Ok(()),
        Some((name, column)) => Err(Error::Usage(format!(
            "column `{name}`: a subject of kind {} may not tell persons apart: expected kind text, \
             categorical or integer",
            column.kind.name()
        ))),
    }
}

/// What is not public, bought, in the order of the columns.
fn purchases(
    source: &Source<'_>,
    known: &[Result<Cells, Undeclared>],
    preparation: Preparation,
    accountant: &mut Accountant,
) -> Result<Vec<Cells>> {
    let wanted: Vec<(&Column, Undeclared)> = source
        .columns
        .iter()
        .zip(known)
        .filter_map(|(column, cells)| Some((*column, *cells.as_ref().err()?)))
        .collect();
    // The order of ranks is part of the list, and cannot be bought.
    let ranked = wanted.iter().any(|(column, what)| {
        column.schema.kind == ColumnKind::Ordinal && *what == Undeclared::Levels
    });
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    if preparation.domain_share <= 0.0 || ranked {
        return Err(undeclared(&wanted));
    }
    let lists = wanted.iter().filter(|(_, what)| *what == Undeclared::Levels).count();
    let delta = match u32::try_from(lists).unwrap_or(u32::MAX) {
        0 => 0.0,
        lists => part(accountant.set_aside(DELTA_SHARE)?, lists),
    };
    #[expect(clippy::cast_precision_loss, reason = "columns")]
    let columns = wanted.len() as f64;
    let price = Price {
        rho: accountant.left()? * preparation.domain_share / columns,
        delta,
        most: preparation.rows_per_person,
        bins: preparation.bins,
    };
    let rows = clipped(&source.persons, preparation.rows_per_person);
    wanted.iter().map(|(column, what)| buy(column, *what, &rows, price, accountant)).collect()
}

fn undeclared(wanted: &[(&Column, Undeclared)]) -> Error {
    let mut text =
        "these columns are not described in public, and what is read off the records is not \
                    private:"
            .to_owned();
    for (column, what) in wanted {
        let needs = match (what, column.schema.bounds_from_data()) {
            (Undeclared::Levels, false) => "no `levels`",
            (Undeclared::Levels, true) => "`levels` with source = \"data\"",
            (Undeclared::Bounds, false) => "no `lower` and `upper`",
            (Undeclared::Bounds, true) => "bounds with source = \"data\"",
        };
        text.push_str(&format!("\n  column `{}`: {needs}", column.name));
    }
    text.push_str(
        "\nState them in the schema from a public source (`source = \"public: code book\"`), or spend a part \
         of the budget on them: --set domain-share=0.1 (ranks of an ordinal column cannot be bought)",
    );
    Error::Usage(text)
}

/// A planted bug: levels that occur in the records become cells.
fn with_data(cells: Cells, column: &Column) -> Cells {
    match (cells, &column.values) {
        (Cells::Labels(mut labels), Values::Labels { levels, .. }) => {
            labels.extend(levels.iter().cloned());
            labels.sort_unstable();
            labels.dedup();
            Cells::Labels(labels)
        }
        (cells, _) => cells,
    }
}

#[cfg(test)]
mod tests;

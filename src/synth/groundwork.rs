//! What `mst` and `aim` begin with: what is public is checked before the budget is touched.

use super::cell_rules::{CELLS_OF_RULES, Rules};
use super::dp::domain::Attribute;
use super::dp::{Accountant, Domain, Preparation, Private, Records, prepare};
use super::graphical::belief::Network;
use super::graphical::coding::Coding;
use super::graphical::fit::Fitted;
use super::private_model::PrivateModel;
use super::{Condition, Guarantee, Model as _, Source};
use crate::error::{Error, Result};
use crate::random::Seed;

/// Cells of a model, at most: a larger one would outgrow what anybody can fit.
pub(super) const LARGEST_MODEL: f64 = 1e7;

/// Rows that are drawn to see that the constraints can be kept.
const TRIED: usize = 32;

/// The records in the cells of a domain, with the rules over it.
pub(super) struct Groundwork {
    pub(super) domain: Domain,
    pub(super) records: Private<Records>,
    pub(super) rules: Rules,
    /// The exact number of rows, for a planted bug.
    pub(super) exact: Option<f64>,
}

impl Groundwork {
    /// The domain of the `source` and its records in it. What is public of the domain is checked before the
    /// rest is bought, and the rest then.
    ///
    /// # Errors
    /// As [`prepare`], and [`Error::Usage`] for constraints that no row keeps and a domain that is too large.
    pub(super) fn lay(
        source: &Source<'_>,
        preparation: Preparation,
        accountant: &mut Accountant,
    ) -> Result<Self> {
        let known = public(source, preparation.bins.max(1));
        refuse_senseless(&Rules::of(source.schema, &known)?, &known)?;
        let (domain, records) = prepare(source, preparation, accountant)?;
        let rules = Rules::of(source.schema, &domain)?;
        if domain != known {
            refuse_senseless(&rules, &domain)?;
        }
        let exact = accountant.planted().exact_rows.then_some(source.rows as f64);
        Ok(Self { domain, records, rules, exact })
    }
}

/// The attributes of which everything is public.
fn public(source: &Source<'_>, bins: u32) -> Domain {
    let cells = |column| Attribute::public(column, bins, &source.schema.missing);
    Domain { attributes: source.columns.iter().copied().filter_map(cells).collect() }
}

/// Draws a few rows that keep the rules from what is otherwise uniform.
fn refuse_senseless(rules: &Rules, domain: &Domain) -> Result<()> {
    let sizes = domain.sizes();
    let cells: f64 = sizes.iter().map(|&size| size as f64).sum();
    if cells > LARGEST_MODEL {
        return Err(Error::Usage(format!(
            "the levels and bins of all columns together are more than a model holds: expected at most \
             {LARGEST_MODEL}, found {cells}"
        )));
    }
    if rules.is_empty() {
        return Ok(());
    }
    let codings: Vec<Coding> = sizes.iter().map(|&size| Coding::identity(size)).collect();
    let forbidden = rules.forbidden(domain, &codings, CELLS_OF_RULES);
    let network = Network::new(&sizes, forbidden.iter().map(|table| &table.attributes[..]));
    let parts = forbidden.iter().map(|table| network.part(&table.attributes));
    let parts = parts.collect::<Option<Vec<_>>>().ok_or_else(impossible)?;
    let (beliefs, _) = network.distribution(parts.iter().zip(&forbidden)).ok_or_else(impossible)?;
    let uniform =
        Fitted { network, beliefs, potentials: Vec::new(), total: 1.0, steps: 0, loss: 0.0 };
    let guarantee = Guarantee::None { reason: "it knows public facts alone".into() };
    let parts = (domain.clone(), codings);
    let model =
        PrivateModel::new(parts, uniform, (rules.clone(), forbidden), Vec::new(), guarantee);
    model.sample(Some(TRIED), &Condition::none(), Seed::new(0)).map(|_| ())
}

pub(super) fn impossible() -> Error {
    Error::Usage("the constraints of the schema forbid every combination of values".into())
}

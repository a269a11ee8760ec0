//! What `mst` and `aim` learn under a budget: a distribution over cells, from noisy marginals.
//!
//! It holds nothing of the records but the noisy numbers and what was computed from them, so that it, its
//! file and everything drawn from it are covered by the guarantee of these numbers. Conditions are evidence
//! in the model: rows are drawn given them, not thrown away.

use rand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::cell_rules::{Drawn, Rules, ValuesOfRow};
use super::dp::domain::{Attribute, Domain};
use super::graphical::belief::{Beliefs, Network};
use super::graphical::coding::{Coding, Decoder};
use super::graphical::draw::{draw, draw_checked};
use super::graphical::factor::{Factor, places};
use super::graphical::fit::{Fitted, Measurement};
use super::{Allowed, Condition, Guarantee, Model, model};
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::table::Column;

/// New rows that are drawn at once where some break a rule, at least.
const FEWEST: usize = 128;

/// Draws of new rows of which none keeps the rules before none is believed to.
const IDLE: usize = 8;

/// A fitted distribution with the way back to values.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub struct PrivateModel {
    /// What is kept of it.
    kept: Kept,
    rules: Rules,
    network: Network,
    beliefs: Beliefs,
}

/// What a file holds of a model; the rest follows from it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    domain: Domain,
    codings: Vec<Coding>,
    /// The logarithm of the distribution is the sum of these tables.
    potentials: Vec<Factor>,
    /// The rules that rows keep.
    rules: Vec<String>,
    /// The noisy marginals, in codes.
    measurements: Vec<Measurement>,
    total: f64,
    guarantee: Guarantee,
}

impl PrivateModel {
    /// The distribution that was `fitted` to `measurements` of codes of the cells of `domain`, with the tables of
    /// combinations that its `rules` forbid.
    pub(super) fn new(
        (domain, codings): (Domain, Vec<Coding>),
        fitted: Fitted,
        (rules, forbidden): (Rules, Vec<Factor>),
        measurements: Vec<Measurement>,
        guarantee: Guarantee,
    ) -> Self {
        let Fitted { network, beliefs, mut potentials, total, .. } = fitted;
        potentials.extend(forbidden);
        let texts = rules.texts();
        let kept =
            Kept { domain, codings, potentials, rules: texts, measurements, total, guarantee };
        Self { kept, rules, network, beliefs }
    }

    /// The cells of every column.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.kept.domain
    }

    /// How cells are coded, one an attribute.
    #[must_use]
    pub fn codings(&self) -> &[Coding] {
        &self.kept.codings
    }

    /// The noisy marginals, in codes.
    #[must_use]
    pub fn measurements(&self) -> &[Measurement] {
        &self.kept.measurements
    }

    /// For every noisy marginal the place of each record's count in it: where an adversary who knows the records
    /// looks. `columns` are those of the domain, in its order.
    #[must_use]
    pub fn places(&self, columns: &[&Column]) -> Vec<Vec<usize>> {
        let attributes = self.kept.domain.attributes.iter().zip(&self.kept.codings).zip(columns);
        let codes: Vec<Vec<usize>> = attributes
            .map(|((attribute, coding), column)| {
                let cells = attribute.encode(&column.values);
                cells.iter().map(|&cell| coding.codes()[cell as usize] as usize).collect()
            })
            .collect();
        let sizes: Vec<usize> = self.kept.codings.iter().map(Coding::size).collect();
        let rows = codes.first().map_or(0, Vec::len);
        let place = |attributes: &[usize], row: usize| {
            attributes.iter().fold(0, |place, &one| place * sizes[one] + codes[one][row])
        };
        let of = |measured: &Measurement| {
            (0..rows).map(|row| place(&measured.attributes, row)).collect()
        };
        self.kept.measurements.iter().map(of).collect()
    }

    /// The noisy number of rows.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.kept.total
    }

    /// As if the number of rows had been measured as `exact`, if it is given: for a planted bug.
    pub(super) fn counted_as(mut self, exact: Option<f64>) -> Self {
        self.kept.total = exact.unwrap_or(self.kept.total);
        self
    }

    /// The distribution given `condition`, and its share; `None` where the model knows of no such row.
    fn given(&self, condition: &Condition) -> Option<(Beliefs, f64)> {
        let tables = self.evidence(condition);
        let sets = self.kept.potentials.iter().chain(&tables);
        let parts: Option<Vec<_>> = sets
            .clone()
            .map(|table| self.network.part(&table.attributes).map(|part| (part, table)))
            .collect();
        let parts = parts?;
        let of = |count: usize| {
            let tables = parts.iter().take(count).map(|(part, table)| (part, *table));
            self.network.distribution(tables)
        };
        let (_, all) = of(self.kept.potentials.len())?;
        let (beliefs, mass) = of(parts.len())?;
        Some((beliefs, (mass - all).exp()))
    }

    /// One table of log-shares for every column that the condition restricts.
    fn evidence(&self, condition: &Condition) -> Vec<Factor> {
        let sizes = &self.network.sizes;
        let table = |(at, attribute): (usize, &Attribute)| {
            let allowed = condition.on(&attribute.name)?;
            let shares = self.kept.codings[at].shares(&attribute.shares(allowed));
            let values = shares.iter().map(|share| share.ln()).collect();
            Some(Factor { values, ..Factor::constant(&[at], sizes, 0.0) })
        };
        self.kept.domain.attributes.iter().enumerate().filter_map(table).collect()
    }
}

impl PrivateModel {
    /// The variance of the noise in the number of rows that satisfy the condition: in the noisy marginal that
    /// tells it best. Where none has all of its columns, the column that is told worst decides.
    fn variance(&self, condition: &Condition) -> Option<f64> {
        let attributes = self.kept.domain.attributes.iter().zip(&self.kept.codings).enumerate();
        let asked: Vec<(usize, Vec<f64>)> = attributes
            .filter_map(|(one, (attribute, coding))| {
                let allowed = condition.on(&attribute.name)?;
                Some((one, coding.variances(&attribute.shares(allowed))))
            })
            .collect();
        let best = |asked: &[(usize, Vec<f64>)]| {
            let told = self.kept.measurements.iter();
            told.filter_map(|one| self.variance_in(one, asked)).min_by(f64::total_cmp)
        };
        let worst = || asked.chunks(1).filter_map(best).max_by(f64::total_cmp);
        best(&asked).or_else(worst)
    }

    /// The variance of the sum over a noisy marginal of what is asked: attributes, with what the variance of
    /// each code counts for. `None` where it is not over all of them.
    fn variance_in(&self, measured: &Measurement, asked: &[(usize, Vec<f64>)]) -> Option<f64> {
        let attributes = &measured.attributes;
        let sizes: Vec<usize> = attributes.iter().map(|&one| self.network.sizes[one]).collect();
        let mut variances = measured.variances.clone();
        for (one, counts) in asked {
            // Cells that are merged were counted one by one in the column's own marginal only.
            let merged = self.network.sizes[*one] < self.kept.domain.attributes[*one].size();
            if !attributes.contains(one) || (merged && attributes.len() > 1) {
                return None;
            }
            let codes = places(attributes, &sizes, &[*one]);
            let cells = variances.iter_mut().zip(codes);
            cells.for_each(|(variance, code)| *variance *= counts[code as usize]);
        }
        Some(variances.iter().sum())
    }
}

/// The way from a code of an attribute back to a value that a condition allows.
struct Way<'a> {
    attribute: &'a Attribute,
    decoder: Decoder<'a>,
    allowed: Option<&'a Allowed>,
}

impl Way<'_> {
    fn draw(&self, code: u32, rng: &mut impl Rng) -> Drawn {
        let cell = self.decoder.cell(code, rng);
        Drawn { cell, number: self.attribute.number(cell, self.allowed, rng) }
    }
}

/// The ways of the codes of one row.
struct RowWays<'a> {
    ways: &'a [Way<'a>],
    coded: &'a [Vec<u32>],
    row: usize,
}

impl ValuesOfRow for RowWays<'_> {
    fn draw(&self, attribute: usize, rng: &mut impl Rng) -> Drawn {
        self.ways[attribute].draw(self.coded[attribute][self.row], rng)
    }

    fn cells(&self, attribute: usize) -> Vec<u32> {
        self.ways[attribute].decoder.cells(self.coded[attribute][self.row])
    }

    fn allows(&self, attribute: usize, drawn: Drawn) -> bool {
        let way = &self.ways[attribute];
        way.allowed.is_none_or(|allowed| way.attribute.allows(drawn.cell, drawn.number, allowed))
    }
}

impl PrivateModel {
    fn ways<'a>(&'a self, condition: &'a Condition) -> Vec<Way<'a>> {
        let way = |(attribute, coding): (&'a Attribute, &'a Coding)| {
            let allowed = condition.on(&attribute.name);
            let shares = allowed.map(|allowed| attribute.shares(allowed));
            Way { attribute, decoder: coding.decoder(shares.as_deref()), allowed }
        };
        self.kept.domain.attributes.iter().zip(&self.kept.codings).map(way).collect()
    }

    /// New values, of the same codes, for rows that break a rule. Those that nothing mends are drawn anew.
    ///
    /// # Errors
    /// [`Error::Usage`] when no new row keeps the rules.
    fn keep_rules(
        &self,
        ways: &[Way<'_>],
        beliefs: &Beliefs,
        coded: &[Vec<u32>],
        drawn: &mut [Vec<Drawn>],
        seed: Seed,
    ) -> Result<()> {
        if self.rules.is_empty() {
            return Ok(());
        }
        let mut rng = seed.part("rules").rng();
        let rows = coded.first().map_or(0, Vec::len);
        let mut broken: Vec<usize> =
            (0..rows).filter(|&row| !self.mend(ways, coded, drawn, row, &mut rng)).collect();
        let mut rng = seed.part("rows that keep rules").rng();
        let mut idle = 0;
        while !broken.is_empty() {
            let made = self.new_rows(ways, beliefs, broken.len().max(FEWEST), &mut rng);
            idle = if made.is_empty() { idle + 1 } else { 0 };
            if idle == IDLE {
                return Err(Error::Usage(
                    "rows that keep all constraints of the schema were not found: expected constraints \
                     (and a condition) that more combinations of values meet"
                        .into(),
                ));
            }
            for (row, values) in
                broken.split_off(broken.len().saturating_sub(made.len())).into_iter().zip(made)
            {
                drawn.iter_mut().zip(values).for_each(|(column, value)| column[row] = value);
            }
        }
        Ok(())
    }

    /// Mends one row; whether it keeps all rules then.
    fn mend(
        &self,
        ways: &[Way<'_>],
        coded: &[Vec<u32>],
        drawn: &mut [Vec<Drawn>],
        row: usize,
        rng: &mut impl Rng,
    ) -> bool {
        let mut values: Vec<Drawn> = drawn.iter().map(|column| column[row]).collect();
        let of_row = RowWays { ways, coded, row };
        let kept = self.rules.mend(&self.kept.domain, &mut values, rng, &of_row);
        drawn.iter_mut().zip(values).for_each(|(column, value)| column[row] = value);
        kept
    }

    /// Those among `rows` new rows that keep all rules, which are looked at value by value as they are drawn.
    fn new_rows(
        &self,
        ways: &[Way<'_>],
        beliefs: &Beliefs,
        rows: usize,
        rng: &mut impl Rng,
    ) -> Vec<Vec<Drawn>> {
        let domain = &self.kept.domain;
        let nothing = Drawn { cell: 0, number: f64::NAN };
        let mut values = vec![vec![nothing; ways.len()]; rows];
        let mut known = vec![false; ways.len()];
        let coded = draw_checked(&self.network, beliefs, rows, rng, &mut |one, row, code, rng| {
            known[one] = true;
            values[row][one] = ways[one].draw(code, rng);
            self.rules.keeps_so_far(domain, &values[row], &known, one)
        });
        let mut keeps = |(row, mut values): (usize, Vec<Drawn>)| {
            let of_row = RowWays { ways, coded: &coded, row };
            self.rules.mend(domain, &mut values, rng, &of_row).then_some(values)
        };
        values.into_iter().enumerate().filter_map(&mut keeps).collect()
    }
}

impl Model for PrivateModel {
    fn sample(
        &self,
        rows: Option<usize>,
        condition: &Condition,
        seed: Seed,
    ) -> Result<Vec<Column>> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1")]
        let rows = rows.unwrap_or(self.kept.total.round().max(1.0) as usize);
        let evidence;
        let beliefs = if condition.is_empty() {
            &self.beliefs
        } else {
            let first = condition.columns().next().unwrap_or_default();
            evidence = self.given(condition).ok_or_else(|| Condition::impossible(first))?.0;
            &evidence
        };
        let coded = draw(&self.network, beliefs, rows, &mut seed.part("rows").rng());
        let ways: Vec<Way<'_>> = self.ways(condition);
        let values = |(way, codes): (&Way<'_>, &Vec<u32>)| {
            let mut rng = seed.part("values").part(&way.attribute.name).rng();
            codes.iter().map(|&code| way.draw(code, &mut rng)).collect()
        };
        let mut drawn: Vec<Vec<Drawn>> = ways.par_iter().zip(&coded).map(values).collect();
        self.keep_rules(&ways, beliefs, &coded, &mut drawn, seed)?;
        let column = |(way, drawn): (&Way<'_>, &Vec<Drawn>)| {
            let cells: Vec<u32> = drawn.iter().map(|drawn| drawn.cell).collect();
            way.attribute.column(&cells, drawn.iter().map(|drawn| drawn.number).collect())
        };
        Ok(ways.par_iter().zip(&drawn).map(column).collect())
    }

    fn share(&self, condition: &Condition) -> Option<f64> {
        Some(self.given(condition).map_or(0.0, |(_, share)| share))
    }

    fn signal(&self, condition: &Condition) -> Option<f64> {
        let rows = self.kept.total * self.share(condition)?;
        Some(rows / self.variance(condition)?.sqrt())
    }

    fn private(&self) -> Option<&PrivateModel> {
        Some(self)
    }

    fn guarantee(&self) -> Guarantee {
        self.kept.guarantee.clone()
    }

    fn state(&self) -> Result<Vec<u8>> {
        model::encode(self)
    }
}

impl From<PrivateModel> for Kept {
    fn from(model: PrivateModel) -> Self {
        model.kept
    }
}

impl TryFrom<Kept> for PrivateModel {
    type Error = Error;

    /// Works out what the file leaves out, and refuses what does not belong together.
    fn try_from(kept: Kept) -> Result<Self> {
        let refused = || Error::Usage("the model's parts do not belong together".into());
        let attributes = &kept.domain.attributes;
        let sound = kept.codings.len() == attributes.len()
            && kept.codings.iter().zip(attributes).all(|(one, of)| one.is_sound(of.size()))
            && kept.total.is_finite();
        let sizes: Vec<usize> = kept.codings.iter().map(Coding::size).collect();
        let fits = |table: &Factor| {
            let ascending = table.attributes.is_sorted_by(|left, right| left < right);
            let known = table.attributes.iter().all(|&attribute| attribute < sizes.len());
            ascending
                && known
                && table.sizes.iter().eq(table.attributes.iter().map(|&one| &sizes[one]))
                && table.sizes.iter().product::<usize>() == table.values.len()
        };
        if !sound || !kept.potentials.iter().all(fits) {
            return Err(refused());
        }
        let network = Network::new(&sizes, kept.potentials.iter().map(|one| &one.attributes[..]));
        let parts: Option<Vec<_>> =
            kept.potentials.iter().map(|table| network.part(&table.attributes)).collect();
        let parts = parts.ok_or_else(refused)?;
        let (beliefs, _) =
            network.distribution(parts.iter().zip(&kept.potentials)).ok_or_else(refused)?;
        let rules = Rules::parse(&kept.rules, &kept.domain)?;
        Ok(Self { kept, rules, network, beliefs })
    }
}

#[cfg(test)]
mod tests;

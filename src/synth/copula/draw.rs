//! Drawing rows from correlated normal variables, those of conditioned columns first.

use rand::Rng;
use rand_chacha::ChaCha12Rng;
use rayon::prelude::*;

use super::margin::Margin;
use super::{Gaussian, Part};
use crate::encode::{Coded, Codes};
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::stats::{normal_cumulative, normal_inverse};
use crate::synth::independent::compact;
use crate::synth::{Allowed, Condition, made, rules};
use crate::table::{Cell, Column, ColumnKind, ColumnSchema, Expression, MISSING, Values};

/// Rows drawn from one stream of random numbers.
const CHUNK: usize = 2048;

/// How often a row is drawn that breaks its condition.
const TRIES: usize = 100_000;

/// Ranks this near to 0 or 1 are moved to here: normal scores of ±8.2.
const EDGE: f64 = 1e-16;

/// What a condition says of one variable.
struct Evidence {
    /// The ranks that may be allowed, and the scores at their ends.
    ranks: Vec<(f64, f64)>,
    scores: Vec<(f64, f64)>,
}

/// Everything that a draw needs.
struct Plan<'a> {
    copula: &'a Gaussian,
    /// The variables, those with evidence first.
    order: Vec<usize>,
    evidence: Vec<Evidence>,
    /// The Cholesky factor of the correlations in this order.
    factor: Vec<Vec<f64>>,
    /// What is allowed of each column.
    allowed: Vec<Option<&'a Allowed>>,
    /// The rules that rows must keep.
    rules: Vec<Expression>,
}

impl Gaussian {
    /// Draws `wanted` rows that meet the condition.
    pub(super) fn draw(&self, wanted: usize, condition: &Condition, seed: Seed) -> Result<Coded> {
        let plan = Plan::of(self, condition)?;
        let starts: Vec<usize> = (0..wanted).step_by(CHUNK).collect();
        let chunk = |&start: &usize| {
            let rng = seed.part(&format!("{start}")).rng();
            plan.chunk(CHUNK.min(wanted - start), rng)
        };
        let chunks: Option<Vec<Coded>> = starts.par_iter().map(chunk).collect();
        let chunks = chunks.ok_or_else(|| {
            let columns: Vec<&str> = condition.columns().collect();
            Error::Usage(format!(
                "copula: of {TRIES} rows drawn for one that is wanted none meets the condition{}{} and \
                 the rules of the schema: widen it",
                if columns.is_empty() { "" } else { " on " },
                columns.join(", ")
            ))
        })?;
        Ok(Coded::stacked(&chunks.iter().collect::<Vec<_>>()))
    }
}

impl<'a> Plan<'a> {
    fn of(copula: &'a Gaussian, condition: &'a Condition) -> Result<Self> {
        let allowed: Vec<Option<&Allowed>> =
            copula.columns.iter().map(|part| condition.on(&part.name)).collect();
        let mut evidence = Vec::new();
        for (part, allowed) in copula.columns.iter().zip(&allowed) {
            let Some(allowed) = allowed else { continue };
            evidence.extend(part.evidence(allowed)?);
        }
        // The rarest first: it is drawn without a rejection.
        let share = |ranks: &[(f64, f64)]| ranks.iter().map(|(low, high)| high - low).sum::<f64>();
        evidence
            .sort_by(|a, b| share(&a.1.ranks).total_cmp(&share(&b.1.ranks)).then(a.0.cmp(&b.0)));
        let mut order: Vec<usize> = evidence.iter().map(|(variable, _)| *variable).collect();
        order.extend(
            (0..copula.correlation.width()).filter(|v| evidence.iter().all(|(e, _)| e != v)),
        );
        let factor = copula.correlation.factor(&order).ok_or_else(|| {
            Error::Usage("copula: the correlations of the model cannot be drawn from".into())
        })?;
        let evidence = evidence.into_iter().map(|(_, evidence)| evidence).collect();
        let names: Vec<(String, ColumnSchema)> =
            copula.columns.iter().map(|part| (part.name.clone(), part.schema.clone())).collect();
        let rules = rules::read(&copula.rules, &names);
        Ok(Self { copula, order, evidence, factor, allowed, rules })
    }

    /// Draws so many rows; nothing if one cannot be.
    fn chunk(&self, rows: usize, mut rng: ChaCha12Rng) -> Option<Coded> {
        let columns = &self.copula.columns;
        let mut codes: Vec<Codes> = columns
            .iter()
            .map(|part| match part.margin {
                Margin::Levels { .. } => Codes::Category(Vec::with_capacity(rows)),
                Margin::Numbers { .. } => Codes::Number(Vec::with_capacity(rows)),
            })
            .collect();
        let mut ranks = vec![0.0; self.order.len()];
        for _ in 0..rows {
            self.row(&mut ranks, &mut rng)?;
            for (codes, part) in codes.iter_mut().zip(columns) {
                let (code, number) = part.value(&ranks);
                match codes {
                    Codes::Category(codes) => codes.push(code),
                    Codes::Number(numbers) => numbers.push(number),
                }
            }
        }
        Some(Coded { rows, columns: codes })
    }

    /// Draws the ranks of one row.
    fn row(&self, ranks: &mut [f64], rng: &mut ChaCha12Rng) -> Option<()> {
        let mut noise = Vec::with_capacity(self.order.len());
        for _ in 0..TRIES {
            noise.clear();
            if self.draw_evidence(ranks, &mut noise, rng) && self.meets(ranks) {
                for (place, &variable) in self.order.iter().enumerate().skip(noise.len()) {
                    noise.push(normal_inverse(uniform(rng)));
                    ranks[variable] = normal_cumulative(dot(&self.factor[place], &noise));
                }
                let cell = |place: usize| self.copula.columns[place].cell(ranks);
                if self.rules.iter().all(|rule| rule.holds(&cell)) {
                    return Some(());
                }
            }
        }
        None
    }

    /// Draws the variables with evidence, each given those before it and what is allowed; whether the draw is
    /// kept, with the probability that each but the first is allowed (rejection from the law that draws
    /// them one after the other).
    fn draw_evidence(
        &self,
        ranks: &mut [f64],
        noise: &mut Vec<f64>,
        rng: &mut ChaCha12Rng,
    ) -> bool {
        for (place, evidence) in self.evidence.iter().enumerate() {
            let row = &self.factor[place];
            let (mean, deviation) = (dot(&row[..place], noise), row[place]);
            let inside = |&(low, high): &(f64, f64)| {
                let at = |z: f64| normal_cumulative((z - mean) / deviation);
                (at(low), at(high))
            };
            let spans: Vec<(f64, f64)> = if place == 0 {
                evidence.ranks.clone()
            } else {
                evidence.scores.iter().map(inside).collect()
            };
            let mass: f64 = spans.iter().map(|(low, high)| high - low).sum();
            if place > 0 && uniform(rng) >= mass {
                return false;
            }
            let standard =
                normal_inverse(within(&spans, uniform(rng) * mass).clamp(EDGE, 1.0 - EDGE));
            noise.push(standard);
            ranks[self.order[place]] = normal_cumulative(mean + deviation * standard);
        }
        true
    }

    /// Whether the values at these ranks meet the condition.
    fn meets(&self, ranks: &[f64]) -> bool {
        let tested = self.copula.columns.iter().zip(&self.allowed);
        let mut tested = tested.filter_map(|(part, allowed)| Some((part, (*allowed)?)));
        tested.all(|(part, allowed)| match &part.margin {
            Margin::Numbers { .. } => allowed.number(part.value(ranks).1),
            Margin::Levels { levels, .. } => {
                let code = part.value(ranks).0;
                allowed.label(levels.get(code as usize).map(|level| &**level))
            }
        })
    }
}

impl Part {
    /// The code or number at these ranks of all variables.
    fn value(&self, ranks: &[f64]) -> (u32, f64) {
        match self.missing {
            Some((variable, share)) if ranks[variable] > 1.0 - share => (MISSING, f64::NAN),
            _ => self.margin.at(ranks[self.variable]),
        }
    }

    /// The cell at these ranks, as expressions see it.
    fn cell(&self, ranks: &[f64]) -> Cell<'_> {
        let (code, number) = self.value(ranks);
        match &self.margin {
            Margin::Numbers { .. } if number.is_nan() => Cell::Missing,
            Margin::Numbers { .. } => Cell::Number(number),
            Margin::Levels { levels, .. } => match (levels.get(code as usize), self.schema.kind) {
                (None, _) => Cell::Missing,
                (Some(level), ColumnKind::Boolean) => Cell::Truth(&**level == "true"),
                (Some(level), _) => Cell::Label(level),
            },
        }
    }

    /// What a test says of the column's variables.
    fn evidence(&self, allowed: &Allowed) -> Result<Vec<(usize, Evidence)>> {
        let ranks = self.margin.spans(allowed);
        if ranks.is_empty() {
            return Err(Condition::impossible(&self.name));
        }
        let mut evidence = vec![(self.variable, Evidence::of(ranks))];
        if let Some((variable, share)) = self.missing
            && !allowed.number(f64::NAN)
        {
            evidence.push((variable, Evidence::of(vec![(0.0, 1.0 - share)])));
        }
        Ok(evidence)
    }

    /// Drawn codes in the form of tables.
    pub(super) fn column(&self, codes: Codes) -> Column {
        let values = match (codes, &self.margin) {
            (Codes::Number(numbers), _) => Values::Numbers(numbers),
            (Codes::Category(codes), Margin::Levels { levels, .. }) => compact(codes, levels),
            // Numbers are never coded.
            (Codes::Category(codes), Margin::Numbers { .. }) => compact(codes, &[]),
        };
        made(&self.name, &self.schema, values)
    }
}

impl Evidence {
    fn of(ranks: Vec<(f64, f64)>) -> Self {
        let score = |&(low, high): &(f64, f64)| (normal_inverse(low), normal_inverse(high));
        Self { scores: ranks.iter().map(score).collect(), ranks }
    }
}

/// The point that has `mass` of the spans before it.
fn within(spans: &[(f64, f64)], mut mass: f64) -> f64 {
    for (low, high) in spans {
        if mass <= high - low {
            return low + mass;
        }
        mass -= high - low;
    }
    spans.last().map_or(0.5, |(_, high)| *high)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// A uniform draw from the open interval between 0 and 1.
fn uniform(rng: &mut impl Rng) -> f64 {
    ((rng.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

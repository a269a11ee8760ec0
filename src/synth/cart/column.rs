//! A real column as trees see it and as its values may be released.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Cart, Smoothing, kernel};
use crate::encode::Codes;
use crate::error::{Error, Result};
use crate::synth::crowd::Crowd;
use crate::synth::grain::{self, Grain, Tails};
use crate::table::{Column, ColumnSchema, MISSING, Values};

/// The code of a row whose value nobody is given.
pub(super) const HIDDEN: u32 = MISSING - 1;

/// A real column, prepared. Holds records.
pub(super) struct Prepared {
    pub(super) palette: Palette,
    /// For each row the place of its value in the palette, [`MISSING`] or [`HIDDEN`].
    pub(super) codes: Vec<u32>,
    /// The same as predictors.
    pub(super) predictor: Codes,
    /// The widest kernel of a leaf: that of the whole column, whose shape so many values show.
    pub(super) widest: f64,
}

/// The values that donors give.
#[derive(Serialize, Deserialize)]
pub(super) enum Palette {
    /// The levels, in byte order.
    Levels(Vec<Box<str>>),
    /// The distinct numbers, ascending.
    Numbers {
        values: Vec<f64>,
        /// How far each is moved at least; 0 where it may be shown as it is.
        reach: Vec<f64>,
        grain: Grain,
    },
}

impl Prepared {
    /// Prepares a column.
    pub(super) fn of(cart: &Cart, column: &Column, crowd: Crowd<'_>) -> Result<Self> {
        match &column.values {
            Values::Labels { codes, levels } => labels(cart, column, codes, levels, crowd),
            Values::Numbers(values) => Ok(numbers(cart, &column.schema, values, crowd)),
        }
    }
}

impl Palette {
    /// The palette of a column that is computed: the levels of the real table and the schema, or the grid of
    /// the numbers.
    pub(super) fn computed(column: &Column, crowd: Crowd<'_>) -> Self {
        match &column.values {
            Values::Labels { levels, .. } => {
                let listed = column.schema.levels.iter().flatten().map(|level| level.as_str());
                let levels = levels.iter().map(|level| &**level).chain(listed);
                let levels: BTreeSet<&str> = levels.chain(["false", "true"]).collect();
                Self::Levels(levels.into_iter().map(Into::into).collect())
            }
            Values::Numbers(numbers) => {
                let (grain, _) = Grain::of(numbers, &column.schema, crowd, Tails::Unbounded);
                Self::Numbers { values: Vec::new(), reach: Vec::new(), grain }
            }
        }
    }
}

fn labels(
    cart: &Cart,
    column: &Column,
    codes: &[u32],
    levels: &[Box<str>],
    crowd: Crowd<'_>,
) -> Result<Prepared> {
    let mut behind = crowd.behind_codes(codes, levels.len());
    let missing = behind.pop().unwrap_or(false);
    let pooled = pooled(cart, column, codes, &behind, crowd)?;
    let kept = levels.iter().zip(&behind).filter(|(_, behind)| **behind);
    let mut palette: Vec<Box<str>> = kept.map(|(level, _)| level.clone()).collect();
    palette.extend(
        pooled.filter(|pooled| palette.iter().all(|level| **level != **pooled)).map(Into::into),
    );
    palette.sort_unstable();
    if palette.is_empty() && !levels.is_empty() && !missing {
        return Err(Error::Usage(format!(
            "cart: column `{}`: expected a level that at least {} persons share, found none: \
             coarsen it, pool its levels (`pooled-as`), or leave it out (role = \
             \"direct-identifier\")",
            column.name, cart.least_persons
        )));
    }
    let place = |level: &str| palette.binary_search_by(|known| (**known).cmp(level)).ok();
    let hidden = pooled.and_then(place).map_or(HIDDEN, |place| place as u32);
    let new: Vec<u32> = levels
        .iter()
        .zip(&behind)
        .map(|(level, behind)| match place(level) {
            Some(place) if *behind => place as u32,
            _ => hidden,
        })
        .collect();
    let recode = |&code: &u32| match (code, missing) {
        (MISSING, true) => MISSING,
        (MISSING, false) => HIDDEN,
        (code, _) => new[code as usize],
    };
    let codes: Vec<u32> = codes.iter().map(recode).collect();
    let predictor = Codes::Category(codes.clone());
    Ok(Prepared { palette: Palette::Levels(palette), codes, predictor, widest: 0.0 })
}

/// The level that rare ones are pooled as, where enough persons have a rare one or it itself.
fn pooled<'a>(
    cart: &'a Cart,
    column: &Column,
    codes: &[u32],
    behind: &[bool],
    crowd: Crowd<'_>,
) -> Result<Option<&'a str>> {
    let Some(name) = cart.pooled_as.as_deref() else { return Ok(None) };
    let rare = |row: &usize| codes[*row] != MISSING && !behind[codes[*row] as usize];
    if !crowd.is_behind((0..codes.len()).filter(rare)) {
        return Ok(None);
    }
    let listed = column.schema.levels.as_ref();
    if listed.is_some_and(|levels| levels.iter().all(|level| level != name)) {
        return Err(Error::Usage(format!(
            "cart: `pooled-as` is `{name}`, which is not one of the levels that the schema lists for \
             `{}`: add it there",
            column.name
        )));
    }
    Ok(Some(name))
}

fn numbers(cart: &Cart, schema: &ColumnSchema, values: &[f64], crowd: Crowd<'_>) -> Prepared {
    let rows =
        |missing: bool| (0..values.len()).filter(move |&row| values[row].is_nan() == missing);
    let (known, missing) = (crowd.is_behind(rows(false)), crowd.is_behind(rows(true)));
    let (grain, coded) = Grain::of(values, schema, crowd, Tails::Unbounded);
    let mut distinct: Vec<f64> = coded.iter().copied().filter(|x| known && !x.is_nan()).collect();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup_by_key(|x| x.to_bits());
    let place: BTreeMap<u64, u32> = distinct.iter().map(|x| x.to_bits()).zip(0..).collect();
    let code = |x: &f64| match (x.is_nan(), missing) {
        (true, true) => MISSING,
        (true, false) => HIDDEN,
        _ => place.get(&x.to_bits()).copied().unwrap_or(HIDDEN),
    };
    let codes: Vec<u32> = coded.iter().map(code).collect();
    let reach = match cart.smoothing {
        Smoothing::None => vec![0.0; distinct.len()],
        Smoothing::Kernel => {
            let shown = grain::shown(&coded, schema, crowd);
            kernel::reaches(&distinct, &shown, &coded, crowd)
        }
    };
    let predictor = Codes::Number(coded);
    let palette = Palette::Numbers { values: distinct, reach, grain };
    let known: Vec<u32> = codes.iter().copied().filter(|&code| code < HIDDEN).collect();
    let widest = palette.width(&known);
    Prepared { palette, codes, predictor, widest }
}

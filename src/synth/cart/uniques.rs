//! Replicated uniques: made rows whose quasi-identifiers are unique in the release and equal those of a
//! real person who is unique (repU of Raab, Nowok and Dibben 2024).

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::column::{HIDDEN, Palette, Prepared};
use super::order::Order;
use super::{Cart, ReplicatedUniques};
use crate::encode::{Coded, Codes};
use crate::error::{Error, Result};
use crate::synth::Source;
use crate::table::{MISSING, Role};

/// How often replicated uniques are drawn again.
const ROUNDS: usize = 50;

/// The quasi-identifiers, and the real persons who are unique by them.
#[derive(Serialize, Deserialize)]
pub(super) struct Keys {
    /// The visits of the quasi-identifiers.
    columns: Vec<usize>,
    /// A number for each unique person, ascending; others hardly ever share it.
    unique: Vec<u64>,
}

/// The keys of the real rows, if replicated uniques are to be drawn again and there are
/// quasi-identifiers.
pub(super) fn real_keys(
    cart: &Cart,
    real: &Source<'_>,
    order: &Order,
    prepared: &[Prepared],
) -> Option<Keys> {
    let is_key = |at: &usize| real.columns[order.visits[*at]].schema.role == Role::QuasiIdentifier;
    let columns: Vec<usize> = (0..prepared.len()).filter(is_key).collect();
    if cart.replicated_uniques == ReplicatedUniques::Keep || columns.is_empty() {
        return None;
    }
    let identity = |at: usize, row: usize| match (&prepared[at].palette, prepared[at].codes[row]) {
        (_, MISSING) => Some(u64::MAX),
        (_, HIDDEN) => None,
        (Palette::Levels(_), code) => Some(u64::from(code)),
        (Palette::Numbers { values, .. }, code) => Some(values[code as usize].to_bits()),
    };
    let key =
        |row: usize| columns.iter().try_fold(0, |key, &at| Some(mix(key, identity(at, row)?)));
    // Whether all rows with a key are one person's.
    let mut holders: HashMap<u64, (u32, bool)> = HashMap::new();
    for (row, &person) in real.persons.of_row.iter().enumerate() {
        let Some(key) = key(row) else { continue };
        holders
            .entry(key)
            .and_modify(|(first, alone)| *alone &= *first == person)
            .or_insert((person, true));
    }
    let alone = holders.into_iter().filter(|(_, (_, alone))| *alone);
    let mut unique: Vec<u64> = alone.map(|(key, _)| key).collect();
    unique.sort_unstable();
    Some(Keys { columns, unique })
}

impl Keys {
    /// Draws replicated uniques again until there is none. `draw` makes so many rows of a round.
    pub(super) fn replace(
        &self,
        rows: &mut Coded,
        draw: impl Fn(usize, usize) -> Result<Coded>,
    ) -> Result<()> {
        for round in 0..ROUNDS {
            let replicated = self.replicated(rows);
            if replicated.is_empty() {
                return Ok(());
            }
            let fresh = draw(replicated.len(), round)?;
            let both = Coded::stacked(&[&*rows, &fresh]);
            let mut chosen: Vec<usize> = (0..rows.rows).collect();
            let instead = rows.rows..;
            replicated.into_iter().zip(instead).for_each(|(row, new)| chosen[row] = new);
            *rows = both.select(&chosen);
        }
        Err(Error::Usage(format!(
            "cart: replicated uniques are left after {ROUNDS} rounds of drawing them again: coarsen \
             the quasi-identifiers, or set `replicated-uniques` to \"keep\""
        )))
    }

    /// The rows that are unique and whose key is a unique person's.
    fn replicated(&self, rows: &Coded) -> Vec<usize> {
        let identity = |at: usize, row: usize| match &rows.columns[at] {
            Codes::Number(numbers) if numbers[row].is_nan() => u64::MAX,
            Codes::Number(numbers) => numbers[row].to_bits(),
            Codes::Category(codes) if codes[row] == MISSING => u64::MAX,
            Codes::Category(codes) => u64::from(codes[row]),
        };
        let key = |row| self.columns.iter().fold(0, |key, &at| mix(key, identity(at, row)));
        let keys: Vec<u64> = (0..rows.rows).map(key).collect();
        let mut counts: HashMap<u64, usize> = HashMap::new();
        keys.iter().for_each(|&key| *counts.entry(key).or_default() += 1);
        let is_replicated = |row: &usize| {
            counts.get(&keys[*row]) == Some(&1) && self.unique.binary_search(&keys[*row]).is_ok()
        };
        (0..rows.rows).filter(is_replicated).collect()
    }
}

/// A number of both that spreads every bit over all (Steele, Lea and Flood 2014, OOPSLA).
fn mix(key: u64, value: u64) -> u64 {
    let z = (key.rotate_left(5) ^ value).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

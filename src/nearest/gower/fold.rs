//! Copies of a row are searched once.

use crate::encode::{Coded, Codes};

/// Brings the copies of a row together within each part of the order; where each row's copies start.
/// Copies have equal codes and so stand in one part.
pub(super) fn fold(rows: &Coded, order: &mut [u32], lengths: &[usize]) -> Vec<u32> {
    let hashes = hashes(rows);
    let mut starts = Vec::new();
    let mut start = 0;
    for &length in lengths {
        let part = &mut order[start..start + length];
        part.sort_unstable_by_key(|&row| (hashes[row as usize], row));
        for i in 0..length {
            let same = |a: u32, b: u32| {
                hashes[a as usize] == hashes[b as usize] && equal(rows, a as usize, b as usize)
            };
            if i == 0 || !same(part[i - 1], part[i]) {
                starts.push((start + i) as u32);
            }
        }
        start += length;
    }
    starts
}

/// A hash of every row, column by column. Equal rows have equal hashes.
fn hashes(rows: &Coded) -> Vec<u64> {
    let mut hashes = vec![0_u64; rows.rows];
    let mix = |hash: &mut u64, bits: u64| {
        *hash = (*hash ^ bits).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    };
    for codes in &rows.columns {
        match codes {
            Codes::Number(values) => {
                hashes.iter_mut().zip(values).for_each(|(hash, value)| mix(hash, value.to_bits()));
            }
            Codes::Category(codes) => {
                hashes.iter_mut().zip(codes).for_each(|(hash, &code)| mix(hash, u64::from(code)));
            }
        }
    }
    hashes
}

/// Whether two rows are the same to the last bit.
fn equal(rows: &Coded, a: usize, b: usize) -> bool {
    rows.columns.iter().all(|codes| match codes {
        Codes::Number(values) => values[a].to_bits() == values[b].to_bits(),
        Codes::Category(codes) => codes[a] == codes[b],
    })
}

//! Cells that noise hides are merged into one, so that models stay small (domain compression: McKenna, Miklau
//! and Sheldon 2021, "Winning the NIST contest", section 3.2).

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::fit::Measurement;

/// A cell is kept by itself if its noisy count is at least so many standard deviations of the noise.
const CLEAR: f64 = 3.0;

/// How the cells of an attribute are coded: most by themselves, those that noise hides together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coding {
    /// The code of each cell.
    codes: Vec<u32>,
    /// For each code its cells, with the share that each has of them.
    cells: Vec<Vec<(u32, f64)>>,
}

impl Coding {
    /// Every cell by itself.
    #[must_use]
    pub fn identity(size: usize) -> Self {
        let codes: Vec<u32> = (0..u32::try_from(size).unwrap_or(u32::MAX)).collect();
        let cells = codes.iter().map(|&cell| vec![(cell, 1.0)]).collect();
        Self { codes, cells }
    }

    /// What the noisy counts of one attribute show clearly, and what the merged cells have together. Within
    /// what is merged, cells have shares as their noisy counts above 0.
    #[must_use]
    pub fn of(counted: &Measurement) -> (Self, Measurement) {
        let cells = counted.values.iter().zip(&counted.variances).zip(0_u32..);
        let (kept, hidden): (Vec<_>, Vec<_>) =
            cells.partition(|((count, variance), _)| **count >= CLEAR * variance.sqrt());
        let mut coding = Self { codes: vec![0; counted.values.len()], cells: Vec::new() };
        let mut measured = Measurement {
            attributes: counted.attributes.clone(),
            values: vec![],
            variances: vec![],
        };
        let mut add = |cells: Vec<(u32, f64)>, value: f64, variance: f64| {
            let code = u32::try_from(coding.cells.len()).unwrap_or(u32::MAX);
            cells.iter().for_each(|(cell, _)| coding.codes[*cell as usize] = code);
            coding.cells.push(cells);
            measured.values.push(value);
            measured.variances.push(variance);
        };
        for ((count, variance), cell) in kept {
            add(vec![(cell, 1.0)], *count, *variance);
        }
        if !hidden.is_empty() {
            let count = hidden.iter().map(|((count, _), _)| **count).sum();
            let variance = hidden.iter().map(|((_, variance), _)| **variance).sum();
            let hidden: Vec<(f64, u32)> =
                hidden.iter().map(|((count, _), cell)| (**count, *cell)).collect();
            add(shares(&hidden), count, variance);
        }
        (coding, measured)
    }

    /// How many codes there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.cells.len()
    }

    /// The code of each cell.
    #[must_use]
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// For each code the share that has the property whose share in each cell is `shares`.
    #[must_use]
    pub fn shares(&self, shares: &[f64]) -> Vec<f64> {
        let of = |cells: &Vec<(u32, f64)>| {
            cells.iter().map(|(cell, part)| part * shares[*cell as usize]).sum()
        };
        self.cells.iter().map(of).collect()
    }

    /// For each code what its variance counts for in the number of rows that have a property, whose share in
    /// each cell is `shares`: every cell brings an equal part, since noise was drawn for each.
    #[must_use]
    pub fn variances(&self, shares: &[f64]) -> Vec<f64> {
        #[expect(clippy::cast_precision_loss, reason = "cells are far below 2^53")]
        let of = |cells: &Vec<(u32, f64)>| {
            let squares = cells.iter().map(|(cell, _)| shares[*cell as usize].powi(2));
            squares.sum::<f64>() / cells.len() as f64
        };
        self.cells.iter().map(of).collect()
    }

    /// The way back from codes to cells, where a cell has the weight of `shares`.
    #[must_use]
    pub fn decoder(&self, shares: Option<&[f64]>) -> Decoder<'_> {
        let weighted = |cells: &Vec<(u32, f64)>| {
            let mut sum = 0.0;
            let end = |(cell, part): &(u32, f64)| {
                sum += part * shares.map_or(1.0, |shares| shares[*cell as usize]);
                sum
            };
            cells.iter().map(end).collect()
        };
        Decoder { cells: &self.cells, ends: self.cells.iter().map(weighted).collect() }
    }

    /// Whether it codes `size` cells, each of which is among those of its code.
    #[must_use]
    pub fn is_sound(&self, size: usize) -> bool {
        let listed: usize = self.cells.iter().map(Vec::len).sum();
        let sound = |(cell, code): (u32, &u32)| {
            let cells = self.cells.get(*code as usize);
            cells.is_some_and(|cells| cells.iter().any(|(other, _)| *other == cell))
        };
        listed == size && self.codes.len() == size && (0..).zip(&self.codes).all(sound)
    }
}

/// The way back from codes to cells.
pub struct Decoder<'a> {
    cells: &'a [Vec<(u32, f64)>],
    /// For each code the sums of the weights of its cells, up to each.
    ends: Vec<Vec<f64>>,
}

impl Decoder<'_> {
    /// A cell that a row with this code falls into.
    pub fn cell(&self, code: u32, rng: &mut impl Rng) -> u32 {
        let (cells, ends) = (&self.cells[code as usize], &self.ends[code as usize]);
        if let [(only, _)] = cells.as_slice() {
            return *only;
        }
        let drawn = rng.random::<f64>() * ends.last().copied().unwrap_or(0.0);
        cells[ends.partition_point(|end| *end <= drawn).min(cells.len() - 1)].0
    }

    /// The cells of a code, the likeliest first, those that are never drawn included.
    #[must_use]
    pub fn cells(&self, code: u32) -> Vec<u32> {
        let ends = &self.ends[code as usize];
        let weight = |at: usize| ends[at] - if at == 0 { 0.0 } else { ends[at - 1] };
        let mut order: Vec<usize> = (0..ends.len()).collect();
        order.sort_by(|&left, &right| weight(right).total_cmp(&weight(left)));
        order.into_iter().map(|at| self.cells[code as usize][at].0).collect()
    }
}

/// Shares of the parts above 0; equal ones where nothing is.
fn shares(hidden: &[(f64, u32)]) -> Vec<(u32, f64)> {
    let total: f64 = hidden.iter().map(|(count, _)| count.max(0.0)).sum();
    #[expect(clippy::cast_precision_loss, reason = "cells are far below 2^53")]
    let even = 1.0 / hidden.len() as f64;
    let share = |count: f64| if total > 0.0 { count.max(0.0) / total } else { even };
    hidden.iter().map(|(count, cell)| (*cell, share(*count))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;

    /// σ = 10: 30 and 100 are clear, 20, −5 and 10 are merged: together 25, of variance 300, in shares of
    /// 2 : 0 : 1.
    #[test]
    fn what_noise_hides_is_merged() {
        let (coding, measured) = Coding::of(&Measurement::new(&[4], &[20, 30, -5, 100, 10], 100.0));
        assert_eq!(coding.codes(), [2, 0, 2, 1, 2]);
        assert_eq!((measured.attributes, measured.values), (vec![4], vec![30.0, 100.0, 25.0]));
        assert_eq!(measured.variances, [100.0, 100.0, 300.0]);
        assert!(coding.is_sound(5) && !coding.is_sound(4));
        let mut rng = Seed::new(0).rng();
        let decoder = coding.decoder(None);
        let drawn: Vec<u32> = (0..3000).map(|_| decoder.cell(2, &mut rng)).collect();
        let of = |cell| drawn.iter().filter(|&&drawn| drawn == cell).count() as f64;
        // 2,000 of 3,000, with a standard deviation of 26.
        assert!((of(0) - 2000.0).abs() < 130.0 && of(2) < 0.5 && of(0) + of(4) > 2999.5);
        assert_eq!((decoder.cells(2), decoder.cells(0)), (vec![0, 4, 2], vec![1]));
        assert_eq!(coding.shares(&[1.0, 1.0, 0.0, 0.0, 0.0]), [1.0, 0.0, 2.0 / 3.0]);
        // One cell of three, and half of one: a third of the variance, and a twelfth.
        assert_eq!(coding.variances(&[1.0, 1.0, 0.0, 0.0, 0.0]), [1.0, 0.0, 1.0 / 3.0]);
        assert_eq!(coding.variances(&[0.0, 0.0, 0.5, 0.0, 0.0]), [0.0, 0.0, 0.25 / 3.0]);
        let decoder = coding.decoder(Some(&[0.0, 0.0, 0.0, 0.0, 1.0]));
        assert!((0..9).all(|_| decoder.cell(2, &mut rng) == 4));
    }

    #[test]
    fn a_column_of_noise_alone_is_one_code_of_equal_shares() {
        let (coding, measured) = Coding::of(&Measurement::new(&[0], &[-1, -2], 100.0));
        assert_eq!((coding.size(), measured.values), (1, vec![-3.0]));
        assert_eq!(coding.shares(&[1.0, 0.0]), [0.5]);
        assert_eq!(Coding::identity(3).codes(), [0, 1, 2]);
    }
}

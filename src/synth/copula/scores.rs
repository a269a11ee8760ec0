//! From a real column to its margin and normal scores.

use rand::Rng;

use super::Copula;
use super::margin::Margin;
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::stats::normal_inverse;
use crate::synth::crowd::{Crowd, by_frequency};
use crate::synth::grain::{Grain, Tails};
use crate::table::{Column, MISSING, Values};

/// A real column, scored.
pub(super) struct Scored {
    pub(super) margin: Margin,
    /// The normal score of each row; NaN where there is none.
    pub(super) values: Vec<f64>,
    /// The share of numbers that are missing, and the scores of whether they are.
    pub(super) missing: Option<(f64, Vec<f64>)>,
}

pub(super) fn fit(
    copula: &Copula,
    column: &Column,
    crowd: Crowd<'_>,
    seed: Seed,
) -> Result<Scored> {
    let seed = seed.part(&column.name);
    match &column.values {
        Values::Numbers(numbers) => Ok(of_numbers(copula, column, numbers, crowd, seed)),
        Values::Labels { codes, levels } => of_levels(column, codes, levels, crowd, seed),
    }
}

fn of_levels(
    column: &Column,
    codes: &[u32],
    levels: &[Box<str>],
    crowd: Crowd<'_>,
    seed: Seed,
) -> Result<Scored> {
    let behind = crowd.behind_codes(codes, levels.len());
    let place = |code: u32| if code == MISSING { levels.len() } else { code as usize };
    let mut counts = by_frequency(codes.iter().copied().filter(|&code| behind[place(code)]));
    let missing = codes.iter().filter(|&&code| code == MISSING).count();
    counts.extend(behind[levels.len()].then_some((MISSING, missing)));
    if counts.is_empty() {
        return Err(Error::Usage(format!(
            "copula: column `{}`: expected a level that at least {} persons share, found none: coarsen \
             it, or leave it out (role = \"direct-identifier\")",
            column.name, crowd.least
        )));
    }
    counts.sort_by_key(|&(code, count)| (std::cmp::Reverse(count), code));
    let mut rank = vec![None; levels.len() + 1];
    counts
        .iter()
        .enumerate()
        .for_each(|(order, &(code, _))| rank[place(code)] = Some(order as f64));
    let ranks: Vec<f64> = codes.iter().map(|&code| rank[place(code)].unwrap_or(f64::NAN)).collect();
    let kept = counts.iter().map(|&(code, _)| code).filter(|&code| code != MISSING);
    let mut shown: Vec<u32> = kept.collect();
    shown.sort_unstable();
    let new = |code: u32| shown.binary_search(&code).map_or(MISSING, |place| place as u32);
    let counts: Vec<(u32, usize)> =
        counts.into_iter().map(|(code, count)| (new(code), count)).collect();
    let levels = shown.iter().map(|&code| levels[code as usize].clone()).collect();
    let margin = Margin::of_levels(levels, &counts);
    Ok(Scored { margin, values: normal_scores(&ranks, seed), missing: None })
}

fn of_numbers(
    copula: &Copula,
    column: &Column,
    numbers: &[f64],
    crowd: Crowd<'_>,
    seed: Seed,
) -> Scored {
    let rows = |gone: bool| (0..numbers.len()).filter(move |&row| numbers[row].is_nan() == gone);
    let known = crowd.is_behind(rows(false));
    let all_missing = vec![f64::NAN; numbers.len()];
    // Numbers of too few persons are nobody's: the column is made without any.
    let (grain, coded) =
        Grain::of(if known { numbers } else { &all_missing }, &column.schema, crowd, Tails::Both);
    let margin = Margin::of_numbers(&coded, &column.schema, grain, crowd, copula.blocks);
    let missing = (known && crowd.is_behind(rows(true))).then(|| {
        let gone: Vec<f64> = numbers.iter().map(|x| f64::from(u8::from(x.is_nan()))).collect();
        let share = gone.iter().sum::<f64>() / gone.len() as f64;
        (share, normal_scores(&gone, seed.part("missing")))
    });
    Scored { margin, values: normal_scores(&coded, seed), missing }
}

/// Φ⁻¹((r − ½)/n) of the rank r of each value, equal ones ranked at random; NaN where there is none.
fn normal_scores(values: &[f64], seed: Seed) -> Vec<f64> {
    let mut rng = seed.rng();
    let keys: Vec<u64> = values.iter().map(|_| rng.next_u64()).collect();
    let mut order: Vec<usize> = (0..values.len()).filter(|&row| !values[row].is_nan()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]).then(keys[a].cmp(&keys[b])));
    let mut scores = vec![f64::NAN; values.len()];
    for (rank, &row) in order.iter().enumerate() {
        scores[row] = normal_inverse((rank as f64 + 0.5) / order.len() as f64);
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranks 1, 2, 3 of 3: Φ⁻¹ of 1/6, 1/2, 5/6.
    #[test]
    fn scores_hand_worked() {
        let scores = normal_scores(&[5.0, f64::NAN, -1.0, 2.0], Seed::new(0));
        let expected = [0.967_421_566, f64::NAN, -0.967_421_566, 0.0];
        for (a, b) in scores.iter().zip(expected) {
            assert!((a - b).abs() < 1e-8 || (a.is_nan() && b.is_nan()), "{scores:?}");
        }
    }

    /// A level of half of the rows takes half of the ranks, in an order that nothing follows.
    #[test]
    fn equal_values_are_ranked_at_random() {
        let values: Vec<f64> = (0..2000).map(|row| f64::from(row % 2)).collect();
        let scores = normal_scores(&values, Seed::new(1));
        let (zeros, ones): (Vec<f64>, Vec<f64>) = (
            scores.iter().step_by(2).copied().collect(),
            scores.iter().skip(1).step_by(2).copied().collect(),
        );
        assert!(zeros.iter().all(|&z| z < 0.0) && ones.iter().all(|&z| z > 0.0));
        // Of 1,000 steps about half rise; a standard deviation is 9 (they are not independent).
        let rises = zeros.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!((430..570).contains(&rises), "{rises}");
    }
}

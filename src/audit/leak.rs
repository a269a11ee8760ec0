//! How a planted record differs from the person's own.

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::plant::Leak;
use crate::encode::{Coded, Codes, Joint};
use crate::table::MISSING;

/// How far a disturbed number moves, as a share of its scale.
const MOVED: f64 = 0.001;

/// Copies of the training rows, each disturbed as its leak says.
#[must_use]
pub fn leak(joint: &Joint, chosen: &[(usize, Leak)], rng: &mut ChaCha12Rng) -> Coded {
    let rows: Vec<usize> = chosen.iter().map(|(row, _)| *row).collect();
    let mut copies = joint.train.select(&rows);
    let (grains, blanks) = (grains(joint), blanks(joint));
    for (i, &(_, leak)) in chosen.iter().enumerate() {
        match leak {
            Leak::Verbatim => {}
            Leak::OneNumeric => one_numeric(&mut copies, i, &grains, rng),
            Leak::AllNumeric => {
                for grain in &grains {
                    shift(&mut copies, i, grain.column, grain.step, rng);
                }
            }
            Leak::OneCategorical => one_categorical(joint, &mut copies, i, rng),
            Leak::OneReplaced => one_replaced(joint, &mut copies, i, &grains, rng),
            Leak::OneBlank => one_blank(&mut copies, i, &blanks, rng),
        }
    }
    copies
}

/// A number column that varies.
struct Grain {
    column: usize,
    scale: f64,
    /// The schema's step, else the smallest gap between two training values.
    step: f64,
}

fn grains(joint: &Joint) -> Vec<Grain> {
    let grain = |(column, codes): (usize, &Codes)| {
        let (Codes::Number(values), Some(scale)) = (codes, joint.scales[column]) else {
            return None;
        };
        let mut known: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
        known.sort_by(f64::total_cmp);
        known.dedup();
        let gap = known.windows(2).map(|pair| pair[1] - pair[0]).reduce(f64::min)?;
        Some(Grain { column, scale, step: joint.schemas[column].step.unwrap_or(gap) })
    };
    joint.train.columns.iter().enumerate().filter_map(grain).collect()
}

fn one_numeric(copies: &mut Coded, i: usize, grains: &[Grain], rng: &mut ChaCha12Rng) {
    let present = |grain: &&Grain| match &copies.columns[grain.column] {
        Codes::Number(values) => !values[i].is_nan(),
        Codes::Category(_) => false,
    };
    let present: Vec<&Grain> = grains.iter().filter(present).collect();
    let fine: Vec<&&Grain> = present.iter().filter(|g| g.step <= MOVED * g.scale).collect();
    let coarseness = |grain: &Grain| grain.step / grain.scale;
    let chosen = match fine.len() {
        0 => present.iter().min_by(|a, b| coarseness(a).total_cmp(&coarseness(b))),
        some => Some(fine[rng.random_range(0..some)]),
    };
    if let Some(grain) = chosen {
        let by = grain.step.max(MOVED * grain.scale);
        shift(copies, i, grain.column, by, rng);
    }
}

/// Moves a number up or down; a missing one stays missing.
fn shift(copies: &mut Coded, i: usize, column: usize, by: f64, rng: &mut ChaCha12Rng) {
    let up: bool = rng.random();
    if let Codes::Number(values) = &mut copies.columns[column] {
        values[i] += if up { by } else { -by };
    }
}

/// Another value in one category column, as likely as among the training records that differ there.
fn one_categorical(joint: &Joint, copies: &mut Coded, i: usize, rng: &mut ChaCha12Rng) {
    let vary = |codes: &&Codes| match codes {
        Codes::Category(codes) => codes.windows(2).any(|pair| pair[0] != pair[1]),
        Codes::Number(_) => false,
    };
    let columns: Vec<usize> = (0..joint.train.columns.len())
        .filter(|&column| vary(&&joint.train.columns[column]))
        .collect();
    if columns.is_empty() {
        return;
    }
    let column = columns[rng.random_range(0..columns.len())];
    let (Codes::Category(codes), Codes::Category(copies)) =
        (&joint.train.columns[column], &mut copies.columns[column])
    else {
        return;
    };
    let others: Vec<u32> =
        codes.iter().copied().filter(|&c| c != copies[i] && c != MISSING).collect();
    if !others.is_empty() {
        copies[i] = others[rng.random_range(0..others.len())];
    }
}

/// Another number in one column, as likely as among the training records that differ there.
fn one_replaced(
    joint: &Joint,
    copies: &mut Coded,
    i: usize,
    grains: &[Grain],
    rng: &mut ChaCha12Rng,
) {
    if grains.is_empty() {
        return one_categorical(joint, copies, i, rng);
    }
    let column = grains[rng.random_range(0..grains.len())].column;
    let (Codes::Number(values), Codes::Number(copies)) =
        (&joint.train.columns[column], &mut copies.columns[column])
    else {
        return;
    };
    let own = copies[i].to_bits();
    let others: Vec<f64> =
        values.iter().copied().filter(|x| !x.is_nan() && x.to_bits() != own).collect();
    if !others.is_empty() {
        copies[i] = others[rng.random_range(0..others.len())];
    }
}

/// What a blanked value becomes.
enum Blank {
    Number(f64),
    Category(u32),
}

/// For every column: missing, where the release has missing values, else the most frequent training value (of
/// equally frequent ones the least).
fn blanks(joint: &Joint) -> Vec<Blank> {
    let columns = joint.train.columns.iter().zip(&joint.synthetic.columns);
    let blank = |(train, released): (&Codes, &Codes)| match (train, released) {
        (Codes::Number(_), Codes::Number(released)) if released.iter().any(|x| x.is_nan()) => {
            Blank::Number(f64::NAN)
        }
        (Codes::Number(train), _) => {
            let mut known: Vec<f64> = train.iter().copied().filter(|x| !x.is_nan()).collect();
            known.sort_by(f64::total_cmp);
            Blank::Number(mode(&known).unwrap_or(f64::NAN))
        }
        (_, Codes::Category(released)) if released.contains(&MISSING) => Blank::Category(MISSING),
        (Codes::Category(train), _) => {
            let mut known: Vec<u32> = train.iter().copied().filter(|&c| c != MISSING).collect();
            known.sort_unstable();
            Blank::Category(mode(&known).unwrap_or(MISSING))
        }
    };
    columns.map(blank).collect()
}

/// The most frequent of sorted values, the least of equally frequent ones.
fn mode<T: Copy + PartialEq>(sorted: &[T]) -> Option<T> {
    let runs = sorted.chunk_by(|a, b| a == b);
    runs.reduce(|best, run| if run.len() > best.len() { run } else { best }).map(|run| run[0])
}

/// Blanks a value in one of the columns where that changes it.
fn one_blank(copies: &mut Coded, i: usize, blanks: &[Blank], rng: &mut ChaCha12Rng) {
    let columns = copies.columns.iter().zip(blanks).enumerate();
    let changes = |(column, (codes, blank)): (usize, (&Codes, &Blank))| {
        let changes = match (codes, blank) {
            (Codes::Number(values), Blank::Number(blank)) => {
                !values[i].is_nan() && values[i].to_bits() != blank.to_bits()
            }
            (Codes::Category(codes), Blank::Category(blank)) => {
                codes[i] != MISSING && codes[i] != *blank
            }
            _ => false,
        };
        changes.then_some(column)
    };
    let columns: Vec<usize> = columns.filter_map(changes).collect();
    if columns.is_empty() {
        return;
    }
    let column = columns[rng.random_range(0..columns.len())];
    match (&mut copies.columns[column], &blanks[column]) {
        (Codes::Number(values), Blank::Number(blank)) => values[i] = *blank,
        (Codes::Category(codes), Blank::Category(blank)) => codes[i] = *blank,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::audit;
    use crate::random::Seed;

    /// The release has a blank in c and none in x: a blanked c is missing, a blanked x is 5, the most frequent
    /// training value. A 5 stays, so that of (5, k) only c can be blanked.
    #[test]
    fn a_blank_is_what_blanks_look_like_in_the_release() {
        let schema = "[columns.x]\nkind = \"integer\"\n[columns.c]\nkind = \"categorical\"\n";
        let train = "x,c\n5,k\n7,l\n5,m\n9,n\n";
        let audit = audit(schema, train, None, "x,c\n5,\n6,k\n");
        let joint = audit.joint();
        let mut blanked = [0; 2];
        for number in 0..20 {
            let rows = [(0, Leak::OneBlank), (1, Leak::OneBlank)];
            let copies = leak(joint, &rows, &mut Seed::new(number).rng());
            let (Codes::Number(x), Codes::Category(c)) = (&copies.columns[0], &copies.columns[1])
            else {
                panic!()
            };
            assert!((x[0] - 5.0).abs() < 1e-12 && c[0] == MISSING);
            let (moved, missing) = ((x[1] - 5.0).abs() < 1e-12, c[1] == MISSING);
            assert!(moved != missing);
            blanked[usize::from(missing)] += 1;
        }
        assert!(blanked.iter().all(|&count| count > 0));
    }

    #[test]
    fn the_mode_is_the_first_of_the_most_frequent() {
        assert_eq!(mode(&[1, 2, 2, 3, 3]), Some(2));
        assert_eq!(mode::<u32>(&[]), None);
    }
}

//! The grain of a column of numbers: what a made number may look like, and which real ones may be shown.
//!
//! A real number that a crowd of persons shares may be shown, and so may a top or bottom code, which is
//! public. Any other belongs to a few and has to be moved or averaged. Made numbers are recorded as the real
//! ones are (whole numbers, cents, days) and keep to bounds: the public ones of the schema, or else the mean
//! of the middle half of the crowd at that end, so that no single extreme record sets them.

use serde::{Deserialize, Serialize};

use super::crowd::Crowd;
use crate::table::{ColumnKind, ColumnSchema};

/// Decimals beyond which numbers count as having no grid.
const DECIMALS: i32 = 9;

/// Steps in which moments are recorded: days, hours, minutes, seconds.
const MOMENTS: [f64; 4] = [86_400.0, 3_600.0, 60.0, 1.0];

/// How far a multiple of a step may be from one.
const ROUNDING: f64 = 1e-6;

/// What a made number may look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Grain {
    grid: Option<Grid>,
    /// No made number is below it.
    pub(super) lower: f64,
    /// No made number is above it.
    pub(super) upper: f64,
}

/// Where numbers lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Grid {
    step: f64,
    /// One of the numbers that lie on it.
    origin: f64,
}

/// At which ends extreme numbers are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tails {
    /// Where the schema has no public bound.
    Unbounded,
    /// At both.
    Both,
}

impl Grain {
    /// The grain of `numbers`, of which some are known, and the numbers with their extremes coded.
    pub(super) fn of(
        numbers: &[f64],
        schema: &ColumnSchema,
        crowd: Crowd<'_>,
        tails: Tails,
    ) -> (Self, Vec<f64>) {
        let mut order: Vec<usize> =
            (0..numbers.len()).filter(|&row| !numbers[row].is_nan()).collect();
        order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]).then(a.cmp(&b)));
        let grid = Grid::of(numbers, schema);
        let public = |bound: Option<f64>| bound.filter(|_| !schema.bounds_from_data());
        let (floor, ceiling) = (
            larger(public(schema.lower), public(schema.bottom)),
            smaller(public(schema.upper), public(schema.top)),
        );
        let mut coded = numbers.to_vec();
        let both = tails == Tails::Both;
        for rows in ends(&order, crowd, both || floor.is_none(), both || ceiling.is_none()) {
            let code = middle_mean(&crowd.means(&rows, numbers));
            let code = grid.map_or(code, |grid| grid.nearest(code));
            rows.iter().for_each(|&row| coded[row] = code);
        }
        let known = coded.iter().copied().filter(|x| !x.is_nan());
        let (least, most) =
            known.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (x.min(a), x.max(b)));
        let bound = |public: Option<f64>, end: f64| if both { end } else { public.unwrap_or(end) };
        (Self { grid, lower: bound(floor, least), upper: bound(ceiling, most) }, coded)
    }

    /// The number that may be made nearest to `x`: reflected at the bounds, on the grid.
    pub(super) fn place(&self, x: f64) -> f64 {
        let reflected = if x < self.lower {
            2.0 * self.lower - x
        } else if x > self.upper {
            2.0 * self.upper - x
        } else {
            x
        };
        let inside = reflected.clamp(self.lower, self.upper);
        let Some(grid) = self.grid else { return inside };
        let snapped = self.round(inside);
        let back = if snapped > self.upper {
            grid.nearest(snapped - grid.step)
        } else if snapped < self.lower {
            grid.nearest(snapped + grid.step)
        } else {
            snapped
        };
        // Bounds between two grid points leave none.
        back.clamp(self.lower, self.upper)
    }

    /// `x` as numbers of the column are recorded, whatever the bounds.
    pub(super) fn round(&self, x: f64) -> f64 {
        self.grid.map_or(x, |grid| grid.nearest(x))
    }

    /// Half of the width that one made number stands for.
    pub(super) fn half_step(&self) -> f64 {
        self.grid.map_or(0.0, |grid| grid.step / 2.0)
    }
}

impl Grid {
    fn of(numbers: &[f64], schema: &ColumnSchema) -> Option<Self> {
        let known = || numbers.iter().copied().filter(|x| !x.is_nan());
        let first = known().next()?;
        let step = schema.step.or_else(|| match schema.kind {
            ColumnKind::Integer => Some(1.0),
            ColumnKind::DateTime => {
                MOMENTS.into_iter().find(|&step| known().all(|x| is_multiple(x, step)))
            }
            _ => decimals(known()).map(|decimals| 10.0_f64.powi(-decimals)),
        })?;
        // Zero where it can be, so that multiples come out as they are written.
        let lies = |origin: f64| known().all(|x| is_multiple(x - origin, step));
        [0.0, first].into_iter().find(|&origin| lies(origin)).map(|origin| Self { step, origin })
    }

    /// The point nearest to `x`. A step of 0.01 is divided by its inverse, 100: multiples of 0.01 itself are
    /// off in the last digit.
    fn nearest(self, x: f64) -> f64 {
        let steps = (x - self.origin) / self.step;
        let inverse = (1.0 / self.step).round();
        let offset = if self.step < 1.0 && is_multiple(1.0, self.step) {
            steps.round() / inverse
        } else {
            steps.round() * self.step
        };
        self.origin + offset
    }
}

fn is_multiple(x: f64, step: f64) -> bool {
    let steps = x / step;
    (steps - steps.round()).abs() <= ROUNDING
}

/// How many decimals the numbers are written with; none where they are too many to be a grid.
fn decimals(numbers: impl Iterator<Item = f64>) -> Option<i32> {
    let mut most = 0;
    for number in numbers {
        while most <= DECIMALS && !has_decimals(number, most) {
            most += 1;
        }
    }
    (most <= DECIMALS).then_some(most)
}

/// Whether so many decimals write the number. The quotient of two whole numbers is the double nearest to it.
fn has_decimals(number: f64, decimals: i32) -> bool {
    let power = 10.0_f64.powi(decimals);
    ((number * power).round() / power).to_bits() == number.to_bits()
}

/// The rows of the crowd at either end of `order` that is to be coded; of both together where they overlap.
fn ends(order: &[usize], crowd: Crowd<'_>, low: bool, high: bool) -> [Vec<usize>; 2] {
    let first = |wanted: bool, rows: &mut dyn Iterator<Item = usize>| {
        if wanted { crowd.first(rows).unwrap_or(order.len()) } else { 0 }
    };
    let below = first(low, &mut order.iter().copied());
    let above = first(high, &mut order.iter().rev().copied());
    if below + above > order.len() {
        return [order.to_vec(), Vec::new()];
    }
    [order[..below].to_vec(), order[order.len() - above..].to_vec()]
}

/// The mean of the middle half of sorted numbers, one a person: no single one of them can move it far.
fn middle_mean(numbers: &[f64]) -> f64 {
    let cut = numbers.len() / 4;
    let middle = &numbers[cut..numbers.len() - cut];
    middle.iter().sum::<f64>() / middle.len().max(1) as f64
}

fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).reduce(f64::max)
}

fn smaller(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).reduce(f64::min)
}

/// The numbers that may be shown as they are, ascending: those that a crowd shares, and public codes.
pub(super) fn shown(numbers: &[f64], schema: &ColumnSchema, crowd: Crowd<'_>) -> Vec<f64> {
    let mut order: Vec<usize> = (0..numbers.len()).filter(|&row| !numbers[row].is_nan()).collect();
    order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]).then(a.cmp(&b)));
    let codes = [schema.top, schema.bottom];
    let is_code = |x: f64| codes.iter().flatten().any(|code| code.to_bits() == x.to_bits());
    let groups = order.chunk_by(|&a, &b| numbers[a].to_bits() == numbers[b].to_bits());
    let may =
        |group: &&[usize]| is_code(numbers[group[0]]) || crowd.is_behind(group.iter().copied());
    groups.filter(may).map(|group| numbers[group[0]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Persons;

    fn persons(count: u32) -> Persons {
        Persons { of_row: (0..count).collect(), count: count as usize, unnamed: vec![] }
    }

    fn grain(numbers: &[f64], schema: &ColumnSchema, least: usize) -> (Grain, Vec<f64>) {
        let persons = persons(numbers.len() as u32);
        Grain::of(numbers, schema, Crowd { persons: &persons, least }, Tails::Unbounded)
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }

    /// 1 … 20 of a person each and 30 rows of 99 of one more, four persons a crowd: 18 19 20 99 are the highest by
    /// person, the middle half of them 19 and 20, so that 19.5, rounded to 20, is the end and 99 is nowhere.
    #[test]
    fn an_end_of_one_persons_rows_is_not_their_number() {
        let schema = ColumnSchema::new(ColumnKind::Integer);
        let numbers: Vec<f64> = (1..=20).map(f64::from).chain([99.0; 30]).collect();
        let of_row = (0..20).chain([20; 30]).collect();
        let persons = Persons { of_row, count: 21, unnamed: vec![] };
        let crowd = Crowd { persons: &persons, least: 4 };
        let (grain, coded) = Grain::of(&numbers, &schema, crowd, Tails::Unbounded);
        close(grain.upper, 20.0);
        assert!(coded[17..].iter().all(|x| (x - 20.0).abs() < 1e-12), "{coded:?}");
    }

    /// 1 … 20 and four persons a crowd: the middle half of 1 2 3 4 and of 17 18 19 20 are 2 3 and 18 19, so
    /// that 2.5 and 18.5, rounded to 3 and 19, are the ends. A million in the place of 20 changes nothing.
    #[test]
    fn ends_are_means_of_a_crowd() {
        let schema = ColumnSchema::new(ColumnKind::Integer);
        let mut numbers: Vec<f64> = (1..=20).map(f64::from).collect();
        for most in [20.0, 1e6] {
            numbers[19] = most;
            let (grain, coded) = grain(&numbers, &schema, 4);
            close(grain.lower, 3.0);
            close(grain.upper, 19.0);
            assert_eq!(coded[..5], [3.0, 3.0, 3.0, 3.0, 5.0]);
            assert_eq!(coded[15..], [16.0, 19.0, 19.0, 19.0, 19.0]);
        }
    }

    #[test]
    fn public_bounds_stand_and_bounds_read_from_the_data_do_not() {
        let mut schema = ColumnSchema::new(ColumnKind::Integer);
        (schema.lower, schema.upper) = (Some(0.0), Some(100.0));
        let numbers: Vec<f64> = (1..=20).map(f64::from).collect();
        let (public, coded) = grain(&numbers, &schema, 4);
        assert_eq!((public.lower, public.upper), (0.0, 100.0));
        assert_eq!(coded, numbers);
        schema.source = Some("data".into());
        let (own, _) = grain(&numbers, &schema, 4);
        assert_eq!((own.lower, own.upper), (3.0, 19.0));
    }

    #[test]
    fn fewer_than_two_crowds_have_one_value() {
        let schema = ColumnSchema::new(ColumnKind::Continuous);
        let (grain, coded) = grain(&[1.0, 2.0, 3.0, f64::NAN, 4.0], &schema, 3);
        close(grain.lower, grain.upper);
        assert!(coded[3].is_nan());
        coded.iter().filter(|x| !x.is_nan()).for_each(|&x| close(x, grain.lower));
    }

    #[test]
    fn made_numbers_are_recorded_as_the_real_ones_are() {
        let continuous = ColumnSchema::new(ColumnKind::Continuous);
        let cents: Vec<f64> =
            (0..100).map(|i| f64::from(i) * 0.37).map(|x| (x * 100.0).round() / 100.0).collect();
        let (grain_of_cents, _) = grain(&cents, &continuous, 3);
        assert_eq!(format!("{}", grain_of_cents.place(7.123_456)), "7.12");
        let rough: Vec<f64> = (0..100).map(|i| f64::from(i) / 7.0).collect();
        close(grain(&rough, &continuous, 3).0.place(7.123_456), 7.123_456);
        let moments = ColumnSchema::new(ColumnKind::DateTime);
        let days: Vec<f64> = (0..100).map(|i| f64::from(i) * 86_400.0).collect();
        close(grain(&days, &moments, 3).0.place(2.4 * 86_400.0), 2.0 * 86_400.0);
        let mut stepped = ColumnSchema::new(ColumnKind::Integer);
        stepped.step = Some(5.0);
        let fives: Vec<f64> = (0..100).map(|i| 3.0 + 5.0 * f64::from(i)).collect();
        close(grain(&fives, &stepped, 3).0.place(21.0), 23.0);
    }

    /// Bounds of 0 and 10: −1 is reflected to 1, 12 to 8, 35 ends at the bound.
    #[test]
    fn bounds_reflect() {
        let mut schema = ColumnSchema::new(ColumnKind::Integer);
        (schema.lower, schema.upper) = (Some(0.0), Some(10.0));
        let (grain, _) = grain(&[1.0, 5.0, 9.0, 4.0], &schema, 1);
        for (x, expected) in [(-1.0, 1.0), (12.0, 8.0), (35.0, 0.0), (4.4, 4.0)] {
            close(grain.place(x), expected);
        }
    }

    #[test]
    fn numbers_of_few_are_not_shown() {
        let mut schema = ColumnSchema::new(ColumnKind::Integer);
        schema.top = Some(9.0);
        let numbers = [1.0, 1.0, 1.0, 2.0, 2.0, 9.0, f64::NAN];
        let people = Persons { of_row: vec![0, 1, 2, 3, 3, 4, 5], count: 6, unnamed: vec![] };
        let crowd = |least| Crowd { persons: &people, least };
        assert_eq!(shown(&numbers, &schema, crowd(3)), [1.0, 9.0]);
        // Two rows of one person are one person.
        assert_eq!(shown(&numbers, &schema, crowd(2)), [1.0, 9.0]);
    }
}

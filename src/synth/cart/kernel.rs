//! By how much numbers of few persons are moved.

use rand::Rng;

use crate::stats::normal_inverse;
use crate::synth::crowd::Crowd;
use crate::synth::grain::Grain;

/// How often a number is moved again that came back to where it was.
const TRIES: usize = 8;

/// How far each of the `distinct` numbers, ascending, is moved at least: the distance within which the
/// `values` of a crowd lie; 0 for a number that may be `shown`.
pub(super) fn reaches(
    distinct: &[f64],
    shown: &[f64],
    values: &[f64],
    crowd: Crowd<'_>,
) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).filter(|&row| !values[row].is_nan()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]).then(a.cmp(&b)));
    let is_shown = |x: f64| shown.binary_search_by(|known| known.total_cmp(&x)).is_ok();
    let reach = |&x: &f64| {
        if is_shown(x) {
            return 0.0;
        }
        let outward = || Outward::from(&order, values, x).take(FARTHEST);
        let crowd = crowd.first(outward()).and_then(|taken| outward().take(taken).last());
        // Where single persons have very many rows around it, it is moved as far as the column goes.
        let ends = || order.first().into_iter().chain(order.last());
        let farthest = || ends().map(|&row| (values[row] - x).abs()).fold(0.0, f64::max);
        crowd.map_or_else(farthest, |row| (values[row] - x).abs())
    };
    distinct.iter().map(reach).collect()
}

/// Rows that are looked at around a number.
const FARTHEST: usize = 4096;

/// Rows by their distance from a number, the nearest first.
struct Outward<'a> {
    order: &'a [usize],
    values: &'a [f64],
    from: f64,
    /// The rows `..below` and `above..` of the order are still to come.
    below: usize,
    above: usize,
}

impl<'a> Outward<'a> {
    fn from(order: &'a [usize], values: &'a [f64], from: f64) -> Self {
        let start = order.partition_point(|&row| values[row] < from);
        Self { order, values, from, below: start, above: start }
    }
}

impl Iterator for Outward<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let distance = |place: usize| (self.values[self.order[place]] - self.from).abs();
        let left = self.below.checked_sub(1).map(|place| (distance(place), place));
        let right = (self.above < self.order.len()).then(|| (distance(self.above), self.above));
        let goes_left = match (left, right) {
            (Some((left, _)), Some((right, _))) => left < right,
            (left, _) => left.is_some(),
        };
        if goes_left {
            self.below -= 1;
            return Some(self.order[self.below]);
        }
        self.above += 1;
        right.map(|(_, place)| self.order[place])
    }
}

/// The width of the kernel of a leaf with these `values`, s = min(sd, IQR/1.34), the deviation alone where half of
/// the values are one: 0.9 s m^(−1/5), the best for a density (Silverman 1986, eq. 3.31), in leaves of up to
/// seventy; (4/m)^(1/3) s in larger ones, the best for a distribution function of normal numbers (Azzalini 1981,
/// Biometrika 68:326), which is what is drawn from: a wider one flattens what so many values show.
pub(super) fn width(mut values: Vec<f64>) -> f64 {
    let count = values.len() as f64;
    if values.len() < 2 {
        return 0.0;
    }
    values.sort_by(f64::total_cmp);
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    let deviation = (squares / (count - 1.0)).sqrt();
    let quartiles = quantile(&values, 0.75) - quantile(&values, 0.25);
    let spread = if quartiles > 0.0 { deviation.min(quartiles / 1.34) } else { deviation };
    spread * (0.9 * count.powf(-0.2)).min((4.0 / count).cbrt())
}

/// Linear between order statistics, the lowest at 0 and the highest at 1.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (high - low) * place.fract()
}

/// `value` moved within its `width` or its `reach`, the larger, and not back to itself where that can be.
pub(super) fn moved(value: f64, reach: f64, width: f64, grain: &Grain, rng: &mut impl Rng) -> f64 {
    let width = reach.max(width);
    let mut made = value;
    for _ in 0..TRIES {
        made = grain.place(value + width * normal(rng));
        if made.to_bits() != value.to_bits() {
            break;
        }
    }
    made
}

/// A standard normal draw, by inversion.
fn normal(rng: &mut impl Rng) -> f64 {
    let uniform = ((rng.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    normal_inverse(uniform)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;
    use crate::synth::grain::Tails;
    use crate::table::{ColumnKind, ColumnSchema, Persons};

    /// 0 is shared by three persons; 10, 11 and 100 by one each. With three a crowd: within 10 of 10 lie 10,
    /// 11 and one of the zeros; within 11 of 11 the same; within 90 of 100 lie 100, 11, 10.
    #[test]
    fn a_number_that_stands_alone_moves_far() {
        let values = [0.0, 0.0, 0.0, 10.0, 11.0, 100.0, f64::NAN];
        let persons = Persons { of_row: (0..7).collect(), count: 7, unnamed: vec![] };
        let crowd = Crowd { persons: &persons, least: 3 };
        let reach = reaches(&[0.0, 10.0, 11.0, 100.0], &[0.0], &values, crowd);
        assert_eq!(reach, [0.0, 10.0, 11.0, 90.0]);
    }

    /// 5,000 rows of 10 are one person's, and 0 and 30 two others': no crowd of three lies within 4,096 rows of 10,
    /// which is moved by up to 20.
    #[test]
    fn a_number_of_one_persons_many_rows_moves_far() {
        let values: Vec<f64> = [0.0, 30.0].into_iter().chain([10.0; 5000]).collect();
        let of_row = [0, 1].into_iter().chain([2; 5000]).collect();
        let persons = Persons { of_row, count: 3, unnamed: vec![] };
        let crowd = Crowd { persons: &persons, least: 3 };
        let reach = reaches(&[0.0, 10.0, 30.0], &[], &values, crowd);
        assert_eq!(reach, [30.0, 20.0, 30.0]);
    }

    /// 1 2 3 4 5: sd 1.5811, IQR 2, 2/1.34 = 1.4925 is smaller; 0.9 · 1.4925 · 5^(−0.2) = 0.97359.
    #[test]
    fn widths_hand_worked() {
        let width_of = |values: &[f64]| width(values.to_vec());
        assert!((width_of(&[1.0, 2.0, 3.0, 4.0, 5.0]) - 0.973_59).abs() < 1e-4);
        assert!(width_of(&[3.0]).abs() < 1e-12 && width_of(&[3.0, 3.0, 3.0]).abs() < 1e-12);
        // Quartiles of 0 0 0 0 5 are 0 and 0: sd 2.2361 alone, · 0.9 · 0.72478.
        assert!((width_of(&[0.0, 0.0, 0.0, 0.0, 5.0]) - 1.458_61).abs() < 1e-4);
    }

    /// 0, 1, …, 4,095: sd 1182.6 is smaller than IQR/1.34 = 1528; (4/4096)^(1/3) = 0.099213, less than
    /// 0.9 · 4096^(−0.2) = 0.170518.
    #[test]
    fn large_leaves_have_narrower_kernels() {
        let width = width((0..4096).map(f64::from).collect());
        assert!((width - 117.33).abs() < 0.01, "{width}");
    }

    /// 20,000 numbers moved by a kernel of width 3 have mean 50 ± 0.02 and deviation 3 ± 0.015.
    #[test]
    fn moved_numbers_are_spread_as_the_kernel_is_and_none_stays() {
        let mut schema = ColumnSchema::new(ColumnKind::Continuous);
        (schema.lower, schema.upper) = (Some(0.0), Some(100.0));
        let persons = Persons { of_row: vec![0, 1, 2], count: 3, unnamed: vec![] };
        let crowd = Crowd { persons: &persons, least: 1 };
        let values = [50.0, 1.0 / 3.0, 0.1_f64.sqrt()];
        let (grain, _) = Grain::of(&values, &schema, crowd, Tails::Unbounded);
        let mut rng = Seed::new(0).rng();
        let made: Vec<f64> = (0..20_000).map(|_| moved(50.0, 3.0, 1.0, &grain, &mut rng)).collect();
        let mean = made.iter().sum::<f64>() / 2e4;
        let deviation = (made.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2e4).sqrt();
        assert!((mean - 50.0).abs() < 0.1 && (deviation - 3.0).abs() < 0.08, "{mean} {deviation}");
        assert!(made.iter().all(|x| (x - 50.0).abs() > 0.0));
        assert!((moved(7.0, 0.0, 5.0, &grain, &mut rng) - 7.0).abs() > 0.0);
    }
}

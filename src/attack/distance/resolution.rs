//! Distributions of distances at a resolution that can be published.
//!
//! An exact nearest distance points at a record, and metrics that answer exactly give records away to
//! who asks often enough (Ganev and De Cristofaro 2023, arXiv 2312.05114). So a point of a curve is the mean
//! of eleven neighbouring order statistics, in two significant digits, and there is none where eleven
//! do not fit.

/// Order statistics on either side of a rank whose mean is shown with it.
const BESIDE: usize = 5;

/// The probabilities of a curve: 1 %, 2.5 %, 5 % and so on to 97.5 % and 99 %.
fn probabilities() -> impl Iterator<Item = f64> {
    let steps = (1..40).map(|step| f64::from(step) / 40.0);
    std::iter::once(0.01).chain(steps).chain([0.99])
}

/// (probability, value) pairs of the distribution of `values`; nothing of too few of them.
pub(super) fn curve(mut values: Vec<f64>) -> Option<Vec<[f64; 2]>> {
    values.sort_by(f64::total_cmp);
    let point = |p: f64| {
        let rank = (p * values.len() as f64 - 1e-9).ceil() as usize;
        let window = values.get(rank.checked_sub(BESIDE + 1)?..rank + BESIDE)?;
        let mean = window.iter().sum::<f64>() / window.len() as f64;
        mean.is_finite().then(|| [p, two_digits(mean)])
    };
    let points: Vec<[f64; 2]> = probabilities().filter_map(point).collect();
    (!points.is_empty()).then_some(points)
}

/// Two significant digits.
fn two_digits(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers 1 to 400: at 2.5 % rank 10, the mean of 5 … 15; at 1 % rank 4, which leaves no room
    /// for five below. Of 1 to 1,000: at 1 % the mean of 5 … 15, at 99 % that of 985 … 995, 990.
    #[test]
    fn hand_worked() {
        let to = |last: u32| (1..=last).rev().map(f64::from).collect::<Vec<f64>>();
        let shown = |last: u32, p: f64| {
            let curve = curve(to(last)).unwrap();
            curve.iter().find(|point| (point[0] - p).abs() < 1e-12).map(|point| point[1])
        };
        assert_eq!(shown(400, 0.01), None);
        assert_eq!(shown(400, 0.025), Some(10.0));
        assert_eq!(shown(400, 0.5), Some(200.0));
        assert_eq!(shown(400, 0.975), Some(390.0));
        assert_eq!(shown(400, 0.99), None);
        assert_eq!(curve(to(1000)).unwrap().len(), 41);
        assert_eq!((shown(1000, 0.01), shown(1000, 0.99)), (Some(10.0), Some(990.0)));
        // 123 is shown in two digits.
        assert_eq!(shown(492, 0.25), Some(120.0));
    }

    #[test]
    fn fewer_than_eleven_values_are_not_shown() {
        assert_eq!(curve(Vec::new()), None);
        assert_eq!(curve(vec![0.5; 10]), None);
        assert_eq!(curve(vec![0.5; 11]).map(|points| points.len()), Some(3));
        assert_eq!(curve(vec![f64::INFINITY; 40]), None);
    }
}

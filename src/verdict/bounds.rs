//! From sufficient statistics to an estimate with one-sided bounds.

use serde::Serialize;

use crate::evidence::{Count, Measure, Planting};
use crate::stats::{
    Confidence, clopper_pearson_lower, clopper_pearson_upper, detected_lower, detected_upper,
    newcombe_exact_lower, newcombe_exact_upper, normal_bounds, rate_bounds,
};

/// An estimate with a one-sided bound on either side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Interval {
    /// The estimate.
    pub point: f64,
    /// One-sided lower bound.
    pub lower: f64,
    /// One-sided upper bound.
    pub upper: f64,
    /// How the bounds were computed.
    pub method: &'static str,
    /// Whether the value is known without error: a census or an exact count.
    pub exact: bool,
}

/// Confidence of the lower and of the upper bound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides {
    pub(super) lower: Confidence,
    pub(super) upper: Confidence,
}

/// The interval of `measure`; `sensitivity` is the lower confidence limit of what the detector sees.
/// `None` for statistics that carry no judgeable value.
pub(super) fn interval(measure: &Measure, sides: Sides, sensitivity: f64) -> Option<Interval> {
    let interval = match *measure {
        Measure::Rate { successes, trials, frame } => rate(successes, trials, frame, sides)?,
        Measure::Detected { found, targets, expected_false, ref excess } => {
            let from_count = detected_lower(found, targets, expected_false, sides.lower);
            let from_excess = excess_lower(excess, sides.lower);
            Interval {
                point: found as f64 / targets as f64,
                lower: from_count.max(from_excess),
                upper: detected_upper(found, targets, sensitivity, sides.upper),
                method: "detected count through measured sensitivity",
                exact: false,
            }
        }
        Measure::Difference { treated, control } => difference(treated, control, sides),
        Measure::Normal { value, standard_error, range: [low, high] } => {
            let bounds =
                normal_bounds(value, standard_error, [low, high], sides.upper, sides.lower)?;
            Interval {
                point: value,
                lower: bounds.lower,
                upper: bounds.upper,
                method: "normal",
                exact: false,
            }
        }
        Measure::Exact { value } => exact(value, "exact count"),
        Measure::Quantiles { .. } => return None,
    };
    [interval.point, interval.lower, interval.upper]
        .iter()
        .all(|x| x.is_finite())
        .then_some(interval)
}

fn exact(value: f64, method: &'static str) -> Interval {
    Interval { point: value, lower: value, upper: value, method, exact: true }
}

fn rate(successes: f64, trials: u64, frame: Option<u64>, sides: Sides) -> Option<Interval> {
    let bounds = rate_bounds(successes, trials, frame, sides.upper, sides.lower)?;
    let (method, census) = match frame {
        Some(frame) if frame == trials => ("census: every target was tried", true),
        Some(_) => ("hypergeometric: targets sampled from a known frame", false),
        None => ("Clopper–Pearson", false),
    };
    Some(Interval {
        point: bounds.point,
        lower: bounds.lower,
        upper: bounds.upper,
        method,
        exact: census,
    })
}

/// The excess (a − c)/(1 − c) of the treated share a over the control share c: what was added among
/// those whom chance does not hit anyway (the residual risk of Giomi et al. 2023, PoPETs 2023(2)).
///
/// Where chance hits everybody, a − c is 0 whatever was copied; dividing by what is left for copying
/// keeps such a zero from reading as harmless: the upper bound goes to 1. Each bound is the
/// difference's own (square-and-add), divided only where that widens it, by 1 − the upper limit of c.
fn difference(treated: Count, control: Count, sides: Sides) -> Interval {
    let Count { successes: k1, trials: n1 } = treated;
    let Count { successes: k2, trials: n2 } = control;
    let (a, c) = (k1 as f64 / n1 as f64, k2 as f64 / n2 as f64);
    let left = 1.0 - clopper_pearson_upper(k2 as f64, n2, sides.upper);
    let upper = widened(newcombe_exact_upper(k1, n1, k2, n2, sides.upper), left, 1.0);
    let below = newcombe_exact_lower(k1, n1, k2, n2, sides.lower);
    let lower = if below > 0.0 { below } else { -widened(-below, left, 1.0) };
    Interval {
        point: widened(a - c, 1.0 - c, upper).clamp(lower, upper),
        lower,
        upper,
        method: "Newcombe square-and-add with Clopper–Pearson limits",
        exact: false,
    }
}

/// `value / left` where that is larger, at most 1; `nothing_left` when nothing is left to divide by.
fn widened(value: f64, left: f64, nothing_left: f64) -> f64 {
    if left <= 0.0 {
        nothing_left
    } else if value > 0.0 {
        (value / left).min(1.0)
    } else {
        value
    }
}

/// The largest lower bound of treated − control over the grid of scores, Bonferroni over the grid so
/// that all hold at once.
fn excess_lower(grid: &[crate::evidence::Contrast], confidence: Confidence) -> f64 {
    let each = 1.0 - confidence.alpha() / grid.len().max(1) as f64;
    let Some(each) = Confidence::new(each) else { return 0.0 };
    let lower = |contrast: &crate::evidence::Contrast| {
        let Count { successes: k1, trials: n1 } = contrast.treated;
        let Count { successes: k2, trials: n2 } = contrast.control;
        newcombe_exact_lower(k1, n1, k2, n2, each)
    };
    grid.iter().map(lower).fold(0.0, f64::max)
}

/// Lower confidence limit of the detector's sensitivity over the `claimed` cells: the worst counts.
/// `None` when a claimed cell was not planted.
pub(super) fn sensitivity(
    plantings: &[Planting],
    claimed: &[String],
    confidence: Confidence,
) -> Option<f64> {
    let cell = |name: &String| {
        let planting = plantings.iter().find(|planting| planting.cell == *name)?;
        (planting.of > 0 && planting.detected <= planting.of)
            .then(|| clopper_pearson_lower(planting.detected as f64, planting.of, confidence))
    };
    let limits: Option<Vec<f64>> = claimed.iter().map(cell).collect();
    limits.filter(|limits| !limits.is_empty())?.into_iter().reduce(f64::min)
}

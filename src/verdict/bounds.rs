//! From sufficient statistics to an estimate with one-sided bounds.

#[cfg(test)]
mod coverage;

use serde::Serialize;

use super::guesses;
use crate::evidence::{Count, Measure, Planting};
use crate::stats::{
    Bounds, Confidence, Distinguished, Roc, clopper_pearson_lower, clopper_pearson_upper,
    detected_lower, detected_upper, effective_epsilon_lower, newcombe_exact_lower,
    newcombe_exact_upper, normal_bounds, rate_bounds, roc_reach,
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
        Measure::Detected { found, targets, expected_false, ref excess, .. } => {
            // Half the risk each, because the larger of two lower bounds is taken.
            let each = Confidence::new(1.0 - sides.lower.alpha() / 2.0)?;
            let from_count = detected_lower(found, targets, expected_false, each);
            let lower = from_count.max(excess_lower(excess, each));
            let upper = detected_upper(found, targets, sensitivity, sides.upper);
            let point = (found as f64 - expected_false).max(0.0) / targets as f64;
            Interval {
                // With more contrast than finds the bounds cross; the worse one speaks.
                upper: upper.max(lower),
                point: point.clamp(lower, upper.max(lower)),
                lower,
                method: "detected count through measured sensitivity",
                exact: false,
            }
        }
        Measure::Difference { treated, control, baseline } => {
            difference(treated, control, baseline, sides)?
        }
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
        Measure::Roc { beyond_chance, .. } => {
            let curve = curve(measure)?;
            let rate = curve.bounds(sides.upper, sides.lower)?;
            if beyond_chance {
                exposed(rate, curve.false_positive_rate, sensitivity)
            } else {
                let Bounds { lower, point, upper } = rate;
                let method = "order-statistic threshold with Clopper–Pearson";
                Interval { point, lower, upper, method, exact: false }
            }
        }
        Measure::LogOdds { told, mistaken } => log_odds(told, mistaken, sides)?,
        Measure::Guesses { .. } => guesses::interval(measure, sides)?,
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
/// - Upper bound: c is the smaller of control and baseline, so that hits on a holdout that the
///   generator has seen explain nothing; it is divided by 1 − the upper limit of c, so that it goes
///   to 1 where chance hits everybody and a − c is 0 whatever was copied.
/// - Lower bound: c is the control; at half the risk, because square-and-add carries no proof and
///   covers 98.4 % instead of 99 % with arms of 10 to 1.
fn difference(
    treated: Count,
    control: Count,
    baseline: Option<Count>,
    sides: Sides,
) -> Option<Interval> {
    let chance = baseline.filter(|baseline| baseline.successes < control.successes);
    let chance = chance.unwrap_or(control);
    let Count { successes: k1, trials: n1 } = treated;
    let (a, c) = (share(treated), share(control));
    let left = 1.0 - clopper_pearson_upper(chance.successes as f64, chance.trials, sides.upper);
    let above = newcombe_exact_upper(k1, n1, chance.successes, chance.trials, sides.upper);
    let upper = widened(above, left, 1.0);
    let cautious = Confidence::new(1.0 - sides.lower.alpha() / 2.0)?;
    let below = newcombe_exact_lower(k1, n1, control.successes, control.trials, cautious);
    let lower = if below > 0.0 { below } else { -widened(-below, left, 1.0) };
    Some(Interval {
        point: widened(a - c, 1.0 - c, upper).clamp(lower, upper),
        lower,
        upper,
        method: "Newcombe square-and-add with Clopper–Pearson limits",
        exact: false,
    })
}

/// The lower limit of ln(TPR / FPR) is estimate and lower bound in one; above, nothing is known.
fn log_odds(told: Count, mistaken: Count, sides: Sides) -> Option<Interval> {
    let counts = Distinguished {
        true_positives: told.successes,
        positives: told.trials,
        false_positives: mistaken.successes,
        negatives: mistaken.trials,
    };
    let lower = effective_epsilon_lower(counts, 0.0, sides.lower)?;
    Some(Interval {
        point: lower,
        lower,
        upper: f64::MAX,
        method: "lower limit of ln(TPR / FPR), Clopper–Pearson, no upper limit",
        exact: false,
    })
}

/// The ROC curve in a measure, if it is whole: with ranks missing the others would stand for larger
/// false positive rates than they are.
pub(super) fn curve(measure: &Measure) -> Option<Roc<'_>> {
    let Measure::Roc { false_positive_rate, members, non_members, ref detected, .. } = *measure
    else {
        return None;
    };
    let whole = detected.len() as u64 == roc_reach(non_members, false_positive_rate);
    whole.then_some(Roc { false_positive_rate, members, non_members, detected })
}

/// The share E of exposed persons behind a true positive rate at the false positive rate f. Whoever
/// is exposed is seen with sensitivity s, everybody else as often as a non-member:
/// TPR = s·E + f·(1 − E), so that E = (TPR − f)/(s − f).
///
/// - Upper bound: s is the lower confidence limit from the positive control. A detector that sees an
///   exposed person no more often than a false positive shows nothing: 1.
/// - Lower bound and estimate: s = 1, the fewest exposed persons who explain the rate.
fn exposed(rate: Bounds, f: f64, sensitivity: f64) -> Interval {
    let behind = |rate: f64, s: f64| ((rate - f) / (s - f)).clamp(0.0, 1.0);
    let lower = behind(rate.lower, 1.0);
    let seen = sensitivity > f && sensitivity <= 1.0;
    let upper = if seen { behind(rate.upper, sensitivity).max(lower) } else { 1.0 };
    Interval {
        point: behind(rate.point, 1.0).clamp(lower, upper),
        lower,
        upper,
        method: "order-statistic threshold with Clopper–Pearson, through measured sensitivity",
        exact: false,
    }
}

fn share(count: Count) -> f64 {
    count.successes as f64 / count.trials as f64
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

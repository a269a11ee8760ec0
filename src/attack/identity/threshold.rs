//! From which score on a person counts as recognised: set on the holdout, so that chance links at most
//! so many training persons; then raised on half of the plants, which costs hardly a detection.

use crate::stats::{Confidence, Pareto, clopper_pearson_upper};

/// Quantiles of the holdout's scores at which the tail may begin, the highest first.
const BEGINNINGS: [f64; 6] = [0.98, 0.97, 0.96, 0.95, 0.93, 0.90];

/// Scores that a tail has at least.
const EXCEEDANCES: usize = 50;

/// One-sided confidence of the threshold: at 90 % chance links at most as many as allowed on average over
/// holdouts (see the tests); at 80 % it links up to half as many more.
const CONFIDENCE: f64 = 0.9;

/// Distinct scores below which a table is too coarse for a law of its tail.
const DISTINCT: usize = 100;

/// √n times the distance from the fitted law beyond which it is no law of this tail: the 5 % point for
/// a law known beforehand, so that a fitted one is rarely refused (Stephens 1974, J. Am. Statist. Assoc.
/// 69:730).
const MISFIT: f64 = 1.358;

/// Share of the detected plants of the worst claimed cell that the raised threshold keeps.
const KEPT: f64 = 0.95;

/// Scores this near to the cap are at it.
const AT_CAP: f64 = 1e-9;

/// The smallest score, at most `cap`, that at most `links` of `targets` training persons are expected to reach
/// by chance, judged by the `holdout` scores alone; `None` when their tail cannot tell.
///
/// P[score ≥ τ] is the upper 90 % limit of the rate of scores at the cap, plus a generalised Pareto tail
/// of the others above the highest quantile that leaves 50 of them (peaks over threshold; Coles
/// 2001, An Introduction to Statistical Modeling of Extreme Values, ch. 4); τ is the upper 90 % limit of
/// the score that is exceeded so rarely. Where hardly any score is above 0, see [`seldom`]; `among_real` are the
/// scores above 0 that other real people give to holdout persons, for a score that has a floor.
pub(super) fn by_chance(
    holdout: &[f64],
    targets: usize,
    links: f64,
    cap: f64,
    among_real: &[f64],
) -> Option<f64> {
    let (capped, mut rest): (Vec<f64>, Vec<f64>) =
        holdout.iter().partition(|&&score| score >= cap - AT_CAP);
    rest.sort_by(f64::total_cmp);
    let allowed = links / targets as f64 - at_cap(capped.len(), holdout.len());
    let distinct = 1 + rest.windows(2).filter(|pair| pair[1] - pair[0] > 1e-6).count();
    if allowed <= 0.0 || distinct < DISTINCT {
        return None;
    }
    let Some((begin, tail)) = tail(&rest) else { return seldom(holdout, allowed, among_real) };
    let share = tail.len() as f64 / holdout.len() as f64;
    if share <= allowed {
        return Some(begin.min(cap));
    }
    let beyond = Pareto::upper(&tail, allowed / share, Confidence::new(CONFIDENCE)?);
    let threshold = beyond.map_or(cap, |beyond| (begin + beyond).min(cap));
    threshold.is_finite().then_some(threshold)
}

/// The highest of the [`BEGINNINGS`] that leaves exceedances enough to fit, and these.
fn tail(sorted: &[f64]) -> Option<(f64, Vec<f64>)> {
    let beginnings = BEGINNINGS.iter().filter_map(|&q| {
        let begin = *sorted.get((sorted.len().saturating_sub(1) as f64 * q) as usize)?;
        Some((begin, exceedances(sorted, begin)))
    });
    beginnings.into_iter().find(|(_, tail)| tail.len() >= EXCEEDANCES && fits(tail))
}

/// The threshold of a release that says so little that fewer than [`EXCEEDANCES`] holdout persons have a score above 0:
/// noise resembles people less than people resemble each other. How often a score is above 0 is the upper 90 %
/// limit from their count, how far it then goes is no further than in the tail `among_real` people: the
/// release must not be called unmeasurable for giving no signal.
fn seldom(holdout: &[f64], allowed: f64, among_real: &[f64]) -> Option<f64> {
    let above = holdout.iter().filter(|&&score| score > 0.0).count();
    if above >= EXCEEDANCES {
        return None;
    }
    let mut sorted = among_real.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (_, tail) = tail(&sorted)?;
    let confidence = Confidence::new(CONFIDENCE)?;
    let share = clopper_pearson_upper(above as f64, holdout.len() as u64, confidence);
    if share <= allowed {
        return Some(f64::EPSILON);
    }
    Pareto::upper(&tail, allowed / share, confidence).filter(|threshold| threshold.is_finite())
}

/// Upper limit of the rate of persons whom chance copies outright; 0 where none was.
fn at_cap(capped: usize, of: usize) -> f64 {
    match Confidence::new(CONFIDENCE) {
        _ if capped == 0 => 0.0,
        Some(confidence) => clopper_pearson_upper(capped as f64, of as u64, confidence),
        None => 1.0,
    }
}

fn exceedances(scores: &[f64], begin: f64) -> Vec<f64> {
    scores.iter().map(|score| score - begin).filter(|&x| x > 0.0).collect()
}

fn fits(tail: &[f64]) -> bool {
    let far = |law: Pareto| law.distance(tail) * (tail.len() as f64).sqrt() > MISFIT;
    Pareto::fit(tail).is_some_and(|law| !far(law))
}

/// `threshold`, raised to where the worst of the claimed `cells` still keeps 95 % of its detections.
/// A cell without any sets no bar.
pub(super) fn raised(threshold: f64, cells: &[Vec<f64>]) -> f64 {
    let bar = |scores: &Vec<f64>| {
        let mut seen: Vec<f64> = scores.iter().copied().filter(|&s| s >= threshold).collect();
        seen.sort_by(f64::total_cmp);
        let lost = (seen.len() as f64 * (1.0 - KEPT)) as usize;
        seen.get(lost).copied().unwrap_or(threshold)
    };
    let bars = cells.iter().map(bar);
    bars.reduce(f64::min).unwrap_or(threshold).max(threshold)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::attack::identity::score::CAP;
    use crate::random::Seed;

    /// Twenty detections of the worst cell at 6.00, 6.05 … 6.95: 95 % of them lie at 6.05 or more. The other
    /// cell would allow 7, and one without detections allows anything.
    #[test]
    fn raised_by_hand() {
        let worst: Vec<f64> = (0..20).map(|i| 6.0 + f64::from(i) * 0.05).collect();
        let better = vec![7.0; 40];
        let raised_to = raised(5.5, &[worst.clone(), better]);
        assert!((raised_to - 6.05).abs() < 1e-12);
        assert!((raised(5.5, &[vec![1.0; 9]]) - 5.5).abs() < 1e-12);
        assert!((raised(5.5, &[]) - 5.5).abs() < 1e-12);
    }

    /// Scores with an exponential tail of mean ½: P[score > x] = e^(−2x). One of 5,000 is at
    /// ln(5000)/2 = 4.26; the upper 90 % limit from 2,500 lies above in 28 of 40 or more.
    #[test]
    fn an_exponential_tail_is_extrapolated() {
        let mut above = 0;
        for number in 0..40 {
            let mut rng = Seed::new(number).rng();
            let scores: Vec<f64> =
                (0..2500).map(|_| -(1.0 - rng.random::<f64>()).ln() / 2.0).collect();
            let threshold = by_chance(&scores, 5000, 1.0, CAP, &[]).unwrap_or(CAP);
            assert!(threshold <= CAP && threshold > 2.5, "{threshold}");
            above += u32::from(threshold >= 4.26);
        }
        assert!(above >= 28, "{above} of 40");
    }

    /// What the threshold is for: over many holdouts, chance links at most the one person it allows, on
    /// average, whether the tail is bounded or exponential, and from a holdout of a thousand on.
    #[test]
    fn chance_links_at_most_one_person_on_average() {
        const ROUNDS: u32 = 150;
        for (holdout, targets) in [(2625, 5249), (1000, 4000)] {
            for shape in [-0.25, -0.1, 0.0, 0.15] {
                let law = Pareto { shape, scale: 0.7 };
                let links = |number| {
                    let mut rng = Seed::new(number).rng();
                    let mut score = || law.exceeded_with(1.0 - rng.random::<f64>()).min(7.999);
                    let scores: Vec<f64> = (0..holdout).map(|_| score()).collect();
                    let threshold = by_chance(&scores, targets, 1.0, CAP, &[]).unwrap_or(CAP);
                    if threshold < CAP { law.beyond(threshold) * targets as f64 } else { 0.0 }
                };
                let links: Vec<f64> = (0..u64::from(ROUNDS)).map(links).collect();
                let n = f64::from(ROUNDS);
                let mean = links.iter().sum::<f64>() / n;
                let variance = links.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
                // More than one on average is refuted at 1 %, one-sided.
                let error = 2.33 * (variance / n).sqrt();
                assert!(mean - error <= 1.0, "{mean} links, shape {shape}, holdout {holdout}");
            }
        }
    }

    /// A release of noise: of 2,625 holdout persons some fifteen, or nobody, have a score above 0, exponential as
    /// those among real people. There is a threshold, and chance links one person at most on average. Where half of
    /// the scores are above 0, their own tail speaks, and other real people change nothing.
    #[test]
    fn a_release_that_gives_no_signal_has_a_threshold() {
        let exponential = |rng: &mut rand_chacha::ChaCha12Rng| -(1.0 - rng.random::<f64>()).ln();
        for share in [0.0, 0.0002, 0.005, 0.009] {
            let links = |number: u64| {
                let mut rng = Seed::new(number).part("noise").rng();
                let scores: Vec<f64> = (0..2625)
                    .map(|_| match rng.random::<f64>() < share {
                        true => exponential(&mut rng),
                        // Half have nothing above what chance brings to most, the others less than they have among people.
                        false => -(exponential(&mut rng) - 0.7).max(0.0),
                    })
                    .collect();
                let real: Vec<f64> = (0..1300).map(|_| exponential(&mut rng)).collect();
                let threshold = by_chance(&scores, 5249, 1.0, f64::INFINITY, &real).unwrap();
                assert!(threshold > 0.0 && threshold < 20.0, "{threshold}");
                assert!(by_chance(&scores, 5249, 1.0, f64::INFINITY, &[]).is_none());
                5249.0 * share * (-threshold).exp()
            };
            let mean = (0..100).map(links).sum::<f64>() / 100.0;
            assert!(mean <= 1.0, "{mean} links at {share}");
        }
        let mut rng = Seed::new(5).rng();
        let scores: Vec<f64> = (0..2625).map(|_| exponential(&mut rng) - 0.7).collect();
        let alone = by_chance(&scores, 5249, 1.0, f64::INFINITY, &[]).unwrap();
        let beside = by_chance(&scores, 5249, 1.0, f64::INFINITY, &[9.0; 500]).unwrap();
        assert!((alone - beside).abs() < 1e-12);
    }

    /// Copies of the holdout are chance too: with one of 100 at the cap, no score is rare enough. Nor do
    /// few or coarse scores tell.
    #[test]
    fn no_threshold_where_the_tail_cannot_tell() {
        let fine: Vec<f64> = (0..1000).map(|i| f64::from(i) * 0.001).collect();
        let with_copies = [vec![CAP; 10], fine.clone()].concat();
        assert!(by_chance(&with_copies, 1000, 1.0, CAP, &[]).is_none());
        assert!(by_chance(&fine[..99], 1000, 1.0, CAP, &[]).is_none());
        let coarse: Vec<f64> = (0..1000).map(|i| f64::from(i % 50)).collect();
        assert!(by_chance(&coarse, 1000, 1.0, CAP, &[]).is_none());
        assert!(by_chance(&[], 1000, 1.0, CAP, &[]).is_none());
    }
}

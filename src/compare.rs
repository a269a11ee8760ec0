//! Several releases of one source side by side: which of them to let out.
//!
//! Two axes. *Load*: how far the bound that must keep a limit has come towards it, for the rule that is nearest to its
//! limit; 1 is the limit. *Utility*: one metric. A release is on the Pareto front if no other is as good on both and
//! better on one. Chosen is, of those that meet the policy, the one of the best utility: utility never makes up for a
//! limit that is not kept.

use crate::evidence::{Dossier, Evidence, Measure, Scope};
use crate::metric::{Direction, Metric, metric};
use crate::policy::{Op, Severity};
use crate::verdict::{Decision, Finding, Outcome, Verdict};

/// One release among others.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The place of the finding that is nearest to its limit, or farthest beyond; nothing where none has a limit.
    pub nearest: Option<usize>,
    /// How near: 1 is the limit, infinite where nothing was measured or no bound can come nearer.
    pub load: f64,
    /// The value of the utility metric, where it was measured.
    pub utility: Option<f64>,
    /// Whether no other release is as good on both axes and better on one.
    pub front: bool,
}

/// Releases side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// One entry a release, in the given order.
    pub standings: Vec<Standing>,
    /// The release to choose: of those that meet the policy without exceptions, the one of the best utility, then of
    /// the smallest load, then the first.
    pub choice: Option<usize>,
}

/// Puts judged releases side by side by the utility metric `axis`.
#[must_use]
pub fn compare(releases: &[(&Dossier, &Verdict)], axis: &Metric) -> Comparison {
    let stand = |(dossier, verdict): &(&Dossier, &Verdict)| {
        let of_risk =
            |finding: &Finding| !metric(finding.metric).is_some_and(|metric| metric.utility);
        let risks = verdict.findings.iter().enumerate().filter(|(_, finding)| of_risk(finding));
        let loads = risks.filter_map(|(place, finding)| Some((place, load(finding)?)));
        let nearest = loads.reduce(|near, next| if next.1 > near.1 { next } else { near });
        let (nearest, load) = nearest.map_or((None, 0.0), |(place, load)| (Some(place), load));
        Standing { nearest, load, utility: utility(dossier, axis), front: false }
    };
    let mut standings: Vec<Standing> = releases.iter().map(stand).collect();
    let points: Vec<(f64, Option<f64>)> = standings.iter().map(|s| (s.load, s.utility)).collect();
    let fronts = front(&points, axis.direction);
    standings.iter_mut().zip(fronts).for_each(|(standing, front)| standing.front = front);
    // A release that needs an exception is chosen by whoever answers for it, not here.
    let met = |place: &usize| {
        releases[*place].1.decision == Decision::Met && standings[*place].utility.is_some()
    };
    let better = |best: usize, next: usize| {
        let points = [next, best].map(|place| points[place]);
        let gain = gain(points[0].1, axis.direction).total_cmp(&gain(points[1].1, axis.direction));
        if gain.then(points[1].0.total_cmp(&points[0].0)).is_gt() { next } else { best }
    };
    let choice = (0..releases.len()).filter(met).reduce(better);
    Comparison { standings, choice }
}

/// Whether two findings speak of the same real records, as far as evidence tells, and were measured alike.
///
/// # Errors
/// What differs, in words.
pub fn comparable(one: &Dossier, other: &Dossier) -> Result<(), String> {
    if one.schema_digest != other.schema_digest {
        Err("they were read under different schemas".into())
    } else if one.samples != other.samples {
        Err("their real tables have different sizes".into())
    } else if one.tool != other.tool {
        Err(format!("they were measured by different versions, {} and {}", one.tool, other.tool))
    } else if one.seed != other.seed {
        Err("they were measured with different seeds, which attacks and measures draw by".into())
    } else if let Some(metric) = measured_otherwise(one, other) {
        Err(format!("`{metric}` was measured with other parameters"))
    } else {
        Ok(())
    }
}

/// A metric that both have and that the two measured with different parameters.
fn measured_otherwise<'a>(one: &'a Dossier, other: &Dossier) -> Option<&'a str> {
    let of_other = |metric: &str| other.evidence.iter().find(|fact| fact.metric == metric);
    let differs = |fact: &&Evidence| {
        of_other(&fact.metric).is_some_and(|other| other.parameters != fact.parameters)
    };
    one.evidence.iter().find(differs).map(|fact| fact.metric.as_str())
}

/// How far a finding has come towards its limit. Nothing of rules that only warn, and of those that only stop and
/// were not broken.
fn load(finding: &Finding) -> Option<f64> {
    let broken = finding.outcome == Outcome::Fail;
    match finding.severity {
        Severity::Warn => return None,
        Severity::FailOnly if !broken => return None,
        Severity::FailOnly | Severity::Block => {}
    }
    let Some(interval) = finding.interval else { return Some(f64::INFINITY) };
    // What breaks a rule that only stops is the other bound.
    let bound = match (finding.op, finding.severity) {
        (Op::Ge, Severity::FailOnly) => interval.upper,
        (Op::Ge, _) => interval.lower,
        (_, Severity::FailOnly) => interval.lower,
        _ => interval.upper,
    };
    let load = match finding.op {
        Op::Ge => finding.limit / bound,
        Op::Lt | Op::Le | Op::Eq => bound / finding.limit,
    };
    let shown = finding.outcome == Outcome::Pass;
    let whole = if shown { 0.0 } else { f64::INFINITY };
    let told = load.is_finite() && finding.limit > 0.0 && (finding.op != Op::Ge || bound > 0.0);
    Some(if told && finding.op != Op::Eq { load.max(0.0) } else { whole })
}

/// The value of a utility metric; of several facts, the worst.
fn utility(dossier: &Dossier, axis: &Metric) -> Option<f64> {
    let of =
        dossier.evidence.iter().filter(|fact| fact.metric == axis.id && fact.scope == Scope::All);
    let values = of.filter_map(|fact| match fact.measure {
        Measure::Normal { value, .. } | Measure::Exact { value } => Some(value),
        _ => None,
    });
    values.reduce(|worst, next| match axis.direction {
        Direction::LowerIsSafer => worst.max(next),
        Direction::HigherIsSafer => worst.min(next),
    })
}

/// A utility of which more is better; the least of all where it was not measured.
fn gain(utility: Option<f64>, direction: Direction) -> f64 {
    let sign = if direction == Direction::HigherIsSafer { 1.0 } else { -1.0 };
    utility.map_or(f64::NEG_INFINITY, |value| sign * value)
}

/// Which of these (load, utility) no other dominates. One of unknown utility is on no front.
fn front(points: &[(f64, Option<f64>)], direction: Direction) -> Vec<bool> {
    let value = |(load, utility): &(f64, Option<f64>)| (*load, gain(*utility, direction));
    let dominates = |(load, gain): (f64, f64), (other_load, other_gain): (f64, f64)| {
        load <= other_load && gain >= other_gain && (load < other_load || gain > other_gain)
    };
    let is_free = |point: &(f64, Option<f64>)| {
        point.1.is_some() && !points.iter().any(|other| dominates(value(other), value(point)))
    };
    points.iter().map(is_free).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::evidence::{Samples, Subject};

    fn dossier(ridge: f64) -> Dossier {
        let digest = Digest::of(b"");
        let mut fact = Evidence::whole("hellinger.univariate", Measure::Exact { value: 0.1 });
        fact.parameters.insert("ridge".into(), ridge.into());
        Dossier {
            schema: 1,
            tool: "dosimeter 1".into(),
            subject: Subject {
                name: "r.csv".into(),
                sha256: digest,
                content_digest: digest,
                rows: 9,
                columns: 1,
            },
            claim: None,
            schema_digest: digest,
            schema_reviewed: true,
            quasi_identifiers: Vec::new(),
            samples: Samples {
                train_rows: 9,
                train_persons: 9,
                holdout_rows: None,
                holdout_persons: None,
            },
            seed: 0,
            evidence: vec![fact],
            not_run: Vec::new(),
            caveats: Vec::new(),
        }
    }

    /// Another release is compared; another way of measuring is not.
    #[test]
    fn releases_are_measured_alike() {
        let one = dossier(0.1);
        let mut other = dossier(0.1);
        other.subject.content_digest = Digest::of(b"another release");
        other.evidence[0].measure = Measure::Exact { value: 0.2 };
        assert_eq!(comparable(&one, &other), Ok(()));
        let why = |change: &dyn Fn(&mut Dossier)| {
            let mut other = dossier(0.1);
            change(&mut other);
            comparable(&one, &other).err().unwrap()
        };
        assert!(why(&|other| other.tool = "dosimeter 2".into()).contains("different versions"));
        assert!(why(&|other| other.seed = 7).contains("different seeds"));
        assert!(why(&|other| other.samples.train_rows = 8).contains("different sizes"));
        assert!(why(&|other| other.schema_digest = Digest::of(b"s")).contains("schemas"));
        let parameters = why(&|other| other.evidence = dossier(0.2).evidence);
        assert!(parameters.contains("`hellinger.univariate`"), "{parameters}");
    }

    /// By hand, less of both is better: (1, 1) and (2, 0.5) hold; (2, 1) is dominated by both, (3, 0.5) by the second;
    /// equal points do not dominate each other.
    #[test]
    fn the_front_is_what_nothing_dominates() {
        let points = [
            (1.0, Some(1.0)),
            (2.0, Some(0.5)),
            (2.0, Some(1.0)),
            (3.0, Some(0.5)),
            (1.0, Some(1.0)),
            (0.0, None),
        ];
        let found = front(&points, Direction::LowerIsSafer);
        assert_eq!(found, [true, true, false, false, true, false]);
        // Where more is better, (1, 1) dominates all others.
        let found = front(&points, Direction::HigherIsSafer);
        assert_eq!(found, [true, false, false, false, true, false]);
        assert_eq!(front(&[(f64::INFINITY, Some(1.0))], Direction::LowerIsSafer), [true]);
    }
}

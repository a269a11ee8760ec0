//! One finding as it is shown: what each tier may say of its numbers.

use super::{FindingView, coarse};
use crate::evidence::{Dossier, Evidence, Measure};
use crate::metric::{Direction, Metric, Shape, Unit, metric};
use crate::policy::{Policy, show_limit};
use crate::report::Tier;
use crate::verdict::{Audited, Finding, Outcome};

/// Counts up to this are suppressed in the public tier (CMS cell suppression: 1 to 10 not shown).
const SMALL: u64 = 10;

/// Plants that a cell holds where there are persons enough (`audit::plant` halves 400).
const PLANTS: u64 = 200;

/// Counts up to this are shown as a class only: of two such counts the difference could be small.
const MODEST: u64 = 100;

/// The risk of whoever is in a class of eleven, the smallest that is not suppressed.
const SHARED: f64 = 1.0 / (SMALL + 1) as f64;

/// Builds the view of one finding for `tier`.
pub(super) fn show(
    finding: &Finding,
    policy: &Policy,
    dossier: &Dossier,
    tier: Tier,
) -> FindingView {
    let known = metric(finding.metric);
    let text = |get: fn(&'static Metric) -> &'static str| known.map_or("", get);
    let rule = policy.rules.iter().find(|rule| rule.id == finding.rule);
    FindingView {
        rule: finding.rule.clone(),
        metric: finding.metric.to_owned(),
        title: text(|metric| metric.title).to_owned(),
        scope: finding.scope,
        group: finding.group.clone(),
        about: finding.about.clone(),
        severity: finding.severity,
        outcome: finding.outcome,
        kept: finding.kept,
        reason: finding.reason,
        estimate: estimate(finding, tier),
        bounds: bounds(finding, tier),
        limit: format!("{} {}", finding.op.sign(), number(finding, finding.limit, Tier::Internal)),
        method: finding.interval.map(|interval| interval.method),
        meaning: text(|metric| metric.meaning),
        matters: text(|metric| metric.matters),
        assumes: text(|metric| metric.assumes),
        settle: settle(finding, tier),
        notes: notes(finding, dossier),
        sensitivity: match &finding.audited {
            Some(audited) => Some(half_noise(audited)),
            None => fact(finding, dossier).and_then(|fact| sensitivity(fact, tier)),
        },
        basis: rule.map_or(policy.basis, |rule| rule.basis),
        source: rule.map_or_else(|| policy.source.clone(), |rule| rule.source.clone()),
        location: finding.location.clone(),
        waived: finding.waived.clone(),
    }
}

/// The fact that decided the finding.
fn fact<'a>(finding: &Finding, dossier: &'a Dossier) -> Option<&'a Evidence> {
    let decided = |fact: &&Evidence| {
        let same = fact.group == finding.group && fact.about == finding.about;
        same && fact.metric == finding.metric
    };
    dossier.evidence.iter().find(decided)
}

fn notes(finding: &Finding, dossier: &Dossier) -> Vec<String> {
    let fact = fact(finding, dossier);
    let mut notes = fact.map_or_else(Vec::new, |fact| fact.notes.clone());
    if !finding.not_alone.is_empty() {
        let groups = finding.not_alone.join(", ");
        notes.push(format!("too small to be assessed alone, assessed with others: {groups}"));
    }
    notes
}

/// What the positive control shows, in words: planted persons are no finding about persons.
///
/// The public tier tells shares where fewer were planted than a cell is meant to hold: then everybody of a
/// group was, and their number is the group's size.
pub(super) fn sensitivity(fact: &Evidence, tier: Tier) -> Option<String> {
    if matches!(fact.measure, Measure::Detected { threshold: None, .. }) {
        return Some(
            "no score is rare enough by chance: this audit would have recognised nobody".into(),
        );
    }
    let leaks = [
        ("verbatim", "copied verbatim"),
        ("one-numeric", "with one number moved by 0.1 % of its range"),
        ("all-numeric", "with all numbers moved by a step"),
        ("one-categorical", "with one category changed"),
        ("one-replaced", "with one number replaced"),
        ("one-blank", "with one value blanked"),
    ];
    let seen = |leak: &str, target: &str| {
        let name = format!("{leak}/{target}");
        let cell = fact.positive_control.iter().find(|cell| cell.cell == name)?;
        if tier == Tier::Public && cell.of < PLANTS {
            let share = cell.detected as f64 / cell.of.max(1) as f64;
            return Some(format!("about {:.0} %", share * 100.0));
        }
        Some(format!("{} of {}", cell.detected, cell.of))
    };
    let part = |(leak, words): &(&str, &str)| {
        let anybody = seen(leak, "uniform")?;
        let unusual = seen(leak, "outlier");
        let unusual = unusual.map_or(String::new(), |seen| format!(" ({seen} unusual ones)"));
        Some(format!("{anybody} {words}{unusual}"))
    };
    let parts: Vec<String> = leaks.iter().filter_map(part).collect();
    if fact.metric.starts_with("distance.") && !parts.is_empty() {
        // What a single row adds to the value says nothing of how many rows it takes to reject.
        return Some(format!(
            "of planted rows {} count against the release; the test rejects on many such rows, so that a few copies \
             stay unseen",
            parts.join(", ")
        ));
    }
    // An attack on the release as a whole is tried on a release that is nothing but copies.
    let alone = fact.positive_control.iter().all(|cell| cell.true_value >= 1.0);
    let whom = if alone { "of a release of planted people only" } else { "of planted people" };
    (!parts.is_empty()).then(|| format!("{whom} this audit would have seen {}", parts.join(", ")))
}

/// What the same audit shows where half the noise was drawn, and the most it could have shown.
fn half_noise(audited: &Audited) -> String {
    let Audited { claimed, delta, epsilon_lower, ceiling, half_noise } = audited;
    let seen = match half_noise {
        None => "nobody looked at half the noise".to_owned(),
        Some(lower) if lower > claimed => {
            format!("half the noise would have been noticed (ε at least {lower:.2})")
        }
        Some(lower) => {
            format!("half the noise would NOT have been noticed (ε at least {lower:.2})")
        }
    };
    format!(
        "claimed ε {claimed} at δ {delta:e}; the guesses leave every ε from {epsilon_lower:.2} on standing; \
         {seen}; so many guesses contradict no claim above {ceiling:.2}"
    )
}

/// The class that the public tier shows instead of a count and all that could be derived from it;
/// nothing where the numbers may be shown. A zero is no person and is shown.
fn class(finding: &Finding, tier: Tier) -> Option<&'static str> {
    if tier == Tier::Public && is_keyed_risk(finding) {
        return finding.interval.and_then(|interval| risk_class(interval.point));
    }
    let misses = finding.hits.first().zip(finding.trials).map(|(hits, n)| n.saturating_sub(*hits));
    let counts = finding.hits.iter().copied().chain(misses);
    let smallest = counts.filter(|&count| count > 0).min()?;
    match tier {
        Tier::Public if smallest <= SMALL => Some("suppressed (a count of 1–10)"),
        Tier::Public if smallest <= MODEST => Some("suppressed (a count of 11–100)"),
        Tier::Public | Tier::Internal => None,
    }
}

/// Whether the value is a risk or a share that follows from the sizes of classes: a third is a class of three, and
/// a share of few persons their count.
fn is_keyed_risk(finding: &Finding) -> bool {
    metric(finding.metric).is_some_and(|metric| {
        let share = metric.unit == Unit::Fraction && metric.shapes.contains(&Shape::Exact);
        (share && !metric.utility) || metric.id == "identity.marketer-rate"
    })
}

/// The class of such a risk; a zero is nobody's.
fn risk_class(risk: f64) -> Option<&'static str> {
    match risk {
        risk if risk > SHARED => Some("over 9 %"),
        risk if risk >= 0.01 => Some("1 to 9 %"),
        risk if risk > 0.0 => Some("under 1 %"),
        _ => None,
    }
}

fn estimate(finding: &Finding, tier: Tier) -> String {
    let Some(interval) = finding.interval else {
        let nothing = finding.outcome == Outcome::Pass;
        return if nothing { "nothing to measure" } else { "not measured" }.into();
    };
    if let Some(class) = class(finding, tier) {
        return class.into();
    }
    if tier == Tier::Public && is_class_size(finding) && interval.point <= SMALL as f64 {
        return format!("< {}", SMALL + 1);
    }
    let value = number(finding, interval.point, tier);
    match (tier, finding.hits.as_slice(), finding.trials) {
        (Tier::Internal, [hits], Some(trials)) => format!("{value} ({hits} of {trials})"),
        (Tier::Internal, [treated, control], Some(trials)) => {
            format!("{value} ({treated} of {trials}; control {control})")
        }
        // A threshold: the estimate's own count first, then those of its bounds.
        (Tier::Internal, [hits, _, _, ..], Some(trials)) => {
            format!("{value} ({hits} of {trials} at the threshold)")
        }
        _ => value,
    }
}

/// Whether the metric's evidence has this shape.
fn measured(finding: &Finding, shape: Shape) -> bool {
    metric(finding.metric).is_some_and(|metric| metric.shapes.contains(&shape))
}

/// Whether the value is itself a number of persons: a count of which more is safer.
fn is_class_size(finding: &Finding) -> bool {
    metric(finding.metric).is_some_and(|metric| {
        metric.unit == Unit::Count && metric.direction == Direction::HigherIsSafer
    })
}

fn bounds(finding: &Finding, tier: Tier) -> String {
    let Some(interval) = finding.interval else { return "–".into() };
    if class(finding, tier).is_some() {
        let side = match finding.outcome {
            Outcome::Pass if finding.kept => "keeps the limit",
            Outcome::Pass => "does not break the limit",
            Outcome::Fail => "breaks the limit",
            Outcome::Inconclusive | Outcome::Missing => "does not decide",
        };
        return side.into();
    }
    if interval.exact {
        return "exact".into();
    }
    if measured(finding, Shape::Guesses) || measured(finding, Shape::LogOdds) {
        // These have no upper limit: what they leave open is not shown as a range.
        return format!("at least {}", number(finding, interval.lower, tier));
    }
    let (low, high) =
        (number(finding, interval.lower, tier), number(finding, interval.upper, tier));
    format!("{low} to {high}")
}

/// The public tier shows two significant digits: with more than a hundred hits, two estimates that
/// differ by a few persons read alike or differ by dozens.
fn number(finding: &Finding, value: f64, tier: Tier) -> String {
    metric(finding.metric).map_or_else(|| value.to_string(), |metric| shown(metric, value, tier))
}

/// A value of a metric in its unit.
pub(super) fn shown(metric: &Metric, value: f64, tier: Tier) -> String {
    let rounded = match tier {
        Tier::Public => format!("{value:.1e}").parse().unwrap_or(value),
        Tier::Internal => value,
    };
    show_limit(metric, rounded)
}

/// What would settle it; how many targets are needed tells how many were hit, so that the public
/// tier says it only where nothing was hit.
fn settle(finding: &Finding, tier: Tier) -> Option<String> {
    let words = finding.settle.clone()?;
    let shown = tier == Tier::Internal || finding.hits.iter().all(|&hits| hits == 0);
    match (finding.needed, finding.trials) {
        (Some(needed), Some(trials)) if shown && needed > trials => {
            let had = if tier == Tier::Internal { trials.to_string() } else { coarse(trials) };
            Some(format!("{words}: {needed} targets with no further hit, this audit had {had}"))
        }
        _ => Some(words),
    }
}

//! Groups too small to be decided alone, in which nobody was found: they are judged together.
//!
//! Levels of one column (groups called `column: …`) share nobody, so that the counts of a pool, and its plants, are
//! the sums of theirs. The most unusual shares of the persons (`most unusual N %`) lie one within the other: what is
//! too small is assessed in a larger one. Every other group stands alone, and so does what cannot be pooled: then
//! the rule stays open.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{Finding, Reason};
use crate::evidence::{Contrast, Evidence, Measure, Planting};

/// A fact and how it was judged.
type Judged<'a> = (&'a Evidence, Finding);

/// The findings that decide, and the names of the groups that are not assessed alone. `persons` are train's.
pub(super) fn pooled(
    facts: &[&Evidence],
    judged: Vec<Finding>,
    persons: u64,
    judge: impl Fn(&Evidence) -> Finding,
) -> (Vec<Finding>, Vec<String>) {
    let judged = facts.iter().copied().zip(judged);
    let (small, kept): (Vec<Judged<'_>>, Vec<Judged<'_>>) = judged.partition(|j| is_small(&j.1));
    let largest = facts.iter().filter_map(|fact| unusual(fact)).fold(0.0, f64::max);
    let (mut kept, mut names) =
        (kept.into_iter().map(|j| j.1).collect::<Vec<Finding>>(), Vec::new());
    let mut columns: BTreeMap<&str, Vec<Judged<'_>>> = BTreeMap::new();
    for (fact, finding) in small {
        match (unusual(fact), column(fact)) {
            (Some(share), _) if share < largest => names.extend(finding.group),
            (None, Some(column)) => columns.entry(column).or_default().push((fact, finding)),
            _ => kept.push(finding),
        }
    }
    for (column, members) in columns {
        // Persons with rows at several levels would count at each of them: then there is no pool.
        let pool = if members.len() > 1 && at_levels(facts, column) <= persons {
            pool(column, &members)
        } else {
            None
        };
        let findings = members.into_iter().map(|(_, finding)| finding);
        match pool {
            Some(pool) => {
                kept.push(judge(&pool));
                names.extend(findings.filter_map(|finding| finding.group));
            }
            None => kept.extend(findings),
        }
    }
    (kept, names)
}

/// Too small to keep the limit whatever the release, and nobody was found in it.
fn is_small(finding: &Finding) -> bool {
    finding.reason == Some(Reason::SmallGroup) && finding.hits.first() == Some(&0)
}

/// The column of which a group is a level.
fn column(fact: &Evidence) -> Option<&str> {
    fact.group.as_deref()?.rsplit_once(": ").map(|(column, _)| column)
}

/// The per cent of the persons that are in one of the groups that lie one within the other.
fn unusual(fact: &Evidence) -> Option<f64> {
    fact.group.as_deref()?.strip_prefix("most unusual ")?.strip_suffix(" %")?.parse().ok()
}

/// The persons of all levels of a column, large and small.
fn at_levels(facts: &[&Evidence], of: &str) -> u64 {
    let targets = |fact: &&&Evidence| match fact.measure {
        Measure::Detected { targets, .. } => targets,
        _ => 0,
    };
    let levels = facts.iter().filter(|fact| column(fact) == Some(of));
    levels.map(|fact| targets(&fact)).fold(0, u64::saturating_add)
}

/// One fact about all members: sums of counts, of contrasts score by score, and of plants cell by cell. Nothing where
/// counts do not add up: curves, or thresholds of their own.
fn pool(column: &str, members: &[Judged<'_>]) -> Option<Evidence> {
    let (mut all, mut excess, mut plants) = ((0.0, 0, 0), Vec::new(), Vec::new());
    let mut common = None;
    for (fact, _) in members {
        let Measure::Detected { found, targets, expected_false, threshold, excess: ref contrasts } =
            fact.measure
        else {
            return None;
        };
        let threshold = threshold?;
        if common.get_or_insert(threshold).total_cmp(&threshold) != Ordering::Equal {
            return None;
        }
        all = (all.0 + expected_false, sum_of(all.1, found), sum_of(all.2, targets));
        contrasts.iter().for_each(|contrast| add_contrast(&mut excess, contrast));
        fact.positive_control.iter().for_each(|planting| add_planting(&mut plants, planting));
    }
    let (first, _) = members.first()?;
    let (expected_false, found, targets) = all;
    let measure = Measure::Detected { found, targets, expected_false, threshold: common, excess };
    let group = Some(format!("{column}: small groups pooled"));
    Some(Evidence { measure, group, positive_control: plants, ..(*first).clone() })
}

/// Counts that were forged to overflow stay what no fact can hold.
fn sum_of(a: u64, b: u64) -> u64 {
    a.saturating_add(b)
}

fn add_contrast(sums: &mut Vec<Contrast>, more: &Contrast) {
    match sums.iter_mut().find(|sum| sum.score.total_cmp(&more.score) == Ordering::Equal) {
        Some(sum) => {
            for (sum, more) in [(&mut sum.treated, more.treated), (&mut sum.control, more.control)]
            {
                sum.successes = sum_of(sum.successes, more.successes);
                sum.trials = sum_of(sum.trials, more.trials);
            }
        }
        None => sums.push(*more),
    }
}

fn add_planting(sums: &mut Vec<Planting>, more: &Planting) {
    match sums.iter_mut().find(|sum| sum.cell == more.cell) {
        Some(sum) => {
            sum.detected = sum_of(sum.detected, more.detected);
            sum.of = sum_of(sum.of, more.of);
            sum.true_value = sum.true_value.max(more.true_value);
        }
        None => sums.push(more.clone()),
    }
}

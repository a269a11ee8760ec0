//! Groups too small to be decided alone, in which nobody was found: they are judged together.
//!
//! Levels of one column (groups called `column: …`) share nobody where everybody has one row, so that the counts of a
//! pool are the sums of theirs. Of its plants each group brings as many as it has persons, so that no group in which
//! the attack is blind hides behind others. The most unusual shares of the persons (`most unusual N %`) lie one within the other: what is
//! too small is assessed in a larger one. Every other group stands alone, and so does what cannot be pooled: then
//! the rule stays open.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Reason};
use crate::evidence::{Contrast, Evidence, Measure, Planting};

/// A fact and how it was judged.
type Judged<'a> = (&'a Evidence, Finding);

/// The findings that decide, and the names of the groups that are not assessed alone; `persons` are those of train, where
/// everybody has one row, so that levels of a column share nobody.
pub(super) fn pooled(
    facts: &[&Evidence],
    judged: Vec<Finding>,
    persons: Option<u64>,
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
        let pool = persons.and_then(|persons| pool(column, &members, persons));
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

/// One fact about all members, of at most so many `persons`: sums of counts, of contrasts score by score, and of plants cell by cell. Nothing where
/// counts do not add up: curves, thresholds of their own, a group twice.
fn pool(column: &str, members: &[Judged<'_>], persons: u64) -> Option<Evidence> {
    let names: BTreeSet<_> = members.iter().map(|(fact, _)| &fact.group).collect();
    let apart =
        names.len() == members.len() && members.iter().all(|(fact, _)| fact.about.is_none());
    if !apart || members.len() < 2 {
        return None;
    }
    let (mut all, mut excess) = ((0.0, 0, 0), Vec::new());
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
    }
    let (first, _) = members.first()?;
    let (expected_false, found, targets) = all;
    if targets > persons {
        return None;
    }
    let measure = Measure::Detected { found, targets, expected_false, threshold: common, excess };
    let group = Some(format!("{column}: small groups pooled"));
    Some(Evidence { measure, group, positive_control: plants(members), ..(*first).clone() })
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

/// The plants of the cells of which every member brings one, in proportion to its persons: as many as the group brings that has
/// fewest for its size, and of each group's as large a part seen, rounded down.
fn plants(members: &[Judged<'_>]) -> Vec<Planting> {
    let Some((first, _)) = members.first() else { return Vec::new() };
    let of_cell = |cell: &Planting| {
        let each: Option<Vec<(&Planting, u64)>> = members
            .iter()
            .map(|(fact, _)| {
                let Measure::Detected { targets, .. } = fact.measure else { return None };
                let own = fact.positive_control.iter().find(|own| own.cell == cell.cell)?;
                (own.of > 0 && targets > 0).then_some((own, targets))
            })
            .collect();
        let each = each?;
        let share = |(own, targets): &(&Planting, u64)| own.of as f64 / *targets as f64;
        let least = each.iter().map(share).fold(f64::INFINITY, f64::min);
        let (mut detected, mut of) = (0, 0);
        for (own, targets) in each {
            let brought = ((least * targets as f64 + 1e-9) as u64).min(own.of);
            if brought == 0 {
                return None;
            }
            let seen = u128::from(own.detected) * u128::from(brought) / u128::from(own.of);
            detected = sum_of(detected, u64::try_from(seen).unwrap_or(0));
            of = sum_of(of, brought);
        }
        Some(Planting { detected, of, ..cell.clone() })
    };
    first.positive_control.iter().filter_map(of_cell).collect()
}

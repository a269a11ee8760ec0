//! A planned rule in one sentence: what these data can and cannot show.

use super::{Attainable, Requirement, RulePlan, Sizes};
use crate::policy::{Op, Rule, RuleScope, Severity, show_limit};
use crate::verdict::Reason;

/// What the data can and cannot show about a rule, for a person who is not a statistician.
#[must_use]
pub fn sentence(rule: &Rule, plan: &RulePlan, sizes: &Sizes) -> String {
    let known = plan.requirements.first();
    let takes = known.map_or_else(String::new, |requirement| takes(rule, requirement, sizes));
    let limit = show_limit(rule.metric, rule.limit);
    let asks = format!("{} {} {limit}", rule.metric.title, rule.op.sign());
    let whose = match (rule.scope, sizes.persons) {
        (RuleScope::WorstGroup, _) => " (each group needs these persons of its own)",
        _ => "",
    };
    let whom = if sizes.persons.is_some() { "These data" } else { "Data" };
    if rule.metric.utility {
        return format!(
            "\"{asks}\" is about the use of the release and never clears one: the audit measures it beside what \
             fresh records of the holdout reach."
        );
    }
    match plan.attainable {
        Attainable::Never => format!("No data of any size can show \"{asks}\"{whose}."),
        Attainable::NotHere => {
            format!("These data cannot show \"{asks}\": {}{whose}.", because(plan, &takes))
        }
        Attainable::Yes if rule.severity == Severity::FailOnly => {
            format!("\"{asks}\" can stop a release and never clears one: {takes}{whose}.")
        }
        Attainable::Yes => format!("{whom} can show \"{asks}\": {takes}{whose}."),
    }
}

fn because(plan: &RulePlan, takes: &str) -> String {
    match plan.reason {
        Some(Reason::NoHoldout) => format!("it needs a holdout that can be tested; {takes}"),
        Some(Reason::NoGenerator) => {
            "it runs the generator again (`dosimeter audit --generator`); how sure it is follows from \
             the number of runs"
                .to_owned()
        }
        _ => takes.to_owned(),
    }
}

fn takes(rule: &Rule, requirement: &Requirement, sizes: &Sizes) -> String {
    match requirement {
        Requirement::Rate { sampled, census_hits, one_hit, .. } => {
            rate(sampled.first().and_then(|first| first.targets), *census_hits, *one_hit, sizes)
        }
        Requirement::Detected { sensitivity, plants, persons } => {
            detected(*sensitivity, *plants, persons.first().and_then(|found| found.persons), sizes)
        }
        Requirement::Difference { arms, shown } => difference(rule, arms, shown),
        Requirement::Normal { shown: Some(shown), seen: Some(seen), ceiling, .. } => {
            let blind = if seen > ceiling {
                ", more than there can be with so small a holdout: it can never be broken"
            } else {
                ""
            };
            format!(
                "a release without an excess shows it to lie below about {}, and a broken rule is \
                 seen from an excess of about {} on{blind}",
                percent(*shown),
                percent(*seen),
            )
        }
        Requirement::Normal { .. } => {
            "the more released rows and the larger the holdout, the smaller an excess it sees"
                .into()
        }
        Requirement::Roc { shown } => shown.map_or_else(
            || "no curve can be read from so few persons".into(),
            |shown| {
                format!(
                    "the threshold is read off the holdout: a release without a leak shows the rate to lie \
                     below about {}, if the attack sees every planted leak",
                    percent(shown)
                )
            },
        ),
        Requirement::Guesses { ceilings } => guesses(ceilings),
        Requirement::Exact => match (rule.op, sizes.persons) {
            (Op::Ge, Some(persons)) => format!(
                "it is counted without error, and no group is larger than the {} persons",
                group(persons)
            ),
            _ => "it is counted without error, at any size".into(),
        },
        Requirement::Unjudged => "its evidence is descriptive and never judged".into(),
    }
}

fn guesses(ceilings: &[super::Ceiling]) -> String {
    let known = |ceiling: &super::Ceiling| {
        ceiling.epsilon.map(|epsilon| format!("{epsilon:.1} by {}", group(ceiling.guesses)))
    };
    let known: Vec<String> = ceilings.iter().filter_map(known).collect();
    format!(
        "it takes a claimed ε, its generator to be run again, and enough guesses to notice half the \
         noise; no claim above {} guesses can be contradicted",
        known.join(", ")
    )
}

fn rate(
    sample: Option<u64>,
    census_hits: Option<u64>,
    one_hit: Option<u64>,
    sizes: &Sizes,
) -> String {
    let census = match (sizes.persons, census_hits, one_hit) {
        (Some(persons), Some(0), _) => {
            format!("everybody is tried, and of {} persons nobody may be hit", group(persons))
        }
        (Some(persons), Some(hits), _) => format!(
            "everybody is tried, and of {} persons at most {} may be hit",
            group(persons),
            group(hits)
        ),
        (Some(_), None, _) => "even nobody hit among these persons would not do".into(),
        (None, _, Some(persons)) => format!(
            "where everybody is tried, one hit is too many below {} persons",
            group(persons)
        ),
        (None, _, None) => "everybody is tried, and nobody may be hit".into(),
    };
    let needs = |targets| {
        format!("; a sample of an unlimited population needs {} without a hit", group(targets))
    };
    census + &sample.map(needs).unwrap_or_default()
}

fn detected(
    sensitivity: Option<f64>,
    plants: Option<u64>,
    at_ninety: Option<u64>,
    sizes: &Sizes,
) -> String {
    match (sizes.persons, sensitivity, at_ninety) {
        (Some(persons), Some(least), _) => {
            let plants =
                plants.map(|plants| format!(" ({0} of {0} plants in each cell)", group(plants)));
            format!(
                "with nobody found among {} persons, the positive control must show that the \
                 attack sees at least {} of the leaks{}",
                group(persons),
                percent(least),
                plants.unwrap_or_default()
            )
        }
        (_, _, Some(persons)) => format!(
            "an attack that surely sees 90 % of the leaks and finds nobody needs {} persons",
            group(persons)
        ),
        _ => "no attack can see enough".into(),
    }
}

fn difference(rule: &Rule, arms: &[super::Arm], shown: &[super::Shown]) -> String {
    if let [none, some, ..] = shown {
        return format!(
            "without an observed excess the bound is about {} if chance hits nobody of the \
             holdout, {} if it hits {}",
            percent(none.excess),
            percent(some.excess),
            percent(some.control_rate)
        );
    }
    let each = |arm: Option<&super::Arm>| {
        arm.and_then(|arm| arm.each).map_or_else(|| "no number of".into(), rounded)
    };
    format!(
        "without an observed excess, train and holdout need about {} persons each if chance hits \
         nobody, {} if it hits {} (limit {})",
        each(arms.first()),
        each(arms.get(1)),
        percent(arms.get(1).map_or(0.0, |arm| arm.control_rate)),
        show_limit(rule.metric, rule.limit)
    )
}

/// Three significant digits, rounded up: what a search over rounded counts can promise.
fn rounded(count: u64) -> String {
    let digits = count.checked_ilog10().unwrap_or(0);
    let unit = 10_u64.pow(digits.saturating_sub(2));
    group(count.div_ceil(unit) * unit)
}

/// A share as a percentage of two significant digits.
fn percent(share: f64) -> String {
    let rounded: f64 = format!("{:.1e}", share * 100.0).parse().unwrap_or(share * 100.0);
    format!("{rounded} %")
}

/// A count with its thousands apart: `12,345`.
fn group(count: u64) -> String {
    let digits = count.to_string();
    let lead = digits.len() % 3;
    let mut text = digits[..lead].to_owned();
    for (at, three) in digits.as_bytes()[lead..].chunks(3).enumerate() {
        if at > 0 || lead > 0 {
            text.push(',');
        }
        text.extend(three.iter().map(|&digit| char::from(digit)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        let shown: Vec<String> = [0, 7, 999, 1000, 12_345, 1_234_567].map(group).to_vec();
        assert_eq!(shown, ["0", "7", "999", "1,000", "12,345", "1,234,567"]);
        assert_eq!([rounded(7), rounded(7488), rounded(33_801)], ["7", "7,490", "33,900"]);
        assert_eq!([percent(0.000_57), percent(0.9487)], ["0.057 %", "95 %"]);
    }
}

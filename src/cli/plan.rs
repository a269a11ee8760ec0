//! `plan`: what would it take to meet a policy.

use std::path::{Path, PathBuf};

use clap::Args;

use super::check::load_policy;
use super::{Exit, print, read_text};
use crate::error::{Error, Result};
use crate::evidence::canonical_json;
use crate::plan::{Attainable, Cost, Holdout, Plan, RulePlan, Sizes, plan};
use crate::policy::{Policy, show_limit};
use crate::report::grid;
use crate::table::{Sample, Schema, read_raw, read_tables};

/// Say what it takes to meet a policy, before anything is measured
///
/// For every rule: whether the best possible release could pass it with these data, how many persons,
/// which holdout and how sensitive an attack it takes, and what the data cannot show. Only the sizes
/// of the tables are used. Attainable means that the data suffice, never that a release will pass.
///
/// Exit codes: 0 every blocking rule is attainable, 2 usage or unreadable input, 3 one is not, or the
/// holdout is absent or under 7 persons. Without any size, rules that enough data can show count as
/// attainable.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dosimeter plan --policy base-privacy
  dosimeter plan --policy base-privacy --real train.csv --holdout holdout.csv --schema schema.toml
  dosimeter plan --policy ours.toml --persons 5249 --holdout-persons 2625 --json")]
pub(super) struct Arguments {
    /// A preset (`dosimeter list policies`) or a policy file
    #[arg(long, value_name = "PRESET|FILE")]
    policy: String,
    /// The real table: what the generator is trained on, or all there is where nothing is split yet
    #[arg(long, visible_alias = "train", value_name = "FILE", conflicts_with = "persons")]
    real: Option<PathBuf>,
    /// Records of the same population that the generator never saw
    #[arg(long, value_name = "FILE", conflicts_with = "holdout_persons")]
    holdout: Option<PathBuf>,
    /// The released table, if there is one
    #[arg(long, value_name = "FILE")]
    synthetic: Option<PathBuf>,
    /// Schema whose `subject` column names the person [default: each row is a person]
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Persons of the real table, instead of --real
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=super::LARGEST_SEED))]
    persons: Option<u64>,
    /// Persons of the holdout, instead of --holdout
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u64).range(1..=super::LARGEST_SEED))]
    holdout_persons: Option<u64>,
    /// Which audit of the same source this would be, for a policy that spends its confidence over
    /// attempts [default: the first]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    attempt: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let policy = load_policy(&arguments.policy)?;
    let sizes = sizes(arguments)?;
    let planned = plan(&policy, sizes, arguments.attempt)
        .ok_or_else(|| Error::Usage("expected an --attempt from 1 on".into()))?;
    if arguments.json {
        let text = canonical_json(&planned).map_err(|source| Error::io("plan", "write", source))?;
        print(&text)?;
    } else {
        print(&human(&policy, &planned))?;
    }
    Ok(if planned.attainable { Exit::MET } else { Exit::NOT_SHOWN })
}

/// Rows, persons and columns of one table.
struct Counted {
    rows: u64,
    persons: u64,
    columns: u64,
}

fn sizes(arguments: &Arguments) -> Result<Sizes> {
    let schema = arguments.schema.as_ref();
    let schema = schema.map(|file| Schema::parse(&read_text(file)?, &file.display().to_string()));
    let schema = schema.transpose()?;
    let count = |file: &Option<PathBuf>, sample| {
        file.as_ref().map(|file| counted(file, sample, schema.as_ref())).transpose()
    };
    let real = count(&arguments.real, Sample::Train)?;
    let holdout = count(&arguments.holdout, Sample::Holdout)?;
    let released = count(&arguments.synthetic, Sample::Synthetic)?;
    Ok(Sizes {
        persons: arguments.persons.or(real.as_ref().map(|table| table.persons)),
        holdout_persons: arguments.holdout_persons.or(holdout.as_ref().map(|table| table.persons)),
        rows: real.as_ref().map(|table| table.rows),
        holdout_rows: holdout.map(|table| table.rows),
        released_rows: released.map(|table| table.rows),
        columns: real.map(|table| table.columns),
    })
}

/// A table's sizes, by person where a schema names a subject.
fn counted(file: &Path, sample: Sample, schema: Option<&Schema>) -> Result<Counted> {
    let Some(schema) = schema else {
        let raw = read_raw(file)?;
        let (rows, columns) = (raw.rows() as u64, raw.columns().len() as u64);
        return Ok(Counted { rows, persons: rows, columns });
    };
    let tables = read_tables(&[(sample, file)], schema)?;
    let table = tables.first().ok_or_else(|| Error::Usage("no table was read".into()))?;
    Ok(Counted {
        rows: table.rows as u64,
        persons: table.persons().count as u64,
        columns: table.columns.len() as u64,
    })
}

fn human(policy: &Policy, plan: &Plan) -> String {
    let mut lines = vec![format!(
        "{} {} at {} % confidence, {}",
        policy.id,
        policy.version,
        plan.confidence * 100.0,
        data(&plan.sizes)
    )];
    let row = |(rule, planned): (&crate::policy::Rule, &RulePlan)| {
        let asks = format!("{} {}", planned.op.sign(), show_limit(rule.metric, rule.limit));
        let holdout = if planned.needs_holdout { "yes" } else { "–" };
        vec![
            planned.rule.clone(),
            planned.metric.to_owned(),
            asks,
            planned.severity.word().to_owned(),
            holdout.to_owned(),
            planned.attainable.word().to_owned(),
        ]
    };
    let rows = policy.rules.iter().zip(&plan.rules).map(row).collect();
    let header = ["rule", "metric", "asks", "severity", "holdout", "attainable"];
    lines.push(grid(&header, rows));
    let told = |rule: &RulePlan| format!("{}\n  {}\n", rule.rule, rule.plain);
    lines.extend(plan.rules.iter().map(told));
    lines.push(format!("holdout   {}", holdout(&plan.holdout, &plan.sizes)));
    lines.extend(plan.cost.as_ref().map(cost));
    lines.push(verdict(plan));
    lines.join("\n")
}

fn data(sizes: &Sizes) -> String {
    let part = |count: Option<u64>, what: &str| count.map(|count| format!("{count} {what}"));
    let parts: Vec<String> = [
        part(sizes.persons, "persons"),
        part(sizes.holdout_persons, "holdout persons"),
        part(sizes.released_rows, "released rows"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        "for data of any size".into()
    } else {
        format!("for {}", parts.join(", "))
    }
}

fn holdout(holdout: &Holdout, sizes: &Sizes) -> String {
    let state = match sizes.holdout_persons {
        _ if sizes.persons.is_none() && sizes.holdout_persons.is_none() => {
            "every audit needs one to clear a release"
        }
        None => "none: an audit can stop a release, never clear one",
        Some(_) if holdout.testable => "large enough for its own tests",
        Some(_) => "too small: no test could tell that the generator has seen it",
    };
    let advice = match (holdout.recommended, holdout.recommended_share, holdout.control_rate) {
        (Some(persons), Some(share), Some(rate)) => format!(
            "recommended: about {persons} of all persons (`split --holdout-share {share:.2}`, before \
             training), which shows the blocking contrasts while chance hits at most {} % of it",
            rate * 100.0
        ),
        _ if holdout.rules.is_empty() => "no blocking rule of this policy contrasts with it".into(),
        _ if sizes.persons.is_some() => {
            "no split of these persons shows every blocking contrast: more persons are needed"
                .into()
        }
        _ => "name --persons or --real for a recommendation".into(),
    };
    format!("{state}; at least {} persons; {advice}", holdout.least)
}

fn cost(cost: &Cost) -> String {
    let time = match cost.seconds {
        seconds if seconds < 90.0 => format!("{:.0} s", seconds.max(1.0)),
        seconds => format!("{:.0} min", seconds / 60.0),
    };
    let memory = match cost.bytes {
        bytes if bytes < 1e9 => format!("{:.0} MB", bytes / 1e6),
        bytes => format!("{:.1} GB", bytes / 1e9),
    };
    format!(
        "audit     roughly {time} on two cores and {memory} (scaled from {}; elsewhere a guess)",
        cost.measured_on
    )
}

fn verdict(plan: &Plan) -> String {
    let open = |rule: &&RulePlan| rule.attainable != Attainable::Yes;
    let open: Vec<&str> = plan
        .rules
        .iter()
        .filter(|rule| rule.severity == crate::policy::Severity::Block)
        .filter(open)
        .map(|rule| rule.rule.as_str())
        .collect();
    if plan.attainable {
        "attainable: a release without a leak could meet every blocking rule".into()
    } else if open.is_empty() {
        "not attainable: a holdout that can be tested is missing".into()
    } else {
        format!("not attainable: {}", open.join(", "))
    }
}

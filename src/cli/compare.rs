//! `compare`: several releases side by side on risk and utility.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::check::{Circumstance, Format, load_policy, load_waivers};
use super::{Exit, print, read_text};
use crate::compare::{Comparison, comparable, compare};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::evidence::{Dossier, canonical_json};
use crate::metric::{Metric, metric, metrics};
use crate::report::{FindingView, Report, Tier, UtilityView, grid, view};
use crate::suggest::did_you_mean;
use crate::verdict::{Verdict, judge};

/// Put several audited releases side by side on risk and utility, without the real data
///
/// Reads what `audit --out` left, judges every release against one policy, and says which to choose: of those that
/// meet the policy, the one of the best utility. `front` marks the Pareto front: no other release is as far from its
/// nearest limit and as useful, and better on one of the two. Every measure stands beside what fresh real records
/// reach, in brackets. The public tier leaves out how near a limit is where a small count would follow from it.
///
/// Exit codes: 0 a release is chosen, 1 all break the policy, 3 neither (not shown, met with waivers, advisory, or
/// without the utility metric).
#[derive(Args)]
#[command(after_help = "\
Examples:
  dosimeter compare audit/ --policy base-privacy
  dosimeter compare audit/a audit/b other/evidence.json --policy ours.toml --format json
  dosimeter compare audit/ --policy base-privacy --utility hellinger.multivariate")]
pub(super) struct Arguments {
    /// Folders of audits (of one release or several) or their evidence.json files
    #[arg(value_name = "AUDIT", required = true, num_args = 1..)]
    audits: Vec<PathBuf>,
    /// A preset (`dosimeter list policies`) or a policy file
    #[arg(long, value_name = "PRESET|FILE")]
    policy: String,
    /// The utility metric to compare by (`dosimeter list utility`) [default: prediction.tstr-gap, or
    /// hellinger.multivariate where a release has none]
    #[arg(long, value_name = "METRIC")]
    utility: Option<String>,
    /// Exceptions that persons answer for
    #[arg(long, value_name = "FILE")]
    waivers: Option<PathBuf>,
    #[command(flatten)]
    circumstance: Circumstance,
}

/// What most releases are used for.
const PREDICTED: &str = "prediction.tstr-gap";

/// A release, judged and as it is shown.
struct Judged {
    name: String,
    dossier: Dossier,
    verdict: Verdict,
    report: Report,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let asked = arguments.utility.as_deref().map(axis).transpose()?;
    let mut files = Vec::new();
    for path in &arguments.audits {
        files.extend(evidence_files(path)?);
    }
    if files.len() < 2 {
        return Err(Error::Usage(format!(
            "expected two or more releases to compare, found {} in the named audits",
            files.len()
        )));
    }
    let policy = load_policy(&arguments.policy)?;
    let circumstance = &arguments.circumstance;
    let circumstances = circumstance.circumstances(load_waivers(arguments.waivers.as_deref())?)?;
    let mut judged: Vec<Judged> = Vec::new();
    for (label, path) in &files {
        let text = read_text(path)?;
        let dossier = Dossier::from_json(text.trim_end(), &path.display().to_string())?;
        if let Some(first) = judged.first() {
            comparable(&first.dossier, &dossier).map_err(|why| {
                let first = files[0].1.display();
                Error::input(path, format!("it cannot be compared with {first}: {why}"))
            })?;
        }
        let verdict = judge(&policy, &dossier, &circumstances);
        let digest = Digest::of(text.trim_end().as_bytes());
        let issue = circumstance.issue(false)?;
        let report = view(&verdict, &policy, &dossier, digest, &issue, circumstance.tier);
        judged.push(Judged { name: label.clone(), dossier, verdict, report });
    }
    name_apart(&mut judged, &files);
    let axis = match asked {
        Some(metric) => metric,
        None => default_axis(&judged)?,
    };
    let pairs: Vec<_> = judged.iter().map(|one| (&one.dossier, &one.verdict)).collect();
    let comparison = compare(&pairs, axis);
    if circumstance.format == Format::Json {
        let shown = shown(&judged, &comparison, axis, &policy.id, circumstance.tier);
        let text = canonical_json(&shown).map_err(|e| Error::io("comparison", "write", e))?;
        print(&text)?;
    } else {
        print(&table(&judged, &comparison, axis, &policy.id))?;
    }
    Ok(circumstance.exit(exit(&judged, comparison.choice, circumstance.allow_waivers)))
}

/// What models learned from the release are worth, where that was measured of every release.
fn default_axis(judged: &[Judged]) -> Result<&'static Metric> {
    let has = |one: &Judged| one.report.utility.iter().any(|row| row.metric == PREDICTED);
    axis(if judged.iter().all(has) { PREDICTED } else { "hellinger.multivariate" })
}

/// The metric called `name`, if it is about utility.
fn axis(name: &str) -> Result<&'static Metric> {
    let known = || metrics().filter(|metric| metric.utility).map(|metric| metric.id);
    metric(name).filter(|metric| metric.utility).ok_or_else(|| {
        Error::Usage(format!(
            "--utility: expected a utility metric ({}), found `{name}`{}",
            known().collect::<Vec<_>>().join(", "),
            did_you_mean(name, known())
        ))
    })
}

/// The evidence that `path` names, each with the name of its release: a file, the folder of an audit, or that of
/// several releases.
fn evidence_files(path: &Path) -> Result<Vec<(String, PathBuf)>> {
    let label = |path: &Path| {
        let path = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
        path.file_name().map_or_else(|| ".".to_owned(), |name| name.to_string_lossy().into_owned())
    };
    if !path.is_dir() {
        return Ok(vec![(label(path), path.to_owned())]);
    }
    let evidence = path.join("evidence.json");
    if evidence.exists() {
        return Ok(vec![(label(path), evidence)]);
    }
    let index = path.join("index.json");
    if !index.exists() {
        let problem =
            "expected the folder of an audit: it holds neither evidence.json nor index.json";
        return Err(Error::input(path, problem));
    }
    let broken = || Error::input(&index, "expected the index of an audit of several releases");
    let entries: Vec<serde_json::Value> =
        serde_json::from_str(&read_text(&index)?).map_err(|_| broken())?;
    let file = |entry: &serde_json::Value| {
        let name = entry["release"]
            .as_str()
            .filter(|name| *name != ".." && !name.contains(['/', '\\']))?;
        Some((name.to_owned(), path.join(name).join("evidence.json")))
    };
    entries.iter().map(|entry| file(entry).ok_or_else(broken)).collect()
}

/// Releases whose folders have one name go by the whole path.
fn name_apart(judged: &mut [Judged], files: &[(String, PathBuf)]) {
    for place in 0..judged.len() {
        let name = &files[place].0;
        if files.iter().filter(|(other, _)| other == name).count() > 1 {
            judged[place].name = files[place].1.display().to_string();
        }
    }
}

/// 0 where a release is to choose, else what stands against the best of them.
fn exit(judged: &[Judged], choice: Option<usize>, allow_waivers: bool) -> Exit {
    let codes: Vec<Exit> = judged.iter().map(|one| Exit::of(&one.verdict, allow_waivers)).collect();
    if choice.is_some() {
        Exit::MET
    } else if codes.iter().all(|code| *code == Exit::NOT_MET) {
        Exit::NOT_MET
    } else {
        Exit::NOT_SHOWN
    }
}

/// Every utility metric of whole releases that any of them has, in report order.
fn measures(judged: &[Judged]) -> Vec<&'static Metric> {
    let has = |metric: &&Metric| {
        judged.iter().any(|one| one.report.utility.iter().any(|row| row.metric == metric.id))
    };
    metrics().filter(has).filter(|metric| !metric.id.ends_with("-worst")).collect()
}

fn table(judged: &[Judged], comparison: &Comparison, axis: &Metric, policy: &str) -> String {
    let mut header = vec![""];
    header.extend(judged.iter().map(|one| one.name.as_str()));
    let row = |name: &str, cell: &dyn Fn(usize) -> String| {
        let mut row = vec![name.to_owned()];
        row.extend((0..judged.len()).map(cell));
        row
    };
    let mut rows = vec![
        row("decision", &|place| judged[place].report.decision.word().to_owned()),
        row("nearest limit", &|place| nearest(&judged[place], comparison, place)),
        row("front", &|place| if comparison.standings[place].front { "yes" } else { "–" }.into()),
    ];
    for metric in measures(judged) {
        let name = format!("{}{}", metric.title, if metric.id == axis.id { " *" } else { "" });
        rows.push(row(&name, &|place| cell(&judged[place].report, metric)));
    }
    let choice = match comparison.choice {
        Some(place) => format!(
            "choose {}: of the releases that meet {policy}, the best by {} (*)",
            judged[place].name, axis.id
        ),
        None => format!("none to choose: no release meets {policy} and has {} (*)", axis.id),
    };
    format!(
        "{}\nIn brackets: what fresh real records reach. Utility never makes up for a limit.\n{choice}",
        grid(&header, rows)
    )
}

/// The finding that is nearest to its limit, in words that the tier may say.
fn nearest(one: &Judged, comparison: &Comparison, place: usize) -> String {
    let finding = comparison.standings[place].nearest.and_then(|at| one.report.findings.get(at));
    finding.map_or_else(
        || "–".to_owned(),
        |FindingView { rule, bounds, limit, .. }| format!("{rule}: {bounds} (limit {limit})"),
    )
}

fn cell(report: &Report, metric: &Metric) -> String {
    let row = report.utility.iter().find(|row| row.metric == metric.id);
    row.map_or_else(
        || "not measured".to_owned(),
        |UtilityView { value, ceiling, .. }| match ceiling {
            Some(ceiling) => format!("{value} ({ceiling})"),
            None => value.clone(),
        },
    )
}

/// The comparison as data for a plot.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Shown<'a> {
    schema: u32,
    policy: &'a str,
    utility_metric: &'a str,
    better: &'a str,
    choice: Option<&'a str>,
    releases: Vec<ShownRelease<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ShownRelease<'a> {
    name: &'a str,
    content_digest: Digest,
    decision: &'a str,
    front: bool,
    /// The finding nearest to its limit.
    nearest: Option<&'a FindingView>,
    /// How near its bound is: 1 is the limit. Two digits; none where nothing was measured or a small count is
    /// suppressed.
    load: Option<f64>,
    /// The value on the axis.
    utility_value: Option<f64>,
    utility: &'a [UtilityView],
}

fn shown<'a>(
    judged: &'a [Judged],
    comparison: &Comparison,
    axis: &'a Metric,
    policy: &'a str,
    tier: Tier,
) -> Shown<'a> {
    let two_digits =
        |value: f64| format!("{value:.1e}").parse().ok().filter(|x: &f64| x.is_finite());
    let release = |(one, standing): (&'a Judged, &crate::compare::Standing)| {
        let nearest = standing.nearest.and_then(|at| one.report.findings.get(at));
        // A bound that is not told is not told as a share either.
        let told = tier == Tier::Internal
            || nearest.is_some_and(|finding| {
                finding.bounds.contains(" to ") || finding.bounds == "exact"
            });
        ShownRelease {
            name: &one.name,
            content_digest: one.dossier.subject.content_digest,
            decision: one.report.decision.word(),
            front: standing.front,
            nearest,
            load: two_digits(standing.load).filter(|_| told),
            utility_value: standing.utility.and_then(two_digits),
            utility: &one.report.utility,
        }
    };
    Shown {
        schema: 1,
        policy,
        utility_metric: axis.id,
        better: match axis.direction {
            crate::metric::Direction::LowerIsSafer => "lower",
            crate::metric::Direction::HigherIsSafer => "higher",
        },
        choice: comparison.choice.map(|place| judged[place].name.as_str()),
        releases: judged.iter().zip(&comparison.standings).map(release).collect(),
    }
}

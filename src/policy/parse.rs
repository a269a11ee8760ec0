//! From TOML text to a [`Policy`]: unknown keys, misspelt metrics, bare numbers, duplicate rules and
//! loosened limits are errors at their line.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use super::limit::parse_limit;
use super::tighten::{RawEvidence, check_tighter, evidence};
use super::{
    Basis, CELLS, DEFAULT_CELLS, DETECTED_CELLS, Location, Op, Policy, Rule, RuleScope, Severity,
    preset,
};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::metric::{self, Direction, Metric, Shape, metrics};
use crate::suggest::did_you_mean;

/// A policy file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawPolicy {
    schema: Spanned<u32>,
    id: Spanned<String>,
    version: String,
    title: String,
    audience: Option<String>,
    basis: Basis,
    source: String,
    extends: Option<Spanned<String>>,
    #[serde(default)]
    advisory: bool,
    #[serde(default)]
    evidence: RawEvidence,
    #[serde(default)]
    rule: Vec<RawRule>,
}

/// A `[[rule]]` as written; the spans tell findings and errors their lines.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawRule {
    id: Spanned<String>,
    metric: Spanned<String>,
    scope: RuleScope,
    limit: Spanned<toml::Value>,
    unit: Option<String>,
    op: Spanned<Op>,
    severity: Spanned<Severity>,
    cells: Option<Spanned<Vec<String>>>,
    basis: Option<Basis>,
    source: Option<String>,
}

/// Text with the means to say where in it something is wrong.
pub(super) struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    /// The one-based line of a byte offset.
    fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
    }

    /// An error at the line of a byte offset.
    pub(super) fn error(&self, offset: usize, problem: impl Into<String>) -> Error {
        Error::Config {
            file: self.file.to_owned(),
            line: self.line(offset),
            problem: problem.into(),
        }
    }
}

impl Policy {
    /// Parses a policy; `file` is the name that messages and findings point at.
    ///
    /// # Errors
    /// [`Error::Config`] with the line of whatever is not valid.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let source = Source { file, text };
        let raw: RawPolicy = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            source.error(offset, error.message().trim())
        })?;
        if *raw.schema.get_ref() != 1 {
            return Err(source.error(raw.schema.span().start, "expected schema = 1"));
        }
        check_id(&source, &raw.id)?;
        let base = base_of(&source, raw.extends.as_ref())?;
        if raw.advisory && base.as_ref().is_some_and(|base| !base.advisory) {
            let problem = "`advisory` is laxer than the policy this one extends";
            return Err(source.error(0, problem));
        }
        let mut policy = Self {
            evidence: evidence(&source, &raw.evidence, base.as_ref())?,
            rules: base.as_ref().map_or_else(Vec::new, |base| base.rules.clone()),
            digests: vec![(file.to_owned(), Digest::of(text.as_bytes()))],
            id: raw.id.into_inner(),
            version: raw.version,
            title: raw.title,
            audience: raw.audience,
            basis: raw.basis,
            source: raw.source,
            file: file.to_owned(),
            advisory: raw.advisory,
        };
        policy.digests.extend(base.into_iter().flat_map(|base| base.digests));
        add_rules(&source, &mut policy, raw.rule)?;
        let blocking = policy.rules.iter().any(|rule| rule.severity == Severity::Block);
        if !blocking && !policy.advisory {
            let problem = "expected at least one rule with severity = \"block\": a policy without \
                           one clears everything (say advisory = true if it only informs)";
            return Err(source.error(0, problem));
        }
        Ok(policy)
    }
}

/// Ids are kebab-case, so that they read the same in TOML, JSON, reports and on a command line.
fn check_id(source: &Source<'_>, id: &Spanned<String>) -> Result<()> {
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.get_ref().is_empty() || !id.get_ref().chars().all(kebab) {
        let problem = "expected an id of lower-case letters, digits and hyphens";
        return Err(source.error(id.span().start, problem));
    }
    Ok(())
}

/// The policy that `extends` names, parsed; only presets can be extended, because their text is the
/// same on every machine.
fn base_of(source: &Source<'_>, extends: Option<&Spanned<String>>) -> Result<Option<Policy>> {
    let Some(name) = extends else { return Ok(None) };
    let Some(found) = preset(name.get_ref()) else {
        let known: Vec<_> = super::PRESETS.iter().map(|preset| preset.id).collect();
        let problem = format!(
            "expected extends to name a preset ({}), found \"{}\"{}",
            known.join(", "),
            name.get_ref(),
            did_you_mean(name.get_ref(), known.iter().copied())
        );
        return Err(source.error(name.span().start, problem));
    };
    found.policy().map(Some)
}

/// Adds the file's own rules to the inherited ones: a rule of an inherited id replaces it if it is
/// tighter, any other must bring a metric and scope that no rule judges yet.
fn add_rules(source: &Source<'_>, policy: &mut Policy, raw: Vec<RawRule>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for raw in raw {
        let start = raw.id.span().start;
        check_id(source, &raw.id)?;
        if !seen.insert(raw.id.get_ref().clone()) {
            let problem = format!("rule id `{}` is used twice", raw.id.get_ref());
            return Err(source.error(start, problem));
        }
        let rule = rule(source, policy, raw)?;
        let twin = policy.rules.iter().find(|other| {
            other.id != rule.id && other.metric.id == rule.metric.id && other.scope == rule.scope
        });
        if let Some(twin) = twin {
            let problem = format!(
                "rule `{}` already judges `{}`: change that one (several limits on one metric \
                 tell how large a suppressed count is)",
                twin.id, rule.metric.id
            );
            return Err(source.error(start, problem));
        }
        match policy.rules.iter_mut().find(|inherited| inherited.id == rule.id) {
            None => policy.rules.push(rule),
            Some(inherited) => {
                check_tighter(inherited, &rule).map_err(|problem| source.error(start, problem))?;
                *inherited = rule;
            }
        }
    }
    Ok(())
}

/// One rule with everything checked that it can say alone.
fn rule(source: &Source<'_>, policy: &Policy, raw: RawRule) -> Result<Rule> {
    let name = raw.metric.get_ref();
    let metric = metric::metric(name).ok_or_else(|| {
        let problem = format!(
            "unknown metric `{name}`{} (`dosimeter list metrics` names them all)",
            did_you_mean(name, metrics().map(|metric| metric.id))
        );
        source.error(raw.metric.span().start, problem)
    })?;
    let limit = parse_limit(metric, raw.limit.get_ref(), raw.unit.as_deref())
        .map_err(|problem| source.error(raw.limit.span().start, problem))?;
    check_direction(metric, *raw.op.get_ref())
        .map_err(|problem| source.error(raw.op.span().start, problem))?;
    check_breakable(metric, *raw.op.get_ref(), limit)
        .map_err(|problem| source.error(raw.limit.span().start, problem))?;
    check_severity(metric, *raw.severity.get_ref())
        .map_err(|problem| source.error(raw.severity.span().start, problem))?;
    Ok(Rule {
        location: Location { file: source.file.to_owned(), line: source.line(raw.id.span().start) },
        id: raw.id.into_inner(),
        metric,
        scope: raw.scope,
        limit,
        op: raw.op.into_inner(),
        severity: raw.severity.into_inner(),
        cells: cells(source, metric, raw.cells)?,
        basis: raw.basis.unwrap_or(policy.basis),
        source: raw.source.unwrap_or_else(|| policy.source.clone()),
    })
}

/// A limit on the side that is safer anyway would judge nothing.
fn check_direction(metric: &Metric, op: Op) -> Result<(), String> {
    let fits = match metric.direction {
        Direction::LowerIsSafer => op != Op::Ge,
        Direction::HigherIsSafer => matches!(op, Op::Ge | Op::Eq),
    };
    if fits {
        return Ok(());
    }
    let (safer, ops) = match metric.direction {
        Direction::LowerIsSafer => ("lower", "lt, le or eq"),
        Direction::HigherIsSafer => ("higher", "ge or eq"),
    };
    let word = if metric.utility { "better" } else { "safer" };
    Err(format!("{safer} values of `{}` are {word}: expected op {ops}", metric.id))
}

/// A blocking rule helps to clear a release, which some metrics cannot.
fn check_severity(metric: &Metric, severity: Severity) -> Result<(), String> {
    if !metric.stops_only || severity != Severity::Block {
        return Ok(());
    }
    Err(format!(
        "a small value of `{}` shows nothing, so that it can stop a release and never helps to clear one: expected \
         severity = \"fail-only\" (or \"warn\")",
        metric.id
    ))
}

/// A limit that nothing can break clears everything.
fn check_breakable(metric: &Metric, op: Op, limit: f64) -> Result<(), String> {
    let free = match op {
        Op::Le => limit >= metric.range.1,
        Op::Ge => limit <= metric.range.0,
        Op::Lt | Op::Eq => false,
    };
    if free {
        return Err(format!("no release can break this limit of `{}`", metric.id));
    }
    if metric.id.starts_with("control.") {
        return Err(format!(
            "`{}` says nothing of the release: every audit tests its control and needs no rule",
            metric.id
        ));
    }
    Ok(())
}

/// The positive-control cells a rule claims; all that are usual when it claims none.
fn cells(
    source: &Source<'_>,
    metric: &Metric,
    raw: Option<Spanned<Vec<String>>>,
) -> Result<Vec<String>> {
    let Some(raw) = raw else {
        let detected = metric.shapes.contains(&Shape::Detected);
        let usual = if detected { &DETECTED_CELLS[..] } else { &DEFAULT_CELLS[..] };
        return Ok(usual.iter().copied().map(String::from).collect());
    };
    let unknown = raw.get_ref().iter().find(|cell| !CELLS.contains(&cell.as_str()));
    if raw.get_ref().is_empty() || unknown.is_some() {
        let found = unknown.map_or("none", String::as_str);
        let problem = format!("expected cells among {}, found {found}", CELLS.join(", "));
        return Err(source.error(raw.span().start, problem));
    }
    Ok(raw.into_inner())
}

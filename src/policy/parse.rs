//! From TOML text to a [`Policy`]: unknown keys, misspelt metrics, bare numbers, duplicate rules and
//! loosened limits are errors at their line.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use super::limit::{parse_limit, show_limit};
use super::{
    Attempts, Basis, CELLS, DEFAULT_CELLS, EvidenceRequirements, Location, OnMissing, Op, Policy,
    Rule, RuleScope, Severity, SmallGroups, preset,
};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::metric::{self, Direction, METRICS, Metric};
use crate::suggest::did_you_mean;

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

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawEvidence {
    confidence: Option<Spanned<f64>>,
    fail_confidence: Option<Spanned<f64>>,
    attempts: Option<Spanned<Attempts>>,
    max_age_days: Option<Spanned<u32>>,
    on_missing: Option<Spanned<OnMissing>>,
    small_groups: Option<Spanned<SmallGroups>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawRule {
    id: Spanned<String>,
    metric: Spanned<String>,
    scope: RuleScope,
    limit: Spanned<toml::Value>,
    unit: Option<String>,
    op: Spanned<Op>,
    severity: Severity,
    cells: Option<Spanned<Vec<String>>>,
    basis: Option<Basis>,
    source: Option<String>,
}

/// Text with the means to say where in it something is wrong.
struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
    }

    fn error(&self, offset: usize, problem: impl Into<String>) -> Error {
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

fn check_id(source: &Source<'_>, id: &Spanned<String>) -> Result<()> {
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.get_ref().is_empty() || !id.get_ref().chars().all(kebab) {
        let problem = "expected an id of lower-case letters, digits and hyphens";
        return Err(source.error(id.span().start, problem));
    }
    Ok(())
}

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

/// Reads `[evidence]`; every key may be stricter than the base's and never laxer.
fn evidence(
    source: &Source<'_>,
    raw: &RawEvidence,
    base: Option<&Policy>,
) -> Result<EvidenceRequirements> {
    let mut asked = base.map_or_else(EvidenceRequirements::default, |base| base.evidence.clone());
    let inherits = base.is_some();
    check_confidence(source, "confidence", raw.confidence.as_ref())?;
    check_confidence(source, "fail-confidence", raw.fail_confidence.as_ref())?;
    let key = |name| Key { source, name };
    key("confidence")
        .set(raw.confidence.as_ref(), &mut asked.confidence, |new, old| inherits && new < old)?;
    key("fail-confidence").set(
        raw.fail_confidence.as_ref(),
        &mut asked.fail_confidence,
        |new, old| inherits && new > old,
    )?;
    let days = raw.max_age_days.as_ref();
    let mut limit = asked.max_age_days.unwrap_or(u32::MAX);
    key("max-age-days").set(days, &mut limit, |new, old| new > old)?;
    asked.max_age_days = days.map_or(asked.max_age_days, |_| Some(limit));
    key("attempts").set(raw.attempts.as_ref(), &mut asked.attempts, |new, old| {
        old == Attempts::Spend && new == Attempts::Ignore
    })?;
    key("on-missing").set(raw.on_missing.as_ref(), &mut asked.on_missing, |new, old| {
        old == OnMissing::Fail && new == OnMissing::Inconclusive
    })?;
    key("small-groups").set(raw.small_groups.as_ref(), &mut asked.small_groups, |new, old| {
        old == SmallGroups::Block && new == SmallGroups::List
    })?;
    Ok(asked)
}

/// One key of `[evidence]`.
struct Key<'a> {
    source: &'a Source<'a>,
    name: &'static str,
}

impl Key<'_> {
    /// Puts the value into `slot`, unless it is laxer than what stands there.
    fn set<T: Copy>(
        &self,
        raw: Option<&Spanned<T>>,
        slot: &mut T,
        laxer: impl Fn(T, T) -> bool,
    ) -> Result<()> {
        let Some(raw) = raw else { return Ok(()) };
        if laxer(*raw.get_ref(), *slot) {
            let problem = format!("`{}` is laxer than in the policy this one extends", self.name);
            return Err(self.source.error(raw.span().start, problem));
        }
        *slot = *raw.get_ref();
        Ok(())
    }
}

fn check_confidence(source: &Source<'_>, key: &str, raw: Option<&Spanned<f64>>) -> Result<()> {
    let Some(raw) = raw else { return Ok(()) };
    let value = *raw.get_ref();
    if value.is_finite() && (0.5..1.0).contains(&value) {
        return Ok(());
    }
    let problem = format!("expected `{key}` from 0.5 to below 1, such as 0.95, found {value}");
    Err(source.error(raw.span().start, problem))
}

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

fn rule(source: &Source<'_>, policy: &Policy, raw: RawRule) -> Result<Rule> {
    let name = raw.metric.get_ref();
    let metric = metric::metric(name).ok_or_else(|| {
        let problem = format!(
            "unknown metric `{name}`{} (`dosimeter list metrics` names them all)",
            did_you_mean(name, METRICS.iter().map(|metric| metric.id))
        );
        source.error(raw.metric.span().start, problem)
    })?;
    let limit = parse_limit(metric, raw.limit.get_ref(), raw.unit.as_deref())
        .map_err(|problem| source.error(raw.limit.span().start, problem))?;
    check_direction(metric, *raw.op.get_ref())
        .map_err(|problem| source.error(raw.op.span().start, problem))?;
    Ok(Rule {
        location: Location { file: source.file.to_owned(), line: source.line(raw.id.span().start) },
        id: raw.id.into_inner(),
        metric,
        scope: raw.scope,
        limit,
        op: raw.op.into_inner(),
        severity: raw.severity,
        cells: cells(source, raw.cells)?,
        basis: raw.basis.unwrap_or(policy.basis),
        source: raw.source.unwrap_or_else(|| policy.source.clone()),
    })
}

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
    Err(format!("{safer} values of `{}` are safer: expected op {ops}", metric.id))
}

fn cells(source: &Source<'_>, raw: Option<Spanned<Vec<String>>>) -> Result<Vec<String>> {
    let Some(raw) = raw else { return Ok(DEFAULT_CELLS.map(String::from).to_vec()) };
    let unknown = raw.get_ref().iter().find(|cell| !CELLS.contains(&cell.as_str()));
    if raw.get_ref().is_empty() || unknown.is_some() {
        let found = unknown.map_or("none", String::as_str);
        let problem = format!("expected cells among {}, found {found}", CELLS.join(", "));
        return Err(source.error(raw.span().start, problem));
    }
    Ok(raw.into_inner())
}

/// A policy may tighten the rules it inherits and never loosen them.
fn check_tighter(inherited: &Rule, rule: &Rule) -> Result<(), String> {
    let of = |what: &str| format!("rule `{}` may not change the {what} it inherits", rule.id);
    if inherited.metric.id != rule.metric.id {
        return Err(of("metric"));
    }
    if inherited.scope != rule.scope {
        return Err(of("scope"));
    }
    if (rule.severity as u8) > (inherited.severity as u8) {
        return Err(format!(
            "rule `{}` is {} in the policy this one extends and may not become {}",
            rule.id,
            inherited.severity.word(),
            rule.severity.word()
        ));
    }
    if inherited.cells.iter().any(|cell| !rule.cells.contains(cell)) {
        return Err(of("cells (more are allowed, fewer are not)"));
    }
    if !implies(rule, inherited) {
        let show =
            |rule: &Rule| format!("{} {}", rule.op.sign(), show_limit(rule.metric, rule.limit));
        return Err(format!(
            "rule `{}` may be tightened, never loosened: {} does not imply {}",
            rule.id,
            show(rule),
            show(inherited)
        ));
    }
    Ok(())
}

/// Whether every value that keeps `new` also keeps `old`.
fn implies(new: &Rule, old: &Rule) -> bool {
    let (n, o) = (new.limit, old.limit);
    match (new.op, old.op) {
        (Op::Lt, Op::Lt | Op::Le) | (Op::Le, Op::Le) => n <= o,
        (Op::Le | Op::Eq, Op::Lt) => n < o,
        (Op::Eq, Op::Le) => n <= o,
        (Op::Ge | Op::Eq, Op::Ge) => n >= o,
        (Op::Eq, Op::Eq) => n.to_bits() == o.to_bits(),
        _ => false,
    }
}

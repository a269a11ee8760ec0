//! What `extends` allows: a policy may be stricter than the one it builds on and never laxer.

use serde::Deserialize;
use toml::Spanned;

use super::limit::show_limit;
use super::parse::Source;
use super::{Attempts, EvidenceRequirements, OnMissing, Op, Policy, Rule, SmallGroups};
use crate::error::Result;

/// The table `[evidence]` as written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawEvidence {
    confidence: Option<Spanned<f64>>,
    fail_confidence: Option<Spanned<f64>>,
    attempts: Option<Spanned<Attempts>>,
    max_age_days: Option<Spanned<u32>>,
    on_missing: Option<Spanned<OnMissing>>,
    small_groups: Option<Spanned<SmallGroups>>,
}

/// Reads `[evidence]`; every key may be stricter than the base's and never laxer.
pub(super) fn evidence(
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

/// Checks a rule against the inherited rule of the same id: same metric and scope, at least as severe,
/// no fewer cells, and a limit that implies the old one.
pub(super) fn check_tighter(inherited: &Rule, rule: &Rule) -> Result<(), String> {
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

//! The view model: everything a renderer shows, already decided and already coarsened.

mod finding;
mod utility;

use serde::Serialize;

use super::Tier;
use crate::digest::Digest;
use crate::evidence::{Claim, Dossier, Evidence, Scope};
use crate::metric::{Shape, metric};
use crate::policy::{Basis, Date, Location, Policy, RuleScope, Severity};
use crate::verdict::{Control, Decision, Finding, Outcome, Reason, Verdict};
use finding::{sensitivity, show};
pub use utility::UtilityView;

/// When and under which circumstances a report is issued.
#[derive(Debug, Clone)]
pub struct Issue {
    /// RFC 3339, UTC.
    pub at: String,
    /// The day of `at`.
    pub day: Date,
    /// Which audit of the same source this is, as stated by the auditor.
    pub attempt: Option<u32>,
    /// Whether the run was told to exit 0 whatever it found.
    pub exit_zero: bool,
    /// Whether the evidence was measured in this run, so that its validity begins now.
    pub measured: bool,
}

/// A verdict as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// Version of this format: 1.
    pub schema: u32,
    /// The program and its version.
    pub tool: String,
    /// Who may read it.
    pub tier: Tier,
    /// RFC 3339, UTC.
    pub issued: String,
    /// Last day of validity, if the policy limits it.
    pub expires: Option<String>,
    /// Which audit of the same source this is, as stated by the auditor.
    pub attempt: Option<u32>,
    /// Whether the run was told to exit 0 whatever it found.
    pub exit_zero: bool,
    /// The decision.
    pub decision: Decision,
    /// The decision in one sentence.
    pub headline: String,
    /// The released table.
    pub subject: SubjectView,
    /// The policy it was judged against.
    pub policy: PolicyView,
    /// SHA-256 of `evidence.json`; internal tier only, because a digest of so few numbers lets anyone
    /// try small counts until one fits.
    pub evidence_sha256: Option<Digest>,
    /// One-sided confidence of bounds that keep a limit.
    pub confidence: f64,
    /// One-sided confidence of bounds that break a limit.
    pub fail_confidence: f64,
    /// Whether the holdout can serve as a control.
    pub control: Control,
    /// Persons in train and holdout: exact in the internal tier, coarse in the public one.
    pub train_persons: String,
    /// See `train_persons`.
    pub holdout_persons: Option<String>,
    /// What the adversary is assumed to know from elsewhere.
    pub quasi_identifiers: Vec<String>,
    /// Whether a person has reviewed the schema.
    pub schema_reviewed: bool,
    /// One entry a rule.
    pub findings: Vec<FindingView>,
    /// What the maker of the release claims of it, in sentences: not measured here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<String>,
    /// What attacks saw of planted leaks on which no rule rests: one entry an attack.
    pub also_seen: Vec<SeenView>,
    /// What the release is good for, whether or not a rule asks: never a reason to clear it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub utility: Vec<UtilityView>,
    /// Metrics that were not measured, with the reason.
    pub not_measured: Vec<String>,
    /// What weakens the audit.
    pub caveats: Vec<String>,
    /// Rules of waivers that covered nothing.
    pub unused_waivers: Vec<String>,
    /// What the finding does not say.
    pub limits: Vec<String>,
}

/// The released table as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SubjectView {
    /// File name without its folder.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// SHA-256 of the content.
    pub content_digest: Digest,
    /// Released rows: public, the release itself shows them.
    pub rows: u64,
}

/// The policy as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PolicyView {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its title.
    pub title: String,
    /// The authority of its numbers.
    pub basis: Basis,
    /// Where they come from.
    pub source: String,
    /// Its file and the files it extends, with their SHA-256.
    pub files: Vec<(String, Digest)>,
}

/// The positive control of an attack on which no rule rests.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SeenView {
    /// The metric's id.
    pub metric: String,
    /// What the fact is about, where a metric has one for each of several things.
    pub about: Option<String>,
    /// What it saw of the leaks planted into this release, in words.
    pub sensitivity: String,
}

impl SeenView {
    /// The metric's id, with the thing it is about.
    #[must_use]
    pub fn heading(&self) -> String {
        let about = self.about.as_ref().map(|about| format!(" ({about})"));
        self.metric.clone() + &about.unwrap_or_default()
    }
}

/// One rule as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct FindingView {
    /// The rule's id.
    pub rule: String,
    /// The metric's id.
    pub metric: String,
    /// The metric in a few words.
    pub title: String,
    /// The whole release or its worst group.
    pub scope: RuleScope,
    /// The group that decided.
    pub group: Option<String>,
    /// What the fact that decided is about, where a metric has one for each of several things.
    pub about: Option<String>,
    /// What a broken rule does.
    pub severity: Severity,
    /// How the rule was judged.
    pub outcome: Outcome,
    /// Whether the bound keeps the limit; a rule that can only stop passes without.
    pub kept: bool,
    /// Why it did not pass.
    pub reason: Option<Reason>,
    /// "1.9 %", or "1–10 persons", or nothing measured.
    pub estimate: String,
    /// "below the limit", or the bounds in full.
    pub bounds: String,
    /// "< 0.2 %".
    pub limit: String,
    /// How the bounds were computed.
    pub method: Option<&'static str>,
    /// What it measures.
    pub meaning: &'static str,
    /// Why it matters.
    pub matters: &'static str,
    /// What was taken for granted.
    pub assumes: &'static str,
    /// What would settle it.
    pub settle: Option<String>,
    /// Facts without values: which column breaks a lint.
    pub notes: Vec<String>,
    /// What the attack saw of the leaks planted into this release, in words.
    pub sensitivity: Option<String>,
    /// The authority of the rule's number.
    pub basis: Basis,
    /// Where the number comes from.
    pub source: String,
    /// The rule's place in the policy.
    pub location: Location,
    /// The exception that covers it, as "approver, ticket".
    pub waived: Option<String>,
}

impl FindingView {
    /// The rule's id, with the group or the thing that decided it.
    #[must_use]
    pub fn heading(&self) -> String {
        let worst: Vec<&str> =
            [&self.group, &self.about].into_iter().flatten().map(|s| &**s).collect();
        if worst.is_empty() {
            self.rule.clone()
        } else {
            format!("{} ({})", self.rule, worst.join("; "))
        }
    }

    /// Whether guesses about coins were judged.
    fn of_guesses(&self) -> bool {
        metric(&self.metric).is_some_and(|metric| metric.shapes.contains(&Shape::Guesses))
    }

    /// The outcome in words: a rule that can only stop a release does not show that a limit is kept.
    #[must_use]
    pub fn outcome_words(&self) -> &'static str {
        match self.outcome {
            Outcome::Pass if !self.kept => "not stopped",
            // A lower limit of ε below the claim proves no claim.
            Outcome::Pass if self.of_guesses() => "not contradicted",
            Outcome::Fail if self.of_guesses() => "contradicted",
            outcome => outcome.word(),
        }
    }
}

/// Builds the view of `verdict` for `tier`.
#[must_use]
pub fn view(
    verdict: &Verdict,
    policy: &Policy,
    dossier: &Dossier,
    evidence_sha256: Digest,
    issue: &Issue,
    tier: Tier,
) -> Report {
    let findings: Vec<FindingView> =
        verdict.findings.iter().map(|finding| show(finding, policy, dossier, tier)).collect();
    let persons = |count: u64| match tier {
        Tier::Internal => count.to_string(),
        Tier::Public => coarse(count),
    };
    Report {
        schema: 1,
        tool: dossier.tool.clone(),
        tier,
        issued: issue.at.clone(),
        expires: expires(policy, issue),
        attempt: issue.attempt,
        exit_zero: issue.exit_zero,
        decision: verdict.decision,
        headline: headline(verdict, policy, issue),
        subject: SubjectView {
            name: dossier.subject.name.clone(),
            sha256: dossier.subject.sha256,
            content_digest: dossier.subject.content_digest,
            rows: dossier.subject.rows,
        },
        policy: PolicyView {
            id: policy.id.clone(),
            version: policy.version.clone(),
            title: policy.title.clone(),
            basis: policy.basis,
            source: policy.source.clone(),
            files: policy.digests.clone(),
        },
        evidence_sha256: (tier == Tier::Internal).then_some(evidence_sha256),
        confidence: verdict.confidence,
        fail_confidence: verdict.fail_confidence,
        control: verdict.control,
        train_persons: persons(dossier.samples.train_persons),
        holdout_persons: dossier.samples.holdout_persons.map(persons),
        quasi_identifiers: dossier.quasi_identifiers.clone(),
        schema_reviewed: dossier.schema_reviewed,
        also_seen: also_seen(dossier, &findings, tier),
        findings,
        claims: dossier.claim.as_ref().map(Claim::sentences).unwrap_or_default(),
        utility: utility::utility(dossier, tier),
        not_measured: not_measured(dossier),
        caveats: caveats(dossier),
        unused_waivers: verdict.unused_waivers.clone(),
        limits: super::LIMITS.map(String::from).to_vec(),
    }
}

fn expires(policy: &Policy, issue: &Issue) -> Option<String> {
    if !issue.measured {
        return None;
    }
    let days = i64::from(policy.evidence.max_age_days?);
    let last = issue.day.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    Some(last.to_string())
}

/// Of every attack whose positive control no finding shows, that of its first contrast: the worst.
fn also_seen(dossier: &Dossier, findings: &[FindingView], tier: Tier) -> Vec<SeenView> {
    let shown = findings.iter().filter(|finding| finding.sensitivity.is_some());
    let mut attacks: Vec<&str> = shown.map(|finding| attack(&finding.metric)).collect();
    let mut also = Vec::new();
    for fact in dossier.evidence.iter().filter(|fact| fact.scope == Scope::All) {
        let contrast =
            metric(&fact.metric).is_some_and(|metric| metric.contrast || metric.calibrated);
        if !contrast || attacks.contains(&attack(&fact.metric)) {
            continue;
        }
        let Some(sensitivity) = sensitivity(fact, tier) else { continue };
        attacks.push(attack(&fact.metric));
        also.push(SeenView { metric: fact.metric.clone(), about: fact.about.clone(), sensitivity });
    }
    also
}

/// The attack that produces a metric.
fn attack(metric: &str) -> &str {
    metric.split_once('.').map_or(metric, |(attack, _)| attack)
}

fn not_measured(dossier: &Dossier) -> Vec<String> {
    let entry =
        |not_run: &crate::evidence::NotRun| format!("{}: {}", not_run.metric, not_run.detail);
    dossier.not_run.iter().map(entry).collect()
}

/// What weakens the audit as a whole, then what weakens single facts, whether they pass or not.
fn caveats(dossier: &Dossier) -> Vec<String> {
    let of = |fact: &Evidence| -> Vec<String> {
        fact.caveats.iter().map(|caveat| format!("{}: {caveat}", fact.metric)).collect()
    };
    let mut caveats = dossier.caveats.clone();
    caveats.extend(dossier.evidence.iter().flat_map(of));
    caveats
}

/// The decision in words: never "safe", never "anonymous".
fn headline(verdict: &Verdict, policy: &Policy, issue: &Issue) -> String {
    let counted =
        |finding: &&Finding| finding.severity != Severity::Warn && finding.waived.is_none();
    let count = |outcome: Outcome| {
        let findings = verdict.findings.iter().filter(counted);
        findings.filter(|finding| finding.outcome == outcome).count()
    };
    let open = count(Outcome::Inconclusive) + count(Outcome::Missing);
    let text = match verdict.decision {
        Decision::Met => format!("policy met: {}", policy.id),
        Decision::MetWithWaivers => format!("policy met with waivers: {}", policy.id),
        Decision::NotMet if verdict.seeded_noise => {
            let broken = match count(Outcome::Fail) {
                0 => String::new(),
                broken => format!("; {} broken", rules(broken)),
            };
            let noise = "the noise of the release came from a seed, which undoes it";
            format!("policy NOT met: {} ({noise}{broken})", policy.id)
        }
        Decision::NotMet => {
            format!("policy NOT met: {} ({} broken)", policy.id, rules(count(Outcome::Fail)))
        }
        Decision::NotShown => {
            let settle = verdict.findings.iter().filter(counted).find_map(|f| f.settle.clone());
            let settle = settle.unwrap_or_else(|| "a holdout that the generator never saw".into());
            format!("not shown: {} ({} open; it would take {settle})", policy.id, rules(open))
        }
        Decision::Advisory => format!("advisory only: {} clears nothing", policy.id),
    };
    if issue.exit_zero { format!("{text} (exit code 0 was asked for)") } else { text }
}

fn rules(count: usize) -> String {
    format!("{count} {}", if count == 1 { "rule" } else { "rules" })
}

/// "< 11", or two significant digits: so coarse that no small count can be had by subtracting.
fn coarse(count: u64) -> String {
    if count < 11 {
        return "< 11".into();
    }
    let mut unit = 1;
    while count / unit >= 100 {
        unit *= 10;
    }
    format!("about {}", ((count + unit / 2) / unit * unit).max(20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarse_counts_keep_two_digits_and_hide_small_ones() {
        for (count, shown) in [
            (0, "< 11"),
            (10, "< 11"),
            (11, "about 20"),
            (104, "about 100"),
            (5249, "about 5200"),
            (39_032, "about 39000"),
            (9950, "about 10000"),
        ] {
            assert_eq!(coarse(count), shown, "{count}");
        }
    }
}

//! `summary.md`: one page for a person, a pull request or a step summary.

use std::io::{self, Write};

use super::{FindingView, Report};
use crate::error::{Error, Result};
use crate::verdict::{Control, Outcome};

/// Writes the report as Markdown.
///
/// # Errors
/// When `out` cannot be written.
pub fn render(report: &Report, out: &mut dyn Write) -> Result<()> {
    write(report, out).map_err(|source| Error::io("summary", "write", source))
}

fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", escape(&report.headline))?;
    for caveat in &report.caveats {
        writeln!(out, "> **{}**\n", escape(caveat))?;
    }
    writeln!(
        out,
        "Release `{}` ({} rows), judged against *{}* ({} {}).\n",
        code(&report.subject.name),
        report.subject.rows,
        escape(&report.policy.title),
        escape(&report.policy.id),
        escape(&report.policy.version),
    )?;
    writeln!(out, "| rule | measured | estimate | bounds | limit | outcome |")?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for finding in &report.findings {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            escape(&finding.heading()),
            escape(&finding.title),
            escape(&finding.estimate),
            escape(&finding.bounds),
            escape(&finding.limit),
            outcome(finding),
        )?;
    }
    for finding in report.findings.iter().filter(|finding| finding.outcome != Outcome::Pass) {
        explain(finding, out)?;
    }
    calibration(report, out)?;
    utility(report, out)?;
    facts(report, out)
}

fn explain(finding: &FindingView, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## {}: {}\n", escape(&finding.rule), outcome(finding))?;
    writeln!(out, "- What: {}", escape(finding.meaning))?;
    writeln!(out, "- Why it matters: {}", escape(finding.matters))?;
    writeln!(out, "- Assumed: {}", escape(finding.assumes))?;
    if let Some(settle) = &finding.settle {
        writeln!(out, "- What would settle it: {}", escape(settle))?;
    }
    for note in &finding.notes {
        writeln!(out, "- Note: {}", escape(note))?;
    }
    if let Some(waived) = &finding.waived {
        writeln!(out, "- Waived by {}", escape(waived))?;
    }
    writeln!(
        out,
        "- Rule: {}:{} ({}: {})",
        escape(&finding.location.file),
        finding.location.line,
        finding.basis.word(),
        escape(&finding.source),
    )
}

/// What the attacks saw of leaks planted into this release.
fn calibration(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let ruled = report.findings.iter();
    let ruled =
        ruled.filter_map(|finding| Some((finding.heading(), finding.sensitivity.as_deref()?)));
    let also = report.also_seen.iter().map(|seen| (seen.heading(), seen.sensitivity.as_str()));
    let calibrated: Vec<(String, &str)> = ruled.chain(also).collect();
    if calibrated.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## What this audit would have seen\n")?;
    for (heading, seen) in calibrated {
        writeln!(out, "- {}: {}", escape(&heading), escape(seen))?;
    }
    Ok(())
}

/// What the release is good for, each measure beside what fresh real records reach.
fn utility(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.utility.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## What the release is good for\n")?;
    writeln!(out, "Never a reason to clear it.\n")?;
    writeln!(out, "| measure | release | ± error | fresh records | better |")?;
    writeln!(out, "|---|---|---|---|---|")?;
    for one in &report.utility {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            escape(&one.heading()),
            escape(&one.value),
            escape(one.standard_error.as_deref().unwrap_or("–")),
            escape(one.ceiling.as_deref().unwrap_or("–")),
            one.better,
        )?;
    }
    let notes = report.utility.iter().flat_map(|one| one.notes.iter().map(move |note| (one, note)));
    notes
        .into_iter()
        .try_for_each(|(one, note)| writeln!(out, "\n- {}: {}", escape(&one.metric), escape(note)))
}

fn facts(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## What was audited\n")?;
    writeln!(out, "- Released content: `{}`", report.subject.content_digest)?;
    writeln!(out, "- Released file (SHA-256): `{}`", report.subject.sha256)?;
    if let Some(digest) = report.evidence_sha256 {
        writeln!(out, "- Evidence (SHA-256): `{digest}`")?;
    }
    for (file, digest) in &report.policy.files {
        writeln!(out, "- Policy `{}` (SHA-256): `{digest}`", code(file))?;
    }
    let holdout = report.holdout_persons.as_deref().unwrap_or("none");
    writeln!(out, "- Persons in train: {}; in the holdout: {holdout}", report.train_persons)?;
    writeln!(out, "- Control: {}", control(report.control))?;
    let known = report.quasi_identifiers.join(", ");
    writeln!(
        out,
        "- Quasi-identifiers assumed: {}",
        escape(if known.is_empty() { "none" } else { &known })
    )?;
    writeln!(
        out,
        "- One-sided confidence: {} to keep a limit, {} to break one",
        report.confidence, report.fail_confidence
    )?;
    for claim in &report.claims {
        writeln!(out, "- {}", escape(claim))?;
    }
    for missing in &report.not_measured {
        writeln!(out, "- Not measured: {}", escape(missing))?;
    }
    for rule in &report.unused_waivers {
        writeln!(out, "- Unused waiver: {}", escape(rule))?;
    }
    let valid = report.expires.as_ref().map_or(String::new(), |day| format!(", valid to {day}"));
    writeln!(
        out,
        "- Issued {}{valid} by {} ({} tier)",
        report.issued,
        report.tool,
        report.tier.word()
    )?;
    writeln!(out, "\n## What this does not say\n")?;
    report.limits.iter().try_for_each(|limit| writeln!(out, "- {}", escape(limit)))
}

/// What was tested of the control, not more.
fn control(control: Control) -> &'static str {
    match control {
        Control::Sound => {
            "not rejected (no more doubles with the release, or across the split, than chance; not \
             told from train by a classifier)"
        }
        Control::Contaminated => "rejected: it shares people with train or with the release",
        Control::NotExchangeable => "rejected: it is not a sample of the same population as train",
        Control::Untested => "none, or too few persons to test",
    }
}

fn outcome(finding: &FindingView) -> String {
    let reason = finding.reason.map_or(String::new(), |reason| format!(" ({})", reason.word()));
    let waived = if finding.waived.is_some() { ", waived" } else { "" };
    format!("**{}**{reason}{waived}", finding.outcome_words())
}

/// Neutralises what Markdown and HTML would read as markup; one line.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => safe.push(' '),
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' => {
                safe.push('\\');
                safe.push(c);
            }
            c if c.is_control() => {}
            c => safe.push(c),
        }
    }
    safe
}

/// Text inside a code span: no backtick, no line break, no table cell border.
fn code(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && *c != '`' && *c != '|').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_names_stays_text() {
        assert_eq!(escape("a|b\n<i>*x*</i>"), "a\\|b &lt;i&gt;\\*x\\*&lt;/i&gt;");
        assert_eq!(code("a`b|c\nd"), "abcd");
    }
}

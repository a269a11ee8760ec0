//! The report in a terminal: a table, an explanation of every rule that did not pass, and the
//! verdict as the last line. Words carry the meaning; colour only repeats it.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};

use super::{FindingView, Report, UtilityView};
use crate::error::{Error, Result};
use crate::verdict::{Decision, Outcome};

/// A width that fits CI logs and half a screen.
const WIDTH: u16 = 100;

/// Writes the report with ANSI styles; the caller's stream strips them where they do not belong.
///
/// # Errors
/// When `out` cannot be written.
pub fn render(report: &Report, out: &mut dyn Write) -> Result<()> {
    write(report, out).map_err(|source| Error::io("terminal", "write", source))
}

fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    // First, because without a holdout nothing below can clear the release.
    for caveat in &report.caveats {
        writeln!(out, "! {}", clean(caveat))?;
    }
    writeln!(out, "{bold}{}{bold:#} against {}", clean(&report.subject.name), report.policy.title)?;
    for claim in &report.claims {
        writeln!(out, "{}", clean(claim))?;
    }
    writeln!(out, "{}", table(report))?;
    for finding in report.findings.iter().filter(|finding| finding.outcome != Outcome::Pass) {
        explain(finding, out)?;
    }
    for finding in &report.findings {
        if let Some(seen) = &finding.sensitivity {
            writeln!(out, "{bold}{}{bold:#}  {}\n", clean(&finding.heading()), clean(seen))?;
        }
    }
    for seen in &report.also_seen {
        let words = clean(&seen.sensitivity);
        writeln!(out, "{bold}{}{bold:#} (no rule)  {words}\n", clean(&seen.heading()))?;
    }
    if !report.utility.is_empty() {
        writeln!(out, "{bold}what the release is good for{bold:#} (never a reason to clear it)")?;
        writeln!(out, "{}\n", utility(report))?;
    }
    for rule in &report.unused_waivers {
        writeln!(
            out,
            "  ! the waiver of `{rule}` covers nothing (another release, expired, or not waivable)"
        )?;
    }
    let style = match report.decision {
        Decision::Met | Decision::MetWithWaivers => AnsiColor::Green.on_default().bold(),
        Decision::NotMet => AnsiColor::Red.on_default().bold(),
        Decision::NotShown => AnsiColor::Yellow.on_default().bold(),
        Decision::Advisory => Style::new().bold(),
    };
    writeln!(out, "{style}{}{style:#}", report.headline)
}

fn table(report: &Report) -> String {
    let row = |finding: &FindingView| {
        vec![
            clean(&finding.heading()),
            finding.estimate.clone(),
            finding.bounds.clone(),
            finding.limit.clone(),
            outcome(finding),
        ]
    };
    let rows = report.findings.iter().map(row).collect();
    grid(&["rule", "estimate", "bounds", "limit", "outcome"], rows)
}

fn utility(report: &Report) -> String {
    let row = |one: &UtilityView| {
        vec![
            one.heading(),
            one.value.clone(),
            one.standard_error.clone().unwrap_or_else(|| "–".into()),
            one.ceiling.clone().unwrap_or_else(|| "–".into()),
            one.better.to_owned(),
        ]
    };
    let rows =
        report.utility.iter().map(row).map(|row| row.iter().map(|cell| clean(cell)).collect());
    grid(&["measure", "release", "± error", "fresh records", "better"], rows.collect())
}

/// A table for a terminal: every table that the program prints has this form.
#[must_use]
pub fn grid(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header(header.iter().copied())
        .add_rows(rows);
    table.to_string()
}

fn outcome(finding: &FindingView) -> String {
    let reason = finding.reason.map_or(String::new(), |reason| format!(": {}", reason.word()));
    let waived = if finding.waived.is_some() { " (waived)" } else { "" };
    format!("{}{reason}{waived}", finding.outcome_words())
}

fn explain(finding: &FindingView, out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    let style = match finding.outcome {
        Outcome::Fail => AnsiColor::Red.on_default(),
        _ => AnsiColor::Yellow.on_default(),
    };
    writeln!(out, "{bold}{}{bold:#}  {style}{}{style:#}", finding.rule, outcome(finding))?;
    writeln!(out, "  measures  {}", finding.meaning)?;
    writeln!(out, "  matters   {}", finding.matters)?;
    writeln!(out, "  assumes   {}", finding.assumes)?;
    if let Some(settle) = &finding.settle {
        writeln!(out, "  settle    {settle}")?;
    }
    for note in &finding.notes {
        writeln!(out, "  note      {}", clean(note))?;
    }
    if let Some(waived) = &finding.waived {
        writeln!(out, "  waived    {}", clean(waived))?;
    }
    writeln!(
        out,
        "  rule      {}:{} ({}: {})\n",
        clean(&finding.location.file),
        finding.location.line,
        finding.basis.word(),
        clean(&finding.source),
    )
}

/// Names come from files: control characters must not reach the terminal.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

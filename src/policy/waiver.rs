//! Waivers: a person's signed-for exception to one rule for one release, for at most 90 days.

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use crate::digest::Digest;
use crate::error::{Error, Result};

/// A calendar date.
pub type Date = jiff::civil::Date;

const LONGEST_DAYS: i32 = 90;
const SHORTEST_REASON: usize = 20;

/// One exception. It never alters a number, only what the number leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiver {
    /// The rule it is about.
    pub rule: String,
    /// Content digest of the one release it is about.
    pub subject_digest: Digest,
    /// The worst bound it covers: a worse result is not waived.
    pub max_value: f64,
    /// Why, in at least 20 characters.
    pub reason: String,
    /// Who answers for it.
    pub approver: String,
    /// Where it was discussed.
    pub ticket: String,
    /// First day.
    pub created: Date,
    /// Last day, at most 90 days after the first.
    pub expires: Date,
}

impl Waiver {
    /// Whether `today` lies between the first and the last day, both included.
    #[must_use]
    pub fn in_force(&self, today: Date) -> bool {
        self.created <= today && today <= self.expires
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawFile {
    #[serde(default)]
    waiver: Vec<Spanned<RawWaiver>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawWaiver {
    rule: String,
    subject_digest: String,
    max_value: f64,
    reason: String,
    approver: String,
    ticket: String,
    created: Datetime,
    expires: Datetime,
}

impl Waiver {
    /// Parses a waiver file of `[[waiver]]` entries.
    ///
    /// # Errors
    /// [`Error::Config`] with the line of the first entry that is not valid.
    pub fn parse(text: &str, file: &str) -> Result<Vec<Self>> {
        let error = |offset: usize, problem: String| Error::Config {
            file: file.to_owned(),
            line: 1 + text.bytes().take(offset).filter(|&byte| byte == b'\n').count(),
            problem,
        };
        let raw: RawFile = toml::from_str(text).map_err(|failure| {
            let offset = failure.span().map_or(0, |span| span.start);
            error(offset, failure.message().trim().to_owned())
        })?;
        let entry = |raw: Spanned<RawWaiver>| {
            let offset = raw.span().start;
            waiver(raw.into_inner()).map_err(|problem| error(offset, problem))
        };
        raw.waiver.into_iter().map(entry).collect()
    }
}

fn waiver(raw: RawWaiver) -> Result<Waiver, String> {
    let created = date("created", raw.created)?;
    let expires = date("expires", raw.expires)?;
    let days = created.until(expires).map_err(|error| error.to_string())?.get_days();
    if !(0..=LONGEST_DAYS).contains(&days) {
        return Err(format!(
            "expected `expires` 0 to {LONGEST_DAYS} days after `created`, found {days}"
        ));
    }
    if raw.reason.trim().chars().count() < SHORTEST_REASON {
        return Err(format!("expected a `reason` of at least {SHORTEST_REASON} characters"));
    }
    for (key, text) in [("rule", &raw.rule), ("approver", &raw.approver), ("ticket", &raw.ticket)] {
        if text.trim().is_empty() {
            return Err(format!("expected `{key}` to be filled in, found it empty"));
        }
    }
    if !raw.max_value.is_finite() {
        return Err("expected a finite `max-value`".into());
    }
    let subject_digest =
        raw.subject_digest.parse().map_err(|problem| format!("subject-digest: {problem}"))?;
    Ok(Waiver {
        rule: raw.rule,
        subject_digest,
        max_value: raw.max_value,
        reason: raw.reason,
        approver: raw.approver,
        ticket: raw.ticket,
        created,
        expires,
    })
}

fn date(key: &str, value: Datetime) -> Result<Date, String> {
    let malformed = || format!("expected `{key}` to be a date such as 2026-11-23");
    if value.time.is_some() || value.offset.is_some() {
        return Err(malformed());
    }
    value.to_string().parse().map_err(|_| malformed())
}

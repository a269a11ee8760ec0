//! Safe Harbor: identifiers that stand in the released table.
//!
//! Measures how many pairs of a released column and one of the 18 identifiers of the HIPAA Safe
//! Harbor list there are. A lint: exact, the same for every seed, and blind to the real data.
//!
//! # Threat model
//! Anyone who holds the release. They need no attack: a name, a number, a date or a small area
//! points at a person, or finds one in another file.
//!
//! # Estimator
//! The number of pairs (column, kind of identifier), by three rules, none of which reads the real
//! data:
//! 1. *By value.* One released value is enough where the pattern is specific (email, URL, IP, MAC,
//!    UUID, hyphenated social security and Korean resident numbers, telephone numbers with
//!    separators, VIN with its check digit, Korean plates, Medicare identifiers, grouped card
//!    numbers, street addresses, dates finer than a year). Bare digits (`YYYYMMDD`, card and IMEI
//!    numbers with Luhn's check, resident numbers with theirs) count when at least `match-share` of
//!    three or more distinct values match.
//! 2. *By name*, word by word, in English and Korean, provided that the values can be what the name
//!    says: a Boolean `phone`, a `name` of 0 and 1, a `zip` of large three-digit areas are innocent.
//!    Ages count above `age-limit` (the one category "90 or older" may be coded 90), ZIP codes unless
//!    cut to three digits with areas of 20,000 people or fewer set to 000.
//! 3. *By role*: a column of the schema's roles `subject` or `direct-identifier` that is in the
//!    release, and a column named as a key whose values are nearly all distinct, unless another
//!    identifier explains it.
//!
//! No baseline, no control: the sufficient statistic is the count itself.
//!
//! # Limits
//! Understates: names, places and biometric identifiers are known by column name only, so that a
//! name inside a note is not seen, nor one in a column named `x1`; month-and-day without a year and
//! bare numbers are seen only under a telling name; birth years that make a person over 89, and ages
//! in other units than the name says are not judged; nor is the
//! statute's second condition, that the releaser knows of no way to identify a person.
//! Overstates: a released value may be invented, a version `1.2.3.4` is an address, and numbers that
//! a generator makes for its rows are still unique codes.
//! The file is linted as it lies there: a top code of the schema does not excuse a released 97.
//!
//! # References
//! 45 CFR 164.514(b)(2)(i) · HHS 2012, *Guidance regarding methods for de-identification of
//! protected health information*, questions 3.3–3.5 · 49 CFR 565.15 (VIN) · ISO/IEC 7812-1 (Luhn)

mod checks;
mod column;
mod dates;
mod identifier;
mod names;
mod patterns;
mod places;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::column::{Released, identifiers};
use super::{Attack, Info};
use crate::audit::{Audit, Progress};
use crate::error::Result;
use crate::evidence::{Evidence, Measure, Scope};
use crate::random::Seed;
use crate::table::Column;

/// The lint and its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct SafeHarbor {
    /// Oldest age that may be released, years; default 90, the code of "90 or older".
    #[serde(deserialize_with = "age")]
    pub age_limit: f64,
    /// Share of values that must differ for a column named as a key to count; default 0.9.
    #[serde(deserialize_with = "share")]
    pub distinct_share: f64,
    /// Share of distinct values that must match a pattern of bare digits; default 0.9.
    #[serde(deserialize_with = "share")]
    pub match_share: f64,
}

impl SafeHarbor {
    /// The statute's age, and shares that chance does not reach.
    pub const DEFAULT: Self = Self { age_limit: 90.0, distinct_share: 0.9, match_share: 0.9 };
}

/// A larger share than the default would overlook more.
fn share<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    super::within(deserializer, 0.0, 0.9)
}

/// The statute allows no age beyond the code of "90 or older".
fn age<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    super::within(deserializer, 0.0, 90.0)
}

impl Default for SafeHarbor {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const METRIC: &str = "safe-harbor.identifiers";

pub(super) static INFO: Info = Info {
    id: "safe-harbor",
    title: "identifiers of the HIPAA Safe Harbor list in the release",
    threat_model: "Anyone who holds the release and knows nothing else. They read a name, number, \
                   date or small area that stands in it, and so find the person.",
    needs: &[],
    references: &[
        "45 CFR 164.514(b)(2)(i)",
        "HHS 2012, Guidance regarding methods for de-identification of protected health information",
    ],
    metrics: &[METRIC],
};

impl Attack for SafeHarbor {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, _: Seed, progress: &Progress) -> Result<Vec<Evidence>> {
        let columns: Vec<Released> = audit.synthetic.columns.iter().map(released).collect();
        Ok(vec![self.evidence(self.lint(&columns, progress))])
    }
}

fn released(column: &Column) -> Released<'_> {
    Released {
        name: &column.name,
        kind: &column.schema.kind,
        role: &column.schema.role,
        levels: column.schema.levels.as_deref(),
        // As they lie in the file: a code of the schema does not excuse them.
        values: column.uncoded.as_ref().unwrap_or(&column.values),
        raw_range: column.raw_range,
    }
}

impl SafeHarbor {
    /// The notes of all columns, each column looked at alone, in the order of the names.
    fn lint(&self, columns: &[Released], progress: &Progress) -> Vec<String> {
        progress.begin("safe harbor", columns.len() as u64);
        let mut notes = Vec::new();
        for column in columns {
            notes.extend(self.notes(column));
            progress.advance(1);
        }
        notes.sort_unstable();
        notes
    }

    /// One line for each identifier of a column: its name and the kind, never a value or a count.
    fn notes(&self, column: &Released) -> Vec<String> {
        let note = |(identifier, basis): (identifier::Identifier, identifier::Basis)| {
            format!("column `{}`: {} ({})", column.name, identifier.title(), basis.title())
        };
        identifiers(column, self).into_iter().map(note).collect()
    }

    fn evidence(&self, notes: Vec<String>) -> Evidence {
        #[expect(clippy::cast_precision_loss, reason = "a few pairs a column, far below 2^52")]
        let value = notes.len() as f64;
        Evidence {
            metric: METRIC.into(),
            measure: Measure::Exact { value },
            scope: Scope::All,
            group: None,
            about: None,
            ceiling: None,
            positive_control: Vec::new(),
            parameters: self.parameters(),
            notes,
            caveats: Vec::new(),
        }
    }

    fn parameters(&self) -> BTreeMap<String, serde_json::Value> {
        [
            ("age-limit", self.age_limit),
            ("distinct-share", self.distinct_share),
            ("match-share", self.match_share),
        ]
        .map(|(name, value)| (name.to_owned(), value.into()))
        .into()
    }
}

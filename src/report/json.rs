//! `report.json`: canonical JSON, the thing that is signed.

use std::io::Write;

use super::Report;
use crate::error::{Error, Result};
use crate::evidence::canonical_json;

/// Writes the report as one line of canonical JSON (RFC 8785).
///
/// # Errors
/// When `out` cannot be written.
pub fn render(report: &Report, out: &mut dyn Write) -> Result<()> {
    canonical_json(report)
        .and_then(|text| writeln!(out, "{text}"))
        .map_err(|source| Error::io("report", "write", source))
}

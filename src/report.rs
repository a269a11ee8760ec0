//! Reports: a verdict as people and machines read it.
//!
//! One view model, [`Report`], plain data; one file per format. Renderers decide nothing. The public
//! tier prints no small count and nothing from which one could be derived; the internal tier,
//! for the enclave, prints counts and bounds in full.

mod json;
mod markdown;
mod terminal;
mod view;

use crate::policy::words;

pub use json::render as render_json;
pub use markdown::render as render_markdown;
pub use terminal::{grid, render as render_terminal};
pub use view::{FindingView, Issue, PolicyView, Report, SeenView, SubjectView, UtilityView, view};

words! {
    /// Who may read a report.
    #[derive(Default)]
    Tier {
        /// Anyone: small counts and what they could be derived from are suppressed.
        #[default]
        Public = "public",
        /// The enclave: everything the evidence holds.
        Internal = "internal",
    }
}

/// What every report says of its own reach.
pub const LIMITS: [&str; 5] = [
    "Attacks give evidence of risk; they do not prove anonymity.",
    "The finding holds for this released content, these attacks and this policy. Other releases of \
     the same source add up.",
    "A rule claims the kinds of leak that were planted and seen, no others: copies of a few people with one \
     cell changed are claimed where the rule says so; with several cells or every number changed they may pass.",
    "HIPAA itself names no number; each limit's authority stands beside it.",
    "This is not legal advice.",
];

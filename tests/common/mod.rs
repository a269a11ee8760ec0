//! Evidence as an audit of 5,249 training and 2,625 holdout persons would carry it.

use dosimeter::digest::Digest;
use dosimeter::evidence::{Dossier, Evidence, Measure, Samples, Subject};

/// A dossier of the given facts about a release whose content digest is that of `content`.
pub(crate) fn dossier(evidence: Vec<Evidence>) -> Dossier {
    Dossier {
        claim: None,
        schema: 1,
        tool: "dosimeter test".into(),
        subject: Subject {
            name: "release.csv".into(),
            sha256: Digest::of(b"file"),
            content_digest: Digest::of(b"content"),
            rows: 5000,
            columns: 11,
        },
        schema_digest: Digest::of(b"schema"),
        schema_reviewed: true,
        quasi_identifiers: vec!["age".into()],
        samples: Samples {
            train_rows: 5249,
            train_persons: 5249,
            holdout_rows: Some(2625),
            holdout_persons: Some(2625),
        },
        seed: 0,
        evidence,
        not_run: Vec::new(),
        caveats: Vec::new(),
    }
}

/// A control that nothing speaks against: half of all relabellings tell train from holdout better.
pub(crate) fn exchangeable() -> Evidence {
    let measure = Measure::Rate { successes: 2500.0, trials: 5000, frame: None };
    Evidence::whole("control.exchangeability", measure)
}

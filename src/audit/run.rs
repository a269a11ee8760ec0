//! The run: the control's tests, every attack, then every measure of utility, into one dossier.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use super::{Audit, Progress, control, quasi_identifiers};
use crate::attack::{Attack, NEEDS, Need};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::evidence::{Dossier, Evidence, NotRun, NotRunReason, Samples, Subject};
use crate::metric::metric;
use crate::random::Seed;
use crate::synth::Guarantee;
use crate::table::{Role, content_digest};
use crate::utility::{BESIDE_HOLDOUT, LEFT_OUT, OF_TARGETS, Utility, View};

/// The released file, by name and bytes.
#[derive(Debug, Clone)]
pub struct Release {
    /// File name without its folder.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: Digest,
}

/// Runs `attacks` and `measures` and gathers what they found. One that fails is recorded as failed; its
/// metrics clear nothing.
#[must_use]
pub fn run(
    audit: &Audit,
    release: &Release,
    attacks: &[Box<dyn Attack>],
    measures: &[Box<dyn Utility>],
    progress: &Progress<'_>,
) -> Dossier {
    let root = Seed::new(audit.seed);
    progress.begin("control", 1);
    let mut evidence = control::test(audit, root.part("control"));
    progress.advance(1);
    let mut told = BTreeSet::new();
    let mut not_run = unreported(control::METRICS, &[Need::Holdout], &evidence, audit, None);
    for attack in attacks {
        let info = attack.info();
        progress.begin(info.id, info.metrics.len() as u64);
        let (facts, failure) = told_apart(attack.run(audit, root.part(info.id), progress));
        not_run.extend(unreported(info.metrics, info.needs, &facts, audit, failure.as_ref()));
        evidence.extend(facts);
        for (what, plan) in audit.plans().filter(|(what, _)| told.insert(*what)) {
            progress.searched(what, plan);
        }
    }
    let view = LazyCell::new(|| View::new(audit));
    for measure in measures {
        let info = measure.info();
        progress.begin(info.id, info.metrics.len() as u64);
        let (facts, failure) = told_apart(view.run(measure.as_ref(), root.part(info.id), progress));
        let needs: &[Need] = if info.needs_holdout { &[Need::Holdout] } else { &[] };
        not_run.extend(unreported(info.metrics, needs, &facts, audit, failure.as_ref()));
        evidence.extend(facts);
    }
    Dossier {
        schema: 1,
        tool: concat!("dosimeter ", env!("CARGO_PKG_VERSION")).to_owned(),
        subject: subject(audit, release),
        claim: audit.manifest.as_ref().map(super::statement),
        schema_digest: audit.schema.digest(),
        schema_reviewed: !audit.schema.reviewed_by.is_empty(),
        quasi_identifiers: quasi_identifiers(&audit.schema),
        samples: samples(audit),
        seed: audit.seed,
        evidence,
        not_run,
        caveats: caveats(audit),
    }
}

/// What was found, and why it was not.
type Found = (Vec<Evidence>, Option<(NotRunReason, String)>);

/// The facts of an attack or a measure, or the reason why there are none.
fn told_apart(found: Result<Vec<Evidence>>) -> Found {
    match found {
        Ok(facts) => (facts, None),
        Err(Error::NotApplicable(why)) => (Vec::new(), Some((NotRunReason::NotApplicable, why))),
        Err(error) => (Vec::new(), Some((NotRunReason::AttackError, error.to_string()))),
    }
}

/// The metrics of an attack or a measure that it did not report, with the reason.
fn unreported(
    metrics: &[&str],
    needs: &[Need],
    facts: &[Evidence],
    audit: &Audit,
    failure: Option<&(NotRunReason, String)>,
) -> Vec<NotRun> {
    let missing = |id: &&&str| !facts.iter().any(|fact| fact.metric == **id);
    let why = |id: &&str| {
        let needs_holdout =
            needs.contains(&Need::Holdout) || metric(id).is_some_and(|m| m.contrast);
        let needs_holdout = needs_holdout || BESIDE_HOLDOUT.contains(id);
        match failure {
            Some(failure) => failure.clone(),
            None if lacks_ledger(id, audit) => (
                NotRunReason::NotApplicable,
                "no manifest with a privacy ledger stands beside the release".to_owned(),
            ),
            None if needs.contains(&Need::Generator) && audit.generator.is_none() => (
                NotRunReason::NoGenerator,
                "it runs the generator again and none was given (--generator)".to_owned(),
            ),
            None if needs_holdout && audit.holdout.is_none() => {
                (NotRunReason::NoHoldout, "it compares with a holdout and there is none".to_owned())
            }
            None if lacks_population(id, audit) => {
                (NotRunReason::NoPopulation, "nothing is known of the population".to_owned())
            }
            None if lacks_sensitive(id, audit) => (
                NotRunReason::NotApplicable,
                "the schema names no sensitive column that the release holds".to_owned(),
            ),
            None if lacks_target(id, audit) => {
                (NotRunReason::NotApplicable, "the schema names no target".to_owned())
            }
            None => nothing_to_measure(id),
        }
    };
    let entry = |id: &&str| {
        let (reason, detail) = why(id);
        NotRun { metric: (*id).to_owned(), reason, detail }
    };
    metrics.iter().filter(missing).map(entry).collect()
}

/// Whether a metric looks at the population and the audit does not say enough of it.
fn lacks_population(id: &str, audit: &Audit) -> bool {
    NEEDS.iter().filter(|(metric, _)| *metric == id).any(|(_, need)| match need {
        Need::Population => audit.population.is_none(),
        Need::Fraction => audit.fraction().is_none(),
        Need::Holdout | Need::Generator | Need::Sensitive | Need::Ledger => false,
    })
}

/// Whether a metric is about sensitive columns and none is compared.
fn lacks_sensitive(id: &str, audit: &Audit) -> bool {
    NEEDS.contains(&(id, Need::Sensitive))
        && audit.joint().schemas.iter().all(|schema| schema.role != Role::Sensitive)
}

/// Whether a metric is about targets and the schema names none.
fn lacks_target(id: &str, audit: &Audit) -> bool {
    OF_TARGETS.contains(&id) && audit.schema.columns.iter().all(|(_, column)| !column.target)
}

/// Why a measure that ran left a metric out, where that is no failure.
fn nothing_to_measure(id: &str) -> (NotRunReason, String) {
    match LEFT_OUT.iter().find(|(metric, _)| *metric == id) {
        Some((_, why)) => (NotRunReason::NotApplicable, (*why).to_owned()),
        None => (NotRunReason::AttackError, "it was not reported".to_owned()),
    }
}

/// Whether a metric is about a ledger and the audit has none.
fn lacks_ledger(id: &str, audit: &Audit) -> bool {
    let ledger = audit.manifest.as_ref().is_some_and(|manifest| !manifest.ledger.is_empty());
    NEEDS.contains(&(id, Need::Ledger)) && !ledger
}

/// What the verdict will be about: the released bytes and their content.
fn subject(audit: &Audit, release: &Release) -> Subject {
    Subject {
        name: release.name.clone(),
        sha256: release.sha256,
        content_digest: content_digest(&audit.synthetic, &audit.schema),
        rows: audit.synthetic.rows as u64,
        columns: audit.synthetic.columns.len() as u64,
    }
}

/// How many rows and persons the real samples have.
fn samples(audit: &Audit) -> Samples {
    Samples {
        train_rows: audit.train.rows as u64,
        train_persons: audit.train_persons.count as u64,
        holdout_rows: audit.holdout.as_ref().map(|table| table.rows as u64),
        holdout_persons: audit.holdout_persons.as_ref().map(|persons| persons.count as u64),
    }
}

/// What weakens every finding of this audit, in the order in which a reader must know it.
fn caveats(audit: &Audit) -> Vec<String> {
    let mut caveats = Vec::new();
    if audit.holdout.is_none() {
        caveats.push(
            "No holdout: this audit can stop a release, never clear one. Ask who made it to (1) \
             `dosimeter split`, (2) regenerate from train only, (3) audit again."
                .to_owned(),
        );
    }
    if audit.schema.reviewed_by.is_empty() {
        caveats.push(
            "No person has reviewed the schema (`reviewed-by` is empty): kinds, roles and bounds \
             are guesses."
                .to_owned(),
        );
    }
    let manifest = audit.manifest.as_ref();
    if manifest.is_some_and(|of| matches!(of.guarantee, Guarantee::ZeroConcentrated { .. })) {
        caveats.push(
            "The figures of this audit are computed from the real records: the ε that is claimed of the \
             release does not cover them."
                .to_owned(),
        );
    }
    let blank = blank_columns(audit);
    if !blank.is_empty() {
        caveats.push(format!(
            "Not compared, because one of the tables holds no value in them: {}.",
            blank.join(", ")
        ));
    }
    caveats
}

/// Columns that would be compared if every table had a value in them.
fn blank_columns(audit: &Audit) -> Vec<&str> {
    let columns = audit.schema.columns.iter().filter(|(_, column)| column.compared());
    columns
        .map(|(name, _)| name.as_str())
        .filter(|name| !audit.joint().names.iter().any(|compared| compared == name))
        .collect()
}

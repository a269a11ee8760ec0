//! What is claimed of a release: by the manifest beside it, or by the auditor.

use std::path::{Path, PathBuf};

use super::read_text;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::synth::{Claim, Generator, Manifest, SUFFIX};

/// The place of a release's manifest, beside it.
pub(super) fn manifest_of(release: &Path) -> PathBuf {
    let mut name = release.as_os_str().to_owned();
    name.push(SUFFIX);
    name.into()
}

/// The manifest of the release with these bytes: the named one, else the one beside it, if there is one.
///
/// # Errors
/// [`Error::Input`] when it cannot be read, or is one of other bytes.
pub(super) fn manifest(
    named: Option<&Path>,
    release: &Path,
    sha256: Digest,
) -> Result<Option<Manifest>> {
    let path = named.map_or_else(|| manifest_of(release), Path::to_path_buf);
    if named.is_none() && !path.exists() {
        return Ok(None);
    }
    let manifest =
        Manifest::from_json(&read_text(&path)?).map_err(|problem| Error::input(&path, problem))?;
    if manifest.output.sha256 != sha256 {
        return Err(Error::input(
            &path,
            "it is the manifest of another file than this release (the SHA-256 differ): expected \
             the release as it was made, or no manifest",
        ));
    }
    Ok(Some(manifest))
}

/// What is claimed by the flags, which come together.
///
/// # Errors
/// [`Error::Usage`] for half a claim, or one that means nothing.
pub(super) fn asked(epsilon: Option<f64>, delta: Option<f64>) -> Result<Option<Claim>> {
    match (epsilon, delta) {
        (None, None) => Ok(None),
        (Some(epsilon), Some(delta)) => Claim::new(epsilon, delta).map(Some),
        _ => Err(Error::Usage(
            "a claim is an ε and a δ: expected --epsilon and --delta together (--delta 0 where none is \
             claimed)"
                .into(),
        )),
    }
}

/// The one claim of the manifest, the flags and the generator.
///
/// # Errors
/// [`Error::Usage`] when two of them claim different things.
pub(super) fn claim(
    manifest: Option<&Manifest>,
    asked: Option<Claim>,
    generator: Option<&Generator>,
) -> Result<Option<Claim>> {
    let stated = manifest.map(Claim::of).transpose()?.flatten();
    let told = generator.and_then(Generator::budget);
    let claims =
        [("the manifest", stated), ("--epsilon and --delta", asked), ("--generator", told)];
    let mut claims = claims.into_iter().filter_map(|(who, claim)| Some((who, claim?)));
    let Some((first, claim)) = claims.next() else { return Ok(None) };
    match claims.find(|(_, other)| !other.equals(claim)) {
        None => Ok(Some(claim)),
        Some((second, other)) => Err(Error::Usage(format!(
            "{first}: ({}, {}) is claimed; {second}: ({}, {}): expected one claim of a release",
            claim.epsilon, claim.delta, other.epsilon, other.delta
        ))),
    }
}

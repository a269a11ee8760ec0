//! The manifest of a release: named, or found beside it. It must be of this very file.

use std::path::{Path, PathBuf};

use crate::cli::read_text;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::synth::{Manifest, SUFFIX};

/// Reads the manifest of the release at `path` whose bytes have the digest `sha256`. Nothing beside a release
/// is no error: most are made elsewhere.
pub(super) fn manifest(
    named: Option<&Path>,
    path: &Path,
    sha256: Digest,
) -> Result<Option<Manifest>> {
    let file = match named {
        Some(named) => named.to_path_buf(),
        None => {
            let mut beside = path.as_os_str().to_owned();
            beside.push(SUFFIX);
            let beside = PathBuf::from(beside);
            if !beside.exists() {
                return Ok(None);
            }
            beside
        }
    };
    let manifest =
        Manifest::from_json(&read_text(&file)?).map_err(|problem| Error::input(&file, problem))?;
    if manifest.output.sha256 != sha256 {
        return Err(Error::input(
            &file,
            format!(
                "it is the manifest of another table: {} has another SHA-256. Make the release again, or \
                 remove the manifest if its claims are no longer made",
                path.display()
            ),
        ));
    }
    Ok(Some(manifest))
}

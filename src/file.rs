//! The one way a file is written: beside its place under a temporary name, synced, then renamed, so
//! that a full disk or a killed run loses nothing that was there before.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::error::{Error, Result};

/// How the name of an unfinished file begins.
pub const TEMPORARY: &str = ".dosimeter-";

/// Who may read a written file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Owner only (mode 0600): evidence and anything that holds records.
    Private,
    /// As the user's umask says (mode 0644 at most).
    Shared,
}

/// Writes `path` atomically with what `fill` produces. A file that is already there is replaced only
/// after the new one is complete and on disk.
///
/// # Errors
/// [`Error::Io`] when the folder is missing or read-only, the disk is full, or `fill` fails.
pub fn write_atomically(
    path: &Path,
    access: Access,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let write = || -> io::Result<()> {
        let mut temporary = create(folder, access)?;
        {
            let mut buffered = io::BufWriter::new(temporary.as_file_mut());
            fill(&mut buffered)?;
            buffered.flush()?;
        }
        temporary.as_file().sync_all()?;
        temporary.persist(path).map_err(|failure| failure.error)?;
        sync_folder(folder)
    };
    write().map_err(|source| Error::io(path, "write", source))
}

/// A temporary file with the mode of the file it becomes; the user's umask is taken from it.
#[cfg(unix)]
fn create(folder: &Path, access: Access) -> io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    let mode = match access {
        Access::Private => 0o600,
        Access::Shared => 0o644,
    };
    tempfile::Builder::new()
        .prefix(TEMPORARY)
        .permissions(std::fs::Permissions::from_mode(mode))
        .tempfile_in(folder)
}

#[cfg(not(unix))]
fn create(folder: &Path, _access: Access) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)
}

/// A rename is durable only once its folder is synced.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

//! The one way a file is written: beside its place under a temporary name, synced, then renamed, so
//! that a full disk or a killed run loses nothing that was there before.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::digest::Digest;
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

/// A file that is complete and on disk under a temporary name, and not yet in its place. Dropped, it
/// is removed.
pub struct Staged {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

/// Writes what `fill` produces beside `path`, whole and synced, without touching `path`.
///
/// # Errors
/// [`Error::Io`] when the folder is missing or read-only, the disk is full, or `fill` fails.
pub fn stage(
    path: &Path,
    access: Access,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<Staged> {
    let write = || -> io::Result<Staged> {
        let mut file = create(folder_of(path), access)?;
        {
            let mut buffered = io::BufWriter::new(file.as_file_mut());
            fill(&mut buffered)?;
            buffered.flush()?;
        }
        file.as_file().sync_all()?;
        Ok(Staged { file, path: path.to_owned() })
    };
    write().map_err(|source| Error::io(path, "write", source))
}

impl Staged {
    /// The SHA-256 of what was written.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read back.
    pub fn digest(&self) -> Result<Digest> {
        let bytes = std::fs::read(self.file.path());
        bytes
            .map(|bytes| Digest::of(&bytes))
            .map_err(|source| Error::io(&self.path, "read", source))
    }

    /// Puts the file in its place, replacing what stands there.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder forbids it.
    pub fn commit(self) -> Result<()> {
        let Self { file, path } = self;
        let rename = || -> io::Result<()> {
            file.persist(&path).map_err(|failure| failure.error)?;
            sync_folder(folder_of(&path))
        };
        rename().map_err(|source| Error::io(&path, "write", source))
    }
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
    stage(path, access, fill)?.commit()
}

/// A folder that only its owner may read. Dropped, it is removed with everything in it.
pub struct TemporaryFolder(tempfile::TempDir);

impl TemporaryFolder {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// A new folder among the system's temporary ones.
///
/// # Errors
/// [`Error::Io`] when there is no room or no right.
pub fn temporary_folder() -> Result<TemporaryFolder> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY.trim_start_matches('.'));
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let folder = builder.tempdir();
    folder.map(TemporaryFolder).map_err(|source| Error::io(std::env::temp_dir(), "write", source))
}

/// Makes `path` a folder that only its owner may read, with the folders above it.
///
/// # Errors
/// [`Error::Io`] when it cannot be made; [`Error::Input`] when it is there and others may read it, or
/// is no folder.
pub fn private_folder(path: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| Error::io(path, "create", source))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let about = std::fs::metadata(path).map_err(|source| Error::io(path, "read", source))?;
        if about.permissions().mode() & 0o077 != 0 {
            let problem =
                "expected a folder that only its owner can read: `chmod 700` it, or name a new one";
            return Err(Error::input(path, problem));
        }
    }
    Ok(())
}

/// The one name of a file that need not be there yet: without links and detours as far as the path exists.
#[must_use]
pub fn resolved(path: &Path) -> PathBuf {
    let in_folder = || Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(in_folder).unwrap_or_else(|| path.to_owned())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
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

//! The output folder of an audit: refused when it holds anything but our own files, written file by
//! file under temporary names.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::file::{Access, Staged, TEMPORARY, stage};

/// The files that an audit writes for one release.
const OURS: [&str; 4] = ["evidence.json", "report.json", "summary.md", "runtime.json"];

/// A folder that is ours to write into.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Claims `path`: it must not exist, be empty, or (with `force`) hold only what an audit of
    /// `releases` would write: our files for one release, else the index and a folder for each, which
    /// holds only our files too. Nothing is written yet, so that a refusal costs no audit.
    pub(super) fn claim(path: &Path, releases: &[String], force: bool) -> Result<Self> {
        for release in releases {
            Self::claim(&path.join(release), &[], force)?;
        }
        let ours = |name: &str| match releases {
            [] => OURS.contains(&name),
            _ => name == "index.json" || releases.iter().any(|release| release == name),
        };
        let folder = Self { path: path.to_owned() };
        if !path.exists() {
            return Ok(folder);
        }
        if !path.is_dir() {
            return Err(Error::input(path, "expected a folder to write to, found a file"));
        }
        let entries = std::fs::read_dir(path).map_err(|source| Error::io(path, "read", source))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|source| Error::io(path, "read", source))?;
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        let (left_over, names): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| name.starts_with(TEMPORARY));
        if names.iter().any(|name| !ours(name)) {
            let problem = "the output folder holds other files than those of an audit of the same \
                           releases: expected a new or empty folder";
            return Err(Error::input(path, problem));
        }
        if !names.is_empty() && !force {
            let problem = "the output folder holds an earlier audit: --force replaces it";
            return Err(Error::input(path, problem));
        }
        // A killed run leaves its unfinished file behind; it may hold evidence.
        for name in left_over {
            std::fs::remove_file(path.join(name))
                .map_err(|source| Error::io(path, "clean", source))?;
        }
        Ok(folder)
    }

    /// The folder of one release inside this one.
    pub(super) fn release(&self, name: &str) -> Self {
        Self { path: self.path.join(name) }
    }

    /// Writes our files, all or none: every one is complete on disk before the first takes its place.
    /// The last one speaks for the others, so an old one of its name is gone before they change.
    pub(super) fn write(&self, files: &[(&str, Access, &str)]) -> Result<()> {
        std::fs::create_dir_all(&self.path)
            .map_err(|source| Error::io(&self.path, "create", source))?;
        let stage = |(name, access, text): &(&str, Access, &str)| {
            stage(&self.path.join(name), *access, |out| out.write_all(text.as_bytes()))
        };
        let staged = files.iter().map(stage).collect::<Result<Vec<Staged>>>()?;
        if let Some((last, ..)) = files.last() {
            self.remove(last)?;
        }
        staged.into_iter().try_for_each(Staged::commit)
    }

    /// Removes one of our files, if it is there.
    pub(super) fn remove(&self, name: &str) -> Result<()> {
        let path = self.path.join(name);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io(path, "replace", source))
            }
            _ => Ok(()),
        }
    }
}

//! Finished runs of a generator, kept so that an audit that was stopped goes on where it was.
//!
//! A file holds the numbers that an attack has taken from one run, and no record; it is named by a digest of
//! all that the numbers follow from. A file that is not whole counts as none.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::error::Result;
use crate::file::{Access, private_folder, write_atomically};

/// How a file begins.
const MAGIC: &[u8; 16] = b"dosimeter run 1\n";

/// Bytes of the digest at the end of a file.
const DIGEST: usize = 32;

/// A folder of finished runs.
#[derive(Debug, Clone)]
pub struct State {
    folder: PathBuf,
}

impl State {
    /// The folder at `path`, made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made, or others may read it.
    pub fn open(path: &Path) -> Result<Self> {
        private_folder(path)?;
        Ok(Self { folder: path.to_path_buf() })
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The numbers of a finished run, if they are here and whole.
    #[must_use]
    pub fn load(&self, key: &Digest) -> Option<Vec<f64>> {
        let bytes = std::fs::read(self.path(key)).ok()?;
        let (body, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
        if Sha256::digest(body)[..] != *digest {
            return None;
        }
        let numbers = body.strip_prefix(MAGIC)?.chunks_exact(8);
        let number = |bytes: &[u8]| Some(f64::from_le_bytes(bytes.try_into().ok()?));
        numbers.map(number).collect()
    }

    /// Keeps the numbers of a finished run.
    ///
    /// # Errors
    /// [`crate::Error::Io`] when they cannot be written.
    pub fn store(&self, key: &Digest, numbers: &[f64]) -> Result<()> {
        let mut body = MAGIC.to_vec();
        numbers.iter().for_each(|number| body.extend(number.to_le_bytes()));
        let digest = Sha256::digest(&body);
        write_atomically(&self.path(key), Access::Private, |out| {
            out.write_all(&body)?;
            out.write_all(&digest)
        })
    }

    fn path(&self, key: &Digest) -> PathBuf {
        self.folder.join(format!("{key}.run"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_bit_by_bit_and_damage_counts_as_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(&folder.path().join("a/b")).unwrap();
        let key = Digest::of(b"run");
        let numbers = [0.1, -0.0, f64::NAN, f64::INFINITY, 1.0 / 3.0];
        assert!(state.load(&key).is_none());
        state.store(&key, &numbers).unwrap();
        let bits = |numbers: &[f64]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&state.load(&key).unwrap()), bits(&numbers));
        let whole = std::fs::read(state.path(&key)).unwrap();
        for damage in [0, 1, 20, whole.len() - 1] {
            std::fs::write(state.path(&key), &whole[..damage]).unwrap();
            assert!(state.load(&key).is_none(), "{damage}");
        }
        let mut flipped = whole;
        flipped[20] ^= 1;
        std::fs::write(state.path(&key), &flipped).unwrap();
        assert!(state.load(&key).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(&folder.path().join("new")).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(state.folder()), 0o700);
        state.store(&Digest::of(b"x"), &[1.0]).unwrap();
        assert_eq!(mode(&state.path(&Digest::of(b"x"))), 0o600);
        let open = folder.path().join("open");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(State::open(&open).is_err());
    }
}

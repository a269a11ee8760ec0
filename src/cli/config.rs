//! `audit.toml`: what an audit reads. Every key is also a flag; a flag wins.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::read_text;
use crate::error::{Error, Result};

/// The keys of `audit.toml`; paths are relative to the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Config {
    pub(super) real: Option<PathBuf>,
    pub(super) holdout: Option<PathBuf>,
    pub(super) population: Option<PathBuf>,
    pub(super) sampling_fraction: Option<f64>,
    #[serde(default)]
    pub(super) synthetic: Releases,
    pub(super) schema: Option<PathBuf>,
    pub(super) policy: Option<String>,
    pub(super) waivers: Option<PathBuf>,
    pub(super) manifest: Option<PathBuf>,
    pub(super) generator: Option<String>,
    pub(super) generator_state: Option<PathBuf>,
    pub(super) epsilon: Option<f64>,
    pub(super) delta: Option<f64>,
    pub(super) seed: Option<u64>,
    pub(super) out: Option<PathBuf>,
    #[serde(default)]
    pub(super) skip_utility: bool,
    #[serde(default)]
    pub(super) attack: toml::Table,
    #[serde(default)]
    pub(super) utility: toml::Table,
}

/// One release or several.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged, expecting = "a path or a list of paths")]
pub(super) enum Releases {
    #[default]
    None,
    One(PathBuf),
    Several(Vec<PathBuf>),
}

impl Releases {
    pub(super) fn into_paths(self) -> Vec<PathBuf> {
        match self {
            Self::None => Vec::new(),
            Self::One(path) => vec![path],
            Self::Several(paths) => paths,
        }
    }
}

impl Config {
    /// Reads `path` and makes its paths relative to the working folder.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = read_text(path)?;
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Error::config(&path.display().to_string(), &text, at, error.message().trim())
        })?;
        config.rebase(path.parent().unwrap_or_else(|| Path::new("")));
        Ok(config)
    }

    fn rebase(&mut self, folder: &Path) {
        let paths = [
            &mut self.real,
            &mut self.holdout,
            &mut self.population,
            &mut self.schema,
            &mut self.waivers,
            &mut self.manifest,
            &mut self.generator_state,
            &mut self.out,
        ];
        for path in paths.into_iter().flatten() {
            *path = folder.join(&path);
        }
        match &mut self.synthetic {
            Releases::None => {}
            Releases::One(path) => *path = folder.join(&path),
            Releases::Several(paths) => {
                paths.iter_mut().for_each(|path| *path = folder.join(&path))
            }
        }
        // A policy is a preset's id or a path; only what looks like a path is relative to the file.
        if let Some(policy) = &mut self.policy
            && looks_like_path(policy)
        {
            *policy = folder.join(&policy).display().to_string();
        }
    }
}

/// Whether a `--policy` names a file rather than a preset.
pub(super) fn looks_like_path(policy: &str) -> bool {
    policy.ends_with(".toml") || policy.contains(['/', '\\'])
}

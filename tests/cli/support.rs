//! A folder with the flchain fixture in it, the program run there, and what came of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dosimeter::Dossier;
use dosimeter::evidence::Measure;
use dosimeter::table::{read_raw, write_rows};
use serde_json::Value;

/// Stands in damaged cells; no message may repeat it.
pub(crate) const CANARY: &str = "Zephyrine";

/// `train.csv holdout.csv release.csv schema.toml policy.toml audit.toml`: an audit that ends in
/// "policy met", so that whatever a test breaks is seen in the exit code.
pub(crate) struct Case {
    folder: tempfile::TempDir,
}

const AUDIT: &str = "real = 'train.csv'\nholdout = 'holdout.csv'\nsynthetic = 'release.csv'\n\
                     schema = 'schema.toml'\npolicy = 'policy.toml'\nout = 'out'\n\
                     skip-utility = true\n";

const SMALL_POLICY: &str = "schema = 1\nid = 'small'\nversion = '1'\ntitle = 'few copies'\n\
                            basis = 'house'\nsource = 'test'\n[evidence]\nmax-age-days = 365\n[[rule]]\nid = 'copies'\n\
                            metric = 'copies.exact-excess'\nscope = 'all'\nop = 'lt'\n\
                            limit = '1.5%'\nseverity = 'block'\n";

impl Case {
    pub(crate) fn new() -> Self {
        let case = Self::empty();
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/flchain");
        for (from, to) in [
            ("train.csv", "train.csv"),
            ("holdout.csv", "holdout.csv"),
            ("releases/resampled.csv", "release.csv"),
            ("releases/leaky.csv", "leaky.csv"),
            ("schema.toml", "schema.toml"),
            ("policy.toml", "policy.toml"),
        ] {
            std::fs::copy(fixture.join(from), case.path(to)).unwrap();
        }
        case.write("audit.toml", AUDIT);
        case
    }

    /// The same with every eighth row, and copies in the leaky release: for what does not depend on how many
    /// persons there are. The policy asks for few copies only.
    pub(crate) fn small() -> Self {
        let case = Self::new();
        let every_eighth = |rows: &mut Vec<String>| {
            let mut row = 0;
            rows.retain(|_| {
                row += 1;
                row % 8 == 1
            });
        };
        for file in ["train.csv", "holdout.csv", "release.csv"] {
            case.rows(file, file, every_eighth);
        }
        let train = case.data("train.csv");
        case.rows("release.csv", "leaky.csv", |rows| rows[..60].clone_from_slice(&train[..60]));
        case.write("policy.toml", SMALL_POLICY);
        case
    }

    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Rewrites a file's text.
    pub(crate) fn edit(&self, name: &str, change: impl FnOnce(String) -> String) {
        let text = self.read(name);
        let changed = change(text.clone());
        assert_ne!(text, changed, "the test changes nothing in {name}");
        self.write(name, changed);
    }

    /// Rewrites every row below the header, cell by cell.
    pub(crate) fn edit_rows(&self, name: &str, change: impl Fn(usize, &mut Vec<String>)) {
        self.edit(name, |text| {
            let row = |(number, line): (usize, &str)| {
                let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
                if number > 0 {
                    change(number, &mut cells);
                }
                cells.join(",") + "\n"
            };
            text.lines().enumerate().map(row).collect()
        });
    }

    /// The rows of a file below its header.
    pub(crate) fn data(&self, name: &str) -> Vec<String> {
        self.read(name).lines().skip(1).map(str::to_owned).collect()
    }

    /// `to` holds the header of `from` and the given data rows.
    pub(crate) fn rows(&self, from: &str, to: &str, rows: impl FnOnce(&mut Vec<String>)) {
        let text = self.read(from);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let header = lines.remove(0);
        rows(&mut lines);
        self.write(to, format!("{header}\n{}\n", lines.join("\n")));
    }

    /// Writes the rows of one file in the format that the name of the other asks for.
    pub(crate) fn convert(&self, from: &str, to: &str) {
        let raw = read_raw(&self.path(from)).unwrap();
        let all: Vec<usize> = (0..raw.rows()).collect();
        write_rows(&raw, &all, &self.path(to)).unwrap();
    }

    /// The program in this folder, without the environment's opinions.
    pub(crate) fn command(&self, arguments: &[&str]) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_dosimeter"));
        for name in
            ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "SOURCE_DATE_EPOCH", "DOSIMETER_THREADS"]
        {
            command.env_remove(name);
        }
        command.current_dir(self.folder.path()).args(arguments).timeout(Duration::from_secs(300));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments))
    }

    /// `dosimeter audit --quiet` under `audit.toml`, with more flags.
    pub(crate) fn audit(&self, flags: &[&str]) -> Run {
        self.run(&[&["audit", "--quiet"], flags].concat())
    }

    /// The audit is refused with `words`, says no value of a record, and writes nothing.
    #[track_caller]
    pub(crate) fn refused(&self, flags: &[&str], words: &[&str]) -> Run {
        let before = self.names();
        let run = self.audit(flags);
        run.exits(2).says(words);
        assert!(run.stderr.starts_with("error: "), "{run:?}");
        assert!(run.stdout.is_empty(), "{run:?}");
        assert!(!run.stderr.contains(CANARY), "{run:?}");
        assert_eq!(self.names(), before, "something was written");
        run
    }

    /// The names in the folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }

    pub(crate) fn evidence(&self, file: &str) -> Dossier {
        Dossier::from_json(&self.read(file), file).unwrap()
    }

    pub(crate) fn json(&self, file: &str) -> Value {
        serde_json::from_str(&self.read(file)).unwrap()
    }
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The statistics of a metric.
pub(crate) fn measure(dossier: &Dossier, metric: &str) -> Measure {
    dossier.evidence.iter().find(|fact| fact.metric == metric).unwrap().measure.clone()
}

/// What a run left on its streams.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(command: &mut assert_cmd::Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    /// Every word stands on stderr.
    #[track_caller]
    pub(crate) fn says(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(self.stderr.contains(word), "expected `{word}` in {self:?}");
        }
        self
    }

    /// Every word stands on stdout.
    #[track_caller]
    pub(crate) fn prints(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(self.stdout.contains(word), "expected `{word}` in {self:?}");
        }
        self
    }
}

//! Holds the picture of the house true: which room may import which.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms that any other may import, because they hold no knowledge of data or policy.
const FOUNDATION: &[&str] = &["error", "digest", "file", "random", "suggest", "metric"];

/// Room → the rooms it may import beyond the foundation.
const ALLOWED: &[(&str, &[&str])] = &[
    ("metric", &[]),
    ("error", &[]),
    ("digest", &[]),
    ("file", &[]),
    ("random", &[]),
    ("suggest", &[]),
    ("stats", &[]),
    ("table", &[]),
    ("encode", &["table"]),
    ("nearest", &["encode", "table"]),
    ("learn", &["encode", "table"]),
    ("evidence", &[]),
    ("attack", &["audit", "encode", "evidence", "learn", "nearest", "stats", "synth", "table"]),
    (
        "audit",
        &["attack", "encode", "evidence", "learn", "nearest", "stats", "synth", "table", "utility"],
    ),
    ("utility", &["audit", "encode", "evidence", "learn", "stats", "table"]),
    ("synth", &["encode", "learn", "stats", "table"]),
    ("policy", &[]),
    ("verdict", &["evidence", "policy", "stats"]),
    ("plan", &["evidence", "policy", "stats", "verdict"]),
    ("compare", &["evidence", "policy", "verdict"]),
    ("report", &["evidence", "policy", "verdict"]),
    (
        "cli",
        &[
            "attack", "audit", "compare", "evidence", "plan", "policy", "report", "synth", "table",
            "utility", "verdict",
        ],
    ),
];

/// Crates that one room alone may name, or one file of a room with what stands under it.
const GUARDED: &[(&str, &[&str])] = &[
    ("polars", &["table"]),
    ("statrs", &["stats"]),
    ("smartcore", &["learn"]),
    ("comfy_table", &["report"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("kiddo", &["nearest"]),
    ("tempfile", &["file"]),
    ("rmp_serde", &["synth/model"]),
    ("syn", &["table/expression"]),
    ("std::process", &["cli", "main", "synth/external"]),
    ("rustix", &["synth/external"]),
    ("signal_hook", &["synth/external"]),
    ("shlex", &["synth/external"]),
    ("chacha20", &["synth/dp/entropy"]),
    ("std::net", &["attack"]),
];

/// Rooms, or files of a room, that may touch the file system.
const TOUCH_FILES: &[&str] =
    &["file", "table", "cli", "synth/dp/spending", "synth/external", "synth/model", "synth/state"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// (room, path, code): comments and unit tests left out, since tests may build what they need.
fn rooms() -> Vec<(String, PathBuf, String)> {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    let read = |path: PathBuf| {
        let relative = path.strip_prefix(root()).unwrap().to_path_buf();
        let first = relative.components().next().unwrap().as_os_str().to_string_lossy();
        let room = first.trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let code = without_tests(&text);
        let code: Vec<&str> =
            code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        (room, path, code.join("\n"))
    };
    files.retain(|path| !test_only(path));
    files.into_iter().map(read).collect()
}

/// The text up to its unit tests, whose module stands last in a file.
fn without_tests(text: &str) -> &str {
    let starts = ["#[cfg(test)]\nmod tests {", "#[cfg(test)]\nmod testing {"];
    starts.iter().filter_map(|start| text.find(start)).min().map_or(text, |end| &text[..end])
}

/// Files that their room declares under `#[cfg(test)]`.
fn test_only(path: &Path) -> bool {
    let stem = path.file_stem().unwrap().to_string_lossy();
    ["tests", "testing", "coverage"].contains(&stem.as_ref())
}

/// Names that follow `crate::` in `code`, grouped imports included.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        let names: Vec<&str> = match part.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap().split(',').collect(),
            None => vec![part],
        };
        for name in names {
            let word: String =
                name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.insert(word);
        }
    }
    found
}

#[test]
fn rooms_import_only_what_the_picture_shows() {
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(room, _)| *room).collect();
    for (room, path, code) in rooms() {
        if room == "lib" || room == "main" {
            continue;
        }
        let allowed = ALLOWED.iter().find(|(name, _)| *name == room);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{} is in no room", path.display()));
        for import in imports(&code).iter().filter(|import| known.contains(import.as_str())) {
            let fine = *import == room
                || allowed.contains(&import.as_str())
                || (room != "metric" && FOUNDATION.contains(&import.as_str()));
            assert!(fine, "{}: room `{room}` may not import `{import}`", path.display());
        }
    }
}

/// Whether `path` stands in one of `homes`: a room, or a file of a room with what stands under it.
fn at_home(path: &Path, room: &str, homes: &[&str]) -> bool {
    let relative = path.strip_prefix(root()).unwrap().with_extension("");
    homes.iter().any(|home| *home == room || relative.starts_with(home))
}

#[test]
fn guarded_crates_stay_in_their_room() {
    for (room, path, code) in rooms() {
        for (name, homes) in GUARDED {
            let named = code.contains(&format!("{name}::"));
            let home = at_home(&path, &room, homes);
            assert!(!named || home, "{}: names {name}", path.display());
        }
        let touches = ["std::fs", "fs::", "File::"].iter().any(|name| code.contains(name));
        assert!(
            !touches || at_home(&path, &room, TOUCH_FILES),
            "{}: touches files",
            path.display()
        );
    }
}

/// Types that hold records must not be printable or serializable by accident.
#[test]
fn types_that_hold_records_implement_neither_debug_nor_serialize() {
    let holders = [
        "RawTable", "Table", "Column", "Values", "Persons", "Audit", "Joint", "Coded", "Codes",
        "Points", "Index", "Matrix", "Source", "Private", "Records", "Counts", "Scores", "Keyed",
    ];
    let mut seen = BTreeSet::new();
    for (_, path, code) in rooms() {
        let lines: Vec<&str> = code.lines().collect();
        for (i, line) in lines.iter().enumerate() {
            let declared =
                ["pub struct ", "pub enum "].iter().find_map(|kw| line.trim().strip_prefix(kw));
            let Some(name) = declared else { continue };
            let name: String = name.chars().take_while(|c| c.is_alphanumeric()).collect();
            if !holders.contains(&name.as_str()) {
                continue;
            }
            seen.insert(name.clone());
            let above = lines[..i].iter().rev().take_while(|line| line.starts_with("#["));
            let attributes: String = above.copied().collect();
            for derive in ["Debug", "Serialize"] {
                assert!(
                    !attributes.contains(derive),
                    "{}: {name} derives {derive}",
                    path.display()
                );
            }
        }
        for name in holders {
            for derive in ["Debug", "Serialize"] {
                let implemented = code.contains(&format!("{derive} for {name} "));
                assert!(!implemented, "{}: {name} implements {derive}", path.display());
            }
        }
    }
    assert_eq!(seen.len(), holders.len(), "a holder of records was renamed: {seen:?}");
}

#[test]
fn every_file_opens_with_its_purpose() {
    for (_, path, _) in rooms() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} lacks a //! head", path.display());
    }
}

/// What is computed from noisy numbers costs no budget because it cannot see anything else.
#[test]
fn post_processing_sees_no_records() {
    let mut seen = 0;
    for (_, path, code) in rooms() {
        let relative = path.strip_prefix(root()).unwrap();
        if relative.starts_with("synth/graphical") {
            seen += 1;
            for name in ["crate::table", "dp::", "Source"] {
                assert!(!code.contains(name), "{}: names {name}", path.display());
            }
        }
    }
    assert!(seen > 5, "the room was moved");
}

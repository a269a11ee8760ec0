//! The output folder: nothing foreign touched, nothing lost, nothing half written.

use std::time::Duration;

use dosimeter::Dossier;

use super::support::{Case, Run, names};

const OURS: [&str; 4] = ["evidence.json", "report.json", "runtime.json", "summary.md"];

#[test]
fn a_folder_with_other_files_is_refused_even_with_force() {
    let case = Case::small();
    std::fs::create_dir(case.path("out")).unwrap();
    case.audit(&[]).exits(0);
    assert_eq!(names(&case.path("out")), OURS);
    case.write("out/thesis.tex", "years of work");
    for flags in [&[][..], &["--force"]] {
        case.refused(flags, &["out", "holds other files", "expected a new or empty folder"]);
    }
    assert_eq!(case.read("out/thesis.tex"), "years of work");
    case.write("file", "");
    case.refused(&["--out", "file"], &["expected a folder to write to, found a file"]);
}

#[test]
fn an_earlier_audit_is_replaced_with_force_only() {
    let case = Case::small();
    case.audit(&[]).exits(0);
    let earlier = case.read("out/evidence.json");
    case.refused(&[], &["holds an earlier audit", "--force replaces it"]);
    assert_eq!(case.read("out/evidence.json"), earlier);
    case.audit(&["--force", "--synthetic", "leaky.csv"]).exits(1);
    assert_eq!(names(&case.path("out")), OURS);
    assert_eq!(case.evidence("out/evidence.json").subject.name, "leaky.csv");
    assert_eq!(case.json("out/report.json")["decision"], "not-met");
}

#[test]
fn several_releases_and_one_do_not_share_a_folder() {
    let case = Case::small();
    let both = ["--synthetic", "leaky.csv", "--synthetic", "release.csv"];
    case.audit(&both).exits(1);
    assert_eq!(names(&case.path("out")), ["index.json", "leaky", "release"]);
    // A report of one release beside the index of two would be read as theirs.
    case.refused(&["--force"], &["other files than those of an audit of the same releases"]);
    case.audit(&[&both[..], &["--force"]].concat()).exits(1);
    case.write("out/leaky/notes.txt", "mine");
    case.refused(&[&both[..], &["--force"]].concat(), &["out/leaky", "holds other files"]);
    assert_eq!(case.read("out/leaky/notes.txt"), "mine");

    case.audit(&["--out", "single"]).exits(0);
    let flags = [&both[..], &["--force", "--out", "single"]].concat();
    case.refused(&flags, &["other files than those of an audit of the same releases"]);
}

#[cfg(unix)]
#[test]
fn modes_follow_the_tier_and_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let case = Case::small();
    let mode =
        |file: &str| std::fs::metadata(case.path(file)).unwrap().permissions().mode() & 0o777;
    shell(&case, "umask 022; exec \"$0\" audit -q").exits(0);
    shell(&case, "umask 022; exec \"$0\" audit -q --tier internal --out internal").exits(0);
    shell(&case, "umask 077; exec \"$0\" audit -q --out masked").exits(0);
    assert_eq!(OURS.map(|file| mode(&format!("out/{file}"))), [0o600, 0o644, 0o644, 0o644]);
    assert_eq!(OURS.map(|file| mode(&format!("internal/{file}"))), [0o600, 0o600, 0o644, 0o600]);
    assert_eq!(OURS.map(|file| mode(&format!("masked/{file}"))), [0o600; 4]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let case = Case::small();
    std::fs::create_dir(case.path("out")).unwrap();
    let mode = |mode| {
        std::fs::set_permissions(case.path("out"), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o555);
    if std::fs::write(case.path("out/probe"), "").is_ok() {
        // Root writes everywhere: then the probe is a foreign file.
        case.refused(&[], &["holds other files"]);
    } else {
        case.audit(&[]).exits(2).says(&["cannot write", "out"]);
        mode(0o755);
        assert!(names(&case.path("out")).is_empty());
    }
    case.audit(&["--out", "audit.toml/out"]).exits(2).says(&["audit.toml/out"]);
}

/// Runs a shell script in the case's folder; the program is its `$0`.
fn shell(case: &Case, script: &str) -> Run {
    let mut command = assert_cmd::Command::new("bash");
    command.args(["-c", script, env!("CARGO_BIN_EXE_dosimeter")]).current_dir(case.path(""));
    Run::of(command.timeout(Duration::from_secs(300)))
}

#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing_and_leaves_nothing() {
    let case = Case::small();
    case.audit(&["--synthetic", "leaky.csv"]).exits(1);
    let earlier = OURS.map(|file| case.read(&format!("out/{file}")));
    let full =
        |command: &str| shell(&case, &format!("trap '' XFSZ; ulimit -f 0; exec \"$0\" {command}"));
    full("audit -q --force").exits(2).says(&["evidence.json: cannot write"]);
    assert_eq!(OURS.map(|file| case.read(&format!("out/{file}"))), earlier);
    assert_eq!(names(&case.path("out")), OURS, "a temporary file was left");
    full("audit -q --out new").exits(2).says(&["new/evidence.json: cannot write"]);
    assert!(names(&case.path("new")).is_empty());
    let before = case.names();
    full("split train.csv").exits(2).says(&["cannot write"]);
    full("profile train.csv -o new.toml").exits(2).says(&["new.toml: cannot write"]);
    assert_eq!(case.names(), before);
    let run = shell(&case, "exec \"$0\" check out/evidence.json --policy base-privacy > /dev/full");
    run.exits(2).says(&["standard output: cannot write"]);
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_gone_does_not_change_the_verdict() {
    let case = Case::small();
    case.audit(&["--synthetic", "leaky.csv"]).exits(1);
    let gone = |command: &str, code: i32| {
        let run = shell(&case, &format!("\"$0\" {command} | true; exit ${{PIPESTATUS[0]}}"));
        run.exits(code);
        assert!(!run.stderr.contains("bug"), "{run:?}");
    };
    gone("audit -q --synthetic leaky.csv --out gone", 1);
    assert_eq!(names(&case.path("gone")), OURS);
    gone("audit -q --out met", 0);
    gone("check out/evidence.json --policy base-privacy --format json", 1);
    gone("list terms", 0);
    gone("completions bash", 0);
    gone("man", 0);
    shell(&case, "set -o pipefail; \"$0\" list terms | head -1").exits(0);
}

/// Killed at any moment, the folder holds whole files only, and the next run replaces them.
#[cfg(unix)]
#[test]
fn a_killed_run_leaves_whole_files_only() {
    let case = Case::small();
    case.write("beside.txt", "mine");
    let both = ["audit", "-q", "--force", "--synthetic", "leaky.csv", "--synthetic", "release.csv"];
    for delay in [5, 30, 60, 90, 120, 160, 200, 250, 320] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_dosimeter"))
            .args(both)
            .current_dir(case.path(""))
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        for release in ["leaky", "release"] {
            for file in OURS {
                let path = case.path(&format!("out/{release}/{file}"));
                let Ok(text) = std::fs::read_to_string(&path) else { continue };
                match file {
                    "evidence.json" => drop(Dossier::from_json(&text, file).unwrap()),
                    "summary.md" => assert!(text.contains("## What this does not say"), "{delay}"),
                    _ => drop(serde_json::from_str::<serde_json::Value>(&text).unwrap()),
                }
            }
        }
    }
    case.run(&both).exits(1);
    // What a killed run was writing is gone too.
    assert_eq!(names(&case.path("out")), ["index.json", "leaky", "release"]);
    for release in ["out/leaky", "out/release"] {
        assert_eq!(names(&case.path(release)), OURS);
    }
    assert_eq!(case.read("beside.txt"), "mine");
}

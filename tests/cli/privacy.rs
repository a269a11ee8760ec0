//! No text or number of any record appears in anything that the program prints or writes, apart from
//! the tables that `split` makes. Every record carries a text and a number of its own to look for.

use std::path::Path;

use super::support::{CANARY, Case, Run, names};

/// The number of a record: too long to occur in a digest or a time by chance.
fn number(person: usize) -> u64 {
    731_000_000_003 + 1_000_013 * person as u64
}

fn table(persons: std::ops::Range<usize>) -> String {
    let row = |person: usize| {
        let ward = ["north", "south"][person % 2];
        format!("P-{CANARY}-{person},{ward},\"{CANARY} {person}, note\",{}\n", number(person))
    };
    format!("pid,ward,note,amount\n{}", persons.map(row).collect::<String>())
}

const SCHEMA: &str = "reviewed-by = 'test'\n[columns.pid]\nkind = 'text'\nrole = 'subject'\n\
                      [columns.ward]\nkind = 'categorical'\n[columns.note]\nkind = 'text'\n\
                      [columns.amount]\nkind = 'integer'\nrole = 'sensitive'\n";

fn case() -> Case {
    let case = Case::empty();
    case.write("train.csv", table(0..300));
    case.write("holdout.csv", table(300..500));
    // Most of the release is copied, so that there is something to report.
    let release = table(100..300) + table(500..650).split_once('\n').unwrap().1;
    let without_subject = |line: &str| line.split_once(',').unwrap().1.to_owned() + "\n";
    case.write("release.csv", release.lines().map(without_subject).collect::<String>());
    case.write("named.csv", release);
    case.write("schema.toml", SCHEMA);
    case.write(
        "audit.toml",
        "real = 'train.csv'\nholdout = 'holdout.csv'\nsynthetic = 'release.csv'\n\
         schema = 'schema.toml'\npolicy = 'dev-test-data'\n",
    );
    case
}

#[track_caller]
fn silent(what: &str, text: &str) {
    assert!(!text.contains(CANARY), "{what} holds a record's text: {text}");
    let found = (0..700).find(|&person| text.contains(&number(person).to_string()));
    assert_eq!(found, None, "{what} holds a record's number: {text}");
}

#[track_caller]
fn quiet(run: &Run, code: i32) {
    run.exits(code);
    silent("stdout", &run.stdout);
    silent("stderr", &run.stderr);
}

fn silent_folder(folder: &Path) {
    for name in names(folder) {
        silent(&name, &std::fs::read_to_string(folder.join(&name)).unwrap());
    }
}

#[test]
fn real_subjects_in_a_release_are_refused_without_naming_one() {
    let case = case();
    let run = case.run(&["audit", "--synthetic", "named.csv"]);
    quiet(&run, 2);
    run.says(&["column `pid`", "no subject of the real tables", "new ids"]);
}

#[test]
fn an_audit_says_nothing_of_a_record_in_any_form() {
    let case = case();
    let mut number = 0;
    for tier in ["public", "internal"] {
        for format in ["human", "json", "markdown"] {
            for quiet_flag in [&["--quiet"][..], &[], &["--verbose"]] {
                number += 1;
                let out = format!("out{number}");
                let flags = ["audit", "--tier", tier, "--format", format, "--out", &out];
                quiet(&case.run(&[&flags[..], quiet_flag].concat()), 1);
                assert_eq!(names(&case.path(&out)).len(), 4);
                silent_folder(&case.path(&out));
            }
        }
    }
    quiet(
        &case.run(&[
            "check",
            "out1/evidence.json",
            "--policy",
            "base-privacy",
            "--tier",
            "internal",
        ]),
        1,
    );
}

/// With all that an audit can be given: two sources, a population, and a generator that prints every record it gets,
/// as output and as an error, and fails.
#[cfg(unix)]
#[test]
fn an_audit_of_everything_says_nothing_of_a_record() {
    let case = case();
    let key = "kind = 'categorical'\nrole = 'quasi-identifier'";
    case.edit("schema.toml", |text| {
        text.replacen("kind = 'categorical'", key, 1)
            + "[linkability]\na = ['ward', 'note']\nb = ['amount']\n"
    });
    case.write("register.csv", table(0..700));
    case.write("make.sh", "cat \"$1\"; cat \"$1\" >&2; exit 1\n");
    let generator = "sh make.sh {train} {rows} {seed} {synthetic}";
    for tier in ["public", "internal"] {
        let flags = ["audit", "--verbose", "--tier", tier, "--policy", "gdpr-wp216", "--out", tier];
        let more = ["--population", "register.csv", "--generator", generator];
        quiet(&case.run(&[&flags[..], &more].concat()), 1);
        let evidence = case.read(&format!("{tier}/evidence.json"));
        for metric in ["linkability.excess", "uniqueness.k-map", "singling-out.univariate"] {
            assert!(evidence.contains(&format!("\"{metric}\"")), "{metric} was not measured");
        }
        silent_folder(&case.path(tier));
    }
}

#[cfg(unix)]
#[test]
fn evidence_and_split_tables_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let case = case();
    case.run(&["audit", "-q", "--out", "out"]).exits(1);
    case.run(&["split", "train.csv", "--subject", "pid"]).exits(0);
    for file in ["out/evidence.json", "train.train.csv", "train.holdout.csv"] {
        let mode = std::fs::metadata(case.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn profile_init_and_split_say_nothing_of_a_record() {
    let case = case();
    quiet(&case.run(&["profile", "train.csv"]), 0);
    quiet(&case.run(&["profile", "train.csv", "-o", "proposed.toml"]), 0);
    silent("the profile", &case.read("proposed.toml"));
    let init =
        ["init", "--real", "train.csv", "--holdout", "holdout.csv", "--synthetic", "release.csv"];
    quiet(&case.run(&[&init[..], &["--dir", "new"]].concat()), 0);
    silent_folder(&case.path("new"));
    quiet(&case.run(&["split", "train.csv", "--subject", "pid"]), 0);
    quiet(&case.run(&["split", "train.csv", "--subject", "pid"]), 2);
    quiet(
        &case.run(&["split", "train.csv", "--subject", "pidd", "--train", "a", "--holdout", "b"]),
        2,
    );
    quiet(
        &case.run(&[
            "split",
            "train.csv",
            "--holdout-share",
            "2",
            "--train",
            "a",
            "--holdout",
            "b",
        ]),
        2,
    );
}

/// Damages to a table and to the schema, one at a time: each is refused, none repeats a record.
#[test]
fn errors_say_nothing_of_a_record() {
    type Damage = fn(String) -> String;
    let tables: [Damage; 10] = [
        |text| text.replacen("731000000003", "731,000,000,003", 1),
        |text| text.replacen(",73", ",\"73", 1),
        |text| text.replacen("note\"", "note\"x", 1),
        |text| text.replacen("P-", "\"P\"-", 1),
        |text| text.replace(",7", ",x7"),
        |text| text.replace(",7", ",7.5"),
        |text| text.split_once('\n').unwrap().1.to_owned(),
        |text| text[..text.len() - 25].to_owned(),
        |text| text.replacen('\n', "\n,north,\"x\",731000000003\n", 1),
        |text| text.replace("note\"", "\0\""),
    ];
    let mut refused = 0;
    for file in ["train.csv", "holdout.csv", "release.csv"] {
        for damage in tables {
            let case = case();
            let damaged = damage(case.read(file));
            case.write(file, damaged);
            let run = case.run(&["audit", "--quiet"]);
            refused += usize::from(run.code == Some(2));
            assert!(matches!(run.code, Some(1..=3)), "{run:?}");
            silent("stdout", &run.stdout);
            silent("stderr", &run.stderr);
            quiet(&case.run(&["profile", file]), case.run(&["profile", file]).code.unwrap());
        }
    }
    assert!(refused >= 24, "only {refused} damages were refused");
    let schemas: [(&str, &str); 8] = [
        ("'text'\n[columns.amount]", "'integer'\n[columns.amount]"),
        ("'text'\n[columns.amount]", "'boolean'\n[columns.amount]"),
        ("'text'\n[columns.amount]", "'datetime'\n[columns.amount]"),
        ("'text'\n[columns.amount]", "'ordinal'\nlevels = ['a']\n[columns.amount]"),
        ("'text'\n[columns.amount]", "'categorical'\nlevels = ['a']\n[columns.amount]"),
        ("'integer'", "'integer'\nupper = 10"),
        ("'integer'", "'datetime'"),
        ("[columns.note]", "[columns.nota]"),
    ];
    for (from, to) in schemas {
        let case = case();
        case.edit("schema.toml", |text| text.replacen(from, to, 1));
        quiet(&case.run(&["audit"]), 2);
    }
    let case = case();
    case.write("holdout.csv", table(299..500));
    quiet(&case.run(&["audit"]), 2);
}

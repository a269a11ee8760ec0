//! `--generator`: a generator that can be run again is attacked; one that misbehaves never clears
//! anything, and nothing of it is left running.

#![cfg(unix)]

use std::time::{Duration, Instant};

use super::support::{CANARY, Case};

/// A small table of persons, a policy that asks for the attack, and few runs.
fn case() -> Case {
    let case = Case::empty();
    // 7919 and 9973 have no common factor: no two rows are alike.
    let line = |row: usize| {
        let x = row * 7919 % 9973;
        format!("{}.{:02},{},{}\n", x / 100, x % 100, row % 4, ["a", "b"][row % 2])
    };
    let table =
        |rows: std::ops::Range<usize>| format!("x,k,c\n{}", rows.map(line).collect::<String>());
    case.write("train.csv", table(0..240));
    case.write("holdout.csv", table(240..360));
    case.write("release.csv", table(360..600));
    case.write(
        "schema.toml",
        "reviewed-by = 'a test'\n[columns.x]\nkind = 'continuous'\nlower = 0\nupper = 100\nstep = 0.01\n\
         [columns.k]\nkind = 'integer'\nlower = 0\nupper = 3\nstep = 1\n[columns.c]\nkind = 'categorical'\n",
    );
    policy(&case, "70%");
    case.write(
        "audit.toml",
        "real = 'train.csv'\nholdout = 'holdout.csv'\nsynthetic = 'release.csv'\n\
         schema = 'schema.toml'\npolicy = 'policy.toml'\nout = 'out'\n\
         [attack.shadow]\ntargets = 2\ntraining = 40\nvalidation = 20\ntest = 60\nqueries = 40\n\
         run-seconds = 20\n",
    );
    case
}

fn policy(case: &Case, limit: &str) {
    case.write(
        "policy.toml",
        format!(
            "schema = 1\nid = 'generator'\nversion = '1.0.0'\ntitle = 'The generator tells nobody'\n\
             basis = 'house'\nsource = 'a test'\n[evidence]\nconfidence = 0.95\n[[rule]]\nid = 'runs'\n\
             metric = 'shadow.advantage'\nscope = 'all'\nop = 'lt'\nlimit = '{limit}'\n\
             severity = 'block'\n"
        ),
    );
}

/// A shell script as a generator; `marker` names its processes.
fn script(case: &Case, text: &str) -> String {
    case.write("make.sh", text);
    "sh make.sh {train} {rows} {seed} {synthetic}".to_owned()
}

/// Processes whose command line holds `marker`.
fn left(marker: &str) -> usize {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let line = |entry: std::fs::DirEntry| std::fs::read(entry.path().join("cmdline")).ok();
    let lines = entries.filter_map(line);
    lines.filter(|line| String::from_utf8_lossy(line).contains(marker)).count()
}

fn advantage(case: &Case) -> [(u64, u64); 2] {
    let evidence = case.evidence("out/evidence.json");
    match super::support::measure(&evidence, "shadow.advantage") {
        dosimeter::evidence::Measure::Difference { treated, control, .. } => {
            [treated, control].map(|count| (count.successes, count.trials))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_a_generator_a_rule_about_it_is_missing_with_its_reason() {
    let case = case();
    case.audit(&[]).exits(3).prints(&["missing: no-generator"]);
    case.run(&["list", "attacks"]).exits(0).prints(&["shadow", "needs a generator"]);
}

/// This program is itself a generator: its independent marginals release every value of x, each of which is one
/// person's own, so that running it again tells who is in. What the tool finds, its own method says.
#[test]
fn a_builtin_method_and_the_same_as_a_command_are_attacked() {
    let case = case();
    let program = env!("CARGO_BIN_EXE_dosimeter");
    let line = format!(
        "{program} synth {{train}} --method independent --schema schema.toml --seed {{seed}} \
         --rows {{rows}} -o {{synthetic}} --quiet"
    );
    for generator in ["builtin:independent", &line] {
        let run = case.audit(&["--generator", generator, "--force"]);
        assert!(matches!(run.code, Some(1 | 3)), "{run:?}");
        let [(_, with), (_, without)] = advantage(&case);
        assert_eq!((with, without), (30, 30));
        let evidence = case.read("out/evidence.json");
        assert!(!evidence.contains("synthetic}") && !evidence.contains("--method"), "arguments");
    }
}

/// The training rows as release: seen, and the limit broken. Twice the same evidence, at any number of threads.
#[test]
fn a_copying_generator_breaks_the_limit_the_same_way_twice() {
    let case = case();
    policy(&case, "20%");
    let line = script(
        &case,
        "head -n 1 \"$1\" > \"$4\"; tail -n +2 \"$1\" >> \"$4\"; tail -n +2 \"$1\" >> \"$4\"; : $3\n",
    );
    let audit = ["--generator", &line, "--force"];
    case.audit(&audit).exits(1).prints(&["policy NOT met"]);
    let [(inside, m), (outside, n)] = advantage(&case);
    assert!(inside * 10 >= m * 9 && outside * 10 <= n, "{inside}/{m} {outside}/{n}");
    let first = case.read("out/evidence.json");
    case.audit(&[&audit[..], &["--threads", "1"]].concat()).exits(1);
    assert_eq!(case.read("out/evidence.json"), first);
}

/// A generator that makes the same table whoever is in it tells nothing, and plants in its tables are seen.
#[test]
fn a_generator_that_ignores_its_data_keeps_the_limit() {
    let case = case();
    let line = script(
        &case,
        "awk -v n=\"$2\" -v s=\"$3\" 'BEGIN { srand(s); print \"x,k,c\"; for (i = 0; i < n; i++) \
         printf \"%.2f,%d,%s\\n\", rand() * 100, int(rand() * 4), rand() < .5 ? \"a\" : \"b\" }' > \"$4\"; : \"$1\"\n",
    );
    case.audit(&["--generator", &line]).exits(0).prints(&["policy met"]);
}

#[test]
fn a_generator_that_misbehaves_never_clears_anything() {
    let case = case();
    for (text, words) in [
        ("exit 1\n", "exit code 1"),
        ("kill -SEGV $$\n", "ended by a signal"),
        ("true\n", "wrote no table"),
        ("echo Zephyrine said no >&2; exit 9\n", "exit code 9"),
        ("echo Zephyrine > \"$4\"\n", "does not fit the schema"),
        ("echo x,k,c > \"$4\"; echo 1,1,Zephyrine,3 >> \"$4\"\n", "does not fit the schema"),
        ("echo x,k,c > \"$4\"; yes Zephyrine,1,a | head -n 500 >> \"$4\"\n", "column `x`"),
        ("head -n 30 \"$1\" > \"$4\"\n", "too few rows"),
        ("head -c 300 /dev/zero > \"$4\"\n", "does not fit the schema"),
    ] {
        let line = script(&case, text);
        let run = case.audit(&["--generator", &line, "--force"]);
        run.exits(3).says(&["not shown", words]).prints(&["inconclusive: attack-error"]);
        let all = [
            &run.stdout,
            &run.stderr,
            &case.read("out/evidence.json"),
            &case.read("out/report.json"),
        ];
        assert!(all.iter().all(|text| !text.contains(CANARY)), "{text}");
    }
    // Nor where the policy does not ask for it.
    case.edit("policy.toml", |text| {
        text.replace("shadow.advantage", "copies.exact").replace("limit = '70%'", "limit = '50%'")
    });
    case.audit(&["--force"]).exits(0);
    let line = script(&case, "exit 1\n");
    case.audit(&["--generator", &line, "--force"]).exits(3).says(&["was not attacked"]);
}

/// Children of a hung generator, and of one that ended well, are gone when the audit is.
#[test]
fn nothing_of_a_generator_is_left_running() {
    let case = case();
    case.edit("audit.toml", |text| text.replace("run-seconds = 20", "run-seconds = 1"));
    let marker = format!("{}", 86_400 + std::process::id());
    let hang = format!("(sleep {marker} & sleep {marker}) & sleep {marker}; wait\n");
    let start = Instant::now();
    let line = script(&case, &hang);
    case.audit(&["--generator", &line]).exits(3).says(&["did not end within 1 s"]);
    assert!(start.elapsed() < Duration::from_secs(30));
    let line = script(&case, &format!("sleep {marker} & head -n 5 \"$1\" > \"$4\"\n"));
    case.audit(&["--generator", &line, "--force"]).exits(3).says(&["too few rows"]);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(left(&marker), 0);
}

/// Whoever stops the audit stops the generator, and its folder of records goes with it.
#[test]
fn a_stopped_audit_stops_its_generator() {
    let case = case();
    let marker = format!("{}", 172_800 + std::process::id());
    let line = script(&case, &format!("sleep {marker} & sleep {marker}\n"));
    let temporary = case.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_dosimeter"))
        .args(["audit", "--quiet", "--generator", &line])
        .current_dir(case.path("."))
        .env("TMPDIR", &temporary)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let wait = |wanted: &dyn Fn() -> bool| {
        (0..600).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            wanted()
        })
    };
    assert!(wait(&|| left(&marker) >= 2), "the generator never ran");
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let status = child.wait().unwrap();
    assert!(!status.success());
    assert!(wait(&|| left(&marker) == 0), "left running");
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "records left behind");
}

/// Finished runs are kept: the second audit needs no generator to finish, and gives the same evidence.
#[test]
fn a_stopped_audit_goes_on_where_it_was() {
    let case = case();
    let text = "test -e stop && exit 1; echo run >> runs; head -n 1 \"$1\" > \"$4\"; \
                tail -n +2 \"$1\" >> \"$4\"; tail -n +2 \"$1\" >> \"$4\"; : $3\n";
    let line = script(&case, text);
    let audit = ["--generator", &line, "--generator-state", "state", "--force"];
    case.audit(&audit);
    let first = case.read("out/evidence.json");
    assert_eq!(case.read("runs").lines().count(), 120);
    case.write("stop", "");
    case.audit(&audit);
    assert_eq!(case.read("out/evidence.json"), first);
    assert_eq!(case.read("runs").lines().count(), 120);
    // A kept run that is damaged is run again, and here fails.
    let kept = super::support::names(&case.path("state"));
    case.write(&format!("state/{}", kept[0]), "damaged");
    case.audit(&audit).exits(3).says(&["exit code 1"]);
    assert!(
        super::support::names(&case.path("state")).contains(&"generator-stderr.txt".to_owned())
    );
}

#[test]
fn a_command_that_cannot_work_is_refused_before_anything_is_read() {
    let case = case();
    for (line, words) in [
        ("", "found nothing"),
        ("prog {train}", "expected {synthetic}"),
        ("prog {train} {out}", "unknown placeholder {out}"),
        ("prog '{train} {synthetic}", "quote"),
        ("builtin:gan", "no synthesizer is called `gan`"),
    ] {
        case.refused(&["--generator", line], &[words]);
    }
    case.refused(&["--generator-state", "state"], &["--generator"]);
    case.edit("audit.toml", |text| {
        text.replace("out = 'out'", "out = 'out'\ngenerator = 'prog {train}'")
    });
    case.refused(&[], &["expected {synthetic}"]);
    case.edit("audit.toml", |text| text.replace("targets = 2", "targets = 0"));
    let run = case.audit(&["--generator", "builtin:independent"]);
    run.exits(3).says(&["expected 1 to 20 targets"]);
}

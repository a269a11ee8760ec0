//! What a release under a budget must not leak: one odd record more, and nothing that leaves the program
//! shows it. The points are those at which public generators were found to leak (Annamalai et al. 2024, arXiv
//! 2405.10994, and others):
//!
//! | | what could leak | held by |
//! |---|---|---|
//! | 1 | category lists from the data | [`one_odd_record_shows_nowhere`], [`one_odd_record_changes_no_public_part`] |
//! | 2 | bounds, bins, decimals from the data | the same, [`what_a_schema_read_from_the_data_is_nowhere`] |
//! | 3 | the exact number of rows | [`the_number_of_rows_is_noisy_and_told_nowhere`] |
//! | 4 | kinds and missing values guessed from the data | [`one_odd_record_shows_nowhere`] |
//! | 5 | the order of columns, the number of bins from the number of rows | [`the_shape_is_that_of_the_schema`] |
//! | 6 | thresholds on true counts | `graphical::coding` sees noisy counts only: `tests/layering.rs` |
//! | 7 | tuning or stopping on the real table | `graphical::fit` sees noisy counts only: `tests/layering.rs` |
//! | 8 | figures of the release against the real table | [`what_is_printed_does_not_depend_on_the_records`] |
//! | 9 | errors that name values | [`damaged_cells_are_no_error_and_are_never_told`], [`what_the_records_are_is_no_error`] |
//! | 10 | seeds, exact counts in model files | [`neither_manifest_nor_model_holds_seeds_or_counts`] |
//! | 11 | repeated runs | [`every_run_counts_even_one_that_fails_later`], [`a_killed_run_has_spent_its_budget`] |
//! | 12 | work that depends on the records | [`the_steps_are_the_same_for_any_records`] |
//! | 13 | combinations that do not occur | `no_combination_is_ruled_out_by_the_records` (unit test) |
//! | 14 | identifiers | [`identifiers_and_free_text_stay`] |

use serde_json::Value;

use super::support::{CANARY, Case, Run};

const SCHEMA: &str = "missing = ['?']\n\
    [columns.sex]\nkind = 'categorical'\nlevels = ['F', 'M']\nrole = 'quasi-identifier'\n\
    [columns.age]\nkind = 'integer'\nlower = 0\nupper = 99\nrole = 'quasi-identifier'\n\
    [columns.dose]\nkind = 'continuous'\nlower = 0\nupper = 50\nstep = 0.5\n\
    [columns.ill]\nkind = 'boolean'\nrole = 'sensitive'\n";

/// 400 persons, and then `more`.
fn case(more: &str) -> Case {
    let case = Case::empty();
    let row = |row: usize| {
        let (sex, ill) = (["F", "M"][row % 2], ["true", "false"][row % 3 / 2]);
        format!("{sex},{},{}.5,{ill}\n", 20 + row * 7 % 60, row % 40)
    };
    let rows: String = (0..400).map(row).collect();
    case.write("train.csv", format!("sex,age,dose,ill\n{rows}{more}"));
    case.write("schema.toml", SCHEMA);
    case
}

/// A record with a new category, numbers beyond the bounds, and a missing value where nothing was missing.
const ODD: &str = "Zephyrine,12345,-7e9,?\n";

fn synth(case: &Case, flags: &[&str]) -> Run {
    let base =
        ["synth", "train.csv", "--schema", "schema.toml", "--epsilon", "1", "--delta", "1e-6"];
    case.run(&[&base, flags].concat())
}

const SEEDED: [&str; 5] = ["--method", "mst", "--insecure-seed", "--rows", "3000"];

fn manifest(case: &Case, name: &str) -> Value {
    case.json(&format!("{name}.manifest.json"))
}

/// Whether a number stands anywhere in it.
fn holds(json: &Value, number: f64) -> bool {
    match json {
        Value::Number(known) => known.as_f64().is_some_and(|known| (known - number).abs() < 0.5),
        Value::String(text) => text.parse::<f64>().is_ok_and(|known| (known - number).abs() < 0.5),
        Value::Array(items) => items.iter().any(|item| holds(item, number)),
        Value::Object(items) => items.values().any(|item| holds(item, number)),
        _ => false,
    }
}

/// The distinct cells of every column.
fn support(text: &str) -> Vec<Vec<String>> {
    let mut columns = vec![Vec::new(); 4];
    for line in text.lines().skip(1) {
        line.split(',').zip(&mut columns).for_each(|(cell, column)| column.push(cell.to_owned()));
    }
    for column in &mut columns {
        column.sort_unstable();
        column.dedup();
    }
    columns
}

#[test]
fn one_odd_record_shows_nowhere() {
    for odd in ["", ODD] {
        let case = case(odd);
        for seed in ["0", "1", "2"] {
            let name = format!("made-{seed}.csv");
            let run = synth(&case, &[&SEEDED[..], &["--seed", seed, "-o", &name]].concat());
            run.exits(0);
            assert!(!run.stdout.contains(CANARY) && !run.stderr.contains(CANARY));
            let columns = support(&case.read(&name));
            let within = |column: usize, low: f64, high: f64| {
                let known = columns[column].iter().filter(|cell| *cell != "?");
                known.for_each(|cell| {
                    let number: f64 = cell.parse().unwrap();
                    assert!((low..=high).contains(&number) && (2.0 * number).fract().abs() < 1e-9);
                });
            };
            assert!(columns[0].iter().all(|cell| ["F", "M", "?"].contains(&cell.as_str())));
            within(1, 0.0, 99.0);
            within(2, 0.0, 50.0);
            assert!(columns[3].iter().all(|cell| ["true", "false", "?"].contains(&cell.as_str())));
        }
    }
}

#[test]
fn the_number_of_rows_is_noisy_and_told_nowhere() {
    let case = case("");
    let mut seen = Vec::new();
    for seed in 0..6 {
        let (name, seed) = (format!("made-{seed}.csv"), seed.to_string());
        synth(&case, &["--method", "mst", "--insecure-seed", "--seed", &seed, "-o", &name])
            .exits(0);
        seen.push(case.read(&name).lines().count() - 1);
        let mut manifest = manifest(&case, &name);
        manifest["output"]["rows"] = Value::Null;
        assert!(!holds(&manifest, 400.0), "{manifest}");
    }
    assert!(
        seen.iter().any(|rows| *rows != seen[0]) && seen.iter().any(|rows| *rows != 400),
        "{seen:?}"
    );
}

#[test]
fn the_shape_is_that_of_the_schema() {
    let header = |case: &Case| {
        synth(case, &[&SEEDED[..], &["-o", "made.csv"]].concat()).exits(0);
        case.read("made.csv").lines().next().unwrap().to_owned()
    };
    let small = case("");
    assert_eq!(header(&small), "sex,age,dose,ill");
    // Ten times the rows, in another order of columns.
    let large = Case::empty();
    let rows: String =
        (0..4000).map(|row| format!("true,{}.5,{},F\n", row % 40, row % 90)).collect();
    large.write("train.csv", format!("ill,dose,age,sex\n{rows}"));
    large.write("schema.toml", SCHEMA);
    assert_eq!(header(&large), "sex,age,dose,ill");
    let cells = |case: &Case| {
        let ledger = manifest(case, "made.csv")["ledger"].as_array().unwrap().clone();
        let one_way = ledger
            .into_iter()
            .filter(|entry| entry["stage"].as_str().unwrap().starts_with("one-way"));
        one_way.map(|entry| entry["cells"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    // Two levels, a hundred ages, a hundred doses and a half; each with a place for missing ones.
    assert_eq!(cells(&small), [3, 101, 102, 3]);
    assert_eq!(cells(&small), cells(&large));
}

/// Under fixed rows and seed, what is said of a table with an odd record more is what was said without it.
#[test]
fn what_is_printed_does_not_depend_on_the_records() {
    let said = |more: &str| {
        let case = case(more);
        let run = synth(&case, &[&SEEDED[..], &["-o", "made.csv"]].concat());
        (run.code, run.stdout, run.stderr)
    };
    assert_eq!(said(""), said(ODD));
    assert_eq!(said(""), said(&ODD.repeat(300)));
}

/// No row at all, and a record that repeats the line of names, which other commands take for a mistake.
#[test]
fn what_the_records_are_is_no_error() {
    let case = case("");
    let whole = synth(&case, &[&SEEDED[..], &["-o", "made.csv"]].concat());
    whole.exits(0);
    let repeated = format!("{}{}", case.read("train.csv"), "sex,age,dose,ill\n".repeat(3));
    for (at, text) in [repeated, "sex,age,dose,ill\n".to_owned()].into_iter().enumerate() {
        let case = self::case("");
        case.write("train.csv", text);
        let run = synth(&case, &[&SEEDED[..], &["-o", "made.csv"]].concat());
        assert_eq!((run.code, &run.stdout, &run.stderr), (Some(0), &whole.stdout, &whole.stderr));
        assert_eq!(case.read("made.csv").lines().count(), 3001, "{at}");
    }
}

/// Rows whose subject cannot be read belong to nobody who could be counted: with or without fifty of them the same
/// noise gives the same table, manifest and model.
#[test]
fn rows_without_a_subject_change_nothing() {
    let made = |more: &str| {
        let case = case("");
        case.edit("train.csv", |text| {
            let line = |(at, line): (usize, &str)| match at {
                0 => format!("id,{line}\n"),
                at => format!("{},{line}\n", at / 2),
            };
            text.lines().enumerate().map(line).collect::<String>() + more
        });
        case.write(
            "schema.toml",
            format!("{SCHEMA}[columns.id]\nkind = 'integer'\nrole = 'subject'\n"),
        );
        let paid = ["--set", "rows-per-person=2", "--model", "m.model", "-o", "made.csv"];
        synth(&case, &[&SEEDED[..], &paid].concat()).exits(0);
        let model = std::fs::read(case.path("m.model")).unwrap();
        (case.read("made.csv"), case.read("made.csv.manifest.json"), model)
    };
    let nobody = "99999999999999999999,F,30,1.5,true\n?,M,31,1.5,true\nx,M,32,1.5,false\n";
    assert!(made("") == made(&nobody.repeat(17)));
    // A person more, with rows of their own, does change it.
    assert!(made("") != made(&"987,F,30,1.5,true\n".repeat(17)));
}

/// Two schemas that differ in what was read from the data alone: nothing that leaves the program tells one from the
/// other, since all of it is bought anew.
#[test]
fn what_a_schema_read_from_the_data_is_nowhere() {
    let made = |sex: &str, age: &str, dose: &str| {
        let case = case("");
        let schema = format!(
            "missing = ['?']\n[columns.sex]\nkind = 'categorical'\nsource = 'data'\n{sex}\n\
             [columns.age]\nkind = 'integer'\nsource = 'data'\n{age}\n\
             [columns.dose]\nkind = 'continuous'\nsource = 'data'\n{dose}\n\
             [columns.ill]\nkind = 'boolean'\n"
        );
        case.write("schema.toml", schema);
        let paid = ["--set", "domain-share=0.2", "--model", "m.model", "-o", "made.csv"];
        let run = synth(&case, &[&SEEDED[..], &paid].concat());
        run.exits(0);
        let model = std::fs::read(case.path("m.model")).unwrap();
        let manifest = manifest(&case, "made.csv");
        assert_eq!(manifest["inputs"][0]["sha256"], manifest["schema-digest"]);
        let text = case.read("made.csv.manifest.json");
        (run.stdout, case.read("made.csv"), text, model)
    };
    let one = made("levels = ['F', 'M']", "lower = 20\nupper = 79\nstep = 1", "");
    let other = made(
        "levels = ['M', 'F', 'X']",
        "lower = 7\nupper = 93\nstep = 2\nbottom = 9\ntop = 61\nspikes = [20]",
        "lower = 0.25\nupper = 39.75\nstep = 0.25\nedges = [10, 20]",
    );
    assert!(one == other);
}

/// The public parts of a release are those of a release without an odd record, for every method and where levels
/// are bought.
#[test]
fn one_odd_record_changes_no_public_part() {
    for method in ["mst", "aim"] {
        let parts = |more: &str| {
            let case = case(more);
            let flags = ["--method", method, "--insecure-seed", "--rows", "500", "-o", "made.csv"];
            synth(&case, &flags).exits(0);
            let manifest = manifest(&case, "made.csv");
            let ledger = manifest["ledger"].as_array().unwrap().iter();
            let one_way = ledger.filter(|e| e["stage"].as_str().unwrap().starts_with("one-way"));
            let header = case.read("made.csv").lines().next().unwrap().to_owned();
            let keys = ["parameters", "schema-digest", "inputs", "guarantee"];
            let public = keys.map(|key| manifest[key].clone());
            (header, public, one_way.cloned().collect::<Vec<_>>())
        };
        let plain = parts("");
        assert!(plain == parts(ODD) && plain.2.len() == 4, "{method}");
    }
    let unlisted = SCHEMA
        .replace("levels = ['F', 'M']\n", "")
        .replace("kind = 'boolean'", "kind = 'categorical'");
    for method in ["mst", "aim"] {
        let case = case("Zephyrine,12345,-7e9,Zephyrine\n");
        case.write("schema.toml", &unlisted);
        let flags = ["--method", method, "--set", "domain-share=0.2", "--insecure-seed"];
        synth(&case, &[&flags[..], &["--rows", "3000", "-o", "made.csv"]].concat()).exits(0);
        let columns = support(&case.read("made.csv"));
        let known = |cell: &String| ["F", "M", "true", "false", "(other)", "?"].contains(&&**cell);
        assert!(columns[0].iter().chain(&columns[3]).all(known), "{method}: {columns:?}");
    }
}

#[test]
fn damaged_cells_are_no_error_and_are_never_told() {
    let case = case(&format!("{CANARY},{CANARY},inf,{CANARY}\n,,,\n"));
    let run = synth(&case, &[&SEEDED[..], &["-o", "made.csv"]].concat());
    run.exits(0);
    for text in
        [&run.stdout, &run.stderr, &case.read("made.csv"), &case.read("made.csv.manifest.json")]
    {
        assert!(!text.contains(CANARY), "{text}");
    }
    // Columns are public: that one is absent is an error.
    case.edit("train.csv", |text| text.replacen("sex,age", "sex,years", 1));
    synth(&case, &[&SEEDED[..], &["-o", "again.csv"]].concat()).exits(2).says(&["`age`"]);
}

#[test]
fn neither_manifest_nor_model_holds_seeds_or_counts() {
    let case = case("");
    let run = synth(
        &case,
        &["--method", "mst", "--seed", "77123", "--model", "m.model", "-o", "made.csv"],
    );
    run.exits(0).prints(&["claims    (", "differential privacy", "spent     ε = 1"]);
    let text = case.read("made.csv.manifest.json");
    let mut made = manifest(&case, "made.csv");
    made["output"]["rows"] = Value::Null;
    assert!(!text.contains("77123") && !holds(&made, 400.0), "{text}");
    let claim = &made["guarantee"]["zero-concentrated"];
    assert!(claim["epsilon"].as_f64().unwrap() <= 1.0 && claim["delta"].as_f64().unwrap() <= 1e-6);
    let spent: f64 =
        made["ledger"].as_array().unwrap().iter().map(|e| e["rho"].as_f64().unwrap()).sum();
    assert!((spent / claim["rho"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    // The model makes rows without the real table, and claims the same.
    std::fs::remove_file(case.path("train.csv")).unwrap();
    case.run(&["synth", "--model", "m.model", "--rows", "20", "-o", "more.csv"]).exits(0);
    assert_eq!(manifest(&case, "more.csv")["guarantee"], made["guarantee"]);
}

/// The whole budget is on record before noise is drawn, so that a run that cannot write its table has spent it.
#[test]
fn every_run_counts_even_one_that_fails_later() {
    let case = case("");
    let spent = |case: &Case| {
        case.json("train.csv.privacy-budget.json")["syntheses"].as_array().unwrap().len()
    };
    synth(&case, &["--method", "mst", "-o", "made.csv"]).exits(0).prints(&["by all 1 syntheses"]);
    let nobody = ["--where", "age > 60 & age < 61", "-o", "none.csv"];
    synth(&case, &[&["--method", "mst"][..], &nobody].concat()).exits(2);
    assert_eq!(spent(&case), 2);
    // What is refused beforehand costs nothing.
    case.edit("schema.toml", |text| text.replacen("lower = 0\nupper = 99\n", "", 1));
    let run = synth(&case, &["--method", "mst", "-o", "more.csv"]);
    run.exits(2).says(&["column `age`: no `lower` and `upper`", "domain-share"]);
    assert_eq!(spent(&case), 2);
    let run = synth(&case, &["--method", "mst", "--set", "domain-share=0.2", "-o", "more.csv"]);
    run.exits(0).prints(&["by all 3 syntheses"]);
    // A limit that refuses the run that sets it holds for the next one, too.
    let paid = ["--method", "mst", "--set", "domain-share=0.2", "-o", "last.csv"];
    let run = synth(&case, &[&paid[..], &["--limit", "1.2"]].concat());
    run.exits(2).says(&["the limit is spent", "nothing was drawn"]);
    synth(&case, &paid).exits(2).says(&["the limit is 1.2"]);
    assert!(!case.path("last.csv").exists());
    assert_eq!(spent(&case), 3);
    // The record can stand elsewhere, and a damaged one stops everything.
    synth(
        &case,
        &["--method", "aim", "--set", "domain-share=0.2", "--spent", "spent.json", "-o", "x.csv"],
    )
    .exits(0);
    case.write("spent.json", "{");
    let paid = ["--method", "mst", "--set", "domain-share=0.2", "--spent", "spent.json"];
    let run = synth(&case, &[&paid[..], &["-o", "y.csv"]].concat());
    run.exits(2).says(&["spent.json", "last good copy"]);
    assert!(!case.path("y.csv").exists());
}

/// Table, manifest, model, record: none may take the place of another or of an input, with or without --force.
#[test]
fn no_file_is_written_in_the_place_of_another() {
    let case = case("");
    let twice = "it is to be written twice";
    let input = "it is read by this command";
    let record = "records of spent budget have such names";
    for (flags, words) in [
        (["-o", "x.csv", "--model", "train.csv.privacy-budget.json"], record),
        (["-o", "other.csv.privacy-budget.json", "--model", "m.model"], record),
        (["-o", "x.csv", "--model", "train.csv.privacy-budget.json.lock"], record),
        (["-o", "s.json", "--spent", "s.json"], twice),
        (["-o", "x.csv", "--spent", "./x.csv"], twice),
        (["-o", "s.json.lock", "--spent", "s.json"], twice),
        (["-o", "x.csv", "--spent", "x.csv.manifest.json"], twice),
        (["-o", "x.csv", "--model", "x.csv.manifest.json"], twice),
        (["-o", "x.csv", "--model", "x.csv"], twice),
        (["--model", "m.model", "--spent", "m.model"], twice),
        (["-o", "x.csv", "--spent", "schema.toml"], input),
        (["-o", "x.csv", "--spent", "./train.csv"], input),
    ] {
        for force in [&[][..], &["--force"]] {
            let run = synth(&case, &[&["--method", "mst"], &flags[..], force].concat());
            run.exits(2).says(&[words]);
        }
    }
    assert_eq!(case.names(), ["schema.toml", "train.csv"]);
}

/// A link to the table leads to the record of the table.
#[cfg(unix)]
#[test]
fn a_linked_table_has_one_record() {
    let case = case("");
    std::os::unix::fs::symlink(case.path("train.csv"), case.path("link.csv")).unwrap();
    synth(&case, &["--method", "mst", "-o", "a.csv"]).exits(0).prints(&["by all 1 syntheses"]);
    let linked = ["synth", "link.csv", "--schema", "schema.toml", "--epsilon", "1"];
    let more = ["--delta", "1e-6", "--method", "mst", "-o", "b.csv"];
    case.run(&[&linked[..], &more].concat()).exits(0).prints(&["by all 2 syntheses"]);
    assert!(!case.path("link.csv.privacy-budget.json").exists());
}

/// How many syntheses are on record.
fn on_record(case: &Case) -> usize {
    case.json("train.csv.privacy-budget.json")["syntheses"].as_array().unwrap().len()
}

/// A limit on the size of files is to a program what a full disk is: the record fits, the table does not.
#[cfg(unix)]
#[test]
fn a_full_disk_costs_the_budget_and_leaves_no_part_of_a_file() {
    let case = case("");
    let line = "trap '' XFSZ; ulimit -f 8; exec \"$0\" synth train.csv --method mst --epsilon 1 \
                --delta 1e-6 --schema schema.toml --rows 20000 -o made.csv";
    let program = env!("CARGO_BIN_EXE_dosimeter");
    let run = std::process::Command::new("sh")
        .args(["-c", line, program])
        .current_dir(case.path(""))
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    assert!(String::from_utf8_lossy(&run.stderr).contains("made.csv: cannot write"), "{run:?}");
    assert_eq!(on_record(&case), 1);
    let record = "train.csv.privacy-budget.json";
    assert_eq!(case.names(), ["schema.toml", "train.csv", record, &format!("{record}.lock")]);
}

/// Killed as soon as the record stands, and some time after: it has spent its budget, and a table that is there
/// is a whole one.
#[cfg(unix)]
#[test]
fn a_killed_run_has_spent_its_budget() {
    use std::time::{Duration, Instant};
    for milliseconds in [0, 30, 200] {
        let case = case("");
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_dosimeter"))
            .args(["synth", "train.csv", "--schema", "schema.toml", "--method", "mst"])
            .args(["--epsilon", "1", "--delta", "1e-6", "--rows", "200000", "-o", "made.csv"])
            .current_dir(case.path(""))
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let (record, started) = (case.path("train.csv.privacy-budget.json"), Instant::now());
        while !record.exists() && started.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(on_record(&case), 1);
        if case.path("made.csv").exists() {
            assert_eq!(case.read("made.csv").lines().count(), 200_001);
        }
        // The lock went with the process, and the next run counts on.
        synth(&case, &["--method", "mst", "--rows", "50", "-o", "next.csv"]).exits(0);
        assert_eq!(on_record(&case), 2);
    }
}

#[test]
fn the_steps_are_the_same_for_any_records() {
    let steps = |more: &str| {
        let case = case(more);
        synth(&case, &[&SEEDED[..], &["-o", "made.csv"]].concat()).exits(0);
        let ledger = manifest(&case, "made.csv")["ledger"].as_array().unwrap().clone();
        ledger.iter().map(|e| (e["stage"].clone(), e["scale"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(steps(""), steps(ODD));
    assert_eq!(steps("").len(), 4 + 3 + 3);
}

#[test]
fn identifiers_and_free_text_stay() {
    let case = case("");
    let with = |column: &str| format!("{SCHEMA}[columns.name]\n{column}");
    case.edit("train.csv", |text| {
        let line = |(at, line): (usize, &str)| match at {
            0 => format!("{line},name\n"),
            at => format!("{line},{CANARY}{at}\n"),
        };
        text.lines().enumerate().map(line).collect()
    });
    case.write("schema.toml", with("kind = 'text'\nrole = 'direct-identifier'\n"));
    synth(&case, &[&SEEDED[..], &["-o", "made.csv"]].concat()).exits(0);
    assert!(!case.read("made.csv").contains(CANARY));
    case.write("schema.toml", with("kind = 'text'\n"));
    let run = synth(&case, &[&SEEDED[..], &["-o", "text.csv"]].concat());
    run.exits(2).says(&["column `name`: free text"]);
    assert!(!run.stderr.contains(CANARY));
    case.write("schema.toml", with("kind = 'text'\nrole = 'subject'\n"));
    synth(&case, &[&SEEDED[..], &["-o", "subject.csv"]].concat()).exits(0);
    assert!(!case.read("subject.csv").contains(CANARY));
}

/// A seed is for tests: the manifest says that nothing is guaranteed.
#[test]
fn seeded_noise_is_marked_everywhere() {
    let case = case("");
    synth(&case, &[&SEEDED[..], &["-o", "made.csv"]].concat()).exits(0);
    let guarantee = manifest(&case, "made.csv")["guarantee"].to_string();
    assert!(guarantee.contains("none (seeded)"), "{guarantee}");
    let again = synth(&case, &[&SEEDED[..], &["-o", "again.csv"]].concat());
    assert!(!again.stdout.contains("claims"), "{again:?}");
    assert_eq!(case.read("made.csv"), case.read("again.csv"));
    // Without the flag the same seed never gives the same noise.
    for name in ["a.csv", "b.csv"] {
        synth(&case, &["--method", "mst", "--rows", "300", "-o", name]).exits(0);
    }
    assert_ne!(case.read("a.csv"), case.read("b.csv"));
}

#[test]
fn budgets_that_mean_nothing_are_refused() {
    let case = case("");
    for (epsilon, delta, words) in [
        ("0", "1e-6", "above 0"),
        ("-1", "1e-6", "above 0"),
        ("NaN", "1e-6", "above 0"),
        ("inf", "1e-6", "above 0"),
        ("37", "1e-6", "at most 36"),
        ("1", "0", "above 0 and below 1"),
        ("1", "1", "above 0 and below 1"),
        ("1", "1e-4", "at most 1e-5"),
    ] {
        let budget = [&format!("--epsilon={epsilon}")[..], &format!("--delta={delta}")];
        let base =
            ["synth", "train.csv", "--schema", "schema.toml", "--method", "mst", "-o", "m.csv"];
        case.run(&[&base[..], &budget].concat()).exits(2).says(&[words]);
    }
    let run = synth(&case, &["--method", "mst", "--persons", "1000000", "-o", "m.csv"]);
    run.exits(2).says(&["one in 1000000 persons"]);
    assert_eq!(case.names(), ["schema.toml", "train.csv"]);
}

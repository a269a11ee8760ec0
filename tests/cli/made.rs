//! Releases with their models, manifests, conditions and boosts, and those from a specification.

use dosimeter::digest::Digest;
use dosimeter::synth::Manifest;

use super::support::Case;

const FIT: [&str; 6] = ["synth", "train.csv", "--method", "independent", "--schema", "schema.toml"];

fn with(flags: &[&'static str]) -> Vec<&'static str> {
    [&FIT[..], flags].concat()
}

fn manifest(case: &Case, name: &str) -> Manifest {
    Manifest::from_json(&case.read(&format!("{name}.manifest.json"))).unwrap()
}

/// The cells of a column of a CSV file without quotes.
fn column(case: &Case, name: &str, column: &str) -> Vec<String> {
    let text = case.read(name);
    let mut lines = text.lines();
    let place = lines.next().unwrap().split(',').position(|c| c == column).unwrap();
    lines.map(|line| line.split(',').nth(place).unwrap().to_owned()).collect()
}

/// An example of the repository.
fn example(name: &str) -> String {
    format!("{}/examples/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_model_is_kept_and_makes_the_same_rows_without_the_real_table() {
    let case = Case::new();
    let run = case.run(&with(&["-o", "a.csv", "--rows", "500", "--model", "kept.model"]));
    run.exits(0).prints(&["kept      kept.model", "it holds personal data"]);
    std::fs::remove_file(case.path("train.csv")).unwrap();
    let again = ["synth", "--model", "kept.model", "--rows", "500", "-o"];
    case.run(&[&again[..], &["b.csv"]].concat()).exits(0);
    assert_eq!(case.read("a.csv"), case.read("b.csv"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(case.path("kept.model")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let bytes = std::fs::read(case.path("kept.model")).unwrap();
    case.write("cut.model", &bytes[..bytes.len() / 2]);
    let cut = ["synth", "--model", "cut.model", "-o", "c.csv"];
    case.run(&cut).exits(2).says(&["cut.model", "cut or was edited"]);
    let foreign = ["synth", "--model", "a.csv", "-o", "c.csv"];
    case.run(&foreign).exits(2).says(&["a.csv", "expected a model file"]);
    assert!(!case.path("c.csv").exists());
    // Only kept, nothing made; and never over what is there.
    case.run(&["synth", "--model", "kept.model"]).exits(2).says(&["--output"]);
}

#[test]
fn the_manifest_says_how_a_release_was_made_and_tells_no_secret() {
    let case = Case::new();
    case.run(&with(&["-o", "made.csv", "--rows", "300", "--seed", "7"])).exits(0);
    let manifest = manifest(&case, "made.csv");
    assert!(manifest.synthetic && manifest.method == "independent" && manifest.output.rows == 300);
    let bytes = std::fs::read(case.path("made.csv")).unwrap();
    assert_eq!(manifest.output.sha256, Digest::of(&bytes));
    let text = case.read("made.csv.manifest.json");
    assert!(text.contains("\"real-data-access\": \"read\""), "{text}");
    // Neither the number of real rows, nor the digest of the real table, nor the seed.
    let real = Digest::of(&std::fs::read(case.path("train.csv")).unwrap()).to_string();
    assert!(
        !text.contains("5249") && !text.contains(&real) && !text.contains("\"seed\""),
        "{text}"
    );
    // Another seed is another commitment.
    case.run(&with(&["-o", "other.csv", "--rows", "300", "--seed", "8"])).exits(0);
    let other = self::manifest(&case, "other.csv");
    assert_ne!(other.seed_commitment, manifest.seed_commitment);
    // Parquet says of itself what CSV leaves to the manifest.
    case.run(&with(&["-o", "made.parquet", "--rows", "300"])).exits(0);
    let bytes = std::fs::read(case.path("made.parquet")).unwrap();
    let holds = |words: &[u8]| bytes.windows(words.len()).any(|window| window == words);
    assert!(holds(b"dosimeter.synthetic") && holds(b"dosimeter.real-data-access"));
}

#[test]
fn an_audit_repeats_the_claims_of_the_manifest_and_refuses_one_of_another_table() {
    let case = Case::small();
    case.run(&with(&["-o", "made.csv"])).exits(0);
    let run = case.audit(&["--synthetic", "made.csv"]);
    run.exits(0).prints(&["Made by `independent` from real records, as its manifest claims."]);
    assert!(case.read("out/summary.md").contains("as its manifest claims"));
    let claim = case.evidence("out/evidence.json").claim.unwrap();
    assert!(claim.method == "independent" && claim.real_data_access && claim.privacy.is_none());
    case.edit("made.csv", |text| text.replacen("50", "51", 1));
    case.refused(&["--synthetic", "made.csv", "--out", "x"], &["manifest of another file"]);
    std::fs::remove_file(case.path("made.csv.manifest.json")).unwrap();
    case.audit(&["--synthetic", "made.csv", "--out", "y"]).exits(0);
    assert!(case.evidence("y/evidence.json").claim.is_none());
    case.write("half.json", "{\"format\": 1,");
    let named = ["--synthetic", "made.csv", "--manifest", "half.json", "--out", "z"];
    case.refused(&named, &["half.json", "not a manifest"]);
}

#[test]
fn conditions_and_boosts_shape_a_release_that_audit_reads() {
    let case = Case::new();
    let part = ["-o", "part.csv", "--rows", "200", "--where", "sex = F & age >= 80"];
    case.run(&with(&part)).exits(0);
    assert!(column(&case, "part.csv", "sex").iter().all(|sex| sex == "F"));
    assert!(column(&case, "part.csv", "age").iter().all(|age| age.parse::<u32>().unwrap() >= 80));
    assert_eq!(manifest(&case, "part.csv").altered_marginals, ["age", "sex"]);
    let more = ["-o", "more.csv", "--rows", "1000", "--boost", "sex=M:0.7"];
    case.run(&with(&more)).exits(0);
    assert_eq!(column(&case, "more.csv", "sex").iter().filter(|sex| *sex == "M").count(), 700);
    let weights: f64 =
        column(&case, "more.csv", "_weight").iter().map(|w| w.parse::<f64>().unwrap()).sum();
    assert!((weights - 1000.0).abs() < 1e-6, "{weights}");
    let run = case.audit(&["--synthetic", "more.csv"]);
    assert!(matches!(run.code, Some(0 | 1 | 3)), "{run:?}");
    run.prints(&["Altered on purpose, and left out of fidelity: sex."]);
    for (flags, words) in [
        (["--where", "sxe = F"], "did you mean `sex`?"),
        (["--where", "sex = Q"], "--where"),
        (["--boost", "sex=M"], "COLUMN=LEVEL:SHARE"),
        (["--boost", "sxe=M:0.5"], "did you mean `sex`?"),
        (["--set", "leaf=5"], "leaf"),
        (["--set", "leaf"], "KEY=VALUE"),
    ] {
        let run = case.run(&[&with(&["-o", "x.csv"])[..], &flags].concat());
        run.exits(2).says(&[words]);
    }
    let budget = ["-o", "x.csv", "--epsilon", "1", "--delta", "1e-6"];
    case.run(&with(&budget)).exits(2).says(&["`independent` gives no guarantee"]);
    case.run(&with(&budget[..4])).exits(2).says(&["--delta"]);
    assert!(!case.path("x.csv").exists());
}

/// Both shipped specifications make their table and the schema that reads it; nothing else was read.
#[test]
fn the_example_specifications_make_tables_without_real_data() {
    let case = Case::empty();
    for (name, output, rows) in
        [("hospital.toml", "registry.csv", 5000), ("bank.toml", "transactions.parquet", 20_000)]
    {
        let spec = example(name);
        let schema = format!("{name}.schema");
        let make = ["synth", "--spec", &spec, "-o", output, "--write-schema", &schema];
        case.run(&make).exits(0).prints(&[&format!("({rows} rows"), "no record is read"]);
        let manifest = manifest(&case, output);
        let digest = Digest::of(&std::fs::read(&spec).unwrap());
        let inputs: Vec<_> = manifest.inputs.iter().map(|i| (i.kind.as_str(), i.sha256)).collect();
        assert_eq!(inputs, [("spec", digest)]);
        let text = case.read(&format!("{output}.manifest.json"));
        assert!(text.contains("\"real-data-access\": \"none\""), "{text}");
        let schema = case.read(&schema);
        let schema = dosimeter::table::Schema::parse(&schema, "schema.toml").unwrap();
        let read = dosimeter::table::read_tables(
            &[(dosimeter::table::Sample::Train, case.path(output).as_path())],
            &schema,
        );
        let table = read.unwrap_or_else(|error| panic!("{error}")).remove(0);
        assert_eq!(table.rows, rows);
        for rule in schema.rules() {
            let kept = |row: &usize| {
                rule.holds(&|place| table.column(&schema.columns[place].0).unwrap().cell(*row))
            };
            assert!((0..rows).all(|row| kept(&row)), "{}", rule.text());
        }
    }
}

#[test]
fn a_specification_that_cannot_be_is_refused_with_its_line_and_writes_nothing() {
    let case = Case::empty();
    let age =
        "[columns.age]\nkind = 'integer'\ndistribution = { uniform = { from = 0, to = 9 } }\n";
    case.write("spec.toml", format!("{age}[[constraint]]\nrule = 'aeg > 3'\n"));
    let make = ["synth", "--spec", "spec.toml", "-o", "x.csv", "--write-schema", "s.toml"];
    case.run(&make).exits(2).says(&["spec.toml:5", "did you mean `age`?"]);
    case.write("spec.toml", format!("{age}[[constraint]]\nrule = 'age > 30'\n"));
    case.run(&make).exits(2).says(&["`age > 30` was broken", "contradict"]);
    case.write("spec.toml", age);
    case.run(&[&make[..], &["--method", "independent"]].concat()).exits(2);
    assert_eq!(case.names(), ["spec.toml"]);
    case.run(&make).exits(0);
    assert_eq!(case.names(), ["s.toml", "spec.toml", "x.csv", "x.csv.manifest.json"]);
    case.run(&make).exits(2).says(&["not overwritten"]);
    case.run(&[&make[..], &["--force"]].concat()).exits(0);
}

/// A limit on the size of files is to a program what a full disk is: the write fails.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_what_was_there_and_no_part_of_a_file() {
    // The model is written first.
    for (kept, failing) in [("", "made.csv"), ("--model kept.model", "kept.model")] {
        let case = Case::new();
        case.write("made.csv", "years of work");
        let line = format!(
            "trap '' XFSZ; ulimit -f 8; exec \"$0\" synth train.csv --method independent \
             --schema schema.toml --force -o made.csv {kept}"
        );
        let program = env!("CARGO_BIN_EXE_dosimeter");
        let run = std::process::Command::new("sh")
            .args(["-c", &line, program])
            .current_dir(case.path(""))
            .output()
            .unwrap();
        assert_eq!(run.status.code(), Some(2), "{run:?}");
        let told = String::from_utf8_lossy(&run.stderr);
        assert!(told.contains(&format!("{failing}: cannot write")), "{run:?}");
        assert_eq!(case.read("made.csv"), "years of work");
        let part = |name: &String| name.starts_with(".dosimeter") || name.contains("kept");
        assert!(!case.names().iter().any(part));
    }
}

#[cfg(unix)]
#[test]
fn a_killed_run_leaves_no_part_of_a_table() {
    let mut written = 0;
    for milliseconds in [0, 5, 40, 150] {
        let case = Case::new();
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_dosimeter"))
            .args(with(&["-o", "made.csv", "--rows", "200000"]))
            .current_dir(case.path(""))
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Killed while it writes: a file of its own stands beside the place of the table.
        let begun = || case.names().iter().any(|name| name.starts_with(".dosimeter"));
        while child.try_wait().unwrap().is_none() && !begun() {}
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        written += u64::from(begun());
        child.kill().unwrap();
        child.wait().unwrap();
        if case.path("made.csv").exists() {
            assert_eq!(case.read("made.csv").lines().count(), 200_001);
        }
    }
    assert!(written > 0, "never killed while it wrote");
}

/// One row, a constant, an empty and an all-distinct column, 300 columns: made, or refused in words.
#[test]
fn extreme_tables_are_made_or_refused_in_words() {
    let case = Case::empty();
    let wide: Vec<String> = (0..300).map(|column| format!("c{column}")).collect();
    let kinds: String =
        wide.iter().map(|name| format!("[columns.{name}]\nkind = 'integer'\n")).collect();
    let many: String = (0..100_000).map(|row| format!("level{row},,7\n")).collect();
    let three = "[columns.c]\nkind = 'categorical'\n[columns.e]\nkind = 'continuous'\n\
                 [columns.k]\nkind = 'integer'\n";
    let tables = [
        ("wide", format!("{}\n{}\n", wide.join(","), vec!["1"; 300].join(",")), kinds.as_str()),
        ("many", format!("c,e,k\n{many}"), three),
        ("one", "c,e,k\na,,1\n".to_owned(), three),
    ];
    for (name, csv, schema) in tables {
        case.write("t.csv", csv);
        case.write("s.toml", schema);
        let output = format!("{name}.csv");
        let make = ["synth", "t.csv", "--method", "independent", "--schema", "s.toml", "-o"];
        case.run(&[&make[..], &[&output]].concat()).exits(0);
        let lines = |file: &str| case.read(file).lines().count();
        assert_eq!(lines(&output), lines("t.csv"), "{name}");
    }
    case.write("t.csv", "c,e,k\n");
    let empty = ["synth", "t.csv", "--method", "independent", "--schema", "s.toml", "-o", "x.csv"];
    let run = case.run(&empty);
    run.exits(2);
    assert!(!case.path("x.csv").exists() && !run.stderr.contains("bug"), "{run:?}");
}

/// 10⁵ levels and 300 columns in a specification.
#[test]
fn extreme_specifications_are_made() {
    let case = Case::empty();
    let levels: String = (0..100_000).map(|level| format!("l{level} = 1, ")).collect();
    let number = |column| {
        format!("[columns.x{column}]\nkind = 'integer'\ndistribution = {{ poisson = 3 }}\n")
    };
    let numbers: String = (0..300).map(number).collect();
    let levels = format!("[columns.c]\nkind = 'categorical'\nlevels = {{ {levels} }}\n");
    case.write("spec.toml", format!("rows = 2000\n{levels}{numbers}"));
    case.run(&["synth", "--spec", "spec.toml", "-o", "made.csv"]).exits(0);
    assert_eq!(case.read("made.csv").lines().count(), 2001);
    assert_eq!(case.read("made.csv").lines().next().unwrap().split(',').count(), 301);
}

/// The rule of the schema, the expression of a derived column and the boosted share, in what is written.
#[test]
fn rules_and_boosts_hold_through_cart_and_copula() {
    let case = Case::empty();
    let line = |row: usize| {
        let (a, more) = (row * 7 % 50, row % 9);
        format!("{},{a},{},{}\n", ["F", "M", "M", "M"][row % 4], a + more, 2 * a + more)
    };
    case.write("t.csv", format!("sex,a,b,total\n{}", (0..1000).map(line).collect::<String>()));
    let number = "kind = 'integer'\nlower = 0\nupper = 200\n";
    case.write(
        "s.toml",
        format!(
            "[columns.sex]\nkind = 'categorical'\nlevels = ['F', 'M']\n[columns.a]\n{number}\
             [columns.b]\n{number}[columns.total]\n{number}[[constraint]]\nrule = 'a <= b'\n"
        ),
    );
    for (method, more) in [("cart", &["--set", "derived={total = 'a + b'}"][..]), ("copula", &[])] {
        let output = format!("{method}.csv");
        let make = ["synth", "t.csv", "--method", method, "--schema", "s.toml", "-o", &output];
        let asked = ["--rows", "300", "--boost", "sex=F:0.5"];
        case.run(&[&make[..], &asked, more].concat()).exits(0);
        let cells = |name| -> Vec<i64> {
            column(&case, &output, name).iter().map(|cell| cell.parse().unwrap()).collect()
        };
        let (a, b, total) = (cells("a"), cells("b"), cells("total"));
        assert!(a.len() == 300 && a.iter().zip(&b).all(|(a, b)| a <= b), "{method}");
        let women = column(&case, &output, "sex").iter().filter(|sex| *sex == "F").count();
        assert_eq!(women, 150, "{method}");
        let sums = (0..300).filter(|&row| a[row] + b[row] == total[row]).count();
        assert!(method != "cart" || sums == 300, "{sums}");
    }
}

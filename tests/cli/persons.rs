//! A table with several rows a person: one hospital's COVID tests, 15,524 rows of 12,344 persons, when
//! DOSIMETER_DATA names the folder of the shared data sets.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::path::PathBuf;

use dosimeter::evidence::{Count, Measure};

use super::support::{Case, measure};

const NAMES: [&str; 2] = ["fake_first_name", "fake_last_name"];

/// The table split by person, a drafted schema with a reviewer and a sensitive result, and independent
/// marginals of train; or nothing when the data are not here.
fn covid() -> Option<Case> {
    let Some(data) = std::env::var_os("DOSIMETER_DATA").map(PathBuf::from) else {
        std::io::stdout().write_all(b"skipped: DOSIMETER_DATA is not set\n").unwrap();
        return None;
    };
    let case = Case::empty();
    std::fs::copy(data.join("covid_testing/covid_testing.csv"), case.path("tests.csv")).unwrap();
    case.run(&["profile", "tests.csv", "-o", "schema.toml"]).exits(0);
    case.edit("schema.toml", |text| {
        let result = "[columns.result]\nkind = \"categorical\"\nrole = \"other\"";
        text.replace("reviewed-by = \"\"", "reviewed-by = \"test\"")
            .replace(result, &result.replace("other", "sensitive"))
    });
    case.run(&["split", "tests.csv", "--schema", "schema.toml"]).exits(0);
    let synth = ["synth", "tests.train.csv", "--method", "independent", "--schema", "schema.toml"];
    let run = case.run(&[&synth[..], &["-o", "independent.csv"]].concat());
    run.exits(0);
    case.write(
        "audit.toml",
        "real = 'tests.train.csv'\nholdout = 'tests.holdout.csv'\nschema = 'schema.toml'\n\
         policy = 'base-privacy'\nout = 'out'\n",
    );
    Some(case)
}

/// The training rows as a release: new ids for the subjects, without the names unless they are `named`.
fn copied(case: &Case, to: &str, named: bool) -> usize {
    let text = case.read("tests.train.csv");
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let mut ids: HashMap<String, usize> = HashMap::new();
    let line = |line: &str| {
        let cells = header.iter().zip(line.split(','));
        let kept = cells.filter(|(name, _)| named || !NAMES.contains(name));
        kept.map(|(_, cell)| cell.to_owned()).collect::<Vec<String>>()
    };
    let mut copy = line(text.lines().next().unwrap()).join(",") + "\n";
    for row in text.lines().skip(1) {
        let mut cells = line(row);
        let next = 1_000_000 + ids.len();
        cells[0] = ids.entry(cells[0].clone()).or_insert(next).to_string();
        copy += &(cells.join(",") + "\n");
    }
    case.write(to, copy);
    ids.len()
}

/// All rows of a person stand on one side, and every count is of persons: 10,310 training rows are of
/// fewer persons, each of whom is copied once however many rows they have.
#[test]
fn a_copy_of_all_rows_counts_persons_and_fails() {
    let Some(case) = covid() else { return };
    let persons = copied(&case, "copy.csv", false) as u64;
    case.audit(&["--synthetic", "copy.csv"]).exits(1);
    let dossier = case.evidence("out/evidence.json");
    assert_eq!(dossier.samples.train_persons, persons);
    assert_eq!(dossier.samples.train_persons + dossier.samples.holdout_persons.unwrap(), 12_344);
    assert!(dossier.samples.train_rows > persons);
    let excess = measure(&dossier, "copies.exact-excess");
    let Measure::Difference { treated, .. } = excess else { panic!("{excess:?}") };
    assert_eq!(treated, Count { successes: persons, trials: persons });
}

/// What is counted of everybody, and of whom: (of train, of the holdout) persons, exactly.
const EVERYBODY: [&str; 16] = [
    "copies.exact",
    "copies.exact-excess",
    "copies.near",
    "copies.near-excess",
    "identity.reidentification-rate",
    "identity.keyed-rate",
    "identity.match-rate",
    "identity.el-emam-risk",
    "identity.replicated-uniques",
    "identity.disco",
    "identity.cap",
    "singling-out.univariate-excess",
    "singling-out.multivariate-excess",
    "linkability.linked",
    "linkability.excess",
    "uniqueness.unique-share",
];

/// What is counted of released rows or of queries, and not of persons.
const NOT_OF_PERSONS: [&str; 4] = [
    "copies.exact-rows",
    "singling-out.univariate",
    "singling-out.multivariate",
    "control.exchangeability",
];

/// Train has more rows than persons, so that an attack that counted rows would count too many.
#[test]
fn independent_rows_of_new_persons_are_met_and_every_attack_counts_persons() {
    let Some(case) = covid() else { return };
    case.edit("schema.toml", |text| {
        text + "\n[linkability]\na = [\"age\", \"gender\", \"pan_day\", \"clinic_name\"]\n\
                b = [\"ct_result\", \"payor_group\", \"patient_class\", \"col_rec_tat\"]\n"
    });
    case.audit(&["--synthetic", "independent.csv"]).exits(0);
    let dossier = case.evidence("out/evidence.json");
    let (train, holdout) =
        (dossier.samples.train_persons, dossier.samples.holdout_persons.unwrap());
    assert!(dossier.samples.train_rows > train + 1000);
    let mut attacks = BTreeSet::new();
    for fact in &dossier.evidence {
        let metric = fact.metric.as_str();
        if NOT_OF_PERSONS.contains(&metric) {
            continue;
        }
        let everybody = EVERYBODY.contains(&metric) && fact.group.is_none();
        let persons = |count: u64, of: u64| {
            let right = if everybody { count == of } else { count <= of };
            assert!(right, "{metric}: {count} of {of} persons");
        };
        match fact.measure {
            Measure::Rate { trials, .. } if metric.ends_with("-holdout") => {
                persons(trials, holdout)
            }
            Measure::Rate { trials, .. } => persons(trials, train),
            Measure::Detected { targets, .. } => persons(targets, train),
            Measure::Difference { treated, control, .. } => {
                // The control's tests ask first of the holdout.
                let overlap = metric == "control.overlap";
                let contamination = metric == "control.contamination";
                persons(treated.trials, if overlap || contamination { holdout } else { train });
                persons(control.trials, if overlap { train } else { holdout });
            }
            Measure::Roc { members, non_members, .. } => {
                persons(members, train);
                persons(non_members, holdout);
            }
            _ => continue,
        }
        attacks.insert(metric.split('.').next().unwrap());
    }
    let counting = [
        "control",
        "copies",
        "identity",
        "inference",
        "linkability",
        "membership",
        "reconstruction",
        "singling-out",
        "uniqueness",
    ];
    assert_eq!(attacks, BTreeSet::from(counting));
}

/// Declared direct identifiers are refused in a release by column, without a value; `synth` leaves them
/// out and says so.
#[test]
fn released_names_are_refused_and_never_made() {
    let Some(case) = covid() else { return };
    copied(&case, "named.csv", true);
    let run = case.audit(&["--synthetic", "named.csv"]);
    run.exits(2).says(&["fake_first_name", "fake_last_name", "direct identifier", "drop it"]);
    let header = case.read("independent.csv").lines().next().unwrap().to_owned();
    assert!(NAMES.iter().all(|name| !header.contains(name)), "{header}");
}

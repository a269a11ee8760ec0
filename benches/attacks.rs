//! How long the parts of an audit take: every attack of the registry by rows, and the whole audit by
//! stage, on a generated table of eight columns (as many released as training rows, half as many in
//! the holdout).
//!
//! ```sh
//! cargo bench --bench attacks               # all
//! cargo bench --bench attacks -- distance   # one attack
//! ```

#![expect(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]

use std::fmt;
use std::path::{Path, PathBuf};

use divan::Bencher;
use dosimeter::attack::{ATTACKS, Attack};
use dosimeter::audit::{Progress, Release, run};
use dosimeter::digest::Digest;
use dosimeter::policy::preset;
use dosimeter::random::Seed;
use dosimeter::synth::{SYNTHESIZERS, TakesBudget, synthesize, synthesizer};
use dosimeter::table::{Sample, Schema, Table, content_digest, read_tables};
use dosimeter::verdict::{Circumstances, judge};
use dosimeter::{Audit, Dossier};
use rand::Rng;

const ROWS: [usize; 3] = [1_000, 4_000, 16_000];

const SCHEMA: &str = "reviewed-by = 'bench'\n\
    [columns.age]\nkind = 'integer'\nrole = 'quasi-identifier'\nlower = 0\nupper = 90\n\
    [columns.sex]\nkind = 'categorical'\nrole = 'quasi-identifier'\n\
    [columns.region]\nkind = 'categorical'\nrole = 'quasi-identifier'\n\
    [columns.income]\nkind = 'continuous'\nrole = 'sensitive'\n\
    [columns.dose]\nkind = 'continuous'\n[columns.visits]\nkind = 'integer'\n\
    [columns.smoker]\nkind = 'boolean'\n[columns.ward]\nkind = 'categorical'\n\
    [linkability]\na = ['age', 'sex', 'income']\nb = ['region', 'dose', 'visits']\n";

fn main() {
    divan::main();
}

/// One file of `rows` generated persons; `part` names the stream, so that no two parts share persons.
fn generate(folder: &Path, part: &str, rows: usize) -> PathBuf {
    let mut rng = Seed::new(0).part(part).rng();
    let mut below = |n: u64| rng.next_u64() % n;
    let mut text = String::from("age,sex,region,income,dose,visits,smoker,ward\n");
    for _ in 0..rows {
        let age = 18 + below(40) + below(32);
        text.push_str(&format!(
            "{age},{},r{},{}.{:02},{}.{},{},{},w{}\n",
            ["F", "M"][below(2) as usize],
            below(17),
            1000 + age * below(100),
            below(100),
            below(50),
            below(10),
            below(12),
            below(5) == 0,
            below(40),
        ));
    }
    let path = folder.join(format!("{part}.csv"));
    std::fs::write(&path, text).unwrap();
    path
}

/// The three files of an audit, and the folder that they live as long as.
struct Files {
    _folder: tempfile::TempDir,
    paths: [PathBuf; 3],
    schema: Schema,
}

impl Files {
    fn new(rows: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let paths = [("train", rows), ("released", rows), ("holdout", rows / 2)]
            .map(|(part, rows)| generate(folder.path(), part, rows));
        let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
        Self { _folder: folder, paths, schema }
    }

    fn read(&self) -> [Table; 3] {
        let samples = [Sample::Train, Sample::Synthetic, Sample::Holdout];
        let files: Vec<(Sample, &Path)> =
            samples.into_iter().zip(self.paths.iter().map(PathBuf::as_path)).collect();
        let tables = read_tables(&files, &self.schema).unwrap();
        tables.try_into().unwrap_or_else(|_| panic!("three tables"))
    }

    fn audit(&self) -> Audit {
        let [train, released, holdout] = self.read();
        Audit::new(self.schema.clone(), train, Some(holdout), released, 0).unwrap()
    }
}

fn audit(rows: usize) -> Audit {
    Files::new(rows).audit()
}

fn release() -> Release {
    Release { name: "released.csv".into(), sha256: Digest::of(b"released") }
}

fn registry() -> Vec<Box<dyn Attack>> {
    ATTACKS.iter().map(|entry| entry.attack(toml::Table::new()).unwrap()).collect()
}

fn measured(audit: &Audit, attacks: &[Box<dyn Attack>]) -> Dossier {
    run(audit, &release(), attacks, &[], &Progress::new(&|_| {}))
}

/// A part of the registry at one number of rows.
#[derive(Clone, Copy)]
struct Case {
    id: &'static str,
    rows: usize,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.rows)
    }
}

fn cases(ids: impl Iterator<Item = &'static str>) -> Vec<Case> {
    ids.flat_map(|id| ROWS.map(|rows| Case { id, rows })).collect()
}

#[divan::bench(args = cases(ATTACKS.iter().map(|entry| entry.info.id)), sample_count = 5, sample_size = 1)]
fn attack(bencher: Bencher<'_, '_>, case: Case) {
    let audit = audit(case.rows);
    let entry = ATTACKS.iter().find(|entry| entry.info.id == case.id).unwrap();
    let attack = entry.attack(toml::Table::new()).unwrap();
    let run = || attack.run(&audit, Seed::new(0), &Progress::new(&|_| {})).unwrap();
    bencher.bench_local(run);
}

/// Methods that learn from records and need no budget.
fn free() -> impl Iterator<Item = &'static str> {
    let free = SYNTHESIZERS
        .iter()
        .filter(|entry| entry.records && entry.info.budget != TakesBudget::Always);
    free.map(|entry| entry.info.id)
}

#[divan::bench(args = cases(free()), sample_count = 5, sample_size = 1)]
fn synth(bencher: Bencher<'_, '_>, case: Case) {
    let files = Files::new(case.rows);
    let [train, ..] = files.read();
    let method = synthesizer(case.id).unwrap().method(toml::Table::new()).unwrap();
    let make = || synthesize(&*method, &train, &files.schema, None, Seed::new(0)).unwrap();
    bencher.bench_local(make);
}

/// The stages of an audit, and the whole of it.
#[divan::bench_group(sample_count = 5, sample_size = 1)]
mod audit_stage {
    use super::*;

    #[divan::bench(args = ROWS)]
    fn a_read(bencher: Bencher<'_, '_>, rows: usize) {
        let files = Files::new(rows);
        bencher.bench_local(|| files.read());
    }

    #[divan::bench(args = ROWS)]
    fn b_encode_and_check(bencher: Bencher<'_, '_>, rows: usize) {
        let files = Files::new(rows);
        bencher.with_inputs(|| files.read()).bench_local_values(|[train, released, holdout]| {
            Audit::new(files.schema.clone(), train, Some(holdout), released, 0).unwrap()
        });
    }

    #[divan::bench(args = ROWS)]
    fn c_control(bencher: Bencher<'_, '_>, rows: usize) {
        let audit = audit(rows);
        bencher.bench_local(|| measured(&audit, &[]));
    }

    #[divan::bench(args = ROWS)]
    fn d_content_digest(bencher: Bencher<'_, '_>, rows: usize) {
        let audit = audit(rows);
        bencher.bench_local(|| content_digest(&audit.synthetic, &audit.schema));
    }

    #[divan::bench(args = ROWS)]
    fn e_judge(bencher: Bencher<'_, '_>, rows: usize) {
        let dossier = measured(&audit(rows), &registry());
        let policy = preset("dev-test-data").unwrap().policy().unwrap();
        bencher.bench_local(|| judge(&policy, &dossier, &Circumstances::default()));
    }

    #[divan::bench(args = ROWS)]
    fn whole(bencher: Bencher<'_, '_>, rows: usize) {
        let (files, attacks) = (Files::new(rows), registry());
        let policy = preset("dev-test-data").unwrap().policy().unwrap();
        bencher.bench_local(|| {
            let dossier = measured(&files.audit(), &attacks);
            judge(&policy, &dossier, &Circumstances::default())
        });
    }
}

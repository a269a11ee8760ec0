//! `audit`: measure, judge, write.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::check::{Circumstance, Format, load_policy, load_waivers, print_report};
use super::claim;
use super::config::Config;
use super::folder::Folder;
use super::progress::Display;
use super::{Common, Exit, print, read_text};
use crate::attack::{ATTACKS, Attack};
use crate::audit::{Audit, Progress, Release, Step, check_sampling_fraction, run as run_audit};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::evidence::{Dossier, NotRun, NotRunReason, canonical_json};
use crate::file::Access;
use crate::policy::Policy;
use crate::report::{Report, Tier, render_json, render_markdown, view};
use crate::suggest::did_you_mean;
use crate::synth::{Claim, Generator, State};
use crate::table::{Sample, Schema, file_digest, read_tables};
use crate::utility::{UTILITIES, Utility};
use crate::verdict::{Circumstances, Decision, judge};

/// Measure a release against the real data, judge it, write the finding
///
/// Reads audit.toml (./audit.toml when nothing is named); every key of it is also a flag, and a flag
/// wins. Prints the judgement; with --out also writes evidence.json (internal, mode 0600),
/// report.json, summary.md and runtime.json.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dosimeter audit
  dosimeter audit fixtures/flchain/audit.toml --out audit/
  dosimeter audit --real train.csv --holdout holdout.csv --synthetic a.csv --synthetic b.parquet \\
                  --schema schema.toml --policy base-privacy --out audit/
  dosimeter audit --generator 'python3 make.py --in {train} --rows {rows} --seed {seed} --out {synthetic}' \\
                  --generator-state runs/
  dosimeter audit --generator builtin:independent
  dosimeter audit --policy dp-claim --epsilon 1 --delta 1e-6 \\
                  --generator 'python3 make.py {train} {epsilon} {delta} {rows} {seed} {synthetic}'")]
pub(super) struct Arguments {
    /// Audit file [default: ./audit.toml, unless --real and --synthetic are given]
    #[arg(value_name = "AUDIT.toml")]
    config: Option<PathBuf>,
    /// The records the generator was trained on
    #[arg(long, visible_alias = "train", value_name = "FILE")]
    real: Option<PathBuf>,
    /// Records of the same population that the generator never saw
    #[arg(long, value_name = "FILE")]
    holdout: Option<PathBuf>,
    /// Everybody whom an adversary would look among, the training persons included: a register with
    /// the quasi-identifiers
    #[arg(long, value_name = "FILE")]
    population: Option<PathBuf>,
    /// The share of the population that the training persons are, instead of --population: 0.05 for 5 %
    #[arg(long, value_name = "X", conflicts_with = "population")]
    sampling_fraction: Option<f64>,
    /// The released table; repeat for several releases
    #[arg(long, value_name = "FILE")]
    synthetic: Vec<PathBuf>,
    /// The reviewed schema (see `dosimeter profile`)
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// A preset (`dosimeter list policies`) or a policy file
    #[arg(long, value_name = "PRESET|FILE")]
    policy: Option<String>,
    /// Exceptions that persons answer for
    #[arg(long, value_name = "FILE")]
    waivers: Option<PathBuf>,
    /// How the release was made and what is claimed of it [default: the release's name with
    /// .manifest.json, if that is there]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The generator of the release, to be run again by the attack `shadow`: a command line, run
    /// without a shell in this folder with {train}, {rows}, {seed} and {synthetic} filled in, or
    /// builtin:METHOD. It is run hundreds of times, on halves of the real table without direct identifiers
    #[arg(long, value_name = "COMMAND|builtin:METHOD")]
    generator: Option<String>,
    /// Private folder where finished runs of the generator are kept, so that a stopped audit goes on;
    /// empty it when the generator changes. A failed run leaves its standard error there
    #[arg(long, value_name = "DIR")]
    generator_state: Option<PathBuf>,
    /// The ε that is claimed of the release, where no manifest beside it says so; audited by running the
    /// generator, which may be told {epsilon} and {delta}
    #[arg(long, value_name = "E")]
    epsilon: Option<f64>,
    /// The claimed δ; 0 where none is claimed
    #[arg(long, value_name = "D")]
    delta: Option<f64>,
    /// Do not measure what the release is good for, which no verdict on privacy rests on
    #[arg(long)]
    skip_utility: bool,
    /// Refused: utility and leakage alike are measured against real records
    #[arg(long, hide = true)]
    no_real: bool,
    /// Seed of everything random in the audit; recorded [default: 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=super::LARGEST_SEED))]
    seed: Option<u64>,
    /// Folder to write to: new, empty, or (with --force) an earlier audit's
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace an earlier audit in --out
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    circumstance: Circumstance,
}

/// What an audit needs, all found and none missing.
struct Plan {
    real: PathBuf,
    holdout: Option<PathBuf>,
    population: Option<PathBuf>,
    sampling_fraction: Option<f64>,
    releases: Vec<PathBuf>,
    schema: Schema,
    policy: Policy,
    circumstances: Circumstances,
    attacks: Vec<Box<dyn Attack>>,
    measures: Vec<Box<dyn Utility>>,
    manifest: Option<PathBuf>,
    generator: Option<Generator>,
    claim: Option<Claim>,
    seed: u64,
    out: Option<Folder>,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit> {
    let plan = plan(arguments)?;
    let several = plan.releases.len() > 1;
    let index_folder = plan.out.as_ref().filter(|_| several);
    if let Some(folder) = index_folder {
        // An index of an earlier audit must not speak for releases that are audited anew.
        folder.remove("index.json")?;
    }
    let mut judged = Vec::new();
    for path in &plan.releases {
        judged.push(audit_release(&plan, path, arguments, common)?);
    }
    if several && arguments.circumstance.format == Format::Human {
        let line = |one: &Judged| format!("{}: {}", one.label, one.headline);
        print(&format!("\n{}", judged.iter().map(line).collect::<Vec<_>>().join("\n")))?;
    }
    if let Some(folder) = index_folder {
        let entry =
            |one: &Judged| serde_json::json!({"release": one.label, "decision": one.decision});
        let index: Vec<_> = judged.iter().map(entry).collect();
        let text = canonical_json(&index).map_err(|source| Error::io("index", "write", source))?;
        folder.write(&[("index.json", Access::Shared, &text)])?;
    }
    let worst = judged.iter().fold(Exit::MET, |worst, one| worst.worst(one.exit));
    Ok(arguments.circumstance.exit(worst))
}

/// One release, measured, judged, written and printed.
struct Judged {
    label: String,
    decision: Decision,
    headline: String,
    exit: Exit,
}

fn audit_release(
    plan: &Plan,
    path: &Path,
    arguments: &Arguments,
    common: &Common,
) -> Result<Judged> {
    let circumstance = &arguments.circumstance;
    let label = stem(path);
    let (dossier, seconds) = measure(plan, path, Display::new(&label, common))?;
    let evidence = dossier.to_json()?;
    let unattacked = plan.generator.as_ref().and_then(|_| unattacked(&dossier));
    let digest = Digest::of(evidence.as_bytes());
    let verdict = judge(&plan.policy, &dossier, &plan.circumstances);
    let issue = circumstance.issue(true)?;
    let report = view(&verdict, &plan.policy, &dossier, digest, &issue, circumstance.tier);
    if let Some(folder) = &plan.out {
        let several = plan.releases.len() > 1;
        write(&folder.release(if several { &label } else { "" }), &evidence, &report, &seconds)?;
    }
    print_report(&report, circumstance.format)?;
    let mut exit = Exit::of(&verdict, circumstance.allow_waivers);
    if let Some(why) = unattacked {
        // Whoever names a generator asks for this attack, whether or not the policy does.
        exit = exit.worst(Exit::NOT_SHOWN);
        let _ = writeln!(
            std::io::stderr(),
            "warning: not shown: the generator was not attacked: {why}"
        );
    }
    Ok(Judged { label, decision: verdict.decision, headline: report.headline, exit })
}

/// Why the attack on the generator did not come about, if it did not.
fn unattacked(dossier: &Dossier) -> Option<&str> {
    let of_generator = |not_run: &&NotRun| {
        let claimed = not_run.metric.starts_with("dp-audit.epsilon-");
        let asked = claimed && not_run.reason != NotRunReason::NotApplicable;
        not_run.metric.starts_with("shadow.") || asked
    };
    dossier.not_run.iter().find(of_generator).map(|not_run| not_run.detail.as_str())
}

/// Finds everything the audit needs before any of it is read at length.
fn plan(arguments: &Arguments) -> Result<Plan> {
    let config = config(arguments)?;
    let needed = |what: &str, flag: &str| {
        Error::Usage(format!(
            "no {what}: expected {flag} or a key of audit.toml (`dosimeter init` writes one)"
        ))
    };
    let releases = if arguments.synthetic.is_empty() {
        config.synthetic.into_paths()
    } else {
        arguments.synthetic.clone()
    };
    if releases.is_empty() {
        return Err(needed("released table", "--synthetic FILE"));
    }
    let policy = arguments.policy.clone().or(config.policy).ok_or_else(no_policy)?;
    let schema = arguments.schema.clone().or(config.schema);
    let schema = schema.ok_or_else(|| needed("schema", "--schema FILE"))?;
    if arguments.no_real {
        return Err(Error::Usage(
            "--no-real: what a release leaks and what it is good for are both measured against the real table, \
             and utility needs the holdout or train as well: expected --real (a finding that was measured before is \
             judged without real records by `dosimeter check EVIDENCE`)"
                .into(),
        ));
    }
    let real = arguments.real.clone().or(config.real);
    let real = real.ok_or_else(|| needed("real table", "--real FILE"))?;
    let labels: Vec<String> = releases.iter().map(|path| stem(path)).collect();
    check_labels(&labels)?;
    let out = arguments.out.clone().or(config.out);
    let generator = generator(
        arguments.generator.as_deref().or(config.generator.as_deref()),
        arguments.generator_state.as_deref().or(config.generator_state.as_deref()),
    )?;
    let manifest = arguments.manifest.clone().or(config.manifest);
    if manifest.is_some() && releases.len() > 1 {
        return Err(Error::Usage(
            "a manifest is of one release: expected each beside its table, as NAME.manifest.json"
                .into(),
        ));
    }
    let waivers = arguments.waivers.clone().or(config.waivers);
    // A flag of either kind replaces both keys of the file.
    let asked = arguments.population.is_some() || arguments.sampling_fraction.is_some();
    let population = if asked { arguments.population.clone() } else { config.population };
    let fraction = if asked { arguments.sampling_fraction } else { config.sampling_fraction };
    fraction.map_or(Ok(()), check_sampling_fraction)?;
    let skips = arguments.skip_utility || config.skip_utility;
    let subfolders: &[String] = if labels.len() > 1 { &labels } else { &[] };
    Ok(Plan {
        out: out.map(|out| Folder::claim(&out, subfolders, arguments.force)).transpose()?,
        policy: load_policy(&policy)?,
        circumstances: arguments.circumstance.circumstances(load_waivers(waivers.as_deref())?)?,
        schema: Schema::parse(&read_text(&schema)?, &schema.display().to_string())?,
        attacks: attacks(config.attack)?,
        measures: measures(config.utility)?.into_iter().filter(|_| !skips).collect(),
        manifest,
        generator,
        claim: claim::asked(
            arguments.epsilon.or(config.epsilon),
            arguments.delta.or(config.delta),
        )?,
        seed: seed(arguments.seed.or(config.seed))?,
        holdout: arguments.holdout.clone().or(config.holdout),
        population,
        sampling_fraction: fraction,
        real,
        releases,
    })
}

/// The generator that is run again, and where its runs are kept.
fn generator(line: Option<&str>, state: Option<&Path>) -> Result<Option<Generator>> {
    let Some(line) = line else {
        return match state {
            None => Ok(None),
            Some(_) => Err(Error::Usage(
                "--generator-state keeps runs of a generator: expected --generator, too".into(),
            )),
        };
    };
    let mut generator = Generator::parse(line)?;
    generator.state = state.map(State::open).transpose()?;
    Ok(Some(generator))
}

/// The seed, in the range that JSON keeps exactly.
fn seed(asked: Option<u64>) -> Result<u64> {
    let seed = asked.unwrap_or(0);
    if seed > super::LARGEST_SEED {
        return Err(Error::Usage(format!("seed: expected 0 to {}", super::LARGEST_SEED)));
    }
    Ok(seed)
}

/// The named audit file, else ./audit.toml; nothing when the flags name the tables themselves.
fn config(arguments: &Arguments) -> Result<Config> {
    let default = Path::new("audit.toml");
    match &arguments.config {
        Some(path) => Config::read(path),
        None if arguments.real.is_some() && !arguments.synthetic.is_empty() => {
            Ok(Config::default())
        }
        None if default.exists() => Config::read(default),
        None => Ok(Config::default()),
    }
}

/// Nobody should have to guess which policy applies: the error lists the presets and for whom they are.
fn no_policy() -> Error {
    let mut text =
        String::from("no policy: expected --policy with one of these presets, or a file");
    for preset in crate::policy::PRESETS {
        let audience = preset.policy().ok().and_then(|policy| policy.audience);
        text.push_str(&format!("\n  {:16} {}", preset.id, audience.unwrap_or_default()));
    }
    Error::Usage(text)
}

/// Two releases of one name would overwrite each other's folder.
fn check_labels(labels: &[String]) -> Result<()> {
    let mut seen = std::collections::BTreeSet::new();
    match labels.iter().find(|label| !seen.insert(label.as_str())) {
        None => Ok(()),
        Some(label) => Err(Error::Usage(format!(
            "two releases are called `{label}`: expected different file names, since each has its \
             own folder"
        ))),
    }
}

/// The registry's attacks with the parameters of `[attack.<id>]`.
fn attacks(mut overrides: toml::Table) -> Result<Vec<Box<dyn Attack>>> {
    let known: Vec<&str> = ATTACKS.iter().map(|entry| entry.info.id).collect();
    let attacks = ATTACKS.iter().map(|entry| {
        let id = entry.info.id;
        entry.attack(taken(&mut overrides, "attack", id)?).map_err(|e| unfit("attack", id, &e))
    });
    let attacks = attacks.collect::<Result<_>>()?;
    refuse_others("attack", &overrides, &known).map(|()| attacks)
}

/// The registry's measures of utility with the parameters of `[utility.<id>]`.
fn measures(mut overrides: toml::Table) -> Result<Vec<Box<dyn Utility>>> {
    let known: Vec<&str> = UTILITIES.iter().map(|entry| entry.info.id).collect();
    let measures = UTILITIES.iter().map(|entry| {
        let id = entry.info.id;
        entry.measure(taken(&mut overrides, "utility", id)?).map_err(|e| unfit("utility", id, &e))
    });
    let measures = measures.collect::<Result<_>>()?;
    refuse_others("utility", &overrides, &known).map(|()| measures)
}

/// The parameters of `[section.id]`, taken out.
fn taken(overrides: &mut toml::Table, section: &str, id: &str) -> Result<toml::Table> {
    match overrides.remove(id) {
        None => Ok(toml::Table::new()),
        Some(toml::Value::Table(table)) => Ok(table),
        Some(_) => Err(Error::Usage(format!("expected [{section}.{id}] to be a table"))),
    }
}

fn unfit(section: &str, id: &str, error: &toml::de::Error) -> Error {
    Error::Usage(format!("[{section}.{id}]: {}", error.message().trim()))
}

/// Whatever is left names nothing.
fn refuse_others(section: &str, overrides: &toml::Table, known: &[&str]) -> Result<()> {
    match overrides.keys().next() {
        None => Ok(()),
        Some(unknown) => Err(Error::Usage(format!(
            "unknown {section} `{unknown}` in [{section}.{unknown}]{}",
            did_you_mean(unknown, known.iter().copied())
        ))),
    }
}

/// Reads the tables, and runs the attacks and the measures on one release.
fn measure(
    plan: &Plan,
    path: &Path,
    display: Display,
) -> Result<(Dossier, Vec<(&'static str, f64)>)> {
    let report = |step: Step<'_>| display.step(step);
    let progress = Progress::new(&report);
    progress.begin("read", 1);
    let mut files = vec![(Sample::Train, plan.real.as_path()), (Sample::Synthetic, path)];
    if let Some(holdout) = &plan.holdout {
        files.push((Sample::Holdout, holdout));
    }
    if let Some(population) = &plan.population {
        files.push((Sample::Population, population));
    }
    let sha256 = file_digest(path)?;
    let manifest = claim::manifest(plan.manifest.as_deref(), path, sha256)?;
    let mut tables = read_tables(&files, &plan.schema)?.into_iter();
    if file_digest(path)? != sha256 {
        return Err(Error::input(path, "the file changed while it was read: audit it again"));
    }
    let (Some(train), Some(synthetic)) = (tables.next(), tables.next()) else {
        return Err(Error::Usage("no table was read".into()));
    };
    let holdout = plan.holdout.as_ref().and_then(|_| tables.next());
    let mut audit = Audit::new(plan.schema.clone(), train, holdout, synthetic, plan.seed)?;
    if let Some(population) = tables.next() {
        audit = audit.with_population(population)?;
    }
    if let Some(fraction) = plan.sampling_fraction {
        audit = audit.with_sampling_fraction(fraction)?;
    }
    audit.manifest = manifest;
    audit.claim = claim::claim(audit.manifest.as_ref(), plan.claim, plan.generator.as_ref())?;
    audit.generator = plan.generator.clone().map(|generator| match audit.claim {
        Some(claim) => generator.claiming(claim),
        None => generator,
    });
    let release = Release { name: name(path), sha256 };
    let dossier = run_audit(&audit, &release, &plan.attacks, &plan.measures, &progress);
    Ok((dossier, display.finish()))
}

/// Writes what one release's audit leaves behind; only the evidence and internal reports are private.
fn write(folder: &Folder, evidence: &str, report: &Report, seconds: &[(&str, f64)]) -> Result<()> {
    let render = |render: fn(&Report, &mut dyn std::io::Write) -> Result<()>| {
        let mut text = Vec::new();
        render(report, &mut text)?;
        Ok::<_, Error>(String::from_utf8_lossy(&text).into_owned())
    };
    let access = if report.tier == Tier::Internal { Access::Private } else { Access::Shared };
    folder.write(&[
        ("evidence.json", Access::Private, evidence),
        ("summary.md", access, &render(render_markdown)?),
        ("runtime.json", Access::Shared, &runtime(report, seconds)?),
        ("report.json", access, &render(render_json)?),
    ])
}

/// What is true of the run and not of the release: never part of the evidence.
fn runtime(report: &Report, seconds: &[(&str, f64)]) -> Result<String> {
    let stages: Vec<_> = seconds
        .iter()
        .map(|(stage, seconds)| serde_json::json!({"stage": stage, "seconds": seconds}))
        .collect();
    let runtime = serde_json::json!({
        "tool": report.tool,
        "finished": report.issued,
        "threads": rayon::current_num_threads(),
        "stages": stages,
    });
    canonical_json(&runtime).map_err(|source| Error::io("runtime", "write", source))
}

/// The file's name without folder, for the subject of the finding.
fn name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The name up to its first dot: `release.csv.gz` → `release`.
fn stem(path: &Path) -> String {
    let name = name(path);
    name.split('.').find(|part| !part.is_empty()).unwrap_or("release").to_owned()
}

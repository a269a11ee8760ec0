//! A claimed ε: contradicted, not contradicted, or not shown; a generator that misbehaves clears nothing.

#![cfg(unix)]

use dosimeter::evidence::Measure;
use dosimeter::policy::{PRESETS, Policy};
use dosimeter::synth::Manifest;

use super::support::{Case, measure};

/// Two columns of thirty public levels, persons in a corner of them, and a rule on the claim.
fn case() -> Case {
    let case = Case::empty();
    let line = |i: usize| format!("v{:02},v{:02}\n", i * i % 7, i * 3 % 5);
    let table =
        |rows: std::ops::Range<usize>| format!("a,b\n{}", rows.map(line).collect::<String>());
    case.write("train.csv", table(0..240));
    case.write("holdout.csv", table(240..360));
    case.write("release.csv", table(360..600));
    let levels: Vec<String> = (0..30).map(|level| format!("'v{level:02}'")).collect();
    let column =
        |name| format!("[columns.{name}]\nkind = 'categorical'\nlevels = [{}]\n", levels.join(","));
    case.write("schema.toml", format!("reviewed-by = 'a test'\n{}{}", column("a"), column("b")));
    case.write(
        "policy.toml",
        "schema = 1\nid = 'claim'\nversion = '1.0.0'\ntitle = 'The claim stands'\nbasis = 'house'\n\
         source = 'a test'\n[[rule]]\nid = 'claim'\nmetric = 'dp-audit.epsilon-excess'\n\
         scope = 'all'\nop = 'le'\nlimit = 0\nseverity = 'block'\n",
    );
    case.write(
        "audit.toml",
        "real = 'train.csv'\nholdout = 'holdout.csv'\nsynthetic = 'release.csv'\n\
         schema = 'schema.toml'\npolicy = 'policy.toml'\nout = 'out'\n\
         [attack.dp-audit]\ncanaries = 400\nrun-seconds = 20\n\
         [attack.shadow]\ntargets = 1\ntraining = 20\nvalidation = 10\ntest = 10\nqueries = 20\n\
         run-seconds = 20\n",
    );
    case
}

/// A histogram with geometric noise on every public cell: ε-differentially private. `NOISE` is what the
/// noise is multiplied by. Its last cell fills up what is missing of the rows that are asked for.
const HISTOGRAM: &str = "awk -F, -v e=\"$2\" -v asked=\"$3\" -v s=\"$4\" '
BEGIN { srand(s); stays = exp(-e / NOISE) }
function one(  n) { n = 0; while (rand() < stays) n++; return n }
NR > 1 { count[$1 \",\" $2]++ }
END { print \"a,b\"
  for (i = 0; i < 30; i++) for (j = 0; j < 30; j++) {
    cell = sprintf(\"v%02d,v%02d\", i, j); n = count[cell] + one() - one()
    for (k = 0; k < n; k++) { print cell; made++ } }
  for (; made < asked; made++) print cell }' \"$1\" > \"$5\"\n";

/// The script as a generator that is told what is claimed.
fn script(case: &Case, text: &str) -> String {
    case.write("make.sh", text);
    "sh make.sh {train} {epsilon} {rows} {seed} {synthetic} {delta}".to_owned()
}

fn histogram(case: &Case, noise: &str) -> String {
    script(case, &HISTOGRAM.replace("NOISE", noise))
}

const CLAIM: [&str; 5] = ["--epsilon", "1", "--delta", "0", "--force"];

fn audit(case: &Case, generator: &str) -> super::support::Run {
    case.audit(&[&["--generator", generator][..], &CLAIM].concat())
}

#[test]
fn an_honest_claim_is_not_contradicted_and_half_the_noise_is() {
    let case = case();
    let honest = histogram(&case, "1");
    audit(&case, &honest).exits(0).prints(&[
        "not contradicted",
        "half the noise would have been noticed",
        "policy met",
    ]);
    let evidence = case.read("out/evidence.json");
    assert!(evidence.contains("coins-sha256") && !evidence.contains("make.sh"));
    let half = histogram(&case, "0.5");
    audit(&case, &half).exits(1).prints(&["contradicted: limit-exceeded", "policy NOT met"]);
}

/// The coins are told before anything runs.
#[test]
fn the_coins_are_committed_to_on_standard_error() {
    let case = case();
    let generator = histogram(&case, "1");
    let flags = [&["audit", "--generator", &generator][..], &CLAIM].concat();
    let run = case.run(&flags);
    let told = run.stderr.lines().find(|line| line.contains("coins committed")).unwrap();
    let digest = told.rsplit(' ').next().unwrap();
    assert!(digest.len() == 64 && case.read("out/evidence.json").contains(digest), "{told}");
}

/// Who releases the records contradicts every claim; who ignores them gives no signal and is not blamed.
#[test]
fn extremes() {
    let case = case();
    let copy = script(&case, "cat \"$1\" > \"$5\"; tail -n +2 \"$1\" >> \"$5\"; : $2 $3 $4\n");
    audit(&case, &copy).exits(1).prints(&["contradicted"]);
    let constant = "{ echo a,b; yes v01,v01 | head -n \"$3\"; } > \"$5\"; : \"$1\" $2 $4\n";
    let constant = script(&case, constant);
    audit(&case, &constant).exits(3).prints(&["weak-attack", "NOT have been noticed"]);
}

#[test]
fn without_a_claim_or_a_generator_nothing_is_shown() {
    let case = case();
    case.audit(&[]).exits(3).prints(&["missing: not-measured", "nothing claims"]);
    case.audit(&CLAIM).exits(3).prints(&["missing: no-generator"]);
    // Told no ε, it cannot be asked for half its noise.
    case.write("make.sh", "cat \"$1\" > \"$2\"\n");
    case.write("constant.sh", "{ echo a,b; yes v01,v01 | head -n \"$3\"; } > \"$2\"; : \"$1\"\n");
    let deaf = "sh constant.sh {train} {synthetic} {rows}";
    audit(&case, deaf).exits(3).prints(&["uncalibrated", "{epsilon}"]);
    // Told an ε that nobody claims.
    let told = "sh make.sh {train} {synthetic} {epsilon}";
    case.audit(&["--generator", told, "--force"]).exits(3).says(&["nothing claims them"]);
}

#[test]
fn a_generator_that_misbehaves_never_clears_a_claim() {
    let case = case();
    for (text, words) in [
        ("exit 1\n", "exit code 1"),
        ("kill -SEGV $$\n", "ended by a signal"),
        ("true\n", "wrote no table"),
        ("echo Zephyrine > \"$5\"\n", "does not fit the schema"),
        ("head -n 30 \"$1\" > \"$5\"\n", "too few rows"),
        ("head -c 300 /dev/zero > \"$5\"\n", "does not fit the schema"),
    ] {
        let line = script(&case, text);
        let run = audit(&case, &line);
        run.exits(3).says(&["not shown", words]).prints(&["inconclusive: attack-error"]);
        assert!(!run.stdout.contains("Zephyrine") && !run.stderr.contains("Zephyrine"), "{text}");
    }
    case.edit("audit.toml", |text| text.replace("run-seconds = 20", "run-seconds = 1"));
    let hangs = script(&case, "sleep 600\n");
    audit(&case, &hangs).exits(3).says(&["did not end within 1 s"]);
}

#[test]
fn claims_that_mean_nothing_or_differ_are_refused() {
    let case = case();
    case.refused(&["--epsilon", "0", "--delta", "0"], &["above 0"]);
    case.refused(&["--epsilon", "NaN", "--delta", "0"], &["above 0"]);
    case.refused(&["--epsilon", "1", "--delta", "1"], &["below 1"]);
    case.refused(&["--epsilon", "1"], &["--delta"]);
    case.edit("audit.toml", |text| text.replace("out = 'out'", "out = 'out'\nepsilon = 1.0"));
    case.refused(&[], &["together"]);
}

/// The worked example: the default method under a budget, and the audit of its claim. Forty runs cannot notice
/// half the noise of ε = 1, so that nothing is shown; the ledger is that of the manifest.
#[test]
fn a_release_of_the_house_carries_its_claim_and_its_ledger_into_the_audit() {
    let case = Case::new();
    let budget = ["--epsilon", "1", "--delta", "1e-6", "-o", "made.csv"];
    let run = case.run(&[&["synth", "train.csv", "--schema", "schema.toml"][..], &budget].concat());
    run.exits(0).prints(&["by `mst`", "-differential privacy"]);
    case.edit("audit.toml", |text| {
        text + "[attack.dp-audit]\ncanaries = 100\nguesses-in = 10\nguesses-out = 10\nruns = 1\n\
                measured-columns = 2\nmeasured-runs = 40\nqueries = 10\n"
    });
    let run = case.audit(&["--synthetic", "made.csv", "--policy", "dp-claim"]);
    assert!(matches!(run.code, Some(1 | 3)), "never met: {run:?}");
    let report = case.json("out/report.json");
    let outcome = |rule: &str| {
        let findings = report["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["rule"] == rule).unwrap();
        finding["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!([outcome("claim"), outcome("ledger")], ["inconclusive", "pass"]);
    let manifest = Manifest::from_json(&case.read("made.csv.manifest.json")).unwrap();
    let evidence = case.evidence("out/evidence.json");
    let Measure::Exact { value } = measure(&evidence, "dp-audit.ledger-excess") else { panic!() };
    assert!(value.abs() < 1e-6, "{value}");
    let ledger = evidence.evidence.iter().find(|fact| fact.metric == "dp-audit.ledger-excess");
    let steps = format!("in {} steps", manifest.ledger.len());
    assert!(manifest.ledger.len() > 20 && ledger.unwrap().notes[0].ends_with(&steps));
    let claimed = evidence.claim.unwrap().privacy.unwrap();
    assert!(claimed.epsilon <= 1.0 && claimed.epsilon > 0.98, "{claimed:?}");
    let words = "computed from the real records";
    assert!(evidence.caveats.iter().any(|caveat| caveat.contains(words)));
    assert!(case.read("out/summary.md").contains(words));
}

/// Whoever knows the seed takes the noise off: no preset that judges is met, whatever its rules find.
#[test]
fn noise_from_a_seed_is_refused_by_every_preset() {
    let case = Case::new();
    let made =
        ["synth", "train.csv", "--method", "mst", "--schema", "schema.toml", "-o", "made.csv"];
    let seeded = ["--epsilon", "1", "--delta", "1e-6", "--insecure-seed"];
    case.run(&[&made[..], &seeded].concat()).exits(0);
    let words = "the noise of the release came from a seed";
    let policy = ["--synthetic", "made.csv", "--policy", PRESETS[0].id];
    case.audit(&policy).exits(1).prints(&["policy NOT met", words]);
    assert!(case.evidence("out/evidence.json").claim.unwrap().seeded_noise);
    assert!(case.read("out/summary.md").contains(words));
    for preset in PRESETS {
        let advisory = Policy::parse(preset.text, preset.id).unwrap().advisory;
        let check = case.run(&["check", "out/evidence.json", "--policy", preset.id]);
        check.exits(if advisory { 0 } else { 1 });
        assert!(advisory || check.stdout.contains(words), "{}: {check:?}", preset.id);
    }
}

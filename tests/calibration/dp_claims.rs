//! Mechanisms whose privacy is known, through the whole audit of a claim: the true claim is contradicted no
//! oftener than its confidence allows, half the noise and a domain read off the records are.

use std::io::Write;
use std::sync::Arc;

use dosimeter::Audit;
use dosimeter::attack::{Attack, DpAudit};
use dosimeter::audit::Progress;
use dosimeter::evidence::{Design, Evidence, Measure};
use dosimeter::random::Seed;
use dosimeter::stats::{
    Confidence, Guesses, binomial_upper_tail, independent_epsilon_lower,
    independent_gaussian_epsilon_lower, independent_mu_lower, one_run_epsilon_lower,
};
use dosimeter::synth::dp::Planted;
use dosimeter::synth::{Asked, Claim, Function, Generator, Method};
use dosimeter::table::{Column, Sample, Schema, Table, Values};
use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::band::allowed;
use super::rounds;

/// Levels of each of two columns.
const LEVELS: usize = 40;

fn level(place: usize) -> String {
    format!("v{place:02}")
}

fn schema() -> Schema {
    let levels: Vec<String> = (0..LEVELS).map(|place| format!("'{}'", level(place))).collect();
    let column = |name| {
        format!("[columns.{name}]\nkind = 'categorical'\nlevels = [{}]\n", levels.join(", "))
    };
    Schema::parse(&(column("a") + &column("b")), "schema.toml").unwrap()
}

/// A table of the given cells, each a level of a and one of b.
fn table(cells: &[(usize, usize)], sample: Sample, schema: &Schema) -> Table {
    let column = |(name, places): (&str, Vec<usize>)| {
        let mut used = places.clone();
        used.sort_unstable();
        used.dedup();
        let code = |place: &usize| used.binary_search(place).unwrap() as u32;
        let codes = places.iter().map(code).collect();
        let levels = used.iter().map(|&place| level(place).into_boxed_str()).collect();
        Column {
            name: name.into(),
            schema: schema.column(name).unwrap().clone(),
            values: Values::Labels { codes, levels },
            raw_range: None,
            uncoded: None,
        }
    };
    let (a, b) = cells.iter().copied().unzip();
    Table { sample, columns: [("a", a), ("b", b)].map(column).into(), rows: cells.len() }
}

fn cells(table: &Table) -> Vec<(usize, usize)> {
    let places = |column: &str| -> Vec<usize> {
        let Values::Labels { codes, levels } = &table.column(column).unwrap().values else {
            panic!("labels")
        };
        let place = |&code: &u32| levels[code as usize][1..].parse().unwrap();
        codes.iter().map(place).collect()
    };
    places("a").into_iter().zip(places("b")).collect()
}

/// P[X = x] ∝ e^{−ε|x|}, the difference of two geometric numbers: ε-differentially private on a count.
fn geometric(epsilon: f64, rng: &mut ChaCha12Rng) -> i64 {
    let stays = (-epsilon).exp();
    let mut one = || (0..).take_while(|_| rng.random::<f64>() < stays).count() as i64;
    one() - one()
}

/// A histogram over the cells of both columns with geometric noise, and what is wrong with it.
#[derive(Clone, Copy)]
struct Histogram {
    /// The noise in units of what ε asks for.
    noise: f64,
    /// Whether cells without a record are released, too: the domain is public.
    all_cells: bool,
}

const CORRECT: Histogram = Histogram { noise: 1.0, all_cells: true };

impl Histogram {
    fn make(self, train: &Table, schema: &Schema, asked: Asked) -> Table {
        let epsilon = asked.claim.unwrap().epsilon / self.noise;
        let mut counts = vec![0_i64; LEVELS * LEVELS];
        cells(train).into_iter().for_each(|(a, b)| counts[a * LEVELS + b] += 1);
        let mut rng = asked.seed.rng();
        let mut made = Vec::new();
        for (cell, count) in counts.into_iter().enumerate() {
            if count > 0 || self.all_cells {
                let noisy = (count + geometric(epsilon, &mut rng)).max(0) as usize;
                made.extend(std::iter::repeat_n((cell / LEVELS, cell % LEVELS), noisy));
            }
        }
        table(&made, Sample::Synthetic, schema)
    }
}

/// An audit of persons in a corner of the table, whose release claims this of this generator.
fn claiming(generator: Generator, claim: Claim, round: u64) -> Audit {
    let schema = schema();
    let corner: Vec<(usize, usize)> = (0..300).map(|i| (i % 7, i * i % 5)).collect();
    let [train, released] =
        [Sample::Train, Sample::Synthetic].map(|sample| table(&corner, sample, &schema));
    let mut audit = Audit::new(schema, train, None, released, round).unwrap();
    audit.generator = Some(generator);
    audit.claim = Some(claim);
    audit
}

/// What the attack finds against the claim, adversary by adversary.
fn attacked(attack: &DpAudit, audit: &Audit, round: u64) -> Vec<Evidence> {
    let seed = Seed::new(round).part("dp claims");
    let mut facts = attack.run(audit, seed, &Progress::new(&|_| {})).unwrap();
    facts.retain(|fact| fact.metric == "dp-audit.epsilon-excess");
    facts
}

/// The lower limits of ε at this confidence, as audited and at half the noise.
fn limits(fact: &Evidence, confidence: f64) -> (f64, f64) {
    let Measure::Guesses { design, canaries, made, right, delta, half_noise, .. } = fact.measure
    else {
        panic!("{fact:?}")
    };
    let confidence = Confidence::new(confidence).unwrap();
    let lower = |right| {
        let guesses = Guesses { canaries, made, right };
        let lower = match design {
            Design::OneRun => one_run_epsilon_lower(guesses, delta, confidence),
            Design::IndependentRuns => independent_epsilon_lower(guesses, delta, confidence),
            Design::GaussianRuns => independent_gaussian_epsilon_lower(guesses, delta, confidence),
        };
        lower.unwrap()
    };
    (lower(right), lower(half_noise.unwrap().successes))
}

/// The same of a histogram that claims ε = 1, told from one run.
fn audited(mechanism: Histogram, round: u64, confidence: f64) -> (f64, f64) {
    let make = move |train: &Table, schema: &Schema, asked: Asked| {
        Ok(mechanism.make(train, schema, asked))
    };
    let function = Function { name: "histogram".into(), takes_claim: true, make: Arc::new(make) };
    let generator = Generator { method: Method::Function(function), state: None, claim: None };
    let audit = claiming(generator, Claim::new(1.0, 0.0).unwrap(), round);
    let attack = DpAudit { queries: 20, ..DpAudit::default() };
    limits(&attacked(&attack, &audit, round)[0], confidence)
}

/// What adversaries with access to the noisy measurements find of a method with these bugs.
fn measured(
    method: &str,
    planted: Planted,
    claim: Claim,
    (columns, runs): (usize, Option<u64>),
    round: u64,
) -> Vec<Evidence> {
    let text = format!("builtin:{method} epsilon=1 delta=1e-6");
    let mut generator = Generator::parse(&text).unwrap();
    generator = generator.claiming(claim);
    let Method::Builtin(builtin) = &mut generator.method else { panic!("a method of the house") };
    builtin.planted = planted;
    let attack = DpAudit {
        canaries: 20,
        guesses_in: 5,
        guesses_out: 5,
        runs: 1,
        queries: 2,
        measured_columns: Some(columns),
        measured_runs: runs,
        ..DpAudit::default()
    };
    attacked(&attack, &claiming(generator, claim, round), round)
}

fn of<'a>(facts: &'a [Evidence], about: &str) -> &'a Evidence {
    facts.iter().find(|fact| fact.about.as_deref() == Some(about)).unwrap()
}

const ADVERSARIES: [&str; 3] = ["noisy measurements", "number of rows", "domain"];

/// Shown with `--nocapture`, for the figures of a long series.
fn report(text: &str) {
    let _ = writeln!(std::io::stderr(), "dp claims, {text}");
}

/// The claim of the correct mechanism is contradicted at 95 % in no more than one round in twenty, though it
/// gives the adversary all that ε allows; half its noise is noticed at 99 % in most.
#[test]
fn a_true_claim_is_not_contradicted_and_half_the_noise_is_noticed() {
    let rounds = rounds(8);
    let found: Vec<(f64, f64)> = (0..rounds).map(|round| audited(CORRECT, round, 0.95)).collect();
    let contradicted = found.iter().filter(|(claimed, _)| *claimed > 1.0).count() as u64;
    let noticed = found.iter().filter(|(_, half)| *half > 1.0).count() as u64;
    report(&format!("of {rounds}: contradicted {contradicted}, half the noise noticed {noticed}"));
    let chance = binomial_upper_tail(contradicted, rounds, 0.05).unwrap();
    assert!(chance > 0.005, "{contradicted} of {rounds}");
    assert!(10 * noticed >= 9 * rounds, "{noticed} of {rounds}");
}

/// Claimed 1 with half the noise, and a domain that is read off the records: contradicted at 99 %.
#[test]
fn planted_bugs_are_contradicted() {
    let rounds = rounds(4);
    let half = Histogram { noise: 0.5, ..CORRECT };
    let seen_cells = Histogram { all_cells: false, ..CORRECT };
    for (name, bug) in [("half the noise", half), ("domain of the records", seen_cells)] {
        let seen = (0..rounds).filter(|&round| audited(bug, round, 0.99).0 > 1.0).count() as u64;
        report(&format!("{name}: contradicted in {seen} of {rounds}"));
        assert!(10 * seen >= 9 * rounds, "{name}: {seen} of {rounds}");
    }
}

/// A large budget, of which half the noise is noticed in some six hundred runs.
fn large() -> Claim {
    Claim::new(4.0, 1e-3).unwrap()
}

/// `mst` as it is: no adversary contradicts it, and the noisy measurements at half the noise are noticed.
#[test]
fn mst_is_not_contradicted_and_half_its_noise_is_noticed() {
    let rounds = rounds(2);
    let (mut contradicted, mut noticed) = (0, 0);
    for round in 0..rounds {
        let facts = measured("mst", Planted::default(), large(), (4, None), round);
        // Three adversaries share the risk.
        let above = |about: &&str| limits(of(&facts, about), 1.0 - 0.05 / 3.0).0 > large().epsilon;
        contradicted += u64::from(ADVERSARIES.iter().any(above));
        noticed += u64::from(limits(of(&facts, ADVERSARIES[0]), 0.99).1 > large().epsilon);
    }
    report(&format!(
        "mst, of {rounds}: contradicted {contradicted}, half the noise noticed {noticed}"
    ));
    assert!(contradicted <= allowed(rounds, 0.05), "{contradicted} of {rounds}");
    assert!(10 * noticed >= 9 * rounds, "{noticed} of {rounds}");
}

/// Half the noise; the √d of eight columns forgotten; the exact number of rows; levels off the records: each is
/// contradicted by the adversary who looks there, at the 99.75 % of one of four who share a risk of 1 %.
#[test]
fn bugs_planted_in_mst_are_contradicted() {
    let rounds = rounds(1);
    let correct = Planted::default();
    let half = Planted { variance_divided_by: 4, ..correct };
    let forgotten = Planted { variance_divided_by: 8, ..correct };
    let exact = Planted { exact_rows: true, ..correct };
    let levels = Planted { domain_from_data: true, ..correct };
    for (name, planted, columns, about) in [
        ("half the noise", half, 4, ADVERSARIES[0]),
        ("forgotten √d", forgotten, 8, ADVERSARIES[0]),
        ("exact number of rows", exact, 4, ADVERSARIES[1]),
        ("levels of the records", levels, 4, ADVERSARIES[2]),
    ] {
        let seen = |round: &u64| {
            let facts = measured("mst", planted, large(), (columns, None), *round);
            limits(of(&facts, about), 0.9975).0 > large().epsilon
        };
        let seen = (0..rounds).filter(seen).count() as u64;
        report(&format!("mst, {name}: contradicted in {seen} of {rounds}"));
        assert!(10 * seen >= 9 * rounds, "{name}: {seen} of {rounds}");
    }
}

/// `aim` of two columns and few rounds, as it is and with half its noise.
#[test]
fn aim_is_not_contradicted_and_half_its_noise_is() {
    let rounds = rounds(1);
    let half = Planted { variance_divided_by: 4, ..Planted::default() };
    let (mut contradicted, mut seen) = (0, 0);
    for round in 0..rounds {
        let of_noise = |planted| {
            let facts = measured("aim rounds=1 steps=20", planted, large(), (2, None), round);
            facts.into_iter().find(|fact| fact.about.as_deref() == Some(ADVERSARIES[0])).unwrap()
        };
        let correct = limits(&of_noise(Planted::default()), 0.95).0;
        contradicted += u64::from(correct > large().epsilon);
        seen += u64::from(limits(&of_noise(half), 0.99).0 > large().epsilon);
    }
    report(&format!("aim, of {rounds}: contradicted {contradicted}, half the noise {seen}"));
    assert!(contradicted <= allowed(rounds, 0.05), "{contradicted} of {rounds}");
    assert!(10 * seen >= 9 * rounds, "{seen} of {rounds}");
}

/// How much of its budget the audit of `mst` sees at (1, 10⁻²) on two columns, between which there is nothing to
/// choose: μ of its measurements is √(2ρ) = 0.4548, ρ = 0.1034. The 95 % limit of μ lies within its own error, and
/// comes within a tenth in a long series.
#[test]
fn the_audit_of_mst_sees_what_it_spends() {
    let runs = 500 * rounds(4);
    let claim = Claim::new(1.0, 1e-2).unwrap();
    let facts = measured("mst", Planted::default(), claim, (2, Some(runs)), 1);
    let Measure::Guesses { canaries, made, right, .. } = of(&facts, ADVERSARIES[0]).measure else {
        panic!("guesses")
    };
    let guesses = Guesses { canaries, made, right };
    let mu = independent_mu_lower(guesses, Confidence::new(0.95).unwrap()).unwrap();
    report(&format!("mst at (1, 1e-2): μ at least {mu:.3} after {runs} runs, of 0.4548"));
    // Three errors of the estimated μ below its 95 % limit: 2·0.5/√runs/φ(0.227) each 2.572/√runs.
    let certain = independent_mu_lower(guesses, Confidence::new(0.9999).unwrap()).unwrap();
    assert!(certain <= 0.4549, "{certain}: more than ρ allows");
    assert!(mu >= 0.4548 - (1.645 + 3.0) * 2.572 / (runs as f64).sqrt(), "{mu}");
    assert!(mu >= 0.40 || runs < 100_000, "{mu}");
}

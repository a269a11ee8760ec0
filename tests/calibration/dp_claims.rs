//! Mechanisms whose privacy is known, through the whole audit of a claim: the true claim is contradicted no
//! oftener than its confidence allows, half the noise and a domain read off the records are.

use std::io::Write;
use std::sync::Arc;

use dosimeter::Audit;
use dosimeter::attack::{Attack, DpAudit};
use dosimeter::audit::Progress;
use dosimeter::evidence::Measure;
use dosimeter::random::Seed;
use dosimeter::stats::{Confidence, Guesses, binomial_upper_tail, one_run_epsilon_lower};
use dosimeter::synth::{Asked, Claim, Function, Generator, Method};
use dosimeter::table::{Column, Sample, Schema, Table, Values};
use rand::RngExt;
use rand_chacha::ChaCha12Rng;

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

/// The lower limits of ε at this confidence, as audited and at half the noise, of a mechanism that claims ε = 1.
fn audited(mechanism: Histogram, round: u64, confidence: f64) -> (f64, f64) {
    let schema = schema();
    let corner: Vec<(usize, usize)> = (0..300).map(|i| (i % 7, i * i % 5)).collect();
    let [train, released] =
        [Sample::Train, Sample::Synthetic].map(|sample| table(&corner, sample, &schema));
    let mut audit = Audit::new(schema, train, None, released, round).unwrap();
    let make = move |train: &Table, schema: &Schema, asked: Asked| {
        Ok(mechanism.make(train, schema, asked))
    };
    let function = Function { name: "histogram".into(), takes_claim: true, make: Arc::new(make) };
    audit.generator =
        Some(Generator { method: Method::Function(function), state: None, claim: None });
    audit.claim = Some(Claim::new(1.0, 0.0).unwrap());
    let attack = DpAudit { queries: 20, ..DpAudit::default() };
    let seed = Seed::new(round).part("dp claims");
    let facts = attack.run(&audit, seed, &Progress::new(&|_| {})).unwrap();
    let fact = facts.iter().find(|fact| fact.metric == "dp-audit.epsilon-excess").unwrap();
    let Measure::Guesses { canaries, made, right, delta, half_noise, .. } = fact.measure else {
        panic!("{fact:?}")
    };
    let lower = |right| {
        let confidence = Confidence::new(confidence).unwrap();
        one_run_epsilon_lower(Guesses { canaries, made, right }, delta, confidence).unwrap()
    };
    (lower(right), lower(half_noise.unwrap().successes))
}

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

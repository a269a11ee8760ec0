//! The criteria of WP216: what Giomi et al. (PoPETs 2023(2):312) and the documentation of the known implementation
//! print of singling out, linkability and inference.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::io::Write;

use dosimeter::Audit;
use dosimeter::attack::{ATTACKS, isolation_integral};
use dosimeter::audit::Progress;
use dosimeter::evidence::{Evidence, Measure};
use dosimeter::random::Seed;
use dosimeter::stats::residual_risk;
use dosimeter::table::{Sample, Schema, Table, read_raw, type_table};

/// I(n; a, b): how often predicates of weight a to b isolate one of n persons.
#[test]
fn the_correction_for_sizes_has_the_published_values() {
    let published =
        [(1000, 0.0, 0.001, 0.000_264_344_805_65), (5000, 0.0, 0.0005, 0.000_142_547_904_32)];
    for (n, a, b, value) in published {
        assert!((isolation_integral(n, a, b) - value).abs() < 5e-15, "{n}");
    }
    // The same by adding up n·w·(1 − w)^(n − 1) at the middle of a million steps.
    let step = 0.001 / 1e6;
    let middle = |i: u32| (f64::from(i) + 0.5) * step;
    let sum: f64 = (0..1_000_000).map(middle).map(|w| 1000.0 * w * (1.0 - w).powi(999)).sum();
    assert!((isolation_integral(1000, 0.0, 0.001) - sum * step).abs() < 1e-12);
}

fn table(csv: &str, sample: Sample, schema: &Schema) -> Table {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(csv.as_bytes()).unwrap();
    type_table(&read_raw(file.path()).unwrap(), sample, schema).unwrap()
}

fn facts(attack: &str, parameters: toml::Table, texts: [&str; 3]) -> Vec<Evidence> {
    let [schema, train, released] = texts;
    let schema = Schema::parse(schema, "schema.toml").unwrap();
    let train = table(train, Sample::Train, &schema);
    let released = table(released, Sample::Synthetic, &schema);
    let audit = Audit::new(schema, train, None, released, 0).unwrap();
    let entry = ATTACKS.iter().find(|entry| entry.info.id == attack).unwrap();
    let attack = entry.attack(parameters).unwrap();
    attack.run(&audit, Seed::new(0), &Progress::new(&|_| {})).unwrap()
}

/// The residual risk of an attack that succeeds in .9 ± .02 against a control of .85 ± .02.
#[test]
fn the_residual_risk_has_the_published_value() {
    let (value, half) = residual_risk((0.9, 0.02), (0.85, 0.02));
    assert!((value - 0.333).abs() < 5e-4 && (half - 0.160).abs() < 5e-4, "{value} ± {half}");
}

/// Four records of which the two sources lead to one row with one neighbour for one record, with two for all.
#[test]
fn linkability_of_the_published_toy_tables() {
    let schema = "[columns.p]\nkind = 'continuous'\nlower = 0\nupper = 10\n\
                  [columns.q]\nkind = 'continuous'\nlower = 0\nupper = 10\n\
                  [linkability]\na = ['p']\nb = ['q']\n";
    let texts = [schema, "p,q\n0,0\n0,1\n4,9\n0,4\n", "p,q\n0,0\n1,1\n4,4\n9,9\n"];
    for (neighbours, expected) in [(1, 1.0), (2, 4.0), (3, 4.0), (4, 4.0)] {
        let parameters: toml::Table =
            toml::from_str(&format!("neighbours = {neighbours}")).unwrap();
        match facts("linkability", parameters, texts)[0].measure {
            Measure::Rate { successes, trials, .. } => {
                assert!((successes - expected).abs() < 1e-12 && trials == 4, "{neighbours}");
            }
            ref other => panic!("{other:?}"),
        }
    }
}

/// A negative guess about a positive secret is wrong (a relative error divided by a signed guess takes −100 for 3),
/// and a guess 5 % off is right on either side of zero.
#[test]
fn guesses_of_the_other_sign_are_wrong() {
    let schema = "[columns.k]\nkind = 'categorical'\n\
                  [columns.s]\nkind = 'continuous'\nrole = 'sensitive'\n";
    let texts = [schema, "k,s\na,3\nb,-50\nc,60\nd,2\n", "k,s\na,-100\nb,-52\nc,58\nd,1000\n"];
    match facts("inference", toml::Table::new(), texts)[0].measure {
        Measure::Rate { successes, trials, .. } => {
            assert!((successes - 2.0).abs() < 1e-12 && trials == 4, "{successes}");
        }
        ref other => panic!("{other:?}"),
    }
}

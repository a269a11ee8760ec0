//! Running the generator again: how often chance alone looks like a member who is told.

use std::io::Write;

use dosimeter::Audit;
use dosimeter::attack::{Attack, Shadow};
use dosimeter::audit::Progress;
use dosimeter::evidence::Measure;
use dosimeter::random::Seed;
use dosimeter::synth::Generator;
use dosimeter::table::{Sample, Schema, Table, read_raw, type_table};
use rand::RngExt;

use super::band::most;
use super::rounds;

/// No value is one person's own, so that among six hundred persons one is chance.
const SCHEMA: &str = "[columns.a]\nkind = 'categorical'\n[columns.b]\nkind = 'categorical'\n\
                      [columns.k]\nkind = 'integer'\nlower = 0\nupper = 3\nstep = 1\n";

fn table(seed: Seed, schema: &Schema) -> Table {
    let mut rng = seed.rng();
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    writeln!(file, "a,b,k").unwrap();
    for _ in 0..1200 {
        let level = ["u", "v", "w"][rng.random_range(0..3)];
        let other = ["u", "v", "w"][rng.random_range(0..3)];
        writeln!(file, "{level},{other},{}", rng.random_range(0..4)).unwrap();
    }
    type_table(&read_raw(file.path()).unwrap(), Sample::Train, schema).unwrap()
}

/// Independent marginals of coarse columns: areas that are above ½ by 1.645 errors, and arms whose shares are apart by as
/// many, are no more frequent than one in twenty. What is chosen on the validation runs is forgotten.
#[test]
fn chance_is_told_from_membership() {
    let rounds = rounds(8);
    let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
    let mut above = [0_u64; 2];
    for round in 0..rounds {
        let seed = Seed::new(round).part("shadow calibration");
        let [train, released] = ["train", "released"].map(|name| table(seed.part(name), &schema));
        let mut audit = Audit::new(schema.clone(), train, None, released, round).unwrap();
        audit.generator = Some(Generator::parse("builtin:independent").unwrap());
        let attack = Shadow {
            targets: 2,
            training: 40,
            validation: 20,
            test: 60,
            queries: 30,
            ..Shadow::default()
        };
        let facts = attack.run(&audit, seed, &Progress::new(&|_| {})).unwrap();
        for fact in &facts {
            match fact.measure {
                Measure::Normal { value, standard_error, .. } => {
                    above[0] += u64::from(value - 0.5 > 1.645 * standard_error);
                }
                Measure::Difference { treated, control, .. } => {
                    let [p, q] = [treated, control]
                        .map(|count| count.successes as f64 / count.trials as f64);
                    let (n, pooled) = (treated.trials as f64, (p + q) / 2.0);
                    let error = (2.0 * pooled * (1.0 - pooled) / n).sqrt();
                    above[1] += u64::from(p - q > 1.645 * error && p > q);
                }
                _ => panic!("{fact:?}"),
            }
        }
    }
    writeln!(std::io::stdout(), "area, advantage: {above:?} of {rounds} above").unwrap();
    assert!(above.iter().all(|above| *above <= most(rounds, 0.05)), "{above:?} of {rounds}");
}

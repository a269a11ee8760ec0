//! What is bought, at which price, and that one odd record more changes none of it.

use std::io::Write;

use super::*;
use crate::audit::testing::table;
use crate::random::Seed;
use crate::synth::dp::{Budget, Entry, Planted};
use crate::synth::{Aim, Fitted, Mst, Request, Synthesizer, fit};
use crate::table::{Sample, Table, read_leniently};

fn source<'a>(real: &'a Table, schema: &'a Schema) -> Source<'a> {
    let compared = real.columns.iter().filter(|column| column.schema.role != Role::Subject);
    Source {
        columns: compared.collect(),
        rows: real.rows,
        persons: real.persons(),
        constraints: &[],
        schema,
    }
}

const PAID: Preparation = Preparation { bins: 32, rows_per_person: 1, domain_share: 0.2 };

/// The δ that is set aside is shared by the lists, whatever its last digits are.
#[test]
fn any_number_of_lists_is_paid_for() {
    for lists in [1, 2, 3, 20] {
        let names: Vec<String> = (0..lists).map(|list| format!("c{list}")).collect();
        let columns = names.iter().map(|name| format!("[columns.{name}]\nkind = 'categorical'\n"));
        let schema = Schema::parse(&columns.collect::<String>(), "s").unwrap();
        let row = vec!["a"; lists].join(",");
        let real = table(&format!("{}\n{row}\n{row}\n", names.join(",")), Sample::Train, &schema);
        for delta in [1e-5, 3e-6, 1e-6, 7.7e-8, 1e-9] {
            let budget = Budget { epsilon: 1.0, delta };
            let mut accountant = Accountant::seeded(budget, Seed::new(1));
            let (domain, _) = prepare(&source(&real, &schema), PAID, &mut accountant)
                .unwrap_or_else(|problem| panic!("{lists} at {delta:e}: {problem}"));
            assert_eq!((domain.attributes.len(), accountant.entries().len()), (lists, lists));
            let spent: f64 = accountant.entries().iter().map(|entry| entry.delta).sum();
            assert!((spent / (DELTA_SHARE * delta) - 1.0).abs() < 1e-9, "{lists} at {delta:e}");
        }
    }
}

#[test]
fn a_subject_that_reading_rounds_is_refused() {
    for (kind, fits) in [("continuous", false), ("datetime", false), ("integer", true)] {
        let schema = format!(
            "[columns.id]\nkind = '{kind}'\nrole = 'subject'\n[columns.b]\nkind = 'boolean'\n"
        );
        let schema = Schema::parse(&schema, "s").unwrap();
        let id = if kind == "datetime" { "2024-01-31" } else { "7" };
        let real = table(&format!("id,b\n{id},true\n"), Sample::Train, &schema);
        let budget = Budget { epsilon: 1.0, delta: 1e-6 };
        let mut accountant = Accountant::seeded(budget, Seed::new(1));
        let prepared = prepare(&source(&real, &schema), PAID, &mut accountant);
        assert_eq!(prepared.is_ok(), fits, "{kind}");
    }
}

const PUBLIC: &str = "missing = ['?']\n[columns.c]\nkind = 'categorical'\nlevels = ['u', 'v']\n\
                      [columns.d]\nkind = 'categorical'\nlevels = ['p', 'q']\n\
                      [columns.x]\nkind = 'integer'\nlower = 0\nupper = 9\n\
                      [columns.b]\nkind = 'boolean'\n";

/// The same columns, of which lists and bounds are bought.
const UNKNOWN: &str = "missing = ['?']\n[columns.c]\nkind = 'categorical'\n\
                       [columns.d]\nkind = 'categorical'\n[columns.x]\nkind = 'integer'\n\
                       [columns.b]\nkind = 'boolean'\n";

/// New categories, a number far away, and a missing value where none was missing.
const ODD: &str = "zebra,yak,123456,?\n";

/// 2,000 rows and then `more`, read as a private method reads them.
fn real(schema: &Schema, more: &str) -> Table {
    let rows = "u,p,1,true\nv,q,8,false\n".repeat(1000);
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(format!("c,d,x,b\n{rows}{more}").as_bytes()).unwrap();
    read_leniently(file.path(), schema).unwrap_or_else(|problem| panic!("{problem}"))
}

fn seeded(seed: u64, planted: Planted) -> Accountant {
    Accountant::faulty(Budget { epsilon: 1.0, delta: 1e-6 }, Seed::new(seed), planted)
}

/// Labels of the cells, and the ends of a number's.
type Described<'a> = (Vec<&'a str>, Option<(f64, f64)>);

fn described(domain: &Domain) -> Vec<Described<'_>> {
    fn describe(attribute: &Attribute) -> Described<'_> {
        match &attribute.cells {
            Cells::Labels(labels) => (labels.iter().map(|label| &**label).collect(), None),
            Cells::Numbers(grid) => {
                (Vec::new(), Some((grid.ends(0).0, grid.ends(grid.cells() - 1).1)))
            }
        }
    }
    domain.attributes.iter().map(describe).collect()
}

/// ρ = 0.0227·0.2/3 a column: σ = 18, T = 102. Levels of 1,000 persons are released and that of one is not, 5.5
/// standard deviations below; magnitudes of 1 and 8 stand out, so that the bounds are 1 and 16. Levels from the
/// data, the planted bug, are seen.
#[test]
fn one_odd_record_buys_no_level_and_no_bound() {
    let schema = Schema::parse(UNKNOWN, "s").unwrap();
    for seed in 0..20 {
        for more in ["", ODD] {
            let real = real(&schema, more);
            let bought = |planted: Planted| {
                let mut accountant = seeded(seed, planted);
                prepare(&source(&real, &schema), PAID, &mut accountant).unwrap().0
            };
            let domain = bought(Planted::default());
            let expected = [
                (vec!["u", "v", "(other)"], None),
                (vec!["p", "q", "(other)"], None),
                (vec![], Some((1.0, 16.0))),
                (vec!["false", "true"], None),
            ];
            assert_eq!(described(&domain), expected, "{seed}");
            assert!(domain.attributes.iter().all(|attribute| attribute.missing));
            let planted = bought(Planted { domain_from_data: true, ..Planted::default() });
            let leaks = described(&planted)[0].0.contains(&"zebra");
            assert_eq!(leaks, !more.is_empty());
        }
    }
}

fn methods(domain_share: f64) -> [Box<dyn Synthesizer>; 2] {
    [
        Box::new(Mst { domain_share, ..Mst::default() }),
        Box::new(Aim { domain_share, ..Aim::default() }),
    ]
}

fn fitted(method: &dyn Synthesizer, schema: &Schema, more: &str, seed: u64) -> Fitted {
    let real = real(schema, more);
    let mut accountant = seeded(seed, Planted::default());
    fit(method, &real, schema, &mut accountant, Seed::new(0)).unwrap()
}

/// What a ledger says of the one-way marginals.
fn one_way(fitted: &Fitted) -> Vec<&Entry> {
    let of = |entry: &&Entry| entry.stage.starts_with("one-way");
    fitted.ledger.iter().filter(of).collect()
}

/// Under the same noise the public facts of a model are those of the table without the odd record: its cells,
/// what was measured of each column and how, its schema; and what it makes lies in these cells.
#[test]
fn one_odd_record_changes_no_public_part_of_a_model() {
    let schema = Schema::parse(PUBLIC, "s").unwrap();
    for method in methods(0.0) {
        for seed in 0..3 {
            let [plain, odd] = ["", ODD].map(|more| fitted(&*method, &schema, more, seed));
            let domains = [&plain, &odd].map(|one| one.private().unwrap().domain());
            assert!(domains[0] == domains[1] && plain.schema == odd.schema);
            assert!(!one_way(&plain).is_empty() && one_way(&plain) == one_way(&odd));
            makes_within(&odd, &["u", "v"], (0.0, 9.0));
        }
    }
    let schema = Schema::parse(UNKNOWN, "s").unwrap();
    for method in methods(0.2) {
        let [plain, odd] = ["", ODD].map(|more| fitted(&*method, &schema, more, 1));
        let domains = [&plain, &odd].map(|one| described(one.private().unwrap().domain()));
        assert!(domains[0] == domains[1] && plain.schema == odd.schema);
        makes_within(&odd, &["u", "v", "(other)"], (1.0, 16.0));
    }
}

/// Every label of the first column is one of `levels`, every number of the third lies between the `bounds`.
fn makes_within(fitted: &Fitted, levels: &[&str], bounds: (f64, f64)) {
    let request = Request { rows: Some(5000), ..Request::default() };
    let made = fitted.release(&request, Seed::new(0)).unwrap().table;
    let Values::Labels { levels: found, .. } = &made.columns[0].values else { panic!("labels") };
    assert!(found.iter().all(|level| levels.contains(&&**level)));
    let Values::Numbers(numbers) = &made.columns[2].values else { panic!("numbers") };
    assert!(numbers.iter().all(|x| x.is_nan() || (bounds.0..=bounds.1).contains(x)));
}

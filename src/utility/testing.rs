//! Running a measure on small tables, for unit tests.

use rand::RngExt;

use super::{Utility, View};
use crate::audit::{Audit, Progress};
use crate::evidence::{Evidence, Measure};
use crate::random::Seed;

/// Runs a measure with seed 0 and no progress, each person compared by themselves and fresh records as they are, so
/// that small tables can be worked out by hand; all facts are valid.
pub(super) fn run(measure: &dyn Utility, audit: &Audit) -> Vec<Evidence> {
    of(measure, &View::of(audit, 1, 0))
}

/// The same as an audit would.
pub(super) fn audited(measure: &dyn Utility, audit: &Audit) -> Vec<Evidence> {
    of(measure, &View::new(audit))
}

fn of(measure: &dyn Utility, view: &View<'_>) -> Vec<Evidence> {
    let facts = view.run(measure, Seed::new(0), &Progress::new(&|_| {})).unwrap();
    for fact in &facts {
        assert_eq!(fact.check(), Ok(()), "{}", fact.metric);
        assert!(measure.info().metrics.contains(&fact.metric.as_str()), "{}", fact.metric);
    }
    facts
}

/// Why a measure has nothing to say, or cannot run.
pub(super) fn refused(measure: &dyn Utility, audit: &Audit) -> String {
    let found = measure.run(&View::new(audit), Seed::new(0), &Progress::new(&|_| {}));
    found.err().unwrap().to_string()
}

/// The first fact of a metric.
pub(super) fn fact<'a>(facts: &'a [Evidence], metric: &str) -> &'a Evidence {
    facts.iter().find(|fact| fact.metric == metric).unwrap()
}

/// Value and standard error of the first fact of a metric; 0 for what has no error.
pub(super) fn value(facts: &[Evidence], metric: &str) -> (f64, f64) {
    match fact(facts, metric).measure {
        Measure::Normal { value, standard_error, .. } => (value, standard_error),
        Measure::Exact { value } => (value, 0.0),
        ref other => panic!("{metric}: {other:?}"),
    }
}

pub(super) fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9, "{a} is not {b}");
}

/// A table in which each row stands as often as its number says.
pub(super) fn repeated(header: &str, rows: &[(&str, usize)]) -> String {
    let rows = rows.iter().map(|(row, times)| format!("{row}\n").repeat(*times));
    format!("{header}\n{}", rows.collect::<String>())
}

/// The columns of [`population`], in which all but `region` and `ward` follow age, and ward follows region.
const COLUMNS: [(&str, &str); 7] = [
    ("age", "integer"),
    ("income", "integer"),
    ("visits", "integer"),
    ("sex", "categorical"),
    ("region", "categorical"),
    ("ward", "categorical"),
    ("smoker", "categorical"),
];

/// The schema of [`population`]; of [`turned`] where that is asked.
pub(super) fn population_schema(turned: bool) -> String {
    let mut columns = COLUMNS.map(|(name, kind)| format!("[columns.{name}]\nkind = '{kind}'\n"));
    if turned {
        columns.reverse();
    }
    columns.concat()
}

/// `rows` persons of one population, of whom `part` names the draw; not `bound`, each column is another person's.
pub(super) fn population(part: &str, rows: usize, bound: bool) -> String {
    let mut rng = Seed::new(7).part(part).rng();
    let mut person = || -> [String; 7] {
        let mut below = |n: u32| rng.random_range(0..n);
        let (age, region) = (below(60), below(5));
        let visits = if below(10) == 0 { String::new() } else { (age / 6 + below(3)).to_string() };
        let sex = u32::from((age >= 30) != (below(10) == 0));
        let habit = if below(5) == 0 { below(4) } else { age / 15 };
        [
            age.to_string(),
            (age * 10 + below(60)).to_string(),
            visits,
            format!("s{sex}"),
            format!("r{region}"),
            format!("w{}", region * 2 + below(2)),
            format!("k{habit}"),
        ]
    };
    let mut text = COLUMNS.map(|(name, _)| name).join(",") + "\n";
    for _ in 0..rows {
        let row = if bound { person() } else { std::array::from_fn(|at| person()[at].clone()) };
        text.push_str(&(row.join(",") + "\n"));
    }
    text
}

/// The same table with columns and rows in the reverse order and all categories renamed.
pub(super) fn turned(csv: &str) -> String {
    let renamed = |cell: &str| match cell.split_at_checked(1) {
        Some((letter, rest)) if "srwk".contains(letter) && rest.len() == 1 => {
            format!("{letter}{}", 9 - rest.parse::<u32>().unwrap())
        }
        _ => cell.to_owned(),
    };
    let line = |line: &str| line.rsplit(',').map(renamed).collect::<Vec<_>>().join(",") + "\n";
    let (header, rows) = csv.split_once('\n').unwrap();
    line(header) + &rows.lines().rev().map(line).collect::<String>()
}

/// Facts that say the same up to rounding.
pub(super) fn same(first: &[Evidence], second: &[Evidence]) {
    let said = |facts: &[Evidence]| -> Vec<_> {
        facts.iter().map(|f| (f.metric.clone(), f.about.clone(), f.notes.clone())).collect()
    };
    assert_eq!(said(first), said(second));
    for (a, b) in first.iter().zip(second) {
        let value = |fact: &Evidence| value(std::slice::from_ref(fact), &fact.metric);
        let ((a_value, a_error), (b_value, b_error)) = (value(a), value(b));
        close(a_value, b_value);
        close(a_error, b_error);
        close(a.ceiling.unwrap_or(-1.0), b.ceiling.unwrap_or(-1.0));
    }
}

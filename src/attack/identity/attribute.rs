//! What the released rows with a person's keys say of each learned column: replicated uniques, DiSCO and
//! correct attribution, by person.
//!
//! - `replicated-uniques` (repU): training persons alone with their key in train, which exactly one released
//!   row carries (Raab, Nowok and Dibben 2024).
//! - `disco` (DiSCO, the same): persons with a row about which all released rows of its key say one value, the
//!   right one.
//! - `cap` (generalized correct attribution probability; Elliot 2014, Taub et al. 2018): the mean over persons
//!   and their rows of the share of the released rows of the key that carry the right value; where no released row
//!   has the key, of the rows of the released keys that differ from it in the fewest quasi-identifiers.
//!
//! A missing value is a value. A number of more than ten distinct training values is put into tenths of the
//! training values, equal values together; fewer values are categories. Of equally near keys at most 256, evenly
//! spaced, are asked. `-holdout` is the same of holdout persons, of whom nothing could leak: what the statistics of
//! the release tell of anybody. The whole is the worst column.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::keyed::{Keyed, learned};
use crate::attack::sorted::sorted;
use crate::audit::{Audit, Progress};
use crate::encode::{Coded, Codes, Joint, quantile};
use crate::evidence::{Evidence, Measure, Scope};
use crate::nearest::Index;
use crate::table::{MISSING, Persons};

/// Groups of a number with many values.
const GROUPS: usize = 10;

/// Disclosures of one value from which on, if they are more than nine in ten, they are a matter of course.
const OF_COURSE: usize = 50;

/// Equally near keys that are asked.
const ASKED: usize = 256;

/// Keys searched at a time, so that ties do not fill the memory.
const BATCH: usize = 1024;

/// `identity.replicated-uniques`, and `disco` and `cap` of every learned column with their controls.
pub(super) fn facts(audit: &Audit, keyed: &Keyed, progress: &Progress<'_>) -> Vec<Evidence> {
    let joint = audit.joint();
    // 1. Replicated uniques need no column.
    let mut facts = vec![replicated(audit, keyed)];
    // 2. The released keys that answer for keys nobody released.
    let nearest = nearest_keys(keyed, progress);
    // 3. What is said of each column, of train and holdout persons.
    let found: Vec<Found> = learned(joint)
        .into_par_iter()
        .map(|column| Found::new(audit, keyed, &nearest, column))
        .collect();
    facts.extend(report(joint, &found, ["identity.disco", "identity.disco-holdout"], |f| &f.disco));
    facts.extend(report(joint, &found, ["identity.cap", "identity.cap-holdout"], |f| &f.cap));
    facts.iter_mut().for_each(|fact| fact.notes.push(keyed.note(joint)));
    facts
}

/// A sum over so many persons.
#[derive(Clone, Copy)]
struct Share {
    sum: f64,
    of: usize,
}

impl Share {
    fn value(self) -> f64 {
        self.sum / self.of.max(1) as f64
    }

    /// The persons are all there are: a census.
    fn measure(self) -> Measure {
        let of = self.of as u64;
        Measure::Rate { successes: self.sum.min(of as f64), trials: of, frame: Some(of) }
    }
}

/// The shares of one column: of train and of the holdout.
struct Found {
    column: usize,
    disco: (Share, Option<Share>),
    cap: (Share, Option<Share>),
    /// Whether hardly more than one value is ever disclosed.
    of_course: bool,
}

/// The rows of one sample: keys, values of the column, and whose they are.
struct Sample<'a> {
    keys: &'a [u32],
    targets: Vec<u64>,
    persons: &'a Persons,
}

impl Found {
    fn new(audit: &Audit, keyed: &Keyed, nearest: &[Vec<u32>], column: usize) -> Self {
        let joint = audit.joint();
        let values = Values::new(&joint.train.columns[column]);
        let said = Said::new(keyed, nearest, &values.of(&joint.synthetic.columns[column]));
        let train = Sample {
            keys: &keyed.train,
            targets: values.of(&joint.train.columns[column]),
            persons: &audit.train_persons,
        };
        let rows = joint.holdout.as_ref().zip(keyed.holdout.as_ref());
        let holdout = rows.zip(audit.holdout_persons.as_ref()).map(|((rows, keys), persons)| {
            Sample { keys, targets: values.of(&rows.columns[column]), persons }
        });
        let both =
            |share: &dyn Fn(&Sample<'_>) -> Share| (share(&train), holdout.as_ref().map(share));
        Self {
            column,
            disco: both(&|sample| said.disclosed(sample)),
            cap: both(&|sample| said.attributed(sample)),
            of_course: said.of_course(&train),
        }
    }
}

/// Facts of one metric and its control: of the worst column, and of each where there are several.
fn report(
    joint: &Joint,
    found: &[Found],
    metrics: [&str; 2],
    share: impl Fn(&Found) -> &(Share, Option<Share>),
) -> Vec<Evidence> {
    let value = |found: &Found| share(found).0.value();
    // The first of the worst.
    let worst = found.iter().reduce(|a, b| if value(b) > value(a) { b } else { a });
    let Some(worst) = worst else { return Vec::new() };
    let fact = |found: &Found, metric: &str, share: Share| {
        let name = &joint.names[found.column];
        let mut fact = Evidence::whole(metric, share.measure());
        fact.notes.push(format!("learned: {name}"));
        if metrics[0] == "identity.disco" && found.of_course {
            fact.notes.push(format!("nearly all that is disclosed of {name} is one common value"));
        }
        fact
    };
    let mut facts = Vec::new();
    for (metric, control) in [(metrics[0], false), (metrics[1], true)] {
        let of = |found: &Found| if control { share(found).1 } else { Some(share(found).0) };
        facts.extend(of(worst).map(|share| fact(worst, metric, share)));
        for found in found.iter().filter(|_| found.len() > 1) {
            facts.extend(of(found).map(|share| Evidence {
                scope: Scope::Group,
                group: Some(format!("learned: {}", joint.names[found.column])),
                ..fact(found, metric, share)
            }));
        }
    }
    facts
}

/// repU, by person.
fn replicated(audit: &Audit, keyed: &Keyed) -> Evidence {
    let mut hit = vec![false; audit.train_persons.count];
    for (&key, &person) in keyed.train.iter().zip(&audit.train_persons.of_row) {
        let key = key as usize;
        hit[person as usize] |= keyed.persons[key] == 1 && keyed.shown[key].len() == 1;
    }
    let sum = hit.iter().filter(|&&hit| hit).count() as f64;
    Evidence::whole("identity.replicated-uniques", Share { sum, of: hit.len() }.measure())
}

/// How the values of a column become words to compare.
enum Values {
    /// As they are.
    Plain,
    /// By the tenth of the training values: its upper cuts.
    Grouped(Vec<f64>),
}

impl Values {
    fn new(train: &Codes) -> Self {
        let Codes::Number(values) = train else { return Self::Plain };
        let known = sorted(values.iter().copied());
        let distinct = 1 + known.windows(2).filter(|pair| pair[1] > pair[0]).count();
        if distinct <= GROUPS {
            return Self::Plain;
        }
        let cut = |group: usize| quantile(&known, group as f64 / GROUPS as f64);
        let mut cuts: Vec<f64> = (1..GROUPS).filter_map(cut).collect();
        cuts.dedup_by(|a, b| *a <= *b);
        Self::Grouped(cuts)
    }

    fn of(&self, codes: &Codes) -> Vec<u64> {
        let number = |x: &f64| match self {
            _ if x.is_nan() => u64::MAX,
            Self::Plain => (x + 0.0).to_bits(),
            Self::Grouped(cuts) => cuts.partition_point(|cut| cut < x) as u64,
        };
        match codes {
            Codes::Category(codes) => {
                let word = |&code: &u32| if code == MISSING { u64::MAX } else { u64::from(code) };
                codes.iter().map(word).collect()
            }
            Codes::Number(values) => values.iter().map(number).collect(),
        }
    }
}

/// What the released rows say of one column.
struct Said<'a> {
    keyed: &'a Keyed,
    nearest: &'a [Vec<u32>],
    /// Released rows of a key that carry a value.
    counts: HashMap<(u32, u64), u32>,
    /// The one value of a key's rows; nothing where they differ or are none.
    told: Vec<Option<u64>>,
}

impl<'a> Said<'a> {
    fn new(keyed: &'a Keyed, nearest: &'a [Vec<u32>], released: &[u64]) -> Self {
        let mut counts = HashMap::new();
        let mut told = vec![None; keyed.shown.len()];
        for (key, rows) in (0..).zip(&keyed.shown) {
            for &row in rows {
                *counts.entry((key, released[row as usize])).or_insert(0) += 1;
            }
            let first = rows.first().map(|&row| released[row as usize]);
            told[key as usize] =
                first.filter(|&one| rows.iter().all(|&row| released[row as usize] == one));
        }
        Self { keyed, nearest, counts, told }
    }

    /// Whether the rows with the key of a row say its value, and no other.
    fn discloses(&self, sample: &Sample<'_>, row: usize) -> bool {
        self.told[sample.keys[row] as usize] == Some(sample.targets[row])
    }

    fn disclosed(&self, sample: &Sample<'_>) -> Share {
        let mut hit = vec![false; sample.persons.count];
        for (row, &person) in sample.persons.of_row.iter().enumerate() {
            hit[person as usize] |= self.discloses(sample, row);
        }
        Share { sum: hit.iter().filter(|&&hit| hit).count() as f64, of: hit.len() }
    }

    /// Whether more than nine in ten of the disclosed rows, and fifty or more, are of one value.
    fn of_course(&self, sample: &Sample<'_>) -> bool {
        let mut values: BTreeMap<u64, usize> = BTreeMap::new();
        let disclosed = (0..sample.keys.len()).filter(|&row| self.discloses(sample, row));
        disclosed.for_each(|row| *values.entry(sample.targets[row]).or_default() += 1);
        let most = values.values().copied().max().unwrap_or(0);
        most >= OF_COURSE && most * 10 > values.values().sum::<usize>() * 9
    }

    fn attributed(&self, sample: &Sample<'_>) -> Share {
        let mut known: HashMap<(u32, u64), f64> = HashMap::new();
        let mut persons = vec![(0.0, 0_u32); sample.persons.count];
        for (row, &person) in sample.persons.of_row.iter().enumerate() {
            let case = (sample.keys[row], sample.targets[row]);
            let share = *known.entry(case).or_insert_with(|| self.share(case.0, case.1));
            let (sum, rows) = &mut persons[person as usize];
            *sum += share;
            *rows += 1;
        }
        let mean = |(sum, rows): &(f64, u32)| sum / f64::from((*rows).max(1));
        Share { sum: persons.iter().map(mean).sum(), of: persons.len() }
    }

    /// The share of the rows that answer for `key` that carry `target`.
    fn share(&self, key: u32, target: u64) -> f64 {
        let own = [key];
        let shown = |key: u32| self.keyed.shown[key as usize].len();
        let answer = if shown(key) > 0 { &own[..] } else { &self.nearest[key as usize] };
        let right = |&key: &u32| self.counts.get(&(key, target)).copied().unwrap_or(0);
        let (right, all) = answer
            .iter()
            .fold((0.0, 0.0), |(r, a), key| (r + f64::from(right(key)), a + shown(*key) as f64));
        if all > 0.0 { right / all } else { 0.0 }
    }
}

/// For each key that a real row carries and no released row does, the released keys that differ from it in
/// the fewest quasi-identifiers; none for other keys.
fn nearest_keys(keyed: &Keyed, progress: &Progress<'_>) -> Vec<Vec<u32>> {
    let all = 0..keyed.words.len() as u32;
    let (released, asking): (Vec<u32>, Vec<u32>) =
        all.partition(|&key| !keyed.shown[key as usize].is_empty());
    let columns: Vec<Vec<u32>> =
        (0..keyed.keys.len()).map(|column| numbered(keyed, column)).collect();
    let rows_of = |keys: &[u32]| Coded {
        rows: keys.len(),
        columns: (columns.iter())
            .map(|codes| Codes::Category(keys.iter().map(|&key| codes[key as usize]).collect()))
            .collect(),
    };
    let mut nearest = vec![Vec::new(); keyed.words.len()];
    if released.is_empty() {
        return nearest;
    }
    let index = Index::build(&rows_of(&released), &vec![None; columns.len()]);
    for batch in asking.chunks(BATCH) {
        let found = index.nearest(&rows_of(batch), 1, |_, _| false);
        for (&key, near) in batch.iter().zip(found) {
            let apart = near.ties.len().div_ceil(ASKED).max(1);
            let asked = near.ties.iter().step_by(apart).map(|&tie| released[tie as usize]);
            nearest[key as usize] = asked.collect();
        }
    }
    progress.searched("released keys", index.plan());
    nearest
}

/// Per key its word in one column, as a category.
fn numbered(keyed: &Keyed, column: usize) -> Vec<u32> {
    let mut numbers: HashMap<u64, u32> = HashMap::new();
    let number = |words: &Vec<u64>| {
        let new = numbers.len() as u32;
        *numbers.entry(words[column]).or_insert(new)
    };
    keyed.words.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::disclosure::Disclosure;
    use crate::audit::testing::{audit, rate};

    const SCHEMA: &str = "[columns.q]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                          [columns.t]\nkind = \"categorical\"\nrole = \"sensitive\"\n";

    fn csv(keys: &str, targets: &str) -> String {
        let rows = keys.chars().zip(targets.chars()).map(|(q, t)| format!("{q},{t}\n"));
        format!("q,t\n{}", rows.collect::<String>())
    }

    fn of(audit: &Audit) -> Vec<Evidence> {
        facts(audit, &Keyed::new(audit).unwrap(), &Progress::new(&|_| ()))
    }

    fn share(facts: &[Evidence], metric: &str) -> f64 {
        let (sum, of) = rate(facts, metric);
        sum / of as f64
    }

    /// The table of tests/parity/disclosure.rs: repU 20 %, DiSCO 70 %. CAP: a 1, 1, 0; b 1, 1; c 1, 1; d 0; e 1;
    /// f's key is not released, and all other keys differ in the one quasi-identifier there is: of all ten rows six carry
    /// x. So (7 + 0.6)/10. Holdout: (b, x) is disclosed, (b, y) is not; CAP of (z, y): 4 of 10 rows.
    #[test]
    fn hand_worked_and_as_in_the_family() {
        let (original, made) = (["aaabbccdef", "xxyxxyyxyx"], ["aabbbccdeg", "xxxxxyyyyx"]);
        let holdout = csv("bbz", "xyy");
        let audit =
            audit(SCHEMA, &csv(original[0], original[1]), Some(&holdout), &csv(made[0], made[1]));
        let facts = of(&audit);
        assert_eq!(rate(&facts, "identity.replicated-uniques"), (2.0, 10));
        assert_eq!(rate(&facts, "identity.disco"), (7.0, 10));
        assert_eq!(rate(&facts, "identity.disco-holdout"), (1.0, 3));
        assert!((share(&facts, "identity.cap") - 0.76).abs() < 1e-12);
        assert!((share(&facts, "identity.cap-holdout") - 1.4 / 3.0).abs() < 1e-12);
        // One row a person: the metrics are the family's measures.
        let records = |[keys, targets]: [&str; 2]| -> Vec<(char, char)> {
            keys.chars().zip(targets.chars()).collect()
        };
        let family = Disclosure::of(&records(original), &records(made)).unwrap();
        assert!((share(&facts, "identity.disco") - family.disco).abs() < 1e-12);
        assert!((share(&facts, "identity.replicated-uniques") - family.rep_u).abs() < 1e-12);
    }

    const TWO: &str = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                       [columns.q]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                       [columns.r]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                       [columns.t]\nkind = \"continuous\"\nrole = \"sensitive\"\n\
                       [columns.u]\nkind = \"categorical\"\nrole = \"sensitive\"\n";

    /// Person 1's key (a, k) is not released; (a, l) and (b, k) differ from it in one column, (b, l) in two: of the
    /// three rows of the first two, two carry t = 1. Person 2's rows: (a, l) with t = 1 (½) and (b, l) with t missing
    /// (1): mean ¾, and the missing value is disclosed. u is p for all of (b, k) and (b, l), and mixed for (a, l):
    /// told of person 2 rightly. So DiSCO: t 1 of 2, u 1 of 2; CAP: t (⅔ + ¾)/2, u (⅓ + 1)/2 … the worst is t.
    #[test]
    fn nearest_keys_missing_values_and_persons_by_hand() {
        let train = "id,q,r,t,u\n1,a,k,1,o\n2,a,l,1,p\n2,b,l,,p\n";
        let made = "id,q,r,t,u\n7,a,l,1,o\n8,a,l,2,p\n9,b,k,1,p\n10,b,l,,p\n";
        let facts = of(&audit(TWO, train, None, made));
        let group = |metric: &str, column: &str| {
            let name = format!("learned: {column}");
            let fact = facts.iter().find(|f| f.metric == metric && f.group.as_ref() == Some(&name));
            share(&[fact.unwrap().clone()], metric)
        };
        assert!((group("identity.disco", "t") - 0.5).abs() < 1e-12);
        assert!((group("identity.disco", "u") - 0.5).abs() < 1e-12);
        let expected = f64::midpoint(2.0 / 3.0, 0.75);
        assert!((group("identity.cap", "t") - expected).abs() < 1e-12);
        assert!((group("identity.cap", "u") - f64::midpoint(1.0 / 3.0, 0.75)).abs() < 1e-12);
        assert!((share(&facts, "identity.cap") - expected).abs() < 1e-12);
    }

    /// Twenty values are ten groups of two: 0 and 1 are one value, 1 and 2 are not. Ten values stay themselves, and
    /// 3.5 is none of them.
    #[test]
    fn numbers_are_grouped_by_tenths() {
        let values = |n: u32| Codes::Number((0..n).map(f64::from).collect());
        let grouped =
            Values::new(&values(21)).of(&Codes::Number(vec![0.0, 1.0, 2.0, 3.0, 99.0, -9.0]));
        assert!(grouped[0] == grouped[1] && grouped[1] == grouped[2] && grouped[2] != grouped[3]);
        assert!(grouped[4] == 9 && grouped[5] == grouped[0]);
        let plain = Values::new(&values(10)).of(&Codes::Number(vec![3.0, 3.5, 4.0, f64::NAN]));
        assert!(plain[0] != plain[1] && plain[1] != plain[2] && plain[3] == u64::MAX);
        // Nine zeros in ten: the cuts fall together, and what is not 0 is apart.
        let skewed = Codes::Number((0..100).map(|i| f64::from((i - 89).max(0))).collect());
        let groups = Values::new(&skewed).of(&Codes::Number(vec![0.0, 1.0, 10.0]));
        assert!(groups[0] != groups[2]);
    }

    /// Fifty persons told the one common value: a matter of course.
    #[test]
    fn a_common_value_is_named_as_such() {
        let train = csv(&"a".repeat(55), &("x".repeat(54) + "y"));
        let facts = of(&audit(SCHEMA, &train, None, "q,t\na,x\n"));
        let disco = facts.iter().find(|fact| fact.metric == "identity.disco").unwrap();
        assert!(disco.notes.iter().any(|note| note.contains("one common value")));
    }

    /// Null: a release whose values are drawn without looking at anybody attributes as well to train as to holdout.
    #[test]
    fn null_chance_tells_train_and_holdout_alike() {
        use rand::RngExt;
        let mut rng = crate::random::Seed::new(4).rng();
        let mut rows = |count: usize| {
            let row = |_| {
                let (q, t): (u32, u32) = (rng.random_range(0..40), rng.random_range(0..5));
                format!("q{q},t{t}\n")
            };
            format!("q,t\n{}", (0..count).map(row).collect::<String>())
        };
        let audit = audit(SCHEMA, &rows(4000), Some(&rows(4000)), &rows(4000));
        let facts = of(&audit);
        let (train, holdout) =
            (share(&facts, "identity.cap"), share(&facts, "identity.cap-holdout"));
        // The CAP of a person lies between 0 and 1 and is about 1/5, with a deviation of some 0.04 among keys.
        assert!((train - 0.2).abs() < 0.01 && (train - holdout).abs() < 0.01, "{train} {holdout}");
    }
}

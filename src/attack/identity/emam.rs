//! Meaningful identity disclosure (El Emam, Mosquera and Bass 2020, JMIR 22:e23139).
//!
//! risk = max( (1/N) Σ (1/f) λ' I R, (1/n) Σ (1/F) λ' I R ), the sums over the n training persons. f training
//! persons and F of the N persons of the frame carry a person's key. I: a released row carries it. R: such rows
//! are right, in a way that tells something, on one in twenty at least of the learned columns:
//! - a category: `d·1[right] > √(p·d)`, p the share of the value in train and d = 1 − p, so that p < ½;
//! - a number: p·|x − y| < 1.48·MAD, y the nearest released value of the key, MAD the median absolute deviation in train
//!   and p the share of the cluster of x (k-means; k from 2 to 16 by the mean silhouette).
//!
//! The first sum is for an adversary who takes a person from the population and looks for them in the release,
//! the second for one who takes a released row and looks for its person. Where all that is known is train itself, both
//! are one and F = f, N = n; of a population of known size, 1/F is its expectation (see `frame`).
//!
//! House readings, where the paper is silent or divides by nothing: any released row with the key may be the
//! right one, column by column, so that more rows never lower the risk; a column whose MAD is 0 is read like a
//! category; a missing value teaches nothing; of a person with several rows the worst counts; λ' = 1 unless set, since
//! a discount for errors in the data and for failed verification can only lower the risk. The risk of a group is the
//! second sum over its persons.

use std::collections::{HashMap, HashSet};

use super::cluster::Clusters;
use super::frame::Frame;
use super::group::assessed;
use super::keyed::{Keyed, learned, names};
use crate::attack::sorted::{median, sorted};
use crate::audit::Audit;
use crate::encode::{Codes, Joint};
use crate::evidence::{Evidence, Measure, Scope};
use crate::table::MISSING;

/// What one of the learned columns must teach: one in so many.
const ONE_IN: usize = 20;

/// How many median absolute deviations off a number may be.
const DEVIATIONS: f64 = 1.48;

/// `identity.el-emam-risk`; nothing where there is nothing to learn.
pub(super) fn facts(audit: &Audit, keyed: &Keyed, lambda: f64) -> Vec<Evidence> {
    let joint = audit.joint();
    let learned = learned(joint);
    if learned.is_empty() {
        return Vec::new();
    }
    // 1. R of every training row whose key is released.
    let columns: Vec<Learned> =
        learned.iter().map(|&column| Learned::new(joint, keyed, column)).collect();
    let least = columns.len().div_ceil(ONE_IN);
    // 2. The chances 1/f and 1/F of each person's worst row.
    let mut in_train = vec![0.0_f64; audit.train_persons.count];
    let mut in_frame = in_train.clone();
    for (row, &key) in keyed.train.iter().enumerate() {
        let right = || columns.iter().filter(|column| column.teaches(joint, row, key)).count();
        if keyed.shown[key as usize].is_empty() || right() < least {
            continue;
        }
        let person = audit.train_persons.of_row[row] as usize;
        let class = keyed.persons[key as usize];
        in_train[person] = in_train[person].max(1.0 / class as f64);
        in_frame[person] = in_frame[person].max(keyed.frame.one_of(key, class));
    }
    // 3. Both sums, and the larger risk; of groups the risk from the release, over their own persons.
    let persons = in_train.len() as u64;
    let sum = |chances: &[f64]| lambda * chances.iter().sum::<f64>();
    let (from_population, from_release) =
        ((sum(&in_train), keyed.frame.size(persons)), (sum(&in_frame), persons));
    let risk = |(sum, of): (f64, u64)| sum / of as f64;
    let larger =
        if risk(from_population) > risk(from_release) { from_population } else { from_release };
    let mut facts = vec![Evidence::whole("identity.el-emam-risk", census(larger))];
    for group in assessed(audit) {
        let chances: Vec<f64> = group.train.iter().map(|&p| in_frame[p as usize]).collect();
        facts.push(Evidence {
            scope: Scope::Group,
            group: Some(group.name),
            ..Evidence::whole(
                "identity.el-emam-risk",
                census((sum(&chances), chances.len() as u64)),
            )
        });
    }
    for fact in &mut facts {
        fact.notes.push(keyed.note(joint));
        fact.notes.push(format!("learned: {}", names(joint, learned.iter().copied())));
        fact.notes.push(keyed.frame.note());
        fact.caveats.extend(caveats(keyed, lambda));
    }
    facts
}

/// A mean over everybody there is.
fn census((sum, of): (f64, u64)) -> Measure {
    Measure::Rate { successes: sum.min(of as f64), trials: of, frame: Some(of) }
}

fn caveats(keyed: &Keyed, lambda: f64) -> Vec<String> {
    let mut caveats = Vec::new();
    if lambda < 1.0 {
        caveats.push(format!(
            "lowered by the factor {lambda} for errors in the data and failed verification, as a \
             parameter asked"
        ));
    }
    if matches!(keyed.frame, Frame::Fraction { .. }) {
        caveats.push(
            "how many of the population share a person's keys is expected under a model, not counted"
                .into(),
        );
    }
    caveats
}

/// A column about which rows teach something.
enum Learned {
    /// Categories, or numbers that hardly vary.
    Nominal {
        column: usize,
        /// Which values are rare enough to teach.
        telling: HashSet<u64>,
        /// (key, value) that a released row shows.
        shown: HashSet<(u32, u64)>,
    },
    /// Numbers.
    Number {
        column: usize,
        /// 1.48 MAD.
        within: f64,
        clusters: Clusters,
        /// Per key the released values, sorted.
        shown: Vec<Vec<f64>>,
    },
}

impl Learned {
    fn new(joint: &Joint, keyed: &Keyed, column: usize) -> Self {
        if let (Codes::Number(real), Codes::Number(released)) =
            (&joint.train.columns[column], &joint.synthetic.columns[column])
        {
            let known = sorted(real.iter().copied());
            let middle = median(&known);
            let within = DEVIATIONS * median(&sorted(known.iter().map(|x| (x - middle).abs())));
            if within > 0.0 {
                let of_key =
                    |rows: &Vec<u32>| sorted(rows.iter().map(|&row| released[row as usize]));
                let shown = keyed.shown.iter().map(of_key).collect();
                return Self::Number { column, within, clusters: Clusters::of(known), shown };
            }
        }
        let (real, released) = (&joint.train.columns[column], &joint.synthetic.columns[column]);
        let mut carried: HashMap<u64, u64> = HashMap::new();
        (0..joint.train.rows).filter_map(|row| word(real, row)).for_each(|value| {
            *carried.entry(value).or_default() += 1;
        });
        let telling = |count: u64| {
            let p = count as f64 / joint.train.rows as f64;
            let d = 1.0 - p;
            d > (p * d).sqrt()
        };
        let telling =
            carried.into_iter().filter(|&(_, count)| telling(count)).map(|(value, _)| value);
        let mut shown = HashSet::new();
        for (key, rows) in (0..).zip(&keyed.shown) {
            shown.extend(rows.iter().filter_map(|&r| word(released, r as usize)).map(|v| (key, v)));
        }
        Self::Nominal { column, telling: telling.collect(), shown }
    }

    /// Whether a released row with the key of a training row teaches something true about it.
    fn teaches(&self, joint: &Joint, row: usize, key: u32) -> bool {
        match self {
            Self::Nominal { column, telling, shown } => word(&joint.train.columns[*column], row)
                .is_some_and(|value| telling.contains(&value) && shown.contains(&(key, value))),
            Self::Number { column, within, clusters, shown } => {
                let Codes::Number(values) = &joint.train.columns[*column] else { return false };
                let (x, shown) = (values[row], &shown[key as usize]);
                if x.is_nan() {
                    return false;
                }
                let place = shown.partition_point(|&y| y < x);
                let near = [place.checked_sub(1), Some(place)].into_iter().flatten();
                let apart = near.filter_map(|i| shown.get(i)).map(|y| (x - y).abs());
                clusters.share(x) * apart.fold(f64::INFINITY, f64::min) < *within
            }
        }
    }
}

/// A value as a word that is equal for equal values; nothing for a missing one.
fn word(codes: &Codes, row: usize) -> Option<u64> {
    match codes {
        Codes::Category(codes) => (codes[row] != MISSING).then(|| u64::from(codes[row])),
        Codes::Number(values) => (!values[row].is_nan()).then(|| (values[row] + 0.0).to_bits()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::{audit, table};
    use crate::table::{Sample, Schema};

    const SCHEMA: &str = "[columns.origin]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                          [columns.income]\nkind = \"integer\"\nrole = \"sensitive\"\n";
    /// Tables 1 to 3 of the paper: population, real sample, synthetic sample; incomes in thousands.
    const POPULATION: &str = "origin,income\nJapanese,110\nJapanese,100\nJapanese,105\n\
                              North African,95\nEuropean,70\nHispanic,100\nHispanic,130\nHispanic,65\n";
    const REAL: &str = "origin,income\nEuropean,70\nJapanese,100\nHispanic,130\nHispanic,65\n\
                        North African,95\n";
    const MADE: &str = "origin,income\nJapanese,115\nJapanese,120\nNorth African,100\n\
                        European,110\nHispanic,65\n";

    fn risk(audit: &Audit, lambda: f64) -> (f64, u64) {
        let facts = facts(audit, &Keyed::new(audit).unwrap(), lambda);
        match facts[0].measure {
            Measure::Rate { successes, trials, frame } if frame == Some(trials) => {
                (successes, trials)
            }
            ref other => panic!("{other:?}"),
        }
    }

    fn close(found: (f64, u64), sum: f64, of: u64) {
        assert!((found.0 - sum).abs() < 1e-9 && found.1 == of, "{found:?}: {sum} of {of}");
    }

    /// The paper's example. Incomes 65, 70, 95, 100, 130: median 95, MAD 25, so within 37. Three clusters,
    /// {65, 70}, {95, 100}, {130}, have the largest silhouette; shares .4, .4, .2. European: .4·|70 − 110| = 16;
    /// Japanese .4·15 = 6; Hispanic .2·|130 − 65| = 13 and 0; North African 2: all of them teach. f = 1, 1, 2, 2, 1 and
    /// F = 1, 3, 3, 3, 1: (1 + 1 + ½ + ½ + 1)/8 = 4/8 against (1 + ⅓ + ⅓ + ⅓ + 1)/5 = 3/5.
    #[test]
    fn the_example_of_the_paper() {
        let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
        let alone = audit(SCHEMA, REAL, None, MADE);
        close(risk(&alone, 1.0), 4.0, 5);
        close(risk(&alone, 0.5), 2.0, 5);
        let population = table(POPULATION, Sample::Population, &schema);
        let audit = alone.with_population(population).ok().unwrap();
        close(risk(&audit, 1.0), 3.0, 5);
    }

    /// Of a population of ten, half of it train: E[1/F] is ln 2 for f = 1 and 1 − ln 2 for f = 2.
    #[test]
    fn a_population_of_known_size_is_expected() {
        let audit = audit(SCHEMA, REAL, None, MADE).with_sampling_fraction(0.5).ok().unwrap();
        close(risk(&audit, 1.0), 3.0 * 2.0_f64.ln() + 2.0 * (1.0 - 2.0_f64.ln()), 5);
    }

    /// Ill persons are 2 of 5, fewer than half: being told so teaches, being told "well" does not. Spend is 0 for
    /// four of five, so that its MAD is 0: 0 teaches nothing, 9 does. a is told ill, wrongly; b ill, rightly; c
    /// well, rightly, and 9, rightly; d's key is not released; e well, rightly, and 0.
    #[test]
    fn common_and_missing_values_teach_nothing() {
        let schema = "[columns.key]\nkind = \"categorical\"\nrole = \"quasi-identifier\"\n\
                      [columns.state]\nkind = \"categorical\"\nrole = \"sensitive\"\n\
                      [columns.spend]\nkind = \"integer\"\nrole = \"sensitive\"\n";
        let train = "key,state,spend\na,well,0\nb,ill,0\nc,well,9\nd,ill,0\ne,well,0\n";
        let with = |made: &str| risk(&audit(schema, train, None, made), 1.0);
        let made = "key,state,spend\na,ill,0\nb,ill,1\nc,well,9\ne,well,0\n";
        close(with(made), 2.0, 5);
        // Blanked by the release, the right values are gone; more rows never hide anybody.
        close(with("key,state,spend\na,ill,0\nb,,1\nc,well,\ne,well,0\n"), 0.0, 5);
        close(with(&format!("{made}b,well,3\nb,well,4\nc,ill,1\n")), 2.0, 5);
    }

    /// Null: keys that nobody in train carries. Leak: train itself, each person alone with their key.
    #[test]
    fn null_and_leak() {
        let elsewhere = MADE.replace(",", "land,").replace("originland", "origin");
        let null = audit(SCHEMA, REAL, None, &elsewhere);
        close(risk(&null, 1.0), 0.0, 5);
        let real = REAL.replacen("Hispanic", "Latin", 1);
        close(risk(&audit(SCHEMA, &real, None, &real), 1.0), 5.0, 5);
    }

    /// Person 1 has a row of their own key and one of a shared key: they count once, with the worse.
    #[test]
    fn of_several_rows_the_worst_counts() {
        let schema = format!("[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n{SCHEMA}");
        let train = "id,origin,income\n1,A,10\n1,B,20\n2,B,30\n3,C,90\n";
        let audit = audit(&schema, train, None, "id,origin,income\n71,A,10\n72,B,20\n73,B,30\n");
        close(risk(&audit, 1.0), 1.5, 3);
    }
}

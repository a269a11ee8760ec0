//! Membership disclosure as an F1 score, and relative to a guess (El Emam, Mosquera and Fang 2022, JAMIA
//! Open 5:ooac083).
//!
//! An adversary calls a person a member whose record differs from some released row in at most h columns,
//! numbers put into twenty equal bins. Of those they look at, a share t are members: precision
//! t·a/(t·a + (1 − t)·b) with a the share of training persons and b that of holdout persons who are called members, recall a, and so
//! F1 = 2ta/(ta + (1 − t)b + t). Who guesses members at random, one in 1/t, has F1 = t; relative F1 = (F1 − t)/(1 − t).
//!
//! t must be the share of the population that train is (the paper's finding): as the audit knows it, else a
//! half, which a note says. Instead of drawing one attack set in which members are t, both shares are counted over
//! everybody, which is its expectation. h is the one with the largest F1 beyond chance's on the validation part of the
//! persons; the others are counted. (By F1 alone the best adversary is often the one who calls everybody a member:
//! 2t/(1 + t), more than the guess.) The bins span the schema's bounds, or 99 % of the real values: one extreme row
//! must not move them.
//!
//! `relative-f1-chance` is the same with b for a: a coarse table, or a large t, makes F1 large where nothing leaks.
//! Its error is by the delta method; shares of 0 and 1 are moved half a person inwards for it.

use super::people::{People, Samples};
use crate::audit::Progress;
use crate::encode::{Coded, Codes, quantile};
use crate::evidence::{Evidence, Measure};
use crate::nearest::Index;

/// Equal bins of a number.
const BINS: f64 = 20.0;

/// The share of members among those the adversary looks at, when nothing is known of the population.
const HALF: f64 = 0.5;

/// `membership.relative-f1` and what chance makes of it; nothing if train is the whole population.
pub(super) fn facts(samples: &Samples<'_>, progress: &Progress<'_>) -> Vec<Evidence> {
    let known = samples.audit.fraction();
    let share = known.unwrap_or(HALF);
    if share >= 1.0 {
        return Vec::new();
    }
    // 1. In how many columns each person differs from the most similar released row.
    let bins = Bins::new(samples);
    let index = Index::build(&bins.of(&samples.joint.synthetic), &vec![None; bins.0.len()]);
    let members = apart(&samples.members, &bins, &index);
    let others = apart(&samples.others, &bins, &index);
    progress.searched("release in bins", index.plan());
    // 2. The number of differences that is best on the validation part.
    let called = |validation: bool, most: u32| Called {
        members: within(&members, &samples.members.part(validation), most),
        others: within(&others, &samples.others.part(validation), most),
    };
    let beyond_chance = |most: u32| {
        let called = called(true, most);
        called.f1(share) - called.chance().f1(share)
    };
    let scored = (0..=bins.0.len() as u32).map(|most| (most, beyond_chance(most)));
    // The fewest differences among equally good ones.
    let best = scored.reduce(|a, b| if b.1 > a.1 { b } else { a }).map(|(most, _)| most);
    let called = called(false, best.unwrap_or(0));
    if called.members.1 == 0 || called.others.1 == 0 {
        return Vec::new();
    }
    // 3. The score of the persons left, and what chance makes of it.
    let mut facts = vec![
        Evidence::whole("membership.relative-f1", called.relative(share)),
        Evidence::whole("membership.relative-f1-chance", called.chance().relative_to_one(share)),
    ];
    for fact in &mut facts {
        fact.notes.push(format!("a match differs in at most {} columns", best.unwrap_or(0)));
        fact.notes.push(match known {
            Some(share) => {
                format!("share of members among the attacked: {share}, as in the population")
            }
            None => {
                "share of members among the attacked: a half, as nothing is known of the population"
                    .into()
            }
        });
    }
    facts
}

/// How many persons are called members, of how many.
#[derive(Clone, Copy)]
struct Called {
    members: (u64, u64),
    others: (u64, u64),
}

impl Called {
    fn f1(self, t: f64) -> f64 {
        let (a, b) = (share(self.members), share(self.others));
        2.0 * t * a / (t * a + (1.0 - t) * b + t)
    }

    /// Members called as often as others are.
    fn chance(self) -> Self {
        Self { members: self.others, ..self }
    }

    /// Relative F1 from two independent samples.
    fn relative(self, t: f64) -> Measure {
        let (by_a, by_b) = self.slopes(t);
        let variance = by_a * by_a * variance(self.members) + by_b * by_b * variance(self.others);
        relative(self.f1(t), variance, t)
    }

    /// Relative F1 where both shares are one and the same.
    fn relative_to_one(self, t: f64) -> Measure {
        let (by_a, by_b) = self.slopes(t);
        relative(self.f1(t), (by_a + by_b).powi(2) * variance(self.others), t)
    }

    /// How F1 changes with either share.
    fn slopes(self, t: f64) -> (f64, f64) {
        let (a, b) = (inner(self.members), inner(self.others));
        let all = t * a + (1.0 - t) * b + t;
        (2.0 * t * ((1.0 - t) * b + t) / (all * all), -2.0 * t * a * (1.0 - t) / (all * all))
    }
}

fn relative(f1: f64, variance: f64, t: f64) -> Measure {
    let least = -t / (1.0 - t);
    Measure::Normal {
        value: ((f1 - t) / (1.0 - t)).clamp(least, 1.0),
        standard_error: variance.sqrt() / (1.0 - t),
        range: [least, 1.0],
    }
}

fn share((called, of): (u64, u64)) -> f64 {
    called as f64 / of.max(1) as f64
}

/// The share with half a person more on either side, so that no share is certain.
fn inner((called, of): (u64, u64)) -> f64 {
    (called as f64 + 0.5) / (of as f64 + 1.0)
}

fn variance(counts: (u64, u64)) -> f64 {
    let p = inner(counts);
    p * (1.0 - p) / counts.1.max(1) as f64
}

/// How many of `persons` are at most so far apart from the release.
fn within(apart: &[u32], persons: &[usize], most: u32) -> (u64, u64) {
    let called = persons.iter().filter(|&&person| apart[person] <= most).count();
    (called as u64, persons.len() as u64)
}

/// For each person, in how many columns their most similar record and a released row differ.
fn apart(people: &People<'_>, bins: &Bins, index: &Index) -> Vec<u32> {
    let columns = bins.0.len() as f64;
    let coded = bins.of(people.coded);
    let differing = |&[distance]: &[f64; 1]| (distance * columns).round() as u32;
    let of_row: Vec<u32> = index.distances(&coded, |_, _| false).iter().map(differing).collect();
    let least = |rows: &Vec<usize>| rows.iter().map(|&row| of_row[row]).min().unwrap_or(u32::MAX);
    people.rows.iter().map(least).collect()
}

/// Per column where the bins of a number begin and how wide all of them are; nothing for a category.
struct Bins(Vec<Option<(f64, f64)>>);

impl Bins {
    fn new(samples: &Samples<'_>) -> Self {
        let joint = samples.joint;
        let bins = |column: usize| {
            let width = joint.scales[column]?;
            let schema = &joint.schemas[column];
            if let (Some(lower), Some(upper)) = (schema.lower, schema.upper)
                && upper > lower
            {
                return Some((lower, width));
            }
            let mut known = Vec::new();
            for people in [&samples.members, &samples.others] {
                if let Codes::Number(values) = &people.coded.columns[column] {
                    known.extend(values.iter().copied().filter(|x| !x.is_nan()));
                }
            }
            known.sort_by(f64::total_cmp);
            quantile(&known, 0.005).map(|lower| (lower, width))
        };
        Self((0..joint.names.len()).map(bins).collect())
    }

    /// Rows with every column a category.
    fn of(&self, rows: &Coded) -> Coded {
        let bin = |x: f64, (lower, width): (f64, f64)| match x.is_nan() {
            true => BINS as u32,
            false => ((x - lower) / width * BINS).floor().clamp(0.0, BINS - 1.0) as u32,
        };
        let column = |(codes, bins): (&Codes, &Option<(f64, f64)>)| match (codes, bins) {
            (Codes::Number(values), Some(bins)) => values.iter().map(|&x| bin(x, *bins)).collect(),
            (Codes::Number(values), None) => vec![0; values.len()],
            (Codes::Category(codes), _) => codes.clone(),
        };
        let columns = rows.columns.iter().zip(&self.0).map(column).map(Codes::Category).collect();
        Coded { rows: rows.rows, columns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::Membership;
    use crate::audit::testing::{audit, run};

    /// 60 of 100 members and 20 of 100 others called, half of the attacked members: precision 60/80, recall 0.6, F1 = ⅔,
    /// guessing ½: relative ⅓. Members are a tenth: 0.06/(0.06 + 0.18) = ¼ and 0.6: F1 = 0.3/0.85, relative (F1 − .1)/.9.
    /// Chance, 20 and 20: precision ½, recall 0.2, F1 = 2/7, relative −3/7.
    #[test]
    fn hand_worked() {
        let called = Called { members: (60, 100), others: (20, 100) };
        let value = |measure: Measure| match measure {
            Measure::Normal { value, standard_error, .. } => (value, standard_error),
            other => panic!("{other:?}"),
        };
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(called.f1(0.5), 2.0 / 3.0);
        close(value(called.relative(0.5)).0, 1.0 / 3.0);
        close(value(called.relative(0.1)).0, (0.3 / 0.85 - 0.1) / 0.9);
        close(value(called.chance().relative_to_one(0.5)).0, -3.0 / 7.0);
        // The delta method against differences of the function itself.
        let f1 = |a: f64, b: f64| a / (0.5 * a + 0.5 * b + 0.5);
        let (a, b) = (60.5 / 101.0, 20.5 / 101.0);
        let slope = |up: (f64, f64), down: (f64, f64)| (f1(up.0, up.1) - f1(down.0, down.1)) / 2e-6;
        let by_a = slope((a + 1e-6, b), (a - 1e-6, b));
        let by_b = slope((a, b + 1e-6), (a, b - 1e-6));
        let error =
            ((by_a * by_a * a * (1.0 - a) + by_b * by_b * b * (1.0 - b)) / 100.0).sqrt() / 0.5;
        assert!((value(called.relative(0.5)).1 - error).abs() < 1e-8);
        // Everybody and nobody called: no division by nothing, and no certainty.
        for called in [
            Called { members: (100, 100), others: (0, 100) },
            Called { members: (0, 100), others: (0, 100) },
            Called { members: (100, 100), others: (100, 100) },
        ] {
            let (value, error) = value(called.relative(0.5));
            assert!(value.is_finite() && error > 0.0, "{value} {error}");
        }
    }

    /// One-sided 95 % limits of the true value, a = 0.3, b = 0.1, t = 0.2, over samples of 300 and 150: each covers it in
    /// 93 to 97 of 100 (4,000 samples: three standard errors are one in a hundred).
    #[test]
    fn the_error_covers_as_it_says() {
        use rand::RngExt;
        let mut rng = crate::random::Seed::new(11).rng();
        let truth = (2.0 * 0.2 * 0.3 / (0.2 * 0.3 + 0.8 * 0.1 + 0.2) - 0.2) / 0.8;
        let confidence = crate::stats::Confidence::new(0.95).unwrap();
        let (mut below, mut above) = (0, 0);
        for _ in 0..4000 {
            let mut count =
                |of: u64, p: f64| ((0..of).filter(|_| rng.random::<f64>() < p).count() as u64, of);
            let called = Called { members: count(300, 0.3), others: count(150, 0.1) };
            let Measure::Normal { value, standard_error, range } = called.relative(0.2) else {
                panic!()
            };
            let bounds =
                crate::stats::normal_bounds(value, standard_error, range, confidence, confidence);
            let bounds = bounds.unwrap();
            below += u32::from(bounds.lower <= truth);
            above += u32::from(bounds.upper >= truth);
        }
        for covered in [below, above] {
            assert!((3720..=3880).contains(&covered), "{below} {above} of 4000");
        }
    }

    fn rows(seed: u64) -> String {
        use rand::RngExt;
        let mut rng = crate::random::Seed::new(seed).rng();
        let row = |_| {
            let mut below = |n: u32| rng.random_range(0..n);
            format!("{},{},{}\n", below(1000), below(1000), below(50))
        };
        format!("a,b,c\n{}", (0..400).map(row).collect::<String>())
    }

    /// Train as release: everybody is a member who is called one, and hardly another person is. A release of
    /// other people: as good as chance.
    #[test]
    fn leak_and_null() {
        let schema = "[columns.a]\nkind = \"integer\"\nlower = 0\nupper = 1000\n\
                      [columns.b]\nkind = \"integer\"\nlower = 0\nupper = 1000\n\
                      [columns.c]\nkind = \"categorical\"\n";
        let relative = |release: u64| {
            let audit = audit(schema, &rows(1), Some(&rows(2)), &rows(release));
            let facts = run(&Membership::default(), &audit);
            let of = |metric: &str| {
                let fact = facts.iter().find(|fact| fact.metric == metric).unwrap();
                assert!(fact.notes.iter().any(|note| note.contains("a half")));
                match fact.measure {
                    Measure::Normal { value, standard_error, .. } => (value, standard_error),
                    ref other => panic!("{other:?}"),
                }
            };
            (of("membership.relative-f1"), of("membership.relative-f1-chance"))
        };
        let (leak, chance) = relative(1);
        assert!(leak.0 > 0.9 && chance.0 < 0.5, "{leak:?} {chance:?}");
        let (null, chance) = relative(3);
        assert!((null.0 - chance.0).abs() < 5.0 * null.1.hypot(chance.1), "{null:?} {chance:?}");
    }
}

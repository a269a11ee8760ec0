//! Persons isolated by descriptions that the release suggests.
//!
//! # Threat model
//! Anyone who holds the release reads descriptions off it that fit a single row ("born 1931, the only one with
//! this diagnosis"), and finds that one person of the training data, and no other, answers to one. No name is
//! needed: the person can be told from everybody else.
//!
//! # Estimator
//! Queries are made from the release alone. *Univariate*: each value that stands there once, the smallest and
//! the largest number of a column, and "missing" where one row misses it. *Multivariate*: for each released row
//! (at most `queries`, at random) two to `columns` random columns, a category or "missing" as it is; a number
//! as "at least" above the median of the release and "at most" below in one query, and as "about", within 0.2 %
//! of its scale or a step, in a second one over other columns. Kept is what that row alone answers.
//!
//! - `singling-out.univariate`, `singling-out.multivariate`: queries to which exactly one *person* of train
//!   answers, over the queries made, all of them counted. Two persons of equal records are not singled out;
//!   two records of one person are one person.
//! - `…-excess`: training persons singled out by at least one query, over the training persons, against the same
//!   share of holdout persons: (train's − holdout's)/(1 − holdout's), two-sample. Frames are equal: a holdout
//!   person is looked for in the training data in the place of a random training person. So nothing has to be
//!   corrected for the sizes of the samples ([`isolation_integral`] is the published correction, kept as a
//!   cross-check), and a leak counts in full however small the holdout is.
//! - Baseline: queries made from some of the training persons, holdout persons looked for among the others, in
//!   the proportions of release and train.
//! - Positive control: a planted person is seen if a query made from their planted row alone singles them out, and
//!   the row is among those about which queries are made.
//!
//! # Limits
//! Chance isolates people too: a fine column has many values that occur once. Only the excess tells a leak.
//! Queries over one column see a leak through values that occur once; a table of coarse columns has none, and the
//! positive control then shows that nothing was tested. Likewise over two or three columns: "about" fits several
//! persons of a crowd, so that a copy adds little to chance, and exact values are not asked for, because a generator
//! that draws from observed values reproduces those of single persons and tells nothing else of them. Other queries
//! than these are not tried.
//!
//! # References
//! Article 29 Working Party, Opinion 05/2014 (WP216), section 2.2.1. Cohen and Nissim 2020, PNAS 117:8344
//! (predicates that isolate). Giomi et al. 2023, `PoPETs` 2023(2):312 (univariate and multivariate queries).

mod frame;
mod query;
#[cfg(test)]
mod tests;

use rand::RngExt;
use rand::seq::index::sample;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::frame::{Answer, Frame};
use self::query::{Query, Style};
use super::known::{Targets, word};
use super::planted::Tally;
use super::{Attack, Info, Need, parameters};
use crate::audit::control::tolerances;
use crate::audit::{Audit, Progress};
use crate::encode::{Coded, Joint};
use crate::error::{Error, Result};
use crate::evidence::{Count, Evidence, Measure, Planting};
use crate::random::Seed;
use crate::table::Persons;

/// How far off "about" may be, as a share of a column's scale; its step counts if it is larger, and never more
/// than 1 % of the real spread (`audit::control::tolerances`).
const ABOUT: f64 = 0.002;

/// Parameters of the attack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct SinglingOut {
    /// Released rows from which queries over several columns are made, at random where there are more. Default
    /// 40,000; fewer see less.
    pub queries: usize,
    /// Columns of such a query, at most; 2 to 64. Default 16.
    pub columns: usize,
}

impl Default for SinglingOut {
    fn default() -> Self {
        Self { queries: 40_000, columns: 16 }
    }
}

/// What the attack is.
pub(super) static INFO: Info = Info {
    id: "singling-out",
    title: "persons isolated by descriptions read off the release",
    threat_model: "anyone who holds the release and looks for the one person who fits a description",
    needs: &[Need::Holdout],
    references: &[
        "Article 29 Working Party, Opinion 05/2014 (WP216)",
        "Cohen and Nissim 2020, PNAS 117:8344",
        "Giomi et al. 2023, PoPETs 2023(2):312",
    ],
    metrics: &[
        "singling-out.univariate",
        "singling-out.univariate-excess",
        "singling-out.multivariate",
        "singling-out.multivariate-excess",
    ],
};

/// The queries over one column, or over several.
#[derive(Clone, Copy)]
enum Kind {
    Univariate,
    Multivariate,
}

impl Attack for SinglingOut {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        self.check()?;
        let joint = audit.joint();
        let train = Frame::new(&joint.train, &audit.train_persons.of_row);
        let halves = Halves::new(audit, seed.part("baseline"));
        let mut facts = Vec::new();
        for (kind, name) in [(Kind::Univariate, "univariate"), (Kind::Multivariate, "multivariate")]
        {
            let seed = seed.part(name);
            // 1. Queries from the release, put to the training persons.
            let release = Frame::of_rows(&joint.synthetic);
            let queries = self.queries(kind, joint, &release, self.queries, seed);
            let answers: Vec<Answer> =
                queries.par_iter().map(|query| train.answer(query)).collect();
            let isolated = count(answers.iter().map(|answer| answer.only().is_some()));
            let mut found = Vec::new();
            if isolated.trials > 0 {
                let (successes, trials) = (isolated.successes as f64, isolated.trials);
                let measure = Measure::Rate { successes, trials, frame: None };
                found.push(Evidence::whole(&format!("singling-out.{name}"), measure));
            }
            // 2. Persons singled out, against holdout persons in the place of training persons.
            if let (Some(holdout), Some(persons)) = (&joint.holdout, &audit.holdout_persons) {
                let treated = singled_out(&answers, audit.train_persons.count);
                let control = replaced(&train, (holdout, persons), (&queries, &answers), seed);
                let baseline = halves.control(self, kind, joint, (holdout, persons), seed);
                let measure = Measure::Difference { treated, control, baseline: Some(baseline) };
                found.push(Evidence::whole(&format!("singling-out.{name}-excess"), measure));
            }
            // 3. Planted persons, by queries from their planted rows.
            let plants = self.plants(kind, audit, &train, seed);
            for mut fact in found {
                fact.parameters = parameters(self);
                fact.positive_control.clone_from(&plants);
                fact.notes.push(format!("queries made: {}", rounded(queries.len())));
                facts.push(fact);
            }
            progress.advance(2);
        }
        Ok(facts)
    }
}

impl SinglingOut {
    fn check(&self) -> Result<()> {
        let problem = if self.queries == 0 {
            "expected at least one query"
        } else if !(2..=64).contains(&self.columns) {
            "expected queries of 2 to 64 columns"
        } else {
            return Ok(());
        };
        Err(Error::Usage(format!("[attack.singling-out]: {problem}")))
    }

    /// Queries that a single row of `release` answers; over several columns from `most` of its rows.
    fn queries(
        &self,
        kind: Kind,
        joint: &Joint,
        release: &Frame<'_>,
        most: usize,
        seed: Seed,
    ) -> Vec<Query> {
        let rows = release.rows.rows;
        match kind {
            Kind::Univariate => query::univariate(release),
            Kind::Multivariate => {
                let mut chosen: Vec<usize> = (0..rows).collect();
                if most < rows {
                    chosen = sample(&mut seed.part("rows").rng(), rows, most).into_vec();
                }
                let (medians, tolerances) = (release.medians(), tolerances(joint, ABOUT));
                let make = |&row: &usize| {
                    // Named by what the row says, so that the order of rows changes nothing.
                    let words = release.rows.columns.iter().map(|codes| word(codes, row));
                    let name: Vec<String> = words.map(|word| word.to_string()).collect();
                    let styles = [Style::Side(&medians), Style::About(&tolerances)];
                    let queries = self.about(release.rows, row, styles, seed.part(&name.join(" ")));
                    let alone = |query: &Query| release.answer(query).only().is_some();
                    queries.filter(alone).collect::<Vec<_>>()
                };
                chosen.par_iter().flat_map_iter(make).collect()
            }
        }
    }

    /// A query in each style about a row.
    fn about<'a>(
        &self,
        rows: &'a Coded,
        row: usize,
        styles: [Style<'a>; 2],
        seed: Seed,
    ) -> impl Iterator<Item = Query> + use<'a> {
        let (mut rng, most) = (seed.rng(), self.columns);
        let query = move |style| query::about(rows, row, most, style, &mut rng);
        styles.into_iter().filter_map(query)
    }

    /// How many planted persons are singled out by a query made from their planted row, which it alone answers
    /// in the planted release.
    fn plants(&self, kind: Kind, audit: &Audit, train: &Frame<'_>, seed: Seed) -> Vec<Planting> {
        let (joint, plants) = (audit.joint(), audit.plants());
        let mut tally = Tally::new(plants);
        let released = joint.synthetic.select(&plants.kept);
        let kept = Frame::of_rows(&released);
        let (medians, tolerances) = (kept.medians(), tolerances(joint, ABOUT));
        // Of a release of more rows than `queries` only some are asked about.
        let asked = match kind {
            Kind::Univariate => 1.0,
            Kind::Multivariate => (self.queries as f64 / joint.synthetic.rows as f64).min(1.0),
        };
        for (number, round) in plants.rounds.iter().enumerate() {
            let seed = seed.part(&format!("round {number}"));
            let added = Frame::of_rows(&round.rows);
            let alone =
                |query: &Query| added.answer(query).only().is_some() && kept.answer(query).nobody();
            let seen = |(i, plant): (usize, &crate::audit::Plant)| {
                let styles = [Style::Side(&medians), Style::About(&tolerances)];
                let queries: Vec<Query> = match kind {
                    Kind::Univariate => query::values(&round.rows, i, &kept),
                    Kind::Multivariate => {
                        self.about(&round.rows, i, styles, seed.part(&i.to_string())).collect()
                    }
                };
                let hit = |query: &Query| {
                    alone(query) && train.answer(query).only() == Some(plant.person)
                };
                queries.iter().any(hit)
            };
            let seen: Vec<bool> = round.plants.par_iter().enumerate().map(seen).collect();
            for (plant, seen) in round.plants.iter().zip(seen) {
                tally.add(plant.cell, if seen { asked } else { 0.0 });
            }
        }
        tally.plantings()
    }
}

/// The persons whom at least one answer singles out.
fn singled_out(answers: &[Answer], persons: usize) -> Count {
    let mut hit = vec![false; persons];
    answers.iter().filter_map(Answer::only).for_each(|person| hit[person as usize] = true);
    count(hit.into_iter())
}

/// The holdout persons whom at least one query would single out if they stood in the frame in the place of a
/// random person of it. The answers are those of the frame's own persons.
fn replaced(
    frame: &Frame<'_>,
    (holdout, persons): (&Coded, &Persons),
    (queries, answers): (&[Query], &[Answer]),
    seed: Seed,
) -> Count {
    let mut rng = seed.part("replaced").rng();
    let all = frame.persons.max(1) as u64;
    let away: Vec<u32> = (0..persons.count).map(|_| rng.random_range(0..all) as u32).collect();
    let looked_for = Frame::new(holdout, &persons.of_row);
    let met = |(query, answer): (&Query, &Answer)| match answer {
        Answer::Several => Vec::new(),
        answer => {
            let alone =
                |person: &u32| answer.nobody() || answer.only() == Some(away[*person as usize]);
            looked_for.all(query).into_iter().filter(alone).collect()
        }
    };
    let met: Vec<Vec<u32>> = queries.par_iter().zip(answers).map(met).collect();
    let mut hit = vec![false; persons.count];
    met.into_iter().flatten().for_each(|person| hit[person as usize] = true);
    count(hit.into_iter())
}

/// Training persons parted as release and train are: a stand-in for the release that nobody made from the holdout,
/// and those whom it is no copy of.
struct Halves {
    release: Coded,
    rest: Coded,
    persons: Vec<u32>,
    /// The share of released rows that the stand-in has.
    share: f64,
}

impl Halves {
    fn new(audit: &Audit, seed: Seed) -> Self {
        let joint = audit.joint();
        let (train, released) = (joint.train.rows as f64, joint.synthetic.rows as f64);
        let count = audit.train_persons.count;
        let part = (count as f64 * released / (train + released)).round() as usize;
        let part = part.clamp(1.min(count), count.saturating_sub(1).max(1));
        let drawn = Targets::draw(&audit.train_persons, part, seed);
        let mut inside = vec![false; joint.train.rows];
        drawn.records.iter().for_each(|&row| inside[row] = true);
        let rest: Vec<usize> = (0..joint.train.rows).filter(|&row| !inside[row]).collect();
        Self {
            release: joint.train.select(&drawn.records),
            persons: rest.iter().map(|&row| audit.train_persons.of_row[row]).collect(),
            rest: joint.train.select(&rest),
            share: drawn.records.len() as f64 / released.max(1.0),
        }
    }

    fn control(
        &self,
        attack: &SinglingOut,
        kind: Kind,
        joint: &Joint,
        holdout: (&Coded, &Persons),
        seed: Seed,
    ) -> Count {
        let most = (attack.queries as f64 * self.share).ceil() as usize;
        let queries = attack.queries(kind, joint, &Frame::of_rows(&self.release), most, seed);
        let rest = Frame::new(&self.rest, &self.persons);
        let answers: Vec<Answer> = queries.par_iter().map(|query| rest.answer(query)).collect();
        replaced(&rest, holdout, (&queries, &answers), seed.part("baseline"))
    }
}

fn count(hits: impl ExactSizeIterator<Item = bool>) -> Count {
    let trials = hits.len() as u64;
    Count { successes: hits.filter(|&hit| hit).count() as u64, trials }
}

/// Two significant digits: how many values stand alone in the release is public, and no more is needed.
fn rounded(count: usize) -> String {
    let mut unit = 1;
    while count / unit >= 100 {
        unit *= 10;
    }
    if unit == 1 {
        count.to_string()
    } else {
        format!("about {}", (count + unit / 2) / unit * unit)
    }
}

/// ∫ n·w·(1 − w)^(n − 1) dw from a to b: how often a predicate of random weight w between a and b isolates
/// one of n persons, times b − a: [(na + 1)(1 − a)^n − (nb + 1)(1 − b)^n]/(n + 1) (Giomi et al. 2023, who
/// scale the success on a smaller control by it).
#[must_use]
pub fn isolation_integral(n: u64, a: f64, b: f64) -> f64 {
    let n = n as f64;
    // ln_1p keeps the digits of a small weight.
    let part = |w: f64| (n * w + 1.0) * (n * (-w).ln_1p()).exp();
    (part(a) - part(b)) / (n + 1.0)
}

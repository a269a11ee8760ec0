//! How much closer released rows lie to training records than to records the generator never saw.
//!
//! # Threat model
//! Anyone who holds the release looks up, for a released row, who is nearest to it. If that is more
//! often a training person than chance explains, rows were made from persons. Data that pass such
//! tests can still be highly vulnerable to membership inference (Yao et al. 2025): a smoke test, whose
//! rules may stop a release and never clear one.
//!
//! # Estimator
//! d = mean over the compared columns of δ, on scales fixed without looking at the release: a number
//! |x − y|/scale up to 1, a category 0 or 1, both missing 0, one missing 1 (Gower 1971).
//! - `distance.share`: each released row gives weight 1 to the nearest record(s) of train and holdout
//!   together, shared equally among ties; persons add up the weight of their records. Value: the share
//!   of all weight on training persons less `n_T`/N, its expectation if the labels of the N persons
//!   are exchangeable given the release. Standard error: the permutation deviation (see `excess`).
//! - `distance.tail-share`: the same over the closest `tails` of the released rows, at least 10 rows (of
//!   fewer even all on train would be chance), all rows tied at the cut included; the worse cut is
//!   reported.
//! - `distance.subset-share`: both over some of the columns only, the worst of all: quasi-identifiers, all
//!   but these, numbers, categories, and the halves of random `splits`. A record copied with one value
//!   replaced is a copy over every subset without that column.
//! - `distance.dcr`, `-to-holdout`, `-of-holdout`: distributions of d from a released row to its nearest
//!   training record and to the nearest of the holdout, and from the holdout to train, which is what
//!   another sample of the population has. `distance.nndr`: (d1 + 1e−8)/(d2 + 1e−8) over the nearest two
//!   training records. At a resolution that can be published (see `resolution`).
//!
//! Judging reads value − z · error > limit. So that this is a permutation test (persons permuted), the
//! error of the tail, of the subsets, and of the share in sets under 500 or where one person holds over
//! 5 % of the weight, is widened until its normal quantiles at 5, 2.5 and 1 % reach those of the
//! (maximum of the) standardized excess over random permutations, all cuts of all subsets permuted alike:
//! one test, however many cuts. Below 1 % the normal law is extrapolated. An excess with an error, and
//! not a p-value, so that a limit above 0 can leave room for a holdout that is not quite exchangeable.
//!
//! Positive control: how many planted rows give their weight to the person they were made from (see `planted`). That
//! is what a row adds to the value, and not how often the test rejects: nothing is cleared by either.
//!
//! # Limits
//! Copies of few persons vanish in the share over all rows: the tail sees them. Few rows in a tail
//! give coarse steps, where the test errs on the side of silence. An excess cannot exceed 1 − `n_T`/N:
//! a small holdout hides much. Where every person is equally near, distance says nothing, and the
//! bounds span the whole range. Distances that differ in rounding only are not tied.
//!
//! # References
//! Gower 1971, Biometrics 27:857. Yao et al. 2025, The DCR Delusion, arXiv 2505.01524. Cochran 1977,
//! Sampling Techniques. Peers: SDMetrics `DCROverfittingProtection`, MOSTLY AI QA.

mod excess;
mod planted;
mod pool;
mod resolution;
mod subsets;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use self::excess::{Cut, Excess, Labels, worst};
use self::planted::Seen;
use self::pool::{Near, Pool, ratio};
use self::resolution::curve;
use self::subsets::{Subset, subsets};
use super::{Attack, Info, Need, parameters};
use crate::audit::{Audit, K, Progress};
use crate::error::{Error, Result};
use crate::evidence::{Evidence, Measure};
use crate::random::Seed;

/// Random splits of the columns, at most.
const SPLITS: u32 = 20;

/// Permutations by default.
const PERMUTATIONS: u32 = 4999;

/// Parameters of the attack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Distance {
    /// The closest rows that `tail-share` looks at, as shares of the release, each in (0, 1].
    /// Default 0.02 and 0.001; a tail has at least 10 rows.
    pub tails: Vec<f64>,
    /// Random permutations of the labels, 999 to 99,999. Default 4,999.
    pub permutations: u32,
    /// Random splits of the columns, whose halves `subset-share` looks at beside quasi-identifiers,
    /// numbers and categories, up to 20. Default 2.
    pub splits: u32,
    /// Random permutations of the labels for the worst of all subsets, 999 to 99,999. Default 999.
    pub subset_permutations: u32,
}

impl Default for Distance {
    fn default() -> Self {
        Self {
            tails: vec![0.02, 0.001],
            permutations: PERMUTATIONS,
            splits: 2,
            subset_permutations: 999,
        }
    }
}

/// What the attack is.
pub(super) static INFO: Info = Info {
    id: "distance",
    title: "closeness to training records",
    threat_model: "anyone who holds the release and looks up who is nearest to a row",
    needs: &[Need::Holdout],
    references: &["Gower 1971, Biometrics 27:857", "Yao et al. 2025, arXiv 2505.01524"],
    metrics: &[
        "distance.share",
        "distance.tail-share",
        "distance.subset-share",
        "distance.dcr",
        "distance.dcr-to-holdout",
        "distance.dcr-of-holdout",
        "distance.nndr",
        "distance.nndr-of-holdout",
    ],
};

impl Attack for Distance {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        self.check()?;
        let all: Vec<usize> = (0..audit.joint().names.len()).collect();
        let pool = Pool::new(audit, &all);
        // 1. The nearest record(s) of every released row.
        let (whole, near) = pool.whole();
        progress.advance(2);
        // 2. The shares of weight on train, against chance, over all columns and over some of them.
        let mut facts = Vec::new();
        if let Some(labels) = pool.labels().filter(|_| whole.rows > 0) {
            let tails = self.tails(&pool, &near, &whole);
            let rounds = (!whole.is_large()).then_some(self.permutations);
            let share = worst(&[whole], labels, rounds, seed.part("share"));
            let tail = worst(&tails, labels, Some(self.permutations), seed.part("tail"));
            let cut = tail.worst.map(|i| self.closest(i));
            let seen = Seen::by(&pool, &all, audit.plants(), &near, &self.tails);
            let controls = [seen.share(audit.plants()), seen.tail_share(audit.plants())];
            let tests = [
                fact(INFO.metrics[0], &share, labels, None),
                fact(INFO.metrics[1], &tail, labels, cut),
            ];
            let calibrated = tests.into_iter().zip(controls);
            facts.extend(
                calibrated.map(|(fact, positive_control)| Evidence { positive_control, ..fact }),
            );
            progress.advance(2);
            facts.push(self.subsets(audit, labels, seed.part("subsets"), progress));
        }
        progress.advance(1);
        // 3. The distances themselves, at public resolution.
        facts.extend(curves(audit, near));
        for fact in &mut facts {
            fact.parameters = parameters(self);
            fact.notes.push(format!("compared columns: {}", audit.joint().names.join(", ")));
            fact.caveats.extend(self.caveat());
        }
        Ok(facts)
    }
}

impl Distance {
    fn check(&self) -> Result<()> {
        let tail = |tail: &f64| *tail > 0.0 && *tail <= 1.0;
        let problem = if self.tails.is_empty() || !self.tails.iter().all(tail) {
            "expected one or more tails above 0 and up to 1, shares of the release"
        } else if ![self.permutations, self.subset_permutations]
            .iter()
            .all(|rounds| (999..=99_999).contains(rounds))
        {
            "expected 999 to 99,999 permutations"
        } else if self.splits > SPLITS {
            "expected up to 20 random splits of the columns"
        } else {
            return Ok(());
        };
        Err(Error::Usage(format!("[attack.distance]: {problem}")))
    }

    /// The closest rows of a release, tail by tail.
    fn tails(&self, pool: &Pool<'_>, near: &Near, whole: &Cut) -> Vec<Cut> {
        self.tails.iter().map(|&tail| pool.tail(tail, &near.closest, whole)).collect()
    }

    /// What a tail looks at.
    fn closest(&self, tail: usize) -> String {
        format!("closest rows: {} %", self.tails[tail] * 100.0)
    }

    /// The same tests over every column subset: the worst of all, under one permutation test.
    fn subsets(
        &self,
        audit: &Audit,
        labels: Labels,
        seed: Seed,
        progress: &Progress<'_>,
    ) -> Evidence {
        let subsets = subsets(audit.joint(), self.splits, seed);
        let (mut cuts, mut seen): (Vec<Cut>, Vec<Seen>) = (Vec::new(), Vec::new());
        for Subset { name, columns } in &subsets {
            let pool = Pool::new(audit, columns);
            let (whole, near) = pool.whole();
            let tails = self.tails(&pool, &near, &whole);
            progress.searched(&format!("training records by {name}"), pool.plan());
            cuts.extend(std::iter::once(whole).chain(tails));
            seen.push(Seen::by(&pool, columns, audit.plants(), &near, &self.tails));
        }
        let found = worst(&cuts, labels, Some(self.subset_permutations), seed);
        let each = self.tails.len() + 1;
        let name = |place: usize| {
            let rows = (place % each).checked_sub(1);
            let rows = rows.map_or("all rows".to_owned(), |tail| self.closest(tail));
            format!("worst over {}, {rows}", subsets[place / each].name)
        };
        let mut fact = fact("distance.subset-share", &found, labels, found.worst.map(name));
        let names: Vec<&str> = subsets.iter().map(|subset| subset.name.as_str()).collect();
        fact.notes.push(format!("column subsets: {}", names.join(", ")));
        fact.positive_control = Seen::subset_share(&seen, audit.plants());
        fact
    }

    /// What a reader must know of parameters that can make the attack see less.
    fn caveat(&self) -> Option<String> {
        let default = Self::default();
        let weaker = self.permutations < default.permutations
            || self.splits < default.splits
            || !default.tails.iter().all(|tail| self.tails.contains(tail));
        weaker
            .then(|| "its tails, permutations or column splits are fewer than the default's".into())
    }
}

fn fact(metric: &str, excess: &Excess, labels: Labels, cut: Option<String>) -> Evidence {
    let &Excess { value, standard_error, .. } = excess;
    let measure = Measure::Normal { value, standard_error, range: [-1.0, 1.0] };
    let mut fact = Evidence::whole(metric, measure);
    let expected = labels.expected() * 100.0;
    fact.notes.push(format!("share on train by chance: {expected:.1} %; the value is the excess"));
    fact.notes.extend(cut);
    if excess.worst.is_none() {
        fact.caveats.push("every real person is equally near: distance says nothing here".into());
    }
    fact
}

/// How distances of released rows and of the holdout are distributed: those of the holdout to train are
/// what a sample of the same population has.
fn curves(audit: &Audit, near: Near) -> Vec<Evidence> {
    let holdout = audit.neighbours().holdout.as_ref().map(|side| &side.real);
    let rows = audit.joint().holdout.as_ref().map_or(0, |rows| rows.rows);
    let of_holdout: Vec<&[f64; K]> =
        holdout.into_iter().flat_map(|real| (0..rows).map(|row| real.of(row))).collect();
    let nearest = of_holdout.iter().map(|near| near[0]).filter(|d| d.is_finite()).collect();
    let two = of_holdout.iter().filter(|near| near[1].is_finite());
    let ratios = two.map(|near| ratio(near[0], near[1])).collect();
    let all = [
        ("distance.dcr", near.train, "over released rows, to training records"),
        ("distance.dcr-to-holdout", near.holdout, "over released rows, to records of the holdout"),
        ("distance.dcr-of-holdout", nearest, "over records of the holdout, to training records"),
        ("distance.nndr", near.ratio, "over released rows, to training records"),
        ("distance.nndr-of-holdout", ratios, "over records of the holdout, to training records"),
    ];
    let fact = |(metric, values, what): (&str, Vec<f64>, &str)| {
        let mut fact = Evidence::whole(metric, Measure::Quantiles { quantiles: curve(values)? });
        fact.notes.push(format!("{what}; means of eleven neighbours, two significant digits"));
        Some(fact)
    };
    all.into_iter().filter_map(fact).collect()
}

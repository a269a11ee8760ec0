//! One sensitive column, and when a guess about it is right. Categories are compared as the numbers of
//! their codes.

use crate::attack::known::Level;
use crate::audit::Audit;
use crate::encode::{Coded, Codes, Joint, quantile};
use crate::evidence::Count;
use crate::table::MISSING;

/// Codes of two categories differ by one at least.
const SAME: f64 = 0.5;

/// Real records that share one value from which on it is no secret that somebody has it: whoever guesses it of
/// everybody is right nine times in ten.
const COMMONPLACE: f64 = 0.9;

/// Persons with another value, at the least, in train and in the holdout: of fewer nothing could be said.
const FEWEST: usize = 11;

/// A sensitive column.
pub(super) struct Secret {
    /// The compared column.
    pub(super) column: usize,
    pub(super) name: String,
    pub(super) category: bool,
    /// How far off a number may be, as a share of itself or of `scale`.
    tolerance: f64,
    /// The interquartile range of the training values, or the joint scale where that is 0.
    scale: f64,
    /// The value that is no secret, if there is one.
    commonplace: Option<f64>,
}

impl Secret {
    pub(super) fn new(audit: &Audit, column: usize, tolerance: f64) -> Self {
        let mut secret = Self::plain(audit.joint(), column, tolerance);
        secret.commonplace = secret.shared(audit.joint());
        secret
    }

    fn plain(joint: &Joint, column: usize, tolerance: f64) -> Self {
        let (name, commonplace) = (joint.names[column].clone(), None);
        let Codes::Number(values) = &joint.train.columns[column] else {
            return Self { column, name, category: true, tolerance, scale: 1.0, commonplace };
        };
        let known = sorted(values.iter().copied());
        let range =
            quantile(&known, 0.75).zip(quantile(&known, 0.25)).map(|(high, low)| high - low);
        let spread = range.filter(|&range| range > 0.0).or(joint.scales[column]);
        let scale = spread.unwrap_or(1.0);
        Self { column, name, category: false, tolerance, scale, commonplace }
    }

    /// The value that [`COMMONPLACE`] of the real records with a value share, unless too few have another one in
    /// train or in the holdout.
    fn shared(&self, joint: &Joint) -> Option<f64> {
        let samples = [Some(&joint.train), joint.holdout.as_ref()].into_iter().flatten();
        let samples: Vec<Vec<f64>> = samples
            .map(|rows| self.values(rows).into_iter().filter(|x| !x.is_nan()).collect())
            .collect();
        let known = sorted(samples.iter().flatten().copied());
        let value = self.commonest(&known)?;
        let same = |x: &&f64| (**x - value).abs() <= self.reach(**x);
        let others = |sample: &Vec<f64>| sample.len() - sample.iter().filter(same).count();
        let enough = samples.iter().all(|sample| others(sample) >= FEWEST);
        let count = known.iter().filter(same).count() as f64;
        (enough && count >= COMMONPLACE * known.len() as f64).then_some(value)
    }

    /// Whether there is a value that is no secret.
    pub(super) fn has_commonplace(&self) -> bool {
        self.commonplace.is_some()
    }

    /// Whether a guess could teach anybody something of a person with this value.
    pub(super) fn is_telling(&self, truth: f64) -> bool {
        self.commonplace.is_none_or(|value| (truth - value).abs() > self.reach(truth))
    }

    /// The column's values in `rows`; NaN is missing.
    pub(super) fn values(&self, rows: &Coded) -> Vec<f64> {
        match &rows.columns[self.column] {
            Codes::Number(values) => values.clone(),
            Codes::Category(codes) => {
                let value = |&code: &u32| if code == MISSING { f64::NAN } else { f64::from(code) };
                codes.iter().map(value).collect()
            }
        }
    }

    /// How far from the truth a right guess may be.
    fn reach(&self, truth: f64) -> f64 {
        if self.category { SAME } else { self.tolerance * truth.abs().max(self.scale) }
    }

    /// 1 if the guess is right, 0 if it is wrong or missing; nothing where there is nothing to guess.
    pub(super) fn hits(&self, truth: f64, guess: f64) -> Option<f64> {
        let right = (guess - truth).abs() <= self.reach(truth);
        (!truth.is_nan()).then(|| f64::from(u8::from(right)))
    }

    /// The guess of someone who looks at the column alone.
    pub(super) fn guess(&self, rows: &Coded) -> Option<f64> {
        self.commonest(&sorted(self.values(rows).into_iter()))
    }

    /// Of sorted values the most frequent category, or the median.
    fn commonest(&self, known: &[f64]) -> Option<f64> {
        if !self.category {
            return quantile(known, 0.5);
        }
        let runs = known.chunk_by(|a, b| b - a < SAME);
        runs.fold(None, |best: Option<&[f64]>, run| {
            if best.is_some_and(|best| best.len() >= run.len()) { best } else { Some(run) }
        })?
        .first()
        .copied()
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut known: Vec<f64> = values.filter(|x| !x.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    known
}

/// What a number of rows, tied, tell of the secret.
pub(super) struct Pile {
    /// Their values, sorted.
    known: Vec<f64>,
    /// Rows, those without a value among them.
    rows: usize,
}

impl Pile {
    pub(super) fn new(levels: &[Level], told: impl Fn(u32) -> f64) -> Self {
        let rows = levels.iter().flat_map(|level| &level.rows);
        let known = sorted(rows.clone().map(|&row| told(row)));
        Self { known, rows: rows.count() }
    }

    /// The share of rows that tell the truth; nothing where there is none to tell.
    pub(super) fn share(&self, truth: f64, secret: &Secret) -> Option<f64> {
        if truth.is_nan() {
            return None;
        }
        let reach = secret.reach(truth);
        let right = |told: &&f64| (**told - truth).abs() <= reach;
        // A little wider than the reach, so that rounding of its ends leaves nobody out.
        let slack = reach * (1.0 + 1e-9) + f64::MIN_POSITIVE;
        let from = self.known.partition_point(|&told| told - truth < -slack);
        let to = self.known.partition_point(|&told| told - truth <= slack);
        let hits = self.known[from..to.max(from)].iter().filter(right).count();
        Some(if self.rows == 0 { 0.0 } else { hits as f64 / self.rows as f64 })
    }
}

/// Shared successes of persons.
#[derive(Clone, Copy)]
pub(super) struct Right {
    pub(super) sum: f64,
    pub(super) trials: u64,
}

/// A sum of thirds that should be whole differs a little from it in doubles.
const ROUNDING: f64 = 1e-6;

impl Right {
    pub(super) fn rounded_up(self) -> Count {
        let successes = ((self.sum - ROUNDING).ceil().max(0.0) as u64).min(self.trials);
        Count { successes, trials: self.trials }
    }

    pub(super) fn rounded_down(self) -> Count {
        let successes = ((self.sum + ROUNDING).floor() as u64).min(self.trials);
        Count { successes, trials: self.trials }
    }
}

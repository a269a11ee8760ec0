//! Recognising by agreement: how much a released row's equal values say that it is a copy, beyond what the
//! equal values of other real people say.
//!
//! # Estimator
//! 1. Per pair of a person's record and another row, the likelihood of the row as a copy over its likelihood as
//!    somebody else's, in logarithms, column by column (see `weights`; Fellegi and Sunter 1969). One cell
//!    replaced, blanked or flipped costs its own weight and a constant; all other cells still speak.
//! 2. L(x, S) is the largest over the released rows that agree with x exactly on one of several groups of
//!    columns (see `groups`): of G groups, a copy with fewer than G cells changed leaves one untouched and
//!    is looked at. L(x, R) is the same over the records of other training persons.
//! 3. The score is L(x, S) − max(L(x, R), f): as with distances, what a crowd shares cancels. f is the median
//!    of L(h, R) over the holdout records: a person whom no real record resembles is measured against what
//!    chance brings to most.
//!
//! # Limits
//! What stays the same must be rare enough together: in a table where most of the cells that stay are shared with
//! other people the score is small, and the positive control says so. A copy with all numbers moved is not seen.

mod dependence;
mod groups;
mod weights;

use super::score::{Recogniser, Scores, Sides};
use crate::audit::Audit;
use crate::encode::{Coded, quantile};

use self::groups::{Groups, Index};
use self::weights::{Rows, Weights};

/// The score by agreement, of both sides of the split.
pub(super) struct Agreement {
    sides: Sides,
    model: Model,
    train: Rows,
    holdout: Rows,
    released: Index,
    /// Per training and holdout row: the largest weight among real records, and among the rows that stay.
    of_train: Found,
    of_holdout: Found,
    floor: f64,
    among_real: Vec<f64>,
}

/// What agreement weighs, and which rows are looked at.
struct Model {
    weights: Weights,
    groups: Groups,
}

/// The largest weights of each record of a sample.
struct Found {
    real: Vec<f64>,
    released: Vec<f64>,
    kept: Vec<f64>,
}

impl Model {
    fn index(&self, rows: Rows) -> Index {
        self.groups.index(rows)
    }

    /// The largest weight of a row that is not excluded, of each query.
    fn best(
        &self,
        queries: &Rows,
        index: &Index,
        excluded: impl Fn(usize, usize) -> bool + Sync,
    ) -> Vec<f64> {
        index.search(&self.weights, &self.groups, queries, |query, row, weight, best: &mut f64| {
            if weight > *best && !excluded(query, row) {
                *best = weight;
            }
        })
    }
}

impl Agreement {
    /// Scores everybody; nothing without persons on both sides.
    pub(super) fn new(audit: &Audit) -> Option<Self> {
        let joint = audit.joint();
        let holdout_persons = audit.holdout_persons.as_ref()?;
        let weights = Weights::new(&Coded::stacked(&[&joint.train, joint.holdout.as_ref()?]));
        let (train, holdout) = (weights.rows(&joint.train), weights.rows(joint.holdout.as_ref()?));
        let model = Model { groups: Groups::new(&train), weights };
        let real = model.index(model.weights.rows(&joint.train));
        let released = model.index(model.weights.rows(&joint.synthetic));
        let mut stays = vec![false; joint.synthetic.rows];
        audit.plants().kept.iter().for_each(|&row| stays[row] = true);
        let found = |queries: &Rows, excluded: &(dyn Fn(usize, usize) -> bool + Sync)| {
            let both = |_: usize, row: usize, weight: f64, [all, kept]: &mut [f64; 2]| {
                *all = weight.max(*all);
                *kept = if stays[row] { weight.max(*kept) } else { *kept };
            };
            let both = released.search(&model.weights, &model.groups, queries, both);
            Found {
                real: model.best(queries, &real, excluded),
                released: both.iter().map(|pair| pair[0]).collect(),
                kept: both.iter().map(|pair| pair[1]).collect(),
            }
        };
        let person = &audit.train_persons.of_row;
        let of_train = found(&train, &|query, row| person[query] == person[row]);
        let of_holdout = found(&holdout, &|_, _| false);
        let mut sorted = of_holdout.real.clone();
        sorted.sort_by(f64::total_cmp);
        let floor = quantile(&sorted, 0.5).filter(|floor| floor.is_finite()).unwrap_or(0.0);
        let scores = |persons, found: &Found| {
            Scores::new(persons, |row| score(found.released[row], found.real[row], floor))
        };
        let sides = Sides {
            train: scores(&audit.train_persons, &of_train),
            holdout: scores(holdout_persons, &of_holdout),
        };
        let mut among_real = Scores::new(holdout_persons, |row| of_holdout.real[row] - floor).best;
        among_real.retain(|score| *score > 0.0);
        let both = !sides.train.best.is_empty() && !sides.holdout.best.is_empty();
        both.then_some(Self {
            sides,
            model,
            train,
            holdout,
            released,
            of_train,
            of_holdout,
            floor,
            among_real,
        })
    }
}

/// The largest weight in the release beyond that among other real people, never less than from the floor.
fn score(released: f64, real: f64, floor: f64) -> f64 {
    released.max(floor) - real.max(floor)
}

impl Recogniser for Agreement {
    fn name(&self) -> &'static str {
        "by agreement, a log-likelihood ratio beyond that of other real people"
    }

    fn cap(&self) -> f64 {
        f64::INFINITY
    }

    fn sides(&self) -> &Sides {
        &self.sides
    }

    fn among_real(&self) -> &[f64] {
        &self.among_real
    }

    fn holdout_with(&self, audit: &Audit, round: usize) -> Vec<f64> {
        let persons = audit.holdout_persons.as_ref();
        let Some((persons, round)) = persons.zip(audit.plants().rounds.get(round)) else {
            return Vec::new();
        };
        let planted = self.model.index(self.model.weights.rows(&round.rows));
        let near = self.model.best(&self.holdout, &planted, |_, _| false);
        let found = &self.of_holdout;
        let one = |row: usize| score(near[row].max(found.kept[row]), found.real[row], self.floor);
        Scores::new(persons, one).best
    }

    fn copies(&self, _: &Audit, rows: &[usize], copies: &Coded) -> Vec<f64> {
        let copies = self.model.weights.rows(copies);
        let one = |(i, &row): (usize, &usize)| {
            let (own, copy) = (self.train.row(row), copies.row(i));
            let weight = match self.model.groups.meet(own, copy) {
                true => self.model.weights.query(own).pair(copy),
                false => f64::NEG_INFINITY,
            };
            score(weight.max(self.of_train.kept[row]), self.of_train.real[row], self.floor)
        };
        rows.iter().enumerate().map(one).collect()
    }

    fn matched(&self, _: &Audit, rows: &[usize]) -> Vec<Vec<u32>> {
        let queries = self.train.select(rows);
        let ties = |_: usize, row: usize, weight: f64, found: &mut (f64, Vec<u32>)| {
            if weight > found.0 {
                *found = (weight, Vec::new());
            }
            if weight >= found.0 {
                found.1.push(row as u32);
            }
        };
        let search = self.released.search(&self.model.weights, &self.model.groups, &queries, ties);
        let sorted = |(_, mut rows): (f64, Vec<u32>)| {
            rows.sort_unstable();
            rows.dedup();
            rows
        };
        search.into_iter().map(sorted).collect()
    }
}

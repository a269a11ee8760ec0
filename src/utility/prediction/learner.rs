//! The two models of a target, boosted trees and a line, and the choice between them.

use super::samples::Side;
use super::score::{Guesses, Kind};
use super::target::Target;
use crate::encode::design::Design;
use crate::encode::{Coded, Codes};
use crate::learn::{Binned, Bins, Boosting, BoostingParameters, Logistic, Ridge, Whitening};
use crate::random::Seed;
use crate::table::MISSING;

/// Penalty of the regressions, in the unit of one row's curvature.
const RIDGE: f64 = 1.0;

/// Small trees, fewer and faster learners than [`BoostingParameters::default`].
const TREES: BoostingParameters =
    BoostingParameters { trees: 50, depth: 4, min_leaf: 20, rate: 0.15, ridge: 1.0, columns: None };

/// A learned model.
pub(in crate::utility) struct Learned {
    kind: Kind,
    /// The columns it looks at.
    columns: Vec<usize>,
    form: Form,
    /// Each class's share of the rows it was learned from.
    shares: Vec<f64>,
}

/// One model for a number, or for the second of two classes; else one for each class against the others, unless
/// nothing of the class was there to learn.
enum Form {
    Trees(Bins, Vec<Option<Boosting>>),
    Line(Design, Whitening, Vec<Option<Logistic>>),
    Number(Design, Ridge),
}

/// What a model is learned from.
struct Lesson<'a> {
    kind: Kind,
    rows: &'a Coded,
    values: &'a [f64],
}

impl Learned {
    /// Learns a target from one sample, where it has these `values`, by about `count` of its rows: both models from
    /// most of its persons, of which the one is kept that guesses the others better. Nothing where there is nothing
    /// to learn.
    pub(in crate::utility) fn of(
        side: &Side<'_>,
        target: &Target,
        values: &[f64],
        count: usize,
        seed: Seed,
    ) -> Option<Self> {
        let [choosing, learning] = side.drawn(values, count, seed);
        let at = |rows: &[usize]| rows.iter().map(|&row| values[row]).collect::<Vec<f64>>();
        let (truth, known) = (at(&choosing), at(&learning));
        let rows = side.coded.select(&learning);
        let columns: Vec<usize> = (0..rows.columns.len())
            .filter(|&column| column != target.column && has_value(&rows.columns[column]))
            .collect();
        if columns.is_empty() {
            return None;
        }
        let rows = rows.with_columns(&columns);
        let lesson = Lesson { kind: target.kind, rows: &rows, values: &known };
        let forms = [lesson.trees(seed), lesson.line()].into_iter().flatten();
        let choosing = side.coded.select(&choosing);
        let mut best: Option<(f64, Self)> = None;
        for form in forms {
            let (kind, columns) = (target.kind, columns.clone());
            let model = Self { kind, columns, form, shares: lesson.shares() };
            let guess = model.guess(&choosing);
            let score = Guesses::new(kind, &truth, &guess).score(|_| 1.0).unwrap_or(0.0);
            if best.as_ref().is_none_or(|(highest, _)| score > *highest) {
                best = Some((score, model));
            }
        }
        best.map(|(_, model)| model)
    }

    /// What it says of each row: a number, the probability of the second of two classes, or the class that is the
    /// likeliest for its share of what was learned. (Of unequal classes the likeliest alone would hardly ever
    /// be a rare one, and the mean recall is largest for the likeliest beside its share.)
    pub(in crate::utility) fn guess(&self, rows: &Coded) -> Vec<f64> {
        let rows = rows.with_columns(&self.columns);
        let told = self.form.told(self.kind, &rows);
        if !matches!(self.kind, Kind::Classes(_)) {
            return told.into_iter().flatten().next().unwrap_or_else(|| vec![0.0; rows.rows]);
        }
        let mut best = vec![(f64::NEG_INFINITY, 0.0); rows.rows];
        for ((class, scores), share) in told.iter().enumerate().zip(&self.shares) {
            for (best, score) in best.iter_mut().zip(scores.iter().flatten()) {
                if score / share > best.0 {
                    *best = (score / share, class as f64);
                }
            }
        }
        best.into_iter().map(|(_, class)| class).collect()
    }

    /// Of two classes, the second's share of the rows it was learned from.
    pub(in crate::utility) fn share(&self) -> f64 {
        self.shares.get(1).copied().unwrap_or(0.5)
    }
}

impl Form {
    /// What each model says of each row.
    fn told(&self, kind: Kind, rows: &Coded) -> Vec<Option<Vec<f64>>> {
        match self {
            Self::Number(design, model) => vec![Some(model.predict(&design.matrix(rows)))],
            Self::Line(design, whitening, models) => {
                let matrix = whitening.apply(&design.matrix(rows));
                models.iter().map(|model| Some(model.as_ref()?.predict(&matrix))).collect()
            }
            Self::Trees(bins, models) => {
                let binned = bins.apply(rows);
                let all = every(&binned);
                let told = |model: &Boosting| match kind {
                    Kind::Number => model.scores(&binned, &all),
                    Kind::Two | Kind::Classes(_) => model.predict(&binned, &all),
                };
                models.iter().map(|model| model.as_ref().map(told)).collect()
            }
        }
    }
}

impl Lesson<'_> {
    fn trees(&self, seed: Seed) -> Option<Form> {
        let bins = Bins::fit(&[self.rows]);
        let binned = bins.apply(self.rows);
        let all = every(&binned);
        let models = match self.kind {
            Kind::Number => vec![Boosting::regress(&binned, self.values, &all, TREES, seed)],
            Kind::Two | Kind::Classes(_) => {
                self.each(|labels| Boosting::classify(&binned, labels, &all, TREES, seed))
            }
        };
        models.iter().any(Option::is_some).then_some(Form::Trees(bins, models))
    }

    fn line(&self) -> Option<Form> {
        let design = Design::fit(&[self.rows]);
        let matrix = design.matrix(self.rows);
        if self.kind == Kind::Number {
            return Ridge::fit(&matrix, self.values, RIDGE)
                .map(|model| Form::Number(design, model));
        }
        // The same model in coordinates in which the fit converges in a few steps.
        let whitening = Whitening::fit(&matrix, matrix.columns)?;
        let matrix = whitening.apply(&matrix);
        let models = self.each(|labels| Logistic::fit(&matrix, labels, RIDGE));
        models.iter().any(Option::is_some).then_some(Form::Line(design, whitening, models))
    }

    /// One model for the second of two classes, or one for each class.
    fn each<M>(&self, fit: impl Fn(&[bool]) -> Option<M>) -> Vec<Option<M>> {
        let classes = match self.kind {
            Kind::Classes(count) => 0..count,
            Kind::Two | Kind::Number => 1..2,
        };
        let labels =
            |class: usize| self.values.iter().map(|&x| x as usize == class).collect::<Vec<_>>();
        classes.map(|class| fit(&labels(class))).collect()
    }

    fn shares(&self) -> Vec<f64> {
        let classes = match self.kind {
            Kind::Classes(count) => count,
            Kind::Two => 2,
            Kind::Number => 0,
        };
        let share = |class: usize| {
            let rows = self.values.iter().filter(|&&x| x as usize == class).count();
            rows as f64 / self.values.len().max(1) as f64
        };
        (0..classes).map(share).collect()
    }
}

fn every(rows: &Binned) -> Vec<u32> {
    (0..rows.rows as u32).collect()
}

fn has_value(codes: &Codes) -> bool {
    match codes {
        Codes::Number(values) => values.iter().any(|x| !x.is_nan()),
        Codes::Category(codes) => codes.iter().any(|code| *code != MISSING),
    }
}

//! The density ratio of release and reference on whitened principal components (DOMIAS: van Breugel
//! et al. 2023, arXiv 2302.12580), by kernels on subsamples of rows.

use std::collections::HashMap;

use rand::RngExt;
use rand::seq::index::sample;

use super::kernel::Kernel;
use super::people::{People, Samples};
use crate::audit::Round;
use crate::encode::Coded;
use crate::encode::design::{Design, Matrix};
use crate::learn::Whitening;
use crate::random::Seed;

/// Components: kernels in more dimensions see nothing with some thousand points.
const COMPONENTS: usize = 8;

/// Rows of each table that the components are fitted to.
const FITTED: usize = 20_000;

/// Densities of the release and of both reference halves.
pub(super) struct Components {
    design: Design,
    whitening: Whitening,
    released: Kernel,
    references: [Kernel; 2],
    /// The released rows that the density is built on.
    chosen: Vec<usize>,
    seed: Seed,
}

impl Components {
    /// Fits components to all tables and densities to up to `points` rows each; nothing where a table
    /// does not vary in every component.
    pub(super) fn fit(samples: &Samples<'_>, points: usize, seed: Seed) -> Option<Self> {
        let (train, holdout) = (samples.members.coded, samples.others.coded);
        let released = &samples.joint.synthetic;
        let design = Design::fit(&[train, holdout, released]);
        let draw = |rows: usize, most: usize, name: &str| {
            let mut rng = seed.part(name).rng();
            let mut drawn = sample(&mut rng, rows, most.min(rows)).into_vec();
            drawn.sort_unstable();
            drawn
        };
        let mut pooled = Matrix { rows: 0, columns: design.width(), values: Vec::new() };
        for (table, name) in [(train, "train"), (holdout, "holdout"), (released, "release")] {
            let part = design.matrix(&table.select(&draw(table.rows, FITTED, name)));
            pooled.rows += part.rows;
            pooled.values.extend(part.values);
        }
        let whitening = Whitening::fit(&pooled, COMPONENTS)?;
        let kernel = |rows: &Coded| Kernel::fit(&whitening.apply(&design.matrix(rows)));
        let chosen = draw(released.rows, points, "points");
        let reference = |half: usize| {
            let rows = &samples.references[half];
            let drawn = draw(rows.len(), points, if half == 0 { "first" } else { "second" });
            kernel(&holdout.select(&drawn.into_iter().map(|i| rows[i]).collect::<Vec<_>>()))
        };
        let references = [reference(0)?, reference(1)?];
        let released = kernel(&released.select(&chosen))?;
        Some(Self { design, whitening, released, references, chosen, seed })
    }

    /// The scores of `persons` in the release as it is.
    pub(super) fn scores(&self, people: &People<'_>, persons: &[usize]) -> Vec<f64> {
        self.ratios(&self.released, people, persons)
    }

    /// The density of a planted release: of the rows it was built on those that stay, and of the plants
    /// the same share.
    pub(super) fn planted(&self, samples: &Samples<'_>, round: &Round) -> Option<Kernel> {
        let released = &samples.joint.synthetic;
        let stay: Vec<usize> =
            self.chosen.iter().copied().filter(|&row| samples.audit.plants().keeps(row)).collect();
        let share = self.chosen.len() as f64 / released.rows as f64;
        let mut rng = self.seed.part("planted").rng();
        let drawn: Vec<usize> =
            (0..round.rows.rows).filter(|_| rng.random::<f64>() < share).collect();
        let mut points = self.project(&released.select(&stay));
        let plants = self.project(&round.rows.select(&drawn));
        points.rows += plants.rows;
        points.values.extend(plants.values);
        Kernel::fit(&points)
    }

    /// ln `p_S` − ln `p_R`, the largest of each person's records.
    pub(super) fn ratios(
        &self,
        released: &Kernel,
        people: &People<'_>,
        persons: &[usize],
    ) -> Vec<f64> {
        let mut found: HashMap<usize, f64> = HashMap::new();
        for (half, reference) in self.references.iter().enumerate() {
            let within = persons.iter().filter(|&&person| people.half[person] == half);
            let rows: Vec<usize> = within.flat_map(|&person| people.rows[person].clone()).collect();
            let points = self.project(&people.coded.select(&rows));
            let ratios =
                released.log_density(&points).into_iter().zip(reference.log_density(&points));
            found.extend(rows.into_iter().zip(ratios.map(|(s, r)| s - r)));
        }
        people.largest(persons, |row| found.get(&row).copied().unwrap_or(f64::NEG_INFINITY))
    }

    fn project(&self, rows: &Coded) -> Matrix {
        self.whitening.apply(&self.design.matrix(rows))
    }
}

//! The density ratio of release and reference on whitened principal components (DOMIAS: van Breugel
//! et al. 2023, arXiv 2302.12580), by kernels on subsamples of rows.

use rand::RngExt;
use rand::seq::index::sample;

use super::learned::Learned;
use super::people::Samples;
use crate::audit::Round;
use crate::encode::Coded;
use crate::encode::design::{Design, Matrix};
use crate::learn::{KernelDensity, Whitening};
use crate::random::Seed;

/// Components: kernels in more dimensions see nothing with some thousand points.
const COMPONENTS: usize = 8;

/// Rows of each table that the components are fitted to.
const FITTED: usize = 20_000;

/// Densities of the release and of both reference halves.
pub(super) struct Components {
    design: Design,
    whitening: Whitening,
    released: KernelDensity,
    references: [KernelDensity; 2],
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
        let kernel = |rows: &Coded| KernelDensity::fit(&whitening.apply(&design.matrix(rows)));
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

    /// The same with the density of a planted release: of the rows it was built on those that stay, and of
    /// the plants the same share.
    pub(super) fn planted(
        &self,
        samples: &Samples<'_>,
        kept: &[usize],
        round: &Round,
    ) -> Option<Planted<'_>> {
        let released = &samples.joint.synthetic;
        let stay: Vec<usize> =
            self.chosen.iter().copied().filter(|row| kept.binary_search(row).is_ok()).collect();
        let share = self.chosen.len() as f64 / released.rows as f64;
        let mut rng = self.seed.part("planted").rng();
        let drawn: Vec<usize> =
            (0..round.rows.rows).filter(|_| rng.random::<f64>() < share).collect();
        let rows = Coded::stacked(&[&released.select(&stay), &round.rows.select(&drawn)]);
        let released = KernelDensity::fit(&self.project(&rows))?;
        Some(Planted { components: self, released })
    }

    /// ln `p_S` − ln `p_R`.
    fn ratios(&self, released: &KernelDensity, rows: &Coded, half: usize) -> Vec<f64> {
        let points = self.project(rows);
        let reference = self.references[half].log_density(&points);
        released.log_density(&points).into_iter().zip(reference).map(|(s, r)| s - r).collect()
    }

    fn project(&self, rows: &Coded) -> Matrix {
        self.whitening.apply(&self.design.matrix(rows))
    }
}

impl Learned for Components {
    fn of_rows(&self, rows: &Coded, half: usize) -> Vec<f64> {
        self.ratios(&self.released, rows, half)
    }
}

/// The components with the density of a planted release.
pub(super) struct Planted<'a> {
    components: &'a Components,
    released: KernelDensity,
}

impl Learned for Planted<'_> {
    fn of_rows(&self, rows: &Coded, half: usize) -> Vec<f64> {
        self.components.ratios(&self.released, rows, half)
    }
}

//! What fresh real records reach.

use super::{Rows, View};

impl View<'_> {
    /// The ceiling of a distance that is 0 for equal populations: that of the fresh records from train, scaled to
    /// the size of the release. Nothing without fresh records.
    ///
    /// What is left between two samples of one population is noise, which shrinks as √(1/n₁ + 1/n₂) with the
    /// persons of either: n is Kish's effective number.
    #[must_use]
    pub fn ceiling(&self, distance: impl FnOnce(&Rows) -> f64) -> Option<f64> {
        let fresh = self.fresh.as_ref()?;
        let noise = |rows: &Rows| (1.0 / self.train.effective() + 1.0 / rows.effective()).sqrt();
        let scaled = distance(fresh) * noise(&self.released) / noise(fresh);
        scaled.is_finite().then_some(scaled)
    }

    /// The ceiling of a score that is no distance: that of the fresh records, as it is. Nothing without these.
    #[must_use]
    pub fn reached(&self, score: impl FnOnce(&Rows) -> f64) -> Option<f64> {
        self.fresh.as_ref().map(score).filter(|score| score.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::audit;

    /// Train of 4, fresh of 4, a release of 12: √(1/4 + 1/12) / √(1/4 + 1/4) = √(2/3).
    #[test]
    fn noise_is_scaled_to_the_size_of_the_release() {
        let column = |rows: usize| format!("x\n{}", "1\n".repeat(rows));
        let schema = "[columns.x]\nkind = 'integer'\n";
        let fresh = column(3) + "2\n";
        let audit = audit(schema, &column(4), Some(&fresh), &column(12));
        let found = View::new(&audit).ceiling(|rows| if rows.count == 4 { 0.3 } else { 9.0 });
        assert!((found.unwrap() - 0.3 * (2.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn scores_are_not_scaled_and_nothing_is_reached_without_fresh_records() {
        let schema = "[columns.x]\nkind = 'integer'\n";
        let of = |holdout: Option<&str>| audit(schema, "x\n1\n2\n", holdout, "x\n1\n");
        let (with, without) = (of(Some("x\n3\n4\n5\n")), of(None));
        assert_eq!(View::new(&with).reached(|rows| rows.count as f64 / 4.0), Some(0.75));
        assert_eq!(View::new(&with).reached(|_| f64::NAN), None);
        assert_eq!(View::new(&without).reached(|_| 1.0), None);
        assert_eq!(View::new(&without).ceiling(|_| 1.0), None);
    }
}

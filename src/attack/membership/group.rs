//! The most unusual persons: an average over everybody hides them.

use super::SMALLEST;
use super::curve::Scored;
use super::people::Samples;

/// Persons at or above a rarity.
pub(super) struct Group {
    /// Its name in evidence; none for everybody.
    pub(super) name: Option<&'static str>,
    /// The least rarity, with the cut taken over train and holdout together.
    cut: f64,
}

impl Group {
    /// Everybody, then the most unusual tenth, twentieth and hundredth.
    pub(super) fn all(samples: &Samples<'_>) -> Vec<Self> {
        let mut pooled: Vec<f64> =
            samples.members.rarity.iter().chain(&samples.others.rarity).copied().collect();
        pooled.sort_by(|a, b| b.total_cmp(a));
        let cut = |share: f64| {
            let place = (share * pooled.len() as f64).ceil() as usize;
            pooled.get(place.max(1) - 1).copied().unwrap_or(f64::INFINITY)
        };
        vec![
            Self { name: None, cut: f64::NEG_INFINITY },
            Self { name: Some("outliers: most unusual 10 %"), cut: cut(0.1) },
            Self { name: Some("outliers: most unusual 5 %"), cut: cut(0.05) },
            Self { name: Some("outliers: most unusual 1 %"), cut: cut(0.01) },
        ]
    }

    pub(super) fn holds(&self, rarity: f64) -> bool {
        rarity >= self.cut
    }

    /// Whether enough persons are judged on both sides.
    pub(super) fn is_large(&self, scored: &Scored, samples: &Samples<'_>) -> bool {
        let within = scored.within(self, samples);
        within.members.len().min(within.others.len()) >= SMALLEST
    }
}

//! How far the sensitive values of a class lie from those of the whole table: t-closeness.

/// The shares of the distinct values of one column in the whole table, in the order of the values where they
/// have one. Li, Li and Venkatasubramanian 2007 (ICDE) measure a class against it by the earth mover's distance.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    shares: Vec<f64>,
    /// `below[i]`: the sum of the first i shares.
    below: Vec<f64>,
    /// `area[i]`: the sum of the first i members of `below`, its zero left out.
    area: Vec<f64>,
}

impl Shares {
    /// Shares in proportion to `weights`; `None` when these are not finite, negative or sum to nothing.
    #[must_use]
    pub fn new(weights: &[f64]) -> Option<Self> {
        let total: f64 = weights.iter().sum();
        let sound = weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0);
        if !sound || !total.is_finite() || total <= 0.0 {
            return None;
        }
        let shares: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
        let running = |steps: &mut dyn Iterator<Item = f64>| {
            let mut sums = vec![0.0];
            steps.for_each(|step| sums.push(sums[sums.len() - 1] + step));
            sums
        };
        let below = running(&mut shares.iter().copied());
        let area = running(&mut below[1..].iter().copied());
        Some(Self { shares, below, area })
    }

    /// How many distinct values there are.
    #[must_use]
    pub fn values(&self) -> usize {
        self.shares.len()
    }

    /// The earth mover's distance of a class when moving a person by one of m − 1 steps costs 1/(m − 1):
    /// Σ_i |P(≤ i) − Q(≤ i)|/(m − 1). `class` holds (place of a value, weight), places ascending. 0 for an empty
    /// class and for fewer than two values.
    #[must_use]
    pub fn earth_mover(&self, class: &[(usize, f64)]) -> f64 {
        let total: f64 = class.iter().map(|(_, weight)| weight).sum();
        let steps = self.shares.len().saturating_sub(1);
        if total <= 0.0 || steps == 0 {
            return 0.0;
        }
        // Between two values of the class its cumulative share stands still.
        let (mut moved, mut share, mut from) = (0.0, 0.0, 0);
        for &(place, weight) in class {
            moved += self.apart(from, place.min(steps), share);
            share += weight / total;
            from = place.min(steps);
        }
        (moved + self.apart(from, steps, share)) / steps as f64
    }

    /// Σ |share − Q(≤ i)| over i in from..to: Q rises, so that it lies below the share up to a place and above
    /// it from there on.
    fn apart(&self, from: usize, to: usize, share: f64) -> f64 {
        if from >= to {
            return 0.0;
        }
        let turn = from + self.below[from + 1..=to].partition_point(|&q| q <= share);
        let area = |from: usize, to: usize| self.area[to] - self.area[from];
        let (low, high) = ((turn - from) as f64, (to - turn) as f64);
        (share * low - area(from, turn)) + (area(turn, to) - share * high)
    }

    /// The total variation distance of a class, ½ Σ |p − q|: the earth mover's distance between categories that
    /// are all equally far apart. `class` holds (place, weight), each place once.
    #[must_use]
    pub fn total_variation(&self, class: &[(usize, f64)]) -> f64 {
        let total: f64 = class.iter().map(|(_, weight)| weight).sum();
        if total <= 0.0 {
            return 0.0;
        }
        // Half of all differences is what the class has too much.
        let share = |place: usize| self.shares.get(place).copied().unwrap_or(0.0);
        class.iter().map(|&(place, weight)| (weight / total - share(place)).max(0.0)).sum()
    }
}

/// exp(H) of a class's weights, H their entropy: with how many equally frequent values the class would be as
/// diverse (Machanavajjhala et al. 2007: entropy ℓ-diversity is exp(H) ≥ ℓ). 0 for an empty class.
#[must_use]
pub fn entropy_diversity(weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return 0.0;
    }
    let shares = weights.iter().filter(|weight| **weight > 0.0).map(|weight| weight / total);
    shares.map(|p| -p * p.ln()).sum::<f64>().exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::testing::close;

    /// By hand: Q = (½, ¼, ¼), P = (0, 0, 1): total variation 3/4; moved: |0−½| + |0−¾| = 5/4 of 2 steps.
    /// P = (½, 0, ½): ¼; |½−½| + |½−¾| = ¼ of 2 steps.
    #[test]
    fn hand_worked() {
        let whole = Shares::new(&[2.0, 1.0, 1.0]).unwrap();
        close(whole.total_variation(&[(2, 3.0)]), 0.75, 1e-14);
        close(whole.earth_mover(&[(2, 3.0)]), 0.625, 1e-14);
        close(whole.total_variation(&[(0, 1.0), (2, 1.0)]), 0.25, 1e-14);
        close(whole.earth_mover(&[(0, 1.0), (2, 1.0)]), 0.125, 1e-14);
        close(entropy_diversity(&[1.0, 1.0, 1.0]), 3.0, 1e-14);
        // H of (¾, ¼) = ¾ ln(4/3) + ¼ ln 4.
        close(
            entropy_diversity(&[3.0, 1.0, 0.0]),
            (4.0_f64.ln() - 0.75 * 3.0_f64.ln()).exp(),
            1e-14,
        );
    }

    #[test]
    fn null_the_whole_table_is_at_no_distance_from_itself() {
        let weights = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0];
        let whole = Shares::new(&weights).unwrap();
        let class: Vec<(usize, f64)> = weights.iter().copied().enumerate().collect();
        assert!(whole.earth_mover(&class) < 1e-15 && whole.total_variation(&class) < 1e-15);
        assert!(whole.earth_mover(&[]) < 1e-15 && whole.total_variation(&[]) < 1e-15);
        assert!(Shares::new(&[7.0]).unwrap().earth_mover(&[(0, 1.0)]) < 1e-15);
        for bad in [&[] as &[f64], &[0.0], &[-1.0, 2.0], &[f64::NAN], &[f64::INFINITY]] {
            assert!(Shares::new(bad).is_none());
        }
    }

    /// The shortcut between values of the class against the plain sum, on weights without pattern.
    #[test]
    fn the_shortcut_is_the_plain_sum() {
        let weights: Vec<f64> = (0..97_u32).map(|i| f64::from((i * 37 + 11) % 23)).collect();
        let whole = Shares::new(&weights).unwrap();
        let total: f64 = weights.iter().sum();
        for class in
            [vec![(0, 1.0)], vec![(96, 2.0)], vec![(3, 1.0), (40, 5.0), (41, 1.0), (90, 2.0)]]
        {
            let mass: f64 = class.iter().map(|(_, w)| w).sum();
            let (mut p, mut q, mut sum) = (0.0, 0.0, 0.0);
            for (i, weight) in weights.iter().enumerate().take(96) {
                q += weight / total;
                p += class.iter().filter(|(at, _)| *at == i).map(|(_, w)| w / mass).sum::<f64>();
                sum += f64::abs(p - q);
            }
            close(whole.earth_mover(&class), sum / 96.0, 1e-12);
        }
    }
}

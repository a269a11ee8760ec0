//! The chance that whoever fits a key is the person looked for, when the population is known by its size only.

/// E[1/F]: the chance to pick the right person among the F persons of a population with a key that `class` ≥ 1
/// persons of a sample carry, when each person of the population is in the sample with chance `fraction`, in
/// (0, 1]. `None` for inputs that cannot be.
///
/// Benedetti and Franconi 1998 take F − f as negative binomial: r = (p^f/f)·₂F₁(f, f; f+1; 1−p), which Euler's
/// transformation makes (p/f)·₂F₁(1, 1; f+1; 1−p), a series of positive terms.
#[must_use]
pub fn individual_risk(class: u64, fraction: f64) -> Option<f64> {
    if class == 0 || !(fraction > 0.0 && fraction <= 1.0) {
        return None;
    }
    let (p, q, f) = (fraction, 1.0 - fraction, class as f64);
    // The terms shrink by q·k/(f + k): fast for large p by q, for large f by the rest.
    if p >= 0.5 || class >= STEEP {
        let (mut term, mut sum, mut k) = (1.0, 0.0, 0.0);
        while term > 1e-17 * sum {
            sum += term;
            k += 1.0;
            term *= q * k / (f + k);
        }
        return Some(p / f * sum);
    }
    // (p/q) ln(1/p) at f = 1; by parts from one f to the next, each step shrinking the error by p/q < 1.
    let first = p / q * -p.ln();
    Some((1..class).fold(first, |risk, f| p / q * (1.0 / f as f64 - risk)))
}

/// From this class size on the series needs fewer than about a hundred terms at any fraction.
const STEEP: u64 = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::testing::close;

    /// By hand: f = 1, p = ½: ln 2. f = 2, p = ½: 1 − ln 2. p = 1 is the sample itself: 1/f.
    #[test]
    fn hand_worked() {
        let risk = |f, p| individual_risk(f, p).unwrap();
        close(risk(1, 0.5), 2.0_f64.ln(), 1e-14);
        close(risk(2, 0.5), 1.0 - 2.0_f64.ln(), 1e-14);
        close(risk(7, 1.0), 1.0 / 7.0, 1e-14);
        for (f, p) in [(0, 0.5), (1, 0.0), (1, -0.1), (1, 1.1), (1, f64::NAN)] {
            assert!(individual_risk(f, p).is_none());
        }
    }

    /// The definition summed: Σ_j C(f+j−1, j) p^f q^j/(f + j).
    #[test]
    fn the_series_is_the_expectation_of_one_over_f() {
        for (f, p) in [(1, 0.02), (2, 0.3), (5, 0.07), (19, 0.2), (20, 0.2), (60, 0.1), (3, 0.8)] {
            let size = f64::from(f);
            let (mut mass, mut sum) = (f64::powi(p, f), 0.0);
            for j in 0..20_000 {
                let j = f64::from(j);
                sum += mass / (size + j);
                mass *= (size + j) / (j + 1.0) * (1.0 - p);
            }
            close(individual_risk(f as u64, p).unwrap(), sum, 1e-9);
        }
    }

    #[test]
    fn risk_falls_with_the_class_and_rises_with_the_fraction() {
        for p in [1e-9, 1e-4, 0.1, 0.499_999, 0.5, 0.9, 1.0] {
            let risks: Vec<f64> = (1..200).map(|f| individual_risk(f, p).unwrap()).collect();
            assert!(risks.windows(2).all(|pair| pair[0] > pair[1]), "{p}");
            assert!(
                risks.iter().zip(1..).all(|(&risk, f)| risk > 0.0 && risk <= 1.0 / f64::from(f))
            );
        }
        for f in [1, 2, 19, 20, 400, 1_000_000] {
            let risks: Vec<f64> =
                (1..1000).map(|i| individual_risk(f, f64::from(i) / 1000.0).unwrap()).collect();
            assert!(risks.windows(2).all(|pair| pair[0] < pair[1]), "{f}");
        }
    }
}

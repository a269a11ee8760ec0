//! How often the limits of a judged excess hold, by enumeration of all counts: nothing is simulated. (The limits that
//! they are made of: `stats::coverage`.)

use super::*;

/// P[X = 0], …, P[X = n] for X ~ Bin(n, p).
fn masses(n: u64, p: f64) -> Vec<f64> {
    let mut ways = 1.0;
    let mass = |k: u64| {
        let mass = ways * p.powf(k as f64) * (1.0 - p).powf((n - k) as f64);
        ways *= (n - k) as f64 / (k + 1) as f64;
        mass
    };
    (0..=n).map(mass).collect()
}

/// The smaller of two counts of the same law.
fn smaller(masses: &[f64]) -> Vec<f64> {
    let at_least = |k: usize| masses[k..].iter().sum::<f64>();
    (0..masses.len()).map(|k| at_least(k).powi(2) - at_least(k + 1).powi(2)).collect()
}

/// Arms of so many persons, limits at 95 % above and 99 % below, as a rule has them.
struct Arms {
    sizes: (u64, u64),
    limits: Vec<Vec<Interval>>,
}

impl Arms {
    fn new(n1: u64, n2: u64) -> Self {
        let c = |value| Confidence::new(value).unwrap();
        let sides = Sides { lower: c(0.99), upper: c(0.95) };
        let count = |successes, trials| Count { successes, trials };
        let cell = |k1, k2| difference(count(k1, n1), count(k2, n2), None, sides).unwrap();
        let row = |k1| (0..=n2).map(|k2| cell(k1, k2)).collect();
        Self { sizes: (n1, n2), limits: (0..=n1).map(row).collect() }
    }

    /// How often the excess (a − c)/(1 − c) `holds` against the limits, chance having the given law.
    fn covered(&self, a: f64, chance: &[f64], holds: impl Fn(&Interval) -> bool) -> f64 {
        let each = |row: &Vec<Interval>| {
            let held = row.iter().zip(chance).filter(|(limits, _)| holds(limits));
            held.map(|(_, mass)| mass).sum::<f64>()
        };
        masses(self.sizes.0, a).iter().zip(&self.limits).map(|(mass, row)| mass * each(row)).sum()
    }
}

const CHANCE: [f64; 21] = [
    0.0, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.98, 0.99,
    0.995, 0.998, 0.999, 0.9995, 1.0,
];

/// Excesses at which limits stand.
const EXCESS: [f64; 9] = [0.0, 0.0004, 0.001, 0.002, 0.005, 0.01, 0.03, 0.05, 0.1];

/// The upper limit is divided by 1 − the upper limit of chance, which costs nothing but width; that chance is the
/// smaller of control and baseline makes it wider still. The lower one is at half the risk. None falls short of what it
/// says: pinned to four digits.
#[test]
fn the_judged_excess_is_covered_as_often_as_it_says() {
    let [mut above, mut beside_baseline, mut below] = [1.0_f64; 3];
    for (n1, n2) in [(30, 30), (50, 25), (25, 50)] {
        let arms = Arms::new(n1, n2);
        for c in CHANCE {
            let control = masses(n2, c);
            let least_chance = smaller(&control);
            for excess in EXCESS {
                let a = c + excess * (1.0 - c);
                let under = |limits: &Interval| limits.upper >= excess - 1e-12;
                above = above.min(arms.covered(a, &control, under));
                beside_baseline = beside_baseline.min(arms.covered(a, &least_chance, under));
                let over = |limits: &Interval| limits.lower <= excess + 1e-12;
                below = below.min(arms.covered(a, &control, over));
            }
        }
    }
    for (least, known) in [(above, 0.9574), (beside_baseline, 0.9867), (below, 0.9965)] {
        assert!((least - known).abs() < 5.1e-5, "least coverage {least:.5}, known {known}");
    }
}

/// With a baseline below the control, chance is the baseline's: the tables above are read at the smaller count.
#[test]
fn chance_is_the_smaller_count() {
    let count = |successes, trials| Count { successes, trials };
    let c95 = Confidence::new(0.95).unwrap();
    let sides = Sides { lower: c95, upper: c95 };
    let upper = |control, baseline: Option<u64>| {
        let baseline = baseline.map(|hits| count(hits, 25));
        difference(count(9, 50), count(control, 25), baseline, sides).unwrap().upper
    };
    assert!(upper(3, Some(1)).total_cmp(&upper(1, None)).is_eq());
    assert!(upper(3, Some(4)).total_cmp(&upper(3, None)).is_eq());
}

//! The estimators against hand-worked cases, against the exact expectations of their own laws, and against what
//! must hold for any of them.

use super::*;
use crate::stats::testing::close;

fn sizes(counts: &[(u64, u64)]) -> ClassSizes {
    ClassSizes::new(counts.iter().flat_map(|&(size, classes)| (0..classes).map(move |_| size)))
}

/// Two classes of 1 and one of 2, half of the population: N = 8. A class of 1 shows one person with ½, a class of
/// 2 with 2·½·(8−4)/(8−1) = 4/7. P = 2·½/(2·½ + 4/7) = 7/11; uniques 2·(7/11)/½ = 28/11.
#[test]
fn zayatz_hand_worked() {
    close(zayatz_uniques(&sizes(&[(1, 2), (2, 1)]), 0.5).unwrap(), 28.0 / 11.0, 1e-14);
    // The whole population: its own uniques. Nobody alone: nobody.
    close(zayatz_uniques(&sizes(&[(1, 2), (2, 1), (9, 4)]), 1.0).unwrap(), 2.0, 1e-14);
    assert!(zayatz_uniques(&sizes(&[(2, 5)]), 0.1).unwrap() < 1e-300);
}

/// n = 3 in classes of 2 and 1: likelihood ∝ (θ+α)(1−α)/((θ+1)(θ+2)), largest at the border α → 0 for
/// θ = √2 (θ/((θ+1)(θ+2)) has its top where θ² = 2).
#[test]
fn pitman_hand_worked() {
    let fit = Pitman::fit(&sizes(&[(1, 1), (2, 1)])).unwrap();
    assert!(fit.alpha < 2e-6);
    close(fit.theta, 2.0_f64.sqrt(), 1e-4);
    // Ewens: θ persons of N are expected alone, θN/(θ+N−1).
    let (theta, n) = (fit.theta, 1000.0);
    close(fit.uniques(n), theta * n / (theta + n - 1.0), 1e-4);
    // α = ½, θ = 0: N·Γ(N−½)/(Γ(½)Γ(N)), N = 2: Γ(1.5) = √π/2, so 1; the limit √N/Γ(½) for large N.
    let half = Pitman { theta: 0.0, alpha: 0.5 };
    close(half.uniques(2.0), 1.0, 1e-12);
    close(half.uniques(1e10), 1e5 / std::f64::consts::PI.sqrt(), 1e-6);
}

/// The likelihood itself, product by product, is nowhere larger around the fit.
#[test]
fn pitman_is_the_top_of_the_likelihood() {
    let sizes = sizes(&[(1, 120), (2, 40), (3, 18), (7, 6), (30, 3), (200, 1)]);
    let log_likelihood = |theta: f64, alpha: f64| {
        let begun: f64 = (1..sizes.classes()).map(|j| (theta + j as f64 * alpha).ln()).sum();
        let all: f64 = (1..sizes.persons()).map(|j| (theta + j as f64).ln()).sum();
        let grown = sizes.sum(|size| (1..size as u64).map(|j| (j as f64 - alpha).ln()).sum());
        begun - all + grown
    };
    let Pitman { theta, alpha } = Pitman::fit(&sizes).unwrap();
    let top = log_likelihood(theta, alpha);
    assert!(alpha > 0.2 && alpha < 0.8 && theta > 0.0, "{theta} {alpha}");
    for (step, turn) in [(0.01, 0.0), (-0.01, 0.0), (0.0, 0.01), (0.0, -0.01), (0.02, -0.01)] {
        let near = log_likelihood(theta * (1.0 + step), alpha * (1.0 + turn));
        assert!(near < top, "{step} {turn}: {near} {top}");
    }
}

/// P(F = j + 1) summed over Bernoulli sampling: an independent way to what the sample is expected to show.
fn expected(law: SlideNegativeBinomial, fraction: f64, most: usize) -> Vec<f64> {
    let mut shown = vec![0.0; most];
    let mut mass = law.uniques();
    for j in 0..600 {
        let size = f64::from(j + 1);
        let mut chance = (1.0 - fraction).powf(size);
        for (i, shown) in (0..=j + 1).zip(shown.iter_mut()) {
            *shown += mass * chance;
            chance *= (size - f64::from(i)) / f64::from(i + 1) * fraction / (1.0 - fraction);
        }
        mass *= (law.alpha + f64::from(j)) / size * (1.0 - law.beta);
    }
    shown
}

#[test]
fn slide_moments_are_those_of_the_law() {
    for (alpha, beta, fraction) in [(0.7, 0.25, 0.3), (2.0, 0.5, 0.05), (0.1, 0.1, 0.9)] {
        let law = SlideNegativeBinomial { classes: 1000.0, alpha, beta };
        let shown = expected(law, fraction, 3);
        close(law.expected_singles(fraction), shown[1], 1e-9);
        close(law.expected_pairs(fraction), shown[2], 1e-9);
    }
}

/// A sample that shows what the law expects gives the law back, but for the number of classes, which has an
/// estimator of its own.
#[test]
fn slide_is_found_again_in_what_it_expects() {
    let law = SlideNegativeBinomial { classes: 200_000.0, alpha: 0.7, beta: 0.25 };
    let shown = expected(law, 0.3, 60);
    let counts: Vec<(u64, u64)> =
        (1..).zip(&shown[1..]).map(|(size, &classes)| (size, classes.round() as u64)).collect();
    let sizes = sizes(&counts);
    let found = SlideNegativeBinomial::fit(&sizes, 0.3).unwrap();
    close(found.expected_singles(0.3), sizes.of(1) as f64, 1e-9);
    close(found.expected_pairs(0.3), sizes.of(2) as f64, 1e-9);
    close(found.classes, 200_000.0, 0.03);
    close(found.uniques(), law.uniques(), 0.15);
}

/// Any estimate lies between 0 and the population, more singles mean more uniques, and what cannot be is `None`.
#[test]
fn bounds_and_degenerate_samples() {
    let cases: [&[(u64, u64)]; 7] = [
        &[(1, 500)],
        &[(1, 1)],
        &[(100_000, 1)],
        &[(1, 3), (2, 1), (50_000, 2)],
        &[(2, 40), (3, 2)],
        &[(1, 10_000), (2, 1)],
        &[(1, 1), (2, 3000), (3, 5000)],
    ];
    for counts in cases {
        let sizes = sizes(counts);
        for fraction in [1e-9, 0.01, 0.1, 0.100_001, 0.5, 0.999, 1.0] {
            let persons = sizes.population(fraction).unwrap() * (1.0 + 1e-6);
            let all = [
                zayatz_uniques(&sizes, fraction),
                pitman_uniques(&sizes, fraction),
                dankar_uniques(&sizes, fraction),
            ];
            for found in all.into_iter().flatten() {
                assert!((0.0..=persons).contains(&found), "{counts:?} {fraction} {found}");
            }
            assert!(all[0].is_some() && all[2].is_some());
        }
    }
    let none = ClassSizes::new([0, 0]);
    assert_eq!((none.persons(), none.classes()), (0, 0));
    assert!(zayatz_uniques(&none, 0.5).is_none() && dankar_uniques(&none, 0.5).is_none());
    let one = sizes(&[(1, 5), (2, 5)]);
    for fraction in [0.0, -1.0, 1.5, f64::NAN, f64::INFINITY] {
        assert!(
            zayatz_uniques(&one, fraction).is_none() && pitman_uniques(&one, fraction).is_none()
        );
        assert!(dankar_uniques(&one, fraction).is_none());
        assert!(SlideNegativeBinomial::fit(&one, fraction).is_none());
        assert!(number_of_classes(&one, fraction).is_none());
    }
    assert!(Pitman::fit(&sizes(&[(1, 500)])).is_none());
    assert!(Pitman::fit(&sizes(&[(500, 1)])).is_none());
    close(number_of_classes(&one, 1.0).unwrap(), 10.0, 1e-15);
}

/// The rule: nobody alone, nobody; at most 10 %: Pitman; above: the smaller of the two others.
#[test]
fn dankars_rule_chooses() {
    let sizes = sizes(&[(1, 120), (2, 40), (3, 18), (7, 6), (30, 3), (200, 1)]);
    let chosen = |fraction| dankar_uniques(&sizes, fraction).unwrap();
    close(chosen(0.1), pitman_uniques(&sizes, 0.1).unwrap(), 1e-15);
    let slide = SlideNegativeBinomial::fit(&sizes, 0.4).unwrap().uniques();
    close(chosen(0.4), slide.min(zayatz_uniques(&sizes, 0.4).unwrap()), 1e-15);
    assert!(dankar_uniques(&super::tests::sizes(&[(2, 9)]), 0.05).unwrap() < 1e-300);
    // Without a pair there is no slide law, without a class of two or more no Pitman fit.
    let singles = super::tests::sizes(&[(1, 9), (3, 1)]);
    close(chosen_of(&singles, 0.5), zayatz_uniques(&singles, 0.5).unwrap(), 1e-15);
    let alone = super::tests::sizes(&[(1, 9)]);
    close(chosen_of(&alone, 0.05), 180.0, 1e-12);
}

fn chosen_of(sizes: &ClassSizes, fraction: f64) -> f64 {
    dankar_uniques(sizes, fraction).unwrap()
}

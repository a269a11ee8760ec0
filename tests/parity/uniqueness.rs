//! Uniqueness: individual risk, the slide negative binomial law, t-closeness.

use dosimeter::stats::{
    ClassSizes, Pitman, Shares, SlideNegativeBinomial, individual_risk, number_of_classes,
    pitman_uniques, zayatz_uniques,
};

/// sdcMicro's individual risk (Benedetti and Franconi 1998) as its users report it for keys of f persons in
/// the sample that stand for F of the population, p = f/F (issue 350 of sdcTools/sdcMicro).
#[test]
fn individual_risk_of_sdc_micro() {
    let published = [
        (2, 360.0, 0.005_424_52),
        (1, 215.0, 0.025_096_44),
        (2, 152.0, 0.012_563_42),
        (1, 186.0, 0.028_247_28),
    ];
    for (class, population, expected) in published {
        let found = individual_risk(class, class as f64 / population).unwrap();
        // Published to eight places, some cut off rather than rounded.
        assert!((found - expected).abs() < 1e-8, "{class} of {population}: {found}");
    }
}

const LAW: SlideNegativeBinomial =
    SlideNegativeBinomial { classes: 200_000.0, alpha: 0.7, beta: 0.25 };

/// The second moment of the law of Chen and Keller-McNulty 1998, of which a well-known tool finds 442: 24,753 pairs
/// in a simulation.
#[test]
fn pairs_of_the_slide_negative_binomial_law() {
    let pairs = LAW.expected_pairs(0.3);
    assert!((pairs - 24_620.0).abs() < 0.5, "{pairs}");
    assert!((LAW.expected_singles(0.3) - 67_904.73).abs() < 0.005);
}

/// The sample that the law expects at 30 %, summed over Bernoulli sampling outside this library and rounded to
/// classes. In one simulation of it, formulas outside this library found 205,032 classes (Shlosser; the tool above
/// 140,727) and 120,225 persons alone (Zayatz): far from the 75,786 of the law, and near what is found here. Pitman's
/// likelihood is largest at the border α = 0, θ = 115,050, solved by bisection outside this library.
#[test]
fn estimators_of_a_slide_negative_binomial_population() {
    let shown = [67905, 24620, 10195, 4407, 1947, 871, 394, 179, 82, 38, 17, 8, 4, 2, 1];
    let sizes = ClassSizes::new((1..).zip(shown).flat_map(|(size, n)| (0..n).map(move |_| size)));
    let near = |found: Option<f64>, simulated: f64| {
        let found = found.unwrap();
        assert!((found / simulated - 1.0).abs() < 0.01, "{found} is not near {simulated}");
    };
    near(number_of_classes(&sizes, 0.3), 205_032.0);
    near(zayatz_uniques(&sizes, 0.3), 120_225.0);
    // Sums of the same formulas in double precision outside this library.
    assert!((number_of_classes(&sizes, 0.3).unwrap() - 205_735.0).abs() < 20.0);
    assert!((zayatz_uniques(&sizes, 0.3).unwrap() - 120_901.0).abs() < 20.0);
    let fit = Pitman::fit(&sizes).unwrap();
    assert!(fit.alpha < 2e-6 && (fit.theta - 115_050.0).abs() < 20.0, "{fit:?}");
    assert!((pitman_uniques(&sizes, 0.3).unwrap() - 97_045.0).abs() < 20.0);
}

/// Li, Li and Venkatasubramanian 2007, section 5: salaries 3k to 11k, one each; the class 3k 4k 5k is 0.375 away,
/// the class 6k 8k 11k 0.167.
#[test]
fn t_closeness_of_the_salaries() {
    let salaries = Shares::new(&[1.0; 9]).unwrap();
    let away = |class: [usize; 3]| salaries.earth_mover(&class.map(|place| (place, 1.0)));
    assert!((away([0, 1, 2]) - 0.375).abs() < 1e-12);
    assert!((away([3, 5, 8]) - 1.0 / 6.0).abs() < 1e-12);
}

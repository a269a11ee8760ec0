//! Intervals of counted rates and their differences.

use dosimeter::stats::{Confidence, clopper_pearson_upper, wilson};

/// Clopper & Pearson 1934 at one-sided 95 %: no hit among 7,488 is the first sample under 0.04 %; 2 of
/// 15,000 is the study that the Office of the National Coordinator had made in 2009.
#[test]
fn clopper_pearson_of_the_published_studies() {
    let confidence = Confidence::new(0.95).unwrap();
    let published =
        [(0.0, 7487, 0.000_400_04), (0.0, 7488, 0.000_399_99), (2.0, 15_000, 0.000_419_66)];
    for (hits, trials, upper) in published {
        let found = clopper_pearson_upper(hits, trials, confidence);
        assert!((found - upper).abs() < 5e-9, "{hits}/{trials}: {found}");
    }
}

/// Wilson 1927, two-sided 95 %, as Giomi et al. (PoPETS 2023-0055) use it: centre ± half width.
#[test]
fn wilson_of_the_anonymity_criteria() {
    let confidence = Confidence::new(0.95).unwrap();
    let published = [
        (850.0, 1000, 0.849, 0.022, 5e-4),
        (0.0, 1000, 0.002, 0.002, 5e-4),
        (1.0, 500, 0.005_796_921_549_853_016, 0.005_443_785_155_293_741, 1e-12),
    ];
    for (hits, trials, centre, half, tolerance) in published {
        let (middle, width) = wilson(hits, trials, confidence);
        assert!((middle - centre).abs() < tolerance, "{hits}/{trials}");
        assert!((width - half).abs() < tolerance, "{hits}/{trials}");
    }
}

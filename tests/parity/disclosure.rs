//! The disclosure measures of statistical agencies and of health-data disclosure control.

use dosimeter::attack::disclosure::Disclosure;

/// Raab, Nowok and Dibben (arXiv 2406.16826), appendix, on a table of ten records each, in per cent.
#[test]
fn the_family_of_raab_nowok_and_dibben() {
    let records = |keys: &str, targets: &str| -> Vec<(char, char)> {
        keys.chars().zip(targets.chars()).collect()
    };
    let original = records("aaabbccdef", "xxyxxyyxyx");
    let synthetic = records("aabbbccdeg", "xxxxxyyyyx");
    let found = Disclosure::of(&original, &synthetic).unwrap();
    let expected = [
        ("UiO", found.uio, 30.0),
        ("UiS", found.uis, 30.0),
        ("UiOiS", found.uiois, 20.0),
        ("repU", found.rep_u, 20.0),
        ("Dorig", found.d_orig, 70.0),
        ("Dsyn", found.d_syn, 100.0),
        ("iS", found.i_s, 90.0),
        ("DiS", found.di_s, 90.0),
        ("DiSCO", found.disco, 70.0),
        ("DiSDiO", found.di_s_di_o, 50.0),
        ("baseCAPd", found.base_cap_d, 52.0),
        ("CAPd", found.cap_d, 86.666_666_666_666_67),
        ("CAPs", found.cap_s, 100.0),
        ("DCAP", found.dcap, 70.0),
        ("TCAP", found.tcap_b.unwrap(), 77.777_777_777_777_77),
        ("TCAP of Little et al.", found.tcap.unwrap(), 77.777_777_777_777_77),
    ];
    for (name, found, expected) in expected {
        assert!((100.0 * found - expected).abs() < 1e-9, "{name}: {found}");
    }
}

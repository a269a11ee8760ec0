//! The disclosure measures that statistical agencies report of synthetic data, from keys and one target.
//!
//! # Threat model
//! Someone who knows the keys of a person whose record made the release looks them up in it and takes what
//! they find at its word: that the person is there, or what the target is.
//!
//! # Estimator
//! The records are tabulated by key q and target t, in the original (d) and in the synthetic data (s); every
//! field of [`Disclosure`] says what it counts and over what. Shares of the original's `N_d` records unless
//! said otherwise. A missing value is a value like any other.
//!
//! # Limits
//! Records are counted, not persons: the metrics `identity.replicated-uniques` and `identity.disco` count
//! the same by person. Nothing is compared with chance. Numbers have to be put into bins before.
//!
//! # References
//! Raab, Nowok and Dibben 2024, Practical privacy metrics for synthetic data, arXiv 2406.16826 (names and
//! formulas, appendix); Taub et al. 2018, PSD, and Elliot 2014 (CAP); Little, Elliot and Allmendinger 2022,
//! PSD (TCAP).

use std::collections::BTreeMap;

/// The measures of one target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Disclosure {
    /// UiO: original records alone with their key.
    pub uio: f64,
    /// UiS: synthetic records alone with their key, of the `N_s` synthetic ones.
    pub uis: f64,
    /// UiOiS: original records alone with their key, which a synthetic record carries.
    pub uiois: f64,
    /// repU, replicated uniques: original records alone with their key, which exactly one synthetic record
    /// carries.
    pub rep_u: f64,
    /// Dorig: original records whose key tells their target in the original.
    pub d_orig: f64,
    /// Dsyn: synthetic records whose key tells their target in the synthetic data, of the `N_s`.
    pub d_syn: f64,
    /// iS: original records whose key is in the synthetic data.
    pub i_s: f64,
    /// DiS: original records whose key tells one target in the synthetic data, right or wrong.
    pub di_s: f64,
    /// DiSCO: original records whose key tells their own target in the synthetic data.
    pub disco: f64,
    /// DiSDiO: those of them whose key tells it in the original too.
    pub di_s_di_o: f64,
    /// baseCAPd: chance that two random original records have one target.
    pub base_cap_d: f64,
    /// CAPd: chance that a random original record of the same key has the record's target.
    pub cap_d: f64,
    /// CAPs: the same within the synthetic data, over its `N_s` records.
    pub cap_s: f64,
    /// DCAP over all original records: chance that a random synthetic record of a record's key has its target;
    /// 0 where no synthetic record has the key.
    pub dcap: f64,
    /// The same sum over the number of synthetic records.
    pub dcap_s: f64,
    /// DCAP over the original records whose key is in the synthetic data; `None` without any.
    pub dcap_b: Option<f64>,
    /// TCAP as first published by the package, DiSCO over iS; `None` when iS is 0.
    pub tcap_b: Option<f64>,
    /// TCAP of Little et al., DiSCO over DiS: how often an apparent disclosure is right; `None` when DiS is 0.
    pub tcap: Option<f64>,
}

/// How many original and how many synthetic records carry each target, within one key.
struct Cell<'a, T> {
    original: BTreeMap<&'a T, u64>,
    synthetic: BTreeMap<&'a T, u64>,
}

impl<T> Default for Cell<'_, T> {
    fn default() -> Self {
        Self { original: BTreeMap::new(), synthetic: BTreeMap::new() }
    }
}

/// Running sums over the keys, in records.
#[derive(Default)]
struct Sums {
    uio: u64,
    uis: u64,
    uiois: u64,
    rep_u: u64,
    d_orig: u64,
    d_syn: u64,
    i_s: u64,
    di_s: u64,
    disco: u64,
    di_s_di_o: u64,
    cap_d: f64,
    cap_s: f64,
    dcap: f64,
}

impl Disclosure {
    /// The measures of (key, target) records; `None` when either table is empty.
    #[must_use]
    pub fn of<K: Ord, T: Ord>(original: &[(K, T)], synthetic: &[(K, T)]) -> Option<Self> {
        if original.is_empty() || synthetic.is_empty() {
            return None;
        }
        let mut cells: BTreeMap<&K, Cell<'_, T>> = BTreeMap::new();
        let mut targets: BTreeMap<&T, u64> = BTreeMap::new();
        for (key, target) in original {
            *cells.entry(key).or_default().original.entry(target).or_default() += 1;
            *targets.entry(target).or_default() += 1;
        }
        for (key, target) in synthetic {
            *cells.entry(key).or_default().synthetic.entry(target).or_default() += 1;
        }
        let mut sums = Sums::default();
        cells.values().for_each(|cell| sums.add(cell));
        let (real, made) = (original.len() as f64, synthetic.len() as f64);
        let base = targets.values().map(|&count| (count as f64 / real).powi(2)).sum();
        Some(sums.shares(real, made, base))
    }
}

impl Sums {
    fn add<T: Ord>(&mut self, cell: &Cell<'_, T>) {
        let total = |counts: &BTreeMap<&T, u64>| counts.values().sum::<u64>();
        let (real, made) = (total(&cell.original), total(&cell.synthetic));
        let told = |counts: &BTreeMap<&T, u64>| counts.len() == 1;
        let when = |holds: bool, records: u64| if holds { records } else { 0 };
        self.uio += when(real == 1, real);
        self.uis += when(made == 1, made);
        self.uiois += when(real == 1 && made > 0, real);
        self.rep_u += when(real == 1 && made == 1, real);
        self.d_orig += when(told(&cell.original), real);
        self.d_syn += when(told(&cell.synthetic), made);
        self.i_s += when(made > 0, real);
        self.di_s += when(told(&cell.synthetic), real);
        for (target, &carried) in &cell.original {
            let shown = cell.synthetic.get(target).copied().unwrap_or(0);
            let right = shown > 0 && told(&cell.synthetic);
            self.disco += when(right, carried);
            self.di_s_di_o += when(right && told(&cell.original), carried);
            self.cap_d += (carried * carried) as f64 / real as f64;
            self.dcap += (carried * shown) as f64 / made.max(1) as f64;
        }
        let squares = cell.synthetic.values().map(|&shown| (shown * shown) as f64);
        self.cap_s += squares.sum::<f64>() / made.max(1) as f64;
    }

    /// The sums over their denominators.
    fn shares(&self, real: f64, made: f64, base_cap_d: f64) -> Disclosure {
        let of = |records: u64, all: f64| records as f64 / all;
        let within = |part: f64, all: u64| (all > 0).then(|| part / all as f64);
        Disclosure {
            uio: of(self.uio, real),
            uis: of(self.uis, made),
            uiois: of(self.uiois, real),
            rep_u: of(self.rep_u, real),
            d_orig: of(self.d_orig, real),
            d_syn: of(self.d_syn, made),
            i_s: of(self.i_s, real),
            di_s: of(self.di_s, real),
            disco: of(self.disco, real),
            di_s_di_o: of(self.di_s_di_o, real),
            base_cap_d,
            cap_d: self.cap_d / real,
            cap_s: self.cap_s / made,
            dcap: self.dcap / real,
            dcap_s: self.dcap / made,
            dcap_b: within(self.dcap, self.i_s),
            tcap_b: within(self.disco as f64, self.i_s),
            tcap: within(self.disco as f64, self.di_s),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(keys: &str, targets: &str) -> Vec<(char, char)> {
        keys.chars().zip(targets.chars()).collect()
    }

    /// Original p: x, x, y; q: x; r: y. Synthetic p: x, y; s: x. Of p two x and one y: random p-rows of the
    /// synthetic data are right with ½ for all three, so DCAP = 1.5/5; no key tells a target that an original
    /// record has, and s is nobody's: DiS = 0, so that TCAP is undefined.
    #[test]
    fn hand_worked_with_undefined_shares() {
        let found = Disclosure::of(&records("pppqr", "xxyxy"), &records("pps", "xyx")).unwrap();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(found.dcap, 0.3);
        close(found.dcap_s, 0.5);
        close(found.dcap_b.unwrap(), 0.5);
        close(found.i_s, 0.6);
        close(found.uis, 1.0 / 3.0);
        close(found.d_syn, 1.0 / 3.0);
        close(found.cap_d, (5.0 / 3.0 + 2.0) / 5.0);
        close(found.base_cap_d, 0.36 + 0.16);
        assert_eq!((found.tcap, found.tcap_b), (None, Some(0.0)));
        assert!(Disclosure::of(&records("", ""), &records("a", "x")).is_none());
    }

    /// The original as release discloses what the original does: DiSCO = DiSDiO = Dorig, repU = UiO, DCAP = CAPd.
    #[test]
    fn leak_the_original_as_release_discloses_what_the_original_does() {
        let original = records("aaabbccdef", "xxyxxyyxyx");
        let found = Disclosure::of(&original, &original).unwrap();
        let same = [
            (found.disco, found.d_orig),
            (found.di_s_di_o, found.d_orig),
            (found.rep_u, found.uio),
            (found.dcap, found.cap_d),
            (found.cap_s, found.cap_d),
        ];
        same.iter().for_each(|(a, b)| assert!((a - b).abs() < 1e-12));
    }
}

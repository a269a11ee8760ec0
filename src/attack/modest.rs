//! Shares of persons in notes, which every reader of a report sees: none from which a modest count follows.

/// Persons up to whom no count is told, nor a share of which it is one side (as in the public tier of reports).
const MODEST: f64 = 100.0;

/// A share of `of` persons in whole per cents; nothing where those in it or those outside are few.
pub(super) fn per_cent(share: f64, of: u64) -> Option<String> {
    let hits = share * of as f64;
    (hits > MODEST && of as f64 - hits > MODEST).then(|| format!("{:.0} %", share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 101 of 1,000 are many, and so are the 899 others; 100 are not, on either side; no share of 201 persons has
    /// more than a hundred on both.
    #[test]
    fn hand_worked() {
        assert_eq!(per_cent(0.101, 1000).as_deref(), Some("10 %"));
        assert_eq!(per_cent(0.899, 1000).as_deref(), Some("90 %"));
        assert_eq!(per_cent(0.0995, 1000), None);
        assert_eq!(per_cent(0.9005, 1000), None);
        assert!((0..=201).all(|hits| per_cent(f64::from(hits) / 201.0, 201).is_none()));
        assert_eq!(per_cent(f64::NAN, 1000), None);
    }
}

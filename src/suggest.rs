//! "Did you mean …?" for names from a closed set.

/// ` (did you mean `x`?)` for the known name nearest to `found`, or nothing when none is near.
#[must_use]
pub fn did_you_mean<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> String {
    let nearest = known
        .map(|name| (strsim::damerau_levenshtein(found, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min();
    nearest.map_or_else(String::new, |(_, name)| format!(" (did you mean `{name}`?)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let known = ["copies.exact", "copies.near"];
        assert_eq!(
            did_you_mean("copies.exatc", known.into_iter()),
            " (did you mean `copies.exact`?)"
        );
        assert_eq!(did_you_mean("utility", known.into_iter()), "");
    }
}

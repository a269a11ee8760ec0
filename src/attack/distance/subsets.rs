//! The column subsets over which the distance tests are repeated.
//!
//! A record that was copied with one value replaced is a copy over every subset without that column.

use std::collections::BTreeSet;

use rand::seq::SliceRandom;

use crate::encode::Joint;
use crate::random::Seed;
use crate::table::Role;

/// Columns that a subset has at least: over one alone most persons are equally near.
const FEWEST: usize = 2;

/// Some of the compared columns.
pub(super) struct Subset {
    /// What they have in common.
    pub(super) name: String,
    /// Their places among the compared columns.
    pub(super) columns: Vec<usize>,
}

/// Quasi-identifiers and the other columns, numbers, categories, and both halves of `splits` random
/// splits: each once, none of fewer than [`FEWEST`] columns and none of all, unless there is no
/// other. A random half depends on the names of the columns and not on their order.
pub(super) fn subsets(joint: &Joint, splits: u32, seed: Seed) -> Vec<Subset> {
    let all: Vec<usize> = (0..joint.names.len()).collect();
    let those = |name: &str, of: &dyn Fn(usize) -> bool| Subset {
        name: name.to_owned(),
        columns: all.iter().copied().filter(|&column| of(column)).collect(),
    };
    let quasi = |column: usize| joint.schemas[column].role == Role::QuasiIdentifier;
    let number = |column: usize| joint.scales[column].is_some();
    let mut found = vec![
        those("quasi-identifiers", &quasi),
        those("all but the quasi-identifiers", &|column| !quasi(column)),
        those("numbers", &number),
        those("categories", &|column| !number(column)),
    ];
    let mut order = all.clone();
    order.sort_by_key(|&column| &joint.names[column]);
    for split in 1..=splits {
        let mut drawn = order.clone();
        drawn.shuffle(&mut seed.part(&format!("split {split}")).rng());
        let (first, second) = drawn.split_at(drawn.len().div_ceil(2));
        for (half, columns) in [("first", first), ("second", second)] {
            let name = format!("{half} half of random split {split}");
            found.push(those(&name, &|column| columns.contains(&column)));
        }
    }
    let mut seen = BTreeSet::from([all.clone()]);
    found.retain(|subset| subset.columns.len() >= FEWEST && seen.insert(subset.columns.clone()));
    if found.is_empty() {
        found.push(Subset { name: "all columns".into(), columns: all });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::audit;

    fn of(header: &str, schema: &str, splits: u32) -> Vec<(String, Vec<usize>)> {
        let row = header.split(',').map(|_| "1").collect::<Vec<_>>().join(",");
        let csv = format!("{header}\n{row}\n");
        let audit = audit(schema, &csv, None, &csv);
        let found = subsets(audit.joint(), splits, Seed::new(0)).into_iter();
        found.map(|subset| (subset.name, subset.columns)).collect()
    }

    /// a and b are numbers and quasi-identifiers, so that `numbers` and its opposite repeat subsets;
    /// the halves of a random split hold every column once.
    #[test]
    fn each_subset_stands_once() {
        let column = |name: &str, kind: &str, role: &str| {
            format!("[columns.{name}]\nkind = \"{kind}\"\nrole = \"{role}\"\n")
        };
        let schema = ["a", "b"].map(|name| column(name, "integer", "quasi-identifier")).concat()
            + &["c", "d", "e"].map(|name| column(name, "categorical", "other")).concat();
        let found = of("a,b,c,d,e", &schema, 0);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], ("quasi-identifiers".to_owned(), vec![0, 1]));
        assert_eq!(found[1], ("all but the quasi-identifiers".to_owned(), vec![2, 3, 4]));
        let halves = of("a,b,c,d,e", &schema, 1);
        let mut together: Vec<usize> =
            halves[2..].iter().flat_map(|(_, columns)| columns.clone()).collect();
        together.sort_unstable();
        assert_eq!(together, [0, 1, 2, 3, 4], "{halves:?}");
    }

    #[test]
    fn without_a_proper_subset_all_columns_are_one() {
        let schema = "[columns.a]\nkind = \"integer\"\n[columns.b]\nkind = \"integer\"\n";
        let found = of("a,b", schema, 2);
        assert_eq!(found, [("all columns".to_owned(), vec![0, 1])]);
    }
}

//! Every search equals the definition, pair by pair.

use proptest::prelude::*;

use super::*;
use crate::table::MISSING;

/// A table as (numbers, categories) of each row: types that hold records are not `Debug`.
type Rows = Vec<(Vec<f64>, Vec<u32>)>;

/// Columns alternate: a number, a category, a number …
fn coded(rows: &Rows, widths: (usize, usize)) -> Coded {
    let mut columns = Vec::new();
    for column in 0..widths.0.max(widths.1) {
        if column < widths.0 {
            columns.push(Codes::Number(rows.iter().map(|row| row.0[column]).collect()));
        }
        if column < widths.1 {
            columns.push(Codes::Category(rows.iter().map(|row| row.1[column]).collect()));
        }
    }
    Coded { rows: rows.len(), columns }
}

fn scales(coded: &Coded, scale: f64) -> Vec<Option<f64>> {
    let scale = |codes: &Codes| matches!(codes, Codes::Number(_)).then_some(scale);
    coded.columns.iter().map(scale).collect()
}

/// The definition: the sums of a query to all rows that count, ascending, then by row.
type Sums = Vec<(f64, u32)>;

fn naive(
    queries: &Rows,
    rows: &Rows,
    scale: f64,
    excluded: impl Fn(usize, usize) -> bool,
) -> Vec<Sums> {
    let pair = |a: &(Vec<f64>, Vec<u32>), b: &(Vec<f64>, Vec<u32>)| {
        let differing = a.1.iter().zip(&b.1).filter(|(a, b)| a != b).count() as f64;
        a.0.iter().zip(&b.0).fold(differing, |sum, (a, b)| {
            sum + match (a.is_nan(), b.is_nan()) {
                (true, true) => 0.0,
                (false, false) => ((a - b).abs() / scale).min(1.0),
                _ => 1.0,
            }
        })
    };
    let one = |(i, query): (usize, &(Vec<f64>, Vec<u32>))| {
        let all = rows.iter().enumerate().filter(|(j, _)| !excluded(i, *j));
        let mut sums: Sums = all.map(|(j, row)| (pair(query, row), j as u32)).collect();
        sums.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        sums
    };
    queries.iter().enumerate().map(one).collect()
}

/// Whether the `k` smallest distances, all rows at the smallest and all rows within the `k`-th are those
/// of the definition, to the last bit.
fn same(near: &Nearest, all: &[Neighbour], sums: &Sums, columns: f64, k: usize) -> bool {
    let bits = |values: &mut dyn Iterator<Item = f64>| values.map(f64::to_bits).collect::<Vec<_>>();
    let least = sums.first().map_or(f64::NAN, |first| first.0);
    let ties = sums.iter().filter(|sum| sum.0.to_bits() == least.to_bits());
    let last = k.checked_sub(1).map(|last| sums.get(last).map_or(f64::INFINITY, |sum| sum.0));
    let within = sums.iter().filter(|sum| last.is_some_and(|last| sum.0 <= last));
    let within: Vec<_> = within.map(|sum| (sum.1, (sum.0 / columns).to_bits())).collect();
    bits(&mut near.distances.iter().copied())
        == bits(&mut sums.iter().take(k).map(|sum| sum.0 / columns))
        && near.ties == ties.map(|sum| sum.1).collect::<Vec<_>>()
        && within == all.iter().map(|a| (a.row, a.distance.to_bits())).collect::<Vec<_>>()
}

/// Few values (ties everywhere), fine values, far values, a constant column, missing ones.
fn table(widths: (usize, usize), rows: std::ops::Range<usize>) -> impl Strategy<Value = Rows> {
    let number = prop_oneof![
        8 => (0..4_i32).prop_map(|x| f64::from(x) * 0.1),
        4 => -1.0..1.0_f64,
        1 => prop_oneof![Just(1e300), Just(f64::INFINITY), Just(-0.0), Just(1.0 + f64::EPSILON)],
        1 => Just(-7.0),
        1 => Just(f64::NAN),
    ];
    let category = prop_oneof![
        8 => 0..3_u32,
        1 => 0..70_000_u32,
        1 => 250..260_u32,
        1 => Just(MISSING),
    ];
    let row = (
        proptest::collection::vec(number, widths.0),
        proptest::collection::vec(category, widths.1),
    );
    proptest::collection::vec(row, rows)
}

fn case() -> impl Strategy<Value = ((usize, usize), Rows, Rows)> {
    let widths = prop_oneof![
        Just((1, 0)),
        Just((0, 1)),
        Just((0, 3)),
        Just((3, 0)),
        Just((3, 2)),
        Just((2, 9))
    ];
    widths.prop_flat_map(|widths| (Just(widths), table(widths, 1..20), table(widths, 1..200)))
}

/// Searches on every instruction set and at several widths, all of which are asked to agree.
fn agrees(
    queries: &Rows,
    rows: &Rows,
    widths: (usize, usize),
    scale: f64,
    k: usize,
    excluded: impl Fn(usize, usize) -> bool + Sync + Copy,
) -> bool {
    let (a, b) = (coded(queries, widths), coded(rows, widths));
    let defined = naive(queries, rows, scale, excluded);
    let columns = (widths.0 + widths.1).max(1) as f64;
    let right = |index: &Index| {
        let (near, all) = (index.nearest(&a, k, excluded), index.neighbours(&a, k, excluded));
        let pairs = near.iter().zip(&all).zip(&defined);
        let right = pairs.filter(|((near, all), sums)| same(near, all, sums, columns, k)).count();
        let five = index.distances::<5>(&a, excluded);
        let told = five.iter().zip(&defined).filter(|(five, sums)| {
            let sums = sums.iter().map(|sum| sum.0 / columns);
            let padded = sums.chain(std::iter::repeat(f64::INFINITY));
            five.iter().zip(padded).all(|(a, b)| a.to_bits() == b.to_bits())
        });
        right == defined.len() && [near.len(), all.len(), five.len(), told.count()] == [right; 4]
    };
    let all = Simd::all().into_iter().flat_map(|simd| [1, 30, 127].map(|units| (simd, units)));
    let mut forced = all.flat_map(|(simd, units)| {
        [Way::Zones { units }, Way::Scan { units }].map(|way| {
            let index = Index::with(&b, vec![scale; widths.0], units, simd);
            index.way.get_or_init(|| way);
            index
        })
    });
    right(&Index::build(&b, &scales(&b, scale))) && forced.all(|index| right(&index))
}

proptest! {
    #[test]
    fn equals_the_definition_bit_for_bit(
        (widths, queries, rows) in case(),
        k in 0..=5_usize,
        scale in prop_oneof![Just(0.3), Just(1.0), Just(1e-9), Just(1e6)],
        own in any::<bool>(),
    ) {
        let excluded = |i: usize, j: usize| own && (i == j || j % 5 == 1);
        prop_assert!(agrees(&queries, &rows, widths, scale, k, excluded));
    }
}

/// A number in [0, 1) that looks random.
fn noise(i: usize, salt: usize) -> f64 {
    let mixed = (i * 1_000_003 + salt * 7919 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 11;
    mixed as f64 / (1_u64 << 53) as f64
}

/// Enough rows for several groups of leaves: fine numbers, skewed categories, some copies.
fn many(rows: usize, salt: usize, widths: (usize, usize), categories: f64) -> Rows {
    let row = |i: usize| {
        let i = if i % 7 == 3 { i / 7 % 50 } else { i };
        let number = |column: usize| {
            let x = noise(i, salt + 31 * column);
            if x < 0.02 { f64::NAN } else { (x * x * 1000.0).round() / 1000.0 }
        };
        let category = |column: usize| (noise(i, salt + 77 * column).powi(3) * categories) as u32;
        ((0..widths.0).map(number).collect(), (0..widths.1).map(category).collect())
    };
    (0..rows).map(row).collect()
}

/// Several groups, queries in several chunks, hashed categories, bounds that saturate, one column.
#[test]
fn many_rows_agree() {
    for (widths, categories, rows) in [
        ((4, 5), 20.0, 9000),
        ((2, 3), 70_000.0, 5000),
        ((1, 0), 0.0, 5000),
        ((0, 1), 70_000.0, 5000),
        ((9, 30), 9.0, 2000),
        ((0, 300), 4.0, 1000),
    ] {
        let rows = many(rows, 1, widths, categories);
        let queries = many(60, if widths.0 > 3 { 1 } else { 2 }, widths, categories);
        assert!(agrees(&queries, &rows, widths, 1.0, 2, |_, _| false), "{widths:?}");
        assert!(agrees(&queries, &rows, widths, 0.1, 3, |i, j| i == j), "{widths:?}");
    }
}

/// Many different numbers in few codes, alone and beside what cannot be told apart at all: infinite and
/// missing numbers, categories whose hashes collide, and copies.
#[test]
fn fine_numbers_agree() {
    let fine = |i: usize| match i % 40 {
        0 => f64::NAN,
        1 => f64::INFINITY,
        2 => 1e300 * noise(i, 8),
        3 => 0.25,
        _ => 0.5 + 1e-7 * noise(i, 9),
    };
    for widths in [(1, 0), (1, 1), (2, 0), (2, 1), (1, 2)] {
        let row = |salt: usize| {
            move |i: usize| {
                let number = |column: usize| if column == 0 { fine(i + salt) } else { 1.0 };
                let category =
                    |column: usize| (noise(i, salt) * 2.0) as u32 + 70_000 * column as u32;
                ((0..widths.0).map(number).collect(), (0..widths.1).map(category).collect())
            }
        };
        let rows: Rows = (0..3000).map(row(0)).collect();
        let queries: Rows = (0..80).map(row(1_000_003)).collect();
        assert!(agrees(&queries, &rows, widths, 1.0, 2, |_, _| false), "{widths:?}");
        assert!(agrees(&rows[..80].to_vec(), &rows, widths, 1e-3, 3, |i, j| i == j), "{widths:?}");
    }
}

/// A table searched in itself, each row's own copy excluded, by more than one chunk of queries.
#[test]
fn a_table_is_searched_in_itself() {
    let rows = many(700, 5, (3, 4), 6.0);
    assert!(agrees(&rows, &rows, (3, 4), 1.0, 2, |i, j| i == j));
}

/// Queries share no value with the rows, and nothing can be told apart.
#[test]
fn far_and_equal_rows_agree() {
    let far: Rows = (0..9).map(|i| (vec![1e9 + f64::from(i)], vec![900 + i as u32])).collect();
    let rows = many(600, 3, (1, 1), 300.0);
    assert!(agrees(&far, &rows, (1, 1), 1.0, 2, |_, _| false));
    let same: Rows = vec![(vec![0.5, f64::NAN], vec![1, MISSING]); 300];
    assert!(agrees(&same[..3].to_vec(), &same, (2, 2), 1.0, 4, |i, j| i == j));
    let empty: Rows = vec![(vec![], vec![]); 70];
    assert!(agrees(&empty, &empty, (0, 0), 1.0, 1, |i, j| i == j));
}

/// More rows than a block and more queries than a tile, every third row the same.
#[test]
fn blocks_and_tiles_change_nothing() {
    let row = |i: u32| (vec![f64::from(i % 3 * (i % 701))], vec![i % 3, i % 5 % 2]);
    let (rows, queries): (Rows, Rows) = ((0..5000).map(row).collect(), (0..50).map(row).collect());
    assert!(agrees(&queries, &rows, (1, 2), 100.0, 3, |i, j| i == j));
}

/// More than 64 groups of 64 leaves, so that the bounds of groups take a second line.
#[test]
fn a_third_of_a_million_rows_agree() {
    let rows: Rows = (0..330_000).map(|i| (vec![noise(i, 1), noise(i, 2)], vec![])).collect();
    let asked = [0.001, 0.3, 0.5, 0.72, 0.999];
    let queries: Rows = (asked.iter().map(|&x| (vec![x, 1.0 - x], vec![]))).collect();
    let (a, b) = (coded(&queries, (2, 0)), coded(&rows, (2, 0)));
    let defined: Vec<[u64; 2]> = naive(&queries, &rows, 1.0, |_, _| false)
        .iter()
        .map(|sums| [0, 1].map(|i| (sums[i].0 / 2.0).to_bits()))
        .collect();
    for simd in Simd::all() {
        let index = Index::with(&b, vec![1.0; 2], 127, simd);
        let found = index.distances::<2>(&a, |_, _| false);
        assert!(
            found.iter().map(|near| near.map(f64::to_bits)).eq(defined.iter().copied()),
            "{simd}"
        );
    }
}

/// As many neighbours as a number can name are all there are.
#[test]
fn all_rows_are_neighbours() {
    let (rows, queries) = (many(200, 1, (2, 2), 9.0), many(9, 2, (2, 2), 9.0));
    assert!(agrees(&queries, &rows, (2, 2), 1.0, usize::MAX, |_, _| false));
}

/// Columns of one value beside one that tells: as numbers, as categories, and missing throughout.
#[test]
fn constant_columns_agree() {
    let row = |i: u32| {
        let number = f64::from(i * 7919 % 997) * 1e-3;
        (vec![4.2, number, f64::NAN, f64::INFINITY], vec![5, MISSING, i % 3])
    };
    let (rows, queries): (Rows, Rows) =
        ((0..700).map(row).collect(), (300..340).map(row).collect());
    assert!(agrees(&queries, &rows, (4, 3), 1.0, 2, |i, j| i + 300 == j));
    let other: Rows = vec![(vec![0.0, 0.5, 1.0, 4.2], vec![6, 6, 6])];
    assert!(agrees(&other, &rows, (4, 3), 1.0, 3, |_, _| false));
}

/// One row, one column, and both, of every kind; the query is the row, near it, far from it and missing.
#[test]
fn one_row_and_one_column_agree() {
    for x in [0.5, f64::NAN, f64::INFINITY, 1e300] {
        let queries: Rows = [0.5, 0.6, -1e9, f64::NAN].iter().map(|&y| (vec![y], vec![])).collect();
        assert!(agrees(&queries, &vec![(vec![x], vec![])], (1, 0), 1.0, 1, |_, _| false));
    }
    for code in [0, 253, 254, 70_000, MISSING] {
        let queries: Rows = [0, 253, 255, 70_000, MISSING].map(|y| (vec![], vec![y])).to_vec();
        assert!(agrees(&queries, &vec![(vec![], vec![code])], (0, 1), 1.0, 1, |_, _| false));
    }
    let rows = many(1, 1, (3, 3), 9.0);
    assert!(agrees(&many(9, 2, (3, 3), 9.0), &rows, (3, 3), 1.0, 2, |_, _| false));
}

/// A search is a map over queries with a merge over rows: chunks of queries, one after the other, and
/// parts of the rows, the smallest distances of each put together, give what one search gives.
#[test]
fn chunks_of_queries_and_parts_of_rows_merge() {
    let (rows, queries) = (many(3000, 1, (3, 4), 9.0), many(700, 2, (3, 4), 9.0));
    let (a, b) = (coded(&queries, (3, 4)), coded(&rows, (3, 4)));
    let scales = scales(&b, 1.0);
    let whole = Index::build(&b, &scales).distances::<3>(&a, |_, _| false);
    for parts in [2, 3, 11] {
        let size = rows.len().div_ceil(parts);
        let indices =
            rows.chunks(size).map(|part| Index::build(&coded(&part.to_vec(), (3, 4)), &scales));
        let indices: Vec<Index> = indices.collect();
        let mut merged = Vec::new();
        for chunk in queries.chunks(97) {
            let chunk = coded(&chunk.to_vec(), (3, 4));
            let found = indices.iter().map(|index| index.distances::<3>(&chunk, |_, _| false));
            let found: Vec<Vec<[f64; 3]>> = found.collect();
            merged.extend((0..chunk.rows).map(|query| {
                let mut all: Vec<f64> = found.iter().flat_map(|part| part[query]).collect();
                all.sort_by(f64::total_cmp);
                [all[0], all[1], all[2]].map(f64::to_bits)
            }));
        }
        assert!(
            merged.iter().eq(whole
                .iter()
                .map(|near| near.map(f64::to_bits))
                .collect::<Vec<_>>()
                .iter())
        );
    }
}

/// Numbers that hang together are searched by zones, independent ones in many columns by a scan, and few
/// queries by zones; the units fill a byte: the nearest of 30 independent numbers are far, so that a unit
/// is coarse, and among categories a unit is one when there are no numbers.
#[test]
fn a_sample_picks_the_way_and_the_units() {
    let plan = |rows: &Rows, widths: (usize, usize), asked: usize| {
        let rows = coded(rows, widths);
        let index = Index::build(&rows, &scales(&rows, 1.0));
        let queries = rows.select(&(0..asked).collect::<Vec<_>>());
        let _ = index.nearest(&queries, 2, |i, j| i == j);
        index.plan().way
    };
    let alone = |i: usize| ((0..30).map(|c| noise(i, 31 * c)).collect(), vec![]);
    let independent: Rows = (0..8192).map(alone).collect();
    let together =
        |i: usize| ((0..30).map(|c| noise(i, 1) + 0.01 * noise(i, 31 * c)).collect(), vec![]);
    let together: Rows = (0..8192).map(together).collect();
    let categories =
        |i: usize| (vec![], (0..20).map(|c| (noise(i, 77 * c) * 8.0) as u32).collect());
    let categories: Rows = (0..8192).map(categories).collect();
    let Way::Scan { units: coarse } = plan(&independent, (30, 0), 2048) else { panic!("zones") };
    let Way::Zones { units: fine } = plan(&together, (30, 0), 2048) else { panic!("scan") };
    assert!((20..80).contains(&coarse) && fine == 127, "{coarse} {fine}");
    assert_eq!(plan(&independent, (30, 0), 20), Way::Zones { units: coarse });
    assert_eq!(plan(&categories, (0, 20), 2048), Way::Scan { units: 1 });
}

/// No row, or none that counts, is near.
#[test]
fn nothing_is_near_where_there_is_nothing() {
    let one = coded(&vec![(vec![1.0], vec![])], (1, 0));
    let none = coded(&vec![], (1, 0));
    let found = nearest(&one, &none, &[Some(1.0)], 2, |_, _| false);
    assert!(found[0].distances.is_empty() && found[0].ties.is_empty());
    let found = nearest(&one, &one, &[Some(1.0)], 2, |i, j| i == j);
    assert!(found[0].distances.is_empty() && found[0].ties.is_empty());
    assert!(nearest(&none, &one, &[Some(1.0)], 2, |_, _| false).is_empty());
}

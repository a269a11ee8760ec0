//! Every way equals the definition, pair by pair.

use proptest::prelude::*;

use super::super::plan::Way;
use super::components::Components;
use super::dense::Frame;
use super::*;

/// The definition: the sums of a query to all rows that count, ascending, then by row.
type Sums = Vec<(f64, u32)>;

fn naive(queries: &Points, rows: &Points, excluded: impl Fn(usize, usize) -> bool) -> Vec<Sums> {
    let pair = |i: usize, j: usize| {
        let columns = queries.row(i).iter().zip(rows.row(j));
        columns.fold(0.0, |sum, (x, y)| sum + (x - y).powi(2))
    };
    let one = |i: usize| {
        let all = (0..rows.rows()).filter(|&j| !excluded(i, j));
        let mut sums: Sums = all.map(|j| (pair(i, j), j as u32)).collect();
        sums.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        sums
    };
    (0..queries.rows()).map(one).collect()
}

fn bits(values: impl Iterator<Item = f64>) -> Vec<u64> {
    values.map(f64::to_bits).collect()
}

/// The `k` smallest distances and all rows at the smallest.
fn nearest_agree(found: &[Nearest], defined: &[Sums], k: usize) -> bool {
    let same = |(found, sums): (&Nearest, &Sums)| {
        let least = sums.first().map_or(f64::NAN, |first| first.0);
        let ties = sums.iter().filter(|sum| sum.0.to_bits() == least.to_bits());
        bits(found.distances.iter().copied()) == bits(sums.iter().take(k).map(|sum| sum.0.sqrt()))
            && found.ties == ties.map(|sum| sum.1).collect::<Vec<_>>()
    };
    found.len() == defined.len() && found.iter().zip(defined).all(same)
}

/// Every row within the `k`-th distance.
fn neighbours_agree(found: &[Vec<Neighbour>], defined: &[Sums], k: usize) -> bool {
    let same = |(found, sums): (&Vec<Neighbour>, &Sums)| {
        let last = k.checked_sub(1).map(|last| sums.get(last).map_or(f64::INFINITY, |sum| sum.0));
        let within = sums.iter().filter(|sum| last.is_some_and(|last| sum.0 <= last));
        let within: Vec<_> = within.map(|sum| (sum.1, sum.0.sqrt().to_bits())).collect();
        found.iter().map(|near| (near.row, near.distance.to_bits())).collect::<Vec<_>>() == within
    };
    found.len() == defined.len() && found.iter().zip(defined).all(same)
}

/// One kind of answer by every way, whichever the size would pick; those that there are.
fn ways<A: Answer>(
    queries: &Points,
    rows: &Points,
    k: usize,
    excluded: Excluded<'_>,
) -> Vec<Vec<A>> {
    let mut found = vec![search(queries, rows, k, excluded), scan(queries, rows, k, excluded)];
    found.extend(tree::search(queries, rows, k, excluded));
    if !queries.is_large() && !rows.is_large() {
        let frame = Frame::new(queries, rows);
        let components = Components::new(&frame, rows);
        for simd in Simd::all() {
            let (parts, sides) = ((&frame, &components), (queries, rows));
            found.push(dense::search(simd, &frame, sides, k, excluded));
            found.push(boxes::search(simd, parts, sides, k, excluded));
        }
    }
    found
}

fn agree(
    queries: &Points,
    rows: &Points,
    k: usize,
    excluded: impl Fn(usize, usize) -> bool + Sync,
) -> bool {
    let defined = naive(queries, rows, &excluded);
    ways(queries, rows, k, &excluded).iter().all(|found| nearest_agree(found, &defined, k))
        && ways(queries, rows, k, &excluded)
            .iter()
            .all(|found| neighbours_agree(found, &defined, k))
}

/// Few values (ties and copies everywhere), fine, close to one another, large and small ones.
fn points(dimensions: usize, rows: Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    let number = prop_oneof![
        6 => (0..3_i32).prop_map(|x| f64::from(x) * 0.1),
        2 => -1.0..1.0_f64,
        1 => (0..4_i32).prop_map(|x| 1.0 + f64::from(x) * f64::EPSILON),
        1 => prop_oneof![Just(-7.0), Just(1e8), Just(1e-170), Just(-0.0)],
    ];
    let row = proptest::collection::vec(number, dimensions);
    proptest::collection::vec(row, rows).prop_map(|rows| rows.concat())
}

fn case() -> impl Strategy<Value = (usize, Vec<f64>, Vec<f64>)> {
    (1..=10_usize).prop_flat_map(|d| (Just(d), points(d, 0..20), points(d, 0..60)))
}

proptest! {
    #[test]
    fn equals_the_definition_bit_for_bit(
        (d, queries, rows) in case(),
        k in 0..5_usize,
        own in any::<bool>(),
        none in any::<bool>(),
    ) {
        let excluded = |i: usize, j: usize| own && (i == j || j % 3 == 1) || none;
        let a = Points::new(queries, d).unwrap();
        let b = Points::new(rows, d).unwrap();
        prop_assert!(agree(&a, &b, k, excluded));
    }
}

/// A number in [0, 1) that looks random.
fn noise(i: usize) -> f64 {
    let mixed = (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

fn made(rows: usize, d: usize, value: impl Fn(usize, usize) -> f64) -> Points {
    let cell = |cell: usize| value(cell / d, cell % d);
    Points::new((0..rows * d).map(cell).collect(), d).unwrap()
}

/// More than 32 groups of 32 boxes, so that the bounds of groups take a second line; and all rows as neighbours.
#[test]
fn many_groups_of_boxes_agree() {
    let rows = made(40_000, 5, |row, c| noise(row * 5 + c) + 0.5 * noise(row));
    let queries = made(12, 5, |row, c| noise(row * 77 + c) + 0.4);
    assert!(agree(&queries, &rows, 2, |_, _| false));
    let rows = made(300, 5, |row, c| noise(row * 5 + c));
    assert!(agree(&queries, &rows, usize::MAX, |_, _| false));
}

/// Enough rows for a tree and for several blocks and groups: a lattice, half of it copies.
#[test]
fn every_dimension_agrees_on_many_rows() {
    for d in [1, 2, 4, 5, 9, 30] {
        let value = |row, column| {
            let i = row * d + column;
            ((i * i + i / 7) % 5) as f64 * 0.3
        };
        let (rows, queries) = (made(1500, d, value), made(40, d, |row, c| value(row + 3, c)));
        assert!(agree(&queries, &rows, 3, |i, j| i == j), "{d}");
    }
}

/// Two hidden numbers and a little noise, columns of very different spread, one of them constant, and
/// far from 0, where single precision tells little: several groups of boxes.
#[test]
fn correlated_points_agree() {
    for (offset, d) in [(0.0, 12), (1e6, 12), (1e12, 9)] {
        let value = |salt: usize| {
            move |row: usize, column: usize| {
                let hidden = |i: usize| noise(salt + 1000 * row + i) - 0.5;
                let mixed =
                    hidden(0) * (column as f64 - 4.0) + hidden(1) * (column * column) as f64;
                let own = 0.01 * hidden(10 + column);
                offset + if column == 3 { 0.0 } else { (mixed + own) * (column as f64).exp2() }
            }
        };
        let (rows, queries) = (made(4000, d, value(0)), made(50, d, value(7_777_777)));
        for k in [1, 6] {
            assert!(agree(&queries, &rows, k, |_, _| false), "{offset} {k}");
        }
        let own = Points::new(rows.values[..60 * d].to_vec(), d).unwrap();
        assert!(agree(&own, &rows, 2, |i, j| i == j), "{offset}");
    }
}

/// Queries far from all rows, all rows one point, and points on one line.
#[test]
fn far_equal_and_thin_points_agree() {
    let d = 9;
    let rows = made(2100, d, |row, column| noise(row * d + column));
    let far = made(5, d, |row, column| 1e7 + noise(row * d + column));
    assert!(agree(&far, &rows, 2, |_, _| false));
    let same = made(2100, d, |_, column| column as f64);
    assert!(agree(&far, &same, 2, |_, _| false));
    assert!(agree(&made(2, d, |_, column| column as f64), &same, 3, |i, j| i == j));
    let line = |row: usize, column: usize| (row % 700) as f64 * column as f64;
    assert!(agree(
        &made(9, d, |row, column| line(row * 70, column)),
        &made(2100, d, line),
        2,
        |_, _| false
    ));
}

/// Identical points, more than any bucket holds, and numbers whose squares overflow.
#[test]
fn copies_and_overflow_are_no_exception() {
    for value in [0.5, 1e200] {
        let rows = Points::new(vec![value; 2000], 2).unwrap();
        let query = Points::new(vec![value, -value], 2).unwrap();
        let found = &euclidean(&query, &rows, 2, |_, _| false)[0];
        assert_eq!(found.ties.len(), 1000);
        assert_eq!(found.distances.len(), 2);
        assert_eq!(euclidean_neighbours(&query, &rows, 1, |_, _| false)[0].len(), 1000);
    }
}

/// Squares of differences that underflow make ties, in any dimension.
#[test]
fn underflow_is_no_exception() {
    for d in [2, 10] {
        let value = |i: usize| (i * 37 % 101) as f64 * 1e-163;
        let rows = Points::new((0..300 * d).map(value).collect(), d).unwrap();
        let queries = Points::new((7..7 + 5 * d).map(value).collect(), d).unwrap();
        assert!(agree(&queries, &rows, 3, |_, _| false));
    }
}

/// Four rows at 0, 1, 1 and 5 of a query at 0: within the second distance are three, within the third
/// the same three, and within the fourth all.
#[test]
fn all_ties_at_the_last_distance_are_told() {
    let rows = Points::new(vec![5.0, 1.0, 0.0, -1.0], 1).unwrap();
    let query = Points::new(vec![0.0], 1).unwrap();
    let found = |k| {
        let found = euclidean_neighbours(&query, &rows, k, |_, _| false).remove(0);
        found.into_iter().map(|near| (near.row, near.distance)).collect::<Vec<_>>()
    };
    assert_eq!(found(0), []);
    assert_eq!(found(1), [(2, 0.0)]);
    assert_eq!(found(2), [(2, 0.0), (1, 1.0), (3, 1.0)]);
    assert_eq!(found(3), found(2));
    assert_eq!(found(4), [(2, 0.0), (1, 1.0), (3, 1.0), (0, 5.0)]);
    assert_eq!(found(9), found(4));
}

/// Correlated columns are searched by boxes, independent ones by tiles, few by a tree, and few rows pair
/// by pair; for few queries no boxes are built.
#[test]
fn the_cheapest_way_is_chosen() {
    let way = |queries: &Points, rows: &Points| euclidean_plan(queries, rows, 2, |_, _| false).way;
    let independent = |rows: usize, d: usize| made(rows, d, |row, c| noise(row * d + c));
    let hidden = |row: usize, i: usize| noise(3 * row + i);
    let correlated = |rows: usize| {
        made(rows, 30, |row, c| hidden(row, 0) * c as f64 + hidden(row, 1) + hidden(row, 2))
    };
    assert_eq!(way(&correlated(5000), &correlated(9000)), Way::Boxes);
    assert_eq!(way(&correlated(50), &correlated(9000)), Way::Tile);
    assert_eq!(way(&independent(5000, 30), &independent(9000, 30)), Way::Tile);
    assert_eq!(way(&independent(9000, 3), &independent(9000, 3)), Way::Tree);
    assert_eq!(way(&independent(9000, 30), &independent(200, 30)), Way::Pairs);
}

#[test]
fn points_are_whole_rows_of_finite_numbers() {
    assert!(Points::new(vec![1.0, f64::NAN], 1).is_none());
    assert!(Points::new(vec![f64::INFINITY], 1).is_none());
    assert!(Points::new(vec![1.0, 2.0, 3.0], 2).is_none());
    assert!(Points::new(vec![], 0).is_none());
    let none = Points::new(vec![], 3).unwrap();
    assert_eq!((none.rows(), none.dimensions()), (0, 3));
    assert!(euclidean(&none, &none, 1, |_, _| false).is_empty());
}

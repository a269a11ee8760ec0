//! Which rows are kept, and how far one person changes what is counted of them.

use proptest::prelude::*;

use super::*;
use crate::synth::dp::domain::{Attribute, Cells};
use crate::synth::dp::grid::Grid;
use crate::synth::dp::purchase::{magnitudes, occurring};
use crate::table::{ColumnKind, ColumnSchema, MISSING, Values};

fn persons(of_row: &[u32], unnamed: &[usize]) -> Persons {
    let count = of_row.iter().max().map_or(0, |last| *last as usize + 1);
    Persons { of_row: of_row.to_vec(), count, unnamed: unnamed.to_vec() }
}

/// Of five rows those at which ⌊2·row/5⌋ and ⌊4·row/5⌋ take a new value: 0 and 3; 0, 2, 3 and 4.
#[test]
fn no_more_rows_of_a_person_are_kept_than_may_be() {
    let persons = persons(&[0, 0, 1, 0, 0, 0], &[]);
    assert_eq!(clipped(&persons, 1), [0, 2]);
    assert_eq!(clipped(&persons, 2), [0, 2, 4]);
    assert_eq!(clipped(&persons, 4), [0, 2, 3, 4, 5]);
    assert_eq!(clipped(&persons, 9), [0, 1, 2, 3, 4, 5]);
}

/// Rows without a subject could be anybody's: none is kept, and nobody else's change with them.
#[test]
fn rows_without_a_subject_are_left_out() {
    let of_row = [0, 1, 2, 0, 3, 0];
    assert_eq!(clipped(&persons(&of_row, &[1, 4]), 1), [0, 2]);
    assert_eq!(clipped(&persons(&of_row, &[1, 4]), 2), [0, 2, 5]);
    assert_eq!(clipped(&persons(&of_row, &[0, 1, 2, 3, 4, 5]), 2), [0; 0]);
}

const LEVELS: [&str; 4] = ["a", "b", "c", "unlisted"];

/// A person's row: the place of its label (4: missing), its number (above 12: missing), a truth value.
type Row = (u32, i32, bool);

/// A row with the person it belongs to and a number of its own.
type Owned = (u32, usize, Row);

/// A kept row: whose, and which of theirs.
type Kept = (u32, usize);

fn column(kind: ColumnKind, values: Values) -> Column {
    let schema = ColumnSchema::new(kind);
    Column { name: kind.name().to_owned(), schema, values, raw_range: None, uncoded: None }
}

fn columns(rows: &[Owned]) -> Vec<Column> {
    let labels = |levels: &[&str], codes: Vec<u32>| {
        let levels = levels.iter().map(|level| (*level).into()).collect();
        Values::Labels { codes, levels }
    };
    let of = |row: &Owned| if row.2.0 < 4 { row.2.0 } else { MISSING };
    let number = |row: &Owned| if row.2.1 > 12 { f64::NAN } else { f64::from(row.2.1) };
    let truth = |row: &Owned| u32::from(row.2.2);
    vec![
        column(ColumnKind::Categorical, labels(&LEVELS, rows.iter().map(of).collect())),
        column(ColumnKind::Integer, Values::Numbers(rows.iter().map(number).collect())),
        column(ColumnKind::Boolean, labels(&["false", "true"], rows.iter().map(truth).collect())),
    ]
}

/// Three labels, ten numbers, two truth values, and a cell for whatever else.
fn domain(columns: &[Column]) -> Domain {
    let list =
        |labels: &[&str]| Cells::Labels(labels.iter().map(|label| (*label).into()).collect());
    let grid = Grid::new(0.0, 9.0, Some(1.0)).unwrap().into_points();
    let cells = [list(&LEVELS[..3]), Cells::Numbers(grid), list(&["false", "true"])];
    let attribute = |(column, cells)| Attribute::new(column, cells, &["?".to_owned()]);
    Domain { attributes: columns.iter().zip(cells).map(attribute).collect() }
}

/// All that is counted of a table.
struct Counted {
    kept: Vec<Kept>,
    counts: Vec<(Vec<i64>, f64)>,
    keyed: Vec<(String, i64)>,
    keyed_sensitivity: f64,
    scores: Vec<i64>,
    score_sensitivity: u64,
}

fn counted(rows: &[Owned], most: u32) -> Counted {
    let of_row: Vec<u32> = rows.iter().map(|row| row.0).collect();
    let (persons, columns) = (persons(&of_row, &[]), columns(rows));
    let domain = domain(&columns);
    let references: Vec<&Column> = columns.iter().collect();
    let sealed = records(&references, &persons, &domain, most);
    let kept = clipped(&persons, most);
    let (Values::Labels { codes, levels }, Values::Numbers(numbers)) =
        (&columns[0].values, &columns[1].values)
    else {
        panic!("labels and numbers")
    };
    let known = kept.iter().map(|&row| numbers[row]).filter(|x| !x.is_nan());
    let coarse = [vec![0, 0, 1, 1], (0..11).map(|cell| cell / 3).collect(), vec![0, 1, 2]];
    let coarse = sealed.recoded(&coarse, vec![2, 4, 3]);
    let sets: [&[usize]; 6] = [&[], &[0], &[1], &[0, 1], &[1, 2], &[0, 1, 2]];
    let mut counts: Vec<Private<Counts>> = sets.iter().map(|set| sealed.marginal(set)).collect();
    counts.extend(sets.iter().map(|set| coarse.marginal(set)));
    counts.push(magnitudes(&known.collect::<Vec<f64>>(), most));
    let keyed = occurring(&kept, codes, levels, most);
    let candidates = [(vec![0, 1], 2.5, 1), (vec![1, 2], 0.3, 3), (vec![0, 1, 2], 0.0, 2)];
    let candidates =
        candidates.map(|(attributes, penalty, weight)| Candidate { attributes, penalty, weight });
    let sizes = domain.sizes();
    let expected = move |set: &[usize]| {
        let cells = set.iter().map(|&one| sizes[one]).product::<usize>();
        (0..cells).map(|cell| 0.37 * (cell % 7) as f64).collect()
    };
    let scores = sealed.distances(&candidates, &expected);
    Counted {
        kept: kept.iter().map(|&row| (rows[row].0, rows[row].1)).collect(),
        counts: counts
            .iter()
            .map(|one| (one.opened().values().to_vec(), one.sensitivity()))
            .collect(),
        keyed: keyed.opened().counted().map(|(name, count)| (name.to_owned(), count)).collect(),
        keyed_sensitivity: keyed.sensitivity(),
        scores: scores.opened().values().to_vec(),
        score_sensitivity: scores.sensitivity(),
    }
}

/// The square of the Euclidean distance.
fn distance(changes: impl Iterator<Item = i64>) -> f64 {
    changes.map(|change| (change * change) as f64).sum()
}

/// The distance of counts by name, where a name that does not occur counts 0.
fn keyed_distance(one: &[(String, i64)], other: &[(String, i64)]) -> f64 {
    let count = |table: &[(String, i64)], name: &str| {
        table.iter().find(|(known, _)| known == name).map_or(0, |(_, count)| *count)
    };
    distance(LEVELS.iter().map(|name| count(one, name) - count(other, name)))
}

/// A person with five equal rows moves one cell by as many as are kept: no smaller sensitivity would do.
#[test]
fn equal_rows_reach_the_sensitivity() {
    let rows: Vec<Owned> = (0..5).map(|serial| (0, serial, (1, 4, true))).collect();
    for most in 1..=4 {
        let (with, without) = (counted(&rows, most), counted(&[], most));
        for ((one, sensitivity), (other, _)) in with.counts.iter().zip(&without.counts) {
            let moved = distance(one.iter().zip(other).map(|(one, other)| one - other));
            assert!((moved.sqrt() - f64::from(most)).abs() < 1e-9);
            assert!((sensitivity - f64::from(most)).abs() < 1e-9);
        }
        assert_eq!(with.keyed, [("b".to_owned(), i64::from(most))]);
    }
}

proptest! {
    /// Whoever joins, with whatever rows among those of the others: counts, keyed counts and scores change by no
    /// more than is paid for, and the others' kept rows do not change.
    #[test]
    fn one_person_changes_no_more_than_the_sensitivity(
        people in proptest::collection::vec(
            proptest::collection::vec((0_u32..5, -4_i32..16, any::<bool>()), 1..7), 0..9),
        newcomer in proptest::collection::vec((0_u32..5, -4_i32..16, any::<bool>()), 1..9),
        keys in proptest::collection::vec(any::<u32>(), 40),
        most in 1_u32..5,
    ) {
        let new = people.len() as u32;
        let own = |(person, rows): (u32, &Vec<Row>)| {
            rows.iter().enumerate().map(|(serial, row)| (person, serial, *row)).collect::<Vec<Owned>>()
        };
        let mut all: Vec<Owned> = (0..).zip(&people).flat_map(own).collect();
        all.extend(own((new, &newcomer)));
        // In an order of the rows that the newcomer's stand anywhere in.
        let mut keyed: Vec<(u32, Owned)> = keys.iter().copied().cycle().zip(all).collect();
        keyed.sort_by_key(|(key, _)| *key);
        let with: Vec<Owned> = keyed.into_iter().map(|(_, row)| row).collect();
        let without: Vec<Owned> = with.iter().copied().filter(|row| row.0 != new).collect();
        let (with, without) = (counted(&with, most), counted(&without, most));

        let (theirs, others): (Vec<Kept>, Vec<Kept>) =
            with.kept.iter().copied().partition(|(person, _)| *person == new);
        prop_assert_eq!(theirs.len(), newcomer.len().min(most as usize));
        prop_assert_eq!(others, without.kept);
        for ((one, sensitivity), (other, _)) in with.counts.iter().zip(&without.counts) {
            let moved = distance(one.iter().zip(other).map(|(one, other)| one - other));
            prop_assert!(moved <= sensitivity * sensitivity, "{} {}", moved, sensitivity);
        }
        let allowed = with.keyed_sensitivity;
        prop_assert!(keyed_distance(&with.keyed, &without.keyed) <= allowed * allowed);
        for (one, other) in with.scores.iter().zip(&without.scores) {
            prop_assert!(one.abs_diff(*other) <= with.score_sensitivity);
        }
    }
}

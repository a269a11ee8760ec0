//! What an adversary knows of a person is some of the columns: which rows of a table are nearest on
//! these, every tie among them.

use std::collections::HashMap;

use rand::seq::index::sample;

use crate::encode::{Coded, Codes, Joint};
use crate::nearest::{Index, Neighbour, Plan};
use crate::random::Seed;
use crate::table::Persons;

/// Records looked up at a time, so that the ties of coarse knowledge do not fill the memory.
pub(super) const BATCH: usize = 4096;

/// Rows of a table at one distance.
#[derive(Clone)]
pub(super) struct Level {
    pub(super) distance: f64,
    /// Ascending.
    pub(super) rows: Vec<u32>,
}

/// A table made ready to be searched on some of its columns.
pub(super) struct Source {
    index: Index,
    columns: Vec<usize>,
}

/// What is near each of several records; records that agree on what is known share an answer.
pub(super) struct Near {
    of: Vec<u32>,
    levels: Vec<Vec<Level>>,
}

impl Near {
    /// The nearest rows of the i-th record, level by level, nearest first.
    pub(super) fn of(&self, i: usize) -> &[Level] {
        &self.levels[self.of[i] as usize]
    }

    /// Which kind of record the i-th is, by what is known.
    pub(super) fn kind(&self, i: usize) -> usize {
        self.of[i] as usize
    }

    /// Something made once for each kind of record.
    pub(super) fn each<T>(&self, make: impl FnMut(&Vec<Level>) -> T) -> Vec<T> {
        self.levels.iter().map(make).collect()
    }
}

impl Source {
    /// How it is searched.
    pub(super) fn plan(&self) -> Plan {
        self.index.plan()
    }

    /// The columns that are known.
    pub(super) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// `rows` searched on `columns` of the compared ones.
    pub(super) fn new(joint: &Joint, rows: &Coded, columns: &[usize]) -> Self {
        let scales: Vec<Option<f64>> = columns.iter().map(|&column| joint.scales[column]).collect();
        let index = Index::build(&rows.with_columns(columns), &scales);
        Self { index, columns: columns.to_vec() }
    }

    /// The nearest rows that count of each of the `chosen` records: levels until they hold `k` rows, or all
    /// there are.
    pub(super) fn nearest(
        &self,
        records: &Coded,
        chosen: &[usize],
        k: usize,
        counts: impl Fn(usize) -> bool + Sync,
    ) -> Near {
        let known = records.select(chosen).with_columns(&self.columns);
        let (of, distinct) = distinct(&known);
        let found = self.index.neighbours(&known.select(&distinct), k, |_, row| !counts(row));
        Near { of, levels: found.iter().map(|near| levels(near)).collect() }
    }
}

/// Neighbours, ascending by distance and then by row, as levels.
fn levels(near: &[Neighbour]) -> Vec<Level> {
    let equal = |a: &Neighbour, b: &Neighbour| a.distance.total_cmp(&b.distance).is_eq();
    let level = |near: &[Neighbour]| {
        let mut rows: Vec<u32> = near.iter().map(|one| one.row).collect();
        rows.sort_unstable();
        Level { distance: near[0].distance, rows }
    };
    near.chunk_by(equal).map(level).collect()
}

/// The nearest rows among two tables: `added` rows are numbered from `first` on.
pub(super) fn merged(kept: &[Level], added: &[Level], first: u32, k: usize) -> Vec<Level> {
    let moved = added.iter().map(|level| Level {
        distance: level.distance,
        rows: level.rows.iter().map(|row| row + first).collect(),
    });
    let mut all: Vec<Level> = kept.iter().cloned().chain(moved).collect();
    all.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    let mut levels: Vec<Level> = Vec::new();
    for level in all {
        let held = count(&levels);
        match levels.last_mut() {
            Some(last) if last.distance.total_cmp(&level.distance).is_eq() => {
                last.rows.extend(level.rows);
            }
            _ if held < k => levels.push(level),
            _ => break,
        }
    }
    levels
}

/// How many rows there are at all levels.
pub(super) fn count(levels: &[Level]) -> usize {
    levels.iter().map(|level| level.rows.len()).sum()
}

/// Whether a row is at one of the levels.
pub(super) fn holds(levels: &[Level], row: u32) -> bool {
    levels.iter().any(|level| level.rows.binary_search(&row).is_ok())
}

/// For each row the place of its like, and a row of each kind.
fn distinct(rows: &Coded) -> (Vec<u32>, Vec<usize>) {
    let mut places: HashMap<Vec<u64>, u32> = HashMap::new();
    let mut first = Vec::new();
    let place = |row: usize| {
        let key = rows.columns.iter().map(|codes| word(codes, row)).collect();
        *places.entry(key).or_insert_with(|| {
            first.push(row);
            first.len() as u32 - 1
        })
    };
    ((0..rows.rows).map(place).collect(), first)
}

/// A cell as a word that is equal for equal values.
pub(super) fn word(codes: &Codes, row: usize) -> u64 {
    match codes {
        Codes::Category(codes) => u64::from(codes[row]),
        Codes::Number(values) if values[row].is_nan() => f64::NAN.to_bits(),
        // Adding 0 turns -0 into 0.
        Codes::Number(values) => (values[row] + 0.0).to_bits(),
    }
}

/// The people who are attacked, each with all their records.
pub(super) struct Targets {
    /// Records, those of a person next to each other.
    pub(super) records: Vec<usize>,
    /// Where the records of each person begin in `records`, and where the last one's end.
    pub(super) starts: Vec<usize>,
}

impl Targets {
    /// At most `most` persons, drawn at random where there are more.
    pub(super) fn draw(persons: &Persons, most: usize, seed: Seed) -> Self {
        let mut chosen: Vec<usize> = (0..persons.count).collect();
        if most < persons.count {
            chosen = sample(&mut seed.rng(), persons.count, most).into_vec();
            chosen.sort_unstable();
        }
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); persons.count];
        for (row, &person) in persons.of_row.iter().enumerate() {
            rows[person as usize].push(row);
        }
        let (mut records, mut starts) = (Vec::new(), vec![0]);
        for person in chosen {
            records.append(&mut rows[person]);
            starts.push(records.len());
        }
        Self { records, starts }
    }

    /// How many persons.
    pub(super) fn count(&self) -> u64 {
        self.starts.len() as u64 - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::audit;

    const SCHEMA: &str = "[columns.x]\nkind = \"continuous\"\nlower = 0\nupper = 10\n\
                          [columns.c]\nkind = \"categorical\"\n";

    /// Records x = 4, 0, 4 against rows 3, 5, 9, 4.5, 1, known by x only. From 4: the row 4.5 is .05 away,
    /// 3 and 5 are .1 away; so k = 1 is one row, k = 2 three. From 0: 1, then 3.
    #[test]
    fn levels_hold_all_ties() {
        let audit = audit(SCHEMA, "x,c\n4,a\n0,a\n4,b\n", None, "x,c\n3,a\n5,b\n9,a\n4.5,b\n1,b\n");
        let joint = audit.joint();
        let source = Source::new(joint, &joint.synthetic, &[0]);
        let rows = |near: &Near, i| near.of(i).iter().map(|l| l.rows.clone()).collect::<Vec<_>>();
        let one = source.nearest(&joint.train, &[0, 1, 2], 1, |_| true);
        assert_eq!([rows(&one, 0), rows(&one, 1), rows(&one, 2)], [[[3]], [[4]], [[3]]]);
        let two = source.nearest(&joint.train, &[0, 1], 2, |_| true);
        assert_eq!(rows(&two, 0), [vec![3], vec![0, 1]]);
        assert_eq!(rows(&two, 1), [vec![4], vec![0]]);
        let all = source.nearest(&joint.train, &[0], 99, |_| true);
        assert_eq!(count(all.of(0)), 5);
        let some = source.nearest(&joint.train, &[0], 2, |row| row != 3);
        assert_eq!(rows(&some, 0), [vec![0, 1]]);
    }

    #[test]
    fn merging_is_searching_both() {
        let level = |distance: f64, rows: &[u32]| Level { distance, rows: rows.to_vec() };
        let kept = [level(0.1, &[4]), level(0.2, &[0, 2])];
        let added = [level(0.1, &[1]), level(0.15, &[0])];
        let rows = |k| {
            let levels = merged(&kept, &added, 10, k);
            levels.into_iter().map(|level| level.rows).collect::<Vec<_>>()
        };
        assert_eq!(rows(1), [vec![4, 11]]);
        assert_eq!(rows(3), [vec![4, 11], vec![10]]);
        assert_eq!(rows(4), [vec![4, 11], vec![10], vec![0, 2]]);
    }

    #[test]
    fn people_are_drawn_whole() {
        let persons = Persons { of_row: vec![0, 1, 0, 2, 1], count: 3, unnamed: vec![] };
        let all = Targets::draw(&persons, 9, Seed::new(0));
        assert_eq!((all.records, all.starts), (vec![0, 2, 1, 4, 3], vec![0, 2, 4, 5]));
        let two = Targets::draw(&persons, 2, Seed::new(0));
        assert_eq!(two.count(), 2);
    }
}

//! Cells of few training persons are compared as one: no figure of this room follows from a small group.

use super::Rows;

/// How many training persons each cell of a grid holds.
pub(super) struct Held {
    persons: Vec<usize>,
    /// Whether a person may be in several cells, so that two cells together hold no more than one of them for sure.
    several: bool,
}

/// What becomes of cells in which train holds nobody.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Novel {
    /// Each stays by itself: what train does not know is told from what is rare there.
    Apart,
    /// They go with the rare ones.
    Rare,
}

impl Held {
    /// Of rows in `count` cells; one that weighs nothing holds nobody.
    pub(super) fn count(rows: &Rows, cells: &[u32], count: usize) -> Self {
        let several = rows.persons.count < cells.len();
        let counted = (0..cells.len()).filter(|&row| rows.weight(row) > 0.0);
        let mut pairs: Vec<(u32, u32)> =
            counted.map(|row| (cells[row], rows.persons.of_row[row])).collect();
        if several {
            pairs.sort_unstable();
            pairs.dedup();
        }
        let mut held = vec![0_usize; count];
        pairs.iter().for_each(|(cell, _)| held[*cell as usize] += 1);
        Self { persons: held, several }
    }

    /// Of cells that hold so many.
    pub(super) fn new(persons: Vec<usize>, several: bool) -> Self {
        Self { persons, several }
    }

    /// Some of the cells.
    pub(super) fn part(&self, cells: std::ops::Range<usize>) -> Self {
        Self { persons: self.persons[cells].to_vec(), several: self.several }
    }

    /// Persons of a cell.
    pub(super) fn of(&self, cell: usize) -> usize {
        self.persons[cell]
    }

    /// The least number of persons that cells of `a` and of `b` persons hold together.
    fn joined(&self, a: usize, b: usize) -> usize {
        if self.several { a.max(b) } else { a + b }
    }
}

/// For each cell of a grid without an order, the cell that it is compared as: those of fewer than `fewest` persons are
/// one, with the smallest of the others where they are too few even so.
pub(super) fn merged(held: &Held, fewest: usize, novel: Novel) -> Vec<u32> {
    let mut to: Vec<u32> = (0..held.persons.len() as u32).collect();
    if fewest <= 1 {
        return to;
    }
    let rare =
        |&cell: &usize| held.of(cell) < fewest && (novel == Novel::Rare || held.of(cell) > 0);
    let mut few: Vec<usize> = (0..to.len()).filter(rare).collect();
    let persons = few.iter().fold(0, |sum, &cell| held.joined(sum, held.of(cell)));
    if (1..fewest).contains(&persons) {
        let others = (0..to.len()).filter(|&cell| held.of(cell) >= fewest);
        few.extend(others.min_by_key(|&cell| held.of(cell)));
        few.sort_unstable();
    }
    if let Some(&first) = few.first() {
        few.iter().for_each(|&cell| to[cell] = first as u32);
    }
    to
}

/// The same of groups of numbers in their order, missing values last: neighbours are one until they are enough; what is
/// left at the end goes with the last of them. Missing values of nobody stay by themselves. Numbers of too few persons in
/// all are no column that is compared.
pub(super) fn together(held: &Held, fewest: usize) -> Vec<u32> {
    let mut to: Vec<u32> = (0..held.persons.len() as u32).collect();
    let Some(missing) = to.len().checked_sub(1).filter(|_| fewest > 1) else { return to };
    let last =
        if held.of(missing) > 0 && held.of(missing) < fewest { missing + 1 } else { missing };
    let (mut start, mut persons, mut whole) = (0, 0, None);
    for (cell, to) in to.iter_mut().enumerate().take(last) {
        persons = held.joined(persons, held.of(cell));
        *to = start as u32;
        if persons >= fewest {
            whole = Some(start as u32);
            (start, persons) = (cell + 1, 0);
        }
    }
    if let Some(whole) = whole {
        to[start..last].fill(whole);
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Persons;

    fn held(persons: &[usize]) -> Held {
        Held::new(persons.to_vec(), false)
    }

    /// 4 and 7 persons are eleven; 3 and 4 are not, and go with the 12, the smallest of the others.
    #[test]
    fn rare_cells_are_one() {
        assert_eq!(merged(&held(&[20, 4, 0, 7]), 11, Novel::Apart), [0, 1, 2, 1]);
        assert_eq!(merged(&held(&[20, 4, 0, 7]), 11, Novel::Rare), [0, 1, 1, 1]);
        assert_eq!(merged(&held(&[20, 3, 12, 4]), 11, Novel::Apart), [0, 1, 1, 1]);
        assert_eq!(merged(&held(&[2, 3, 0]), 11, Novel::Apart), [0, 0, 2]);
        // Nobody is no small group.
        assert_eq!(merged(&held(&[20, 0, 0]), 11, Novel::Rare), [0, 1, 1]);
        assert_eq!(merged(&held(&[2, 3, 0]), 1, Novel::Rare), [0, 1, 2]);
    }

    /// One person may be both the 7 of one cell and the 7 of another.
    #[test]
    fn persons_of_several_rows_are_not_counted_twice() {
        let several = Held::new(vec![7, 20, 7], true);
        assert_eq!(merged(&several, 11, Novel::Apart), [0, 0, 0]);
        let mut rows = Rows::none();
        rows.persons = Persons { of_row: vec![0, 0, 1, 1], count: 2, unnamed: Vec::new() };
        let found = Held::count(&rows, &[0, 0, 0, 1], 3);
        assert_eq!((found.persons.as_slice(), found.several), (&[2, 1, 0][..], true));
        rows.weights = Some(vec![1.0, 0.0, 0.0, 1.0]);
        assert_eq!(Held::count(&rows, &[0, 0, 0, 1], 3).persons, [1, 1, 0]);
    }

    /// 5 + 6, then 20, then 3, which goes with the 20; missing values of nobody, of few and of enough.
    #[test]
    fn neighbouring_groups_of_numbers_are_one() {
        assert_eq!(together(&held(&[5, 6, 20, 3, 0]), 11), [0, 0, 2, 2, 4]);
        assert_eq!(together(&held(&[5, 6, 20, 3, 9]), 11), [0, 0, 2, 3, 3]);
        assert_eq!(together(&held(&[5, 6, 20, 3, 8]), 12), [0, 0, 0, 0, 0]);
        assert_eq!(together(&held(&[5, 6, 20, 3, 30]), 11), [0, 0, 2, 2, 4]);
        assert_eq!(together(&held(&[5, 1, 0]), 11), [0, 0, 2]);
        assert_eq!(together(&held(&[5, 1, 0]), 1), [0, 1, 2]);
    }
}

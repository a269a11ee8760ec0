//! Tables of numbers over a few attributes, and the walks from one to another.

use serde::{Deserialize, Serialize};

/// A number for every combination of values of some attributes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Factor {
    /// The attributes, in ascending order.
    pub attributes: Vec<usize>,
    /// How many values each of them has.
    pub sizes: Vec<usize>,
    /// One number a cell; the last attribute turns fastest.
    pub values: Vec<f64>,
}

impl Factor {
    /// The same number in every cell, over `attributes` of a domain with these `sizes`.
    #[must_use]
    pub fn constant(attributes: &[usize], domain: &[usize], value: f64) -> Self {
        let sizes: Vec<usize> = attributes.iter().map(|&attribute| domain[attribute]).collect();
        let cells = sizes.iter().product();
        Self { attributes: attributes.to_vec(), sizes, values: vec![value; cells] }
    }

    /// Summed over everything but the attributes `onto`, all of which it has.
    #[must_use]
    pub fn project(&self, onto: &[usize]) -> Self {
        let mut projected = self.shaped_as(onto);
        let places = places(&self.attributes, &self.sizes, onto);
        for (value, &place) in self.values.iter().zip(&places) {
            projected.values[place as usize] += value;
        }
        projected
    }

    /// The product with another factor, over the attributes of both.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        let mut both: Vec<(usize, usize)> = self.dimensions().chain(other.dimensions()).collect();
        both.sort_unstable();
        both.dedup();
        let (attributes, sizes): (Vec<usize>, Vec<usize>) = both.into_iter().unzip();
        let left = places(&attributes, &sizes, &self.attributes);
        let right = places(&attributes, &sizes, &other.attributes);
        let cell = |(&left, &right): (&u32, &u32)| {
            self.values[left as usize] * other.values[right as usize]
        };
        let values = left.iter().zip(&right).map(cell).collect();
        Self { attributes, sizes, values }
    }

    /// Every attribute with its size.
    fn dimensions(&self) -> impl Iterator<Item = (usize, usize)> {
        self.attributes.iter().copied().zip(self.sizes.iter().copied())
    }

    /// Zeros over some of its attributes.
    fn shaped_as(&self, onto: &[usize]) -> Self {
        let kept = self.dimensions().filter(|(attribute, _)| onto.contains(attribute));
        let (attributes, sizes): (Vec<usize>, Vec<usize>) = kept.unzip();
        let cells = sizes.iter().product();
        Self { attributes, sizes, values: vec![0.0; cells] }
    }
}

/// For every cell of a table over `attributes`, its cell in a table over `onto`, a subset of them.
///
/// # Panics
/// When a table has 2³² cells: the callers bound the size of a model long before.
#[must_use]
pub fn places(attributes: &[usize], sizes: &[usize], onto: &[usize]) -> Vec<u32> {
    let mut strides = vec![0_u32; attributes.len()];
    let mut stride = 1_u32;
    for (at, attribute) in attributes.iter().enumerate().rev() {
        if onto.contains(attribute) {
            strides[at] = stride;
            stride *= u32::try_from(sizes[at]).unwrap_or(u32::MAX);
        }
    }
    // Grown from the last attribute to the first: each step repeats what stands, once for every value.
    let mut places = vec![0_u32];
    for (size, stride) in sizes.iter().zip(&strides).rev() {
        let inner = places.len();
        places.reserve(inner * size.saturating_sub(1));
        let mut offset = 0;
        for _ in 1..*size {
            offset += stride;
            places.extend_from_within(..inner);
            let from = places.len() - inner;
            places[from..].iter_mut().for_each(|place| *place += offset);
        }
        if *size == 0 {
            places.clear();
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over attributes 1 and 4 with 2 and 3 values: rows 1 2 3 and 4 5 6.
    fn table() -> Factor {
        let values = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        Factor { attributes: vec![1, 4], sizes: vec![2, 3], values }
    }

    #[test]
    fn sums_are_those_of_rows_and_columns() {
        assert_eq!(table().project(&[1]).values, [6.0, 15.0]);
        assert_eq!(table().project(&[4]).values, [5.0, 7.0, 9.0]);
        assert_eq!(table().project(&[]).values, [21.0]);
        assert_eq!(table().project(&[1, 4]), table());
    }

    #[test]
    fn cells_of_three_attributes_find_their_place_in_two() {
        assert_eq!(places(&[0, 1, 2], &[2, 2, 2], &[0, 2]), [0, 1, 0, 1, 2, 3, 2, 3]);
        assert_eq!(places(&[0, 1, 2], &[2, 1, 3], &[1]), [0; 6]);
    }

    /// (a, b) times (b, c), summed over b, is the product of matrices.
    #[test]
    fn a_product_joins_on_what_both_have() {
        let other =
            Factor { attributes: vec![4, 7], sizes: vec![3, 1], values: vec![1.0, 10.0, 100.0] };
        let joined = table().times(&other);
        assert_eq!((&joined.attributes[..], &joined.sizes[..]), (&[1, 4, 7][..], &[2, 3, 1][..]));
        assert_eq!(joined.project(&[1, 7]).values, [321.0, 654.0]);
        let apart = Factor { attributes: vec![0], sizes: vec![2], values: vec![1.0, 2.0] };
        assert_eq!(apart.times(&table()).values[6..], [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
    }
}

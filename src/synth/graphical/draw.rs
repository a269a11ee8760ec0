//! Rows from a fitted distribution: rounded, not sampled.
//!
//! Column by column, in an order in which what a column depends on within its clique is there already: rows
//! are grouped by these values, and in a group of m rows a value of probability p is given ⌊p·m⌋ times. The
//! rest of the group is drawn by systematic sampling (Madow 1949), with probabilities equal to the fractional
//! parts, and the group is shuffled. It has less variance than independent draws (McKenna, Miklau and Sheldon
//! 2021, "Winning the NIST contest", section 4).

use rand::Rng;
use rand::RngExt;
use rand::seq::SliceRandom;

use super::belief::{Beliefs, Network};

/// `rows` rows, one vector of values an attribute.
#[must_use]
pub fn draw(
    network: &Network,
    beliefs: &Beliefs,
    rows: usize,
    rng: &mut impl Rng,
) -> Vec<Vec<u32>> {
    let mut columns: Vec<Vec<u32>> = vec![Vec::new(); network.sizes.len()];
    for (clique, attributes) in network.tree.cliques.iter().enumerate() {
        let separator = &network.tree.separators[clique];
        let table = network.factor(clique, &beliefs.marginals[clique]);
        let mut given = separator.clone();
        for &attribute in attributes.iter().filter(|attribute| !separator.contains(attribute)) {
            let mut onto = given.clone();
            onto.push(attribute);
            onto.sort_unstable();
            let joint = table.project(&onto);
            let keys = keys(&given, &network.sizes, &columns, rows);
            columns[attribute] =
                column(&joint.values, &joint.attributes, &network.sizes, attribute, &keys, rng);
            given = onto;
        }
    }
    columns
}

/// For each row the cell of its values of `attributes`.
fn keys(attributes: &[usize], sizes: &[usize], columns: &[Vec<u32>], rows: usize) -> Vec<u32> {
    let mut keys = vec![0_u32; rows];
    for &attribute in attributes {
        let size = u32::try_from(sizes[attribute]).unwrap_or(u32::MAX);
        let values = keys.iter_mut().zip(&columns[attribute]);
        values.for_each(|(key, value)| *key = *key * size + value);
    }
    keys
}

/// One column, given the cell of what it depends on in every row.
fn column(
    joint: &[f64],
    attributes: &[usize],
    sizes: &[usize],
    attribute: usize,
    keys: &[u32],
    rng: &mut impl Rng,
) -> Vec<u32> {
    let size = sizes[attribute];
    let inner: usize = attributes
        .iter()
        .skip_while(|&&one| one != attribute)
        .skip(1)
        .map(|&one| sizes[one])
        .product();
    // The cell (key, value) of the joint table: the attribute may stand between those it depends on.
    let cell = |key: usize, value: usize| (key / inner * size + value) * inner + key % inner;
    let alone: Vec<f64> = (0..size)
        .map(|value| (0..joint.len() / size).map(|key| joint[cell(key, value)]).sum())
        .collect();
    let mut order: Vec<u32> = (0..u32::try_from(keys.len()).unwrap_or(u32::MAX)).collect();
    order.sort_by_key(|&row| keys[row as usize]);
    let mut values = vec![0; keys.len()];
    let mut drawn = Vec::new();
    for group in order.chunk_by(|&a, &b| keys[a as usize] == keys[b as usize]) {
        let key = keys[group[0] as usize] as usize;
        let masses: Vec<f64> = (0..size).map(|value| joint[cell(key, value)]).collect();
        // Rows can reach a combination whose mass is below what a float holds.
        let masses = if masses.iter().sum::<f64>() > 0.0 { &masses } else { &alone };
        rounded(masses, group.len(), &mut drawn, rng);
        drawn.shuffle(rng);
        group.iter().zip(&drawn).for_each(|(&row, &value)| values[row as usize] = value);
    }
    values
}

/// `rows` values with the given relative `masses`, each as often as its share, up to one.
fn rounded(masses: &[f64], rows: usize, drawn: &mut Vec<u32>, rng: &mut impl Rng) {
    drawn.clear();
    let total: f64 = masses.iter().sum();
    #[expect(clippy::cast_precision_loss, reason = "rows are far below 2^53")]
    let scale = rows as f64 / total;
    for (mass, value) in masses.iter().zip(0..) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most `rows`"
        )]
        let whole = (mass * scale).floor() as usize;
        drawn.extend(std::iter::repeat_n(value, whole.min(rows - drawn.len())));
    }
    let left = rows - drawn.len();
    if left == 0 {
        return;
    }
    let parts: Vec<f64> = masses.iter().map(|mass| (mass * scale).fract()).collect();
    let sum: f64 = parts.iter().sum();
    // Marks one unit apart on a line along which every value holds its fractional part.
    #[expect(clippy::cast_precision_loss, reason = "rows are far below 2^53")]
    let stretch = left as f64 / sum;
    let mut next: f64 = rng.random();
    let mut end = 0.0;
    let mut last = 0;
    for (part, value) in parts.iter().zip(0..) {
        end += part * stretch;
        if *part > 0.0 {
            last = value;
        }
        while next < end && drawn.len() < rows {
            drawn.push(value);
            next += 1.0;
        }
    }
    drawn.resize(rows, last);
}

//! Counting queries about a group of persons, and the secrets that explain their answers best.

use std::collections::{BTreeSet, HashMap};

use rand::RngExt;
use rand::seq::index::sample;
use rand_chacha::ChaCha12Rng;

use super::coding::Rows;

/// Steps of the descent.
const STEPS: usize = 200;

/// Rounds in which the step length is found.
const ROUNDS: usize = 12;

/// "Column c has value v, and column d has value w": what all counted persons have in common beside
/// the secret.
pub(super) type Query = Vec<(usize, u32)>;

pub(super) fn matches(query: &Query, rows: &Rows, row: usize) -> bool {
    query.iter().all(|&(column, code)| rows.known[column][row] == code)
}

/// `count` different queries on one to `most` random `columns`, with the values of random `released` rows.
/// Real persons have no part in the choice, so that it favours neither train nor holdout.
pub(super) fn queries(
    rows: &Rows,
    released: &[usize],
    columns: &[usize],
    (count, most): (usize, usize),
    rng: &mut ChaCha12Rng,
) -> Vec<Query> {
    let mut queries = BTreeSet::new();
    if released.is_empty() || columns.is_empty() {
        return Vec::new();
    }
    // In a coarse table there are not so many: it ends.
    for _ in 0..4 * count {
        let row = released[rng.random_range(0..released.len())];
        let width = rng.random_range(1..=most.clamp(1, columns.len()));
        let mut chosen = sample(rng, columns.len(), width).into_vec();
        chosen.sort_unstable();
        let condition = |i: usize| (columns[i], rows.known[columns[i]][row]);
        queries.insert(chosen.into_iter().map(condition).collect::<Query>());
        if queries.len() >= count {
            break;
        }
    }
    queries.into_iter().collect()
}

/// The share of a secret among the rows that match each query; nothing where none does.
pub(super) fn answers(
    queries: &[Query],
    rows: &Rows,
    chosen: &[usize],
    secret: usize,
) -> Vec<Option<f64>> {
    let answer = |query: &Query| {
        let matching = chosen.iter().filter(|&&row| matches(query, rows, row));
        let (mut all, mut ones) = (0_u32, 0_u32);
        for &row in matching {
            all += 1;
            ones += u32::from(rows.secret[secret][row]);
        }
        (all > 0).then(|| f64::from(ones) / f64::from(all))
    };
    queries.iter().map(answer).collect()
}

/// Which persons each query counts: the matrix A of 0 and 1, row by row.
pub(super) struct System {
    /// Persons.
    persons: usize,
    /// Where the persons of each query begin.
    starts: Vec<usize>,
    members: Vec<u32>,
    /// An upper limit of the largest eigenvalue of AᵀWA.
    curvature: f64,
    /// Whether no other person has the same known values.
    pub(super) alone: Vec<bool>,
}

impl System {
    /// The queries about a group of persons, each a row of a sample.
    pub(super) fn new(queries: &[Query], group: &[(&Rows, usize)]) -> Self {
        let (mut starts, mut members) = (vec![0], Vec::new());
        for query in queries {
            let counted = (0..).zip(group).filter(|(_, (rows, row))| matches(query, rows, *row));
            members.extend(counted.map(|(person, _): (u32, _)| person));
            starts.push(members.len());
        }
        let known = |&(rows, row): &(&Rows, usize)| -> Vec<u32> {
            rows.known.iter().map(|codes| codes[row]).collect()
        };
        let mut alike: HashMap<Vec<u32>, u32> = HashMap::new();
        group.iter().for_each(|person| *alike.entry(known(person)).or_default() += 1);
        let alone = group.iter().map(|person| alike.get(&known(person)) == Some(&1)).collect();
        let mut system = Self { persons: group.len(), starts, members, curvature: 0.0, alone };
        system.curvature = system.largest();
        system
    }

    fn rows(&self) -> impl Iterator<Item = &[u32]> {
        self.starts.windows(2).map(|ends| &self.members[ends[0]..ends[1]])
    }

    /// Σ over queries of `pull(query, Σ of t over its persons)` on each of its persons.
    fn gradient(&self, t: &[f64], pull: impl Fn(usize, f64, f64) -> f64) -> Vec<f64> {
        let mut gradient = vec![0.0; self.persons];
        for (query, members) in self.rows().enumerate() {
            let sum: f64 = members.iter().map(|&person| t[person as usize]).sum();
            let pulled = pull(query, sum, members.len() as f64);
            members.iter().for_each(|&person| gradient[person as usize] += pulled);
        }
        gradient
    }

    /// max (Mv)ᵢ/vᵢ for M = AᵀWA and a positive v, which no eigenvalue of a matrix without negative
    /// entries exceeds (Collatz 1942, Math. Z. 48:221), after some rounds of the power method.
    fn largest(&self) -> f64 {
        let mut v = vec![1.0; self.persons];
        let mut bound = 0.0;
        for _ in 0..ROUNDS {
            let next = self.gradient(&v, |_, sum, count| sum / count);
            let counted = || next.iter().zip(&v).filter(|(next, _)| **next > 0.0);
            bound = counted().map(|(next, v)| next / v).fold(0.0, f64::max);
            let largest = next.iter().copied().fold(0.0, f64::max).max(f64::MIN_POSITIVE);
            // Never so small that rounding could make it 0.
            v = next.iter().map(|x| (x / largest).max(1e-9)).collect();
        }
        bound
    }

    /// argmin over t in [0, 1]ⁿ of Σ over queries q of (Σ over its persons of tᵢ − bᵢ)²/|q|, where b is
    /// the answered share times |q| persons, from `start` by accelerated projected gradients (Beck and
    /// Teboulle 2009, SIAM J. Imaging Sci. 2:183). Counts of |q| persons vary in proportion to |q|, hence
    /// the weight. A query without an answer is left out.
    pub(super) fn solve(&self, answers: &[Option<f64>], start: f64) -> Vec<f64> {
        let mut t = vec![start.clamp(0.0, 1.0); self.persons];
        if self.curvature <= 0.0 {
            return t;
        }
        let (mut ahead, mut momentum) = (t.clone(), 1.0_f64);
        let pull = |query: usize, sum: f64, count: f64| match answers[query] {
            Some(share) if count > 0.0 => (sum - share * count) / count,
            _ => 0.0,
        };
        for _ in 0..STEPS {
            let gradient = self.gradient(&ahead, pull);
            let step = |(x, slope): (&f64, &f64)| (x - slope / self.curvature).clamp(0.0, 1.0);
            let next: Vec<f64> = ahead.iter().zip(&gradient).map(step).collect();
            let grown = f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt());
            let inertia = (momentum - 1.0) / grown;
            ahead =
                next.iter().zip(&t).map(|(next, last)| next + inertia * (next - last)).collect();
            (t, momentum) = (next, grown);
        }
        t
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;

    fn rows(known: &[&[u32]], secret: &[bool]) -> Rows {
        let columns = known[0].len();
        let column = |c: usize| known.iter().map(|row| row[c]).collect();
        Rows {
            known: (0..columns).map(column).collect(),
            secret: vec![secret.to_vec()],
            count: known.len(),
        }
    }

    /// Three persons; the queries count {1, 2}, {2, 3} and {1, 3}. Secrets 1, 0, 1 give the answers
    /// 1, 1 and 2: the only solution of t₁ + t₂ = 1, t₂ + t₃ = 1, t₁ + t₃ = 2.
    #[test]
    fn exact_answers_give_the_secrets_away() {
        let people = rows(&[&[0, 0, 0], &[0, 1, 1], &[1, 1, 0]], &[true, false, true]);
        let queries: Vec<Query> = vec![vec![(0, 0)], vec![(1, 1)], vec![(2, 0)]];
        let answered = answers(&queries, &people, &[0, 1, 2], 0);
        assert_eq!(answered, [Some(0.5), Some(0.5), Some(1.0)]);
        let group: Vec<(&Rows, usize)> = (0..3).map(|row| (&people, row)).collect();
        let system = System::new(&queries, &group);
        assert_eq!(system.alone, [true; 3]);
        let t = system.solve(&answered, 0.5);
        for (found, expected) in t.iter().zip([1.0, 0.0, 1.0]) {
            assert!((found - expected).abs() < 1e-3, "{t:?}");
        }
        // Nothing is known of nobody, and a query that nobody answered tells nothing.
        assert_eq!(System::new(&queries, &[]).solve(&answered, 0.5).len(), 0);
        let silent = system.solve(&[None; 3], 0.25);
        assert!(silent.iter().all(|t| (t - 0.25).abs() < 1e-12));
    }

    /// Persons who are alike get alike guesses, and are not alone.
    #[test]
    fn persons_who_are_alike_are_not_told_apart() {
        let people = rows(&[&[0], &[0], &[1]], &[true, false, true]);
        let queries: Vec<Query> = vec![vec![(0, 0)], vec![(0, 1)]];
        let group: Vec<(&Rows, usize)> = (0..3).map(|row| (&people, row)).collect();
        let system = System::new(&queries, &group);
        assert_eq!(system.alone, [false, false, true]);
        let t = system.solve(&answers(&queries, &people, &[0, 1, 2], 0), 0.5);
        assert!((t[0] - 0.5).abs() < 1e-6 && (t[0] - t[1]).abs() < 1e-12 && t[2] > 0.99);
    }

    /// The limit of the curvature is one: no direction curves more than the limit.
    #[test]
    fn the_step_is_never_too_long() {
        let mut rng = Seed::new(1).rng();
        let cell = |rng: &mut ChaCha12Rng| [(); 4].map(|()| rng.random_range(0..3_u32));
        let known: Vec<[u32; 4]> = (0..60).map(|_| cell(&mut rng)).collect();
        let known: Vec<&[u32]> = known.iter().map(|row| &row[..]).collect();
        let people = rows(&known, &[false; 60]);
        let all: Vec<usize> = (0..60).collect();
        let drawn = queries(&people, &all, &[0, 1, 2, 3], (80, 3), &mut rng);
        assert!(drawn.len() == 80 && drawn.iter().all(|query| (1..=3).contains(&query.len())));
        let group: Vec<(&Rows, usize)> = all.iter().map(|&row| (&people, row)).collect();
        let system = System::new(&drawn, &group);
        for _ in 0..50 {
            let v: Vec<f64> = all.iter().map(|_| rng.random::<f64>() - 0.3).collect();
            let product =
                system.gradient(&v, |_, sum, count| if count > 0.0 { sum / count } else { 0.0 });
            let along: f64 = product.iter().zip(&v).map(|(a, b)| a * b).sum();
            let length: f64 = v.iter().map(|x| x * x).sum();
            assert!(along <= system.curvature * length * (1.0 + 1e-9));
        }
    }
}

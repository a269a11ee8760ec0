//! The coins of the canaries, and the guesses about them.

use rand::RngExt;
use rand::seq::SliceRandom;

use crate::digest::Digest;
use crate::random::Seed;

/// A fair coin for each canary of each run, tossed before anything is run.
pub(super) struct Coins(Vec<Vec<bool>>);

impl Coins {
    pub(super) fn toss(runs: usize, canaries: usize, seed: Seed) -> Self {
        let run = |run: usize| {
            let mut rng = seed.part(&format!("run {run}")).rng();
            (0..canaries).map(|_| rng.random()).collect()
        };
        Self((0..runs).map(run).collect())
    }

    /// The coins of one run: whether each canary is in.
    pub(super) fn of(&self, run: usize) -> &[bool] {
        &self.0[run]
    }

    /// What binds the audit to its coins before it runs: the SHA-256 of a line for each run, 1 for a
    /// canary that is in and 0 for one that is not.
    pub(super) fn commitment(&self) -> Digest {
        let line = |coins: &Vec<bool>| {
            let digits = coins.iter().map(|&coin| if coin { '1' } else { '0' });
            digits.chain(['\n']).collect::<String>()
        };
        Digest::of(self.0.iter().map(line).collect::<String>().as_bytes())
    }
}

/// How many guesses are said, fixed beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    /// "In", of the canaries with the highest scores.
    pub(super) inside: usize,
    /// "Out", of those with the lowest.
    pub(super) outside: usize,
}

/// Right guesses. Equal scores are put in random order: a score that tells nothing is right by chance.
pub(super) fn right(scores: &[f64], coins: &[bool], said: Said, seed: Seed) -> u64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.shuffle(&mut seed.rng());
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let inside = order.iter().take(said.inside).filter(|&&canary| coins[canary]).count();
    let outside = order.iter().rev().take(said.outside).filter(|&&canary| !coins[canary]).count();
    (inside + outside) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Highest first: 5 in, 4 out, 3 in, 2 out, 1 in. Two "in" for 5 and 4: one right. Two "out" for 1 and
    /// 2: one right.
    #[test]
    fn hand_worked() {
        let (scores, coins) = ([1.0, 2.0, 3.0, 4.0, 5.0], [true, false, true, false, true]);
        let said = |inside, outside| Said { inside, outside };
        assert_eq!(right(&scores, &coins, said(2, 2), Seed::new(0)), 2);
        assert_eq!(right(&scores, &coins, said(1, 0), Seed::new(0)), 1);
        assert_eq!(right(&scores, &coins, said(0, 1), Seed::new(0)), 0);
        assert_eq!(right(&scores, &coins, said(3, 2), Seed::new(0)), 3);
    }

    /// 2,000 guesses about coins of which the scores say nothing: 1,000 ± 22 are right, within 5 of them.
    #[test]
    fn ties_are_guessed_by_chance() {
        let coins = Coins::toss(1, 4000, Seed::new(3));
        let scores = vec![0.0; 4000];
        let said = Said { inside: 1000, outside: 1000 };
        let right = right(&scores, coins.of(0), said, Seed::new(4));
        assert!((890..=1110).contains(&right), "{right}");
    }

    /// printf '10\n' | sha256sum, by hand; other coins are another commitment.
    #[test]
    fn the_commitment_is_to_every_coin() {
        let committed = Coins(vec![vec![true, false]]).commitment();
        assert_eq!(committed, Digest::of(b"10\n"));
        assert_ne!(committed, Coins(vec![vec![true], vec![false]]).commitment());
        assert_ne!(committed, Coins(vec![vec![false, false]]).commitment());
    }

    /// 10,000 coins: 5,000 ± 50 fall "in", within 5 of them.
    #[test]
    fn coins_are_fair_and_differ_between_runs() {
        let coins = Coins::toss(2, 10_000, Seed::new(5));
        let inside = coins.of(0).iter().filter(|&&coin| coin).count();
        assert!((4750..=5250).contains(&inside), "{inside}");
        assert_ne!(coins.of(0), coins.of(1));
    }
}

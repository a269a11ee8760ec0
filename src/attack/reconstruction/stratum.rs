//! A stratum: persons who agree in some of what the adversary knows, few enough for as many unknowns; and
//! the guesses about them.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand::seq::index::sample;
use rand_chacha::ChaCha12Rng;

use super::Reconstruction;
use super::coding::Rows;
use super::system::{Query, System, answers, matches, queries};

/// Released rows about which a stratum is tried.
const TRIES: usize = 8;

/// One of so many persons gives way to a holdout person at a time.
const ONE_OF: usize = 10;

/// One row of each person, and all released rows.
pub(super) struct World {
    pub(super) train: Rows,
    pub(super) holdout: Rows,
    pub(super) released: Rows,
}

/// A stratum made ready for any secret and any answers.
pub(super) struct Stratum {
    condition: Query,
    queries: Vec<Query>,
    /// Training persons, in the order of the system.
    members: Vec<usize>,
    system: System,
    swaps: Vec<Swap>,
}

/// The same persons, but some holdout persons in the place of as many others.
struct Swap {
    strangers: Vec<usize>,
    /// Strangers come first.
    system: System,
}

/// A person and whether their secret was guessed.
pub(super) type Guess = (usize, bool);

impl Stratum {
    /// A stratum about one of [`TRIES`] random released rows; `None` if none had a group of the right size.
    pub(super) fn draw(
        parameters: &Reconstruction,
        world: &World,
        rng: &mut ChaCha12Rng,
    ) -> Option<Self> {
        (0..TRIES).find_map(|_| Self::about(parameters, world, rng))
    }

    /// A stratum about a random released row. Column by column, in random order, its value is asked for
    /// unless fewer than half of the persons wanted have it, until there are few enough. `None` if there are still
    /// too many.
    fn about(parameters: &Reconstruction, world: &World, rng: &mut ChaCha12Rng) -> Option<Self> {
        let all = |rows: &Rows| (0..rows.count).collect::<Vec<usize>>();
        let row = rng.random_range(0..world.released.count.max(1));
        let (mut members, mut strangers) = (all(&world.train), all(&world.holdout));
        let mut columns: Vec<usize> = (0..world.train.known.len()).collect();
        columns.shuffle(rng);
        let mut condition = Query::new();
        for &column in &columns {
            if members.len() <= parameters.people {
                break;
            }
            let one: Query = vec![(column, *world.released.known[column].get(row)?)];
            let kept = |chosen: &[usize], rows: &Rows| -> Vec<usize> {
                chosen.iter().copied().filter(|&row| matches(&one, rows, row)).collect()
            };
            let inside = (kept(&members, &world.train), kept(&strangers, &world.holdout));
            if 2 * inside.0.len() >= parameters.people {
                (members, strangers) = inside;
                condition.extend(one);
            }
        }
        let fits = members.len() <= parameters.people && !members.is_empty();
        fits.then(|| Self::prepare(parameters, world, condition, (members, strangers), rng))
    }

    fn prepare(
        parameters: &Reconstruction,
        world: &World,
        condition: Query,
        (members, mut strangers): (Vec<usize>, Vec<usize>),
        rng: &mut ChaCha12Rng,
    ) -> Self {
        let released: Vec<usize> = inside(&condition, &world.released);
        let open = |&column: &usize| condition.iter().all(|(fixed, _)| *fixed != column);
        let columns: Vec<usize> = (0..world.train.known.len()).filter(open).collect();
        let size = (parameters.queries * members.len(), parameters.columns);
        let queries = queries(&world.released, &released, &columns, size, rng);
        let group: Vec<(&Rows, usize)> = members.iter().map(|&row| (&world.train, row)).collect();
        let system = System::new(&queries, &group);
        strangers.shuffle(rng);
        let part = (members.len() / ONE_OF).max(1);
        let swaps = strangers.chunks(part).map(|strangers| {
            let stay = sample(rng, members.len(), members.len() - strangers.len()).into_vec();
            let inserted = strangers.iter().map(|&row| (&world.holdout, row));
            let others = stay.into_iter().map(|place| (&world.train, members[place]));
            let group: Vec<(&Rows, usize)> = inserted.chain(others).collect();
            Swap { strangers: strangers.to_vec(), system: System::new(&queries, &group) }
        });
        let swaps = swaps.collect();
        Self { condition, queries, members, system, swaps }
    }

    /// Guesses about training persons, answered from the given rows.
    pub(super) fn members(&self, world: &World, released: &Rows, secret: usize) -> Vec<Guess> {
        let truth = &world.train.secret[secret];
        let answered = self.answers(released, secret);
        guesses(&self.system, &answered, &self.members, truth)
    }

    /// Guesses about holdout persons, each in the place of a training person, answered likewise.
    pub(super) fn strangers(&self, world: &World, released: &Rows, secret: usize) -> Vec<Guess> {
        let truth = &world.holdout.secret[secret];
        let answered = self.answers(released, secret);
        let swaps = self.swaps.iter();
        swaps.flat_map(|swap| guesses(&swap.system, &answered, &swap.strangers, truth)).collect()
    }

    fn answers(&self, released: &Rows, secret: usize) -> Answers {
        let rows = inside(&self.condition, released);
        let ones = rows.iter().filter(|&&row| released.secret[secret][row]).count();
        Answers {
            shares: answers(&self.queries, released, &rows, secret),
            share: if rows.is_empty() { 0.5 } else { ones as f64 / rows.len() as f64 },
        }
    }
}

/// What the release says of a stratum.
struct Answers {
    shares: Vec<Option<f64>>,
    /// The share of the secret in the whole stratum.
    share: f64,
}

fn inside(condition: &Query, rows: &Rows) -> Vec<usize> {
    (0..rows.count).filter(|&row| matches(condition, rows, row)).collect()
}

/// Solves the system and compares, for the persons who stand first in it and whom nobody else is like.
fn guesses(system: &System, answers: &Answers, persons: &[usize], truth: &[bool]) -> Vec<Guess> {
    let solution = system.solve(&answers.shares, answers.share);
    let judged = persons.iter().zip(&solution).zip(&system.alone).filter(|(_, alone)| **alone);
    judged.map(|((&person, &t), _)| (person, (t >= 0.5) == truth[person])).collect()
}

//! Persons whose records in two separate sources the release helps to bring together.
//!
//! # Threat model
//! Two sources hold different columns of the same people, without names: a hospital and an insurer, say. Who
//! holds both looks up each record in the release by what its source knows. Where the two searches end at a
//! common released row, the records are taken for one person's, and everything both sources know is joined.
//!
//! # Estimator
//! For a person, the `neighbours` nearest released rows on the columns `a` of the schema's `[linkability]` and
//! those on the columns `b` (mixed distance of Gower 1971, all rows tied at the last place included). The
//! person is linked if a row is among both, for one of their records at least. `linkability.linked` = linked
//! training persons of those tried. `linkability.excess` contrasts it with holdout persons, whom the release
//! links by chance only: (train's share − holdout's)/(1 − holdout's), two-sample. Baseline: holdout persons
//! linked through the *training* records, chance between real people that needs no trust in the release.
//! Positive control: planted persons, linked through the planted release.
//!
//! Ties are kept and not broken: an adversary who sees seventy rows alike does not forget 69 of them, and a
//! copy of the training table links everybody. With coarse sources nearly everybody is linked by chance as
//! well, and the bounds then span the whole range: such sources show nothing either way.
//!
//! # Limits
//! The sources must be declared: which columns stand together elsewhere is knowledge about the world. A linked
//! person is not yet a right guess: others may be linked to the same row. More columns in either source make
//! the attack stronger.
//!
//! # References
//! Article 29 Working Party, Opinion 05/2014 (WP216), section 2.2.2. Giomi et al. 2023, `PoPETs` 2023(2):312
//! (the attack, of which ties are broken arbitrarily there). Gower 1971, Biometrics 27:857.

use serde::{Deserialize, Serialize};

use super::known::{BATCH, Level, Source, Targets, holds, merged};
use super::planted::Tally;
use super::{Attack, Info, Need, parameters};
use crate::audit::{Audit, Progress};
use crate::encode::{Coded, Joint};
use crate::error::{Error, Result};
use crate::evidence::{Count, Evidence, Measure, Planting};
use crate::random::Seed;

/// Parameters of the attack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Linkability {
    /// Nearest rows looked at in each source, from 1. Default 1; more find more links, by chance too.
    pub neighbours: usize,
    /// Training persons tried, at random where there are more. Default 20,000; holdout persons likewise.
    pub targets: usize,
}

impl Default for Linkability {
    fn default() -> Self {
        Self { neighbours: 1, targets: 20_000 }
    }
}

/// What to do where no sources are declared.
const UNDECLARED: &str = "the schema does not say what two sources know: add [linkability] with \
                          a = [columns that one source knows] and b = [columns that the other knows]";

/// What the attack is.
pub(super) static INFO: Info = Info {
    id: "linkability",
    title: "records of two sources brought together",
    threat_model: "who holds two sources about the same people and joins them through the release",
    needs: &[Need::Holdout],
    references: &[
        "Article 29 Working Party, Opinion 05/2014 (WP216)",
        "Giomi et al. 2023, PoPETs 2023(2):312",
    ],
    metrics: &["linkability.linked", "linkability.excess"],
};

impl Attack for Linkability {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        self.check()?;
        let joint = audit.joint();
        let sides = sides(audit)?;
        // 1. Training persons through the release.
        let released = Sources::new(joint, &joint.synthetic, &sides);
        let targets = Targets::draw(&audit.train_persons, self.targets, seed.part("train"));
        let treated = released.linked(&joint.train, &targets, self.neighbours);
        for (name, source) in ["a", "b"].iter().zip(&released.0) {
            progress.searched(&format!("release by source {name}"), source.plan());
        }
        progress.advance(1);
        let frame = Some(audit.train_persons.count as u64);
        let (successes, trials) = (treated.successes as f64, treated.trials);
        let mut facts =
            vec![Evidence::whole("linkability.linked", Measure::Rate { successes, trials, frame })];
        // 2. Holdout persons through the release, and through the training records.
        if let (Some(holdout), Some(persons)) = (&joint.holdout, &audit.holdout_persons) {
            let targets = Targets::draw(persons, self.targets, seed.part("holdout"));
            let control = released.linked(holdout, &targets, self.neighbours);
            let real = Sources::new(joint, &joint.train, &sides);
            let baseline = Some(real.linked(holdout, &targets, self.neighbours));
            let measure = Measure::Difference { treated, control, baseline };
            facts.push(Evidence::whole("linkability.excess", measure));
        }
        // 3. Planted persons through the planted releases.
        let plants = self.plants(audit, &released, &sides);
        progress.advance(1);
        for fact in &mut facts {
            fact.parameters = parameters(self);
            fact.positive_control.clone_from(&plants);
            fact.notes.extend(notes(joint, &sides));
        }
        Ok(facts)
    }
}

impl Linkability {
    fn check(&self) -> Result<()> {
        let problem = if !(1..=100).contains(&self.neighbours) {
            "expected 1 to 100 neighbours"
        } else if self.targets == 0 {
            "expected at least one target"
        } else {
            return Ok(());
        };
        Err(Error::Usage(format!("[attack.linkability]: {problem}")))
    }

    /// How many of the planted persons the planted releases link.
    fn plants(&self, audit: &Audit, released: &Sources, sides: &[Vec<usize>; 2]) -> Vec<Planting> {
        let (joint, plants) = (audit.joint(), audit.plants());
        let mut tally = Tally::new(plants);
        let first = joint.synthetic.rows as u32;
        for round in &plants.rounds {
            let rows: Vec<usize> = round.plants.iter().map(|plant| plant.row).collect();
            let added = Sources::new(joint, &round.rows, sides);
            let near = [0, 1].map(|side| {
                let (released, added, k) = (&released.0[side], &added.0[side], self.neighbours);
                let kept = released.nearest(&joint.train, &rows, k, |row| plants.keeps(row));
                let added = added.nearest(&joint.train, &rows, k, |_| true);
                let both = |i| merged(kept.of(i), added.of(i), first, self.neighbours);
                (0..rows.len()).map(both).collect::<Vec<_>>()
            });
            for (i, plant) in round.plants.iter().enumerate() {
                tally.add(plant.cell, f64::from(u8::from(meet(&near[0][i], &near[1][i]))));
            }
        }
        tally.plantings()
    }
}

/// The columns of either source that all tables hold.
///
/// # Errors
/// [`Error::NotApplicable`] when the schema declares no sources, [`Error::Usage`] when one is left with none.
fn sides(audit: &Audit) -> Result<[Vec<usize>; 2]> {
    let Some(declared) = &audit.schema.linkability else {
        return Err(Error::NotApplicable(UNDECLARED.into()));
    };
    let columns = |side: &[String]| -> Vec<usize> {
        let place = |name| audit.joint().names.iter().position(|known| known == name);
        side.iter().filter_map(place).collect()
    };
    let sides = [columns(&declared.a), columns(&declared.b)];
    match ["a", "b"].iter().zip(&sides).find(|(_, side)| side.is_empty()) {
        Some((side, _)) => Err(Error::Usage(format!(
            "[linkability]: no column of `{side}` can be compared: expected at least one in which all \
             tables hold values and that is no subject, direct identifier or weight"
        ))),
        None => Ok(sides),
    }
}

fn notes(joint: &Joint, sides: &[Vec<usize>; 2]) -> Vec<String> {
    let names = |side: &[usize]| {
        side.iter().map(|&column| joint.names[column].as_str()).collect::<Vec<_>>().join(", ")
    };
    let note = |(name, side): (&str, &Vec<usize>)| format!("source {name}: {}", names(side));
    ["a", "b"].into_iter().zip(sides).map(note).collect()
}

/// One table searched by what either source knows.
struct Sources([Source; 2]);

impl Sources {
    fn new(joint: &Joint, rows: &Coded, sides: &[Vec<usize>; 2]) -> Self {
        Self([0, 1].map(|side| Source::new(joint, rows, &sides[side])))
    }

    /// How many of the targets have a record whose two searches meet.
    fn linked(&self, rows: &Coded, targets: &Targets, k: usize) -> Count {
        let mut met = Vec::with_capacity(targets.records.len());
        for batch in targets.records.chunks(BATCH) {
            let [a, b] = [0, 1].map(|side| self.0[side].nearest(rows, batch, k, |_| true));
            met.extend((0..batch.len()).map(|i| meet(a.of(i), b.of(i))));
        }
        let linked = |pair: &&[usize]| met[pair[0]..pair[1]].contains(&true);
        let successes = targets.starts.windows(2).filter(linked).count() as u64;
        Count { successes, trials: targets.count() }
    }
}

/// Whether a row is among both.
fn meet(a: &[Level], b: &[Level]) -> bool {
    let (few, many) =
        if super::known::count(a) <= super::known::count(b) { (a, b) } else { (b, a) };
    few.iter().flat_map(|level| &level.rows).any(|&row| holds(many, row))
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::audit::testing::{audit, difference, rate, run};

    const SCHEMA: &str = "[columns.id]\nkind = \"integer\"\nrole = \"subject\"\n\
                          [columns.x]\nkind = \"continuous\"\nlower = 0\nupper = 100\n\
                          [columns.y]\nkind = \"continuous\"\nlower = 0\nupper = 100\n\
                          [columns.c]\nkind = \"categorical\"\n\
                          [linkability]\na = [\"x\", \"c\"]\nb = [\"y\"]\n";

    /// Released (x, y, c): 0 (10, 50, a), 1 (10, 60, b), 2 (40, 90, a), 3 (11, 90, a).
    /// Person 1: record (10, 52, a) → by a row 0, by b row 0: linked. Person 2: (41, 50, a) → 2, 0; and
    /// (40, 88, a) → 2; by b rows 2 and 3, tied: linked by the second record. Person 3: (10, 90, a) → 0;
    /// 2 and 3: not linked. Holdout person 8: (12, 89, a) → 3; 2, 3: linked. 9: (10, 61, a) → 0; 1: not.
    /// Through train (rows 1 and 2 of persons 1 and 2, in order): 8: by a the record (10, 52, a) and
    /// (10, 90, a), by b (40, 88, a) and (10, 90, a) tied: linked. 9: (10, 52, a) and (10, 90, a); by b
    /// (10, 52, a): linked.
    #[test]
    fn hand_worked() {
        let train = "id,x,y,c\n1,10,52,a\n2,41,50,a\n2,40,88,a\n3,10,90,a\n";
        let holdout = "id,x,y,c\n8,12,89,a\n9,10,61,a\n";
        let released = "x,y,c\n10,50,a\n10,60,b\n40,90,a\n11,90,a\n";
        let facts = run(&Linkability::default(), &audit(SCHEMA, train, Some(holdout), released));
        assert_eq!(rate(&facts, "linkability.linked"), (2.0, 3));
        assert_eq!(difference(&facts, "linkability.excess"), ((2, 3), (1, 2)));
        match facts[1].measure {
            Measure::Difference { baseline: Some(Count { successes, trials }), .. } => {
                assert_eq!((successes, trials), (2, 2));
            }
            ref other => panic!("{other:?}"),
        }
    }

    fn rows(count: usize, seed: u64) -> Vec<String> {
        let mut rng = Seed::new(seed).rng();
        let row = |_| {
            let (x, y) = (rng.random_range(0..10_000_u32), rng.random_range(0..10_000_u32));
            let c = ["a", "b", "c"][rng.random_range(0..3)];
            format!("{},{},{c}", f64::from(x) / 100.0, f64::from(y) / 100.0)
        };
        (0..count).map(row).collect()
    }

    fn csv(rows: &[String], from: usize) -> String {
        let numbered = rows.iter().zip(from..).map(|(row, id)| format!("{id},{row}\n"));
        format!("id,x,y,c\n{}", numbered.collect::<String>())
    }

    fn facts(train: &[String], holdout: &[String], released: &[String]) -> Vec<Evidence> {
        let released = csv(released, 50_000);
        let audit = audit(SCHEMA, &csv(train, 0), Some(&csv(holdout, 10_000)), &released);
        run(&Linkability::default(), &audit)
    }

    /// Of 400 released rows a person's two searches end at one by chance once in about 400: the arms
    /// differ by less than five standard errors.
    #[test]
    fn null_an_independent_release_links_train_and_holdout_alike() {
        let facts = facts(&rows(800, 1), &rows(400, 2), &rows(400, 3));
        let ((k1, n1), (k2, n2)) = difference(&facts, "linkability.excess");
        let (p1, p2) = (k1 as f64 / n1 as f64, k2 as f64 / n2 as f64);
        let p = (k1 + k2) as f64 / (n1 + n2) as f64;
        assert!(p > 0.0 && p < 0.02, "{p}");
        let sigma = (p * (1.0 - p) * (1.0 / n1 as f64 + 1.0 / n2 as f64)).sqrt();
        assert!((p1 - p2).abs() < 5.0 * sigma, "{p1} {p2}");
    }

    /// The training table in reverse order links every person, ties or not; the holdout stays at chance.
    /// A release of which one row in a hundred is a training record links one in a hundred more.
    #[test]
    fn leak_the_training_table_links_everybody() {
        let (train, holdout) = (rows(600, 1), rows(300, 2));
        let mut released = train.clone();
        released.reverse();
        let ((k1, n1), (k2, _)) =
            difference(&facts(&train, &holdout, &released), "linkability.excess");
        assert_eq!(k1, n1);
        assert!(k2 < 15, "{k2}");
        let fresh = rows(600, 3);
        let leaked: Vec<String> = train[..60].iter().chain(&fresh[60..]).cloned().collect();
        let linked = |released: &[String]| {
            difference(&facts(&train, &holdout, released), "linkability.excess").0.0
        };
        assert!(linked(&leaked) >= linked(&fresh) + 50);
    }

    /// A copy is nearest by either source. One with a number moved by .1 of 100 loses its place if another of
    /// the 396 rows that stay is within .1 on that source: of y with chance 1 − .998^396 = .547, of x and a
    /// third of the rows .232; so that .610 of the plants are linked, give or take four times .0244.
    #[test]
    fn planted_persons_are_linked() {
        let facts = facts(&rows(800, 1), &rows(400, 2), &rows(400, 3));
        let cell = |name: &str| {
            let cells = &facts[1].positive_control;
            let cell = cells.iter().find(|planting| planting.cell == name).unwrap();
            (cell.detected, cell.of)
        };
        assert_eq!(cell("verbatim/uniform"), (400, 400));
        let (seen, of) = cell("one-numeric/uniform");
        assert!((seen as f64 / of as f64 - 0.610).abs() < 4.0 * 0.0244, "{seen} of {of}");
    }

    #[test]
    fn the_order_of_rows_and_the_unit_change_nothing() {
        let (train, holdout, released) = (rows(300, 1), rows(200, 2), rows(200, 3));
        let straight = facts(&train, &holdout, &released);
        let turned = |rows: &[String]| rows.iter().rev().cloned().collect::<Vec<_>>();
        let reversed = facts(&turned(&train), &turned(&holdout), &turned(&released));
        let counts = |facts| difference(facts, "linkability.excess");
        assert_eq!(counts(&straight), counts(&reversed));
    }

    #[test]
    fn what_cannot_be_run_says_why() {
        let plain = SCHEMA.split("[linkability]").next().unwrap();
        let released = csv(&rows(20, 3), 50_000);
        let undeclared = audit(plain, &csv(&rows(20, 1), 0), None, &released);
        let blank = "x,y,c\n1,,a\n2,,b\n";
        let blanked = audit(SCHEMA, &csv(&rows(20, 1), 0), None, blank);
        let run = |attack: &Linkability, audit| {
            attack.run(audit, Seed::new(0), &Progress::new(&|_| {})).err().map(|e| e.to_string())
        };
        let error = run(&Linkability::default(), &undeclared).unwrap();
        assert!(error.contains("add [linkability]"), "{error}");
        let error = run(&Linkability::default(), &blanked).unwrap();
        assert!(error.contains("no column of `b` can be compared"), "{error}");
        let none = Linkability { neighbours: 0, ..Linkability::default() };
        assert!(run(&none, &blanked).is_some());
    }
}

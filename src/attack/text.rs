//! Rare texts of real persons (names, notes, long codes) that the release repeats word for word.
//!
//! # Threat model
//! Anyone who holds the release reads it, or searches it for a name, an address, a case number, a
//! sentence of a letter. They win whatever stands beside it, and often the text alone is the harm. A
//! generator of language does this when it has memorised its training texts.
//!
//! # Estimator
//! Searched are the columns of kind `text`, and category columns without a public list of levels whose
//! training values number at least 50 and more than a tenth of all, each counted once for each person who has it. Texts
//! are compared as words: Unicode NFKC, lower case, without punctuation; where a script has no spaces every character
//! is a word, and ideographs, kana and Korean syllables count as two characters.
//! - A *passage* is, from a given word on, the shortest run of at least `words` words and `passage`
//!   characters. Sought of a text are all its passages; of a text too short for one, the whole value, if it
//!   has `whole` characters. It is found where the same words follow each other, in any searched
//!   column, as a whole value or inside a longer text.
//! - It is *rare* if at most `carriers` persons of train and holdout together carry it anywhere. The rule
//!   treats both sides alike. Persons are counted, not rows, and all columns of a person together.
//!
//! `text.replicated` = training persons of whom at least one rare text stands in the release, over the
//! training persons who carry one: a census. `text.replicated-excess` contrasts it with the same count
//! for holdout persons, of whom the release can repeat a text by chance only. Baseline: holdout persons
//! of whom a rare text stands in train.
//!
//! Positive control: the records planted for all attacks, as far as their persons carry a rare text. What is
//! planted verbatim is found verbatim, by construction: the control shows that the columns, the words and
//! the persons were matched up, not that a paraphrase would be noticed.
//!
//! # Limits
//! Verbatim only: a paraphrase, a misspelling or a translation is not seen, nor is a name shorter than
//! `whole` characters unless a passage holds it, nor a text that many persons share, nor a code that the schema calls a number.
//! Fewer than 11 training persons with a rare text are not reported at all. Runs are compared by 64-bit
//! fingerprints. No text is ever reported: only counts of persons and names of columns.
//!
//! # References
//! Carlini et al. 2019, The Secret Sharer, USENIX Security; Carlini et al. 2021, Extracting Training Data,
//! USENIX Security (verbatim memorisation). Unicode Standard Annex 15 (normalization forms).

mod carried;
#[cfg(test)]
mod tests;
mod token;

use serde::{Deserialize, Deserializer, Serialize};

use self::carried::{Hit, Rare, Texts, searched};
use self::token::Shortest;
use super::{Attack, Info, Need, parameters};
use crate::audit::{Audit, Cell, Progress};
use crate::encode::Codes;
use crate::error::{Error, Result};
use crate::evidence::{Count, Evidence, Measure, Planting};
use crate::random::Seed;

/// Fewer carriers of a rare text are not reported.
const HANDFUL: usize = 11;

/// Parameters of the attack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Text {
    /// How many persons of train and holdout together may carry a rare text, 2 to 10: of more it is what many write.
    /// Default 2: a person, and one who shares a name or an address with them.
    #[serde(deserialize_with = "carriers")]
    pub carriers: usize,
    /// Characters that a whole value needs, its words put together; at most 8. Default 8.
    #[serde(deserialize_with = "whole")]
    pub whole: u32,
    /// Characters that a passage inside a longer text needs; at most 20. Default 20.
    #[serde(deserialize_with = "passage")]
    pub passage: u32,
    /// Words that a passage needs; at most 5. Default 5.
    #[serde(deserialize_with = "words")]
    pub words: u32,
}

/// See [`Text::carriers`].
const CARRIERS: usize = 2;

/// See [`Text::carriers`].
const MOST_CARRIERS: usize = 10;

/// See [`Text::whole`].
const WHOLE: u32 = 8;

/// See [`Text::passage`].
const PASSAGE: u32 = 20;

/// See [`Text::words`].
const WORDS: u32 = 5;

impl Default for Text {
    fn default() -> Self {
        Self { carriers: CARRIERS, whole: WHOLE, passage: PASSAGE, words: WORDS }
    }
}

fn carriers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match super::at_least(deserializer, CARRIERS)? {
        many if many > MOST_CARRIERS => {
            Err(serde::de::Error::custom(format!("expected up to {MOST_CARRIERS}, found {many}")))
        }
        carriers => Ok(carriers),
    }
}

fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    super::at_most(deserializer, WHOLE)
}

fn passage<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    super::at_most(deserializer, PASSAGE)
}

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    super::at_most(deserializer, WORDS)
}

/// What the attack is.
pub(super) static INFO: Info = Info {
    id: "text",
    title: "rare texts of real persons",
    threat_model: "anyone who reads the release, or searches it for a name or a sentence",
    needs: &[Need::Holdout],
    references: &["Carlini et al. 2019, USENIX Security", "Carlini et al. 2021, USENIX Security"],
    metrics: &["text.replicated", "text.replicated-excess"],
};

impl Attack for Text {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, audit: &Audit, _seed: Seed, progress: &Progress<'_>) -> Result<Vec<Evidence>> {
        // 1. The columns that hold texts, as words.
        let columns = searched(&audit.train, &audit.train_persons);
        if columns.is_empty() {
            return Err(Error::NotApplicable("no column holds free text or long codes".into()));
        }
        let train = Texts::of(&audit.train, &columns);
        let holdout = audit.holdout.as_ref().map(|table| Texts::of(table, &columns));
        let released = Texts::of(&audit.synthetic, &columns);
        // 2. The texts that few persons carry.
        let others = holdout.as_ref().zip(audit.holdout_persons.as_ref());
        let rare =
            Rare::new((&train, &audit.train_persons), others, self.shortest(), self.carriers);
        // 3. Those that stand in the release.
        let found = released.holding(&rare.prints, self.shortest());
        progress.advance(1);
        let hit = rare.train(&found);
        // What stands in the release is never too little to be reported.
        if hit.carriers.len() < HANDFUL && hit.found.is_empty() {
            let few = "fewer than 11 training persons carry a text that is rare and long enough";
            return Err(Error::NotApplicable(few.into()));
        }
        // 4. Counts as a census, excess as a contrast with the holdout, and the plants that were seen.
        let mut facts = vec![Evidence::whole("text.replicated", census(&hit))];
        if holdout.is_some() {
            let chance = train.holding(&rare.prints, self.shortest());
            let persons = others.map_or(0, |(_, persons)| persons.count as u64);
            facts.push(excess(&hit, &rare.holdout(&found), &rare.holdout(&chance), persons));
        }
        let plants = self.planted(audit, &train, &columns, &rare);
        progress.advance(1);
        for fact in &mut facts {
            fact.parameters = parameters(self);
            fact.notes.push(format!("searched columns: {}", columns.join(", ")));
            fact.positive_control.clone_from(&plants);
        }
        Ok(facts)
    }
}

impl Text {
    fn shortest(&self) -> Shortest {
        // Without a word or a character there is no text.
        let (whole, passage) = (self.whole.max(1), self.passage.max(1));
        Shortest { whole, passage: passage.max(whole), words: self.words.max(1) as usize }
    }

    /// Cell by cell the plants whose person is found in the planted record, of those who carry a rare text.
    fn planted(
        &self,
        audit: &Audit,
        train: &Texts<'_>,
        columns: &[String],
        rare: &Rare,
    ) -> Vec<Planting> {
        let joint = audit.joint();
        let place: Vec<Option<usize>> =
            columns.iter().map(|name| joint.names.iter().position(|n| n == name)).collect();
        let carriers = rare.train(&rare.prints).carriers;
        let cells = Cell::all();
        let mut counts = vec![[0_u64; 2]; cells.len()];
        let plants = audit.plants();
        let mut share = 0.0_f64;
        for round in &plants.rounds {
            share = share.max(round.plants.len() as f64 / joint.synthetic.rows.max(1) as f64);
            for (i, plant) in round.plants.iter().enumerate() {
                let Some(cell) = cells.iter().position(|cell| *cell == plant.cell) else {
                    continue;
                };
                if !carriers.contains(&plant.person) {
                    continue;
                }
                // A category that was replaced is another person's text.
                let kept = |column: usize| {
                    place[column].is_some_and(|column| {
                        match (&round.rows.columns[column], &joint.train.columns[column]) {
                            (Codes::Category(planted), Codes::Category(real)) => {
                                planted[i] == real[plant.row]
                            }
                            _ => false,
                        }
                    })
                };
                let found = train.in_row(plant.row, &rare.prints, self.shortest(), kept);
                counts[cell][0] += u64::from(rare.is_of(plant.person, &found));
                counts[cell][1] += 1;
            }
        }
        let cells = cells.iter().zip(counts).filter(|(_, [_, of])| *of > 0);
        cells
            .map(|(cell, [detected, of])| Planting {
                cell: cell.name(),
                true_value: share.min(1.0),
                detected,
                of,
            })
            .collect()
    }
}

fn count(hit: &Hit) -> Count {
    Count { successes: hit.found.len() as u64, trials: hit.carriers.len() as u64 }
}

fn census(hit: &Hit) -> Measure {
    let Count { successes, trials } = count(hit);
    Measure::Rate { successes: successes as f64, trials, frame: Some(trials) }
}

/// Where none of the holdout's `persons` carries a rare text, none of them is found by one: all of them count.
fn excess(train: &Hit, holdout: &Hit, chance: &Hit, persons: u64) -> Evidence {
    let carried = |hit: &Hit| match count(hit) {
        Count { trials: 0, .. } => Count { successes: 0, trials: persons },
        carried => carried,
    };
    let (treated, control, baseline) = (count(train), carried(holdout), Some(carried(chance)));
    let measure = Measure::Difference { treated, control, baseline };
    Evidence::whole("text.replicated-excess", measure)
}

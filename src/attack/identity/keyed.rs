//! Real and released rows by their keys: what the measures that start from the quasi-identifiers share.

use std::collections::HashMap;

use super::frame::{Frame, counted};
use crate::attack::keys::{Key, binned, key_columns};
use crate::audit::Audit;
use crate::encode::Joint;
use crate::table::Role;

/// Rows by key. Equal keys have equal numbers, from 0 on in order of appearance.
pub(super) struct Keyed {
    /// The quasi-identifiers.
    pub(super) keys: Vec<Key>,
    /// The key of each training row.
    pub(super) train: Vec<u32>,
    /// The key of each holdout row.
    pub(super) holdout: Option<Vec<u32>>,
    /// Per key its words, for distances between keys.
    pub(super) words: Vec<Vec<u64>>,
    /// Per key the training persons who carry it.
    pub(super) persons: Vec<u64>,
    /// Per key the released rows that carry it.
    pub(super) shown: Vec<Vec<u32>>,
    /// Among whom persons are looked for.
    pub(super) frame: Frame,
}

impl Keyed {
    /// The rows of the audit; nothing without quasi-identifiers.
    pub(super) fn new(audit: &Audit) -> Option<Self> {
        let joint = audit.joint();
        let keys = key_columns(joint).ok()?;
        let mut numbers: HashMap<Vec<u64>, u32> = HashMap::new();
        let mut words: Vec<Vec<u64>> = Vec::new();
        let mut number = |rows: Vec<Vec<u64>>| -> Vec<u32> {
            let one = |key: Vec<u64>| match numbers.get(&key) {
                Some(&known) => known,
                None => {
                    let new = words.len() as u32;
                    words.push(key.clone());
                    numbers.insert(key, new);
                    new
                }
            };
            rows.into_iter().map(one).collect()
        };
        let train = number(binned(&joint.train, &keys));
        let holdout = joint.holdout.as_ref().map(|rows| number(binned(rows, &keys)));
        let released = number(binned(&joint.synthetic, &keys));
        let persons =
            counted(train.iter().map(|&key| Some(key)), &audit.train_persons, words.len());
        let mut shown = vec![Vec::new(); words.len()];
        for (row, &key) in (0..).zip(&released) {
            shown[key as usize].push(row);
        }
        let frame = Frame::new(audit, &keys, &persons, |key| numbers.get(key).copied());
        Some(Self { keys, train, holdout, words, persons, shown, frame })
    }

    /// Which columns are keys, for the reader of a fact.
    pub(super) fn note(&self, joint: &Joint) -> String {
        format!("keys: {}", names(joint, self.keys.iter().map(|key| key.column)))
    }
}

/// The columns about which an adversary learns: the sensitive ones, or every one that is no quasi-identifier
/// where none is declared.
pub(super) fn learned(joint: &Joint) -> Vec<usize> {
    let role = |column: &usize| joint.schemas[*column].role;
    let all = 0..joint.names.len();
    let sensitive: Vec<usize> = all.clone().filter(|c| role(c) == Role::Sensitive).collect();
    if sensitive.is_empty() {
        return all.filter(|c| role(c) != Role::QuasiIdentifier).collect();
    }
    sensitive
}

/// The names of columns, for a note.
pub(super) fn names(joint: &Joint, columns: impl Iterator<Item = usize>) -> String {
    let names: Vec<&str> = columns.map(|column| joint.names[column].as_str()).collect();
    names.join(", ")
}

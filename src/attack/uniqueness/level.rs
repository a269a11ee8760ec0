//! Among whom the persons alone with their keys are: their share within each level of each quasi-identifier.
//!
//! Which level to make coarser is told by the levels in which most persons are alone. Levels are named by number, in the
//! order of their names; numbers are taken in quarters of the training persons; levels of fewer than eleven
//! persons are pooled, column by column.

use super::{Keyed, who_is_alone};
use crate::attack::groups::{Group, levels};
use crate::audit::Audit;
use crate::evidence::{Evidence, Measure, Scope};

/// `uniqueness.unique-share` of every level with enough persons: a census.
pub(super) fn facts(keyed: &Keyed, audit: &Audit) -> Vec<Evidence> {
    let alone = who_is_alone(&keyed.class_of, &audit.train_persons, &keyed.sizes);
    let of_group = |group: Group| {
        let hits = group.train.iter().filter(|&&person| alone[person as usize]).count();
        let trials = group.train.len() as u64;
        let measure = Measure::Rate { successes: hits as f64, trials, frame: Some(trials) };
        let fact = Evidence::whole("uniqueness.unique-share", measure);
        Evidence { scope: Scope::Group, group: Some(group.name), ..fact }
    };
    let groups = keyed.keys.iter().flat_map(|key| levels(audit, key.column));
    groups.filter(Group::is_large).map(of_group).collect()
}

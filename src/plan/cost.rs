//! Memory and time of an audit, roughly, from its sizes.
//!
//! Seconds = reading, coding and searching every cell + learning from up to 10,000 rows a side; bytes = a floor,
//! the cells of all tables and those learned from. The coefficients are what this version took on
//! [`MEASURED_ON`]; another machine, wide texts or coarse tables with many ties change them several times
//! over. `cargo bench --bench attacks` measures the parts again.

use serde::Serialize;

use super::Sizes;

/// What the coefficients were measured on.
pub const MEASURED_ON: &str =
    "Adult, 39,040 against 48,791 rows of 15 columns: 10 core-seconds, 124 MB";

/// Core-seconds a cell that is read, typed, hashed and searched.
const SECONDS_A_CELL: f64 = 1e-6;

/// Core-seconds a cell that classifiers learn from.
const SECONDS_A_LEARNED_CELL: f64 = 33e-6;

/// Rows of a side that classifiers learn from, at most.
const LEARNED: f64 = 10_000.0;

/// Cores that the estimate assumes.
const CORES: f64 = 2.0;

/// Bytes of a program without data.
const BYTES_AT_LEAST: f64 = 18e6;

/// Bytes a cell of all tables at the peak.
const BYTES_A_CELL: f64 = 46.0;

/// Bytes a cell that classifiers learn from.
const BYTES_A_LEARNED_CELL: f64 = 154.0;

/// Columns where nobody says how many.
const COLUMNS: u64 = 15;

/// What an audit costs, roughly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cost {
    /// Wall seconds on two cores.
    pub seconds: f64,
    /// Peak bytes of memory.
    pub bytes: f64,
    /// What the coefficients were measured on.
    pub measured_on: &'static str,
}

/// The cost of one audit; none where the rows are not known.
pub(super) fn cost(sizes: &Sizes) -> Option<Cost> {
    let train = sizes.rows.or(sizes.persons)? as f64;
    let holdout = sizes.holdout_rows.or(sizes.holdout_persons).unwrap_or(0) as f64;
    let released = sizes.released().unwrap_or(0) as f64;
    let columns = sizes.columns.unwrap_or(COLUMNS) as f64;
    let real = train + holdout;
    let cells = (real + released) * columns;
    let learned = (holdout.min(LEARNED) + released.min(LEARNED)) * columns;
    let work = cells * SECONDS_A_CELL + learned * SECONDS_A_LEARNED_CELL;
    Some(Cost {
        seconds: work / CORES,
        bytes: BYTES_AT_LEAST + cells * BYTES_A_CELL + learned * BYTES_A_LEARNED_CELL,
        measured_on: MEASURED_ON,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The three audits that the coefficients were fitted to, on an x86-64 machine: core-seconds and MB.
    #[test]
    fn the_estimate_is_near_what_was_measured() {
        for (train, holdout, released, columns, seconds, megabytes) in [
            (39_032, 9_758, 39_040, 15, 9.92, 124.4),
            (10_000, 5_000, 10_000, 15, 7.45, 69.9),
            (5_249, 2_625, 5_249, 11, 3.54, 34.6),
        ] {
            let sizes = Sizes {
                rows: Some(train),
                holdout_rows: Some(holdout),
                released_rows: Some(released),
                columns: Some(columns),
                ..Sizes::default()
            };
            let cost = cost(&sizes).unwrap();
            let ratio = cost.seconds * CORES / seconds;
            assert!((0.7..1.4).contains(&ratio), "{train}: {ratio} of the time");
            let ratio = cost.bytes / 1e6 / megabytes;
            assert!((0.8..1.25).contains(&ratio), "{train}: {ratio} of the memory");
        }
        assert!(cost(&Sizes::default()).is_none());
    }
}

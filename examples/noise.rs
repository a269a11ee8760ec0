//! Prints draws of the noise that releases get, keyed by the operating system, as `value count`:
//!
//! ```sh
//! cargo run --release --example noise -- 4 200000
//! ```
//!
//! The first argument is the variance, the second the number of draws. `tests/interop/noise` compares them with
//! those of another library.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for a terminal")]

use std::collections::BTreeMap;

use dosimeter::synth::dp::{Accountant, Budget, Counts, Private, Ratio};

fn main() {
    let arguments: Vec<f64> =
        std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let [variance, draws] = arguments.as_slice() else {
        println!("usage: noise VARIANCE DRAWS");
        return;
    };
    let mut accountant = Accountant::with_budget(Budget { epsilon: 1e6, delta: 1e-6 });
    let zeros = Private::new(Counts::new(vec![0; *draws as usize], 1.0));
    let noise = accountant.measure("noise", &zeros, Ratio::variance(*variance).unwrap()).unwrap();
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    noise.into_iter().for_each(|value| *counts.entry(value).or_default() += 1);
    counts.iter().for_each(|(value, count)| println!("{value} {count}"));
}

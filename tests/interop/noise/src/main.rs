//! Reads `value count` lines of our discrete Gaussian noise from standard input and compares them with as many
//! draws of OpenDP's sampler: Pearson's χ² of two samples. The argument is the standard deviation, as a fraction.
//! Ends with 1 where the p-value is below one in a million.

use std::collections::BTreeMap;
use std::io::Read;
use std::process::ExitCode;

use dashu::rational::RBig;
use opendp::traits::samplers::sample_discrete_gaussian;

/// The 999,999th millionth of the standard normal distribution.
const CRITICAL: f64 = 4.753;

fn main() -> ExitCode {
    let scale = std::env::args().nth(1).expect("a standard deviation such as 37/2");
    let (over, under) = scale.split_once('/').unwrap_or((&scale, "1"));
    let whole = |text: &str| text.parse::<u32>().expect("a whole number");
    let sigma = RBig::from_parts(whole(over).into(), whole(under).into());
    let ours = read();
    let draws: f64 = ours.values().sum();
    let mut theirs: BTreeMap<i64, f64> = BTreeMap::new();
    for _ in 0..draws as u64 {
        let drawn = sample_discrete_gaussian(sigma.clone()).expect("noise");
        *theirs.entry(i64::try_from(drawn).expect("a small number")).or_default() += 1.0;
    }
    let (chi, degrees) = compare(&ours, &theirs);
    // Wilson and Hilferty 1931: the cube root of χ² over its degrees of freedom is nearly normal.
    let ninth = 2.0 / (9.0 * degrees);
    let z = ((chi / degrees).cbrt() - (1.0 - ninth)) / ninth.sqrt();
    println!("σ = {scale}: χ² = {chi:.1} on {degrees} degrees of freedom, z = {z:.2}");
    if draws > 0.0 && z < CRITICAL { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read() -> BTreeMap<i64, f64> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("lines");
    let line = |line: &str| {
        let (value, count) = line.split_once(' ').expect("value count");
        (value.parse().expect("a value"), count.parse().expect("a count"))
    };
    text.lines().map(line).collect()
}

/// χ² of two samples of one size, cells joined until both have twenty between them.
fn compare(ours: &BTreeMap<i64, f64>, theirs: &BTreeMap<i64, f64>) -> (f64, f64) {
    let values: std::collections::BTreeSet<i64> = ours.keys().chain(theirs.keys()).copied().collect();
    let of = |counts: &BTreeMap<i64, f64>, value| counts.get(value).copied().unwrap_or(0.0);
    let (mut chi, mut cells, mut open) = (0.0, 0.0, (0.0, 0.0));
    for value in &values {
        open = (open.0 + of(ours, value), open.1 + of(theirs, value));
        if open.0 + open.1 >= 20.0 {
            chi += (open.0 - open.1).powi(2) / (open.0 + open.1);
            cells += 1.0;
            open = (0.0, 0.0);
        }
    }
    (chi, cells - 1.0)
}

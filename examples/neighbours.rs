//! Times the exact search of nearest neighbours on two CSV files and prints one line of JSON; the
//! distances can be written as pairs of little-endian doubles for a comparison.
//!
//! `cargo run --release --example neighbours -- ROWS.csv QUERIES.csv [DISTANCES.bin]`
//!
//! A column in which every value is a number is one, on the range of both files; any other is a
//! category. CPU seconds are those of all threads; reading is not counted, building the index is.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::time::Instant;

use dosimeter::encode::{Coded, Codes};
use dosimeter::nearest::Index;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rows, queries, rest @ ..] = arguments.as_slice() else {
        return Err("usage: neighbours ROWS.csv QUERIES.csv [DISTANCES.bin]".into());
    };
    let (rows, queries, scales) = coded(&read(rows)?, &read(queries)?);
    let (start, before) = (Instant::now(), cpu_seconds());
    let index = Index::build(&rows, &scales);
    let (built, build_cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - before);
    let found = index.nearest(&queries, 2, |_, _| false);
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - before);
    let sum: f64 = found.iter().flat_map(|near| &near.distances).sum();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{{\"rows\":{},\"queries\":{},\"build_cpu\":{build_cpu:.4},\"cpu\":{cpu:.4},\
         \"build_wall\":{built:.4},\"wall\":{wall:.4},\"peak_mb\":{:.1},\"sum\":{sum:.9}}}",
        rows.rows,
        queries.rows,
        peak_mb()
    )?;
    if let Some(path) = rest.first() {
        let distances = found.iter().flat_map(|near| &near.distances);
        fs::write(path, distances.flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())?;
    }
    Ok(())
}

/// Columns of text.
fn read(path: &str) -> Result<Vec<Vec<String>>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    let mut columns = vec![Vec::new(); reader.headers()?.len()];
    for record in reader.records() {
        let record = record?;
        columns.iter_mut().zip(&record).for_each(|(column, cell)| column.push(cell.to_owned()));
    }
    Ok(columns)
}

/// Both files coded alike, and the scales of the numbers.
fn coded(rows: &[Vec<String>], queries: &[Vec<String>]) -> (Coded, Coded, Vec<Option<f64>>) {
    let (mut a, mut b, mut scales) = (Vec::new(), Vec::new(), Vec::new());
    for (rows, queries) in rows.iter().zip(queries) {
        if let (Some(x), Some(y)) = (numbers(rows), numbers(queries)) {
            let all = || x.iter().chain(&y).copied();
            let range = all().fold(f64::MIN, f64::max) - all().fold(f64::MAX, f64::min);
            scales.push(Some(if range > 0.0 { range } else { 1.0 }));
            a.push(Codes::Number(x));
            b.push(Codes::Number(y));
        } else {
            let mut known: HashMap<&str, u32> = HashMap::new();
            let mut code = |cell| {
                let next = known.len() as u32;
                *known.entry(cell).or_insert(next)
            };
            a.push(Codes::Category(rows.iter().map(|cell| code(cell.as_str())).collect()));
            b.push(Codes::Category(queries.iter().map(|cell| code(cell.as_str())).collect()));
            scales.push(None);
        }
    }
    let count = |columns: &[Vec<String>]| columns.first().map_or(0, Vec::len);
    let (rows, queries) = (count(rows), count(queries));
    (Coded { rows, columns: a }, Coded { rows: queries, columns: b }, scales)
}

fn numbers(cells: &[String]) -> Option<Vec<f64>> {
    cells.iter().map(|cell| cell.parse().ok()).collect()
}

/// CPU seconds of all threads so far; 0 where the system does not tell.
fn cpu_seconds() -> f64 {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return 0.0 };
    let nanoseconds = threads.flatten().filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() * 1e-9
}

/// The most memory held so far; 0 where the system does not tell.
fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}

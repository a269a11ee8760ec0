//! Times the exact search of nearest neighbours on two CSV files and prints one line of JSON; the
//! distances can be written as pairs of little-endian doubles for a comparison.
//!
//! `cargo run --release --example neighbours -- ROWS.csv QUERIES.csv [DISTANCES.bin] [--euclidean]`
//!
//! A column in which every value is a number is one, on the range of both files; any other is a
//! category. `--euclidean` as a last argument searches numbers by Euclidean distance. CPU seconds are
//! those of all threads; reading is not counted, building the index is.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::time::Instant;

use dosimeter::encode::{Coded, Codes};
use dosimeter::nearest::{Index, Points, euclidean, euclidean_plan};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let by_points = arguments.pop_if(|last| last == "--euclidean").is_some();
    let [rows, queries, rest @ ..] = arguments.as_slice() else {
        return Err("usage: neighbours ROWS.csv QUERIES.csv [DISTANCES.bin] [--euclidean]".into());
    };
    let (rows, queries, scales) = coded(rows, queries)?;
    let all = if by_points { points(&rows).zip(points(&queries)) } else { None };
    let (start, before) = (Instant::now(), cpu_seconds());
    let index = if by_points { None } else { Some(Index::build(&rows, &scales)) };
    let (built, build_cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - before);
    let found = match (&index, &all) {
        (Some(index), _) => index.nearest(&queries, 2, |_, _| false),
        (None, Some((rows, queries))) => euclidean(queries, rows, 2, |_, _| false),
        (None, None) => return Err("not all columns are numbers".into()),
    };
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - before);
    let plan = match (&index, &all) {
        (None, Some((rows, queries))) => Some(euclidean_plan(queries, rows, 2, |_, _| false)),
        _ => index.as_ref().map(Index::plan),
    };
    let sum: f64 = found.iter().flat_map(|near| &near.distances).sum();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{{\"rows\":{},\"queries\":{},\"build_cpu\":{build_cpu:.4},\"cpu\":{cpu:.4},\
         \"build_wall\":{built:.4},\"wall\":{wall:.4},\"peak_mb\":{:.1},\"sum\":{sum:.9},\
         \"plan\":\"{}\"}}",
        rows.rows,
        queries.rows,
        peak_mb(),
        plan.map_or_else(String::new, |plan| plan.to_string()),
    )?;
    if let Some(path) = rest.first() {
        let distances = found.iter().flat_map(|near| &near.distances);
        fs::write(path, distances.flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())?;
    }
    Ok(())
}

/// Of each column, if it holds numbers.
type Scales = Vec<Option<f64>>;

/// Both files coded alike, and the scales of the numbers.
fn coded(rows: &str, queries: &str) -> Result<(Coded, Coded, Scales), Box<dyn Error>> {
    let mut ranges: Vec<Option<(f64, f64)>> = Vec::new();
    for path in [rows, queries] {
        each_row(path, |column, cell| {
            ranges.resize(ranges.len().max(column + 1), Some((f64::MAX, f64::MIN)));
            let range = ranges[column].zip(cell.parse().ok());
            ranges[column] = range.map(|((low, high), x): (_, f64)| (x.min(low), x.max(high)));
        })?;
    }
    let width = |(low, high): (f64, f64)| if high > low { high - low } else { 1.0 };
    let scales: Scales = ranges.into_iter().map(|range| range.map(width)).collect();
    let mut known: Vec<HashMap<String, u32>> = vec![HashMap::new(); scales.len()];
    let rows = code(rows, &scales, &mut known)?;
    let queries = code(queries, &scales, &mut known)?;
    Ok((rows, queries, scales))
}

fn code(
    path: &str,
    scales: &[Option<f64>],
    known: &mut [HashMap<String, u32>],
) -> Result<Coded, Box<dyn Error>> {
    let empty = |scale: &Option<f64>| match scale {
        Some(_) => Codes::Number(Vec::new()),
        None => Codes::Category(Vec::new()),
    };
    let mut coded = Coded { rows: 0, columns: scales.iter().map(empty).collect() };
    each_row(path, |column, cell| {
        coded.rows += usize::from(column == 0);
        match &mut coded.columns[column] {
            Codes::Number(values) => values.push(cell.parse().unwrap_or(f64::NAN)),
            Codes::Category(codes) => {
                let next = known[column].len() as u32;
                let code = known[column].get(cell).copied().unwrap_or(next);
                if code == next {
                    known[column].insert(cell.to_owned(), next);
                }
                codes.push(code);
            }
        }
    })?;
    Ok(coded)
}

fn each_row(path: &str, mut each: impl FnMut(usize, &str)) -> Result<(), Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        record.iter().enumerate().for_each(|(column, cell)| each(column, cell));
    }
    Ok(())
}

/// The rows as points, if all columns are numbers.
fn points(coded: &Coded) -> Option<Points> {
    let mut columns = Vec::new();
    for codes in &coded.columns {
        let Codes::Number(values) = codes else { return None };
        columns.push(values);
    }
    let row = |row: usize| columns.iter().map(move |column| column[row]);
    Points::new((0..coded.rows).flat_map(row).collect(), columns.len())
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

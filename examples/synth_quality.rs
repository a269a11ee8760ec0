//! How good the tables of a method are, and how long they take: one line of JSON.
//!
//! `cargo run --release --example synth_quality -- REAL SCHEMA METHOD [--rows N] [--seed N] [--epsilon E
//! --delta D] [key=value …]`
//!
//! Every column and pair of columns becomes a table of counts, of the real rows and of the made ones: levels
//! as they are, numbers of more than `--groups` (5) values cut at that many quantiles of the real ones,
//! missing as a level. Printed are the total variation distance ½Σ|p − q| (mean and largest) and S_pMSE (see
//! `stats::standardized_pmse`; median and largest, and how many of the pairs reach 3 and 10), and CPU seconds of
//! all threads for fitting and for drawing.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;

use dosimeter::random::Seed;
use dosimeter::stats::{standardized_pmse, total_variation};
use dosimeter::synth::dp::Accountant;
use dosimeter::synth::{Request, fit, parse_parameters, synthesizer};
use dosimeter::table::{MISSING, Sample, Schema, Table, Values, read_tables};
use rayon::prelude::*;

/// What is asked.
struct Arguments {
    files: [String; 3],
    options: HashMap<String, String>,
    parameters: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { files: [real, schema, method], options, parameters } = arguments()?;
    let number = |name: &str| options.get(name).map(|text| text.parse::<f64>()).transpose();
    let schema = Schema::parse(&fs::read_to_string(&schema)?, &schema)?;
    let tables = read_tables(&[(Sample::Train, Path::new(&real))], &schema)?;
    let real = tables.first().ok_or("no table was read")?;
    let entry = synthesizer(&method).ok_or("no such method")?;
    let synthesizer = entry.method(parse_parameters(parameters.iter().map(String::as_str))?)?;
    let budget = entry.info.budget(number("epsilon")?, number("delta")?)?;
    let mut accountant = budget.map_or_else(Accountant::without_budget, Accountant::with_budget);
    let seed = Seed::new(number("seed")?.map_or(0, |seed| seed as u64));
    let start = cpu_seconds();
    let fitted = fit(&*synthesizer, real, &schema, &mut accountant, seed)?;
    let fitting = cpu_seconds() - start;
    let rows = Some(number("rows")?.map_or(real.rows, |rows| rows as usize));
    let made = fitted.release(&Request { rows, ..Request::default() }, seed)?.table;
    let drawing = cpu_seconds() - start - fitting;
    let groups = number("groups")?.map_or(5, |groups| groups as usize);
    let columns = grouped(real, &made, groups);
    let ones: Vec<Vec<usize>> = (0..columns.len()).map(|i| vec![i]).collect();
    let twos: Vec<Vec<usize>> =
        (0..columns.len()).flat_map(|i| (0..i).map(move |j| vec![j, i])).collect();
    writeln!(
        std::io::stdout(),
        "{{\"method\":\"{method}\",\"rows\":{},\"fit_cpu\":{fitting:.2},\"draw_cpu\":{drawing:.2},\
         \"one_way\":{},\"two_way\":{}}}",
        made.rows,
        summary(&columns, &ones),
        summary(&columns, &twos)
    )?;
    Ok(())
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let (mut files, mut options, mut parameters) = (Vec::new(), HashMap::new(), Vec::new());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if let Some(name) = word.strip_prefix("--") {
            options.insert(name.to_owned(), words.next().ok_or("an option lacks its value")?);
        } else if files.len() < 3 {
            files.push(word);
        } else {
            parameters.push(word);
        }
    }
    let files = files.try_into().map_err(|_| "usage: synth_quality REAL SCHEMA METHOD […]")?;
    Ok(Arguments { files, options, parameters })
}

/// One column in cells: those of the real rows, those of the made ones, and how many there are.
struct Cells {
    name: String,
    real: Vec<u32>,
    made: Vec<u32>,
    count: usize,
}

fn grouped(real: &Table, made: &Table, groups: usize) -> Vec<Cells> {
    let compared = made.columns.iter().filter(|column| column.schema.compared());
    let cells = compared.filter_map(|column| {
        let name = column.name.clone();
        let (real, made, count) = match (&real.column(&name)?.values, &column.values) {
            (Values::Numbers(real), Values::Numbers(made)) => cut(real, made, groups),
            (real, made) => matched(real, made),
        };
        Some(Cells { name, real, made, count })
    });
    cells.collect()
}

/// Numbers in groups that end at quantiles of the real ones; missing is the last cell.
fn cut(real: &[f64], made: &[f64], groups: usize) -> (Vec<u32>, Vec<u32>, usize) {
    let mut known: Vec<f64> = real.iter().copied().filter(|x| !x.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    let mut ends = known.clone();
    ends.dedup();
    if ends.len() > groups {
        ends = (1..=groups).map(|group| known[group * known.len() / groups - 1]).collect();
        ends.dedup();
    }
    let most = ends.len().max(1) - 1;
    let cell = |x: &f64| {
        let within = ends.partition_point(|end| end < x).min(most);
        if x.is_nan() { ends.len() as u32 } else { within as u32 }
    };
    (real.iter().map(cell).collect(), made.iter().map(cell).collect(), ends.len() + 1)
}

/// Levels by name; missing is the last cell.
fn matched(real: &Values, made: &Values) -> (Vec<u32>, Vec<u32>, usize) {
    let mut known: HashMap<&str, u32> = HashMap::new();
    let mut sides = [real, made].map(|values| {
        let Values::Labels { codes, levels } = values else { return Vec::new() };
        let mut new = Vec::new();
        for level in levels {
            let next = known.len() as u32;
            new.push(*known.entry(&**level).or_insert(next));
        }
        let place = |&code: &u32| new.get(code as usize).copied().unwrap_or(MISSING);
        codes.iter().map(place).collect::<Vec<u32>>()
    });
    let missing = known.len() as u32;
    sides.iter_mut().flatten().for_each(|code| *code = missing.min(*code));
    let [real, made] = sides;
    (real, made, known.len() + 1)
}

/// The distances of all these tables, as JSON.
fn summary(columns: &[Cells], tables: &[Vec<usize>]) -> String {
    let measure = |of: &Vec<usize>| {
        let size = of.iter().map(|&i| columns[i].count).product();
        let counts = |made: bool| {
            let side = |i: usize| if made { &columns[i].made } else { &columns[i].real };
            let mut counts = vec![0.0; size];
            for row in 0..side(of[0]).len() {
                let at = |at: usize, &i: &usize| at * columns[i].count + side(i)[row] as usize;
                counts[of.iter().fold(0, at)] += 1.0;
            }
            counts
        };
        let (real, made) = (counts(false), counts(true));
        let names: Vec<&str> = of.iter().map(|&i| columns[i].name.as_str()).collect();
        let distance = total_variation(&real, &made).unwrap_or(0.0);
        (distance, standardized_pmse(&real, &made), names.join(" × "))
    };
    let all: Vec<(f64, Option<f64>, String)> = tables.par_iter().map(measure).collect();
    let mut scores: Vec<(f64, &str)> =
        all.iter().filter_map(|(_, score, name)| Some(((*score)?, name.as_str()))).collect();
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    let reach = |limit: f64| scores.iter().filter(|(score, _)| *score >= limit).count();
    let mean = all.iter().map(|(tv, ..)| tv).sum::<f64>() / all.len().max(1) as f64;
    let most = all.iter().map(|(tv, ..)| *tv).fold(0.0, f64::max);
    format!(
        "{{\"tables\":{},\"tv_mean\":{mean:.4},\"tv_max\":{most:.4},\"s_pmse_median\":{:.2},\
         \"s_pmse_max\":{:.2},\"worst\":\"{}\",\"at_least_3\":{},\"at_least_10\":{}}}",
        all.len(),
        scores.get(scores.len() / 2).map_or(f64::NAN, |score| score.0),
        scores.last().map_or(f64::NAN, |score| score.0),
        scores.last().map_or("", |score| score.1),
        reach(3.0),
        reach(10.0)
    )
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

//! Makes `fixtures/flchain` from the published flchain table: top-codes age, splits by seed, and
//! builds two releases, one that leaks and one that does not.
//!
//! `cargo run --release --example flchain_fixture -- flchain.csv fixtures/flchain`

use std::error::Error;
use std::path::Path;

use dosimeter::random::Seed;
use dosimeter::table::{RawTable, read_raw, split};
use rand::RngExt;
use rand::seq::{SliceRandom, index::sample};

/// HIPAA Safe Harbor: ages over 89 are aggregated.
const TOP_AGE: u32 = 90;

/// Days by which a near copy's follow-up is moved, at most: under 0.1 % of its scale.
const NEARLY: i64 = 4;

type Rows = Vec<Vec<String>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(source), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: flchain_fixture FLCHAIN.csv FOLDER".into());
    };
    let folder = Path::new(&folder);
    let table = read_raw(Path::new(&source))?;
    let header = table.columns().to_vec();
    let rows = rows(&table)?;
    let parts = split(&table, None, 1.0 / 3.0, Seed::new(0).part("split"))?;
    let pick = |chosen: &[usize]| -> Rows { chosen.iter().map(|&row| rows[row].clone()).collect() };
    let (train, holdout) = (pick(&parts.train), pick(&parts.holdout));
    let resampled = permuted(&train, Seed::new(0).part("resampled"));
    let leaky = leaky(&train, &header, Seed::new(0).part("leaky"))?;
    write(&folder.join("train.csv"), &header, &train)?;
    write(&folder.join("holdout.csv"), &header, &holdout)?;
    write(&folder.join("releases/resampled.csv"), &header, &resampled)?;
    write(&folder.join("releases/leaky.csv"), &header, &leaky)
}

/// All rows, age top-coded.
fn rows(table: &RawTable) -> Result<Rows, Box<dyn Error>> {
    let age = table.position("age").ok_or("expected a column `age`")?;
    let row = |row: usize| -> Result<Vec<String>, Box<dyn Error>> {
        let cell = |column: usize| table.cell(row, column).unwrap_or_default().to_owned();
        let mut cells: Vec<String> = (0..table.columns().len()).map(cell).collect();
        cells[age] = cells[age].parse::<u32>()?.min(TOP_AGE).to_string();
        Ok(cells)
    };
    (0..table.rows()).map(row).collect()
}

/// Every column permuted by itself: true marginals, no person.
fn permuted(rows: &Rows, seed: Seed) -> Rows {
    let mut rng = seed.rng();
    let mut released = rows.clone();
    for column in 0..rows[0].len() {
        let mut values: Vec<String> = rows.iter().map(|row| row[column].clone()).collect();
        values.shuffle(&mut rng);
        for (row, value) in released.iter_mut().zip(values) {
            row[column] = value;
        }
    }
    released
}

/// 5 % of the persons copied, another 5 % copied with the follow-up moved by a few days, the rest
/// permuted.
fn leaky(train: &Rows, header: &[String], seed: Seed) -> Result<Rows, Box<dyn Error>> {
    let futime = header.iter().position(|name| name == "futime").ok_or("expected `futime`")?;
    let mut released = permuted(train, seed.part("rest"));
    let mut rng = seed.rng();
    let count = train.len() / 20;
    let persons = sample(&mut rng, train.len(), 2 * count).into_vec();
    for (place, &person) in persons.iter().enumerate() {
        released[place] = train[person].clone();
        if place >= count {
            let days: i64 = train[person][futime].parse()?;
            let moved = rng.random_range(1..=NEARLY);
            let days = if days > NEARLY && rng.random() { days - moved } else { days + moved };
            released[place][futime] = days.to_string();
        }
    }
    released.shuffle(&mut rng);
    Ok(released)
}

fn write(path: &Path, header: &[String], rows: &Rows) -> Result<(), Box<dyn Error>> {
    let mut file = csv::Writer::from_path(path)?;
    file.write_record(header)?;
    rows.iter().try_for_each(|row| file.write_record(row))?;
    Ok(file.flush()?)
}

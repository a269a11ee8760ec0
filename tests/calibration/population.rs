//! Populations of persons to draw train, holdout and release from: real tables, and one made up to have texts.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

use dosimeter::Audit;
use dosimeter::random::Seed;
use dosimeter::table::{Sample, Schema, Table, read_raw, type_table};
use rand::RngExt;
use rand::seq::SliceRandom;

/// What a release without a leak is made from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Other persons of the same population.
    Fresh,
    /// Their columns, each shuffled: far from everybody, and from train no less than from the holdout.
    Marginals,
}

/// Persons, of whom samples are drawn without replacement.
pub(super) struct Population {
    pub(super) name: &'static str,
    pub(super) schema: String,
    header: String,
    /// The lines of each person.
    persons: Vec<Vec<String>>,
    /// Leading columns that a release leaves out: who it is.
    identifiers: usize,
}

impl Population {
    fn new(name: &'static str, schema: String, text: &str) -> Self {
        let mut lines = text.lines().map(str::to_owned);
        let header = lines.next().unwrap();
        let persons = lines.map(|line| vec![line]).collect();
        Self { name, schema, header, persons, identifiers: 0 }
    }

    /// 7,874 residents, of the fixture. What two sources know: the register office and the laboratory, say.
    pub(super) fn flchain() -> Self {
        let schema = include_str!("../../fixtures/flchain/schema.toml").to_owned()
            + "\n[linkability]\na = ['age', 'sex', 'sample.yr', 'kappa']\nb = ['lambda', 'creatinine', 'futime']\n";
        let train = include_str!("../../fixtures/flchain/train.csv");
        let (_, holdout) =
            include_str!("../../fixtures/flchain/holdout.csv").split_once('\n').unwrap();
        Self::new("flchain", schema, &(train.to_owned() + holdout))
    }

    /// 4,406 elderly persons and their use of health care.
    pub(super) fn nmes1988() -> Option<Self> {
        let text = shared("nmes1988/nmes1988.csv")?;
        let numbers =
            "visits nvisits ovisits novisits emergency hospital chronic age school income";
        let schema = schema(
            &text,
            numbers,
            "age region gender married afam school",
            "health income medicaid",
        ) + "[linkability]\na = ['age', 'region', 'gender', 'school', 'income']\n\
             b = ['visits', 'nvisits', 'ovisits', 'health', 'chronic', 'insurance']\n";
        Some(Self::new("nmes1988", schema, &text))
    }

    /// The 9,758 persons of Adult's holdout.
    pub(super) fn adult() -> Option<Self> {
        let text = shared("adult/holdout.csv")?;
        let numbers = "age fnlwgt education_num capital_gain capital_loss hr_per_week";
        let schema = "missing = ['?']\n".to_owned()
            + &schema(
                &text,
                numbers,
                "age sex race marital education country",
                "income occupation",
            )
            + "[linkability]\na = ['age', 'sex', 'race', 'marital', 'education', 'fnlwgt']\n\
               b = ['occupation', 'hr_per_week', 'relationship', 'income']\n";
        Some(Self::new("adult", schema, &text))
    }

    /// 12,344 persons of whom some were tested several times; a release has no subjects and no names.
    pub(super) fn covid_testing() -> Option<Self> {
        let text = shared("covid_testing/covid_testing.csv")?;
        let numbers = "subject_id pan_day age drive_thru_ind ct_result col_rec_tat rec_ver_tat";
        let schema =
            schema(&text, numbers, "gender age demo_group", "result payor_group ct_result")
                .replacen("[columns.subject_id]\n", "[columns.subject_id]\nrole = 'subject'\n", 1)
                .replace("name]\n", "name]\nrole = 'direct-identifier'\n")
                .replace(
                    "[columns.clinic_name]\nrole = 'direct-identifier'\n",
                    "[columns.clinic_name]\n",
                )
                + "[linkability]\na = ['age', 'gender', 'pan_day', 'clinic_name']\n\
               b = ['ct_result', 'payor_group', 'patient_class', 'col_rec_tat', 'rec_ver_tat']\n";
        let mut lines = text.lines().map(str::to_owned);
        let header = lines.next().unwrap();
        let (mut persons, mut place): (Vec<Vec<String>>, HashMap<String, usize>) =
            Default::default();
        for line in lines {
            let subject = line.split(',').next().unwrap().to_owned();
            let at = *place.entry(subject).or_insert(persons.len());
            persons.resize(persons.len().max(at + 1), Vec::new());
            persons[at].push(line);
        }
        Some(Self { name: "covid_testing", schema, header, persons, identifiers: 3 })
    }

    /// 6,000 persons whose names are shared by few and whose secrets depend on what is known.
    pub(super) fn texts() -> Self {
        let schema = "[columns.a]\nkind = 'integer'\nrole = 'quasi-identifier'\n\
                      [columns.b]\nkind = 'categorical'\nrole = 'quasi-identifier'\n\
                      [columns.c]\nkind = 'continuous'\n[columns.name]\nkind = 'text'\n\
                      [columns.s]\nkind = 'categorical'\nrole = 'sensitive'\n\
                      [columns.z]\nkind = 'continuous'\nrole = 'sensitive'\n\
                      [linkability]\na = ['a', 'b']\nb = ['c', 's', 'z']\n";
        let mut rng = Seed::new(0).part("texts").rng();
        let mut text = String::from("a,b,c,name,s,z\n");
        for _ in 0..6000 {
            let mut below = |n: u32| rng.random_range(0..n);
            let (a, b, c) = (below(50), below(4), f64::from(below(2000)) / 10.0);
            let name = format!("Quillon{} Marten{}", below(60), below(60));
            let s = if rng.random::<f64>() < 0.3 + 0.1 * f64::from(b) { "y" } else { "n" };
            let z = f64::from(a) + rng.random::<f64>() * 20.0;
            text += &format!("{a},l{b},{c},{name},{s},{z:.2}\n");
        }
        Self::new("texts", schema.to_owned(), &text)
    }

    /// An audit of three samples of as many persons, of which the last is the release or what it is made of.
    pub(super) fn audit(&self, sizes: [usize; 3], source: Source, seed: u64) -> Audit {
        let parts = Seed::new(seed).part(self.name);
        let mut order: Vec<usize> = (0..self.persons.len()).collect();
        order.shuffle(&mut parts.rng());
        let (train, rest) = order.split_at(sizes[0]);
        let (holdout, rest) = rest.split_at(sizes[1]);
        let lines = |persons: &[usize]| -> Vec<String> {
            persons.iter().flat_map(|&person| self.persons[person].clone()).collect()
        };
        let mut released: Vec<Vec<String>> = lines(&rest[..sizes[2]])
            .iter()
            .map(|line| line.split(',').skip(self.identifiers).map(str::to_owned).collect())
            .collect();
        if source == Source::Marginals {
            shuffle_columns(&mut released, parts.part("marginals"));
        }
        let released: Vec<String> = released.iter().map(|cells| cells.join(",")).collect();
        let schema = Schema::parse(&self.schema, "schema.toml").unwrap();
        let header = self.header.splitn(self.identifiers + 1, ',').last().unwrap();
        let train = table(&self.header, &lines(train), Sample::Train, &schema);
        let holdout = table(&self.header, &lines(holdout), Sample::Holdout, &schema);
        let released = table(header, &released, Sample::Synthetic, &schema);
        Audit::new(schema, train, Some(holdout), released, seed).unwrap()
    }
}

fn shuffle_columns(rows: &mut [Vec<String>], seed: Seed) {
    for column in 0..rows[0].len() {
        let mut cells: Vec<String> = rows.iter().map(|row| row[column].clone()).collect();
        cells.shuffle(&mut seed.part(&column.to_string()).rng());
        rows.iter_mut().zip(cells).for_each(|(row, cell)| row[column] = cell);
    }
}

fn table(header: &str, lines: &[String], sample: Sample, schema: &Schema) -> Table {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    write!(file, "{header}\n{}\n", lines.join("\n")).unwrap();
    type_table(&read_raw(file.path()).unwrap(), sample, schema).unwrap()
}

/// A file of the shared data sets, where DOSIMETER_DATA names their folder.
fn shared(file: &str) -> Option<String> {
    let data = std::env::var_os("DOSIMETER_DATA")?;
    Some(std::fs::read_to_string(PathBuf::from(data).join(file)).unwrap())
}

/// A schema of the columns of `text`: which are numbers, what outsiders know, what they want.
fn schema(text: &str, numbers: &str, quasi: &str, sensitive: &str) -> String {
    let among = |words: &str, column: &str| words.split(' ').any(|word| word == column);
    let section = |column: &str| {
        let kind = if among(numbers, column) { "continuous" } else { "categorical" };
        let role = match column {
            _ if among(quasi, column) => "role = 'quasi-identifier'\n",
            _ if among(sensitive, column) => "role = 'sensitive'\n",
            _ => "",
        };
        format!("[columns.{column}]\n{role}kind = '{kind}'\n")
    };
    text.lines().next().unwrap().split(',').map(section).collect()
}

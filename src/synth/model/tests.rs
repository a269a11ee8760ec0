//! Model files: what is kept comes back, and nothing else is taken for it.

use super::*;
use crate::audit::testing::table;
use crate::random::Seed;
use crate::synth::dp::Accountant;
use crate::synth::{Request, SYNTHESIZERS, TakesBudget, fit};
use crate::table::{Sample, content_digest};

const SCHEMA: &str = "missing = ['', '?']\n[columns.id]\nkind = 'integer'\nrole = 'subject'\n\
                      [columns.x]\nkind = 'continuous'\ntop = 2.5\n\
                      [columns.c]\nkind = 'categorical'\nlevels = ['여', '남', 'rare']\n\
                      [columns.d]\nkind = 'datetime'\n";
/// Fifteen persons with four kinds of rows: some methods make nothing of fewer than a crowd.
fn real() -> String {
    let rows = |p: usize| {
        format!(
            "1{p},0.1,여,2024-01-31\n1{p},?,남,\n2{p},3.7,,1969-12-31T23:59:59.5\n\
             3{p},-0.3,rare,2024-02-01\n"
        )
    };
    format!("id,x,c,d\n{}", (0..15).map(rows).collect::<String>())
}

fn fitted(method: &str) -> Fitted {
    let schema = Schema::parse(SCHEMA, "schema.toml").unwrap();
    let real = table(&real(), Sample::Train, &schema);
    let method = synthesizer(method).unwrap().method(toml::Table::new()).unwrap();
    let mut accountant = Accountant::without_budget();
    fit(&*method, &real, &schema, &mut accountant, Seed::new(0)).unwrap()
}

#[test]
fn a_loaded_model_makes_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let fitting =
        |entry: &&crate::synth::Entry| entry.records && entry.info.budget != TakesBudget::Always;
    for entry in SYNTHESIZERS.iter().filter(fitting) {
        let first = fitted(entry.info.id);
        first.save(&path).unwrap();
        let again = Fitted::load(&path).unwrap();
        let digest = |fitted: &Fitted| {
            let made = fitted
                .release(&Request { rows: Some(9), ..Request::default() }, Seed::new(4))
                .unwrap();
            content_digest(&made.table, &fitted.schema)
        };
        assert_eq!(digest(&again), digest(&first), "{}", entry.info.id);
        assert_eq!(again.schema, first.schema);
    }
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_it_and_its_head_says_why() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    fitted("independent").save(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = std::fs::read(&path).unwrap();
    let head = String::from_utf8_lossy(&bytes);
    let head: Vec<&str> = head.lines().take(2).collect();
    assert_eq!(head[0], MAGIC);
    assert!(head[1].contains("\"holds-personal-data\":true"), "{}", head[1]);
}

/// Every byte that is cut or changed is noticed, and the message says what to do.
#[test]
fn what_is_cut_edited_or_foreign_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    fitted("independent").save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let problem = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let Err(error) = Fitted::load(&path) else { panic!("accepted") };
        error.to_string()
    };
    for at in 0..whole.len() {
        problem(&whole[..at]);
        let mut edited = whole.clone();
        edited[at] ^= 1;
        problem(&edited);
    }
    assert!(problem(b"").contains("expected a model file"));
    assert!(problem(b"id,x\n1,2\n").contains("found something else"));
    assert!(problem(&whole[..whole.len() - 1]).contains("cut or was edited"));
    let other = [b"dosimeter model 2\n", &whole[MAGIC.len() + 1..]].concat();
    assert!(problem(&other).contains("found format `2`"));

    assert!(Fitted::load(&folder.path().join("none")).is_err());
}

/// A model of a method that is not here, with a checksum that fits.
#[test]
fn a_method_of_another_version_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    fitted("independent").save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let place = whole.windows(11).position(|bytes| bytes == b"independent").unwrap();
    let mut edited = whole[..whole.len() - DIGEST].to_vec();
    edited[place..place + 11].copy_from_slice(b"another-one");
    let digest = Sha256::digest(&edited);
    edited.extend(digest);
    let Err(problem) = parse(&edited) else { panic!("accepted") };
    assert!(problem.contains("`another-one`"), "{problem}");
}

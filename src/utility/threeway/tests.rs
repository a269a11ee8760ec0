//! Tests of tables of three columns: hand-worked, invariance, null, bad input.

use super::*;
use crate::audit::testing::audit;
use crate::utility::testing::{
    close, fact, population, population_schema, refused, run, same, turned, value,
};

const THREE: &str = "[columns.g]\nkind = 'categorical'\n[columns.h]\nkind = 'categorical'\n\
                     [columns.k]\nkind = 'categorical'\n";

/// All eight triples of two letters a column.
fn cube(keep: impl Fn(usize) -> bool) -> String {
    let rows = (0..8_usize).filter(|&cell| keep(cell)).map(|cell| {
        let letter = |bit: usize| if (cell >> bit) & 1 == 1 { "b" } else { "a" };
        format!("{},{},{}\n", letter(0), letter(1), letter(2))
    });
    format!("g,h,k\n{}", rows.collect::<String>())
}

/// In train the third is whether the first two differ, in the release anything: no pair differs, and
/// ½(4 · (¼ − ⅛) + 4 · ⅛) = ½.
#[test]
fn what_only_three_columns_show_is_seen() {
    let tenfold = |cube: String| {
        let (head, rows) = cube.split_once('\n').unwrap();
        format!("{head}\n{}", rows.repeat(10))
    };
    let train = tenfold(cube(|cell| cell.count_ones() % 2 == 0));
    let facts = run(&Threeway::default(), &audit(THREE, &train, None, &tenfold(cube(|_| true))));
    close(value(&facts, "threeway.tv").0, 0.5);
    // All of train at ½; half of the release at ½ and half at −½: 80 · ¼ / 80².
    close(value(&facts, "threeway.tv").1, (1.0_f64 / 320.0).sqrt());
    let chance = 2.0 * (std::f64::consts::FRAC_2_PI * 0.1875 * (0.025 + 0.0125)).sqrt();
    close(fact(&facts, "threeway.tv").ceiling.unwrap(), chance);
    assert_eq!(fact(&facts, "threeway.tv").notes, ["all triples of columns were looked at"]);
}

/// Two of four fresh rows lie outside of train's cells: ½, times √(1/4 + 1/8) over √(1/4 + 1/4).
#[test]
fn the_ceiling_is_that_of_fresh_records_at_the_size_of_the_release() {
    let train = cube(|cell| cell.count_ones() % 2 == 0);
    let fresh = "g,h,k\na,a,a\na,b,b\na,a,b\nb,b,b\n";
    let facts = run(&Threeway::default(), &audit(THREE, &train, Some(fresh), &cube(|_| true)));
    close(fact(&facts, "threeway.tv").ceiling.unwrap(), 0.5 * 0.75_f64.sqrt());
}

#[test]
fn weights_replace_rows() {
    let train = cube(|cell| cell.count_ones() % 2 == 0);
    let weighted = "g,h,k,_weight\na,a,a,2\na,b,b,1\nb,a,b,1\n";
    let facts = run(&Threeway::default(), &audit(THREE, &train, None, weighted));
    // ½, ¼, ¼ and 0 against four quarters.
    close(value(&facts, "threeway.tv").0, 0.25);
}

#[test]
fn triples_are_drawn_by_the_seed_where_there_are_many() {
    assert_eq!(number_of_triples(300), 4_455_100);
    assert_eq!(triples(4, 4, Seed::new(0)), [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]);
    let drawn = triples(30, 50, Seed::new(0));
    let distinct: BTreeSet<_> = drawn.iter().collect();
    assert_eq!((drawn.len(), distinct.len()), (50, 50));
    assert!(drawn.iter().all(|[i, j, k]| i < j && j < k && *k < 30));
    assert_eq!(drawn, triples(30, 50, Seed::new(0)));
    assert_ne!(drawn, triples(30, 50, Seed::new(1)));
}

/// Another order of rows and columns and other names for categories change nothing, with drawn triples too.
#[test]
fn orders_and_names_change_nothing() {
    let texts = [("train", true), ("holdout", true), ("released", false)]
        .map(|(part, bound)| population(part, 300, bound));
    let facts = |turn: bool| {
        let [train, holdout, released] =
            texts.each_ref().map(|text| if turn { turned(text) } else { text.clone() });
        let audit = audit(&population_schema(turn), &train, Some(&holdout), &released);
        run(&Threeway { triples: 12 }, &audit)
    };
    let first = facts(false);
    assert_eq!(first[0].notes, ["12 of 35 triples of columns were looked at"]);
    same(&first, &facts(true));
}

/// Fresh records of the same population are about their ceiling; columns that are other persons' are far from it.
#[test]
fn a_fresh_sample_is_near_its_ceiling_and_loose_columns_are_not() {
    let schema = population_schema(false);
    let (train, holdout) = (population("train", 1500, true), population("holdout", 750, true));
    let times = |bound: bool| {
        let released = population("released", 1500, bound);
        let facts = run(&Threeway::default(), &audit(&schema, &train, Some(&holdout), &released));
        value(&facts, "threeway.tv").0 / fact(&facts, "threeway.tv").ceiling.unwrap()
    };
    let (bound, loose) = (times(true), times(false));
    assert!((0.6..1.6).contains(&bound) && loose > 2.0, "{bound} {loose}");
}

#[test]
fn tables_with_little_in_them_give_no_panic() {
    let train = "g,h,k\na,x,p\nb,y,q\n";
    for (released, note) in [
        ("g,h\na,x\nb,y\n", "not in the release, at a distance of 1: k"),
        ("g,h,k\na,x,\nb,y,\n", "without a value in the release, at a distance of 1: k"),
    ] {
        let facts = run(&Threeway::default(), &audit(THREE, train, None, released));
        close(value(&facts, "threeway.tv").0, 1.0);
        assert_eq!(fact(&facts, "threeway.tv").notes[0], note);
    }
    let one = audit(THREE, "g,h,k\na,x,p\n", Some("g,h,k\na,x,q\n"), "g,h,k\nc,z,r\n");
    close(value(&run(&Threeway::default(), &one), "threeway.tv").0, 1.0);
    let constant = audit(THREE, "g,h,k\na,x,p\n", None, "g,h,k\na,x,p\na,x,p\n");
    close(value(&run(&Threeway::default(), &constant), "threeway.tv").0, 0.0);
    assert!(refused(&Threeway { triples: 0 }, &constant).contains("[utility.threeway]"));
    let two = audit(
        "[columns.g]\nkind = 'categorical'\n[columns.h]\nkind = 'categorical'\n",
        "g,h\na,x\n",
        None,
        "g,h\na,x\n",
    );
    assert!(refused(&Threeway::default(), &two).contains("triples of columns"));
}

//! Budgets, costs, refusals, and what is claimed in the end.

use proptest::prelude::*;

use super::*;

const BUDGET: Budget = Budget { epsilon: 1.0, delta: 1e-6 };

fn counts(cells: usize, sensitivity: f64) -> Private<Counts> {
    Private::new(Counts::new(vec![100; cells], sensitivity))
}

fn seeded() -> Accountant {
    Accountant::seeded(BUDGET, Seed::new(0))
}

#[test]
fn a_budget_that_means_nothing_is_refused() {
    for (epsilon, delta) in [
        (0.0, 1e-6),
        (-1.0, 1e-6),
        (f64::NAN, 1e-6),
        (f64::INFINITY, 1e-6),
        (36.000_001, 1e-6),
        (1e300, 1e-6),
        (1.0, 0.0),
        (1.0, -1e-9),
        (1.0, 1.0),
        (1.0, f64::NAN),
        (1.0, 1.1e-5),
    ] {
        assert!(Budget::new(epsilon, delta).is_err(), "{epsilon} {delta}");
    }
    assert!(Budget::new(36.0, 1e-6).is_ok());
    let budget = Budget::new(1.0, 1e-5).unwrap();
    assert!(budget.for_persons(99_999).is_ok() && budget.for_persons(100_000).is_err());
}

/// σ² = 50 and Δ = 1 cost ρ = 0.01; Δ = 3 cost 0.09. ε = 0.2 costs ρ = 0.005.
#[test]
fn costs_are_those_of_the_table() {
    let mut accountant = Accountant::seeded(Budget { epsilon: 3.0, delta: 1e-6 }, Seed::new(0));
    let variance = Ratio::variance(50.0).unwrap();
    accountant.measure("a", &counts(4, 1.0), variance).unwrap();
    accountant.measure("b", &counts(4, 3.0), variance).unwrap();
    let scores = Private::new(Scores::new(vec![5, 9], 2));
    accountant.choose("c", &scores, Ratio::epsilon(0.2)).unwrap();
    let rho: Vec<f64> = accountant.entries().iter().map(|entry| entry.rho).collect();
    for (found, expected) in rho.iter().zip([0.01, 0.09, 0.005]) {
        // Rounded up, and ε down to a multiple of 2⁻²⁰.
        assert!((found / expected - 1.0).abs() < 1e-5, "{found} {expected}");
    }
    assert!(rho[0] >= 0.01 && rho[1] >= 0.09);
    let first = &accountant.entries()[0];
    assert_eq!((first.mechanism.as_str(), first.cells), ("discrete gaussian", 4));
}

#[test]
fn nothing_is_drawn_beyond_the_budget() {
    let mut accountant = seeded();
    let left = accountant.left().unwrap();
    let half = Ratio::variance(1.0 / left).unwrap();
    assert!(accountant.measure("half", &counts(2, 1.0), half).is_ok());
    assert!(accountant.measure("more", &counts(2, 1.1), half).is_err());
    assert_eq!(accountant.entries().len(), 1);
    assert!(accountant.measure("rest", &counts(2, 1.0), half).is_ok());
    assert!(accountant.left().unwrap() < 1e-6 * left);
    assert!(Accountant::without_budget().measure("x", &counts(1, 1.0), half).is_err());
}

/// A δ for thresholds makes less of ε: the rest of δ is what ρ is converted at.
#[test]
fn delta_that_is_set_aside_is_not_spent_twice() {
    let mut accountant = seeded();
    let before = accountant.left().unwrap();
    assert!((accountant.set_aside(0.5).unwrap() - 5e-7).abs() < 1e-15);
    let after = accountant.left().unwrap();
    assert!((after / rho_of(1.0, 5e-7) - 1.0).abs() < 1e-9 && after < before);
    let keyed = Private::new(Keyed::new(vec![("a".into(), 1000)], 1.0));
    let variance = Ratio::variance(100.0).unwrap();
    assert_eq!(accountant.discover("names", &keyed, variance, 4e-7).unwrap().len(), 1);
    assert!(accountant.discover("names", &keyed, variance, 4e-7).is_err(), "δ is spent");
    assert!(accountant.set_aside(0.5).is_err(), "too late");
}

#[test]
fn what_is_claimed_is_what_was_spent() {
    let mut accountant = Accountant::with_budget(BUDGET);
    let variance = Ratio::variance(50.0).unwrap();
    accountant.measure("a", &counts(3, 1.0), variance).unwrap();
    let Guarantee::ZeroConcentrated { rho, delta, epsilon, .. } = accountant.guarantee() else {
        panic!("a guarantee")
    };
    assert!((rho - 0.01).abs() < 1e-9 && (delta - 1e-6).abs() < 1e-15);
    assert!((epsilon / 0.621_692_655 - 1.0).abs() < 1e-8, "the golden value: {epsilon}");
}

/// Without noise of the system there is no guarantee, whatever was spent.
#[test]
fn seeded_noise_claims_nothing() {
    let Guarantee::None { reason } = seeded().guarantee() else { panic!("seeded") };
    assert!(reason.contains("seed"));
    let faulty = Accountant::faulty(BUDGET, Seed::new(0), Planted::default());
    assert!(matches!(faulty.guarantee(), Guarantee::None { .. }));
}

#[test]
fn noise_of_the_system_differs_from_run_to_run() {
    let draw = || {
        let mut accountant = Accountant::with_budget(BUDGET);
        accountant.measure("a", &counts(32, 1.0), Ratio::variance(50.0).unwrap()).unwrap()
    };
    assert_ne!(draw(), draw());
}

/// A planted bug shows in the draws and not in the ledger: 4,000 draws of variance 400/4.
#[test]
fn planted_bugs_are_not_on_the_books() {
    let planted = Planted { variance_divided_by: 4, ..Planted::default() };
    let mut accountant = Accountant::faulty(BUDGET, Seed::new(0), planted);
    let variance = Ratio::variance(400.0).unwrap();
    let noisy = accountant.measure("a", &counts(4000, 1.0), variance).unwrap();
    let spread: f64 = noisy.iter().map(|count| (*count as f64 - 100.0).powi(2)).sum();
    assert!((spread / 4000.0 - 100.0).abs() < 12.0, "{spread}");
    let honest = gaussian_cost(1.0, variance);
    assert!((accountant.entries()[0].rho - honest).abs() < 1e-15);
}

proptest! {
    /// Whatever is asked for, the entries sum to no more than the budget, and each can be computed again from
    /// what it says.
    #[test]
    fn the_ledger_replays_and_never_overspends(
        steps in proptest::collection::vec((any::<bool>(), 0.5..200.0_f64, 1_u32..4), 1..30),
    ) {
        let mut accountant = seeded();
        for (counted, size, sensitivity) in steps {
            // Refusals are part of it.
            if counted {
                let counts = counts(2, f64::from(sensitivity));
                drop(accountant.measure("a", &counts, Ratio::variance(size).unwrap()));
            } else {
                let scores = Private::new(Scores::new(vec![1, 2, 3], u64::from(sensitivity)));
                drop(accountant.choose("b", &scores, Ratio::epsilon(size / 400.0)));
            }
        }
        let entries = accountant.entries();
        let replayed: Vec<f64> = entries.iter().map(|entry| entry.replay().unwrap()).collect();
        for (entry, replayed) in entries.iter().zip(&replayed) {
            prop_assert!((entry.rho - replayed).abs() < 1e-18);
        }
        prop_assert!(sum_up(replayed) <= rho_of(BUDGET.epsilon, BUDGET.delta));
    }
}

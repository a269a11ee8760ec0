//! Audits of a claimed differential privacy: how large must ε at least be, given what an adversary guessed?
//!
//! | what was run | function | method |
//! |---|---|---|
//! | the mechanism once, with many canaries | [`one_run_epsilon_lower`] | Steinke, Nasr, Jagielski 2023 |
//! | the same, as a Gaussian mechanism | [`one_run_gaussian_epsilon_lower`] | Mahloujifar et al. 2024 |
//! | the mechanism often, with one canary by a coin | [`independent_epsilon_lower`] | Clopper–Pearson |
//! | the same, as a Gaussian mechanism | [`independent_mu_lower`], [`gaussian_epsilon`] | Dong, Roth, Su 2022 |
//! | the mechanism often, with and without one person | [`multi_run_epsilon_lower`] | Clopper–Pearson |
//! | the same, as a Gaussian mechanism | [`multi_run_mu_lower`], [`gaussian_epsilon`] | Dong, Roth, Su 2022 |
//!
//! All answer "with this confidence the mechanism is not (ε, δ)-differentially private for any smaller ε".
//! A bound above the claimed ε contradicts the claim. A bound below it shows nothing: a mechanism
//! without any privacy that nobody attacks well has the bound 0, and so [`one_run_ceiling`] says how
//! large a bound a perfect adversary would have reached.
//!
//! Valid only if everything that depends on who is in is audited: bounds and domain of the table must be
//! given to the mechanism, not read off the records (Annamalai et al. 2024, arXiv 2405.10994); the number
//! of guesses must be fixed before anybody looks at a score, or be paid for over all candidates.
//!
//! Impossible counts (more right guesses than guesses), a δ outside [0, 1) and NaN give `None`: a bound
//! of 0 would read as "not contradicted".

mod concentrated;
mod gaussian;
mod independent;
mod multi_run;
mod one_run;

pub use concentrated::{concentrated_epsilon, concentrated_rho};
pub use gaussian::{gaussian_delta, gaussian_epsilon, gaussian_mu};
pub use independent::{
    gaussian_accuracy, independent_epsilon_lower, independent_gaussian_epsilon_lower,
    independent_mu_lower, needed_guesses,
};
pub use multi_run::{
    Distinguished, effective_epsilon, effective_epsilon_lower, multi_run_epsilon_lower,
    multi_run_mu_lower,
};
pub use one_run::{
    Guesses, one_run_ceiling, one_run_epsilon_lower, one_run_gaussian_epsilon_lower,
    one_run_p_value,
};

/// ε beyond which nothing is searched: a likelihood ratio of 4·10¹⁵, all that doubles resolve.
const LARGEST: f64 = 36.0;

/// Whether δ is a probability below 1.
fn possible(delta: f64) -> bool {
    (0.0..1.0).contains(&delta)
}

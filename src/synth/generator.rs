//! A generator that can be run again: a method of this house or a command, and where finished runs
//! are kept.

use std::time::{Duration, Instant};

use rand::Rng;

use super::external::{External, Order, out_of_time};
use super::{Entry, State, synthesize, synthesizer};
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::table::{Schema, Table};

/// How a built-in method is named.
const BUILTIN: &str = "builtin:";

/// A generator that can be run again.
#[derive(Clone)]
pub struct Generator {
    /// What makes the rows.
    pub method: Method,
    /// Where finished runs are kept; `None`: nowhere.
    pub state: Option<State>,
}

/// What makes the rows.
#[derive(Clone)]
pub enum Method {
    /// A method of the registry, with its default parameters.
    Builtin(&'static Entry),
    /// A command.
    Command(External),
}

/// How long runs may take.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// One run.
    pub run: Duration,
    /// When all of them end.
    pub until: Instant,
}

impl Generator {
    /// `builtin:ID` or a command line (see [`External`]).
    ///
    /// # Errors
    /// [`Error::Usage`] when it is neither.
    pub fn parse(text: &str) -> Result<Self> {
        let method = match text.strip_prefix(BUILTIN) {
            None => Method::Command(External::parse(text)?),
            Some(id) => Method::Builtin(synthesizer(id).ok_or_else(|| {
                Error::Usage(format!(
                    "generator: no synthesizer is called `{id}` (`dosimeter list synthesizers`)"
                ))
            })?),
        };
        Ok(Self { method, state: None })
    }

    /// What finished runs are kept under: all that tells one generator from another here.
    #[must_use]
    pub fn identity(&self) -> String {
        match &self.method {
            Method::Builtin(entry) => format!("{BUILTIN}{}", entry.info.id),
            Method::Command(external) => format!("command:{}", external.text()),
        }
    }

    /// Its name in evidence: a command's program without its folder or arguments, which may hold anything.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.method {
            Method::Builtin(_) => self.identity(),
            Method::Command(external) => external.program(),
        }
    }

    /// Whether the same seed gives the same rows, as far as one can tell.
    #[must_use]
    pub fn is_seeded(&self) -> bool {
        match &self.method {
            Method::Builtin(_) => true,
            Method::Command(external) => external.is_seeded(),
        }
    }

    /// Trains it on `train` and makes `rows` rows, or more.
    ///
    /// # Errors
    /// [`Error::Generator`] when it fails, is late, or makes something else; a message holds no value.
    pub fn make(
        &self,
        train: &Table,
        schema: &Schema,
        rows: usize,
        seed: Seed,
        budget: Budget,
    ) -> Result<Table> {
        if Instant::now() >= budget.until {
            return Err(out_of_time());
        }
        match &self.method {
            Method::Builtin(entry) => {
                let method = entry.method(toml::Table::new()).map_err(|error| {
                    Error::Usage(format!("{}: {}", entry.info.id, error.message()))
                })?;
                Ok(synthesize(&*method, train, schema, Some(rows), seed)?.table)
            }
            Method::Command(external) => {
                // Below 2³¹, the largest seed that every language takes.
                let number = seed.part("number").rng().next_u32() >> 1;
                let order = Order {
                    rows,
                    seed: number,
                    limit: budget.run,
                    until: budget.until,
                    keep: self.state.as_ref().map(State::folder),
                };
                external.make(train, schema, order)
            }
        }
    }
}

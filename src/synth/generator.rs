//! A generator that can be run again: a method of this house or a command, and where finished runs
//! are kept.

use std::time::{Duration, Instant};

use rand::Rng;

use super::dp::{self, Accountant};
use super::external::{External, Order, out_of_time};
use super::parameters::parse_parameters;
use super::{Entry, Fitted, Request, State, fit, synthesizer};
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
    /// A method of the registry.
    Builtin(Builtin),
    /// A command.
    Command(External),
}

/// A method of the registry with its parameters.
#[derive(Clone)]
pub struct Builtin {
    /// The method.
    pub entry: &'static Entry,
    /// Parameters that differ from the defaults.
    pub parameters: toml::Table,
    /// The privacy budget of every run.
    pub budget: Option<dp::Budget>,
    /// As it was written.
    text: String,
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
    /// `builtin:ID` with parameters, as in `builtin:mst epsilon=1 delta=1e-6`, or a command line (see
    /// [`External`]).
    ///
    /// # Errors
    /// [`Error::Usage`] when it is neither, or a parameter is not one of the method.
    pub fn parse(text: &str) -> Result<Self> {
        let method = match text.strip_prefix(BUILTIN) {
            None => Method::Command(External::parse(text)?),
            Some(words) => Method::Builtin(Builtin::parse(words)?),
        };
        Ok(Self { method, state: None })
    }

    /// What finished runs are kept under: all that tells one generator from another here.
    #[must_use]
    pub fn identity(&self) -> String {
        match &self.method {
            Method::Builtin(builtin) => format!("{BUILTIN}{}", builtin.text),
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
            Method::Builtin(builtin) => {
                let fitted = builtin.fit(train, schema, seed)?;
                let request = Request { rows: Some(rows), ..Request::default() };
                Ok(fitted.release(&request, seed)?.table)
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

impl Builtin {
    /// `ID` and `key=value` words; `epsilon` and `delta` are the budget.
    fn parse(text: &str) -> Result<Self> {
        let refuse = |problem: String| Error::Usage(format!("generator: {problem}"));
        let mut words = text.split_whitespace();
        let id = words.next().unwrap_or_default();
        let entry = synthesizer(id).ok_or_else(|| {
            refuse(format!("no synthesizer is called `{id}` (`dosimeter list synthesizers`)"))
        })?;
        let mut parameters = parse_parameters(words).map_err(refuse)?;
        let mut number = |key: &str| match parameters.remove(key) {
            None => Ok(None),
            Some(toml::Value::Float(number)) => Ok(Some(number)),
            Some(toml::Value::Integer(number)) => Ok(Some(number as f64)),
            Some(_) => Err(refuse(format!("{key}: expected a number"))),
        };
        let budget = entry.info.budget(number("epsilon")?, number("delta")?)?;
        entry.method(parameters.clone())?;
        let words: Vec<&str> = text.split_whitespace().collect();
        Ok(Self { entry, parameters, budget, text: words.join(" ") })
    }

    fn fit(&self, train: &Table, schema: &Schema, seed: Seed) -> Result<Fitted> {
        let method = self.entry.method(self.parameters.clone())?;
        // An audit repeats what it runs and releases nothing of it: its noise comes from the seed.
        let mut accountant = self.budget.map_or_else(Accountant::without_budget, |budget| {
            Accountant::seeded(budget, seed.part("noise"))
        });
        fit(&*method, train, schema, &mut accountant, seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_builtin_method_is_named_with_its_parameters() {
        let generator = Generator::parse("builtin:independent").unwrap();
        assert_eq!(generator.identity(), "builtin:independent");
        for (text, words) in [
            ("builtin:", "no synthesizer is called ``"),
            ("builtin:cat", "no synthesizer is called `cat`"),
            ("builtin:independent minbucket", "KEY=VALUE"),
            ("builtin:independent minbucket=5", "minbucket"),
            ("builtin:independent epsilon=1 delta=1e-6", "gives no guarantee"),
            ("builtin:independent epsilon=one", "expected a number"),
        ] {
            let Err(error) = Generator::parse(text) else { panic!("accepted: {text}") };
            assert!(error.to_string().contains(words), "{text}: {error}");
        }
    }
}

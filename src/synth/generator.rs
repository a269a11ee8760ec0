//! A generator that can be run again: a method of this house or a command, and where finished runs
//! are kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::Rng;

use super::dp::{self, Accountant};
use super::external::{External, Order, out_of_time};
use super::parameters::parse_parameters;
use super::{Claim, Entry, Fitted, Manifest, Request, State, fit, synthesizer};
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
    /// The privacy that a command is asked for, where it has `{epsilon}` or `{delta}`.
    pub claim: Option<Claim>,
}

/// What makes the rows.
#[derive(Clone)]
pub enum Method {
    /// A method of the registry.
    Builtin(Builtin),
    /// A command.
    Command(External),
    /// A function of the program that uses this library.
    Function(Function),
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
    /// Bugs that a test plants, to see whether an audit finds them.
    #[doc(hidden)]
    pub planted: dp::Planted,
    /// As it was written.
    text: String,
}

/// Makes rows from a training table, read under a schema.
pub type Make = dyn Fn(&Table, &Schema, Asked) -> Result<Table> + Send + Sync;

/// A generator that is a function. It is given the table without direct identifiers being taken away.
#[derive(Clone)]
pub struct Function {
    /// What it is called; another function must have another name.
    pub name: String,
    /// Whether it heeds the privacy that it is asked for.
    pub takes_claim: bool,
    /// What makes the rows.
    pub make: Arc<Make>,
}

/// What a function is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// How many rows, at least.
    pub rows: usize,
    /// What to draw from.
    pub seed: Seed,
    /// The privacy it is asked for.
    pub claim: Option<Claim>,
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
        Ok(Self { method, state: None, claim: None })
    }

    /// The method that a manifest names, with its parameters, asked for what the manifest claims; nothing
    /// where this version has no such method.
    #[must_use]
    pub fn of(manifest: &Manifest, claim: Claim) -> Option<Self> {
        let builtin = Builtin {
            entry: synthesizer(&manifest.method)?,
            parameters: manifest.parameters.clone(),
            budget: Some(dp::Budget { epsilon: claim.epsilon, delta: claim.delta }),
            planted: dp::Planted::default(),
            text: format!("{} {}", manifest.method, manifest.parameters),
        };
        Some(Self { method: Method::Builtin(builtin), state: None, claim: Some(claim) })
    }

    /// What finished runs are kept under: all that tells one generator from another here.
    #[must_use]
    pub fn identity(&self) -> String {
        match &self.method {
            Method::Builtin(builtin) => format!("{BUILTIN}{} | {:?}", builtin.text, builtin.budget),
            Method::Command(external) => format!("command:{} | {:?}", external.text(), self.claim),
            Method::Function(function) => format!("function:{} | {:?}", function.name, self.claim),
        }
    }

    /// The privacy that a built-in method is told to keep.
    #[must_use]
    pub fn budget(&self) -> Option<Claim> {
        match &self.method {
            Method::Builtin(Builtin { budget: Some(budget), .. }) => {
                Some(Claim { epsilon: budget.epsilon, delta: budget.delta })
            }
            _ => None,
        }
    }

    /// Whether it can be asked for another privacy than it is asked for.
    #[must_use]
    pub fn takes_claim(&self) -> bool {
        match &self.method {
            Method::Builtin(builtin) => builtin.budget.is_some(),
            Method::Command(external) => external.takes_epsilon(),
            Method::Function(function) => function.takes_claim,
        }
    }

    /// The same generator, asked for the privacy that is claimed, as far as it can be asked.
    #[must_use]
    pub fn claiming(&self, claim: Claim) -> Self {
        let mut generator = Self { claim: Some(claim), ..self.clone() };
        if let Method::Builtin(Builtin { budget: Some(budget), .. }) = &mut generator.method {
            *budget = dp::Budget { epsilon: claim.epsilon, delta: claim.delta };
        }
        generator
    }

    /// Its name in evidence: a command's program without its folder or arguments, which may hold anything.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.method {
            Method::Builtin(builtin) => format!("{BUILTIN}{}", builtin.text),
            Method::Command(external) => external.program(),
            Method::Function(function) => function.name.clone(),
        }
    }

    /// Whether the same seed gives the same rows, as far as one can tell.
    #[must_use]
    pub fn is_seeded(&self) -> bool {
        match &self.method {
            Method::Builtin(_) | Method::Function(_) => true,
            Method::Command(external) => external.is_seeded(),
        }
    }

    /// A method of this house fitted to `train`; nothing for a command or a function.
    ///
    /// # Errors
    /// As the method's own.
    pub fn fit(&self, train: &Table, schema: &Schema, seed: Seed) -> Result<Option<Fitted>> {
        match &self.method {
            Method::Builtin(builtin) => builtin.fit(train, schema, seed).map(Some),
            Method::Command(_) | Method::Function(_) => Ok(None),
        }
    }

    /// The same, with one step of the fit to noisy marginals where the method has any: for audits of the
    /// marginals, which no step changes.
    #[must_use]
    pub fn hurried(mut self) -> Self {
        if let Method::Builtin(builtin) = &mut self.method {
            let mut parameters = builtin.parameters.clone();
            parameters.insert("steps".to_owned(), toml::Value::Integer(1));
            if builtin.entry.method(parameters.clone()).is_ok() {
                builtin.parameters = parameters;
            }
        }
        self
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
            Method::Function(function) => {
                (function.make)(train, schema, Asked { rows, seed, claim: self.claim })
            }
            Method::Command(external) => {
                // Below 2³¹, the largest seed that every language takes.
                let number = seed.part("number").rng().next_u32() >> 1;
                let order = Order {
                    rows,
                    seed: number,
                    claim: self.claim,
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
        let (planted, text) = (dp::Planted::default(), words.join(" "));
        Ok(Self { entry, parameters, budget, planted, text })
    }

    fn fit(&self, train: &Table, schema: &Schema, seed: Seed) -> Result<Fitted> {
        let method = self.entry.method(self.parameters.clone())?;
        // An audit repeats what it runs and releases nothing of it: its noise comes from the seed.
        let mut accountant = self.budget.map_or_else(Accountant::without_budget, |budget| {
            Accountant::faulty(budget, seed.part("noise"), self.planted)
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
        assert_eq!(generator.name(), "builtin:independent");
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

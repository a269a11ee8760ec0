//! What a user asks of a method: its parameters and its budget.

use super::dp::Budget;
use super::{Entry, Info, SYNTHESIZERS, TakesBudget};
use crate::error::{Error, Result};

/// `key=value` words as TOML: a value that is no number, truth value, list or text in quotes is a text.
///
/// # Errors
/// When a word is none, or a key is set twice.
pub fn parse_parameters<'a>(words: impl Iterator<Item = &'a str>) -> Result<toml::Table, String> {
    let mut table = toml::Table::new();
    for word in words {
        let (key, value) =
            word.split_once('=').ok_or_else(|| format!("expected KEY=VALUE, found `{word}`"))?;
        let (key, value) = (key.trim(), value.trim());
        let value =
            value.parse::<toml::Value>().unwrap_or_else(|_| toml::Value::String(value.to_owned()));
        if table.insert(key.to_owned(), value).is_some() {
            return Err(format!("the parameter `{key}` is set twice"));
        }
    }
    Ok(table)
}

impl Info {
    /// The budget that the method is given. A budget is for methods that keep to one: with any other it
    /// would make a promise that nothing holds.
    ///
    /// # Errors
    /// [`Error::Usage`] when a method without a guarantee is given one, a method that needs one is not, half
    /// of it is missing, or it means nothing.
    pub fn budget(&self, epsilon: Option<f64>, delta: Option<f64>) -> Result<Option<Budget>> {
        let id = self.id;
        match (self.budget, epsilon, delta) {
            (TakesBudget::Always, None, None) => Err(Error::Usage(format!(
                "`{id}` needs a privacy budget, as in epsilon 1 and delta 1e-6"
            ))),
            (_, None, None) => Ok(None),
            (TakesBudget::Never, ..) => Err(Error::Usage(format!(
                "`{id}` gives no guarantee: leave out epsilon and delta{}",
                with_guarantee()
            ))),
            (_, Some(epsilon), Some(delta)) => Budget::new(epsilon, delta).map(Some),
            _ => Err(Error::Usage(format!("`{id}`: epsilon and delta make a budget together"))),
        }
    }
}

/// The methods that take a budget, if there are any.
fn with_guarantee() -> String {
    let takes = |entry: &&Entry| entry.info.budget != TakesBudget::Never;
    let others: Vec<&str> = SYNTHESIZERS.iter().filter(takes).map(|entry| entry.info.id).collect();
    match others.as_slice() {
        [] => String::new(),
        others => format!(", or take a method that does ({})", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(budget: TakesBudget) -> Info {
        let text = "x";
        Info {
            id: "x",
            title: text,
            method: text,
            protects: text,
            exposes: text,
            purpose: text,
            budget,
            references: &[],
        }
    }

    #[test]
    fn values_are_typed_as_in_toml_and_bare_words_are_texts() {
        let words = ["a=1", "b=0.5", "c=true", "d=['x', 'y']", "e=random", "f='7'", "g=a=b"];
        let table = parse_parameters(words.into_iter()).unwrap();
        assert_eq!(table["a"].as_integer(), Some(1));
        assert!(table["b"].is_float() && table["c"].is_bool() && table["d"].is_array());
        assert_eq!(
            [&table["e"], &table["f"], &table["g"]].map(|v| v.as_str()),
            [Some("random"), Some("7"), Some("a=b")]
        );
        assert!(parse_parameters(["a"].into_iter()).is_err());
        assert!(parse_parameters(["a=1", "a=2"].into_iter()).is_err());
    }

    #[test]
    fn a_budget_goes_to_methods_that_keep_to_one() {
        use TakesBudget::{Always, Never};
        let budget = |takes, epsilon, delta| info(takes).budget(epsilon, delta);
        assert!(budget(Never, None, None).unwrap().is_none());
        assert!(budget(Always, None, None).is_err());
        assert!(budget(Always, Some(1.0), Some(1e-6)).unwrap().is_some());
        assert!(budget(Always, Some(1.0), None).is_err());
        assert!(budget(Always, None, Some(1e-6)).is_err());
        assert!(budget(Always, Some(0.0), Some(1e-6)).is_err());
        assert!(budget(Never, Some(1.0), Some(1e-6)).is_err());
    }
}

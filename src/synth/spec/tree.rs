//! A TOML document with the places of its keys, so that every problem is told with its line.

use std::fmt;

use toml::Spanned;
use toml::Value as Leaf;
use toml::de::{DeString, DeTable, DeValue};

use crate::error::{Error, Result};
use crate::suggest::did_you_mean;

/// A value of the document.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    /// Keys in the order of the file.
    Table(Vec<(Spanned<String>, Tree)>),
    /// `[…]`, and `[[…]]`.
    List(Vec<Tree>),
    /// A number, text or truth value; a date as its text.
    Leaf(Leaf),
}

/// The document.
pub(super) struct Document<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

/// A table of the document with what it is called.
pub(super) struct Section<'a> {
    pub(super) document: &'a Document<'a>,
    /// What it is called in messages.
    pub(super) name: String,
    /// Where it begins.
    pub(super) at: usize,
    pub(super) entries: &'a [(Spanned<String>, Tree)],
}

impl<'a> Document<'a> {
    /// Reads the text.
    pub(super) fn tree(&self) -> Result<Tree> {
        let parsed = DeTable::parse(self.text).map_err(|problem| {
            let at = problem.span().map_or(0, |span| span.start);
            self.error(at, problem.message())
        })?;
        Ok(table(parsed.as_ref()))
    }

    /// An error at a byte of the text.
    pub(super) fn error(&self, at: usize, problem: impl Into<String>) -> Error {
        Error::config(self.file, self.text, at, problem)
    }

    /// `tree` as a table called `name` that may have no key but the `known` ones.
    pub(super) fn section(
        &'a self,
        tree: &'a Tree,
        at: usize,
        name: &str,
        known: &[&str],
    ) -> Result<Section<'a>> {
        let Tree::Table(entries) = tree else {
            return Err(self.error(at, format!("{name}: expected a table")));
        };
        let at = entries.first().map_or(at, |(key, _)| key.span().start);
        let is_known = |key: &Spanned<String>| known.contains(&key.as_ref().as_str());
        if let Some((key, _)) = entries.iter().find(|(key, _)| !is_known(key)) {
            let problem = format!(
                "{name}: unknown key `{}`{}; expected one of {}",
                key.as_ref(),
                did_you_mean(key.as_ref(), known.iter().copied()),
                known.join(", ")
            );
            return Err(self.error(key.span().start, problem));
        }
        Ok(Section { document: self, name: name.to_owned(), at, entries })
    }
}

impl<'a> Section<'a> {
    /// What stands under `key`, with its place.
    pub(super) fn get(&self, key: &str) -> Option<(usize, &'a Tree)> {
        let found = self.entries.iter().find(|(known, _)| known.as_ref() == key);
        found.map(|(known, tree)| (known.span().start, tree))
    }

    /// An error about this table.
    pub(super) fn error(&self, problem: impl fmt::Display) -> Error {
        self.document.error(self.at, format!("{}: {problem}", self.name))
    }

    /// An error about what stands under `key`.
    pub(super) fn error_at(&self, key: &str, problem: impl fmt::Display) -> Error {
        let at = self.get(key).map_or(self.at, |(at, _)| at);
        self.document.error(at, format!("{}: `{key}`: {problem}", self.name))
    }

    /// The number under `key`.
    pub(super) fn number(&self, key: &str) -> Result<Option<f64>> {
        self.get(key)
            .map(|(_, tree)| {
                tree.number().ok_or_else(|| self.error_at(key, "expected a finite number"))
            })
            .transpose()
    }

    /// The text under `key`.
    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>> {
        self.get(key)
            .map(|(_, tree)| match tree {
                Tree::Leaf(Leaf::String(text)) => Ok(text.as_str()),
                _ => Err(self.error_at(key, "expected a text in quotes")),
            })
            .transpose()
    }

    /// The text under `key`, which must be there.
    pub(super) fn required_text(&self, key: &str) -> Result<&'a str> {
        self.text(key)?.ok_or_else(|| self.error(format!("`{key}` is missing")))
    }

    /// The list of texts under `key`; empty where there is none.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>> {
        let Some((_, tree)) = self.get(key) else { return Ok(Vec::new()) };
        let refuse = || self.error_at(key, "expected a list of texts in quotes");
        let Tree::List(items) = tree else { return Err(refuse()) };
        items.iter().map(|item| item.label().ok_or_else(refuse)).collect()
    }
}

impl Tree {
    /// As a finite number.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "a number that a person writes")]
            Self::Leaf(Leaf::Integer(number)) => Some(*number as f64),
            Self::Leaf(Leaf::Float(number)) if number.is_finite() => Some(*number),
            _ => None,
        }
    }

    /// As a text that may be written without quotes when it is a whole number or a truth value.
    pub(super) fn label(&self) -> Option<String> {
        match self {
            Self::Leaf(Leaf::String(text)) => Some(text.clone()),
            Self::Leaf(Leaf::Integer(number)) => Some(number.to_string()),
            Self::Leaf(Leaf::Boolean(truth)) => Some(truth.to_string()),
            _ => None,
        }
    }
}

/// A table with its keys in the order of the file.
fn table(entries: &DeTable<'_>) -> Tree {
    let entry = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
        (Spanned::new(key.span(), key.as_ref().to_string()), tree(value.as_ref()))
    };
    let mut entries: Vec<_> = entries.iter().map(entry).collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    Tree::Table(entries)
}

fn tree(value: &DeValue<'_>) -> Tree {
    Tree::Leaf(match value {
        DeValue::Table(entries) => return table(entries),
        DeValue::Array(items) => {
            return Tree::List(items.iter().map(|item| tree(item.as_ref())).collect());
        }
        DeValue::String(text) => Leaf::String(text.to_string()),
        DeValue::Datetime(moment) => Leaf::String(moment.to_string()),
        DeValue::Boolean(truth) => Leaf::Boolean(*truth),
        // What is too large for a whole number is none, and no float for a number is not finite.
        DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix())
            .map_or(Leaf::Float(f64::NAN), Leaf::Integer),
        DeValue::Float(digits) => Leaf::Float(digits.as_str().parse().unwrap_or(f64::NAN)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order_and_their_lines() {
        let text = "z = 1\n[a.b]\nd = 2024-01-31\nc = { y = 0.5, x = 'k' }\n[[l]]\nm = true\n";
        let document = Document { file: "spec.toml", text };
        let tree = document.tree().unwrap();
        let top = document.section(&tree, 0, "spec", &["z", "a", "l"]).unwrap();
        let names: Vec<&str> = top.entries.iter().map(|(key, _)| key.as_ref().as_str()).collect();
        assert_eq!(names, ["z", "a", "l"]);
        let (at, a) = top.get("a").unwrap();
        let a = document.section(a, at, "a", &["b"]).unwrap();
        let (at, b) = a.get("b").unwrap();
        let b = document.section(b, at, "b", &["c", "d"]).unwrap();
        assert_eq!(b.text("d").unwrap(), Some("2024-01-31"));
        let problem = b.error_at("c", "wrong").to_string();
        assert_eq!(problem, "spec.toml:4: b: `c`: wrong");
        let Tree::Table(inner) = b.get("c").unwrap().1 else { panic!() };
        assert_eq!((inner[0].0.as_ref().as_str(), inner[0].1.number()), ("y", Some(0.5)));
    }

    #[test]
    fn unknown_keys_are_refused_with_a_suggestion() {
        let document = Document { file: "s", text: "\nrwos = 3\n" };
        let tree = document.tree().unwrap();
        let Err(error) = document.section(&tree, 0, "spec", &["rows", "columns"]) else { panic!() };
        assert!(
            error.to_string().starts_with("s:2: spec: unknown key `rwos` (did you mean `rows`?)")
        );
        let broken = Document { file: "s", text: "a = 1\nb = \n" };
        assert!(broken.tree().unwrap_err().to_string().starts_with("s:2: "));
    }
}

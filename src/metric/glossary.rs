//! The field's words, as `explain` teaches them.

/// One word of the field.
#[derive(Debug)]
pub struct Term {
    /// The word, kebab-case.
    pub word: &'static str,
    /// Other names for the same thing, kebab-case.
    pub also: &'static [&'static str],
    /// What it means, in plain words.
    pub meaning: &'static str,
}

/// All terms, alphabetical.
pub const GLOSSARY: &[Term] = &[];

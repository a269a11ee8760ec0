//! Rules of the schema that made rows must keep.

use crate::table::{ColumnSchema, Constraint, Expression};

/// The texts of the constraints that a release can keep: a rule on a column that no release has is none.
pub(super) fn kept(constraints: &[Constraint], columns: &[(String, ColumnSchema)]) -> Vec<String> {
    let texts = constraints.iter().map(|constraint| constraint.rule.clone());
    texts.filter(|text| Expression::parse_rule(text, columns).is_ok()).collect()
}

/// The rules with these texts, which were read before.
pub(super) fn read(texts: &[String], columns: &[(String, ColumnSchema)]) -> Vec<Expression> {
    texts.iter().filter_map(|text| Expression::parse_rule(text, columns).ok()).collect()
}

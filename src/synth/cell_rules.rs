//! The rules of the schema in a model of cells: combinations that no row can have, and rows that are mended.
//!
//! A rule such as `diastolic <= systolic` is public, and so is which combinations of cells it forbids: they get
//! probability 0, exactly. A combination counts as forbidden if at all pairs of some points of its cells a rule
//! over these columns, or over some of them, is false: both ends of each, points in between, where the cells of
//! the others end, and a step beside all of these. Cells that are wider than a point can hold values that keep
//! the rules and values that break one, and so can cells that are merged into one code: a row that breaks a rule
//! is given new values of the same codes until it keeps it; after [`TRIES`] draws it takes a point that does.
//! Rules whose tables would make a model too large are kept by mending alone.

use std::cell::Cell as Counter;
use std::collections::BTreeSet;

use rand::Rng;

use super::dp::Domain;
use super::dp::domain::{Attribute, Cells};
use super::graphical::coding::Coding;
use super::graphical::factor::{Factor, places};
use super::graphical::tree::{JunctionTree, cells};
use crate::error::{Error, Result};
use crate::table::{Cell, ColumnSchema, Expression, Schema};

/// Draws for a row that breaks a rule.
const TRIES: usize = 64;

/// Combinations, at most, of a rule that is kept by the model and not by mending alone.
const MOST: f64 = 200_000.0;

/// Cells, at most, that rules add to a model: the others are kept by mending alone.
pub(super) const CELLS_OF_RULES: f64 = 1e6;

/// Choices of points, at most, that the table of some rules is worked out from; combinations of cells that are
/// left then count as possible.
const TESTS_OF_TABLE: usize = 1 << 24;

/// Points in between that a cell is looked at.
const BETWEEN: u32 = 3;

/// Combinations of cells, at most, among which a row that draws do not mend finds its values.
const MOST_CELLS: usize = 256;

/// Choices of points, at most, that such a row tries for one rule.
const TESTS_OF_ROW: usize = 4096;

/// Rules over the attributes of a domain.
#[derive(Clone)]
pub(super) struct Rules {
    rules: Vec<Expression>,
}

/// The value of one attribute in one row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawn {
    pub(super) cell: u32,
    /// Of a number: the number, NaN for a missing one.
    pub(super) number: f64,
}

/// The values that a row of given codes can have.
pub(super) trait ValuesOfRow {
    /// One of them for an attribute, drawn as the model has them.
    fn draw(&self, attribute: usize, rng: &mut impl Rng) -> Drawn;

    /// The cells of an attribute's code, the likeliest first.
    fn cells(&self, attribute: usize) -> Vec<u32>;

    /// Whether the condition under which rows are drawn allows this value of an attribute.
    fn allows(&self, attribute: usize, drawn: Drawn) -> bool;
}

impl Rules {
    /// The rules of `schema` that speak of columns of `domain` alone; others are of columns that are not
    /// released.
    ///
    /// # Errors
    /// [`Error::Usage`] for a rule that is none.
    pub(super) fn of(schema: &Schema, domain: &Domain) -> Result<Self> {
        let refuse = |problem| Error::Usage(format!("[[constraint]] {problem}"));
        let mut texts = Vec::new();
        for constraint in &schema.constraints {
            let rule = Expression::parse_rule(&constraint.rule, &schema.columns).map_err(refuse)?;
            let known = |place: &usize| {
                let name = &schema.columns[*place].0;
                domain.attributes.iter().any(|attribute| attribute.name == *name)
            };
            if rule.columns().iter().all(known) {
                texts.push(constraint.rule.clone());
            }
        }
        Self::parse(&texts, domain)
    }

    /// The rules with these texts.
    ///
    /// # Errors
    /// [`Error::Usage`] for a rule that is none.
    pub(super) fn parse(texts: &[String], domain: &Domain) -> Result<Self> {
        let columns: Vec<(String, ColumnSchema)> = domain
            .attributes
            .iter()
            .map(|attribute| (attribute.name.clone(), attribute.schema.clone()))
            .collect();
        let rules = texts.iter().map(|text| Expression::parse_rule(text, &columns));
        let rules = rules.collect::<Result<Vec<_>, String>>().map_err(Error::Usage)?;
        Ok(Self { rules })
    }

    /// As they were written.
    pub(super) fn texts(&self) -> Vec<String> {
        self.rules.iter().map(|rule| rule.text().to_owned()).collect()
    }

    /// For every set of columns that a rule speaks of a table over their codes: −∞ where every combination of
    /// the cells is forbidden by the rules over these columns and over some of them, 0 elsewhere. Sets of too
    /// many combinations are left out, and the largest of those that would add more than `most` cells to a
    /// model.
    pub(super) fn forbidden(&self, domain: &Domain, codings: &[Coding], most: f64) -> Vec<Factor> {
        let sizes = domain.sizes();
        let codes: Vec<usize> = codings.iter().map(Coding::size).collect();
        let large = |columns: &[usize]| cells(&codes, columns.iter().copied());
        let mut sets: Vec<&[usize]> = self.rules.iter().map(Expression::columns).collect();
        sets.retain(|set| !set.is_empty() && cells(&sizes, set.iter().copied()) <= MOST);
        sets.sort_by(|left, right| large(left).total_cmp(&large(right)).then(left.cmp(right)));
        sets.dedup();
        let most = most + codes.iter().map(|&size| size as f64).sum::<f64>();
        let mut kept: Vec<&[usize]> = Vec::new();
        for set in sets {
            let grown = JunctionTree::build(&codes, kept.iter().copied().chain([set]));
            if grown.cells(&codes) <= most {
                kept.push(set);
            }
        }
        kept.into_iter().map(|set| self.table(set, domain, codings)).collect()
    }

    /// The table of the rules over `columns`, which stand in ascending order.
    fn table(&self, columns: &[usize], domain: &Domain, codings: &[Coding]) -> Factor {
        let codes: Vec<usize> = codings.iter().map(Coding::size).collect();
        let mut table = Factor::constant(columns, &codes, f64::NEG_INFINITY);
        let all = Factor::constant(columns, &domain.sizes(), 0.0);
        let of_each: Vec<Vec<u32>> =
            columns.iter().map(|&one| places(columns, &all.sizes, &[one])).collect();
        let rules: Vec<&Expression> = self
            .rules
            .iter()
            .filter(|rule| rule.columns().iter().all(|one| columns.contains(one)))
            .collect();
        let tests = Counter::new(TESTS_OF_TABLE);
        for place in 0..all.values.len() {
            let combination: Vec<u32> = of_each.iter().map(|places| places[place]).collect();
            let coded = combination.iter().zip(columns).fold(0, |code, (&cell, &one)| {
                code * codes[one] + codings[one].codes()[cell as usize] as usize
            });
            if table.values[coded] < 0.0 && possible(&rules, columns, domain, &combination, &tests)
            {
                table.values[coded] = 0.0;
            }
        }
        table
    }

    /// Gives a row that breaks a rule new values of the same codes until it keeps all of them; whether it does
    /// in the end.
    pub(super) fn mend<R: Rng>(
        &self,
        domain: &Domain,
        row: &mut [Drawn],
        rng: &mut R,
        values: &impl ValuesOfRow,
    ) -> bool {
        for _ in 0..TRIES {
            let Some(broken) = self.rules.iter().find(|rule| !holds(rule, domain, row)) else {
                return true;
            };
            for &attribute in broken.columns() {
                row[attribute] = values.draw(attribute, rng);
            }
        }
        // Hardly any value of these codes keeps the rule: one that does, and breaks no other rule.
        for rule in &self.rules {
            if !holds(rule, domain, row) {
                self.place_in(domain, row, rule, values);
            }
        }
        self.rules.iter().all(|rule| holds(rule, domain, row))
    }

    /// Gives the columns of a broken rule points of their codes with which fewer rules are broken, if any are
    /// found.
    fn place_in(
        &self,
        domain: &Domain,
        row: &mut [Drawn],
        rule: &Expression,
        values: &impl ValuesOfRow,
    ) {
        let columns = rule.columns();
        let touched: Vec<&Expression> = self
            .rules
            .iter()
            .filter(|other| other.columns().iter().any(|one| columns.contains(one)))
            .collect();
        let before = touched.iter().filter(|rule| !holds(rule, domain, row)).count();
        let fits = |chosen: &[Drawn]| {
            let drawn = |place: usize| {
                let at = columns.iter().position(|one| *one == place);
                at.map_or(row[place], |at| chosen[at])
            };
            let breaks = |rule: &&&Expression| {
                !rule.holds(&|place| cell(&domain.attributes[place], drawn(place)))
            };
            columns.iter().zip(chosen).all(|(&one, drawn)| values.allows(one, *drawn))
                && touched.iter().filter(breaks).count() < before
        };
        let tests = Counter::new(TESTS_OF_ROW);
        let cells: Vec<Vec<u32>> = columns.iter().map(|&one| values.cells(one)).collect();
        let found = combinations(&cells)
            .take(MOST_CELLS)
            .take_while(|_| tests.get() > 0)
            .find_map(|cells| witness(columns, domain, &cells, &tests, &fits));
        if let Some(chosen) = found {
            columns.iter().zip(chosen).for_each(|(&one, drawn)| row[one] = drawn);
        }
    }

    /// Whether a row of which only the `known` attributes are drawn keeps all rules that speak of `attribute`
    /// and of known ones alone.
    pub(super) fn keeps_so_far(
        &self,
        domain: &Domain,
        row: &[Drawn],
        known: &[bool],
        attribute: usize,
    ) -> bool {
        let decided = |rule: &&Expression| {
            let columns = rule.columns();
            columns.contains(&attribute) && columns.iter().all(|&one| known[one])
        };
        self.rules.iter().filter(decided).all(|rule| holds(rule, domain, row))
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// Whether a row keeps a rule.
fn holds(rule: &Expression, domain: &Domain, row: &[Drawn]) -> bool {
    rule.holds(&|place| cell(&domain.attributes[place], row[place]))
}

/// Every choice of one from each, the first ones first.
fn combinations<T: Copy>(each: &[Vec<T>]) -> impl Iterator<Item = Vec<T>> {
    let all = each.iter().map(Vec::len).fold(1, usize::saturating_mul);
    (0..all).map(move |mut at| {
        let choose = |of: &Vec<T>| {
            let chosen = of[at % of.len()];
            at /= of.len();
            chosen
        };
        each.iter().map(choose).collect()
    })
}

/// Whether all `rules` hold at one of the points of a combination of cells of `columns`, as far as the `tests`
/// that are left can tell: else it may.
fn possible(
    rules: &[&Expression],
    columns: &[usize],
    domain: &Domain,
    combination: &[u32],
    tests: &Counter<usize>,
) -> bool {
    let fits = |chosen: &[Drawn]| {
        let seen = |place: usize| {
            let at = columns.iter().position(|one| *one == place);
            at.map_or(Cell::Missing, |at| cell(&domain.attributes[place], chosen[at]))
        };
        rules.iter().all(|rule| rule.holds(&seen))
    };
    witness(columns, domain, combination, tests, &fits).is_some() || tests.get() == 0
}

/// Points of a combination of cells, one for each of `columns`, that fit. Each that is looked at is one of the
/// `tests`.
fn witness(
    columns: &[usize],
    domain: &Domain,
    combination: &[u32],
    tests: &Counter<usize>,
    fits: &dyn Fn(&[Drawn]) -> bool,
) -> Option<Vec<Drawn>> {
    let of_each = || columns.iter().zip(combination);
    let ends: Vec<f64> = of_each()
        .filter_map(|(&one, &cell)| ends(&domain.attributes[one], cell))
        .flat_map(|(low, high)| [low, high])
        .collect();
    let points: Vec<Vec<Drawn>> =
        of_each().map(|(&one, &cell)| some_points(&domain.attributes[one], cell, &ends)).collect();
    combinations(&points).take(tests.get()).find(|chosen| {
        tests.set(tests.get().saturating_sub(1));
        fits(chosen)
    })
}

fn ends(attribute: &Attribute, cell: u32) -> Option<(f64, f64)> {
    match &attribute.cells {
        Cells::Numbers(grid) if (cell as usize) < grid.cells() => Some(grid.ends(cell as usize)),
        _ => None,
    }
}

/// Both ends of a cell, points between them, and those of `others` that lie in it.
fn some_points(attribute: &Attribute, cell: u32, others: &[f64]) -> Vec<Drawn> {
    let Cells::Numbers(grid) = &attribute.cells else {
        return vec![Drawn { cell, number: f64::NAN }];
    };
    let Some((low, high)) = ends(attribute, cell) else {
        return vec![Drawn { cell, number: f64::NAN }];
    };
    let between =
        (0..=BETWEEN + 1).map(|step| low + (high - low) * f64::from(step) / f64::from(BETWEEN + 1));
    let inside = others.iter().copied().filter(|other| (low..=high).contains(other));
    let last = grid.points().saturating_sub(1);
    let nearby = |number: f64| {
        let point = grid.point(number);
        [point.saturating_sub(1), point, (point + 1).min(last)]
    };
    let points: BTreeSet<u64> = between.chain(inside).flat_map(nearby).collect();
    let own = |number: f64| grid.cell(number) == cell as usize;
    let numbers = points.into_iter().map(|point| grid.number(point)).filter(|number| own(*number));
    numbers.map(|number| Drawn { cell, number }).collect()
}

/// What a rule sees of an attribute.
fn cell<'a>(attribute: &'a Attribute, drawn: Drawn) -> Cell<'a> {
    match &attribute.cells {
        Cells::Numbers(_) if drawn.number.is_nan() => Cell::Missing,
        Cells::Numbers(_) => Cell::Number(drawn.number),
        Cells::Labels(labels) => match labels.get(drawn.cell as usize) {
            None => Cell::Missing,
            Some(label) if attribute.schema.kind == crate::table::ColumnKind::Boolean => {
                Cell::Truth(&**label == "true")
            }
            Some(label) => Cell::Label(label),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::dp::domain::Attribute;
    use crate::table::Column;

    /// A domain of the columns of a schema, without a table.
    fn domain(schema: &Schema) -> Domain {
        let attribute = |(name, column): &(String, ColumnSchema)| {
            let values = match column.is_number() {
                true => crate::table::Values::Numbers(vec![]),
                false => crate::table::Values::Labels { codes: vec![], levels: vec![] },
            };
            let column = crate::synth::made(name, column, values);
            public_attribute(&column, &schema.missing)
        };
        Domain { attributes: schema.columns.iter().map(attribute).collect() }
    }

    fn public_attribute(column: &Column, missing: &[String]) -> Attribute {
        Attribute::public(column, 10, missing).unwrap()
    }

    fn forbidden(schema: &str) -> (Domain, Vec<Factor>) {
        let schema = Schema::parse(schema, "s").unwrap();
        let domain = domain(&schema);
        let codings: Vec<Coding> = domain.sizes().into_iter().map(Coding::identity).collect();
        let rules = Rules::of(&schema, &domain).unwrap();
        let tables = rules.forbidden(&domain, &codings, CELLS_OF_RULES);
        (domain, tables)
    }

    /// Points 0 to 3: `a <= b` forbids the 6 pairs below the diagonal, and never a missing value.
    #[test]
    fn an_order_forbids_what_lies_below_the_diagonal() {
        let number = "kind = 'integer'\nlower = 0\nupper = 3\n";
        let schema =
            format!("[columns.a]\n{number}[columns.b]\n{number}[[constraint]]\nrule = 'a <= b'\n");
        let (_, tables) = forbidden(&schema);
        let no: Vec<usize> = (0..25).filter(|&cell| tables[0].values[cell] < 0.0).collect();
        assert_eq!(no, [5, 10, 11, 15, 16, 17]);
    }

    /// Nothing lies beyond the bounds: 3 < 3 is as impossible as 4, and no number is above 3.
    #[test]
    fn no_number_beyond_its_bounds_keeps_a_rule() {
        let number = "kind = 'integer'\nlower = 0\nupper = 3\nmissing = []\n";
        let columns = format!("[columns.a]\n{number}[columns.b]\n{number}[[constraint]]\n");
        let (_, tables) = forbidden(&format!("{columns}rule = 'a < b'\n"));
        let no: Vec<usize> = (0..16).filter(|&cell| tables[0].values[cell] < 0.0).collect();
        assert_eq!(no, [0, 4, 5, 8, 9, 10, 12, 13, 14, 15]);
        let (_, tables) = forbidden(&format!("{columns}rule = 'a > 3'\n"));
        assert!(tables[0].values.iter().all(|value| *value < 0.0));
    }

    /// Bins of ten points each: below the diagonal they are impossible, on it they are not.
    #[test]
    fn bins_are_forbidden_as_a_whole_only() {
        let number = "kind = 'integer'\nlower = 0\nupper = 999\nmissing = []\n";
        for (rule, impossible) in [("a < b", 45), ("a == b", 90), ("a = b + 1", 81), ("a != b", 0)]
        {
            let rule = rule.replace("==", "=");
            let schema = format!(
                "[columns.a]\n{number}[columns.b]\n{number}[[constraint]]\nrule = '{rule}'\n"
            );
            let (_, tables) = forbidden(&schema);
            let no = tables[0].values.iter().filter(|value| **value < 0.0).count();
            assert_eq!(no, impossible, "{rule}");
        }
    }

    /// Two equal bins hold points with `a < b` and points with `b < a`, and none with both.
    #[test]
    fn rules_over_the_same_columns_are_looked_at_together() {
        let number = "kind = 'integer'\nlower = 0\nupper = 999\nmissing = []\n";
        for (rules, impossible) in [
            (["a < b", "b < a"], 100),
            (["a <= b", "b <= a"], 90),
            // Only the last bin holds a value above 949.
            (["a < b", "a > 949"], 99),
        ] {
            let constraint = |rule| format!("[[constraint]]\nrule = '{rule}'\n");
            let constraints: String = rules.map(constraint).concat();
            let (_, tables) =
                forbidden(&format!("[columns.a]\n{number}[columns.b]\n{number}{constraints}"));
            let pair = tables.iter().find(|table| table.attributes == [0, 1]).unwrap();
            let no = pair.values.iter().filter(|value| **value < 0.0).count();
            assert_eq!(no, impossible, "{rules:?}");
        }
    }

    /// Ten cells a column: two tables of pairs are 200 cells, and the third closes a ring of 1,000.
    #[test]
    fn rules_that_would_make_a_model_too_large_are_left_out() {
        let number = "kind = 'integer'\nlower = 0\nupper = 9\nmissing = []\n";
        let columns = ["a", "b", "c"].map(|name| format!("[columns.{name}]\n{number}")).concat();
        let rules = ["a <= b", "a <= c", "b <= c"]
            .map(|rule| format!("[[constraint]]\nrule = '{rule}'\n"))
            .concat();
        let schema = Schema::parse(&format!("{columns}{rules}"), "s").unwrap();
        let domain = domain(&schema);
        let codings = [Coding::identity(10), Coding::identity(10), Coding::identity(10)];
        let rules = Rules::of(&schema, &domain).unwrap();
        let kept = |most| rules.forbidden(&domain, &codings, most).len();
        assert_eq!([50.0, 100.0, 500.0, 1000.0].map(kept), [0, 1, 2, 3]);
    }

    #[test]
    fn rules_of_categories_and_of_columns_that_are_not_released() {
        let schema = "[columns.sex]\nkind = 'categorical'\nlevels = ['F', 'M']\nmissing = []\n\
                      [columns.pregnant]\nkind = 'boolean'\nmissing = []\n\
                      [columns.id]\nkind = 'integer'\nrole = 'direct-identifier'\n\
                      [[constraint]]\nrule = \"not (sex = 'M' and pregnant)\"\n\
                      [[constraint]]\nrule = 'id > 0'\n";
        let schema = Schema::parse(schema, "s").unwrap();
        let mut domain = domain_of_two(&schema);
        domain.attributes.truncate(2);
        let rules = Rules::of(&schema, &domain).unwrap();
        assert_eq!(rules.texts().len(), 1);
        let codings = [Coding::identity(2), Coding::identity(2)];
        let tables = rules.forbidden(&domain, &codings, CELLS_OF_RULES);
        // (F, false), (F, true), (M, false), (M, true).
        assert_eq!(tables[0].values, [0.0, 0.0, 0.0, f64::NEG_INFINITY]);
    }

    fn domain_of_two(schema: &Schema) -> Domain {
        let released = Schema { columns: schema.columns[..2].to_vec(), ..schema.clone() };
        domain(&released)
    }

    #[test]
    fn a_rule_that_is_none_is_refused() {
        let schema = "[columns.a]\nkind = 'boolean'\n[[constraint]]\nrule = 'b < 1'\n";
        assert!(Schema::parse(schema, "s").is_err());
    }
}

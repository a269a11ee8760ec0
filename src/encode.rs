//! Coded views of the samples on ONE joint scale, so that a distance between two rows does not
//! depend on which table they stand in.

mod coded;
pub mod design;

use std::collections::BTreeMap;

use crate::table::{ColumnSchema, MISSING, Table, Values};

pub use coded::{Coded, Codes};

/// The samples of an audit, coded alike.
pub struct Joint {
    /// Names of the compared columns, in schema order.
    pub names: Vec<String>,
    /// Per column: the scale of a number in its own unit, always positive; `None` for a category.
    pub scales: Vec<Option<f64>>,
    /// What the schema says of each compared column.
    pub schemas: Vec<ColumnSchema>,
    /// Training rows.
    pub train: Coded,
    /// Holdout rows.
    pub holdout: Option<Coded>,
    /// Released rows.
    pub synthetic: Coded,
}

/// Codes the samples on one joint scale. Compared are the columns in which every sample has at least
/// one value and that are neither the subject, a direct identifier nor a weight. A release that
/// blanks a column has left it out: comparing blanks with values would find that nobody was copied.
///
/// The scale of a number is the width of its public bounds, else q99.5 − q0.5 of train and holdout
/// together, fixed without looking at the release: one extreme row must not move other rows'
/// distances.
#[must_use]
pub fn joint(train: &Table, holdout: Option<&Table>, synthetic: &Table) -> Joint {
    let samples: Vec<&Table> =
        [Some(train), holdout, Some(synthetic)].into_iter().flatten().collect();
    let mut coded: Vec<Coded> =
        samples.iter().map(|table| Coded { rows: table.rows, columns: Vec::new() }).collect();
    let (mut names, mut scales, mut schemas) = (Vec::new(), Vec::new(), Vec::new());
    for column in train.columns.iter().filter(|column| column.schema.compared()) {
        let values: Option<Vec<&Values>> = samples
            .iter()
            .map(|table| table.column(&column.name).map(|column| &column.values))
            .collect();
        let Some(values) = values.filter(|all| all.iter().all(|one| has_value(one))) else {
            continue;
        };
        let real = &values[..values.len() - 1];
        let Some((codes, scale)) = code(&values, real, &column.schema) else { continue };
        for (sample, codes) in coded.iter_mut().zip(codes) {
            sample.columns.push(codes);
        }
        names.push(column.name.clone());
        scales.push(scale);
        schemas.push(column.schema.clone());
    }
    let mut coded = coded.into_iter();
    let empty = || Coded { rows: 0, columns: Vec::new() };
    Joint {
        names,
        scales,
        schemas,
        train: coded.next().unwrap_or_else(empty),
        holdout: holdout.and_then(|_| coded.next()),
        synthetic: coded.next().unwrap_or_else(empty),
    }
}

/// Whether a column holds anything but missing values.
#[must_use]
pub fn has_value(values: &Values) -> bool {
    match values {
        Values::Numbers(numbers) => numbers.iter().any(|number| !number.is_nan()),
        Values::Labels { levels, .. } => !levels.is_empty(),
    }
}

/// One column of every sample, with its scale; `None` if the samples disagree on what it is, which
/// reading under one schema rules out.
fn code(
    values: &[&Values],
    real: &[&Values],
    schema: &ColumnSchema,
) -> Option<(Vec<Codes>, Option<f64>)> {
    let numbers: Option<Vec<&Vec<f64>>> = values.iter().map(|values| numbers(values)).collect();
    if let Some(numbers) = numbers {
        let scale = scale(&numbers[..real.len()], schema);
        let codes = numbers.into_iter().map(|values| Codes::Number(values.clone())).collect();
        return Some((codes, Some(scale)));
    }
    let dictionary = dictionary(values);
    let codes: Option<Vec<Codes>> =
        values.iter().map(|values| recode(values, &dictionary)).collect();
    Some((codes?, None))
}

fn numbers(values: &Values) -> Option<&Vec<f64>> {
    match values {
        Values::Numbers(values) => Some(values),
        Values::Labels { .. } => None,
    }
}

/// The joint code of every category of one column, given the same samples as [`joint`].
pub(crate) fn dictionary<'a>(values: &[&'a Values]) -> BTreeMap<&'a str, u32> {
    let levels = values.iter().flat_map(|values| match values {
        Values::Labels { levels, .. } => levels.as_slice(),
        Values::Numbers(_) => &[],
    });
    let mut dictionary: BTreeMap<&str, u32> = levels.map(|level| (&**level, 0)).collect();
    for (code, (_, slot)) in (0..).zip(dictionary.iter_mut()) {
        *slot = code;
    }
    dictionary
}

fn recode(values: &Values, dictionary: &BTreeMap<&str, u32>) -> Option<Codes> {
    let Values::Labels { codes, levels } = values else { return None };
    let joint: Option<Vec<u32>> =
        levels.iter().map(|level| dictionary.get(&**level).copied()).collect();
    let joint = joint?;
    let recode = |&code: &u32| if code == MISSING { MISSING } else { joint[code as usize] };
    Some(Codes::Category(codes.iter().map(recode).collect()))
}

fn scale(real: &[&Vec<f64>], schema: &ColumnSchema) -> f64 {
    if let (Some(lower), Some(upper)) = (schema.lower, schema.upper)
        && upper > lower
        && !schema.bounds_from_data()
    {
        return upper - lower;
    }
    let mut known: Vec<f64> =
        real.iter().flat_map(|values| values.iter().copied()).filter(|x| !x.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    let (Some(first), Some(last)) = (known.first(), known.last()) else { return 1.0 };
    let quantiles = quantile(&known, 0.995).zip(quantile(&known, 0.005));
    let width = quantiles.map_or(0.0, |(high, low)| high - low);
    if width > 0.0 {
        width
    } else if last > first {
        last - first
    } else {
        1.0
    }
}

/// The sorted value nearest to rank `share`, 0 to 1; nothing of nothing.
#[must_use]
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = share * sorted.len().saturating_sub(1) as f64;
    sorted.get(rank.round() as usize).copied()
}

#[cfg(test)]
mod tests {
    use crate::audit::testing::audit;

    /// 1,001 values 0, 1, …, 999 and one of 70,000: between the ranks 5 and 995 lie 990. Bounds that were
    /// read from these data would make the one extreme record the measure of all others; public ones
    /// are known beforehand and stand.
    #[test]
    fn only_public_bounds_set_a_scale() {
        let rows: String = (0..1000).map(|i| format!("{i}\n")).collect();
        let csv = format!("x\n{rows}70000\n");
        let scale = |source: &str| {
            let schema =
                format!("[columns.x]\nkind = \"integer\"\nlower = 0\nupper = 100000\n{source}");
            audit(&schema, &csv, None, "x\n3\n").joint().scales[0].unwrap()
        };
        assert!((scale("source = \"data\"\n") - 990.0).abs() < 1e-9);
        assert!((scale("source = \"public: code book\"\n") - 100_000.0).abs() < 1e-9);
        assert!((scale("") - 100_000.0).abs() < 1e-9);
    }
}

//! Correlations: one matrix over all columns that are named, and its Cholesky factor.

use super::plan::{Copula, Origin, Planned};
use super::tree::{Document, Tree};
use crate::error::Result;

/// The smallest pivot of a matrix that is taken for positive definite.
const LEAST: f64 = 1e-9;

/// The copula that every `[[correlation]]` together gives.
pub(super) fn copula(
    document: &Document<'_>,
    trees: &[Tree],
    at: usize,
    columns: &[Planned],
) -> Result<Option<Copula>> {
    let mut named: Vec<usize> = Vec::new();
    let mut pairs: Vec<(usize, usize, f64)> = Vec::new();
    for tree in trees {
        let section = document.section(tree, at, "[[correlation]]", &["columns", "rho"])?;
        let mut places = Vec::new();
        for name in section.texts("columns")? {
            let place = columns.iter().position(|column| column.name == name);
            let names = columns.iter().map(|column| column.name.as_str());
            let near = crate::suggest::did_you_mean(&name, names);
            let problem = format!("no column is called `{name}`{near}");
            let place = place.ok_or_else(|| section.error_at("columns", problem))?;
            if !matches!(columns[place].origin, Origin::Drawn(_)) {
                let problem = format!("`{name}` is not drawn, but computed from others");
                return Err(section.error_at("columns", problem));
            }
            places.push(place);
        }
        let rho = section.number("rho")?.ok_or_else(|| section.error("`rho` is missing"))?;
        if rho.abs() >= 1.0 {
            return Err(section.error_at("rho", "expected a number above -1 and below 1"));
        }
        if places.len() < 2 {
            return Err(section.error_at("columns", "expected two columns or more"));
        }
        for (i, left) in places.iter().enumerate() {
            for right in &places[i + 1..] {
                let pair = (*left.min(right), *left.max(right), rho);
                if left == right || pairs.iter().any(|known| (known.0, known.1) == (pair.0, pair.1))
                {
                    let problem = format!(
                        "`{}` and `{}` are named together twice",
                        columns[*left].name, columns[*right].name
                    );
                    return Err(section.error_at("columns", problem));
                }
                if columns[*left].constant != columns[*right].constant {
                    let problem = format!(
                        "`{}` and `{}`: one is constant within a person and the other is not",
                        columns[*left].name, columns[*right].name
                    );
                    return Err(section.error_at("columns", problem));
                }
                pairs.push(pair);
            }
        }
        named.extend(places);
    }
    named.sort_unstable();
    named.dedup();
    if named.is_empty() {
        return Ok(None);
    }
    let factor = cholesky(&matrix(&named, &pairs)).ok_or_else(|| {
        document.error(
            at,
            "[[correlation]]: the correlations contradict each other (their matrix is not positive \
             definite): bring them nearer to 0, or name the pairs that are left out and so taken as 0",
        )
    })?;
    Ok(Some(Copula { columns: named, factor }))
}

fn matrix(named: &[usize], pairs: &[(usize, usize, f64)]) -> Vec<Vec<f64>> {
    let rho = |left: usize, right: usize| {
        if left == right {
            return 1.0;
        }
        let pair = (left.min(right), left.max(right));
        pairs.iter().find(|known| (known.0, known.1) == pair).map_or(0.0, |known| known.2)
    };
    named.iter().map(|left| named.iter().map(|right| rho(*left, *right)).collect()).collect()
}

/// L with L Lᵀ = `matrix`, lower triangular; `None` when the matrix is not positive definite.
fn cholesky(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    let mut factor = vec![vec![0.0; size]; size];
    for i in 0..size {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
            let rest = matrix[i][j] - known;
            if i == j && (rest.is_nan() || rest <= LEAST) {
                return None;
            }
            factor[i][j] = if i == j { rest.sqrt() } else { rest / factor[j][j] };
        }
    }
    Some(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [[1, .6], [.6, 1]] = L Lᵀ with L = [[1, 0], [.6, .8]].
    #[test]
    fn a_matrix_of_two_by_hand() {
        let factor = cholesky(&[vec![1.0, 0.6], vec![0.6, 1.0]]).unwrap();
        assert!((factor[1][0] - 0.6).abs() < 1e-15 && (factor[1][1] - 0.8).abs() < 1e-15);
    }

    /// Two columns that both follow a third at 0.9 cannot be at −0.9: the least is 2 · 0.81 − 1 = 0.62.
    #[test]
    fn what_contradicts_itself_is_none() {
        let with = |rho: f64| vec![vec![1.0, 0.9, 0.9], vec![0.9, 1.0, rho], vec![0.9, rho, 1.0]];
        assert!(cholesky(&with(-0.9)).is_none());
        assert!(cholesky(&with(0.61)).is_none());
        assert!(cholesky(&with(0.63)).is_some());
    }
}

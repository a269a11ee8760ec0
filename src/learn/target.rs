//! What a tree learns, as sums over rows: class counts, or gradients with their curvature.
//!
//! A node with sums S and weight W scores S²/W, for classes added up over the classes; a split gains
//! the scores of its sides less that of the node. With class counts that is the decrease of the Gini
//! impurity times the number of rows, with residuals and weight 1 that of the squared error (Breiman
//! et al. 1984, Classification and Regression Trees, chapters 4 and 8), with gradients G, curvatures
//! H and W = H + λ twice the second-order decrease of any loss (Friedman 2001, Ann. Statist. 29:1189;
//! Chen and Guestrin 2016, eq. 7).

/// What each row adds to the sums of its bin.
pub(super) enum Target<'a> {
    /// One count for the row's class.
    Labels { labels: &'a [u32], classes: usize },
    /// Negative gradient, curvature and a count of 1.
    Sums { residuals: &'a [f64], curvatures: &'a [f64], ridge: f64 },
}

impl Target<'_> {
    /// Sums a bin.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Labels { classes, .. } => *classes,
            Self::Sums { .. } => 3,
        }
    }

    /// Adds `rows` to the sums of their bins.
    pub(super) fn tally(&self, rows: &[u32], bins: &[u8], cells: &mut [f64]) {
        match self {
            Self::Labels { labels, classes } => {
                for &row in rows {
                    let bin = usize::from(bins[row as usize]);
                    cells[bin * classes + labels[row as usize] as usize] += 1.0;
                }
            }
            Self::Sums { residuals, curvatures, .. } => {
                for &row in rows {
                    let row = row as usize;
                    let first = usize::from(bins[row]) * 3;
                    let cell = &mut cells[first..first + 3];
                    cell[0] += residuals[row];
                    cell[1] += curvatures[row];
                    cell[2] += 1.0;
                }
            }
        }
    }

    /// The sums of all `rows`.
    pub(super) fn total(&self, rows: &[u32]) -> Vec<f64> {
        let mut total = vec![0.0; self.width()];
        match self {
            Self::Labels { labels, .. } => {
                rows.iter().for_each(|&row| total[labels[row as usize] as usize] += 1.0);
            }
            Self::Sums { residuals, curvatures, .. } => {
                for &row in rows {
                    total[0] += residuals[row as usize];
                    total[1] += curvatures[row as usize];
                }
                total[2] = rows.len() as f64;
            }
        }
        total
    }

    /// Rows in a cell.
    pub(super) fn count(&self, cell: &[f64]) -> f64 {
        match self {
            Self::Labels { .. } => cell.iter().sum(),
            Self::Sums { .. } => cell[2],
        }
    }

    /// S²/W.
    pub(super) fn score(&self, cell: &[f64]) -> f64 {
        let (squares, weight) = match self {
            Self::Labels { .. } => {
                cell.iter().fold((0.0, 0.0), |(squares, count), x| (squares + x * x, count + x))
            }
            Self::Sums { ridge, .. } => (cell[0] * cell[0], cell[1] + ridge),
        };
        if weight > 0.0 { squares / weight } else { 0.0 }
    }

    /// By what the levels of a category are ordered, so that the best of all splits into two subsets
    /// is one into a beginning and a rest (Fisher 1958, J. Am. Statist. Assoc. 53:789; exact for two
    /// classes and for sums): the mean of the target. For more classes, the share of `class`.
    pub(super) fn order(&self, cell: &[f64], class: usize) -> f64 {
        match self {
            Self::Labels { .. } => cell[class] / self.count(cell),
            Self::Sums { ridge, .. } => cell[0] / (cell[1] + ridge).max(f64::MIN_POSITIVE),
        }
    }

    /// What a leaf with these sums predicts: the share of each class, or S/W.
    pub(super) fn leaf(&self, total: &[f64]) -> Vec<f64> {
        match self {
            Self::Labels { .. } => {
                let count = self.count(total).max(1.0);
                total.iter().map(|x| x / count).collect()
            }
            Self::Sums { ridge, .. } => {
                let weight = total[1] + ridge;
                vec![if weight > 0.0 { total[0] / weight } else { 0.0 }]
            }
        }
    }
}

//! Rows of codes, column by column.

/// Rows of one sample, column by column.
pub struct Coded {
    /// Number of rows.
    pub rows: usize,
    /// One entry a compared column.
    pub columns: Vec<Codes>,
}

/// One coded column.
pub enum Codes {
    /// Numbers in their own unit; `NaN` is missing.
    Number(Vec<f64>),
    /// Joint category codes; [`MISSING`](crate::table::MISSING) is missing.
    Category(Vec<u32>),
}

impl Coded {
    /// The given rows, in the given order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let column = |codes: &Codes| match codes {
            Codes::Number(values) => Codes::Number(rows.iter().map(|&row| values[row]).collect()),
            Codes::Category(codes) => Codes::Category(rows.iter().map(|&row| codes[row]).collect()),
        };
        Self { rows: rows.len(), columns: self.columns.iter().map(column).collect() }
    }

    /// The given columns, in the given order.
    #[must_use]
    pub fn with_columns(&self, columns: &[usize]) -> Self {
        let column = |&column: &usize| match &self.columns[column] {
            Codes::Number(values) => Codes::Number(values.clone()),
            Codes::Category(codes) => Codes::Category(codes.clone()),
        };
        Self { rows: self.rows, columns: columns.iter().map(column).collect() }
    }

    /// The rows of all `samples`, which are coded jointly, one sample after the other.
    #[must_use]
    pub fn stacked(samples: &[&Self]) -> Self {
        let mut samples = samples.iter();
        let all = |first: &&Self| first.with_columns(&(0..first.columns.len()).collect::<Vec<_>>());
        let mut stacked = samples.next().map_or(Self { rows: 0, columns: Vec::new() }, all);
        for sample in samples {
            stacked.rows += sample.rows;
            for (codes, more) in stacked.columns.iter_mut().zip(&sample.columns) {
                match (codes, more) {
                    (Codes::Number(values), Codes::Number(more)) => values.extend(more),
                    (Codes::Category(codes), Codes::Category(more)) => codes.extend(more),
                    // Joint coding gives a column one kind in all samples.
                    _ => {}
                }
            }
        }
        stacked
    }
}
